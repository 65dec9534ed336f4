use core::time::Duration;

use super::*;
use crate::clock::MAX_SKEW;
use crate::keys::PublicKey;
use crate::person::entry::{
    MAX_CERTIFIED, MAX_DEVICES, MAX_REVOKED, OUTGOING, Outgoing, Reason, Revocation,
};
use crate::person::rules::{Change, RuleError, Signer};
use crate::person::{Applied, Denial, DeviceStatus, Permit, PersonError, Purpose};
use crate::signed::RecordError;

#[test]
fn the_id_survives_every_change_of_keys() {
    let mut log = log(true);
    let id = log.id();
    assert_eq!(*id.as_bytes(), *genesis(true).digest().as_bytes());
    let rotated = step(&log, 1, &[&person_key(0), &person_key(1)], |e| {
        e.key = person_key(1).public();
    });
    assert_eq!(
        log.apply(rotated, &at(1)),
        Ok(Applied::Grown(Change::Rotation))
    );
    let recovered = step(&log, 2, &[&sheet_key(0), &person_key(2)], |e| {
        e.key = person_key(2).public();
        e.recovery = Some(sheet_key(1).public());
    });
    assert_eq!(
        log.apply(recovered, &at(2)),
        Ok(Applied::Grown(Change::Recovery))
    );
    assert_eq!((log.id(), log.key()), (id, person_key(2).public()));
}

#[test]
fn a_first_entry_is_bare_and_signed_by_its_own_key() {
    let e = || PersonEntry::genesis(person_key(0).public(), None, start());
    let judge = |e: PersonEntry, keys: &[&SigningKey]| {
        PersonLog::start(e.sign(keys).unwrap(), &at(0)).map(|l| l.seq())
    };
    let k = person_key(0);
    assert_eq!(judge(e(), &[&k]), Ok(0));
    assert_eq!(
        judge(e(), &[&person_key(1)]),
        Err(RuleError::MissingSignature(Signer::Entitled).into())
    );
    assert_eq!(
        judge(e(), &[&k, &person_key(1)]),
        Err(RuleError::ExtraSignature.into())
    );
    let form = Err(RuleError::Form.into());
    let with = |change: fn(&mut PersonEntry)| {
        let mut e = e();
        change(&mut e);
        judge(e, &[&k])
    };
    assert_eq!(with(|e| e.seq = 1), form);
    assert_eq!(
        with(|e| e.person = Some(genesis(false).digest().into())),
        form
    );
    assert_eq!(with(|e| e.previous = Some(genesis(false).digest())), form);
    assert_eq!(with(|e| e.revoke(device(1), start(), Reason::LOST)), form);
    assert_eq!(
        with(|e| {
            let key = sheet_key(0).public();
            e.outgoing = Some(Outgoing { key, until: day(9) });
        }),
        form
    );
    assert_eq!(
        with(|e| e.recovery = Some(e.key)),
        Err(RuleError::SameKey.into())
    );
    assert_eq!(
        with(|e| e.list(listing(1, day(1)))),
        Err(RuleError::Added(device(1)).into())
    );
}

#[test]
fn links_and_numbers_are_checked() {
    let log = log(false);
    refuses(
        &log,
        1,
        plain(&log, 1, |e| e.seq = 2),
        PersonError::Gap {
            have: 0,
            offered: 2,
        },
    );
    let other = genesis(true).digest();
    let unsigned = step(&log, 1, &[&person_key(5)], |e| e.previous = Some(other));
    refuses(&log, 1, unsigned, RuleError::Previous);
    refuses(
        &log,
        1,
        plain(&log, 1, |e| e.previous = None),
        RuleError::Form,
    );
    refuses(
        &log,
        1,
        plain(&log, 1, |e| e.person = Some(other.into())),
        PersonError::OtherPerson,
    );
    refuses(&log, 1, genesis(true), PersonError::OtherPerson);
}

#[test]
fn time_never_goes_back_and_not_far_ahead() {
    let mut log = log(false);
    grow(&mut log, 5, |l| plain(l, 5, |_| {}));
    refuses(
        &log,
        6,
        plain(&log, 6, |e| e.issued = day(4)),
        RuleError::IssuedBefore,
    );
    // A clock that was set back gives the last entry's time, not an older one.
    assert_eq!(log.draft(day(1)).unwrap().issued, day(5));
    let ahead = plain(&log, 5, |e| e.issued = day(5).after(MAX_SKEW));
    takes(&mut log.clone(), 5, ahead);
    let issued = day(5).after(MAX_SKEW + Duration::from_millis(1));
    let far = plain(&log, 5, |e| e.issued = issued);
    refuses(&log, 5, far, PersonError::FromFuture { issued });
}

#[test]
fn an_older_entry_is_a_rollback_and_a_known_one_is_nothing() {
    let mut log = log(false);
    let one = plain(&log, 1, |_| {});
    takes(&mut log, 1, one.clone());
    let two = plain(&log, 2, |_| {});
    takes(&mut log, 2, two.clone());
    refuses(
        &log,
        2,
        genesis(false),
        PersonError::Rollback {
            have: 2,
            offered: 0,
        },
    );
    assert_eq!(log.apply(one, &at(2)), Ok(Applied::Known));
    assert_eq!(log.apply(two, &at(2)), Ok(Applied::Known));
}

#[test]
fn a_rotation_needs_both_keys_and_nobody_else() {
    let log = log(true);
    let rotate = |keys: &[&SigningKey]| step(&log, 1, keys, |e| e.key = person_key(1).public());
    let (old, new, sheet) = (person_key(0), person_key(1), sheet_key(0));
    takes(&mut log.clone(), 1, rotate(&[&old, &new]));
    refuses(
        &log,
        1,
        rotate(&[&old]),
        RuleError::MissingSignature(Signer::NewKey),
    );
    refuses(
        &log,
        1,
        rotate(&[&new]),
        RuleError::MissingSignature(Signer::Entitled),
    );
    refuses(
        &log,
        1,
        rotate(&[&old, &new, &sheet]),
        RuleError::ExtraSignature,
    );
    let idle = step(&log, 1, &[&old, &new], |_| {});
    refuses(&log, 1, idle, RuleError::ExtraSignature);
    let by_another = step(&log, 1, &[&new], |_| {});
    refuses(
        &log,
        1,
        by_another,
        RuleError::MissingSignature(Signer::Entitled),
    );
}

#[test]
fn the_sheet_revokes_everything_and_certifies_one_device() {
    let mut log = log(true);
    grow(&mut log, 1, |l| {
        plain(l, 1, |e| e.list(listing(2, e.issued)))
    });
    grow(&mut log, 2, |l| recovery(l, 2, &sheet_key(0)));
    for n in [1, 2] {
        assert!(matches!(
            log.device_status(&device(n), &at(2)),
            DeviceStatus::Revoked {
                reason: Reason::RECOVERY,
                ..
            }
        ));
    }
    assert!(matches!(
        log.device_status(&device(9), &at(2)),
        DeviceStatus::Valid { .. }
    ));
    // The old person key and the old sheet are worth nothing now.
    let old = plain(&log, 3, |_| {});
    refuses(&log, 3, old, RuleError::MissingSignature(Signer::Entitled));
    let again = step(&log, 3, &[&sheet_key(0), &person_key(3)], |e| {
        e.key = person_key(3).public();
        e.recovery = Some(sheet_key(3).public());
    });
    refuses(
        &log,
        3,
        again,
        RuleError::MissingSignature(Signer::Entitled),
    );
}

#[test]
fn a_recovery_is_bounded() {
    let log = log(true);
    let recover = |keys: &[&SigningKey], change: fn(&mut PersonEntry)| {
        step(&log, 1, keys, |e| {
            e.key = person_key(1).public();
            e.recovery = Some(sheet_key(1).public());
            change(e);
        })
    };
    let (sheet, new) = (sheet_key(0), person_key(1));
    let both: &[&SigningKey] = &[&sheet, &new];
    takes(&mut log.clone(), 1, recover(both, |_| {}));
    takes(
        &mut log.clone(),
        1,
        recover(both, |e| e.list(listing(9, e.issued))),
    );
    refuses(
        &log,
        1,
        recover(&[&sheet], |_| {}),
        RuleError::MissingSignature(Signer::NewKey),
    );
    let foreign = sheet_key(7);
    let by_foreign = recover(&[&foreign, &new], |_| {});
    refuses(
        &log,
        1,
        by_foreign,
        RuleError::MissingSignature(Signer::Entitled),
    );
    let kept = recover(both, |e| e.recovery = Some(sheet_key(0).public()));
    refuses(&log, 1, kept, RuleError::RecoveryKept);
    refuses(
        &log,
        1,
        recover(both, |e| e.recovery = None),
        RuleError::RecoveryKept,
    );
    let two = recover(both, |e| {
        e.list(listing(8, e.issued));
        e.list(listing(9, e.issued));
    });
    refuses(&log, 1, two, RuleError::RecoveryDevices);
    let renewed = recover(both, |e| {
        e.list(Listing::new(device(1), kem(2), start(), day(300)))
    });
    refuses(&log, 1, renewed, RuleError::RecoveryDevices);
    let same_key = step(&log, 1, &[&person_key(0), &sheet], |e| {
        e.recovery = Some(sheet_key(1).public());
    });
    refuses(&log, 1, same_key, RuleError::ExtraSignature);
}

#[test]
fn without_a_sheet_there_is_no_recovery() {
    let log = log(false);
    let entry = recovery(&log, 1, &sheet_key(0));
    refuses(
        &log,
        1,
        entry,
        RuleError::MissingSignature(Signer::Entitled),
    );
}

/// A stolen person key can't lock the owner of the sheet out at once.
#[test]
fn a_replaced_recovery_key_counts_for_thirty_days_more() {
    let mut log = log(true);
    let theft = |e: PersonEntry, key: Option<PublicKey>| {
        e.replace_recovery(key)
            .unwrap()
            .sign(&[&person_key(0)])
            .unwrap()
    };
    let silent = plain(&log, 1, |e| e.recovery = Some(sheet_key(5).public()));
    refuses(&log, 1, silent, RuleError::RecoveryChange);
    let removed = plain(&log, 1, |e| e.recovery = None);
    refuses(&log, 1, removed, RuleError::RecoveryChange);
    let brief = plain(&log, 1, |e| {
        let key = sheet_key(0).public();
        e.recovery = Some(sheet_key(5).public());
        e.outgoing = Some(Outgoing { key, until: day(2) });
    });
    refuses(&log, 1, brief, RuleError::RecoveryChange);
    let entry = theft(log.draft(day(1)).unwrap(), Some(sheet_key(5).public()));
    takes(&mut log, 1, entry);
    // Neither a second replacement nor dropping the old key is possible yet.
    assert_eq!(log.draft(day(30)).unwrap().replace_recovery(None), None);
    let dropped = plain(&log, 30, |e| e.outgoing = None);
    refuses(&log, 30, dropped, RuleError::RecoveryChange);
    let again = plain(&log, 30, |e| {
        let key = sheet_key(5).public();
        e.recovery = None;
        e.outgoing = Some(Outgoing {
            key,
            until: e.issued.after(OUTGOING),
        });
    });
    refuses(&log, 30, again, RuleError::RecoveryChange);
    takes(&mut log.clone(), 30, recovery(&log, 30, &sheet_key(0)));
    // After that the old sheet is worth nothing, and the new one counts.
    let late = recovery(&log, 31, &sheet_key(0));
    refuses(
        &log,
        31,
        late,
        RuleError::MissingSignature(Signer::Entitled),
    );
    takes(&mut log.clone(), 31, recovery(&log, 31, &sheet_key(5)));
    // The next entry forgets it.
    grow(&mut log, 31, |l| plain(l, 31, |_| {}));
    assert_eq!(log.state().outgoing, None);
}

#[test]
fn a_revoked_device_never_comes_back() {
    let mut log = log(false);
    let revoked = plain(&log, 1, |e| e.revoke(device(1), day(0), Reason::STOLEN));
    takes(&mut log, 1, revoked);
    assert_eq!(
        log.device_status(&device(1), &at(1)),
        DeviceStatus::Revoked {
            since: day(0),
            reason: Reason::STOLEN
        }
    );
    let back = plain(&log, 2, |e| e.list(listing(1, e.issued)));
    refuses(&log, 2, back, RuleError::RevokedReturns(device(1)));
    let forgotten = plain(&log, 2, |e| {
        e.revoked.clear();
        e.list(listing(1, e.issued));
    });
    refuses(&log, 2, forgotten, RuleError::Revocation(device(1)));
    let softened = plain(&log, 2, |e| {
        e.revoked = vec![Revocation::new(device(1), day(1), Reason::STOLEN)];
    });
    refuses(&log, 2, softened, RuleError::Revocation(device(1)));
    let later = plain(&log, 2, |e| {
        let r = Revocation::new(device(3), day(3), Reason::LOST);
        e.revoked.push(r);
        e.revoked.sort_by_key(|r| r.device);
    });
    refuses(&log, 2, later, RuleError::Revocation(device(3)));
}

#[test]
fn a_device_leaves_only_revoked_or_expired() {
    let log = log(false);
    refuses(
        &log,
        1,
        plain(&log, 1, |e| e.devices.clear()),
        RuleError::Vanished(device(1)),
    );
    takes(
        &mut log.clone(),
        365,
        plain(&log, 365, |e| e.devices.clear()),
    );
}

#[test]
fn certificates_have_a_longest_time_and_keep_their_birthday() {
    let log = log(false);
    let list = |expires, added| {
        plain(&log, 1, |e| {
            e.list(Listing::new(device(1), kem(1), added, expires))
        })
    };
    let longest = day(1).after(MAX_CERTIFIED);
    takes(&mut log.clone(), 1, list(longest, start()));
    let wrong = RuleError::Certified(device(1));
    refuses(
        &log,
        1,
        list(longest.after(Duration::from_millis(1)), start()),
        wrong,
    );
    refuses(&log, 1, list(day(1), start()), wrong);
    refuses(&log, 1, list(day(200), day(1)), RuleError::Added(device(1)));
    let fresh = |n, added, expires| {
        plain(&log, 1, |e| {
            e.list(Listing::new(device(n), kem(1), added, expires))
        })
    };
    takes(&mut log.clone(), 1, fresh(2, day(1), day(2)));
    refuses(
        &log,
        1,
        fresh(2, day(0), day(2)),
        RuleError::Added(device(2)),
    );
    refuses(
        &log,
        1,
        fresh(2, day(1), day(1)),
        RuleError::Certified(device(2)),
    );
}

/// The largest state fits in a record, and stays workable when it is full.
#[test]
fn a_full_log_still_revokes() {
    let name = crate::names::Name::from_typed(&"\u{1F600}a".repeat(25)).unwrap();
    let big = |n: u64, added| {
        let keys = [
            (KemId::X25519, 32),
            (KemId::X_WING, 1216),
            (KemId(0x9999), 32),
        ];
        let kem = KemKeys::new(
            keys.map(|(kem, len)| KemKey {
                kem,
                public: vec![1; len],
            })
            .into(),
        );
        Listing::new(device(n), kem.unwrap(), added, day(700)).named(name.clone())
    };
    let mut log = log(true);
    let full = plain(&log, 1, |e| {
        (2..=MAX_DEVICES as u64).for_each(|n| e.list(big(n, e.issued)));
        (0..MAX_REVOKED as u64).for_each(|n| e.revoke(device(10_000 + n), e.issued, Reason(9)));
    });
    assert_eq!(full.payload().revoked.len(), MAX_REVOKED);
    assert!(
        full.to_bytes().len() < crate::canon::MAX_RECORD,
        "{}",
        full.to_bytes().len()
    );
    takes(&mut log, 1, full);
    let gone = plain(&log, 2, |e| e.revoke(device(2), e.issued, Reason::STOLEN));
    takes(&mut log, 2, gone);
    assert_eq!(log.device_status(&device(2), &at(2)), DeviceStatus::Unknown);
    assert_eq!(
        log.permits(&device(2), Purpose::Talk, &at(2)),
        Err(Denial::Unknown)
    );
    // One more of either is no entry at all.
    let mut e = log.draft(day(3)).unwrap();
    e.revoked
        .push(Revocation::new(device(99_999), start(), Reason::LOST));
    e.revoked.sort_by_key(|r| r.device);
    assert!(matches!(
        e.sign(&[&person_key(0)]),
        Err(RecordError::Content(_))
    ));
    let mut e = log.draft(day(3)).unwrap();
    (50..52).for_each(|n| e.list(big(n, day(3))));
    assert!(matches!(
        e.sign(&[&person_key(0)]),
        Err(RecordError::Content(_))
    ));
}

/// POL-8, POL-9: expiry ends sharing and new trust, not a conversation; and a
/// clock set back brings nothing back.
#[test]
fn expiry_ends_sharing_but_not_talking() {
    let log = log(false);
    let until = day(0).after(CERTIFIED);
    let ask = |p, t: &JudgedTime| log.permits(&device(1), p, t);
    let all = [Purpose::Meet, Purpose::Talk, Purpose::Share];
    for p in all {
        assert_eq!(ask(p, &at(364)), Ok(Permit::Certified { until }));
    }
    let mut late = at(366);
    let _ = late.learn(day(366)).unwrap();
    late.set_wall(day(1));
    assert_eq!(
        log.device_status(&device(1), &late),
        DeviceStatus::Expired { since: until }
    );
    assert_eq!(
        ask(Purpose::Talk, &late),
        Ok(Permit::Lapsed { since: until })
    );
    assert_eq!(
        ask(Purpose::Share, &late),
        Err(Denial::Expired { since: until })
    );
    assert_eq!(
        ask(Purpose::Meet, &late),
        Err(Denial::Expired { since: until })
    );
    assert_eq!(
        log.permits(&device(7), Purpose::Talk, &at(1)),
        Err(Denial::Unknown)
    );
}

#[test]
fn a_damaged_store_is_noticed() {
    let mut log = log(false);
    grow(&mut log, 1, |l| plain(l, 1, |_| {}));
    let (id, before, head) = (log.id(), log.before().cloned(), log.head().clone());
    assert_eq!(
        PersonLog::resume(id, before.clone(), head.clone(), None),
        Ok(log.clone())
    );
    assert!(PersonLog::resume(id, None, head.clone(), None).is_err());
    assert!(PersonLog::resume(id, Some(head.clone()), before.unwrap(), None).is_err());
    let other = genesis(true).digest().into();
    assert!(PersonLog::resume(other, log.before().cloned(), head, None).is_err());
}
