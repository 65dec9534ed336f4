//! A name or a title on one line: where it doesn't fit, it ends in "…".

use std::borrow::Cow;

use iced::advanced::layout::{self, Layout};
use iced::advanced::text::Renderer as _;
use iced::advanced::text::{LineHeight, Paragraph as _, Shaping, Text, Wrapping};
use iced::advanced::widget::{Operation, Tree, Widget, tree};
use iced::advanced::{graphics, renderer};
use iced::widget::text;
use iced::{Element, Font, Length, Rectangle, Renderer, Size, Theme, alignment, mouse};

use crate::theme::{self, FONT, STRONG, size};

type Paragraph = graphics::text::Paragraph;

/// Words on one line.
pub(crate) struct Line<'a> {
    words: Cow<'a, str>,
    size: f32,
    font: Font,
    style: fn(&Theme) -> text::Style,
    kept: f32,
}

/// A name on one line.
pub(crate) fn name_line<'a>(words: impl Into<Cow<'a, str>>) -> Line<'a> {
    Line {
        words: words.into(),
        size: size::BODY,
        font: STRONG,
        style: text::default,
        kept: 0.0,
    }
}

/// A second line that stays one.
pub(crate) fn note_line<'a>(words: impl Into<Cow<'a, str>>) -> Line<'a> {
    Line {
        size: size::NOTE,
        font: FONT,
        style: theme::muted,
        ..name_line(words)
    }
}

impl Line<'_> {
    /// How large it is, in pixels.
    pub(crate) const fn size(mut self, size: f32) -> Self {
        self.size = size;
        self
    }

    /// Room that is kept for what stands after it in a row, in pixels.
    pub(crate) const fn before(mut self, kept: f32) -> Self {
        self.kept = kept;
        self
    }

    /// As it is drawn, were this all of it.
    fn drawn(&self, words: &str) -> Paragraph {
        Paragraph::with_text(Text {
            content: words,
            bounds: Size::INFINITE,
            size: self.size.into(),
            line_height: LineHeight::default(),
            font: self.font,
            align_x: text::Alignment::Default,
            align_y: alignment::Vertical::Top,
            shaping: Shaping::default(),
            wrapping: Wrapping::None,
        })
    }

    /// As much of it as this width holds.
    fn fitting(&self, width: f32) -> Paragraph {
        let whole = self.drawn(&self.words);
        if whole.min_width() <= width {
            return whole;
        }
        let ends: Vec<usize> = self.words.char_indices().map(|(at, _)| at).collect();
        let cut = |n: usize| {
            let words = self.words.get(..ends[n]).unwrap_or_default().trim_end();
            self.drawn(&format!("{words}…"))
        };
        // The most characters with which it still fits.
        let (mut fits, mut more) = (0, ends.len());
        while more - fits > 1 {
            let middle = usize::midpoint(fits, more);
            match cut(middle).min_width() <= width {
                true => fits = middle,
                false => more = middle,
            }
        }
        cut(fits)
    }
}

/// What was drawn, of which words, for which width.
#[derive(Default)]
struct State {
    of: String,
    width: f32,
    size: f32,
    shown: Paragraph,
}

impl<Message> Widget<Message, Theme, Renderer> for Line<'_> {
    fn tag(&self) -> tree::Tag {
        tree::Tag::of::<State>()
    }

    fn state(&self) -> tree::State {
        tree::State::new(State::default())
    }

    fn size(&self) -> Size<Length> {
        Size::new(Length::Shrink, Length::Shrink)
    }

    #[allow(clippy::float_cmp, reason = "the same as before, or not")]
    fn layout(&mut self, tree: &mut Tree, _: &Renderer, limits: &layout::Limits) -> layout::Node {
        let state = tree.state.downcast_mut::<State>();
        let width = (limits.max().width - self.kept).max(0.0);
        if state.of != self.words || state.width != width || state.size != self.size {
            *state = State {
                of: self.words.clone().into_owned(),
                width,
                size: self.size,
                shown: self.fitting(width),
            };
        }
        layout::Node::new(limits.resolve(Length::Shrink, Length::Shrink, state.shown.min_bounds()))
    }

    fn operate(
        &mut self,
        _: &mut Tree,
        layout: Layout<'_>,
        _: &Renderer,
        operation: &mut dyn Operation,
    ) {
        operation.text(None, layout.bounds(), &self.words);
    }

    fn draw(
        &self,
        tree: &Tree,
        renderer: &mut Renderer,
        theme: &Theme,
        style: &renderer::Style,
        layout: Layout<'_>,
        _: mouse::Cursor,
        viewport: &Rectangle,
    ) {
        let state = tree.state.downcast_ref::<State>();
        let color = (self.style)(theme).color.unwrap_or(style.text_color);
        renderer.fill_paragraph(&state.shown, layout.position(), color, *viewport);
    }
}

impl<'a, Message: 'a> From<Line<'a>> for Element<'a, Message> {
    fn from(line: Line<'a>) -> Self {
        Self::new(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_ends_in_dots_and_what_fits_is_whole() {
        let words = "Dr. Maximiliane Friederike von Hohenstein";
        let line = name_line(words);
        let whole = line.drawn(words).min_width();
        assert_eq!(line.fitting(whole).min_width(), whole);
        let mut before = 0.0;
        for width in [40.0, 60.0, 61.0, whole - 1.0] {
            let shown = line.fitting(width).min_width();
            assert!(shown <= width && shown >= before, "{shown} in {width}");
            before = shown;
        }
        assert!(before > whole * 0.8);
        // There is always something.
        assert!(line.fitting(0.0).min_width() > 0.0);
        assert!(name_line("").fitting(0.0).min_width() <= 0.0);
    }
}
