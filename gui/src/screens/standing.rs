//! Giving a standing consent.

use iced::widget::{Column, Row, column, row, text_input};
use iced::{Alignment, Element};
use kith_api::{ContactState, ShareLevel, Verification};

use super::first::field;
use crate::state::standing::{APPLICATION, DAYS, Message as Do, Standing};
use crate::state::{Message, Model, dialog};
use crate::theme::space as gap;
use crate::when;
use crate::widgets::{
    Icon, Role, avatar, body, button, careful, icon_button, note, press, small, strong, warning,
};

fn act(step: Do) -> Message {
    Message::Standing(step)
}

pub(super) fn view<'a>(model: &'a Model, standing: &'a Standing) -> Column<'a, Message> {
    let words = &model.words;
    let people: Vec<Element<'_, Message>> = people(model, standing.person, |p| act(Do::Whom(p)));
    if people.is_empty() {
        return column![note(words.t("rules-with-nobody"))];
    }
    let level = |level, sign, key| {
        let chosen = standing.level == level;
        icon_button(sign, words.t(key))
            .role(if chosen { Role::Chosen } else { Role::Plain })
            .on_press(act(Do::Level(level)))
    };
    let control = standing.level == ShareLevel::Control;
    let days = DAYS.map(|days| {
        let chosen = standing.days == days;
        button(words.with("standing-days", &[("n", days.into())]))
            .role(if chosen { Role::Chosen } else { Role::Plain })
            .on_press(act(Do::Days(days)))
            .into()
    });
    let until = when::full(standing.until_ms(model.now_ms), &model.zone);
    let ready = standing.ready(model);
    column![
        note(words.t("standing-more")),
        strong(words.t("standing-whom")),
        Row::with_children(people).spacing(gap::S).wrap(),
    ]
    .push(trust(model, standing))
    .push(application(model, standing))
    .push(strong(words.t("offer-level")))
    .push(
        row![
            level(ShareLevel::View, Icon::Eye, "level-view"),
            level(ShareLevel::Control, Icon::MousePointer, "level-control"),
        ]
        .spacing(gap::S),
    )
    .push(control.then(|| warning(words.t("standing-control"))))
    .push(strong(words.t("standing-until")))
    .push(Row::with_children(days).spacing(gap::S).wrap())
    .push(small(
        words.with("consent-until", &[("when", until.into())]),
    ))
    .push(standing.wrong.as_deref().map(warning))
    .push(standing.busy.then(|| note(words.t("standing-asked"))))
    .push(
        button(words.t("standing-go"))
            .role(Role::Main)
            .id("standing-go")
            .on_press_maybe(ready.then_some(act(Do::Go))),
    )
    .spacing(gap::M)
}

/// Everybody who may be chosen, beside each other.
pub(super) fn people<'a>(
    model: &'a Model,
    chosen: Option<kith_api::id::PersonId>,
    choose: impl Fn(kith_api::id::PersonId) -> Message,
) -> Vec<Element<'a, Message>> {
    let contacts = model.home.contacts.iter();
    let contacts = contacts.filter(|c| c.state == ContactState::Contact);
    let one = |c: &'a kith_api::Contact| {
        let person = &c.person;
        let is = chosen == Some(person.id);
        press(
            row![
                avatar(&person.name, &person.id.to_string(), 22.0),
                body(&person.name)
            ]
            .spacing(gap::S)
            .align_y(Alignment::Center),
        )
        .role(if is { Role::Chosen } else { Role::Plain })
        .padding([5, 10])
        .on_press(choose(person.id))
        .into()
    };
    contacts.map(one).collect()
}

/// What is to be known of whom was chosen: only somebody verified can be trusted
/// in advance.
fn trust<'a>(model: &'a Model, standing: &'a Standing) -> Option<Column<'a, Message>> {
    let words = &model.words;
    let contact = model.home.contact(&standing.person?)?;
    let person = &contact.person;
    let unverified = person.verified == Verification::Unverified;
    let verify = unverified.then(|| {
        let safety = dialog::Message::Safety(person.id);
        let name = [("name", person.name.as_str().into())];
        column![
            warning(words.with("standing-verify", &name)),
            row![button(words.t("compare")).on_press(Message::Dialog(safety))],
        ]
        .spacing(gap::S)
    });
    let warned = contact
        .warnings
        .iter()
        .map(|w| careful(model.words.warned(w)));
    Some(Column::with_children(warned).push(verify).spacing(gap::S))
}

/// Which application: named, or one of those that are open now.
fn application<'a>(model: &'a Model, standing: &'a Standing) -> Column<'a, Message> {
    let words = &model.words;
    let open: Vec<Element<'_, Message>> = standing
        .open
        .iter()
        .map(|name| {
            let chosen = standing.application.trim() == name;
            button(name.clone())
                .role(if chosen { Role::Chosen } else { Role::Plain })
                .on_press(act(Do::Application(name.clone())))
                .into()
        })
        .collect();
    let listed = (!open.is_empty()).then(|| {
        column![
            small(words.t("standing-open")),
            Row::with_children(open).spacing(gap::S).wrap()
        ]
        .spacing(gap::XS)
    });
    column![field(
        words.t("kind-application"),
        None,
        text_input(&words.t("offer-application-example"), &standing.application)
            .id(APPLICATION)
            .on_input(|name| act(Do::Application(name)))
            .on_submit(act(Do::Go)),
    )]
    .push(listed)
    .spacing(gap::S)
}
