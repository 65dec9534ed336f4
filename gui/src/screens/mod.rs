//! Pictures of the state: each screen is a function of it.

mod agreed;
mod bounds;
mod bubble;
mod carried;
mod company;
mod config;
mod dialogs;
mod entry;
mod first;
mod joining;
mod keep;
mod known;
mod list;
#[cfg(test)]
mod long;
mod meet;
mod members;
mod own;
mod pages;
mod panel;
#[cfg(test)]
mod pictures;
mod room;
mod rules;
mod send_file;
mod server;
mod settings;
mod share_offer;
mod shares;
mod signing;
mod standing;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::BTreeSet;

use iced::widget::{Column, column, container, opaque, responsive, row, space, stack, text};
use iced::{Alignment, Element, Length, Size};
use kith_api::ShareInfo;

use crate::state::{Message, Model, Node, Page, Stage, home, share};
use crate::theme::{self, size, space as gap};
use crate::widgets::behind::behind;
use crate::widgets::still::still;
use crate::widgets::{Icon, Role, body, few, icon, press, slim, strong};

/// What the window is called.
pub(crate) fn title(model: &Model) -> String {
    let unread: u32 = model.home.rooms.iter().map(|r| r.unread).sum();
    match unread {
        0 => "Kith".to_owned(),
        n => format!("({n}) Kith"),
    }
}

/// The whole window.
pub(crate) fn view(model: &Model) -> Element<'_, Message> {
    responsive(|size| whole(model, size)).into()
}

/// How wide the rail is, in pixels.
const RAIL: f32 = 78.0;
/// What a conversation needs beside everything else.
const TALK: f32 = 300.0;
/// Below this, what stands beside each other comes below.
const NARROW: f32 = 720.0;
/// Below this, the rail has to be scrolled.
const LOW: f32 = 480.0;

fn whole(model: &Model, size: Size) -> Element<'_, Message> {
    let page = match &model.stage {
        Stage::Opening => first::opening(model),
        Stage::First(first) => first::first(model, first),
        Stage::Unlock(unlock) => first::unlock(model, unlock),
        Stage::Broken(why) => first::broken(model, why),
        Stage::Home => main(model, size),
    };
    let below = model.home.dialog.is_some() && matches!(model.stage, Stage::Home);
    let page = behind(page, below);
    let toast = model.toast.as_ref().map(|(_, words)| {
        container(
            container(body(words))
                .padding([gap::S, gap::L])
                .style(theme::toast),
        )
        .align_x(Alignment::Center)
        .align_y(Alignment::End)
        .width(Length::Fill)
        .height(Length::Fill)
        // Above the field for writing.
        .padding([76.0, gap::XL])
    });
    let dialog = model
        .home
        .dialog
        .as_ref()
        .filter(|_| matches!(model.stage, Stage::Home))
        .map(|dialog| {
            opaque(
                container(dialogs::view(model, dialog))
                    .center(Length::Fill)
                    .padding(gap::L)
                    .style(theme::shade),
            )
        });
    let page = stack![container(page).style(theme::ground)]
        .push(dialog)
        .push(toast)
        .width(Length::Fill)
        .height(Length::Fill);
    // Beside a dialog, never below it: the way to stop is always alive.
    still(column![].push(live(model, size)).push(page)).into()
}

/// The rail, and the page.
fn main(model: &Model, size: Size) -> Element<'_, Message> {
    let page = match model.home.page {
        Page::Talk => talk(model, size),
        Page::Shares => shares::view(model),
        Page::Agreed => agreed::view(model, size),
        Page::Rules => rules::view(model),
        Page::Log => pages::log(model),
        Page::Diagnosis => pages::diagnosis(model),
        Page::Settings => settings::view(model),
    };
    let page = column![]
        .push(offline(model))
        .push(asks(model, size))
        .push(page);
    row![rail(model, size), page].into()
}

/// People, the conversation, and the panel, as far as there is room.
fn talk(model: &Model, size: Size) -> Element<'_, Message> {
    let panel = if model.home.panel { panel::WIDTH } else { 0.0 };
    let free = size.width - RAIL - panel;
    let strip = free - list::WIDTH < TALK && model.home.chosen.is_some();
    let people = match strip {
        true => list::strip(model),
        false => list::view(model),
    };
    let alone = model.home.panel && free - list::STRIP < TALK;
    let room = (!alone).then(|| room::view(model));
    row![people]
        .push(room)
        .push(model.home.panel.then(|| panel::view(model, alone)))
        .into()
}

fn rail(model: &Model, size: Size) -> Element<'_, Message> {
    let words = &model.words;
    let unread: u32 = model.home.rooms.iter().map(|r| r.unread).sum();
    let waiting = model.home.shares.asking().count();
    let entry = |page: Page, sign, name: String, count: usize| {
        let chosen = model.home.page == page;
        let mark = icon(sign, 21.0);
        let mark = match count {
            0 => row![mark],
            n => row![mark, badge(n)].spacing(2),
        };
        press(
            column![mark, text(name).size(11.5)]
                .spacing(3)
                .align_x(Alignment::Center)
                .width(Length::Fill),
        )
        .role(if chosen { Role::Chosen } else { Role::Quiet })
        .width(Length::Fill)
        .padding([gap::S, 2.0])
        .on_press(Message::Home(home::Message::Page(page)))
    };
    let between = match size.height < LOW {
        true => space::vertical().height(gap::S),
        false => space::vertical(),
    };
    let all = column![
        entry(
            Page::Talk,
            Icon::MessageCircle,
            words.t("nav-talk"),
            unread as usize
        ),
        entry(
            Page::Shares,
            Icon::MonitorUp,
            words.t("nav-shares"),
            waiting
        ),
        between,
        entry(
            Page::Agreed,
            Icon::ShieldCheck,
            words.t("nav-agreed"),
            model.home.agreed.held()
        ),
        entry(Page::Rules, Icon::Building2, words.t("nav-rules"), 0),
        entry(Page::Log, Icon::ScrollText, words.t("nav-log"), 0),
        entry(
            Page::Diagnosis,
            Icon::Stethoscope,
            words.t("nav-diagnosis"),
            0
        ),
        entry(Page::Settings, Icon::Settings, words.t("nav-settings"), 0),
    ]
    .spacing(gap::XS);
    let all: Element<'_, Message> = match size.height < LOW {
        true => slim(all),
        false => all.into(),
    };
    container(all)
        .width(RAIL)
        .height(Length::Fill)
        .padding(gap::XS + 2.0)
        .into()
}

/// A number in a mark.
fn badge<'a>(n: usize) -> Element<'a, Message> {
    let n = match n {
        0..100 => n.to_string(),
        _ => "99+".to_owned(),
    };
    container(text(n).size(11).line_height(1.2))
        .padding([0, 5])
        .style(theme::badge)
        .into()
}

/// The node is away, or doesn't answer.
fn offline(model: &Model) -> Option<Element<'_, Message>> {
    let words = &model.words;
    let (says, act) = match model.home.node {
        Node::Here => return None,
        Node::Silent => ("node-silent", None),
        Node::Away => {
            let again = press(body(words.t("start-again"))).on_press(Message::Retry);
            ("node-gone", Some(again))
        }
    };
    let line = row![
        icon(Icon::WifiOff, 17.0).style(theme::warn),
        body(words.t(says)).width(Length::Fill),
    ]
    .push(act)
    .spacing(gap::M)
    .align_y(Alignment::Center);
    let bar = container(line).padding([gap::S, gap::L]);
    Some(bar.style(theme::warning).into())
}

/// Who asks for what: on every page, because somebody waits.
fn asks(model: &Model, size: Size) -> Option<Element<'_, Message>> {
    let lines: Vec<_> = model
        .home
        .shares
        .asking()
        .enumerate()
        .map(|(n, one)| {
            let (no, yes) = shares::answers(model, one);
            let says = row![
                icon(Icon::Hand, 18.0).style(theme::accent),
                column![
                    shares::who(model, one),
                    body(shares::sentence(model, one)),
                    shares::terms(model, one),
                ]
                .spacing(2)
                .push(shares::without_key(model, one))
                .width(Length::Fill),
            ]
            .spacing(gap::M)
            .align_y(Alignment::Center);
            let no = match n {
                0 => no.id(share::DENY),
                _ => no,
            };
            // Long words in a narrow window come below.
            let acts = row![no, yes]
                .push(shares::within(model, one))
                .spacing(gap::M)
                .wrap()
                .vertical_spacing(gap::XS);
            container(beside(size, says.into(), acts.into()))
                .padding([gap::S, gap::L])
                .style(theme::warning)
                .into()
        })
        .collect();
    (!lines.is_empty()).then(|| Column::with_children(lines).spacing(1).into())
}

/// Who sees this screen, and the way to end it: red, on every screen.
fn live(model: &Model, size: Size) -> Option<Element<'_, Message>> {
    let live: Vec<&ShareInfo> = model.home.shares.live().collect();
    if live.is_empty() {
        return None;
    }
    let words = &model.words;
    let controlled = live.iter().any(|s| share::controls(s));
    // Who controls comes first, and nobody is said to who doesn't (GUARD-7).
    let (control, see): (Vec<_>, Vec<_>) = live.iter().copied().partition(|s| share::controls(s));
    let said = [("live-controls", control), ("live-sees", see)].map(|(key, who)| {
        let what: BTreeSet<String> = who.iter().map(|s| shares::seen(words, s)).collect();
        let names: BTreeSet<&str> = who.iter().map(|s| s.person.name.as_str()).collect();
        let count = names.len();
        let names = few(names);
        let args = [
            ("names", names.into()),
            ("count", count.into()),
            ("what", few(what.iter().map(String::as_str)).into()),
        ];
        (!who.is_empty()).then(|| words.with(key, &args))
    });
    let said: Vec<String> = said.into_iter().flatten().collect();
    let deaf = live.iter().any(|s| s.without_panic_key);
    let how = match (deaf, controlled) {
        (true, _) => Some("live-no-key"),
        (false, true) => Some("live-how"),
        (false, false) => None,
    };
    let says = row![
        icon(
            if controlled {
                Icon::MousePointer
            } else {
                Icon::Eye
            },
            18.0
        ),
        column![strong(said.join(" · "))]
            .push(how.map(|how| text(words.t(how)).size(size::SMALL)))
            .width(Length::Fill),
    ]
    .spacing(gap::M)
    .align_y(Alignment::Center);
    let mut acts = row![].spacing(gap::M);
    if controlled {
        acts = acts.push(
            press(text(words.t("take-control")).size(size::BODY))
                .role(Role::StopOnLive)
                .id("panic")
                .on_press(Message::Share(share::Message::Panic)),
        );
    }
    acts = acts.push(
        press(
            row![icon(Icon::OctagonX, 17.0), strong(words.t("stop-sharing"))]
                .spacing(gap::S)
                .align_y(Alignment::Center),
        )
        .role(Role::StopOnLive)
        .id("stop-all")
        .on_press(Message::Share(share::Message::StopAll)),
    );
    Some(
        container(beside(size, says.into(), acts.into()))
            .padding([gap::XS, gap::L])
            .width(Length::Fill)
            .style(theme::live)
            .into(),
    )
}

/// What is said, and what can be done about it: beside each other, or below in
/// a narrow window.
fn beside<'a>(
    size: Size,
    says: Element<'a, Message>,
    acts: Element<'a, Message>,
) -> Element<'a, Message> {
    match size.width < NARROW {
        true => column![says, acts].spacing(gap::XS).into(),
        false => row![says, acts]
            .spacing(gap::M)
            .align_y(Alignment::Center)
            .into(),
    }
}
