//! A private window's dialogs and menus are in no share of its application or
//! of its other windows, and grey in that of the screen or a region of it
//! (GUARD-10). Seen to fail with the mark heeded on the window alone.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)] // a failed helper is a failed test

mod capture;

use std::time::{Duration, Instant};

use capture::bed::{Display, Painter};
use capture::contract::{copy, until};
use capture::painter::is_of;
use kith_codec::geometry::Rect;
use kith_codec::picture::Picture;
use kith_screen::source::{GREY, Source};
use kith_screen::x11::{
    Area, Privacy, ScreenSource, Target, WindowId, WindowInfo, WindowSource, windows,
};

const BLUE: u32 = 0x20_50a0;
const TEAL: u32 = 0x20_8080;
const GREEN: u32 = 0x10_a040;
const RED: u32 = 0xf0_0000;

/// See `capture::painter`: does nothing unless it was started as one.
#[test]
fn painter() {
    capture::painter::main_if_asked();
}

fn open(display: &Display, target: Target) -> WindowSource {
    WindowSource::open(display.some(), vec![target], Privacy::default()).unwrap()
}

/// Waits until a window manager has let a window be seen.
fn mapped(display: &Display, id: u32) {
    let end = Instant::now() + Duration::from_secs(60);
    let there = |w: &WindowInfo| w.id == WindowId(id) && w.shown;
    while !windows(display.some()).unwrap().iter().any(there) {
        assert!(Instant::now() < end, "never mapped");
    }
}

fn has(p: &Picture, base: u32) -> bool {
    p.pixels().iter().any(|c| is_of(base, *c))
}

mod xvfb {
    use super::*;

    #[test]
    fn what_belongs_to_a_private_window_is_not_in_its_application() {
        let mut display = Display::new(800, 600);
        display.manage();
        let mut program = Painter::new(&display);
        let main = program.say("open 20 40 200 150 #2050a0");
        let other = program.say("open 300 40 200 150 #208080");
        mapped(&display, main);
        mapped(&display, other);
        let dialog = program.say(&format!("open 300 300 100 80 #f00000 for={other}"));
        mapped(&display, dialog);
        program.say(&format!("open 600 300 50 40 #f00000 popup for={dialog}"));
        program.say("open 600 400 50 40 #f00000 popup");
        let mut source = open(&display, Target::Application(program.pid));
        until(&mut source, "all of it", |p| {
            has(p, BLUE) && has(p, TEAL) && has(p, RED)
        });
        program.say(&format!("private {other} 1"));
        until(&mut source, "what is left", |p| {
            has(p, BLUE) && !has(p, TEAL) && !has(p, RED)
        });
        // What comes later doesn't come into it either.
        program.say(&format!("open 20 300 60 50 #f00000 for={dialog}"));
        program.say("open 20 400 50 40 #f00000 popup");
        program.say(&format!("open 100 300 60 50 #10a040 for={main}"));
        until(&mut source, "the dialog of the other one", |p| {
            assert!(!has(p, RED) && !has(p, TEAL));
            has(p, GREEN)
        });
        program.say(&format!("private {other} 0"));
        until(&mut source, "all of it again", |p| {
            has(p, BLUE) && has(p, TEAL) && has(p, RED)
        });
    }

    #[test]
    fn a_private_window_does_not_leave_its_menus_to_another() {
        let mut display = Display::new(800, 600);
        display.manage();
        let mut program = Painter::new(&display);
        let main = program.say("open 20 40 200 150 #2050a0");
        let other = program.say("open 300 40 200 150 #208080");
        mapped(&display, main);
        mapped(&display, other);
        let mut source = open(&display, Target::Window(WindowId(main)));
        until(&mut source, "the window", |p| has(p, BLUE));
        // Whose it is nobody knows: there are two windows it could belong to.
        program.say("open 600 300 50 40 #f00000 popup");
        program.say(&format!("private {other} 1"));
        program.say(&format!("open 100 300 60 50 #10a040 for={main}"));
        until(&mut source, "the dialog", |p| {
            assert!(!has(p, RED) && !has(p, TEAL));
            has(p, GREEN)
        });
        program.say(&format!("close {other}"));
        until(&mut source, "a menu of the only window", |p| has(p, RED));
    }

    #[test]
    fn what_belongs_to_a_private_window_is_grey_on_the_screen() {
        let mut display = Display::new(800, 600);
        display.manage();
        let mut program = Painter::new(&display);
        let main = program.say("open 20 40 200 150 #2050a0");
        let other = program.say("open 300 40 200 150 #208080");
        mapped(&display, main);
        mapped(&display, other);
        let dialog = program.say(&format!("open 300 300 100 80 #f00000 for={other}"));
        mapped(&display, dialog);
        program.say(&format!("open 600 300 50 40 #f00000 popup for={dialog}"));
        program.say("open 600 400 50 40 #f00000 popup");
        // Nobody sees it, and it stands for all windows of its program.
        let leader = program.say("open 0 0 1 1 #000000 unmapped popup");
        let group = program.say(&format!("open 650 60 50 40 #f00000 for={leader}"));
        mapped(&display, group);
        // Another program's menu, and its dialog.
        let mut second = Painter::new(&display);
        second.say("open 20 500 60 40 #10a040 popup");
        let theirs = second.say("open 500 480 100 60 #10a040");
        mapped(&display, theirs);
        let private = |p: &Picture| has(p, TEAL) || has(p, RED);
        let red = [(350, 350), (620, 320), (620, 420), (675, 90)];
        let mut desktop =
            ScreenSource::open(display.some(), Area::Desktop, Privacy::default()).unwrap();
        let area = Area::Region(Rect::new(280, 20, 500, 500).into());
        let mut region = ScreenSource::open(display.some(), area, Privacy::default()).unwrap();
        let all = |p: &Picture| {
            has(p, BLUE) && has(p, TEAL) && red.iter().all(|(x, y)| is_of(RED, p.get(*x, *y)))
        };
        until(&mut desktop, "all of it", all);
        until(&mut region, "all of it", |p| has(p, TEAL) && has(p, RED));
        program.say(&format!("private {other} 1"));
        // From the next picture on.
        region.wait(Some(Instant::now())).unwrap();
        desktop.wait(Some(Instant::now())).unwrap();
        until(&mut region, "what is left", |p| {
            assert!(!private(p));
            has(p, GREEN)
        });
        until(&mut desktop, "grey where they are", |p| {
            assert!(!private(p));
            let grey = red.iter().all(|(x, y)| p.get(*x, *y) == GREY);
            grey && has(p, BLUE) && has(p, GREEN) && is_of(GREEN, p.get(50, 520))
        });
        // What comes later is grey from its first picture, however it moves.
        let late = program.say(&format!("open 20 300 60 50 #f00000 for={dialog}"));
        assert!(!private(&copy(&mut desktop)));
        let menu = program.say("open 20 400 50 40 #f00000 popup");
        assert!(!private(&copy(&mut desktop)));
        for at in [(100, 300), (250, 420), (400, 200)] {
            program.say(&format!("move {late} {} {}", at.0, at.1));
            assert!(!private(&copy(&mut desktop)));
            program.say(&format!("move {menu} {} {}", at.0 + 90, at.1 + 20));
            assert!(!private(&copy(&mut desktop)) && !private(&copy(&mut region)));
        }
        program.say(&format!("close {menu}"));
        assert!(!private(&copy(&mut desktop)));
        program.say(&format!("close {late}"));
        // A private window that isn't shown keeps its menus to itself too.
        program.say(&format!("unmap {other}"));
        for source in [&mut desktop, &mut region] {
            assert!(!private(&copy(source)));
            source.wait(Some(Instant::now())).unwrap();
            assert!(!private(&copy(source)));
        }
        program.say(&format!("private {other} 0"));
        until(&mut desktop, "all of it again", |p| {
            red.iter().all(|(x, y)| is_of(RED, p.get(*x, *y)))
        });
        until(&mut region, "all of it again", |p| has(p, RED));
    }
}
