//! How much of something is asked for or shown.

use kith_api::{ApiError, ShareCase, ShareLevel, ShareWhat};
use kith_proto::audit::Extent;
use kith_proto::policy::application::{AppName, AppNames};
use kith_proto::policy::case::{Case, CaseText};
use kith_proto::rights::{Right, Rights, Scope};
use kith_proto::session::Side;

use super::super::error::bad;
use super::super::typed::no_application;
use super::ask::HANDS;
use super::{NOTHING, One};
use crate::share::Subject;

/// The lower of what is asked for and what is said.
pub(in super::super) fn least(asked: ShareLevel, said: Option<ShareLevel>) -> ShareLevel {
    match said {
        Some(ShareLevel::View) => ShareLevel::View,
        Some(ShareLevel::Control) | None => asked,
    }
}

/// Up to what an extent goes.
pub(super) fn level_of(extent: &Extent) -> ShareLevel {
    match extent.control {
        Scope::Nothing => ShareLevel::View,
        _ => ShareLevel::Control,
    }
}

/// The application that somebody asks to see by its name.
pub(super) fn named(one: &One) -> Option<ShareWhat> {
    let asked = one.rings.as_ref().filter(|_| one.course.is_none())?;
    match (one.who.side, asked.extent.applications.as_slice()) {
        (Side::Sharer, [name]) => Some(ShareWhat::Application(name.as_str().to_owned())),
        _ => None,
    }
}

/// How much is seen and controlled of this; `None`: of another's server.
pub(super) fn extent_of(what: Option<&Subject>, level: ShareLevel) -> Result<Extent, ApiError> {
    let (view, names) = match what {
        None | Some(Subject::Synthetic { .. } | Subject::Desktop | Subject::Region(_)) => {
            (Scope::Desktop, Vec::new())
        }
        // The program as the system names it: policies are asked about that,
        // and titles are nobody's business.
        Some(Subject::Windows(chosen)) if chosen.is_window() => {
            (Scope::Window, vec![chosen.program()])
        }
        Some(Subject::Windows(chosen)) => (Scope::Application, vec![chosen.program()]),
    };
    named_extent(view, names, level)
}

/// The same, of programs by their names.
pub(super) fn named_extent(
    view: Scope,
    names: Vec<&str>,
    level: ShareLevel,
) -> Result<Extent, ApiError> {
    let names = names
        .into_iter()
        .map(AppName::new)
        .collect::<Result<Vec<_>, _>>()
        .and_then(AppNames::new)
        .map_err(|_| no_application())?;
    let seen = Rights::of(&[Right::View]);
    let (control, rights) = match level {
        ShareLevel::View => (NOTHING, seen),
        ShareLevel::Control => (view, seen.union(HANDS)),
    };
    Ok(Extent {
        view,
        control,
        rights,
        applications: names,
    })
}

pub(super) fn case_of(case: &ShareCase) -> Result<Case, ApiError> {
    let text = |t: &Option<String>| {
        t.as_deref().map(CaseText::new).transpose().map_err(|_| {
            bad("purpose, reference and consent are one line of at most 200 characters")
        })
    };
    Ok(Case {
        purpose: text(&case.purpose)?,
        reference: text(&case.reference)?,
        patient_consent: text(&case.patient_consent)?,
    })
}
