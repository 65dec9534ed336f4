//! A part of the screen follows its frame: what is seen and what is refused,
//! through real nodes (GUARD-1, GUARD-9).
#![allow(clippy::unwrap_used, clippy::panic)] // a failed helper is a failed test

use std::cell::RefCell;
use std::fs;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::time::Duration;

use kith_api::{
    ControlState, Event, Reply, ShareCase, ShareLevel, SharePhase, ShareRequest, ShareShow,
    ShareWhat,
};
use kith_codec::input::{self, Asking, Button, Input, Motion};
use kith_tests::shares::{ask, share, wait_for};
use kith_tests::{CONTROL, PATIENCE, Person, Place, REFUSE, Running, Scratch, Screen};
use kith_view::headless::Headless;
use kith_view::session::Session;

const RETURN: u8 = 36;
const RIGHT: u8 = 114;
const SUPER: u8 = 133;
/// What nobody may see.
const GREY: u32 = 0x0080_8080;
const K: u8 = 45;

/// Waits until Ben sees exactly this part of Anna's screen, and that is all
/// that he sees.
fn sees(viewer: &mut Headless, annas: &Screen, part: Place) {
    sees_less(viewer, annas, part, None);
}

/// The same, with this cut out of it.
fn sees_less(viewer: &mut Headless, annas: &Screen, part: Place, cut: Option<Place>) {
    let inside = |i: usize, c: Place| {
        let wide = usize::from(part.width);
        let (x, y) = (
            i % wide + usize::from(part.x),
            i / wide + usize::from(part.y),
        );
        let (x, y) = (x as u16, y as u16);
        (c.x..c.x + c.width).contains(&x) && (c.y..c.y + c.height).contains(&y)
    };
    let same = |s: &Session| {
        s.is_exact()
            && s.picture().is_some_and(|p| {
                let mut wanted = annas.pixels().part(part).rows;
                for (i, pixel) in wanted.iter_mut().enumerate() {
                    if cut.is_some_and(|c| inside(i, c)) {
                        *pixel = GREY;
                    }
                }
                (p.size().width(), p.size().height()) == (part.width, part.height)
                    && p.pixels() == wanted
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
    // GUARD-2: a border could bring in what lies beside the part.
    let part = ["share", "Ben", "--region", "800x600+0+0", "--control"];
    let told = anna.kith(&[&part[..], &["--borders"]].concat()).run();
    let said = "only where the whole desktop is shown";
    assert!(told.stderr.contains(said), "{}", told.stderr);
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

/// GUARD-4: what the window manager drew round a window that lies in the part takes
/// no clicks, its button that closes no more than the rest; the window itself does.
fn a_border_in_it_takes_no_clicks(
    annas: &Screen,
    viewer: &mut Headless,
    shown: Place,
    folder: &Scratch,
) {
    let clicks = folder.path().join("clicks");
    // It is told of each click by twelve bytes: down and up.
    let counts = format!(
        "stty raw -echo; printf '\\033[?1000h'; \
         while head -c 12 >/dev/null; do echo >>{}; done",
        clicks.display()
    );
    let small = [
        "xterm",
        "-T",
        "Small",
        "-geometry",
        "20x5",
        "-e",
        "sh",
        "-c",
        &counts,
    ];
    let _small = Running::on(annas, &small);
    annas.wait("the small window", |s| s.place_of("Small").is_some());
    annas.put("Small", part(300, 320, 130, 70));
    annas.wait("its place", |s| {
        // Within the border and below the title bar that are put there.
        let there = |p: Place| (301..320).contains(&p.x) && (321..360).contains(&p.y);
        s.place_of("Small").is_some_and(there)
    });
    let at = annas.place_of("Small").unwrap();
    let counted = || fs::read(&clicks).map_or(0, |all| all.len());
    let viewer = RefCell::new(viewer);
    let click = |x: u16, y: u16| {
        let (x, y) = (x - shown.x, y - shown.y);
        let mut viewer = viewer.borrow_mut();
        assert!(viewer.click(input::Place { x, y }));
        viewer.run_until(Duration::ZERO, |_| false).unwrap();
    };
    // Anna has just pressed keys, and hers go first for a while.
    annas.wait("a click inside", |_| {
        click(at.x + 50, at.y + 30);
        counted() > 0
    });
    for x in (at.x..at.x + at.width).step_by(4) {
        click(x, at.y - 8);
    }
    // More than can still be under way.
    let before = counted();
    annas.wait("more clicks inside", |_| {
        click(at.x + 50, at.y + 30);
        counted() > before + 10
    });
    assert_eq!(annas.place_of("Small"), Some(at));
}

/// GUARD-2: with the whole desktop Anna may include borders: by its title bar Ben moves
/// a window then.
fn borders_that_are_included_take_a_drag(
    anna: &Person,
    ben: &mut Person,
    annas: &Screen,
    folder: &Scratch,
) {
    let share = anna.kith(&["share", "Ben", "--desktop", "--control", "--borders"]);
    // So soon after control it is asked about (GUARD-9).
    annas.allows(|| share.ok());
    wait_for(ben, "an invitation", SharePhase::Asked);
    let mut viewer = watches(ben, folder.path().join("desktop"));
    annas.answers(CONTROL);
    assert!(viewer.run_until(PATIENCE, Session::controls).unwrap());
    let viewer = RefCell::new(viewer);
    let place = || annas.place_of("Numbers").unwrap();
    let before = place();
    // Anna has just pressed keys, and hers go first for a while.
    annas.wait("the window to follow", |_| {
        let mut viewer = viewer.borrow_mut();
        let (x, y) = (place().x + 700, place().y - 8);
        let button = |x, y, motion| Input::Button {
            at: input::Place { x, y },
            button: Button::Main,
            motion,
        };
        viewer.send(&button(x, y, Motion::Down));
        let (x, y) = (x + 40, y + 30);
        viewer.send(&Input::Move(input::Place { x, y }));
        viewer.send(&button(x, y, Motion::Up));
        viewer.run_until(Duration::ZERO, |_| false).unwrap();
        place() != before
    });
}

/// The invitation is taken; what shows it.
fn watches(ben: &mut Person, socket: PathBuf) -> Headless {
    let listener = UnixListener::bind(&socket).unwrap();
    let allow = ShareRequest::Allow {
        which: "Anna".into(),
        what: None,
        show: ShareShow::Viewer(socket),
    };
    ask(ben, allow);
    Headless::new(listener.accept().unwrap().0).unwrap()
}

#[test]
fn xvfb_a_part_of_the_screen_follows_its_frame() {
    let folder = Scratch::new("part");
    let annas = Screen::managed();
    // Text that is the same nowhere twice.
    let text = "od -An -tx1 -w50 -N5000 /dev/urandom; exec sleep 1000";
    let at = ["-geometry", "160x55+0+0"];
    let program = ["-e", "sh", "-c", text];
    let terminal = [&["xterm", "-T", "Numbers"], &at[..], &program].concat();
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
        what: ShareWhat::Region {
            area: (100, 150, 300, 200),
            cuts: Vec::new(),
        },
        level: ShareLevel::Control,
        case: ShareCase::default(),
    };
    share(&mut anna, invite);
    wait_for(&mut ben, "an invitation", SharePhase::Asked);
    let mut viewer = watches(&mut ben, folder.path().join("viewer"));
    control_is_offered_until_a_yes(&mut anna, &annas);
    sees(&mut viewer, &annas, part(100, 150, 300, 200));
    a_rule_takes_the_offer_from_the_window(&anna, &ben, &mut viewer);

    // By command: elsewhere, larger, and with a hole; then without that.
    let place = ["frame", "Ben", "320x240+200+250"];
    let with_hole = [&place[..], &["--cut", "50x40+250+280"]].concat();
    anna.kith(&with_hole).ok();
    let hole = Some(part(250, 280, 50, 40));
    sees_less(&mut viewer, &annas, part(200, 250, 320, 240), hole);
    let told = anna.kith(&["requests"]).ok();
    assert!(
        told.stdout.contains(
            "SEES part of the screen, 320x240+200+250 less 50x40+250+280, without control"
        ),
        "{}",
        told.stdout
    );
    anna.kith(&place).ok();
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

    // While Ben controls, less is taken and more is asked about (GUARD-9). He hasn't
    // asked: Anna gives it, and is asked whether she does.
    anna.kith(&["control", "Ben", "--give"]).ok();
    annas.wait("the question", Screen::has_question);
    assert!(!viewer.run_until(Duration::ZERO, Session::controls).unwrap());
    annas.answers(CONTROL);
    assert!(viewer.run_until(PATIENCE, Session::controls).unwrap());
    anna.wait_for("control", |event| match event {
        Event::Share(info) => (info.control_state == Some(ControlState::Held)).then_some(()),
        _ => None,
    });
    a_border_in_it_takes_no_clicks(&annas, &mut viewer, part(232, 250, 320, 240), &folder);
    let place = ["frame", "Ben", "300x200+240+260"];
    let with_hole = [&place[..], &["--cut", "20x20+300+300"]].concat();
    anna.kith(&with_hole).ok();
    let hole = Some(part(300, 300, 20, 20));
    sees_less(&mut viewer, &annas, part(240, 260, 300, 200), hole);
    let wider = anna.kith(&place);
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
    sees_less(&mut viewer, &annas, part(240, 260, 300, 200), hole);

    // What isn't a part of the screen has no frame to move.
    anna.kith(&["stop"]).ok();
    wait_for(&mut anna, "the end", SharePhase::Over);
    let late = anna.kith(&["frame", "Ben", "300x200+240+260"]).run();
    assert!(late.stderr.contains("no such share"), "{}", late.stderr);
    borders_that_are_included_take_a_drag(&anna, &mut ben, &annas, &folder);
}
