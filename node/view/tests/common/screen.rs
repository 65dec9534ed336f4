//! An X display of a test's own, with a window manager, and what is on it.

use std::io::{BufRead, BufReader};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use kith_codec::geometry::{Rect, Size};
use kith_codec::picture::{Picture, PixelView};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    AtomEnum, ClientMessageEvent, ConnectionExt, EventMask, ImageFormat, InputFocus,
};
use x11rb::rust_connection::RustConnection;

#[path = "../../../../tests/src/manager.rs"]
mod manager;

use manager::{Settings, openbox};

/// How long anything may take.
pub const LONG: Duration = Duration::from_secs(60);

/// Asks again and again until there is an answer.
pub fn wait<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + LONG;
    loop {
        if let Some(t) = ask() {
            return t;
        }
        assert!(Instant::now() < end, "{what}: not within {LONG:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A process that ends with the test.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A display.
pub struct Screen {
    pub name: String,
    pub x: RustConnection,
    root: u32,
    // Ends before the server does.
    _manager: Running,
    _server: Running,
}

impl Screen {
    pub fn new(w: u16, h: u16) -> Self {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-nolisten", "tcp", "-noreset"])
            .args(["-screen", "0", &format!("{w}x{h}x24")])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb");
        let mut line = String::new();
        BufReader::new(server.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let name = format!(":{}", line.trim());
        let server = Running(server);
        let manager = Running(openbox(&name, Settings::None));
        let (x, screen) = x11rb::connect(Some(&name)).unwrap();
        let root = x.setup().roots[screen].root;
        Self {
            name,
            x,
            root,
            _manager: manager,
            _server: server,
        }
    }

    fn atom(&self, name: &str) -> u32 {
        let cookie = self.x.intern_atom(false, name.as_bytes()).unwrap();
        cookie.reply().unwrap().atom
    }

    fn longs(&self, window: u32, property: &str) -> Vec<u32> {
        let atom = self.atom(property);
        let reply = self
            .x
            .get_property(false, window, atom, AtomEnum::ANY, 0, 1024)
            .unwrap()
            .reply();
        reply
            .ok()
            .and_then(|r| r.value32().map(Iterator::collect))
            .unwrap_or_default()
    }

    /// The windows that the manager manages.
    pub fn windows(&self) -> Vec<u32> {
        self.longs(self.root, "_NET_CLIENT_LIST")
    }

    pub fn title(&self, window: u32) -> String {
        let atom = self.atom("_NET_WM_NAME");
        let reply = self
            .x
            .get_property(false, window, atom, AtomEnum::ANY, 0, 1024)
            .unwrap()
            .reply();
        reply.map_or_else(
            |_| String::new(),
            |r| String::from_utf8_lossy(&r.value).into_owned(),
        )
    }

    /// Where a window is on the screen, its borders left out.
    pub fn place(&self, window: u32) -> Option<Rect> {
        let g = self.x.get_geometry(window).unwrap().reply().ok()?;
        let at = self.x.translate_coordinates(window, self.root, 0, 0);
        let at = at.unwrap().reply().ok()?;
        Some(Rect::new(
            at.dst_x as u16,
            at.dst_y as u16,
            g.width,
            g.height,
        ))
    }

    /// What is on the screen there.
    pub fn shot(&self, r: Rect) -> Option<Picture> {
        let image = self
            .x
            .get_image(
                ImageFormat::Z_PIXMAP,
                self.root,
                r.x as i16,
                r.y as i16,
                r.w,
                r.h,
                u32::MAX,
            )
            .unwrap()
            .reply()
            .ok()?;
        let pixels: Vec<u32> = image
            .data
            .chunks_exact(4)
            .map(|p| u32::from_le_bytes([p[0], p[1], p[2], p[3]]))
            .collect();
        let size = Size::new(r.w, r.h)?;
        let view = PixelView::new(&pixels, size, r.w.into())?;
        Some(Picture::copy_of(&view))
    }

    pub const fn x_root(&self) -> u32 {
        self.root
    }

    /// Gives the keyboard to a window.
    pub fn set_focus(&self, window: u32) {
        self.x
            .set_input_focus(InputFocus::POINTER_ROOT, window, x11rb::CURRENT_TIME)
            .unwrap()
            .check()
            .unwrap();
    }

    /// Runs xdotool.
    pub fn do_x(&self, args: &[&str]) {
        let done = Command::new("xdotool")
            .args(args)
            .env("DISPLAY", &self.name)
            .stdin(Stdio::null())
            .status()
            .expect("xdotool");
        assert!(done.success(), "xdotool {args:?}");
    }

    /// Starts the viewer process on this display.
    pub fn viewer(&self, socket: UnixStream, env: &[(&str, &str)]) -> Running {
        self.viewer_in("en", socket, env)
    }

    /// The same in another language.
    pub fn viewer_in(&self, code: &str, socket: UnixStream, env: &[(&str, &str)]) -> Running {
        let child = Command::new(env!("CARGO_BIN_EXE_kith-view-alone"))
            .arg(code)
            .stdin(OwnedFd::from(socket))
            .env("DISPLAY", &self.name)
            .env_remove("XMODIFIERS")
            .envs(env.iter().copied())
            .spawn()
            .unwrap();
        Running(child)
    }

    /// The only window, once it is there and has the focus.
    pub fn window(&self) -> u32 {
        let mut looks = 0u32;
        wait("a window with the focus", || {
            let all = self.windows();
            let active = self.longs(self.root, "_NET_ACTIVE_WINDOW");
            looks += 1;
            if let [window] = all[..]
                && active != all
                && looks.is_multiple_of(100)
            {
                // The manager didn't give it: a person would click.
                self.activate(window);
            }
            (all.len() == 1 && active == all).then(|| all[0])
        })
    }

    fn activate(&self, window: u32) {
        let kind = self.atom("_NET_ACTIVE_WINDOW");
        // 2: a person wants it.
        let message = ClientMessageEvent::new(32, window, kind, [2, 0, 0, 0, 0]);
        let mask = EventMask::SUBSTRUCTURE_REDIRECT | EventMask::SUBSTRUCTURE_NOTIFY;
        let sent = self.x.send_event(false, self.root, mask, message);
        sent.unwrap().check().unwrap();
    }

    /// Keeps a picture for people, if they ask for it by `KITH_SHOTS=folder`.
    pub fn keep(&self, name: &str) {
        let Ok(folder) = std::env::var("KITH_SHOTS") else {
            return;
        };
        let g = self.x.get_geometry(self.root).unwrap().reply().unwrap();
        let all = self.shot(Rect::new(0, 0, g.width, g.height)).unwrap();
        let path = std::path::Path::new(&folder).join(format!("{name}.png"));
        kith_view::headless::save_png(&all, &path).unwrap();
    }
}
