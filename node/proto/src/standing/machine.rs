//! When ways are tried, and what is news.

use core::time::Duration;

use super::{Bond, Facts, Feature, Link, State, Trial, features};
use crate::paths::Verdict;
use crate::time::Monotonic;

/// How long a contact counts as selected after somebody looked: ten minutes.
/// Trials cost both sides traffic, so nobody is tried whom nobody looks at.
pub const SELECTED: Duration = Duration::from_secs(600);

/// How long a trial holds (PORT-5): ten minutes, or until the network changes.
pub const HOLDS: Duration = Duration::from_secs(600);

/// The shortest time between two trials of one device: ten seconds. A network
/// that comes and goes, or a device that does, can't make us probe more often
/// (rule R4).
pub const AGAIN: Duration = Duration::from_secs(10);

/// The same where our person asks for a trial: two seconds. What was found a moment
/// ago is the answer then.
pub const ASKED: Duration = Duration::from_secs(2);

/// Which trial a result belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrialNumber(pub u64);

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Event {
    /// Somebody looks at the contact.
    Selected,
    /// Our person wants the ways tried now, whatever stands against sharing.
    Asked,
    /// A capability, policy, profile, presence or the environment changed.
    News,
    /// Our own addresses or networks changed, or the other device's; it began to talk
    /// on another connection and no longer answers where it did, or the best one ended:
    /// what was tried before says nothing now.
    NetworkChanged,
    /// All ways were tried.
    Tried(TrialNumber, Verdict),
    /// Time passes; see [`Standing::deadline`].
    Tick,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Try all ways to the device, and say [`Event::Tried`].
    Try(TrialNumber),
    /// The features differ from what they were; tell whoever looks.
    Changed,
}

/// What can be shared with one device, over time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    selected_until: Option<Monotonic>,
    trial: Tried,
    started: Option<Monotonic>,
    link: Option<Link>,
    /// Our person asked, and the trial hasn't begun.
    asked: bool,
    /// The newest trial that our person asked for.
    for_person: Option<TrialNumber>,
    /// The ways may be others than when the running trial began.
    overtaken: bool,
    next: u64,
    features: Vec<Feature>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Tried {
    #[default]
    Not,
    Running(TrialNumber),
    /// What was found, and until when it holds.
    Done(Verdict, Monotonic),
}

impl Standing {
    /// What can be shared with the device, as last judged.
    #[must_use]
    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    /// How far the trial is.
    #[must_use]
    pub const fn trial(&self) -> Trial {
        match self.trial {
            Tried::Not if self.asked => Trial::Running,
            Tried::Not => Trial::Untried,
            Tried::Running(_) => Trial::Running,
            Tried::Done(verdict, _) => Trial::Done(verdict),
        }
    }

    /// Whether our person asked for this trial.
    #[must_use]
    pub fn was_asked_for(&self, number: TrialNumber) -> bool {
        self.for_person == Some(number)
    }

    /// Whether somebody looks at the contact.
    #[must_use]
    pub fn selected(&self, now: Monotonic) -> bool {
        self.selected_until.is_some_and(|until| now < until)
    }

    /// When something happens by itself; say [`Event::Tick`] then.
    #[must_use]
    pub fn deadline(&self) -> Option<Monotonic> {
        let until = self.selected_until?;
        let trial = match self.trial {
            // Only a trial that had to wait comes by itself.
            Tried::Not => self.started.map(|at| at.after(self.pause())),
            Tried::Running(_) => None,
            Tried::Done(_, until) => Some(until),
        };
        Some(trial.map_or(until, |at| at.min(until)))
    }

    /// Takes what happened, with what is known now.
    pub fn handle(&mut self, event: Event, facts: &Facts<'_>, now: Monotonic) -> Vec<Effect> {
        match event {
            Event::Selected => self.selected_until = Some(now.after(SELECTED)),
            Event::Asked if self.may_be_asked(now) => {
                self.asked = true;
                self.trial = Tried::Not;
            }
            // Its result is heard all the same: who changes again and again would
            // otherwise never be found. Then it is tried anew.
            Event::NetworkChanged if matches!(self.trial, Tried::Running(_)) => {
                self.overtaken = true;
            }
            Event::NetworkChanged => self.trial = Tried::Not,
            Event::Tried(number, verdict) if self.trial == Tried::Running(number) => {
                let holds = match self.overtaken {
                    true => AGAIN,
                    false => HOLDS,
                };
                self.trial = Tried::Done(verdict, now.after(holds));
            }
            // Of a trial that doesn't count any more.
            Event::Tried(..) | Event::News | Event::Tick | Event::Asked => {}
        }
        if !self.selected(now) {
            self.selected_until = None;
        }
        let before = self.link.replace(facts.link);
        if let Tried::Done(verdict, until) = self.trial {
            // That no way leads to a device which is away is true until it is back.
            let contradicted = match facts.link {
                Link::Talking => before != Some(Link::Talking),
                _ => verdict.works(),
            };
            if contradicted || now >= until {
                self.trial = Tried::Not;
            }
        }
        self.asked &= facts.bond == Bond::Contacts;
        let mut effects = Vec::new();
        let mut judged = features(facts, self.trial());
        let rested = self.started.is_none_or(|at| now >= at.after(self.pause()));
        if rested && self.trial == Tried::Not {
            self.started = None;
        }
        if rested && self.is_due(&judged, now) {
            let number = TrialNumber(self.next);
            self.next += 1;
            self.started = Some(now);
            self.trial = Tried::Running(number);
            // Whatever happens from here on, the next one waits as any does.
            self.for_person = self.asked.then_some(number);
            (self.asked, self.overtaken) = (false, false);
            effects.push(Effect::Try(number));
            judged = features(facts, self.trial());
        }
        if judged != self.features {
            self.features = judged;
            effects.push(Effect::Changed);
        }
        effects
    }

    /// Our person is answered by what was found just now, or is being found.
    fn may_be_asked(&self, now: Monotonic) -> bool {
        match self.trial {
            Tried::Not => true,
            Tried::Running(_) => false,
            Tried::Done(..) => self.started.is_none_or(|at| now >= at.after(ASKED)),
        }
    }

    /// How long after the last trial began the next may.
    const fn pause(&self) -> Duration {
        match self.asked {
            true => ASKED,
            false => AGAIN,
        }
    }

    /// A trial is due where our person asked, or somebody looks and nothing but the
    /// path is in question.
    fn is_due(&self, judged: &[Feature], now: Monotonic) -> bool {
        let open = judged.iter().any(|f| matches!(f.state, State::Checking(_)));
        self.trial == Tried::Not && (self.asked || open && self.selected(now))
    }
}
