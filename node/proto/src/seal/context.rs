//! What a seal is bound to: HPKE's `info` (rule R3; spec 05, "Info").

use core::fmt;

use ciborium::Value;
use rand_core::CryptoRng;

use super::kem::{KemList, KeyThumbprint};
use crate::cbor::{self, Decode, DecodeError, Encode, MapBuilder};
use crate::id::{DeviceId, SessionId};
use crate::policy::application::AppNames;
use crate::policy::reference::PolicyRefs;
use crate::rights::{Rights, Scope};
use crate::technology::{HostedKind, Technology};
use crate::time::Timestamp;

/// Sixteen random bytes would do; thirty-two cost nothing. Chosen by the
/// recipient for one accept, so that nothing made earlier fits it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Challenge([u8; 32]);

impl Challenge {
    /// A fresh challenge.
    #[must_use]
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; 32];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// From the bytes on the wire.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes on the wire.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "challenge:")?;
        self.0[..4].iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl Encode for Challenge {
    fn encode(&self) -> Value {
        self.0.encode()
    }
}

impl Decode for Challenge {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        Decode::decode(value).map(Self)
    }
}

/// What the negotiation agreed on. Each side fills it in from what it knows
/// itself, never from the sealed message; a seal opens only where both sides
/// have the same in every field.
///
/// Beside these, `info` binds the thumbprints of the key that signed and of
/// the key that was sealed to, and the expiry: those are taken from the keys
/// and the message themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealContext {
    /// The session.
    pub session: SessionId,
    /// The device that seals: the sharer's.
    pub sender: DeviceId,
    /// The device that opens: the viewer's.
    pub recipient: DeviceId,
    /// The mechanisms in the sender's signed capability record.
    pub sender_kems: KemList,
    /// The mechanisms in the recipient's signed accept.
    pub recipient_kems: KemList,
    /// The policies that both sides decided by.
    pub policies: PolicyRefs,
    /// The technology of the share.
    pub technology: Technology,
    /// How the viewer takes part; only in hosted sessions.
    pub hosted: Option<HostedKind>,
    /// How much is seen.
    pub view: Scope,
    /// How much is controlled.
    pub control: Scope,
    /// Which applications, or windows of which.
    pub applications: AppNames,
    /// What the viewer may do.
    pub rights: Rights,
    /// The recipient's challenge, from its accept.
    pub challenge: Challenge,
}

/// The version of `info`, of the message and of the parameters.
pub(super) const VERSION: u64 = 1;

impl SealContext {
    /// HPKE's `info`: a CBOR map in canonical form. It is no secret.
    #[must_use]
    pub fn info(
        &self,
        sender_key: KeyThumbprint,
        recipient_key: KeyThumbprint,
        expires: Timestamp,
    ) -> Vec<u8> {
        // Without `..`: a new field doesn't compile until it is bound here.
        let Self {
            session,
            sender,
            recipient,
            sender_kems,
            recipient_kems,
            policies,
            technology,
            hosted,
            view,
            control,
            applications,
            rights,
            challenge,
        } = self;
        let map = MapBuilder::new()
            .put(0, &VERSION)
            .put(1, session)
            .put(2, sender)
            .put(3, recipient)
            .put(4, &sender_key)
            .put(5, &recipient_key)
            .put(6, sender_kems)
            .put(7, recipient_kems)
            .put_list(8, policies.as_slice())
            .put(9, technology)
            .put_opt(10, hosted.as_ref())
            .put(11, view)
            .put(12, control)
            .put_list(13, applications.as_slice())
            .put_opt(14, (!rights.is_empty()).then_some(rights))
            .put(15, challenge)
            .put(16, &expires);
        cbor::value_bytes(&map.build())
    }
}
