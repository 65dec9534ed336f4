//! What a person does, looked at step by step.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use kith_api::{Reply, Request, ShareInfo, SharePhase, ShareRequest};
use kith_codec::geometry::Size;
use kith_codec::picture::{Picture, PixelView};
use kith_tests::{Desks, PATIENCE, Person, Place, Running};

use crate::{ANNA, BEN, MAIN};

/// How long one try of something may take before a person tries again.
const TRY: Duration = Duration::from_secs(12);

/// Pictures of the steps, numbered.
pub(crate) struct Album {
    folder: PathBuf,
    number: usize,
}

impl Album {
    #[allow(clippy::print_stderr, reason = "a test says where its pictures are")]
    pub(crate) fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        eprintln!("pictures: {}", folder.display());
        let number = 0;
        Self { folder, number }
    }

    pub(crate) fn take(&mut self, desks: &Desks, what: &str) {
        desks.settle(ANNA);
        desks.settle(BEN);
        self.snap(desks, what);
    }

    /// At once, for what is soon gone.
    pub(crate) fn snap(&mut self, desks: &Desks, what: &str) {
        self.number += 1;
        let seen = desks.pixels();
        let (width, height) = (seen.width, seen.rows.len() / usize::from(seen.width));
        let size = Size::new(width, u16::try_from(height).unwrap()).unwrap();
        let view = PixelView::new(&seen.rows, size, usize::from(width)).unwrap();
        let file = self.folder.join(format!("{:02}-{what}.png", self.number));
        kith_view::headless::save_png(&Picture::copy_of(&view), &file).unwrap();
    }
}

/// Does something again and again, as a person would, until it has come to
/// what was wanted.
pub(crate) fn until(what: &str, mut act: impl FnMut(), mut came: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE * 2;
    while Instant::now() < end {
        act();
        let again = Instant::now() + TRY;
        while Instant::now() < again {
            if came() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
    panic!("{what} never came");
}

pub(crate) fn wait(what: &str, came: impl FnMut() -> bool) {
    until(what, || {}, came);
}

/// Something that is pressed with the mouse.
#[derive(Clone, Copy)]
pub(crate) enum Press {
    /// The one thing to do.
    Main,
    /// What is at a place of the window in front, from its inside's corner.
    At(u16, u16),
}

/// Somebody's mouse, and what it has pressed.
pub(crate) struct Mouse<'a> {
    desks: &'a Desks,
    desk: usize,
    pressed: Vec<&'static str>,
}

impl<'a> Mouse<'a> {
    pub(crate) const fn new(desks: &'a Desks, desk: usize) -> Self {
        let pressed = Vec::new();
        Self {
            desks,
            desk,
            pressed,
        }
    }

    /// Presses one after the other, and once more from the first where that came
    /// too early. Each counts once.
    pub(crate) fn presses(&mut self, all: &[(&'static str, Press)], came: impl FnMut() -> bool) {
        let screen = self.desks.screen(self.desk);
        let one = |press: Press| {
            self.desks.settle(self.desk);
            let place = match press {
                Press::Main => screen.pixels().widest_of(MAIN),
                Press::At(x, y) => screen.place_of_front().map(|p| (p.x + x, p.y + y)),
            };
            if let Some((x, y)) = place {
                self.desks.click(self.desk, x, y);
            }
        };
        let what = all.last().map_or("nothing", |(name, _)| name);
        until(what, || all.iter().for_each(|(_, press)| one(*press)), came);
        self.pressed.extend(all.iter().map(|(name, _)| name));
    }

    pub(crate) fn pressed(&self) -> &[&'static str] {
        &self.pressed
    }
}

/// The newest share of a person.
pub(crate) fn share(person: &mut Person) -> Option<ShareInfo> {
    match person.ask(Request::Share(ShareRequest::List)) {
        Reply::Shares(mut all) => all.pop(),
        other => panic!("{other:?}"),
    }
}

pub(crate) fn runs(person: &mut Person, control: bool) -> bool {
    share(person)
        .is_some_and(|s| s.phase == SharePhase::Running && (s.control != "nothing") == control)
}

/// The title of what is shown.
pub(crate) const LETTER: &str = "letter.txt";

/// Where it is put on Anna's desk: beside the desktop program.
const LETTER_AT: Place = Place {
    x: 1110,
    y: 120,
    width: 470,
    height: 420,
};

/// Opens an editor at Anna's desk, with the file that it writes; and where its
/// inside is.
pub(crate) fn edit(desks: &Desks, start: impl FnOnce(&[&str]) -> Running) -> (Running, Place) {
    let editor = start(&["l3afpad", LETTER]);
    let screen = desks.screen(ANNA);
    wait("the editor", || screen.place_of(LETTER).is_some());
    desks.settle(ANNA);
    until(
        "its place",
        || screen.put(LETTER, LETTER_AT),
        // The window manager puts its border there.
        || screen.place_of(LETTER).is_some_and(|p| p.x >= LETTER_AT.x),
    );
    desks.settle(ANNA);
    (editor, screen.place_of(LETTER).unwrap())
}

/// Where Ben's viewer shows a part of Anna's screen.
pub(crate) fn at_ben(desks: &Desks, what: Place) -> Option<(u16, u16)> {
    let there = desks.screen(ANNA).pixels().part(what);
    desks.screen(BEN).pixels().find(&there)
}
