//! Names of people, devices and rooms as others show them to us (ID-3,
//! rule R9; spec 03, "Names"), and the escaping of all text from others.
//!
//! A name never identifies anyone; a key does. So the rules here do two
//! things: what can deceive whatever the reader does (control, bidi,
//! invisible characters, towers of marks) is refused; what is honest in most
//! names and deceives in some (mixed scripts, a likeness to a contact) is
//! kept and flagged, see [`flags`].

mod chars;
mod escape;
mod likeness;

use core::fmt;

use ciborium::Value;
use thiserror::Error;
use unicode_normalization::UnicodeNormalization as _;

use crate::cbor::{Decode, DecodeError, Encode};
use chars::Class;

pub use escape::{escape_for_display, escape_lines_for_display};
pub use likeness::{Flag, Flags, Likeness, MAX_LOOK_ALIKES, flags};

/// The longest name in characters. A character is a Unicode scalar value
/// after composition (NFC): what a reader counts, except where a script or a
/// picture needs several. Longer ones push other things off a line.
pub const MAX_CHARS: usize = 64;

/// The longest text in bytes that is looked at at all: [`MAX_CHARS`] of four
/// bytes, and room for what typing and pasting add.
pub const MAX_TYPED_BYTES: usize = 1024;

/// The most marks above or below one letter (UTS 39 §5.4): more make a tower
/// that covers the lines around it.
pub const MAX_MARKS: usize = 4;

/// Why a text is no name. The fault of whoever typed or sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NameError {
    /// Nothing is left once white space is gone.
    #[error("the name is empty")]
    Empty,
    /// Not one letter or digit.
    #[error("the name has no letter or digit")]
    NoLetter,
    /// More than [`MAX_CHARS`] characters.
    #[error("the name has {0} characters; {MAX_CHARS} are allowed")]
    TooLong(usize),
    /// A character that a name can't have: control, bidi, invisible,
    /// private or unassigned.
    #[error("the character U+{:04X} is not allowed in a name", u32::from(*.0))]
    Forbidden(char),
    /// A mark with no letter in front of it.
    #[error("an accent or mark stands without a letter")]
    StrayMark,
    /// More than [`MAX_MARKS`] marks on one letter.
    #[error("more than {MAX_MARKS} accents or marks on one letter")]
    TooManyMarks,
    /// A received name isn't in its one form: composed (NFC), single spaces,
    /// none at the ends. An honest sender's always is.
    #[error("the name is not in its normal form")]
    NotNormal,
}

/// A name that may be shown, in its one form. It may still deceive: see
/// [`flags`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

impl Name {
    /// A name from what a person typed or pasted: white space of any kind is
    /// collapsed to single spaces, and characters are composed (NFC).
    ///
    /// # Errors
    /// What stands against it.
    pub fn from_typed(text: &str) -> Result<Self, NameError> {
        if text.len() > MAX_TYPED_BYTES {
            return Err(NameError::TooLong(text.chars().count()));
        }
        let words: Vec<&str> = text
            .split(chars::is_white_space)
            .filter(|w| !w.is_empty())
            .collect();
        let normal: String = words.join(" ").nfc().collect();
        check(&normal)?;
        Ok(Self(normal))
    }

    /// A name from the wire, which must be in its one form already.
    ///
    /// # Errors
    /// As [`Name::from_typed`], and [`NameError::NotNormal`].
    pub fn from_wire(text: &str) -> Result<Self, NameError> {
        let name = Self::from_typed(text)?;
        if name.0 == text {
            Ok(name)
        } else {
            Err(NameError::NotNormal)
        }
    }

    /// The name. Safe to print in a terminal as it is.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What it looks like, for comparing with other names.
    #[must_use]
    pub fn likeness(&self) -> Likeness {
        Likeness::of(self)
    }
}

fn check(name: &str) -> Result<(), NameError> {
    if name.is_empty() {
        return Err(NameError::Empty);
    }
    let count = name.chars().count();
    if count > MAX_CHARS {
        return Err(NameError::TooLong(count));
    }
    let (mut marks, mut after_space, mut any_letter) = (0, true, false);
    for c in name.chars() {
        match Class::of(c) {
            Class::Hidden => return Err(NameError::Forbidden(c)),
            Class::Mark if after_space => return Err(NameError::StrayMark),
            Class::Mark => marks += 1,
            class => {
                marks = 0;
                any_letter |= class == Class::Letter;
            }
        }
        if marks > MAX_MARKS {
            return Err(NameError::TooManyMarks);
        }
        after_space = c == ' ';
    }
    if any_letter {
        Ok(())
    } else {
        Err(NameError::NoLetter)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl Encode for Name {
    fn encode(&self) -> Value {
        self.0.encode()
    }
}

impl Decode for Name {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let text = String::decode(value)?;
        Self::from_wire(&text).map_err(|_| DecodeError::Type("a name that follows the rules"))
    }
}

#[cfg(test)]
mod tests;
