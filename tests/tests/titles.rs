//! What a person names on the command line: others choose the titles of rooms,
//! and get nothing by it that was meant for somebody else (ID-3).
#![allow(clippy::unwrap_used, clippy::panic)] // a failed helper is a failed test

use kith_api::{Event, Reply, Request};
use kith_tests::{Person, Program, Scratch, three};

/// Ben opens a room that is called as Anna's contact Cleo is.
#[test]
fn a_rooms_title_takes_no_persons_place() {
    let folder = Scratch::new("titles");
    let [mut anna, mut ben, mut cleo] = three(&folder);
    let Reply::Contacts(all) = anna.ask(Request::Contacts) else {
        panic!("no contacts")
    };
    let named = all.iter().find(|c| c.own_name == "Cleo");
    let id = named.unwrap().person.id.to_string();
    ben.opens("Cleo", &["Anna"]);
    let room = anna.is_invited_to("Cleo");
    // Invited only, Anna reaches Cleo as before.
    anna.send("Cleo", "before");
    cleo.wait_for_text("Anna", "before");
    anna.join(&room);
    // Then the name alone says too little, and the id still means Cleo.
    let told = anna.kith(&["send", "Cleo", "whose?"]).code(5);
    assert!(told.stderr.contains("kith contacts"), "{}", told.stderr);
    anna.send(&id, "by id");
    cleo.wait_for_text("Anna", "by id");
    let Reply::Rooms(all) = ben.ask(Request::Rooms) else {
        panic!("no rooms")
    };
    for room in all {
        let texts = ben.all_texts(&room.room.id.to_string());
        assert!(!texts.iter().any(|t| t.contains("by id")), "{texts:?}");
    }
}

/// Where two people fit a name, no title of a room decides between them, and no
/// beginning of one; nor does a room that one is only invited to come between a
/// name and our own room.
#[test]
fn a_title_decides_between_nobody() {
    let folder = Scratch::new("between");
    let [mut anna, mut ben, _cleo] = three(&folder);
    anna.kith(&["contacts", "Ben", "--rename", "Max Huber"])
        .ok();
    anna.kith(&["contacts", "Cleo", "--rename", "Max Maier"])
        .ok();
    anna.kith(&["rooms", "new", "Ward"]).ok();
    for title in ["Max Planck", "Max", "Ward"] {
        ben.opens(title, &["Anna"]);
        let room = anna.is_invited_to(title);
        let fits = anna.kith(&["send", "Max", "for one of two"]).code(5);
        assert!(!fits.stdout.contains("queued"), "{}", fits.stdout);
        if title == "Ward" {
            continue;
        }
        anna.join(&room);
        anna.kith(&["send", "Max", "for one of two"]).code(5);
    }
    // Our own is meant, until there are two that are.
    anna.kith(&["send", "Ward", "to our own"]).ok();
    anna.kith(&["rooms", "join", "Ward"]).ok();
    let told = anna.kith(&["send", "Ward", "to which?"]).code(5);
    assert_eq!(told.stderr.matches("kithr1").count(), 2, "{}", told.stderr);
    let Reply::Rooms(all) = ben.ask(Request::Rooms) else {
        panic!("no rooms")
    };
    for room in all {
        let texts = ben.all_texts(&room.room.id.to_string());
        assert_eq!(texts, Vec::<String>::new());
    }
}

/// What isn't a file is named, and the node waits for nobody because of it.
#[test]
fn a_pipe_is_no_file_to_send() {
    let folder = Scratch::new("pipe");
    let mut anna = Person::new("Anna", folder.path());
    anna.up();
    anna.kith(&["rooms", "new", "Ward 3"]).ok();
    let pipe = folder.path().join("pipe");
    Program::new("mkfifo").arg(&pipe).ok();
    let send = anna.kith(&["send", "Ward 3", "--file"]).arg(&pipe);
    let told = send.code(3);
    assert!(told.stderr.contains("isn’t a file"), "{}", told.stderr);
    // Nor is everything that comes through one a text.
    let piped = |bytes| {
        anna.kith(&["send", "Ward 3", "-"])
            .stdin(bytes)
            .code(3)
            .stderr
    };
    let told = piped(vec![0xff; 9]);
    assert!(told.contains("isn’t text"), "{told}");
    let told = piped(vec![b'a'; 3 << 20]);
    assert!(told.contains("too long for a text"), "{told}");
    anna.down();
}

/// ID-3: a title that looks like a person, or like another room, is told as
/// such names are; an id is no title.
#[test]
fn titles_that_look_alike_are_flagged() {
    let folder = Scratch::new("alike");
    let mut anna = Person::new("Anna", folder.path());
    let mut ben = Person::new("Ben", folder.path());
    for person in [&mut anna, &mut ben] {
        person.up();
    }
    anna.meet(&mut ben);
    anna.kith(&["rooms", "new", "Ward"]).ok();
    // The second letter is a Cyrillic one.
    let title = "W\u{430}rd";
    ben.opens(title, &["Anna"]);
    let warnings = anna.wait_for("the invitation", |e| match e {
        Event::Room(r) if r.me == "invited" => Some(r.warnings.clone()),
        _ => None,
    });
    assert!(
        warnings.iter().any(|w| w.words.contains("mixes")),
        "{warnings:?}"
    );
    assert!(
        warnings
            .iter()
            .any(|w| w.words.contains("another room, Ward")),
        "{warnings:?}"
    );
    let listed = anna.kith(&["rooms"]).ok().stdout;
    assert!(listed.contains("careful: the title mixes"), "{listed}");
    let Reply::Identity(me) = ben.ask(Request::Identity) else {
        panic!("no identity")
    };
    let id = me.person.to_string();
    let told = anna.kith(&["rooms", "new", &id]).code(3);
    assert!(told.stderr.contains("can’t be an id"), "{}", told.stderr);
}
