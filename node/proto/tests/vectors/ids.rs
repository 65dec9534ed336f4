use kith_proto::id::PersonId;
use serde_json::json;

use crate::published;

/// Texts that are no person's id, and why. The bytes behind them are all 1.
const INVALID: &[(&str, &str)] = &[
    (
        "kithp1qyqsZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQS6FMLEC",
        "mixed case",
    ),
    (
        "kithp1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs6fmleq",
        "a wrong checksum",
    ),
    (
        "kithp1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs04tnu6",
        "the checksum of Bech32, not of Bech32m",
    ),
    (
        "kithd1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqspcnfrh",
        "another kind",
    ),
    (
        "kithp1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyq796mu",
        "a byte too few",
    ),
    (
        "kithp1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszvl30jk",
        "a byte too many",
    ),
    (
        "kithp1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyq38l02y2",
        "padding bits that are not zero",
    ),
    (
        "kithp1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqsql6svpm",
        "a character of padding too many",
    ),
    (
        "kithp1qyqszqgpqyqszq gpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs6fmlec",
        "a space inside",
    ),
    (
        "qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs6fmlec",
        "no prefix",
    ),
    ("", "nothing"),
];

#[test]
fn texts_that_are_no_ids() {
    let invalid: Vec<_> = INVALID
        .iter()
        .map(|(text, why)| json!({ "kind": "person", "text": text, "why": why }))
        .collect();
    published(
        "ids",
        &json!({ "spec": "00-overview.md, ids", "invalid": invalid }),
    );
    for (text, why) in INVALID {
        assert!(text.parse::<PersonId>().is_err(), "{why}: {text}");
    }
}
