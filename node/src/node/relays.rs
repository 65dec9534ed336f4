//! Contacts whose devices relay for us (DISC-6): who offers it, whom we ask,
//! and when again.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::open::{Done, Open};
use super::reach::jitter;
use crate::swarm::{Addr, ConnId, DeviceId, Place, Reachability, Via, place};

/// How many places are kept at a time: one may go away.
const PLACES: usize = 2;
/// How many offers are kept in mind.
const OFFERS_MAX: usize = 64;
/// The first pause after a relay refused or its place ended; it doubles each
/// time. News of the relay ends it at once.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
/// The longest such pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(600);

/// Whether places at relays are wanted: whoever is reachable needs none, but
/// for those who are to come through relays only (DISC-8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Places {
    Wanted,
    NotWanted,
}

/// How far we are with a place at a relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seat {
    None,
    Asked,
    Kept,
}

/// A contact's device that says it relays.
#[derive(Debug)]
struct Offer {
    /// Where it is.
    addr: Addr,
    place: Seat,
    tries: u32,
    next: Option<Instant>,
}

/// All who say so, and are connected.
#[derive(Debug, Default)]
pub(super) struct Offers(BTreeMap<DeviceId, Offer>);

impl Offers {
    /// When one is to be asked. Never while no place is wanted: nobody would
    /// be asked then, and what is overdue would stay so.
    pub(super) fn due(&self, places: Places) -> Option<Instant> {
        let free = places == Places::Wanted && self.wanted() > 0;
        let waiting = self.0.values().filter(|o| o.place == Seat::None);
        waiting.filter_map(|o| o.next).min().filter(|_| free)
    }

    /// How many more places are wanted.
    fn wanted(&self) -> usize {
        let taken = self.0.values().filter(|o| o.place != Seat::None);
        PLACES.saturating_sub(taken.count())
    }

    fn offered(&mut self, relay: DeviceId, addr: Addr) {
        if self.0.len() >= OFFERS_MAX && !self.0.contains_key(&relay) {
            return;
        }
        let offer = self.0.entry(relay).or_insert(Offer {
            addr,
            place: Seat::None,
            tries: 0,
            next: None,
        });
        // It has just said so: whatever hindered it may be over.
        if offer.place == Seat::None {
            offer.next = Some(Instant::now());
        }
    }

    /// The place is ours.
    pub(super) fn stands(&mut self, relay: &DeviceId) {
        if let Some(offer) = self.0.get_mut(relay) {
            offer.place = Seat::Kept;
            offer.tries = 0;
        }
    }

    /// It refused, or no longer keeps the place.
    pub(super) fn lost(&mut self, relay: &DeviceId) {
        if let Some(offer) = self.0.get_mut(relay) {
            let pause = FIRST_PAUSE
                .saturating_mul(1 << offer.tries.min(10))
                .min(LONGEST_PAUSE);
            offer.place = Seat::None;
            offer.tries = offer.tries.saturating_add(1);
            offer.next = Some(Instant::now() + jitter(pause));
        }
    }

    /// The device is no longer connected.
    pub(super) fn gone(&mut self, relay: &DeviceId) {
        self.0.remove(relay);
    }

    /// Whom to ask now; they count as asked.
    fn take_due(&mut self, now: Instant) -> Vec<(DeviceId, Addr)> {
        let wanted = self.wanted();
        let due = |o: &Offer| o.place == Seat::None && o.next.is_some_and(|at| at <= now);
        let offers = self.0.iter_mut().filter(|(_, o)| due(o));
        offers
            .take(wanted)
            .map(|(relay, offer)| {
                offer.place = Seat::Asked;
                offer.next = None;
                (*relay, offer.addr.clone())
            })
            .collect()
    }
}

impl Open {
    /// A device says that it relays: it is asked if it is a contact's that we
    /// reached at a public address, for others must reach it too.
    pub(super) async fn relay_offered(&mut self, relay: DeviceId, conn: ConnId) {
        if self.is_relay_only(&relay) {
            return;
        }
        let dialled = self.reach.dialled_at(&relay, conn).cloned();
        // It came to us, as it may if we are reachable: where it said it is.
        let direct = self.reach.via(&relay, conn) == Some(Via::Direct);
        let said = self.people.device(&relay).filter(|_| direct);
        let mut said = said.into_iter().flat_map(|d| d.addresses.iter().cloned());
        let is_public = |a: &Addr| a.socket().is_some_and(|s| place(s.ip()) == Place::Public);
        let addr = dialled.filter(is_public);
        if let Some(addr) = addr.or_else(|| said.find(is_public))
            && self.is_contact(&relay)
        {
            self.reach.offers.offered(relay, addr);
            self.ask_relays().await;
        }
    }

    pub(super) fn places(&self) -> Places {
        match self.reach.reachability {
            Reachability::Public { .. } if self.people.relay_only.is_empty() => Places::NotWanted,
            Reachability::Public { .. } | Reachability::Private | Reachability::Unknown => {
                Places::Wanted
            }
        }
    }

    /// When a relay is to be asked.
    pub(super) fn places_due(&self) -> Option<Instant> {
        self.reach.offers.due(self.places())
    }

    /// Asks for as many places as are wanted.
    /// The relay answers as events; only one that can't even be asked is a
    /// result.
    pub(super) async fn ask_relays(&mut self) {
        if self.places() == Places::NotWanted {
            for relay in self.reach.circuits.keys() {
                let _ = self.swarm.unreserve(*relay).await;
            }
            return;
        }
        for (relay, addr) in self.reach.offers.take_due(Instant::now()) {
            let (swarm, results) = (self.swarm.clone(), self.results_to.clone());
            tokio::spawn(async move {
                if swarm.reserve(relay, addr).await.is_err() {
                    let _ = results.send(Done::NotAsked { relay }).await;
                }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Otherwise a reachable node would never rest again.
    #[test]
    fn offers_are_not_due_while_no_place_is_wanted() {
        let relay = DeviceId::from_bytes([1; 32]);
        let mut offers = Offers::default();
        let addr = "/ip4/45.67.0.10/udp/4001/quic-v1".parse();
        offers.offered(relay, addr.expect("an address"));
        assert!(offers.due(Places::Wanted).is_some());
        assert_eq!(offers.due(Places::NotWanted), None);
        let now = Instant::now() + LONGEST_PAUSE * 2;
        assert_eq!(offers.take_due(now).len(), 1);
        assert_eq!(offers.due(Places::Wanted), None, "asked");
        offers.lost(&relay);
        assert!(offers.due(Places::Wanted).is_some());
        assert_eq!(offers.due(Places::NotWanted), None);
    }
}
