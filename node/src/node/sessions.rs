//! Sessions: from asking to the last pixel (spec 09). The machine in
//! `kith_proto::session` says what is to be done; here it is done.
//!
//! - [`awaited`]: whoever asked, until something is heard.
//! - [`beforehand`]: what one would be, before anybody hears of it.
//! - [`desk`]: builds the office that decides, seals and signs, and carries
//!   out effects in their order.
//! - [`speak`]: the streams of `/kith/session/1`.
//! - [`ask`]: what faces ask; [`extent`]: how much that is.
//! - [`at_screen`]: what the person at the screen is asked.
//! - [`display`]: what there is on the screen to show.
//! - [`met_again`]: what a crash left.
//! - [`show`]: sources and windows.
//! - [`told`]: what faces are told.
//! - [`way`]: over which connection.
//! - [`which`]: which one a person means.
//! - [`why_not`]: what is said of it if nothing comes of it.
//! - [`written`]: what the audit log says of it.
//! - [`trace`]: how a session came about, and what is left of it.
//! - [`trial`]: the picture that a policy may demand first.
//! - [`hosted`]: servers of others' programs instead.

mod ask;
mod at_screen;
mod awaited;
mod beforehand;
mod desk;
mod display;
mod extent;
mod hosted;
mod met_again;
mod show;
mod speak;
mod told;
mod trace;
mod trial;
mod way;
mod which;
mod why_not;
mod written;

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;

use kith_api::{ShareInfo, ShareShow};
use kith_proto::audit::{By, Extent, Share};
use kith_proto::capability::Capability;
use kith_proto::grant::{ControlGrant, How};
use kith_proto::id::{DeviceId, PersonId, RoomId, SessionId};
use kith_proto::limits::Bars;
use kith_proto::person::Purpose;
use kith_proto::seal::SharingParameters;
use kith_proto::session::{Course, Event, Noted, Real, Reason, Session, Terms, Who};
use kith_proto::standing;
use kith_proto::time::Monotonic;
use kith_screen::guard::Allow;
use kith_screen::warden::protocol::{Answer, Controllers};
use tokio::sync::mpsc;
use tokio::time::Instant;

pub(super) use self::at_screen::Meant;
use self::at_screen::{Hears, Wish, has_control};
use self::awaited::Awaited;
pub(super) use self::display::{ask_display, is_of_display};
pub(super) use self::extent::least;
use self::trace::{Past, Trace};
use self::trial::{Asker, Trials};
pub(super) use self::written::{Whose, Written};
use super::commands::Commands;
use super::link::LinkId;
use super::open::Open;
use crate::hosted::Hosted;
use crate::share::{
    Bye, Ending, Overseen, OwnProcesses, Program, ShareEvent, ShareId, Shares, Subject,
};
use crate::swarm::{ConnId, SwarmHandle};

/// The stream on which sessions are agreed on.
pub(super) const SESSION: &str = "/kith/session/1";

/// The most sessions at once; each was asked for by a person or rings one.
const MAX_OPEN: usize = 64;
/// The most sessions that one contact may have open here.
const MAX_OF_ONE: usize = 8;
/// How many messages wait for a stream on one connection.
const MAX_WAITING: usize = 32;
/// How many connections keep their number after they are closed: what comes late is
/// still told which it was about, and who comes and goes all day fills nothing.
const CLOSED_PATHS: usize = 256;

/// One session, and what belongs to it here.
#[derive(Debug)]
struct One {
    who: Who,
    /// Absent only while it takes a step.
    session: Option<Session<Real>>,
    /// What the other device can do, as it signed.
    theirs: Option<Capability>,
    /// Our person is asked for these terms.
    rings: Option<Terms>,
    /// The terms as last seen, for what is told once it is over.
    last: Terms,
    /// Sharer: what is shown of this screen.
    what: Option<Subject>,
    /// Viewer: where.
    show: ShareShow,
    /// Sharer: the server of a hosted session.
    offered: Option<hosted::Offered>,
    /// Viewer: the server that the policy lets us reach by ourselves.
    direct: Option<SocketAddr>,
    course: Option<Course>,
    /// Sharer: what is barred in this share, beside what is remembered.
    bars: Bars,
    /// Sharer: whether several may control it at once, from when it is shown.
    at_once: Controllers,
    /// Sharer: whether the borders of windows take input.
    borders: Allow,
    share: Option<ShareId>,
    /// Sharer of a hosted session: the warden's eye on it, where this machine
    /// has a screen.
    overseen: Option<Overseen>,
    /// Wiped when this is dropped.
    params: Option<SharingParameters>,
    trace: Trace,
    /// A crash ended it; which share it was, by the audit log.
    crashed: Option<Share>,
    /// Sharer: what the viewer may do beyond seeing, by the newest grant.
    control: Option<ControlGrant>,
    over: Option<(By, Reason)>,
    /// The face that is answered once it has begun.
    asker: Option<Asker>,
    /// Sharer: how our person consented to the newest grant.
    how: Option<How>,
    /// Sharer: the viewer's wish for control, as far as it is asked here.
    wish: Wish,
    hears: Hears,
    asks: Asks,
    given: Given,
    pressed: Pressed,
    /// Viewer: why the control that was asked for last was refused.
    refused: Option<Reason>,
    /// Viewer: whoever asked for it, for a moment.
    awaited: Option<Awaited>,
}

/// Who wants it to be more, where our person is asked about that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Asks {
    #[default]
    Viewer,
    /// Our person does: nobody else has heard of it.
    Ourselves,
}

/// Whether control has ever counted in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Given {
    Not,
    Ever,
}

/// Whether the audit log says that the control of the first grant counts: on the
/// viewer's side, too, which hears it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pressed {
    /// It may still come to that.
    Awaited,
    /// It does, or a later grant is in force, which has an entry of its own.
    Written,
}

/// All sessions.
#[derive(Debug)]
pub(super) struct Sessions {
    shares: Shares,
    hosted: Hosted,
    news: mpsc::Receiver<ShareEvent>,
    all: BTreeMap<SessionId, One>,
    /// What a crash ended before it ran: the other side may not know.
    crashed: Vec<Who>,
    /// What was only asked for then: the device that waits, or is asked.
    unanswered: Vec<(SessionId, DeviceId)>,
    past: Past,
    /// How the last ones ended, newest last.
    ended: VecDeque<ShareInfo>,
    /// Streams that are open, and the one that a device was last heard on.
    links: BTreeMap<LinkId, DeviceId>,
    heard: BTreeMap<DeviceId, LinkId>,
    /// What waits for a stream on a connection.
    waiting: BTreeMap<(DeviceId, ConnId), VecDeque<Vec<u8>>>,
    /// Connections by the number under which the machine knows them.
    paths: BTreeMap<u64, ConnId>,
    next_path: u64,
    /// Those that are closed, the oldest first: see [`CLOSED_PATHS`].
    closed_paths: VecDeque<u64>,
    /// Of the step that was taken last, for the audit log.
    noted: Noted,
    trials: Trials,
    /// For how much of what comes to nothing the audit log has room.
    room: written::Room,
    /// What waits to be pressed at the screen, and whose hands were there.
    pub(super) commands: Commands,
    began: Instant,
}

impl Sessions {
    pub(super) fn new(swarm: SwarmHandle, own: OwnProcesses) -> Self {
        let (shares, news) = Shares::new(swarm.clone(), Program::own(), own);
        let hosted = Hosted::new(swarm, shares.teller(), shares.foreknown().clone());
        shares.carried_by(Arc::new(hosted.clone()));
        Self {
            shares,
            hosted,
            news,
            all: BTreeMap::new(),
            crashed: Vec::new(),
            unanswered: Vec::new(),
            past: Past::default(),
            ended: VecDeque::new(),
            links: BTreeMap::new(),
            heard: BTreeMap::new(),
            waiting: BTreeMap::new(),
            paths: BTreeMap::new(),
            closed_paths: VecDeque::new(),
            next_path: 0,
            noted: Noted::default(),
            trials: Trials::default(),
            room: written::Room::default(),
            commands: Commands::default(),
            began: Instant::now(),
        }
    }

    /// Whoever asks next; see [`Self::asked`].
    pub(super) fn asks(&mut self, asker: Asker) {
        self.trials.asker = Some(asker);
    }

    /// Whoever asked, unless they are answered later.
    pub(super) fn asked(&mut self) -> Option<Asker> {
        self.trials.asker.take()
    }

    /// Whether one more that comes to nothing is written down by itself.
    pub(super) fn room_for(&mut self, person: PersonId, whose: Whose, now: Instant) -> Written {
        self.room.take(person, whose, now)
    }

    /// The running shares.
    pub(super) fn shares(&self) -> &Shares {
        &self.shares
    }

    /// The hosted sessions.
    pub(super) fn hosted(&self) -> &Hosted {
        &self.hosted
    }

    /// What running shares have to say, or that nobody waits any more for a
    /// command that is asked about. May be dropped while it waits.
    pub(super) async fn news(&mut self) -> Option<ShareEvent> {
        tokio::select! {
            event = self.news.recv() => event,
            command = self.commands.forsaken() => Some(ShareEvent::Commanded {
                command,
                answer: Answer::Withdrawn,
            }),
        }
    }

    /// Our monotonic clock.
    fn clock(&self) -> Monotonic {
        let ms = self.began.elapsed().as_millis();
        Monotonic::from_millis(u64::try_from(ms).unwrap_or(u64::MAX))
    }

    /// When the next deadline is.
    pub(super) fn due(&self) -> Option<Instant> {
        let deadlines = self.all.values().filter_map(|o| o.session.as_ref());
        let next = deadlines.filter_map(Session::deadline).min();
        // A millisecond later than exactly: the clock counts whole ones.
        let next = next.map(|next| {
            Instant::now() + next.since(self.clock()) + core::time::Duration::from_millis(1)
        });
        let awaited = self.all.values().filter_map(|o| o.awaited.as_ref());
        awaited.map(|a| a.until).chain(next).min()
    }

    fn path_of(&mut self, conn: ConnId) -> u64 {
        if let Some((n, _)) = self.paths.iter().find(|(_, c)| **c == conn) {
            return *n;
        }
        self.next_path += 1;
        self.paths.insert(self.next_path, conn);
        self.next_path
    }

    /// A connection is closed.
    pub(super) fn path_closed(&mut self, conn: ConnId) {
        if let Some((n, _)) = self.paths.iter().find(|(_, c)| **c == conn) {
            self.closed_paths.push_back(*n);
        }
        if self.closed_paths.len() > CLOSED_PATHS
            && let Some(oldest) = self.closed_paths.pop_front()
        {
            self.paths.remove(&oldest);
        }
    }

    /// Whether a share runs, on either side.
    pub(super) fn is_sharing(&self) -> bool {
        let running = |o: &One| {
            let session = o.session.as_ref();
            session.is_some_and(|s| s.phase() == kith_proto::session::Phase::Running)
        };
        self.all.values().any(running)
    }

    /// Whether somebody else controls, or is about to control, something of ours
    /// that can do more than draw on a toy desktop (GUARD-9).
    pub(super) fn somebody_controls(&self) -> bool {
        self.all
            .values()
            .any(|o| o.course.is_some() && o.is_real() && has_control(o))
    }

    /// Whether somebody's hands are, or were until this moment, in this session.
    pub(super) fn has_hands(&self, id: &SessionId) -> bool {
        let one = self.all.get(id);
        one.is_some_and(|o| o.given == Given::Ever && o.is_real() && has_control(o))
    }

    /// Whether they are in any session.
    pub(super) fn any_hands(&self) -> bool {
        self.all.keys().any(|id| self.has_hands(id))
    }

    /// Control counts in this session from now on; whether it is of something
    /// that can do more than draw on a toy desktop.
    pub(super) fn given(&mut self, id: &SessionId) -> bool {
        let one = self.all.get_mut(id);
        one.is_some_and(|o| {
            o.given = Given::Ever;
            o.is_real()
        })
    }

    /// Whether this person, and nobody else, controls something of ours.
    pub(super) fn only_controls(&self, person: &PersonId) -> bool {
        let sharer = |o: &&One| o.who.side == kith_proto::session::Side::Sharer;
        let all = self.all.values().filter(sharer);
        let mut all = all
            .filter(|o| o.course.is_some() && has_control(o))
            .peekable();
        all.peek().is_some() && all.all(|o| o.who.person == *person)
    }
}

const NOTHING: kith_proto::rights::Scope = kith_proto::rights::Scope::Nothing;

/// The larger of two extents, for the end record.
fn most(a: &Extent, b: &Extent) -> Extent {
    let mut apps = a.applications.as_slice().to_vec();
    apps.extend_from_slice(b.applications.as_slice());
    Extent {
        view: a.view.max(b.view),
        control: a.control.max(b.control),
        rights: a.rights.union(b.rights),
        applications: kith_proto::policy::application::AppNames::new(apps).unwrap_or_default(),
    }
}

impl Open {
    /// Deadlines that are over.
    pub(super) async fn sessions_due(&mut self) {
        self.await_no_longer();
        let now = self.sessions.clock();
        let late: Vec<SessionId> = self
            .sessions
            .all
            .iter()
            .filter(|(_, o)| {
                let deadline = o.session.as_ref().and_then(Session::deadline);
                deadline.is_some_and(|d| d <= now)
            })
            .map(|(id, _)| *id)
            .collect();
        for id in late {
            self.session_event(&id, Event::Tick).await;
        }
    }

    /// Policy, profile or people changed: everything is decided anew (POL-7).
    pub(super) async fn sessions_decide_anew(&mut self) {
        self.decide_anew(|_, _| true).await;
    }

    /// The same for what is open with one person.
    pub(super) async fn sessions_decide_anew_with(&mut self, person: &PersonId) {
        self.decide_anew(|with, _| with == person).await;
    }

    /// The same for what is open in one room.
    pub(super) async fn sessions_decide_anew_in(&mut self, room: RoomId) {
        self.decide_anew(|_, place| place == Some(room)).await;
    }

    async fn decide_anew(&mut self, concerns: impl Fn(&PersonId, Option<RoomId>) -> bool) {
        self.features_changed(standing::Event::News);
        let all = self.sessions.all.iter();
        let all = all.filter(|(_, o)| concerns(&o.who.person, o.last.room));
        let all: Vec<SessionId> = all.map(|(id, _)| *id).collect();
        for id in all {
            let Some(device) = self.sessions.all.get(&id).map(|o| o.who.device) else {
                continue;
            };
            // Somebody who is no contact any more, or a revoked device, loses
            // what runs; the policy is asked for the rest.
            let event = match self.may_share(&device) {
                true => Event::PolicyNews,
                false => Event::Stop(By::Policy, Reason::PolicyChanged),
            };
            self.session_event(&id, event).await;
            self.let_ask(&id);
        }
    }

    /// Our person has removed this one: whatever is open with them ends.
    pub(super) async fn end_sessions_with(&mut self, person: &PersonId) {
        let all = self.sessions.all.iter();
        let all = all.filter(|(_, o)| o.who.person == *person);
        let all: Vec<SessionId> = all.map(|(id, _)| *id).collect();
        for id in all {
            self.share_stop(&id).await;
        }
    }

    /// Whether a device is one of a contact's that its person's log lets
    /// speak now.
    fn may_share(&mut self, device: &DeviceId) -> bool {
        let now = self.now();
        let judged = *self.account.judge(now);
        let log = self.people.owner(device).and_then(|p| p.log.as_ref());
        self.is_contact(device)
            && log.is_some_and(|l| l.permits(device, Purpose::Talk, &judged).is_ok())
    }

    /// The node is about to lock: the windows of what ends say so.
    pub(super) fn locks(&self) {
        for id in self.sessions.all.keys() {
            self.sessions.shares().foreknown().ends(*id, Ending::Locked);
        }
    }

    /// The node closes or locks: every session ends first.
    pub(super) async fn close_sessions(&mut self) {
        // Whoever opens the profile again isn't asked about what was wanted before.
        self.take_back_command("it was taken back: Kith is locked, or ends")
            .await;
        let all: Vec<SessionId> = self.sessions.all.keys().copied().collect();
        for id in all {
            self.session_event(&id, Event::Stop(By::Program, Reason::Closed))
                .await;
        }
        self.sessions.shares.close(Bye::Closed).await;
        self.sessions.hosted.close().await;
        self.keep_when_hands_went().await;
        let left: Vec<SessionId> = self.sessions.all.keys().copied().collect();
        for id in left {
            self.session_event(&id, Event::Unsigned).await;
        }
    }
}
