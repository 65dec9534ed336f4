//! What is shared in the demonstration: a real program on a real X server, if
//! both can be had, or else the toy desktop.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use kith_api::{Code, ShareWhat};
use kith_codec::geometry::{Rect, Size};
use kith_codec::input::Place;
use kith_codec::picture::Picture;

use super::super::Fail;
use super::authority::{cookie, random_key};
use super::children::{Children, Running};
use super::keyboard::Keyboard;
use super::person::DEADLINE;
use super::windows::Windows;

/// How long the program may take to appear, and how often it is started anew.
const APPEAR: Duration = Duration::from_secs(4);
const TRIES: usize = 4;
/// How long a person's window manager may take to raise a window.
const RAISED: Duration = Duration::from_secs(5);
/// How often it is looked whether they have.
const GLANCE: Duration = Duration::from_millis(50);
/// By what names the two programs go where others have programs too; a name
/// that begins like Kith's own would be no application.
const TERMINAL: &str = "demo-notes";
const OTHER: &str = "demo-letter";
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

/// A display, and what runs on it. All of that ends when this is dropped: the
/// programs first, in the order of the fields.
pub(super) struct Screen {
    programs: Vec<Running>,
    whose: Whose,
    children: Children,
    /// For what the programs leave behind.
    folder: PathBuf,
    display: String,
    typed: PathBuf,
    /// A line written here raises the other window.
    raise: PathBuf,
    /// Where the inside of the terminal is.
    terminal: Rect,
    /// Whether a window manager draws borders.
    pub(super) borders: bool,
}

/// On whose screen it is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seat {
    /// One that is made for it.
    Made,
    /// The one that somebody sits at.
    Theirs,
}

/// Whose display it is.
enum Whose {
    /// The demonstration's: an X server without a monitor.
    Own(Server),
    /// Somebody's, with other windows on it.
    Theirs(Windows),
}

struct Server {
    _running: Running,
    authority: PathBuf,
    key: [u8; 16],
    framebuffer: PathBuf,
}

impl Stage {
    /// The best that this machine has, and what it is in words: the display that
    /// somebody sits at only if they say so.
    pub(super) fn find(folder: &Path, children: &Children, seat: Seat) -> (Self, String) {
        if seat == Seat::Made {
            return Self::own(folder, children);
        }
        let why = match Screen::open_theirs(folder, children) {
            Ok(screen) => {
                let said = format!("a terminal of its own on your display, {}", screen.display);
                return (Self::Screen(screen), said);
            }
            Err(why) => why,
        };
        let (stage, said) = Self::own(folder, children);
        (stage, format!("{said}; not on your display: {why}"))
    }

    fn own(folder: &Path, children: &Children) -> (Self, String) {
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
            Self::Screen(s) if s.is_theirs() => "this-display",
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
            Self::Screen(s) if s.is_theirs() => ("person", "Esc is pressed by who sits there"),
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
            Self::Screen(s) if s.is_theirs() => (
                "own-windows",
                "what the X server says that the demonstration's own windows show",
            ),
            Self::Screen(_) => ("server-memory", "the X server's own memory"),
        }
    }

    /// What nodes get to find the screen.
    pub(super) fn environment(&self) -> Vec<(&'static str, PathBuf)> {
        match self {
            Self::Toy => Vec::new(),
            Self::Screen(s) => s.environment(),
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
            Self::Screen(s) => ShareWhat::Application(s.application().into()),
        }
    }
}

impl Screen {
    /// On an X server of its own.
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
        let mut running = started.asked_to_end();
        let mut number = String::new();
        let out = running.stdout();
        let read = out.map(|out| BufReader::new(out).read_line(&mut number));
        let server = Server {
            _running: running,
            authority,
            key,
            framebuffer: framebuffer.join("Xvfb_screen0"),
        };
        let display = format!(":{}", number.trim());
        let mut screen = Self::bare(folder, children, display, Whose::Own(server));
        if !matches!(read, Some(Ok(n)) if n > 1) {
            return Err(Fail::new(Code::Internal, "it doesn't start"));
        }
        screen.borders = is_installed("openbox");
        if screen.borders {
            screen.run(Command::new("openbox").arg("--sm-disable"))?;
        }
        screen.furnish()?;
        Ok(screen)
    }

    /// On the display that somebody sits at. Says first what will happen there.
    fn open_theirs(folder: &Path, children: &Children) -> Result<Self, String> {
        let (display, windows) = Windows::find()?;
        if !is_installed("xterm") {
            return Err("there is no xterm to show: install it".into());
        }
        super::super::note(&format!(
            "On your display, {display}: two small windows of the demonstration's appear, \
             Kith's frame around one, and Kith's question who may control.\n\
             For some seconds your pointer goes to them, and one of them is clicked and typed \
             into.\n\
             No other window is clicked, typed into, shown or kept in a picture.\n\
             Leave mouse and keyboard alone until you are asked to press something; your own \
             always win.\n\
             Esc takes control back; Ctrl-C in this terminal ends all of it."
        ));
        let mut screen = Self::bare(folder, children, display, Whose::Theirs(windows));
        screen.furnish().map_err(|e| e.to_string())?;
        screen.terminal().map_err(|e| e.to_string())?;
        if let Whose::Theirs(windows) = &screen.whose {
            screen.borders = windows.has_border();
        }
        Ok(screen)
    }

    fn bare(folder: &Path, children: &Children, display: String, whose: Whose) -> Self {
        Self {
            programs: Vec::new(),
            whose,
            children: children.clone(),
            folder: folder.to_owned(),
            display,
            typed: folder.join("typed"),
            raise: folder.join("raise"),
            terminal: Rect::default(),
            borders: false,
        }
    }

    /// Puts the terminal on it, and the other window across that.
    fn furnish(&mut self) -> Result<(), Fail> {
        let number =
            |of: &str| format!("printf %s \"$WINDOWID\" > '{}'", self.number(of).display());
        let (first, second) = (number(TERMINAL), number(OTHER));
        let write = format!(
            "{first}; printf 'Ward round, Tuesday. Notes:\\n\\n'; cat > '{}'",
            self.typed.display()
        );
        let mut terminal = match self.is_theirs() {
            // By this name nothing else of theirs goes: not even their own xterm.
            true => self.copy_of_xterm(TERMINAL)?,
            false => Command::new("xterm"),
        };
        let (x, y) = match &self.whose {
            Whose::Own(_) => (60, 60),
            Whose::Theirs(windows) => windows.place(),
        };
        terminal.args(["-fg", "black", "-bg", &colour(PAPER)]);
        terminal.args(["-geometry", &format!("70x18+{x}+{y}")]);
        terminal.args(["-e", "sh", "-c", &write]);
        let at = self.open_window(&mut terminal, PAPER, TERMINAL)?;
        self.terminal = at;
        let (x, y) = match &self.whose {
            Whose::Own(_) => (380, 170),
            Whose::Theirs(_) => (at.x + at.w / 4 * 3, at.y + at.h / 2),
        };
        // An xterm that may raises its window when its program prints this.
        let raised = format!(
            "{second}; printf '\\n  A letter of Anna'\\''s,\\n  nobody else'\\''s affair.\\n'; \
             mkfifo '{0}'; while read -r _; do printf '\\033[5t'; done <> '{0}'",
            self.raise.display()
        );
        // The same program would be the same application.
        let mut other = self.copy_of_xterm(OTHER)?;
        other.args(["-T", "private", "-xrm", "*allowWindowOps: true"]);
        other.args(["-fg", "white", "-bg", &colour(FOREIGN)]);
        other.args(["-geometry", &format!("30x6+{x}+{y}")]);
        other.args(["-e", "sh", "-c", &raised]);
        self.open_window(&mut other, FOREIGN, OTHER)?;
        Ok(())
    }

    /// Where a program says which window is its own.
    fn number(&self, of: &str) -> PathBuf {
        self.folder.join(format!("{of}.window"))
    }

    fn copy_of_xterm(&self, name: &str) -> Result<Command, Fail> {
        let copy = self.folder.join(name);
        std::fs::copy(installed("xterm").unwrap_or_default(), &copy).map_err(failed)?;
        Ok(Command::new(copy))
    }

    /// Starts a program until its window, of this colour, has appeared: one
    /// that comes while the window manager starts may stay unseen. Says where
    /// its inside is.
    fn open_window(
        &mut self,
        program: &mut Command,
        colour: u32,
        name: &str,
    ) -> Result<Rect, Fail> {
        let file = self.number(name);
        for _ in 0..self.tries() {
            self.run(program)?;
            let found = match &mut self.whose {
                Whose::Own(_) => self.appears(colour),
                Whose::Theirs(windows) => windows.appears(&file),
            };
            if let Some(at) = found {
                return Ok(at);
            }
            drop(self.programs.pop());
        }
        Err(Fail::new(Code::Internal, "a window doesn't appear"))
    }

    /// A person's window manager has started long ago.
    const fn tries(&self) -> usize {
        match self.whose {
            Whose::Own(_) => TRIES,
            Whose::Theirs(_) => 1,
        }
    }

    fn run(&mut self, program: &mut Command) -> Result<(), Fail> {
        program
            .envs(self.environment())
            .env("TMPDIR", &self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if !self.is_theirs() {
            // Nobody's own settings, and no log left in their home.
            program.env("HOME", &self.folder);
            for name in ["XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XENVIRONMENT"] {
                program.env_remove(name);
            }
        }
        let program = self.children.spawn(program).map_err(failed)?;
        self.programs.push(program);
        Ok(())
    }

    /// Whether somebody may sit at it.
    pub(super) const fn is_theirs(&self) -> bool {
        matches!(self.whose, Whose::Theirs(_))
    }

    /// What programs get to find it.
    fn environment(&self) -> Vec<(&'static str, PathBuf)> {
        let mut all = vec![("DISPLAY", PathBuf::from(&self.display))];
        if let Whose::Own(server) = &self.whose {
            all.push(("XAUTHORITY", server.authority.clone()));
        }
        all
    }

    /// The name of the program that is shown.
    const fn application(&self) -> &'static str {
        match self.whose {
            Whose::Own(_) => "xterm",
            Whose::Theirs(_) => TERMINAL,
        }
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

    /// How long it may take to do what it is told: a person's window manager may
    /// not want to at all.
    pub(super) const fn patience(&self) -> Duration {
        match self.whose {
            Whose::Own(_) => DEADLINE,
            Whose::Theirs(_) => RAISED,
        }
    }

    /// Whether the other window lies across the terminal: not everybody's window
    /// manager puts windows where they ask to be.
    pub(super) fn is_covered(&self) -> bool {
        self.terminal()
            .is_ok_and(|seen| !Self::covered(&seen).is_empty())
    }

    /// A place that is no part of the terminal, and no one else's window either.
    pub(super) fn outside(&self) -> Option<Place> {
        match &self.whose {
            Whose::Own(_) => Some(Place {
                x: self.terminal.w + 60,
                y: 40,
            }),
            Whose::Theirs(windows) => windows.beside().map(|(x, y)| Place { x, y }),
        }
    }

    /// What stands where the terminal is, whosever it is.
    pub(super) fn terminal(&self) -> Result<Picture, Fail> {
        if let Whose::Theirs(windows) = &self.whose {
            return windows.terminal(FOREIGN);
        }
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

    /// What stands on the screen now: all of it from the X server's own memory,
    /// or on somebody's display the demonstration's own windows.
    pub(super) fn picture(&self) -> Result<Picture, Fail> {
        let file = match &self.whose {
            Whose::Own(server) => &server.framebuffer,
            Whose::Theirs(windows) => return windows.picture(),
        };
        let bytes = std::fs::read(file).map_err(|e| Fail::file(file, &e))?;
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

    /// The screen's own keyboard; `None` where it is a person's.
    pub(super) fn keyboard(&self) -> Result<Option<Keyboard>, Fail> {
        let Whose::Own(server) = &self.whose else {
            return Ok(None);
        };
        Keyboard::of(&self.display, &server.key)
            .map(Some)
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
