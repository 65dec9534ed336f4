//! What the organiser of a moderated meeting set (POL-2, level C; SCEN-3;
//! spec 04, "Meetings").

mod state;

pub use state::{MeetingError, MeetingGap, MeetingNews, MeetingState};

use ciborium::Value;

use super::cap::Cap;
use super::checked::Said;
use super::lenient::{Fields, Understood};
use crate::canon::MAX_RECORD;
use crate::cbor::{Decode, DecodeError, Encode, MapBuilder};
use crate::id::{PersonId, RoomId};
use crate::person::Purpose;
use crate::signed::{Kind, Payload};
use crate::time::Timestamp;

/// The most people with a setting of their own in one meeting.
pub const MAX_SETTINGS: usize = 500;

/// What the organiser allows in one meeting, signed by a device of the
/// organiser. It never allows more than the policy allows the organiser:
/// deciding takes the meet of both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeetingTerms {
    /// Which room.
    pub room: RoomId,
    /// Who opened it.
    pub organiser: PersonId,
    /// Counts up with each change; the highest that was seen counts.
    pub seq: u64,
    /// When it was set.
    pub issued: Timestamp,
    /// What is allowed to everybody there.
    pub cap: Cap,
    /// What is allowed to one person, on top of that; sorted by person.
    people: Vec<(PersonId, Cap)>,
}

impl MeetingTerms {
    /// Settings for one meeting, the first of their number.
    #[must_use]
    pub fn new(room: RoomId, organiser: PersonId, issued: Timestamp, cap: Cap) -> Self {
        Self {
            room,
            organiser,
            seq: 0,
            issued,
            cap,
            people: Vec::new(),
        }
    }

    /// Those with a setting of their own, sorted by person.
    pub fn people(&self) -> impl Iterator<Item = &(PersonId, Cap)> {
        self.people.iter()
    }

    /// What one person is capped to, besides everybody.
    #[must_use]
    pub fn cap_of(&self, person: &PersonId) -> Option<Cap> {
        let at = self.find(person).ok()?;
        self.people.get(at).map(|(_, cap)| *cap)
    }

    /// Sets what one person is capped to.
    ///
    /// # Errors
    /// [`DecodeError::OutOfRange`]: more than [`MAX_SETTINGS`] people.
    pub fn set(&mut self, person: PersonId, cap: Cap) -> Result<(), DecodeError> {
        match self.find(&person) {
            Ok(at) => self.people[at].1 = cap,
            Err(_) if self.people.len() >= MAX_SETTINGS => return Err(DecodeError::OutOfRange),
            Err(at) => self.people.insert(at, (person, cap)),
        }
        Ok(())
    }

    fn find(&self, person: &PersonId) -> Result<usize, usize> {
        self.people.binary_search_by(|(p, _)| p.cmp(person))
    }
}

impl Encode for MeetingTerms {
    fn encode(&self) -> Value {
        let people: Vec<Value> = self
            .people
            .iter()
            .map(|(p, c)| Value::Array(vec![p.encode(), c.encode()]))
            .collect();
        MapBuilder::new()
            .put(0, &1u64)
            .put(1, &self.room)
            .put(2, &self.organiser)
            .put(3, &self.seq)
            .put(4, &self.issued)
            .put(5, &self.cap)
            .put_list(6, &people)
            .build()
    }
}

struct Setting(PersonId, Cap);

impl Decode for Setting {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let Ok([person, cap]) = <[Value; 2]>::try_from(<Vec<Value>>::decode(value)?) else {
            return Err(DecodeError::Type("a person and a cap"));
        };
        Ok(Self(Decode::decode(person)?, Decode::decode(cap)?))
    }
}

impl Decode for MeetingTerms {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut f = Fields::new(value)?;
        match f.req::<u64>(0)? {
            1 => {}
            v => return Err(DecodeError::Version(v)),
        }
        let (room, organiser, seq, issued) = (f.req(1)?, f.req(2)?, f.req(3)?, f.req(4)?);
        let cap = f.req(5)?;
        let people: Vec<Setting> = f.list(6, MAX_SETTINGS)?;
        if !people.windows(2).all(|w| w[0].0 < w[1].0) {
            return Err(DecodeError::OutOfRange);
        }
        let cap = match f.finish()? {
            Understood::Wholly => cap,
            Understood::Partly => Cap::OFF,
        };
        Ok(Self {
            room,
            organiser,
            seq,
            issued,
            cap,
            people: people.into_iter().map(|s| (s.0, s.1)).collect(),
        })
    }
}

impl Payload for MeetingTerms {
    const KIND: Kind = Kind {
        name: "meeting",
        version: 1,
        max: MAX_RECORD,
    };
}

impl Said for MeetingTerms {
    const PURPOSE: Purpose = Purpose::Share;

    fn speaker(&self) -> Option<PersonId> {
        Some(self.organiser)
    }

    fn issued(&self) -> Timestamp {
        self.issued
    }
}
