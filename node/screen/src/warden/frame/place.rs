//! Moving and resizing the frame of a part of the screen, and cutting pieces out of it
//! or adding some (GUARD-1): by its title and its bars or by drawing with the mouse, or
//! with the arrow keys. Mouse and keyboard are the warden's while it lasts, as in
//! [`super::choose`]: no program and no viewer moves anything. Only an outline follows
//! the hand; what is shown and what takes input change in one step, when the person
//! lets go or presses Enter.

use kith_codec::time::{Micros, Moment};
use x11rb::protocol::Event;

use super::Sign;
use super::layout::thick;
use super::outline::Outline;
use crate::guard::{Area, Part, Point, ShareId, What};
use crate::look::Scale;
use crate::warden::paint::Rgb;
use crate::warden::words::{Words, fill};
use crate::warden::x11::{Screen, ScreenError};

/// The outline of what would be shown.
const OUTLINE: Rgb = 0x1f_6fd0;
/// It ends when nothing was done for this long: a mouse that does something
/// else than usual must not stay so.
const PATIENCE: Micros = Micros::from_millis(30_000);
/// So near a corner or an edge, in pixels, it is that one that moves.
const NEAR: i32 = 24;
/// The least width and height to which a hand can make it.
const LEAST: u32 = 48;
/// One step of an arrow key in pixels; with Control it is one pixel.
const STEP: i32 = 16;

/// Which ends of one axis follow the hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ends {
    Neither,
    /// The left or the upper one.
    First,
    /// The right or the lower one.
    Last,
    Both,
}

/// What of a frame a hand has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Grip {
    x: Ends,
    y: Ends,
}

impl Grip {
    /// All of it: it is moved.
    pub(super) const WHOLE: Self = Self {
        x: Ends::Both,
        y: Ends::Both,
    };
    /// Right and lower edge: it is resized.
    const CORNER: Self = Self {
        x: Ends::Last,
        y: Ends::Last,
    };

    /// What is at `p` of a frame round `area`: a corner, an edge, or all of it;
    /// `None` outside.
    pub(super) fn at(area: Area, p: Point, scale: Scale) -> Option<Self> {
        let end = |at: i32, from: i32, len: u32| {
            let len = i32::try_from(len).unwrap_or(i32::MAX);
            let (thick, d) = (thick(scale) as i32, at.saturating_sub(from));
            // Of a small one both edges stay within reach.
            let near = NEAR.min(len / 3);
            match d {
                _ if d < -thick || d >= len.saturating_add(thick) => None,
                _ if d < near => Some(Ends::First),
                _ if d >= len - near => Some(Ends::Last),
                _ => Some(Ends::Neither),
            }
        };
        let grip = Self {
            x: end(p.x, area.x, area.w)?,
            y: end(p.y, area.y, area.h)?,
        };
        match (grip.x, grip.y) {
            (Ends::Neither, Ends::Neither) => Some(Self::WHOLE),
            _ => Some(grip),
        }
    }

    /// Where `area` is when the hand has gone by `by`: on the screen, and not
    /// smaller than [`LEAST`], as far as it was so before.
    fn drag(self, area: Area, by: Point, screen: Area) -> Area {
        let (x, w) = along(self.x, (area.x, area.w), by.x, screen.w);
        let (y, h) = along(self.y, (area.y, area.h), by.y, screen.h);
        Area { x, y, w, h }
    }
}

/// One axis of [`Grip::drag`].
fn along(ends: Ends, (at, len): (i32, u32), by: i32, room: u32) -> (i32, u32) {
    let (first, by) = (i64::from(at), i64::from(by));
    let (last, least) = (first + i64::from(len), i64::from(LEAST.min(len)));
    let (first, last) = match ends {
        Ends::Neither => (first, last),
        Ends::Both => {
            let far = (i64::from(room) - i64::from(len)).max(0);
            let first = (first + by).clamp(0, far);
            (first, first + i64::from(len))
        }
        Ends::First => ((first + by).max(0).min(last - least), last),
        Ends::Last => (first, (last + by).min(i64::from(room)).max(first + least)),
    };
    // Never wider than the screen or what it was.
    (
        i32::try_from(first).unwrap_or(at),
        u32::try_from(last - first).unwrap_or(len),
    )
}

/// What a person does to a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Task {
    /// It goes elsewhere, or gets another size.
    Place,
    /// A piece of it is shown no more.
    Cut,
    /// A piece more is shown.
    Add,
}

impl Task {
    /// What is outlined before a hand or a key has moved it.
    fn begins(self, part: &Part, screen: Area) -> Part {
        let a = part.area();
        // A third of its sides, in the middle or right of it.
        let (w, h) = (a.w / 3, a.h / 3);
        let third = |x: i32| Area::new(x, a.y.saturating_add(h as i32), w.max(1), h.max(1));
        let piece = match (self, part.cuts()) {
            (Self::Place, _) => return part.clone(),
            (Self::Cut, _) => third(a.x.saturating_add(w as i32)),
            (Self::Add, [cut, ..]) => *cut,
            (Self::Add, []) => third(a.x.saturating_add(a.w as i32)),
        };
        let still = Point { x: 0, y: 0 };
        Grip::WHOLE.drag(piece, still, screen).into()
    }
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Placed {
    /// The person wants this.
    There(Part),
    /// All stays as it was.
    AsItWas,
    /// It has too many cuts for that.
    TooMany,
}

/// What a hand does.
#[derive(Clone, Debug)]
enum Hand {
    /// It has that, since it was there, and all was so then.
    Holds(Grip, Point, Part),
    /// It draws a rectangle from there.
    Draws(Point),
}

#[derive(Debug)]
pub(super) struct Placing {
    pub(super) share: ShareId,
    /// The title of the share's frame: its owner of the grabs.
    title: u32,
    task: Task,
    /// What is shown.
    part: Part,
    /// The part as it would be, or the piece.
    drawn: Part,
    hand: Option<Hand>,
    outline: Outline,
    pub(super) until: Moment,
    /// The outline and the words are those of `drawn`.
    told: bool,
}

impl Placing {
    /// Takes mouse and keyboard; `None` if somebody else has them. With a hand
    /// at `grip`, it ends when that lets go.
    pub(super) fn begin(
        screen: &Screen,
        share: ShareId,
        title: u32,
        (task, part): (Task, &Part),
        grip: Option<(Grip, Point)>,
        now: Moment,
    ) -> Result<Option<Self>, ScreenError> {
        if !screen.hold_devices(title)? {
            return Ok(None);
        }
        let drawn = task.begins(part, screen.whole()?);
        let mut placing = Self {
            share,
            title,
            task,
            part: part.clone(),
            hand: grip.map(|(grip, at)| Hand::Holds(grip, at, drawn.clone())),
            drawn,
            outline: Outline::default(),
            until: now + PATIENCE,
            told: false,
        };
        placing.draw(screen)?;
        Ok(Some(placing))
    }

    pub(super) fn end(self, screen: &Screen) {
        screen.let_devices_go();
        self.outline.end(screen);
        let _ = screen.flush();
    }

    /// Whether this is still what was shown when it began: what a command has cut out
    /// since then would come back.
    pub(super) fn is_of(&self, what: &What) -> bool {
        matches!(what, What::Region(part) if *part == self.part)
    }

    /// Whether words have to follow.
    pub(super) fn has_news(&mut self) -> bool {
        !std::mem::replace(&mut self.told, true)
    }

    /// Looks at an event. Only a person's device moves anything.
    pub(super) fn handle(
        &mut self,
        screen: &mut Screen,
        event: &Event,
        now: Moment,
    ) -> Result<Option<Placed>, ScreenError> {
        match event {
            // Also what came to the frame itself, before the grab did.
            Event::XinputMotion(e) if screen.devices.is_persons(e.sourceid) => {
                self.follow(screen, place(e.root_x, e.root_y), now)?;
            }
            Event::XinputButtonPress(e)
                if e.event == self.title && screen.devices.is_persons(e.sourceid) =>
            {
                let at = place(e.root_x, e.root_y);
                let hand = match self.task {
                    Task::Place => Grip::at(self.drawn.area(), at, screen.face.scale)
                        .map(|grip| Hand::Holds(grip, at, self.drawn.clone())),
                    Task::Cut | Task::Add => Some(Hand::Draws(at)),
                };
                let Some(hand) = hand.filter(|_| e.detail == 1) else {
                    return Ok(Some(Placed::AsItWas));
                };
                self.until = now + PATIENCE;
                self.hand = Some(hand);
            }
            Event::XinputButtonRelease(e)
                if e.detail == 1
                    && screen.devices.is_persons(e.sourceid)
                    && self.hand.is_some() =>
            {
                // A click has drawn nothing.
                if let Some(Hand::Draws(from)) = self.hand
                    && from == place(e.root_x, e.root_y)
                {
                    self.hand = None;
                    self.told = false;
                    return Ok(None);
                }
                return Ok(Some(self.done()));
            }
            Event::XinputKeyPress(e)
                if e.event == self.title && screen.devices.is_persons(e.sourceid) =>
            {
                let sym = screen.sym_of(u8::try_from(e.detail).unwrap_or(0));
                return self.key(screen, sym, e.mods.effective, now);
            }
            _ => {}
        }
        Ok(None)
    }

    fn key(
        &mut self,
        screen: &Screen,
        sym: u32,
        modifiers: u32,
        now: Moment,
    ) -> Result<Option<Placed>, ScreenError> {
        let (shift, control) = (modifiers & 1 != 0, modifiers & 4 != 0);
        let step = if control { 1 } else { STEP };
        let (x, y) = match sym {
            0xff51 => (-step, 0),
            0xff52 => (0, -step),
            0xff53 => (step, 0),
            0xff54 => (0, step),
            0xff0d | 0xff8d => return Ok(Some(self.done())),
            0xff1b => return Ok(Some(Placed::AsItWas)),
            _ => return Ok(None),
        };
        let grip = if shift { Grip::CORNER } else { Grip::WHOLE };
        // A hand goes on from where the keys have put it.
        self.hand = None;
        let area = grip.drag(self.drawn.area(), Point { x, y }, screen.whole()?);
        self.put(screen, self.drawn.placed(area), now)?;
        Ok(None)
    }

    /// What the person has drawn up to now is to be.
    fn done(&self) -> Placed {
        let (part, piece) = (&self.part, self.drawn.area());
        let wanted = match self.task {
            Task::Place => Part::new(piece, self.drawn.cuts().iter().copied()),
            Task::Cut => part.without(piece),
            Task::Add => part.with(piece),
        };
        wanted.map_or(Placed::TooMany, Placed::There)
    }

    fn follow(&mut self, screen: &Screen, at: Point, now: Moment) -> Result<(), ScreenError> {
        let drawn = match &self.hand {
            None => return Ok(()),
            Some(Hand::Holds(grip, since, from)) => {
                let by = Point {
                    x: at.x - since.x,
                    y: at.y - since.y,
                };
                from.placed(grip.drag(from.area(), by, screen.whole()?))
            }
            Some(Hand::Draws(from)) => {
                let pixel = |p: Point| Area::new(p.x, p.y, 1, 1);
                pixel(*from).around(pixel(at)).into()
            }
        };
        self.put(screen, drawn, now)
    }

    fn put(&mut self, screen: &Screen, drawn: Part, now: Moment) -> Result<(), ScreenError> {
        self.until = now + PATIENCE;
        if drawn != self.drawn {
            self.drawn = drawn;
            self.told = false;
            self.draw(screen)?;
        }
        Ok(())
    }

    fn draw(&mut self, screen: &Screen) -> Result<(), ScreenError> {
        let mut around = vec![self.drawn.area()];
        around.extend(self.drawn.cuts());
        self.outline.draw(screen, &around, OUTLINE)
    }

    /// The title while it lasts: what to do first. Esc is the panic key as well
    /// (GUARD-6).
    pub(super) fn words(&self, sign: &Sign, words: &Words) -> String {
        let area = self.drawn.area();
        let size = format!("{} × {}", area.w, area.h);
        let esc = match sign.controllers.is_empty() {
            true => words.place_esc,
            false => words.place_esc_all,
        };
        let text = match (self.task, &self.hand) {
            (Task::Place, Some(_)) => words.place_hand,
            (Task::Place, None) => words.place_keys,
            (Task::Cut, Some(_)) => words.cut_hand,
            (Task::Cut, None) => words.cut_keys,
            (Task::Add, Some(_)) => words.add_hand,
            (Task::Add, None) => words.add_keys,
        };
        fill(text, &[&size, esc])
    }
}

/// Where on the screen an event was.
fn place(x: i32, y: i32) -> Point {
    Point {
        x: x >> 16,
        y: y >> 16,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SCREEN: Area = Area::new(0, 0, 1000, 800);
    const AREA: Area = Area::new(100, 200, 300, 150);

    fn dragged(at: (i32, i32), by: (i32, i32)) -> Option<Area> {
        let point = |(x, y)| Point { x, y };
        Some(Grip::at(AREA, point(at), Scale::default())?.drag(AREA, point(by), SCREEN))
    }

    #[test]
    fn a_hand_moves_what_it_has() {
        let cases = [
            // The bars: left, lower; corners; inside; and beside it.
            ((98, 270), (-10, 5), Some(Area::new(90, 200, 310, 150))),
            ((250, 352), (7, 20), Some(Area::new(100, 200, 300, 170))),
            ((98, 198), (10, 10), Some(Area::new(110, 210, 290, 140))),
            ((402, 352), (-50, 30), Some(Area::new(100, 200, 250, 180))),
            ((250, 270), (5, -6), Some(Area::new(105, 194, 300, 150))),
            ((90, 270), (5, 5), None),
            // Not beyond the screen, and not away.
            ((250, 270), (-500, 900), Some(Area::new(0, 650, 300, 150))),
            ((402, 270), (5000, 0), Some(Area::new(100, 200, 900, 150))),
            ((98, 270), (5000, 0), Some(Area::new(352, 200, 48, 150))),
        ];
        for (at, by, expected) in cases {
            assert_eq!(dragged(at, by), expected, "{at:?} {by:?}");
        }
    }

    proptest! {
        #[test]
        fn it_stays_on_the_screen(
            x in 0i32..900, y in 0i32..700, w in 1u32..100, h in 1u32..100,
            at in (-20i32..1020, -20i32..820), by in (-3000i32..3000, -3000i32..3000),
        ) {
            let area = Area::new(x, y, w, h);
            let point = |(x, y)| Point { x, y };
            if let Some(grip) = Grip::at(area, point(at), Scale::default()) {
                let to = grip.drag(area, point(by), SCREEN);
                prop_assert_eq!(to.intersect(SCREEN), to);
                prop_assert!(to.w >= w.min(LEAST) && to.h >= h.min(LEAST));
            }
        }
    }
}
