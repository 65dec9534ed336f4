//! Which part of the screen an application's picture is.
//!
//! The picture of one window is that window. The picture of several is a
//! rectangle around them. Each new size costs viewers a whole picture, so it
//! grows in steps and shrinks only when windows have been at rest.

use std::time::{Duration, Instant};

use kith_codec::geometry::Size;

use crate::plane::Span;

/// Step in which the picture of several windows grows, pixels.
const STEP: i32 = 128;

/// How long windows must rest before the picture becomes smaller.
const REST: Duration = Duration::from_secs(1);

/// The same after a pop-up has gone: the next menu is likely near.
const REST_OF_POPUPS: Duration = Duration::from_secs(5);

/// One shown window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) span: Span,
    pub(crate) popup: bool,
}

/// The frame, and when it may shrink.
#[derive(Debug, Default)]
pub(crate) struct Framing {
    frame: Span,
    windows: Vec<Shown>,
    shrink_at: Option<Instant>,
}

/// A picture of this size is possible.
fn possible(span: Span) -> bool {
    let side = |s| u16::try_from(s).ok();
    side(span.w)
        .zip(side(span.h))
        .is_some_and(|(w, h)| Size::new(w, h).is_some())
}

/// Rounds outwards to whole steps, but not beyond the screen.
fn grown(needed: Span, screen: Span) -> Span {
    let down = |n: i32| n.div_euclid(STEP) * STEP;
    let up = |n: i32| -down(-n);
    let (x, y) = (down(needed.x), down(needed.y));
    let wide = Span::new(x, y, up(needed.right()) - x, up(needed.bottom()) - y);
    needed.union(wide.intersect(screen))
}

impl Framing {
    /// The frame for these windows at this moment; unchanged while there are
    /// none. What a picture cannot hold is left out.
    pub(crate) fn update(&mut self, windows: Vec<Shown>, screen: Span, now: Instant) -> Span {
        let needed = windows.iter().fold(Span::default(), |a, w| a.union(w.span));
        let needed = if possible(needed) {
            needed
        } else {
            needed.intersect(screen)
        };
        if needed.is_empty() || !possible(needed) {
            return self.frame;
        }
        let ordinary =
            |all: &[Shown]| -> Vec<Shown> { all.iter().filter(|w| !w.popup).copied().collect() };
        if windows != self.windows {
            let rest = if ordinary(&windows) == ordinary(&self.windows) {
                REST_OF_POPUPS
            } else {
                REST
            };
            self.shrink_at = Some(now + rest);
        }
        if windows.len() == 1 && self.windows.len() <= 1
            || self.frame.is_empty()
            || self.shrink_at.is_some_and(|t| t <= now)
        {
            self.frame = needed;
        } else if !self.frame.contains(needed) {
            let wide = grown(needed, screen);
            self.frame = if possible(wide) { wide } else { needed };
        }
        if self.frame == needed {
            self.shrink_at = None;
        }
        self.windows = windows;
        self.frame
    }

    /// When to update though nothing happens.
    pub(crate) const fn due(&self) -> Option<Instant> {
        self.shrink_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCREEN: Span = Span::new(0, 0, 1000, 800);

    fn window(x: i32, y: i32, w: i32, h: i32) -> Shown {
        Shown {
            span: Span::new(x, y, w, h),
            popup: false,
        }
    }

    fn popup(x: i32, y: i32, w: i32, h: i32) -> Shown {
        Shown {
            popup: true,
            ..window(x, y, w, h)
        }
    }

    #[test]
    fn one_window_is_its_own_frame_wherever_it_goes() {
        let (mut f, now) = (Framing::default(), Instant::now());
        for w in [
            window(10, 10, 300, 200),
            window(50, -20, 300, 200),
            window(900, 700, 310, 220),
        ] {
            assert_eq!(f.update(vec![w], SCREEN, now), w.span);
            assert_eq!(f.due(), None, "no clock ticks");
        }
        assert_eq!(f.update(Vec::new(), SCREEN, now), f.frame);
    }

    #[test]
    fn a_menu_grows_it_and_it_shrinks_after_a_rest() {
        let (mut f, now) = (Framing::default(), Instant::now());
        let main = window(100, 100, 300, 200);
        f.update(vec![main], SCREEN, now);
        let inside = vec![main, popup(150, 120, 50, 60)];
        assert_eq!(f.update(inside, SCREEN, now), main.span);
        let below = vec![main, popup(150, 280, 50, 60)];
        let wide = f.update(below.clone(), SCREEN, now);
        assert_eq!(wide, Span::new(0, 0, 512, 384));
        assert_eq!(f.update(vec![main], SCREEN, now), wide, "not at once");
        let due = f.due().unwrap();
        assert_eq!(due, now + REST_OF_POPUPS);
        assert_eq!(f.update(vec![main], SCREEN, due), main.span);
        assert_eq!(f.due(), None);
    }

    #[test]
    fn windows_dragged_apart_change_the_size_seldom() {
        let (mut f, mut now) = (Framing::default(), Instant::now());
        let fixed = window(100, 100, 200, 200);
        let mut sizes = std::collections::BTreeSet::new();
        for i in 0..600 {
            now += Duration::from_millis(16);
            let other = window(150 + i, 150, 200, 200);
            let frame = f.update(vec![fixed, other], SCREEN, now);
            assert!(frame.contains(fixed.span) && frame.contains(other.span));
            sizes.insert((frame.w, frame.h));
        }
        assert!(sizes.len() < 10, "{sizes:?}");
    }

    #[test]
    fn what_no_picture_can_hold_is_cut_to_the_screen() {
        let (mut f, now) = (Framing::default(), Instant::now());
        let far = vec![window(-20000, 0, 300, 300), window(500, 0, 300, 300)];
        assert_eq!(f.update(far, SCREEN, now), Span::new(0, 0, 800, 300));
    }
}
