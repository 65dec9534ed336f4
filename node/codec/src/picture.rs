//! Pictures in memory.
//!
//! A pixel is one `u32` holding `0x00RRGGBB`: on a little-endian machine its
//! bytes are blue, green, red, X, the order of X11 and of most frame buffers.
//! The X byte means nothing in a source and is whatever the window system
//! left there; everything this crate keeps or decodes has it 0, so that two
//! pictures are equal exactly when their pixels look equal.

use crate::geometry::{Rect, Size};

/// Selects the colour of a pixel and drops its undefined byte.
pub const COLOUR: u32 = 0x00ff_ffff;

/// Somebody else's pixels, borrowed: the input of the encoder. The top byte of
/// a pixel may hold anything.
#[derive(Clone, Copy, Debug)]
pub struct PixelView<'a> {
    pixels: &'a [u32],
    size: Size,
    stride: usize,
}

impl<'a> PixelView<'a> {
    /// `stride` is the distance of rows in pixels. `None` if it is shorter than
    /// a row or the pixels do not suffice for all rows.
    #[must_use]
    pub fn new(pixels: &'a [u32], size: Size, stride: usize) -> Option<Self> {
        let (w, h) = (usize::from(size.width()), usize::from(size.height()));
        if stride < w {
            return None;
        }
        let needed = stride.checked_mul(h - 1)?.checked_add(w)?;
        (pixels.len() >= needed).then_some(Self {
            pixels,
            size,
            stride,
        })
    }

    /// The same from bytes (B, G, R, X), for instance shared memory of X11.
    /// `None` also if they do not lie on a four-byte boundary or on a machine
    /// whose byte order is not little-endian.
    #[must_use]
    pub fn from_bgrx(bytes: &'a [u8], size: Size, stride_bytes: usize) -> Option<Self> {
        if cfg!(target_endian = "big") || !stride_bytes.is_multiple_of(4) {
            return None;
        }
        let whole = bytes.len() / 4 * 4;
        let pixels = bytemuck::try_cast_slice(&bytes[..whole]).ok()?;
        Self::new(pixels, size, stride_bytes / 4)
    }

    /// Its size.
    #[must_use]
    pub const fn size(&self) -> Size {
        self.size
    }

    /// `w` pixels of row `y` from column `x`; shorter, in the end empty, where
    /// that leaves the picture.
    #[must_use]
    pub(crate) fn row(&self, x: u16, y: u16, w: u16) -> &'a [u32] {
        let end = (u32::from(x) + u32::from(w)).min(u32::from(self.size.width())) as usize;
        let start = usize::from(x).min(end);
        let base = usize::from(y) * self.stride;
        self.pixels.get(base + start..base + end).unwrap_or(&[])
    }
}

/// An owned picture without gaps between rows; all X bytes are 0.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    pixels: Vec<u32>,
    size: Size,
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({}x{})", self.size.width(), self.size.height())
    }
}

impl Picture {
    /// A black picture.
    #[must_use]
    pub fn new(size: Size) -> Self {
        Self {
            pixels: vec![0; size.pixels()],
            size,
        }
    }

    /// A copy of `view` with its X bytes cleared.
    #[must_use]
    pub fn copy_of(view: &PixelView<'_>) -> Self {
        let mut picture = Self::new(view.size());
        picture.copy_from(view, view.size().bounds());
        picture
    }

    /// Its size.
    #[must_use]
    pub const fn size(&self) -> Size {
        self.size
    }

    /// All pixels, row by row.
    #[must_use]
    pub fn pixels(&self) -> &[u32] {
        &self.pixels
    }

    /// Borrowed as encoder input.
    #[must_use]
    pub fn view(&self) -> PixelView<'_> {
        PixelView {
            pixels: &self.pixels,
            size: self.size,
            stride: usize::from(self.size.width()),
        }
    }

    /// The pixel, or black outside.
    #[must_use]
    pub fn get(&self, x: u16, y: u16) -> u32 {
        self.row(x, y, 1).first().copied().unwrap_or(0)
    }

    /// Sets a pixel; outside the picture nothing happens.
    pub fn set(&mut self, x: u16, y: u16, colour: u32) {
        if let Some(p) = self.row_mut(x, y, 1).first_mut() {
            *p = colour & COLOUR;
        }
    }

    /// Paints the part of `rect` inside the picture.
    pub fn fill(&mut self, rect: Rect, colour: u32) {
        let rect = rect.intersect(self.size.bounds());
        for y in 0..rect.h {
            self.row_mut(rect.x, rect.y + y, rect.w)
                .fill(colour & COLOUR);
        }
    }

    /// Copies the pixels of `rect` from the same place in `view`, as far as
    /// both reach.
    pub fn copy_from(&mut self, view: &PixelView<'_>, rect: Rect) {
        let rect = rect
            .intersect(self.size.bounds())
            .intersect(view.size().bounds());
        for y in 0..rect.h {
            let from = view.row(rect.x, rect.y + y, rect.w);
            for (to, from) in self
                .row_mut(rect.x, rect.y + y, rect.w)
                .iter_mut()
                .zip(from)
            {
                *to = from & COLOUR;
            }
        }
    }

    pub(crate) fn row(&self, x: u16, y: u16, w: u16) -> &[u32] {
        self.view().row(x, y, w)
    }

    /// The mutable counterpart of [`PixelView::row`].
    pub(crate) fn row_mut(&mut self, x: u16, y: u16, w: u16) -> &mut [u32] {
        let width = usize::from(self.size.width());
        let end = (usize::from(x) + usize::from(w)).min(width);
        let start = usize::from(x).min(end);
        let base = usize::from(y) * width;
        self.pixels
            .get_mut(base + start..base + end)
            .unwrap_or_default()
    }

    /// Copies `w` pixels within the picture as `memmove` does. The caller has
    /// checked that both runs lie inside; outside nothing happens.
    pub(crate) fn copy_run(&mut self, from: (u16, u16), to: (u16, u16), w: u16) {
        let width = usize::from(self.size.width());
        let n = usize::from(w);
        let s = usize::from(from.1) * width + usize::from(from.0);
        let d = usize::from(to.1) * width + usize::from(to.0);
        if s + n <= self.pixels.len() && d + n <= self.pixels.len() {
            self.pixels.copy_within(s..s + n, d);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(w: u16, h: u16) -> Size {
        Size::new(w, h).unwrap()
    }

    #[test]
    fn the_undefined_byte_is_dropped() {
        let raw = [0xff11_2233, 0x0011_2233, 0x8044_5566, 0x0000_0000];
        let view = PixelView::new(&raw, size(2, 2), 2).unwrap();
        let picture = Picture::copy_of(&view);
        assert_eq!(picture.pixels(), &[0x11_2233, 0x11_2233, 0x44_5566, 0]);
    }

    #[test]
    fn views_check_their_memory() {
        let raw = [0u32; 10];
        assert!(PixelView::new(&raw, size(4, 3), 3).is_none());
        assert!(PixelView::new(&raw, size(4, 3), 4).is_none());
        // The last row may end early: 3 + 3 + 4 pixels are enough.
        assert!(PixelView::new(&raw, size(3, 3), 3).is_some());
        assert!(PixelView::new(&raw, size(2, 2), usize::MAX).is_none());
    }

    #[test]
    fn bytes_are_blue_green_red() {
        let bytes: Vec<u32> = vec![u32::from_le_bytes([1, 2, 3, 9])];
        let view = PixelView::from_bgrx(bytemuck::cast_slice(&bytes), size(1, 1), 4).unwrap();
        assert_eq!(Picture::copy_of(&view).get(0, 0), 0x03_0201);
        assert!(PixelView::from_bgrx(bytemuck::cast_slice(&bytes), size(1, 1), 3).is_none());
    }

    #[test]
    fn drawing_outside_does_nothing() {
        let mut p = Picture::new(size(3, 3));
        p.set(3, 0, 7);
        p.set(0, 3, 7);
        p.fill(Rect::new(2, 2, 100, 100), 5);
        assert_eq!(p.get(2, 2), 5);
        assert_eq!(p.pixels().iter().filter(|c| **c != 0).count(), 1);
    }
}
