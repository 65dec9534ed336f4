//! The stage as it must look, and the viewer's look at it.

use std::cell::Cell;
use std::time::{Duration, Instant};

use kith_api::Code;
use kith_codec::geometry::{Rect, Size};
use kith_codec::input::{Keysym, Place};
use kith_codec::picture::Picture;
use kith_codec::synthetic::{Desktop, Kind};
use kith_view::headless::Headless;
use kith_view::session::Session;

use super::super::Fail;
use super::person::DEADLINE;
use super::share::view_failed;
use super::stage::{FOREIGN, Screen, Stage};
use crate::share::TOY_DESKTOP;

/// What Ben types.
pub(super) const TYPED: &str = "seen by ben";
/// How often a person types what didn't arrive.
const TRIES: usize = 3;
/// How often something that has no event is looked at.
pub(super) const GLANCE: Duration = Duration::from_millis(50);
/// The largest pointer that the X server draws into its own memory; Kith
/// sends pointers apart.
const POINTER: u16 = 48;

/// What is shared, as it must look, and what the viewer saw of what isn't.
pub(super) struct Scene<'a> {
    pub(super) what: What<'a>,
    /// How often the viewer's picture was looked at.
    pub(super) looked: Cell<u64>,
    /// Whether the other window's colour was ever in it.
    pub(super) foreign: Cell<bool>,
}

pub(super) enum What<'a> {
    /// A twin of the toy desktop: what is done to one is done to the other.
    Toy(Box<Desktop>),
    Screen(&'a Screen),
}

impl<'a> Scene<'a> {
    pub(super) fn new(stage: &'a Stage) -> Result<Self, Fail> {
        let what = match stage {
            Stage::Toy => {
                let (width, height) = TOY_DESKTOP;
                let size = Size::new(width, height)
                    .ok_or_else(|| Fail::new(Code::Internal, "the toy desktop"))?;
                What::Toy(Box::new(Desktop::new(size, 1)))
            }
            Stage::Screen(screen) => What::Screen(screen),
        };
        Ok(Self {
            what,
            looked: Cell::new(0),
            foreign: Cell::new(false),
        })
    }

    /// Runs the viewer, and looks at every picture that it has.
    pub(super) fn watch(
        &self,
        viewer: &mut Headless,
        limit: Duration,
        mut done: impl FnMut(&Session) -> bool,
    ) -> Result<bool, Fail> {
        let ran = viewer.run_until(limit, |s| {
            if let (What::Screen(_), Some(seen)) = (&self.what, s.picture()) {
                self.looked.set(self.looked.get() + 1);
                self.foreign
                    .set(self.foreign.get() || seen.pixels().contains(&FOREIGN));
            }
            done(s)
        });
        ran.map_err(|e| view_failed(e.into()))
    }

    pub(super) fn picture(&self) -> Result<Picture, Fail> {
        match &self.what {
            What::Toy(desktop) => Ok(desktop.picture().clone()),
            What::Screen(screen) => screen.picture(),
        }
    }

    /// Waits until the viewer's picture is the sharer's.
    pub(super) fn is_seen_by(&self, viewer: &mut Headless) -> Result<bool, Fail> {
        let until = Instant::now() + DEADLINE;
        while Instant::now() < until {
            self.watch(viewer, GLANCE, |_| false)?;
            let same = match (viewer.session().picture(), &self.what) {
                (Some(seen), What::Toy(desktop)) => seen == desktop.picture(),
                (Some(seen), What::Screen(screen)) => same_but_pointer(seen, &screen.terminal()?),
                (None, _) => false,
            };
            if same && viewer.session().is_exact() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Waits until the other window lies across the terminal.
    pub(super) fn is_covered(&self, screen: &Screen) -> bool {
        let until = Instant::now() + screen.patience();
        while !screen.is_covered() {
            if Instant::now() > until {
                return false;
            }
            std::thread::sleep(GLANCE);
        }
        true
    }

    /// Types as a person would: clicks into the window first.
    pub(super) fn type_into(&mut self, viewer: &mut Headless) -> Result<bool, Fail> {
        match &mut self.what {
            What::Toy(desktop) => {
                let at = middle(desktop.window(Kind::Editor));
                desktop.press(at.x, at.y);
                desktop.release();
                TYPED.chars().for_each(|c| desktop.type_char(c));
                viewer.click(at);
                viewer.type_text(TYPED);
                self.is_seen_by(viewer)
            }
            &mut What::Screen(screen) => {
                let until = Instant::now() + DEADLINE;
                let arrived = || match screen.is_theirs() {
                    true => screen.typed().lines().any(|line| line == TYPED),
                    false => screen.typed() == format!("{TYPED}\n"),
                };
                // On their own display a person's mouse and keyboard win.
                let tries = if screen.is_theirs() { TRIES } else { 1 };
                for _ in 0..tries {
                    // Where the other window doesn't lie: a click brings this one up.
                    viewer.click(Place { x: 30, y: 30 });
                    let raised = Instant::now() + screen.patience();
                    while screen.borders && screen.is_covered() && Instant::now() < raised {
                        self.watch(viewer, GLANCE, |_| false)?;
                    }
                    viewer.type_text(TYPED);
                    strike(viewer, RETURN);
                    let typed = Instant::now() + screen.patience();
                    while !arrived() && Instant::now() < typed.min(until) {
                        self.watch(viewer, GLANCE, |_| false)?;
                    }
                    if arrived() {
                        break;
                    }
                }
                Ok(arrived() && self.is_seen_by(viewer)?)
            }
        }
    }

    /// Places where a viewer may not click, and what lies there.
    pub(super) fn forbidden(&self) -> Result<Vec<(Place, &'static str)>, Fail> {
        Ok(match &self.what {
            What::Toy(desktop) => {
                let window = desktop.window(Kind::Editor);
                let title = Place {
                    x: window.x + window.w / 2,
                    y: window.y + 4,
                };
                vec![
                    (Place { x: 2, y: 2 }, "outside the windows"),
                    (title, "on the border of one"),
                ]
            }
            What::Screen(screen) => {
                let there = screen.terminal()?;
                let (width, height) = (there.size().width(), there.size().height());
                let mut all = Vec::new();
                if let Some(outside) = screen.outside() {
                    all.push((outside, "outside the application"));
                }
                let covered = Screen::covered(&there);
                if !covered.is_empty() {
                    all.push((middle(covered), "where the other window lies"));
                }
                if screen.borders {
                    let below = Place {
                        x: width / 2,
                        y: height + 2,
                    };
                    all.push((below, "on the window's border"));
                }
                all
            }
        })
    }
}

/// X11's Return.
const RETURN: u32 = 0xff0d;
/// X11's left Super.
pub(super) const SUPER: u32 = 0xffeb;

pub(super) fn strike(viewer: &mut Headless, keysym: u32) {
    if let Some(key) = Keysym::new(keysym) {
        viewer.strike(key, None);
    }
}

pub(super) fn middle(of: Rect) -> Place {
    Place {
        x: of.x + of.w / 2,
        y: of.y + of.h / 2,
    }
}

/// Whether what is seen is what stands there, but where the other window lies
/// and where one pointer can stand; and whether nothing of that window is seen.
fn same_but_pointer(one: &Picture, other: &Picture) -> bool {
    if one.size() != other.size() || one.pixels().contains(&FOREIGN) {
        return false;
    }
    let covered = Screen::covered(other);
    let width = usize::from(one.size().width());
    let pairs = one.pixels().iter().zip(other.pixels()).enumerate();
    let differ = pairs.filter(|(_, (a, b))| a != b);
    let at = differ.map(|(i, _)| (i % width, i / width));
    let hidden = |(x, y): &(usize, usize)| {
        let part = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        covered.contains(Rect::new(part(*x), part(*y), 1, 1))
    };
    let at = at.filter(|at| !hidden(at));
    let bounds = at.fold(None, |all: Option<[usize; 4]>, (x, y)| {
        let [l, t, r, b] = all.unwrap_or([x, y, x, y]);
        Some([l.min(x), t.min(y), r.max(x), b.max(y)])
    });
    let most = usize::from(POINTER);
    bounds.is_none_or(|[l, t, r, b]| r - l < most && b - t < most)
}
