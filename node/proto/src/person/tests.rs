//! The log's rules, one by one, then as properties: histories that honest
//! devices make are taken whole; altered ones are refused.

mod forks;
mod history;
mod old_sheets;
mod steps;

use core::time::Duration;

use crate::clock::JudgedTime;
use crate::id::DeviceId;
use crate::kem::{KemId, KemKey, KemKeys};
use crate::keys::SigningKey;
use crate::signed::Cosigned;
use crate::testing::key;
use crate::time::Timestamp;

use super::entry::{CERTIFIED, Listing, PersonEntry};
use super::log::{Applied, PersonError, PersonLog};
use super::rules::revoke_all;

pub(crate) const DAY: Duration = Duration::from_secs(86_400);

/// The first entry's time in these tests.
pub(crate) fn start() -> Timestamp {
    Timestamp::from_secs(1_750_000_000)
}

pub(crate) fn day(n: u32) -> Timestamp {
    start().after(DAY * n)
}

pub(crate) fn at(n: u32) -> JudgedTime {
    JudgedTime::from_wall(day(n))
}

/// The person key, in its several generations.
pub(crate) fn person_key(n: u64) -> SigningKey {
    key(1000 + n)
}

/// The recovery key, in its several generations.
pub(crate) fn sheet_key(n: u64) -> SigningKey {
    key(2000 + n)
}

pub(crate) fn device(n: u64) -> DeviceId {
    key(n).public().into()
}

pub(crate) fn kem(n: u8) -> KemKeys {
    let public = vec![n; 32];
    KemKeys::new(vec![KemKey {
        kem: KemId::X25519,
        public,
    }])
    .unwrap()
}

/// Device `n`, listed at `added` for a year.
pub(crate) fn listing(n: u64, added: Timestamp) -> Listing {
    Listing::new(device(n), kem(1), added, added.after(CERTIFIED))
}

/// The first entry, with device 1 and, where asked for, a sheet.
pub(crate) fn genesis(sheet: bool) -> Cosigned<PersonEntry> {
    let recovery = sheet.then(|| sheet_key(0).public());
    let mut e = PersonEntry::genesis(person_key(0).public(), recovery, start());
    e.list(listing(1, start()));
    e.sign(&[&person_key(0)]).unwrap()
}

pub(crate) fn log(sheet: bool) -> PersonLog {
    PersonLog::start(genesis(sheet), &at(0)).unwrap()
}

pub(crate) type Doc = Cosigned<PersonEntry>;

/// The next entry of `log` on `day`, changed by `change`, signed by `keys`.
pub(crate) fn step(
    log: &PersonLog,
    n: u32,
    keys: &[&SigningKey],
    change: impl FnOnce(&mut PersonEntry),
) -> Doc {
    let mut e = log.draft(day(n)).unwrap();
    change(&mut e);
    e.sign(keys).unwrap()
}

/// An ordinary step by the first person key.
pub(crate) fn plain(log: &PersonLog, n: u32, change: impl FnOnce(&mut PersonEntry)) -> Doc {
    step(log, n, &[&person_key(0)], change)
}

#[track_caller]
pub(crate) fn takes(log: &mut PersonLog, n: u32, entry: Doc) {
    let applied = log.apply(entry, &at(n)).unwrap();
    assert!(matches!(applied, Applied::Grown(_)), "{applied:?}");
}

#[track_caller]
pub(crate) fn grow(log: &mut PersonLog, n: u32, make: impl FnOnce(&PersonLog) -> Doc) {
    let entry = make(log);
    takes(log, n, entry);
}

#[track_caller]
pub(crate) fn refuses(log: &PersonLog, n: u32, entry: Doc, why: impl Into<PersonError>) {
    let mut copy = log.clone();
    assert_eq!(copy.apply(entry, &at(n)), Err(why.into()));
    assert_eq!(copy, *log, "a refused entry changes nothing");
}

/// A recovery of `log` to person key 1, sheet 1 and device 9.
pub(crate) fn recovery(log: &PersonLog, n: u32, sheet: &SigningKey) -> Doc {
    let e = log.draft(day(n)).unwrap();
    let (key, new) = (person_key(1).public(), sheet_key(1).public());
    let issued = e.issued;
    revoke_all(e, key, new, listing(9, issued))
        .sign(&[sheet, &person_key(1)])
        .unwrap()
}
