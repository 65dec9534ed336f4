use kith_proto::cbor::DecodeError;
use kith_proto::hello::{Feature, Hello, NoCommonLevel};
use serde_json::{Value, json};

use crate::{hex, published, unhex};

fn hello(min: u16, max: u16, features: &[u16], software: Option<&str>) -> Hello {
    let features = features.iter().copied().map(Feature).collect();
    Hello::new(min, max, features, software.map(str::to_owned)).unwrap()
}

fn valid(min: u16, max: u16, features: &[u16], software: Option<&str>) -> Value {
    json!({
        "min": min, "max": max, "features": features, "software": software,
        "bytes": hex(&hello(min, max, features, software).to_bytes()),
    })
}

/// Bytes that no hello has, and why.
const INVALID: &[(&str, &str)] = &[
    ("", "empty"),
    ("80", "not a map"),
    ("a201010201", "the version is missing"),
    ("a3000201010201", "an unknown version"),
    ("a200010101", "the newest level is missing"),
    ("a3000101000201", "level 0"),
    ("a3000101030202", "levels in the wrong order"),
    ("a400010101020103", "truncated"),
    ("a40001010102010380", "an empty list of features"),
    ("a400010101020103820201", "features out of order"),
    ("a400010101020103820101", "a feature twice"),
    ("a40001010102010460", "an empty name"),
    ("a4000101010201046161ff", "a byte too many"),
    ("a400010101020104610a", "a control character in the name"),
    ("a4000101010201200a", "an unknown critical field"),
];

/// A hello in every other way, with an unknown field that makes it too long.
fn too_long() -> String {
    "a40001010102010559".to_owned() + "0400" + &"00".repeat(1024)
}

fn meets(a: &Hello, b: &Hello) -> Value {
    let result = match a.common(b) {
        Ok(common) => {
            let features: Vec<u16> = common.features.iter().map(|f| f.0).collect();
            json!({ "level": common.level, "features": features })
        }
        Err(NoCommonLevel::TheyAreOlder { .. }) => json!({ "error": "they-are-older" }),
        Err(NoCommonLevel::TheyAreNewer { .. }) => json!({ "error": "they-are-newer" }),
    };
    json!({ "ours": hex(&a.to_bytes()), "theirs": hex(&b.to_bytes()), "result": result })
}

#[test]
fn hellos() {
    let long = too_long();
    let invalid: Vec<Value> = INVALID
        .iter()
        .copied()
        .chain([(long.as_str(), "longer than 1024 bytes")])
        .map(|(bytes, why)| json!({ "bytes": bytes, "why": why }))
        .collect();
    let made = json!({
        "spec": "00-overview.md, hello",
        "valid": [
            valid(1, 1, &[], None),
            valid(1, 1, &[], Some("kith 0.1.0")),
            valid(2, 300, &[1, 24, 40000], Some("ein Kith für Ärzte")),
        ],
        // An unknown field ≥ 0 is ignored: this reads as the first of `valid`.
        "extended": [{ "bytes": "a40001010102011863f5", "same_as": 0 }],
        "invalid": invalid,
        "common": [
            meets(&hello(1, 3, &[1, 2], None), &hello(2, 5, &[2, 3], None)),
            meets(&hello(4, 5, &[], None), &hello(1, 3, &[], None)),
            meets(&hello(1, 3, &[], None), &hello(4, 5, &[], None)),
        ],
    });
    let vectors = published("hello", &made);
    for vector in vectors["valid"].as_array().unwrap() {
        let bytes = unhex(vector["bytes"].as_str().unwrap());
        assert_eq!(Hello::from_bytes(&bytes).unwrap().to_bytes(), bytes);
    }
    assert_eq!(
        Hello::from_bytes(&unhex("a40001010102011863f5")),
        Ok(hello(1, 1, &[], None))
    );
    for vector in vectors["invalid"].as_array().unwrap() {
        let bytes = unhex(vector["bytes"].as_str().unwrap());
        assert!(Hello::from_bytes(&bytes).is_err(), "{}", vector["why"]);
    }
    assert_eq!(
        Hello::from_bytes(&unhex("a4000101010201200a")),
        Err(DecodeError::Critical(-1))
    );
}
