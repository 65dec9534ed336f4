//! What a share keeps for each viewer.

use super::pace::Pace;
use crate::message::{Report, UpdateWriter, next_sequence};
use crate::tiles::TileSet;
use crate::time::{Micros, Moment};

/// Names a viewer of a share; the caller's choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ViewerId(pub u32);

/// Shortest time a viewer stays out of the lead after falling behind; it
/// doubles each time.
const FIRST_EXILE: Micros = Micros::from_millis(500);
/// Longest such time.
const LONGEST_EXILE: Micros = Micros::from_millis(30_000);
/// A viewer that kept up for so long begins anew with the shortest.
const FORGIVEN: Micros = Micros::from_millis(10_000);

/// Whether a viewer gets the common stream.
#[derive(Debug)]
pub(crate) enum Place {
    /// It gets every update of the lead.
    Leading { since: Moment },
    /// It fell behind, or just came. All that is kept is which tiles of the
    /// shadow it lacks.
    Behind {
        lacks: TileSet,
        /// Not before then may it lead again.
        until: Moment,
    },
}

#[derive(Debug)]
pub(crate) struct Viewer {
    pub(crate) place: Place,
    pub(crate) pace: Pace,
    pub(crate) shown: bool,
    pub(crate) report: Report,
    pub(crate) counts: Counts,
    /// The last update said that everything is exact.
    pub(crate) exact: bool,
    sequence: u32,
    exile: Micros,
}

/// Counters of one viewer since it came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Updates sent.
    pub updates: u64,
    /// Of these, made for this viewer alone.
    pub alone: u64,
    /// Bytes of updates, heads included.
    pub bytes: u64,
    /// Times it fell behind.
    pub fell_behind: u64,
}

/// What is known about one viewer (SCEN-4, and for diagnosis).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ViewerStatistics {
    /// Counters since it came.
    pub counts: Counts,
    /// Whether it gets the stream of the leading pace.
    pub leading: bool,
    /// Tiles of the picture it lacks.
    pub lacks: usize,
    /// Updates on the way to it.
    pub under_way: usize,
    /// Bytes on the way to it.
    pub outstanding: u64,
    /// Last update it painted.
    pub acknowledged: u32,
    /// Shortest time lately from sending an update to its being painted.
    pub trip: Option<Micros>,
    /// The same, smoothed.
    pub smooth_trip: Option<Micros>,
    /// Bytes a second it was seen to take.
    pub rate: Option<u64>,
    /// What it says about itself.
    pub report: Report,
}

impl Viewer {
    pub(crate) fn new(lacks: TileSet, now: Moment) -> Self {
        Self {
            place: Place::Behind { lacks, until: now },
            pace: Pace::default(),
            shown: true,
            report: Report::default(),
            counts: Counts::default(),
            exact: false,
            sequence: 0,
            exile: FIRST_EXILE,
        }
    }

    pub(crate) fn ready(&self) -> bool {
        self.shown && self.pace.ready()
    }

    /// Has every pixel of the shadow, or has it on the way.
    pub(crate) fn lacks_nothing(&self) -> bool {
        match &self.place {
            Place::Leading { .. } => true,
            Place::Behind { lacks, .. } => lacks.is_empty(),
        }
    }

    pub(crate) const fn is_leading(&self) -> bool {
        matches!(self.place, Place::Leading { .. })
    }

    pub(crate) fn lead(&mut self, now: Moment) {
        self.place = Place::Leading { since: now };
    }

    pub(crate) fn fall_behind(&mut self, lacks: TileSet, now: Moment) {
        if let Place::Leading { since } = self.place
            && now - since >= FORGIVEN
        {
            self.exile = FIRST_EXILE;
        }
        self.place = Place::Behind {
            lacks,
            until: now + self.exile,
        };
        self.exile = Micros((self.exile.0 * 2).min(LONGEST_EXILE.0));
        self.counts.fell_behind += 1;
    }

    /// Everything is lacking: it asked, or the picture has another size.
    pub(crate) fn start_over(&mut self, lacks: TileSet, now: Moment) {
        self.place = Place::Behind { lacks, until: now };
    }

    /// Notes an update of which `len` bytes are shared, and makes its head.
    pub(crate) fn send(&mut self, len: usize, exact: bool, now: Moment) -> [u8; 8] {
        self.sequence = next_sequence(self.sequence);
        self.exact = exact;
        let head = UpdateWriter::head(self.sequence, len);
        self.pace.sent(self.sequence, head.len() + len, now);
        self.counts.updates += 1;
        self.counts.bytes += (head.len() + len) as u64;
        head
    }

    pub(crate) fn statistics(&self) -> ViewerStatistics {
        let (outstanding, under_way) = self.pace.outstanding();
        ViewerStatistics {
            counts: self.counts,
            leading: self.is_leading(),
            lacks: match &self.place {
                Place::Leading { .. } => 0,
                Place::Behind { lacks, .. } => lacks.count(),
            },
            under_way,
            outstanding,
            acknowledged: self.pace.acknowledged(),
            trip: self.pace.trip(),
            smooth_trip: self.pace.smooth_trip(),
            rate: self.pace.rate(),
            report: self.report,
        }
    }
}
