//! What is asked of somebody: anything, one application, or a VNC server.

use iced::Element;
use iced::widget::{column, row, text_input};

use super::first::field;
use super::panel;
use crate::state::joining::See;
use crate::state::share::{Message as Do, Offer, WHAT};
use crate::state::{Message, Model};
use crate::theme::space as gap;
use crate::widgets::{Icon, Role, icon_button, note, strong};

pub(super) fn view<'a>(model: &'a Model, offer: &'a Offer) -> Element<'a, Message> {
    let words = &model.words;
    let name = [("name", offer.name.as_str().into())];
    let one = |see, sign, key| {
        let chosen = offer.see == see;
        icon_button(sign, words.t(key))
            .role(if chosen { Role::Chosen } else { Role::Plain })
            .on_press(Message::Share(Do::See(see)))
    };
    let application = (offer.see == See::Application).then(|| {
        field(
            words.t("kind-application"),
            Some(words.with("see-application-help", &name)),
            text_input(&words.t("offer-application-example"), &offer.text)
                .id(WHAT)
                .on_input(|text| Message::Share(Do::What(text)))
                .on_submit(Message::Share(Do::Go)),
        )
    });
    // CAP-2: what stands against it, as far as it is known here.
    let vnc = model.home.features.get(&offer.person).and_then(|known| {
        let theirs = known.all.iter().filter(|f| f.direction == "they-share");
        theirs.into_iter().find(|f| f.means.starts_with("vnc"))
    });
    let server = (offer.see == See::Server).then(|| {
        column![note(words.with("see-server-help", &name))]
            .extend(
                vnc.into_iter()
                    .flat_map(|f| panel::why(model, &offer.name, f)),
            )
            .spacing(gap::S)
    });
    column![
        strong(words.t("see-what")),
        row![
            one(See::Anything, Icon::Monitor, "see-anything"),
            one(See::Application, Icon::Layers, "see-application"),
            one(See::Server, Icon::Laptop, "kind-server"),
        ]
        .spacing(gap::S)
        .wrap(),
    ]
    .push(application)
    .push(server)
    .spacing(gap::M)
    .into()
}
