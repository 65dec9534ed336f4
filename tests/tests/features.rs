//! What can be shared with a contact, told as it changes (issue “Agreeing to
//! share”): CAP-2, POL-4, POL-7, DISC-4.
#![allow(clippy::unwrap_used, clippy::panic)] // a failed helper is a failed test

use kith_api::{Event, FeatureState, Features, Reply, Request};
use kith_tests::{Organisation, Person, Scratch};

const ORG: &str = "Praxis Nord";

fn features(person: &mut Person, who: &str) -> Features {
    match person.ask(Request::Features { who: who.into() }) {
        Reply::Features(f) => f,
        other => panic!("{other:?}"),
    }
}

fn native<'a>(f: &'a Features, direction: &str) -> &'a FeatureState {
    let found = f
        .all
        .iter()
        .find(|f| f.means == "native" && f.direction == direction);
    found.unwrap()
}

/// Whether one of the reasons against it, each way, is this one.
fn against(f: &Features, code: &str) -> [bool; 2] {
    ["i-share", "they-share"].map(|way| native(f, way).reasons.iter().any(|r| r.code == code))
}

/// Looks at the contact, then waits for news until it is so.
fn wait_for(person: &mut Person, who: &str, what: &str, is_so: impl Fn(&Features) -> bool) {
    if is_so(&features(person, who)) {
        return;
    }
    person.wait(what, |e| matches!(e, Event::Features(f) if is_so(f)));
}

/// Presence, capabilities and policies come and go: whoever looks is told,
/// with every reason; and it is the same in `kith contacts NAME`.
#[test]
fn whoever_looks_is_told_what_stands_against_sharing() {
    let scratch = Scratch::new("features");
    let mut anna = Person::new("Anna", scratch.path());
    let mut ben = Person::new("Ben", scratch.path());
    anna.up();
    ben.up();
    anna.meet(&mut ben);
    wait_for(&mut anna, "Ben", "what Ben’s device can do", |f| {
        f.devices.len() == 1
            && against(f, "not-met") == [false; 2]
            && against(f, "not-looked") == [false; 2]
            && against(f, "offline") == [false; 2]
    });

    // He goes, and what he can do is still known; he comes back.
    ben.down();
    wait_for(&mut anna, "Ben", "that Ben is away", |f| {
        against(f, "offline") == [true; 2]
    });
    let away = features(&mut anna, "Ben");
    assert_eq!(against(&away, "not-met"), [false; 2], "{away:?}");
    let off = native(&away, "i-share");
    assert_eq!(off.state, "disabled");
    assert_eq!(
        off.reason.as_deref(),
        off.reasons.first().map(|r| r.code.as_str())
    );
    ben.up();
    wait_for(&mut anna, "Ben", "that Ben is back", |f| {
        against(f, "offline") == [false; 2]
    });

    // A policy that lets Anna show things to nobody, but see Ben’s.
    let org = Organisation::found(&anna, ORG, scratch.path());
    org.organisers(&anna, &["me", "Ben"]);
    anna.kith(&[
        "org",
        "rule",
        "add",
        ORG,
        "--for",
        "person:me",
        "--as",
        "sharer",
    ])
    .args(["--view", "nothing"])
    .ok();
    let file = org.publish(&anna, "policy-0");
    wait_for(&mut anna, "Ben", "the policy", |f| {
        against(f, "rule") == [true, false]
    });
    let told = anna.kith(&["contacts", "Ben"]).ok();
    assert!(told.stdout.contains("(rule)"), "{}", told.stdout);
    let told = anna.kith(&["contacts", "Ben", "--json"]).ok();
    let told: serde_json::Value = serde_json::from_str(&told.stdout).unwrap();
    let way = told["features"]["all"].as_array().unwrap();
    let way = way
        .iter()
        .find(|f| f["means"] == "native" && f["direction"] == "i-share");
    let reasons = way.unwrap()["reasons"].as_array().unwrap();
    let rule = reasons.iter().find(|r| r["code"] == "rule").unwrap();
    assert_eq!(rule["step"], "policy");

    // Ben joins the organisation, and his own node says the same the other
    // way round.
    ben.kith(&["policy", "install", &file, "--join"]).ok();
    wait_for(&mut ben, "Anna", "the policy", |f| {
        against(f, "rule") == [false, true]
    });

    // The rule goes: both hear of it.
    anna.kith(&["org", "rule", "remove", ORG, "1"]).ok();
    org.publish(&anna, "policy-1");
    for (person, other) in [(&mut anna, "Ben"), (&mut ben, "Anna")] {
        wait_for(person, other, "the new policy", |f| {
            against(f, "rule") == [false; 2]
        });
    }
    // Ben is removed: an outsider gets nothing (POL-7).
    anna.kith(&["org", "member", "remove", ORG, "Ben"]).ok();
    org.publish(&anna, "policy-2");
    wait_for(&mut anna, "Ben", "the removal", |f| {
        against(f, "outsider") == [true; 2]
    });
}

/// A screen, at this number.
struct Xvfb(std::process::Child);

impl Xvfb {
    fn start(number: u32) -> Self {
        let server = std::process::Command::new("Xvfb")
            .arg(format!(":{number}"))
            .args(["-screen", "0", "640x480x24", "-nolisten", "tcp", "-noreset"])
            .stderr(std::process::Stdio::null())
            .spawn();
        Self(server.unwrap())
    }
}

impl Drop for Xvfb {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// ENV-3, CAP-1: when Anna's screen goes, and when it is there again, Ben is
/// told without anybody asking.
#[test]
fn xvfb_a_screen_that_comes_or_goes_is_told_to_contacts() {
    let scratch = Scratch::new("screens");
    // A number that no server which chooses for itself comes to.
    let number = 2_000 + std::process::id() % 30_000;
    let mut anna = Person::new("Anna", scratch.path());
    let mut ben = Person::new("Ben", scratch.path());
    anna.sit_at(&format!(":{number}"));
    anna.up();
    ben.up();
    anna.meet(&mut ben);
    let shows = |f: &Features| !against(f, "sharer-cannot")[1];
    wait_for(&mut ben, "Anna", "no screen yet", |f| !shows(f));
    let screen = Xvfb::start(number);
    wait_for(&mut ben, "Anna", "a screen that came", shows);
    drop(screen);
    wait_for(&mut ben, "Anna", "a screen that went", |f| !shows(f));
}
