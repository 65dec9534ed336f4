//! The window, on a real display.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a failed helper is a failed test

mod common;

mod xvfb {
    use super::common::Sharer;
    use super::common::screen::{LONG, Screen, wait};
    use kith_codec::geometry::{Rect, Size};
    use kith_codec::input::{
        Actor, Asking, Button, Controller, Input, Key, Keysym, Motion, Notice, People, Place,
        Refusal, Status,
    };
    use kith_codec::message::{CursorShape, EndReason};
    use kith_codec::picture::Picture;
    use kith_codec::share::ViewerId;
    use kith_codec::synthetic::Kind;
    use kith_codec::time::{Micros, Moment};
    use kith_view::frame::{self, Lane};
    use kith_view::local::{FromNode, FromView, PathKind};

    /// Height of the strip on an ordinary screen, in a wide window.
    const STRIP: u16 = 32;

    /// In a narrow one the buttons have a row of their own.
    const fn strip(width: u16) -> u16 {
        if width < 700 { 2 * STRIP } else { STRIP }
    }

    fn control(sharer: &Sharer, controller: Controller, asking: Asking) {
        sharer.notice(Notice::Status(Status {
            controller,
            asking,
            paused: false,
            watchers: 3,
        }));
    }

    /// Waits until the window shows the source, pixel for pixel; where it is.
    fn assert_shows(screen: &Screen, window: u32, sharer: &Sharer) -> Rect {
        let source = sharer.picture();
        let size = source.size();
        wait("the source's pixels in the window", || {
            let at = screen.place(window)?;
            let r = Rect::new(at.x, at.y + strip(at.w), size.width(), size.height());
            (screen.shot(r)? == source).then_some(r)
        })
    }

    fn mean_difference(a: &Picture, b: &Picture) -> f64 {
        let sum: u64 = a
            .pixels()
            .iter()
            .zip(b.pixels())
            .map(|(a, b)| {
                let d = |s: u32| u64::from((a >> s & 255).abs_diff(b >> s & 255));
                d(0) + d(8) + d(16)
            })
            .sum();
        sum as f64 / a.pixels().len() as f64
    }

    #[test]
    fn it_shows_the_source_and_only_what_changed_is_painted_anew() {
        let screen = Screen::new(1280, 900);
        let (sharer, socket) = Sharer::new(Size::new(800, 500).unwrap());
        let _viewer = screen.viewer(socket, &[]);
        sharer.local(FromNode::Title {
            person: "Anna\u{202e}".into(),
            what: "Editor".into(),
        });
        let window = screen.window();
        // GUARD-7, R9: the title names who, and nothing in it deceives.
        wait("the title", || {
            (screen.title(window) == "Editor \u{b7} Anna\u{fffd} \u{b7} Kith").then_some(())
        });
        assert_shows(&screen, window, &sharer);
        for step in 0..30 {
            sharer.act(move |d, _| {
                d.press(150 + step, 45);
                d.step(Kind::Terminal);
                d.step(Kind::Player);
            });
        }
        assert_shows(&screen, window, &sharer);
        screen.keep("watching");
        // Film goes through the confined process too, and rests exactly.
        sharer.act(|d, _| d.animate(Kind::Player, true, Moment(0)));
        let films = || {
            let (out, films) = std::sync::mpsc::sync_channel(1);
            sharer.act(move |_, share| out.send(share.films()).unwrap());
            films.recv().unwrap()
        };
        wait("film", || (films() > 0).then_some(()));
        sharer.act(|d, _| d.animate(Kind::Player, false, Moment(0)));
        assert_shows(&screen, window, &sharer);
    }

    /// What the process is confined by is said before anything of the share is
    /// read, and is seen from outside.
    #[test]
    fn it_is_confined() {
        let screen = Screen::new(1280, 900);
        let (sharer, socket) = Sharer::new(Size::new(340, 240).unwrap());
        let viewer = screen.viewer(socket, &[]);
        let FromView::Ready { files, calls } = sharer.locals.recv_timeout(LONG).unwrap() else {
            panic!("not ready")
        };
        assert!(calls);
        let status = std::fs::read_to_string(format!("/proc/{}/status", viewer.0.id())).unwrap();
        let line = |name: &str| {
            let line = status.lines().find(|l| l.starts_with(name)).unwrap();
            line.split_whitespace().nth(1).unwrap().to_owned()
        };
        assert_eq!(line("Seccomp:"), "2", "filtered");
        assert_eq!(line("NoNewPrivs:"), "1");
        assert_eq!(line("Threads:"), "1", "nobody is outside the filter");
        eprintln!("files confined: {files}");
        let window = screen.window();
        assert_shows(&screen, window, &sharer);
        // It may still grow: its memory was had before.
        screen.do_x(&["windowsize", "--sync", &window.to_string(), "1100", "800"]);
        wait("a larger window, painted", || {
            let at = screen.place(window)?;
            let strip = screen.shot(Rect::new(at.x + at.w - 20, at.y + at.h - 20, 10, 10))?;
            (at.w == 1100 && strip.pixels().iter().all(|p| *p == 0x16_181c)).then_some(())
        });
    }

    /// F fills the screen, and F leaves it; the strip stays.
    #[test]
    fn it_takes_the_whole_screen_and_gives_it_back() {
        let screen = Screen::new(1000, 700);
        let (sharer, socket) = Sharer::new(Size::new(500, 300).unwrap());
        let _viewer = screen.viewer(socket, &[]);
        let window = screen.window();
        assert_shows(&screen, window, &sharer);
        let before = screen.place(window).unwrap();
        screen.do_x(&["key", "--window", "0", "f"]);
        wait("the whole screen", || {
            let at = screen.place(window)?;
            // The strip's ground in the corner, and the picture's below.
            let strip = screen.shot(Rect::new(0, 0, 2, 2))?;
            let whole = (at.x, at.y, at.w, at.h) == (0, 0, 1000, 700);
            (whole && strip.pixels().iter().all(|p| *p == 0x23_272e)).then_some(())
        });
        screen.keep("full-screen");
        screen.do_x(&["key", "--window", "0", "f"]);
        wait("the window again", || {
            let at = screen.place(window)?;
            ((at.w, at.h) == (before.w, before.h)).then_some(())
        });
        assert_shows(&screen, window, &sharer);
    }

    #[test]
    fn every_way_to_end_is_said_in_the_window() {
        let end = |name: &str, (code, ended): (&str, &str), act: &dyn Fn(&Sharer)| {
            let screen = Screen::new(1000, 700);
            let (sharer, socket) = Sharer::new(Size::new(500, 300).unwrap());
            let mut viewer = screen.viewer_in(code, socket, &[]);
            let window = screen.window();
            assert_shows(&screen, window, &sharer);
            act(&sharer);
            wait("the end in the title", || {
                // Without a title there is only the program's name.
                (screen.title(window) == ended).then_some(())
            });
            // What was shown isn't to be read any more: one grey, and why.
            wait("the picture to go", || {
                let shot = screen.shot(screen.place(window)?)?;
                let below = &shot.pixels()[usize::from(STRIP * shot.size().width())..];
                let grey = below.iter().filter(|p| **p == 0x16_181c).count();
                let said = below.contains(&0xe8_eaed);
                (said && grey > below.len() * 3 / 4).then_some(())
            });
            screen.keep(name);
            screen.do_x(&["key", "--window", "0", "Escape"]);
            let code = wait("the window to close", || viewer.0.try_wait().unwrap());
            assert!(code.success());
        };
        end("ended-stopped", ("de", "Kith (beendet)"), &|s| {
            s.act(|_, share| share.end_viewer(ViewerId(1), EndReason::Stopped).unwrap());
        });
        end("ended-node-gone", ("en", "Kith (ended)"), &Sharer::close);
        end("ended-hostile", ("en", "Kith (ended)"), &|s| {
            let noise: Vec<u8> = (0..50_000u32).map(|i| (i * 31) as u8).collect();
            let mut frames = Vec::new();
            frame::put(Lane::Picture, &noise, &mut frames);
            s.raw(frames);
        });
    }

    #[test]
    fn input_arrives_as_it_was_meant() {
        let screen = Screen::new(1280, 900);
        let (sharer, socket) = Sharer::new(Size::new(800, 500).unwrap());
        let mut viewer = screen.viewer(socket, &[]);
        let window = screen.window();
        let at = assert_shows(&screen, window, &sharer);

        // Not without control: C asks, the mouse does nothing.
        control(&sharer, Controller::Nobody, Asking::Open);
        screen.do_x(&[
            "mousemove",
            &(at.x + 10).to_string(),
            &(at.y + 10).to_string(),
        ]);
        screen.do_x(&["click", "1"]);
        // The status may not be there yet when the key is: asked again.
        let asked = wait("asking for control", || {
            screen.do_x(&["key", "c"]);
            sharer.inputs.try_recv().ok()
        });
        assert_eq!(asked, Input::Ask);
        control(&sharer, Controller::You, Asking::Open);
        let (mx, my) = ((at.x + 123).to_string(), (at.y + 45).to_string());
        let place = Place { x: 123, y: 45 };
        wait("the pointer", || {
            screen.do_x(&["mousemove", "5", "5", "mousemove", &mx, &my]);
            let all: Vec<Input> = sharer.inputs.try_iter().collect();
            (all.last() == Some(&Input::Move(place))).then_some(())
        });
        screen.keep("controlling");

        screen.do_x(&["click", "3", "click", "5"]);
        for motion in [Motion::Down, Motion::Up] {
            let button = Button::Menu;
            assert_eq!(
                sharer.act_input(),
                Input::Button {
                    at: place,
                    button,
                    motion
                }
            );
        }
        let wheel = Input::Wheel {
            at: place,
            dx: 0,
            dy: 120,
        };
        assert_eq!(sharer.act_input(), wheel);

        // Shift, a letter, an accented one, Return, a function key.
        let key = |n, motion, character| {
            Input::Key(Key {
                keysym: Keysym::new(n).unwrap(),
                motion,
                character,
            })
        };
        let struck = |n, c| [key(n, Motion::Down, c), key(n, Motion::Up, None)];
        screen.do_x(&["key", "a", "Return", "F5", "eacute"]);
        for (n, c) in [
            (0x61, Some('a')),
            (0xff0d, None),
            (0xffc2, None),
            (0xe9, Some('é')),
        ] {
            for expected in struck(n, c) {
                assert_eq!(sharer.act_input(), expected);
            }
        }
        screen.do_x(&["keydown", "Shift_L", "key", "b", "keyup", "Shift_L"]);
        let [b_down, b_up] = struck(0x42, Some('B'));
        let [shift_down, shift_up] = struck(0xffe1, None);
        for expected in [shift_down, b_down, b_up, shift_up] {
            assert_eq!(sharer.act_input(), expected);
        }
        // GUARD-5: Caps Lock acts here and is not said; Esc is ordinary (GUARD-6).
        screen.do_x(&[
            "key",
            "Caps_Lock",
            "key",
            "x",
            "key",
            "Caps_Lock",
            "key",
            "Escape",
        ]);
        for expected in struck(0x58, Some('X'))
            .into_iter()
            .chain(struck(0xff1b, None))
        {
            assert_eq!(sharer.act_input(), expected);
        }

        // The way out: keys stay here then; C gives control back.
        screen.do_x(&["key", "ctrl+alt+space"]);
        let mut seen = Vec::new();
        while seen.last() != Some(&Input::ReleaseAll) {
            seen.push(sharer.act_input());
        }
        wait("giving back", || {
            screen.do_x(&["key", "c"]);
            let input = sharer.inputs.try_recv().ok()?;
            (input == Input::GiveBack).then_some(())
        });

        // Keys go there again. Closing lets go and leaves.
        screen.do_x(&["key", "ctrl+alt+space"]);
        screen.do_x(&["keydown", "Delete"]);
        assert_eq!(sharer.act_input(), key(0xffff, Motion::Down, None));
        screen.do_x(&["windowclose", &window.to_string(), "keyup", "Delete"]);
        wait("the end", || viewer.0.try_wait().unwrap());
    }

    /// GUARD-5: no key stays pressed when the window loses the focus.
    #[test]
    fn losing_the_focus_lets_go() {
        let screen = Screen::new(1280, 900);
        let (sharer, socket) = Sharer::new(Size::new(400, 300).unwrap());
        let _viewer = screen.viewer(socket, &[]);
        let window = screen.window();
        assert_shows(&screen, window, &sharer);
        control(&sharer, Controller::You, Asking::Open);
        wait("a key held there", || {
            screen.do_x(&["keyup", "Delete", "keydown", "Delete"]);
            let mut all = sharer.inputs.try_iter();
            all.any(|i| matches!(i, Input::Key(k) if k.motion == Motion::Down))
                .then_some(())
        });
        // Another program takes the focus.
        let root = screen.x_root();
        screen.set_focus(root);
        wait("letting go", || {
            let mut all = sharer.inputs.try_iter();
            all.any(|i| i == Input::ReleaseAll).then_some(())
        });
        screen.do_x(&["keyup", "Delete"]);
    }

    #[test]
    fn masks_pointer_and_indicators_are_shown() {
        let screen = Screen::new(1280, 900);
        let (sharer, socket) = Sharer::new(Size::new(800, 500).unwrap());
        let _viewer = screen.viewer(socket, &[]);
        let window = screen.window();
        let at = assert_shows(&screen, window, &sharer);
        sharer.act(|_, share| {
            share.set_masks(&[Rect::new(100, 50, 60, 40)]);
            let shape = CursorShape {
                slot: 0,
                w: 8,
                h: 8,
                hot_x: 1,
                hot_y: 2,
                pixels: vec![0xffff_00ff; 64],
            };
            assert!(share.set_cursor(shape));
            share.move_cursor(301, 202);
        });
        sharer.local(FromNode::Path {
            kind: PathKind::Relayed,
            round_trip: Micros(42_000),
        });
        control(&sharer, Controller::Somebody, Asking::Open);
        let mut people = Vec::new();
        let said = People::new(["Ben"].into_iter(), ["Zoë", "Ada"].into_iter()).to_bytes();
        frame::put(Lane::Control, &said, &mut people);
        sharer.raw(people);
        let source = sharer.picture();
        wait("grey and pointer", || {
            let shot = screen.shot(at)?;
            let grey = |p: u32| p == 0x80_8080 || p == 0x90_9090;
            let mut right = true;
            for y in 0..500 {
                for x in 0..800 {
                    let p = shot.get(x, y);
                    let inside = |r: Rect| r.contains(Rect::new(x, y, 1, 1));
                    right &= if inside(Rect::new(100, 50, 60, 40)) {
                        grey(p)
                    } else if inside(Rect::new(300, 200, 8, 8)) {
                        p == 0xff_00ff
                    } else {
                        p == source.get(x, y)
                    };
                }
            }
            right.then_some(())
        });
        // The arrows are lit while input takes effect (GUARD-7).
        let arrows = Rect::new(at.x, at.y - STRIP, 40, STRIP);
        let lit = |shot: &Picture| shot.pixels().contains(&0x6c_c3ff);
        wait("lit arrows", || {
            sharer.notice(Notice::Activity(Actor::Somebody));
            lit(&screen.shot(arrows)?).then_some(())
        });
        wait("dark arrows", || {
            (!lit(&screen.shot(arrows)?)).then_some(())
        });
        sharer.notice(Notice::Refused {
            why: Refusal::Outside,
            count: 3,
        });
        screen.do_x(&["key", "s"]);
        // The pointer leaves nothing behind.
        sharer.act(|_, share| share.move_cursor(601, 402));
        wait("the pointer gone", || {
            let r = Rect::new(at.x + 300, at.y + 200, 8, 8);
            let shot = screen.shot(r)?;
            (shot.get(0, 0) == source.get(300, 200) && shot.get(7, 7) == source.get(307, 207))
                .then_some(())
        });
        screen.keep("indicators");
        // An interrupted path is said over the picture.
        sharer.local(FromNode::Path {
            kind: PathKind::Interrupted,
            round_trip: Micros(0),
        });
        wait("the banner", || {
            let middle = Rect::new(at.x + 390, at.y + 200, 20, 100);
            let shot = screen.shot(middle)?;
            shot.pixels().contains(&0x23_272e).then_some(())
        });
        screen.keep("interrupted");
    }

    /// A picture larger than the screen fits; then a pixel is a pixel, and the
    /// wheel scrolls.
    #[test]
    fn a_large_picture_fits_and_scrolls() {
        let screen = Screen::new(1000, 700);
        let (sharer, socket) = Sharer::new(Size::new(1600, 1200).unwrap());
        let _viewer = screen.viewer(socket, &[]);
        let window = screen.window();
        let source = sharer.picture();
        // Fitted: each pixel near the mean of those it stands for.
        let (at, shot) = wait("the whole picture, smaller", || {
            let at = screen.place(window)?;
            let (w, h) = (u32::from(at.w), u32::from(at.h - STRIP));
            let w_fit = w.min(1600 * h / 1200) as u16;
            let h_fit = (u32::from(w_fit) * 1200 / 1600) as u16;
            let x = at.x + (at.w - w_fit) / 2;
            let y = at.y + STRIP + ((at.h - STRIP) - h_fit) / 2;
            let shot = screen.shot(Rect::new(x, y, w_fit, h_fit))?;
            let mut expected = Picture::new(shot.size());
            for y in 0..h_fit {
                for x in 0..w_fit {
                    let at = |v: u16, n: u16, of: u32| {
                        ((u32::from(v) * 2 + 1) * of / (u32::from(n) * 2)) as u16
                    };
                    expected.set(x, y, source.get(at(x, w_fit, 1600), at(y, h_fit, 1200)));
                }
            }
            (mean_difference(&shot, &expected) < 20.0).then_some((at, shot))
        });
        assert!(shot.size().width() > 700);
        screen.keep("fit");
        screen.do_x(&["key", "z"]);
        let shows = |sx: u16, sy: u16| {
            wait("one to one", || {
                let r = Rect::new(at.x, at.y + STRIP, 400, 300);
                let shot = screen.shot(r)?;
                let same = (0..300)
                    .all(|y| (0..400).all(|x| shot.get(x, y) == source.get(x + sx, y + sy)));
                same.then_some(())
            });
        };
        shows(0, 0);
        let middle = ((at.x + 300).to_string(), (at.y + 300).to_string());
        screen.do_x(&[
            "mousemove",
            &middle.0,
            &middle.1,
            "click",
            "--repeat",
            "3",
            "5",
        ]);
        shows(0, 180);
        // Dragging moves it back.
        screen.do_x(&[
            "mousedown",
            "1",
            "mousemove_relative",
            "--",
            "-50",
            "100",
            "mouseup",
            "1",
        ]);
        shows(50, 80);
        screen.keep("scrolled");
    }

    /// On a dense screen the strip is larger, and the picture's pixels are
    /// doubled only when there is room.
    #[test]
    fn dense_screens() {
        let screen = Screen::new(1280, 900);
        let (sharer, socket) = Sharer::new(Size::new(340, 240).unwrap());
        let _viewer = screen.viewer(socket, &[("WINIT_X11_SCALE_FACTOR", "2")]);
        let window = screen.window();
        let source = sharer.picture();
        screen.do_x(&["windowsize", "--sync", &window.to_string(), "680", "608"]);
        wait("doubled pixels below a doubled strip of two rows", || {
            let at = screen.place(window)?;
            let shot = screen.shot(at)?;
            let (x0, y0) = (0, 128);
            let same = (0..400)
                .all(|y| (0..600).all(|x| shot.get(x0 + x, y0 + y) == source.get(x / 2, y / 2)));
            same.then_some(())
        });
        screen.keep("dense");
    }
}
