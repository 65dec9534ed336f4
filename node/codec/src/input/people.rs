//! Who watches a share and who controls it, by name (GUARD-7).

use crate::message::{Envelope, MessageError, message};
use crate::wire::{Put, Reader};

/// Most people that are named; who is beyond that is only counted.
pub const MAX_PEOPLE: usize = 16;

/// Longest name, in bytes of UTF-8.
pub const MAX_NAME: usize = 64;

/// Skipped by whoever doesn't know it.
const KIND: u8 = 0xb8;

/// Everybody who watches, as the sharer knows them to call themselves. What the
/// sharer says of others: names to be shown, made fit for that first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct People {
    watching: Vec<String>,
    /// How many of them control: so many of the first.
    controls: usize,
}

impl People {
    /// `controllers` first, then the others, as far as there is room; names that
    /// are too long are cut.
    #[must_use]
    pub fn new<'a>(
        controllers: impl Iterator<Item = &'a str>,
        others: impl Iterator<Item = &'a str>,
    ) -> Self {
        let mut watching: Vec<String> = controllers.take(MAX_PEOPLE).map(cut).collect();
        let controls = watching.len();
        watching.extend(others.take(MAX_PEOPLE - controls).map(cut));
        Self { watching, controls }
    }

    /// Who controls.
    #[must_use]
    pub fn controllers(&self) -> &[String] {
        self.watching.get(..self.controls).unwrap_or_default()
    }

    /// Who watches, those who control first.
    #[must_use]
    pub fn watching(&self) -> &[String] {
        &self.watching
    }

    /// Whether a message is one of these.
    #[must_use]
    pub const fn is(envelope: &Envelope<'_>) -> bool {
        envelope.kind == KIND
    }

    /// Reads a message to a viewer.
    ///
    /// # Errors
    /// What is wrong with it; [`MessageError::Unknown`] for another kind.
    pub fn parse(envelope: Envelope<'_>) -> Result<Self, MessageError> {
        if !Self::is(&envelope) {
            return Err(MessageError::Unknown(envelope.kind));
        }
        let mut r = Reader::new(envelope.body);
        let (controls, n) = (usize::from(r.u8()?), usize::from(r.u8()?));
        if n > MAX_PEOPLE || controls > n {
            return Err(MessageError::Range(KIND));
        }
        let mut watching = Vec::with_capacity(n);
        for _ in 0..n {
            let len = usize::from(r.u8()?);
            if !(1..=MAX_NAME).contains(&len) {
                return Err(MessageError::Range(KIND));
            }
            let name = core::str::from_utf8(r.bytes(len)?);
            watching.push(name.map_err(|_| MessageError::Range(KIND))?.to_owned());
        }
        r.finish()?;
        Ok(Self { watching, controls })
    }

    /// The message as bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        message(KIND, |o| {
            // All are bounded where this is made.
            o.put_u8(self.controls as u8);
            o.put_u8(self.watching.len() as u8);
            for name in &self.watching {
                o.put_u8(name.len() as u8);
                o.extend_from_slice(name.as_bytes());
            }
        })
    }
}

/// A name that fits, and is never empty.
fn cut(name: &str) -> String {
    let end = name.floor_char_boundary(MAX_NAME);
    match name.get(..end) {
        Some(name) if !name.is_empty() => name.to_owned(),
        _ => "?".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(bytes: &[u8]) -> Result<People, MessageError> {
        let (envelope, len) = Envelope::split(bytes)?.unwrap();
        assert_eq!(len, bytes.len());
        People::parse(envelope)
    }

    #[test]
    fn who_controls_comes_first_and_nothing_is_too_long() {
        let many: Vec<String> = (0..40).map(|i| format!("{i}{}", "ü".repeat(60))).collect();
        let names = || many.iter().map(String::as_str);
        let people = People::new(["Ben", "Cleo"].into_iter(), names());
        assert_eq!(people.controllers(), ["Ben", "Cleo"]);
        assert_eq!(people.watching().len(), MAX_PEOPLE);
        assert!(people.watching().iter().all(|n| n.len() <= MAX_NAME));
        assert_eq!(read(&people.to_bytes()), Ok(people));
        let all = People::new(names(), ["Ben"].into_iter());
        assert_eq!(all.controllers().len(), MAX_PEOPLE);
        assert_eq!(read(&all.to_bytes()), Ok(all));
        let nobody = People::new([].into_iter(), core::iter::once(""));
        assert!(nobody.controllers().is_empty());
        assert_eq!(read(&nobody.to_bytes()), Ok(nobody));
    }

    /// These stand in the specification too.
    #[test]
    fn bytes() {
        let people = People::new(["Ben"].into_iter(), ["Cleo"].into_iter());
        let wanted = b"\xb8\x0b\x00\x00\x01\x02\x03Ben\x04Cleo";
        assert_eq!(people.to_bytes(), wanted);
        for wrong in [
            &b"\xb8\x02\x00\x00\x01\x00"[..],
            b"\xb8\x02\x00\x00\x02\x00",
            b"\xb8\x03\x00\x00\x00\x01\x00",
            b"\xb8\x02\x00\x00\x00\x11",
            b"\xb8\x04\x00\x00\x00\x01\x01\xff",
            b"\xb8\x03\x00\x00\x00\x00\x00",
        ] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = People::parse(Envelope { kind: KIND, body: &body });
        }
    }
}
