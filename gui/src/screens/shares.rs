//! Everything that is shown and seen: what runs, what waits, what is over.

use iced::widget::{Column, column, container, row};
use iced::{Alignment, Element, Length};
use kith_api::{ShareInfo, SharePart, SharePhase, Verification};

use crate::i18n::Words;
use crate::state::share::{Message as Do, is_controlled, is_over, runs};
use crate::state::{Message, Model};
use crate::theme::{self, space as gap};
use crate::widgets::press::Press;
use crate::widgets::{Icon, Role, avatar, body, button, empty, icon_button, note, section, title};

/// Whether allowing it needs a choice of what to show.
pub(super) fn names_what(share: &ShareInfo) -> bool {
    share.part == SharePart::Sharer && share.phase == SharePhase::Asked
}

/// Somebody waits for my answer.
pub(super) const fn waits_for_me(share: &ShareInfo) -> bool {
    matches!(share.phase, SharePhase::Asked | SharePhase::RunningAsked)
}

/// No and yes to what somebody asks for.
pub(super) fn answers<'a>(
    model: &'a Model,
    share: &ShareInfo,
) -> (Press<'a, Message>, Press<'a, Message>) {
    let words = &model.words;
    let yes = match names_what(share) {
        true => "choose-what",
        false => "allow",
    };
    // Another request, or the same with other words, is another question.
    let about = format!("{} {}", share.session, sentence(model, share));
    (
        button(words.t("deny"))
            .about(format!("no {about}"))
            .on_press(Message::Share(Do::Deny(share.session))),
        button(words.t(yes))
            .about(format!("yes {about}"))
            .role(Role::Main)
            .on_press(Message::Share(Do::Allow(share.session))),
    )
}

/// Why it is over, in the reader's language (UI-6), or else in the node's.
fn why(words: &Words, share: &ShareInfo) -> String {
    share
        .reason
        .as_ref()
        .and_then(|code| words.maybe(&format!("ended-{code}"), &[]))
        .or_else(|| share.words.clone())
        .unwrap_or_default()
}

/// What is seen, in the reader's language.
pub(super) fn seen(words: &Words, share: &ShareInfo) -> String {
    match share.applications.is_empty() {
        true => words
            .maybe(&format!("extent-{}", share.view), &[])
            .unwrap_or_else(|| share.view.clone()),
        false => share.applications.join(", "),
    }
}

/// A share in one sentence, in the reader's language.
pub(super) fn sentence(model: &Model, share: &ShareInfo) -> String {
    let words = &model.words;
    let control = if is_controlled(share) { "yes" } else { "no" };
    let args = [
        ("name", share.person.name.as_str().into()),
        ("what", seen(words, share).into()),
        ("control", control.into()),
        ("why", why(words, share).into()),
    ];
    let key = match (share.part, share.phase) {
        (SharePart::Sharer, SharePhase::Waiting) => "phase-invited",
        (SharePart::Viewer, SharePhase::Waiting) => "phase-asked-for",
        (SharePart::Sharer, SharePhase::Asked) => "phase-wants-to-see",
        (SharePart::Viewer, SharePhase::Asked) => "phase-invites-me",
        (_, SharePhase::Settling) => "phase-settling",
        (SharePart::Sharer, SharePhase::Running) => "phase-sees",
        (SharePart::Sharer, SharePhase::RunningAsked) => "phase-wants-control",
        (SharePart::Viewer, SharePhase::Running | SharePhase::RunningAsked) => "phase-shows",
        (_, SharePhase::Ending | SharePhase::Over) => "phase-over",
    };
    words.with(key, &args)
}

pub(super) fn view(model: &Model) -> Element<'_, Message> {
    let words = &model.words;
    let now: Vec<_> = model.home.shares.current().collect();
    let over: Vec<_> = model.home.shares.over().collect();
    if now.is_empty() && over.is_empty() {
        let inner = empty(
            Icon::MonitorUp,
            words.t("shares-none"),
            words.t("shares-none-more"),
            None,
        );
        return container(inner).style(theme::page).into();
    }
    let mut page = column![title(words.t("shares-title"))];
    if !now.is_empty() {
        page = page.push(section(words.t("shares-now"), lines(model, now)));
    }
    if !over.is_empty() {
        page = page.push(section(words.t("shares-over"), lines(model, over)));
    }
    super::pages::page(page)
}

fn lines<'a>(model: &'a Model, all: Vec<&'a ShareInfo>) -> Column<'a, Message> {
    Column::with_children(all.into_iter().map(|s| line(model, s))).spacing(gap::M)
}

fn line<'a>(model: &'a Model, share: &'a ShareInfo) -> Element<'a, Message> {
    let words = &model.words;
    let act = |a| Message::Share(a);
    let person = &share.person;
    let verified = match person.verified {
        Verification::Verified => words.t("verified"),
        Verification::Unverified => words.t("unverified"),
    };
    let mut acts = row![].spacing(gap::S);
    if waits_for_me(share) {
        let (no, yes) = answers(model, share);
        acts = acts.push(no).push(yes);
    }
    if !is_over(share) && share.phase != SharePhase::Asked {
        let (key, role) = match (share.part, runs(share)) {
            (SharePart::Sharer, true) => ("stop-sharing", Role::Stop),
            (SharePart::Viewer, true) => ("stop-watching", Role::Plain),
            (_, false) => ("take-back", Role::Plain),
        };
        acts = acts.push(
            icon_button(Icon::OctagonX, words.t(key))
                .role(role)
                .on_press(act(Do::Stop(share.session))),
        );
    }
    row![
        avatar(&person.name, &person.id.to_string(), 36.0),
        column![body(sentence(model, share)), note(verified)]
            .spacing(2)
            .width(Length::Fill),
        acts
    ]
    .spacing(gap::M)
    .align_y(Alignment::Center)
    .into()
}
