//! What the guard is told about the screen.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use kith_codec::geometry::Rect;

/// The number of a window on its X server. Only good together with its
/// [`Owner`]: numbers are given out again after their client is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WindowId(pub u32);

/// An X client: the base of the resource numbers it was given (XRes).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(pub u32);

/// A process of this machine, as the X server learned it from the socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProcessId(pub NonZeroU32);

/// Whose window it is. Both must agree: a client base is used again after its
/// client is gone, but not by the same process while that one is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Owner {
    /// The connection.
    pub client: ClientId,
    /// The process at its other end.
    pub process: ProcessId,
}

/// A place on the screen, in pixels of the root window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Point {
    /// From the left.
    pub x: i32,
    /// From the top.
    pub y: i32,
}

/// A rectangle on the screen, or relative to a window where said so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Area {
    /// Left edge.
    pub x: i32,
    /// Top edge.
    pub y: i32,
    /// Width; 0 is empty.
    pub w: u32,
    /// Height; 0 is empty.
    pub h: u32,
}

impl Area {
    /// From left, top, width, height.
    #[must_use]
    pub const fn new(x: i32, y: i32, w: u32, h: u32) -> Self {
        Self { x, y, w, h }
    }

    /// Whether the pixel at `p` lies inside.
    #[must_use]
    pub fn contains(self, p: Point) -> bool {
        let inside = |at: i32, from: i32, len: u32| {
            let d = i64::from(at) - i64::from(from);
            d >= 0 && d < i64::from(len)
        };
        inside(p.x, self.x, self.w) && inside(p.y, self.y, self.h)
    }

    /// The pixel in its middle; `None` if it is empty.
    #[must_use]
    pub fn middle(self) -> Option<Point> {
        let half = |from: i32, len: u32| {
            let at = i64::from(from) + i64::from(len / 2);
            i32::try_from(at).ok()
        };
        if self.w == 0 || self.h == 0 {
            return None;
        }
        Some(Point {
            x: half(self.x, self.w)?,
            y: half(self.y, self.h)?,
        })
    }

    /// What they have in common; empty if that is nothing.
    #[must_use]
    pub fn intersect(self, other: Self) -> Self {
        let common = |a: i32, al: u32, b: i32, bl: u32| {
            let from = a.max(b);
            let end = |at: i32, len: u32| i64::from(at) + i64::from(len);
            let left = end(a, al).min(end(b, bl)) - i64::from(from);
            (from, u32::try_from(left).unwrap_or(0))
        };
        let (x, w) = common(self.x, self.w, other.x, other.w);
        let (y, h) = common(self.y, self.h, other.y, other.h);
        Self { x, y, w, h }
    }

    /// The same in the numbers of a picture; `None` where they have no room there.
    #[must_use]
    pub fn rect(self) -> Option<Rect> {
        let [x, y] = [self.x, self.y].map(u16::try_from);
        let [w, h] = [self.w, self.h].map(u16::try_from);
        Some(Rect::new(x.ok()?, y.ok()?, w.ok()?, h.ok()?))
    }

    /// Whether they have a pixel in common.
    #[must_use]
    pub fn meets(self, other: Self) -> bool {
        !self.intersect(other).is_empty()
    }

    /// Whether it has no pixel.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.w == 0 || self.h == 0
    }

    /// The smallest rectangle around both; an empty one adds nothing.
    #[must_use]
    pub fn around(self, other: Self) -> Self {
        if self.is_empty() || other.is_empty() {
            return if self.is_empty() { other } else { self };
        }
        let both = |a: i32, al: u32, b: i32, bl: u32| {
            let from = a.min(b);
            let end = |at: i32, len: u32| i64::from(at) + i64::from(len);
            let len = end(a, al).max(end(b, bl)) - i64::from(from);
            (from, u32::try_from(len).unwrap_or(u32::MAX))
        };
        let (x, w) = both(self.x, self.w, other.x, other.w);
        let (y, h) = both(self.y, self.h, other.y, other.h);
        Self { x, y, w, h }
    }
}

impl From<Rect> for Area {
    fn from(r: Rect) -> Self {
        Self::new(r.x.into(), r.y.into(), r.w.into(), r.h.into())
    }
}

/// What a window is for, from its type, role and class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An ordinary window.
    Normal,
    /// A dialog that isn't about files.
    Dialog,
    /// Opens or saves files.
    FileDialog,
    /// A menu, or a pop-up that doesn't say what it is.
    Menu,
    /// A tooltip, a drag icon, a notification.
    Passing,
}

/// Whether a window manager places it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stacking {
    /// It does.
    Managed,
    /// The window places itself (override-redirect): menus, tooltips.
    Popup,
    /// Another program's window holds it, which is no window manager's frame: an
    /// icon in a panel. What it doesn't take goes to that one.
    Held,
}

/// By whom a window wants to be seen. Whoever may not see it does not control
/// it either (GUARD-10).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Secrecy {
    /// By everybody who sees the place where it is.
    #[default]
    Open,
    /// Only where its own program is shared: a notification.
    Apart,
    /// By nobody.
    Private,
}

/// What a window and those inside of it say of themselves. Only claims: they
/// take from what may be seen and controlled, and never add to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Says {
    /// By whom it wants to be seen.
    pub secrecy: Secrecy,
    /// The processes that it says it is of.
    pub claims: BTreeSet<ProcessId>,
}

impl Says {
    /// From a window's properties: `_KITH_PRIVATE`, `_NET_WM_WINDOW_TYPE` and
    /// `_NET_WM_PID`, and the number of the type of notifications. The one
    /// rule for the picture and for input.
    #[must_use]
    pub fn of(mark: &[u32], kinds: &[u32], claims: &[u32], notification: u32) -> Self {
        let secrecy = if mark.first().is_some_and(|m| *m != 0) {
            Secrecy::Private
        } else if kinds.contains(&notification) {
            Secrecy::Apart
        } else {
            Secrecy::Open
        };
        let claims = claims.iter().copied().filter_map(NonZeroU32::new);
        Self {
            secrecy,
            claims: claims.map(ProcessId).collect(),
        }
    }

    /// What both say.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.secrecy = self.secrecy.max(other.secrecy);
        self.claims.extend(other.claims);
        self
    }
}

/// One step from a dialog towards the window it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Link {
    /// The window that `WM_TRANSIENT_FOR` names.
    pub id: WindowId,
    /// Whose that one is.
    pub owner: Option<Owner>,
}

/// How wide what a program draws as a window manager would is at each edge of
/// its window: title bar, and where it resizes. Pixels; 0: none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Borders {
    /// At the left edge.
    pub left: u32,
    /// At the right edge.
    pub right: u32,
    /// At the upper edge.
    pub top: u32,
    /// At the lower edge.
    pub bottom: u32,
}

impl Borders {
    /// Whether `p`, a place in a window that lies at `area`, is on one of them,
    /// or on the border that the server draws around it.
    #[must_use]
    pub fn contain(self, area: Area, p: Point) -> bool {
        let off = |at: i32, from: i32| i64::from(at) - i64::from(from);
        let (x, y) = (off(p.x, area.x), off(p.y, area.y));
        x < self.left.into()
            || y < self.top.into()
            || x >= i64::from(area.w) - i64::from(self.right)
            || y >= i64::from(area.h) - i64::from(self.bottom)
    }
}

/// One window of a line from the root down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Its number.
    pub id: WindowId,
    /// Whose it is; `None`: could not be found out.
    pub owner: Option<Owner>,
    /// Where it is on the screen.
    pub area: Area,
    /// What it is for.
    pub kind: Kind,
    /// Whether a window manager places it.
    pub stacking: Stacking,
    /// The windows it is transient for, nearest first. Names are only claims:
    /// each counts only with its owner.
    pub transient_for: Vec<Link>,
    /// It takes input and has no pixels (InputOnly): what is seen there is
    /// another's.
    pub input_only: bool,
    /// The borders that the program draws by itself inside its window.
    pub own_borders: Borders,
    /// The windows that a window manager has put into this one, if this is a
    /// frame of it; empty where it is not asked for.
    pub frames: Vec<Link>,
    /// What it says of itself; a child of the root: also what those say that
    /// are inside of it.
    pub says: Says,
}

impl Window {
    /// A window of `owner` without anything special.
    #[must_use]
    pub fn plain(id: WindowId, owner: Option<Owner>, area: Area) -> Self {
        Self {
            id,
            owner,
            area,
            kind: Kind::Normal,
            stacking: Stacking::Managed,
            transient_for: Vec::new(),
            input_only: false,
            own_borders: Borders::default(),
            frames: Vec::new(),
            says: Says::default(),
        }
    }
}

/// Where keys go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Focus {
    /// Nowhere: they are lost.
    Nothing,
    /// To whatever is under the pointer.
    FollowsPointer,
    /// To the last of these, or to what is under the pointer inside it. From
    /// the child of the root down.
    Window(Vec<Window>),
}

/// Whether somebody has grabbed a device, and so gets its input wherever it
/// goes. X does not say who.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Grab {
    /// Nobody has.
    Free,
    /// Another client has.
    Held,
}

/// A viewable window that no window manager places, directly on the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Popup {
    /// Its number.
    pub id: WindowId,
    /// Whose it is; `None`: could not be found out.
    pub owner: Option<Owner>,
    /// What it is for.
    pub kind: Kind,
    /// What it and those inside of it say of themselves.
    pub says: Says,
}

/// The screen at one moment, nobody else being able to change it until the
/// input is in (rule R5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight {
    /// What is under the place of the input (for keys: under the pointer),
    /// from the child of the root down to the deepest. Empty: the bare root.
    pub under: Vec<Window>,
    /// Where keys go.
    pub focus: Focus,
    /// Whether the pointer is grabbed.
    pub pointer: Grab,
    /// Whether the keyboard is grabbed.
    pub keyboard: Grab,
    /// Pop-ups that have appeared since nothing was grabbed. Only filled in
    /// while something is: a menu and its grab come together.
    pub fresh: Vec<Popup>,
}
