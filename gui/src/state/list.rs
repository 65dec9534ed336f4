//! The list: whom and which rooms one can choose.

use kith_api::{Contact, ContactState, Room};

use super::home::{Chosen, Home};

/// What stands in the list.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Entry<'a> {
    /// A room, with the person if it is one of two.
    Room(&'a Room, Option<&'a Contact>),
    /// A person without a room yet.
    Person(&'a Contact),
}

impl Entry<'_> {
    /// What choosing it chooses.
    pub(crate) const fn chosen(&self) -> Chosen {
        match self {
            Self::Room(room, _) => Chosen::Room(room.room.id),
            Self::Person(person) => Chosen::Person(person.person.id),
        }
    }
}

impl Home {
    /// The list: people who wait for an answer first, then rooms, the latest
    /// first; of what is searched only what fits.
    pub(crate) fn list(&self) -> Vec<Entry<'_>> {
        let part = self.search.trim().to_lowercase();
        let fits = |name: &str| part.is_empty() || name.to_lowercase().contains(&part);
        let rank = |c: &Contact| match c.state {
            ContactState::Asks => 0,
            ContactState::Waiting | ContactState::Answered => 1,
            state if state.is_refused() => 1,
            _ => 2,
        };
        let mut people: Vec<&Contact> = self
            .contacts
            .iter()
            .filter(|c| match c.state {
                ContactState::Asks | ContactState::Waiting | ContactState::Answered => true,
                ContactState::Contact | ContactState::Removed => {
                    c.room.as_ref().is_none_or(|r| self.room(&r.id).is_none())
                }
                ContactState::Declined | ContactState::Fellow => false,
                state => state.is_refused(),
            })
            .filter(|c| fits(&c.person.name))
            .collect();
        people.sort_by_key(|c| (rank(c), c.person.name.to_lowercase()));
        let mut rooms: Vec<&Room> = self
            .rooms
            .iter()
            .filter(|r| r.me != "left" && r.me != "removed" && fits(&r.room.title))
            .filter(|r| !self.is_forgotten(r))
            .collect();
        rooms.sort_by_key(|r| (r.me != "invited", core::cmp::Reverse(r.latest_ms)));
        let asking = people.partition_point(|c| c.state == ContactState::Asks);
        let mut list: Vec<Entry<'_>> = people[..asking].iter().map(|c| Entry::Person(c)).collect();
        list.extend(
            rooms
                .iter()
                .map(|r| Entry::Room(r, self.person_of(&r.room.id))),
        );
        list.extend(people[asking..].iter().map(|c| Entry::Person(c)));
        list
    }

    /// Whether it is a room of two with somebody who was removed, and then forgotten.
    fn is_forgotten(&self, room: &Room) -> bool {
        let with = || self.person_of(&room.room.id).map(|c| c.state);
        room.me == "parted" && with() == Some(ContactState::Fellow)
    }
}
