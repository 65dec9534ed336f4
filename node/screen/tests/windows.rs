//! Window and application shares on a real X server (SHARE-1, SHARE-2, R6).
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)] // a failed helper is a failed test

mod capture;

use std::time::{Duration, Instant};

use capture::bed::{Display, Painter, switches};
use capture::contract::{self, Trial, copy, news, settle, until};
use capture::painter::{is_of, pattern};
use kith_codec::geometry::Rect;
use kith_codec::message::SourceState;
use kith_codec::picture::Picture;
use kith_screen::source::{GREY, Placement, Pointer, Source, SourceError};
use kith_screen::x11::{
    OpenError, Privacy, Target, WindowId, WindowInfo, WindowKind, WindowSource, monitors, windows,
};

const BLUE: u32 = 0x20_50a0;
const TEAL: u32 = 0x20_8080;
const RED: u32 = 0xf0_0000;

/// See `capture::painter`: does nothing unless it was started as one.
#[test]
fn painter() {
    capture::painter::main_if_asked();
}

fn open(display: &Display, targets: Vec<Target>) -> WindowSource {
    WindowSource::open(display.some(), targets, Privacy::default()).unwrap()
}

/// Waits until a window manager has let a window be seen.
fn mapped(display: &Display, id: u32) -> u32 {
    let end = Instant::now() + Duration::from_secs(60);
    let there = |w: &WindowInfo| w.id == WindowId(id) && w.shown;
    while !windows(display.some()).unwrap().iter().any(there) {
        assert!(Instant::now() < end, "never mapped");
    }
    id
}

fn application(display: &Display, program: &Painter) -> WindowSource {
    open(display, vec![Target::Application(program.pid)])
}

fn window(display: &Display, id: u32) -> WindowSource {
    open(display, vec![Target::Window(WindowId(id))])
}

/// Whether the pattern of a window of this size is there, all of it.
fn shows(p: &Picture, base: u32, rect: Rect) -> bool {
    (0..rect.h).all(|y| {
        (0..rect.w).all(|x| p.get(rect.x + x, rect.y + y) == pattern(base, x.into(), y.into()))
    })
}

fn has(p: &Picture, base: u32) -> bool {
    p.pixels().iter().any(|c| is_of(base, *c))
}

/// Nothing is there but these colours and grey.
fn only(p: &Picture, bases: &[u32]) {
    for (i, c) in p.pixels().iter().enumerate() {
        let w = usize::from(p.size().width());
        assert!(
            *c == GREY || bases.iter().any(|b| is_of(*b, *c)),
            "a foreign pixel {c:06x} at {},{}",
            i % w,
            i / w
        );
    }
}

fn random(seed: u32) -> impl FnMut(u32) -> u32 {
    let mut state = seed;
    move |n| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % n
    }
}

mod xvfb {
    use super::*;

    #[test]
    fn an_application_keeps_the_contract() {
        let display = Display::new(600, 400);
        let mut program = Painter::new(&display);
        let w = program.say("open 50 40 200 150 #2050a0");
        program.say("open 150 100 200 150 #208080");
        let mut source = application(&display, &program);
        until(&mut source, "all of it", |p| {
            shows(p, TEAL, Rect::new(100, 60, 200, 150)) && is_of(BLUE, p.get(5, 5))
        });
        let mut n = 0;
        contract::holds(Trial {
            source: application(&display, &program),
            draw: &mut || {
                n += 1;
                program.say(&format!("fill {w} {} 10 9 9 #{:06x}", n * 3, 0x10_2030 + n));
            },
        });
    }

    #[test]
    fn a_window_keeps_the_contract() {
        let mut display = Display::new(600, 400);
        display.manage();
        let mut program = Painter::new(&display);
        let w = program.say("open 50 40 200 150 #2050a0 border=3");
        mapped(&display, w);
        let mut n = 0;
        contract::holds(Trial {
            source: window(&display, w),
            draw: &mut || {
                n += 1;
                program.say(&format!("fill {w} {} 10 9 9 #{:06x}", n * 3, 0x10_2030 + n));
            },
        });
    }

    #[test]
    fn a_window_is_its_programs_pixels_without_frame_also_covered_and_off_the_screen() {
        let mut display = Display::new(600, 400);
        display.manage();
        let mut program = Painter::new(&display);
        let w = program.say("open 50 40 203 151 #2050a0");
        let mut other = Painter::new(&display);
        other.say("open 0 0 590 390 #f00000 popup");
        let mut source = window(&display, mapped(&display, w));
        let whole = Rect::new(0, 0, 203, 151);
        let p = until(&mut source, "the covered window", |p| shows(p, BLUE, whole));
        assert_eq!(p.size().bounds(), whole, "no frame, no border");
        program.say(&format!("tint {w} #208080"));
        until(&mut source, "drawing while covered", |p| {
            shows(p, TEAL, whole)
        });
        program.say(&format!("move {w} 500 350"));
        until(&mut source, "the window half off the screen", |p| {
            shows(p, TEAL, whole)
        });
        settle(&mut source);
        assert!(source.placement().x > 400);
        assert_eq!(source.size().bounds(), whole);
    }

    #[test]
    fn the_picture_follows_place_and_size() {
        let mut display = Display::new(600, 400);
        display.manage();
        let mut program = Painter::new(&display);
        let w = program.say("open 50 40 200 150 #2050a0");
        let mut source = window(&display, mapped(&display, w));
        until(&mut source, "it", |p| {
            shows(p, BLUE, Rect::new(0, 0, 200, 150))
        });
        settle(&mut source);
        let at = source.placement();
        program.say(&format!("move {w} 170 140"));
        let told = settle(&mut source);
        assert_eq!(told.placed, Some(source.placement()));
        assert_ne!(source.placement(), at);
        assert!(told.resized.is_none() && told.damage.is_empty());
        for (w2, h2) in [(300, 90), (120, 200), (301, 201), (40, 30)] {
            program.say(&format!("size {w} {w2} {h2}"));
            let whole = Rect::new(0, 0, w2, h2);
            until(&mut source, "the new size", |p| {
                p.size().bounds() == whole && shows(p, BLUE, whole)
            });
        }
    }

    #[test]
    fn dialogs_and_menus_are_there_and_what_is_behind_is_not() {
        let mut display = Display::new(800, 600);
        display.manage();
        let mut other = Painter::new(&display);
        other.say("open 0 0 790 590 #f00000 popup");
        let mut program = Painter::new(&display);
        let w = program.say("open 100 100 200 150 #2050a0 title=Main");
        mapped(&display, w);
        let mut source = application(&display, &program);
        until(&mut source, "the window", |p| has(p, BLUE));
        // A menu that reaches beyond the window, then a dialog beside it.
        program.say(&format!("open 280 200 90 120 #208080 popup for={w}"));
        let p = until(&mut source, "the menu", |p| {
            p.pixels().iter().filter(|c| is_of(TEAL, **c)).count() == 90 * 120
        });
        only(&p, &[BLUE, TEAL]);
        program.say(&format!("open 420 300 100 80 #10a040 for={w}"));
        let p = until(&mut source, "the dialog", |p| {
            p.pixels().iter().filter(|c| is_of(0x10_a040, **c)).count() == 100 * 80
        });
        only(&p, &[BLUE, TEAL, 0x10_a040]);
        assert_eq!(source.shown().len(), 3);
    }

    #[test]
    fn a_window_share_has_its_own_dialogs_and_not_its_siblings() {
        let mut display = Display::new(800, 600);
        display.manage();
        let mut program = Painter::new(&display);
        let w = program.say("open 100 100 200 150 #2050a0");
        let sibling = program.say("open 150 150 300 200 #f00000");
        mapped(&display, w);
        mapped(&display, sibling);
        let mut source = window(&display, w);
        let dialog = program.say(&format!("open 120 120 100 80 #208080 for={w}"));
        program.say(&format!("open 130 130 50 40 #10a040 popup for={dialog}"));
        program.say(&format!("open 130 130 50 40 #f00000 popup for={sibling}"));
        // Whose it is nobody knows: there are two windows it could belong to.
        program.say("open 140 140 50 40 #f00000 popup");
        let p = until(&mut source, "dialog and its menu", |p| {
            assert!(!has(p, RED));
            has(p, BLUE) && has(p, TEAL) && has(p, 0x10_a040)
        });
        only(&p, &[BLUE, TEAL, 0x10_a040]);
        program.say(&format!("close {sibling}"));
        until(&mut source, "a menu of the only window", |p| has(p, RED));
    }

    /// R6, the heart: a hostile neighbourhood, and not one pixel of it.
    #[test]
    fn foreign_pixels_never_appear_whatever_moves() {
        let mut display = Display::new(700, 500);
        display.manage();
        let mut program = Painter::new(&display);
        let mut foreign = Painter::new(&display);
        let mut main = program.say("open 100 100 250 180 #2050a0 bare");
        mapped(&display, main);
        let mut source = application(&display, &program);
        let mut rng = random(11);
        let mut others: Vec<u32> = Vec::new();
        let mut extras: Vec<u32> = Vec::new();
        let mut seen = 0;
        for round in 0..400 {
            let (x, y) = (rng(500), rng(350));
            let (w, h) = (30 + rng(250), 30 + rng(200));
            match rng(14) {
                0 if others.len() < 5 => {
                    let popup = if rng(2) == 0 { "popup" } else { "" };
                    others.push(foreign.say(&format!("open {x} {y} {w} {h} #f00000 {popup}")));
                }
                1 if !others.is_empty() => {
                    let i = rng(others.len() as u32) as usize;
                    foreign.say(&format!("close {}", others.swap_remove(i)));
                }
                2 | 3 if !others.is_empty() => {
                    let other = others[rng(others.len() as u32) as usize];
                    foreign.say(&format!("move {other} {x} {y}"));
                    foreign.say(&format!("raise {other}"));
                }
                // Windows without a background, of a program that never draws.
                4 if extras.len() < 4 => {
                    extras.push(
                        program.say(&format!("open {x} {y} {w} {h} #208080 popup bare lazy")),
                    );
                }
                5 if extras.len() < 4 => {
                    extras.push(
                        program.say(&format!("open {x} {y} {w} {h} #208080 bare for={main}")),
                    );
                }
                6 if !extras.is_empty() => {
                    let i = rng(extras.len() as u32) as usize;
                    program.say(&format!("close {}", extras.swap_remove(i)));
                }
                7 if !extras.is_empty() => {
                    let extra = extras[rng(extras.len() as u32) as usize];
                    program.say(&format!("size {extra} {w} {h}"));
                }
                8 if !extras.is_empty() => {
                    let extra = extras[rng(extras.len() as u32) as usize];
                    program.say(&format!("unmap {extra}"));
                    program.say(&format!("map {extra}"));
                }
                9 => drop(program.say(&format!("size {main} {w} {h}"))),
                10 => drop(program.say(&format!("move {main} {x} {y}"))),
                11 => drop(program.say(&format!("raise {main}"))),
                12 => drop(program.say(&format!("tint {main} #2050a0"))),
                13 if round % 3 == 0 => {
                    program.say(&format!("close {main}"));
                    main = program.say(&format!("open {x} {y} {w} {h} #2050a0 bare"));
                }
                _ => {}
            }
            // Sometimes it looks without having heard the news.
            if rng(3) > 0 {
                source.wait(Some(Instant::now())).unwrap();
            }
            let p = copy(&mut source);
            only(&p, &[BLUE, TEAL]);
            seen += usize::from(has(&p, BLUE));
        }
        assert!(seen > 100, "it did look at something: {seen}");
        let p = until(&mut source, "the window at rest", |p| has(p, BLUE));
        only(&p, &[BLUE, TEAL]);
    }

    #[test]
    fn what_its_program_never_drew_is_grey() {
        let display = Display::new(500, 400);
        let mut foreign = Painter::new(&display);
        foreign.say("open 0 0 490 390 #f00000 popup");
        let mut program = Painter::new(&display);
        let w = program.say("open 100 100 200 150 #2050a0 bare lazy");
        let mut source = application(&display, &program);
        settle(&mut source);
        let p = copy(&mut source);
        assert!(
            p.pixels().iter().all(|c| *c == GREY),
            "not what was there before"
        );
        program.say(&format!("fill {w} 20 20 50 40 #2050a0"));
        let p = until(&mut source, "what it drew", |p| p.get(30, 30) == BLUE);
        only(&p, &[BLUE]);
        assert_eq!(p.pixels().iter().filter(|c| **c == BLUE).count(), 50 * 40);
    }

    #[test]
    fn a_foreign_window_inside_is_grey() {
        let display = Display::new(500, 400);
        let mut program = Painter::new(&display);
        let w = program.say("open 100 100 200 150 #2050a0");
        let inner = program.say(&format!("child {w} 10 10 100 80 #208080"));
        let mut foreign = Painter::new(&display);
        let guest = foreign.say("open 0 0 40 30 #f00000 popup");
        let mut source = application(&display, &program);
        until(&mut source, "it and its own child", |p| {
            shows(p, TEAL, Rect::new(10, 10, 100, 80))
        });
        foreign.say(&format!("embed {guest} {inner} 20 20"));
        foreign.say(&format!("map {guest}"));
        foreign.say(&format!("tint {guest} #f00000"));
        for _ in 0..20 {
            only(&copy(&mut source), &[BLUE, TEAL]);
            source
                .wait(Some(Instant::now() + Duration::from_millis(10)))
                .unwrap();
        }
        let p = until(&mut source, "its place", |p| p.get(45, 45) == GREY);
        only(&p, &[BLUE, TEAL]);
        foreign.say(&format!("move {guest} 50 40"));
        foreign.say(&format!("tint {guest} #f00000"));
        for _ in 0..20 {
            only(&copy(&mut source), &[BLUE, TEAL]);
            source
                .wait(Some(Instant::now() + Duration::from_millis(10)))
                .unwrap();
        }
        foreign.say(&format!("close {guest}"));
        until(&mut source, "what was below", |p| {
            shows(p, TEAL, Rect::new(10, 10, 100, 80))
        });
    }

    #[test]
    fn a_minimised_window_is_told_and_its_last_picture_stays() {
        let mut display = Display::new(500, 400);
        display.manage();
        let mut program = Painter::new(&display);
        let w = program.say("open 100 100 200 150 #2050a0");
        mapped(&display, w);
        let mut source = application(&display, &program);
        let whole = Rect::new(0, 0, 200, 150);
        until(&mut source, "it", |p| shows(p, BLUE, whole));
        settle(&mut source);
        program.say(&format!("iconify {w}"));
        while news(&mut source).state != Some(SourceState::Minimised) {}
        assert!(shows(&copy(&mut source), BLUE, whole));
        settle(&mut source);
        assert!(shows(&copy(&mut source), BLUE, whole));
        // One that is minimised from the start has a size and no pixels.
        let mut late = window(&display, w);
        let first = news(&mut late);
        assert_eq!(first.state, Some(SourceState::Minimised));
        assert_eq!(late.size().bounds(), whole);
        assert!(copy(&mut late).pixels().iter().all(|c| *c == GREY));
        program.say(&format!("map {w}"));
        while news(&mut source).state != Some(SourceState::Live) {}
        program.say(&format!("tint {w} #208080"));
        until(&mut source, "it again", |p| shows(p, TEAL, whole));
        until(&mut late, "it at last", |p| shows(p, TEAL, whole));
    }

    #[test]
    fn the_end_is_told() {
        let display = Display::new(500, 400);
        let mut program = Painter::new(&display);
        let w = program.say("open 100 100 200 150 #2050a0");
        program.say("open 10 10 20 15 #2050a0");
        let mut one = window(&display, w);
        let mut all = application(&display, &program);
        news(&mut one);
        news(&mut all);
        program.say(&format!("close {w}"));
        assert!(matches!(end(&mut one), SourceError::Gone));
        while news(&mut all).resized.is_none() {}
        assert_eq!(all.size().bounds(), Rect::new(0, 0, 20, 15));
        let pid = program.pid;
        drop(program);
        assert!(matches!(end(&mut all), SourceError::Gone));
        let again = WindowSource::open(
            display.some(),
            vec![Target::Application(pid)],
            Privacy::default(),
        );
        assert!(matches!(again, Err(OpenError::Nothing)));
    }

    fn end(source: &mut WindowSource) -> SourceError {
        loop {
            if let Err(end) = source.wait(None).and_then(|_| source.view().map(|_| ())) {
                return end;
            }
        }
    }

    #[test]
    fn windows_that_vanish_while_they_are_looked_at_do_no_harm() {
        let display = Display::new(500, 400);
        let mut program = Painter::new(&display);
        program.say("open 10 10 60 40 #2050a0");
        let mut source = application(&display, &program);
        let thread = std::thread::spawn(move || {
            let mut rng = random(5);
            for _ in 0..150 {
                let (x, y) = (rng(400), rng(300));
                let w = program.say(&format!("open {x} {y} 90 70 #208080 popup"));
                program.say(&format!("size {w} {} {}", 5 + rng(200), 5 + rng(200)));
                if rng(2) == 0 {
                    program.say(&format!("unmap {w}"));
                }
                program.say(&format!("close {w}"));
            }
            program
        });
        while !thread.is_finished() {
            source
                .wait(Some(Instant::now() + Duration::from_millis(5)))
                .unwrap();
            only(&copy(&mut source), &[BLUE, TEAL]);
        }
        let _program = thread.join().unwrap();
        until(&mut source, "what is left", |p| {
            has(p, BLUE) && !has(p, TEAL)
        });
    }

    #[test]
    fn windows_and_applications_are_added_and_removed() {
        let display = Display::new(600, 400);
        let mut one = Painter::new(&display);
        one.say("open 50 40 100 80 #2050a0");
        let mut two = Painter::new(&display);
        let w = two.say("open 250 140 100 80 #208080");
        let mut source = application(&display, &one);
        let p = until(&mut source, "the first", |p| has(p, BLUE));
        only(&p, &[BLUE]);
        let control = source.control();
        let first = Target::Application(one.pid);
        control.set_targets(vec![first, Target::Window(WindowId(w))]);
        until(&mut source, "both", |p| has(p, BLUE) && has(p, TEAL));
        control.set_privacy(Privacy {
            windows: vec![WindowId(w)],
            ..Privacy::default()
        });
        until(&mut source, "the first alone", |p| {
            has(p, BLUE) && !has(p, TEAL)
        });
        control.set_privacy(Privacy::default());
        until(&mut source, "both again", |p| has(p, BLUE) && has(p, TEAL));
        control.set_targets(vec![Target::Window(WindowId(w))]);
        until(&mut source, "the second alone", |p| {
            !has(p, BLUE) && has(p, TEAL)
        });
        two.say(&format!("private {w} 1"));
        while news(&mut source).state != Some(SourceState::Minimised) {}
        control.set_targets(Vec::new());
        assert!(matches!(end(&mut source), SourceError::Gone));
    }

    #[test]
    fn the_pointer_is_told_only_over_what_is_shared() {
        let display = Display::new(500, 400);
        let mut program = Painter::new(&display);
        program.say("open 100 100 200 150 #2050a0");
        let mut foreign = Painter::new(&display);
        foreign.say("open 200 150 50 50 #f00000");
        display.warp(110, 120);
        let mut source = application(&display, &program);
        let first = news(&mut source);
        assert_eq!(first.pointer, Some(Pointer::At { x: 10, y: 20 }));
        assert_eq!(source.placement(), Placement { x: 100, y: 100 });
        settle(&mut source);
        display.push_pointer(220, 170);
        assert_eq!(news(&mut source).pointer, Some(Pointer::Away));
        display.push_pointer(299, 249);
        let told = news(&mut source);
        assert_eq!(told.pointer, Some(Pointer::At { x: 199, y: 149 }));
        assert!(told.shape.is_some());
    }

    #[test]
    fn a_terminal_is_captured_and_its_rest_wakes_nobody() {
        let mut display = Display::new(600, 400);
        display.manage();
        let args = [
            "-geometry",
            "40x10+20+20",
            "-bg",
            "#102030",
            "-fg",
            "#f0f0f0",
        ];
        let pid = display.run(
            "xterm",
            &[&args[..], &["-e", "echo Hello; read x"]].concat(),
        );
        let ready = |w: &WindowInfo| w.process == Some(pid) && w.shown;
        let end = Instant::now() + Duration::from_secs(60);
        let found = loop {
            let list = windows(display.some()).unwrap();
            if let Some(w) = list.into_iter().find(ready) {
                break w;
            }
            assert!(Instant::now() < end, "no terminal");
        };
        assert_eq!(found.class, "XTerm");
        let mut source = open(&display, vec![Target::Application(pid)]);
        until(&mut source, "a terminal with text", |p| {
            let ground = p.pixels().iter().filter(|c| **c == 0x10_2030).count();
            ground > 10_000 && p.pixels().contains(&0xf0_f0f0)
        });
        settle(&mut source);
        let before = switches();
        let until = Instant::now() + Duration::from_millis(1500);
        assert!(source.wait(Some(until)).unwrap().is_empty());
        assert!(switches() - before <= 2, "it slept all the time");
    }

    #[test]
    fn windows_and_monitors_are_listed() {
        let mut display = Display::new(600, 400);
        display.manage();
        let mut program = Painter::new(&display);
        let main = program.say("open 50 40 200 150 #2050a0 title=Main class=Paint");
        mapped(&display, main);
        let dialog = program.say(&format!("open 90 90 70 50 #2050a0 title=Ask for={main}"));
        let menu = program.say("open 10 300 70 50 #2050a0 popup private");
        let hidden = program.say("open 300 40 200 150 #2050a0 title=Low");
        program.say("open 300 40 200 150 #2050a0 popup unmapped");
        // The window manager may still be at work on the last of them: that one
        // is seen all the same.
        let mut source = application(&display, &program);
        until(&mut source, "all of it", |_| true);
        while source.shown().len() < 3 {
            news(&mut source);
        }
        program.say(&format!("iconify {hidden}"));
        while source.shown().len() > 2 {
            news(&mut source);
        }
        let list = windows(display.some()).unwrap();
        let mine: Vec<_> = list
            .iter()
            .filter(|w| w.process == Some(program.pid))
            .collect();
        assert_eq!(mine.len(), 4, "{mine:#?}");
        let one = |id: u32| *mine.iter().find(|w| w.id == WindowId(id)).unwrap();
        assert_eq!(one(main).kind, WindowKind::Ordinary);
        assert_eq!(one(main).title, "Main");
        assert_eq!(one(main).class, "Paint");
        assert_eq!((one(main).width, one(main).height), (200, 150));
        assert!(one(main).program.is_some() && one(main).shown);
        assert_eq!(one(dialog).kind, WindowKind::Dialog);
        assert_eq!(one(menu).kind, WindowKind::PopUp);
        assert!(one(menu).private && !one(main).private);
        assert!(!one(hidden).shown);
        let rank = |id: u32| mine.iter().position(|w| w.id == WindowId(id));
        assert!(rank(dialog) < rank(main), "topmost first");
        let screens = monitors(display.some()).unwrap();
        assert_eq!(screens[0].rect, Rect::new(0, 0, 600, 400));
    }
}
