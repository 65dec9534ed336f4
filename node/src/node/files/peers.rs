//! The peers of a file: whom we ask, and who asks us.

use kith_proto::file::{Event, FileMessage, MAX_FILE_MESSAGE};
use kith_proto::id::DeviceId;
use kith_proto::room::membership::Standing;

use super::super::link::LinkId;
use super::super::open::Open;
use super::{Key, OUTBOX, Ours};
use crate::swarm::{Protocol, Stream};

impl Open {
    /// Asks every member's device that is connected.
    pub(super) async fn ask_members(&mut self, key: &Key) {
        let peers: Vec<DeviceId> = self.rooms.links.keys().copied().collect();
        for peer in peers {
            self.ask_for(key, peer).await;
        }
    }

    /// A device is connected: it may have what is on its way here.
    pub(in super::super) async fn files_from(&mut self, peer: DeviceId) {
        let keys: Vec<Key> = self.files.downloads.keys().copied().collect();
        for key in keys {
            self.ask_for(&key, peer).await;
        }
    }

    async fn ask_for(&mut self, key: &Key, peer: DeviceId) {
        let (Some(person), Some(sync)) = (self.in_rooms_of(&peer), self.rooms.rooms.get(&key.0))
        else {
            return;
        };
        if sync.log().membership().standing(&person) != Standing::Member {
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
            && self.files.opening.insert(peer)
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
        if self.in_rooms_of(&peer).is_none() {
            return;
        }
        let link = self.ears.link(stream, MAX_FILE_MESSAGE, OUTBOX);
        let id = link.id;
        self.links.insert(id, link);
        match ours {
            Ours::No => {
                self.files.giving.insert(id, 0);
            }
            Ours::Yes => {
                self.files.opening.remove(&peer);
                if let Some(old) = self.files.asking.insert(peer, id) {
                    self.links.remove(&old);
                }
                self.files_from(peer).await;
            }
        }
    }

    pub(in super::super) async fn file_link_ended(&mut self, link: LinkId, peer: &DeviceId) {
        self.files.giving.remove(&link);
        if self.files.asking.get(peer) == Some(&link) {
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
                if self.files.asking.get(&peer) == Some(&link) =>
            {
                let mut of = self.files.downloads.iter();
                let key = of.find(|(_, a)| a.entry == offer).map(|(k, _)| *k);
                if let Some(key) = key {
                    self.file_event(&key, Event::Message(peer, message)).await;
                }
            }
            _ => Box::pin(self.drop_link(link)).await,
        }
    }
}
