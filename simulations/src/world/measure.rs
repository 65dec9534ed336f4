//! What is seen from outside a world.

use kith_proto::room::body::{Body, Content};
use kith_proto::room::entry::{EntryId, EntryIn, Pos};
use kith_proto::room::kind::KindCode;
use kith_proto::room::membership::Standing;
use kith_proto::room::store::RoomStore as _;

use super::{Ev, SAMPLE_MS, World};

impl World {
    pub(super) fn note(&mut self, node: usize, id: &EntryId, pos: &Pos, kind: u16) {
        let own = self.nodes[node].device() == pos.device;
        let text = kind == KindCode::TEXT.number();
        if own && text {
            self.said.insert(*id, (self.now, node));
        }
        if text
            && self.arrived.entry(*id).or_default().insert(node)
            && !own
            && let Some((said, _)) = self.said.get(id)
        {
            self.latencies.push(self.now - said);
        }
    }

    /// R10: what a node said it has, it has, whatever happened since.
    pub(super) fn check_promises(&mut self, node: usize) {
        let n = &self.nodes[node];
        let Some(sync) = &n.sync else {
            return;
        };
        for (device, (len, last)) in &n.promised {
            let pos = Pos {
                device: *device,
                seq: len - 1,
            };
            if sync.log().row(&pos).map(|r| r.id) != Some(*last) {
                let fault = format!("node {node} lost {len} entries of {device:?}");
                self.counts.faults.push(fault);
            }
        }
    }

    /// The people who should have everything in the end.
    pub fn members(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.nodes.len()).filter(|i| !self.removed.contains(i))
    }

    pub(super) fn sample(&mut self) {
        let members = self.members().count() as u64;
        let missing: u64 = self
            .said
            .iter()
            .filter(|(_, (_, by))| !self.removed.contains(by))
            .map(|(id, _)| {
                let Some(has) = self.arrived.get(id) else {
                    return members;
                };
                let gone = self.removed.iter().filter(|r| has.contains(*r)).count();
                members - (has.len() - gone) as u64
            })
            .sum();
        let seconds = Self::after_start(self.now) as f64 / 1000.0;
        self.samples.push((seconds, missing));
        if missing > 0 {
            self.complete_at = None;
        } else if self.complete_at.is_none() {
            self.complete_at = Some(self.now);
        }
        self.queue.at(self.now + SAMPLE_MS, Ev::Sample);
    }

    /// The texts that a node shows, in order.
    #[must_use]
    pub fn shown(&self, node: usize) -> Vec<String> {
        let n = &self.nodes[node];
        let Some(sync) = &n.sync else {
            return Vec::new();
        };
        let at = sync.log().ordered();
        let entries = n.store.read(&self.room, &at).unwrap_or_default();
        let text = |e: EntryIn| match e.verify().ok()?.body()? {
            Body::Content(Content::Text { text, .. }) => Some(text),
            _ => None,
        };
        entries.into_iter().filter_map(|(_, e)| text(e)).collect()
    }

    /// What a person is, as seen by a node.
    #[must_use]
    pub fn standing(&self, at: usize, of: usize) -> Option<Standing> {
        let sync = self.nodes[at].sync.as_ref()?;
        Some(sync.log().membership().standing(&self.nodes[of].person))
    }
}
