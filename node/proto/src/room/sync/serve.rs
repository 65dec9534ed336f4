//! Answering what peers ask for.

use std::collections::BTreeMap;

use super::peer::Access;
use super::{Effect, News, RoomSync, Ticket};
use crate::id::DeviceId;
use crate::room::body::Toggle;
use crate::room::change::Retention;
use crate::room::clock::Clock;
use crate::room::entry::{BodyHash, EntryIn, Pos};
use crate::room::kind::Class;
use crate::room::log::{BodyState, Erasure};
use crate::room::membership::Standing;
use crate::room::message::{HeadLine, MAX_BATCH, MAX_BATCH_BYTES, Part, Range, Why};
use crate::time::Timestamp;

/// The most questions of one peer that wait for the store; more are dropped,
/// and asked again after a while.
const MAX_FETCHES: usize = 4;

/// About what a header takes in bytes, to plan a batch.
const HEADER: usize = 480;

#[derive(Debug)]
pub(super) enum Purpose {
    Entries(Why),
    Proof,
    Bodies,
    Invitation,
}

#[derive(Debug)]
pub(super) struct Fetch {
    pub(super) peer: DeviceId,
    purpose: Purpose,
}

impl RoomSync {
    fn ticket(&mut self, peer: &DeviceId, purpose: Purpose) -> Option<Ticket> {
        let waiting = self.fetches.values().filter(|f| f.peer == *peer).count();
        if waiting >= MAX_FETCHES {
            return None;
        }
        self.counter += 1;
        let ticket = Ticket(self.counter);
        let peer = *peer;
        self.fetches.insert(ticket, Fetch { peer, purpose });
        Some(ticket)
    }

    pub(super) fn on_want(&mut self, peer: &DeviceId, ranges: &[Range], out: &mut Vec<Effect>) {
        let me = self.log.me();
        let answer = self.answer_len();
        let access = self.access(peer);
        let invited = self.standing_of(peer) == Standing::Invited;
        let limit = |device: &DeviceId| match access {
            Access::Full => self.stored(device),
            Access::Answer if *device == me && !invited => answer,
            _ => 0,
        };
        // In clock order: then what an entry follows goes before it.
        let mut picked: Vec<(Clock, Pos, usize)> = Vec::new();
        for r in ranges {
            for seq in r.from..r.to.min(limit(&r.device)) {
                let device = r.device;
                let pos = Pos { device, seq };
                if let Some(row) = self.log.row(&pos) {
                    picked.push((row.clock, pos, HEADER + row.body_len as usize));
                }
            }
        }
        picked.sort_unstable();
        let mut bytes = 0;
        let fits = |(_, _, weight): &(Clock, Pos, usize)| {
            bytes += weight;
            bytes <= MAX_BATCH_BYTES
        };
        let at: Vec<Pos> = picked
            .into_iter()
            .take(MAX_BATCH)
            .take_while(fits)
            .map(|(_, pos, _)| pos)
            .collect();
        if at.is_empty() {
            let (why, entries) = (Why::Asked, Vec::new());
            self.send(peer, Part::Entries { why, entries }, out);
        } else if let Some(ticket) = self.ticket(peer, Purpose::Entries(Why::Asked)) {
            out.push(Effect::Fetch(ticket, at));
        }
    }

    pub(super) fn on_want_bodies(&mut self, peer: &DeviceId, at: Vec<Pos>, out: &mut Vec<Effect>) {
        if self.access(peer) != Access::Full {
            return;
        }
        let mut bytes = 0;
        let at: Vec<Pos> = at
            .into_iter()
            .filter(|pos| pos.seq < self.stored(&pos.device))
            .take_while(|pos| {
                bytes += self.log.row(pos).map_or(0, |r| r.body_len as usize) + 64;
                bytes <= MAX_BATCH_BYTES
            })
            .collect();
        if at.is_empty() {
            return;
        }
        if let Some(ticket) = self.ticket(peer, Purpose::Bodies) {
            out.push(Effect::Fetch(ticket, at));
        }
    }

    pub(super) fn fetch_invitation(&mut self, peer: &DeviceId, out: &mut Vec<Effect>) {
        let Some(p) = self.peers.get(peer) else {
            return;
        };
        let at = self.log.invitation_of(&p.person);
        // Only what is stored goes out (R10), and once.
        let stored = |pos: &Pos| pos.seq < self.stored(&pos.device);
        if at.is_empty() || at == p.invited_by || !at.iter().all(stored) {
            return;
        }
        if let Some(ticket) = self.ticket(peer, Purpose::Invitation) {
            if let Some(p) = self.peers.get_mut(peer) {
                p.invited_by.clone_from(&at);
            }
            out.push(Effect::Fetch(ticket, at));
        }
    }

    /// Sends the proof of forks to a peer that goes on with a forked log: to a
    /// member, or to somebody who isn't in the book, for whom only what stands
    /// behind a fork had let in can't know otherwise.
    pub(super) fn prove_forks(&mut self, peer: &DeviceId, out: &mut Vec<Effect>) {
        let stranger = self.standing_of(peer) == Standing::Stranger;
        if self.access(peer) != Access::Full && !stranger {
            return;
        }
        let Some(p) = self.peers.get(peer) else {
            return;
        };
        let goes_on = |device: &DeviceId, seq: u64| {
            !p.proved.contains(device) && p.claims.get(device).is_some_and(|h| h.len > seq)
        };
        let forks: Vec<DeviceId> = self
            .log
            .forks()
            .filter(|f| goes_on(&f.device, f.seq))
            .map(|f| f.device)
            .collect();
        for device in forks {
            if let Some(ticket) = self.ticket(peer, Purpose::Proof) {
                if let Some(p) = self.peers.get_mut(peer) {
                    p.proved.insert(device);
                }
                out.push(Effect::FetchEvidence(ticket, device));
            }
        }
    }

    /// What somebody who isn't in the book tells of our logs: a fork may be
    /// known now, or become known.
    pub(super) fn note_stranger(
        &mut self,
        peer: &DeviceId,
        lines: &[HeadLine],
        out: &mut Vec<Effect>,
    ) {
        let stranger = self.standing_of(peer) == Standing::Stranger;
        if let Some(p) = self.peers.get_mut(peer).filter(|_| stranger) {
            let heads = lines.iter().filter_map(|l| Some((l.device, l.head?)));
            p.claims = heads.collect();
            self.prove_forks(peer, out);
        }
    }

    pub(super) fn on_fetched(
        &mut self,
        ticket: Ticket,
        mut entries: Vec<(Pos, EntryIn)>,
        now: Timestamp,
        out: &mut Vec<Effect>,
    ) {
        let Some(Fetch { peer, purpose }) = self.fetches.remove(&ticket) else {
            return;
        };
        // Things may have changed since it asked.
        let access = self.access(&peer);
        if let Purpose::Proof = purpose {
            let entries = entries.into_iter().map(|(_, e)| e).collect();
            let why = Why::Pushed;
            return self.send(&peer, Part::Entries { why, entries }, out);
        }
        for (pos, entry) in &mut entries {
            if !self.gives_body(pos, now) {
                entry.body = None;
            }
        }
        let mut bytes = 0;
        let fits = |(_, e): &(Pos, EntryIn)| {
            bytes += e.header.len() + e.body.as_ref().map_or(0, Vec::len) + 16;
            bytes <= MAX_BATCH_BYTES
        };
        let part = match purpose {
            Purpose::Entries(_) if access == Access::None => return,
            Purpose::Entries(why) => Part::Entries {
                why,
                entries: entries
                    .into_iter()
                    .take_while(fits)
                    .map(|(_, e)| e)
                    .collect(),
            },
            Purpose::Bodies if access == Access::Full => Part::Bodies(
                entries
                    .into_iter()
                    .filter_map(|(pos, e)| e.body.map(|b| (pos, b)))
                    .collect(),
            ),
            Purpose::Invitation if access == Access::Answer => {
                let mut entries = entries.into_iter().map(|(_, e)| e);
                let Some(opening) = entries.next() else {
                    return;
                };
                let invite = entries.next();
                Part::Invitation { opening, invite }
            }
            Purpose::Bodies | Purpose::Invitation | Purpose::Proof => return,
        };
        self.send(&peer, part, out);
    }

    /// Whether the body may be passed on, by network or as a file: not if it
    /// was or must be erased, and not what a removed person said after the cut.
    #[must_use]
    pub fn gives_body(&self, pos: &Pos, now: Timestamp) -> bool {
        let Some(row) = self.log.row(pos) else {
            return false;
        };
        if row.kind.class() != Class::Content {
            return true;
        }
        let m = self.log.membership();
        let over = match (m.retention(), m.hold()) {
            (Retention::For(d), Toggle::Clear) => row.clock.wall.after(d) <= now,
            _ => false,
        };
        row.state == BodyState::Here
            && self.log.shows(pos)
            && self.log.erasure(&row.id) == Erasure::None
            && !over
    }

    pub(super) fn on_bodies(
        &mut self,
        peer: &DeviceId,
        bodies: Vec<(Pos, Vec<u8>)>,
        out: &mut Vec<Effect>,
    ) {
        if self.access(peer) != Access::Full {
            return;
        }
        let mut batch = self.new_batch();
        let mut news = News::default();
        let mut came: BTreeMap<Pos, Vec<u8>> = BTreeMap::new();
        for (pos, body) in bodies {
            let Some(row) = self.log.row(&pos) else {
                continue;
            };
            if row.body != BodyHash::of(&body) {
                self.strike(peer, out);
            } else if self.missing.contains(&pos)
                && self.log.shows(&pos)
                && self.log.erasure(&row.id) == Erasure::None
            {
                came.insert(pos, body);
            }
        }
        for (pos, body) in came {
            if self.log.note_body(&pos) {
                self.missing.remove(&pos);
                news.bodies.push(pos);
                batch.bodies.push((pos, body));
            }
        }
        self.submit(batch, news, Vec::new(), out);
    }
}
