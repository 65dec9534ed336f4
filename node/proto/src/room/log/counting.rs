//! Which entries count, as far as membership goes (MSG-1).

use std::collections::BTreeSet;

use super::Log;
use crate::id::{DeviceId, PersonId};
use crate::room::change::Action;
use crate::room::entry::EntryHeader;
use crate::room::membership::{Allowance, Change, Footing};

impl Log {
    /// With how many changes the log of the device begins.
    pub(super) fn lead(&self, device: &DeviceId) -> u64 {
        self.devices.get(device).map_or(0, |l| l.lead)
    }

    /// Whether the change says that its author agrees to be here, and stands
    /// before all talk of its log: later it can't be an answer.
    fn agrees(&self, c: &Change) -> bool {
        matches!(c.action, Action::Accept | Action::Open { .. })
            && c.footing == Footing::Logged
            && c.pos.seq < self.lead(&c.pos.device)
    }

    /// Whether the person ever said that he agrees to be here, whether or not
    /// that counts.
    pub(super) fn has_agreed(&self, person: &PersonId) -> bool {
        let mut all = self.changes.values();
        all.any(|c| c.person == *person && self.agrees(c))
    }

    /// Everybody who ever said so.
    pub(super) fn all_agreed(&self) -> BTreeSet<PersonId> {
        let all = self.changes.values().filter(|c| self.agrees(c));
        all.map(|c| c.person).collect()
    }

    /// How many entries of the log that an entry belongs to count.
    pub(super) fn counting_of(&self, h: &EntryHeader) -> u64 {
        self.counting(&h.person, &h.device, self.lead(&h.device))
    }

    /// How many entries of the device count, as far as membership goes; of
    /// one whose end isn't known, more than it can ever have. Its log begins
    /// with `lead` changes.
    pub(super) fn counting(&self, person: &PersonId, device: &DeviceId, lead: u64) -> u64 {
        match self.membership.allowance(person, device) {
            Allowance::All => u64::MAX,
            Allowance::Count(n) => n,
            Allowance::Nothing => 0,
            Allowance::Changes => lead,
        }
    }
}
