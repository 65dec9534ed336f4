//! What a person shows of themselves (spec 02, "Profile"): the name, a
//! picture's digest, a line of text. Signed by one of the person's devices.

use core::time::Duration;

use ciborium::Value;

use crate::cbor::{Decode, DecodeError, Encode, MapBuilder, MapReader};
use crate::device::ByDevice;
use crate::digest::Digest;
use crate::id::{DeviceId, PersonId};
use crate::names::Name;
use crate::signed::{Kind, Payload};
use crate::time::Timestamp;
use crate::validity::Validity;

/// The longest statement in bytes: one line to show beside a name.
pub const MAX_STATEMENT: usize = 512;

/// A profile is kept until a newer one comes; it ends all the same after ten
/// years, so that no record holds for ever.
pub const LASTS: Duration = Duration::from_secs(3660 * 24 * 3600);

/// What a person shows of themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Who.
    pub person: PersonId,
    /// The device that signed.
    pub device: DeviceId,
    /// Grows with each profile of the person; see [`Profile::replaces`].
    pub seq: u64,
    /// When it was signed.
    pub issued: Timestamp,
    /// The name. It identifies nobody (ID-3).
    pub name: Name,
    /// The digest of a picture, fetched apart.
    pub avatar: Option<Digest>,
    /// A line of text, at most [`MAX_STATEMENT`] bytes; text from others, to
    /// be escaped where it is shown (rule R9).
    pub statement: Option<String>,
}

impl Profile {
    /// Whether this one is shown instead of `other`: the higher number; with
    /// the same number, which two devices may have given at once, the later
    /// time; then the higher device id, so that everybody shows the same.
    #[must_use]
    pub fn replaces(&self, other: &Self) -> bool {
        let rank = |p: &Self| (p.seq, p.issued, p.device);
        self.person == other.person && rank(self) > rank(other)
    }
}

impl ByDevice for Profile {
    const LONGEST: Duration = LASTS;

    fn device(&self) -> DeviceId {
        self.device
    }

    fn person(&self) -> Option<PersonId> {
        Some(self.person)
    }

    fn validity(&self) -> Validity {
        Validity::starting(self.issued, LASTS)
    }
}

impl Payload for Profile {
    const KIND: Kind = Kind {
        name: "profile",
        version: 1,
        max: 2048,
    };
}

impl Encode for Profile {
    fn encode(&self) -> Value {
        MapBuilder::new()
            .put(0, &1u64)
            .put(1, &self.person)
            .put(2, &self.device)
            .put(3, &self.seq)
            .put(4, &self.issued)
            .put(5, &self.name)
            .put_opt(6, self.avatar.as_ref())
            .put_opt(7, self.statement.as_ref())
            .build()
    }
}

impl Decode for Profile {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        r.version(0, 1)?;
        let profile = Self {
            person: r.req(1)?,
            device: r.req(2)?,
            seq: r.req(3)?,
            issued: r.req(4)?,
            name: r.req(5)?,
            avatar: r.opt(6)?,
            statement: r.text(7, MAX_STATEMENT)?,
        };
        let _ = r.finish()?;
        Ok(profile)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::JudgedTime;
    use crate::device::{Live, LiveError};
    use crate::signed::{RecordError, Unverified};
    use crate::testing::key;

    const PERSON: PersonId = PersonId::from_bytes([1; 32]);

    fn profile(device: u64) -> Profile {
        Profile {
            person: PERSON,
            device: key(device).public().into(),
            seq: 3,
            issued: Timestamp::from_secs(1_000_000),
            name: Name::from_typed("Ada").unwrap(),
            avatar: Some(Digest::from_bytes([9; 32])),
            statement: Some("back at noon".into()),
        }
    }

    fn now() -> JudgedTime {
        JudgedTime::from_wall(Timestamp::from_secs(1_000_100))
    }

    #[test]
    fn it_comes_back() {
        let made = Live::sign(&profile(1), &key(1)).unwrap();
        let read = Unverified::parse(made.record().bytes()).unwrap();
        assert_eq!(
            Live::check(read, &made.get().device, &PERSON, &now()),
            Ok(made)
        );
    }

    #[test]
    fn one_device_does_not_speak_for_another_nor_for_another_person() {
        assert_eq!(
            Live::sign(&profile(1), &key(2)),
            Err(LiveError::OtherDevice)
        );
        let made = Live::sign(&profile(1), &key(1)).unwrap();
        let read = || Unverified::<Profile>::parse(made.record().bytes()).unwrap();
        assert_eq!(
            Live::check(
                read(),
                &made.get().device,
                &PersonId::from_bytes([2; 32]),
                &now()
            ),
            Err(LiveError::OtherPerson)
        );
        assert_eq!(
            Live::check(read(), &key(2).public().into(), &PERSON, &now()),
            Err(LiveError::Record(RecordError::OtherSigner))
        );
    }

    #[test]
    fn statements_are_bounded() {
        for (text, ok) in [
            ("x".repeat(512), true),
            ("x".repeat(513), false),
            (String::new(), false),
        ] {
            let p = Profile {
                statement: Some(text),
                ..profile(1)
            };
            assert_eq!(Live::sign(&p, &key(1)).is_ok(), ok);
        }
    }

    #[test]
    fn everybody_shows_the_same_of_two() {
        let (a, b) = (profile(1), profile(2));
        assert!(a.replaces(&b) != b.replaces(&a));
        assert!(!a.replaces(&a));
        let newer = Profile {
            seq: 4,
            ..profile(1)
        };
        assert!(newer.replaces(&a) && newer.replaces(&b));
        let other = Profile {
            person: PersonId::from_bytes([2; 32]),
            seq: 9,
            ..profile(1)
        };
        assert!(!other.replaces(&a));
    }
}
