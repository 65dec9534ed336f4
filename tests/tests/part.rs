//! A part of the screen follows its frame: what is seen and what is refused,
//! through real nodes (GUARD-1, GUARD-9).
#![allow(clippy::unwrap_used, clippy::panic)] // a failed helper is a failed test

use std::os::unix::net::UnixListener;

use kith_api::{
    ControlChange, ShareCase, ShareLevel, SharePhase, ShareRequest, ShareShow, ShareWhat,
};
use kith_tests::shares::{ask, share, wait_for};
use kith_tests::{CONTROL, PATIENCE, Person, Place, REFUSE, Running, Scratch, Screen};
use kith_view::headless::Headless;
use kith_view::session::Session;

const RETURN: u8 = 36;
const RIGHT: u8 = 114;
const SUPER: u8 = 133;
const K: u8 = 45;

/// Waits until Ben sees exactly this part of Anna's screen, and that is all
/// that he sees.
fn sees(viewer: &mut Headless, annas: &Screen, part: Place) {
    let same = |s: &Session| {
        s.is_exact()
            && s.picture().is_some_and(|p| {
                (p.size().width(), p.size().height()) == (part.width, part.height)
                    && p.pixels() == annas.pixels().part(part).rows
            })
    };
    let seen = viewer.run_until(PATIENCE, same).unwrap();
    assert!(seen, "{part:?} is not seen");
}

const fn part(x: u16, y: u16, width: u16, height: u16) -> Place {
    Place {
        x,
        y,
        width,
        height,
    }
}

#[test]
fn xvfb_a_part_of_the_screen_follows_its_frame() {
    let folder = Scratch::new("part");
    let annas = Screen::managed();
    // Text that is the same nowhere twice.
    let text = "od -An -tx1 -w50 -N5000 /dev/urandom; exec sleep 1000";
    let terminal = ["xterm", "-geometry", "160x55+0+0", "-e", "sh", "-c", text];
    let _terminal = Running::on(&annas, &terminal);
    annas.wait("the terminal", |s| s.in_front().as_deref() == Some("XTerm"));
    let mut anna = Person::new("Anna", folder.path());
    let mut ben = Person::new("Ben", folder.path());
    anna.sit_at(annas.name());
    anna.up();
    ben.up();
    anna.meet(&mut ben);
    let invite = ShareRequest::Invite {
        who: "Ben".into(),
        what: ShareWhat::Region(100, 150, 300, 200),
        level: ShareLevel::View,
        case: ShareCase::default(),
    };
    share(&mut anna, invite);
    wait_for(&mut ben, "an invitation", SharePhase::Asked);
    let socket = folder.path().join("viewer");
    let listener = UnixListener::bind(&socket).unwrap();
    let allow = ShareRequest::Allow {
        which: "Anna".into(),
        what: None,
        show: ShareShow::Viewer(socket),
    };
    ask(&mut ben, allow);
    let mut viewer = Headless::new(listener.accept().unwrap().0).unwrap();
    sees(&mut viewer, &annas, part(100, 150, 300, 200));

    // By command: elsewhere and larger.
    anna.kith(&["frame", "Ben", "320x240+200+250"]).ok();
    sees(&mut viewer, &annas, part(200, 250, 320, 240));
    // By the person's hand, here at the keyboard: Super+K, "Move or resize".
    annas.press_all(&[SUPER, K]);
    // The menu is up when it has the keyboard.
    annas.wait("the menu", |s| s.count(0x00fa_fafa) > 5000);
    annas.press(RETURN);
    annas.wait("the outline", |s| s.count(0x001f_6fd0) > 3000);
    for key in [RIGHT, RIGHT, RETURN] {
        annas.press(key);
    }
    sees(&mut viewer, &annas, part(232, 250, 320, 240));

    // While Ben controls, less is taken and more is asked about (GUARD-9).
    let (which, change) = ("Anna".into(), ControlChange::Ask);
    ask(&mut ben, ShareRequest::Control { which, change });
    annas.answers(CONTROL);
    assert!(viewer.run_until(PATIENCE, Session::controls).unwrap());
    anna.kith(&["frame", "Ben", "300x200+240+260"]).ok();
    sees(&mut viewer, &annas, part(240, 260, 300, 200));
    let wider = anna.kith(&["frame", "Ben", "301x200+240+260"]);
    let told = std::thread::scope(|scope| {
        let asks = scope.spawn(|| wider.run());
        annas.answers(REFUSE);
        asks.join().unwrap()
    });
    assert_ne!(told.code, Some(0));
    assert!(
        told.stderr.contains("refused in Kith’s window"),
        "{}",
        told.stderr
    );
    sees(&mut viewer, &annas, part(240, 260, 300, 200));

    // What isn't a part of the screen has no frame to move.
    anna.kith(&["stop"]).ok();
    wait_for(&mut anna, "the end", SharePhase::Over);
    let late = anna.kith(&["frame", "Ben", "300x200+240+260"]).run();
    assert!(late.stderr.contains("no such share"), "{}", late.stderr);
}
