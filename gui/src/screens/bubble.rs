//! One message.

use iced::widget::tooltip::Position;
use iced::widget::{Row, Text, column, container, hover, progress_bar, row, rule, stack, text};
use iced::{Alignment, Element, Length, Padding};
use kith_api::{Content, Delivery, Doubt, Erasable, FileState, Message as Entry, Mine};

use crate::state::thread::{Message as Do, TOOLS, Thread, is_editable, was_edited};
use crate::state::{Message, Model};
use crate::theme::{self, size, space as gap};
use crate::when;
use crate::widgets::{Icon, Role, avatar, body, hint, icon, note, press, small, strong, tool};

/// The widest a message is, in pixels: longer lines are hard to read.
const WIDEST: f32 = 620.0;
/// How large a tool beside a message is, in pixels.
const TOOL: f32 = 28.0;
/// How long messages of one author stand together, in milliseconds.
const TOGETHER: u64 = 5 * 60 * 1000;

/// What can be said without words.
pub(super) const REACTIONS: [&str; 6] = ["👍", "❤", "😂", "😮", "🙏", "✅"];

/// Message number `at`, with the day above where a day begins.
pub(super) fn view<'a>(model: &'a Model, thread: &'a Thread, at: usize) -> Element<'a, Message> {
    let Some(message) = thread.messages.get(at) else {
        return iced::widget::space().into();
    };
    let before = at.checked_sub(1).and_then(|b| thread.messages.get(b));
    let zone = &model.zone;
    let day = when::day(message.at_ms, zone);
    let new_day = before.is_none_or(|b| when::day(b.at_ms, zone) != day);
    let unread = thread.unread_from.as_deref() == Some(&message.id);
    let continues = !new_day
        && !unread
        && before.is_some_and(|b| {
            b.author.id == message.author.id
                && message.at_ms.saturating_sub(b.at_ms) < TOGETHER
                && !matches!(b.content, Content::Notice(_))
        });
    let day = new_day.then(|| {
        let words = when::day_words(message.at_ms, model.now_ms, zone, &model.words);
        container(small(words))
            .center_x(Length::Fill)
            .padding([gap::M, 0.0])
    });
    let unread = unread.then(|| {
        row![
            rule::horizontal(1).style(theme::line),
            text(model.words.t("new-below"))
                .size(size::SMALL)
                .style(theme::accent),
            rule::horizontal(1).style(theme::line),
        ]
        .spacing(gap::M)
        .padding([gap::S, 0.0])
        .align_y(Alignment::Center)
    });
    let line = match &message.content {
        Content::Notice(said) => container(note(model.words.happened(message, said)))
            .center_x(Length::Fill)
            .padding([gap::XS, 0.0])
            .into(),
        _ => said(model, thread, message, continues),
    };
    column![].push(day).push(unread).push(line).into()
}

fn said<'a>(
    model: &'a Model,
    thread: &'a Thread,
    message: &'a Entry,
    continues: bool,
) -> Element<'a, Message> {
    let mine = message.mine == Mine::Yes;
    let picked = thread.picked.as_deref() == Some(&message.id);
    let inner = column![]
        .push(answered(thread, message))
        .push(content(model, thread, message))
        .push(foot(model, message))
        .spacing(3);
    let bubble = container(inner)
        .padding([7.0, gap::M])
        .max_width(WIDEST)
        .style(if mine { theme::mine } else { theme::theirs });
    let reacting = thread.reacting.as_deref() == Some(&message.id);
    let tools = match reacting {
        true => signs(message),
        false => tools(model, message, picked),
    };
    // The tools stand beside what they are for, never on it: their room is kept.
    let kept = beside(mine, TOOL * tools.len() as f32 + gap::XS);
    let bubble = container(bubble).padding(kept);
    let tools = match mine {
        true => container(Row::with_children(tools)).align_left(Length::Fill),
        false => container(Row::with_children(tools)).align_right(Length::Fill),
    };
    let tools = tools.center_y(Length::Fill);
    let bubble: Element<'_, Message> = match picked || reacting {
        true => stack![bubble, tools].into(),
        false => hover(bubble, tools),
    };
    let name = (!continues && !mine).then(|| strong(&message.author.name).size(size::NOTE));
    let body = column![]
        .push(name)
        .push(bubble)
        .push(reactions(message))
        .spacing(3);
    let above = if continues { 1.0 } else { gap::M };
    let line = match mine {
        true => row![body.align_x(Alignment::End).width(Length::Fill)],
        false => {
            let face = match continues {
                true => iced::widget::space().width(32).into(),
                false => avatar(&message.author.name, &message.author.id.to_string(), 32.0),
            };
            row![face, body.width(Length::Fill)].spacing(gap::S)
        }
    };
    container(line)
        .padding(Padding {
            top: above,
            right: gap::L,
            bottom: 1.0,
            left: 0.0,
        })
        .width(Length::Fill)
        .into()
}

/// The room of the tools beside a message: left of mine, right of others'.
fn beside(mine: bool, room: f32) -> Padding {
    match mine {
        true => Padding::ZERO.left(room),
        false => Padding::ZERO.right(room),
    }
}

/// What can be said without words.
fn signs(message: &Entry) -> Vec<Element<'_, Message>> {
    let sign = |emoji: &&'static str| {
        press(container(sign(emoji, 17.0)).center(TOOL))
            .role(Role::Quiet)
            .padding(0)
            .on_press(Message::Thread(Do::React(
                message.id.clone(),
                (*emoji).to_owned(),
            )))
            .into()
    };
    REACTIONS.iter().map(sign).collect()
}

/// A reaction, drawn by the font that is built in.
fn sign<'a>(emoji: &'a str, size: f32) -> Text<'a> {
    text(emoji)
        .size(size)
        .font(theme::EMOJI)
        .shaping(text::Shaping::Advanced)
}

/// What can be done with a message.
fn tools<'a>(model: &'a Model, message: &'a Entry, picked: bool) -> Vec<Element<'a, Message>> {
    let id = || message.id.clone();
    let mut all = vec![
        (Icon::Smile, "react", Message::Thread(Do::Reacting(id()))),
        (Icon::Reply, "answer", Message::Thread(Do::Answer(id()))),
    ];
    if let Content::Text(text) = &message.content {
        all.push((Icon::Copy, "copy", Message::Copy(text.clone())));
    }
    if is_editable(message) {
        all.push((Icon::Pencil, "edit", Message::Thread(Do::Edit(id()))));
    }
    if message.erasable == Erasable::Yes {
        all.push((Icon::Trash2, "delete", Message::Thread(Do::Delete(id()))));
    }
    let button = |(n, (sign, words, act))| {
        let press = press(container(icon(sign, 16.0)).center(TOOL))
            .role(Role::Quiet)
            .padding(0)
            .on_press(act);
        // The keyboard comes here.
        let press = match picked && n == 0 {
            true => press.id(TOOLS),
            false => press,
        };
        hint(press, model.words.t(words), Position::Bottom)
    };
    all.into_iter().enumerate().map(button).collect()
}

/// What it answers.
fn answered<'a>(thread: &'a Thread, message: &'a Entry) -> Option<Element<'a, Message>> {
    let id = message.reply_to.as_ref()?;
    let (name, says) = match thread.get(id) {
        Some(of) => {
            let says = match &of.content {
                Content::Text(text) => text.lines().next().unwrap_or_default(),
                Content::File { name, .. } => name,
                _ => "…",
            };
            (of.author.name.as_str(), says)
        }
        None => ("", "…"),
    };
    let inner = row![
        rule::vertical(3).style(|t: &iced::Theme| rule::Style {
            color: theme::colors(t).accent,
            ..theme::line(t)
        }),
        column![
            text(name).size(size::SMALL).style(theme::accent),
            note(says).wrapping(text::Wrapping::None)
        ]
    ]
    .spacing(gap::S)
    .height(36);
    Some(
        press(container(inner).max_width(360).clip(true))
            .role(Role::Quiet)
            .padding(2)
            .on_press(Message::Thread(Do::GoTo(id.clone())))
            .into(),
    )
}

fn content<'a>(model: &'a Model, thread: &'a Thread, message: &'a Entry) -> Element<'a, Message> {
    let words = &model.words;
    match &message.content {
        Content::Text(text) => body(text.as_str())
            .wrapping(text::Wrapping::WordOrGlyph)
            .shaping(text::Shaping::Advanced)
            .into(),
        Content::Erased => match &message.deleted_by {
            Some(by) if by.id != message.author.id => {
                note(words.with("erased-by", &[("who", by.name.as_str().into())])).into()
            }
            _ => note(words.t("erased")).into(),
        },
        Content::Missing => note(words.t("missing")).into(),
        Content::Notice(said) => note(words.happened(message, said)).into(),
        Content::File { name, size, state } => {
            let here = thread.fetched.get(&message.id).copied();
            file(model, message, name, *size, *state, here)
        }
    }
}

fn file<'a>(
    model: &'a Model,
    message: &'a Entry,
    name: &'a str,
    bytes: u64,
    state: FileState,
    here: Option<u64>,
) -> Element<'a, Message> {
    let words = &model.words;
    let second: Element<'_, Message> = match (state, here) {
        (FileState::Coming, Some(here)) => {
            #[allow(clippy::cast_precision_loss, reason = "the length of a bar")]
            let (whole, here) = (bytes.max(1) as f32, here as f32);
            progress_bar(0.0..=whole, here)
                .girth(5)
                .length(180)
                .style(theme::bar)
                .into()
        }
        _ => small(amount(bytes)).into(),
    };
    let get = (message.mine == Mine::No || state != FileState::Here).then(|| {
        let fetch = Do::Fetch(message.id.clone(), name.to_owned());
        tool(
            Icon::Download,
            words.t("file-save"),
            Some(Message::Thread(fetch)),
        )
    });
    row![
        icon(Icon::File, 26.0).style(theme::accent),
        column![strong(name), second].spacing(2)
    ]
    .push(get)
    .spacing(gap::M)
    .align_y(Alignment::Center)
    .into()
}

/// Bytes for people.
pub(super) fn amount(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    let mut unit = 0;
    let mut tenths = bytes.saturating_mul(10);
    while tenths >= 10_000 && unit + 1 < UNITS.len() {
        tenths = tenths.saturating_add(500) / 1000;
        unit += 1;
    }
    match unit {
        0 => format!("{bytes} B"),
        _ => format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit]),
    }
}

/// When, and how far it is (MSG-3: the true state, never a guess).
fn foot<'a>(model: &'a Model, message: &'a Entry) -> Element<'a, Message> {
    let words = &model.words;
    let time = small(when::clock(message.at_ms, &model.zone));
    let edited = was_edited(message).then(|| small(words.t("edited")));
    let doubtful = (message.doubt != Doubt::None).then(|| {
        let mark = small(words.t("doubtful"));
        hint(mark, words.t("doubtful-why"), Position::Top)
    });
    let mark = message.delivery.as_ref().map(|delivery| {
        let (sign, key, names) = match delivery {
            Delivery::Queued => (Icon::Clock, "delivery-queued", String::new()),
            Delivery::Held(by) => (Icon::Check, "delivery-held", by.join(", ")),
            Delivery::Delivered => (Icon::CheckCheck, "delivery-delivered", String::new()),
            Delivery::Read => (Icon::CheckCheck, "delivery-read", String::new()),
        };
        let sign = match delivery {
            Delivery::Read => icon(sign, 14.0).style(theme::accent),
            _ => icon(sign, 14.0).style(theme::muted),
        };
        hint(
            sign,
            words.with(key, &[("names", names.into())]),
            Position::Top,
        )
    });
    row![]
        .push(doubtful)
        .push(edited)
        .push(time)
        .push(mark)
        .spacing(gap::XS + 2.0)
        .align_y(Alignment::Center)
        .into()
}

fn reactions(message: &Entry) -> Option<Element<'_, Message>> {
    if message.reactions.is_empty() {
        return None;
    }
    let signs = message.reactions.iter().map(|(emoji, who)| {
        let label = row![sign(emoji, size::NOTE), text(who.len()).size(size::NOTE)]
            .spacing(gap::XS)
            .align_y(Alignment::Center);
        hint(
            press(label)
                .padding([2, 8])
                .on_press(Message::Thread(Do::React(
                    message.id.clone(),
                    emoji.clone(),
                ))),
            who.join(", "),
            Position::Top,
        )
    });
    Some(Row::with_children(signs).spacing(gap::XS).into())
}

#[cfg(test)]
mod tests {
    use super::amount;

    #[test]
    fn amounts_are_short() {
        assert_eq!(amount(999), "999 B");
        assert_eq!(amount(1000), "1.0 kB");
        assert_eq!(amount(1_234_567), "1.2 MB");
        assert_eq!(amount(u64::MAX), "1844674.4 TB");
    }
}
