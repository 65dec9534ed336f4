//! The picture cut into tiles, and sets of tiles.

use crate::geometry::{Rect, Size};

/// Side of a tile in pixels. Large enough that a tile's own bytes outweigh
/// its address, small enough that a changed letter does not drag much along.
pub const TILE: u16 = 32;

/// How a picture is cut: rows of tiles from the top left; tiles at the right
/// and bottom edge may be smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    size: Size,
    columns: u32,
    rows: u32,
}

impl Grid {
    /// The grid of a picture of this size.
    #[must_use]
    pub const fn new(size: Size) -> Self {
        Self {
            size,
            columns: (size.width() as u32).div_ceil(TILE as u32),
            rows: (size.height() as u32).div_ceil(TILE as u32),
        }
    }

    /// Number of tiles.
    #[must_use]
    pub const fn len(&self) -> usize {
        (self.columns * self.rows) as usize
    }

    /// Never: a picture has at least one pixel.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        false
    }

    /// Tiles in a row.
    #[must_use]
    pub const fn columns(&self) -> usize {
        self.columns as usize
    }

    /// Tiles in a column.
    #[must_use]
    pub const fn rows(&self) -> usize {
        self.rows as usize
    }

    /// The pixels of tile `index`; empty beyond the last.
    #[must_use]
    pub fn rect(&self, index: usize) -> Rect {
        if index >= self.len() {
            return Rect::default();
        }
        let (tx, ty) = (index as u32 % self.columns, index as u32 / self.columns);
        let t = u32::from(TILE);
        Rect::new((tx * t) as u16, (ty * t) as u16, TILE, TILE).intersect(self.size.bounds())
    }

    /// Calls `f` with the index of each tile that `rect` touches, in
    /// ascending order.
    pub fn for_each_in(&self, rect: Rect, mut f: impl FnMut(usize)) {
        let rect = rect.intersect(self.size.bounds());
        if rect.is_empty() {
            return;
        }
        let t = u32::from(TILE);
        for ty in u32::from(rect.y) / t..=(rect.bottom() - 1) / t {
            for tx in u32::from(rect.x) / t..=(rect.right() - 1) / t {
                f((ty * self.columns + tx) as usize);
            }
        }
    }
}

/// A set of tiles: one bit each, 255 bytes for a 1080p screen. It is all that
/// is kept for a viewer who fell behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TileSet {
    words: Vec<u64>,
    len: usize,
}

impl TileSet {
    /// An empty set for the tiles of `grid`.
    #[must_use]
    pub fn empty(grid: &Grid) -> Self {
        Self {
            words: vec![0; grid.len().div_ceil(64)],
            len: grid.len(),
        }
    }

    /// All tiles of `grid`.
    #[must_use]
    pub fn full(grid: &Grid) -> Self {
        let mut set = Self::empty(grid);
        for i in 0..set.len {
            set.insert(i);
        }
        set
    }

    /// Adds a tile; one beyond the grid is ignored.
    pub fn insert(&mut self, index: usize) {
        if index < self.len {
            self.words[index / 64] |= 1 << (index % 64);
        }
    }

    /// Removes a tile.
    pub fn remove(&mut self, index: usize) {
        if index < self.len {
            self.words[index / 64] &= !(1 << (index % 64));
        }
    }

    /// Whether the tile is in the set.
    #[must_use]
    pub fn contains(&self, index: usize) -> bool {
        index < self.len && self.words[index / 64] >> (index % 64) & 1 == 1
    }

    /// Adds every tile that `rect` touches.
    pub fn insert_rect(&mut self, grid: &Grid, rect: Rect) {
        grid.for_each_in(rect, |i| self.insert(i));
    }

    /// Adds all tiles of `other`, which has the same grid.
    pub fn extend(&mut self, other: &Self) {
        for (a, b) in self.words.iter_mut().zip(&other.words) {
            *a |= b;
        }
    }

    /// Whether no tile is in the set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|w| *w == 0)
    }

    /// Number of tiles in the set.
    #[must_use]
    pub fn count(&self) -> usize {
        self.words.iter().map(|w| w.count_ones() as usize).sum()
    }

    /// Removes all tiles.
    pub fn clear(&mut self) {
        self.words.fill(0);
    }

    /// The tiles in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(w, &bits)| {
            std::iter::successors((bits != 0).then_some(bits), |b| {
                let rest = b & (b - 1);
                (rest != 0).then_some(rest)
            })
            .map(move |b| w * 64 + b.trailing_zeros() as usize)
        })
    }

    /// Bytes it occupies on the heap.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.words.len() * 8
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn edge_tiles_are_cut() {
        let grid = Grid::new(Size::new(70, 33).unwrap());
        assert_eq!((grid.columns(), grid.rows(), grid.len()), (3, 2, 6));
        assert_eq!(grid.rect(2), Rect::new(64, 0, 6, 32));
        assert_eq!(grid.rect(5), Rect::new(64, 32, 6, 1));
        assert!(grid.rect(6).is_empty());
    }

    proptest! {
        #[test]
        fn a_tile_set_is_a_set(ops in prop::collection::vec((any::<bool>(), 0usize..140), 0..200)) {
            let grid = Grid::new(Size::new(320, 416).unwrap());
            let mut set = TileSet::empty(&grid);
            let mut model = BTreeSet::new();
            for (add, i) in ops {
                if add && i < grid.len() {
                    set.insert(i);
                    model.insert(i);
                } else {
                    set.remove(i);
                    model.remove(&i);
                }
            }
            prop_assert_eq!(set.iter().collect::<Vec<_>>(), model.iter().copied().collect::<Vec<_>>());
            prop_assert_eq!(set.count(), model.len());
            prop_assert_eq!(set.is_empty(), model.is_empty());
        }
    }
}
