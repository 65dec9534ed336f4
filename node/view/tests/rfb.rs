//! The VNC bridge: with a client of our own, byte by byte, and with TigerVNC's
//! viewer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a failed helper is a failed test

mod common;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};

use common::Sharer;
use common::screen::{LONG, Running, wait};
use des::Des;
use des::cipher::{BlockCipherEncrypt, KeyInit};
use kith_codec::geometry::{Rect, Size};
use kith_codec::input::{
    Asking, Button, Controller, Input, Key, Keysym, Motion, Notice, Place, Status,
};
use kith_codec::message::EndReason;
use kith_codec::picture::Picture;
use kith_codec::share::ViewerId;
use kith_codec::synthetic::Kind;
use kith_view::local::{FromNode, FromView, OneTime};

/// A bridge process and its sharer.
struct Bridge {
    sharer: Sharer,
    process: Running,
    port: u16,
    password: OneTime,
}

impl Bridge {
    fn new(w: u16, h: u16) -> Self {
        let (sharer, socket) = Sharer::new(Size::new(w, h).unwrap());
        let process = Command::new(env!("CARGO_BIN_EXE_kith-view-alone"))
            .arg("--rfb")
            .stdin(OwnedFd::from(socket))
            .spawn()
            .unwrap();
        let process = Running(process);
        assert!(matches!(
            sharer.locals.recv_timeout(LONG).unwrap(),
            FromView::Ready { calls: true, .. }
        ));
        let told = sharer.locals.recv_timeout(LONG).unwrap();
        let FromView::Bridge { port, password } = told else {
            panic!("{told:?}")
        };
        Self {
            sharer,
            process,
            port,
            password,
        }
    }

    fn connect(&self, password: &str) -> Option<Client> {
        Client::new(self.port, password)
    }

    fn ended(&mut self) {
        wait("the process to end", || self.process.0.try_wait().unwrap());
    }
}

/// A small VNC client.
struct Client {
    stream: TcpStream,
    picture: Picture,
    name: String,
    cursor: Option<(u16, u16, u16, u16)>,
}

impl Client {
    fn new(port: u16, password: &str) -> Option<Self> {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
        stream.set_read_timeout(Some(LONG)).unwrap();
        let mut bytes = [0; 16];
        stream.read_exact(&mut bytes[..12]).ok()?;
        assert_eq!(&bytes[..12], b"RFB 003.008\n");
        stream.write_all(b"RFB 003.008\n").unwrap();
        stream.read_exact(&mut bytes[..2]).unwrap();
        assert_eq!(bytes[..2], [1, 2], "VNC authentication and nothing else");
        stream.write_all(&[2]).unwrap();
        stream.read_exact(&mut bytes).unwrap();
        let mut key = [0; 8];
        for (to, from) in key.iter_mut().zip(password.bytes()) {
            *to = from.reverse_bits();
        }
        let cipher = Des::new(&key.into());
        for block in bytes.as_chunks_mut::<8>().0 {
            cipher.encrypt_block(block.into());
        }
        stream.write_all(&bytes).unwrap();
        stream.read_exact(&mut bytes[..4]).unwrap();
        if bytes[..4] != [0; 4] {
            return None;
        }
        stream.write_all(&[0]).unwrap();
        let mut client = Self {
            stream,
            picture: Picture::new(Size::new(1, 1).unwrap()),
            name: String::new(),
            cursor: None,
        };
        let size = client.size();
        client.picture = Picture::new(size);
        client.bytes(16);
        client.name = client.text();
        // Raw, pointer, size, name.
        let list: Vec<u8> = [0i32, -239, -223, -307]
            .iter()
            .flat_map(|e| e.to_be_bytes())
            .collect();
        client.send(&[2, 0, 0, 4]);
        client.send(&list);
        Some(client)
    }

    fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    fn bytes(&mut self, n: usize) -> Vec<u8> {
        let mut bytes = vec![0; n];
        self.stream.read_exact(&mut bytes).unwrap();
        bytes
    }

    fn u16(&mut self) -> u16 {
        let b = self.bytes(2);
        u16::from_be_bytes([b[0], b[1]])
    }

    fn u32(&mut self) -> u32 {
        u32::from(self.u16()) << 16 | u32::from(self.u16())
    }

    fn size(&mut self) -> Size {
        Size::new(self.u16(), self.u16()).unwrap()
    }

    fn text(&mut self) -> String {
        let n = self.u32() as usize;
        String::from_utf8(self.bytes(n)).unwrap()
    }

    fn request(&mut self, incremental: bool) {
        let size = self.picture.size();
        let [w1, w0] = size.width().to_be_bytes();
        let [h1, h0] = size.height().to_be_bytes();
        self.send(&[3, u8::from(incremental), 0, 0, 0, 0, w1, w0, h1, h0]);
    }

    /// Reads one update into the picture.
    fn update(&mut self) {
        assert_eq!(self.bytes(1), [0]);
        self.bytes(1);
        for _ in 0..self.u16() {
            let r = Rect::new(self.u16(), self.u16(), self.u16(), self.u16());
            match self.u32() as i32 {
                0 => {
                    let pixels = self.bytes(r.area() as usize * 4);
                    for (i, p) in pixels.chunks(4).enumerate() {
                        let (x, y) = (i % usize::from(r.w), i / usize::from(r.w));
                        let colour = u32::from_le_bytes([p[0], p[1], p[2], 0]);
                        self.picture.set(r.x + x as u16, r.y + y as u16, colour);
                    }
                }
                -239 => {
                    let (w, h) = (usize::from(r.w), usize::from(r.h));
                    self.bytes(w * h * 4 + w.div_ceil(8) * h);
                    self.cursor = (w > 0).then_some((r.x, r.y, r.w, r.h));
                }
                -223 => self.picture = Picture::new(Size::new(r.w, r.h).unwrap()),
                -307 => self.name = self.text(),
                other => panic!("encoding {other} was not offered"),
            }
        }
    }

    /// Asks for updates until the picture is this one.
    fn shows(&mut self, expected: &Picture) {
        self.request(false);
        wait("the source's pixels at the VNC viewer", || {
            self.update();
            if self.picture.pixels() == expected.pixels() {
                return Some(());
            }
            self.request(true);
            None
        });
    }

    /// A request is still open: reads what comes until something is so.
    fn until(&mut self, what: &str, mut so: impl FnMut(&Self) -> bool) {
        wait(what, || {
            if so(self) {
                return Some(());
            }
            self.request(true);
            self.update();
            None
        });
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
    let mut client = b.connect(password.text()).unwrap();
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
        c.name == "Editor \u{b7} Anna \u{b7} Kith: you watch"
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
    client.until("control in the name", |c| c.name.ends_with("you control"));

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

#[test]
fn one_password_for_one_connection_and_three_tries() {
    let mut b = Bridge::new(200, 100);
    let right = b.password.clone();
    assert!(b.connect("abcdefgh").is_none());
    assert!(b.connect("").is_none());
    let mut client = b.connect(right.text()).expect("the third try");
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
        let mut client = b.connect(password.text()).unwrap();
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
            .env("VNC_PASSWORD", b.password.text())
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
            screen.title(window).contains("you control").then_some(())
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
