//! After a share's parameters are destroyed, the memory of the process holds
//! nothing of them: neither sealing nor opening leaves a copy on the
//! heap or the stack (SEAL-2, SEAL-3). Looks at `/proc/self/mem`.
#![cfg(target_os = "linux")]
// Helpers of tests are not seen as tests by clippy's allow-…-in-tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::fs::File;
use std::num::NonZeroU16;
use std::os::unix::fs::FileExt as _;

use kith_proto::id::SessionId;
use kith_proto::keys::SigningKey;
use kith_proto::policy::application::AppNames;
use kith_proto::policy::reference::PolicyRefs;
use kith_proto::rights::{Rights, Scope};
use kith_proto::seal::{
    AcceptKey, Challenge, Endpoint, Kem, KemList, MemoryUse, OneTimeKey, Screen, SealContext,
    SecretText, SessionUse as _, SharingParameters, seal,
};
use kith_proto::technology::Technology;
use kith_proto::time::{Monotonic, Timestamp};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

/// What is secret, each in a form as it may stand in memory, masked: these
/// tables are in memory all the time.
const MASK: u8 = 0x5a;

/// Password, account, session on the server: 32 bytes each.
const TEXTS: [[u8; 32]; 3] = [
    *b"\x11\x2f\x0d\x39\x22\x63\x0b\x2d\x1e\x3c\x6c\x0e\x28\x15\x33\x19\x2a\x6a\x08\x3d\x1f\x36\x69\x0c\x2e\x13\x3a\x20\x6f\x09\x34\x1b",
    *b"\x3b\x39\x3d\x20\x0f\x12\x6d\x0a\x2c\x1d\x30\x68\x16\x37\x0e\x23\x08\x29\x6b\x1c\x35\x2f\x0d\x3e\x22\x14\x69\x33\x1a\x0b\x28\x6e",
    *b"\x1f\x63\x32\x17\x2a\x0c\x3d\x69\x21\x08\x36\x1b\x6c\x2e\x15\x38\x0d\x2b\x6a\x10\x34\x23\x1e\x6f\x09\x3c\x16\x2d\x62\x0a\x31\x1d",
];
/// The key that is used once.
const KEY: [u8; 32] =
    *b"\x9c\x03\xe7\x51\xb8\x2d\xf4\x66\x8a\x1f\xc9\x70\xd5\x3b\xee\x12\xa7\x48\xfb\x05\x93\x6e\xd0\x24\xbf\x79\x0a\xe3\x5c\x81\xf6\x37";
/// An IPv6 address, and the port that follows it in memory.
const PLACE: [u8; 18] =
    *b"\x7a\xe1\x93\xc4\x0f\xb6\x5d\x28\xf3\x6a\x94\xdb\x17\xec\x80\x3f\xc5\x9e";
/// Width, height and depth, two bytes each: odd numbers, so that they stand
/// nowhere by chance. As content they have other bytes around each number,
/// which is why only the field's own buffer can be looked for.
const SCREEN: [u8; 6] = *b"\xb3\xd9\xe5\xaf\x97\xc3";

/// Each secret and in which pieces it is looked for: a piece that is left is
/// enough to count.
fn secrets() -> Vec<(&'static str, &'static [u8])> {
    let halves = |name, bytes: &'static [u8]| bytes.chunks(16).map(move |half| (name, half));
    let mut all = Vec::new();
    all.extend(halves("password", &TEXTS[0]));
    all.extend(halves("account", &TEXTS[1]));
    all.extend(halves("session", &TEXTS[2]));
    all.extend(halves("key", &KEY));
    all.push(("address", &PLACE[..16]));
    all.push(("address and port", &PLACE[8..]));
    all.push(("screen", &SCREEN));
    all
}

fn plain<const N: usize>(masked: &[u8]) -> zeroize::Zeroizing<[u8; N]> {
    let mut out = zeroize::Zeroizing::new([0; N]);
    out.iter_mut().zip(masked).for_each(|(o, m)| *o = m ^ MASK);
    out
}

fn text<const MAX: usize>(masked: &[u8; 32]) -> Option<SecretText<MAX>> {
    let mut text = String::with_capacity(masked.len());
    for b in masked {
        text.push(char::from(b ^ MASK));
    }
    Some(SecretText::new(text).unwrap())
}

#[inline(never)]
fn parameters() -> SharingParameters {
    let place = plain::<18>(&PLACE);
    let octets: [u8; 16] = place[..16].try_into().unwrap();
    let number = |bytes: &[u8]| u16::from_be_bytes([bytes[0], bytes[1]]);
    let port = NonZeroU16::new(number(&place[16..])).unwrap();
    let screen = plain::<6>(&SCREEN);
    let endpoints = vec![Endpoint::new(Technology::Vnc, octets.into(), port).unwrap()];
    SharingParameters {
        endpoints,
        hosted_session: text(&TEXTS[2]),
        account: text(&TEXTS[1]),
        password: text(&TEXTS[0]),
        screen: Screen::new(
            number(&screen[..2]),
            number(&screen[2..]),
            number(&screen[4..]),
        )
        .ok(),
        one_time_key: Some(OneTimeKey::from_bytes(&plain(&KEY))),
    }
}

/// Whether `at` begins with that piece.
fn is_piece(at: &[u8], piece: &[u8]) -> bool {
    at.len() >= piece.len() && at.iter().zip(piece).all(|(b, m)| b ^ MASK == *m)
}

/// How often each piece stands in writable memory.
fn copies() -> BTreeMap<&'static str, usize> {
    let secrets = secrets();
    let mem = File::open("/proc/self/mem").unwrap();
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let mut page = vec![0u8; 64 * 1024];
    let own = page.as_ptr() as u64..page.as_ptr() as u64 + page.len() as u64;
    let mut found: BTreeMap<&str, usize> = BTreeMap::new();
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
                    for (name, piece) in &secrets {
                        if first ^ MASK == piece[0] && is_piece(&part[i..], piece) {
                            *found.entry(name).or_default() += 1;
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
fn no_copy_of_anything_secret_is_left() {
    let now = Timestamp::from_secs(1_800_000_000);
    let clock = Monotonic::from_millis(0);
    let mut rng = ChaCha20Rng::from_seed([1; 32]);
    let sender = SigningKey::from_seed(&[1; 32]);
    let none = BTreeMap::new();
    // One buffer a field: as many pieces as it is looked for in.
    let mut once: BTreeMap<&str, usize> = BTreeMap::new();
    secrets()
        .iter()
        .for_each(|(name, _)| *once.entry(name).or_default() += 1);
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
        assert_eq!(copies(), none);
        let parameters = parameters();
        // The test sees all of it while it is there.
        let there = copies();
        assert!(
            once.iter().all(|(name, n)| there.get(name) >= Some(n)),
            "{there:?}"
        );
        let to = accept.public().clone();
        let expires = Timestamp::from_secs(1_800_000_060);
        let message = seal(&context, &to, parameters, &sender, now, expires, &mut rng).unwrap();
        assert_eq!(copies(), none, "after sealing, {kem:?}");

        let opened = message.open(accept, &context, now, clock).unwrap();
        assert_eq!(copies(), once, "opened, {kem:?}");
        let mut store = MemoryUse::default();
        let claimed = store.claim(opened.session(), opened.claim_until()).unwrap();
        let parameters = opened.release(claimed, clock).unwrap();
        assert_eq!(copies(), once, "released, {kem:?}");
        parameters.destroy();
        assert_eq!(copies(), none, "destroyed, {kem:?}");
    }
}
