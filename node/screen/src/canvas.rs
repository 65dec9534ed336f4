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
}

#[cfg(test)]
mod tests {
    use super::*;
    use kith_codec::picture::Picture;

    fn shown(c: &Canvas) -> Picture {
        Picture::copy_of(&c.view().unwrap())
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
}
