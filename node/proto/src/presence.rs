//! Presence: whether a person can be reached, why not, and who may know
//! (DISC-4; spec 07, "Presence").
//!
//! It is said as [`crate::meet::Message::Presence`] on an authenticated
//! connection, device to device, and holds only as long as that connection.
//! It is never stored, never passed on, and so not signed. What a person who
//! isn't connected is shown as ("reachable through Ben's laptop") each node
//! works out for itself.

use std::collections::BTreeSet;

use crate::cbor::{DecodeError, MapBuilder, MapReader};
use crate::id::PersonId;
use crate::time::Timestamp;

/// What somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// 1: there.
    Available,
    /// 2: not at the computer.
    Away,
    /// 3: there, and not to be disturbed.
    Busy,
    /// 4: sharing or seeing a screen.
    Sharing,
    /// 5: says nothing. Who is hidden from somebody sends this once, and
    /// then no more.
    Hidden,
}

impl State {
    const fn number(self) -> u64 {
        match self {
            Self::Available => 1,
            Self::Away => 2,
            Self::Busy => 3,
            Self::Sharing => 4,
            Self::Hidden => 5,
        }
    }

    const fn from_number(n: u64) -> Option<Self> {
        match n {
            1 => Some(Self::Available),
            2 => Some(Self::Away),
            3 => Some(Self::Busy),
            4 => Some(Self::Sharing),
            5 => Some(Self::Hidden),
            _ => None,
        }
    }
}

/// Why, as a code that is shown in the reader's language (UI-6). One that
/// isn't known here is shown as none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Reason(pub u16);

impl Reason {
    /// No reason given.
    pub const NONE: Self = Self(0);
    /// The computer wasn't used for a while.
    pub const IDLE: Self = Self(1);
    /// The screen is locked.
    pub const LOCKED: Self = Self(2);
    /// In a call.
    pub const CALL: Self = Self(3);
    /// In a meeting.
    pub const MEETING: Self = Self(4);
    /// Said so by hand.
    pub const BY_HAND: Self = Self(5);
}

/// What a device says of its person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presence {
    /// What the person is.
    pub state: State,
    /// Why.
    pub reason: Reason,
    /// Since when, if that is said.
    pub since: Option<Timestamp>,
}

const STATE: i64 = 1;
const REASON: i64 = 2;
const SINCE: i64 = 3;

impl Presence {
    /// Just the state: without a reason, and not since when.
    #[must_use]
    pub const fn of(state: State) -> Self {
        Self {
            state,
            reason: Reason::NONE,
            since: None,
        }
    }

    /// Its fields in a meeting message.
    pub(crate) fn put(&self, map: MapBuilder) -> MapBuilder {
        let reason = Some(self.reason.0).filter(|r| *r != 0);
        map.put(STATE, &self.state.number())
            .put_opt(REASON, reason.as_ref())
            .put_opt(SINCE, self.since.as_ref())
    }

    /// Takes its fields; `None` for a state that isn't known here: a newer
    /// program says something that can't be shown, so nothing is said.
    pub(crate) fn take(r: &mut MapReader) -> Result<Option<Self>, DecodeError> {
        let state = State::from_number(r.req(STATE)?);
        let reason = match r.opt::<u16>(REASON)? {
            // An absent reason has one form.
            Some(0) => return Err(DecodeError::OutOfRange),
            reason => Reason(reason.unwrap_or_default()),
        };
        let since = r.opt(SINCE)?;
        Ok(state.map(|state| Self {
            state,
            reason,
            since,
        }))
    }
}

/// Who may see one's presence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// Every contact.
    Contacts,
    /// These, whoever they are in.
    Only(BTreeSet<PersonId>),
    /// Every contact but these.
    Except(BTreeSet<PersonId>),
    /// Nobody: also no mDNS and no DHT record (DISC-4).
    Nobody,
}

/// A person's rules: their own, and what signed policy demands. Policy only
/// hides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// The person's own rule.
    pub own: Audience,
    /// What the organisation's policy allows at most; [`Audience::Contacts`]
    /// without one.
    pub policy: Audience,
}

impl Audience {
    /// Whether `person`, a contact, is in it.
    #[must_use]
    pub fn admits(&self, person: &PersonId) -> bool {
        match self {
            Self::Contacts => true,
            Self::Only(these) => these.contains(person),
            Self::Except(these) => !these.contains(person),
            Self::Nobody => false,
        }
    }
}

impl Rules {
    /// What `person`, a contact, is told.
    #[must_use]
    pub fn shown_to(&self, person: &PersonId, presence: &Presence) -> Presence {
        match self.admits(person) {
            true => *presence,
            // Not even since when.
            false => Presence::of(State::Hidden),
        }
    }

    /// Whether `person`, a contact, may see it at all.
    #[must_use]
    pub fn admits(&self, person: &PersonId) -> bool {
        self.own.admits(person) && self.policy.admits(person)
    }

    /// Whether mDNS and DHT may name this device at all.
    #[must_use]
    pub fn may_publish(&self) -> bool {
        self.own != Audience::Nobody && self.policy != Audience::Nobody
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(n: u8) -> PersonId {
        PersonId::from_bytes([n; 32])
    }

    fn presence() -> Presence {
        Presence {
            state: State::Busy,
            reason: Reason::CALL,
            since: Some(Timestamp::from_secs(100)),
        }
    }

    #[test]
    fn rules_only_hide() {
        // DISC-4
        let mut rules = Rules {
            own: Audience::Except([person(2)].into()),
            policy: Audience::Contacts,
        };
        assert_eq!(rules.shown_to(&person(1), &presence()), presence());
        let hidden = rules.shown_to(&person(2), &presence());
        assert_eq!(hidden, Presence::of(State::Hidden));
        assert_eq!((hidden.reason, hidden.since), (Reason::NONE, None));
        rules.policy = Audience::Only([person(3)].into());
        assert_eq!(rules.shown_to(&person(1), &presence()).state, State::Hidden);
        assert!(rules.may_publish());
        rules.own = Audience::Nobody;
        assert!(!rules.may_publish());
        assert_eq!(rules.shown_to(&person(3), &presence()).state, State::Hidden);
    }
}
