//! Being out of a room, as far as it is only said: the log that shows it
//! isn't given to whoever is out (spec 08, "Leaving").

use kith_proto::id::{DeviceId, RoomId};
use kith_proto::room::membership::Standing;
use kith_proto::room::message::{Part, RefusedCode, SyncMessage};

use super::open::Open;
use crate::store::own;

/// Under which name [`super::rooms::Rooms::gone`] is kept.
pub(super) const GONE: &str = "rooms-gone";

impl Open {
    /// Tells those who were removed that they were (spec 08, "Refused").
    pub(super) async fn tell_removed(&mut self, room: &RoomId) {
        let Some(sync) = self.rooms.rooms.get(room) else {
            return;
        };
        let membership = sync.log().membership();
        let gone: Vec<DeviceId> = self
            .rooms
            .links
            .keys()
            .filter(|d| {
                let person = self.in_rooms_of(d);
                person.is_some_and(|p| membership.standing(&p) == Standing::Removed)
            })
            .copied()
            .collect();
        for peer in gone {
            let part = Part::Refused(RefusedCode::Gone);
            Box::pin(self.room_send(&peer, &SyncMessage { room: *room, part })).await;
        }
    }

    pub(super) async fn told_gone(&mut self, room: &RoomId, peer: &DeviceId, code: RefusedCode) {
        let Some(person) = self.in_rooms_of(peer) else {
            return;
        };
        let Some(sync) = self.rooms.rooms.get(room) else {
            return;
        };
        if code == RefusedCode::Gone
            && sync.log().membership().is_admin(&person)
            && self.rooms.gone.insert(*room)
        {
            self.gone_changed(room).await;
        }
    }

    /// An admin's device that tells us what it has of a room counts us in.
    pub(super) async fn may_be_back(&mut self, room: &RoomId, peer: &DeviceId, part: &Part) {
        let tells = matches!(part, Part::Heads { lines, .. } if !lines.is_empty());
        if !tells || !self.rooms.gone.contains(room) {
            return;
        }
        let person = self.in_rooms_of(peer);
        let sync = self.rooms.rooms.get(room);
        let by_admin = sync
            .zip(person)
            .is_some_and(|(s, p)| s.log().membership().is_admin(&p));
        if by_admin && self.rooms.gone.remove(room) {
            self.gone_changed(room).await;
        }
    }

    /// Keeps it for the next start, and tells faces.
    pub(super) async fn gone_changed(&mut self, room: &RoomId) {
        let gone: Vec<String> = self.rooms.gone.iter().map(ToString::to_string).collect();
        let gone = gone.join("\n");
        // If the disk refuses, an admin's device says it again.
        let _ = self
            .store
            .write(move |tx| own::put(tx, GONE, gone.as_bytes()))
            .await;
        Box::pin(self.fellows_changed()).await;
        self.tell_room(room);
    }
}
