//! What private windows leave behind on the screen.
//!
//! Where a private window was, its pixels stay until somebody paints over
//! them. The window below, or one that was put above it, need not have a
//! background, and its program may be slow or hang; meanwhile it may scroll
//! what it has. So neither time nor news of drawing proves anything. Instead a
//! window of our own is put over such a place and taken away again, with the
//! server stopped, as `xrefresh` does: what is there afterwards was drawn
//! since, or is grey. What was drawn anywhere between the private window's
//! leaving and that moment may be a copy, and is wiped with it.
//!
//! With a compositing manager each window has pixels of its own, in which
//! nothing stays behind. But the manager may let a window fade, or be late.
//! There a place stays grey until all of it was drawn anew and has come to
//! rest.

use std::time::{Duration, Instant};

use kith_codec::geometry::{Rect, Region};
use x11rb::COPY_DEPTH_FROM_PARENT;
use x11rb::protocol::shape::{self, SK, SO};
use x11rb::protocol::xproto::{
    self, AtomEnum, ClipOrdering, ConfigureWindowAux, CreateWindowAux, PropMode, Rectangle,
    StackMode, Window, WindowClass,
};
use x11rb::wrapper::ConnectionExt as _;

use super::link::{Link, lost};
use super::stack::{Hidden, Stack};
use crate::plane::{Span, uncovered};
use crate::source::{GREY, Placement, SourceError};

/// How long a place must have been left alone to be at rest. Compositing
/// managers draw each step of a fade within a tenth of that.
const REST: Duration = Duration::from_millis(500);

/// So often the screen is wiped in a row, and then once more each [`WIPE`]:
/// each stops the server for a moment, and makes programs draw anew. More often
/// there are traces only where a program maps windows and takes them away
/// without end; then the picture stands still until the next time.
const WIPES: u32 = 6;
/// See [`WIPES`].
const WIPE: Duration = Duration::from_millis(200);

/// Most places that are kept apart; what is more becomes the whole screen.
const MAX_PLACES: usize = 256;

/// A place where a compositing manager may show what is not there any more.
#[derive(Debug)]
struct Fading {
    place: Span,
    /// Not drawn since.
    old: Vec<Span>,
    /// When anything of it was drawn last.
    drawn: Instant,
}

impl Fading {
    fn end(&self) -> Option<Instant> {
        self.old.is_empty().then(|| self.drawn + REST)
    }
}

/// What must stay grey though nothing private is there any more.
#[derive(Debug)]
pub(crate) struct Traces {
    blank: Window,
    /// What was hidden at any moment since this was last settled.
    seen: Vec<Hidden>,
    /// Where something may have been left behind; on the root window.
    left: Region,
    fading: Vec<Fading>,
    /// When [`WIPES`] may be done in a row again.
    rested: Instant,
}

impl Traces {
    /// Nobody knows what is on the screen yet: all of it has to be wiped.
    pub(crate) fn new(link: &Link, screen: Span) -> Result<Self, SourceError> {
        let mut traces = Self {
            blank: make_blank(link)?,
            seen: Vec::new(),
            left: Region::new(),
            fading: Vec::new(),
            rested: Instant::now(),
        };
        traces.stain(screen, screen);
        Ok(traces)
    }

    /// All of this is hidden at this moment.
    pub(crate) fn see(&mut self, hidden: Vec<Hidden>, screen: Span) {
        for new in hidden {
            let known = |h: &Hidden| h.window == new.window && h.span.contains(new.span);
            if !self.seen.iter().any(known) {
                self.seen.push(new);
            }
        }
        if self.seen.len() > MAX_PLACES {
            self.seen.clear();
            self.stain(screen, screen);
        }
    }

    /// What there is at the beginning is as it should be.
    pub(crate) fn trust(&mut self) {
        self.left.clear();
    }

    fn stain(&mut self, span: Span, screen: Span) {
        let part = span.intersect(screen);
        if !part.is_empty() {
            // Within the screen, whose sides fit an u16.
            let rect = Rect::new(part.x as u16, part.y as u16, part.w as u16, part.h as u16);
            self.left.add(rect);
        }
    }

    /// Whether something private left a place since this was last settled, or
    /// is not wiped away.
    pub(crate) fn is_open(&self, stack: &Stack, screen: Span) -> bool {
        if !self.left.is_empty() {
            return true;
        }
        let now: Vec<Span> = stack.hidden(screen).iter().map(|h| h.span).collect();
        let left = |h: &&Hidden| h.window != x11rb::NONE && !stack.is_clean(h.window);
        let mut seen = self.seen.iter().filter(left);
        seen.any(|h| !uncovered(h.span, now.iter().copied(), MAX_PLACES).is_empty())
    }

    /// This was drawn while something may have been left behind.
    pub(crate) fn doubt(&mut self, drawn: &Region) {
        self.left.add_all(drawn);
    }

    /// Finds out what was left behind, once all windows are known.
    pub(crate) fn settle(&mut self, stack: &mut Stack, screen: Span) {
        let now: Vec<Span> = stack.hidden(screen).iter().map(|h| h.span).collect();
        // Before the stained are taken: from then on they count as clean.
        let mut left = std::mem::take(&mut self.seen);
        left.retain(|h| h.window != x11rb::NONE && !stack.is_clean(h.window));
        let stained = stack.take_stained();
        for span in left.into_iter().map(|h| h.span).chain(stained) {
            for part in uncovered(span, now.iter().copied(), MAX_PLACES) {
                self.stain(part, screen);
            }
        }
        if !stack.is_composited() {
            for fading in std::mem::take(&mut self.fading) {
                self.stain(fading.place, screen);
            }
        }
    }

    /// With a compositing manager: waits for it.
    pub(crate) fn fade(&mut self, now: Instant) {
        for rect in std::mem::take(&mut self.left).rects() {
            let place = Span::on_screen(*rect, Placement::default());
            self.fading.retain(|f| f.place != place);
            self.fading.push(Fading {
                place,
                old: vec![place],
                drawn: now,
            });
        }
        if self.fading.len() > MAX_PLACES {
            let place = self
                .fading
                .iter()
                .fold(Span::default(), |a, f| a.union(f.place));
            self.fading = vec![Fading {
                place,
                old: vec![place],
                drawn: now,
            }];
        }
    }

    /// This was drawn by now.
    pub(crate) fn drawn(&mut self, drawn: &Region, now: Instant) {
        let spans = drawn.rects().iter();
        let spans: Vec<Span> = spans
            .map(|r| Span::on_screen(*r, Placement::default()))
            .collect();
        for fading in &mut self.fading {
            if spans.iter().any(|s| !s.intersect(fading.place).is_empty()) {
                fading.drawn = now;
                let old = std::mem::take(&mut fading.old).into_iter();
                fading.old = old
                    .flat_map(|o| uncovered(o, spans.iter().copied(), MAX_PLACES))
                    .collect();
            }
        }
    }

    /// What came to rest is seen again.
    pub(crate) fn rest(&mut self, now: Instant) {
        self.fading.retain(|f| f.end().is_none_or(|end| end > now));
    }

    /// When something comes to rest next, if nothing is drawn.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.fading.iter().filter_map(Fading::end).min()
    }

    /// What has to be grey now because of earlier.
    pub(crate) fn spans(&self) -> impl Iterator<Item = Span> {
        let left = self.left.rects().iter();
        let left = left.map(|r| Span::on_screen(*r, Placement::default()));
        let fading = self.fading.iter().map(|f| f.place);
        self.seen.iter().map(|h| h.span).chain(left).chain(fading)
    }

    pub(crate) fn is_wiped(&self) -> bool {
        self.left.is_empty()
    }

    /// Whether it may be wiped now: else when. What may was spent.
    pub(crate) fn may_wipe(&mut self, now: Instant) -> Result<(), Instant> {
        let next = self.rested.max(now) + WIPE;
        match next.checked_sub(WIPE * WIPES) {
            Some(when) if when > now => Err(when),
            _ => {
                self.rested = next;
                Ok(())
            }
        }
    }

    /// Wipes what was left behind. While the server is stopped, so that nobody
    /// can copy it elsewhere.
    pub(crate) fn wipe(&mut self, link: &Link, screen: Span) -> Result<(), SourceError> {
        let (c, blank) = (&link.conn, self.blank);
        let parts: Vec<Rectangle> = std::mem::take(&mut self.left)
            .rects()
            .iter()
            .map(|r| Rectangle {
                x: r.x as i16,
                y: r.y as i16,
                width: r.w,
                height: r.h,
            })
            .collect();
        shape::rectangles(
            c,
            SO::SET,
            SK::BOUNDING,
            ClipOrdering::UNSORTED,
            blank,
            0,
            0,
            &parts,
        )
        .map_err(lost)?
        .ignore_error();
        let (w, h) = (screen.w.max(1) as u32, screen.h.max(1) as u32);
        let above = ConfigureWindowAux::new()
            .width(w)
            .height(h)
            .stack_mode(StackMode::ABOVE);
        xproto::configure_window(c, blank, &above)
            .map_err(lost)?
            .ignore_error();
        xproto::map_window(c, blank).map_err(lost)?.ignore_error();
        xproto::unmap_window(c, blank).map_err(lost)?.ignore_error();
        Ok(())
    }
}

/// A grey window that takes no input, and says that it is what it is: other
/// shares of the same screen need not hide it.
fn make_blank(link: &Link) -> Result<Window, SourceError> {
    let blank = link.new_id()?;
    let aux = CreateWindowAux::new()
        .override_redirect(1)
        .background_pixel(GREY);
    // All of it at once for whoever watches.
    link.stop_others()?;
    let made = make(link, blank, &aux);
    link.resume_others()?;
    made.map(|()| blank)
}

fn make(link: &Link, blank: Window, aux: &CreateWindowAux) -> Result<(), SourceError> {
    let c = &link.conn;
    let (depth, visual) = (COPY_DEPTH_FROM_PARENT, x11rb::COPY_FROM_PARENT);
    let class = WindowClass::INPUT_OUTPUT;
    xproto::create_window(
        c, depth, blank, link.root, 0, 0, 1, 1, 0, class, visual, aux,
    )
    .map_err(lost)?
    .ignore_error();
    let (name, kind) = (link.atoms._KITH_BLANK, AtomEnum::CARDINAL);
    c.change_property32(PropMode::REPLACE, blank, name, kind, &[1])
        .map_err(lost)?
        .ignore_error();
    let (set, input) = (SO::SET, SK::INPUT);
    let order = ClipOrdering::UNSORTED;
    shape::rectangles(c, set, input, order, blank, 0, 0, &[])
        .map_err(lost)?
        .ignore_error();
    Ok(())
}
