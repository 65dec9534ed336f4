//! Why there is no share, or no control: for faces, in plain words, with the
//! step of the decision where one denied (POL-4, UI-6).

use kith_api::{ApiError, Code};
use kith_proto::id::SessionId;
use kith_proto::session::{Desk as _, Reason, Terms};

use super::super::open::Open;

impl Open {
    /// A reason as faces know it; of a decision that was just made, with the
    /// step that denied (POL-4).
    pub(super) fn refusal(&self, what: Missed, reason: Reason) -> ApiError {
        let mut error = missed(what, reason);
        let by = self
            .sessions
            .noted
            .denied
            .filter(|_| reason == Reason::Denied);
        if let Some((stage, source)) = by {
            error.message += &format!(
                " (step “{}”, code {}: {})",
                stage.code(),
                source.code(),
                source.describe()
            );
        }
        error
    }

    /// Why these terms can't be now, by a decision of ours that nobody else hears of.
    pub(super) fn denied_now(
        &mut self,
        id: &SessionId,
        terms: &Terms,
        what: Missed,
    ) -> Option<ApiError> {
        let one = self.sessions.all.remove(id)?;
        let who = one.who;
        let decided = self.with_office(&who, Some(&one), |office, _| office.decide(&who, terms));
        self.sessions.all.insert(*id, one);
        decided.err().map(|reason| self.refusal(what, reason))
    }
}

/// What isn't to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missed {
    Share,
    Control,
}

/// A reason as faces know it.
pub(super) fn error(reason: Reason) -> ApiError {
    missed(Missed::Share, reason)
}

pub(super) fn missed(what: Missed, reason: Reason) -> ApiError {
    let what = match what {
        Missed::Share => "share",
        Missed::Control => "control",
    };
    let code = match reason {
        Reason::Denied | Reason::CaseMissing | Reason::Unwanted => Code::Denied,
        Reason::NoPath | Reason::NoTrial | Reason::PathLost | Reason::Timeout => Code::Unreachable,
        Reason::TooMany => Code::TooMuch,
        Reason::Storage => Code::Storage,
        _ => Code::Invalid,
    };
    let error = ApiError::new(code, format!("no {what}: {}", reason.words()));
    match reason {
        Reason::Denied => error.hint(
            "“kith policy explain NAME” says which rule; of a moderated room, “kith rooms moderate \
             ROOM” says what is allowed there",
        ),
        Reason::CaseMissing => error.hint(
            "“--purpose”, “--reference” and “--patient-consent” say it; “kith contacts NAME” says \
             which of them are demanded",
        ),
        Reason::NoPath => error.hint("“kith contacts” says who can be reached now"),
        _ => error,
    }
}
