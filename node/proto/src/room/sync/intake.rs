//! Taking in what peers bring.

use super::{Effect, MAX_UNSTORED, News, RoomSync};
use crate::id::DeviceId;
use crate::room::entry::{EntryIn, Pos};
use crate::room::log::{Outcome, Witness};
use crate::room::membership::Standing;
use crate::room::message::{MAX_BATCH, Why};
use crate::time::Timestamp;

impl RoomSync {
    pub(super) fn on_invitation(&mut self, invite: Option<EntryIn>, out: &mut Vec<Effect>) {
        // Only for somebody who is out: to members it says nothing new.
        if self.log.membership().standing(&self.person) == Standing::Member {
            return;
        }
        let Some(Ok(invite)) = invite.map(EntryIn::verify) else {
            return;
        };
        if self.log.find(&invite.id()).is_none() && self.log.insert_invitation(&invite).is_ok() {
            let mut batch = self.new_batch();
            batch.invitation = Some(invite);
            let news = News {
                members: true,
                ..News::default()
            };
            self.submit(batch, news, Vec::new(), out);
        }
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
