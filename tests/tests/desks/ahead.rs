//! What a person gives and forbids in the desktop program (UI-1), by keyboard: a VNC
//! server that runs there (HOST-1), in the other's VNC viewer; a standing consent
//! (ASK-3), confirmed in Kith's window at the screen, by which the other sees a program
//! without a question; and a rule of their own (POL-3), which the other is told.

use std::path::PathBuf;

use kith_api::{ConsentInfo, ConsentRequest, Reply, Request, ShareInfo, SharePhase, Verification};
use kith_tests::hosted::nothing_left;
use kith_tests::{Desks, Person, Running, Scratch, Screen, built, finds_in_files};

use crate::steps::{Album, runs, share, until, wait};
use crate::{ANNA, BEN};

/// Opens the server; it is typed into the program alone.
const PASSWORD: &str = "q7Wm2-Zx";

fn consents(person: &mut Person) -> Vec<ConsentInfo> {
    match person.ask(Request::Consent(ConsentRequest::List)) {
        Reply::Consents(all) => all,
        other => panic!("{other:?}"),
    }
}

fn open(person: &mut Person, phase: SharePhase) -> Option<ShareInfo> {
    share(person).filter(|s| s.phase == phase)
}

/// Whether both may show each other something, as far as somebody's node knows.
fn possible(person: &mut Person, other: &str) -> bool {
    let who = other.into();
    match person.ask(Request::Features { who }) {
        Reply::Features(known) => {
            let native = known.all.iter().filter(|f| f.means == "native");
            native.filter(|f| f.state == "enabled").count() == 2
        }
        other => panic!("{other:?}"),
    }
}

/// Presses Tab so often.
fn tabs(desks: &Desks, n: usize) {
    desks.keys(&vec!["Tab"; n]);
}

#[test]
fn xvfb_a_server_a_yes_in_advance_and_a_rule_in_the_program() {
    let folder = Scratch::new("desks-ahead");
    let desks = Desks::new(2);
    let mut album = Album::new("given-and-forbidden");
    let server = Screen::vnc(folder.path(), PASSWORD);
    server.paint(1);
    let mut anna = Person::new("Anna", folder.path());
    let mut ben = Person::new("Ben", folder.path());
    let _terminal = Running::on(
        desks.screen(ANNA),
        &["xterm", "-geometry", "40x10+1150+60", "-e", "cat"],
    );
    for (desk, person) in [(ANNA, &mut anna), (BEN, &mut ben)] {
        person.sit_at(desks.screen(desk).name());
        person.up();
    }
    anna.meet(&mut ben);
    let (who, outcome) = ("Ben".into(), Verification::Verified);
    anna.ask(Request::Verify { who, outcome });
    let program = |desk, person: &Person| {
        let home = format!("HOME={}", folder.path().display());
        let (kith, profile) = (built("kith-gui"), person.profile().display().to_string());
        let words = [
            "env",
            &home,
            &kith,
            "--language",
            "en",
            "--profile",
            &profile,
        ];
        let running = Running::on(desks.screen(desk), &words);
        wait("the program", || {
            desks.screen(desk).in_front().as_deref() == Some("kith")
        });
        running
    };
    let _programs = [program(ANNA, &anna), program(BEN, &ben)];
    // Each with the other, and what is possible beside it.
    for (desk, person, other) in [(ANNA, &mut anna, "Ben"), (BEN, &mut ben, "Anna")] {
        wait("what is possible", || possible(person, other));
        desks.attend(desk);
        desks.keys(&["Escape", "alt+Down", "ctrl+i"]);
        desks.settle(desk);
    }

    // Where one writes comes before the panel: its fifth button.
    let port = server.port().to_string();
    desks.attend(ANNA);
    until(
        "the invitation",
        || {
            desks.keys(&["Escape", "alt+Down"]);
            desks.settle(ANNA);
            tabs(&desks, 6);
            desks.keys(&["Return"]);
            desks.settle(ANNA);
            desks.write(&port);
            desks.keys(&["Tab"]);
            desks.write(PASSWORD);
            album.take(&desks, "server");
            desks.keys(&["Return"]);
        },
        || open(&mut ben, SharePhase::Asked).is_some(),
    );
    let asked = open(&mut ben, SharePhase::Asked).unwrap();
    assert_eq!(
        (asked.technology.as_str(), asked.control.as_str()),
        ("vnc", "nothing")
    );
    desks.attend(BEN);
    until(
        "the server at Ben's desk",
        || {
            desks.keys(&["Escape", "ctrl+g"]);
            desks.settle(BEN);
            desks.keys(&["Tab", "Return"]);
        },
        || runs(&mut ben, false),
    );
    let shown = server.pixels();
    wait("the same picture", || {
        desks.screen(BEN).pixels().find(&shown).is_some()
    });
    album.take(&desks, "server-seen");
    let secret: [&[u8]; 1] = [PASSWORD.as_bytes()];
    assert_eq!(
        finds_in_files(folder.path(), &secret),
        Vec::<PathBuf>::new()
    );
    desks.attend(ANNA);
    until(
        "the end",
        || desks.keys(&["ctrl+shift+x"]),
        || share(&mut ben).is_none_or(|s| s.phase == SharePhase::Over),
    );
    nothing_left(&ben);

    // The first thing on its page, behind the rail.
    until(
        "the question at the screen",
        || {
            desks.keys(&["Escape", "ctrl+1", "ctrl+6"]);
            desks.settle(ANNA);
            tabs(&desks, 8);
            desks.keys(&["Return"]);
            desks.settle(ANNA);
            // Ben stands before the field; behind it what is open, and how far.
            desks.keys(&["shift+Tab", "space", "Tab"]);
            desks.settle(ANNA);
            desks.write("xterm");
            tabs(&desks, 3);
            desks.keys(&["space"]);
            desks.keys(&["shift+Tab"; 3]);
            album.take(&desks, "standing");
            desks.keys(&["Return"]);
        },
        || desks.screen(ANNA).has_question(),
    );
    desks.screen(ANNA).is_asked();
    assert!(consents(&mut anna).is_empty(), "nobody has pressed for it");
    album.take(&desks, "standing-asked");
    desks.keys(&["Tab", "Return"]);
    wait("the consent", || consents(&mut anna).len() == 1);
    album.take(&desks, "standing-given");

    desks.attend(BEN);
    until(
        "what was said yes to",
        || {
            desks.keys(&["Escape", "alt+Down"]);
            desks.settle(BEN);
            tabs(&desks, 7);
            desks.keys(&["Return"]);
            desks.settle(BEN);
            // Behind "close" and "whatever they choose".
            tabs(&desks, 3);
            desks.keys(&["space"]);
            desks.settle(BEN);
            desks.write("xterm");
            desks.keys(&["Tab", "Tab", "space", "shift+Tab", "shift+Tab"]);
            album.take(&desks, "asks-for-one");
            desks.keys(&["Return"]);
        },
        || runs(&mut ben, true),
    );
    wait("the viewer's window", || {
        desks.screen(BEN).in_front().as_deref() == Some("kith-view")
    });
    album.take(&desks, "let-in");
    // Whoever ends it by hand is asked again.
    desks.attend(ANNA);
    until(
        "the end",
        || desks.keys(&["ctrl+shift+x"]),
        || share(&mut ben).is_none_or(|s| s.phase == SharePhase::Over),
    );
    album.take(&desks, "held");
    let held = consents(&mut anna).remove(0).held;
    assert_eq!(held.as_deref(), Some("stopped"));

    // The second thing on its page: a rule by which she shows nothing any more.
    until(
        "her own rule at Ben's desk",
        || {
            desks.keys(&["Escape", "ctrl+1", "ctrl+3"]);
            desks.settle(ANNA);
            tabs(&desks, 9);
            desks.keys(&["Return"]);
            desks.settle(ANNA);
            // Behind "close", with whom, when, and who begins: at most nothing.
            tabs(&desks, 10);
            desks.keys(&["space"]);
            desks.settle(ANNA);
            album.take(&desks, "rule");
            // In the field behind how much is seen.
            tabs(&desks, 4);
            desks.keys(&["Return"]);
        },
        || !possible(&mut ben, "Anna"),
    );
    album.take(&desks, "rule-made");
}
