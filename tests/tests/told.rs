//! What people are told when something isn't done: an invite that is worth
//! nothing, a message of somebody else's, a file of others' rooms.
#![allow(clippy::unwrap_used, clippy::panic)] // a failed helper is a failed test

use std::io::{BufRead as _, BufReader};

use kith_api::{ContactState, Content, Decision, Event, Message, Reach, Reply, Request};
use kith_proto::package::{self, Frame};
use kith_proto::room::message::{Part, SyncMessage};
use kith_tests::{Person, Scratch};

/// Somebody with a running node.
fn someone(name: &'static str, folder: &Scratch) -> Person {
    let mut person = Person::new(name, folder.path());
    person.up();
    person
}

/// Anna opens “Ward 3” with Ben; he is invited.
fn ward(anna: &mut Person, ben: &mut Person) {
    anna.opens("Ward 3", &["Ben"]);
    ben.is_invited_to("Ward 3");
}

fn join(person: &mut Person) {
    person.ask(Request::RoomDecide {
        room: "Ward 3".into(),
        decision: Decision::Accept,
    });
}

/// ID-2: who answers an invite that was used, or taken back, is told so for
/// good, with what helps, and can forget it.
#[test]
fn an_invite_that_is_worth_nothing_is_told() {
    let folder = Scratch::new("refused");
    let [mut anna, mut ben, mut cleo] = ["Anna", "Ben", "Cleo"].map(|n| someone(n, &folder));
    let used = anna.invite();
    anna.meet_by(&used, &mut ben);
    let answer = |person: &mut Person, invite: &str, comes: ContactState| {
        let (invite, petname) = (invite.to_owned(), None);
        person.ask(Request::InviteAccept { invite, petname });
        person.wait(
            "the refusal",
            |e| matches!(e, Event::Contact(c) if c.state == comes),
        );
    };
    answer(&mut cleo, &used, ContactState::InviteUsed);
    let again = |person: &Person, invite: &str, said: &str| {
        let told = person.kith(&["accept", invite]).code(7).stderr;
        assert!(told.contains(said) && told.contains("Anna"), "{told}");
    };
    again(&cleo, &used, "used already");
    // It outlasts the connection, and the node.
    cleo.down();
    cleo.up();
    again(&cleo, &used, "used already");
    let told = cleo.kith(&["contacts"]).ok().stdout;
    assert!(told.contains("used already"), "{told}");
    let told = cleo.kith(&["contacts", "Anna"]).ok().stdout;
    assert!(told.contains("ask Anna for a new invite"), "{told}");

    let Reply::Invite(revoked) = anna.ask(Request::InviteNew { lifetime_secs: 600 }) else {
        panic!("no invite")
    };
    let invite = revoked.id;
    anna.ask(Request::InviteRevoke { invite });
    let revoked = revoked.text.unwrap();
    answer(&mut cleo, &revoked, ContactState::InviteRevoked);
    again(&cleo, &revoked, "taken this invite back");
    cleo.kith(&["contacts", "Anna", "--remove"]).ok();
    cleo.wait(
        "the end",
        |e| matches!(e, Event::Forgotten(p) if p.name == "Anna"),
    );
    cleo.kith(&["contacts", "Anna"]).code(4);

    // A new one works as if nothing had been.
    anna.meet(&mut cleo);
}

/// ID-2: who is let in while away is a contact as soon as they come.
#[test]
fn who_is_let_in_while_away_is_told_when_they_come() {
    let folder = Scratch::new("away");
    let [mut anna, mut ben] = ["Anna", "Ben"].map(|n| someone(n, &folder));
    let (invite, petname) = (anna.invite(), None);
    ben.ask(Request::InviteAccept { invite, petname });
    anna.is_answered();
    ben.down();
    anna.kith(&["contacts", "Ben", "--accept"]).ok();
    ben.up();
    ben.wait(
        "the yes",
        |e| matches!(e, Event::Contact(c) if c.state == ContactState::Contact && c.room.is_some()),
    );
    anna.send("Ben", "welcome");
    ben.wait_for_text("Anna", "welcome");
}

/// MSG-2, MSG-5, spec 08 “Erasure and retention”: of two, each edits and deletes
/// what is their own; in a room of several an admin deletes what others said, and is named.
#[test]
fn who_may_delete_a_message_and_who_did() {
    let folder = Scratch::new("deleting");
    let [mut anna, mut ben] = ["Anna", "Ben"].map(|n| someone(n, &folder));
    anna.meet(&mut ben);
    let id_of = |person: &mut Person, room: &str, text: &str| {
        person.wait_for_text(room, text);
        let room = room.to_owned();
        let (before, limit) = (None, 50);
        let Reply::Messages(all) = person.ask(Request::History {
            room,
            before,
            limit,
        }) else {
            panic!("no messages")
        };
        let said = |m: &Message| m.content == Content::Text(text.to_owned());
        all.into_iter().find(said).unwrap().id
    };
    anna.send("Ben", "of Anna’s");
    let id = id_of(&mut ben, "Anna", "of Anna’s");
    let told = ben.kith(&["message", "Anna", &id, "delete"]).code(8);
    assert!(told.stderr.contains("their own"), "{}", told.stderr);
    // What was replaced is found no more, on either side; what stands there is.
    anna.kith(&["message", "Ben", &id, "edit", "by Anna, now"])
        .ok();
    ben.wait_for_text("Anna", "by Anna, now");
    for (person, room) in [(&mut anna, "Ben"), (&mut ben, "Anna")] {
        let found = person
            .kith(&["search", "by anna", "--in", room])
            .ok()
            .stdout;
        assert_eq!(found.matches("by Anna, now").count(), 1, "{found}");
        let found = person.kith(&["search", "of Anna"]).ok().stdout;
        assert!(!found.contains("Anna, now"), "{found}");
    }

    ward(&mut anna, &mut ben);
    join(&mut ben);
    anna.send("Ward 3", "of the admin’s");
    let id = id_of(&mut ben, "Ward 3", "of the admin’s");
    let told = ben.kith(&["message", "Ward 3", &id, "delete"]).code(8);
    assert!(told.stderr.contains("admins"), "{}", told.stderr);
    ben.send("Ward 3", "of Ben’s");
    let id = id_of(&mut anna, "Ward 3", "of Ben’s");
    anna.kith(&["message", "Ward 3", &id, "delete"]).ok();
    ben.wait("the deletion", |e| {
        matches!(e, Event::Message(m) if m.id == id && m.content == Content::Erased
            && m.deleted_by.as_ref().is_some_and(|p| p.name == "Anna"))
    });
    let history = ben.kith(&["history", "Ward 3"]).ok().stdout;
    assert!(history.contains("you: (deleted by Anna)"), "{history}");
    assert_eq!(anna.texts("Ben").len(), 1);
}

/// R7, MSG-1: a file of a room that one isn't in is refused, and makes nobody
/// known; of a room to which one is invited nothing is taken before the answer,
/// and that is said each time.
#[test]
fn a_file_of_a_room_counts_for_who_is_in_it() {
    let folder = Scratch::new("foreign");
    let [mut anna, mut ben, mut cleo] = ["Anna", "Ben", "Cleo"].map(|n| someone(n, &folder));
    anna.meet(&mut ben);
    ward(&mut anna, &mut ben);
    anna.send("Ward 3", "for those inside");
    let file = folder.path().join("ward.kith").display().to_string();
    anna.kith(&["export", "Ward 3", &file]).ok();

    let told = cleo.kith(&["import", &file]).code(8);
    assert!(told.stderr.contains("invite you"), "{}", told.stderr);
    for request in [Request::Contacts, Request::Rooms] {
        match cleo.ask(request) {
            Reply::Contacts(all) => assert_eq!(all, []),
            Reply::Rooms(all) => assert_eq!(all, []),
            other => panic!("{other:?}"),
        }
    }
    let told = ben.kith(&["send", "Ward 3", "hello"]).code(8);
    assert!(told.stderr.contains("rooms join"), "{}", told.stderr);
    let mut import = || {
        let content = std::fs::read(&file).unwrap();
        match ben.ask(Request::Import { content }) {
            Reply::Imported(i) => (i.new, i.message),
            other => panic!("{other:?}"),
        }
    };
    for _ in 0..2 {
        let (new, message) = import();
        assert_eq!(new, 0, "{message}");
        assert!(message.contains("haven’t answered"), "{message}");
    }
    anna.kill();
    join(&mut ben);
    let content = std::fs::read(&file).unwrap();
    ben.ask(Request::Import { content });
    ben.wait_for_text("Ward 3", "for those inside");
    let told = ben.kith(&["import", &file]).ok().stdout;
    assert!(told.contains("Nothing new"), "{told}");
}

/// MSG-1: whoever was removed takes in from a file what was said before, and that
/// they were removed; nothing that was said since, whoever made the file.
#[test]
fn a_file_tells_nothing_that_was_said_since_one_was_removed() {
    let folder = Scratch::new("removed");
    // Ben and Cleo have no way to each other but files.
    let [mut anna, mut ben, mut cleo] = kith_tests::three(&folder);
    anna.opens("Ward 3", &["Ben", "Cleo"]);
    for person in [&mut ben, &mut cleo] {
        person.joins("Ward 3");
    }
    anna.send("Ward 3", "before");
    for person in [&mut ben, &mut cleo] {
        person.wait_for_text("Ward 3", "before");
    }
    cleo.kill();
    anna.kith(&["rooms", "remove", "Ward 3", "Ben"]).ok();
    anna.send("Ward 3", "after");
    ben.wait(
        "the removal",
        |e| matches!(e, Event::Room(r) if r.room.title == "Ward 3" && r.me == "removed"),
    );
    let at = |name: &str| folder.path().join(name).display().to_string();
    let told = anna.kith(&["export", "Ward 3", &at("of-anna")]).ok().stderr;
    assert!(told.contains("isn’t encrypted"), "{told}");
    anna.kill();
    let known = receipts(&mut ben);
    assert!(!known.is_empty());
    // She hasn't heard of it.
    cleo.up();
    cleo.send("Ward 3", "unheard");
    cleo.kith(&["export", "Ward 3", &at("of-cleo")]).ok();
    cleo.kill();

    let refused = |ben: &Person, file: &str| {
        let told = ben.kith(&["import", &at(file)]).code(8).stderr;
        assert!(told.contains("were removed from “Ward 3”"), "{told}");
    };
    refused(&ben, "of-cleo");
    // The removal itself is new.
    let told = ben.kith(&["import", &at("of-anna")]).ok().stdout;
    assert!(told.contains("Left out: you were removed"), "{told}");
    refused(&ben, "of-anna");
    ben.down();
    ben.up();
    refused(&ben, "of-anna");
    refused(&ben, "of-cleo");
    let said: Vec<String> = ben.texts("Ward 3").into_iter().map(|(_, t)| t).collect();
    assert_eq!(said, ["before"]);
    // Nor who has read what since (chapter 07, "Files carried by hand").
    assert_eq!(receipts(&mut ben), known);
}

/// The receipts that somebody would carry to others.
fn receipts(person: &mut Person) -> Vec<Vec<u8>> {
    let Reply::Package(file) = person.ask(Request::ExportRoom {
        room: "Ward 3".into(),
    }) else {
        panic!("no file")
    };
    let told = |frame| match frame {
        Frame::Room(bytes) => match SyncMessage::from_bytes(&bytes).unwrap().part {
            Part::Receipts(told) => told,
            _ => Vec::new(),
        },
        _ => Vec::new(),
    };
    let frames = package::read(&file.content).unwrap();
    frames.into_iter().flat_map(told).collect()
}

/// ID-3: two who go by one name are shown with their ids, wherever they are
/// listed; nobody is given a name that somebody else has.
#[test]
fn two_of_one_name_can_be_told_apart() {
    let folder = Scratch::new("one-name");
    let mut anna = someone("Anna", &folder);
    let mut ids = Vec::new();
    for n in ["1", "2"] {
        let folder = folder.path().join(n);
        std::fs::create_dir(&folder).unwrap();
        let mut ben = Person::new("Ben", &folder);
        ben.up();
        let (invite, petname) = (anna.invite(), None);
        ben.ask(Request::InviteAccept { invite, petname });
        let who = anna.wait_for("an answer", |e| match e {
            Event::Contact(c) if c.state == ContactState::Asks => Some(c.person.id.to_string()),
            _ => None,
        });
        ids.push(who.clone());
        let decision = Decision::Accept;
        anna.ask(Request::ContactDecide { who, decision });
        ben.wait(
            "the decision",
            |e| matches!(e, Event::Contact(c) if c.state == ContactState::Contact && c.room.is_some()),
        );
        ben.send("Anna", "hello");
        let id = ids[ids.len() - 1].clone();
        anna.wait("hello", |e| {
            matches!(e, Event::Message(m) if m.author.id.to_string() == id
                && m.content == Content::Text("hello".into()))
        });
    }
    let shown: Vec<String> = ids
        .iter()
        .map(|id| format!("Ben ({}…)", &id[..14]))
        .collect();
    for command in [&["contacts"][..], &["rooms"]] {
        let told = anna.kith(command).ok().stdout;
        assert!(shown.iter().all(|name| told.contains(name)), "{told}");
    }
    // What is shown can be typed.
    let told = anna.kith(&["history", &shown[1]]).ok().stdout;
    assert!(told.contains(&format!("{}: hello", shown[1])), "{told}");
    anna.kith(&["history", "Ben"]).code(5);

    anna.kith(&["contacts", &ids[1], "--rename", "Benno"]).ok();
    let told = anna.kith(&["rooms"]).ok().stdout;
    assert!(
        told.contains("Ben  (") && told.contains("Benno  ("),
        "{told}"
    );
    for (who, name) in [(&ids[1], "BEN"), (&ids[0], "Benno")] {
        let told = anna.kith(&["contacts", who, "--rename", name]).code(3);
        assert!(
            told.stderr.contains("is called so already"),
            "{}",
            told.stderr
        );
    }
    let mut cleo = someone("Cleo", &folder);
    let told = anna
        .kith(&["accept", &cleo.invite(), "--name", "benno"])
        .code(3);
    assert!(told.stderr.contains(&ids[1]), "{}", told.stderr);
}

/// UI-2, XFER-1: the answer to an invite is of use in JSON too, and isn't said
/// twice.
#[test]
fn an_answer_in_json_can_be_carried() {
    let folder = Scratch::new("json-answer");
    let [mut anna, mut ben] = ["Anna", "Ben"].map(|n| someone(n, &folder));
    let at = |name: &str| folder.path().join(name).display().to_string();
    // What isn't for a terminal is taken as it is.
    std::fs::write(at("invite"), anna.kith(&["invite"]).ok().stdout).unwrap();
    let invite = at("invite");
    anna.kill();
    let told = ben.kith(&["accept", &invite, "--json"]).ok().stdout;
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    let answer = told["accepted"]["answer"].as_str().unwrap();
    std::fs::write(at("text"), answer).unwrap();
    let decode = format!("base64 -d <{} >{}", at("text"), at("answer"));
    kith_tests::Program::new("sh").args(["-c", &decode]).ok();
    let told = ben
        .kith(&["accept", &invite, "--json", "--answer", &at("file")])
        .ok()
        .stdout;
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert!(told["accepted"]["answer"].is_null(), "{told}");
    let read = |name: &str| std::fs::read(at(name)).unwrap();
    assert_eq!(read("answer"), read("file"));
    ben.kill();
    anna.up();
    anna.kith(&["import", &at("answer")]).ok();
    anna.is_answered();
}

/// UI-2: who lets somebody in before the answer is there waits for it; where no
/// invite is open, nothing can come.
#[test]
fn an_answer_that_is_on_its_way_is_waited_for() {
    let folder = Scratch::new("on-its-way");
    let [mut anna, ben] = ["Anna", "Ben"].map(|n| someone(n, &folder));
    let told = anna.kith(&["contacts", "Ben", "--accept"]).code(4);
    assert!(!told.stderr.contains("waiting"), "{}", told.stderr);
    let invite = anna.invite();
    let mut accepts = std::process::Command::new(kith_tests::Program::path_of_built("kith"))
        .arg("--profile")
        .arg(anna.profile())
        .args(["contacts", "Ben", "--accept"])
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut said = BufReader::new(accepts.stderr.take().unwrap());
    said.read_line(&mut line).unwrap();
    assert!(line.contains("waiting"), "{line}");
    ben.kith(&["accept", &invite]).ok();
    assert!(accepts.wait().unwrap().success());
}

/// XFER-1: a damaged file is told as one, and what is whole in it counts: also
/// what follows a text that was damaged, which comes later.
#[test]
fn damage_in_a_carried_file_is_told_and_the_rest_is_kept() {
    let folder = Scratch::new("damage");
    let [mut anna, mut ben] = ["Anna", "Ben"].map(|n| someone(n, &folder));
    anna.meet(&mut ben);
    ben.down();
    for text in ["the first", "the second", "the third"] {
        anna.send("Ben", text);
    }
    let at = |name: &str| folder.path().join(name).display().to_string();
    anna.kith(&["export", "Ben", &at("good")]).ok();
    anna.down();
    let mut bytes = std::fs::read(at("good")).unwrap();
    let text = b"the second";
    let place = bytes.windows(text.len()).position(|w| w == text).unwrap();
    bytes[place] ^= 1;
    std::fs::write(at("bad"), bytes).unwrap();

    ben.up();
    let told = ben.kith(&["import", &at("bad")]).code(6).stderr;
    assert!(told.contains("damaged") && told.contains("3 new"), "{told}");
    for text in ["the first", "the third"] {
        ben.wait_for_text("Anna", text);
    }
    let told = ben.kith(&["import", &at("bad")]).code(6).stderr;
    assert!(told.contains("nothing else in it is new"), "{told}");
    let told = ben.kith(&["import", &at("good")]).ok().stdout;
    assert!(told.contains("1 new"), "{told}");
    let said: Vec<String> = ben.texts("Anna").into_iter().map(|(_, t)| t).collect();
    assert_eq!(said, ["the first", "the second", "the third"]);
    let told = ben.kith(&["import", &at("good")]).ok().stdout;
    assert!(told.contains("Nothing new"), "{told}");
}

/// ID-2, XFER-1: an answer by file to an invite that is used or taken back, and
/// a reply to somebody else, are told as such.
#[test]
fn answers_by_file_that_are_worth_nothing_are_told() {
    let folder = Scratch::new("worthless");
    let at = |name: &str| folder.path().join(name).display().to_string();
    let [mut anna, mut ben, mut cleo] =
        ["Anna", "Ben", "Cleo"].map(|n| Person::new(n, folder.path()));
    anna.up();
    for name in ["used", "back"] {
        anna.kith(&["invite", "--file", &at(name)]).ok();
    }
    anna.down();
    let answers = |person: &mut Person, all: &[(&str, &str)]| {
        person.up();
        for (invite, answer) in all {
            let (invite, answer) = (at(invite), at(answer));
            person.kith(&["accept", &invite, "--answer", &answer]).ok();
        }
        person.down();
    };
    answers(&mut ben, &[("used", "of-ben")]);
    answers(&mut cleo, &[("used", "of-cleo"), ("back", "of-cleo-too")]);

    anna.up();
    anna.kith(&["import", &at("of-ben")]).ok();
    let told = anna.kith(&["import", &at("of-cleo")]).code(7).stderr;
    assert!(told.contains("used already"), "{told}");
    let told = anna.kith(&["import", &at("of-ben")]).ok().stdout;
    assert!(told.contains("already"), "{told}");
    let open = anna.kith(&["invite", "--list"]).ok().stdout;
    let id = open.lines().find(|l| l.contains("  open  ")).unwrap();
    let id = id.split_whitespace().next().unwrap().to_owned();
    anna.kith(&["invite", "--revoke", &id]).ok();
    let told = anna.kith(&["import", &at("of-cleo-too")]).code(7).stderr;
    assert!(told.contains("took back"), "{told}");
    let reply = at("reply");
    anna.kith(&["contacts", "Ben", "--accept", "--reply", &reply])
        .ok();
    let told = anna.kith(&["import", &reply]).ok().stdout;
    assert!(told.contains("somebody else"), "{told}");
    anna.down();

    cleo.up();
    let told = cleo.kith(&["import", &reply]).code(6).stderr;
    assert!(told.contains("isn’t a reply to you"), "{told}");
    cleo.kith(&["import", &at("of-ben")]).code(4);
    cleo.down();
    // By files alone, the room of two is the next step.
    ben.up();
    for said in [
        ben.kith(&["import", &reply]).ok().stdout,
        ben.kith(&["send", "Anna", "hello"]).code(11).stderr,
    ] {
        assert!(said.contains("kith export YOUR-NAME"), "{said}");
    }
}

/// UI-2, DISC-4: whether their device or the person is waited for is told, also
/// while they are away; and that they declined.
#[test]
fn for_whom_an_answer_waits_is_told() {
    let folder = Scratch::new("waits");
    let [mut anna, mut ben] = ["Anna", "Ben"].map(|n| someone(n, &folder));
    let invite = anna.invite();
    anna.kill();
    ben.kith(&["accept", &invite]).ok();
    let told = ben.kith(&["contacts"]).ok().stdout;
    assert!(told.contains("hasn’t heard of it yet: "), "{told}");
    let told = ben.kith(&["send", "Anna", "hello"]).code(11).stderr;
    assert!(told.contains("hasn’t reached"), "{told}");

    anna.up();
    let comes = |person: &mut Person, state: ContactState, connected: bool| {
        person.wait("how far it is", |e| {
            matches!(e, Event::Contact(c) if c.state == state
                && matches!(&c.reach, Reach::Offline { why, .. } if why.contains("is connected") == connected))
        });
    };
    comes(&mut ben, ContactState::Answered, true);
    let told = ben.kith(&["contacts"]).ok().stdout;
    assert!(told.contains("waits for their yes"), "{told}");
    let told = ben.kith(&["send", "Anna", "hello"]).code(8).stderr;
    assert!(told.contains("haven’t said yes"), "{told}");
    anna.down();
    comes(&mut ben, ContactState::Answered, false);
    ben.down();
    ben.up();
    let told = ben.kith(&["contacts"]).ok().stdout;
    assert!(told.contains("waits for their yes"), "{told}");

    anna.up();
    anna.kith(&["contacts", "Ben", "--decline"]).ok();
    let told = anna.kith(&["contacts"]).ok().stdout;
    assert!(told.contains("you declined"), "{told}");
    ben.wait(
        "the refusal",
        |e| matches!(e, Event::Contact(c) if c.state == ContactState::TurnedAway),
    );
    let told = ben.kith(&["contacts"]).ok().stdout;
    assert!(told.contains("they declined"), "{told}");
    ben.kith(&["send", "Anna", "hello"]).code(8);
    let told = ben.kith(&["accept", &invite]).code(8).stderr;
    assert!(told.contains("declined your answer"), "{told}");
}
