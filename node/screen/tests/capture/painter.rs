//! A small X11 program for tests: windows full of a pattern that says which
//! window it is and which pixel, dialogs, pop-ups; told by lines what to do.
//!
//! It is the test binary itself, started once more with [`DISPLAY`] set.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::sync::{Arc, Mutex};

use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::shape::{ConnectionExt as _, SK, SO};
use x11rb::protocol::xproto::{
    AtomEnum, ClientMessageEvent, ClipOrdering, ConfigureWindowAux, ConnectionExt as _,
    CreateGCAux, CreateWindowAux, EventMask, ImageFormat, PropMode, Rectangle, StackMode,
    WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

/// The variable that makes a test binary a painter, on that display.
pub const DISPLAY: &str = "KITH_TEST_PAINTER";

/// The colour of a pixel of a window of this base colour, whose lowest three
/// bits of each channel are free for it.
pub fn pattern(base: u32, x: u32, y: u32) -> u32 {
    let (cx, cy) = (x / 8, y / 8);
    base + ((cx * 3 + cy * 5) % 8) * 0x01_0101
}

/// Whether a colour can be one of a window of that base.
pub fn is_of(base: u32, colour: u32) -> bool {
    colour & 0x00f8_f8f8 == base
}

#[derive(Clone, Copy)]
struct Painted {
    base: u32,
    lazy: bool,
}

struct Program {
    conn: RustConnection,
    root: u32,
    gc: u32,
    windows: Mutex<BTreeMap<u32, Painted>>,
    /// Connections without windows.
    others: Mutex<Vec<RustConnection>>,
}

/// What the test named `painter` does: nothing, unless it was started as one.
pub fn main_if_asked() {
    let Ok(display) = std::env::var(DISPLAY) else {
        return;
    };
    let (conn, screen) = RustConnection::connect(Some(&display)).unwrap();
    let root = conn.setup().roots[screen].root;
    let gc = conn.generate_id().unwrap();
    conn.create_gc(gc, root, &CreateGCAux::new()).unwrap();
    let program = Arc::new(Program {
        conn,
        root,
        gc,
        windows: Mutex::default(),
        others: Mutex::default(),
    });
    let events = Arc::clone(&program);
    std::thread::spawn(move || events.paint_what_is_exposed());
    for line in std::io::stdin().lock().lines() {
        let words: Vec<String> = line.unwrap().split(' ').map(str::to_owned).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let number = program.obey(&words);
        program.conn.sync().unwrap();
        println!("ok {number}");
    }
    std::process::exit(0);
}

fn number(word: &str) -> i32 {
    let parsed = word.strip_prefix('#').map_or_else(
        || word.parse().map_err(|_| ()),
        |hex| {
            i64::from_str_radix(hex, 16)
                .map(|n| n as i32)
                .map_err(|_| ())
        },
    );
    parsed.unwrap_or_else(|()| panic!("not a number: {word}"))
}

impl Program {
    fn paint_what_is_exposed(&self) {
        while let Ok(event) = self.conn.wait_for_event() {
            if let Event::Expose(e) = event {
                let windows = self.windows.lock().unwrap();
                if let Some(p) = windows.get(&e.window).filter(|p| !p.lazy) {
                    self.paint(e.window, p.base, (e.x, e.y, e.width, e.height));
                }
            }
        }
    }

    fn paint(&self, window: u32, base: u32, (x, y, w, h): (u16, u16, u16, u16)) {
        let mut data = Vec::with_capacity(usize::from(w) * usize::from(h) * 4);
        for py in y..y + h {
            for px in x..x + w {
                // An opaque top byte, for windows that have one.
                let colour = pattern(base, px.into(), py.into()) | 0xff00_0000;
                data.extend_from_slice(&colour.to_le_bytes());
            }
        }
        let Ok(g) = self.conn.get_geometry(window).unwrap().reply() else {
            return;
        };
        let format = ImageFormat::Z_PIXMAP;
        let (x, y) = (x as i16, y as i16);
        self.conn
            .put_image(format, window, self.gc, w, h, x, y, 0, g.depth, &data)
            .unwrap();
        self.conn.flush().unwrap();
    }

    fn whole(&self, window: u32) -> (u16, u16, u16, u16) {
        let g = self.conn.get_geometry(window).unwrap().reply().unwrap();
        (0, 0, g.width, g.height)
    }

    fn obey(&self, words: &[&str]) -> u32 {
        let c = &self.conn;
        let n = |i: usize| number(words[i]);
        let aux = ConfigureWindowAux::new();
        match words[0] {
            "open" => return self.open(self.root, words),
            // The base of the numbers of one more connection.
            "connect" => {
                let display = std::env::var(DISPLAY).unwrap();
                let (conn, _) = RustConnection::connect(Some(&display)).unwrap();
                let base = conn.setup().resource_id_base;
                self.others.lock().unwrap().push(conn);
                return base;
            }
            "disconnect" => self.others.lock().unwrap().clear(),
            "child" => return self.open(n(1) as u32, &words[1..]),
            "move" => {
                c.configure_window(n(1) as u32, &aux.x(n(2)).y(n(3)))
                    .unwrap();
            }
            "size" => {
                let aux = aux.width(n(2) as u32).height(n(3) as u32);
                c.configure_window(n(1) as u32, &aux).unwrap();
            }
            "raise" => {
                let aux = aux.stack_mode(StackMode::ABOVE);
                c.configure_window(n(1) as u32, &aux).unwrap();
            }
            "lower" => {
                let aux = aux.stack_mode(StackMode::BELOW);
                c.configure_window(n(1) as u32, &aux).unwrap();
            }
            "map" => {
                c.map_window(n(1) as u32).unwrap();
            }
            "unmap" => {
                c.unmap_window(n(1) as u32).unwrap();
            }
            "close" => {
                c.destroy_window(n(1) as u32).unwrap();
            }
            "embed" => {
                let (x, y) = (n(3) as i16, n(4) as i16);
                c.reparent_window(n(1) as u32, n(2) as u32, x, y).unwrap();
            }
            "iconify" => {
                let name = c.intern_atom(false, b"WM_CHANGE_STATE").unwrap().reply();
                let data = [3u32, 0, 0, 0, 0];
                let message = ClientMessageEvent::new(32, n(1) as u32, name.unwrap().atom, data);
                let mask = EventMask::SUBSTRUCTURE_NOTIFY | EventMask::SUBSTRUCTURE_REDIRECT;
                c.send_event(false, self.root, mask, message).unwrap();
            }
            "private" => self.set_number(n(1) as u32, b"_KITH_PRIVATE", n(2) as u32),
            "tint" => {
                let window = n(1) as u32;
                let base = n(2) as u32;
                let painted = Painted { base, lazy: false };
                let mut windows = self.windows.lock().unwrap();
                windows.insert(window, painted);
                self.paint(window, base, self.whole(window));
            }
            "fill" => {
                let gc = c.generate_id().unwrap();
                let aux = CreateGCAux::new().foreground(n(6) as u32);
                c.create_gc(gc, n(1) as u32, &aux).unwrap();
                let (x, y, width, height) = (n(2) as i16, n(3) as i16, n(4) as u16, n(5) as u16);
                let rect = Rectangle {
                    x,
                    y,
                    width,
                    height,
                };
                c.poly_fill_rectangle(n(1) as u32, gc, &[rect]).unwrap();
                c.free_gc(gc).unwrap();
            }
            // Within a window, as programs scroll.
            "copy" => {
                let (w, x, y) = (n(1) as u32, n(2) as i16, n(3) as i16);
                let (to_x, to_y) = (n(6) as i16, n(7) as i16);
                let (wide, high) = (n(4) as u16, n(5) as u16);
                c.copy_area(w, w, self.gc, x, y, to_x, to_y, wide, high)
                    .unwrap();
            }
            // All of it that is left.
            "shape" => {
                let part = Rectangle {
                    x: n(2) as i16,
                    y: n(3) as i16,
                    width: n(4) as u16,
                    height: n(5) as u16,
                };
                let (set, kind, order) = (SO::SET, SK::BOUNDING, ClipOrdering::UNSORTED);
                c.shape_rectangles(set, kind, order, n(1) as u32, 0, 0, &[part])
                    .unwrap();
            }
            other => panic!("unknown command: {other}"),
        }
        0
    }

    fn set_number(&self, window: u32, name: &[u8], value: u32) {
        let name = self.conn.intern_atom(false, name).unwrap().reply().unwrap();
        let kind = AtomEnum::CARDINAL;
        self.conn
            .change_property32(PropMode::REPLACE, window, name.atom, kind, &[value])
            .unwrap();
    }

    /// `open X Y W H #BASE [flag…]`
    fn open(&self, parent: u32, words: &[&str]) -> u32 {
        let c = &self.conn;
        let n = |i: usize| number(words[i]);
        let flag = |name: &str| words.contains(&name);
        let value = |name: &str| {
            let found = words
                .iter()
                .find_map(|w| w.strip_prefix(name)?.strip_prefix('='));
            found.map(str::to_owned)
        };
        let window = c.generate_id().unwrap();
        let base = n(5) as u32;
        let mut aux = CreateWindowAux::new().event_mask(EventMask::EXPOSURE);
        if flag("popup") {
            aux = aux.override_redirect(1);
        }
        if !flag("bare") {
            aux = aux.background_pixel(base);
        }
        let border = value("border").map_or(0, |b| number(&b) as u16);
        let (x, y, w, h) = (n(1) as i16, n(2) as i16, n(3) as u16, n(4) as u16);
        let copy = x11rb::COPY_FROM_PARENT;
        let class = WindowClass::INPUT_OUTPUT;
        c.create_window(
            copy as u8, window, parent, x, y, w, h, border, class, copy, &aux,
        )
        .unwrap();
        let painted = Painted {
            base,
            lazy: flag("lazy"),
        };
        self.windows.lock().unwrap().insert(window, painted);
        if let Some(owner) = value("for") {
            let (name, kind) = (AtomEnum::WM_TRANSIENT_FOR, AtomEnum::WINDOW);
            c.change_property32(
                PropMode::REPLACE,
                window,
                name,
                kind,
                &[number(&owner) as u32],
            )
            .unwrap();
        }
        if let Some(title) = value("title") {
            let (name, kind) = (AtomEnum::WM_NAME, AtomEnum::STRING);
            c.change_property8(PropMode::REPLACE, window, name, kind, title.as_bytes())
                .unwrap();
        }
        if let Some(class) = value("class") {
            let both = format!("painter\0{class}\0");
            let (name, kind) = (AtomEnum::WM_CLASS, AtomEnum::STRING);
            c.change_property8(PropMode::REPLACE, window, name, kind, both.as_bytes())
                .unwrap();
        }
        if flag("private") {
            self.set_number(window, b"_KITH_PRIVATE", 1);
        }
        if flag("notification") {
            let name = c
                .intern_atom(false, b"_NET_WM_WINDOW_TYPE")
                .unwrap()
                .reply();
            let value = b"_NET_WM_WINDOW_TYPE_NOTIFICATION";
            let value = c.intern_atom(false, value).unwrap().reply().unwrap().atom;
            let kind = AtomEnum::ATOM;
            c.change_property32(
                PropMode::REPLACE,
                window,
                name.unwrap().atom,
                kind,
                &[value],
            )
            .unwrap();
        }
        // The place was the user's wish: window managers then keep it.
        let hints = [1u32 | 2, x as u32, y as u32, w.into(), h.into()];
        let hints: Vec<u32> = hints.into_iter().chain([0; 13]).collect();
        let (name, kind) = (AtomEnum::WM_NORMAL_HINTS, AtomEnum::WM_SIZE_HINTS);
        c.change_property32(PropMode::REPLACE, window, name, kind, &hints)
            .unwrap();
        if !flag("unmapped") {
            c.map_window(window).unwrap();
        }
        window
    }
}
