//! The panel beside a room of several: who is in it, and what may be shared
//! there.

use iced::widget::{Column, Row, column, container};
use iced::{Element, Length};
use kith_api::id::PersonId;
use kith_api::{Moderated, ModeratedLevel, Room};

use crate::state::company::{Message as Do, is_moderated};
use crate::state::pages::Asked;
use crate::state::{Message, Model};
use crate::theme::{self, space as gap};
use crate::widgets::{Role, body, button, head, note, small, strong, warning};

const LEVELS: [ModeratedLevel; 3] = [
    ModeratedLevel::Nothing,
    ModeratedLevel::View,
    ModeratedLevel::Control,
];

/// How a level is called.
pub(super) const fn level_key(level: ModeratedLevel) -> &'static str {
    match level {
        ModeratedLevel::Nothing => "moderated-nothing",
        ModeratedLevel::View => "moderated-view",
        ModeratedLevel::Control => "moderated-control",
    }
}

pub(super) fn view<'a>(model: &'a Model, room: &'a Room) -> Column<'a, Message> {
    column![head(model.words.t("share"))]
        .push(is_moderated(room).then(|| moderation(model, room)))
        .push(super::members::list(model, room))
}

/// What may be shared in the room; whoever opened it changes that.
fn moderation<'a>(model: &'a Model, room: &'a Room) -> Element<'a, Message> {
    let words = &model.words;
    let inner = match model.home.company.moderated.get(&room.room.id) {
        None | Some(Asked::Coming) => column![note(words.t("loading"))],
        Some(Asked::Failed(why)) => column![
            warning(why.as_str()),
            button(words.t("try-again")).on_press(Message::Company(Do::Again)),
        ],
        Some(Asked::Here(said)) => allowed(model, room, said),
    };
    container(inner.spacing(gap::S))
        .padding(gap::M)
        .width(Length::Fill)
        .style(theme::raised)
        .into()
}

fn allowed<'a>(model: &'a Model, room: &'a Room, said: &'a Moderated) -> Column<'a, Message> {
    let words = &model.words;
    let mine = model.home.organises(said);
    let by = match mine {
        true => words.t("moderated-by-me"),
        false => words.with(
            "moderated-by",
            &[("name", said.organiser.name.as_str().into())],
        ),
    };
    let everybody: Element<'_, Message> = match mine {
        true => choice(model, room, None, Some(said.everybody)),
        false => body(words.t(level_key(said.everybody))).into(),
    };
    let known = |id: PersonId| {
        said.people
            .iter()
            .find(|(p, _)| p.id == id)
            .map(|(_, l)| *l)
    };
    let chosen = model.home.company_with().filter(|_| mine);
    let chosen = room.members.iter().find(|m| Some(m.id) == chosen);
    let chosen = chosen.map(|m| {
        let name = [("name", m.name.as_str().into())];
        column![
            strong(words.with("moderated-one", &name)),
            choice(model, room, Some(m.id), known(m.id)),
        ]
        .spacing(gap::S)
    });
    let people = said.people.iter().map(|(person, level)| {
        let args = [
            ("name", person.name.as_str().into()),
            ("level", words.t(level_key(*level)).into()),
        ];
        small(words.with("moderated-person", &args)).into()
    });
    column![strong(words.t("moderated-title")), note(by)]
        .push(said.gap.as_deref().map(warning))
        .push(small(words.t("moderated-everybody")))
        .push(everybody)
        .extend(people)
        .push(chosen)
}

/// What may be shared, to be chosen.
fn choice<'a>(
    model: &'a Model,
    room: &'a Room,
    who: Option<PersonId>,
    now: Option<ModeratedLevel>,
) -> Element<'a, Message> {
    let one = |level| {
        button(model.words.t(level_key(level)))
            .role(match now == Some(level) {
                true => Role::Chosen,
                false => Role::Plain,
            })
            .on_press(Message::Company(Do::Allow(room.room.id, who, level)))
            .into()
    };
    Row::with_children(LEVELS.map(one))
        .spacing(gap::S)
        .wrap()
        .into()
}
