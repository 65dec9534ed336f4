//! What comes up above the page.

use iced::widget::{Column, Row, column, container, qr_code, row, scrollable, text, text_input};
use iced::{Alignment, Element, Length, Padding};
use kith_api::{ContactState, Invitation, ModeratedLevel, RevokeReason, Safety, Verification};

use super::first::field;
use super::{keep, members, share_offer};
use crate::state::carried::Message as Carried;
use crate::state::dialog::{Accept, INVITE, Made, Message as Do, NewRoom, Revoke, Step, TITLE};
use crate::state::keep::Message as Keep;
use crate::state::sure::{NO, Sure};
use crate::state::{Dialog, Message, Model, meet};
use crate::theme::{self, MONO, size, space as gap};
use crate::when;
use crate::widgets::press::Press;
use crate::widgets::{
    Icon, Role, avatar, bar, body, button, careful, head, icon, icon_button, mono, name_line, note,
    press, short, strong, tool, warning,
};

/// How much of a message is shown before it is deleted, in characters.
const LONGEST_DELETED: usize = 300;

fn act(step: Do) -> Message {
    Message::Dialog(step)
}

pub(super) fn view<'a>(model: &'a Model, dialog: &'a Dialog) -> Element<'a, Message> {
    let words = &model.words;
    let (name, inner) = match dialog {
        Dialog::Invite(step) => ("invite-title", of(model, step, act(Do::Invite), invite)),
        Dialog::Accept(step) => ("accept-title", accept(model, step)),
        Dialog::Safety(id, step) => {
            let again = act(Do::Safety(*id));
            ("safety-title", of(model, step, again, safety))
        }
        Dialog::Meet(meet) => ("nearby-title", super::meet::view(model, meet)),
        Dialog::Room(room) => ("room-title", new_room(model, room)),
        Dialog::File(sending) => ("file-title", super::send_file::view(model, sending)),
        Dialog::Carried(step) => ("carried-title", super::carried::view(model, step)),
        Dialog::Keep(step) => (keep::title(step.what), keep::view(model, step)),
        Dialog::Card(step) => {
            let again = Message::Keep(Keep::Card);
            ("card-title", of(model, step, again, keep::card))
        }
        Dialog::Known(step) => ("about", super::known::view(model, step)),
        Dialog::Members(step) => (members::title(step.deed), members::view(model, step)),
        Dialog::Share(offer) => (share_offer::title(offer), share_offer::view(model, offer)),
        Dialog::Own(step) => ("own-title", super::own::view(model, step)),
        Dialog::Standing(step) => ("standing-title", super::standing::view(model, step)),
        Dialog::Device(revoke) => ("revoke-title", device(model, revoke)),
        Dialog::Sure(what) => match what {
            Sure::Delete { .. } => ("delete-title", sure(model, what)),
            Sure::Remove(_) => ("remove-title", sure(model, what)),
            Sure::Forget(_) => ("erase-title", sure(model, what)),
        },
        Dialog::Keys => ("keys-title", keys(model)),
    };
    let close = tool(Icon::X, words.t("close"), Some(act(Do::Close)));
    let side = |top, bottom| Padding::from([0.0, gap::XL]).top(top).bottom(bottom);
    let top = container(bar(head(words.t(name)), row![close])).padding(side(gap::XL, gap::M));
    // What doesn't fit is reached by scrolling.
    let inner = inner.width(Length::Fill).padding(side(0.0, gap::XL));
    container(column![top, scrollable(inner).style(theme::scroll)])
        .max_width(520)
        .style(theme::dialog)
        .into()
}

fn of<'a, T>(
    model: &'a Model,
    step: &'a Step<T>,
    again: Message,
    view: fn(&'a Model, &'a T) -> Column<'a, Message>,
) -> Column<'a, Message> {
    match step {
        Step::Coming => column![note(model.words.t("loading"))],
        Step::Here(thing) => view(model, thing),
        Step::Failed(why) => column![
            warning(why.as_str()),
            row![button(model.words.t("try-again")).on_press(again)]
        ]
        .spacing(gap::M),
    }
}

fn invite<'a>(model: &'a Model, made: &'a Made) -> Column<'a, Message> {
    let words = &model.words;
    let code = made.invite.text.as_deref().unwrap_or_default();
    let until = when::full(made.invite.expires_ms, &model.zone);
    let picture = made.picture.as_ref().map(|data| {
        container(qr_code(data).total_size(236).style(theme::code)).center_x(Length::Fill)
    });
    column![note(words.t("invite-more"))]
        .push(picture)
        .push(
            container(
                scrollable(
                    text(code)
                        .size(size::SMALL)
                        .font(MONO)
                        .wrapping(text::Wrapping::Glyph),
                )
                .style(theme::scroll),
            )
            .padding(gap::M)
            .max_height(92)
            .style(theme::raised),
        )
        .push(
            row![
                icon_button(Icon::Copy, words.t("copy-invite"))
                    .role(Role::Main)
                    .id("copy-invite")
                    .on_press(Message::Copy(code.to_owned())),
                save(model, "invite.txt", code.as_bytes()),
            ]
            .spacing(gap::S),
        )
        .push(note(words.with("invite-until", &[("when", until.into())])))
        .push(
            row![
                icon_button(Icon::Link, words.t("have-invite")).on_press(act(Do::Accept)),
                icon_button(Icon::Wifi, words.t("nearby-title"))
                    .on_press(Message::Meet(meet::Message::Look)),
                by_hand(model),
            ]
            .spacing(gap::S)
            .wrap(),
        )
        .push(others(model, made))
        .spacing(gap::M)
}

/// Keeps something as a file, to be carried by hand (XFER-1).
fn save<'a>(model: &Model, name: &str, content: &[u8]) -> Press<'a, Message> {
    let put = Carried::Put(name.to_owned(), content.to_vec());
    icon_button(Icon::Download, model.words.t("carried-save")).on_press(Message::Carried(put))
}

/// To what somebody gave as a file.
fn by_hand<'a>(model: &Model) -> Press<'a, Message> {
    icon_button(Icon::File, model.words.t("carried-title"))
        .on_press(Message::Carried(Carried::Open))
}

/// Invites of mine that are still open: each can be taken back (ID-2).
fn others<'a>(model: &'a Model, made: &'a Made) -> Option<Column<'a, Message>> {
    let words = &model.words;
    let lines = made.others.iter().map(|invite| {
        let until = when::full(invite.expires_ms, &model.zone);
        bar(
            note(words.with("invite-until", &[("when", until.into())])),
            row![
                button(words.t("take-back"))
                    .padding([5, 12])
                    .on_press(act(Do::InviteBack(invite.id.clone())))
            ],
        )
        .into()
    });
    (!made.others.is_empty()).then(|| {
        column![strong(words.t("invites-open"))]
            .extend(lines)
            .spacing(gap::S)
    })
}

fn accept<'a>(model: &'a Model, step: &'a Accept) -> Column<'a, Message> {
    let words = &model.words;
    if let Some(done) = &step.done {
        let waits = done.state != ContactState::Contact;
        let key = match waits {
            false => "accept-done",
            true => "accept-waits",
        };
        let name = [("name", done.person.name.as_str().into())];
        return column![
            row![
                icon(Icon::CircleCheck, 22.0).style(theme::good),
                body(words.with(key, &name)).width(Length::Fill)
            ]
            .spacing(gap::M)
            .align_y(Alignment::Center),
            row![
                button(words.t("close"))
                    .role(Role::Main)
                    .on_press(act(Do::Close)),
            ]
            .push(waits.then(|| save(model, "answer.kith", &done.answer)))
            .spacing(gap::S),
        ]
        .spacing(gap::L);
    }
    column![
        note(words.t("accept-more")),
        text_input("kith:…", &step.text)
            .id(INVITE)
            .on_input(|text| act(Do::Text(text)))
            .on_submit(act(Do::Look))
            .font(MONO)
            .padding(10)
            .size(size::NOTE)
            .style(theme::field),
    ]
    .push(step.says.as_ref().map(|says| who(model, step, says)))
    .push(step.wrong.as_deref().map(warning))
    .push(step.busy.then(|| note(words.t("loading"))))
    .push(step.says.is_none().then(|| {
        let typed = !step.text.trim().is_empty();
        let look = button(words.t("accept-look"))
            .on_press_maybe((typed && !step.busy).then(|| act(Do::Look)));
        row![look, by_hand(model)].spacing(gap::S)
    }))
    .push(step.says.as_ref().map(|_| {
        button(words.t("accept-go"))
            .role(Role::Main)
            .id("accept-go")
            .on_press_maybe((!step.busy).then(|| act(Do::Answer)))
    }))
    .spacing(gap::M)
}

fn who<'a>(model: &'a Model, step: &'a Accept, says: &'a Invitation) -> Element<'a, Message> {
    let words = &model.words;
    let until = when::full(says.expires_ms, &model.zone);
    column![
        row![
            avatar(&says.name, &says.person.to_string(), 40.0),
            column![
                strong(&says.name),
                note(words.with("invite-until", &[("when", until.into())]))
            ]
        ]
        .spacing(gap::M)
        .align_y(Alignment::Center),
    ]
    .extend(says.warnings.iter().map(|w| warning(words.warned(w))))
    .push(field(
        words.t("petname"),
        Some(words.t("petname-help")),
        text_input("", &step.petname)
            .on_input(|text| act(Do::Petname(text)))
            .on_submit(act(Do::Answer)),
    ))
    .spacing(gap::M)
    .into()
}

fn safety<'a>(model: &'a Model, safety: &'a Safety) -> Column<'a, Message> {
    let words = &model.words;
    let name = [("name", safety.person.name.as_str().into())];
    let id = safety.person.id;
    let verified = safety.person.verified == Verification::Verified;
    column![
        note(words.with("safety-more", &name)),
        container(text(&safety.number).size(19).font(MONO).line_height(1.6))
            .padding(gap::L)
            .center_x(Length::Fill)
            .style(theme::raised),
    ]
    .push(verified.then(|| {
        row![
            icon(Icon::BadgeCheck, 18.0).style(theme::good),
            body(words.t("safety-is"))
        ]
        .spacing(gap::S)
    }))
    .push(match verified {
        true => row![
            button(words.t("safety-take-back"))
                .on_press(act(Do::Verify(id, Verification::Unverified)))
        ],
        false => row![
            icon_button(Icon::BadgeCheck, words.t("safety-equal"))
                .role(Role::Main)
                .id("safety-equal")
                .on_press(act(Do::Verify(id, Verification::Verified))),
            button(words.t("safety-differs")).on_press(act(Do::Close)),
            button(words.t("code-begin")).on_press(Message::Meet(meet::Message::Verify(id))),
        ]
        .spacing(gap::S),
    })
    .spacing(gap::M)
}

fn new_room<'a>(model: &'a Model, room: &'a NewRoom) -> Column<'a, Message> {
    let words = &model.words;
    let people = model
        .home
        .contacts
        .iter()
        .filter(|c| c.state == ContactState::Contact)
        .map(|contact| {
            let person = &contact.person;
            let taken = room.members.contains(&person.id);
            let mark = match taken {
                true => icon(Icon::CircleCheck, 18.0).style(theme::accent),
                false => icon(Icon::Circle, 18.0).style(theme::muted),
            };
            press(
                row![
                    avatar(&person.name, &person.id.to_string(), 28.0),
                    column![name_line(&person.name)]
                        .extend(contact.warnings.iter().map(|w| careful(words.warned(w))))
                        .width(Length::Fill),
                    mark
                ]
                .spacing(gap::M)
                .align_y(Alignment::Center),
            )
            .role(Role::Row)
            .width(Length::Fill)
            .padding(6)
            .on_press(act(Do::Member(person.id)))
            .into()
        });
    let people = Column::with_children(people);
    let kinds = [
        None,
        Some(ModeratedLevel::Nothing),
        Some(ModeratedLevel::View),
        Some(ModeratedLevel::Control),
    ]
    .map(|level| {
        let name = level.map_or("moderated-free", super::company::level_key);
        button(words.t(name))
            .role(match room.moderated == level {
                true => Role::Chosen,
                false => Role::Plain,
            })
            .on_press(act(Do::Moderated(level)))
            .into()
    });
    let ready = !room.title.trim().is_empty();
    column![
        field(
            words.t("room-name"),
            None,
            text_input(&words.t("room-name-example"), &room.title)
                .id(TITLE)
                .on_input(|text| act(Do::Title(text)))
                .on_submit(act(Do::Make)),
        ),
        strong(words.t("room-who")),
        container(scrollable(people).style(theme::scroll)).max_height(200),
        strong(words.t("moderated-new")),
        Row::with_children(kinds).spacing(gap::S).wrap(),
        note(words.t("moderated-new-more")),
        button(words.t("room-make"))
            .role(Role::Main)
            .id("room-make")
            .on_press_maybe(ready.then(|| act(Do::Make))),
    ]
    .spacing(gap::M)
}

/// Revoking a device: it can't be undone, so the reason is asked first.
fn device<'a>(model: &'a Model, revoke: &'a Revoke) -> Column<'a, Message> {
    let words = &model.words;
    let reason = |reason, key| {
        let chosen = revoke.reason == Some(reason);
        button(words.t(key))
            .role(if chosen { Role::Chosen } else { Role::Plain })
            .on_press(act(Do::Reason(reason)))
    };
    let ready = revoke.reason.is_some() && !revoke.busy;
    column![
        note(words.t("revoke-more")),
        mono(revoke.device.to_string())
            .size(size::SMALL)
            .wrapping(text::Wrapping::Glyph),
        row![
            reason(RevokeReason::Lost, "revoke-lost"),
            reason(RevokeReason::Stolen, "revoke-stolen"),
            reason(RevokeReason::Retired, "revoke-retired"),
        ]
        .spacing(gap::S)
        .wrap(),
    ]
    .push(revoke.wrong.as_deref().map(warning))
    .push(
        button(words.t("revoke-go"))
            .role(Role::Main)
            .id("revoke-go")
            .on_press_maybe(ready.then(|| act(Do::Revoke))),
    )
    .spacing(gap::M)
}

/// Whether a message is to be deleted.
fn sure<'a>(model: &'a Model, sure: &'a Sure) -> Column<'a, Message> {
    let words = &model.words;
    let name = |id| {
        let contact = model.home.contact(id);
        let name = contact.map_or("", |c| c.person.name.as_str());
        [("name", name.into())]
    };
    let (asked, says, not, go, sign) = match sure {
        Sure::Delete { says, .. } => {
            let says = body(short(says, LONGEST_DELETED)).shaping(text::Shaping::Advanced);
            let says = container(says).padding(gap::M).width(Length::Fill);
            let words = [
                words.t("delete-more"),
                words.t("delete-not"),
                words.t("delete"),
            ];
            let [asked, not, go] = words;
            (
                asked,
                Some(says.style(theme::raised)),
                not,
                go,
                Icon::Trash2,
            )
        }
        Sure::Remove(id) => {
            let asked = words.with("remove-more", &name(id));
            (
                asked,
                None,
                words.t("remove-not"),
                words.t("remove-go"),
                Icon::Ban,
            )
        }
        Sure::Forget(id) => {
            let asked = words.with("erase-more", &name(id));
            (
                asked,
                None,
                words.t("delete-not"),
                words.t("parted-erase-go"),
                Icon::Trash2,
            )
        }
    };
    column![note(asked)]
        .push(says)
        .push(
            row![
                button(not).id(NO).on_press(act(Do::Close)),
                icon_button(sign, go).on_press(Message::Sure(sure.clone())),
            ]
            .spacing(gap::S),
        )
        .spacing(gap::M)
}

/// Keys and what they do.
const KEYS: [(&str, &str); 20] = [
    ("Tab", "key-tab"),
    ("Enter", "key-enter"),
    ("Esc", "key-escape"),
    ("Alt+Up / Down", "key-along"),
    ("Ctrl+Up / Down", "key-pick"),
    ("Ctrl+K", "key-search"),
    ("Ctrl+N", "key-invite"),
    ("Ctrl+J", "key-join"),
    ("Ctrl+M", "key-nearby"),
    ("Ctrl+I", "key-panel"),
    ("Ctrl+O", "key-file"),
    ("Ctrl+Shift+N", "key-room"),
    ("Ctrl+S", "key-show"),
    ("Ctrl+Shift+S", "key-see"),
    ("Ctrl+G", "key-asking"),
    ("Ctrl+1 - 6, 9", "key-pages"),
    ("Ctrl+Shift+X", "key-stop"),
    ("Ctrl+Shift+L", "key-lock"),
    ("Ctrl++ / -", "key-scale"),
    ("Ctrl+D", "key-colours"),
];

fn keys(model: &Model) -> Column<'_, Message> {
    let lines = KEYS.iter().map(|(keys, what)| {
        row![mono(*keys).width(130), body(model.words.t(what))]
            .spacing(gap::M)
            .into()
    });
    Column::with_children(lines).spacing(gap::S)
}
