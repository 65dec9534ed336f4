//! One captured window.
//!
//! A window's own pixmap does not hold only what its program drew: when it is
//! made, the server fills it with what was on the screen at that place, other
//! programs' pixels included, and a window without a background keeps them
//! until its program draws. Nor is damage a proof: the server reports it also
//! where a window is merely uncovered. So whenever a pixmap is new to us, it
//! is painted grey first, and then the program is asked to draw all of its
//! window again, as when that is uncovered. What is read before is thrown
//! away. A program that does not draw leaves its place grey.

use std::collections::BTreeSet;

use kith_codec::geometry::{Rect, Region, Size};
use x11rb::protocol::Event;
use x11rb::protocol::composite::{self, Redirect};
use x11rb::protocol::shape::{self, SK};
use x11rb::protocol::xproto::{self, CreateGCAux, Window};

use super::roll::{Roll, Seen};
use crate::canvas::Canvas;
use crate::plane::Span;
use crate::source::{GREY, Placement, SourceError};
use crate::x11::damage::Damage;
use crate::x11::grab::Shot;
use crate::x11::link::{Link, answer, lost};
use crate::x11::tree;

/// A window, and those of its pixels that are known to be its own.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) seen: Seen,
    pub(crate) damage: Damage,
    pixmap: Option<u32>,
    pub(crate) face: Canvas,
    /// The server said that something was drawn.
    pub(crate) drawn: bool,
    /// Drawn, and not yet fetched; in its own coordinates.
    pub(crate) stale: Region,
    /// The pixmap is not the window's any more.
    pub(crate) outdated: bool,
    /// Windows inside of it came or went or moved.
    pub(crate) unsure: bool,
    /// It and the windows below it that are its owner's.
    inside: BTreeSet<Window>,
    /// Where other programs' windows are inside of it.
    holes: Vec<Rect>,
    /// What of it is there, if it is not a rectangle.
    pub(crate) shape: Option<Vec<Rect>>,
}

fn face_of(seen: &Seen) -> Option<Canvas> {
    Size::new(seen.look.w, seen.look.h).map(Canvas::new)
}

impl Member {
    /// Begins to capture; `None` for one that is too large.
    pub(crate) fn new(link: &Link, seen: Seen) -> Result<Option<Self>, SourceError> {
        let Some(face) = face_of(&seen) else {
            return Ok(None);
        };
        let window = seen.window;
        composite::redirect_window(&link.conn, window, Redirect::AUTOMATIC)
            .map_err(lost)?
            .ignore_error();
        shape::select_input(&link.conn, window, true)
            .map_err(lost)?
            .ignore_error();
        Ok(Some(Self {
            damage: Damage::new(link, window)?,
            seen,
            pixmap: None,
            face,
            drawn: false,
            stale: Region::new(),
            outdated: true,
            unsure: true,
            inside: BTreeSet::new(),
            holes: Vec::new(),
            shape: None,
        }))
    }

    pub(crate) fn window(&self) -> Window {
        self.seen.window
    }

    /// On the root window.
    pub(crate) fn span(&self) -> Span {
        self.seen.look.inside()
    }

    /// It is there now, of that size. Its old pixels stay where they were in
    /// it until new ones come. `false` if it became too large.
    pub(crate) fn follow(&mut self, seen: Seen) -> bool {
        let (was, is) = (&self.seen.look, &seen.look);
        if (was.w, was.h, was.border, was.depth) != (is.w, is.h, is.border, is.depth) {
            let Some(mut face) = face_of(&seen) else {
                return false;
            };
            face.place(&self.face, (0, 0), face.size().bounds());
            self.face = face;
            self.outdated = true;
        }
        // Where holes are was asked while it may have been moving.
        self.unsure |= !self.holes.is_empty();
        self.seen = seen;
        true
    }

    /// Applies an event: may its pixels still be trusted?
    pub(crate) fn absorb(&mut self, event: &Event) {
        let me = self.seen.window;
        let mine = |w: Window| w == me || self.seen.frames.contains(&w);
        let look = &self.seen.look;
        match event {
            Event::MapNotify(e) if mine(e.window) => self.outdated = true,
            Event::UnmapNotify(e) if mine(e.window) => self.outdated = true,
            Event::ConfigureNotify(e) if e.window == me => {
                let size = (e.width, e.height, e.border_width);
                self.outdated |= size != (look.w, look.h, look.border);
            }
            Event::ShapeNotify(e) if e.affected_window == me => self.outdated = true,
            Event::CreateNotify(e) => self.unsure |= self.inside.contains(&e.parent),
            Event::ReparentNotify(e) => {
                self.unsure |= self.inside.contains(&e.parent) || self.inside.contains(&e.event);
            }
            Event::MapNotify(e) => self.unsure |= self.matters(e.event, e.window),
            Event::UnmapNotify(e) => self.unsure |= self.matters(e.event, e.window),
            Event::ConfigureNotify(e) => self.unsure |= self.matters(e.event, e.window),
            _ => {}
        }
    }

    /// Something happened to a child of a window inside of it.
    fn matters(&self, parent: Window, child: Window) -> bool {
        let foreign = !self.inside.contains(&child);
        self.inside.contains(&parent) && (foreign || !self.holes.is_empty())
    }

    fn drop_pixmap(&mut self, link: &Link) -> Result<(), SourceError> {
        if let Some(pixmap) = self.pixmap.take() {
            xproto::free_pixmap(&link.conn, pixmap).map_err(lost)?;
        }
        Ok(())
    }

    /// Gets the window's present pixmap and has everything in it drawn anew.
    pub(crate) fn renew(&mut self, link: &Link, roll: &Roll) -> Result<(), SourceError> {
        self.outdated = false;
        self.stale.clear();
        self.drop_pixmap(link)?;
        let (c, window) = (&link.conn, self.window());
        let pixmap = link.new_id()?;
        let named = composite::name_window_pixmap(c, window, pixmap).map_err(lost)?;
        // Unless it vanished, of which an event is on its way.
        self.paint_over(link, pixmap)?;
        self.damage.discard(link)?;
        self.drawn = false;
        let shaped = shape::query_extents(c, window).map_err(lost)?;
        if answer(named.check())?.is_none() {
            shaped.discard_reply_and_errors();
            return Ok(());
        }
        self.pixmap = Some(pixmap);
        let shaped = answer(shaped.reply())?.is_some_and(|s| s.bounding_shaped);
        self.shape = if shaped { self.ask_shape(link)? } else { None };
        self.explore(link, roll)?;
        for w in &self.inside {
            xproto::clear_area(c, true, *w, 0, 0, 0, 0)
                .map_err(lost)?
                .ignore_error();
        }
        Ok(())
    }

    /// Rids a pixmap of whatever the server put there.
    fn paint_over(&self, link: &Link, pixmap: u32) -> Result<(), SourceError> {
        let (c, gc) = (&link.conn, link.new_id()?);
        // What is transparent is shown grey, too.
        let transparent = self.seen.look.depth == 32;
        let colour = if transparent { 0 } else { GREY };
        let aux = CreateGCAux::new().foreground(colour);
        // The inside only: nobody would draw the border again.
        let look = &self.seen.look;
        let corner = look.border as i16;
        let inside = xproto::Rectangle {
            x: corner,
            y: corner,
            width: look.w,
            height: look.h,
        };
        xproto::create_gc(c, gc, pixmap, &aux)
            .map_err(lost)?
            .ignore_error();
        xproto::poly_fill_rectangle(c, pixmap, gc, &[inside])
            .map_err(lost)?
            .ignore_error();
        xproto::free_gc(c, gc).map_err(lost)?.ignore_error();
        Ok(())
    }

    /// Looks which windows are inside of it.
    pub(crate) fn explore(&mut self, link: &Link, roll: &Roll) -> Result<(), SourceError> {
        self.unsure = false;
        let inside = tree::explore(link, self.window(), |client| roll.owns(client))?;
        let size = self.face.size();
        (self.inside, self.holes) = match inside {
            Some(inside) => {
                let holes = inside.foreign.iter();
                let holes = holes.map(|h| h.in_picture(inside.at, size));
                (inside.own.into_iter().collect(), holes.collect())
            }
            None => (BTreeSet::from([self.window()]), vec![size.bounds()]),
        };
        self.fill_holes();
        Ok(())
    }

    fn ask_shape(&self, link: &Link) -> Result<Option<Vec<Rect>>, SourceError> {
        let asked = shape::get_rectangles(&link.conn, self.window(), SK::BOUNDING);
        let reply = answer(asked.map_err(lost)?.reply())?;
        let size = self.face.size();
        let clip = |r: &xproto::Rectangle| {
            let span = Span::new(r.x.into(), r.y.into(), r.width.into(), r.height.into());
            span.in_picture(Placement::default(), size)
        };
        Ok(reply.map(|r| r.rectangles.iter().map(clip).collect()))
    }

    fn fill_holes(&mut self) {
        for hole in &self.holes {
            self.face.fill(*hole, GREY);
        }
    }

    /// What is to be fetched, if it can be.
    pub(crate) fn shots(&self) -> Vec<Shot> {
        let Some(pixmap) = self.pixmap else {
            return Vec::new();
        };
        // A pixmap begins at the border's corner. Both sums are small: sides
        // of windows fit 15 bits.
        let border = self.seen.look.border;
        let bounds = self.face.size().bounds();
        let rects = self.stale.rects().iter().map(|r| r.intersect(bounds));
        let shot = |r: Rect| Shot {
            drawable: pixmap,
            x: (r.x + border) as i16,
            y: (r.y + border) as i16,
            w: r.w,
            h: r.h,
        };
        let shots = rects.filter(|r| !r.is_empty()).map(shot);
        shots.flat_map(Shot::pieces).collect()
    }

    /// Where a shot is in the window.
    fn place(&self, shot: Shot) -> Rect {
        let border = self.seen.look.border as i16;
        let (x, y) = ((shot.x - border) as u16, (shot.y - border) as u16);
        Rect::new(x, y, shot.w, shot.h)
    }

    /// Takes fetched pixels as its own.
    pub(crate) fn take(&mut self, shot: Shot, pixels: &[u32]) {
        let to = self.place(shot);
        if self.seen.look.depth == 32 {
            self.face.put_over_grey(to, pixels);
        } else {
            self.face.put(to, pixels);
        }
        self.fill_holes();
    }

    /// Not now: to be fetched again.
    pub(crate) fn again(&mut self, shot: Shot) {
        let to = self.place(shot);
        self.stale.add(to);
    }

    /// Paints itself on a picture, as far as it lies within `within`.
    pub(crate) fn compose(&self, picture: &mut Canvas, at: Placement, within: Rect) {
        let span = self.span();
        let to = (span.x - at.x, span.y - at.y);
        match &self.shape {
            None => picture.place(&self.face, to, within),
            Some(parts) => {
                for part in parts {
                    let part = Span::on_screen(*part, span.placement());
                    let part = part.in_picture(at, picture.size());
                    picture.place(&self.face, to, part.intersect(within));
                }
            }
        }
    }

    /// Lets go of a window that lives on.
    pub(crate) fn end(mut self, link: &Link) -> Result<(), SourceError> {
        self.drop_pixmap(link)?;
        self.damage.end(link)?;
        let window = self.window();
        shape::select_input(&link.conn, window, false)
            .map_err(lost)?
            .ignore_error();
        composite::unredirect_window(&link.conn, window, Redirect::AUTOMATIC)
            .map_err(lost)?
            .ignore_error();
        Ok(())
    }
}
