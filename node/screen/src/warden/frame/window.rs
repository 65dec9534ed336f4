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

use super::layout::{TITLE, bars, home, inner_bars, title};
use super::place::Grip;
use super::{Named, Sign};
use crate::guard::{Area, Part, Point, What};
use crate::look::Scale;
use crate::warden::paint::{Canvas, Rgb, Style, Type};
use crate::warden::words::{Face, Words, fill};
use crate::warden::x11::{Screen, ScreenError};

/// Red has one meaning: somebody controls this computer.
const CONTROL: Rgb = 0xc8_1020;
const VIEW: Rgb = 0xb8_7400;
const WHITE: Rgb = 0xff_ffff;
const DARK: Rgb = 0x20_2020;
/// The stop button, within the title. Lengths are those of the usual size.
const STOP: Area = Area::new(0, 0, 84, TITLE.1);
/// The arrows, right of it: always in the same place.
const ARROWS: Area = Area::new(84, 0, 40, TITLE.1);
/// The button of the menu.
const MENU: Area = Area::new(124, 0, 78, TITLE.1);
/// Where the words begin.
const WORDS: i32 = MENU.x + MENU.w as i32 + 10;

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
    fn at(p: Point, scale: Scale) -> Option<Self> {
        let in_it = |button| scaled(button, scale).contains(p);
        match (in_it(STOP), in_it(MENU)) {
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
    scale: Scale,
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

    /// What is on the screen of what was drawn: nothing of it where another program
    /// has moved it.
    ///
    /// # Errors
    /// [`ScreenError::Destroyed`] where it was destroyed or hidden: nothing is shown
    /// without a frame (GUARD-1). A fresh warden draws one, and nobody controls
    /// through that.
    fn still_drawn(&mut self, screen: &Screen) -> Result<Option<Drawn>, ScreenError> {
        let Some(drawn) = self.drawn.take() else {
            return Ok(None);
        };
        let bars = self.bars.iter().zip(&drawn.bars);
        let seen = bars.filter(|(_, at)| at.w > 0 && at.h > 0);
        let (ours, wanted): (Vec<u32>, Vec<Area>) = seen
            .map(|(w, at)| (*w, *at))
            .chain([(self.title, drawn.title)])
            .unzip();
        let places: Option<Vec<Area>> = screen.places(&ours)?.into_iter().collect();
        let places = places.ok_or(ScreenError::Destroyed)?;
        Ok((places == wanted).then_some(drawn))
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
        let (areas, first, exists) = screen.shared_areas(&sign.what, whole)?;
        let monitors = screen.monitors()?;
        let home = home(areas.first().copied().unwrap_or(whole), &monitors, whole);
        let outer = first.map(|w| screen.outer(w)).transpose()?.flatten();
        let controlled = !sign.controllers.is_empty();
        let Face { words, scale } = screen.face;
        let part = match &sign.what {
            What::Region(part) => Some(part),
            _ => None,
        };
        let mut bars = bars(&areas, whole, scale);
        bars.extend(inner_bars(part.map_or(&[], Part::cuts), scale));
        let now = Drawn {
            bars,
            part: part.map(Part::area),
            title: title(&areas, outer, home, scale),
            text: instead.unwrap_or_else(|| says(sign, words)),
            colour: if controlled { CONTROL } else { VIEW },
            lit,
            scale,
        };
        let before = self.still_drawn(screen)?;
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
            screen.put(self.title, &draw(type_, &now, words))?;
        }
        self.drawn = Some(now);
        let news = !exists && !self.gone;
        self.gone = !exists;
        Ok(news)
    }

    fn place_bars(&mut self, screen: &Screen, d: &Drawn) -> Result<(), ScreenError> {
        while self.bars.len() < d.bars.len() {
            let bar = bar_window(screen)?;
            // Where there is room for the title inside alone, it is read there.
            let below = ConfigureWindowAux::new()
                .sibling(self.title)
                .stack_mode(StackMode::BELOW);
            screen.conn.configure_window(bar, &below)?;
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
            // is that program's; so it does round a cut.
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
        let (at, scale) = (Point { x, y }, screen.face.scale);
        let menu = scaled(MENU, scale);
        let grip = match e.event {
            // Right of the buttons.
            w if w == self.title => (in_x >= menu.x + menu.w as i32).then_some(Grip::WHOLE),
            w if self.bars.contains(&w) => Grip::at(area, at, scale),
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
                let there = Button::at(at, screen.face.scale)
                    .filter(|_| screen.devices.is_persons(e.sourceid));
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

/// An area of the title at this size.
fn scaled(area: Area, scale: Scale) -> Area {
    let (w, h) = (scale.side(area.w), scale.side(area.h));
    Area::new(scale.px(area.x), scale.px(area.y), w, h)
}

/// The title: what to do first, names last (GUARD-1).
fn says(sign: &Sign, words: &Words) -> String {
    let names = |list: &[Named]| {
        let first: Vec<&str> = list.iter().take(3).map(|(_, n)| n.as_str()).collect();
        let shown = first.join(words.comma);
        match list.len().checked_sub(4) {
            Some(more) => fill(words.and_more, &[&shown, &(more + 1).to_string()]),
            None => shown,
        }
    };
    match (sign.controllers.as_slice(), sign.watchers.as_slice()) {
        ([], []) => words.nobody_watches.to_owned(),
        ([], watchers) => fill(words.watched_by, &[&names(watchers)]),
        // All of them: whoever controls is never one of "more".
        (controllers, _) => {
            let all: Vec<&str> = controllers.iter().map(|(_, n)| n.as_str()).collect();
            fill(words.esc_takes_back, &[&all.join(words.comma)])
        }
    }
}

/// What the title says.
const TEXT: Style = Style::new(14.0, WHITE);
/// The same where that is too long: in two lines.
const SMALL: Style = Style::new(10.5, WHITE);
/// What stands on a button.
const LABEL: Style = TEXT.bold();

fn draw(type_: &mut Type, d: &Drawn, words: &Words) -> Canvas {
    let (w, h) = (d.title.w as u16, d.title.h as u16);
    let px = |length| d.scale.px(length);
    let mut canvas = Canvas::new(w, h, d.colour);
    let area = |c: &mut Canvas, a: Area, colour| {
        let a = scaled(a, d.scale);
        c.fill(a.x, a.y, a.w as i32, a.h as i32, colour);
    };
    let label = LABEL.at(d.scale);
    area(&mut canvas, STOP, DARK);
    canvas.fill(px(12), px(10), px(10), px(10), WHITE);
    canvas.write(type_, px(30), px(5), px(52), 1, label, words.stop);
    let (ground, ink) = if d.lit {
        (WHITE, d.colour)
    } else {
        (d.colour, WHITE)
    };
    area(&mut canvas, ARROWS, ground);
    if d.lit {
        arrows(&mut canvas, ARROWS, ink, d.scale);
    } else {
        let (x, wide) = (px(ARROWS.x + 6), px(ARROWS.w as i32 - 12));
        let high = i32::from(h) - px(12);
        canvas.outline(x, px(6), wide, high, px(1).max(1), ink);
    }
    area(&mut canvas, MENU, DARK);
    for line in 0..3 {
        canvas.fill(px(MENU.x + 9), px(10 + 5 * line), px(12), px(2), WHITE);
    }
    canvas.write(type_, px(MENU.x + 27), px(5), px(48), 1, label, words.menu);
    let (left, room) = (px(WORDS), i32::from(w) - px(WORDS + 6));
    let (text, small) = (TEXT.at(d.scale), SMALL.at(d.scale));
    match Canvas::width_of(type_, text, &d.text) <= room {
        true => canvas.write(type_, left, px(5), room, 1, text, &d.text),
        false => canvas.write(type_, left, px(1), room, 2, small, &d.text),
    };
    canvas
}

/// Two arrows, one each way.
fn arrows(canvas: &mut Canvas, a: Area, ink: Rgb, scale: Scale) {
    let px = |length| scale.px(length);
    let (x, y) = (px(a.x + 8), px(a.y + 9));
    let thick = px(2);
    canvas.fill(x, y, px(24), thick, ink);
    canvas.fill(x, y + px(10), px(24), thick, ink);
    for i in 0..px(5) {
        canvas.fill(x + px(24) - 1 - i, y - i + 1, 1, 2 * i, ink);
        canvas.fill(x + i, y + px(11) - i, 1, 2 * i, ink);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::{Limits, ViewerId, What};
    use crate::look::{Language, Look};
    use crate::warden::words::words;

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
        let english = words(Language::English);
        let says =
            |watchers: &[&str], controllers: &[&str]| says(&sign(watchers, controllers), english);
        assert_eq!(says(&[], &[]), "Shared; nobody watches");
        assert_eq!(
            says(&["Ben", "Click Allow!"], &[]),
            "Shared; watched by Ben, Click Allow!"
        );
        assert_eq!(says(&["Ben"], &["Ben"]), "Esc takes control back from Ben");
        assert_eq!(
            says(&["Ben"], &["A", "B", "C", "D"]),
            "Esc takes control back from A, B, C, D"
        );
        assert_eq!(
            says(&["A", "B", "C", "D", "E"], &[]),
            "Shared; watched by A, B, C and 2 more"
        );
    }

    /// How much room the words have.
    const ROOM: i32 = TITLE.0 as i32 - WORDS - 6;

    /// UI-1: buttons have room for their labels, and the title for every
    /// instruction, in two lines if need be.
    #[test]
    fn every_text_fits_the_title_in_every_language() {
        let mut type_ = Type::load();
        for language in Language::ALL {
            let Face { words: w, .. } = Look {
                language,
                ..Look::default()
            }
            .into();
            for scale in [100, 200].map(Scale::percent) {
                let mut fits = |style: Style, room: i32, text: &str| {
                    let wide = Canvas::width_of(&mut type_, style.at(scale), text);
                    let known = type_.has_all_of(text);
                    assert!(!known || wide <= scale.px(room), "{wide} > {room}: {text}");
                };
                fits(LABEL, 52, w.stop);
                fits(LABEL, 48, w.menu);
                fits(TEXT, ROOM, &fill(w.esc_takes_back, &["Dr. Anna Berg"]));
                fits(TEXT, ROOM, &fill(w.watched_by, &["Dr. Anna Berg"]));
                // A line that breaks between words loses some of its room.
                let two = 2 * ROOM - 80;
                let esc = w.esc_ends_all;
                for text in [
                    w.click_shows,
                    w.click_takes_out,
                    w.click_not,
                    w.click_any,
                    w.click_into,
                    w.click_out_of,
                    w.click_no_room,
                    w.click_in_or_out,
                ] {
                    fits(SMALL, two, &fill(text, &[esc, ""]));
                }
                for text in [
                    w.place_hand,
                    w.place_keys,
                    w.cut_hand,
                    w.cut_keys,
                    w.add_hand,
                    w.add_keys,
                ] {
                    fits(SMALL, two, &fill(text, &["1920 × 1080", w.place_esc_all]));
                }
                for text in [
                    w.devices_held,
                    w.pretended,
                    w.closed,
                    w.all_there_is,
                    w.not_shown_never,
                    w.not_shown_window,
                    w.not_shown_another,
                    w.not_shown_many,
                    w.not_moved,
                    w.too_many_cuts,
                ] {
                    fits(SMALL, two, text);
                }
            }
        }
    }
}
