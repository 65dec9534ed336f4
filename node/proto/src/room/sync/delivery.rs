//! Where a message is, truly (MSG-3).

use std::collections::{BTreeMap, BTreeSet};

use super::RoomSync;
use crate::id::{DeviceId, PersonId};
use crate::room::entry::Pos;
use crate::room::membership::Standing;

/// How far a message has come with one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Received {
    /// No device of the person is known to have it.
    Waiting,
    /// A device of the person has stored it.
    Delivered,
    /// The person has read it.
    Read,
}

/// The true state of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Devices of others that hold it, as proved by their own heads or
    /// receipts. Empty: it is queued here.
    pub held_by: BTreeSet<DeviceId>,
    /// Each other member of the room.
    pub people: BTreeMap<PersonId, Received>,
}

impl Delivery {
    /// Whether only this device has it.
    #[must_use]
    pub fn is_queued(&self) -> bool {
        self.held_by.is_empty()
    }

    /// The least that holds for every other member; [`Received::Read`] if
    /// there is none.
    #[must_use]
    pub fn everybody(&self) -> Received {
        self.people
            .values()
            .copied()
            .min()
            .unwrap_or(Received::Read)
    }
}

impl RoomSync {
    /// Where the entry at `pos` is.
    #[must_use]
    pub fn delivery(&self, pos: &Pos) -> Delivery {
        let me = self.log.me();
        let author = self.log.person_of(&pos.device).unwrap_or(self.person);
        let members = self.log.membership().members();
        let others = members.filter(|p| **p != self.person && **p != author);
        let mut d = Delivery {
            held_by: BTreeSet::new(),
            people: others.map(|p| (*p, Received::Waiting)).collect(),
        };
        let mut note = |device: &DeviceId, person: &PersonId, how: Received| {
            if *device != me && *device != pos.device {
                d.held_by.insert(*device);
            }
            if let Some(state) = d.people.get_mut(person) {
                *state = (*state).max(how);
            }
        };
        if pos.device == me {
            for (device, ack) in self.acks.iter().filter(|(_, a)| a.len > pos.seq) {
                note(device, &ack.person, Received::Delivered);
            }
        }
        let row = self.log.row(pos).map(|r| r.id);
        for (device, p) in &self.peers {
            let Some(head) = p.claims.get(&pos.device).filter(|h| h.len > pos.seq) else {
                continue;
            };
            // A claim counts only for the log that is here too.
            let last = self.log.row(&Pos {
                device: pos.device,
                seq: head.len - 1,
            });
            if row.is_some() && last.is_some_and(|r| r.id == head.last) {
                note(device, &p.person, Received::Delivered);
            }
        }
        // A receipt names no entry: behind a fork it may mean the other version.
        let receipts = self.receipts.values().filter(|_| row.is_some());
        for receipt in receipts.map(crate::signed::Signed::payload) {
            let Some(line) = receipt.lines.iter().find(|l| l.author == pos.device) else {
                continue;
            };
            if line.read > pos.seq {
                note(&receipt.device, &receipt.person, Received::Read);
            } else if line.held > pos.seq {
                note(&receipt.device, &receipt.person, Received::Delivered);
            }
        }
        d.people
            .retain(|p, _| self.log.membership().standing(p) == Standing::Member);
        d
    }
}
