//! What connections alone show about being reachable, and what has to be
//! asked again once somebody is a contact.
//!
//! AutoNAT can be asked only over connections that we opened ourselves. A
//! node with a public address whose contacts are all behind NAT opens none:
//! the contacts come to it. That they come is the proof.

use std::time::Instant;

use libp2p::{
    PeerId,
    swarm::{
        ConnectionId,
        dial_opts::{DialOpts, PeerCondition},
    },
};

use super::{
    super::{
        event::{Side, Standing, Via},
        judge::{Place, place},
        rules::MAX_APPROVAL,
    },
    Driver,
    news::direct_socket,
};

impl Driver {
    /// A contact's connection is proof that we are reachable, where it came
    /// unasked from a public address outside our own networks to a public
    /// address of this very machine, or to one that our router says it passes
    /// on to us. Only contacts are believed, since it is
    /// they who say which address they dialled; what they say counts only if
    /// it is one of these.
    pub(super) fn weigh(&mut self, id: ConnectionId) {
        let Some(conn) = self.conns.get(&id) else {
            return;
        };
        let (Some(from), Some(at)) = (direct_socket(&conn.info), conn.seen_at.clone()) else {
            return;
        };
        let public = |ip| place(ip) == Place::Public;
        let led_here = self.listening.contains(&at) || self.opened.contains(&at);
        let ours = led_here && at.socket().is_some_and(|s| public(s.ip()));
        let outside = public(from.ip()) && !self.networks.iter().any(|n| n.contains(&from.ip()));
        let now = Instant::now();
        let unasked = conn.info.side == Side::Accepted
            && !self.rules.may_answer(from.ip(), now)
            && !self.dials_to(from.ip());
        if ours && outside && unasked && self.external.insert(at.clone()) {
            self.net.add_external_address(at.to_multi());
            self.reconsider();
        }
    }

    /// Whether a connection that we opened leads to this host.
    fn dials_to(&self, ip: std::net::IpAddr) -> bool {
        self.conns
            .values()
            .filter(|conn| conn.info.side == Side::Dialled)
            .filter_map(|conn| direct_socket(&conn.info))
            .any(|to| to.ip() == ip)
    }

    /// AutoNAT and hole punching know only connections that began when the
    /// device was a contact already. For one that becomes a contact, each
    /// way on which we dialled it is dialled once more; what isn't used ends
    /// by itself after a minute.
    pub(super) fn became_contact(&mut self, peer: PeerId) {
        if self.rules.standing(&peer) != Standing::Contact {
            return;
        }
        let of_peer: Vec<ConnectionId> = self
            .conns
            .iter()
            .filter(|(_, c)| super::peer_of(&c.info.peer) == Some(peer) && !c.closing)
            .map(|(id, _)| *id)
            .collect();
        for id in &of_peer {
            // What it said before counts now.
            if let Some(addr) = self.conns.get(id).and_then(|c| c.seen_at.clone()) {
                self.observed(*id, addr);
            }
            self.weigh(*id);
        }
        for via_relay in [false, true] {
            let known = of_peer.iter().filter_map(|id| self.conns.get(id));
            let mut dialled = known
                .filter(|c| c.info.side == Side::Dialled)
                .filter(|c| matches!(c.info.via, Via::Relay(_)) == via_relay);
            let Some(addr) = dialled.find_map(|c| c.info.remote.clone()) else {
                continue;
            };
            let relay = addr.relay().and_then(|relay| super::peer_of(&relay));
            let (hop, now) = (relay.unwrap_or(peer), Instant::now());
            self.rules.approve(hop, addr.first_hop(), MAX_APPROVAL, now);
            let opts = DialOpts::peer_id(peer)
                .condition(PeerCondition::Always)
                .addresses(vec![addr.to_multi()])
                .build();
            if let Err(error) = self.net.dial(opts) {
                tracing::debug!(%peer, %error, "not dialled once more");
            }
        }
    }
}
