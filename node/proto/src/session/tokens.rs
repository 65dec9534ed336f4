//! What the machine is generic over, and what it must have done for it.

use core::fmt::{self, Debug};

use ciborium::Value;
use rand_core::CryptoRng;

use super::Reason;
use crate::audit::By;
use crate::cbor::{Decode, DecodeError, Encode};
use crate::id::{DeviceId, PersonId, SessionId};

pub use crate::policy::decide::Side;

/// Names a path from one device to the other within this process: which
/// connection. Both sides agree on one by a [`PathNonce`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathId(pub u64);

/// Sixteen random bytes that name a path to both sides: sent on it by the
/// sharer, echoed on it by the viewer, and first on every stream of the share.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathNonce([u8; 16]);

impl PathNonce {
    /// A fresh nonce.
    #[must_use]
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// From the bytes on the wire.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes on the wire.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl Debug for PathNonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "path:")?;
        self.0[..4].iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl Encode for PathNonce {
    fn encode(&self) -> Value {
        self.0.encode()
    }
}

impl Decode for PathNonce {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        Decode::decode(value).map(Self)
    }
}

/// Which session this is, and with whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Who {
    /// The session.
    pub session: SessionId,
    /// Which of the two we are.
    pub side: Side,
    /// The other person.
    pub person: PersonId,
    /// The other device; as long as several are rung, the first of them.
    pub device: DeviceId,
}

impl Who {
    /// Us, as an audit log calls us.
    #[must_use]
    pub const fn me(&self) -> By {
        match self.side {
            Side::Sharer => By::Sharer,
            Side::Viewer => By::Viewer,
        }
    }

    /// The other side, as an audit log calls it.
    #[must_use]
    pub const fn other(&self) -> By {
        match self.side {
            Side::Sharer => By::Viewer,
            Side::Viewer => By::Sharer,
        }
    }
}

/// What passes through the machine without its looking inside: the real
/// things, or a model's.
pub trait Tokens: Sized + Debug {
    /// What is asked for, offered and agreed on.
    type Terms: Clone + Eq + Debug;
    /// The proof that the own policy allows terms.
    type Decision: Debug;
    /// The proof that the own person does.
    type Consent: Debug;
    /// What the viewer may do: made out of both.
    type Grant: Debug;
    /// The viewer's secret key for this session.
    type Key: Debug;
    /// The viewer's acceptance, with a public key; its signature was checked.
    type Accept: Debug + Clone;
    /// The proof that the session id is fresh and stored durably.
    type Claim: Debug;
    /// Sealed parameters; their signature was checked.
    type Sealed: Debug;
    /// Parameters that were opened and not released.
    type Opened: Debug;
    /// The parameters: a secret.
    type Params: Debug;
    /// How far an audit log goes.
    type Mark: Clone + Debug;
    /// An end record, with one signature or both; the signatures were checked.
    type Record: Clone + Debug;
}

/// The security process of one side, and its keys: decides, grants, seals.
/// Every answer is about now.
pub trait Desk<T: Tokens> {
    /// Asks the own side's policy for exactly these terms (POL-4, POL-5).
    ///
    /// # Errors
    /// Denied, or impossible.
    fn decide(&mut self, who: &Who, terms: &T::Terms) -> Result<T::Decision, Reason>;

    /// Whether a share that goes on under these terms may go on (POL-7).
    ///
    /// # Errors
    /// Not any more.
    fn still(&mut self, who: &Who, terms: &T::Terms) -> Result<(), Reason>;

    /// The person's consent where it need not be asked for: given in advance
    /// (ASK-3), or not demanded (POL-3).
    fn consented(
        &mut self,
        who: &Who,
        terms: &T::Terms,
        decision: &T::Decision,
    ) -> Option<T::Consent>;

    /// Makes the grant out of the two proofs.
    ///
    /// # Errors
    /// They aren't of this session and these terms, or a duty is unmet.
    fn grant(
        &mut self,
        who: &Who,
        terms: &T::Terms,
        decision: T::Decision,
        consent: T::Consent,
    ) -> Result<T::Grant, Reason>;

    /// The grant for less than was granted before.
    ///
    /// # Errors
    /// `to` isn't within `from`.
    fn reduce(&mut self, who: &Who, from: &T::Terms, to: &T::Terms) -> Result<T::Grant, Reason>;

    /// Whether `offered` is no more than `asked`, for the same.
    fn within(&self, offered: &T::Terms, asked: &T::Terms) -> bool;

    /// Whether exactly the same is seen under both: a share that runs never
    /// shows anything else because its viewer asked (ASK-2, POL-7).
    fn same_sight(&self, a: &T::Terms, b: &T::Terms) -> bool;

    /// The same without control; `None` if there is none.
    fn seen_only(&self, terms: &T::Terms) -> Option<T::Terms>;

    /// Viewer: a fresh key, and the acceptance of these terms that brings it.
    ///
    /// # Errors
    /// No mechanism in common.
    fn accept(&mut self, who: &Who, terms: &T::Terms) -> Result<(T::Key, T::Accept), Reason>;

    /// Sharer: makes the parameters, seals a copy to the acceptance's key.
    ///
    /// # Errors
    /// The acceptance isn't of these terms; or sealing fails.
    fn seal(
        &mut self,
        who: &Who,
        terms: &T::Terms,
        accept: T::Accept,
        claim: &T::Claim,
    ) -> Result<(T::Sealed, T::Params), Reason>;

    /// Viewer: opens. The key is gone, whatever comes of it.
    ///
    /// # Errors
    /// It doesn't open under these terms.
    fn open(
        &mut self,
        who: &Who,
        terms: &T::Terms,
        key: T::Key,
        sealed: T::Sealed,
    ) -> Result<T::Opened, Reason>;

    /// Viewer: releases what was opened, against the claim.
    ///
    /// # Errors
    /// The claim is of another session, or it is too late.
    fn release(&mut self, opened: T::Opened, claim: T::Claim) -> Result<T::Params, Reason>;

    /// A fresh nonce for a path.
    fn nonce(&mut self) -> PathNonce;

    /// How far the own audit log goes.
    fn mark(&mut self) -> T::Mark;

    /// Sharer: the end record, signed by us alone. `None` where it can't be
    /// made; the share is over all the same.
    fn record(
        &mut self,
        who: &Who,
        terms: &T::Terms,
        over: (By, Reason),
        viewer_log: Option<T::Mark>,
    ) -> Option<T::Record>;

    /// Viewer: adds our signature, if what the record says is true.
    fn cosign(&mut self, who: &Who, terms: &T::Terms, record: T::Record) -> Option<T::Record>;

    /// Sharer: whether the record that came back is ours with both signatures.
    fn whole(&mut self, who: &Who, record: &T::Record) -> bool;

    /// Takes a check out, to see the model checker find that.
    #[cfg(test)]
    fn skips(&self, _check: super::model::Check) -> bool {
        false
    }
}
