//! What the warden's own windows need of the screen.

use x11rb::connection::Connection;
use x11rb::errors::ReplyError;
use x11rb::protocol::composite::ConnectionExt as _;
use x11rb::protocol::randr::{ConnectionExt as _, MonitorInfo};
use x11rb::protocol::shape::{ConnectionExt as _, SK, SO};
use x11rb::protocol::xproto::{
    ConfigureWindowAux, ConnectionExt as _, CreateGCAux, ImageFormat, ImageOrder, MapState,
    StackMode,
};

use super::{Screen, ScreenError};
use crate::guard::{Area, Point};
use crate::warden::paint::Canvas;

/// Most bytes of picture in one request: what every X server takes.
const STRIP: usize = 128 * 1024;
/// The smallest monitor that counts, pixels.
const SMALL: (u32, u32) = (640, 480);
/// Where windows go that somebody put into ours.
const OUT_OF_SIGHT: i16 = -32_000;

impl Screen {
    /// The meaning of a key at its first level; 0 is none.
    pub(in super::super) fn sym_of(&mut self, code: u8) -> u32 {
        if self.keymap_stale {
            let _ = self.read_keymap();
        }
        self.keymap.sym_of(code)
    }

    /// The same when this screen was opened.
    pub(in super::super) fn first_sym_of(&self, code: u8) -> u32 {
        self.first_keymap.sym_of(code)
    }

    /// The monitor with the pointer on it; the whole screen if that isn't told.
    pub(in super::super) fn monitor_at_pointer(&self) -> Result<Area, ScreenError> {
        let pointer = self.conn.query_pointer(self.root)?.reply()?;
        let at = Point {
            x: pointer.root_x.into(),
            y: pointer.root_y.into(),
        };
        let at_pointer = self.monitors()?.into_iter().find(|m| m.contains(at));
        at_pointer.map_or_else(|| self.whole(), Ok)
    }

    /// The monitors, as far as they lie on the screen; none if that isn't told.
    /// Any program can say of one that it is there: those too small to read
    /// anything on are none.
    pub(in super::super) fn monitors(&self) -> Result<Vec<Area>, ScreenError> {
        let whole = self.whole()?;
        let told = self.conn.randr_get_monitors(self.root, true);
        let told = told.map(|cookie| cookie.reply().map(|told| told.monitors));
        let (Ok(Ok(all)), (least_w, least_h)) = (told, SMALL) else {
            return Ok(Vec::new());
        };
        let area = |m: &MonitorInfo| {
            Area::new(m.x.into(), m.y.into(), m.width.into(), m.height.into()).intersect(whole)
        };
        let large = |m: &Area| m.w >= least_w && m.h >= least_h;
        Ok(all.iter().map(area).filter(large).collect())
    }

    /// Draws a picture into a window.
    pub(in super::super) fn put(&self, window: u32, canvas: &Canvas) -> Result<(), ScreenError> {
        let setup = self.conn.setup();
        let depth = self.depth;
        if depth != 24 && depth != 32 {
            return Err(ScreenError::Lacks("24 bits of colour"));
        }
        let gc = self.conn.generate_id()?;
        self.conn.create_gc(gc, window, &CreateGCAux::new())?;
        let rows = (STRIP / (usize::from(canvas.width) * 4).max(1)).max(1);
        let little = setup.image_byte_order == ImageOrder::LSB_FIRST;
        for (i, strip) in canvas
            .pixels
            .chunks(rows * usize::from(canvas.width).max(1))
            .enumerate()
        {
            let bytes: Vec<u8> = strip
                .iter()
                .flat_map(|p| {
                    if little {
                        p.to_le_bytes()
                    } else {
                        p.to_be_bytes()
                    }
                })
                .collect();
            let high = strip.len() / usize::from(canvas.width).max(1);
            self.conn.put_image(
                ImageFormat::Z_PIXMAP,
                window,
                gc,
                canvas.width,
                high as u16,
                0,
                (i * rows) as i16,
                0,
                depth,
                &bytes,
            )?;
        }
        self.conn.free_gc(gc)?;
        self.flush()
    }

    /// Whether a window that isn't ours lies above `window` anywhere on
    /// `area`, or `window` itself isn't viewable. One that lets input through
    /// counts too: it would hide what is asked.
    pub(in super::super) fn covers(&self, window: u32, area: Area) -> Result<bool, ScreenError> {
        self.conn.grab_server()?;
        let covered = self.covers_frozen(window, area);
        self.conn.ungrab_server()?;
        self.conn.flush()?;
        covered
    }

    /// Where windows of ours are; `None` for one that isn't mapped on the root any
    /// more: any program can destroy another's window, unmap it and put it elsewhere.
    pub(in super::super) fn places(&self, ours: &[u32]) -> Result<Vec<Option<Area>>, ScreenError> {
        let c = &self.conn;
        let tree = c.query_tree(self.root)?;
        let asked = ours
            .iter()
            .map(|w| Ok((c.get_window_attributes(*w)?, c.get_geometry(*w)?)))
            .collect::<Result<Vec<_>, ScreenError>>()?;
        let children = tree.reply()?.children;
        let at = ours.iter().zip(asked).map(|(w, (attributes, geometry))| {
            let (a, g) = (attributes.reply().ok()?, geometry.reply().ok()?);
            let there = children.contains(w) && a.map_state == MapState::VIEWABLE;
            let (x, y, w, h) = (g.x.into(), g.y.into(), g.width.into(), g.height.into());
            there.then_some(Area::new(x, y, w, h))
        });
        Ok(at.collect())
    }

    /// Whether a window of ours is there to be seen as it was made, and shows
    /// `canvas`. Any program can cover another's window, move it, cut it, put
    /// windows into it and draw in it.
    pub(in super::super) fn is_intact(
        &self,
        window: u32,
        area: Area,
        canvas: &Canvas,
    ) -> Result<bool, ScreenError> {
        self.conn.grab_server()?;
        let intact = self.intact_frozen(window, area, canvas);
        self.conn.ungrab_server()?;
        self.conn.flush()?;
        match intact {
            Err(ScreenError::Reply(ReplyError::X11Error(_))) => Ok(false),
            intact => intact,
        }
    }

    fn intact_frozen(&self, window: u32, area: Area, canvas: &Canvas) -> Result<bool, ScreenError> {
        let c = &self.conn;
        if self.covers_frozen(window, area)? {
            return Ok(false);
        }
        let (tree, geometry) = (c.query_tree(window)?, c.get_geometry(window)?);
        let shape = c.shape_query_extents(window)?;
        let (tree, g, shape) = (tree.reply()?, geometry.reply()?, shape.reply()?);
        let at = Area::new(g.x.into(), g.y.into(), g.width.into(), g.height.into());
        let whole = !shape.bounding_shaped && !shape.clip_shaped;
        if at != area || g.border_width != 0 || !whole || !tree.children.is_empty() {
            return Ok(false);
        }
        self.shows(window, area, canvas)
    }

    /// Whether a window's pixels are those, as far as it lies on the screen.
    fn shows(&self, window: u32, area: Area, canvas: &Canvas) -> Result<bool, ScreenError> {
        let root = self.conn.get_geometry(self.root)?.reply()?;
        let on_screen = |at: i32, len: u32, all: u16| {
            let from = at.min(0).unsigned_abs();
            let to = i64::from(all) - i64::from(at);
            let to = to.clamp(0, i64::from(len)) as u32;
            (from as u16, to.saturating_sub(from) as u16)
        };
        let (x, w) = on_screen(area.x, area.w, root.width);
        let (y, h) = on_screen(area.y, area.h, root.height);
        if w == 0 || h == 0 {
            return Ok(false);
        }
        let (left, top) = (x as i16, y as i16);
        let kind = ImageFormat::Z_PIXMAP;
        let image = self.conn.get_image(kind, window, left, top, w, h, !0)?;
        let data = image.reply()?.data;
        let little = self.conn.setup().image_byte_order == ImageOrder::LSB_FIRST;
        let pixel = |bytes: &[u8; 4]| match little {
            true => u32::from_le_bytes(*bytes),
            false => u32::from_be_bytes(*bytes),
        };
        let width = usize::from(canvas.width);
        let rows = canvas.pixels.chunks_exact(width.max(1));
        let wanted = rows.skip(usize::from(y)).take(usize::from(h));
        let wanted = wanted.flat_map(|row| row.iter().skip(usize::from(x)).take(usize::from(w)));
        let (shown, rest) = data.as_chunks::<4>();
        let opaque = |p: u32| p & 0xff_ffff;
        Ok(rest.is_empty()
            && shown.len() == usize::from(w) * usize::from(h)
            && wanted.clone().count() == shown.len()
            && shown
                .iter()
                .zip(wanted)
                .all(|(s, w)| opaque(pixel(s)) == opaque(*w)))
    }

    /// Puts a window of ours back as it was made, on top, but for its pixels.
    pub(in super::super) fn restore(&self, window: u32, area: Area) -> Result<(), ScreenError> {
        let c = &self.conn;
        if let Ok(tree) = c.query_tree(window)?.reply() {
            for child in tree.children {
                c.unmap_window(child)?.ignore_error();
                let (x, y) = (OUT_OF_SIGHT, OUT_OF_SIGHT);
                c.reparent_window(child, self.root, x, y)?.ignore_error();
            }
        }
        for kind in [SK::BOUNDING, SK::CLIP, SK::INPUT] {
            c.shape_mask(SO::SET, kind, window, 0, 0, x11rb::NONE)?
                .ignore_error();
        }
        let aux = ConfigureWindowAux::new()
            .x(area.x)
            .y(area.y)
            .width(area.w)
            .height(area.h)
            .border_width(0)
            .stack_mode(StackMode::ABOVE);
        c.configure_window(window, &aux)?.ignore_error();
        self.flush()
    }

    fn covers_frozen(&self, window: u32, area: Area) -> Result<bool, ScreenError> {
        let children = self.conn.query_tree(self.root)?.reply()?.children;
        let Some(i) = children.iter().position(|w| *w == window) else {
            return Ok(true);
        };
        let setup = self.conn.setup();
        let (base, mask) = (setup.resource_id_base, setup.resource_id_mask);
        let overlay = self.compositor_overlay()?;
        if self.conn.get_window_attributes(window)?.reply()?.map_state != MapState::VIEWABLE {
            return Ok(true);
        }
        let above: Vec<u32> = children[i + 1..]
            .iter()
            .copied()
            .filter(|w| w & !mask != base && Some(*w) != overlay)
            .collect();
        let asked = above
            .iter()
            .map(|w| {
                Ok((
                    self.conn.get_window_attributes(*w)?,
                    self.conn.get_geometry(*w)?,
                ))
            })
            .collect::<Result<Vec<_>, ScreenError>>()?;
        let mut covered = false;
        for (attributes, geometry) in asked {
            let (a, g) = (attributes.reply()?, geometry.reply()?);
            let border = u32::from(g.border_width) * 2;
            let other = Area::new(
                g.x.into(),
                g.y.into(),
                u32::from(g.width) + border,
                u32::from(g.height) + border,
            );
            covered |= a.map_state == MapState::VIEWABLE && other.meets(area);
        }
        Ok(covered)
    }

    /// The window on which a compositing manager shows everything, ours
    /// included; it lies above all by its nature.
    fn compositor_overlay(&self) -> Result<Option<u32>, ScreenError> {
        let owner = self
            .conn
            .get_selection_owner(self.atoms._NET_WM_CM_S0)?
            .reply()?
            .owner;
        if owner == x11rb::NONE {
            return Ok(None);
        }
        let Ok(reply) = self.conn.composite_get_overlay_window(self.root)?.reply() else {
            return Ok(None);
        };
        self.conn.composite_release_overlay_window(self.root)?;
        Ok(Some(reply.overlay_win))
    }
}
