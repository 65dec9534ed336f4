use core::time::Duration;

use kith_proto::clock::JudgedTime;
use kith_proto::keys::SigningKey;
use kith_proto::names::Name;
use kith_proto::person::{PersonError, PersonLog, Purpose, revoke_all};
use kith_proto::signed::Cosigned;

use super::*;
use crate::store::Store;

fn day(n: u32) -> Timestamp {
    Timestamp::from_secs(1_790_000_000).after(Duration::from_secs(24 * 3600) * n)
}

fn sheet(n: u8) -> SigningKey {
    SigningKey::from_seed(&[n; 32])
}

/// Anna's account, made on day 0 with sheet 1, and at work since.
async fn anna() -> Account {
    let store = Store::in_memory().unwrap();
    let name = Name::from_typed("Anna").unwrap();
    let made = store.write(move |tx| {
        Account::create(tx, &name, Some(sheet(1).public()), day(0)).unwrap();
        Ok(Account::load(tx, day(0)).unwrap())
    });
    made.await.unwrap()
}

/// At work every ten days, to day `to`.
fn works(account: &mut Account, from: u32, to: u32) {
    for n in (from..to).step_by(10).chain([to]) {
        let _ = account.at_work(day(n));
    }
}

/// What somebody else holds of her log.
fn reader(account: &Account, now: Timestamp) -> PersonLog {
    super::super::judged(account.entries(), &JudgedTime::from_wall(now)).unwrap()
}

fn replace(account: &mut Account, new: u8, n: u32) {
    let grown = account.new_sheet(sheet(new).public(), day(n)).unwrap();
    account.adopt(grown);
}

/// POL-8: a device that is at work shares after a year as before.
#[tokio::test]
async fn a_device_is_renewed_at_half_of_its_time() {
    let mut anna = anna().await;
    works(&mut anna, 0, 182);
    assert_eq!(anna.upkeep(), Upkeep::Nothing);
    works(&mut anna, 182, 183);
    assert_eq!(anna.upkeep(), Upkeep::Due);
    let before = anna.cert().payload().validity.expires;
    let grown = anna.maintained().unwrap();
    anna.adopt(grown);
    assert_eq!(anna.upkeep(), Upkeep::Nothing);
    // By half a day more than half of the first year.
    let half = Duration::from_secs(12 * 3600);
    assert_eq!(anna.certified_until(), Some(day(182 + 365).after(half)));
    assert!(anna.cert().payload().validity.expires > before);
    let now = JudgedTime::from_wall(day(500));
    let log = reader(&anna, day(500));
    assert!(log.permits(&anna.device(), Purpose::Share, &now).is_ok());
    // Nothing else of the listing has changed.
    let first = Cosigned::<PersonEntry>::parse(&anna.entries()[0]).unwrap();
    let first = first.payload().device(&anna.device()).unwrap().clone();
    let renewed = log.state().device(&anna.device()).unwrap();
    assert_eq!((renewed.added, &renewed.kem), (first.added, &first.kem));
}

/// ID-6, and the end of the finder of an old sheet: what he dates back is no
/// good any more, once the time of the sheet is over.
#[tokio::test]
async fn a_replaced_sheet_is_dropped_when_its_time_is_over() {
    let mut anna = anna().await;
    works(&mut anna, 0, 1);
    replace(&mut anna, 2, 1);
    let mut found = reader(&anna, day(1));
    let draft = found.draft(day(1)).unwrap();
    let mut listing = draft.devices[0].clone();
    listing.device = sheet(9).public().into();
    (listing.added, listing.expires) = (draft.issued, draft.issued.after(CERTIFIED));
    let finder = revoke_all(draft, sheet(8).public(), sheet(7).public(), listing)
        .sign(&[&sheet(1), &sheet(8)])
        .unwrap();
    works(&mut anna, 1, 30);
    assert_eq!(anna.upkeep(), Upkeep::Nothing);
    works(&mut anna, 30, 31);
    assert_eq!(anna.upkeep(), Upkeep::Due);
    let grown = anna.maintained().unwrap();
    anna.adopt(grown);
    assert_eq!(anna.upkeep(), Upkeep::Nothing);
    assert_eq!(anna.log().state().outgoing, None);
    // The device wasn't due.
    assert_eq!(anna.certified_until(), Some(day(365)));
    let late = JudgedTime::from_wall(day(180));
    let dropping = Cosigned::parse(anna.entries().last().unwrap()).unwrap();
    let _ = found.apply(dropping, &late).unwrap();
    assert_eq!(found.apply(finder, &late), Err(PersonError::Outranked));
}

/// A home folder comes back from a system backup on another machine, and both
/// go on: whatever one of them has written, the other writes the same.
#[tokio::test]
async fn two_copies_of_one_log_write_the_same_entries() {
    let store = Store::in_memory().unwrap();
    let name = Name::from_typed("Anna").unwrap();
    let made = store.write(move |tx| {
        Account::create(tx, &name, Some(sheet(1).public()), day(0)).unwrap();
        let load = || Account::load(tx, day(0)).unwrap();
        Ok([load(), load()])
    });
    let [mut one, mut other] = made.await.unwrap();
    // Beside the renewal, the end of an old sheet is due.
    let grown = one.new_sheet(sheet(2).public(), day(160)).unwrap();
    other.log = grown.log.clone();
    other.entries.push(grown.entry().to_vec());
    one.adopt(grown);
    // One is at work every ten days, the other slept for a year and a half.
    for n in (160..600).step_by(10) {
        works(&mut one, n, n);
        write_all(&mut one);
    }
    works(&mut other, 600, 620);
    write_all(&mut other);
    assert_eq!(one.entries().len(), 6);
    let behind = one.entries().len().min(other.entries().len());
    assert!(behind > 2);
    assert_eq!(one.entries()[..behind], other.entries()[..behind]);
    assert_eq!(one.certified_until(), other.certified_until());
    assert_eq!(other.upkeep(), Upkeep::Nothing);
}

fn write_all(account: &mut Account) {
    while account.upkeep() == Upkeep::Due {
        let grown = account.maintained().unwrap();
        account.adopt(grown);
    }
}

/// An entry from the year 2040 could never be followed by one of today.
#[tokio::test]
async fn a_wild_clock_writes_nothing() {
    let mut anna = anna().await;
    works(&mut anna, 0, 1);
    replace(&mut anna, 2, 1);
    let _ = anna.at_work(day(5000));
    assert_eq!(anna.upkeep(), Upkeep::Nothing);
}

/// Two machines that continue one log close it to everybody: where a backup
/// holds the newest entry, another may have done so.
#[tokio::test]
async fn after_a_backup_the_person_decides() {
    let store = Store::in_memory().unwrap();
    let name = Name::from_typed("Anna").unwrap();
    let made = store.write(move |tx| {
        Account::create(tx, &name, None, day(0)).unwrap();
        let head = Account::load(tx, day(0)).unwrap().head();
        put_backed_up(tx, &head)?;
        Ok(Account::load(tx, day(0)).unwrap())
    });
    let mut anna = made.await.unwrap();
    works(&mut anna, 0, 200);
    assert_eq!(anna.upkeep(), Upkeep::Held);
    let grown = anna.renewal(day(200)).unwrap();
    anna.adopt(grown);
    assert_eq!(anna.certified_until(), Some(day(565)));
    // The backup doesn't hold what was written since.
    works(&mut anna, 200, 400);
    assert_eq!(anna.upkeep(), Upkeep::Due);
    anna.in_backup(anna.head());
    assert_eq!(anna.upkeep(), Upkeep::Held);
}
