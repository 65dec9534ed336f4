//! Drawing for windows of the warden: rectangles and text in any script that
//! the machine has a font for.
//!
//! Text from others is shown letter by letter: what would reorder or hide its
//! neighbours is written out as its number (rule R9).

use std::collections::BTreeSet;

use cosmic_text::{
    Attrs, Buffer, Color, Family, FontSystem, Metrics, Shaping, SwashCache, Weight, Wrap,
};

use super::words::words;
use crate::look::{Language, Scale};

/// A colour, `0x00RRGGBB`.
pub(super) type Rgb = u32;

/// Fonts of the machine. Reading their list takes some ten milliseconds, so
/// it is done once, when first needed.
pub(super) struct Type {
    fonts: FontSystem,
    glyphs: SwashCache,
}

impl std::fmt::Debug for Type {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Type")
    }
}

/// How text looks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    /// Height of the letters in pixels.
    pub(super) size: f32,
    pub(super) colour: Rgb,
    pub(super) bold: bool,
}

impl Style {
    pub(super) const fn new(size: f32, colour: Rgb) -> Self {
        Self {
            size,
            colour,
            bold: false,
        }
    }

    pub(super) const fn coloured(mut self, colour: Rgb) -> Self {
        self.colour = colour;
        self
    }

    /// For a window of this size.
    pub(super) fn at(self, scale: Scale) -> Self {
        let size = self.size * scale.factor();
        Self { size, ..self }
    }

    pub(super) const fn bold(mut self) -> Self {
        self.bold = true;
        self
    }
}

impl Type {
    /// Reads the list of fonts.
    pub(super) fn load() -> Self {
        Self {
            fonts: FontSystem::new(),
            glyphs: SwashCache::new(),
        }
    }

    /// Whether the machine has any font: without, nothing can be asked.
    pub(super) fn can_write(&self) -> bool {
        !self.fonts.db().is_empty()
    }

    /// Whether texts in this language can be shown.
    pub(super) fn writes(&mut self, language: Language) -> bool {
        words(language).all().all(|text| self.has_all_of(text))
    }

    /// Whether every character of this has a letter in some font of the machine.
    pub(super) fn has_all_of(&mut self, text: &str) -> bool {
        let mut buffer = Buffer::new(&mut self.fonts, Metrics::new(14.0, 14.0));
        buffer.set_wrap(Wrap::None);
        buffer.set_text(
            text,
            &Attrs::new().family(Family::SansSerif),
            Shaping::Advanced,
            None,
        );
        buffer.shape_until_scroll(&mut self.fonts, false);
        let mut glyphs = buffer.layout_runs().flat_map(|run| run.glyphs.iter());
        glyphs.all(|g| g.glyph_id != 0)
    }

    /// Sets a text. Characters that no font of this machine has are written
    /// out: two boxes look alike, whatever they stand for.
    fn set(&mut self, buffer: &mut Buffer, style: Style, text: &str) {
        let weight = if style.bold {
            Weight::BOLD
        } else {
            Weight::NORMAL
        };
        let attrs = Attrs::new().family(Family::SansSerif).weight(weight);
        let text = plain(text);
        buffer.set_text(&text, &attrs, Shaping::Advanced, None);
        buffer.shape_until_scroll(&mut self.fonts, false);
        let missing: BTreeSet<usize> = buffer
            .layout_runs()
            .flat_map(|run| run.glyphs.iter())
            .filter(|g| g.glyph_id == 0)
            .flat_map(|g| g.start..g.end)
            .collect();
        if missing.is_empty() {
            return;
        }
        let mut known = String::with_capacity(text.len());
        for (at, c) in text.char_indices() {
            if missing.contains(&at) {
                known.push_str(&number(c));
            } else {
                known.push(c);
            }
        }
        buffer.set_text(&known, &attrs, Shaping::Advanced, None);
        buffer.shape_until_scroll(&mut self.fonts, false);
    }
}

/// Characters that show nothing themselves and change what is beside them:
/// marks of direction, joiners, fillers, tags, variation selectors.
const fn deceives(c: char) -> bool {
    matches!(c,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{34f}' | '\u{61c}'
        | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{e000}'..='\u{f8ff}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{10ffff}')
}

fn number(c: char) -> String {
    format!("<U+{:04X}>", u32::from(c))
}

/// `text` with everything that deceives written out.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if deceives(c) {
            out.push_str(&number(c));
        } else {
            out.push(c);
        }
    }
    out
}

/// A picture being drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Canvas {
    pub(super) width: u16,
    pub(super) height: u16,
    pub(super) pixels: Vec<Rgb>,
}

impl Canvas {
    pub(super) fn new(width: u16, height: u16, colour: Rgb) -> Self {
        Self {
            width,
            height,
            pixels: vec![colour; usize::from(width) * usize::from(height)],
        }
    }

    pub(super) fn fill(&mut self, x: i32, y: i32, w: i32, h: i32, colour: Rgb) {
        let clip = |v: i32, max: u16| v.clamp(0, i32::from(max)) as usize;
        let (x0, x1) = (clip(x, self.width), clip(x.saturating_add(w), self.width));
        let (y0, y1) = (clip(y, self.height), clip(y.saturating_add(h), self.height));
        let width = usize::from(self.width);
        // One that is less than nothing wide covers nothing.
        let x1 = x1.max(x0);
        for row in y0..y1 {
            self.pixels[row * width + x0..row * width + x1].fill(colour);
        }
    }

    /// The outline of a rectangle, `thick` pixels inwards.
    pub(super) fn outline(&mut self, x: i32, y: i32, w: i32, h: i32, thick: i32, colour: Rgb) {
        self.fill(x, y, w, thick, colour);
        self.fill(x, y + h - thick, w, thick, colour);
        self.fill(x, y, thick, h, colour);
        self.fill(x + w - thick, y, thick, h, colour);
    }

    fn blend(&mut self, x: i32, y: i32, colour: Color) {
        let inside = x >= 0 && y >= 0 && x < i32::from(self.width) && y < i32::from(self.height);
        if !inside {
            return;
        }
        let at = y as usize * usize::from(self.width) + x as usize;
        let (under, a) = (self.pixels[at], u32::from(colour.a()));
        let mix = |over: u8, shift: u32| {
            let below = (under >> shift) & 0xff;
            ((u32::from(over) * a + below * (255 - a)) / 255) << shift
        };
        self.pixels[at] = mix(colour.r(), 16) | mix(colour.g(), 8) | mix(colour.b(), 0);
    }

    /// Writes `text` from the left top corner at `x`, `y`, broken into lines
    /// of at most `width` pixels, and at most `lines` of them. Says how high
    /// it became.
    #[expect(clippy::too_many_arguments, reason = "a place, a text and its shape")]
    pub(super) fn write(
        &mut self,
        type_: &mut Type,
        x: i32,
        y: i32,
        width: i32,
        lines: usize,
        style: Style,
        text: &str,
    ) -> i32 {
        if !type_.can_write() {
            return 0;
        }
        let line = (style.size * 1.35).round();
        let mut buffer = Buffer::new(&mut type_.fonts, Metrics::new(style.size, line));
        buffer.set_size(Some(width.max(1) as f32), Some(line * lines as f32));
        buffer.set_wrap(if lines == 1 {
            Wrap::None
        } else {
            Wrap::WordOrGlyph
        });
        type_.set(&mut buffer, style, text);
        let high = buffer.layout_runs().take(lines).count() as f32 * line;
        let [_, r, g, b] = style.colour.to_be_bytes();
        let right = x.saturating_add(width);
        let bottom = y.saturating_add(high as i32);
        let colour = Color::rgb(r, g, b);
        buffer.draw(
            &mut type_.fonts,
            &mut type_.glyphs,
            colour,
            |dx, dy, w, h, c| {
                for py in 0..h as i32 {
                    for px in 0..w as i32 {
                        let (at_x, at_y) = (x + dx + px, y + dy + py);
                        if at_x < right && at_y < bottom {
                            self.blend(at_x, at_y, c);
                        }
                    }
                }
            },
        );
        high as i32
    }

    /// How wide a line of text is, in pixels.
    pub(super) fn width_of(type_: &mut Type, style: Style, text: &str) -> i32 {
        if !type_.can_write() {
            return 0;
        }
        let mut buffer = Buffer::new(&mut type_.fonts, Metrics::new(style.size, style.size));
        buffer.set_wrap(Wrap::None);
        type_.set(&mut buffer, style, text);
        let wide = buffer.layout_runs().map(|r| r.line_w).fold(0.0, f32::max);
        wide.ceil() as i32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_deceives_is_written_out() {
        assert_eq!(plain("Anna"), "Anna");
        assert_eq!(plain("Åsa Жанна 安娜 أنا"), "Åsa Жанна 安娜 أنا");
        assert_eq!(plain("a\u{202e}b\u{200b}"), "a<U+202E>b<U+200B>");
        assert_eq!(plain("\u{7}\u{e0041}"), "<U+0007><U+E0041>");
    }

    #[test]
    fn less_than_nothing_covers_nothing() {
        let mut canvas = Canvas::new(100, 60, 0xff_ffff);
        canvas.fill(10, 5, -1, 7, 0x12_3456);
        canvas.fill(10, 5, 7, -1, 0x12_3456);
        assert!(canvas.pixels.iter().all(|p| *p == 0xff_ffff));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn any_text_can_be_drawn_anywhere(
            text in "\\PC{0,40}", x in -50i32..150, y in -50i32..150, w in -5i32..200,
        ) {
            let mut type_ = Type::load();
            let mut canvas = Canvas::new(100, 60, 0xff_ffff);
            canvas.fill(x, y, w, 7, 0x12_3456);
            canvas.write(&mut type_, x, y, w, 2, Style::new(14.0, 0), &text);
        }
    }
}
