//! Verifying a person (ID-3; spec 03, "Safety number"): digits, words and a
//! QR code that two people compare, and the card that one prints.
//!
//! A person has 30 digits; the safety number of two is both, the lower first.
//! So one printed card serves all contacts. The digits come from the person's
//! id, which is the digest of the log's first entry: they stay the same when
//! keys and devices change, because those changes are signed inside the log.
//! They change only when somebody starts a new log, that is, when they are
//! somebody else as far as anyone can tell. (Were they to change with every
//! key, people would learn to ignore it.)

use core::fmt;

use ciborium::Value;
use thiserror::Error;

use crate::armor::{self, ArmorError, ArmorKind};
use crate::cbor::{self, Decode, DecodeError, Encode, MapBuilder, MapReader};
use crate::digest::Digest;
use crate::id::PersonId;
use crate::names::Name;
use crate::qr::{Qr, TooLong};
use crate::syllables;

/// How often the digest is repeated: whoever searches for a person with
/// given digits pays 2^12 times for each. A comparison takes milliseconds.
pub const ROUNDS: u32 = 4096;

/// Groups of five digits that a person has.
pub const GROUPS: usize = 6;

/// Bytes in the words of a card: seven words.
const WORD_BYTES: usize = 14;

const DOMAIN: &str = "kith/1/safety";

/// One person's digits and words. 30 digits are 99.6 bits; with [`ROUNDS`],
/// finding another person with the same takes 2^111 digests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint(Digest);

impl Fingerprint {
    /// The fingerprint of a person.
    #[must_use]
    pub fn of(person: &PersonId) -> Self {
        let mut digest = Digest::of(DOMAIN, person.as_bytes());
        for _ in 0..ROUNDS {
            let again = [*digest.as_bytes(), *person.as_bytes()].concat();
            digest = Digest::of(DOMAIN, &again);
        }
        Self(digest)
    }

    /// Six groups of five digits.
    #[must_use]
    pub fn groups(&self) -> [u32; GROUPS] {
        let mut groups = [0; GROUPS];
        for (group, bytes) in groups.iter_mut().zip(self.0.as_bytes().chunks(5)) {
            let n = bytes.iter().fold(0u64, |n, b| n << 8 | u64::from(*b));
            // Below 100,000, so it fits.
            *group = u32::try_from(n % 100_000).unwrap_or_default();
        }
        groups
    }

    /// Seven words: 112 bits.
    #[must_use]
    pub fn words(&self) -> String {
        syllables::to_words(&self.0.as_bytes()[..WORD_BYTES])
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&spaced(&self.groups()))
    }
}

fn spaced(groups: &[u32]) -> String {
    let groups: Vec<String> = groups.iter().map(|g| format!("{g:05}")).collect();
    groups.join(" ")
}

/// The safety number of two persons: 60 digits, the same on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SafetyNumber([u32; 2 * GROUPS]);

impl SafetyNumber {
    /// The number of two persons, in either order.
    #[must_use]
    pub fn of(one: &PersonId, other: &PersonId) -> Self {
        let mut both = [
            Fingerprint::of(one).groups(),
            Fingerprint::of(other).groups(),
        ];
        both.sort_unstable();
        let mut all = [0; 2 * GROUPS];
        all[..GROUPS].copy_from_slice(&both[0]);
        all[GROUPS..].copy_from_slice(&both[1]);
        Self(all)
    }

    /// Twelve groups of five digits.
    #[must_use]
    pub fn groups(&self) -> &[u32; 2 * GROUPS] {
        &self.0
    }

    /// Whether `typed` has exactly these digits; everything else in it is
    /// ignored.
    #[must_use]
    pub fn is(&self, typed: &str) -> bool {
        let digits = |t: &str| -> String { t.chars().filter(char::is_ascii_digit).collect() };
        digits(typed) == digits(&self.to_string())
    }
}

impl fmt::Display for SafetyNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&spaced(&self.0))
    }
}

/// What a QR code for verifying holds: whole ids, so that comparing by
/// camera is exact. Not signed: that it comes from the other person is seen,
/// not computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SafetyCode {
    /// Whose screen or card it is on.
    pub shown_by: PersonId,
    /// Whom the screen believes it is shown to; a card is for anyone.
    pub shown_to: Option<PersonId>,
}

/// What comparing a scanned code says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compared {
    /// The person is the one expected (and, on a screen, so are we to them).
    Same,
    /// It is another person than expected: an older contact of the same
    /// name, or somebody between the two.
    OtherPerson,
    /// The other side takes us for somebody else.
    TakesUsForAnother,
}

/// Why a scanned text is no safety code.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SafetyError {
    /// Not a text of ours, or damaged.
    #[error("{0}")]
    Armor(#[from] ArmorError),
    /// Whole, but not a safety code.
    #[error("not a safety code: {0}")]
    Content(#[from] DecodeError),
}

impl SafetyCode {
    /// The text for a QR code.
    #[must_use]
    pub fn qr_text(&self) -> String {
        armor::to_qr_text(ArmorKind::Safety, &cbor::to_bytes(self))
    }

    /// Reads what was scanned.
    ///
    /// # Errors
    /// See [`SafetyError`].
    pub fn from_text(text: &str) -> Result<Self, SafetyError> {
        let bytes = armor::from_text_of(ArmorKind::Safety, text)?;
        Ok(cbor::from_bytes(&bytes, 256)?)
    }

    /// Compares with whom we are and whom we expect.
    #[must_use]
    pub fn compare(&self, us: &PersonId, expected: &PersonId) -> Compared {
        if self.shown_by != *expected {
            Compared::OtherPerson
        } else if self.shown_to.is_some_and(|to| to != *us) {
            Compared::TakesUsForAnother
        } else {
            Compared::Same
        }
    }
}

impl Encode for SafetyCode {
    fn encode(&self) -> Value {
        MapBuilder::new()
            .put(0, &1u8)
            .put(1, &self.shown_by)
            .put_opt(2, self.shown_to.as_ref())
            .build()
    }
}

impl Decode for SafetyCode {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        r.version(0, 1)?;
        let code = Self {
            shown_by: r.req(1)?,
            shown_to: r.opt(2)?,
        };
        let _ = r.finish()?;
        Ok(code)
    }
}

/// A verification card, to be printed or shown; nothing on it is secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// Whose card it is.
    pub name: Name,
    /// The person's id as text, for typing in full.
    pub person: String,
    /// Six groups of five digits.
    pub digits: String,
    /// The same in seven words.
    pub words: String,
    /// A [`SafetyCode`].
    pub qr: Qr,
}

impl Card {
    /// The card of a person.
    ///
    /// # Errors
    /// Never in fact: the code has 80 characters.
    pub fn of(person: &PersonId, name: Name) -> Result<Self, TooLong> {
        let print = Fingerprint::of(person);
        let code = SafetyCode {
            shown_by: *person,
            shown_to: None,
        };
        Ok(Self {
            name,
            person: person.to_string(),
            digits: print.to_string(),
            words: print.words(),
            qr: Qr::new(&code.qr_text())?,
        })
    }

    /// Whether this person's digits or words were typed from a card.
    #[must_use]
    pub fn is_of(person: &PersonId, typed: &str) -> bool {
        let print = Fingerprint::of(person);
        let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
        let expected: String = print.to_string().replace(' ', "");
        digits == expected || syllables::are_same(&print.words(), typed)
    }
}

#[cfg(test)]
mod tests;
