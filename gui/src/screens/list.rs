//! The list of people and rooms, with what was found.

use iced::widget::{Column, column, container, row, scrollable, space, text_input, tooltip};
use iced::{Alignment, Element, Length, Padding};
use kith_api::{
    Contact, ContactState, Content, Decision, PresenceState, Reach, Room, Verification,
};

use super::badge;
use crate::state::home::{Message as Act, SEARCH};
use crate::state::list::Entry;
use crate::state::{Message, Model, Node, dialog, meet};
use crate::theme::{self, size, space as gap};
use crate::when;
use crate::widgets::{
    Icon, Role, avatar, button, careful, careful_sign, dot, empty, hint, icon, icon_button,
    name_line, note, note_line, press, slim, small, strong, tool,
};

/// How wide the list is, in pixels.
pub(super) const WIDTH: f32 = 292.0;

/// How wide the list is where there is room for nothing but faces, in pixels.
pub(super) const STRIP: f32 = 64.0;

/// The faces alone, for a window in which a conversation needs the room.
pub(super) fn strip(model: &Model) -> Element<'_, Message> {
    let faces = model.home.list().into_iter().map(|entry| {
        let chosen = entry.chosen();
        let is_chosen = model.home.chosen == Some(chosen);
        let (name, id, unread) = match entry {
            Entry::Room(room, contact) => {
                let person = contact.map(|c| c.person.id.to_string());
                let id = person.unwrap_or_else(|| room.room.id.to_string());
                (&room.room.title, id, room.unread)
            }
            Entry::Person(contact) => {
                let person = &contact.person;
                (&person.name, person.id.to_string(), 0)
            }
        };
        let face = column![avatar(name, &id, 36.0)]
            .push((unread > 0).then(|| badge(unread as usize)))
            .spacing(2)
            .align_x(Alignment::Center);
        let face = press(face)
            .role(if is_chosen { Role::Chosen } else { Role::Row })
            .padding(6)
            .on_press(Message::Home(Act::Choose(chosen)));
        hint(face, name.clone(), tooltip::Position::Right)
    });
    container(slim(Column::with_children(faces).spacing(2)))
        .width(STRIP)
        .height(Length::Fill)
        .padding([gap::M, gap::S])
        .into()
}

pub(super) fn view(model: &Model) -> Element<'_, Message> {
    let words = &model.words;
    let open = |d| Some(Message::Dialog(d));
    let head = row![
        me(model),
        space::horizontal(),
        tool(
            Icon::Users,
            words.t("new-room"),
            open(dialog::Message::Room)
        ),
        tool(
            Icon::UserPlus,
            words.t("invite"),
            open(dialog::Message::Invite)
        ),
    ]
    .align_y(Alignment::Center);
    let search = text_input(&words.t("search"), &model.home.search)
        .id(SEARCH)
        .on_input(|text| Message::Home(Act::Search(text)))
        .padding([8, 12])
        .size(size::BODY)
        .style(theme::field);
    let list = model.home.list();
    let nobody = list.is_empty() && model.home.search.is_empty();
    let rows = list.into_iter().map(|entry| line(model, entry));
    // Beside what the bar for scrolling covers.
    let aside = Padding::ZERO.right(gap::S);
    let lines = Column::with_children(rows)
        .push(found(model))
        .spacing(2)
        .padding(aside);
    let body: Element<'_, Message> = match (model.home.loaded, nobody) {
        (false, _) => empty(Icon::Loader, words.t("loading"), String::new(), None),
        (true, true) => nobody_yet(model),
        (true, false) => scrollable(lines)
            .height(Length::Fill)
            .style(theme::scroll)
            .into(),
    };
    container(column![head, search, body].spacing(gap::S))
        .width(WIDTH)
        .height(Length::Fill)
        .padding([gap::M, gap::S])
        .into()
}

/// Me, and how others see me; pressing goes to the settings.
fn me(model: &Model) -> Element<'_, Message> {
    let words = &model.words;
    let Some(me) = &model.home.me else {
        return space::horizontal().into();
    };
    // What others are told is told by the node.
    let status = model
        .home
        .status
        .as_ref()
        .filter(|_| model.home.node == Node::Here);
    let presence = status.map(|s| s.presence);
    let none = match model.home.node {
        Node::Silent => "presence-unknown",
        Node::Away | Node::Here => "presence-none",
    };
    row![
        avatar(&me.name, &me.person.to_string(), 34.0),
        column![
            name_line(&me.name),
            small(presence.map_or_else(|| words.t(none), |p| words.t(presence_key(p)))),
        ]
    ]
    .spacing(gap::S)
    .align_y(Alignment::Center)
    .into()
}

/// The sentence of a presence.
pub(super) const fn presence_key(presence: PresenceState) -> &'static str {
    match presence {
        PresenceState::Available => "presence-available",
        PresenceState::Away => "presence-away",
        PresenceState::Busy => "presence-busy",
        PresenceState::Hidden => "presence-hidden",
        PresenceState::Sharing => "presence-sharing",
    }
}

fn nobody_yet(model: &Model) -> Element<'_, Message> {
    let words = &model.words;
    let go = |d| Message::Dialog(d);
    let ways = column![
        icon_button(Icon::UserPlus, words.t("invite-somebody"))
            .role(Role::Main)
            .width(Length::Fill)
            .on_press(go(dialog::Message::Invite)),
        icon_button(Icon::Link, words.t("have-invite"))
            .width(Length::Fill)
            .on_press(go(dialog::Message::Accept)),
        icon_button(Icon::Wifi, words.t("nearby-title"))
            .width(Length::Fill)
            .on_press(Message::Meet(meet::Message::Look)),
    ]
    .spacing(gap::S)
    .width(220);
    empty(
        Icon::Users,
        words.t("nobody"),
        words.t("nobody-more"),
        Some(ways.into()),
    )
}

/// How a person can be reached, in a few words.
pub(super) fn reach(model: &Model, contact: &Contact) -> String {
    let words = &model.words;
    if model.home.node != Node::Here {
        return words.t("presence-unknown");
    }
    match &contact.reach {
        Reach::Online { presence, via, .. } if via == "directly" => {
            words.t(presence_key(*presence))
        }
        Reach::Online {
            presence,
            via,
            relay,
        } => {
            let known = match relay.as_deref() {
                None => None,
                Some("") => words.maybe("via-relay", &[]),
                Some(name) => words.maybe("via-device", &[("name", name.into())]),
            };
            let via = known.unwrap_or_else(|| via.clone());
            let how = words.t(presence_key(*presence));
            words.with("presence-via", &[("how", how.into()), ("via", via.into())])
        }
        Reach::Offline { why, code } => words
            .maybe(&format!("away-{code}"), &[])
            .or_else(|| Some(why.clone()).filter(|w| !w.is_empty()))
            .unwrap_or_else(|| words.t("offline")),
    }
}

fn line<'a>(model: &'a Model, entry: Entry<'a>) -> Element<'a, Message> {
    let chosen = entry.chosen();
    let is_chosen = model.home.chosen == Some(chosen);
    let inner = match entry {
        Entry::Room(room, contact) => room_line(model, room, contact),
        Entry::Person(contact) => person_line(model, contact),
    };
    press(inner)
        .role(if is_chosen { Role::Chosen } else { Role::Row })
        .width(Length::Fill)
        .padding([gap::S, gap::S])
        .on_press(Message::Home(Act::Choose(chosen)))
        .into()
}

fn name_row<'a>(model: &Model, name: &'a str, contact: Option<&Contact>) -> Element<'a, Message> {
    let verified = contact.is_some_and(|c| c.person.verified == Verification::Verified);
    let signs: Vec<Element<'_, Message>> = verified
        .then(|| icon(Icon::BadgeCheck, 14.0).style(theme::good).into())
        .into_iter()
        .chain(contact.and_then(|c| careful_sign(&model.words, &c.warnings)))
        .chain(contact.filter(|c| model.home.is_here(c)).map(|_| dot(true)))
        .collect();
    // However long a name is, what marks it is seen.
    #[allow(clippy::cast_precision_loss, reason = "three at most")]
    let kept = signs.len() as f32 * (14.0 + gap::XS + 2.0);
    row![name_line(name).before(kept)]
        .extend(signs)
        .spacing(gap::XS + 2.0)
        .align_y(Alignment::Center)
        .width(Length::Fill)
        .into()
}

fn room_line<'a>(
    model: &'a Model,
    room: &'a Room,
    contact: Option<&'a Contact>,
) -> Element<'a, Message> {
    let words = &model.words;
    let second = match (room.me.as_str(), contact) {
        ("invited", _) => words.t("invited-here"),
        ("parted", _) => words.t("parted"),
        (_, Some(contact)) => reach(model, contact),
        (_, None) => words.with("members", &[("n", room.members.len().into())]),
    };
    let when = match room.latest_ms {
        0 => String::new(),
        ms => when::short(ms, model.now_ms, &model.zone, words),
    };
    let id = contact.map_or_else(|| room.room.id.to_string(), |c| c.person.id.to_string());
    let count = (room.unread > 0).then(|| badge(room.unread as usize));
    row![
        avatar(&room.room.title, &id, 40.0),
        column![
            row![name_row(model, &room.room.title, contact), small(when)].spacing(gap::S),
            row![container(note_line(second)).width(Length::Fill)]
                .push(count)
                .spacing(gap::S),
        ]
        .spacing(2)
    ]
    .spacing(gap::M)
    .align_y(Alignment::Center)
    .into()
}

fn person_line<'a>(model: &'a Model, contact: &'a Contact) -> Element<'a, Message> {
    let words = &model.words;
    let second = match contact.state {
        ContactState::Asks => words.t("asks-you"),
        ContactState::Waiting | ContactState::Answered => words.t("waiting-for"),
        ContactState::TurnedAway => words.t("they-declined"),
        state if state.is_refused() => words.t("invite-refused"),
        ContactState::Removed => words.t("parted"),
        _ => reach(model, contact),
    };
    let person = &contact.person;
    let mut column = column![
        name_row(model, &person.name, Some(contact)),
        container(note_line(second)).width(Length::Fill),
    ]
    .spacing(2);
    if contact.state == ContactState::Asks {
        column = column.extend(contact.warnings.iter().map(|w| careful(words.warned(w))));
        let say = |decision| Message::Home(Act::Decide(person.id, decision));
        column = column.push(
            row![
                button(words.t("let-in"))
                    .role(Role::Main)
                    .padding([5, 12])
                    .on_press(say(Decision::Accept)),
                button(words.t("turn-away"))
                    .padding([5, 12])
                    .on_press(say(Decision::Decline)),
            ]
            .spacing(gap::S),
        );
    }
    row![avatar(&person.name, &person.id.to_string(), 40.0), column]
        .spacing(gap::M)
        .into()
}

/// Messages that hold what is searched.
fn found(model: &Model) -> Option<Element<'_, Message>> {
    let words = &model.words;
    if model.home.search.trim().chars().count() < 2 {
        return None;
    }
    let Some(found) = &model.home.found else {
        return Some(note(words.t("searching")).into());
    };
    let head = match found.is_empty() {
        true => note(words.t("found-nothing")),
        false => note(words.with("found", &[("n", found.len().into())])),
    };
    let hits = found.iter().rev().map(|message| {
        let says = match &message.content {
            Content::Text(text) => text.replace('\n', " "),
            Content::File { name, .. } => name.clone(),
            _ => String::new(),
        };
        press(
            column![
                row![
                    strong(&message.room.title).width(Length::Fill),
                    small(when::short(message.at_ms, model.now_ms, &model.zone, words))
                ]
                .spacing(gap::S),
                container(note(format!("{}: {says}", message.author.name)))
                    .max_height(40)
                    .clip(true),
            ]
            .spacing(2),
        )
        .role(Role::Row)
        .width(Length::Fill)
        .padding(gap::S)
        .on_press(Message::Home(Act::Found(
            message.room.id,
            message.id.clone(),
        )))
        .into()
    });
    let inner = column![
        container(head).padding([gap::S, gap::S]),
        Column::with_children(hits)
    ];
    Some(inner.into())
}
