//! `kith demo --display` on a display where somebody works (issue “The main job
//! on a fresh machine”): what is theirs stays as it is and is kept in no
//! picture, what only they may press they are asked for, and nothing is left.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a panic here is a failed test"
)]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use kith_tests::{CONTROL, Program, Scratch, Screen};
use x11rb::connection::Connection as _;
use x11rb::properties::{WmSizeHints, WmSizeHintsSpecification};
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    ConnectionExt as _, CreateWindowAux, EventMask, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;

/// The paper of their window: nothing else has it.
const THEIRS: u32 = 0x0012_8a3c;
/// Where it is, and how large: the demonstration's two windows lie across it.
const AT: (i16, i16) = (300, 260);
const SIZE: (u16, u16) = (560, 400);

/// A key of a keyboard, by its number.
const ESC: u8 = 9;

/// Somebody's window, and what was done to it.
struct Theirs {
    link: RustConnection,
    root: Window,
    window: Window,
}

impl Theirs {
    fn open(screen: &Screen) -> Self {
        let (link, number) = RustConnection::connect(Some(screen.name())).unwrap();
        let root = link.setup().roots[number].root;
        let window = link.generate_id().unwrap();
        let hears = EventMask::KEY_PRESS | EventMask::BUTTON_PRESS;
        let aux = CreateWindowAux::new()
            .background_pixel(THEIRS)
            .event_mask(hears);
        let ((x, y), (w, h)) = (AT, SIZE);
        let copy = WindowClass::COPY_FROM_PARENT;
        link.create_window(0, window, root, x, y, w, h, 0, copy, 0, &aux)
            .unwrap();
        let mut hints = WmSizeHints::new();
        let chosen = WmSizeHintsSpecification::UserSpecified;
        hints.position = Some((chosen, x.into(), y.into()));
        hints.set_normal_hints(&link, window).unwrap();
        link.map_window(window).unwrap();
        link.flush().unwrap();
        let all = usize::from(w) * usize::from(h);
        screen.wait("their window", |s| s.count(THEIRS) == all);
        Self { link, root, window }
    }

    /// Where it is, and its size.
    fn place(&self) -> (i16, i16, u16, u16) {
        let size = self.link.get_geometry(self.window).unwrap();
        let at = self
            .link
            .translate_coordinates(self.window, self.root, 0, 0);
        let (size, at) = (size.reply().unwrap(), at.unwrap().reply().unwrap());
        (at.dst_x, at.dst_y, size.width, size.height)
    }

    /// The keys and clicks that came to it.
    fn touched(&self) -> Vec<Event> {
        self.place();
        std::iter::from_fn(|| self.link.poll_for_event().unwrap())
            .filter(|e| matches!(e, Event::KeyPress(_) | Event::ButtonPress(_)))
            .collect()
    }
}

/// How many pixels of a picture are of this colour.
fn count(picture: &Path, colour: u32) -> usize {
    let file = BufReader::new(std::fs::File::open(picture).unwrap());
    let mut reader = png::Decoder::new(file).read_info().unwrap();
    let mut all = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut all).unwrap();
    let [_, red, green, blue] = colour.to_be_bytes();
    let pixels = all.as_chunks::<3>().0.iter();
    pixels.filter(|p| **p == [red, green, blue]).count()
}

#[test]
fn xvfb_on_somebodys_display_only_its_own_windows_are_touched_and_shown() {
    let screen = Screen::managed();
    let theirs = Theirs::open(&screen);
    let (place, before) = (theirs.place(), screen.pixels());
    let scratch = Scratch::new("own-display");
    let pictures = Scratch::new("own-display-pictures");
    let told = pictures.path().join("told.json");
    let mut demo = Command::new(Program::path_of_built("kith"))
        .args(["demo", "--display", "--json", "--pictures"])
        .arg(pictures.path())
        .env("DISPLAY", screen.name())
        .env("TMPDIR", scratch.path())
        .env_remove("WAYLAND_DISPLAY")
        .env_remove("XDG_SESSION_TYPE")
        .stdin(Stdio::null())
        .stdout(std::fs::File::create(&told).unwrap())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It says what will happen, and asks for what only a person may do.
    let (mut warned, mut asked) = (false, (false, false));
    let mut said = Vec::new();
    for line in BufReader::new(demo.stderr.take().unwrap()).lines() {
        let line = line.unwrap();
        warned |= line.starts_with("No other window is clicked");
        if line.contains("Press “Allow control”") {
            asked.0 = true;
            screen.answers(CONTROL);
        } else if line.contains("Press Esc") {
            asked.1 = true;
            screen.press(ESC);
        }
        said.push(line);
    }
    let status = demo.wait().unwrap();
    let data: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&told).unwrap()).unwrap();
    assert!(status.success(), "{data:#}\n{said:#?}");
    assert!(warned && asked == (true, true), "{said:#?}");
    assert_eq!(data["all"], true, "{data:#}");
    let uses = ["screen", "panic_key", "sharer_picture"].map(|name| data["uses"][name].clone());
    assert_eq!(uses, ["this-display", "person", "own-windows"]);
    assert_eq!(data["not_checked"].as_array().unwrap().len(), 0);
    for step in data["steps"].as_array().unwrap() {
        let checks = step["checks"].as_object().unwrap();
        assert!(!checks.is_empty(), "{step:#}");
        assert!(checks.values().all(|held| *held == true), "{step:#}");
    }
    for name in ["sharer.png", "viewer.png"] {
        assert_eq!(count(&pictures.path().join(name), THEIRS), 0, "{name}");
    }
    let touched = theirs.touched();
    assert!(touched.is_empty(), "{touched:?}");
    assert_eq!(theirs.place(), place);
    screen.wait("the display as it was", |s| s.pixels() == before);
    assert_eq!(scratch.path().read_dir().unwrap().count(), 0);
    screen.wait("every process to go", |_| scratch.processes() == 0);
}
