//! How the program looks, how others see me, and leaving.

use iced::widget::{Column, Row, column, row};
use iced::{Alignment, Element, Length};
use kith_api::{Audience, Encryption, PresenceState, Sheet};

use super::bounds::mark;
use super::list::presence_key;
use crate::i18n::LANGUAGES;
use crate::state::home::Message as Act;
use crate::state::notice::Notices;
use crate::state::pages::Asked;
use crate::state::prefs::Change;
use crate::state::presence::{self, Message as Who};
use crate::state::{Message, Model, dialog, keep};
use crate::theme::{self, Scheme, space as gap};
use crate::when;
use crate::widgets::{
    Icon, Role, body, button, icon, icon_button, mono, note, pair, section, title, warning,
};

pub(super) fn view(model: &Model) -> Element<'_, Message> {
    let words = &model.words;
    let choice = |name: String, chosen: bool, message: Message| {
        button(name)
            .role(if chosen { Role::Chosen } else { Role::Plain })
            .on_press(message)
            .into()
    };
    let prefs = &model.prefs;
    let scheme = |s, key| {
        let change = Message::Prefs(Change::Scheme(s));
        choice(words.t(key), prefs.scheme == s, change)
    };
    let notices = |n, key| {
        let change = Message::Prefs(Change::Notices(n));
        choice(words.t(key), prefs.notices == n, change)
    };
    let languages = model.languages.iter().map(|(code, name, _)| {
        let change = Message::Prefs(Change::Language(code));
        choice((*name).to_owned(), words.code() == *code, change)
    });
    let looks = column![
        pair(
            words.t("set-scheme"),
            row![
                scheme(Scheme::Light, "set-light"),
                scheme(Scheme::Dark, "set-dark")
            ]
            .spacing(gap::S)
        ),
        pair(
            words.t("set-size"),
            row![
                button("−".into()).on_press(Message::Prefs(Change::Scale(-10))),
                body(format!("{} %", prefs.scale.get())),
                button("+".into()).on_press(Message::Prefs(Change::Scale(10))),
            ]
            .spacing(gap::M)
            .align_y(Alignment::Center)
        ),
        pair(
            words.t("set-notices"),
            row![
                notices(Notices::Shown, "set-notices-shown"),
                notices(Notices::Off, "set-notices-off")
            ]
            .spacing(gap::S)
        ),
        note(words.t("set-notices-more")),
        pair(
            words.t("set-language"),
            Row::with_children(languages).spacing(gap::S)
        ),
    ]
    .push((model.languages.len() < LANGUAGES.len()).then(|| note(words.t("set-no-letters"))))
    .spacing(gap::M);
    let now = model.home.status.as_ref().map(|s| s.presence);
    let presences = [
        PresenceState::Available,
        PresenceState::Away,
        PresenceState::Busy,
        PresenceState::Hidden,
    ]
    .into_iter()
    .map(|p| {
        let message = Message::Home(Act::Presence(p));
        choice(words.t(presence_key(p)), now == Some(p), message)
    });
    let me = model.home.me.as_ref();
    let about = column![
        pair(
            words.t("set-presence"),
            Row::with_children(presences).spacing(gap::S).wrap()
        ),
        pair(
            words.t("person-id"),
            mono(me.map_or(String::new(), |m| m.person.to_string()))
                .size(theme::size::SMALL)
                .wrapping(iced::widget::text::Wrapping::Glyph)
        ),
        note(words.t("set-presence-more")),
        row![
            icon_button(Icon::BadgeCheck, words.t("card-open"))
                .on_press(Message::Keep(keep::Message::Card))
        ],
    ]
    .spacing(gap::M);
    let open = model.home.status.as_ref();
    let kept = match open.map(|s| s.encryption) {
        Some(Encryption::None) => "set-kept-open",
        Some(Encryption::Keyring) => "set-kept-keyring",
        Some(Encryption::Passphrase) | None => "set-kept",
    };
    let leave = row![
        icon_button(Icon::Lock, words.t("set-lock")).on_press(Message::Home(Act::Lock)),
        icon_button(Icon::Keyboard, words.t("keys-title"))
            .on_press(Message::Dialog(dialog::Message::Keys)),
    ]
    .spacing(gap::S);
    let page = column![
        title(words.t("nav-settings")),
        section(words.t("set-me"), about),
        section(words.t("set-devices"), devices(model)),
        section(words.t("set-looks"), looks),
        section(words.t("set-audience"), audience(model)),
        section(words.t("set-node"), super::config::view(model)),
        section(
            words.t("set-safety"),
            column![note(words.t(kept)), note(words.t("set-lock-more")), leave].spacing(gap::M)
        ),
    ];
    super::pages::page(page)
}

/// Who may see when I am here (DISC-4).
fn audience(model: &Model) -> Column<'_, Message> {
    let words = &model.words;
    let now = match &model.home.audience {
        Asked::Coming => return column![note(words.t("loading"))],
        Asked::Failed(why) => return column![warning(why.as_str())],
        Asked::Here(now) => now,
    };
    let act = Message::Presence;
    let one = |key, chosen, step| {
        button(words.t(key))
            .role(if chosen { Role::Chosen } else { Role::Plain })
            .on_press(act(step))
    };
    let everybody = matches!(now, Audience::Contacts | Audience::Except(_));
    let some = matches!(now, Audience::Only(_));
    let ways = row![
        one("audience-everybody", everybody, Who::Everybody),
        one("audience-only", some, Who::Only),
        one("audience-nobody", *now == Audience::Nobody, Who::Nobody),
    ];
    let people = presence::all(&model.home, now).into_iter();
    let people = people.map(|(id, name)| {
        let sees = presence::sees(now, &id);
        let step = if sees { Who::Hide(id) } else { Who::Show(id) };
        mark(sees, name, act(step))
    });
    let listed = matches!(now, Audience::Only(_) | Audience::Except(_));
    let people = listed.then(|| Row::with_children(people).spacing(gap::S).wrap());
    column![ways.spacing(gap::S).wrap()]
        .push(people)
        .spacing(gap::S)
}

/// My devices, this one marked; any other can be revoked (ID-1).
fn devices(model: &Model) -> Column<'_, Message> {
    let words = &model.words;
    let Some(me) = model.home.me.as_ref() else {
        return column![note(words.t("loading"))];
    };
    let lines = me.devices.iter().map(|device| {
        let this = device.id == me.device;
        let valid = device.state == "valid";
        let name = match this {
            true => "set-this-device",
            false => "set-other-device",
        };
        let sign = match valid {
            true => icon(Icon::Laptop, 20.0).style(theme::accent),
            false => icon(Icon::Ban, 20.0).style(theme::muted),
        };
        let known = words.maybe(&format!("device-{}", device.state), &[]);
        let state = known.unwrap_or_else(|| device.state.clone());
        let until = [("when", when::full(device.until_ms, &model.zone).into())];
        let state = match valid {
            true => format!("{state} · {}", words.with("device-until", &until)),
            false => state,
        };
        let revoke = (!this && valid).then(|| {
            button(words.t("revoke-open"))
                .on_press(Message::Dialog(dialog::Message::Device(device.id)))
        });
        row![
            sign,
            column![
                body(words.t(name)),
                mono(device.id.to_string())
                    .size(theme::size::SMALL)
                    .wrapping(iced::widget::text::Wrapping::Glyph),
                note(state),
            ]
            .spacing(2)
            .width(Length::Fill),
        ]
        .push(revoke)
        .spacing(gap::M)
        .align_y(Alignment::Center)
        .into()
    });
    let act = |step| Message::Keep(step);
    let keeps = row![
        icon_button(Icon::ScrollText, words.t("sheet-open"))
            .on_press(act(keep::Message::Open(keep::What::Sheet))),
        icon_button(Icon::Download, words.t("backup-open"))
            .on_press(act(keep::Message::Open(keep::What::Backup))),
        icon_button(Icon::File, words.t("devices-file")).on_press(act(keep::Message::Identity)),
    ]
    .spacing(gap::S)
    .wrap();
    let none = (me.sheet == Sheet::None).then(|| warning(words.t("sheet-none")));
    Column::with_children(lines)
        .push(none)
        .push(keeps)
        .push(note(words.t("set-devices-more")))
        .push(note(words.t("devices-file-more")))
        .spacing(gap::M)
}
