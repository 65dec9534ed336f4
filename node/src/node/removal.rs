//! Removing a contact (ID-2): from then on their devices are strangers', and
//! nothing tells them so (spec 07, "Removed contacts").
//!
//! The room of two stays: what was said in it can be read, and should both become
//! contacts again it goes on. A log that was given up and begun anew would look
//! like a forged one (spec 08, "Forks").

use kith_api::{ApiError, Code, ContactState, Event, Reply};
use kith_proto::digest::Digest;
use kith_proto::id::{DeviceId, PersonId, RoomId};
use kith_proto::room::body::Toggle;
use kith_proto::room::change::RoomKind;
use kith_proto::room::entry::Pos;
use kith_proto::room::kind::Class;
use kith_proto::room::log::BodyState;
use kith_proto::room::store::RoomStore as _;

use super::error::fault;
use super::link::LinkId;
use super::open::Open;
use super::people::{Person, row_of};
use crate::store::rooms::Rooms as Stored;
use crate::store::{invites as rows, people as people_rows};
use crate::swarm::Standing;

impl Open {
    /// Removes a contact; forgets who isn't one and won't be.
    pub(super) async fn contact_remove(&mut self, who: &PersonId) -> Result<Reply, ApiError> {
        let person = self.people.get(who).ok_or_else(|| fault("no person"))?;
        let refused = |why: &str, hint: &str| {
            let name = person.shown();
            Err(ApiError::new(Code::Denied, format!("{name} {why}")).hint(hint))
        };
        match person.state {
            ContactState::Contact => self.part(who).await,
            ContactState::Asks => {
                let hint = "“kith contacts NAME --decline” turns them away";
                refused("waits for your answer", hint)
            }
            ContactState::Fellow => {
                refused("is in a room with you", "“kith rooms leave” leaves it")
            }
            _ => self.forget_person(who).await,
        }
    }

    /// With whom this room of two was, if they are no contact.
    pub(super) fn parted_in(&self, room: &RoomId) -> Option<&Person> {
        let log = self.rooms.rooms.get(room)?.log();
        if !matches!(log.membership().kind(), RoomKind::Pair(_)) {
            return None;
        }
        let mut parted = self.people.iter().filter(|p| p.room == Some(*room));
        parted.find(|p| p.state != ContactState::Contact)
    }

    /// Ends everything that a contact may, and that runs with them.
    async fn part(&mut self, who: &PersonId) -> Result<Reply, ApiError> {
        self.end_consents_of(who).await?;
        self.dont_tell_of(who).await?;
        self.end_sessions_with(who).await;
        let devices: Vec<DeviceId> = self.people.devices_of(who).map(|(d, _)| d).collect();
        let person = self.people.get_mut(who).ok_or_else(|| fault("no person"))?;
        let mut row = row_of(person);
        (row.state, row.pair) = (super::people::state_number(ContactState::Removed), None);
        let id = *who;
        self.store
            .write(move |tx| {
                people_rows::put(tx, &row)?;
                people_rows::remove_devices(tx, &id)
            })
            .await?;
        let person = self.people.get_mut(who).ok_or_else(|| fault("no person"))?;
        // Nothing is left for them, or looked for, in the DHT without it.
        (person.state, person.pair) = (ContactState::Removed, None);
        let room = person.room;
        self.forget(who);
        self.people.forget_devices(who);
        self.rooms.invitations.retain(|_, (from, _)| from != who);
        for device in devices {
            let links = self.links.values().filter(|l| l.peer == device);
            for link in links.map(|l| l.id).collect::<Vec<LinkId>>() {
                self.drop_link(link).await;
            }
            let _ = self.swarm.set_standing(device, Standing::Stranger).await;
        }
        // They may still be in rooms with us.
        self.fellows_changed().await;
        self.sessions_decide_anew_with(who).await;
        self.reach.publish_soon();
        self.tell_about(who);
        if let Some(room) = room {
            self.tell_room(&room);
        }
        Ok(Reply::Done)
    }

    /// Forgets somebody who isn't a contact and won't be, and what was said with
    /// them while they were one.
    async fn forget_person(&mut self, who: &PersonId) -> Result<Reply, ApiError> {
        let person = self.people.get(who).ok_or_else(|| fault("no person"))?;
        let (state, room, shown) = (person.state, person.room, person.reference());
        let said = room.map_or_else(|| Ok(Vec::new()), |room| self.said_in(&room))?;
        let answered: Vec<Digest> = self.invites.answered(who).collect();
        let fellow = !self.rooms.shared_rooms(who).is_empty();
        let person = self.people.get_mut(who).ok_or_else(|| fault("no person"))?;
        if fellow {
            person.state = ContactState::Fellow;
        }
        let (id, row, forgotten) = (*who, row_of(person), answered.clone());
        let erased = said.clone();
        let written = self.store.write(move |tx| {
            if let Some(room) = room.filter(|_| !erased.is_empty()) {
                Stored(tx).erase(&room, &erased)?;
            }
            match fellow {
                true => people_rows::put(tx, &row)?,
                false => people_rows::remove(tx, &id)?,
            }
            forgotten.iter().try_for_each(|id| rows::remove(tx, id))
        });
        if let Err(e) = written.await {
            if let Some(person) = self.people.get_mut(who) {
                person.state = state;
            }
            return Err(e.into());
        }
        for id in answered {
            self.invites.pending.remove(&id);
            self.invites.refused.remove(&id);
        }
        if let Some(room) = room {
            if let Some(sync) = self.rooms.rooms.get_mut(&room) {
                said.iter().for_each(|pos| sync.log_mut().note_erased(pos));
            }
            self.files_erased(&room).await;
            self.tell_room(&room);
        }
        self.people.tell_apart();
        match fellow {
            true => self.tell_about(who),
            false => {
                self.people.remove(&[*who].into());
                self.tell(Event::Forgotten(shown));
                self.tell_renamed();
            }
        }
        // Whoever was turned away is a fellow again.
        self.fellows_changed().await;
        Ok(Reply::Done)
    }

    /// What stands here of what was said in a room, unless it must be kept (MSG-7).
    fn said_in(&self, room: &RoomId) -> Result<Vec<Pos>, ApiError> {
        let Some(sync) = self.rooms.rooms.get(room) else {
            return Ok(Vec::new());
        };
        let log = sync.log();
        let here = log
            .rows()
            .filter(|(_, row)| row.kind.class() == Class::Content && row.state == BodyState::Here);
        let here: Vec<Pos> = here.map(|(pos, _)| pos).collect();
        match log.membership().hold() {
            Toggle::Set if !here.is_empty() => Err(ApiError::new(
                Code::Denied,
                "a legal hold keeps what was said with them",
            )),
            _ => Ok(here),
        }
    }
}
