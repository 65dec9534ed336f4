//! Two and more real processes talk (issue “Two people talk”): DISC-3,
//! MSG-1 to MSG-5, XFER-1, UI-2, rules R8 and R10.

#![allow(clippy::unwrap_used)] // a failed helper is a failed test

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use kith_api::{
    Code, Contact, ContactState, Content, Delivery, Event, Mine, Reply, Request, Verification,
};
use kith_tests::shares::pair;
use kith_tests::{DEADLINE, Person, Program, Scratch};
use rustix::process::{Pid, Signal, kill_process_group};

/// The demonstration that the README promises holds in every step.
///
/// One more step is told where the two have a network of their own.
fn demonstration(options: &[&str], steps: usize) {
    let pictures = Scratch::new("demo-pictures");
    let done = Program::built("kith")
        .args(["demo", "--json", "--pictures"])
        .arg(pictures.path())
        .args(options)
        // A score of programs start in it, one after another.
        .deadline(3 * DEADLINE)
        .ok();
    let data: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(data["all"], true, "{data:#}");
    let told = data["steps"].as_array().unwrap();
    let more = usize::from(data["uses"]["network"] == "own-network");
    assert_eq!(told.len(), steps + more, "{data:#}");
    // Which screen it was says how Esc was pressed and what Ben's picture was
    // held against.
    let how = match data["uses"]["screen"].as_str().unwrap() {
        "toy" => ["command", "drawn-here"],
        _ => ["own-keyboard", "server-memory"],
    };
    assert_eq!(data["uses"]["panic_key"], how[0], "{data:#}");
    assert_eq!(data["uses"]["sharer_picture"], how[1], "{data:#}");
    // What was looked at in each is told one by one.
    for step in told {
        let checks = step["checks"].as_object().unwrap();
        assert!(!checks.is_empty(), "{step:#}");
        assert!(checks.values().all(|held| *held == true), "{step:#}");
    }
    for name in ["sharer.png", "viewer.png"] {
        let picture = std::fs::read(pictures.path().join(name)).unwrap();
        assert!(picture.starts_with(b"\x89PNG"), "{name}");
    }
}

#[test]
fn the_demonstration_holds_with_the_toy_desktop() {
    demonstration(&["--synthetic"], 31);
}

#[test]
fn xvfb_the_demonstration_holds_with_a_real_program() {
    demonstration(&[], 34);
}

/// Whoever has seen enough presses Ctrl-C: no process and no file is left.
fn interrupted(options: &[&str], after: &str) {
    let scratch = Scratch::new("demo-interrupted");
    let pictures = Scratch::new("demo-pictures");
    let mut demo = std::process::Command::new(Program::path_of_built("kith"))
        .args(["demo", "--pictures"])
        .arg(pictures.path())
        .args(options)
        .env("TMPDIR", scratch.path())
        .env("XDG_RUNTIME_DIR", scratch.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .unwrap();
    let out = BufReader::new(demo.stdout.take().unwrap());
    let said = |line: std::io::Result<String>| line.unwrap().contains(after);
    assert!(out.lines().any(said), "it doesn't come to “{after}”");
    assert_ne!(scratch.processes(), 0);
    // To all in its group, as a terminal does.
    let pid = i32::try_from(demo.id()).ok().and_then(Pid::from_raw);
    kill_process_group(pid.unwrap(), Signal::INT).unwrap();
    assert_eq!(demo.wait().unwrap().code(), Some(130));
    let left: Vec<_> = scratch.path().read_dir().unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
    // What the nodes had started sees that they have gone.
    let until = Instant::now() + DEADLINE;
    while scratch.processes() != 0 {
        assert!(Instant::now() < until, "a process is left");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn an_interrupted_demonstration_leaves_nothing() {
    interrupted(&["--synthetic"], "message");
}

#[test]
fn xvfb_an_interrupted_share_leaves_nothing() {
    interrupted(&[], "control");
}

/// XFER-1: meeting and talking with nothing but files carried by hand. At no
/// moment do both nodes run.
#[test]
fn files_carried_by_hand_are_enough() {
    let folder = Scratch::new("files");
    let at = |name: &str| folder.path().join(name).display().to_string();
    let mut anna = Person::new("Anna", folder.path());
    let mut ben = Person::new("Ben", folder.path());

    anna.up();
    anna.kith(&["invite", "--file", &at("invite")]).ok();
    anna.down();

    ben.up();
    ben.kith(&["accept", &at("invite"), "--answer", &at("answer")])
        .ok();
    ben.down();

    anna.up();
    anna.kith(&["import", &at("answer")]).ok();
    anna.kith(&["contacts", "Ben", "--accept", "--reply", &at("reply")])
        .ok();
    anna.send("Ben", "carried on a stick");
    anna.kith(&["export", "Ben", &at("room-1")]).ok();
    anna.down();

    ben.up();
    ben.kith(&["import", &at("reply")]).ok();
    ben.kith(&["import", &at("room-1")]).ok();
    assert_eq!(
        ben.texts("Anna"),
        [(Mine::No, "carried on a stick".to_owned())]
    );
    // Harmless when repeated.
    ben.kith(&["import", &at("reply")]).ok();
    ben.kith(&["import", &at("room-1")]).ok();
    ben.send("Anna", "and back");
    ben.kith(&["export", "Anna", &at("room-2")]).ok();
    ben.down();

    anna.up();
    // MSG-3: that it has arrived comes in the file too.
    assert_eq!(deliveries(&mut anna, "Ben"), [Delivery::Queued]);
    anna.kith(&["import", &at("room-2")]).ok();
    assert_eq!(deliveries(&mut anna, "Ben"), [Delivery::Delivered]);
    let texts = [(Mine::Yes, "carried on a stick"), (Mine::No, "and back")];
    assert_eq!(anna.texts("Ben"), texts.map(|(m, t)| (m, t.to_owned())));
    // MSG-5: what was carried is found, and written out to be read.
    let found = anna.kith(&["search", "and ba"]).ok().stdout;
    assert!(found.contains("and back"), "{found}");
    assert!(!found.contains("stick"), "{found}");
    anna.kith(&["export", "Ben", &at("read.txt"), "--text"])
        .ok();
    let read = std::fs::read_to_string(at("read.txt")).unwrap();
    let places = ["carried on a stick", "and back"].map(|t| read.find(t));
    assert!(places[0].is_some() && places[0] < places[1], "{read}");
    assert_eq!(
        anna.kith(&["export", "Ben", "-", "--text"]).ok().stdout,
        read
    );
    anna.kith(&["export", "Ben", &at("room-3")]).ok();
    anna.down();

    // Back with nothing in it but that, and again.
    ben.up();
    assert_eq!(deliveries(&mut ben, "Anna"), [Delivery::Queued]);
    for told in ["which messages have arrived", "Nothing new in it."] {
        let said = ben.kith(&["import", &at("room-3")]).ok().stdout;
        assert!(said.contains(told), "{said}");
        // An older file doesn't take it back.
        ben.kith(&["import", &at("room-1")]).ok();
        assert_eq!(deliveries(&mut ben, "Anna"), [Delivery::Delivered]);
    }
    let status = ben.kith(&["status"]).ok().stdout;
    assert!(status.contains("nobody else holds yet: 0"), "{status}");
}

/// How far the own messages of a conversation have come.
fn deliveries(person: &mut Person, with: &str) -> Vec<Delivery> {
    let Reply::Messages(all) = person.ask(Request::History {
        room: with.into(),
        before: None,
        limit: 10,
    }) else {
        unreachable!("a history is messages")
    };
    all.into_iter().filter_map(|m| m.delivery).collect()
}

/// The room of the three, as somebody sees it.
fn ward(person: &mut Person) -> kith_api::Room {
    let room = "Ward 3".into();
    let Reply::Room(room) = person.ask(Request::Room { room }) else {
        unreachable!("a room is asked for")
    };
    room
}

/// Waits until somebody is asked into the room of the three, which they see once.
fn is_asked(person: &mut Person) {
    while ward(person).me != "invited" {
        person.wait("the invitation", |e| matches!(e, Event::Room(_)));
    }
    let Reply::Rooms(rooms) = person.ask(Request::Rooms) else {
        unreachable!("rooms are asked for")
    };
    let seen = rooms.iter().filter(|r| r.room.title == "Ward 3");
    assert_eq!(seen.count(), 1);
}

/// MSG-1, MSG-3: a room of three, of whom two don't know each other; a
/// removed person gets nothing more.
#[test]
fn a_room_of_three_and_a_removal() {
    let folder = Scratch::new("three");
    let (mut anna, mut ben) = pair(&folder);
    let mut cleo = Person::new("Cleo", folder.path());
    cleo.up();
    anna.meet(&mut cleo);
    anna.opens("Ward 3", &["Ben", "Cleo"]);
    for person in [&mut ben, &mut cleo] {
        person.joins("Ward 3");
    }
    ben.send("Ward 3", "from Ben");
    cleo.wait_for_text("Ward 3", "from Ben");
    cleo.send("Ward 3", "from Cleo");
    ben.wait_for_text("Ward 3", "from Cleo");
    anna.wait_for_text("Ward 3", "from Cleo");
    assert_eq!(anna.texts("Ward 3").len(), 2);

    // ID-3: Cleo sees the name that Ben gives himself, with his id beside it,
    // and that he isn't verified; “Ben” alone doesn't become ambiguous by it.
    let fellow = |c: &Contact| c.own_name == "Ben" && c.state == ContactState::Fellow;
    let seen = loop {
        let Reply::Contacts(all) = cleo.ask(Request::Contacts) else {
            panic!("no contacts")
        };
        match all.into_iter().find(fellow) {
            Some(seen) => break seen,
            None => cleo.wait("the name of a fellow", |e| matches!(e, Event::Contact(_))),
        }
    };
    assert!(seen.person.name.starts_with("Ben (kithp"), "{seen:?}");
    assert_eq!(seen.person.verified, Verification::Unverified);
    let Reply::Messages(all) = cleo.ask(Request::History {
        room: "Ward 3".into(),
        before: None,
        limit: 10,
    }) else {
        panic!("no messages")
    };
    let said = |m: &&kith_api::Message| m.content == Content::Text("from Ben".into());
    let author = &all.iter().find(said).unwrap().author;
    assert_eq!(*author, seen.person);

    anna.ask(Request::RoomRemove {
        room: "Ward 3".into(),
        who: "Cleo".into(),
    });
    anna.send("Ward 3", "without Cleo");
    ben.wait_for_text("Ward 3", "without Cleo");
    cleo.wait(
        "the removal",
        |e| matches!(e, Event::Room(r) if r.me == "removed"),
    );
    assert!(
        !cleo
            .texts("Ward 3")
            .iter()
            .any(|(_, t)| t == "without Cleo")
    );
    let refused = cleo.try_ask(Request::Send {
        to: "Ward 3".into(),
        text: "may I?".into(),
        reply_to: None,
    });
    assert!(matches!(
        refused,
        Err(kith_api::ClientError::Refused(e)) if e.code == Code::Denied
    ));

    // That is known after a restart too; and who is invited again is asked
    // again, as at first.
    cleo.kill();
    cleo.up();
    assert_eq!(ward(&mut cleo).me, "removed");
    anna.kith(&["rooms", "invite", "Ward 3", "Cleo"]).ok();
    cleo.is_invited_to("Ward 3");
    assert!(
        cleo.texts("Ward 3")
            .iter()
            .all(|(_, t)| t != "without Cleo")
    );
    cleo.kith(&["rooms", "join", "Ward 3"]).ok();
    cleo.wait_for_text("Ward 3", "without Cleo");
    cleo.send("Ward 3", "back again");
    for person in [&mut anna, &mut ben] {
        person.wait_for_text("Ward 3", "back again");
    }
    // So it is each time: after a no, and where both came while she was away.
    for (round, away) in [("second", false), ("third", true)] {
        if away {
            cleo.kill();
        }
        anna.kith(&["rooms", "remove", "Ward 3", "Cleo"]).ok();
        anna.kith(&["rooms", "invite", "Ward 3", "Cleo"]).ok();
        if away {
            cleo.up();
        }
        is_asked(&mut cleo);
        if !away {
            cleo.kith(&["rooms", "decline", "Ward 3"]).ok();
            while !ward(&mut anna).invited.is_empty() {
                anna.wait("the no", |e| matches!(e, Event::Room(_)));
            }
            anna.kith(&["rooms", "invite", "Ward 3", "Cleo"]).ok();
            is_asked(&mut cleo);
        }
        cleo.kith(&["rooms", "join", "Ward 3"]).ok();
        cleo.send("Ward 3", round);
        for person in [&mut anna, &mut ben] {
            person.wait_for_text("Ward 3", round);
        }
        assert!(ward(&mut anna).invited.is_empty());
    }
    // MSG-7: what is kept for how long is seen by all.
    let told = anna.kith(&["rooms", "keep", "Ward 3", "36601"]).code(3);
    assert!(
        told.stderr.contains("36600 days at most"),
        "{}",
        told.stderr
    );
    anna.kith(&["rooms", "keep", "Ward 3", "30"]).ok();
    while ward(&mut ben).retention_s != Some(30 * 86_400) {
        ben.wait("how long it is kept", |e| matches!(e, Event::Room(_)));
    }
    // Who has left is invited again, too.
    cleo.kith(&["rooms", "leave", "Ward 3"]).ok();
    while ward(&mut anna).members.len() > 2 {
        anna.wait("that she left", |e| matches!(e, Event::Room(_)));
    }
    anna.kith(&["rooms", "invite", "Ward 3", "Cleo"]).ok();
    is_asked(&mut cleo);
    cleo.kith(&["rooms", "join", "Ward 3"]).ok();
    anna.send("Ward 3", "welcome");
    cleo.wait_for_text("Ward 3", "welcome");
}

/// MSG-3: what is written while nobody is there waits, says so, and arrives.
#[test]
fn messages_wait_for_those_who_are_away() {
    let folder = Scratch::new("away");
    let (mut anna, mut ben) = pair(&folder);
    ben.kill();
    anna.send("Ben", "for later");
    let Reply::Status(status) = anna.ask(Request::Status) else {
        panic!("no status")
    };
    assert_eq!(status.queued, 1);
    anna.kill();
    anna.up();
    ben.up();
    ben.wait_for_text("Anna", "for later");
    anna.wait(
        "the receipt",
        |e| matches!(e, Event::Message(m) if m.delivery == Some(Delivery::Delivered)),
    );
    ben.ask(Request::MarkRead {
        room: "Anna".into(),
    });
    anna.wait(
        "that it was read",
        |e| matches!(e, Event::Message(m) if m.delivery == Some(Delivery::Read)),
    );
}

/// XFER-1: what people verify each other by can be printed.
#[test]
fn a_safety_card_is_a_file() {
    let folder = Scratch::new("card");
    let (anna, _ben) = pair(&folder);
    let file = folder.path().join("card").display().to_string();
    anna.kith(&["verify", "Ben", "--card", &file]).ok();
    let card = std::fs::read_to_string(&file).unwrap();
    let identity: serde_json::Value =
        serde_json::from_str(&anna.kith(&["id", "--json"]).ok().stdout).unwrap();
    let id = identity["identity"]["person"].as_str().unwrap();
    let mut lines = card.lines();
    assert_eq!((lines.next(), lines.next()), (Some("Anna"), Some(id)));
    let digits = lines.next().unwrap();
    assert!(
        digits.chars().filter(char::is_ascii_digit).count() >= 30,
        "{digits}"
    );
    let words = lines.next().unwrap().split(|c: char| !c.is_alphabetic());
    assert_eq!(words.filter(|w| !w.is_empty()).count(), 7, "{card}");
    assert!(card.contains('█'), "{card}");
    // It is the same for everybody.
    let own = folder.path().join("own").display().to_string();
    anna.kith(&["id", "--card", &own]).ok();
    assert_eq!(std::fs::read_to_string(&own).unwrap(), card);
    // Nothing is written over.
    let again = anna.kith(&["verify", "Ben", "--card", &file]).code(3);
    assert!(again.stderr.contains("exists already"), "{}", again.stderr);
}

/// ID-2: an invite is used once; a second person who had it is refused.
#[test]
fn an_invite_serves_one_person() {
    let folder = Scratch::new("once");
    let mut anna = Person::new("Anna", folder.path());
    let mut ben = Person::new("Ben", folder.path());
    let mut cleo = Person::new("Cleo", folder.path());
    anna.up();
    let Reply::Invite(invite) = anna.ask(Request::InviteNew { lifetime_secs: 600 }) else {
        panic!("no invite");
    };
    let invite = invite.text.unwrap();
    ben.up();
    ben.ask(Request::InviteAccept {
        invite: invite.clone(),
        petname: None,
    });
    anna.wait(
        "Ben's answer",
        |e| matches!(e, Event::Contact(c) if c.own_name == "Ben"),
    );
    cleo.up();
    cleo.ask(Request::InviteAccept {
        invite,
        petname: None,
    });
    cleo.wait(
        "the refusal",
        |e| matches!(e, Event::Contact(c) if c.state == ContactState::InviteUsed),
    );
    let Reply::Contacts(contacts) = anna.ask(Request::Contacts) else {
        panic!("no contacts")
    };
    assert_eq!(contacts.len(), 1, "{contacts:?}");
}

/// UI-2, ID-5, ID-7: every common mistake has its own exit status and advice,
/// and changes nothing.
#[test]
fn mistakes_are_named_and_harmless() {
    let folder = Scratch::new("mistakes");
    let mut anna = Person::new("Anna", folder.path());
    let told = anna.kith(&["status"]).code(15);
    assert!(told.stderr.contains("kith up"), "{}", told.stderr);
    let told = anna.kith(&["init", "Anna", "--no-passphrase"]).code(3);
    assert!(told.stderr.contains("already"), "{}", told.stderr);
    let nobody = folder.path().join("nobody");
    Program::built("kith")
        .arg("-p")
        .arg(&nobody)
        .arg("status")
        .code(4);
    let told = Program::built("kith")
        .arg("-p")
        .arg(&nobody)
        .args(["init", "Nobody", "--passphrase-file"])
        .arg(folder.path())
        .code(3);
    assert!(told.stderr.contains("is a folder"), "{}", told.stderr);

    anna.up();
    // A second node on the same profile.
    let told = anna.kith(&["up", "--loopback"]).code(8);
    assert!(told.stderr.contains("another Kith"), "{}", told.stderr);
    anna.kith(&["send", "Nobody", "hello"]).code(4);
    anna.kith(&["accept", "kith:invite:zzzz"]).code(6);
    let junk = folder.path().join("junk");
    std::fs::write(&junk, [0xa5; 300]).unwrap();
    anna.kith(&["import", junk.to_str().unwrap()]).code(6);
    let told = anna.kith(&["accept", ""]).code(3);
    assert!(told.stderr.contains("“kith:”"), "{}", told.stderr);
    anna.kith(&["invite", "--hours", "0"]).code(2);
    let told = anna.kith(&["backup", "-"]).code(2);
    assert!(told.stderr.contains("standard output"), "{}", told.stderr);
    anna.kith(&["config", "prot", "1"]).code(4);
    anna.kith(&["history", "Nobody"]).code(4);
    let told = anna.kith(&["send", "Nobody", "x", "--json"]).code(4);
    let error: serde_json::Value = serde_json::from_str(&told.stderr).unwrap();
    assert_eq!(error["code"], "not-found");
    // Without a terminal nobody can chat; what can be piped is named.
    let told = anna.kith(&["chat", "Nobody"]).stdin("hello\n").code(2);
    assert!(told.stderr.contains("terminal"), "{}", told.stderr);
    assert!(told.stderr.contains("kith send"), "{}", told.stderr);

    // Locked: nothing is answered but how to open it again.
    anna.kith(&["lock"]).ok();
    anna.kith(&["contacts"]).code(9);
    let Reply::Status(status) = anna.ask(Request::Status) else {
        panic!("no status")
    };
    assert_eq!(status.lock, kith_api::LockState::Locked);
    anna.kith(&["lock", "--open", "--passphrase-file", "-"])
        .stdin("anything\n")
        .ok();
    anna.kith(&["contacts"]).ok();
}

/// R8: others on the machine can't come in by the socket or the folder.
/// DISC-8: what contacts learn is said once, at the beginning.
#[test]
fn that_contacts_learn_addresses_is_said() {
    let folder = Scratch::new("addresses");
    let told = Program::built("kith")
        .arg("--profile")
        .arg(folder.path().join("anna"))
        .args(["init", "Anna", "--no-passphrase"])
        .ok();
    let plain = told.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        plain.contains("Your contacts learn the network addresses of this device"),
        "{plain}"
    );
}

#[test]
fn the_profile_is_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Scratch::new("private");
    let mut anna = Person::new("Anna", folder.path());
    anna.up();
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(anna.profile()), 0o700);
    for name in ["socket", "key", "kith.db"] {
        let mode = mode(&anna.profile().join(name));
        assert_eq!(mode & 0o077, 0, "{name} has mode {mode:o}");
    }
    std::fs::set_permissions(anna.profile(), std::fs::Permissions::from_mode(0o755)).unwrap();
    anna.down();
    let told = anna.kith(&["up", "--loopback"]).code(3);
    assert!(told.stderr.contains("chmod 700"), "{}", told.stderr);
}

/// UI-2: scripts get one object for every refusal, also for a mistyped command;
/// and output that doesn't arrive is told, whoever writes it.
#[test]
fn what_goes_wrong_is_told_to_scripts_and_a_full_disk_to_everybody() {
    let folder = Scratch::new("told");
    let kith = || Program::built("kith").env("HOME", folder.path());
    for (args, status, code) in [
        (&["--json", "nothing"][..], 2, "usage"),
        (&["send", "--json"], 2, "usage"),
        (&["status", "--json"], 4, "not-found"),
        (
            &[
                "--json",
                "--profile",
                "/dev/null/x",
                "init",
                "A",
                "--no-passphrase",
            ],
            3,
            "bad-request",
        ),
    ] {
        let told = kith().args(args).code(status);
        let error: serde_json::Value = serde_json::from_str(&told.stderr).unwrap();
        assert_eq!(error["code"], code, "{args:?}: {error}");
        assert_eq!(told.stdout, "", "{args:?}");
        let written = error["usage"].as_str();
        assert_eq!(written.is_some(), code == "usage", "{error}");
        let [message, hint] = ["message", "hint"].map(|f| error[f].as_str().unwrap());
        assert!(
            !message.starts_with("error") && !hint.contains("Usage"),
            "{error}"
        );
    }
    let told = kith().args(["rooms", "new", "--json"]).code(2).stderr;
    let error: serde_json::Value = serde_json::from_str(&told).unwrap();
    let written = error["usage"].as_str().unwrap();
    assert!(written.starts_with("kith rooms new"), "{error}");
    let version = kith().args(["--version", "--json"]).ok().stdout;
    let version: serde_json::Value = serde_json::from_str(&version).unwrap();
    assert!(version["version"].is_string(), "{version}");

    for args in [&["--help"][..], &["help", "send"], &["--version"], &["man"]] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
        let mut command = std::process::Command::new(Program::path_of_built("kith"));
        let done = command.args(args).stdout(full.unwrap()).output().unwrap();
        assert_eq!(done.status.code(), Some(13), "{args:?}");
        assert!(!done.stderr.is_empty(), "{args:?}");
    }
}
