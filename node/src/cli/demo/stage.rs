//! What is shared in the demonstration: a real program on a real X server, if
//! both can be had, or else the toy desktop.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use kith_api::{Code, ShareWhat};
use kith_codec::geometry::{Rect, Size};
use kith_codec::picture::Picture;

use super::super::Fail;
use super::children::{Children, Running};
use super::keyboard::Keyboard;

/// How long the program may take to appear, and how often it is started anew.
const APPEAR: Duration = Duration::from_secs(4);
const TRIES: usize = 4;
/// How often it is looked whether they have.
const GLANCE: Duration = Duration::from_millis(50);
/// The screen's size and depth.
const SCREEN: &str = "760x420x24";

/// The terminal's paper, and that of the other program's window: colours that
/// nothing else on the screen has.
const PAPER: u32 = 0x00ff_fdf5;
pub(super) const FOREIGN: u32 = 0x00d0_2090;
/// Around the other window's inside: the widest borders and title bar there are.
const DECORATED: u16 = 40;

/// What is shared.
pub(super) enum Stage {
    /// The desktop made of numbers.
    Toy,
    /// A screen of its own, with a terminal on it, and another program's window
    /// across that.
    Screen(Screen),
}

/// An X server without a monitor, and what runs on it. All of it ends when
/// this is dropped: the programs first, in the order of the fields.
pub(super) struct Screen {
    programs: Vec<Running>,
    _server: Running,
    children: Children,
    /// For what the programs leave behind.
    folder: PathBuf,
    display: String,
    authority: PathBuf,
    key: [u8; 16],
    framebuffer: PathBuf,
    typed: PathBuf,
    /// A line written here raises the other window.
    raise: PathBuf,
    /// Where the inside of the terminal is.
    terminal: Rect,
    /// Whether a window manager draws borders.
    pub(super) borders: bool,
}

impl Stage {
    /// The best that this machine has, and what it is in words.
    pub(super) fn find(folder: &Path, children: &Children) -> (Self, String) {
        let missing: Vec<&str> = ["Xvfb", "xterm"]
            .into_iter()
            .filter(|p| !is_installed(p))
            .collect();
        if !missing.is_empty() {
            let said = format!(
                "a toy desktop ({} would give a real program: install xvfb and xterm)",
                missing.join(" and ")
            );
            return (Self::Toy, said);
        }
        match Screen::open(folder, children) {
            Ok(screen) => {
                let borders = match screen.borders {
                    true => "",
                    false => " (without a window manager nothing has a border: install openbox)",
                };
                let said = format!(
                    "a terminal on a real X server without a monitor (Xvfb, {}), and \
                     nothing of the other window that lies across it{borders}",
                    screen.display
                );
                (Self::Screen(screen), said)
            }
            Err(why) => (Self::Toy, format!("a toy desktop (the X server: {why})")),
        }
    }

    /// The same in a word.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Toy => "toy",
            Self::Screen(_) => "own-screen",
        }
    }

    /// How the panic key is pressed: in a word, and in words.
    pub(super) const fn panic_key(&self) -> (&'static str, &'static str) {
        match self {
            Self::Toy => (
                "command",
                "there is no screen to press Esc on, so Anna says “kith panic”",
            ),
            Self::Screen(_) => (
                "own-keyboard",
                "Esc is pressed on the screen's own keyboard",
            ),
        }
    }

    /// Where the sharer's picture comes from: in a word, and in words.
    pub(super) const fn picture_from(&self) -> (&'static str, &'static str) {
        match self {
            Self::Toy => (
                "drawn-here",
                "a second toy desktop, drawn by the demonstration",
            ),
            Self::Screen(_) => ("server-memory", "the X server's own memory"),
        }
    }

    /// What nodes get to find the screen.
    pub(super) fn environment(&self) -> Vec<(&'static str, PathBuf)> {
        match self {
            Self::Toy => Vec::new(),
            Self::Screen(s) => vec![
                ("DISPLAY", PathBuf::from(&s.display)),
                ("XAUTHORITY", s.authority.clone()),
            ],
        }
    }

    /// The rule of the organisation's policy, as `kith org rule add` takes it:
    /// what is shown in the demonstration is allowed, and something else isn't.
    pub(super) const fn rule(&self) -> &'static [&'static str] {
        match self {
            Self::Toy => &["--for", "person:Ben", "--as", "sharer", "--view", "nothing"],
            Self::Screen(_) => &["--view", "application", "--control", "application"],
        }
    }

    /// The same in words.
    pub(super) const fn rule_in_words(&self) -> &'static str {
        match self {
            Self::Toy => "Ben shows nothing, he may look",
            Self::Screen(_) => "one application, never the whole desktop",
        }
    }

    pub(super) fn what(&self) -> ShareWhat {
        match self {
            Self::Toy => ShareWhat::Synthetic,
            Self::Screen(_) => ShareWhat::Application("xterm".into()),
        }
    }
}

impl Screen {
    fn open(folder: &Path, children: &Children) -> Result<Self, Fail> {
        let framebuffer = folder.join("screen");
        std::fs::create_dir(&framebuffer).map_err(|e| Fail::file(&framebuffer, &e))?;
        let authority = folder.join("authority");
        let key = random_key();
        super::super::place::write_file(&authority, &cookie(&key))?;
        let mut server = Command::new("Xvfb");
        server
            .args(["-displayfd", "1", "-screen", "0", SCREEN, "-noreset"])
            .args(["-nolisten", "tcp", "-auth"])
            .arg(&authority)
            .arg("-fbdir")
            .arg(&framebuffer)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let started = children.spawn(&mut server).map_err(failed)?;
        let mut server = started.asked_to_end();
        let mut number = String::new();
        let out = server.stdout();
        let read = out.map(|out| BufReader::new(out).read_line(&mut number));
        let mut screen = Self {
            programs: Vec::new(),
            _server: server,
            children: children.clone(),
            folder: folder.to_owned(),
            display: format!(":{}", number.trim()),
            authority,
            key,
            framebuffer: framebuffer.join("Xvfb_screen0"),
            typed: folder.join("typed"),
            raise: folder.join("raise"),
            terminal: Rect::default(),
            borders: is_installed("openbox"),
        };
        if !matches!(read, Some(Ok(n)) if n > 1) {
            return Err(Fail::new(Code::Internal, "it doesn't start"));
        }
        if screen.borders {
            screen.run(Command::new("openbox").arg("--sm-disable"))?;
        }
        let write = format!(
            "printf 'Ward round, Tuesday. Notes:\\n\\n'; cat > '{}'",
            screen.typed.display()
        );
        let mut terminal = Command::new("xterm");
        terminal.args(["-bg", &colour(PAPER), "-geometry", "70x18+60+60"]);
        terminal.args(["-e", "sh", "-c", &write]);
        let at = screen.open_window(&mut terminal, PAPER)?;
        screen.terminal = at;
        // The same program would be the same application.
        let letter = folder.join("letter");
        std::fs::copy(installed("xterm").unwrap_or_default(), &letter).map_err(failed)?;
        // An xterm that may raises its window when its program prints this.
        let raised = format!(
            "printf '\\n  A letter of Anna'\\''s,\\n  nobody else'\\''s affair.\\n'; \
             mkfifo '{0}'; while read -r _; do printf '\\033[5t'; done <> '{0}'",
            screen.raise.display()
        );
        let mut other = Command::new(&letter);
        other.args(["-T", "private", "-xrm", "*allowWindowOps: true"]);
        other.args(["-fg", "white", "-bg", &colour(FOREIGN)]);
        other.args(["-geometry", "30x6+380+170", "-e", "sh", "-c", &raised]);
        screen.open_window(&mut other, FOREIGN)?;
        Ok(screen)
    }

    /// Starts a program until its window, of this colour, has appeared: one
    /// that comes while the window manager starts may stay unseen. Says where
    /// its inside is.
    fn open_window(&mut self, program: &mut Command, colour: u32) -> Result<Rect, Fail> {
        for _ in 0..TRIES {
            self.run(program)?;
            if let Some(at) = self.appears(colour) {
                return Ok(at);
            }
            drop(self.programs.pop());
        }
        Err(Fail::new(Code::Internal, "a window doesn't appear"))
    }

    fn run(&mut self, program: &mut Command) -> Result<(), Fail> {
        program
            .env("DISPLAY", &self.display)
            .env("XAUTHORITY", &self.authority)
            .env("TMPDIR", &self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let program = self.children.spawn(program).map_err(failed)?;
        self.programs.push(program);
        Ok(())
    }

    /// Until a window of this colour stands where it is, and the terminal's
    /// program runs.
    fn appears(&self, colour: u32) -> Option<Rect> {
        let until = Instant::now() + APPEAR;
        let mut before = None;
        while Instant::now() < until {
            let drawn = self.picture().ok().and_then(|p| extent(&p, colour));
            let large = drawn.filter(|r| r.w > 100 && r.h > 50);
            if large.is_some() && large == before && self.typed.exists() {
                return large;
            }
            before = large;
            std::thread::sleep(GLANCE);
        }
        None
    }

    /// What stands where the terminal is, whosever it is.
    pub(super) fn terminal(&self) -> Result<Picture, Fail> {
        let (screen, at) = (self.picture()?, self.terminal);
        let size = Size::new(at.w, at.h).ok_or_else(|| Fail::new(Code::Internal, "no terminal"))?;
        let mut inside = Picture::new(size);
        for y in 0..at.h {
            for x in 0..at.w {
                inside.set(x, y, screen.get(at.x + x, at.y + y));
            }
        }
        Ok(inside)
    }

    /// The part of the terminal over which the other window lies, borders
    /// included; empty if it doesn't.
    pub(super) fn covered(terminal: &Picture) -> Rect {
        let Some(inside) = extent(terminal, FOREIGN) else {
            return Rect::default();
        };
        let (x, y) = (
            inside.x.saturating_sub(DECORATED),
            inside.y.saturating_sub(DECORATED),
        );
        let end = |at: u16, len: u16, most: u16| (at + len + DECORATED).min(most);
        let right = end(inside.x, inside.w, terminal.size().width());
        let bottom = end(inside.y, inside.h, terminal.size().height());
        Rect::new(x, y, right - x, bottom - y)
    }

    /// What stands on the screen now, from the X server's own memory.
    pub(super) fn picture(&self) -> Result<Picture, Fail> {
        let bytes =
            std::fs::read(&self.framebuffer).map_err(|e| Fail::file(&self.framebuffer, &e))?;
        xwd(&bytes).ok_or_else(|| Fail::new(Code::Internal, "the screen's memory can't be read"))
    }

    /// Brings the other window to the front, as its program may at any time.
    pub(super) fn raise_other(&self) -> Result<(), Fail> {
        use rustix::fs::{Mode, OFlags};
        // Without NONBLOCK this waits for ever if that program has gone.
        let line = rustix::fs::open(
            &self.raise,
            OFlags::WRONLY | OFlags::NONBLOCK | OFlags::CLOEXEC,
            Mode::empty(),
        );
        let written = line.and_then(|line| rustix::io::write(line, b"\n"));
        written
            .map(drop)
            .map_err(|e| Fail::file(&self.raise, &e.into()))
    }

    /// The screen's own keyboard.
    pub(super) fn keyboard(&self) -> Result<Keyboard, Fail> {
        Keyboard::of(&self.display, &self.key)
            .map_err(|e| Fail::new(Code::Internal, format!("the screen's keyboard: {e}")))
    }

    /// What was typed into the terminal, line by line.
    pub(super) fn typed(&self) -> String {
        std::fs::read_to_string(&self.typed).unwrap_or_default()
    }
}

/// The smallest rectangle around every pixel of a colour.
fn extent(picture: &Picture, colour: u32) -> Option<Rect> {
    let (mut all, width) = (None, usize::from(picture.size().width()));
    for (i, _) in picture
        .pixels()
        .iter()
        .enumerate()
        .filter(|(_, c)| **c == colour)
    {
        let at = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        let (x, y) = (at(i % width), at(i / width));
        let (l, t, r, b) = all.unwrap_or((x, y, x, y));
        all = Some((x.min(l), y.min(t), x.max(r), y.max(b)));
    }
    all.map(|(l, t, r, b)| Rect::new(l, t, r - l + 1, b - t + 1))
}

/// As X programs are told it.
fn colour(rgb: u32) -> String {
    format!("#{rgb:06x}")
}

/// The picture in a file of the X window dump format, as far as Xvfb writes
/// it: 32 bits a pixel, least significant byte first.
fn xwd(bytes: &[u8]) -> Option<Picture> {
    let field = |n: usize| -> Option<usize> {
        let word = bytes.get(n * 4..)?.first_chunk::<4>()?;
        usize::try_from(u32::from_be_bytes(*word)).ok()
    };
    let (width, height, line) = (field(4)?, field(5)?, field(12)?);
    let first = field(0)?.checked_add(field(19)?.checked_mul(12)?)?;
    let size = Size::new(u16::try_from(width).ok()?, u16::try_from(height).ok()?)?;
    let mut picture = Picture::new(size);
    for y in 0..size.height() {
        let row = bytes.get(first + usize::from(y) * line..)?;
        for (x, pixel) in (0..size.width()).zip(row.as_chunks::<4>().0) {
            let [blue, green, red, _] = *pixel;
            picture.set(x, y, u32::from_le_bytes([blue, green, red, 0]));
        }
    }
    Some(picture)
}

/// How X programs say that they know a key.
pub(super) const COOKIE: &[u8] = b"MIT-MAGIC-COOKIE-1";

/// A random key.
fn random_key() -> [u8; 16] {
    use rand_core::Rng as _;
    let mut key = [0; 16];
    crate::random::system().fill_bytes(&mut key);
    key
}

/// A file with this key for any display, as X programs read it: only who can
/// read it may draw on this screen, or type.
fn cookie(key: &[u8; 16]) -> Vec<u8> {
    // Family "any", no address, no display number.
    let mut file = vec![0xff, 0xff, 0, 0, 0, 0, 0, COOKIE.len() as u8];
    file.extend(COOKIE);
    file.extend([0, key.len() as u8]);
    file.extend(key);
    file
}

pub(super) fn is_installed(program: &str) -> bool {
    installed(program).is_some()
}

/// Where a program is.
fn installed(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut all = std::env::split_paths(&path).map(|folder| folder.join(program));
    all.find(|file| file.is_file())
}

fn failed(e: std::io::Error) -> Fail {
    Fail::new(Code::Internal, e.to_string())
}
