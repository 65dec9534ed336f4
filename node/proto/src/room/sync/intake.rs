//! Taking in what peers bring.

use rand_core::CryptoRng;

use super::{Effect, MAX_UNSTORED, News, RoomSync};
use crate::id::DeviceId;
use crate::room::MAX_EPOCH_STEP;
use crate::room::change::{Action, RoomKind};
use crate::room::entry::{Entry, EntryIn, Pos};
use crate::room::log::{Author, ComposeError, Outcome, Witness};
use crate::room::membership::Standing;
use crate::room::message::{MAX_BATCH, Why};
use crate::time::Timestamp;

impl RoomSync {
    /// Whether our person, who was in this room and is out, is invited into it
    /// anew, by an invitation that they haven't answered. `said` is whether
    /// an admin's device said that they are out (spec 08, "Invitation").
    #[must_use]
    pub fn asks_again(&self, invite: &Entry, said: bool) -> bool {
        let (membership, header) = (self.log.membership(), invite.header());
        let new = !self.log.has_change(&invite.id());
        let asks = match membership.standing(&self.person) {
            // The answer to one that is here already was never written.
            Standing::Invited => true,
            // Of a room that is here, a stranger was let in by what a fork voided.
            Standing::Left | Standing::Declined | Standing::Removed | Standing::Stranger => new,
            // One that follows what we haven't heard: nobody told us that we were
            // removed before it, as we were away. Whoever is in answers only those
            // who may ask, as far as is known here: an answer hangs on what it
            // answers, and if nobody else ever takes that in, nothing of this
            // device's after it.
            Standing::Member => {
                let depth = membership.depth();
                new && membership.is_admin(&header.person)
                    && (said || header.epoch > depth)
                    && header.epoch <= depth.saturating_add(MAX_EPOCH_STEP)
            }
        };
        !matches!(membership.kind(), RoomKind::Pair(_)) && asks
    }

    /// Our person, who was out, answers an invitation. It is believed, so
    /// that the answer can be written, and both are stored together: without
    /// the answer it changes nothing.
    ///
    /// # Errors
    /// See [`ComposeError`]; then nothing has changed.
    pub fn answer_again(
        &mut self,
        author: Author<'_>,
        invite: Entry,
        answer: Action,
        witness: &impl Witness,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<(Pos, Vec<Effect>), ComposeError> {
        let mut log = self.log.clone();
        let new = !log.has_change(&invite.id());
        if new && log.insert_invitation(&invite).is_err() {
            return Err(ComposeError::NotEntitled);
        }
        let answer = log.compose(author, &log.change(answer), now, rng)?;
        let before = core::mem::replace(&mut self.log, log);
        let mut batch = self.new_batch();
        let mut news = News::default();
        let outcome = self.insert(answer.clone(), witness, now, &mut batch, &mut news);
        if outcome != Outcome::Accepted {
            self.log = before;
            return Err(ComposeError::NotEntitled);
        }
        batch.invitation = new.then_some(invite);
        let pos = answer.pos();
        let mut out = Vec::new();
        self.submit(batch, news, vec![answer], &mut out);
        Ok((pos, out))
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
