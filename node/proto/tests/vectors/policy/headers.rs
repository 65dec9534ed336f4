use ciborium::Value as Cbor;
use kith_proto::digest::Digest;
use kith_proto::id::OrgId;
use kith_proto::policy::chain::ChainError;
use kith_proto::policy::document::PolicyHeader;
use kith_proto::signed::Cosigned;
use serde_json::{Value, json};

use super::chains::odd;
use super::{DAY, NOW, header};
use crate::{hex, key, unhex};

/// Headers that nobody may believe or read.
pub(super) fn headers_invalid() -> Value {
    let h = header(
        None,
        OrgId::from_bytes([0; 32]),
        Digest::from_bytes([7; 32]),
    );
    let k = |n: u8| Cbor::Bytes(key(n).public().as_bytes().to_vec());
    let mut sorted = [key(1).public(), key(2).public()];
    sorted.sort();
    let [a, b] = sorted.map(|k| Cbor::Bytes(k.as_bytes().to_vec()));
    let of = |v: Vec<Cbor>| Some(Cbor::Array(v));
    let ten_years_and_a_day = NOW.after(DAY * 3_654).as_millis();
    [
        ("version 2", 0, Some(2.into())),
        ("no version", 0, None),
        ("a number, but no organisation", 2, Some(1.into())),
        (
            "an organisation in the first document",
            1,
            Some(Cbor::Bytes(vec![0; 32])),
        ),
        (
            "a previous document of the first",
            3,
            Some(Cbor::Bytes(vec![0; 32])),
        ),
        ("no name", 4, None),
        ("a name with a bidi control", 4, Some("a\u{202e}b".into())),
        ("it ends when it begins", 6, Some(NOW.as_millis().into())),
        (
            "it lasts more than ten years",
            6,
            Some(ten_years_and_a_day.into()),
        ),
        ("a longest age of nothing", 7, Some(0.into())),
        ("no grace", 8, None),
        ("no administrators", 9, None),
        ("an empty list of administrators", 9, of(vec![])),
        ("an administrator twice", 9, of(vec![k(1), k(1)])),
        ("administrators out of order", 9, of(vec![b, a])),
        (
            "an administrator's key of small order",
            9,
            of(vec![Cbor::Bytes(vec![0; 32])]),
        ),
        ("none needed", 10, Some(0.into())),
        ("more needed than there are", 10, Some(4.into())),
        ("recovery keys, and no number", 12, None),
        ("a number, and no recovery keys", 11, None),
        (
            "more recovery keys needed than there are",
            12,
            Some(4.into()),
        ),
        ("no body", 13, None),
        ("a critical field", -1, Some(Cbor::Null)),
    ]
    .into_iter()
    .map(|(why, field, v)| json!({ "why": why, "bytes": hex(&odd(&h, field, v)) }))
    .collect()
}

pub(super) fn replay_invalid(list: &Value) {
    for v in list.as_array().unwrap() {
        let bytes = unhex(v["bytes"].as_str().unwrap());
        let read = Cosigned::<PolicyHeader>::parse(&bytes).map_err(ChainError::from);
        assert!(
            matches!(
                &read,
                Err(ChainError::Record(
                    kith_proto::signed::RecordError::Content(_)
                ))
            ),
            "{}: {read:?}",
            v["why"]
        );
    }
}
