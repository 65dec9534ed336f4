//! Where the picture is in the window, and which of its pixels a point of the
//! window shows. Pure.

use kith_codec::geometry::{Rect, Size};
use kith_codec::input::Place;

/// How the picture fills the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Mode {
    /// All of it is visible: made smaller if it must be, made larger only by
    /// whole numbers, so that text stays sharp.
    #[default]
    Fit,
    /// A pixel is a pixel; what does not fit is scrolled to.
    OneToOne,
}

/// The picture's pixels and the window's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scale {
    /// Each pixel is so many wide and high, at least 1.
    Up(u16),
    /// The whole picture takes so many pixels, fewer than it has.
    Down(Size),
}

/// Where everything is. All in pixels of the window but `picture`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// The whole window.
    pub(super) window: Size,
    /// The strip with indicators and buttons.
    pub(super) strip: Rect,
    /// What is left for the picture.
    pub(super) view: Rect,
    /// Its size.
    pub(super) picture: Size,
    /// Its scale.
    pub(super) scale: Scale,
    /// Where its top left corner is; left of and above the view when scrolled.
    pub(super) origin: (i32, i32),
}

impl Layout {
    /// Lays out. `scroll` is the wish for the first visible pixel in
    /// [`Mode::OneToOne`]; it is held within the picture.
    #[must_use]
    pub(super) fn new(
        window: Size,
        strip: u16,
        picture: Size,
        mode: Mode,
        scroll: (i32, i32),
    ) -> Self {
        let strip_h = strip.min(window.height());
        let view = Rect::new(0, strip_h, window.width(), window.height() - strip_h);
        let scale = match mode {
            Mode::OneToOne => Scale::Up(1),
            Mode::Fit => fit(view, picture),
        };
        let (w, h) = scaled(scale, picture);
        let place = |from: u16, room: u16, need: u32, scroll: i32| {
            let (from, room) = (i32::from(from), i32::from(room));
            let need = i32::try_from(need).unwrap_or(i32::MAX);
            if need <= room {
                from + (room - need) / 2
            } else {
                from - scroll.clamp(0, need - room)
            }
        };
        let origin = (
            place(view.x, view.w, w, scroll.0),
            place(view.y, view.h, h, scroll.1),
        );
        Self {
            window,
            strip: Rect::new(0, 0, window.width(), strip_h),
            view,
            picture,
            scale,
            origin,
        }
    }

    /// The picture's extent in the window's pixels.
    #[must_use]
    pub(super) fn extent(&self) -> (u32, u32) {
        scaled(self.scale, self.picture)
    }

    /// The part of the view that shows the picture.
    #[must_use]
    pub(super) fn shown(&self) -> Rect {
        self.on_window(self.picture.bounds())
    }

    /// How far it is scrolled.
    #[must_use]
    pub(super) fn scroll(&self) -> (i32, i32) {
        (
            (i32::from(self.view.x) - self.origin.0).max(0),
            (i32::from(self.view.y) - self.origin.1).max(0),
        )
    }

    /// Whether there is something to scroll to.
    #[must_use]
    pub(super) fn scrolls(&self) -> bool {
        let (w, h) = self.extent();
        w > self.view.w.into() || h > self.view.h.into()
    }

    /// The window's pixels that show any pixel of `rect`, within the view.
    #[must_use]
    pub(super) fn on_window(&self, rect: Rect) -> Rect {
        let rect = rect.intersect(self.picture.bounds());
        if rect.is_empty() {
            return Rect::default();
        }
        let side = |from: u16, to: u32, whole: u16, down: Option<u16>, up: u16| match down {
            None => (u32::from(from) * u32::from(up), to * u32::from(up)),
            // A pixel of the window averages the pixels below it: those that
            // touch the rectangle.
            Some(small) => {
                let (small, whole) = (u64::from(small), u64::from(whole));
                let first = u64::from(from) * small / whole;
                let last = (u64::from(to) * small).div_ceil(whole);
                (first as u32, last.min(small) as u32)
            }
        };
        let (down, up) = match self.scale {
            Scale::Up(k) => (None, k),
            Scale::Down(s) => (Some(s), 1),
        };
        let (p, d) = (self.picture, down);
        let (x0, x1) = side(rect.x, rect.right(), p.width(), d.map(Size::width), up);
        let (y0, y1) = side(rect.y, rect.bottom(), p.height(), d.map(Size::height), up);
        let cut = |v: u32, origin: i32, low: u16, room: u16| {
            let v = i64::from(v) + i64::from(origin);
            v.clamp(i64::from(low), i64::from(low) + i64::from(room)) as u16
        };
        let v = self.view;
        let (x0, x1) = (
            cut(x0, self.origin.0, v.x, v.w),
            cut(x1, self.origin.0, v.x, v.w),
        );
        let (y0, y1) = (
            cut(y0, self.origin.1, v.y, v.h),
            cut(y1, self.origin.1, v.y, v.h),
        );
        Rect::new(x0, y0, x1 - x0, y1 - y0)
    }

    /// The picture's pixel at a point of the window; the nearest if the point
    /// is beside the picture.
    #[must_use]
    pub(super) fn nearest(&self, x: f64, y: f64) -> Place {
        let (w, h) = self.extent();
        let side = |at: f64, origin: i32, extent: u32, whole: u16| {
            let part = (at - f64::from(origin)) / f64::from(extent.max(1));
            let pixel = (part * f64::from(whole)).floor();
            // Saturating: NaN becomes 0.
            (pixel.max(0.0) as u16).min(whole - 1)
        };
        Place {
            x: side(x, self.origin.0, w, self.picture.width()),
            y: side(y, self.origin.1, h, self.picture.height()),
        }
    }

    /// The picture's pixel at a point of the window, if it shows one.
    #[must_use]
    pub(super) fn place(&self, x: f64, y: f64) -> Option<Place> {
        let s = self.shown();
        let inside = x >= f64::from(s.x)
            && y >= f64::from(s.y)
            && x < f64::from(s.right())
            && y < f64::from(s.bottom());
        inside.then(|| self.nearest(x, y))
    }
}

fn scaled(scale: Scale, picture: Size) -> (u32, u32) {
    match scale {
        Scale::Up(k) => (
            u32::from(picture.width()) * u32::from(k),
            u32::from(picture.height()) * u32::from(k),
        ),
        Scale::Down(s) => (s.width().into(), s.height().into()),
    }
}

fn fit(view: Rect, picture: Size) -> Scale {
    let (w, h) = (u32::from(picture.width()), u32::from(picture.height()));
    let (room_w, room_h) = (u32::from(view.w).max(1), u32::from(view.h).max(1));
    let times = (room_w / w).min(room_h / h);
    if times >= 1 {
        return Scale::Up(times as u16);
    }
    // The tighter side decides.
    let (w, h) = if room_w * h <= room_h * w {
        (room_w, (h * room_w / w).max(1))
    } else {
        ((w * room_h / h).max(1), room_h)
    };
    Size::new(w as u16, h as u16).map_or(Scale::Up(1), Scale::Down)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn size(w: u16, h: u16) -> Size {
        Size::new(w, h).unwrap()
    }

    fn layout() -> impl Strategy<Value = Layout> {
        (
            (1u16..3000, 1u16..3000),
            0u16..80,
            (1u16..3000, 1u16..3000),
            any::<bool>(),
            (-100i32..4000, -100i32..4000),
        )
            .prop_map(|((ww, wh), strip, (pw, ph), fit, scroll)| {
                let mode = if fit { Mode::Fit } else { Mode::OneToOne };
                Layout::new(size(ww, wh), strip, size(pw, ph), mode, scroll)
            })
    }

    proptest! {
        /// What a point shows lies in the rectangle that this pixel maps to.
        #[test]
        fn points_and_rectangles_agree(l in layout(), x in 0u16..3000, y in 0u16..3000) {
            if let Some(p) = l.place(f64::from(x) + 0.5, f64::from(y) + 0.5) {
                let r = l.on_window(Rect::new(p.x, p.y, 1, 1));
                prop_assert!(r.contains(Rect::new(x, y, 1, 1)), "{:?} {:?} {:?}", l, p, r);
            }
        }

        #[test]
        fn everything_stays_in_the_view(l in layout(), r in (0u16..3000, 0u16..3000, 0u16..3000, 0u16..3000)) {
            let r = l.on_window(Rect::new(r.0, r.1, r.2, r.3));
            prop_assert!(l.view.contains(r));
            prop_assert!(!l.view.contains(Rect::new(0, 0, 1, 1)) || l.strip.h == 0);
        }

        #[test]
        fn fitting_shows_all(l in layout()) {
            if !l.scrolls() {
                let (w, h) = l.extent();
                prop_assert_eq!((u32::from(l.shown().w), u32::from(l.shown().h)), (w, h));
            }
            let fitted = Layout::new(l.window, l.strip.h, l.picture, Mode::Fit, (0, 0));
            prop_assert!(!fitted.scrolls() || fitted.view.is_empty());
        }
    }

    #[test]
    fn modes() {
        let l = Layout::new(size(800, 632), 32, size(800, 600), Mode::Fit, (0, 0));
        assert_eq!((l.scale, l.origin), (Scale::Up(1), (0, 32)));
        let l = Layout::new(size(1700, 1300), 32, size(800, 600), Mode::Fit, (0, 0));
        assert_eq!((l.scale, l.origin), (Scale::Up(2), (50, 32 + 34)));
        let l = Layout::new(size(400, 632), 32, size(800, 600), Mode::Fit, (0, 0));
        assert_eq!((l.scale, l.origin), (Scale::Down(size(400, 300)), (0, 182)));
        let l = Layout::new(
            size(400, 332),
            32,
            size(800, 600),
            Mode::OneToOne,
            (5000, 100),
        );
        assert_eq!((l.scroll(), l.scrolls()), ((400, 100), true));
        assert_eq!(l.place(0.0, 32.0), Some(Place { x: 400, y: 100 }));
        assert_eq!(l.place(0.0, 31.9), None);
        assert_eq!(l.nearest(-50.0, 1e9), Place { x: 350, y: 599 });
        assert_eq!(l.nearest(f64::NAN, f64::NAN), Place { x: 0, y: 0 });
    }
}
