//! What is shared in the demonstration: a real program on a real X server, if
//! both can be had, or else the toy desktop.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use kith_api::{Code, ShareWhat};
use kith_codec::geometry::Size;
use kith_codec::picture::Picture;

use super::super::Fail;

/// How long the program may take to appear, and how often it is started anew.
const APPEAR: Duration = Duration::from_secs(4);
const TRIES: usize = 4;
/// How often it is looked whether they have.
const GLANCE: Duration = Duration::from_millis(50);
/// The screen's size and depth.
const SCREEN: &str = "640x400x24";

/// What is shared.
pub(super) enum Stage {
    /// The desktop made of numbers.
    Toy,
    /// A screen of its own, with a terminal on it.
    Screen(Screen),
}

/// An X server without a monitor, and what runs on it. All of it ends when
/// this is dropped.
pub(super) struct Screen {
    server: Child,
    programs: Vec<Child>,
    display: String,
    authority: PathBuf,
    framebuffer: PathBuf,
    typed: PathBuf,
}

impl Drop for Screen {
    fn drop(&mut self) {
        for child in self.programs.iter_mut().chain([&mut self.server]) {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Stage {
    /// The best that this machine has, and what it is in words.
    pub(super) fn find(folder: &Path) -> (Self, String) {
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
        match Screen::open(folder) {
            Ok(screen) => {
                let said = format!(
                    "a terminal on a real X server without a monitor (Xvfb, {})",
                    screen.display
                );
                (Self::Screen(screen), said)
            }
            Err(why) => (Self::Toy, format!("a toy desktop (the X server: {why})")),
        }
    }

    /// What Anna's node gets to find the screen.
    pub(super) fn environment(&self) -> Vec<(&'static str, PathBuf)> {
        match self {
            Self::Toy => Vec::new(),
            Self::Screen(s) => vec![
                ("DISPLAY", PathBuf::from(&s.display)),
                ("XAUTHORITY", s.authority.clone()),
            ],
        }
    }

    pub(super) fn what(&self) -> ShareWhat {
        match self {
            Self::Toy => ShareWhat::Synthetic,
            Self::Screen(_) => ShareWhat::Desktop,
        }
    }
}

impl Screen {
    fn open(folder: &Path) -> Result<Self, Fail> {
        let framebuffer = folder.join("screen");
        std::fs::create_dir(&framebuffer).map_err(|e| Fail::file(&framebuffer, &e))?;
        let authority = folder.join("authority");
        super::super::place::write_file(&authority, &cookie())?;
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", SCREEN, "-noreset"])
            .args(["-nolisten", "tcp", "-auth"])
            .arg(&authority)
            .arg("-fbdir")
            .arg(&framebuffer)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(failed)?;
        let mut number = String::new();
        let out = server.stdout.take();
        let read = out.map(|out| BufReader::new(out).read_line(&mut number));
        let mut screen = Self {
            server,
            programs: Vec::new(),
            display: format!(":{}", number.trim()),
            authority,
            framebuffer: framebuffer.join("Xvfb_screen0"),
            typed: folder.join("typed"),
        };
        if !matches!(read, Some(Ok(n)) if n > 1) {
            return Err(Fail::new(Code::Internal, "it doesn't start"));
        }
        if is_installed("openbox") {
            screen.run(Command::new("openbox").arg("--sm-disable"))?;
        }
        let write = format!("cat > '{}'", screen.typed.display());
        let mut terminal = Command::new("xterm");
        terminal.args(["-geometry", "60x16+60+60", "-e", "sh", "-c", &write]);
        // A window that comes while the window manager starts may stay unseen.
        for _ in 0..TRIES {
            screen.run(&mut terminal)?;
            if screen.appears() {
                return Ok(screen);
            }
            if let Some(mut unseen) = screen.programs.pop() {
                let _ = unseen.kill();
                let _ = unseen.wait();
            }
        }
        Err(Fail::new(Code::Internal, "the terminal doesn't appear"))
    }

    fn run(&mut self, program: &mut Command) -> Result<(), Fail> {
        let child = program
            .env("DISPLAY", &self.display)
            .env("XAUTHORITY", &self.authority)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(failed)?;
        self.programs.push(child);
        Ok(())
    }

    /// Until the terminal has been drawn and its program runs.
    fn appears(&self) -> bool {
        let until = Instant::now() + APPEAR;
        while Instant::now() < until {
            let drawn = self.picture().is_ok_and(|p| {
                let first = p.get(0, 0);
                p.pixels().iter().filter(|c| **c != first).count() > 20_000
            });
            if drawn && self.typed.exists() {
                return true;
            }
            std::thread::sleep(GLANCE);
        }
        false
    }

    /// What stands on the screen now, from the X server's own memory.
    pub(super) fn picture(&self) -> Result<Picture, Fail> {
        let bytes =
            std::fs::read(&self.framebuffer).map_err(|e| Fail::file(&self.framebuffer, &e))?;
        xwd(&bytes).ok_or_else(|| Fail::new(Code::Internal, "the screen's memory can't be read"))
    }

    /// What was typed into the terminal, line by line.
    pub(super) fn typed(&self) -> String {
        std::fs::read_to_string(&self.typed).unwrap_or_default()
    }
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

/// A file with one random key for any display, as X programs read it: only
/// who can read it may draw on this screen, or type.
fn cookie() -> Vec<u8> {
    use rand_core::Rng as _;
    const NAME: &[u8] = b"MIT-MAGIC-COOKIE-1";
    let mut key = [0; 16];
    crate::random::system().fill_bytes(&mut key);
    // Family "any", no address, no display number.
    let mut file = vec![0xff, 0xff, 0, 0, 0, 0, 0, NAME.len() as u8];
    file.extend(NAME);
    file.extend([0, key.len() as u8]);
    file.extend(key);
    file
}

fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

fn failed(e: std::io::Error) -> Fail {
    Fail::new(Code::Internal, e.to_string())
}
