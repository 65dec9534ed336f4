//! The windows on the screen, in their stacking, and which of them may not be
//! seen.
//!
//! The server reports every change before it answers anything asked later. So
//! whoever applies all events that came before an image knows where each
//! window was in that image, without stopping the server.

use std::collections::BTreeMap;

use kith_codec::message::MAX_MASKS;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    self, ChangeWindowAttributesAux, EventMask, Place, PropertyNotifyEvent, Window,
};

use super::link::{Client, Link, lost};
use super::list::{WindowId, class, is_set};
use super::tree;
use crate::plane::{Span, uncovered};
use crate::source::SourceError;

/// Whose windows nobody may see, however they are shared (GUARD-10). Beside
/// these: windows of this process, windows that say they are notifications,
/// and windows with the property `_KITH_PRIVATE` (a 32-bit number, not 0),
/// which their program sets, or somebody with `xprop`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Privacy {
    /// These windows.
    pub windows: Vec<WindowId>,
    /// All windows of these processes: Kith's own.
    pub processes: Vec<u32>,
    /// All windows of this class (the second word of `WM_CLASS`).
    pub classes: Vec<String>,
}

/// Where a window is of which only its being is known: it could be anywhere.
const ANYWHERE: Span = Span::new(i16::MIN as i32, i16::MIN as i32, 1 << 17, 1 << 17);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// Not looked at yet: grey until then.
    Unknown,
    Plain,
    Private,
}

/// A child of the root window.
#[derive(Clone, Copy, Debug)]
struct Top {
    window: Window,
    /// With its border.
    span: Span,
    mapped: bool,
    /// Nothing shows through.
    opaque: bool,
    verdict: Verdict,
    /// The window in it that is private. When that is gone, what it drew may
    /// still be there: the frame has no pixels of its own to put in its place.
    because: Option<Window>,
}

impl Top {
    fn new(window: Window, span: Span, mapped: bool) -> Self {
        Self {
            window,
            span,
            mapped,
            opaque: false,
            verdict: Verdict::Unknown,
            because: None,
        }
    }
}

/// A place that must be grey, and the window that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hidden {
    pub(crate) window: Window,
    pub(crate) span: Span,
}

/// All children of the root, lowest first.
#[derive(Debug)]
pub(crate) struct Stack {
    tops: Vec<Top>,
    /// Which top a looked-at window is in.
    inside: Vec<(Window, Window)>,
    privacy: Privacy,
    /// A compositing manager may show windows through others.
    composited: bool,
}

fn with_border(x: i16, y: i16, w: u16, h: u16, border: u16) -> Span {
    let b = 2 * i32::from(border);
    Span::new(x.into(), y.into(), i32::from(w) + b, i32::from(h) + b)
}

impl Stack {
    /// Begins to watch. Everything is unknown, and so masked, until
    /// [`Self::judge`].
    pub(crate) fn new(link: &Link, privacy: Privacy) -> Result<Self, SourceError> {
        let mut stack = Self {
            tops: Vec::new(),
            inside: Vec::new(),
            privacy,
            composited: false,
        };
        // Told of changes first, asked for the state then: what changes
        // between is seen twice, which is harmless.
        let mask = EventMask::SUBSTRUCTURE_NOTIFY | EventMask::STRUCTURE_NOTIFY;
        watch(link, link.root, mask)?;
        let windows = tree::children(link, &[link.root])?
            .pop()
            .unwrap_or_default();
        for (window, look) in windows.iter().zip(tree::look(link, &windows)?) {
            let Some(look) = look else { continue };
            stack
                .tops
                .push(Top::new(*window, look.outside(), look.viewable));
        }
        Ok(stack)
    }

    fn find(&mut self, window: Window) -> Option<&mut Top> {
        self.tops.iter_mut().find(|t| t.window == window)
    }

    fn remove(&mut self, window: Window) -> Option<Top> {
        let i = self.tops.iter().position(|t| t.window == window)?;
        self.inside.retain(|(_, top)| *top != window);
        Some(self.tops.remove(i))
    }

    /// Just above `sibling`; at the bottom if there is none.
    fn put_above(&mut self, top: Top, sibling: Window) {
        let at = self.tops.iter().position(|t| t.window == sibling);
        self.tops.insert(at.map_or(0, |i| i + 1), top);
    }

    /// Everything has to be looked at again.
    pub(crate) fn set_privacy(&mut self, privacy: Privacy) {
        self.privacy = privacy;
        for top in &mut self.tops {
            top.verdict = Verdict::Unknown;
        }
    }

    /// Applies an event. `Some` if it concerned windows: how far one moved.
    pub(crate) fn absorb(&mut self, root: Window, event: &Event) -> Option<(i32, i32)> {
        match event {
            Event::CreateNotify(e) if e.parent == root => {
                let span = with_border(e.x, e.y, e.width, e.height, e.border_width);
                self.remove(e.window);
                self.tops.push(Top::new(e.window, span, false));
            }
            Event::DestroyNotify(e) if e.event == root => {
                self.remove(e.window);
            }
            Event::MapNotify(e) if e.event == root => {
                if self.find(e.window).is_none() {
                    self.tops.push(Top::new(e.window, ANYWHERE, true));
                }
                let top = self.find(e.window)?;
                top.mapped = true;
                top.verdict = Verdict::Unknown;
                top.because = None;
            }
            Event::UnmapNotify(e) if e.event == root => self.find(e.window)?.mapped = false,
            Event::ReparentNotify(e) if e.event == root => {
                if let Some(gone) = self.remove(e.window)
                    && e.parent == root
                {
                    self.tops.push(gone);
                } else if e.parent == root {
                    self.tops.push(Top::new(e.window, ANYWHERE, false));
                } else {
                    self.doubt(e.parent);
                }
            }
            Event::ConfigureNotify(e) if e.event == root && e.window != root => {
                let span = with_border(e.x, e.y, e.width, e.height, e.border_width);
                let mut top = self.remove_keeping(e.window)?;
                let moved = (span.x - top.span.x, span.y - top.span.y);
                let same_size = (span.w, span.h) == (top.span.w, top.span.h);
                top.span = span;
                let mapped = top.mapped;
                self.put_above(top, e.above_sibling);
                return Some(if mapped && same_size { moved } else { (0, 0) });
            }
            Event::CirculateNotify(e) if e.event == root => {
                let top = self.remove_keeping(e.window)?;
                if e.place == Place::ON_TOP {
                    self.tops.push(top);
                } else {
                    self.tops.insert(0, top);
                }
            }
            // Below the root: something came into a frame or appeared in it.
            Event::ReparentNotify(e) => self.doubt(e.event),
            Event::CreateNotify(e) => self.doubt(e.parent),
            Event::PropertyNotify(e) => self.doubt(e.window),
            _ => return None,
        }
        Some((0, 0))
    }

    fn remove_keeping(&mut self, window: Window) -> Option<Top> {
        let i = self.tops.iter().position(|t| t.window == window)?;
        Some(self.tops.remove(i))
    }

    /// The top that a window is in must be looked at again.
    fn doubt(&mut self, window: Window) {
        let inside = self.inside.iter().find(|(w, _)| *w == window);
        let top = inside.map_or(window, |(_, top)| *top);
        if let Some(top) = self.find(top) {
            top.verdict = Verdict::Unknown;
        }
    }

    /// Whether an event says nothing that matters here, though windows report
    /// it: most properties.
    pub(crate) fn is_noise(link: &Link, e: &PropertyNotifyEvent) -> bool {
        let a = &link.atoms;
        ![a._KITH_PRIVATE, a._NET_WM_WINDOW_TYPE, a.WM_STATE]
            .into_iter()
            .chain([xproto::AtomEnum::WM_CLASS.into()])
            .any(|name| name == e.atom)
    }

    pub(crate) fn is_sure(&self) -> bool {
        let mut shown = self.tops.iter().filter(|t| t.mapped);
        shown.all(|t| t.verdict != Verdict::Unknown)
    }

    pub(crate) const fn set_composited(&mut self, composited: bool) {
        self.composited = composited;
    }

    /// Looks at what is unknown.
    pub(crate) fn judge(&mut self, link: &Link) -> Result<(), SourceError> {
        let unknown = self.tops.iter().filter(|t| t.mapped);
        let unknown = unknown.filter(|t| t.verdict == Verdict::Unknown);
        let windows: Vec<Window> = unknown.map(|t| t.window).collect();
        if windows.is_empty() {
            return Ok(());
        }
        let tops = EventMask::SUBSTRUCTURE_NOTIFY | EventMask::PROPERTY_CHANGE;
        for w in &windows {
            watch(link, *w, tops)?;
        }
        // Everything on the way down: what is to be managed, but is not marked
        // so yet, is private already.
        let visited = tree::programs(link, &windows)?.visited;
        let ids: Vec<Window> = visited.iter().map(|(_, w)| *w).collect();
        for w in ids.iter().filter(|w| !windows.contains(w)) {
            watch(link, *w, tops)?;
        }
        let marks = tree::numbers(link, &ids, link.atoms._KITH_PRIVATE)?;
        let kinds = tree::numbers(link, &ids, link.atoms._NET_WM_WINDOW_TYPE)?;
        let looks = tree::look(link, &windows)?;
        let mut private = Vec::new();
        let mut processes = BTreeMap::new();
        self.inside.retain(|(_, top)| !windows.contains(top));
        for (i, (top, window)) in visited.iter().enumerate() {
            self.inside.push((*window, *top));
            if is_set(&marks[i])
                || kinds[i].contains(&link.atoms._NET_WM_WINDOW_TYPE_NOTIFICATION)
                || self.is_listed(link, *window, &mut processes)?
            {
                private.push((*top, *window));
            }
        }
        for (window, look) in windows.iter().zip(looks) {
            let composited = self.composited;
            let shaped = is_shaped(link, *window)?;
            if let (Some(look), Some(top)) = (look, self.find(*window)) {
                if top.span == ANYWHERE {
                    top.span = look.outside();
                }
                top.opaque = look.pixels && !shaped && !composited && look.depth != 32;
                let found = private.iter().find(|(t, _)| t == window);
                let gone = |w: &Window| !ids.contains(w);
                top.because = found.map(|(_, w)| *w).or(top.because.filter(gone));
                let hidden = top.because.is_some() && look.pixels;
                top.verdict = if hidden {
                    Verdict::Private
                } else {
                    Verdict::Plain
                };
            }
        }
        Ok(())
    }

    fn is_listed(
        &self,
        link: &Link,
        window: Window,
        processes: &mut BTreeMap<Client, bool>,
    ) -> Result<bool, SourceError> {
        if self.privacy.windows.contains(&WindowId(window)) {
            return Ok(true);
        }
        let client = link.client_of(window);
        let listed = if let Some(listed) = processes.get(&client) {
            *listed
        } else {
            let process = tree::process(link, client)?;
            let mut hidden = self.privacy.processes.iter().copied();
            let listed = process
                .is_some_and(|p| p == std::process::id() || hidden.any(|hidden| hidden == p));
            processes.insert(client, listed);
            listed
        };
        Ok(listed
            || !self.privacy.classes.is_empty()
                && self.privacy.classes.contains(&class(link, window)?))
    }

    /// Whether a window was looked at and may be seen.
    pub(crate) fn is_plain(&self, window: Window) -> bool {
        let top = self.tops.iter().find(|t| t.window == window);
        top.is_some_and(|t| t.verdict == Verdict::Plain)
    }

    /// What must be grey within `area`, and because of which windows: those
    /// that are private, and those that are not known.
    pub(crate) fn hidden(&self, area: Span) -> Vec<Hidden> {
        let mut hidden = Vec::new();
        for (i, top) in self.tops.iter().enumerate() {
            if !top.mapped || top.verdict == Verdict::Plain {
                continue;
            }
            let above = self.tops[i + 1..].iter();
            let above = above.filter(|t| t.mapped && t.opaque && t.verdict == Verdict::Plain);
            let covers = above.map(|t| t.span);
            let pieces = uncovered(top.span.intersect(area), covers, MAX_MASKS / 8);
            let window = top.window;
            hidden.extend(pieces.into_iter().map(|span| Hidden { window, span }));
        }
        hidden
    }
}

/// Asks to be told what happens to a window. One that is gone by now has
/// nothing to tell.
pub(crate) fn watch(link: &Link, window: Window, mask: EventMask) -> Result<(), SourceError> {
    let aux = ChangeWindowAttributesAux::new().event_mask(mask);
    let asked = xproto::change_window_attributes(&link.conn, window, &aux);
    // Unchecked: an error arrives as an event that nobody heeds.
    asked.map_err(lost)?.ignore_error();
    Ok(())
}

fn is_shaped(link: &Link, window: Window) -> Result<bool, SourceError> {
    let asked = x11rb::protocol::shape::query_extents(&link.conn, window).map_err(lost)?;
    Ok(super::link::answer(asked.reply())?.is_none_or(|s| s.bounding_shaped))
}
