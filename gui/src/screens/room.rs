//! A conversation: its head, its messages, and what is being written.

use iced::keyboard::{Key, key::Named};
use iced::widget::text_editor::{Binding, KeyPress, Status};
use iced::widget::{column, container, row, rule, space, text, text_editor};
use iced::{Alignment, Element, Length, Padding};
use kith_api::{
    Contact, ContactState, Content, Decision, FeatureState, Room, ShareLevel, Verification,
};

use super::{bubble, list, shares};
use crate::state::home::{Chosen, Message as Act};
use crate::state::sure::Sure;
use crate::state::thread::{Load, Message as Do, Thread, WRITE, Writing, can_write};
use crate::state::{Message, Model, dialog, share};
use crate::theme::{self, size, space as gap};
use crate::widgets::feed::{Feed, Stand, built};
use crate::widgets::{
    Icon, Role, avatar, body, button, careful_sign, empty, icon, icon_button, name_line, note,
    note_line, press, small, tool,
};

pub(super) fn view(model: &Model) -> Element<'_, Message> {
    let inner = match model.home.chosen {
        Some(Chosen::Room(id)) => match model.home.room(&id) {
            Some(room) => conversation(model, room),
            None => nothing(model),
        },
        Some(Chosen::Person(id)) => match model.home.contact(&id) {
            Some(contact) => waiting(model, contact),
            None => nothing(model),
        },
        None => nothing(model),
    };
    container(inner)
        .width(Length::Fill)
        .height(Length::Fill)
        .style(theme::page)
        .into()
}

fn nothing(model: &Model) -> Element<'_, Message> {
    let words = &model.words;
    // Where there is nothing to choose, the list says how to begin.
    if model.home.list().is_empty() {
        return space::vertical().into();
    }
    empty(
        Icon::MessageCircle,
        words.t("nothing-open"),
        words.t("nothing-open-more"),
        None,
    )
}

/// A person with whom there is no room yet.
fn waiting<'a>(model: &'a Model, contact: &'a Contact) -> Element<'a, Message> {
    let words = &model.words;
    let name = [("name", contact.person.name.as_str().into())];
    let (sign, first, more) = match contact.state {
        ContactState::Asks => (Icon::UserPlus, "asks-title", "asks-more"),
        ContactState::Answered => (Icon::Hourglass, "waiting-title", "answered-more"),
        ContactState::TurnedAway => (Icon::CircleX, "refused-title", "refused-declined"),
        ContactState::Removed => (Icon::CircleX, "parted-title", "parted-more"),
        ContactState::InviteUsed => (Icon::CircleX, "refused-title", "refused-used"),
        ContactState::InviteRevoked => (Icon::CircleX, "refused-title", "refused-revoked"),
        ContactState::InviteExpired => (Icon::CircleX, "refused-title", "refused-expired"),
        state if state.is_refused() => (Icon::CircleX, "refused-title", "refused-unknown"),
        _ => (Icon::Hourglass, "waiting-title", "waiting-more"),
    };
    let say = |decision| Message::Home(Act::Decide(contact.person.id, decision));
    let forget = || {
        button(words.t("forget-person"))
            .on_press(Message::Home(Act::Forget(contact.person.id)))
            .into()
    };
    let answer = || {
        row![
            button(words.t("turn-away")).on_press(say(Decision::Decline)),
            button(words.t("let-in"))
                .role(Role::Main)
                .on_press(say(Decision::Accept)),
        ]
        .spacing(gap::S)
        .into()
    };
    let action = match contact.state {
        ContactState::Asks => Some(answer()),
        ContactState::Removed => Some(forget()),
        state => state.is_refused().then(forget),
    };
    let warned = contact
        .warnings
        .iter()
        .map(|w| crate::widgets::warning(words.warned(w)));
    column![
        column(warned).spacing(gap::S).padding(gap::L),
        empty(
            sign,
            words.with(first, &name),
            words.with(more, &name),
            action
        )
    ]
    .into()
}

fn conversation<'a>(model: &'a Model, room: &'a Room) -> Element<'a, Message> {
    let thread = model.home.threads.get(&room.room.id);
    let contact = model.home.person_of(&room.room.id);
    let lower = match (room.me.as_str(), thread) {
        ("invited", _) => invited(model, room),
        (_, Some(thread)) if can_write(room) => writing(model, thread),
        ("parted", _) => parted(model, contact),
        _ => container(note(model.words.t("not-a-member")))
            .padding(gap::L)
            .into(),
    };
    let middle = match thread {
        // Before one is in it, nothing of it is known, and nothing can be said.
        Some(thread) if room.me != "invited" => messages(model, thread),
        _ => space::vertical().into(),
    };
    // The panel says it too, where it is open.
    let with = contact.filter(|_| !model.home.panel);
    let pending = with.and_then(|c| shares::pending(model, model.home.shares.with(c.person.id)));
    column![
        top(model, room, contact),
        rule::horizontal(1).style(theme::line),
    ]
    .push(pending)
    .push(middle)
    .push(lower)
    .into()
}

/// What was said with somebody who was removed is read, and can be erased.
fn parted<'a>(model: &'a Model, contact: Option<&'a Contact>) -> Element<'a, Message> {
    let words = &model.words;
    let removed = contact.filter(|c| c.state == ContactState::Removed);
    let erase = removed.map(|c| {
        let ask = Act::Ask(Sure::Forget(c.person.id));
        button(words.t("parted-erase")).on_press(Message::Home(ask))
    });
    column![note(words.t("parted-more"))]
        .push(erase)
        .spacing(gap::S)
        .padding(gap::L)
        .into()
}

fn top<'a>(model: &'a Model, room: &'a Room, contact: Option<&'a Contact>) -> Element<'a, Message> {
    let words = &model.words;
    let second = match contact {
        Some(_) if room.me == "parted" => words.t("parted"),
        Some(contact) => list::reach(model, contact),
        None => {
            let names: Vec<&str> = room.members.iter().map(|m| m.name.as_str()).collect();
            names.join(", ")
        }
    };
    let mark = contact.map(|c| match c.person.verified {
        Verification::Verified => row![
            icon(Icon::BadgeCheck, 15.0).style(theme::good),
            small(words.t("verified")).style(theme::good)
        ],
        Verification::Unverified => row![
            icon(Icon::ShieldAlert, 15.0).style(theme::warn),
            small(words.t("unverified")).style(theme::warn)
        ],
    });
    let mark = contact.zip(mark).map(|(contact, mark)| {
        press(mark.spacing(gap::XS).align_y(Alignment::Center))
            .role(Role::Quiet)
            .padding(Padding::from([1, 6]).left(0))
            .on_press(Message::Dialog(dialog::Message::Safety(contact.person.id)))
    });
    let id = contact.map_or_else(|| room.room.id.to_string(), |c| c.person.id.to_string());
    // Who is in it stands in the panel, with what can be changed of that.
    let members = contact.is_none().then(|| {
        let open = Message::Home(Act::Panel);
        tool(Icon::Users, words.t("company-with"), Some(open))
    });
    // With somebody who was removed nothing is shared.
    let parted = contact.is_some_and(|c| c.state == ContactState::Removed);
    let share = icon_button(Icon::MonitorUp, words.t("share"))
        .id("share")
        .role(if model.home.panel {
            Role::Chosen
        } else {
            Role::Plain
        })
        .on_press_maybe((!parted || model.home.panel).then_some(Message::Home(Act::Panel)));
    container(
        row![
            avatar(&room.room.title, &id, 38.0),
            column![
                name_line(&room.room.title).size(size::HEAD),
                row![]
                    .push(mark)
                    .push(contact.and_then(|c| careful_sign(words, &c.warnings)))
                    .push(note_line(second))
                    .spacing(gap::XS)
                    .align_y(Alignment::Center)
            ]
            .width(Length::Fill),
        ]
        .push(members)
        .push(contact.map(|c| show(model, c)))
        .push(share)
        .spacing(gap::M)
        .align_y(Alignment::Center),
    )
    .padding([gap::S, gap::L])
    .into()
}

/// Showing something, without the panel in between.
fn show<'a>(model: &'a Model, contact: &'a Contact) -> Element<'a, Message> {
    let id = contact.person.id;
    let mine = |f: &FeatureState| f.means == "native" && f.direction == "i-share";
    let free = |f: &FeatureState| mine(f) && f.state != "disabled" && f.only_in.is_empty();
    let known = model.home.features.get(&id);
    let can = model.home.is_here(contact) && known.is_some_and(|f| f.all.iter().any(free));
    let offer = Message::Share(share::Message::Offer(id, ShareLevel::View));
    tool(
        Icon::AppWindow,
        model.words.t("share-show"),
        can.then_some(offer),
    )
}

fn messages<'a>(model: &'a Model, thread: &'a Thread) -> Element<'a, Message> {
    let words = &model.words;
    match &thread.load {
        Load::Failed(why) => {
            let again = button(words.t("try-again")).on_press(Message::Thread(Do::Again));
            return empty(
                Icon::TriangleAlert,
                words.t("history-failed"),
                why.clone(),
                Some(again.into()),
            );
        }
        Load::Nothing | Load::Coming if thread.messages.is_empty() => {
            return empty(Icon::Loader, words.t("loading"), String::new(), None);
        }
        _ if thread.messages.is_empty() => {
            return empty(
                Icon::MessageCircle,
                words.t("no-messages"),
                words.t("no-messages-more"),
                None,
            );
        }
        _ => {}
    }
    let total = thread.messages.len();
    let range = built(thread.stand, total);
    let items = range
        .clone()
        .map(|at| bubble::view(model, thread, at))
        .collect();
    let feed = Feed::new(items, range.start, total, thread.stand, |stand| {
        Message::Thread(Do::Stand(stand))
    });
    let down = (thread.stand != Stand::End).then(|| {
        container(tool(
            Icon::ArrowDown,
            words.t("to-newest"),
            Some(Message::Thread(Do::Stand(Stand::End))),
        ))
        .style(theme::raised)
    });
    iced::widget::stack![container(feed).padding([gap::S, gap::M])]
        .push(down.map(|d| {
            container(d)
                .align_right(Length::Fill)
                .align_bottom(Length::Fill)
                .padding(gap::L)
        }))
        .height(Length::Fill)
        .into()
}

fn invited<'a>(model: &'a Model, room: &'a Room) -> Element<'a, Message> {
    let words = &model.words;
    let say = |decision| Message::Home(Act::DecideRoom(room.room.id, decision));
    let warned = room
        .warnings
        .iter()
        .map(|w| crate::widgets::warning(words.warned(w)));
    let question = container(
        row![
            body(words.t("invited-question")).width(Length::Fill),
            button(words.t("decline")).on_press(say(Decision::Decline)),
            button(words.t("join"))
                .role(Role::Main)
                .on_press(say(Decision::Accept)),
        ]
        .spacing(gap::S)
        .align_y(Alignment::Center),
    )
    .padding(gap::L)
    .style(theme::raised);
    column(warned).push(question).into()
}

fn writing<'a>(model: &'a Model, thread: &'a Thread) -> Element<'a, Message> {
    let words = &model.words;
    let about = match &thread.writing {
        Writing::New => None,
        Writing::Answer(id) => Some((Icon::Reply, words.t("answering"), id)),
        Writing::Edit(id) => Some((Icon::Pencil, words.t("editing"), id)),
    };
    let about = about.map(|(sign, what, id)| {
        let of = thread.get(id).map(|m| match &m.content {
            Content::Text(text) => first_line(text),
            Content::File { name, .. } => name.clone(),
            _ => String::new(),
        });
        container(
            row![
                icon(sign, 15.0).style(theme::accent),
                text(what).size(size::NOTE).style(theme::accent),
                container(note(of.unwrap_or_default()).wrapping(text::Wrapping::None))
                    .width(Length::Fill)
                    .clip(true),
                tool(Icon::X, words.t("leave"), Some(Message::Thread(Do::Leave))),
            ]
            .spacing(gap::S)
            .align_y(Alignment::Center),
        )
        .padding([0.0, gap::S])
    });
    let field = text_editor(&thread.draft)
        .id(WRITE)
        .placeholder(words.t("write"))
        .on_action(|action| Message::Thread(Do::Write(action)))
        .key_binding(binding)
        .padding([9, 12])
        .size(size::BODY)
        .min_height(40)
        .max_height(180)
        .style(theme::editor);
    let send = press(icon(Icon::Send, 18.0))
        .role(Role::Main)
        .padding(10)
        .id("send")
        .on_press(Message::Thread(Do::Send));
    let row = row![
        tool(
            Icon::Paperclip,
            words.t("file-send"),
            Some(Message::Dialog(dialog::Message::File))
        ),
        field,
        send
    ]
    .spacing(gap::S)
    .align_y(Alignment::End);
    container(column![].push(about).push(row).spacing(gap::XS))
        .padding([gap::M, gap::L])
        .into()
}

/// The first line of a text, cut to what fits above the field.
fn first_line(text: &str) -> String {
    text.lines()
        .next()
        .unwrap_or_default()
        .chars()
        .take(120)
        .collect()
}

/// Enter sends, with Shift it begins a line; keys that go somewhere else are
/// left alone.
fn binding(press: KeyPress) -> Option<Binding<Message>> {
    // Elsewhere Enter is for what has the keyboard: it sends nothing half
    // written, and reaches what stands after the field.
    if !matches!(press.status, Status::Focused { .. }) {
        return None;
    }
    match (&press.key, press.modifiers) {
        (Key::Named(Named::Enter), m) if m.shift() => Some(Binding::Enter),
        (Key::Named(Named::Enter), _) => Some(Binding::Custom(Message::Thread(Do::Send))),
        (Key::Named(Named::Tab | Named::Escape | Named::PageUp | Named::PageDown), _) => None,
        (Key::Named(Named::ArrowUp | Named::ArrowDown), m) if m.control() || m.alt() => None,
        _ => Binding::from_key_press(press),
    }
}
