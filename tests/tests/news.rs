//! Somebody who is removed from the policy loses what runs, whichever side
//! hears of it first (POL-7). The administrator is nobody's contact here, so
//! that only the side that is given the file can have the news from outside.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "in a test a panic is a failed test, and figures are shown"
)]

use std::time::Instant;

use kith_api::{Event, Request, ShareCase, ShareLevel, SharePhase, ShareRequest, ShareShow};
use kith_tests::shares::wait_for;
use kith_tests::{Organisation, Person, Scratch, id, policy};

const ORG: &str = "Praxis West";

/// Ben sees something of Clara's; then one of the two learns that Ben is no
/// member any more.
fn hears_first(first: &str) {
    let folder = Scratch::new(&format!("news-{first}"));
    let mut admin = Person::new("Anna", folder.path());
    let mut ben = Person::new("Ben", folder.path());
    let mut clara = Person::new("Clara", folder.path());
    for person in [&mut admin, &mut ben, &mut clara] {
        person.up();
    }
    clara.meet(&mut ben);
    let org = Organisation::found(&admin, ORG, folder.path());
    for (name, who) in [("Ben", id(&mut ben)), ("Clara", id(&mut clara))] {
        let member = ["org", "member", "add", ORG, &who, "--name", name];
        admin.kith(&member).args(["--role", "organiser"]).ok();
    }
    let before = org.publish(&admin, "policy-0");
    admin.kith(&["org", "member", "remove", ORG, "Ben"]).ok();
    let after = org.publish(&admin, "policy-1");
    for person in [&ben, &clara] {
        person.kith(&["policy", "install", &before, "--join"]).ok();
    }

    let join = ShareRequest::Join {
        who: "Clara".into(),
        level: ShareLevel::View,
        show: ShareShow::Picture(folder.path().join("seen.png")),
        case: ShareCase::default(),
    };
    ben.ask(Request::Share(join));
    wait_for(&mut clara, "a request", SharePhase::Asked);
    clara.kith(&["allow", "Ben", "--synthetic"]).ok();
    wait_for(&mut ben, "the share", SharePhase::Running);
    wait_for(&mut clara, "the share", SharePhase::Running);

    let told = match first {
        "viewer" => &ben,
        _ => &clara,
    };
    let began = Instant::now();
    told.kith(&["policy", "install", &after]).ok();
    for person in [&mut clara, &mut ben] {
        let over = wait_for(person, "the end", SharePhase::Over);
        assert_eq!(over.reason.as_deref(), Some("policy-changed"));
        assert_eq!(over.ended_by.as_deref(), Some("policy"));
    }
    // Who is left out is told by which document, and not what is in it.
    if first == "sharer" {
        let said = |w: &kith_api::Sentence| {
            w.words.contains("number 1") && w.words.contains("been removed")
        };
        while !policy(&mut ben).warnings.iter().any(said) {
            ben.wait("which left him out", |e| matches!(e, Event::Policy(_)));
        }
        assert_eq!(policy(&mut ben).number, 0);
        // So is whoever wants to know what holds by the one that is here.
        let told = ben.kith(&["policy", "explain", "Clara"]).ok().stdout;
        assert!(
            told.contains("Careful: ") && told.contains("number 1"),
            "{told}"
        );
    }
    // A figure for people; nothing rests on it.
    println!(
        "{first} first: over on both sides after {:?}",
        began.elapsed()
    );
}

#[test]
fn the_sharer_hears_it_first() {
    hears_first("sharer");
}

#[test]
fn the_viewer_hears_it_first() {
    hears_first("viewer");
}
