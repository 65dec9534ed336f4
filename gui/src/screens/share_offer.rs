//! Choosing what to show.

use iced::widget::{Row, column, container, image, pin, row, scrollable, space, stack, text_input};
use iced::{Alignment, ContentFit, Element, Length, Theme};
use kith_api::ShareLevel;

use super::first::field;
use super::{bounds, joining, server};
use crate::state::dialog::Step;
use crate::state::part::PART;
use crate::state::share::{Case, Kind, Message as Do, Offer, Purpose, WHAT, asked_for};
use crate::state::windows::{Looking, Window};
use crate::state::{Message, Model};
use crate::theme::{self, space as gap};
use crate::widgets::area::chooser;
use crate::widgets::{
    Icon, Role, bar, button, careful, icon, icon_button, name_line, note, note_line, press, small,
    strong, tool, warning,
};

/// How a dialog for it is called.
pub(super) const fn title(offer: &Offer) -> &'static str {
    match offer.purpose {
        Purpose::Join(_) => "share-see",
        _ if matches!(offer.kind, Kind::Server) => "server-title",
        _ => "offer-title",
    }
}

pub(super) fn view<'a>(model: &'a Model, offer: &'a Offer) -> iced::widget::Column<'a, Message> {
    let words = &model.words;
    let act = |a| Message::Share(a);
    let kind = |kind, sign, key| {
        let chosen = offer.kind == kind;
        icon_button(sign, words.t(key))
            .role(if chosen { Role::Chosen } else { Role::Plain })
            .on_press(act(Do::Kind(kind)))
    };
    let level = |level, sign, key| {
        let chosen = offer.level == level;
        icon_button(sign, words.t(key))
            .role(if chosen { Role::Chosen } else { Role::Plain })
            .on_press(act(Do::Level(level)))
    };
    let (name, example) = match offer.kind {
        Kind::Application => ("offer-application", "offer-application-example"),
        Kind::Window => ("offer-window", "offer-window-example"),
        Kind::Region => ("offer-region", "offer-region-example"),
        Kind::Desktop | Kind::Server => ("offer-desktop", "offer-desktop"),
    };
    let what: Element<'_, Message> = match offer.kind {
        Kind::Desktop => warning(words.t("offer-desktop-more")),
        _ => field(
            words.t(name),
            None,
            text_input(&words.t(example), &offer.text)
                .id(WHAT)
                .on_input(|text| Message::Share(Do::What(text)))
                .on_submit(Message::Share(Do::Go)),
        ),
    };
    let (more, go, chooses) = match offer.purpose {
        Purpose::Invite(_) => ("offer-more", "offer-invite", true),
        Purpose::Allow(_) => ("offer-more", "offer-allow", true),
        Purpose::Control(_, counts) => ("offer-control-more", counts.label(), false),
        Purpose::Join(_) => ("offer-join-more", "offer-ask", false),
    };
    let joins = matches!(offer.purpose, Purpose::Join(_));
    // Nothing more is given than was asked for.
    let levels = ((chooses || joins) && offer.asked != Some(ShareLevel::View)).then(|| {
        column![
            strong(words.t(if joins { "see-level" } else { "offer-level" })),
            row![
                level(ShareLevel::View, Icon::Eye, "level-view"),
                level(ShareLevel::Control, Icon::MousePointer, "level-control"),
            ]
            .spacing(gap::S),
        ]
        .spacing(gap::M)
    });
    let server = offer.kind == Kind::Server;
    let subject = (chooses && !server).then(|| {
        column![
            strong(words.t("offer-what")),
            row![
                kind(Kind::Application, Icon::Layers, "kind-application"),
                kind(Kind::Window, Icon::AppWindow, "kind-window"),
                kind(Kind::Region, Icon::SquareDashed, "kind-region"),
                kind(Kind::Desktop, Icon::Monitor, "kind-desktop"),
            ]
            .spacing(gap::S)
            .wrap(),
        ]
        .push(
            (offer.kind == Kind::Region)
                .then(|| part(model, offer))
                .flatten(),
        )
        .push(what)
        .push(matches!(offer.kind, Kind::Application | Kind::Window).then(|| choices(model, offer)))
        .spacing(gap::M)
    });
    let limited = offer.level == ShareLevel::Control && !joins && !server;
    let bounds = limited.then(|| bounds::opener(model, &offer.bounds));
    let room = offer.room.and_then(|id| model.home.room(&id));
    let room = room.map(|r| {
        let title = [("room", r.room.title.as_str().into())];
        note(words.with("offer-in-room", &title))
    });
    column![note(
        words.with(more, &[("name", offer.name.as_str().into())])
    )]
    .extend(
        model
            .home
            .warnings(&offer.person)
            .iter()
            .map(|w| careful(words.warned(w))),
    )
    .push(room)
    .push(joins.then(|| joining::view(model, offer)))
    .push(levels)
    .push(subject)
    .push(server.then(|| server::fields(model, offer)))
    .push(case(model, offer))
    .push(offer.wrong.as_deref().map(warning))
    .push(
        row![
            button(words.t(go))
                .role(Role::Main)
                .id("offer-go")
                .on_press_maybe(offer.ready().then_some(Message::Share(Do::Go)))
        ]
        .push(bounds)
        .spacing(gap::M)
        .align_y(Alignment::Center),
    )
    .push(bounds::choice(model, offer).filter(|_| limited))
    .spacing(gap::M)
}

/// What has to be said of it, where somebody demands that (CASE-1).
fn case<'a>(model: &'a Model, offer: &'a Offer) -> Option<Element<'a, Message>> {
    let words = &model.words;
    let direction = match offer.purpose {
        Purpose::Invite(_) => "i-share",
        Purpose::Join(_) => "they-share",
        // Whoever began has said it.
        Purpose::Allow(_) | Purpose::Control(..) => return None,
    };
    let fields: Vec<_> = asked_for(model, offer.person, direction)
        .into_iter()
        .map(|which| {
            let typed = match which {
                Case::Purpose => &offer.case.purpose,
                Case::Reference => &offer.case.reference,
                Case::PatientConsent => &offer.case.patient_consent,
            };
            field(
                words.t(&format!("case-{}", which.code())),
                None,
                text_input("", typed.as_deref().unwrap_or_default())
                    .on_input(move |text| Message::Share(Do::Case(which, text)))
                    .on_submit(Message::Share(Do::Go)),
            )
        })
        .collect();
    (!fields.is_empty()).then(|| {
        column![note(words.t("case-more"))]
            .extend(fields)
            .spacing(gap::S)
            .into()
    })
}

/// How wide the picture of the screen is, and how high at most, in pixels.
const SCREEN: (f32, f32) = (440.0, 230.0);

/// The screens and what lies on them, to choose a part of it. `None` where they
/// aren't known: then the part is typed.
fn part<'a>(model: &'a Model, offer: &'a Offer) -> Option<Element<'a, Message>> {
    let whole = offer.reach();
    if whole.0 == 0 || whole.1 == 0 {
        return None;
    }
    let (right, bottom) = (f32::from(whole.0), f32::from(whole.1));
    let scale = (SCREEN.0 / right).min(SCREEN.1 / bottom);
    let size = |w: u16, h: u16| (f32::from(w) * scale, f32::from(h) * scale);
    let ground = |(width, height), style: fn(&Theme) -> container::Style| {
        container(space()).width(width).height(height).style(style)
    };
    let screens = offer.screens.iter().map(|(x, y, w, h)| {
        let (x, y) = size(*x, *y);
        pin(ground(size(*w, *h), theme::raised)).x(x).y(y).into()
    });
    let windows = offer.stacked().into_iter().map(|w| {
        let (width, height) = size(w.is.width, w.is.height);
        let face: Element<'_, Message> = match &w.picture {
            Some(picture) => image(picture.clone())
                .width(width)
                .height(height)
                .content_fit(ContentFit::Fill)
                .into(),
            None => ground((width, height), theme::card).into(),
        };
        #[allow(clippy::cast_precision_loss, reason = "a place on a screen")]
        let at = |n: i32| n as f32 * scale;
        pin(face).x(at(w.is.x)).y(at(w.is.y)).into()
    });
    let (width, height) = size(whole.0, whole.1);
    let picture = stack(screens.chain(windows)).width(width).height(height);
    let picture = container(picture).width(width).height(height).clip(true);
    let act = |area| Message::Share(Do::Part(area));
    Some(
        column![
            small(model.words.t("offer-part")),
            container(chooser(PART, picture, whole, offer.part(), act)).center_x(Length::Fill)
        ]
        .spacing(gap::XS)
        .into(),
    )
}

/// How high the list is at most, and a picture in it, in pixels.
const LIST: f32 = 262.0;
const PICTURE: f32 = 92.0;
/// How wide one of the list is: three stand beside each other.
const WIDE: f32 = 146.0;

/// What there is, with pictures.
fn choices<'a>(model: &'a Model, offer: &'a Offer) -> Element<'a, Message> {
    let words = &model.words;
    let act = |a| Message::Share(a);
    let again = match offer.looking {
        Looking::Free => Some(tool(
            Icon::RefreshCw,
            words.t("offer-again"),
            Some(act(Do::Look)),
        )),
        Looking::Pressed | Looking::AtScreen => None,
    };
    // Where each look is pressed at the screen, nothing is asked by itself.
    let asks: Option<Element<'_, Message>> = match offer.looking {
        Looking::Free => None,
        Looking::Pressed => Some(
            column![
                note(words.t("offer-list-asks")),
                button(words.t("offer-list-ask")).on_press(act(Do::Look)),
            ]
            .spacing(gap::S)
            .into(),
        ),
        Looking::AtScreen => Some(note(words.t("offer-list-waits")).into()),
    };
    let list: Element<'_, Message> = match &offer.windows {
        Step::Coming if offer.looking == Looking::Free => note(words.t("loading")).into(),
        Step::Coming => column![].into(),
        Step::Failed(why) => warning(why.as_str()),
        Step::Here(_) => {
            let all = offer.choices();
            match all.is_empty() {
                true if offer.text.trim().is_empty() => note(words.t("offer-no-windows")).into(),
                true => note(words.t("offer-nothing")).into(),
                false => scrollable(
                    Row::with_children(all.into_iter().map(|w| one(offer, w)))
                        .spacing(gap::S)
                        .wrap(),
                )
                .width(Length::Fill)
                .style(theme::scroll)
                .into(),
            }
        }
    };
    column![
        bar(small(words.t("offer-list")), row![].push(again)),
        container(list).max_height(LIST)
    ]
    .push(asks)
    .spacing(gap::XS)
    .into()
}

fn one<'a>(offer: &'a Offer, window: &'a Window) -> Element<'a, Message> {
    let picture: Element<'_, Message> = match &window.picture {
        Some(handle) => image(handle.clone())
            .width(Length::Fill)
            .height(PICTURE)
            .into(),
        None => container(icon(Icon::AppWindow, 30.0).style(theme::muted))
            .center_x(Length::Fill)
            .center_y(PICTURE)
            .into(),
    };
    let (first, second) = match offer.kind {
        Kind::Application => (&window.is.application, &window.is.title),
        _ => (&window.is.title, &window.is.application),
    };
    press(
        column![picture, name_line(first), note_line(second)]
            .spacing(2)
            .width(Length::Fill),
    )
    .width(WIDE)
    .padding(gap::S)
    .role(match offer.picked == Some(window.is.to_ref()) {
        true => Role::Chosen,
        false => Role::Plain,
    })
    .on_press(Message::Share(Do::Pick(window.is.to_ref())))
    .into()
}
