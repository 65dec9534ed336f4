//! What injects: the sharer's screen as the engine needs it.

use kith_codec::input::Place;

use crate::guard::{Inject, Point, Reason, Sight, WindowId};
use crate::source::Placement;

/// What the picture's pixels are relative to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The picture's top left pixel is there on the screen (regions, desktops,
    /// applications): screen = picture + this.
    Screen(Placement),
    /// The picture is this window: wherever it is by now, input goes to the
    /// part of it that the viewer saw.
    Window(WindowId),
}

/// A screen and its keyboard. Between [`Hands::freeze`] and [`Hands::thaw`]
/// nobody else can change the screen, so that what was looked at is what is
/// hit (rule R5).
pub trait Hands {
    /// Keeps everybody else from changing the screen.
    ///
    /// # Errors
    /// [`Reason::Screen`]; [`Reason::Local`] if the sharer uses mouse or
    /// keyboard.
    fn freeze(&mut self) -> Result<(), Reason>;

    /// Where a place of the picture is on the screen, while frozen.
    ///
    /// # Errors
    /// [`Reason::OutsideArea`] if it is nowhere; [`Reason::Screen`].
    fn locate(&mut self, origin: Origin, place: Place) -> Result<Point, Reason>;

    /// Looks, while frozen: at what is under `at`, or under the pointer.
    ///
    /// # Errors
    /// [`Reason::Screen`]; [`Reason::Local`].
    fn look(&mut self, at: Option<Point>) -> Result<Sight, Reason>;

    /// Does what was decided, while frozen. What it held before, it still
    /// holds after an error, except what was to be let go.
    ///
    /// # Errors
    /// [`Reason::Screen`], [`Reason::Local`], [`Reason::Raced`],
    /// [`Reason::Untypable`], [`Reason::Rate`] (try again soon).
    fn act(&mut self, inject: Inject) -> Result<(), Reason>;

    /// Stops the held keys from repeating by themselves: a repetition would
    /// go to whoever has the focus by then, with nobody looking. While frozen.
    fn quench(&mut self);

    /// Sends what was done outside of a freeze on its way.
    fn flush(&mut self);

    /// Everybody may go on.
    fn thaw(&mut self);

    /// Lets go of everything that is held, at once, frozen or not.
    fn release_all(&mut self);
}
