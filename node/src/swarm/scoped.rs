//! Keeping libp2p's own parts within our rules.
//!
//! [`Scoped`] wraps a behaviour of libp2p. It decides which connections the
//! behaviour learns of (AutoNAT and hole punching are for contacts only),
//! which news it hears, and which of its wishes are passed on.

use std::{
    collections::HashMap,
    task::{Context, Poll},
};

use either::Either;
use libp2p::{
    Multiaddr, PeerId,
    core::{ConnectedPoint, Endpoint, transport::PortUse},
    swarm::{
        ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, NotifyHandler, THandler,
        THandlerInEvent, THandlerOutEvent, ToSwarm, behaviour::ConnectionEstablished, dummy,
    },
};

/// What a wrapped behaviour may see and say.
pub(super) trait Scope: 'static {
    /// Whether the behaviour learns of a new connection with `peer` at `at`:
    /// the address dialled or, if they came to us, our own. Asked once.
    fn admits(&self, peer: &PeerId, at: &Multiaddr) -> bool;

    /// Whether the behaviour hears this news. Never asked about connections.
    fn hears(&mut self, _: &FromSwarm<'_>) -> bool {
        true
    }

    /// The behaviour begins anew.
    fn begins_anew(&mut self) {}

    /// Whether an address the behaviour thinks might lead to us is passed on.
    fn suggests(&self) -> bool {
        true
    }
}

/// A behaviour within a [`Scope`].
pub(super) struct Scoped<B, S> {
    inner: B,
    scope: S,
    admitted: HashMap<ConnectionId, PeerId>,
}

impl<B, S> Scoped<B, S> {
    pub(super) fn new(inner: B, scope: S) -> Self {
        Self {
            inner,
            scope,
            admitted: HashMap::new(),
        }
    }

    pub(super) fn inner_mut(&mut self) -> &mut B {
        &mut self.inner
    }
}

impl<B: NetworkBehaviour, S: Scope> Scoped<B, S> {
    /// Another behaviour takes the place of the one within: it forgets what it
    /// found out, and learns of the connections there are, but not where they
    /// lead.
    pub(super) fn begin_anew(&mut self, inner: B) {
        self.inner = inner;
        self.scope.begins_anew();
        let endpoint = ConnectedPoint::Listener {
            local_addr: Multiaddr::empty(),
            send_back_addr: Multiaddr::empty(),
        };
        for (connection_id, peer_id) in &self.admitted {
            let known = ConnectionEstablished {
                peer_id: *peer_id,
                connection_id: *connection_id,
                endpoint: &endpoint,
                failed_addresses: &[],
                other_established: 0,
            };
            let known = FromSwarm::ConnectionEstablished(known);
            self.inner.on_swarm_event(known);
        }
    }

    fn knows(&self, event: &FromSwarm<'_>) -> Option<bool> {
        let conn = match event {
            FromSwarm::ConnectionEstablished(e) => e.connection_id,
            FromSwarm::ConnectionClosed(e) => e.connection_id,
            FromSwarm::AddressChange(e) => e.connection_id,
            _ => return None,
        };
        Some(self.admitted.contains_key(&conn))
    }
}

impl<B: NetworkBehaviour, S: Scope> NetworkBehaviour for Scoped<B, S> {
    type ConnectionHandler = Either<THandler<B>, dummy::ConnectionHandler>;
    type ToSwarm = B::ToSwarm;

    fn handle_pending_inbound_connection(
        &mut self,
        conn: ConnectionId,
        local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        self.inner
            .handle_pending_inbound_connection(conn, local, remote)
    }

    fn handle_established_inbound_connection(
        &mut self,
        conn: ConnectionId,
        peer: PeerId,
        local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        if !self.scope.admits(&peer, local) {
            return Ok(Either::Right(dummy::ConnectionHandler));
        }
        let handler = self
            .inner
            .handle_established_inbound_connection(conn, peer, local, remote)?;
        self.admitted.insert(conn, peer);
        Ok(Either::Left(handler))
    }

    fn handle_pending_outbound_connection(
        &mut self,
        conn: ConnectionId,
        peer: Option<PeerId>,
        addrs: &[Multiaddr],
        role: Endpoint,
    ) -> Result<Vec<Multiaddr>, ConnectionDenied> {
        self.inner
            .handle_pending_outbound_connection(conn, peer, addrs, role)
    }

    fn handle_established_outbound_connection(
        &mut self,
        conn: ConnectionId,
        peer: PeerId,
        addr: &Multiaddr,
        role: Endpoint,
        port: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        if !self.scope.admits(&peer, addr) {
            return Ok(Either::Right(dummy::ConnectionHandler));
        }
        let handler = self
            .inner
            .handle_established_outbound_connection(conn, peer, addr, role, port)?;
        self.admitted.insert(conn, peer);
        Ok(Either::Left(handler))
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        let pass = match self.knows(&event) {
            Some(known) => known,
            None => self.scope.hears(&event),
        };
        if pass {
            self.inner.on_swarm_event(event);
        }
        match event {
            FromSwarm::ConnectionClosed(e) => self.admitted.remove(&e.connection_id),
            FromSwarm::ListenFailure(e) => self.admitted.remove(&e.connection_id),
            FromSwarm::DialFailure(e) => self.admitted.remove(&e.connection_id),
            _ => None,
        };
    }

    fn on_connection_handler_event(
        &mut self,
        peer: PeerId,
        conn: ConnectionId,
        event: THandlerOutEvent<Self>,
    ) {
        match event {
            Either::Left(event) => self.inner.on_connection_handler_event(peer, conn, event),
            Either::Right(never) => match never {},
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<ToSwarm<B::ToSwarm, THandlerInEvent<Self>>> {
        while let Poll::Ready(wish) = self.inner.poll(cx) {
            return Poll::Ready(match wish {
                ToSwarm::NewExternalAddrCandidate(_) if !self.scope.suggests() => continue,
                ToSwarm::NotifyHandler {
                    peer_id,
                    handler,
                    event,
                } => {
                    // Only handlers that the behaviour made itself understand it.
                    let conn = match handler {
                        NotifyHandler::One(conn) if self.admitted.contains_key(&conn) => conn,
                        NotifyHandler::One(_) => continue,
                        NotifyHandler::Any => {
                            let mut conns = self.admitted.iter();
                            let Some((conn, _)) = conns.find(|(_, peer)| **peer == peer_id) else {
                                continue;
                            };
                            *conn
                        }
                    };
                    ToSwarm::NotifyHandler {
                        peer_id,
                        handler: NotifyHandler::One(conn),
                        event: Either::Left(event),
                    }
                }
                other => other.map_in(Either::Left),
            });
        }
        Poll::Pending
    }
}
