//! A share and its viewers with a path between them, under virtual time.
#![allow(dead_code, unreachable_pub)] // each test binary uses a part
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a failed helper is a failed test

use std::collections::VecDeque;

use kith_codec::decoder::{Seen, Viewer};
use kith_codec::geometry::{Rect, Size};
use kith_codec::message::{Envelope, ToSharer, ToViewer};
use kith_codec::picture::Picture;
use kith_codec::share::{Lane, Share, ShareConfig, ViewerId};
use kith_codec::time::{Micros, Moment};

/// Numbers from a seed.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as u32
    }

    pub fn below(&mut self, n: u32) -> u32 {
        self.next() % n.max(1)
    }

    pub fn rect(&mut self, size: Size) -> Rect {
        let w = 1 + self.below(size.width().into()) as u16;
        let h = 1 + self.below(size.height().into()) as u16;
        let x = self.below(u32::from(size.width() - w) + 1) as u16;
        let y = self.below(u32::from(size.height() - h) + 1) as u16;
        Rect::new(x, y, w, h)
    }
}

/// What a viewer's path is like.
#[derive(Clone, Copy, Debug)]
pub struct Path {
    /// Bytes a second; 0: nothing ever arrives.
    pub rate: u64,
    /// One way.
    pub delay: Micros,
}

impl Path {
    pub const FAST: Self = Self {
        rate: 100_000_000,
        delay: Micros(200),
    };
    pub const STALLED: Self = Self {
        rate: 0,
        delay: Micros(0),
    };
}

/// One viewer with its path.
pub struct Seat {
    pub id: ViewerId,
    pub viewer: Viewer,
    path: Path,
    free_at: Moment,
    there: VecDeque<(Moment, Vec<u8>)>,
    back: VecDeque<(Moment, ToSharer)>,
    /// When each update was painted, and its bytes.
    pub painted: Vec<(Moment, usize)>,
    /// Most updates that were ever waiting before the path's bottleneck,
    /// beyond the one going through it, after the first second.
    pub most_queued: usize,
    pub exact: bool,
}

/// Everything.
pub struct World {
    pub share: Share,
    pub source: Picture,
    pub now: Moment,
    pub seats: Vec<Seat>,
}

impl World {
    pub fn new(size: Size, paths: &[Path]) -> Self {
        Self::of(size, paths, ShareConfig::default())
    }

    pub fn of(size: Size, paths: &[Path], config: ShareConfig) -> Self {
        let mut share = Share::new(size, config).unwrap();
        let mut seats = Vec::new();
        for (i, path) in paths.iter().enumerate() {
            let id = ViewerId(i as u32);
            share.add_viewer(id, Moment(0)).unwrap();
            seats.push(Seat::new(id, *path));
        }
        Self {
            share,
            source: Picture::new(size),
            now: Moment(0),
            seats,
        }
    }

    /// One more viewer.
    pub fn join(&mut self, path: Path) {
        let id = ViewerId(self.seats.len() as u32);
        self.share.add_viewer(id, self.now).unwrap();
        self.seats.push(Seat::new(id, path));
    }

    /// Encodes what can be and puts it on the paths.
    pub fn pump(&mut self) {
        // Bounded: a share that always wants more would be a defect.
        for round in 0.. {
            assert!(round < 1000, "the share never has enough");
            if self.share.size() == self.source.size() && !self.share.wants_source(self.now) {
                break;
            }
            self.share.encode(&self.source.view(), self.now).unwrap();
            let mut any = false;
            for seat in &mut self.seats {
                while let Some(t) = self.share.poll(seat.id, Lane::Picture) {
                    any = true;
                    seat.send([&t.head[..], &t.body].concat(), self.now);
                }
            }
            if !any {
                break;
            }
        }
        for seat in &mut self.seats {
            while let Some(t) = self.share.poll(seat.id, Lane::Control) {
                let bytes = [&t.head[..], &t.body].concat();
                let (e, _) = Envelope::split(&bytes).unwrap().unwrap();
                seat.viewer
                    .handle(ToViewer::parse(e).unwrap().unwrap())
                    .unwrap();
            }
        }
    }

    /// The next moment at which something happens by itself.
    fn next(&self) -> Option<Moment> {
        let seats = self.seats.iter().flat_map(|s| {
            s.there
                .front()
                .map(|(t, _)| *t)
                .into_iter()
                .chain(s.back.front().map(|(t, _)| *t))
        });
        seats.chain(self.share.poll_at()).min()
    }

    /// Lets time pass.
    pub fn run_until(&mut self, end: Moment) {
        self.pump();
        let mut in_vain = 0;
        while let Some(t) = self.next().filter(|t| *t <= end) {
            // A moment that has passed and that nothing moves on.
            in_vain = if t < self.now { in_vain + 1 } else { 0 };
            assert!(in_vain < 10_000, "the share is called again and again");
            self.now = self.now.max(t);
            for seat in &mut self.seats {
                seat.deliver(&mut self.share, self.now);
            }
            self.pump();
            // A timer that has passed and changed nothing must not spin.
            if self.next().is_some_and(|n| n <= self.now) && self.share.poll_at() <= Some(self.now)
            {
                self.now = self.now + Micros(100);
            }
        }
        self.now = self.now.max(end);
    }

    pub fn run_for(&mut self, span: Micros) {
        let end = self.now + span;
        self.run_until(end);
    }

    /// Runs until nothing happens by itself any more.
    pub fn rest(&mut self) {
        self.pump();
        for round in 0.. {
            assert!(round < 10_000, "the share does not come to rest");
            let Some(next) = self.next() else { break };
            self.run_until(next.max(self.now));
        }
    }

    /// Changes the source and says so.
    pub fn draw(&mut self, rect: Rect, f: impl FnOnce(&mut Picture)) {
        f(&mut self.source);
        self.share.damage(rect);
    }

    pub fn assert_exact(&self, seat: usize, what: &str) {
        let shown = self.seats[seat].viewer.picture().expect("a picture");
        assert_eq!(
            shown.size(),
            self.source.size(),
            "{what}: size at viewer {seat}"
        );
        let wrong = shown
            .pixels()
            .iter()
            .zip(self.source.pixels())
            .filter(|(a, b)| a != b)
            .count();
        assert_eq!(wrong, 0, "{what}: {wrong} wrong pixels at viewer {seat}");
        assert!(
            self.seats[seat].exact,
            "{what}: viewer {seat} was not told that it is exact"
        );
    }
}

impl Seat {
    fn new(id: ViewerId, path: Path) -> Self {
        Self {
            id,
            viewer: Viewer::new().unwrap(),
            path,
            free_at: Moment(0),
            there: VecDeque::new(),
            back: VecDeque::new(),
            painted: Vec::new(),
            most_queued: 0,
            exact: false,
        }
    }

    pub fn set_path(&mut self, path: Path) {
        self.path = path;
    }

    fn send(&mut self, bytes: Vec<u8>, now: Moment) {
        if self.path.rate == 0 {
            return;
        }
        let start = self.free_at.max(now);
        self.free_at = start + Micros(bytes.len() as u64 * 1_000_000 / self.path.rate);
        let delay = self.path.delay;
        self.there.push_back((self.free_at + delay, bytes));
        if now > Moment(1_000_000) {
            let waiting = self.there.iter().filter(|(t, _)| *t > now + delay).count();
            self.most_queued = self.most_queued.max(waiting.saturating_sub(1));
        }
    }

    fn deliver(&mut self, share: &mut Share, now: Moment) {
        while self.there.front().is_some_and(|(t, _)| *t <= now) {
            let Some((at, bytes)) = self.there.pop_front() else {
                break;
            };
            let (envelope, used) = Envelope::split(&bytes).unwrap().unwrap();
            assert_eq!(used, bytes.len());
            let message = ToViewer::parse(envelope).unwrap().unwrap();
            match self.viewer.handle(message).unwrap() {
                Seen::Painted {
                    sequence, exact, ..
                } => {
                    self.painted.push((at, bytes.len()));
                    self.exact = exact;
                    let ack = ToSharer::Ack { sequence, spent: 0 };
                    self.back.push_back((at + self.path.delay, ack));
                }
                other => panic!("{other:?} in the picture lane"),
            }
        }
        while self.back.front().is_some_and(|(t, _)| *t <= now) {
            let Some((_, ack)) = self.back.pop_front() else {
                break;
            };
            share.handle(self.id, ack, now).unwrap();
        }
    }
}
