//! A share's source without any screen: the small desktop made of numbers of
//! [`kith_codec::synthetic`]. The demo and tests use it; never a test of what
//! X11 does.

#[cfg(target_os = "linux")]
mod guarded;

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use kith_codec::MAX_VECTORS;
use kith_codec::geometry::{Rect, Region, Size};
use kith_codec::message::{CursorShape, SourceState};
use kith_codec::picture::{Picture, PixelView};
use kith_codec::synthetic::Desktop;
use kith_codec::time::Moment;

use crate::source::masks;
use crate::source::{Changes, Placement, Pointer, Source, SourceError, Wake, Waker};

#[cfg(target_os = "linux")]
pub use guarded::SyntheticGuard;

/// The desktop and what happened to it, behind one lock.
#[derive(Debug)]
struct Stage {
    desktop: Desktop,
    pointer: Pointer,
    state: SourceState,
    woken: bool,
    over: bool,
}

#[derive(Debug)]
struct Shared {
    stage: Mutex<Stage>,
    news: Condvar,
    start: Instant,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Stage> {
        // Pixels may be half drawn after a panic elsewhere; nothing worse.
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Moment {
        let micros = self.start.elapsed().as_micros();
        Moment(u64::try_from(micros).unwrap_or(u64::MAX))
    }
}

impl Wake for Shared {
    fn wake(&self) {
        self.lock().woken = true;
        self.news.notify_all();
    }
}

/// A [`Source`] around a [`Desktop`].
#[derive(Debug)]
pub struct SyntheticSource {
    shared: Arc<Shared>,
    picture: Picture,
    /// Damaged, and not yet copied into `picture`.
    stale: Region,
    /// Damaged by new masks, and not yet reported.
    untold: Region,
    told: Option<(Pointer, SourceState)>,
    masks: Vec<Rect>,
    masks_told: bool,
}

/// Input and stage directions for the desktop of a [`SyntheticSource`], from
/// any thread. Coordinates are pixels of the picture.
#[derive(Clone, Debug)]
pub struct SyntheticInput(Arc<Shared>);

impl SyntheticSource {
    /// Shares this desktop, with a handle for its input.
    #[must_use]
    pub fn new(desktop: Desktop) -> (Self, SyntheticInput) {
        let picture = desktop.picture().clone();
        let stage = Stage {
            desktop,
            pointer: Pointer::Away,
            state: SourceState::Live,
            woken: false,
            over: false,
        };
        let shared = Arc::new(Shared {
            stage: Mutex::new(stage),
            news: Condvar::new(),
            start: Instant::now(),
        });
        let source = Self {
            shared: Arc::clone(&shared),
            picture,
            stale: Region::new(),
            untold: Region::new(),
            told: None,
            masks: Vec::new(),
            masks_told: true,
        };
        (source, SyntheticInput(shared))
    }

    /// What is to be told now.
    fn collect(&mut self, stage: &mut Stage) -> Changes {
        let mut changes = Changes {
            woken: std::mem::take(&mut stage.woken),
            damage: std::mem::take(&mut self.untold),
            ..Changes::default()
        };
        let (damage, mut moves) = stage.desktop.take_damage();
        moves.truncate(MAX_VECTORS);
        changes.moves = moves;
        changes.damage.add_all(&damage);
        if self.told.is_none() {
            changes.damage.add(self.picture.size().bounds());
            changes.placed = Some(Placement::default());
        }
        let (pointer, state) = self.told.unzip();
        if pointer != Some(stage.pointer) {
            changes.pointer = Some(stage.pointer);
            if stage.pointer != Pointer::Away && matches!(pointer, None | Some(Pointer::Away)) {
                changes.shape = Some(arrow());
            }
        }
        if state != Some(stage.state) {
            changes.state = Some(stage.state);
        }
        self.told = Some((stage.pointer, stage.state));
        if !std::mem::replace(&mut self.masks_told, true) {
            changes.masks = Some(self.masks.clone());
        }
        self.stale.add_all(&changes.damage);
        changes
    }
}

impl Source for SyntheticSource {
    fn size(&self) -> Size {
        self.picture.size()
    }

    fn placement(&self) -> Placement {
        Placement::default()
    }

    fn wait(&mut self, until: Option<Instant>) -> Result<Changes, SourceError> {
        let shared = Arc::clone(&self.shared);
        let mut stage = shared.lock();
        loop {
            if stage.over {
                return Err(SourceError::Gone);
            }
            let due = stage.desktop.advance(shared.now());
            let changes = self.collect(&mut stage);
            if !changes.is_empty() || until.is_some_and(|t| t <= Instant::now()) {
                return Ok(changes);
            }
            let next = due.map(|m| shared.start + Duration::from_micros(m.0));
            stage = match [next, until].into_iter().flatten().min() {
                None => shared
                    .news
                    .wait(stage)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(t) => {
                    let span = t.saturating_duration_since(Instant::now());
                    let woke = shared.news.wait_timeout(stage, span);
                    woke.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    fn view(&mut self) -> Result<PixelView<'_>, SourceError> {
        let shared = Arc::clone(&self.shared);
        let stage = shared.lock();
        for rect in std::mem::take(&mut self.stale).rects() {
            self.picture
                .copy_from(&stage.desktop.picture().view(), *rect);
            masks::paint(&mut self.picture, &self.masks, *rect);
        }
        Ok(self.picture.view())
    }

    fn mask(&mut self, areas: &[Rect]) {
        let new = masks::bounded(areas.iter().copied(), self.picture.size());
        if new == self.masks {
            return;
        }
        for area in self.masks.iter().chain(&new) {
            self.stale.add(*area);
            self.untold.add(*area);
        }
        self.masks = new;
        self.masks_told = false;
    }

    fn waker(&self) -> Waker {
        Waker::new(Arc::clone(&self.shared) as Arc<dyn Wake>)
    }
}

impl SyntheticInput {
    /// Does something to the desktop; the source notices at once.
    pub fn with<T>(&self, act: impl FnOnce(&mut Desktop) -> T) -> T {
        let result = act(&mut self.0.lock().desktop);
        self.0.news.notify_all();
        result
    }

    /// The moment that the source's clock shows, for [`Desktop::animate`].
    #[must_use]
    pub fn now(&self) -> Moment {
        self.0.now()
    }

    /// The pointer goes there; what it holds follows.
    pub fn point(&self, x: u16, y: u16) {
        let mut stage = self.0.lock();
        let size = stage.desktop.picture().size();
        let (x, y) = (x.min(size.width() - 1), y.min(size.height() - 1));
        stage.pointer = Pointer::At { x, y };
        stage.desktop.drag(x, y);
        drop(stage);
        self.0.news.notify_all();
    }

    /// The pointer's button goes down where the pointer is.
    pub fn press(&self) {
        let mut stage = self.0.lock();
        if let Pointer::At { x, y } = stage.pointer {
            stage.desktop.press(x, y);
        }
        drop(stage);
        self.0.news.notify_all();
    }

    /// The button goes up.
    pub fn release(&self) {
        self.with(Desktop::release);
    }

    /// A key that makes this character is struck.
    pub fn key(&self, character: char) {
        self.with(|desktop| desktop.type_char(character));
    }

    /// Where the pointer is.
    #[must_use]
    pub fn pointer(&self) -> Pointer {
        self.0.lock().pointer
    }

    /// The pointer leaves the desktop.
    pub fn leave(&self) {
        self.0.lock().pointer = Pointer::Away;
        self.0.news.notify_all();
    }

    /// What the source says about itself from now on.
    pub fn set_state(&self, state: SourceState) {
        self.0.lock().state = state;
        self.0.news.notify_all();
    }

    /// The desktop is closed: the source ends with [`SourceError::Gone`].
    pub fn close(&self) {
        self.0.lock().over = true;
        self.0.news.notify_all();
    }
}

/// A small black arrow with a white border.
fn arrow() -> CursorShape {
    const ROWS: [&str; 13] = [
        "o.......", "oo......", "o#o.....", "o##o....", "o###o...", "o####o..", "o#####o.",
        "o######o", "o###oooo", "oo#o#o..", "o..o#o..", "....o#o.", ".....o..",
    ];
    let pixels = ROWS.iter().flat_map(|row| {
        row.bytes().map(|c| match c {
            b'o' => 0xffff_ffff,
            b'#' => 0xff00_0000,
            _ => 0,
        })
    });
    CursorShape {
        slot: 0,
        w: 8,
        h: 13,
        hot_x: 0,
        hot_y: 0,
        pixels: pixels.collect(),
    }
}

#[cfg(test)]
mod tests;
