//! Whether the fonts of this machine have the letters of a language: without
//! them nothing would stand where its words should be.

use std::borrow::Cow;
use std::collections::BTreeSet;

use iced::advanced::graphics::text::cosmic_text::{Attrs, Buffer, Metrics, Shaping};
use iced::advanced::graphics::text::font_system;

use crate::i18n::{LANGUAGES, Language};
use crate::theme::FONTS;

/// The first letter that the fonts of this program lack, as they come with it.
const BEYOND: char = '\u{2e80}';

/// The languages that can be read here; English always can.
pub(crate) fn readable() -> &'static [Language] {
    let read = LANGUAGES.iter().take_while(|(_, _, words)| drawn(words));
    &LANGUAGES[..read.count().max(1)]
}

fn drawn(words: &str) -> bool {
    let letters: BTreeSet<char> = words.chars().filter(|c| *c >= BEYOND).collect();
    if letters.is_empty() {
        return true;
    }
    let Ok(mut fonts) = font_system().write() else {
        return false;
    };
    // Where a machine has no fonts at all, these are the only ones.
    for font in FONTS {
        fonts.load_font(Cow::Borrowed(font));
    }
    let fonts = fonts.raw();
    let text: String = letters.into_iter().collect();
    let mut buffer = Buffer::new(fonts, Metrics::new(14.0, 20.0));
    buffer.set_text(fonts, &text, &Attrs::new(), Shaping::Advanced, None);
    buffer.shape_until_scroll(fonts, false);
    let mut runs = buffer.layout_runs();
    runs.all(|run| run.glyphs.iter().all(|glyph| glyph.glyph_id != 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_without_letters_is_not_readable() {
        assert!(drawn(LANGUAGES[0].2));
        assert!(drawn(LANGUAGES[1].2));
        // No font has what stands for nothing.
        assert!(!drawn("\u{fdd0e}\u{efff0}"));
    }
}
