//! What a person accepts in advance, with a real program on a real display:
//! nobody is asked, until the person has cut it short. ASK-3, GUARD-6.
#![allow(clippy::unwrap_used, clippy::panic)] // a failed helper is a failed test

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use kith_api::{
    ControlChange, Event, Request, ShareCase, ShareInfo, ShareLevel, SharePhase, ShareRequest,
    ShareShow,
};
use kith_tests::shares::{audit, both_signed, kinds, share_once_reached, wait_for};
use kith_tests::{PATIENCE, Person, Program, Scratch, Screen};

/// A terminal, until this is dropped.
struct Terminal(Child);

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Terminal {
    /// One whose window can be seen.
    fn on(screen: &Screen) -> Self {
        let started = Command::new("xterm")
            .args(["-geometry", "40x10+60+60", "-e", "cat"])
            .env("DISPLAY", screen.name())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let terminal = Self(started.unwrap());
        screen.wait("the terminal", |s| {
            let search = Program::new("xdotool")
                .args(["search", "--onlyvisible", "--class", "XTerm"])
                .env("DISPLAY", s.name());
            search.run().code == Some(0)
        });
        terminal
    }
}

/// Ben asks to see and control Anna's terminal.
fn asks(ben: &mut Person, picture: PathBuf) -> ShareInfo {
    let request = ShareRequest::JoinApplication {
        who: "Anna".into(),
        application: "xterm".into(),
        level: ShareLevel::Control,
        show: ShareShow::Picture(picture),
        case: ShareCase::default(),
    };
    share_once_reached(ben, &request)
}

/// And is let in without a question to Anna.
fn is_let_in(anna: &mut Person, ben: &mut Person, picture: PathBuf, id: &str) -> String {
    let info = asks(ben, picture.clone());
    let runs = wait_for(ben, "the share", SharePhase::Running);
    assert_eq!(runs.session, info.session);
    assert_eq!((runs.view.as_str(), runs.control.as_str()), BOTH);
    wait_for(anna, "the share", SharePhase::Running);
    let session = info.session.to_string();
    let granted = audit(anna, Some(&info.session))
        .into_iter()
        .find(|e| e.kind == "granted");
    let by = ("consent".to_owned(), id.to_owned());
    assert!(granted.unwrap().details.contains(&by), "by which consent");
    let until = Instant::now() + PATIENCE;
    while !picture.exists() {
        assert!(Instant::now() < until, "no picture came");
        std::thread::sleep(Duration::from_millis(20));
    }
    // Nobody pressed anything, which the log says.
    let in_advance = ("how".to_owned(), "in-advance".to_owned());
    while !audit(anna, Some(&info.session))
        .iter()
        .any(|e| e.kind == "control-given" && e.details.contains(&in_advance))
    {
        assert!(Instant::now() < until, "control isn't in the log");
        std::thread::sleep(Duration::from_millis(20));
    }
    session
}

const BOTH: (&str, &str) = ("application", "application");

/// Or Anna is asked, and says no.
fn is_asked_about(anna: &mut Person, ben: &mut Person, picture: PathBuf) {
    let info = asks(ben, picture);
    let asked = wait_for(anna, "the question", SharePhase::Asked);
    assert_eq!(asked.session, info.session);
    anna.kith(&["deny", &info.session.to_string()]).ok();
    wait_for(ben, "the answer", SharePhase::Over);
}

fn consents(anna: &Person) -> Vec<serde_json::Value> {
    let told = anna.kith(&["consent", "list", "--json"]).ok();
    let told: serde_json::Value = serde_json::from_str(&told.stdout).unwrap();
    told["consents"].as_array().unwrap().clone()
}

fn ended(person: &mut Person, other: &mut Person) {
    person.kith(&["stop"]).ok();
    wait_for(person, "the end", SharePhase::Over);
    wait_for(other, "the end", SharePhase::Over);
}

#[test]
fn xvfb_a_standing_consent_shows_a_real_program_until_it_is_cut_short() {
    let scratch = Scratch::new("standing");
    let screen = Screen::managed();
    let _terminal = Terminal::on(&screen);
    let mut anna = Person::new("Anna", scratch.path());
    let mut ben = Person::new("Ben", scratch.path());
    anna.sit_at(screen.name());
    anna.up();
    ben.up();
    anna.meet(&mut ben);
    anna.kith(&["verify", "Ben", "--yes"]).ok();
    // Whatever asks no more later is pressed now.
    let give = anna.kith(&["consent", "give", "Ben", "--app", "xterm", "--control"]);
    screen.allows(|| give.ok());
    // The log says that it was pressed, before it counted.
    let log = audit(&mut anna, None);
    let [.., asked, given] = &log[..] else {
        panic!("{log:?}")
    };
    assert_eq!(
        (asked.kind.as_str(), given.kind.as_str()),
        ("at-screen", "consent-given")
    );
    let detail = |name: &str, value: &str| asked.details.contains(&(name.into(), value.into()));
    assert!(
        detail("how", "pressed") && detail("command", "consent-give"),
        "{asked:?}"
    );
    let id = consents(&anna)[0]["id"].as_str().unwrap().to_owned();
    let mut nth = 0;
    let mut picture = || {
        nth += 1;
        scratch.path().join(format!("picture{nth}.png"))
    };

    is_let_in(&mut anna, &mut ben, picture(), &id);
    // In panic, what was said before counts no more: not in this session …
    anna.kith(&["panic"]).ok();
    let told = |e: &Event| matches!(e, Event::Share(s) if s.control == "nothing");
    ben.wait("the end of control", told);
    // Both logs give the same reason.
    for person in [&mut anna, &mut ben] {
        let log = audit(person, None);
        let reduced = log.iter().rfind(|e| e.kind == "reduced").unwrap();
        let panic = ("reason".to_owned(), "panic".to_owned());
        assert!(reduced.details.contains(&panic), "{reduced:?}");
    }
    let again = ShareRequest::Control {
        which: "Anna".into(),
        change: ControlChange::Ask,
    };
    ben.ask(Request::Share(again));
    let asked = wait_for(&mut anna, "the wish", SharePhase::RunningAsked);
    assert_eq!(asked.control, "nothing");
    anna.kith(&["deny", "Ben"]).ok();
    ended(&mut ben, &mut anna);
    // … nor in the next, nor after a restart.
    assert_eq!(consents(&anna)[0]["held"], "panic");
    is_asked_about(&mut anna, &mut ben, picture());
    anna.down();
    anna.up();
    assert_eq!(consents(&anna)[0]["held"], "panic");
    is_asked_about(&mut anna, &mut ben, picture());

    // Until Anna says so; and a stop is as good as a panic.
    let told = anna.kith(&["consent", "list"]).ok().stdout;
    assert!(told.contains("HELD (panic)"), "{told}");
    let resume = anna.kith(&["consent", "resume", &id[..8]]);
    screen.allows(|| resume.ok());
    assert!(consents(&anna)[0].get("held").is_none());
    screen.allows(|| resume.code(3));
    is_let_in(&mut anna, &mut ben, picture(), &id);
    ended(&mut anna, &mut ben);
    assert_eq!(consents(&anna)[0]["held"], "stopped");
    is_asked_about(&mut anna, &mut ben, picture());

    // Who leaves by itself was not cut short.
    screen.allows(|| resume.ok());
    is_let_in(&mut anna, &mut ben, picture(), &id);
    ended(&mut ben, &mut anna);
    assert!(consents(&anna)[0].get("held").is_none());

    // In panic also what hasn't begun counts.
    let share = anna.kith(&["share", "Ben", "--synthetic"]);
    screen.allows(|| share.ok());
    wait_for(&mut ben, "the invitation", SharePhase::Asked);
    anna.kith(&["panic"]).ok();
    assert_eq!(consents(&anna)[0]["held"], "panic");

    let kinds: Vec<String> = kinds(&mut anna)
        .into_iter()
        .filter(|k| k.starts_with("consent-"))
        .collect();
    let said = ["given", "held", "resumed", "held", "resumed", "held"];
    let said = said.map(|k| format!("consent-{k}"));
    assert!(
        kinds.iter().eq(said.iter()) || kinds.iter().rev().eq(said.iter()),
        "{kinds:?}"
    );
    both_signed(&mut anna, 3);
}
