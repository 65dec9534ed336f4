//! What I keep about a contact: their name here, being told when they come, and
//! by which ways they reach this device.

use iced::widget::{Column, column, row, text_input};
use iced::{Alignment, Element};
use kith_api::{Contact, Routes};

use super::first::field;
use crate::state::known::{Known, Message as Do, PETNAME};
use crate::state::sure::Sure;
use crate::state::{Message, Model};
use crate::theme::space as gap;
use crate::widgets::{Role, button, note, strong, warning};

pub(super) fn view<'a>(model: &'a Model, known: &'a Known) -> Column<'a, Message> {
    let words = &model.words;
    let Some(contact) = model.home.contact(&known.person) else {
        return column![];
    };
    let own = [("name", contact.own_name.as_str().into())];
    let typed = known.petname.trim();
    let other = !typed.is_empty() && typed != contact.person.name;
    column![
        note(words.with("known-own", &own)),
        field(
            words.t("petname"),
            Some(words.t("petname-help")),
            text_input("", &known.petname)
                .id(PETNAME)
                .on_input(|name| Message::Known(Do::Petname(name)))
                .on_submit(Message::Known(Do::Rename)),
        ),
        button(words.t("known-rename"))
            .role(if other { Role::Main } else { Role::Plain })
            .on_press_maybe(other.then_some(Message::Known(Do::Rename))),
    ]
    .extend(contact.warnings.iter().map(|w| warning(words.warned(w))))
    .push(told(model, known))
    .push(routes(model, contact))
    .push(apart(model, known, contact))
    .push(known.wrong.as_deref().map(warning))
    .spacing(gap::M)
}

/// Being told once, when they come (DISC-4).
fn told<'a>(model: &'a Model, known: &'a Known) -> Option<Element<'a, Message>> {
    let words = &model.words;
    let wanted = known.told_of.as_ref()?.contains(&known.person);
    let (key, role, step) = match wanted {
        true => ("known-told", Role::Chosen, Do::DontTell),
        false => ("known-tell", Role::Plain, Do::Tell),
    };
    let press = button(words.t(key)).role(role);
    let inner = column![
        strong(words.t("known-presence")),
        press.on_press(Message::Known(step)),
    ];
    Some(inner.spacing(gap::S).into())
}

/// Whether they may learn the addresses of this device (DISC-8).
fn routes<'a>(model: &'a Model, contact: &'a Contact) -> Element<'a, Message> {
    let words = &model.words;
    let choice = |routes, key| {
        let chosen = contact.routes == routes;
        button(words.t(key))
            .role(if chosen { Role::Chosen } else { Role::Plain })
            .on_press(Message::Known(Do::Routes(routes)))
    };
    column![
        strong(words.t("known-routes")),
        row![
            choice(Routes::Any, "known-any"),
            choice(Routes::RelayOnly, "known-relay"),
        ]
        .spacing(gap::S)
        .align_y(Alignment::Center),
        note(words.t("known-routes-more")),
    ]
    .spacing(gap::S)
    .into()
}

/// Keeping somebody away (DISC-4, POL-3): they stay a contact, see no more when I
/// am here, and nothing is shared with them.
fn apart<'a>(model: &'a Model, known: &'a Known, contact: &'a Contact) -> Element<'a, Message> {
    let words = &model.words;
    let sees = known.sees().map(|sees| {
        let (key, step) = match sees {
            true => ("known-hide", Do::Hide),
            false => ("known-show", Do::Show),
        };
        button(words.t(key)).on_press(Message::Known(step))
    });
    let bar = button(words.t("known-bar"))
        .on_press_maybe((!known.barred).then_some(Message::Known(Do::Bar)));
    column![strong(words.t("known-apart"))]
        .push(row![].push(sees).push(bar).spacing(gap::S).wrap())
        .push(known.barred.then(|| note(words.t("known-barred"))))
        .push(note(words.t("known-apart-more")))
        .push(button(words.t("known-remove")).on_press(Message::Home(
            crate::state::home::Message::Ask(Sure::Remove(contact.person.id)),
        )))
        .spacing(gap::S)
        .into()
}
