//! Reading parts of a policy by a newer program: what isn't known must tighten
//! whatever it would have applied to (DESIGN.md, "Versions and growth"; spec
//! 04, "Growth").

use ciborium::Value;

use crate::cbor::{Decode, DecodeError, MapReader};
use crate::registry::Known;
use crate::rights::Scope;

/// From this key on, an unknown field of a policy is a remark: it may be
/// ignored. An unknown field below it makes its map not understood.
pub const REMARKS_FROM: i64 = 1000;

/// Whether everything in a part of a policy is known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[must_use]
pub enum Understood {
    /// Every field and number.
    #[default]
    Wholly,
    /// Something is from a newer version; the part counts as the tightest.
    Partly,
}

impl Understood {
    /// Partly, if either is.
    pub fn and(self, other: Self) -> Self {
        self.max(other)
    }
}

/// A [`MapReader`] that remembers whether something wasn't understood.
pub(super) struct Fields {
    map: MapReader,
    understood: Understood,
}

impl Fields {
    pub(super) fn new(value: Value) -> Result<Self, DecodeError> {
        Ok(Self {
            map: MapReader::new(value)?,
            understood: Understood::Wholly,
        })
    }

    pub(super) fn doubt(&mut self, u: Understood) {
        self.understood = self.understood.and(u);
    }

    pub(super) fn opt<T: Decode>(&mut self, key: i64) -> Result<Option<T>, DecodeError> {
        self.map.opt(key)
    }

    pub(super) fn req<T: Decode>(&mut self, key: i64) -> Result<T, DecodeError> {
        self.map.req(key)
    }

    pub(super) fn list<T: Decode>(&mut self, key: i64, max: usize) -> Result<Vec<T>, DecodeError> {
        self.map.list(key, max)
    }

    /// A scope as a bound: absent bounds nothing, unknown bounds all.
    pub(super) fn scope(&mut self, key: i64) -> Result<Scope, DecodeError> {
        let Some(n) = self.map.opt::<u16>(key)? else {
            return Ok(Scope::Desktop);
        };
        let scope = Scope::from_number(n);
        if scope.is_none() {
            self.understood = Understood::Partly;
        }
        Ok(scope.unwrap_or(Scope::Nothing))
    }

    /// A set that isn't empty, as far as it is known.
    pub(super) fn set<S>(
        &mut self,
        key: i64,
        read: fn(Value) -> Result<Known<S>, DecodeError>,
    ) -> Result<Option<Known<S>>, DecodeError> {
        let Some(value) = self.map.opt::<Value>(key)? else {
            return Ok(None);
        };
        let wrong = |source| DecodeError::Field {
            key,
            source: Box::new(source),
        };
        if value.as_array().is_some_and(Vec::is_empty) {
            return Err(wrong(DecodeError::OutOfRange));
        }
        read(value).map(Some).map_err(wrong)
    }

    /// A set in which an unknown number isn't understood.
    pub(super) fn known_set<S>(
        &mut self,
        key: i64,
        read: fn(Value) -> Result<Known<S>, DecodeError>,
    ) -> Result<Option<S>, DecodeError> {
        let known = self.set(key, read)?;
        if known.as_ref().is_some_and(|k| !k.unknown.is_empty()) {
            self.understood = Understood::Partly;
        }
        Ok(known.map(|k| k.set))
    }

    /// Ends the reading. An unknown key < 0 refuses; one below
    /// [`REMARKS_FROM`] isn't understood.
    pub(super) fn finish(self) -> Result<Understood, DecodeError> {
        let unknown = self.map.unread().any(|k| (0..REMARKS_FROM).contains(&k));
        let _ = self.map.finish()?;
        Ok(match unknown {
            true => Understood::Partly,
            false => self.understood,
        })
    }
}
