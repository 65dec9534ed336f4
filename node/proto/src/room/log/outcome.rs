//! What can become of an entry.

use thiserror::Error;

use super::held::HeldWhy;
use crate::id::{DeviceId, PersonId};
use crate::room::clock::Clock;
use crate::room::entry::{Entry, EntryId, Pos};

/// Two entries of the same device with the same number: proof that its key
/// or its data were copied, or that it lies. Nothing from there on counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fork {
    /// The device.
    pub device: DeviceId,
    /// Whose it is.
    pub person: PersonId,
    /// The first number that it used twice.
    pub seq: u64,
    /// The two entries: the one that was here, and the other.
    pub entries: [EntryId; 2],
    /// The earlier clock of the two.
    pub at: Clock,
}

/// Entries that were here and no longer count: from this number on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Voided {
    /// The first that no longer counts.
    pub from: Pos,
}

/// Why an entry is refused for good, as things stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refusal {
    /// Of another room: whoever sent it is at fault.
    #[error("an entry of another room")]
    OtherRoom,
    /// The device belongs to another person here: its author's fault.
    #[error("the device wrote for another person before")]
    OtherPerson,
    /// Follows another entry than the one that is here: there are two
    /// versions of the log. Ask for the entries before it, to find where they
    /// part.
    #[error("it follows another version of its log")]
    OtherBranch,
    /// After the place where the device's log has two versions.
    #[error("the device's log has two versions")]
    Forked,
    /// The clock doesn't run forward along the log: its author's fault.
    #[error("its clock runs backwards")]
    ClockBack,
    /// A change that isn't deeper than its parents, or far too deep.
    #[error("a change with a wrong depth")]
    WrongDepth,
    /// The device was not certified by its person then.
    #[error("the device is not certified by its person")]
    NotCertified,
    /// The person doesn't belong to the organisation.
    #[error("the person does not belong to the organisation")]
    NotInOrganisation,
    /// After the cut: the author was removed, or left.
    #[error("its author no longer belongs to the room")]
    Cut,
    /// The room has no place for more devices or changes.
    #[error("the room is full")]
    Full,
}

impl Refusal {
    /// Whether only a lying or broken sender brings such an entry.
    #[must_use]
    pub fn is_misbehaviour(self) -> bool {
        matches!(self, Self::OtherRoom)
    }
}

/// What became of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is in.
    Accepted,
    /// It was here already.
    Duplicate,
    /// It waits.
    Held(HeldWhy),
    /// It isn't taken.
    Refused(Refusal),
    /// It proves a fork.
    Fork,
}

/// What an insertion changed. The store writes all of it in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Insertion {
    /// What became of the entry itself.
    pub outcome: Outcome,
    /// The entries that are in now: this one, and those that waited for it.
    /// In the order in which they went in.
    pub accepted: Vec<Entry>,
    /// What no longer counts. Its content isn't passed on, nor shown, save
    /// what is in `behind`.
    pub voided: Vec<Voided>,
    /// Of what a fork has voided, what can still be read ([`Log::is_behind`](super::Log::is_behind)).
    pub behind: Vec<Pos>,
    /// What is still here and no longer shown: it stands after a cut.
    pub hidden: Vec<Voided>,
    /// What was here and is shown now: a cut turned out not to count, or its
    /// author was taken back.
    pub revealed: Vec<Pos>,
    /// Forks that were found, with the second version of the entry.
    pub forks: Vec<(Fork, Entry)>,
    /// Whether sort keys of entries that were here have changed.
    pub reordered: bool,
    /// Whether members or settings may have changed.
    pub changed: bool,
}

impl Insertion {
    pub(super) fn new() -> Self {
        Self {
            outcome: Outcome::Duplicate,
            accepted: Vec::new(),
            voided: Vec::new(),
            behind: Vec::new(),
            hidden: Vec::new(),
            revealed: Vec::new(),
            forks: Vec::new(),
            reordered: false,
            changed: false,
        }
    }
}
