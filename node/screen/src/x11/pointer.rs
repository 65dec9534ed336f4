//! The sharer's pointer: it is sent apart from the pixels.

use kith_codec::message::{CursorShape, MAX_CURSOR_SIDE};
use x11rb::protocol::Event;
use x11rb::protocol::xfixes::{self, CursorNotifyMask, GetCursorImageReply};
use x11rb::protocol::xinput::{self, EventMask, XIEventMask};
use x11rb::protocol::xproto::{self, Window};

use super::link::{Link, answer, lost};
use crate::source::SourceError;

/// All devices that move the pointer.
const ALL_MASTERS: u16 = 1;

/// What the pointer looks like and where it is.
#[derive(Debug)]
pub(crate) struct PointerWatch {
    shape: CursorShape,
    /// On the root window.
    pub(crate) at: (i32, i32),
    /// The child of the root that it is over, 0 if none.
    pub(crate) over: Window,
    new_shape: bool,
    new_place: bool,
}

impl PointerWatch {
    pub(crate) fn new(link: &Link) -> Result<Self, SourceError> {
        let mask = CursorNotifyMask::DISPLAY_CURSOR;
        xfixes::select_cursor_input(&link.conn, link.root, mask).map_err(lost)?;
        // Raw motion arrives whoever grabs the pointer.
        let motion = EventMask {
            deviceid: ALL_MASTERS,
            mask: vec![XIEventMask::RAW_MOTION],
        };
        xinput::xi_select_events(&link.conn, link.root, &[motion]).map_err(lost)?;
        Ok(Self {
            shape: blank(),
            at: (0, 0),
            over: 0,
            new_shape: true,
            new_place: true,
        })
    }

    /// Takes an event; whether it was one of the pointer.
    pub(crate) fn absorb(&mut self, event: &Event) -> bool {
        match event {
            Event::XfixesCursorNotify(_) => self.new_shape = true,
            Event::XinputRawMotion(_) => self.new_place = true,
            _ => return false,
        }
        true
    }

    /// What is under the pointer may have moved.
    pub(crate) const fn look_again(&mut self) {
        self.new_place = true;
    }

    /// Asks for what changed. Whether the shape did.
    pub(crate) fn update(&mut self, link: &Link) -> Result<bool, SourceError> {
        if std::mem::take(&mut self.new_place) {
            let asked = xproto::query_pointer(&link.conn, link.root).map_err(lost)?;
            if let Some(p) = answer(asked.reply())? {
                self.at = (p.root_x.into(), p.root_y.into());
                self.over = if p.same_screen { p.child } else { 0 };
            }
        }
        if std::mem::take(&mut self.new_shape) {
            let asked = xfixes::get_cursor_image(&link.conn).map_err(lost)?;
            let shape = answer(asked.reply())?
                .and_then(shape_of)
                .unwrap_or_else(blank);
            if shape != self.shape {
                self.shape = shape;
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub(crate) fn shape(&self) -> CursorShape {
        self.shape.clone()
    }
}

/// An invisible pointer.
fn blank() -> CursorShape {
    CursorShape {
        slot: 0,
        w: 1,
        h: 1,
        hot_x: 0,
        hot_y: 0,
        pixels: vec![0],
    }
}

/// Of a pointer larger than can be told, the part around its hot spot.
fn shape_of(image: GetCursorImageReply) -> Option<CursorShape> {
    let (w, h) = (image.width, image.height);
    if image.cursor_image.len() != usize::from(w) * usize::from(h) {
        return None;
    }
    let part = |len: u16, hot: u16| {
        let hot = hot.min(len.saturating_sub(1));
        let from = hot.saturating_sub(MAX_CURSOR_SIDE / 2);
        let from = from.min(len.saturating_sub(MAX_CURSOR_SIDE));
        (from, len.min(MAX_CURSOR_SIDE), hot - from)
    };
    let (x, kept_w, hot_x) = part(w, image.xhot);
    let (y, kept_h, hot_y) = part(h, image.yhot);
    let rows = image.cursor_image.chunks_exact(usize::from(w.max(1)));
    let rows = rows.skip(usize::from(y)).take(usize::from(kept_h));
    let pixels = rows.flat_map(|row| row.iter().skip(usize::from(x)).take(usize::from(kept_w)));
    let shape = CursorShape {
        slot: 0,
        w: kept_w,
        h: kept_h,
        hot_x,
        hot_y,
        pixels: pixels.copied().collect(),
    };
    shape.is_valid().then_some(shape)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(width: u16, height: u16, xhot: u16, yhot: u16) -> GetCursorImageReply {
        GetCursorImageReply {
            sequence: 0,
            length: 0,
            x: 0,
            y: 0,
            width,
            height,
            xhot,
            yhot,
            cursor_serial: 1,
            cursor_image: (0..u32::from(width) * u32::from(height)).collect(),
        }
    }

    #[test]
    fn pointers_of_any_size_become_shapes_whose_hot_spot_points_at_the_same_pixel() {
        for (w, h, x, y) in [
            (1, 1, 0, 0),
            (24, 24, 23, 5),
            (128, 128, 127, 127),
            (300, 200, 0, 0),
            (300, 200, 299, 199),
            (300, 20, 150, 19),
        ] {
            let shape = shape_of(image(w, h, x, y)).unwrap();
            assert!(shape.is_valid());
            let hot = usize::from(shape.hot_y) * usize::from(shape.w) + usize::from(shape.hot_x);
            assert_eq!(
                shape.pixels[hot],
                u32::from(y) * u32::from(w) + u32::from(x)
            );
        }
        // A hot spot outside is moved in; nothing at all is no shape.
        assert!(shape_of(image(10, 10, 200, 200)).is_some());
        assert!(shape_of(image(0, 10, 0, 0)).is_none());
    }
}
