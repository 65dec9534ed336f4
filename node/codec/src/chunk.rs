//! What the compressor is fed for one update: moves, then tile parts.
//!
//! The pixels of all parts follow the list of parts, sorted by what they are
//! (indexes, then the three planes of residues), because alike bytes side by
//! side compress better.

use crate::geometry::{Rect, Region};
use crate::moves::{self, Move, MoveError};
use crate::paint::{self, MAX_PALETTE, index_bytes};
use crate::picture::Picture;
use crate::tiles::{Grid, TILE};
use crate::wire::{Put, Reader, WireError};

/// Most bytes of one update before compression. A viewer decompresses no
/// more; a sharer with more to say makes several updates.
pub const MAX_CHUNK: usize = 4 << 20;

/// Most bytes that one part can take: three planes of a full tile, its
/// address and form.
pub(crate) const MAX_PART: usize = 3 * paint::TILE_PIXELS + 16;

/// Elements of each list that are kept from one update to the next.
const KEPT: usize = 64 * 1024;

const FILL: u8 = 0;
const PALETTE: u8 = 1;
const RESIDUES: u8 = 2;
/// Bit of the first byte of a part: not the whole tile, three bytes follow.
const PARTIAL: u8 = 1 << 2;
/// Skips up to this fit the first byte; this value says a number follows.
const FAR: u32 = 31;

/// Why an update was refused. The peer that sent it misbehaved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChunkError {
    /// The bytes are not an update.
    #[error("update: {0}")]
    Wire(#[from] WireError),
    /// Its moves are wrong.
    #[error(transparent)]
    Moves(#[from] MoveError),
    /// More parts than tiles, or a tile beyond the picture.
    #[error("a part names a tile that does not exist")]
    Tile,
    /// A part leaves its tile.
    #[error("a part leaves its tile")]
    Part,
    /// An unknown way to paint.
    #[error("a part is painted in an unknown way")]
    Form,
    /// A palette too small or too large, or an index outside it.
    #[error("a palette is too small or too large, or an index is outside")]
    Palette,
}

#[derive(Clone, Copy, Debug)]
enum Form {
    Fill(u32),
    Palette(usize),
    Residues,
}

/// A part as the writer remembers it.
#[derive(Clone, Copy, Debug)]
struct Written {
    tile: usize,
    rect: Rect,
    form: Form,
    /// Where its palette lies in the common list.
    palette: usize,
}

/// Collects the parts of an update. Parts with indexes come in ascending
/// order of tiles, and so do parts with residues; the two may be mixed.
#[derive(Debug, Default)]
pub(crate) struct ChunkWriter {
    moves: Vec<Move>,
    parts: Vec<Written>,
    palettes: Vec<u32>,
    indexes: Vec<u8>,
    planes: [Vec<u8>; 3],
    list: Vec<u8>,
}

impl ChunkWriter {
    /// Empties it. What only a large update needed is given back with the
    /// first small one after it, so that large ones in a row need no new
    /// memory.
    pub(crate) fn clear(&mut self) {
        self.moves.clear();
        recycle(&mut self.parts);
        recycle(&mut self.palettes);
        recycle(&mut self.indexes);
        self.planes.iter_mut().for_each(recycle);
    }

    pub(crate) fn set_moves(&mut self, moves: Vec<Move>) {
        self.moves = moves;
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.parts.is_empty() && self.moves.is_empty()
    }

    /// Bytes so far, at most, not counting moves.
    pub(crate) fn len(&self) -> usize {
        let pixels = self.indexes.len() + self.planes.iter().map(Vec::len).sum::<usize>();
        pixels + self.palettes.len() * 3 + self.parts.len() * 12
    }

    /// Adds a part that the sampler has just looked at.
    pub(crate) fn add(
        &mut self,
        tile: usize,
        rect: Rect,
        look: paint::Look,
        sampler: &paint::Sampler,
    ) {
        let palette = self.palettes.len();
        let form = match look {
            paint::Look::Fill(c) => Form::Fill(c),
            paint::Look::Palette(n) => {
                self.palettes.extend_from_slice(sampler.palette(n));
                sampler.put_indexes(n, &mut self.indexes);
                Form::Palette(n)
            }
            paint::Look::Many => {
                sampler.put_residues(&mut self.planes);
                Form::Residues
            }
        };
        self.parts.push(Written {
            tile,
            rect,
            form,
            palette,
        });
    }

    /// The finished update as pieces to compress in order.
    pub(crate) fn finish(&mut self, grid: &Grid) -> [&[u8]; 5] {
        self.parts.sort_unstable_by_key(|p| p.tile);
        let list = &mut self.list;
        list.clear();
        moves::put(&self.moves, list);
        list.put_varint(self.parts.len() as u32);
        let mut next = 0;
        for p in &self.parts {
            let whole = grid.rect(p.tile);
            let partial = if p.rect == whole { 0 } else { PARTIAL };
            let form = match p.form {
                Form::Fill(_) => FILL,
                Form::Palette(_) => PALETTE,
                Form::Residues => RESIDUES,
            };
            let skip = p.tile.saturating_sub(next) as u32;
            list.put_u8(form | partial | (skip.min(FAR) as u8) << 3);
            if skip >= FAR {
                list.put_varint(skip - FAR);
            }
            if partial != 0 {
                let (x, y) = (u32::from(p.rect.x - whole.x), u32::from(p.rect.y - whole.y));
                let (w, h) = (u32::from(p.rect.w - 1), u32::from(p.rect.h - 1));
                list.put_u24(x | y << 5 | w << 10 | h << 15);
            }
            match p.form {
                Form::Fill(c) => list.put_u24(c),
                Form::Palette(n) => {
                    list.put_u8(n as u8);
                    for c in self.palettes.iter().skip(p.palette).take(n) {
                        list.put_u24(*c);
                    }
                }
                Form::Residues => {}
            }
            next = p.tile + 1;
        }
        let [green, blue, red] = &self.planes;
        [&self.list, &self.indexes, green, blue, red]
    }
}

fn recycle<T>(used: &mut Vec<T>) {
    let last = used.len();
    used.clear();
    if last < used.capacity() / 4 {
        used.shrink_to(KEPT);
    }
}

struct Part {
    rect: Rect,
    form: Form,
    /// Where its palette lies in the common list.
    palette: usize,
}

/// Applies an update to a picture and adds what it painted to `damage`.
///
/// The whole list is checked before the first pixel changes; only an index
/// outside its palette is found while painting.
///
/// # Errors
/// What is wrong with the bytes. The picture is then undefined.
pub(crate) fn apply(
    bytes: &[u8],
    picture: &mut Picture,
    damage: &mut Region,
) -> Result<(), ChunkError> {
    let size = picture.size();
    let grid = Grid::new(size);
    let mut r = Reader::new(bytes);
    let moves = moves::get(&mut r, size)?;
    let count = r.varint()? as usize;
    if count > grid.len() {
        return Err(ChunkError::Tile);
    }
    let mut parts = Vec::with_capacity(count.min(bytes.len()));
    let mut palettes: Vec<u32> = Vec::new();
    let (mut index_len, mut plane_len, mut next) = (0usize, 0usize, 0usize);
    for _ in 0..count {
        let first = r.u8()?;
        let mut skip = u32::from(first >> 3);
        if skip == FAR {
            skip = r.varint()?.checked_add(FAR).ok_or(ChunkError::Tile)?;
        }
        let tile = next.checked_add(skip as usize).filter(|t| *t < grid.len());
        let tile = tile.ok_or(ChunkError::Tile)?;
        next = tile + 1;
        let whole = grid.rect(tile);
        let rect = if first & PARTIAL == 0 {
            whole
        } else {
            part_of(whole, r.u24()?)?
        };
        let palette = palettes.len();
        let form = match first & 3 {
            FILL => Form::Fill(r.u24()?),
            PALETTE => {
                let n = usize::from(r.u8()?);
                if !(2..=MAX_PALETTE).contains(&n) {
                    return Err(ChunkError::Palette);
                }
                for _ in 0..n {
                    palettes.push(r.u24()?);
                }
                index_len += index_bytes(rect.w.into(), rect.h.into(), n);
                Form::Palette(n)
            }
            RESIDUES => {
                plane_len += rect.area() as usize;
                Form::Residues
            }
            _ => return Err(ChunkError::Form),
        };
        parts.push(Part {
            rect,
            form,
            palette,
        });
    }
    let mut indexes = r.bytes(index_len)?;
    let mut planes = [
        r.bytes(plane_len)?,
        r.bytes(plane_len)?,
        r.bytes(plane_len)?,
    ];
    r.finish()?;

    for m in &moves {
        m.apply(picture);
    }
    moves::touched(&moves, damage);
    for part in &parts {
        match part.form {
            Form::Fill(c) => picture.fill(part.rect, c),
            Form::Palette(n) => {
                let mine = index_bytes(part.rect.w.into(), part.rect.h.into(), n);
                let (head, rest) = indexes.split_at_checked(mine).ok_or(WireError::Short)?;
                indexes = rest;
                let palette = palettes.get(part.palette..part.palette + n);
                let palette = palette.ok_or(ChunkError::Palette)?;
                if !paint::paint_palette(picture, part.rect, palette, head) {
                    return Err(ChunkError::Palette);
                }
            }
            Form::Residues => {
                let n = part.rect.area() as usize;
                let mut mine: [&[u8]; 3] = [&[]; 3];
                for (m, p) in mine.iter_mut().zip(&mut planes) {
                    (*m, *p) = p.split_at_checked(n).ok_or(WireError::Short)?;
                }
                paint::paint_residues(picture, part.rect, mine);
            }
        }
        damage.add(part.rect);
    }
    Ok(())
}

/// The part of a tile that 20 packed bits describe.
fn part_of(whole: Rect, bits: u32) -> Result<Rect, ChunkError> {
    let field = |at: u32| (bits >> at & u32::from(TILE - 1)) as u16;
    let rect = Rect::new(
        whole.x + field(0),
        whole.y + field(5),
        field(10) + 1,
        field(15) + 1,
    );
    if bits >> 20 != 0 || !whole.contains(rect) {
        return Err(ChunkError::Part);
    }
    Ok(rect)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::paint::Sampler;

    fn written(f: impl FnOnce(&mut ChunkWriter, &mut Sampler, &Grid, &mut Picture)) -> Vec<u8> {
        let mut source = Picture::new(Size::new(1100, 70).unwrap());
        let grid = Grid::new(source.size());
        let mut w = ChunkWriter::default();
        f(&mut w, &mut Sampler::new(), &grid, &mut source);
        w.finish(&grid).concat()
    }

    fn try_apply(bytes: &[u8]) -> Result<Picture, ChunkError> {
        let mut p = Picture::new(Size::new(1100, 70).unwrap());
        apply(bytes, &mut p, &mut Region::new()).map(|()| p)
    }

    #[test]
    fn a_large_update_leaves_no_memory_behind() {
        let source = Picture::new(Size::new(1920, 1080).unwrap());
        let grid = Grid::new(source.size());
        let (mut w, mut s) = (ChunkWriter::default(), Sampler::new());
        let memory = |w: &ChunkWriter| w.planes.iter().map(Vec::capacity).sum::<usize>();
        let mut fill = |w: &mut ChunkWriter, tiles: usize| {
            w.clear();
            for i in 0..tiles {
                s.look(&source.view(), grid.rect(i));
                w.add(i, grid.rect(i), paint::Look::Many, &s);
            }
        };
        for _ in 0..3 {
            fill(&mut w, 1000);
            assert!(memory(&w) >= 3000 * 1024, "kept while it is needed");
        }
        fill(&mut w, 3);
        fill(&mut w, 3);
        assert!(memory(&w) <= 3 * KEPT, "{} bytes kept", memory(&w));
    }

    #[test]
    fn parts_far_apart_and_cut_at_the_edge() {
        let bytes = written(|w, s, grid, source| {
            source.fill(Rect::new(5, 6, 3, 2), 0x11_2233);
            source.fill(Rect::new(1099, 69, 1, 1), 0x44_5566);
            for (tile, rect) in [
                (0, Rect::new(5, 6, 3, 2)),
                (grid.len() - 1, Rect::new(1098, 69, 2, 1)),
            ] {
                let look = s.look(&source.view(), rect);
                w.add(tile, rect, look, s);
            }
        });
        let p = try_apply(&bytes).unwrap();
        assert_eq!(
            (p.get(5, 6), p.get(7, 7), p.get(8, 8)),
            (0x11_2233, 0x11_2233, 0)
        );
        assert_eq!((p.get(1098, 69), p.get(1099, 69)), (0, 0x44_5566));
    }

    #[test]
    fn golden_bytes() {
        // No moves, one part: tile 1, its pixel (2, 3), filled.
        let expected = [
            0,
            1,
            FILL | PARTIAL | 1 << 3,
            2 | 3 << 5,
            0,
            0,
            0x33,
            0x22,
            0x11,
        ];
        let bytes = written(|w, s, _, source| {
            source.fill(Rect::new(34, 3, 1, 1), 0x11_2233);
            let rect = Rect::new(34, 3, 1, 1);
            let look = s.look(&source.view(), rect);
            w.add(1, rect, look, s);
        });
        assert_eq!(bytes, expected);
    }

    #[test]
    fn wrong_parts_are_refused() {
        assert_eq!(try_apply(&[0, 0]).map(|_| ()), Ok(()));
        assert_eq!(try_apply(&[0, 0, 0]), Err(WireError::Trailing.into()));
        assert_eq!(try_apply(&[0, 106, 0]), Err(ChunkError::Tile));
        assert_eq!(
            try_apply(&[0, 1, 31 << 3, 200, 1, 0, 0, 0]),
            Err(ChunkError::Tile)
        );
        assert_eq!(try_apply(&[0, 1, 3]), Err(ChunkError::Form));
        assert_eq!(
            try_apply(&[0, 1, PALETTE, 1, 0, 0, 0]),
            Err(ChunkError::Palette)
        );
        assert_eq!(try_apply(&[0, 1, PALETTE, 65]), Err(ChunkError::Palette));
        // x = 31, w = 2: leaves the tile; then a bit beyond the twentieth.
        assert_eq!(
            try_apply(&[0, 1, PARTIAL, 31, 4, 0, 0, 0, 0]),
            Err(ChunkError::Part)
        );
        assert_eq!(
            try_apply(&[0, 1, PARTIAL, 0, 0, 16, 0, 0, 0]),
            Err(ChunkError::Part)
        );
        assert_eq!(
            try_apply(&[0, 1, RESIDUES, 1, 2]),
            Err(WireError::Short.into())
        );
        // Three colours, one pixel, index 3.
        let head = [0, 1, PALETTE | PARTIAL, 0, 0, 0, 3];
        let bad = [&head[..], &[0; 9], &[3]].concat();
        assert_eq!(try_apply(&bad), Err(ChunkError::Palette));
    }
}
