//! Sizes, rectangles and damage. All coordinates are pixels, the origin is
//! the top left corner of the shared picture.

/// Largest width or height of a shared picture, in pixels. Twice a 4K screen;
/// X11 itself stops at 32767.
pub const MAX_SIDE: u16 = 8192;

/// Largest number of pixels of a shared picture: 8K UHD. A viewer holds four
/// bytes for each, so this bounds what a sharer can make a viewer allocate
/// (133 MB).
pub const MAX_PIXELS: u32 = 7680 * 4320;

/// Most rectangles a [`Region`] keeps before it falls back to their bounds.
/// X11 damage arrives in a handful; more would cost more to walk than to
/// compare the pixels between.
pub const MAX_RECTS: usize = 64;

/// The size of a picture: neither side zero, within [`MAX_SIDE`] and
/// [`MAX_PIXELS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Size {
    width: u16,
    height: u16,
}

impl Size {
    /// Checks the limits; `None` if a side is zero or the picture too large.
    #[must_use]
    pub const fn new(width: u16, height: u16) -> Option<Self> {
        if width == 0 || height == 0 || width > MAX_SIDE || height > MAX_SIDE {
            return None;
        }
        if width as u32 * height as u32 > MAX_PIXELS {
            return None;
        }
        Some(Self { width, height })
    }

    /// Width in pixels, at least 1.
    #[must_use]
    pub const fn width(self) -> u16 {
        self.width
    }

    /// Height in pixels, at least 1.
    #[must_use]
    pub const fn height(self) -> u16 {
        self.height
    }

    /// Number of pixels.
    #[must_use]
    pub const fn pixels(self) -> usize {
        self.width as usize * self.height as usize
    }

    /// The whole picture as a rectangle.
    #[must_use]
    pub const fn bounds(self) -> Rect {
        Rect {
            x: 0,
            y: 0,
            w: self.width,
            h: self.height,
        }
    }
}

/// A rectangle. May be empty; arithmetic never overflows because sides and
/// origins stay within `u16`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Rect {
    /// Left edge.
    pub x: u16,
    /// Top edge.
    pub y: u16,
    /// Width; 0 means empty.
    pub w: u16,
    /// Height; 0 means empty.
    pub h: u16,
}

impl Rect {
    /// A rectangle from its left, top, width and height.
    #[must_use]
    pub const fn new(x: u16, y: u16, w: u16, h: u16) -> Self {
        Self { x, y, w, h }
    }

    /// One past the right edge.
    #[must_use]
    pub const fn right(self) -> u32 {
        self.x as u32 + self.w as u32
    }

    /// One past the bottom edge.
    #[must_use]
    pub const fn bottom(self) -> u32 {
        self.y as u32 + self.h as u32
    }

    /// Whether it covers no pixel.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.w == 0 || self.h == 0
    }

    /// Pixels covered.
    #[must_use]
    pub const fn area(self) -> u32 {
        self.w as u32 * self.h as u32
    }

    /// Whether every pixel of `other` lies inside.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        other.is_empty()
            || (other.x >= self.x
                && other.y >= self.y
                && other.right() <= self.right()
                && other.bottom() <= self.bottom())
    }

    /// The common part, empty if there is none.
    #[must_use]
    pub fn intersect(self, other: Self) -> Self {
        let x0 = self.x.max(other.x);
        let y0 = self.y.max(other.y);
        let x1 = self.right().min(other.right());
        let y1 = self.bottom().min(other.bottom());
        if u32::from(x0) >= x1 || u32::from(y0) >= y1 {
            return Self::default();
        }
        // Both differences are at most the smaller of two u16 sides.
        Self {
            x: x0,
            y: y0,
            w: (x1 - u32::from(x0)) as u16,
            h: (y1 - u32::from(y0)) as u16,
        }
    }

    /// The smallest rectangle around both; an empty one adds nothing.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        if self.is_empty() {
            return other;
        }
        if other.is_empty() {
            return self;
        }
        let x = self.x.min(other.x);
        let y = self.y.min(other.y);
        let w = (self.right().max(other.right()) - u32::from(x)).min(u32::from(u16::MAX));
        let h = (self.bottom().max(other.bottom()) - u32::from(y)).min(u32::from(u16::MAX));
        Self {
            x,
            y,
            w: w as u16,
            h: h as u16,
        }
    }
}

/// A set of pixels as at most [`MAX_RECTS`] rectangles, which may overlap.
/// It may cover more than was added, never less.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Region {
    rects: Vec<Rect>,
}

impl Region {
    /// An empty region.
    #[must_use]
    pub const fn new() -> Self {
        Self { rects: Vec::new() }
    }

    /// Adds the pixels of `rect`.
    pub fn add(&mut self, rect: Rect) {
        if rect.is_empty() || self.rects.iter().any(|r| r.contains(rect)) {
            return;
        }
        self.rects.retain(|r| !rect.contains(*r));
        // Neighbours that make one exact rectangle are joined, so that the
        // rows of a scrolled area do not fill the list.
        for r in &mut self.rects {
            let joined = r.union(rect);
            if joined.area() == r.area() + rect.area() && r.intersect(rect).is_empty() {
                *r = joined;
                return;
            }
        }
        if self.rects.len() == MAX_RECTS {
            let all = self.rects.iter().fold(rect, |a, r| a.union(*r));
            self.rects.clear();
            self.rects.push(all);
            return;
        }
        self.rects.push(rect);
    }

    /// Adds all of `other`.
    pub fn add_all(&mut self, other: &Self) {
        for r in &other.rects {
            self.add(*r);
        }
    }

    /// The rectangles; they may overlap.
    #[must_use]
    pub fn rects(&self) -> &[Rect] {
        &self.rects
    }

    /// The smallest rectangle around everything.
    #[must_use]
    pub fn bounds(&self) -> Rect {
        self.rects.iter().fold(Rect::default(), |a, r| a.union(*r))
    }

    /// Whether nothing is covered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rects.is_empty()
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.rects.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rect() -> impl Strategy<Value = Rect> {
        (0u16..200, 0u16..200, 0u16..60, 0u16..60).prop_map(|(x, y, w, h)| Rect::new(x, y, w, h))
    }

    fn covers(rects: &[Rect], x: u16, y: u16) -> bool {
        rects.iter().any(|r| r.contains(Rect::new(x, y, 1, 1)))
    }

    proptest! {
        #[test]
        fn a_region_covers_at_least_what_was_added(rects in prop::collection::vec(rect(), 0..150)) {
            let mut region = Region::new();
            for r in &rects {
                region.add(*r);
            }
            prop_assert!(region.rects().len() <= MAX_RECTS);
            for x in (0..260).step_by(7) {
                for y in (0..260).step_by(7) {
                    if covers(&rects, x, y) {
                        prop_assert!(covers(region.rects(), x, y));
                    }
                }
            }
        }

        #[test]
        fn intersection_is_exact(a in rect(), b in rect(), x in 0u16..260, y in 0u16..260) {
            let p = Rect::new(x, y, 1, 1);
            prop_assert_eq!(a.intersect(b).contains(p), a.contains(p) && b.contains(p));
        }
    }

    #[test]
    fn sizes_have_limits() {
        assert!(Size::new(0, 1).is_none());
        assert!(Size::new(1, 0).is_none());
        assert!(Size::new(MAX_SIDE + 1, 1).is_none());
        assert!(Size::new(MAX_SIDE, MAX_SIDE).is_none());
        assert!(Size::new(7680, 4320).is_some());
        assert!(Size::new(1, 1).is_some());
    }

    #[test]
    fn corners_of_the_coordinate_space_do_not_overflow() {
        let far = Rect::new(u16::MAX, u16::MAX, u16::MAX, u16::MAX);
        assert_eq!(far.right(), 2 * 65535);
        assert_eq!(far.intersect(Rect::new(0, 0, 10, 10)), Rect::default());
        assert_eq!(far.union(Rect::new(0, 0, 1, 1)).w, u16::MAX);
    }
}
