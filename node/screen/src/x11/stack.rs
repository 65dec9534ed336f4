//! The windows on the screen, in their stacking, and which of them may not be
//! seen.
//!
//! The server reports every change before it answers anything asked later. So
//! whoever applies all events that came before an image knows where each
//! window was in that image, without stopping the server.

mod judge;

use std::collections::BTreeSet;

use kith_codec::message::MAX_MASKS;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    self, AtomEnum, ChangeWindowAttributesAux, EventMask, Place, PropertyNotifyEvent, Window,
};

use super::kin::Kin;
use super::link::{Link, lost};
use super::list::{WindowId, is_set};
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
    /// All windows of these processes: Kith's own. The server knows whose a
    /// window is; one that claims to be theirs (`_NET_WM_PID`) is believed.
    pub processes: Vec<u32>,
    /// All windows of this class (the second word of `WM_CLASS`).
    pub classes: Vec<String>,
}

/// Where a window is of which only its being is known: it could be anywhere.
const ANYWHERE: Span = Span::new(i16::MIN as i32, i16::MIN as i32, 1 << 17, 1 << 17);

/// Most windows that come into another before it is looked at whose names are
/// kept; of more it is only known that there were some.
const MAX_HELD: usize = 64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// Not looked at yet: grey until then.
    Unknown,
    Plain,
    Private,
}

/// A child of the root window.
#[derive(Clone, Debug)]
struct Top {
    window: Window,
    /// With its border.
    span: Span,
    mapped: bool,
    /// Nothing shows through, unless a compositing manager lets it.
    opaque: bool,
    verdict: Verdict,
    /// It has pixels.
    pixels: bool,
    /// It is private for itself, or what is in it is.
    own: bool,
    /// What it and those in it belong to, when last looked at.
    kin: Vec<(Window, Kin)>,
    /// Something was in it that is private, or was gone before it could be
    /// looked at. What that drew may still be there: a frame has no pixels of
    /// its own to put in its place.
    stained: bool,
    /// What came into it since it was last looked at.
    held: Vec<Window>,
}

impl Top {
    fn new(window: Window, span: Span, mapped: bool) -> Self {
        Self {
            window,
            span,
            mapped,
            opaque: false,
            verdict: Verdict::Unknown,
            pixels: false,
            own: false,
            kin: Vec::new(),
            stained: false,
            held: Vec::new(),
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
    /// Something went into these, and nobody knows in which top they are.
    /// Everything is hidden until that is found out.
    strays: Vec<Window>,
    /// What wipes the screen, see [`super::traces`]: nothing is ever in it.
    blank: BTreeSet<Window>,
    privacy: Privacy,
    /// One is gone, to which others may have belonged.
    parted: bool,
    /// The name of the mark of private windows.
    mark: xproto::Atom,
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
            strays: Vec::new(),
            blank: BTreeSet::new(),
            privacy,
            parted: false,
            mark: link.atoms._KITH_PRIVATE,
            composited: false,
        };
        // Told of changes first, asked for the state then: what changes
        // between is seen twice, which is harmless.
        let mask = EventMask::SUBSTRUCTURE_NOTIFY | EventMask::STRUCTURE_NOTIFY;
        watch(link, link.root, mask)?;
        let windows = tree::children(link, &[link.root])?
            .pop()
            .unwrap_or_default();
        stack.meet(link, &windows)?;
        for (window, look) in windows.iter().zip(tree::look(link, &windows)?) {
            let Some(look) = look else { continue };
            let shown = look.viewable && !stack.blank.contains(window);
            stack.tops.push(Top::new(*window, look.outside(), shown));
        }
        Ok(stack)
    }

    /// Children of the root that are new. To be told of them before anything
    /// is done with them.
    pub(crate) fn meet(&mut self, link: &Link, windows: &[Window]) -> Result<(), SourceError> {
        for w in windows {
            watch(link, *w, watched())?;
        }
        let marks = tree::numbers(link, windows, link.atoms._KITH_BLANK)?;
        let marked = windows.iter().zip(&marks).filter(|(_, m)| is_set(m));
        let marked: Vec<Window> = marked.map(|(w, _)| *w).collect();
        // Any program can say so of a window in which it has something.
        let inside = tree::children(link, &marked)?;
        let blank = marked.iter().zip(&inside).filter(|(_, i)| i.is_empty());
        self.blank.extend(blank.map(|(w, _)| *w));
        Ok(())
    }

    fn find(&mut self, window: Window) -> Option<&mut Top> {
        self.tops.iter_mut().find(|t| t.window == window)
    }

    fn remove(&mut self, window: Window) -> Option<Top> {
        let i = self.tops.iter().position(|t| t.window == window)?;
        self.inside.retain(|(_, top)| *top != window);
        self.parted = true;
        Some(self.tops.remove(i))
    }

    /// Just above `sibling`; at the bottom if there is none. If it is not known
    /// where that is, it covers nothing, and nothing covers what it hides.
    fn put_above(&mut self, top: Top, sibling: Window) {
        let at = self.tops.iter().position(|t| t.window == sibling);
        let lost = sibling != x11rb::NONE && top.verdict != Verdict::Plain;
        let end = if lost { self.tops.len() } else { 0 };
        self.tops.insert(at.map_or(end, |i| i + 1), top);
    }

    /// Everything has to be looked at again.
    pub(crate) fn set_privacy(&mut self, privacy: Privacy) {
        if self.privacy == privacy {
            return;
        }
        self.privacy = privacy;
        for top in &mut self.tops {
            top.verdict = Verdict::Unknown;
        }
    }

    /// Applies an event. `Some` if it concerned windows: how far one moved.
    pub(crate) fn absorb(&mut self, root: Window, event: &Event) -> Option<(i32, i32)> {
        match event {
            // They have their place among the others, and hide nothing.
            Event::MapNotify(e) if self.blank.contains(&e.window) => return None,
            Event::UnmapNotify(e) if self.blank.contains(&e.window) => return None,
            Event::CreateNotify(e) if e.parent == root => {
                let span = with_border(e.x, e.y, e.width, e.height, e.border_width);
                self.remove(e.window);
                self.tops.push(Top::new(e.window, span, false));
            }
            Event::DestroyNotify(e) if e.event == root => {
                self.blank.remove(&e.window);
                self.remove(e.window);
            }
            Event::MapNotify(e) if e.event == root => {
                if self.find(e.window).is_none() {
                    self.tops.push(Top::new(e.window, ANYWHERE, true));
                }
                let top = self.find(e.window)?;
                top.mapped = true;
                top.verdict = Verdict::Unknown;
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
                    self.enters(e.window, e.parent);
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
            // Below the root: something came into a frame or appeared in it, or
            // went.
            Event::ReparentNotify(e) if e.parent == e.event => self.enters(e.window, e.event),
            Event::CreateNotify(e) => self.enters(e.window, e.parent),
            Event::ReparentNotify(e) => {
                self.leaves(e.event);
                if e.parent != root {
                    self.enters(e.window, e.parent);
                }
            }
            Event::DestroyNotify(e) => {
                self.leaves(e.event);
                self.inside.retain(|(w, _)| *w != e.window);
            }
            Event::PropertyNotify(e) => {
                self.doubt(e.window);
                if e.atom == self.mark {
                    self.doubt_kin();
                }
            }
            Event::ShapeNotify(e) => self.doubt(e.affected_window),
            _ => return None,
        }
        Some((0, 0))
    }

    fn remove_keeping(&mut self, window: Window) -> Option<Top> {
        let i = self.tops.iter().position(|t| t.window == window)?;
        Some(self.tops.remove(i))
    }

    fn top_of(&self, window: Window) -> Window {
        let inside = self.inside.iter().find(|(w, _)| *w == window);
        inside.map_or(window, |(_, top)| *top)
    }

    /// The top that a window is in must be looked at again.
    fn doubt(&mut self, window: Window) {
        let top = self.top_of(window);
        if let Some(top) = self.find(top) {
            top.verdict = Verdict::Unknown;
        }
    }

    /// A mark has changed: so may have what belongs to a private window.
    fn doubt_kin(&mut self) {
        let belongs = |t: &&mut Top| t.kin.iter().any(|(_, k)| k.owner.is_some() || k.popup);
        for top in self.tops.iter_mut().filter(belongs) {
            top.verdict = Verdict::Unknown;
        }
    }

    /// A window is in another now.
    fn enters(&mut self, window: Window, parent: Window) {
        let top = self.top_of(parent);
        if self.blank.remove(&top)
            && let Some(not_blank) = self.find(top)
        {
            // Whether it is there was not heeded.
            not_blank.mapped = true;
        }
        match self.find(top) {
            Some(found) => {
                found.verdict = Verdict::Unknown;
                found.held.push(window);
                if found.held.len() > MAX_HELD {
                    found.held.clear();
                    found.stained = true;
                }
                self.inside.retain(|(w, _)| *w != window);
                self.inside.push((window, top));
            }
            None => self.strays.push(parent),
        }
    }

    /// Something that was in a window is gone. If that was not looked at, it
    /// never will be. What it was may have been all that was private there.
    fn leaves(&mut self, parent: Window) {
        let top = self.top_of(parent);
        if let Some(top) = self.find(top) {
            top.stained |= top.verdict != Verdict::Plain;
            if top.verdict == Verdict::Private {
                top.verdict = Verdict::Unknown;
            }
        }
    }

    /// Whether an event says nothing that matters here, though windows report
    /// it: most properties.
    pub(crate) fn is_noise(link: &Link, e: &PropertyNotifyEvent) -> bool {
        let a = &link.atoms;
        ![
            a._KITH_PRIVATE,
            a._NET_WM_WINDOW_TYPE,
            a.WM_STATE,
            a._NET_WM_PID,
        ]
        .into_iter()
        .chain([AtomEnum::WM_CLASS, AtomEnum::WM_TRANSIENT_FOR].map(u32::from))
        .any(|name| name == e.atom)
    }

    pub(crate) fn is_sure(&self) -> bool {
        // Also those that are not shown: dialogs and menus that are may belong
        // to them.
        let known = |t: &Top| t.verdict != Verdict::Unknown;
        self.strays.is_empty() && !self.parted && self.tops.iter().all(known)
    }

    pub(crate) const fn is_composited(&self) -> bool {
        self.composited
    }

    pub(crate) const fn set_composited(&mut self, composited: bool) {
        self.composited = composited;
    }

    /// Which tops are those windows in?
    fn find_strays(&mut self, link: &Link) -> Result<(), SourceError> {
        let mut at = std::mem::take(&mut self.strays);
        let mut lost = false;
        for _ in 0..tree::MAX_FRAMES {
            at.retain(|w| *w != link.root);
            let (known, open): (Vec<Window>, Vec<Window>) =
                at.iter().partition(|w| self.knows(**w));
            let known: BTreeSet<Window> = known.iter().map(|w| self.top_of(*w)).collect();
            self.stain(|top| known.contains(&top.window));
            let parents = tree::parents(link, &open)?;
            lost |= parents.contains(&None);
            at = parents.into_iter().flatten().collect();
        }
        if lost || !at.is_empty() {
            // It could have been anywhere.
            self.stain(|_| true);
        }
        Ok(())
    }

    fn stain(&mut self, which: impl Fn(&Top) -> bool) {
        for top in self.tops.iter_mut().filter(|t| which(t)) {
            top.verdict = Verdict::Unknown;
            top.stained = true;
        }
    }

    fn knows(&self, window: Window) -> bool {
        let top = self.top_of(window);
        self.tops.iter().any(|t| t.window == top)
    }

    /// Whether a window was looked at, may be seen, and has nothing in it of
    /// what may not.
    pub(crate) fn is_clean(&self, window: Window) -> bool {
        let top = self.tops.iter().find(|t| t.window == window);
        top.is_some_and(|t| t.verdict == Verdict::Plain && !t.stained)
    }

    /// Where windows are that may be seen, and have something in them of what
    /// may not. They are told once.
    pub(crate) fn take_stained(&mut self) -> Vec<Span> {
        let plain = |t: &&mut Top| t.verdict == Verdict::Plain && t.stained;
        let mut found = Vec::new();
        for top in self.tops.iter_mut().filter(plain) {
            top.stained = false;
            if top.mapped {
                found.push(top.span);
            }
        }
        found
    }

    /// What must be grey within `area`, and because of which windows: those
    /// that are private, and those that are not known.
    pub(crate) fn hidden(&self, area: Span) -> Vec<Hidden> {
        let mut hidden = Vec::new();
        if !self.strays.is_empty() {
            let window = x11rb::NONE;
            return vec![Hidden { window, span: area }];
        }
        for (i, top) in self.tops.iter().enumerate() {
            if !top.mapped || top.verdict == Verdict::Plain {
                continue;
            }
            let above = self.tops[i + 1..].iter();
            let covers = |t: &&Top| t.mapped && t.opaque && t.verdict == Verdict::Plain;
            let above = above.filter(|t| !self.composited && covers(t));
            let covers = above.map(|t| t.span);
            let pieces = uncovered(top.span.intersect(area), covers, MAX_MASKS / 8);
            let window = top.window;
            hidden.extend(pieces.into_iter().map(|span| Hidden { window, span }));
        }
        hidden
    }
}

/// What windows are asked to tell.
pub(crate) fn watched() -> EventMask {
    EventMask::SUBSTRUCTURE_NOTIFY | EventMask::PROPERTY_CHANGE
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
