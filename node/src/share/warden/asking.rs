//! What the warden is asked to ask a person, and what becomes of the answers.

use kith_screen::guard;
use kith_screen::warden::protocol::{
    Answer, AskId, Offer as WardenOffer, Purpose, ToWarden, Who, fit_lines, frame,
};

use super::super::desk::WeakShares;
use super::super::event::ShareId;
use super::super::inject::{Offer, SeatNumber};
use super::{Outbox, Warden, WardenHands, number};

/// The share and the seat of questions that are about none.
const NO_SHARE: ShareId = ShareId(0);
const NO_SEAT: SeatNumber = SeatNumber(0);

/// What a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    /// Control that is given if a person says yes.
    Control,
    /// Control that a viewer wishes for.
    Wish,
    /// A command of this number.
    Command(u64),
}

/// A question to the warden that it hasn't answered.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) share: ShareId,
    pub(super) viewer: SeatNumber,
    pub(super) about: About,
    /// For a fresh warden, which always asks a person: it knows neither who
    /// controlled when it was said in advance nor that somebody has panicked
    /// since.
    pub(super) frame: Vec<u8>,
    /// It was put to one that died.
    pub(super) again: bool,
}

impl Asked {
    /// What its answer means.
    pub(super) fn answered(&self, desk: &WeakShares, answer: Answer) {
        match self.about {
            About::Command(command) => desk.command_answered(command, answer),
            About::Wish => desk.wish_answered(self.share, self.viewer, answer),
            About::Control if answer != Answer::Allowed => {
                if answer == Answer::OnlyView {
                    desk.wish_answered(self.share, self.viewer, answer);
                }
                desk.control_refused(self.share, self.viewer, answer);
            }
            About::Control => {}
        }
    }
}

fn offered(offer: &Offer) -> WardenOffer {
    WardenOffer {
        rights: offer.rights,
        limits: offer.limits.clone(),
        lasts: offer.lasts,
    }
}

impl Outbox {
    fn number_ask(&mut self) -> AskId {
        self.last_ask = self.last_ask.wrapping_add(1);
        AskId(self.last_ask)
    }

    /// Takes back what is asked about a command.
    fn withdraw_command(&mut self, command: u64) {
        let about = |asked: &Asked| asked.about == About::Command(command);
        let ask = self.asks.iter().find(|(_, a)| about(a));
        if let Some(ask) = ask.map(|(ask, _)| *ask) {
            self.asks.remove(&ask);
            self.say(&ToWarden::Withdraw(ask));
        }
    }
}

impl Warden {
    /// Asks about a command; `false` if it is ending.
    pub(in crate::share) fn ask_command(&self, command: u64, who: &Who, lines: &[String]) -> bool {
        let mut outbox = self.outbox();
        if outbox.closed {
            return false;
        }
        let ask = outbox.number_ask();
        let frame = frame(&ToWarden::Ask {
            ask,
            share: number(NO_SHARE),
            viewer: guard::ViewerId(NO_SEAT.0),
            who: who.fitted(),
            purpose: Purpose::Other,
            lines: fit_lines(lines),
        });
        outbox.urgent.push_back(frame.clone());
        let asked = Asked {
            share: NO_SHARE,
            viewer: NO_SEAT,
            about: About::Command(command),
            frame,
            again: false,
        };
        outbox.asks.insert(ask, asked);
        drop(outbox);
        self.news.notify_one();
        true
    }

    /// The person wants to answer what it asks.
    pub(in crate::share) fn recall(&self) {
        let mut outbox = self.outbox();
        if !outbox.closed && !outbox.asks.is_empty() {
            outbox.say(&ToWarden::Recall);
            drop(outbox);
            self.news.notify_one();
        }
    }

    /// It is no longer one.
    pub(in crate::share) fn withdraw_command(&self, command: u64) {
        self.outbox().withdraw_command(command);
        self.news.notify_one();
    }
}

impl WardenHands {
    /// Puts to the warden that this viewer is to control, or wishes to.
    pub(super) fn put(&self, viewer: SeatNumber, offer: &Offer, about: About) {
        let (share, viewer_id) = (number(self.share), guard::ViewerId(viewer.0));
        self.say(|outbox| {
            // Asked anew, perhaps for less: what was asked before is no more.
            outbox.withdraw(self.share, viewer);
            let ask = outbox.number_ask();
            // Others wrote what stands there.
            let (who, lines) = (offer.who.fitted(), fit_lines(&offer.lines));
            let by_person = |purpose| {
                frame(&ToWarden::Ask {
                    ask,
                    share,
                    viewer: viewer_id,
                    who: who.clone(),
                    purpose,
                    lines: lines.clone(),
                })
            };
            let (first, again) = match about {
                About::Wish => {
                    let wish = by_person(Purpose::Wish(offered(offer)));
                    (wish.clone(), wish)
                }
                About::Control | About::Command(_) => {
                    let give = ToWarden::Give {
                        ask,
                        share,
                        viewer: viewer_id,
                        who: who.clone(),
                        offer: offered(offer),
                        word: offer.word,
                        lines: lines.clone(),
                    };
                    (frame(&give), by_person(Purpose::Control(offered(offer))))
                }
            };
            outbox.urgent.push_back(first);
            let asked = Asked {
                share: self.share,
                viewer,
                about,
                frame: again,
                again: false,
            };
            outbox.asks.insert(ask, asked);
        });
    }

    /// What a viewer wishes for is no longer asked.
    pub(super) fn forget_wish(&self, viewer: SeatNumber) {
        self.say(|outbox| {
            let about =
                |a: &Asked| (a.share, a.viewer, a.about) == (self.share, viewer, About::Wish);
            if outbox.asks.values().any(about) {
                outbox.withdraw(self.share, viewer);
            }
        });
    }
}
