//! Taking in what peers bring.

use super::{Effect, MAX_UNSTORED, News, RoomSync};
use crate::id::DeviceId;
use crate::room::entry::{Entry, EntryIn, Pos};
use crate::room::log::{Outcome, Witness};
use crate::room::message::{MAX_BATCH, Why};
use crate::time::Timestamp;

impl RoomSync {
    /// Our person, who was out, answers an invitation: it is believed, so
    /// that the answer can be written. Until then it changes nothing, and
    /// what members are sent of it says nothing new.
    pub fn invited_again(&mut self, invite: Entry) -> Vec<Effect> {
        let mut out = Vec::new();
        if !self.log.has_change(&invite.id()) && self.log.insert_invitation(&invite).is_ok() {
            let mut batch = self.new_batch();
            batch.invitation = Some(invite);
            let news = News {
                members: true,
                ..News::default()
            };
            self.submit(batch, news, Vec::new(), &mut out);
        }
        out
    }

    pub(super) fn on_entries(
        &mut self,
        peer: &DeviceId,
        why: Why,
        entries: Vec<EntryIn>,
        witness: &impl Witness,
        now: Timestamp,
        out: &mut Vec<Effect>,
    ) {
        debug_assert!(entries.len() <= MAX_BATCH);
        if why == Why::Pushed && self.batches.len() >= MAX_UNSTORED {
            return;
        }
        let mut batch = self.new_batch();
        let mut news = News::default();
        let mut outcomes: Vec<(Pos, Outcome)> = Vec::new();
        for entry in entries {
            match entry.verify() {
                Ok(entry) => {
                    let pos = entry.pos();
                    let outcome = self.insert(entry, witness, now, &mut batch, &mut news);
                    if matches!(outcome, Outcome::Refused(r) if r.is_misbehaviour()) {
                        self.strike(peer, out);
                    }
                    outcomes.push((pos, outcome));
                }
                Err(_) => self.strike(peer, out),
            }
        }
        self.submit(batch, news, Vec::new(), out);
        self.note_answer(peer, why, &outcomes);
        self.plan(peer, now, out);
    }
}
