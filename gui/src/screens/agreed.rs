//! What was agreed on in advance: standing consents, remembered limits, and input
//! devices.

use iced::widget::{Column, column, container, row};
use iced::{Alignment, Element, Length, Size};
use kith_api::{ConsentInfo, InputCounts, InputDevice, InputKind, Inputs, LimitInfo, LimitSet};

use super::pages::failed;
use crate::i18n::Words;
use crate::state::agreed::{Message as Do, of_input, of_limit};
use crate::state::pages::Asked;
use crate::state::{Message, Model, Page, standing};
use crate::theme::{self, space as gap};
use crate::when;
use crate::widgets::{
    Icon, Role, avatar, body, button, icon, icon_button, note, section, small, strong, title,
    warning,
};

pub(super) fn view(model: &Model, size: Size) -> Element<'_, Message> {
    let words = &model.words;
    let agreed = &model.home.agreed;
    let give = icon_button(Icon::UserPlus, words.t("standing-open-any"))
        .on_press(Message::Standing(standing::Message::Open(None)));
    let consents = column![note(words.t("consents-more"))]
        .push(list(model, &agreed.consents, "consents-none", |c| {
            consent(model, size, c)
        }))
        .push(row![give]);
    let limits = column![note(words.t("limits-more"))].push(list(
        model,
        &agreed.limits,
        "limits-none",
        |l| limit(model, size, l),
    ));
    super::pages::page(column![
        title(words.t("agreed-title")),
        section(words.t("consents-title"), consents.spacing(gap::M)),
        section(words.t("limits-title"), limits.spacing(gap::M)),
        section(words.t("inputs-title"), inputs(model, size)),
        section(words.t("accounts-title"), super::server::kept(model)),
    ])
}

/// Whose presses count when Kith asks something at this screen (ASK-3).
fn inputs(model: &Model, size: Size) -> Column<'_, Message> {
    let words = &model.words;
    let listed: Element<'_, Message> = match &model.home.agreed.inputs {
        Asked::Coming => note(words.t("loading")).into(),
        Asked::Failed(why) => failed(model, why, Page::Agreed),
        Asked::Here(all) => {
            let gap = all.gap.as_deref().map(warning);
            let devices = all.devices.iter().map(|d| device(model, d));
            let programs = [InputKind::Keyboard, InputKind::Pointer];
            let programs = programs.map(|kind| programs_press(model, size, all, kind));
            Column::with_children(gap)
                .extend(devices)
                .extend(programs)
                .spacing(gap::M)
                .into()
        }
    };
    column![note(words.t("inputs-more")), listed].spacing(gap::M)
}

/// The sign of a kind of device, and how what programs press by it is called.
const fn of_kind(kind: InputKind) -> (Icon, &'static str) {
    match kind {
        InputKind::Keyboard => (Icon::Keyboard, "input-programs-keyboard"),
        InputKind::Pointer => (Icon::MousePointer, "input-programs-pointer"),
    }
}

fn device<'a>(model: &'a Model, device: &'a InputDevice) -> Element<'a, Message> {
    let (sign, _) = of_kind(device.kind);
    let says = match device.counts {
        InputCounts::Always => "input-counts",
        InputCounts::Enrolled => "input-enrolled",
        InputCounts::Never => "input-never",
    };
    row![
        icon(sign, 18.0).style(theme::muted),
        column![body(device.name.as_str()), small(model.words.t(says))]
            .spacing(2)
            .width(Length::Fill),
    ]
    .spacing(gap::M)
    .align_y(Alignment::Center)
    .into()
}

/// What programs press, and whether that counts.
fn programs_press<'a>(
    model: &'a Model,
    size: Size,
    inputs: &'a Inputs,
    kind: InputKind,
) -> Element<'a, Message> {
    let words = &model.words;
    let (sign, name) = of_kind(kind);
    let enrolled = inputs.enrolled.contains(&kind);
    let (act, label) = match enrolled {
        true => (Do::Remove(kind), "input-remove"),
        false => (Do::Enrol(kind), "input-enrol"),
    };
    let free = !model.home.agreed.busy.contains(&of_input(kind));
    let careful = enrolled.then(|| warning(words.t("input-careful")));
    let asked = (!free && !enrolled).then(|| small(words.t("input-asked")));
    entry(
        size,
        container(icon(sign, 22.0).style(theme::accent))
            .center(36)
            .into(),
        column![strong(words.t(name))].push(careful).push(asked),
        button(words.t(label))
            .on_press_maybe(free.then_some(Message::Agreed(act)))
            .into(),
    )
}

fn list<'a, T>(
    model: &Model,
    asked: &'a Asked<Vec<T>>,
    none: &'static str,
    line: impl Fn(&'a T) -> Element<'a, Message>,
) -> Element<'a, Message> {
    let words = &model.words;
    match asked {
        Asked::Coming => note(words.t("loading")).into(),
        Asked::Failed(why) => failed(model, why, Page::Agreed),
        Asked::Here(all) if all.is_empty() => body(words.t(none)).into(),
        Asked::Here(all) => Column::with_children(all.iter().map(line))
            .spacing(gap::L)
            .into(),
    }
}

fn consent<'a>(model: &'a Model, size: Size, consent: &'a ConsentInfo) -> Element<'a, Message> {
    let words = &model.words;
    let control = match consent.control.as_str() {
        "nothing" => "no",
        _ => "yes",
    };
    let says = words.with(
        "consent-says",
        &[
            ("name", consent.person.name.as_str().into()),
            ("what", consent.application.as_str().into()),
            ("control", control.into()),
        ],
    );
    let until = [("when", when::full(consent.until_ms, &model.zone).into())];
    let held = consent.held.as_ref().map(|why| {
        let known = words.maybe(&format!("held-{why}"), &[]);
        row![
            icon(Icon::Pause, 15.0).style(theme::warn),
            body(known.unwrap_or_else(|| words.t("held-other"))).width(Length::Fill),
        ]
        .spacing(gap::S)
        .align_y(Alignment::Center)
    });
    let free = !model.home.agreed.busy.contains(&consent.id);
    let act = |step: Do| free.then_some(Message::Agreed(step));
    let resume = consent.held.is_some().then(|| {
        button(words.t("consent-resume"))
            .role(Role::Main)
            .on_press_maybe(act(Do::Resume(consent.id.clone())))
    });
    let acts = row![]
        .push(resume)
        .push(button(words.t("consent-end")).on_press_maybe(act(Do::End(consent.id.clone()))))
        .spacing(gap::S);
    entry(
        size,
        avatar(&consent.person.name, &consent.person.id.to_string(), 36.0),
        column![strong(says), note(words.with("consent-until", &until))].push(held),
        acts.into(),
    )
}

/// What a set of limits bars, in words.
pub(super) fn bars(words: &Words, limits: &LimitSet) -> String {
    let named = limits.barred.iter().map(|code| {
        let known = words.maybe(&format!("bar-{code}"), &[]);
        known.unwrap_or_else(|| code.clone())
    });
    let keys = (!limits.keys.is_empty()).then(|| {
        let keys = limits.keys.join(", ");
        words.with("limit-keys", &[("keys", keys.into())])
    });
    let pace = limits
        .per_second
        .map(|n| words.with("limit-pace", &[("n", n.into())]));
    let all: Vec<String> = named.chain(keys).chain(pace).collect();
    match all.is_empty() {
        true => words.t("limit-nothing"),
        false => all.join(" · "),
    }
}

fn limit<'a>(model: &'a Model, size: Size, limit: &'a LimitInfo) -> Element<'a, Message> {
    let words = &model.words;
    let who = match &limit.person {
        Some(person) => person.name.clone(),
        None => words.t("limit-everybody"),
    };
    let what = match &limit.application {
        Some(name) => name.clone(),
        None => words.t("limit-every-application"),
    };
    let says = words.with("limit-says", &[("who", who.into()), ("what", what.into())]);
    let sign = match &limit.person {
        Some(person) => avatar(&person.name, &person.id.to_string(), 36.0),
        None => container(icon(Icon::Users, 22.0).style(theme::muted))
            .center(36)
            .into(),
    };
    let device = limit.device.as_ref().map(|device| {
        let begin: String = device.chars().take(12).collect();
        small(words.with("limit-device", &[("device", begin.into())]))
    });
    let free = !model.home.agreed.busy.contains(&of_limit(limit.number));
    let forget = Message::Agreed(Do::Forget(limit.number));
    entry(
        size,
        sign,
        column![strong(says), note(bars(words, &limit.limits))].push(device),
        button(words.t("limit-forget"))
            .on_press_maybe(free.then_some(forget))
            .into(),
    )
}

/// Who, what, and what can be done about it: beside each other, or below where
/// there is little room.
fn entry<'a>(
    size: Size,
    sign: Element<'a, Message>,
    says: Column<'a, Message>,
    acts: Element<'a, Message>,
) -> Element<'a, Message> {
    let says = row![sign, says.spacing(2).width(Length::Fill)]
        .spacing(gap::M)
        .align_y(Alignment::Center);
    super::beside(size, says.into(), acts)
}
