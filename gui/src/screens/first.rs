//! Before there is a conversation: waiting, the first run, the passphrase, and
//! when nothing works.

use iced::widget::{Column, Row, column, container, row, scrollable, text, text_input};
use iced::{Alignment, Element, Length};
use kith_api::Encryption;
use zeroize::Zeroizing;

use crate::state::first::{
    AGAIN, FILE, First, Message as Step, NAME, PASSPHRASE, Paper, Protect, SHEET, Source, Unlock,
    Wrong,
};
use crate::state::{Message, Model};
use crate::theme::{self, size, space as gap};
use crate::widgets::{
    Icon, Role, body, button, icon, icon_button, note, press, small, title, warning,
};

/// In the middle, on a card.
fn card<'a>(inner: Column<'a, Message>) -> Element<'a, Message> {
    let inner = inner.spacing(gap::L).width(Length::Fill).padding(32);
    container(
        container(scrollable(inner).style(theme::scroll))
            .max_width(460)
            .style(theme::card),
    )
    .center(Length::Fill)
    .padding(gap::L)
    .into()
}

fn sign<'a>() -> Element<'a, Message> {
    icon(Icon::MessageCircle, 34.0).style(theme::accent).into()
}

/// The node is looked for or started.
pub(super) fn opening(model: &Model) -> Element<'_, Message> {
    container(
        column![sign(), note(model.words.t("opening"))]
            .spacing(gap::M)
            .align_x(Alignment::Center),
    )
    .center(Length::Fill)
    .into()
}

/// A field with its name above.
pub(super) fn field<'a>(
    name: String,
    help: Option<String>,
    input: text_input::TextInput<'a, Message>,
) -> Element<'a, Message> {
    column![
        text(name).size(size::NOTE).font(theme::STRONG),
        input.padding(10).size(size::BODY).style(theme::field)
    ]
    .push(help.map(small))
    .spacing(gap::XS + 2.0)
    .into()
}

fn secret<'a>(
    id: &'static str,
    value: &'a str,
    typed: fn(Zeroizing<String>) -> Step,
) -> text_input::TextInput<'a, Message> {
    text_input("", value)
        .id(id)
        .secure(true)
        .on_input(move |text| Message::First(typed(Zeroizing::new(text))))
        .on_submit(Message::First(Step::Go))
}

/// Name and passphrase.
pub(super) fn first<'a>(model: &'a Model, first: &'a First) -> Element<'a, Message> {
    let words = &model.words;
    let go = match first.busy {
        true => button(words.t("first-making")),
        false => button(words.t("first-go")).on_press(Message::First(Step::Go)),
    };
    let (more, inner) = match first.from {
        Source::Nothing => ("first-more", new(model, first)),
        Source::Backup => ("first-backup-more", restored(model, first)),
        Source::Sheet => ("first-sheet-more", recovered(model, first)),
    };
    card(
        column![
            sign(),
            column![title(words.t("first-title")), note(words.t(more))].spacing(gap::S),
            inner.spacing(gap::L),
        ]
        .push(first.wrong.as_ref().map(|w| wrong(model, w)))
        .push(go.role(Role::Main).id("first-go").width(Length::Fill))
        .push(froms(model, first)),
    )
}

/// What is wrong with what was typed.
pub(super) fn wrong<'a>(model: &Model, wrong: &Wrong) -> Element<'a, Message> {
    warning(model.words.wrong(wrong))
}

/// The other ways to a profile.
fn froms<'a>(model: &'a Model, first: &'a First) -> Element<'a, Message> {
    let words = &model.words;
    let all = [
        (Source::Nothing, "first-new"),
        (Source::Backup, "first-backup"),
        (Source::Sheet, "first-sheet"),
    ];
    let others = all.into_iter().filter(|(from, _)| *from != first.from);
    Row::with_children(others.map(|(from, key)| {
        button(words.t(key))
            .role(Role::Quiet)
            .padding([5, 8])
            .on_press(Message::First(Step::From(from)))
            .into()
    }))
    .spacing(gap::S)
    .wrap()
    .into()
}

fn name<'a>(model: &Model, first: &'a First, help: &'static str) -> Element<'a, Message> {
    let words = &model.words;
    field(
        words.t("first-name"),
        Some(words.t(help)),
        text_input(&words.t("first-name-example"), &first.name)
            .id(NAME)
            .on_input(|name| Message::First(Step::Name(name)))
            .on_submit(Message::First(Step::Go)),
    )
}

/// Where a file is that the profile is made out of.
fn file<'a>(
    (label, help): (String, String),
    id: &'static str,
    value: &'a str,
    typed: fn(String) -> Step,
) -> Element<'a, Message> {
    let input = text_input("/media/…", value)
        .id(id)
        .on_input(move |path| Message::First(typed(path)))
        .on_submit(Message::First(Step::Go));
    field(label, Some(help), input)
}

fn new<'a>(model: &'a Model, first: &'a First) -> Column<'a, Message> {
    let words = &model.words;
    let (sign, other) = match first.paper {
        Paper::Now => (
            icon(Icon::CircleCheck, 18.0).style(theme::accent),
            Paper::Later,
        ),
        Paper::Later => (icon(Icon::Circle, 18.0).style(theme::muted), Paper::Now),
    };
    let sheet = press(
        row![sign, body(words.t("first-paper")).width(Length::Fill)]
            .spacing(gap::M)
            .align_y(Alignment::Center),
    );
    column![
        name(model, first, "first-name-help"),
        protection(model, first),
        sheet
            .role(Role::Row)
            .padding(6)
            .width(Length::Fill)
            .on_press(Message::First(Step::Paper(other))),
    ]
}

fn restored<'a>(model: &'a Model, first: &'a First) -> Column<'a, Message> {
    let words = &model.words;
    let backup = (words.t("first-file-backup"), words.t("first-drop"));
    column![
        file(backup, FILE, first.path.text(), Step::Path),
        field(
            words.t("first-passphrase"),
            Some(words.t("first-backup-passphrase")),
            secret(PASSPHRASE, &first.passphrase, Step::Passphrase),
        ),
    ]
}

fn recovered<'a>(model: &'a Model, first: &'a First) -> Column<'a, Message> {
    let words = &model.words;
    let sheet = (
        words.t("first-file-sheet"),
        words.t("first-file-sheet-help"),
    );
    let from = (words.t("first-file-from"), words.t("first-file-from-help"));
    column![
        file(sheet, SHEET, first.sheet.text(), Step::Sheet),
        file(from, FILE, first.path.text(), Step::Path),
        name(model, first, "first-sheet-name"),
        field(
            words.t("first-passphrase"),
            Some(words.t("first-sheet-passphrase")),
            secret(PASSPHRASE, &first.passphrase, Step::Passphrase),
        ),
        field(
            words.t("first-again"),
            None,
            secret(AGAIN, &first.again, Step::Again),
        ),
    ]
}

/// A passphrase, or the keyring.
fn protection<'a>(model: &'a Model, first: &'a First) -> Column<'a, Message> {
    let words = &model.words;
    let instead = |protect, sign, key| {
        row![icon_button(sign, words.t(key)).on_press(Message::First(Step::Protect(protect)))]
    };
    match first.protect {
        Protect::Passphrase => column![
            field(
                words.t("first-passphrase"),
                Some(words.t("first-passphrase-help")),
                secret(PASSPHRASE, &first.passphrase, Step::Passphrase),
            ),
            field(
                words.t("first-again"),
                None,
                secret(AGAIN, &first.again, Step::Again),
            ),
            instead(Protect::Keyring, Icon::Monitor, "first-keyring"),
        ],
        Protect::Keyring => column![
            note(words.t("first-keyring-help")),
            instead(Protect::Passphrase, Icon::Keyboard, "first-no-keyring"),
        ],
    }
    .spacing(gap::L)
}

/// What opens a closed profile.
pub(super) fn unlock<'a>(model: &'a Model, unlock: &'a Unlock) -> Element<'a, Message> {
    let words = &model.words;
    let (more, typed) = match unlock.under {
        Encryption::Passphrase => (
            "unlock-more",
            Some(field(
                words.t("first-passphrase"),
                None,
                secret(PASSPHRASE, &unlock.passphrase, Step::Passphrase),
            )),
        ),
        Encryption::Keyring => ("unlock-keyring", None),
        Encryption::None => ("unlock-open", None),
    };
    let wrong = unlock.wrong.then(|| warning(words.t("unlock-wrong")));
    let go = match unlock.busy {
        true => button(words.t("unlock-busy")),
        false => button(words.t("unlock-go")).on_press(Message::First(Step::Go)),
    };
    card(
        column![
            icon(Icon::Lock, 30.0).style(theme::accent),
            column![title(words.t("unlock-title")), note(words.t(more))].spacing(gap::S),
        ]
        .push(typed)
        .push(wrong)
        .push(go.role(Role::Main).id("unlock-go").width(Length::Fill)),
    )
}

/// No node can be had.
pub(super) fn broken<'a>(model: &'a Model, why: &'a str) -> Element<'a, Message> {
    let words = &model.words;
    card(column![
        icon(Icon::TriangleAlert, 30.0).style(theme::warn),
        title(words.t("broken-title")),
        body(why),
        note(words.t("broken-more")),
        row![
            button(words.t("try-again"))
                .role(Role::Main)
                .on_press(Message::Retry)
        ],
    ])
}
