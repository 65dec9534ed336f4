//! A hello that was begun on a connection which the other side didn't keep.
//!
//! Several addresses are tried at once, and several of them answer. Somebody
//! who doesn't know us yet keeps only some of these connections
//! ([`crate::swarm::Limits::per_stranger`]), and which ones we learn only when
//! the others are closed.

use super::Reach;
use crate::node::open::Open;
use crate::swarm::{ConnId, DeviceId, Side, Via};

impl Reach {
    /// A connection for a hello where none is spoken or being opened: one of
    /// those that we opened, a direct one first.
    fn left_over(&self, peer: &DeviceId) -> Option<ConnId> {
        let way = self.ways.get(peer)?;
        if way.greeted || way.hello.is_some() {
            return None;
        }
        way.conns
            .values()
            .filter(|c| c.side == Side::Dialled)
            .min_by_key(|c| matches!(c.via, Via::Relay(_)))
            .map(|c| c.conn)
    }
}

impl Open {
    /// A connection ended: if the hello was to go over that one, it goes over
    /// another that is there. To dial anew would only be refused, for as long
    /// as the other side keeps those. Each round needs one that ended, so it
    /// comes to an end.
    pub(super) fn hello_again(&mut self, peer: DeviceId) {
        if self.is_met(&peer)
            && let Some(conn) = self.reach.left_over(&peer)
        {
            self.open_hello(peer, conn);
        }
    }
}
