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

/// The four bars along the inside of each area: what is cut out of a part has the
/// frame's line where nothing is shown anyway.
pub(super) fn inner_bars(areas: &[Area], scale: Scale) -> Vec<Area> {
    let mut bars = Vec::with_capacity(areas.len() * 4);
    for a in areas {
        let (wide, high) = (thick(scale).min(a.w), thick(scale).min(a.h));
        let (right, low) = ((a.w - wide) as i32, (a.h - high) as i32);
        bars.push(Area { h: high, ..*a });
        bars.push(Area::new(a.x, a.y.saturating_add(low), a.w, high));
        bars.push(Area { w: wide, ..*a });
        bars.push(Area::new(a.x.saturating_add(right), a.y, wide, a.h));
    }
    bars
}

/// The monitor that shows most of an area; where none is told, the whole screen.
pub(super) fn home(area: Area, monitors: &[Area], screen: Area) -> Area {
    let shows = |m: &Area| {
        let seen = m.intersect(area);
        u64::from(seen.w) * u64::from(seen.h)
    };
    // Of several that show as much, the first.
    let most = monitors.iter().rev().max_by_key(|m| shows(m));
    most.copied().unwrap_or(screen)
}

/// So much room at this place, or as near to it as a monitor has it.
fn within(monitor: Area, (x, y): (i64, i64), (w, h): (u32, u32)) -> Area {
    let (left, top) = (i64::from(monitor.x), i64::from(monitor.y));
    let (x, y) = (clamp(x - left, w, monitor.w), clamp(y - top, h, monitor.h));
    Area::new(monitor.x + x, monitor.y + y, w, h)
}

/// The title: above the first area, else below it; along its top inside where its
/// monitor has room for neither; always wholly on that. `outer`: that window with
/// what a window manager has put round it, which stays to be seen.
pub(super) fn title(areas: &[Area], outer: Option<Area>, home: Area, scale: Scale) -> Area {
    let size = (
        scale.side(TITLE.0).min(home.w),
        scale.side(TITLE.1).min(home.h),
    );
    let (left, top) = (i64::from(home.x), i64::from(home.y));
    let Some(a) = areas.first() else {
        // Nothing to be seen (minimised): the title stays, at the top.
        return within(home, (left + i64::from(home.w / 2), top), size);
    };
    let ends = |a: Area| (i64::from(a.y), i64::from(a.y) + i64::from(a.h));
    let (outer, thick) = (ends(outer.unwrap_or(*a)), i64::from(thick(scale)));
    let high = i64::from(size.1);
    let above = outer.0.min(ends(*a).0 - thick) - high;
    let below = outer.1.max(ends(*a).1 + thick);
    let y = match (above >= top, below + high <= ends(home).1) {
        (true, _) => above,
        (false, true) => below,
        (false, false) => i64::from(a.y),
    };
    within(home, (a.x.into(), y), size)
}

/// The menu: below the title, else above it; where there is room for neither, as
/// near as it comes.
pub(super) fn menu(title: Area, size: (u32, u32), home: Area) -> Area {
    let (x, y) = (i64::from(title.x), i64::from(title.y));
    let (below, above) = (y + i64::from(title.h), y - i64::from(size.1));
    let fits = below + i64::from(size.1) <= i64::from(home.y) + i64::from(home.h);
    let y = match fits || above < i64::from(home.y) {
        true => below,
        false => above,
    };
    within(home, (x, y), size)
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
        // At the top edge, too.
        let outer = Area::new(98, 0, 204, 178);
        let a = Area::new(100, 24, 200, 150);
        assert!(!title(&[a], Some(outer), screen, scale).meets(outer));
    }

    #[test]
    fn the_line_round_a_cut_lies_in_it() {
        for cut in [Area::new(10, 20, 100, 50), Area::new(3, 3, 2, 1)] {
            let bars = inner_bars(&[cut], Scale::default());
            assert!(bars.iter().all(|b| b.intersect(cut) == *b), "{bars:?}");
            let corner = Area::new(cut.x + cut.w as i32 - 1, cut.y + cut.h as i32 - 1, 1, 1);
            assert!(bars.iter().any(|b| b.meets(corner)), "{bars:?}");
        }
    }

    /// Where monitors differ in height, part of the screen is on none of them.
    #[test]
    fn title_and_menu_stay_on_the_monitor_of_the_window() {
        let scale = Scale::default();
        let whole = Area::new(0, 0, 2200, 1000);
        let monitors = [Area::new(0, 0, 1000, 1000), Area::new(1000, 300, 1200, 700)];
        let on = |m: Area, a: Area| assert_eq!(a.intersect(m), a, "{a:?} is not on {m:?}");
        for (a, m) in [
            (Area::new(800, 200, 150, 150), monitors[0]),
            (Area::new(800, 10, 150, 900), monitors[0]),
            (Area::new(1100, 310, 200, 200), monitors[1]),
            (Area::new(1700, 320, 480, 670), monitors[1]),
            (Area::new(980, 900, 300, 90), monitors[1]),
        ] {
            let home = home(a, &monitors, whole);
            assert_eq!(home, m);
            let title = title(&[a], None, home, scale);
            on(m, title);
            let menu = menu(title, (420, 300), home);
            on(m, menu);
            assert!(!menu.meets(title), "{a:?}");
        }
        assert_eq!(home(whole, &[], whole), whole);
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
