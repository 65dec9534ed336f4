//! The VNC bridge: with a client of our own, byte by byte, and with TigerVNC's
//! viewer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a failed helper is a failed test

mod common;

use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};

use common::Sharer;
use common::screen::{LONG, Running, wait};
use common::vnc::Client;
use kith_codec::geometry::{Rect, Size};
use kith_codec::input::{
    Asking, Button, Controller, Input, Key, Keysym, Motion, Notice, Place, Status,
};
use kith_codec::message::{EndReason, SourceState};
use kith_codec::share::ViewerId;
use kith_codec::synthetic::Kind;
use kith_view::local::{FromNode, FromView};

/// A bridge process and its sharer.
struct Bridge {
    sharer: Sharer,
    process: Running,
    port: u16,
    password: String,
}

impl Bridge {
    fn new(w: u16, h: u16) -> Self {
        let (sharer, socket) = Sharer::new(Size::new(w, h).unwrap());
        let process = Command::new(env!("CARGO_BIN_EXE_kith-view-alone"))
            .arg("--rfb")
            .stdin(OwnedFd::from(socket))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut process = Running(process);
        assert!(matches!(
            sharer.locals.recv_timeout(LONG).unwrap(),
            FromView::Ready { calls: true, .. }
        ));
        // It tells whoever started it, and the node nothing.
        let mut told = String::new();
        let out = process.0.stdout.take().unwrap();
        BufReader::new(out).read_line(&mut told).unwrap();
        let (port, password) = told.trim().split_once(' ').unwrap();
        Self {
            sharer,
            process,
            port: port.parse().unwrap(),
            password: password.to_owned(),
        }
    }

    fn connect(&self, password: &str) -> Option<Client> {
        Client::new(self.port, password)
    }

    fn ended(&mut self) {
        wait("the process to end", || self.process.0.try_wait().unwrap());
    }
}

fn control(sharer: &Sharer, controller: Controller, asking: Asking) {
    sharer.notice(Notice::Status(Status {
        controller,
        asking,
        paused: false,
        watchers: 1,
    }));
}

fn key(n: u32, motion: Motion, character: Option<char>) -> Input {
    Input::Key(Key {
        keysym: Keysym::new(n).unwrap(),
        motion,
        character,
    })
}

#[test]
fn it_shows_the_source_and_passes_input_on() {
    let mut b = Bridge::new(700, 400);
    b.sharer.local(FromNode::Title {
        person: "Anna".into(),
        what: "Editor".into(),
    });
    let password = b.password.clone();
    let mut client = b.connect(&password).unwrap();
    client.shows(&b.sharer.picture());
    for step in 0..20 {
        b.sharer.act(move |d, _| {
            d.press(100 + step, 35);
            d.step(Kind::Terminal);
            d.step(Kind::Player);
        });
    }
    client.shows(&b.sharer.picture());
    client.until("the name", |c| {
        c.name == "Editor \u{b7} Anna \u{b7} Kith: You watch"
    });

    // The first click asks for control and does nothing else.
    control(&b.sharer, Controller::Nobody, Asking::Open);
    let asked = wait("asking", || {
        client.send(&[5, 1, 0, 9, 0, 9]);
        client.send(&[5, 0, 0, 9, 0, 9]);
        b.sharer.inputs.try_recv().ok()
    });
    assert_eq!(asked, Input::Ask);
    control(&b.sharer, Controller::You, Asking::Open);
    client.until("control in the name", |c| c.name.ends_with("You control"));
    // Clicks that were still under way when the first had asked count by now.
    client.send(&[5, 0, 0, 1, 0, 1]);
    let last = Input::Move(Place { x: 1, y: 1 });
    while b.sharer.input() != last {}

    let at = Place { x: 258, y: 7 };
    // A move, a press, a notch down, the release; Caps Lock, which is not
    // passed on (GUARD-5), and É; clipboard text, which nobody gets.
    client.send(&[5, 0, 1, 2, 0, 7]);
    client.send(&[5, 4, 1, 2, 0, 7]);
    client.send(&[5, 20, 1, 2, 0, 7]);
    client.send(&[5, 0, 1, 2, 0, 7]);
    client.send(&[4, 1, 0, 0, 0, 0, 0xff, 0xe5]);
    client.send(&[6, 0, 0, 0, 0, 0, 0, 3, b'a', b'b', b'c']);
    client.send(&[4, 1, 0, 0, 0, 0, 0, 0xc9]);
    let button = |motion| Input::Button {
        at,
        button: Button::Menu,
        motion,
    };
    for expected in [
        Input::Move(at),
        button(Motion::Down),
        Input::Wheel { at, dx: 0, dy: 120 },
        button(Motion::Up),
        key(0xc9, Motion::Down, Some('É')),
    ] {
        assert_eq!(b.sharer.input(), expected);
    }
    // It leaves with a key held: that is let go, and the bridge ends.
    drop(client);
    assert_eq!(b.sharer.input(), Input::ReleaseAll);
    b.ended();
}

/// SHARE-1: an old picture isn't shown as if it were what there is now, in a
/// viewer that shows no name either.
#[test]
fn a_minimised_window_is_said_to_be() {
    let b = Bridge::new(200, 100);
    let mut client = b.connect(&b.password).unwrap();
    let picture = b.sharer.picture();
    client.shows(&picture);
    b.sharer
        .act(|_, share| share.set_source(SourceState::Minimised));
    let dimmed = |c: &Client| {
        let was = picture.pixels().iter().map(|p| p >> 1 & 0x7f_7f7f);
        c.picture.pixels().iter().copied().eq(was)
    };
    client.request(true);
    client.until("the old picture dimmed, and why", |c| {
        dimmed(c) && c.name.starts_with("The shared window is minimised.")
    });
    b.sharer.act(|_, share| share.set_source(SourceState::Live));
    client.shows(&picture);
    client.until("no more of that", |c| c.name == "Kith: You watch");
}

/// GUARD-6: what a viewer goes on typing when control was taken back asks for
/// nothing; a click does.
#[test]
fn who_goes_on_typing_does_not_ask_again() {
    let b = Bridge::new(200, 100);
    let mut client = b.connect(&b.password).unwrap();
    client.shows(&b.sharer.picture());
    control(&b.sharer, Controller::You, Asking::Open);
    client.request(true);
    client.until("control", |c| c.name.ends_with("You control"));
    control(&b.sharer, Controller::Nobody, Asking::Open);
    client.until("its end", |c| c.name.ends_with("You watch"));
    client.send(&[4, 1, 0, 0, 0, 0, 0, b'a']);
    client.send(&[4, 0, 0, 0, 0, 0, 0, b'a']);
    // Whatever the first asked of the bridge has left it when the second is answered,
    // and is read when the sharer looks up twice.
    for _ in 0..2 {
        client.shows(&b.sharer.picture());
    }
    let _ = [b.sharer.picture(), b.sharer.picture()];
    assert!(b.sharer.inputs.try_recv().is_err());
    client.send(&[5, 1, 0, 9, 0, 9]);
    assert_eq!(b.sharer.input(), Input::Ask);
}

#[test]
fn one_password_for_one_connection_and_three_tries() {
    let mut b = Bridge::new(200, 100);
    let right = b.password.clone();
    assert!(b.connect("abcdefgh").is_none());
    assert!(b.connect("").is_none());
    let mut client = b.connect(&right).expect("the third try");
    client.shows(&b.sharer.picture());
    // Nobody else, though they know the password.
    assert!(TcpStream::connect(("127.0.0.1", b.port)).is_err());
    b.sharer.act(|_, share| {
        share.end_viewer(ViewerId(1), EndReason::Stopped).unwrap();
    });
    b.ended();

    let mut b = Bridge::new(200, 100);
    for _ in 0..3 {
        assert!(b.connect("abcdefgh").is_none());
    }
    b.ended();
}

#[test]
fn noise_from_a_vnc_viewer_ends_it() {
    for noise in [
        &b"\xff\xff\xff\xff"[..],
        // Two hundred thousand encodings; a palette.
        &[2, 0, 0xff, 0xff],
        &[0, 0, 0, 0, 8, 8, 0, 0, 0, 7, 0, 7, 0, 3, 0, 3, 6, 0, 0, 0],
    ] {
        let mut b = Bridge::new(200, 100);
        let password = b.password.clone();
        let mut client = b.connect(&password).unwrap();
        client.shows(&b.sharer.picture());
        client.send(noise);
        b.ended();
    }
}

mod xvfb {
    use super::*;
    use common::screen::Screen;

    /// TigerVNC's viewer connects with the password, shows the right pixels,
    /// and what is typed there arrives.
    #[test]
    fn tigervnc_sees_and_controls() {
        let b = Bridge::new(700, 400);
        let screen = Screen::new(1280, 900);
        let mut viewer = Command::new("xtigervncviewer")
            .args([
                "-SecurityTypes=VncAuth",
                "-AutoSelect=0",
                "-PreferredEncoding=Raw",
            ])
            .args([
                "-FullColor=1",
                "-ReconnectOnError=0",
                "-AlertOnFatalError=0",
            ])
            .arg(format!("127.0.0.1::{}", b.port))
            .env("DISPLAY", &screen.name)
            .env("VNC_PASSWORD", &b.password)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map(Running)
            .expect("xtigervncviewer");
        let window = wait("TigerVNC's window", || {
            let all = screen.windows();
            let found = all.into_iter().find(|w| screen.title(*w).contains("Kith"));
            assert!(viewer.0.try_wait().unwrap().is_none(), "it ended");
            found
        });
        let source = b.sharer.picture();
        let at = wait("the source's pixels in TigerVNC", || {
            let at = screen.place(window)?;
            let r = Rect::new(at.x, at.y, 700, 400);
            (screen.shot(r)? == source).then_some(at)
        });
        control(&b.sharer, Controller::You, Asking::Open);
        wait("control in the title", || {
            screen.title(window).contains("You control").then_some(())
        });
        let (x, y) = ((at.x + 321).to_string(), (at.y + 123).to_string());
        screen.do_x(&["mousemove", &x, &y, "click", "1"]);
        let place = Place { x: 321, y: 123 };
        for motion in [Motion::Down, Motion::Up] {
            let button = Button::Main;
            let at = place;
            assert_eq!(b.sharer.act_input(), Input::Button { at, button, motion });
        }
        screen.do_x(&["key", "g", "Return"]);
        for expected in [
            key(0x67, Motion::Down, Some('g')),
            key(0x67, Motion::Up, None),
            key(0xff0d, Motion::Down, None),
            key(0xff0d, Motion::Up, None),
        ] {
            assert_eq!(b.sharer.act_input(), expected);
        }
        screen.keep("tigervnc");
    }
}
