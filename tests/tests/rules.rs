//! People's own rules count at run time, on both sides (POL-3, POL-4, POL-7);
//! what a share is for is demanded and kept (CASE-1).
#![allow(clippy::unwrap_used, clippy::panic)] // a failed helper is a failed test

use std::time::{Duration, Instant};

use kith_api::{
    Event, Explained, ExplainedCase, PolicyRequest, Question, Reply, Request, ShareCase, ShareInfo,
    ShareLevel, SharePhase, ShareRequest, ShareShow, ShareWhat,
};
use kith_tests::shares::{audit, pair, wait_for};
use kith_tests::{Person, Scratch};

/// What would be decided if `person` asked `who` to show something.
fn explained(person: &mut Person, who: &str) -> ExplainedCase {
    let question = Question {
        part: Some("viewer".into()),
        direction: Some("request".into()),
        technology: "native".into(),
        applications: Vec::new(),
        view: "desktop".into(),
        control: "desktop".into(),
        room: None,
    };
    let request = PolicyRequest::Explain {
        who: who.into(),
        question,
    };
    match person.ask(Request::Policy(request)) {
        Reply::Explained(Explained { cases, .. }) => cases.into_iter().next().unwrap(),
        other => panic!("{other:?}"),
    }
}

fn until(person: &mut Person, who: &str, what: &str, is_so: impl Fn(&ExplainedCase) -> bool) {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let case = explained(person, who);
        if is_so(&case) {
            return;
        }
        assert!(Instant::now() < until, "{what}: {case:#?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn join(folder: &Scratch, level: ShareLevel, case: ShareCase) -> Request {
    Request::Share(ShareRequest::Join {
        who: "Ben".into(),
        level,
        show: ShareShow::Picture(folder.path().join("seen.png")),
        case,
    })
}

/// Ben's rules bind Ben, Anna's node hears of them and asks for no more, and
/// what runs ends when a rule takes it.
#[test]
fn own_rules_bind_both_sides_and_outlive_a_restart() {
    let folder = Scratch::new("own-rules");
    let (mut anna, mut ben) = pair(&folder);
    let none = ShareCase::default;
    let mine = [
        "policy",
        "mine",
        "add",
        "--for",
        "person:Anna",
        "--as",
        "viewer",
    ];
    ben.kith(&[&mine[..], &["--control", "nothing"]].concat())
        .ok();
    until(&mut anna, "Ben", "Ben’s terms", |c| {
        c.outcome == "allowed" && c.control == "nothing" && c.view == "desktop"
    });
    let refused = anna.try_ask(join(&folder, ShareLevel::Control, none()));
    assert!(refused.is_err(), "{refused:?}");
    // What her own side refuses before he hears of it stands in her log alone (UI-4).
    let written = audit(&mut anna, None);
    let [asked, decided] = &written[..] else {
        panic!("{written:#?}");
    };
    assert_eq!(asked.kind, "asked");
    let said = "at step “remote-profile”: the other person’s rules";
    assert!(decided.text.contains(said), "{}", decided.text);
    assert!(audit(&mut ben, None).is_empty());
    anna.kith(&["audit", "verify"]).ok();

    anna.ask(join(&folder, ShareLevel::View, none()));
    wait_for(&mut ben, "a request", SharePhase::Asked);
    ben.kith(&["allow", "Anna", "--synthetic"]).ok();
    wait_for(&mut anna, "the share", SharePhase::Running);
    ben.kith(&[&mine[..], &["--view", "nothing"]].concat()).ok();
    for person in [&mut anna, &mut ben] {
        let over = wait_for(person, "the end", SharePhase::Over);
        assert_eq!(over.reason.as_deref(), Some("policy-changed"));
    }
    until(&mut anna, "Ben", "Ben’s terms", |c| {
        let (step, reason) = (c.step.as_deref(), c.reason.as_deref());
        (step, reason) == (Some("remote-profile"), Some("terms"))
    });

    // After a restart of either the rules stand.
    for restarted in [&mut ben, &mut anna] {
        restarted.down();
        restarted.up();
    }
    let shown = ben.kith(&["policy", "mine", "show"]).ok().stdout;
    assert!(
        shown.contains("Rule 1") && shown.contains("Rule 2"),
        "{shown}"
    );
    assert_eq!(explained(&mut anna, "Ben").outcome, "denied");
    ben.kith(&["policy", "mine", "remove", "2"]).ok();
    until(&mut anna, "Ben", "newer terms", |c| c.outcome == "allowed");
}

/// Control that a rule forbids is refused in words, on whichever side the rule is
/// known, and before or after somebody was asked (POL-4).
#[test]
fn control_that_a_rule_forbids_is_refused_with_the_reason() {
    let folder = Scratch::new("no-control");
    let (mut anna, mut ben) = pair(&folder);
    anna.ask(join(&folder, ShareLevel::View, ShareCase::default()));
    wait_for(&mut ben, "a request", SharePhase::Asked);
    ben.kith(&["allow", "Anna", "--synthetic"]).ok();
    wait_for(&mut anna, "the share", SharePhase::Running);
    let rule = |ben: &Person, more: &[&str]| {
        let mine = [
            "policy",
            "mine",
            "add",
            "--for",
            "person:Anna",
            "--as",
            "viewer",
        ];
        ben.kith(&[&mine[..], more, &["--control", "nothing"]].concat())
            .ok();
    };

    // Ben is asked, and forbids it before he says yes: he is asked no more, and Anna
    // hears why.
    anna.kith(&["control", "Ben"]).ok();
    wait_for(&mut ben, "a wish for control", SharePhase::RunningAsked);
    rule(&ben, &["--app", "*"]);
    let told = ben.kith(&["allow", "Anna"]).code(4);
    assert!(told.stderr.contains("no such request"), "{}", told.stderr);
    let changed = |info: &ShareInfo| info.refused.as_deref() == Some("policy-changed");
    anna.wait(
        "the refusal",
        |e| matches!(e, Event::Share(info) if changed(info)),
    );

    // What a rule about applications says, only Ben's node knows: it asks nobody, and
    // Anna hears it at once. To ask anew takes the old answer off the list.
    let told = anna.kith(&["control", "Ben"]).code(8);
    let listed = anna.kith(&["requests"]).ok().stdout;
    for said in [told.stderr, listed] {
        let why = "no control: a policy or profile doesn't allow it";
        assert!(said.contains(why), "{said}");
    }
    let asked = audit(&mut ben, None);
    let asked = asked.iter().filter(|e| e.kind == "refused");
    assert_eq!(
        asked.count(),
        2,
        "neither was put to Ben’s person and left open"
    );

    // What he tells her, her own node keeps to: it asks nobody either.
    rule(&ben, &[]);
    until(&mut anna, "Ben", "Ben’s terms", |c| {
        c.control == "nothing"
    });
    let told = anna.kith(&["control", "Ben"]).code(8);
    for said in [
        "no control:",
        "remote-profile",
        "what the other person allows",
    ] {
        assert!(told.stderr.contains(said), "{}", told.stderr);
    }
}

/// CASE-1: without a purpose nobody is asked; with it, it stands in both logs.
#[test]
fn a_demanded_purpose_is_asked_for_and_kept_by_both() {
    let folder = Scratch::new("case-fields");
    let (mut anna, mut ben) = pair(&folder);
    ben.kith(&["policy", "mine", "demand", "purpose"]).ok();
    until(&mut anna, "Ben", "Ben’s terms", |c| {
        c.duties.iter().any(|d| d == "purpose")
    });
    let refused = anna.try_ask(join(&folder, ShareLevel::View, ShareCase::default()));
    let refused = format!("{:?}", refused.unwrap_err());
    assert!(refused.contains("--purpose"), "{refused}");
    // Ben’s own invitation needs it as well.
    let invite = Request::Share(ShareRequest::Invite {
        who: "Anna".into(),
        what: ShareWhat::Synthetic,
        level: ShareLevel::View,
        case: ShareCase::default(),
    });
    assert!(ben.try_ask(invite).is_err());

    let case = ShareCase {
        purpose: Some("second opinion".into()),
        ..ShareCase::default()
    };
    anna.ask(join(&folder, ShareLevel::View, case));
    let asked = wait_for(&mut ben, "a request", SharePhase::Asked);
    assert_eq!(asked.case.purpose.as_deref(), Some("second opinion"));
    ben.kith(&["allow", "Anna", "--synthetic"]).ok();
    wait_for(&mut anna, "the share", SharePhase::Running);
    ben.kith(&["stop", "Anna"]).ok();
    for person in [&mut anna, &mut ben] {
        wait_for(person, "the end", SharePhase::Over);
        let entries = audit(person, None);
        // It is there whether or not anything comes of it.
        for kind in ["asked", "granted"] {
            let kept = entries.iter().filter(|e| e.kind == kind);
            let mut said = kept.flat_map(|e| &e.details);
            assert!(
                said.any(|(k, v)| k == "purpose" && v == "second opinion"),
                "{kind}: {entries:#?}"
            );
        }
    }
}
