//! Where two pictures differ, tile by tile.
//!
//! A share compares megabytes of pixels for each update, so that what it costs
//! is fetching them. The tiles of one row are therefore compared together, a
//! line of pixels through all of them at a time: memory is read in the order in
//! which it lies. Tile after tile, every 32 pixels would be on another page.

use crate::geometry::Rect;
use crate::picture::{COLOUR, Picture, PixelView};
use crate::tiles::{Grid, TileSet};

/// Whether two runs have the same colours, and are as long as each other.
pub(crate) fn same(a: &[u32], b: &[u32]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |d, (a, b)| d | (a ^ b)) & COLOUR == 0
}

/// The tiles of `among` in which the pictures differ.
pub(crate) fn differing(
    old: &Picture,
    new: &PixelView<'_>,
    grid: &Grid,
    among: &TileSet,
) -> TileSet {
    let mut found = TileSet::empty(grid);
    let tiles: Vec<usize> = among.iter().collect();
    for row in rows(grid, &tiles) {
        let mut alike: Vec<(usize, Rect)> = row.iter().map(|i| (*i, grid.rect(*i))).collect();
        let height = alike.first().map_or(0, |(_, r)| r.h);
        for y in 0..height {
            alike.retain(|(i, r)| {
                let alike = same(new.row(r.x, r.y + y, r.w), old.row(r.x, r.y + y, r.w));
                if !alike {
                    found.insert(*i);
                }
                alike
            });
        }
    }
    found
}

/// `tiles`, in ascending order, row by row of `grid`.
pub(crate) fn rows<'a>(
    grid: &Grid,
    tiles: &'a [usize],
) -> impl Iterator<Item = &'a [usize]> + use<'a> {
    let columns = grid.columns();
    tiles.chunk_by(move |a, b| a / columns == b / columns)
}

/// The smallest parts of `rects` that hold every difference. All of them begin
/// at one line, are equally high, and at most 32 pixels wide: tiles of one row.
pub(crate) fn trims(old: &Picture, new: &PixelView<'_>, rects: &[Rect]) -> Vec<Option<Rect>> {
    let mut found = vec![Differences::default(); rects.len()];
    let height = rects.iter().map(|r| r.h).max().unwrap_or(0);
    for y in 0..height {
        for (r, found) in rects.iter().zip(&mut found) {
            let a = new.row(r.x, r.y + y, r.w);
            let b = old.row(r.x, r.y + y, r.w);
            if !same(a, b) {
                found.add(y, a, b);
            }
        }
    }
    rects.iter().zip(found).map(|(r, d)| d.within(*r)).collect()
}

/// The lines and columns of a tile in which something differs.
#[derive(Clone, Default)]
struct Differences {
    lines: Option<(u16, u16)>,
    columns: u32,
}

impl Differences {
    fn add(&mut self, y: u16, a: &[u32], b: &[u32]) {
        self.lines = Some((self.lines.map_or(y, |(top, _)| top), y));
        for (i, (a, b)) in a.iter().zip(b).enumerate() {
            self.columns |= u32::from((a ^ b) & COLOUR != 0) << i;
        }
    }

    fn within(&self, rect: Rect) -> Option<Rect> {
        let (top, bottom) = self.lines?;
        let left = self.columns.trailing_zeros() as u16;
        let right = 31 - self.columns.leading_zeros() as u16;
        Some(Rect::new(
            rect.x + left,
            rect.y + top,
            right - left + 1,
            bottom - top + 1,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use proptest::prelude::*;

    proptest! {
        /// Against a look at every single pixel.
        #[test]
        fn exactly_what_differs_is_found(
            (w, h) in (1u16..100, 1u16..80),
            dots in prop::collection::vec((0u16..100, 0u16..80, any::<u32>()), 0..6),
            among in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        ) {
            let size = Size::new(w, h).unwrap();
            let grid = Grid::new(size);
            let old = Picture::new(size);
            // What the undefined byte holds is no difference.
            let mut pixels = vec![0xff00_0000; size.pixels()];
            for (x, y, colour) in dots.iter().filter(|(x, y, _)| *x < w && *y < h) {
                pixels[usize::from(*y) * usize::from(w) + usize::from(*x)] = *colour;
            }
            let new = PixelView::new(&pixels, size, w.into()).unwrap();
            let mut set = TileSet::empty(&grid);
            for i in among {
                set.insert(i.index(grid.len()));
            }
            let whole = |rect: Rect| {
                let mut part = Rect::default();
                for (x, y) in (rect.y..rect.bottom() as u16)
                    .flat_map(|y| (rect.x..rect.right() as u16).map(move |x| (x, y)))
                {
                    if new.row(x, y, 1)[0] & COLOUR != old.get(x, y) {
                        part = part.union(Rect::new(x, y, 1, 1));
                    }
                }
                (!part.is_empty()).then_some(part)
            };
            let found = differing(&old, &new, &grid, &set);
            for i in 0..grid.len() {
                let expected = set.contains(i) && whole(grid.rect(i)).is_some();
                prop_assert_eq!(found.contains(i), expected);
            }
            let tiles: Vec<usize> = set.iter().collect();
            for row in rows(&grid, &tiles) {
                let rects: Vec<Rect> = row.iter().map(|i| grid.rect(*i)).collect();
                let expected: Vec<_> = rects.iter().map(|r| whole(*r)).collect();
                prop_assert_eq!(trims(&old, &new, &rects), expected);
            }
        }
    }
}
