//! The sharer's side: one source, many viewers, each at its own pace.
//!
//! All viewers that keep up form the lead and get the same bytes. One that
//! does not leaves it: nothing is queued for it, only the set of tiles it
//! lacks is kept. When it can take something it gets those tiles as they are
//! then, and when it lacks nothing it joins the lead again, at a reset point.
//! So a slow viewer costs the others nothing, and memory does not grow.
//!
//! Sans I/O: time is passed in, bytes are taken out with
//! [`Share::poll`].

mod control;
mod films;
mod lead;
mod pace;
mod solo;
mod viewer;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

pub use lead::EncodeError;
pub use pace::FalseAck;
pub use viewer::{Counts, ViewerId, ViewerStatistics};

use control::{Control, Told};
use lead::Lead;
use solo::{Portion, Solo};
use viewer::{Place, Viewer};

use crate::geometry::{Rect, Size};
use crate::message::{CursorShape, EndReason, SourceState, ToSharer, UpdateWriter};
use crate::moves::Vector;
use crate::picture::PixelView;
use crate::tiles::TileSet;
use crate::time::{Micros, Moment};

/// Most viewers of one share. Each costs its credit and, when behind, its own
/// encoding.
pub const MAX_VIEWERS: usize = 64;

/// How long viewers in the lead that can take an update wait for those that
/// cannot yet, before these fall behind. Hides jitter between viewers of
/// equal pace; half a picture at 60 a second.
const GRACE: Micros = Micros::from_millis(8);

/// Shortest time between reset points made for somebody to join. Each costs
/// the others the compressor's memory.
const JOIN_PAUSE: Micros = Micros::from_millis(500);

/// Settings of a share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShareConfig {
    /// zstd level, 1 to 6. 1 (default) takes about 0.2 ms for a scrolled
    /// line; 6 saves a seventh of the bytes for three times that.
    pub level: i32,
    /// Many-coloured tiles that begin a film when they change at once; 96 by
    /// default. A new photograph is then seen sooner, and exact a little later.
    pub film_at_once: usize,
}

impl Default for ShareConfig {
    fn default() -> Self {
        Self {
            level: 1,
            film_at_once: 96,
        }
    }
}

/// Which of a viewer's two byte streams a message belongs to. Order holds
/// within a lane only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lane {
    /// Small and urgent: greeting, pointer, grey areas, state, end.
    Control,
    /// Updates of the picture.
    Picture,
}

/// Bytes to send: `head`, then `body`. The body is shared between viewers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// This viewer's own; may be empty.
    pub head: Vec<u8>,
    /// The rest of the message.
    pub body: Arc<[u8]>,
}

/// Why a call was refused: the caller's mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShareError {
    /// [`MAX_VIEWERS`] are there already.
    #[error("too many viewers")]
    TooMany,
    /// A viewer of that name is there already.
    #[error("this viewer is there already")]
    Known,
    /// No viewer of that name.
    #[error("no such viewer")]
    Unknown,
}

/// Why a viewer's message was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ViewerFault {
    /// We named a viewer that is not there.
    #[error("no such viewer")]
    Unknown,
    /// The viewer misbehaved.
    #[error(transparent)]
    Ack(#[from] FalseAck),
    /// The viewer speaks no version that we speak.
    #[error("no common version")]
    Version,
}

#[derive(Debug)]
struct Entry {
    viewer: Viewer,
    told: Told,
    queue: VecDeque<Transmit>,
    next_tile: usize,
    portion: Portion,
}

impl Entry {
    /// Could be told that it is exact, and was not.
    fn wants_assurance(&self) -> bool {
        let v = &self.viewer;
        v.lacks_nothing() && !v.exact && v.ready() && v.counts.updates > 0
    }
}

/// One share.
#[derive(Debug)]
pub struct Share {
    config: ShareConfig,
    lead: Lead,
    solo: Solo,
    viewers: BTreeMap<ViewerId, Entry>,
    control: Control,
    grace: Option<Moment>,
    joined: Option<Moment>,
}

impl Share {
    /// A share of a source of this size, which counts as wholly changed.
    ///
    /// # Errors
    /// [`EncodeError`] when memory runs out.
    pub fn new(size: Size, config: ShareConfig) -> Result<Self, EncodeError> {
        Ok(Self {
            config,
            lead: Lead::new(size, config)?,
            solo: Solo::new(config.level)?,
            viewers: BTreeMap::new(),
            control: Control::default(),
            grace: None,
            joined: None,
        })
    }

    /// The size of the picture that viewers have or will get next.
    #[must_use]
    pub const fn size(&self) -> Size {
        self.lead.size()
    }

    /// Admits a viewer; it will get the whole picture.
    ///
    /// # Errors
    /// [`ShareError::TooMany`], [`ShareError::Known`].
    pub fn add_viewer(&mut self, id: ViewerId, now: Moment) -> Result<(), ShareError> {
        if self.viewers.contains_key(&id) {
            return Err(ShareError::Known);
        }
        if self.viewers.len() == MAX_VIEWERS {
            return Err(ShareError::TooMany);
        }
        let viewer = Viewer::new(TileSet::full(self.lead.grid()), now);
        let entry = Entry {
            viewer,
            told: Told::default(),
            queue: VecDeque::new(),
            next_tile: 0,
            portion: Portion::new(),
        };
        self.viewers.insert(id, entry);
        Ok(())
    }

    /// Forgets a viewer and whatever was waiting for it.
    ///
    /// # Errors
    /// [`ShareError::Unknown`].
    pub fn remove_viewer(&mut self, id: ViewerId) -> Result<(), ShareError> {
        self.viewers.remove(&id).ok_or(ShareError::Unknown)?;
        self.abandon_if_alone();
        Ok(())
    }

    /// Tells a viewer that the share is over; nothing else follows. The
    /// caller still removes it.
    ///
    /// # Errors
    /// [`ShareError::Unknown`].
    pub fn end_viewer(&mut self, id: ViewerId, reason: EndReason) -> Result<(), ShareError> {
        let entry = self.viewers.get_mut(&id).ok_or(ShareError::Unknown)?;
        entry.told.end(reason);
        entry.queue.clear();
        entry.viewer.shown = false;
        Ok(())
    }

    /// The source may have changed within `rect`. What did not is found by
    /// comparison and costs no bytes.
    pub fn damage(&mut self, rect: Rect) {
        let grid = *self.lead.grid();
        self.lead.stale.insert_rect(&grid, rect);
    }

    /// The window system reports that something moved so far. A wrong hint
    /// costs a little time.
    pub fn hint_move(&mut self, vector: Vector) {
        self.lead.hint(vector);
    }

    /// Shows this pointer (its `slot` is ignored). `false` if the shape is not
    /// valid.
    pub fn set_cursor(&mut self, shape: CursorShape) -> bool {
        self.control.set_shape(shape)
    }

    /// The pointer's hot spot is there now.
    pub fn move_cursor(&mut self, x: u16, y: u16) {
        self.control.move_cursor(x, y);
    }

    /// The pointer left the shared area.
    pub fn hide_cursor(&mut self) {
        self.control.hide_cursor();
    }

    /// Areas that viewers show grey (GUARD-4), in place of all earlier ones.
    pub fn set_masks(&mut self, masks: &[Rect]) {
        self.control.set_masks(masks);
    }

    /// What the source does.
    pub fn set_source(&mut self, state: SourceState) {
        self.control.set_source(state);
    }

    /// Takes a viewer's message.
    ///
    /// # Errors
    /// [`ViewerFault`]; the caller should end that viewer's connection.
    pub fn handle(
        &mut self,
        id: ViewerId,
        message: ToSharer,
        now: Moment,
    ) -> Result<(), ViewerFault> {
        let all = TileSet::full(self.lead.grid());
        let debts = self.lead.debts();
        let entry = self.viewers.get_mut(&id).ok_or(ViewerFault::Unknown)?;
        let viewer = &mut entry.viewer;
        match message {
            ToSharer::Hello(theirs) => {
                crate::message::Hello::ours()
                    .agree(theirs)
                    .ok_or(ViewerFault::Version)?;
            }
            ToSharer::Ack { sequence, .. } => {
                let waits = viewer.is_leading() && !viewer.ready();
                self.lead.late |= waits && !self.lead.stale.is_empty();
                viewer.pace.acknowledge(sequence, now)?;
            }
            ToSharer::Reset => {
                viewer.start_over(all, now);
                self.abandon_if_alone();
            }
            ToSharer::Shown(shown) => {
                viewer.shown = shown;
                if !shown && viewer.is_leading() {
                    viewer.start_over(debts, now);
                    self.abandon_if_alone();
                }
            }
            ToSharer::Report(report) => viewer.report = report,
        }
        Ok(())
    }

    /// Whether [`Self::encode`] would find something to do: only then is it
    /// worth getting the source's pixels.
    #[must_use]
    pub fn wants_source(&self, now: Moment) -> bool {
        let ready = self.viewers.values().any(|e| e.viewer.ready());
        let expired = self.lead.next_expiry().is_some_and(|t| t <= now);
        let unsure = self.lead.is_exact() && self.viewers.values().any(Entry::wants_assurance);
        ready && (expired || self.lead.has_work() || self.somebody_lacks() || unsure)
    }

    fn somebody_lacks(&self) -> bool {
        self.viewers.values().any(|e| match &e.viewer.place {
            Place::Leading { .. } => false,
            Place::Behind { lacks, .. } => e.viewer.ready() && !lacks.is_empty(),
        })
    }

    /// When to call [`Self::encode`] again though nothing happens; `None` if
    /// never. While the source is still and viewers have everything, there is
    /// no such moment; nor while nobody can take anything, for then only what a
    /// viewer says changes that.
    #[must_use]
    pub fn poll_at(&self) -> Option<Moment> {
        if !self.viewers.values().any(|e| e.viewer.ready()) {
            return None;
        }
        let expiry = self.lead.next_expiry();
        let grace = self.grace.filter(|_| self.lead.has_work());
        expiry.into_iter().chain(grace).min()
    }

    /// Makes what viewers can take now of what the source shows now. Call it
    /// when the source changed, a message was handled, or [`Self::poll_at`]
    /// came. A source of another size begins anew for everybody.
    ///
    /// # Errors
    /// [`EncodeError`]: this machine failed; the share should end.
    pub fn encode(&mut self, source: &PixelView<'_>, now: Moment) -> Result<(), EncodeError> {
        if source.size() != self.lead.size() {
            self.resize(source.size(), now)?;
        }
        self.lead.expire(now);
        if self.lead_may_go(now) && self.lead.has_work() {
            self.join(now);
            self.encode_lead(source, now)?;
        }
        self.catch_up(now)?;
        self.reassure(now);
        Ok(())
    }

    fn resize(&mut self, size: Size, now: Moment) -> Result<(), EncodeError> {
        self.lead = Lead::new(size, self.config)?;
        self.grace = None;
        for e in self.viewers.values_mut() {
            e.viewer.start_over(TileSet::full(self.lead.grid()), now);
            e.next_tile = 0;
        }
        Ok(())
    }

    fn abandon_if_alone(&mut self) {
        if !self.viewers.values().any(|e| e.viewer.is_leading()) {
            self.lead.abandon();
            self.grace = None;
        }
    }

    /// Sees to it that somebody leads. Whether all who do can take an update.
    fn lead_may_go(&mut self, now: Moment) -> bool {
        let any_ready = self.viewers.values().any(|e| e.viewer.ready());
        let waits = self
            .viewers
            .values()
            .any(|e| e.viewer.is_leading() && !e.viewer.ready());
        if waits {
            if !any_ready || !self.lead.has_work() {
                return false;
            }
            let until = *self.grace.get_or_insert(now + GRACE);
            if now < until {
                return false;
            }
            let debts = self.lead.debts();
            for e in self.viewers.values_mut() {
                let v = &mut e.viewer;
                let late = v.is_leading() && !v.ready();
                if late && !(v.shown && v.pace.is_late_by_jitter(now)) {
                    v.fall_behind(debts.clone(), now);
                }
            }
        }
        self.grace = None;
        if self.viewers.values().any(|e| e.viewer.is_leading()) {
            return true;
        }
        self.lead.abandon();
        self.elect(now)
    }

    /// Of those who can take something, the one that lacks least leads, and
    /// with it whoever lacks the same.
    fn elect(&mut self, now: Moment) -> bool {
        let least = self
            .viewers
            .values()
            .filter(|e| e.viewer.ready())
            .filter_map(|e| match &e.viewer.place {
                Place::Behind { lacks, .. } => Some(lacks.clone()),
                Place::Leading { .. } => None,
            })
            .min_by_key(TileSet::count);
        let Some(least) = least else { return false };
        for e in self.viewers.values_mut() {
            if let Place::Behind { lacks, .. } = &e.viewer.place
                && e.viewer.ready()
                && *lacks == least
            {
                e.viewer.lead(now);
            }
        }
        self.lead.owed.extend(&least);
        self.joined = Some(now);
        true
    }

    /// Lets viewers that lack nothing into the lead.
    fn join(&mut self, now: Moment) {
        if self.joined.is_some_and(|t| now - t < JOIN_PAUSE) {
            return;
        }
        for e in self.viewers.values_mut() {
            if let Place::Behind { lacks, until, .. } = &e.viewer.place
                && lacks.is_empty()
                && *until <= now
                && e.viewer.ready()
            {
                e.viewer.lead(now);
                self.lead.reset = true;
                self.joined = Some(now);
            }
        }
    }

    fn encode_lead(&mut self, source: &PixelView<'_>, now: Moment) -> Result<(), EncodeError> {
        let film_rate = self.film_rate(now);
        let leading = self.viewers.values().filter(|e| e.viewer.is_leading());
        let rate = leading.filter_map(|e| e.viewer.pace.rate()).min();
        let Some(encoded) = self.lead.encode(source, now, film_rate, rate)? else {
            return Ok(());
        };
        let body: Arc<[u8]> = encoded.payload.into();
        for e in self.viewers.values_mut() {
            match &mut e.viewer.place {
                Place::Behind { lacks, .. } => lacks.extend(&encoded.touched),
                Place::Leading { .. } => {
                    let head = e.viewer.send(body.len(), encoded.exact, now).to_vec();
                    e.queue.push_back(Transmit {
                        head,
                        body: Arc::clone(&body),
                    });
                }
            }
        }
        Ok(())
    }

    /// Film keeps to seven tenths of the slowest leading path that is known
    /// to be a limit. Bits a second.
    fn film_rate(&self, now: Moment) -> Option<u64> {
        self.viewers
            .values()
            .filter(|e| e.viewer.is_leading())
            .filter_map(|e| e.viewer.pace.limit(now))
            .min()
            .map(|bytes| bytes.saturating_mul(8) / 10 * 7)
    }

    fn catch_up(&mut self, now: Moment) -> Result<(), EncodeError> {
        let current = self.lead.stale.is_empty();
        for e in self.viewers.values_mut() {
            if !e.viewer.ready() {
                continue;
            }
            let Place::Behind { lacks, .. } = &mut e.viewer.place else {
                continue;
            };
            if lacks.is_empty() {
                continue;
            }
            let grid = *self.lead.grid();
            let next = &mut e.next_tile;
            if let Some(trip) = e.viewer.pace.last_trip() {
                e.portion.painted_after(trip);
            }
            let portion = e.portion;
            let (body, exact) =
                self.solo
                    .encode(&self.lead.shadow, &grid, lacks, next, portion, current)?;
            let body: Arc<[u8]> = body.into();
            e.viewer.counts.alone += 1;
            let head = e.viewer.send(body.len(), exact, now).to_vec();
            e.queue.push_back(Transmit { head, body });
        }
        Ok(())
    }

    /// Tells viewers that everything is exact where the last update could not
    /// know it yet: what looked like a change was none.
    fn reassure(&mut self, now: Moment) {
        if !self.lead.is_exact() {
            return;
        }
        let mut out = UpdateWriter::new(None);
        out.exact(true);
        let body: Arc<[u8]> = out.finish().into();
        for e in self.viewers.values_mut().filter(|e| e.wants_assurance()) {
            let head = e.viewer.send(body.len(), true, now).to_vec();
            e.queue.push_back(Transmit {
                head,
                body: Arc::clone(&body),
            });
        }
    }

    /// The next bytes for a viewer's lane. Take them as long as the transport
    /// has room; of what is not taken only the latest state is kept, and
    /// updates stop when credit ends.
    pub fn poll(&mut self, id: ViewerId, lane: Lane) -> Option<Transmit> {
        let entry = self.viewers.get_mut(&id)?;
        match lane {
            Lane::Picture => entry.queue.pop_front(),
            Lane::Control => {
                let body = self.control.next(&mut entry.told)?;
                Some(Transmit {
                    head: Vec::new(),
                    body,
                })
            }
        }
    }

    /// The viewers, in ascending order.
    pub fn viewers(&self) -> impl Iterator<Item = ViewerId> + '_ {
        self.viewers.keys().copied()
    }

    /// What is known about a viewer.
    #[must_use]
    pub fn statistics(&self, id: ViewerId) -> Option<ViewerStatistics> {
        self.viewers.get(&id).map(|e| e.viewer.statistics())
    }

    /// Films that run now.
    #[must_use]
    pub fn films(&self) -> usize {
        self.lead.films.count()
    }

    /// Whether everybody who keeps up has every pixel of the source exactly.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.lead.is_exact()
    }
}
