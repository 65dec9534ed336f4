//! Two nodes' worth of swarm and shares, and viewers without windows.

use std::collections::VecDeque;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use kith::share::{
    Admission, InputTo, MayAsk, Offer, Opened, OwnProcesses, Path, PathNonce, Program, ShareEvent,
    ShareId, Shares, SyntheticInjector, Watch, protocols,
};
use kith::swarm::*;
use kith_codec::geometry::{Rect, Size};
use kith_codec::synthetic::Desktop;
use kith_proto::id::SessionId;
use kith_proto::rights::Rights;
use kith_screen::guard::Allow;
use kith_screen::source::SourceError;
use kith_screen::synthetic::{SyntheticInput, SyntheticSource};
use kith_screen::warden::protocol::Who;
use kith_view::headless::Headless;
use kith_view::session::Session;
use tokio::sync::{broadcast, mpsc, watch};
use zeroize::Zeroizing;

/// Longest wait for anything that is expected to happen. Only a failing test
/// ever waits that long.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// One node's swarm and shares.
pub(crate) struct Node {
    pub(crate) swarm: SwarmHandle,
    pub(crate) shares: Shares,
    events: mpsc::Receiver<ShareEvent>,
    kept: VecDeque<ShareEvent>,
    connected: broadcast::Sender<Connected>,
    /// Where others reach us through a relay.
    circuit: watch::Receiver<Option<Addr>>,
}

impl Node {
    pub(crate) fn start() -> Self {
        Self::start_with(Config::loopback())
    }

    pub(crate) fn start_with(config: Config) -> Self {
        let config = Config {
            protocols: protocols().to_vec(),
            ..config
        };
        let (swarm, mut net) = Swarm::start(config, Zeroizing::new(rand::random())).unwrap();
        let (shares, events) = Shares::new(swarm.clone(), program(), OwnProcesses::default());
        let (connected, _) = broadcast::channel(64);
        let (circuit_to, circuit) = watch::channel(None);
        let (desk, told) = (shares.clone(), connected.clone());
        tokio::spawn(async move {
            while let Some(event) = net.recv().await {
                desk.network(&event);
                match event {
                    NetEvent::Stream(stream) => desk.accept(stream, None),
                    NetEvent::Connected(new) => drop(told.send(new)),
                    NetEvent::ReservationAccepted { circuit, .. } => {
                        circuit_to.send_replace(Some(circuit));
                    }
                    _ => {}
                }
            }
        });
        Self {
            swarm,
            shares,
            events,
            kept: VecDeque::new(),
            connected,
            circuit,
        }
    }

    /// A place at a relay: where others reach this node through it.
    pub(crate) async fn reserve(&mut self, relay: &Self) -> Addr {
        let addr = relay.address(Link::Quic).await;
        self.swarm.reserve(relay.id(), addr).await.unwrap();
        let got = self.circuit.wait_for(Option::is_some);
        soon("a place", got).await.unwrap().clone().unwrap()
    }

    /// Both know each other as contacts.
    pub(crate) async fn befriend(&self, other: &Self) {
        let contact = Standing::Contact;
        self.swarm.set_standing(other.id(), contact).await.unwrap();
        other.swarm.set_standing(self.id(), contact).await.unwrap();
    }

    pub(crate) fn id(&self) -> DeviceId {
        self.swarm.local_id()
    }

    pub(crate) async fn address(&self, link: Link) -> Addr {
        loop {
            let listening = self.swarm.status().await.unwrap().listening;
            let found = listening.into_iter().find(|addr| {
                addr.link() == link && addr.socket().is_some_and(|socket| socket.is_ipv4())
            });
            if let Some(addr) = found {
                return addr;
            }
            tokio::task::yield_now().await;
        }
    }

    /// A connection to another node; both know each other as contacts.
    pub(crate) async fn connect(&self, other: &Self, link: Link) -> ConnId {
        let addr = other.address(link).await;
        self.connect_at(other, addr).await
    }

    /// The same, at this address.
    pub(crate) async fn connect_at(&self, other: &Self, addr: Addr) -> ConnId {
        self.befriend(other).await;
        let mut seen = other.connected.subscribe();
        let candidate = Candidate {
            addr,
            origin: Origin::Own,
        };
        let mut probe = self.swarm.probe(other.id(), vec![candidate]).await.unwrap();
        let result = soon("a connection", probe.next()).await.unwrap();
        let Outcome::Connected { conn, .. } = result.outcome else {
            panic!("not connected: {result:?}");
        };
        soon("the other side's connection", seen.recv())
            .await
            .unwrap();
        conn
    }

    /// The first event, seen already or still to come, that is wanted.
    pub(crate) async fn event(
        &mut self,
        what: &str,
        wanted: impl Fn(&ShareEvent) -> bool,
    ) -> ShareEvent {
        if let Some(at) = self.kept.iter().position(&wanted) {
            return self.kept.remove(at).unwrap();
        }
        let wait = async {
            loop {
                let event = self.events.recv().await.expect("events end with the node");
                if wanted(&event) {
                    return event;
                }
                self.kept.push_back(event);
            }
        };
        match tokio::time::timeout(DEADLINE, wait).await {
            Ok(event) => event,
            Err(_) => panic!("waited in vain for {what}; seen: {:#?}", self.kept),
        }
    }

    /// Shares a synthetic desktop in which `barred` can't be clicked.
    pub(crate) fn share(&self, size: (u16, u16), barred: Vec<Rect>) -> (ShareId, SyntheticInput) {
        let size = Size::new(size.0, size.1).unwrap();
        let (source, input) = SyntheticSource::new(Desktop::new(size, 7));
        let injector = SyntheticInjector::new(input.clone(), barred);
        let open = move || -> Result<Opened, SourceError> {
            Ok(Opened {
                source: Box::new(source),
                input: InputTo::Injector(Box::new(injector)),
            })
        };
        (self.shares.start_sharing(open).unwrap(), input)
    }

    /// Admits a viewer's device under a fresh session.
    pub(crate) fn admit(&self, share: ShareId, viewer: DeviceId) -> (SessionId, PathNonce) {
        let session = SessionId::from_bytes(rand::random());
        let nonce = PathNonce::from_bytes(rand::random());
        let admission = Admission {
            session,
            viewer,
            nonce,
            name: "Ben".into(),
            own_name: "Ben".into(),
            may_ask: MayAsk::Yes,
        };
        self.shares.admit(share, admission).unwrap();
        (session, nonce)
    }

    /// Watches, with a viewer without a window.
    pub(crate) fn watch(
        &self,
        (session, nonce): (SessionId, PathNonce),
        sharer: DeviceId,
        path: Path,
        ways: Vec<Candidate>,
    ) -> Screen {
        let (window, theirs) = UnixStream::pair().unwrap();
        let order = Watch {
            session,
            sharer,
            nonce,
            person: "Anna".into(),
            what: "a desktop".into(),
            path,
            ways,
            window: window.into(),
        };
        self.shares.watch(order).unwrap();
        Screen(Some(Headless::new(theirs).unwrap()))
    }
}

/// A sharer, a viewer, and a connection of this kind from the viewer.
pub(crate) async fn pair(link: Link) -> (Node, Node, ConnId) {
    let (sharer, viewer) = (Node::start(), Node::start());
    let conn = viewer.connect(&sharer, link).await;
    (sharer, viewer, conn)
}

/// The program that plays the other roles.
pub(crate) fn program() -> Program {
    Program::at(env!("CARGO_BIN_EXE_kith").into())
}

/// All control, until the end.
pub(crate) fn offer() -> Offer {
    let mut offer = Offer::in_advance(Rights::CONTROL, Who::unverified("Ben"));
    offer.limits.borders = Allow::Allowed;
    offer
}

/// Fails the test instead of hanging.
pub(crate) async fn soon<F: Future>(what: &str, future: F) -> F::Output {
    match tokio::time::timeout(DEADLINE, future).await {
        Ok(output) => output,
        Err(_) => panic!("waited in vain for {what}"),
    }
}

/// What a viewer sees.
pub(crate) struct Screen(Option<Headless>);

impl Screen {
    /// Does something with the viewer on a thread where it may wait.
    pub(crate) async fn with<T: Send + 'static>(
        &mut self,
        act: impl FnOnce(&mut Headless) -> T + Send + 'static,
    ) -> T {
        let mut headless = self.0.take().expect("one thing at a time");
        let (headless, result) = tokio::task::spawn_blocking(move || {
            let result = act(&mut headless);
            (headless, result)
        })
        .await
        .unwrap();
        self.0 = Some(headless);
        result
    }

    /// Watches until `done`.
    pub(crate) async fn until(
        &mut self,
        what: &'static str,
        mut done: impl FnMut(&Session) -> bool + Send + 'static,
    ) {
        self.with(move |headless| {
            let met = headless.run_until(DEADLINE, &mut done).unwrap();
            let session = headless.session();
            assert!(met, "waited in vain for {what}; over: {:?}", session.over());
        })
        .await;
    }

    /// Watches until the viewer has exactly this picture, and knows it.
    pub(crate) async fn shows(&mut self, input: &SyntheticInput) {
        let input = input.clone();
        self.until("the picture", move |session| {
            session.is_exact()
                && session
                    .picture()
                    .is_some_and(|shown| *shown == input.with(|d| d.picture().clone()))
        })
        .await;
    }

    pub(crate) fn session(&self) -> &Session {
        self.0.as_ref().unwrap().session()
    }
}
