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

/// From where to where a bar goes, of what lies on the screen.
fn span(from: i64, to: i64, screen: u32) -> (i32, u32) {
    let on_screen = |at: i64| at.clamp(0, screen.into());
    let (from, to) = (on_screen(from), on_screen(to));
    (from as i32, to.saturating_sub(from) as u32)
}

/// The four bars round each area: outside of it where the screen has room,
/// else along its edge.
pub(super) fn bars(areas: &[Area], screen: Area, scale: Scale) -> Vec<Area> {
    let thick = thick(scale);
    let mut bars = Vec::with_capacity(areas.len() * 4);
    for a in areas {
        let (t, x, y) = (i64::from(thick), i64::from(a.x), i64::from(a.y));
        let (right, bottom) = (x + i64::from(a.w), y + i64::from(a.h));
        let (row_x, wide) = span(x - t, right + t, screen.w);
        let (column_y, high) = span(y - t, bottom + t, screen.h);
        let left_x = clamp(x - t, thick, screen.w);
        let right_x = clamp(right, thick, screen.w);
        let top_y = clamp(y - t, thick, screen.h);
        let bottom_y = clamp(bottom, thick, screen.h);
        bars.push(Area::new(row_x, top_y, wide, thick));
        bars.push(Area::new(row_x, bottom_y, wide, thick));
        bars.push(Area::new(left_x, column_y, thick, high));
        bars.push(Area::new(right_x, column_y, thick, high));
    }
    bars
}

/// The title: above the first area, or along its top inside where there is no
/// room above; always wholly on the screen. `outer`: that window with what a window
/// manager has put round it, which stays to be seen.
pub(super) fn title(areas: &[Area], outer: Option<Area>, screen: Area, scale: Scale) -> Area {
    let (w, h) = (
        scale.side(TITLE.0).min(screen.w),
        scale.side(TITLE.1).min(screen.h),
    );
    let Some(a) = areas.first() else {
        // Nothing to be seen (minimised): the title stays, at the top.
        return Area::new(clamp(i64::from(screen.w / 2), w, screen.w), 0, w, h);
    };
    let frame = i64::from(a.y) - i64::from(thick(scale));
    let above = outer.map_or(frame, |o| frame.min(o.y.into())) - i64::from(h);
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
            all.push(title(&areas, None, screen, scale));
            all.push(title(&[], None, screen, scale));
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
        assert!(!title(&[a], None, screen, scale).meets(a));
        // Nor on what a window manager has put round it.
        let outer = Area::new(98, 76, 204, 178);
        assert!(!title(&[a], Some(outer), screen, scale).meets(outer));
    }

    /// Of a window that is partly off the screen, nothing beside it is framed.
    #[test]
    fn bars_end_where_the_window_does() {
        let screen = Area::new(0, 0, 1000, 800);
        let scale = Scale::default();
        let thick = thick(scale) as i32;
        for (x, y) in [(900, 700), (-100, -50), (900, -50)] {
            let a = Area::new(x, y, 200, 150);
            let (wide, high) = (a.w + 2 * thick as u32, a.h + 2 * thick as u32);
            let round = Area::new(x - thick, y - thick, wide, high);
            for bar in bars(&[a], screen, scale) {
                assert_eq!(bar.intersect(round), bar, "{a:?}");
            }
        }
    }
}
