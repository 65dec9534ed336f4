//! Who controls a share: pure rules, without windows or network.
//!
//! One viewer at a time unless the sharer says otherwise; given by the sharer and
//! never taken. Whatever ends
//! a session, a path or control itself ends the holder's input first
//! (GUARD-5, GUARD-6); after a panic nothing is injected until the sharer
//! gives control anew.

use std::collections::BTreeMap;

use kith_codec::input::{Asking, Controller, Input, Refusal, Status};
use kith_proto::id::SessionId;
use kith_proto::rights::{Right, Rights};
use kith_screen::warden::protocol::Controllers;
use kith_view::local::MayAsk;

/// What to do with a viewer's input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Hand it to the injector, whose guard looks at where it goes.
    Inject,
    /// Drop it.
    Drop(Refusal),
    /// The viewer asks for control: tell the node.
    Asked,
    /// The viewer doesn't ask or control any more: tell the node.
    Returned,
    /// Nothing changes.
    Ignore,
}

#[derive(Clone, Copy, Debug)]
struct Seat {
    rights: Rights,
    asking: Asking,
}

/// The state of control of one share.
#[derive(Debug)]
pub(super) struct Control {
    seats: BTreeMap<SessionId, Seat>,
    at_once: Controllers,
    /// Whoever has controlled for the longest comes first.
    controllers: Vec<SessionId>,
    /// The sharer's own hands are at work.
    paused: bool,
}

impl Default for Control {
    fn default() -> Self {
        Self {
            seats: BTreeMap::new(),
            at_once: Controllers::One,
            controllers: Vec::new(),
            paused: false,
        }
    }
}

impl Control {
    /// A viewer that may see; whether it may ask for control says `may_ask`.
    pub(super) fn admit(&mut self, session: SessionId, may_ask: MayAsk) {
        let asking = match may_ask {
            MayAsk::Yes => Asking::Open,
            MayAsk::No => Asking::Barred,
        };
        let rights = Rights::NONE;
        self.seats.insert(session, Seat { rights, asking });
    }

    /// Whether this viewer may ask is decided anew. What it asked for already stays.
    pub(super) fn let_ask(&mut self, session: SessionId, may_ask: MayAsk) {
        let Some(seat) = self.seats.get_mut(&session) else {
            return;
        };
        seat.asking = match (may_ask, seat.asking) {
            (MayAsk::No, Asking::Open | Asking::Declined) => Asking::Barred,
            (MayAsk::Yes, Asking::Barred) => Asking::Open,
            (_, asking) => asking,
        };
    }

    /// The viewer is gone. `true` if it controlled: let go what it holds.
    pub(super) fn remove(&mut self, session: SessionId) -> bool {
        self.seats.remove(&session);
        self.take_from(session)
    }

    /// The sharer lets this viewer control within `rights`; nobody else, unless
    /// several may. `false` if there is no such viewer or no right of control among them.
    pub(super) fn give(&mut self, session: SessionId, rights: Rights) -> bool {
        let rights = rights.intersection(Rights::CONTROL);
        let Some(seat) = self.seats.get_mut(&session).filter(|_| !rights.is_empty()) else {
            return false;
        };
        seat.rights = rights;
        seat.asking = Asking::Open;
        if !self.controls(session) {
            self.controllers.push(session);
        }
        for before in self.ended_by(session) {
            self.take_from(before);
        }
        true
    }

    /// Whose control ends when this viewer is given it.
    pub(super) fn ended_by(&self, session: SessionId) -> Vec<SessionId> {
        let others = self.controllers.iter().copied();
        match self.at_once {
            Controllers::One => others.filter(|s| *s != session).collect(),
            Controllers::Many => Vec::new(),
        }
    }

    /// How many may control at once.
    pub(super) const fn at_once(&self) -> Controllers {
        self.at_once
    }

    /// So many may control at once from now on. Whoever has controlled for the
    /// longest goes on, for the others joined in what that one does; says whose
    /// control is to end.
    pub(super) fn set_at_once(&mut self, at_once: Controllers) -> Vec<SessionId> {
        self.at_once = at_once;
        let longest = self.controllers.first();
        longest.map_or_else(Vec::new, |longest| self.ended_by(*longest))
    }

    /// The sharer declines what this viewer asked.
    pub(super) fn decline(&mut self, session: SessionId) {
        if let Some(seat) = self.seats.get_mut(&session)
            && seat.asking == Asking::Waiting
        {
            seat.asking = Asking::Declined;
        }
    }

    /// This viewer no longer controls. `true` if it did.
    pub(super) fn take_from(&mut self, session: SessionId) -> bool {
        if !self.controls(session) {
            return false;
        }
        self.controllers.retain(|s| *s != session);
        if let Some(seat) = self.seats.get_mut(&session) {
            seat.rights = Rights::NONE;
        }
        true
    }

    /// Who controls, the longest first.
    pub(super) fn controllers(&self) -> &[SessionId] {
        &self.controllers
    }

    /// Whether this viewer controls.
    pub(super) fn controls(&self, session: SessionId) -> bool {
        self.controllers.contains(&session)
    }

    pub(super) fn set_paused(&mut self, paused: bool) {
        self.paused = paused;
    }

    /// Judges one input of a viewer.
    pub(super) fn judge(&mut self, session: SessionId, input: &Input) -> Verdict {
        let controls = self.controls(session);
        let Some(seat) = self.seats.get_mut(&session) else {
            return Verdict::Drop(Refusal::NoControl);
        };
        let needed = match input {
            Input::Ask if controls => return Verdict::Ignore,
            Input::Ask => {
                return match seat.asking {
                    Asking::Open | Asking::Declined => {
                        seat.asking = Asking::Waiting;
                        Verdict::Asked
                    }
                    Asking::Barred | Asking::Waiting => Verdict::Ignore,
                };
            }
            Input::GiveBack if controls => return Verdict::Returned,
            Input::GiveBack => {
                if seat.asking != Asking::Waiting {
                    return Verdict::Ignore;
                }
                seat.asking = Asking::Open;
                return Verdict::Returned;
            }
            Input::Move(_) | Input::Button { .. } | Input::Wheel { .. } => Some(Right::Pointer),
            Input::Key(_) | Input::Text(_) => Some(Right::Keyboard),
            Input::ReleaseAll => None,
        };
        match needed {
            _ if !controls => Verdict::Drop(Refusal::NoControl),
            Some(right) if !seat.rights.contains(right) => Verdict::Drop(match right {
                Right::Keyboard => Refusal::Key,
                _ => Refusal::Button,
            }),
            // Letting go is always right.
            Some(_) if self.paused => Verdict::Drop(Refusal::Paused),
            _ => Verdict::Inject,
        }
    }

    /// What one viewer is told, of `watchers` in all.
    pub(super) fn status(&self, session: SessionId, watchers: usize) -> Status {
        Status {
            controller: match self.controllers.is_empty() {
                true => Controller::Nobody,
                false if self.controls(session) => Controller::You,
                false => Controller::Somebody,
            },
            asking: self
                .seats
                .get(&session)
                .map_or(Asking::Barred, |s| s.asking),
            paused: self.paused,
            watchers: u8::try_from(watchers).unwrap_or(u8::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kith_codec::input::{Key, Keysym, Motion, Place};

    const A: SessionId = SessionId::from_bytes([1; 16]);
    const B: SessionId = SessionId::from_bytes([2; 16]);

    fn key() -> Input {
        Input::Key(Key {
            keysym: Keysym::new(0x61).unwrap(),
            motion: Motion::Down,
            character: Some('a'),
        })
    }

    fn pointer() -> Input {
        Input::Move(Place { x: 1, y: 1 })
    }

    fn two() -> Control {
        let mut control = Control::default();
        control.admit(A, MayAsk::Yes);
        control.admit(B, MayAsk::No);
        control
    }

    #[test]
    fn nobody_controls_until_the_sharer_says_so() {
        let mut c = two();
        for input in [key(), pointer(), Input::ReleaseAll] {
            assert_eq!(c.judge(A, &input), Verdict::Drop(Refusal::NoControl));
        }
        assert_eq!(c.judge(A, &Input::Ask), Verdict::Asked);
        assert_eq!(c.judge(A, &Input::Ask), Verdict::Ignore, "once is enough");
        assert_eq!(c.judge(A, &key()), Verdict::Drop(Refusal::NoControl));
        assert_eq!(c.status(A, 2).asking, Asking::Waiting);
        assert!(c.give(A, Rights::ALL));
        assert_eq!(c.judge(A, &key()), Verdict::Inject);
        assert_eq!(c.status(A, 2).controller, Controller::You);
        assert_eq!(c.status(B, 2).controller, Controller::Somebody);
    }

    #[test]
    fn one_at_a_time_and_never_by_asking() {
        let mut c = two();
        assert!(c.give(A, Rights::ALL));
        assert!(c.give(B, Rights::ALL));
        assert_eq!(c.judge(A, &key()), Verdict::Drop(Refusal::NoControl));
        assert_eq!(c.judge(B, &key()), Verdict::Inject);
        assert_eq!(c.judge(A, &Input::Ask), Verdict::Asked);
        assert_eq!(c.judge(B, &key()), Verdict::Inject, "asking takes nothing");
    }

    #[test]
    fn several_where_the_sharer_says_so_and_then_the_longest() {
        let mut c = two();
        assert_eq!(c.set_at_once(Controllers::Many), []);
        assert!(c.give(B, Rights::ALL));
        assert!(c.give(A, Rights::ALL));
        // Given anew, B has controlled for the longest all the same.
        assert!(c.give(B, Rights::ALL));
        assert_eq!(c.controllers(), [B, A]);
        for session in [A, B] {
            assert_eq!(c.judge(session, &key()), Verdict::Inject);
            assert_eq!(c.status(session, 2).controller, Controller::You);
        }
        // What is taken from one stays with the other.
        assert!(c.take_from(B));
        assert_eq!(c.judge(B, &key()), Verdict::Drop(Refusal::NoControl));
        assert_eq!(c.status(B, 2).controller, Controller::Somebody);
        assert_eq!(c.judge(A, &key()), Verdict::Inject);
        assert!(c.give(B, Rights::ALL));
        assert_eq!(c.set_at_once(Controllers::One), [B]);
        assert!(c.take_from(B));
        assert_eq!(c.controllers(), [A]);
        assert!(c.give(B, Rights::ALL));
        assert_eq!(c.controllers(), [B], "one at a time again");
    }

    #[test]
    fn rights_are_kept_apart() {
        let mut c = two();
        assert!(c.give(A, Rights::of(&[Right::Pointer])));
        assert_eq!(c.judge(A, &pointer()), Verdict::Inject);
        assert_eq!(c.judge(A, &key()), Verdict::Drop(Refusal::Key));
        assert!(c.give(A, Rights::of(&[Right::Keyboard])));
        assert_eq!(c.judge(A, &pointer()), Verdict::Drop(Refusal::Button));
        assert!(!c.give(A, Rights::VIEW), "seeing is not control");
        assert!(!c.give(SessionId::from_bytes([9; 16]), Rights::ALL));
    }

    #[test]
    fn after_a_panic_only_a_new_grant_helps() {
        let mut c = two();
        c.give(A, Rights::ALL);
        assert!(c.take_from(A));
        assert!(!c.take_from(A));
        assert_eq!(c.judge(A, &key()), Verdict::Drop(Refusal::NoControl));
        c.give(A, Rights::ALL);
        assert_eq!(c.judge(A, &key()), Verdict::Inject);
        assert!(c.remove(A));
        assert_eq!(c.judge(A, &key()), Verdict::Drop(Refusal::NoControl));
        assert!(!c.remove(B));
    }

    #[test]
    fn the_barred_are_not_heard_and_the_declined_may_ask_again() {
        let mut c = two();
        assert_eq!(c.judge(B, &Input::Ask), Verdict::Ignore);
        c.judge(A, &Input::Ask);
        c.decline(A);
        assert_eq!(c.status(A, 1).asking, Asking::Declined);
        assert_eq!(c.judge(A, &Input::Ask), Verdict::Asked);
        assert_eq!(c.judge(A, &Input::GiveBack), Verdict::Returned);
        assert_eq!(c.status(A, 1).asking, Asking::Open);
    }

    #[test]
    fn whether_a_viewer_may_ask_can_change() {
        let mut c = two();
        c.let_ask(A, MayAsk::No);
        assert_eq!(c.judge(A, &Input::Ask), Verdict::Ignore);
        c.let_ask(A, MayAsk::Yes);
        assert_eq!(c.judge(A, &Input::Ask), Verdict::Asked);
        c.let_ask(A, MayAsk::No);
        assert_eq!(c.status(A, 1).asking, Asking::Waiting);
    }

    #[test]
    fn the_sharer_goes_first_and_letting_go_passes() {
        let mut c = two();
        c.give(A, Rights::ALL);
        c.set_paused(true);
        assert_eq!(c.judge(A, &key()), Verdict::Drop(Refusal::Paused));
        assert_eq!(c.judge(A, &Input::ReleaseAll), Verdict::Inject);
        c.set_paused(false);
        assert_eq!(c.judge(A, &key()), Verdict::Inject);
    }
}
