//! The audit log (UI-4, CASE-1; spec 10): what was asked, decided, granted,
//! refused, started, widened, reduced and ended, on each side for itself.
//!
//! A log is a chain of entries of one device, each linked to the one before by
//! its digest ([`AuditLog`]). A [`SignedHead`](AuditHead) fixes its length:
//! with it, whatever was taken out, put in, moved, changed or cut off is
//! found ([`verify`], [`Verified::against`]). At the end of a share both sides
//! sign one [`EndRecord`], which holds both logs' heads: what either log held
//! until then can't be denied later without the other side noticing.
//!
//! Entries hold numbers, digests, ids, codes, names of applications and the
//! case fields, and places of servers; no type of this module can carry a sharing parameter, a key
//! or a message.

mod code;
mod end;
mod entry;
mod event;
mod export;
mod extent;
mod log;
mod set_up;
mod share;

pub use code::Code;
pub use end::{Completeness, EndError, EndRecord, judge};
pub use entry::{AuditEntry, MAX_ENTRY, MAX_LENGTH, Position};
pub use event::{By, Bys, Event, EventKind, EventKinds, Outcome};
pub use export::{Export, ExportError, MAGIC, MAX_EXPORT, end_records, read_export, write_export};
pub use extent::Extent;
pub use log::{AuditHead, AuditLog, ChainError, HeadError, Verified, Wrong, conflict, verify};
pub use set_up::{AllPresses, Pressed, Presses, Said, Server};
pub use share::{Part, Share};

#[cfg(test)]
mod tests;
