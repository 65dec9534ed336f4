//! The part of the screen that a share shows, and how it is moved and cut (GUARD-1).

use kith_screen::guard::Part;
use kith_screen::x11::{Area, ScreenControl};

/// What shows it, and what it is to show.
#[derive(Debug)]
pub struct PartControl {
    source: ScreenControl,
    part: Part,
}

impl PartControl {
    pub(super) const fn new(source: ScreenControl, part: Part) -> Self {
        Self { source, part }
    }

    /// Shows this from the next picture on. What takes input follows the
    /// picture: see [`super::inject::Injector::shows`].
    pub(super) fn show(&mut self, part: Part) {
        self.source.set_area(Area::Region(part.clone()));
        self.part = part;
    }

    /// What is to be shown.
    pub(super) const fn part(&self) -> &Part {
        &self.part
    }
}
