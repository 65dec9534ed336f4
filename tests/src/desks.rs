//! Desks at which people sit: displays of their own inside a larger one. What
//! a test does on the larger one reaches them as a person's mouse and keyboard
//! do, so that also those believe it who refuse a program's input.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::screen::{Pixels, Screen};
use crate::{PATIENCE, Program};

/// How large the display of each desk is, in pixels.
const SIZE: (u16, u16) = (1600, 800);

/// How long a picture must stay the same to count as drawn.
const QUIET: Duration = Duration::from_millis(300);

/// Desks side by side.
#[derive(Debug)]
pub struct Desks {
    all: Screen,
    desks: Vec<Screen>,
}

impl Desks {
    /// So many desks, each with a window manager that manages.
    ///
    /// # Panics
    /// When an X server or the window manager doesn't start.
    #[must_use]
    pub fn new(n: u16) -> Self {
        let (width, height) = SIZE;
        let all = Screen::bare(width * n, height);
        let desks = (0..n)
            .map(|i| Screen::inside(&all, width * i, SIZE))
            .collect();
        Self { all, desks }
    }

    /// A desk's display.
    #[must_use]
    pub fn screen(&self, desk: usize) -> &Screen {
        &self.desks[desk]
    }

    /// Everything that is to be seen.
    #[must_use]
    pub fn pixels(&self) -> Pixels {
        self.all.pixels()
    }

    /// Moves the pointer to a place of a desk; keys go there too from now on.
    pub fn point(&self, desk: usize, x: u16, y: u16) {
        let left = usize::from(SIZE.0) * desk + usize::from(x);
        self.all
            .xdotool(&["mousemove", &left.to_string(), &y.to_string()]);
    }

    /// Sits down at a desk.
    pub fn sit(&self, desk: usize) {
        self.point(desk, SIZE.0 - 4, SIZE.1 - 4);
    }

    /// Gives a desk the keyboard, and leaves every pointer where it is.
    pub fn attend(&self, desk: usize) {
        self.all.attend(self.desks[desk].holder);
    }

    /// Presses the mouse's button at a place of a desk, moves on to another,
    /// and lets go.
    pub fn drag(&self, desk: usize, (x, y): (u16, u16), to: (u16, u16)) {
        self.point(desk, x, y);
        self.all.xdotool(&["mousedown", "1"]);
        // As a hand does, on the way.
        self.point(desk, u16::midpoint(x, to.0), u16::midpoint(y, to.1));
        self.point(desk, to.0, to.1);
        self.all.xdotool(&["mouseup", "1"]);
    }

    /// Clicks at a place of a desk.
    pub fn click(&self, desk: usize, x: u16, y: u16) {
        self.point(desk, x, y);
        self.all.xdotool(&["click", "1"]);
    }

    /// Presses keys, as xdotool names them, at the desk where one sits.
    pub fn keys(&self, keys: &[&str]) {
        self.all
            .xdotool(&[&["key", "--delay", "40"], keys].concat());
    }

    /// Types a text there.
    pub fn write(&self, text: &str) {
        self.all.xdotool(&["type", "--delay", "40", text]);
    }

    /// Waits until nothing moves at a desk, for a while at least. What moves
    /// all the time is not waited for.
    pub fn settle(&self, desk: usize) {
        let until = Instant::now() + PATIENCE / 12;
        let screen = self.screen(desk);
        let (mut seen, mut since) = (screen.pixels(), Instant::now());
        while since.elapsed() < QUIET && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(50));
            let now = screen.pixels();
            if now != seen {
                (seen, since) = (now, Instant::now());
            }
        }
    }
}

/// A program at a desk, until this is dropped.
#[derive(Debug)]
pub struct Running(Child);

impl Running {
    /// Starts one; `netns` is the network that it finds itself in.
    ///
    /// # Panics
    /// When it doesn't start.
    #[must_use]
    pub fn at(screen: &Screen, netns: &str, home: &Path, program: &[&str]) -> Self {
        let child = Command::new("ip")
            .args(["netns", "exec", netns])
            .args(program)
            .env("DISPLAY", screen.name())
            .env("HOME", home)
            .env("LANG", "C.UTF-8")
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("XDG_DATA_HOME")
            .stdin(Stdio::null())
            .spawn();
        Self(child.expect("a program starts"))
    }

    /// Starts one in the network of the test.
    ///
    /// # Panics
    /// When it doesn't start.
    #[must_use]
    pub fn on(screen: &Screen, program: &[&str]) -> Self {
        let child = Command::new(program[0])
            .args(&program[1..])
            .env("DISPLAY", screen.name())
            .env_remove("WAYLAND_DISPLAY")
            .stdin(Stdio::null())
            .spawn();
        Self(child.expect("a program starts"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Where the built programs lie.
#[must_use]
pub fn built(name: &str) -> String {
    Program::path_of_built(name).display().to_string()
}
