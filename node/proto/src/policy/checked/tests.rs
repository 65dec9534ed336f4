use core::time::Duration;

use super::*;
use crate::person::tests::{DAY, at, day, device, grow, listing, log, plain, start};
use crate::person::{PersonEntry, Reason};
use crate::policy::application::AppName;
use crate::policy::cap::{Cap, Duties, Preset};
use crate::policy::consent::{ConsentEnd, GivenConsent, StandingConsent};
use crate::policy::meeting::{MeetingError, MeetingState, MeetingTerms};
use crate::policy::profile::{Profile, Terms};
use crate::policy::testing::{person, room};
use crate::testing::key;
use crate::validity::Validity;

/// The person whose log [`log`] is has device 1 alone.
fn terms(of: PersonId, issued: Timestamp) -> Terms {
    Profile::open(of, issued).terms_for(person(2), Validity::starting(issued, DAY))
}

fn settings(of: PersonId) -> MeetingTerms {
    MeetingTerms::new(room(1), of, start(), Preset::ViewOnly.cap())
}

fn consent(of: PersonId) -> StandingConsent {
    StandingConsent {
        sharer: of,
        viewer: person(2),
        application: AppName::new("editor").unwrap(),
        allows: Preset::OneApplication.cap(),
        validity: Validity::starting(start(), 30 * DAY),
        waives: Duties::BUILT_IN,
    }
}

/// As it comes from outside.
fn received<T: Said>(payload: &T, by: u64) -> Unverified<T> {
    let record = Signed::sign(payload, &key(by)).unwrap();
    Unverified::parse(record.bytes()).unwrap()
}

fn refused<T: Said + core::fmt::Debug + PartialEq>(payload: &T, by: u64, n: u32) -> CheckError {
    Checked::check(received(payload, by), &log(false), &at(n)).unwrap_err()
}

#[test]
fn a_device_of_the_person_speaks() {
    let log = log(false);
    let made = Checked::sign(&settings(log.id()), &key(1), &log, &at(0)).unwrap();
    let read = Checked::check(Unverified::parse(made.bytes()).unwrap(), &log, &at(0)).unwrap();
    assert_eq!(read, made);
    assert_eq!((read.person(), read.device()), (log.id(), device(1)));
    assert_eq!(read.get(), &settings(log.id()));
    let mut meeting = MeetingState::new(room(1), log.id());
    assert!(meeting.apply(read).is_ok());
    let mut other = MeetingState::new(room(1), person(1));
    assert_eq!(other.apply(made), Err(MeetingError::OtherMeeting));
}

#[test]
fn nobody_else_does() {
    let me = log(false).id();
    let unknown = CheckError::Signer(Denial::Unknown);
    assert_eq!(refused(&terms(me, start()), 2, 0), unknown);
    assert_eq!(refused(&settings(me), 2, 0), unknown);
    assert_eq!(refused(&consent(me), 2, 0), unknown);
    // Nor one's own devices for somebody else.
    for e in [
        refused(&terms(person(3), start()), 1, 0),
        refused(&settings(person(3)), 1, 0),
        refused(&consent(person(3)), 1, 0),
    ] {
        assert_eq!(e, CheckError::OtherPerson);
        assert_eq!(e.blame(), Blame::Misbehaved);
    }
    let signed = Checked::sign(&settings(person(3)), &key(1), &log(false), &at(0));
    assert_eq!(signed, Err(CheckError::OtherPerson));
    let signed = Checked::sign(&settings(me), &key(2), &log(false), &at(0));
    assert_eq!(signed, Err(unknown));
}

#[test]
fn every_bit_counts() {
    let log = log(false);
    let bytes = Signed::sign(&settings(log.id()), &key(1)).unwrap();
    for i in 0..bytes.bytes().len() {
        let mut b = bytes.bytes().to_vec();
        b[i] ^= 1;
        let read = Unverified::<MeetingTerms>::parse(&b).map_err(CheckError::from);
        let checked = read.and_then(|r| Checked::check(r, &log, &at(0)));
        assert!(checked.is_err(), "byte {i}");
    }
}

#[test]
fn nothing_is_said_in_the_future() {
    let me = log(false).id();
    let ahead = |d: Duration| terms(me, start().after(d));
    let check = |t: &Terms| Checked::check(received(t, 1), &log(false), &at(0)).map(|_| ());
    assert_eq!(check(&ahead(MAX_SKEW)), Ok(()));
    let more = MAX_SKEW + Duration::from_millis(1);
    assert_eq!(check(&ahead(more)), Err(CheckError::FromTheFuture));
    // What is over is still what was said: a decision must know it.
    let old = Checked::check(received(&terms(me, start()), 1), &log(false), &at(9));
    assert!(!old.unwrap().get().hold(day(9)));
}

/// `person(..)` with device 1 revoked on day 5.
fn revoked() -> PersonLog {
    let mut log = log(false);
    grow(&mut log, 5, |l| {
        plain(l, 5, |e: &mut PersonEntry| {
            e.list(listing(3, day(5)));
            e.revoke(device(1), day(5), Reason::LOST);
        })
    });
    log
}

#[test]
fn a_device_that_was_revoked_or_has_lapsed_speaks_no_more() {
    let before = log(false);
    let me = before.id();
    let said = Checked::sign(&settings(me), &key(1), &before, &at(0)).unwrap();
    assert_eq!(said.still(&before, &at(6)), Ok(()));
    let gone = CheckError::Signer(Denial::Revoked { since: day(5) });
    assert_eq!(said.still(&revoked(), &at(6)), Err(gone.clone()));
    let checked = Checked::check(received(&settings(me), 1), &revoked(), &at(6));
    assert_eq!(checked, Err(gone));
    // A certificate lasts a year: then what only takes away is heard still.
    let lapsed = |e| matches!(e, CheckError::Signer(Denial::Expired { .. }));
    assert!(lapsed(refused(&settings(me), 1, 400)));
    assert!(lapsed(refused(&consent(me), 1, 400)));
    assert!(Checked::check(received(&terms(me, start()), 1), &before, &at(400)).is_ok());
    let end = ConsentEnd {
        consent: said.digest(),
        issued: start(),
    };
    assert!(Checked::check(received(&end, 1), &before, &at(400)).is_ok());
    // Another person's log says nothing about it.
    let other = PersonLog::start(
        PersonEntry::genesis(key(77).public(), None, start())
            .sign(&[&key(77)])
            .unwrap(),
        &at(0),
    )
    .unwrap();
    assert_eq!(said.still(&other, &at(0)), Err(CheckError::OtherPerson));
}

#[test]
fn a_standing_consent_ends_when_its_owner_says_so() {
    let log = log(false);
    let mut c = consent(log.id());
    let said = Checked::sign(&c, &key(1), &log, &at(0)).unwrap();
    let given = GivenConsent::standing(&said, [].iter()).unwrap();
    assert_eq!((given.id(), given.consent()), (said.digest(), &c));
    let end = |consent| ConsentEnd {
        consent,
        issued: start(),
    };
    let other = Checked::sign(&end(Digest::from_bytes([1; 32])), &key(1), &log, &at(0)).unwrap();
    assert!(GivenConsent::standing(&said, [other.clone()].iter()).is_some());
    let ends = Checked::sign(&end(said.digest()), &key(1), &log, &at(0)).unwrap();
    assert!(GivenConsent::standing(&said, [other, ends].iter()).is_none());
    // Nobody else can end it.
    let foreign = Checked::assumed(end(said.digest()), person(2));
    assert!(GivenConsent::standing(&said, [foreign].iter()).is_some());
    // More than one application, or more than a year, isn't a consent.
    c.allows.view = crate::rights::Scope::Applications;
    assert!(Signed::sign(&c, &key(1)).is_err());
    c.allows = Cap {
        view: crate::rights::Scope::Window,
        ..Cap::OPEN
    };
    c.validity.expires = start().after(400 * DAY);
    assert!(Signed::sign(&c, &key(1)).is_err());
}
