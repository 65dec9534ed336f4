//! What the person does in the window.

use kith_codec::input::{Asking, Input};
use kith_codec::time::Moment;
use winit::application::ApplicationHandler;
use winit::event::{
    DeviceEvent, DeviceId, ElementState, KeyEvent, MouseButton, MouseScrollDelta, WindowEvent,
};
use winit::event_loop::ActiveEventLoop;
use winit::keyboard::{Key, KeyCode, NamedKey, PhysicalKey};
use winit::window::{Fullscreen, WindowId};

use super::super::figures::Figures;
use super::super::layout::Mode;
use super::super::pointer;
use super::super::scene::scroll_bars;
use super::super::strip;
use super::Face;
use crate::local::Order;

/// Pixels that a notch of the wheel scrolls, while only watching.
const WHEEL_SCROLL: i32 = 60;

/// What the pointer drags.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Drag {
    /// The picture, from a place of the window and a scroll then.
    Picture((f64, f64), (i32, i32)),
    /// The scroll bar below.
    Across,
    /// The scroll bar at the side.
    Down,
}

impl ApplicationHandler for Face {
    fn resumed(&mut self, event_loop: &ActiveEventLoop) {
        if self.window.is_none()
            && let Err(e) = self.open(event_loop)
        {
            self.failed = Some(e);
        }
    }

    fn window_event(&mut self, _: &ActiveEventLoop, _: WindowId, event: WindowEvent) {
        match event {
            WindowEvent::CloseRequested | WindowEvent::Destroyed => self.close(),
            WindowEvent::Resized(size) => self.resized(size),
            WindowEvent::ScaleFactorChanged { scale_factor, .. } => {
                self.scale = scale_factor;
                self.all_dirty();
            }
            WindowEvent::RedrawRequested => self.exposed = true,
            WindowEvent::Occluded(hidden) => self.session.shown(!hidden),
            WindowEvent::Focused(focused) => {
                self.focused = focused;
                if !focused {
                    self.let_go();
                }
            }
            WindowEvent::ModifiersChanged(m) => self.modifiers = m.state(),
            WindowEvent::KeyboardInput {
                event,
                is_synthetic: false,
                ..
            } => self.key(&event),
            WindowEvent::CursorMoved { position, .. } => self.pointed(position.x, position.y),
            WindowEvent::CursorLeft { .. } => self.hover(None),
            WindowEvent::MouseInput { state, button, .. } => self.button(state, button),
            WindowEvent::MouseWheel { delta, .. } => self.wheel(delta),
            _ => (),
        }
    }

    fn device_event(&mut self, _: &ActiveEventLoop, _: DeviceId, event: DeviceEvent) {
        if let DeviceEvent::Button { button, state } = event {
            self.pointer.raw_button(button, state);
        }
    }

    fn about_to_wait(&mut self, event_loop: &ActiveEventLoop) {
        self.dress_pointer(event_loop);
    }
}

impl Face {
    fn close(&mut self) {
        self.let_go();
        self.closed = true;
    }

    fn press_button(&mut self, button: strip::Button) {
        match button {
            strip::Button::Control => self.toggle_control(),
            strip::Button::Keys => self.toggle_keys(),
            strip::Button::Zoom => {
                self.mode = match self.mode {
                    Mode::Fit => Mode::OneToOne,
                    Mode::OneToOne => Mode::Fit,
                };
                self.all_dirty();
            }
            strip::Button::Screen => self.toggle_screen(),
            strip::Button::Figures => {
                self.figures = match self.figures {
                    None => Some(Figures::default()),
                    Some(_) => None,
                };
                self.figures_due = Moment::default();
                self.all_dirty();
            }
            strip::Button::Close => self.close(),
        }
    }

    fn toggle_control(&mut self) {
        let wish = match (self.session.controls(), self.session.asking()) {
            (true, _) => {
                self.let_go();
                Input::GiveBack
            }
            (false, Asking::Waiting) => Input::GiveBack,
            (false, Asking::Open | Asking::Declined) => Input::Ask,
            (false, Asking::Barred) => return,
        };
        self.session.send(&wish);
    }

    /// The strip stays, and with it what says who controls and the way back.
    fn toggle_screen(&mut self) {
        if let Some(window) = &self.window {
            self.whole_screen = !self.whole_screen;
            let whole = Fullscreen::Borderless(None);
            window.set_fullscreen(self.whole_screen.then_some(whole));
            self.strip_dirty();
        }
    }

    /// What the person asked for in another window of Kith's.
    pub(super) fn obey(&mut self, order: Order) {
        if let Some(window) = &self.window {
            window.set_minimized(false);
            window.focus_window();
        }
        if order == Order::FullScreen {
            self.toggle_screen();
        }
    }

    fn toggle_keys(&mut self) {
        if self.session.controls() {
            self.captured = !self.captured;
            self.let_go();
            self.control_changed();
            self.strip_dirty();
        }
    }

    // Keys.

    fn key(&mut self, event: &KeyEvent) {
        let place = event.physical_key;
        if event.state == ElementState::Released {
            if let Some(input) = self.keys.release(place) {
                self.session.send(&input);
            }
            return;
        }
        let m = self.modifiers;
        let way_out = place == PhysicalKey::Code(KeyCode::Space)
            && m.control_key()
            && m.alt_key()
            && !event.repeat;
        if way_out && self.session.controls() {
            self.toggle_keys();
            return;
        }
        if self.session.controls() && self.captured {
            self.flush_move();
            let text = event.text.as_deref();
            let inputs = self
                .keys
                .press(place, &event.logical_key, event.location, text);
            for input in inputs {
                self.session.send(&input);
            }
        } else if !event.repeat {
            self.shortcut(&event.logical_key);
        }
    }

    /// Keys that mean something here while they don't go to the other side.
    fn shortcut(&mut self, key: &Key) {
        let m = self.modifiers;
        if m.control_key() || m.alt_key() || m.super_key() {
            return;
        }
        let over = self.session.over().is_some();
        match key {
            Key::Named(NamedKey::Escape | NamedKey::Enter) if over => self.close(),
            Key::Character(c) if !over => match c.to_lowercase().as_str() {
                "c" => self.toggle_control(),
                "z" => self.press_button(strip::Button::Zoom),
                "f" => self.toggle_screen(),
                "s" => self.press_button(strip::Button::Figures),
                _ => (),
            },
            _ => (),
        }
    }

    fn flush_move(&mut self) {
        if let Some(input) = self.pointer.take_move() {
            self.session.send(&input);
        }
    }

    // The mouse.

    fn hover(&mut self, button: Option<strip::Button>) {
        if button != self.hover {
            self.hover = button;
            self.strip_dirty();
        }
    }

    fn pointed(&mut self, x: f64, y: f64) {
        self.pointer.at = (x, y);
        if let Some(drag) = self.drag {
            self.drag_on(drag);
            return;
        }
        let layout = self.layout();
        self.hover(strip::hit(
            &layout,
            self.font(),
            &self.session,
            &self.mood(),
            x,
            y,
        ));
        if !self.session.controls() {
            return;
        }
        // What is dragged there goes on beside the picture.
        let place = match layout.place(x, y) {
            None if self.pointer.holds() => Some(layout.nearest(x, y)),
            place => place,
        };
        if let Some(place) = place {
            self.pointer.moved(place);
        }
    }

    fn button(&mut self, state: ElementState, button: MouseButton) {
        let (x, y) = self.pointer.at;
        let layout = self.layout();
        let there = pointer::button(button);
        if state == ElementState::Released {
            self.drag = None;
            let released = there.and_then(|b| self.pointer.release(b, layout.nearest(x, y)));
            if let Some(input) = released {
                self.session.send(&input);
            }
            return;
        }
        if button == MouseButton::Left {
            let hit = strip::hit(&layout, self.font(), &self.session, &self.mood(), x, y);
            if let Some(hit) = hit {
                self.press_button(hit);
                return;
            }
            let bars = scroll_bars(&layout);
            for (bar, drag) in bars.into_iter().zip([Drag::Across, Drag::Down]) {
                if bar.is_some_and(|b| holds(b.track, x, y)) {
                    self.drag = Some(drag);
                    self.drag_on(drag);
                    return;
                }
            }
        }
        let Some(place) = layout.place(x, y) else {
            return;
        };
        if self.session.controls() {
            if let Some(there) = there {
                let input = self.pointer.press(there, place);
                self.session.send(&input);
            }
        } else if layout.scrolls() {
            self.drag = Some(Drag::Picture((x, y), layout.scroll()));
        }
    }

    fn drag_on(&mut self, drag: Drag) {
        let layout = self.layout();
        let (x, y) = self.pointer.at;
        let (w, h) = layout.extent();
        let (sx, sy) = layout.scroll();
        // The middle of what is visible comes under the pointer.
        let along = |at: f64, from: u16, room: u16, whole: u32| {
            let part = (at - f64::from(from)) / f64::from(room.max(1));
            (part * f64::from(whole) - f64::from(room) / 2.0) as i32
        };
        let v = layout.view;
        let scroll = match drag {
            Drag::Picture((x0, y0), (sx0, sy0)) => (sx0 - (x - x0) as i32, sy0 - (y - y0) as i32),
            Drag::Across => (along(x, v.x, v.w, w), sy),
            Drag::Down => (sx, along(y, v.y, v.h, h)),
        };
        self.scroll_to(scroll);
    }

    fn scroll_to(&mut self, scroll: (i32, i32)) {
        let before = self.layout().origin;
        self.scroll = scroll;
        // Held within the picture, so that the way back begins at once.
        self.scroll = self.layout().scroll();
        if self.layout().origin != before {
            let view = self.layout().view;
            self.dirty.add(view);
        }
    }

    fn wheel(&mut self, delta: MouseScrollDelta) {
        let (dx, dy) = self.pointer.wheel(delta);
        if (dx, dy) == (0, 0) {
            return;
        }
        let (x, y) = self.pointer.at;
        let layout = self.layout();
        if self.session.controls() {
            if let Some(at) = layout.place(x, y) {
                self.flush_move();
                self.session.send(&Input::Wheel { at, dx, dy });
            }
        } else if layout.scrolls() {
            let (sx, sy) = layout.scroll();
            let step = |d: i16| i32::from(d) * WHEEL_SCROLL / i32::from(kith_codec::input::NOTCH);
            self.scroll_to((sx + step(dx), sy + step(dy)));
        }
    }
}

fn holds(r: kith_codec::geometry::Rect, x: f64, y: f64) -> bool {
    x >= r.x.into() && y >= r.y.into() && x < r.right().into() && y < r.bottom().into()
}
