//! The sharing frame and its title (GUARD-1, GUARD-7): drawn round what is
//! shared, in one colour while it is seen and in another while somebody
//! controls it; instructions first, names last; two arrows that blink while a
//! viewer's input takes effect; a button that stops.
//!
//! The frame lets input through, unless it can be dragged; title, menu and what
//! can be dragged heed a person's device alone. The menu ([`menu`], [`board`]) has what is shown, who
//! is there and what is barred; in choosing mode ([`choose`]) a click on a window
//! adds it or takes it out, or moves it into a part of the screen or out of it
//! (GUARD-2). A part of the screen is moved, resized and cut to any shape by its frame
//! ([`place`]).

mod board;
mod bring;
mod choose;
mod layout;
pub(super) mod menu;
mod outline;
mod place;
mod window;

use std::collections::BTreeMap;

use kith_codec::time::{Micros, Moment};
use x11rb::protocol::Event;

use super::paint::Type;
use super::protocol::{Bar, Change};
use super::x11::{Screen, ScreenError};
use crate::guard::{Limits, Own, Part, Point, ShareId, Shared, ViewerId, What};
use board::{Board, Done};
use choose::{Choosing, Chose};
use menu::{Act, Piece, pieces, rows};
use place::{Placed, Placing, Task};
use window::{Button, Frame};

/// How soon after a change on the screen the frame follows.
const FOLLOW: Micros = Micros::from_millis(40);
/// How long the arrows blink after an input.
const ACTING: Micros = Micros::from_millis(600);
/// One half of a blink.
const BLINK: Micros = Micros::from_millis(200);
/// How often it is looked whether the menu is still on top.
const LOOK: Micros = Micros::from_millis(150);
/// Super with this key opens the menu, or gives a question the keyboard: "k".
const SHORTCUT: u32 = 0x6b;

/// Somebody, by number and name.
pub(super) type Named = (ViewerId, String);

/// What a frame says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sign {
    /// What it goes round.
    pub(super) what: What,
    /// Who watches.
    pub(super) watchers: Vec<Named>,
    /// Who controls.
    pub(super) controllers: Vec<Named>,
    /// What is barred for all who control.
    pub(super) limits: Limits,
    /// What the person is told instead, for a while.
    pub(super) note: Option<&'static str>,
}

/// All frames of this screen.
#[derive(Debug, Default)]
pub(super) struct Frames {
    frames: BTreeMap<ShareId, Frame>,
    acting: BTreeMap<ShareId, Moment>,
    due: Option<Moment>,
    /// The share whose menu is to be opened.
    wanted: Option<Wanted>,
    board: Option<Board>,
    choosing: Option<Choosing>,
    placing: Option<Placing>,
    /// The shortcut is heard.
    listens: bool,
}

/// What is to be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Menu(ShareId),
    Choosing(ShareId),
    Placing(ShareId, Task),
}

/// What became of the windows of a share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// A person pressed the stop button.
    Stop(ShareId),
    /// None of the shared windows exists any more.
    Gone(ShareId),
    /// A person chose a window.
    Choose(ShareId, Shared, Change),
    /// A person moves it there: into the part that is shown, or out of it.
    Move(ShareId, Shared, Change, Point),
    /// A person took out a whole application.
    TakeOut(ShareId, Piece),
    /// A person shows this part of the screen instead.
    Place(ShareId, Part),
    /// The part has too many cuts for what a person wants.
    TooMany(ShareId),
    /// A person takes control back from one viewer.
    TakeBack(ShareId, ViewerId),
    /// A person shows nothing more to one viewer.
    SendAway(ShareId, ViewerId),
    /// A person bars something.
    Bar(ShareId, Bar),
    /// Mouse or keyboard are another program's: nothing can be chosen.
    Held(ShareId),
}

impl Frames {
    /// Something changed that frames may have to follow.
    pub(super) fn changed(&mut self, now: Moment) {
        let soon = now + FOLLOW;
        self.due = Some(self.due.map_or(soon, |d| d.min(soon)));
    }

    /// A viewer's input took effect.
    pub(super) fn acted(&mut self, share: ShareId, now: Moment) {
        if self.acting.insert(share, now).is_none() {
            self.due = Some(now);
        }
    }

    /// When [`Frames::tick`] is due.
    pub(super) fn next_at(&self) -> Option<Moment> {
        let choosing = self.choosing.as_ref().map(|c| c.until);
        let placing = self.placing.as_ref().map(|p| p.until);
        self.due.into_iter().chain(choosing).chain(placing).min()
    }

    /// Whether a person is at the menu, chooses, or moves a frame: nothing is
    /// injected beside that.
    pub(super) const fn is_busy(&self) -> bool {
        self.board.is_some() || self.choosing.is_some() || self.placing.is_some()
    }

    /// Takes frames away whose shares are over.
    pub(super) fn close(&mut self, screen: &Screen, share: ShareId) {
        if let Some(frame) = self.frames.remove(&share) {
            frame.close(screen);
        }
        self.acting.remove(&share);
        if self.board.as_ref().is_some_and(|b| b.share == share) {
            self.close_menu(screen);
        }
        if self.choosing.as_ref().is_some_and(|c| c.share == share) {
            self.end_choosing(screen);
        }
        if self.placing.as_ref().is_some_and(|p| p.share == share) {
            self.end_placing(screen);
        }
    }

    /// Menu, choosing and moving are over.
    pub(super) fn calm(&mut self, screen: &Screen) {
        self.wanted = None;
        self.close_menu(screen);
        self.end_choosing(screen);
        self.end_placing(screen);
    }

    fn close_menu(&mut self, screen: &Screen) {
        if let Some(board) = self.board.take() {
            board.close(screen);
        }
    }

    fn end_choosing(&mut self, screen: &Screen) {
        if let Some(choosing) = self.choosing.take() {
            choosing.end(screen);
        }
    }

    fn end_placing(&mut self, screen: &Screen) {
        if let Some(placing) = self.placing.take() {
            placing.end(screen);
        }
    }

    /// Brings all frames up to date with `signs`, if it is time.
    pub(super) fn tick(
        &mut self,
        screen: &mut Screen,
        type_: &mut Type,
        own: &Own,
        signs: &BTreeMap<ShareId, Sign>,
        now: Moment,
    ) -> Result<Vec<News>, ScreenError> {
        if self.choosing.as_ref().is_some_and(|c| c.until <= now) {
            self.end_choosing(screen);
            self.due = Some(now);
        }
        let shows = |p: &Placing| signs.get(&p.share).is_some_and(|s| p.is_of(&s.what));
        let over = |p: &Placing| p.until <= now || !shows(p);
        if self.placing.as_ref().is_some_and(over) {
            self.end_placing(screen);
            self.due = Some(now);
        }
        let chosen = self.choosing.as_mut().is_some_and(Choosing::has_news);
        if chosen || self.placing.as_mut().is_some_and(Placing::has_news) {
            self.due = Some(now);
        }
        if self.due.is_none_or(|d| d > now) {
            return Ok(Vec::new());
        }
        self.due = None;
        let over: Vec<_> = self
            .frames
            .keys()
            .filter(|s| !signs.contains_key(s))
            .copied()
            .collect();
        for share in over {
            self.close(screen, share);
        }
        // A question is reached by it, too.
        let listens = !signs.is_empty() || screen.question.is_some();
        if self.listens != listens {
            self.listens = listens;
            match self.listens {
                true => screen.hear_shortcut(SHORTCUT)?,
                false => screen.forget_shortcut(SHORTCUT)?,
            }
        }
        let words = screen.face.words;
        self.acting.retain(|_, at| now - *at < ACTING);
        let mut news = Vec::new();
        for (share, sign) in signs {
            let lit = self
                .acting
                .get(share)
                .map(|at| ((now - *at).0 / BLINK.0).is_multiple_of(2));
            if lit.is_some() {
                self.due = Some(now + BLINK);
            }
            let frame = match self.frames.entry(*share) {
                std::collections::btree_map::Entry::Occupied(e) => e.into_mut(),
                std::collections::btree_map::Entry::Vacant(e) => e.insert(Frame::open(screen)?),
            };
            let choosing = self.choosing.as_ref().filter(|c| c.share == *share);
            let placing = self.placing.as_ref().filter(|p| p.share == *share);
            let instead = choosing
                .map(|c| c.words(sign, words))
                .or_else(|| placing.map(|p| p.words(sign, words)))
                .or_else(|| sign.note.map(str::to_owned));
            if frame.update(screen, type_, sign, instead, lit.unwrap_or(false))? {
                news.push(News::Gone(*share));
            }
        }
        // Above the frames, which follow the same change; the words come next.
        if let Some(choosing) = &mut self.choosing
            && let Some(sign) = signs.get(&choosing.share)
        {
            choosing.look_again(screen, own, &sign.what)?;
            if choosing.has_news() {
                self.due = Some(now);
            }
        }
        news.extend(self.open_wanted(screen, type_, own, signs, now)?);
        self.tick_menu(screen, type_, signs, now)?;
        screen.flush()?;
        Ok(news)
    }

    fn open_wanted(
        &mut self,
        screen: &Screen,
        type_: &mut Type,
        own: &Own,
        signs: &BTreeMap<ShareId, Sign>,
        now: Moment,
    ) -> Result<Option<News>, ScreenError> {
        let Some(wanted) = self.wanted.take() else {
            return Ok(None);
        };
        let (Wanted::Menu(share) | Wanted::Choosing(share) | Wanted::Placing(share, _)) = wanted;
        let (Some(sign), Some(frame)) = (signs.get(&share), self.frames.get(&share)) else {
            return Ok(None);
        };
        let (window, title) = frame.title();
        match wanted {
            Wanted::Menu(_) => {
                let rows = rows(sign, &named(screen, &sign.what)?, screen.face.words);
                let title = title.unwrap_or(screen.whole()?);
                self.board = Some(Board::open(screen, type_, share, rows, title)?);
            }
            Wanted::Choosing(_) => {
                let Some(mut choosing) = Choosing::begin(screen, share, window, now)? else {
                    return Ok(Some(News::Held(share)));
                };
                choosing.look_again(screen, own, &sign.what)?;
                self.choosing = Some(choosing);
                self.due = Some(now);
            }
            Wanted::Placing(_, task) => {
                let What::Region(part) = &sign.what else {
                    return Ok(None);
                };
                self.placing = Placing::begin(screen, share, window, (task, part), None, now)?;
                self.due = Some(now);
                return Ok(self.placing.is_none().then_some(News::Held(share)));
            }
        }
        Ok(None)
    }

    fn tick_menu(
        &mut self,
        screen: &Screen,
        type_: &mut Type,
        signs: &BTreeMap<ShareId, Sign>,
        now: Moment,
    ) -> Result<(), ScreenError> {
        let Some(board) = &mut self.board else {
            return Ok(());
        };
        if let Some(sign) = signs.get(&board.share) {
            let rows = rows(sign, &named(screen, &sign.what)?, screen.face.words);
            let title = self.frames.get(&board.share).and_then(|f| f.title().1);
            board.update(screen, type_, rows, title.unwrap_or(screen.whole()?))?;
        }
        let look = now + LOOK;
        self.due = Some(self.due.map_or(look, |d| d.min(look)));
        Ok(())
    }

    /// Looks at an event.
    pub(super) fn handle(
        &mut self,
        screen: &mut Screen,
        type_: &mut Type,
        own: &Own,
        what: &BTreeMap<ShareId, What>,
        event: &Event,
        now: Moment,
    ) -> Result<Option<News>, ScreenError> {
        if Screen::is_of_structure(event) {
            self.changed(now);
        }
        if let Some(choosing) = &mut self.choosing {
            let share = choosing.share;
            let Some(what) = what.get(&share) else {
                return Ok(None);
            };
            let chose = choosing.handle(screen, own, what, event, now)?;
            return Ok(match chose {
                Some(Chose::This(window, change)) => Some(News::Choose(share, window, change)),
                Some(Chose::Move(window, change, to)) => {
                    Some(News::Move(share, window, change, to))
                }
                Some(Chose::End) => {
                    self.end_choosing(screen);
                    self.changed(now);
                    None
                }
                None => None,
            });
        }
        if let Some(placing) = &mut self.placing {
            let share = placing.share;
            let placed = placing.handle(screen, event, now)?;
            if placed.is_some() {
                self.end_placing(screen);
                self.changed(now);
            }
            return Ok(match placed {
                Some(Placed::There(part)) => Some(News::Place(share, part)),
                Some(Placed::TooMany) => Some(News::TooMany(share)),
                Some(Placed::AsItWas) | None => None,
            });
        }
        if let Some(board) = &mut self.board
            && let Some(done) = board.handle(screen, type_, event)?
        {
            let share = board.share;
            self.close_menu(screen);
            self.changed(now);
            return Ok(match done {
                Done::Act(act) => self.act(share, act, what, now),
                Done::Close => None,
            });
        }
        if let Event::XinputKeyPress(e) = event
            && e.event == screen.root
            && screen.devices.is_persons(e.sourceid)
        {
            // The next share's, if one is open.
            let open = self.board.as_ref().map(|b| b.share);
            let next = self.frames.keys().find(|s| Some(**s) > open);
            let next = next.or(self.frames.keys().next()).copied();
            self.calm(screen);
            self.wanted = next.map(Wanted::Menu);
            self.due = Some(now);
            return Ok(None);
        }
        let mut frames = self.frames.iter();
        let gripped = frames.find_map(|(share, frame)| {
            let What::Region(part) = what.get(share)? else {
                return None;
            };
            let grip = frame.gripped(screen, part.area(), event)?;
            Some((*share, frame.title().0, part, grip))
        });
        if let Some((share, title, part, grip)) = gripped {
            self.close_menu(screen);
            let task = (Task::Place, part);
            self.placing = Placing::begin(screen, share, title, task, Some(grip), now)?;
            self.due = Some(now);
            return Ok(self.placing.is_none().then_some(News::Held(share)));
        }
        let pressed = self.frames.iter_mut();
        let pressed = pressed
            .filter_map(|(share, frame)| Some((*share, frame.pressed(screen, event)?)))
            .next();
        match pressed {
            Some((share, Button::Stop)) => return Ok(Some(News::Stop(share))),
            Some((share, Button::Menu)) => {
                let open = self.board.as_ref().is_some_and(|b| b.share == share);
                self.wanted = (!open).then_some(Wanted::Menu(share));
                self.due = Some(now);
                self.close_menu(screen);
            }
            None => {}
        }
        Ok(None)
    }

    fn act(
        &mut self,
        share: ShareId,
        act: Act,
        what: &BTreeMap<ShareId, What>,
        now: Moment,
    ) -> Option<News> {
        match act {
            Act::Choose => {
                self.wanted = Some(Wanted::Choosing(share));
                self.due = Some(now);
                None
            }
            Act::Place(task) => {
                self.wanted = Some(Wanted::Placing(share, task));
                self.due = Some(now);
                None
            }
            Act::Whole => match what.get(&share)? {
                What::Region(part) => Some(News::Place(share, part.area().into())),
                _ => None,
            },
            Act::TakeOut(piece) => Some(News::TakeOut(share, piece)),
            Act::TakeBack(viewer) => Some(News::TakeBack(share, viewer)),
            Act::SendAway(viewer) => Some(News::SendAway(share, viewer)),
            Act::Bar(bar) => Some(News::Bar(share, bar)),
            Act::Stop => Some(News::Stop(share)),
        }
    }
}

/// What is shown, with its names.
fn named(screen: &Screen, what: &What) -> Result<Vec<(Piece, String)>, ScreenError> {
    let mut named = Vec::new();
    for piece in pieces(what) {
        let name = match piece {
            Piece::Window(shared) => screen.name_of(shared.id.0)?,
            Piece::Application(process) => Screen::program_of(process),
        };
        named.push((piece, name));
    }
    Ok(named)
}
