//! The desktop, or a region of it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use kith_codec::geometry::{MAX_SIDE, Rect, Region, Size};
use kith_codec::message::SourceState;
use kith_codec::picture::PixelView;
use kith_codec::{MAX_VECTORS, Vector};
use x11rb::protocol::Event;
use x11rb::protocol::xfixes::{self, SelectionEventMask};
use x11rb::protocol::xproto;

use super::OpenError;
use super::damage::Damage;
use super::grab::{Grabber, Shot};
use super::link::{Link, answer, lost};
use super::pointer::PointerWatch;
use super::stack::{Privacy, Stack};
use super::traces::Traces;
use crate::canvas::Canvas;
use crate::guard::Part;
use crate::plane::Span;
use crate::source::masks;
use crate::source::{Changes, GREY, Placement, Pointer, Source, SourceError, Waker};

/// What part of the screen is shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Area {
    /// All of it, whatever size it has.
    Desktop,
    /// A part of the root window, as a picture of the rectangle around it; what
    /// is cut out, and what lies outside of the screen, is grey.
    Region(Part),
}

/// What the sharer set, until the source takes it.
#[derive(Debug, Default)]
struct Wishes {
    area: Option<Area>,
    privacy: Option<Privacy>,
}

/// Changes what a [`ScreenSource`] shows, from any thread.
#[derive(Clone, Debug)]
pub struct ScreenControl {
    wishes: Arc<Mutex<Wishes>>,
    waker: Waker,
}

impl ScreenControl {
    fn wish(&self, set: impl FnOnce(&mut Wishes)) {
        set(&mut self.wishes.lock().unwrap_or_else(PoisonError::into_inner));
        self.waker.wake();
    }

    /// Shares this from now on.
    pub fn set_area(&self, area: Area) {
        self.wish(|w| w.area = Some(area));
    }

    /// Hides this from now on, in place of what was said earlier.
    pub fn set_privacy(&self, privacy: Privacy) {
        self.wish(|w| w.privacy = Some(privacy));
    }
}

/// A [`Source`] that shows what the screen shows, less what is private.
#[derive(Debug)]
pub struct ScreenSource {
    link: Link,
    grabber: Grabber,
    damage: Damage,
    drawn: bool,
    pointer: PointerWatch,
    pointer_told: Option<Pointer>,
    stack: Stack,
    compositor: u32,
    wishes: Arc<Mutex<Wishes>>,
    area: Area,
    /// That is another one than was told last.
    reshaped: bool,
    /// The size of the root window.
    screen: (i32, i32),
    at: Placement,
    picture: Canvas,
    /// Damaged, and not yet fetched.
    stale: Region,
    /// Damaged by masks, and not yet reported.
    untold: Region,
    /// Asked for by [`Source::mask`].
    asked: Vec<Rect>,
    /// Grey though nothing private is there any more.
    traces: Traces,
    /// What is masked now, and whether that was told.
    masks: Vec<Rect>,
    masks_told: bool,
    moves: Vec<Vector>,
    begun: bool,
    /// Until when the picture stands still: what is on the screen may be copies
    /// of what was private, and has been wiped too often lately.
    still: Option<Instant>,
}

impl ScreenSource {
    /// Shares an area of a display (`None`: the one that `DISPLAY` names).
    ///
    /// # Errors
    /// [`OpenError`]; [`OpenError::Nothing`] for an empty or too large area.
    pub fn open(display: Option<&str>, area: Area, privacy: Privacy) -> Result<Self, OpenError> {
        let link = Link::open(display)?;
        let asked = xproto::get_geometry(&link.conn, link.root).map_err(lost)?;
        let root = answer(asked.reply())?.ok_or(OpenError::Nothing)?;
        let screen = (root.width.into(), root.height.into());
        // Its window comes first, so that the stack knows it.
        let traces = Traces::new(&link, whole(screen))?;
        let stack = Stack::new(&link, privacy)?;
        let (at, size) = framed(&area, screen).ok_or(OpenError::Nothing)?;
        let compositor = compositor_of(&link)?;
        let mut source = Self {
            grabber: Grabber::new(&link)?,
            damage: Damage::new(&link, link.root)?,
            drawn: false,
            pointer: PointerWatch::new(&link)?,
            pointer_told: None,
            stack,
            compositor,
            wishes: Arc::default(),
            area,
            reshaped: false,
            screen,
            at,
            picture: Canvas::new(size),
            stale: Region::new(),
            untold: Region::new(),
            asked: Vec::new(),
            traces,
            masks: Vec::new(),
            masks_told: false,
            moves: Vec::new(),
            begun: false,
            still: None,
            link,
        };
        source.ask_compositor()?;
        Ok(source)
    }

    /// A handle that changes what is shown.
    #[must_use]
    pub fn control(&self) -> ScreenControl {
        ScreenControl {
            wishes: Arc::clone(&self.wishes),
            waker: self.link.waker(),
        }
    }

    fn ask_compositor(&mut self) -> Result<(), SourceError> {
        let owner = xproto::get_selection_owner(&self.link.conn, self.compositor);
        let owner = answer(owner.map_err(lost)?.reply())?;
        self.stack
            .set_composited(owner.is_none_or(|o| o.owner != 0));
        Ok(())
    }

    /// Takes all events that have arrived.
    fn pump(&mut self) -> Result<(), SourceError> {
        let mut before = Some(self.stack.hidden(whole(self.screen)));
        while let Some(event) = self.link.next()? {
            match &event {
                Event::DamageNotify(_) => self.drawn = true,
                Event::PropertyNotify(e) if Stack::is_noise(&self.link, e) => {}
                Event::ConfigureNotify(e) if e.window == self.link.root => {
                    self.screen = (e.width.into(), e.height.into());
                }
                Event::XfixesSelectionNotify(_) => self.ask_compositor()?,
                event if self.pointer.absorb(event) => {}
                event => {
                    if let Event::CreateNotify(e) = event
                        && e.parent == self.link.root
                    {
                        self.stack.meet(&self.link, &[e.window])?;
                    }
                    if let Some((dx, dy)) = self.stack.absorb(self.link.root, event) {
                        self.pointer.look_again();
                        self.note_move(dx, dy);
                        let screen = whole(self.screen);
                        if let Some(before) = before.take() {
                            self.traces.see(before, screen);
                        }
                        self.traces.see(self.stack.hidden(screen), screen);
                    }
                }
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

    /// The part of the root window that is shown.
    fn frame(&self) -> Span {
        Span::on_screen(self.picture.size().bounds(), self.at)
    }

    /// The part of the screen that is shown, where it is one.
    const fn part(&self) -> Option<&Part> {
        match &self.area {
            Area::Region(part) => Some(part),
            Area::Desktop => None,
        }
    }

    /// What is cut out of it.
    fn cuts(&self) -> impl Iterator<Item = Span> {
        let cuts = self.part().into_iter().flat_map(|part| {
            let cuts = part.cuts().iter();
            // The area has room in a picture, and so has what lies in it.
            cuts.filter_map(|c| c.intersect(part.area()).rect())
        });
        cuts.map(|r| Span::on_screen(r, Placement::default()))
    }

    /// Works out anew what is masked.
    fn update_masks(&mut self) {
        let (at, size) = (self.at, self.picture.size());
        let hidden = self.stack.hidden(self.frame());
        let own = hidden.iter().map(|h| h.span).chain(self.traces.spans());
        let own = own.chain(self.cuts()).map(|s| s.in_picture(at, size));
        let all = masks::bounded(own.chain(self.asked.iter().copied()), size);
        if all == self.masks {
            return;
        }
        for area in self.masks.iter().chain(&all) {
            self.stale.add(*area);
            self.untold.add(*area);
        }
        self.masks = all;
        self.masks_told = false;
    }

    /// Brings the model of the screen up to date.
    fn follow(&mut self, changes: &mut Changes) -> Result<(), SourceError> {
        self.pump()?;
        let wishes = {
            let mut wishes = self.wishes.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *wishes)
        };
        if let Some(privacy) = wishes.privacy {
            self.stack.set_privacy(privacy);
        }
        // Of no size: what was shown stays.
        let area = wishes.area.filter(|a| framed(a, self.screen).is_some());
        if let Some(area) = area.filter(|a| *a != self.area) {
            self.area = area;
            self.reshaped = true;
        }
        while !self.stack.is_sure() {
            self.stack.judge(&self.link)?;
            self.pump()?;
        }
        self.reframe(changes);
        self.traces.settle(&mut self.stack, whole(self.screen));
        let stood = self.still.take().is_some();
        if self.stack.is_composited() {
            if !self.begun {
                self.traces.trust();
            }
            self.traces.fade(Instant::now());
        } else if !self.traces.is_wiped() {
            match self.traces.may_wipe(Instant::now()) {
                Ok(()) => self.wipe(changes)?,
                Err(when) => self.still = Some(when),
            }
        }
        if stood && self.still.is_none() {
            // Told before, perhaps, and not fetched then.
            self.untold.add_all(&self.stale);
        }
        self.traces.rest(Instant::now());
        self.update_masks();
        Ok(())
    }

    /// Wipes away what private windows left behind.
    fn wipe(&mut self, changes: &mut Changes) -> Result<(), SourceError> {
        self.link.stop_others()?;
        let wiped = self.wipe_stopped(changes);
        self.link.resume_others()?;
        wiped
    }

    fn wipe_stopped(&mut self, changes: &mut Changes) -> Result<(), SourceError> {
        let drawn = self.ask_damage()?;
        self.traces.doubt(&drawn);
        self.note_damage(&drawn, &mut changes.damage);
        self.traces.wipe(&self.link, whole(self.screen))
    }

    /// What was drawn on the root window since this was last asked.
    fn ask_damage(&mut self) -> Result<Region, SourceError> {
        let drawn = self.damage.ask(&self.link)?.region()?;
        self.pump()?;
        if self.stack.is_composited() {
            self.traces.drawn(&drawn, Instant::now());
        } else if self.traces.is_open(&self.stack, whole(self.screen)) {
            // Who drew it may have copied what was left behind.
            self.traces.doubt(&drawn);
        }
        Ok(drawn)
    }

    fn note_damage(&mut self, drawn: &Region, told: &mut Region) {
        for r in drawn.rects() {
            let on_root = Span::on_screen(*r, Placement::default());
            let rect = on_root.in_picture(self.at, self.picture.size());
            told.add(rect);
            self.stale.add(rect);
        }
    }

    /// Whether something has happened that is not acted upon yet.
    fn is_behind(&self) -> bool {
        let open = self.traces.is_open(&self.stack, whole(self.screen));
        self.drawn || open || !self.stack.is_sure()
    }

    /// The screen or the region may have another size or place.
    fn reframe(&mut self, changes: &mut Changes) {
        let Some((at, size)) = framed(&self.area, self.screen) else {
            return; // a screen of no size
        };
        if std::mem::take(&mut self.reshaped) {
            changes.part = self.part().cloned();
        }
        if size != self.picture.size() {
            self.picture = Canvas::new(size);
            changes.resized = Some(size);
        } else if at == self.at {
            return;
        }
        if at != self.at {
            changes.placed = Some(at);
            self.note_move(self.at.x - at.x, self.at.y - at.y);
        }
        self.at = at;
        self.masks.clear();
        self.masks_told = false;
        self.stale.add(size.bounds());
        changes.damage.add(size.bounds());
        self.pointer.look_again();
    }

    fn collect(&mut self) -> Result<Changes, SourceError> {
        let mut changes = Changes {
            woken: self.link.woken(),
            ..Changes::default()
        };
        self.follow(&mut changes)?;
        if !std::mem::replace(&mut self.begun, true) {
            let bounds = self.picture.size().bounds();
            changes.state = Some(SourceState::Live);
            changes.placed = Some(self.at);
            changes.part = self.part().cloned();
            changes.damage.add(bounds);
            self.stale.add(bounds);
        }
        if self.still.is_none() && std::mem::take(&mut self.drawn) {
            let drawn = self.ask_damage()?;
            self.note_damage(&drawn, &mut changes.damage);
            self.update_masks();
        }
        changes.damage.add_all(&std::mem::take(&mut self.untold));
        changes.moves = std::mem::take(&mut self.moves);
        if changes.damage.is_empty() {
            changes.moves.clear();
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
        let spot = Span::new(x, y, 1, 1).in_picture(self.at, self.picture.size());
        let pointer = if spot.is_empty() {
            Pointer::Away
        } else {
            Pointer::At {
                x: spot.x,
                y: spot.y,
            }
        };
        let before = self.pointer_told.replace(pointer);
        if before != Some(pointer) {
            changes.pointer = Some(pointer);
        }
        let appears = matches!(before, None | Some(Pointer::Away));
        if pointer != Pointer::Away && (new_shape || appears) {
            changes.shape = Some(self.pointer.shape());
            // The share keeps no place for a pointer that it has no shape of.
            changes.pointer = Some(pointer);
        }
        Ok(())
    }

    /// Fetches what is stale.
    fn fetch(&mut self) -> Result<(), SourceError> {
        if self.still.is_some() {
            return Ok(());
        }
        let on_screen = whole(self.screen);
        let mut shots = Vec::new();
        for rect in std::mem::take(&mut self.stale).rects() {
            let wanted = Span::on_screen(*rect, self.at);
            let there = wanted.intersect(on_screen);
            if there != wanted {
                self.picture.fill(*rect, GREY);
            }
            if !there.is_empty() {
                // Sides of a screen fit an i16.
                let shot = Shot {
                    drawable: self.link.root,
                    x: there.x as i16,
                    y: there.y as i16,
                    w: there.w as u16,
                    h: there.h as u16,
                };
                shots.extend(shot.pieces());
            }
        }
        let mut rest = &shots[..];
        while !rest.is_empty() {
            let (now, later) = rest.split_at(Grabber::fitting(rest).max(1));
            let got = self.grabber.fetch(&self.link, now)?;
            // All that happened before the images were made has arrived now.
            self.pump()?;
            for (shot, range) in now.iter().zip(got) {
                let place = Span::new(shot.x.into(), shot.y.into(), shot.w.into(), shot.h.into());
                let to = place.in_picture(self.at, self.picture.size());
                match range.and_then(|r| self.grabber.pixels().get(r)) {
                    Some(pixels) => self.picture.put(to, pixels),
                    // The screen shrank meanwhile: the next wait says so.
                    None => {
                        self.picture.fill(to, GREY);
                        self.stale.add(to);
                    }
                }
            }
            rest = later;
        }
        let screen = whole(self.screen);
        if !self.stack.is_composited() && self.traces.is_open(&self.stack, screen) {
            // It may have been copied to elsewhere before the images were made.
            let drawn = self.ask_damage()?;
            self.traces.doubt(&drawn);
            let mut untold = std::mem::take(&mut self.untold);
            self.note_damage(&drawn, &mut untold);
            self.untold = untold;
        }
        Ok(())
    }
}

fn whole(screen: (i32, i32)) -> Span {
    Span::new(0, 0, screen.0, screen.1)
}

fn compositor_of(link: &Link) -> Result<u32, OpenError> {
    // One root window a display is the rule; more are served as the first.
    let name = b"_NET_WM_CM_S0";
    let atom = xproto::intern_atom(&link.conn, false, name).map_err(lost)?;
    let atom = answer(atom.reply())?.ok_or(OpenError::Nothing)?.atom;
    let mask = SelectionEventMask::SET_SELECTION_OWNER
        | SelectionEventMask::SELECTION_WINDOW_DESTROY
        | SelectionEventMask::SELECTION_CLIENT_CLOSE;
    xfixes::select_selection_input(&link.conn, link.root, atom, mask).map_err(lost)?;
    Ok(atom)
}

/// Place and size of the picture of an area.
fn framed(area: &Area, screen: (i32, i32)) -> Option<(Placement, Size)> {
    let rect = match area {
        Area::Desktop => {
            let side = |s: i32| s.clamp(0, i32::from(MAX_SIDE)) as u16;
            Rect::new(0, 0, side(screen.0), side(screen.1))
        }
        Area::Region(part) => part.area().rect()?,
    };
    let at = Placement {
        x: rect.x.into(),
        y: rect.y.into(),
    };
    Some((at, Size::new(rect.w, rect.h)?))
}

impl Source for ScreenSource {
    fn size(&self) -> Size {
        self.picture.size()
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
            if let Some(still) = self.still {
                // Nothing that happens meanwhile is looked at, however much.
                let end = until.map_or(still, |t| t.min(still));
                std::thread::sleep(end.saturating_duration_since(Instant::now()));
            } else if !self.is_behind() {
                // What came while something else was asked is taken in already:
                // nothing would wake us for it.
                let due = self.traces.due().into_iter();
                self.link.sleep(due.chain(until).min())?;
            }
        }
    }

    fn view(&mut self) -> Result<PixelView<'_>, SourceError> {
        self.fetch()?;
        self.update_masks();
        for mask in &self.masks {
            self.picture.fill(*mask, GREY);
        }
        let unseen = SourceError::Screen("a picture without pixels");
        self.picture.view().ok_or(unseen)
    }

    fn mask(&mut self, areas: &[Rect]) {
        self.asked = masks::bounded(areas.iter().copied(), self.picture.size());
        self.update_masks();
    }

    fn waker(&self) -> Waker {
        self.link.waker()
    }
}
