use core::net::Ipv4Addr;
use core::time::Duration;
use std::collections::BTreeSet;

use ciborium::Value;
use proptest::prelude::*;

use super::context::*;
use super::kem::*;
use super::parameters::tests::{PASSWORD, content, largest, parameters};
use super::secret::{Secret, hook};
use super::*;
use crate::cbor::value_bytes;
use crate::clock::MAX_SKEW;
use crate::digest::Digest;
use crate::id::{OrgId, SessionId};
use crate::policy::application::{AppName, AppNames, MAX_SHARED};
use crate::policy::reference::{PolicyRef, PolicyRefs};
use crate::rights::{Right, Rights, Scope};
use crate::signed::{RecordError, Signed, Unverified};
use crate::technology::{HostedKind, Technology};
use crate::testing::{key, rng};
use crate::time::{Monotonic, Timestamp};

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
const CLOCK: Monotonic = Monotonic::from_millis(5_000);
const SHARER: u64 = 1;

fn policy(org: u8, sequence: u64) -> PolicyRef {
    PolicyRef {
        org: OrgId::from_bytes([org; 32]),
        sequence,
        digest: Digest::from_bytes([4; 32]),
    }
}

fn names(names: &[&str]) -> AppNames {
    AppNames::new(names.iter().map(|n| AppName::new(n).unwrap()).collect()).unwrap()
}

/// One accept and the seal that answers it.
struct Case {
    kem: Kem,
    pair: KemKeyPair,
    context: SealContext,
    expires: Timestamp,
}

impl Case {
    fn new(kem: Kem) -> Self {
        let both = KemList::supported();
        let context = SealContext {
            session: SessionId::from_bytes([7; 16]),
            sender: key(SHARER).public().into(),
            recipient: key(2).public().into(),
            sender_kems: both.clone(),
            recipient_kems: match kem {
                Kem::XWing => both,
                Kem::X25519 => KemList::of(&[kem]),
            },
            policies: PolicyRefs::new(vec![policy(1, 12), policy(2, 3)]).unwrap(),
            technology: Technology::Rdp,
            hosted: Some(HostedKind::Shadow),
            view: Scope::Application,
            control: Scope::Window,
            applications: names(&["viewer"]),
            rights: Rights::of(&[Right::View, Right::Pointer]),
            challenge: Challenge::from_bytes([9; 32]),
        };
        Self {
            kem,
            pair: KemKeyPair::generate(kem, &mut rng(33)),
            context,
            expires: NOW.after(LIFETIME),
        }
    }

    /// The same pair each time, as a careless recipient would keep it.
    fn accept(&self) -> AcceptKey {
        let pair = KemKeyPair::generate(self.kem, &mut rng(33));
        AcceptKey::from_parts(self.context.session, self.context.challenge, pair, CLOCK)
    }

    fn seal(&self, parameters: SharingParameters) -> Signed<SealedMessage> {
        seal(
            &self.context,
            self.accept().public(),
            parameters,
            &key(SHARER),
            NOW,
            self.expires,
            &mut rng(44),
        )
        .unwrap()
    }

    fn receive(&self, bytes: &[u8]) -> Result<Signed<SealedMessage>, RecordError> {
        Unverified::parse(bytes)?.verify(&key(SHARER).public())
    }

    fn open(&self, message: Signed<SealedMessage>) -> Result<Opened, SealError> {
        message.open(self.accept(), &self.context, NOW, CLOCK)
    }

    fn info(&self) -> Vec<u8> {
        self.context.info(
            KeyThumbprint::of_signer(&key(SHARER).public()),
            KeyThumbprint::of_kem(self.accept().public()),
            self.expires,
        )
    }
}

fn claim(store: &mut impl SessionUse, opened: &Opened) -> Result<Claimed, ClaimError> {
    store.claim(opened.session(), opened.claim_until())
}

#[test]
fn what_was_sealed_comes_out_once_claimed() {
    for kem in Kem::ALL {
        let case = Case::new(*kem);
        let message = case.seal(parameters());
        let received = case.receive(message.bytes()).unwrap();
        assert_eq!(received, message);
        let opened = case.open(received).unwrap();
        let claimed = claim(&mut MemoryUse::default(), &opened).unwrap();
        let out = opened.release(claimed, CLOCK).unwrap();
        assert_eq!(content(&out), content(&parameters()));
        assert_eq!(out.endpoints[0].address(), Ipv4Addr::new(192, 0, 2, 1));
        assert_eq!(out.endpoints[1].port(), 3389);
        assert_eq!(out.password.unwrap().expose(), PASSWORD);
        assert_eq!(out.screen.unwrap().size(), (1920, 1080, 24));
    }
}

/// The context with one field replaced, for each field.
fn replaced(base: &SealContext) -> Vec<(&'static str, SealContext)> {
    // Without `..`: a new field doesn't compile until it is replaced here.
    let SealContext {
        session: _,
        sender: _,
        recipient: _,
        sender_kems: _,
        recipient_kems: _,
        policies: _,
        technology: _,
        hosted: _,
        view: _,
        control: _,
        applications: _,
        rights: _,
        challenge: _,
    } = base;
    macro_rules! with {
        ($($field:ident = $value:expr),* $(,)?) => {
            vec![$((stringify!($field), {
                let mut c = base.clone();
                c.$field = $value;
                assert_ne!(c, *base, stringify!($field));
                c
            })),*]
        };
    }
    let other = PolicyRef {
        digest: Digest::from_bytes([5; 32]),
        ..policy(2, 3)
    };
    with! {
        session = SessionId::from_bytes([8; 16]),
        sender = key(3).public().into(),
        recipient = key(3).public().into(),
        sender_kems = KemList::of(&[base_kem(base)]),
        recipient_kems = KemList::of(&[Kem::X25519, Kem::XWing][usize::from(base_kem(base) == Kem::XWing)..]),
        policies = PolicyRefs::default(),
        policies = PolicyRefs::new(vec![policy(1, 12)]).unwrap(),
        policies = PolicyRefs::new(vec![policy(1, 13), policy(2, 3)]).unwrap(),
        policies = PolicyRefs::new(vec![policy(1, 12), policy(3, 3)]).unwrap(),
        policies = PolicyRefs::new(vec![policy(1, 12), other]).unwrap(),
        technology = Technology::Vnc,
        hosted = None,
        hosted = Some(HostedKind::Join),
        view = Scope::Desktop,
        control = Scope::Nothing,
        applications = names(&[]),
        applications = names(&["viewer", "writer"]),
        applications = names(&["writer"]),
        rights = base.rights.with(Right::Keyboard),
        rights = base.rights.without(Right::Pointer),
        challenge = Challenge::from_bytes([10; 32]),
    }
}

fn base_kem(context: &SealContext) -> Kem {
    best_common(&context.sender_kems, &context.recipient_kems).unwrap()
}

#[test]
fn another_context_opens_nothing() {
    for kem in Kem::ALL {
        let case = Case::new(*kem);
        let message = case.seal(parameters());
        let mut fields = BTreeSet::new();
        for (field, context) in replaced(&case.context) {
            let opened = message.clone().open(case.accept(), &context, NOW, CLOCK);
            assert!(opened.is_err(), "{kem:?} {field}");
            fields.insert(field);
            // Also with the checks before HPKE passed by: each is in `info`.
            let info = context.info(
                KeyThumbprint::of_signer(&key(SHARER).public()),
                KeyThumbprint::of_kem(case.accept().public()),
                case.expires,
            );
            assert!(
                !decrypts(&case, message.payload(), &info),
                "{kem:?} {field}"
            );
        }
        assert_eq!(fields.len(), 13);
        assert!(decrypts(&case, message.payload(), &case.info()));
    }
}

/// Whether HPKE alone opens `message` under `info`.
fn decrypts(case: &Case, message: &SealedMessage, info: &[u8]) -> bool {
    let (enc, mut ct) = message.parts();
    let at = ct.len() - 16;
    let (ciphertext, tag) = ct.split_at_mut(at);
    case.pair.decrypt(info, &enc, ciphertext, tag).is_ok()
}

#[test]
fn applications_have_one_form_and_a_bound() {
    assert_eq!(names(&["b", "a", "B"]), names(&["a", "b"]));
    let many = |n: usize| (0..n).map(|i| AppName::new(&format!("app{i}")).unwrap());
    assert!(AppNames::new(many(MAX_SHARED).collect()).is_ok());
    assert!(AppNames::new(many(MAX_SHARED + 1).collect()).is_err());
}

#[test]
fn every_field_of_info_is_bound() {
    for kem in Kem::ALL {
        let case = Case::new(*kem);
        let message = case.seal(parameters());
        let Value::Map(map) = ciborium::from_reader(&*case.info()).unwrap() else {
            panic!()
        };
        // All seventeen are there in this case, the optional ones included.
        let keys: Vec<i128> = map
            .iter()
            .map(|(k, _)| k.as_integer().unwrap().into())
            .collect();
        assert_eq!(keys, (0..=16).collect::<Vec<_>>());
        for at in 0..map.len() {
            let mut other = map.clone();
            other[at].1 = Value::Null;
            assert!(!decrypts(
                &case,
                message.payload(),
                &value_bytes(&Value::Map(other))
            ));
            let mut without = map.clone();
            without.remove(at);
            assert!(!decrypts(
                &case,
                message.payload(),
                &value_bytes(&Value::Map(without))
            ));
        }
    }
}

#[test]
fn every_flipped_bit_is_noticed() {
    for kem in Kem::ALL {
        let case = Case::new(*kem);
        let bytes = case.seal(parameters()).bytes().to_vec();
        assert!(case.receive(&bytes).is_ok());
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(case.receive(&flipped).is_err(), "{kem:?} bit {bit}");
        }
    }
}

#[test]
fn every_flipped_bit_under_a_good_signature_is_noticed() {
    // As if the sender itself, or somebody with its key, had altered it.
    let case = Case::new(Kem::X25519);
    let payload = crate::cbor::to_bytes(case.seal(parameters()).payload());
    let (mut unread, mut unopened) = (0, 0);
    for bit in 0..payload.len() * 8 {
        let mut flipped = payload.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let read = crate::cbor::from_bytes::<SealedMessage>(&flipped, 10_000);
        let Ok(message) = read else {
            unread += 1;
            continue;
        };
        // Signing takes long, and is the same for every bit further back.
        if bit / 8 < 120 {
            let message = Signed::sign(&message, &key(SHARER)).unwrap();
            assert!(case.open(message).is_err(), "bit {bit}");
        } else {
            assert!(!decrypts(&case, &message, &case.info()), "bit {bit}");
        }
        unopened += 1;
    }
    assert!(unread > 100 && unopened > 16_000, "{unread} {unopened}");
}

#[test]
fn every_flipped_bit_of_an_encapsulated_key_is_noticed() {
    // X-Wing never refuses one: it must lead to another secret.
    let case = Case::new(Kem::XWing);
    let payload = crate::cbor::to_bytes(case.seal(parameters()).payload());
    let message = crate::cbor::from_bytes::<SealedMessage>(&payload, 10_000).unwrap();
    let info = case.info();
    assert!(decrypts(&case, &message, &info));
    let end = payload.len() - 2064 - 4;
    for bit in (end - 1120) * 8..end * 8 {
        let mut flipped = payload.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let message = crate::cbor::from_bytes::<SealedMessage>(&flipped, 10_000).unwrap();
        assert!(!decrypts(&case, &message, &info), "bit {bit}");
    }
}

#[test]
fn ten_thousand_replays_are_one_session() {
    let case = Case::new(Kem::X25519);
    let bytes = case.seal(parameters()).bytes().to_vec();
    let mut store = MemoryUse::default();
    let mut accepted = 0;
    for n in 0..10_000 {
        if n % 100 == 50 {
            // A restart: only what was written down is left.
            let disk: Vec<_> = store.entries().collect();
            store = disk.into_iter().collect();
            store.prune(NOW);
        }
        // The recipient is careless: it uses the same accept key again.
        let opened = case.open(case.receive(&bytes).unwrap()).unwrap();
        match claim(&mut store, &opened) {
            Ok(claimed) => {
                opened.release(claimed, CLOCK).unwrap();
                accepted += 1;
            }
            Err(e) => {
                assert_eq!(e, ClaimError::Used);
                opened.destroy();
            }
        }
    }
    assert_eq!(accepted, 1);
}

#[test]
fn a_session_is_remembered_as_long_as_its_message_is_accepted() {
    let case = Case::new(Kem::X25519);
    let opened = case.open(case.seal(parameters())).unwrap();
    let until = opened.claim_until();
    let mut store = MemoryUse::default();
    let _ = claim(&mut store, &opened).unwrap();
    // The last moment at which the wall clock lets the message through.
    let last = case.expires.after(MAX_SKEW);
    assert!(
        case.seal(parameters())
            .open(case.accept(), &case.context, last, CLOCK)
            .is_ok()
    );
    store.prune(last);
    assert_eq!(claim(&mut store, &opened).unwrap_err(), ClaimError::Used);
    store.prune(until.after(Duration::from_millis(1)));
    assert_eq!(store.entries().count(), 0);
}

#[test]
fn a_store_has_a_bound() {
    let id = |n: usize| SessionId::from_bytes((n as u128).to_be_bytes());
    let mut store: MemoryUse = (0..MAX_CLAIMS).map(|n| (id(n), NOW)).collect();
    assert_eq!(
        store.claim(id(MAX_CLAIMS), NOW).unwrap_err(),
        ClaimError::Full
    );
    assert_eq!(store.claim(id(1), NOW).unwrap_err(), ClaimError::Used);
}

#[test]
fn a_claim_of_another_session_releases_nothing() {
    let case = Case::new(Kem::X25519);
    let opened = case.open(case.seal(parameters())).unwrap();
    let other = Claimed::durably(SessionId::from_bytes([1; 16]));
    assert_eq!(
        opened.release(other, CLOCK).unwrap_err(),
        SealError::Mismatch(WrongField::Session)
    );
}

#[test]
fn time_is_up_on_either_clock() {
    let case = Case::new(Kem::X25519);
    let ms = Duration::from_millis(1);
    let open = |now, clock| {
        case.seal(parameters())
            .open(case.accept(), &case.context, now, clock)
    };
    let end = CLOCK.after(LIFETIME);
    let wall = case.expires.after(MAX_SKEW);
    assert!(open(NOW, end).is_ok());
    assert_eq!(open(NOW, end.after(ms)).unwrap_err(), SealError::TooLate);
    assert!(open(wall, CLOCK).is_ok());
    assert_eq!(open(wall.after(ms), CLOCK).unwrap_err(), SealError::Expired);
    let early = NOW.before(MAX_SKEW);
    assert!(open(early, CLOCK).is_ok());
    assert_eq!(
        open(early.before(ms), CLOCK).unwrap_err(),
        SealError::ClockAhead
    );
    // Opened in time, launched too late.
    let opened = open(NOW, end).unwrap();
    let claimed = claim(&mut MemoryUse::default(), &opened).unwrap();
    assert_eq!(
        opened.release(claimed, end.after(ms)).unwrap_err(),
        SealError::TooLate
    );
}

#[test]
fn a_sender_cannot_seal_for_longer_or_for_the_past() {
    let case = Case::new(Kem::X25519);
    let sealed = |expires| {
        let accept = case.accept();
        let (p, k) = (parameters(), key(SHARER));
        seal(
            &case.context,
            accept.public(),
            p,
            &k,
            NOW,
            expires,
            &mut rng(1),
        )
        .map(|_| ())
    };
    assert_eq!(sealed(NOW.after(LIFETIME)), Ok(()));
    let longer = NOW.after(LIFETIME + Duration::from_millis(1));
    assert_eq!(sealed(longer), Err(SealError::TooLong));
    assert_eq!(sealed(NOW), Err(SealError::Expired));
}

#[test]
fn a_weaker_mechanism_is_refused_on_both_sides() {
    // Both lists name X-Wing, and the accept brought an X25519 key.
    let case = Case::new(Kem::X25519);
    let mut context = case.context.clone();
    context.recipient_kems = KemList::supported();
    let accept = case.accept();
    let (p, k) = (parameters(), key(SHARER));
    let sealed = seal(
        &context,
        accept.public(),
        p,
        &k,
        NOW,
        case.expires,
        &mut rng(1),
    );
    assert_eq!(sealed.unwrap_err(), SealError::WeakerKem);
    // The sender lied about what it saw; the recipient knows its own list.
    let opened = case.seal(parameters()).open(accept, &context, NOW, CLOCK);
    assert_eq!(opened.unwrap_err(), SealError::WeakerKem);
    // A list from which somebody took X-Wing: both agree on the mechanism,
    // and still it doesn't open, because the lists are bound.
    let mut cut = case.context.clone();
    cut.sender_kems = KemList::of(&[Kem::X25519]);
    let opened = case
        .seal(parameters())
        .open(case.accept(), &cut, NOW, CLOCK);
    assert_eq!(opened.unwrap_err(), SealError::Closed);
}

#[test]
fn no_mechanism_in_common_is_said() {
    let case = Case::new(Kem::X25519);
    let mut context = case.context.clone();
    context.sender_kems = KemList::of(&[Kem::XWing]);
    let accept = case.accept();
    let (p, k) = (parameters(), key(SHARER));
    let sealed = seal(
        &context,
        accept.public(),
        p,
        &k,
        NOW,
        case.expires,
        &mut rng(1),
    );
    assert_eq!(sealed.unwrap_err(), SealError::NoCommonKem);
}

#[test]
fn another_sender_is_refused_before_opening() {
    let case = Case::new(Kem::X25519);
    let message = case.seal(parameters());
    let other = Signed::sign(message.payload(), &key(3)).unwrap();
    assert_eq!(
        case.receive(other.bytes()).unwrap_err(),
        RecordError::OtherSigner
    );
    let accept = case.accept();
    assert_eq!(
        other.fits(&accept, &case.context, NOW, CLOCK),
        Err(SealError::Mismatch(WrongField::Sender))
    );
    assert!(message.fits(&accept, &case.context, NOW, CLOCK).is_ok());
    // Under a context that names the thief as the sender, the key that
    // signed is bound.
    let mut context = case.context.clone();
    context.sender = key(3).public().into();
    let opened = other.open(accept, &context, NOW, CLOCK);
    assert_eq!(opened.unwrap_err(), SealError::Closed);
    // And nobody seals in somebody else's name.
    let sealed = seal(
        &case.context,
        case.accept().public(),
        parameters(),
        &key(3),
        NOW,
        case.expires,
        &mut rng(1),
    );
    assert_eq!(sealed.unwrap_err(), SealError::Mismatch(WrongField::Sender));
}

#[test]
fn an_accept_key_of_another_occasion_is_refused() {
    let case = Case::new(Kem::XWing);
    let pair = || KemKeyPair::generate(Kem::XWing, &mut rng(33));
    let (session, challenge) = (case.context.session, case.context.challenge);
    let open = |key| {
        let message = case.seal(parameters());
        message.open(key, &case.context, NOW, CLOCK).unwrap_err()
    };
    let wrong = |s, c, p| open(AcceptKey::from_parts(s, c, p, CLOCK));
    assert_eq!(
        wrong(SessionId::from_bytes([1; 16]), challenge, pair()),
        SealError::Mismatch(WrongField::Session)
    );
    assert_eq!(
        wrong(session, Challenge::from_bytes([1; 32]), pair()),
        SealError::Mismatch(WrongField::Challenge)
    );
    let x25519 = KemKeyPair::generate(Kem::X25519, &mut rng(33));
    assert_eq!(
        wrong(session, challenge, x25519),
        SealError::Mismatch(WrongField::Kem)
    );
    let fresh = KemKeyPair::generate(Kem::XWing, &mut rng(34));
    assert_eq!(wrong(session, challenge, fresh), SealError::Closed);
}

#[test]
fn a_recipient_key_of_small_order_is_refused() {
    let case = Case::new(Kem::X25519);
    let zero = KemPublicKey::from_bytes(Kem::X25519, &[0; 32]).unwrap();
    let (p, k) = (parameters(), key(SHARER));
    let sealed = seal(&case.context, &zero, p, &k, NOW, case.expires, &mut rng(1));
    assert_eq!(sealed.unwrap_err(), SealError::RecipientKey);
}

#[test]
fn the_length_tells_nothing() {
    for kem in Kem::ALL {
        let case = Case::new(*kem);
        let lengths: BTreeSet<usize> = [SharingParameters::default(), parameters(), largest()]
            .into_iter()
            .map(|p| case.seal(p).bytes().len())
            .collect();
        assert_eq!(lengths.len(), 1, "{kem:?}");
    }
}

#[test]
fn nothing_secret_is_printed() {
    let case = Case::new(Kem::XWing);
    let message = case.seal(parameters());
    let opened = case.open(message.clone()).unwrap();
    let p = parameters();
    let shown = format!(
        "{p:?} {p:#?} {:?} {:?} {:?} {opened:?} {message:?} {:?}",
        p.endpoints,
        p.password,
        p.one_time_key,
        case.accept(),
    );
    let key = p.one_time_key.as_ref().unwrap().expose();
    for secret in [
        PASSWORD,
        "share-17",
        "192.0.2.1",
        "192, 0, 2, 1",
        "3389",
        "1920",
    ] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    assert!(!shown.contains(&format!("{:?}", &key[..4])[1..10]));
}

#[test]
fn every_buffer_is_wiped_when_dropped() {
    let case = Case::new(Kem::X25519);
    let p = parameters();
    let _ = hook::take();
    // Two endpoints, three texts, the screen and the key.
    p.destroy();
    let wiped = hook::take();
    assert_eq!(wiped.len(), 7);
    assert!(wiped.iter().any(|b| b.len() == PASSWORD.len()));
    assert!(wiped.iter().flatten().all(|b| *b == 0));

    // Every way out: destroyed, released and dropped, refused claim, failure.
    let message = case.seal(parameters());
    let ways: [&dyn Fn(Opened); 3] = [
        &|o| o.destroy(),
        &|o| {
            let claimed = claim(&mut MemoryUse::default(), &o).unwrap();
            drop(o.release(claimed, CLOCK).unwrap());
        },
        &|o| {
            let other = Claimed::durably(SessionId::from_bytes([1; 16]));
            assert!(o.release(other, CLOCK).is_err());
        },
    ];
    for way in ways {
        let opened = case.open(message.clone()).unwrap();
        let _ = hook::take();
        way(opened);
        let wiped = hook::take();
        assert_eq!(wiped.len(), 7);
        assert!(wiped.iter().flatten().all(|b| *b == 0));
    }

    // Sealing and opening leave no plaintext and no private key either.
    let _ = hook::take();
    let message = case.seal(parameters());
    case.open(message).unwrap().destroy();
    let wiped = hook::take();
    assert!(wiped.iter().any(|b| b.len() == 8192), "the writer's buffer");
    assert!(wiped.iter().filter(|b| b.len() == 32).count() > 4, "keys");
    assert!(wiped.iter().flatten().all(|b| *b == 0));
}

#[test]
fn a_wiped_buffer_holds_only_zeros() {
    // Proves that the hook sees what was there: without wiping it would see
    // the pattern.
    use zeroize::Zeroize as _;
    let mut secret = Secret::copy_of(&[0xa5; 64]);
    assert_eq!(secret.bytes(), [0xa5; 64]);
    secret.bytes_mut().zeroize();
    assert_eq!(secret.bytes(), [0; 64]);
}

#[test]
fn generated_accept_keys_are_fresh() {
    let mut rng = rng(9);
    let session = SessionId::random(&mut rng);
    let a = AcceptKey::generate(Kem::XWing, session, CLOCK, &mut rng);
    let b = AcceptKey::generate(Kem::XWing, session, CLOCK, &mut rng);
    assert_ne!(a.challenge(), b.challenge());
    assert_ne!(a.public(), b.public());
    assert_eq!(a.deadline(), CLOCK.after(LIFETIME));
}

proptest! {
    #[test]
    fn the_device_that_was_not_meant_cannot_open(seed in 100u64..) {
        let case = Case::new(Kem::X25519);
        let pair = KemKeyPair::generate(Kem::X25519, &mut rng(seed));
        let (session, challenge) = (case.context.session, case.context.challenge);
        let other = AcceptKey::from_parts(session, challenge, pair, CLOCK);
        let opened = case.seal(parameters()).open(other, &case.context, NOW, CLOCK);
        prop_assert_eq!(opened.unwrap_err(), SealError::Closed);
    }
}
