//! A part of the screen, of any shape: a rectangle, less what is cut out of it
//! (GUARD-1). The picture and the guard have it from here, so that what is seen and
//! what takes input are the same.

use kith_codec::geometry::Rect;

use super::desk::{Area, Point};

/// Most rectangles that are cut out of a part. A picture has more masks than that, and
/// a guard looks through all of them for each event.
pub const MAX_CUTS: usize = 16;

/// A rectangle of the screen, less what is cut out of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    area: Area,
    cuts: Vec<Area>,
}

impl From<Area> for Part {
    fn from(area: Area) -> Self {
        let cuts = Vec::new();
        Self { area, cuts }
    }
}

impl From<Rect> for Part {
    fn from(r: Rect) -> Self {
        Self::from(Area::from(r))
    }
}

impl Part {
    /// `area` without `cuts`, which may overlap and lie beside it; `None` if more
    /// than [`MAX_CUTS`] are left of them.
    #[must_use]
    pub fn new(area: Area, cuts: impl IntoIterator<Item = Area>) -> Option<Self> {
        let mut kept: Vec<Area> = Vec::new();
        for cut in cuts {
            let cut = cut.intersect(area);
            if cut.is_empty() || kept.iter().any(|k| k.intersect(cut) == cut) {
                continue;
            }
            kept.retain(|k| cut.intersect(*k) != *k);
            kept.push(cut);
        }
        (kept.len() <= MAX_CUTS).then_some(Self { area, cuts: kept })
    }

    /// The rectangle around all of it.
    #[must_use]
    pub const fn area(&self) -> Area {
        self.area
    }

    /// What of that is cut out. They may overlap.
    #[must_use]
    pub fn cuts(&self) -> &[Area] {
        &self.cuts
    }

    /// Whether the pixel at `p` is in it.
    #[must_use]
    pub fn contains(&self, p: Point) -> bool {
        self.area.contains(p) && !self.cuts.iter().any(|c| c.contains(p))
    }

    /// Whether it has no pixel that isn't in `other`.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        let missing = minus_all(&[self.area], &[other.area]).into_iter();
        let missing: Vec<Area> = missing.chain(other.cuts.iter().copied()).collect();
        // Of what isn't in the other, nothing is in this one.
        let missing = missing.into_iter().map(|a| a.intersect(self.area));
        minus_all(&missing.collect::<Vec<_>>(), &self.cuts).is_empty()
    }

    /// What both have; nothing where that has too many cuts to be told.
    #[must_use]
    pub fn common(&self, other: &Self) -> Self {
        let area = self.area.intersect(other.area);
        let cuts = self.cuts.iter().chain(&other.cuts).copied();
        let nothing = Area { w: 0, h: 0, ..area };
        Self::new(area, cuts).unwrap_or_else(|| nothing.into())
    }

    /// Without `piece`; `None` if it has too many cuts then.
    #[must_use]
    pub fn without(&self, piece: Area) -> Option<Self> {
        Self::new(self.area, self.cuts.iter().copied().chain([piece]))
    }

    /// With `piece`, wherever that is; `None` if it has too many cuts then.
    #[must_use]
    pub fn with(&self, piece: Area) -> Option<Self> {
        let area = self.area.around(piece);
        let beside = minus_all(&[area], &[self.area]);
        let cuts: Vec<Area> = beside.into_iter().chain(self.cuts.clone()).collect();
        Self::new(area, minus_all(&cuts, &[piece]))
    }

    /// The same with `area` around it. Where that has the same size, the whole
    /// is moved, its cuts as well; else they stay where they are on the screen.
    #[must_use]
    pub fn placed(&self, area: Area) -> Self {
        let (x, y) = match (area.w, area.h) == (self.area.w, self.area.h) {
            true => (area.x - self.area.x, area.y - self.area.y),
            false => (0, 0),
        };
        let moved = |c: &Area| Area {
            x: c.x.saturating_add(x),
            y: c.y.saturating_add(y),
            ..*c
        };
        let cuts = self.cuts.iter().map(moved).collect();
        Self { area, cuts }
    }
}

/// What of `areas` isn't in any of `others`.
fn minus_all(areas: &[Area], others: &[Area]) -> Vec<Area> {
    let mut left: Vec<Area> = areas.iter().copied().filter(|a| !a.is_empty()).collect();
    for other in others {
        left = left.into_iter().flat_map(|a| minus(a, *other)).collect();
    }
    left
}

/// What of `a` isn't in `b`: above it, below it, and on its two sides.
fn minus(a: Area, b: Area) -> Vec<Area> {
    let hole = a.intersect(b);
    if hole.is_empty() {
        return vec![a];
    }
    // All of them within `a`.
    let far = |at: i32, len: u32| i64::from(at) + i64::from(len);
    let len = |from: i64, to: i64| u32::try_from(to - from).unwrap_or(0);
    let at = |v: i64| i32::try_from(v).unwrap_or(i32::MAX);
    let (left, top) = (i64::from(a.x), i64::from(a.y));
    let (right, bottom) = (far(a.x, a.w), far(a.y, a.h));
    let (hx, hy) = (i64::from(hole.x), i64::from(hole.y));
    let (hr, hb) = (far(hole.x, hole.w), far(hole.y, hole.h));
    let strips = [
        Area::new(a.x, a.y, a.w, len(top, hy)),
        Area::new(a.x, at(hb), a.w, len(hb, bottom)),
        Area::new(a.x, hole.y, len(left, hx), hole.h),
        Area::new(at(hr), hole.y, len(hr, right), hole.h),
    ];
    strips.into_iter().filter(|s| !s.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn area() -> impl Strategy<Value = Area> {
        (-4i32..24, -4i32..24, 0u32..14, 0u32..14).prop_map(|(x, y, w, h)| Area::new(x, y, w, h))
    }

    fn part() -> impl Strategy<Value = Part> {
        let cuts = prop::collection::vec(area(), 0..5);
        (area(), cuts).prop_map(|(area, cuts)| Part::new(area, cuts).unwrap())
    }

    fn pixels() -> impl Iterator<Item = Point> {
        (-8..40).flat_map(|x| (-8..40).map(move |y| Point { x, y }))
    }

    proptest! {
        /// Each is what its words say, pixel by pixel.
        #[test]
        fn shapes_are_exact(one in part(), other in part(), piece in area()) {
            let (common, within) = (one.common(&other), one.is_within(&other));
            let (with, without) = (one.with(piece), one.without(piece));
            let mut outside = 0;
            for p in pixels() {
                let (a, b, c) = (one.contains(p), other.contains(p), piece.contains(p));
                prop_assert_eq!(common.contains(p), a && b);
                outside += u32::from(a && !b);
                if let Some(with) = &with {
                    prop_assert_eq!(with.contains(p), a || c, "{:?}", with);
                }
                if let Some(without) = &without {
                    prop_assert_eq!(without.contains(p), a && !c);
                }
            }
            prop_assert_eq!(within, outside == 0);
        }
    }

    #[test]
    fn it_moves_as_a_whole_and_its_cuts_stay_when_it_is_resized() {
        let cut = Area::new(20, 20, 10, 10);
        let part = Part::new(Area::new(10, 10, 100, 100), [cut]).unwrap();
        let moved = part.placed(Area::new(15, 8, 100, 100));
        assert_eq!(moved.cuts(), [Area::new(25, 18, 10, 10)]);
        assert_eq!(part.placed(Area::new(10, 10, 50, 100)).cuts(), [cut]);
    }

    /// What has no room would be seen: it is refused.
    #[test]
    fn there_are_only_so_many_cuts() {
        let cut = |i: u32| Area::new(i as i32 * 4, 0, 2, 2);
        let all: Vec<Area> = (0..=MAX_CUTS as u32).map(cut).collect();
        let area = Area::new(0, 0, 500, 500);
        assert!(Part::new(area, all.iter().copied()).is_none());
        let one = Part::new(area, all[1..].iter().copied()).unwrap();
        assert!(one.without(all[0]).is_none());
        // Nothing, rather than what one of both had cut out.
        let other = Part::new(area, [all[0]]).unwrap();
        assert!(one.common(&other).area().is_empty());
    }
}
