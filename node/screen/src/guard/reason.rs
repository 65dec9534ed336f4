//! Why an input was refused.

use kith_codec::input::Refusal;

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $code:literal => $told:ident;)*) => {
        /// Why an input was not injected. The code is what logs and the
        /// warden's protocol carry; it never changes its meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Reason {
            $($(#[$doc])* $name = $code,)*
        }

        impl Reason {
            /// All there are, by code.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// What the viewer is told. Less than the sharer's log has: a
            /// viewer need not learn what else is on the screen.
            #[must_use]
            pub const fn told(self) -> Refusal {
                match self {
                    $(Self::$name => Refusal::$told,)*
                }
            }
        }
    };
}

reasons! {
    /// Nobody granted this viewer control, or it has ended.
    NoGrant = 1 => NoControl;
    /// The grant does not include this kind of input.
    NoRight = 2 => NoControl;
    /// The place lies outside of what takes input.
    OutsideArea = 3 => Outside;
    /// A window that isn't shared lies there.
    ForeignWindow = 4 => Outside;
    /// A window of Kith lies there, or has the focus (GUARD-3).
    OwnWindow = 5 => Outside;
    /// A window marked private lies there, or has the focus (GUARD-10).
    PrivateWindow = 6 => Outside;
    /// Whose window it is could not be found out.
    UnknownOwner = 7 => Unsure;
    /// Nothing is there but the root, or nothing has the focus.
    NoWindow = 8 => Outside;
    /// The window that keys would go to isn't shared.
    ForeignFocus = 9 => Outside;
    /// Another program has grabbed the device.
    Grabbed = 10 => Unsure;
    /// A menu, and menus are barred (GUARD-4).
    Menu = 11 => Barred;
    /// A file dialog, and they are barred (GUARD-4).
    FileDialog = 12 => Barred;
    /// A border or title bar, and they are barred (GUARD-4).
    Border = 13 => Barred;
    /// The place was barred by the sharer (GUARD-4).
    BarredPlace = 14 => Barred;
    /// The button is barred (GUARD-4).
    Button = 15 => Button;
    /// The key is one that a viewer never has: it belongs to the desktop.
    DesktopKey = 16 => Key;
    /// The key is barred (GUARD-4).
    BarredKey = 17 => Key;
    /// Another program listens for this key everywhere.
    GrabbedKey = 18 => Key;
    /// Too much input in too short a time.
    Rate = 19 => Rate;
    /// Too many keys or buttons held.
    TooManyHeld = 20 => Rate;
    /// The sharer's own mouse or keyboard goes first (GUARD-6).
    Local = 21 => Paused;
    /// A consent window is open: nothing is injected beside it.
    Consent = 22 => Paused;
    /// The sharer's keyboard can't type this.
    Untypable = 23 => Untypable;
    /// The pointer was moved, or the windows changed, in that very moment.
    Raced = 24 => Unsure;
    /// The screen could not be asked.
    Screen = 25 => Unsure;
    /// The message was none that a viewer may send.
    Malformed = 26 => Unsure;
    /// Another viewer holds a button: this one's input would move what that one
    /// drags.
    OthersButton = 27 => Paused;
}

impl Reason {
    /// Its number.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// From its number.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|r| r.code() == code)
    }
}
