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

mod bound;
mod secrecy;

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

#[test]
fn applications_have_one_form_and_a_bound() {
    assert_eq!(names(&["b", "a", "B"]), names(&["a", "b"]));
    let many = |n: usize| (0..n).map(|i| AppName::new(&format!("app{i}")).unwrap());
    assert!(AppNames::new(many(MAX_SHARED).collect()).is_ok());
    assert!(AppNames::new(many(MAX_SHARED + 1).collect()).is_err());
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

/// A session is claimed before its message is there. The message that can be
/// accepted the longest is sealed at the last moment by a clock that is ahead.
#[test]
fn a_claim_before_the_message_outlasts_every_message() {
    let mut case = Case::new(Kem::X25519);
    case.expires = NOW.after(MAX_SKEW + LIFETIME);
    let ahead = NOW.after(MAX_SKEW);
    let sealed = seal(
        &case.context,
        case.accept().public(),
        parameters(),
        &key(SHARER),
        ahead,
        case.expires,
        &mut rng(9),
    );
    let opened = case.open(sealed.unwrap()).unwrap();
    assert!(opened.claim_until() <= NOW.after(CLAIM_KEPT));
    let forgotten = NOW.after(CLAIM_KEPT);
    assert!(case.expires.after(MAX_SKEW) < forgotten);
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
