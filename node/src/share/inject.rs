//! Where input goes that a viewer may give.

use std::time::Duration;

use kith_codec::geometry::Rect;
use kith_codec::input::{Button, Input, Key, Motion, Place, Refusal};
use kith_proto::rights::Rights;
use kith_screen::guard::Limits;
use kith_screen::source::Placement;
use kith_screen::synthetic::SyntheticInput;
use kith_screen::warden::protocol::Who;

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
    /// What a person is told beside that, most important first; empty where
    /// the person has said yes already by a command.
    pub lines: Vec<String>,
}

impl Offer {
    /// These rights until the share ends, given by a command.
    #[must_use]
    pub fn by_command(rights: Rights, who: Who) -> Self {
        Self {
            rights,
            limits: Limits::default(),
            lasts: None,
            who,
            lines: Vec::new(),
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

    /// A viewer no longer controls: whatever it holds goes up, nothing more
    /// of it is injected.
    fn take(&mut self, viewer: SeatNumber);

    /// Lets go of every key and button that a viewer holds (GUARD-5).
    fn release(&mut self, viewer: SeatNumber);

    /// Where on the screen the picture lies from now on.
    fn placed(&mut self, at: Placement) {
        let _ = at;
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

/// Input for the desktop made of numbers: the demo and tests.
#[derive(Debug)]
pub struct SyntheticInjector {
    input: SyntheticInput,
    /// Where input is barred.
    barred: Vec<Rect>,
    held: bool,
}

impl SyntheticInjector {
    /// Injects into this desktop, but not into the barred areas.
    #[must_use]
    pub const fn new(input: SyntheticInput, barred: Vec<Rect>) -> Self {
        Self {
            input,
            barred,
            held: false,
        }
    }

    fn judge(&self, at: Place) -> Result<(), Refusal> {
        let spot = Rect::new(at.x, at.y, 1, 1);
        let screen = self.input.with(|desktop| desktop.picture().size().bounds());
        if !screen.contains(spot) {
            return Err(Refusal::Outside);
        }
        match self.barred.iter().any(|area| area.contains(spot)) {
            true => Err(Refusal::Barred),
            false => Ok(()),
        }
    }

    fn key(&self, key: Key) -> Result<(), Refusal> {
        /// X11's numbers of the two keys without a character that the editor
        /// understands.
        const RETURN: u32 = 0xff0d;
        const BACKSPACE: u32 = 0xff08;
        let character = match (key.keysym.get(), key.character) {
            (RETURN, _) => '\n',
            (BACKSPACE, _) => '\u{8}',
            (_, Some(character)) => character,
            _ if key.keysym.is_modifier() => return Ok(()),
            _ => return Err(Refusal::Key),
        };
        if key.motion == Motion::Down {
            self.input.key(character);
        }
        Ok(())
    }
}

impl Injector for SyntheticInjector {
    fn deliver(&mut self, viewer: SeatNumber, input: &Input) -> Result<(), Refusal> {
        match input {
            Input::Move(at) => {
                // Where nothing may be pressed, the pointer may still pass.
                match self.judge(*at) {
                    Err(Refusal::Outside) => return Err(Refusal::Outside),
                    _ => self.input.point(at.x, at.y),
                }
            }
            Input::Button { at, button, motion } => {
                if *motion == Motion::Up {
                    self.release(viewer);
                    return Ok(());
                }
                self.judge(*at)?;
                if *button != Button::Main {
                    return Err(Refusal::Button);
                }
                self.input.point(at.x, at.y);
                self.input.press();
                self.held = true;
            }
            Input::Wheel { at, .. } => self.judge(*at)?,
            Input::Key(key) => self.key(*key)?,
            Input::Text(text) => text.as_str().chars().for_each(|c| self.input.key(c)),
            Input::ReleaseAll => self.release(viewer),
            Input::Ask | Input::GiveBack => {}
        }
        Ok(())
    }

    fn give(&mut self, _: SeatNumber, _: &Offer) -> Given {
        Given::Now
    }

    fn take(&mut self, viewer: SeatNumber) {
        self.release(viewer);
    }

    fn release(&mut self, _: SeatNumber) {
        if std::mem::take(&mut self.held) {
            self.input.release();
        }
    }
}
