//! The vectors of `protocol-spec/12-share-input.md`: what each message means,
//! and what must be refused.
#![allow(clippy::unwrap_used, clippy::panic)] // a failed helper is a failed test

use std::path::PathBuf;

use kith_codec::input::{
    Actor, Asking, Button, Controller, Input, Key, Keysym, Motion, Notice, People, Place, Refusal,
    Status, Text,
};
use kith_codec::message::Envelope;
use serde::Deserialize;

#[derive(Deserialize)]
struct Vectors {
    messages: Vec<Message>,
    refused: Vec<Refused>,
    people: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
    hex: String,
    controls: usize,
    watching: Vec<String>,
}

#[derive(Deserialize)]
struct Message {
    name: String,
    to: String,
    hex: String,
    means: Means,
}

#[derive(Deserialize)]
struct Refused {
    name: String,
    to: String,
    hex: String,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Means {
    Move {
        x: u16,
        y: u16,
    },
    Button {
        x: u16,
        y: u16,
        button: String,
        motion: String,
    },
    Wheel {
        x: u16,
        y: u16,
        dx: i16,
        dy: i16,
    },
    Key {
        keysym: u32,
        motion: String,
        character: Option<char>,
    },
    Text {
        text: String,
    },
    ReleaseAll,
    Ask,
    GiveBack,
    Status {
        controller: String,
        asking: String,
        paused: bool,
        watchers: u8,
    },
    Activity {
        actor: String,
    },
    Refused {
        why: String,
        count: u16,
    },
}

fn motion(name: &str) -> Motion {
    match name {
        "up" => Motion::Up,
        "down" => Motion::Down,
        other => panic!("motion {other}"),
    }
}

/// What the words of a vector are in our types.
fn input(means: &Means) -> Input {
    match means {
        Means::Move { x, y } => Input::Move(Place { x: *x, y: *y }),
        Means::Button {
            x,
            y,
            button,
            motion: m,
        } => Input::Button {
            at: Place { x: *x, y: *y },
            button: match button.as_str() {
                "main" => Button::Main,
                "middle" => Button::Middle,
                "menu" => Button::Menu,
                "back" => Button::Back,
                "forward" => Button::Forward,
                other => panic!("button {other}"),
            },
            motion: motion(m),
        },
        Means::Wheel { x, y, dx, dy } => Input::Wheel {
            at: Place { x: *x, y: *y },
            dx: *dx,
            dy: *dy,
        },
        Means::Key {
            keysym,
            motion: m,
            character,
        } => Input::Key(Key {
            keysym: Keysym::new(*keysym).unwrap(),
            motion: motion(m),
            character: *character,
        }),
        Means::Text { text } => Input::Text(Text::new(text.clone()).unwrap()),
        Means::ReleaseAll => Input::ReleaseAll,
        Means::Ask => Input::Ask,
        Means::GiveBack => Input::GiveBack,
        Means::Status { .. } | Means::Activity { .. } | Means::Refused { .. } => {
            panic!("this goes to the viewer")
        }
    }
}

fn notice(means: &Means) -> Notice {
    match means {
        Means::Status {
            controller,
            asking,
            paused,
            watchers,
        } => Notice::Status(Status {
            controller: match controller.as_str() {
                "nobody" => Controller::Nobody,
                "you" => Controller::You,
                "somebody" => Controller::Somebody,
                other => panic!("controller {other}"),
            },
            asking: match asking.as_str() {
                "barred" => Asking::Barred,
                "open" => Asking::Open,
                "waiting" => Asking::Waiting,
                "declined" => Asking::Declined,
                other => panic!("asking {other}"),
            },
            paused: *paused,
            watchers: *watchers,
        }),
        Means::Activity { actor } => Notice::Activity(match actor.as_str() {
            "you" => Actor::You,
            "somebody" => Actor::Somebody,
            other => panic!("actor {other}"),
        }),
        Means::Refused { why, count } => Notice::Refused {
            why: match why.as_str() {
                "no-control" => Refusal::NoControl,
                "outside" => Refusal::Outside,
                "barred" => Refusal::Barred,
                "button" => Refusal::Button,
                "key" => Refusal::Key,
                "rate" => Refusal::Rate,
                "paused" => Refusal::Paused,
                "untypable" => Refusal::Untypable,
                "unsure" => Refusal::Unsure,
                other => panic!("refusal {other}"),
            },
            count: *count,
        },
        _ => panic!("this goes to the sharer"),
    }
}

fn unhex(s: &str) -> Vec<u8> {
    (0..s.len() / 2)
        .map(|i| u8::from_str_radix(&s[i * 2..i * 2 + 2], 16).unwrap())
        .collect()
}

/// Whether a receiver takes these bytes.
fn taken(to: &str, bytes: &[u8]) -> bool {
    let Ok(Some((envelope, used))) = Envelope::split(bytes) else {
        return false;
    };
    assert_eq!(used, bytes.len());
    match to {
        "sharer" => Input::parse(envelope).is_ok(),
        "viewer" if People::is(&envelope) => People::parse(envelope).is_ok(),
        "viewer" => Notice::parse(envelope).is_ok(),
        other => panic!("to {other}"),
    }
}

#[test]
fn the_vectors_hold() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../protocol-spec/vectors/share-input.json");
    let v: Vectors = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert!(v.messages.len() > 30 && v.refused.len() > 30);
    for m in &v.messages {
        let bytes = unhex(&m.hex);
        let (envelope, used) = Envelope::split(&bytes).unwrap().unwrap();
        assert_eq!(used, bytes.len(), "{}", m.name);
        assert!(envelope.is_input(), "{}", m.name);
        let again = if m.to == "sharer" {
            let expected = input(&m.means);
            assert_eq!(Input::parse(envelope), Ok(expected.clone()), "{}", m.name);
            expected.to_bytes()
        } else {
            let expected = notice(&m.means);
            assert_eq!(Notice::parse(envelope), Ok(expected), "{}", m.name);
            expected.to_bytes()
        };
        assert_eq!(again, bytes, "{}", m.name);
    }
    for m in &v.people {
        let bytes = unhex(&m.hex);
        let (envelope, used) = Envelope::split(&bytes).unwrap().unwrap();
        assert_eq!(used, bytes.len(), "{}", m.name);
        let mut names = m.watching.iter().map(String::as_str);
        let controllers: Vec<&str> = names.by_ref().take(m.controls).collect();
        let expected = People::new(controllers.into_iter(), names);
        assert_eq!(People::parse(envelope), Ok(expected.clone()), "{}", m.name);
        assert_eq!(expected.to_bytes(), bytes, "{}", m.name);
    }
    for r in &v.refused {
        assert!(!taken(&r.to, &unhex(&r.hex)), "{} was taken", r.name);
    }
}
