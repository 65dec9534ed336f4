//! Taking in what somebody gave as a file (XFER-1).

use iced::widget::{Column, column, container, row, text, text_input};
use iced::{Alignment, Element, Length};
use kith_api::PolicyLook;

use super::first::{field, wrong};
use crate::state::carried::{CARRIED, Carried, Message as Do};
use crate::state::{Message, Model};
use crate::theme::{self, size, space as gap};
use crate::widgets::{Icon, Role, body, button, icon, mono, note, strong, warning};

pub(super) fn view<'a>(model: &'a Model, carried: &'a Carried) -> Column<'a, Message> {
    let words = &model.words;
    let ready = !carried.busy && carried.path.path().is_some();
    let said = carried.said.as_deref().map(|said| {
        row![
            icon(Icon::CircleCheck, 20.0).style(theme::good),
            body(said).width(Length::Fill)
        ]
        .spacing(gap::M)
        .align_y(Alignment::Center)
    });
    column![
        note(words.t("carried-more")),
        field(
            words.t("file-path"),
            Some(words.t("carried-drop")),
            text_input("/media/…", carried.path.text())
                .id(CARRIED)
                .on_input(|path| Message::Carried(Do::Path(path)))
                .on_submit(Message::Carried(Do::TakeIn)),
        ),
    ]
    .push(carried.policy.as_ref().map(|p| policy(model, p)))
    .push(
        carried
            .signing
            .as_ref()
            .map(|s| super::signing::view(model, s, carried.busy)),
    )
    .push(said)
    .push(carried.wrong.as_ref().map(|w| wrong(model, w)))
    .push(carried.busy.then(|| note(words.t("loading"))))
    .push(
        button(words.t("carried-go"))
            .role(Role::Main)
            .id("carried-go")
            .on_press_maybe(ready.then_some(Message::Carried(Do::TakeIn))),
    )
    .spacing(gap::M)
}

/// What a person must know before joining an organisation.
fn policy<'a>(model: &'a Model, look: &'a PolicyLook) -> Element<'a, Message> {
    let words = &model.words;
    let role = look.my_role.as_ref().map(|code| {
        let known = words.maybe(&format!("role-{code}"), &[]);
        known.unwrap_or_else(|| code.clone())
    });
    let lists = match role {
        Some(role) => note(words.with("policy-lists", &[("role", role.into())])).into(),
        None => warning(words.t("policy-doesnt-list")),
    };
    container(
        column![
            strong(words.with("policy-of", &[("name", look.name.as_str().into())])),
            mono(look.org.to_string())
                .size(size::SMALL)
                .wrapping(text::Wrapping::Glyph),
            lists,
            note(words.t("policy-compare")),
            button(words.t("policy-join"))
                .id("policy-join")
                .on_press(Message::Carried(Do::Join)),
        ]
        .spacing(gap::S),
    )
    .padding(gap::M)
    .width(Length::Fill)
    .style(theme::raised)
    .into()
}
