//! Which policies something was decided by: bound into seals (rule R3) and
//! kept in audits (UI-4).

use ciborium::Value;

use crate::cbor::{self, Decode, DecodeError, Encode, MapBuilder, MapReader};
use crate::digest::Digest;
use crate::id::OrgId;

/// One document of one organisation's chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyRef {
    /// The organisation.
    pub org: OrgId,
    /// The place of the document in its chain.
    pub sequence: u64,
    /// The digest of the document's header.
    pub digest: Digest,
}

impl Encode for PolicyRef {
    fn encode(&self) -> Value {
        MapBuilder::new()
            .put(0, &self.org)
            .put(1, &self.sequence)
            .put(2, &self.digest)
            .build()
    }
}

impl Decode for PolicyRef {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        let policy = Self {
            org: r.req(0)?,
            sequence: r.req(1)?,
            digest: r.req(2)?,
        };
        let _ = r.finish()?;
        Ok(policy)
    }
}

/// The most organisations whose policies bind one share: each of the two
/// belongs to a few.
pub const MAX_POLICIES: usize = 8;

/// The policies that bound a decision: sorted by organisation, one of each, at
/// most [`MAX_POLICIES`]. None where the personal policy alone applied.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct PolicyRefs(Vec<PolicyRef>);

impl PolicyRefs {
    /// Sorts and checks.
    ///
    /// # Errors
    /// [`DecodeError::Unsorted`] for two of one organisation,
    /// [`DecodeError::OutOfRange`] for too many.
    pub fn new(mut policies: Vec<PolicyRef>) -> Result<Self, DecodeError> {
        policies.sort();
        Self::checked(policies)
    }

    fn checked(policies: Vec<PolicyRef>) -> Result<Self, DecodeError> {
        cbor::sorted(&policies, |p| p.org)?;
        match policies.len() <= MAX_POLICIES {
            true => Ok(Self(policies)),
            false => Err(DecodeError::OutOfRange),
        }
    }

    /// Reads field `key`; absent means none.
    ///
    /// # Errors
    /// Not such a list, too long, or not sorted.
    pub fn read(r: &mut MapReader, key: i64) -> Result<Self, DecodeError> {
        Self::checked(r.list(key, MAX_POLICIES)?)
    }

    /// The policies, sorted by organisation.
    #[must_use]
    pub fn as_slice(&self) -> &[PolicyRef] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(org: u8, sequence: u64) -> PolicyRef {
        PolicyRef {
            org: OrgId::from_bytes([org; 32]),
            sequence,
            digest: Digest::from_bytes([9; 32]),
        }
    }

    #[test]
    fn one_of_each_organisation_in_one_order() {
        let refs = PolicyRefs::new(vec![policy(2, 1), policy(1, 5)]).unwrap();
        assert_eq!(refs.as_slice(), [policy(1, 5), policy(2, 1)]);
        assert!(PolicyRefs::new(vec![policy(1, 1), policy(1, 2)]).is_err());
        assert!(PolicyRefs::new((0..9).map(|n| policy(n, 1)).collect()).is_err());
        let mut r = MapReader::new(MapBuilder::new().put_list(3, refs.as_slice()).build()).unwrap();
        assert_eq!(PolicyRefs::read(&mut r, 3), Ok(refs));
        let unsorted = [policy(2, 1), policy(1, 1)];
        let mut r = MapReader::new(MapBuilder::new().put_list(3, &unsorted).build()).unwrap();
        assert!(PolicyRefs::read(&mut r, 3).is_err());
    }
}
