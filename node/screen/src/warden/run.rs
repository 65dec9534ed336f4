//! The loop of the warden.

mod answers;
mod notices;
mod offers;
mod shares;

use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use kith_codec::time::{Micros, Moment};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::consent::{Consents, Escape, Question};
use super::engine::{Engine, Gate};
use super::frame::menu::Piece;
use super::frame::{Frames, News};
use super::link::Link;
use super::paint::Type;
use super::panic_key::PanicKey;
use super::protocol::{
    Change, Ended, FromWarden, Note, PanicStage, Pause, ProtocolError, Purpose, ToWarden,
};
use super::x11::{Heard, Screen, ScreenError};
use crate::guard::{Own, Part, ShareId, ViewerId, What};
use crate::look::{Language, Look};
use answers::{Presses, as_it_stands};
use notices::Notices;
use shares::Shares;

/// Why the warden ended otherwise than with its node.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WardenError {
    /// The screen can't be guarded, or is gone.
    #[error(transparent)]
    Screen(#[from] ScreenError),
    /// The socket can't be used.
    #[error("the socket to the node: {0}")]
    Socket(#[from] std::io::Error),
    /// The node is of another version, or broken.
    #[error("the node said what can't be read: {0}")]
    Node(#[from] ProtocolError),
}

/// Guards the screen that `DISPLAY` names, for the node at the other end of
/// `socket`, until that ends. Everything that viewers hold is let go before it
/// returns, and at its start whatever an earlier warden left behind.
///
/// # Errors
/// [`WardenError`].
pub fn run(socket: UnixStream) -> Result<(), WardenError> {
    run_on(socket, None)
}

/// As [`run`], for the screen named `display`.
///
/// # Errors
/// [`WardenError`].
pub fn run_on(socket: UnixStream, display: Option<&str>) -> Result<(), WardenError> {
    let link = Link::new(socket)?;
    let screen = Screen::open(display)?;
    let mut warden = Warden::new(link, screen);
    let result = warden.work();
    warden.put_everything_back();
    result
}

struct Warden {
    link: Link,
    screen: Screen,
    engine: Engine,
    shares: Shares,
    notices: Notices,
    consents: Consents,
    presses: Presses,
    /// When somebody last had control; kept while somebody has it.
    controlled_at: Option<Moment>,
    /// From when on enrolled devices of XTEST's press, as far as the node knows.
    pressing_from: Moment,
    frames: Frames,
    /// Read when something is to be drawn for the first time.
    type_: Option<Type>,
    panic_key: PanicKey,
    panic_sym: u32,
    started: Instant,
    paused: Pause,
    /// When lent keys are to be looked after.
    lent_until: Option<Instant>,
}

/// Esc.
const ESCAPE: u32 = 0xff1b;

impl Warden {
    fn new(link: Link, screen: Screen) -> Self {
        let mut own = Own::default();
        own.clients.insert(screen.client());
        Self {
            link,
            engine: Engine::new(own),
            shares: Shares::default(),
            notices: Notices::default(),
            consents: Consents::default(),
            presses: Presses::default(),
            controlled_at: None,
            pressing_from: Moment::default(),
            frames: Frames::default(),
            type_: None,
            panic_key: PanicKey::default(),
            panic_sym: ESCAPE,
            started: Instant::now(),
            paused: Pause::Over,
            lent_until: None,
            screen,
        }
    }

    fn now(&self) -> Moment {
        let micros = u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX);
        // Moments are compared with "never happened", which is 0.
        Moment(micros.max(1))
    }

    /// One thing of each kind at a time, the sharer's own devices first: what
    /// takes rights away never waits behind what uses them.
    fn work(&mut self) -> Result<(), WardenError> {
        loop {
            self.screen.drain()?;
            self.listen();
            self.screen.see_to_fakes()?;
            self.attend()?;
            let message = self.link.next()?;
            if self.link.ended() {
                return Ok(());
            }
            let mut busy = message.is_some();
            if let Some(message) = message {
                self.obey(message);
            }
            let now = self.now();
            if let Some(outcome) = self.engine.step(&mut self.screen, now) {
                self.notices.outcome(outcome, now);
                if outcome.result.is_ok() {
                    self.frames.acted(outcome.share, now);
                }
                busy = true;
            }
            self.keep_time(now)?;
            if !busy {
                self.wait()?;
            }
        }
    }

    /// What the sharer's own devices did.
    fn listen(&mut self) {
        while let Some(heard) = self.screen.heard.pop_front() {
            let now = self.now();
            if let Heard::KeyDown(code) = heard
                && self.screen.means(code, self.panic_sym)
            {
                self.panic(now);
            }
            if self.engine.controllers().next().is_some() {
                self.engine.local(&mut self.screen, now);
                if self.paused == Pause::Over {
                    self.paused = Pause::Paused;
                    self.link.tell(&FromWarden::Local(Pause::Paused));
                }
            }
        }
    }

    fn panic(&mut self, now: Moment) {
        let control = self.engine.controllers().next().is_some();
        let Some(stage) = self.panic_key.pressed(control, now) else {
            return;
        };
        // First what matters, then the telling.
        let over = self.engine.panic(&mut self.screen);
        self.frames.changed(now);
        self.link.tell(&FromWarden::Panic(stage));
        for (share, viewer) in over {
            self.link
                .tell(&FromWarden::Ended(share, viewer, Ended::Panic));
        }
        // What was asked before is not answered by somebody in panic.
        self.withdraw(|_| true);
        self.presses.clear();
        self.shares.disagree_all();
        self.frames.calm(&self.screen);
        if stage == PanicStage::Everything {
            self.shares.clear();
        }
    }

    fn obey(&mut self, message: ToWarden) {
        let now = self.now();
        if !matches!(message, ToWarden::Input { .. }) {
            self.frames.changed(now);
        }
        match message {
            ToWarden::Hello {
                processes,
                panic_key,
            } => {
                self.engine.own_mut().processes = processes;
                self.panic_sym = panic_key;
                self.link.tell(&FromWarden::Ready);
            }
            ToWarden::Processes(processes) => self.engine.own_mut().processes = processes,
            ToWarden::Enrolled { kinds, wait } => {
                self.screen.devices.enrolled = kinds;
                let micros = u64::try_from(wait.as_micros()).unwrap_or(u64::MAX);
                self.pressing_from = now + Micros(micros);
            }
            ToWarden::Look(look) => self.set_look(look),
            ToWarden::Open {
                share,
                what,
                controllers,
                title,
            } => {
                let _ = self.type_.get_or_insert_with(Type::load);
                self.shares.open(share, what, controllers, title);
            }
            ToWarden::Controllers { share, controllers } => {
                self.set_controllers(share, controllers);
            }
            ToWarden::Change { share, what } => {
                self.engine.set_what(&mut self.screen, share, &what);
                self.shares.change(share, what);
            }
            ToWarden::Watchers { share, list } => self.shares.watchers(share, list),
            ToWarden::Ask {
                ask,
                share,
                viewer,
                who,
                purpose,
                lines,
            } => {
                let question = Question {
                    ask,
                    share,
                    viewer,
                    who,
                    purpose,
                    lines,
                    escape: Escape::Refuses,
                    beside: Vec::new(),
                };
                self.ask(question, now);
            }
            ToWarden::Withdraw(ask) => self.withdraw(|q| q.ask == ask),
            ToWarden::Recall => self.consents.recall(),
            ToWarden::Give {
                ask,
                share,
                viewer,
                who,
                offer,
                word,
                lines,
            } => {
                let question = Question {
                    ask,
                    share,
                    viewer,
                    who,
                    purpose: Purpose::Control(offer.clone()),
                    lines,
                    escape: Escape::Refuses,
                    beside: Vec::new(),
                };
                self.give(question, offer, word, now);
            }
            ToWarden::Input {
                share,
                viewer,
                origin,
                input,
            } => {
                let taken = self
                    .engine
                    .input(&mut self.screen, share, viewer, origin, &input, now);
                if let Err(why) = taken {
                    self.notices.refused(share, viewer, why, now);
                }
            }
            ToWarden::Limit {
                share,
                viewer,
                limits,
            } => self.engine.set_limits(share, viewer, limits, now),
            ToWarden::Release { share, viewer } => {
                self.engine.release(&mut self.screen, share, viewer);
            }
            ToWarden::Revoke { share, viewer } => {
                self.presses.forget(share, Some(viewer));
                self.end(share, viewer, Ended::Revoked);
            }
            ToWarden::Close(share) => {
                for viewer in self.controllers_of(share) {
                    self.end(share, viewer, Ended::Closed);
                }
                self.withdraw(|q| q.share == share && !matches!(q.purpose, Purpose::Other));
                self.presses.forget(share, None);
                self.shares.close(share);
            }
            ToWarden::Say(share, note) => {
                let line = self.screen.face.words.note(note);
                self.shares.say(share, line, now);
            }
            ToWarden::Bar(share, bar) => {
                self.shares.bar(share, bar);
            }
        }
    }

    /// Windows that are open follow when they are next drawn, and a question
    /// stays as it was put.
    fn set_look(&mut self, mut look: Look) {
        // Any font has the letters of the others.
        if look.language == Language::Chinese
            && !self
                .type_
                .get_or_insert_with(Type::load)
                .writes(look.language)
        {
            look.language = Language::English;
        }
        look.scale = look.scale.times(self.screen.own_scale);
        self.screen.face = look.into();
    }

    fn controllers_of(&self, share: ShareId) -> Vec<ViewerId> {
        self.engine
            .controllers()
            .filter(|(s, _)| *s == share)
            .map(|(_, v)| v)
            .collect()
    }

    fn end(&mut self, share: ShareId, viewer: ViewerId, why: Ended) {
        self.shares.disagree(share, viewer);
        if self.engine.disarm(&mut self.screen, share, viewer) {
            self.controlled_at = Some(self.now());
            self.frames.changed(self.now());
            self.link.tell(&FromWarden::Ended(share, viewer, why));
        }
    }

    /// Shows what is to be shown, and hands events to our windows.
    fn attend(&mut self) -> Result<(), ScreenError> {
        let now = self.now();
        self.screen.devices.pressing = self.pressing(now);
        let Some(type_) = &mut self.type_ else {
            self.screen.events.clear();
            return Ok(());
        };
        let words = self.screen.face.words;
        let stands =
            |q: &mut Question| as_it_stands(q, &self.engine, &self.shares, &self.presses, words);
        if self.consents.show(&mut self.screen, type_, stands, now)? {
            self.frames.changed(now);
        }
        let (mut answers, mut news) = (Vec::new(), Vec::new());
        while let Some(event) = self.screen.events.pop_front() {
            if self.consents.is_called(&self.screen, &event) {
                continue;
            }
            answers.extend(self.consents.handle(&mut self.screen, type_, &event, now)?);
            let whats = self.shares.whats();
            news.extend(self.frames.handle(
                &mut self.screen,
                type_,
                self.engine.own(),
                &whats,
                &event,
                now,
            )?);
        }
        answers.extend(self.consents.tick(&mut self.screen, type_, now)?);
        if self.shares.hush(now) {
            self.frames.changed(now);
        }
        let signs = self.shares.signs(self.engine.controllers(), words);
        let own = self.engine.own();
        news.extend(
            self.frames
                .tick(&mut self.screen, type_, own, &signs, now)?,
        );
        // A question goes before everything else of ours.
        if self.consents.is_open() && self.frames.is_busy() {
            self.frames.calm(&self.screen);
        }
        let gate = if self.consents.is_open() || self.frames.is_busy() {
            Gate::Consent
        } else {
            Gate::Open
        };
        self.engine.set_gate(&mut self.screen, gate);
        for (question, answer) in answers {
            self.frames.changed(now);
            self.answered(&question, answer, now);
        }
        for piece in news {
            self.pass_on(piece, now);
        }
        Ok(())
    }

    fn pass_on(&mut self, news: News, now: Moment) {
        self.frames.changed(now);
        match news {
            // What shows more isn't a program's to press.
            News::Choose(share, _, Change::Add)
            | News::Move(share, _, Change::Add, _)
            | News::Place(share, _)
                if self.screen.fakes() != Some(0) =>
            {
                self.frames.calm(&self.screen);
                let line = self.screen.face.words.pretended;
                self.shares.say(share, line, now);
            }
            News::Gone(share) => self.link.tell(&FromWarden::Gone(share)),
            News::Stop(share) => {
                for viewer in self.controllers_of(share) {
                    self.end(share, viewer, Ended::Stopped);
                }
                self.link.tell(&FromWarden::Stop(share));
            }
            News::Choose(share, window, Change::Add) => {
                let change = Change::Add;
                self.link.tell(&FromWarden::Choose {
                    share,
                    window,
                    change,
                });
            }
            News::Choose(share, window, Change::Remove) => {
                let piece = match self.shares.described(share) {
                    Some((What::Applications(_), _)) => Piece::Application(window.owner.process),
                    _ => Piece::Window(window),
                };
                self.take_out(share, piece, now);
            }
            // It may be gone by now, or its window manager keep it where it is.
            News::Move(_, window, _, to) => {
                let _ = self.screen.move_window(window.id.0, to);
            }
            News::TakeOut(share, piece) => self.take_out(share, piece, now),
            News::Place(share, part) => self.place(share, part),
            News::TakeBack(share, viewer) => self.end(share, viewer, Ended::Stopped),
            News::SendAway(share, viewer) => {
                self.end(share, viewer, Ended::Stopped);
                self.link.tell(&FromWarden::SendAway(share, viewer));
            }
            News::Bar(share, bar) => {
                if let Some(limits) = self.shares.bar(share, bar) {
                    for viewer in self.controllers_of(share) {
                        self.engine.set_limits(share, viewer, limits.clone(), now);
                    }
                    self.link.tell(&FromWarden::Barred(share, bar));
                }
            }
            News::TooMany(share) => {
                let line = self.screen.face.words.too_many_cuts;
                self.shares.say(share, line, now);
            }
            News::Held(share) => {
                let line = self.screen.face.words.devices_held;
                self.shares.say(share, line, now);
            }
        }
    }

    /// What is taken out takes no input from now on; the node takes it out of
    /// the picture.
    fn take_out(&mut self, share: ShareId, piece: Piece, now: Moment) {
        let Some((window, what)) = self.shares.without(share, piece) else {
            let line = self.screen.face.words.note(Note::Last);
            return self.shares.say(share, line, now);
        };
        self.engine.set_what(&mut self.screen, share, &what);
        self.shares.change(share, what);
        let change = Change::Remove;
        self.link.tell(&FromWarden::Choose {
            share,
            window,
            change,
        });
    }

    /// What is left out takes no input from now on; the node moves the picture,
    /// and says then that the rest takes some.
    fn place(&mut self, share: ShareId, part: Part) {
        let Some((What::Region(now), _)) = self.shares.described(share) else {
            return;
        };
        let common = What::Region(now.common(&part));
        self.engine.set_what(&mut self.screen, share, &common);
        self.shares.change(share, common);
        self.link.tell(&FromWarden::Place(share, part));
    }

    /// What is due by the clock.
    fn keep_time(&mut self, now: Moment) -> Result<(), ScreenError> {
        self.note_control(now);
        for (share, viewer) in self.engine.expire(&mut self.screen, now) {
            self.shares.disagree(share, viewer);
            self.frames.changed(now);
            self.link
                .tell(&FromWarden::Ended(share, viewer, Ended::Expired));
        }
        if self.paused == Pause::Paused && self.engine.paused_until() <= now {
            self.paused = Pause::Over;
            self.link.tell(&FromWarden::Local(Pause::Over));
        }
        for message in self.notices.due(now) {
            self.link.tell(&message);
        }
        if self.lent_until.is_none_or(|at| at <= Instant::now()) {
            self.lent_until = self.screen.take_back(false)?;
        }
        self.link.flush();
        Ok(())
    }

    /// Waits for the screen, the node or the clock.
    fn wait(&mut self) -> Result<(), WardenError> {
        self.screen.flush()?;
        let now = self.now();
        let busy = self.consents.is_open() || self.frames.is_busy();
        let mut due: Vec<Moment> = [
            self.engine.next_at().filter(|_| !busy),
            self.notices.next_at(),
            self.shares.next_at(),
            self.consents.next_at(),
            self.frames.next_at(),
        ]
        .into_iter()
        .flatten()
        .collect();
        if self.paused == Pause::Paused {
            due.push(self.engine.paused_until());
        }
        let mut timeout = due.into_iter().min().map(|at| (at - now).0);
        if now < self.engine.paused_until() {
            // The engine's own deadlines wait for the end of the pause.
            timeout = timeout.map(|t| t.max((self.engine.paused_until() - now).0.min(5_000)));
        }
        if let Some(at) = self.lent_until {
            let left = at.saturating_duration_since(Instant::now());
            let left = u64::try_from(left.as_micros()).unwrap_or(u64::MAX);
            timeout = Some(timeout.map_or(left, |t| t.min(left)));
        }
        let timeout = timeout.map(|micros| {
            // Rounded up: waking too early would be waking twice.
            let d = Duration::from_micros(micros.saturating_add(100));
            Timespec {
                tv_sec: i64::try_from(d.as_secs()).unwrap_or(i64::MAX),
                tv_nsec: d.subsec_nanos().into(),
            }
        });
        let socket = if self.link.wants_to_write() {
            PollFlags::IN | PollFlags::OUT
        } else {
            PollFlags::IN
        };
        // What came in with the answers to our last requests is no news to
        // the descriptor.
        self.screen.drain()?;
        if !self.screen.heard.is_empty() || !self.screen.events.is_empty() {
            return Ok(());
        }
        let mut fds = [
            PollFd::from_borrowed_fd(self.screen.fd(), PollFlags::IN),
            PollFd::from_borrowed_fd(self.link.fd(), socket),
        ];
        match poll(&mut fds, timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(e) => Err(WardenError::Socket(e.into())),
        }
    }

    fn put_everything_back(&mut self) {
        self.engine.panic(&mut self.screen);
        let _ = self.screen.take_back(true);
        self.screen.sync();
    }
}
