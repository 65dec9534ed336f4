//! Choosing what to show.

use iced::Element;
use iced::widget::{column, row, text_input};
use kith_api::ShareLevel;

use super::first::field;
use crate::state::share::{Kind, Message as Do, Offer, Purpose, WHAT};
use crate::state::{Message, Model};
use crate::theme::space as gap;
use crate::widgets::{Icon, Role, button, icon_button, note, strong, warning};

pub(super) fn view<'a>(model: &'a Model, offer: &'a Offer) -> iced::widget::Column<'a, Message> {
    let words = &model.words;
    let act = |a| Message::Share(a);
    let kind = |kind, sign, key| {
        let chosen = offer.kind == kind;
        icon_button(sign, words.t(key))
            .role(if chosen { Role::Chosen } else { Role::Plain })
            .on_press(act(Do::Kind(kind)))
    };
    let level = |level, sign, key| {
        let chosen = offer.level == level;
        icon_button(sign, words.t(key))
            .role(if chosen { Role::Chosen } else { Role::Plain })
            .on_press(act(Do::Level(level)))
    };
    let (name, example) = match offer.kind {
        Kind::Application => ("offer-application", "offer-application-example"),
        Kind::Window => ("offer-window", "offer-window-example"),
        Kind::Region => ("offer-region", "offer-region-example"),
        Kind::Desktop => ("offer-desktop", "offer-desktop"),
    };
    let what: Element<'_, Message> = match offer.kind {
        Kind::Desktop => warning(words.t("offer-desktop-more")),
        _ => field(
            words.t(name),
            None,
            text_input(&words.t(example), &offer.text)
                .id(WHAT)
                .on_input(|text| Message::Share(Do::What(text)))
                .on_submit(Message::Share(Do::Go)),
        ),
    };
    let go = match offer.purpose {
        Purpose::Invite(_) => words.t("offer-invite"),
        Purpose::Allow(_) => words.t("offer-allow"),
    };
    let ready = offer.what().is_some() && !offer.busy;
    column![
        note(words.with("offer-more", &[("name", offer.name.as_str().into())])),
        strong(words.t("offer-what")),
        row![
            kind(Kind::Application, Icon::Layers, "kind-application"),
            kind(Kind::Window, Icon::AppWindow, "kind-window"),
            kind(Kind::Region, Icon::SquareDashed, "kind-region"),
            kind(Kind::Desktop, Icon::Monitor, "kind-desktop"),
        ]
        .spacing(gap::S)
        .wrap(),
        what,
        strong(words.t("offer-level")),
        row![
            level(ShareLevel::View, Icon::Eye, "level-view"),
            level(ShareLevel::Control, Icon::MousePointer, "level-control"),
        ]
        .spacing(gap::S),
    ]
    .push(offer.wrong.as_deref().map(warning))
    .push(
        button(go)
            .role(Role::Main)
            .id("offer-go")
            .on_press_maybe(ready.then_some(Message::Share(Do::Go))),
    )
    .spacing(gap::M)
}
