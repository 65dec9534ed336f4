//! A moderated room in two programs, by keyboard (POL-2, level C; UI-1): made, joined,
//! what its organiser allows asked for in it, and refused once it isn't allowed any
//! more, with the reason.

use kith_api::{
    Moderated, ModeratedLevel, ModeratedRequest, Reply, Request, Room, ShareInfo, ShareLevel,
    SharePhase, ShareRequest, ShareShow, Verification,
};
use kith_tests::{Desks, Person, Running, Scratch, built};

use crate::steps::{Album, share, until, wait};
use crate::{ANNA, BEN};

const ROOM: &str = "Ward 3";

fn ward(person: &mut Person) -> Option<Room> {
    match person.ask(Request::Rooms) {
        Reply::Rooms(all) => all.into_iter().find(|r| r.room.title == ROOM),
        other => panic!("{other:?}"),
    }
}

/// Chooses the room, wherever it stands in the list: whoever wrote last comes
/// before it. The keyboard is where one writes then.
fn choose(desks: &Desks) {
    desks.keys(&["Escape", "ctrl+k"]);
    desks.write(ROOM);
    desks.keys(&["alt+Down", "Escape", "Escape"]);
}

fn allowed(person: &mut Person) -> Option<Moderated> {
    let show = ModeratedRequest::Show { room: ROOM.into() };
    match person.try_ask(Request::Moderated(show)) {
        Ok(Reply::Moderated(said)) => Some(said),
        _ => None,
    }
}

fn asks(person: &mut Person) -> Option<ShareInfo> {
    share(person).filter(|s| s.phase == SharePhase::Asked)
}

#[test]
fn xvfb_a_moderated_room_at_two_desks() {
    let folder = Scratch::new("desks-rooms");
    let desks = Desks::new(2);
    let mut album = Album::new("moderated-room");
    let mut anna = Person::new("Anna", folder.path());
    let mut ben = Person::new("Ben", folder.path());
    for (desk, person) in [(ANNA, &mut anna), (BEN, &mut ben)] {
        person.sit_at(desks.screen(desk).name());
        person.up();
    }
    anna.meet(&mut ben);
    for (person, other) in [(&mut anna, "Ben"), (&mut ben, "Anna")] {
        let (who, outcome) = (other.into(), Verification::Verified);
        person.ask(Request::Verify { who, outcome });
    }
    let program = |desk, person: &Person| {
        let home = format!("HOME={}", folder.path().display());
        let (kith, profile) = (built("kith-gui"), person.profile().display().to_string());
        let words = [
            "env",
            &home,
            &kith,
            "--language",
            "en",
            "--profile",
            &profile,
        ];
        let running = Running::on(desks.screen(desk), &words);
        wait("the program", || {
            desks.screen(desk).in_front().as_deref() == Some("kith")
        });
        running
    };
    let _programs = [program(ANNA, &anna), program(BEN, &ben)];

    desks.attend(ANNA);
    until(
        "a room",
        || {
            desks.keys(&["Escape", "ctrl+shift+n"]);
            desks.settle(ANNA);
            desks.write(ROOM);
            // Ben, who is the only one; "Show and see", the third kind; the button.
            desks.keys(&["Tab", "Return", "Tab", "Tab", "Tab", "Return"]);
            album.take(&desks, "new-room");
            desks.keys(&["Tab", "Tab", "Return"]);
        },
        || ward(&mut anna).is_some(),
    );
    wait("the invitation", || ward(&mut ben).is_some());
    desks.attend(BEN);
    until(
        "that Ben is in it",
        || {
            // An invitation is the first; joining is the last thing there.
            desks.keys(&["Escape", "alt+Up", "alt+Up", "alt+Down", "alt+Up"]);
            album.take(&desks, "invited");
            desks.keys(&["shift+Tab", "Return"]);
        },
        || ward(&mut ben).is_some_and(|r| r.me == "member"),
    );
    wait("that Anna knows", || {
        ward(&mut anna).is_some_and(|r| r.members.len() == 2)
    });
    wait("what is allowed", || {
        allowed(&mut ben).is_some_and(|m| m.everybody == ModeratedLevel::View)
    });

    // Now another conversation is the newest, as it may be at any time.
    ben.send("Anna", "I am in");
    anna.wait_for_text("Ben", "I am in");

    // Beside the room: who is in it and what is allowed.
    desks.keys(&["ctrl+i"]);
    until(
        "a request in the room",
        || {
            // From where one writes: the button beside it, and the only other one.
            choose(&desks);
            desks.settle(BEN);
            desks.keys(&["Tab", "Tab", "Return"]);
            album.take(&desks, "chosen");
            desks.keys(&["ctrl+shift+s"]);
            album.take(&desks, "asks");
        },
        || asks(&mut anna).is_some(),
    );
    let asked = asks(&mut anna).and_then(|s| s.room);
    assert_eq!(asked.map(|r| r.title).as_deref(), Some(ROOM));
    desks.attend(ANNA);
    album.take(&desks, "asked");
    until(
        "the refusal",
        || {
            desks.keys(&["Escape", "ctrl+g"]);
            desks.settle(ANNA);
            desks.keys(&["Return"]);
        },
        || asks(&mut anna).is_none(),
    );
    wait("the same at Ben's", || asks(&mut ben).is_none());

    // The organiser allows nothing any more: the first choice in the panel.
    desks.keys(&["ctrl+i"]);
    until(
        "that nothing is allowed",
        || {
            choose(&desks);
            desks.settle(ANNA);
            desks.keys(&["Tab", "Tab", "Return"]);
            album.take(&desks, "moderates");
        },
        || allowed(&mut anna).is_some_and(|m| m.everybody == ModeratedLevel::Nothing),
    );
    wait("that Ben knows", || {
        allowed(&mut ben).is_some_and(|m| m.everybody == ModeratedLevel::Nothing)
    });
    desks.attend(BEN);
    desks.keys(&["ctrl+shift+s"]);
    album.take(&desks, "not-allowed");
    // What the program was told, and told its person.
    let join = ShareRequest::InRoom {
        room: ROOM.into(),
        request: Box::new(ShareRequest::Join {
            who: "Anna".into(),
            level: ShareLevel::View,
            show: ShareShow::Window,
            case: kith_api::ShareCase::default(),
        }),
    };
    let refused = ben.try_ask(Request::Share(join)).unwrap_err();
    assert!(refused.to_string().contains("doesn't allow"), "{refused}");
    assert!(asks(&mut anna).is_none() && asks(&mut ben).is_none());
}
