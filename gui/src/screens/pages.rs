//! The log, and diagnosis.

use iced::widget::{Column, column, container, row, scrollable};
use iced::{Alignment, Element, Length};
use kith_api::{AuditPage, Finding, Level};

use super::entry::sentence;
use crate::state::home::Message as Act;
use crate::state::pages::Asked;
use crate::state::{Message, Model, Node, Page, carried};
use crate::theme::{self, space as gap};
use crate::when;
use crate::widgets::{
    Icon, bar, body, button, empty, icon, icon_button, note, small, strong, title, warning,
};

/// A page that scrolls.
pub(super) fn page<'a>(inner: Column<'a, Message>) -> Element<'a, Message> {
    container(
        scrollable(inner.spacing(gap::L).padding(gap::XL).max_width(860))
            .width(Length::Fill)
            .height(Length::Fill)
            .style(theme::scroll),
    )
    .style(theme::page)
    .into()
}

/// Why what was asked for isn't here, and to ask again.
pub(super) fn failed<'a>(model: &Model, why: &'a str, page: Page) -> Element<'a, Message> {
    let again = button(model.words.t("try-again"));
    let again = again.on_press(Message::Home(Act::Page(page)));
    column![warning(why), row![again]].spacing(gap::M).into()
}

fn asked<'a, T>(
    model: &'a Model,
    asked: &'a Asked<T>,
    view: impl FnOnce(&'a T) -> Element<'a, Message>,
) -> Element<'a, Message> {
    let inner = match asked {
        Asked::Here(thing) => return view(thing),
        Asked::Coming => empty(Icon::Loader, model.words.t("loading"), String::new(), None),
        Asked::Failed(why) => {
            let head = match model.home.page {
                Page::Diagnosis => "nav-diagnosis",
                _ => "nav-log",
            };
            // Why there is no node stands above already.
            let why = match model.home.node {
                Node::Away => note(model.words.t("page-later")).into(),
                Node::Silent | Node::Here => failed(model, why, model.home.page),
            };
            return page(column![title(model.words.t(head)), why]);
        }
    };
    container(inner)
        .height(Length::Fill)
        .style(theme::page)
        .into()
}

/// Everything that was asked for, decided and shared (UI-4).
pub(super) fn log(model: &Model) -> Element<'_, Message> {
    let words = &model.words;
    asked(model, &model.home.pages.log, |log: &AuditPage| {
        let check = button(words.t("log-check"))
            .id("log-check")
            .on_press(Message::Home(Act::CheckLog));
        let export = icon_button(Icon::Download, words.t("carried-save"))
            .on_press(Message::Home(Act::ExportLog));
        let take_in = icon_button(Icon::File, words.t("log-check-file"))
            .on_press(Message::Carried(carried::Message::Open));
        let sound = model.home.pages.sound.as_ref().map(|sound| match sound {
            Ok(sound) => row![
                icon(Icon::CircleCheck, 18.0).style(theme::good),
                body(words.with("log-sound", &[("n", sound.entries.into())]))
            ]
            .spacing(gap::S)
            .into(),
            Err(why) => warning(why.as_str()),
        });
        let lines = log.entries.iter().rev().map(|entry| {
            row![
                small(when::full(entry.at_ms, &model.zone)).width(130),
                body(sentence(words, entry)).width(Length::Fill)
            ]
            .spacing(gap::M)
            .into()
        });
        let none = log.entries.is_empty().then(|| note(words.t("log-none")));
        page(
            column![title(words.t("nav-log"))]
                .push(row![check, export, take_in].spacing(gap::S).wrap())
                .push(sound)
                .push(none)
                .push(Column::with_children(lines).spacing(gap::S)),
        )
    })
}

/// What works here and what doesn't (DISC-7, ENV-3).
pub(super) fn diagnosis(model: &Model) -> Element<'_, Message> {
    let words = &model.words;
    asked(model, &model.home.pages.findings, |findings| {
        let again =
            button(words.t("check-again")).on_press(Message::Home(Act::Page(Page::Diagnosis)));
        let lines = findings.iter().map(|f| finding(model, f));
        page(
            column![bar(title(words.t("nav-diagnosis")), row![again])]
                .push(Column::with_children(lines).spacing(gap::M)),
        )
    })
}

fn finding<'a>(model: &'a Model, finding: &'a Finding) -> Element<'a, Message> {
    let sign = match finding.level {
        Level::Good => icon(Icon::CircleCheck, 20.0).style(theme::good),
        Level::Limited => icon(Icon::CircleAlert, 20.0).style(theme::warn),
        Level::Bad => icon(Icon::CircleX, 20.0).style(theme::warn),
    };
    let words = &model.words;
    container(
        row![
            sign,
            column![strong(words.found(finding))]
                .push(words.helps(finding).map(note))
                .spacing(gap::XS)
                .width(Length::Fill)
        ]
        .spacing(gap::M)
        .align_y(Alignment::Start),
    )
    .padding(gap::M)
    .width(Length::Fill)
    .style(theme::raised)
    .into()
}
