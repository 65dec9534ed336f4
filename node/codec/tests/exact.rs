//! The promise of the codec (SHARE-3): whatever the source did, once it rests
//! the viewer shows it bit for bit.

#![allow(clippy::unwrap_used)] // a failed helper is a failed test

mod common;

use common::{Path, Random, World};
use kith_codec::geometry::{Rect, Size};
use kith_codec::picture::Picture;
use kith_codec::synthetic::{Desktop, Kind};
use kith_codec::time::Micros;

fn paint(p: &mut Picture, rect: Rect, r: &mut Random) {
    let kind = r.below(6);
    let (c, d) = (r.next(), r.next());
    for y in 0..rect.h {
        for x in 0..rect.w {
            let v = match kind {
                0 => c,
                1 => {
                    if r.below(4) == 0 {
                        c
                    } else {
                        d
                    }
                }
                2 => u32::from(x) * 3 + (u32::from(y) << 9) + (u32::from(x ^ y) << 16),
                3 => r.next(),
                4 => c.wrapping_add(r.below(40) * 0x01_0203),
                _ => (u32::from(x) / 5 * 77) ^ (u32::from(y) / 3 * 0x01_0101) ^ c,
            };
            p.set(rect.x + x, rect.y + y, v);
        }
    }
}

fn shift(p: &mut Picture, rect: Rect, dx: i32, dy: i32) -> Rect {
    let old = p.clone();
    let mut hit = rect;
    for y in 0..rect.h {
        for x in 0..rect.w {
            let (tx, ty) = (i32::from(rect.x + x) + dx, i32::from(rect.y + y) + dy);
            if let (Ok(tx), Ok(ty)) = (u16::try_from(tx), u16::try_from(ty)) {
                p.set(tx, ty, old.get(rect.x + x, rect.y + y));
                hit = hit.union(Rect::new(tx, ty, 1, 1));
            }
        }
    }
    hit
}

/// One random desktop and some changes to it, with rests between.
fn one(seed: u64) {
    let r = &mut Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5DEE_CE66D);
    let mut size = Size::new(1 + r.below(300) as u16, 1 + r.below(220) as u16).unwrap();
    let mut w = World::new(size, &[Path::FAST]);
    w.draw(size.bounds(), |p| paint(p, size.bounds(), r));
    for step in 0..1 + r.below(5) {
        match r.below(8) {
            0 => {
                size = Size::new(1 + r.below(300) as u16, 1 + r.below(220) as u16).unwrap();
                let mut p = Picture::new(size);
                paint(&mut p, size.bounds(), r);
                w.source = p;
            }
            1 | 2 => {
                let rect = r.rect(size);
                let (dx, dy) = (r.below(60) as i32 - 30, r.below(60) as i32 - 30);
                let mut hit = rect;
                let p = &mut w.source;
                hit = hit.union(shift(p, rect, dx, dy));
                w.share.damage(hit);
            }
            3 => {
                // Something that looks like film, for a while.
                let rect = r.rect(size);
                for _ in 0..1 + r.below(6) {
                    w.draw(rect, |p| {
                        for y in 0..rect.h {
                            for x in 0..rect.w {
                                p.set(rect.x + x, rect.y + y, r.next());
                            }
                        }
                    });
                    w.run_for(Micros(u64::from(r.below(60_000))));
                }
            }
            _ => {
                let rect = r.rect(size);
                w.draw(rect, |p| paint(p, rect, r));
            }
        }
        if r.below(2) == 0 {
            w.run_for(Micros(u64::from(r.below(200_000))));
        }
        if r.below(3) == 0 {
            w.rest();
            w.assert_exact(0, &format!("seed {seed}, step {step}"));
        }
    }
    w.rest();
    w.assert_exact(0, &format!("seed {seed}, end"));
    assert!(w.share.is_exact());
    assert!(
        w.share.poll_at().is_none(),
        "seed {seed}: a timer runs though nothing happens"
    );
}

#[test]
fn ten_thousand_desktops_are_exact_at_rest() {
    let threads = 4;
    std::thread::scope(|s| {
        for t in 0..threads {
            s.spawn(move || (t..10_000).step_by(threads as usize).for_each(one));
        }
    });
}

/// A desktop as people use it: film, scrolling, typing, dragging, another
/// photograph, another size; with and without hints from the window system.
fn desktop(hints: bool) -> usize {
    let size = Size::new(1100, 700).unwrap();
    let mut d = Desktop::new(size, 11);
    let mut w = World::new(size, &[Path::FAST]);
    let mut most_films = 0;
    let show = |w: &mut World, d: &mut Desktop| {
        let (damage, moves) = d.take_damage();
        w.source = d.picture().clone();
        damage.rects().iter().for_each(|r| w.share.damage(*r));
        if hints {
            moves.into_iter().for_each(|v| w.share.hint_move(v));
        }
        w.pump();
    };
    show(&mut w, &mut d);
    w.rest();
    w.assert_exact(0, "first picture");
    let mut text = "typed while film runs and windows move. ".chars().cycle();
    for i in 0..200u32 {
        w.run_for(Micros(16_667));
        match i {
            20 => d.animate(Kind::Player, true, w.now),
            110 => d.animate(Kind::Player, false, w.now),
            _ => {}
        }
        if i % 3 == 0 {
            d.type_char(text.next().unwrap());
        }
        if i % 7 == 0 {
            d.step(Kind::Terminal);
        }
        if (60..90).contains(&i) || i > 160 {
            d.move_top(5, if i % 2 == 0 { 3 } else { -2 });
        }
        if i == 140 || i == 143 {
            d.step(Kind::Photo);
        }
        d.advance(w.now);
        show(&mut w, &mut d);
        most_films = most_films.max(w.share.films());
    }
    w.rest();
    w.assert_exact(0, "at rest");
    let d = Desktop::new(Size::new(640, 480).unwrap(), 3);
    w.source = d.picture().clone();
    w.rest();
    w.assert_exact(0, "another size");
    most_films
}

#[test]
fn a_lively_desktop_is_exact_at_rest() {
    assert!(desktop(false) > 0, "film was never used");
    assert!(desktop(true) > 0, "film was never used");
}
