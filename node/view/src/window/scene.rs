//! The whole window, painted within any rectangle of it: pure, and the same
//! pixels whatever the rectangles are cut like.

use kith_codec::geometry::{Rect, Size};
use kith_codec::message::CursorShape;
use kith_codec::picture::Picture;

use super::canvas::{Canvas, Font};
use super::layout::{Layout, Scale};
use super::strip::{self, Mood};
use crate::overlay;
use crate::session::Session;

/// Beside the picture.
const BESIDE: u32 = 0x16_181c;
const PANEL: u32 = 0x23_272e;
const TEXT: u32 = 0xe8_eaed;
const BAR: u32 = 0x9a_a3ad;

/// Thickness of a scroll bar in pixels.
pub(super) const BAR_WIDTH: u16 = 8;

/// Everything that is to be seen.
#[derive(Debug)]
pub(super) struct Scene<'a> {
    /// The share.
    pub(super) session: &'a Session,
    /// Where things are.
    pub(super) layout: Layout,
    /// The strip's letters.
    pub(super) font: Font,
    /// What the strip shows.
    pub(super) mood: Mood,
    /// Whether the sharer's pointer is painted; not while ours is it.
    pub(super) pointer: bool,
    /// Lines of figures; empty if they are not shown.
    pub(super) figures: &'a [String],
}

impl Scene<'_> {
    /// Paints what of the window lies in the canvas's clip.
    pub(super) fn paint(&self, canvas: &mut Canvas<'_>) {
        let shown = self.layout.shown();
        let picture = self.session.picture().filter(|_| !shown.is_empty());
        if picture.is_none() || !shown.contains(canvas.clip()) {
            canvas.fill(self.layout.view, BESIDE);
        }
        if let Some(picture) = picture {
            match self.layout.scale {
                Scale::Up(k) => larger(canvas, picture, &self.layout, k),
                Scale::Down(size) => smaller(canvas, picture, &self.layout, size),
            }
        }
        for mask in self.session.masks() {
            grey(canvas, self.layout.on_window(*mask));
        }
        if let Some((shape, x, y)) = self.session.cursor().filter(|_| self.pointer) {
            cursor(canvas, &self.layout, shape, x, y);
        }
        self.bars(canvas);
        if let Some(text) = self.banner() {
            self.panel(canvas, &[text.to_owned()], true);
        }
        if !self.figures.is_empty() {
            self.panel(canvas, self.figures, false);
        }
        strip::paint(canvas, &self.layout, self.font, self.session, &self.mood);
    }

    /// What the picture alone doesn't say.
    #[must_use]
    pub(super) fn banner(&self) -> Option<&'static str> {
        let s = self.session;
        let (over, t) = (s.over(), self.mood.words);
        over.map(|o| o.said(t)).or_else(|| s.still_in(t))
    }

    /// Where a pointer of this shape is painted in the window.
    #[must_use]
    pub(super) fn cursor_rect(layout: &Layout, shape: &CursorShape, x: u16, y: u16) -> Rect {
        let (left, top) = cursor_corner(layout, shape, x, y);
        let cut = |v: i32, add: u16| (v.saturating_add(add.into())).clamp(0, 65_535) as u16;
        let (x0, y0) = (cut(left, 0), cut(top, 0));
        let r = Rect::new(x0, y0, cut(left, shape.w) - x0, cut(top, shape.h) - y0);
        r.intersect(layout.view)
    }

    fn bars(&self, canvas: &mut Canvas<'_>) {
        for bar in scroll_bars(&self.layout).into_iter().flatten() {
            canvas.tint(bar.track, 0, 110);
            canvas.fill(bar.thumb, BAR);
        }
    }

    /// Lines of text on a ground of their own: in the middle, or at the top
    /// left.
    fn panel(&self, canvas: &mut Canvas<'_>, lines: &[String], middle: bool) {
        let r = panel_rect(&self.layout, self.font, lines, middle);
        let unit = self.font.height();
        canvas.fill(r, PANEL);
        canvas.frame(r, 1, BAR);
        for (i, line) in (0i32..).zip(lines) {
            let y = i32::from(r.y + unit / 2) + i * i32::from(unit);
            canvas.text(i32::from(r.x + unit / 2), y, line, self.font, TEXT);
        }
    }
}

/// Where lines of text are shown.
#[must_use]
pub(super) fn panel_rect(layout: &Layout, font: Font, lines: &[String], middle: bool) -> Rect {
    let unit = font.height();
    let widest = lines.iter().map(|l| font.width(l)).max().unwrap_or(0);
    let v = layout.view;
    let w = widest.saturating_add(unit).min(v.w);
    let h = (lines.len() as u16)
        .saturating_mul(unit)
        .saturating_add(unit)
        .min(v.h);
    if middle {
        Rect::new(v.x + (v.w - w) / 2, v.y + (v.h - h) / 2, w, h)
    } else {
        Rect::new(v.x, v.y, w, h)
    }
}

/// A scroll bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bar {
    /// All of it.
    pub(super) track: Rect,
    /// The part that stands for what is visible.
    pub(super) thumb: Rect,
}

/// The horizontal and the vertical one, where there is something to scroll.
#[must_use]
pub(super) fn scroll_bars(layout: &Layout) -> [Option<Bar>; 2] {
    let v = layout.view;
    let (w, h) = layout.extent();
    let (sx, sy) = layout.scroll();
    let part = |room: u16, whole: u32, at: i32| {
        let (room, whole) = (u64::from(room), u64::from(whole.max(1)));
        let start = u64::try_from(at).unwrap_or(0) * room / whole;
        let length = (room * room / whole).max(u64::from(BAR_WIDTH)).min(room);
        (start.min(room - length) as u16, length as u16)
    };
    let across = (w > v.w.into() && v.h >= BAR_WIDTH).then(|| {
        let y = v.y + v.h - BAR_WIDTH;
        let (start, length) = part(v.w, w, sx);
        Bar {
            track: Rect::new(v.x, y, v.w, BAR_WIDTH),
            thumb: Rect::new(v.x + start, y, length, BAR_WIDTH),
        }
    });
    let down = (h > v.h.into() && v.w >= BAR_WIDTH).then(|| {
        let x = v.x + v.w - BAR_WIDTH;
        let (start, length) = part(v.h, h, sy);
        Bar {
            track: Rect::new(x, v.y, BAR_WIDTH, v.h),
            thumb: Rect::new(x, v.y + start, BAR_WIDTH, length),
        }
    });
    [across, down]
}

/// The offset of a window's pixel in the picture's extent; the caller stays
/// within [`Layout::shown`].
fn offset(at: u16, origin: i32) -> usize {
    usize::try_from(i32::from(at) - origin).unwrap_or(0)
}

fn larger(canvas: &mut Canvas<'_>, picture: &Picture, layout: &Layout, k: u16) {
    let k = usize::from(k.max(1));
    let width = usize::from(picture.size().width());
    let pixels = picture.pixels();
    canvas.rows(layout.shown(), |x, y, row| {
        let line = offset(y, layout.origin.1) / k * width;
        let from = offset(x, layout.origin.0);
        if k == 1 {
            let start = line + from;
            if let Some(source) = pixels.get(start..start + row.len()) {
                row.copy_from_slice(source);
            }
            return;
        }
        for (i, p) in row.iter_mut().enumerate() {
            *p = pixels.get(line + (from + i) / k).copied().unwrap_or(0);
        }
    });
}

/// Each pixel is the mean of those it stands for.
fn smaller(canvas: &mut Canvas<'_>, picture: &Picture, layout: &Layout, size: Size) {
    let (width, height) = (picture.size().width(), picture.size().height());
    let pixels = picture.pixels();
    let span = |at: usize, small: u16, whole: u16| {
        let (small, whole) = (usize::from(small), usize::from(whole));
        let first = at * whole / small;
        (first, ((at + 1) * whole).div_ceil(small).min(whole))
    };
    canvas.rows(layout.shown(), |x, y, row| {
        let (top, bottom) = span(offset(y, layout.origin.1), size.height(), height);
        let from = offset(x, layout.origin.0);
        for (i, p) in row.iter_mut().enumerate() {
            let (left, right) = span(from + i, size.width(), width);
            let (mut red, mut green, mut blue, mut n) = (0u64, 0u64, 0u64, 0u64);
            for line in top..bottom {
                let base = line * usize::from(width);
                for c in pixels.get(base + left..base + right).unwrap_or(&[]) {
                    red += u64::from(c >> 16 & 0xff);
                    green += u64::from(c >> 8 & 0xff);
                    blue += u64::from(c & 0xff);
                    n += 1;
                }
            }
            let mean = |sum: u64| ((sum + n / 2) / n.max(1)) as u32;
            *p = mean(red) << 16 | mean(green) << 8 | mean(blue);
        }
    });
}

fn grey(canvas: &mut Canvas<'_>, rect: Rect) {
    canvas.rows(rect, |x, y, row| {
        for (x, p) in (x..).zip(row) {
            *p = overlay::grey(x, y);
        }
    });
}

fn cursor_corner(layout: &Layout, shape: &CursorShape, x: u16, y: u16) -> (i32, i32) {
    let (w, h) = layout.extent();
    let side = |at: u16, extent: u32, whole: u16, origin: i32, hot: u16| {
        let at = u64::from(at) * u64::from(extent) / u64::from(whole);
        i32::try_from(at).unwrap_or(i32::MAX / 2) + origin - i32::from(hot)
    };
    let (p, o) = (layout.picture, layout.origin);
    (
        side(x, w, p.width(), o.0, shape.hot_x),
        side(y, h, p.height(), o.1, shape.hot_y),
    )
}

/// The pointer keeps its size at every scale: one must find it.
fn cursor(canvas: &mut Canvas<'_>, layout: &Layout, shape: &CursorShape, x: u16, y: u16) {
    let (left, top) = cursor_corner(layout, shape, x, y);
    let width = usize::from(shape.w);
    canvas.rows(Scene::cursor_rect(layout, shape, x, y), |x, y, row| {
        let start = offset(y, top) * width + offset(x, left);
        let source = shape.pixels.get(start..).unwrap_or(&[]);
        for (p, c) in row.iter_mut().zip(source) {
            *p = overlay::over(*p, *c);
        }
    });
}
