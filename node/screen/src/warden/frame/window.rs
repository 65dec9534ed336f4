//! A frame's windows on X11: its bars and the title. Marked as private, so that
//! viewers of the desktop see grey there and not what Kith says (GUARD-10).

use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::shape::{ConnectionExt as _, SK, SO};
use x11rb::protocol::xinput::{ConnectionExt as _, EventMask as XiMask, XIEventMask};
use x11rb::protocol::xproto::{
    AtomEnum, ChangeWindowAttributesAux, ClipOrdering, ConfigureWindowAux, ConnectionExt as _,
    CreateWindowAux, EventMask, PropMode, StackMode, WindowClass,
};
use x11rb::wrapper::ConnectionExt as _;

use super::layout::{TITLE, bars, title};
use super::place::Grip;
use super::{Named, Sign};
use crate::guard::{Area, Point, What};
use crate::warden::paint::{Canvas, Rgb, Style, Type};
use crate::warden::x11::{Screen, ScreenError};

/// Red has one meaning: somebody controls this computer.
const CONTROL: Rgb = 0xc8_1020;
const VIEW: Rgb = 0xb8_7400;
const WHITE: Rgb = 0xff_ffff;
const DARK: Rgb = 0x20_2020;
/// The stop button, within the title.
const STOP: Area = Area::new(0, 0, 84, TITLE.1);
/// The arrows, right of it: always in the same place.
const ARROWS: Area = Area::new(84, 0, 40, TITLE.1);
/// The button of the menu.
const MENU: Area = Area::new(124, 0, 78, TITLE.1);

/// Pointers of the X server's own, for what can be dragged.
const UP_DOWN: u16 = 116;
const LEFT_RIGHT: u16 = 108;

/// The buttons in the title.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Button {
    Stop,
    Menu,
}

impl Button {
    fn at(p: Point) -> Option<Self> {
        match (STOP.contains(p), MENU.contains(p)) {
            (true, _) => Some(Self::Stop),
            (_, true) => Some(Self::Menu),
            _ => None,
        }
    }
}

/// What is on the screen now, to leave alone what hasn't changed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Drawn {
    bars: Vec<Area>,
    /// The part of the screen that the bars can be dragged round.
    part: Option<Area>,
    title: Area,
    text: String,
    colour: Rgb,
    lit: bool,
}

#[derive(Debug)]
pub(super) struct Frame {
    /// One window a bar: one of its own shape would be as large as the screen.
    bars: Vec<u32>,
    title: u32,
    drawn: Option<Drawn>,
    pressed: Option<Button>,
    gone: bool,
}

impl Frame {
    pub(super) fn open(screen: &Screen) -> Result<Self, ScreenError> {
        let title = private_window(screen, EventMask::EXPOSURE)?;
        hear_hands(screen, title)?;
        Ok(Self {
            bars: Vec::new(),
            title,
            drawn: None,
            pressed: None,
            gone: false,
        })
    }

    pub(super) fn close(self, screen: &Screen) {
        for window in self.bars.into_iter().chain([self.title]) {
            let _ = screen.conn.destroy_window(window);
        }
        let _ = screen.flush();
    }

    /// Whether an event is about our own windows.
    pub(super) fn owns(&self, event: &Event) -> bool {
        let window = match event {
            Event::ConfigureNotify(e) => e.window,
            Event::MapNotify(e) => e.window,
            Event::UnmapNotify(e) => e.window,
            Event::CreateNotify(e) => e.window,
            Event::DestroyNotify(e) => e.window,
            _ => return false,
        };
        window == self.title || self.bars.contains(&window)
    }

    /// Follows what is shared. `true` if none of it exists any more, once.
    pub(super) fn update(
        &mut self,
        screen: &Screen,
        type_: &mut Type,
        sign: &Sign,
        instead: Option<String>,
        lit: bool,
    ) -> Result<bool, ScreenError> {
        let whole = screen.whole()?;
        let (areas, exists) = screen.shared_areas(&sign.what, whole)?;
        let controlled = !sign.controllers.is_empty();
        let now = Drawn {
            bars: bars(&areas, whole),
            part: match sign.what {
                What::Region(area) => Some(area),
                _ => None,
            },
            title: title(&areas, whole),
            text: instead.unwrap_or_else(|| words(sign)),
            colour: if controlled { CONTROL } else { VIEW },
            lit,
        };
        let before = self.drawn.take();
        let same = |f: fn(&Drawn) -> (&[Area], Rgb)| before.as_ref().map(f) == Some(f(&now));
        if !same(|d| (&d.bars, d.colour)) {
            self.place_bars(screen, &now)?;
        }
        if before.as_ref().map(|d| d.title) != Some(now.title) {
            let a = now.title;
            let to = ConfigureWindowAux::new()
                .x(a.x)
                .y(a.y)
                .width(a.w)
                .height(a.h);
            screen.conn.configure_window(self.title, &to)?;
            screen.conn.map_window(self.title)?;
        }
        if screen.covers(self.title, now.title)? {
            // Below a question of ours, above everything else.
            let top = ConfigureWindowAux::new().stack_mode(StackMode::ABOVE);
            for window in self.bars.iter().chain([&self.title]) {
                screen.conn.configure_window(*window, &top)?;
            }
            screen.raise_question()?;
        }
        if before.as_ref() != Some(&now) {
            screen.put(self.title, &draw(type_, &now))?;
        }
        self.drawn = Some(now);
        let news = !exists && !self.gone;
        self.gone = !exists;
        Ok(news)
    }

    fn place_bars(&mut self, screen: &Screen, d: &Drawn) -> Result<(), ScreenError> {
        while self.bars.len() < d.bars.len() {
            let bar = bar_window(screen)?;
            hear_hands(screen, bar)?;
            self.bars.push(bar);
        }
        for bar in self.bars.drain(d.bars.len()..) {
            screen.conn.destroy_window(bar)?;
        }
        for (i, (bar, at)) in self.bars.iter().zip(&d.bars).enumerate() {
            if at.w == 0 || at.h == 0 {
                screen.conn.unmap_window(*bar)?;
                continue;
            }
            let to = ConfigureWindowAux::new()
                .x(at.x)
                .y(at.y)
                .width(at.w)
                .height(at.h);
            screen.conn.configure_window(*bar, &to)?;
            // At the edge of the screen it lies on what is shown, where a click
            // is that program's.
            let grip = d.part.is_some_and(|part| !part.meets(*at));
            let_through(screen, *bar, !grip)?;
            let cursor = screen.cursor(if i < 2 { UP_DOWN } else { LEFT_RIGHT })?;
            let look = ChangeWindowAttributesAux::new()
                .background_pixel(d.colour)
                .cursor(cursor);
            screen.conn.change_window_attributes(*bar, &look)?;
            screen.conn.free_cursor(cursor)?;
            screen.conn.map_window(*bar)?;
            screen.conn.clear_area(false, *bar, 0, 0, 0, 0)?;
        }
        Ok(())
    }

    /// The window of the title, and where it is.
    pub(super) fn title(&self) -> (u32, Option<Area>) {
        (self.title, self.drawn.as_ref().map(|d| d.title))
    }

    /// Where a person's hand takes hold of a frame round `area` with this
    /// event.
    pub(super) fn gripped(
        &self,
        screen: &Screen,
        area: Area,
        event: &Event,
    ) -> Option<(Grip, Point)> {
        let Event::XinputButtonPress(e) = event else {
            return None;
        };
        if e.detail != 1 || !screen.devices.is_persons(e.sourceid) {
            return None;
        }
        let [x, y, in_x] = [e.root_x, e.root_y, e.event_x].map(|v| v >> 16);
        let at = Point { x, y };
        let grip = match e.event {
            // Right of the buttons.
            w if w == self.title => (in_x >= MENU.x + MENU.w as i32).then_some(Grip::WHOLE),
            w if self.bars.contains(&w) => Grip::at(area, at),
            _ => None,
        };
        grip.map(|grip| (grip, at))
    }

    /// The button that a person pressed with this event.
    pub(super) fn pressed(&mut self, screen: &Screen, event: &Event) -> Option<Button> {
        match event {
            Event::Expose(e) if e.window == self.title => {
                // Drawn again at the next round.
                if let Some(d) = &mut self.drawn {
                    d.text.clear();
                }
                None
            }
            Event::XinputButtonPress(e) | Event::XinputButtonRelease(e)
                if e.event == self.title && e.detail == 1 =>
            {
                let at = Point {
                    x: e.event_x >> 16,
                    y: e.event_y >> 16,
                };
                let there = Button::at(at).filter(|_| screen.devices.is_persons(e.sourceid));
                if matches!(event, Event::XinputButtonPress(_)) {
                    self.pressed = there;
                    return None;
                }
                self.pressed.take().filter(|p| there == Some(*p))
            }
            _ => None,
        }
    }
}

/// A bar: what is below it is what the pointer is at, and what a click goes to.
pub(super) fn bar_window(screen: &Screen) -> Result<u32, ScreenError> {
    let bar = private_window(screen, EventMask::NO_EVENT)?;
    let_through(screen, bar, true)?;
    Ok(bar)
}

/// Whether what is below a bar takes input that is meant for it.
fn let_through(screen: &Screen, bar: u32, through: bool) -> Result<(), ScreenError> {
    let c = &screen.conn;
    match through {
        true => c.shape_rectangles(SO::SET, SK::INPUT, ClipOrdering::UNSORTED, bar, 0, 0, &[])?,
        false => c.shape_mask(SO::SET, SK::INPUT, bar, 0, 0, x11rb::NONE)?,
    };
    Ok(())
}

/// What a hand does there is told with its device.
fn hear_hands(screen: &Screen, window: u32) -> Result<(), ScreenError> {
    let buttons = XIEventMask::BUTTON_PRESS | XIEventMask::BUTTON_RELEASE;
    let mask = vec![buttons | XIEventMask::MOTION];
    let asked = XiMask { deviceid: 1, mask };
    let c = &screen.conn;
    Ok(c.xinput_xi_select_events(window, &[asked])?.check()?)
}

/// A window that places itself, unseen by viewers.
pub(super) fn private_window(screen: &Screen, events: EventMask) -> Result<u32, ScreenError> {
    let id = screen.conn.generate_id()?;
    let aux = CreateWindowAux::new()
        .override_redirect(1)
        .background_pixel(DARK)
        .event_mask(events);
    screen.conn.create_window(
        x11rb::COPY_DEPTH_FROM_PARENT,
        id,
        screen.root,
        0,
        0,
        1,
        1,
        0,
        WindowClass::INPUT_OUTPUT,
        0,
        &aux,
    )?;
    let (mark, number) = (screen.atoms._KITH_PRIVATE, AtomEnum::CARDINAL);
    screen
        .conn
        .change_property32(PropMode::REPLACE, id, mark, number, &[1])?;
    Ok(id)
}

/// The title: what to do first, names last (GUARD-1).
fn words(sign: &Sign) -> String {
    let names = |list: &[Named]| {
        let first: Vec<&str> = list.iter().take(3).map(|(_, n)| n.as_str()).collect();
        let mut shown = first.join(", ");
        if list.len() > 3 {
            shown.push_str(&format!(" and {} more", list.len() - 3));
        }
        shown
    };
    match (sign.controllers.as_slice(), sign.watchers.as_slice()) {
        ([], []) => "Shared; nobody watches".into(),
        ([], watchers) => format!("Shared; watched by {}", names(watchers)),
        // All of them: whoever controls is never one of "more".
        (controllers, _) => {
            let all: Vec<&str> = controllers.iter().map(|(_, n)| n.as_str()).collect();
            format!("Esc takes control back from {}", all.join(", "))
        }
    }
}

fn draw(type_: &mut Type, d: &Drawn) -> Canvas {
    let (w, h) = (d.title.w as u16, d.title.h as u16);
    let mut canvas = Canvas::new(w, h, d.colour);
    let area = |c: &mut Canvas, a: Area, colour| {
        c.fill(a.x, a.y, a.w as i32, a.h as i32, colour);
    };
    area(&mut canvas, STOP, DARK);
    canvas.fill(12, 10, 10, 10, WHITE);
    let text = Style::new(14.0, WHITE);
    canvas.write(type_, 30, 5, 52, 1, text.bold(), "Stop");
    let (ground, ink) = if d.lit {
        (WHITE, d.colour)
    } else {
        (d.colour, WHITE)
    };
    area(&mut canvas, ARROWS, ground);
    if d.lit {
        arrows(&mut canvas, ARROWS, ink);
    } else {
        canvas.outline(ARROWS.x + 6, 6, ARROWS.w as i32 - 12, h as i32 - 12, 1, ink);
    }
    area(&mut canvas, MENU, DARK);
    for line in 0..3 {
        canvas.fill(MENU.x + 9, 10 + 5 * line, 12, 2, WHITE);
    }
    canvas.write(type_, MENU.x + 27, 5, 48, 1, text.bold(), "Menu");
    let left = MENU.x + MENU.w as i32 + 10;
    canvas.write(type_, left, 5, i32::from(w) - left - 6, 1, text, &d.text);
    canvas
}

/// Two arrows, one each way.
fn arrows(canvas: &mut Canvas, a: Area, ink: Rgb) {
    let (x, y) = (a.x + 8, a.y + 9);
    canvas.fill(x, y, 24, 2, ink);
    canvas.fill(x, y + 10, 24, 2, ink);
    for i in 0..5 {
        canvas.fill(x + 23 - i, y - i + 1, 1, 2 * i, ink);
        canvas.fill(x + i, y + 11 - i, 1, 2 * i, ink);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::{Limits, ViewerId, What};

    #[test]
    fn what_to_do_comes_first_and_names_last() {
        let named = |names: &[&str]| -> Vec<Named> {
            let viewers = (0..).map(ViewerId);
            viewers.zip(names.iter().map(|s| (*s).to_owned())).collect()
        };
        let sign = |watchers: &[&str], controllers: &[&str]| Sign {
            what: What::Desktop,
            watchers: named(watchers),
            controllers: named(controllers),
            limits: Limits::default(),
            note: None,
        };
        assert_eq!(words(&sign(&[], &[])), "Shared; nobody watches");
        assert_eq!(
            words(&sign(&["Ben", "Click Allow!"], &[])),
            "Shared; watched by Ben, Click Allow!"
        );
        assert_eq!(
            words(&sign(&["Ben"], &["Ben"])),
            "Esc takes control back from Ben"
        );
        assert_eq!(
            words(&sign(&["Ben"], &["A", "B", "C", "D"])),
            "Esc takes control back from A, B, C, D"
        );
        assert_eq!(
            words(&sign(&["A", "B", "C", "D", "E"], &[])),
            "Shared; watched by A, B, C and 2 more"
        );
    }
}
