//! A profile's folder is put back from an old copy, and written in before
//! anybody is met: the device's logs have two versions (MSG-3, MSG-4, ID-6;
//! spec 08, "Forks").

#![allow(clippy::unwrap_used, clippy::panic)] // a failed helper is a failed test

use std::path::{Path, PathBuf};

use kith_api::{
    Content, Delivery, Doubt, Event, LegalHold, Level, Message, MessageRef, Reply, Request, Room,
};

use kith_tests::{Person, Program, Scratch, three};

/// A copy of a profile, which doesn't run.
fn copy(person: &Person, to: &Path) -> PathBuf {
    let copied = to.join("copy");
    Program::new("cp")
        .arg("-a")
        .arg(person.profile())
        .arg(&copied)
        .ok();
    copied
}

fn put_back(person: &Person, copied: &Path) {
    std::fs::remove_dir_all(person.profile()).unwrap();
    std::fs::rename(copied, person.profile()).unwrap();
}

fn history(person: &mut Person, room: &str) -> Vec<Message> {
    let request = Request::History {
        room: room.into(),
        before: None,
        limit: 500,
    };
    let Reply::Messages(all) = person.ask(request) else {
        panic!("no messages");
    };
    all
}

/// Waits for the notice that a log has two versions; what it says.
fn notice(person: &mut Person, room: &str) -> String {
    loop {
        let told = history(person, room).into_iter().find_map(|m| match m {
            Message {
                content: Content::Notice(words),
                doubt: Doubt::Fork,
                ..
            } if words.contains("two versions") => Some(words),
            _ => None,
        });
        if let Some(words) = told {
            return words;
        }
        person.wait("the notice", |e| {
            matches!(e, Event::Message(_) | Event::Room(_))
        });
    }
}

/// What is said in a room, and whether it is marked.
fn said(person: &mut Person, room: &str) -> Vec<(String, Doubt)> {
    let texts = history(person, room).into_iter();
    let texts = texts.filter_map(|m| match m.content {
        Content::Text(text) => Some((text, m.doubt)),
        _ => None,
    });
    texts.collect()
}

fn room(person: &mut Person, title: &str) -> Room {
    let Reply::Room(room) = person.ask(Request::Room { room: title.into() }) else {
        panic!("no room");
    };
    room
}

fn members(person: &mut Person, title: &str) -> Vec<String> {
    let members = room(person, title).members.into_iter();
    // Who is no contact is shown with the id.
    let first = |name: String| name.split(' ').next().map(str::to_owned);
    let mut names: Vec<String> = members.filter_map(|p| first(p.name)).collect();
    names.sort_unstable();
    names
}

fn pair(text: &str, doubt: Doubt) -> (String, Doubt) {
    (text.to_owned(), doubt)
}

/// What was delivered and read stays, marked, with a hold and without; what was
/// written on the old copy stays with its writer, who is told what to do.
#[test]
fn nothing_that_was_read_goes_when_an_old_folder_is_put_back() {
    let folder = Scratch::new("forks");
    let [mut anna, mut ben, mut cleo] = three(&folder);
    let rooms = ["Ward", "Held"];
    for title in rooms {
        anna.opens(title, &["Ben", "Cleo"]);
        ben.joins(title);
        cleo.joins(title);
        cleo.send(title, "one");
        ben.wait_for_text(title, "one");
    }
    anna.ask(Request::RoomHold {
        room: "Held".into(),
        hold: LegalHold::Set,
    });
    cleo.down();
    let old = copy(&cleo, folder.path());
    cleo.up();
    for title in rooms {
        cleo.send(title, "two");
        ben.wait_for_text(title, "two");
        anna.wait_for_text(title, "two");
    }
    for person in [&mut anna, &mut ben, &mut cleo] {
        person.down();
    }
    put_back(&cleo, &old);
    cleo.up();
    for title in rooms {
        cleo.send(title, "written after");
    }
    anna.up();
    ben.up();

    let one = pair("one", Doubt::None);
    for title in rooms {
        for person in [&mut anna, &mut ben] {
            assert!(notice(person, title).contains("Cleo"));
            let two = pair("two", Doubt::Fork);
            assert_eq!(said(person, title), [one.clone(), two], "{title}");
            let found = person.kith(&["search", "two", "--in", title]).ok().stdout;
            assert!(found.contains("two (doubtful)"), "{found}");
            let text = person.kith(&["export", "--text", title, "-"]).ok().stdout;
            assert!(text.contains("two (doubtful)"), "{text}");
            assert_eq!(members(person, title), ["Anna", "Ben", "Cleo"]);
        }
        assert!(notice(&mut cleo, title).contains("this device"));
        let after = pair("written after", Doubt::Fork);
        assert_eq!(said(&mut cleo, title), [one.clone(), after]);
        let mine = history(&mut cleo, title).pop().unwrap();
        assert_eq!(mine.delivery, Some(Delivery::Queued));
        // Who goes on is told what helps.
        let refused = cleo.kith(&["send", title, "on and on"]).code(8);
        assert!(refused.stderr.contains("kith backup"), "{}", refused.stderr);
    }
    let Reply::Doctor(found) = cleo.ask(Request::Doctor) else {
        panic!("no findings");
    };
    let forked = found.iter().find(|f| f.code == "forked").unwrap();
    assert_eq!(forked.level, Level::Bad);
    let Reply::Contact(seen) = anna.ask(Request::Contact { who: "Cleo".into() }) else {
        panic!("no contact");
    };
    assert_eq!(seen.devices[0].forked_in.len(), rooms.len());
    assert!(seen.warnings.iter().any(|w| w.code == "forked-log"));

    // All of it is there after a restart; and an admin can still have it deleted.
    ben.kill();
    ben.up();
    assert_eq!(
        said(&mut ben, "Held"),
        [one.clone(), pair("two", Doubt::Fork)]
    );
    let two = history(&mut anna, "Ward").pop().unwrap();
    anna.ask(Request::Delete {
        of: MessageRef {
            room: "Ward".into(),
            message: two.id.clone(),
        },
    });
    ben.wait(
        "the deletion",
        |e| matches!(e, Event::Message(m) if m.id == two.id && m.content == Content::Erased),
    );
}

/// Whom only what stands behind the fork had let in is out, which is told, and
/// can be invited again; settings end the same for everybody.
#[test]
fn who_was_let_in_behind_a_fork_is_told_and_invited_again() {
    let folder = Scratch::new("forked-invitation");
    let [mut anna, mut ben, mut cleo] = three(&folder);
    anna.opens("Ward", &["Ben"]);
    ben.joins("Ward");
    ben.send("Ward", "hello");
    anna.wait_for_text("Ward", "hello");
    anna.down();
    let old = copy(&anna, folder.path());
    anna.up();
    anna.kith(&["rooms", "invite", "Ward", "Cleo"]).ok();
    cleo.joins("Ward");
    cleo.send("Ward", "I am Cleo");
    ben.wait_for_text("Ward", "I am Cleo");
    for person in [&mut anna, &mut ben, &mut cleo] {
        person.down();
    }
    put_back(&anna, &old);
    anna.up();
    anna.ask(Request::RoomRetention {
        room: "Ward".into(),
        days: Some(30),
    });
    anna.send("Ward", "offline");
    ben.up();
    cleo.up();

    assert!(notice(&mut ben, "Ward").contains("Cleo"));
    notice(&mut anna, "Ward");
    assert!(notice(&mut cleo, "Ward").contains(": you;"));
    let hello = pair("hello", Doubt::None);
    let cleos = pair("I am Cleo", Doubt::Fork);
    assert_eq!(said(&mut ben, "Ward"), [hello.clone(), cleos.clone()]);
    assert_eq!(said(&mut cleo, "Ward"), [hello.clone(), cleos]);
    for person in [&mut anna, &mut ben] {
        assert_eq!(members(person, "Ward"), ["Anna", "Ben"]);
        assert_eq!(room(person, "Ward").retention_s, None);
    }

    // As a new device Anna has what was here, and invites again.
    let words = folder.path().join("words").display().to_string();
    let file = folder.path().join("backup").display().to_string();
    std::fs::write(&words, "five words that nobody guesses").unwrap();
    anna.kith(&["backup", &file, "--passphrase-file", &words])
        .ok();
    anna.down();
    let mut anna = Person::restored("Anna", folder.path(), &file, &words);
    anna.up();
    let offline = pair("offline", Doubt::Fork);
    assert_eq!(said(&mut anna, "Ward"), [hello, offline]);
    anna.wait_for_finding("other-device-forked");
    anna.kith(&["rooms", "invite", "Ward", "Cleo"]).ok();
    cleo.joins("Ward");
    cleo.send("Ward", "here again");
    for person in [&mut anna, &mut ben] {
        person.wait_for_text("Ward", "here again");
        assert_eq!(members(person, "Ward"), ["Anna", "Ben", "Cleo"]);
    }
    ben.wait_for_text("Ward", "I am Cleo");
}
