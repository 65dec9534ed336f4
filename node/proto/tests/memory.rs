//! After a share's parameters are destroyed, the memory of the process holds
//! none of the password: neither sealing nor opening leaves a copy on the
//! heap or the stack (SEAL-2, SEAL-3). Looks at `/proc/self/mem`.
#![cfg(target_os = "linux")]
// Helpers of tests are not seen as tests by clippy's allow-…-in-tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs::File;
use std::os::unix::fs::FileExt as _;

use kith_proto::id::SessionId;
use kith_proto::keys::SigningKey;
use kith_proto::policy::application::AppNames;
use kith_proto::policy::reference::PolicyRefs;
use kith_proto::rights::{Rights, Scope};
use kith_proto::seal::{
    AcceptKey, Challenge, Kem, KemList, MemoryUse, SealContext, SecretText, SessionUse as _,
    SharingParameters, seal,
};
use kith_proto::technology::Technology;
use kith_proto::time::{Monotonic, Timestamp};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

/// The password, masked: this table is in memory all the time.
const MASKED: [u8; 32] = *b"\x11\x2f\x0d\x39\x22\x63\x0b\x2d\x1e\x3c\x6c\x0e\x28\x15\x33\x19\x2a\x6a\x08\x3d\x1f\x36\x69\x0c\x2e\x13\x3a\x20\x6f\x09\x34\x1b";
const MASK: u8 = 0x5a;

fn password() -> SecretText<512> {
    let mut text = String::with_capacity(MASKED.len());
    for b in MASKED {
        text.push(char::from(b ^ MASK));
    }
    SecretText::new(text).unwrap()
}

/// Whether `at` begins with that half of the password.
fn is_half(at: &[u8], half: &[u8]) -> bool {
    at.len() >= half.len() && at.iter().zip(half).all(|(b, m)| b ^ MASK == *m)
}

/// How often a half of the password stands in writable memory.
fn copies() -> usize {
    let mem = File::open("/proc/self/mem").unwrap();
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let mut page = vec![0u8; 64 * 1024];
    let own = page.as_ptr() as u64..page.as_ptr() as u64 + page.len() as u64;
    let mut found = 0;
    for line in maps.lines().filter(|l| l.contains(" rw")) {
        let (range, _) = line.split_once(' ').unwrap();
        let (from, to) = range.split_once('-').unwrap();
        let mut at = u64::from_str_radix(from, 16).unwrap();
        let to = u64::from_str_radix(to, 16).unwrap();
        while at < to {
            // The buffer that is read into is the one place not looked at.
            if own.contains(&at) {
                at = own.end;
                continue;
            }
            let mut end = to.min(at + page.len() as u64);
            if at < own.start && end > own.start {
                end = own.start;
            }
            let part = &mut page[..usize::try_from(end - at).unwrap()];
            if mem.read_exact_at(part, at).is_ok() {
                for (i, first) in part.iter().enumerate() {
                    for half in MASKED.chunks(16) {
                        if first ^ MASK == half[0] && is_half(&part[i..], half) {
                            found += 1;
                        }
                    }
                }
            }
            page.fill(0);
            // Parts overlap, so that none is cut in two.
            at = if end == to {
                to
            } else {
                (end - 16).max(at + 1)
            };
        }
    }
    found
}

#[test]
fn no_copy_of_the_password_is_left() {
    let now = Timestamp::from_secs(1_800_000_000);
    let clock = Monotonic::from_millis(0);
    let mut rng = ChaCha20Rng::from_seed([1; 32]);
    let sender = SigningKey::from_seed(&[1; 32]);
    for kem in Kem::ALL {
        let session = SessionId::random(&mut rng);
        let accept = AcceptKey::generate(*kem, session, clock, &mut rng);
        let context = SealContext {
            session,
            sender: sender.public().into(),
            recipient: SigningKey::from_seed(&[2; 32]).public().into(),
            sender_kems: KemList::supported(),
            recipient_kems: KemList::of(&[*kem]),
            policies: PolicyRefs::default(),
            technology: Technology::Vnc,
            hosted: None,
            view: Scope::Desktop,
            control: Scope::Nothing,
            applications: AppNames::default(),
            rights: Rights::VIEW,
            challenge: Challenge::from_bytes(*accept.challenge().as_bytes()),
        };
        assert_eq!(copies(), 0);
        let parameters = SharingParameters {
            password: Some(password()),
            ..SharingParameters::default()
        };
        // The test sees it while it is there.
        assert!(copies() >= 2);
        let to = accept.public().clone();
        let expires = Timestamp::from_secs(1_800_000_060);
        let message = seal(&context, &to, parameters, &sender, now, expires, &mut rng).unwrap();
        assert_eq!(copies(), 0, "after sealing, {kem:?}");

        let opened = message.open(accept, &context, now, clock).unwrap();
        assert_eq!(copies(), 2, "opened, {kem:?}");
        let mut store = MemoryUse::default();
        let claimed = store.claim(opened.session(), opened.claim_until()).unwrap();
        let parameters = opened.release(claimed, clock).unwrap();
        assert_eq!(copies(), 2, "released, {kem:?}");
        parameters.destroy();
        assert_eq!(copies(), 0, "destroyed, {kem:?}");
    }
}
