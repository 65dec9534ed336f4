//! Nine people with one device each, whose ids ascend with their numbers.

use std::sync::OnceLock;

use kith_proto::clock::JudgedTime;
use kith_proto::id::{DeviceId, PersonId};
use kith_proto::kem::{KemId, KemKey, KemKeys};
use kith_proto::keys::SigningKey;
use kith_proto::person::{Listing, PersonEntry, PersonLog, Reason};
use kith_proto::policy::checked::{Checked, Said};

use super::{DAY, NOW};
use crate::key;

pub(super) struct Person {
    pub(super) log: PersonLog,
    /// The seed of the key of the device.
    seed: u8,
}

impl Person {
    fn new(n: u8) -> Self {
        let (own, seed) = (key(100 + n), 120 + n);
        let born = NOW.before(DAY * 10);
        let mut e = PersonEntry::genesis(own.public(), None, born);
        let kem = KemKey {
            kem: KemId::X25519,
            public: vec![n; 32],
        };
        let kems = KemKeys::new(vec![kem]).unwrap();
        let device = DeviceId::from(key(seed).public());
        e.list(Listing::new(device, kems, born, born.after(DAY * 365)));
        let log = PersonLog::start(e.sign(&[&own]).unwrap(), &at(0)).unwrap();
        Self { log, seed }
    }

    pub(super) fn key(&self) -> SigningKey {
        key(self.seed)
    }

    /// What the device says today.
    pub(super) fn says<T: Said>(&self, payload: &T) -> Checked<T> {
        Checked::sign(payload, &self.key(), &self.log, &at(0)).unwrap()
    }

    /// The log after the device was revoked, yesterday.
    pub(super) fn revoked(&self) -> PersonLog {
        let mut log = self.log.clone();
        let own = log.key();
        let n = (101..110).find(|n| key(*n).public() == own).unwrap();
        let mut e = log.draft(NOW.before(DAY)).unwrap();
        e.revoke(
            key(self.seed).public().into(),
            NOW.before(DAY),
            Reason::LOST,
        );
        let _ = log.apply(e.sign(&[&key(n)]).unwrap(), &at(0)).unwrap();
        log
    }
}

/// `NOW` and some days.
pub(super) fn at(days: u32) -> JudgedTime {
    JudgedTime::from_wall(NOW.after(DAY * days))
}

fn all() -> &'static [Person] {
    static ALL: OnceLock<Vec<Person>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut all: Vec<Person> = (1..=9).map(Person::new).collect();
        all.sort_by_key(|p| p.log.id());
        all
    })
}

/// Number `n`, from 1 on.
pub(super) fn person(n: u8) -> &'static Person {
    &all()[usize::from(n) - 1]
}

pub(super) fn id(n: u8) -> PersonId {
    person(n).log.id()
}

pub(super) fn of(id: PersonId) -> &'static Person {
    all().iter().find(|p| p.log.id() == id).unwrap()
}
