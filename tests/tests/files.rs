//! Files between real processes (issue “Two people talk”): MSG-2, MSG-5,
//! MSG-7.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a panic here is a failed test"
)]

use std::path::Path;
use std::time::{Duration, Instant};

use kith_api::{Code, Content, Event, FileState, LegalHold, MessageRef, Reply, Request};
use kith_tests::{PATIENCE, Person, Scratch, three};

/// Something that can be found again wherever it lies readable.
const MARK: &[u8] = b"a picture of nobody's lungs";

/// A file of `size` bytes that looks like nothing else, with the mark in it.
fn content(size: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut content: Vec<u8> = (0..size)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 56) as u8
        })
        .collect();
    content[..MARK.len()].copy_from_slice(MARK);
    content
}

fn offer(person: &mut Person, to: &str, path: &Path) -> String {
    let Reply::Sent(sent) = person.ask(Request::FileSend {
        to: to.into(),
        path: path.into(),
    }) else {
        panic!("not sent")
    };
    sent.message
}

fn wait_for_offer(person: &mut Person, name: &str) -> MessageRef {
    person.wait_for("the offer", |e| match e {
        Event::Message(m) => match &m.content {
            Content::File { name: n, .. } if n == name => Some(MessageRef {
                room: m.room.id.to_string(),
                message: m.id.clone(),
            }),
            _ => None,
        },
        _ => None,
    })
}

fn refused(result: Result<Reply, kith_api::ClientError>) -> Code {
    match result {
        Err(kith_api::ClientError::Refused(e)) => e.code,
        other => panic!("not refused: {other:?}"),
    }
}

/// Whether some file under `folder` holds the mark.
fn readable_under(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().flatten().any(|e| {
        let path = e.path();
        match path.is_dir() {
            true => readable_under(&path),
            false => {
                path.is_file()
                    && std::fs::read(&path).is_ok_and(|b| b.windows(MARK.len()).any(|w| w == MARK))
            }
        }
    })
}

/// Anna has offered Ben a file of this size: her message, and how he names it.
fn with_a_scan(folder: &Scratch, size: usize) -> (Person, Person, String, MessageRef) {
    let scan = folder.path().join("scan.png");
    let mut anna = Person::new("Anna", folder.path());
    let mut ben = Person::new("Ben", folder.path());
    anna.up();
    ben.up();
    anna.meet(&mut ben);
    std::fs::write(&scan, content(size)).unwrap();
    let id = offer(&mut anna, "Ben", &scan);
    let of = wait_for_offer(&mut ben, "scan.png");
    (anna, ben, id, of)
}

#[test]
fn a_file_arrives_whole_lies_sealed_and_goes_with_its_message() {
    let folder = Scratch::new("file");
    let at = |name: &str| folder.path().join(name);
    let (mut anna, mut ben, id, of) = with_a_scan(&folder, 3_000_001);
    assert_eq!(of.message, id);

    // As a person does it.
    let path = at("from anna.png");
    ben.kith(&["message", "Anna", &id, "fetch", &path.display().to_string()])
        .ok();
    assert_eq!(std::fs::read(&path).unwrap(), content(3_000_001));
    // Nothing is written over.
    let again = ben.try_ask(Request::FileFetch {
        of: of.clone(),
        path: path.clone(),
    });
    assert_eq!(refused(again), Code::BadRequest);
    // A second copy needs nobody.
    anna.kill();
    ben.ask(Request::FileFetch {
        of: of.clone(),
        path: at("again.png"),
    });
    assert_eq!(std::fs::read(at("again.png")).unwrap(), content(3_000_001));
    for person in [&anna, &ben] {
        assert!(!readable_under(person.profile()), "readable at rest");
    }

    anna.up();
    anna.ask(Request::Delete {
        of: MessageRef {
            room: "Ben".into(),
            message: id,
        },
    });
    ben.wait(
        "the deletion",
        |e| matches!(e, Event::Message(m) if m.content == Content::Erased),
    );
    let gone = ben.try_ask(Request::FileFetch {
        of,
        path: at("third.png"),
    });
    assert_eq!(refused(gone), Code::NotFound);
    for person in [&anna, &ben] {
        assert_eq!(blobs(person), 0, "a blob outlived its message");
    }
}

/// How many files of its rooms lie in a profile.
fn blobs(person: &Person) -> usize {
    let files = std::fs::read_dir(person.profile().join("files")).unwrap();
    files.count()
}

/// What was deleted while a legal hold is set is hidden on both sides, and lies
/// there still, over a restart of both; it goes when the hold is lifted.
#[test]
fn a_legal_hold_keeps_on_both_sides_what_is_deleted() {
    let folder = Scratch::new("hold");
    let at = |name: &str| folder.path().join(name);
    let (mut anna, mut ben, id, of) = with_a_scan(&folder, 300_001);
    let path = at("fetched.png");
    ben.ask(Request::FileFetch {
        of: of.clone(),
        path,
    });

    ben.kith(&["rooms", "hold", "Anna", "on"]).ok();
    anna.wait(
        "the hold",
        |e| matches!(e, Event::Room(r) if r.hold == LegalHold::Set),
    );
    let shown = anna.kith(&["rooms", "show", "Ben"]).ok().stdout;
    assert!(shown.contains("a legal hold is set"), "{shown}");
    let own = MessageRef {
        room: "Ben".into(),
        message: id,
    };
    anna.ask(Request::Delete { of: own.clone() });
    ben.wait(
        "the deletion",
        |e| matches!(e, Event::Message(m) if m.content == Content::Erased),
    );
    for person in [&mut anna, &mut ben] {
        person.kill();
        person.up();
    }
    // What Anna says next comes after all that; both have looked at it by then.
    anna.send("Ben", "still there?");
    ben.wait_for_text("Anna", "still there?");
    for (person, of) in [(&mut anna, &own), (&mut ben, &of)] {
        let (of, path) = (of.clone(), at("hidden.png"));
        let hidden = person.try_ask(Request::FileFetch { of, path });
        assert_eq!(refused(hidden), Code::NotFound);
        assert!(blobs(person) > 0, "erased although a hold is set");
    }

    anna.kith(&["rooms", "hold", "Ben", "off"]).ok();
    let until = Instant::now() + PATIENCE;
    while blobs(&anna) + blobs(&ben) > 0 {
        assert!(
            Instant::now() < until,
            "not erased though the hold is lifted"
        );
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_file_comes_from_whoever_has_it_and_goes_on_after_a_kill() {
    let folder = Scratch::new("file-room");
    let at = |name: &str| folder.path().join(name);
    let [mut anna, mut ben, mut cleo] = three(&folder);
    ben.meet(&mut cleo);
    anna.opens("Ward", &["Ben", "Cleo"]);
    for person in [&mut ben, &mut cleo] {
        person.joins("Ward");
    }
    let size = 12_000_000;
    std::fs::write(at("film"), content(size)).unwrap();
    offer(&mut anna, "Ward", &at("film"));
    let of = wait_for_offer(&mut ben, "film");
    ben.ask(Request::FileFetch {
        of,
        path: at("bens"),
    });
    let of = wait_for_offer(&mut cleo, "film");
    // From here on only Ben can give it.
    anna.kill();

    // Cleo is killed when some of it is there; nobody asks again afterwards.
    let path = at("cleos");
    let socket = cleo.profile().join("socket");
    let asking = std::thread::spawn({
        let path = path.clone();
        move || {
            let mut client = kith_api::Client::connect(&socket, "test").unwrap();
            // Its node is killed before it answers.
            let _ = client.ask(Request::FileFetch { of, path });
        }
    });
    cleo.wait(
        "some of the file",
        |e| matches!(e, Event::Fetching { bytes, size, .. } if *bytes > 0 && bytes < size),
    );
    cleo.kill();
    let _ = asking.join();
    assert!(!path.exists());
    cleo.up();
    cleo.wait("the file to be written", |e| match e {
        Event::Message(m) => matches!(
            m.content,
            Content::File {
                state: FileState::Here,
                ..
            }
        ),
        _ => false,
    });
    assert!(
        std::fs::read(&path).unwrap() == content(size),
        "another file"
    );
}
