//! What a character is, as far as names and escaping care.

use unicode_properties::general_category::{
    GeneralCategory as Gc, GeneralCategoryGroup as Group, UnicodeGeneralCategory as _,
};
use unicode_security::general_security_profile::{GeneralSecurityProfile as _, IdentifierType};

/// The few kinds of character that matter here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Letter or number.
    Letter,
    /// A mark that stands on, in or under the letter before it.
    Mark,
    /// Punctuation and the space.
    Punctuation,
    /// Mathematical, currency, picture.
    Symbol,
    /// Nothing that a person could see, or nothing that we know: control,
    /// format (bidi, zero width), private, unassigned, other spaces, blanks.
    Hidden,
}

impl Class {
    pub(super) fn of(c: char) -> Self {
        if c == ' ' {
            return Self::Punctuation;
        }
        if is_blank(c) {
            return Self::Hidden;
        }
        match c.general_category_group() {
            Group::Letter | Group::Number => Self::Letter,
            // Spacing marks (Mc) are letters in all but name: vowels of
            // Indic scripts. They take their own room, so no tower.
            Group::Mark if c.general_category() == Gc::SpacingMark => Self::Letter,
            Group::Mark => Self::Mark,
            Group::Punctuation => Self::Punctuation,
            Group::Symbol => Self::Symbol,
            Group::Separator | Group::Other => Self::Hidden,
        }
    }
}

/// Characters whose category promises something to see, and which show
/// nothing: fillers and variation selectors (the property
/// `Default_Ignorable_Code_Point`), and glyphs that are blank by design.
fn is_blank(c: char) -> bool {
    matches!(
        c,
        '\u{2800}' | '\u{13441}' | '\u{13442}' | '\u{16FE4}' | '\u{1D159}'
    ) || c.identifier_type() == Some(IdentifierType::Default_Ignorable)
}

/// White space that typing and pasting bring: separators of every kind, and
/// the control characters that move to another place or line.
pub(super) fn is_white_space(c: char) -> bool {
    matches!(c, '\t'..='\r' | '\u{85}') || c.general_category_group() == Group::Separator
}
