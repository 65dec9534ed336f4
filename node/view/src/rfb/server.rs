//! One connection of a VNC viewer, sans I/O.

use std::collections::BTreeSet;
use std::io;

use kith_codec::geometry::{Rect, Region, Size};
use kith_codec::input::{
    Asking, Button, Controller, Input, Key as KeyInput, Keysym, MAX_HELD, Motion, NOTCH, Place,
};
use kith_codec::message::CursorShape;

use super::auth::{self, Challenge, Key, is_right};
use super::pixels::Format;
use super::protocol::{ClientFault, Message, split};
use crate::local::PathKind;
use crate::overlay;
use crate::session::{News, Session};
use crate::words::Texts;

/// Most pixels of one update: what is made at once for a viewer that asks
/// again soon. The rest comes with its next request.
const MAX_UPDATE: u32 = 1 << 20;

/// Most bytes of a viewer that wait to be understood: some messages, while
/// there is no picture yet.
const MAX_INPUT: usize = 256 * 1024;

const CURSOR: i32 = -239;
const DESKTOP_SIZE: i32 = -223;
const DESKTOP_NAME: i32 = -307;

const VERSION: &[u8; 12] = b"RFB 003.008\n";
const VNC_AUTH: u8 = 2;

#[derive(Debug)]
enum Stage {
    Version,
    Security {
        reason: bool,
    },
    Password {
        challenge: Challenge,
        reason: bool,
    },
    /// The viewer says whether it wants to be alone; it is.
    Init,
    /// It waits for the size of the first picture.
    First,
    Running,
}

/// What a viewer can take beyond pixels.
#[derive(Clone, Copy, Debug, Default)]
struct Can {
    cursor: bool,
    size: bool,
    name: bool,
}

/// One connection.
#[derive(Debug)]
pub(super) struct Server {
    key: Key,
    texts: &'static Texts,
    stage: Stage,
    input: Vec<u8>,
    skip: u32,
    out: Vec<u8>,
    format: Format,
    can: Can,
    /// The size it was told.
    told: Option<Size>,
    named: String,
    dirty: Region,
    requested: Option<Rect>,
    cursor_due: bool,
    /// Where the sharer's pointer was painted.
    cursor_at: Rect,
    buttons: u8,
    /// Of them, whose press was passed on.
    held: u8,
    keys: BTreeSet<Keysym>,
    asks: Asks,
    pace: Pace,
}

/// Whether the picture is what there is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pace {
    Live,
    /// It is dimmed: not every viewer shows the name, which says why.
    Still,
}

/// What asks for control: a VNC viewer has no button for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asks {
    /// The first click or key.
    Anything,
    /// Control ended, perhaps by the sharer's panic key: what goes on being typed
    /// is no wish for it.
    Click,
    /// It has asked.
    Nothing,
}

impl Server {
    pub(super) const fn new(key: Key, texts: &'static Texts) -> Self {
        Self {
            key,
            texts,
            stage: Stage::Version,
            input: Vec::new(),
            skip: 0,
            out: Vec::new(),
            format: Format::OWN,
            can: Can {
                cursor: false,
                size: false,
                name: false,
            },
            told: None,
            named: String::new(),
            dirty: Region::new(),
            requested: None,
            cursor_due: false,
            cursor_at: Rect::new(0, 0, 0, 0),
            buttons: 0,
            held: 0,
            keys: BTreeSet::new(),
            asks: Asks::Anything,
            pace: Pace::Live,
        }
    }

    /// Somebody connected.
    pub(super) fn greet(&mut self) -> io::Result<()> {
        self.out.extend_from_slice(VERSION);
        Ok(())
    }

    /// Whether the password was right.
    pub(super) const fn is_running(&self) -> bool {
        matches!(self.stage, Stage::Init | Stage::First | Stage::Running)
    }

    pub(super) fn output(&self) -> &[u8] {
        &self.out
    }

    pub(super) fn written(&mut self, n: usize) {
        self.out.drain(..n.min(self.out.len()));
    }

    /// Takes the viewer's bytes.
    pub(super) fn feed(&mut self, bytes: &[u8], session: &mut Session) -> Result<(), ClientFault> {
        // Clipboard text is nobody's here: skipped without being kept.
        let skipped = bytes.len().min(self.skip as usize);
        self.skip -= skipped as u32;
        self.input
            .extend_from_slice(bytes.get(skipped..).unwrap_or(&[]));
        if self.input.len() > MAX_INPUT {
            return Err(ClientFault::TooMuch);
        }
        loop {
            let used = if matches!(self.stage, Stage::Running) {
                let Some((message, used)) = split(&self.input)? else {
                    return Ok(());
                };
                self.input.drain(..used);
                self.message(message, session);
                continue;
            } else {
                self.greeting()?
            };
            if used == 0 {
                return Ok(());
            }
            self.input.drain(..used);
        }
    }

    /// One step of the greeting; how many bytes it took.
    fn greeting(&mut self) -> Result<usize, ClientFault> {
        match self.stage {
            Stage::Version => {
                let Some(version) = self.input.first_chunk::<12>() else {
                    return Ok(0);
                };
                // 3.7 has no reasons; older ones another greeting.
                let reason = match version {
                    b"RFB 003.008\n" => true,
                    b"RFB 003.007\n" => false,
                    _ => return Err(ClientFault::Version),
                };
                self.out.extend([1, VNC_AUTH]);
                self.stage = Stage::Security { reason };
                Ok(12)
            }
            Stage::Security { reason } => {
                let Some(&chosen) = self.input.first() else {
                    return Ok(0);
                };
                let (VNC_AUTH, Ok(challenge)) = (chosen, auth::challenge()) else {
                    return Err(ClientFault::Security);
                };
                self.out.extend(challenge);
                self.stage = Stage::Password { challenge, reason };
                Ok(1)
            }
            Stage::Password { challenge, reason } => {
                let Some(answer) = self.input.first_chunk::<16>() else {
                    return Ok(0);
                };
                if !is_right(&self.key, &challenge, answer) {
                    self.out.extend(1u32.to_be_bytes());
                    if reason {
                        let words = b"The password is wrong.";
                        self.out.extend((words.len() as u32).to_be_bytes());
                        self.out.extend_from_slice(words);
                    }
                    return Err(ClientFault::Password);
                }
                self.out.extend(0u32.to_be_bytes());
                self.stage = Stage::Init;
                Ok(16)
            }
            Stage::Init if self.input.is_empty() => Ok(0),
            Stage::Init => {
                self.stage = Stage::First;
                Ok(1)
            }
            Stage::First | Stage::Running => Ok(0),
        }
    }

    fn message(&mut self, message: Message, session: &mut Session) {
        match message {
            Message::Format(format) => self.format = format,
            Message::Encodings(list) => {
                self.can = Can {
                    cursor: list.contains(&CURSOR),
                    size: list.contains(&DESKTOP_SIZE),
                    name: list.contains(&DESKTOP_NAME),
                };
                self.cursor_due = true;
            }
            Message::Request { incremental, area } => {
                if !incremental {
                    self.dirty.add(area);
                }
                self.requested = Some(area);
            }
            Message::Cut(length) => {
                let here = self.input.len().min(length as usize);
                self.input.drain(..here);
                self.skip = length - here as u32;
            }
            Message::Key { down, keysym } => self.key(down, keysym, session),
            Message::Pointer { buttons, x, y } => self.pointer(buttons, Place { x, y }, session),
        }
    }

    // Input.

    /// Asks for control, once.
    fn ask(&mut self, session: &mut Session) {
        let status = session.status();
        let may = session.asking() == Asking::Open && status.controller != Controller::You;
        if may && session.send(&Input::Ask) {
            self.asks = Asks::Nothing;
        }
    }

    fn key(&mut self, down: bool, keysym: u32, session: &mut Session) {
        // Lock keys are no keysyms here (GUARD-5).
        let Some(keysym) = Keysym::new(keysym) else {
            return;
        };
        if !session.controls() {
            self.keys.clear();
            if down && self.asks == Asks::Anything {
                self.ask(session);
            }
            return;
        }
        let (motion, character) = if down {
            if self.keys.len() == MAX_HELD && !self.keys.contains(&keysym) {
                return;
            }
            self.keys.insert(keysym);
            (Motion::Down, keysym.character())
        } else if self.keys.remove(&keysym) {
            (Motion::Up, None)
        } else {
            return;
        };
        session.send(&Input::Key(KeyInput {
            keysym,
            motion,
            character,
        }));
    }

    fn pointer(&mut self, buttons: u8, at: Place, session: &mut Session) {
        let changed = self.buttons ^ buttons;
        if !session.controls() {
            (self.buttons, self.held) = (buttons, 0);
            if changed & buttons != 0 && self.asks != Asks::Nothing {
                self.ask(session);
            }
            return;
        }
        self.buttons = buttons;
        if changed == 0 {
            session.send(&Input::Move(at));
        }
        for bit in (0..8).filter(|bit| changed >> bit & 1 != 0) {
            let down = buttons >> bit & 1 != 0;
            let button = match bit {
                0 => Button::Main,
                1 => Button::Middle,
                2 => Button::Menu,
                7 => Button::Back,
                wheel => {
                    let (dx, dy) = [(0, -NOTCH), (0, NOTCH), (-NOTCH, 0), (NOTCH, 0)][wheel - 3];
                    if down {
                        session.send(&Input::Wheel { at, dx, dy });
                    }
                    continue;
                }
            };
            // A press from before control has no release.
            if down || self.held >> bit & 1 != 0 {
                self.held ^= 1 << bit;
                let motion = if down { Motion::Down } else { Motion::Up };
                session.send(&Input::Button { at, button, motion });
            }
        }
    }

    /// The viewer is gone.
    pub(super) fn let_go(&mut self, session: &mut Session) {
        if self.held != 0 || !self.keys.is_empty() {
            session.send(&Input::ReleaseAll);
        }
    }

    // Pictures.

    /// What of the share changed.
    pub(super) fn news(&mut self, news: &News, session: &Session) {
        self.dirty.add_all(&news.damage);
        let all = session.size().map_or(Rect::default(), Size::bounds);
        let pace = match session.still() {
            None => Pace::Live,
            Some(_) => Pace::Still,
        };
        if news.masks || news.size || std::mem::replace(&mut self.pace, pace) != pace {
            self.dirty.add(all);
        }
        if session.controls() {
            self.asks = Asks::Click;
        }
        self.cursor_due |= news.cursor || news.told;
        if let (Stage::First, Some(size)) = (&self.stage, session.size()) {
            self.begin(size, session);
        }
    }

    fn begin(&mut self, size: Size, session: &Session) {
        self.out.extend(size.width().to_be_bytes());
        self.out.extend(size.height().to_be_bytes());
        self.out.extend(Format::OWN.to_bytes());
        self.named = name(session, self.texts);
        self.out.extend((self.named.len() as u32).to_be_bytes());
        self.out.extend(self.named.bytes());
        self.told = Some(size);
        self.stage = Stage::Running;
    }

    /// Makes an update, if the viewer wants one, has taken the last, and there
    /// is something new.
    pub(super) fn update(&mut self, session: &Session) {
        if matches!(self.stage, Stage::First)
            && let Some(size) = session.size()
        {
            self.begin(size, session);
        }
        let (Some(told), Some(picture), true) = (self.told, session.size(), self.out.is_empty())
        else {
            return;
        };
        let Some(requested) = self.requested else {
            return;
        };
        let mut head = vec![0, 0, 0, 0];
        let mut count = 0u16;
        let size = if told != picture && self.can.size {
            self.told = Some(picture);
            self.dirty.clear();
            self.dirty.add(picture.bounds());
            let place = Rect::new(0, 0, picture.width(), picture.height());
            put_head(place, DESKTOP_SIZE, &mut head);
            count += 1;
            picture
        } else {
            told
        };
        let name = name(session, self.texts);
        if self.can.name && name != self.named {
            put_head(Rect::default(), DESKTOP_NAME, &mut head);
            head.extend((name.len() as u32).to_be_bytes());
            head.extend(name.bytes());
            self.named = name;
            count += 1;
        }
        if std::mem::take(&mut self.cursor_due) {
            self.move_cursor(session);
            if self.can.cursor {
                self.put_cursor(session, &mut head);
                count += 1;
            }
        }
        // After a change of size the old request means nothing.
        let within = if count > 0 && size != told {
            size.bounds()
        } else {
            requested.intersect(size.bounds())
        };
        let mut room = MAX_UPDATE;
        let mut later = Region::new();
        for r in self.dirty.rects() {
            let r = r.intersect(size.bounds());
            let now = r.intersect(within);
            if now != r {
                // What was not asked for stays to be told.
                later.add(r);
            }
            let rows = (room / u32::from(now.w.max(1))).min(u32::from(now.h)) as u16;
            let now_part = Rect::new(now.x, now.y, now.w, rows);
            later.add(Rect::new(now.x, now.y + rows, now.w, now.h - rows));
            if !now_part.is_empty() {
                room -= now_part.area();
                put_head(now_part, 0, &mut head);
                self.put_pixels(now_part, session, &mut head);
                count += 1;
            }
        }
        self.dirty = later;
        if count == 0 {
            return;
        }
        if let Some(place) = head.get_mut(2..4) {
            place.copy_from_slice(&count.to_be_bytes());
        }
        self.requested = None;
        self.out = head;
    }

    /// The pixels as they are to be seen: grey where masked, with the sharer's
    /// pointer while this viewer does not control.
    fn put_pixels(&self, r: Rect, session: &Session, out: &mut Vec<u8>) {
        let Some(picture) = session.picture() else {
            return;
        };
        let width = usize::from(picture.size().width());
        let mut row = vec![0u32; usize::from(r.w)];
        for y in r.y..r.y + r.h {
            row.fill(0);
            let start = usize::from(y) * width + usize::from(r.x);
            let have = usize::from(r.w).min(width.saturating_sub(usize::from(r.x)));
            if let (Some(to), Some(from)) = (
                row.get_mut(..have),
                picture.pixels().get(start..start + have),
            ) {
                to.copy_from_slice(from);
            }
            let line = Rect::new(r.x, y, r.w, 1);
            for mask in session.masks() {
                let m = mask.intersect(line);
                for x in m.x..m.x + m.w {
                    if let Some(p) = row.get_mut(usize::from(x - r.x)) {
                        *p = overlay::grey(x, y);
                    }
                }
            }
            if let Some((shape, at)) = painted(session) {
                paint_cursor(shape, at, line, &mut row);
            }
            if self.pace == Pace::Still {
                row.iter_mut().for_each(|p| *p = overlay::dim(*p));
            }
            self.format.put(&row, out);
        }
    }

    fn move_cursor(&mut self, session: &Session) {
        let now = painted(session).map_or(Rect::default(), |(shape, (x, y))| {
            let cut = |v: i32| v.clamp(0, 65_535) as u16;
            let (x1, y1) = (cut(x + i32::from(shape.w)), cut(y + i32::from(shape.h)));
            Rect::new(cut(x), cut(y), x1 - cut(x), y1 - cut(y))
        });
        self.dirty.add(self.cursor_at);
        self.dirty.add(now);
        self.cursor_at = now;
    }

    /// The viewer's own pointer: the sharer's shape while it controls, else an
    /// empty one, which viewers show as a dot.
    fn put_cursor(&self, session: &Session, out: &mut Vec<u8>) {
        let shape = session.cursor().filter(|_| session.controls());
        let Some((shape, ..)) = shape else {
            put_head(Rect::default(), CURSOR, out);
            return;
        };
        put_head(
            Rect::new(shape.hot_x, shape.hot_y, shape.w, shape.h),
            CURSOR,
            out,
        );
        let colours: Vec<u32> = shape.pixels.iter().map(|p| p & 0xff_ffff).collect();
        self.format.put(&colours, out);
        for row in shape.pixels.chunks(usize::from(shape.w)) {
            for eight in row.chunks(8) {
                let bits = eight
                    .iter()
                    .enumerate()
                    .map(|(i, p)| u8::from(p >> 24 > 127) << (7 - i));
                out.push(bits.sum());
            }
        }
    }
}

/// The sharer's pointer and its corner, while it is painted into the picture.
fn painted(session: &Session) -> Option<(&CursorShape, (i32, i32))> {
    let (shape, x, y) = session.cursor().filter(|_| !session.controls())?;
    let corner = |at: u16, hot: u16| i32::from(at) - i32::from(hot);
    Some((shape, (corner(x, shape.hot_x), corner(y, shape.hot_y))))
}

fn paint_cursor(shape: &CursorShape, (left, top): (i32, i32), line: Rect, row: &mut [u32]) {
    let dy = i32::from(line.y) - top;
    if !(0..i32::from(shape.h)).contains(&dy) {
        return;
    }
    for (x, p) in (i32::from(line.x)..).zip(row) {
        let dx = x - left;
        if (0..i32::from(shape.w)).contains(&dx) {
            let at = dy as usize * usize::from(shape.w) + dx as usize;
            *p = overlay::over(*p, shape.pixels.get(at).copied().unwrap_or(0));
        }
    }
}

fn put_head(r: Rect, encoding: i32, out: &mut Vec<u8>) {
    for v in [r.x, r.y, r.w, r.h] {
        out.extend(v.to_be_bytes());
    }
    out.extend(encoding.to_be_bytes());
}

/// What the viewer's title says (GUARD-7).
fn name(session: &Session, t: &'static Texts) -> String {
    let who = match session.status().controller {
        _ if session.path().0 == PathKind::Interrupted => t.interrupted,
        Controller::You => t.you,
        Controller::Somebody => t.somebody,
        Controller::Nobody => t.watch,
    };
    let name = match (session.what(), session.person()) {
        ("", "") => format!("Kith: {who}"),
        (what, person) => format!("{what} \u{b7} {person} \u{b7} Kith: {who}"),
    };
    match session.still_in(t) {
        None => name,
        // First, where a narrow title still shows it.
        Some(still) => format!("{still} \u{b7} {name}"),
    }
}
