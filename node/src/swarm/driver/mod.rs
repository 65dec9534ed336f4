//! The task that owns libp2p's swarm.
//!
//! One loop, in order of priority: urgent orders; handing events to the node;
//! other orders; libp2p. While the node doesn't take events, libp2p and other
//! orders wait, and TCP and QUIC hold the senders back.

mod dht;
mod dial;
mod evidence;
mod listen;
mod news;
mod ports;
mod relays;

use std::{
    collections::{HashMap, HashSet, VecDeque},
    net::IpAddr,
    sync::Arc,
    time::Duration,
};

use if_watch::{IfEvent, IpNet, tokio::IfWatcher};
use libp2p::{
    PeerId,
    core::upgrade::Version,
    futures::StreamExt,
    identity::{self, Keypair},
    kad, noise,
    swarm::{self as net, ConnectionId},
};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, MissedTickBehavior},
};
use zeroize::Zeroizing;

use self::{dht::Dht, dial::Dials, relays::Relays};
use super::{
    addr::{Addr, Link},
    behaviour::Parts,
    config::{Config, DhtRole, MAX_PROTOCOLS, RelayRole, Switch},
    doors::Handles,
    event::{Connected, NetEvent, Reachability, Standing},
    handle::{Command, Status, SwarmHandle, Urgent},
    id::{DeviceId, device_of, peer_of},
    nat::NatWatch,
    pinned::OpenError,
    router::Router,
    rules::Rules,
    transport::{self, IDLE_TIMEOUT},
};

pub use self::{dht::LOOKUP_VALUES, dial::DIALS_AT_ONCE, news::MAX_AGENT};

/// Events that wait for the node before libp2p is held back.
const EVENTS: usize = 256;
/// Orders that wait for the swarm.
const COMMANDS: usize = 64;
/// Urgent orders that wait for the swarm.
const URGENT: usize = 64;
/// Inbound streams of one connection whose protocol isn't agreed on yet.
const NEGOTIATING_STREAMS: usize = 16;
/// Events that one connection may have ready for the swarm.
const EVENTS_PER_CONN: usize = 16;

/// Why a swarm did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The secret is not an Ed25519 key.
    #[error("the device key is not an Ed25519 secret")]
    Key,
    /// More than [`MAX_PROTOCOLS`].
    #[error("too many protocols")]
    Protocols,
    /// The handshake library refused the key.
    #[error("the handshake cannot be set up: {0}")]
    Handshake(#[from] noise::Error),
    /// No UDP socket could be bound to the port, for neither family.
    #[error("UDP port {port} cannot be bound: {why}")]
    Port {
        /// The port.
        port: u16,
        /// What the system said.
        why: String,
    },
    /// Another program has the chosen port.
    #[error("{} port {port} is taken by another program", .link.socket())]
    Taken {
        /// By which transport.
        link: Link,
        /// The port.
        port: u16,
    },
    /// mDNS was to be on from the start and isn't.
    #[error("mDNS does not start: {0}")]
    Mdns(std::io::Error),
}

/// Starts swarms.
#[derive(Debug)]
pub struct Swarm;

impl Swarm {
    /// Starts a swarm for the device with this Ed25519 secret, as one task of
    /// the current tokio runtime. It stops when all handles or the events are
    /// dropped, or by [`SwarmHandle::stop`].
    ///
    /// # Errors
    /// [`StartError`].
    ///
    /// # Panics
    /// Outside a tokio runtime, as tokio itself does.
    pub fn start(
        config: Config,
        mut device_key: Zeroizing<[u8; 32]>,
    ) -> Result<(SwarmHandle, mpsc::Receiver<NetEvent>), StartError> {
        if config.protocols.len() > MAX_PROTOCOLS {
            return Err(StartError::Protocols);
        }
        let secret = identity::ed25519::SecretKey::try_from_bytes(device_key.as_mut_slice())
            .map_err(|_| StartError::Key)?;
        let pair = identity::ed25519::Keypair::from(secret);
        let me = DeviceId::from_bytes(pair.public().to_bytes());
        let key = Keypair::from(pair);

        let (events_in, events) = mpsc::channel(EVENTS);
        let (commands_in, commands) = mpsc::channel(COMMANDS);
        let (urgent_in, urgent) = mpsc::channel(URGENT);
        let driver = Driver::new(config, &key)?;
        tokio::spawn(driver.run(commands, urgent, events_in));
        Ok((SwarmHandle::new(me, commands_in, urgent_in), events))
    }
}

/// What is known of one connection.
#[derive(Debug)]
struct Conn {
    info: Connected,
    /// Dialled from our listening port: what the other sees there says
    /// something about our NAT.
    from_listening_port: bool,
    /// Where the other device says that it sees us.
    seen_at: Option<Addr>,
    /// Whether it serves the DHT, once it has said so.
    serves_dht: Option<bool>,
    closing: bool,
    /// The address of this machine that packets of it leave from.
    from: Option<IpAddr>,
    /// Nobody answered at the other end.
    dead: bool,
}

struct Driver {
    net: net::Swarm<Parts>,
    config: Config,
    rules: Arc<Rules>,
    conns: HashMap<ConnectionId, Conn>,
    /// Waiting for the node.
    out: VecDeque<NetEvent>,
    listening: HashSet<Addr>,
    /// Own addresses that are confirmed to lead here directly.
    external: HashSet<Addr>,
    /// The addresses that packets to the internet leave from, of each family.
    outward: [Option<IpAddr>; 2],
    /// AutoNAT has tested an address and could not reach it.
    unreachable: bool,
    reachability: Reachability,
    nat: NatWatch,
    router: Router,
    /// What the router says that it passes on to us.
    opened: Vec<Addr>,
    /// Networks that this machine has a leg in.
    networks: HashSet<IpNet>,
    /// Devices announced by mDNS.
    announced: HashMap<PeerId, HashSet<Addr>>,
    dials: Dials,
    relays: Relays,
    dht: Dht,
}

/// Whether the loop goes on.
enum Flow {
    On,
    Stop(Option<oneshot::Sender<()>>),
}

impl Driver {
    fn new(config: Config, key: &Keypair) -> Result<Self, StartError> {
        let rules = Arc::new(Rules::new(config.reach));
        let handles = Arc::new(Handles::default());
        let (stack, relay_client) = transport::build(key, &rules, Arc::clone(&handles))?;
        let parts = Parts::new(&config, key, &rules, handles, relay_client);
        let me = key.public().to_peer_id();
        let settings = net::Config::with_tokio_executor()
            .with_idle_connection_timeout(IDLE_TIMEOUT)
            // The opener of a stream writes first, in our protocols and in
            // libp2p's: its first bytes travel together with the name of the
            // protocol, which saves a round trip.
            .with_substream_upgrade_protocol_override(Version::V1Lazy)
            .with_max_negotiating_inbound_streams(NEGOTIATING_STREAMS)
            .with_per_connection_event_buffer_size(EVENTS_PER_CONN);
        let mut driver = Self {
            net: net::Swarm::new(stack, parts, me, settings),
            rules,
            conns: HashMap::new(),
            out: VecDeque::new(),
            listening: HashSet::new(),
            external: HashSet::new(),
            outward: [None; 2],
            unreachable: false,
            reachability: Reachability::Unknown,
            nat: NatWatch::default(),
            router: Router::start(),
            opened: Vec::new(),
            networks: HashSet::new(),
            announced: HashMap::new(),
            dials: Dials::default(),
            relays: Relays::default(),
            dht: Dht::new(config.stagger),
            config,
        };
        driver.listen()?;
        if driver.config.mdns == Switch::On {
            let on = driver.net.behaviour_mut().mdns.turn_on();
            on.map_err(StartError::Mdns)?;
        }
        for addr in driver.config.external.clone() {
            driver.net.add_external_address(addr.to_multi());
            driver.external.insert(addr);
        }
        driver.reconsider();
        Ok(driver)
    }

    async fn run(
        mut self,
        mut commands: mpsc::Receiver<Command>,
        mut urgent: mpsc::Receiver<Urgent>,
        events: mpsc::Sender<NetEvent>,
    ) {
        let mut watcher = IfWatcher::new()
            .inspect_err(|error| tracing::warn!(%error, "networks of this machine are unknown"))
            .ok();
        let mut second = tokio::time::interval(Duration::from_secs(1));
        second.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let stopped = loop {
            let room = self.out.len() < EVENTS;
            let join = self.dht.next_join();
            let flow = tokio::select! {
                biased;
                order = urgent.recv() => match order {
                    Some(order) => self.obey_at_once(order),
                    None => Flow::Stop(None),
                },
                permit = events.reserve(), if !self.out.is_empty() => match permit {
                    Ok(permit) => {
                        if let Some(event) = self.out.pop_front() {
                            permit.send(event);
                        }
                        Flow::On
                    }
                    Err(_) => Flow::Stop(None),
                },
                () = events.closed(), if self.out.is_empty() => Flow::Stop(None),
                command = commands.recv(), if room => match command {
                    Some(command) => {
                        self.obey(command);
                        Flow::On
                    }
                    None => Flow::Stop(None),
                },
                state = self.router.news() => {
                    self.on_router(state);
                    Flow::On
                }
                event = next_network(&mut watcher) => {
                    self.on_network(event);
                    Flow::On
                }
                () = tokio::time::sleep_until(join.unwrap_or_else(Instant::now)), if join.is_some() => {
                    self.join_dht();
                    Flow::On
                }
                _ = second.tick(), if self.dht.is_busy() => {
                    self.end_forsaken_lookups();
                    Flow::On
                }
                event = self.net.select_next_some(), if room => {
                    self.on_net(event);
                    Flow::On
                }
            };
            if let Flow::Stop(reply) = flow {
                break reply;
            }
        };
        let router = self.router;
        drop((self.net, self.rules));
        router.end().await;
        if let Some(reply) = stopped {
            let _ = reply.send(());
        }
    }

    fn tell(&mut self, event: NetEvent) {
        self.out.push_back(event);
    }

    fn obey_at_once(&mut self, order: Urgent) -> Flow {
        match order {
            Urgent::Close(conn) => self.close(conn.0),
            Urgent::Disconnect(peer) => {
                if let Some(peer) = peer_of(&peer) {
                    self.close_all(peer, |_| true);
                }
            }
            Urgent::Standing(peer, standing) => {
                if let Some(peer) = peer_of(&peer) {
                    self.set_standing(peer, standing);
                }
            }
            Urgent::Stop(reply) => return Flow::Stop(Some(reply)),
        }
        Flow::On
    }

    fn close(&mut self, conn: ConnectionId) {
        if let Some(known) = self.conns.get_mut(&conn) {
            known.closing = true;
            // Not waiting for libp2p: the connection's own task hears it.
            self.net.close_connection(conn);
        }
    }

    fn close_all(&mut self, peer: PeerId, which: impl Fn(&Conn) -> bool) {
        let Some(device) = device_of(&peer) else {
            return;
        };
        let of_peer = |conn: &Conn| conn.info.peer == device && which(conn);
        let conns: Vec<ConnectionId> = self
            .conns
            .iter()
            .filter(|(_, conn)| of_peer(conn))
            .map(|(id, _)| *id)
            .collect();
        for conn in conns {
            self.close(conn);
        }
    }

    fn set_standing(&mut self, peer: PeerId, standing: Standing) {
        let before = self.rules.standing(&peer);
        if !self.rules.set_standing(peer, standing) {
            return;
        }
        self.net.behaviour_mut().pinned.set_standing(peer, standing);
        match standing {
            Standing::Blocked => {
                self.close_all(peer, |_| true);
                // Also what libp2p knows and we were not told of yet.
                let _ = self.net.disconnect_peer_id(peer);
            }
            // Relayed ones too: libp2p's parts took them on when they might
            // still tell our addresses there, or not.
            Standing::ContactViaRelay => {
                self.close_all(peer, |_| true);
                let _ = self.net.disconnect_peer_id(peer);
            }
            Standing::Contact if before == Standing::ContactViaRelay => {
                self.close_all(peer, |_| true);
            }
            // Whoever was a contact or a fellow loses its streams and places, too.
            Standing::Stranger if before != Standing::Blocked => self.close_all(peer, |_| true),
            Standing::Fellow if before.is_contact() => self.close_all(peer, |_| true),
            Standing::Contact if !before.is_contact() => self.became_contact(peer),
            Standing::Stranger | Standing::Fellow | Standing::Contact => {}
        }
        if [before, standing].contains(&Standing::ContactViaRelay) {
            self.reconsider();
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Probe {
                peer,
                candidates,
                results,
            } => self.probe(peer, candidates, &results),
            Command::Open {
                conn,
                protocol,
                reply,
            } => {
                let peer = self.conns.get(&conn.0).filter(|known| !known.closing);
                match peer.and_then(|known| peer_of(&known.info.peer)) {
                    Some(peer) => {
                        let pinned = &mut self.net.behaviour_mut().pinned;
                        pinned.open(peer, conn.0, protocol, reply);
                    }
                    None => {
                        let _ = reply.send(Err(OpenError::NoConnection));
                    }
                }
            }
            Command::Approve { peer, addr, time } => {
                if let Some(peer) = peer_of(&peer) {
                    let now = std::time::Instant::now();
                    self.rules.approve(peer, addr, time, now);
                }
            }
            Command::Reserve { relay, addr, reply } => {
                let _ = reply.send(self.reserve(relay, &addr));
            }
            Command::Unreserve { relay } => self.unreserve(relay),
            Command::CircuitSources { guest, sources } => {
                if let Some(guest) = peer_of(&guest) {
                    let sources = sources.iter().filter_map(peer_of);
                    self.rules.set_sources(guest, sources);
                }
            }
            Command::Mdns { switch, reply } => self.switch_mdns(switch, reply),
            Command::Router { switch } => {
                self.config.router = switch;
                self.want_ports();
            }
            Command::DhtNode { peer, addr } => self.add_dht_node(peer, addr),
            Command::Publish {
                key,
                value,
                life,
                reply,
            } => self.publish(&key, value, life, reply),
            Command::Lookup { key, found } => self.look_up(&key, found),
            Command::DumpDht { reply } => {
                let _ = reply.send(self.dump_dht());
            }
            Command::Status { reply } => {
                let _ = reply.send(self.status());
            }
        }
    }

    fn switch_mdns(
        &mut self,
        switch: Switch,
        reply: oneshot::Sender<Result<(), super::MdnsError>>,
    ) {
        let mdns = &mut self.net.behaviour_mut().mdns;
        if switch == Switch::On {
            let _ = reply.send(mdns.turn_on().map_err(super::MdnsError::from));
            return;
        }
        mdns.turn_off(move || {
            let _ = reply.send(Ok(()));
        });
        for (peer, addrs) in std::mem::take(&mut self.announced) {
            let Some(peer) = device_of(&peer) else {
                continue;
            };
            for addr in addrs {
                self.tell(NetEvent::MdnsLost { peer, addr });
            }
        }
    }

    fn status(&mut self) -> Status {
        Status {
            listening: self.listening.iter().cloned().collect(),
            networks: self.networks.iter().copied().collect(),
            connections: self.conns.values().map(|conn| conn.info.clone()).collect(),
            mapped: self.nat.mapped(),
            reachability: self.reachability.clone(),
            dht_nodes: self.dht_nodes(),
            circuits: self.relays.circuits(),
        }
    }

    /// Whether we are publicly reachable may have changed: with it change our
    /// part in the DHT and whether we relay. Who serves is known by address to
    /// everybody who asks, and so to those who are to learn none (DISC-8).
    fn reconsider(&mut self) {
        let public = !self.external.is_empty();
        let serves = public && !self.rules.keeps_addresses();
        let parts = self.net.behaviour_mut();
        if let Some(kad) = parts.kad.as_mut() {
            let serve = match self.config.dht {
                DhtRole::Server => true,
                DhtRole::Auto => serves,
                DhtRole::Off => false,
            };
            let mode = if serve {
                kad::Mode::Server
            } else {
                kad::Mode::Client
            };
            if kad.mode() != mode {
                kad.set_mode(Some(mode));
            }
        }
        if let Some(relay) = parts.relay.as_mut() {
            let serve = match self.config.relay {
                RelayRole::On => true,
                RelayRole::Auto => serves,
                RelayRole::Off => false,
            };
            relay.inner_mut().set_status(Some(if serve {
                libp2p::relay::Status::Enable
            } else {
                libp2p::relay::Status::Disable
            }));
        }
        let mut at: Vec<Addr> = self.external.iter().cloned().collect();
        at.sort();
        let now = match (public, self.unreachable) {
            (true, _) => Reachability::Public { at },
            (false, true) => Reachability::Private,
            (false, false) => Reachability::Unknown,
        };
        if now != self.reachability {
            self.reachability = now.clone();
            self.tell(NetEvent::Reachability(now));
        }
    }

    fn on_network(&mut self, event: std::io::Result<IfEvent>) {
        match event {
            Ok(IfEvent::Up(network)) => {
                self.networks.insert(network);
            }
            Ok(IfEvent::Down(network)) => {
                self.networks.remove(&network);
            }
            Err(error) => tracing::debug!(%error, "watching networks"),
        }
    }
}

async fn next_network(watcher: &mut Option<IfWatcher>) -> std::io::Result<IfEvent> {
    match watcher {
        Some(watcher) => watcher.select_next_some().await,
        None => std::future::pending().await,
    }
}
