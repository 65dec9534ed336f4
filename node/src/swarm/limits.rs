//! Numbers of connections, by who asks and from where (THREATS R7).
//!
//! Standing first in the behaviour, this part denies a connection before any
//! other part hears of it. libp2p's own limits know no addresses and no
//! contacts, so that strangers could use up everybody's room.

use std::{
    collections::HashMap,
    convert::Infallible,
    net::{IpAddr, Ipv6Addr},
    sync::Arc,
    task::{Context, Poll},
};

use libp2p::{
    Multiaddr, PeerId,
    core::{Endpoint, transport::PortUse},
    multiaddr::Protocol as Part,
    swarm::{
        ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerInEvent,
        THandlerOutEvent, ToSwarm, dummy,
    },
};

use super::{
    config::Limits,
    event::{Side, Standing},
    gate::Denial,
    id::device_of,
    rules::Rules,
};

/// Which limit on connections was reached. Nobody's fault; try later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Crowded {
    /// [`Limits::total`].
    #[error("too many connections")]
    Total,
    /// [`Limits::strangers`] or [`Limits::dialled_strangers`].
    #[error("too many strangers")]
    Strangers,
    /// [`Limits::strangers_per_address`].
    #[error("too many strangers from one address")]
    Address,
    /// [`Limits::per_stranger`] or [`Limits::per_contact`].
    #[error("too many connections with this device")]
    Peer,
    /// [`Limits::pending`] or [`Limits::pending_per_address`].
    #[error("too many unfinished handshakes")]
    Pending,
    /// Not a limit: the device is blocked, or only reached through relays.
    #[error("not accepted from this device")]
    Unwelcome,
}

/// Counts and denies.
#[derive(Debug)]
pub(super) struct LimitBehaviour {
    limits: Limits,
    rules: Arc<Rules>,
    pending: HashMap<ConnectionId, Option<Block>>,
    established: HashMap<ConnectionId, Entry>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    peer: PeerId,
    side: Side,
    block: Option<Block>,
}

/// One IPv4 address or one IPv6 /64: what one household gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Block(IpAddr);

impl Block {
    fn of(multi: &Multiaddr) -> Option<Self> {
        if is_circuit(multi) {
            return None;
        }
        ip_of(multi).map(|ip| match ip {
            IpAddr::V4(_) => Self(ip),
            IpAddr::V6(v6) => Self(Ipv6Addr::from(u128::from(v6) >> 64 << 64).into()),
        })
    }
}

pub(super) fn is_circuit(multi: &Multiaddr) -> bool {
    multi.iter().any(|part| part == Part::P2pCircuit)
}

pub(super) fn ip_of(multi: &Multiaddr) -> Option<IpAddr> {
    match multi.iter().next() {
        Some(Part::Ip4(ip)) => Some(ip.into()),
        Some(Part::Ip6(ip)) => Some(ip.into()),
        _ => None,
    }
}

impl LimitBehaviour {
    pub(super) fn new(limits: Limits, rules: Arc<Rules>) -> Self {
        Self {
            limits,
            rules,
            pending: HashMap::new(),
            established: HashMap::new(),
        }
    }

    fn count(&self, matches: impl Fn(&Entry) -> bool) -> usize {
        self.established.values().filter(|e| matches(e)).count()
    }

    fn admit_pending(&self, block: Option<Block>) -> Result<(), Crowded> {
        let same = |b: &&Option<Block>| block.is_some() && **b == block;
        if self.pending.len() >= self.limits.pending
            || self.pending.values().filter(same).count() >= self.limits.pending_per_address
        {
            return Err(Crowded::Pending);
        }
        Ok(())
    }

    fn admit(
        &self,
        peer: PeerId,
        side: Side,
        block: Option<Block>,
        circuit: bool,
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
            return if with_peer >= self.limits.per_contact {
                Err(Crowded::Peer)
            } else {
                Ok(())
            };
        }
        if with_peer >= self.limits.per_stranger {
            return Err(Crowded::Peer);
        }
        let stranger = |e: &Entry| !self.rules.standing(&e.peer).is_contact();
        let limit = match side {
            Side::Accepted => self.limits.strangers,
            Side::Dialled => self.limits.dialled_strangers,
        };
        if self.count(|e| e.side == side && stranger(e)) >= limit {
            return Err(Crowded::Strangers);
        }
        if block.is_some()
            && self.count(|e| e.block == block && stranger(e)) >= self.limits.strangers_per_address
        {
            return Err(Crowded::Address);
        }
        Ok(())
    }

    fn forget(&mut self, conn: &ConnectionId) {
        self.pending.remove(conn);
        self.established.remove(conn);
    }
}

impl NetworkBehaviour for LimitBehaviour {
    type ConnectionHandler = dummy::ConnectionHandler;
    type ToSwarm = Infallible;

    fn handle_pending_inbound_connection(
        &mut self,
        conn: ConnectionId,
        _: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        let block = Block::of(remote);
        self.admit_pending(block).map_err(ConnectionDenied::new)?;
        self.pending.insert(conn, block);
        Ok(())
    }

    fn handle_established_inbound_connection(
        &mut self,
        conn: ConnectionId,
        peer: PeerId,
        local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.pending.remove(&conn);
        let block = Block::of(remote);
        self.admit(peer, Side::Accepted, block, is_circuit(local))
            .map_err(ConnectionDenied::new)?;
        // Counted at once: several may be handled before the first is reported.
        let side = Side::Accepted;
        self.established.insert(conn, Entry { peer, side, block });
        Ok(dummy::ConnectionHandler)
    }

    fn handle_pending_outbound_connection(
        &mut self,
        _: ConnectionId,
        peer: Option<PeerId>,
        _: &[Multiaddr],
        _: Endpoint,
    ) -> Result<Vec<Multiaddr>, ConnectionDenied> {
        match peer.map(|peer| self.rules.standing(&peer)) {
            Some(Standing::Blocked) => Err(ConnectionDenied::new(Denial::Blocked)),
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
        let block = Block::of(addr);
        self.admit(peer, Side::Dialled, block, is_circuit(addr))
            .map_err(ConnectionDenied::new)?;
        let side = Side::Dialled;
        self.established.insert(conn, Entry { peer, side, block });
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
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use libp2p::identity::Keypair;

    use super::*;
    use crate::swarm::config::Reach;

    struct World {
        limits: LimitBehaviour,
        rules: Arc<Rules>,
        next: usize,
    }

    impl World {
        fn new(limits: Limits) -> Self {
            let rules = Arc::new(Rules::new(Reach::Network));
            Self {
                limits: LimitBehaviour::new(limits, Arc::clone(&rules)),
                rules,
                next: 1,
            }
        }

        fn accept(&mut self, peer: PeerId, from: &str) -> Result<ConnectionId, Crowded> {
            let conn = ConnectionId::new_unchecked(self.next);
            self.next += 1;
            let (local, remote) = (
                "/ip4/45.67.0.1/tcp/1".parse().unwrap(),
                from.parse().unwrap(),
            );
            let denied = |d: ConnectionDenied| d.downcast::<Crowded>().unwrap();
            self.limits
                .handle_pending_inbound_connection(conn, &local, &remote)
                .map_err(denied)?;
            self.limits
                .handle_established_inbound_connection(conn, peer, &local, &remote)
                .map_err(denied)?;
            Ok(conn)
        }
    }

    fn device() -> PeerId {
        Keypair::generate_ed25519().public().to_peer_id()
    }

    #[test]
    fn one_address_gets_few_strangers_and_an_ipv6_network_counts_as_one() {
        let mut world = World::new(Limits {
            strangers_per_address: 2,
            ..Limits::default()
        });
        for last in 1..=2 {
            world.accept(device(), "/ip4/45.67.0.9/tcp/1000").unwrap();
            let v6 = format!("/ip6/2a00:1:2:3::{last}/tcp/1");
            world.accept(device(), &v6).unwrap();
        }
        let again = world.accept(device(), "/ip4/45.67.0.9/tcp/2000");
        assert_eq!(again, Err(Crowded::Address));
        let again = world.accept(device(), "/ip6/2a00:1:2:3:ffff::1/tcp/1");
        assert_eq!(again, Err(Crowded::Address));
        world.accept(device(), "/ip4/45.67.0.8/tcp/1").unwrap();
        world.accept(device(), "/ip6/2a00:1:2:4::1/tcp/1").unwrap();
        let contact = device();
        world.rules.set_standing(contact, Standing::Contact);
        world.accept(contact, "/ip4/45.67.0.9/tcp/3000").unwrap();
    }

    #[test]
    fn strangers_never_take_the_room_of_contacts() {
        let limits = Limits {
            strangers: 3,
            ..Limits::default()
        };
        let mut world = World::new(limits);
        for last in 1..=3 {
            let from = format!("/ip4/45.67.0.{last}/tcp/1");
            world.accept(device(), &from).unwrap();
        }
        let more = world.accept(device(), "/ip4/45.67.0.100/tcp/1");
        assert_eq!(more, Err(Crowded::Strangers));
        let contact = device();
        world.rules.set_standing(contact, Standing::Contact);
        for _ in 0..limits.per_contact {
            world.accept(contact, "/ip4/45.67.0.101/tcp/1").unwrap();
        }
        let more = world.accept(contact, "/ip4/45.67.0.101/tcp/1");
        assert_eq!(more, Err(Crowded::Peer));
    }

    #[test]
    fn a_stranger_gets_few_connections_and_closing_makes_room() {
        let limits = Limits {
            per_stranger: 1,
            ..Limits::default()
        };
        let mut world = World::new(limits);
        let peer = device();
        let conn = world.accept(peer, "/ip4/45.67.0.1/tcp/1").unwrap();
        let more = world.accept(peer, "/ip4/45.67.0.2/tcp/1");
        assert_eq!(more, Err(Crowded::Peer));
        world.limits.forget(&conn);
        world.accept(peer, "/ip4/45.67.0.2/tcp/1").unwrap();
    }

    #[test]
    fn unfinished_handshakes_are_bounded_per_address() {
        let mut world = World::new(Limits {
            pending_per_address: 1,
            ..Limits::default()
        });
        let local = "/ip4/45.67.0.1/tcp/1".parse().unwrap();
        let mut ask = |n: usize, from: &str| {
            let conn = ConnectionId::new_unchecked(n);
            world
                .limits
                .handle_pending_inbound_connection(conn, &local, &from.parse().unwrap())
                .is_ok()
        };
        assert!(ask(1, "/ip4/45.67.0.9/tcp/1"));
        assert!(!ask(2, "/ip4/45.67.0.9/tcp/2"));
        assert!(ask(3, "/ip4/45.67.0.8/tcp/1"));
    }

    #[test]
    fn the_unwelcome_are_not_accepted() {
        let mut world = World::new(Limits::default());
        let (blocked, relayed) = (device(), device());
        world.rules.set_standing(blocked, Standing::Blocked);
        world.rules.set_standing(relayed, Standing::ContactViaRelay);
        for peer in [blocked, relayed, PeerId::random()] {
            let result = world.accept(peer, "/ip4/45.67.0.1/tcp/1");
            assert_eq!(result, Err(Crowded::Unwelcome));
        }
    }
}
