//! Small parts: text by role, avatars, buttons with words and icons, notes.

use iced::widget::scrollable::{Direction, Scrollbar};
use iced::widget::{
    Column, Row, Space, Text, column, container, row, scrollable, space, text, tooltip,
};
use iced::{Alignment, Background, Color, Element, Length, Theme, border, color};

use kith_api::Warning;

use super::press::Press;
use super::{Icon, Role, icon, press};
use crate::i18n::Words;
use crate::theme::{self, MONO, STRONG, size, space as gap};

/// The head of a page.
pub(crate) fn title<'a>(words: impl text::IntoFragment<'a>) -> Text<'a> {
    text(words).size(size::TITLE).font(STRONG)
}

/// The head of a box.
pub(crate) fn head<'a>(words: impl text::IntoFragment<'a>) -> Text<'a> {
    text(words).size(size::HEAD).font(STRONG)
}

/// A name or another word that leads.
pub(crate) fn strong<'a>(words: impl text::IntoFragment<'a>) -> Text<'a> {
    text(words).size(size::BODY).font(STRONG)
}

/// Text.
pub(crate) fn body<'a>(words: impl text::IntoFragment<'a>) -> Text<'a> {
    text(words).size(size::BODY)
}

/// A second line.
pub(crate) fn note<'a>(words: impl text::IntoFragment<'a>) -> Text<'a> {
    text(words).size(size::NOTE).style(theme::muted)
}

/// A time, a mark.
pub(crate) fn small<'a>(words: impl text::IntoFragment<'a>) -> Text<'a> {
    text(words).size(size::SMALL).style(theme::muted)
}

/// An id, or a number to compare.
pub(crate) fn mono<'a>(words: impl text::IntoFragment<'a>) -> Text<'a> {
    text(words).size(size::NOTE).font(MONO)
}

/// A button with words.
pub(crate) fn button<'a, M: Clone + 'a>(words: String) -> Press<'a, M> {
    press(text(words).size(size::BODY))
}

/// A button with an icon and words.
pub(crate) fn icon_button<'a, M: Clone + 'a>(sign: Icon, words: String) -> Press<'a, M> {
    press(
        row![icon(sign, 16.0), text(words).size(size::BODY)]
            .spacing(gap::S)
            .align_y(Alignment::Center),
    )
}

/// A button that is only an icon; the words come up beside it.
pub(crate) fn tool<'a, M: Clone + 'a>(sign: Icon, words: String, on: Option<M>) -> Element<'a, M> {
    hint(
        press(icon(sign, 17.0))
            .role(Role::Quiet)
            .padding(8)
            .on_press_maybe(on),
        words,
        tooltip::Position::Bottom,
    )
}

/// Something with words that come up beside it.
pub(crate) fn hint<'a, M: 'a>(
    of: impl Into<Element<'a, M>>,
    words: String,
    at: tooltip::Position,
) -> Element<'a, M> {
    let words = container(text(words).size(size::SMALL))
        .padding([gap::XS, gap::S])
        .style(theme::toast);
    tooltip(of, words, at).gap(4).into()
}

/// Colours of avatars; none is red or amber.
const FACES: [Color; 8] = [
    color!(0x2F6FD0),
    color!(0x0E8074),
    color!(0x6A4BC4),
    color!(0x2C7F45),
    color!(0x1F7FA8),
    color!(0x8A3FA0),
    color!(0x4F6272),
    color!(0x5A7A14),
];

/// A round mark with initials; its colour comes from the id, so that two
/// people of one name differ.
pub(crate) fn avatar<'a, M: 'a>(name: &str, id: &str, across: f32) -> Element<'a, M> {
    let sum = id.bytes().fold(5381_usize, |h, b| {
        h.wrapping_mul(33).wrapping_add(usize::from(b))
    });
    let face = FACES[sum % FACES.len()];
    container(
        text(initials(name))
            .size(across * 0.4)
            .font(STRONG)
            .color(Color::WHITE),
    )
    .center(across)
    .style(move |_: &Theme| container::Style {
        background: Some(Background::Color(face)),
        border: border::rounded(across / 2.0),
        ..container::Style::default()
    })
    .into()
}

/// The first letters of the first and the last word.
fn initials(name: &str) -> String {
    let starts = |word: &str| word.chars().find(|c| c.is_alphanumeric());
    let mut words = name.split_whitespace().filter_map(starts);
    let first = words.next();
    let last = words.next_back();
    first
        .into_iter()
        .chain(last)
        .flat_map(char::to_uppercase)
        .collect()
}

/// The beginning of it, on one line.
pub(crate) fn short(words: &str, most: usize) -> String {
    match words.chars().count() > most {
        true => words.chars().take(most - 1).chain(['…']).collect(),
        false => words.to_owned(),
    }
}

/// The first two of these, each in short, and how many more there are: for a
/// line that must not grow, whatever things are called.
pub(crate) fn few<'a>(all: impl IntoIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 2;
    const LONGEST: usize = 32;
    let mut all = all.into_iter();
    let mut said: Vec<String> = all
        .by_ref()
        .take(SHOWN)
        .map(|n| short(n, LONGEST))
        .collect();
    match all.count() {
        0 => {}
        more => said.push(format!("+{more}")),
    }
    said.join(", ")
}

/// A dot that says whether somebody is here.
pub(crate) fn dot<'a, M: 'a>(on: bool) -> Element<'a, M> {
    container(Space::new())
        .width(10)
        .height(10)
        .style(move |t: &Theme| {
            let c = theme::colors(t);
            container::Style {
                background: on.then_some(Background::Color(c.good)),
                border: border::rounded(5)
                    .width(if on { 0.0 } else { 1.5 })
                    .color(c.muted),
                ..container::Style::default()
            }
        })
        .into()
}

/// A box that deserves attention.
pub(crate) fn warning<'a, M: 'a>(words: impl text::IntoFragment<'a>) -> Element<'a, M> {
    container(
        row![
            icon(Icon::TriangleAlert, 17.0).style(theme::warn),
            text(words).size(size::BODY).width(Length::Fill)
        ]
        .spacing(gap::S)
        .align_y(Alignment::Center),
    )
    .padding(gap::M)
    .width(Length::Fill)
    .style(theme::warning)
    .into()
}

/// What warns of a name, in the line of that name.
pub(crate) fn careful<'a, M: 'a>(words: String) -> Element<'a, M> {
    row![
        icon(Icon::TriangleAlert, 14.0).style(theme::warn),
        text(words)
            .size(size::SMALL)
            .style(theme::warn)
            .width(Length::Fill)
    ]
    .spacing(gap::XS)
    .into()
}

/// The same beside a name, where there is no room for the words.
pub(crate) fn careful_sign<'a, M: 'a>(
    words: &Words,
    warnings: &[Warning],
) -> Option<Element<'a, M>> {
    let sign = icon(Icon::TriangleAlert, 14.0).style(theme::warn);
    let said: Vec<String> = warnings.iter().map(|w| words.warned(w)).collect();
    (!warnings.is_empty()).then(|| hint(sign, said.join("\n"), tooltip::Position::Bottom))
}

/// What is shown where there is nothing yet.
pub(crate) fn empty<'a, M: 'a>(
    sign: Icon,
    words: String,
    more: String,
    action: Option<Element<'a, M>>,
) -> Element<'a, M> {
    container(
        column![
            icon(sign, 40.0).style(theme::muted),
            head(words).align_x(Alignment::Center),
            note(more).width(Length::Shrink).align_x(Alignment::Center),
        ]
        .push(action)
        .spacing(gap::M)
        .max_width(380)
        .align_x(Alignment::Center),
    )
    .center(Length::Fill)
    .into()
}

/// A line of a box: what, and its value.
pub(crate) fn pair<'a, M: 'a>(what: String, value: impl Into<Element<'a, M>>) -> Row<'a, M> {
    row![note(what).width(170), value.into()]
        .spacing(gap::M)
        .align_y(Alignment::Center)
}

/// Something narrow that scrolls: its bar hides nothing of it.
pub(crate) fn slim<'a, M: 'a>(inner: impl Into<Element<'a, M>>) -> Element<'a, M> {
    let bar = Scrollbar::new().width(3).scroller_width(3);
    scrollable(inner)
        .direction(Direction::Vertical(bar))
        .style(theme::scroll)
        .into()
}

/// A head with things to do at its right.
pub(crate) fn bar<'a, M: 'a>(left: impl Into<Element<'a, M>>, right: Row<'a, M>) -> Row<'a, M> {
    row![left.into(), space::horizontal(), right]
        .spacing(gap::M)
        .align_y(Alignment::Center)
}

/// A box on a page with a head.
pub(crate) fn section<'a, M: 'a>(words: String, inner: Column<'a, M>) -> Element<'a, M> {
    container(column![head(words), inner].spacing(gap::M))
        .padding(gap::L)
        .width(Length::Fill)
        .style(theme::card)
        .into()
}

#[cfg(test)]
mod tests {
    use super::{few, initials};

    #[test]
    fn a_line_of_names_stays_short() {
        assert_eq!(few(["Anna"]), "Anna");
        assert_eq!(few(["Anna", "Ben", "Cem", "Dora"]), "Anna, Ben, +2");
        assert!(few(["x".repeat(900).as_str(); 9]).chars().count() < 80);
    }

    #[test]
    fn initials_are_the_first_and_the_last() {
        assert_eq!(initials("Anna Maria Berg"), "AB");
        assert_eq!(initials("ben"), "B");
        assert_eq!(initials("李明"), "李");
        assert_eq!(initials("Ben (Ward 3) -"), "B3");
        assert_eq!(initials(" "), "");
    }
}
