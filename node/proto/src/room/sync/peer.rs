//! What is known of a peer, what it may know, and what to ask it for.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use super::{ANSWER_MS, Ack, Effect, MAX_UNSTORED, RoomSync};
use crate::id::{DeviceId, PersonId};
use crate::room::change::RoomKind;
use crate::room::entry::Pos;
use crate::room::log::{BodyState, Head, Outcome, Refusal};
use crate::room::membership::Standing;
use crate::room::message::{
    HeadLine, MAX_BODIES, MAX_RANGE, MAX_RANGES, Part, Range, RefusedCode, Scope, Why,
};
use crate::time::Timestamp;

/// How far back to look for the place where two versions of a log part, in
/// entries, at each try.
const PROBE: u64 = 64;

/// What a peer may learn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Nothing.
    None,
    /// It is invited, or it may be a member that we don't know yet: our
    /// answer to the invitation, and nothing else.
    Answer,
    /// Everything.
    Full,
}

#[derive(Debug)]
pub(super) struct Asked {
    devices: BTreeSet<DeviceId>,
    since: Timestamp,
}

#[derive(Debug)]
pub(super) struct Peer {
    pub(super) person: PersonId,
    /// What it says it has stored.
    pub(super) claims: BTreeMap<DeviceId, Head>,
    /// As what it was told our heads in full.
    pub(super) greeted: Option<Access>,
    told_at: Timestamp,
    pub(super) asked: Option<Asked>,
    /// Logs of which it brought nothing usable, at which generation.
    useless: BTreeMap<DeviceId, u64>,
    /// Logs of which it has another version: from where to look.
    probe: BTreeMap<DeviceId, u64>,
    /// Forks of which it was sent the proof.
    pub(super) proved: BTreeSet<DeviceId>,
    /// The numbers of the receipts that it has.
    pub(super) receipts: BTreeMap<DeviceId, u64>,
    pub(super) strikes: u8,
    /// The invitation that it was sent.
    pub(super) invited_by: Vec<Pos>,
    bodies_asked: BTreeSet<Pos>,
    refused: Option<RefusedCode>,
}

impl Peer {
    pub(super) fn new(person: PersonId, now: Timestamp) -> Self {
        Self {
            person,
            claims: BTreeMap::new(),
            greeted: None,
            told_at: now,
            asked: None,
            useless: BTreeMap::new(),
            probe: BTreeMap::new(),
            proved: BTreeSet::new(),
            receipts: BTreeMap::new(),
            strikes: 0,
            invited_by: Vec::new(),
            bodies_asked: BTreeSet::new(),
            refused: None,
        }
    }

    /// Gives up on an answer that doesn't come.
    pub(super) fn expire(&mut self, now: Timestamp) {
        let patience = Duration::from_millis(ANSWER_MS);
        if self
            .asked
            .as_ref()
            .is_some_and(|a| now.since(a.since) >= patience)
        {
            self.asked = None;
        }
    }

    /// Whether an answer is waited for.
    pub(super) fn waits(&self) -> bool {
        self.asked.is_some()
    }

    /// Has this peer told our heads again at another moment than the others:
    /// each brings what is new since, so that what one has brought the next
    /// need not.
    pub(super) fn spread(&mut self, peer: &DeviceId, every_ms: u64) {
        let part = peer.as_bytes().last().copied().map_or(0, u64::from);
        self.told_at = self
            .told_at
            .before(Duration::from_millis(every_ms * part / 256));
    }

    pub(super) fn heads_due(&mut self, now: Timestamp, every: Duration) -> bool {
        let due = now.since(self.told_at) >= every;
        if due {
            self.told_at = now;
            // What was useless may have come to be useful; and a body that
            // wasn't there may be.
            self.useless.clear();
            self.bodies_asked.clear();
            self.invited_by.clear();
        }
        due
    }
}

impl RoomSync {
    pub(super) fn access(&self, peer: &DeviceId) -> Access {
        let Some(p) = self.peers.get(peer) else {
            return Access::None;
        };
        let m = self.log.membership();
        // One's own devices have everything in common (ID-4).
        if p.person == self.person {
            return Access::Full;
        }
        // Who is out tells members that, and who hasn't answered says nothing.
        match m.standing(&self.person) {
            Standing::Member => {}
            Standing::Left | Standing::Declined | Standing::Removed => {
                return match m.standing(&p.person) {
                    Standing::Member => Access::Answer,
                    _ => Access::None,
                };
            }
            _ => return Access::None,
        }
        match m.standing(&p.person) {
            Standing::Member => Access::Full,
            Standing::Invited => Access::Answer,
            Standing::Stranger if self.is_new_here() => Access::Answer,
            Standing::Stranger if matches!(m.kind(), RoomKind::Organisation(_)) => Access::Answer,
            _ => Access::None,
        }
    }

    /// Whether we came by an invitation and don't have the room's logs yet:
    /// then others may be members though we don't know them.
    fn is_new_here(&self) -> bool {
        self.log.has_invitation_alone()
    }

    /// Tells the peer our heads, as far as it may know them, once.
    pub(super) fn greet(&mut self, peer: &DeviceId, out: &mut Vec<Effect>) {
        let access = self.access(peer);
        let invited = self.standing_of(peer) == Standing::Invited;
        if access == Access::Answer && invited {
            self.fetch_invitation(peer, out);
        }
        let Some(p) = self.peers.get_mut(peer) else {
            return;
        };
        if p.greeted == Some(access) || access == Access::None {
            return;
        }
        p.greeted = Some(access);
        let lines = match access {
            Access::Full => {
                let mut devices: BTreeSet<DeviceId> = self.stored.keys().copied().collect();
                devices.extend(self.receipts.keys());
                devices.iter().map(|d| self.line(d)).collect()
            }
            // MSG-1: to who hasn't accepted, nothing is told.
            _ if invited => Vec::new(),
            _ => self.answer_line().into_iter().collect(),
        };
        let scope = Scope::Full;
        self.send(peer, Part::Heads { scope, lines }, out);
    }

    pub(super) fn greet_all(&mut self, out: &mut Vec<Effect>) {
        let peers: Vec<DeviceId> = self.peers.keys().copied().collect();
        for peer in peers {
            self.greet(&peer, out);
        }
    }

    pub(super) fn refuse(&mut self, peer: &DeviceId, code: RefusedCode, out: &mut Vec<Effect>) {
        let Some(p) = self.peers.get_mut(peer) else {
            return;
        };
        if p.refused != Some(code) {
            p.refused = Some(code);
            self.send(peer, Part::Refused(code), out);
        }
    }

    /// How many of our own entries are an answer to an invitation: the
    /// changes that our log begins with, or all of it if we are out.
    pub(super) fn answer_len(&self) -> u64 {
        let me = self.log.me();
        let stored = self.stored(&me);
        match self.log.membership().standing(&self.person) {
            Standing::Left | Standing::Declined => stored,
            _ => (0..stored)
                .find(|seq| {
                    let pos = Pos {
                        device: me,
                        seq: *seq,
                    };
                    let class = self.log.row(&pos).map(|r| r.kind.class());
                    class != Some(crate::room::kind::Class::Change)
                })
                .unwrap_or(stored),
        }
    }

    fn answer_line(&self) -> Option<HeadLine> {
        let device = self.log.me();
        let len = self.answer_len();
        let row = self.log.row(&Pos {
            device,
            seq: len.checked_sub(1)?,
        })?;
        Some(HeadLine {
            device,
            head: Some(Head { len, last: row.id }),
            receipt: 0,
        })
    }

    pub(super) fn on_heads(
        &mut self,
        peer: &DeviceId,
        scope: Scope,
        lines: Vec<HeadLine>,
        now: Timestamp,
        out: &mut Vec<Effect>,
    ) {
        let invited = self.standing_of(peer) == Standing::Invited;
        let Some(p) = self.peers.get_mut(peer) else {
            return;
        };
        if scope == Scope::Full {
            p.claims.clear();
            p.receipts.clear();
        }
        for line in lines {
            // An invited person has only an answer for us.
            if invited && line.device != *peer {
                continue;
            }
            let before = match line.head {
                Some(head) => p.claims.insert(line.device, head),
                None => p.claims.remove(&line.device),
            };
            if before != line.head {
                p.useless.remove(&line.device);
            }
            let known = p.receipts.entry(line.device).or_default();
            *known = (*known).max(line.receipt);
        }
        self.note_ack(peer);
        self.greet(peer, out);
        if scope == Scope::Full {
            self.push_receipts(peer, |_| true, out);
        }
        self.prove_forks(peer, out);
        self.plan(peer, now, out);
    }

    /// Notes what the peer has of our own log, if it is the same log.
    fn note_ack(&mut self, peer: &DeviceId) {
        let me = self.log.me();
        let Some(p) = self.peers.get(peer) else {
            return;
        };
        let Some(head) = p.claims.get(&me) else {
            return;
        };
        let row = self.log.row(&Pos {
            device: me,
            seq: head.len - 1,
        });
        let known = self.acks.get(peer).map_or(0, |a| a.len);
        if row.is_some_and(|r| r.id == head.last) && head.len > known {
            let ack = Ack {
                person: p.person,
                len: head.len,
            };
            self.acks.insert(*peer, ack);
            self.acks_unstored.insert(*peer);
        }
    }

    pub(super) fn plan_all(&mut self, now: Timestamp, out: &mut Vec<Effect>) {
        let peers: Vec<DeviceId> = self.peers.keys().copied().collect();
        for peer in peers {
            self.plan(&peer, now, out);
        }
    }

    /// Asks the peer for what it has and we lack, unless it is asked already.
    pub(super) fn plan(&mut self, peer: &DeviceId, now: Timestamp, out: &mut Vec<Effect>) {
        if !self.may_ask(peer)
            || self.batches.len() >= MAX_UNSTORED
            || self.access(peer) == Access::None
        {
            return;
        }
        let Some(p) = self.peers.get(peer) else {
            return;
        };
        if p.asked.is_some() {
            return;
        }
        // A log is asked of one peer at a time.
        let taken: BTreeSet<DeviceId> = self
            .peers
            .values()
            .filter_map(|p| p.asked.as_ref())
            .flat_map(|a| a.devices.iter().copied())
            .collect();
        let ranges: Vec<Range> = p
            .claims
            .iter()
            .filter(|(d, _)| !taken.contains(*d))
            .filter(|(d, _)| p.useless.get(*d) != Some(&self.generation))
            .filter_map(|(d, head)| self.lacking(p, d, head))
            .take(MAX_RANGES)
            .collect();
        if ranges.is_empty() {
            self.ask_bodies(peer, out);
            return;
        }
        let devices = ranges.iter().map(|r| r.device).collect();
        if let Some(p) = self.peers.get_mut(peer) {
            p.asked = Some(Asked {
                devices,
                since: now,
            });
        }
        self.send(peer, Part::Want(ranges), out);
    }

    /// Whether to ask the peer for anything: not before the invitation is
    /// accepted (MSG-1). Who is out by the entries that have come so far may
    /// have been taken back by those that follow; who is really out is told
    /// nothing by others, and so asks nothing.
    fn may_ask(&self, peer: &DeviceId) -> bool {
        let own = |p: &Peer| p.person == self.person;
        match self.log.membership().standing(&self.person) {
            Standing::Member | Standing::Left | Standing::Removed => true,
            Standing::Stranger | Standing::Invited | Standing::Declined => {
                self.peers.get(peer).is_some_and(own)
            }
        }
    }

    /// What we lack of one log that the peer says it has.
    fn lacking(&self, p: &Peer, device: &DeviceId, head: &Head) -> Option<Range> {
        let device = *device;
        let probe = p.probe.get(&device).copied();
        let seq = head.len - 1;
        let ours = self.log.row(&Pos { device, seq });
        // By far the commonest case, asked for every log of a room each time
        // that anything comes: nothing is lacking.
        if probe.is_none() && ours.is_some_and(|r| r.id == head.last) {
            return None;
        }
        if self.log.forks().any(|f| f.device == device) {
            return None;
        }
        let have = self.log.next_wanted(&device);
        let len = self.log.len(&device);
        let same = ours.is_none_or(|r| r.id == head.last);
        let (from, to) = match probe {
            Some(from) => (from, head.len.min(len)),
            // Another entry stands where ours does: find where they part.
            None if !same => (head.len.saturating_sub(PROBE), head.len),
            None => (have, head.len),
        };
        let to = to.min(from.saturating_add(MAX_RANGE));
        (from < to).then_some(Range { device, from, to })
    }

    /// Learns from what came: frees the logs that were asked for, and doesn't
    /// ask again for what brought nothing.
    pub(super) fn note_answer(&mut self, peer: &DeviceId, why: Why, got: &[(Pos, Outcome)]) {
        let generation = self.generation;
        let Some(p) = self.peers.get_mut(peer) else {
            return;
        };
        let mut useful: BTreeSet<DeviceId> = BTreeSet::new();
        let mut parted: BTreeMap<DeviceId, u64> = BTreeMap::new();
        for (pos, outcome) in got {
            match outcome {
                Outcome::Accepted | Outcome::Held(_) | Outcome::Fork => {
                    useful.insert(pos.device);
                }
                Outcome::Refused(Refusal::OtherBranch) => {
                    let at = parted.entry(pos.device).or_insert(pos.seq);
                    *at = (*at).min(pos.seq);
                }
                Outcome::Duplicate | Outcome::Refused(_) => {}
            }
        }
        for (device, at) in parted {
            if useful.contains(&device) || at == 0 {
                p.probe.remove(&device);
            } else {
                p.probe.insert(device, at.saturating_sub(PROBE));
                useful.insert(device);
            }
        }
        if why == Why::Pushed {
            return;
        }
        let Some(asked) = p.asked.take() else {
            return;
        };
        // The rest of what was asked for may come with the next question, if
        // this answer was full; if nothing at all was usable, it won't.
        if useful.is_empty() {
            for device in asked.devices {
                p.useless.insert(device, generation);
            }
        } else {
            let seen: BTreeSet<DeviceId> = got.iter().map(|(p, _)| p.device).collect();
            for device in seen.difference(&useful) {
                p.useless.insert(*device, generation);
            }
        }
    }

    /// Asks the peer for bodies whose headers are here.
    fn ask_bodies(&mut self, peer: &DeviceId, out: &mut Vec<Effect>) {
        if self.access(peer) != Access::Full {
            return;
        }
        let wanted = |pos: &Pos| {
            let row = self.log.row(pos)?;
            let missing = row.state == BodyState::Missing;
            let stays = self.log.erasure(&row.id) == crate::room::log::Erasure::None;
            (missing && stays && self.log.shows(pos)).then_some(*pos)
        };
        let Some(p) = self.peers.get(peer) else {
            return;
        };
        let has = |pos: &Pos| p.claims.get(&pos.device).is_some_and(|h| h.len > pos.seq);
        let at: Vec<Pos> = self
            .missing
            .iter()
            .filter(|pos| !p.bodies_asked.contains(*pos) && has(pos))
            .filter_map(wanted)
            .take(MAX_BODIES)
            .collect();
        if at.is_empty() {
            return;
        }
        if let Some(p) = self.peers.get_mut(peer) {
            p.bodies_asked.extend(&at);
        }
        self.send(peer, Part::WantBodies(at), out);
    }
}
