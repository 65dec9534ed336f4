//! The session: everything between "I would like to show you this" and the
//! first pixel, and the one way out (ASK, SEAL, POL-4 to POL-7; spec 09).
//!
//! [`Session`] is one share as one of the two sides sees it. It does nothing
//! itself: [`Session::handle`] takes what happened and gives back what is to
//! be done ([`Effect`]). Each state is a type of its own, consumed by the step
//! that leaves it; a share is launched from a [`Ready`] alone, and that is
//! made in one place on each side, out of proofs:
//!
//! | proof | made by | says |
//! |---|---|---|
//! | decision | [`Desk::decide`] | the own side's policy allows exactly these terms |
//! | consent | a person, or [`Desk::consented`] | the own side's person does too |
//! | grant | [`Desk::grant`], out of these two | what the viewer may do |
//! | claim | the store | the session id was never used before |
//! | echo | the other side | this path leads to that device, now |
//!
//! The machine is generic over these ([`Tokens`]), so that a model checker can
//! walk through all that two of them can do (`model`), with lost, doubled and
//! late messages, crashes, and a peer who lies.
//!
//! ```text
//! viewer:  Asking ──offer──┐
//!          Ringing ─person─┴→ Claiming ──→ Accepted ──sealed──→ Confirming ──→ Echoed ─→ Running → Ending → Ended
//! sharer:  Ringing ─person─┬→ Offered ──accept──→ Sealing ───→ Nominated ──echo──────────→ Running → Ending → Ended
//!          (invites) ──────┘
//! ```

mod accept;
mod effect;
mod kept;
mod leave;
mod machine;
mod message;
mod office;
mod reason;
mod running;
mod sharer;
mod speech;
mod state;
mod terms;
mod tokens;
mod viewer;

pub use accept::Accept;
pub use effect::{Effect, Event, Fact, Ran, Received, Told};
pub use kept::Kept;
pub use machine::{Session, recover};
pub use message::{MAX_MESSAGE, Message};
pub use office::{Course, Key, Noted, Office, Prepared, Real};
pub use reason::Reason;
pub use speech::Unheard;
pub use state::{Phase, Ready};
pub use terms::Terms;
pub use tokens::{Desk, PathId, PathNonce, Side, Tokens, Who};

use core::time::Duration;

/// How long a person may think about a request or invitation: two minutes.
/// After that it counts as not answered, never as accepted (ASK-2).
pub const RING: Duration = Duration::from_secs(120);

/// How long a machine may take for one step between two machines: 20 s, more
/// than a cold connection through a relay needs.
pub const STEP: Duration = Duration::from_secs(20);

/// How long a person may think about a request for more: one minute, because
/// the share goes on meanwhile and what is seen may change.
pub const RING_MORE: Duration = Duration::from_secs(60);

/// How long both sides try to sign the end record together: 10 s. What was to
/// be destroyed is destroyed before.
pub const SIGN: Duration = Duration::from_secs(10);

/// How long after the start whoever crashed waits for the other device, to sign
/// the end with it: ten minutes. That one has given up the connection, and the
/// share with it, long before.
pub const MEET_AGAIN: Duration = Duration::from_secs(600);

/// How long a share waits for another path when its own is lost (SHARE-4).
pub const RESUME: Duration = Duration::from_secs(60);

/// The longest share: twelve hours. Nobody remembers longer that they are
/// seen; it can be begun anew.
pub const LONGEST: Duration = Duration::from_secs(12 * 3600);

/// The most devices of one person that are rung for one session.
pub const MAX_RUNG: usize = 16;

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;
