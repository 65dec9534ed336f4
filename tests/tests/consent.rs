//! Control of a real screen is for the hand before it to give: ASK-2, GUARD-9.
//! What whoever controls types widens nothing, also not after they have given
//! control back, nor after the node was started anew.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed helper is a failed test"
)]

use std::fs;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::{Duration, Instant};

use kith_api::{
    ControlChange, Press, Reply, Request, ShareCase, ShareInfo, ShareLevel, SharePhase,
    ShareRequest, ShareShow, ShareWhat, WindowsOf,
};
use kith_codec::input::Keysym;
use kith_proto::audit::{Completeness, read_export};
use kith_proto::rights::Scope;
use kith_tests::shares::{ask, audit, kinds, share, wait_for};
use kith_tests::{
    CONTROL, ONLY_VIEW, PATIENCE, Person, Program, REFUSE, Running, Scratch, Screen, not_in_memory,
};
use kith_view::headless::Headless;
use serde_json::Value;

/// Of a VNC server that Anna shows.
const PASSWORD: &str = "w3Kc-Tn8";

/// X11's Return.
const RETURN: u32 = 0xff0d;

/// Waits for something that can only be looked at.
fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(Instant::now() < end, "{what} never came");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Ben asks to see, and Anna shows her terminal.
fn sees(anna: &mut Person, ben: &mut Person, show: ShareShow) {
    sees_at(anna, ben, ShareLevel::View, show);
}

fn sees_at(anna: &mut Person, ben: &mut Person, level: ShareLevel, show: ShareShow) {
    let join = ShareRequest::Join {
        who: "Anna".into(),
        level,
        show,
        case: ShareCase::default(),
    };
    share(ben, join);
    wait_for(anna, "a request", SharePhase::Asked);
    let allow = ShareRequest::Allow {
        which: "Ben".into(),
        what: Some(ShareWhat::Application("xterm".into())),
        show: ShareShow::default(),
    };
    ask(anna, allow);
    wait_for(ben, "the share", SharePhase::Running);
    wait_for(anna, "the share", SharePhase::Running);
}

fn wants_control(ben: &mut Person) {
    let which = "Anna".into();
    let change = ControlChange::Ask;
    ask(ben, ShareRequest::Control { which, change });
}

fn shares(person: &mut Person) -> Vec<ShareInfo> {
    match person.ask(Request::Share(ShareRequest::List)) {
        Reply::Shares(all) => all,
        other => panic!("{other:?}"),
    }
}

fn refused(person: &mut Person) -> usize {
    kinds(person).iter().filter(|k| *k == "refused").count()
}

/// What a rule forbids is put to nobody: whoever typed it hears why at once.
fn a_rule_comes_first(anna: &mut Person, annas: &Screen) {
    let mine = ["policy", "mine"];
    let rule = ["add", "--for", "person:Ben", "--as", "viewer"];
    anna.kith(&[&mine[..], &rule, &["--control", "nothing"]].concat())
        .ok();
    let told = anna.kith(&["share", "Ben", "--desktop", "--control"]).run();
    assert_ne!(told.code, Some(0));
    assert!(
        told.stderr.contains("a policy or profile doesn't allow it"),
        "{}",
        told.stderr
    );
    assert!(!annas.has_question());
    // What comes of control is said only where there may be some.
    assert!(!told.stderr.contains("CONTROL"), "{}", told.stderr);
    anna.kith(&[&mine[..], &["remove", "1"]].concat()).ok();
}

/// "Only view" is an answer, and the last word in that share.
fn only_sees(anna: &mut Person, ben: &mut Person, annas: &Screen, picture: &Path) {
    sees(anna, ben, ShareShow::Picture(picture.into()));
    a_rule_comes_first(anna, annas);
    wants_control(ben);
    let before = refused(anna);
    annas.answers(ONLY_VIEW);
    until("the answer", || (refused(anna) > before).then_some(()));
    // Nobody is asked, so it is answered at once.
    let which = "Anna".into();
    let change = ControlChange::Ask;
    let again = ben.try_ask(Request::Share(ShareRequest::Control { which, change }));
    assert!(again.unwrap_err().to_string().contains("declined"));
    assert!(refused(anna) > before + 1);
    assert!(!annas.has_question(), "asked once is enough");
    // Of the log's reader: it was control, and not the share.
    let log = anna.kith(&["audit", "show"]).ok();
    let control = "Refused by you: control in the share with Ben";
    assert!(log.stdout.contains(control), "{}", log.stdout);
    assert!(shares(anna).iter().all(|s| s.control == "nothing"));
    ask(ben, ShareRequest::Stop { which: None });
    wait_for(anna, "the end", SharePhase::Over);
    wait_for(ben, "the end", SharePhase::Over);
}

/// Control that was agreed on with the share and is refused at the screen was never
/// granted: neither side signs that it was (UI-4).
fn is_offered_and_refuses(anna: &mut Person, ben: &mut Person, annas: &Screen, folder: &Path) {
    let level = ShareLevel::Control;
    sees_at(
        anna,
        ben,
        level,
        ShareShow::Picture(folder.join("viewed.png")),
    );
    let before = refused(anna);
    annas.answers(REFUSE);
    until("the refusal", || (refused(anna) > before).then_some(()));
    let log = anna.kith(&["audit", "show"]).ok();
    let said = "Refused by you: control in the share with Ben";
    assert!(log.stdout.contains(said), "{}", log.stdout);
    // His log says the same.
    let same = "Reduced by Anna, because the person declined";
    until("what Ben's log says", || {
        let log = ben.kith(&["audit", "show"]).ok().stdout;
        (log.contains("Refused by Anna") && log.contains(same)).then_some(())
    });
    ask(ben, ShareRequest::Stop { which: None });
    for person in [anna, ben] {
        wait_for(person, "the end", SharePhase::Over);
        let file = folder.join(format!("{}.audit", person.name()));
        let export = ["audit", "export", &file.display().to_string()];
        person.kith(&export).ok();
        let log = read_export(&fs::read(&file).unwrap()).unwrap();
        assert!(!log.end_records.is_empty());
        for (record, complete) in &log.end_records {
            assert_eq!(*complete, Completeness::Both);
            assert_eq!(record.payload().extent.control, Scope::Nothing);
        }
    }
}

/// What only tells which windows are open keeps nobody from being asked about more,
/// and isn't asked about where that isn't wanted.
fn list_waits_for_less(anna: &mut Person, annas: &Screen) {
    let spared = ShareRequest::Windows {
        thumbnail: 0,
        of: WindowsOf::Shareable,
        press: Press::Spared,
    };
    assert_eq!(anna.ask(Request::Share(spared)), Reply::MustBePressed);
    assert!(!annas.has_question());
    let (list, share) = (
        anna.kith(&["windows"]),
        anna.kith(&["share", "Ben", "--desktop"]),
    );
    let (listed, shared) = std::thread::scope(|scope| {
        let lists = scope.spawn(|| list.run());
        annas.is_asked();
        let shares = scope.spawn(|| share.run());
        let listed = lists.join().unwrap();
        // And the other way round it waits.
        annas.is_asked();
        let busy = list.run();
        assert!(
            busy.stderr.contains("asks about another"),
            "{}",
            busy.stderr
        );
        annas.answers(REFUSE);
        (listed, shares.join().unwrap())
    });
    let why = &listed.stderr;
    assert!(listed.code != Some(0) && why.contains("instead"), "{why}");
    let why = &shared.stderr;
    assert!(why.contains("refused in Kith’s window"), "{why}");
}

#[test]
fn xvfb_only_the_hand_at_the_screen_gives_control_and_nothing_typed_widens_it() {
    let folder = Scratch::new("consent");
    let annas = Screen::managed();
    let at = |name: &str| folder.path().join(name);
    let mut anna = Person::new("Anna", folder.path());
    let mut ben = Person::new("Ben", folder.path());
    anna.sit_at(annas.name());
    anna.up();
    ben.up();
    anna.meet(&mut ben);
    let shell = format!("cd '{}' && exec sh", folder.path().display());
    let terminal = [
        "xterm",
        "-geometry",
        "60x10+40+60",
        "-e",
        "sh",
        "-c",
        &shell,
    ];
    let _terminal = Running::on(&annas, &terminal);
    annas.wait("the terminal", |s| s.in_front().as_deref() == Some("XTerm"));
    is_offered_and_refuses(&mut anna, &mut ben, &annas, folder.path());
    only_sees(&mut anna, &mut ben, &annas, &at("seen.png"));

    let listener = UnixListener::bind(at("viewer")).unwrap();
    sees(&mut anna, &mut ben, ShareShow::Viewer(at("viewer")));
    let mut viewer = Headless::new(listener.accept().unwrap().0).unwrap();
    wants_control(&mut ben);
    let asked = wait_for(&mut anna, "the wish", SharePhase::RunningAsked);
    assert_eq!(asked.control, "nothing");
    // No command gives it, and it says where it is given.
    let told = anna.kith(&["allow", "Ben"]).run();
    assert_ne!(told.code, Some(0));
    assert!(
        told.stderr.contains("answer in Kith’s window") && told.stderr.contains("x11vnc"),
        "{}",
        told.stderr
    );
    annas.answers(CONTROL);
    assert!(viewer.run_until(PATIENCE, |s| s.controls()).unwrap());

    // One line, typed by Ben, ends his control and asks for more.
    let (kith, profile) = (Program::path_of_built("kith"), anna.profile().display());
    let kith = format!("'{}' --profile '{profile}'", kith.display());
    let line = format!(
        "{kith} control Ben --end\n{kith} share Ben --desktop --control > said 2>&1\necho $? > code\n"
    );
    fs::write(at("w"), line).unwrap();
    let end = Instant::now() + PATIENCE;
    while !annas.has_question() {
        assert!(Instant::now() < end, "what Ben typed was not asked about");
        assert!(shares(&mut anna).len() <= 1, "what Ben typed has widened");
        if viewer.session().controls() && !at("said").exists() {
            viewer.click(kith_codec::input::Place { x: 60, y: 60 });
            viewer.type_text("sh w");
            viewer.strike(Keysym::new(RETURN).unwrap(), None);
        }
        viewer.run_until(Duration::from_secs(2), |_| false).unwrap();
    }
    // He has given it back.
    assert!(viewer.run_until(PATIENCE, |s| !s.controls()).unwrap());
    annas.answers(REFUSE);
    until("the command's end", || {
        let code = fs::read_to_string(at("code")).ok()?;
        (!code.is_empty()).then_some(())
    });
    let said = fs::read_to_string(at("said")).unwrap();
    assert!(said.contains("refused in Kith’s window"), "{said}");
    let left = shares(&mut anna);
    assert_eq!(left.len(), 1);
    assert_eq!(
        (left[0].view.as_str(), left[0].control.as_str()),
        ("application", "nothing")
    );

    // A fresh node knows whose hands there were.
    anna.down();
    anna.up();
    until("Ben", || anna.way_to("Ben"));
    let share = anna.kith(&["--json", "share", "Ben", "--desktop"]);
    let told = std::thread::scope(|scope| {
        let shares = scope.spawn(|| share.run());
        annas.answers(REFUSE);
        shares.join().unwrap()
    });
    assert_ne!(told.code, Some(0));
    // One line says that it waits and until when, the next what came of it.
    let lines: Vec<Value> = told
        .stderr
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(lines[0]["at-screen"]["until_ms"].is_u64(), "{lines:?}");
    let message = lines[1]["message"].as_str().unwrap();
    assert!(message.contains("refused in Kith’s window"), "{lines:?}");

    list_waits_for_less(&mut anna, &annas);

    // What waits for a press is stopped with everything else, and what came with
    // it isn't there to be found (SEAL-2).
    let server = Screen::vnc(folder.path(), PASSWORD);
    let port = server.port().to_string();
    let share = [
        "share",
        "Ben",
        "--vnc-server",
        &port,
        "--password-file",
        "-",
    ];
    let share = anna.kith(&share).stdin(format!("{PASSWORD}\n"));
    let stop = anna.kith(&["stop"]);
    let told = std::thread::scope(|scope| {
        let shares = scope.spawn(|| share.run());
        annas.is_asked();
        not_in_memory(anna.name(), anna.process(), &[PASSWORD.as_bytes()]);
        stop.ok();
        shares.join().unwrap()
    });
    not_in_memory(anna.name(), anna.process(), &[PASSWORD.as_bytes()]);
    assert!(told.stderr.contains("taken back"), "{}", told.stderr);
    annas.wait("the question to go", |s| !s.has_question());
    // What came to nothing is in the log too, but for what only lists (UI-4).
    let asked = audit(&mut anna, None).into_iter();
    let asked = asked.filter(|e| e.kind == "at-screen").map(|e| {
        let detail = |name: &str| e.details.iter().find(|(n, _)| n == name);
        assert!(e.text.contains(", Ben: "), "{}", e.text);
        [detail("how"), detail("command")].map(|d| d.unwrap().1.clone())
    });
    let share = |how: &str| [how, "share"].map(str::to_owned);
    let no = share("declined");
    let all = [no.clone(), no.clone(), no, share("taken-back")];
    assert_eq!(asked.collect::<Vec<_>>(), all);

    // Nor does it outlive the profile's being open.
    let (share, lock) = (
        anna.kith(&["share", "Ben", "--desktop"]),
        anna.kith(&["lock"]),
    );
    let told = std::thread::scope(|scope| {
        let shares = scope.spawn(|| share.run());
        annas.is_asked();
        lock.ok();
        shares.join().unwrap()
    });
    assert!(told.stderr.contains("locked"), "{}", told.stderr);
    annas.wait("the question to go", |s| !s.has_question());
}
