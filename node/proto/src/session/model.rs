//! The model check: two sessions, or one and a liar, walked through all that
//! can happen: messages that are lost, doubled, late and out of order, people
//! who allow and refuse, policies that change, crashes, full disks, deadlines.
//!
//! The machine is the real one; its tokens are toys that remember whether they
//! were come by honestly. Each [`Check`] can be taken out; a test sees that
//! the model check then fails.

mod checks;
mod promises;
mod toy;
mod world;

pub(super) use toy::{Check, Toy};
