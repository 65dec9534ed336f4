//! The part of the screen that a share shows, and how it is moved (GUARD-1).

use kith_codec::geometry::Rect;
use kith_screen::guard::Area as Guarded;
use kith_screen::x11::{Area, ScreenControl};

/// What shows it, and what it is to show.
#[derive(Debug)]
pub struct Part {
    source: ScreenControl,
    area: Rect,
}

impl Part {
    pub(super) const fn new(source: ScreenControl, area: Rect) -> Self {
        Self { source, area }
    }

    /// Shows this from the next picture on. What takes input follows the
    /// picture: see [`super::inject::Injector::placed`].
    pub(super) fn show(&mut self, area: Rect) {
        self.area = area;
        self.source.set_area(Area::Region(area));
    }

    /// What is to be shown.
    pub(super) const fn area(&self) -> Rect {
        self.area
    }
}

/// The same place, as the guard has it.
pub(super) fn area_of(rect: Rect) -> Guarded {
    Guarded::new(rect.x.into(), rect.y.into(), rect.w.into(), rect.h.into())
}
