//! Between pixels and the planes of H.264: BT.601 weights, full range, one
//! chroma sample for 2×2 pixels. The way back is part of the format and bit
//! exact; the way there is the encoder's business.

use crate::geometry::Rect;
use crate::picture::{Picture, PixelView};

/// Three planes of a picture with even sides, without gaps.
#[derive(Debug, Default)]
pub(crate) struct Planes {
    pub(crate) w: usize,
    pub(crate) h: usize,
    pub(crate) y: Vec<u8>,
    pub(crate) u: Vec<u8>,
    pub(crate) v: Vec<u8>,
}

impl Planes {
    /// Converts the pixels of `rect` (even sides).
    pub(crate) fn fill_from(&mut self, source: &PixelView<'_>, rect: Rect) {
        (self.w, self.h) = (rect.w.into(), rect.h.into());
        let (w, half) = (self.w, self.w / 2);
        self.y.resize(w * self.h, 0);
        self.u.resize(half * self.h / 2, 0);
        self.v.resize(half * self.h / 2, 0);
        if w == 0 {
            return;
        }
        let rows = self.y.chunks_exact_mut(2 * w);
        let chroma = self
            .u
            .chunks_exact_mut(half)
            .zip(self.v.chunks_exact_mut(half));
        for ((pair, (u, v)), at) in rows.zip(chroma).zip((0u16..).step_by(2)) {
            let (luma0, luma1) = pair.split_at_mut(w);
            let top = source.row(rect.x, rect.y + at, rect.w);
            let bottom = source.row(rect.x, rect.y + at + 1, rect.w);
            luma_row(top, luma0);
            luma_row(bottom, luma1);
            let quads = top.chunks_exact(2).zip(bottom.chunks_exact(2));
            for ((t, b), (u, v)) in quads.zip(u.iter_mut().zip(v.iter_mut())) {
                let sum = |shift: u32| {
                    let c = |p: u32| (p >> shift & 255) as i32;
                    c(t[0]) + c(t[1]) + c(b[0]) + c(b[1])
                };
                let (r, g, bl) = (sum(16), sum(8), sum(0));
                let cb = (-43 * r - 85 * g + 128 * bl + 512) >> 10;
                let cr = (128 * r - 107 * g - 21 * bl + 512) >> 10;
                *u = (cb + 128).clamp(0, 255) as u8;
                *v = (cr + 128).clamp(0, 255) as u8;
            }
        }
    }
}

fn luma_row(pixels: &[u32], out: &mut [u8]) {
    for (p, y) in pixels.iter().zip(out) {
        let (r, g, b) = (p >> 16 & 255, p >> 8 & 255, p & 255);
        *y = ((77 * r + 150 * g + 29 * b + 128) >> 8) as u8;
    }
}

/// Decoded planes, with the distances of their rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decoded<'a> {
    pub(crate) y: &'a [u8],
    pub(crate) u: &'a [u8],
    pub(crate) v: &'a [u8],
    pub(crate) luma_stride: usize,
    pub(crate) chroma_stride: usize,
}

/// Paints decoded planes at `rect`; `false` if a plane is too short.
pub(crate) fn paint(picture: &mut Picture, rect: Rect, d: Decoded<'_>) -> bool {
    let (w, half) = (usize::from(rect.w), usize::from(rect.w) / 2);
    for row in 0..rect.h {
        let (at, half_at) = (
            usize::from(row) * d.luma_stride,
            usize::from(row / 2) * d.chroma_stride,
        );
        let (Some(y), Some(u), Some(v)) = (
            d.y.get(at..at + w),
            d.u.get(half_at..half_at + half),
            d.v.get(half_at..half_at + half),
        ) else {
            return false;
        };
        let out = picture.row_mut(rect.x, rect.y + row, rect.w);
        let chroma = u.iter().zip(v);
        for ((pixels, y), (u, v)) in out.chunks_exact_mut(2).zip(y.chunks_exact(2)).zip(chroma) {
            let (cb, cr) = (i32::from(*u) - 128, i32::from(*v) - 128);
            let (red, green, blue) = (359 * cr, -88 * cb - 183 * cr, 454 * cb);
            for (p, y) in pixels.iter_mut().zip(y) {
                let luma = i32::from(*y) * 256 + 128;
                let c = |offset: i32| ((luma + offset) >> 8).clamp(0, 255) as u32;
                *p = c(red) << 16 | c(green) << 8 | c(blue);
            }
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;

    #[test]
    fn flat_colours_come_back_within_two_steps() {
        let rect = Rect::new(1, 1, 16, 16);
        let mut planes = Planes::default();
        for c in [
            0, 0xff_ffff, 0xff_0000, 0x00_ff00, 0x00_00ff, 0x12_3456, 0x80_8080, 0xc0_ffee,
        ] {
            let mut p = Picture::new(Size::new(20, 20).unwrap());
            p.fill(rect, c);
            planes.fill_from(&p.view(), rect);
            let mut out = Picture::new(p.size());
            let d = Decoded {
                y: &planes.y,
                u: &planes.u,
                v: &planes.v,
                luma_stride: 16,
                chroma_stride: 8,
            };
            assert!(paint(&mut out, rect, d));
            for shift in [0, 8, 16] {
                let a = (out.get(5, 5) >> shift & 255) as i32;
                let b = (c >> shift & 255) as i32;
                assert!((a - b).abs() <= 2, "{c:06x} became {:06x}", out.get(5, 5));
            }
        }
    }

    #[test]
    fn the_way_back_is_exact() {
        // Values computed by hand from the formulas of the specification.
        let mut p = Picture::new(Size::new(16, 16).unwrap());
        let (y, u, v) = ([100u8; 256], [90u8; 64], [200u8; 64]);
        let d = Decoded {
            y: &y,
            u: &u,
            v: &v,
            luma_stride: 16,
            chroma_stride: 8,
        };
        assert!(paint(&mut p, Rect::new(0, 0, 16, 16), d));
        // R = (25600+128+359*72)>>8 = 201, G = (25728+88*38-183*72)>>8 = 62,
        // B = (25728-454*38)>>8 = 33.
        assert_eq!(p.get(3, 3), 201 << 16 | 62 << 8 | 33);
    }

    #[test]
    fn short_planes_are_noticed() {
        let mut p = Picture::new(Size::new(16, 16).unwrap());
        let d = Decoded {
            y: &[0; 255],
            u: &[0; 64],
            v: &[0; 64],
            luma_stride: 16,
            chroma_stride: 8,
        };
        assert!(!paint(&mut p, Rect::new(0, 0, 16, 16), d));
    }
}
