//! Device certificates: no bytes make the reader panic, and none is believed
//! for longer, or for another device, than the person's log says.
#![no_main]
use std::sync::LazyLock;
use std::time::Duration;

use kith_proto::cbor::{from_bytes, to_bytes};
use kith_proto::clock::JudgedTime;
use kith_proto::device::DeviceCert;
use kith_proto::kem::{KemId, KemKey, KemKeys};
use kith_proto::keys::SigningKey;
use kith_proto::person::{Listing, PersonEntry, PersonLog};
use kith_proto::signed::Unverified;
use kith_proto::time::Timestamp;
use libfuzzer_sys::fuzz_target;

const START: Timestamp = Timestamp::from_secs(1_750_000_000);

static PERSON: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::from_seed(&[21; 32]));

/// The log whose certificates the corpus begins with.
static LOG: LazyLock<PersonLog> = LazyLock::new(|| {
    let floor = KemKey {
        kem: KemId::X25519,
        public: vec![1; 32],
    };
    let kem = KemKeys::new(vec![floor]).expect("the floor is enough");
    let device = SigningKey::from_seed(&[1; 32]).public().into();
    let mut e = PersonEntry::genesis(PERSON.public(), None, START);
    e.list(Listing::new(
        device,
        kem,
        START,
        START.after(Duration::from_secs(31_536_000)),
    ));
    let genesis = e.sign(&[&PERSON]).expect("a right entry");
    PersonLog::start(genesis, &JudgedTime::from_wall(START)).expect("a right log")
});

fuzz_target!(|data: &[u8]| {
    let now = JudgedTime::from_wall(START.after(Duration::from_secs(86_400)));
    if let Ok(record) = Unverified::<DeviceCert>::parse(data) {
        let _ = DeviceCert::check(record, &LOG, &now);
    }
    let Ok(mut cert) = from_bytes::<DeviceCert>(data, 2048) else {
        return;
    };
    assert!(to_bytes(&cert).len() <= data.len());
    // The person id is a digest that no fuzzer guesses.
    if data.len().is_multiple_of(2) {
        cert.person = LOG.id();
    }
    let Ok(signed) = cert.sign(&PERSON) else {
        return;
    };
    let record = Unverified::parse(signed.bytes()).expect("what was signed is read");
    if let Ok(certified) = DeviceCert::check(record, &LOG, &now) {
        let listed = LOG
            .state()
            .device(&certified.cert().device)
            .expect("listed");
        assert!(certified.until() <= listed.expires && certified.until() > now.now());
        assert_eq!(certified.cert().kem, listed.kem);
        assert_eq!(certified.cert().person, LOG.id());
    }
});
