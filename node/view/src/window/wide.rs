//! Letters that the built-in font lacks, for the window's own texts: drawn once from
//! a font of this machine, before the process is confined and before anything of
//! another's is read. So no font parser ever sees a stranger's text.

use std::collections::{BTreeSet, HashMap};
use std::sync::OnceLock;

use cosmic_text::{
    Attrs, Buffer, Color, Family, FontSystem, Metrics, Shaping, SwashCache, Weight, Wrap,
};
use kith_display::look::Language;

use super::canvas::Font;
use crate::words::texts;

/// A letter: parts of 255, row by row, twice as wide as a built-in one.
type Letter = Box<[u8]>;

/// By letter, and by the height of the font.
static LETTERS: OnceLock<HashMap<(char, u16), Letter>> = OnceLock::new();

/// A letter, if it is one of these.
pub(super) fn letter(c: char, font: Font) -> Option<&'static [u8]> {
    let known = LETTERS.get()?.get(&(c, font.height()))?;
    Some(known)
}

/// The language in which the window speaks: the wanted one, or English where no font
/// here has its letters.
pub(super) fn learn(wanted: Language) -> Language {
    let has = |c: &char| !c.is_whitespace() && *c != '…' && !Font::for_scale(1.0).has(*c);
    let missing: BTreeSet<char> = texts(wanted)
        .all()
        .flat_map(str::chars)
        .filter(has)
        .collect();
    if missing.is_empty() {
        return wanted;
    }
    match draw(&missing) {
        Some(letters) => {
            // Once a process: the language stays.
            let _ = LETTERS.set(letters);
            wanted
        }
        None => Language::English,
    }
}

fn draw(all: &BTreeSet<char>) -> Option<HashMap<(char, u16), Letter>> {
    let (mut fonts, mut glyphs) = (FontSystem::new(), SwashCache::new());
    let mut letters = HashMap::new();
    for font in Font::ALL {
        let (width, height) = (usize::from(font.advance()) * 2, usize::from(font.height()));
        let size = width.min(height) as f32 * 0.94;
        for c in all {
            let mut buffer = Buffer::new(&mut fonts, Metrics::new(size, height as f32));
            buffer.set_wrap(Wrap::None);
            let attrs = Attrs::new()
                .family(Family::SansSerif)
                .weight(Weight::NORMAL);
            buffer.set_text(&c.to_string(), &attrs, Shaping::Advanced, None);
            buffer.shape_until_scroll(&mut fonts, false);
            let mut runs = buffer.layout_runs().flat_map(|run| run.glyphs.iter());
            if !runs.all(|g| g.glyph_id != 0) {
                return None;
            }
            let mut letter = vec![0; width * height].into_boxed_slice();
            let white = Color::rgb(255, 255, 255);
            buffer.draw(&mut fonts, &mut glyphs, white, |x, y, w, h, part| {
                for py in y..y.saturating_add_unsigned(h) {
                    for px in x..x.saturating_add_unsigned(w) {
                        let (Ok(px), Ok(py)) = (usize::try_from(px), usize::try_from(py)) else {
                            continue;
                        };
                        if px < width && py < height {
                            letter[py * width + px] = part.a();
                        }
                    }
                }
            });
            letters.insert((*c, font.height()), letter);
        }
    }
    Some(letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A language is spoken only where every letter of it is drawn, in every size.
    #[test]
    fn a_language_is_spoken_whole_or_not_at_all() {
        for wanted in Language::ALL {
            let spoken = learn(wanted);
            assert!(
                spoken == wanted || wanted == Language::Chinese,
                "{wanted:?}"
            );
            for font in Font::ALL {
                let inked = |l: &[u8]| l.iter().any(|part| *part > 0);
                let seen = |c: &char| font.has(*c) || letter(*c, font).is_some_and(inked);
                let mut all = texts(spoken).all().flat_map(str::chars);
                let lacks = all.find(|c| !c.is_whitespace() && *c != '…' && !seen(c));
                assert_eq!(lacks, None, "{spoken:?}");
            }
        }
    }
}
