//! Asking about many windows at once: a round trip a question, not a window.

use std::collections::BTreeSet;

use x11rb::protocol::res::{self, ClientIdMask, ClientIdSpec};
use x11rb::protocol::xproto::{self, AtomEnum, MapState, QueryTreeReply, Window, WindowClass};

use super::link::{Client, Link, answer, lost};
use crate::plane::Span;
use crate::source::{Placement, SourceError};

/// How deep below a child of the root window managers put what they manage.
/// Openbox needs one level, KWin two.
pub(crate) const FRAME_DEPTH: usize = 3;

/// How far up frames are followed.
pub(crate) const MAX_FRAMES: usize = 8;

/// Most windows looked at in one walk. A crowded desktop has some hundreds;
/// beyond, what is not found is not shared, and in a desktop share stays grey.
const MAX_WALK: usize = 8192;

/// What one window is and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    /// It and all its ancestors are mapped.
    pub(crate) viewable: bool,
    /// It has pixels.
    pub(crate) pixels: bool,
    /// Menus, tooltips and the like: no window manager touches it.
    pub(crate) popup: bool,
    /// Of its inside, on the root window.
    pub(crate) at: (i32, i32),
    /// Of its inside.
    pub(crate) w: u16,
    pub(crate) h: u16,
    pub(crate) border: u16,
    pub(crate) depth: u8,
}

impl Look {
    /// Its inside on the root window.
    pub(crate) fn inside(&self) -> Span {
        Span::new(self.at.0, self.at.1, self.w.into(), self.h.into())
    }

    /// The same with its border.
    pub(crate) fn outside(&self) -> Span {
        let (inside, b) = (self.inside(), i32::from(self.border));
        let (w, h) = (inside.w + 2 * b, inside.h + 2 * b);
        Span::new(inside.x - b, inside.y - b, w, h)
    }
}

/// Looks at windows; `None` for those that are gone.
pub(crate) fn look(link: &Link, windows: &[Window]) -> Result<Vec<Option<Look>>, SourceError> {
    let c = &link.conn;
    let mut asked = Vec::with_capacity(windows.len());
    for w in windows {
        let attributes = xproto::get_window_attributes(c, *w).map_err(lost)?;
        let geometry = xproto::get_geometry(c, *w).map_err(lost)?;
        let place = xproto::translate_coordinates(c, *w, link.root, 0, 0).map_err(lost)?;
        asked.push((attributes, geometry, place));
    }
    let mut looks = Vec::with_capacity(windows.len());
    for (attributes, geometry, place) in asked {
        let attributes = answer(attributes.reply())?;
        let geometry = answer(geometry.reply())?;
        let place = answer(place.reply())?;
        looks.push(match (attributes, geometry, place) {
            (Some(a), Some(g), Some(p)) => Some(Look {
                viewable: a.map_state == MapState::VIEWABLE,
                pixels: a.class == WindowClass::INPUT_OUTPUT,
                popup: a.override_redirect,
                at: (p.dst_x.into(), p.dst_y.into()),
                w: g.width,
                h: g.height,
                border: g.border_width,
                depth: g.depth,
            }),
            _ => None,
        });
    }
    Ok(looks)
}

/// The children of each window, lowest first; none of those that are gone.
pub(crate) fn children(link: &Link, of: &[Window]) -> Result<Vec<Vec<Window>>, SourceError> {
    let all = kin(link, of)?.into_iter();
    Ok(all.map(|t| t.map_or(Vec::new(), |t| t.children)).collect())
}

/// The parent and the children of each window; `None` for those that are gone.
/// All are asked before the first answer is waited for.
fn kin(link: &Link, of: &[Window]) -> Result<Vec<Option<QueryTreeReply>>, SourceError> {
    let asked: Result<Vec<_>, _> = of
        .iter()
        .map(|w| xproto::query_tree(&link.conn, *w))
        .collect();
    let answers = asked.map_err(lost)?.into_iter();
    answers.map(|cookie| answer(cookie.reply())).collect()
}

/// The value of a 32-bit property of each window.
pub(crate) fn numbers(
    link: &Link,
    windows: &[Window],
    name: u32,
) -> Result<Vec<Vec<u32>>, SourceError> {
    let asked: Result<Vec<_>, _> = windows
        .iter()
        .map(|w| xproto::get_property(&link.conn, false, *w, name, AtomEnum::ANY, 0, 32))
        .collect();
    let mut all = Vec::with_capacity(windows.len());
    for cookie in asked.map_err(lost)? {
        let reply = answer(cookie.reply())?;
        all.push(reply.map_or(Vec::new(), |r| {
            r.value32().map_or(Vec::new(), Iterator::collect)
        }));
    }
    Ok(all)
}

/// A text property of a window, its first `most` bytes.
pub(crate) fn text(
    link: &Link,
    window: Window,
    name: u32,
    most: u32,
) -> Result<Vec<u8>, SourceError> {
    let any = AtomEnum::ANY;
    let asked = xproto::get_property(&link.conn, false, window, name, any, 0, most.div_ceil(4));
    let reply = answer(asked.map_err(lost)?.reply())?;
    Ok(reply
        .filter(|r| r.format == 8)
        .map_or(Vec::new(), |r| r.value))
}

/// The process of a client, as the server knows it from the connection; `None`
/// if it is gone or on another machine.
pub(crate) fn process(link: &Link, client: Client) -> Result<Option<u32>, SourceError> {
    Ok(processes(link, client.0)?.first().map(|(_, pid)| *pid))
}

/// All clients that have a process on this machine.
pub(crate) fn all_processes(link: &Link) -> Result<Vec<(Client, u32)>, SourceError> {
    processes(link, 0)
}

fn processes(link: &Link, client: u32) -> Result<Vec<(Client, u32)>, SourceError> {
    let mask = ClientIdMask::LOCAL_CLIENT_PID;
    let asked = res::query_client_ids(&link.conn, &[ClientIdSpec { client, mask }]);
    let reply = answer(asked.map_err(lost)?.reply())?;
    let ids = reply.map_or(Vec::new(), |r| r.ids);
    let one = |id: &res::ClientIdValue| {
        let pid = id.value.first().copied().filter(|pid| *pid != 0)?;
        Some((link.client_of(id.spec.client), pid))
    };
    Ok(ids.iter().filter_map(one).collect())
}

/// A window of a program, and the child of the root that it is or is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) top: Window,
    pub(crate) window: Window,
    /// A window manager manages it.
    pub(crate) managed: bool,
}

/// What [`programs`] found.
#[derive(Debug, Default)]
pub(crate) struct Walk {
    /// The windows of programs, lowest first.
    pub(crate) programs: Vec<Found>,
    /// All windows that were looked at, each after its top. One that is about
    /// to be managed is among them.
    pub(crate) visited: Vec<(Window, Window)>,
}

/// The windows of programs within these children of the root: those that are
/// managed, found inside the frames that window managers put around them, and
/// children of the root in which nothing is managed.
pub(crate) fn programs(link: &Link, tops: &[Window]) -> Result<Walk, SourceError> {
    walk(link, tops, None)
}

/// The same; if a mask is given, each window looked at is watched before it is
/// asked, so that nothing comes into it unheard.
pub(crate) fn walk(
    link: &Link,
    tops: &[Window],
    told: Option<xproto::EventMask>,
) -> Result<Walk, SourceError> {
    let mut found = Vec::new();
    let mut visited = Vec::new();
    let mut level: Vec<(Window, Window)> = tops.iter().map(|t| (*t, *t)).collect();
    let mut frames = BTreeSet::new();
    for _ in 0..=FRAME_DEPTH {
        level.truncate(MAX_WALK - visited.len());
        visited.extend(&level);
        let windows: Vec<Window> = level.iter().map(|(_, w)| *w).collect();
        for (w, mask) in windows.iter().zip(told.iter().cycle()) {
            super::stack::watch(link, *w, *mask)?;
        }
        let states = numbers(link, &windows, link.atoms.WM_STATE)?;
        let (mut open, mut inside) = (Vec::new(), Vec::new());
        for ((top, window), state) in level.iter().zip(&states) {
            if state.is_empty() {
                open.push(*top);
                inside.push(*window);
            } else {
                frames.insert(*top);
                found.push(Found {
                    top: *top,
                    window: *window,
                    managed: true,
                });
            }
        }
        let below = children(link, &inside)?;
        let below = open.iter().zip(below);
        level = below
            .flat_map(|(top, below)| below.into_iter().map(move |w| (*top, w)))
            .collect();
    }
    for top in tops.iter().filter(|t| !frames.contains(t)) {
        found.push(Found {
            top: *top,
            window: *top,
            managed: false,
        });
    }
    // Lowest first, as the tops are.
    let rank = |top: Window| tops.iter().position(|t| *t == top);
    found.sort_by_key(|f| rank(f.top));
    Ok(Walk {
        programs: found,
        visited,
    })
}

/// The parent of each window; `None` for those that are gone.
pub(crate) fn parents(link: &Link, of: &[Window]) -> Result<Vec<Option<Window>>, SourceError> {
    let all = kin(link, of)?.into_iter();
    Ok(all.map(|t| t.map(|t| t.parent)).collect())
}

/// A window's own insides.
#[derive(Debug, Default)]
pub(crate) struct Inside {
    /// Where it is on the root window.
    pub(crate) at: Placement,
    /// It and the windows below it of the same owners.
    pub(crate) own: Vec<Window>,
    /// Where others' windows are, on the root window.
    pub(crate) foreign: Vec<Span>,
}

/// Looks through a window. `None` if there is too much in it to tell.
pub(crate) fn explore(
    link: &Link,
    window: Window,
    owned: impl Fn(Client) -> bool,
) -> Result<Option<Inside>, SourceError> {
    let mut inside = Inside::default();
    let mut level = vec![window];
    while !level.is_empty() {
        if inside.own.len() + level.len() > MAX_WALK {
            return Ok(None);
        }
        // Told of what comes before asked what is there.
        for w in level.iter().filter(|w| **w != window) {
            super::stack::watch(link, *w, xproto::EventMask::SUBSTRUCTURE_NOTIFY)?;
        }
        inside.own.extend(&level);
        let below: Vec<Window> = children(link, &level)?.into_iter().flatten().collect();
        let (own, foreign): (Vec<Window>, Vec<Window>) =
            below.into_iter().partition(|w| owned(link.client_of(*w)));
        if !foreign.is_empty() {
            // Asked for in one go, so that both places are of one moment.
            let all: Vec<Window> = foreign.iter().copied().chain([window]).collect();
            let mut looks = look(link, &all)?;
            if let Some(me) = looks.pop().flatten() {
                inside.at = me.inside().placement();
            }
            let seen = looks.into_iter().flatten();
            let seen = seen.filter(|l| l.pixels && l.viewable);
            inside.foreign.extend(seen.map(|l| l.outside()));
        }
        level = own;
    }
    Ok(Some(inside))
}
