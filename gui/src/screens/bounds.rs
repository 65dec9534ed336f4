//! Choosing what a viewer with control may not do.

use iced::widget::{Row, column, row};
use iced::{Alignment, Element};
use kith_api::{Remember, ShareLevel};

use super::agreed::bars;
use crate::state::bounds::{BARS, Bounds, Message as Step, remembered};
use crate::state::share::{Message as Do, Offer};
use crate::state::{Message, Model};
use crate::theme::{self, space as gap};
use crate::widgets::{Icon, Role, icon, note, press, small, strong};

fn act(step: Step) -> Message {
    Message::Share(Do::Bounds(step))
}

/// Opens the choice; says how much is barred while it is closed.
pub(super) fn opener<'a>(model: &'a Model, bounds: &'a Bounds) -> Element<'a, Message> {
    let words = &model.words;
    let sign = match bounds.open {
        true => Icon::ChevronDown,
        false => Icon::ChevronRight,
    };
    let n = bounds.barred.len();
    press(
        row![
            icon(sign, 15.0),
            crate::widgets::body(words.with("bounds-title", &[("n", n.into())]))
        ]
        .spacing(gap::XS)
        .align_y(Alignment::Center),
    )
    .role(Role::Quiet)
    .id("bounds")
    .on_press(act(Step::Open))
    .into()
}

/// Something that is chosen, or not.
pub(super) fn mark<'a>(on: bool, name: String, step: Message) -> Element<'a, Message> {
    let (sign, role) = match on {
        true => (
            icon(Icon::CircleCheck, 16.0).style(theme::accent),
            Role::Chosen,
        ),
        false => (icon(Icon::Circle, 16.0).style(theme::muted), Role::Plain),
    };
    press(
        row![sign, crate::widgets::body(name)]
            .spacing(gap::S)
            .align_y(Alignment::Center),
    )
    .role(role)
    .padding([6, 10])
    .on_press(step)
    .into()
}

/// What can be barred, and whether that counts next time too.
pub(super) fn choice<'a>(model: &'a Model, offer: &'a Offer) -> Option<Element<'a, Message>> {
    let words = &model.words;
    let bounds = &offer.bounds;
    if offer.level != ShareLevel::Control || !bounds.open {
        return None;
    }
    let all = BARS.iter().map(|bar| {
        let on = bounds.barred.contains(bar);
        mark(on, words.t(&format!("bar-{bar}")), act(Step::Bar(bar)))
    });
    let again = mark(
        bounds.remember == Remember::Always,
        words.t("bounds-remember"),
        act(Step::Remember),
    );
    let before = remembered(model, offer.person, offer.application());
    let before = before.map(|l| small(bars(words, &l.limits)).into());
    let before: Vec<Element<'_, Message>> = before.collect();
    let from_before = (!before.is_empty()).then(|| small(words.t("bounds-before")));
    Some(
        column![
            strong(words.t("bounds-head")),
            Row::with_children(all).spacing(gap::S).wrap(),
            clipboard(model),
        ]
        .push((!bounds.barred.is_empty()).then_some(again))
        .push(from_before)
        .extend(before)
        .push(note(words.t("bounds-more")))
        .spacing(gap::S)
        .into(),
    )
}

/// What nobody gets (SHARE-5): it is said, so that nobody looks for it.
fn clipboard(model: &Model) -> Element<'_, Message> {
    let words = &model.words;
    row![
        icon(Icon::Ban, 16.0).style(theme::muted),
        column![
            crate::widgets::body(words.t("bounds-clipboard")),
            small(words.t("bounds-clipboard-more"))
        ]
        .spacing(2),
    ]
    .spacing(gap::S)
    .align_y(Alignment::Center)
    .into()
}
