//! mDNS with a switch.
//!
//! libp2p's mDNS starts one task per interface and lets them run on when it
//! is dropped: they would go on asking and answering although the person is
//! hidden. Here they live in a small runtime of their own, which is shut down
//! with them, so that no packet leaves while the switch is off (DISC-4).
//!
//! It also says where we are only when somebody asks, if it is itself: the
//! answer goes to everybody. It asks when an address of the machine comes up,
//! which may be a moment before we listen there, and once it has heard of
//! somebody not again for minutes. So we ask a moment after we have begun to
//! listen somewhere: RFC 6762, section 8.3, wants new addresses announced.

use std::{
    collections::{BTreeSet, VecDeque},
    convert::Infallible,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use libp2p::{
    Multiaddr, PeerId,
    core::{Endpoint, transport::ListenerId, transport::PortUse},
    mdns,
    multiaddr::Protocol,
    swarm::{
        ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, NewListenAddr, THandler,
        THandlerOutEvent, ToSwarm, dummy,
    },
};
use tokio::{runtime::Runtime, time::Sleep};

/// How often the network is asked again, beside the first minute.
const ASK_EVERY: Duration = Duration::from_secs(300);
/// How long our announcement holds.
const HOLDS: Duration = Duration::from_secs(360);
/// How long the end of the tasks is waited for; they only ever wait for packets.
const ENDS_WITHIN: Duration = Duration::from_secs(10);
/// How long after we began to listen it is asked: other addresses of the same
/// change come meanwhile.
const ASK_AFTER: Duration = Duration::from_millis(200);
const PORT: u16 = 5353;
const GROUP_V4: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 251);
const GROUP_V6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0xfb);
/// The question of libp2p's service: who is there? (RFC 6762)
const QUESTION: &[u8] = b"\0\0\0\0\0\x01\0\0\0\0\0\0\x04_p2p\x04_udp\x05local\0\0\x0c\0\x01";
/// Most announced devices; a network that floods us with more is asked anew.
const MAX_FOUND: usize = 1024;

/// mDNS for IPv4 and IPv6, on or off.
pub(super) struct MdnsBehaviour {
    me: PeerId,
    /// Where we listen: a behaviour that starts later has missed the news.
    listening: Vec<(ListenerId, Multiaddr)>,
    running: Option<Running>,
    /// When who is there is asked.
    ask: Option<Pin<Box<Sleep>>>,
    queue: VecDeque<mdns::Event>,
}

struct Running {
    families: Vec<mdns::tokio::Behaviour>,
    /// `Some` until dropped.
    runtime: Option<Runtime>,
}

impl Running {
    fn start(me: PeerId, listening: &[(ListenerId, Multiaddr)]) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("kith-mdns")
            .enable_all()
            .build()?;
        let inside = runtime.enter();
        let mut families = Vec::new();
        for enable_ipv6 in [false, true] {
            let config = mdns::Config {
                ttl: HOLDS,
                query_interval: ASK_EVERY,
                enable_ipv6,
            };
            let mut family = mdns::tokio::Behaviour::new(config, me)?;
            for (listener_id, addr) in listening {
                let listener_id = *listener_id;
                let news = NewListenAddr { listener_id, addr };
                family.on_swarm_event(FromSwarm::NewListenAddr(news));
            }
            families.push(family);
        }
        drop(inside);
        Ok(Self {
            families,
            runtime: Some(runtime),
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Not waiting: we may be inside another runtime's task.
            runtime.shutdown_background();
        }
    }
}

impl MdnsBehaviour {
    pub(super) fn new(me: PeerId) -> Self {
        Self {
            me,
            listening: Vec::new(),
            running: None,
            ask: None,
            queue: VecDeque::new(),
        }
    }

    pub(super) fn turn_on(&mut self) -> io::Result<()> {
        if self.running.is_none() {
            self.running = Some(Running::start(self.me, &self.listening)?);
        }
        Ok(())
    }

    /// Everything found before counts as lost. Calls `done` when the last
    /// task has ended: one of them may be in the middle of answering.
    pub(super) fn turn_off(&mut self, done: impl FnOnce() + Send + 'static) {
        self.queue.clear();
        self.ask = None;
        let runtime = self.running.take().and_then(|mut running| {
            running.families.clear();
            running.runtime.take()
        });
        let Some(runtime) = runtime else {
            done();
            return;
        };
        // Waiting for tasks blocks, which the swarm's own task must not.
        std::thread::spawn(move || {
            runtime.shutdown_timeout(ENDS_WITHIN);
            done();
        });
    }

    /// Asks who is there, from each address where we listen: also ourselves,
    /// so that the others hear of it.
    fn ask(&self) {
        let ips = self.listening.iter().filter_map(|(_, addr)| ip_of(addr));
        for ip in ips.collect::<BTreeSet<IpAddr>>() {
            // As libp2p's: on a link of several, the system chooses for IPv6.
            let (from, group): (IpAddr, IpAddr) = match ip {
                IpAddr::V4(_) => (ip, GROUP_V4.into()),
                IpAddr::V6(_) => (Ipv6Addr::UNSPECIFIED.into(), GROUP_V6.into()),
            };
            let asked = UdpSocket::bind((from, 0)).and_then(|socket| {
                socket.set_nonblocking(true)?;
                socket.send_to(QUESTION, (group, PORT))
            });
            if let Err(error) = asked {
                tracing::debug!(%ip, %error, "mDNS can't ask who is there");
            }
        }
    }

    fn flooded(&self) -> bool {
        self.running.as_ref().is_some_and(|running| {
            let found = running.families.iter().map(|f| f.discovered_nodes().len());
            found.sum::<usize>() > MAX_FOUND
        })
    }
}

impl NetworkBehaviour for MdnsBehaviour {
    type ConnectionHandler = dummy::ConnectionHandler;
    type ToSwarm = mdns::Event;

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(dummy::ConnectionHandler)
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(dummy::ConnectionHandler)
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        match &event {
            FromSwarm::NewListenAddr(new) => {
                self.listening.push((new.listener_id, new.addr.clone()));
                if self.running.is_some() && ip_of(new.addr).is_some() {
                    self.ask = Some(Box::pin(tokio::time::sleep(ASK_AFTER)));
                }
            }
            FromSwarm::ExpiredListenAddr(old) => {
                let gone = (old.listener_id, old.addr.clone());
                self.listening.retain(|known| *known != gone);
            }
            _ => {}
        }
        if let Some(running) = &mut self.running {
            for family in &mut running.families {
                family.on_swarm_event(event);
            }
        }
    }

    fn on_connection_handler_event(
        &mut self,
        _: PeerId,
        _: ConnectionId,
        event: THandlerOutEvent<Self>,
    ) {
        match event {}
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<ToSwarm<mdns::Event, Infallible>> {
        if self.flooded() {
            self.turn_off(|| {});
            if let Err(error) = self.turn_on() {
                tracing::warn!(%error, "mDNS does not start again");
            }
        }
        if let Some(ask) = &mut self.ask
            && ask.as_mut().poll(cx).is_ready()
        {
            self.ask = None;
            self.ask();
        }
        if let Some(event) = self.queue.pop_front() {
            return Poll::Ready(ToSwarm::GenerateEvent(event));
        }
        let Some(Running { families, runtime }) = &mut self.running else {
            return Poll::Pending;
        };
        // Tasks and sockets that the behaviour makes belong to its own runtime.
        let _inside = runtime.as_ref().map(Runtime::enter);
        for family in families {
            while let Poll::Ready(wish) = family.poll(cx) {
                if let ToSwarm::GenerateEvent(event) = wish {
                    return Poll::Ready(ToSwarm::GenerateEvent(event));
                }
                // Addresses of others: the node decides what to do with them.
            }
        }
        Poll::Pending
    }
}

/// Where an address is, unless that is on this machine alone.
fn ip_of(addr: &Multiaddr) -> Option<IpAddr> {
    let ip = match addr.iter().next()? {
        Protocol::Ip4(ip) => ip.into(),
        Protocol::Ip6(ip) => ip.into(),
        _ => return None,
    };
    Some(ip).filter(|ip: &IpAddr| !ip.is_loopback())
}
