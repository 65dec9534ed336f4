//! How the pixels of one tile, or a part of it, become bytes: one colour, a
//! palette, or prediction. Lossless.

use crate::geometry::Rect;
use crate::picture::{COLOUR, Picture, PixelView};
use crate::tiles::TILE;

/// Most colours of a palette. Beyond it prediction is smaller.
pub const MAX_PALETTE: usize = 64;

/// Pixels of a full tile.
pub(crate) const TILE_PIXELS: usize = TILE as usize * TILE as usize;

/// Bits an index takes for a palette of `colours` entries. Only powers of
/// two, so that indexes never straddle a byte the compressor sees.
pub(crate) const fn index_bits(colours: usize) -> usize {
    match colours {
        0..=2 => 1,
        3..=4 => 2,
        5..=16 => 4,
        _ => 8,
    }
}

/// Bytes that the indexes of a `w` by `h` part take: rows start on a byte.
pub(crate) const fn index_bytes(w: usize, h: usize, colours: usize) -> usize {
    (w * index_bits(colours)).div_ceil(8) * h
}

/// What the pixels of a part turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// One colour.
    Fill(u32),
    /// So many colours, 2 to [`MAX_PALETTE`]; they and the indexes are in the
    /// [`Sampler`].
    Palette(usize),
    /// More colours.
    Many,
}

/// Looks at parts of a picture, one at a time. Holds scratch memory.
pub(crate) struct Sampler {
    pixels: [u32; TILE_PIXELS],
    index: [u8; TILE_PIXELS],
    colours: [u32; MAX_PALETTE],
    /// Open-addressed table from colour to index; an entry counts only if its
    /// generation is the current one.
    table: [(u32, u32, u8); 256],
    generation: u32,
    w: usize,
    h: usize,
}

impl std::fmt::Debug for Sampler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sampler")
    }
}

impl Sampler {
    pub(crate) fn new() -> Self {
        Self {
            pixels: [0; TILE_PIXELS],
            index: [0; TILE_PIXELS],
            colours: [0; MAX_PALETTE],
            table: [(0, 0, 0); 256],
            generation: 0,
            w: 0,
            h: 0,
        }
    }

    /// Reads the part and says what it is. `rect` is at most a tile.
    pub(crate) fn look(&mut self, source: &PixelView<'_>, rect: Rect) -> Look {
        self.w = usize::from(rect.w.min(TILE));
        self.h = usize::from(rect.h.min(TILE));
        for y in 0..self.h {
            let row = source.row(rect.x, rect.y + y as u16, self.w as u16);
            for (to, from) in self.pixels[y * self.w..].iter_mut().zip(row) {
                *to = from & COLOUR;
            }
        }
        self.count()
    }

    fn count(&mut self) -> Look {
        self.generation = self.generation.wrapping_add(1);
        if self.generation == 0 {
            self.table = [(0, 0, 0); 256];
            self.generation = 1;
        }
        let n = self.w * self.h;
        let mut colours = 0usize;
        let mut last = u32::MAX;
        let mut last_index = 0u8;
        for (pixel, index) in self.pixels[..n].iter().zip(&mut self.index[..n]) {
            let c = *pixel;
            if c != last {
                let mut slot = (c.wrapping_mul(0x9E37_79B1) >> 24) as usize;
                last_index = loop {
                    let entry = &mut self.table[slot];
                    if entry.0 != self.generation {
                        if colours == MAX_PALETTE {
                            return Look::Many;
                        }
                        *entry = (self.generation, c, colours as u8);
                        self.colours[colours] = c;
                        colours += 1;
                        break entry.2;
                    }
                    if entry.1 == c {
                        break entry.2;
                    }
                    slot = (slot + 1) & 255;
                };
                last = c;
            }
            *index = last_index;
        }
        if colours <= 1 {
            Look::Fill(self.colours[0])
        } else {
            Look::Palette(colours)
        }
    }

    /// The palette found by the last [`Self::look`].
    pub(crate) fn palette(&self, colours: usize) -> &[u32] {
        &self.colours[..colours.min(MAX_PALETTE)]
    }

    /// Appends the packed indexes of the last part.
    pub(crate) fn put_indexes(&self, colours: usize, out: &mut Vec<u8>) {
        let bits = index_bits(colours);
        if bits == 8 {
            out.extend_from_slice(&self.index[..self.w * self.h]);
            return;
        }
        let per_byte = 8 / bits;
        for row in self.index[..self.w * self.h].chunks_exact(self.w) {
            for group in row.chunks(per_byte) {
                let mut byte = 0u8;
                for (i, v) in group.iter().enumerate() {
                    byte |= v << (i * bits);
                }
                out.push(byte);
            }
        }
    }

    /// Appends the residues of the last part to the three planes.
    pub(crate) fn put_residues(&self, planes: &mut [Vec<u8>; 3]) {
        let (w, n) = (self.w, self.w * self.h);
        let mut channel = [[0u8; TILE_PIXELS]; 3];
        for (i, p) in self.pixels[..n].iter().enumerate() {
            channel[0][i] = (p >> 8) as u8;
            channel[1][i] = *p as u8;
            channel[2][i] = (p >> 16) as u8;
        }
        let mut residue = [[0u8; TILE_PIXELS]; 3];
        for (c, r) in channel.iter().zip(&mut residue) {
            residues(&c[..n], w, &mut r[..n]);
        }
        let [green, blue, red] = residue;
        for (plane, r) in planes[1..].iter_mut().zip([blue, red]) {
            plane.extend(
                r[..n]
                    .iter()
                    .zip(&green[..n])
                    .map(|(a, g)| a.wrapping_sub(*g)),
            );
        }
        planes[0].extend_from_slice(&green[..n]);
    }
}

/// Median edge detection: what the left, upper and upper left neighbours make
/// one expect.
fn median(left: u8, up: u8, corner: u8) -> u8 {
    let (lo, hi) = (left.min(up), left.max(up));
    let plane = i16::from(left) + i16::from(up) - i16::from(corner);
    plane.clamp(i16::from(lo), i16::from(hi)) as u8
}

/// Differences of one channel from its prediction.
fn residues(pixels: &[u8], w: usize, out: &mut [u8]) {
    let mut above: &[u8] = &[];
    for (row, out) in pixels.chunks_exact(w).zip(out.chunks_exact_mut(w)) {
        if above.is_empty() {
            out[0] = row[0];
            for i in 1..w {
                out[i] = row[i].wrapping_sub(row[i - 1]);
            }
        } else {
            out[0] = row[0].wrapping_sub(above[0]);
            for i in 1..w {
                out[i] = row[i].wrapping_sub(median(row[i - 1], above[i], above[i - 1]));
            }
        }
        above = row;
    }
}

/// Paints a part from packed indexes. `indexes` holds exactly
/// [`index_bytes`]; `false` if an index exceeds the palette.
pub(crate) fn paint_palette(
    picture: &mut Picture,
    rect: Rect,
    palette: &[u32],
    indexes: &[u8],
) -> bool {
    let bits = index_bits(palette.len());
    let per_byte = 8 / bits;
    let mask = ((1u16 << bits) - 1) as u8;
    let row_bytes = (usize::from(rect.w) * bits).div_ceil(8);
    let mut good = true;
    for (y, packed) in (0..rect.h).zip(indexes.chunks_exact(row_bytes.max(1))) {
        let row = picture.row_mut(rect.x, rect.y + y, rect.w);
        for (group, byte) in row.chunks_mut(per_byte).zip(packed) {
            let mut byte = *byte;
            for p in group {
                match palette.get(usize::from(byte & mask)) {
                    Some(c) => *p = *c,
                    None => good = false,
                }
                byte = byte.checked_shr(bits as u32).unwrap_or(0);
            }
        }
    }
    good
}

/// Paints a part from the residues of its green, blue and red planes, each
/// `w * h` bytes.
pub(crate) fn paint_residues(picture: &mut Picture, rect: Rect, planes: [&[u8]; 3]) {
    let w = usize::from(rect.w);
    if w == 0 || w > usize::from(TILE) {
        return;
    }
    // One extra column on the left keeps the corner reachable.
    let mut above = [[0u8; 3]; TILE as usize];
    for y in 0..rect.h {
        let at = usize::from(y) * w;
        let (Some(green), Some(blue), Some(red)) = (
            planes[0].get(at..at + w),
            planes[1].get(at..at + w),
            planes[2].get(at..at + w),
        ) else {
            return;
        };
        let row = picture.row_mut(rect.x, rect.y + y, rect.w);
        let mut left = [0u8; 3];
        let mut corner = [0u8; 3];
        for (i, (pixel, up)) in row.iter_mut().zip(&mut above).enumerate() {
            let g = green[i];
            let residue = [g, blue[i].wrapping_add(g), red[i].wrapping_add(g)];
            let mut now = [0u8; 3];
            for c in 0..3 {
                let expected = match (i, y) {
                    (_, 0) => left[c],
                    (0, _) => up[c],
                    _ => median(left[c], up[c], corner[c]),
                };
                now[c] = residue[c].wrapping_add(expected);
            }
            corner = *up;
            *up = now;
            left = now;
            *pixel = u32::from(now[2]) << 16 | u32::from(now[0]) << 8 | u32::from(now[1]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use proptest::prelude::*;

    /// Through bytes and back; says what the part was taken for.
    fn round_trip(source: &Picture, rect: Rect) -> (Look, Picture) {
        let mut s = Sampler::new();
        let mut out = Picture::new(source.size());
        let look = s.look(&source.view(), rect);
        match look {
            Look::Fill(c) => out.fill(rect, c),
            Look::Palette(n) => {
                let mut bytes = Vec::new();
                s.put_indexes(n, &mut bytes);
                assert_eq!(bytes.len(), index_bytes(rect.w.into(), rect.h.into(), n));
                assert!(paint_palette(&mut out, rect, s.palette(n), &bytes));
            }
            Look::Many => {
                let mut planes = [Vec::new(), Vec::new(), Vec::new()];
                s.put_residues(&mut planes);
                paint_residues(&mut out, rect, [&planes[0], &planes[1], &planes[2]]);
            }
        }
        (look, out)
    }

    proptest! {
        #[test]
        fn every_part_survives(
            w in 1u16..=32, h in 1u16..=32, x in 0u16..8, y in 0u16..8,
            colours in prop_oneof![1u32..=5, 14u32..=18, 60u32..=70, Just(1 << 24)],
            seed in any::<u32>(),
        ) {
            let mut source = Picture::new(Size::new(40, 40).unwrap());
            let mut r = seed;
            for yy in 0..40 { for xx in 0..40 {
                r = r.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                source.set(xx, yy, ((r >> 7) % colours).wrapping_mul(12_345));
            }}
            let rect = Rect::new(x, y, w, h);
            let (_, out) = round_trip(&source, rect);
            for yy in 0..40 { for xx in 0..40 {
                let inside = rect.contains(Rect::new(xx, yy, 1, 1));
                prop_assert_eq!(out.get(xx, yy), if inside { source.get(xx, yy) } else { 0 });
            }}
        }
    }

    #[test]
    fn looks_are_told_apart() {
        let mut p = Picture::new(Size::new(32, 32).unwrap());
        let all = Rect::new(0, 0, 32, 32);
        assert_eq!(round_trip(&p, all).0, Look::Fill(0));
        for i in 0..64 {
            p.set(i % 32, i / 32, u32::from(i) * 1000);
        }
        assert_eq!(round_trip(&p, all).0, Look::Palette(64));
        p.set(31, 31, 0xff_ffff);
        assert_eq!(round_trip(&p, all).0, Look::Many);
    }

    #[test]
    fn an_index_beyond_the_palette_is_noticed() {
        let mut p = Picture::new(Size::new(4, 1).unwrap());
        assert!(!paint_palette(
            &mut p,
            Rect::new(0, 0, 4, 1),
            &[1, 2, 3],
            &[0b11_10_01_00]
        ));
        assert!(paint_palette(
            &mut p,
            Rect::new(0, 0, 4, 1),
            &[1, 2, 3],
            &[0b00_10_01_00]
        ));
    }
}
