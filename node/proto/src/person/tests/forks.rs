use super::*;
use crate::person::entry::Reason;
use crate::person::rules::{RuleError, Signer};
use crate::person::{Applied, Denial, DeviceStatus, Fork, Permit, PersonError, Purpose};

/// Two entries with the same number: both kept, nothing new believed.
fn forked() -> (PersonLog, Doc, Doc) {
    let mut log = log(true);
    let ours = plain(&log, 1, |e| e.list(listing(2, e.issued)));
    let theirs = plain(&log, 1, |e| e.list(listing(3, e.issued)));
    takes(&mut log, 1, ours.clone());
    assert_eq!(log.apply(theirs.clone(), &at(1)), Ok(Applied::Forked));
    (log, ours, theirs)
}

#[test]
fn a_fork_is_kept_and_closes_the_log() {
    let (mut log, ours, theirs) = forked();
    assert_eq!(log.head(), &ours);
    assert_eq!(
        log.fork(),
        Some(&Fork {
            theirs: theirs.clone()
        })
    );
    refuses(&log, 2, plain(&log, 2, |_| {}), PersonError::Forked);
    assert_eq!(log.apply(theirs, &at(1)), Ok(Applied::Known));
    // The device on both branches goes on talking; nothing new is believed.
    let ask = |n, p| log.permits(&device(n), p, &at(1));
    assert_eq!(ask(1, Purpose::Talk), Ok(Permit::Contested));
    assert_eq!(ask(1, Purpose::Share), Err(Denial::Forked));
    assert_eq!(ask(1, Purpose::Meet), Err(Denial::Forked));
    assert_eq!(ask(2, Purpose::Talk), Err(Denial::Forked));
    assert_eq!(ask(3, Purpose::Talk), Err(Denial::Unknown));
    let parts = (
        log.before().cloned(),
        log.head().clone(),
        log.fork().cloned(),
    );
    assert_eq!(
        PersonLog::resume(log.id(), parts.0, parts.1, parts.2),
        Ok(log)
    );
}

#[test]
fn an_entry_on_top_of_another_history_is_a_fork_too() {
    let (_, ours, theirs) = forked();
    let mut log = log(true);
    takes(&mut log, 1, theirs);
    let mut other = super::log(true);
    takes(&mut other, 1, ours);
    let next = plain(&other, 2, |_| {});
    assert_eq!(log.apply(next, &at(2)), Ok(Applied::Forked));
}

#[test]
fn a_fork_needs_a_signature_that_counts() {
    let mut log = log(true);
    let base = log.clone();
    takes(
        &mut log,
        1,
        plain(&base, 1, |e| e.list(listing(2, e.issued))),
    );
    let forged = step(&base, 1, &[&person_key(7)], |e| {
        e.list(listing(3, e.issued))
    });
    refuses(
        &log,
        1,
        forged,
        RuleError::MissingSignature(Signer::Entitled),
    );
    let wrong = plain(&base, 1, |e| e.devices.clear());
    refuses(&log, 1, wrong, RuleError::Vanished(device(1)));
}

#[test]
fn only_a_recovery_ends_a_fork() {
    let (mut log, ..) = forked();
    grow(&mut log, 2, |l| recovery(l, 2, &sheet_key(0)));
    assert_eq!(log.fork(), None);
    assert!(log.permits(&device(9), Purpose::Share, &at(2)).is_ok());
}

/// A thief who holds the person key adds a sheet of his own on a second
/// branch: it doesn't end the fork, the owner's does.
#[test]
fn a_thief_does_not_end_a_fork_with_a_sheet_of_his_own() {
    let mut log = log(true);
    let base = log.clone();
    takes(
        &mut log,
        1,
        plain(&base, 1, |e| e.list(listing(2, e.issued))),
    );
    let theft = base
        .draft(day(1))
        .unwrap()
        .replace_recovery(Some(sheet_key(66).public()));
    let theft = theft.unwrap().sign(&[&person_key(0)]).unwrap();
    assert_eq!(log.apply(theft.clone(), &at(1)), Ok(Applied::Forked));
    let mut thief = base.clone();
    takes(&mut thief, 1, theft);
    let taken = recovery(&thief, 2, &sheet_key(66));
    refuses(&log, 2, taken, PersonError::Forked);
    // On either branch, the owner's sheet counts.
    takes(&mut log.clone(), 2, recovery(&thief, 2, &sheet_key(0)));
    takes(&mut log.clone(), 2, recovery(&log, 2, &sheet_key(0)));
}

#[test]
fn a_recovery_wins_against_an_entry_of_the_same_number() {
    let mut log = log(true);
    let base = log.clone();
    let theft = plain(&base, 1, |e| e.list(listing(66, e.issued)));
    takes(&mut log, 1, theft.clone());
    let owner = recovery(&base, 1, &sheet_key(0));
    takes(&mut log, 1, owner.clone());
    assert_eq!(
        log.device_status(&device(66), &at(1)),
        DeviceStatus::Unknown
    );
    // In the other order: the same state.
    let mut other = base;
    takes(&mut other, 1, owner);
    refuses(&other, 1, theft, PersonError::Outranked);
    assert_eq!(log, other);
}

#[test]
fn a_recovery_of_a_fork_undoes_no_revocation() {
    let mut log = log(true);
    let base = log.clone();
    takes(&mut log, 1, plain(&base, 1, |_| {}));
    let theirs = plain(&base, 1, |e| e.revoke(device(1), e.issued, Reason::LOST));
    assert_eq!(log.apply(theirs, &at(1)), Ok(Applied::Forked));
    let keeps = step(&log, 2, &[&sheet_key(0), &person_key(1)], |e| {
        e.key = person_key(1).public();
        e.recovery = Some(sheet_key(1).public());
    });
    refuses(&log, 2, keeps, RuleError::RevokedReturns(device(1)));
}
