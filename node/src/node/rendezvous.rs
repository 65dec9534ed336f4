//! Our addresses in the DHT, sealed for each contact and for whoever holds an
//! open invite of ours, and theirs (DISC-2).

use std::time::Duration;

use kith_api::PresenceState;
use kith_proto::address::{Address, AddressRecord, Relay};
use kith_proto::device::Live;
use kith_proto::id::PersonId;
use kith_proto::pair::{Direction, Rendezvous};
use kith_proto::signed::Unverified;
use kith_proto::time::Timestamp;
use kith_proto::validity::Validity;

use super::open::{Done, Open};
use crate::store::people as rows;
use crate::swarm::{Addr, DeviceId, Place, place};

/// How many relays a record names.
const RELAYS_TOLD: usize = 2;
/// How long a record stays in the DHT.
const RECORD_LIFE: Duration = Duration::from_secs(24 * 3600);

impl Open {
    /// Puts our addresses into the DHT, sealed for each contact, and for
    /// whoever holds an invite that isn't done with (DISC-2).
    pub(super) fn publish(&mut self) {
        let may = self.presence != PresenceState::Hidden && self.presences.may_publish();
        if self.config.dht == crate::config::OnOff::Off || !may {
            return;
        }
        let now = self.now();
        let me = (self.account.person(), self.account.device());
        let mut values = Vec::new();
        let mut seal = |places: &Rendezvous, direction, record: &[u8]| {
            let slot = places.slot(places.period_at(now), direction, &me.1);
            if let Ok(value) = slot.seal(record, &mut crate::random::system()) {
                values.push((*slot.record_key().as_bytes(), value));
            }
        };
        for person in self.people.iter() {
            let Some(pair) = &person.pair else { continue };
            if !self.is_seen_by(&person.id) {
                continue;
            }
            let Some(record) = self.address_record(&person.id, now) else {
                continue;
            };
            let direction = Direction::between(&me.0, &person.id);
            seal(&pair.rendezvous(), direction, &record);
        }
        // As in the invite itself: it isn't known who reads it.
        let judged = *self.account.judge(now);
        let open = self.invites.open_places(&self.people, &judged);
        if !open.is_empty()
            && let Some(record) =
                self.record_with(self.signed_addresses(), self.signed_relays(), now)
        {
            for places in open {
                seal(&places, Direction::FromInviter, &record);
            }
        }
        let (swarm, results) = (self.swarm.clone(), self.results_to.clone());
        tokio::spawn(async move {
            let mut failed = false;
            for (key, value) in values {
                // Nobody serves the DHT yet, or all are away.
                failed |= swarm.publish(key, value, RECORD_LIFE).await.is_err();
            }
            if failed {
                let _ = results.send(Done::NotPublished).await;
            }
        });
    }

    /// Our addresses, as far as this person may learn them (DISC-8), as a
    /// signed record that fits a rendezvous value.
    pub(super) fn address_record(&self, reader: &PersonId, now: Timestamp) -> Option<Vec<u8>> {
        let (addresses, relays) = self.told(reader);
        self.record_with(addresses, relays, now)
    }

    /// A signed record of our device that fits a rendezvous value.
    fn record_with(
        &self,
        mut addresses: Vec<Address>,
        mut relays: Vec<Relay>,
        now: Timestamp,
    ) -> Option<Vec<u8>> {
        relays.truncate(RELAYS_TOLD);
        loop {
            let record = AddressRecord {
                device: self.account.device(),
                // Grows with time, across restarts too.
                seq: now.as_millis(),
                validity: Validity::starting(now, RECORD_LIFE),
                addresses: addresses.clone(),
                relays: relays.clone(),
            };
            let signed = Live::sign(&record, self.account.device_key()).ok()?;
            let bytes = signed.record().bytes();
            if bytes.len() <= kith_proto::pair::MAX_CONTENT {
                return Some(bytes.to_vec());
            }
            // The last one is the least likely to work.
            addresses.pop()?;
        }
    }

    /// Our addresses as records carry them, best first.
    pub(super) fn signed_addresses(&self) -> Vec<Address> {
        self.own_addresses()
            .iter()
            .filter_map(|a| Address::new(a.to_bytes()).ok())
            .collect()
    }

    /// The devices that relay for us.
    pub(super) fn signed_relays(&self) -> Vec<Relay> {
        let relay = |(device, circuit): (&DeviceId, &Addr)| {
            let address = Address::new(circuit.first_hop().to_bytes()).ok()?;
            Some(Relay {
                device: *device,
                addresses: vec![address],
            })
        };
        self.reach.circuits.iter().filter_map(relay).collect()
    }

    /// A contact's device says where it can be reached.
    pub(super) async fn take_addresses(&mut self, peer: &DeviceId, record: &[u8]) {
        let told = self.addresses_in(peer, record);
        if let Some(person) = self.people.device(peer).map(|d| d.person) {
            let moved = self.reach.told(*peer, &told);
            self.told_addresses(*peer, person, told).await;
            if moved {
                self.other_ways(*peer);
            }
        }
    }

    /// Addresses that a device names of itself (rule R4). Only those are
    /// remembered, and dialled as our own knowledge from then on, that are
    /// public or of the very host from which the device is connected now; the
    /// rest are tried under the tight rules for what others say, while this
    /// node runs.
    pub(super) async fn told_addresses(
        &mut self,
        device: DeviceId,
        person: PersonId,
        told: Vec<Addr>,
    ) {
        let hosts = self.reach.hosts(&device);
        let sound = |a: &Addr| {
            let ip = a.socket().map(|s| s.ip());
            ip.is_some_and(|ip| place(ip) == Place::Public || hosts.contains(&ip))
        };
        let (remembered, tried): (Vec<Addr>, Vec<Addr>) = told.into_iter().partition(sound);
        self.reach.found(device, tried);
        let lines = self.people.put_device(device, person, remembered);
        let stored = self
            .store
            .write(move |tx| rows::put_device(tx, &device, &person, &lines));
        // Only a hint is lost if the disk refuses.
        let _ = stored.await;
    }

    /// The addresses in a record that this device of a contact, or of an
    /// inviter, signed; none if it isn't so.
    fn addresses_in(&mut self, peer: &DeviceId, record: &[u8]) -> Vec<Addr> {
        let now = self.now();
        let judged = *self.account.judge(now);
        let contact = self.people.owner(peer).map(|p| p.id);
        let Some(person) = contact.or_else(|| self.invites.inviter(peer)) else {
            return Vec::new();
        };
        let record = Unverified::<AddressRecord>::parse(record)
            .ok()
            .and_then(|r| Live::check(r, peer, &person, &judged).ok());
        record
            .map(|r| dialable(&r.get().addresses, &r.get().relays))
            .unwrap_or_default()
    }

    /// Where a device of a contact, or of an inviter, leaves its addresses.
    fn places_of(&self, device: &DeviceId) -> Vec<(Rendezvous, Direction)> {
        let contact = self.people.owner(device).and_then(|person| {
            let direction = Direction::between(&person.id, &self.account.person());
            Some((person.pair.as_ref()?.rendezvous(), direction))
        });
        let invites = self.invites.places_of(device);
        let invites = invites.map(|places| (places, Direction::FromInviter));
        contact.into_iter().chain(invites).collect()
    }

    /// Looks for such a device in the DHT, in three periods (clocks).
    pub(super) fn look_up(&self, device: DeviceId) {
        if self.config.dht == crate::config::OnOff::Off {
            return;
        }
        let now = self.now();
        let mut keys = Vec::new();
        for (places, direction) in self.places_of(&device) {
            let slots = places.period_at(now).around();
            let slots = slots.map(|p| places.slot(p, direction, &device));
            keys.extend(slots.map(|s| *s.record_key().as_bytes()));
        }
        let (swarm, results) = (self.swarm.clone(), self.results_to.clone());
        tokio::spawn(async move {
            for key in keys {
                let Ok(mut lookup) = swarm.lookup(key).await else {
                    return;
                };
                while let Some(value) = lookup.next().await {
                    let _ = results
                        .send(Done::Found {
                            peer: device,
                            value,
                        })
                        .await;
                }
            }
        });
    }

    /// Something stood under a key of ours in the DHT.
    pub(super) async fn handle_found(&mut self, peer: DeviceId, value: &[u8]) {
        let now = self.now();
        let opened = self
            .places_of(&peer)
            .iter()
            .find_map(|(places, direction)| {
                let periods = places.period_at(now).around();
                let slots = periods.map(|p| places.slot(p, *direction, &peer));
                slots.iter().find_map(|slot| slot.open(value).ok())
            });
        let Some(record) = opened else { return };
        let news = self.addresses_in(&peer, &record);
        self.reach.found(peer, news);
    }
}

/// Addresses and relays of a record, as addresses to dial.
pub(super) fn dialable(addresses: &[Address], relays: &[Relay]) -> Vec<Addr> {
    let read = |a: &Address| Addr::from_bytes(a.as_bytes()).ok();
    let relayed = relays.iter().flat_map(|r| {
        r.addresses
            .iter()
            .filter_map(read)
            .map(|hop| hop.through(r.device))
    });
    addresses.iter().filter_map(read).chain(relayed).collect()
}
