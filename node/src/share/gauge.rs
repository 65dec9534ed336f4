//! What is measured of a watched share, at the viewer's node: it passes
//! everything on, so it counts without decoding anything.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use kith_view::local::PathKind;

/// Beats whose echo is waited for. More than come within the silence after
/// which a path counts as lost.
const BEATS: usize = 16;

/// Figures of one watched share, since it began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// How it reaches the sharer now.
    pub path: PathKind,
    /// There and back, lately.
    pub round_trip: Option<Duration>,
    /// Pictures that the window has painted.
    pub updates: u64,
    /// Bytes from the sharer.
    pub bytes: u64,
}

#[derive(Debug, Default)]
struct Inner {
    figures: Figures,
    beats: VecDeque<(u32, Instant)>,
}

/// Where they are counted.
#[derive(Debug, Default)]
pub(super) struct Gauge(Mutex<Inner>);

impl Gauge {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn figures(&self) -> Figures {
        self.inner().figures
    }

    /// The path is another one: what was on its way on the one before says
    /// nothing about it.
    pub(super) fn path(&self, kind: PathKind) {
        let mut inner = self.inner();
        inner.figures.path = kind;
        inner.figures.round_trip = None;
        inner.beats.clear();
    }

    pub(super) fn arrived(&self, bytes: usize) {
        let sum = &mut self.inner().figures.bytes;
        *sum = sum.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
    }

    pub(super) fn painted(&self) {
        self.inner().figures.updates += 1;
    }

    pub(super) fn beat(&self, number: u32, now: Instant) {
        let beats = &mut self.inner().beats;
        if beats.len() == BEATS {
            beats.pop_front();
        }
        beats.push_back((number, now));
    }

    /// The round trip, if that was our beat and it differs from the last by
    /// more than an eighth: the rest isn't worth telling. A beat counts once.
    pub(super) fn echo(&self, number: u32, now: Instant) -> Option<Duration> {
        let mut inner = self.inner();
        let at = inner.beats.iter().position(|(n, _)| *n == number)?;
        let (_, sent) = inner.beats.remove(at)?;
        let trip = now.saturating_duration_since(sent);
        let last = inner.figures.round_trip.replace(trip);
        let same = last.is_some_and(|last| last.abs_diff(trip) <= last / 8);
        (!same).then_some(trip)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beat_counts_once_and_only_on_its_path() {
        let gauge = Gauge::default();
        let start = Instant::now();
        let after = |ms| start + Duration::from_millis(ms);
        gauge.beat(1, start);
        assert_eq!(gauge.echo(2, after(5)), None, "nobody sent that");
        assert_eq!(gauge.echo(1, after(8)), Some(Duration::from_millis(8)));
        assert_eq!(gauge.echo(1, after(900)), None, "it has counted");
        gauge.beat(2, after(1000));
        assert_eq!(gauge.echo(2, after(1008)), None, "as before");
        gauge.beat(3, after(2000));
        gauge.path(PathKind::Relayed);
        assert_eq!(gauge.figures().round_trip, None);
        assert_eq!(gauge.echo(3, after(2001)), None, "it was of another path");
    }

    #[test]
    fn beats_without_echo_are_forgotten() {
        let gauge = Gauge::default();
        let start = Instant::now();
        for n in 0..1000 {
            gauge.beat(n, start);
        }
        assert_eq!(gauge.inner().beats.len(), BEATS);
        assert_eq!(gauge.echo(0, start), None);
        assert_eq!(gauge.echo(999, start), Some(Duration::ZERO));
    }
}
