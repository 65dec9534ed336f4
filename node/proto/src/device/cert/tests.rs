use super::*;
use crate::cbor::to_bytes;
use crate::person::tests::{DAY, at, day, device, kem, listing, log, person_key};
use crate::person::{PersonEntry, Reason};

fn cert(log: &PersonLog) -> Signed<DeviceCert> {
    DeviceCert::from_log(log, &device(1), day(1))
        .unwrap()
        .sign(&person_key(0))
        .unwrap()
}

fn check(cert: &Signed<DeviceCert>, log: &PersonLog, n: u32) -> Result<Certified, CertError> {
    DeviceCert::check(Unverified::parse(cert.bytes()).unwrap(), log, &at(n))
}

fn grown(mut log: PersonLog, n: u32, change: impl FnOnce(&mut PersonEntry)) -> PersonLog {
    let mut e = log.draft(day(n)).unwrap();
    change(&mut e);
    let entry = e.sign(&[&person_key(0)]).unwrap();
    let _ = log.apply(entry, &at(n)).unwrap();
    log
}

#[test]
fn a_certificate_says_what_the_log_says() {
    let log = log(false);
    let certified = check(&cert(&log), &log, 2).unwrap();
    assert_eq!(certified.cert().device, device(1));
    assert_eq!(
        certified.until(),
        log.state().device(&device(1)).unwrap().expires
    );
    assert_eq!(DeviceCert::from_log(&log, &device(2), day(1)), None);
    assert_eq!(DeviceCert::from_log(&log, &device(1), day(365)), None);
}

#[test]
fn the_log_has_the_last_word() {
    let log = log(false);
    let cert = cert(&log);
    let expires = day(365);
    assert_eq!(
        check(&cert, &log, 365),
        Err(CertError::Validity(ValidityError::Expired))
    );
    let revoked = grown(log.clone(), 2, |e| {
        e.revoke(device(1), day(2), Reason::LOST)
    });
    assert_eq!(
        check(&cert, &revoked, 2),
        Err(CertError::Denied(Denial::Revoked { since: day(2) }))
    );
    let rekeyed = grown(log.clone(), 2, |e| {
        e.list(crate::person::Listing::new(
            device(1),
            kem(2),
            day(0),
            expires,
        ));
    });
    assert_eq!(check(&cert, &rekeyed, 2), Err(CertError::Outdated));
    let shortened = grown(log.clone(), 2, |e| {
        e.list(crate::person::Listing::new(
            device(1),
            kem(1),
            day(0),
            day(3),
        ));
    });
    assert_eq!(check(&cert, &shortened, 2).unwrap().until(), day(3));
    assert_eq!(
        check(&cert, &shortened, 4),
        Err(CertError::Denied(Denial::Expired { since: day(3) }))
    );
}

#[test]
fn a_newer_certificate_asks_for_the_newer_log() {
    let old = log(false);
    let new = grown(old.clone(), 1, |e| e.list(listing(2, e.issued)));
    assert_eq!(
        check(&cert(&new), &old, 2),
        Err(CertError::LogBehind {
            have: 0,
            offered: 1
        })
    );
    // An older one that still says the same is as good.
    assert!(check(&cert(&old), &new, 2).is_ok());
}

#[test]
fn only_the_person_key_certifies_and_only_its_own() {
    let log = log(false);
    let by_another = DeviceCert::from_log(&log, &device(1), day(1))
        .unwrap()
        .sign(&person_key(1))
        .unwrap();
    assert_eq!(
        check(&by_another, &log, 2),
        Err(CertError::Record(RecordError::OtherSigner))
    );
    let other = crate::person::tests::log(true);
    assert_eq!(check(&cert(&other), &log, 2), Err(CertError::OtherPerson));
    let alone = |n| {
        let record = Unverified::parse(cert(&log).bytes()).unwrap();
        DeviceCert::check_alone(record, &log.id(), &log.key(), &at(n)).is_ok()
    };
    assert!(alone(2) && !alone(365));
}

#[test]
fn a_certificate_is_bounded_in_time_and_size() {
    let mut cert = DeviceCert::from_log(&log(false), &device(1), day(1)).unwrap();
    cert.validity = Validity::starting(day(1), MAX_CERTIFIED + DAY);
    let long = cert.sign(&person_key(0)).unwrap();
    assert_eq!(
        check(&long, &log(false), 2),
        Err(CertError::Validity(ValidityError::Span))
    );
    cert.device = DeviceId::from_bytes([0; 32]);
    assert!(crate::cbor::from_bytes::<DeviceCert>(&to_bytes(&cert), 2048).is_err());
}
