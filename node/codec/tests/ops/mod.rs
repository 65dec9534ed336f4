//! A share, its source and its viewers driven by operations out of bytes; in
//! the end every viewer whose path works shows the source bit for bit. The
//! fuzz target `share` makes the bytes; what it found is replayed by a test.

#![allow(unreachable_pub)] // shared by a test and a fuzz target
#![allow(clippy::unwrap_used)] // a failed helper is a failed test

use kith_codec::Vector;
use kith_codec::geometry::{Rect, Size};
use kith_codec::message::ToSharer;
use kith_codec::picture::Picture;
use kith_codec::share::{ShareConfig, ViewerId};
use kith_codec::time::Micros;

use super::common::{Path, World};

/// How large the desktop is that the bytes make, by the first of them. Nearly all
/// are small: what can happen happens there too, and many times cheaper.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Desktop {
    /// Sides of up to 511 pixels, where film begins as it does in a share.
    Large,
    /// Sides of up to 128, four tiles by four.
    Medium,
    /// Sides of up to 64, two tiles by two.
    Small,
    /// The same, and too small for film, whose beginning takes longer than all
    /// else.
    Filmless,
}

impl Desktop {
    pub fn of(data: &[u8]) -> Self {
        match data.first() {
            Some(0xff) => Self::Large,
            Some(0xfe) => Self::Medium,
            Some(0xf0..) => Self::Small,
            _ => Self::Filmless,
        }
    }

    /// A length out of a byte.
    fn along(self, n: u8) -> u16 {
        match self {
            Self::Large => u16::from(n) * 2,
            Self::Medium => u16::from(n) / 2,
            Self::Small | Self::Filmless => u16::from(n) / 4,
        }
    }

    /// The middle of those lengths.
    fn middle(self) -> i16 {
        match self {
            Self::Large => 250,
            Self::Medium => 63,
            Self::Small | Self::Filmless => 31,
        }
    }

    /// So few tiles begin a film on desktops that have no more.
    fn config(self) -> ShareConfig {
        let film_at_once = match self {
            Self::Large | Self::Filmless => return ShareConfig::default(),
            Self::Medium => 6,
            Self::Small => 2,
        };
        ShareConfig {
            film_at_once,
            ..ShareConfig::default()
        }
    }
}

/// Does what the bytes say.
pub fn operate(data: &[u8]) {
    let mut bytes = data.iter().copied();
    let mut next = || bytes.next();
    let (Some(_), Some(a), Some(b)) = (next(), next(), next()) else {
        return;
    };
    let desktop = Desktop::of(data);
    let along = move |n: u8| desktop.along(n);
    let middle = desktop.middle();
    let size = move |a: u8, b: u8| Size::new(along(a) + 1, along(b) + 1).unwrap();
    let slow = Path {
        rate: 20_000,
        delay: Micros(20_000),
    };
    let paths = [Path::FAST, slow, Path::STALLED];
    let mut w = World::of(size(a, b), &paths, desktop.config());
    let mut seed = 1u32;
    for _ in 0..24 {
        let Some(op) = next() else { break };
        let bounds = w.source.size().bounds();
        let mut byte = || next().unwrap_or(0);
        let mut n = || along(byte());
        let rect = Rect::new(n(), n(), n() + 1, n() + 1).intersect(bounds);
        match op & 7 {
            0 | 1 => w.draw(rect, |p| p.fill(rect, u32::from(op) * 0x01_0305)),
            2 => w.draw(rect, |p| {
                for y in 0..rect.h {
                    for x in 0..rect.w {
                        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                        p.set(
                            rect.x + x,
                            rect.y + y,
                            if op & 8 == 0 { seed >> 8 } else { seed >> 30 },
                        );
                    }
                }
            }),
            3 => {
                let (dx, dy) = (n() as i16 - middle, n() as i16 - middle);
                let old = w.source.clone();
                w.draw(bounds, |p| {
                    for y in 0..rect.h {
                        for x in 0..rect.w {
                            let tx = i32::from(rect.x + x) + i32::from(dx);
                            let ty = i32::from(rect.y + y) + i32::from(dy);
                            if let (Ok(tx), Ok(ty)) = (u16::try_from(tx), u16::try_from(ty)) {
                                p.set(tx, ty, old.get(rect.x + x, rect.y + y));
                            }
                        }
                    }
                });
                w.share.hint_move(Vector {
                    dx: dx.wrapping_add(i16::from(op >> 6)),
                    dy,
                });
            }
            4 => w.run_for(Micros(u64::from(byte()) * 2000)),
            5 => {
                w.source = Picture::new(size(byte(), byte()));
                // By chance of the same size: then only damage tells.
                w.share.damage(w.source.size().bounds());
            }
            6 => {
                let id = ViewerId(u32::from(op >> 3 & 3));
                let message = match op >> 5 {
                    0 => ToSharer::Reset,
                    1 => ToSharer::Shown(false),
                    2 => ToSharer::Ack {
                        sequence: u32::from(byte()) * 2,
                        spent: 1,
                    },
                    _ => ToSharer::Shown(true),
                };
                // The stalled viewer may say anything; nobody else lies.
                if id == ViewerId(2) || !matches!(message, ToSharer::Ack { .. }) {
                    let _ = w.share.handle(id, message, w.now);
                }
            }
            _ => w.pump(),
        }
    }
    for id in 0..2 {
        let _ = w.share.handle(ViewerId(id), ToSharer::Shown(true), w.now);
    }
    w.rest();
    w.assert_exact(0, "the fast viewer");
    w.assert_exact(1, "the slow viewer");
}
