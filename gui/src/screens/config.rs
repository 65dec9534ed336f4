//! The node's settings, each with what it does.

use iced::widget::{Column, column, row, text_input};
use iced::{Alignment, Element, Length};
use kith_api::Setting;

use crate::state::config::Message as Do;
use crate::state::pages::Asked;
use crate::state::{Message, Model, Page};
use crate::theme::{self, size, space as gap};
use crate::widgets::{Role, button, note, small, strong};

/// How wide a field is, in pixels.
const FIELD: f32 = 180.0;

pub(super) fn view(model: &Model) -> Column<'_, Message> {
    match &model.home.config.all {
        Asked::Coming => column![note(model.words.t("loading"))],
        Asked::Failed(why) => column![super::pages::failed(model, why, Page::Settings)],
        Asked::Here(all) => {
            Column::with_children(all.iter().map(|s| setting(model, s))).spacing(gap::L)
        }
    }
}

fn setting<'a>(model: &'a Model, setting: &'a Setting) -> Element<'a, Message> {
    let words = &model.words;
    let act = |step| Message::Config(step);
    let key = || setting.key.clone();
    let help = words
        .maybe(&format!("setting-{}", setting.key), &[])
        .unwrap_or_else(|| setting.help.clone());
    let label = words
        .maybe(&format!("config-name-{}", setting.key), &[])
        .unwrap_or_else(|| setting.key.clone());
    // What a flag, the environment or a policy says isn't changed here.
    let fixed = !matches!(setting.from.as_str(), "default" | "file");
    let to = |value: &str| act(Do::To(key(), Some(value.to_owned())));
    let value: Element<'_, Message> = match (fixed, setting.value.as_str()) {
        (true, value) => {
            let args = [
                ("value", value.into()),
                ("from", setting.from.as_str().into()),
            ];
            note(words.with("config-fixed", &args)).into()
        }
        (false, now @ ("on" | "off")) => {
            let one = |value: &'static str, name| {
                button(words.t(name))
                    .role(if now == value {
                        Role::Chosen
                    } else {
                        Role::Plain
                    })
                    .on_press(to(value))
            };
            row![one("on", "config-on"), one("off", "config-off")]
                .spacing(gap::S)
                .into()
        }
        (false, now) => {
            let typed = model.home.config.typed.get(&setting.key);
            let changed = typed.is_some_and(|t| t != now);
            let field = text_input("", typed.map_or(now, String::as_str))
                .on_input(move |text| act(Do::Typed(key(), text)))
                .on_submit(act(Do::Set(key())))
                .width(FIELD)
                .padding(8)
                .size(size::BODY)
                .style(theme::field);
            let set = changed.then(|| {
                button(words.t("config-set"))
                    .role(Role::Main)
                    .on_press(act(Do::Set(key())))
            });
            let default = (setting.from == "file" && !changed)
                .then(|| button(words.t("config-default")).on_press(act(Do::To(key(), None))));
            row![field]
                .push(set)
                .push(default)
                .spacing(gap::S)
                .align_y(Alignment::Center)
                .into()
        }
    };
    column![strong(label), small(help).width(Length::Fill), value]
        .spacing(gap::XS)
        .into()
}
