//! Taking in what somebody gave as a file (XFER-1).

use iced::widget::{Column, column, row, text_input};
use iced::{Alignment, Length};

use super::first::field;
use crate::state::carried::{CARRIED, Carried, Message as Do};
use crate::state::{Message, Model};
use crate::theme::{self, space as gap};
use crate::widgets::{Icon, Role, body, button, icon, note, warning};

pub(super) fn view<'a>(model: &'a Model, carried: &'a Carried) -> Column<'a, Message> {
    let words = &model.words;
    let ready = !carried.busy && !carried.path.trim().is_empty();
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
            text_input("/media/…", &carried.path)
                .id(CARRIED)
                .on_input(|path| Message::Carried(Do::Path(path)))
                .on_submit(Message::Carried(Do::TakeIn)),
        ),
    ]
    .push(said)
    .push(carried.wrong.as_deref().map(warning))
    .push(carried.busy.then(|| note(words.t("loading"))))
    .push(
        button(words.t("carried-go"))
            .role(Role::Main)
            .id("carried-go")
            .on_press_maybe(ready.then_some(Message::Carried(Do::TakeIn))),
    )
    .spacing(gap::M)
}
