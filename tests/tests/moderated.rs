//! Moderated rooms: whoever opened one says what may be shown there, and both
//! sides keep to it (POL-2, level C; POL-4, POL-7, SCEN-3).
#![allow(clippy::unwrap_used, clippy::panic)] // a failed helper is a failed test

use std::time::Instant;

use kith_api::{
    Decision, Event, Features, Moderated, ModeratedLevel, ModeratedRequest, Reply, Request,
    ShareLevel, SharePhase, ShareRequest, ShareShow,
};
use kith_tests::shares::{invite, join, pair, share_once_reached, wait_for};
use kith_tests::{PATIENCE, Person, Scratch, Screen};

const ROOM: &str = "Consult";

fn in_room(request: ShareRequest) -> ShareRequest {
    ShareRequest::InRoom {
        room: ROOM.into(),
        request: Box::new(request),
    }
}

fn said(person: &mut Person) -> Moderated {
    let show = ModeratedRequest::Show { room: ROOM.into() };
    match person.ask(Request::Moderated(show)) {
        Reply::Moderated(said) => said,
        other => panic!("{other:?}"),
    }
}

/// Waits until this person's node knows what was said with this number.
fn wait_for_number(person: &mut Person, number: u64) -> Moderated {
    let until = Instant::now() + PATIENCE;
    loop {
        let said = said(person);
        if said.number == Some(number) {
            return said;
        }
        assert!(Instant::now() < until, "{said:?}");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

/// Anna opens the room, in which seeing is allowed; Ben is in it.
fn met(folder: &Scratch) -> (Person, Person) {
    let (mut anna, mut ben) = pair(folder);
    enter(&mut anna, &mut ben);
    (anna, ben)
}

fn enter(anna: &mut Person, ben: &mut Person) {
    anna.kith(&["rooms", "new", ROOM, "Ben", "--moderated", "view"])
        .ok();
    ben.wait(
        "the invitation",
        |e| matches!(e, Event::Room(r) if r.me == "invited" && r.kind == "meeting"),
    );
    ben.ask(Request::RoomDecide {
        room: ROOM.into(),
        decision: Decision::Accept,
    });
    // Anna has heard that he is in.
    ben.send(ROOM, "here I am");
    anna.wait_for_text(ROOM, "here I am");
    let heard = wait_for_number(ben, 0);
    assert_eq!(
        (heard.organiser.name.as_str(), heard.everybody),
        ("Anna", ModeratedLevel::View)
    );
}

#[test]
fn what_the_organiser_allows_counts_in_the_room_and_nowhere_else() {
    let folder = Scratch::new("moderated");
    let (mut anna, mut ben) = met(&folder);
    let picture = folder.path().join("seen.png");
    let picture = picture.to_str().unwrap();

    // Control isn't allowed in the room, by Ben's own node; elsewhere Anna is
    // asked.
    let ask = ["join", "Anna", "--control", "--picture", picture];
    let told = ben.kith(&[&ask[..], &["--in", ROOM]].concat()).code(8);
    assert!(told.stderr.contains("doesn't allow"), "{}", told.stderr);
    assert!(
        told.stderr.contains("kith rooms moderate"),
        "{}",
        told.stderr
    );
    ben.kith(&ask).ok();
    let asked = wait_for(&mut anna, "a request", SharePhase::Asked);
    assert_eq!(asked.control, "desktop");
    assert_eq!(asked.room, None);
    anna.kith(&["deny", "Ben"]).ok();
    wait_for(&mut ben, "the answer", SharePhase::Over);

    // The derivation says the same, with the organiser's step, for that room
    // and not elsewhere; of a room that isn't both's it says so.
    let explain = [
        "policy",
        "explain",
        "Anna",
        "--as",
        "viewer",
        "--direction",
        "request",
    ];
    let there = ben
        .kith(&[&explain[..], &["--in", ROOM]].concat())
        .ok()
        .stdout;
    assert!(there.contains("In the room “Consult”"), "{there}");
    assert!(
        there.contains(
            "the organiser's setting for this meeting (level C) limits control to nothing"
        ),
        "{there}"
    );
    assert!(there.contains("control of nothing"), "{there}");
    let elsewhere = ben.kith(&explain).ok().stdout;
    assert!(!elsewhere.contains("level C"), "{elsewhere}");
    assert!(elsewhere.contains("control of the desktop"), "{elsewhere}");
    ben.kith(&["rooms", "new", "Alone"]).ok();
    let told = ben
        .kith(&[&explain[..], &["--in", "Alone"]].concat())
        .code(3);
    assert!(told.stderr.contains("both in that room"), "{}", told.stderr);

    // Seeing is allowed; it ends when the organiser takes it back.
    let view = join(ShareShow::Picture(picture.into()));
    share_once_reached(&mut ben, &in_room(view.clone()));
    // Who is asked is told in which room, by the name it has for them.
    let asked = wait_for(&mut anna, "a request", SharePhase::Asked);
    assert_eq!(asked.room.unwrap().title, ROOM);
    let listed = anna.kith(&["requests"]).ok().stdout;
    assert!(listed.contains("in the room “Consult”"), "{listed}");
    anna.kith(&["allow", "Ben", "--synthetic"]).ok();
    for person in [&mut anna, &mut ben] {
        wait_for(person, "the share", SharePhase::Running);
    }
    // Control isn't allowed there, and whoever asks for it is told so, and by what.
    let told = ben.kith(&["control", "Anna"]).code(8);
    for said in ["no control:", "organisation", "meeting (level C)"] {
        assert!(told.stderr.contains(said), "{}", told.stderr);
    }
    anna.kith(&["rooms", "moderate", ROOM, "nothing"]).ok();
    for person in [&mut anna, &mut ben] {
        let over = wait_for(person, "the end", SharePhase::Over);
        assert_eq!(over.reason.as_deref(), Some("policy-changed"));
    }

    // One person may have less than everybody.
    anna.kith(&["rooms", "moderate", ROOM, "control"]).ok();
    anna.kith(&["rooms", "moderate", ROOM, "nothing", "--for", "Ben"])
        .ok();
    let less = wait_for_number(&mut ben, 3);
    assert_eq!(less.everybody, ModeratedLevel::Control);
    let [(who, level)] = &less.people[..] else {
        panic!("{less:?}");
    };
    assert_eq!(
        (who.name.as_str(), *level),
        ("Ben", ModeratedLevel::Nothing)
    );
    let refused = ben.try_ask(Request::Share(in_room(view.clone())));
    assert!(refused.is_err(), "{refused:?}");
    anna.kith(&["rooms", "moderate", ROOM, "view", "--for", "Ben"])
        .ok();
    let heard = wait_for_number(&mut ben, 4);
    share_once_reached(&mut ben, &in_room(view));
    wait_for(&mut anna, "a request", SharePhase::Asked);

    // Only the organiser says so, and it outlives a restart.
    let told = ben.kith(&["rooms", "moderate", ROOM, "control"]).code(8);
    assert!(told.stderr.contains("Anna opened"), "{}", told.stderr);
    ben.down();
    ben.up();
    assert_eq!(said(&mut ben), heard);
    let shown = ben.kith(&["rooms", "moderate", ROOM]).ok().stdout;
    assert!(
        shown.contains("Ben may at most show and see, without control"),
        "{shown}"
    );
}

/// Whoever leaves the room, or is removed, loses what runs there.
#[test]
fn a_share_in_a_room_ends_with_being_in_it() {
    let folder = Scratch::new("moderated-out");
    let (mut anna, mut ben) = met(&folder);
    share_once_reached(&mut anna, &in_room(invite(ShareLevel::View)));
    wait_for(&mut ben, "an invitation", SharePhase::Asked);
    let picture = folder.path().join("seen.png");
    ben.kith(&["allow", "Anna", "--picture", picture.to_str().unwrap()])
        .ok();
    for person in [&mut anna, &mut ben] {
        wait_for(person, "the share", SharePhase::Running);
    }
    anna.kith(&["rooms", "remove", ROOM, "Ben"]).ok();
    for person in [&mut anna, &mut ben] {
        wait_for(person, "the end", SharePhase::Over);
    }
    // Anna's node lets nothing begin there with somebody who isn't in it.
    let refused = anna.try_ask(Request::Share(in_room(invite(ShareLevel::View))));
    let refused = format!("{refused:?}");
    assert!(refused.contains("both in that room"), "{refused}");
}

/// Whoever asks is told by their own node that a room isn't both's: one to which
/// the other is only invited, or they themselves are; and nobody is asked.
#[test]
fn nothing_begins_in_a_room_that_only_one_is_in() {
    let folder = Scratch::new("moderated-alone");
    let (mut anna, mut ben) = pair(&folder);
    anna.kith(&["rooms", "new", ROOM, "Ben"]).ok();
    ben.wait(
        "the invitation",
        |e| matches!(e, Event::Room(r) if r.me == "invited" && r.kind == "group"),
    );
    let picture = folder.path().join("seen.png");
    let join = ["--picture", picture.to_str().unwrap(), "--in", ROOM];
    let of_both = "the two of you aren’t both in that room";
    for (person, begins) in [
        (&anna, ["join", "Ben"]),
        (&ben, ["join", "Anna"]),
        (&anna, ["share", "Ben"]),
        (&ben, ["share", "Anna"]),
    ] {
        let words = match begins[0] {
            "join" => [&begins[..], &join].concat(),
            _ => [&begins[..], &["--synthetic", "--in", ROOM]].concat(),
        };
        let told = person.kith(&words).run();
        assert_ne!(told.code, Some(0), "{told:?}");
        assert!(told.stderr.contains(of_both), "{}", told.stderr);
    }
    for person in [&mut anna, &mut ben] {
        let Reply::Shares(all) = kith_tests::shares::ask(person, ShareRequest::List) else {
            panic!("no list")
        };
        assert_eq!(all, []);
    }
}

/// What is told of a contact while nobody asks for anything (CAP-2): on `way`,
/// the reasons against it, or the rooms that it is bound to.
fn told(f: &Features, way: &str) -> Result<Vec<String>, Vec<String>> {
    let found = f
        .all
        .iter()
        .find(|f| f.means == "native" && f.direction == way);
    let found = found.unwrap();
    match found.state.as_str() {
        "enabled" => Ok(found.only_in.iter().map(|r| r.title.clone()).collect()),
        _ => Err(found.reasons.iter().map(|r| r.code.clone()).collect()),
    }
}

fn wait_for_features(
    person: &mut Person,
    who: &str,
    what: &str,
    is_so: impl Fn(&Features) -> bool,
) {
    let Reply::Features(now) = person.ask(Request::Features { who: who.into() }) else {
        panic!("no features")
    };
    if !is_so(&now) {
        person.wait(what, |e| matches!(e, Event::Features(f) if is_so(f)));
    }
}

/// Where a moderated room is demanded, both are told in which sharing is
/// possible, or that it is in none, as that changes (POL-2, CAP-2).
#[test]
fn xvfb_what_is_bound_to_moderated_rooms_is_told_with_its_rooms() {
    let folder = Scratch::new("moderated-bound");
    let screen = Screen::bare(320, 240);
    let mut anna = Person::new("Anna", folder.path());
    let mut ben = Person::new("Ben", folder.path());
    for person in [&mut anna, &mut ben] {
        person.sit_at(screen.name());
        person.up();
    }
    anna.meet(&mut ben);
    anna.kith(&["policy", "mine", "demand", "moderated-room"])
        .ok();
    let outside = ["outside-meetings".to_owned()];
    let none = |f: &Features, way: &str| told(f, way).is_err_and(|why| why == outside);
    wait_for_features(&mut anna, "Ben", "that there is no room", |f| {
        none(f, "i-share")
    });
    wait_for_features(&mut ben, "Anna", "that there is no room", |f| {
        none(f, "they-share")
    });
    let shown = anna.kith(&["contacts", "Ben"]).ok().stdout;
    assert!(
        shown.contains("only in a moderated room") && shown.contains("(outside-meetings)"),
        "{shown}"
    );
    assert!(
        shown.contains("kith rooms new TITLE NAME --moderated"),
        "{shown}"
    );

    enter(&mut anna, &mut ben);
    let there = |f: &Features, way: &str| told(f, way).is_ok_and(|rooms| rooms == [ROOM]);
    wait_for_features(&mut anna, "Ben", "the room", |f| there(f, "i-share"));
    wait_for_features(&mut ben, "Anna", "the room", |f| there(f, "they-share"));
    let shown = anna.kith(&["contacts", "Ben"]).ok().stdout;
    assert!(
        shown.contains(&format!("only in the moderated room “{ROOM}”")),
        "{shown}"
    );
    // As told, so it is.
    let refused = anna.try_ask(Request::Share(invite(ShareLevel::View)));
    let refused = format!("{refused:?}");
    assert!(refused.contains("outside-meetings"), "{refused}");
    share_once_reached(&mut anna, &in_room(invite(ShareLevel::View)));
    wait_for(&mut ben, "an invitation", SharePhase::Asked);
    anna.kith(&["stop"]).ok();

    // Nothing is allowed there any more.
    anna.kith(&["rooms", "moderate", ROOM, "nothing"]).ok();
    let closed = ["outside-meetings".to_owned(), "meeting".to_owned()];
    let shut = |f: &Features, way: &str| told(f, way).is_err_and(|why| why == closed);
    wait_for_features(&mut anna, "Ben", "that it is shut", |f| shut(f, "i-share"));
    wait_for_features(&mut ben, "Anna", "that it is shut", |f| {
        shut(f, "they-share")
    });
}
