//! Desktop and region shares on a real X server (SHARE-1, GUARD-10).
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)] // a failed helper is a failed test

mod capture;

use std::time::{Duration, Instant};

use capture::bed::{Display, Painter, switches};
use capture::contract::{self, Trial, copy, news, settle, until};
use capture::painter::{is_of, pattern};
use kith_codec::geometry::Rect;
use kith_codec::picture::Picture;
use kith_screen::guard::{self, Part};
use kith_screen::source::{GREY, Placement, Pointer, Source};
use kith_screen::x11::{Area, Privacy, ScreenSource, WindowId};
use x11rb::protocol::xproto::Rectangle;

const GROUND: u32 = 0xf0_0808;
const BLUE: u32 = 0x20_50a0;
const SECRET: u32 = 0x10_a040;

/// See `capture::painter`: does nothing unless it was started as one.
#[test]
fn painter() {
    capture::painter::main_if_asked();
}

fn desktop(display: &Display) -> ScreenSource {
    ScreenSource::open(display.some(), Area::Desktop, Privacy::default()).unwrap()
}

fn has(p: &Picture, base: u32) -> bool {
    p.pixels().iter().any(|c| is_of(base, *c))
}

fn shows_pattern(p: &Picture, base: u32, rect: Rect) -> bool {
    (0..rect.h).all(|y| {
        (0..rect.w).all(|x| p.get(rect.x + x, rect.y + y) == pattern(base, x.into(), y.into()))
    })
}

mod xvfb {
    use super::*;

    #[test]
    fn the_desktop_keeps_the_contract() {
        let display = Display::new(300, 200);
        let mut colour = 0x10_2030u32;
        contract::holds(Trial {
            source: desktop(&display),
            draw: &mut || {
                colour = colour.wrapping_add(0x01_0307) & 0xff_ffff;
                let (x, y, width, height) = (40 + (colour % 90) as i16, 30, 33, 21);
                display.scribble(
                    Rectangle {
                        x,
                        y,
                        width,
                        height,
                    },
                    colour,
                );
            },
        });
    }

    #[test]
    fn a_region_keeps_the_contract_and_shows_only_itself() {
        let display = Display::new(300, 200);
        let area = Area::Region(Rect::new(100, 50, 120, 90).into());
        let open = || ScreenSource::open(display.some(), area.clone(), Privacy::default());
        let mut source = open().unwrap();
        assert_eq!(source.placement(), Placement { x: 100, y: 50 });
        settle(&mut source);
        display.scribble(
            Rectangle {
                x: 0,
                y: 0,
                width: 90,
                height: 200,
            },
            0x12_3456,
        );
        assert!(
            settle(&mut source).is_empty(),
            "drawing beside it is no news"
        );
        let mut colour = 0u32;
        contract::holds(Trial {
            source: open().unwrap(),
            draw: &mut || {
                colour += 0x01_0203;
                display.scribble(
                    Rectangle {
                        x: 90,
                        y: 60,
                        width: 50,
                        height: 30,
                    },
                    colour,
                );
            },
        });
    }

    #[test]
    fn windows_are_seen_pixel_by_pixel_and_moves_are_hinted() {
        let display = Display::new(500, 400);
        let mut program = Painter::new(&display);
        let w = program.say("open 60 50 150 120 #2050a0");
        let mut source = desktop(&display);
        let place = Rect::new(60, 50, 150, 120);
        until(&mut source, "the window", |p| shows_pattern(p, BLUE, place));
        settle(&mut source);
        program.say(&format!("move {w} 90 30"));
        let told = news(&mut source);
        assert!(told.moves.contains(&kith_codec::Vector { dx: 30, dy: -20 }));
        let place = Rect::new(90, 30, 150, 120);
        let p = until(&mut source, "the move", |p| shows_pattern(p, BLUE, place));
        assert_eq!(p.get(70, 160), GROUND);
    }

    #[test]
    fn private_windows_are_grey_from_the_first_picture() {
        let mut display = Display::new(500, 400);
        display.manage();
        let mut program = Painter::new(&display);
        program.say("open 60 50 150 120 #10a040 private");
        program.say("open 260 50 90 120 #10a040 popup class=Secrets");
        program.say("open 360 50 90 120 #10a040 popup notification");
        let listed = program.say("open 60 250 150 100 #10a040");
        let mut program2 = Painter::new(&display);
        program2.say("open 260 250 150 100 #10a040");
        program2.say("open 430 300 50 50 #2050a0 popup");
        let privacy = Privacy {
            windows: vec![WindowId(listed)],
            classes: vec!["Secrets".to_owned()],
            processes: vec![program2.pid],
        };
        let mut source = ScreenSource::open(display.some(), Area::Desktop, privacy).unwrap();
        news(&mut source);
        let first = copy(&mut source);
        assert!(!has(&first, SECRET), "not one pixel in the first picture");
        // The window manager may still be at it.
        let places = [
            (130, 110),
            (300, 100),
            (400, 100),
            (130, 330),
            (330, 330),
            (450, 320),
        ];
        let p = until(&mut source, "grey where each is", |p| {
            assert!(!has(p, SECRET) && !has(p, BLUE));
            places.iter().all(|(x, y)| p.get(*x, *y) == GREY)
        });
        assert_eq!(p.get(10, 10), GROUND);
        // The sharer changes his mind about everything that he named.
        source.control().set_privacy(Privacy::default());
        until(&mut source, "the blue one", |p| has(p, BLUE));
        until(&mut source, "the listed one", |p| {
            is_of(SECRET, p.get(130, 330))
        });
        settle(&mut source);
        let p = copy(&mut source);
        assert_eq!(p.get(130, 110), GREY, "marked by itself");
        assert_eq!(p.get(400, 100), GREY, "a notification");
    }

    #[test]
    fn a_private_window_is_never_seen_however_it_comes_and_goes() {
        let mut display = Display::new(500, 400);
        display.manage();
        let mut program = Painter::new(&display);
        let mut source = desktop(&display);
        news(&mut source);
        let mut cover = Painter::new(&display);
        let over = cover.say("open 100 100 200 150 #2050a0");
        let mut rng = 7u32;
        let mut below = |n: u32| {
            rng = rng.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (rng >> 8) % n
        };
        for round in 0..60 {
            let (x, y) = (below(300), below(250));
            let managed = if below(2) == 0 { "popup" } else { "" };
            // It is there before the source hears of it, and looked at at once.
            let w = program.say(&format!("open {x} {y} 120 90 #10a040 private {managed}"));
            assert!(!has(&copy(&mut source), SECRET), "appearing, round {round}");
            for _ in 0..6 {
                match below(6) {
                    0 => program.say(&format!("move {w} {} {}", below(350), below(300))),
                    1 => program.say(&format!("size {w} {} {}", 20 + below(200), 20 + below(200))),
                    2 => program.say(&format!("raise {w}")),
                    3 => cover.say(&format!("raise {over}")),
                    4 => cover.say(&format!("move {over} {} {}", below(300), below(250))),
                    _ => program.say(&format!("tint {w} #10a040")),
                };
                if below(2) == 0 {
                    source.wait(Some(Instant::now())).unwrap();
                }
                assert!(!has(&copy(&mut source), SECRET), "moving, round {round}");
            }
            program.say(&format!("close {w}"));
            assert!(!has(&copy(&mut source), SECRET), "leaving, round {round}");
        }
        let nothing_is_grey = |p: &Picture| !p.pixels().contains(&GREY);
        let p = until(&mut source, "the ground where it was", nothing_is_grey);
        assert!(has(&p, BLUE));
    }

    #[test]
    fn what_covers_a_private_window_is_seen() {
        let display = Display::new(400, 300);
        let mut program = Painter::new(&display);
        program.say("open 50 50 200 150 #10a040 private");
        let top = program.say("open 100 80 100 100 #2050a0");
        let mut source = desktop(&display);
        news(&mut source);
        let place = Rect::new(100, 80, 100, 100);
        let p = until(&mut source, "what covers", |p| {
            shows_pattern(p, BLUE, place)
        });
        assert!(!has(&p, SECRET));
        assert_eq!(p.get(60, 60), GREY);
        program.say(&format!("lower {top}"));
        news(&mut source);
        let p = copy(&mut source);
        assert!(!has(&p, SECRET) && !has(&p, BLUE));
    }

    /// GUARD-1, GUARD-10: what is cut out is grey from the first picture, what is drawn
    /// there too; the rest is seen, and what is cut out no more.
    #[test]
    fn what_is_cut_out_is_never_in_a_picture() {
        let display = Display::new(300, 200);
        let draw = |x, y, width, height, colour| {
            let at = Rectangle {
                x,
                y,
                width,
                height,
            };
            display.scribble(at, colour);
        };
        let area = guard::Area::new(100, 50, 120, 90);
        let cut = guard::Area::new(130, 70, 40, 30);
        let shape = |cuts: &[guard::Area]| Part::new(area, cuts.iter().copied()).unwrap();
        let only = |p: &Picture, cut: u32| {
            let in_it = Rect::new(30, 20, 40, 30);
            let at = |i: usize| Rect::new((i % 120) as u16, (i / 120) as u16, 1, 1);
            let wanted = |i| if in_it.contains(at(i)) { cut } else { BLUE };
            p.pixels().iter().enumerate().all(|(i, c)| *c == wanted(i))
        };
        let opened = Area::Region(shape(&[cut]));
        let mut source = ScreenSource::open(display.some(), opened, Privacy::default()).unwrap();
        assert_eq!(news(&mut source).part, Some(shape(&[cut])));
        let first = copy(&mut source);
        assert_eq!(
            [(30, 20), (69, 49)].map(|(x, y)| first.get(x, y)),
            [GREY; 2]
        );
        draw(0, 0, 300, 200, BLUE);
        draw(130, 70, 40, 30, SECRET);
        settle(&mut source);
        assert!(only(&copy(&mut source), GREY));
        draw(131, 71, 38, 28, SECRET);
        settle(&mut source);
        assert!(only(&copy(&mut source), GREY));
        // The shape is told with the first picture of it, not before.
        let control = source.control();
        control.set_area(Area::Region(area.into()));
        assert_eq!(news(&mut source).part, Some(area.into()));
        assert!(only(&copy(&mut source), SECRET));
        control.set_area(Area::Region(shape(&[cut])));
        assert_eq!(news(&mut source).part, Some(shape(&[cut])));
        assert!(only(&copy(&mut source), GREY));
        // What can't be a picture changes nothing of what is cut out.
        control.set_area(Area::Region(guard::Area::new(-5, 0, 9, 9).into()));
        draw(131, 71, 38, 28, SECRET);
        settle(&mut source);
        assert!(only(&copy(&mut source), GREY));
    }

    #[test]
    fn the_pointer_is_told_apart() {
        let display = Display::new(300, 200);
        display.warp(150, 100);
        let area = Area::Region(Rect::new(100, 50, 100, 100).into());
        let mut source = ScreenSource::open(display.some(), area, Privacy::default()).unwrap();
        let told = news(&mut source);
        assert_eq!(told.pointer, Some(Pointer::At { x: 50, y: 50 }));
        assert!(told.shape.unwrap().is_valid());
        settle(&mut source);
        let before = copy(&mut source);
        display.push_pointer(20, 20);
        assert_eq!(news(&mut source).pointer, Some(Pointer::Away));
        display.push_pointer(110, 60);
        let told = news(&mut source);
        assert_eq!(told.pointer, Some(Pointer::At { x: 10, y: 10 }));
        assert!(told.shape.is_some() && told.damage.is_empty());
        assert_eq!(copy(&mut source), before, "it is not in the pixels");
    }

    #[test]
    fn a_still_screen_wakes_nobody() {
        let mut display = Display::new(400, 300);
        display.manage();
        display.run("xterm", &["-geometry", "40x10+20+20"]);
        let mut source = desktop(&display);
        until(&mut source, "the terminal", |p| {
            p.pixels().contains(&0xff_ffff)
        });
        settle(&mut source);
        let before = switches();
        let until = Instant::now() + Duration::from_millis(1500);
        assert!(source.wait(Some(until)).unwrap().is_empty());
        assert!(switches() - before <= 2, "it slept all the time");
    }

    #[test]
    fn the_end_of_the_display_is_told() {
        let display = Display::new(300, 200);
        let mut source = desktop(&display);
        news(&mut source);
        drop(display);
        let end = loop {
            if let Err(end) = source.wait(None) {
                break end;
            }
        };
        assert!(matches!(
            end,
            kith_screen::source::SourceError::Disconnected(_)
        ));
    }
}
