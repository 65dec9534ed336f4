//! A profile at rest: locking by command and when idle (ID-7), and what goes
//! wrong with passphrases, processes and the disk: each a clear error, and
//! nothing lost (rules R10, R11).
#![allow(clippy::unwrap_used, clippy::panic)] // a failed helper is a failed test

use std::fs;
use std::path::Path;
use std::time::Instant;

use kith_api::{ClientError, Code, Delivery, Event, LockState, Reply, Request};
use kith_tests::shares::shown;
use kith_tests::{
    PATIENCE, Person, Running, Scratch, Screen, SmallDisk, built, finds_in_memory, not_in_memory,
    passed_as_root_of_its_own,
};
use kith_view::headless::Headless;
use kith_view::local::Cause;
use kith_view::session::{Over, Session};

const WORDS: &str = "four unusual words here\n";

/// The desktop program's colour of the one thing to do.
const MAIN: u32 = 0x001b_62c9;

fn locked(event: &Event) -> bool {
    matches!(event, Event::Status(s) if s.lock == LockState::Locked)
}

fn lock_state(person: &mut Person) -> LockState {
    match person.ask(Request::Status) {
        Reply::Status(s) => s.lock,
        other => panic!("{other:?}"),
    }
}

/// A desktop program that comes to a node that is locked asks for the passphrase,
/// and the keyboard is there (UI-1).
#[test]
fn xvfb_a_program_beside_a_locked_node_opens_it() {
    let folder = Scratch::new("locked-before");
    let words = folder.path().join("words");
    fs::write(&words, WORDS).unwrap();
    let mut anna = Person::guarded("Anna", folder.path(), &words);
    anna.up();
    anna.kith(&["lock"]).ok();
    let screen = Screen::managed();
    let home = format!("HOME={}", folder.path().display());
    let profile = anna.profile().display().to_string();
    let kith = built("kith-gui");
    let _program = Running::on(&screen, &["env", &home, &kith, "--profile", &profile]);
    screen.wait("something to do", |s| {
        s.in_front().as_deref() == Some("kith") && s.count(MAIN) > 2000
    });
    let end = Instant::now() + PATIENCE;
    while lock_state(&mut anna) == LockState::Locked {
        assert!(Instant::now() < end, "it stays locked");
        screen.xdotool(&["key", "ctrl+a"]);
        screen.xdotool(&["type", "--delay", "20", WORDS.trim_end()]);
        screen.xdotool(&["key", "Return"]);
    }
}

/// What was said, and the passphrase itself, are not in the memory of a node that is
/// locked, whatever was written, listed and searched before (ID-7).
#[test]
fn a_locked_node_remembers_nothing() {
    if passed_as_root_of_its_own("a_locked_node_remembers_nothing") {
        return;
    }
    let said = [
        "the first ledger is cobalt",
        "the second ledger is vermilion",
        "nobody else may know of the third ledger",
    ];
    let folder = Scratch::new("locked-memory");
    let words = folder.path().join("words");
    fs::write(&words, WORDS).unwrap();
    let mut anna = Person::guarded("Anna", folder.path(), &words);
    anna.up();
    anna.kith(&["rooms", "new", "Ledgers"]).ok();
    for text in said {
        anna.kith(&["send", "Ledgers", text]).ok();
    }
    let history = anna.kith(&["history", "Ledgers"]).ok().stdout;
    assert!(said.iter().all(|text| history.contains(text)), "{history}");
    anna.kith(&["search", "vermilion"]).ok();
    let all = said.iter().map(|text| text.as_bytes());
    let secrets: Vec<&[u8]> = all.chain([WORDS.trim_end().as_bytes()]).collect();
    if let Some(found) = finds_in_memory(anna.process(), &secrets) {
        let has = |secret: &str| found.iter().any(|f| f.starts_with(secret));
        assert!(has("secret 0") || has("secret 1") || has("secret 2"));
        assert!(!has("secret 3"), "an open node keeps the passphrase");
    }
    for time in ["locked", "locked again"] {
        anna.kith(&["lock"]).ok();
        not_in_memory(time, anna.process(), &secrets);
        anna.kith(&["lock", "--open", "--passphrase-file"])
            .arg(&words)
            .ok();
        // Nothing is missing.
        assert_eq!(anna.kith(&["history", "Ledgers"]).ok().stdout, history);
    }
}

/// Nobody asks for anything for a second: the profile locks itself. It takes
/// nothing in and tells nothing, until it is opened; then nothing is missing.
#[test]
fn an_idle_profile_locks_itself() {
    let folder = Scratch::new("idle");
    let (words, wrong) = (folder.path().join("words"), folder.path().join("wrong"));
    fs::write(&words, WORDS).unwrap();
    fs::write(&wrong, "some other words\n").unwrap();
    let mut anna = Person::guarded("Anna", folder.path(), &words);
    let mut ben = Person::new("Ben", folder.path());
    anna.up();
    ben.up();
    anna.meet(&mut ben);
    ben.send("Anna", "before");
    anna.wait_for_text("Ben", "before");

    anna.kith(&["config", "lock-after-minutes", "1s"]).ok();
    anna.wait("the lock", locked);
    assert_eq!(lock_state(&mut anna), LockState::Locked);
    for command in [
        &["history", "Ben"][..],
        &["send", "Ben", "x"],
        &["contacts"],
        &["id"],
        &["search", "before"],
    ] {
        let told = anna.kith(command).code(9);
        assert!(told.stderr.contains("kith lock --open"), "{}", told.stderr);
        assert!(!told.stdout.contains("before"), "{}", told.stdout);
    }
    // What is sent meanwhile is delivered to nobody.
    while ben.way_to("Anna").is_some() {
        ben.wait("an end", |e| matches!(e, Event::Contact(_)));
    }
    let request = Request::Send {
        to: "Anna".into(),
        text: "meanwhile".into(),
        reply_to: None,
    };
    match ben.ask(request) {
        Reply::Sent(sent) => assert_eq!(sent.delivery, Delivery::Queued),
        other => panic!("{other:?}"),
    }

    anna.kith(&["config", "lock-after-minutes", "0"]).ok();
    let open = |file: &Path| {
        anna.kith(&["lock", "--open", "--passphrase-file"])
            .arg(file)
    };
    open(&wrong).code(10);
    open(&words).ok();
    open(&words).ok();
    assert_eq!(lock_state(&mut anna), LockState::Open);
    anna.wait_for_text("Ben", "meanwhile");
    // And by command.
    anna.kith(&["lock"]).ok();
    anna.wait("the lock", locked);
    assert!(matches!(
        anna.try_ask(Request::Rooms),
        Err(ClientError::Refused(e)) if e.code == Code::Locked
    ));
}

/// Ben locks Kith while he sees Anna's screen: his window says so, and her node is told
/// that it isn't her doing.
#[test]
fn a_window_says_that_kith_was_locked() {
    let folder = Scratch::new("locked-watching");
    let words = folder.path().join("words");
    fs::write(&words, WORDS).unwrap();
    let mut anna = Person::new("Anna", folder.path());
    let mut ben = Person::guarded("Ben", folder.path(), &words);
    anna.up();
    ben.up();
    anna.meet(&mut ben);
    let mut viewer = Headless::new(shown(&mut anna, &mut ben, folder.path())).unwrap();
    let sees = |s: &Session| s.picture().is_some();
    assert!(viewer.run_until(PATIENCE, sees).unwrap());
    ben.kith(&["lock"]).ok();
    let over = |s: &Session| s.over().is_some();
    assert!(viewer.run_until(PATIENCE, over).unwrap());
    assert_eq!(viewer.session().over(), Some(Over::Node(Cause::Locked)));
    let why = anna.wait_for("the end", |event| match event {
        Event::Share(info) => info.reason.clone(),
        _ => None,
    });
    assert_eq!(why, "closed");
}

/// A second node on the same profile, a wrong passphrase, and a file that was
/// damaged: each is named, with what to do, and changes nothing.
#[test]
fn what_goes_wrong_is_named_and_changes_nothing() {
    let folder = Scratch::new("at-rest");
    let (words, wrong) = (folder.path().join("words"), folder.path().join("wrong"));
    fs::write(&words, WORDS).unwrap();
    fs::write(&wrong, "some other words\n").unwrap();
    let mut anna = Person::guarded("Anna", folder.path(), &words);
    let up = |anna: &Person, file: &Path| {
        anna.kith(&["up", "--loopback", "--no-mdns", "--passphrase-file"])
            .arg(file)
    };
    let told = up(&anna, &wrong).code(10);
    assert!(told.stderr.contains("passphrase"), "{}", told.stderr);
    anna.up();
    let second = up(&anna, &words).run();
    assert_ne!(second.code, Some(0), "a second node on one profile");
    assert!(
        second.stderr.contains("another Kith") && second.stderr.contains("kith down"),
        "{}",
        second.stderr
    );
    anna.opens("Ward 3", &[]);
    anna.down();

    let database = fs::read_dir(anna.profile())
        .unwrap()
        .map(|f| f.unwrap().path())
        .max_by_key(|f| fs::metadata(f).unwrap().len())
        .unwrap();
    let sound = fs::read(&database).unwrap();
    for at in [0, 100] {
        let mut damaged = sound.clone();
        damaged[at..at + 16].fill(0x5a);
        fs::write(&database, &damaged).unwrap();
        let told = up(&anna, &words).code(6);
        assert!(told.stderr.contains("kith restore"), "{}", told.stderr);
        assert_eq!(fs::read(&database).unwrap(), damaged, "it was changed");
    }
    fs::write(&database, &sound).unwrap();
    anna.up();
    assert!(matches!(anna.ask(Request::Rooms), Reply::Rooms(r) if r.len() == 1));
}

/// R10: a full disk refuses, and acknowledges nothing that isn't kept; with
/// space it goes on, and nothing that was acknowledged is lost.
#[test]
fn a_full_disk_refuses_and_loses_nothing() {
    let folder = Scratch::new("full");
    let disk = folder.path().join("disk");
    fs::create_dir(&disk).unwrap();
    let Some(small) = SmallDisk::new(&disk, "3m") else {
        return;
    };
    let mut anna = Person::new("Anna", &disk);
    anna.up();
    anna.opens("Ward 3", &[]);
    let long = "a long message ".repeat(2000);
    let mut kept = 0;
    let refused = loop {
        assert!(kept < 500, "the disk never fills");
        let sent = anna.try_ask(Request::Send {
            to: "Ward 3".into(),
            text: format!("{kept} {long}"),
            reply_to: None,
        });
        match sent {
            Ok(_) => kept += 1,
            Err(e) => break e,
        }
    };
    match refused {
        ClientError::Refused(e) => assert_eq!(e.code, Code::Storage, "{e}"),
        other => panic!("{other}"),
    }
    anna.wait_for_finding("disk-low");
    // Killed while it is full, and with space again.
    anna.kill();
    small.grow("64m");
    anna.up();
    let texts = anna.texts("Ward 3");
    assert_eq!(texts.len(), kept, "acknowledged and lost, or shown untold");
    for (n, (_, text)) in texts.iter().enumerate() {
        assert!(text.starts_with(&format!("{n} a long")), "{n}");
    }
    anna.send("Ward 3", "there is space again");
    anna.wait_for_text("Ward 3", "there is space again");
    anna.wait_for_finding("store-sound");
    anna.down();
}

/// R10: a file that doesn't fit isn't there at all, and an invite that nobody
/// could be given is taken back.
#[test]
fn what_does_not_fit_on_a_disk_leaves_nothing_there() {
    let folder = Scratch::new("stick");
    let stick = folder.path().join("stick");
    fs::create_dir(&stick).unwrap();
    let Some(small) = SmallDisk::new(&stick, "64k") else {
        return;
    };
    let mut anna = Person::new("Anna", folder.path());
    anna.up();
    anna.opens("Ward 3", &[]);
    for n in 0..4 {
        anna.send("Ward 3", &format!("{n} {}", "a long message ".repeat(2000)));
    }
    let words = folder.path().join("words");
    fs::write(&words, WORDS).unwrap();
    let (file, words) = (stick.join("file"), words.display().to_string());
    let (file, left) = (file.display().to_string(), || {
        let all = fs::read_dir(&stick).unwrap();
        all.map(|f| f.unwrap().file_name()).collect::<Vec<_>>()
    });
    for args in [
        &["export", "Ward 3", &file][..],
        &["export", "Ward 3", &file, "--text"],
        &["backup", &file, "--passphrase-file", &words],
    ] {
        let told = anna.kith(args).code(13).stderr;
        assert!(told.contains("make room"), "{told}");
        assert!(left().is_empty(), "{:?}", left());
    }
    // Not one block more.
    let filler = fs::write(stick.join("filler"), vec![0; 1 << 20]);
    assert!(filler.is_err());
    for args in [
        &["invite", "--file", &file][..],
        &["id", "--recovery-sheet", &file],
    ] {
        anna.kith(args).code(13);
        assert_eq!(left(), ["filler"]);
    }
    assert_eq!(anna.ask(Request::Invites), Reply::Invites(Vec::new()));
    small.grow("64m");
    anna.kith(&["invite", "--file", &file]).ok();
    anna.down();
}
