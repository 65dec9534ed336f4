//! A contact who was removed is a stranger, and isn't told: ID-2, MSG-3, ASK-3,
//! POL-7; spec 07, “Removed contacts”.
#![allow(clippy::unwrap_used, clippy::panic)] // a failed helper is a failed test

use kith_api::{
    Contact, ContactState, Event, Mine, Reach, Reply, Request, ShareLevel, SharePhase, ShareShow,
};
use kith_tests::shares::{invite, join, pair, share, wait_for};
use kith_tests::{Person, Scratch};

const WARD: &str = "Ward 3";

fn contact(person: &mut Person, who: &str) -> Contact {
    let who = who.to_owned();
    let Reply::Contact(contact) = person.ask(Request::Contact { who }) else {
        panic!("no contact")
    };
    contact
}

/// Anna removes Ben; he sees her go, and no more than that.
fn removes(anna: &mut Person, ben: &mut Person) {
    anna.kith(&["contacts", "Ben", "--remove"]).ok();
    ben.wait(
        "her going",
        |e| matches!(e, Event::Contact(c) if matches!(c.reach, Reach::Offline { .. })),
    );
    assert_eq!(contact(anna, "Ben").state, ContactState::Removed);
    assert_eq!(contact(ben, "Anna").state, ContactState::Contact);
}

/// All that was with them ends; a room that both are in goes on; and nothing that
/// their node says as a contact's is taken, after a restart neither.
#[test]
fn who_was_removed_is_a_stranger_and_is_not_told() {
    let folder = Scratch::new("removal");
    let (mut anna, mut ben) = pair(&folder);
    anna.opens(WARD, &["Ben"]);
    ben.joins(WARD);
    anna.kith(&["verify", "Ben", "--yes"]).ok();
    let consent = ["consent", "give", "Ben", "--app", "xterm"];
    anna.kith(&consent).ok();
    anna.kith(&["presence", "--tell-me", "Ben"]).ok();
    ben.send("Anna", "before");
    anna.wait_for_text("Ben", "before");
    let picture = folder.path().join("seen.png");
    share(&mut ben, join(ShareShow::Picture(picture)));
    wait_for(&mut anna, "a request", SharePhase::Asked);
    anna.kith(&["allow", "Ben", "--synthetic"]).ok();
    wait_for(&mut ben, "the share", SharePhase::Running);

    removes(&mut anna, &mut ben);
    let over = wait_for(&mut ben, "the end", SharePhase::Over);
    assert_eq!(over.reason.as_deref(), Some("stopped"));
    let told = anna.kith(&["consent", "list"]).ok().stdout;
    assert!(!told.contains("xterm"), "{told}");
    let told = anna.kith(&["contacts"]).ok().stdout;
    assert!(told.contains("you removed them"), "{told}");
    let before = [(Mine::No, "before".to_owned())];
    assert_eq!(anna.texts("Ben"), before);
    let told = anna.kith(&["send", "Ben", "after"]).code(8).stderr;
    assert!(told.contains("you removed them"), "{told}");

    for restarted in [false, true] {
        if restarted {
            anna.down();
            anna.up();
        }
        // What comes in the room of many shows that they are in touch again.
        let (late, open) = match restarted {
            false => ("late", "to the ward"),
            true => ("later", "to the ward once more"),
        };
        ben.send("Anna", late);
        ben.send(WARD, open);
        anna.wait_for_text(WARD, open);
        anna.send(WARD, "heard");
        ben.wait_for_text(WARD, "heard");
        assert_eq!(anna.texts("Ben"), before);
        // They aren't told, and can begin nothing.
        let sees = contact(&mut ben, "Anna");
        assert_eq!(sees.state, ContactState::Contact);
        assert!(matches!(sees.reach, Reach::Offline { .. }), "{sees:?}");
        assert!(
            ben.try_ask(Request::Share(invite(ShareLevel::View)))
                .is_err()
        );
        assert!(
            contact(&mut anna, "Ben")
                .devices
                .iter()
                .all(|d| d.state == "valid")
        );
    }
}

/// Both sides can begin anew, with the same room; what was said comes, unless it was
/// erased here.
#[test]
fn who_was_removed_can_be_met_again_from_both_sides() {
    let folder = Scratch::new("removal-again");
    let (mut anna, mut ben) = pair(&folder);
    ben.send("Anna", "first");
    anna.wait_for_text("Ben", "first");

    removes(&mut anna, &mut ben);
    ben.send("Anna", "meanwhile");
    // Whoever was removed, and doesn't know, invites.
    ben.meet(&mut anna);
    anna.wait_for_text("Ben", "meanwhile");
    assert_eq!(anna.all_texts("Ben"), ["first", "meanwhile"]);

    removes(&mut anna, &mut ben);
    // Whoever removed them does, having erased what was said here.
    anna.kith(&["contacts", "Ben", "--remove"]).ok();
    let told = anna.kith(&["history", "Ben"]).ok().stdout;
    assert!(!told.contains("meanwhile"), "{told}");
    let told = anna.kith(&["rooms"]).ok().stdout;
    assert!(!told.contains("Ben"), "{told}");
    anna.meet(&mut ben);
    ben.send("Anna", "anew");
    anna.wait_for_text("Ben", "anew");
    assert_eq!(anna.all_texts("Ben"), ["anew"]);
    anna.send("Ben", "welcome");
    ben.wait_for_text("Anna", "welcome");
    assert_eq!(
        ben.all_texts("Anna"),
        ["first", "meanwhile", "anew", "welcome"]
    );
}
