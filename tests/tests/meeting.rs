//! Comparing a spoken code, with a contact and with somebody nearby: ID-2,
//! ID-3.

#![allow(clippy::panic, clippy::unwrap_used)] // a failed helper is a failed test

use std::thread;

use kith_api::{
    ClientError, Code, CodeOutcome, ContactState, Event, MeetingInfo, MeetingRequest, MeetingState,
    Nearby, Reply, Request, Verification,
};
use kith_tests::shares::pair;
use kith_tests::{Person, Scratch, World};

fn meetings(person: &mut Person) -> Vec<MeetingInfo> {
    match person.ask(Request::Meeting(MeetingRequest::List)) {
        Reply::Meetings(all) => all,
        other => panic!("{other:?}"),
    }
}

/// Waits until the only comparison of this person is in a certain state.
fn wait_for(person: &mut Person, state: MeetingState) -> MeetingInfo {
    loop {
        let found = meetings(person).into_iter().find(|m| m.state == state);
        match found {
            Some(meeting) => return meeting,
            None => person.wait("a comparison", |e| matches!(e, Event::Meeting(_))),
        }
    }
}

fn begin(person: &mut Person, who: &str) -> Result<Reply, ClientError> {
    person.try_ask(Request::Meeting(MeetingRequest::Verify { who: who.into() }))
}

fn say(person: &mut Person, meeting: &MeetingInfo, outcome: CodeOutcome) {
    person.ask(Request::Meeting(MeetingRequest::Confirm {
        meeting: meeting.id.clone(),
        outcome,
    }));
}

fn verified(person: &mut Person, who: &str) -> Verification {
    match person.ask(Request::Contact { who: who.into() }) {
        Reply::Contact(c) => c.person.verified,
        other => panic!("{other:?}"),
    }
}

fn has_room(person: &mut Person, who: &str) -> bool {
    match person.ask(Request::Contact { who: who.into() }) {
        Reply::Contact(c) => c.room.is_some(),
        other => panic!("{other:?}"),
    }
}

/// When Anna is with Ben again after a wait, both talk.
fn wait_until_there(person: &mut Person, who: &str) {
    person.wait_for_way(who, |_| true);
}

#[test]
fn a_code_verifies_both_when_both_say_it_is_the_same() {
    let folder = Scratch::new("code");
    let (mut anna, mut ben) = pair(&folder);
    wait_until_there(&mut anna, "Ben");
    begin(&mut anna, "Ben").unwrap();
    let hers = wait_for(&mut anna, MeetingState::Compare);
    let his = wait_for(&mut ben, MeetingState::Compare);
    assert_eq!(hers.code, his.code);
    assert_eq!(hers.code.as_ref().unwrap().len(), 7);
    say(&mut anna, &hers, CodeOutcome::Same);
    assert_eq!(wait_for(&mut anna, MeetingState::Waiting).id, hers.id);
    assert_eq!(verified(&mut anna, "Ben"), Verification::Unverified);
    // Ben types what Anna reads aloud.
    say(
        &mut ben,
        &his,
        CodeOutcome::Typed(hers.code.clone().unwrap()),
    );
    wait_for(&mut ben, MeetingState::Done);
    wait_for(&mut anna, MeetingState::Done);
    assert_eq!(verified(&mut anna, "Ben"), Verification::Verified);
    assert_eq!(verified(&mut ben, "Anna"), Verification::Verified);
}

#[test]
fn other_digits_verify_nobody_and_attempts_are_few() {
    let folder = Scratch::new("other-code");
    let (mut anna, mut ben) = pair(&folder);
    wait_until_there(&mut anna, "Ben");
    for n in 0..3 {
        begin(&mut anna, "Ben").unwrap();
        let his = wait_for(&mut ben, MeetingState::Compare);
        let hers = wait_for(&mut anna, MeetingState::Compare);
        say(&mut anna, &hers, CodeOutcome::Same);
        match n {
            0 => say(&mut ben, &his, CodeOutcome::Different),
            _ => say(&mut ben, &his, CodeOutcome::Typed("not the digits".into())),
        }
        wait_for(&mut anna, MeetingState::Failed);
        assert_eq!(wait_for(&mut ben, MeetingState::Failed).code, his.code);
    }
    match begin(&mut anna, "Ben") {
        Err(ClientError::Refused(e)) => assert_eq!(e.code, Code::TooMuch, "{e}"),
        other => panic!("a fourth attempt: {other:?}"),
    }
    assert_eq!(verified(&mut anna, "Ben"), Verification::Unverified);
    assert_eq!(verified(&mut ben, "Anna"), Verification::Unverified);
    // Ben's failures are none of Cleo's, whoever of the two begins.
    let mut cleo = Person::new("Cleo", folder.path());
    cleo.up();
    anna.meet(&mut cleo);
    wait_until_there(&mut cleo, "Anna");
    begin(&mut cleo, "Anna").unwrap();
    let hers = wait_for(&mut cleo, MeetingState::Compare);
    say(&mut cleo, &hers, CodeOutcome::Different);
    wait_for(&mut cleo, MeetingState::Failed);
    // Until Anna's node has heard of it, it would go on with what Cleo began.
    while meetings(&mut anna)
        .iter()
        .any(|m| m.state != MeetingState::Failed)
    {
        anna.wait("the end", |e| matches!(e, Event::Meeting(_)));
    }
    wait_until_there(&mut anna, "Cleo");
    begin(&mut anna, "Cleo").unwrap();
    wait_for(&mut anna, MeetingState::Compare);
}

#[test]
fn a_code_needs_both_sides() {
    let folder = Scratch::new("alone-code");
    let (mut anna, mut ben) = pair(&folder);
    wait_until_there(&mut anna, "Ben");
    begin(&mut anna, "Ben").unwrap();
    wait_for(&mut anna, MeetingState::Compare);
    ben.down();
    wait_for(&mut anna, MeetingState::Failed);
    let refused = anna.kith(&["verify", "Ben", "--code"]).code(11);
    assert!(
        refused.stderr.contains("isn't connected"),
        "{}",
        refused.stderr
    );
}

/// As two people do it: both run the command, at the same time.
#[test]
fn the_command_verifies_both() {
    let folder = Scratch::new("code-command");
    let (mut anna, mut ben) = pair(&folder);
    wait_until_there(&mut anna, "Ben");
    wait_until_there(&mut ben, "Anna");
    let hers = anna.kith(&["verify", "Ben", "--code"]).stdin("yes\n");
    let his = ben.kith(&["verify", "Anna", "--code"]).stdin("yes\n");
    let hers = thread::spawn(move || hers.ok());
    let his = thread::spawn(move || his.ok());
    let (hers, his) = (hers.join().unwrap(), his.join().unwrap());
    assert!(hers.stdout.contains("Ben is verified"), "{}", hers.stdout);
    assert!(his.stdout.contains("Anna is verified"), "{}", his.stdout);
    assert_eq!(verified(&mut anna, "Ben"), Verification::Verified);
    assert_eq!(verified(&mut ben, "Anna"), Verification::Verified);
}

fn nearby(person: &mut Person, open_secs: Option<u32>) -> Nearby {
    let request = Request::Meeting(MeetingRequest::Nearby { open_secs });
    match person.ask(request) {
        Reply::Nearby(nearby) => nearby,
        other => panic!("{other:?}"),
    }
}

/// ID-2: on a LAN without Internet, two strangers see each other's names when
/// both want that, compare a code, and are contacts. Who doesn't want it isn't
/// seen and sees nobody.
#[test]
fn netns_strangers_nearby_meet_by_a_code() {
    let Some(mut world) = World::new(&[]) else {
        return;
    };
    world.add_switch("lan");
    for (name, address) in [("anna", "1"), ("ben", "2"), ("carl", "3")] {
        world.add(name);
        world.plug("lan", name, "eth0", &format!("10.78.0.{address}/24"));
    }
    let folder = Scratch::new("nearby");
    let mut anna = Person::inside(world.full("anna"), "Anna", folder.path());
    let mut ben = Person::inside(world.full("ben"), "Ben", folder.path());
    let mut carl = Person::inside(world.full("carl"), "Carl", folder.path());
    for person in [&mut anna, &mut ben, &mut carl] {
        person.up_with(&[]);
    }
    assert_eq!(nearby(&mut carl, None), Nearby::default());
    nearby(&mut ben, Some(600));
    nearby(&mut anna, Some(600));
    while nearby(&mut anna, None).people.is_empty() {
        anna.wait("somebody nearby", |e| matches!(e, Event::Nearby(_)));
    }
    let seen = nearby(&mut anna, None).people;
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert_eq!(seen[0].person.name, "Ben");
    assert_eq!(seen[0].person.verified, Verification::Unverified);

    let hers = anna.kith(&["meet", "Ben"]).stdin("yes\n");
    let his = ben.kith(&["meet"]).stdin("yes\n");
    let hers = thread::spawn(move || hers.ok());
    let his = thread::spawn(move || his.ok());
    let (hers, his) = (hers.join().unwrap(), his.join().unwrap());
    assert!(
        hers.stdout
            .contains("You and Ben are contacts, and verified")
    );
    assert!(
        his.stdout
            .contains("You and Anna are contacts, and verified")
    );
    for (person, other) in [(&mut anna, "Ben"), (&mut ben, "Anna")] {
        match person.ask(Request::Contact { who: other.into() }) {
            Reply::Contact(c) => {
                assert_eq!(c.state, ContactState::Contact);
                assert_eq!(c.person.verified, Verification::Verified);
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(nearby(person, None).people, []);
    }
    // Their room comes a moment later.
    while !has_room(&mut ben, "Anna") {
        ben.wait("their room", |e| matches!(e, Event::Contact(_)));
    }
    ben.send("Anna", "met at the coffee machine");
    anna.wait_for_text("Ben", "met at the coffee machine");
    assert_eq!(nearby(&mut carl, None), Nearby::default());
    assert_eq!(meetings(&mut carl), []);
}
