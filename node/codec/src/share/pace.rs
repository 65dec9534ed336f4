//! How much a viewer can take: credit, measured from its acknowledgements.
//!
//! A viewer may have as many bytes under way as the path holds (bandwidth ×
//! round trip), and one update more. So the path is never idle, and never
//! more than one update waits in a queue that a newer picture can no longer
//! overtake.

use std::collections::VecDeque;

use crate::message::{LATE_BYTES, LATE_UPDATE};
use crate::time::{Micros, Moment};

/// Bytes that may be under way beyond the measured product. It lets the
/// estimate grow on an idle path, and small updates follow each other on a
/// path of which nothing is known yet; on 1 Mb/s it is 33 ms.
const FLOOR: u64 = 4 * 1024;
/// Most updates under way to one viewer.
const MOST: usize = 128;
/// Most while that is only known from updates that were large themselves: one
/// goes through the bottleneck, the next waits.
const MISTRUSTED: usize = 2;
/// Estimates forget what is older.
const WINDOW: Micros = Micros::from_millis(10_000);
/// How long a viewer may be late by jitter, of its path or its machine: so many
/// bytes as its path takes in this time may be under way to it beyond its credit,
/// and for so long, while others of its pace go on.
const JITTER: Micros = Micros::from_millis(100);
/// Acknowledgements faster than this count as this: below it timers, not the
/// path, are measured.
const LEAST_TRIP: Micros = Micros(100);

#[derive(Clone, Copy, Debug)]
struct Sent {
    sequence: u32,
    bytes: u64,
    at: Moment,
    /// Bytes delivered in all when this was sent, and when that was so.
    delivered: u64,
    delivered_at: Moment,
}

impl Sent {
    /// Its acknowledgement may have been held back at the viewer, so that the
    /// time until then says nothing about the path, except that it takes no
    /// longer.
    const fn may_be_late(&self) -> bool {
        self.bytes <= LATE_UPDATE as u64
    }
}

/// The highest value seen within [`WINDOW`], in two half windows.
#[derive(Clone, Copy, Debug, Default)]
struct Highest {
    now: Option<u64>,
    before: Option<u64>,
    since: Moment,
}

impl Highest {
    fn put(&mut self, value: u64, at: Moment) {
        if (at - self.since).0 > WINDOW.0 / 2 {
            self.before = self.now;
            self.now = None;
            self.since = at;
        }
        self.now = Some(self.now.map_or(value, |n| n.max(value)));
    }

    fn get(&self) -> Option<u64> {
        self.now.max(self.before)
    }
}

/// An acknowledgement that fits nothing sent: the viewer misbehaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the viewer acknowledged an update that was not under way")]
pub struct FalseAck;

/// The credit of one viewer.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    under_way: VecDeque<Sent>,
    outstanding: u64,
    delivered: u64,
    delivered_at: Moment,
    /// Shortest time from sending to painted, microseconds, and when it was
    /// last seen.
    trip: Option<(u64, Moment)>,
    /// The bytes of that update.
    trip_bytes: u64,
    /// The shortest time is old: less is sent for two trips to measure it
    /// anew, or a standing queue would pass for distance. Until when, and the
    /// shortest since, with that update's bytes.
    draining: Option<(Moment, (u64, u64))>,
    /// Highest rate, bytes a second.
    rate: Highest,
    smooth: Option<u64>,
    acknowledged: u32,
    last_trip: Option<Micros>,
    /// When credit last ran out.
    full_at: Option<Moment>,
}

impl Pace {
    /// Whether another update may be sent.
    pub(crate) fn ready(&self) -> bool {
        let most = match self.outstanding > FLOOR && self.trip_is_size() {
            true => MISTRUSTED,
            false => MOST,
        };
        self.under_way.is_empty()
            || (self.outstanding <= self.credit() && self.under_way.len() < most)
    }

    /// Whether the shortest trip is mostly that update's own way through the
    /// bottleneck, so that it says little about what the path holds.
    fn trip_is_size(&self) -> bool {
        let (Some(rate), Some((trip, _))) = (self.rate(), self.trip) else {
            return false;
        };
        let held = u128::from(rate) * u128::from(trip) / 1_000_000;
        u128::from(self.trip_bytes) * 3 > held * 2
    }

    /// Whether it is only late: another update that others of its pace get now is
    /// cheaper for everybody than what it would lack without.
    pub(crate) fn is_late_by_jitter(&self, now: Moment) -> bool {
        let (Some(rate), Some(trip)) = (self.rate(), self.trip()) else {
            return false;
        };
        let more = rate.saturating_mul(JITTER.0) / 1_000_000;
        let oldest = self.under_way.front();
        self.outstanding <= self.credit().saturating_add(more)
            && self.under_way.len() < MOST
            && oldest.is_some_and(|s| now - s.at <= Micros(trip.0 + JITTER.0))
    }

    /// Bytes under way up to which more may follow.
    fn credit(&self) -> u64 {
        let product = self.product();
        if self.draining.is_some() {
            product / 4 * 3
        } else {
            product
        }
    }

    /// Bytes that the path holds, as far as known.
    pub(crate) fn product(&self) -> u64 {
        let held = match (self.rate(), self.trip()) {
            (Some(rate), Some(trip)) => u128::from(rate) * u128::from(trip.0) / 1_000_000,
            _ => 0,
        };
        FLOOR.saturating_add(u64::try_from(held).unwrap_or(u64::MAX))
    }

    /// Measured bytes a second.
    pub(crate) fn rate(&self) -> Option<u64> {
        self.rate.get()
    }

    /// Shortest measured time from sending to painted.
    pub(crate) fn trip(&self) -> Option<Micros> {
        self.trip.map(|(t, _)| Micros(t))
    }

    /// Time from sending to painted of the last update.
    pub(crate) const fn last_trip(&self) -> Option<Micros> {
        self.last_trip
    }

    /// Smoothed time from sending to painted.
    pub(crate) fn smooth_trip(&self) -> Option<Micros> {
        self.smooth.map(Micros)
    }

    /// Bytes and updates under way.
    pub(crate) fn outstanding(&self) -> (u64, usize) {
        (self.outstanding, self.under_way.len())
    }

    /// The last update known to be painted.
    pub(crate) const fn acknowledged(&self) -> u32 {
        self.acknowledged
    }

    pub(crate) fn sent(&mut self, sequence: u32, bytes: usize, now: Moment) {
        let bytes = bytes as u64;
        let before = self.outstanding;
        let mut delivered = self.delivered;
        if self.under_way.iter().all(Sent::may_be_late) {
            // The path is idle: what is under way is there, and not said yet.
            self.delivered_at = now;
            delivered += before;
        }
        self.outstanding += bytes;
        let delivered_at = self.delivered_at;
        self.under_way.push_back(Sent {
            sequence,
            bytes,
            at: now,
            delivered,
            delivered_at,
        });
        // One update alone may be larger than all credit and says nothing.
        if before > LATE_BYTES as u64 && !self.ready() {
            self.full_at = Some(now);
        }
    }

    /// Everything up to `sequence` is painted.
    pub(crate) fn acknowledge(&mut self, sequence: u32, now: Moment) -> Result<(), FalseAck> {
        if !self.under_way.iter().any(|s| s.sequence == sequence) {
            return Err(FalseAck);
        }
        while let Some(s) = self.under_way.pop_front() {
            self.outstanding -= s.bytes;
            self.delivered += s.bytes;
            self.delivered_at = now;
            let trip = (now - s.at).0.max(LEAST_TRIP.0);
            if !s.may_be_late() || self.trip.is_some_and(|(best, _)| trip < best) {
                self.see_trip(trip, s.bytes, now);
                self.last_trip = Some(Micros(trip));
                self.smooth = Some(self.smooth.map_or(trip, |t| (t * 7 + trip) / 8));
            }
            let span = (now - s.delivered_at).0.max(LEAST_TRIP.0);
            let rate = self.delivered.saturating_sub(s.delivered);
            self.rate.put(rate.saturating_mul(1_000_000) / span, now);
            if s.sequence == sequence {
                break;
            }
        }
        self.acknowledged = sequence;
        Ok(())
    }

    fn see_trip(&mut self, trip: u64, bytes: u64, now: Moment) {
        match (self.trip, &mut self.draining) {
            (Some((best, _)), Some((until, least))) if trip > best => {
                *least = (trip, bytes).min(*least);
                if now >= *until {
                    let (trip, bytes) = *least;
                    self.trip = Some((trip, now));
                    self.trip_bytes = bytes;
                    self.draining = None;
                }
            }
            (Some((best, at)), None) if trip > best => {
                if now - at > WINDOW {
                    self.draining = Some((now + Micros(2 * best), (u64::MAX, 0)));
                }
            }
            _ => {
                self.trip = Some((trip, now));
                self.trip_bytes = bytes;
                self.draining = None;
            }
        }
    }

    /// Bytes a second the path takes, if it was the limit lately and not what
    /// there was to send.
    pub(crate) fn limit(&self, now: Moment) -> Option<u64> {
        let full = self.full_at?;
        if now - full > WINDOW {
            None
        } else {
            self.rate()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends updates of `size` whenever ready over a path of `rate` bytes a
    /// second and `trip`, for `seconds`; returns the most bytes that ever
    /// queued before the bottleneck, and the bytes delivered.
    fn run(rate: u64, trip: Micros, size: u64, seconds: u64) -> (u64, u64) {
        let mut pace = Pace::default();
        let (mut free_at, mut acks) = (Moment(0), VecDeque::new());
        let (mut sequence, mut worst, mut total) = (0, 0, 0);
        for t in (0..seconds * 1_000_000).step_by(500) {
            let now = Moment(t);
            while acks.front().is_some_and(|(at, _)| *at <= now) {
                let (_, s) = acks.pop_front().unwrap();
                pace.acknowledge(s, now).unwrap();
            }
            while pace.ready() {
                sequence += 1;
                pace.sent(sequence, size as usize, now);
                let queued = (free_at - now).0 * rate / 1_000_000;
                if t > 2_000_000 {
                    worst = worst.max(queued);
                    total += size;
                }
                free_at = free_at.max(now) + Micros(size * 1_000_000 / rate);
                acks.push_back((free_at + trip, sequence));
            }
        }
        (worst, total)
    }

    #[test]
    fn a_far_path_is_filled_and_never_queues_more_than_an_update() {
        // 5 Mb/s, 50 ms: the product is 31 KB.
        for size in [1_000, 8_000, 30_000] {
            let (queued, total) = run(625_000, Micros(50_000), size, 12);
            // Once in ten seconds, after the trip was measured anew, the path
            // is filled again at once; otherwise one FLOOR would do.
            assert!(
                queued <= size + 2 * FLOOR + 1024,
                "{queued} bytes queued with updates of {size}"
            );
            assert!(
                total * 10 >= 625_000 * 10 * 8,
                "only {total} of 6250000 bytes with {size}"
            );
        }
    }

    /// The time that the first picture took was its own, and no distance.
    #[test]
    fn a_huge_first_update_lets_no_burst_follow() {
        // 1 Mb/s, 20 ms: 2.5 KB; half a second of the path has come.
        let mut p = Pace::default();
        p.sent(1, 62_500, Moment(0));
        let now = Moment(520_000);
        p.acknowledge(1, now).unwrap();
        let mut more = 0;
        while p.ready() {
            more += 1;
            p.sent(1 + more, 10_000, now);
        }
        assert_eq!(more, 2, "one goes through, and one waits");
    }

    #[test]
    fn a_near_path_is_filled() {
        let (_, total) = run(50_000_000, Micros(1_000), 20_000, 4);
        assert!(total >= 50_000_000, "only {total} bytes in two seconds");
    }

    #[test]
    fn nothing_sent_nothing_acknowledged() {
        let mut p = Pace::default();
        assert!(p.ready());
        assert_eq!(p.acknowledge(1, Moment(5)), Err(FalseAck));
        p.sent(1, 100_000, Moment(0));
        assert!(!p.ready());
        assert_eq!(p.acknowledge(2, Moment(5)), Err(FalseAck));
        assert_eq!(p.acknowledge(1, Moment(5_000)), Ok(()));
        assert!(p.ready());
        assert_eq!(p.acknowledge(1, Moment(6_000)), Err(FalseAck));
    }

    #[test]
    fn late_acknowledgements_spoil_no_estimate() {
        let mut p = Pace::default();
        let mut now = Moment(0);
        p.sent(1, 50_000, now);
        now = now + Micros(2_000);
        p.acknowledge(1, now).unwrap();
        let (trip, rate, smooth) = (p.trip(), p.rate(), p.smooth_trip());
        assert_eq!((trip, rate), (Some(Micros(2_000)), Some(25_000_000)));
        // Half a minute of typing, acknowledged once a second.
        for s in 2..302 {
            p.sent(s, 60, now);
            assert!(p.ready(), "a key never waits");
            now = now + Micros(100_000);
            if s % 10 == 0 {
                p.acknowledge(s, now).unwrap();
            }
        }
        assert_eq!((p.trip(), p.smooth_trip()), (trip, smooth));
        assert_eq!(p.limit(now), None, "the path was never the limit");
        // What follows is measured as if nothing were under way.
        p.sent(302, 50_000, now);
        assert_eq!(p.limit(now), None);
        p.acknowledge(302, now + Micros(2_000)).unwrap();
        assert_eq!((p.trip(), p.rate()), (trip, Some(25_000_000)));
    }

    #[test]
    fn estimates_forget() {
        let mut p = Pace::default();
        let mut now = Moment(0);
        for s in 1..200 {
            p.sent(s, 1000, now);
            now = now + Micros(if s < 20 { 1_000 } else { 200_000 });
            p.acknowledge(s, now).unwrap();
        }
        assert_eq!(p.trip(), Some(Micros(200_000)));
        assert_eq!(p.rate(), Some(5_000));
    }
}
