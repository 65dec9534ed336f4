//! Where input goes that a viewer may give.

use kith_codec::geometry::Rect;
use kith_codec::input::{Button, Input, Key, Motion, Place, Refusal};
use kith_screen::synthetic::SyntheticInput;

/// Takes input for what is shared, and guards where it goes (GUARD-3). Never
/// waits: called with control's lock held, so that nothing is under way when
/// control has ended.
pub trait Injector: Send {
    /// Injects one input, or says why not. That it was handed over does not
    /// mean that it took effect: a guard in another process refuses later.
    ///
    /// # Errors
    /// Why it was dropped.
    fn deliver(&mut self, input: &Input) -> Result<(), Refusal>;

    /// Lets go of every key and button that is held (GUARD-5).
    fn release_all(&mut self);
}

/// For shares that nobody can control.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nothing;

impl Injector for Nothing {
    fn deliver(&mut self, _: &Input) -> Result<(), Refusal> {
        Err(Refusal::NoControl)
    }

    fn release_all(&mut self) {}
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
    fn deliver(&mut self, input: &Input) -> Result<(), Refusal> {
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
                    self.release_all();
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
            Input::ReleaseAll => self.release_all(),
            Input::Ask | Input::GiveBack => {}
        }
        Ok(())
    }

    fn release_all(&mut self) {
        if std::mem::take(&mut self.held) {
            self.input.release();
        }
    }
}
