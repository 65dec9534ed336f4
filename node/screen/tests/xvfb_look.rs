//! What a look at a display tells is of one moment, or nothing (ENV-1).
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)] // a failed helper is a failed test

mod capture;

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener};
use std::os::unix::net::UnixStream;
use std::thread;

use capture::bed::Display;
use kith_codec::geometry::Rect;
use kith_screen::x11::look;

/// See `capture::painter`: does nothing unless it was started as one.
#[test]
fn painter() {
    capture::painter::main_if_asked();
}

/// What passes on one connection to a display, and then nobody is let in.
#[derive(Clone, Copy)]
enum Passes {
    All,
    /// The greeting of the display, which then goes away.
    Greeting,
}

/// The name of a display that is another one, as far as that passes.
fn through(display: &Display, passes: Passes) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let number = listener.local_addr().unwrap().port() - 6000;
    let server = format!("/tmp/.X11-unix/X{}", display.name.trim_start_matches(':'));
    thread::spawn(move || {
        let (mut face, _) = listener.accept().unwrap();
        drop(listener);
        let mut server = UnixStream::connect(server).unwrap();
        let (mut from_face, mut to_server) =
            (face.try_clone().unwrap(), server.try_clone().unwrap());
        thread::spawn(move || std::io::copy(&mut from_face, &mut to_server));
        match passes {
            Passes::All => drop(std::io::copy(&mut server, &mut face)),
            Passes::Greeting => {
                let mut head = [0; 8];
                server.read_exact(&mut head).unwrap();
                let words = u16::from_le_bytes([head[6], head[7]]);
                let mut rest = vec![0; usize::from(words) * 4];
                server.read_exact(&mut rest).unwrap();
                face.write_all(&[&head[..], &rest].concat()).unwrap();
            }
        }
        face.shutdown(Shutdown::Both)
    });
    format!("127.0.0.1:{number}")
}

/// Screens and extensions are asked for over one connection: a display that lets
/// nobody in just then isn't one without screens. One that goes away meanwhile
/// isn't one that lacks everything.
#[test]
fn xvfb_a_look_is_of_one_moment() {
    let display = Display::new(600, 400);
    let seen = look(Some(&through(&display, Passes::All))).unwrap();
    assert_eq!(seen.monitors.len(), 1);
    assert_eq!(seen.monitors[0].rect, Rect::new(0, 0, 600, 400));
    assert!(seen.lacks.to_share.is_empty(), "{:?}", seen.lacks);
    let gone = look(Some(&through(&display, Passes::Greeting)));
    assert!(gone.is_err(), "{gone:?}");
}
