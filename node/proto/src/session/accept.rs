//! The acceptance: the viewer's device says yes to exactly one offer, and
//! brings the key that the parameters are sealed to (SEAL-1, rule R3).

use ciborium::Value;

use crate::cbor::{Bytes, Decode, DecodeError, Encode, MapBuilder, MapReader};
use crate::digest::Digest;
use crate::id::{DeviceId, SessionId};
use crate::policy::reference::PolicyRefs;
use crate::seal::{Challenge, Kem, KemList, KemPublicKey};
use crate::signed::{Kind, Payload};

/// What the viewer's device signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accept {
    /// The session.
    pub session: SessionId,
    /// The sharer's device, whose offer it is.
    pub sharer: DeviceId,
    /// The viewer's device: the signer.
    pub viewer: DeviceId,
    /// The digest of the terms as offered.
    pub offer: Digest,
    /// The policies that the viewer decided by.
    pub policies: PolicyRefs,
    /// The mechanisms that the viewer's device has.
    pub kems: KemList,
    /// A fresh key for this session alone.
    pub key: KemPublicKey,
    /// A fresh challenge, bound into the seal.
    pub challenge: Challenge,
}

impl Payload for Accept {
    /// The largest is an X-Wing key of 1,216 bytes and eight policies.
    const KIND: Kind = Kind {
        name: "session-accept",
        version: 1,
        max: 4 * 1024,
    };
}

impl Encode for Accept {
    fn encode(&self) -> Value {
        MapBuilder::new()
            .put(0, &1u64)
            .put(1, &self.session)
            .put(2, &self.sharer)
            .put(3, &self.viewer)
            .put(4, &self.offer)
            .put_list(5, self.policies.as_slice())
            .put(6, &self.kems)
            .put(7, &self.key.kem())
            .put(8, &Bytes(self.key.as_bytes().to_vec()))
            .put(9, &self.challenge)
            .build()
    }
}

impl Decode for Accept {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        r.version(0, 1)?;
        let (session, sharer, viewer, offer) = (r.req(1)?, r.req(2)?, r.req(3)?, r.req(4)?);
        let policies = PolicyRefs::read(&mut r, 5)?;
        let kems: KemList = r.req(6)?;
        let kem: Kem = r.req(7)?;
        let key: Bytes = r.req(8)?;
        let accept = Self {
            session,
            sharer,
            viewer,
            offer,
            policies,
            kems,
            key: KemPublicKey::from_bytes(kem, &key.0).map_err(|_| DecodeError::OutOfRange)?,
            challenge: r.req(9)?,
        };
        let _ = r.finish()?;
        let named = accept.kems.contains(kem) && accept.kems.contains(Kem::X25519);
        match named && sharer != viewer {
            true => Ok(accept),
            false => Err(DecodeError::OutOfRange),
        }
    }
}
