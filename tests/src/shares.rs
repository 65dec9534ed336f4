//! Two people, and what tests of sharing ask and wait for.

use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use kith_api::id::SessionId;
use kith_api::{
    AuditLine, AuditRequest, Event, Reply, Request, ShareCase, ShareInfo, ShareLevel, SharePhase,
    ShareRequest, ShareShow, ShareWhat,
};

use crate::{PATIENCE, Person, Scratch};

/// Anna and Ben, both up, who have met.
#[must_use]
pub fn pair(folder: &Scratch) -> (Person, Person) {
    let mut anna = Person::new("Anna", folder.path());
    let mut ben = Person::new("Ben", folder.path());
    anna.up();
    ben.up();
    anna.meet(&mut ben);
    (anna, ben)
}

/// Asks somebody's node about sharing.
pub fn ask(person: &mut Person, request: ShareRequest) -> Reply {
    person.ask(Request::Share(request))
}

/// The same, where a session is the answer.
///
/// # Panics
/// On any other answer.
pub fn share(person: &mut Person, request: ShareRequest) -> ShareInfo {
    match ask(person, request) {
        Reply::Share(info) => info,
        other => panic!("{other:?}"),
    }
}

/// Asks for a session until the other can be reached: after a restart they
/// find each other again.
///
/// # Panics
/// When they don't, or on any other answer.
pub fn share_once_reached(person: &mut Person, request: &ShareRequest) -> ShareInfo {
    let until = Instant::now() + PATIENCE;
    loop {
        match person.try_ask(Request::Share(request.clone())) {
            Ok(Reply::Share(info)) => return info,
            Ok(other) => panic!("{other:?}"),
            Err(error) => assert!(Instant::now() < until, "{error}"),
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// Waits until a session of theirs is so far.
///
/// # Panics
/// When it doesn't come to that.
pub fn wait_for(person: &mut Person, what: &str, phase: SharePhase) -> ShareInfo {
    person.wait_for(what, |event| match event {
        Event::Share(info) if info.phase == phase => Some(info.clone()),
        _ => None,
    })
}

/// Their log is whole, and has so many end records, each signed by both.
///
/// # Panics
/// When it hasn't.
pub fn both_signed(person: &mut Person, times: u64) {
    let Reply::AuditSound(sound) = person.ask(Request::Audit(AuditRequest::Verify)) else {
        panic!("no verdict")
    };
    assert_eq!((sound.end_records, sound.signed_by_both), (times, times));
}

/// What their audit log says, of one session or of all, the oldest first.
///
/// # Panics
/// When their node gives no log.
pub fn audit(person: &mut Person, session: Option<&SessionId>) -> Vec<AuditLine> {
    let request = AuditRequest::Show {
        limit: 100,
        session: session.map(SessionId::to_string),
    };
    match person.ask(Request::Audit(request)) {
        Reply::Audit(page) => page.entries,
        other => panic!("{other:?}"),
    }
}

/// The kinds of the records in their audit log.
pub fn kinds(person: &mut Person) -> Vec<String> {
    let all = audit(person, None).into_iter();
    all.map(|line| line.kind).collect()
}

/// Anna offers Ben her toy desktop.
#[must_use]
pub fn invite(level: ShareLevel) -> ShareRequest {
    ShareRequest::Invite {
        who: "Ben".into(),
        what: ShareWhat::Synthetic,
        level,
        case: ShareCase::default(),
    }
}

/// Ben asks to see what Anna has.
#[must_use]
pub fn join(show: ShareShow) -> ShareRequest {
    ShareRequest::Join {
        who: "Anna".into(),
        level: ShareLevel::View,
        show,
        case: ShareCase::default(),
    }
}

/// Anna shows Ben her toy desktop; this is what his viewer gets, which listens in
/// this folder.
///
/// # Panics
/// When it doesn't come to that.
pub fn shown(anna: &mut Person, ben: &mut Person, folder: &Path) -> UnixStream {
    share_once_reached(anna, &invite(ShareLevel::View));
    wait_for(ben, "an invitation", SharePhase::Asked);
    allowed(ben, folder)
}

/// Ben says yes to what Anna shows; this is what his viewer gets, which listens in
/// this folder.
///
/// # Panics
/// When it doesn't come to that.
pub fn allowed(ben: &mut Person, folder: &Path) -> UnixStream {
    let socket = folder.join("viewer");
    let listener = UnixListener::bind(&socket).expect("a socket for the viewer");
    let allow = ShareRequest::Allow {
        which: "Anna".into(),
        what: None,
        show: ShareShow::Viewer(socket),
    };
    ask(ben, allow);
    listener.accept().expect("Ben's node comes").0
}
