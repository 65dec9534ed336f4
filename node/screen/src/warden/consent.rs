//! Asking the person at this screen (ASK-2). The window is the warden's own
//! because it must know which device clicked, and that nothing covered it.

mod draw;
mod prompt;
mod window;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use kith_codec::time::Moment;
use x11rb::protocol::Event;

use super::paint::Type;
use super::protocol::{Answer, AskId, Purpose, Who};
use super::x11::{Screen, ScreenError};
use crate::guard::{ShareId, ViewerId};
use window::Shown;

/// Most questions that wait behind the one that is shown. More is somebody
/// who wants yes by weariness.
const MAX_WAITING: usize = 8;

/// A question for the person at the screen.
#[derive(Clone, Debug)]
pub(super) struct Question {
    pub(super) ask: AskId,
    pub(super) share: ShareId,
    pub(super) viewer: ViewerId,
    pub(super) who: Who,
    pub(super) purpose: Purpose,
    /// What is granted and how long.
    pub(super) lines: Vec<String>,
    /// What Esc does beside refusing: set when it is shown.
    pub(super) escape: Escape,
    /// Who controls beside them after a yes: set, and said, when it is shown.
    pub(super) beside: Vec<ViewerId>,
}

/// What Esc does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escape {
    /// It refuses.
    Refuses,
    /// It is the panic key, too: somebody has control.
    Panics,
}

/// The question that is shown and those that wait.
#[derive(Debug, Default)]
pub(super) struct Consents {
    shown: Option<(Question, Shown)>,
    waiting: VecDeque<Question>,
    /// The person wants to answer what is shown.
    recalled: bool,
}

impl Consents {
    /// Takes a question in. `false`: there are too many already.
    pub(super) fn ask(&mut self, question: Question) -> bool {
        if self.waiting.len() >= MAX_WAITING {
            return false;
        }
        self.waiting.push_back(question);
        true
    }

    /// Whether a window is open.
    pub(super) const fn is_open(&self) -> bool {
        self.shown.is_some()
    }

    /// Takes back all questions that `which` says. Returns them.
    pub(super) fn withdraw(
        &mut self,
        screen: &mut Screen,
        which: impl Fn(&Question) -> bool,
    ) -> Vec<Question> {
        let mut gone = Vec::new();
        if self.shown.as_ref().is_some_and(|(q, _)| which(q))
            && let Some((q, window)) = self.shown.take()
        {
            window.close(screen);
            gone.push(q);
        }
        self.waiting.retain(|q| {
            let take = which(q);
            if take {
                gone.push(q.clone());
            }
            !take
        });
        gone
    }

    /// Shows the next question if none is shown, as it stands by then; whether it
    /// does.
    pub(super) fn show(
        &mut self,
        screen: &mut Screen,
        type_: &mut Type,
        as_it_stands: impl FnOnce(&mut Question),
        now: Moment,
    ) -> Result<bool, ScreenError> {
        if self.shown.is_some() {
            return Ok(false);
        }
        let Some(mut question) = self.waiting.pop_front() else {
            return Ok(false);
        };
        as_it_stands(&mut question);
        let window = Shown::open(screen, type_, &question, now)?;
        self.shown = Some((question, window));
        Ok(true)
    }

    /// The person wants to answer: what is shown gets the keyboard.
    pub(super) const fn recall(&mut self) {
        self.recalled = self.is_open();
    }

    /// Whether an event is Kith's shortcut, pressed by a person, while a
    /// question is there: it brings the keyboard to that (UI-1).
    pub(super) fn is_called(&mut self, screen: &Screen, event: &Event) -> bool {
        let shortcut = matches!(event, Event::XinputKeyPress(e)
            if e.event == screen.root && screen.devices.is_persons(e.sourceid));
        if shortcut {
            self.recall();
        }
        shortcut && self.is_open()
    }

    /// Looks at an event; the question and its answer if it was answered.
    pub(super) fn handle(
        &mut self,
        screen: &mut Screen,
        type_: &mut Type,
        event: &Event,
        now: Moment,
    ) -> Result<Option<(Question, Answer)>, ScreenError> {
        let Some((question, window)) = &mut self.shown else {
            return Ok(None);
        };
        let answer = window.handle(screen, type_, question, event, now)?;
        self.answered(screen, answer)
    }

    /// What is due by the clock; the question and its answer if its window is
    /// gone.
    pub(super) fn tick(
        &mut self,
        screen: &mut Screen,
        type_: &mut Type,
        now: Moment,
    ) -> Result<Option<(Question, Answer)>, ScreenError> {
        let recalled = std::mem::take(&mut self.recalled);
        let Some((question, window)) = &mut self.shown else {
            return Ok(None);
        };
        if recalled {
            window.recall(screen, now)?;
        }
        let answer = window.tick(screen, type_, question, now)?;
        self.answered(screen, answer)
    }

    /// When [`Consents::tick`] is due.
    pub(super) fn next_at(&self) -> Option<Moment> {
        self.shown.as_ref().map(|(_, w)| w.next_at())
    }

    fn answered(
        &mut self,
        screen: &mut Screen,
        answer: Option<Answer>,
    ) -> Result<Option<(Question, Answer)>, ScreenError> {
        let Some(answer) = answer else {
            return Ok(None);
        };
        Ok(self.shown.take().map(|(question, window)| {
            window.close(screen);
            (question, answer)
        }))
    }
}
