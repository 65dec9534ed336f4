//! What people and their nodes do by themselves.

use std::collections::BTreeMap;

use kith_proto::room::change::{Action, Role};

use super::{Ev, World};

/// The least time between two receipts that a node writes, in milliseconds;
/// when they go out is the sync's own business.
const RECEIPT_MS: u64 = 5_000;

impl World {
    /// Writes a receipt, now and then.
    pub(super) fn acknowledge(&mut self, node: usize) {
        let now = self.clock(node);
        let n = &mut self.nodes[node];
        let Some(sync) = n.sync.as_mut() else {
            return;
        };
        if self.now < n.receipt_at + RECEIPT_MS {
            return;
        }
        n.receipt_at = self.now;
        if let Ok(Some(receipt)) = sync.receipt(&n.key, &BTreeMap::new(), now) {
            let effects = sync.set_receipt(receipt);
            self.carry_out(node, effects);
        }
    }

    pub(super) fn counted_from_last(&self, n: usize) -> usize {
        self.nodes.len().saturating_sub(1 + n)
    }

    pub(super) fn promote(&mut self, who: usize, by: usize) {
        if self.nodes[by].sync.is_none() {
            // Off; later.
            self.queue.at(self.now + 1000, Ev::Promote { who, by });
            return;
        }
        let person = self.nodes[who].person;
        let role = Role::Admin;
        self.change(by, Action::Add { person, role });
    }

    pub(super) fn remove(&mut self, who: usize, by: usize, outweighed: bool) {
        let person = self.nodes[who].person;
        let Some(sync) = &self.nodes[by].sync else {
            let again = Ev::Remove {
                who,
                by,
                outweighed,
            };
            self.queue.at(self.now + 1000, again);
            return;
        };
        let cut = sync.log().cut_of(&person);
        let reason = String::new();
        let action = Action::Remove {
            person,
            cut,
            reason,
        };
        if !sync.log().membership().may(&self.nodes[by].person, &action) {
            let fault = format!("{by} may not remove {who}: the scenario tests nothing");
            self.counts.faults.push(fault);
        }
        self.change(by, action);
        if !outweighed {
            self.removed.insert(who);
        }
    }

    pub(super) fn take_back(&mut self, who: usize) {
        let person = self.nodes[who].person;
        let role = Role::Member;
        self.change(0, Action::Add { person, role });
        self.removed.remove(&who);
    }
}
