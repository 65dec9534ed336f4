//! Streams pinned to one connection.
//!
//! `libp2p-stream` opens on a connection of its own choice; a share must stay
//! on the path that was confirmed. Here the caller names the connection, and
//! the handler of that connection alone gets the request. Inbound streams are
//! counted, and offered only the protocols that the device's standing allows.

use std::{
    collections::{HashMap, VecDeque},
    convert::Infallible,
    future::{Ready, ready},
    iter,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
    vec,
};

use libp2p::{
    Multiaddr, PeerId, StreamProtocol,
    core::{
        Endpoint, UpgradeInfo,
        transport::PortUse,
        upgrade::{InboundUpgrade, OutboundUpgrade},
    },
    swarm::{
        CloseConnection, ConnectionDenied, ConnectionHandler, ConnectionHandlerEvent, ConnectionId,
        FromSwarm, NetworkBehaviour, NotifyHandler, StreamUpgradeError, SubstreamProtocol,
        THandler, THandlerInEvent, THandlerOutEvent, ToSwarm,
        handler::{
            ConnectionEvent, DialUpgradeError, FullyNegotiatedInbound, FullyNegotiatedOutbound,
        },
    },
};
use tokio::sync::oneshot;

use super::{
    event::Standing,
    id::{ConnId, DeviceId, device_of},
    pace::{Bucket, Pace},
    protocol::Protocol,
    rules::Rules,
    stream::{Counter, Heard, Place, Stream},
};

/// Inbound streams that a contact may have open on one connection.
pub const CONTACT_STREAMS_PER_CONN: usize = 32;
/// Inbound streams that a contact's device may have open on all connections.
pub const CONTACT_STREAMS: usize = 64;
/// The same for a stranger, per connection and in all: one to say hello, one
/// while the first is being closed.
pub const STRANGER_STREAMS: usize = 2;
/// The same for a fellow: each of [`FELLOW_PROTOCOLS`], and one of each while
/// the first is being closed.
pub(super) const FELLOW_STREAMS: usize = 2 * FELLOW_PROTOCOLS.len();
/// What members of a room speak who aren't contacts (spec 07, "Fellows").
const FELLOW_PROTOCOLS: [&str; 3] = ["/kith/hello/1", "/kith/room/1", "/kith/file/1"];
/// How often a stranger or a fellow may open a stream on one connection; whoever does it
/// more often loses the connection.
pub const STRANGER_PACE: Pace = Pace {
    burst: 8,
    every: Duration::from_secs(5),
};
/// Streams of ours that may wait to be opened on one connection.
pub const WAITING_STREAMS: usize = 32;

/// Why a stream could not be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The connection has ended, or never was.
    #[error("the connection has ended")]
    NoConnection,
    /// [`WAITING_STREAMS`] are being opened on this connection already: we ask too fast.
    #[error("too many streams are being opened")]
    Busy,
    /// The other side refused the protocol at once. Mostly it says so only at
    /// the first read: see [`super::refused`].
    #[error("the other side does not serve this protocol")]
    Refused,
    /// Not opened in time, or the connection broke.
    #[error("the stream could not be opened")]
    Failed,
    /// The swarm has stopped.
    #[error("the swarm has stopped")]
    Stopped,
}

pub(super) type OpenReply = oneshot::Sender<Result<Stream, OpenError>>;

/// The set of protocols offered or asked for.
#[derive(Clone, Debug)]
pub(super) struct Offer(Vec<Protocol>);

impl UpgradeInfo for Offer {
    type Info = StreamProtocol;
    type InfoIter = iter::Map<vec::IntoIter<Protocol>, fn(Protocol) -> StreamProtocol>;

    fn protocol_info(&self) -> Self::InfoIter {
        let name: fn(Protocol) -> StreamProtocol = |protocol| protocol.to_stream();
        self.0.clone().into_iter().map(name)
    }
}

impl Offer {
    fn chosen(self, name: &StreamProtocol) -> Option<Protocol> {
        self.0.into_iter().find(|p| p.as_str() == name.as_ref())
    }
}

impl InboundUpgrade<libp2p::Stream> for Offer {
    type Output = (libp2p::Stream, Option<Protocol>);
    type Error = Infallible;
    type Future = Ready<Result<Self::Output, Infallible>>;

    fn upgrade_inbound(self, stream: libp2p::Stream, name: StreamProtocol) -> Self::Future {
        ready(Ok((stream, self.chosen(&name))))
    }
}

impl OutboundUpgrade<libp2p::Stream> for Offer {
    type Output = (libp2p::Stream, Option<Protocol>);
    type Error = Infallible;
    type Future = Ready<Result<Self::Output, Infallible>>;

    fn upgrade_outbound(self, stream: libp2p::Stream, name: StreamProtocol) -> Self::Future {
        ready(Ok((stream, self.chosen(&name))))
    }
}

/// What the behaviour tells a connection.
#[derive(Debug)]
pub(super) enum Order {
    Open(Protocol, OpenReply),
    Standing(Standing),
}

/// What a connection tells the behaviour.
#[derive(Debug)]
pub(super) enum Report {
    Opened(Stream),
    /// A stranger opens streams faster than [`STRANGER_PACE`].
    Flood,
}

/// One connection's part.
#[derive(Debug)]
pub(super) struct PinnedHandler {
    peer: DeviceId,
    conn: ConnId,
    standing: Standing,
    protocols: Arc<[Protocol]>,
    here: Counter,
    everywhere: Counter,
    /// Of ours, not yet asked for.
    to_open: VecDeque<(Protocol, OpenReply)>,
    /// Of ours, asked for and not yet open.
    opening: Counter,
    /// Of theirs, not yet reported. Bounded by the stream counters.
    inbound: VecDeque<Stream>,
    pace: Bucket,
    flood: bool,
    heard: Heard,
}

impl PinnedHandler {
    fn serves(&self, protocol: &Protocol) -> bool {
        match self.standing {
            Standing::Blocked => false,
            Standing::Stranger => *protocol == Protocol::HELLO,
            Standing::Fellow => FELLOW_PROTOCOLS.contains(&protocol.as_str()),
            Standing::Contact | Standing::ContactViaRelay => true,
        }
    }

    /// Whether another stream of theirs is in time.
    fn in_time(&mut self) -> bool {
        match self.standing {
            Standing::Blocked => false,
            Standing::Stranger | Standing::Fellow => self.pace.take(STRANGER_PACE, Instant::now()),
            Standing::Contact | Standing::ContactViaRelay => true,
        }
    }

    fn places(&self) -> Option<Vec<Place>> {
        let (here, everywhere) = match self.standing {
            Standing::Blocked => (0, 0),
            Standing::Stranger => (STRANGER_STREAMS, STRANGER_STREAMS),
            Standing::Fellow => (FELLOW_STREAMS, FELLOW_STREAMS),
            Standing::Contact | Standing::ContactViaRelay => {
                (CONTACT_STREAMS_PER_CONN, CONTACT_STREAMS)
            }
        };
        Some(vec![
            self.here.take(here)?,
            self.everywhere.take(everywhere)?,
        ])
    }
}

impl ConnectionHandler for PinnedHandler {
    type FromBehaviour = Order;
    type ToBehaviour = Report;
    type InboundProtocol = Offer;
    type OutboundProtocol = Offer;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = (OpenReply, Place);

    fn listen_protocol(&self) -> SubstreamProtocol<Offer> {
        let offered = self.protocols.iter().filter(|p| self.serves(p)).cloned();
        SubstreamProtocol::new(Offer(offered.collect()), ())
    }

    fn on_behaviour_event(&mut self, order: Order) {
        match order {
            Order::Standing(standing) => self.standing = standing,
            // A dropped reply means the caller has gone.
            Order::Open(_, reply) if self.to_open.len() >= WAITING_STREAMS => {
                let _ = reply.send(Err(OpenError::Busy));
            }
            Order::Open(protocol, reply) => self.to_open.push_back((protocol, reply)),
        }
    }

    fn poll(
        &mut self,
        _: &mut Context<'_>,
    ) -> Poll<ConnectionHandlerEvent<Offer, (OpenReply, Place), Report>> {
        if std::mem::take(&mut self.flood) {
            return Poll::Ready(ConnectionHandlerEvent::NotifyBehaviour(Report::Flood));
        }
        if let Some(stream) = self.inbound.pop_front() {
            let report = Report::Opened(stream);
            return Poll::Ready(ConnectionHandlerEvent::NotifyBehaviour(report));
        }
        while let Some((protocol, reply)) = self.to_open.pop_front() {
            if reply.is_closed() {
                continue;
            }
            let Some(place) = self.opening.take(WAITING_STREAMS) else {
                let _ = reply.send(Err(OpenError::Busy));
                continue;
            };
            let offer = SubstreamProtocol::new(Offer(vec![protocol]), (reply, place));
            return Poll::Ready(ConnectionHandlerEvent::OutboundSubstreamRequest {
                protocol: offer,
            });
        }
        Poll::Pending
    }

    fn on_connection_event(
        &mut self,
        event: ConnectionEvent<'_, Offer, Offer, (), (OpenReply, Place)>,
    ) {
        match event {
            ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound {
                protocol: (io, Some(protocol)),
                ..
            }) => {
                // The standing may have changed while the name was agreed on.
                if self.serves(&protocol) && !self.in_time() {
                    self.flood = true;
                } else if self.serves(&protocol)
                    && let Some(places) = self.places()
                {
                    let stream = Stream::new(
                        io,
                        self.peer,
                        self.conn,
                        protocol,
                        self.heard.clone(),
                        places,
                    );
                    self.inbound.push_back(stream);
                }
            }
            ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound {
                protocol: (io, Some(protocol)),
                info: (reply, _),
            }) => {
                let stream = Stream::new(
                    io,
                    self.peer,
                    self.conn,
                    protocol,
                    self.heard.clone(),
                    Vec::new(),
                );
                let _ = reply.send(Ok(stream));
            }
            ConnectionEvent::DialUpgradeError(DialUpgradeError {
                info: (reply, _),
                error,
            }) => {
                let why = match error {
                    StreamUpgradeError::NegotiationFailed => OpenError::Refused,
                    StreamUpgradeError::Timeout
                    | StreamUpgradeError::Apply(_)
                    | StreamUpgradeError::Io(_) => OpenError::Failed,
                };
                let _ = reply.send(Err(why));
            }
            _ => {}
        }
    }
}

/// Opens and accepts streams on named connections.
#[derive(Debug)]
pub(super) struct PinnedBehaviour {
    rules: Arc<Rules>,
    protocols: Arc<[Protocol]>,
    peers: HashMap<PeerId, Peer>,
    /// Of connections that stand or are just being made.
    heard: HashMap<ConnectionId, Heard>,
    queue: VecDeque<ToSwarm<Stream, Order>>,
}

#[derive(Debug, Default)]
struct Peer {
    conns: Vec<ConnectionId>,
    streams: Counter,
}

impl PinnedBehaviour {
    pub(super) fn new(rules: Arc<Rules>, protocols: &[Protocol]) -> Self {
        let mut all = vec![Protocol::HELLO];
        all.extend(protocols.iter().filter(|p| **p != Protocol::HELLO).cloned());
        Self {
            rules,
            protocols: all.into(),
            peers: HashMap::new(),
            heard: HashMap::new(),
            queue: VecDeque::new(),
        }
    }

    /// Opens a stream on `conn`, which belongs to `peer`.
    pub(super) fn open(
        &mut self,
        peer: PeerId,
        conn: ConnectionId,
        protocol: Protocol,
        reply: OpenReply,
    ) {
        self.tell(peer, conn, Order::Open(protocol, reply));
    }

    /// Whether a stream of ours on `conn` brought a byte during the last `span`.
    pub(super) fn heard_within(&self, conn: ConnectionId, span: Duration) -> bool {
        let heard = self.heard.get(&conn);
        heard.is_some_and(|h| h.within(span, Instant::now()))
    }

    /// Tells all connections of `peer` what it may do now.
    pub(super) fn set_standing(&mut self, peer: PeerId, standing: Standing) {
        let conns = self.peers.get(&peer).map(|p| p.conns.clone());
        for conn in conns.unwrap_or_default() {
            self.tell(peer, conn, Order::Standing(standing));
        }
    }

    /// Offers `addr` to the other parts as an address that may lead to us.
    pub(super) fn suggest(&mut self, addr: Multiaddr) {
        self.queue
            .push_back(ToSwarm::NewExternalAddrCandidate(addr));
    }

    fn tell(&mut self, peer_id: PeerId, conn: ConnectionId, event: Order) {
        self.queue.push_back(ToSwarm::NotifyHandler {
            peer_id,
            handler: NotifyHandler::One(conn),
            event,
        });
    }

    fn handler(
        &mut self,
        conn: ConnectionId,
        peer: PeerId,
    ) -> Result<PinnedHandler, ConnectionDenied> {
        let device = device_of(&peer)
            .ok_or_else(|| ConnectionDenied::new(super::limits::Crowded::Unwelcome))?;
        let everywhere = self.peers.entry(peer).or_default().streams.clone();
        let heard = Heard::new(Instant::now());
        self.heard.insert(conn, heard.clone());
        Ok(PinnedHandler {
            peer: device,
            conn: ConnId(conn),
            standing: self.rules.standing(&peer),
            protocols: Arc::clone(&self.protocols),
            here: Counter::default(),
            everywhere,
            to_open: VecDeque::new(),
            opening: Counter::default(),
            inbound: VecDeque::new(),
            pace: Bucket::new(Instant::now()),
            flood: false,
            heard,
        })
    }

    fn tidy(&mut self, peer: &PeerId) {
        if self.peers.get(peer).is_some_and(|p| p.conns.is_empty()) {
            self.peers.remove(peer);
        }
    }
}

impl NetworkBehaviour for PinnedBehaviour {
    type ConnectionHandler = PinnedHandler;
    type ToSwarm = Stream;

    fn handle_established_inbound_connection(
        &mut self,
        conn: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.handler(conn, peer)
    }

    fn handle_established_outbound_connection(
        &mut self,
        conn: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.handler(conn, peer)
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        match event {
            FromSwarm::ConnectionEstablished(new) => {
                let peer = self.peers.entry(new.peer_id).or_default();
                peer.conns.push(new.connection_id);
                // The standing may have changed since the handler was made.
                let standing = self.rules.standing(&new.peer_id);
                self.tell(new.peer_id, new.connection_id, Order::Standing(standing));
            }
            FromSwarm::ConnectionClosed(old) => {
                self.heard.remove(&old.connection_id);
                if let Some(peer) = self.peers.get_mut(&old.peer_id) {
                    peer.conns.retain(|conn| *conn != old.connection_id);
                }
                self.tidy(&old.peer_id);
            }
            FromSwarm::ListenFailure(failure) => {
                self.heard.remove(&failure.connection_id);
                if let Some(peer) = failure.peer_id {
                    self.tidy(&peer);
                }
            }
            FromSwarm::DialFailure(failure) => {
                self.heard.remove(&failure.connection_id);
                if let Some(peer) = failure.peer_id {
                    self.tidy(&peer);
                }
            }
            _ => {}
        }
    }

    fn on_connection_handler_event(
        &mut self,
        peer_id: PeerId,
        conn: ConnectionId,
        report: THandlerOutEvent<Self>,
    ) {
        self.queue.push_back(match report {
            Report::Opened(stream) => ToSwarm::GenerateEvent(stream),
            Report::Flood => ToSwarm::CloseConnection {
                peer_id,
                connection: CloseConnection::One(conn),
            },
        });
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Stream, THandlerInEvent<Self>>> {
        self.queue.pop_front().map_or(Poll::Pending, Poll::Ready)
    }
}
