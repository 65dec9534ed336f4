//! Who is in a room of several, and changing that.

use iced::widget::{Column, Row, column, container, row, scrollable};
use iced::{Alignment, Element, Length};
use kith_api::{PersonRef, Room, Verification};

use crate::state::company::Message as Company;
use crate::state::members::{Deed, Members, Message as Do};
use crate::state::{Message, Model};
use crate::theme::{self, space as gap};
use crate::widgets::{
    Icon, Role, avatar, body, button, careful_sign, icon, icon_button, note, press, small, strong,
    warning,
};

fn act(step: Do) -> Message {
    Message::Members(step)
}

/// The members with their standing, who is invited, and what I may change.
pub(super) fn list<'a>(model: &'a Model, room: &'a Room) -> Column<'a, Message> {
    let words = &model.words;
    let me = model.home.me.as_ref().map(|me| me.person);
    let is_me = |p: &&PersonRef| Some(p.id) == me;
    let others = room.members.iter().filter(|p| !is_me(p));
    let alone = others.clone().next().is_none();
    let mine = room.members.iter().find(is_me);
    let mine = mine.map(|p| line(model, room, p, words.t("path-you"), None));
    let people = others.map(|p| {
        let chosen = model.home.company_with() == Some(p.id);
        press(line(model, room, p, p.name.clone(), Some(p.verified)))
            .role(if chosen { Role::Chosen } else { Role::Row })
            .width(Length::Fill)
            .padding(6)
            .on_press(Message::Company(Company::With(room.room.id, p.id)))
            .into()
    });
    let invited = room.invited.iter().map(|p| {
        let says = small(words.t("members-invited"));
        container(who(model, p, p.name.clone(), Some(p.verified), says.into()))
            .padding(6)
            .into()
    });
    column![strong(words.t("company-with"))]
        .push(alone.then(|| note(words.t("company-none"))))
        .push(Column::with_children(people).extend(invited).spacing(2))
        .push(mine.map(|m| container(m).padding(6)))
        .push(changes(model, room))
        .spacing(gap::S)
}

/// What I may change of it.
fn changes<'a>(model: &'a Model, room: &'a Room) -> Element<'a, Message> {
    let words = &model.words;
    let id = room.room.id;
    let runs = model.home.runs(room);
    let open = |deed| act(Do::Open(id, deed));
    let chosen = model.home.company_with();
    let chosen = room.members.iter().find(|m| Some(m.id) == chosen);
    let invite = || {
        icon_button(Icon::UserPlus, words.t("members-invite")).on_press(open(Deed::Invite(None)))
    };
    let remove = |p: &PersonRef| {
        let name = [("name", p.name.as_str().into())];
        button(words.with("members-remove", &name)).on_press(open(Deed::Remove(p.id)))
    };
    row![]
        .push(runs.then(invite))
        .push(chosen.filter(|_| runs).map(remove))
        .push(
            (room.me == "member")
                .then(|| button(words.t("members-leave")).on_press(open(Deed::Leave))),
        )
        .spacing(gap::S)
        .wrap()
        .vertical_spacing(gap::S)
        .into()
}

/// A member: who, whether verified, and whether they run the room.
fn line<'a>(
    model: &Model,
    room: &Room,
    person: &'a PersonRef,
    name: String,
    verified: Option<Verification>,
) -> Row<'a, Message> {
    let runs = room.admins.iter().any(|a| a.id == person.id);
    let runs = runs.then(|| small(model.words.t("members-runs")));
    who(model, person, name, verified, row![].push(runs).into())
}

fn who<'a>(
    model: &Model,
    person: &'a PersonRef,
    name: String,
    verified: Option<Verification>,
    says: Element<'a, Message>,
) -> Row<'a, Message> {
    let mark = verified.map(|v| match v {
        Verification::Verified => icon(Icon::BadgeCheck, 15.0).style(theme::good),
        Verification::Unverified => icon(Icon::ShieldAlert, 15.0).style(theme::warn),
    });
    row![
        avatar(&person.name, &person.id.to_string(), 28.0),
        body(name).width(Length::Fill),
        says,
    ]
    .push(careful_sign(&model.words, model.home.warnings(&person.id)))
    .push(mark)
    .spacing(gap::S)
    .align_y(Alignment::Center)
}

/// How the dialog for a change is called.
pub(super) const fn title(deed: Deed) -> &'static str {
    match deed {
        Deed::Invite(_) => "members-invite-title",
        Deed::Remove(_) => "members-remove-title",
        Deed::Leave => "members-leave-title",
    }
}

pub(super) fn view<'a>(model: &'a Model, members: &'a Members) -> Column<'a, Message> {
    let words = &model.words;
    let Some(room) = model.home.room(&members.room) else {
        return column![];
    };
    let title = || ("room", room.room.title.as_str().into());
    let (inner, go): (Element<'_, Message>, _) = match members.deed {
        Deed::Invite(chosen) => {
            let people = model.home.invitable(room).map(|c| {
                let is = chosen == Some(c.person.id);
                let mark = match is {
                    true => icon(Icon::CircleCheck, 18.0).style(theme::accent),
                    false => icon(Icon::Circle, 18.0).style(theme::muted),
                };
                let name = c.person.name.clone();
                press(who(
                    model,
                    &c.person,
                    name,
                    Some(c.person.verified),
                    mark.into(),
                ))
                .role(if is { Role::Chosen } else { Role::Row })
                .width(Length::Fill)
                .padding(6)
                .on_press(act(Do::Choose(c.person.id)))
                .into()
            });
            let none = model.home.invitable(room).next().is_none();
            let people = Column::with_children(people).spacing(2);
            let inner = column![note(words.with("members-invite-more", &[title()]))]
                .push(none.then(|| note(words.t("members-nobody"))))
                .push(container(scrollable(people).style(theme::scroll)).max_height(260))
                .spacing(gap::M);
            (inner.into(), "members-invite-go")
        }
        Deed::Remove(id) => {
            let person = room.members.iter().find(|p| p.id == id);
            let name = person.map_or("", |p| p.name.as_str());
            let args = [("name", name.into()), title()];
            (
                body(words.with("members-remove-more", &args)).into(),
                "members-remove-go",
            )
        }
        Deed::Leave => (
            body(words.with("members-leave-more", &[title()])).into(),
            "members-leave-go",
        ),
    };
    let ready = !members.busy && members.deed != Deed::Invite(None);
    column![inner]
        .push(members.wrong.as_deref().map(warning))
        .push(
            button(words.t(go))
                .role(Role::Main)
                .id("members-go")
                .on_press_maybe(ready.then(|| act(Do::Go))),
        )
        .spacing(gap::L)
}
