//! A part of the screen, and the screens that it is chosen on.

use kith_api::{ApiError, Reply, Request, ShareRequest};

use super::dialog::Step;
use super::share::Offer;
use super::windows::Window;
use super::{Dialog, Effect, Model, Tag, ask_aside};

/// The picture of the screen on which a part is chosen.
pub(crate) const PART: &str = "share-part";

/// Left, top, width, height in pixels of the screen.
pub(crate) type Area = (u16, u16, u16, u16);

/// Asks where the screens are. Without them a part can still be typed.
pub(super) fn screens() -> Effect {
    ask_aside(Tag::Screens, Request::Share(ShareRequest::Screens))
}

pub(super) fn on_answer(model: &mut Model, result: Result<Reply, ApiError>) -> Vec<Effect> {
    if let (Some(Dialog::Share(offer)), Ok(Reply::Screens(screens))) =
        (&mut model.home.dialog, result)
    {
        offer.screens = screens;
    }
    Vec::new()
}

/// As X11 programs write it: WIDTHxHEIGHT+LEFT+TOP.
pub(super) fn written((left, top, width, height): Area) -> String {
    format!("{width}x{height}+{left}+{top}")
}

fn read(text: &str) -> Option<Area> {
    let (size, at) = text.split_once('+')?;
    let (width, height) = size.split_once('x')?;
    let (left, top) = at.split_once('+')?;
    let n = |text: &str| text.trim().parse::<u16>().ok();
    Some((n(left)?, n(top)?, n(width)?, n(height)?))
}

impl Offer {
    /// The part of the screen that was chosen.
    pub(crate) fn part(&self) -> Option<Area> {
        read(self.text.trim())
    }

    /// How far the screens reach to the right and down; nothing where they
    /// aren't known.
    pub(crate) fn reach(&self) -> (u16, u16) {
        let far = |(w, h): (u16, u16), s: &Area| {
            (
                w.max(s.0.saturating_add(s.2)),
                h.max(s.1.saturating_add(s.3)),
            )
        };
        self.screens.iter().fold((0, 0), far)
    }

    /// What is on the screens, the lowest first.
    pub(crate) fn stacked(&self) -> Vec<&Window> {
        let Step::Here(all) = &self.windows else {
            return Vec::new();
        };
        let mut all: Vec<&Window> = all.iter().filter(|w| w.is.state == "shown").collect();
        all.sort_by_key(|w| core::cmp::Reverse(w.below));
        all
    }
}
