//! The mouse: what is held, what is still to be said.

use std::collections::BTreeSet;

use kith_codec::input::{Button, Input, MAX_WHEEL, Motion, NOTCH, Place};
use winit::event::{ElementState, MouseButton, MouseScrollDelta};

/// Pixels that a touchpad scrolls for what a wheel calls a notch.
const NOTCH_PIXELS: f64 = 40.0;

/// The mouse.
#[derive(Debug, Default)]
pub(super) struct Pointer {
    /// Where it is in the window.
    pub(super) at: (f64, f64),
    held: BTreeSet<Button>,
    /// Said with the next input or at the end of the turn: of several moves
    /// only the last matters.
    moved: Option<Place>,
    /// What is left of the wheel's steps, in units of a notch.
    rest: (f64, f64),
    /// The next step of the wheel is a button let go, and none.
    false_step: bool,
}

/// Which button it is there.
#[must_use]
pub(super) const fn button(button: MouseButton) -> Option<Button> {
    Some(match button {
        MouseButton::Left => Button::Main,
        MouseButton::Middle => Button::Middle,
        MouseButton::Right => Button::Menu,
        MouseButton::Back => Button::Back,
        MouseButton::Forward => Button::Forward,
        MouseButton::Other(_) => return None,
    })
}

impl Pointer {
    /// It moved over the picture.
    pub(super) const fn moved(&mut self, place: Place) {
        self.moved = Some(place);
    }

    /// Whether any button is held there.
    #[must_use]
    pub(super) fn holds(&self) -> bool {
        !self.held.is_empty()
    }

    /// The move that is still to be said.
    pub(super) const fn take_move(&mut self) -> Option<Input> {
        match self.moved.take() {
            Some(place) => Some(Input::Move(place)),
            None => None,
        }
    }

    /// A button is pressed at a place.
    pub(super) fn press(&mut self, button: Button, at: Place) -> Input {
        self.held.insert(button);
        self.moved = None;
        let motion = Motion::Down;
        Input::Button { at, button, motion }
    }

    /// A button is let go, if its press was said.
    pub(super) fn release(&mut self, button: Button, at: Place) -> Option<Input> {
        self.held.remove(&button).then(|| {
            self.moved = None;
            let motion = Motion::Up;
            Input::Button { at, button, motion }
        })
    }

    /// A button as the device says it. On X11 a wheel that has buttons 4 to 7
    /// and no axes (a VNC server's, XTEST's) gives winit a step for each press
    /// *and* each release; this tells them apart, and comes before the step.
    pub(super) const fn raw_button(&mut self, number: u32, state: ElementState) {
        if matches!(number, 4..=7) {
            self.false_step = matches!(state, ElementState::Released);
        }
    }

    /// Whole units of the wheel, right and down; fractions are kept.
    pub(super) fn wheel(&mut self, delta: MouseScrollDelta) -> (i16, i16) {
        if std::mem::take(&mut self.false_step) {
            return (0, 0);
        }
        let (x, y) = match delta {
            MouseScrollDelta::LineDelta(x, y) => (f64::from(x), f64::from(y)),
            MouseScrollDelta::PixelDelta(p) => (p.x / NOTCH_PIXELS, p.y / NOTCH_PIXELS),
        };
        // Upwards and to the left are positive there.
        self.rest.0 -= x * f64::from(NOTCH);
        self.rest.1 -= y * f64::from(NOTCH);
        let limit = f64::from(MAX_WHEEL);
        let whole = |rest: &mut f64| {
            let steps = rest.trunc().clamp(-limit, limit);
            *rest = (*rest - steps).clamp(-1.0, 1.0);
            steps as i16
        };
        (whole(&mut self.rest.0), whole(&mut self.rest.1))
    }

    /// Nothing is held any more. Whether something was.
    pub(super) fn clear(&mut self) -> bool {
        self.moved = None;
        let any = !self.held.is_empty();
        self.held.clear();
        any
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use winit::dpi::PhysicalPosition;

    #[test]
    fn the_wheel_keeps_fractions_and_limits() {
        let mut p = Pointer::default();
        assert_eq!(p.wheel(MouseScrollDelta::LineDelta(0.0, -1.0)), (0, 120));
        let touch = |y| MouseScrollDelta::PixelDelta(PhysicalPosition::new(0.0, y));
        let steps: i32 = (0..100).map(|_| i32::from(p.wheel(touch(0.1)).1)).sum();
        assert!((-30..=-29).contains(&steps), "{steps}");
        let huge = MouseScrollDelta::LineDelta(f32::MAX, f32::NAN);
        assert_eq!(p.wheel(huge).0, -MAX_WHEEL);
    }

    #[test]
    fn a_wheel_made_of_buttons_steps_once_a_click() {
        let mut p = Pointer::default();
        let step = MouseScrollDelta::LineDelta(0.0, 1.0);
        let mut steps = 0;
        for state in [ElementState::Pressed, ElementState::Released] {
            p.raw_button(4, state);
            steps += p.wheel(step).1;
        }
        assert_eq!(steps, -120);
        // Another button's release means nothing.
        p.raw_button(1, ElementState::Released);
        assert_eq!(p.wheel(step), (0, -120));
    }

    #[test]
    fn only_what_was_pressed_is_let_go() {
        let mut p = Pointer::default();
        let at = Place { x: 1, y: 2 };
        assert_eq!(p.release(Button::Main, at), None);
        p.moved(at);
        p.press(Button::Main, at);
        assert_eq!(p.take_move(), None, "the button says the place");
        assert!(p.holds() && p.release(Button::Main, at).is_some());
        assert!(!p.clear());
    }
}
