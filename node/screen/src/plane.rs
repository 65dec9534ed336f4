//! Rectangles on the screen's plane, where a window may lie left of or above
//! everything.

use kith_codec::geometry::{Rect, Size};

use crate::source::Placement;

/// A rectangle; nothing if a side is not positive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Span {
    pub(crate) x: i32,
    pub(crate) y: i32,
    pub(crate) w: i32,
    pub(crate) h: i32,
}

impl Span {
    pub(crate) const fn new(x: i32, y: i32, w: i32, h: i32) -> Self {
        Self { x, y, w, h }
    }

    /// A rectangle of a picture that lies at `at`.
    pub(crate) fn on_screen(rect: Rect, at: Placement) -> Self {
        Self::new(
            i32::from(rect.x) + at.x,
            i32::from(rect.y) + at.y,
            rect.w.into(),
            rect.h.into(),
        )
    }

    /// The part of it that a picture at `at` shows, in the picture's pixels.
    pub(crate) fn in_picture(self, at: Placement, size: Size) -> Rect {
        let whole = Self::on_screen(size.bounds(), at);
        let part = self.intersect(whole);
        if part.is_empty() {
            return Rect::default();
        }
        // Between 0 and the picture's sides, which are u16.
        Rect::new(
            (part.x - at.x) as u16,
            (part.y - at.y) as u16,
            part.w as u16,
            part.h as u16,
        )
    }

    pub(crate) const fn right(self) -> i32 {
        self.x + self.w
    }

    pub(crate) const fn bottom(self) -> i32 {
        self.y + self.h
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.w <= 0 || self.h <= 0
    }

    pub(crate) const fn placement(self) -> Placement {
        Placement {
            x: self.x,
            y: self.y,
        }
    }

    pub(crate) fn intersect(self, other: Self) -> Self {
        let (x, y) = (self.x.max(other.x), self.y.max(other.y));
        Self {
            x,
            y,
            w: (self.right().min(other.right()) - x).max(0),
            h: (self.bottom().min(other.bottom()) - y).max(0),
        }
    }

    /// The smallest around both; an empty one adds nothing.
    pub(crate) fn union(self, other: Self) -> Self {
        if self.is_empty() {
            return other;
        }
        if other.is_empty() {
            return self;
        }
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        Self {
            x,
            y,
            w: self.right().max(other.right()) - x,
            h: self.bottom().max(other.bottom()) - y,
        }
    }

    pub(crate) fn contains(self, other: Self) -> bool {
        other.is_empty() || self.intersect(other) == other
    }

    /// What of it `other` does not cover: at most four rectangles.
    pub(crate) fn without(self, other: Self) -> impl Iterator<Item = Self> {
        let hole = self.intersect(other);
        let (above, below) = (hole.y - self.y, self.bottom() - hole.bottom());
        let (left, right) = (hole.x - self.x, self.right() - hole.right());
        let pieces = if hole.is_empty() {
            [self, Self::default(), Self::default(), Self::default()]
        } else {
            [
                Self::new(self.x, self.y, self.w, above),
                Self::new(self.x, hole.bottom(), self.w, below),
                Self::new(self.x, hole.y, left, hole.h),
                Self::new(hole.right(), hole.y, right, hole.h),
            ]
        };
        pieces.into_iter().filter(|p| !p.is_empty())
    }
}

/// What of `whole` none of `covers` covers. Falls back to `whole` when that
/// takes more than `most` pieces.
pub(crate) fn uncovered(
    whole: Span,
    covers: impl IntoIterator<Item = Span>,
    most: usize,
) -> Vec<Span> {
    let mut pieces = vec![whole];
    pieces.retain(|p| !p.is_empty());
    for cover in covers {
        pieces = pieces.into_iter().flat_map(|p| p.without(cover)).collect();
        if pieces.len() > most {
            return vec![whole];
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn span() -> impl Strategy<Value = Span> {
        (-30..30i32, -30..30i32, -2..25i32, -2..25i32)
            .prop_map(|(x, y, w, h)| Span::new(x, y, w, h))
    }

    fn has(s: Span, x: i32, y: i32) -> bool {
        (s.x..s.right()).contains(&x) && (s.y..s.bottom()).contains(&y)
    }

    proptest! {
        #[test]
        fn what_is_left_is_exactly_what_is_not_covered(
            whole in span(),
            covers in prop::collection::vec(span(), 0..6),
        ) {
            let pieces = uncovered(whole, covers.clone(), 1000);
            for x in -35..60 {
                for y in -35..60 {
                    let wanted = has(whole, x, y) && !covers.iter().any(|c| has(*c, x, y));
                    let count = pieces.iter().filter(|p| has(**p, x, y)).count();
                    prop_assert_eq!(count, usize::from(wanted), "{} {}", x, y);
                }
            }
        }

        #[test]
        fn pictures_clip(s in span(), x in -40..40i32, y in -40..40i32) {
            let at = Placement { x, y };
            let size = Size::new(20, 10).unwrap();
            let rect = s.in_picture(at, size);
            prop_assert!(size.bounds().contains(rect));
            for px in 0..20u16 {
                for py in 0..10u16 {
                    let inside = rect.contains(Rect::new(px, py, 1, 1));
                    prop_assert_eq!(inside, has(s, i32::from(px) + x, i32::from(py) + y));
                }
            }
            if !rect.is_empty() {
                prop_assert!(s.contains(Span::on_screen(rect, at)));
            }
        }
    }

    #[test]
    fn too_many_pieces_become_the_whole() {
        let whole = Span::new(0, 0, 100, 100);
        let dots = (0..10).map(|i| Span::new(i * 10 + 2, i * 10 + 2, 3, 3));
        assert_eq!(uncovered(whole, dots.clone(), 8), [whole]);
        assert!(uncovered(whole, dots, 100).len() > 8);
        assert!(uncovered(Span::default(), [], 9).is_empty());
    }
}
