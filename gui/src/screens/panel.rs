//! The panel beside a conversation: who this is, and what can be shown to and
//! seen of them now (CAP-2).

use iced::widget::{Column, column, container, row, rule, scrollable, space, text, tooltip};
use iced::{Alignment, Element, Length};
use kith_api::id::SessionId;
use kith_api::{
    Contact, ContactState, ControlChange, FeatureReason, FeatureState, Features, ModeratedLevel,
    PathWay, ShareInfo, ShareLevel, SharePart, SharePhase, ShareWindow,
};

use super::shares;
use crate::state::figures::{Figures, Message as Watch};
use crate::state::home::Message as Act;
use crate::state::share::{
    Message as Do, controls, is_controlled, runs, waits_for_me, waits_for_them,
};
use crate::state::{Message, Model, carried, dialog, known, standing};
use crate::theme::{self, space as gap};
use crate::widgets::way::{Course, Outcome, WAY_WIDTH, Way};
use crate::widgets::{
    Icon, Role, body, button, careful, head, icon, icon_button, note, short, small, strong,
};

/// How wide the panel is, in pixels.
pub(super) const WIDTH: f32 = 316.0;

pub(super) fn view(model: &Model, alone: bool) -> Element<'_, Message> {
    let words = &model.words;
    // Beside a conversation its button closes the panel; in its place, this.
    let close = alone.then(|| {
        icon_button(Icon::ArrowLeft, words.t("panel-back")).on_press(Message::Home(Act::Panel))
    });
    let company = model.home.company_open();
    let inner = match (model.home.open_person(), company) {
        (Some(contact), None) => column![head(words.t("share"))].push(person(model, contact)),
        (Some(contact), Some(room)) => {
            super::company::view(model, room).push(person(model, contact))
        }
        (None, Some(room)) => super::company::view(model, room),
        (None, None) => column![note(words.t("share-choose"))],
    };
    row![
        rule::vertical(1).style(theme::line),
        container(
            scrollable(
                column![]
                    .push(close)
                    .push(inner.spacing(gap::L))
                    .push(model.home.open_room().map(|room| {
                        let file = Message::Carried(carried::Message::Room(room));
                        column![
                            icon_button(Icon::Download, words.t("carried-room")).on_press(file),
                            small(words.t("carried-readable")),
                        ]
                        .spacing(gap::XS)
                    }))
                    .spacing(gap::L)
                    .padding(gap::L)
            )
            .style(theme::scroll)
            .height(Length::Fill)
        )
        .width(if alone { Length::Fill } else { WIDTH.into() })
        .style(theme::page)
    ]
    .into()
}

fn person<'a>(model: &'a Model, contact: &'a Contact) -> Column<'a, Message> {
    let words = &model.words;
    let id = contact.person.id;
    let now: Vec<&ShareInfo> = model.home.shares.with(id).collect();
    let mut column = column![].spacing(gap::L);
    for share in &now {
        column = column.push(running(model, share));
    }
    let parted = contact.state == ContactState::Removed;
    if parted {
        column = column.push(note(words.t("parted-more")));
    } else if now.is_empty() {
        column = column.push(ways(model, contact));
    }
    // They may not have heard that they were let in.
    let reply = model.home.replies.get(&id);
    let reply = reply.filter(|_| !model.home.is_here(contact));
    column.push(rule::horizontal(1).style(theme::line)).push(
        column![
            strong(words.t("about")),
            small(words.t("person-id")),
            crate::widgets::mono(id.to_string())
                .size(theme::size::SMALL)
                .wrapping(text::Wrapping::Glyph),
            row![
                button(words.t("compare")).on_press(Message::Dialog(dialog::Message::Safety(id))),
            ]
            .extend(
                (!parted)
                    .then(|| [
                        button(words.t("standing-open-one"))
                            .on_press(Message::Standing(standing::Message::Open(Some(id))))
                            .into(),
                        button(words.t("known-open"))
                            .on_press(Message::Known(known::Message::Open(id)))
                            .into(),
                    ])
                    .into_iter()
                    .flatten()
            )
            .spacing(gap::S)
            .wrap()
            .vertical_spacing(gap::S),
        ]
        .extend(contact.warnings.iter().map(|w| careful(words.warned(w))))
        .push(reply.map(|r| {
            let put = carried::Message::Put(r.name.clone(), r.content.clone());
            icon_button(Icon::Download, words.t("carried-reply")).on_press(Message::Carried(put))
        }))
        .spacing(gap::S),
    )
}

/// What can be done with a share that isn't over.
fn running<'a>(model: &'a Model, share: &'a ShareInfo) -> Element<'a, Message> {
    let words = &model.words;
    let act = |a| Message::Share(a);
    let session = share.session;
    let mut acts = column![].spacing(gap::S);
    let warned = model.home.warnings(&share.person.id).iter();
    let warned = warned.filter(|_| waits_for_me(share));
    acts = acts.extend(warned.map(|w| careful(words.warned(w))));
    if runs(share) {
        let control = |change| act(Do::Control(session, change));
        match (share.part, is_controlled(share)) {
            // Once is enough; what stands above says that it is asked for.
            (SharePart::Viewer, false) if waits_for_them(share) => {}
            (SharePart::Viewer, false) => {
                acts = acts.push(
                    icon_button(Icon::MousePointer, words.t("ask-control"))
                        .width(Length::Fill)
                        .on_press(control(ControlChange::Ask)),
                );
            }
            (SharePart::Viewer, true) => {
                acts = acts.push(
                    icon_button(Icon::MousePointer, words.t("give-control-back"))
                        .width(Length::Fill)
                        .on_press(control(ControlChange::End)),
                );
            }
            (SharePart::Sharer, true) if controls(share) => {
                acts = acts.push(
                    icon_button(Icon::Hand, words.t("take-control"))
                        .width(Length::Fill)
                        .on_press(control(ControlChange::End)),
                );
            }
            (SharePart::Sharer, _) => {}
        }
    }
    let watched = runs(share) && share.part == SharePart::Viewer && share.technology != "vnc";
    if watched {
        acts = acts.push(window(model, session));
    }
    if waits_for_me(share) {
        let (no, yes) = shares::answers(model, share);
        acts = acts
            .push(shares::terms(model, share))
            .push(yes.width(Length::Fill))
            .push(no.width(Length::Fill))
            .push(shares::within(model, share));
    }
    // What somebody asks for is answered; only one's own request is taken back.
    if share.phase != SharePhase::Asked {
        let (key, role) = match (share.part, runs(share)) {
            (SharePart::Sharer, true) => ("stop-sharing", Role::Stop),
            (SharePart::Viewer, true) => ("stop-watching", Role::Plain),
            (_, false) => ("take-back", Role::Plain),
        };
        acts = acts.push(
            icon_button(Icon::X, words.t(key))
                .role(role)
                .width(Length::Fill)
                .on_press(act(Do::Stop(session))),
        );
    }
    container(
        column![body(shares::sentence(model, share))]
            .push(shares::without_key(model, share))
            .push(shares::together(model, share))
            .push(acts)
            .spacing(gap::M),
    )
    .padding(gap::M)
    .width(Length::Fill)
    .style(theme::raised)
    .into()
}

/// What can be done with the window in which I see a share, and how it runs.
fn window(model: &Model, session: SessionId) -> Element<'_, Message> {
    let words = &model.words;
    let order = |sign, key, order| {
        icon_button(sign, words.t(key))
            .width(Length::Fill)
            .on_press(Message::Share(Do::Watch(Watch::Window(session, order))))
    };
    let shown = model.home.figures.as_ref();
    let shown = shown.filter(|f| f.session == session);
    let figures = icon_button(Icon::Info, words.t("figures"))
        .width(Length::Fill)
        .role(if shown.is_some() {
            Role::Chosen
        } else {
            Role::Plain
        })
        .on_press(Message::Share(Do::Watch(Watch::Figures(session))));
    column![
        order(Icon::AppWindow, "window-front", ShareWindow::Front),
        order(Icon::MonitorUp, "window-full", ShareWindow::FullScreen),
        figures,
    ]
    .push(shown.map(|f| measured(model, f)))
    .spacing(gap::S)
    .into()
}

fn measured<'a>(model: &'a Model, figures: &'a Figures) -> Element<'a, Message> {
    let words = &model.words;
    let Some(now) = &figures.now else {
        return note(words.t("loading")).into();
    };
    let trip = now.round_trip_us.map_or_else(
        || "–".to_owned(),
        |us| format!("{}.{} ms", us / 1000, us % 1000 / 100),
    );
    let count = |n: Option<u64>| n.map_or_else(|| "–".to_owned(), |n| n.to_string());
    let kb = |n: u64| format!("{} kB", n / 1000);
    let path = match now.path.as_str() {
        "direct" => words.t("path-direct"),
        "relayed" => words.t("path-relayed"),
        "interrupted" => words.t("path-interrupted"),
        _ => "–".to_owned(),
    };
    let lines = [
        ("figures-path", path),
        ("figures-trip", trip),
        ("figures-frames", count(figures.frames)),
        (
            "figures-rate",
            figures.rate.map_or_else(|| "–".to_owned(), kb),
        ),
        ("figures-bytes", kb(now.bytes)),
    ];
    Column::with_children(lines.into_iter().map(|(key, value)| {
        row![note(words.t(key)).width(Length::Fill), small(value)]
            .spacing(gap::S)
            .into()
    }))
    .spacing(2)
    .into()
}

/// What is possible now, and why the rest isn't.
fn ways<'a>(model: &'a Model, contact: &'a Contact) -> Element<'a, Message> {
    let words = &model.words;
    let id = contact.person.id;
    let known = model.home.features.get(&id);
    let find = |direction: &str| {
        let native = |f: &&FeatureState| f.means == "native" && f.direction == direction;
        known?.all.iter().find(native)
    };
    let (mine, theirs) = (find("i-share"), find("they-share"));
    let less = match model.home.at_most_with(id) {
        Some(ModeratedLevel::Nothing) => Some("share-room-nothing"),
        Some(ModeratedLevel::View) => Some("share-room-view"),
        Some(ModeratedLevel::Control) | None => None,
    };
    let name = contact.person.name.as_str();
    column![]
        .push(less.map(|key| note(words.with(key, &[("name", name.into())]))))
        .extend([
            way(
                (model, contact),
                mine,
                ("share-show", Do::Offer(id, ShareLevel::View)),
                ("share-let-control", Do::Offer(id, ShareLevel::Control)),
            ),
            way(
                (model, contact),
                theirs,
                ("share-see", Do::Join(id, ShareLevel::View)),
                ("share-see-control", Do::Join(id, ShareLevel::Control)),
            ),
        ])
        .push(known.is_none().then(|| note(words.t("share-unknown"))))
        .push(more(model, contact))
        .push(known.map(|f| path(model, f)))
        .spacing(gap::L)
        .into()
}

/// What needs more to be said: the node says what stands against it.
fn more<'a>(model: &'a Model, contact: &'a Contact) -> Option<Element<'a, Message>> {
    let words = &model.words;
    let id = contact.person.id;
    let one = |sign, key, step| {
        icon_button(sign, words.t(key))
            .width(Length::Fill)
            .on_press(Message::Share(step))
    };
    model.home.is_here(contact).then(|| {
        column![
            one(Icon::Laptop, "share-server", Do::OfferServer(id)),
            one(Icon::Layers, "share-see-what", Do::JoinWhat(id)),
        ]
        .spacing(gap::S)
        .into()
    })
}

fn way<'a>(
    (model, contact): (&'a Model, &'a Contact),
    feature: Option<&'a FeatureState>,
    (view_key, view): (&'static str, Do),
    (control_key, control): (&'static str, Do),
) -> Element<'a, Message> {
    let words = &model.words;
    let name = contact.person.name.as_str();
    let room = model.home.company_open().map(|r| r.room.id);
    // Nor what isn't allowed in this one (CAP-2).
    let at_most = model.home.at_most_with(contact.person.id);
    let bound = |f: &&FeatureState| !f.only_in.is_empty();
    // Elsewhere than in a room that it is bound to, it would be refused.
    let elsewhere = feature
        .filter(bound)
        .filter(|f| f.only_in.iter().all(|r| Some(r.id) != room));
    let enabled = feature.is_some_and(|f| f.state != "disabled")
        && elsewhere.is_none()
        && at_most != Some(ModeratedLevel::Nothing);
    let controls = feature.is_some_and(|f| !f.control.is_empty() && f.control != "nothing")
        && at_most != Some(ModeratedLevel::View);
    let see = icon_button(Icon::Eye, words.t(view_key))
        .width(Length::Fill)
        .role(if enabled { Role::Main } else { Role::Plain })
        .on_press_maybe(enabled.then(|| Message::Share(view)));
    let input = icon_button(Icon::MousePointer, words.t(control_key))
        .width(Length::Fill)
        .on_press_maybe((enabled && controls).then(|| Message::Share(control)));
    let why = feature.into_iter().flat_map(|f| why(model, name, f));
    let only_in = elsewhere.map(|f| {
        let rooms: Vec<&str> = f.only_in.iter().map(|r| r.title.as_str()).collect();
        let args = [("name", name.into()), ("rooms", rooms.join(", ").into())];
        note(words.with("share-only-in", &args))
    });
    let trying = feature.is_some_and(|f| f.state == "checking");
    column![see, input]
        .push(only_in)
        .push(trying.then(|| small(words.t("share-checking"))))
        .extend(why)
        .spacing(gap::S)
        .into()
}

/// What stands against a feature, and what would help.
pub(super) fn why<'a>(
    model: &'a Model,
    name: &'a str,
    feature: &'a FeatureState,
) -> impl Iterator<Item = Element<'a, Message>> {
    let against = Some(feature).filter(|f| f.state == "disabled");
    against.into_iter().flat_map(|f| &f.reasons).map(|why| {
        let hint = hint(model, name, why).map(small);
        row![
            icon(Icon::Info, 15.0).style(theme::warn),
            column![note(reason(model, name, why))]
                .push(hint)
                .width(Length::Fill)
        ]
        .spacing(gap::S)
        .align_y(Alignment::Start)
        .into()
    })
}

/// A reason in the reader's language (UI-6), or else in the node's.
fn reason(model: &Model, name: &str, why: &FeatureReason) -> String {
    model
        .words
        .maybe(&format!("reason-{}", why.code), &[("name", name.into())])
        .unwrap_or_else(|| why.text.clone())
}

/// What would help: of this reason, or of all that are found at the same step.
fn hint(model: &Model, name: &str, why: &FeatureReason) -> Option<String> {
    let english = why.hint.clone()?;
    let of = |key: &str| {
        let key = format!("hint-{key}");
        model.words.maybe(&key, &[("name", name.into())])
    };
    Some(of(&why.code).or_else(|| of(&why.step)).unwrap_or(english))
}

/// The ways that lead to the person's devices, as a small picture (PORT-1).
fn path<'a>(model: &'a Model, features: &'a Features) -> Element<'a, Message> {
    let words = &model.words;
    let mut column = column![strong(words.t("path-title"))].spacing(gap::S);
    for device in &features.devices {
        let known = words.maybe(&format!("verdict-{}", device.path.verdict), &[]);
        let said = known.unwrap_or_else(|| device.path.text.clone());
        let said = match device.path.state.as_str() {
            "trying" => words.t("share-checking"),
            _ if said.is_empty() => words.t("path-untried"),
            _ => begun(&said),
        };
        column = column.push(note(said));
        if !device.path.ways.is_empty() {
            let them = short(&features.person.name, 10);
            column = column.push(
                row![
                    small(words.t("path-you")),
                    space::horizontal(),
                    small(them).wrapping(text::Wrapping::None)
                ]
                .width(WAY_WIDTH),
            );
        }
        column = column.extend(device.path.ways.iter().map(|w| one_way(model, w)));
    }
    column.into()
}

/// Words of a node as a sentence begins.
fn begun(words: &str) -> String {
    let mut rest = words.chars();
    let first = rest.next().into_iter().flat_map(char::to_uppercase);
    first.chain(rest.clone()).collect()
}

fn one_way<'a>(model: &'a Model, way: &'a PathWay) -> Element<'a, Message> {
    let words = &model.words;
    let trip = way.round_trip_us.map_or(String::new(), |us| {
        format!("{}.{} ms", us / 1000, us % 1000 / 100)
    });
    let said = |code: &String| {
        let known = words.maybe(&format!("way-{code}"), &[]);
        known.unwrap_or_else(|| code.clone())
    };
    let picture = Way {
        course: match way.course.as_str() {
            "relayed" => Course::Relayed,
            _ => Course::Direct,
        },
        outcome: match (way.outcome.as_str(), way.chosen.as_str()) {
            ("works", "yes") => Outcome::Chosen,
            ("works", _) => Outcome::Works,
            _ => Outcome::Fails,
        },
    };
    let name = format!("{} · {}", way.transport.to_uppercase(), said(&way.from));
    let name = small(name).wrapping(text::Wrapping::None);
    let name = match way.chosen.as_str() {
        "yes" => name.font(theme::STRONG),
        _ => name,
    };
    // A picture would be drawn above the shade of a dialog.
    let picture: Element<'_, Message> = match model.home.dialog {
        Some(_) => space::horizontal().width(WAY_WIDTH).into(),
        None => crate::widgets::way::way(picture),
    };
    let line = row![
        picture,
        container(name).width(Length::Fill).clip(true),
        small(trip)
    ]
    .spacing(gap::S)
    .align_y(Alignment::Center);
    // What the picture says, and the rest.
    let course = said(&way.course);
    let came = words.maybe(&format!("outcome-{}", way.outcome), &[]);
    let came = came.unwrap_or_else(|| way.text.clone());
    let more = match way.address.is_empty() {
        true => format!("{course} – {came}"),
        false => format!("{course} – {} – {came}", way.address),
    };
    crate::widgets::hint(line, more, tooltip::Position::Left)
}
