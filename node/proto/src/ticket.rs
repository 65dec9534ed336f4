//! Invites (ID-2; spec 03): a one-time, expiring, revocable ticket; the
//! answer to it; the reply to that. Three messages, by network or as files,
//! harmless when repeated (XFER-1).
//!
//! ```text
//! inviter                                   invited
//! Invite::issue ── ticket (text, QR, file) ──▶ read: who, how long
//!        ◀── answer (sealed to the ticket) ── Pending::answer
//! Invite::open, judge, take
//! Invite::accept ── reply (sealed) ──▶ Pending::finish, judge
//! ```
//!
//! Looking at a ticket consumes nothing: a link scanner can't use it up. What
//! uses it up is an answer that proves knowledge of the ticket's secret and
//! is signed by a device that its person's log vouches for. The first such
//! answer holds the ticket; a second one is refused and reported, because
//! then two had the ticket. The inviter still decides; adding is mutual.

mod answer;
mod envelope;
mod evidence;
mod invite;
mod record;
mod reply;

pub use answer::{Answer, Opened, Pending, StoredPending, TicketError};
pub use envelope::{EnvelopeError, MAX_SEALED, envelope_about};
pub use evidence::{Claim, Evidence, MAX_EVIDENCE, MAX_EVIDENCE_PARTS};
pub use invite::{
    Accepted, Believed, Invite, InviteError, Reading, Refusal, State, StateError, StoredInvite,
    Taken,
};
pub use record::{
    Hints, LONGEST, MAX_ADDRESS, MAX_ADDRESSES, MAX_RELAYS, Purpose, Ticket, TicketSecret,
    TicketTextError, from_text, qr_text, read, to_text,
};
pub use reply::{Decision, OpenedReply, Outcome, Reply};

use crate::digest::Digest;
use crate::id::{DeviceId, PersonId};
use crate::keys::SigningKey;
use crate::names::Name;

/// What one side says of itself, on a ticket or in an answer.
#[derive(Debug)]
pub struct Introduction<'a> {
    /// The person.
    pub person: PersonId,
    /// The name to be known by; signed.
    pub name: Name,
    /// Where the device can be reached.
    pub hints: Hints,
    /// The key of the device that signs.
    pub device: &'a SigningKey,
}

/// Somebody met by a ticket: what both sides keep of each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Met {
    /// The person.
    pub person: PersonId,
    /// The device that signed.
    pub device: DeviceId,
    /// The name that they gave themselves. Judge it with
    /// [`crate::names::flags`] before showing it.
    pub name: Name,
    /// Where the device said it can be reached.
    pub hints: Hints,
    /// By which ticket.
    pub ticket: Digest,
}

#[cfg(test)]
mod tests;
