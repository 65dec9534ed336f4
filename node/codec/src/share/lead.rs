//! The stream that all viewers of the leading pace share: what changed since
//! they last got something, as one update.
//!
//! `shadow` is the source as of the last update. Where a tile is not `lossy`,
//! it is also exactly what those viewers show.

use super::ShareConfig;
use super::films::{Changed, Films};
use crate::chunk::{ChunkWriter, MAX_CHUNK, MAX_PART};
use crate::compare::{differing, rows, trims};
use crate::film::nal::FilmKind;
use crate::geometry::{Rect, Size};
use crate::message::{FilmAction, FilmPiece, UpdateWriter};
use crate::motion::MotionFinder;
use crate::moves::{Move, Vector};
use crate::paint::{Look, Sampler};
use crate::picture::{Picture, PixelView};
use crate::stream::{Packer, StreamError};
use crate::tiles::{Grid, TileSet};
use crate::time::{Micros, Moment};

/// Most bytes before compression that one update spends on tiles that did not
/// just change (first picture, rebuilding after film): what the path takes in
/// this time, within these limits, so that a change never waits long behind them.
const OWED_TIME: Micros = Micros::from_millis(150);
const OWED_LEAST: usize = 32 * 1024;
const OWED_MOST: usize = 768 * 1024;

/// An update is full when its chunk reaches this many bytes before
/// compression: one more part and all moves still fit.
const FULL: usize = MAX_CHUNK - MAX_PART - 16 * 1024;

/// Colours from which a part that keeps changing counts as film like one that
/// is many-coloured: the flat places of a film have fewer, text on one ground
/// mostly has less than these.
const RICH: usize = 16;

/// Most hints about moves kept between two updates.
const MAX_HINTS: usize = 8;

/// The sharer's machine failed; not the peer's fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// The compressor failed.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// The film encoder failed.
    #[error(transparent)]
    Film(#[from] crate::film::encode::FilmEncodeError),
}

/// What an update found, beside what it wrote.
struct Looked {
    /// Many-coloured parts, not written yet.
    many: Vec<(usize, Rect)>,
    /// Parts of [`RICH`] colours or more; written.
    rich: Vec<(usize, Rect)>,
    /// Whether something did not fit.
    more: bool,
}

/// An update for everybody in the lead.
#[derive(Debug)]
pub(crate) struct Encoded {
    /// All of the message after its sequence number.
    pub(crate) payload: Vec<u8>,
    /// Tiles that changed at the viewers.
    pub(crate) touched: TileSet,
    /// Whether it says that everything is exact.
    pub(crate) exact: bool,
}

#[derive(Debug)]
pub(crate) struct Lead {
    grid: Grid,
    pub(crate) shadow: Picture,
    /// May differ from the shadow.
    pub(crate) stale: TileSet,
    /// To be sent whole, whether changed or not.
    pub(crate) owed: TileSet,
    /// Shown as an approximation.
    pub(crate) lossy: TileSet,
    /// The next update must be a reset point.
    pub(crate) reset: bool,
    /// What changed waited for a viewer to take it.
    pub(crate) late: bool,
    packer: Packer,
    sampler: Sampler,
    writer: ChunkWriter,
    motion: MotionFinder,
    pub(crate) films: Films,
    hints: Vec<Vector>,
}

impl Lead {
    pub(crate) fn new(size: Size, config: ShareConfig) -> Result<Self, EncodeError> {
        let grid = Grid::new(size);
        Ok(Self {
            grid,
            shadow: Picture::new(size),
            stale: TileSet::full(&grid),
            owed: TileSet::empty(&grid),
            lossy: TileSet::empty(&grid),
            reset: true,
            late: false,
            packer: Packer::new(config.level)?,
            sampler: Sampler::new(),
            writer: ChunkWriter::default(),
            motion: MotionFinder::default(),
            films: Films::new(&grid, config.film_at_once),
            hints: Vec::new(),
        })
    }

    pub(crate) const fn size(&self) -> Size {
        self.shadow.size()
    }

    pub(crate) const fn grid(&self) -> &Grid {
        &self.grid
    }

    pub(crate) fn hint(&mut self, vector: Vector) {
        if self.hints.len() < MAX_HINTS && !self.hints.contains(&vector) {
            self.hints.push(vector);
        }
    }

    /// Whether an update would have something to say, as far as known without
    /// looking at the source.
    pub(crate) fn has_work(&self) -> bool {
        !self.stale.is_empty() || !self.owed.is_empty()
    }

    /// Whether viewers show exactly the shadow, and the shadow is the source.
    pub(crate) fn is_exact(&self) -> bool {
        self.stale.is_empty() && self.owed.is_empty() && self.lossy.is_empty()
    }

    /// Nobody follows any more: whoever leads next begins with a reset point
    /// and says itself what it lacks.
    pub(crate) fn abandon(&mut self) {
        self.owed.clear();
        self.lossy.clear();
        for i in self.films.stop() {
            self.stale.insert(i);
        }
        self.reset = true;
    }

    /// What a viewer that leaves now will lack.
    pub(crate) fn debts(&self) -> TileSet {
        let mut set = self.owed.clone();
        set.extend(&self.lossy);
        set
    }

    /// Film that has come to rest is owed exactly.
    pub(crate) fn expire(&mut self, now: Moment) {
        let tiles = (&self.stale, &self.lossy);
        let (grid, owed) = (&self.grid, &mut self.owed);
        self.films.expire(now, grid, tiles, self.late, owed);
    }

    /// When [`Self::expire`] has something to do next.
    pub(crate) fn next_expiry(&self) -> Option<Moment> {
        self.films.next_expiry(&self.grid, &self.stale, self.late)
    }

    /// Makes an update of what `source` (of this lead's size) shows now.
    /// `None` if viewers already have it. A film that begins is made for a
    /// path of `film_rate` bits a second; `rate` is how many bytes a second the
    /// slowest was seen to take.
    pub(crate) fn encode(
        &mut self,
        source: &PixelView<'_>,
        now: Moment,
        film_rate: Option<u64>,
        rate: Option<u64>,
    ) -> Result<Option<Encoded>, EncodeError> {
        self.writer.clear();
        let mut touched = TileSet::empty(&self.grid);
        let mut work = differing(&self.shadow, source, &self.grid, &self.stale);
        self.stale.clear();
        let moved = self.find_moves(source, &mut work, &mut touched);
        work.extend(&self.owed);
        let Looked {
            many,
            rich,
            mut more,
        } = self.paint_simple(source, &work, owed_chunk(rate), &mut touched);
        let seen = Changed {
            many: &many,
            rich: &rich,
            moved: &moved,
            late: std::mem::take(&mut self.late),
        };
        let owed = &mut self.owed;
        let verdict = self
            .films
            .judge(&self.grid, &seen, &self.lossy, owed, now, film_rate)?;
        for i in verdict.returned {
            self.stale.insert(i);
        }
        more |= self.paint_many(source, &many, &mut touched);
        let mut pieces = verdict.closed;
        let mut bytes = Vec::new();
        self.film(source, now, &mut touched, &mut pieces, &mut bytes)?;

        if self.writer.is_empty() && pieces.is_empty() {
            return Ok(None);
        }
        let reset = self.reset.then(|| self.shadow.size());
        if self.reset {
            self.packer.reset()?;
            self.reset = false;
        }
        let mut packed = Vec::new();
        if !self.writer.is_empty() {
            self.packer
                .pack(&self.writer.finish(&self.grid), &mut packed)?;
        }
        let mut out = UpdateWriter::new(reset);
        out.chunk(&packed);
        out.more(more);
        let exact = self.is_exact();
        out.exact(exact);
        for p in &pieces {
            let action = match p {
                Piece::Close(_) => FilmAction::Close,
                Piece::Picture(_, kind, rect, at) => {
                    FilmAction::of(*kind, *rect, bytes.get(at.clone()).unwrap_or(&[]))
                }
            };
            out.film(&FilmPiece { id: p.id(), action });
        }
        Ok(Some(Encoded {
            payload: out.finish(),
            touched,
            exact,
        }))
    }

    /// Gives back the tiles that moved, or were moved from.
    fn find_moves(
        &mut self,
        source: &PixelView<'_>,
        work: &mut TileSet,
        touched: &mut TileSet,
    ) -> TileSet {
        let hints = std::mem::take(&mut self.hints);
        let mut search = work.clone();
        self.films.exclude_running(&self.grid, &mut search);
        let moves = self
            .motion
            .find(&self.shadow, source, &self.grid, &search, &hints);
        let inexact = |r: Rect| {
            let mut found = false;
            self.grid.for_each_in(r, |i| {
                found |= self.lossy.contains(i) || self.owed.contains(i)
            });
            found
        };
        let size = self.shadow.size();
        let mut kept: Vec<Move> = Vec::new();
        for mut m in moves {
            let vector = m.vector;
            m.rects.retain(|r| {
                let from = Move {
                    vector,
                    rects: Vec::new(),
                }
                .origin(*r, size);
                from.is_some_and(|o| !inexact(o))
            });
            if !m.rects.is_empty() {
                kept.push(m);
            }
        }
        let mut moved = TileSet::empty(&self.grid);
        for m in &kept {
            m.apply(&mut self.shadow);
            for r in &m.rects {
                if let Some(from) = m.origin(*r, size) {
                    moved.insert_rect(&self.grid, r.union(from));
                }
                work.insert_rect(&self.grid, *r);
                touched.insert_rect(&self.grid, *r);
            }
        }
        self.writer.set_moves(kept);
        moved
    }

    /// Writes what is not many-coloured and gives back what is.
    fn paint_simple(
        &mut self,
        source: &PixelView<'_>,
        work: &TileSet,
        owed_chunk: usize,
        touched: &mut TileSet,
    ) -> Looked {
        let (mut many, mut rich) = (Vec::new(), Vec::new());
        let mut rebuilt = 0usize;
        let mut more = false;
        let tiles: Vec<usize> = work.iter().collect();
        for row in rows(&self.grid, &tiles) {
            let rects: Vec<Rect> = row.iter().map(|i| self.grid.rect(*i)).collect();
            let trims = trims(&self.shadow, source, &rects);
            for ((&i, whole), trim) in row.iter().zip(rects).zip(trims) {
                let owed = self.owed.contains(i);
                if let Some(t) = trim
                    && self.films.takes(&self.grid, i, t)
                {
                    continue;
                }
                let Some(target) = (if owed { Some(whole) } else { trim }) else {
                    continue;
                };
                let full =
                    self.writer.len() + rebuilt > if trim.is_some() { FULL } else { owed_chunk };
                if full {
                    if trim.is_some() {
                        self.stale.insert(i);
                        more = true;
                    }
                    continue;
                }
                match self.sampler.look(source, target) {
                    Look::Many => {
                        if trim.is_none() {
                            rebuilt += 3 * target.area() as usize + 16;
                        }
                        many.push((i, target));
                    }
                    look => {
                        let exact = !self.lossy.contains(i);
                        if exact && matches!(look, Look::Palette(n) if n >= RICH) {
                            rich.push((i, target));
                        }
                        self.writer.add(i, target, look, &self.sampler);
                        self.painted(source, i, target, touched);
                    }
                }
            }
        }
        Looked { many, rich, more }
    }

    /// Writes the many-coloured parts that film did not take.
    fn paint_many(
        &mut self,
        source: &PixelView<'_>,
        many: &[(usize, Rect)],
        touched: &mut TileSet,
    ) -> bool {
        let mut more = false;
        for (i, target) in many {
            if self.films.begins_over(*target) {
                continue;
            }
            if self.writer.len() > FULL {
                self.stale.insert(*i);
                more = true;
                continue;
            }
            let look = self.sampler.look(source, *target);
            self.writer.add(*i, *target, look, &self.sampler);
            self.painted(source, *i, *target, touched);
        }
        more
    }

    fn painted(
        &mut self,
        source: &PixelView<'_>,
        tile: usize,
        target: Rect,
        touched: &mut TileSet,
    ) {
        self.shadow.copy_from(source, target);
        touched.insert(tile);
        if target == self.grid.rect(tile) {
            self.lossy.remove(tile);
            self.owed.remove(tile);
        }
    }

    fn film(
        &mut self,
        source: &PixelView<'_>,
        now: Moment,
        touched: &mut TileSet,
        pieces: &mut Vec<Piece>,
        bytes: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        if self.reset {
            self.films.want_keys();
        }
        for film in self.films.running() {
            if !film.dirty() {
                continue;
            }
            film.take_waiting();
            let mut one = Vec::new();
            let rect = film.rect();
            let kind = film.encode(source, now, &mut one)?;
            let at = bytes.len();
            bytes.extend_from_slice(&one);
            pieces.push(Piece::Picture(film.id(), kind, rect, at..bytes.len()));
            self.shadow.copy_from(source, rect);
            self.grid.for_each_in(rect, |i| {
                touched.insert(i);
                self.lossy.insert(i);
                self.owed.remove(i);
                let whole = self.grid.rect(i);
                // Beyond the film's edge the tile is not up to date yet.
                if !rect.contains(whole) && trims(&self.shadow, source, &[whole]) != [None] {
                    self.stale.insert(i);
                }
            });
        }
        Ok(())
    }
}

/// See [`OWED_TIME`].
fn owed_chunk(rate: Option<u64>) -> usize {
    let Some(rate) = rate else { return OWED_MOST };
    let bytes = rate.saturating_mul(OWED_TIME.0) / 1_000_000;
    usize::try_from(bytes).map_or(OWED_MOST, |n| n.clamp(OWED_LEAST, OWED_MOST))
}

/// A film's part of an update.
#[derive(Debug)]
pub(crate) enum Piece {
    Close(crate::film::FilmId),
    Picture(crate::film::FilmId, FilmKind, Rect, std::ops::Range<usize>),
}

impl Piece {
    const fn id(&self) -> crate::film::FilmId {
        match self {
            Self::Close(id) | Self::Picture(id, ..) => *id,
        }
    }
}
