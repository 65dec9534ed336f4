//! The consent window on X11.

use kith_codec::time::{Micros, Moment};
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xinput::{
    ConnectionExt as _, EventMask as XiMask, KeyEventFlags, PointerEventFlags, XIEventMask,
};
use x11rb::protocol::xproto::{
    AtomEnum, ConnectionExt as _, CreateWindowAux, EventMask, InputFocus, NotifyDetail, PropMode,
    WindowClass,
};
use x11rb::wrapper::ConnectionExt as _;

use super::prompt::{Choice, Choices, Prompt, Seen, Source, THREE, TWO, Touch};
use super::{Escape, Question};
use crate::guard::{Area, Point};
use crate::warden::paint::{Canvas, Rgb, Style, Type};
use crate::warden::protocol::{Answer, Purpose, Verified};
use crate::warden::x11::{Screen, ScreenError, Shortcut};

const WIDTH: u16 = 580;
const MARGIN: i32 = 24;
/// Between the margins.
const WIDE: i32 = WIDTH as i32 - 2 * MARGIN;
/// How high the coloured ground of the question is.
const HEAD: i32 = 76;
const BUTTON: (u32, u32) = (164, 44);
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

/// Where the keyboard is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keyboard {
    /// In this window.
    Here,
    /// In somebody else's. Kith's shortcut brings it here, if no other program
    /// has taken that.
    Elsewhere(Shortcut),
}

/// A window that is shown.
#[derive(Debug)]
pub(super) struct Shown {
    window: u32,
    area: Area,
    prompt: Prompt,
    buttons: Vec<(Choice, Area)>,
    /// When to look at the clock next: it is armed, or may be raised again.
    next_at: Moment,
    raised_at: Moment,
    /// Which window had the keyboard before.
    focus_before: u32,
    drawn_armed: bool,
    keyboard: Keyboard,
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
        let prompt = Prompt::new(choices(&question.purpose), now);
        // Drawn once to learn how high it becomes.
        let (height, _) = draw(type_, question, (&prompt, Keyboard::Here), now, 2_000);
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
            .event_mask(
                EventMask::EXPOSURE | EventMask::VISIBILITY_CHANGE | EventMask::FOCUS_CHANGE,
            );
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
        let focus_before = screen.conn.get_input_focus()?.reply()?.focus;
        screen.conn.map_window(window)?;
        let top = area.h as i32 - MARGIN - BUTTON.1 as i32;
        let mut shown = Self {
            window,
            area,
            prompt,
            buttons: buttons(prompt.choices, top),
            next_at: prompt.armed_at(),
            raised_at: now,
            focus_before,
            drawn_armed: false,
            keyboard: Keyboard::Here,
            canvas: Canvas::new(0, 0, PAPER),
        };
        shown.raise(screen, now)?;
        shown.take_focus(screen)?;
        shown.paint(screen, type_, question, now)?;
        Ok(shown)
    }

    pub(super) fn close(self, screen: &mut Screen) {
        screen.question = None;
        // Who has gone on elsewhere meanwhile goes on typing there: that may be
        // a password, and the window from before a shared one.
        let focus = screen.conn.get_input_focus().map(|cookie| cookie.reply());
        let still_here = matches!(focus, Ok(Ok(at)) if at.focus == self.window);
        let _ = screen.conn.destroy_window(self.window);
        let (revert, before) = (InputFocus::POINTER_ROOT, self.focus_before);
        if still_here && let Ok(cookie) = screen.conn.set_input_focus(revert, before, 0u32) {
            // That window may be gone, and with it the error of no matter.
            cookie.ignore_error();
        }
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
        let state = (&self.prompt, self.keyboard);
        (_, self.canvas) = draw(type_, question, state, now, self.area.h);
        self.drawn_armed = self.prompt.is_armed(now);
        screen.put(self.window, &self.canvas)
    }

    /// A person wants to answer: the window comes to the top and gets the
    /// keyboard, unless it has it.
    pub(super) fn recall(&mut self, screen: &Screen, now: Moment) -> Result<(), ScreenError> {
        // Asked for: that it went is perhaps not told yet.
        if screen.conn.get_input_focus()?.reply()?.focus == self.window {
            return Ok(());
        }
        self.raise(screen, now)?;
        self.take_focus(screen)?;
        // Looked after at once: what lay above it may have drawn in it.
        self.next_at = now;
        Ok(())
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
            // The pointer is in here, and the keyboard at what lies behind: nothing
            // is typed here for that.
            Event::FocusIn(e) | Event::FocusOut(e)
                if e.event == self.window && e.detail == NotifyDetail::POINTER =>
            {
                return Ok(None);
            }
            Event::FocusIn(e) if e.event == self.window => {
                self.keyboard = Keyboard::Here;
                self.prompt.keyboard_came(now);
                self.paint(screen, type_, question, now)?;
                return Ok(None);
            }
            Event::FocusOut(e) if e.event == self.window => {
                self.keyboard = Keyboard::Elsewhere(screen.shortcut);
                self.paint(screen, type_, question, now)?;
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
        let source = if screen.devices.is_persons(source) {
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
        let at = self.buttons.iter().find(|(_, area)| area.contains(p));
        at.map(|(choice, _)| *choice)
    }
}

/// What can be answered.
const fn choices(purpose: &Purpose) -> Choices {
    match purpose {
        Purpose::Control(_) | Purpose::Wish(_) => THREE,
        Purpose::View | Purpose::Other => TWO,
    }
}

/// Where the buttons are: the first at the left edge, the last at the right.
fn buttons(choices: Choices, top: i32) -> Vec<(Choice, Area)> {
    let wide = i32::from(WIDTH) - 2 * MARGIN - BUTTON.0 as i32;
    let gaps = choices.len().saturating_sub(1).max(1) as i32;
    let at = choices.iter().zip(0..).map(|(choice, n)| {
        let left = MARGIN + wide * n / gaps;
        (*choice, Area::new(left, top, BUTTON.0, BUTTON.1))
    });
    at.collect()
}

/// What a key does, by its keysym.
const fn key(sym: u32) -> Touch {
    match sym {
        // Tab, Right.
        0xff09 | 0xff53 => Touch::Switch,
        // Shift-Tab, Left.
        0xfe20 | 0xff51 => Touch::Back,
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
    (prompt, keyboard): (&Prompt, Keyboard),
    now: Moment,
    max: u32,
) -> (u32, Canvas) {
    let (title, colour) = match question.purpose {
        Purpose::Control(_) | Purpose::Wish(_) => ("Let somebody control this computer?", RED),
        Purpose::View => ("Show your screen to somebody?", AMBER),
        Purpose::Other => ("A command wants to do this. Allow it?", AMBER),
    };
    let mut canvas = Canvas::new(WIDTH, max.min(u32::from(u16::MAX)) as u16, PAPER);
    let keys = keys(question.escape, keyboard);
    draw_head(&mut canvas, type_, (title, keys), colour);
    let mut y = HEAD + 16;
    y = draw_who(&mut canvas, type_, y, question) + 16;
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
    draw_buttons(
        &mut canvas,
        type_,
        top,
        (prompt, keyboard),
        prompt.is_armed(now),
        colour,
    );
    canvas.outline(0, 0, i32::from(WIDTH), wants.min(max as i32), 3, colour);
    (wants.max(1) as u32, canvas)
}

/// What keys do here, or how they come to do something here.
const fn keys(escape: Escape, keyboard: Keyboard) -> &'static str {
    match (keyboard, escape) {
        (Keyboard::Here, Escape::Refuses) => {
            "Esc refuses. Tab and Enter choose. Waiting grants nothing."
        }
        (Keyboard::Here, Escape::Panics) => {
            "Esc refuses and ends all control. Tab and Enter choose."
        }
        (Keyboard::Elsewhere(Shortcut::Heard), _) => {
            "The keyboard is elsewhere: Super+K or a click brings it here."
        }
        (Keyboard::Elsewhere(Shortcut::Taken), _) => {
            "The keyboard is elsewhere: a click, or “kith allow”, brings it here."
        }
    }
}

/// What is asked, on a ground of the colour that it is asked in.
fn draw_head(canvas: &mut Canvas, type_: &mut Type, (title, keys): (&str, &str), colour: Rgb) {
    canvas.fill(0, 0, i32::from(WIDTH), HEAD, colour);
    let style = Style::new(20.0, WHITE).bold();
    canvas.write(type_, MARGIN, 12, WIDE, 1, style, title);
    let style = Style::new(13.0, WHITE);
    canvas.write(type_, MARGIN, 44, WIDE, 1, style, keys);
}

/// Who asks, and how sure that is, from `y` downwards; says where it ends.
fn draw_who(canvas: &mut Canvas, type_: &mut Type, mut y: i32, question: &Question) -> i32 {
    let who = &question.who;
    let style = Style::new(22.0, INK).bold();
    y += canvas.write(type_, MARGIN, y, WIDE, 2, style, &who.name);
    let mark = match (&question.purpose, who.verified) {
        // There the name says what is to happen, not who asks.
        (Purpose::Other, _) => None,
        (_, Verified::Yes) => Some(("✓ Verified", GREEN)),
        (_, Verified::No) => Some((
            "✗ NOT verified: it may be somebody else with this name",
            RED,
        )),
    };
    if let Some((mark, colour)) = mark {
        let style = Style::new(15.0, colour).bold();
        y += canvas.write(type_, MARGIN, y + 2, WIDE, 1, style, mark);
    }
    if let Some(organisation) = &who.organisation {
        let style = Style::new(15.0, QUIET);
        y += canvas.write(type_, MARGIN, y + 2, WIDE, 1, style, organisation);
    }
    y
}

/// All buttons, from `top` downwards, and nothing behind them.
fn draw_buttons(
    canvas: &mut Canvas,
    type_: &mut Type,
    top: i32,
    (prompt, keyboard): (&Prompt, Keyboard),
    armed: bool,
    colour: Rgb,
) {
    let (w, h) = (BUTTON.0 as i32, BUTTON.1 as i32);
    canvas.fill(0, top - 8, i32::from(WIDTH), h + MARGIN + 8, PAPER);
    for (choice, area) in buttons(prompt.choices, top) {
        let x = area.x;
        let label = match (choice, prompt.choices.len()) {
            (Choice::Deny, _) => "Refuse",
            (Choice::View, _) => "Only view",
            (Choice::Allow, _) if !armed => "Allow (wait …)",
            (Choice::Allow, 2) => "Allow",
            (Choice::Allow, _) => "Allow control",
        };
        let (ground, ink) = match choice {
            Choice::Deny => (DARK, WHITE),
            Choice::View if armed => (PAPER, INK),
            Choice::Allow if armed => (PAPER, colour),
            Choice::View | Choice::Allow => (PAPER, PALE),
        };
        let edge = match choice {
            Choice::Deny => ground,
            Choice::View | Choice::Allow => ink,
        };
        canvas.fill(x, top, w, h, ground);
        canvas.outline(x, top, w, h, 2, edge);
        if prompt.focus == choice && keyboard == Keyboard::Here {
            canvas.outline(x - 4, top - 4, w + 8, h + 8, 3, FOCUS);
        }
        let style = Style::new(16.0, ink).bold();
        let text = Canvas::width_of(type_, style, label);
        let left = x + (w - text) / 2;
        canvas.write(type_, left, top + 11, text + 2, 1, style, label);
    }
}
