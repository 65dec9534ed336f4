//! Text from others in terminals and logs (rule R9).

use core::fmt::Write as _;

use super::chars::Class;

/// Marks beyond this many in a row are shown as numbers. Higher than for
/// names: whole languages are written in messages.
const MAX_MARKS_SHOWN: usize = 8;

/// Joiners beyond this many in a row are shown as numbers: pictures are made
/// with a variation selector and a joiner behind it.
const MAX_JOINERS: usize = 2;

/// `text` on one line, with nothing in it that acts instead of showing:
/// control and escape characters, line ends, bidi and invisible characters,
/// private and unassigned ones appear as `<U+202E>`.
///
/// Joiners and variation selectors stay between characters beyond ASCII:
/// Persian and many pictures need them, and there they can't hide anything.
/// It is for reading, not for taking apart again: a text that contains the
/// six characters `<U+1B>` looks the same, and does as little.
#[must_use]
pub fn escape_for_display(text: &str) -> String {
    escape(text, |_| false)
}

/// As [`escape_for_display`], with line feeds kept: for message bodies.
#[must_use]
pub fn escape_lines_for_display(text: &str) -> String {
    escape(text, |c| c == '\n')
}

fn escape(text: &str, keep: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    // What stands before, joiners aside, as it is shown.
    let (mut before, mut marks, mut joiners) = (' ', 0, 0);
    for c in text.chars() {
        let class = Class::of(c);
        marks = if class == Class::Mark { marks + 1 } else { 0 };
        let joiner = matches!(c, '\u{200C}' | '\u{200D}' | '\u{FE0E}' | '\u{FE0F}');
        if joiner && !before.is_ascii() && joiners < MAX_JOINERS {
            joiners += 1;
            out.push(c);
            continue;
        }
        joiners = 0;
        let shown = class != Class::Hidden && marks <= MAX_MARKS_SHOWN;
        // Other spaces of the same kind as U+0020 only differ in width.
        let space = matches!(
            c,
            '\u{A0}' | '\u{3000}' | '\u{2002}'..='\u{200A}' | '\u{202F}'
        );
        if shown || space || keep(c) {
            out.push(c);
            before = if space { ' ' } else { c };
        } else {
            // Writing to a String can't fail.
            let _ = write!(out, "<U+{:04X}>", u32::from(c));
            before = '>';
        }
    }
    out
}
