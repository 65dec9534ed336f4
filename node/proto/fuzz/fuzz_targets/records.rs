//! Records of devices (profile, addresses, capabilities), limits on control
//! and the judged time as they are stored: no bytes make the readers panic,
//! and what is read comes back from its own encoding.
#![no_main]
use std::sync::LazyLock;

use kith_proto::address::AddressRecord;
use kith_proto::capability::{Capability, possible};
use kith_proto::cbor::{Decode, Encode, from_bytes, to_bytes};
use kith_proto::clock::JudgedTime;
use kith_proto::device::{ByDevice, Live};
use kith_proto::keys::SigningKey;
use kith_proto::limits::{Bars, Fits, MAX_BYTES};
use kith_proto::profile::Profile;
use kith_proto::signed::Unverified;
use kith_proto::time::Timestamp;
use libfuzzer_sys::fuzz_target;

static DEVICE: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::from_seed(&[1; 32]));

fn read<T: ByDevice + PartialEq + std::fmt::Debug>(data: &[u8]) -> Option<T> {
    if let Ok(record) = Unverified::<T>::parse(data) {
        let now = JudgedTime::from_wall(Timestamp::EPOCH);
        let _ = Live::check_claimed(record, &now);
    }
    let payload = from_bytes::<T>(data, T::KIND.max).ok()?;
    let again = to_bytes(&payload);
    assert!(again.len() <= data.len());
    let back = from_bytes::<T>(&again, T::KIND.max).expect("its own encoding is read");
    assert_eq!(to_bytes(&back), again);
    if let Ok(live) = Live::sign(&payload, &DEVICE) {
        let v = live.get().validity();
        assert!(v.issued < v.expires && v.expires.since(v.issued) <= T::LONGEST);
        assert_eq!(live.get().device(), DEVICE.public().into());
    }
    Some(payload)
}

fn stored<T: Decode + Encode + PartialEq + std::fmt::Debug>(data: &[u8]) {
    if let Ok(read) = from_bytes::<T>(data, MAX_BYTES) {
        let back = from_bytes::<T>(&to_bytes(&read), MAX_BYTES);
        assert_eq!(back, Ok(read));
    }
}

fn judged(data: &[u8]) {
    let wall = Timestamp::EPOCH;
    if let Ok(time) = JudgedTime::resume(wall, data) {
        assert_eq!(JudgedTime::resume(wall, &time.to_stored()), Ok(time));
        assert_eq!(time.now(), time.newest_signed());
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else {
        return;
    };
    match first % 6 {
        0 => drop(read::<Profile>(rest)),
        1 => drop(read::<AddressRecord>(rest)),
        2 => stored::<Bars>(rest),
        3 => stored::<Fits>(rest),
        4 => judged(rest),
        _ => {
            if let Some(c) = read::<Capability>(rest) {
                for way in possible(&c, &c) {
                    if let Ok(p) = way.outcome {
                        assert!(c.kems.contains(p.kem) && !p.rights.is_empty());
                    }
                }
            }
        }
    }
});
