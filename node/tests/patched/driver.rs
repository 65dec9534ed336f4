//! Speaks as a person's device, with that device's own key, and allows itself
//! everything.

use std::collections::BTreeSet;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use kith::account::Account;
use kith::profile::{Profile, Wrapping};
use kith::share::{
    Admission, Ending, InputTo, MayAsk, Opened, OwnProcesses, Path, Program, ShareEvent, Shares,
    SyntheticInjector, Watch, protocols,
};
use kith::store::Store;
use kith::swarm::{
    Addr, Candidate, Config, ConnId, DeviceId, Link, NetEvent, Origin, Outcome, Protocol, Standing,
    Stream, Swarm,
};
use kith_api::{Reply, Request};
use kith_codec::geometry::Size;
use kith_codec::synthetic::Desktop;
use kith_proto::audit::{By, Extent, Position};
use kith_proto::capability::{
    Capability, Codec, Codecs, Features, Means, Offer, OsKind, SessionKind,
};
use kith_proto::grant::Consent;
use kith_proto::id::{PersonId, SessionId};
use kith_proto::limits::Bars;
use kith_proto::policy::case::Case;
use kith_proto::policy::consent::Verification;
use kith_proto::policy::hosted::Target;
use kith_proto::policy::reference::PolicyRefs;
use kith_proto::policy::rule::Direction;
use kith_proto::rights::{Right, Rights, Scope};
use kith_proto::seal::{AcceptKey, Kem, KemList, MemoryUse, SessionUse as _};
use kith_proto::session::{
    Accept, Course, Effect, Event, MAX_MESSAGE, Message, Noted, Office, PathId, Ready, Real,
    Reason, Received, Session, Side, Terms, Who,
};
use kith_proto::signed::{Signed, Unverified};
use kith_proto::technology::Technology;
use kith_proto::time::{Monotonic, Timestamp};
use kith_proto::validity::Validity;
use kith_screen::source::SourceError;
use kith_screen::synthetic::SyntheticSource;
use kith_tests::Person;
use kith_view::headless::Headless;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

/// Longest wait for anything that is expected to happen.
const DEADLINE: Duration = Duration::from_secs(60);
/// All there is.
pub(crate) const MORE: Scope = Scope::Desktop;
/// The only path.
const PATH: PathId = PathId(1);

type Rng = rand_core::UnwrapErr<kith::random::System>;

pub(crate) fn extent(control: Scope) -> Extent {
    let mut rights = Rights::of(&[Right::View]);
    if control > Scope::Nothing {
        rights = rights.with(Right::Pointer).with(Right::Keyboard);
    }
    Extent {
        view: Scope::Desktop,
        control,
        rights,
        applications: Default::default(),
    }
}

/// A device whose program is patched.
pub(crate) struct Driver {
    runtime: Runtime,
    shares: Shares,
    events: mpsc::Receiver<ShareEvent>,
    conn: ConnId,
    stream: Stream,
    account: Account,
    them: (PersonId, DeviceId),
    mine: Capability,
    theirs: Option<Capability>,
    session: Option<Session<Real>>,
    used: MemoryUse,
    screen: Option<Headless>,
    began: Instant,
}

fn now() -> Timestamp {
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    Timestamp::from_millis(u64::try_from(now.as_millis()).unwrap()).unwrap()
}

impl Driver {
    /// With the key of `who`, whose own node is down; connected to `to`.
    pub(crate) fn start(who: &Person, to: &mut Person) -> Self {
        let program = Program::at(env!("CARGO_BIN_EXE_kith").into());
        Self::with(program, who, to)
    }

    /// The same on a machine that can't decode anything.
    pub(crate) fn without_viewer(who: &Person, to: &mut Person) -> Self {
        Self::with(Program::at("/nonexistent/kith".into()), who, to)
    }

    fn with(program: Program, who: &Person, to: &mut Person) -> Self {
        let profile = Profile::at(who.profile().to_path_buf());
        let key = profile.unlock(&Wrapping::None).unwrap();
        let store = Store::open(&profile.database(), &key).unwrap();
        let runtime = Runtime::new().unwrap();
        let account = runtime.block_on(store.read(|tx| Ok(Account::load(tx, now()))));
        let account = account.unwrap().unwrap();
        let Reply::Identity(identity) = to.ask(Request::Identity) else {
            panic!("no identity")
        };
        let Reply::Status(status) = to.ask(Request::Status) else {
            panic!("no status")
        };
        let addresses = status
            .listening
            .iter()
            .filter_map(|a| a.parse::<Addr>().ok());
        let mut quic = addresses.filter(|a| a.link() == Link::Quic);
        let addr = quic.next().unwrap();
        let them = (identity.person, identity.device);

        let session = Protocol::new("session", 1).unwrap();
        let config = Config {
            protocols: protocols().into_iter().chain([session.clone()]).collect(),
            ..Config::loopback()
        };
        let (shares, events, conn, stream) = runtime.block_on(async {
            let seed = account.device_key().to_seed();
            let (swarm, mut net) = Swarm::start(config, seed).unwrap();
            let (shares, events) = Shares::new(swarm.clone(), program, OwnProcesses::default());
            let desk = shares.clone();
            tokio::spawn(async move {
                while let Some(event) = net.recv().await {
                    desk.network(&event);
                    if let NetEvent::Stream(stream) = event {
                        desk.accept(stream, Some(them.0));
                    }
                }
            });
            swarm.set_standing(them.1, Standing::Contact).await.unwrap();
            let candidate = Candidate {
                addr,
                origin: Origin::Own,
            };
            let mut probe = swarm.probe(them.1, vec![candidate]).await.unwrap();
            let result = probe.next().await.unwrap();
            let Outcome::Connected { conn, .. } = result.outcome else {
                panic!("{result:?}")
            };
            let stream = swarm.open(conn, session).await.unwrap();
            (shares, events, conn, stream)
        });
        let mine = Capability {
            person: account.person(),
            device: account.device(),
            seq: now().as_millis(),
            validity: Validity::starting(now(), Duration::from_secs(3600)),
            session: SessionKind::Local,
            os: OsKind::Linux,
            os_version: None,
            offers: vec![Offer {
                means: Means::Native,
                share: Some(Rights::ALL),
                join: Some(Rights::ALL),
            }],
            unknown_offers: 0,
            codecs: Codecs::of(&[Codec::Tiles]),
            kems: KemList::supported(),
            screens: Vec::new(),
            features: Features::NONE,
        };
        Self {
            runtime,
            shares,
            events,
            conn,
            stream,
            account,
            them,
            mine,
            theirs: None,
            session: None,
            used: MemoryUse::default(),
            screen: None,
            began: Instant::now(),
        }
    }

    pub(crate) fn terms(&self, side: Side, direction: Direction, control: Scope) -> Terms {
        let me = self.account.person();
        let (sharer, viewer) = match side {
            Side::Sharer => (me, self.them.0),
            Side::Viewer => (self.them.0, me),
        };
        Terms {
            session: SessionId::random(&mut kith::random::system()),
            sharer,
            viewer,
            room: None,
            technology: Technology::Native,
            hosted: None,
            direction,
            extent: extent(control),
            harmless: Vec::new(),
            case: Case::default(),
            policies: PolicyRefs::default(),
        }
    }

    fn capability(&self) -> Vec<u8> {
        let signed = Signed::sign(&self.mine, self.account.device_key());
        signed.unwrap().bytes().to_vec()
    }

    /// Says what begins a session, whatever it may be.
    pub(crate) fn begin(&mut self, side: Side, terms: &Terms) {
        let (terms, capability) = (terms.clone(), self.capability());
        self.say(&match side {
            Side::Sharer => Message::Offer { terms, capability },
            Side::Viewer => Message::Ask { terms, capability },
        });
    }

    /// An acceptance of terms, signed as it must be.
    pub(crate) fn accept(&mut self, terms: &Terms) -> Message {
        let mut rng = kith::random::system();
        let key = AcceptKey::generate(Kem::X25519, terms.session, self.clock(), &mut rng);
        let accept = Accept {
            session: terms.session,
            sharer: self.them.1,
            viewer: self.account.device(),
            offer: terms.digest(),
            policies: PolicyRefs::default(),
            kems: KemList::supported(),
            key: key.public().clone(),
            challenge: key.challenge(),
        };
        let signed = Signed::sign(&accept, self.account.device_key()).unwrap();
        Message::Accept(terms.session, signed.bytes().to_vec())
    }

    pub(crate) fn say(&mut self, message: &Message) {
        let bytes = message.to_bytes();
        let head = u32::try_from(bytes.len()).unwrap().to_be_bytes();
        let stream = &mut self.stream;
        self.runtime.block_on(async {
            stream.write_all(&head).await.unwrap();
            stream.write_all(&bytes).await.unwrap();
            stream.flush().await.unwrap();
        });
    }

    /// What the honest node says next.
    pub(crate) fn heard(&mut self) -> Message {
        let stream = &mut self.stream;
        let read = async {
            let mut head = [0; 4];
            stream.read_exact(&mut head).await.unwrap();
            let len = u32::from_be_bytes(head) as usize;
            assert!(len <= MAX_MESSAGE);
            let mut bytes = vec![0; len];
            stream.read_exact(&mut bytes).await.unwrap();
            bytes
        };
        let read = async { tokio::time::timeout(DEADLINE, read).await };
        let bytes = self.runtime.block_on(read).expect("an answer");
        Message::from_bytes(&bytes).unwrap().unwrap()
    }

    fn clock(&self) -> Monotonic {
        let ms = self.began.elapsed().as_millis();
        Monotonic::from_millis(u64::try_from(ms).unwrap())
    }

    fn who(&self, session: SessionId, side: Side) -> Who {
        Who {
            session,
            side,
            person: self.them.0,
            device: self.them.1,
        }
    }

    /// The office of a program that decides nothing: no policy, no profile, no
    /// terms, every capability.
    fn office<T>(
        &mut self,
        policies: &PolicyRefs,
        act: impl FnOnce(Option<Session<Real>>, &mut Office<'_, Rng>, Monotonic) -> T,
    ) -> T {
        let (session, clock) = (self.session.take(), self.clock());
        let course = Course {
            started: now(),
            most: extent(MORE),
        };
        let mut office = Office {
            me: self.account.person(),
            key: self.account.device_key(),
            organisations: &[],
            policies,
            room: None,
            meeting: None,
            profile: None,
            remote: None,
            verified: Verification::Verified,
            consents: &[],
            mine: &self.mine,
            theirs: self.theirs.as_ref(),
            tried: &BTreeSet::from([self.them.1]),
            limits: Bars::default(),
            target: Target::Peer,
            prepared: None,
            course: Some(&course),
            log: Position::default(),
            now: now(),
            clock,
            rng: &mut kith::random::system(),
            noted: Noted::default(),
        };
        act(session, &mut office, clock)
    }

    /// Asks to see the desktop, and no more.
    pub(crate) fn asks(&mut self) {
        self.begins(Side::Viewer, Direction::Request);
    }

    /// Invites to see a desktop.
    pub(crate) fn invites(&mut self) {
        self.begins(Side::Sharer, Direction::Invite);
    }

    fn begins(&mut self, side: Side, direction: Direction) {
        let terms = self.terms(side, direction, Scope::Nothing);
        let (who, rung) = (self.who(terms.session, side), vec![self.them.1]);
        let consent = Consent::began(terms.clone());
        let (session, effects) = self.office(&PolicyRefs::default(), |_, office, clock| {
            match side {
                Side::Viewer => Session::ask(who, terms, consent, rung, office, clock),
                Side::Sharer => Session::invite(who, terms, consent, rung, office, clock),
            }
            .unwrap()
        });
        self.acts(session, effects);
    }

    fn happens(&mut self, event: Event<Real>) {
        let terms = self.session.as_ref().and_then(Session::terms);
        // It claims to have decided by whatever the other side names.
        let mut policies = terms.map(|t| t.policies.clone()).unwrap_or_default();
        if let Event::Received(Received {
            told: kith_proto::session::Told::Offer(offered),
            ..
        }) = &event
        {
            policies = offered.policies.clone();
        }
        let (session, effects) = self.office(&policies, |session, office, clock| {
            session.unwrap().handle(event, office, clock)
        });
        self.acts(session, effects);
    }

    fn acts(&mut self, session: Session<Real>, effects: Vec<Effect<Real>>) {
        self.session = Some(session);
        for effect in effects {
            match effect {
                Effect::Tell { told, .. } => {
                    let capability = self.capability();
                    let said = self.session.as_ref().unwrap().say(told, &capability);
                    self.say(&said);
                }
                Effect::Claim => {
                    let id = self.session.as_ref().unwrap().who().session;
                    let claim = self.used.claim(id, now()).map_err(|_| Reason::SessionUsed);
                    self.happens(Event::Claimed(claim));
                }
                Effect::Launch(ready) => self.launches(ready),
                // A patched program keeps what it has.
                _ => {}
            }
        }
    }

    fn launches(&mut self, ready: Ready<Real>) {
        let who = *self.session.as_ref().unwrap().who();
        let nonce = kith::share::PathNonce::from_bytes(*ready.nonce.as_bytes());
        let shares = self.shares.clone();
        let _inside = self.runtime.enter();
        match who.side {
            Side::Viewer => {
                let (window, theirs) = UnixStream::pair().unwrap();
                let order = Watch {
                    session: who.session,
                    sharer: who.device,
                    nonce,
                    person: "Anna".into(),
                    what: "a desktop".into(),
                    path: Path::one(self.conn),
                    ways: Vec::new(),
                    window: window.into(),
                };
                shares.watch(order).unwrap();
                self.screen = Some(Headless::new(theirs).unwrap());
            }
            Side::Sharer => {
                let size = Size::new(320, 240).unwrap();
                let (source, input) = SyntheticSource::new(Desktop::new(size, 7));
                let injector = SyntheticInjector::new(input, Vec::new());
                let open = move || -> Result<Opened, SourceError> {
                    Ok(Opened {
                        source: Box::new(source),
                        input: InputTo::Injector(Box::new(injector)),
                    })
                };
                let share = shares.start_sharing(open).unwrap();
                let admission = Admission {
                    session: who.session,
                    viewer: who.device,
                    nonce,
                    name: "Anna".into(),
                    own_name: "Anna".into(),
                    may_ask: MayAsk::Yes,
                };
                shares.admit(share, admission).unwrap();
            }
        }
    }

    /// Takes the next word, and does what an unpatched machine would, but for
    /// deciding. What was said is given back.
    fn takes(&mut self) -> Message {
        let message = self.heard();
        if let Message::Offer { capability, .. } = &message {
            let record = Unverified::<Capability>::parse(capability).unwrap();
            self.theirs = Some(record.verify_claimed().unwrap().into_payload());
        }
        let session = self.session.as_ref().unwrap();
        if let Ok(told) = session.hear(message.clone(), self.them.1) {
            self.happens(Event::Received(Received {
                from: self.them.1,
                path: PATH,
                told,
            }));
        }
        message
    }

    /// Goes on until the picture is there.
    pub(crate) fn sees(&mut self) {
        while self.screen.is_none() {
            self.takes();
        }
        let screen = self.screen.as_mut().unwrap();
        let seen = screen.run_until(DEADLINE, |s| s.picture().is_some());
        assert!(seen.unwrap());
    }

    /// Goes on until somebody watches.
    pub(crate) fn is_seen(&mut self) {
        // The viewer's capability is what it said when the two met.
        let mut theirs = self.mine.clone();
        (theirs.person, theirs.device) = self.them;
        self.theirs = Some(theirs);
        self.until(|e| matches!(e, ShareEvent::Running { .. }));
    }

    /// Takes words until the share engine has this to say.
    fn until(&mut self, wanted: impl Fn(&ShareEvent) -> bool) {
        loop {
            while let Ok(event) = self.events.try_recv() {
                if wanted(&event) {
                    return;
                }
            }
            let running = self.session.as_ref().map(Session::phase);
            match running {
                Some(kith_proto::session::Phase::Running) => {
                    let next = async { tokio::time::timeout(DEADLINE, self.events.recv()).await };
                    let event = self.runtime.block_on(next).expect("an event").unwrap();
                    if wanted(&event) {
                        return;
                    }
                }
                _ => drop(self.takes()),
            }
        }
    }

    /// Asks for more without asking anybody here.
    pub(crate) fn wants(&mut self, control: Scope) {
        let id = self.session.as_ref().unwrap().who().session;
        self.say(&Message::More(id, extent(control)));
    }

    /// Why the honest node doesn't give more.
    pub(crate) fn refused(&mut self) -> Reason {
        loop {
            match self.heard() {
                Message::NoMore(_, reason) => return reason,
                Message::Now(..) => panic!("more was given"),
                _ => {}
            }
        }
    }

    /// Who ended the share, and why; the patched program neither answers nor
    /// signs.
    pub(crate) fn ended(&mut self) -> (By, Reason) {
        loop {
            if let Message::Over { by, reason, .. } = self.heard() {
                return (by, reason);
            }
        }
    }

    /// Why the honest node left before anything began.
    pub(crate) fn left(&mut self) -> Reason {
        let mine = self.session.as_ref().unwrap().who().session;
        loop {
            match self.heard() {
                Message::Leave(id, reason) if id == mine => return reason,
                Message::Rings(id) if id == mine => panic!("it rings"),
                _ => {}
            }
        }
    }

    /// The picture's streams end, whatever this side would like.
    pub(crate) fn sees_nothing_more(&mut self) {
        self.until(|e| matches!(e, ShareEvent::Ended { .. }));
    }

    /// A share that was never granted can't be watched.
    pub(crate) fn gets_no_picture(&mut self) -> bool {
        let (window, theirs) = UnixStream::pair().unwrap();
        let order = Watch {
            session: SessionId::random(&mut kith::random::system()),
            sharer: self.them.1,
            nonce: kith::share::PathNonce::from_bytes([7; 16]),
            person: "Anna".into(),
            what: "a desktop".into(),
            path: Path::one(self.conn),
            ways: Vec::new(),
            window: window.into(),
        };
        let _inside = self.runtime.enter();
        self.shares.watch(order).unwrap();
        drop(theirs);
        let next = async { tokio::time::timeout(DEADLINE, self.events.recv()).await };
        let event = self.runtime.block_on(next).expect("an event").unwrap();
        matches!(
            event,
            ShareEvent::Ended {
                why: Ending::Refused | Ending::There(_) | Ending::PeerFault,
                ..
            }
        )
    }
}
