//! Many sessions at once: of one sharer with several viewers, in both
//! directions, each with an end of its own (ASK-4).
#![allow(clippy::unwrap_used, clippy::panic)] // a failed helper is a failed test

use std::collections::BTreeMap;
use std::path::Path;

use kith_api::id::SessionId;
use kith_api::{
    Event, Reply, Request, ShareCase, ShareInfo, ShareLevel, SharePart, SharePhase, ShareRequest,
    ShareShow, ShareWhat,
};
use kith_tests::shares::{audit, share};
use kith_tests::{Person, Scratch};

fn invite(who: &str) -> ShareRequest {
    ShareRequest::Invite {
        who: who.into(),
        what: ShareWhat::Synthetic,
        level: ShareLevel::View,
        case: ShareCase::default(),
    }
}

/// Waits until this very session is so far.
fn until(person: &mut Person, id: &SessionId, phase: SharePhase) {
    person.wait(
        "a session",
        |e| matches!(e, Event::Share(s) if s.session == *id && s.phase == phase),
    );
}

/// `sharer` shows `viewer` their toy desktop; which session it is.
fn runs(sharer: &mut Person, viewer: &mut Person, names: [&str; 2], folder: &Path) -> SessionId {
    let [sharer_name, viewer_name] = names;
    let id = share(sharer, invite(viewer_name)).session;
    until(viewer, &id, SharePhase::Asked);
    let picture = folder.join(format!("{sharer_name}-{viewer_name}.png"));
    let allow = ShareRequest::Allow {
        which: id.to_string(),
        what: None,
        show: ShareShow::Picture(picture),
    };
    viewer.ask(Request::Share(allow));
    for person in [sharer, viewer] {
        until(person, &id, SharePhase::Running);
    }
    id
}

fn running(person: &mut Person) -> BTreeMap<SessionId, ShareInfo> {
    let Reply::Shares(all) = person.ask(Request::Share(ShareRequest::List)) else {
        panic!("no shares")
    };
    let all = all.into_iter().filter(|s| s.phase == SharePhase::Running);
    all.map(|s| (s.session, s)).collect()
}

/// Anna shows something to three people and sees what one of them shows; each
/// session ends by itself, and the others go on.
#[test]
fn many_sessions_run_at_once_and_each_ends_alone() {
    let folder = Scratch::new("many");
    let names = ["Anna", "Ben", "Clara", "Dora"];
    let [mut anna, mut ben, mut clara, mut dora] = names.map(|n| {
        let mut person = Person::new(n, folder.path());
        person.up();
        person
    });
    for other in [&mut ben, &mut clara, &mut dora] {
        anna.meet(other);
    }
    ben.meet(&mut clara);
    let at = folder.path();
    let to_ben = runs(&mut anna, &mut ben, ["Anna", "Ben"], at);
    let to_clara = runs(&mut anna, &mut clara, ["Anna", "Clara"], at);
    let to_dora = runs(&mut anna, &mut dora, ["Anna", "Dora"], at);
    let from_dora = runs(&mut dora, &mut anna, ["Dora", "Anna"], at);
    let beside = runs(&mut ben, &mut clara, ["Ben", "Clara"], at);

    let hers = running(&mut anna);
    let keys: Vec<SessionId> = hers.keys().copied().collect();
    let mut wanted = vec![to_ben, to_clara, to_dora, from_dora];
    wanted.sort();
    assert_eq!(keys, wanted);
    let seen = |s: &&ShareInfo| s.part == SharePart::Viewer;
    assert_eq!(hers.values().filter(seen).count(), 1);
    assert_eq!(running(&mut ben).len(), 2);
    assert_eq!(running(&mut clara).len(), 2);

    // One end, by a viewer; then one by the sharer.
    clara.kith(&["stop", &to_clara.to_string()]).ok();
    for person in [&mut anna, &mut clara] {
        until(person, &to_clara, SharePhase::Over);
    }
    anna.kith(&["stop", &to_dora.to_string()]).ok();
    for person in [&mut anna, &mut dora] {
        until(person, &to_dora, SharePhase::Over);
    }
    for (person, left) in [
        (&mut anna, vec![to_ben, from_dora]),
        (&mut ben, vec![to_ben, beside]),
        (&mut clara, vec![beside]),
        (&mut dora, vec![from_dora]),
    ] {
        let mut left = left;
        left.sort();
        let keys: Vec<SessionId> = running(person).into_keys().collect();
        assert_eq!(keys, left);
    }

    // All that are left of Anna's, at once; each has its own end in her log.
    anna.kith(&["stop"]).ok();
    until(&mut anna, &to_ben, SharePhase::Over);
    until(&mut ben, &to_ben, SharePhase::Over);
    until(&mut dora, &from_dora, SharePhase::Over);
    assert!(running(&mut anna).is_empty());
    assert_eq!(running(&mut ben).into_keys().collect::<Vec<_>>(), [beside]);
    for id in [to_ben, to_clara, to_dora, from_dora] {
        let log = audit(&mut anna, Some(&id));
        let ends = log.iter().filter(|l| l.kind == "ended").count();
        assert_eq!(ends, 1, "{log:?}");
    }
}
