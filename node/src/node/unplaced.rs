//! People of whom contacts and fellows have told, and who are in no room of
//! ours: perhaps soon, when the room's log has come; perhaps they are made up.
//! So of each who tells a node hears of some, and keeps them until its next
//! start: whoever shares a room with them tells again (spec 07, "Fellows").

use std::collections::{BTreeMap, BTreeSet};

use kith_api::{ContactState, Verification};
use kith_proto::id::{DeviceId, PersonId};

use super::open::Open;
use super::people::Person;
use crate::store::people as rows;

/// Of how many such people a node hears from one contact: as many as devices
/// may be in the room to which that contact invites.
const BY_CONTACT: usize = 1024;
/// Of how many from one fellow, who invites nobody.
const BY_FELLOW: usize = 256;

/// Who told of whom.
#[derive(Debug, Default)]
pub(super) struct Unplaced(BTreeMap<PersonId, BTreeSet<PersonId>>);

impl Unplaced {
    /// Whether `teller` is heard about one more. Those of whom nothing is kept
    /// now, or who have come into a room, count no more.
    fn hears(
        &mut self,
        teller: PersonId,
        person: PersonId,
        most: usize,
        counts: impl Fn(&PersonId) -> bool,
    ) -> bool {
        let told = self.0.entry(teller).or_default();
        told.retain(counts);
        told.len() < most && told.insert(person)
    }
}

impl Open {
    /// Whether a device is heard that says who somebody is.
    pub(super) fn hears_of(&mut self, from: &DeviceId, person: &PersonId) -> bool {
        if self.people.get(person).is_some() {
            return true;
        }
        let placed = self.placed();
        if placed.contains(person) {
            return true;
        }
        let Some(teller) = self.in_rooms_of(from) else {
            return false;
        };
        let most = match self.is_contact(from) {
            true => BY_CONTACT,
            false => BY_FELLOW,
        };
        let people = &self.people;
        let counts = |p: &PersonId| people.get(p).is_some() && !placed.contains(p);
        self.fellows.told.hears(teller, *person, most, counts)
    }

    /// Forgets those of whom somebody told before this start, and who are in
    /// no room of ours.
    pub(super) async fn forget_unplaced(&mut self) {
        let placed = self.placed();
        let only_told = |p: &&Person| {
            p.state == ContactState::Fellow
                && p.petname.is_none()
                && p.verified == Verification::Unverified
                && !placed.contains(&p.id)
        };
        let people = self.people.iter().filter(only_told).map(|p| p.id);
        let people: BTreeSet<PersonId> = people.collect();
        if people.is_empty() {
            return;
        }
        let stored = people.clone();
        let forgotten = self
            .store
            .write(move |tx| stored.iter().try_for_each(|id| rows::remove(tx, id)));
        // If the disk refuses, at the next start.
        if forgotten.await.is_ok() {
            self.people.remove(&people);
        }
    }

    /// Everybody in the books of our rooms.
    fn placed(&self) -> BTreeSet<PersonId> {
        let books = self.rooms.rooms.values().map(|s| s.log().membership());
        books
            .flat_map(|m| m.people().map(|(p, _)| *p).collect::<Vec<_>>())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use kith_proto::names::Name;

    use super::super::relay_only::tests::{know, node, person};
    use super::*;
    use crate::cli::wall_clock;

    fn made_up(nth: usize) -> PersonId {
        let mut id = [9; 32];
        id[..8].copy_from_slice(&nth.to_be_bytes());
        PersonId::from_bytes(id)
    }

    /// R7: whoever makes up people is heard about some of them, and only until
    /// the next start; others are heard as before.
    #[tokio::test]
    async fn of_made_up_people_few_are_kept_and_not_for_long() {
        let folder = tempfile::tempdir().unwrap();
        let mut anna = node(folder.path(), "Anna").await;
        let ben = know(&mut anna, person(1), 101, "Ben");
        let cleo = know(&mut anna, person(2), 102, "Cleo");
        let told = |anna: &mut Open, from: &DeviceId, nth| {
            let (id, now) = (made_up(nth), wall_clock());
            let heard = anna.hears_of(from, &id);
            if heard {
                anna.people.insert(Person::fellow(id, now).unwrap());
            }
            heard
        };
        assert!((0..BY_CONTACT).all(|nth| told(&mut anna, &ben, nth)));
        assert!(!told(&mut anna, &ben, BY_CONTACT));
        assert!(told(&mut anna, &ben, 0), "who is known already");
        assert!(told(&mut anna, &cleo, BY_CONTACT));
        // One of them isn't only told of.
        let named = anna.people.get_mut(&made_up(7)).unwrap();
        named.petname = Some(Name::from_typed("Dora").unwrap());
        anna.forget_unplaced().await;
        assert_eq!(anna.people.iter().count(), 3);
        assert!(anna.people.get(&made_up(7)).is_some());
        assert!(anna.people.get(&person(1)).is_some());
        // There is room for others then.
        assert!(told(&mut anna, &ben, BY_CONTACT));
    }
}
