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
use super::unplaced::Unplaced;
use crate::swarm::{Addr, Place, Standing, place};

/// With how many fellows' devices a node seeks to talk. What they have goes
/// round through them, as each seeks others ([`near`]).
const SOUGHT: usize = 16;

/// All of them, and which rooms they may have.
#[derive(Debug, Default)]
pub(super) struct Fellows {
    all: BTreeMap<DeviceId, Fellow>,
    /// What those were, about whom something changed that isn't done yet.
    undone: BTreeMap<DeviceId, Option<Fellow>>,
    /// Whose the devices said to be themselves, by a log that lists them.
    said: BTreeMap<DeviceId, PersonId>,
    /// Of whom they, and contacts, told.
    pub(super) told: Unplaced,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Fellow {
    /// Who lists it. Nobody makes another's device theirs by listing it: of
    /// several it is nobody's until it has said whose.
    of: BTreeSet<PersonId>,
    rooms: BTreeSet<RoomId>,
}

impl Fellow {
    /// A device that these list, in these rooms.
    fn new(mut listed: BTreeMap<PersonId, BTreeSet<RoomId>>, said: Option<&PersonId>) -> Self {
        if let Some(rooms) = said.and_then(|person| listed.remove(person)) {
            let of = said.copied().into_iter().collect();
            return Self { of, rooms };
        }
        let of: BTreeSet<PersonId> = listed.keys().copied().collect();
        let rooms = match of.len() {
            1 => listed.into_values().flatten().collect(),
            _ => BTreeSet::new(),
        };
        Self { of, rooms }
    }

    fn person(&self) -> Option<PersonId> {
        self.of.first().copied().filter(|_| self.of.len() == 1)
    }
}

impl Open {
    pub(super) fn is_fellow(&self, device: &DeviceId) -> bool {
        self.fellows.all.contains_key(device)
    }

    /// Whose device this is, as far as rooms and their files are concerned.
    pub(super) fn in_rooms_of(&self, device: &DeviceId) -> Option<PersonId> {
        let contact = self.people.owner(device).map(|p| p.id);
        contact.or_else(|| self.fellows.all.get(device)?.person())
    }

    /// Whether a room is to be brought together with a device. With a
    /// contact's every one is: the rules of the room say how far.
    pub(super) fn is_room_for(&self, room: &RoomId, device: &DeviceId) -> bool {
        let fellow = self.fellows.all.get(device);
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
        let fellow = |d: &DeviceId| self.fellows.all.get(d);
        let seen = |d: &DeviceId| fellow(d).is_some_and(|f| f.of.iter().all(|p| rules.admits(p)));
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
        let fellows = &mut self.fellows;
        let before = std::mem::replace(&mut fellows.all, now);
        for device in before.keys().chain(fellows.all.keys()) {
            let was = before.get(device);
            if was != fellows.all.get(device) {
                let undone = fellows.undone.entry(*device);
                undone.or_insert_with(|| was.cloned());
            }
        }
        let all = &fellows.all;
        fellows.said.retain(|device, _| all.contains_key(device));
        // What is done for one may change others, and calls this again: then
        // that call does what is left here, from what is true by then.
        while let Some((device, was)) = self.fellows.undone.pop_first() {
            match (was, self.fellows.all.get(&device).cloned()) {
                (None, Some(_)) => self.became_fellow(device).await,
                (Some(was), Some(is)) if was != is => self.rooms_of_fellow(device, &was, &is).await,
                // Their rooms begin anew, with all that a contact may have.
                (Some(_), None) if self.is_contact(&device) => self.end_rooms(&device).await,
                (Some(_), None) => {
                    let _ = self.swarm.set_standing(device, Standing::Stranger).await;
                }
                (_, _) => {}
            }
        }
    }

    fn all_fellows(&self) -> BTreeMap<DeviceId, Fellow> {
        let (me, now) = (self.account.person(), self.judged());
        let mut all: BTreeMap<DeviceId, BTreeMap<PersonId, BTreeSet<RoomId>>> = BTreeMap::new();
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
                    let listed = all.entry(device).or_default();
                    listed.entry(person.id).or_default().insert(*room);
                }
            }
        }
        let said = &self.fellows.said;
        let all = all.into_iter();
        all.map(|(device, listed)| (device, Fellow::new(listed, said.get(&device))))
            .collect()
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
        let Some(person) = is.person().filter(|p| was.person() == Some(*p)) else {
            return self.end_rooms(&peer).await;
        };
        for room in was.rooms.difference(&is.rooms) {
            Box::pin(self.room_event(room, Event::Disconnected(peer))).await;
        }
        for room in is.rooms.difference(&was.rooms) {
            // What was told before may have changed that.
            if !self.is_room_for(room, &peer) {
                continue;
            }
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
        let fellow = self.fellows.all.get(peer);
        if !fellow.is_some_and(|f| f.of.contains(&person)) {
            return false;
        }
        // What a device says itself is more than others' lists.
        if self.fellows.said.insert(*peer, person) != Some(person) {
            Box::pin(self.fellows_changed()).await;
        }
        self.in_rooms_of(peer) == Some(person)
    }

    fn is_member_anywhere(&self, person: &PersonId) -> bool {
        let mut all = self.rooms.rooms.values().map(|s| s.log().membership());
        all.any(|m| m.standing(person) == Membership::Member)
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
    use std::time::Duration;

    use kith_api::{Decision, Reply};
    use kith_proto::kem::{KemId, KemKey, KemKeys};
    use kith_proto::keys::SigningKey;
    use kith_proto::person::{Listing, PersonEntry};
    use kith_proto::room::change::{Action, Role};
    use kith_proto::room::log::Author;

    use super::super::answers::Replied;
    use super::super::relay_only::tests::node;
    use super::super::rooms::Known;
    use super::*;
    use crate::cli::wall_clock;
    use crate::random::system;

    /// The log of somebody new who lists a device.
    fn who_lists(device: DeviceId) -> (PersonId, Evidence) {
        let (key, now) = (SigningKey::generate(&mut system()), wall_clock());
        let mut first = PersonEntry::genesis(key.public(), None, now);
        let (kem, public) = (KemId::X25519, vec![1; 32]);
        let kem = KemKeys::new(vec![KemKey { kem, public }]).unwrap();
        let year = Duration::from_secs(365 * 24 * 3600);
        first.list(Listing::new(device, kem, now, now.after(year)));
        let first = first.sign(&[&key]).unwrap();
        let entries = Evidence::new(vec![first.to_bytes()]).unwrap();
        (first.digest().into(), entries)
    }

    async fn ward(open: &mut Open) -> RoomId {
        open.open_room("Ward".into(), RoomKind::Group)
            .await
            .unwrap()
    }

    /// Somebody comes into a room of ours: whose log is learnt, and by an answer
    /// that this key writes.
    async fn comes_in(open: &mut Open, room: &RoomId, who: (PersonId, Evidence), key: &SigningKey) {
        let (person, role) = (who.0, Role::Member);
        open.learn_of(&person, who.1.parts()).await;
        let invite = Action::Invite { person, role };
        open.write_entry(room, |log| log.change(invite))
            .await
            .unwrap();
        let now = open.now();
        let known = Known {
            me: open.account.log(),
            people: &open.people,
        };
        let sync = open.rooms.rooms.get_mut(room).unwrap();
        let (log, author) = (sync.log(), Author { person, key });
        let answer = log.change(Action::Accept);
        let answer = log.compose(author, &answer, now, &mut system()).unwrap();
        let effects = sync.append(answer, &known, now);
        open.carry_out(room, effects).await;
    }

    async fn shares_a_room(one: &mut Open, with: &Open) {
        let (room, device) = (ward(one).await, with.account.device());
        let who = (with.account.person(), with.evidence());
        comes_in(one, &room, who, with.account.device_key()).await;
        assert!(one.is_fellow(&device) && one.is_room_for(&room, &device));
    }

    /// MSG-1, MSG-3: those who share a room and become contacts have all that
    /// contacts have at once; whoever is turned away has nothing; and while an
    /// answer waits, messages of the room still pass.
    #[tokio::test]
    async fn fellows_become_contacts_or_are_turned_away() {
        for decision in [Decision::Accept, Decision::Decline] {
            let folder = tempfile::tempdir().unwrap();
            let mut anna = node(folder.path(), "Anna").await;
            let mut ben = node(folder.path(), "Ben").await;
            let (me, other) = (anna.account.device(), ben.account.device());
            shares_a_room(&mut anna, &ben).await;
            shares_a_room(&mut ben, &anna).await;
            let Reply::Invite(invite) = anna.invite_new(600).await.unwrap() else {
                panic!("no invite");
            };
            let invite = invite.text.unwrap();
            ben.invite_accept(&invite, None).await.unwrap();
            ben.fellows_changed().await;
            assert!(ben.is_fellow(&me));
            let (id, pending) = ben.invites.pending.first_key_value().unwrap();
            let (id, answer) = (*id, pending.sealed().to_vec());
            assert_eq!(anna.take_answer(&id, &answer).await, None);
            assert!(anna.is_fellow(&other));

            let person = ben.account.person();
            anna.decide(&person, decision).await.unwrap();
            let Some(Message::Reply { sealed, .. }) = anna.take_answer(&id, &answer).await else {
                panic!("no reply");
            };
            let replied = ben.take_reply(&id, &sealed).await;
            assert!(!anna.is_fellow(&other));
            match decision {
                Decision::Accept => {
                    assert_eq!(replied, Replied::Contacts);
                    assert!(anna.is_contact(&other) && ben.is_contact(&me));
                    assert!(!ben.is_fellow(&me));
                    let pair = anna.people.get(&person).unwrap().room.unwrap();
                    assert!(anna.is_room_for(&pair, &other));
                }
                Decision::Decline => {
                    assert_eq!(replied, Replied::Declined);
                    anna.contact_remove(&person).await.unwrap();
                    assert!(anna.is_fellow(&other));
                }
            }
        }
    }

    /// Spec 07, "Fellows": a device that two list is nobody's until it has said
    /// whose, whoever came first, and also if the other comes later.
    #[tokio::test]
    async fn nobody_takes_anothers_device_by_listing_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut anna = node(folder.path(), "Anna").await;
        let ben = node(folder.path(), "Ben").await;
        let (device, key) = (ben.account.device(), ben.account.device_key());
        let real = ben.account.person();
        let room = ward(&mut anna).await;
        let thief = who_lists(device);
        comes_in(&mut anna, &room, thief.clone(), key).await;
        assert_eq!(anna.in_rooms_of(&device), Some(thief.0));
        let other = ward(&mut anna).await;
        comes_in(&mut anna, &other, (real, ben.evidence()), key).await;
        assert_eq!(anna.in_rooms_of(&device), None);
        assert!(anna.is_fellow(&device));
        assert!(!anna.is_room_for(&room, &device) && !anna.is_room_for(&other, &device));

        assert!(anna.is_of_fellow(&device, &ben.evidence()).await);
        for _ in 0..2 {
            assert_eq!(anna.in_rooms_of(&device), Some(real));
            assert!(!anna.is_room_for(&room, &device) && anna.is_room_for(&other, &device));
            let third = ward(&mut anna).await;
            comes_in(&mut anna, &third, who_lists(device), key).await;
        }
        // It said so itself, and who says otherwise isn't that device.
        assert!(!anna.is_of_fellow(&device, &thief.1).await);
    }

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
