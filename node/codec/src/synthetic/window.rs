//! The windows of the synthetic desktop.

use super::font::{Pen, mix};
use super::scenery::{self, Random};
use crate::geometry::{Rect, Size};
use crate::picture::Picture;

/// Height of a title bar in pixels.
pub(super) const TITLE: u16 = 26;
/// Width of the border in pixels.
pub(super) const BORDER: u16 = 2;

/// Most characters an editor keeps; then the oldest line goes.
const MOST_TEXT: usize = 8_000;

/// What a window shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Text that one can type into.
    Editor,
    /// Lines that scroll by.
    Terminal,
    /// Film.
    Player,
    /// A photograph.
    Photo,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Editor, Self::Terminal, Self::Player, Self::Photo];
}

const WORDS: [&str; 32] = [
    "share", "window", "paths", "grant", "room", "viewer", "relay", "frame", "tile", "moves",
    "policy", "probe", "seal", "the", "a", "of", "and", "is", "two", "who", "sees", "what",
    "keeps", "peer", "device", "light", "table", "north", "paper", "small", "river", "open",
];

pub(super) struct Window {
    pub(super) kind: Kind,
    /// Where it is on the desktop, border included. Its left and top may lie
    /// outside.
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) face: Picture,
    pub(super) focused: bool,
    text: Vec<String>,
    ticks: u32,
    random: Random,
}

impl std::fmt::Debug for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Window({:?} at {}, {}, {:?})",
            self.kind, self.x, self.y, self.face
        )
    }
}

impl Window {
    pub(super) fn new(kind: Kind, x: i32, y: i32, size: Size, seed: u32) -> Self {
        let mut w = Self {
            kind,
            x,
            y,
            face: Picture::new(size),
            focused: false,
            text: vec![String::new()],
            ticks: 0,
            random: Random(seed | 1),
        };
        if kind == Kind::Editor {
            w.text = (0..4).map(|_| w.random_line(26)).collect();
            w.text.push(String::new());
        }
        w.draw_all();
        w
    }

    fn title(&self) -> &'static str {
        match self.kind {
            Kind::Editor => "Notes",
            Kind::Terminal => "Terminal",
            Kind::Player => "Film",
            Kind::Photo => "Photograph",
        }
    }

    fn pen(&self) -> Pen {
        // Room for a few words even in a small window.
        let scale = if self.face.size().width() >= 300 {
            2
        } else {
            1
        };
        match self.kind {
            Kind::Terminal => Pen {
                ink: 0xc8_d8c8,
                paper: 0x10_1812,
                scale,
            },
            _ => Pen {
                ink: 0x20_2428,
                paper: 0xfc_fcf8,
                scale,
            },
        }
    }

    /// The part inside border and title.
    pub(super) fn inside(&self) -> Rect {
        let s = self.face.size();
        let (w, h) = (s.width(), s.height());
        Rect::new(
            BORDER.min(w),
            TITLE.min(h),
            w.saturating_sub(2 * BORDER),
            h.saturating_sub(TITLE + BORDER),
        )
    }

    pub(super) fn draw_all(&mut self) {
        let all = self.face.size().bounds();
        let bar = if self.focused { 0x3c_6ea8 } else { 0x8a_949e };
        self.face.fill(all, mix(bar, 0));
        let title = Rect::new(1, 1, all.w.saturating_sub(2), TITLE - 2);
        self.face.fill(title, bar);
        let pen = Pen {
            ink: 0xff_ffff,
            paper: bar,
            scale: 2,
        };
        let title = self.title();
        pen.write(&mut self.face, 10, 3, title);
        // The close box; it belongs to the look, nothing closes.
        self.face
            .fill(Rect::new(all.w.saturating_sub(20), 7, 12, 12), 0xd8_dce0);
        let inside = self.inside();
        match self.kind {
            Kind::Editor | Kind::Terminal => {
                let pen = self.pen();
                self.face.fill(inside, pen.paper);
                self.draw_text(pen);
            }
            Kind::Player => self.draw_film(),
            Kind::Photo => {
                if let Some(size) = Size::new(inside.w, inside.h) {
                    let photo = scenery::photo(size, self.random.0);
                    self.blit(&photo, inside);
                }
            }
        }
    }

    fn blit(&mut self, from: &Picture, at: Rect) {
        for y in 0..at.h {
            let row = from.row(0, y, at.w);
            let to = self.face.row_mut(at.x, at.y + y, at.w);
            for (t, f) in to.iter_mut().zip(row) {
                *t = *f;
            }
        }
    }

    fn rows(&self, pen: Pen) -> usize {
        usize::from((self.inside().h.saturating_sub(4)) / pen.line()).max(1)
    }

    fn columns(&self, pen: Pen) -> usize {
        usize::from((self.inside().w.saturating_sub(8)) / pen.advance()).max(1)
    }

    /// The window's pixels of text row `row`.
    fn row_rect(&self, pen: Pen, row: usize) -> Rect {
        let inside = self.inside();
        let y = inside.y + 2 + row as u16 * pen.line();
        Rect::new(inside.x, y, inside.w, pen.line()).intersect(inside)
    }

    fn draw_row(&mut self, pen: Pen, row: usize) -> Rect {
        let rect = self.row_rect(pen, row);
        self.face.fill(rect, pen.paper);
        let rows = self.rows(pen);
        let first = self.text.len().saturating_sub(rows);
        let columns = self.columns(pen);
        if let Some(line) = self.text.get(first + row) {
            let shown: String = line.chars().take(columns).collect();
            pen.write(&mut self.face, rect.x + 4, rect.y, &shown);
            let last = first + row + 1 == self.text.len();
            if self.kind == Kind::Editor && self.focused && last {
                let x = rect.x + 4 + shown.len() as u16 * pen.advance();
                let caret = Rect::new(x, rect.y, 2, pen.line()).intersect(rect);
                self.face.fill(caret, 0x3c_6ea8);
            }
        }
        rect
    }

    fn draw_text(&mut self, pen: Pen) {
        for row in 0..self.rows(pen).min(self.text.len()) {
            self.draw_row(pen, row);
        }
    }

    fn draw_film(&mut self) {
        let inside = self.inside();
        if let Some(size) = Size::new(inside.w, inside.h) {
            let mut p = Picture::new(size);
            scenery::film(&mut p, self.ticks, 77);
            self.blit(&p, inside);
        }
    }

    fn random_line(&mut self, columns: usize) -> String {
        let mut line = String::new();
        loop {
            let word = WORDS[self.random.below(WORDS.len() as u32) as usize];
            if line.len() + word.len() + 1 > columns {
                return line;
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }

    /// Types a character; gives back what changed, in its own pixels. Only an
    /// editor takes any.
    pub(super) fn type_char(&mut self, c: char) -> Rect {
        if self.kind != Kind::Editor {
            return Rect::default();
        }
        let pen = self.pen();
        let columns = self.columns(pen);
        let lines = self.text.len();
        let Some(last) = self.text.last_mut() else {
            return Rect::default();
        };
        match c {
            '\n' => self.text.push(String::new()),
            '\u{8}' => {
                if last.pop().is_none() && lines > 1 {
                    self.text.pop();
                }
            }
            c if !c.is_control() => {
                if last.chars().count() + 1 >= columns {
                    self.text.push(c.to_string());
                } else {
                    last.push(c);
                }
            }
            _ => return Rect::default(),
        }
        while self.text.iter().map(|l| l.len() + 1).sum::<usize>() > MOST_TEXT {
            self.text.remove(0);
        }
        if self.text.len() == lines {
            let row = lines.min(self.rows(pen)) - 1;
            return self.draw_row(pen, row);
        }
        let inside = self.inside();
        self.face.fill(inside, pen.paper);
        self.draw_text(pen);
        inside
    }

    /// The text of the last lines, for whoever checks what was typed.
    pub(super) fn text(&self) -> String {
        self.text.join("\n")
    }

    /// One step of what it does by itself.
    pub(super) fn tick(&mut self) -> Rect {
        self.ticks = self.ticks.wrapping_add(1);
        match self.kind {
            Kind::Player => {
                self.draw_film();
                self.inside()
            }
            Kind::Terminal => self.scroll(),
            Kind::Editor | Kind::Photo => Rect::default(),
        }
    }

    /// A new line at the bottom; the others move up.
    pub(super) fn scroll(&mut self) -> Rect {
        let pen = self.pen();
        let (rows, columns) = (self.rows(pen), self.columns(pen));
        let words = self.random_line(columns.saturating_sub(9).max(8));
        let line = format!("{:>6}  {words}", self.ticks);
        if self.text.len() == 1 && self.text[0].is_empty() {
            self.text[0] = line;
        } else {
            self.text.push(line);
        }
        let inside = self.inside();
        if self.text.len() <= rows {
            return self.draw_row(pen, self.text.len() - 1);
        }
        self.text.drain(..self.text.len() - rows);
        // Whole rows go up by copying, as a terminal does.
        let top = self.row_rect(pen, 0);
        for y in 0..(rows as u16 - 1) * pen.line() {
            self.face
                .copy_run((top.x, top.y + pen.line() + y), (top.x, top.y + y), top.w);
        }
        self.draw_row(pen, rows - 1);
        inside
    }

    /// How far [`Self::scroll`] moves text, in pixels.
    pub(super) fn line_height(&self) -> u16 {
        self.pen().line()
    }

    /// A photograph of another seed.
    pub(super) fn next_photo(&mut self) {
        self.random.next();
        self.draw_all();
    }
}
