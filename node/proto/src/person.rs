//! A person: a signed log of their devices and keys (ID-1, ID-6; spec 01,
//! "The person's log").
//!
//! Each entry carries the whole state and the digest of the one before it.
//! The person's id is the digest of the first, so it survives every change of
//! keys. What an entry may change is judged against the state before it
//! ([`rules`]); what a node holds of somebody is a [`PersonLog`], which only
//! grows by entries that were judged. What a device may do on the strength of
//! it is in [`status`]; the printed sheet that brings a person back after all
//! devices are lost is in [`sheet`].

pub mod entry;
pub mod log;
pub mod rules;
pub mod sheet;
pub mod status;

pub use entry::{Listing, Outgoing, PersonEntry, Reason, Revocation};
pub use log::{Applied, Fork, PersonError, PersonLog};
pub use rules::{Change, RuleError, revoke_all};
pub use status::{Denial, DeviceStatus, Permit, Purpose};

#[cfg(test)]
pub(crate) mod tests;
