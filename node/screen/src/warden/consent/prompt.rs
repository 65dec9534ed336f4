//! The rules of a consent window, without the window: when a press counts and
//! what it means. Pure.

use kith_codec::time::{Micros, Moment};

use crate::warden::protocol::Answer;

/// How long a question must have been there, uncovered and untouched, before
/// an answer counts: as long as it takes to stop typing and to read the first
/// line (ASK-2).
pub(in super::super) const ARMING: Micros = Micros::from_millis(1_500);

/// What can be pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// Where the focus begins.
    Deny,
    View,
    Allow,
}

impl Choice {
    const fn answer(self) -> Answer {
        match self {
            Self::Deny => Answer::Denied,
            Self::View => Answer::OnlyView,
            Self::Allow => Answer::Allowed,
        }
    }
}

/// The buttons of a question, from the left.
pub(super) type Choices = &'static [Choice];
/// Whether something may be.
pub(super) const TWO: Choices = &[Choice::Deny, Choice::Allow];
/// Whether somebody who sees may control.
pub(super) const THREE: Choices = &[Choice::Deny, Choice::View, Choice::Allow];

/// Who made an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A device that a hand moves.
    Person,
    /// XTEST, or a device that nobody knows.
    Program,
}

/// Whether the window is wholly there to be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// Nothing lies above it, and it is as it was made.
    Wholly,
    /// Something does, or somebody has moved it, cut it or drawn in it.
    Covered,
}

/// An input, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Touch {
    /// A key that moves the focus on.
    Switch,
    /// And back.
    Back,
    /// A key that presses what has the focus.
    Confirm,
    /// Esc.
    Refuse,
    /// Any other key.
    Key,
    /// The main button pressed there; `None`: beside both.
    Press(Option<Choice>),
    /// The main button let go there.
    Release(Option<Choice>),
}

/// The state of a question.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prompt {
    pub(super) focus: Choice,
    pub(super) choices: Choices,
    pressed: Option<Choice>,
    armed_at: Moment,
}

impl Prompt {
    pub(super) fn new(choices: Choices, now: Moment) -> Self {
        Self {
            focus: Choice::Deny,
            choices,
            pressed: None,
            armed_at: now + ARMING,
        }
    }

    pub(super) const fn armed_at(&self) -> Moment {
        self.armed_at
    }

    pub(super) fn is_armed(&self, now: Moment) -> bool {
        self.armed_at <= now
    }

    /// It was covered, moved, or shown anew: the time starts again.
    pub(super) fn disturbed(&mut self, now: Moment) {
        self.pressed = None;
        self.armed_at = now + ARMING;
    }

    /// The keyboard came here, perhaps in the middle of a word that somebody was
    /// typing elsewhere: whatever it is at is chosen anew. Not while a button is
    /// held down: then a person's click has brought it.
    pub(super) fn keyboard_came(&mut self, now: Moment) {
        if self.pressed.is_none() {
            self.focus = Choice::Deny;
            self.disturbed(now);
        }
    }

    fn move_focus(&mut self, by: usize) {
        let at = self.choices.iter().position(|c| *c == self.focus);
        let mut round = self.choices.iter().cycle().skip(at.unwrap_or(0) + by);
        self.focus = round.next().copied().unwrap_or(Choice::Deny);
    }

    /// An input; `seen` is asked of the screen at this moment.
    pub(super) fn touch(
        &mut self,
        touch: Touch,
        source: Source,
        seen: Seen,
        now: Moment,
    ) -> Option<Answer> {
        if source == Source::Program {
            return None;
        }
        if seen == Seen::Covered {
            self.disturbed(now);
            return None;
        }
        // Esc refuses at any time: nobody is harmed by a no.
        if touch == Touch::Refuse {
            return Some(Answer::Denied);
        }
        if !self.is_armed(now) {
            // Somebody who is typing has not read it.
            if !matches!(touch, Touch::Release(_)) {
                self.disturbed(now);
            }
            return None;
        }
        // A key beside a button that is held down was meant for elsewhere.
        let key = !matches!(touch, Touch::Press(_) | Touch::Release(_));
        if key && self.pressed.is_some() {
            self.disturbed(now);
            return None;
        }
        match touch {
            Touch::Switch => {
                self.move_focus(1);
                None
            }
            Touch::Back => {
                self.move_focus(self.choices.len() - 1);
                None
            }
            Touch::Confirm => Some(self.focus.answer()),
            Touch::Press(at) => {
                self.pressed = at;
                None
            }
            Touch::Release(at) => {
                let pressed = self.pressed.take()?;
                (at == Some(pressed)).then(|| pressed.answer())
            }
            Touch::Key | Touch::Refuse => None,
        }
    }
}
