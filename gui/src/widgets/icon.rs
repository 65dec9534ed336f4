//! Icons: the part of Lucide that this program uses, as a font.

use iced::widget::{Text, text};
use iced::{Font, Theme};

/// The file that holds them.
pub(crate) const FONT_BYTES: &[u8] = include_bytes!("../../fonts/lucide.ttf");

const FONT: Font = Font::with_name("lucide");

macro_rules! icons {
    ($($name:ident $glyph:literal)*) => {
        /// An icon.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Icon { $($name),* }

        impl Icon {
            const fn glyph(self) -> &'static str {
                match self { $(Self::$name => $glyph),* }
            }
        }
    };
}

icons! {
    AppWindow "\u{e426}"
    ArrowDown "\u{e042}"
    ArrowLeft "\u{e048}"
    BadgeCheck "\u{e241}"
    Ban "\u{e051}"
    Building2 "\u{e290}"
    Check "\u{e06c}"
    CheckCheck "\u{e38e}"
    ChevronDown "\u{e06d}"
    ChevronRight "\u{e06f}"
    Circle "\u{e076}"
    CircleAlert "\u{e077}"
    CircleCheck "\u{e226}"
    CircleX "\u{e084}"
    Clock "\u{e087}"
    Copy "\u{e09e}"
    Download "\u{e0b2}"
    Eye "\u{e0ba}"
    File "\u{e0c0}"
    Hand "\u{e1d7}"
    Hourglass "\u{e296}"
    Info "\u{e0f9}"
    Keyboard "\u{e284}"
    Laptop "\u{e1cd}"
    Layers "\u{e529}"
    Link "\u{e102}"
    Loader "\u{e109}"
    Lock "\u{e10b}"
    MessageCircle "\u{e116}"
    Monitor "\u{e11d}"
    MonitorUp "\u{e422}"
    MousePointer "\u{e11f}"
    OctagonX "\u{e128}"
    Paperclip "\u{e12d}"
    Pause "\u{e12e}"
    Pencil "\u{e1f9}"
    RefreshCw "\u{e145}"
    Reply "\u{e22a}"
    ScrollText "\u{e45f}"
    Send "\u{e152}"
    Settings "\u{e154}"
    ShieldAlert "\u{e1fe}"
    ShieldCheck "\u{e1ff}"
    Smile "\u{e164}"
    SquareDashed "\u{e1cb}"
    Stethoscope "\u{e2f1}"
    Trash2 "\u{e18e}"
    TriangleAlert "\u{e193}"
    UserPlus "\u{e1a2}"
    Users "\u{e1a4}"
    Wifi "\u{e1ae}"
    WifiOff "\u{e1af}"
    X "\u{e1b2}"
}

/// An icon of this size in pixels.
pub(crate) fn icon<'a>(icon: Icon, size: f32) -> Text<'a, Theme> {
    text(icon.glyph())
        .font(FONT)
        .size(size)
        .line_height(1.0)
        .shaping(text::Shaping::Basic)
}
