//! A part of the screen follows its frame: what is seen and what is refused,
//! through real nodes (GUARD-1, GUARD-9).
#![allow(clippy::unwrap_used, clippy::panic)] // a failed helper is a failed test

use std::os::unix::net::UnixListener;

use kith_api::{
    ControlChange, ControlState, Event, Reply, ShareCase, ShareLevel, SharePhase, ShareRequest,
    ShareShow, ShareWhat,
};
use kith_codec::input::Asking;
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

/// What is nowhere is refused before anybody hears of it.
fn nothing_is_shown_where_no_screen_is(anna: &Person) {
    for (area, said) in [
        ("0x0+0+0", "no part of the screen has that size"),
        ("800x600+5000+0", "no part of the screen is there"),
    ] {
        let told = anna.kith(&["share", "Ben", "--region", area]).run();
        assert_ne!(told.code, Some(0), "{area}");
        assert!(told.stderr.contains(said), "{}", told.stderr);
    }
}

/// GUARD-9: who is only offered control isn't said to have it.
fn control_is_offered_until_a_yes(anna: &mut Person, annas: &Screen) {
    annas.wait("the question", Screen::has_question);
    let list = |anna: &mut Person| match ask(anna, ShareRequest::List) {
        Reply::Shares(all) => all.into_iter().next().unwrap(),
        other => panic!("{other:?}"),
    };
    let offered = list(anna);
    assert_eq!(offered.control, "desktop");
    assert_eq!(offered.control_state, Some(ControlState::Offered));
    assert_eq!(offered.area, Some((100, 150, 300, 200)));
    let told = anna.kith(&["requests"]).ok();
    assert!(told.stdout.contains("WITHOUT control"), "{}", told.stdout);
    annas.answers(REFUSE);
    anna.wait_for("no control", |event| match event {
        Event::Share(info) if info.control == "nothing" => Some(()),
        _ => None,
    });
    assert_eq!(list(anna).control_state, None);
}

/// What a rule of Anna's or of Ben's own forbids, his window doesn't offer, as long
/// as it does.
fn a_rule_takes_the_offer_from_the_window(anna: &Person, ben: &Person, viewer: &mut Headless) {
    for (ruler, other, role) in [
        (anna, "person:Ben", "viewer"),
        (ben, "person:Anna", "sharer"),
    ] {
        let mine = |rest: &[&str]| ruler.kith(&[&["policy", "mine"], rest].concat()).ok();
        let mut comes = |asking| {
            let so = viewer.run_until(PATIENCE, |s| s.asking() == asking);
            assert!(so.unwrap(), "{other}: {asking:?}");
        };
        mine(&["add", "--for", other, "--as", role, "--control", "nothing"]);
        comes(Asking::Barred);
        mine(&["remove", "1"]);
        comes(Asking::Open);
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
    nothing_is_shown_where_no_screen_is(&anna);
    let invite = ShareRequest::Invite {
        who: "Ben".into(),
        what: ShareWhat::Region(100, 150, 300, 200),
        level: ShareLevel::Control,
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
    control_is_offered_until_a_yes(&mut anna, &annas);
    sees(&mut viewer, &annas, part(100, 150, 300, 200));
    a_rule_takes_the_offer_from_the_window(&anna, &ben, &mut viewer);

    // By command: elsewhere and larger.
    anna.kith(&["frame", "Ben", "320x240+200+250"]).ok();
    sees(&mut viewer, &annas, part(200, 250, 320, 240));
    let told = anna.kith(&["requests"]).ok();
    assert!(
        told.stdout
            .contains("SEES part of the screen, 320x240+200+250, without control"),
        "{}",
        told.stdout
    );
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
    anna.wait_for("control", |event| match event {
        Event::Share(info) => (info.control_state == Some(ControlState::Held)).then_some(()),
        _ => None,
    });
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
