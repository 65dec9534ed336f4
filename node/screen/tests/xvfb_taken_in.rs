//! An application share that begins while a window manager takes a window in
//! (SHARE-2): the test is the window manager, one step at a time.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)] // a failed helper is a failed test

mod capture;

use capture::bed::{Display, Painter};
use capture::contract::{news, settle};
use kith_screen::x11::{Privacy, Target, WindowId, WindowSource};
use x11rb::COPY_DEPTH_FROM_PARENT;
use x11rb::protocol::xproto::{ConnectionExt as _, CreateWindowAux, PropMode, WindowClass};
use x11rb::wrapper::ConnectionExt as _;

/// See `capture::painter`: does nothing unless it was started as one.
#[test]
fn painter() {
    capture::painter::main_if_asked();
}

/// The steps of taking in, in the order in which Openbox does them.
const STEPS: [fn(&Display, Framed); 4] = [
    |d, w| drop(d.conn.reparent_window(w.window, w.frame, 5, 20).unwrap()),
    |d, w| drop(d.conn.map_window(w.window).unwrap()),
    |d, w| {
        let name = d.conn.intern_atom(false, b"WM_STATE").unwrap();
        let name = name.reply().unwrap().atom;
        let normal = [1, 0];
        d.conn
            .change_property32(PropMode::REPLACE, w.window, name, name, &normal)
            .unwrap();
    },
    |d, w| drop(d.conn.map_window(w.frame).unwrap()),
];

#[derive(Clone, Copy)]
struct Framed {
    window: u32,
    frame: u32,
}

/// Begins after so many steps.
fn begin_after(steps: usize) {
    let display = Display::new(600, 400);
    let mut program = Painter::new(&display);
    // Something to share without it.
    let other = program.say("open 400 40 50 50 #208080 popup");
    let window = program.say("open 50 40 200 150 #2050a0 unmapped");
    let frame = display.some_id();
    let aux = CreateWindowAux::new().override_redirect(1);
    let (depth, class) = (COPY_DEPTH_FROM_PARENT, WindowClass::INPUT_OUTPUT);
    display
        .conn
        .create_window(
            depth,
            frame,
            display.root,
            50,
            40,
            210,
            175,
            0,
            class,
            0,
            &aux,
        )
        .unwrap();
    let framed = Framed { window, frame };
    let (before, after) = STEPS.split_at(steps);
    for step in before {
        step(&display, framed);
    }
    display.sync();
    let targets = vec![Target::Application(program.pid)];
    let mut source = WindowSource::open(display.some(), targets, Privacy::default()).unwrap();
    for step in after {
        // It has acted upon all that was.
        settle(&mut source);
        step(&display, framed);
        display.sync();
    }
    let mut both = [WindowId(other), WindowId(window)];
    both.sort();
    loop {
        let mut shown = source.shown();
        shown.sort();
        if shown == both {
            return;
        }
        news(&mut source);
    }
}

mod xvfb {
    use super::*;

    #[test]
    fn a_window_is_not_missed_whenever_the_share_begins() {
        for steps in 0..=STEPS.len() {
            begin_after(steps);
        }
    }
}
