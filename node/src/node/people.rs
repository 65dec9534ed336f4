//! The people this node knows, in memory as in the store.

use std::collections::{BTreeMap, BTreeSet};

use kith_api::{ContactState, PersonRef, Verification, Warning};
use kith_proto::clock::JudgedTime;
use kith_proto::id::{DeviceId, PersonId, RoomId};
use kith_proto::names::{self, Flag, Name, escape_for_display};
use kith_proto::pair::PairSecret;
use kith_proto::person::{Applied, PersonEntry, PersonLog};
use kith_proto::signed::Cosigned;
use kith_proto::time::Timestamp;
use rusqlite::Transaction;

use crate::account::resume;
use crate::store::{StoreError, people as rows};
use crate::swarm::Addr;

/// The most people that a node knows of: contacts, and those with whom it
/// shares a room.
const PEOPLE_MAX: usize = 10_000;

/// How many addresses of a device are remembered, newest first.
const ADDRESSES: usize = 16;

/// How much of an id stands for a name.
const SHORT_ID: usize = 14;

/// A person this node knows of.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) id: PersonId,
    pub(super) state: ContactState,
    /// What they call themselves; signed.
    pub(super) name: Name,
    /// What I call them.
    pub(super) petname: Option<Name>,
    pub(super) verified: Verification,
    /// Their log; absent until they were met.
    pub(super) log: Option<PersonLog>,
    /// All entries of it, to be passed on.
    pub(super) entries: Vec<Vec<u8>>,
    pub(super) pair: Option<PairSecret>,
    pub(super) room: Option<RoomId>,
    pub(super) added: Timestamp,
    /// Their signed profile, to be passed on.
    pub(super) profile: Option<Vec<u8>>,
    /// Whether somebody else goes by the same name; [`People`] keeps it.
    pub(super) shared_name: bool,
}

impl Person {
    /// Somebody who is known only by their log, because we share a room; for
    /// want of a name they are called by the beginning of their id.
    pub(super) fn fellow(id: PersonId, now: Timestamp) -> Option<Self> {
        let text = id.to_string();
        let name = Name::from_typed(text.get(..SHORT_ID)?).ok()?;
        Some(Self {
            id,
            state: ContactState::Fellow,
            name,
            petname: None,
            verified: Verification::Unverified,
            log: None,
            entries: Vec::new(),
            pair: None,
            room: None,
            added: now,
            profile: None,
            shared_name: false,
        })
    }

    /// Whether they are no contact and chose the name alone.
    fn chose_alone(&self) -> bool {
        self.state == ContactState::Fellow && self.profile.is_some() && self.petname.is_none()
    }

    /// What they go by here, for comparing.
    fn called(&self) -> String {
        let name = self.petname.as_ref().unwrap_or(&self.name);
        name.as_str().to_lowercase()
    }

    /// Whether I or they use this name for them.
    pub(super) fn is_named(&self, name: &Name) -> bool {
        let wanted = name.as_str().to_lowercase();
        let mut names = self.petname.iter().chain([&self.name]);
        !self.chose_alone() && names.any(|n| n.as_str().to_lowercase() == wanted)
    }

    /// What to show as the name: mine before theirs; escaped. Whoever is no
    /// contact and chose the name alone is shown with the beginning of the id,
    /// so that they can't pass for a contact; and so are two of one name.
    pub(super) fn shown(&self) -> String {
        let shown = escape_for_display(self.petname.as_ref().unwrap_or(&self.name).as_str());
        let id = self.id.to_string();
        match id.get(..SHORT_ID) {
            Some(id) if self.chose_alone() || self.shared_name => format!("{shown} ({id}…)"),
            _ => shown,
        }
    }

    pub(super) fn reference(&self) -> PersonRef {
        PersonRef {
            id: self.id,
            name: self.shown(),
            verified: self.verified,
        }
    }
}

/// A device of somebody else.
#[derive(Debug, Clone)]
pub(super) struct Device {
    pub(super) person: PersonId,
    pub(super) addresses: Vec<Addr>,
}

/// Everyone, and their devices.
#[derive(Debug, Default)]
pub(super) struct People {
    people: BTreeMap<PersonId, Person>,
    devices: BTreeMap<DeviceId, Device>,
    /// Those that learn no address of this device (DISC-8).
    pub(super) relay_only: BTreeSet<PersonId>,
    /// Who is shown in another way because of somebody else's name, and of whom
    /// no face was told yet.
    pub(super) renamed: BTreeSet<PersonId>,
}

impl People {
    /// Reads everyone from the store.
    pub(super) fn load(tx: &Transaction<'_>) -> Result<Self, StoreError> {
        let mut all = Self::default();
        for row in rows::all(tx)? {
            let person = from_row(row)?;
            all.people.insert(person.id, person);
        }
        for (id, person, addresses) in rows::devices(tx)? {
            let addresses = addresses.lines().filter_map(|a| a.parse().ok()).collect();
            all.devices.insert(id, Device { person, addresses });
        }
        all.relay_only = super::relay_only::load(tx)?;
        all.tell_apart();
        Ok(all)
    }

    pub(super) fn get(&self, id: &PersonId) -> Option<&Person> {
        self.people.get(id)
    }

    pub(super) fn get_mut(&mut self, id: &PersonId) -> Option<&mut Person> {
        self.people.get_mut(id)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Person> {
        self.people.values()
    }

    pub(super) fn insert(&mut self, person: Person) {
        self.people.insert(person.id, person);
        self.tell_apart();
    }

    /// Notes who goes by a name that another has too: to be called after every
    /// change of a name.
    pub(super) fn tell_apart(&mut self) {
        let mut called: BTreeMap<String, usize> = BTreeMap::new();
        for p in self.people.values().filter(|p| !p.chose_alone()) {
            *called.entry(p.called()).or_default() += 1;
        }
        for p in self.people.values_mut() {
            let shared = called.get(&p.called()).is_some_and(|n| *n > 1);
            if shared != p.shared_name {
                p.shared_name = shared;
                self.renamed.insert(p.id);
            }
        }
    }

    /// Whether somebody is known, or there is room for one more.
    pub(super) fn has_room_for(&self, id: &PersonId) -> bool {
        self.people.len() < PEOPLE_MAX || self.people.contains_key(id)
    }

    /// Forgets people and their devices.
    pub(super) fn remove(&mut self, people: &BTreeSet<PersonId>) {
        self.people.retain(|id, _| !people.contains(id));
        self.devices.retain(|_, d| !people.contains(&d.person));
        self.tell_apart();
    }

    /// A person's devices are strangers' from now on.
    pub(super) fn forget_devices(&mut self, id: &PersonId) {
        self.devices.retain(|_, d| d.person != *id);
    }

    pub(super) fn device(&self, id: &DeviceId) -> Option<&Device> {
        self.devices.get(id)
    }

    /// The person whose device this is.
    pub(super) fn owner(&self, id: &DeviceId) -> Option<&Person> {
        self.people.get(&self.devices.get(id)?.person)
    }

    /// The devices of a person.
    pub(super) fn devices_of(&self, id: &PersonId) -> impl Iterator<Item = (DeviceId, &Device)> {
        let id = *id;
        self.devices
            .iter()
            .filter(move |(_, d)| d.person == id)
            .map(|(k, d)| (*k, d))
    }

    /// Puts a device to its person, or new addresses to the device, newest
    /// first. Returns the text to store.
    pub(super) fn put_device(
        &mut self,
        id: DeviceId,
        person: PersonId,
        newest: impl IntoIterator<Item = Addr>,
    ) -> String {
        let device = self.devices.entry(id).or_insert_with(|| Device {
            person,
            addresses: Vec::new(),
        });
        let mut addresses: Vec<Addr> = newest.into_iter().collect();
        addresses.append(&mut device.addresses);
        let mut seen = BTreeSet::new();
        addresses.retain(|a| seen.insert(a.clone()));
        addresses.truncate(ADDRESSES);
        device.addresses = addresses;
        let lines: Vec<String> = device.addresses.iter().map(ToString::to_string).collect();
        lines.join("\n")
    }

    /// What is suspicious about a name, beside everybody else's (ID-3).
    pub(super) fn warnings(&self, of: &PersonId, name: &Name) -> Vec<Warning> {
        let likenesses: Vec<_> = self
            .people
            .values()
            .filter(|p| p.id != *of)
            .flat_map(|p| {
                let own = p.petname.iter().chain([&p.name]);
                own.map(|n| (p.id, n.likeness())).collect::<Vec<_>>()
            })
            .collect();
        let known = likenesses.iter().map(|(id, l)| (*id, l));
        let flags = names::flags(name, known);
        let words = |flag: Flag| match flag {
            Flag::MixedScripts => Some(Warning::new(
                "mixed-scripts",
                "the name mixes alphabets that look alike",
            )),
            Flag::UnusualCharacters => Some(Warning::new(
                "unusual-characters",
                "the name has letters that no language uses for names",
            )),
            Flag::Symbols => Some(Warning::new(
                "symbols",
                "the name has symbols that could pass for a mark of Kith’s",
            )),
            Flag::SystemLike => Some(Warning::new(
                "system-like",
                "the name sounds like a program or an office",
            )),
            // Told with the person whom it looks like.
            Flag::LookAlike => None,
        };
        let mut said: Vec<Warning> = flags.iter().filter_map(words).collect();
        let alike = |p: &Person| Warning {
            code: "look-alike".to_owned(),
            words: format!("the name looks like {}, who is somebody else", p.shown()),
            about: p.shown(),
        };
        let mut alike: Vec<Warning> = flags
            .looks_like()
            .iter()
            .filter_map(|id| self.get(id))
            .map(alike)
            .collect();
        alike.dedup();
        said.append(&mut alike);
        said
    }
}

fn from_row(row: rows::Row) -> Result<Person, StoreError> {
    let content = |what: &str| StoreError::Content(what.to_owned());
    let log = match &row.entries[..] {
        [] => None,
        entries => Some(resume(row.id, entries).ok_or_else(|| content("a person's log"))?),
    };
    let name = |text: &str| Name::from_wire(text).map_err(|_| content("a name"));
    let pair = row
        .pair
        .map(|b| <[u8; 32]>::try_from(b).map(|b| PairSecret::from_bytes(&b)));
    Ok(Person {
        id: row.id,
        state: state_of(row.state),
        name: name(&row.name)?,
        petname: row.petname.as_deref().map(name).transpose()?,
        verified: match row.verified {
            0 => Verification::Unverified,
            _ => Verification::Verified,
        },
        log,
        entries: row.entries,
        pair: pair.transpose().map_err(|_| content("a pair's secret"))?,
        room: row.room.map(RoomId::from_bytes),
        added: u64::try_from(row.added)
            .ok()
            .and_then(Timestamp::from_millis)
            .unwrap_or(Timestamp::EPOCH),
        profile: row.profile,
        shared_name: false,
    })
}

/// What came of entries that somebody sent to show who they are.
pub(super) struct Learnt {
    pub(super) log: PersonLog,
    pub(super) entries: Vec<Vec<u8>>,
}

/// Takes entries of `person`'s log, first to last, onto what is known
/// already. Entries that are known are passed over; the first that doesn't
/// fit ends it.
pub(super) fn learn(
    person: &PersonId,
    known: Option<&Person>,
    offered: &[Vec<u8>],
    now: &JudgedTime,
) -> Option<Learnt> {
    let mut entries: Vec<Vec<u8>> = known.map(|p| p.entries.clone()).unwrap_or_default();
    let mut log = match entries.is_empty() {
        true => None,
        false => resume(*person, &entries),
    };
    for bytes in offered {
        if entries.contains(bytes) {
            continue;
        }
        let entry = Cosigned::<PersonEntry>::parse(bytes).ok()?;
        match &mut log {
            None => {
                log = Some(
                    PersonLog::start(entry, now)
                        .ok()
                        .filter(|l| l.id() == *person)?,
                )
            }
            // The proof of a fork is kept like an entry: whoever reads both
            // comes to the same.
            Some(log) => match log.apply(entry, now).ok()? {
                Applied::Grown(_) | Applied::Forked => {}
                Applied::Known => continue,
            },
        }
        entries.push(bytes.clone());
    }
    log.map(|log| Learnt { log, entries })
}

pub(super) const fn state_number(state: ContactState) -> i64 {
    match state {
        ContactState::Waiting => 0,
        ContactState::Asks => 1,
        ContactState::Contact => 2,
        ContactState::Declined => 3,
        ContactState::Fellow => 4,
        ContactState::InviteUsed => 5,
        ContactState::InviteRevoked => 6,
        ContactState::InviteExpired => 7,
        ContactState::InviteUnknown => 8,
        ContactState::NotBelieved => 9,
        ContactState::Answered => 10,
        ContactState::TurnedAway => 11,
        ContactState::Removed => 12,
    }
}

pub(super) const fn state_of(number: i64) -> ContactState {
    match number {
        0 => ContactState::Waiting,
        1 => ContactState::Asks,
        2 => ContactState::Contact,
        4 => ContactState::Fellow,
        5 => ContactState::InviteUsed,
        6 => ContactState::InviteRevoked,
        7 => ContactState::InviteExpired,
        8 => ContactState::InviteUnknown,
        9 => ContactState::NotBelieved,
        10 => ContactState::Answered,
        11 => ContactState::TurnedAway,
        12 => ContactState::Removed,
        _ => ContactState::Declined,
    }
}

/// The row of a person.
pub(super) fn row_of(p: &Person) -> rows::Row {
    rows::Row {
        id: p.id,
        state: state_number(p.state),
        name: p.name.as_str().to_owned(),
        petname: p.petname.as_ref().map(|n| n.as_str().to_owned()),
        verified: i64::from(p.verified == Verification::Verified),
        entries: p.entries.clone(),
        pair: p.pair.as_ref().map(|s| s.to_bytes().to_vec()),
        room: p.room.map(|r| *r.as_bytes()),
        added: i64::try_from(p.added.as_millis()).unwrap_or(i64::MAX),
        profile: p.profile.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R7: however many are known, nobody loses by it who is.
    #[test]
    fn when_many_are_known_nobody_new_is() {
        let mut all = People::default();
        let id = |n: usize| {
            let mut id = [0; 32];
            id[..8].copy_from_slice(&n.to_be_bytes());
            PersonId::from_bytes(id)
        };
        for n in 0..PEOPLE_MAX {
            assert!(all.has_room_for(&id(n)));
            let person = Person::fellow(id(n), Timestamp::EPOCH).unwrap();
            all.people.insert(id(n), person);
        }
        assert!(all.has_room_for(&id(0)));
        assert!(!all.has_room_for(&id(PEOPLE_MAX)));
    }
}
