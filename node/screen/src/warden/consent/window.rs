//! The consent window on X11.

use kith_codec::time::{Micros, Moment};
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xinput::{
    ConnectionExt as _, EventMask as XiMask, KeyEventFlags, NotifyMode, PointerEventFlags,
    XIEventMask,
};
use x11rb::protocol::xproto::{
    AtomEnum, ConnectionExt as _, CreateWindowAux, DestroyNotifyEvent, EventMask, InputFocus,
    NotifyDetail, PropMode, ReparentNotifyEvent, UnmapNotifyEvent, WindowClass,
};
use x11rb::wrapper::ConnectionExt as _;

use super::Question;
use super::draw::{BUTTON, Keyboard, MARGIN, PAPER, WIDTH, buttons, choices, draw};
use super::prompt::{Choice, Prompt, Seen, Source, Touch};
use crate::guard::{Area, Point};
use crate::look::Scale;
use crate::warden::paint::{Canvas, Type};
use crate::warden::protocol::Answer;
use crate::warden::words::Face;
use crate::warden::x11::{Screen, ScreenError};

/// How often the window is put on top again, if somebody else's is put there.
const RAISE_EVERY: Micros = Micros::from_millis(150);

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
                            | XIEventMask::BUTTON_RELEASE
                            | XIEventMask::MOTION
                            | XIEventMask::ENTER,
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
            // Put here by a program, under a click that was meant for elsewhere: what
            // a hand moves names its device. Or let go by whoever had it.
            Event::XinputMotion(e)
                if e.event == self.window && !screen.devices.is_persons(e.sourceid) =>
            {
                return Ok(self.pointer_came(now));
            }
            Event::XinputEnter(e) if e.event == self.window && e.mode != NotifyMode::NORMAL => {
                return Ok(self.pointer_came(now));
            }
            Event::XinputKeyPress(e) if e.event == self.window => {
                let code = u8::try_from(e.detail).unwrap_or(0);
                let touch = if u32::from(e.flags) & u32::from(KeyEventFlags::KEY_REPEAT) != 0 {
                    Touch::Key
                } else {
                    touch_of(screen, code)
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

    /// It wasn't a hand that brought the pointer: the time begins anew.
    fn pointer_came(&mut self, now: Moment) -> Option<Answer> {
        self.prompt.disturbed(now);
        self.next_at = now;
        None
    }

    fn choice_at(&self, p: Point) -> Option<Choice> {
        let at = self.buttons.iter().find(|(_, area)| area.contains(p));
        at.map(|(choice, _)| *choice)
    }
}

/// What a key does. A program may have given it another meaning, to be pressed by
/// somebody who types: but for refusing, only what it meant from the first counts.
fn touch_of(screen: &mut Screen, code: u8) -> Touch {
    let (first, now) = (key(screen.first_sym_of(code)), key(screen.sym_of(code)));
    match first == now || first == Touch::Refuse {
        true => first,
        false if now == Touch::Refuse => now,
        false => Touch::Key,
    }
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
