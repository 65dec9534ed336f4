//! Injecting on the frozen screen.

use kith_codec::input::{Button, Keysym, Place};
use x11rb::connection::Connection;
use x11rb::errors::ReplyError;
use x11rb::protocol::xproto::{ConnectionExt as _, GrabMode};

use super::super::hands::{Hands, Origin};
use super::super::keymap::{Chooser, Chosen, Code, Stroke, character};
use super::Screen;
use super::keyboard::{BUTTON_PRESS, BUTTON_RELEASE, KEY_PRESS, KEY_RELEASE, MOTION};
use crate::guard::keys::{Role, role};
use crate::guard::{Inject, Point, Reason, Sight};

impl Hands for Screen {
    fn freeze(&mut self) -> Result<(), Reason> {
        self.drain()?;
        if !self.heard.is_empty() {
            return Err(Reason::Local);
        }
        self.conn.grab_server()?;
        self.frozen = true;
        Ok(())
    }

    fn locate(&mut self, origin: Origin, place: Place) -> Result<Point, Reason> {
        self.locate_frozen(origin, place)
    }

    fn look(&mut self, at: Option<Point>) -> Result<Sight, Reason> {
        self.look_frozen(at)
    }

    fn act(&mut self, inject: Inject) -> Result<(), Reason> {
        match inject {
            Inject::Move(at) => self.go(at).map(|_| ()),
            Inject::Press(at, button) => {
                self.go_surely(at)?;
                let number = number_of(button);
                self.fake(BUTTON_PRESS, number, 0, 0)?;
                self.down.buttons.insert(button, number);
                Ok(())
            }
            Inject::Release(at, button) => {
                // Letting go matters more than where.
                let went = at.map_or(Ok(()), |at| self.go(at));
                if let Some(number) = self.down.buttons.remove(&button) {
                    self.down.leaving.insert(number);
                    self.fake(BUTTON_RELEASE, number, 0, 0)?;
                }
                went
            }
            Inject::Wheel { at, dx, dy } => {
                self.go_surely(at)?;
                for (steps, back, forth) in [(dy, 4, 5), (dx, 6, 7)] {
                    let button = if steps < 0 { back } else { forth };
                    for _ in 0..steps.unsigned_abs() {
                        self.fake(BUTTON_PRESS, button, 0, 0)?;
                        self.fake(BUTTON_RELEASE, button, 0, 0)?;
                    }
                }
                Ok(())
            }
            Inject::KeyDown { key, character } => self.key_down(key, character),
            Inject::KeyAgain(key) => {
                if let Some(code) = self.down.keys.get(&key).copied() {
                    self.fake(KEY_RELEASE, code, 0, 0)?;
                    self.fake(KEY_PRESS, code, 0, 0)?;
                }
                Ok(())
            }
            Inject::KeyUp(key) => {
                if let Some(code) = self.down.keys.remove(&key)
                    && !self.down.holds(code)
                {
                    self.fake(KEY_RELEASE, code, 0, 0)?;
                }
                Ok(())
            }
            Inject::Type(c) => {
                let key = Keysym::of(c).ok_or(Reason::Untypable)?;
                let stroke = self.stroke(key, Some(c))?;
                self.strike(stroke)?;
                if !self.down.holds(stroke.code) {
                    self.fake(KEY_RELEASE, stroke.code, 0, 0)?;
                }
                Ok(())
            }
            Inject::Nothing => Ok(()),
        }
    }

    fn quench(&mut self) {
        // The server repeats the key that was pressed last; letting that one
        // go ends it. A key without a meaning serves.
        if let Some(code) = self.keymap.spares().first().copied() {
            let _ = self.fake(KEY_PRESS, code, 0, 0);
            let _ = self.fake(KEY_RELEASE, code, 0, 0);
        }
    }

    fn flush(&mut self) {
        let _ = self.conn.flush();
    }

    fn thaw(&mut self) {
        if self.frozen {
            self.frozen = false;
            let _ = self.conn.ungrab_server();
            let _ = self.conn.flush();
        }
    }

    fn release_all(&mut self) {
        let down = std::mem::take(&mut self.down);
        for code in down.keys.into_values() {
            let _ = self.fake(KEY_RELEASE, code, 0, 0);
        }
        for number in down.buttons.into_values() {
            let _ = self.fake(BUTTON_RELEASE, number, 0, 0);
        }
        let _ = self.conn.flush();
    }
}

/// X's numbers; 4 to 7 are the wheel.
const fn number_of(button: Button) -> u8 {
    match button {
        Button::Main => 1,
        Button::Middle => 2,
        Button::Menu => 3,
        Button::Back => 8,
        Button::Forward => 9,
    }
}

impl Screen {
    /// Notes what the frozen look saw of the keyboard.
    pub(super) const fn note_state(&mut self, locked: u8, group: u8) {
        self.locked = locked;
        self.group = group;
    }

    fn go(&mut self, at: Point) -> Result<(), Reason> {
        let (Ok(x), Ok(y)) = (i16::try_from(at.x), i16::try_from(at.y)) else {
            return Err(Reason::OutsideArea);
        };
        self.fake(MOTION, 0, x, y)?;
        Ok(())
    }

    /// Goes there and makes sure that it is there: the sharer's mouse, or
    /// somebody's confining grab, may have moved the pointer meanwhile, and the
    /// button would be pressed where nobody looked.
    fn go_surely(&mut self, at: Point) -> Result<(), Reason> {
        self.go(at)?;
        let is = self.conn.query_pointer(self.root)?.reply()?;
        self.drain()?;
        if !self.heard.is_empty() {
            return Err(Reason::Local);
        }
        if (i32::from(is.root_x), i32::from(is.root_y)) != (at.x, at.y) {
            return Err(Reason::Raced);
        }
        Ok(())
    }

    fn key_down(&mut self, key: Keysym, typed: Option<char>) -> Result<(), Reason> {
        if let Role::Modifies(_) = role(key) {
            let code = self.keymap.modifier(key).ok_or(Reason::Untypable)?;
            if !self.down.holds(code) {
                self.fake(KEY_PRESS, code, 0, 0)?;
            }
            self.down.keys.insert(key, code);
            return Ok(());
        }
        let stroke = self.stroke(key, typed)?;
        // Another meaning of the same key is still held: it is let go first.
        if self.down.holds(stroke.code) {
            self.fake(KEY_RELEASE, stroke.code, 0, 0)?;
            self.down.keys.retain(|_, c| *c != stroke.code);
        }
        self.strike(stroke)?;
        self.down.keys.insert(key, stroke.code);
        Ok(())
    }

    /// How to type it, lending a key the meaning if none has it.
    fn stroke(&mut self, key: Keysym, typed: Option<char>) -> Result<Stroke, Reason> {
        if self.keymap_stale {
            self.read_keymap()?;
        }
        let find = |s: &Self| {
            let chosen = s.keymap.chosen(s.down.keys.values().copied());
            s.keymap.stroke(key, typed, s.group, s.locked, chosen)
        };
        if let Some(stroke) = find(self) {
            self.used(stroke.code);
            return Ok(stroke);
        }
        let c = typed
            .or_else(|| character(key.get()))
            .ok_or(Reason::Untypable)?;
        match self.borrow(c)? {
            Some(true) => find(self).ok_or(Reason::Untypable),
            Some(false) => Err(Reason::Rate),
            None => Err(Reason::Untypable),
        }
    }

    /// Presses a key with exactly the choosers it needs, and puts those that
    /// the viewer holds back as they were.
    fn strike(&mut self, stroke: Stroke) -> Result<(), Reason> {
        self.not_grabbed(stroke)?;
        let is = self.keymap.chosen(self.down.keys.values().copied());
        let changed = self.choose(is, stroke.chosen)?;
        self.fake(KEY_PRESS, stroke.code, 0, 0)?;
        for (code, press) in changed.into_iter().rev() {
            self.fake(if press { KEY_RELEASE } else { KEY_PRESS }, code, 0, 0)?;
        }
        Ok(())
    }

    /// Makes sure that nobody has bound this key with these modifiers for the
    /// whole screen: it would go there, whatever has the focus. X says so when
    /// we try to bind it too. (Bindings made through XInput 2 are not seen so.)
    fn not_grabbed(&self, stroke: Stroke) -> Result<(), Reason> {
        let held = self.down.keys.values().copied();
        let mods = u16::from(self.keymap.mask_while(held, stroke.chosen) | self.locked);
        let bound = self
            .conn
            .grab_key(
                false,
                self.root,
                mods.into(),
                stroke.code,
                GrabMode::ASYNC,
                GrabMode::ASYNC,
            )?
            .check();
        match bound {
            Ok(()) => {
                self.conn.ungrab_key(stroke.code, self.root, mods.into())?;
                Ok(())
            }
            Err(ReplyError::X11Error(_)) => Err(Reason::GrabbedKey),
            Err(e) => Err(e.into()),
        }
    }

    fn choose(&mut self, is: Chosen, wanted: Chosen) -> Result<Vec<(Code, bool)>, Reason> {
        let mut changed = Vec::new();
        for c in Chooser::ALL {
            if is.has(c) == wanted.has(c) {
                continue;
            }
            if wanted.has(c) {
                let code = self.keymap.chooser(c).ok_or(Reason::Untypable)?;
                self.fake(KEY_PRESS, code, 0, 0)?;
                changed.push((code, true));
            } else {
                // Both Shift keys may be held.
                let down: Vec<Code> = self
                    .down
                    .keys
                    .values()
                    .copied()
                    .filter(|code| self.keymap.chosen([*code].into_iter()).has(c))
                    .collect();
                for code in down {
                    self.fake(KEY_RELEASE, code, 0, 0)?;
                    changed.push((code, false));
                }
            }
        }
        Ok(changed)
    }
}
