//! Everything that keeps a share in hand, without a pointer (UI-1): asking,
//! answering, consent in the warden's window, giving back, panic, the end.
//! Keys come from a real device; every pointer stays where it is.

use std::fs;
use std::time::{Duration, Instant};

use kith_api::{Reply, Request, SharePhase, Verification};
use kith_tests::{Desks, PATIENCE, Person, Running, Scratch, built};

use crate::steps::{Album, LETTER, edit, runs, share, until, wait};
use crate::{ANNA, BEN, MAIN};

/// The ground of the button that refuses, in the warden's window, and the ring
/// round what has the keyboard there.
const REFUSE: u32 = 0x002b_2b2b;
const RING: u32 = 0x001f_6fd0;

/// Longer than a question must have been left alone before it is answered.
const ARMED: Duration = Duration::from_millis(2_500);

fn asked(desks: &Desks) -> bool {
    desks.screen(ANNA).count(REFUSE) > 5_000
}

/// Whoever asks is let, in the window of the warden where it asks too. What is
/// pressed too early counts for nothing there, and is pressed again.
fn consent(desks: &Desks, ben: &mut Person) {
    let end = Instant::now() + PATIENCE;
    while !runs(ben, true) {
        assert!(Instant::now() < end, "no control was given");
        let since = Instant::now();
        while since.elapsed() < ARMED && asked(desks) {
            std::thread::sleep(Duration::from_millis(50));
        }
        let ring = desks.screen(ANNA).pixels().middle_of(RING);
        match ring.filter(|_| asked(desks)) {
            // The ring is at "Refuse", in the left half of the desk, or at "Only
            // view", in its middle.
            Some((x, _)) if x < 900 => desks.keys(&["Tab"]),
            Some(_) => desks.keys(&["Return"]),
            // The keyboard is elsewhere.
            None if asked(desks) => desks.keys(&["super+k"]),
            None => {}
        }
    }
}

/// Ben asks for control in his viewer's window, and Anna gives it.
fn control(desks: &Desks, album: &mut Album, anna: &mut Person, ben: &mut Person) {
    desks.attend(BEN);
    until(
        "the request",
        || desks.keys(&["c"]),
        || share(anna).is_some_and(|s| s.phase == SharePhase::RunningAsked) || asked(desks),
    );
    desks.attend(ANNA);
    // Not Escape before it: here that is the panic key, and withdraws what is
    // asked.
    until(
        "an answer",
        || {
            if asked(desks) {
                return;
            }
            // Her program, wherever the keyboard was.
            if desks.screen(ANNA).in_front().as_deref() != Some("kith") {
                desks.keys(&["alt+Tab"]);
                desks.settle(ANNA);
            }
            desks.keys(&["ctrl+g"]);
            desks.settle(ANNA);
            desks.keys(&["Tab"]);
            album.take(desks, "asked");
            desks.keys(&["Return"]);
        },
        || asked(desks) || runs(ben, true),
    );
    album.take(desks, "consent");
    consent(desks, ben);
    album.take(desks, "control");
}

#[test]
fn xvfb_a_share_without_a_pointer() {
    let folder = Scratch::new("keyboard");
    let desks = Desks::new(2);
    let mut album = Album::new("without-a-pointer");
    let letter = folder.path().join(LETTER);
    fs::write(&letter, "Dear colleague,\n").unwrap();
    let (_editor, _) = edit(&desks, |program| {
        let path = letter.display().to_string();
        Running::on(desks.screen(ANNA), &[program[0], &path])
    });
    let mut anna = Person::new("Anna", folder.path());
    let mut ben = Person::new("Ben", folder.path());
    for (desk, person) in [(ANNA, &mut anna), (BEN, &mut ben)] {
        person.sit_at(desks.screen(desk).name());
        person.up();
    }
    anna.meet(&mut ben);
    for (person, other) in [(&mut anna, "Ben"), (&mut ben, "Anna")] {
        let (who, outcome) = (other.into(), Verification::Verified);
        person.ask(Request::Verify { who, outcome });
    }
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
        let screen = desks.screen(desk);
        wait("the program", || {
            screen.in_front().as_deref() == Some("kith")
        });
        running
    };
    let _programs = [program(ANNA, &anna), program(BEN, &ben)];
    let pointers = || [ANNA, BEN].map(|desk| desks.screen(desk).pointer());
    let before = pointers();

    desks.attend(BEN);
    until(
        "a request",
        || {
            desks.keys(&["Escape", "alt+Down"]);
            desks.settle(BEN);
            desks.keys(&["ctrl+shift+s"]);
        },
        || share(&mut ben).is_some(),
    );
    desks.attend(ANNA);
    until(
        "the share",
        || {
            desks.keys(&["Escape", "ctrl+g"]);
            desks.settle(ANNA);
            desks.keys(&["Tab", "Return"]);
            wait_a_little(|| desks.screen(ANNA).count(MAIN) > 2000);
            desks.settle(ANNA);
            desks.write("l3afpad");
            desks.settle(ANNA);
            desks.keys(&["Tab", "Tab", "space"]);
            album.take(&desks, "choice");
            desks.keys(&["Tab", "Return"]);
        },
        || runs(&mut ben, false),
    );
    wait("the viewer's window", || {
        desks.screen(BEN).in_front().as_deref() == Some("kith-view")
    });
    album.take(&desks, "seen");

    control(&desks, &mut album, &mut anna, &mut ben);
    // His keys go to the editor once it has the keyboard: hers to give without
    // a pointer, as a click of his would.
    until(
        "the editor in front",
        || desks.keys(&["alt+Tab"]),
        || desks.screen(ANNA).in_front().as_deref() == Some("L3afpad"),
    );
    desks.settle(ANNA);
    desks.attend(BEN);
    until(
        "what Ben writes",
        || {
            desks.write("Hello");
            desks.keys(&["ctrl+s"]);
        },
        || fs::read_to_string(&letter).is_ok_and(|t| t.contains("Hello")),
    );
    album.take(&desks, "written");
    // The way out is shown in the strip; then letters are the window's.
    until(
        "that control is given back",
        || desks.keys(&["ctrl+alt+space", "c"]),
        || runs(&mut ben, false),
    );
    wait("the same at Anna's", || runs(&mut anna, false));
    album.take(&desks, "given-back");

    control(&desks, &mut album, &mut anna, &mut ben);
    // The panic key, at whatever has her keyboard.
    desks.attend(ANNA);
    until(
        "the end of control",
        || desks.keys(&["Escape"]),
        || runs(&mut ben, false) || share(&mut ben).is_none(),
    );
    album.take(&desks, "panic");
    until(
        "the end",
        || {
            if desks.screen(ANNA).in_front().as_deref() != Some("kith") {
                desks.keys(&["alt+Tab"]);
                desks.settle(ANNA);
            }
            desks.keys(&["ctrl+shift+x"]);
        },
        || {
            let over = |p: &mut Person| share(p).is_none_or(|s| s.phase == SharePhase::Over);
            over(&mut anna) && over(&mut ben)
        },
    );
    album.take(&desks, "over");
    assert_eq!(pointers(), before, "a pointer has moved");
    assert!(matches!(anna.ask(Request::Status), Reply::Status(_)));
}

/// For what may be there already, or not come in this try.
fn wait_a_little(came: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(3);
    while !came() && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(50));
    }
}
