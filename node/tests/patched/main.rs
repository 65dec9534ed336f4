//! A person whose program was patched: it speaks the protocol over a real
//! swarm host, and never decides anything for itself. An honest node gives it
//! no more than it gives anybody (POL-5), in either role, and takes back what
//! was given as soon as its own policy says so (POL-7).
#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a panic is a failed test"
)]

mod driver;

use kith_api::{
    AuditRequest, Decision, Event, Reply, Request, ShareCase, ShareInfo, ShareLevel, SharePhase,
    ShareRequest, ShareShow,
};
use kith_proto::audit::{By, Position};
use kith_proto::id::RoomId;
use kith_proto::policy::rule::Direction;
use kith_proto::rights::Scope;
use kith_proto::session::{Message, PathNonce, Reason, Side};
use kith_tests::{Person, Scratch};

use driver::{Driver, MORE};

fn pair(folder: &Scratch) -> (Person, Person) {
    let mut anna = Person::new("Anna", folder.path());
    let mut mallory = Person::new("Mallory", folder.path());
    anna.up();
    mallory.up();
    anna.meet(&mut mallory);
    (anna, mallory)
}

fn shares(person: &mut Person) -> Vec<ShareInfo> {
    match person.ask(Request::Share(ShareRequest::List)) {
        Reply::Shares(all) => all,
        other => panic!("{other:?}"),
    }
}

fn audit(person: &mut Person) -> Vec<String> {
    let request = AuditRequest::Show {
        limit: 200,
        session: None,
    };
    let Reply::Audit(page) = person.ask(Request::Audit(request)) else {
        panic!("no audit")
    };
    page.entries.into_iter().map(|e| e.kind).collect()
}

/// Whatever can be said about a session, from a program that believes that it
/// was granted everything.
fn all_words(driver: &mut Driver, asked: &kith_proto::session::Terms) -> Vec<Message> {
    let id = asked.session;
    let nonce = PathNonce::from_bytes([9; 16]);
    vec![
        driver.accept(asked),
        Message::Nominate(id, nonce),
        Message::Echo(id, nonce),
        Message::Start(id),
        Message::More(id, driver::extent(MORE)),
        Message::Now(id, driver::extent(MORE), None),
        Message::Over {
            session: id,
            by: By::Sharer,
            reason: Reason::Stopped,
            log: Position::default(),
        },
    ]
}

#[test]
fn who_decides_for_nobody_gets_nothing_that_is_denied() {
    let folder = Scratch::new("patched-denied");
    let (mut anna, mut mallory) = pair(&folder);
    anna.kith(&["policy", "mine", "add", "--for", "person:Mallory"])
        .args(["--view", "nothing"])
        .ok();
    mallory.down();
    let mut driver = Driver::start(&mallory, &mut anna);
    for (side, direction) in [
        // Asks to see; invites Anna; says that Anna has asked; says that
        // Anna has invited.
        (Side::Viewer, Direction::Request),
        (Side::Sharer, Direction::Invite),
        (Side::Sharer, Direction::Request),
        (Side::Viewer, Direction::Invite),
    ] {
        let terms = driver.terms(side, direction, MORE);
        driver.begin(side, &terms);
        for word in all_words(&mut driver, &terms) {
            driver.say(&word);
        }
        // Words are taken in their order: once this is refused, all before it
        // were heard.
        let last = driver.terms(Side::Viewer, Direction::Request, MORE);
        driver.begin(Side::Viewer, &last);
        loop {
            match driver.heard() {
                Message::Leave(id, reason) if id == last.session => {
                    assert_eq!(reason, Reason::Denied);
                    break;
                }
                Message::Leave(id, reason) if id == terms.session => {
                    assert_eq!(reason, Reason::Denied);
                }
                other => panic!("{side:?}, {direction:?}: {other:?}"),
            }
        }
        assert_eq!(shares(&mut anna), Vec::new(), "{side:?}, {direction:?}");
    }
    assert!(driver.gets_no_picture());
    let log = audit(&mut anna);
    for kind in ["granted", "started", "escalated"] {
        assert!(!log.iter().any(|k| k == kind), "{kind}: {log:?}");
    }
    assert!(log.iter().any(|k| k == "refused"), "{log:?}");
}

/// Opens a room with the other one in it or not, as `who` sees it.
fn opens_room(who: &mut Person, title: &str, with: &[&str]) -> RoomId {
    who.kith(&[&["rooms", "new", title][..], with].concat())
        .ok();
    let Reply::Rooms(all) = who.ask(Request::Rooms) else {
        panic!("no rooms")
    };
    let found = all.iter().find(|r| r.room.title == title);
    found.unwrap().room.id
}

/// A room counts only where both belong to it by what the person asked knows:
/// not one that is unknown there, nor one to which only one of the two was let
/// in (spec 09, "Rooms"; POL-2, POL-5). Nobody is asked, and the reason is told.
#[test]
fn who_names_a_room_that_is_not_both_s_is_refused() {
    let folder = Scratch::new("patched-rooms");
    let (mut anna, mut mallory) = pair(&folder);
    let invited = |who: &mut Person, title: &str| {
        let is =
            |e: &Event| matches!(e, Event::Room(r) if r.me == "invited" && r.room.title == title);
        who.wait("the invitation", is);
    };
    let hers = opens_room(&mut anna, "Hers", &[]);
    let not_yet_hers = opens_room(&mut mallory, "Not yet hers", &["Anna"]);
    invited(&mut anna, "Not yet hers");
    let not_yet_his = opens_room(&mut anna, "Not yet his", &["Mallory"]);
    invited(&mut mallory, "Not yet his");
    let both = opens_room(&mut mallory, "Both", &["Anna"]);
    invited(&mut anna, "Both");
    anna.ask(Request::RoomDecide {
        room: "Both".into(),
        decision: Decision::Accept,
    });
    // Mallory knows, and Anna has heard from a room that both are in.
    mallory.send("Both", "here I am");
    anna.wait_for_text("Both", "here I am");
    mallory.down();

    let mut driver = Driver::start(&mallory, &mut anna);
    let unknown = RoomId::from_bytes([7; 32]);
    let ways = [
        (Side::Viewer, Direction::Request),
        (Side::Sharer, Direction::Invite),
    ];
    for (side, direction) in ways {
        for room in [unknown, hers, not_yet_hers, not_yet_his] {
            let mut terms = driver.terms(side, direction, Scope::Nothing);
            terms.room = Some(room);
            driver.begin(side, &terms);
            let told = driver.heard();
            let refused = Message::Leave(terms.session, Reason::NotInRoom);
            assert_eq!(told, refused, "{side:?}, {room}");
        }
        assert_eq!(shares(&mut anna), Vec::new(), "{side:?}");
        // One that is both's rings.
        let mut terms = driver.terms(side, direction, Scope::Nothing);
        terms.room = Some(both);
        driver.begin(side, &terms);
        assert_eq!(driver.heard(), Message::Rings(terms.session), "{side:?}");
        wait_for(&mut anna, "a request", SharePhase::Asked);
        anna.kith(&["deny", "Mallory"]).ok();
        assert_eq!(
            driver.heard(),
            Message::Leave(terms.session, Reason::Declined)
        );
    }
    assert!(driver.gets_no_picture());
    let log = audit(&mut anna);
    assert!(!log.iter().any(|k| k == "granted"), "{log:?}");
}

fn wait_for(person: &mut Person, what: &str, phase: SharePhase) {
    person.wait(
        what,
        |e| matches!(e, Event::Share(info) if info.phase == phase),
    );
}

/// As a viewer: sees what was granted, gets no control, and loses all when it
/// is removed from the policy, though its own program knows of none.
#[test]
fn a_viewer_that_knows_no_policy_loses_what_runs() {
    const ORG: &str = "Praxis";
    let folder = Scratch::new("patched-viewer");
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (mut anna, mut mallory) = pair(&folder);
    anna.kith(&["org", "new", ORG]).ok();
    for who in ["me", "Mallory"] {
        anna.kith(&["org", "member", "add", ORG, who, "--role", "organiser"])
            .ok();
    }
    anna.kith(&["org", "rule", "add", ORG, "--for", "person:Mallory"])
        .args(["--as", "viewer", "--control", "nothing"])
        .ok();
    let publish = |anna: &Person, name: &str| {
        let signed = at(&format!("{name}-signed"));
        anna.kith(&["org", "sign", ORG, "--yes", "--out", &signed])
            .ok();
        anna.kith(&["org", "publish", &signed, &at(name)]).ok();
    };
    publish(&anna, "policy-0");
    mallory.down();

    let mut driver = Driver::start(&mallory, &mut anna);
    driver.asks();
    wait_for(&mut anna, "a request", SharePhase::Asked);
    anna.kith(&["allow", "Mallory", "--synthetic"]).ok();
    driver.sees();
    wait_for(&mut anna, "the share", SharePhase::Running);
    // Its own person “agrees” to more, and its own policy has no say.
    driver.wants(MORE);
    assert_eq!(driver.refused(), Reason::Denied);

    anna.kith(&["org", "member", "remove", ORG, "Mallory"]).ok();
    publish(&anna, "policy-1");
    assert_eq!(driver.ended(), (By::Policy, Reason::PolicyChanged));
    driver.sees_nothing_more();
    // It never signs for the end: Anna's side is done with it all the same.
    wait_for(&mut anna, "the end", SharePhase::Over);
    assert!(audit(&mut anna).iter().any(|k| k == "ended"));
}

/// Where a trial picture is demanded, nobody is asked before that very device
/// has decoded one, whatever it says (PORT-5).
#[test]
fn who_decodes_no_trial_picture_rings_nobody() {
    let folder = Scratch::new("patched-trial");
    let (mut anna, mut mallory) = pair(&folder);
    anna.kith(&["policy", "mine", "demand", "trial"]).ok();
    mallory.down();
    let mut driver = Driver::without_viewer(&mallory, &mut anna);
    driver.asks();
    assert_eq!(driver.left(), Reason::NoTrial);
    assert_eq!(shares(&mut anna), Vec::new());
    let log = audit(&mut anna);
    assert!(log.iter().any(|k| k == "refused"), "{log:?}");
    assert!(!log.iter().any(|k| k == "granted"), "{log:?}");
    drop(driver);
    let mut driver = Driver::start(&mallory, &mut anna);
    driver.asks();
    wait_for(&mut anna, "a request", SharePhase::Asked);
}

/// As a sharer: what it shows ends on the honest viewer's side when the
/// viewer's own rules change, though the sharer goes on.
#[test]
fn a_sharer_that_knows_no_policy_is_not_looked_at_any_more() {
    let folder = Scratch::new("patched-sharer");
    let (mut anna, mut mallory) = pair(&folder);
    mallory.down();
    let mut driver = Driver::start(&mallory, &mut anna);
    driver.invites();
    wait_for(&mut anna, "an invitation", SharePhase::Asked);
    let allow = ShareRequest::Allow {
        which: "Mallory".into(),
        what: None,
        show: ShareShow::Picture(folder.path().join("seen.png")),
    };
    anna.ask(Request::Share(allow));
    driver.is_seen();
    wait_for(&mut anna, "the share", SharePhase::Running);
    anna.kith(&["policy", "mine", "add", "--for", "person:Mallory"])
        .args(["--as", "sharer", "--view", "nothing"])
        .ok();
    assert_eq!(driver.ended(), (By::Policy, Reason::PolicyChanged));
    wait_for(&mut anna, "the end", SharePhase::Over);
    // And isn't asked again.
    driver.invites();
    assert_eq!(driver.left(), Reason::Denied);
    let asked = Request::Share(ShareRequest::Join {
        who: "Mallory".into(),
        level: ShareLevel::View,
        show: ShareShow::Picture(folder.path().join("seen.png")),
        case: ShareCase::default(),
    });
    assert!(anna.try_ask(asked).is_err());
}
