//! The consent window on X11.

use kith_codec::time::{Micros, Moment};
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xinput::{
    ConnectionExt as _, EventMask as XiMask, KeyEventFlags, PointerEventFlags, XIEventMask,
};
use x11rb::protocol::xproto::{
    AtomEnum, ConnectionExt as _, CreateWindowAux, EventMask, InputFocus, PropMode, WindowClass,
};
use x11rb::wrapper::ConnectionExt as _;

use super::Question;
use super::prompt::{Choice, Prompt, Seen, Source, Touch};
use crate::guard::{Area, Point};
use crate::warden::paint::{Canvas, Rgb, Style, Type};
use crate::warden::protocol::{Answer, Purpose, Verified, Who};
use crate::warden::x11::{Screen, ScreenError};

const WIDTH: u16 = 580;
const MARGIN: i32 = 24;
/// Between the margins.
const WIDE: i32 = WIDTH as i32 - 2 * MARGIN;
/// How high the coloured ground of the question is.
const HEAD: i32 = 76;
const BUTTON: (u32, u32) = (200, 44);
/// How often the window is put on top again, if somebody else's is put there.
const RAISE_EVERY: Micros = Micros::from_millis(150);

const PAPER: Rgb = 0xfa_fafa;
const INK: Rgb = 0x1a_1a1a;
const QUIET: Rgb = 0x5c_5c5c;
const RED: Rgb = 0xb0_1020;
const AMBER: Rgb = 0x8a_5a00;
const GREEN: Rgb = 0x11_6b2c;
const WHITE: Rgb = 0xff_ffff;
const PALE: Rgb = 0xd4_d4d4;
const DARK: Rgb = 0x2b_2b2b;
/// Round the button that Enter presses.
const FOCUS: Rgb = 0x1f_6fd0;

/// A window that is shown.
#[derive(Debug)]
pub(super) struct Shown {
    window: u32,
    area: Area,
    prompt: Prompt,
    deny: Area,
    allow: Area,
    /// When to look at the clock next: it is armed, or may be raised again.
    next_at: Moment,
    raised_at: Moment,
    drawn_armed: bool,
    /// What was drawn last.
    canvas: Canvas,
}

impl Shown {
    pub(super) fn open(
        screen: &mut Screen,
        type_: &mut Type,
        question: &Question,
        now: Moment,
    ) -> Result<Self, ScreenError> {
        let prompt = Prompt::new(now);
        // Drawn once to learn how high it becomes.
        let (height, _) = draw(type_, question, &prompt, now, 2_000);
        let monitor = screen.monitor_at_pointer()?;
        let height = height.min(monitor.h);
        let x = monitor.x + (monitor.w.saturating_sub(u32::from(WIDTH)) / 2) as i32;
        let y = monitor.y + (monitor.h.saturating_sub(height) / 3) as i32;
        let area = Area::new(x, y, u32::from(WIDTH), height);
        let window = screen.conn.generate_id()?;
        let aux = CreateWindowAux::new()
            .override_redirect(1)
            .save_under(1)
            .background_pixel(PAPER)
            .event_mask(EventMask::EXPOSURE | EventMask::VISIBILITY_CHANGE);
        screen.conn.create_window(
            x11rb::COPY_DEPTH_FROM_PARENT,
            window,
            screen.root,
            x as i16,
            y as i16,
            WIDTH,
            height as u16,
            0,
            WindowClass::INPUT_OUTPUT,
            0,
            &aux,
        )?;
        // Who asks for what is nobody else's business: grey in shares of the
        // desktop, from its first moment (GUARD-10).
        screen.conn.change_property32(
            PropMode::REPLACE,
            window,
            screen.atoms._KITH_PRIVATE,
            AtomEnum::CARDINAL,
            &[1],
        )?;
        // Through XInput 2, which tells the device.
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
        screen.question = Some(window);
        screen.conn.map_window(window)?;
        let left = (area.w as i32 - MARGIN - BUTTON.0 as i32).max(0);
        let top = area.h as i32 - MARGIN - BUTTON.1 as i32;
        let mut shown = Self {
            window,
            area,
            prompt,
            deny: Area::new(MARGIN, top, BUTTON.0, BUTTON.1),
            allow: Area::new(left, top, BUTTON.0, BUTTON.1),
            next_at: prompt.armed_at(),
            raised_at: now,
            drawn_armed: false,
            canvas: Canvas::new(0, 0, PAPER),
        };
        shown.raise(screen, now)?;
        shown.take_focus(screen)?;
        shown.paint(screen, type_, question, now)?;
        Ok(shown)
    }

    pub(super) fn close(self, screen: &mut Screen) {
        screen.question = None;
        let _ = screen.conn.destroy_window(self.window);
        let _ = screen.flush();
    }

    pub(super) const fn next_at(&self) -> Moment {
        self.next_at
    }

    fn raise(&mut self, screen: &Screen, now: Moment) -> Result<(), ScreenError> {
        screen.restore(self.window, self.area)?;
        self.raised_at = now;
        Ok(())
    }

    fn take_focus(&self, screen: &Screen) -> Result<(), ScreenError> {
        // Not yet viewable is no error that matters: a click gives it later.
        let cookie = screen
            .conn
            .set_input_focus(InputFocus::POINTER_ROOT, self.window, 0u32)?;
        cookie.ignore_error();
        screen.flush()
    }

    fn paint(
        &mut self,
        screen: &Screen,
        type_: &mut Type,
        question: &Question,
        now: Moment,
    ) -> Result<(), ScreenError> {
        (_, self.canvas) = draw(type_, question, &self.prompt, now, self.area.h);
        self.drawn_armed = self.prompt.is_armed(now);
        screen.put(self.window, &self.canvas)
    }

    pub(super) fn tick(
        &mut self,
        screen: &Screen,
        type_: &mut Type,
        question: &Question,
        now: Moment,
    ) -> Result<(), ScreenError> {
        if now < self.next_at {
            return Ok(());
        }
        if !screen.is_intact(self.window, self.area, &self.canvas)? {
            self.prompt.disturbed(now);
            if now - self.raised_at >= RAISE_EVERY {
                self.raise(screen, now)?;
                self.paint(screen, type_, question, now)?;
            }
        }
        if self.drawn_armed != self.prompt.is_armed(now) {
            self.paint(screen, type_, question, now)?;
        }
        // While it is open it is looked after, armed or not.
        self.next_at = now + RAISE_EVERY;
        Ok(())
    }

    pub(super) fn handle(
        &mut self,
        screen: &mut Screen,
        type_: &mut Type,
        question: &Question,
        event: &Event,
        now: Moment,
    ) -> Result<Option<Answer>, ScreenError> {
        let (touch, source) = match event {
            Event::Expose(e) if e.window == self.window => {
                self.paint(screen, type_, question, now)?;
                return Ok(None);
            }
            Event::VisibilityNotify(e) if e.window == self.window => {
                self.next_at = now;
                return Ok(None);
            }
            Event::XinputKeyPress(e) if e.event == self.window => {
                let code = u8::try_from(e.detail).unwrap_or(0);
                let touch = if u32::from(e.flags) & u32::from(KeyEventFlags::KEY_REPEAT) != 0 {
                    Touch::Key
                } else {
                    key(screen.sym_of(code))
                };
                (touch, e.sourceid)
            }
            Event::XinputButtonPress(e) | Event::XinputButtonRelease(e)
                if e.event == self.window =>
            {
                if u32::from(e.flags) & u32::from(PointerEventFlags::POINTER_EMULATED) != 0
                    || e.detail != 1
                {
                    return Ok(None);
                }
                let at = self.choice_at(Point {
                    x: e.event_x >> 16,
                    y: e.event_y >> 16,
                });
                let touch = if matches!(event, Event::XinputButtonPress(_)) {
                    self.take_focus(screen)?;
                    Touch::Press(at)
                } else {
                    Touch::Release(at)
                };
                (touch, e.sourceid)
            }
            _ => return Ok(None),
        };
        let source = if screen.devices.is_physical(source) {
            Source::Person
        } else {
            Source::Program
        };
        let seen = match screen.is_intact(self.window, self.area, &self.canvas)? {
            true => Seen::Wholly,
            false => Seen::Covered,
        };
        let answer = self.prompt.touch(touch, source, seen, now);
        if answer.is_none() {
            self.paint(screen, type_, question, now)?;
            self.next_at = now + RAISE_EVERY;
        }
        Ok(answer)
    }

    fn choice_at(&self, p: Point) -> Option<Choice> {
        if self.allow.contains(p) {
            Some(Choice::Allow)
        } else if self.deny.contains(p) {
            Some(Choice::Deny)
        } else {
            None
        }
    }
}

/// What a key does, by its keysym.
const fn key(sym: u32) -> Touch {
    match sym {
        // Tab, Shift-Tab, Left, Right.
        0xff09 | 0xfe20 | 0xff51 | 0xff53 => Touch::Switch,
        // Return, Enter, space.
        0xff0d | 0xff8d | 0x20 => Touch::Confirm,
        0xff1b => Touch::Refuse,
        _ => Touch::Key,
    }
}

/// Draws the window at most `max` pixels high; says how high it wants to be.
fn draw(
    type_: &mut Type,
    question: &Question,
    prompt: &Prompt,
    now: Moment,
    max: u32,
) -> (u32, Canvas) {
    let (title, colour) = match question.purpose {
        Purpose::Control(_) => ("Let somebody control this computer?", RED),
        Purpose::View => ("Show your screen to somebody?", AMBER),
        Purpose::Other => ("Allow this?", AMBER),
    };
    let mut canvas = Canvas::new(WIDTH, max.min(u32::from(u16::MAX)) as u16, PAPER);
    draw_head(&mut canvas, type_, title, colour);
    let mut y = HEAD + 16;
    y = draw_who(&mut canvas, type_, y, &question.who) + 16;
    canvas.fill(MARGIN, y, WIDE, 1, PALE);
    y += 12;
    for line in &question.lines {
        canvas.fill(MARGIN, y + 8, 5, 5, colour);
        let style = Style::new(15.0, INK);
        y += canvas.write(type_, MARGIN + 16, y, WIDE - 16, 3, style, line) + 4;
    }
    y += 16;
    let wants = y + BUTTON.1 as i32 + MARGIN;
    // The buttons stay at the bottom, over whatever does not fit.
    let top = (wants.min(max as i32)) - MARGIN - BUTTON.1 as i32;
    let armed = prompt.is_armed(now);
    draw_buttons(&mut canvas, type_, top, prompt.focus, armed, colour);
    canvas.outline(0, 0, i32::from(WIDTH), wants.min(max as i32), 3, colour);
    (wants.max(1) as u32, canvas)
}

/// What is asked, on a ground of the colour that it is asked in.
fn draw_head(canvas: &mut Canvas, type_: &mut Type, title: &str, colour: Rgb) {
    canvas.fill(0, 0, i32::from(WIDTH), HEAD, colour);
    let style = Style::new(20.0, WHITE).bold();
    canvas.write(type_, MARGIN, 12, WIDE, 1, style, title);
    let keys = "Esc refuses. Tab and Enter choose. Waiting grants nothing.";
    let style = Style::new(13.0, WHITE);
    canvas.write(type_, MARGIN, 44, WIDE, 1, style, keys);
}

/// Who asks, and how sure that is, from `y` downwards; says where it ends.
fn draw_who(canvas: &mut Canvas, type_: &mut Type, mut y: i32, who: &Who) -> i32 {
    let style = Style::new(22.0, INK).bold();
    y += canvas.write(type_, MARGIN, y, WIDE, 2, style, &who.name);
    let (mark, colour) = match who.verified {
        Verified::Yes => ("✓ Verified", GREEN),
        Verified::No => (
            "✗ NOT verified: it may be somebody else with this name",
            RED,
        ),
    };
    let style = Style::new(15.0, colour).bold();
    y += canvas.write(type_, MARGIN, y + 2, WIDE, 1, style, mark);
    if let Some(organisation) = &who.organisation {
        let style = Style::new(15.0, QUIET);
        y += canvas.write(type_, MARGIN, y + 2, WIDE, 1, style, organisation);
    }
    y
}

/// Both buttons, from `top` downwards, and nothing behind them.
fn draw_buttons(
    canvas: &mut Canvas,
    type_: &mut Type,
    top: i32,
    focus: Choice,
    armed: bool,
    colour: Rgb,
) {
    let (w, h) = (BUTTON.0 as i32, BUTTON.1 as i32);
    canvas.fill(0, top - 8, i32::from(WIDTH), h + MARGIN + 8, PAPER);
    let right = i32::from(WIDTH) - MARGIN - w;
    let allow = if armed { "Allow" } else { "Allow (wait …)" };
    for (choice, x, label) in [
        (Choice::Deny, MARGIN, "Refuse"),
        (Choice::Allow, right, allow),
    ] {
        let (ground, ink) = match choice {
            Choice::Deny => (DARK, WHITE),
            Choice::Allow if armed => (PAPER, colour),
            Choice::Allow => (PAPER, PALE),
        };
        let edge = match choice {
            Choice::Deny => ground,
            Choice::Allow => ink,
        };
        canvas.fill(x, top, w, h, ground);
        canvas.outline(x, top, w, h, 2, edge);
        if focus == choice {
            canvas.outline(x - 4, top - 4, w + 8, h + 8, 3, FOCUS);
        }
        let style = Style::new(16.0, ink).bold();
        let text = Canvas::width_of(type_, style, label);
        let left = x + (w - text) / 2;
        canvas.write(type_, left, top + 11, text + 2, 1, style, label);
    }
}
