//! What a viewer may do, and with how much of the screen: the numbered
//! registry of rights, and the ladder of scopes (POL-2, POL-2a, SHARE-1,
//! SHARE-5; spec 04, "Rights and scopes").
//!
//! Viewing and controlling are separate axes: each has a [`Scope`], and what
//! may be done inside it is a set of [`Right`]s. Which menus, keys or borders
//! are barred is a matter of limits (GUARD-4), not of rights.

use ciborium::Value;

use crate::cbor::{Decode, DecodeError, Encode};
use crate::registry::registry;

registry! {
    /// One right of a viewer. Numbers 9 to 15 are reserved for native shares,
    /// 16 to 31 for hosted kinds (16 shadow, 17 join, 18 sharing account), 32
    /// to 63 for later; a number is never given a second meaning.
    enum Right;
    /// A set of rights. Those not in it are refused: there is no "maybe".
    set Rights;
    /// See the picture.
    View = 1, "view";
    /// Move the pointer, press its buttons, scroll: control.
    Pointer = 2, "pointer";
    /// Type: control.
    Keyboard = 3, "keyboard";
    /// Receive what the sharer copies.
    ClipboardToViewer = 4, "clipboard-to-viewer";
    /// Put something into the sharer's clipboard.
    ClipboardFromViewer = 5, "clipboard-from-viewer";
    /// Hear the sharer's sound.
    Audio = 6, "audio";
    /// Be part of a share that is recorded (SHARE-5: everybody agrees).
    Recording = 7, "recording";
    /// Point at something, with a pointer that clicks nothing (SCEN-4).
    Pointing = 8, "pointing";
}

impl Rights {
    /// The rights that change something on the sharer's machine: they need
    /// a control scope, are asked for as an escalation (ASK-2), and are what
    /// a viewer must lose for "view only".
    pub const CONTROL: Self =
        Self::of(&[Right::Pointer, Right::Keyboard, Right::ClipboardFromViewer]);

    /// The rights that go with seeing.
    pub const VIEW: Self = Self::ALL.difference(Self::CONTROL);
}

/// How much of the sharer's screen, from nothing to everything. Ordered: what
/// a scope includes, every later one does too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(u8)]
pub enum Scope {
    /// Nothing at all.
    #[default]
    Nothing = 0,
    /// One window, with the dialogs and menus it opens.
    Window = 1,
    /// All windows of one application.
    Application = 2,
    /// Several applications, chosen one by one.
    Applications = 3,
    /// The desktop, or a region of it: whatever comes into a region is seen,
    /// so a region counts as desktop (POL-2a).
    Desktop = 4,
}

impl Scope {
    /// All scopes, from the smallest.
    pub const ALL: &'static [Self] = &[
        Self::Nothing,
        Self::Window,
        Self::Application,
        Self::Applications,
        Self::Desktop,
    ];

    /// The number on the wire.
    #[must_use]
    pub const fn number(self) -> u16 {
        self as u16
    }

    /// From the number on the wire. As a cap, a number that means nothing
    /// here must be taken as [`Scope::Nothing`]; as a wish, it is refused.
    #[must_use]
    pub fn from_number(number: u16) -> Option<Self> {
        Self::ALL.iter().copied().find(|s| s.number() == number)
    }

    /// The name used in files, commands and `--json` output.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Window => "window",
            Self::Application => "application",
            Self::Applications => "applications",
            Self::Desktop => "desktop",
        }
    }

    /// From [`Scope::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|s| s.name() == name)
    }
}

impl Encode for Scope {
    fn encode(&self) -> Value {
        Value::from(self.number())
    }
}

impl Decode for Scope {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        Self::from_number(u16::decode(value)?).ok_or(DecodeError::OutOfRange)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_right_is_of_view_or_of_control() {
        assert_eq!(Rights::CONTROL.union(Rights::VIEW), Rights::ALL);
        assert!(Rights::CONTROL.intersection(Rights::VIEW).is_empty());
        assert!(Rights::VIEW.contains(Right::View));
    }

    #[test]
    fn numbers_are_as_published() {
        // Spec 04: changing one of these breaks every signed document.
        let rights: Vec<(u16, &str)> = Right::ALL.iter().map(|r| (r.number(), r.name())).collect();
        assert_eq!(
            rights,
            [
                (1, "view"),
                (2, "pointer"),
                (3, "keyboard"),
                (4, "clipboard-to-viewer"),
                (5, "clipboard-from-viewer"),
                (6, "audio"),
                (7, "recording"),
                (8, "pointing"),
            ]
        );
    }

    #[test]
    fn scopes_are_ordered_as_their_numbers() {
        assert!(Scope::ALL.windows(2).all(|w| w[0] < w[1]));
        for s in Scope::ALL {
            assert_eq!(Scope::from_number(s.number()), Some(*s));
            assert_eq!(Scope::from_name(s.name()), Some(*s));
        }
        assert_eq!(Scope::from_number(5), None);
        assert_eq!(Scope::decode(Value::from(5)), Err(DecodeError::OutOfRange));
    }
}
