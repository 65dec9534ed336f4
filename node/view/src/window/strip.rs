//! The strip above the picture: the two arrows, who controls, the path, and
//! the buttons. Pure: what it says and where things are (GUARD-7).
//!
//! Nothing here is red: red means that somebody sees or controls *your*
//! screen.

use kith_codec::geometry::Rect;
use kith_codec::input::{Asking, Controller, Refusal};
use kith_display::look::fill;

use super::canvas::{Canvas, Font};
use super::layout::{Layout, Mode};
use crate::local::PathKind;
use crate::session::Session;
use crate::words::Texts;

const GROUND: u32 = 0x23_272e;
const TEXT: u32 = 0xe8_eaed;
const DIM: u32 = 0x9a_a3ad;
const BUTTON: u32 = 0x39_404a;
const HOVER: u32 = 0x4a_5360;
/// This viewer controls.
const CONTROL: u32 = 0xf0_b429;
/// Input takes effect now.
const ACTIVE: u32 = 0x6c_c3ff;
const GOOD: u32 = 0x5c_b870;
const WARN: u32 = 0xf0_b429;

/// What a button does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Button {
    /// Asks for control, or gives it back.
    Control,
    /// Keys go to the other side, or stay here.
    Keys,
    /// Fits, or shows a pixel as a pixel.
    Zoom,
    /// The whole screen, or a window.
    Screen,
    /// Shows figures, or doesn't.
    Figures,
    /// Closes the window.
    Close,
}

/// What the strip shows beyond the session.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mood {
    /// In which language.
    pub(super) words: &'static Texts,
    /// The arrows are lit.
    pub(super) arrows: bool,
    /// Keys go to the other side.
    pub(super) captured: bool,
    /// How the picture fills the window.
    pub(super) mode: Mode,
    /// The window takes the whole screen.
    pub(super) whole_screen: bool,
    /// The pointer is over it.
    pub(super) hover: Option<Button>,
    /// Why input was dropped just now.
    pub(super) refused: Option<Refusal>,
}

/// A window of fewer letters has its buttons in a row of their own: beside
/// them, nothing could be said.
const WIDE: u16 = 100;

/// Height of a row in pixels.
const fn row(font: Font) -> u16 {
    font.height() * 2
}

/// Height of the strip in pixels, in a window so wide.
#[must_use]
pub(super) const fn height(font: Font, window: u16) -> u16 {
    let narrow = window < font.advance() * WIDE;
    row(font) * if narrow { 2 } else { 1 }
}

/// What a button is called where there is little room.
fn short(button: Button, session: &Session, mood: &Mood) -> Option<String> {
    let t = mood.words;
    let name = match button {
        Button::Control if session.controls() => t.give_back_short,
        Button::Control if session.asking() == Asking::Waiting => t.asked_short,
        Button::Keys if session.controls() => t.keys_short,
        Button::Screen if mood.whole_screen => t.leave_full_screen_short,
        Button::Screen => t.full_screen_short,
        _ => return label(button, session, mood),
    };
    Some(name.to_owned())
}

/// What a button is called. Its key stands beside it while the key works.
fn label(button: Button, session: &Session, mood: &Mood) -> Option<String> {
    let t = mood.words;
    let (name, key) = match button {
        Button::Control => match (session.controls(), session.asking()) {
            (true, _) => (t.give_back, "C"),
            (false, Asking::Waiting) => (t.asked, "C"),
            (false, Asking::Open | Asking::Declined) => (t.ask, "C"),
            (false, Asking::Barred) => return None,
        },
        Button::Keys if !session.controls() => return None,
        Button::Keys if mood.captured => return Some(t.free_keys.to_owned()),
        Button::Keys => return Some(t.keys_there.to_owned()),
        Button::Zoom => match mood.mode {
            Mode::Fit => (t.one_to_one, "Z"),
            Mode::OneToOne => (t.fit, "Z"),
        },
        Button::Screen if mood.whole_screen => (t.leave_full_screen, "F"),
        Button::Screen => (t.full_screen, "F"),
        Button::Figures => (t.figures, "S"),
        Button::Close => (t.close, "Esc"),
    };
    Some(if mood.captured {
        name.to_owned()
    } else {
        format!("{name} ({key})")
    })
}

/// The buttons and where they are, from the right.
pub(super) fn buttons(
    layout: &Layout,
    font: Font,
    session: &Session,
    mood: &Mood,
) -> Vec<(Button, Rect, String)> {
    let all: &[Button] = if session.over().is_some() {
        &[Button::Close]
    } else {
        &[
            Button::Control,
            Button::Keys,
            Button::Zoom,
            Button::Screen,
            Button::Figures,
        ]
    };
    let gap = font.height() / 4;
    let own_row = layout.strip.h > row(font);
    // Who controls is said before anything is offered.
    let left = match own_row {
        true => gap,
        false => text_start(font) + font.width(&who(session, mood.words)),
    };
    let room = layout.strip.w.saturating_sub(left);
    let named = |name: fn(Button, &Session, &Mood) -> Option<String>| {
        let all = all
            .iter()
            .filter_map(|b| Some((*b, name(*b, session, mood)?)));
        all.collect::<Vec<_>>()
    };
    let wide = |label: &str| font.width(label).saturating_add(2 * gap);
    let fits = |all: &[(Button, String)]| {
        let sum: u32 = all.iter().map(|(_, l)| u32::from(wide(l) + gap)).sum();
        sum <= u32::from(room)
    };
    let mut shown = named(label);
    if !fits(&shown) {
        shown = named(short);
    }
    // What has a key or can be had otherwise goes first, the way out last.
    for less in [
        Button::Figures,
        Button::Screen,
        Button::Zoom,
        Button::Control,
    ] {
        if fits(&shown) {
            break;
        }
        shown.retain(|(b, _)| *b != less);
    }
    let mut right = layout.strip.w.saturating_sub(gap);
    let mut found = Vec::new();
    for (button, label) in shown {
        let w = wide(&label);
        let Some(x) = right.checked_sub(w) else {
            break;
        };
        let top = if own_row { row(font) } else { gap };
        let below = layout.strip.h.saturating_sub(gap);
        let y = top.min(below);
        found.push((button, Rect::new(x, y, w, below - y), label));
        right = x.saturating_sub(gap);
    }
    found
}

/// The button at a point of the window.
pub(super) fn hit(
    layout: &Layout,
    font: Font,
    session: &Session,
    mood: &Mood,
    x: f64,
    y: f64,
) -> Option<Button> {
    let inside = |r: &Rect| {
        x >= r.x.into() && y >= r.y.into() && x < r.right().into() && y < r.bottom().into()
    };
    buttons(layout, font, session, mood)
        .into_iter()
        .find(|(_, r, _)| inside(r))
        .map(|(b, ..)| b)
}

/// Who controls, in words.
#[must_use]
pub(super) fn who(session: &Session, t: &Texts) -> String {
    let status = session.status();
    if session.over().is_some() {
        return t.ended.to_owned();
    }
    if session.path().0 == PathKind::Interrupted {
        // Nothing that is done here takes effect, and who controls isn't known.
        return t.nobody_interrupted.to_owned();
    }
    let names = session.controllers();
    let said = match status.controller {
        Controller::You if status.paused => t.you_paused,
        // Which of the names is its own isn't known here.
        Controller::You if names.len() > 1 => return fill(t.several, &[&names.join(", ")]),
        Controller::You => t.you,
        Controller::Somebody => match names {
            [] => t.somebody,
            [name] => return fill(t.controls, &[name]),
            all => return fill(t.control, &[&all.join(", ")]),
        },
        Controller::Nobody if session.asking() == Asking::Barred => t.watch_barred,
        Controller::Nobody if status.asking == Asking::Declined => t.watch_declined,
        Controller::Nobody => t.watch,
    };
    said.to_owned()
}

/// Why input was dropped, in words.
#[must_use]
pub(super) const fn refusal(why: Refusal, t: &Texts) -> &'static str {
    match why {
        Refusal::NoControl => t.no_control,
        // Kith's own frame lies over borders: a viewer isn't told which it was.
        Refusal::Outside => t.outside,
        Refusal::Barred => t.barred,
        Refusal::Button => t.button,
        Refusal::Key => t.key,
        Refusal::Rate => t.rate,
        Refusal::Paused => t.paused,
        Refusal::Untypable => t.untypable,
        Refusal::Unsure => t.unsure,
    }
}

fn path_words(session: &Session, t: &Texts) -> (String, u32) {
    let (kind, trip) = session.path();
    let ms = trip.0.div_ceil(1000);
    let timed = |word: &str| match ms {
        0 => word.to_owned(),
        ms => format!("{word} {ms} ms"),
    };
    match kind {
        PathKind::Unknown => (String::new(), DIM),
        PathKind::Direct => (timed(t.direct), GOOD),
        PathKind::Relayed => (timed(t.relayed), WARN),
        PathKind::Interrupted => (t.interrupted.to_owned(), WARN),
    }
}

/// Draws it.
pub(super) fn paint(
    canvas: &mut Canvas<'_>,
    layout: &Layout,
    font: Font,
    session: &Session,
    mood: &Mood,
) {
    let strip = layout.strip;
    canvas.fill(strip, GROUND);
    let unit = font.height();
    let line = Rect::new(0, strip.h.saturating_sub(unit / 8), strip.w, unit / 8);
    canvas.fill(line, if session.controls() { CONTROL } else { BUTTON });
    arrows(canvas, unit, if mood.arrows { ACTIVE } else { DIM });

    let y = i32::from(row(font).min(strip.h).saturating_sub(unit) / 2);
    let buttons = buttons(layout, font, session, mood);
    let beside = buttons.last().filter(|_| strip.h <= row(font));
    let free = beside.map_or(strip.w, |(_, r, _)| r.x);
    for (button, r, label) in &buttons {
        let hover = mood.hover == Some(*button);
        canvas.fill(*r, if hover { HOVER } else { BUTTON });
        let (x, y) = (r.x + unit / 4, r.y + r.h.saturating_sub(unit) / 2);
        canvas.text(x.into(), y.into(), label, font, TEXT);
    }

    // From the left, as much as there is room for; who controls comes first.
    let t = mood.words;
    let mut parts = vec![(who(session, t), TEXT)];
    if let Some(why) = mood.refused {
        parts.push((refusal(why, t).to_owned(), WARN));
    }
    let (path, colour) = path_words(session, t);
    parts.push((path, colour));
    match (session.status().watchers, session.watching()) {
        (0 | 1, _) => (),
        (n, []) => parts.push((fill(t.watchers, &[&n.to_string()]), DIM)),
        (n, names) => {
            let more = usize::from(n).saturating_sub(names.len());
            let all = names.join(", ");
            parts.push(match more {
                0 => (fill(t.watching, &[&all]), DIM),
                more => (fill(t.watching_more, &[&all, &more.to_string()]), DIM),
            });
        }
    }
    let mut x = text_start(font);
    for (i, (text, colour)) in parts.iter().filter(|(t, _)| !t.is_empty()).enumerate() {
        let mut w = font.width(text);
        let room = free.saturating_sub(x).saturating_sub(unit / 2);
        let mut text = text.as_str();
        let cut;
        if i > 0 && w > room {
            // Why something had no effect is said, if only its beginning.
            let letters = room / font.advance();
            if mood.refused.is_none() || i > 1 || letters < LEAST_SAID {
                continue;
            }
            cut = font.cut(text, room);
            text = &cut;
            w = font.width(text);
        }
        canvas.text(i32::from(x), y, text, font, *colour);
        x = x.saturating_add(w).saturating_add(font.advance() * 2);
    }
}

/// Fewer letters of a reason say nothing.
const LEAST_SAID: u16 = 8;

/// Where the text begins: behind the arrows.
const fn text_start(font: Font) -> u16 {
    font.height() * 5 / 2
}

/// The two-arrow sign, always in the same place.
fn arrows(canvas: &mut Canvas<'_>, unit: u16, colour: u32) {
    let t = (unit / 8).max(1);
    let (left, right) = (unit / 2, unit * 2);
    for (y, to_right) in [(unit * 3 / 4, true), (unit * 5 / 4, false)] {
        canvas.fill(Rect::new(left, y, right - left, t), colour);
        for i in 0..unit / 3 {
            let x = if to_right { right - 1 - i } else { left + i };
            canvas.fill(Rect::new(x, y.saturating_sub(i), 1, t + 2 * i), colour);
        }
    }
}
