//! The byte scanner: which CBOR Kith accepts at all (rule R1; spec 02,
//! "Canonical form"; RFC 8949 §4.2.1).
//!
//! Every byte string from outside passes here before any decoder sees it, so
//! that each value has exactly one encoding, and no decoder meets deep
//! nesting, hidden duplicates, or lengths that lie. The scanner allocates
//! nothing.

use thiserror::Error;

/// Nesting deeper than this is refused. Ours needs at most seven levels.
pub const MAX_DEPTH: usize = 16;

/// The largest record in bytes (rule R1), unless a kind states less.
pub const MAX_RECORD: usize = 64 * 1024;

/// The tag of a COSE_Sign1 (RFC 9052 §4.2): the only tag accepted, and only
/// around the outermost item.
pub const TAG_SIGN1: u64 = 18;

/// Why bytes are not canonical. Always the sender's fault: an honest encoder
/// never makes any of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CanonError {
    /// Longer than the limit that the caller named.
    #[error("{len} bytes are more than the {max} allowed here")]
    TooLong {
        /// How many bytes there are.
        len: usize,
        /// How many were allowed.
        max: usize,
    },
    /// The bytes end inside an item.
    #[error("the bytes end inside an item")]
    Truncated,
    /// Bytes follow the one item.
    #[error("{0} bytes follow the item")]
    Trailing(usize),
    /// Nested deeper than [`MAX_DEPTH`].
    #[error("nested more than {MAX_DEPTH} deep")]
    TooDeep,
    /// An integer or length not in its shortest form, at this offset.
    #[error("not the shortest form, at byte {0}")]
    NotShortest(usize),
    /// A string, array or map of indefinite length, at this offset.
    #[error("indefinite length, at byte {0}")]
    Indefinite(usize),
    /// A reserved or unassigned initial byte, at this offset.
    #[error("reserved initial byte, at byte {0}")]
    Reserved(usize),
    /// A floating-point number, at this offset.
    #[error("floating-point number, at byte {0}")]
    Float(usize),
    /// A simple value other than false, true and null, at this offset.
    #[error("simple value other than false, true, null, at byte {0}")]
    Simple(usize),
    /// A tag where none is allowed, at this offset.
    #[error("tag that is not allowed here, at byte {0}")]
    Tag(usize),
    /// A text string that isn't UTF-8, at this offset.
    #[error("text that is not UTF-8, at byte {0}")]
    NotUtf8(usize),
    /// A map key that isn't an integer, byte string or text, at this offset.
    #[error("map key of a kind that is not allowed, at byte {0}")]
    KeyKind(usize),
    /// More items than the limit that the caller named.
    #[error("more items than the {0} allowed here")]
    TooMany(usize),
    /// Map keys out of order or repeated, at this offset.
    #[error("map keys out of order or repeated, at byte {0}")]
    KeyOrder(usize),
}

/// Checks that `bytes` is exactly one CBOR item in canonical form and at most
/// `max` bytes long.
///
/// # Errors
/// The first departure from the form, with its offset.
pub fn scan(bytes: &[u8], max: usize) -> Result<(), CanonError> {
    scan_items(bytes, max, max)
}

/// As [`scan`], and refuses more than `items` items in all. A parsed item
/// takes some forty times the byte that it may be on the wire, so what may be
/// long is counted before it is parsed.
///
/// # Errors
/// As [`scan`], and [`CanonError::TooMany`].
pub fn scan_items(bytes: &[u8], max: usize, items: usize) -> Result<(), CanonError> {
    if bytes.len() > max {
        return Err(CanonError::TooLong {
            len: bytes.len(),
            max,
        });
    }
    let mut s = Scanner {
        bytes,
        at: 0,
        items,
        left: items,
    };
    s.item(0)?;
    match bytes.len() - s.at {
        0 => Ok(()),
        n => Err(CanonError::Trailing(n)),
    }
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    /// How many items are allowed, and how many of these are left.
    items: usize,
    left: usize,
}

impl Scanner<'_> {
    fn byte(&mut self) -> Result<u8, CanonError> {
        let b = *self.bytes.get(self.at).ok_or(CanonError::Truncated)?;
        self.at += 1;
        Ok(b)
    }

    /// The argument of an initial byte (RFC 8949 §3), refused unless shortest.
    fn argument(&mut self, start: usize, info: u8) -> Result<u64, CanonError> {
        let (width, least) = match info {
            0..=23 => return Ok(u64::from(info)),
            24 => (1, 24),
            25 => (2, 1 << 8),
            26 => (4, 1 << 16),
            27 => (8, 1 << 32),
            31 => return Err(CanonError::Indefinite(start)),
            _ => return Err(CanonError::Reserved(start)),
        };
        let mut n = 0u64;
        for _ in 0..width {
            n = n << 8 | u64::from(self.byte()?);
        }
        if n < least {
            return Err(CanonError::NotShortest(start));
        }
        Ok(n)
    }

    /// Steps over `n` bytes of string content and returns them.
    fn content(&mut self, n: u64) -> Result<&[u8], CanonError> {
        let n = usize::try_from(n).map_err(|_| CanonError::Truncated)?;
        let end = self.at.checked_add(n).ok_or(CanonError::Truncated)?;
        let s = self.bytes.get(self.at..end).ok_or(CanonError::Truncated)?;
        self.at = end;
        Ok(s)
    }

    /// One item whose nesting level is `depth`; the outermost has level 0.
    fn item(&mut self, depth: usize) -> Result<(), CanonError> {
        if depth > MAX_DEPTH {
            return Err(CanonError::TooDeep);
        }
        self.left = self
            .left
            .checked_sub(1)
            .ok_or(CanonError::TooMany(self.items))?;
        let start = self.at;
        let first = self.byte()?;
        let (major, info) = (first >> 5, first & 31);
        if major == 7 {
            return match info {
                20..=22 => Ok(()),
                25..=27 => Err(CanonError::Float(start)),
                31 => Err(CanonError::Indefinite(start)),
                28..=30 => Err(CanonError::Reserved(start)),
                _ => Err(CanonError::Simple(start)),
            };
        }
        let n = self.argument(start, info)?;
        match major {
            0 | 1 => Ok(()),
            2 => self.content(n).map(|_| ()),
            3 => {
                let text = self.content(n)?;
                core::str::from_utf8(text).map_err(|_| CanonError::NotUtf8(start))?;
                Ok(())
            }
            // Counts need no bound of their own: every item takes at least
            // one byte, so a lying count runs into the end.
            4 => (0..n).try_for_each(|_| self.item(depth + 1)),
            5 => self.map(n, depth),
            _ if depth == 0 && n == TAG_SIGN1 => self.item(depth + 1),
            _ => Err(CanonError::Tag(start)),
        }
    }

    fn map(&mut self, n: u64, depth: usize) -> Result<(), CanonError> {
        let mut previous: Option<(usize, usize)> = None;
        for _ in 0..n {
            let start = self.at;
            match self.bytes.get(start).ok_or(CanonError::Truncated)? >> 5 {
                0..=3 => self.item(depth + 1)?,
                _ => return Err(CanonError::KeyKind(start)),
            }
            let key = (start, self.at);
            if let Some((a, b)) = previous
                && self.bytes[a..b] >= self.bytes[key.0..key.1]
            {
                return Err(CanonError::KeyOrder(start));
            }
            previous = Some(key);
            self.item(depth + 1)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
