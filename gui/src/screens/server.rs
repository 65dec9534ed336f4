//! Which VNC server is shown, and what opens it.

use iced::widget::{Column, Row, column, row, text_input};
use iced::{Alignment, Element};
use kith_api::{AccountInfo, Remember, Secret, ShareLevel};

use super::bounds::mark;
use super::first::field;
use super::pages::failed;
use crate::state::agreed::{Message as Agreeing, of_server};
use crate::state::pages::Asked;
use crate::state::server::{Message as Step, PASSWORD, PLACE};
use crate::state::share::{Message as Do, Offer};
use crate::state::{Message, Model, Page};
use crate::theme::space as gap;
use crate::widgets::{Role, bar, body, button, note, small, warning};

fn act(step: Step) -> Message {
    Message::Share(Do::Server(step))
}

/// The fields, within the dialog for sharing.
pub(super) fn fields<'a>(model: &'a Model, offer: &'a Offer) -> Element<'a, Message> {
    let words = &model.words;
    let server = &offer.server;
    let accounts = &model.home.agreed.accounts;
    let kept = server.is_kept(accounts);
    let typed = server.password.as_ref().map_or("", Secret::expose);
    let help = match kept {
        true => "server-password-kept",
        false => "server-password-help",
    };
    let choices: Vec<Element<'_, Message>> = accounts
        .here()
        .into_iter()
        .flatten()
        .map(|account| {
            let chosen = server.place.trim() == account.server;
            button(account.server.clone())
                .role(if chosen { Role::Chosen } else { Role::Plain })
                .on_press(act(Step::Place(account.server.clone())))
                .into()
        })
        .collect();
    let known = (!choices.is_empty()).then(|| {
        column![
            small(words.t("server-kept")),
            Row::with_children(choices).spacing(gap::S).wrap()
        ]
        .spacing(gap::XS)
    });
    let remember = (!typed.is_empty()).then(|| {
        let on = server.remember == Remember::Always;
        mark(on, words.t("server-remember"), act(Step::Remember))
    });
    let control = (offer.level == ShareLevel::Control).then(|| warning(words.t("server-control")));
    column![note(words.t("server-more"))]
        .push(known)
        .push(field(
            words.t("server-place"),
            Some(words.t("server-place-help")),
            text_input("5901", &server.place)
                .id(PLACE)
                .on_input(|text| act(Step::Place(text)))
                .on_submit(Message::Share(Do::Go)),
        ))
        .push(field(
            words.t("server-password"),
            Some(words.t(help)),
            text_input("", typed)
                .id(PASSWORD)
                .secure(true)
                .on_input(|text| act(Step::Password(Secret::new(text))))
                .on_submit(Message::Share(Do::Go)),
        ))
        .push(remember)
        .push(control)
        .spacing(gap::M)
        .into()
}

/// The servers whose password is kept, each to be forgotten.
pub(super) fn kept(model: &Model) -> Column<'_, Message> {
    let words = &model.words;
    let line = |account: &AccountInfo| {
        let free = !model.home.agreed.busy.contains(&of_server(&account.server));
        let forget = Message::Agreed(Agreeing::ForgetServer(account.server.clone()));
        let forget = button(words.t("limit-forget")).on_press_maybe(free.then_some(forget));
        bar(body(account.server.clone()), row![forget])
            .align_y(Alignment::Center)
            .into()
    };
    let listed: Element<'_, Message> = match &model.home.agreed.accounts {
        Asked::Coming => note(words.t("loading")).into(),
        Asked::Failed(why) => failed(model, why, Page::Agreed),
        Asked::Here(all) if all.is_empty() => body(words.t("accounts-none")).into(),
        Asked::Here(all) => Column::with_children(all.iter().map(line))
            .spacing(gap::M)
            .into(),
    };
    column![note(words.t("accounts-more")), listed].spacing(gap::M)
}
