//! Pictures for the synthetic desktop: photographs and film, from numbers.

use crate::geometry::Size;
use crate::picture::Picture;

/// Numbers from a seed; the same everywhere.
#[derive(Clone, Debug)]
pub(super) struct Random(pub(super) u32);

impl Random {
    pub(super) const fn next(&mut self) -> u32 {
        // xorshift32 never leaves zero, so the seed is kept off it.
        let mut x = self.0 | 1;
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        self.0 = x;
        x
    }

    pub(super) fn below(&mut self, n: u32) -> u32 {
        ((u64::from(self.next()) * u64::from(n)) >> 32) as u32
    }
}

/// A value 0..=255 for a lattice point.
fn lattice(x: i32, y: i32, seed: u32) -> i32 {
    let mut h = (x as u32).wrapping_mul(0x9E37_79B1) ^ (y as u32).wrapping_mul(0x85EB_CA77) ^ seed;
    h ^= h >> 15;
    h = h.wrapping_mul(0x2C1B_3C6D);
    (h >> 24) as i32
}

/// Smooth noise 0..=255: lattice points `1 << shift` apart, bent together.
fn noise(x: i32, y: i32, shift: u32, seed: u32) -> i32 {
    let (cx, cy) = (x >> shift, y >> shift);
    let unit = 1 << shift;
    let bend = |v: i32| {
        let t = (v & (unit - 1)) * 256 / unit;
        t * t * (768 - 2 * t) / 65536
    };
    let (fx, fy) = (bend(x), bend(y));
    let mix = |a: i32, b: i32, f: i32| a + (b - a) * f / 256;
    let top = mix(lattice(cx, cy, seed), lattice(cx + 1, cy, seed), fx);
    let bottom = mix(lattice(cx, cy + 1, seed), lattice(cx + 1, cy + 1, seed), fx);
    mix(top, bottom, fy)
}

fn colour(r: i32, g: i32, b: i32) -> u32 {
    let c = |v: i32| v.clamp(0, 255) as u32;
    c(r) << 16 | c(g) << 8 | c(b)
}

/// Something with the statistics of a photograph: large soft shapes, texture,
/// a little grain.
pub(super) fn photo(size: Size, seed: u32) -> Picture {
    let mut p = Picture::new(size);
    let mut grain = Random(seed ^ 0xA5A5_5A5A);
    for y in 0..size.height() {
        for (x, pixel) in (0i32..).zip(p.row_mut(0, y, size.width())) {
            let y = i32::from(y);
            let shape = noise(x, y, 7, seed) + noise(x, y, 5, seed ^ 1) / 3;
            let texture = noise(x, y, 3, seed ^ 2) / 6 + noise(x, y, 1, seed ^ 4) / 14;
            let warm = noise(x, y, 8, seed ^ 3);
            let g = (grain.next() >> 29) as i32;
            *pixel = colour(
                shape / 2 + texture + warm / 3 + g,
                shape / 2 + texture + 30 + g,
                shape / 3 + texture + (255 - warm) / 3 + g,
            );
        }
    }
    p
}

/// A soft ground with a light from one corner, for behind the windows.
pub(super) fn wallpaper(size: Size, seed: u32) -> Picture {
    let mut p = Picture::new(size);
    let tint = seed % 40;
    for y in 0..size.height() {
        for (x, pixel) in (0i32..).zip(p.row_mut(0, y, size.width())) {
            let y = i32::from(y);
            let w = i32::from(size.width()) + i32::from(size.height());
            let light = 60 - 60 * (x + y) / w;
            let hill = i32::from(noise(x, 0, 8, seed) * 2 + 500 < y * 2) * 14;
            *pixel = colour(
                26 + light / 2 + hill,
                52 + light,
                74 + light + tint as i32 - hill,
            );
        }
    }
    p
}

/// Paints picture `t` of an endless film over all of `p`: drifting clouds, a
/// panning texture and a ball that crosses them.
pub(super) fn film(p: &mut Picture, t: u32, seed: u32) {
    let size = p.size();
    let (w, h) = (i32::from(size.width()), i32::from(size.height()));
    let t = t as i32;
    let fold = |v: i32, n: i32| {
        let n = n.max(1);
        let v = v.rem_euclid(2 * n);
        if v < n { v } else { 2 * n - v }
    };
    let (bx, by) = (fold(t * 5, w), fold(t * 3, h));
    let radius = (h / 7).max(4);
    for y in 0..size.height() {
        for (x, pixel) in (0i32..).zip(p.row_mut(0, y, size.width())) {
            let y = i32::from(y);
            let cloud = noise(x + t * 2, y + t / 2, 6, seed);
            let texture = noise(x + t * 3, y, 4, seed ^ 9) / 4;
            let (dx, dy) = (x - bx, y - by);
            let inside = radius * radius - dx * dx - dy * dy;
            *pixel = if inside > 0 {
                let shine = 90 + inside * 160 / (radius * radius);
                colour(shine, shine / 2 + texture / 2, 40)
            } else {
                colour(
                    cloud / 2 + texture,
                    cloud * 2 / 3 + 20,
                    90 + cloud / 2 + texture / 2,
                )
            };
        }
    }
}
