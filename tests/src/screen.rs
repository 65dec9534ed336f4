//! X displays of one's own: a bare one, or one that VNC shows to others.

use std::cell::RefCell;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use x11rb::connection::{Connection as _, RequestConnection as _};
use x11rb::protocol::Event as Told;
use x11rb::protocol::xinput::{ConnectionExt as _, DeviceType, X11_EXTENSION_NAME};
use x11rb::protocol::xproto::{
    AtomEnum, ConnectionExt as _, CreateGCAux, CreateWindowAux, EventMask, ImageFormat, Rectangle,
    Window, WindowClass,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use crate::{PATIENCE, Program, Settings, openbox};

/// A process that doesn't outlive its test.
#[derive(Debug)]
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A display, until this is dropped.
#[derive(Debug)]
pub struct Screen {
    processes: Vec<Ended>,
    name: String,
    port: Option<u16>,
    pub(crate) link: RustConnection,
    pub(crate) root: Window,
    /// The window of a larger display that it is in.
    pub(crate) holder: Window,
    /// The keys that were pressed there and not asked for yet.
    pressed: RefCell<Vec<u8>>,
}

/// Pixels, row by row, and how many there are in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pixels {
    /// How many pixels wide.
    pub width: u16,
    /// The colours, `0x00rrggbb`.
    pub rows: Vec<u32>,
}

/// A file in which a VNC server finds its password.
fn password_file(folder: &Path, password: &str) -> PathBuf {
    let file = folder.join("vncpasswd");
    let mut made = Command::new("tigervncpasswd")
        .arg("-f")
        .stdin(Stdio::piped())
        .stdout(fs::File::create(&file).expect("a file"))
        .spawn()
        .expect("tigervncpasswd starts");
    let mut input = made.stdin.take().expect("its input");
    std::io::Write::write_all(&mut input, format!("{password}\n").as_bytes()).expect("it reads");
    drop(input);
    assert!(made.wait().expect("it ends").success());
    file
}

impl Screen {
    /// A display of so many pixels, with nothing on it, whose keys don't repeat
    /// however late they are let go.
    ///
    /// # Panics
    /// When Xvfb doesn't start.
    #[must_use]
    pub fn bare(width: u16, height: u16) -> Self {
        let mut command = Command::new("Xvfb");
        command.args(["-screen", "0", &format!("{width}x{height}x24")]);
        command.args(["-nolisten", "tcp", "-noreset", "-r"]);
        let (server, name) = started(command.stderr(Stdio::null()));
        Self::of(server, name, None)
    }

    /// A bare display with a window manager that manages.
    ///
    /// # Panics
    /// When Xvfb or openbox doesn't start.
    #[must_use]
    pub fn managed() -> Self {
        let mut screen = Self::bare(1024, 768);
        screen.manage();
        screen
    }

    /// A display inside another, this far to the right, with a window manager
    /// that manages.
    pub(crate) fn inside(outer: &Self, left: u16, (width, height): (u16, u16)) -> Self {
        let window = outer.link.generate_id().expect("an id");
        let left = i16::try_from(left).expect("a place");
        let aux = CreateWindowAux::new().override_redirect(1);
        let copy = WindowClass::COPY_FROM_PARENT;
        let made = outer.link.create_window(
            0, window, outer.root, left, 0, width, height, 0, copy, 0, &aux,
        );
        made.expect("the display");
        outer.link.map_window(window).expect("the display");
        let focus = outer.link.get_input_focus().expect("the display");
        focus.reply().expect("an answer");
        let mut command = Command::new("Xephyr");
        command.env("DISPLAY", outer.name()).arg("-parent");
        command.args([&window.to_string(), "-no-host-grab", "-r"]);
        command.args(["-nolisten", "tcp", "-noreset"]);
        let (server, name) = started(command.stderr(Stdio::null()));
        let mut screen = Self::of(server, name, None);
        screen.holder = window;
        screen.manage();
        screen
    }

    fn manage(&mut self) {
        let manager = openbox(self.name(), Settings::Installed);
        self.processes.push(Ended(manager));
    }

    pub(crate) fn active(&self) -> Option<Window> {
        let active = self.atom(b"_NET_ACTIVE_WINDOW");
        let kind = AtomEnum::WINDOW;
        let asked = self
            .link
            .get_property(false, self.root, active, kind, 0, 1)
            .ok()?;
        let window = asked.reply().ok()?.value32()?.next()?;
        (window != 0).then_some(window)
    }

    /// The class of the window that has the keyboard, as the window manager
    /// says.
    #[must_use]
    pub fn in_front(&self) -> Option<String> {
        let (class, kind) = (AtomEnum::WM_CLASS, AtomEnum::STRING);
        let asked = self
            .link
            .get_property(false, self.active()?, class, kind, 0, 64)
            .ok()?;
        // Two words, each with a zero behind it.
        let words = String::from_utf8(asked.reply().ok()?.value).ok()?;
        words.split('\0').nth(1).map(str::to_owned)
    }

    /// Marks a window as private (GUARD-10).
    ///
    /// # Panics
    /// When the display is gone.
    pub fn make_private(&self, window: u32) {
        let (mark, kind) = (self.atom(b"_KITH_PRIVATE"), AtomEnum::CARDINAL);
        let set = self.link.change_property32(
            x11rb::protocol::xproto::PropMode::REPLACE,
            window,
            mark,
            kind,
            &[1],
        );
        set.expect("the display").check().expect("a window");
    }

    /// How many pixels have a colour.
    #[must_use]
    pub fn count(&self, colour: u32) -> usize {
        self.pixels().rows.iter().filter(|p| **p == colour).count()
    }

    /// A display that TigerVNC's server shows on loopback to who knows the
    /// password, which is kept in a file below `folder`.
    ///
    /// # Panics
    /// When it doesn't start.
    #[must_use]
    pub fn vnc(folder: &Path, password: &str) -> Self {
        Self::vnc_by(Command::new("Xtigervnc"), folder, password)
    }

    /// Whoever looks after the VNC server changes its password, in the same file.
    ///
    /// # Panics
    /// When the file can't be written.
    pub fn change_vnc_password(folder: &Path, password: &str) {
        let _ = password_file(folder, password);
    }

    /// The same on the loopback of a network namespace, by its full name. The
    /// display is a file, so it is reached from outside too.
    ///
    /// # Panics
    /// When it doesn't start.
    #[must_use]
    pub fn vnc_inside(netns: &str, folder: &Path, password: &str) -> Self {
        static NTH: AtomicU32 = AtomicU32::new(0);
        // A server that looks for a free number itself tries the abstract
        // sockets of its namespace, where all are free, and takes the file of
        // whichever server outside has that number. None of those looks so
        // high; each process of tests has ten.
        let nth = NTH.fetch_add(1, Ordering::Relaxed) % 10;
        let number = 10_000 + (std::process::id() * 10 + nth) % 40_000;
        // It becomes the program that it runs: one process to kill.
        let mut ip = Command::new("ip");
        ip.args(["netns", "exec", netns, "Xtigervnc"]);
        ip.args([&format!(":{number}"), "-rfbport", "5901"]);
        Self::vnc_by(ip, folder, password)
    }

    fn vnc_by(mut command: Command, folder: &Path, password: &str) -> Self {
        let file = password_file(folder, password);
        command.args([
            "-geometry",
            "320x240",
            "-depth",
            "24",
            "-localhost",
            "-noreset",
        ]);
        command
            .args(["-SecurityTypes", "VncAuth", "-rfbauth"])
            .arg(&file);
        let (mut server, name) = started(command.stderr(Stdio::piped()));
        let mut said = BufReader::new(server.0.stderr.take().expect("its words"));
        let mut port = None;
        while port.is_none() {
            let mut line = String::new();
            let n = said.read_line(&mut line).expect("its words");
            assert!(n > 0, "Xtigervnc ended");
            let listens = line.contains("Listening for VNC connections");
            port = listens
                .then(|| line.trim().rsplit(' ').next()?.parse().ok())
                .flatten();
        }
        // Nobody reads more of it, and it must not wait for a reader.
        thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        Self::of(server, name, port)
    }

    /// Shows this display by x11vnc, on loopback, to who knows the password.
    ///
    /// # Panics
    /// When it doesn't start.
    pub fn show_by_x11vnc(&mut self, folder: &Path, password: &str) {
        let mut command = Command::new("x11vnc");
        command.args(["-display", &self.name, "-rfbauth"]);
        command.arg(password_file(folder, password));
        command.args(["-localhost", "-noipv6", "-forever", "-shared", "-quiet"]);
        command.args(["-autoport", "5970"]);
        command.stdin(Stdio::null()).stderr(Stdio::null());
        let mut server = Ended(
            command
                .stdout(Stdio::piped())
                .spawn()
                .expect("x11vnc starts"),
        );
        let mut said = BufReader::new(server.0.stdout.take().expect("its words"));
        while self.port.is_none() {
            let mut line = String::new();
            let n = said.read_line(&mut line).expect("its words");
            assert!(n > 0, "x11vnc ended");
            self.port = line
                .trim()
                .strip_prefix("PORT=")
                .and_then(|p| p.parse().ok());
        }
        thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        self.processes.push(server);
    }

    fn of(server: Ended, name: String, port: Option<u16>) -> Self {
        let (link, screen) = x11rb::connect(Some(&name)).expect("a display");
        let root = link.setup().roots[screen].root;
        Self {
            processes: vec![server],
            name,
            port,
            link,
            root,
            holder: x11rb::NONE,
            pressed: RefCell::default(),
        }
    }

    /// What `DISPLAY` says.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The process of the server.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.processes[0].0.id()
    }

    /// Where VNC viewers find it.
    ///
    /// # Panics
    /// When it isn't one for them.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port.expect("a VNC server")
    }

    pub(crate) fn atom(&self, name: &[u8]) -> u32 {
        let asked = self.link.intern_atom(false, name).expect("the display");
        asked.reply().expect("an atom").atom
    }

    /// Covers the whole screen with a window that has coloured blocks in it,
    /// others for each `seed`, and hears keys.
    ///
    /// # Panics
    /// When the display is gone.
    pub fn paint(&self, seed: u32) {
        let link = &self.link;
        let size = link.get_geometry(self.root).expect("the display");
        let size = size.reply().expect("its size");
        let id = || link.generate_id().expect("an id");
        let (window, gc) = (id(), id());
        let hears = EventMask::EXPOSURE | EventMask::KEY_PRESS;
        let aux = CreateWindowAux::new()
            .override_redirect(1)
            .background_pixel(0x0020_2020)
            .event_mask(hears);
        let (w, h) = (size.width, size.height);
        let copy = WindowClass::COPY_FROM_PARENT;
        let made = link.create_window(0, window, self.root, 0, 0, w, h, 0, copy, 0, &aux);
        made.expect("the display");
        link.map_window(window).expect("the display");
        link.flush().expect("the display");
        self.wait("the window", |s| s.listen());
        link.create_gc(gc, window, &CreateGCAux::new())
            .expect("the display");
        for n in 0..12u32 {
            let colour =
                (seed.wrapping_mul(0x0031_4159) ^ n.wrapping_mul(0x0015_9ab7)) & 0x00ff_ffff;
            let foreground = x11rb::protocol::xproto::ChangeGCAux::new().foreground(colour);
            link.change_gc(gc, &foreground).expect("the display");
            let place = |i: u32, step: i16| step * i16::try_from(i).expect("small");
            let block = Rectangle {
                x: 10 + place(n % 4, 75),
                y: 10 + place(n / 4, 75),
                width: 60,
                height: 50,
            };
            link.poly_fill_rectangle(window, gc, &[block])
                .expect("the display");
        }
        link.set_input_focus(x11rb::protocol::xproto::InputFocus::PARENT, window, 0u32)
            .expect("the display");
        // An answer: everything before it was done.
        link.get_input_focus()
            .expect("the display")
            .reply()
            .expect("an answer");
    }

    /// Covers the whole screen with pixels of which no two are alike, others for
    /// each `seed`.
    ///
    /// # Panics
    /// When the display is gone.
    pub fn noise(&self, seed: u32) {
        let link = &self.link;
        let size = link.get_geometry(self.root).expect("the display");
        let size = size.reply().expect("its size");
        let id = || link.generate_id().expect("an id");
        let (window, gc) = (id(), id());
        let aux = CreateWindowAux::new()
            .override_redirect(1)
            .event_mask(EventMask::EXPOSURE);
        let (w, h) = (size.width, size.height);
        let copy = WindowClass::COPY_FROM_PARENT;
        let made = link.create_window(0, window, self.root, 0, 0, w, h, 0, copy, 0, &aux);
        made.expect("the display");
        link.map_window(window).expect("the display");
        link.flush().expect("the display");
        self.wait("the window", |s| s.listen());
        link.create_gc(gc, window, &CreateGCAux::new())
            .expect("the display");
        let mut state = seed | 1;
        for y in 0..h {
            let row: Vec<u8> = (0..w)
                .flat_map(|_| {
                    state ^= state << 13;
                    state ^= state >> 17;
                    state ^= state << 5;
                    (state & 0x00ff_ffff).to_le_bytes()
                })
                .collect();
            let y = i16::try_from(y).expect("small");
            let form = ImageFormat::Z_PIXMAP;
            link.put_image(form, window, gc, w, 1, 0, y, 0, 24, &row)
                .expect("the display");
        }
        link.get_input_focus()
            .expect("the display")
            .reply()
            .expect("an answer");
    }

    /// Takes what the display has told; whether a window showed itself.
    fn listen(&self) -> bool {
        let mut exposed = false;
        while let Some(event) = self.link.poll_for_event().expect("the display") {
            match event {
                Told::KeyPress(key) => self.pressed.borrow_mut().push(key.detail),
                Told::Expose(_) => exposed = true,
                _ => {}
            }
        }
        exposed
    }

    /// The codes of the keys that were pressed there since this was last
    /// asked.
    ///
    /// # Panics
    /// When the display is gone.
    #[must_use]
    pub fn keys(&self) -> Vec<u8> {
        self.listen();
        self.pressed.take()
    }

    /// What is on the screen.
    ///
    /// # Panics
    /// When the display is gone.
    #[must_use]
    pub fn pixels(&self) -> Pixels {
        let size = self.link.get_geometry(self.root).expect("the display");
        let size = size.reply().expect("its size");
        let (w, h) = (size.width, size.height);
        let asked = self
            .link
            .get_image(ImageFormat::Z_PIXMAP, self.root, 0, 0, w, h, u32::MAX);
        let image = asked.expect("the display").reply().expect("its picture");
        let pixel = |b: &[u8]| u32::from_le_bytes([b[0], b[1], b[2], 0]);
        Pixels {
            width: w,
            rows: image.data.chunks_exact(4).map(pixel).collect(),
        }
    }

    /// Runs xdotool there.
    ///
    /// # Panics
    /// When it fails.
    pub fn xdotool(&self, args: &[&str]) {
        let run = Program::new("xdotool")
            .args(args)
            .env("DISPLAY", self.name());
        run.ok();
    }

    /// Somebody who sits there presses and lets go a key, by its number: as a
    /// keyboard does, which no program's input looks like.
    ///
    /// # Panics
    /// When the display has no keyboard.
    pub fn press(&self, code: u8) {
        self.press_all(&[code]);
    }

    /// The same with several keys: down in this order, up in the other.
    ///
    /// # Panics
    /// As [`Self::press`].
    pub fn press_all(&self, codes: &[u8]) {
        let link = &self.link;
        let asked = link.xinput_xi_query_version(2, 2).expect("the display");
        asked.reply().expect("its version");
        let asked = link.xinput_xi_query_device(0u16).expect("the display");
        let devices = asked.reply().expect("its devices").infos;
        let keyboard = devices.iter().find(|d| {
            d.type_ == DeviceType::SLAVE_KEYBOARD && !d.name.windows(5).any(|w| w == b"XTEST")
        });
        let keyboard = keyboard.expect("a keyboard").deviceid;
        let keyboard = u8::try_from(keyboard).expect("small");
        let asked = link.xinput_open_device(keyboard).expect("the display");
        asked.reply().expect("the keyboard");
        let input = link.extension_information(X11_EXTENSION_NAME);
        let first = input.expect("the display").expect("XInput").first_event;
        let down = codes.iter().map(|code| (1, *code));
        let up = codes.iter().rev().map(|code| (2, *code));
        for (kind, code) in down.chain(up) {
            link.xtest_fake_input(first + kind, code, 0, self.root, 0, 0, keyboard)
                .expect("the display")
                .check()
                .expect("a key");
        }
    }

    /// Waits for something that can only be looked at.
    ///
    /// # Panics
    /// When it doesn't come.
    pub fn wait(&self, what: &str, is_it: impl Fn(&Self) -> bool) {
        let until = Instant::now() + PATIENCE;
        while !is_it(self) {
            assert!(Instant::now() < until, "{what} never came");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Starts an X server on a display that is free.
fn started(command: &mut Command) -> (Ended, String) {
    let server = command
        .args(["-displayfd", "1"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn();
    let mut server = Ended(server.expect("an X server starts"));
    let mut line = String::new();
    let out = server.0.stdout.take().expect("its output");
    BufReader::new(out)
        .read_line(&mut line)
        .expect("its display");
    assert!(!line.trim().is_empty(), "an X server ended");
    (server, format!(":{}", line.trim()))
}
