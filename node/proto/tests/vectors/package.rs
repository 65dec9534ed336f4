use kith_proto::id::PersonId;
use kith_proto::meet::Message;
use kith_proto::package::{self, Frame};
use kith_proto::presence::{Presence, State};
use serde_json::{Value, json};

use crate::{error, hex, published, unhex};

fn told(frame: &Frame) -> Value {
    match frame {
        Frame::Meet(bytes) => json!({ "part": 1, "content": hex(bytes) }),
        Frame::Room(bytes) => json!({ "part": 2, "content": hex(bytes) }),
        Frame::Person(person, entries) => {
            let entries: Vec<String> = entries.iter().map(|e| hex(e)).collect();
            json!({ "part": 3, "person": hex(person.as_bytes()), "entries": entries })
        }
        Frame::Policy(bytes) => json!({ "part": 4, "content": hex(bytes) }),
    }
}

fn all(frames: &[Frame]) -> Vec<Value> {
    frames.iter().map(told).collect()
}

fn files() -> Vec<Vec<Frame>> {
    let meet = Message::Presence(Presence::of(State::Away)).to_bytes();
    let person = PersonId::from_bytes([0x22; 32]);
    vec![
        vec![],
        vec![Frame::Meet(meet.clone())],
        vec![
            Frame::Person(person, vec![vec![1, 2, 3], vec![]]),
            Frame::Room(vec![7; 30]),
            Frame::Policy(vec![8; 20]),
            Frame::Meet(meet),
            Frame::Person(person, vec![]),
        ],
    ]
}

/// `kith-file` as CBOR text, with field 1 before it.
const MAGIC: &str = "01696b6974682d66696c65";

/// Files that are refused, and why.
fn invalid() -> Vec<(String, &'static str)> {
    let person = format!("5820{}", "22".repeat(32));
    vec![
        (String::new(), "empty"),
        ("80".into(), "not a map"),
        (format!("a1{MAGIC}"), "no version"),
        (format!("a20002{MAGIC}"), "an unknown version"),
        ("a10001".into(), "no name"),
        ("a2000101656f74686572".into(), "the name of another file"),
        ("a20001016a4b6974682d66696c6521".into(), "a longer name"),
        (format!("a30001{MAGIC}0280"), "an empty list of frames"),
        (format!("a30001{MAGIC}0281820141"), "cut"),
        (format!("a30001{MAGIC}02818101"), "a frame of one item"),
        (
            format!("a30001{MAGIC}028183014100 00").replace(' ', ""),
            "a frame of three items",
        ),
        (format!("a30001{MAGIC}0281a0"), "a frame that is a map"),
        (format!("a30001{MAGIC}028182614100"), "a part that is text"),
        (format!("a30001{MAGIC}028182204100"), "a negative part"),
        (
            format!("a30001{MAGIC}0281820180"),
            "a message that is a list",
        ),
        (
            format!("a30001{MAGIC}0281820480"),
            "a policy that is a list",
        ),
        (
            format!("a30001{MAGIC}0281820341aa"),
            "a person that is bytes",
        ),
        (
            format!("a30001{MAGIC}0281820381{person}"),
            "a person without entries",
        ),
        (
            format!("a30001{MAGIC}0281820382581f{}80", "22".repeat(31)),
            "a person of 31 bytes",
        ),
        (
            format!("a30001{MAGIC}0281820382{person}816161"),
            "an entry that is text",
        ),
        (format!("a30001{MAGIC}20f5"), "an unknown critical field"),
        (format!("a20001{MAGIC}00"), "a byte too many"),
    ]
}

/// Files of later versions, and what is read of them.
fn lenient() -> Vec<Value> {
    let files = [
        (format!("a30001{MAGIC}03f5"), "a field of later times"),
        (
            format!("a30001{MAGIC}0282820941008201 41aa").replace(' ', ""),
            "a part of later times before a known one",
        ),
    ];
    files
        .iter()
        .map(|(bytes, why)| {
            let read = package::read(&unhex(bytes)).unwrap_or_else(|e| panic!("{why}: {e}"));
            json!({ "bytes": bytes, "why": why, "frames": all(&read) })
        })
        .collect()
}

#[test]
fn packages() {
    let valid: Vec<Value> = files()
        .iter()
        .map(|f| json!({ "frames": all(f), "bytes": hex(&package::write(f)) }))
        .collect();
    let invalid: Vec<Value> = invalid()
        .iter()
        .map(|(bytes, why)| {
            let read = package::read(&unhex(bytes));
            let Err(e) = read else {
                panic!("{why}: {bytes}: {read:?}");
            };
            json!({ "bytes": bytes, "why": why, "error": error(&e) })
        })
        .collect();
    let made = json!({
        "spec": "07-discovery.md, Files carried by hand",
        "valid": valid,
        "read_as": lenient(),
        "invalid": invalid,
    });
    let file = published("package", &made);
    for v in file["valid"].as_array().unwrap() {
        let bytes = unhex(v["bytes"].as_str().unwrap());
        assert_eq!(package::write(&package::read(&bytes).unwrap()), bytes);
    }
}
