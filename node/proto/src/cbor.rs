//! Values to canonical CBOR and back: maps with integer keys, and the rule
//! for keys that a reader doesn't know (spec 02, "Extension").
//!
//! - An unknown key ≥ 0 is ignored, and kept in the signed bytes.
//! - An unknown key < 0 is critical: who doesn't understand it must refuse.

use ciborium::Value;
use thiserror::Error;

use crate::canon::{self, CanonError};

/// Why bytes or a value don't mean what they should. The sender's fault,
/// except [`DecodeError::Critical`]: there, the sender is newer than us.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// Not canonical CBOR.
    #[error("not canonical: {0}")]
    Canon(#[from] CanonError),
    /// A value of another CBOR type than the field has.
    #[error("expected {0}")]
    Type(&'static str),
    /// A number, length or time outside what the field allows.
    #[error("out of range")]
    OutOfRange,
    /// A list that must be sorted, with each item once, isn't.
    #[error("a list that is not sorted, or repeats an item")]
    Unsorted,
    /// A public key that isn't a usable Ed25519 point.
    #[error("not a usable public key")]
    BadKey,
    /// A field that must be there isn't.
    #[error("field {0} is missing")]
    Missing(i64),
    /// An unknown critical field: made by a newer version that forbids
    /// reading without understanding it.
    #[error("field {0} is critical and unknown here: a newer version of Kith is needed")]
    Critical(i64),
    /// A version of the record that this program doesn't know.
    #[error("version {0} is unknown here: a newer version of Kith is needed")]
    Version(u64),
    /// Something wrong inside field `key`.
    #[error("field {key}: {source}")]
    Field {
        /// The key of the field.
        key: i64,
        /// What is wrong inside it.
        source: Box<DecodeError>,
    },
}

/// What can be written as a CBOR value.
pub trait Encode {
    /// The value. Maps come sorted when made by [`MapBuilder`].
    fn encode(&self) -> Value;
}

/// What can be read from a CBOR value that passed [`canon::scan`].
pub trait Decode: Sized {
    /// Reads the value, refusing whatever the type doesn't allow.
    ///
    /// # Errors
    /// What is wrong with the value.
    fn decode(value: Value) -> Result<Self, DecodeError>;
}

/// The canonical bytes of `value`.
#[must_use]
pub fn to_bytes(value: &impl Encode) -> Vec<u8> {
    value_bytes(&value.encode())
}

/// The canonical bytes of a value whose maps are sorted already.
pub(crate) fn value_bytes(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    // Writing to a Vec can't fail; an empty result would be refused by any
    // reader, so a broken encoder could not pass unnoticed either.
    if ciborium::into_writer(value, &mut out).is_err() {
        out.clear();
    }
    out
}

/// Scans `bytes` (at most `max` of them) and reads them as a `T`.
///
/// # Errors
/// Not canonical, or not a `T`.
pub fn from_bytes<T: Decode>(bytes: &[u8], max: usize) -> Result<T, DecodeError> {
    T::decode(value_from_bytes(bytes, max)?)
}

/// Scans `bytes` and parses them without giving them a meaning yet.
pub(crate) fn value_from_bytes(bytes: &[u8], max: usize) -> Result<Value, DecodeError> {
    few_from_bytes(bytes, max, max)
}

/// As [`value_from_bytes`], and refuses more than `items` items before any is
/// parsed: for what may be long, see [`canon::scan_items`].
pub(crate) fn few_from_bytes(bytes: &[u8], max: usize, items: usize) -> Result<Value, DecodeError> {
    canon::scan_items(bytes, max, items)?;
    ciborium::from_reader(bytes).map_err(|_| DecodeError::Type("a CBOR item"))
}

/// Builds a map with integer keys in canonical order.
#[derive(Debug, Default)]
pub struct MapBuilder(Vec<(i64, Value)>);

impl MapBuilder {
    /// An empty map.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With `key` set to `value`. Each key is set once.
    #[must_use]
    pub fn put(mut self, key: i64, value: &(impl Encode + ?Sized)) -> Self {
        self.0.push((key, value.encode()));
        self
    }

    /// With `key` set if there is a value; an absent field is not written.
    #[must_use]
    pub fn put_opt(self, key: i64, value: Option<&impl Encode>) -> Self {
        match value {
            Some(v) => self.put(key, v),
            None => self,
        }
    }

    /// With `key` set to `values`, unless there are none: an empty list and
    /// an absent one are the same thing, so it has one form.
    #[must_use]
    pub fn put_list<T: Encode>(self, key: i64, values: &[T]) -> Self {
        if values.is_empty() {
            return self;
        }
        self.put(key, &List(values))
    }

    /// The map as a value, sorted by encoded key: 0, 1, 2 … then −1, −2 ….
    #[must_use]
    pub fn build(mut self) -> Value {
        self.0.sort_by_key(|(k, _)| (*k < 0, k.unsigned_abs()));
        Value::Map(
            self.0
                .into_iter()
                .map(|(k, v)| (Value::from(k), v))
                .collect(),
        )
    }
}

struct List<'a, T>(&'a [T]);

impl<T: Encode> Encode for List<'_, T> {
    fn encode(&self) -> Value {
        Value::Array(self.0.iter().map(Encode::encode).collect())
    }
}

/// Whether a map held keys ≥ 0 that its reader doesn't know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a reader for whom unknown means dangerous must look"]
pub enum Extra {
    /// Every key was known.
    None,
    /// Some weren't; they were ignored.
    Ignored,
}

/// Takes a map with integer keys apart, field by field; [`MapReader::finish`]
/// then applies the extension rule to what was left.
#[derive(Debug)]
pub struct MapReader(Vec<(i64, Value)>);

impl MapReader {
    /// Reads `value` as a map with integer keys.
    ///
    /// # Errors
    /// It isn't one.
    pub fn new(value: Value) -> Result<Self, DecodeError> {
        let Value::Map(entries) = value else {
            return Err(DecodeError::Type("a map"));
        };
        entries
            .into_iter()
            .map(|(k, v)| Ok((i64::decode(k)?, v)))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Takes a field that may be absent.
    ///
    /// # Errors
    /// It is there, but not a `T`.
    pub fn opt<T: Decode>(&mut self, key: i64) -> Result<Option<T>, DecodeError> {
        let Some(at) = self.0.iter().position(|(k, _)| *k == key) else {
            return Ok(None);
        };
        let (_, value) = self.0.swap_remove(at);
        match T::decode(value) {
            Ok(v) => Ok(Some(v)),
            Err(source) => Err(DecodeError::Field {
                key,
                source: Box::new(source),
            }),
        }
    }

    /// Takes a field that must be there.
    ///
    /// # Errors
    /// It is missing, or not a `T`.
    pub fn req<T: Decode>(&mut self, key: i64) -> Result<T, DecodeError> {
        self.opt(key)?.ok_or(DecodeError::Missing(key))
    }

    /// Takes a list of at most `max` items; absent means empty, and an empty
    /// list written out is refused (it has another form already).
    ///
    /// # Errors
    /// Not a list, empty but present, too long, or an item isn't a `T`.
    pub fn list<T: Decode>(&mut self, key: i64, max: usize) -> Result<Vec<T>, DecodeError> {
        let Some(items) = self.opt::<Vec<T>>(key)? else {
            return Ok(Vec::new());
        };
        if items.is_empty() || items.len() > max {
            return Err(DecodeError::Field {
                key,
                source: Box::new(DecodeError::OutOfRange),
            });
        }
        Ok(items)
    }

    /// Takes a text of one to `max` bytes that may be absent.
    ///
    /// # Errors
    /// Not text, empty, or longer.
    pub fn text(&mut self, key: i64, max: usize) -> Result<Option<String>, DecodeError> {
        let text = self.opt::<String>(key)?;
        match text {
            Some(t) if t.is_empty() || t.len() > max => Err(DecodeError::Field {
                key,
                source: Box::new(DecodeError::OutOfRange),
            }),
            _ => Ok(text),
        }
    }

    /// Reads the version field and refuses any but `known`.
    ///
    /// # Errors
    /// Missing, or another version.
    pub fn version(&mut self, key: i64, known: u64) -> Result<(), DecodeError> {
        match self.req::<u64>(key)? {
            v if v == known => Ok(()),
            v => Err(DecodeError::Version(v)),
        }
    }

    /// The keys that were not taken yet.
    pub fn unread(&self) -> impl Iterator<Item = i64> + '_ {
        self.0.iter().map(|(k, _)| *k)
    }

    /// Ends the reading: a left-over key < 0 refuses the map, one ≥ 0 is
    /// ignored and reported.
    ///
    /// # Errors
    /// [`DecodeError::Critical`].
    pub fn finish(self) -> Result<Extra, DecodeError> {
        if let Some((k, _)) = self.0.iter().find(|(k, _)| *k < 0) {
            return Err(DecodeError::Critical(*k));
        }
        Ok(if self.0.is_empty() {
            Extra::None
        } else {
            Extra::Ignored
        })
    }
}

/// Checks that `items` are sorted by `key` and each is there once: then a set
/// has one form.
pub(crate) fn sorted<T, K: Ord>(items: &[T], key: impl Fn(&T) -> K) -> Result<(), DecodeError> {
    if items.is_sorted_by(|a, b| key(a) < key(b)) {
        Ok(())
    } else {
        Err(DecodeError::Unsorted)
    }
}

/// A byte string.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Bytes(pub Vec<u8>);

impl Encode for Bytes {
    fn encode(&self) -> Value {
        Value::Bytes(self.0.clone())
    }
}

impl Decode for Bytes {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        match value {
            Value::Bytes(b) => Ok(Self(b)),
            _ => Err(DecodeError::Type("a byte string")),
        }
    }
}

impl<const N: usize> Encode for [u8; N] {
    fn encode(&self) -> Value {
        Value::Bytes(self.to_vec())
    }
}

impl<const N: usize> Decode for [u8; N] {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        Bytes::decode(value)?
            .0
            .try_into()
            .map_err(|_| DecodeError::OutOfRange)
    }
}

impl Encode for str {
    fn encode(&self) -> Value {
        Value::Text(self.to_owned())
    }
}

impl Encode for String {
    fn encode(&self) -> Value {
        Value::Text(self.clone())
    }
}

impl Decode for String {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        match value {
            Value::Text(t) => Ok(t),
            _ => Err(DecodeError::Type("text")),
        }
    }
}

impl Encode for bool {
    fn encode(&self) -> Value {
        Value::Bool(*self)
    }
}

impl Decode for bool {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        match value {
            Value::Bool(b) => Ok(b),
            _ => Err(DecodeError::Type("true or false")),
        }
    }
}

impl Encode for Value {
    fn encode(&self) -> Value {
        self.clone()
    }
}

impl Decode for Value {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        Ok(value)
    }
}

macro_rules! integers {
    ($($t:ty),*) => {$(
        impl Encode for $t {
            fn encode(&self) -> Value {
                Value::from(*self)
            }
        }
        impl Decode for $t {
            fn decode(value: Value) -> Result<Self, DecodeError> {
                match value {
                    Value::Integer(i) => Self::try_from(i).map_err(|_| DecodeError::OutOfRange),
                    _ => Err(DecodeError::Type("an integer")),
                }
            }
        }
    )*};
}
integers!(u8, u16, u32, u64, i64);

impl<T: Encode> Encode for Vec<T> {
    fn encode(&self) -> Value {
        List(self).encode()
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        match value {
            Value::Array(items) => items.into_iter().map(T::decode).collect(),
            _ => Err(DecodeError::Type("a list")),
        }
    }
}

#[cfg(test)]
mod tests;
