//! A small animated desktop made of numbers: windows with readable text, a
//! photograph and film, that one can drag, click and type into. It is the
//! source of the demo, of tests and of benchmarks; never a stand-in where X11
//! itself is tested.
//!
//! The same seed and calls give the same pixels on every machine.

mod font;
mod scenery;
mod window;

pub use window::Kind;

use window::{TITLE, Window};

use crate::geometry::{Rect, Region, Size};
use crate::moves::Vector;
use crate::picture::Picture;
use crate::time::{Micros, Moment};

/// Film pictures a second.
const FILM_PERIOD: Micros = Micros(33_333);
/// Time between two lines in the terminal.
const TERMINAL_PERIOD: Micros = Micros::from_millis(700);
/// After a pause longer than this, animation goes on from now instead of
/// catching up.
const LAPSE: Micros = Micros::from_millis(1_000);

/// Height of a window's title bar, by which it can be dragged, in pixels.
pub const TITLE_BAR: u16 = TITLE;

/// The desktop.
#[derive(Debug)]
pub struct Desktop {
    picture: Picture,
    ground: Picture,
    /// Lowest first.
    windows: Vec<Window>,
    damage: Region,
    hints: Vec<Vector>,
    grip: Option<(i32, i32)>,
    /// Which kinds move by themselves.
    lively: Vec<(Kind, Micros, Moment)>,
    seed: u32,
}

impl Desktop {
    /// A desktop with an editor (focused), a terminal, a film and a
    /// photograph. Nothing moves until [`Self::animate`].
    #[must_use]
    pub fn new(size: Size, seed: u32) -> Self {
        let mut desktop = Self::empty(size, seed);
        // In thousandths of the screen: left, top, width, height.
        let places = [
            (Kind::Photo, [560, 60, 400, 420]),
            (Kind::Terminal, [40, 470, 500, 480]),
            (Kind::Player, [500, 430, 380, 420]),
            (Kind::Editor, [90, 70, 430, 430]),
        ];
        let part = |whole: u16, n: u32| (u32::from(whole) * n / 1000) as u16;
        for (kind, [x, y, w, h]) in places {
            let (w, h) = (
                part(size.width(), w).max(40) & !1,
                part(size.height(), h).max(40) & !1,
            );
            desktop.open(
                kind,
                Rect::new(part(size.width(), x), part(size.height(), y), w, h),
            );
        }
        desktop
    }

    /// A desktop without windows.
    #[must_use]
    pub fn empty(size: Size, seed: u32) -> Self {
        let mut desktop = Self {
            picture: Picture::new(size),
            ground: scenery::wallpaper(size, seed),
            windows: Vec::new(),
            damage: Region::new(),
            hints: Vec::new(),
            grip: None,
            lively: Vec::new(),
            seed,
        };
        desktop.touch(size.bounds());
        desktop
    }

    /// Opens a window on top of the others; it gets the focus. `place` is its
    /// whole rectangle, border included; nothing happens if it is empty or
    /// larger than any picture may be.
    pub fn open(&mut self, kind: Kind, place: Rect) {
        let Some(size) = Size::new(place.w, place.h) else {
            return;
        };
        let seed = self.seed.wrapping_add(self.windows.len() as u32 * 7919);
        self.windows.push(Window::new(
            kind,
            place.x.into(),
            place.y.into(),
            size,
            seed,
        ));
        self.focus_top();
        self.touch(place.intersect(self.picture.size().bounds()));
    }

    /// The screen as it is now.
    #[must_use]
    pub const fn picture(&self) -> &Picture {
        &self.picture
    }

    /// What changed since this was last asked, and how far things moved.
    pub fn take_damage(&mut self) -> (Region, Vec<Vector>) {
        (
            std::mem::take(&mut self.damage),
            std::mem::take(&mut self.hints),
        )
    }

    /// Lets all windows of a kind move by themselves, or stops them: film at
    /// 30 pictures a second, a terminal line every 0.7 s.
    pub fn animate(&mut self, kind: Kind, on: bool, now: Moment) {
        self.lively.retain(|(k, ..)| *k != kind);
        let period = match kind {
            Kind::Player => FILM_PERIOD,
            Kind::Terminal => TERMINAL_PERIOD,
            Kind::Editor | Kind::Photo => return,
        };
        if on {
            self.lively.push((kind, period, now + period));
        }
    }

    /// Does what is due; says when to come back, if ever.
    pub fn advance(&mut self, now: Moment) -> Option<Moment> {
        let mut lively = std::mem::take(&mut self.lively);
        for (kind, period, due) in &mut lively {
            if now - *due > LAPSE {
                *due = now;
            }
            while *due <= now {
                *due = *due + *period;
                self.step(*kind);
            }
        }
        self.lively = lively;
        self.lively.iter().map(|(.., due)| *due).min()
    }

    /// One step of all windows of a kind: the next film picture, the next line
    /// of a terminal, another photograph.
    pub fn step(&mut self, kind: Kind) {
        for i in 0..self.windows.len() {
            let w = &mut self.windows[i];
            if w.kind != kind {
                continue;
            }
            let part = if kind == Kind::Photo {
                w.next_photo();
                w.inside()
            } else {
                w.tick()
            };
            if kind == Kind::Terminal {
                let dy = -i16::try_from(w.line_height()).unwrap_or(0);
                self.hints.push(Vector { dx: 0, dy });
            }
            self.touch_window(i, part);
        }
    }

    /// The pointer's button goes down: the window there comes to the top and
    /// gets the focus; by its title it can be dragged.
    pub fn press(&mut self, x: u16, y: u16) {
        let (x, y) = (i32::from(x), i32::from(y));
        let Some(i) = self.windows.iter().rposition(|w| {
            let s = w.face.size();
            (w.x..w.x + i32::from(s.width())).contains(&x)
                && (w.y..w.y + i32::from(s.height())).contains(&y)
        }) else {
            return;
        };
        let w = self.windows.remove(i);
        self.windows.push(w);
        let top = self.windows.len() - 1;
        self.focus_top();
        let w = &self.windows[top];
        if y < w.y + i32::from(TITLE) {
            self.grip = Some((x - w.x, y - w.y));
        }
        self.touch_window(top, self.windows[top].face.size().bounds());
    }

    fn focus_top(&mut self) {
        let last = self.windows.len().saturating_sub(1);
        for i in 0..self.windows.len() {
            let focused = i == last;
            if self.windows[i].focused != focused {
                self.windows[i].focused = focused;
                self.windows[i].draw_all();
                self.touch_window(i, self.windows[i].face.size().bounds());
            }
        }
    }

    /// The pointer moves; a window held by its title follows.
    pub fn drag(&mut self, x: u16, y: u16) {
        let (Some((gx, gy)), Some(top)) = (self.grip, self.windows.last()) else {
            return;
        };
        let (dx, dy) = (i32::from(x) - gx - top.x, i32::from(y) - gy - top.y);
        self.move_top(dx, dy);
    }

    /// The button goes up.
    pub const fn release(&mut self) {
        self.grip = None;
    }

    /// Moves the topmost window.
    pub fn move_top(&mut self, dx: i32, dy: i32) {
        let Some(top) = self.windows.len().checked_sub(1) else {
            return;
        };
        if (dx, dy) == (0, 0) {
            return;
        }
        let whole = self.windows[top].face.size().bounds();
        let before = self.on_screen(top, whole);
        self.windows[top].x += dx;
        self.windows[top].y += dy;
        let after = self.on_screen(top, whole);
        self.touch(before);
        self.touch(after);
        if let (Ok(dx), Ok(dy)) = (i16::try_from(dx), i16::try_from(dy)) {
            self.hints.push(Vector { dx, dy });
        }
    }

    /// A character is typed into the focused window, `\n` and backspace
    /// (`\u{8}`) included. Only the editor takes it.
    pub fn type_char(&mut self, c: char) {
        if let Some(i) = self.windows.iter().position(|w| w.focused) {
            let part = self.windows[i].type_char(c);
            self.touch_window(i, part);
        }
    }

    /// What stands in the editor.
    #[must_use]
    pub fn editor_text(&self) -> String {
        self.windows
            .iter()
            .find(|w| w.kind == Kind::Editor)
            .map(Window::text)
            .unwrap_or_default()
    }

    /// Where the first window of a kind is, as far as on the screen, border
    /// included; empty if there is none.
    #[must_use]
    pub fn window(&self, kind: Kind) -> Rect {
        let found = self.windows.iter().position(|w| w.kind == kind);
        found.map_or(Rect::default(), |i| {
            self.on_screen(i, self.windows[i].face.size().bounds())
        })
    }

    /// What the windows show and where they are, topmost first, as far as on
    /// the screen, border included.
    pub fn windows(&self) -> impl Iterator<Item = (Kind, Rect)> + '_ {
        (0..self.windows.len()).rev().map(|i| {
            let w = &self.windows[i];
            (w.kind, self.on_screen(i, w.face.size().bounds()))
        })
    }

    /// The screen's rectangle of a part of a window.
    fn on_screen(&self, i: usize, part: Rect) -> Rect {
        let w = &self.windows[i];
        let clip = |at: i32, len: u16, most: u16| {
            let start = at.clamp(0, i32::from(most));
            let end = (at + i32::from(len)).clamp(0, i32::from(most));
            (start as u16, (end - start) as u16)
        };
        let size = self.picture.size();
        let (x, ww) = clip(w.x + i32::from(part.x), part.w, size.width());
        let (y, hh) = clip(w.y + i32::from(part.y), part.h, size.height());
        Rect::new(x, y, ww, hh)
    }

    fn touch_window(&mut self, i: usize, part: Rect) {
        let rect = self.on_screen(i, part);
        self.touch(rect);
    }

    /// Composes a part of the screen anew.
    fn touch(&mut self, rect: Rect) {
        if rect.is_empty() {
            return;
        }
        self.picture.copy_from(&self.ground.view(), rect);
        for w in &self.windows {
            let face = w.face.size();
            for y in rect.y..rect.bottom() as u16 {
                let Ok(fy) = u16::try_from(i32::from(y) - w.y) else {
                    continue;
                };
                if fy >= face.height() {
                    continue;
                }
                let left = i32::from(rect.x).max(w.x);
                let right = (rect.right() as i32).min(w.x + i32::from(face.width()));
                let (Ok(to), Ok(from), Ok(n)) = (
                    u16::try_from(left),
                    u16::try_from(left - w.x),
                    u16::try_from(right - left),
                ) else {
                    continue;
                };
                let row = w.face.row(from, fy, n);
                for (t, f) in self.picture.row_mut(to, y, n).iter_mut().zip(row) {
                    *t = *f;
                }
            }
        }
        self.damage.add(rect);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn desktop() -> Desktop {
        Desktop::new(Size::new(800, 600).unwrap(), 5)
    }

    /// Everything that differs lies within the damage that was reported.
    fn assert_damage_covers(before: &Picture, d: &mut Desktop) -> Region {
        let (damage, _) = d.take_damage();
        for y in 0..600 {
            for x in 0..800 {
                if before.get(x, y) != d.picture().get(x, y) {
                    let p = Rect::new(x, y, 1, 1);
                    assert!(
                        damage.rects().iter().any(|r| r.contains(p)),
                        "{x},{y} not reported"
                    );
                }
            }
        }
        damage
    }

    #[test]
    fn the_same_seed_gives_the_same_pixels() {
        assert_eq!(desktop().picture(), desktop().picture());
        assert_ne!(
            desktop().picture(),
            Desktop::new(Size::new(800, 600).unwrap(), 6).picture()
        );
    }

    #[test]
    fn typing_shows_in_the_editor_and_nowhere_else() {
        let mut d = desktop();
        d.take_damage();
        let before = d.picture().clone();
        for c in "Hi!\nthere\u{8}".chars() {
            d.type_char(c);
        }
        assert!(d.editor_text().ends_with("Hi!\nther"));
        let damage = assert_damage_covers(&before, &mut d);
        assert!(d.window(Kind::Editor).contains(damage.bounds()));
        assert_ne!(&before, d.picture());
    }

    #[test]
    fn a_click_focuses_and_typing_goes_there() {
        let mut d = desktop();
        let t = d.window(Kind::Terminal);
        d.press(t.x + 20, t.y + t.h - 20);
        d.release();
        let text = d.editor_text();
        d.type_char('x');
        assert_eq!(d.editor_text(), text, "the terminal has the focus");
        let e = d.window(Kind::Editor);
        d.press(e.x + 20, e.y + 40);
        d.type_char('x');
        assert_ne!(d.editor_text(), text);
    }

    #[test]
    fn a_title_drags_its_window_even_off_the_screen() {
        let mut d = desktop();
        d.take_damage();
        let before = d.picture().clone();
        let e = d.window(Kind::Editor);
        d.press(e.x + 30, e.y + 5);
        d.drag(e.x + 130, e.y + 55);
        assert_eq!(
            d.window(Kind::Editor),
            Rect::new(e.x + 100, e.y + 50, e.w, e.h)
        );
        assert_damage_covers(&before, &mut d);
        for (x, y) in [(0, 0), (799, 599), (0, 599), (400, 300)] {
            let before = d.picture().clone();
            d.drag(x, y);
            assert_damage_covers(&before, &mut d);
        }
    }

    #[test]
    fn what_is_lively_moves_on_time_and_the_rest_rests() {
        let mut d = desktop();
        d.take_damage();
        assert_eq!(d.advance(Moment(10_000_000)), None);
        assert!(d.take_damage().0.is_empty());
        d.animate(Kind::Player, true, Moment(0));
        assert_eq!(d.advance(Moment(0)), Some(Moment(33_333)));
        let before = d.picture().clone();
        assert_eq!(d.advance(Moment(33_333)), Some(Moment(66_666)));
        let damage = assert_damage_covers(&before, &mut d);
        assert!(d.window(Kind::Player).contains(damage.bounds()));
        // After a pause it does not catch up.
        assert_eq!(d.advance(Moment(60_000_000)), Some(Moment(60_033_333)));
    }

    #[test]
    fn any_size_will_do() {
        for (w, h) in [(1, 1), (16, 200), (64, 48), (320, 240)] {
            let mut d = Desktop::new(Size::new(w, h).unwrap(), 1);
            for kind in [Kind::Terminal, Kind::Player, Kind::Photo] {
                for _ in 0..30 {
                    d.step(kind);
                }
            }
            for c in "some words\n\n\n".chars() {
                d.type_char(c);
            }
            d.move_top(-500, 300);
        }
    }
}
