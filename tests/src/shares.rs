//! Two people, and what tests of sharing ask and wait for.

use std::cell::RefCell;

use kith_api::{
    AuditRequest, Event, Reply, Request, ShareCase, ShareInfo, ShareLevel, SharePhase,
    ShareRequest, ShareShow, ShareWhat,
};

use crate::{Person, Scratch};

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

/// Waits until a session of theirs is so far.
///
/// # Panics
/// When it doesn't come to that.
pub fn wait_for(person: &mut Person, what: &str, phase: SharePhase) -> ShareInfo {
    let seen = RefCell::new(None);
    person.wait(what, |e| match e {
        Event::Share(info) if info.phase == phase => {
            *seen.borrow_mut() = Some(info.clone());
            true
        }
        _ => false,
    });
    seen.into_inner().expect("it was waited for")
}

/// The kinds of the records in their audit log, the oldest first.
///
/// # Panics
/// When their node gives no log.
pub fn audit(person: &mut Person) -> Vec<String> {
    let request = AuditRequest::Show {
        limit: 100,
        session: None,
    };
    let Reply::Audit(page) = person.ask(Request::Audit(request)) else {
        panic!("no audit")
    };
    page.entries.into_iter().map(|e| e.kind).collect()
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
