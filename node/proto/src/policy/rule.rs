//! One rule: whom and what it is about, and the cap it sets (POL-2, POL-3;
//! spec 04, "Rules of a policy").

use ciborium::Value;

use super::application::{AppPattern, Application, What};
use super::cap::Cap;
use super::lenient::{Fields, Understood};
use super::roles::Role;
use crate::cbor::{Decode, DecodeError, Encode, MapBuilder};
use crate::id::{PersonId, RoomId};
use crate::registry::registry;
use crate::technology::Technologies;

/// The most patterns in one rule.
pub const MAX_PATTERNS: usize = 8;

registry! {
    /// In which part somebody is in a share.
    enum Capacity;
    /// A set of parts.
    set Capacities;
    /// Whose screen it is.
    Sharer = 1, "sharer";
    /// Who sees it.
    Viewer = 2, "viewer";
    /// Who opened the moderated meeting that it belongs to.
    Organiser = 3, "organiser";
}

registry! {
    /// Who begins (POL-3, ASK-1).
    enum Direction;
    /// A set of directions.
    set Directions;
    /// The sharer invites.
    Invite = 1, "invite";
    /// The viewer asks.
    Request = 2, "request";
}

/// At which level a rule stands (POL-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// A: everybody.
    Everybody,
    /// B: a group; also a role, outsiders, or everybody but somebody.
    Group,
    /// C: one meeting.
    Meeting,
    /// D: one person.
    Person,
}

impl Level {
    /// The letter.
    #[must_use]
    pub const fn letter(self) -> char {
        match self {
            Self::Everybody => 'A',
            Self::Group => 'B',
            Self::Meeting => 'C',
            Self::Person => 'D',
        }
    }
}

/// The number of a group inside one policy or profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupNumber(pub u16);

impl Encode for GroupNumber {
    fn encode(&self) -> Value {
        self.0.into()
    }
}

impl Decode for GroupNumber {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        u16::decode(value).map(Self)
    }
}

/// Whom a rule means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Party {
    /// Everybody.
    Everybody,
    /// The members of a group.
    Group(GroupNumber),
    /// Everybody in one meeting.
    Meeting(RoomId),
    /// One person.
    Person(PersonId),
    /// Those who have exactly this role.
    Role(Role),
    /// Those who aren't members.
    Outsiders,
    /// Everybody outside a group.
    NotGroup(GroupNumber),
    /// Everybody but one person.
    NotPerson(PersonId),
}

impl Party {
    /// The level of a rule about them.
    #[must_use]
    pub const fn level(&self) -> Level {
        match self {
            Self::Everybody => Level::Everybody,
            Self::Meeting(_) => Level::Meeting,
            Self::Person(_) => Level::Person,
            _ => Level::Group,
        }
    }

    /// The group it names, if any.
    #[must_use]
    pub const fn group(&self) -> Option<GroupNumber> {
        match self {
            Self::Group(g) | Self::NotGroup(g) => Some(*g),
            _ => None,
        }
    }

    /// Reads a party; one of an unknown kind is `None`.
    fn read(value: Value) -> Result<Option<Self>, DecodeError> {
        let mut parts = <Vec<Value>>::decode(value)?.into_iter();
        let kind = u16::decode(parts.next().ok_or(DecodeError::Type("a party"))?)?;
        let arg = parts.next();
        if parts.next().is_some() {
            return Ok(None);
        }
        Ok(match (kind, arg) {
            (0, None) => Some(Self::Everybody),
            (1, Some(v)) => Some(Self::Group(Decode::decode(v)?)),
            (2, Some(v)) => Some(Self::Meeting(Decode::decode(v)?)),
            (3, Some(v)) => Some(Self::Person(Decode::decode(v)?)),
            (4, Some(v)) => Role::from_number(u16::decode(v)?).map(Self::Role),
            (5, None) => Some(Self::Outsiders),
            (6, Some(v)) => Some(Self::NotGroup(Decode::decode(v)?)),
            (7, Some(v)) => Some(Self::NotPerson(Decode::decode(v)?)),
            _ => None,
        })
    }
}

impl Encode for Party {
    fn encode(&self) -> Value {
        let (kind, arg) = match self {
            Self::Everybody => (0, None),
            Self::Group(g) => (1, Some(g.encode())),
            Self::Meeting(r) => (2, Some(r.encode())),
            Self::Person(p) => (3, Some(p.encode())),
            Self::Role(r) => (4, Some(r.encode())),
            Self::Outsiders => (5, None),
            Self::NotGroup(g) => (6, Some(g.encode())),
            Self::NotPerson(p) => (7, Some(p.encode())),
        };
        Value::Array([Value::from(kind)].into_iter().chain(arg).collect())
    }
}

/// One rule. It applies where everything matches, and can only tighten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its number, unique in the document: by it people speak of a rule.
    pub number: u32,
    /// Whom it is about.
    pub subject: Party,
    /// In which parts the subject falls under the rule; of no meaning for a
    /// meeting.
    pub capacities: Capacities,
    /// Who the other one is: the viewer for a sharer, the sharer for a
    /// viewer, either for an organiser or a meeting. `Everybody` for all.
    pub other: Party,
    /// For which technologies.
    pub technologies: Technologies,
    /// In which directions.
    pub directions: Directions,
    /// For which applications; empty for all.
    pub applications: Vec<AppPattern>,
    /// What it allows at most. [`Cap::OFF`] where the rule isn't wholly
    /// understood.
    pub cap: Cap,
    /// Whether a newer version wrote something into it.
    pub understood: Understood,
}

impl Rule {
    /// A rule about `subject` in every part, towards everybody, for
    /// everything.
    #[must_use]
    pub fn new(number: u32, subject: Party, cap: Cap) -> Self {
        Self {
            number,
            subject,
            capacities: Capacities::ALL,
            other: Party::Everybody,
            technologies: Technologies::ALL,
            directions: Directions::ALL,
            applications: Vec::new(),
            cap,
            understood: Understood::Wholly,
        }
    }

    /// Only where the subject is in one of these parts.
    #[must_use]
    pub fn acting_as(mut self, capacities: Capacities) -> Self {
        self.capacities = capacities;
        self
    }

    /// Only where the other one is this.
    #[must_use]
    pub fn towards(mut self, other: Party) -> Self {
        self.other = other;
        self
    }

    /// Only in these directions.
    #[must_use]
    pub fn when(mut self, directions: Directions) -> Self {
        self.directions = directions;
        self
    }

    /// Only for these technologies.
    #[must_use]
    pub fn over(mut self, technologies: Technologies) -> Self {
        self.technologies = technologies;
        self
    }

    /// Only for these applications.
    #[must_use]
    pub fn about(mut self, applications: Vec<AppPattern>) -> Self {
        self.applications = applications;
        self
    }

    /// Whether it is about what is to be shared.
    #[must_use]
    pub fn concerns(&self, what: &What) -> bool {
        let fits = |a: &Application| self.applications.iter().any(|p| p.matches(&a.name));
        match what {
            _ if self.applications.is_empty() => true,
            What::NotChosen => false,
            What::Anything => true,
            What::Applications(list) => list.iter().any(fits),
        }
    }

    /// The groups it names.
    pub(super) fn groups(&self) -> impl Iterator<Item = GroupNumber> {
        [self.subject.group(), self.other.group()]
            .into_iter()
            .flatten()
    }
}

const NUMBER: i64 = 0;
const SUBJECT: i64 = 1;
const CAPACITIES: i64 = 2;
const OTHER: i64 = 3;
const TECHNOLOGIES: i64 = 4;
const DIRECTIONS: i64 = 5;
const APPLICATIONS: i64 = 6;
const CAP: i64 = 7;

impl Encode for Rule {
    /// A matcher that matches everything is left out.
    fn encode(&self) -> Value {
        let some = |all: bool| (!all).then_some(());
        MapBuilder::new()
            .put(NUMBER, &self.number)
            .put(SUBJECT, &self.subject)
            .put_opt(
                CAPACITIES,
                some(self.capacities == Capacities::ALL).map(|()| &self.capacities),
            )
            .put_opt(
                OTHER,
                some(self.other == Party::Everybody).map(|()| &self.other),
            )
            .put_opt(
                TECHNOLOGIES,
                some(self.technologies == Technologies::ALL).map(|()| &self.technologies),
            )
            .put_opt(
                DIRECTIONS,
                some(self.directions == Directions::ALL).map(|()| &self.directions),
            )
            .put_list(APPLICATIONS, &self.applications)
            .put(CAP, &self.cap)
            .build()
    }
}

impl Decode for Rule {
    /// What isn't known here matches everything, and makes the cap
    /// [`Cap::OFF`]: the tightest for whatever the rule could have meant.
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut f = Fields::new(value)?;
        let number = f.req(NUMBER)?;
        let subject = f.req(SUBJECT).and_then(Party::read)?;
        let other = f.opt::<Value>(OTHER)?.map(Party::read).transpose()?;
        let capacities = f.known_set(CAPACITIES, Capacities::read)?;
        // A technology that isn't known here is never used here.
        let technologies = f.set(TECHNOLOGIES, Technologies::read)?;
        let directions = f.known_set(DIRECTIONS, Directions::read)?;
        let applications = f.list(APPLICATIONS, MAX_PATTERNS)?;
        let (cap, cap_understood) = Cap::read(f.req(CAP)?)?;
        f.doubt(cap_understood);
        if subject.is_none() || other == Some(None) {
            f.doubt(Understood::Partly);
        }
        let understood = f.finish()?;
        let strange = understood == Understood::Partly;
        Ok(Self {
            number,
            subject: subject.unwrap_or(Party::Everybody),
            // Numbers that aren't known leave no set to go by.
            capacities: match strange {
                true => Capacities::ALL,
                false => capacities.unwrap_or(Capacities::ALL),
            },
            other: other.flatten().unwrap_or(Party::Everybody),
            technologies: technologies.map_or(Technologies::ALL, |k| k.set),
            directions: match strange {
                true => Directions::ALL,
                false => directions.unwrap_or(Directions::ALL),
            },
            applications,
            cap: if strange { Cap::OFF } else { cap },
            understood,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::rule;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_rule_comes_back(r in rule(0)) {
            let back = Rule::decode(r.encode()).unwrap();
            prop_assert_eq!(back.cap.settled(), r.cap.settled());
            prop_assert_eq!(Rule { cap: r.cap, ..back }, r);
        }
    }

    fn changed(key: i64, v: Value) -> Rule {
        let rule = Rule::new(1, Party::Group(GroupNumber(3)), Cap::OPEN)
            .acting_as(Capacities::of(&[Capacity::Viewer]));
        let Value::Map(mut map) = rule.encode() else {
            unreachable!()
        };
        map.retain(|(k, _)| *k != Value::from(key));
        map.push((key.into(), v));
        Rule::decode(Value::Map(map)).unwrap()
    }

    #[test]
    fn unknown_parts_tighten_all_they_could_have_meant() {
        let numbers = |n: u64| Value::Array(vec![n.into()]);
        for (key, v) in [
            (SUBJECT, numbers(99)),
            (SUBJECT, Value::Array(vec![4.into(), 99.into()])),
            (OTHER, numbers(99)),
            (CAPACITIES, numbers(60)),
            (DIRECTIONS, numbers(60)),
            (17, Value::Null),
            (CAP, Value::Map(vec![(17.into(), Value::Null)])),
        ] {
            let r = changed(key, v);
            assert_eq!(r.cap, Cap::OFF, "field {key}");
            assert_eq!(r.understood, Understood::Partly, "field {key}");
            assert_eq!(r.capacities, Capacities::ALL);
            if key == SUBJECT {
                assert_eq!(r.subject, Party::Everybody);
            }
        }
        // A technology from later is never used here; a remark is no rule.
        assert_eq!(changed(TECHNOLOGIES, numbers(60)).cap, Cap::OPEN);
        assert_eq!(changed(1000, Value::Null).cap, Cap::OPEN);
    }

    #[test]
    fn applications_are_matched_failing_closed() {
        let r =
            Rule::new(1, Party::Everybody, Cap::OFF).about(vec![AppPattern::new("bank*").unwrap()]);
        let app = |n: &str| Application {
            name: super::super::application::AppName::new(n).unwrap(),
            starts: super::super::application::Starts::Nothing,
        };
        assert!(r.concerns(&What::Applications(vec![app("editor"), app("bankapp")])));
        assert!(!r.concerns(&What::Applications(vec![app("editor")])));
        assert!(r.concerns(&What::Anything));
        assert!(!r.concerns(&What::NotChosen));
    }
}
