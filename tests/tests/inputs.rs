//! Whose presses count at the screen: ASK-3. What programs press (x11vnc and
//! on-screen keyboards as much as a script) counts once a person has enrolled
//! it, and for nothing but panic while somebody else has control.
#![allow(clippy::unwrap_used, clippy::panic)] // a failed helper is a failed test

use std::os::unix::net::UnixListener;
use std::thread;

use kith_api::{
    ControlChange, InputCounts, InputKind, InputRequest, Inputs, Reply, Request, ShareCase,
    ShareLevel, SharePhase, ShareRequest, ShareShow, ShareWhat,
};
use kith_tests::shares::{ask, audit, share, wait_for};
use kith_tests::{CONTROL, PATIENCE, Person, REFUSE, Running, Scratch, Screen};
use kith_view::headless::Headless;

fn inputs(person: &mut Person) -> Inputs {
    match person.ask(Request::Input(InputRequest::List)) {
        Reply::Inputs(inputs) => inputs,
        other => panic!("{other:?}"),
    }
}

/// How XTEST's keyboard counts; the display's own always does.
fn xtest(person: &mut Person) -> InputCounts {
    let devices = inputs(person).devices;
    let keyboards = |xtest: bool| {
        let mut all = devices.iter();
        let is = move |d: &&kith_api::InputDevice| {
            d.kind == InputKind::Keyboard && d.name.contains("XTEST") == xtest
        };
        all.find(is).unwrap().counts
    };
    assert_eq!(keyboards(false), InputCounts::Always);
    keyboards(true)
}

/// A program says yes.
fn presses(screen: &Screen) {
    screen.is_asked();
    screen.xdotool(&["key", "Tab"]);
    screen.xdotool(&["key", "Return"]);
}

/// It does so in vain; then the person there refuses.
fn is_refused(screen: &Screen) {
    presses(screen);
    screen.is_asked();
    screen.answers(REFUSE);
}

/// What Anna types is asked about, and `answers`; whether it was done.
fn types(anna: &Person, args: &[&str], answers: impl FnOnce()) -> bool {
    let command = anna.kith(args);
    let told = thread::scope(|scope| {
        let types = scope.spawn(|| command.run());
        answers();
        types.join().unwrap()
    });
    told.code == Some(0)
}

#[test]
fn xvfb_what_programs_press_counts_once_a_person_has_enrolled_it() {
    const ENROL: [&str; 3] = ["inputs", "enrol", "keyboard"];
    let folder = Scratch::new("inputs");
    let annas = Screen::managed();
    let mut anna = Person::new("Anna", folder.path());
    anna.sit_at(annas.name());
    anna.up();
    assert_eq!(xtest(&mut anna), InputCounts::Never);
    assert!(!types(&anna, &ENROL, || is_refused(&annas)));
    assert_eq!(xtest(&mut anna), InputCounts::Never);
    // Pressed by a device that counts already; then it counts itself, also in
    // the next node.
    assert!(types(&anna, &ENROL, || annas.answers(1)));
    assert_eq!(xtest(&mut anna), InputCounts::Enrolled);
    anna.down();
    anna.up();
    assert_eq!(xtest(&mut anna), InputCounts::Enrolled);
    let pointer = ["inputs", "enrol", "pointer"];
    assert!(types(&anna, &pointer, || {
        presses(&annas);
        annas.wait("the question to go", |s| !s.has_question());
    }));
    let told = anna.kith(&["inputs"]).ok().stdout;
    assert!(told.contains("ANY PROGRAM"), "{told}");
    for kind in ["keyboard", "pointer"] {
        anna.kith(&["inputs", "remove", kind]).ok();
    }
    assert_eq!(inputs(&mut anna).enrolled, []);
    assert!(!types(&anna, &ENROL, || is_refused(&annas)));
    // Where nothing else can press, who starts the node says it.
    anna.down();
    anna.up_with(&["--loopback", "--no-mdns", "--enrol-input", "keyboard"]);
    assert_eq!(xtest(&mut anna), InputCounts::Enrolled);
    // The log has what changed, each once, and how that was said (UI-4).
    let log = audit(&mut anna, None);
    let of_inputs = log.iter().filter(|e| e.kind.starts_with("input-"));
    let told: Vec<String> = of_inputs
        .map(|e| {
            let said = e.details.iter().map(|(_, value)| value.as_str());
            [e.kind.as_str()]
                .into_iter()
                .chain(said)
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect();
    assert_eq!(
        told,
        [
            "input-enrolled keyboard pressed",
            "input-enrolled pointer pressed",
            "input-removed keyboard typed",
            "input-removed pointer typed",
            "input-enrolled keyboard at-start",
        ]
    );
    anna.kith(&["audit", "verify"]).ok();
}

#[test]
fn xvfb_while_somebody_controls_nothing_is_enrolled_and_programs_only_end_it() {
    let folder = Scratch::new("inputs-controlled");
    let annas = Screen::managed();
    let mut anna = Person::new("Anna", folder.path());
    let mut ben = Person::new("Ben", folder.path());
    anna.sit_at(annas.name());
    anna.up_with(&["--loopback", "--no-mdns", "--enrol-input", "keyboard"]);
    ben.up();
    anna.meet(&mut ben);
    let terminal = ["xterm", "-geometry", "60x10+40+60", "-e", "cat"];
    let _terminal = Running::on(&annas, &terminal);
    annas.wait("the terminal", |s| s.in_front().as_deref() == Some("XTerm"));
    let socket = folder.path().join("viewer");
    let listener = UnixListener::bind(&socket).unwrap();
    let join = ShareRequest::Join {
        who: "Anna".into(),
        level: ShareLevel::View,
        show: ShareShow::Viewer(socket),
        case: ShareCase::default(),
    };
    share(&mut ben, join);
    wait_for(&mut anna, "a request", SharePhase::Asked);
    let allow = ShareRequest::Allow {
        which: "Ben".into(),
        what: Some(ShareWhat::Application("xterm".into())),
        show: ShareShow::default(),
    };
    ask(&mut anna, allow);
    wait_for(&mut ben, "the share", SharePhase::Running);
    let mut viewer = Headless::new(listener.accept().unwrap().0).unwrap();
    let (which, change) = ("Anna".into(), ControlChange::Ask);
    ask(&mut ben, ShareRequest::Control { which, change });
    // Three buttons; an on-screen keyboard's Tab counts.
    annas.is_asked();
    annas.xdotool(&["key", "Tab"]);
    annas.answers(CONTROL - 1);
    assert!(viewer.run_until(PATIENCE, |s| s.controls()).unwrap());

    let enrol = |anna: &Person| {
        let told = anna.kith(&["inputs", "enrol", "pointer"]).run();
        assert_eq!(told.code, Some(8), "{}", told.stderr);
        assert!(!annas.has_question());
    };
    enrol(&anna);
    let desktop = ["share", "Ben", "--desktop"];
    assert!(!types(&anna, &desktop, || is_refused(&annas)));
    assert!(viewer.session().controls());
    // Panic takes away: an on-screen keyboard's counts.
    annas.xdotool(&["key", "Escape"]);
    assert!(viewer.run_until(PATIENCE, |s| !s.controls()).unwrap());
    enrol(&anna);
    assert!(!types(&anna, &desktop, || is_refused(&annas)));
    anna.kith(&["inputs", "remove", "keyboard"]).ok();
    assert_eq!(inputs(&mut anna).enrolled, []);
}
