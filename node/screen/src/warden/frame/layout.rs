//! Where the parts of a frame go. Pure.

use crate::guard::Area;

/// How thick the frame is, in pixels.
pub(super) const THICK: u32 = 4;
/// How high the title is.
pub(super) const TITLE: (u32, u32) = (600, 30);

fn clamp(at: i64, len: u32, max: u32) -> i32 {
    let room = i64::from(max) - i64::from(len);
    at.clamp(0, room.max(0)) as i32
}

/// The four bars round each area: outside of it where the screen has room,
/// else along its edge.
pub(super) fn bars(areas: &[Area], screen: Area) -> Vec<Area> {
    let mut bars = Vec::with_capacity(areas.len() * 4);
    for a in areas {
        let (t, x, y) = (i64::from(THICK), i64::from(a.x), i64::from(a.y));
        let (right, bottom) = (x + i64::from(a.w), y + i64::from(a.h));
        let wide = a.w.saturating_add(2 * THICK).min(screen.w);
        let high = a.h.saturating_add(2 * THICK).min(screen.h);
        let left_x = clamp(x - t, THICK, screen.w);
        let right_x = clamp(right, THICK, screen.w);
        let top_y = clamp(y - t, THICK, screen.h);
        let bottom_y = clamp(bottom, THICK, screen.h);
        let row_x = clamp(x - t, wide, screen.w);
        let column_y = clamp(y - t, high, screen.h);
        bars.push(Area::new(row_x, top_y, wide, THICK));
        bars.push(Area::new(row_x, bottom_y, wide, THICK));
        bars.push(Area::new(left_x, column_y, THICK, high));
        bars.push(Area::new(right_x, column_y, THICK, high));
    }
    bars
}

/// The title: above the first area, or along its top inside where there is no
/// room above; always wholly on the screen.
pub(super) fn title(areas: &[Area], screen: Area) -> Area {
    let (w, h) = (TITLE.0.min(screen.w), TITLE.1.min(screen.h));
    let Some(a) = areas.first() else {
        // Nothing to be seen (minimised): the title stays, at the top.
        return Area::new(clamp(i64::from(screen.w / 2), w, screen.w), 0, w, h);
    };
    let above = i64::from(a.y) - i64::from(h) - i64::from(THICK);
    let y = if above >= 0 { above } else { i64::from(a.y) };
    Area::new(
        clamp(i64::from(a.x), w, screen.w),
        clamp(y, h, screen.h),
        w,
        h,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn everything_is_on_the_screen(
            x in -3000i32..3000, y in -3000i32..3000, w in 0u32..5000, h in 0u32..5000,
            sw in 1u32..4000, sh in 1u32..4000,
        ) {
            let screen = Area::new(0, 0, sw, sh);
            let areas = [Area::new(x, y, w, h)];
            let mut all = bars(&areas, screen);
            all.push(title(&areas, screen));
            all.push(title(&[], screen));
            for a in all {
                prop_assert!(a.x >= 0 && a.y >= 0);
                prop_assert!(a.w <= sw.max(THICK) && a.h <= sh.max(THICK));
                prop_assert!(sw < THICK || a.x as u32 + a.w <= sw);
                prop_assert!(sh < THICK || a.y as u32 + a.h <= sh);
            }
        }
    }

    #[test]
    fn bars_lie_outside_where_there_is_room() {
        let screen = Area::new(0, 0, 1000, 800);
        let a = Area::new(100, 100, 200, 150);
        let bars = bars(&[a], screen);
        assert!(bars.iter().all(|b| !b.meets(a)), "{bars:?}");
        assert!(!title(&[a], screen).meets(a));
    }
}
