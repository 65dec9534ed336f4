//! Where a window goes that a person brings into a part of the screen, or out of it
//! (GUARD-2). Pure.

use crate::guard::{Area, Point};
use crate::warden::protocol::Change;

/// Where it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Goes {
    Into(Point),
    OutOf(Point),
    /// There is no room beside the part.
    Nowhere,
}

impl Goes {
    /// What that does to the picture, and where it goes.
    pub(super) const fn change(self) -> Option<(Change, Point)> {
        match self {
            Self::Into(to) => Some((Change::Add, to)),
            Self::OutOf(to) => Some((Change::Remove, to)),
            Self::Nowhere => None,
        }
    }
}

/// Into `part` the shortest way, as much of it as has room there; out of it again
/// where that is so already. `window`: with its borders.
pub(super) fn goes(window: Area, part: Area, screen: Area) -> Goes {
    let here = corner(window);
    let inside = Point {
        x: near(window.x, window.w, part.x, part.w),
        y: near(window.y, window.h, part.y, part.h),
    };
    if inside != here {
        return Goes::Into(inside);
    }
    let far = |at: i32, len: u32| at.saturating_add(i32::try_from(len).unwrap_or(i32::MAX));
    let before = |at: i32, len: u32| at.saturating_sub(i32::try_from(len).unwrap_or(i32::MAX));
    let at = |x, y| Point { x, y };
    let beside = [
        at(before(part.x, window.w), here.y),
        at(far(part.x, part.w), here.y),
        at(here.x, before(part.y, window.h)),
        at(here.x, far(part.y, part.h)),
    ];
    let fits = |p: &Point| {
        let there = Area::new(p.x, p.y, window.w, window.h);
        there.intersect(screen) == there
    };
    let way = |p: &Point| p.x.abs_diff(here.x).saturating_add(p.y.abs_diff(here.y));
    let nearest = beside.into_iter().filter(fits).min_by_key(way);
    nearest.map_or(Goes::Nowhere, Goes::OutOf)
}

const fn corner(a: Area) -> Point {
    Point { x: a.x, y: a.y }
}

/// The place nearest to `at` from where so much lies in the span; its beginning where
/// that has no room for it.
fn near(at: i32, len: u32, from: i32, room: u32) -> i32 {
    let left = i32::try_from(room.saturating_sub(len)).unwrap_or(i32::MAX);
    at.clamp(from, from.saturating_add(left))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_way_in_and_out() {
        let screen = Area::new(0, 0, 1000, 800);
        let part = Area::new(300, 200, 400, 300);
        let at = |x, y| Point { x, y };
        for (window, goes_to) in [
            (Area::new(0, 0, 100, 80), Goes::Into(at(300, 200))),
            (Area::new(650, 250, 100, 80), Goes::Into(at(600, 250))),
            (Area::new(310, 250, 100, 80), Goes::OutOf(at(200, 250))),
            (Area::new(590, 210, 100, 80), Goes::OutOf(at(590, 120))),
            // Too large for it: its beginning is what is seen.
            (Area::new(0, 0, 900, 80), Goes::Into(at(300, 200))),
            (Area::new(300, 200, 900, 80), Goes::Nowhere),
        ] {
            assert_eq!(goes(window, part, screen), goes_to, "{window:?}");
        }
        assert_eq!(goes(part, part, part), Goes::Nowhere);
    }
}
