//! A policy that came as a file and waits for signatures (POL-1): read, signed, and
//! put in force once enough have signed.

use kith_api::{ApiError, OrgDraft, OrgRequest, PolicyRequest, Reply, Request, Signable};

use super::carried::Carried;
use super::first::Wrong;
use super::{Effect, Tag, ask_aside, said};

/// What such a file says, and what it holds.
#[derive(Debug)]
pub(crate) struct Signing {
    /// What it changes, and who has signed it.
    pub(crate) draft: OrgDraft,
    content: Vec<u8>,
    /// Our person has signed it here.
    pub(crate) signed: bool,
}

/// What a person does with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Signs it.
    Sign,
    /// Puts it in force.
    Publish,
}

/// Asks whether a file is one.
pub(super) fn look(content: Vec<u8>) -> Vec<Effect> {
    let look = Request::Org(OrgRequest::Look { content });
    vec![ask_aside(Tag::Proposed, look)]
}

pub(super) fn update(carried: &mut Carried, step: Step) -> Vec<Effect> {
    let Some(signing) = carried.signing.as_ref().filter(|_| !carried.busy) else {
        return Vec::new();
    };
    let what = Signable::File(signing.content.clone());
    let recovery = None;
    let request = match step {
        Step::Sign => OrgRequest::Sign { what, recovery },
        Step::Publish => OrgRequest::Publish { what },
    };
    carried.busy = true;
    carried.wrong = None;
    vec![ask_aside(Tag::Signed(step), Request::Org(request))]
}

/// Whether the file is one to be signed; if not, what else it is.
pub(super) fn on_look(carried: &mut Carried, result: Result<Reply, ApiError>) -> Vec<Effect> {
    match result {
        Ok(Reply::OrgDraft(draft)) => {
            let signed = carried.signing.take().is_some();
            carried.busy = false;
            carried.signing = Some(Signing {
                draft: *draft,
                content: std::mem::take(&mut carried.content),
                signed,
            });
            Vec::new()
        }
        _ => {
            let content = carried.content.clone();
            let look = PolicyRequest::Look { content };
            vec![ask_aside(Tag::Policied, Request::Policy(look))]
        }
    }
}

/// What came of it: the file for whoever comes next, which is looked at as the one
/// before it was; or why nothing did.
pub(super) fn on_signed(
    carried: &mut Carried,
    step: Step,
    result: Result<Reply, ApiError>,
    published: String,
) -> Vec<Effect> {
    match (step, result) {
        (Step::Sign, Ok(Reply::Package(package))) => {
            carried.content.clone_from(&package.content);
            let mut effects = look(package.content.clone());
            effects.push(Effect::Put(package));
            effects
        }
        (Step::Publish, Ok(Reply::Package(package))) => {
            carried.busy = false;
            carried.signing = None;
            carried.said = Some(published);
            vec![Effect::Put(package)]
        }
        (_, result) => {
            carried.busy = false;
            carried.wrong = result.err().map(|e| Wrong::Said(said(&e)));
            Vec::new()
        }
    }
}
