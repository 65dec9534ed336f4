//! Letters for the synthetic desktop: five by seven dots, ASCII.

use crate::geometry::Rect;
use crate::picture::Picture;

/// Dots of each character from the space on: seven rows of five, the first
/// row and the left dot highest.
#[rustfmt::skip]
const DOTS: [u64; 95] = [
    0x000000000, 0x108421004, 0x294a00000, 0x295f57d4a, 0x11f4717c4, 0x632222263,
    0x32544564d, 0x108800000, 0x088842082, 0x208210888, 0x009575480, 0x0084f9080,
    0x000003088, 0x0000f8000, 0x00000018c, 0x002222200, 0x3a33ae62e, 0x11842108e,
    0x3a211111f, 0x7c441062e, 0x08ca97c42, 0x7e1e0862e, 0x1910f462e, 0x7c2222108,
    0x3a317462e, 0x3a317844c, 0x018c03180, 0x018c03088, 0x088882082, 0x001f07c00,
    0x208208888, 0x3a2111004, 0x3a216d6ae, 0x3a318fe31, 0x7a31f463e, 0x3a308422e,
    0x72518c65c, 0x7e10f421f, 0x7e10f4210, 0x3a30bc62f, 0x4631fc631, 0x38842108e,
    0x1c4210a4c, 0x4654c5251, 0x42108421f, 0x4775ac631, 0x4639ace31, 0x3a318c62e,
    0x7a31f4210, 0x3a318d64d, 0x7a31f5251, 0x3e107043e, 0x7c8421084, 0x46318c62e,
    0x46318c544, 0x4631ad6aa, 0x462a22a31, 0x463151084, 0x7c222221f, 0x39084210e,
    0x020820820, 0x38421084e, 0x115100000, 0x00000001f, 0x208200000, 0x000e0be2f,
    0x4216cc63e, 0x000e8422e, 0x042d9c62f, 0x000e8fe0e, 0x1928e2108, 0x01f18bc2e,
    0x4216cc631, 0x100c2108e, 0x080610a4c, 0x4212a6292, 0x30842108e, 0x001aad631,
    0x0016cc631, 0x000e8c62e, 0x001e8fa10, 0x000d9bc21, 0x0016cc210, 0x000e8383e,
    0x211c42126, 0x00118c66d, 0x00118c544, 0x00118d6aa, 0x001151151, 0x00118bc2e,
    0x001f1111f, 0x088441082, 0x108421084, 0x208411088, 0x0008a8800,
];

/// Dots from one character to the next.
pub(super) const ADVANCE: u16 = 6;
/// Dots from one line to the next.
pub(super) const LINE: u16 = 10;

/// Ink on paper, at this many pixels a dot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pen {
    pub(super) ink: u32,
    pub(super) paper: u32,
    pub(super) scale: u16,
}

impl Pen {
    /// Width of a character in pixels.
    pub(super) const fn advance(self) -> u16 {
        ADVANCE * self.scale
    }

    /// Height of a line in pixels.
    pub(super) const fn line(self) -> u16 {
        LINE * self.scale
    }

    /// Writes text from its top left corner, on fresh paper. What does not fit
    /// the picture is lost.
    pub(super) fn write(self, p: &mut Picture, x: u16, y: u16, text: &str) {
        for (i, c) in text.chars().enumerate() {
            let at = u32::from(x) + i as u32 * u32::from(self.advance());
            let Ok(at) = u16::try_from(at) else { return };
            if at >= p.size().width() {
                return;
            }
            self.glyph(p, at, y, c);
        }
    }

    fn glyph(self, p: &mut Picture, x: u16, y: u16, c: char) {
        let s = self.scale;
        p.fill(Rect::new(x, y, self.advance(), self.line()), self.paper);
        let index = (c as usize).checked_sub(32).filter(|i| *i < DOTS.len());
        // Anything unknown is a box, as in life.
        let dots = index.map_or(0x0007_c631_8c7f, |i| DOTS[i]);
        let dot = |cx: i16, cy: i16| {
            (0..5).contains(&cx) && (0..7).contains(&cy) && dots >> (34 - (cy * 5 + cx)) & 1 == 1
        };
        for cy in 0..7i16 {
            for cx in 0..5i16 {
                let (px, py) = (x + cx as u16 * s, y + cy as u16 * s + s);
                if dot(cx, cy) {
                    p.fill(Rect::new(px, py, s, s), self.ink);
                } else if s > 1 {
                    self.soften(p, px, py, |dx, dy| dot(cx + dx, cy + dy));
                }
            }
        }
    }

    /// Half tones in the corners between two dots that touch at one: letters
    /// on real screens have smooth edges, and codecs feel it.
    fn soften(self, p: &mut Picture, x: u16, y: u16, dot: impl Fn(i16, i16) -> bool) {
        let half = mix(self.ink, self.paper);
        let far = self.scale - 1;
        for (dx, dy) in [(-1, -1), (1, -1), (-1, 1), (1, 1)] {
            if dot(dx, 0) && dot(0, dy) && !dot(dx, dy) {
                let at = |d: i16| if d > 0 { far } else { 0 };
                p.set(x + at(dx), y + at(dy), half);
            }
        }
    }
}

/// The colour halfway between two.
pub(super) const fn mix(a: u32, b: u32) -> u32 {
    ((a >> 1) & 0x7f_7f7f) + ((b >> 1) & 0x7f_7f7f)
}
