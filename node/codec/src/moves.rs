//! Moves: pixels the viewer already has, at another place.

use crate::geometry::{Rect, Region, Size};
use crate::picture::Picture;
use crate::wire::{Put, Reader, WireError};

/// Most vectors in one update. More than a few things never move at once.
pub const MAX_VECTORS: usize = 8;

/// Most rectangles of all vectors of one update together.
pub const MAX_MOVE_RECTS: usize = 256;

/// How far something moved: right and down are positive. Pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Vector {
    /// To the right.
    pub dx: i16,
    /// Downwards.
    pub dy: i16,
}

/// Rectangles that moved by the same vector, named by where they are now.
/// They move at once: every pixel is read before it is overwritten, provided
/// the rectangles do not overlap (see [`Self::apply`] for when they do).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Move {
    pub(crate) vector: Vector,
    pub(crate) rects: Vec<Rect>,
}

/// Why moves were refused. The peer that sent them misbehaved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoveError {
    /// The bytes are not moves.
    #[error("moves: {0}")]
    Wire(#[from] WireError),
    /// More vectors or rectangles than allowed, or none where one must be.
    #[error("too many or too few moves")]
    Count,
    /// A vector is zero or too long.
    #[error("a vector is out of range")]
    Vector,
    /// A rectangle or where it comes from lies outside the picture, or the
    /// rectangles together cover more than the picture.
    #[error("a move leaves the picture")]
    Outside,
}

impl Move {
    /// Where the pixels of `rect` come from, if inside a picture of `size`.
    pub(crate) fn origin(&self, rect: Rect, size: Size) -> Option<Rect> {
        let x = u16::try_from(i32::from(rect.x) - i32::from(self.vector.dx)).ok()?;
        let y = u16::try_from(i32::from(rect.y) - i32::from(self.vector.dy)).ok()?;
        let origin = Rect::new(x, y, rect.w, rect.h);
        size.bounds().contains(origin).then_some(origin)
    }

    /// Moves the pixels. Row by row, from the side the content moves to, and
    /// within a row the rectangles likewise; each run is copied as a whole.
    /// This order is part of the format: it decides what overlapping
    /// rectangles do.
    pub(crate) fn apply(&self, picture: &mut Picture) {
        let size = picture.size();
        let mut rects: Vec<(Rect, Rect)> = self
            .rects
            .iter()
            .filter_map(|r| Some((*r, self.origin(*r, size)?)))
            .collect();
        rects.sort_by_key(|(r, _)| (r.x, r.y, r.w, r.h));
        if self.vector.dx > 0 {
            rects.reverse();
        }
        let top = rects.iter().map(|(r, _)| r.y).min().unwrap_or(0);
        let bottom = rects
            .iter()
            .map(|(r, _)| r.bottom() as u16)
            .max()
            .unwrap_or(0);
        let mut row = |y: u16| {
            for (r, o) in &rects {
                if y >= r.y && u32::from(y) < r.bottom() {
                    picture.copy_run((o.x, o.y + (y - r.y)), (r.x, y), r.w);
                }
            }
        };
        if self.vector.dy > 0 {
            (top..bottom).rev().for_each(&mut row);
        } else {
            (top..bottom).for_each(&mut row);
        }
    }
}

/// Appends the moves of an update.
pub(crate) fn put(moves: &[Move], out: &mut Vec<u8>) {
    out.put_varint(moves.len() as u32);
    for m in moves {
        out.put_signed(m.vector.dx.into());
        out.put_signed(m.vector.dy.into());
        out.put_varint(m.rects.len() as u32);
        for r in &m.rects {
            for v in [r.x, r.y, r.w, r.h] {
                out.put_varint(v.into());
            }
        }
    }
}

fn side(r: &mut Reader<'_>) -> Result<u16, MoveError> {
    u16::try_from(r.varint()?).map_err(|_| MoveError::Outside)
}

fn offset(r: &mut Reader<'_>) -> Result<i16, MoveError> {
    i16::try_from(r.signed()?).map_err(|_| MoveError::Vector)
}

/// Reads and checks the moves of an update for a picture of `size`.
pub(crate) fn get(r: &mut Reader<'_>, size: Size) -> Result<Vec<Move>, MoveError> {
    let vectors = r.varint()? as usize;
    if vectors > MAX_VECTORS {
        return Err(MoveError::Count);
    }
    let mut left = MAX_MOVE_RECTS;
    let mut area = 0u64;
    let mut moves = Vec::with_capacity(vectors);
    for _ in 0..vectors {
        let vector = Vector {
            dx: offset(r)?,
            dy: offset(r)?,
        };
        if vector.dx == 0 && vector.dy == 0 {
            return Err(MoveError::Vector);
        }
        let n = r.varint()? as usize;
        if n == 0 || n > left {
            return Err(MoveError::Count);
        }
        left -= n;
        let mut m = Move {
            vector,
            rects: Vec::with_capacity(n),
        };
        for _ in 0..n {
            let rect = Rect::new(side(r)?, side(r)?, side(r)?, side(r)?);
            if rect.is_empty() || !size.bounds().contains(rect) || m.origin(rect, size).is_none() {
                return Err(MoveError::Outside);
            }
            area += u64::from(rect.area());
            m.rects.push(rect);
        }
        moves.push(m);
    }
    // Bounds the work an update can cause, whatever it says.
    if area > size.pixels() as u64 * 2 {
        return Err(MoveError::Outside);
    }
    Ok(moves)
}

/// Every pixel the moves write.
pub(crate) fn touched(moves: &[Move], region: &mut Region) {
    for r in moves.iter().flat_map(|m| &m.rects) {
        region.add(*r);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn picture() -> Picture {
        let mut p = Picture::new(Size::new(48, 40).unwrap());
        for y in 0..40 {
            for x in 0..48 {
                p.set(x, y, u32::from(y) * 1000 + u32::from(x));
            }
        }
        p
    }

    proptest! {
        /// Disjoint rectangles move as if all were read before any is written.
        #[test]
        fn a_move_is_simultaneous(
            dx in -20i16..20, dy in -20i16..20,
            cells in prop::collection::btree_set((0u16..6, 0u16..5), 1..20),
        ) {
            prop_assume!((dx, dy) != (0, 0));
            let mut p = picture();
            let size = p.size();
            let m = Move { vector: Vector { dx, dy }, rects: vec![] };
            let rects: Vec<Rect> = cells.into_iter()
                .map(|(x, y)| Rect::new(x * 8, y * 8, 8, 8))
                .filter(|r| m.origin(*r, size).is_some())
                .collect();
            prop_assume!(!rects.is_empty());
            let m = Move { rects, ..m };
            let old = p.clone();
            m.apply(&mut p);
            for y in 0..40u16 { for x in 0..48u16 {
                let moved = m.rects.iter().any(|r| r.contains(Rect::new(x, y, 1, 1)));
                let expected = if moved {
                    old.get((i32::from(x) - i32::from(dx)) as u16, (i32::from(y) - i32::from(dy)) as u16)
                } else { old.get(x, y) };
                prop_assert_eq!(p.get(x, y), expected);
            }}
            let mut bytes = Vec::new();
            put(std::slice::from_ref(&m), &mut bytes);
            let mut r = Reader::new(&bytes);
            prop_assert_eq!(get(&mut r, size), Ok(vec![m]));
        }
    }

    #[test]
    fn moves_out_of_the_picture_are_refused() {
        let size = Size::new(48, 40).unwrap();
        let try_one = |dx, dy, rect| {
            let mut bytes = Vec::new();
            put(
                &[Move {
                    vector: Vector { dx, dy },
                    rects: vec![rect],
                }],
                &mut bytes,
            );
            get(&mut Reader::new(&bytes), size).map(|_| ())
        };
        assert_eq!(try_one(1, 0, Rect::new(1, 0, 47, 40)), Ok(()));
        assert_eq!(
            try_one(1, 0, Rect::new(0, 0, 47, 40)),
            Err(MoveError::Outside)
        );
        assert_eq!(
            try_one(1, 0, Rect::new(1, 0, 48, 40)),
            Err(MoveError::Outside)
        );
        assert_eq!(try_one(0, 0, Rect::new(1, 0, 4, 4)), Err(MoveError::Vector));
        assert_eq!(
            try_one(0, -1, Rect::new(0, 39, 4, 1)),
            Err(MoveError::Outside)
        );
        assert_eq!(
            try_one(1, 0, Rect::new(1, 0, 0, 4)),
            Err(MoveError::Outside)
        );
    }

    #[test]
    fn the_work_of_an_update_is_bounded() {
        let size = Size::new(48, 40).unwrap();
        let one = Rect::new(1, 0, 47, 40);
        let moves = [Move {
            vector: Vector { dx: 1, dy: 0 },
            rects: vec![one; 3],
        }];
        let mut bytes = Vec::new();
        put(&moves, &mut bytes);
        assert_eq!(get(&mut Reader::new(&bytes), size), Err(MoveError::Outside));
        let mut bytes = Vec::new();
        bytes.put_varint(9);
        assert_eq!(get(&mut Reader::new(&bytes), size), Err(MoveError::Count));
    }
}
