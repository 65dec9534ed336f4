//! Plaintexts that are no parameters.

use kith_proto::seal::SharingParameters;
use serde_json::{Value, json};

use crate::{hex, unhex};

const PARAMETERS: &[(usize, &str, &str)] = &[
    (2048, "a0", "the version is missing"),
    (2048, "a10002", "version 2"),
    (2048, "a2000120f4", "an unknown critical field"),
    (4096, "a10001", "a larger size class than needed"),
    (2047, "a10001", "no size class"),
    (2048, "a1000100", "a byte after the content"),
    (2048, "a2000101", "the content is cut off"),
    (2048, "a2010080000101", "keys out of order"),
    (2048, "a200010180", "an empty list of endpoints"),
    (
        2048,
        "a200010181a2000101440a000001",
        "an endpoint without a port",
    ),
    (2048, "a200010181a300020144010203040200", "port 0"),
    (
        2048,
        "a200010181a30018630144010203040201",
        "an unknown technology",
    ),
    (
        2048,
        "a200010181a30002015000000000000000000000ffff7f0000010201",
        "a v4 address inside a v6 one",
    ),
    (
        2048,
        "a200010181a3000201430102030201",
        "an address of three bytes",
    ),
    (2048, "a200010460", "an empty password"),
    (2048, "a2000104610a", "a control character in the password"),
    (2048, "a20001044161", "a password that isn't text"),
    (2048, "a2000105a200010101", "a screen without a depth"),
    (2048, "a2000105a3000101000201", "a screen of height 0"),
    (2048, "a200010641ff", "a one-time key of one byte"),
];

/// Length, content, zeros up to `class`.
fn plaintext(class: usize, content: &str) -> Vec<u8> {
    let content = unhex(content);
    let mut out = u16::try_from(content.len()).unwrap().to_be_bytes().to_vec();
    out.extend(content);
    out.resize(class, 0);
    out
}

pub(super) fn invalid() -> Vec<Value> {
    let mut out: Vec<Value> = PARAMETERS
        .iter()
        .map(|(class, content, why)| {
            let read = SharingParameters::from_plaintext(&plaintext(*class, content));
            assert!(read.is_err(), "{why}");
            json!({ "why": why, "class": class, "content": content })
        })
        .collect();
    for (why, len) in [("nine endpoints", 9), ("a password of 513 bytes", 513)] {
        let content = match len {
            9 => {
                let endpoint = "a30002014401020304020 1".replace(' ', "");
                format!("a2000101{:02x}{}", 0x80 + len, endpoint.repeat(len))
            }
            _ => format!("a200010479{len:04x}{}", "61".repeat(len)),
        };
        let read = SharingParameters::from_plaintext(&plaintext(2048, &content));
        assert!(read.is_err(), "{why}");
        out.push(json!({ "why": why, "class": 2048, "content": content }));
    }
    let mut dirty = plaintext(2048, "a10001");
    dirty[2000] = 1;
    assert!(SharingParameters::from_plaintext(&dirty).is_err());
    out.push(json!({ "why": "padding that isn't zero", "plaintext": hex(&dirty) }));
    out
}
