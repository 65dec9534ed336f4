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
use crate::signed::{RecordError, Signed};
use crate::time::Timestamp;

/// From so many people on, a device's receipts are told rarely.
const RECEIPT_PEOPLE: u64 = 10;

/// The least time between two receipts to everybody in a room of
/// [`RECEIPT_PEOPLE`], in milliseconds.
const RECEIPT_MS: u64 = 5_000;

/// The most messages with receipts in a carried file: those of some 200 people
/// fit, and the file stays small beside what it may be ([`crate::package::MAX_FILE`]).
const MAX_CARRIED: usize = 16;

/// The receipts, in as few messages as they fit in one after the other.
fn in_messages<'a>(receipts: impl Iterator<Item = &'a Signed<Receipt>>) -> Vec<Part> {
    let mut parts = Vec::new();
    let (mut chunk, mut bytes) = (Vec::new(), 0);
    for r in receipts.map(Signed::bytes) {
        if chunk.len() == MAX_RECEIPTS || bytes + r.len() > MAX_BATCH_BYTES {
            parts.push(Part::Receipts(core::mem::take(&mut chunk)));
            bytes = 0;
        }
        bytes += r.len();
        chunk.push(r.to_vec());
    }
    if !chunk.is_empty() {
        parts.push(Part::Receipts(chunk));
    }
    parts
}

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
        let of = self.receipts.iter().filter(|(d, _)| of(d));
        let lacking = of.filter_map(|(device, r)| {
            let known = p.receipts.entry(*device).or_default();
            let lacks = device != peer && *known < r.payload().number;
            lacks.then(|| {
                *known = r.payload().number;
                r
            })
        });
        for part in in_messages(lacking) {
            out.push(Effect::Send(*peer, SyncMessage { room, part }));
        }
    }

    /// The newest receipt of each device.
    pub fn receipts(&self) -> impl Iterator<Item = &Signed<Receipt>> {
        self.receipts.values()
    }

    /// What a carried file tells of who has what (XFER-1): our own receipt,
    /// then the others', as far as they fit in 16 messages.
    #[must_use]
    pub fn carried_receipts(&self) -> Vec<Part> {
        let me = self.log.me();
        let own = self.receipts.get(&me);
        let others = self.receipts().filter(|r| r.payload().device != me);
        let mut parts = in_messages(own.into_iter().chain(others));
        parts.truncate(MAX_CARRIED);
        parts
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
            let here = |r: &Signed<Receipt>| r.payload().room == self.log.room();
            let Some(receipt) = Receipt::verify(&bytes).ok().filter(here) else {
                self.strike(peer, out);
                continue;
            };
            let r = receipt.payload();
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
