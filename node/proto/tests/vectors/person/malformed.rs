use ciborium::Value as Cbor;
use kith_proto::cbor::{Decode, DecodeError, Encode};
use kith_proto::person::{Listing, PersonEntry};
use kith_proto::signed::{Cosigned, Kind, Payload};

use super::{day, genesis, listing, person_key};

/// Any CBOR under the name of an entry: for what no honest program writes.
struct Raw(Cbor);

impl Encode for Raw {
    fn encode(&self) -> Cbor {
        self.0.clone()
    }
}

impl Decode for Raw {
    fn decode(value: Cbor) -> Result<Self, DecodeError> {
        Ok(Self(value))
    }
}

impl Payload for Raw {
    const KIND: Kind = PersonEntry::KIND;
}

/// First entries whose content is malformed, with the field that is.
pub(super) fn malformed() -> Vec<(&'static str, Vec<u8>, bool)> {
    let base = || {
        let Cbor::Map(m) = genesis().payload().encode() else {
            panic!("a map")
        };
        m
    };
    let wide = |key: i128, value: Option<Cbor>| {
        let key = Cbor::Integer(key.try_into().unwrap());
        let mut m = base();
        m.retain(|(k, _)| *k != key);
        m.extend(value.map(|v| (key, v)));
        m.sort_by_key(|(k, _)| {
            let k: i128 = k.as_integer().unwrap().into();
            (k < 0, k.unsigned_abs())
        });
        Cosigned::new(Raw(Cbor::Map(m)), &person_key(0))
            .unwrap()
            .to_bytes()
    };
    let set = |key: i64, value| wide(key.into(), value);
    let largest = i128::from(i64::MAX);
    let one = listing(1, day(0)).encode();
    let keyless = Cbor::Map(match &one {
        Cbor::Map(m) => m
            .iter()
            .filter(|(k, _)| *k != Cbor::from(1))
            .cloned()
            .collect(),
        _ => vec![],
    });
    let many = |n: u8| {
        let mut all: Vec<Listing> = (60..60 + n).map(|d| listing(d, day(0))).collect();
        all.sort_by_key(|l| l.device);
        Cbor::Array(all.iter().map(Encode::encode).collect())
    };
    vec![
        ("an unknown field", set(77, Some(1.into())), true),
        ("32 devices", set(8, Some(many(32))), true),
        (
            "the largest unknown field",
            wide(largest, Some(1.into())),
            true,
        ),
        ("a key of 2^63", wide(largest + 1, Some(1.into())), false),
        ("an unknown critical field", set(-1, Some(1.into())), false),
        ("another version", set(0, Some(2.into())), false),
        ("no version", set(0, None), false),
        ("no time", set(4, None), false),
        ("no key", set(5, None), false),
        (
            "a key of small order",
            set(5, Some(Cbor::Bytes(vec![0; 32]))),
            false,
        ),
        (
            "an empty list of devices",
            set(8, Some(Cbor::Array(vec![]))),
            false,
        ),
        ("33 devices", set(8, Some(many(33))), false),
        (
            "a device twice",
            set(8, Some(Cbor::Array(vec![one.clone(), one]))),
            false,
        ),
        (
            "a device without a KEM key",
            set(8, Some(Cbor::Array(vec![keyless]))),
            false,
        ),
        (
            "a number beyond the last",
            set(2, Some(65_536.into())),
            false,
        ),
        (
            "a time beyond the last",
            set(4, Some((1u64 << 48 | 1).into())),
            false,
        ),
    ]
}
