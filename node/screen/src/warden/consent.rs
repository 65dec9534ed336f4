//! Asking the person at this screen (ASK-2). The window is the warden's own
//! because it must know which device clicked, and that nothing covered it.

mod prompt;
mod window;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use kith_codec::time::Moment;

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

    /// Shows the next question if none is shown.
    pub(super) fn show(
        &mut self,
        screen: &mut Screen,
        type_: &mut Type,
        escape: Escape,
        now: Moment,
    ) -> Result<(), ScreenError> {
        if self.shown.is_some() {
            return Ok(());
        }
        if let Some(mut question) = self.waiting.pop_front() {
            question.escape = escape;
            let window = Shown::open(screen, type_, &question, now)?;
            self.shown = Some((question, window));
        }
        Ok(())
    }

    /// Looks at an event; the question and its answer if it was answered.
    pub(super) fn handle(
        &mut self,
        screen: &mut Screen,
        type_: &mut Type,
        event: &x11rb::protocol::Event,
        now: Moment,
    ) -> Result<Option<(Question, Answer)>, ScreenError> {
        let Some((question, window)) = &mut self.shown else {
            return Ok(None);
        };
        let answer = window.handle(screen, type_, question, event, now)?;
        self.answered(screen, answer)
    }

    /// What is due by the clock.
    pub(super) fn tick(
        &mut self,
        screen: &mut Screen,
        type_: &mut Type,
        now: Moment,
    ) -> Result<(), ScreenError> {
        match &mut self.shown {
            Some((question, window)) => window.tick(screen, type_, question, now),
            None => Ok(()),
        }
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
