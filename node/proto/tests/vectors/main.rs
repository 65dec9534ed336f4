//! The test vectors of the specification (`protocol-spec/vectors`), replayed
//! against this crate, one module a file.
//!
//! `KITH_BLESS=1 cargo nextest run -p kith-proto --test vectors` writes the
//! files anew from this crate. Do that only when a version changes: a vector
//! that was published stays (DESIGN.md, "Versions and growth").

// Helpers of tests are not seen as tests by clippy's allow-…-in-tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod audit;
mod canon;
mod hello;
mod ids;
mod invites;
mod meet;
mod package;
mod person;
mod policy;
mod policy_payloads;
mod records;
mod rooms;
mod sealing;
mod sheet;
mod signed;

use std::path::PathBuf;

use kith_proto::cbor::DecodeError;
use kith_proto::keys::SigningKey;
use serde_json::Value;

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../protocol-spec/vectors")
        .join(format!("{name}.json"))
}

/// A published file that something else made.
pub(crate) fn read(name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path(name)).unwrap()).unwrap()
}

/// Compares `made` with the published file `NAME.json`, or writes the file
/// when blessing; returns the published content.
pub(crate) fn published(name: &str, made: &Value) -> Value {
    let path = path(name);
    let text = serde_json::to_string_pretty(made).unwrap() + "\n";
    if std::env::var_os("KITH_BLESS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let file = std::fs::read_to_string(&path)
        .unwrap_or_else(|e| panic!("{}: {e}; see the head of this file", path.display()));
    assert_eq!(file, text, "{name}.json differs from what this crate makes");
    serde_json::from_str(&file).unwrap()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    assert!(text.is_ascii() && text.len().is_multiple_of(2));
    (0..text.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap())
        .collect()
}

/// The key whose seed is 32 times the byte `n`.
pub(crate) fn key(n: u8) -> SigningKey {
    SigningKey::from_seed(&[n; 32])
}

/// What a refusal is called in vectors: the same name, however deep it lies.
pub(crate) fn error(e: &DecodeError) -> &'static str {
    match e {
        DecodeError::Canon(_) => "not-canonical",
        DecodeError::Type(_) => "type",
        DecodeError::OutOfRange => "out-of-range",
        DecodeError::Unsorted => "unsorted",
        DecodeError::BadKey => "bad-key",
        DecodeError::Missing(_) => "missing",
        DecodeError::Critical(_) => "critical",
        DecodeError::Version(_) => "version",
        DecodeError::Field { source, .. } => error(source),
    }
}
