//! The frame's menu on X11: a window of its own, by mouse and by keyboard. Only
//! a person's device moves anything in it, as in a consent window.

use x11rb::protocol::Event;
use x11rb::protocol::xinput::{
    ConnectionExt as _, EventMask as XiMask, KeyEventFlags, PointerEventFlags, XIEventMask,
};
use x11rb::protocol::xproto::{
    ConfigureWindowAux, ConnectionExt as _, EventMask, InputFocus, NotifyMode, StackMode,
};

use super::menu::{Act, Row, Step, help, stepped};
use super::window::private_window;
use crate::guard::{Area, Point, ShareId};
use crate::warden::paint::{Canvas, Rgb, Style, Type};
use crate::warden::x11::{Screen, ScreenError};

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
    /// Who had the keyboard before.
    before: u32,
}

impl Board {
    /// Opens it below `title`.
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
        let whole = screen.whole()?;
        let high = HEAD + ROW * self.rows.len() as u32 + 6;
        let fits = |at: i64, len: u32, room: u32| {
            at.clamp(0, (i64::from(room) - i64::from(len)).max(0)) as i32
        };
        let below = i64::from(title.y) + i64::from(title.h);
        self.area = Area::new(
            fits(i64::from(title.x), WIDTH, whole.w),
            fits(below, high, whole.h),
            WIDTH,
            high,
        );
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
        let y = u32::try_from(at.y).ok()?.checked_sub(HEAD)?;
        let row = usize::try_from(y / ROW).ok()?;
        let inside = at.x >= 0 && at.x < WIDTH as i32;
        (inside && self.rows.get(row)?.act.is_some()).then_some(row)
    }

    fn paint(&self, screen: &Screen, type_: &mut Type) -> Result<(), ScreenError> {
        screen.put(self.window, &draw(type_, &self.rows, self.focus))
    }
}

fn draw(type_: &mut Type, rows: &[Row], focus: usize) -> Canvas {
    let high = HEAD + ROW * rows.len() as u32 + 6;
    let mut canvas = Canvas::new(WIDTH as u16, high.min(u32::from(u16::MAX)) as u16, PAPER);
    let wide = WIDTH as i32;
    canvas.fill(0, 0, wide, HEAD as i32, DARK);
    let quiet = Style::new(13.0, WHITE);
    canvas.write(type_, MARGIN, 6, wide - 2 * MARGIN, 1, quiet, help(rows));
    for (i, row) in rows.iter().enumerate() {
        let y = (HEAD + ROW * i as u32) as i32;
        let style = match row.act {
            Some(_) => Style::new(15.0, INK),
            None => Style::new(15.0, QUIET),
        };
        if i == focus && row.act.is_some() {
            canvas.outline(3, y + 1, wide - 6, ROW as i32 - 2, 2, FOCUS);
        }
        canvas.write(type_, MARGIN, y + 4, wide - 2 * MARGIN, 1, style, &row.text);
    }
    canvas.outline(0, 0, wide, high as i32, 2, DARK);
    canvas
}
