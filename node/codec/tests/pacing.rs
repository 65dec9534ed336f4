//! Viewers of different pace, under virtual time (SHARE-3).
#![allow(clippy::unwrap_used)] // a failed helper is a failed test

mod common;

use std::f64::consts::TAU;

use common::{Path, Random, World};
use kith_codec::decoder::{Seen, Viewer};
use kith_codec::geometry::{Rect, Size};
use kith_codec::message::{Envelope, ToSharer, ToViewer};
use kith_codec::picture::Picture;
use kith_codec::share::{Lane, Share, ShareConfig, ViewerId};
use kith_codec::time::{Micros, Moment};

fn size() -> Size {
    Size::new(640, 480).unwrap()
}

/// Draws something new 60 times a second for `seconds`: text-like noise in a
/// part of the picture, incompressible enough to load a slow path.
fn busy(w: &mut World, seconds: u64) {
    let mut r = Random(7);
    let start = w.now;
    for frame in 0..seconds * 60 {
        w.run_until(start + Micros(frame * 16_667));
        let rect = Rect::new(r.below(400) as u16, r.below(400) as u16, 96, 64);
        w.draw(rect, |p| {
            for y in 0..rect.h {
                for x in 0..rect.w {
                    p.set(
                        rect.x + x,
                        rect.y + y,
                        if r.below(3) == 0 {
                            0x20_2020
                        } else {
                            0xff_ffff
                        },
                    );
                }
            }
        });
    }
    w.run_until(start + Micros(seconds * 1_000_000));
}

/// Updates painted a second, and the gap between two that 95 of 100 stay
/// below.
fn pace(w: &World, seat: usize, from: Moment) -> (usize, u64) {
    let times: Vec<Moment> = w.seats[seat]
        .painted
        .iter()
        .map(|(t, _)| *t)
        .filter(|t| *t >= from)
        .collect();
    let mut gaps: Vec<u64> = times.windows(2).map(|t| (t[1] - t[0]).0).collect();
    gaps.sort_unstable();
    let p95 = gaps.get(gaps.len() * 95 / 100).copied().unwrap_or(0);
    (times.len() * 1_000_000 / (w.now - from).0 as usize, p95)
}

#[test]
fn slow_and_stalled_viewers_do_not_harm_a_fast_one() {
    let slow = Path {
        rate: 30_000,
        delay: Micros(25_000),
    };
    let mut alone = World::new(size(), &[Path::FAST]);
    busy(&mut alone, 6);
    let mut mixed = World::new(size(), &[Path::FAST, slow, Path::STALLED]);
    busy(&mut mixed, 6);
    let (fps0, p0) = pace(&alone, 0, Moment(1_000_000));
    let (fps1, p1) = pace(&mixed, 0, Moment(1_000_000));
    assert!(fps0 >= 58, "{fps0} a second alone");
    assert!(
        fps1 * 100 >= fps0 * 95,
        "{fps1} a second beside others, {fps0} alone"
    );
    assert!(
        p1 * 100 <= p0 * 105,
        "95 % of gaps below {p1} µs beside others, {p0} alone"
    );
    // Nobody waits for more than one update at once.
    for (i, seat) in mixed.seats.iter().enumerate() {
        assert!(
            seat.most_queued <= 1,
            "{} updates queued for viewer {i}",
            seat.most_queued
        );
    }
    let slow = mixed.share.statistics(ViewerId(1)).unwrap();
    assert!(
        slow.counts.updates > 20,
        "the slow one sees something: {slow:?}"
    );
    assert!(
        slow.counts.alone > 0 && slow.counts.fell_behind > 0,
        "{slow:?}"
    );
    let stalled = mixed.share.statistics(ViewerId(2)).unwrap();
    assert!(
        stalled.outstanding <= 8192 && !stalled.leading,
        "{stalled:?}"
    );
    mixed.rest();
    mixed.assert_exact(0, "fast");
    mixed.assert_exact(1, "slow");
}

#[test]
fn viewers_of_equal_pace_get_the_same_bytes() {
    let path = Path {
        rate: 5_000_000,
        delay: Micros(2_000),
    };
    let later = Path {
        rate: 5_000_000,
        delay: Micros(3_000),
    };
    let mut w = World::new(size(), &[path, later, path]);
    busy(&mut w, 3);
    for id in 0..3 {
        let s = w.share.statistics(ViewerId(id)).unwrap();
        assert_eq!(
            s.counts.alone, 0,
            "viewer {id} was encoded for alone: {s:?}"
        );
        assert!(s.leading && s.counts.updates >= 170, "{s:?}");
    }
    w.rest();
    (0..3).for_each(|i| w.assert_exact(i, "equal"));
}

#[test]
fn a_far_viewer_never_has_more_than_one_update_queued() {
    // 50 ms round trip, 5 Mb/s.
    let far = Path {
        rate: 625_000,
        delay: Micros(25_000),
    };
    let mut w = World::new(size(), &[far]);
    busy(&mut w, 5);
    assert!(
        w.seats[0].most_queued <= 1,
        "{} queued",
        w.seats[0].most_queued
    );
    let (fps, _) = pace(&w, 0, Moment(1_000_000));
    assert!(fps >= 30, "{fps} a second");
    w.rest();
    w.assert_exact(0, "far");
}

#[test]
fn a_slow_viewer_that_recovers_leads_again() {
    let mut w = World::new(
        size(),
        &[
            Path::FAST,
            Path {
                rate: 30_000,
                delay: Micros(1_000),
            },
        ],
    );
    busy(&mut w, 3);
    assert!(!w.share.statistics(ViewerId(1)).unwrap().leading);
    w.seats[1].set_path(Path::FAST);
    w.rest();
    busy(&mut w, 35);
    let s = w.share.statistics(ViewerId(1)).unwrap();
    assert!(s.leading, "{s:?}");
    w.rest();
    w.assert_exact(1, "recovered");
}

#[test]
fn newcomers_get_everything_and_memory_stays_small() {
    let mut w = World::new(size(), &[Path::FAST]);
    busy(&mut w, 1);
    for _ in 0..5 {
        w.join(Path::FAST);
        busy(&mut w, 1);
    }
    w.rest();
    (0..6).for_each(|i| w.assert_exact(i, "newcomer"));
    let last = w.share.statistics(ViewerId(5)).unwrap();
    assert!(last.leading, "{last:?}");
}

#[test]
fn nothing_happens_while_nothing_happens() {
    let mut w = World::new(size(), &[Path::FAST, Path::FAST]);
    busy(&mut w, 1);
    w.rest();
    let before: Vec<usize> = w.seats.iter().map(|s| s.painted.len()).collect();
    assert_eq!(w.share.poll_at(), None, "no timer while idle");
    assert!(
        !w.share.wants_source(w.now),
        "no reason to capture while idle"
    );
    w.run_for(Micros(60_000_000));
    // Damage without a change costs a comparison, no bytes.
    w.share.damage(size().bounds());
    w.rest();
    let after: Vec<usize> = w.seats.iter().map(|s| s.painted.len()).collect();
    assert_eq!(before, after);
}

#[test]
fn a_hidden_viewer_gets_nothing_until_it_is_shown() {
    use kith_codec::message::ToSharer;
    let mut w = World::new(size(), &[Path::FAST, Path::FAST]);
    busy(&mut w, 1);
    w.rest();
    w.share
        .handle(ViewerId(1), ToSharer::Shown(false), w.now)
        .unwrap();
    let before = w.seats[1].painted.len();
    busy(&mut w, 1);
    assert_eq!(w.seats[1].painted.len(), before);
    w.share
        .handle(ViewerId(1), ToSharer::Shown(true), w.now)
        .unwrap();
    w.rest();
    w.assert_exact(1, "shown again");
}

#[test]
fn a_newcomer_catches_up_with_steady_scrolling() {
    use kith_codec::synthetic::{Desktop, Kind};
    let size = Size::new(1400, 900).unwrap();
    let mut d = Desktop::empty(size, 1);
    d.open(Kind::Terminal, Rect::new(40, 20, 1340, 860));
    (0..60).for_each(|_| d.step(Kind::Terminal));
    let mut w = World::new(size, &[Path::FAST]);
    let mut scroll = |w: &mut World, frames: u64| {
        for _ in 0..frames {
            w.run_for(Micros(16_667));
            d.step(Kind::Terminal);
            w.source = d.picture().clone();
            d.take_damage()
                .0
                .rects()
                .iter()
                .for_each(|r| w.share.damage(*r));
        }
    };
    scroll(&mut w, 30);
    w.join(Path::FAST);
    scroll(&mut w, 60);
    let s = w.share.statistics(ViewerId(1)).unwrap();
    assert!(s.leading, "{s:?}");
    w.rest();
    (0..2).for_each(|i| w.assert_exact(i, "scrolled"));
}

/// Five pictures a second, because the viewer or the machine is slow, are a film
/// all the same: what comes late doesn't rest.
#[test]
fn a_film_that_is_shown_late_is_not_rebuilt_between_its_pictures() {
    let size = Size::new(384, 384).unwrap();
    let mut share = Share::new(size, ShareConfig::default()).unwrap();
    let me = ViewerId(1);
    share.add_viewer(me, Moment(0)).unwrap();
    let mut source = Picture::new(size);
    let mut r = Random(3);
    let mut viewer = Viewer::new().unwrap();
    let mut bytes = Vec::new();
    for picture in 1..=20u64 {
        for (x, y) in (0..384).flat_map(|y| (0..384).map(move |x| (x, y))) {
            let wave = u32::from(x) / 3 + u32::from(y) / 2 + picture as u32 * 7;
            source.set(x, y, ((wave & 0xff) * 0x01_0101) ^ r.below(8));
        }
        share.damage(size.bounds());
        let now = Moment(picture * 200_000);
        assert!(share.wants_source(now));
        share.encode(&source.view(), now).unwrap();
        let mut sum = 0;
        while let Some(t) = share.poll(me, Lane::Picture) {
            let update = [&t.head[..], &t.body].concat();
            sum += update.len();
            let (envelope, _) = Envelope::split(&update).unwrap().unwrap();
            let message = ToViewer::parse(envelope).unwrap().unwrap();
            if let Seen::Painted { sequence, .. } = viewer.handle(message).unwrap() {
                let ack = ToSharer::Ack { sequence, spent: 0 };
                share.handle(me, ack, now).unwrap();
            }
        }
        bytes.push(sum);
    }
    let exact = size.pixels();
    assert!(
        bytes[2..].iter().all(|b| *b < exact / 3),
        "{bytes:?} bytes; exact pixels take about {exact}"
    );
}

/// 50 ms round trip, 5 Mb/s.
const FAR: Path = Path {
    rate: 625_000,
    delay: Micros(25_000),
};

/// Noise of 32 greys, which nothing makes smaller.
fn noise(w: &mut World, rect: Rect, r: &mut Random) {
    w.draw(rect, |p| {
        for y in 0..rect.h {
            for x in 0..rect.w {
                p.set(rect.x + x, rect.y + y, r.below(32) * 0x04_0404);
            }
        }
    });
}

/// The path takes three exact pictures a second of it: that they come late says
/// nothing about the film.
#[test]
fn a_film_on_a_far_path_becomes_one() {
    let mut w = World::new(size(), &[FAR]);
    w.rest();
    let begin = w.now;
    let wave = |n: u32, of: f64| (128.0 + 127.0 * (f64::from(n) / of * TAU).sin()) as u32;
    let waves: Vec<u32> = (0..1024).map(|n| wave(n, 1024.0)).collect();
    let colour = |n| wave(n, 256.0) << 16 | wave(n + 81, 256.0) << 8 | wave(n + 163, 256.0);
    let colours: Vec<u32> = (0..256).map(colour).collect();
    let at = |n: u32| waves[n as usize % 1024];
    for picture in 0..150u32 {
        w.draw(size().bounds(), |p| {
            for (x, y) in (0..480).flat_map(|y| (0..640).map(move |x| (x, y))) {
                let (u, v, i) = (u32::from(x), u32::from(y), picture);
                let sum = at(v * 4 + i * 9) + at(u * 3 + i * 7) + at((u + v) * 2 + i * 11);
                let n = sum + at(u * 2 + v * 3 + (150 - i) * 5);
                p.set(x, y, colours[n as usize / 2 % 256]);
            }
        });
        w.run_until(begin + Micros(u64::from(picture + 1) * 33_333));
    }
    let (shown, _) = pace(&w, 0, begin + Micros(3_000_000));
    assert!(shown >= 25, "{shown} pictures a second");
    w.rest();
    w.assert_exact(0, "after the film");
}

/// Somebody's machine is busy for a moment, now and then: what they would miss
/// costs more, made for them alone, than that they get it late.
#[test]
fn whoever_is_late_at_times_keeps_the_common_stream() {
    let path = Path {
        rate: 1_500_000,
        delay: Micros(1_000),
    };
    let mut w = World::new(size(), &[path, path]);
    w.rest();
    let (begin, mut r) = (w.now, Random(5));
    for n in 0..150u16 {
        let late = Micros(if n % 12 == 11 { 90_000 } else { 1_000 });
        w.seats[1].set_path(Path {
            delay: late,
            ..path
        });
        // Five kilobytes.
        noise(&mut w, Rect::new(n % 16 * 32, n % 12 * 32, 128, 64), &mut r);
        w.run_until(begin + Micros(u64::from(n + 1) * 33_333));
    }
    let s = w.share.statistics(ViewerId(1)).unwrap();
    assert_eq!((s.counts.alone, s.counts.fell_behind), (0, 0), "{s:?}");
    // And nobody waits for them.
    let (shown, _) = pace(&w, 0, begin + Micros(1_000_000));
    assert!(shown >= 29, "{shown} pictures a second");
    w.rest();
    (0..2).for_each(|i| w.assert_exact(i, "in the end"));
}

/// What changes while a photograph is made exact does not wait for it.
#[test]
fn a_change_does_not_wait_behind_a_photograph_on_a_far_path() {
    let size = Size::new(1280, 800).unwrap();
    let mut w = World::new(size, &[FAR]);
    let mut r = Random(9);
    for side in [100, 1] {
        noise(&mut w, Rect::new(0, 0, side, side), &mut r);
        w.rest();
    }
    w.draw(size.bounds(), |p| {
        for (x, y) in (0..800).flat_map(|y| (0..1280).map(move |x| (x, y))) {
            let wave = u32::from(x) / 7 * 0x01_0203 + u32::from(y) / 5 * 0x02_0100;
            p.set(x, y, wave.wrapping_add(r.below(64) * 0x01_0101));
        }
    });
    w.run_for(Micros(1_500_000));
    let mut worst = 0;
    for n in 0..10u16 {
        let (drawn, letter) = (w.now, Rect::new(100 + 16 * n, 100, 8, 8));
        w.draw(letter, |p| {
            for (x, y) in (0..8).flat_map(|y| (0..8).map(move |x| (x, y))) {
                p.set(letter.x + x, letter.y + y, 0);
            }
        });
        while w.seats[0].viewer.picture().unwrap().get(letter.x, letter.y) != 0 {
            w.run_for(Micros(1_000));
        }
        worst = worst.max((w.now - drawn).0);
        w.run_for(Micros(37_000));
    }
    assert!(worst < 300_000, "a change came after {worst} µs");
    w.rest();
    w.assert_exact(0, "the photograph");
}
