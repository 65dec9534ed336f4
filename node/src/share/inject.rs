//! Where input goes that a viewer may give.

use std::time::Duration;

use kith_codec::geometry::Rect;
use kith_codec::input::{Input, Refusal};
use kith_proto::rights::Rights;
use kith_screen::guard::{Area, Barred, Limits, Part, ViewerId};
use kith_screen::source::Placement;
use kith_screen::synthetic::{SyntheticGuard, SyntheticInput};
use kith_screen::warden::protocol::{Controllers, Who, Word};

/// Names a viewer to an injector; never the same for two in one share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SeatNumber(pub u32);

/// Whether control that was given counts at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// It does.
    Now,
    /// Somebody else confirms it first: the warden, or through it a person.
    Later,
}

/// What is given to a viewer who shall control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Rights of control.
    pub rights: Rights,
    /// What stays barred (GUARD-4).
    pub limits: Limits,
    /// For how long; `None`: until the share ends.
    pub lasts: Option<Duration>,
    /// Who it is, should a person at the screen have to be asked.
    pub who: Who,
    /// What a person is told beside that, most important first.
    pub lines: Vec<String>,
    /// Whose yes it is given by, where there is a screen.
    pub word: Word,
}

/// Whether a person at the screen is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It is; the answer comes.
    Asked,
    /// Nobody can be.
    Nobody,
}

impl Offer {
    /// These rights until the share ends, by a press at the screen (ASK-2).
    #[must_use]
    pub fn new(rights: Rights, who: Who) -> Self {
        Self {
            rights,
            limits: Limits::default(),
            lasts: None,
            who,
            lines: Vec::new(),
            word: Word::Press,
        }
    }

    /// The same by what the sharer said in advance (ASK-3).
    #[must_use]
    pub fn in_advance(rights: Rights, who: Who) -> Self {
        Self {
            word: Word::Advance,
            ..Self::new(rights, who)
        }
    }
}

/// Takes input for what is shared, and guards where it goes (GUARD-3). Never
/// waits: called with control's lock held, so that nothing is under way when
/// control has ended.
pub trait Injector: Send {
    /// Injects one input, or says why not. That it was handed over does not
    /// mean that it took effect: a guard in another process refuses later.
    ///
    /// # Errors
    /// Why it was dropped.
    fn deliver(&mut self, viewer: SeatNumber, input: &Input) -> Result<(), Refusal>;

    /// A viewer is to control.
    fn give(&mut self, viewer: SeatNumber, offer: &Offer) -> Given;

    /// A viewer wants control: a person at the screen is asked whether it may.
    /// What was asked about it before is withdrawn.
    fn wish(&mut self, viewer: SeatNumber, offer: &Offer) -> Put {
        let _ = (viewer, offer);
        Put::Nobody
    }

    /// It wants it no more.
    fn unwish(&mut self, viewer: SeatNumber) {
        let _ = viewer;
    }

    /// More is barred for a viewer who controls or is about to, from now on.
    fn limit(&mut self, viewer: SeatNumber, limits: &Limits) {
        let _ = (viewer, limits);
    }

    /// A viewer no longer controls: whatever it holds goes up, nothing more
    /// of it is injected.
    fn take(&mut self, viewer: SeatNumber);

    /// Lets go of every key and button that a viewer holds (GUARD-5).
    fn release(&mut self, viewer: SeatNumber);

    /// So many may control at once from now on.
    fn controllers(&mut self, at_once: Controllers) {
        let _ = at_once;
    }

    /// Where on the screen the picture lies from now on.
    fn placed(&mut self, at: Placement) {
        let _ = at;
    }

    /// The picture is of this part of the screen from now on: what lies in it takes
    /// input.
    fn shows(&mut self, part: &Part) {
        let _ = part;
    }

    /// Who watches now.
    fn watchers(&mut self, list: &[(SeatNumber, String)]) {
        let _ = list;
    }
}

/// For shares that nobody can control.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nothing;

impl Injector for Nothing {
    fn deliver(&mut self, _: SeatNumber, _: &Input) -> Result<(), Refusal> {
        Err(Refusal::NoControl)
    }

    fn give(&mut self, _: SeatNumber, _: &Offer) -> Given {
        Given::Later
    }

    fn take(&mut self, _: SeatNumber) {}

    fn release(&mut self, _: SeatNumber) {}
}

/// Input for the desktop made of numbers: the demo and tests. Judged by the same
/// guard as on a real screen.
#[derive(Debug)]
pub struct SyntheticInjector {
    guard: SyntheticGuard,
    /// Where input is barred, whoever gives control.
    barred: Vec<Rect>,
}

impl SyntheticInjector {
    /// Injects into this desktop, but not into the barred areas.
    #[must_use]
    pub fn new(input: SyntheticInput, barred: Vec<Rect>) -> Self {
        Self {
            guard: SyntheticGuard::new(input),
            barred,
        }
    }
}

impl Injector for SyntheticInjector {
    fn deliver(&mut self, viewer: SeatNumber, input: &Input) -> Result<(), Refusal> {
        let done = self.guard.input(ViewerId(viewer.0), input);
        done.map_err(|reason| reason.told())
    }

    fn give(&mut self, viewer: SeatNumber, offer: &Offer) -> Given {
        let mut limits = offer.limits.clone();
        limits.barred.extend(self.barred.iter().map(|r| Barred {
            window: None,
            area: Area::new(r.x.into(), r.y.into(), r.w.into(), r.h.into()),
        }));
        self.guard
            .give(ViewerId(viewer.0), offer.rights, limits, offer.lasts);
        Given::Now
    }

    fn limit(&mut self, viewer: SeatNumber, limits: &Limits) {
        self.guard.limit(ViewerId(viewer.0), limits.clone());
    }

    fn take(&mut self, viewer: SeatNumber) {
        self.guard.take(ViewerId(viewer.0));
    }

    fn release(&mut self, viewer: SeatNumber) {
        self.guard.release(ViewerId(viewer.0));
    }
}
