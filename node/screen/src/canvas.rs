//! Pixels that a source keeps.

use kith_codec::geometry::{Rect, Size};
use kith_codec::picture::PixelView;

use crate::source::GREY;

/// A picture to paint on. The top byte of a pixel means nothing.
#[derive(Clone)]
pub(crate) struct Canvas {
    pixels: Vec<u32>,
    size: Size,
}

impl std::fmt::Debug for Canvas {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Canvas({}x{})", self.size.width(), self.size.height())
    }
}

impl Canvas {
    /// A grey one.
    pub(crate) fn new(size: Size) -> Self {
        Self {
            pixels: vec![GREY; size.pixels()],
            size,
        }
    }

    pub(crate) const fn size(&self) -> Size {
        self.size
    }

    pub(crate) fn view(&self) -> Option<PixelView<'_>> {
        PixelView::new(&self.pixels, self.size, usize::from(self.size.width()))
    }

    /// The rows of the part of `rect` inside the picture.
    fn rows(&mut self, rect: Rect) -> impl Iterator<Item = &mut [u32]> {
        let rect = rect.intersect(self.size.bounds());
        let (x, w) = (usize::from(rect.x), usize::from(rect.w));
        self.pixels
            .chunks_exact_mut(usize::from(self.size.width()))
            .skip(usize::from(rect.y))
            .take(usize::from(rect.h))
            .filter_map(move |row| row.get_mut(x..x + w))
    }

    pub(crate) fn fill(&mut self, rect: Rect, colour: u32) {
        for row in self.rows(rect) {
            row.fill(colour);
        }
    }

    /// Copies an image without gaps between rows into `to`, which has the
    /// image's size and lies inside.
    pub(crate) fn put(&mut self, to: Rect, image: &[u32]) {
        if to.is_empty() || !self.size.bounds().contains(to) {
            return;
        }
        for (row, from) in self.rows(to).zip(image.chunks_exact(usize::from(to.w))) {
            row.copy_from_slice(from);
        }
    }

    /// The same for an image with alpha in its top byte, premultiplied: over
    /// grey.
    pub(crate) fn put_over_grey(&mut self, to: Rect, image: &[u32]) {
        if to.is_empty() || !self.size.bounds().contains(to) {
            return;
        }
        for (row, from) in self.rows(to).zip(image.chunks_exact(usize::from(to.w))) {
            for (t, f) in row.iter_mut().zip(from) {
                *t = over_grey(*f);
            }
        }
    }

    /// Copies the part of `from` whose top left pixel is there on this one, as
    /// far as it lies within `within`.
    pub(crate) fn place(&mut self, from: &Self, at: (i32, i32), within: Rect) {
        let within = within.intersect(self.size.bounds());
        let left = at.0.max(within.x.into());
        let right = (at.0 + i32::from(from.size.width())).min(within.right() as i32);
        let top = at.1.max(within.y.into());
        let bottom = (at.1 + i32::from(from.size.height())).min(within.bottom() as i32);
        if left >= right || top >= bottom {
            return;
        }
        // Within the picture, so not negative.
        let to = Rect::new(
            left as u16,
            top as u16,
            (right - left) as u16,
            (bottom - top) as u16,
        );
        let (x, y) = ((left - at.0) as usize, (top - at.1) as usize);
        let wide = usize::from(from.size.width());
        let rows = from.pixels.chunks_exact(wide).skip(y);
        for (t, f) in self.rows(to).zip(rows) {
            if let Some(f) = f.get(x..x + t.len()) {
                t.copy_from_slice(f);
            }
        }
    }
}

fn over_grey(pixel: u32) -> u32 {
    let rest = 255 - (pixel >> 24);
    if rest == 0 {
        return pixel;
    }
    // A lying alpha must not overflow into the neighbour.
    let channel = |shift: u32| {
        let (p, g) = ((pixel >> shift) & 0xff, (GREY >> shift) & 0xff);
        (p + (g * rest + 127) / 255).min(255) << shift
    };
    channel(16) | channel(8) | channel(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kith_codec::picture::Picture;
    use proptest::prelude::*;

    fn numbered(size: Size) -> Canvas {
        let mut c = Canvas::new(size);
        let n = size.pixels() as u32;
        c.pixels = (0..n).collect();
        c
    }

    fn shown(c: &Canvas) -> Picture {
        Picture::copy_of(&c.view().unwrap())
    }

    proptest! {
        #[test]
        fn placing_copies_what_is_on_both(
            x in -12..12i32, y in -12..12i32,
            wx in 0..9u16, wy in 0..9u16, ww in 0..9u16, wh in 0..9u16,
        ) {
            let from = numbered(Size::new(7, 5).unwrap());
            let mut to = Canvas::new(Size::new(8, 6).unwrap());
            let within = Rect::new(wx, wy, ww, wh);
            to.place(&from, (x, y), within);
            for py in 0..6u16 {
                for px in 0..8u16 {
                    let (fx, fy) = (i32::from(px) - x, i32::from(py) - y);
                    let inside = (0..7).contains(&fx)
                        && (0..5).contains(&fy)
                        && within.contains(Rect::new(px, py, 1, 1));
                    let wanted = if inside { (fy * 7 + fx) as u32 } else { GREY };
                    prop_assert_eq!(shown(&to).get(px, py), wanted);
                }
            }
        }
    }

    #[test]
    fn images_are_put_where_they_belong() {
        let mut c = Canvas::new(Size::new(5, 4).unwrap());
        c.put(Rect::new(2, 1, 2, 2), &[1, 2, 3, 4]);
        assert_eq!(shown(&c).get(2, 1), 1);
        assert_eq!(shown(&c).get(3, 2), 4);
        assert_eq!(shown(&c).get(4, 1), GREY);
        let before = c.clone();
        c.put(Rect::new(4, 1, 2, 2), &[9; 4]); // beyond the edge
        c.put(Rect::default(), &[]);
        assert_eq!(shown(&c), shown(&before));
    }

    #[test]
    fn what_is_transparent_shows_grey_and_nothing_else() {
        assert_eq!(over_grey(0xff12_3456) & 0xff_ffff, 0x12_3456);
        assert_eq!(over_grey(0), GREY);
        assert_eq!(over_grey(0x8040_2010), 0x80_6050);
        assert_eq!(over_grey(0x00ff_ffff), 0xff_ffff, "a lie does not overflow");
    }
}
