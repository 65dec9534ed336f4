//! The consent window on X11.

use kith_codec::time::{Micros, Moment};
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xinput::{
    ConnectionExt as _, EventMask as XiMask, KeyEventFlags, PointerEventFlags, XIEventMask,
};
use x11rb::protocol::xproto::{
    AtomEnum, ConnectionExt as _, CreateWindowAux, DestroyNotifyEvent, EventMask, InputFocus,
    NotifyDetail, PropMode, ReparentNotifyEvent, UnmapNotifyEvent, WindowClass,
};
use x11rb::wrapper::ConnectionExt as _;

use super::prompt::{Choice, Choices, Prompt, Seen, Source, THREE, TWO, Touch};
use super::{Escape, Question};
use crate::guard::{Area, Point};
use crate::look::Scale;
use crate::warden::paint::{Canvas, Rgb, Style, Type};
use crate::warden::protocol::{Answer, Purpose, Verified};
use crate::warden::words::{Face, Words};
use crate::warden::x11::{Screen, ScreenError, Shortcut};

/// Lengths at the usual size, in pixels.
const WIDTH: u32 = 580;
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
    /// Language and size since it was opened.
    face: Face,
    /// What was drawn last.
    canvas: Canvas,
    /// How often programs had pressed on devices of hands when this was opened.
    fakes: Option<u64>,
    /// How often devices had come or gone when it was last touched.
    devices: u64,
}

impl Shown {
    pub(super) fn open(
        screen: &mut Screen,
        type_: &mut Type,
        question: &Question,
        now: Moment,
    ) -> Result<Self, ScreenError> {
        let prompt = Prompt::new(choices(&question.purpose), now);
        let monitor = screen.monitor_at_pointer()?;
        let mut face = screen.face;
        face.scale = face.scale.fitting(WIDTH, monitor.w);
        let state = (&prompt, Keyboard::Here);
        // Drawn to learn how high it becomes: rather smaller than cut.
        let high = |type_: &mut Type, face| draw(type_, question, state, face, now, 4_000).0;
        let wants = high(type_, face) * 100 / u32::from(face.scale.get());
        let fits = face.scale.fitting(wants, monitor.h);
        face.scale = fits.max(face.scale.min(Scale::default()));
        let (width, height) = (face.scale.side(WIDTH), high(type_, face).min(monitor.h));
        let x = monitor.x + (monitor.w.saturating_sub(width) / 2) as i32;
        let y = monitor.y + (monitor.h.saturating_sub(height) / 3) as i32;
        let area = Area::new(x, y, width, height);
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
            width as u16,
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
            // A program may have destroyed it already: that is told.
            .ignore_error();
        screen.question = Some(window);
        let focus_before = screen.conn.get_input_focus()?.reply()?.focus;
        screen.conn.map_window(window)?;
        let top = area.h as i32 - face.scale.px(BUTTON.1 as i32 + MARGIN);
        let mut shown = Self {
            window,
            area,
            prompt,
            buttons: buttons(prompt.choices, top, face.scale),
            next_at: prompt.armed_at(),
            raised_at: now,
            focus_before,
            drawn_armed: false,
            keyboard: Keyboard::Here,
            face,
            canvas: Canvas::new(0, 0, PAPER),
            fakes: screen.fakes(),
            devices: screen.devices.changes,
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
        (_, self.canvas) = draw(type_, question, state, self.face, now, self.area.h);
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
    ) -> Result<Option<Answer>, ScreenError> {
        if now < self.next_at {
            return Ok(None);
        }
        // Whoever hid it may have made more events than are kept.
        if screen.places(&[self.window])? == [None] {
            return Ok(Some(Answer::Closed));
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
        Ok(None)
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
            // Any program may close any window: nobody answers one that isn't there.
            Event::UnmapNotify(UnmapNotifyEvent { window, .. })
            | Event::DestroyNotify(DestroyNotifyEvent { window, .. })
            | Event::ReparentNotify(ReparentNotifyEvent { window, .. })
                if *window == self.window =>
            {
                return Ok(Some(Answer::Closed));
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
        let seen = match screen.is_intact(self.window, self.area, &self.canvas)? {
            true => Seen::Wholly,
            false => Seen::Covered,
        };
        // The X server lets go for a mouse that is pulled out: nobody's press. With
        // what was just asked it has told that too.
        screen.drain()?;
        if self.devices != screen.devices.changes {
            self.devices = screen.devices.changes;
            self.prompt.disturbed(now);
        }
        let source = if screen.devices.is_persons(source) {
            Source::Person
        } else {
            Source::Program
        };
        if source == Source::Person && (self.fakes.is_none() || screen.fakes() != self.fakes) {
            return Ok(Some(Answer::Pretended));
        }
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
fn buttons(choices: Choices, top: i32, scale: Scale) -> Vec<(Choice, Area)> {
    let (w, h) = (scale.side(BUTTON.0), scale.side(BUTTON.1));
    let wide = scale.px(WIDE) - w as i32;
    let gaps = choices.len().saturating_sub(1).max(1) as i32;
    let at = choices.iter().zip(0..).map(|(choice, n)| {
        let left = scale.px(MARGIN) + wide * n / gaps;
        (*choice, Area::new(left, top, w, h))
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
    face: Face,
    now: Moment,
    max: u32,
) -> (u32, Canvas) {
    let Face { words, scale } = face;
    let px = |length| scale.px(length);
    let (title, colour) = match question.purpose {
        Purpose::Control(_) | Purpose::Wish(_) => (words.ask_control, RED),
        Purpose::View => (words.ask_view, AMBER),
        Purpose::Other => (words.ask_command, AMBER),
    };
    let width = scale.side(WIDTH).min(u32::from(u16::MAX)) as u16;
    let mut canvas = Canvas::new(width, max.min(u32::from(u16::MAX)) as u16, PAPER);
    let keys = keys(words, question.escape, keyboard);
    draw_head(&mut canvas, type_, (title, keys), colour, scale);
    let mut y = px(HEAD + 16);
    y = draw_who(&mut canvas, type_, y, question, face) + px(16);
    canvas.fill(px(MARGIN), y, px(WIDE), px(1).max(1), PALE);
    y += px(12);
    for line in &question.lines {
        canvas.fill(px(MARGIN), y + px(8), px(5), px(5), colour);
        let (x, wide) = (px(MARGIN + 16), px(WIDE - 16));
        y += canvas.write(type_, x, y, wide, 3, LINE.at(scale), line) + px(4);
    }
    y += px(16);
    let wants = y + px(BUTTON.1 as i32 + MARGIN);
    // The buttons stay at the bottom, over whatever does not fit.
    let top = (wants.min(max as i32)) - px(BUTTON.1 as i32 + MARGIN);
    draw_buttons(
        &mut canvas,
        type_,
        top,
        (prompt, keyboard),
        prompt.is_armed(now),
        (colour, face),
    );
    let wide = i32::from(canvas.width);
    canvas.outline(0, 0, wide, wants.min(max as i32), px(3), colour);
    (wants.max(1) as u32, canvas)
}

/// What keys do here, or how they come to do something here.
const fn keys(words: &Words, escape: Escape, keyboard: Keyboard) -> &'static str {
    match (keyboard, escape) {
        (Keyboard::Here, Escape::Refuses) => words.esc_refuses,
        (Keyboard::Here, Escape::Panics) => words.esc_panics,
        (Keyboard::Elsewhere(Shortcut::Heard), _) => words.keyboard_shortcut,
        (Keyboard::Elsewhere(Shortcut::Taken), _) => words.keyboard_taken,
    }
}

/// The title of a question.
const TITLE: Style = Style::new(20.0, WHITE).bold();
/// What keys do.
const HELP: Style = Style::new(13.0, WHITE);
/// Whether somebody is verified.
const MARK: Style = Style::new(15.0, INK).bold();
/// What is granted: three rows of it at most.
const LINE: Style = Style::new(15.0, INK);
/// What stands on a button.
const LABEL: Style = Style::new(16.0, INK).bold();

/// What is asked, on a ground of the colour that it is asked in.
fn draw_head(
    canvas: &mut Canvas,
    type_: &mut Type,
    (title, keys): (&str, &str),
    colour: Rgb,
    scale: Scale,
) {
    let px = |length| scale.px(length);
    canvas.fill(0, 0, i32::from(canvas.width), px(HEAD), colour);
    let (x, wide) = (px(MARGIN), px(WIDE));
    canvas.write(type_, x, px(12), wide, 1, TITLE.at(scale), title);
    canvas.write(type_, x, px(44), wide, 1, HELP.at(scale), keys);
}

/// Who asks, and how sure that is, from `y` downwards; says where it ends.
fn draw_who(
    canvas: &mut Canvas,
    type_: &mut Type,
    mut y: i32,
    question: &Question,
    Face { words, scale }: Face,
) -> i32 {
    let who = &question.who;
    let (x, wide, gap) = (scale.px(MARGIN), scale.px(WIDE), scale.px(2));
    let style = Style::new(22.0, INK).bold().at(scale);
    y += canvas.write(type_, x, y, wide, 2, style, &who.name);
    let mark = match (&question.purpose, who.verified) {
        // There the name says what is to happen, not who asks.
        (Purpose::Other, _) => None,
        (_, Verified::Yes) => Some((words.verified, GREEN)),
        (_, Verified::No) => Some((words.not_verified, RED)),
    };
    if let Some((mark, colour)) = mark {
        let style = MARK.coloured(colour).at(scale);
        y += canvas.write(type_, x, y + gap, wide, 1, style, mark);
    }
    if let Some(organisation) = &who.organisation {
        let style = Style::new(15.0, QUIET).at(scale);
        y += canvas.write(type_, x, y + gap, wide, 1, style, organisation);
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
    (colour, Face { words, scale }): (Rgb, Face),
) {
    let px = |length| scale.px(length);
    let below = px(BUTTON.1 as i32 + MARGIN + 8);
    canvas.fill(0, top - px(8), i32::from(canvas.width), below, PAPER);
    for (choice, area) in buttons(prompt.choices, top, scale) {
        let (x, w, h) = (area.x, area.w as i32, area.h as i32);
        let label = match (choice, prompt.choices.len()) {
            (Choice::Deny, _) => words.refuse,
            (Choice::View, _) => words.only_view,
            (Choice::Allow, _) if !armed => words.wait,
            (Choice::Allow, 2) => words.allow,
            (Choice::Allow, _) => words.allow_control,
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
        canvas.outline(x, top, w, h, px(2), edge);
        if prompt.focus == choice && keyboard == Keyboard::Here {
            let (out, both) = (px(4), px(8));
            canvas.outline(x - out, top - out, w + both, h + both, px(3), FOCUS);
        }
        let style = LABEL.coloured(ink).at(scale);
        let text = Canvas::width_of(type_, style, label);
        let left = x + (w - text) / 2;
        canvas.write(type_, left, top + px(11), text + 2, 1, style, label);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::look::{Language, Look};

    /// UI-1: what has one line has room on it, and what stands on a button on
    /// that, at every size, also where the letters of the machine are wide.
    #[test]
    fn every_text_fits_its_place_in_every_language() {
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
                    // Where no font has Chinese, there is nothing to measure.
                    let known = type_.has_all_of(text);
                    assert!(!known || wide <= scale.px(room), "{wide} > {room}: {text}");
                };
                for text in [w.ask_control, w.ask_view, w.ask_command] {
                    fits(TITLE, WIDE, text);
                }
                let keys = [
                    w.esc_refuses,
                    w.esc_panics,
                    w.keyboard_shortcut,
                    w.keyboard_taken,
                ];
                for text in keys {
                    fits(HELP, WIDE, text);
                }
                for text in [w.verified, w.not_verified] {
                    fits(MARK, WIDE, text);
                }
                // A row is left for where words end before it does.
                fits(LINE, 2 * (WIDE - 16), w.as_you);
                for text in [w.refuse, w.only_view, w.wait, w.allow, w.allow_control] {
                    fits(LABEL, BUTTON.0 as i32 - 8, text);
                }
            }
        }
    }
}
