//! Finds what moved: a scrolled text, a dragged window.
//!
//! Distinctive runs of pixels ("anchors") of the new picture are looked up in
//! the old one; each place found votes for a vector. Vectors that worked a
//! moment ago and those the window system reports are tried first, so that
//! steady scrolling costs almost nothing to find.

use crate::compare::{rows, same};
use crate::geometry::Rect;
use crate::moves::{MAX_MOVE_RECTS, Move, Vector};
use crate::picture::{COLOUR, Picture, PixelView};
use crate::tiles::{Grid, TILE, TileSet};

/// Pixels of an anchor.
const RUN: u16 = 24;
/// Anchors that are looked for.
const ANCHORS: usize = 64;
/// Below so many anchors there is nothing distinctive to follow.
const MIN_ANCHORS: usize = 8;
/// Changed tiles below which a search is not worth it; hints are still tried.
const MIN_TILES: usize = 6;
/// After the first vector another is looked for only if at least one tile in
/// so many is still unexplained: what a scroll or a drag leaves over is new.
const LEFT_OVER: usize = 4;
/// Places found after which a search gives up: so much repetition tells
/// nothing, and following it would take long.
const MOST_HITS: usize = 2048;
/// Vectors taken in one update.
const ROUNDS: usize = 3;
/// Vectors remembered from earlier updates.
const MEMORY: usize = 4;

struct Anchor {
    x: u16,
    y: u16,
    hash: u64,
}

/// Remembers the vectors that worked lately.
#[derive(Debug, Default)]
pub(crate) struct MotionFinder {
    recent: Vec<Vector>,
    random: u32,
}

impl MotionFinder {
    /// The moves that explain part of what `changed`. `hints` are vectors the
    /// window system reported; wrong ones do no harm.
    pub(crate) fn find(
        &mut self,
        old: &Picture,
        new: &PixelView<'_>,
        grid: &Grid,
        changed: &TileSet,
        hints: &[Vector],
    ) -> Vec<Move> {
        let mut open = changed.clone();
        let mut moves = Vec::new();
        let mut rects_left = MAX_MOVE_RECTS;
        let mut area_left = old.size().pixels();
        let mut hints: Vec<Vector> = hints.to_vec();
        for _ in 0..ROUNDS {
            let count = open.count();
            if count == 0 || (count < MIN_TILES && hints.is_empty()) {
                break;
            }
            let anchors = self.anchors(old, new, grid, &open);
            if anchors.len() < MIN_ANCHORS {
                break;
            }
            let Some(vector) = self.vote(old, new, grid, &open, &anchors, &hints) else {
                break;
            };
            hints.retain(|h| *h != vector);
            let area = Area {
                old,
                new,
                grid,
                vector,
            };
            let rects = area.rects(&open, rects_left);
            let size: usize = rects.iter().map(|r| r.area() as usize).sum();
            if rects.is_empty() || size > area_left {
                break;
            }
            rects_left -= rects.len();
            area_left -= size;
            for r in &rects {
                // Tiles that are wholly explained need no further search.
                grid.for_each_in(*r, |i| {
                    if r.contains(grid.rect(i)) {
                        open.remove(i);
                    }
                });
            }
            self.remember(vector);
            let stop = rects_left == 0;
            moves.push(Move { vector, rects });
            // Later vectors would read what this one has already moved;
            // they are only taken where the places do not meet.
            if stop || open.count() * LEFT_OVER < changed.count() {
                break;
            }
        }
        without_conflicts(moves, old)
    }

    fn remember(&mut self, vector: Vector) {
        self.recent.retain(|v| *v != vector);
        self.recent.insert(0, vector);
        self.recent.truncate(MEMORY);
    }

    fn random(&mut self, below: u32) -> u32 {
        self.random = self
            .random
            .wrapping_mul(1_664_525)
            .wrapping_add(1_013_904_223);
        ((u64::from(self.random) * u64::from(below)) >> 32) as u32
    }

    /// Runs of the new picture that changed and look like nothing else: many
    /// colour steps within [`RUN`] pixels.
    fn anchors(
        &mut self,
        old: &Picture,
        new: &PixelView<'_>,
        grid: &Grid,
        open: &TileSet,
    ) -> Vec<Anchor> {
        let tiles: Vec<usize> = open.iter().collect();
        let width = new.size().width();
        let mut anchors = Vec::with_capacity(ANCHORS);
        for _ in 0..ANCHORS * 16 {
            if anchors.len() == ANCHORS {
                break;
            }
            let Some(tile) = tiles.get(self.random(tiles.len() as u32) as usize) else {
                break;
            };
            let rect = grid.rect(*tile);
            let x = rect.x + self.random(rect.w.into()) as u16;
            let y = rect.y + self.random(rect.h.into()) as u16;
            let x = x.min(width.saturating_sub(RUN));
            let run = new.row(x, y, RUN);
            if run.len() < usize::from(RUN) {
                break;
            }
            let steps = run
                .windows(2)
                .filter(|p| (p[0] ^ p[1]) & COLOUR != 0)
                .count();
            if steps >= 6 && !same(run, old.row(x, y, RUN)) {
                let hash = hash(run);
                if anchors.iter().all(|a: &Anchor| a.hash != hash) {
                    anchors.push(Anchor { x, y, hash });
                }
            }
        }
        anchors
    }

    fn vote(
        &self,
        old: &Picture,
        new: &PixelView<'_>,
        grid: &Grid,
        open: &TileSet,
        anchors: &[Anchor],
        hints: &[Vector],
    ) -> Option<Vector> {
        // A third of the anchors agreeing on one of thousands of vectors is
        // no accident; a sixth is enough after an exhaustive search.
        let agree = |v: &Vector| {
            anchors
                .iter()
                .filter(|a| {
                    let (Some(x), Some(y)) = (back(a.x, v.dx), back(a.y, v.dy)) else {
                        return false;
                    };
                    let there = old.row(x, y, RUN);
                    there.len() == usize::from(RUN) && same(new.row(a.x, a.y, RUN), there)
                })
                .count()
        };
        let quick = hints.iter().chain(&self.recent).map(|v| (agree(v), *v));
        if let Some((n, v)) = quick.max_by_key(|(n, _)| *n)
            && n * 3 >= anchors.len()
        {
            return Some(v);
        }
        let bounds = open
            .iter()
            .fold(Rect::default(), |a, i| a.union(grid.rect(i)));
        let mut votes = Votes::default();
        search(old, bounds, anchors, &mut votes);
        let (n, v) = votes.best()?;
        (n * 6 >= anchors.len() && n >= 4).then_some(v)
    }
}

/// A coordinate before the move.
fn back(at: u16, by: i16) -> Option<u16> {
    u16::try_from(i32::from(at) - i32::from(by)).ok()
}

const BASE: u64 = 0x9E37_79B9_7F4A_7C15;

fn hash(run: &[u32]) -> u64 {
    run.iter().fold(0u64, |h, p| {
        h.wrapping_mul(BASE).wrapping_add(u64::from(p & COLOUR) + 1)
    })
}

/// Votes for vectors; bounded, since chance finds only add singles.
#[derive(Default)]
struct Votes {
    list: Vec<(Vector, usize)>,
    hits: usize,
}

impl Votes {
    const MOST: usize = 512;

    fn add(&mut self, vector: Vector) {
        self.hits += 1;
        if let Some(v) = self.list.iter_mut().find(|v| v.0 == vector) {
            v.1 += 1;
        } else if self.list.len() < Self::MOST {
            self.list.push((vector, 1));
        }
    }

    fn best(&self) -> Option<(usize, Vector)> {
        // Of equals the shortest: text repeats, things rarely jump.
        let length = |v: Vector| i32::from(v.dx).abs() + i32::from(v.dy).abs();
        self.list
            .iter()
            .max_by_key(|(v, n)| (*n, -length(*v)))
            .map(|(v, n)| (*n, *v))
    }
}

/// Looks every anchor up in the part `bounds` of the old picture with a
/// rolling hash, four rows at a time because each step waits for the last.
fn search(old: &Picture, bounds: Rect, anchors: &[Anchor], votes: &mut Votes) {
    const LANES: usize = 4;
    if bounds.w < RUN {
        return;
    }
    let mut filter = [0u64; 256];
    let bit = |h: u64| ((h >> 56) as usize & 255, h >> 50 & 63);
    for a in anchors {
        let (word, at) = bit(a.hash);
        filter[word] |= 1 << at;
    }
    let run = usize::from(RUN);
    let drop = (0..run).fold(1u64, |p, _| p.wrapping_mul(BASE));
    let mut y = bounds.y;
    let end = bounds.bottom() as u16;
    while y < end {
        // The last group repeats rows rather than run past the end.
        let lines: [u16; LANES] = std::array::from_fn(|i| (y + i as u16).min(end - 1));
        let rows: [&[u32]; LANES] = lines.map(|l| old.row(bounds.x, l, bounds.w));
        let n = rows.iter().map(|r| r.len()).min().unwrap_or(0);
        if n < run || votes.hits > MOST_HITS {
            return;
        }
        let rows = rows.map(|r| &r[..n]);
        let mut h = rows.map(|r| hash(&r[..run]));
        let mut at = 0;
        loop {
            for (lane, h) in h.iter().enumerate() {
                let (word, b) = bit(*h);
                if filter[word] >> b & 1 == 1 && lines[lane] == y + lane as u16 {
                    hit(*h, bounds.x + at as u16, lines[lane], anchors, votes);
                }
            }
            if at + run >= n {
                break;
            }
            for (h, r) in h.iter_mut().zip(&rows) {
                *h = h
                    .wrapping_mul(BASE)
                    .wrapping_add(u64::from(r[at + run]) + 1)
                    .wrapping_sub(drop.wrapping_mul(u64::from(r[at]) + 1));
            }
            at += 1;
        }
        y += LANES as u16;
    }
}

#[cold]
fn hit(h: u64, x: u16, y: u16, anchors: &[Anchor], votes: &mut Votes) {
    for a in anchors.iter().filter(|a| a.hash == h) {
        let (dx, dy) = (i32::from(a.x) - i32::from(x), i32::from(a.y) - i32::from(y));
        if let (Ok(dx), Ok(dy)) = (i16::try_from(dx), i16::try_from(dy))
            && (dx, dy) != (0, 0)
        {
            votes.add(Vector { dx, dy });
        }
    }
}

/// Finds the rectangles that one vector explains.
struct Area<'a> {
    old: &'a Picture,
    new: &'a PixelView<'a>,
    grid: &'a Grid,
    vector: Vector,
}

impl Area<'_> {
    fn row_matches(&self, x: u16, y: u16, w: u16) -> bool {
        let (Some(ox), Some(oy)) = (back(x, self.vector.dx), back(y, self.vector.dy)) else {
            return false;
        };
        let (now, then) = (self.new.row(x, y, w), self.old.row(ox, oy, w));
        now.len() == usize::from(w) && same(now, then)
    }

    fn column_matches(&self, x: u16, y: u16, h: u16) -> bool {
        (0..h).all(|i| self.row_matches(x, y + i, 1))
    }

    /// Which of `tiles`, all of one row, moved, perhaps with something small
    /// changed inside. A line through all of them at a time: see [`crate::compare`].
    fn tiles_moved(&self, tiles: impl Iterator<Item = usize>) -> TileSet {
        let mut found = TileSet::empty(self.grid);
        let mut left: Vec<(usize, Rect, u16)> = tiles.map(|i| (i, self.grid.rect(i), 0)).collect();
        let height = left.first().map_or(0, |(_, r, _)| r.h);
        let same = |r: &Rect, line: u16| self.row_matches(r.x, r.y + line, r.w);
        left.retain(|(_, r, _)| same(r, 0));
        left.retain(|(_, r, _)| same(r, height - 1));
        for line in 1..height.saturating_sub(1) {
            left.retain_mut(|(_, r, bad)| {
                *bad += u16::from(!same(r, line));
                *bad * 3 <= height
            });
        }
        for (i, ..) in left {
            found.insert(i);
        }
        found
    }

    fn rects(&self, open: &TileSet, most: usize) -> Vec<Rect> {
        let columns = self.grid.columns();
        let tiles: Vec<usize> = open.iter().collect();
        // Runs of moved tiles in each row, ends that did not change cut off,
        // then equal runs of consecutive rows joined.
        let mut rects: Vec<Rect> = Vec::new();
        for row in rows(self.grid, &tiles) {
            let (Some(first), Some(last)) = (row.first(), row.last()) else {
                continue;
            };
            let moved = self.tiles_moved(*first..=*last);
            let mut run: Option<Rect> = None;
            let mut tail = Rect::default();
            let mut done = |run: Option<Rect>| {
                let Some(run) = run else { return };
                if let Some(above) = rects
                    .iter_mut()
                    .rev()
                    .take(columns)
                    .find(|a| a.x == run.x && a.w == run.w && a.bottom() == u32::from(run.y))
                {
                    *above = above.union(run);
                } else {
                    rects.push(run);
                }
            };
            for i in *first..=*last {
                let rect = self.grid.rect(i);
                if (open.contains(i) || run.is_some()) && moved.contains(i) {
                    if open.contains(i) {
                        run = Some(run.unwrap_or(rect).union(tail).union(rect));
                        tail = Rect::default();
                    } else {
                        tail = tail.union(rect);
                    }
                } else {
                    done(run.take());
                    tail = Rect::default();
                }
            }
            done(run);
        }
        rects.sort_by_key(|r| std::cmp::Reverse(r.area()));
        rects.truncate(most);
        self.grow(&mut rects);
        rects
    }

    /// Moves the edges of each rectangle outwards while whole lines match, to
    /// where a dragged window really ends.
    fn grow(&self, rects: &mut [Rect]) {
        for i in 0..rects.len() {
            let mut r = rects[i];
            let size = self.new.size();
            let free = |line: Rect| {
                !line.is_empty()
                    && rects
                        .iter()
                        .enumerate()
                        .all(|(j, o)| j == i || o.intersect(line).is_empty())
            };
            for _ in 0..TILE {
                if r.y == 0
                    || !free(Rect::new(r.x, r.y - 1, r.w, 1))
                    || !self.row_matches(r.x, r.y - 1, r.w)
                {
                    break;
                }
                r = Rect::new(r.x, r.y - 1, r.w, r.h + 1);
            }
            for _ in 0..TILE {
                let y = r.y + r.h;
                if y >= size.height()
                    || !free(Rect::new(r.x, y, r.w, 1))
                    || !self.row_matches(r.x, y, r.w)
                {
                    break;
                }
                r.h += 1;
            }
            for _ in 0..TILE {
                if r.x == 0
                    || !free(Rect::new(r.x - 1, r.y, 1, r.h))
                    || !self.column_matches(r.x - 1, r.y, r.h)
                {
                    break;
                }
                r = Rect::new(r.x - 1, r.y, r.w + 1, r.h);
            }
            for _ in 0..TILE {
                let x = r.x + r.w;
                if x >= size.width()
                    || !free(Rect::new(x, r.y, 1, r.h))
                    || !self.column_matches(x, r.y, r.h)
                {
                    break;
                }
                r.w += 1;
            }
            rects[i] = r;
        }
    }
}

/// Moves of different vectors happen one after the other: a later one whose
/// pixels an earlier one overwrites would move the wrong pixels.
fn without_conflicts(moves: Vec<Move>, old: &Picture) -> Vec<Move> {
    let mut written: Vec<Rect> = Vec::new();
    let mut kept = Vec::with_capacity(moves.len());
    for mut m in moves {
        let vector = m.vector;
        m.rects.retain(|r| {
            Move {
                vector,
                rects: Vec::new(),
            }
            .origin(*r, old.size())
            .is_some_and(|o| {
                written
                    .iter()
                    .all(|w| w.intersect(o).is_empty() && w.intersect(*r).is_empty())
            })
        });
        written.extend(&m.rects);
        if !m.rects.is_empty() {
            kept.push(m);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;

    fn noise(w: u16, h: u16, seed: u32) -> Picture {
        let mut p = Picture::new(Size::new(w, h).unwrap());
        let mut r = seed;
        for y in 0..h {
            for x in 0..w {
                r = r.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                // Text-like: three of four pixels are paper.
                p.set(x, y, if r >> 30 == 0 { 0x20_2020 } else { 0xff_ffff });
            }
        }
        p
    }

    fn changed(old: &Picture, new: &Picture) -> (Grid, TileSet) {
        let grid = Grid::new(old.size());
        let mut set = TileSet::empty(&grid);
        for i in 0..grid.len() {
            let r = grid.rect(i);
            if (0..r.h).any(|y| old.row(r.x, r.y + y, r.w) != new.row(r.x, r.y + y, r.w)) {
                set.insert(i);
            }
        }
        (grid, set)
    }

    /// Pixels of `new` that the moves do not explain.
    fn unexplained(old: &Picture, new: &Picture, moves: &[Move]) -> usize {
        let mut p = old.clone();
        for m in moves {
            m.apply(&mut p);
        }
        p.pixels()
            .iter()
            .zip(new.pixels())
            .filter(|(a, b)| a != b)
            .count()
    }

    fn shifted(old: &Picture, rect: Rect, dx: i16, dy: i16) -> Picture {
        let mut new = old.clone();
        for y in 0..rect.h {
            for x in 0..rect.w {
                let (tx, ty) = (rect.x + x, rect.y + y);
                new.set(
                    (tx as i16 + dx) as u16,
                    (ty as i16 + dy) as u16,
                    old.get(tx, ty),
                );
            }
        }
        new
    }

    #[test]
    fn a_scroll_is_found() {
        let old = noise(640, 480, 1);
        let mut new = shifted(&old, Rect::new(0, 13, 640, 467), 0, -13);
        new.fill(Rect::new(0, 467, 640, 13), 0xff_ffff);
        let (grid, set) = changed(&old, &new);
        let moves = MotionFinder::default().find(&old, &new.view(), &grid, &set, &[]);
        assert_eq!(moves[0].vector, Vector { dx: 0, dy: -13 });
        assert!(unexplained(&old, &new, &moves) <= 640 * 13);
    }

    #[test]
    fn a_dragged_window_is_found_to_the_pixel() {
        let mut old = Picture::new(Size::new(800, 600).unwrap());
        old.fill(old.size().bounds(), 0x30_6090);
        let window = noise(301, 203, 7);
        for y in 0..203 {
            for x in 0..301 {
                old.set(100 + x, 90 + y, window.get(x, y));
            }
        }
        let mut new = shifted(&old, Rect::new(100, 90, 301, 203), 17, 9);
        new.fill(Rect::new(100, 90, 301, 9), 0x30_6090);
        new.fill(Rect::new(100, 90, 17, 203), 0x30_6090);
        let (grid, set) = changed(&old, &new);
        let mut finder = MotionFinder::default();
        let moves = finder.find(&old, &new.view(), &grid, &set, &[]);
        assert_eq!(moves[0].vector, Vector { dx: 17, dy: 9 });
        // Only what the window uncovered is left.
        assert!(
            unexplained(&old, &new, &moves) <= 301 * 9 + 17 * 203,
            "{moves:?}"
        );
        assert_eq!(finder.recent, vec![Vector { dx: 17, dy: 9 }]);
    }

    #[test]
    fn a_new_picture_is_not_a_move() {
        let (old, new) = (noise(640, 480, 1), noise(640, 480, 99));
        let (grid, set) = changed(&old, &new);
        assert_eq!(
            MotionFinder::default().find(&old, &new.view(), &grid, &set, &[]),
            vec![]
        );
    }

    #[test]
    fn a_wrong_hint_does_no_harm() {
        let old = noise(320, 240, 1);
        let new = shifted(&old, Rect::new(0, 8, 320, 232), 0, -8);
        let (grid, set) = changed(&old, &new);
        let hints = [
            Vector { dx: 5, dy: 5 },
            Vector {
                dx: i16::MIN,
                dy: i16::MAX,
            },
        ];
        let moves = MotionFinder::default().find(&old, &new.view(), &grid, &set, &hints);
        assert_eq!(moves[0].vector, Vector { dx: 0, dy: -8 });
    }
}
