//! What there is to share.

use std::fmt;

use kith_codec::geometry::Rect;
use x11rb::protocol::randr;
use x11rb::protocol::xproto::{AtomEnum, PropMode, Window};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use super::OpenError;
use super::link::{Link, answer, lost};
use super::tree::{self, Found};
use crate::source::SourceError;

/// Longest title or class, bytes. What is longer is cut.
pub const MAX_TITLE: u32 = 512;

/// A window, as X11 names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WindowId(pub u32);

impl fmt::Display for WindowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

/// What a window is to its application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WindowKind {
    /// One of its main windows.
    Ordinary,
    /// It belongs to another of its windows: a dialog, a palette.
    Dialog,
    /// A menu, a tooltip, a splash: the window manager does not touch it.
    PopUp,
}

/// A window that could be shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowInfo {
    /// The window.
    pub id: WindowId,
    /// What it is.
    pub kind: WindowKind,
    /// The client that made it: the base of its resource numbers.
    pub client: u32,
    /// Whose it is: the process as the X server knows it, not as the window
    /// claims. `None` for programs of other machines.
    pub process: Option<u32>,
    /// The name of that process's program. From outside: escape it.
    pub program: Option<String>,
    /// Its title, at most [`MAX_TITLE`] bytes. From outside: escape it.
    pub title: String,
    /// What it says its kind of program is, likewise.
    pub class: String,
    /// Left edge of its inside on the root window; may be outside.
    pub x: i32,
    /// Top edge.
    pub y: i32,
    /// Width in pixels.
    pub width: u16,
    /// Height.
    pub height: u16,
    /// On the screen now, be it covered. Not so when it is minimised or on
    /// another virtual desktop.
    pub shown: bool,
    /// Its program or somebody marked it as private (GUARD-10).
    pub private: bool,
}

/// A screen of the display.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Monitor {
    /// Its connector's name.
    pub name: String,
    /// Where it is on the root window.
    pub rect: Rect,
    /// The one where things appear first.
    pub primary: bool,
}

/// The windows of a display (`None`: the one that `DISPLAY` names), topmost
/// first: shown ones, and managed ones that are minimised. Pop-ups are listed
/// too; who picks windows for people leaves them out.
///
/// # Errors
/// [`OpenError`].
pub fn windows(display: Option<&str>) -> Result<Vec<WindowInfo>, OpenError> {
    let link = Link::open(display)?;
    let tops = tree::children(&link, &[link.root])?
        .pop()
        .unwrap_or_default();
    let found = tree::programs(&link, &tops)?.programs;
    let ids: Vec<u32> = found.iter().map(|f| f.window).collect();
    let looks = tree::look(&link, &ids)?;
    let owners = tree::numbers(&link, &ids, AtomEnum::WM_TRANSIENT_FOR.into())?;
    let marks = tree::numbers(&link, &ids, link.atoms._KITH_PRIVATE)?;
    let processes = tree::all_processes(&link)?;
    let mut list = Vec::new();
    for (
        i,
        Found {
            window, managed, ..
        },
    ) in found.iter().enumerate()
    {
        let Some(look) = looks[i].filter(|l| l.pixels && (l.viewable || *managed)) else {
            continue;
        };
        let client = link.client_of(*window);
        let process = processes
            .iter()
            .find(|(c, _)| *c == client)
            .map(|(_, p)| *p);
        list.push(WindowInfo {
            id: WindowId(*window),
            kind: match (look.popup, owners[i].first()) {
                (true, _) => WindowKind::PopUp,
                (false, Some(owner)) if *owner != 0 => WindowKind::Dialog,
                _ => WindowKind::Ordinary,
            },
            client: client.0,
            process,
            program: process.and_then(program),
            title: title(&link, *window)?,
            class: class(&link, *window)?,
            x: look.at.0,
            y: look.at.1,
            width: look.w,
            height: look.h,
            shown: look.viewable,
            private: is_set(&marks[i]),
        });
    }
    list.reverse();
    Ok(list)
}

/// Whether anybody who watches may see a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Nobody may, and nobody controls it.
    Private,
    /// As for any other.
    Open,
}

/// Marks a window for everybody who shows or guards this display (`None`: the
/// one that `DISPLAY` names), at once and as long as it lives (GUARD-10).
/// Where a process is said, only if the window is of that one: numbers of
/// windows that are gone come to others.
///
/// # Errors
/// [`OpenError`]; [`OpenError::Nothing`] if there is no such window, or it is
/// gone.
pub fn mark(
    display: Option<&str>,
    window: WindowId,
    process: Option<u32>,
    mark: Mark,
) -> Result<(), OpenError> {
    if !windows(display)?.iter().any(|w| w.id == window) {
        return Err(OpenError::Nothing);
    }
    let link = Link::open(display)?;
    // Nobody takes the number over between the look and the mark.
    link.stop_others()?;
    let marked = mark_stopped(&link, window, process, mark);
    link.resume_others()?;
    marked
}

fn mark_stopped(
    link: &Link,
    window: WindowId,
    process: Option<u32>,
    mark: Mark,
) -> Result<(), OpenError> {
    let client = link.client_of(window.0);
    if process.is_some() && tree::process(link, client)? != process {
        return Err(OpenError::Nothing);
    }
    let value = match mark {
        Mark::Private => 1,
        Mark::Open => 0,
    };
    let (name, kind) = (link.atoms._KITH_PRIVATE, AtomEnum::CARDINAL);
    let set = link
        .conn
        .change_property32(PropMode::REPLACE, window.0, name, kind, &[value])
        .map_err(lost)?;
    answer(set.check())?.ok_or(OpenError::Nothing)
}

/// Whether a mark (a number) is there and not zero.
pub(crate) fn is_set(value: &[u32]) -> bool {
    value.first().is_some_and(|v| *v != 0)
}

/// The name of the program that a process runs. From outside: escape it.
pub(crate) fn program(process: u32) -> Option<String> {
    let path = format!("/proc/{process}/exe");
    let name = std::fs::read_link(path).ok();
    let name = name.and_then(|p| Some(p.file_name()?.to_string_lossy().into_owned()));
    // Of other people's processes only the short name can be read.
    name.or_else(|| {
        let short = std::fs::read_to_string(format!("/proc/{process}/comm")).ok()?;
        Some(short.trim_end().to_owned())
    })
}

fn title(link: &Link, window: u32) -> Result<String, SourceError> {
    let new = tree::text(link, window, link.atoms._NET_WM_NAME, MAX_TITLE)?;
    if !new.is_empty() {
        return Ok(String::from_utf8_lossy(&new).into_owned());
    }
    let old = tree::text(link, window, AtomEnum::WM_NAME.into(), MAX_TITLE)?;
    Ok(latin(&old))
}

/// The second of the two zero-terminated words of `WM_CLASS`.
pub(crate) fn class(link: &Link, window: u32) -> Result<String, SourceError> {
    let both = tree::text(link, window, AtomEnum::WM_CLASS.into(), MAX_TITLE)?;
    Ok(latin(both.split(|b| *b == 0).nth(1).unwrap_or_default()))
}

fn latin(bytes: &[u8]) -> String {
    bytes.iter().map(|b| char::from(*b)).collect()
}

/// The screens of a display.
///
/// # Errors
/// [`OpenError`].
pub fn monitors(display: Option<&str>) -> Result<Vec<Monitor>, OpenError> {
    let link = Link::open(display)?;
    monitors_of(&link.conn, link.root)
}

/// The same, over a connection that stands.
pub(super) fn monitors_of(conn: &RustConnection, root: Window) -> Result<Vec<Monitor>, OpenError> {
    let version = randr::query_version(conn, 1, 5).map_err(lost)?;
    answer(version.reply())?
        .filter(|v| (v.major_version, v.minor_version) >= (1, 5))
        .ok_or(OpenError::Lacks("RandR 1.5"))?;
    let asked = randr::get_monitors(conn, root, true).map_err(lost)?;
    let reply = answer(asked.reply())?.ok_or(OpenError::Lacks("RandR 1.5"))?;
    let mut list = Vec::new();
    for m in reply.monitors {
        let name = x11rb::protocol::xproto::get_atom_name(conn, m.name).map_err(lost)?;
        let name = answer(name.reply())?.map_or(Vec::new(), |r| r.name);
        let (x, y) = (
            u16::try_from(m.x).unwrap_or(0),
            u16::try_from(m.y).unwrap_or(0),
        );
        list.push(Monitor {
            name: latin(&name),
            rect: Rect::new(x, y, m.width, m.height),
            primary: m.primary,
        });
    }
    Ok(list)
}
