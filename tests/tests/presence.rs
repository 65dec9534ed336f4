//! Presence between real processes: who may see it, and being told when
//! somebody comes (DISC-4).
#![allow(clippy::unwrap_used, clippy::panic)] // a failed helper is a failed test

use std::thread;

use kith_api::{
    Audience, Decision, Event, Presence, PresenceInfo, PresenceRequest, Reach, Reply, Request,
};
use kith_tests::{Person, Scratch};

fn seen(person: &mut Person, who: &str) -> Option<Presence> {
    match person.ask(Request::Contact { who: who.into() }) {
        Reply::Contact(c) => match c.reach {
            Reach::Online { presence, .. } => Some(presence),
            Reach::Offline { .. } => None,
        },
        other => panic!("{other:?}"),
    }
}

fn wait_until_seen(person: &mut Person, who: &str, presence: Presence) {
    while seen(person, who) != Some(presence) {
        person.wait("a presence", |e| matches!(e, Event::Contact(_)));
    }
}

fn rules(person: &mut Person, about: PresenceRequest) -> PresenceInfo {
    match person.ask(Request::PresenceRules(about)) {
        Reply::Presence(info) => info,
        other => panic!("{other:?}"),
    }
}

#[test]
fn rules_say_who_sees_it() {
    let folder = Scratch::new("presence");
    let mut anna = Person::new("Anna", folder.path());
    let mut ben = Person::new("Ben", folder.path());
    let mut cleo = Person::new("Cleo", folder.path());
    anna.up();
    ben.up();
    cleo.up();
    anna.meet(&mut ben);
    anna.meet(&mut cleo);

    let said = anna.kith(&["presence", "away", "--hide-from", "Cleo"]).ok();
    assert!(said.stdout.contains("You are away"), "{}", said.stdout);
    assert!(said.stdout.contains("but not: Cleo"), "{}", said.stdout);
    wait_until_seen(&mut ben, "Anna", Presence::Away);
    wait_until_seen(&mut cleo, "Anna", Presence::Hidden);

    // The members of a room, as they are at any time.
    anna.ask(Request::RoomNew {
        title: "Ward 3".into(),
        members: vec!["Cleo".into()],
    });
    cleo.wait(
        "the invitation",
        |e| matches!(e, Event::Room(r) if r.me == "invited"),
    );
    cleo.ask(Request::RoomDecide {
        room: "Ward 3".into(),
        decision: Decision::Accept,
    });
    cleo.send("Ward 3", "here");
    anna.wait_for_text("Ward 3", "here");
    let only = Audience::Only(vec!["Ward 3".into()]);
    let info = rules(&mut anna, PresenceRequest::Audience(only.clone()));
    assert_eq!((info.audience, info.state), (only, Presence::Away));
    wait_until_seen(&mut cleo, "Anna", Presence::Away);
    wait_until_seen(&mut ben, "Anna", Presence::Hidden);

    // It holds over a restart, and for whoever comes after it.
    anna.down();
    anna.up();
    anna.kith(&["presence", "busy"]).ok();
    wait_until_seen(&mut cleo, "Anna", Presence::Busy);
    wait_until_seen(&mut ben, "Anna", Presence::Hidden);
    anna.kith(&["presence", "--visible", "contacts"]).ok();
    wait_until_seen(&mut ben, "Anna", Presence::Busy);
    anna.kith(&["presence", "--only", "Nobody Known"]).code(4);
}

#[test]
fn one_is_told_when_somebody_comes() {
    let folder = Scratch::new("tell-me");
    let mut anna = Person::new("Anna", folder.path());
    let mut ben = Person::new("Ben", folder.path());
    anna.up();
    ben.up();
    anna.meet(&mut ben);
    // Already there: told at once, and no longer waited for.
    wait_until_seen(&mut anna, "Ben", Presence::Available);
    let told = anna.kith(&["presence", "--tell-me", "Ben"]).ok();
    assert!(told.stdout.contains("Ben is there"), "{}", told.stdout);

    ben.down();
    while seen(&mut anna, "Ben").is_some() {
        anna.wait("an end", |e| matches!(e, Event::Contact(_)));
    }
    let who = || "Ben".to_owned();
    let info = rules(&mut anna, PresenceRequest::TellMe { who: who() });
    assert_eq!(info.tell_me.len(), 1);
    // The wish outlives the node.
    anna.kill();
    anna.up();
    let waits = anna.kith(&["presence", "--tell-me", "Ben"]);
    let waits = thread::spawn(move || waits.ok());
    ben.up();
    let told = waits.join().unwrap();
    assert!(told.stdout.contains("Ben is there"), "{}", told.stdout);
    anna.wait(
        "the news",
        |e| matches!(e, Event::Arrived(p) if p.name == "Ben"),
    );
    assert_eq!(rules(&mut anna, PresenceRequest::Show).tell_me, []);
}
