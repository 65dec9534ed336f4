//! Decides what is film, and keeps the films that run.
//!
//! Two things begin a film: many many-coloured tiles that change at once (a
//! new photograph, or the first picture of a video: nobody can tell yet), and
//! fewer that change again and again. What follows decides: if nothing does,
//! the first picture was a preview and is soon replaced by exact pixels.

use super::lead::{EncodeError, Piece};
use crate::film::encode::{Coarseness, FilmEncoder};
use crate::film::nal::FilmKind;
use crate::film::{FilmId, film_fits};
use crate::geometry::{Rect, Size};
use crate::picture::PixelView;
use crate::tiles::{Grid, TILE, TileSet};
use crate::time::{Micros, Moment};

/// Films a sharer runs at once; each encoder costs it memory.
const RUNNING: usize = 2;
/// A film whose pictures stopped coming is replaced by exact pixels after
/// this time.
const REST: Micros = Micros::from_millis(150);
/// Likewise if there never was a second picture.
const PREVIEW_REST: Micros = Micros::from_millis(50);
/// A film that is said to have changed, and whose next picture is late because
/// viewers or this machine are slow, counts as going on for so many times as long;
/// and again so many times if a viewer's path is known to be why.
const LATE: u64 = 5;
/// A resting film is forgotten after this time.
const FORGET: Micros = Micros::from_millis(2000);
/// Many-coloured tiles that begin a film if they keep changing.
const STEADY_TILES: usize = 9;
/// How often a tile must have changed for that …
const STEADY_TIMES: u8 = 4;
/// … with no pause longer than this; [`LATE`] times as long if the path was
/// what there was to wait for.
const STEADY_PAUSE: Micros = Micros::from_millis(250);
/// Pictures after which a film looks whether it is larger than what moves.
const REVIEW: u32 = 24;

#[derive(Clone, Copy, Debug, Default)]
struct Heat {
    times: u8,
    last: Moment,
}

/// One running film.
#[derive(Debug)]
pub(crate) struct Film {
    id: FilmId,
    encoder: FilmEncoder,
    pictures: u32,
    last: Moment,
    want_key: bool,
    rested: bool,
    /// Tiles whose change waits for the next picture.
    waiting: Vec<(usize, Rect)>,
    /// Everything that changed since the last review.
    moving: Rect,
    begun: bool,
}

impl Film {
    pub(crate) const fn id(&self) -> FilmId {
        self.id
    }

    pub(crate) const fn rect(&self) -> Rect {
        self.encoder.rect()
    }

    pub(crate) fn dirty(&self) -> bool {
        !self.begun || !self.waiting.is_empty()
    }

    pub(crate) fn take_waiting(&mut self) -> Vec<(usize, Rect)> {
        std::mem::take(&mut self.waiting)
    }

    pub(crate) fn encode(
        &mut self,
        source: &PixelView<'_>,
        now: Moment,
        out: &mut Vec<u8>,
    ) -> Result<FilmKind, EncodeError> {
        let wanted = if self.want_key {
            FilmKind::Key
        } else {
            FilmKind::Delta
        };
        let kind = self.encoder.encode(source, wanted, now, out)?;
        self.want_key = false;
        self.begun = true;
        self.rested = false;
        self.pictures += 1;
        self.last = now;
        Ok(kind)
    }

    /// After which time it rests, if only `stale` tiles may have changed; `late`
    /// as in [`Changed`].
    fn rest(&self, grid: &Grid, stale: &TileSet, late: bool) -> Micros {
        let mut changed = false;
        grid.for_each_in(self.rect(), |i| changed |= stale.contains(i));
        let rest = match self.pictures {
            0 | 1 => PREVIEW_REST,
            _ => REST,
        };
        Micros(match (changed, late) {
            (false, _) => rest.0,
            (true, false) => rest.0 * LATE,
            (true, true) => rest.0 * LATE * LATE,
        })
    }
}

/// What an update found changed.
#[derive(Debug)]
pub(crate) struct Changed<'a> {
    /// Many-coloured parts.
    pub(crate) many: &'a [(usize, Rect)],
    /// Parts of fewer colours, yet too many for most text.
    pub(crate) rich: &'a [(usize, Rect)],
    /// Tiles that something moved to or away from.
    pub(crate) moved: &'a TileSet,
    /// What waited for a viewer to take it.
    pub(crate) late: bool,
}

/// What [`Films::judge`] decided beyond beginning films.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// Films that are over.
    pub(crate) closed: Vec<Piece>,
    /// Tiles that waited for a picture of a film that ended.
    pub(crate) returned: Vec<usize>,
}

#[derive(Debug)]
pub(crate) struct Films {
    size: Size,
    /// Many-coloured tiles that begin a film at once.
    at_once: usize,
    running: Vec<Film>,
    heat: Vec<Heat>,
    ended: Vec<FilmId>,
    returned: Vec<usize>,
}

impl Films {
    pub(crate) fn new(grid: &Grid, at_once: usize) -> Self {
        let last = grid.rect(grid.len() - 1);
        let size = Size::new(last.right() as u16, last.bottom() as u16);
        Self {
            // The last tile's corner is the picture's, whose size was valid.
            size: size.unwrap_or(SMALLEST),
            at_once,
            running: Vec::new(),
            heat: vec![Heat::default(); grid.len()],
            ended: Vec::new(),
            returned: Vec::new(),
        }
    }

    pub(crate) fn running(&mut self) -> impl Iterator<Item = &mut Film> {
        self.running.iter_mut()
    }

    /// Ends all films; gives back the tiles that waited for them.
    pub(crate) fn stop(&mut self) -> Vec<usize> {
        self.ended.clear();
        self.running
            .drain(..)
            .flat_map(|f| f.waiting)
            .map(|(i, _)| i)
            .collect()
    }

    /// How many run, for statistics.
    pub(crate) fn count(&self) -> usize {
        self.running.len()
    }

    /// After a reset point viewers have no film.
    pub(crate) fn want_keys(&mut self) {
        for f in &mut self.running {
            f.want_key = true;
        }
        self.ended.clear();
    }

    /// Whether the change `part` of a tile belongs to a running film, which
    /// then keeps it for its next picture.
    pub(crate) fn takes(&mut self, grid: &Grid, tile: usize, part: Rect) -> bool {
        let Some(film) = self.running.iter_mut().find(|f| f.rect().contains(part)) else {
            return false;
        };
        if film.rested {
            // A film at rest does not swallow a letter typed over it; it goes
            // on when a good part of it changes again.
            let mut tiles = 0usize;
            grid.for_each_in(film.rect(), |_| tiles += 1);
            film.moving = film.moving.union(part);
            if (film.moving.area() as usize) * 4 < film.rect().area() as usize {
                return false;
            }
        }
        film.moving = film.moving.union(part);
        film.waiting.push((tile, part));
        true
    }

    /// Whether a film that begins with this update shows all of `part`.
    pub(crate) fn begins_over(&self, part: Rect) -> bool {
        self.running
            .iter()
            .any(|f| !f.begun && f.rect().contains(part))
    }

    /// Removes the tiles wholly inside running films.
    pub(crate) fn exclude_running(&self, grid: &Grid, set: &mut TileSet) {
        for f in &self.running {
            let rect = f.rect();
            grid.for_each_in(rect, |i| {
                if rect.contains(grid.rect(i)) {
                    set.remove(i);
                }
            });
        }
    }

    /// Ends what rests; see the constants.
    pub(crate) fn expire(
        &mut self,
        now: Moment,
        grid: &Grid,
        (stale, lossy): (&TileSet, &TileSet),
        late: bool,
        owed: &mut TileSet,
    ) {
        let ended = &mut self.ended;
        self.running.retain_mut(|f| {
            if !f.begun || !f.waiting.is_empty() {
                return true;
            }
            let quiet = now - f.last;
            if !f.rested && quiet >= f.rest(grid, stale, late) {
                f.rested = true;
                f.moving = Rect::default();
                owe(f.rect(), grid, lossy, owed);
            }
            let forget = f.rested && (f.pictures <= 1 || quiet >= FORGET);
            if forget {
                ended.push(f.id);
            }
            !forget
        });
    }

    pub(crate) fn next_expiry(&self, grid: &Grid, stale: &TileSet, late: bool) -> Option<Moment> {
        let due = |f: &Film| match f.rested {
            true => FORGET,
            false => f.rest(grid, stale, late),
        };
        self.running
            .iter()
            .filter(|f| f.begun)
            .map(|f| f.last + due(f))
            .min()
    }

    /// Looks at the many-coloured parts of an update and begins, replaces or
    /// ends films.
    pub(crate) fn judge(
        &mut self,
        grid: &Grid,
        seen: &Changed<'_>,
        lossy: &TileSet,
        owed: &mut TileSet,
        now: Moment,
        rate: Option<u64>,
    ) -> Result<Verdict, EncodeError> {
        self.review(grid, lossy, owed);
        let mut fresh = TileSet::empty(grid);
        let mut steady = TileSet::empty(grid);
        for (i, _) in seen.many.iter().filter(|(i, _)| !lossy.contains(*i)) {
            fresh.insert(*i);
        }
        let pause = Micros(STEADY_PAUSE.0 * if seen.late { LATE } else { 1 });
        // What a moving window uncovers changes often, and isn't film.
        let rich = seen.many.iter().chain(seen.rich);
        for (i, _) in rich.filter(|(i, _)| !lossy.contains(*i) && !seen.moved.contains(*i)) {
            if let Some(h) = self.heat.get_mut(*i) {
                h.times = if now - h.last <= pause {
                    h.times.saturating_add(1)
                } else {
                    1
                };
                h.last = now;
                if h.times >= STEADY_TIMES {
                    steady.insert(*i);
                }
            }
        }
        for (set, least) in [(fresh, self.at_once), (steady, STEADY_TILES)] {
            if set.count() < least {
                continue;
            }
            for cluster in clusters(grid, &set) {
                if cluster.len() < least {
                    continue;
                }
                let parts = seen
                    .many
                    .iter()
                    .chain(seen.rich)
                    .filter(|(i, _)| cluster.binary_search(i).is_ok());
                let rect = parts.fold(Rect::default(), |a, (_, r)| a.union(*r));
                let tiles = rect.area() as usize / usize::from(TILE) / usize::from(TILE);
                if (cluster.len() + self.filmed(grid, rect)) * 2 >= tiles {
                    self.begin(rect, grid, lossy, owed, now, rate)?;
                }
            }
        }
        Ok(Verdict {
            closed: self.ended.drain(..).map(Piece::Close).collect(),
            returned: std::mem::take(&mut self.returned),
        })
    }

    /// How many tiles of `rect` films show that are in motion.
    fn filmed(&self, grid: &Grid, rect: Rect) -> usize {
        let films = self.running.iter().filter(|f| !f.rested);
        let mut tiles = 0;
        for film in films {
            grid.for_each_in(film.rect().intersect(rect), |_| tiles += 1);
        }
        tiles
    }

    /// Begins a film at `rect` or so, in place of those it overlaps. Does
    /// nothing if that cannot be film.
    fn begin(
        &mut self,
        rect: Rect,
        grid: &Grid,
        lossy: &TileSet,
        owed: &mut TileSet,
        now: Moment,
        rate: Option<u64>,
    ) -> Result<(), EncodeError> {
        if self.running.iter().any(|f| f.rect().contains(rect)) {
            return Ok(());
        }
        // One that touches counts: together they are one film.
        let overlapping = |f: &Film| !f.rect().intersect(around(rect, self.size)).is_empty();
        let all = self
            .running
            .iter()
            .filter(|f| overlapping(f) && !f.rested)
            .fold(rect, |a, f| a.union(f.rect()));
        let all = even(all, self.size);
        let others = self
            .running
            .iter()
            .filter(|f| f.rect().intersect(all).is_empty())
            .count();
        if !film_fits(all, self.size) || others >= RUNNING {
            return Ok(());
        }
        let mut i = 0;
        while i < self.running.len() {
            if self.running[i].rect().intersect(all).is_empty() {
                i += 1;
                continue;
            }
            let old = self.running.swap_remove(i);
            owe(old.rect(), grid, lossy, owed);
            self.ended.push(old.id);
            self.returned.extend(old.waiting.iter().map(|(i, _)| *i));
        }
        // Numbers that ended in this update are not reused in it.
        let id = (0..=u8::MAX)
            .map_while(FilmId::new)
            .find(|id| self.running.iter().all(|f| f.id != *id) && !self.ended.contains(id));
        let Some(id) = id else { return Ok(()) };
        let encoder = FilmEncoder::new(all, Coarseness::choose(all.area(), rate), now)?;
        self.running.push(Film {
            id,
            encoder,
            pictures: 0,
            last: now,
            want_key: true,
            rested: false,
            waiting: Vec::new(),
            moving: Rect::default(),
            begun: false,
        });
        Ok(())
    }

    /// Ends a film of which less than half still moves; what does will be
    /// found again.
    fn review(&mut self, grid: &Grid, lossy: &TileSet, owed: &mut TileSet) {
        let (ended, returned) = (&mut self.ended, &mut self.returned);
        self.running.retain_mut(|f| {
            if f.pictures == 0 || !f.pictures.is_multiple_of(REVIEW) || f.waiting.is_empty() {
                return true;
            }
            let small = f.moving.area() * 2 < f.rect().area();
            f.moving = Rect::default();
            if small {
                owe(f.rect(), grid, lossy, owed);
                ended.push(f.id);
                returned.extend(f.waiting.iter().map(|(i, _)| *i));
            }
            !small
        });
    }
}

const SMALLEST: Size = match Size::new(1, 1) {
    Some(s) => s,
    None => unreachable!(),
};

fn owe(rect: Rect, grid: &Grid, lossy: &TileSet, owed: &mut TileSet) {
    grid.for_each_in(rect, |i| {
        if lossy.contains(i) {
            owed.insert(i);
        }
    });
}

/// The rectangle with a border of a tile.
fn around(r: Rect, size: Size) -> Rect {
    let (x, y) = (r.x.saturating_sub(TILE), r.y.saturating_sub(TILE));
    let right = (r.right() + u32::from(TILE)).min(size.width().into()) as u16;
    let bottom = (r.bottom() + u32::from(TILE)).min(size.height().into()) as u16;
    Rect::new(x, y, right.saturating_sub(x), bottom.saturating_sub(y))
}

/// Makes both sides even, growing where there is room.
fn even(mut r: Rect, size: Size) -> Rect {
    if !r.w.is_multiple_of(2) {
        if r.right() < u32::from(size.width()) {
            r.w += 1
        } else {
            r.w -= 1
        }
    }
    if !r.h.is_multiple_of(2) {
        if r.bottom() < u32::from(size.height()) {
            r.h += 1
        } else {
            r.h -= 1
        }
    }
    r
}

/// Sets of tiles that hang together (corners count), each ascending, largest
/// first.
fn clusters(grid: &Grid, set: &TileSet) -> Vec<Vec<usize>> {
    let mut left = set.clone();
    let mut found = Vec::new();
    loop {
        let Some(start) = left.iter().next() else {
            break;
        };
        left.remove(start);
        let (mut open, mut cluster) = (vec![start], Vec::new());
        while let Some(i) = open.pop() {
            cluster.push(i);
            let (x, y) = (i % grid.columns(), i / grid.columns());
            for ny in y.saturating_sub(1)..=(y + 1).min(grid.rows() - 1) {
                for nx in x.saturating_sub(1)..=(x + 1).min(grid.columns() - 1) {
                    let n = ny * grid.columns() + nx;
                    if left.contains(n) {
                        left.remove(n);
                        open.push(n);
                    }
                }
            }
        }
        cluster.sort_unstable();
        found.push(cluster);
    }
    found.sort_by_key(|c| std::cmp::Reverse(c.len()));
    found
}
