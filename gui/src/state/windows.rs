//! The windows that can be shown, as they look now: they are looked at again
//! and again while one of them is chosen.

use iced::widget::image::Handle;
use kith_api::{ApiError, Press, Reply, Request, ShareRequest, Thumbnail, WindowChoice, WindowsOf};

use super::dialog::Step;
use super::share::{Kind, Offer};
use super::{Dialog, Effect, Lane, Model, Tag};

/// The longest side of their pictures, in pixels.
const PICTURE: u16 = 200;

/// A window that can be shown, with its picture.
#[derive(Debug)]
pub(crate) struct Window {
    /// What the node says of it.
    pub(crate) is: WindowChoice,
    /// How it looks.
    pub(crate) picture: Option<Handle>,
    /// How many lay above it when it was last seen.
    pub(crate) below: usize,
}

impl Window {
    fn new(below: usize, mut is: WindowChoice) -> Self {
        let whole = |t: &Thumbnail| {
            t.pixels.len() == usize::from(t.width) * usize::from(t.height) && t.width > 0
        };
        let picture = is.thumbnail.take().filter(whole).map(|t| {
            let rgba = |p: &u32| {
                let [blue, green, red, _] = p.to_le_bytes();
                [red, green, blue, u8::MAX]
            };
            let pixels: Vec<u8> = t.pixels.iter().flat_map(rgba).collect();
            Handle::from_rgba(t.width.into(), t.height.into(), pixels)
        });
        Self { is, picture, below }
    }

    /// The same window, seen again. A picture that hasn't changed stays the
    /// same to those who draw it.
    fn again(&mut self, now: Self) {
        self.is = now.is;
        self.below = now.below;
        if !same(self.picture.as_ref(), now.picture.as_ref()) {
            self.picture = now.picture;
        }
    }
}

fn same(one: Option<&Handle>, other: Option<&Handle>) -> bool {
    match (one, other) {
        (
            Some(Handle::Rgba { pixels, width, .. }),
            Some(Handle::Rgba {
                pixels: p,
                width: w,
                ..
            }),
        ) => width == w && pixels == p,
        (one, other) => one.is_none() && other.is_none(),
    }
}

/// Whether they can be looked at without being asked at the screen (GUARD-9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Looking {
    /// As far as is known; again and again.
    #[default]
    Free,
    /// No: each look is pressed in Kith's window at the screen, so it is one that a
    /// person wants.
    Pressed,
    /// That stands at the screen now.
    AtScreen,
}

/// Asks for them.
pub(super) fn look(press: Press) -> Effect {
    let (thumbnail, of) = (PICTURE, WindowsOf::Shareable);
    let windows = ShareRequest::Windows {
        thumbnail,
        of,
        press,
    };
    let lane = match press {
        Press::Asked => Lane::Revocable,
        Press::Spared => Lane::Aside,
    };
    Effect::Ask(lane, Tag::Windows, Request::Share(windows))
}

/// When the dialog was opened for which a question about them stands at the screen.
/// The question goes with it.
pub(super) fn at_screen(dialog: Option<&Dialog>) -> Option<u64> {
    match dialog {
        Some(Dialog::Share(offer)) => {
            (offer.looking == Looking::AtScreen).then_some(offer.opened_ms)
        }
        _ => None,
    }
}

/// Whether the dialog that was opened then still stands there.
pub(super) fn is_open(dialog: Option<&Dialog>, opened: u64) -> bool {
    matches!(dialog, Some(Dialog::Share(offer)) if offer.opened_ms == opened)
}

/// It is time for the next look. Who does something else isn't looking, and
/// who is shown nothing to choose from needs no list.
pub(super) fn look_again(model: &mut Model, opened: u64) -> Vec<Effect> {
    let wanted = model.focused;
    let Some(offer) = offer(model).filter(|o| o.opened_ms == opened) else {
        return Vec::new();
    };
    let shown = !matches!(offer.kind, Kind::Desktop | Kind::Server);
    if wanted && shown && !offer.busy {
        offer.looks = false;
        return vec![look(Press::Spared)];
    }
    vec![Effect::LookAgain(opened)]
}

/// What there is now.
pub(super) fn on_answer(model: &mut Model, result: Result<Reply, ApiError>) -> Vec<Effect> {
    let gone = model.words.t("offer-gone");
    let Some(offer) = offer(model) else {
        return Vec::new();
    };
    let pressed = offer.looking == Looking::AtScreen;
    if pressed {
        offer.looking = Looking::Pressed;
    }
    match result {
        Ok(Reply::Windows(now)) => {
            let now = now.into_iter().enumerate();
            offer.take(now.map(|(below, is)| Window::new(below, is)).collect());
        }
        // What is listed may be chosen all the same.
        Ok(Reply::MustBePressed) => {
            offer.looking = Looking::Pressed;
            return Vec::new();
        }
        Err(_) if pressed && matches!(offer.windows, Step::Here(_)) => return Vec::new(),
        Ok(_) => return Vec::new(),
        Err(error) => offer.windows = Step::Failed(super::said(&error)),
    }
    offer.keep_picked(gone);
    // After a failure a person asks again, and where each look is pressed.
    if matches!(offer.windows, Step::Failed(_)) || offer.looks || pressed {
        return Vec::new();
    }
    offer.looks = true;
    vec![Effect::LookAgain(offer.opened_ms)]
}

fn offer(model: &mut Model) -> Option<&mut Offer> {
    match &mut model.home.dialog {
        Some(Dialog::Share(offer)) => Some(offer),
        _ => None,
    }
}

impl Offer {
    /// A person wants to see what there is now.
    pub(super) fn look(&mut self) -> Vec<Effect> {
        let press = match self.looking {
            Looking::Free => Press::Spared,
            Looking::Pressed => Press::Asked,
            Looking::AtScreen => return Vec::new(),
        };
        if press == Press::Asked {
            self.looking = Looking::AtScreen;
        }
        if press == Press::Spared || !matches!(self.windows, Step::Here(_)) {
            self.windows = Step::Coming;
        }
        vec![look(press)]
    }

    /// What was there keeps its place, so that nothing moves under the pointer
    /// only because a window was raised; what is new comes last.
    fn take(&mut self, mut now: Vec<Window>) {
        if let Step::Here(known) = &mut self.windows {
            known.retain_mut(|window| {
                let at = now.iter().position(|n| n.is.to_ref() == window.is.to_ref());
                at.map(|at| window.again(now.remove(at))).is_some()
            });
            known.append(&mut now);
        } else {
            self.windows = Step::Here(now);
        }
    }
}
