//! Entries of a person's log: no bytes make the readers panic, what is read
//! has one form, and no sequence of steps brings a revoked device back.
#![no_main]
use std::sync::LazyLock;
use std::time::Duration;

use kith_proto::cbor::{from_bytes, to_bytes};
use kith_proto::clock::JudgedTime;
use kith_proto::kem::{KemId, KemKey, KemKeys};
use kith_proto::keys::SigningKey;
use kith_proto::person::rules::revoke_all;
use kith_proto::person::sheet::{RecoverySecret, RecoverySheet};
use kith_proto::person::{Applied, DeviceStatus, Listing, PersonEntry, PersonLog, Reason};
use kith_proto::signed::Cosigned;
use kith_proto::time::Timestamp;
use libfuzzer_sys::fuzz_target;

const START: Timestamp = Timestamp::from_secs(1_750_000_000);

/// Devices, then generations of the person key, then of the recovery key.
static KEYS: LazyLock<Vec<SigningKey>> =
    LazyLock::new(|| (1..=24).map(|n| SigningKey::from_seed(&[n; 32])).collect());

fn listing(n: u8, added: Timestamp, days: u8) -> Listing {
    let floor = KemKey {
        kem: KemId::X25519,
        public: vec![n; 32],
    };
    let kem = KemKeys::new(vec![floor]).expect("the floor is enough");
    let expires = added.after(Duration::from_secs(86_400 * u64::from(days) * 4));
    Listing::new(
        KEYS[usize::from(n % 8)].public().into(),
        kem,
        added,
        expires,
    )
}

static LOG: LazyLock<PersonLog> = LazyLock::new(|| {
    let mut e = PersonEntry::genesis(KEYS[8].public(), Some(KEYS[16].public()), START);
    e.list(listing(0, START, 90));
    let genesis = e.sign(&[&KEYS[8]]).expect("a right entry");
    PersonLog::start(genesis, &JudgedTime::from_wall(START)).expect("a right log")
});

/// Four bytes a step: what is done, to what, by whom, and when.
fn steps(data: &[u8]) {
    let mut log = LOG.clone();
    let mut gone: Vec<_> = Vec::new();
    for step in data.chunks_exact(4).take(6) {
        let [what, which, by, days] = [step[0], step[1], step[2], step[3]];
        // Sometimes on top of the entry before: a fork, or a recovery.
        let base = match log.before() {
            Some(before) if what & 0x80 != 0 => before.clone(),
            _ => log.head().clone(),
        };
        let now = base
            .payload()
            .issued
            .after(Duration::from_secs(3600 * u64::from(days)));
        let Ok(mut e) = PersonEntry::next(log.id(), &base, now) else {
            return;
        };
        let device = KEYS[usize::from(which % 8)].public().into();
        let key = |n: u8| &KEYS[usize::from(n % 24)];
        match what & 0x0f {
            0 => e.list(listing(which, e.issued, days)),
            1 => e.list(listing(which, START, days)),
            2 => e.revoke(device, now, Reason(u16::from(days))),
            3 => e.key = key(which).public(),
            4 => e.recovery = Some(key(which).public()),
            5 => e.devices.clear(),
            6 => e.revoked.clear(),
            7 => match e.replace_recovery(Some(key(which).public())) {
                Some(next) => e = next,
                None => continue,
            },
            8 => {
                let (new, sheet) = (key(which).public(), key(by).public());
                let fresh = listing(days, e.issued, 90);
                e = revoke_all(e, new, sheet, fresh);
            }
            9 => e.seq = u64::from(which),
            10 => e.issued = now.before(Duration::from_secs(86_400)),
            11 => e.previous = Some(log.head().digest()),
            12 => e.outgoing = None,
            _ => {}
        }
        let (new, by) = (e.key, key(by));
        let new_key = KEYS.iter().find(|k| k.public() == new);
        let Ok(mut doc) = e.sign(&[by]) else { continue };
        if what & 0x40 != 0
            && let Some(k) = new_key
            && doc.add_signature(k).is_err()
        {
            continue;
        }
        let judged = JudgedTime::from_wall(now);
        let before = log.clone();
        let forked = log.fork().is_some();
        match log.apply(doc, &judged) {
            Ok(Applied::Grown(_)) => {
                assert!(log.seq() >= before.seq() || forked);
                // On a fork, or where a recovery takes an entry's place, the
                // losing branch's revocations may go with it.
                let extends = log.head().payload().previous == Some(before.head().digest());
                if !extends {
                    gone.clear();
                }
            }
            Ok(Applied::Forked) => {
                assert!(before.fork().is_none());
                assert_eq!(log.head(), before.head());
            }
            Ok(Applied::Known) | Err(_) => assert_eq!(log, before),
        }
        assert_eq!(log.id(), LOG.id());
        for d in &gone {
            let status = log.device_status(d, &judged);
            assert!(matches!(status, DeviceStatus::Revoked { .. }), "{status:?}");
        }
        gone.extend(log.state().revoked.iter().map(|r| r.device));
        let stored = (
            log.before().cloned(),
            log.head().clone(),
            log.fork().cloned(),
        );
        let back = PersonLog::resume(log.id(), stored.0, stored.1, stored.2);
        assert_eq!(back.as_ref(), Ok(&log));
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else {
        return;
    };
    match first % 4 {
        0 => {
            if let Ok(entry) = from_bytes::<PersonEntry>(rest, 65_536) {
                let again = to_bytes(&entry);
                // Unknown fields are dropped; nothing else is.
                assert!(again.len() <= rest.len());
                assert_eq!(
                    from_bytes::<PersonEntry>(&again, 65_536).map(|e| to_bytes(&e)),
                    Ok(again)
                );
            }
        }
        1 => {
            if let Ok(doc) = Cosigned::<PersonEntry>::parse(rest) {
                let now = JudgedTime::from_wall(doc.payload().issued);
                let _ = LOG.clone().apply(doc.clone(), &now);
                let _ = PersonLog::start(doc, &now);
            }
        }
        2 => steps(rest),
        _ => {
            let text = String::from_utf8_lossy(rest);
            let _ = RecoverySecret::from_words(&text);
            if let Ok(sheet) = RecoverySheet::from_code(&text) {
                assert!(sheet.code().eq_ignore_ascii_case(&text));
            }
        }
    }
});
