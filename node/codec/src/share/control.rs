//! What is said beside pictures: pointer, grey areas, state. Only the latest
//! counts, so nothing queues up for a viewer that does not listen.

use std::sync::Arc;

use crate::geometry::Rect;
use crate::message::{
    CursorShape, EndReason, Hello, MAX_CURSORS, MAX_MASKS, SourceState, ToViewer,
};

/// The state of all this, with a number for each part that grows when it
/// changes.
#[derive(Debug, Default)]
pub(crate) struct Control {
    shapes: Vec<Shape>,
    cursor: Option<(u8, u16, u16)>,
    cursor_version: u64,
    masks: Vec<Rect>,
    masks_version: u64,
    source: Option<SourceState>,
    source_version: u64,
    clock: u64,
}

#[derive(Debug)]
struct Shape {
    shape: CursorShape,
    version: u64,
    used: u64,
}

/// What one viewer was told, in the same numbers.
#[derive(Debug, Default)]
pub(crate) struct Told {
    hello: bool,
    shapes: [u64; MAX_CURSORS as usize],
    cursor: u64,
    masks: u64,
    source: u64,
    end: Option<EndReason>,
    ended: bool,
}

impl Told {
    pub(crate) fn end(&mut self, reason: EndReason) {
        self.end.get_or_insert(reason);
    }
}

impl Control {
    fn tick(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }

    /// Shows this shape from now on; its slot is chosen here. `false` if it is
    /// not valid.
    pub(crate) fn set_shape(&mut self, mut shape: CursorShape) -> bool {
        shape.slot = 0;
        if !shape.is_valid() {
            return false;
        }
        let used = self.tick();
        let (x, y) = self.cursor.map_or((0, 0), |(_, x, y)| (x, y));
        let same = |s: &Shape| {
            let a = &s.shape;
            (a.w, a.h, a.hot_x, a.hot_y) == (shape.w, shape.h, shape.hot_x, shape.hot_y)
                && a.pixels == shape.pixels
        };
        let slot = if let Some(i) = self.shapes.iter().position(same) {
            self.shapes[i].used = used;
            i
        } else if self.shapes.len() < usize::from(MAX_CURSORS) {
            shape.slot = self.shapes.len() as u8;
            self.shapes.push(Shape {
                shape,
                version: used,
                used,
            });
            self.shapes.len() - 1
        } else {
            let oldest = self.shapes.iter().enumerate().min_by_key(|(_, s)| s.used);
            let slot = oldest.map_or(0, |(i, _)| i);
            shape.slot = slot as u8;
            self.shapes[slot] = Shape {
                shape,
                version: used,
                used,
            };
            slot
        };
        self.cursor = Some((slot as u8, x, y));
        self.cursor_version = used;
        true
    }

    /// The pointer is there now; before any shape this does nothing.
    pub(crate) fn move_cursor(&mut self, x: u16, y: u16) {
        if let Some((slot, ox, oy)) = self.cursor
            && (ox, oy) != (x, y)
        {
            self.cursor = Some((slot, x, y));
            self.cursor_version = self.tick();
        }
    }

    pub(crate) fn hide_cursor(&mut self) {
        if self.cursor.take().is_some() {
            self.cursor_version = self.tick();
        }
    }

    /// At most [`MAX_MASKS`]; of more, all become one area around them, since
    /// too much grey is safe and too little is not.
    pub(crate) fn set_masks(&mut self, masks: &[Rect]) {
        let masks = if masks.len() > MAX_MASKS {
            vec![masks.iter().fold(Rect::default(), |a, m| a.union(*m))]
        } else {
            masks.to_vec()
        };
        if masks != self.masks {
            self.masks = masks;
            self.masks_version = self.tick();
        }
    }

    pub(crate) fn set_source(&mut self, state: SourceState) {
        if self.source != Some(state) {
            self.source = Some(state);
            self.source_version = self.tick();
        }
    }

    /// The next message for a viewer that was told so much.
    pub(crate) fn next(&self, told: &mut Told) -> Option<Arc<[u8]>> {
        let message = self.next_message(told)?;
        Some(message.to_bytes().into())
    }

    fn next_message(&self, told: &mut Told) -> Option<ToViewer<'static>> {
        if told.ended {
            return None;
        }
        if let Some(reason) = told.end {
            told.ended = true;
            return Some(ToViewer::End(reason));
        }
        if !told.hello {
            told.hello = true;
            return Some(ToViewer::Hello(Hello::ours()));
        }
        if told.masks != self.masks_version {
            told.masks = self.masks_version;
            return Some(ToViewer::Masks(self.masks.clone()));
        }
        if told.source != self.source_version
            && let Some(s) = self.source
        {
            told.source = self.source_version;
            return Some(ToViewer::Source(s));
        }
        if told.cursor == self.cursor_version {
            return None;
        }
        if let Some((slot, ..)) = self.cursor
            && let Some(s) = self.shapes.get(usize::from(slot))
            && let Some(known) = told.shapes.get_mut(usize::from(slot))
            && *known != s.version
        {
            *known = s.version;
            return Some(ToViewer::CursorShape(s.shape.clone()));
        }
        told.cursor = self.cursor_version;
        Some(match self.cursor {
            Some((slot, x, y)) => ToViewer::Cursor {
                shape: Some(slot),
                x,
                y,
            },
            None => ToViewer::Cursor {
                shape: None,
                x: 0,
                y: 0,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decoder::Viewer;
    use crate::message::Envelope;

    fn shape(n: u32) -> CursorShape {
        CursorShape {
            slot: 9,
            w: 1,
            h: 1,
            hot_x: 0,
            hot_y: 0,
            pixels: vec![n],
        }
    }

    fn deliver(c: &Control, told: &mut Told, v: &mut Viewer) -> usize {
        let mut n = 0;
        while let Some(bytes) = c.next(told) {
            let (e, _) = Envelope::split(&bytes).unwrap().unwrap();
            v.handle(ToViewer::parse(e).unwrap().unwrap()).unwrap();
            n += 1;
        }
        n
    }

    #[test]
    fn only_the_latest_is_told() {
        let (mut c, mut told, mut v) =
            (Control::default(), Told::default(), Viewer::new().unwrap());
        assert!(c.set_shape(shape(1)));
        for x in 0..1000 {
            c.move_cursor(x, 5);
        }
        c.set_masks(&[Rect::new(1, 2, 3, 4)]);
        c.set_source(SourceState::Paused);
        // Hello, masks, source, shape, place.
        assert_eq!(deliver(&c, &mut told, &mut v), 5);
        assert_eq!(
            v.cursor().map(|(s, x, y)| (s.pixels[0], x, y)),
            Some((1, 999, 5))
        );
        assert_eq!(deliver(&c, &mut told, &mut v), 0);
        c.hide_cursor();
        assert_eq!(deliver(&c, &mut told, &mut v), 1);
        assert_eq!(v.cursor(), None);
    }

    #[test]
    fn known_shapes_are_not_sent_again_until_replaced() {
        let (mut c, mut told, mut v) =
            (Control::default(), Told::default(), Viewer::new().unwrap());
        c.set_shape(shape(1));
        c.set_shape(shape(2));
        deliver(&c, &mut told, &mut v);
        c.set_shape(shape(1));
        assert_eq!(deliver(&c, &mut told, &mut v), 2, "shape 1 was never told");
        c.set_shape(shape(2));
        assert_eq!(deliver(&c, &mut told, &mut v), 1);
        for n in 3..40 {
            c.set_shape(shape(n));
            deliver(&c, &mut told, &mut v);
            assert_eq!(v.cursor().map(|(s, ..)| s.pixels[0]), Some(n));
        }
        c.set_shape(shape(2));
        assert_eq!(
            deliver(&c, &mut told, &mut v),
            2,
            "shape 2 had been replaced"
        );
    }

    #[test]
    fn too_many_masks_become_one_larger() {
        let mut c = Control::default();
        let masks: Vec<Rect> = (0..300).map(|i| Rect::new(i, i, 2, 2)).collect();
        c.set_masks(&masks);
        assert_eq!(c.masks, vec![Rect::new(0, 0, 301, 301)]);
    }

    #[test]
    fn nothing_follows_the_end() {
        let (c, mut told, mut v) = (Control::default(), Told::default(), Viewer::new().unwrap());
        told.end(EndReason::Revoked);
        told.end(EndReason::Stopped);
        assert_eq!(deliver(&c, &mut told, &mut v), 1);
        assert!(v.handle(ToViewer::Masks(vec![])).is_err());
    }
}
