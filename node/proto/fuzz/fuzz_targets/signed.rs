//! No bytes make the readers of records and documents panic.
#![no_main]
use ciborium::Value;
use kith_proto::cbor::{Decode, DecodeError, Encode};
use kith_proto::signed::{Cosigned, Kind, Payload, Unverified};
use libfuzzer_sys::fuzz_target;

#[derive(Debug)]
struct Any(Value);

impl Encode for Any {
    fn encode(&self) -> Value {
        self.0.clone()
    }
}

impl Decode for Any {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        Ok(Self(value))
    }
}

impl Payload for Any {
    const KIND: Kind = Kind {
        name: "example",
        version: 1,
        max: 65536,
    };
}

fuzz_target!(|data: &[u8]| {
    if let Ok(unverified) = Unverified::<Any>::parse(data) {
        let _ = unverified.verify_claimed();
    }
    let _ = Cosigned::<Any>::parse(data);
});
