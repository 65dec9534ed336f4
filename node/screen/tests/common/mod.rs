//! A screen of its own, programs on it, a person at it, and a node that talks
//! to the warden of the screen.
#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    reason = "each test program uses its part"
)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic is a failed test"
)]

#[path = "../../../../tests/src/manager.rs"]
pub(crate) mod manager;
mod person;
pub(crate) mod question;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use kith_codec::input::{Button, Input, Key, Keysym, Motion, Place};
use kith_proto::rights::Rights;
use kith_screen::guard::{Limits, Owner, ProcessId, Rate, ShareId, ViewerId, What};
use kith_screen::source::Placement;
use kith_screen::warden::Origin;
use kith_screen::warden::protocol::{
    Answer, AskId, Controllers, Frames, FromWarden, Offer, ToWarden, Who, Word, frame,
};
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::res::{ClientIdMask, ClientIdSpec, ConnectionExt as _};
use x11rb::protocol::xproto::{
    ConfigureWindowAux, ConnectionExt as _, CreateWindowAux, EventMask, ImageFormat, InputFocus,
    MapState, WindowClass,
};
use x11rb::rust_connection::RustConnection;

use manager::{Settings, openbox};
pub(crate) use person::Person;

pub(crate) const SHARE: ShareId = ShareId(1);
pub(crate) const VIEWER: ViewerId = ViewerId(7);
/// How long something is waited for. It costs nothing when it comes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// An X server, gone when dropped.
pub(crate) struct Xvfb {
    child: Child,
    pub(crate) display: String,
}

impl Xvfb {
    pub(crate) fn start() -> Self {
        Self::of_size("1024x768")
    }

    /// One of so many pixels.
    pub(crate) fn of_size(size: &str) -> Self {
        let mut xvfb = Command::new("Xvfb");
        Self::started(xvfb.args(["-screen", "0", &format!("{size}x24")]))
    }

    /// One in a window of another, which takes input as a person's from there.
    pub(crate) fn inside(outer: &Self) -> Self {
        let mut xephyr = Command::new("Xephyr");
        xephyr.args(["-screen", "1024x768"]);
        Self::started(xephyr.env("DISPLAY", &outer.display))
    }

    fn started(server: &mut Command) -> Self {
        let mut child = server
            .args(["-displayfd", "1", "-nolisten", "tcp", "-noreset"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the X server is installed");
        let mut number = String::new();
        BufReader::new(child.stdout.take().expect("piped"))
            .read_line(&mut number)
            .expect("the X server says its number");
        Self {
            child,
            display: format!(":{}", number.trim()),
        }
    }

    pub(crate) fn connect(&self) -> RustConnection {
        x11rb::connect(Some(&self.display)).expect("Xvfb answers").0
    }

    /// Gives keys of the keyboard another meaning, as any program can.
    pub(crate) fn give_keys(&self, symbols: &str) {
        let map = format!(
            "xkb_keymap {{ xkb_keycodes {{ include \"evdev\" }}; \
             xkb_types {{ include \"complete\" }}; xkb_compat {{ include \"complete\" }}; \
             xkb_symbols {{ include \"pc+us\" {symbols} }}; }};"
        );
        let mut program = Command::new("xkbcomp")
            .args(["-w0", "-", &self.display])
            .stdin(Stdio::piped())
            .spawn()
            .expect("xkbcomp comes with X servers");
        let mut stdin = program.stdin.take().expect("piped");
        stdin.write_all(map.as_bytes()).expect("it reads");
        drop(stdin);
        assert!(program.wait().expect("it ends").success());
    }

    /// Sets another layout of the keyboard, as people do.
    pub(crate) fn set_layout(&self, name: &str) {
        let mut program = Command::new("setxkbmap");
        program.args(["-display", &self.display, name]);
        let set = program.status().expect("setxkbmap comes with X servers");
        assert!(set.success());
    }

    /// A window manager that manages, gone when dropped.
    pub(crate) fn window_manager(&self) -> Killed {
        Killed(openbox(&self.display, Settings::None))
    }
}

impl Drop for Xvfb {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A process that is killed when dropped.
pub(crate) struct Killed(pub Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Asks again and again, for as long as a test may take: nothing tells of what
/// is on a screen, or of where its keyboard is.
pub(crate) fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(t) = ask() {
            return t;
        }
        assert!(Instant::now() < end, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Looks again for a moment, no longer than somebody waits before they click
/// again: whoever calls it does so until it has come.
pub(crate) fn soon<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + Duration::from_secs(2);
    loop {
        let seen = look();
        if seen.is_some() || Instant::now() > end {
            return seen;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// An X client with windows.
pub(crate) struct Program {
    pub(crate) conn: RustConnection,
    pub(crate) root: u32,
}

impl Program {
    pub(crate) fn new(x: &Xvfb) -> Self {
        let conn = x.connect();
        let root = conn.setup().roots[0].root;
        Self { conn, root }
    }

    pub(crate) fn window(&self, (x, y, w, h): (i16, i16, u16, u16), popup: bool) -> u32 {
        self.child(self.root, (x, y, w, h), popup)
    }

    pub(crate) fn child(
        &self,
        parent: u32,
        (x, y, w, h): (i16, i16, u16, u16),
        popup: bool,
    ) -> u32 {
        let id = self.conn.generate_id().unwrap();
        let mask = EventMask::KEY_PRESS
            | EventMask::KEY_RELEASE
            | EventMask::BUTTON_PRESS
            | EventMask::BUTTON_RELEASE
            | EventMask::POINTER_MOTION
            | EventMask::STRUCTURE_NOTIFY;
        let aux = CreateWindowAux::new()
            .event_mask(mask)
            .background_pixel(id & 0xff_ffff)
            .override_redirect(u32::from(popup));
        self.conn
            .create_window(
                0,
                id,
                parent,
                x,
                y,
                w,
                h,
                0,
                WindowClass::INPUT_OUTPUT,
                0,
                &aux,
            )
            .unwrap();
        self.conn.map_window(id).unwrap();
        self.sync();
        id
    }

    /// Waits until the window manager has taken a window in, and moves it so
    /// that its frame's corner is there. A window manager does both when it
    /// comes to it: to ask where a window is before that gives a place where it
    /// won't be for long.
    pub(crate) fn settle(&self, window: u32, (x, y): (i16, i16)) {
        let frame = until("the window manager to take a window in", || {
            let c = &self.conn;
            let mapped = c.get_window_attributes(window).unwrap().reply().unwrap();
            let mut top = window;
            loop {
                let parent = c.query_tree(top).unwrap().reply().unwrap().parent;
                if parent == self.root {
                    break;
                }
                top = parent;
            }
            (top != window && mapped.map_state == MapState::VIEWABLE).then_some(top)
        });
        let to = ConfigureWindowAux::new().x(i32::from(x)).y(i32::from(y));
        self.conn.configure_window(window, &to).unwrap();
        until("the window manager to move it", || {
            let g = self.conn.get_geometry(frame).unwrap().reply().unwrap();
            ((g.x, g.y) == (x, y)).then_some(())
        });
    }

    pub(crate) fn focus(&self, window: u32) {
        self.conn
            .set_input_focus(InputFocus::NONE, window, 0u32)
            .unwrap();
        self.sync();
    }

    pub(crate) fn sync(&self) {
        self.conn.get_input_focus().unwrap().reply().unwrap();
    }

    /// Everything that has arrived by now.
    pub(crate) fn events(&self) -> Vec<Event> {
        self.sync();
        let mut all = Vec::new();
        while let Some(e) = self.conn.poll_for_event().unwrap() {
            all.push(e);
        }
        all
    }

    pub(crate) fn owner(&self, window: u32) -> Owner {
        let spec = ClientIdSpec {
            client: window,
            mask: ClientIdMask::LOCAL_CLIENT_PID,
        };
        let ids = self
            .conn
            .res_query_client_ids(&[spec])
            .unwrap()
            .reply()
            .unwrap()
            .ids;
        Owner {
            client: kith_screen::guard::ClientId(ids[0].spec.client),
            process: ProcessId(ids[0].value[0].try_into().unwrap()),
        }
    }

    /// Pixels of the screen, `0x00RRGGBB` row by row. Where `KITH_PICTURES`
    /// names a folder, they are kept there under `name` to be looked at.
    pub(crate) fn picture(&self, name: &str) -> (u16, Vec<u32>) {
        let g = self.conn.get_geometry(self.root).unwrap().reply().unwrap();
        let image = self
            .conn
            .get_image(
                ImageFormat::Z_PIXMAP,
                self.root,
                0,
                0,
                g.width,
                g.height,
                !0,
            )
            .unwrap()
            .reply()
            .unwrap();
        let pixels: Vec<u32> = image
            .data
            .chunks_exact(4)
            .map(|p| u32::from_le_bytes([p[0], p[1], p[2], 0]))
            .collect();
        if let Some(folder) = std::env::var_os("KITH_PICTURES") {
            let mut ppm = format!("P6 {} {} 255\n", g.width, g.height).into_bytes();
            ppm.extend(
                pixels
                    .iter()
                    .flat_map(|p| [(p >> 16) as u8, (p >> 8) as u8, *p as u8]),
            );
            std::fs::write(
                std::path::Path::new(&folder).join(format!("{name}.ppm")),
                ppm,
            )
            .unwrap();
        }
        (g.width, pixels)
    }

    /// The colour at a place of the screen.
    pub(crate) fn pixel(&self, x: i16, y: i16) -> u32 {
        let image = self
            .conn
            .get_image(ImageFormat::Z_PIXMAP, self.root, x, y, 1, 1, !0)
            .unwrap()
            .reply();
        // Outside of the screen there is none.
        image.map_or(0, |i| {
            u32::from_le_bytes([i.data[0], i.data[1], i.data[2], 0])
        })
    }

    /// The viewable windows on the root that this program did not make, from
    /// the bottom: window, left, top, width, height.
    pub(crate) fn others(&self, not: &[&Self]) -> Vec<(u32, i16, i16, u16, u16)> {
        let mine = |w: u32| {
            not.iter().chain([&self]).any(|p| {
                let s = p.conn.setup();
                w & !s.resource_id_mask == s.resource_id_base
            })
        };
        let all = self
            .conn
            .query_tree(self.root)
            .unwrap()
            .reply()
            .unwrap()
            .children;
        all.into_iter()
            .filter(|w| !mine(*w))
            .filter_map(|w| {
                let a = self.conn.get_window_attributes(w).unwrap().reply().ok()?;
                let g = self.conn.get_geometry(w).unwrap().reply().ok()?;
                (a.map_state == MapState::VIEWABLE).then_some((w, g.x, g.y, g.width, g.height))
            })
            .collect()
    }

    /// The keys that are down, by number.
    pub(crate) fn keys_down(&self) -> BTreeSet<u8> {
        let keys = self.conn.query_keymap().unwrap().reply().unwrap().keys;
        (0..=255u8)
            .filter(|c| keys[usize::from(c / 8)] & (1 << (c % 8)) != 0)
            .collect()
    }
}

/// The node's side of a warden.
pub(crate) struct Node {
    pub(crate) socket: UnixStream,
    frames: Frames,
    next_ask: u32,
}

impl Node {
    /// A warden in a thread of this process.
    pub(crate) fn with_thread(x: &Xvfb) -> (Self, std::thread::JoinHandle<()>) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let display = x.display.clone();
        let warden = std::thread::spawn(move || {
            // It may lose its screen when the test is over.
            let _ = kith_screen::warden::run_on(theirs, Some(&display));
        });
        (Self::on(ours), warden)
    }

    pub(crate) fn on(socket: UnixStream) -> Self {
        socket
            .set_read_timeout(Some(Duration::from_millis(50)))
            .unwrap();
        let mut node = Self {
            socket,
            frames: Frames::new(),
            next_ask: 1,
        };
        node.send(&ToWarden::Hello {
            processes: BTreeSet::new(),
            panic_key: 0xff1b,
        });
        node.expect("ready", |m| (m == FromWarden::Ready).then_some(()));
        node
    }

    pub(crate) fn send(&mut self, message: &ToWarden) {
        self.socket.write_all(&frame(message)).unwrap();
    }

    /// The next message if one comes soon.
    pub(crate) fn hear(&mut self) -> Option<FromWarden> {
        if let Some(m) = self.frames.take().unwrap() {
            return Some(m);
        }
        let mut buffer = [0; 4096];
        match self.socket.read(&mut buffer) {
            Ok(n) => {
                self.frames.push(&buffer[..n]);
                self.frames.take().unwrap()
            }
            Err(_) => None,
        }
    }

    /// Whether the warden has ended; what it said before is passed over.
    pub(crate) fn is_over(&mut self) -> bool {
        matches!(self.socket.read(&mut [0; 4096]), Ok(0))
    }

    /// As [`Node::hear`], without waiting.
    pub(crate) fn hear_now(&mut self) -> Option<FromWarden> {
        self.socket.set_nonblocking(true).unwrap();
        let m = self.hear();
        self.socket.set_nonblocking(false).unwrap();
        m
    }

    pub(crate) fn expect<T>(
        &mut self,
        what: &str,
        mut is: impl FnMut(FromWarden) -> Option<T>,
    ) -> T {
        until(what, || self.hear().and_then(&mut is))
    }

    pub(crate) fn open(&mut self, what: What) {
        self.send(&ToWarden::Open {
            share: SHARE,
            what,
            controllers: Controllers::One,
            title: Some("A program".into()),
        });
    }

    pub(crate) fn offer(limits: Limits) -> Offer {
        Offer {
            rights: Rights::ALL,
            limits,
            lasts: None,
        }
    }

    /// Control for the viewer, as its sharer has said in advance.
    pub(crate) fn grant(&mut self, limits: Limits) -> Answer {
        let ask = AskId(self.next_ask);
        self.next_ask += 1;
        self.send(&ToWarden::Give {
            ask,
            share: SHARE,
            viewer: VIEWER,
            who: Who::unverified("Ben"),
            offer: Self::offer(limits),
            word: Word::Advance,
            lines: Vec::new(),
        });
        self.expect("an answer", |m| match m {
            FromWarden::Answer(a, answer) if a == ask => Some(answer),
            _ => None,
        })
    }

    pub(crate) fn input(&mut self, input: Input) {
        self.input_of(VIEWER, input);
    }

    pub(crate) fn input_of(&mut self, viewer: ViewerId, input: Input) {
        self.send(&ToWarden::Input {
            share: SHARE,
            viewer,
            origin: Origin::Screen(Placement::default()),
            input,
        });
    }

    pub(crate) fn key(&mut self, keysym: u32, motion: Motion) {
        self.input(Input::Key(Key {
            keysym: Keysym::new(keysym).unwrap(),
            motion,
            character: None,
        }));
    }

    pub(crate) fn tap(&mut self, keysym: u32) {
        self.key(keysym, Motion::Down);
        self.key(keysym, Motion::Up);
    }

    pub(crate) fn click(&mut self, x: u16, y: u16, button: Button) {
        for motion in [Motion::Down, Motion::Up] {
            self.input(Input::Button {
                at: Place { x, y },
                button,
                motion,
            });
        }
    }

    /// Waits until everything that was sent has been dealt with: a revoke and
    /// its answer come after it.
    pub(crate) fn revoke(&mut self) {
        self.send(&ToWarden::Revoke {
            share: SHARE,
            viewer: VIEWER,
        });
        self.expect("the end of control", |m| {
            matches!(m, FromWarden::Ended(..)).then_some(())
        });
    }
}

/// Limits that don't slow a test down.
pub(crate) fn fast() -> Limits {
    Limits {
        rate: Rate {
            per_second: u16::MAX,
            burst: u16::MAX,
        },
        ..Limits::default()
    }
}
