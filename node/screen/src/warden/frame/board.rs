//! The frame's menu on X11: a window of its own, by mouse and by keyboard. Only
//! a person's device moves anything in it, as in a consent window.

use x11rb::protocol::Event;
use x11rb::protocol::xinput::{
    ConnectionExt as _, EventMask as XiMask, KeyEventFlags, PointerEventFlags, XIEventMask,
};
use x11rb::protocol::xproto::{
    ConfigureWindowAux, ConnectionExt as _, EventMask, InputFocus, NotifyMode, StackMode,
};

use super::layout::{home, menu};
use super::menu::{Act, Row, Step, help, stepped};
use super::window::private_window;
use crate::guard::{Area, Point, ShareId};
use crate::look::Scale;
use crate::warden::paint::{Canvas, Rgb, Style, Type};
use crate::warden::words::Face;
use crate::warden::x11::{Screen, ScreenError};

/// Lengths at the usual size, in pixels.
const WIDTH: u32 = 420;
const HEAD: u32 = 30;
const ROW: u32 = 28;
const MARGIN: i32 = 12;

const PAPER: Rgb = 0xfa_fafa;
const INK: Rgb = 0x1a_1a1a;
const QUIET: Rgb = 0x5c_5c5c;
const DARK: Rgb = 0x2b_2b2b;
const WHITE: Rgb = 0xff_ffff;
const FOCUS: Rgb = 0x1f_6fd0;

/// What a person did in the menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Done {
    Act(Act),
    Close,
}

#[derive(Debug)]
pub(super) struct Board {
    pub(super) share: ShareId,
    window: u32,
    area: Area,
    rows: Vec<Row>,
    focus: usize,
    pressed: Option<usize>,
    /// Language, and the size it has room for.
    face: Face,
    /// Who had the keyboard before.
    before: u32,
}

impl Board {
    /// Opens it beside `title`.
    pub(super) fn open(
        screen: &Screen,
        type_: &mut Type,
        share: ShareId,
        rows: Vec<Row>,
        title: Area,
    ) -> Result<Self, ScreenError> {
        let before = screen.conn.get_input_focus()?.reply()?.focus;
        let window = private_window(screen, EventMask::EXPOSURE | EventMask::FOCUS_CHANGE)?;
        screen
            .conn
            .xinput_xi_select_events(
                window,
                &[XiMask {
                    deviceid: 1,
                    mask: vec![
                        XIEventMask::KEY_PRESS
                            | XIEventMask::BUTTON_PRESS
                            | XIEventMask::BUTTON_RELEASE,
                    ],
                }],
            )?
            .check()?;
        let mut board = Self {
            share,
            window,
            area: title,
            focus: stepped(&rows, 0, Step::First),
            rows,
            pressed: None,
            face: screen.face,
            before,
        };
        board.place(screen, title)?;
        screen.conn.map_window(window)?;
        let cookie = screen
            .conn
            .set_input_focus(InputFocus::POINTER_ROOT, window, 0u32)?;
        // Not yet viewable is no error that matters: a click does it too.
        cookie.ignore_error();
        board.paint(screen, type_)?;
        Ok(board)
    }

    pub(super) fn close(self, screen: &Screen) {
        let c = &screen.conn;
        let mine = c
            .get_input_focus()
            .ok()
            .and_then(|cookie| cookie.reply().ok())
            .is_some_and(|r| r.focus == self.window);
        let _ = c.destroy_window(self.window);
        if mine && let Ok(cookie) = c.set_input_focus(InputFocus::POINTER_ROOT, self.before, 0u32) {
            // It may be gone by now.
            cookie.ignore_error();
        }
        let _ = screen.flush();
    }

    fn place(&mut self, screen: &Screen, title: Area) -> Result<(), ScreenError> {
        let home = home(title, &screen.monitors()?, screen.whole()?);
        let high = high(&self.rows);
        let scale = screen.face.scale.fitting(WIDTH, home.w);
        let scale = scale.fitting(high, home.h);
        self.face = Face {
            scale,
            ..screen.face
        };
        self.area = menu(title, (scale.side(WIDTH), scale.side(high)), home);
        let a = self.area;
        let to = ConfigureWindowAux::new()
            .x(a.x)
            .y(a.y)
            .width(a.w)
            .height(a.h)
            .stack_mode(StackMode::ABOVE);
        screen.conn.configure_window(self.window, &to)?;
        Ok(())
    }

    /// The rows as they are now.
    pub(super) fn update(
        &mut self,
        screen: &Screen,
        type_: &mut Type,
        rows: Vec<Row>,
        title: Area,
    ) -> Result<(), ScreenError> {
        if rows != self.rows {
            // What was under the finger may be something else now.
            self.pressed = None;
            let act = self.rows.get(self.focus).and_then(|r| r.act);
            let same = rows.iter().position(|r| r.act.is_some() && r.act == act);
            self.focus = same.unwrap_or_else(|| stepped(&rows, 0, Step::First));
            self.rows = rows;
            self.place(screen, title)?;
            self.paint(screen, type_)?;
        }
        if screen.covers(self.window, self.area)? {
            let top = ConfigureWindowAux::new().stack_mode(StackMode::ABOVE);
            screen.conn.configure_window(self.window, &top)?;
            screen.raise_question()?;
        }
        Ok(())
    }

    /// Looks at an event.
    pub(super) fn handle(
        &mut self,
        screen: &mut Screen,
        type_: &mut Type,
        event: &Event,
    ) -> Result<Option<Done>, ScreenError> {
        match event {
            Event::Expose(e) if e.window == self.window => self.paint(screen, type_)?,
            // Somebody clicked elsewhere; a grab that comes and goes is no such thing.
            Event::FocusOut(e) if e.event == self.window && e.mode == NotifyMode::NORMAL => {
                return Ok(Some(Done::Close));
            }
            Event::XinputKeyPress(e)
                if e.event == self.window && screen.devices.is_persons(e.sourceid) =>
            {
                let repeats = u32::from(e.flags) & u32::from(KeyEventFlags::KEY_REPEAT) != 0;
                let sym = screen.sym_of(u8::try_from(e.detail).unwrap_or(0));
                return self.key(screen, type_, sym, repeats);
            }
            Event::XinputButtonPress(e) | Event::XinputButtonRelease(e)
                if e.event == self.window && screen.devices.is_persons(e.sourceid) =>
            {
                let emulated =
                    u32::from(e.flags) & u32::from(PointerEventFlags::POINTER_EMULATED) != 0;
                if emulated || e.detail != 1 {
                    return Ok(None);
                }
                let at = self.row_at(Point {
                    x: e.event_x >> 16,
                    y: e.event_y >> 16,
                });
                if matches!(event, Event::XinputButtonPress(_)) {
                    self.pressed = at;
                    if let Some(row) = at {
                        self.focus = row;
                        self.paint(screen, type_)?;
                    }
                } else if let Some(row) = self.pressed.take().filter(|row| at == Some(*row)) {
                    return Ok(self.act(row));
                }
            }
            _ => {}
        }
        Ok(None)
    }

    fn key(
        &mut self,
        screen: &Screen,
        type_: &mut Type,
        sym: u32,
        repeats: bool,
    ) -> Result<Option<Done>, ScreenError> {
        let step = match sym {
            // Down and Tab; Up and Shift-Tab; Home; End.
            0xff54 | 0xff09 => Step::Next,
            0xff52 | 0xfe20 => Step::Previous,
            0xff50 => Step::First,
            0xff57 => Step::Last,
            // Return, Enter, space.
            0xff0d | 0xff8d | 0x20 if !repeats => return Ok(self.act(self.focus)),
            0xff1b => return Ok(Some(Done::Close)),
            _ => return Ok(None),
        };
        self.focus = stepped(&self.rows, self.focus, step);
        self.paint(screen, type_)?;
        Ok(None)
    }

    fn act(&self, row: usize) -> Option<Done> {
        Some(Done::Act(self.rows.get(row)?.act?))
    }

    fn row_at(&self, at: Point) -> Option<usize> {
        let scale = self.face.scale;
        let row = (0..self.rows.len())
            .find(|row| (top(*row, scale)..top(row + 1, scale)).contains(&at.y))?;
        let inside = at.x >= 0 && at.x < self.area.w as i32;
        (inside && self.rows.get(row)?.act.is_some()).then_some(row)
    }

    fn paint(&self, screen: &Screen, type_: &mut Type) -> Result<(), ScreenError> {
        screen.put(self.window, &draw(type_, &self.rows, self.focus, self.face))
    }
}

/// How high it is at the usual size.
fn high(rows: &[Row]) -> u32 {
    HEAD + ROW * rows.len() as u32 + 6
}

/// Where a row begins.
fn top(row: usize, scale: Scale) -> i32 {
    scale.px((HEAD + ROW * row as u32) as i32)
}

/// What keys do.
const HELP: Style = Style::new(13.0, WHITE);
/// A row.
const TEXT: Style = Style::new(15.0, INK);

fn draw(type_: &mut Type, rows: &[Row], focus: usize, Face { words, scale }: Face) -> Canvas {
    let px = |length| scale.px(length);
    let side = |length| scale.side(length).min(u32::from(u16::MAX));
    let (wide, high) = (side(WIDTH), side(high(rows)));
    let mut canvas = Canvas::new(wide as u16, high as u16, PAPER);
    let (wide, room) = (wide as i32, px(WIDTH as i32 - 2 * MARGIN));
    canvas.fill(0, 0, wide, px(HEAD as i32), DARK);
    let help = help(rows, words);
    canvas.write(type_, px(MARGIN), px(6), room, 1, HELP.at(scale), help);
    for (i, row) in rows.iter().enumerate() {
        let y = top(i, scale);
        let style = match row.act {
            Some(_) => TEXT,
            None => TEXT.coloured(QUIET),
        };
        if i == focus && row.act.is_some() {
            let within = (wide - px(6), px(ROW as i32 - 2));
            canvas.outline(px(3), y + px(1), within.0, within.1, px(2), FOCUS);
        }
        canvas.write(
            type_,
            px(MARGIN),
            y + px(4),
            room,
            1,
            style.at(scale),
            &row.text,
        );
    }
    canvas.outline(0, 0, wide, high as i32, px(2), DARK);
    canvas
}

#[cfg(test)]
mod tests {
    use super::super::menu::texts;
    use super::*;
    use crate::look::{Language, Look};

    /// UI-1: each row has room on its line; what is put in comes last and may be
    /// cut.
    #[test]
    fn every_row_fits_in_every_language() {
        let mut type_ = Type::load();
        for language in Language::ALL {
            let Face { words, .. } = Look {
                language,
                ..Look::default()
            }
            .into();
            for scale in [100, 200].map(Scale::percent) {
                let mut fits = |style: Style, text: &str| {
                    let wide = Canvas::width_of(&mut type_, style.at(scale), text);
                    let room = scale.px(WIDTH as i32 - 2 * MARGIN);
                    assert!(
                        !type_.has_all_of(text) || wide <= room,
                        "{wide} > {room}: {text}"
                    );
                };
                fits(HELP, words.menu_help);
                fits(HELP, words.menu_help_all);
                for text in texts(words) {
                    fits(TEXT, text);
                }
            }
        }
    }
}
