//! Places that relays keep for us, and what we do as a relay.

use std::{
    collections::{HashMap, HashSet},
    time::Instant,
};

use libp2p::{Multiaddr, PeerId, core::transport::ListenerId, relay};

use super::{
    super::{
        addr::Addr,
        event::{GuestChange, NetEvent},
        handle::ReserveError,
        id::{DeviceId, device_of, peer_of},
        rules::MAX_APPROVAL,
    },
    Driver,
};

/// Both sides of relaying.
#[derive(Debug, Default)]
pub(super) struct Relays {
    /// Relays that keep or shall keep a place for us.
    asked: HashMap<ListenerId, Asked>,
    /// Contacts for whom we keep a place.
    guests: HashSet<PeerId>,
}

#[derive(Debug)]
struct Asked {
    relay: DeviceId,
    circuits: Vec<Addr>,
}

impl Relays {
    pub(super) fn circuits(&self) -> Vec<Addr> {
        let asked = self.asked.values();
        asked.flat_map(|asked| asked.circuits.clone()).collect()
    }
}

impl Driver {
    pub(super) fn reserve(&mut self, relay: DeviceId, addr: &Addr) -> Result<(), ReserveError> {
        if addr.relay().is_some() {
            return Err(ReserveError::Nested);
        }
        if self.relays.asked.values().any(|asked| asked.relay == relay) {
            return Ok(());
        }
        let peer = peer_of(&relay).ok_or(ReserveError::Failed)?;
        self.rules
            .approve(peer, addr.clone(), MAX_APPROVAL, Instant::now());
        let multi = addr.clone().through(relay).to_multi();
        let id = self.net.listen_on(multi).map_err(|error| {
            tracing::debug!(?relay, %error, "a relay cannot be asked");
            ReserveError::Failed
        })?;
        let circuits = Vec::new();
        self.relays.asked.insert(id, Asked { relay, circuits });
        Ok(())
    }

    pub(super) fn unreserve(&mut self, relay: DeviceId) {
        let asked = self.relays.asked.iter();
        let ids: Vec<ListenerId> = asked
            .filter(|(_, asked)| asked.relay == relay)
            .map(|(id, _)| *id)
            .collect();
        for id in ids {
            self.net.remove_listener(id);
        }
    }

    /// A listener that is a place at a relay. Returns false for any other.
    pub(super) fn reservation_stands(&mut self, id: ListenerId, multi: &Multiaddr) -> bool {
        let Some(asked) = self.relays.asked.get_mut(&id) else {
            return false;
        };
        if let Ok(circuit) = Addr::from_multi(multi)
            && circuit.relay() == Some(asked.relay)
            && !asked.circuits.contains(&circuit)
        {
            asked.circuits.push(circuit.clone());
            let relay = asked.relay;
            self.tell(NetEvent::ReservationAccepted { relay, circuit });
        }
        true
    }

    pub(super) fn listener_closed(&mut self, id: ListenerId) {
        if let Some(Asked { relay, .. }) = self.relays.asked.remove(&id) {
            self.tell(NetEvent::ReservationLost { relay });
        }
    }

    pub(super) fn on_relay(&mut self, event: relay::Event) {
        match event {
            relay::Event::ReservationReqAccepted { src_peer_id, .. } => {
                self.guest_came(src_peer_id)
            }
            relay::Event::ReservationReqDenied { src_peer_id, .. } => {
                self.tell_guest(&src_peer_id, GuestChange::Refused);
            }
            relay::Event::ReservationTimedOut { src_peer_id } => self.guest_left(&src_peer_id),
            // Told for every connection that ends, with a place or without.
            relay::Event::ReservationClosed { src_peer_id }
                if !self.net.is_connected(&src_peer_id) =>
            {
                self.guest_left(&src_peer_id);
            }
            relay::Event::CircuitReqAccepted {
                src_peer_id,
                dst_peer_id,
            } => {
                if self.rules.may_circuit(&src_peer_id, &dst_peer_id) {
                    self.tell_circuit(&src_peer_id, &dst_peer_id, GuestChange::Began);
                } else {
                    // libp2p asks for the source only. This one may reach
                    // somebody else through us, but not this contact: end it.
                    self.tell_circuit(&src_peer_id, &dst_peer_id, GuestChange::Refused);
                    self.close_all(src_peer_id, |_| true);
                }
            }
            relay::Event::CircuitReqDenied {
                src_peer_id,
                dst_peer_id,
                ..
            } => self.tell_circuit(&src_peer_id, &dst_peer_id, GuestChange::Refused),
            relay::Event::CircuitClosed {
                src_peer_id,
                dst_peer_id,
                ..
            } => self.tell_circuit(&src_peer_id, &dst_peer_id, GuestChange::Ended),
            _ => {}
        }
    }

    fn guest_came(&mut self, peer: PeerId) {
        if self.relays.guests.insert(peer) {
            self.tell_guest(&peer, GuestChange::Began);
        }
    }

    fn guest_left(&mut self, peer: &PeerId) {
        if self.relays.guests.remove(peer) {
            self.tell_guest(peer, GuestChange::Ended);
        }
    }

    fn tell_guest(&mut self, peer: &PeerId, change: GuestChange) {
        if let Some(peer) = device_of(peer) {
            self.tell(NetEvent::RelayGuest { peer, change });
        }
    }

    fn tell_circuit(&mut self, source: &PeerId, target: &PeerId, change: GuestChange) {
        if let (Some(source), Some(target)) = (device_of(source), device_of(target)) {
            self.tell(NetEvent::RelayCircuit {
                source,
                target,
                change,
            });
        }
    }
}
