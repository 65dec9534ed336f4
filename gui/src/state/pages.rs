//! Pages that are asked for when they are opened: the log, diagnosis.

use kith_api::{ApiError, AuditPage, AuditRequest, AuditSound, Finding, Reply, Request};

use super::home::Page;
use super::{Effect, Model, Tag, ask_aside, said};

/// How many entries of the log are shown.
const ENTRIES: u32 = 200;

/// Something that is asked for.
#[derive(Debug, Default)]
pub(crate) enum Asked<T> {
    /// Not here yet.
    #[default]
    Coming,
    /// Here.
    Here(T),
    /// Why not.
    Failed(String),
}

impl<T> Asked<T> {
    /// What is here.
    pub(crate) const fn here(&self) -> Option<&T> {
        match self {
            Self::Here(thing) => Some(thing),
            _ => None,
        }
    }

    pub(super) fn put(&mut self, result: Result<T, String>) {
        *self = match result {
            Ok(thing) => Self::Here(thing),
            Err(why) => Self::Failed(why),
        };
    }
}

/// What the pages show.
#[derive(Debug, Default)]
pub(crate) struct Pages {
    /// The newest part of the log.
    pub(crate) log: Asked<AuditPage>,
    /// Whether the log was found sound; `None`: not checked.
    pub(crate) sound: Option<Result<AuditSound, String>>,
    /// What works and what doesn't.
    pub(crate) findings: Asked<Vec<Finding>>,
}

/// A page is opened: what it shows is asked for anew; what is here stays until
/// the answer comes.
pub(super) fn open(model: &mut Model, page: Page) -> Vec<Effect> {
    let request = match page {
        Page::Rules => return super::rules::open(model),
        Page::Log => Request::Audit(AuditRequest::Show {
            limit: ENTRIES,
            session: None,
        }),
        Page::Diagnosis => Request::Doctor,
        Page::Settings => {
            let me = ask_aside(Tag::Me, Request::Identity);
            return vec![me, super::presence::open(), super::config::open()];
        }
        Page::Agreed => return super::agreed::open(),
        Page::Talk | Page::Shares => return Vec::new(),
    };
    vec![ask_aside(Tag::Page(page), request)]
}

/// The whole log as a file (XFER-1).
pub(super) fn export() -> Vec<Effect> {
    let request = Request::Audit(AuditRequest::Export { from: 0 });
    vec![ask_aside(Tag::Package, request)]
}

/// Checks the log.
pub(super) fn check() -> Vec<Effect> {
    vec![ask_aside(Tag::Sound, Request::Audit(AuditRequest::Verify))]
}

pub(super) fn on_answer(
    model: &mut Model,
    tag: &Tag,
    result: Result<Reply, ApiError>,
) -> Vec<Effect> {
    let pages = &mut model.home.pages;
    let result = result.map_err(|e| said(&e));
    match (tag, result) {
        (Tag::Page(_), Ok(Reply::Audit(log))) => pages.log.put(Ok(log)),
        (Tag::Page(_), Ok(Reply::Doctor(findings))) => pages.findings.put(Ok(findings)),
        (Tag::Page(Page::Log), Err(why)) => pages.log.put(Err(why)),
        (Tag::Page(Page::Diagnosis), Err(why)) => pages.findings.put(Err(why)),
        (Tag::Sound, Ok(Reply::AuditSound(sound))) => pages.sound = Some(Ok(sound)),
        (Tag::Sound, Err(why)) => pages.sound = Some(Err(why)),
        _ => {}
    }
    Vec::new()
}
