//! What capture costs on a real X server: `cargo bench -p kith-screen`. Wants
//! Xvfb. Medians of wall time; a busy machine shows in them.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::print_stdout)] // a benchmark may fail and print

#[path = "../tests/capture/mod.rs"]
mod capture;

use std::time::{Duration, Instant};

use capture::bed::{Display, Painter};
use kith_codec::geometry::Rect;
use kith_codec::message::{Envelope, ToSharer, ToViewer};
use kith_codec::share::{Lane, Share, ShareConfig, ViewerId};
use kith_codec::time::Moment;
use kith_screen::source::Source;
use kith_screen::x11::{Area, Privacy, ScreenSource, Target, WindowId, WindowSource};
use x11rb::protocol::xproto::{ConnectionExt as _, CreateGCAux, Rectangle, SubwindowMode};

const ROUNDS: u32 = 400;

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

struct Pen<'a> {
    display: &'a Display,
    target: u32,
    gc: u32,
}

impl<'a> Pen<'a> {
    fn new(display: &'a Display, target: u32) -> Self {
        let gc = display.some_id();
        let aux = CreateGCAux::new().subwindow_mode(SubwindowMode::INCLUDE_INFERIORS);
        display.conn.create_gc(gc, target, &aux).unwrap();
        Self {
            display,
            target,
            gc,
        }
    }

    fn fill(&self, x: i16, y: i16, width: u16, height: u16, colour: u32) {
        let c = &self.display.conn;
        let aux = x11rb::protocol::xproto::ChangeGCAux::new().foreground(colour);
        c.change_gc(self.gc, &aux).unwrap();
        let rect = Rectangle {
            x,
            y,
            width,
            height,
        };
        c.poly_fill_rectangle(self.target, self.gc, &[rect])
            .unwrap();
        x11rb::connection::Connection::flush(c).unwrap();
    }

    /// Everything up by a line, a new line below.
    fn scroll(&self, w: u16, h: u16, n: u32) {
        let c = &self.display.conn;
        c.copy_area(self.target, self.target, self.gc, 0, 16, 0, 0, w, h - 16)
            .unwrap();
        for i in 0..u32::from(w) / 12 {
            let colour = (n * 7919 + i * 104_729) & 0xff_ffff;
            self.fill((i * 12) as i16, (h - 16) as i16, 9, 13, colour);
        }
    }
}

/// From drawing to pixels in hand.
fn latency(name: &str, source: &mut dyn Source, draw: impl Fn(u32)) {
    let _ = source.wait(None).unwrap();
    while !source
        .wait(Some(Instant::now() + Duration::from_millis(200)))
        .unwrap()
        .is_empty()
    {}
    source.view().unwrap();
    let mut times = Vec::new();
    for n in 0..ROUNDS {
        let began = Instant::now();
        draw(n);
        while source.wait(None).unwrap().damage.is_empty() {}
        source.view().unwrap();
        times.push(began.elapsed().as_secs_f64() * 1e6);
    }
    println!("{name:<44} {:9.0} us", median(times));
}

/// The same and encoded for a viewer with endless credit.
fn encoded(name: &str, source: &mut dyn Source, draw: impl Fn(u32)) {
    let start = Instant::now();
    let now = || Moment(start.elapsed().as_micros() as u64);
    let me = ViewerId(1);
    let mut share = Share::new(source.size(), ShareConfig::default()).unwrap();
    share.add_viewer(me, now()).unwrap();
    let (mut times, mut bytes) = (Vec::new(), Vec::new());
    for n in 0..ROUNDS + 20 {
        let began = Instant::now();
        draw(n);
        while {
            let changes = source.wait(None).unwrap();
            changes.apply(&mut share);
            changes.damage.is_empty()
        } {}
        share.encode(&source.view().unwrap(), now()).unwrap();
        let took = began.elapsed().as_secs_f64() * 1e3;
        let mut sent = 0;
        while let Some(t) = share.poll(me, Lane::Control) {
            sent += t.head.len() + t.body.len();
        }
        while let Some(t) = share.poll(me, Lane::Picture) {
            let all = [&t.head[..], &t.body[..]].concat();
            sent += all.len();
            let (envelope, _) = Envelope::split(&all).unwrap().unwrap();
            let Some(ToViewer::Update(u)) = ToViewer::parse(envelope).unwrap() else {
                continue;
            };
            let ack = ToSharer::Ack {
                sequence: u.sequence,
                spent: 0,
            };
            share.handle(me, ack, now()).unwrap();
        }
        if n >= 20 {
            times.push(took);
            bytes.push(sent as f64);
        }
    }
    println!(
        "{name:<44} {:9.3} ms {:9.0} bytes",
        median(times),
        median(bytes)
    );
}

fn main() {
    if std::env::var_os(capture::painter::DISPLAY).is_some() {
        return capture::painter::main_if_asked();
    }
    let display = Display::new(1920, 1080);
    let mut program = Painter::new(&display);
    let id = program.say("open 100 50 1440 900 #2050a0");
    let root = Pen::new(&display, display.root);
    let inside = Pen::new(&display, id);
    let desktop = || ScreenSource::open(display.some(), Area::Desktop, Privacy::default()).unwrap();
    let window = || {
        let target = vec![Target::Window(WindowId(id))];
        WindowSource::open(display.some(), target, Privacy::default()).unwrap()
    };
    let small = Rect::new(500, 500, 64, 64);
    let dot = |pen: &Pen<'_>, n: u32| pen.fill(small.x as i16, small.y as i16, 64, 64, n * 999);
    println!("draw to pixels in hand:");
    latency("desktop, 64x64", &mut desktop(), |n| dot(&root, n));
    latency("window, 64x64", &mut window(), |n| dot(&inside, n));
    latency("desktop, 1920x1080", &mut desktop(), |n| {
        root.fill(0, 0, 1920, 1080, n * 999);
    });
    latency("window, 1440x900", &mut window(), |n| {
        inside.fill(0, 0, 1440, 900, n * 999);
    });
    println!("draw to encoded bytes:");
    encoded("type: desktop, 9x16", &mut desktop(), |n| {
        root.fill(300 + (n % 80 * 9) as i16, 400, 8, 14, n * 999);
    });
    encoded("type: window, 9x16", &mut window(), |n| {
        inside.fill(300 + (n % 80 * 9) as i16, 400, 8, 14, n * 999);
    });
    encoded("scroll: window, 1440x900", &mut window(), |n| {
        inside.scroll(1440, 900, n);
    });
    encoded("drag: desktop, 1440x900", &mut desktop(), |n| {
        let x = 100 + i32::try_from(n % 60).unwrap() * 3;
        let aux = x11rb::protocol::xproto::ConfigureWindowAux::new().x(x);
        display.conn.configure_window(id, &aux).unwrap();
        x11rb::connection::Connection::flush(&display.conn).unwrap();
    });
}
