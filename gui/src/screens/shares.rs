//! Everything that is shown and seen: what runs, what waits, what is over.

use iced::widget::{Column, column, container, row};
use iced::{Alignment, Element, Length};
use kith_api::{
    ControlChange, LONGEST_SHARE, ShareControllers, ShareInfo, SharePart, SharePhase, Verification,
};

use crate::i18n::Words;
use crate::state::answering::Counts;
use crate::state::share::{
    Message as Do, controls, is_controlled, is_over, runs, waits_for_me, waits_for_them,
};
use crate::state::{Message, Model};
use crate::theme::{self, space as gap};
use crate::widgets::press::Press;
use crate::widgets::{
    Icon, Role, avatar, body, button, careful, empty, few, icon, icon_button, note, section, short,
    small, strong, title,
};

/// Whether allowing it needs a choice of what to show.
pub(super) fn names_what(share: &ShareInfo) -> bool {
    share.part == SharePart::Sharer && share.phase == SharePhase::Asked
}

/// No and yes to what somebody asks for.
pub(super) fn answers<'a>(
    model: &'a Model,
    share: &ShareInfo,
) -> (Press<'a, Message>, Press<'a, Message>) {
    let words = &model.words;
    let yes = match names_what(share) {
        true => "choose-what",
        false => Counts::of(share).label(),
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

/// Beside no and yes, for somebody who asks for control: limits first, or
/// handing it over from whoever has it.
pub(super) fn within<'a>(model: &'a Model, share: &ShareInfo) -> Option<Element<'a, Message>> {
    let words = &model.words;
    let asks = share.part == SharePart::Sharer && share.phase == SharePhase::RunningAsked;
    if !asks {
        return None;
    }
    let session = share.session;
    let about = format!("{session} {}", sentence(model, share));
    let has = model.home.shares.live();
    let taken = has.filter(|s| controls(s) && s.session != session).count() > 0;
    let act = |key, step| {
        button(words.t(key))
            .about(format!("{key} {about}"))
            .on_press(Message::Share(step))
    };
    let over = taken.then(|| act("hand-over", Do::HandOver(session)));
    Some(
        row![act("allow-within", Do::Within(session))]
            .push(over)
            .spacing(gap::S)
            .into(),
    )
}

/// Who it is: a name is never alone (ID-3, ASK-2).
pub(super) fn who<'a>(model: &'a Model, share: &'a ShareInfo) -> Element<'a, Message> {
    let words = &model.words;
    let (sign, style, key): (_, fn(&_) -> _, _) = match share.person.verified {
        Verification::Verified => (Icon::BadgeCheck, theme::good, "verified"),
        Verification::Unverified => (Icon::ShieldAlert, theme::warn, "unverified"),
    };
    let mark = row![
        icon(sign, 15.0).style(style),
        small(words.t(key)).style(style)
    ];
    let of = share.organisation.as_deref();
    let name = row![
        strong(short(&share.person.name, LONGEST_NAME)),
        mark.spacing(gap::XS).align_y(Alignment::Center),
    ]
    .push(of.map(|o| small(short(o, LONGEST_NAME))))
    .spacing(gap::S)
    .align_y(Alignment::Center)
    .wrap();
    let warned = model.home.warnings(&share.person.id).iter();
    column![name]
        .extend(warned.map(|w| careful(words.warned(w))))
        .into()
}

/// What I asked somebody and they haven't answered, beside their conversation.
pub(super) fn pending<'a>(
    model: &'a Model,
    all: impl Iterator<Item = &'a ShareInfo>,
) -> Option<Element<'a, Message>> {
    let lines: Vec<Element<'_, Message>> = all
        .filter(|s| waits_for_them(s))
        .map(|share| {
            // What runs goes on, whatever they answer.
            let back = (!runs(share)).then(|| {
                button(model.words.t("take-back"))
                    .padding([4.0, gap::M])
                    .on_press(Message::Share(Do::Stop(share.session)))
            });
            row![
                icon(Icon::Hourglass, 15.0).style(theme::accent),
                note(sentence(model, share)).width(Length::Fill),
            ]
            .push(back)
            .spacing(gap::S)
            .align_y(Alignment::Center)
            .into()
        })
        .collect();
    (!lines.is_empty()).then(|| {
        let lines = Column::with_children(lines).spacing(gap::XS);
        container(lines).padding([gap::XS, gap::L]).into()
    })
}

/// What is to be known before an answer: what it is for, and for how long it
/// counts (ASK-2, CASE-1).
pub(super) fn terms<'a>(model: &'a Model, share: &'a ShareInfo) -> Element<'a, Message> {
    let words = &model.words;
    let key = match (share.part, share.phase) {
        (SharePart::Sharer, SharePhase::Asked) => "asks-lasts",
        (SharePart::Sharer, _) => "asks-lasts-control",
        (SharePart::Viewer, _) => "asks-lasts-seeing",
    };
    let case = [
        ("case-purpose", &share.case.purpose),
        ("case-reference", &share.case.reference),
        ("case-patient-consent", &share.case.patient_consent),
    ];
    let case = case.into_iter().filter_map(|(key, said)| {
        let said = short(said.as_ref()?, LONGEST_CASE);
        Some(small(format!("{}: {said}", words.t(key))).into())
    });
    let hours = LONGEST_SHARE.as_secs() / 3600;
    column![small(words.with(key, &[("hours", hours.into())]))]
        .extend(case)
        .into()
}

/// Nobody could hear the panic key (GUARD-6).
pub(super) fn without_key<'a>(model: &'a Model, share: &ShareInfo) -> Option<Element<'a, Message>> {
    (share.without_panic_key && !is_over(share)).then(|| {
        row![
            icon(Icon::TriangleAlert, 14.0).style(theme::warn),
            note(model.words.t("no-panic-key")).width(Length::Fill)
        ]
        .spacing(gap::S)
        .align_y(Alignment::Center)
        .into()
    })
}

/// Several may control it at once (GUARD-7).
pub(super) fn together<'a>(model: &'a Model, share: &ShareInfo) -> Option<Element<'a, Message>> {
    may_together(share).then(|| note(model.words.t("together")).into())
}

/// Whether several may control what is shown there.
fn may_together(share: &ShareInfo) -> bool {
    runs(share) && share.controllers == Some(ShareControllers::Together)
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
    if let Some((left, top, width, height)) = share.area {
        let [size, place] = [format!("{width} × {height}"), format!("{left}, {top}")];
        let (said, cuts) = match share.cuts.len() {
            0 => ("extent-part", 0),
            cuts => ("extent-part-cut", cuts),
        };
        return words.with(
            said,
            &[
                ("size", size.into()),
                ("place", place.into()),
                ("cuts", cuts.into()),
            ],
        );
    }
    if share.technology == "vnc" {
        return words.t("extent-server");
    }
    // What others chose isn't known here, nor what is chosen here by and by.
    let open = share.part == SharePart::Viewer || share.phase == SharePhase::Asked;
    let view = match share.view.as_str() {
        "desktop" if open => "up-to-desktop",
        view => view,
    };
    match share.applications.is_empty() {
        true => words
            .maybe(&format!("extent-{view}"), &[])
            .unwrap_or_else(|| share.view.clone()),
        false => few(share.applications.iter().map(String::as_str)),
    }
}

/// What is said of a name in a sentence, in characters.
const LONGEST_NAME: usize = 48;

/// What is said of a purpose or a reference, in characters.
const LONGEST_CASE: usize = 120;

/// A share in one sentence, in the reader's language.
pub(super) fn sentence(model: &Model, share: &ShareInfo) -> String {
    let words = &model.words;
    let control = match (is_controlled(share), runs(share) && !controls(share)) {
        (false, _) => "no",
        (true, true) => "offered",
        (true, false) => "yes",
    };
    let args = [
        ("name", short(&share.person.name, LONGEST_NAME).into()),
        ("what", seen(words, share).into()),
        ("control", control.into()),
        ("why", why(words, share).into()),
    ];
    let key = match (share.part, share.phase) {
        (SharePart::Sharer, SharePhase::Waiting) => "phase-invited",
        (SharePart::Viewer, SharePhase::Waiting) => "phase-asked-for",
        (SharePart::Sharer, SharePhase::Asked)
            if share.technology == "vnc" || !share.applications.is_empty() =>
        {
            "phase-wants-one"
        }
        (SharePart::Sharer, SharePhase::Asked) => "phase-wants-to-see",
        (SharePart::Viewer, SharePhase::Asked) => "phase-invites-me",
        (_, SharePhase::Settling) => "phase-settling",
        (SharePart::Sharer, SharePhase::Running) => "phase-sees",
        (SharePart::Sharer, SharePhase::RunningAsked) => "phase-wants-control",
        (SharePart::Viewer, SharePhase::Running) => "phase-shows",
        (SharePart::Viewer, SharePhase::RunningAsked) => "phase-control-asked",
        (_, SharePhase::Ending | SharePhase::Over) => "phase-over",
    };
    let said = words.with(key, &args);
    match &share.room {
        Some(room) => {
            let room = short(&room.title, LONGEST_NAME);
            words.with("in-room", &[("room", room.into()), ("said", said.into())])
        }
        None => said,
    }
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
    let (mine, theirs): (Vec<_>, Vec<_>) =
        now.into_iter().partition(|s| s.part == SharePart::Sharer);
    for (key, some) in [("shares-mine", mine), ("shares-theirs", theirs)] {
        if !some.is_empty() {
            page = page.push(section(words.t(key), lines(model, some)));
        }
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
    let mut acts = row![].spacing(gap::S);
    if waits_for_me(share) {
        let (no, yes) = answers(model, share);
        acts = acts.push(no).push(yes).push(within(model, share));
    }
    if share.part == SharePart::Sharer && runs(share) && controls(share) {
        let end = Do::Control(share.session, ControlChange::End);
        acts = acts.push(icon_button(Icon::Hand, words.t("take-control")).on_press(act(end)));
    }
    if may_together(share) {
        let one = act(Do::Control(share.session, ControlChange::One));
        acts = acts.push(icon_button(Icon::Hand, words.t("one-at-a-time")).on_press(one));
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
        column![who(model, share), body(sentence(model, share))]
            .push(waits_for_me(share).then(|| terms(model, share)))
            .push(without_key(model, share))
            .push(together(model, share))
            .spacing(2)
            .width(Length::Fill),
        acts
    ]
    .spacing(gap::M)
    .align_y(Alignment::Center)
    .into()
}
