//! Numbers of connections, by who asks and from where (THREATS R7).
//!
//! Standing first in the behaviour, this part denies a connection before any
//! other part hears of it. libp2p's own limits know no addresses and no
//! contacts, so that strangers could use up everybody's room.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use libp2p::{
    Multiaddr, PeerId,
    core::{Endpoint, transport::PortUse},
    futures::future::AbortHandle,
    multiaddr::Protocol as Part,
    swarm::{
        CloseConnection, ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler,
        THandlerInEvent, THandlerOutEvent, ToSwarm, dummy,
    },
};

use self::familiar::Familiar;
use super::{
    config::Limits,
    doors::Handles,
    event::{Side, Standing},
    gate::Denial,
    id::device_of,
    pace::Buckets,
    rules::Rules,
};

/// How long a stranger may keep its place while others wait for one: long
/// enough to say hello and to answer an invite.
pub const STRANGER_TURN: Duration = Duration::from_secs(60);

/// Which limit on connections was reached. Nobody's fault; try later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Crowded {
    /// [`Limits::total`].
    #[error("too many connections")]
    Total,
    /// [`Limits::strangers`] or [`Limits::dialled_strangers`].
    #[error("too many strangers")]
    Strangers,
    /// [`Limits::strangers_per_address`] or [`Limits::strangers_per_relay`].
    #[error("too many strangers from one address")]
    Address,
    /// [`Limits::per_stranger`] or [`Limits::per_contact`].
    #[error("too many connections with this device")]
    Peer,
    /// [`super::DIALS_AT_ONCE`].
    #[error("too many unfinished handshakes")]
    Pending,
    /// [`Limits::arrivals`], [`Limits::arrivals_per_address`],
    /// [`Limits::arrivals_per_network`] or [`Limits::arrivals_per_relay`].
    #[error("too many connections in a short time")]
    Hurry,
    /// Not a limit: the device is blocked, or only reached through relays.
    #[error("not accepted from this device")]
    Unwelcome,
}

/// Which of [`LimitBehaviour::arrivals`] those through relays are.
const CIRCUITS: usize = 2;

/// Counts and denies.
#[derive(Debug)]
pub(super) struct LimitBehaviour {
    limits: Limits,
    rules: Arc<Rules>,
    handles: Arc<Handles>,
    /// Handshakes that others began, in the order in which they came.
    pending: BTreeMap<u64, Half>,
    began: u64,
    established: HashMap<ConnectionId, Entry>,
    /// Over TCP, over QUIC, whose senders may lie about where they are, and
    /// through relays.
    arrivals: [Buckets<Origin>; 3],
    /// What strangers do elsewhere doesn't keep anybody there from connecting.
    familiar: Familiar,
    /// Strangers that make room, not told to libp2p yet.
    leaving: VecDeque<(PeerId, ConnectionId)>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    peer: PeerId,
    side: Side,
    source: Option<Source>,
    since: Instant,
    leaving: bool,
}

/// A handshake that isn't done.
#[derive(Debug)]
struct Half {
    conn: ConnectionId,
    kind: Kind,
    source: Option<Source>,
    handle: Option<AbortHandle>,
}

/// What of a handshake is known before it is done. Each kind has places of its
/// own, so that no other can take them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Through a contact that relays for us. Who comes, and how many, is that
    /// contact's word: so each has its share.
    Circuit,
    /// From an address where contacts are.
    Familiar(Wire),
    /// From any other.
    Unfamiliar(Wire),
}

/// The senders of one may be others than they seem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wire {
    Tcp = 0,
    Quic = 1,
}

/// Who has a pace of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Origin {
    Block(Block),
    Network(IpAddr),
    Relay(PeerId),
}

/// Where a connection comes from, as far as it may fill places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Block(Block),
    /// From anywhere, through this relay.
    Relay(PeerId),
}

impl Source {
    fn of(local: &Multiaddr, remote: &Multiaddr) -> Option<Self> {
        match [local, remote].into_iter().find(|a| is_circuit(a)) {
            Some(circuit) => relay_of(circuit).map(Self::Relay),
            None => Block::of(remote).map(Self::Block),
        }
    }

    const fn block(self) -> Option<Block> {
        match self {
            Self::Block(block) => Some(block),
            Self::Relay(_) => None,
        }
    }

    /// What shares a fate when places are short.
    fn group(self) -> Origin {
        match self {
            Self::Block(block) => Origin::Network(block.network()),
            Self::Relay(relay) => Origin::Relay(relay),
        }
    }
}

/// One IPv4 address or one IPv6 /64: what one household gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Block(IpAddr);

impl Block {
    fn of(multi: &Multiaddr) -> Option<Self> {
        ip_of(multi).map(|ip| match ip {
            IpAddr::V4(_) => Self(ip),
            IpAddr::V6(v6) => Self(Ipv6Addr::from(u128::from(v6) >> 64 << 64).into()),
        })
    }

    /// The IPv4 /24 or IPv6 /48 around it: the least that a provider gives to
    /// whoever asks for many addresses.
    fn network(self) -> IpAddr {
        match self.0 {
            IpAddr::V4(v4) => Ipv4Addr::from_bits(v4.to_bits() >> 8 << 8).into(),
            IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() >> 80 << 80).into(),
        }
    }
}

pub(super) fn is_circuit(multi: &Multiaddr) -> bool {
    multi.iter().any(|part| part == Part::P2pCircuit)
}

/// The last relay before the circuit: the one that we are connected to.
fn relay_of(multi: &Multiaddr) -> Option<PeerId> {
    let before = multi.iter().take_while(|part| *part != Part::P2pCircuit);
    before.fold(None, |relay, part| match part {
        Part::P2p(peer) => Some(peer),
        _ => relay,
    })
}

pub(super) fn ip_of(multi: &Multiaddr) -> Option<IpAddr> {
    match multi.iter().next() {
        Some(Part::Ip4(ip)) => Some(ip.into()),
        Some(Part::Ip6(ip)) => Some(ip.into()),
        _ => None,
    }
}

impl LimitBehaviour {
    pub(super) fn new(limits: Limits, rules: Arc<Rules>, handles: Arc<Handles>) -> Self {
        Self {
            limits,
            rules,
            handles,
            pending: BTreeMap::new(),
            began: 0,
            established: HashMap::new(),
            arrivals: [(); 3].map(|()| Buckets::new(Instant::now())),
            familiar: Familiar::default(),
            leaving: VecDeque::new(),
        }
    }

    fn count(&self, matches: impl Fn(&Entry) -> bool) -> usize {
        let counts = |e: &&Entry| !e.leaving && matches(e);
        self.established.values().filter(counts).count()
    }

    fn kind_of(&self, local: &Multiaddr, block: Option<Block>) -> Kind {
        if is_circuit(local) {
            return Kind::Circuit;
        }
        let wire = match local.iter().any(|part| matches!(part, Part::Udp(_))) {
            true => Wire::Quic,
            false => Wire::Tcp,
        };
        match block.is_some_and(|block| self.familiar.knows(block, wire)) {
            true => Kind::Familiar(wire),
            false => Kind::Unfamiliar(wire),
        }
    }

    /// Who it is shows only after the handshake, so that contacts are known
    /// here by where they are. Places are never refused: the oldest handshake
    /// of whoever has most goes, so that many that are begun and not ended
    /// keep nobody out. What doesn't let in is the pace of strangers.
    fn admit_pending(&mut self, kind: Kind, source: Option<Source>) -> Result<(), Crowded> {
        let (now, limits) = (Instant::now(), self.limits);
        let paced = match (kind, source) {
            (Kind::Unfamiliar(wire), Some(Source::Block(block))) => {
                let paces = [
                    (Origin::Block(block), limits.arrivals_per_address),
                    (
                        Origin::Network(block.network()),
                        limits.arrivals_per_network,
                    ),
                ];
                self.arrivals[wire as usize].take(&paces, limits.arrivals, now)
            }
            (_, Some(Source::Relay(relay))) => {
                let pace = [(Origin::Relay(relay), limits.arrivals_per_relay)];
                self.arrivals[CIRCUITS].take(&pace, limits.arrivals, now)
            }
            _ => true,
        };
        if !paced {
            return Err(Crowded::Hurry);
        }
        while let Some(oldest) = self.too_many(kind, source) {
            if let Some(half) = self.pending.remove(&oldest) {
                if let Some(handle) = &half.handle {
                    handle.abort();
                }
                self.brought_nobody(&half);
            }
        }
        Ok(())
    }

    /// A handshake ended, and no contact came by it.
    fn brought_nobody(&mut self, half: &Half) {
        if let Kind::Familiar(wire) = half.kind
            && let Some(block) = half.source.and_then(Source::block)
        {
            self.familiar.missed(block, wire);
        }
    }

    /// Which handshake goes before one more of this kind from there begins.
    fn too_many(&self, kind: Kind, source: Option<Source>) -> Option<u64> {
        let group = |half: &Half| half.source.map(Source::group);
        let alike = || self.pending.iter().filter(|(_, half)| half.kind == kind);
        // The first is the oldest.
        let first = |matches: &dyn Fn(&Half) -> bool, limit: usize| {
            let mut of_those = alike().filter(|(_, half)| matches(half));
            let oldest = of_those.next().map(|(nth, _)| *nth);
            // With limits of nothing, one at a time is let in.
            oldest.filter(|_| of_those.count() + 1 >= limit)
        };
        let of_source = match kind {
            Kind::Circuit => first(&|h| h.source == source, self.limits.pending_per_relay),
            Kind::Familiar(_) => first(&|h| h.source == source, self.limits.per_contact),
            Kind::Unfamiliar(_) => {
                let within = source.map(Source::group);
                first(&|h| h.source == source, self.limits.pending_per_address)
                    .or_else(|| first(&|h| group(h) == within, self.limits.pending_per_network))
            }
        };
        if of_source.is_some() || alike().count() < self.limits.pending {
            return of_source;
        }
        let size = |of: Option<Origin>| alike().filter(|(_, h)| group(h) == of).count();
        // Of several that have as many, the last: whose first is the oldest.
        let most = alike().rev().max_by_key(|(_, half)| size(group(half)));
        let most = most.map(|(_, half)| group(half));
        most.and_then(|most| first(&|h| group(h) == most, 0))
    }

    fn is_stranger(&self, entry: &Entry) -> bool {
        !self.rules.standing(&entry.peer).is_contact()
    }

    /// The stranger that came first makes room, if it has had its turn.
    fn make_room(&mut self, now: Instant) -> bool {
        let had_its_turn =
            |e: &Entry| !e.leaving && e.side == Side::Accepted && now - e.since >= STRANGER_TURN;
        let first = self
            .established
            .iter()
            .filter(|(_, e)| had_its_turn(e) && self.is_stranger(e))
            .min_by_key(|(_, e)| e.since)
            .map(|(conn, e)| (e.peer, *conn));
        let Some((peer, conn)) = first else {
            return false;
        };
        if let Some(entry) = self.established.get_mut(&conn) {
            entry.leaving = true;
        }
        self.leaving.push_back((peer, conn));
        true
    }

    fn admit(
        &mut self,
        peer: PeerId,
        side: Side,
        source: Option<Source>,
        circuit: bool,
        now: Instant,
    ) -> Result<(), Crowded> {
        let standing = self.rules.standing(&peer);
        match standing {
            Standing::Blocked => return Err(Crowded::Unwelcome),
            Standing::ContactViaRelay if !circuit => return Err(Crowded::Unwelcome),
            _ => {}
        }
        // A name that isn't an Ed25519 key could not be one of ours.
        if device_of(&peer).is_none() {
            return Err(Crowded::Unwelcome);
        }
        if self.established.len() >= self.limits.total {
            return Err(Crowded::Total);
        }
        let with_peer = self.count(|e| e.peer == peer);
        if standing.is_contact() {
            if let Some(block) = source.and_then(Source::block) {
                self.familiar.met(block);
            }
            return if with_peer >= self.limits.per_contact {
                Err(Crowded::Peer)
            } else {
                Ok(())
            };
        }
        if with_peer >= self.limits.per_stranger {
            return Err(Crowded::Peer);
        }
        let alike = match source {
            Some(Source::Block(_)) => self.limits.strangers_per_address,
            Some(Source::Relay(_)) => self.limits.strangers_per_relay,
            None => usize::MAX,
        };
        if self.count(|e| e.source == source && self.is_stranger(e)) >= alike {
            return Err(Crowded::Address);
        }
        let limit = match side {
            Side::Accepted => self.limits.strangers,
            Side::Dialled => self.limits.dialled_strangers,
        };
        if self.count(|e| e.side == side && self.is_stranger(e)) >= limit
            && !(side == Side::Accepted && self.make_room(now))
        {
            return Err(Crowded::Strangers);
        }
        Ok(())
    }

    /// Counts a connection at once: several may be handled before the first
    /// is reported.
    fn count_in(
        &mut self,
        conn: ConnectionId,
        (peer, side): (PeerId, Side),
        source: Option<Source>,
        circuit: bool,
    ) -> Result<(), ConnectionDenied> {
        let since = Instant::now();
        self.admit(peer, side, source, circuit, since)
            .map_err(ConnectionDenied::new)?;
        let entry = Entry {
            peer,
            side,
            source,
            since,
            leaving: false,
        };
        self.established.insert(conn, entry);
        Ok(())
    }

    fn forget(&mut self, conn: &ConnectionId) {
        if let Some(half) = self.take_pending(conn) {
            self.brought_nobody(&half);
        }
        self.established.remove(conn);
    }

    fn take_pending(&mut self, conn: &ConnectionId) -> Option<Half> {
        let mut halves = self.pending.iter();
        let nth = halves.find(|(_, half)| half.conn == *conn);
        let nth = nth.map(|(nth, _)| *nth)?;
        self.pending.remove(&nth)
    }
}

impl NetworkBehaviour for LimitBehaviour {
    type ConnectionHandler = dummy::ConnectionHandler;
    type ToSwarm = Infallible;

    fn handle_pending_inbound_connection(
        &mut self,
        conn: ConnectionId,
        local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        let handle = self.handles.take(local, remote);
        let source = Source::of(local, remote);
        let kind = self.kind_of(local, source.and_then(Source::block));
        self.admit_pending(kind, source)
            .map_err(ConnectionDenied::new)?;
        let half = Half {
            conn,
            kind,
            source,
            handle,
        };
        self.pending.insert(self.began, half);
        self.began += 1;
        Ok(())
    }

    fn handle_established_inbound_connection(
        &mut self,
        conn: ConnectionId,
        peer: PeerId,
        local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        let half = self.take_pending(&conn);
        if let Some(half) = half.filter(|_| !self.rules.standing(&peer).is_contact()) {
            self.brought_nobody(&half);
        }
        let source = Source::of(local, remote);
        self.count_in(conn, (peer, Side::Accepted), source, is_circuit(local))?;
        Ok(dummy::ConnectionHandler)
    }

    fn handle_pending_outbound_connection(
        &mut self,
        _: ConnectionId,
        peer: Option<PeerId>,
        addrs: &[Multiaddr],
        _: Endpoint,
    ) -> Result<Vec<Multiaddr>, ConnectionDenied> {
        match peer.map(|peer| (peer, self.rules.standing(&peer))) {
            Some((_, Standing::Blocked)) => Err(ConnectionDenied::new(Denial::Blocked)),
            Some((contact, Standing::Contact)) => {
                let direct = addrs.iter().filter(|addr| !is_circuit(addr));
                for block in direct.filter_map(Block::of) {
                    self.familiar.seek(block, contact);
                }
                Ok(Vec::new())
            }
            _ => Ok(Vec::new()),
        }
    }

    fn handle_established_outbound_connection(
        &mut self,
        conn: ConnectionId,
        peer: PeerId,
        addr: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        let source = Source::of(addr, addr);
        self.count_in(conn, (peer, Side::Dialled), source, is_circuit(addr))?;
        Ok(dummy::ConnectionHandler)
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        match event {
            FromSwarm::ConnectionClosed(closed) => self.forget(&closed.connection_id),
            // Another part denied it, or the handshake failed.
            FromSwarm::ListenFailure(failure) => self.forget(&failure.connection_id),
            FromSwarm::DialFailure(failure) => self.forget(&failure.connection_id),
            _ => {}
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

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Infallible, THandlerInEvent<Self>>> {
        match self.leaving.pop_front() {
            Some((peer_id, conn)) => Poll::Ready(ToSwarm::CloseConnection {
                peer_id,
                connection: CloseConnection::One(conn),
            }),
            None => Poll::Pending,
        }
    }
}

mod familiar;
#[cfg(test)]
mod tests;
