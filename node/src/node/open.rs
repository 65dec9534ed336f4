//! An open profile: keys, store, connections, and what happens to them.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::time::Duration;

use kith_api::{
    ApiError, Code, Encryption, Event, LockState, PresenceState, Reply, Request, Status,
};
use kith_proto::audit::AuditLog;
use kith_proto::clock::JudgedTime;
use kith_proto::policy::consent::GivenConsent;
use kith_proto::standing::TrialNumber;
use kith_proto::time::Timestamp;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::features::{Answered, Standings};
use super::fellow_devices::Fellows;
use super::files::{FILE, FileDone, Files, Ours};
use super::hello::Conversation;
use super::invites::Invites;
use super::limits::Limits;
use super::link::{Ears, Link, LinkEvent, LinkId};
use super::meetings::Meetings;
use super::own_rules::Allowed;
use super::people::People;
use super::policies::Policies;
use super::presence::Presences;
use super::reach::{Known, Reach};
use super::rooms::Rooms;
use super::sessions::{SESSION, Sessions, ask_display, is_of_display};
use super::start::start_swarm;
use super::surroundings::Surroundings;
use crate::account::Account;
use crate::cli::{Fail, wall_clock};
use crate::config::{Config, Settings};
use crate::env::Environment;
use crate::profile::{Profile, Wrapping};
use crate::share::{self, OwnProcesses, ShareEvent};
use crate::store::{Store, own};
use crate::swarm::{self, DeviceId, NetEvent, OpenError, Protocol, Stream, SwarmHandle};

/// How many frames and ends of links may wait for the node.
const LINK_EVENTS: usize = 256;
/// How many results of the node's own tasks may wait.
const RESULTS: usize = 256;
/// How long the start waits for addresses to listen at: without any network
/// there are none, and the node runs all the same.
const LISTENING: Duration = Duration::from_secs(1);
/// The longest pause between two looks at what is due.
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);

/// The name under which the port is kept.
const PORT: &str = "port";

/// The stream on which rooms are brought to the same state.
pub(super) const ROOM: &str = "/kith/room/1";

/// What an open profile has to deal with next.
#[derive(Debug)]
pub(super) enum Input {
    Net(NetEvent),
    Link(LinkEvent),
    Done(Done),
    Share(ShareEvent),
    /// Something is due by the clock.
    Due,
}

/// What a task of the node's own came to.
#[derive(Debug)]
pub(super) enum Done {
    /// A stream was opened, or not.
    Opened {
        peer: DeviceId,
        conn: swarm::ConnId,
        protocol: Protocol,
        result: Result<Stream, OpenError>,
    },
    /// All candidates of a device were tried.
    Probed {
        peer: DeviceId,
        results: Vec<swarm::ProbeResult>,
    },
    /// The DHT gave something under one of our keys.
    Found { peer: DeviceId, value: Vec<u8> },
    /// This machine was looked at.
    Environment(Box<Environment>),
    /// A screen has come or gone.
    ScreensChanged,
    /// All ways to a contact's device were tried and measured.
    Tried {
        device: DeviceId,
        number: TrialNumber,
        table: share::Table,
    },
    /// A device was asked whether it still answers where a trial found it.
    Answered(Answered),
    /// Nobody took some of what was to be put into the DHT.
    NotPublished,
    /// A relay couldn't even be asked for a place.
    NotAsked { relay: DeviceId },
    /// Something with a file.
    File(FileDone),
}

/// An open profile.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) account: Account,
    pub(super) store: Store,
    pub(super) swarm: SwarmHandle,
    pub(super) config: Config,
    /// Where the settings are kept, for backups.
    pub(super) config_file: PathBuf,
    pub(super) people: People,
    pub(super) invites: Invites,
    pub(super) rooms: Rooms,
    pub(super) fellows: Fellows,
    pub(super) files: Files,
    /// The profile's own folder.
    pub(super) folder: PathBuf,
    /// Where blobs lie.
    pub(super) files_dir: PathBuf,
    pub(super) reach: Reach,
    pub(super) links: BTreeMap<LinkId, Link>,
    pub(super) hellos: BTreeMap<LinkId, Conversation>,
    pub(super) presence: PresenceState,
    pub(super) presences: Presences,
    pub(super) audit: AuditLog,
    pub(super) policies: Policies,
    pub(super) sessions: Sessions,
    pub(super) surroundings: Surroundings,
    pub(super) standings: Standings,
    /// What our person has accepted in advance.
    pub(super) consents: Vec<GivenConsent>,
    /// Those that don't count until our person says so, and why (GUARD-6).
    pub(super) held_consents: Vec<(GivenConsent, String)>,
    pub(super) limits: Limits,
    /// Our person's own rules, and what contacts allow us.
    pub(super) allowed: Allowed,
    pub(super) meetings: Meetings,
    /// My signed profile, once it was needed.
    pub(super) profile: Option<Vec<u8>>,
    events: VecDeque<Event>,
    net: mpsc::Receiver<NetEvent>,
    link_events: mpsc::Receiver<LinkEvent>,
    pub(super) ears: Ears,
    results: mpsc::Receiver<Done>,
    pub(super) results_to: mpsc::Sender<Done>,
}

impl Open {
    pub(super) async fn start(
        profile: &Profile,
        wrapping: &Wrapping,
        settings: &Settings,
        own: OwnProcesses,
    ) -> Result<Self, Fail> {
        let config = settings
            .config()
            .map_err(|e| Fail::new(Code::BadRequest, e.to_string()))?;
        let key = profile.unlock(wrapping)?;
        let store = Store::open(&profile.database(), &key)?;
        let now = wall_clock();
        let (account, people, invites, policies, surroundings, port, hidden, presences) = store
            .read(move |tx| {
                let account = Account::load(tx, now);
                let port = own::get(tx, PORT)?.and_then(|b| <[u8; 2]>::try_from(b).ok());
                let (mut people, invites) = (People::load(tx)?, Invites::load(tx)?);
                invites.introduce(&mut people);
                Ok((
                    account,
                    people,
                    invites,
                    Policies::load(tx)?,
                    Surroundings::load(tx, now)?,
                    port.map(u16::from_be_bytes),
                    own::get(tx, own::HIDDEN)?.is_some(),
                    Presences::load(tx)?,
                ))
            })
            .await?;
        let account = account.map_err(ApiError::from)?;
        let rooms = Rooms::load(&store, &account).await?;
        let device = account.device();
        let audit = store
            .read(move |tx| super::audit::resume(tx, device))
            .await?;
        // Who hid stays hidden, whatever happened to the node since (DISC-4).
        let presence = match hidden {
            true => PresenceState::Hidden,
            false => PresenceState::Available,
        };
        let (swarm, net) = start_swarm(&config, &account, port, &presences, presence)?;
        let sessions = Sessions::new(swarm.clone(), own);
        let (link_events_to, link_events) = mpsc::channel(LINK_EVENTS);
        let (results_to, results) = mpsc::channel(RESULTS);
        let mut open = Self {
            account,
            store,
            swarm,
            config,
            config_file: profile.config(),
            people,
            invites,
            rooms,
            files: Files::default(),
            folder: profile.dir().to_owned(),
            files_dir: profile.files(),
            fellows: Fellows::default(),
            reach: Reach::default(),
            links: BTreeMap::new(),
            hellos: BTreeMap::new(),
            presence,
            presences,
            audit,
            policies,
            sessions,
            surroundings,
            standings: Standings::default(),
            consents: Vec::new(),
            held_consents: Vec::new(),
            limits: Limits::default(),
            allowed: Allowed::default(),
            meetings: Meetings::default(),
            profile: None,
            events: VecDeque::new(),
            net,
            link_events,
            ears: Ears::new(link_events_to),
            results,
            results_to,
        };
        open.begin().await;
        Ok(open)
    }

    /// Tells the swarm whom we know, and begins to look for them.
    async fn begin(&mut self) {
        for (device, _) in self.acquainted() {
            self.trust(device).await;
        }
        self.forget_unplaced().await;
        self.fellows_changed().await;
        self.load_consents().await;
        self.load_limits().await;
        self.load_allowed().await;
        self.recover_sessions().await;
        self.begin_files().await;
        self.look_for_everyone();
        self.policies_due().await;
        self.look_around();
        self.watch_screens();
        self.await_listening().await;
    }

    /// Waits until the first address of each transport is known: an invite
    /// that is made right after the start would otherwise name none.
    async fn await_listening(&mut self) {
        let latest = Instant::now() + LISTENING;
        let known = |open: &Self, link| open.reach.listening.iter().any(|a| a.link() == link);
        while !(known(self, swarm::Link::Quic) && known(self, swarm::Link::Tcp)) {
            let Ok(input) = timeout_at(latest, self.next()).await else {
                return;
            };
            self.handle(input).await;
        }
    }

    pub(super) fn who(&self) -> (String, String) {
        (
            self.account.name().as_str().to_owned(),
            self.account.person().to_string(),
        )
    }

    /// What comes next. May be dropped while it waits; nothing is lost.
    pub(super) async fn next(&mut self) -> Input {
        let due = self.due();
        tokio::select! {
            Some(event) = self.link_events.recv() => Input::Link(event),
            Some(done) = self.results.recv() => Input::Done(done),
            Some(event) = self.sessions.news() => Input::Share(event),
            Some(event) = self.net.recv() => Input::Net(event),
            () = sleep_until(due) => Input::Due,
        }
    }

    fn due(&self) -> Instant {
        let latest = Instant::now() + LONGEST_PAUSE;
        [
            self.reach.due(),
            self.places_due(),
            self.rooms.due(),
            self.files.due(),
            self.sessions.due(),
            self.standings.due(),
            self.meetings.due(),
            self.surroundings.due(),
            self.fellows_wait(),
        ]
        .into_iter()
        .flatten()
        .fold(latest, Instant::min)
    }

    pub(super) async fn handle(&mut self, input: Input) {
        match input {
            Input::Net(event) => self.handle_net(event).await,
            Input::Link(LinkEvent::Frame { link, bytes }) => self.handle_frame(link, &bytes).await,
            Input::Link(LinkEvent::Closed { link }) => self.drop_link(link).await,
            Input::Done(Done::Opened {
                peer,
                conn,
                protocol,
                result,
            }) => {
                self.handle_opened(peer, conn, protocol, result).await;
            }
            Input::Done(Done::Probed { peer, results }) => self.handle_probed(peer, &results).await,
            Input::Done(Done::Found { peer, value }) => self.handle_found(peer, &value).await,
            Input::Done(Done::ScreensChanged) => self.look_around(),
            Input::Done(Done::Environment(env)) => self.handle_environment(*env).await,
            Input::Done(Done::Tried {
                device,
                number,
                table,
            }) => self.features_tried(device, number, table).await,
            Input::Done(Done::Answered(said)) => self.ways_answered(&said),
            Input::Done(Done::NotPublished) => self.reach.publish_failed(),
            Input::Done(Done::NotAsked { relay }) => self.reach.offers.lost(&relay),
            Input::Done(Done::File(done)) => self.file_done(done).await,
            Input::Share(news) => self.share_news(news).await,
            Input::Due => {
                self.handle_due().await;
                self.rooms_due().await;
                self.files_due().await;
                self.sessions_due().await;
                self.policies_due().await;
                self.surroundings_due();
                self.features_due();
                self.nearby_due().await;
                self.fellows_due().await;
                self.meetings_due();
            }
        }
        self.presence_follows().await;
    }

    async fn handle_net(&mut self, event: NetEvent) {
        self.sessions.shares().network(&event);
        match event {
            NetEvent::Stream(stream) => self.accept_stream(stream).await,
            NetEvent::Connected(c) => self.handle_connected(c).await,
            NetEvent::Disconnected {
                peer,
                conn,
                remaining,
                ..
            } => {
                self.handle_disconnected(peer, conn, remaining).await;
                if remaining == 0 {
                    self.device_gone(peer).await;
                }
            }
            NetEvent::MdnsFound { peer, addr } => self.handle_mdns(peer, addr).await,
            NetEvent::MdnsLost { peer, addr } => self.handle_mdns_lost(peer, addr),
            NetEvent::Listening { addr } => {
                self.keep_port(addr.port()).await;
                self.reach.listening.push(addr);
                self.reach.forget_nearby();
                self.network_changed().await;
            }
            NetEvent::ListeningEnded { addr } => {
                self.reach.listening.retain(|a| *a != addr);
                self.reach.forget_nearby();
                self.network_changed().await;
            }
            NetEvent::Nat { link, kind } => {
                self.reach.nat.insert(link, kind);
                self.network_changed().await;
            }
            NetEvent::Router(state) => self.handle_router(state).await,
            NetEvent::Reachability(reachability) => {
                self.reach.reachability = reachability;
                self.network_changed().await;
            }
            NetEvent::ReservationAccepted { relay, circuit } => {
                self.reach.circuits.insert(relay, circuit);
                self.reach.offers.stands(&relay);
                self.network_changed().await;
            }
            NetEvent::ReservationLost { relay } => {
                self.reach.offers.lost(&relay);
                match self.reach.circuits.remove(&relay) {
                    Some(_) => self.network_changed().await,
                    None => self.ask_relays().await,
                }
            }
            NetEvent::OffersRelay { peer, conn } => self.relay_offered(peer, conn).await,
            NetEvent::Punched {
                peer,
                result: Ok(conn),
            } => self.open_hello(peer, conn),
            NetEvent::Punched { .. }
            | NetEvent::Identified { .. }
            | NetEvent::Observed { .. }
            | NetEvent::RelayGuest { .. }
            | NetEvent::RelayCircuit { .. } => {}
        }
    }

    /// Keeps the port that the system chose for the next start, so that the
    /// addresses which others remember stay true.
    async fn keep_port(&mut self, port: u16) {
        if self.reach.listening.is_empty() {
            let bytes = port.to_be_bytes();
            // Only a convenience is lost if the disk refuses.
            let _ = self.store.write(move |tx| own::put(tx, PORT, &bytes)).await;
        }
    }

    /// A stream that the other side opened: by its protocol.
    async fn accept_stream(&mut self, stream: Stream) {
        if *stream.protocol() == Protocol::HELLO {
            self.start_hello(stream).await;
        } else if stream.protocol().as_str() == ROOM {
            self.start_room_link(stream).await;
        } else if stream.protocol().as_str() == FILE {
            self.start_file_link(stream, Ours::No).await;
        } else if stream.protocol().as_str() == SESSION {
            self.start_session_link(stream).await;
        } else if *stream.protocol() == Protocol::HOSTED {
            self.sessions.hosted().accept(stream);
        } else if share::protocols().contains(stream.protocol()) {
            let person = self.people.owner(&stream.peer()).map(|p| p.id);
            self.sessions.shares().accept(stream, person);
        }
    }

    async fn handle_opened(
        &mut self,
        peer: DeviceId,
        conn: swarm::ConnId,
        protocol: Protocol,
        result: Result<Stream, OpenError>,
    ) {
        match result {
            Ok(stream) if protocol == Protocol::HELLO => self.start_hello(stream).await,
            Ok(stream) if protocol.as_str() == SESSION => self.start_session_link(stream).await,
            Err(_) if protocol.as_str() == SESSION => self.session_not_opened(peer, conn).await,
            Ok(stream) if protocol.as_str() == FILE => {
                self.start_file_link(stream, Ours::Yes).await;
            }
            Err(_) if protocol.as_str() == FILE => self.file_stream_failed(&peer),
            Ok(stream) => self.start_room_link(stream).await,
            Err(_) => self.reach.opening_failed(&peer, conn),
        }
    }

    async fn handle_frame(&mut self, link: LinkId, bytes: &[u8]) {
        if self.hellos.contains_key(&link) {
            self.handle_hello(link, bytes).await;
        } else if self.files.holds(link) {
            self.handle_file_frame(link, bytes).await;
        } else if self.is_session_link(&link) {
            self.session_frame(link, bytes).await;
        } else if self.links.contains_key(&link) {
            self.handle_room_frame(link, bytes).await;
        }
    }

    /// Ends a link, whoever wants it.
    pub(super) async fn drop_link(&mut self, link: LinkId) {
        let Some(ended) = self.links.remove(&link) else {
            return;
        };
        if self.hellos.remove(&link).is_some() {
            self.policy_link_ended(link);
            self.meeting_link_ended(link);
            self.hello_ended(ended.peer);
        } else if self.files.holds(link) {
            self.file_link_ended(link, &ended.peer).await;
        } else if self.is_session_link(&link) {
            self.session_link_ended(link);
        } else {
            self.room_link_ended(link).await;
        }
    }

    /// Sends a frame; a link that can't take it is dropped.
    pub(super) async fn send(&mut self, link: LinkId, frame: Vec<u8>) {
        let taken = self.links.get(&link).is_some_and(|l| l.send(frame));
        if !taken {
            self.drop_link(link).await;
        }
    }

    /// Opens a stream in a task of its own; the result comes as an input.
    pub(super) fn open_stream(&self, peer: DeviceId, conn: swarm::ConnId, protocol: Protocol) {
        let (swarm, results) = (self.swarm.clone(), self.results_to.clone());
        tokio::spawn(async move {
            let result = swarm.open(conn, protocol.clone()).await;
            let _ = results
                .send(Done::Opened {
                    peer,
                    conn,
                    protocol,
                    result,
                })
                .await;
        });
    }

    /// Tells the faces.
    pub(super) fn tell(&mut self, event: Event) {
        self.events.push_back(event);
    }

    pub(super) fn take_events(&mut self) -> VecDeque<Event> {
        std::mem::take(&mut self.events)
    }

    pub(super) fn now(&self) -> Timestamp {
        wall_clock()
    }

    /// The time to judge certificates and policies by (POL-9).
    pub(super) fn judged(&self) -> JudgedTime {
        self.account.judged(self.now())
    }

    /// Everything as it is now.
    pub(super) async fn snapshot(&mut self, encryption: Encryption) -> Result<Event, ApiError> {
        Ok(Event::Snapshot {
            status: self.status(encryption).await?,
            contacts: self.contacts(),
            rooms: self.room_list().await?,
        })
    }

    pub(super) async fn status(&mut self, encryption: Encryption) -> Result<Status, ApiError> {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let contacts = || {
            let all = self.people.iter();
            all.filter(|p| p.state == kith_api::ContactState::Contact)
        };
        let connected = contacts().filter(|p| self.known_of(p) != Known::Offline);
        let connected = connected.count();
        Ok(Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            lock: LockState::Open,
            presence: self.shown_presence(),
            listening: self
                .reach
                .listening
                .iter()
                .map(ToString::to_string)
                .collect(),
            connected: count(connected),
            contacts: count(contacts().count()),
            queued: self.queued(),
            encryption,
            policies: self.policy_list(),
        })
    }

    /// Does what a face asks, and answers it: at once, or later from a task.
    pub(super) async fn ask(
        &mut self,
        request: Request,
        answer: oneshot::Sender<Result<Reply, ApiError>>,
        encryption: Encryption,
    ) {
        match request {
            Request::FileSend { to, path } => self.file_send(&to, path, answer),
            Request::FileFetch { of, path } => self.file_fetch(&of, path, answer).await,
            Request::BackupTo { passphrase, path } => self.save(passphrase, path, answer).await,
            Request::Share(asked) if is_of_display(&asked) => ask_display(asked, answer),
            Request::Input(asked) => self.answer_input(&asked, answer).await,
            request => {
                self.sessions.asks(answer);
                let done = self.answer(request, encryption).await;
                if let Some(answer) = self.sessions.asked() {
                    let _ = answer.send(done);
                }
            }
        }
    }

    pub(super) async fn close(mut self: Box<Self>) {
        self.close_sessions().await;
        self.links.clear();
        self.swarm.stop().await;
    }
}
