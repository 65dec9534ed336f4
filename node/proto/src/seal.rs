//! Sealed sharing parameters (SEAL-1 to SEAL-3, rule R3; spec 05).
//!
//! What a viewer needs to reach a share (addresses, account, password, a
//! one-time key) travels once, to one device, for one session:
//!
//! 1. the viewer's accept brings a fresh key ([`AcceptKey`]);
//! 2. the sharer [`seal`]s the [`SharingParameters`] to it with HPKE
//!    (RFC 9180, base mode) and signs the result ([`SealedMessage`]);
//! 3. the viewer verifies the signature, then opens: every field of
//!    [`SealContext`] must be the same on both sides;
//! 4. what was opened is released only against a [`Claimed`], the proof that
//!    the session id is stored durably: a replay launches nothing.
//!
//! Plaintext lives only in buffers that are wiped when dropped, and is never
//! printed.

mod context;
mod kem;
mod message;
mod parameters;
mod secret;
mod single_use;
mod wire;

pub use context::{Challenge, SealContext};
pub use kem::{
    Kem, KemKeyError, KemKeyPair, KemList, KemPublicKey, KeyThumbprint, MAX_KEMS, best_common,
};
pub use message::{AcceptKey, LIFETIME, Opened, SealError, SealedMessage, WrongField, seal};
pub use parameters::{
    Endpoint, MAX_ENDPOINTS, ParameterError, Screen, SharingParameters, SizeClass,
};
pub use secret::{OneTimeKey, SecretText, TextError};
pub use single_use::{CLAIM_KEPT, ClaimError, Claimed, MAX_CLAIMS, MemoryUse, SessionUse};

#[cfg(test)]
mod tests;
