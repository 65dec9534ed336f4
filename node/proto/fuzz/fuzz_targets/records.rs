//! Records of devices (profile, addresses, capabilities): no bytes make the
//! readers panic, and what is read comes back from its own encoding.
#![no_main]
use std::sync::LazyLock;

use kith_proto::address::AddressRecord;
use kith_proto::capability::{Capability, possible};
use kith_proto::cbor::{from_bytes, to_bytes};
use kith_proto::clock::JudgedTime;
use kith_proto::device::{ByDevice, Live};
use kith_proto::keys::SigningKey;
use kith_proto::profile::Profile;
use kith_proto::signed::Unverified;
use libfuzzer_sys::fuzz_target;

static DEVICE: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::from_seed(&[1; 32]));

fn read<T: ByDevice + PartialEq + std::fmt::Debug>(data: &[u8]) -> Option<T> {
    if let Ok(record) = Unverified::<T>::parse(data) {
        let now = JudgedTime::from_wall(kith_proto::time::Timestamp::EPOCH);
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

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else {
        return;
    };
    match first % 3 {
        0 => drop(read::<Profile>(rest)),
        1 => drop(read::<AddressRecord>(rest)),
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
