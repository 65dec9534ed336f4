//! Which session a person means, and what to type where several fit (ASK-1).

use kith_api::{ApiError, Code};
use kith_proto::audit::By;
use kith_proto::id::SessionId;
use kith_proto::names::escape_for_display;
use kith_proto::session::{Event, Phase, Reason, Session, Side, Terms};

use super::super::open::Open;
use super::{NOTHING, One};

/// Characters of an id that are shown, as `kith requests` does.
const SHORT: usize = 14;

/// What every session's id begins with.
const PREFIX: &str = "kiths1";

/// Whether our person must be asked something there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    Yes,
    Either,
}

impl Open {
    /// The session that is meant.
    pub(super) fn which(&self, which: &str, asked: Asked) -> Result<SessionId, ApiError> {
        let wanted = which.trim().to_lowercase();
        let person = self.find(&wanted).ok();
        let fits = |(id, one): &(&SessionId, &One)| {
            let text = id.to_string();
            let bare = text.strip_prefix(PREFIX).unwrap_or(&text);
            let by_id = !wanted.is_empty()
                && (text.starts_with(&wanted) || (wanted.len() >= 4 && bare.starts_with(&wanted)));
            let over = one.session.as_ref().and_then(Session::over).or(one.over);
            let open = over.is_none() && (asked == Asked::Either || one.rings.is_some());
            open && (by_id || person == Some(one.who.person))
        };
        let found: Vec<_> = self.sessions.all.iter().filter(fits).collect();
        match &*found {
            [(id, _)] => Ok(**id),
            [] => Err(ApiError::new(
                Code::NotFound,
                match asked {
                    Asked::Yes => "there is no such request",
                    Asked::Either => "there is no such share or request",
                },
            )
            .hint("“kith requests” lists them")),
            several => {
                let told: Vec<String> = several.iter().map(|(id, one)| told(id, one)).collect();
                Err(ApiError::new(
                    Code::Ambiguous,
                    format!(
                        "“{}” fits several: {}",
                        escape_for_display(which),
                        told.join("; ")
                    ),
                )
                .hint("type the id that is meant instead of the name; “kith requests” says more of each"))
            }
        }
    }

    /// Who asks again for the very same means the newest request: the one before
    /// ends, so that the other is asked once.
    pub(super) async fn take_back_the_same(&mut self, terms: &Terms) {
        let same = |one: &One| {
            let session = one.session.as_ref();
            let waits = session.is_some_and(|s| s.phase() == Phase::Waiting);
            let before = session.and_then(Session::terms);
            let mine = one.who.side == Side::Viewer && one.who.person == terms.sharer;
            let alike = |b: &Terms| {
                b.same_sight(terms)
                    && (b.technology, b.hosted, b.direction)
                        == (terms.technology, terms.hosted, terms.direction)
            };
            waits && mine && before.is_some_and(alike)
        };
        let all = self.sessions.all.iter().filter(|(_, one)| same(one));
        let before: Vec<SessionId> = all.map(|(id, _)| *id).collect();
        for id in before {
            let stop = Event::Stop(By::Viewer, Reason::AskedAgain);
            self.session_event(&id, stop).await;
        }
    }
}

/// One of several, by the letters that name it alone.
fn told(id: &SessionId, one: &One) -> String {
    let text = id.to_string();
    let short = text.get(..SHORT).unwrap_or(&text);
    let asked = one.rings.as_ref().unwrap_or(&one.last);
    let apps: Vec<String> = asked
        .extent
        .applications
        .as_slice()
        .iter()
        .map(|name| escape_for_display(name.as_str()))
        .collect();
    let what = match apps.is_empty() {
        true => asked.extent.view.name().to_owned(),
        false => apps.join(", "),
    };
    let level = match asked.extent.control == NOTHING {
        true => "to see",
        false => "to see and control",
    };
    format!("{short} ({level}: {what})")
}
