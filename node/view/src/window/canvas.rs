//! Drawing into the window's pixels, within a clip.

use super::wide;
use kith_codec::geometry::Rect;
use noto_sans_mono_bitmap::{FontWeight, RasterHeight, get_raster, get_raster_width};

/// The pixels of the window and the part of them to draw in.
#[derive(Debug)]
pub(super) struct Canvas<'a> {
    pixels: &'a mut [u32],
    width: u16,
    clip: Rect,
}

/// Mixes `top` over `below`; `part` of 255.
#[must_use]
pub(super) fn mix(below: u32, top: u32, part: u8) -> u32 {
    let (p, q) = (u32::from(part), 255 - u32::from(part));
    let channel = |shift: u32| {
        let sum = ((below >> shift) & 0xff) * q + ((top >> shift) & 0xff) * p;
        ((sum + 127) / 255) << shift
    };
    channel(0) | channel(8) | channel(16)
}

impl<'a> Canvas<'a> {
    /// `clip` is held within the window's `height` rows of `width` pixels;
    /// fewer pixels than that draw less.
    #[must_use]
    pub(super) fn new(pixels: &'a mut [u32], width: u16, clip: Rect) -> Self {
        let height = pixels.len() / usize::from(width.max(1));
        let bounds = Rect::new(0, 0, width, u16::try_from(height).unwrap_or(u16::MAX));
        Self {
            pixels,
            width,
            clip: clip.intersect(bounds),
        }
    }

    /// What is drawn in.
    #[must_use]
    pub(super) const fn clip(&self) -> Rect {
        self.clip
    }

    /// The pixels of one row within the clip and `rect`, and the column of the
    /// first.
    pub(super) fn row(&mut self, rect: Rect, y: u16) -> (u16, &mut [u32]) {
        let r = rect.intersect(self.clip);
        if y < r.y || u32::from(y) >= r.bottom() {
            return (r.x, &mut []);
        }
        let base = usize::from(y) * usize::from(self.width) + usize::from(r.x);
        let row = self.pixels.get_mut(base..base + usize::from(r.w));
        (r.x, row.unwrap_or_default())
    }

    /// Does something to each pixel of `rect`: row by row, with the column of
    /// the first.
    pub(super) fn rows(&mut self, rect: Rect, mut each: impl FnMut(u16, u16, &mut [u32])) {
        let r = rect.intersect(self.clip);
        for y in r.y..r.y + r.h {
            let (x, row) = self.row(r, y);
            each(x, y, row);
        }
    }

    /// One colour.
    pub(super) fn fill(&mut self, rect: Rect, colour: u32) {
        self.rows(rect, |_, _, row| row.fill(colour));
    }

    /// A colour mixed in; `part` of 255.
    pub(super) fn tint(&mut self, rect: Rect, colour: u32, part: u8) {
        self.rows(rect, |_, _, row| {
            for p in row {
                *p = mix(*p, colour, part);
            }
        });
    }

    /// The outline of a rectangle, `t` pixels thick.
    pub(super) fn frame(&mut self, r: Rect, t: u16, colour: u32) {
        if r.w < 2 * t || r.h < 2 * t {
            return;
        }
        self.fill(Rect::new(r.x, r.y, r.w, t), colour);
        self.fill(Rect::new(r.x, r.y + r.h - t, r.w, t), colour);
        self.fill(Rect::new(r.x, r.y, t, r.h), colour);
        self.fill(Rect::new(r.x + r.w - t, r.y, t, r.h), colour);
    }

    fn letter<'b>(
        &mut self,
        (x, y): (i32, i32),
        rows: impl Iterator<Item = &'b [u8]>,
        colour: u32,
    ) {
        for (dy, line) in rows.enumerate() {
            for (dx, &part) in line.iter().enumerate() {
                let (px, py) = (x + dx as i32, y + dy as i32);
                let (Ok(px), Ok(py)) = (u16::try_from(px), u16::try_from(py)) else {
                    continue;
                };
                if part > 0 {
                    self.tint(Rect::new(px, py, 1, 1), colour, part);
                }
            }
        }
    }

    /// One line of text, its top left corner at (x, y).
    pub(super) fn text(&mut self, x: i32, y: i32, text: &str, font: Font, colour: u32) {
        let mut at = x;
        for c in letters(text) {
            if at > i32::from(self.width) {
                return;
            }
            if let Some(letter) = wide::letter(c, font) {
                let rows = letter.chunks(usize::from(font.wide(c)));
                self.letter((at, y), rows, colour);
            } else {
                let rows = font.glyph(c).iter().copied();
                self.letter((at, y), rows, colour);
            }
            at += i32::from(font.wide(c));
        }
    }
}

/// What is drawn of a text: the font has no sign for what is left out.
fn letters(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(|c| {
        let (c, times) = if c == '…' { ('.', 3) } else { (c, 1) };
        std::iter::repeat_n(c, times)
    })
}

/// The strip's letters in one size.
#[derive(Clone, Copy, Debug)]
pub(super) struct Font(RasterHeight);

impl Font {
    /// Every size.
    pub(super) const ALL: [Self; 3] = [
        Self(RasterHeight::Size16),
        Self(RasterHeight::Size24),
        Self(RasterHeight::Size32),
    ];

    /// For a screen on which an ordinary letter is so much larger than usual.
    #[must_use]
    pub(super) fn for_scale(scale: f64) -> Self {
        Self(match scale {
            s if s < 1.3 => RasterHeight::Size16,
            s if s < 1.8 => RasterHeight::Size24,
            _ => RasterHeight::Size32,
        })
    }

    /// Height of a line in pixels.
    #[must_use]
    pub(super) const fn height(self) -> u16 {
        self.0.val() as u16
    }

    /// Whether it has a letter built in.
    #[must_use]
    pub(super) fn has(self, c: char) -> bool {
        get_raster(c, FontWeight::Regular, self.0).is_some()
    }

    /// Width of this letter in pixels.
    fn wide(self, c: char) -> u16 {
        match wide::letter(c, self) {
            Some(_) => self.advance() * 2,
            None => self.advance(),
        }
    }

    /// As much of a text as has room, with three dots where it is cut.
    #[must_use]
    pub(super) fn cut(self, text: &str, room: u16) -> String {
        let mut left = room.saturating_sub(3 * self.advance());
        let fits = |c: &char| {
            let wide = self.wide(*c);
            let fits = wide <= left;
            left = left.saturating_sub(wide);
            fits
        };
        text.chars().take_while(fits).chain(['…']).collect()
    }

    /// Width of an ordinary letter in pixels; all built-in ones are as wide.
    #[must_use]
    pub(super) const fn advance(self) -> u16 {
        get_raster_width(FontWeight::Regular, self.0) as u16
    }

    /// Width of a text in pixels.
    #[must_use]
    pub(super) fn width(self, text: &str) -> u16 {
        letters(text).fold(0, |sum, c| sum.saturating_add(self.wide(c)))
    }

    /// Letters the font lacks are shown as `?`; the window's title has them.
    fn glyph(self, c: char) -> &'static [&'static [u8]] {
        let raster = |c| get_raster(c, FontWeight::Regular, self.0);
        raster(c)
            .or_else(|| raster('?'))
            .map_or(&[], |g| g.raster())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_drawn_outside_the_clip() {
        let mut pixels = vec![7; 20 * 20];
        let clip = Rect::new(5, 5, 10, 10);
        let mut canvas = Canvas::new(&mut pixels, 20, clip);
        canvas.fill(Rect::new(0, 0, 20, 20), 1);
        canvas.tint(Rect::new(0, 0, 20, 20), 2, 255);
        canvas.frame(Rect::new(0, 0, 20, 20), 9, 3);
        canvas.text(-3, -3, "Wide text", Font::for_scale(1.0), 4);
        canvas.text(15, 15, "Wide text", Font::for_scale(2.0), 4);
        for (i, p) in pixels.iter().enumerate() {
            let (x, y) = ((i % 20) as u16, (i / 20) as u16);
            let inside = clip.contains(Rect::new(x, y, 1, 1));
            assert_eq!(*p == 7, !inside, "({x}, {y})");
        }
        // A clip beyond the pixels is held within them.
        let mut few = vec![0; 10];
        Canvas::new(&mut few, 3, Rect::new(0, 0, 60_000, 60_000))
            .fill(Rect::new(0, 0, 60_000, 60_000), 9);
        assert_eq!(few, [9, 9, 9, 9, 9, 9, 9, 9, 9, 0]);
    }

    #[test]
    fn what_is_left_out_is_three_dots() {
        let font = Font::for_scale(1.0);
        let drawn = |text| {
            let mut pixels = vec![0; 100 * 20];
            let all = Rect::new(0, 0, 100, 20);
            Canvas::new(&mut pixels, 100, all).text(0, 0, text, font, 0xff_ffff);
            (pixels, font.width(text))
        };
        assert!(drawn("again…") == drawn("again..."));
    }

    #[test]
    fn mixing() {
        assert_eq!(mix(0x12_3456, 0xff_ffff, 0), 0x12_3456);
        assert_eq!(mix(0x12_3456, 0xab_cdef, 255), 0xab_cdef);
        assert_eq!(mix(0, 0xff_ffff, 128), 0x80_8080);
    }

    #[test]
    fn every_font_has_its_letters() {
        for scale in [1.0, 1.5, 2.0, 4.0] {
            let font = Font::for_scale(scale);
            for c in ('!'..='~').chain("äöüßéñŁőİ".chars()) {
                let glyph = font.glyph(c);
                assert_eq!(glyph.len(), usize::from(font.height()), "{c}");
                assert!(glyph.iter().any(|l| l.iter().any(|p| *p > 0)), "{c}");
            }
            assert_eq!(font.glyph('中'), font.glyph('?'));
        }
    }
}
