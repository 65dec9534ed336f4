//! What a person's node says of itself when it is asked: what steps rest on.

use std::collections::BTreeSet;
use std::time::Instant;

use kith_api::id::{DeviceId, SessionId};
use kith_api::{
    AuditLine, AuditRequest, Code, EnvironmentInfo, ExplainedCase, FeatureState, Features,
    PolicyInfo, PolicyRequest, Question, Reply, Request, ShareInfo, ShareRequest,
};

use super::super::Fail;
use super::person::{DEADLINE, Person};
use super::scene::GLANCE;

/// More entries than a demonstration writes.
const ENTRIES: u32 = 200;

fn odd(what: &str) -> Fail {
    Fail::new(Code::Internal, format!("another answer than {what}"))
}

pub(super) fn policies(person: &mut Person) -> Result<Vec<PolicyInfo>, Fail> {
    match person.ask(Request::Policy(PolicyRequest::List))? {
        Reply::Policies(list) => Ok(list),
        _ => Err(odd("policies")),
    }
}

pub(super) fn environment(person: &mut Person) -> Result<EnvironmentInfo, Fail> {
    match person.ask(Request::Environment)? {
        Reply::Environment(info) => Ok(*info),
        _ => Err(odd("an environment")),
    }
}

pub(super) fn device(person: &mut Person) -> Result<DeviceId, Fail> {
    match person.ask(Request::Identity)? {
        Reply::Identity(me) => Ok(me.device),
        _ => Err(odd("an identity")),
    }
}

pub(super) fn shares(person: &mut Person) -> Result<Vec<ShareInfo>, Fail> {
    match person.ask(Request::Share(ShareRequest::List))? {
        Reply::Shares(list) => Ok(list),
        _ => Err(odd("shares")),
    }
}

/// What the audit log holds of one session, or of all; oldest first.
pub(super) fn audit(
    person: &mut Person,
    session: Option<&SessionId>,
) -> Result<Vec<AuditLine>, Fail> {
    let request = AuditRequest::Show {
        limit: ENTRIES,
        session: session.map(SessionId::to_string),
    };
    match person.ask(Request::Audit(request))? {
        Reply::Audit(page) => Ok(page.entries),
        _ => Err(odd("the audit log")),
    }
}

/// What a log line says under a name.
pub(super) fn detail<'a>(line: &'a AuditLine, name: &str) -> Option<&'a str> {
    let found = line.details.iter().find(|(n, _)| n == name);
    found.map(|(_, value)| value.as_str())
}

/// What can be shared with somebody, once `is_so`; as it is at the deadline
/// otherwise.
pub(super) fn features(
    person: &mut Person,
    who: &str,
    is_so: impl Fn(&Features) -> bool,
) -> Result<Features, Fail> {
    let until = Instant::now() + DEADLINE;
    loop {
        let Reply::Features(now) = person.ask(Request::Features { who: who.into() })? else {
            return Err(odd("features"));
        };
        if is_so(&now) || Instant::now() > until {
            return Ok(now);
        }
        std::thread::sleep(GLANCE);
    }
}

/// Kith's own way of sharing, in one direction.
pub(super) fn native<'a>(all: &'a Features, direction: &str) -> Option<&'a FeatureState> {
    let mut all = all.all.iter();
    all.find(|f| f.means == "native" && f.direction == direction)
}

/// What the policies come to for one question.
pub(super) fn explain(
    person: &mut Person,
    who: &str,
    question: Question,
) -> Result<ExplainedCase, Fail> {
    let who = who.into();
    let request = Request::Policy(PolicyRequest::Explain { who, question });
    match person.ask(request)? {
        Reply::Explained(mut all) if all.cases.len() == 1 => {
            all.cases.pop().ok_or_else(|| odd("one case"))
        }
        _ => Err(odd("one case")),
    }
}

/// The rights that a sharer's machine can give and a viewer's can use, by what
/// each says of itself.
pub(super) fn possible(sharer: &EnvironmentInfo, viewer: &EnvironmentInfo) -> BTreeSet<String> {
    let own = |of: &EnvironmentInfo| of.flags.iter().find(|f| f.means == "native").cloned();
    match (own(sharer), own(viewer)) {
        (Some(gives), Some(takes)) => {
            let takes: BTreeSet<String> = takes.join.into_iter().collect();
            let gives = gives.share.into_iter();
            gives.filter(|right| takes.contains(right)).collect()
        }
        _ => BTreeSet::new(),
    }
}
