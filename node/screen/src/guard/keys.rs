//! Which keys a viewer may press (GUARD-4, GUARD-5; rule R5).

use kith_codec::input::Keysym;

use super::limits::{Allow, Keys, Limits};
use super::reason::Reason;

/// A key that modifies others while held, as far as it is pressed for a viewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Modifier {
    /// Shift.
    Shift,
    /// Control.
    Control,
    /// Alt, and Meta, which X keyboards have in its place.
    Alt,
}

impl Modifier {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::Shift, Self::Control, Self::Alt];
}

/// Modifiers that are held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Modifiers(u8);

impl Modifiers {
    /// None.
    pub const NONE: Self = Self(0);

    /// With this one too.
    #[must_use]
    pub const fn with(self, m: Modifier) -> Self {
        Self(self.0 | 1 << m as u8)
    }

    /// Whether this one is held.
    #[must_use]
    pub const fn has(self, m: Modifier) -> bool {
        self.0 & (1 << m as u8) != 0
    }

    /// Whether every one of `other` is held.
    #[must_use]
    pub const fn include(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// What a key is to the guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Pressed as the modifier that it is.
    Modifies(Modifier),
    /// Chooses characters at the viewer (AltGr). The character comes by
    /// itself, so there is nothing to press here.
    Chooses,
    /// Any other.
    Plain,
}

/// What `key` is.
#[must_use]
pub const fn role(key: Keysym) -> Role {
    match key.get() {
        0xffe1 | 0xffe2 => Role::Modifies(Modifier::Shift),
        0xffe3 | 0xffe4 => Role::Modifies(Modifier::Control),
        0xffe7..=0xffea => Role::Modifies(Modifier::Alt),
        0xfe03 | 0xfe11 | 0xff7e => Role::Chooses,
        _ => Role::Plain,
    }
}

const BACKSPACE: u32 = 0xff08;
const TAB: u32 = 0xff09;
const RETURN: u32 = 0xff0d;
const ESCAPE: u32 = 0xff1b;
const SPACE: u32 = 0x20;
const DELETE: u32 = 0xffff;
const MENU: u32 = 0xff67;
const LEFT_TAB: u32 = 0xfe20;
const F1: u32 = 0xffbe;
const F4: u32 = 0xffc1;
const F7: u32 = 0xffc4;
const F10: u32 = 0xffc7;
const F35: u32 = 0xffe0;

/// Judges a press of `key` while `held` are held. What belongs to the desktop
/// is refused whatever the limits are.
///
/// # Errors
/// Why not.
pub fn judge(key: Keysym, held: Modifiers, limits: &Limits) -> Result<(), Reason> {
    if limits.keys == Keys::Nothing || limits.barred_keys.contains(&key) {
        return Err(Reason::BarredKey);
    }
    let k = key.get();
    if of_the_desktop(k) {
        return Err(Reason::DesktopKey);
    }
    if role(key) != Role::Plain {
        // Alone they do nothing; what they are held for is judged by itself.
        return if limits.keys == Keys::Text && role(key) == Role::Modifies(Modifier::Alt) {
            Err(Reason::BarredKey)
        } else {
            Ok(())
        };
    }
    let (control, alt) = (held.has(Modifier::Control), held.has(Modifier::Alt));
    if control && alt {
        return Err(Reason::DesktopKey);
    }
    let switches = matches!(k, TAB | LEFT_TAB | ESCAPE);
    // Alt-F4 and Alt-F7 … F10 close, move and resize; the rest opens launchers.
    let of_borders = alt && (k == SPACE || k == F4 || (F7..=F10).contains(&k));
    if of_borders && limits.borders == Allow::Allowed {
        return Ok(());
    }
    if (alt && (switches || k == SPACE || (F1..=F35).contains(&k))) || (control && k == ESCAPE) {
        return Err(Reason::DesktopKey);
    }
    if limits.menus == Allow::Barred && (alt || k == F10 || k == MENU) {
        return Err(Reason::Menu);
    }
    if limits.keys == Keys::Text && (control || alt || !is_editing(k)) {
        return Err(Reason::BarredKey);
    }
    Ok(())
}

/// Keys that reach past the program in front: Super, Hyper, Print, SysRq,
/// Pause/Break, the switching of consoles and groups, everything that XFree86
/// numbered (media, power, log off), the server's own.
const fn of_the_desktop(k: u32) -> bool {
    matches!(
        k,
        0xffeb..=0xffee        // Super, Hyper
            | 0xff13           // Pause
            | 0xff15           // SysRq
            | 0xff61           // Print
            | 0xff69           // Cancel
            | 0xff6b           // Break
            | 0xfe14..=0xfe1f  // groups that don't exist yet
            | 0xfe70..=0xfe7f  // AccessX: switches sticky and slow keys
            | 0xfed0..=0xfed5  // first and last screen, Terminate_Server
            | 0xfee0..=0xfeff  // pointer keys: another way to click
            | 0x1000_0000..=0x1fff_ffff // vendors': XFree86 and others
    )
}

/// Text, and what edits it or moves in it.
const fn is_editing(k: u32) -> bool {
    matches!(
        k,
        0x20..=0xfdff | 0x0100_0000..=0x0110_ffff // characters
            | 0xfe50..=0xfe6f | 0xfe80..=0xfe93   // dead keys
            | BACKSPACE | TAB | RETURN | ESCAPE | DELETE | LEFT_TAB
            | 0xff50..=0xff58                     // Home to Begin
            | 0xff63                              // Insert
            | 0xff80..=0xffaf | 0xffb0..=0xffb9 | 0xffbd // keypad
    )
}
