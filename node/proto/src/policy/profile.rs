//! What a person allows (POL-3, POL-4; spec 04, "Profiles"): the own profile,
//! which stays with the person's devices, and the terms that one contact is
//! told of it.

use core::time::Duration;

use ciborium::Value;

use super::application::What;
use super::cap::{Cap, Duties};
use super::checked::Said;
use super::compiled::{Compiled, Query};
use super::lenient::{Fields, Understood};
use super::rule::{Capacity, Direction, GroupNumber, Party, Rule};
use crate::canon::MAX_RECORD;
use crate::cbor::{Decode, DecodeError, Encode, MapBuilder, MapReader};
use crate::clock::MAX_SKEW;
use crate::id::PersonId;
use crate::names::Name;
use crate::person::Purpose;
use crate::signed::{Kind, Payload};
use crate::technology::Technology;
use crate::time::Timestamp;
use crate::validity::Validity;

/// The most rules in a profile.
pub const MAX_PROFILE_RULES: usize = 256;
/// The most groups of contacts.
pub const MAX_CONTACT_GROUPS: usize = 64;
/// The most people in one group of contacts.
pub const MAX_IN_GROUP: usize = 500;
/// The longest life of terms: they are made anew whenever two devices meet.
pub const MAX_TERMS: Duration = Duration::from_secs(30 * 86_400);

/// A group of contacts, known to its owner alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactGroup {
    /// Its number, by which rules name it.
    pub number: GroupNumber,
    /// What its owner calls it.
    pub name: Name,
    /// Who is in it, sorted.
    pub people: Vec<PersonId>,
}

impl Encode for ContactGroup {
    fn encode(&self) -> Value {
        MapBuilder::new()
            .put(0, &self.number)
            .put(1, &self.name)
            .put_list(2, &self.people)
            .build()
    }
}

impl Decode for ContactGroup {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        let group = Self {
            number: r.req(0)?,
            name: r.req(1)?,
            people: r.list(2, MAX_IN_GROUP)?,
        };
        let _ = r.finish()?;
        match group.people.windows(2).all(|w| w[0] < w[1]) {
            true => Ok(group),
            false => Err(DecodeError::OutOfRange),
        }
    }
}

/// What a person allows to whom. Synced between the person's own devices,
/// signed by one of them; nobody else gets to see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    person: PersonId,
    issued: Timestamp,
    groups: Vec<ContactGroup>,
    rules: Vec<Rule>,
    compiled: Compiled,
}

impl Profile {
    /// A profile that bounds nothing: the built-in policy still asks always
    /// (POL-6).
    #[must_use]
    pub fn open(person: PersonId, issued: Timestamp) -> Self {
        Self {
            person,
            issued,
            groups: Vec::new(),
            rules: Vec::new(),
            compiled: Compiled::of_people(Vec::new(), core::iter::empty()),
        }
    }

    /// A profile with groups, rules and demands.
    ///
    /// # Errors
    /// [`DecodeError::OutOfRange`]: too many; a number twice; a group that
    /// doesn't exist; a rule about a role or outsiders, which only an
    /// organisation has.
    pub fn new(
        person: PersonId,
        issued: Timestamp,
        mut groups: Vec<ContactGroup>,
        mut rules: Vec<Rule>,
        demands: Duties,
    ) -> Result<Self, DecodeError> {
        groups.sort_by_key(|g| g.number);
        for g in &mut groups {
            g.people.sort();
            g.people.dedup();
        }
        rules.sort_by_key(|r| r.number);
        Self::checked(person, issued, groups, rules, demands)
    }

    fn checked(
        person: PersonId,
        issued: Timestamp,
        groups: Vec<ContactGroup>,
        rules: Vec<Rule>,
        demands: Duties,
    ) -> Result<Self, DecodeError> {
        let known = |g: GroupNumber| groups.binary_search_by_key(&g, |c| c.number).is_ok();
        let personal = |p: &Party| !matches!(p, Party::Role(_) | Party::Outsiders);
        let fine = groups.len() <= MAX_CONTACT_GROUPS
            && rules.len() <= MAX_PROFILE_RULES
            && groups.iter().all(|g| g.people.len() <= MAX_IN_GROUP)
            && groups.windows(2).all(|w| w[0].number < w[1].number)
            && rules.windows(2).all(|w| w[0].number < w[1].number)
            && rules.iter().flat_map(Rule::groups).all(known)
            && rules
                .iter()
                .all(|r| personal(&r.subject) && personal(&r.other));
        if !fine {
            return Err(DecodeError::OutOfRange);
        }
        let people = groups.iter().map(|g| (g.number, &g.people[..]));
        let mut compiled = Compiled::of_people(rules.clone(), people);
        compiled.demands = demands;
        Ok(Self {
            person,
            issued,
            groups,
            rules,
            compiled,
        })
    }

    /// Whose profile it is.
    #[must_use]
    pub fn person(&self) -> PersonId {
        self.person
    }

    /// When it was made.
    #[must_use]
    pub fn issued(&self) -> Timestamp {
        self.issued
    }

    /// The groups of contacts, sorted by number.
    #[must_use]
    pub fn groups(&self) -> &[ContactGroup] {
        &self.groups
    }

    /// The rules, sorted by number.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// What is demanded of every share.
    #[must_use]
    pub fn demands(&self) -> Duties {
        self.compiled.demands
    }

    pub(super) fn compiled(&self) -> &Compiled {
        &self.compiled
    }

    /// What `contact` is told: the caps for native shares with exactly that
    /// contact, and nothing about anybody else or about single applications.
    #[must_use]
    pub fn terms_for(&self, contact: PersonId, validity: Validity) -> Terms {
        let cap = |mine, direction| {
            let (sharer, viewer) = match mine {
                Capacity::Viewer => (contact, self.person),
                _ => (self.person, contact),
            };
            let query = Query {
                sharer,
                viewer,
                organiser: None,
                room: None,
                technology: Technology::Native,
                direction,
                what: &What::NotChosen,
            };
            let mut cap = Cap::OPEN.demanding(self.compiled.demands);
            let met = self
                .compiled
                .applying::<core::convert::Infallible>(&query, |r, applies| {
                    if applies() {
                        cap = cap.meet(r.cap);
                    }
                    Ok(())
                });
            let Ok(()) = met;
            cap.settled()
        };
        Terms {
            person: self.person,
            to: contact,
            validity,
            caps: SLOTS.map(|(c, d)| cap(c, d)),
        }
    }
}

impl Encode for Profile {
    fn encode(&self) -> Value {
        MapBuilder::new()
            .put(0, &1u64)
            .put(1, &self.person)
            .put(2, &self.issued)
            .put_list(3, &self.groups)
            .put_list(4, &self.rules)
            .put_opt(5, Some(&self.compiled.demands).filter(|d| !d.is_empty()))
            .build()
    }
}

impl Decode for Profile {
    /// A field from a newer version makes a profile that allows nothing.
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut f = Fields::new(value)?;
        match f.req::<u64>(0)? {
            1 => {}
            v => return Err(DecodeError::Version(v)),
        }
        let (person, issued) = (f.req(1)?, f.req(2)?);
        let groups = f.list(3, MAX_CONTACT_GROUPS)?;
        let mut rules: Vec<Rule> = f.list(4, MAX_PROFILE_RULES)?;
        let demands = f.known_set(5, Duties::read)?.unwrap_or_default();
        if f.finish()? == Understood::Partly {
            rules = vec![Rule {
                understood: Understood::Partly,
                ..Rule::new(0, Party::Everybody, Cap::OFF)
            }];
        }
        Self::checked(person, issued, groups, rules, demands)
    }
}

impl Said for Profile {
    const PURPOSE: Purpose = Purpose::Share;

    fn speaker(&self) -> Option<PersonId> {
        Some(self.person)
    }

    fn issued(&self) -> Timestamp {
        self.issued
    }
}

impl Payload for Profile {
    const KIND: Kind = Kind {
        name: "sharing-profile",
        version: 1,
        max: MAX_RECORD,
    };
}

/// Where each cap stands in [`Terms`]: the giver's part, and who begins.
const SLOTS: [(Capacity, Direction); 4] = [
    (Capacity::Sharer, Direction::Invite),
    (Capacity::Sharer, Direction::Request),
    (Capacity::Viewer, Direction::Invite),
    (Capacity::Viewer, Direction::Request),
];

/// What one person tells one contact that they allow them: the remote profile
/// of the contact's decisions. Signed by a device of the giver. It saves the
/// contact from asking for what would be refused; the giver's own side
/// decides by the whole profile all the same (POL-5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Who allows.
    pub person: PersonId,
    /// To whom.
    pub to: PersonId,
    /// From when until when.
    pub validity: Validity,
    caps: [Cap; 4],
}

impl Terms {
    /// What is allowed where the giver is in the part `mine` (sharer or
    /// viewer) and somebody begins like this; an organiser has no terms.
    #[must_use]
    pub fn cap(&self, mine: Capacity, direction: Direction) -> Cap {
        SLOTS
            .iter()
            .position(|slot| *slot == (mine, direction))
            .and_then(|i| self.caps.get(i).copied())
            .unwrap_or(Cap::OFF)
    }

    /// Whether they hold at `now`. Terms that don't, allow nothing: what they
    /// forbade must not come back by waiting, or by setting a clock back.
    #[must_use]
    pub fn hold(&self, now: Timestamp) -> bool {
        self.validity.issued <= now.after(MAX_SKEW) && now < self.validity.expires
    }
}

impl Said for Terms {
    const PURPOSE: Purpose = Purpose::Talk;

    fn speaker(&self) -> Option<PersonId> {
        Some(self.person)
    }

    fn issued(&self) -> Timestamp {
        self.validity.issued
    }
}

impl Encode for Terms {
    fn encode(&self) -> Value {
        let map = MapBuilder::new()
            .put(0, &1u64)
            .put(1, &self.person)
            .put(2, &self.to)
            .put(3, &self.validity.issued)
            .put(4, &self.validity.expires);
        (5..)
            .zip(&self.caps)
            .fold(map, |m, (key, cap)| m.put(key, cap))
            .build()
    }
}

impl Decode for Terms {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut f = Fields::new(value)?;
        match f.req::<u64>(0)? {
            1 => {}
            v => return Err(DecodeError::Version(v)),
        }
        let (person, to) = (f.req(1)?, f.req(2)?);
        let validity = Validity {
            issued: f.req(3)?,
            expires: f.req(4)?,
        };
        validity
            .check_span(MAX_TERMS)
            .map_err(|_| DecodeError::OutOfRange)?;
        let caps = [f.req(5)?, f.req(6)?, f.req(7)?, f.req(8)?];
        let caps = match f.finish()? {
            Understood::Wholly => caps,
            Understood::Partly => [Cap::OFF; 4],
        };
        Ok(Self {
            person,
            to,
            validity,
            caps,
        })
    }
}

impl Payload for Terms {
    const KIND: Kind = Kind {
        name: "terms",
        version: 1,
        max: 1024,
    };
}
