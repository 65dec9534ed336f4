//! Devices of fellows: of people who are members of a room that we joined, and
//! no contacts of ours. On one local network they bring the rooms of both
//! together, so that messages travel through every member that has them
//! (MSG-3). To everything else they are strangers (spec 07, "Fellows").

use std::collections::{BTreeMap, BTreeSet};

use kith_api::{ContactState, PresenceState};
use kith_proto::id::{DeviceId, PersonId, RoomId};
use kith_proto::meet::Message;
use kith_proto::person::Purpose;
use kith_proto::room::change::RoomKind;
use kith_proto::room::membership::Standing as Membership;
use kith_proto::room::sync::Event;
use kith_proto::ticket::Evidence;

use super::hello::Conversation;
use super::link::LinkId;
use super::nearby::claimed;
use super::open::Open;
use crate::swarm::{Addr, Place, Standing, place};

/// With how many fellows' devices a node seeks to talk. What they have goes
/// round through them, as each seeks others ([`near`]).
const SOUGHT: usize = 16;

/// How many people a node hears of from fellows who are in no room of its own
/// yet: a member who names thousands fills no book.
const UNPLACED_MAX: usize = 256;

/// All of them, and which rooms they may have.
#[derive(Debug, Default)]
pub(super) struct Fellows(BTreeMap<DeviceId, Fellow>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Fellow {
    person: PersonId,
    rooms: BTreeSet<RoomId>,
}

impl Open {
    pub(super) fn is_fellow(&self, device: &DeviceId) -> bool {
        self.fellows.0.contains_key(device)
    }

    /// Whose device this is, as far as rooms and their files are concerned.
    pub(super) fn in_rooms_of(&self, device: &DeviceId) -> Option<PersonId> {
        let contact = self.people.owner(device).map(|p| p.id);
        contact.or_else(|| Some(self.fellows.0.get(device)?.person))
    }

    /// Whether a room is to be brought together with a device. With a
    /// contact's every one is: the rules of the room say how far.
    pub(super) fn is_room_for(&self, room: &RoomId, device: &DeviceId) -> bool {
        let fellow = self.fellows.0.get(device);
        fellow.is_none_or(|f| f.rooms.contains(room))
    }

    /// Fellows' devices on this local network, as far as they are sought: not
    /// while our person hides.
    pub(super) fn fellows_near(&self) -> Vec<(DeviceId, Vec<Addr>)> {
        if self.shown_presence() == PresenceState::Hidden {
            return Vec::new();
        }
        let announced = self.reach.announced_devices();
        let all = announced.into_iter().filter(|d| self.is_fellow(d));
        let sought = near(self.account.device(), all.collect());
        let rules = self.rules();
        let seen = |d: &DeviceId| self.in_rooms_of(d).is_some_and(|p| rules.admits(&p));
        sought.filter(seen).map(|d| (d, Vec::new())).collect()
    }

    /// Whether a device may be dialled where it is announced: a fellow's in the
    /// local network only. Where an invite of theirs leads, which our person
    /// has answered, is another matter.
    pub(super) fn is_near_enough(&self, device: &DeviceId, addr: &Addr) -> bool {
        let local = match addr.socket().map(|s| place(s.ip())) {
            Some(Place::Private(_)) => true,
            Some(Place::Loopback) => self.config.loopback.counts(),
            _ => false,
        };
        local || !self.is_fellow(device)
    }

    /// Who is a fellow follows from the rooms, the contacts and the logs of
    /// people: to be called whenever one of these has changed.
    pub(super) async fn fellows_changed(&mut self) {
        let now = self.all_fellows();
        let before = std::mem::replace(&mut self.fellows.0, now);
        for device in before.keys() {
            if self.is_fellow(device) {
                continue;
            }
            match self.is_contact(device) {
                // Their rooms begin anew, with all that a contact may have.
                true => self.end_rooms(device).await,
                false => drop(self.swarm.set_standing(*device, Standing::Stranger).await),
            }
        }
        for (device, fellow) in self.fellows.0.clone() {
            match before.get(&device) {
                None => self.became_fellow(device).await,
                Some(was) => self.rooms_of_fellow(device, was, &fellow).await,
            }
        }
    }

    fn all_fellows(&self) -> BTreeMap<DeviceId, Fellow> {
        let (me, now) = (self.account.person(), self.judged());
        let mut all: BTreeMap<DeviceId, Fellow> = BTreeMap::new();
        for (room, sync) in &self.rooms.rooms {
            let membership = sync.log().membership();
            if matches!(membership.kind(), RoomKind::Pair(_))
                || membership.standing(&me) != Membership::Member
                || self.rooms.gone.contains(room)
            {
                continue;
            }
            let people = membership.members().filter_map(|p| self.people.get(p));
            for person in people.filter(|p| may_be_fellow(p.state)) {
                let Some(log) = &person.log else { continue };
                for device in log.state().devices.iter().map(|l| l.device) {
                    // Nobody makes another's device theirs by listing it.
                    if self
                        .people
                        .owner(&device)
                        .is_some_and(|p| p.id != person.id)
                        || device == self.account.device()
                        || log.permits(&device, Purpose::Talk, &now).is_err()
                    {
                        continue;
                    }
                    let fellow = all.entry(device).or_insert_with(|| Fellow {
                        person: person.id,
                        rooms: BTreeSet::new(),
                    });
                    if fellow.person == person.id {
                        fellow.rooms.insert(*room);
                    }
                }
            }
        }
        all
    }

    async fn became_fellow(&mut self, device: DeviceId) {
        let _ = self.swarm.set_standing(device, Standing::Fellow).await;
        let mut talking = self.talking_to(&device).into_iter();
        match talking.find(|l| self.hellos.get(l) == Some(&Conversation::Talking)) {
            Some(link) => {
                self.greet_fellow(link).await;
                self.open_rooms(link, device);
            }
            None if self.fellows_near().iter().any(|(d, _)| *d == device) => {
                self.reach.try_now(device);
            }
            None => {}
        }
    }

    /// Other rooms are common to both now.
    async fn rooms_of_fellow(&mut self, peer: DeviceId, was: &Fellow, is: &Fellow) {
        if !self.rooms_linked(&peer) {
            return;
        }
        if was.person != is.person {
            return self.end_rooms(&peer).await;
        }
        for room in was.rooms.difference(&is.rooms) {
            Box::pin(self.room_event(room, Event::Disconnected(peer))).await;
        }
        let person = is.person;
        for room in is.rooms.difference(&was.rooms) {
            Box::pin(self.room_event(room, Event::Connected { peer, person })).await;
        }
    }

    async fn end_rooms(&mut self, device: &DeviceId) {
        if let Some(link) = self.rooms.links.get(device).copied() {
            Box::pin(self.drop_link(link)).await;
        }
    }

    /// What fellows tell each other first: that both are, and who else is.
    pub(super) async fn greet_fellow(&mut self, link: LinkId) {
        let log = Message::Log(self.evidence());
        self.send(link, log.to_bytes()).await;
        Box::pin(self.tell_fellows(link)).await;
    }

    /// Whether a log shows that this device is a fellow's. Only logs of
    /// members are looked at.
    pub(super) async fn is_of_fellow(&mut self, peer: &DeviceId, log: &Evidence) -> bool {
        let Some(person) = claimed(log).filter(|p| self.is_member_anywhere(p)) else {
            return false;
        };
        Box::pin(self.learn_of(&person, log.parts())).await;
        self.fellows.0.get(peer).is_some_and(|f| f.person == person)
    }

    fn is_member_anywhere(&self, person: &PersonId) -> bool {
        let mut all = self.rooms.rooms.values().map(|s| s.log().membership());
        all.any(|m| m.standing(person) == Membership::Member)
    }

    /// Whether a fellow is heard who says who somebody is.
    pub(super) fn hears_of(&self, person: &PersonId) -> bool {
        let books = self.rooms.rooms.values().map(|s| s.log().membership());
        let placed: BTreeSet<PersonId> = books
            .flat_map(|m| m.people().map(|(p, _)| *p).collect::<Vec<_>>())
            .collect();
        let unplaced =
            |p: &&super::people::Person| p.state == ContactState::Fellow && !placed.contains(&p.id);
        self.people.get(person).is_some()
            || placed.contains(person)
            || self.people.iter().filter(unplaced).count() < UNPLACED_MAX
    }
}

/// Contacts have more, and whoever was turned away has nothing.
fn may_be_fellow(state: ContactState) -> bool {
    !matches!(state, ContactState::Contact | ContactState::Declined)
}

/// Of these devices those that `me` seeks: the next after its own in the order
/// of their ids, which goes round. So all together hold together.
fn near(me: DeviceId, all: BTreeSet<DeviceId>) -> impl Iterator<Item = DeviceId> {
    let (before, after): (Vec<DeviceId>, Vec<DeviceId>) = all.into_iter().partition(|d| *d < me);
    after.into_iter().chain(before).take(SOUGHT)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R7: in a room of hundreds nobody seeks more than some, and nobody is
    /// left out.
    #[test]
    fn whoever_seeks_few_reaches_all_together() {
        let all: BTreeSet<DeviceId> = (0..200).map(|n| DeviceId::from_bytes([n; 32])).collect();
        let mut reached: BTreeSet<DeviceId> = all.first().copied().into_iter().collect();
        let mut todo: Vec<DeviceId> = reached.iter().copied().collect();
        while let Some(me) = todo.pop() {
            let others = all.iter().filter(|d| **d != me).copied().collect();
            let sought: Vec<DeviceId> = near(me, others).collect();
            assert_eq!(sought.len(), SOUGHT);
            todo.extend(sought.into_iter().filter(|d| reached.insert(*d)));
        }
        assert_eq!(reached, all);
    }
}
