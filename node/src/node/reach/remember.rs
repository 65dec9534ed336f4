//! Addresses that worked, and our own.

use std::collections::BTreeSet;

use super::{FOUND_MAX, Reach};
use crate::node::open::Open;
use crate::swarm::{Addr, DeviceId, Place, Side, Via, place};

impl Reach {
    /// A device says where it is: whether that is other than what it said before.
    pub(in crate::node) fn told(&mut self, peer: DeviceId, addresses: &[Addr]) -> bool {
        let way = self.ways.entry(peer).or_default();
        let now: BTreeSet<Addr> = addresses.iter().take(FOUND_MAX).cloned().collect();
        let before = std::mem::replace(&mut way.told, now);
        !before.is_empty() && before != way.told
    }
}

impl Open {
    /// The address that worked is the first to try the next time.
    pub(in crate::node) async fn remember_address(&mut self, peer: DeviceId) {
        let Some(way) = self.reach.ways.get(&peer) else {
            return;
        };
        let worked: Vec<Addr> = way
            .conns
            .values()
            .filter(|c| c.side == Side::Dialled && c.via == Via::Direct)
            .filter_map(|c| c.remote.clone())
            .collect();
        let Some(person) = self.people.device(&peer).map(|d| d.person) else {
            return;
        };
        let lines = self.people.put_device(peer, person, worked.clone());
        let stored = self
            .store
            .write(move |tx| crate::store::people::put_device(tx, &peer, &person, &lines));
        // Only a hint is lost if the disk refuses.
        let _ = stored.await;
        for addr in worked {
            let public = addr
                .socket()
                .is_some_and(|s| place(s.ip()) == Place::Public);
            if public {
                let _ = self.swarm.add_dht_node(peer, addr).await;
            }
        }
    }

    pub(in crate::node) fn own_addresses(&self) -> Vec<Addr> {
        self.reach.own(self.config.loopback.counts())
    }
}
