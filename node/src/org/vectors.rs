//! The proposals of `protocol-spec/vectors/policy-proposal.json`.

use ciborium::Value;
use kith_api::OrgEdit;
use kith_proto::cbor::{self, MapBuilder};

use super::draft::Draft;
use super::proposal::Proposal;
use super::tests::{NOW, edit, key, two_of_two};

const FILE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../protocol-spec/vectors/policy-proposal.json"
);

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn bytes(v: &serde_json::Value) -> Vec<u8> {
    let text = v["bytes"].as_str().unwrap();
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|p| u8::from_str_radix(std::str::from_utf8(p).unwrap(), 16).unwrap())
        .collect()
}

/// The first document, signed by one and by both; and the one after it.
fn whole() -> Vec<(&'static str, Proposal)> {
    let mut first = two_of_two();
    first.sign(&[key(1)], NOW).unwrap();
    let half = first.proposal().unwrap();
    first.sign(&[key(2)], NOW).unwrap();
    let both = first.proposal().unwrap();
    let mut next = Draft::after(first.finish(NOW).unwrap(), &first.admins).unwrap();
    edit(&mut next, OrgEdit::AdminRemove { who: "Ben".into() }).unwrap();
    next.sign(&[key(2)], NOW).unwrap();
    vec![
        ("the first document, signed by one of two", half),
        ("the same, signed by both", both),
        (
            "the next one, which takes an administrator away",
            next.proposal().unwrap(),
        ),
    ]
}

/// A file with these fields instead; `None` leaves one out.
fn file(of: &Proposal, instead: &[(i64, Option<Value>)]) -> Vec<u8> {
    let whole = cbor::from_bytes::<Value>(&of.to_bytes(), super::proposal::MAX_PROPOSAL).unwrap();
    let Value::Map(fields) = whole else {
        panic!("no map")
    };
    let mut map = MapBuilder::new();
    let mut left: Vec<(i64, Option<Value>)> = instead.to_vec();
    for (k, v) in fields {
        let k = i64::try_from(i128::from(k.into_integer().unwrap())).unwrap();
        let at = left.iter().position(|(n, _)| *n == k);
        let v = match at.map(|at| left.remove(at).1) {
            None => Some(v),
            Some(other) => other,
        };
        map = map.put_opt(k, v.as_ref());
    }
    for (k, v) in left {
        map = map.put_opt(k, v.as_ref());
    }
    cbor::to_bytes(&map.build())
}

fn invalid() -> Vec<(&'static str, Vec<u8>)> {
    let all = whole();
    let (half, next) = (&all[0].1, &all[2].1);
    let mut other = two_of_two();
    edit(&mut other, OrgEdit::GroupAdd("nurses".into())).unwrap();
    let body = other.body.to_bytes().unwrap().0;
    let text = |t: &str| Some(Value::Text(t.into()));
    let blob = |b: &[u8]| Some(Value::Bytes(b.to_vec()));
    let mut forged = half.header.to_bytes();
    *forged.last_mut().unwrap() ^= 1;
    let mut cut = half.to_bytes();
    cut.pop();
    let base = next.base.as_ref().unwrap().to_bytes();
    vec![
        ("version 2", file(half, &[(0, Some(2.into()))])),
        (
            "another kind of file",
            file(half, &[(1, text("kith-policy"))]),
        ),
        ("no header", file(half, &[(3, None)])),
        (
            "a signature that is wrong",
            file(half, &[(3, blob(&forged))]),
        ),
        ("no body", file(half, &[(4, None)])),
        (
            "another body than the header names",
            file(half, &[(4, blob(&body))]),
        ),
        (
            "a first document with one before it",
            file(half, &[(2, blob(&base))]),
        ),
        (
            "a later document without the one before",
            file(next, &[(2, None)]),
        ),
        (
            "what is before isn't an update",
            file(next, &[(2, blob(&[0x80]))]),
        ),
        (
            "a key of 31 bytes",
            file(
                half,
                &[(
                    5,
                    Some(Value::Array(vec![Value::Array(vec![Value::Bytes(vec![
                        1;
                        31
                    ])])])),
                )],
            ),
        ),
        ("a critical field", file(half, &[(-1, Some(1.into()))])),
        ("cut short", cut),
    ]
}

fn vectors() -> serde_json::Value {
    let valid: Vec<_> = whole()
        .iter()
        .map(|(name, p)| {
            let h = p.header.payload();
            serde_json::json!({
                "name": name,
                "bytes": hex(&p.to_bytes()),
                "body": hex(h.body.as_bytes()),
                "builds_on": p.base.is_some(),
                "signed_by": p.header.signers().map(|k| hex(k.as_bytes())).collect::<Vec<_>>(),
                "labels": p.labels.iter().map(|a| hex(a.key.as_bytes())).collect::<Vec<_>>(),
            })
        })
        .collect();
    let invalid: Vec<_> = invalid()
        .iter()
        .map(|(why, bytes)| serde_json::json!({ "why": why, "bytes": hex(bytes) }))
        .collect();
    serde_json::json!({
        "spec": "04-policy.md, signing by files",
        "valid": valid,
        "invalid": invalid,
    })
}

#[test]
fn the_published_proposals_are_what_is_written() {
    let text = std::fs::read_to_string(FILE).unwrap_or_default();
    let read: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    if read != vectors() {
        let made = serde_json::to_string_pretty(&vectors()).unwrap() + "\n";
        if std::env::var_os("KITH_WRITE_VECTORS").is_some() {
            std::fs::write(FILE, made).unwrap();
        }
        panic!("policy-proposal.json differs from what is written here");
    }
}

#[test]
fn the_published_proposals_are_read_as_they_say() {
    let text = std::fs::read_to_string(FILE).unwrap();
    let read: serde_json::Value = serde_json::from_str(&text).unwrap();
    for v in read["valid"].as_array().unwrap() {
        let p = Proposal::from_bytes(&bytes(v)).unwrap();
        assert_eq!(p.to_bytes(), bytes(v), "{}", v["name"]);
        assert!(Draft::from_proposal(&p).is_ok(), "{}", v["name"]);
    }
    for v in read["invalid"].as_array().unwrap() {
        let draft = Proposal::from_bytes(&bytes(v)).map(|p| Draft::from_proposal(&p));
        assert!(!matches!(draft, Ok(Ok(_))), "{}", v["why"]);
    }
}
