//! Two people at two desks, each with the desktop program: from nothing to a
//! letter in an editor that one shows and the other types into, and its end.
//! Everything is done as a person does it, and the nodes are only asked what came of
//! it (UI-1): Ben has the keyboard, and the mouse in the shared window; Anna presses
//! with the mouse until she shows something, and each press is counted.
//!
//! A picture of each step is kept in `target/tmp/two-desks`.
#![allow(clippy::unwrap_used, clippy::panic)] // a failed helper is a failed test

mod ahead;
mod keyboard;
mod rooms;
mod steps;

use std::cell::Cell;
use std::fs;
use std::path::Path;

use kith_api::{
    AuditRequest, MeetingInfo, MeetingRequest, MeetingState, Nearby, Reply, Request, ShareFigures,
    ShareRequest, ShareWindow, Verification,
};
use kith_tests::{Desks, Person, Place, Running, Scratch, World, built};

use steps::{Album, LETTER, Mouse, Press, at_ben, edit, runs, share, until, wait};

const ANNA: usize = 0;
const BEN: usize = 1;

/// The desktop program's colour of the one thing to do, and of its stop.
const MAIN: u32 = 0x001b_62c9;

const PASSPHRASE: &str = "four unusual words";

/// Where things are in the desktop program's window, from its inside's corner.
const NEARBY: Press = Press::At(224, 512);
const FIRST_NEARBY: Press = Press::At(540, 404);
const SHOW: Press = Press::At(943, 28);
const CONTROL: Press = Press::At(503, 213);
const FIRST_SHOWN: Press = Press::At(377, 505);

/// How much of Ben's desk is of the colour of a reason why something had no
/// effect, in the viewer's window; its thin letters have it in many shades.
fn amber(desks: &Desks) -> usize {
    let amber = |p: &&u32| {
        let [blue, green, red, _] = p.to_le_bytes();
        red >= 0x80 && green >= 0x60 && green < red && blue <= 0x30
    };
    desks.screen(BEN).pixels().rows.iter().filter(amber).count()
}

/// How often a try is looked at for what is soon gone.
const LOOKS: usize = 30;

/// The title of the dialog that the editor opens.
const DIALOG: &str = "Replace";

fn figures(person: &mut Person) -> ShareFigures {
    let which = share(person).unwrap().session.to_string();
    match person.ask(Request::Share(ShareRequest::Figures { which })) {
        Reply::ShareFigures(figures) => figures,
        other => panic!("{other:?}"),
    }
}

/// Begins with Kith on a machine where it never ran: a name, a passphrase.
fn first_run(
    desks: &Desks,
    desk: usize,
    name: &'static str,
    profile: &Path,
    go: impl FnOnce(),
) -> Person {
    let screen = desks.screen(desk);
    desks.sit(desk);
    wait("the first run", || {
        screen.in_front().as_deref() == Some("kith") && screen.count(MAIN) > 2000
    });
    desks.settle(desk);
    desks.write(name);
    for _ in 0..2 {
        desks.keys(&["Tab"]);
        desks.write(PASSPHRASE);
    }
    go();
    Person::of_program(name, profile)
}

fn meeting(person: &mut Person, state: MeetingState) -> Option<MeetingInfo> {
    match person.ask(Request::Meeting(MeetingRequest::List)) {
        Reply::Meetings(all) => all.into_iter().find(|m| m.state == state),
        other => panic!("{other:?}"),
    }
}

fn nearby(person: &mut Person) -> Nearby {
    let open_secs = None;
    match person.ask(Request::Meeting(MeetingRequest::Nearby { open_secs })) {
        Reply::Nearby(nearby) => nearby,
        other => panic!("{other:?}"),
    }
}

/// Somebody nearby is chosen, and the code compared on both screens.
fn meet(
    desks: &Desks,
    album: &mut Album,
    mouse: &mut Mouse<'_>,
    anna: &mut Person,
    ben: &mut Person,
) {
    desks.sit(BEN);
    until(
        "Ben, who can be met",
        || desks.keys(&["Escape", "ctrl+m"]),
        || nearby(ben).open_until_ms.is_some(),
    );
    mouse.presses(&[("Somebody nearby", NEARBY)], || {
        nearby(anna).open_until_ms.is_some()
    });
    wait("Ben nearby", || !nearby(anna).people.is_empty());
    album.take(desks, "nearby");
    let mut code = None;
    mouse.presses(&[("Ben", FIRST_NEARBY)], || {
        code = meeting(anna, MeetingState::Compare).and_then(|m| m.code);
        code.is_some()
    });
    wait("the code at Ben's desk", || {
        meeting(ben, MeetingState::Compare).is_some_and(|m| m.code == code)
    });
    album.take(desks, "code");
    mouse.presses(&[("They are the same", Press::Main)], || {
        meeting(anna, MeetingState::Compare).is_none()
    });
    desks.sit(BEN);
    until(
        "that the code is the same",
        || {
            desks.settle(BEN);
            // The keyboard is at "They differ".
            desks.keys(&["shift+Tab", "Return"]);
        },
        || meeting(ben, MeetingState::Compare).is_none(),
    );
    for (person, other) in [(&mut *anna, "Ben"), (&mut *ben, "Anna")] {
        wait("verification", || {
            let who = other.into();
            match person.try_ask(Request::Contact { who }) {
                Ok(Reply::Contact(c)) => {
                    c.person.verified == Verification::Verified && c.room.is_some()
                }
                _ => false,
            }
        });
    }
    album.take(desks, "verified");
}

/// Whom one has met, one talks with: nothing is pressed before.
fn says(desks: &Desks, desk: usize, text: &str, reader: &mut Person, from: &str) {
    desks.sit(desk);
    until(
        text,
        || {
            desks.settle(desk);
            desks.write(text);
            desks.keys(&["Return"]);
        },
        || reader.texts(from).iter().any(|(_, t)| t == text),
    );
}

#[test]
fn xvfb_two_people_at_two_desks() {
    let Some(mut world) = World::new(&[]) else {
        return;
    };
    world.add_switch("lan");
    for (name, address) in [("anna", "10.77.0.1/24"), ("ben", "10.77.0.2/24")] {
        world.add(name);
        world.plug("lan", name, "eth0", address);
        assert!(!world.has_default_route(name), "{name} has a way out");
    }
    let folder = Scratch::new("desks");
    let desks = Desks::new(2);
    let mut album = Album::new("two-desks");
    let letter = folder.path().join(LETTER);
    fs::write(&letter, "Dear colleague,\n").unwrap();
    let netns = |name: &str| world.full(name);
    let (_editor, page) = edit(&desks, |program| {
        let path = letter.display().to_string();
        let (at, home) = (desks.screen(ANNA), folder.path());
        Running::at(at, &netns("anna"), home, &[program[0], &path])
    });

    let program = |desk, name: &str| {
        let profile = folder.path().join(name);
        let home = folder.path().join(format!("home of {name}"));
        fs::create_dir_all(&home).unwrap();
        let kith = built("kith-gui");
        let profile_text = profile.display().to_string();
        let args = [
            kith.as_str(),
            "--language",
            "en",
            "--profile",
            &profile_text,
        ];
        (
            Running::at(desks.screen(desk), &netns(name), &home, &args),
            profile,
        )
    };
    let (_hers, her_profile) = program(ANNA, "anna");
    let (_his, his_profile) = program(BEN, "ben");
    let mut mouse = Mouse::new(&desks, ANNA);
    let mut anna = first_run(&desks, ANNA, "Anna", &her_profile, || {
        mouse.presses(&[("Begin", Press::Main)], || her_profile.exists());
    });
    let mut ben = first_run(&desks, BEN, "Ben", &his_profile, || {
        desks.keys(&["Return"]);
    });
    album.take(&desks, "first-run");

    meet(&desks, &mut album, &mut mouse, &mut anna, &mut ben);
    says(&desks, ANNA, "hello ben", &mut ben, "Anna");
    says(&desks, BEN, "hello anna", &mut anna, "Ben");
    album.take(&desks, "chat");
    let all = ["Begin", "Somebody nearby", "Ben", "They are the same"];
    assert_eq!(mouse.pressed(), all, "four steps to the first chat");

    let steps = [
        ("Show something", SHOW),
        ("See and control", CONTROL),
        ("letter.txt", FIRST_SHOWN),
        ("Invite", Press::Main),
    ];
    mouse.presses(&steps, || share(&mut anna).is_some());
    // Control is given by a press of its own.
    assert_eq!(mouse.pressed().len(), all.len() + 3 + 1);
    wait("the question", || share(&mut ben).is_some());
    album.take(&desks, "asked");
    desks.sit(BEN);
    until(
        "the share",
        || {
            desks.keys(&["Escape", "ctrl+g"]);
            desks.settle(BEN);
            desks.keys(&["Tab", "Return"]);
        },
        || runs(&mut ben, true),
    );
    wait("the share", || runs(&mut anna, true));
    // Control is for her hand alone to give, in Kith's window (ASK-2).
    desks.screen(ANNA).is_asked();
    album.take(&desks, "consent");
    desks.sit(ANNA);
    desks.keys(&["Tab", "Tab", "Return"]);
    wait("the answer", || !desks.screen(ANNA).has_question());
    wait("the viewer's window", || {
        desks.screen(BEN).in_front().as_deref() == Some("kith-view")
    });
    album.take(&desks, "shared");
    let arrived = |text: &str| fs::read_to_string(&letter).is_ok_and(|t| t.contains(text));
    let types = |album: &mut Album, text: &str| {
        let line = format!("{text}\n");
        until(
            text,
            || {
                // Where one clicks, there one writes.
                let front = desks.screen(BEN).place_of_front().unwrap();
                let (x, y) = front.middle();
                desks.click(BEN, x, y);
                desks.settle(BEN);
                desks.write(text);
                desks.keys(&["Return", "ctrl+s"]);
                album.take(&desks, "types");
            },
            || arrived(&line),
        );
    };
    types(&mut album, "Hello from Ben");
    album.take(&desks, "typed");

    // A dialog of the same program: its border lies within what Ben sees.
    until(
        "the dialog",
        || {
            desks.keys(&["ctrl+h"]);
            desks.settle(ANNA);
        },
        || desks.screen(ANNA).place_of(DIALOG).is_some(),
    );
    album.take(&desks, "dialog");
    let dialog = desks.screen(ANNA).place_of(DIALOG).unwrap();
    // Within the sharing frame's lines.
    let menus = Place {
        x: page.x + 10,
        y: page.y + 5,
        width: 150,
        height: 16,
    };
    let mut corner = None;
    wait("the same picture at Ben's desk", || {
        corner = at_ben(&desks, menus);
        corner.is_some()
    });
    let (left, top) = corner.unwrap();
    // Above its inside is its title.
    let title = (dialog.x + dialog.width / 4, dialog.y - 8);
    let there = |(x, y): (u16, u16)| (x + left - menus.x, y + top - menus.y);
    let aside = |(x, y): (u16, u16)| (x - 60, y + 90);
    // A reason from before may still stand there; this one doesn't for long, and
    // is looked for before anything else is done.
    let mut quiet = amber(&desks);
    let refused = Cell::new(false);
    until(
        "the refusal",
        || {
            desks.drag(BEN, there(title), there(aside(title)));
            let said = (0..LOOKS).any(|_| {
                let now = amber(&desks);
                quiet = quiet.min(now);
                now > quiet + 40
            });
            refused.set(said);
            album.snap(&desks, "border");
        },
        || refused.get(),
    );
    album.snap(&desks, "border-refused");
    assert_eq!(desks.screen(ANNA).place_of(DIALOG), Some(dialog));
    // Nor by the keys of a window manager, which all go there now.
    desks.keys(&["alt+F4"]);
    album.take(&desks, "alt-f4-refused");
    assert_eq!(desks.screen(ANNA).place_of(DIALOG), Some(dialog));
    until(
        "the end of the dialog",
        || desks.keys(&["Escape"]),
        || desks.screen(ANNA).place_of(DIALOG).is_none(),
    );
    assert!(runs(&mut ben, true), "Ben's Esc is an ordinary key");
    types(&mut album, "Still here");
    album.take(&desks, "still-there");
    let measured = figures(&mut ben);
    assert_eq!(measured.path, "direct");
    assert!(measured.updates > 0 && measured.bytes > 0, "{measured:?}");

    // Her Esc ends control at once, whatever has the keyboard.
    desks.sit(ANNA);
    desks.keys(&["Escape"]);
    wait("the end of control", || {
        runs(&mut anna, false) && runs(&mut ben, false)
    });
    album.take(&desks, "esc");
    desks.sit(BEN);
    // Letters would be orders to the viewer's window now.
    desks.write("1234567890");
    desks.keys(&["Return", "ctrl+s"]);
    album.take(&desks, "nothing-arrives");

    // What the panel of Ben's program says to the viewer's window.
    let which = share(&mut ben).unwrap().session.to_string();
    let full = Request::Share(ShareRequest::Window {
        which,
        order: ShareWindow::FullScreen,
    });
    let whole = || {
        let front = desks.screen(BEN).place_of_front();
        front.is_some_and(|p| (p.width, p.height) == (1600, 800))
    };
    assert_eq!(ben.ask(full.clone()), Reply::Done);
    wait("the whole screen", whole);
    desks.keys(&["s"]);
    album.take(&desks, "whole-screen-with-figures");
    assert_eq!(ben.ask(full), Reply::Done);
    wait("a window again", || !whole());
    wait("the round trip", || {
        figures(&mut ben).round_trip_us.is_some()
    });

    // To her the same border is none that can't be moved.
    desks.sit(ANNA);
    until(
        "her own dialog",
        || {
            let (x, y) = page.middle();
            desks.click(ANNA, x, y);
            desks.keys(&["ctrl+h"]);
        },
        || desks.screen(ANNA).place_of(DIALOG).is_some(),
    );
    desks.settle(ANNA);
    until(
        "the dialog elsewhere",
        || desks.drag(ANNA, title, aside(title)),
        || desks.screen(ANNA).place_of(DIALOG) != Some(dialog),
    );
    album.take(&desks, "moved-by-herself");
    desks.keys(&["Escape"]);
    until(
        "the end",
        || {
            // The editor has the keyboard.
            if desks.screen(ANNA).in_front().as_deref() != Some("kith") {
                desks.keys(&["alt+Tab"]);
                desks.settle(ANNA);
            }
            desks.keys(&["ctrl+shift+x"]);
        },
        || share(&mut anna).is_none() && share(&mut ben).is_none(),
    );
    for desk in [ANNA, BEN] {
        desks.sit(desk);
        wait("the program", || {
            desks.screen(desk).in_front().as_deref() == Some("kith")
        });
        desks.keys(&["ctrl+2"]);
    }
    album.take(&desks, "over");
    assert!(!arrived("123") && arrived("Dear colleague,\n"));
    for (person, name) in [(&mut anna, "anna"), (&mut ben, "ben")] {
        match person.ask(Request::Audit(AuditRequest::Verify)) {
            Reply::AuditSound(sound) => {
                assert_eq!((sound.end_records, sound.signed_by_both), (1, 1), "{name}");
            }
            other => panic!("{other:?}"),
        }
    }
}
