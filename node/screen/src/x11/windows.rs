//! Windows and whole applications, from their own pixels (SHARE-2, R6).
//!
//! Never from the root window: each window is redirected (Composite) and read
//! from the pixmap that it alone draws into; see [`member`] for what keeps
//! other programs' pixels out even there. So a covered window is seen whole,
//! and one that covers it is not seen.

mod control;
mod framing;
mod member;
mod roll;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use kith_codec::geometry::{Rect, Region, Size};
use kith_codec::message::SourceState;
use kith_codec::picture::PixelView;
use kith_codec::{MAX_VECTORS, Vector};
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{self, EventMask, Window};

use self::control::Wishes;
pub use self::control::{Target, WindowControl};
use self::framing::{Framing, Shown};
use self::member::Member;
use self::roll::{Roll, Seen};
use super::OpenError;
use super::grab::{Grabber, Shot};
use super::link::{Link, answer, lost};
use super::list::WindowId;
use super::pointer::PointerWatch;
use super::stack::{Privacy, watch};
use crate::canvas::Canvas;
use crate::plane::Span;
use crate::source::masks;
use crate::source::{Changes, GREY, Placement, Pointer, Source, SourceError, Waker};

/// How often an application without any window is looked for.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// A [`Source`] that shows windows of chosen programs and nothing else.
#[derive(Debug)]
pub struct WindowSource {
    link: Link,
    grabber: Grabber,
    pointer: PointerWatch,
    pointer_told: Option<Pointer>,
    roll: Roll,
    targets: Vec<Target>,
    wishes: Arc<Mutex<Wishes>>,
    /// What belongs, or where it is, may have changed.
    dirty: bool,
    look_again: Option<Instant>,
    members: BTreeMap<Window, Member>,
    /// Those that are shown, lowest first.
    order: Vec<Window>,
    /// The size of the root window.
    screen: (i32, i32),
    framing: Framing,
    at: Placement,
    canvas: Canvas,
    /// Of the canvas: not composed yet.
    stale: Region,
    untold: Region,
    moves: Vec<Vector>,
    masks: Vec<Rect>,
    masks_told: bool,
    state_told: Option<SourceState>,
    begun: bool,
}

impl WindowSource {
    /// Shares these windows and applications of a display (`None`: the one
    /// that `DISPLAY` names). Of `privacy`, what it names is left out; this
    /// process's own windows always are.
    ///
    /// # Errors
    /// [`OpenError`]; [`OpenError::Nothing`] if none of them has a window.
    pub fn open(
        display: Option<&str>,
        targets: Vec<Target>,
        privacy: Privacy,
    ) -> Result<Self, OpenError> {
        let link = Link::open(display)?;
        let roll = Roll::new(&link, targets.clone(), privacy)?;
        let asked = xproto::get_geometry(&link.conn, link.root).map_err(lost)?;
        let root = answer(asked.reply())?.ok_or(OpenError::Nothing)?;
        let one = Size::new(1, 1).ok_or(OpenError::Nothing)?;
        let mut source = Self {
            grabber: Grabber::new(&link)?,
            pointer: PointerWatch::new(&link)?,
            pointer_told: None,
            roll,
            targets,
            wishes: Arc::default(),
            dirty: true,
            look_again: None,
            members: BTreeMap::new(),
            order: Vec::new(),
            screen: (root.width.into(), root.height.into()),
            framing: Framing::default(),
            at: Placement::default(),
            canvas: Canvas::new(one),
            stale: Region::new(),
            untold: Region::new(),
            moves: Vec::new(),
            masks: Vec::new(),
            masks_told: true,
            state_told: None,
            begun: false,
            link,
        };
        let (seen, hidden) = source.roll.survey(&source.link)?;
        // A size to begin with, also of what is minimised.
        let first = seen.last().map(|s| s.look).or(hidden);
        let first = first.ok_or(OpenError::Nothing)?;
        let size = Size::new(first.w, first.h).ok_or(OpenError::Nothing)?;
        source.at = first.inside().placement();
        source.canvas = Canvas::new(size);
        source.reframe(&mut Changes::default(), &seen);
        Ok(source)
    }

    /// A handle that changes what is shown.
    #[must_use]
    pub fn control(&self) -> WindowControl {
        WindowControl::new(Arc::clone(&self.wishes), self.link.waker())
    }

    /// The windows that are in the picture now, lowest first.
    #[must_use]
    pub fn shown(&self) -> Vec<WindowId> {
        self.order.iter().map(|w| WindowId(*w)).collect()
    }

    /// Takes all events that have arrived.
    fn pump(&mut self) -> Result<(), SourceError> {
        while let Some(event) = self.link.next()? {
            match &event {
                Event::DamageNotify(e) => {
                    if let Some(m) = self.members.get_mut(&e.drawable) {
                        m.drawn = true;
                    }
                }
                Event::ConfigureNotify(e) if e.window == self.link.root => {
                    self.screen = (e.width.into(), e.height.into());
                    self.dirty = true;
                }
                event if self.pointer.absorb(event) => {}
                event => {
                    self.dirty |= self.roll.absorb(&self.link, event)?;
                    self.dirty |= self.frame_changed(event);
                    for m in self.members.values_mut() {
                        m.absorb(event);
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether a frame around a shown window moved, was restacked, or came or
    /// went.
    fn frame_changed(&self, event: &Event) -> bool {
        let window = match event {
            Event::ConfigureNotify(e) => e.window,
            Event::CirculateNotify(e) => e.window,
            Event::MapNotify(e) => e.window,
            Event::UnmapNotify(e) => e.window,
            _ => return false,
        };
        self.members
            .values()
            .any(|m| m.seen.frames.contains(&window))
    }

    fn take_wishes(&mut self) -> Result<(), SourceError> {
        let wishes = Wishes::take(&self.wishes);
        if let Some(targets) = wishes.targets {
            self.targets = targets;
            self.roll.set_targets(&self.link, self.targets.clone())?;
            self.dirty = true;
        }
        if let Some(privacy) = wishes.privacy {
            self.roll.set_privacy(privacy);
            self.dirty = true;
        }
        Ok(())
    }

    /// Brings members and frame up to date.
    fn follow(&mut self, changes: &mut Changes) -> Result<(), SourceError> {
        self.pump()?;
        self.take_wishes()?;
        let now = Instant::now();
        if self.look_again.is_some_and(|t| t <= now) {
            self.dirty = true;
        }
        while std::mem::take(&mut self.dirty) {
            if self.roll.is_over(&self.link)? {
                return Err(SourceError::Gone);
            }
            let waits = self.roll.is_waiting();
            self.look_again = waits.then(|| now + LOOK_AGAIN);
            let (seen, _) = self.roll.survey(&self.link)?;
            self.dirty |= self.roll.take_lost();
            self.adopt(changes, seen)?;
            self.pump()?;
        }
        if self.framing.due().is_some_and(|t| t <= now) {
            let seen: Vec<Seen> = self.shown_members().map(|m| m.seen.clone()).collect();
            self.reframe(changes, &seen);
        }
        let ids = self.order.clone();
        if self.shown_members().any(|m| m.outdated || m.unsure) {
            self.roll.ask_again(&self.link)?;
        }
        for id in ids {
            if let Some(m) = self.members.get_mut(&id) {
                if m.outdated {
                    m.renew(&self.link, &self.roll)?;
                    self.damage_member(id, None, changes);
                } else if m.unsure {
                    m.explore(&self.link, &self.roll)?;
                    self.damage_member(id, None, changes);
                }
            }
        }
        Ok(())
    }

    /// Whether events were taken in that are not acted upon yet.
    fn is_behind(&self) -> bool {
        let open = |m: &Member| m.drawn || m.outdated || m.unsure;
        self.dirty || self.shown_members().any(open)
    }

    fn shown_members(&self) -> impl Iterator<Item = &Member> {
        self.order.iter().filter_map(|w| self.members.get(w))
    }

    /// These windows are to be seen from now on.
    fn adopt(&mut self, changes: &mut Changes, seen: Vec<Seen>) -> Result<(), SourceError> {
        if seen.is_empty() && !self.order.is_empty() {
            // The picture stays as it was last.
            self.compose();
            self.order.clear();
            self.pointer.look_again();
            return Ok(());
        }
        let before: Vec<(Window, Span)> = self
            .shown_members()
            .map(|m| (m.window(), m.span()))
            .collect();
        let frame_before = self.at;
        let mut order = Vec::with_capacity(seen.len());
        for s in &seen {
            let window = s.window;
            // The root tells of the outermost frame only.
            for frame in s.frames.iter().skip(1) {
                watch(&self.link, *frame, EventMask::STRUCTURE_NOTIFY)?;
            }
            let kept = match self.members.get_mut(&window) {
                Some(m) => m.follow(s.clone()),
                None => match Member::new(&self.link, s.clone())? {
                    Some(m) => {
                        self.members.insert(window, m);
                        true
                    }
                    None => false,
                },
            };
            if kept {
                order.push(window);
            }
        }
        let came_back = self.order.is_empty() && !order.is_empty();
        let restacked = order != self.order;
        self.order = order;
        self.forget_strangers()?;
        self.reframe(changes, &seen);
        if came_back {
            self.redo(changes, self.canvas.size().bounds());
        }
        // What moved, came, went or was restacked.
        let after: Vec<(Window, Span)> = self
            .shown_members()
            .map(|m| (m.window(), m.span()))
            .collect();
        let inside = |s: Span, at: Placement| Span::new(s.x - at.x, s.y - at.y, s.w, s.h);
        for (window, old) in &before {
            let new = after.iter().find(|(w, _)| w == window).map(|(_, s)| *s);
            let kept = new.is_some_and(|n| inside(n, self.at) == inside(*old, frame_before));
            if !kept || restacked {
                let rect = old.in_picture(self.at, self.canvas.size());
                self.redo(changes, rect);
            }
            if let Some(new) = new.filter(|n| (n.w, n.h) == (old.w, old.h)) {
                let dx = (new.x - old.x) - (self.at.x - frame_before.x);
                let dy = (new.y - old.y) - (self.at.y - frame_before.y);
                self.note_move(dx, dy);
            }
        }
        for (window, new) in &after {
            let old = before.iter().find(|(w, _)| w == window);
            let same = |(_, o): &(Window, Span)| inside(*o, frame_before) == inside(*new, self.at);
            if restacked || !old.is_some_and(same) {
                let rect = new.in_picture(self.at, self.canvas.size());
                self.redo(changes, rect);
            }
        }
        self.pointer.look_again();
        Ok(())
    }

    /// Lets go of windows that are not shared any more.
    fn forget_strangers(&mut self) -> Result<(), SourceError> {
        let gone: Vec<Window> = self
            .members
            .keys()
            .filter(|w| !self.roll.has(**w))
            .copied()
            .collect();
        for window in gone {
            if let Some(m) = self.members.remove(&window) {
                m.end(&self.link)?;
            }
        }
        Ok(())
    }

    fn note_move(&mut self, dx: i32, dy: i32) {
        if let (Ok(dx), Ok(dy)) = (i16::try_from(dx), i16::try_from(dy))
            && (dx, dy) != (0, 0)
            && self.moves.len() < MAX_VECTORS
        {
            self.moves.push(Vector { dx, dy });
        }
    }

    /// A part of the canvas must be composed anew.
    fn redo(&mut self, changes: &mut Changes, rect: Rect) {
        self.stale.add(rect);
        changes.damage.add(rect);
    }

    fn reframe(&mut self, changes: &mut Changes, seen: &[Seen]) {
        let screen = Span::new(0, 0, self.screen.0, self.screen.1);
        let shown = seen.iter().map(|s| Shown {
            span: s.look.inside(),
            popup: s.look.popup,
        });
        let frame = self.framing.update(shown.collect(), screen, Instant::now());
        let (w, h) = (u16::try_from(frame.w), u16::try_from(frame.h));
        let Some(size) = w.ok().zip(h.ok()).and_then(|(w, h)| Size::new(w, h)) else {
            return;
        };
        let at = frame.placement();
        let resized = size != self.canvas.size();
        if resized {
            self.canvas = Canvas::new(size);
            changes.resized = Some(size);
        }
        let moved = at != self.at;
        if moved {
            self.at = at;
            changes.placed = Some(at);
            self.pointer.look_again();
        }
        // One window that moves takes its picture with it.
        if resized || moved && self.order.len() > 1 {
            self.redo(changes, size.bounds());
        }
    }

    /// Part of a member, or all of it, looks otherwise.
    fn damage_member(&mut self, id: Window, part: Option<Rect>, changes: &mut Changes) {
        if let Some(m) = self.members.get(&id) {
            let span = match part {
                Some(part) => Span::on_screen(part, m.span().placement()),
                None => m.span(),
            };
            let rect = span.in_picture(self.at, self.canvas.size());
            self.redo(changes, rect);
        }
    }

    /// Asks what was drawn.
    fn collect_damage(&mut self, changes: &mut Changes) -> Result<(), SourceError> {
        let mut asked = Vec::new();
        for id in &self.order {
            if let Some(m) = self.members.get_mut(id)
                && std::mem::take(&mut m.drawn)
            {
                asked.push((*id, m.damage.ask(&self.link)?));
            }
        }
        if asked.is_empty() {
            return Ok(());
        }
        let mut drawn = Vec::with_capacity(asked.len());
        for (id, answer) in asked {
            drawn.push((id, answer.region()?));
        }
        // What came before the answers tells whether they are about the
        // pixmaps that we have.
        self.pump()?;
        for (id, region) in drawn {
            let Some(m) = self.members.get_mut(&id).filter(|m| !m.outdated) else {
                continue; // all of it will be drawn again
            };
            m.stale.add_all(&region);
            for rect in region.rects() {
                self.damage_member(id, Some(*rect), changes);
            }
        }
        Ok(())
    }

    fn state(&self) -> SourceState {
        if self.order.is_empty() {
            SourceState::Minimised
        } else {
            SourceState::Live
        }
    }

    fn collect(&mut self) -> Result<Changes, SourceError> {
        let mut changes = Changes {
            woken: self.link.woken(),
            ..Changes::default()
        };
        self.follow(&mut changes)?;
        if !std::mem::replace(&mut self.begun, true) {
            let bounds = self.canvas.size().bounds();
            self.redo(&mut changes, bounds);
            changes.placed = Some(self.at);
            changes.resized = None; // there was no other size before
        }
        self.collect_damage(&mut changes)?;
        let state = self.state();
        if self.state_told.replace(state) != Some(state) {
            changes.state = Some(state);
        }
        changes.damage.add_all(&std::mem::take(&mut self.untold));
        let moves = std::mem::take(&mut self.moves);
        if !changes.damage.is_empty() {
            changes.moves = moves;
        }
        if !std::mem::replace(&mut self.masks_told, true) {
            changes.masks = Some(self.masks.clone());
        }
        self.point(&mut changes)?;
        Ok(changes)
    }

    fn point(&mut self, changes: &mut Changes) -> Result<(), SourceError> {
        let new_shape = self.pointer.update(&self.link)?;
        let (x, y) = self.pointer.at;
        let spot = Span::new(x, y, 1, 1);
        let over = self
            .shown_members()
            .any(|m| m.seen.top() == self.pointer.over && m.span().contains(spot));
        let rect = spot.in_picture(self.at, self.canvas.size());
        let pointer = if over && !rect.is_empty() {
            Pointer::At {
                x: rect.x,
                y: rect.y,
            }
        } else {
            Pointer::Away
        };
        let before = self.pointer_told.replace(pointer);
        let appears = matches!(before, None | Some(Pointer::Away));
        let reshaped = pointer != Pointer::Away && (new_shape || appears);
        if reshaped {
            changes.shape = Some(self.pointer.shape());
        }
        if before != Some(pointer) || reshaped {
            changes.pointer = Some(pointer);
        }
        Ok(())
    }

    /// Fetches what was drawn.
    fn fetch(&mut self) -> Result<(), SourceError> {
        let mut shots: Vec<(Window, Shot)> = Vec::new();
        for id in &self.order {
            if let Some(m) = self.members.get_mut(id) {
                shots.extend(m.shots().into_iter().map(|s| (*id, s)));
                m.stale.clear();
            }
        }
        let plain: Vec<Shot> = shots.iter().map(|(_, s)| *s).collect();
        let mut done = 0;
        while done < plain.len() {
            let rest = &plain[done..];
            let count = Grabber::fitting(rest).max(1);
            let got = self.grabber.fetch(&self.link, &rest[..count])?;
            // All that happened before the images were made has arrived now.
            self.pump()?;
            for ((id, shot), range) in shots[done..done + count].iter().zip(got) {
                let Some(m) = self.members.get_mut(id).filter(|m| !m.outdated) else {
                    continue; // pixels of a pixmap that is not the window's
                };
                let pixels = range.and_then(|r| self.grabber.pixels().get(r));
                match pixels {
                    Some(pixels) if !m.unsure => {
                        m.take(*shot, pixels);
                    }
                    // Later, when it is known what is inside of it.
                    Some(_) => m.again(*shot),
                    None => {}
                }
            }
            done += count;
        }
        Ok(())
    }

    /// Puts the windows over each other.
    fn compose(&mut self) {
        for rect in std::mem::take(&mut self.stale).rects() {
            self.canvas.fill(*rect, GREY);
            for id in &self.order {
                if let Some(m) = self.members.get(id) {
                    m.compose(&mut self.canvas, self.at, *rect);
                }
            }
            for mask in &self.masks {
                self.canvas.fill(mask.intersect(*rect), GREY);
            }
        }
    }

    /// The one window that is the whole picture by itself, if there is one.
    fn alone(&self) -> Option<&Member> {
        let [only] = self.order[..] else { return None };
        let m = self.members.get(&only)?;
        let fits = m.face.size() == self.canvas.size() && m.span().placement() == self.at;
        (fits && m.shape.is_none() && self.masks.is_empty()).then_some(m)
    }
}

impl Source for WindowSource {
    fn size(&self) -> Size {
        self.canvas.size()
    }

    fn placement(&self) -> Placement {
        self.at
    }

    fn wait(&mut self, until: Option<Instant>) -> Result<Changes, SourceError> {
        loop {
            let changes = self.collect()?;
            if !changes.is_empty() || until.is_some_and(|t| t <= Instant::now()) {
                return Ok(changes);
            }
            // News that came while something else was asked for is taken in
            // already: nothing would wake us for it.
            if self.is_behind() {
                continue;
            }
            let own = self.framing.due().into_iter().chain(self.look_again);
            self.link.sleep(own.chain(until).min())?;
        }
    }

    fn view(&mut self) -> Result<PixelView<'_>, SourceError> {
        self.fetch()?;
        if self.alone().is_none() {
            self.compose();
        }
        let picture = self.alone().map_or(&self.canvas, |m| &m.face);
        let unseen = SourceError::Screen("a picture without pixels");
        picture.view().ok_or(unseen)
    }

    fn mask(&mut self, areas: &[Rect]) {
        let new = masks::bounded(areas.iter().copied(), self.canvas.size());
        if new == self.masks {
            return;
        }
        for area in self.masks.iter().chain(&new) {
            self.stale.add(*area);
            self.untold.add(*area);
        }
        self.masks = new;
        self.masks_told = false;
    }

    fn waker(&self) -> Waker {
        self.link.waker()
    }
}
