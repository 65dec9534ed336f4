//! The demonstration's own windows on somebody's display. Nothing else is read
//! there: of every picture only what shows these windows is kept, and no key and
//! no click is made here.

use std::path::Path;
use std::time::{Duration, Instant};

use kith_api::Code;
use kith_codec::geometry::{Rect, Size};
use kith_codec::picture::{COLOUR, Picture};
use x11rb::connection::Connection as _;
use x11rb::protocol::composite::ConnectionExt as _;
use x11rb::protocol::res::{ClientIdMask, ClientIdSpec, ConnectionExt as _};
use x11rb::protocol::shape::{ConnectionExt as _, SK};
use x11rb::protocol::xproto::{ConnectionExt as _, ImageFormat, MapState, Window};
use x11rb::rust_connection::RustConnection;

use super::super::Fail;
use super::scene::GLANCE;

/// How long a window may take to appear: a person's desktop may be slow.
const APPEAR: Duration = Duration::from_secs(15);
/// What stands for what isn't the demonstration's own.
const NOT_OURS: u32 = 0x00a0_a0a0;
/// Around the two windows in a picture: Kith's frame.
const MARGIN: i32 = 12;
/// The smallest display on which the two windows have room.
const ROOM: (u16, u16) = (800, 480);
/// Further up than any process of the demonstration is from it.
const GENERATIONS: usize = 8;

/// Why it can't be; in words of the X library.
type Lack = Box<dyn std::error::Error>;

/// Left, top, right and bottom on the display; the last two not part of it.
type Sides = [i32; 4];

/// A display of somebody's, and the demonstration's windows on it.
pub(super) struct Windows {
    link: RustConnection,
    root: Window,
    /// The display's size.
    size: (u16, u16),
    /// The terminal, and the other window. 0: not there yet.
    terminal: Window,
    other: Window,
}

/// A child of the root, as it lies on the others.
struct Top {
    window: Window,
    at: Sides,
    /// The parts of it that are there: a window need not be a rectangle.
    parts: Vec<Sides>,
}

impl Windows {
    /// The display that `DISPLAY` names, or why it can't be used.
    pub(super) fn find() -> Result<(String, Self), String> {
        let var = |name: &str| std::env::var(name).unwrap_or_default();
        let display = var("DISPLAY");
        if display.is_empty() {
            return Err("DISPLAY names none".into());
        }
        if !var("WAYLAND_DISPLAY").is_empty() || var("XDG_SESSION_TYPE") == "wayland" {
            return Err("it is Wayland's, whose screen Kith can't show yet".into());
        }
        if !display.starts_with(':') && !display.starts_with("unix:") {
            return Err(format!("{display} is on another machine"));
        }
        let look = kith_screen::x11::look(None).map_err(|e| format!("{display}: {e}"))?;
        let missing = [look.lacks.to_share, look.lacks.to_control].concat();
        if !missing.is_empty() {
            return Err(format!("{display} lacks {}", missing.join(", ")));
        }
        let (link, screen) =
            RustConnection::connect(None).map_err(|e| format!("{display}: {e}"))?;
        let setup = link.setup();
        let screen = setup.roots.get(screen);
        let screen = screen.ok_or_else(|| format!("{display} has no screen"))?;
        let plain = |f: &x11rb::protocol::xproto::Format| {
            f.depth == screen.root_depth && f.bits_per_pixel == 32
        };
        if screen.root_depth != 24 || !setup.pixmap_formats.iter().any(plain) {
            return Err(format!("{display} has other colours than 24 bits"));
        }
        let (root, size) = (
            screen.root,
            (screen.width_in_pixels, screen.height_in_pixels),
        );
        if size.0 < ROOM.0 || size.1 < ROOM.1 {
            return Err(format!("{display} has no room for two windows"));
        }
        let found = Self {
            link,
            root,
            size,
            terminal: x11rb::NONE,
            other: x11rb::NONE,
        };
        Ok((display, found))
    }

    /// Where the terminal is to appear.
    pub(super) const fn place(&self) -> (u16, u16) {
        (self.size.0 / 4, self.size.1 / 4)
    }

    /// Waits for the window whose number its program writes into `file`, until
    /// it stands still; where it is. The first is the terminal.
    pub(super) fn appears(&mut self, file: &Path) -> Option<Rect> {
        let until = Instant::now() + APPEAR;
        let mut before = None;
        while Instant::now() < until {
            let named = std::fs::read_to_string(file).ok();
            let window = named.and_then(|n| n.trim().parse::<Window>().ok());
            let at = window.and_then(|w| self.at(w).ok().flatten().map(|at| (w, at)));
            if at.is_some() && at == before {
                let (window, at) = at?;
                match self.terminal {
                    x11rb::NONE => self.terminal = window,
                    _ => self.other = window,
                }
                return rect(at);
            }
            before = at;
            std::thread::sleep(GLANCE * 4);
        }
        None
    }

    /// Where a window is, if it is shown and wholly on the display.
    fn at(&self, window: Window) -> Result<Option<Sides>, Lack> {
        let shown = self.link.get_window_attributes(window)?.reply()?.map_state;
        let size = self.link.get_geometry(window)?.reply()?;
        let at = self.link.translate_coordinates(window, self.root, 0, 0)?;
        let at = at.reply()?;
        let at = sides((at.dst_x, at.dst_y), (size.width, size.height));
        Ok((shown == MapState::VIEWABLE && self.clip(at) == Some(at)).then_some(at))
    }

    /// Whether a border of some pixels is drawn below the terminal.
    pub(super) fn has_border(&self) -> bool {
        let lowest = |window| -> Result<i32, Lack> {
            let size = self.link.get_geometry(window)?.reply()?;
            let at = self.link.translate_coordinates(window, self.root, 0, 0)?;
            Ok(i32::from(at.reply()?.dst_y) + i32::from(size.height))
        };
        let around = self.top_of(self.terminal).and_then(lowest);
        let inside = lowest(self.terminal);
        matches!((around, inside), (Ok(around), Ok(inside)) if around >= inside + 3)
    }

    /// What the terminal shows; `hidden` where another window lies over it.
    pub(super) fn terminal(&self, hidden: u32) -> Result<Picture, Fail> {
        self.frozen(|| {
            let at = self.at(self.terminal)?.ok_or("it isn't shown")?;
            let mut picture = self.image(self.terminal, at, at)?;
            let all = self.stack()?;
            let own = self.top_of(self.terminal)?;
            let above = all.iter().skip_while(|t| t.window != own).skip(1);
            for part in above.flat_map(|top| &top.parts) {
                picture.fill(within(*part, at), hidden);
            }
            let free = picture.pixels().iter().filter(|p| **p != hidden).count();
            match free * 4 > picture.pixels().len() {
                true => Ok(picture),
                false => Err("other windows lie over it: leave it in front".into()),
            }
        })
    }

    /// The demonstration's windows as they lie on the display, and nothing of
    /// any other one.
    pub(super) fn picture(&self) -> Result<Picture, Fail> {
        self.frozen(|| {
            let (terminal, other) = (self.top_of(self.terminal)?, self.top_of(self.other)?);
            let all = self.stack()?;
            let two = all.iter().filter(|t| [terminal, other].contains(&t.window));
            let bounds = two.map(|t| t.at).reduce(|a, b| {
                let [l, t, r, b2] = a;
                [l.min(b[0]), t.min(b[1]), r.max(b[2]), b2.max(b[3])]
            });
            let [l, t, r, b] = bounds.ok_or("its windows are gone")?;
            let bounds = self.clip([l - MARGIN, t - MARGIN, r + MARGIN, b + MARGIN]);
            let bounds = bounds.ok_or("its windows are gone")?;
            let mut picture = empty(bounds)?;
            for top in &all {
                let ours = [terminal, other].contains(&top.window) || self.is_ours(top.window)?;
                let image = match self.clip(top.at).filter(|_| ours) {
                    Some(seen) => Some((seen, self.image(top.window, top.at, seen)?)),
                    None => None,
                };
                for part in &top.parts {
                    let part = within(*part, bounds);
                    match &image {
                        None => picture.fill(part, NOT_OURS),
                        Some((seen, image)) => copy(image, *seen, &mut picture, bounds, part),
                    }
                }
            }
            Ok(picture)
        })
    }

    /// A place right of the terminal where the other window lies and nothing
    /// else: seen from the terminal's corner.
    pub(super) fn beside(&self) -> Option<(u16, u16)> {
        let found: Result<_, Lack> = (|| {
            let at = self.at(self.terminal)?.ok_or("hidden")?;
            let other = self.at(self.other)?.ok_or("hidden")?;
            let x = (at[2].max(other[0]) + other[2]) / 2;
            let y = other[1].midpoint(other[3]);
            let mut upper = self.stack()?.into_iter().rev();
            let over = |part: &Sides| part[0] <= x && x < part[2] && part[1] <= y && y < part[3];
            let top = upper.find(|t| t.parts.iter().any(over));
            let own = self.top_of(self.other)?;
            let free = x > at[2] + 8 && top.is_some_and(|t| t.window == own);
            let place = u16::try_from(x - at[0])
                .ok()
                .zip(u16::try_from(y - at[1]).ok());
            Ok(place.filter(|_| free))
        })();
        found.ok().flatten()
    }

    /// Looks while nothing changes on the display.
    fn frozen<T>(&self, look: impl FnOnce() -> Result<T, Lack>) -> Result<T, Fail> {
        let failed = |e: Lack| {
            let said = format!("the demonstration's window on this display: {e}");
            Fail::new(Code::Internal, said)
        };
        let held = self.link.grab_server().map_err(|e| failed(e.into()))?;
        held.ignore_error();
        let seen = look();
        let freed = self.link.ungrab_server().map_err(|e| failed(e.into()));
        freed?.ignore_error();
        self.link.flush().map_err(|e| failed(e.into()))?;
        seen.map_err(failed)
    }

    /// All that is shown on the display, lowest first.
    fn stack(&self) -> Result<Vec<Top>, Lack> {
        let overlay = self.overlay()?;
        let children = self.link.query_tree(self.root)?.reply()?.children;
        let mut all = Vec::new();
        for window in children.into_iter().filter(|w| Some(*w) != overlay) {
            all.push((
                window,
                self.link.get_window_attributes(window)?,
                self.link.get_geometry(window)?,
                self.link.shape_get_rectangles(window, SK::BOUNDING)?,
            ));
        }
        let mut shown = Vec::new();
        for (window, attributes, geometry, shape) in all {
            let (attributes, size) = (attributes.reply()?, geometry.reply()?);
            let shape = shape.reply()?.rectangles;
            // One without depth only takes input.
            if attributes.map_state != MapState::VIEWABLE || size.depth == 0 {
                continue;
            }
            // Its inside; shapes count from there, and its border is part of them.
            let border = i32::from(size.border_width);
            let (x, y) = (i32::from(size.x) + border, i32::from(size.y) + border);
            let part = |r: &x11rb::protocol::xproto::Rectangle| {
                let [left, top, right, bottom] = sides((r.x, r.y), (r.width, r.height));
                [x + left, y + top, x + right, y + bottom]
            };
            shown.push(Top {
                window,
                at: [x, y, x + i32::from(size.width), y + i32::from(size.height)],
                parts: shape.iter().map(part).collect(),
            });
        }
        Ok(shown)
    }

    /// The window on which a compositing manager shows all others.
    fn overlay(&self) -> Result<Option<Window>, Lack> {
        let name = self
            .link
            .intern_atom(false, b"_NET_WM_CM_S0")?
            .reply()?
            .atom;
        let owner = self.link.get_selection_owner(name)?.reply()?.owner;
        if owner == x11rb::NONE {
            return Ok(None);
        }
        self.link.composite_query_version(0, 4)?.reply()?;
        let found = self.link.composite_get_overlay_window(self.root)?.reply()?;
        self.link.composite_release_overlay_window(self.root)?;
        Ok(Some(found.overlay_win))
    }

    /// The child of the root that a window is in.
    fn top_of(&self, window: Window) -> Result<Window, Lack> {
        let mut at = window;
        loop {
            let parent = self.link.query_tree(at)?.reply()?.parent;
            if parent == self.root || parent == x11rb::NONE {
                return Ok(at);
            }
            at = parent;
        }
    }

    /// Whether a process of the demonstration made this window: Kith's frame.
    fn is_ours(&self, window: Window) -> Result<bool, Lack> {
        let mask = ClientIdMask::LOCAL_CLIENT_PID;
        let asked = ClientIdSpec {
            client: window,
            mask,
        };
        let ids = self.link.res_query_client_ids(&[asked])?.reply()?.ids;
        let process = ids.first().and_then(|id| id.value.first().copied());
        let own = std::process::id();
        let line = std::iter::successors(process, |p| parent(*p)).take(GENERATIONS);
        Ok(line.into_iter().any(|p| p == own))
    }

    /// What a window shows of a part of the display, which lies in it.
    fn image(&self, window: Window, at: Sides, part: Sides) -> Result<Picture, Lack> {
        let mut picture = empty(part)?;
        let size = picture.size();
        let place = |n: i32| i16::try_from(n);
        let (x, y) = (place(part[0] - at[0])?, place(part[1] - at[1])?);
        let form = ImageFormat::Z_PIXMAP;
        let (w, h) = (size.width(), size.height());
        let image = self.link.get_image(form, window, x, y, w, h, u32::MAX)?;
        let bytes = image.reply()?.data;
        let mut pixels = bytes.as_chunks::<4>().0.iter();
        for y in 0..h {
            for x in 0..w {
                let pixel = pixels.next().ok_or("a picture without its end")?;
                picture.set(x, y, u32::from_le_bytes(*pixel) & COLOUR);
            }
        }
        Ok(picture)
    }

    /// What of it is on the display.
    fn clip(&self, of: Sides) -> Option<Sides> {
        let (w, h) = (i32::from(self.size.0), i32::from(self.size.1));
        let [l, t, r, b] = of;
        let all = [l.max(0), t.max(0), r.min(w), b.min(h)];
        (all[0] < all[2] && all[1] < all[3]).then_some(all)
    }
}

fn sides((x, y): (i16, i16), (w, h): (u16, u16)) -> Sides {
    let (x, y) = (i32::from(x), i32::from(y));
    [x, y, x + i32::from(w), y + i32::from(h)]
}

fn rect([l, t, r, b]: Sides) -> Option<Rect> {
    let part = |n: i32| u16::try_from(n).ok();
    Some(Rect::new(part(l)?, part(t)?, part(r - l)?, part(b - t)?))
}

/// The part that both have, seen from the second one's corner; empty if none.
fn within(part: Sides, of: Sides) -> Rect {
    let [l, t] = [part[0].max(of[0]) - of[0], part[1].max(of[1]) - of[1]];
    let [r, b] = [part[2].min(of[2]) - of[0], part[3].min(of[3]) - of[1]];
    match l < r && t < b {
        true => rect([l, t, r, b]).unwrap_or_default(),
        false => Rect::default(),
    }
}

fn empty(of: Sides) -> Result<Picture, Lack> {
    let size = rect(of).and_then(|r| Size::new(r.w, r.h));
    let mut picture = Picture::new(size.ok_or("it has no size")?);
    picture.fill(picture.size().bounds(), NOT_OURS);
    Ok(picture)
}

/// Copies a part of one picture, which shows `seen` of the display, to its
/// place in another, which shows `bounds`.
fn copy(image: &Picture, seen: Sides, to: &mut Picture, bounds: Sides, part: Rect) {
    for y in part.y..part.y.saturating_add(part.h) {
        for x in part.x..part.x.saturating_add(part.w) {
            let from = |n: u16, start: i32, own: i32| u16::try_from(i32::from(n) + start - own);
            let at = (from(x, bounds[0], seen[0]), from(y, bounds[1], seen[1]));
            if let (Ok(from_x), Ok(from_y)) = at
                && from_x < image.size().width()
                && from_y < image.size().height()
            {
                to.set(x, y, image.get(from_x, from_y));
            }
        }
    }
}

/// The process that started another.
fn parent(process: u32) -> Option<u32> {
    let told = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name before it may hold anything, so it counts from its end.
    let mut rest = told.rsplit_once(')')?.1.split_whitespace();
    rest.nth(1)?.parse().ok().filter(|p| *p > 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_seen_from_another_ones_corner() {
        let of = [100, 50, 300, 150];
        assert_eq!(within([150, 60, 160, 80], of), Rect::new(50, 10, 10, 20));
        assert_eq!(within([0, 0, 120, 60], of), Rect::new(0, 0, 20, 10));
        assert_eq!(within([290, 140, 900, 900], of), Rect::new(190, 90, 10, 10));
        assert!(within([300, 50, 400, 150], of).is_empty());
        assert!(within([-40, -40, -20, -20], of).is_empty());
    }

    #[test]
    fn a_process_names_who_started_it() {
        use std::os::unix::process::parent_id;
        assert_eq!(parent(std::process::id()), Some(parent_id()));
        assert_eq!(parent(1), None);
    }
}
