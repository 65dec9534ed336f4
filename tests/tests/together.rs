//! Several control one application at once, where the sharer says so: each by a
//! press at the screen, in a window that names the other; and one at a time again.
#![allow(clippy::unwrap_used, clippy::panic)] // a failed helper is a failed test

use std::fs;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::{Duration, Instant};

use kith_api::{
    ControlChange, Reply, ShareCase, ShareLevel, SharePhase, ShareRequest, ShareShow, ShareWhat,
};
use kith_codec::input::{Controller, Input, Key, Keysym, Motion, Place};
use kith_tests::shares::{ask, share, wait_for};
use kith_tests::{CONTROL, PATIENCE, Person, Running, Scratch, Screen};
use kith_view::headless::Headless;

/// X11's left Control, and Esc on the keyboard at the screen.
const HELD: u32 = 0xffe3;
const ESC: u8 = 9;

/// Time for what was sent to arrive; nothing depends on it.
const MOMENT: Duration = Duration::from_millis(20);

/// How often each of them types.
const TYPED: usize = 10;

fn key(keysym: u32, motion: Motion) -> Input {
    Input::Key(Key {
        keysym: Keysym::new(keysym).unwrap(),
        motion,
        character: None,
    })
}

/// Somebody asks to see, and is shown the terminal; what they see.
fn sees(
    anna: &mut Person,
    (viewer, name): (&mut Person, &str),
    annas: &Screen,
    at: &Path,
) -> Headless {
    let socket = at.join(name);
    let listener = UnixListener::bind(&socket).unwrap();
    let join = ShareRequest::Join {
        who: "Anna".into(),
        level: ShareLevel::View,
        show: ShareShow::Viewer(socket),
        case: ShareCase::default(),
    };
    share(viewer, join);
    wait_for(anna, "a request", SharePhase::Asked);
    let allow = ShareRequest::Allow {
        which: name.into(),
        what: Some(ShareWhat::Application("xterm".into())),
        show: ShareShow::default(),
    };
    match name {
        "Ben" => drop(ask(anna, allow)),
        // Something is shown already: it is asked about at the screen.
        _ => drop(annas.allows(|| ask(anna, allow))),
    }
    wait_for(viewer, "the share", SharePhase::Running);
    Headless::new(listener.accept().unwrap().0).unwrap()
}

fn holds(viewer: &mut Person) -> bool {
    let Reply::Shares(all) = ask(viewer, ShareRequest::List) else {
        panic!("no list")
    };
    all.iter().any(|s| s.control != "nothing")
}

/// They ask for control, and the hand at the screen gives it.
fn is_let(viewer: &mut Person, seen: &mut Headless, annas: &Screen) {
    // Their node may hear later than their window that they lost it.
    let end = Instant::now() + PATIENCE;
    while holds(viewer) {
        assert!(Instant::now() < end, "they have control still");
        std::thread::sleep(MOMENT);
    }
    let (which, change) = ("Anna".into(), ControlChange::Ask);
    ask(viewer, ShareRequest::Control { which, change });
    annas.answers(CONTROL);
    controls(seen, Controller::You);
}

fn controls(seen: &mut Headless, who: Controller) {
    let is = seen.run_until(PATIENCE, |s| s.status().controller == who);
    assert!(is.unwrap(), "not {who:?}: {:?}", seen.session().status());
}

/// Both type at once, one of them with Control held meanwhile.
fn both_type(ben: &mut Headless, cleo: &mut Headless, letter: &Path) {
    for seen in [&mut *ben, &mut *cleo] {
        let rests = seen.run_until(PATIENCE, |s| !s.status().paused);
        assert!(rests.unwrap());
    }
    ben.click(Place { x: 60, y: 60 });
    let end = Instant::now() + PATIENCE;
    loop {
        let text = fs::read_to_string(letter).unwrap_or_default();
        let typed = |c| text.chars().filter(|t| *t == c).count();
        assert!(
            !text.contains('\u{4}'),
            "Cleo's Control was in what Ben typed"
        );
        if typed('d') >= TYPED && typed('C') >= TYPED {
            return;
        }
        assert!(Instant::now() < end, "{text:?}");
        cleo.send(&key(HELD, Motion::Down));
        cleo.run_until(MOMENT, |_| false).unwrap();
        ben.strike(Keysym::of('d').unwrap(), Some('d'));
        ben.run_until(MOMENT, |_| false).unwrap();
        cleo.send(&key(HELD, Motion::Up));
        cleo.strike(Keysym::of('C').unwrap(), Some('C'));
        cleo.run_until(MOMENT, |_| false).unwrap();
    }
}

#[test]
fn xvfb_two_viewers_type_into_one_window_at_once() {
    let folder = Scratch::new("together");
    let annas = Screen::managed();
    let letter = folder.path().join("letter");
    let mut anna = Person::new("Anna", folder.path());
    let mut ben = Person::new("Ben", folder.path());
    let mut cleo = Person::new("Cleo", folder.path());
    anna.sit_at(annas.name());
    for person in [&mut anna, &mut ben, &mut cleo] {
        person.up();
    }
    anna.meet(&mut ben);
    anna.meet(&mut cleo);
    // Every key is written down as it comes.
    let write = format!("stty -icanon -echo; exec cat > '{}'", letter.display());
    let write = [
        "xterm",
        "-geometry",
        "60x10+40+60",
        "-e",
        "sh",
        "-c",
        &write,
    ];
    let _terminal = Running::on(&annas, &write);
    annas.wait("the terminal", |s| s.in_front().as_deref() == Some("XTerm"));
    let mut bens = sees(&mut anna, (&mut ben, "Ben"), &annas, folder.path());
    let mut cleos = sees(&mut anna, (&mut cleo, "Cleo"), &annas, folder.path());

    // Nobody controls yet: a command says that several may, and gives it to none.
    anna.kith(&["control", "Ben", "--together"]).ok();
    let listed = anna.kith(&["requests"]).ok();
    assert!(
        listed.stdout.contains("several may control"),
        "{}",
        listed.stdout
    );
    is_let(&mut ben, &mut bens, &annas);
    controls(&mut cleos, Controller::Somebody);
    is_let(&mut cleo, &mut cleos, &annas);
    controls(&mut bens, Controller::You);
    let both = cleos.run_until(PATIENCE, |s| s.controllers() == ["Ben", "Cleo"]);
    assert!(both.unwrap(), "{:?}", cleos.session().controllers());
    both_type(&mut bens, &mut cleos, &letter);

    // What is taken from one stays with the other.
    anna.kith(&["control", "Ben", "--end"]).ok();
    controls(&mut bens, Controller::Somebody);
    controls(&mut cleos, Controller::You);
    is_let(&mut ben, &mut bens, &annas);
    controls(&mut cleos, Controller::You);

    // One at a time: Cleo has controlled for longer.
    anna.kith(&["control", "Ben", "--one"]).ok();
    controls(&mut bens, Controller::Somebody);
    controls(&mut cleos, Controller::You);
    is_let(&mut ben, &mut bens, &annas);
    controls(&mut cleos, Controller::Somebody);

    // Several again, said while somebody controls: a hand at the screen says it.
    annas.allows(|| anna.kith(&["control", "Ben", "--together"]).ok());
    is_let(&mut cleo, &mut cleos, &annas);
    controls(&mut bens, Controller::You);
    annas.press(ESC);
    controls(&mut bens, Controller::Nobody);
    controls(&mut cleos, Controller::Nobody);
}
