//! The peers of a file: whom we ask, and who asks us.

use std::collections::VecDeque;

use kith_proto::file::{Event, FileMessage, MAX_ASKED, MAX_FILE_MESSAGE};
use kith_proto::id::{DeviceId, RoomId};
use kith_proto::room::membership::Standing;

use tokio::time::Instant;

use super::super::link::LinkId;
use super::super::open::Open;
use super::places::Pace;
use super::{AGAIN, Files, Key, Ours};
use crate::swarm::{ConnId, Protocol, Stream};

/// A link on which we ask: for all files together no more than [`MAX_ASKED`]
/// at a time, the rest in turn.
#[derive(Debug)]
pub(super) struct Asking {
    pub(super) link: LinkId,
    /// How many answers are awaited.
    pub(super) under_way: usize,
    /// Since when nothing was heard, while answers are awaited.
    pub(super) heard: Instant,
    waiting: VecDeque<FileMessage>,
}

impl Asking {
    fn new(link: LinkId) -> Self {
        Self {
            link,
            under_way: 0,
            heard: Instant::now(),
            waiting: VecDeque::new(),
        }
    }

    /// To be asked when its turn comes. What waits already doesn't wait twice.
    pub(super) fn queue(&mut self, message: FileMessage) {
        if !self.waiting.contains(&message) {
            self.waiting.push_back(message);
        }
    }

    fn answered(&mut self) {
        self.under_way = self.under_way.saturating_sub(1);
        self.heard = Instant::now();
    }

    /// The next to be asked now, of those that are still `wanted`.
    fn next(&mut self, wanted: impl Fn(&FileMessage) -> bool) -> Option<FileMessage> {
        while self.under_way < MAX_ASKED {
            let message = self.waiting.pop_front()?;
            if wanted(&message) {
                if self.under_way == 0 {
                    self.heard = Instant::now();
                }
                self.under_way += 1;
                return Some(message);
            }
        }
        None
    }
}

impl Files {
    fn asks_on(&self, peer: &DeviceId, link: LinkId) -> bool {
        self.asking.get(peer).is_some_and(|a| a.link == link)
    }

    /// Whether a stream may be opened now; to a fellow only so many at a time
    /// (spec 06), and a peer that ended the last would end the next as well.
    fn may_open(&mut self, peer: DeviceId, conn: ConnId) -> bool {
        self.opened.retain(|_, (_, at)| at.elapsed() < AGAIN);
        if self.opened.get(&peer).is_some_and(|(on, _)| *on == conn) || !self.opening.insert(peer) {
            return false;
        }
        self.opened.insert(peer, (conn, Instant::now()));
        true
    }
}

impl Open {
    /// Asks every member's device that is connected.
    pub(super) async fn ask_members(&mut self, key: &Key) {
        for peer in self.members_there(&key.0) {
            self.ask_for(key, peer).await;
        }
    }

    /// The devices of members that are connected.
    pub(super) fn members_there(&self, room: &RoomId) -> Vec<DeviceId> {
        let all = self.rooms.links.keys().copied();
        all.filter(|d| self.is_of_member(room, d)).collect()
    }

    fn is_of_member(&self, room: &RoomId, device: &DeviceId) -> bool {
        let (person, sync) = (self.in_rooms_of(device), self.rooms.rooms.get(room));
        person
            .zip(sync)
            .is_some_and(|(p, s)| s.log().membership().standing(&p) == Standing::Member)
    }

    /// Asks of a device what may be under way with it now.
    pub(super) async fn ask_next(&mut self, peer: &DeviceId) {
        loop {
            let files = &mut self.files;
            let Some(asking) = files.asking.get_mut(peer) else {
                return;
            };
            let wanted = |m: &FileMessage| {
                let FileMessage::Want { offer, .. } = m else {
                    return false;
                };
                let mut all = files.downloads.values();
                all.any(|a| a.entry == *offer && a.pace != Pace::Resting)
            };
            let Some(message) = asking.next(wanted) else {
                return;
            };
            let link = asking.link;
            self.send(link, message.to_bytes()).await;
        }
    }

    /// A device is connected: it may have what is on its way here.
    pub(in super::super) async fn files_from(&mut self, peer: DeviceId) {
        for key in self.keys_under_way() {
            self.ask_for(&key, peer).await;
        }
    }

    async fn ask_for(&mut self, key: &Key, peer: DeviceId) {
        if !self.is_of_member(&key.0, &peer) {
            return;
        }
        if self.files.asking.contains_key(&peer) {
            return self.file_event(key, Event::Peer(peer)).await;
        }
        let conn = self
            .rooms
            .links
            .get(&peer)
            .and_then(|l| self.links.get(l))
            .map(|l| l.conn);
        if let Some(conn) = conn
            && self.files.may_open(peer, conn)
            && let Ok(protocol) = Protocol::new("file", 1)
        {
            self.open_stream(peer, conn, protocol);
        }
    }

    pub(in super::super) fn file_stream_failed(&mut self, peer: &DeviceId) {
        self.files.opening.remove(peer);
    }

    /// A stream on which we ask (opened here) or are asked.
    pub(in super::super) async fn start_file_link(&mut self, stream: Stream, ours: Ours) {
        let peer = stream.peer();
        if ours == Ours::Yes {
            self.files.opening.remove(&peer);
        }
        if self.in_rooms_of(&peer).is_none() {
            return;
        }
        let link = self.ears.link(stream, MAX_FILE_MESSAGE, MAX_ASKED);
        let id = link.id;
        self.links.insert(id, link);
        match ours {
            Ours::No => {
                self.files.giving.insert(id, 0);
            }
            Ours::Yes => {
                if let Some(old) = self.files.asking.insert(peer, Asking::new(id)) {
                    self.links.remove(&old.link);
                }
                self.files_from(peer).await;
            }
        }
    }

    pub(in super::super) async fn file_link_ended(&mut self, link: LinkId, peer: &DeviceId) {
        self.files.giving.remove(&link);
        if self.files.asks_on(peer, link) {
            self.files.asking.remove(peer);
            let keys: Vec<Key> = self.files.downloads.keys().copied().collect();
            for key in keys {
                self.file_event(&key, Event::Lost(*peer)).await;
            }
        }
    }

    pub(in super::super) async fn handle_file_frame(&mut self, link: LinkId, bytes: &[u8]) {
        let Some(peer) = self.links.get(&link).map(|l| l.peer) else {
            return;
        };
        let Ok(message) = FileMessage::from_bytes(bytes) else {
            return Box::pin(self.drop_link(link)).await;
        };
        match message {
            FileMessage::Want { room, offer, what } if self.files.giving.contains_key(&link) => {
                self.asked_for(link, peer, room, offer, what).await;
            }
            FileMessage::Hashes { offer, .. }
            | FileMessage::Chunk { offer, .. }
            | FileMessage::Gone { offer, .. }
                if self.files.asks_on(&peer, link) =>
            {
                if let Some(asking) = self.files.asking.get_mut(&peer) {
                    asking.answered();
                }
                let mut of = self.files.downloads.iter();
                let key = of.find(|(_, a)| a.entry == offer).map(|(k, _)| *k);
                if let Some(key) = key {
                    self.file_event(&key, Event::Message(peer, message)).await;
                }
                self.ask_next(&peer).await;
            }
            _ => Box::pin(self.drop_link(link)).await,
        }
    }
}
