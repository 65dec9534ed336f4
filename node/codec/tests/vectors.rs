//! The vectors of `protocol-spec/11-share-codec.md`: bytes that any viewer
//! must turn into these pictures, and bytes that any viewer must refuse.
#![allow(clippy::unwrap_used, clippy::panic)] // a failed helper is a failed test

mod common;
#[path = "vectors/make.rs"]
mod make;

use std::path::PathBuf;

use common::Random;
use kith_codec::decoder::{DecodeError, Viewer};
use kith_codec::film::FilmId;
use kith_codec::geometry::{Rect, Size};
use kith_codec::message::{
    CursorShape, EndReason, Envelope, FilmAction, FilmPiece, Hello, SourceState, ToSharer,
    ToViewer, Update,
};
use kith_codec::picture::Picture;
use kith_codec::share::{Lane, Share, ShareConfig, ViewerId};
use kith_codec::time::{Micros, Moment};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

#[derive(Serialize, Deserialize, Default)]
struct Vectors {
    about: String,
    /// Messages that are read and written the same.
    messages: Vec<Message>,
    /// Messages to a new viewer, in order, and what it shows then.
    pictures: Vec<Pictures>,
    /// The same, where the last message must be refused.
    refused: Vec<Refused>,
}

#[derive(Serialize, Deserialize)]
struct Message {
    name: String,
    to: String,
    hex: String,
}

#[derive(Serialize, Deserialize)]
struct Pictures {
    name: String,
    steps: Vec<Step>,
}

#[derive(Serialize, Deserialize)]
struct Step {
    hex: String,
    /// SHA-256 of width and height (16 bits, little-endian) and all pixels as
    /// blue, green, red.
    picture: String,
}

#[derive(Serialize, Deserialize)]
struct Refused {
    name: String,
    hex: Vec<String>,
    error: String,
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../protocol-spec/vectors/share-codec.json")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn unhex(s: &str) -> Vec<u8> {
    (0..s.len() / 2)
        .map(|i| u8::from_str_radix(&s[i * 2..i * 2 + 2], 16).unwrap())
        .collect()
}

fn digest(p: &Picture) -> String {
    let mut h = Sha256::new();
    h.update(p.size().width().to_le_bytes());
    h.update(p.size().height().to_le_bytes());
    for pixel in p.pixels() {
        h.update(&pixel.to_le_bytes()[..3]);
    }
    hex(&h.finalize())
}

/// The code of chapter 11 for how a message is refused; `None` if it is taken.
fn feed(viewer: &mut Viewer, bytes: &[u8]) -> Option<&'static str> {
    let envelope = match Envelope::split(bytes) {
        Ok(Some((e, n))) if n == bytes.len() => e,
        _ => return Some("message"),
    };
    let Ok(parsed) = ToViewer::parse(envelope) else {
        return Some("message");
    };
    let error = viewer.handle(parsed?).err()?;
    Some(match error {
        DecodeError::Sequence { .. } => "sequence",
        DecodeError::NoReset => "no-reset",
        DecodeError::Stream(_) => "stream",
        DecodeError::Chunk(_) => "update",
        DecodeError::Film(_) => "film",
        DecodeError::FilmRect => "film-place",
        DecodeError::Cursor => "pointer",
        DecodeError::Ended => "ended",
    })
}

#[test]
fn the_vectors_hold() {
    let v: Vectors = serde_json::from_str(&std::fs::read_to_string(path()).unwrap()).unwrap();
    assert!(v.messages.len() > 8 && v.pictures.len() > 3 && v.refused.len() > 10);
    for m in &v.messages {
        let bytes = unhex(&m.hex);
        let (e, _) = Envelope::split(&bytes).unwrap().unwrap();
        let again = match m.to.as_str() {
            "viewer" => ToViewer::parse(e).unwrap().unwrap().to_bytes(),
            "sharer" => ToSharer::parse(e).unwrap().unwrap().to_bytes(),
            other => panic!("to {other}"),
        };
        assert_eq!(hex(&again), m.hex, "{}", m.name);
    }
    for p in &v.pictures {
        let mut viewer = Viewer::new().unwrap();
        for (i, s) in p.steps.iter().enumerate() {
            assert_eq!(
                feed(&mut viewer, &unhex(&s.hex)),
                None,
                "{}, step {i}",
                p.name
            );
            assert_eq!(
                digest(viewer.picture().unwrap()),
                s.picture,
                "{}, step {i}",
                p.name
            );
        }
    }
    for r in &v.refused {
        let mut viewer = Viewer::new().unwrap();
        let (last, before) = r.hex.split_last().unwrap();
        for b in before {
            assert_eq!(feed(&mut viewer, &unhex(b)), None, "{}", r.name);
        }
        assert_eq!(
            feed(&mut viewer, &unhex(last)),
            Some(r.error.as_str()),
            "{}",
            r.name
        );
    }
}
