//! Where the parts of a frame go. Pure.

use crate::guard::Area;
use crate::look::Scale;

/// How thick the frame is at the usual size, in pixels.
const THICK: u32 = 4;
/// How wide and high the title is at the usual size.
pub(super) const TITLE: (u32, u32) = (600, 30);

/// The title within its window.
pub(super) const fn title_at(scale: Scale) -> Area {
    Area::new(0, 0, scale.side(TITLE.0), scale.side(TITLE.1))
}

/// How thick the frame is.
pub(super) const fn thick(scale: Scale) -> u32 {
    scale.side(THICK)
}

fn clamp(at: i64, len: u32, max: u32) -> i32 {
    let room = i64::from(max) - i64::from(len);
    at.clamp(0, room.max(0)) as i32
}

/// The four bars round each area: outside of it where the screen has room,
/// else along its edge.
pub(super) fn bars(areas: &[Area], screen: Area, scale: Scale) -> Vec<Area> {
    let thick = thick(scale);
    let mut bars = Vec::with_capacity(areas.len() * 4);
    for a in areas {
        let (t, x, y) = (i64::from(thick), i64::from(a.x), i64::from(a.y));
        let (right, bottom) = (x + i64::from(a.w), y + i64::from(a.h));
        let wide = a.w.saturating_add(2 * thick).min(screen.w);
        let high = a.h.saturating_add(2 * thick).min(screen.h);
        let left_x = clamp(x - t, thick, screen.w);
        let right_x = clamp(right, thick, screen.w);
        let top_y = clamp(y - t, thick, screen.h);
        let bottom_y = clamp(bottom, thick, screen.h);
        let row_x = clamp(x - t, wide, screen.w);
        let column_y = clamp(y - t, high, screen.h);
        bars.push(Area::new(row_x, top_y, wide, thick));
        bars.push(Area::new(row_x, bottom_y, wide, thick));
        bars.push(Area::new(left_x, column_y, thick, high));
        bars.push(Area::new(right_x, column_y, thick, high));
    }
    bars
}

/// The title: above the first area, or along its top inside where there is no
/// room above; always wholly on the screen.
pub(super) fn title(areas: &[Area], screen: Area, scale: Scale) -> Area {
    let (w, h) = (
        scale.side(TITLE.0).min(screen.w),
        scale.side(TITLE.1).min(screen.h),
    );
    let Some(a) = areas.first() else {
        // Nothing to be seen (minimised): the title stays, at the top.
        return Area::new(clamp(i64::from(screen.w / 2), w, screen.w), 0, w, h);
    };
    let above = i64::from(a.y) - i64::from(h) - i64::from(thick(scale));
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
            sw in 1u32..4000, sh in 1u32..4000, percent in 0u16..400,
        ) {
            let screen = Area::new(0, 0, sw, sh);
            let areas = [Area::new(x, y, w, h)];
            let scale = Scale::percent(percent);
            let thick = thick(scale);
            let mut all = bars(&areas, screen, scale);
            all.push(title(&areas, screen, scale));
            all.push(title(&[], screen, scale));
            for a in all {
                prop_assert!(a.x >= 0 && a.y >= 0);
                prop_assert!(a.w <= sw.max(thick) && a.h <= sh.max(thick));
                prop_assert!(sw < thick || a.x as u32 + a.w <= sw);
                prop_assert!(sh < thick || a.y as u32 + a.h <= sh);
            }
        }
    }

    #[test]
    fn bars_lie_outside_where_there_is_room() {
        let screen = Area::new(0, 0, 1000, 800);
        let a = Area::new(100, 100, 200, 150);
        let scale = Scale::default();
        let bars = bars(&[a], screen, scale);
        assert!(bars.iter().all(|b| !b.meets(a)), "{bars:?}");
        assert!(!title(&[a], screen, scale).meets(a));
    }
}
