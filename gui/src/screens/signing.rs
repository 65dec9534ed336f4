//! A policy that waits for signatures: what it changes, and who has signed it.

use iced::widget::{Column, column, container, row};
use iced::{Element, Length};

use super::rules::bullet;
use crate::state::carried::Message as Do;
use crate::state::signing::{Signing, Step};
use crate::state::{Message, Model};
use crate::theme::{self, space as gap};
use crate::widgets::{Role, button, careful, mono, note, strong};

pub(super) fn view<'a>(model: &'a Model, signing: &'a Signing, busy: bool) -> Element<'a, Message> {
    let words = &model.words;
    let draft = &signing.draft;
    let (have, needed) = draft.progress;
    let enough = have >= needed;
    let head = [
        ("name", draft.name.as_str().into()),
        ("n", draft.number.to_string().into()),
    ];
    let signed = [
        ("have", have.to_string().into()),
        ("needed", needed.to_string().into()),
        ("names", draft.signed.join(", ").into()),
    ];
    let missing = [("names", draft.missing.join(", ").into())];
    let act = |key, step, role| {
        button(words.t(key))
            .role(role)
            .on_press_maybe((!busy).then_some(Message::Carried(Do::Sign(step))))
    };
    let sign = (!signing.signed).then(|| {
        let role = if enough { Role::Plain } else { Role::Main };
        act("sign-go", Step::Sign, role).id("sign-go")
    });
    let publish = enough.then(|| act("sign-publish", Step::Publish, Role::Main));
    let changes = draft.changes.iter().map(|line| bullet(line.clone()));
    let word = draft
        .fingerprint
        .as_ref()
        .map(|word| column![note(words.t("sign-word")), mono(word.clone())].spacing(gap::XS));
    container(
        column![
            strong(words.with("sign-of", &head)),
            note(words.t("sign-more"))
        ]
        .push(Column::with_children(changes).spacing(gap::XS))
        .push(word)
        .push(note(words.with("sign-signed", &signed)))
        .push((!enough).then(|| note(words.with("sign-missing", &missing))))
        .extend(draft.warnings.iter().map(|w| careful(w.clone())))
        .push(signing.signed.then(|| note(words.t("sign-done"))))
        .push(row![].push(sign).push(publish).spacing(gap::S))
        .spacing(gap::S),
    )
    .padding(gap::M)
    .width(Length::Fill)
    .style(theme::raised)
    .into()
}
