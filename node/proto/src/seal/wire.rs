//! A reader and a writer for the few CBOR forms in parameters.
//!
//! Secrets don't go through `ciborium`: its values and scratch buffers would
//! keep copies that nobody wipes. The reader borrows from a buffer that
//! [`canon::scan`](crate::canon::scan) has accepted; the writer fills a buffer
//! whose size never changes.

use super::secret::Secret;
use crate::cbor::DecodeError;

const UINT: u8 = 0;
const NINT: u8 = 1;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;

/// Reads items one after the other. Bytes that the scanner accepted never
/// meet [`TRUNCATED`] here.
pub(super) struct Reader<'a>(&'a [u8]);

const TRUNCATED: DecodeError = DecodeError::Canon(crate::canon::CanonError::Truncated);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    fn take(&mut self, n: u64) -> Result<&'a [u8], DecodeError> {
        let n = usize::try_from(n).map_err(|_| TRUNCATED)?;
        let (head, tail) = self.0.split_at_checked(n).ok_or(TRUNCATED)?;
        self.0 = tail;
        Ok(head)
    }

    fn head(&mut self) -> Result<(u8, u64), DecodeError> {
        let &[first] = self.take(1)? else {
            return Err(TRUNCATED);
        };
        let width = match first & 31 {
            n @ 0..=23 => return Ok((first >> 5, u64::from(n))),
            24 => 1,
            25 => 2,
            26 => 4,
            27 => 8,
            _ => return Err(TRUNCATED),
        };
        let bytes = self.take(width)?;
        let n = bytes.iter().fold(0, |n, b| n << 8 | u64::from(*b));
        Ok((first >> 5, n))
    }

    pub(super) fn uint(&mut self) -> Result<u64, DecodeError> {
        match self.head()? {
            (UINT, n) => Ok(n),
            _ => Err(DecodeError::Type("an unsigned integer")),
        }
    }

    pub(super) fn u16(&mut self) -> Result<u16, DecodeError> {
        u16::try_from(self.uint()?).map_err(|_| DecodeError::OutOfRange)
    }

    pub(super) fn bytes(&mut self) -> Result<&'a [u8], DecodeError> {
        match self.head()? {
            (BYTES, n) => self.take(n),
            _ => Err(DecodeError::Type("a byte string")),
        }
    }

    pub(super) fn text(&mut self) -> Result<&'a str, DecodeError> {
        match self.head()? {
            (TEXT, n) => core::str::from_utf8(self.take(n)?).map_err(|_| DecodeError::Type("text")),
            _ => Err(DecodeError::Type("text")),
        }
    }

    pub(super) fn array(&mut self) -> Result<u64, DecodeError> {
        match self.head()? {
            (ARRAY, n) => Ok(n),
            _ => Err(DecodeError::Type("a list")),
        }
    }

    /// Reads a map: `field` is given each key, reads its value and returns
    /// true; or returns false for a key that it doesn't know, with nothing
    /// read. The extension rule is applied to those.
    pub(super) fn map(
        &mut self,
        mut field: impl FnMut(i64, &mut Self) -> Result<bool, DecodeError>,
    ) -> Result<(), DecodeError> {
        let (MAP, n) = self.head()? else {
            return Err(DecodeError::Type("a map"));
        };
        for _ in 0..n {
            let (major, n) = self.head()?;
            let n = i64::try_from(n).map_err(|_| DecodeError::OutOfRange)?;
            let key = match major {
                UINT => n,
                NINT => -1 - n,
                _ => return Err(DecodeError::Type("an integer")),
            };
            let known = field(key, self).map_err(|source| match source {
                e @ DecodeError::Version(_) => e,
                e => DecodeError::Field {
                    key,
                    source: Box::new(e),
                },
            })?;
            if !known && key < 0 {
                return Err(DecodeError::Critical(key));
            }
            if !known {
                self.skip(0)?;
            }
        }
        Ok(())
    }

    fn skip(&mut self, depth: usize) -> Result<(), DecodeError> {
        if depth > crate::canon::MAX_DEPTH {
            return Err(TRUNCATED);
        }
        match self.head()? {
            (BYTES | TEXT, n) => self.take(n).map(|_| ()),
            (ARRAY, n) => (0..n).try_for_each(|_| self.skip(depth + 1)),
            (MAP, n) => (0..n).try_for_each(|_| {
                self.skip(depth + 1)?;
                self.skip(depth + 1)
            }),
            _ => Ok(()),
        }
    }
}

/// Writes into a buffer of fixed size. What doesn't fit is noticed at the
/// end: [`Writer::finish`] then gives nothing.
pub(super) struct Writer {
    buffer: Secret,
    at: usize,
    full: bool,
}

impl Writer {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            buffer: Secret::zeroed(capacity),
            at: 0,
            full: false,
        }
    }

    fn put(&mut self, bytes: &[u8]) {
        let end = self.at.saturating_add(bytes.len());
        match self.buffer.bytes_mut().get_mut(self.at..end) {
            Some(room) => {
                room.copy_from_slice(bytes);
                self.at = end;
            }
            None => self.full = true,
        }
    }

    fn head(&mut self, major: u8, n: u64) {
        let bytes = n.to_be_bytes();
        let (info, skip) = match n {
            0..=23 => {
                // Below 24, so it fits a byte.
                self.put(&[major << 5 | bytes[7]]);
                return;
            }
            24..=0xff => (24, 7),
            0x100..=0xffff => (25, 6),
            0x1_0000..=0xffff_ffff => (26, 4),
            _ => (27, 0),
        };
        self.put(&[major << 5 | info]);
        self.put(&bytes[skip..]);
    }

    pub(super) fn uint(&mut self, n: u64) {
        self.head(UINT, n);
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.head(BYTES, bytes.len() as u64);
        self.put(bytes);
    }

    pub(super) fn text(&mut self, text: &str) {
        self.head(TEXT, text.len() as u64);
        self.put(text.as_bytes());
    }

    pub(super) fn array(&mut self, len: usize) {
        self.head(ARRAY, len as u64);
    }

    pub(super) fn map(&mut self, len: usize) {
        self.head(MAP, len as u64);
    }

    /// The buffer and how much of it is written; `None` if it was too small.
    pub(super) fn finish(self) -> Option<(Secret, usize)> {
        (!self.full).then_some((self.buffer, self.at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canon::{MAX_RECORD, scan};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_are_written_in_their_shortest_form(n in any::<u64>(), shift in 0u32..64) {
            let n = n >> shift;
            let mut w = Writer::new(16);
            w.uint(n);
            let (buffer, len) = w.finish().unwrap();
            let bytes = &buffer.bytes()[..len];
            prop_assert_eq!(scan(bytes, 16), Ok(()));
            prop_assert_eq!(Reader::new(bytes).uint().unwrap(), n);
        }

        #[test]
        fn skipping_steps_over_whatever_the_scanner_accepts(
            bytes in prop_oneof![
                proptest::collection::vec(any::<u8>(), 0..40),
                proptest::collection::vec(prop_oneof![Just(0x81u8), Just(0xa1), Just(0), Just(0xf6), Just(0x41)], 0..40),
            ],
        ) {
            let mut r = Reader::new(&bytes);
            let skipped = r.skip(0);
            if scan(&bytes, MAX_RECORD).is_ok() && bytes[0] != 0xd2 {
                prop_assert_eq!(skipped, Ok(()));
                prop_assert!(r.0.is_empty());
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_noticed() {
        let mut w = Writer::new(4);
        w.text("abcd");
        assert!(w.finish().is_none());
        let mut w = Writer::new(5);
        w.text("abcd");
        assert_eq!(w.finish().unwrap().1, 5);
    }
}
