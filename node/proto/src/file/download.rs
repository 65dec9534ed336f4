//! Fetching a file, from several peers at once, resumed where it stopped.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::message::{FileMessage, MAX_HASHES, Request, Serve, serve};
use super::tree::{ChunkHash, chunk_hash, root};
use crate::id::{DeviceId, RoomId};
use crate::room::body::FileOffer;
use crate::room::entry::EntryId;
use crate::time::Timestamp;

/// The most chunks asked of one peer at a time.
pub const MAX_IN_FLIGHT: usize = 4;
/// The most requests under way with one peer, for all files together: who is
/// asked keeps to it as well.
pub const MAX_ASKED: usize = 8;
/// The most chunks that wait to be written: what a download may hold in
/// memory (8 MiB at the largest chunk size).
pub const MAX_UNWRITTEN: usize = 16;
/// How long an answer may take before its peer counts as gone.
const ANSWER: Duration = Duration::from_secs(30);
/// How long an answer may take before another peer, if there is one, is asked
/// for the same: a peer that was killed looks alive for a while.
const PATIENCE: Duration = Duration::from_secs(3);

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A member that may have the file can be asked.
    Peer(DeviceId),
    /// It no longer can.
    Lost(DeviceId),
    /// It said something about this file.
    Message(DeviceId, FileMessage),
    /// The chunk is on the disk.
    Written(u64),
    /// Some time has passed.
    Tick,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Send this.
    Send(DeviceId, FileMessage),
    /// Keep the list with the file: a resumed download needs it, and others
    /// will ask for it.
    KeepHashes(Vec<ChunkHash>),
    /// Write these bytes there, then say [`Event::Written`].
    Write {
        /// Which chunk.
        index: u64,
        /// Where in the file, in bytes.
        offset: u64,
        /// The bytes; verified.
        data: Vec<u8>,
    },
    /// The peer sent something that isn't of this file; it isn't asked again.
    Blame(DeviceId),
    /// Everything is on the disk and verified.
    Done,
}

#[derive(Debug, Default)]
struct Peer {
    /// Chunks asked for, and when.
    asked: BTreeMap<u64, Timestamp>,
    /// Asked for hashes from there, and when.
    hashes: Option<(u64, Timestamp)>,
    /// When it last said something about this file: what is asked of it for
    /// other files is answered in turn.
    heard: Timestamp,
}

/// A file on its way here.
#[derive(Debug)]
pub struct Download {
    room: RoomId,
    entry: EntryId,
    offer: FileOffer,
    /// The list as far as it has come, from one peer; then verified.
    list: Vec<ChunkHash>,
    list_from: Option<DeviceId>,
    verified: bool,
    written: BTreeSet<u64>,
    writing: BTreeSet<u64>,
    peers: BTreeMap<DeviceId, Peer>,
    blamed: BTreeSet<DeviceId>,
    done: bool,
}

impl Download {
    /// A download that begins.
    #[must_use]
    pub fn new(room: RoomId, entry: EntryId, offer: FileOffer) -> Self {
        Self {
            room,
            entry,
            offer,
            list: Vec::new(),
            list_from: None,
            verified: false,
            written: BTreeSet::new(),
            writing: BTreeSet::new(),
            peers: BTreeMap::new(),
            blamed: BTreeSet::new(),
            done: false,
        }
    }

    /// Goes on where an earlier one stopped: with the list that was kept (it
    /// is verified again) and the chunks that were written.
    #[must_use]
    pub fn resume(mut self, list: Vec<ChunkHash>, written: impl Iterator<Item = u64>) -> Self {
        if list.len() as u64 == self.offer.chunks() && root(&list) == Some(self.offer.hash) {
            self.list = list;
            self.verified = true;
            let chunks = self.offer.chunks();
            self.written = written.filter(|i| *i < chunks).collect();
            self.done = self.is_complete();
        }
        self
    }

    /// How many chunks are on the disk, and how many there are.
    #[must_use]
    pub fn progress(&self) -> (u64, u64) {
        (self.written.len() as u64, self.offer.chunks())
    }

    /// The chunks on the disk: what a resumed download needs to know.
    pub fn written(&self) -> impl Iterator<Item = u64> + '_ {
        self.written.iter().copied()
    }

    /// Whether everything is here.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.verified && self.written.len() as u64 == self.offer.chunks()
    }

    /// Takes in an event.
    pub fn handle(&mut self, event: Event, now: Timestamp) -> Vec<Effect> {
        let mut out = Vec::new();
        match event {
            Event::Peer(peer) if !self.blamed.contains(&peer) => {
                self.peers.entry(peer).or_default();
            }
            Event::Peer(_) => {}
            Event::Lost(peer) => self.lose(&peer),
            Event::Message(peer, message) => {
                if let Some(p) = self.peers.get_mut(&peer) {
                    p.heard = now;
                }
                self.message(&peer, message, &mut out);
            }
            Event::Written(index) => {
                if self.writing.remove(&index) {
                    self.written.insert(index);
                }
            }
            Event::Tick => self.expire(now),
        }
        if self.is_complete() && !self.done {
            self.done = true;
            out.push(Effect::Done);
        }
        self.ask(now, &mut out);
        out
    }

    fn lose(&mut self, peer: &DeviceId) {
        self.peers.remove(peer);
        if self.list_from == Some(*peer) {
            self.list_from = None;
            if !self.verified {
                self.list.clear();
            }
        }
    }

    fn blame(&mut self, peer: &DeviceId, out: &mut Vec<Effect>) {
        self.lose(peer);
        self.blamed.insert(*peer);
        out.push(Effect::Blame(*peer));
    }

    fn message(&mut self, peer: &DeviceId, message: FileMessage, out: &mut Vec<Effect>) {
        match message {
            FileMessage::Hashes {
                offer,
                from,
                hashes,
            } if offer == self.entry => self.on_hashes(peer, from, &hashes, out),
            FileMessage::Chunk { offer, index, data } if offer == self.entry => {
                self.on_chunk(peer, index, data, out);
            }
            FileMessage::Gone { offer, .. } if offer == self.entry => self.lose(peer),
            _ => {}
        }
    }

    fn on_hashes(
        &mut self,
        peer: &DeviceId,
        from: u64,
        hashes: &[ChunkHash],
        out: &mut Vec<Effect>,
    ) {
        let Some(p) = self.peers.get_mut(peer) else {
            return;
        };
        let Some((asked, _)) = p.hashes.take() else {
            return;
        };
        let room = self.offer.chunks() - self.list.len() as u64;
        if asked != from || hashes.len() as u64 > room {
            self.blame(peer, out);
            return;
        }
        self.list.extend_from_slice(hashes);
        if (self.list.len() as u64) < self.offer.chunks() {
            return;
        }
        if root(&self.list) == Some(self.offer.hash) {
            self.verified = true;
            out.push(Effect::KeepHashes(self.list.clone()));
        } else {
            self.list.clear();
            self.blame(peer, out);
        }
    }

    fn on_chunk(&mut self, peer: &DeviceId, index: u64, data: Vec<u8>, out: &mut Vec<Effect>) {
        let asked = self
            .peers
            .get_mut(peer)
            .and_then(|p| p.asked.remove(&index));
        // What wasn't asked for, or came too late, is dropped unread.
        if asked.is_none() || self.has(index) {
            return;
        }
        let Some(Serve::Bytes { offset, len }) = serve(&self.offer, Request::Chunk(index)) else {
            return;
        };
        let expected = usize::try_from(index).ok().and_then(|i| self.list.get(i));
        let right =
            data.len() as u64 == len && expected == Some(&chunk_hash(&self.offer, index, &data));
        if !right {
            self.blame(peer, out);
            return;
        }
        self.writing.insert(index);
        out.push(Effect::Write {
            index,
            offset,
            data,
        });
    }

    fn has(&self, index: u64) -> bool {
        self.written.contains(&index) || self.writing.contains(&index)
    }

    fn expire(&mut self, now: Timestamp) {
        let stuck: Vec<DeviceId> = self
            .peers
            .iter()
            .filter(|(_, p)| {
                let late = |since: &Timestamp| now.since((*since).max(p.heard)) >= ANSWER;
                p.asked.values().any(late) || p.hashes.as_ref().is_some_and(|(_, s)| late(s))
            })
            .map(|(d, _)| *d)
            .collect();
        // The caller offers it again when it next proves alive.
        for peer in stuck {
            self.lose(&peer);
        }
        let slow = self.peers.iter().find(|(_, p)| {
            let since = p.hashes.map(|(_, since)| since);
            since.is_some_and(|s| now.since(s) >= PATIENCE)
        });
        if let Some((peer, _)) = slow
            && self.peers.len() > 1
        {
            let peer = *peer;
            self.lose(&peer);
        }
    }

    fn ask(&mut self, now: Timestamp, out: &mut Vec<Effect>) {
        if self.done {
            return;
        }
        if !self.verified {
            self.ask_hashes(now, out);
            return;
        }
        // What was asked for, and when last; what has waited long is asked of
        // another peer as well.
        let mut asked: BTreeMap<u64, Timestamp> = BTreeMap::new();
        for (index, since) in self.peers.values().flat_map(|p| &p.asked) {
            let latest = asked.entry(*index).or_insert(*since);
            *latest = (*latest).max(*since);
        }
        let room = MAX_UNWRITTEN.saturating_sub(self.writing.len() + asked.len());
        let mut wanted: VecDeque<u64> = (0..self.offer.chunks())
            .filter(|i| !self.has(*i) && !asked.contains_key(i))
            .take(room)
            .collect();
        let late = asked.iter().filter(|(_, s)| now.since(**s) >= PATIENCE);
        wanted.extend(late.map(|(i, _)| *i));
        let (room_id, offer) = (self.room, self.entry);
        for (peer, p) in &mut self.peers {
            while p.asked.len() < MAX_IN_FLIGHT {
                let Some(at) = wanted.iter().position(|i| !p.asked.contains_key(i)) else {
                    break;
                };
                let Some(index) = wanted.remove(at) else {
                    break;
                };
                p.asked.insert(index, now);
                let what = Request::Chunk(index);
                let room = room_id;
                out.push(Effect::Send(*peer, FileMessage::Want { room, offer, what }));
            }
        }
    }

    fn ask_hashes(&mut self, now: Timestamp, out: &mut Vec<Effect>) {
        let from = self.list_from.or_else(|| self.peers.keys().next().copied());
        let Some(peer) = from else {
            return;
        };
        let at = self.list.len() as u64;
        let Some(p) = self.peers.get_mut(&peer) else {
            return;
        };
        if p.hashes.is_some() {
            return;
        }
        p.hashes = Some((at, now));
        self.list_from = Some(peer);
        let what = Request::Hashes {
            from: at,
            count: MAX_HASHES.min(self.offer.chunks() - at),
        };
        let (room, offer) = (self.room, self.entry);
        out.push(Effect::Send(peer, FileMessage::Want { room, offer, what }));
    }
}
