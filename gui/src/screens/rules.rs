//! What my organisations allow, my own rules, and why something isn't allowed
//! with somebody.

use iced::widget::{Column, Row, column, row};
use iced::{Alignment, Element, Length};
use kith_api::{ExplainedCase, PolicyInfo, RefusedUpdate};

use super::pages::{failed, page};
use super::standing::people;
use crate::state::carried;
use crate::state::pages::Asked;
use crate::state::rules::Message as Do;
use crate::state::{Message, Model, Page};
use crate::theme::{self, space as gap};
use crate::when;
use crate::widgets::{
    Icon, bar, body, button, head, icon, icon_button, note, pair, section, small, strong, title,
    warning,
};

fn act(step: Do) -> Message {
    Message::Rules(step)
}

/// The policies of my organisations (POL-8: with their age).
pub(super) fn view(model: &Model) -> Element<'_, Message> {
    let words = &model.words;
    let rules = &model.home.rules;
    let organisations: Vec<Element<'_, Message>> = match &rules.all {
        Asked::Coming => vec![note(words.t("loading")).into()],
        Asked::Failed(why) => vec![failed(model, why, Page::Rules)],
        Asked::Here(all) if all.is_empty() => vec![section(
            words.t("rules-none"),
            column![note(words.t("rules-none-more"))],
        )],
        Asked::Here(all) => all.iter().map(|r| organisation(model, r)).collect(),
    };
    let take_in = icon_button(Icon::File, words.t("carried-title"))
        .on_press(Message::Carried(carried::Message::Open));
    page(
        column![bar(title(words.t("nav-rules")), row![take_in])]
            .extend(organisations)
            .push(section(words.t("rules-mine"), super::own::all(model)))
            .push(section(words.t("rules-with"), with(model))),
    )
}

fn organisation<'a>(model: &'a Model, rules: &'a PolicyInfo) -> Element<'a, Message> {
    let words = &model.words;
    let state = words
        .maybe(&format!("state-{}", rules.state), &[])
        .unwrap_or_else(|| rules.state.clone());
    let date = |ms| body(when::full(ms, &model.zone));
    let role = match &rules.my_role {
        Some(code) => words
            .maybe(&format!("role-{code}"), &[])
            .unwrap_or_else(|| code.clone()),
        None => words.t("rules-no-role"),
    };
    let says = match model.home.rules.full.get(&rules.org) {
        None | Some(Asked::Coming) => column![note(words.t("loading"))],
        Some(Asked::Failed(why)) => column![failed(model, why, Page::Rules)],
        Some(Asked::Here(full)) => {
            let says = full.says.iter().map(|line| bullet(words.sentence(line)));
            Column::with_children(says)
                .push(refused(model, &full.refused))
                .spacing(gap::XS)
        }
    };
    let inner = column![
        pair(words.t("rules-state"), body(state)),
        pair(words.t("rules-issued"), date(rules.issued_ms)),
        pair(words.t("rules-until"), date(rules.usable_until_ms)),
        pair(words.t("rules-role"), body(role)),
        pair(words.t("rules-members"), body(rules.members.to_string())),
    ]
    .extend(rules.warnings.iter().map(|w| warning(words.sentence(w))))
    .push(strong(words.t("rules-says")))
    .push(says)
    .push(files(model, rules))
    .spacing(gap::S);
    section(rules.name.clone(), inner)
}

/// The policy as a file for other members (XFER-1), and leaving.
fn files<'a>(model: &'a Model, rules: &'a PolicyInfo) -> Element<'a, Message> {
    let words = &model.words;
    let export = icon_button(Icon::Download, words.t("carried-save"));
    let sure = model.home.rules.leaving == Some(rules.org);
    let leave = match sure {
        false => button(words.t("policy-leave")).on_press(act(Do::Leave(rules.org))),
        true => button(words.t("policy-leave-sure")).on_press(act(Do::LeaveNow(rules.org))),
    };
    column![]
        .push(sure.then(|| warning(words.t("policy-leave-more"))))
        .push(row![export.on_press(act(Do::Export(rules.org))), leave].spacing(gap::S))
        .spacing(gap::S)
        .into()
}

/// Updates that were refused, each with its day and who brought it.
fn refused<'a>(model: &'a Model, all: &'a [RefusedUpdate]) -> Option<Element<'a, Message>> {
    let words = &model.words;
    let one = |update: &'a RefusedUpdate| {
        let day = when::full(update.at_ms, &model.zone);
        let from = update.from.as_ref().map(|p| format!(" · {}", p.name));
        small(format!("{day}{}", from.unwrap_or_default())).into()
    };
    let n = [("n", all.len().into())];
    (!all.is_empty()).then(|| {
        column![warning(words.with("rules-refused", &n))]
            .extend(all.iter().map(one))
            .spacing(gap::XS)
            .into()
    })
}

pub(super) fn bullet<'a>(line: String) -> Element<'a, Message> {
    row![body("•"), body(line).width(Length::Fill)]
        .spacing(gap::S)
        .into()
}

/// Somebody is chosen, and what is allowed with them is said.
fn with(model: &Model) -> Column<'_, Message> {
    let words = &model.words;
    let chosen = model.home.rules.with.as_ref();
    let people = people(model, chosen.map(|(id, _)| *id), |id| act(Do::With(id)));
    if people.is_empty() {
        return column![note(words.t("rules-with-nobody"))];
    }
    let answer: Option<Element<'_, Message>> = chosen.map(|(_, asked)| match asked {
        Asked::Coming => note(words.t("loading")).into(),
        Asked::Failed(why) => failed(model, why, Page::Rules),
        Asked::Here(explained) => {
            let cases = explained.cases.iter();
            Column::with_children(cases.map(|c| case(model, &explained.person.name, c)))
                .spacing(gap::L)
                .into()
        }
    });
    column![
        note(words.t("rules-with-more")),
        Row::with_children(people).spacing(gap::S).wrap(),
    ]
    .push(answer)
    .spacing(gap::M)
}

fn case<'a>(model: &'a Model, name: &'a str, case: &'a ExplainedCase) -> Element<'a, Message> {
    let words = &model.words;
    let name = || [("name", name.into())];
    let key = match (case.part.as_str(), case.direction.as_str()) {
        ("sharer", "invite") => "case-i-invite",
        ("sharer", _) => "case-they-ask",
        (_, "invite") => "case-they-invite",
        (_, _) => "case-i-ask",
    };
    let allowed = case.outcome == "allowed";
    let sign = match allowed {
        true => icon(Icon::CircleCheck, 17.0).style(theme::good),
        false => icon(Icon::CircleX, 17.0).style(theme::warn),
    };
    let extent = |code: &str| {
        let known = words.maybe(&format!("extent-{code}"), &[]);
        known.unwrap_or_else(|| code.to_owned())
    };
    let outcome = match (allowed, &case.reason) {
        (true, _) => {
            let control = match case.control.as_str() {
                "nothing" | "" => "no",
                _ => "yes",
            };
            let args = [
                ("what", extent(&case.view).into()),
                ("control", control.into()),
            ];
            words.with("rules-allowed", &args)
        }
        (false, Some(code)) => words
            .maybe(&format!("reason-{code}"), &name())
            .or_else(|| case.lines.last().map(|l| words.sentence(l)))
            .unwrap_or_else(|| code.clone()),
        (false, None) => words.t("rules-denied"),
    };
    let duties = (allowed && !case.duties.is_empty()).then(|| {
        let said = case.duties.iter().map(|code| {
            let known = words.maybe(&format!("demand-{code}"), &[]);
            known.unwrap_or_else(|| code.clone())
        });
        let what: Vec<String> = said.collect();
        note(words.with("rules-demand", &[("what", what.join(", ").into())]))
    });
    column![
        row![sign, head(words.with(key, &name())).size(theme::size::BODY)]
            .spacing(gap::S)
            .align_y(Alignment::Center),
        body(outcome),
    ]
    .push(duties)
    .extend(case.lines.iter().map(|l| small(words.sentence(l)).into()))
    .spacing(gap::XS)
    .into()
}
