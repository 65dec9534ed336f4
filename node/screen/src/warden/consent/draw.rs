//! What a consent window looks like, and where its buttons are.

use kith_codec::time::Moment;

use super::prompt::{Choice, Choices, Prompt, THREE, TWO};
use super::{Escape, Question};
use crate::guard::Area;
use crate::look::Scale;
use crate::warden::paint::{Canvas, Rgb, Style, Type};
use crate::warden::protocol::{Purpose, Verified};
use crate::warden::words::{Face, Words};
use crate::warden::x11::Shortcut;

/// Lengths at the usual size, in pixels.
pub(super) const WIDTH: u32 = 580;
pub(super) const MARGIN: i32 = 24;
/// Between the margins.
const WIDE: i32 = WIDTH as i32 - 2 * MARGIN;
/// How high the coloured ground of the question is.
const HEAD: i32 = 76;
pub(super) const BUTTON: (u32, u32) = (164, 44);

pub(super) const PAPER: Rgb = 0xfa_fafa;
const INK: Rgb = 0x1a_1a1a;
const QUIET: Rgb = 0x5c_5c5c;
const RED: Rgb = 0xb0_1020;
const AMBER: Rgb = 0x8a_5a00;
const GREEN: Rgb = 0x11_6b2c;
const WHITE: Rgb = 0xff_ffff;
const PALE: Rgb = 0xd4_d4d4;
const DARK: Rgb = 0x2b_2b2b;
/// Round the button that Enter presses.
const FOCUS: Rgb = 0x1f_6fd0;

/// Where the keyboard is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keyboard {
    /// In this window.
    Here,
    /// In somebody else's. Kith's shortcut brings it here, if no other program
    /// has taken that.
    Elsewhere(Shortcut),
}

/// What can be answered.
pub(super) const fn choices(purpose: &Purpose) -> Choices {
    match purpose {
        Purpose::Control(_) | Purpose::Wish(_) => THREE,
        Purpose::View | Purpose::Other => TWO,
    }
}

/// Where the buttons are: the first at the left edge, the last at the right.
pub(super) fn buttons(choices: Choices, top: i32, scale: Scale) -> Vec<(Choice, Area)> {
    let (w, h) = (scale.side(BUTTON.0), scale.side(BUTTON.1));
    let wide = scale.px(WIDE) - w as i32;
    let gaps = choices.len().saturating_sub(1).max(1) as i32;
    let at = choices.iter().zip(0..).map(|(choice, n)| {
        let left = scale.px(MARGIN) + wide * n / gaps;
        (*choice, Area::new(left, top, w, h))
    });
    at.collect()
}

/// Draws the window at most `max` pixels high; says how high it wants to be.
pub(super) fn draw(
    type_: &mut Type,
    question: &Question,
    (prompt, keyboard): (&Prompt, Keyboard),
    face: Face,
    now: Moment,
    max: u32,
) -> (u32, Canvas) {
    let Face { words, scale } = face;
    let px = |length| scale.px(length);
    let (title, colour) = match question.purpose {
        Purpose::Control(_) | Purpose::Wish(_) => (words.ask_control, RED),
        Purpose::View => (words.ask_view, AMBER),
        Purpose::Other => (words.ask_command, AMBER),
    };
    let width = scale.side(WIDTH).min(u32::from(u16::MAX)) as u16;
    let mut canvas = Canvas::new(width, max.min(u32::from(u16::MAX)) as u16, PAPER);
    let keys = keys(words, question.escape, keyboard);
    draw_head(&mut canvas, type_, (title, keys), colour, scale);
    let mut y = px(HEAD + 16);
    y = draw_who(&mut canvas, type_, y, question, face) + px(16);
    canvas.fill(px(MARGIN), y, px(WIDE), px(1).max(1), PALE);
    y += px(12);
    for line in &question.lines {
        canvas.fill(px(MARGIN), y + px(8), px(5), px(5), colour);
        let (x, wide) = (px(MARGIN + 16), px(WIDE - 16));
        y += canvas.write(type_, x, y, wide, 3, LINE.at(scale), line) + px(4);
    }
    y += px(16);
    let wants = y + px(BUTTON.1 as i32 + MARGIN);
    // The buttons stay at the bottom, over whatever does not fit.
    let top = (wants.min(max as i32)) - px(BUTTON.1 as i32 + MARGIN);
    draw_buttons(
        &mut canvas,
        type_,
        top,
        (prompt, keyboard),
        prompt.is_armed(now),
        (colour, face),
    );
    let wide = i32::from(canvas.width);
    canvas.outline(0, 0, wide, wants.min(max as i32), px(3), colour);
    (wants.max(1) as u32, canvas)
}

/// What keys do here, or how they come to do something here.
const fn keys(words: &Words, escape: Escape, keyboard: Keyboard) -> &'static str {
    match (keyboard, escape) {
        (Keyboard::Here, Escape::Refuses) => words.esc_refuses,
        (Keyboard::Here, Escape::Panics) => words.esc_panics,
        (Keyboard::Elsewhere(Shortcut::Heard), _) => words.keyboard_shortcut,
        (Keyboard::Elsewhere(Shortcut::Taken), _) => words.keyboard_taken,
    }
}

/// The title of a question.
const TITLE: Style = Style::new(20.0, WHITE).bold();
/// What keys do.
const HELP: Style = Style::new(13.0, WHITE);
/// Whether somebody is verified.
const MARK: Style = Style::new(15.0, INK).bold();
/// What is granted: three rows of it at most.
const LINE: Style = Style::new(15.0, INK);
/// What stands on a button.
const LABEL: Style = Style::new(16.0, INK).bold();

/// What is asked, on a ground of the colour that it is asked in.
fn draw_head(
    canvas: &mut Canvas,
    type_: &mut Type,
    (title, keys): (&str, &str),
    colour: Rgb,
    scale: Scale,
) {
    let px = |length| scale.px(length);
    canvas.fill(0, 0, i32::from(canvas.width), px(HEAD), colour);
    let (x, wide) = (px(MARGIN), px(WIDE));
    canvas.write(type_, x, px(12), wide, 1, TITLE.at(scale), title);
    canvas.write(type_, x, px(44), wide, 1, HELP.at(scale), keys);
}

/// Who asks, and how sure that is, from `y` downwards; says where it ends.
fn draw_who(
    canvas: &mut Canvas,
    type_: &mut Type,
    mut y: i32,
    question: &Question,
    Face { words, scale }: Face,
) -> i32 {
    let who = &question.who;
    let (x, wide, gap) = (scale.px(MARGIN), scale.px(WIDE), scale.px(2));
    let style = Style::new(22.0, INK).bold().at(scale);
    y += canvas.write(type_, x, y, wide, 2, style, &who.name);
    let mark = match (&question.purpose, who.verified) {
        // There the name says what is to happen, not who asks.
        (Purpose::Other, _) => None,
        (_, Verified::Yes) => Some((words.verified, GREEN)),
        (_, Verified::No) => Some((words.not_verified, RED)),
    };
    if let Some((mark, colour)) = mark {
        let style = MARK.coloured(colour).at(scale);
        y += canvas.write(type_, x, y + gap, wide, 1, style, mark);
    }
    if let Some(organisation) = &who.organisation {
        let style = Style::new(15.0, QUIET).at(scale);
        y += canvas.write(type_, x, y + gap, wide, 1, style, organisation);
    }
    y
}

/// All buttons, from `top` downwards, and nothing behind them.
fn draw_buttons(
    canvas: &mut Canvas,
    type_: &mut Type,
    top: i32,
    (prompt, keyboard): (&Prompt, Keyboard),
    armed: bool,
    (colour, Face { words, scale }): (Rgb, Face),
) {
    let px = |length| scale.px(length);
    let below = px(BUTTON.1 as i32 + MARGIN + 8);
    canvas.fill(0, top - px(8), i32::from(canvas.width), below, PAPER);
    for (choice, area) in buttons(prompt.choices, top, scale) {
        let (x, w, h) = (area.x, area.w as i32, area.h as i32);
        let label = match (choice, prompt.choices.len()) {
            (Choice::Deny, _) => words.refuse,
            (Choice::View, _) => words.only_view,
            (Choice::Allow, _) if !armed => words.wait,
            (Choice::Allow, 2) => words.allow,
            (Choice::Allow, _) => words.allow_control,
        };
        let (ground, ink) = match choice {
            Choice::Deny => (DARK, WHITE),
            Choice::View if armed => (PAPER, INK),
            Choice::Allow if armed => (PAPER, colour),
            Choice::View | Choice::Allow => (PAPER, PALE),
        };
        let edge = match choice {
            Choice::Deny => ground,
            Choice::View | Choice::Allow => ink,
        };
        canvas.fill(x, top, w, h, ground);
        canvas.outline(x, top, w, h, px(2), edge);
        if prompt.focus == choice && keyboard == Keyboard::Here {
            let (out, both) = (px(4), px(8));
            canvas.outline(x - out, top - out, w + both, h + both, px(3), FOCUS);
        }
        let style = LABEL.coloured(ink).at(scale);
        let text = Canvas::width_of(type_, style, label);
        let left = x + (w - text) / 2;
        canvas.write(type_, left, top + px(11), text + 2, 1, style, label);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::look::{Language, Look};

    /// UI-1: what has one line has room on it, and what stands on a button on
    /// that, at every size, also where the letters of the machine are wide.
    #[test]
    fn every_text_fits_its_place_in_every_language() {
        let mut type_ = Type::load();
        for language in Language::ALL {
            let Face { words: w, .. } = Look {
                language,
                ..Look::default()
            }
            .into();
            for scale in [100, 200].map(Scale::percent) {
                let mut fits = |style: Style, room: i32, text: &str| {
                    let wide = Canvas::width_of(&mut type_, style.at(scale), text);
                    // Where no font has Chinese, there is nothing to measure.
                    let known = type_.has_all_of(text);
                    assert!(!known || wide <= scale.px(room), "{wide} > {room}: {text}");
                };
                for text in [w.ask_control, w.ask_view, w.ask_command] {
                    fits(TITLE, WIDE, text);
                }
                let keys = [
                    w.esc_refuses,
                    w.esc_panics,
                    w.keyboard_shortcut,
                    w.keyboard_taken,
                ];
                for text in keys {
                    fits(HELP, WIDE, text);
                }
                for text in [w.verified, w.not_verified] {
                    fits(MARK, WIDE, text);
                }
                // A row is left for where words end before it does.
                fits(LINE, 2 * (WIDE - 16), w.as_you);
                for text in [w.refuse, w.only_view, w.wait, w.allow, w.allow_control] {
                    fits(LABEL, BUTTON.0 as i32 - 8, text);
                }
            }
        }
    }
}
