//! Bringing two copies of a room to the same state (MSG-3, MSG-4; spec 08,
//! "Sync").
//!
//! Sans-io: [`RoomSync::handle`] takes what happened and says what to do.
//! Nothing is acknowledged before the store has said that it is committed
//! (R10): heads tell only what [`Event::Stored`] has confirmed.
//!
//! Peers are devices that the caller has authenticated. Whoever has an entry
//! may pass it on; entries carry their own proof. A peer that lies can waste
//! a bounded amount of work, and nothing else.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use super::entry::{Entry, Pos};
use super::log::{BodyState, Head, Insertion, Log, Outcome, Voided, Witness};
use super::membership::Standing;
use super::message::{HeadLine, Part, RefusedCode, Scope, SyncMessage, Why};
use super::receipt::Receipt;
use crate::id::{DeviceId, PersonId};
use crate::signed::Signed;
use crate::time::Timestamp;

mod delivery;
mod intake;
mod peer;
mod receipts;
mod serve;
mod step;

pub use delivery::{Delivery, Received};
use peer::{Access, Peer};
use serve::Fetch;
pub use step::{Ack, BatchId, Effect, Event, Evidence, News, StoreBatch, Ticket};

/// The most batches that wait for the store. While so many do, nothing more
/// is asked for, so that a slow disk slows the network and fills no memory.
pub const MAX_UNSTORED: usize = 16;
/// How long an answer may take, in milliseconds, before another peer is asked.
pub const ANSWER_MS: u64 = 20_000;
/// How often heads are told again in full, in milliseconds, in case something
/// went astray; in a room of many devices less often, see
/// [`RoomSync::heads_again_ms`].
pub const HEADS_AGAIN_MS: u64 = 60_000;
/// So many devices tell their heads again every [`HEADS_AGAIN_MS`]; twice as
/// many half as often, and so on.
const HEADS_AGAIN_DEVICES: u64 = 16;
/// However many they are, not less often than every so many times
/// [`HEADS_AGAIN_MS`].
const HEADS_AGAIN_SLOWEST: u64 = 5;
/// So many malformed or forged things, and the peer is sent away.
pub const MAX_STRIKES: u8 = 3;

#[derive(Debug)]
struct Batch {
    news: News,
    heads: BTreeMap<DeviceId, u64>,
    /// Our own new entries, to be pushed.
    own: Vec<Entry>,
    receipts: Vec<Signed<Receipt>>,
}

/// One room, on one device.
#[derive(Debug)]
pub struct RoomSync {
    log: Log,
    person: PersonId,
    stored: BTreeMap<DeviceId, u64>,
    peers: BTreeMap<DeviceId, Peer>,
    batches: BTreeMap<BatchId, Batch>,
    fetches: BTreeMap<Ticket, Fetch>,
    counter: u64,
    receipts: BTreeMap<DeviceId, Signed<Receipt>>,
    /// When our own was last sent to everybody.
    receipt_sent: Option<Timestamp>,
    acks: BTreeMap<DeviceId, Ack>,
    acks_unstored: BTreeSet<DeviceId>,
    missing: BTreeSet<Pos>,
    /// Counts changes of membership and records: what was refused before may
    /// be taken after.
    generation: u64,
}

impl RoomSync {
    /// From a log of which everything is stored, with what the store has of
    /// receipts and acknowledgements.
    #[must_use]
    pub fn new(
        log: Log,
        person: PersonId,
        receipts: impl Iterator<Item = Signed<Receipt>>,
        acks: impl Iterator<Item = (DeviceId, Ack)>,
    ) -> Self {
        let stored = log.heads().iter().map(|(d, h)| (*d, h.len)).collect();
        let missing = log
            .rows()
            .filter(|(_, r)| r.state == BodyState::Missing)
            .map(|(p, _)| p)
            .collect();
        Self {
            log,
            person,
            stored,
            peers: BTreeMap::new(),
            batches: BTreeMap::new(),
            fetches: BTreeMap::new(),
            counter: 0,
            receipts: receipts.map(|r| (r.payload().device, r)).collect(),
            receipt_sent: None,
            acks: acks.collect(),
            acks_unstored: BTreeSet::new(),
            missing,
            generation: 0,
        }
    }

    /// The log. What isn't stored yet is in it too.
    #[must_use]
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// The log, to note erasures in.
    pub fn log_mut(&mut self) -> &mut Log {
        &mut self.log
    }

    /// How many entries of the device are committed.
    #[must_use]
    pub fn stored(&self, device: &DeviceId) -> u64 {
        let n = self.stored.get(device).copied().unwrap_or(0);
        n.min(self.log.len(device))
    }

    /// Up to where a device's person has read each author's log, as that
    /// device's newest receipt says.
    #[must_use]
    pub fn read_by(&self, device: &DeviceId) -> BTreeMap<DeviceId, u64> {
        let receipt = self.receipts.get(device).map(Signed::payload);
        let lines = receipt.map(Receipt::by_author).unwrap_or_default();
        lines
            .into_iter()
            .map(|(author, line)| (author, line.read))
            .collect()
    }

    /// Whether nothing waits for the store, and nobody is asked for anything.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.batches.is_empty()
            && self.fetches.is_empty()
            && self.peers.values().all(|p| p.asked.is_none())
    }

    /// Takes in an entry of our own, made with [`Log::compose`].
    pub fn append(&mut self, entry: Entry, witness: &impl Witness, now: Timestamp) -> Vec<Effect> {
        let mut out = Vec::new();
        let mut batch = self.new_batch();
        let mut news = News::default();
        let outcome = self.insert(entry.clone(), witness, now, &mut batch, &mut news);
        let own = match outcome {
            Outcome::Accepted => vec![entry],
            _ => Vec::new(),
        };
        self.submit(batch, news, own, &mut out);
        out
    }

    /// Takes in an event. `now` is wall time.
    pub fn handle(&mut self, event: Event, witness: &impl Witness, now: Timestamp) -> Vec<Effect> {
        let mut out = Vec::new();
        match event {
            Event::Connected { peer, person } => {
                if peer != self.log.me() {
                    let every = self.heads_again_ms();
                    let mut new = Peer::new(person, now);
                    new.spread(&peer, every);
                    self.peers.insert(peer, new);
                    self.greet(&peer, &mut out);
                }
            }
            Event::Disconnected(peer) => {
                self.peers.remove(&peer);
                self.fetches.retain(|_, f| f.peer != peer);
                self.plan_all(now, &mut out);
            }
            Event::Message(peer, part) => {
                if self.peers.contains_key(&peer) {
                    self.message(&peer, part, witness, now, &mut out);
                }
            }
            Event::Stored(id) => self.on_stored(id, now, &mut out),
            Event::Fetched(ticket, entries) => self.on_fetched(ticket, entries, now, &mut out),
            Event::WitnessChanged => self.on_witness(witness, now, &mut out),
            Event::Tick => self.tick(now, &mut out),
        }
        out
    }

    fn message(
        &mut self,
        peer: &DeviceId,
        part: Part,
        witness: &impl Witness,
        now: Timestamp,
        out: &mut Vec<Effect>,
    ) {
        let access = self.access(peer);
        match part {
            // For the host: our person is asked (MSG-1).
            Part::Invitation { .. } => {}
            Part::Refused(code) => out.push(Effect::RefusedBy(*peer, code)),
            _ if access == Access::None => {
                if let Part::Heads { lines, .. } = &part {
                    self.note_stranger(peer, lines, out);
                }
                let code = match self.standing_of(peer) {
                    Standing::Removed | Standing::Left => RefusedCode::Gone,
                    _ => RefusedCode::NotMember,
                };
                self.refuse(peer, code, out);
            }
            Part::Heads { scope, lines } => self.on_heads(peer, scope, lines, now, out),
            Part::Want(ranges) => self.on_want(peer, &ranges, out),
            Part::Entries { why, entries } => {
                self.on_entries(peer, why, entries, witness, now, out);
            }
            Part::WantBodies(at) => self.on_want_bodies(peer, at, out),
            Part::Bodies(bodies) => self.on_bodies(peer, bodies, out),
            Part::Receipts(receipts) => self.on_receipts(peer, receipts, witness, now, out),
        }
    }

    fn standing_of(&self, peer: &DeviceId) -> Standing {
        match self.peers.get(peer) {
            Some(p) => self.log.membership().standing(&p.person),
            None => Standing::Stranger,
        }
    }

    fn send(&self, peer: &DeviceId, part: Part, out: &mut Vec<Effect>) {
        let room = self.log.room();
        out.push(Effect::Send(*peer, SyncMessage { room, part }));
    }

    fn strike(&mut self, peer: &DeviceId, out: &mut Vec<Effect>) {
        if let Some(p) = self.peers.get_mut(peer) {
            p.strikes = p.strikes.saturating_add(1);
            if p.strikes == MAX_STRIKES {
                out.push(Effect::Disconnect(*peer));
            }
        }
    }

    fn new_batch(&mut self) -> StoreBatch {
        self.counter += 1;
        StoreBatch::new(BatchId(self.counter))
    }

    /// Puts an entry into the log, and what followed into the batch.
    fn insert(
        &mut self,
        entry: Entry,
        witness: &impl Witness,
        now: Timestamp,
        batch: &mut StoreBatch,
        news: &mut News,
    ) -> Outcome {
        let insertion = self.log.insert(entry, witness, now);
        let outcome = insertion.outcome;
        if outcome == Outcome::Held(super::log::HeldWhy::Parents) {
            // What was refused before may be needed now.
            self.generation += 1;
        }
        self.absorb(insertion, batch, news);
        outcome
    }

    fn absorb(&mut self, insertion: Insertion, batch: &mut StoreBatch, news: &mut News) {
        let gone = |voided: &[Voided], p: &Pos| {
            let hits = |v: &Voided| v.from.device == p.device && v.from.seq <= p.seq;
            voided.iter().any(hits)
        };
        for v in &insertion.voided {
            let n = self.stored.entry(v.from.device).or_default();
            *n = (*n).min(v.from.seq);
        }
        for (fork, second) in insertion.forks {
            let first = batch.entries.iter().find(|e| e.id() == fork.entries[0]);
            batch.forks.push(Evidence {
                first: first.cloned().map(Entry::without_body),
                fork,
                second,
            });
        }
        for pos in insertion.behind {
            // What came within this batch, nobody has seen.
            match batch.entries.iter().any(|e| e.pos() == pos) {
                true => self.log.forget_behind(&pos),
                false => batch.behind.push(pos),
            }
        }
        news.behind.extend(&batch.behind);
        news.forks.extend(batch.forks.iter().map(|f| f.fork.device));
        batch.entries.retain(|e| !gone(&insertion.voided, &e.pos()));
        news.entries.retain(|p| !gone(&insertion.voided, p));
        self.missing.retain(|p| !gone(&insertion.voided, p));
        for e in &insertion.accepted {
            if e.body_bytes().is_none() {
                self.missing.insert(e.pos());
            }
            news.entries.push(e.pos());
        }
        batch.voided.extend(&insertion.voided);
        news.voided.extend(&insertion.voided);
        news.voided.extend(&insertion.hidden);
        if !insertion.revealed.is_empty() {
            let told: BTreeSet<Pos> = news.entries.iter().copied().collect();
            let new = |pos: &Pos| !told.contains(pos);
            let revealed: BTreeSet<Pos> = insertion.revealed.into_iter().filter(new).collect();
            news.entries.extend(revealed);
        }
        news.entries.retain(|p| self.log.shows(p));
        batch.entries.extend(insertion.accepted);
        news.reordered |= insertion.reordered;
        news.members |= insertion.changed;
        if insertion.changed {
            self.generation += 1;
        }
    }

    /// Gives the batch to the store, with the acknowledgements that wait.
    fn submit(
        &mut self,
        mut batch: StoreBatch,
        news: News,
        own: Vec<Entry>,
        out: &mut Vec<Effect>,
    ) {
        if batch.is_empty() && self.acks_unstored.is_empty() {
            return;
        }
        for device in core::mem::take(&mut self.acks_unstored) {
            if let Some(ack) = self.acks.get(&device) {
                batch.acks.push((device, *ack));
            }
        }
        let mut heads = BTreeMap::new();
        for e in &batch.entries {
            let p = e.pos();
            let n: &mut u64 = heads.entry(p.device).or_default();
            *n = (*n).max(p.seq + 1);
        }
        self.batches.insert(
            batch.id,
            Batch {
                news,
                heads,
                own,
                receipts: batch.receipts.clone(),
            },
        );
        out.push(Effect::Store(batch));
    }

    fn on_stored(&mut self, id: BatchId, now: Timestamp, out: &mut Vec<Effect>) {
        let Some(batch) = self.batches.remove(&id) else {
            return;
        };
        for (device, len) in &batch.heads {
            let n = self.stored.entry(*device).or_default();
            *n = (*n).max(*len).min(self.log.len(device));
        }
        let mut lines: BTreeSet<DeviceId> = batch.heads.keys().copied().collect();
        lines.extend(batch.news.voided.iter().map(|v| v.from.device));
        for receipt in batch.receipts {
            self.receipts.insert(receipt.payload().device, receipt);
        }
        let members = batch.news.members;
        if batch.news != News::default() {
            out.push(Effect::News(batch.news));
        }
        self.push_own(&batch.own, out);
        if members {
            self.greet_all(out);
        }
        self.announce(&lines, out);
        self.push_own_receipt(now, out);
        if self.log.forks().next().is_some() {
            let peers: Vec<DeviceId> = self.peers.keys().copied().collect();
            for peer in peers {
                self.prove_forks(&peer, out);
            }
        }
        self.plan_all(now, out);
    }

    /// Tells all peers that may know it what is stored of these logs.
    fn announce(&self, devices: &BTreeSet<DeviceId>, out: &mut Vec<Effect>) {
        let lines: Vec<HeadLine> = devices.iter().map(|d| self.line(d)).collect();
        if lines.is_empty() {
            return;
        }
        for (peer, p) in &self.peers {
            if p.greeted == Some(Access::Full) && self.access(peer) == Access::Full {
                let part = Part::Heads {
                    scope: Scope::Changed,
                    lines: lines.clone(),
                };
                self.send(peer, part, out);
            }
        }
    }

    fn line(&self, device: &DeviceId) -> HeadLine {
        let len = self.stored(device);
        let last = len.checked_sub(1).and_then(|seq| {
            let device = *device;
            self.log.row(&Pos { device, seq })
        });
        HeadLine {
            device: *device,
            head: last.map(|row| Head { len, last: row.id }),
            receipt: self.receipts.get(device).map_or(0, |r| r.payload().number),
        }
    }

    /// Sends our new entries to those who have all before them.
    fn push_own(&self, own: &[Entry], out: &mut Vec<Effect>) {
        let Some(first) = own.first().map(Entry::pos) else {
            return;
        };
        for (peer, p) in &self.peers {
            let has = p.claims.get(&first.device).map_or(0, |h| h.len);
            if has == first.seq && self.access(peer) == Access::Full && p.greeted.is_some() {
                let entries = own.iter().map(Entry::to_wire).collect();
                let why = Why::Pushed;
                self.send(peer, Part::Entries { why, entries }, out);
            }
        }
    }

    fn on_witness(&mut self, witness: &impl Witness, now: Timestamp, out: &mut Vec<Effect>) {
        let mut batch = self.new_batch();
        let mut news = News::default();
        let retried = self.log.retry(witness, now);
        self.absorb(retried, &mut batch, &mut news);
        let certified = self.log.recertify(witness, now);
        self.absorb(certified, &mut batch, &mut news);
        self.generation += 1;
        self.submit(batch, news, Vec::new(), out);
        self.plan_all(now, out);
    }

    /// Whether an answer is waited for, that is, whether [`Event::Tick`] is
    /// wanted before [`ANSWER_MS`] are over. Otherwise it is enough when it
    /// comes twice in [`HEADS_AGAIN_MS`].
    #[must_use]
    pub fn waits(&self) -> bool {
        self.peers.values().any(Peer::waits)
    }

    /// How often heads are told again in full, in milliseconds. They have a
    /// line a device and go to every peer, and bring the receipts that the
    /// other has heard of since: in a room of many they must be rarer.
    #[must_use]
    pub fn heads_again_ms(&self) -> u64 {
        let devices = self.stored.len() as u64;
        HEADS_AGAIN_MS * (devices / HEADS_AGAIN_DEVICES).clamp(1, HEADS_AGAIN_SLOWEST)
    }

    fn tick(&mut self, now: Timestamp, out: &mut Vec<Effect>) {
        let every = Duration::from_millis(self.heads_again_ms());
        let batch = self.new_batch();
        self.submit(batch, News::default(), Vec::new(), out);
        let peers: Vec<DeviceId> = self.peers.keys().copied().collect();
        for peer in &peers {
            let Some(p) = self.peers.get_mut(peer) else {
                continue;
            };
            p.expire(now);
            if p.heads_due(now, every) {
                p.greeted = None;
                self.greet(peer, out);
            }
        }
        self.push_own_receipt(now, out);
        self.plan_all(now, out);
    }
}

#[cfg(test)]
mod tests;
