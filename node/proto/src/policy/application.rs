//! What is to be shared, as far as policy cares: names of applications, and
//! patterns for them (spec 04, "Applications").

use core::fmt;

use ciborium::Value;

use crate::cbor::{self, Decode, DecodeError, Encode, MapReader};

/// The longest name or pattern of an application in bytes: identifiers of
/// desktop entries and window classes are far shorter.
pub const MAX_APPLICATION: usize = 128;

fn check(text: &str) -> Result<(), DecodeError> {
    let fits = !text.is_empty() && text.len() <= MAX_APPLICATION;
    match fits && !text.chars().any(char::is_control) {
        true => Ok(()),
        false => Err(DecodeError::OutOfRange),
    }
}

/// Which bytes occur, a bit each for ASCII: most patterns that don't fit a
/// name hold a letter that it hasn't, and need no comparison.
type Letters = u128;

fn letters(text: &str) -> Letters {
    let literal = text.bytes().filter(|b| *b != b'*');
    literal.fold(0, |all, b| all | 1 << (b & 127))
}

/// What the sharer's own system calls an application: the identifier of its
/// desktop entry, or its window class. Compared without regard to the case of
/// ASCII letters. It comes from the machine that shares, never from a viewer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AppName(String, Letters);

impl AppName {
    /// From text: 1 to [`MAX_APPLICATION`] bytes without control characters.
    ///
    /// # Errors
    /// [`DecodeError::OutOfRange`].
    pub fn new(text: &str) -> Result<Self, DecodeError> {
        check(text)?;
        let text = text.to_ascii_lowercase();
        let letters = letters(&text);
        Ok(Self(text, letters))
    }

    /// The name, in ASCII lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AppName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A pattern for names of applications: `*` stands for any characters, also
/// none; every other character for itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AppPattern(String, Letters);

impl AppPattern {
    /// From text: 1 to [`MAX_APPLICATION`] bytes without control characters.
    ///
    /// # Errors
    /// [`DecodeError::OutOfRange`].
    pub fn new(text: &str) -> Result<Self, DecodeError> {
        check(text)?;
        let text = text.to_ascii_lowercase();
        let letters = letters(&text);
        Ok(Self(text, letters))
    }

    /// The pattern, in ASCII lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `name` fits. The parts between two stars are looked for from
    /// left to right, each behind the one before: the first place where a
    /// part is leaves the most room for the others.
    #[must_use]
    pub fn matches(&self, name: &AppName) -> bool {
        if self.1 & !name.1 != 0 {
            return false;
        }
        let (pattern, name) = (self.0.as_bytes(), name.0.as_bytes());
        let is_star = |b: &u8| *b == b'*';
        let mut parts = pattern.split(is_star);
        let (Some(first), Some(last)) = (parts.next(), parts.next_back()) else {
            return pattern == name;
        };
        let rest = name.strip_prefix(first).and_then(|n| n.strip_suffix(last));
        let found = rest.and_then(|rest| {
            parts.try_fold(rest, |rest, part| {
                find(rest, part).and_then(|at| rest.get(at + part.len()..))
            })
        });
        found.is_some()
    }
}

/// Where `part` is first in `text`. Both are short: what finds long texts
/// faster costs more to begin than this does in all.
fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    let Some((first, rest)) = part.split_first() else {
        return Some(0);
    };
    let mut from = 0;
    loop {
        let at = from + text.get(from..)?.iter().position(|b| b == first)?;
        if text[at + 1..].starts_with(rest) {
            return Some(at);
        }
        from = at + 1;
    }
}

macro_rules! text_form {
    ($t:ty) => {
        impl Encode for $t {
            fn encode(&self) -> Value {
                self.0.encode()
            }
        }

        impl Decode for $t {
            /// Refuses upper-case ASCII: one form a name.
            fn decode(value: Value) -> Result<Self, DecodeError> {
                let text = String::decode(value)?;
                let read = Self::new(&text)?;
                match read.0 == text {
                    true => Ok(read),
                    false => Err(DecodeError::OutOfRange),
                }
            }
        }
    };
}
text_form!(AppName);
text_form!(AppPattern);

/// Whether an application can start other programs (GUARD-9): a terminal, a
/// file manager, a browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Starts {
    /// It is known that it can't.
    Nothing,
    /// It can, or nobody knows.
    Others,
}

/// One application that is to be shared.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Application {
    /// What the sharer's system calls it.
    pub name: AppName,
    /// Whether it can start others.
    pub starts: Starts,
}

/// The most applications in one share.
pub const MAX_SHARED: usize = 64;

/// What is to be shared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Nothing was chosen yet: a dry run, while a contact is selected
    /// (CAP-2). Rules about applications are left out, and the result is
    /// marked as preliminary.
    NotChosen,
    /// These applications (or windows of theirs), at most [`MAX_SHARED`].
    Applications(Vec<Application>),
    /// A desktop or region, or something whose owner isn't known: every rule
    /// about an application applies, for any of them may come into view.
    Anything,
}

/// The applications of a share, as the sharer's system names them: sorted,
/// each once, at most [`MAX_SHARED`]; none for regions and desktops.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct AppNames(Vec<AppName>);

impl AppNames {
    /// Sorts the names; a repeated one counts once.
    ///
    /// # Errors
    /// [`DecodeError::OutOfRange`] for more than [`MAX_SHARED`].
    pub fn new(mut names: Vec<AppName>) -> Result<Self, DecodeError> {
        names.sort();
        names.dedup();
        match names.len() <= MAX_SHARED {
            true => Ok(Self(names)),
            false => Err(DecodeError::OutOfRange),
        }
    }

    /// Reads field `key`; absent means none.
    ///
    /// # Errors
    /// Not such a list, too long, or not sorted.
    pub fn read(r: &mut MapReader, key: i64) -> Result<Self, DecodeError> {
        let names = r.list(key, MAX_SHARED)?;
        cbor::sorted(&names, Clone::clone)?;
        Ok(Self(names))
    }

    /// The names, sorted.
    #[must_use]
    pub fn as_slice(&self) -> &[AppName] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fits(p: &str, n: &str) -> bool {
        AppPattern::new(p)
            .unwrap()
            .matches(&AppName::new(n).unwrap())
    }

    #[test]
    fn patterns() {
        for (p, n) in [
            ("writer", "Writer"),
            ("*", "x"),
            ("libreoffice*", "libreoffice-writer"),
            ("*writer", "libreoffice-writer"),
            ("*office*w*", "libreoffice-writer"),
            ("a*b*b", "abbb"),
            ("*aab*", "aaab"),
            ("*a*a*", "aa"),
            ("**", "a"),
        ] {
            assert!(fits(p, n), "{p} {n}");
        }
        for (p, n) in [
            ("writer", "writer2"),
            ("a*c", "abd"),
            ("*b", "ba"),
            ("a*a", "a"),
            ("*a*a*", "a"),
            ("*ab*bc*", "abc"),
            ("*ab*b", "ab"),
        ] {
            assert!(!fits(p, n), "{p} {n}");
        }
    }

    /// The same question, asked recursively.
    fn slow(p: &[u8], n: &[u8]) -> bool {
        match p.split_first() {
            None => n.is_empty(),
            Some((b'*', rest)) => (0..=n.len()).any(|k| slow(rest, &n[k..])),
            Some((c, rest)) => n.first() == Some(c) && slow(rest, &n[1..]),
        }
    }

    proptest! {
        #[test]
        fn patterns_agree_with_the_definition(p in "[abé*]{1,8}", n in "[abé*]{1,6}") {
            prop_assert_eq!(fits(&p, &n), slow(p.as_bytes(), n.as_bytes()));
        }
    }

    #[test]
    fn texts_are_bounded_and_have_one_form() {
        assert!(AppName::new("").is_err());
        assert!(AppName::new("a\u{1b}b").is_err());
        assert!(AppName::new(&"x".repeat(MAX_APPLICATION)).is_ok());
        assert!(AppName::new(&"x".repeat(MAX_APPLICATION + 1)).is_err());
        assert!(AppName::decode("Writer".encode()).is_err());
    }
}
