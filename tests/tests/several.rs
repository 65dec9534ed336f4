//! Somebody has two devices: a request rings on both, one of them answers, and
//! the other stops ringing and says that it was answered there (ID-4, ASK-1).
#![allow(clippy::unwrap_used, clippy::panic)] // a failed helper is a failed test

use std::thread;
use std::time::{Duration, Instant};

use kith_api::id::SessionId;
use kith_api::{
    Event, Reply, Request, ShareCase, ShareInfo, ShareLevel, SharePhase, ShareRequest, ShareShow,
    ShareWhat,
};
use kith_tests::shares::{ask, audit, join, pair, share};
use kith_tests::{PATIENCE, Person, Scratch};

/// Anna at her first machine, at her second one, and Ben.
struct World {
    folder: Scratch,
    first: Person,
    second: Person,
    ben: Person,
}

impl World {
    fn new(name: &str) -> Self {
        let folder = Scratch::new(name);
        let (first, mut ben) = pair(&folder);
        let at = |name: &str| folder.path().join(name).display().to_string();
        let (file, words) = (at("backup"), at("words"));
        std::fs::write(&words, "four unusual words here\n").unwrap();
        let backup = ["backup", &file, "--passphrase-file", &words];
        first.kith(&backup).ok();
        let mut second = Person::restored("Anna", folder.path(), &file, &words);
        second.up();
        second.send("Ben", "from my second machine");
        ben.wait_for_text("Anna", "from my second machine");
        Self {
            folder,
            first,
            second,
            ben,
        }
    }

    /// Ben asks or invites until both of Anna's devices ring: one that has just
    /// come may not be there yet.
    fn ring(&mut self, request: &ShareRequest) -> SessionId {
        let until = Instant::now() + PATIENCE;
        loop {
            let id = share(&mut self.ben, request.clone()).session;
            let both = [&mut self.first, &mut self.second];
            if both.into_iter().all(|device| rings(device, &id)) {
                return id;
            }
            assert!(Instant::now() < until, "only one of two devices rings");
            let which = Some(id.to_string());
            ask(&mut self.ben, ShareRequest::Stop { which });
        }
    }

    fn join(&self) -> ShareRequest {
        join(ShareShow::Picture(self.folder.path().join("seen.png")))
    }
}

/// Whether a request comes there soon.
fn rings(device: &mut Person, id: &SessionId) -> bool {
    let until = Instant::now() + Duration::from_secs(10);
    while Instant::now() < until {
        if phase(device, id) == Some(SharePhase::Asked) {
            return true;
        }
        thread::sleep(Duration::from_millis(50));
    }
    false
}

fn phase(device: &mut Person, id: &SessionId) -> Option<SharePhase> {
    let Reply::Shares(all) = ask(device, ShareRequest::List) else {
        panic!("no list")
    };
    let one = all.into_iter().find(|share| share.session == *id);
    one.map(|share| share.phase)
}

/// Waits until this session is so far there.
fn until(device: &mut Person, id: &SessionId, phase: SharePhase) -> ShareInfo {
    device.wait_for(&format!("{phase:?}"), |event| match event {
        Event::Share(info) if info.session == *id && info.phase == phase => Some(info.clone()),
        _ => None,
    })
}

/// It rings no more there, nothing can be answered any more, and the log says
/// why.
fn is_quiet(device: &mut Person, id: &SessionId, reason: &str) {
    let over = until(device, id, SharePhase::Over);
    assert_eq!(over.reason.as_deref(), Some(reason), "{over:?}");
    if reason == "taken" {
        let words = over.words.unwrap();
        assert!(words.contains("answered on another device"), "{words}");
        assert_eq!(over.ended_by.as_deref(), Some("program"));
    }
    assert_eq!(phase(device, id), None);
    let late = device.kith(&["allow", &id.to_string(), "--synthetic"]);
    let late = late.code(4);
    assert!(late.stderr.contains("no such request"), "{}", late.stderr);
    let log = audit(device, Some(id));
    let last = log.last().unwrap();
    assert_eq!(last.kind, "refused", "{log:?}");
    assert!(!log.iter().any(|line| line.kind == "started"), "{log:?}");
}

fn stop(person: &mut Person, id: &SessionId) {
    let which = Some(id.to_string());
    ask(person, ShareRequest::Stop { which });
}

/// Ben asks to see what Anna has: she lets him in at one of her two machines.
#[test]
fn a_request_rings_on_both_devices_and_one_answers() {
    let mut world = World::new("several-ask");
    let request = world.join();
    let id = world.ring(&request);
    let allow = ["allow", "Ben", "--synthetic"];
    world.second.kith(&allow).ok();
    until(&mut world.ben, &id, SharePhase::Running);
    is_quiet(&mut world.first, &id, "taken");
    // What is answered at one machine is no business of the other one.
    assert_eq!(phase(&mut world.second, &id), Some(SharePhase::Running));
    stop(&mut world.ben, &id);
    until(&mut world.second, &id, SharePhase::Over);

    // Who says no says it for all of their machines.
    until(&mut world.ben, &id, SharePhase::Over);
    let id = world.ring(&request);
    world.first.kith(&["deny", "Ben"]).ok();
    let over = until(&mut world.ben, &id, SharePhase::Over);
    assert_eq!(over.reason.as_deref(), Some("declined"));
    is_quiet(&mut world.second, &id, "taken");

    // And what is taken back rings nowhere any more.
    let id = world.ring(&request);
    stop(&mut world.ben, &id);
    is_quiet(&mut world.first, &id, "cancelled");
    is_quiet(&mut world.second, &id, "cancelled");
}

/// Ben invites Anna, who takes it at her first machine; and one that dies while
/// it rings leaves the other ringing.
#[test]
fn an_invitation_is_taken_at_one_of_two_devices() {
    let mut world = World::new("several-invite");
    let invite = ShareRequest::Invite {
        who: "Anna".into(),
        what: ShareWhat::Synthetic,
        level: ShareLevel::View,
        case: ShareCase::default(),
    };
    let id = world.ring(&invite);
    let seen = world.folder.path().join("seen.png");
    let allow = |device: &mut Person, id: &SessionId| {
        let allow = ShareRequest::Allow {
            which: id.to_string(),
            what: None,
            show: ShareShow::Picture(seen.clone()),
        };
        device.ask(Request::Share(allow));
    };
    allow(&mut world.first, &id);
    until(&mut world.first, &id, SharePhase::Running);
    is_quiet(&mut world.second, &id, "taken");
    stop(&mut world.ben, &id);
    until(&mut world.first, &id, SharePhase::Over);

    let id = world.ring(&invite);
    world.second.kill();
    assert_eq!(phase(&mut world.first, &id), Some(SharePhase::Asked));
    allow(&mut world.first, &id);
    until(&mut world.ben, &id, SharePhase::Running);
}
