//! What is asked of the person at the screen, and what an answer brings about.

use std::collections::BTreeMap;

use kith_codec::time::{Micros, Moment};
use kith_proto::hands::Hands;

use super::shares::Shares;
use super::{Warden, offers};
use crate::guard::{ControlGrant, ShareId, ViewerId};
use crate::warden::consent::{Escape, Question};
use crate::warden::engine::Engine;
use crate::warden::paint::Type;
use crate::warden::protocol::{Answer, Controllers, Ended, FromWarden, Offer, Purpose, Word};
use crate::warden::words::Words;
use crate::warden::x11::Pressing;

/// How long a yes stands for the node to act on: as long as it may take to
/// decide anew and to write that down on a slow machine.
const STANDS: Micros = Micros::from_millis(30_000);

/// The yeses to [`Purpose::Wish`] that nothing was given for yet.
#[derive(Debug, Default)]
pub(super) struct Presses(BTreeMap<(ShareId, ViewerId), (Offer, Moment)>);

impl Presses {
    fn keep(&mut self, share: ShareId, viewer: ViewerId, offer: Offer, now: Moment) {
        self.0.insert((share, viewer), (offer, now + STANDS));
    }

    /// The yes that stands for this viewer. It counts once.
    fn take(&mut self, share: ShareId, viewer: ViewerId, now: Moment) -> Option<Offer> {
        let (offer, until) = self.0.remove(&(share, viewer))?;
        (now < until).then_some(offer)
    }

    /// Those of a share, or of one viewer of it, stand no more.
    pub(super) fn forget(&mut self, share: ShareId, viewer: Option<ViewerId>) {
        self.0
            .retain(|(s, v), _| *s != share || viewer.is_some_and(|gone| gone != *v));
    }

    /// For whom one stands in a share.
    fn of(&self, share: ShareId) -> impl Iterator<Item = ViewerId> + '_ {
        let of = self.0.keys().filter(move |(s, _)| *s == share);
        of.map(|(_, viewer)| *viewer)
    }

    /// None stands any more.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

/// What is offered, as far as a person has said yes to it.
fn at_most(offer: Offer, pressed: &Offer) -> Offer {
    let shorter = [offer.lasts, pressed.lasts].into_iter().flatten().min();
    Offer {
        rights: offer.rights.intersection(pressed.rights),
        limits: offer.limits.meet(&pressed.limits),
        lasts: shorter,
    }
}

/// Whose hands there are on this screen, or were last at `last`.
pub(super) fn hands(controlled: bool, last: Option<Moment>, now: Moment) -> Hands {
    match (controlled, last) {
        (true, _) => Hands::Others,
        (false, Some(at)) => Hands::Gone(std::time::Duration::from_micros((now - at).0)),
        (false, None) => Hands::Own,
    }
}

impl Warden {
    /// Puts a question to the person at the screen, in its turn.
    pub(super) fn ask(&mut self, mut question: Question, now: Moment) {
        let words = self.screen.face.words;
        if let Purpose::Control(offer) | Purpose::Wish(offer) = &question.purpose {
            let Some((what, title)) = self.shares.described(question.share) else {
                self.tell_answer(&question, Answer::Impossible);
                return;
            };
            let mut lines = offers::describe(offer, what, title, words);
            lines.append(&mut question.lines);
            question.lines = lines;
        }
        let enrolled = !self.screen.devices.enrolled.is_empty();
        if enrolled && self.pressing(now) == Pressing::Never {
            // Enrolled devices of XTEST's don't press now.
            question.lines.push(words.not_enrolled.to_owned());
        }
        let fonts = self.type_.get_or_insert_with(Type::load).can_write();
        if !fonts || !self.consents.ask(question.clone()) {
            self.tell_answer(&question, Answer::Impossible);
        }
    }

    /// Gives control by the word that there is for it; without one, asks.
    pub(super) fn give(&mut self, question: Question, offer: Offer, word: Word, now: Moment) {
        let pressed = self.presses.take(question.share, question.viewer, now);
        let controlled = self.engine.controllers().next().is_some();
        let hands = hands(controlled, self.controlled_at, now);
        let purpose = match (pressed, word) {
            (Some(pressed), _) => Purpose::Control(at_most(offer, &pressed)),
            // What was said in advance, nobody's hands here can have said.
            (None, Word::Advance) if !hands.may_be_others() => Purpose::Control(offer),
            (None, _) => {
                let purpose = Purpose::Control(offer);
                let question = Question {
                    purpose,
                    ..question
                };
                return self.ask(question, now);
            }
        };
        let question = Question {
            purpose,
            ..question
        };
        self.answered(&question, Answer::Allowed, now);
    }

    pub(super) fn withdraw(&mut self, which: impl Fn(&Question) -> bool) {
        for question in self.consents.withdraw(&mut self.screen, which) {
            self.tell_answer(&question, Answer::Withdrawn);
        }
    }

    /// A person answered. Only here does a yes become a grant.
    pub(super) fn answered(&mut self, question: &Question, answer: Answer, now: Moment) {
        let (share, viewer) = (question.share, question.viewer);
        let words = self.screen.face.words;
        match answer {
            Answer::Pretended => self.shares.say(share, words.pretended, now),
            Answer::Closed => self.shares.say(share, words.closed, now),
            _ => {}
        }
        let answer = match (&question.purpose, answer) {
            (Purpose::Control(offer), Answer::Allowed) => {
                self.shares.agree(share, viewer, &question.beside);
                self.shares.name(share, viewer, &question.who.name);
                self.grant(share, viewer, offer.clone(), now)
            }
            (Purpose::Wish(offer), Answer::Allowed) => {
                self.shares.agree(share, viewer, &question.beside);
                self.shares.name(share, viewer, &question.who.name);
                self.presses.keep(share, viewer, offer.clone(), now);
                answer
            }
            (_, answer) => answer,
        };
        self.tell_answer(question, answer);
    }

    fn tell_answer(&mut self, question: &Question, answer: Answer) {
        self.link.tell(&FromWarden::Answer(question.ask, answer));
    }

    /// The one place where a [`ControlGrant`] is made. Called with a consent
    /// in hand.
    fn grant(&mut self, share: ShareId, viewer: ViewerId, offer: Offer, now: Moment) -> Answer {
        let Some((what, controllers)) = self.shares.control_of(share) else {
            return Answer::Impossible;
        };
        let what = what.clone();
        for other in self.controllers_of(share) {
            // Who wasn't named in any window that was pressed doesn't go on.
            let goes_on =
                controllers == Controllers::Many && self.shares.agreed(share, viewer, other);
            if other != viewer && !goes_on {
                self.end(share, other, Ended::HandedOver);
            }
        }
        let until = offer.lasts.map(|d| {
            let micros = u64::try_from(d.as_micros()).unwrap_or(u64::MAX);
            now + Micros(micros)
        });
        let limits = match self.shares.limits(share) {
            Some(barred) => offer.limits.meet(&barred),
            None => offer.limits,
        };
        let grant = ControlGrant::new(share, viewer, offer.rights, what, limits, until);
        self.engine.arm(&mut self.screen, grant, now);
        self.controlled_at = Some(now);
        self.frames.changed(now);
        self.link.tell(&FromWarden::Granted(share, viewer));
        Answer::Allowed
    }

    /// So many may control a share from now on.
    pub(super) fn set_controllers(&mut self, share: ShareId, controllers: Controllers) {
        self.shares.set_controllers(share, controllers);
        if controllers == Controllers::One {
            // The others had joined in what this one does.
            let stays = self.engine.longest(share);
            for viewer in self.controllers_of(share) {
                if Some(viewer) != stays {
                    self.end(share, viewer, Ended::Revoked);
                }
            }
        }
    }

    /// Whether enrolled devices of XTEST's press now: no program that a viewer
    /// may have left here does (GUARD-9).
    pub(super) fn pressing(&self, now: Moment) -> Pressing {
        let controlled = self.engine.controllers().next().is_some();
        let others = hands(controlled, self.controlled_at, now).may_be_others();
        match others || now < self.pressing_from {
            true => Pressing::Never,
            false => Pressing::Counts,
        }
    }

    /// Remembers that somebody has control now.
    pub(super) fn note_control(&mut self, now: Moment) {
        if self.engine.controllers().next().is_some() {
            self.controlled_at = Some(now);
        }
    }
}

/// What a question says beside what is asked, the moment it is shown: who
/// controls already, or will by a yes that stands, and what Esc does.
pub(super) fn as_it_stands(
    question: &mut Question,
    engine: &Engine,
    shares: &Shares,
    presses: &Presses,
    words: &Words,
) {
    let controls = engine.controllers().next().is_some();
    question.escape = match controls {
        true => Escape::Panics,
        false => Escape::Refuses,
    };
    let share = question.share;
    let (Purpose::Control(_) | Purpose::Wish(_), Some((_, controllers))) =
        (&question.purpose, shares.control_of(share))
    else {
        return;
    };
    let now = engine.controllers().filter(|(s, _)| *s == share);
    let mut others: Vec<ViewerId> = now.map(|(_, v)| v).chain(presses.of(share)).collect();
    others.sort_unstable();
    others.dedup();
    others.retain(|other| *other != question.viewer);
    let names = shares.names_of(share, &others, words);
    question
        .lines
        .splice(0..0, offers::others(&names, controllers, words));
    if controllers == Controllers::Many {
        question.beside = others;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use kith_proto::rights::{Right, Rights};

    use super::*;
    use crate::guard::{Allow, Limits};

    const SHARE: ShareId = ShareId(1);
    const BEN: ViewerId = ViewerId(2);

    fn at(ms: u64) -> Moment {
        Moment(1) + Micros::from_millis(ms)
    }

    fn offer(limits: Limits, lasts: Option<Duration>) -> Offer {
        Offer {
            rights: Rights::CONTROL,
            limits,
            lasts,
        }
    }

    /// ASK-2: a yes is for one viewer, once, and not for ever.
    #[test]
    fn a_yes_counts_once_and_for_a_while() {
        let plain = || offer(Limits::default(), None);
        let mut p = Presses::default();
        p.keep(SHARE, BEN, plain(), at(0));
        assert_eq!(p.take(SHARE, ViewerId(3), at(1)), None);
        assert_eq!(p.take(ShareId(2), BEN, at(1)), None);
        assert_eq!(p.take(SHARE, BEN, at(1)), Some(plain()));
        assert_eq!(p.take(SHARE, BEN, at(2)), None);
        p.keep(SHARE, BEN, plain(), at(0));
        assert_eq!(p.take(SHARE, BEN, at(0) + STANDS), None);
        for (gone, stands) in [(Some(ViewerId(3)), true), (Some(BEN), false), (None, false)] {
            p.keep(SHARE, BEN, plain(), at(0));
            p.forget(SHARE, gone);
            assert_eq!(p.take(SHARE, BEN, at(1)).is_some(), stands, "{gone:?}");
        }
    }

    /// ASK-2: nothing beyond what stood in the window.
    #[test]
    fn what_is_given_is_no_more_than_was_pressed() {
        let barred = Limits {
            right_click: Allow::Barred,
            ..Limits::default()
        };
        let pressed = Offer {
            rights: Rights::of(&[Right::Pointer]),
            ..offer(barred.clone(), Some(Duration::from_secs(60)))
        };
        let given = at_most(offer(Limits::default(), None), &pressed);
        assert_eq!(given.rights, Rights::of(&[Right::Pointer]));
        assert_eq!(given.limits.right_click, Allow::Barred);
        assert_eq!(given.lasts, Some(Duration::from_secs(60)));
        let given = at_most(
            offer(Limits::default(), Some(Duration::from_secs(5))),
            &pressed,
        );
        assert_eq!(given.lasts, Some(Duration::from_secs(5)));
    }
}
