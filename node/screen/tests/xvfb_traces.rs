//! What private windows leave behind on a screen is not seen either (GUARD-10).
//!
//! In each test the source hears of nothing until everything has happened, as
//! on a machine that is too busy to look.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)] // a failed helper is a failed test

mod capture;

use std::time::{Duration, Instant};

use capture::bed::{Display, Painter};
use capture::contract::{copy, news, settle, until};
use capture::painter::is_of;
use kith_codec::picture::Picture;
use kith_screen::source::{GREY, Source};
use kith_screen::x11::{Area, Privacy, ScreenSource};
use x11rb::connection::Connection as _;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    AtomEnum, ChangeWindowAttributesAux, ConnectionExt as _, CreateWindowAux, EventMask, PropMode,
    WindowClass,
};
use x11rb::wrapper::ConnectionExt as _;

const BLUE: u32 = 0x20_50a0;
const SECRET: u32 = 0x10_a040;

/// See `capture::painter`: does nothing unless it was started as one.
#[test]
fn painter() {
    capture::painter::main_if_asked();
}

fn desktop(display: &Display) -> ScreenSource {
    let mut source = ScreenSource::open(display.some(), Area::Desktop, Privacy::default()).unwrap();
    settle(&mut source);
    source
}

fn has(p: &Picture, base: u32) -> bool {
    p.pixels().iter().any(|c| is_of(base, *c))
}

/// Longer than anything stayed hidden when that was a matter of time.
const WHILE: Duration = Duration::from_millis(800);

/// Looks until there is no news for a while and nothing is hidden any more.
/// What was left behind is not in any picture.
fn never_seen(source: &mut ScreenSource) {
    let end = Instant::now() + Duration::from_secs(60);
    let mut masked = false;
    loop {
        assert!(!has(&copy(source), SECRET), "left behind");
        let told = source.wait(Some(Instant::now() + WHILE)).unwrap();
        masked = told.masks.as_ref().map_or(masked, |m| !m.is_empty());
        if told.is_empty() && !masked {
            break;
        }
        assert!(Instant::now() < end, "hidden for ever");
    }
    assert!(!has(&copy(source), SECRET), "left behind, and shown");
}

mod xvfb {
    use super::*;

    /// A window manager of our own takes a window in. Its frame has no
    /// background: what was in it stays.
    fn framed(manager: &mut Painter, window: u32) -> u32 {
        let frame = manager.say("open 50 40 210 175 #2050a0 popup bare lazy unmapped");
        manager.say(&format!("embed {window} {frame} 5 20"));
        manager.say(&format!("map {window}"));
        manager.say(&format!("map {frame}"));
        frame
    }

    #[test]
    fn a_window_that_is_gone_from_its_frame_before_anybody_looked() {
        let display = Display::new(400, 300);
        let mut manager = Painter::new(&display);
        let mut program = Painter::new(&display);
        let w = program.say("open 50 40 200 150 #10a040 private unmapped");
        let mut source = desktop(&display);
        framed(&mut manager, w);
        program.say(&format!("tint {w} #10a040"));
        program.say(&format!("close {w}"));
        never_seen(&mut source);
    }

    #[test]
    fn a_window_that_went_deeper_into_its_frame() {
        let display = Display::new(400, 300);
        let mut manager = Painter::new(&display);
        let mut program = Painter::new(&display);
        let w = program.say("open 50 40 200 150 #10a040 private unmapped");
        let mut source = desktop(&display);
        let frame = framed(&mut manager, w);
        program.say(&format!("tint {w} #10a040"));
        let inner = manager.say(&format!("child {frame} 0 0 210 175 #2050a0 bare lazy"));
        manager.say(&format!("embed {w} {inner} 5 20"));
        program.say(&format!("tint {w} #10a040"));
        assert!(!has(&copy(&mut source), SECRET), "not heard");
        settle(&mut source);
        assert!(!has(&copy(&mut source), SECRET), "heard");
        manager.say(&format!("close {inner}"));
        never_seen(&mut source);
    }

    #[test]
    fn a_frame_that_moved_after_its_window_was_gone() {
        let display = Display::new(400, 300);
        let mut below = Painter::new(&display);
        below.say("open 10 10 380 280 #2050a0 bare lazy");
        let mut manager = Painter::new(&display);
        let mut program = Painter::new(&display);
        let w = program.say("open 50 40 200 150 #10a040 private unmapped");
        let mut source = desktop(&display);
        let frame = framed(&mut manager, w);
        program.say(&format!("tint {w} #10a040"));
        settle(&mut source);
        assert!(!has(&copy(&mut source), SECRET), "there");
        program.say(&format!("close {w}"));
        // It is looked at again, and has nothing private in it any more.
        manager.say(&format!("private {frame} 0"));
        manager.say(&format!("size {frame} 60 50"));
        never_seen(&mut source);
    }

    /// A frame that stays when its private window is gone is seen again.
    #[test]
    fn a_frame_whose_private_window_is_gone() {
        let display = Display::new(400, 300);
        let mut manager = Painter::new(&display);
        let mut program = Painter::new(&display);
        let w = program.say("open 50 40 200 150 #10a040 private unmapped");
        let v = program.say("open 50 40 200 150 #10a040 private unmapped");
        let mut source = desktop(&display);
        let frame = manager.say("open 50 40 210 175 #2050a0 popup");
        let root = display.root;
        for (n, w) in [w, v].into_iter().enumerate() {
            manager.say(&format!("embed {w} {frame} 5 20"));
            manager.say(&format!("map {w}"));
            program.say(&format!("tint {w} #10a040"));
            until(&mut source, "nothing of it", |p| {
                assert!(!has(p, SECRET));
                p.get(100, 100) == GREY && p.get(52, 42) == GREY
            });
            match n {
                0 => program.say(&format!("close {w}")),
                _ => manager.say(&format!("embed {w} {root} 380 280")),
            };
            until(&mut source, "the frame", |p| {
                assert!(!has(p, SECRET));
                is_of(BLUE, p.get(100, 100)) && is_of(BLUE, p.get(52, 42))
            });
        }
    }

    /// A program says of a window that it only wipes the screen, and puts
    /// somebody's private window into it.
    #[test]
    fn what_lies_in_a_window_that_says_it_is_blank() {
        let display = Display::new(400, 300);
        let mut liar = Painter::new(&display);
        let mut program = Painter::new(&display);
        let c = &display.conn;
        let blank = c.intern_atom(false, b"_KITH_BLANK").unwrap().reply();
        let (blank, kind) = (blank.unwrap().atom, AtomEnum::CARDINAL);
        let mut source = desktop(&display);
        for seen_before in [true, false] {
            let w = program.say("open 50 40 200 150 #10a040 private unmapped");
            let lie = liar.say("open 50 40 210 175 #2050a0 popup unmapped");
            c.change_property32(PropMode::REPLACE, lie, blank, kind, &[1])
                .unwrap();
            display.sync();
            if seen_before {
                settle(&mut source);
            }
            liar.say(&format!("embed {w} {lie} 5 20"));
            liar.say(&format!("map {w}"));
            liar.say(&format!("map {lie}"));
            program.say(&format!("tint {w} #10a040"));
            assert!(!has(&copy(&mut source), SECRET), "at once");
            settle(&mut source);
            assert!(!has(&copy(&mut source), SECRET), "later");
            program.say(&format!("close {w}"));
            liar.say(&format!("close {lie}"));
            never_seen(&mut source);
        }
    }

    /// Windows that come and go without end: the server is stopped now and then
    /// only, and nothing is seen of them.
    #[test]
    fn a_program_that_maps_and_unmaps_without_end() {
        let display = Display::new(400, 300);
        let mut below = Painter::new(&display);
        let page = below.say("open 10 10 380 280 #2050a0");
        let mut program = Painter::new(&display);
        let w = program.say("open 60 60 120 90 #10a040 popup private unmapped");
        let mut source = desktop(&display);
        never_seen(&mut source);
        let watch = ChangeWindowAttributesAux::new().event_mask(EventMask::SUBSTRUCTURE_NOTIFY);
        let c = &display.conn;
        c.change_window_attributes(display.root, &watch).unwrap();
        display.sync();
        let began = Instant::now();
        for n in 0..150 {
            program.say(&format!("map {w}"));
            program.say(&format!("tint {w} #10a040"));
            if n % 3 == 0 {
                source.wait(Some(Instant::now())).unwrap();
                assert!(!has(&copy(&mut source), SECRET), "there, {n}");
            }
            program.say(&format!("unmap {w}"));
            below.say(&format!("tint {page} #2050a0"));
            source.wait(Some(Instant::now())).unwrap();
            assert!(!has(&copy(&mut source), SECRET), "left behind, {n}");
        }
        display.sync();
        let mut wipes = 0;
        while let Some(event) = c.poll_for_event().unwrap() {
            wipes += u128::from(matches!(event, Event::MapNotify(e) if e.window != w));
        }
        let most = began.elapsed().as_millis() / 200 + 7;
        assert!((1..=most).contains(&wipes), "{wipes} of at most {most}");
        below.say(&format!("tint {page} #2050a0"));
        never_seen(&mut source);
        assert!(is_of(BLUE, copy(&mut source).get(100, 100)));
    }

    #[test]
    fn what_a_window_below_kept_and_never_draws() {
        let display = Display::new(400, 300);
        let mut below = Painter::new(&display);
        below.say("open 30 30 300 200 #2050a0 bare lazy");
        let mut program = Painter::new(&display);
        let mut source = desktop(&display);
        let w = program.say("open 60 60 120 90 #10a040 popup private");
        settle(&mut source);
        assert!(!has(&copy(&mut source), SECRET));
        program.say(&format!("move {w} 200 100"));
        program.say(&format!("close {w}"));
        never_seen(&mut source);
    }

    #[test]
    fn what_a_window_above_kept_and_never_draws() {
        let display = Display::new(400, 300);
        let mut above = Painter::new(&display);
        let over = above.say("open 30 30 300 200 #2050a0 bare lazy popup");
        let mut program = Painter::new(&display);
        let mut source = desktop(&display);
        program.say("open 60 60 120 90 #10a040 popup private");
        settle(&mut source);
        above.say(&format!("raise {over}"));
        never_seen(&mut source);
    }

    #[test]
    fn what_a_program_scrolled_before_it_knew() {
        let display = Display::new(400, 300);
        let mut below = Painter::new(&display);
        let page = below.say("open 10 10 380 280 #2050a0");
        let mut program = Painter::new(&display);
        let w = program.say("open 20 20 100 80 #10a040 popup private");
        let bare = below.say("open 10 10 380 280 #2050a0 bare lazy");
        program.say(&format!("raise {w}"));
        let mut source = desktop(&display);
        program.say(&format!("tint {w} #10a040"));
        program.say(&format!("close {w}"));
        below.say(&format!("copy {bare} 10 10 100 80 200 150"));
        // Once before it has heard, and once after.
        assert!(!has(&copy(&mut source), SECRET), "not heard");
        below.say(&format!("copy {bare} 200 150 100 80 200 20"));
        never_seen(&mut source);
        below.say(&format!("close {page}"));
    }

    #[test]
    fn what_is_seen_through_a_window_that_was_whole() {
        let display = Display::new(400, 300);
        let mut program = Painter::new(&display);
        program.say("open 60 60 120 90 #10a040 popup private");
        let mut above = Painter::new(&display);
        let over = above.say("open 30 30 300 200 #2050a0 popup");
        let mut source = desktop(&display);
        assert!(!copy(&mut source).pixels().contains(&GREY));
        above.say(&format!("shape {over} 0 0 300 40"));
        assert!(!has(&copy(&mut source), SECRET), "not heard");
        settle(&mut source);
        let p = copy(&mut source);
        assert!(!has(&p, SECRET));
        assert!(p.pixels().contains(&GREY) && has(&p, BLUE));
    }

    #[test]
    fn under_a_compositing_manager_all_must_be_drawn_anew() {
        let display = Display::new(400, 300);
        let mut below = Painter::new(&display);
        let page = below.say("open 30 30 300 200 #2050a0 bare lazy");
        let mut program = Painter::new(&display);
        let c = &display.conn;
        let name = c.intern_atom(false, b"_NET_WM_CM_S0").unwrap();
        let name = name.reply().unwrap().atom;
        let owner = display.some_id();
        let (class, copied) = (WindowClass::INPUT_ONLY, x11rb::COPY_FROM_PARENT);
        let aux = CreateWindowAux::new();
        c.create_window(0, owner, display.root, -9, -9, 1, 1, 0, class, copied, &aux)
            .unwrap();
        c.set_selection_owner(owner, name, x11rb::CURRENT_TIME)
            .unwrap();
        display.sync();
        let mut source = desktop(&display);
        let w = program.say("open 60 60 120 90 #10a040 popup private");
        settle(&mut source);
        program.say(&format!("close {w}"));
        let end = Instant::now() + Duration::from_millis(1200);
        while Instant::now() < end {
            source.wait(Some(end)).unwrap();
            let p = copy(&mut source);
            assert!(!has(&p, SECRET), "time proves nothing");
            assert_eq!(p.get(100, 100), GREY);
        }
        below.say(&format!("tint {page} #2050a0"));
        until(&mut source, "what was drawn anew", |p| {
            assert!(!has(p, SECRET));
            is_of(BLUE, p.get(100, 100))
        });
    }

    #[test]
    fn two_shares_of_a_screen_come_to_rest() {
        let display = Display::new(400, 300);
        let mut program = Painter::new(&display);
        let mut one = desktop(&display);
        let mut two = desktop(&display);
        settle(&mut one);
        for _ in 0..5 {
            let w = program.say("open 60 60 120 90 #10a040 popup private");
            news(&mut one);
            program.say(&format!("close {w}"));
            never_seen(&mut one);
            settle(&mut two);
            settle(&mut one);
        }
        assert!(two.wait(Some(Instant::now())).unwrap().is_empty());
        assert!(!copy(&mut two).pixels().contains(&GREY));
    }

    /// Everything at once, while the machine has better things to do.
    #[test]
    fn nothing_is_seen_on_a_busy_machine() {
        let stop = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|threads| {
            for _ in 0..4 {
                threads.spawn(|| {
                    while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                        std::hint::spin_loop();
                    }
                });
            }
            let tried = std::panic::catch_unwind(|| (1..4).for_each(busy));
            stop.store(true, std::sync::atomic::Ordering::Relaxed);
            tried.unwrap();
        });
    }

    fn busy(seed: u32) {
        let mut display = Display::new(500, 400);
        display.manage();
        let mut program = Painter::new(&display);
        let mut cover = Painter::new(&display);
        let over = cover.say("open 100 100 200 150 #2050a0 bare lazy popup");
        let under = cover.say("open 50 150 300 150 #2050a0 bare lazy");
        let mut source = desktop(&display);
        let mut rng = seed;
        let mut below = |n: u32| {
            rng = rng.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (rng >> 8) % n
        };
        for round in 0..60 {
            let (x, y) = (below(300), below(250));
            let kind = ["popup", "", "bare", "popup bare"][below(4) as usize];
            let w = program.say(&format!("open {x} {y} 120 90 #10a040 private {kind}"));
            for _ in 0..below(5) {
                match below(7) {
                    0 => program.say(&format!("move {w} {} {}", below(350), below(300))),
                    1 => program.say(&format!("size {w} {} {}", 20 + below(200), 20 + below(200))),
                    2 => program.say(&format!("raise {w}")),
                    3 => cover.say(&format!("raise {over}")),
                    4 => cover.say(&format!("move {over} {} {}", below(300), below(250))),
                    5 => cover.say(&format!("copy {under} 20 20 200 90 {} 40", below(90))),
                    _ => program.say(&format!("tint {w} #10a040")),
                };
                if below(3) == 0 {
                    source.wait(Some(Instant::now())).unwrap();
                }
                if below(2) == 0 {
                    assert!(!has(&copy(&mut source), SECRET), "there, {seed}/{round}");
                }
            }
            program.say(&format!("close {w}"));
            if below(2) == 0 {
                assert!(!has(&copy(&mut source), SECRET), "leaving, {seed}/{round}");
            }
        }
        never_seen(&mut source);
    }
}
