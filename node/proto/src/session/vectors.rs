//! The messages of `protocol-spec/vectors/session.json`.

use super::tests::{extent, terms};
use super::{Accept, Message, PathNonce, Reason};
use crate::audit::{By, Position};
use crate::cbor;
use crate::digest::Digest;
use crate::id::{DeviceId, SessionId};
use crate::policy::reference::PolicyRefs;
use crate::policy::rule::Direction;
use crate::rights::Scope;
use crate::seal::{AcceptKey, Kem, KemKeyPair, KemList};
use crate::signed::Signed;
use crate::testing::{hex_vec, key};
use crate::time::Monotonic;

const FILE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../protocol-spec/vectors/session.json"
);

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// An acceptance that is the same in every run.
fn accept() -> Signed<Accept> {
    let session = SessionId::from_bytes([7; 16]);
    let pair = KemKeyPair::derive(Kem::X25519, &[5; 32]);
    let challenge = crate::seal::Challenge::from_bytes([6; 32]);
    let made = AcceptKey::from_parts(session, challenge, pair, Monotonic::from_millis(0));
    let accept = Accept {
        session,
        sharer: DeviceId::from(key(1).public()),
        viewer: DeviceId::from(key(2).public()),
        offer: terms(Direction::Invite).digest(),
        policies: PolicyRefs::default(),
        kems: KemList::of(&[Kem::X25519]),
        key: made.public().clone(),
        challenge: made.challenge(),
    };
    Signed::sign(&accept, &key(2)).unwrap()
}

fn messages() -> Vec<(&'static str, Message)> {
    let id = SessionId::from_bytes([7; 16]);
    let nonce = PathNonce::from_bytes([9; 16]);
    let e = extent(Scope::Desktop, Scope::Desktop);
    let capability = vec![0xd2];
    vec![
        (
            "ask",
            Message::Ask {
                terms: terms(Direction::Request),
                capability: capability.clone(),
            },
        ),
        (
            "offer",
            Message::Offer {
                terms: terms(Direction::Invite),
                capability,
            },
        ),
        ("rings", Message::Rings(id)),
        ("accept", Message::Accept(id, accept().bytes().to_vec())),
        ("sealed", Message::Sealed(id, vec![0xd2])),
        ("nominate", Message::Nominate(id, nonce)),
        ("echo", Message::Echo(id, nonce)),
        ("leave", Message::Leave(id, Reason::Declined)),
        ("more", Message::More(id, e.clone())),
        ("now", Message::Now(id, e.clone(), None)),
        (
            "now less",
            Message::Now(id, e, Some((By::Sharer, Reason::Panic))),
        ),
        ("no-more", Message::NoMore(id, Reason::NoAnswer)),
        (
            "over",
            Message::Over {
                session: id,
                by: By::Viewer,
                reason: Reason::Stopped,
                log: Position {
                    length: 4,
                    last: Some(Digest::from_bytes([3; 32])),
                },
            },
        ),
        ("record", Message::Record(id, vec![0x82])),
        ("start", Message::Start(id)),
    ]
}

fn changed(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = bytes.windows(from.len()).position(|w| w == from).unwrap();
    [&bytes[..at], to, &bytes[at + from.len()..]].concat()
}

fn invalid() -> Vec<(&'static str, Vec<u8>)> {
    let mut out = Vec::new();
    let (_, offer) = messages().swap_remove(1);
    let offered = offer.to_bytes();
    out.push(("empty", Vec::new()));
    out.push(("not a map", vec![0x80]));
    out.push(("no session", cbor::to_bytes(&Nothing)));
    // The extent's view (key 0) becomes an application that isn't named.
    let Message::Offer { terms, capability } = offer else {
        return out;
    };
    let mut vague = terms.clone();
    vague.extent.view = Scope::Application;
    let vague = Message::Offer {
        terms: vague,
        capability: capability.clone(),
    };
    out.push(("an offer that names no application", vague.to_bytes()));
    let mut own = terms.clone();
    own.viewer = own.sharer;
    let own = Message::Offer {
        terms: own,
        capability: capability.clone(),
    };
    out.push(("one person on both sides", own.to_bytes()));
    let mut blind = terms;
    blind.extent.rights = crate::rights::Rights::NONE;
    let blind = Message::Offer {
        terms: blind,
        capability,
    };
    out.push(("nothing is seen", blind.to_bytes()));
    out.push((
        "a capability of more than 16384 bytes",
        changed(&offered, &[0x03, 0x41, 0xd2], &{
            let mut long = vec![0x03, 0x59, 0x40, 0x01];
            long.resize(4 + 16_385, 0);
            long
        }),
    ));
    let nominate = messages()[5].1.to_bytes();
    out.push((
        "a nonce of fifteen bytes",
        changed(&nominate, &[0x04, 0x50, 9], &[0x04, 0x4f]),
    ));
    out
}

/// A message with its kind alone.
struct Nothing;

impl cbor::Encode for Nothing {
    fn encode(&self) -> ciborium::Value {
        cbor::MapBuilder::new().put(0, &3u64).build()
    }
}

fn vectors() -> serde_json::Value {
    let valid: Vec<_> = messages()
        .iter()
        .map(|(name, m)| serde_json::json!({ "name": name, "bytes": hex(&m.to_bytes()) }))
        .collect();
    let invalid: Vec<_> = invalid()
        .iter()
        .map(|(why, bytes)| serde_json::json!({ "why": why, "bytes": hex(bytes) }))
        .collect();
    serde_json::json!({
        "spec": "09-negotiation.md, messages",
        "offer_digest": hex(terms(Direction::Invite).digest().as_bytes()),
        "signer_of_accept": hex(key(2).public().as_bytes()),
        "valid": valid,
        "invalid": invalid,
        "passed_over": [{
            "why": "a kind that only a newer program knows",
            "bytes": "a2001863015007070707070707070707070707070707",
        }],
    })
}

#[test]
fn the_published_vectors_are_what_is_written() {
    let text = std::fs::read_to_string(FILE).unwrap_or_default();
    let read: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    if read != vectors() {
        let made = serde_json::to_string_pretty(&vectors()).unwrap() + "\n";
        if std::env::var_os("KITH_WRITE_VECTORS").is_some() {
            std::fs::write(FILE, made).unwrap();
        }
        panic!("session.json differs from what is written here");
    }
}

#[test]
fn the_published_vectors_are_read_as_they_say() {
    let text = std::fs::read_to_string(FILE).unwrap();
    let read: serde_json::Value = serde_json::from_str(&text).unwrap();
    let bytes = |v: &serde_json::Value| hex_vec(v["bytes"].as_str().unwrap());
    for v in read["valid"].as_array().unwrap() {
        let message = Message::from_bytes(&bytes(v)).unwrap().unwrap();
        assert_eq!(message.to_bytes(), bytes(v), "{}", v["name"]);
    }
    for v in read["invalid"].as_array().unwrap() {
        assert!(Message::from_bytes(&bytes(v)).is_err(), "{}", v["why"]);
    }
    for v in read["passed_over"].as_array().unwrap() {
        assert_eq!(Message::from_bytes(&bytes(v)), Ok(None), "{}", v["why"]);
    }
}
