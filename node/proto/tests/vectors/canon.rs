use kith_proto::canon::{self, CanonError, MAX_RECORD};
use serde_json::json;

use crate::{published, unhex};

const VALID: &[&str] = &[
    "00",
    "17",
    "1818",
    "18ff",
    "190100",
    "1a00010000",
    "1b0000000100000000",
    "1bffffffffffffffff",
    "20",
    "37",
    "3818",
    "3bffffffffffffffff",
    "f4",
    "f5",
    "f6",
    "40",
    "43010203",
    "60",
    "64f0908591",
    "80",
    "83010203",
    "a0",
    "a201020304",
    "a2001820181800",
    "a3000120012101",
    "a141ff00",
    "a2410100616101",
    "d280",
];

/// The name of an error in the vectors: stable, for other implementations.
fn name(e: CanonError) -> &'static str {
    match e {
        CanonError::TooLong { .. } => "too-long",
        CanonError::Truncated => "truncated",
        CanonError::Trailing(_) => "trailing",
        CanonError::TooDeep => "too-deep",
        CanonError::NotShortest(_) => "not-shortest",
        CanonError::Indefinite(_) => "indefinite",
        CanonError::Reserved(_) => "reserved",
        CanonError::Float(_) => "float",
        CanonError::Simple(_) => "simple",
        CanonError::Tag(_) => "tag",
        CanonError::NotUtf8(_) => "not-utf8",
        CanonError::KeyKind(_) => "key-kind",
        CanonError::TooMany(_) => "too-many",
        CanonError::KeyOrder(_) => "key-order",
    }
}

const INVALID: &[&str] = &[
    "",
    "18",
    "19ff",
    "4401",
    "5bffffffffffffffff",
    "9bffffffffffffffff",
    "a101",
    "8201",
    "0000",
    "1817",
    "1900ff",
    "1a0000ffff",
    "1b00000000ffffffff",
    "3817",
    "580100",
    "7817",
    "5f4101ff",
    "7f6161ff",
    "9f01ff",
    "bf0101ff",
    "ff",
    "1c",
    "5d",
    "fc",
    "f90000",
    "fa00000000",
    "fb0000000000000000",
    "f7",
    "e0",
    "f8ff",
    "c000",
    "81d280",
    "d2d280",
    "d38143",
    "61ff",
    "62c328",
    "63eda080",
    "a1810101",
    "a1a00001",
    "a1f401",
    "a201000100",
    "a202000100",
    "a220000000",
    "a2616100410100",
];

#[test]
fn canonical_form() {
    let deep = |n: usize| format!("{}00", "81".repeat(n));
    let mut valid: Vec<String> = VALID.iter().map(ToString::to_string).collect();
    valid.push(deep(16));
    let mut invalid: Vec<String> = INVALID.iter().map(ToString::to_string).collect();
    invalid.push(deep(17));
    let error = |h: &String| match canon::scan(&unhex(h), MAX_RECORD) {
        Err(e) => json!({ "bytes": h, "error": name(e) }),
        Ok(()) => panic!("{h} is accepted"),
    };
    let made = json!({
        "spec": "02-records.md, canonical form",
        "limits": { "bytes": MAX_RECORD, "depth": canon::MAX_DEPTH },
        "valid": valid,
        "invalid": invalid.iter().map(error).collect::<Vec<_>>(),
    });
    let file = published("canon", &made);
    for h in file["valid"].as_array().unwrap() {
        let h = h.as_str().unwrap();
        assert_eq!(canon::scan(&unhex(h), MAX_RECORD), Ok(()), "{h}");
    }
}
