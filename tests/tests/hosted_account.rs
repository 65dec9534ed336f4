//! What opens a VNC server is kept by the sharer's node, used by the next session
//! and shown to nobody (ENV-1, HOST-4, SEAL-2).
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed helper is a failed test"
)]

use std::time::Instant;

use kith_api::{EnvironmentInfo, Reply, Request, SharePhase};
use kith_tests::shares::{audit, wait_for};
use kith_tests::{
    PATIENCE, Person, Scratch, Screen, finds_in_files, finds_in_proc, not_in_memory,
    passed_as_root_of_its_own,
};

const PASSWORD: &str = "kT4-vR9x";
/// What the server asks for later.
const ANOTHER: &str = "hB7+mZ3q";

fn environment(person: &mut Person) -> EnvironmentInfo {
    match person.ask(Request::Environment) {
        Reply::Environment(info) => *info,
        other => panic!("{other:?}"),
    }
}

/// Until Ben's node has found his viewer program.
fn joins_vnc(ben: &mut Person) {
    let until = Instant::now() + PATIENCE;
    while environment(ben).viewers.iter().all(|(t, _)| t != "vnc") {
        assert!(Instant::now() < until, "no viewer is found");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

#[test]
fn xvfb_what_opens_a_server_is_kept_and_used_and_never_shown() {
    if passed_as_root_of_its_own("xvfb_what_opens_a_server_is_kept_and_used_and_never_shown") {
        return;
    }
    let folder = Scratch::new("hosted-account");
    let server = Screen::vnc(folder.path(), PASSWORD);
    server.paint(1);
    let screen = Screen::managed();
    let mut anna = Person::new("Anna", folder.path());
    let mut ben = Person::new("Ben", folder.path());
    ben.sit_at(screen.name());
    anna.up();
    ben.up();
    anna.meet(&mut ben);
    joins_vnc(&mut ben);
    let port = server.port().to_string();
    let keep = ["account", "keep", &port, "--password-file", "-"];
    let vnc_is_shown = |info: &EnvironmentInfo| {
        let mut flags = info.flags.iter();
        flags.any(|f| f.means == "vnc shadow" && !f.share.is_empty())
    };

    // Nothing is kept, so somebody is asked; and what doesn't open isn't kept.
    assert_eq!(environment(&mut anna).sharing_account, "no");
    let share = ["share", "Ben", "--vnc-server", &port];
    let told = anna.kith(&share).code(3);
    assert!(
        told.stderr.contains("password is needed"),
        "{}",
        told.stderr
    );
    let told = anna.kith(&keep).stdin("wrong\n").code(3);
    assert!(
        told.stderr.contains("doesn’t take that password"),
        "{}",
        told.stderr
    );
    let before = environment(&mut anna);
    assert_eq!(before.sharing_account, "no");

    let kept = anna.kith(&keep).stdin(format!("{PASSWORD}\n")).ok();
    assert!(kept.stdout.contains(&port), "{}", kept.stdout);
    assert!(
        kept.stderr.contains("choose one who may not"),
        "{}",
        kept.stderr
    );
    let after = environment(&mut anna);
    assert_eq!(after.sharing_account, "yes");
    assert!(vnc_is_shown(&after), "{:#?}", after.flags);
    let doctor = anna.kith(&["doctor"]).ok().stdout;
    assert!(
        doctor.contains("An account for hosted sessions is kept"),
        "{doctor}"
    );

    // It outlives the node, and nobody types it again.
    anna.down();
    anna.up();
    let until = Instant::now() + PATIENCE;
    while anna.kith(&share).run().code != Some(0) {
        assert!(Instant::now() < until, "they find each other again");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    wait_for(&mut ben, "an invitation", SharePhase::Asked);
    ben.kith(&["allow", "Anna"]).ok();
    for person in [&mut anna, &mut ben] {
        wait_for(person, "the session", SharePhase::Running);
    }
    let shown = server.pixels();
    screen.wait("the picture", |s| s.pixels().find(&shown).is_some());
    let secret = [PASSWORD.as_bytes()];
    assert_eq!(finds_in_proc(&secret), [""; 0]);
    let none: [std::path::PathBuf; 0] = [];
    for person in [&anna, &ben] {
        assert_eq!(finds_in_files(person.profile(), &secret), none);
    }
    for words in [&["account", "list"][..], &["account", "list", "--json"]] {
        let listed = anna.kith(words).ok();
        assert!(listed.stdout.contains(&port), "{}", listed.stdout);
        assert!(!listed.stdout.contains(PASSWORD), "{}", listed.stdout);
    }
    anna.kith(&["stop", "Ben"]).ok();
    for person in [&mut anna, &mut ben] {
        wait_for(person, "the end", SharePhase::Over);
    }

    // Whoever looks after the server changes its password: what was kept opens
    // nothing any more, and the next session uses what is kept instead (HOST-4).
    Screen::change_vnc_password(folder.path(), ANOTHER);
    let told = anna.kith(&share).code(3);
    assert!(
        told.stderr.contains("doesn’t take that password"),
        "{}",
        told.stderr
    );
    anna.kith(&keep).stdin(format!("{ANOTHER}\n")).ok();
    anna.kith(&share).ok();
    wait_for(&mut ben, "an invitation", SharePhase::Asked);
    ben.kith(&["allow", "Anna"]).ok();
    for person in [&mut anna, &mut ben] {
        wait_for(person, "the session", SharePhase::Running);
    }
    screen.wait("the picture", |s| s.pixels().find(&shown).is_some());
    anna.kith(&["stop", "Ben"]).ok();
    for person in [&mut anna, &mut ben] {
        wait_for(person, "the end", SharePhase::Over);
    }
    // The second that is promised (SEAL-3), not a guess at how long something takes.
    std::thread::sleep(std::time::Duration::from_secs(1));
    // What is kept is in the memory of the open database; what was replaced isn't.
    nowhere(&[&anna, &ben], &[PASSWORD.as_bytes()]);
    nowhere(&[&ben], &[ANOTHER.as_bytes()]);
    assert_eq!(finds_in_files(anna.profile(), &[ANOTHER.as_bytes()]), none);

    // What is forgotten is asked for again.
    let left = anna.kith(&["account", "remove", &port]).ok().stdout;
    assert!(left.contains("No account"), "{left}");
    assert_eq!(environment(&mut anna).sharing_account, "no");
    anna.kith(&share).code(3);
    nowhere(&[&anna, &ben], &[PASSWORD.as_bytes(), ANOTHER.as_bytes()]);

    // The log tells of each step, and of no secret (UI-4).
    let log = audit(&mut anna, None);
    let of_accounts = log.iter().filter(|e| e.kind.starts_with("account-"));
    let kinds: Vec<&str> = of_accounts.clone().map(|e| e.kind.as_str()).collect();
    assert_eq!(kinds, ["account-kept", "account-kept", "account-removed"]);
    let server = format!("vnc server 127.0.0.1:{port}");
    for entry in of_accounts {
        let told = [("server", server.as_str()), ("how", "typed")];
        let told = told.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(entry.details, told);
        let opens = format!("What opens the {server} is ");
        assert!(entry.text.starts_with(&opens), "{}", entry.text);
    }
    let shown = anna.kith(&["audit", "show", "--json"]).ok().stdout;
    for password in [PASSWORD, ANOTHER] {
        assert!(!shown.contains(password), "{shown}");
    }
    anna.kith(&["audit", "verify"]).ok();
}

/// Asserts that none of these stands in a node's memory, in the arguments and
/// environment of any process, or in a file of a profile, the database included.
fn nowhere(people: &[&Person], secrets: &[&[u8]]) {
    assert_eq!(finds_in_proc(secrets), [""; 0]);
    let none: [std::path::PathBuf; 0] = [];
    for person in people {
        assert_eq!(finds_in_files(person.profile(), secrets), none);
        not_in_memory(person.name(), person.process(), secrets);
    }
}
