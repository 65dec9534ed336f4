//! Choosing a file to send: in a list of this computer's folders, by its path, or
//! dropped.

use iced::widget::{Column, column, container, row, scrollable, text_input};
use iced::{Alignment, Element, Length};

use super::bubble::amount;
use super::first::{field, wrong};
use crate::state::dialog::{Message as Do, PATH, Sending};
use crate::state::folder::{Folder, Item};
use crate::state::{Message, Model};
use crate::theme::{self, space as gap};
use crate::widgets::{
    Icon, Role, button, icon, icon_button, name_line, note, note_line, press, small,
};

/// How high the list is at most, in pixels.
const LIST: f32 = 220.0;

fn act(step: Do) -> Message {
    Message::Dialog(step)
}

pub(super) fn view<'a>(model: &'a Model, file: &'a Sending) -> Column<'a, Message> {
    let words = &model.words;
    let ready = !file.busy && file.path.path().is_some();
    column![
        note(words.t("file-more")),
        field(
            words.t("file-path"),
            None,
            text_input("/home/…", file.path.text())
                .id(PATH)
                .on_input(|text| act(Do::Path(text)))
                .on_submit(act(Do::Send)),
        ),
    ]
    .push(file.folder.as_ref().map(|f| list(model, file, f)))
    .push(file.wrong.as_ref().map(|w| wrong(model, w)))
    .push(file.busy.then(|| note(words.t("loading"))))
    .push(
        button(words.t("file-send"))
            .role(Role::Main)
            .on_press_maybe(ready.then(|| act(Do::Send))),
    )
    .spacing(gap::M)
}

fn list<'a>(model: &'a Model, file: &'a Sending, folder: &'a Folder) -> Element<'a, Message> {
    let words = &model.words;
    let up = folder.path.parent().map(|parent| {
        icon_button(Icon::ArrowLeft, words.t("file-up"))
            .padding([4.0, gap::M])
            .on_press(act(Do::Folder(parent.to_path_buf())))
    });
    let none = folder.items.is_empty();
    let items = folder.items.iter().map(|item| one(file, item));
    let items = Column::with_children(items)
        .push(none.then(|| note(words.t("file-none"))))
        .padding(iced::Padding::ZERO.right(gap::M));
    column![
        row![]
            .push(up)
            .push(note_line(folder.path.display().to_string()))
            .spacing(gap::M)
            .align_y(Alignment::Center),
        container(scrollable(items).style(theme::scroll))
            .max_height(LIST)
            .width(Length::Fill),
    ]
    .spacing(gap::S)
    .into()
}

fn one<'a>(file: &'a Sending, item: &'a Item) -> Element<'a, Message> {
    let chosen = file.path.is(&item.path);
    let (sign, step) = match item.bytes {
        Some(_) => (Icon::File, Do::Choose(item.path.clone())),
        None => (Icon::ChevronRight, Do::Folder(item.path.clone())),
    };
    press(
        row![
            icon(sign, 16.0).style(theme::accent),
            container(name_line(item.name.as_str())).width(Length::Fill),
        ]
        .push(item.bytes.map(|bytes| small(amount(bytes))))
        .spacing(gap::S)
        .align_y(Alignment::Center),
    )
    .role(if chosen { Role::Chosen } else { Role::Row })
    .width(Length::Fill)
    .padding(6)
    .on_press(act(step))
    .into()
}
