//! A program's share and the numbers of its connections to the X server (R5).
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)] // a failed helper is a failed test

mod capture;

use std::time::{Duration, Instant};

use capture::bed::{Display, Painter};
use capture::contract::{settle, until};
use capture::painter::is_of;
use kith_codec::picture::Picture;
use kith_screen::source::GREY;
use kith_screen::x11::{Privacy, Target, WindowSource};
use x11rb::connection::Connection as _;
use x11rb::protocol::res::ConnectionExt as _;

const BLUE: u32 = 0x20_50a0;
const TEAL: u32 = 0x20_8080;
const RED: u32 = 0xf0_0000;

/// See `capture::painter`: does nothing unless it was started as one.
#[test]
fn painter() {
    capture::painter::main_if_asked();
}

fn has(p: &Picture, base: u32) -> bool {
    p.pixels().iter().any(|c| is_of(base, *c))
}

/// R5: a number that a client of the application had is not the
/// application's any more when somebody else gets it.
#[test]
fn xvfb_a_client_number_given_out_again_is_nobodys_pass() {
    let display = Display::new(600, 400);
    let mut program = Painter::new(&display);
    let main = program.say("open 50 40 100 80 #2050a0");
    let base = program.say("connect");
    let targets = vec![Target::Application(program.pid)];
    let mut source = WindowSource::open(display.some(), targets, Privacy::default()).unwrap();
    until(&mut source, "the application", |p| has(p, BLUE));
    settle(&mut source);
    program.say("disconnect");
    let c = &display.conn;
    let lives = || {
        let clients = c.res_query_clients().unwrap().reply().unwrap().clients;
        clients.iter().any(|c| c.resource_base == base)
    };
    let end = Instant::now() + Duration::from_secs(60);
    while lives() {
        assert!(Instant::now() < end, "the server never let it go");
    }
    let mut foreign = Painter::new(&display);
    let other = foreign.say("open 60 50 200 150 #f00000");
    let mask = c.setup().resource_id_mask;
    assert_eq!(other & !mask, base, "the number was not given out again");
    // Also inside of a window that is shared.
    let guest = foreign.say("open 0 0 40 30 #f00000 unmapped");
    foreign.say(&format!("embed {guest} {main} 20 20"));
    foreign.say(&format!("map {guest}"));
    foreign.say(&format!("tint {guest} #f00000"));
    program.say("open 300 40 100 80 #208080");
    let p = until(&mut source, "what was opened after it", |p| {
        assert!(!has(p, RED), "a foreign window");
        has(p, TEAL) && p.get(30, 30) == GREY
    });
    assert!(has(&p, BLUE));
    assert_eq!(source.shown().len(), 2);
}
