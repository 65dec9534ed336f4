//! Receipts on their way: our own to everybody, at once in a small room and
//! now and then in one of many; others' when two meet.

use core::time::Duration;
use std::collections::BTreeMap;

use super::peer::Access;
use super::{Effect, News, RoomSync};
use crate::id::DeviceId;
use crate::keys::SigningKey;
use crate::room::log::{Verdict, Witness};
use crate::room::membership::Standing;
use crate::room::message::{MAX_BATCH_BYTES, MAX_RECEIPTS, Part, SyncMessage};
use crate::room::receipt::{Receipt, ReceiptLine};
use crate::signed::{RecordError, Signed, Unverified};
use crate::time::Timestamp;

/// From so many people on, a device's receipts are told rarely.
const RECEIPT_PEOPLE: u64 = 10;

/// The least time between two receipts to everybody in a room of
/// [`RECEIPT_PEOPLE`], in milliseconds.
const RECEIPT_MS: u64 = 5_000;

impl RoomSync {
    /// How long to wait between two receipts that go to everybody, in
    /// milliseconds; 0 in a small room. A receipt has a line an author,
    /// everybody writes one, and each goes to every member: so in a room of
    /// many it must be rarer by the square, or receipts would outweigh what
    /// people say. That a message is held is known sooner, from heads.
    #[must_use]
    pub fn receipt_every_ms(&self) -> u64 {
        let people = self.log.membership().members().count() as u64;
        match people {
            0..RECEIPT_PEOPLE => 0,
            _ => RECEIPT_MS * people.saturating_mul(people) / RECEIPT_PEOPLE.pow(2),
        }
    }

    /// Writes a receipt of what is stored here and read by its person: for
    /// each author device, how many entries were read. `None` if it would say
    /// nothing new.
    ///
    /// # Errors
    /// More authors than a receipt holds: can't happen within
    /// [`crate::room::MAX_DEVICES`].
    pub fn receipt(
        &self,
        key: &SigningKey,
        read: &BTreeMap<DeviceId, u64>,
        now: Timestamp,
    ) -> Result<Option<Signed<Receipt>>, RecordError> {
        let device = self.log.me();
        let before = self.receipts.get(&device).map(Signed::payload);
        let known = before.map(Receipt::by_author).unwrap_or_default();
        let line = |d: &DeviceId| {
            let held = self.stored(d);
            let was = known.get(d).map_or(0, |l| l.read);
            let now = read.get(d).copied().unwrap_or(0);
            ReceiptLine {
                author: *d,
                held,
                read: was.max(now).min(held),
            }
        };
        let lines: Vec<ReceiptLine> = self.stored.keys().map(line).collect();
        if before.is_some_and(|r| r.lines == lines) || lines.is_empty() {
            return Ok(None);
        }
        let receipt = Receipt {
            room: self.log.room(),
            person: self.person,
            device,
            number: before.map_or(1, |r| r.number + 1),
            at: now,
            lines,
        };
        Signed::sign(&receipt, key).map(Some)
    }

    /// Takes in a receipt of our own, made with [`RoomSync::receipt`].
    pub fn set_receipt(&mut self, receipt: Signed<Receipt>) -> Vec<Effect> {
        let mut out = Vec::new();
        let mut batch = self.new_batch();
        batch.receipts.push(receipt);
        self.submit(batch, News::default(), Vec::new(), &mut out);
        out
    }

    /// Sends our own newest receipt to everybody, if it is time; else the
    /// next [`super::Event::Tick`] at which it is does.
    pub(super) fn push_own_receipt(&mut self, now: Timestamp, out: &mut Vec<Effect>) {
        let every = Duration::from_millis(self.receipt_every_ms());
        // A clock that was set back keeps nothing waiting.
        let early = |at: Timestamp| at <= now && now.since(at) < every;
        if self.receipt_sent.is_some_and(early) {
            return;
        }
        let before = out.len();
        self.send_own_receipt(out);
        if out.len() > before {
            self.receipt_sent = Some(now);
        }
    }

    fn send_own_receipt(&mut self, out: &mut Vec<Effect>) {
        let peers: Vec<DeviceId> = self.peers.keys().copied().collect();
        let me = self.log.me();
        for peer in peers {
            self.push_receipts(&peer, |d| *d == me, out);
        }
    }

    /// Sends the receipts that the peer doesn't have, of those devices that
    /// `of` picks.
    pub(super) fn push_receipts(
        &mut self,
        peer: &DeviceId,
        of: impl Fn(&DeviceId) -> bool,
        out: &mut Vec<Effect>,
    ) {
        if self.access(peer) != Access::Full {
            return;
        }
        let room = self.log.room();
        let Some(p) = self.peers.get_mut(peer) else {
            return;
        };
        if p.greeted != Some(Access::Full) {
            return;
        }
        let mut chunk: Vec<Vec<u8>> = Vec::new();
        let mut bytes = 0;
        let mut flush = |chunk: &mut Vec<Vec<u8>>| {
            if !chunk.is_empty() {
                let part = Part::Receipts(core::mem::take(chunk));
                out.push(Effect::Send(*peer, SyncMessage { room, part }));
            }
        };
        for (device, r) in self.receipts.iter().filter(|(d, _)| of(d)) {
            let known = p.receipts.entry(*device).or_default();
            if device == peer || *known >= r.payload().number {
                continue;
            }
            *known = r.payload().number;
            if chunk.len() == MAX_RECEIPTS || bytes + r.bytes().len() > MAX_BATCH_BYTES {
                flush(&mut chunk);
                bytes = 0;
            }
            bytes += r.bytes().len();
            chunk.push(r.bytes().to_vec());
        }
        flush(&mut chunk);
    }

    pub(super) fn on_receipts(
        &mut self,
        peer: &DeviceId,
        receipts: Vec<Vec<u8>>,
        witness: &impl Witness,
        now: Timestamp,
        out: &mut Vec<Effect>,
    ) {
        let mut batch = self.new_batch();
        for bytes in receipts {
            let read = Unverified::<Receipt>::parse(&bytes).and_then(Unverified::verify_claimed);
            let Ok(receipt) = read else {
                self.strike(peer, out);
                continue;
            };
            let r = receipt.payload();
            if DeviceId::from(receipt.signer()) != r.device || r.room != self.log.room() {
                self.strike(peer, out);
                continue;
            }
            if let Some(p) = self.peers.get_mut(peer) {
                let known = p.receipts.entry(r.device).or_default();
                *known = (*known).max(r.number);
            }
            let member = self.log.membership().standing(&r.person) == Standing::Member;
            let at = r.at.min(now);
            let certified = witness.device(&r.person, &r.device, at) == Verdict::Holds;
            let newest = |r: &Receipt| {
                let known = self.receipts.get(&r.device).map(Signed::payload);
                known.is_none_or(|k| k.number < r.number)
            };
            if member && certified && r.device != self.log.me() && newest(r) {
                batch.receipts.push(receipt);
            }
        }
        self.submit(batch, News::default(), Vec::new(), out);
    }
}
