//! One's own rules: those there are, what every share demands, and a new one.

use iced::widget::{Column, Row, column, row, text_input};
use iced::{Alignment, Element, Length};
use kith_api::OwnRules;

use super::bounds::mark;
use super::first::field;
use super::pages::failed;
use super::standing::people;
use crate::state::own::{APPLICATIONS, DEMANDS, Hands, Message as Do, Own, Whom};
use crate::state::pages::Asked;
use crate::state::rules::Message as Rule;
use crate::state::{Message, Model, Page};
use crate::theme::space as gap;
use crate::widgets::{
    Icon, Role, body, button, careful, icon_button, note, small, strong, warning,
};

fn act(step: Do) -> Message {
    Message::Own(step)
}

/// Those there are, and what every share demands.
pub(super) fn all(model: &Model) -> Column<'_, Message> {
    let words = &model.words;
    let own = match &model.home.rules.mine {
        Asked::Coming => return column![note(words.t("loading"))],
        Asked::Failed(why) => return column![failed(model, why, Page::Rules)],
        Asked::Here(own) => own,
    };
    let none = own.rules.is_empty() && own.demands.is_empty();
    let rules = own.rules.iter().map(|(number, says)| {
        let remove = Message::Rules(Rule::Remove(*number));
        let busy = model.home.rules.taking_back == Some(*number);
        row![
            column![body(words.sentence(says))]
                .push(busy.then(|| note(words.t("standing-asked"))))
                .width(Length::Fill),
            button(words.t("take-back")).on_press_maybe((!busy).then_some(remove))
        ]
        .spacing(gap::M)
        .align_y(Alignment::Center)
        .into()
    });
    column![note(words.t("own-more"))]
        .push(none.then(|| body(words.t("rules-mine-none"))))
        .extend(rules)
        .push(row![
            icon_button(Icon::Ban, words.t("own-open")).on_press(act(Do::Open))
        ])
        .push(strong(words.t("own-demands")))
        .push(demands(model, own))
        .spacing(gap::M)
}

fn demands<'a>(model: &'a Model, own: &'a OwnRules) -> Element<'a, Message> {
    let one = |code: &'static str| {
        let on = own.demands.iter().any(|d| d == code);
        mark(
            on,
            model.words.t(&format!("demand-{code}")),
            act(Do::Demand(code)),
        )
    };
    Row::with_children(DEMANDS.map(one))
        .spacing(gap::S)
        .wrap()
        .into()
}

/// Several of which one is chosen.
fn choice<'a, T: Copy + PartialEq>(
    model: &Model,
    now: T,
    all: impl IntoIterator<Item = (T, &'static str)>,
    says: impl Fn(T) -> Do,
) -> Element<'a, Message> {
    let one = |(value, key): (T, &'static str)| {
        button(model.words.t(key))
            .role(if value == now {
                Role::Chosen
            } else {
                Role::Plain
            })
            .on_press(act(says(value)))
            .into()
    };
    Row::with_children(all.into_iter().map(one))
        .spacing(gap::S)
        .wrap()
        .into()
}

/// A new one.
pub(super) fn view<'a>(model: &'a Model, own: &'a Own) -> Column<'a, Message> {
    let words = &model.words;
    let parts = [
        (Some("sharer"), "own-part-sharer"),
        (Some("viewer"), "own-part-viewer"),
        (None, "own-part-both"),
    ];
    let begins = [
        (None, "own-begins-either"),
        (Some("invite"), "own-begins-invite"),
        (Some("request"), "own-begins-request"),
    ];
    let views = [
        ("nothing", "own-view-nothing"),
        ("window", "own-view-window"),
        ("application", "own-view-application"),
        ("desktop", "own-view-desktop"),
    ];
    let hands = [
        (Hands::Nothing, "own-hands-nothing"),
        (Hands::Seen, "own-hands-seen"),
    ];
    let controlled = (own.view != "nothing").then(|| {
        column![
            strong(words.t("own-hands")),
            choice(model, own.hands, hands, Do::Hands)
        ]
        .spacing(gap::S)
    });
    column![note(words.t("own-new-more")), strong(words.t("own-whom")),]
        .push(whom(model, own))
        .push(strong(words.t("own-part")))
        .push(choice(model, own.part, parts, Do::Part))
        .push(strong(words.t("own-begins")))
        .push(choice(model, own.begins, begins, Do::Begins))
        .push(strong(words.t("own-view")))
        .push(choice(model, own.view, views, Do::View))
        .push(controlled)
        .push(field(
            words.t("own-applications"),
            Some(words.t("own-applications-help")),
            text_input("", &own.applications)
                .id(APPLICATIONS)
                .on_input(|names| act(Do::Applications(names)))
                .on_submit(act(Do::Go)),
        ))
        .push(own.wrong.as_deref().map(warning))
        .push(own.busy.then(|| small(words.t("loading"))))
        .push(
            button(words.t("own-go"))
                .role(Role::Main)
                .id("own-go")
                .on_press_maybe((!own.busy).then_some(act(Do::Go))),
        )
        .spacing(gap::M)
}

/// With everybody, with one person, or with everybody else.
fn whom<'a>(model: &'a Model, own: &'a Own) -> Element<'a, Message> {
    let people = people(model, own.whom.person(), |id| act(Do::Person(id)));
    let mut ways = vec![(Whom::Everybody, "limit-everybody")];
    // Who is named first is said below.
    ways.extend(own.whom.person().into_iter().flat_map(|id| {
        [
            (Whom::One(id), "own-whom-one"),
            (Whom::AllBut(id), "own-whom-but"),
        ]
    }));
    let warned = own.whom.person();
    let warned = warned.map(|id| model.home.warnings(&id)).into_iter();
    column![
        choice(model, own.whom, ways, Do::Whom),
        Row::with_children(people).spacing(gap::S).wrap(),
    ]
    .extend(warned.flatten().map(|w| careful(model.words.warned(w))))
    .spacing(gap::S)
    .into()
}
