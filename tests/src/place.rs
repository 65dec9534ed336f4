//! Where things are on a screen, and putting them there.

use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{
    AtomEnum, ConfigureWindowAux, ConnectionExt as _, InputFocus, Window,
};

use crate::screen::{Pixels, Screen};

/// The inside of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Left edge, in pixels of the screen.
    pub x: u16,
    /// Upper edge.
    pub y: u16,
    /// Width in pixels.
    pub width: u16,
    /// Height.
    pub height: u16,
}

impl Place {
    /// The point in its middle.
    #[must_use]
    pub const fn middle(self) -> (u16, u16) {
        (self.x + self.width / 2, self.y + self.height / 2)
    }
}

impl Pixels {
    /// A part of it, which must lie within.
    #[must_use]
    pub fn part(&self, of: Place) -> Self {
        let width = usize::from(self.width);
        let (x, w) = (usize::from(of.x), usize::from(of.width));
        let rows = self.rows.chunks_exact(width);
        let rows = rows.skip(of.y.into()).take(of.height.into());
        Self {
            width: of.width,
            rows: rows.flat_map(|row| row[x..x + w].to_vec()).collect(),
        }
    }

    /// Where `part` is, to the pixel.
    #[must_use]
    pub fn find(&self, part: &Self) -> Option<(u16, u16)> {
        let (w, pw) = (usize::from(self.width), usize::from(part.width));
        let (h, ph) = (self.rows.len() / w, part.rows.len() / pw);
        let row = |x: usize, y: usize| &self.rows[y * w + x..y * w + x + pw];
        let at = |x, y| (0..ph).all(|i| row(x, y + i) == &part.rows[i * pw..(i + 1) * pw]);
        let (right, below) = (w.checked_sub(pw)?, h.checked_sub(ph)?);
        let mut all = (0..=below).flat_map(|y| (0..=right).map(move |x| (x, y)));
        let (x, y) = all.find(|(x, y)| at(*x, *y))?;
        Some((u16::try_from(x).ok()?, u16::try_from(y).ok()?))
    }

    /// A place in the widest thing of a colour, such as a button.
    #[must_use]
    pub fn widest_of(&self, colour: u32) -> Option<(u16, u16)> {
        let width = usize::from(self.width);
        let mut best = (0, 0, 0);
        for (y, row) in self.rows.chunks(width).enumerate() {
            let mut from = None;
            for x in 0..=width {
                match (row.get(x) == Some(&colour), from) {
                    (true, None) => from = Some(x),
                    (false, Some(left)) => {
                        best = best.max((x - left, (left + x) / 2, y));
                        from = None;
                    }
                    _ => {}
                }
            }
        }
        let (long, x, y) = best;
        let found = (u16::try_from(x).ok()?, u16::try_from(y).ok()?);
        (long > 0).then_some(found)
    }

    /// The middle of everything that has a colour, and how much that is.
    #[must_use]
    pub fn middle_of(&self, colour: u32) -> Option<(usize, usize)> {
        let width = usize::from(self.width);
        let all = self.rows.iter().enumerate();
        let all = all.filter(|(_, p)| **p == colour);
        let (sum, n) = all.fold((0, 0), |(sum, n), (i, _)| (sum + i % width, n + 1));
        (n > 0).then(|| (sum / n, n))
    }
}

impl Screen {
    /// The window that a program has opened under a title.
    fn titled(&self, title: &str) -> Option<Window> {
        let list = self.atom(b"_NET_CLIENT_LIST");
        let asked = self
            .link
            .get_property(false, self.root, list, AtomEnum::WINDOW, 0, 256);
        let all = asked.ok()?.reply().ok()?;
        let is = |window: &Window| {
            let (name, any) = (AtomEnum::WM_NAME, AtomEnum::ANY);
            let asked = self.link.get_property(false, *window, name, any, 0, 64);
            let told = asked.ok().and_then(|c| c.reply().ok());
            told.is_some_and(|p| p.value == title.as_bytes())
        };
        all.value32()?.find(is)
    }

    /// Where the inside of that window is.
    #[must_use]
    pub fn place_of(&self, title: &str) -> Option<Place> {
        self.place(self.titled(title)?)
    }

    /// Where the inside of the window is that has the keyboard.
    #[must_use]
    pub fn place_of_front(&self) -> Option<Place> {
        self.place(self.active()?)
    }

    fn place(&self, window: Window) -> Option<Place> {
        let size = self.link.get_geometry(window).ok()?.reply().ok()?;
        let asked = self.link.translate_coordinates(window, self.root, 0, 0);
        let at = asked.ok()?.reply().ok()?;
        Some(Place {
            x: u16::try_from(at.dst_x).ok()?,
            y: u16::try_from(at.dst_y).ok()?,
            width: size.width,
            height: size.height,
        })
    }

    /// Puts a window elsewhere, as a window manager is asked to.
    ///
    /// # Panics
    /// When there is none of that title.
    pub fn put(&self, title: &str, to: Place) {
        let aux = ConfigureWindowAux::new()
            .x(i32::from(to.x))
            .y(i32::from(to.y))
            .width(u32::from(to.width))
            .height(u32::from(to.height));
        let window = self.titled(title).expect("the window");
        let put = self.link.configure_window(window, &aux);
        put.expect("the display").check().expect("the window");
    }

    /// Where its pointer is.
    ///
    /// # Panics
    /// When the display is gone.
    #[must_use]
    pub fn pointer(&self) -> (i16, i16) {
        let asked = self.link.query_pointer(self.root).expect("the display");
        let at = asked.reply().expect("the pointer");
        (at.root_x, at.root_y)
    }

    /// Gives the keyboard to the display that was put into this window.
    pub(crate) fn attend(&self, holder: Window) {
        let tree = self.link.query_tree(holder).expect("the display");
        let inside = tree.reply().expect("its windows").children;
        let focus = self
            .link
            .set_input_focus(InputFocus::PARENT, inside[0], 0u32);
        focus.expect("the display").check().expect("the keyboard");
        self.link.flush().expect("the display");
    }
}
