//! A backup, the recovery sheet, and one's own card.

use iced::widget::{Column, column, container, qr_code, row, text_input};
use iced::{Alignment, Length};
use zeroize::Zeroizing;

use super::first::{field, wrong};
use crate::state::carried::Message as Carried;
use crate::state::first::SHORTEST;
use crate::state::keep::{AGAIN, Keep, Message as Do, MyCard, PASSPHRASE, WHERE, What};
use crate::state::{Message, Model};
use crate::theme::{self, space as gap};
use crate::widgets::{Icon, Role, body, button, icon, icon_button, mono, note, small};

/// How large a module of the code is, in pixels.
const MODULE: f32 = 4.0;

/// How a dialog for it is called.
pub(super) const fn title(what: What) -> &'static str {
    match what {
        What::Backup => "backup-title",
        What::Sheet => "sheet-title",
    }
}

fn act(step: Do) -> Message {
    Message::Keep(step)
}

pub(super) fn view<'a>(model: &'a Model, keep: &'a Keep) -> Column<'a, Message> {
    let words = &model.words;
    let (more, after, go) = match keep.what {
        What::Backup => ("backup-more", "backup-done", "backup-go"),
        What::Sheet => ("sheet-more", "sheet-done", "sheet-go"),
    };
    if let Some(path) = &keep.done {
        let path = [("path", path.display().to_string().into())];
        return column![
            row![
                icon(Icon::CircleCheck, 22.0).style(theme::good),
                body(words.with("carried-saved", &path)).width(Length::Fill)
            ]
            .spacing(gap::M)
            .align_y(Alignment::Center),
            note(words.t(after)),
            button(words.t("close"))
                .role(Role::Main)
                .on_press(Message::Dialog(crate::state::dialog::Message::Close)),
        ]
        .spacing(gap::M);
    }
    let secret = |id, value, typed: fn(Zeroizing<String>) -> Do| {
        text_input("", value)
            .id(id)
            .secure(true)
            .on_input(move |text| act(typed(Zeroizing::new(text))))
            .on_submit(act(Do::Go))
    };
    let passphrase = (keep.what == What::Backup).then(|| {
        column![
            field(
                words.t("backup-passphrase"),
                Some(words.with("backup-passphrase-help", &[("n", SHORTEST.into())])),
                secret(PASSPHRASE, &keep.passphrase, Do::Passphrase),
            ),
            field(
                words.t("first-again"),
                None,
                secret(AGAIN, &keep.again, Do::Again),
            ),
        ]
        .spacing(gap::M)
    });
    column![note(words.t(more))]
        .push(passphrase)
        .push(field(
            words.t("keep-where"),
            Some(words.t("keep-where-help")),
            text_input(&words.t("keep-downloads"), &keep.path)
                .id(WHERE)
                .on_input(|path| act(Do::Path(path)))
                .on_submit(act(Do::Go)),
        ))
        .push(keep.wrong.as_ref().map(|w| wrong(model, w)))
        .push(keep.busy.then(|| note(words.t("loading"))))
        .push(
            button(words.t(go))
                .role(Role::Main)
                .id("keep-go")
                .on_press_maybe((!keep.busy).then_some(act(Do::Go))),
        )
        .spacing(gap::M)
}

/// Digits, words and code by which others verify me (ID-3).
pub(super) fn card<'a>(model: &'a Model, mine: &'a MyCard) -> Column<'a, Message> {
    let words = &model.words;
    let put = Carried::Put("kith-card.txt".into(), mine.card.text.clone().into_bytes());
    let picture = mine.picture.as_ref().map(|data| {
        container(qr_code(data).cell_size(MODULE).style(theme::code))
            .padding(gap::S)
            .center_x(Length::Fill)
    });
    let name = model.home.me.as_ref().map(|me| body(me.name.as_str()));
    column![note(words.t("card-more"))]
        .push(name)
        .push(
            container(
                column![
                    mono(mine.card.digits.as_str()).size(theme::size::HEAD),
                    mono(mine.card.words.as_str()),
                ]
                .spacing(gap::S),
            )
            .padding(gap::M)
            .width(Length::Fill)
            .style(theme::raised),
        )
        .push(picture)
        .push(
            row![
                icon_button(Icon::Download, words.t("card-save"))
                    .role(Role::Main)
                    .on_press(Message::Carried(put)),
                small(words.t("card-safe")).width(Length::Fill),
            ]
            .spacing(gap::M)
            .align_y(Alignment::Center),
        )
        .spacing(gap::M)
}
