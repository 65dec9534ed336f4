//! Presence: whether a person can be reached, why not, and who may know
//! (DISC-4; spec 08, "Presence").
//!
//! It is said on an authenticated connection, device to device, and holds
//! only as long as that connection or [`Presence::until`], whichever ends
//! first. It is never stored, never passed on, and so not signed. What a
//! person who isn't connected is shown as ("reachable through Ben's laptop")
//! each node works out for itself.

use core::time::Duration;
use std::collections::BTreeSet;

use ciborium::Value;

use crate::cbor::{self, Decode, DecodeError, Encode, MapBuilder, MapReader};
use crate::id::PersonId;
use crate::time::Timestamp;

/// The longest message in bytes.
pub const MAX_PRESENCE: usize = 256;
/// How long presence holds at most without being said again: an hour.
pub const MAX_VALID: Duration = Duration::from_secs(3600);

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

/// Why, as a code that is shown in the reader's language (UI-6).
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
    /// Since when.
    pub since: Timestamp,
    /// Until when it holds if nothing else is said; at most [`MAX_VALID`]
    /// after `since` or after it was last said.
    pub until: Timestamp,
}

impl Presence {
    /// The bytes of a frame.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        cbor::to_bytes(self)
    }

    /// Reads a frame.
    ///
    /// # Errors
    /// Malformed: the sender's fault.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        cbor::from_bytes(bytes, MAX_PRESENCE)
    }

    /// Until when to believe it, having heard it at `now`: a sender can't
    /// make itself present for ever.
    #[must_use]
    pub fn holds_until(&self, now: Timestamp) -> Timestamp {
        self.until.min(now.after(MAX_VALID))
    }
}

impl Encode for Presence {
    fn encode(&self) -> Value {
        let state: u8 = match self.state {
            State::Available => 1,
            State::Away => 2,
            State::Busy => 3,
            State::Sharing => 4,
            State::Hidden => 5,
        };
        MapBuilder::new()
            .put(0, &1u64)
            .put(1, &state)
            .put(2, &self.reason.0)
            .put(3, &self.since)
            .put(4, &self.until)
            .build()
    }
}

impl Decode for Presence {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        r.version(0, 1)?;
        let presence = Self {
            state: match r.req::<u8>(1)? {
                1 => State::Available,
                2 => State::Away,
                3 => State::Busy,
                4 => State::Sharing,
                5 => State::Hidden,
                _ => return Err(DecodeError::OutOfRange),
            },
            reason: Reason(r.req(2)?),
            since: r.req(3)?,
            until: r.req(4)?,
        };
        let _ = r.finish()?;
        Ok(presence)
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
        match self.own.admits(person) && self.policy.admits(person) {
            true => *presence,
            // Not even since when.
            false => Presence {
                state: State::Hidden,
                reason: Reason::NONE,
                since: Timestamp::EPOCH,
                until: Timestamp::EPOCH,
            },
        }
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
            since: Timestamp::from_secs(100),
            until: Timestamp::from_secs(100_000),
        }
    }

    #[test]
    fn it_comes_back() {
        let p = presence();
        assert_eq!(Presence::from_bytes(&p.to_bytes()), Ok(p));
        let mut state = p.to_bytes();
        let at = state.iter().position(|b| *b == 3).unwrap();
        state[at] = 9;
        assert_eq!(Presence::from_bytes(&state), Err(DecodeError::OutOfRange));
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
        assert_eq!((hidden.state, hidden.reason), (State::Hidden, Reason::NONE));
        assert_eq!(hidden.since, Timestamp::EPOCH);
        rules.policy = Audience::Only([person(3)].into());
        assert_eq!(rules.shown_to(&person(1), &presence()).state, State::Hidden);
        assert!(rules.may_publish());
        rules.own = Audience::Nobody;
        assert!(!rules.may_publish());
        assert_eq!(rules.shown_to(&person(3), &presence()).state, State::Hidden);
    }

    #[test]
    fn nobody_is_present_for_ever() {
        let now = Timestamp::from_secs(200);
        assert_eq!(presence().holds_until(now), now.after(MAX_VALID));
    }
}
