//! A trial picture that a policy demands (PORT-5), between real processes: it
//! goes over before anybody is asked and before a feature counts as ready, and
//! where it can't, that is said.
#![allow(clippy::unwrap_used, clippy::panic)] // a failed helper is a failed test

use std::thread;

use kith_api::{
    Event, FeatureState, Reply, Request, ShareCase, ShareLevel, SharePhase, ShareRequest,
    ShareShow, ShareWhat,
};
use kith_tests::shares::{ask, pair, wait_for};
use kith_tests::{Person, Scratch, Screen};

fn join(folder: &Scratch, who: &str) -> Request {
    Request::Share(ShareRequest::Join {
        who: who.into(),
        level: ShareLevel::View,
        show: ShareShow::Picture(folder.path().join("seen.png")),
        case: ShareCase::default(),
    })
}

fn invite(who: &str) -> Request {
    Request::Share(ShareRequest::Invite {
        who: who.into(),
        what: ShareWhat::Synthetic,
        level: ShareLevel::View,
        case: ShareCase::default(),
    })
}

/// Whoever demands it, and whoever begins: the picture comes first, then the
/// person is asked, and the share runs.
#[test]
fn a_demanded_picture_goes_over_before_anybody_is_asked() {
    let folder = Scratch::new("trial");
    let (mut anna, mut ben) = pair(&folder);
    ben.kith(&["policy", "mine", "demand", "trial"]).ok();
    // Anna asks to see; Ben's node tries her viewer out.
    anna.ask(join(&folder, "Ben"));
    wait_for(&mut ben, "a request", SharePhase::Asked);
    ben.kith(&["allow", "Anna", "--synthetic"]).ok();
    wait_for(&mut anna, "the share", SharePhase::Running);
    anna.kith(&["stop"]).ok();
    wait_for(&mut ben, "the end", SharePhase::Over);
    // Ben invites her; then she him, who demands it as a viewer.
    ben.ask(invite("Anna"));
    wait_for(&mut anna, "an invitation", SharePhase::Asked);
    anna.kith(&["allow", "Ben"])
        .args(["--picture", folder.path().join("two.png").to_str().unwrap()])
        .ok();
    wait_for(&mut ben, "the share", SharePhase::Running);
    ben.kith(&["stop"]).ok();
    wait_for(&mut anna, "the end", SharePhase::Over);
    anna.ask(invite("Ben"));
    wait_for(&mut ben, "an invitation", SharePhase::Asked);
}

/// What still waits for its picture is stopped with everything else, whoever asked
/// is told, and nobody is asked later (ASK-1).
#[test]
fn what_waits_for_its_picture_is_stopped_with_the_rest() {
    let folder = Scratch::new("trial-stop");
    let (mut anna, mut ben) = pair(&folder);
    ben.kith(&["policy", "mine", "demand", "trial"]).ok();
    anna.halt();
    let (share, stop) = (
        ben.kith(&["share", "Anna", "--synthetic"]),
        ben.kith(&["stop"]),
    );
    let told = thread::scope(|scope| {
        let share = scope.spawn(|| share.run());
        // What isn't begun yet can't be stopped.
        while !share.is_finished() {
            stop.ok();
        }
        share.join().unwrap()
    });
    assert!(told.stderr.contains("took it back"), "{told:?}");
    anna.go_on();
    ben.ask(invite("Anna"));
    let asked = wait_for(&mut anna, "the second invitation", SharePhase::Asked);
    let Reply::Shares(all) = ask(&mut anna, ShareRequest::List) else {
        panic!("no list")
    };
    let all: Vec<_> = all.iter().map(|s| s.session).collect();
    assert_eq!(all, [asked.session]);
}

fn native(all: &[FeatureState], direction: &str) -> FeatureState {
    let all = all.iter();
    let mut all = all.filter(|f| f.means == "native" && f.direction == direction);
    all.next().unwrap().clone()
}

/// A feature is ready only once the picture came through.
#[test]
fn a_feature_is_ready_once_the_picture_came_through() {
    let folder = Scratch::new("trial-feature");
    let screen = Screen::bare(320, 240);
    let mut anna = Person::new("Anna", folder.path());
    let mut ben = Person::new("Ben", folder.path());
    for person in [&mut anna, &mut ben] {
        person.sit_at(screen.name());
        person.up();
    }
    anna.meet(&mut ben);
    ben.kith(&["policy", "mine", "demand", "trial"]).ok();
    let ready = |f: &FeatureState| f.state == "enabled" && f.duties.iter().any(|d| d == "trial");
    for direction in ["i-share", "they-share"] {
        let Reply::Features(now) = ben.ask(Request::Features { who: "Anna".into() }) else {
            panic!("no features")
        };
        if !ready(&native(&now.all, direction)) {
            ben.wait(
                "the picture",
                |e| matches!(e, Event::Features(f) if ready(&native(&f.all, direction))),
            );
        }
    }
}
