//! Sealing and opening with both mechanisms, and the parts that a session
//! pays for once (issue: seal and open). `cargo bench -p kith-proto --bench sealing`.

// A benchmark that can't set itself up has nothing to measure.
#![allow(clippy::unwrap_used)]

use std::net::Ipv4Addr;
use std::num::NonZeroU16;

use divan::Bencher;
use kith_proto::id::SessionId;
use kith_proto::keys::SigningKey;
use kith_proto::policy::application::AppNames;
use kith_proto::policy::reference::PolicyRefs;
use kith_proto::rights::{Rights, Scope};
use kith_proto::seal::{
    AcceptKey, Challenge, Endpoint, Kem, KemKeyPair, KemList, SealContext, SealedMessage,
    SecretText, SharingParameters, seal,
};
use kith_proto::signed::{Signed, Unverified};
use kith_proto::technology::Technology;
use kith_proto::time::{Monotonic, Timestamp};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
const EXPIRES: Timestamp = Timestamp::from_secs(1_800_000_060);
const CLOCK: Monotonic = Monotonic::from_millis(0);

fn main() {
    divan::main();
}

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::from_seed([7; 32])
}

fn sender() -> SigningKey {
    SigningKey::from_seed(&[1; 32])
}

fn context(kem: Kem) -> SealContext {
    SealContext {
        session: SessionId::from_bytes([1; 16]),
        sender: sender().public().into(),
        recipient: SigningKey::from_seed(&[2; 32]).public().into(),
        sender_kems: KemList::supported(),
        recipient_kems: KemList::of(&[kem]),
        policies: PolicyRefs::default(),
        technology: Technology::Rdp,
        hosted: None,
        view: Scope::Desktop,
        control: Scope::Nothing,
        applications: AppNames::default(),
        rights: Rights::VIEW,
        challenge: Challenge::from_bytes([3; 32]),
    }
}

fn accept(kem: Kem) -> AcceptKey {
    let pair = KemKeyPair::derive(kem, &[4; 32]);
    AcceptKey::from_parts(
        context(kem).session,
        Challenge::from_bytes([3; 32]),
        pair,
        CLOCK,
    )
}

fn parameters() -> SharingParameters {
    let port = NonZeroU16::new(3389).unwrap();
    let address = Ipv4Addr::new(192, 0, 2, 1).into();
    SharingParameters {
        endpoints: vec![Endpoint::new(Technology::Rdp, address, port).unwrap()],
        password: Some(SecretText::new("correct horse battery staple".into()).unwrap()),
        ..SharingParameters::default()
    }
}

fn sealed(kem: Kem) -> Signed<SealedMessage> {
    let (c, to, p) = (context(kem), accept(kem), parameters());
    seal(&c, to.public(), p, &sender(), NOW, EXPIRES, &mut rng()).unwrap()
}

const KEMS: [Kem; 2] = [Kem::X25519, Kem::XWing];

#[divan::bench(args = KEMS)]
fn fresh_accept_key(bencher: Bencher, kem: Kem) {
    let mut rng = rng();
    let session = SessionId::from_bytes([1; 16]);
    bencher.bench_local(|| AcceptKey::generate(kem, session, CLOCK, &mut rng));
}

/// To the accept's key, signed.
#[divan::bench(name = "seal", args = KEMS)]
fn seal_one(bencher: Bencher, kem: Kem) {
    let (c, to, key, mut rng) = (context(kem), accept(kem), sender(), rng());
    bencher
        .with_inputs(parameters)
        .bench_local_values(|p| seal(&c, to.public(), p, &key, NOW, EXPIRES, &mut rng).unwrap());
}

/// From received bytes to opened parameters, the signature included.
#[divan::bench(args = KEMS)]
fn verify_and_open(bencher: Bencher, kem: Kem) {
    let (c, bytes, key) = (
        context(kem),
        sealed(kem).bytes().to_vec(),
        sender().public(),
    );
    bencher.with_inputs(|| accept(kem)).bench_values(|accept| {
        let message = Unverified::<SealedMessage>::parse(&bytes).unwrap();
        let message = message.verify(&key).unwrap();
        message.open(accept, &c, NOW, CLOCK).unwrap()
    });
}
