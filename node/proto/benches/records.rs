//! How long it takes to believe something: reading a record and checking its
//! signature and content. `cargo bench -p kith-proto --bench records`.
//!
//! Divan and not criterion, as in kith-codec: a tenth of the dependencies.

#![allow(clippy::unwrap_used, reason = "a panic is a broken benchmark")]

use std::time::Duration;

use divan::{Bencher, black_box};
use kith_proto::capability::{
    Capability, Codecs, Features, Means, Offer, OsKind, SessionKind, possible,
};
use kith_proto::clock::JudgedTime;
use kith_proto::device::{DeviceCert, Live};
use kith_proto::kem::{KemId, KemKey, KemKeys};
use kith_proto::keys::SigningKey;
use kith_proto::names::Name;
use kith_proto::person::{Listing, PersonEntry, PersonLog};
use kith_proto::profile::Profile;
use kith_proto::rights::Rights;
use kith_proto::seal::KemList;
use kith_proto::signed::{Cosigned, Unverified};
use kith_proto::time::Timestamp;
use kith_proto::validity::Validity;

const START: Timestamp = Timestamp::from_secs(1_750_000_000);
const DAY: Duration = Duration::from_secs(86_400);

fn main() {
    divan::main();
}

fn key(n: u8) -> SigningKey {
    SigningKey::from_seed(&[n; 32])
}

fn now() -> JudgedTime {
    JudgedTime::from_wall(START.after(DAY / 2))
}

/// The first entry of a person with so many devices, each with X-Wing.
fn genesis(devices: u8) -> Cosigned<PersonEntry> {
    let mut e = PersonEntry::genesis(key(99).public(), Some(key(98).public()), START);
    for n in 1..=devices {
        let kem = [(KemId::X25519, 32), (KemId::X_WING, 1216)].map(|(kem, len)| KemKey {
            kem,
            public: vec![n; len],
        });
        let kem = KemKeys::new(kem.into()).unwrap();
        let device = key(n).public().into();
        e.list(Listing::new(device, kem, START, START.after(DAY * 365)));
    }
    e.sign(&[&key(99)]).unwrap()
}

fn log(devices: u8) -> PersonLog {
    PersonLog::start(genesis(devices), &now()).unwrap()
}

fn capability(n: u8) -> Capability {
    let offer = |means| Offer {
        means,
        share: Some(Rights::ALL),
        join: Some(Rights::ALL),
    };
    Capability {
        person: log(1).id(),
        device: key(n).public().into(),
        seq: 1,
        validity: Validity::starting(START, DAY),
        session: SessionKind::Local,
        os: OsKind::Linux,
        os_version: None,
        offers: Means::all().map(offer).collect(),
        unknown_offers: 0,
        codecs: Codecs::ALL,
        kems: KemList::supported(),
        screens: Vec::new(),
        features: Features::ALL,
    }
}

#[divan::bench]
fn verify_profile(bencher: Bencher<'_, '_>) {
    let profile = Profile {
        person: log(1).id(),
        device: key(1).public().into(),
        seq: 1,
        issued: START,
        name: Name::from_typed("Ada").unwrap(),
        avatar: None,
        statement: None,
    };
    let (person, device) = (profile.person, profile.device);
    let bytes = Live::sign(&profile, &key(1))
        .unwrap()
        .record()
        .bytes()
        .to_vec();
    bencher.bench(|| {
        let read = Unverified::<Profile>::parse(black_box(&bytes)).unwrap();
        Live::check(read, &device, &person, &now()).unwrap()
    });
}

#[divan::bench]
fn verify_capability(bencher: Bencher<'_, '_>) {
    let c = capability(1);
    let (person, device) = (c.person, c.device);
    let bytes = Live::sign(&c, &key(1)).unwrap().record().bytes().to_vec();
    bencher.bench(|| {
        let read = Unverified::<Capability>::parse(black_box(&bytes)).unwrap();
        Live::check(read, &device, &person, &now()).unwrap()
    });
}

#[divan::bench]
fn verify_device_cert(bencher: Bencher<'_, '_>) {
    let log = log(4);
    let device = key(1).public().into();
    let cert = DeviceCert::from_log(&log, &device, START).unwrap();
    let bytes = cert.sign(&key(99)).unwrap().bytes().to_vec();
    bencher.bench(|| {
        let read = Unverified::<DeviceCert>::parse(black_box(&bytes)).unwrap();
        DeviceCert::check(read, &log, &now()).unwrap()
    });
}

#[divan::bench(args = [1, 4, 32])]
fn read_person_entry(bencher: Bencher<'_, '_>, devices: u8) {
    let bytes = genesis(devices).to_bytes();
    bencher.bench(|| {
        let read = Cosigned::<PersonEntry>::parse(black_box(&bytes)).unwrap();
        PersonLog::start(read, &now()).unwrap()
    });
}

#[divan::bench]
fn what_is_possible(bencher: Bencher<'_, '_>) {
    let (a, b) = (capability(1), capability(2));
    bencher.bench(|| possible(black_box(&a), black_box(&b)));
}
