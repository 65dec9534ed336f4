//! Two real processes agree on a share (issue “Agreeing to share”): ASK-1,
//! ASK-2, POL-5, SEAL-1 to SEAL-3, UI-4.
#![allow(clippy::unwrap_used, clippy::panic)] // a failed helper is a failed test

use std::path::Path;
use std::time::{Duration, Instant};

use kith_api::{
    ControlChange, Event, LimitsRequest, Reach, Reply, Request, ShareCase, ShareLevel, SharePhase,
    ShareRequest, ShareShow,
};
use kith_codec::geometry::Size;
use kith_codec::synthetic::Desktop;
use kith_tests::shares::{
    ask, audit, both_signed, invite, join, kinds, pair, share, share_once_reached, shown, wait_for,
};
use kith_tests::{Organisation, PATIENCE, Person, Scratch, Screen};
use kith_view::headless::Headless;
use kith_view::session::Session;

/// What the sharer's toy desktop looks like, as the viewer would save it.
fn original(at: &Path) -> Vec<u8> {
    let desktop = Desktop::new(Size::new(640, 400).unwrap(), 1);
    kith_view::headless::save_png(desktop.picture(), at).unwrap();
    std::fs::read(at).unwrap()
}

/// Waits until the viewer has saved a picture, which is these bytes and never a part
/// of them.
fn shows(file: &Path, wanted: &[u8]) {
    let until = Instant::now() + Duration::from_secs(60);
    while !file.exists() {
        assert!(Instant::now() < until, "the picture never came");
        std::thread::yield_now();
    }
    assert!(std::fs::read(file).unwrap() == wanted, "half a picture");
}

/// Ben asks, Anna allows; what Ben sees is Anna's picture to the pixel; Anna
/// stops it; both logs have it, signed by both.
#[test]
fn who_asks_and_is_allowed_sees_it_to_the_pixel() {
    let folder = Scratch::new("session-join");
    let (mut anna, mut ben) = pair(&folder);
    let file = folder.path().join("seen.png");
    let wanted = original(&folder.path().join("wanted.png"));
    share(&mut ben, join(ShareShow::Picture(file.clone())));
    let asked = wait_for(&mut anna, "a request", SharePhase::Asked);
    assert_eq!(asked.person.name, "Ben");
    assert!(!file.exists());
    anna.kith(&["allow", "Ben", "--synthetic"]).ok();
    wait_for(&mut ben, "the share", SharePhase::Running);
    shows(&file, &wanted);
    anna.kith(&["stop", "Ben"]).ok();
    for person in [&mut anna, &mut ben] {
        let over = wait_for(person, "the end", SharePhase::Over);
        assert_eq!(over.ended_by.as_deref(), Some("sharer"));
        assert_eq!(over.reason.as_deref(), Some("stopped"));
        let kinds = kinds(person);
        for kind in ["asked", "decided", "started", "ended"] {
            assert!(
                kinds.iter().any(|k| k == kind),
                "{kind} is missing: {kinds:?}"
            );
        }
        both_signed(person, 1);
        assert_eq!(ask(person, ShareRequest::List), Reply::Shares(Vec::new()));
    }
}

/// Who asks twice for the same is asked about once, and the name is enough to
/// answer; of two different requests each is said with what to type (ASK-1).
#[test]
fn who_asks_again_is_answered_by_name() {
    let folder = Scratch::new("session-again");
    let (mut anna, mut ben) = pair(&folder);
    let picture = |n: &str| ShareShow::Picture(folder.path().join(n));
    let first = share(&mut ben, join(picture("first.png"))).session;
    assert_eq!(
        wait_for(&mut anna, "a request", SharePhase::Asked).session,
        first
    );
    let again = share(&mut ben, join(picture("again.png"))).session;
    assert_ne!(first, again);
    anna.wait(
        "the same again",
        |e| matches!(e, Event::Share(s) if s.session == again && s.phase == SharePhase::Asked),
    );
    let Reply::Shares(open) = ask(&mut anna, ShareRequest::List) else {
        panic!("no list")
    };
    let open: Vec<_> = open.iter().map(|s| s.session).collect();
    assert_eq!(open, [again]);
    // Something else, beside it.
    let other = ShareRequest::JoinApplication {
        who: "Anna".into(),
        application: "xterm".into(),
        level: ShareLevel::View,
        show: picture("other.png"),
        case: ShareCase::default(),
    };
    let other = share(&mut ben, other).session;
    anna.wait(
        "another request",
        |e| matches!(e, Event::Share(s) if s.session == other && s.phase == SharePhase::Asked),
    );
    let told = anna.kith(&["allow", "Ben", "--synthetic"]).run();
    assert_eq!(told.code, Some(5), "{}", told.stderr);
    let short = |id: &dyn ToString| id.to_string()[..14].to_owned();
    for id in [&again, &other] {
        assert!(told.stderr.contains(&short(id)), "{}", told.stderr);
    }
    assert!(told.stderr.contains("xterm"), "{}", told.stderr);
    anna.kith(&["deny", &short(&other)]).ok();
    anna.kith(&["allow", "Ben", "--synthetic"]).ok();
    ben.wait(
        "the share",
        |e| matches!(e, Event::Share(s) if s.session == again && s.phase == SharePhase::Running),
    );
}

/// An invitation that is declined leaves nothing, and the inviter learns it.
#[test]
fn an_invitation_can_be_declined() {
    let folder = Scratch::new("session-deny");
    let (mut anna, mut ben) = pair(&folder);
    for no in [&["deny", "Anna"][..], &["stop"]] {
        share(&mut anna, invite(ShareLevel::View));
        wait_for(&mut ben, "an invitation", SharePhase::Asked);
        ben.kith(no).ok();
        let over = wait_for(&mut anna, "the answer", SharePhase::Over);
        assert_eq!(over.reason.as_deref(), Some("declined"), "{no:?}");
        // Whoever asks later learns it, too.
        let said = anna.kith(&["requests"]).ok().stdout;
        assert!(
            said.contains("by Ben, because the person declined"),
            "{said}"
        );
        wait_for(&mut ben, "the end", SharePhase::Over);
    }
    assert!(!kinds(&mut ben).iter().any(|k| k == "started"));
}

/// Control is asked for apart, allowed apart, and taken back by the panic key.
#[test]
fn control_is_a_consent_of_its_own() {
    let folder = Scratch::new("session-control");
    let (mut anna, mut ben) = pair(&folder);
    share(&mut anna, invite(ShareLevel::View));
    wait_for(&mut ben, "an invitation", SharePhase::Asked);
    let file = folder.path().join("seen.png");
    let show = ShareShow::Picture(file.clone());
    let allow = ShareRequest::Allow {
        which: "Anna".into(),
        what: None,
        show,
    };
    ask(&mut ben, allow);
    wait_for(&mut anna, "the share", SharePhase::Running);
    wait_for(&mut ben, "the share", SharePhase::Running);
    // DISC-4: it says itself.
    let Reply::Status(status) = anna.ask(Request::Status) else {
        panic!("no status");
    };
    assert_eq!(status.presence, kith_api::PresenceState::Sharing);
    let control = ShareRequest::Control {
        which: "Anna".into(),
        change: ControlChange::Ask,
    };
    ask(&mut ben, control);
    let wish = wait_for(&mut anna, "the wish", SharePhase::RunningAsked);
    assert_eq!(
        (wish.control.as_str(), wish.wanted.as_deref()),
        ("nothing", Some("desktop"))
    );
    anna.kith(&["allow", "Ben"]).ok();
    let controls = |e: &Event, what: &str| matches!(e, Event::Share(s) if s.control == what);
    ben.wait("control", |e| controls(e, "desktop"));
    shows(&file, &original(&folder.path().join("wanted.png")));
    anna.kith(&["panic"]).ok();
    ben.wait("the end of control", |e| controls(e, "nothing"));
    ben.kith(&["stop"]).ok();
    let over = wait_for(&mut anna, "the end", SharePhase::Over);
    assert_eq!(over.ended_by.as_deref(), Some("viewer"));
    both_signed(&mut anna, 1);
    let kinds = kinds(&mut anna);
    for kind in ["escalated", "reduced"] {
        assert!(
            kinds.iter().any(|k| k == kind),
            "{kind} is missing: {kinds:?}"
        );
    }
}

/// Where a screen is named that isn't there, the panic key would not be heard:
/// nobody is invited to a server (GUARD-6).
#[test]
fn xvfb_a_screen_that_is_gone_hears_no_panic_key_and_nothing_is_shown() {
    const PASSWORD: &str = "q7Wm2-Zx";
    let folder = Scratch::new("session-gone");
    let (server, gone) = (Screen::vnc(folder.path(), PASSWORD), Screen::bare(320, 240));
    let mut anna = Person::new("Anna", folder.path());
    let mut ben = Person::new("Ben", folder.path());
    anna.sit_at(gone.name());
    anna.up();
    ben.up();
    anna.meet(&mut ben);
    drop(gone);
    let port = server.port().to_string();
    let share = [
        "share",
        "Ben",
        "--vnc-server",
        &port,
        "--password-file",
        "-",
    ];
    let share = anna.kith(&share).stdin(format!("{PASSWORD}\n"));
    let refused = share.run();
    assert_ne!(refused.code, Some(0));
    assert!(refused.stderr.contains("DISPLAY"), "{}", refused.stderr);
    let none = Reply::Shares(Vec::new());
    assert_eq!(ask(&mut anna, ShareRequest::List), none);
}

/// Limits are remembered, listed, revoked and audited; a restart keeps them,
/// and "view only" gives no control (GUARD-8).
#[test]
fn limits_are_remembered_until_they_are_revoked() {
    let folder = Scratch::new("session-limits");
    let (mut anna, mut ben) = pair(&folder);
    let wish = ShareRequest::Join {
        who: "Anna".into(),
        level: ShareLevel::Control,
        show: ShareShow::Picture(folder.path().join("seen.png")),
        case: ShareCase::default(),
    };
    // What is said the second time stands beside the first.
    let first = &["--no-menus", "--no-key", "Delete", "--remember"][..];
    for limits in [first, &["--no-borders", "--remember"]] {
        share(&mut ben, wish.clone());
        wait_for(&mut anna, "a request", SharePhase::Asked);
        anna.kith(&[&["allow", "Ben", "--synthetic", "--view"][..], limits].concat())
            .ok();
        let running = wait_for(&mut anna, "the share", SharePhase::Running);
        assert_eq!(
            running.control, "nothing",
            "she allowed to see, and no more"
        );
        anna.kith(&["stop"]).ok();
        wait_for(&mut anna, "the end", SharePhase::Over);
        wait_for(&mut ben, "the end", SharePhase::Over);
    }

    anna.kith(&["limits", "set", "--per-second", "20"]).ok();
    anna.kith(&["limits", "set", "Ben", "--no-doors"]).code(2);
    anna.kill();
    anna.up();
    let Reply::Limits(kept) = anna.ask(Request::Limits(LimitsRequest::List)) else {
        panic!("no limits")
    };
    let [hers, all] = &kept[..] else {
        panic!("{kept:?}")
    };
    assert_eq!(hers.person.as_ref().map(|p| p.name.as_str()), Some("Ben"));
    assert!(hers.device.is_some());
    assert_eq!(hers.limits.barred, ["menus", "borders"]);
    assert_eq!(hers.limits.keys, ["Delete"]);
    assert_eq!((&all.person, all.limits.per_second), (&None, Some(20)));
    anna.kith(&["limits", "revoke", &hers.number.to_string()])
        .ok();
    anna.kith(&["limits", "revoke", &hers.number.to_string()])
        .code(4);
    let Reply::Limits(kept) = anna.ask(Request::Limits(LimitsRequest::List)) else {
        panic!("no limits")
    };
    assert_eq!(kept.len(), 1);
    let changed = kinds(&mut anna);
    let changed = changed.iter().filter(|k| *k == "limits-changed").count();
    assert_eq!(changed, 4);
}

/// A crash ends what ran, on both sides (SEAL-3); when they meet again both sign
/// that (UI-4). Of what was only asked for, the log has the end too.
#[test]
fn a_crash_ends_what_ran() {
    let folder = Scratch::new("session-crash");
    let viewers = ["first", "second", "third"].map(|n| Scratch::new(&format!("{n}-viewer")));
    let (mut anna, mut ben) = pair(&folder);
    // The sharer crashes: the viewer's program is closed.
    let mut viewer = watched(&mut anna, &mut ben, viewers[0].path());
    crashes(&mut anna);
    ends_by_crash(&mut ben, SharePhase::Ending);
    let closed = |s: &Session| s.over().is_some();
    assert!(viewer.run_until(PATIENCE, closed).unwrap());
    signed_after_crash(&mut anna, &mut ben, 1);

    // The viewer crashes.
    let _viewer = watched(&mut anna, &mut ben, viewers[1].path());
    crashes(&mut ben);
    signed_after_crash(&mut anna, &mut ben, 2);

    // Both do.
    let _viewer = watched(&mut anna, &mut ben, viewers[2].path());
    ben.kill();
    crashes(&mut anna);
    ben.up();
    signed_after_crash(&mut anna, &mut ben, 3);

    // Whoever waits for an answer crashes; then whoever is asked.
    for ours in [true, false] {
        let asked = share_once_reached(&mut anna, &invite(ShareLevel::View)).session;
        wait_for(&mut ben, "an invitation", SharePhase::Asked);
        let (crashed, other) = match ours {
            true => (&mut anna, &mut ben),
            false => (&mut ben, &mut anna),
        };
        crashed.kill();
        crashed.up();
        ends_by_crash(other, SharePhase::Over);
        let last = audit(crashed, Some(&asked)).pop().unwrap();
        assert_eq!(last.kind, "refused");
        let said = |name: &str, value: &str| last.details.contains(&(name.into(), value.into()));
        assert!(
            said("by", "program") && said("reason", "crashed"),
            "{last:?}"
        );
    }
}

/// A node that is closed waits for no signature: what ran has its end in the log,
/// and the other side has the record with both.
#[test]
fn a_node_that_is_closed_ends_what_runs() {
    let folder = Scratch::new("session-closed");
    let (mut anna, mut ben) = pair(&folder);
    let _viewer = watched(&mut anna, &mut ben, folder.path());
    anna.down();
    wait_for(&mut ben, "the end", SharePhase::Over);
    both_signed(&mut ben, 1);
    anna.up();
    assert_eq!(kinds(&mut anna).last().unwrap(), "ended");
}

/// Both hear that it is over, and have signed it.
fn signed_after_crash(anna: &mut Person, ben: &mut Person, times: u64) {
    for person in [anna, ben] {
        ends_by_crash(person, SharePhase::Over);
        both_signed(person, times);
    }
}

/// Anna shows Ben her toy desktop, and he sees it.
fn watched(anna: &mut Person, ben: &mut Person, folder: &Path) -> Headless {
    let mut viewer = Headless::new(shown(anna, ben, folder)).unwrap();
    assert!(viewer.run_until(PATIENCE, Session::is_exact).unwrap());
    viewer
}

/// Their node crashes while a share runs, and comes back: nothing of it is left.
fn crashes(person: &mut Person) {
    person.kill();
    person.up();
    assert_eq!(ask(person, ShareRequest::List), Reply::Shares(Vec::new()));
}

/// The other side is told so; a connection that is lost for a minute would be
/// another reason.
fn ends_by_crash(person: &mut Person, phase: SharePhase) {
    let over = wait_for(person, "the end", phase);
    assert_eq!(over.reason.as_deref(), Some("crashed"));
}

/// Whoever is removed from the policy loses the running share as soon as the
/// news is there (POL-7).
#[test]
fn who_is_removed_from_the_policy_loses_what_runs() {
    const ORG: &str = "Praxis Süd";
    let folder = Scratch::new("session-policy");
    let (mut anna, mut ben) = pair(&folder);
    let org = Organisation::found(&anna, ORG, folder.path());
    org.organisers(&anna, &["me", "Ben"]);
    let first = org.publish(&anna, "policy-0");
    ben.kith(&["policy", "install", &first, "--join"]).ok();

    let file = folder.path().join("seen.png");
    share(&mut ben, join(ShareShow::Picture(file.clone())));
    wait_for(&mut anna, "a request", SharePhase::Asked);
    anna.kith(&["allow", "Ben", "--synthetic"]).ok();
    wait_for(&mut anna, "the share", SharePhase::Running);
    shows(&file, &original(&folder.path().join("wanted.png")));

    anna.kith(&["org", "member", "remove", ORG, "Ben"]).ok();
    org.publish(&anna, "policy-1");
    for person in [&mut anna, &mut ben] {
        let over = wait_for(person, "the end", SharePhase::Over);
        assert_eq!(over.reason.as_deref(), Some("policy-changed"));
        assert_eq!(over.ended_by.as_deref(), Some("policy"));
    }
    // And doesn't get it again.
    let refused = ben.try_ask(Request::Share(join(ShareShow::Window)));
    let begun = refused.is_ok();
    if begun {
        let over = wait_for(&mut ben, "the answer", SharePhase::Over);
        assert_eq!(over.reason.as_deref(), Some("denied"));
        // Anna's log says at which step, and by what (POL-4, UI-4).
        let wanted = [("stage", "organisation"), ("reason", "outsider")];
        let said = |details: &[(String, String)]| {
            let has = |(k, v): &(&str, &str)| details.iter().any(|(a, b)| a == k && b == v);
            wanted.iter().all(has)
        };
        let until = Instant::now() + Duration::from_secs(60);
        while !decided(&mut anna).iter().any(|d| said(d)) {
            assert!(Instant::now() < until, "{:?}", decided(&mut anna));
            std::thread::yield_now();
        }
    }
}

/// An organisation that changes to seeing alone ends control at once, and the
/// picture goes on (POL-7).
#[test]
fn control_ends_with_a_policy_of_seeing_alone() {
    const ORG: &str = "Praxis Nord";
    let folder = Scratch::new("session-view-only");
    let (mut anna, mut ben) = pair(&folder);
    let org = Organisation::found(&anna, ORG, folder.path());
    org.organisers(&anna, &["me", "Ben"]);
    let first = org.publish(&anna, "policy-0");
    ben.kith(&["policy", "install", &first, "--join"]).ok();

    let file = folder.path().join("seen.png");
    let show = ShareShow::Picture(file.clone());
    let mut asked = join(show);
    if let ShareRequest::Join { level, .. } = &mut asked {
        *level = ShareLevel::Control;
    }
    share(&mut ben, asked);
    wait_for(&mut anna, "a request", SharePhase::Asked);
    anna.kith(&["allow", "Ben", "--synthetic"]).ok();
    let controls = |e: &Event, what: &str| matches!(e, Event::Share(s) if s.phase == SharePhase::Running && s.control == what);
    for person in [&mut anna, &mut ben] {
        person.wait("control", |e| controls(e, "desktop"));
    }
    anna.kith(&["org", "rule", "add", ORG, "--as", "viewer"])
        .args(["--control", "nothing"])
        .ok();
    org.publish(&anna, "policy-1");
    for person in [&mut anna, &mut ben] {
        person.wait("the end of control", |e| controls(e, "nothing"));
    }
    // It isn't given again, and the picture is still there to be left.
    let wish = ShareRequest::Control {
        which: "Anna".into(),
        change: ControlChange::Ask,
    };
    let _ = ben.try_ask(Request::Share(wish));
    shows(&file, &original(&folder.path().join("wanted.png")));
    ben.kith(&["stop"]).ok();
    let over = wait_for(&mut anna, "the end", SharePhase::Over);
    assert_eq!(over.ended_by.as_deref(), Some("viewer"));
    assert!(kinds(&mut anna).iter().any(|k| k == "reduced"));
}

/// Whoever says yes is told that nothing could be shown: there is no screen here.
#[test]
fn who_says_yes_hears_that_it_could_not_be_started() {
    let scratch = Scratch::new("unstarted");
    let (mut anna, mut ben) = pair(&scratch);
    share(
        &mut ben,
        join(ShareShow::Picture(scratch.path().join("picture.png"))),
    );
    wait_for(&mut anna, "a request", SharePhase::Asked);
    let told = anna.kith(&["allow", "Ben", "--desktop"]).run();
    assert_ne!(told.code, Some(0), "{}", told.stdout);
    assert!(
        told.stderr.contains("the share could not be started"),
        "{}",
        told.stderr
    );
}

/// What the audit log says of decisions.
fn decided(person: &mut Person) -> Vec<Vec<(String, String)>> {
    let all = audit(person, None).into_iter();
    let decided = all.filter(|e| e.kind == "decided");
    decided.map(|e| e.details).collect()
}

/// ASK-3: what was accepted in advance isn't asked again, and nothing else is
/// taken for it; it is listed, outlives a restart, and ends.
#[test]
fn a_standing_consent_stands_for_the_person_and_for_nothing_else() {
    let scratch = Scratch::new("consent");
    let (mut anna, mut ben) = pair(&scratch);
    let give = ["consent", "give", "Ben", "--app", "editor", "--days", "2"];
    let told = anna.kith(&give).code(8);
    assert!(told.stderr.contains("verified"), "{}", told.stderr);
    anna.kith(&["verify", "Ben", "--yes"]).ok();
    anna.kith(&give).ok();
    let list = |anna: &Person| {
        let told = anna.kith(&["consent", "list", "--json"]).ok();
        let told: serde_json::Value = serde_json::from_str(&told.stdout).unwrap();
        told["consents"].as_array().unwrap().clone()
    };
    let id = list(&anna)[0]["id"].as_str().unwrap().to_owned();
    anna.down();
    let reach = |e: &Event, online| match e {
        Event::Contact(c) => matches!(c.reach, Reach::Online { .. }) == online,
        _ => false,
    };
    ben.wait("that Anna is away", |e| reach(e, false));
    anna.up();
    ben.wait("that Anna is back", |e| reach(e, true));
    assert_eq!(list(&anna).len(), 1);

    let ask_for = |ben: &mut Person, app: &str, level| {
        let request = ShareRequest::JoinApplication {
            who: "Anna".into(),
            application: app.into(),
            level,
            show: ShareShow::Picture(scratch.path().join("picture.png")),
            case: ShareCase::default(),
        };
        share_once_reached(ben, &request)
    };
    // Without a screen nothing can be shown; but nobody is asked.
    let info = ask_for(&mut ben, "Editor", ShareLevel::View);
    let over = wait_for(&mut ben, "the end", SharePhase::Over);
    assert_eq!(over.session, info.session);
    assert_ne!(over.reason.as_deref(), Some("declined"));
    let used = |anna: &mut Person| {
        let all = audit(anna, Some(&info.session)).into_iter();
        let mut details = all.flat_map(|e| e.details);
        details.any(|(name, value)| name == "consent" && value == id)
    };
    assert!(used(&mut anna));

    // Another application, or more of this one, is asked.
    for (app, level) in [("bank", ShareLevel::View), ("editor", ShareLevel::Control)] {
        let info = ask_for(&mut ben, app, level);
        let asked = wait_for(&mut anna, "the question", SharePhase::Asked);
        assert_eq!(asked.session, info.session);
        anna.kith(&["deny", &info.session.to_string()]).ok();
        wait_for(&mut ben, "the answer", SharePhase::Over);
    }
    // Taken back, it counts no more.
    anna.kith(&["consent", "end", &id[..8]]).ok();
    assert!(list(&anna).is_empty());
    let info = ask_for(&mut ben, "editor", ShareLevel::View);
    let asked = wait_for(&mut anna, "the question", SharePhase::Asked);
    assert_eq!(asked.session, info.session);
}
