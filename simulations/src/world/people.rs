//! What people and their nodes do by themselves.

use std::collections::BTreeMap;

use super::World;

impl World {
    /// Writes a receipt, now and then.
    pub(super) fn acknowledge(&mut self, node: usize) {
        let now = self.clock(node);
        let n = &mut self.nodes[node];
        let Some(sync) = n.sync.as_mut() else {
            return;
        };
        if self.now < n.receipt_at + sync.receipt_every_ms() {
            return;
        }
        n.receipt_at = self.now;
        if let Ok(Some(receipt)) = sync.receipt(&n.key, &BTreeMap::new(), now) {
            let effects = sync.set_receipt(receipt);
            self.carry_out(node, effects);
        }
    }
}
