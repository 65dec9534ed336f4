//! A swarm with its events kept, and waiting for them with a deadline.

use std::{collections::VecDeque, time::Duration};

use kith::swarm::*;
use tokio::sync::mpsc;
use zeroize::Zeroizing;

/// Longest wait for anything that is expected to happen. Only a failing test
/// ever waits that long.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

pub(crate) struct Node {
    pub(crate) swarm: SwarmHandle,
    events: mpsc::Receiver<NetEvent>,
    kept: VecDeque<NetEvent>,
}

impl Node {
    /// Starts a swarm with a random key. Its events are always taken.
    pub(crate) fn start(config: Config) -> Self {
        let (swarm, mut events) = Swarm::start(config, Zeroizing::new(rand::random())).unwrap();
        let (keep, kept) = mpsc::channel(4096);
        tokio::spawn(async move {
            while let Some(event) = events.recv().await {
                if keep.send(event).await.is_err() {
                    break;
                }
            }
        });
        Self::new(swarm, kept)
    }

    pub(crate) fn new(swarm: SwarmHandle, events: mpsc::Receiver<NetEvent>) -> Self {
        Self {
            swarm,
            events,
            kept: VecDeque::new(),
        }
    }

    pub(crate) fn id(&self) -> DeviceId {
        self.swarm.local_id()
    }

    /// The first event, seen already or still to come, that is wanted. Others are kept.
    pub(crate) async fn event(
        &mut self,
        what: &str,
        wanted: impl Fn(&NetEvent) -> bool,
    ) -> NetEvent {
        if let Some(at) = self.kept.iter().position(&wanted) {
            return self.kept.remove(at).unwrap();
        }
        let wait = async {
            loop {
                let event = self.events.recv().await.expect("the swarm has stopped");
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

    /// An address at which this node listens, by kind.
    pub(crate) async fn address(&mut self, link: Link) -> Addr {
        let wanted = |addr: &Addr| {
            addr.link() == link && addr.socket().is_some_and(|socket| socket.is_ipv4())
        };
        let known = self.swarm.status().await.unwrap().listening;
        if let Some(addr) = known.into_iter().find(wanted) {
            return addr;
        }
        let event = self
            .event(
                "listening",
                |event| matches!(event, NetEvent::Listening { addr } if wanted(addr)),
            )
            .await;
        match event {
            NetEvent::Listening { addr } => addr,
            _ => unreachable!(),
        }
    }

    /// Probes one address of another node.
    pub(crate) async fn dial(&self, peer: DeviceId, addr: Addr) -> Outcome {
        self.dial_as(peer, addr, Origin::Own).await
    }

    pub(crate) async fn dial_as(&self, peer: DeviceId, addr: Addr, origin: Origin) -> Outcome {
        let candidate = Candidate { addr, origin };
        let mut probe = self.swarm.probe(peer, vec![candidate]).await.unwrap();
        let next = tokio::time::timeout(DEADLINE, probe.next()).await;
        next.expect("no result in time").expect("no result").outcome
    }

    /// Connects to another node; returns our connection.
    pub(crate) async fn connect(&self, other: &mut Node, link: Link) -> ConnId {
        let addr = other.address(link).await;
        match self.dial(other.id(), addr).await {
            Outcome::Connected { conn, .. } => conn,
            other => panic!("not connected: {other:?}"),
        }
    }

    /// The next stream that somebody opened to us.
    pub(crate) async fn stream(&mut self) -> Stream {
        let event = self
            .event("a stream", |event| matches!(event, NetEvent::Stream(_)))
            .await;
        match event {
            NetEvent::Stream(stream) => stream,
            _ => unreachable!(),
        }
    }

    /// The next connection with `peer` that is reported.
    pub(crate) async fn connected(&mut self, peer: DeviceId) -> Connected {
        let event = self
            .event(
                "a connection",
                |event| matches!(event, NetEvent::Connected(new) if new.peer == peer),
            )
            .await;
        match event {
            NetEvent::Connected(new) => new,
            _ => unreachable!(),
        }
    }

    pub(crate) async fn disconnected_from(&mut self, peer: DeviceId) {
        self.event(
            "a disconnection",
            |event| matches!(event, NetEvent::Disconnected { peer: p, .. } if *p == peer),
        )
        .await;
    }

    pub(crate) async fn disconnected(&mut self, conn: ConnId) -> Closed {
        let event = self
            .event(
                "a disconnection",
                |event| matches!(event, NetEvent::Disconnected { conn: c, .. } if *c == conn),
            )
            .await;
        match event {
            NetEvent::Disconnected { cause, .. } => cause,
            _ => unreachable!(),
        }
    }
}

/// Fails the test instead of hanging.
pub(crate) async fn soon<F: Future>(what: &str, future: F) -> F::Output {
    match tokio::time::timeout(DEADLINE, future).await {
        Ok(output) => output,
        Err(_) => panic!("waited in vain for {what}"),
    }
}
