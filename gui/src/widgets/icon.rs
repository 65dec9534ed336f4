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
        #[allow(dead_code, reason = "the font holds all of these; pages use them as they come")]
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
    ArrowLeftRight "\u{e24a}"
    ArrowRight "\u{e049}"
    ArrowUp "\u{e04a}"
    BadgeCheck "\u{e241}"
    Ban "\u{e051}"
    Bell "\u{e059}"
    Building2 "\u{e290}"
    Check "\u{e06c}"
    CheckCheck "\u{e38e}"
    ChevronDown "\u{e06d}"
    ChevronLeft "\u{e06e}"
    ChevronRight "\u{e06f}"
    Circle "\u{e076}"
    CircleAlert "\u{e077}"
    CircleCheck "\u{e226}"
    CircleQuestionMark "\u{e082}"
    CircleX "\u{e084}"
    Clipboard "\u{e085}"
    Clock "\u{e087}"
    Copy "\u{e09e}"
    Crown "\u{e1d6}"
    Download "\u{e0b2}"
    Ellipsis "\u{e0b6}"
    Eye "\u{e0ba}"
    EyeOff "\u{e0bb}"
    File "\u{e0c0}"
    Folder "\u{e0d7}"
    Globe "\u{e0e8}"
    Hand "\u{e1d7}"
    HardDrive "\u{e0ed}"
    Hourglass "\u{e296}"
    Info "\u{e0f9}"
    KeyRound "\u{e4a3}"
    Keyboard "\u{e284}"
    Laptop "\u{e1cd}"
    Layers "\u{e529}"
    Link "\u{e102}"
    Loader "\u{e109}"
    Lock "\u{e10b}"
    LockOpen "\u{e10c}"
    LogOut "\u{e10e}"
    Menu "\u{e115}"
    MessageCircle "\u{e116}"
    Monitor "\u{e11d}"
    MonitorOff "\u{e1dc}"
    MonitorUp "\u{e422}"
    Moon "\u{e11e}"
    MousePointer "\u{e11f}"
    OctagonX "\u{e128}"
    Paperclip "\u{e12d}"
    Pause "\u{e12e}"
    Pencil "\u{e1f9}"
    Play "\u{e13c}"
    Plus "\u{e13d}"
    Power "\u{e140}"
    Printer "\u{e141}"
    QrCode "\u{e1df}"
    RefreshCw "\u{e145}"
    Reply "\u{e22a}"
    Route "\u{e53e}"
    ScrollText "\u{e45f}"
    Search "\u{e151}"
    Send "\u{e152}"
    Settings "\u{e154}"
    Shield "\u{e158}"
    ShieldAlert "\u{e1fe}"
    ShieldCheck "\u{e1ff}"
    Smile "\u{e164}"
    Square "\u{e167}"
    SquareDashed "\u{e1cb}"
    Stethoscope "\u{e2f1}"
    Sun "\u{e178}"
    Timer "\u{e1e0}"
    Trash2 "\u{e18e}"
    TriangleAlert "\u{e193}"
    Upload "\u{e19e}"
    User "\u{e19f}"
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
