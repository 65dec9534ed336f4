//! A display of its own for each test, and programs on it.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use x11rb::connection::Connection;
use x11rb::protocol::xproto::{self, ChangeWindowAttributesAux, ConnectionExt as _};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

#[path = "../../../../tests/src/manager.rs"]
mod manager;

use manager::{Settings, openbox};

/// Ends a program with the test, however that ends.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An X server without a screen.
pub struct Display {
    pub name: String,
    pub conn: RustConnection,
    pub root: u32,
    home: PathBuf,
    // Programs end before the server.
    programs: Vec<Running>,
    _server: Running,
}

impl Drop for Display {
    fn drop(&mut self) {
        self.programs.clear();
        let _ = std::fs::remove_dir_all(&self.home);
    }
}

impl Display {
    /// The server picks a display number that is free.
    pub fn new(w: u16, h: u16) -> Self {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-nolisten", "tcp", "-noreset"])
            .args(["-screen", "0", &format!("{w}x{h}x24")])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb: see NEEDS in tests/run");
        let mut number = String::new();
        let mut out = BufReader::new(server.stdout.take().unwrap());
        let server = Running(server);
        out.read_line(&mut number).unwrap();
        let name = format!(":{}", number.trim());
        let (conn, screen) = RustConnection::connect(Some(&name)).unwrap();
        let root = conn.setup().roots[screen].root;
        let home =
            std::env::temp_dir().join(format!("kith-screen-{}-{}", std::process::id(), &name[1..]));
        std::fs::create_dir_all(&home).unwrap();
        let display = Self {
            name,
            conn,
            root,
            home,
            programs: Vec::new(),
            _server: server,
        };
        // The ground looks like nothing that a test shares.
        let aux = ChangeWindowAttributesAux::new().background_pixel(0x00f0_0808);
        display.conn.change_window_attributes(root, &aux).unwrap();
        display.conn.clear_area(false, root, 0, 0, 0, 0).unwrap();
        display.sync();
        display
    }

    pub fn some(&self) -> Option<&str> {
        Some(&self.name)
    }

    pub fn some_id(&self) -> u32 {
        self.conn.generate_id().unwrap()
    }

    pub fn sync(&self) {
        self.conn.sync().unwrap();
    }

    /// Starts a program; it ends with the display.
    pub fn run(&mut self, program: &str, args: &[&str]) -> u32 {
        let child = Command::new(program)
            .args(args)
            .env("DISPLAY", &self.name)
            .env("HOME", &self.home)
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("WAYLAND_DISPLAY")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|e| panic!("{program}: {e}; see NEEDS in tests/run"));
        let pid = child.id();
        self.programs.push(Running(child));
        pid
    }

    /// Starts a window manager that manages.
    pub fn manage(&mut self) {
        let manager = openbox(&self.name, Settings::Installed);
        self.programs.push(Running(manager));
    }

    /// Puts the pointer there.
    pub fn warp(&self, x: i16, y: i16) {
        self.conn
            .warp_pointer(x11rb::NONE, self.root, 0, 0, 0, 0, x, y)
            .unwrap();
        self.sync();
    }

    /// Moves the pointer there as a device would.
    pub fn push_pointer(&self, x: i16, y: i16) {
        let motion = xproto::MOTION_NOTIFY_EVENT;
        self.conn
            .xtest_fake_input(motion, 0, 0, self.root, x, y, 0)
            .unwrap();
        self.sync();
    }

    /// Draws right on the root window, as no program would.
    pub fn scribble(&self, rect: xproto::Rectangle, colour: u32) {
        let gc = self.conn.generate_id().unwrap();
        let aux = xproto::CreateGCAux::new()
            .foreground(colour)
            .subwindow_mode(xproto::SubwindowMode::INCLUDE_INFERIORS);
        self.conn.create_gc(gc, self.root, &aux).unwrap();
        self.conn
            .poly_fill_rectangle(self.root, gc, &[rect])
            .unwrap();
        self.conn.free_gc(gc).unwrap();
        self.sync();
    }
}

/// How often this thread gave up the processor by itself.
pub fn switches() -> u64 {
    let status = std::fs::read_to_string("/proc/thread-self/status").unwrap();
    let mut lines = status.lines();
    let line = lines.find_map(|l| l.strip_prefix("voluntary_ctxt_switches:"));
    line.unwrap().trim().parse().unwrap()
}

/// A program of tests, see [`super::painter`]: a process of its own.
pub struct Painter {
    _process: Running,
    pub pid: u32,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Painter {
    pub fn new(display: &Display) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["painter", "--exact", "--nocapture"])
            .env(super::painter::DISPLAY, &display.name)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            pid: child.id(),
            to: child.stdin.take().unwrap(),
            from: BufReader::new(child.stdout.take().unwrap()),
            _process: Running(child),
        }
    }

    /// Says a command, waits until it is done and the server has it; the
    /// number that it gave.
    pub fn say(&mut self, command: &str) -> u32 {
        writeln!(self.to, "{command}").unwrap();
        loop {
            let mut line = String::new();
            let n = self.from.read_line(&mut line).unwrap();
            assert!(n > 0, "the painter ended at: {command}");
            // Beside its answers there is what every test prints.
            if let Some(answer) = line.trim_end().split("ok ").nth(1) {
                return answer.parse().unwrap();
            }
        }
    }
}
