//! Which windows a person means who names an application or a window.
//!
//! What counts is what the X server and the system know: the process of a
//! window and its program. Titles and classes are claims, good for finding
//! only. The root window is never among them, nor are Kith's own windows and
//! private ones (GUARD-3, GUARD-10).

use std::collections::BTreeSet;
use std::fmt;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use kith_codec::picture::Picture;
use kith_proto::names::escape_for_display;
use kith_screen::guard::{ClientId, Owner, ProcessId, Shared, What, WindowId as GuardWindow};
use kith_screen::x11::{
    Mark, OpenError, Privacy, Target, WindowId, WindowInfo, WindowKind, WindowSource, mark,
    thumbnail, windows,
};

use super::orders::{InputTo, Opened};
use super::own::{Hiding, OwnProcesses};
use super::pieces::Pieces;
use super::warden::Guarded;

/// Windows that are listed when several fit: as many as can be read at once.
const LISTED: usize = 5;
/// Characters of a title that are told.
const TOLD: usize = 60;

/// What a person names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// An application, by its program's name, or else its windows' class.
    Application(String),
    /// The application that has a window of the list.
    ApplicationOf(Listed),
    /// A window of the list.
    WindowOf(Listed),
    /// A window, by its number or else a part of its title. What is written as
    /// a number is never looked for in titles: those are claims.
    Window(String),
}

/// A window of the list that was offered. The number of one that was closed
/// may be another program's now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its number.
    pub window: WindowId,
    /// Whose it was in the list.
    pub process: u32,
}

/// Why that can't be shared.
#[derive(Debug, thiserror::Error)]
pub enum ChooseError {
    /// The display can't be asked.
    #[error(transparent)]
    Display(#[from] OpenError),
    /// No window there is of such a program. These have one.
    #[error("no application “{0}” has a window here; {1}")]
    NoApplication(String, There),
    /// Several processes run it; which one is not said.
    #[error("“{0}” runs several times: {1}")]
    SeveralApplications(String, String),
    /// No window has such a number or title. There are these.
    #[error("there is no window “{0}”; {1}")]
    NoWindow(String, There),
    /// No window that can be marked has this number. What there is instead is
    /// not told: whoever controls this screen may ask (GUARD-9).
    #[error("there is no window “{0}”")]
    NoneToMark(WindowId),
    /// The window that was chosen is another program's by now.
    #[error("the window {0} isn’t that program’s any more")]
    NotIts(WindowId),
    /// Several windows have it in their titles.
    #[error("“{0}” fits several windows: {1}")]
    SeveralWindows(String, String),
}

/// What could be shared instead, as it is told.
#[derive(Debug)]
pub struct There(String);

impl There {
    fn of(names: impl IntoIterator<Item = String>) -> Self {
        let mut all: Vec<String> = Vec::new();
        for name in names {
            if !all.contains(&name) {
                all.push(name);
            }
        }
        let more = all.len().saturating_sub(LISTED);
        all.truncate(LISTED);
        let mut text = all.join(", ");
        if more > 0 {
            text = format!("{text} and {more} more");
        }
        Self(text)
    }
}

impl fmt::Display for There {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_str() {
            "" => f.write_str("there is nothing to share"),
            all => write!(f, "there is {all}"),
        }
    }
}

/// A window or application that was chosen. It is shared only while it is
/// still the same program's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    target: Target,
    program: String,
    owners: BTreeSet<Owner>,
}

impl Chosen {
    /// Looks for it on the display that `DISPLAY` names. Asks that display:
    /// may be slow.
    ///
    /// # Errors
    /// [`ChooseError`].
    pub fn find(wanted: &Wanted) -> Result<Self, ChooseError> {
        choose(&windows(None)?, wanted)
    }

    /// The name of the program. From outside: escape it.
    #[must_use]
    pub fn program(&self) -> &str {
        &self.program
    }

    /// Whether it is one window and not a whole application.
    #[must_use]
    pub const fn is_window(&self) -> bool {
        matches!(self.target, Target::Window(_))
    }

    /// Opens it: its own pixels only (R6), and input to its windows only (R5).
    pub(super) fn open(&self, own: &OwnProcesses) -> Result<Opened, OpenError> {
        let list = windows(None)?;
        let (what, title) = self.again(&list).ok_or(OpenError::Nothing)?;
        let kith = list.iter().filter(|w| is_kith(w));
        let others: BTreeSet<u32> = kith.filter_map(|w| w.process).collect();
        let hidden = move |own: &BTreeSet<u32>| Privacy {
            processes: own.union(&others).copied().collect(),
            ..Privacy::default()
        };
        let source = WindowSource::open(None, vec![self.target], hidden(&own.ids()))?;
        let control = source.control();
        let pieces = Pieces::new(control.clone(), &self.program, self.target, what.clone());
        let listening = own.listen(move |ids| control.set_privacy(hidden(ids)));
        Ok(Opened {
            source: Box::new(Hiding::new(source, listening)),
            input: InputTo::WardenOf(
                Guarded {
                    what,
                    title: Some(title),
                    // The picture grows with dialogs: its place counts.
                    window: None,
                },
                pieces,
            ),
        })
    }

    /// What of it takes input, and what it is called, if it is still there.
    fn again(&self, list: &[WindowInfo]) -> Option<(What, String)> {
        let mut ours = list
            .iter()
            .filter(|w| may_be_shared(w) && w.program.as_deref() == Some(&*self.program));
        match self.target {
            Target::Window(id) => {
                let window = ours.find(|w| w.id == id)?;
                let owner = owner(window).filter(|o| self.owners.contains(o))?;
                let id = GuardWindow(id.0);
                Some((What::Windows(vec![Shared { id, owner }]), told(window)))
            }
            Target::Application(process) => {
                let ours = ours.filter(|w| w.process == Some(process));
                let owners: BTreeSet<Owner> = ours.filter_map(owner).collect();
                let owners: Vec<Owner> = match owners.is_disjoint(&self.owners) {
                    true => return None,
                    false => owners.into_iter().collect(),
                };
                (owners.len() <= kith_screen::guard::MAX_SHARED).then(|| {
                    let title = escape_for_display(&self.program);
                    (What::Applications(owners), title)
                })
            }
        }
    }
}

/// Windows of which a choice is offered: nobody looks through more.
const OFFERED: usize = 40;

/// A window that could be shared.
#[derive(Debug)]
pub struct Choice {
    /// What is known of it. Its texts are from outside: escape them.
    pub info: WindowInfo,
    /// How it looks, if it is shown and that was asked for.
    pub picture: Option<Picture>,
}

impl Choice {
    /// All of them on the display that `DISPLAY` names, topmost first, with
    /// pictures whose longest side is `side` (0: none) as far as they can be
    /// had `within` this time. Asks that display: may be slow.
    ///
    /// # Errors
    /// The display can't be asked.
    pub fn all(side: u16, within: Duration) -> Result<Vec<Self>, OpenError> {
        let end = Instant::now() + within;
        let list = windows(None)?;
        let free = list
            .iter()
            .filter(|w| may_be_shared(w) && w.kind != WindowKind::PopUp);
        let choice = |w: &WindowInfo| {
            let wanted = side > 0 && w.shown && Instant::now() < end;
            let privacy = privacy(&list);
            // One that can't be had is no reason to offer nothing.
            let picture = wanted
                .then(|| thumbnail(None, w.id, privacy, side).ok().flatten())
                .flatten();
            let info = w.clone();
            Self { info, picture }
        };
        Ok(free.take(OFFERED).map(choice).collect())
    }

    /// The windows that are marked private, topmost first, without pictures:
    /// who takes a mark away has to know of them. Not Kith's own.
    ///
    /// # Errors
    /// The display can't be asked.
    pub fn private() -> Result<Vec<Self>, OpenError> {
        let list = windows(None)?;
        let private = list.into_iter().filter(|w| w.private && !is_kith(w));
        let choice = |info| Self {
            info,
            picture: None,
        };
        Ok(private.take(OFFERED).map(choice).collect())
    }

    /// Marks a window, for every share of the display, if it is of that
    /// process, where one is said. Kith's own keep theirs.
    ///
    /// # Errors
    /// There is no such window, or the display can't be asked.
    pub fn mark(window: WindowId, process: Option<u32>, put: Mark) -> Result<(), ChooseError> {
        may_be_marked(&windows(None)?, window, process)?;
        match mark(None, window, process, put) {
            Err(OpenError::Nothing) => Err(ChooseError::NoneToMark(window)),
            marked => Ok(marked?),
        }
    }
}

/// Whether the window is one of these, and not Kith's own.
fn may_be_marked(
    list: &[WindowInfo],
    window: WindowId,
    process: Option<u32>,
) -> Result<(), ChooseError> {
    let is = |w: &&WindowInfo| w.id == window && (process.is_none() || w.process == process);
    match list.iter().find(is).is_some_and(|w| !is_kith(w)) {
        true => Ok(()),
        false => Err(ChooseError::NoneToMark(window)),
    }
}

/// What is never in a picture: Kith's own windows.
fn privacy(list: &[WindowInfo]) -> Privacy {
    let kith = list.iter().filter(|w| is_kith(w));
    let mut processes: Vec<u32> = kith.filter_map(|w| w.process).collect();
    processes.push(std::process::id());
    processes.sort_unstable();
    processes.dedup();
    Privacy {
        processes,
        ..Privacy::default()
    }
}

pub(super) fn owner(window: &WindowInfo) -> Option<Owner> {
    let process = window.process.and_then(NonZeroU32::new)?;
    Some(Owner {
        client: ClientId(window.client),
        process: ProcessId(process),
    })
}

/// Whether its program is one of Kith's, this node's or another's.
fn is_kith(window: &WindowInfo) -> bool {
    let named = window
        .program
        .as_deref()
        .is_some_and(|p| p == "kith" || p.starts_with("kith-") || p.starts_with("kith "));
    named || window.process == Some(std::process::id())
}

pub(super) fn may_be_shared(window: &WindowInfo) -> bool {
    let known = window.program.is_some() && owner(window).is_some();
    known && !window.private && !is_kith(window)
}

fn told(window: &WindowInfo) -> String {
    let short: String = window.title.chars().take(TOLD).collect();
    escape_for_display(&short)
}

fn listed<'a>(windows: impl IntoIterator<Item = &'a WindowInfo>) -> String {
    let lines = windows.into_iter().take(LISTED);
    let lines: Vec<String> = lines.map(one_line).collect();
    lines.join(", ")
}

fn one_line(window: &WindowInfo) -> String {
    format!("{} “{}”", window.id, told(window))
}

/// The number that is written there, and the process, as they are listed;
/// `Some(None)`: no window can have it.
fn number(text: &str) -> Option<Option<(WindowId, Option<u32>)>> {
    let (text, process) = match text.split_once(':') {
        Some((number, process)) if number.starts_with("0x") => (number, Some(process)),
        _ => (text, None),
    };
    let (digits, radix) = match text.strip_prefix("0x") {
        Some(hex) => (hex, 16),
        None => (text, 10),
    };
    let whole = |text: &str, radix| !text.is_empty() && text.chars().all(|c| c.is_digit(radix));
    if !whole(digits, radix) || process.is_some_and(|p| !whole(p, 10)) {
        return None;
    }
    let id = u32::from_str_radix(digits, radix).ok().map(WindowId);
    let process = process.map(str::parse).transpose().ok();
    Some(id.zip(process))
}

/// The window of the list, if it is still whose it was.
fn still<'a>(free: &[&'a WindowInfo], listed: Listed) -> Result<&'a WindowInfo, ChooseError> {
    let found = free.iter().find(|w| w.id == listed.window).copied();
    let found = found.ok_or_else(|| {
        let there = There::of(free.iter().map(|w| one_line(w)));
        ChooseError::NoWindow(listed.window.to_string(), there)
    })?;
    match found.process == Some(listed.process) {
        true => Ok(found),
        false => Err(ChooseError::NotIts(listed.window)),
    }
}

/// Finds what is wanted among the windows of a display.
fn choose(list: &[WindowInfo], wanted: &Wanted) -> Result<Chosen, ChooseError> {
    let free = list
        .iter()
        .filter(|w| may_be_shared(w) && w.kind != WindowKind::PopUp);
    let free: Vec<&WindowInfo> = free.collect();
    let (target, first) = match wanted {
        Wanted::Application(name) => {
            let name = name.trim();
            let same = |text: &str| !name.is_empty() && text.to_lowercase() == name.to_lowercase();
            let program = |w: &&&WindowInfo| w.program.as_deref().is_some_and(same);
            let mut found: Vec<&WindowInfo> = free.iter().filter(program).copied().collect();
            if found.is_empty() {
                found.extend(free.iter().filter(|w| same(&w.class)));
            }
            let shown = || escape_for_display(name);
            let Some(first) = found.first().copied() else {
                let there = free.iter().filter_map(|w| w.program.as_deref());
                let there = There::of(there.map(escape_for_display));
                return Err(ChooseError::NoApplication(shown(), there));
            };
            if found.iter().any(|w| w.process != first.process) {
                return Err(ChooseError::SeveralApplications(shown(), listed(found)));
            }
            (first.process.map(Target::Application), first)
        }
        Wanted::ApplicationOf(listed) => {
            let first = still(&free, *listed)?;
            (first.process.map(Target::Application), first)
        }
        Wanted::WindowOf(listed) => {
            let first = still(&free, *listed)?;
            (Some(Target::Window(first.id)), first)
        }
        Wanted::Window(title) => {
            let title = title.trim();
            let shown = || escape_for_display(title);
            let lower = title.to_lowercase();
            let part = |w: &&&WindowInfo| {
                !lower.is_empty() && w.title.to_lowercase().contains(lower.as_str())
            };
            let found: Vec<&WindowInfo> = match number(title) {
                Some(id) => {
                    let is = |w: &&&WindowInfo| {
                        id.is_some_and(|(id, p)| w.id == id && (p.is_none() || w.process == p))
                    };
                    free.iter().filter(is).copied().collect()
                }
                None => free.iter().filter(part).copied().collect(),
            };
            // A whole title is meant before a part of others.
            let mut whole = found.iter().filter(|w| w.title == title);
            let first = match (found.as_slice(), whole.next(), whole.next()) {
                ([], ..) => {
                    let there = There::of(free.iter().map(|w| one_line(w)));
                    return Err(ChooseError::NoWindow(shown(), there));
                }
                ([one], ..) | (_, Some(one), None) => *one,
                _ => return Err(ChooseError::SeveralWindows(shown(), listed(found))),
            };
            (Some(Target::Window(first.id)), first)
        }
    };
    let of_it = list.iter().filter(|w| w.process == first.process);
    let owners: BTreeSet<Owner> = match target {
        Some(Target::Window(_)) => owner(first).into_iter().collect(),
        _ => of_it.filter_map(owner).collect(),
    };
    let nothing = OpenError::Nothing;
    Ok(Chosen {
        target: target.ok_or(nothing)?,
        program: first.program.clone().unwrap_or_default(),
        owners,
    })
}

#[cfg(test)]
mod tests;
