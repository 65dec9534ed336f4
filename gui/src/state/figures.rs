//! How a share that I watch runs: asked for each second while somebody looks.

use kith_api::id::SessionId;
use kith_api::{ApiError, Reply, Request, ShareFigures, ShareRequest, ShareWindow};

use super::share::{is_over, runs};
use super::{Effect, Model, Tag, ask_aside};

/// The figures that are looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Figures {
    /// Of which share.
    pub(crate) session: SessionId,
    /// The newest, once they are here.
    pub(crate) now: Option<ShareFigures>,
    /// Pictures a second, lately.
    pub(crate) frames: Option<u64>,
    /// Bytes a second, lately.
    pub(crate) rate: Option<u64>,
    /// When they came.
    at_ms: u64,
}

impl Figures {
    fn take(&mut self, new: ShareFigures, now_ms: u64) {
        let span = now_ms.saturating_sub(self.at_ms).max(1);
        let a_second = |new: u64, old: u64| new.saturating_sub(old).saturating_mul(1000) / span;
        if let Some(old) = &self.now {
            self.frames = Some(a_second(new.updates, old.updates));
            self.rate = Some(a_second(new.bytes, old.bytes));
        }
        self.now = Some(new);
        self.at_ms = now_ms;
    }
}

fn look(session: SessionId) -> Effect {
    let which = session.to_string();
    ask_aside(
        Tag::Figures(session),
        Request::Share(ShareRequest::Figures { which }),
    )
}

/// What a person does.
#[derive(Debug, Clone)]
pub(crate) enum Message {
    /// Does something with the window in which I see it.
    Window(SessionId, ShareWindow),
    /// Shows how it runs, or no longer.
    Figures(SessionId),
    /// Asks for that once more.
    Measure(SessionId),
}

pub(super) fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    match message {
        Message::Window(session, order) => {
            let which = session.to_string();
            let request = ShareRequest::Window { which, order };
            vec![ask_aside(Tag::Done, Request::Share(request))]
        }
        Message::Figures(session) => toggle(model, session),
        Message::Measure(session) => again(model, session),
    }
}

/// Shows them, or no longer.
fn toggle(model: &mut Model, session: SessionId) -> Vec<Effect> {
    let home = &mut model.home;
    if home.figures.take_if(|f| f.session == session).is_some() {
        return Vec::new();
    }
    home.figures = Some(Figures {
        session,
        now: None,
        frames: None,
        rate: None,
        at_ms: 0,
    });
    vec![look(session)]
}

/// A second has gone: asks again, while somebody looks.
fn again(model: &mut Model, session: SessionId) -> Vec<Effect> {
    let home = &mut model.home;
    let live = |s: &kith_api::ShareInfo| s.session == session && runs(s) && !is_over(s);
    if !home.shares.current().any(live) {
        home.figures.take_if(|f| f.session == session);
    }
    match &home.figures {
        Some(f) if f.session == session => vec![look(session)],
        _ => Vec::new(),
    }
}

pub(super) fn on_answer(
    model: &mut Model,
    session: SessionId,
    result: Result<Reply, ApiError>,
) -> Vec<Effect> {
    let now_ms = model.now_ms;
    let shown = model.home.figures.as_mut();
    let Some(shown) = shown.filter(|f| f.session == session) else {
        return Vec::new();
    };
    match result {
        Ok(Reply::ShareFigures(new)) => {
            shown.take(new, now_ms);
            vec![Effect::Measure(session)]
        }
        Ok(_) => Vec::new(),
        Err(error) => {
            model.home.figures = None;
            model.fail(&error)
        }
    }
}
