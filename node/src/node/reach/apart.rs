//! Whether the network keeps two devices apart (DISC-7), as Wi-Fi for guests
//! does: each reaches the router, and none another.
//!
//! That is told from three things together. The other device is there, through
//! a relay. It is on a network of ours: it has an address there, and both come
//! from the same address outside. And where it is on that network nothing
//! answers, not even by refusing. Where the last couldn't be tried (rule R4),
//! its silence in mDNS lets it be supposed.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use kith_api::{ContactState, Finding, Level};

use super::{Known, Reach};
use crate::config::OnOff;
use crate::node::open::Open;
use crate::node::people::Person;
use crate::swarm::{Addr, DeviceId, NatKind, Network, Outcome, Place, ProbeResult, Via, place};

/// What came of dialling an address in a local network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Heard {
    Nothing,
    /// A connection, or a refusal: packets get there and back.
    Something,
}

/// How sure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Apart {
    Surely,
    Perhaps,
}

/// The host of a direct address, if its place is of that kind.
fn host(addr: &Addr, is_it: fn(Place) -> bool) -> Option<IpAddr> {
    let ip = addr.socket().filter(|_| addr.relay().is_none())?.ip();
    is_it(place(ip)).then_some(ip)
}

fn private(place: Place) -> bool {
    matches!(place, Place::Private(_))
}

fn public(place: Place) -> bool {
    place == Place::Public
}

/// What one round came to, for each host in a local network.
pub(super) fn heard_nearby(results: &[ProbeResult]) -> BTreeMap<IpAddr, Heard> {
    let mut all = BTreeMap::new();
    for result in results {
        let heard = match result.outcome {
            Outcome::TimedOut | Outcome::Unreachable => Heard::Nothing,
            ref o if o.answers() => Heard::Something,
            // Not tried.
            _ => continue,
        };
        if let Some(ip) = host(&result.addr, private) {
            let before = all.entry(ip).or_insert(heard);
            *before = heard.max(*before);
        }
    }
    all
}

impl Reach {
    /// We are on another network perhaps: what was heard on the one before
    /// says nothing of it.
    pub(in crate::node) fn forget_nearby(&mut self) {
        for way in self.ways.values_mut() {
            way.nearby.clear();
        }
    }

    /// Our addresses outside, as routers gave them.
    fn outside(&self) -> impl Iterator<Item = IpAddr> {
        self.nat.values().filter_map(|kind| match kind {
            NatKind::EndpointIndependent { mapped } => Some(mapped.ip()),
            NatKind::Unknown | NatKind::Open { .. } | NatKind::Dependent => None,
        })
    }

    fn apart(&self, device: &DeviceId, remembered: &[Addr], networks: &[Network]) -> Option<Apart> {
        let relayed = matches!(
            self.known(device),
            Known::Online {
                via: Via::Relay(_),
                ..
            }
        );
        let way = self.ways.get(device).filter(|_| relayed)?;
        let announced = self.announced.iter().filter(|(d, _)| d == device);
        let announced: Vec<&Addr> = announced.map(|(_, a)| a).collect();
        let told = || {
            way.found
                .iter()
                .chain(remembered)
                .chain(announced.iter().copied())
        };
        let theirs: BTreeSet<IpAddr> = told().filter_map(|a| host(a, public)).collect();
        if !self.outside().any(|ip| theirs.contains(&ip)) {
            return None;
        }
        let here = |ip: &IpAddr| networks.iter().any(|n| n.contains(ip));
        let heard = way.nearby.iter().filter(|(ip, _)| here(ip));
        match heard.map(|(_, heard)| *heard).max() {
            Some(Heard::Something) => None,
            Some(Heard::Nothing) => Some(Apart::Surely),
            None => {
                let near = told().filter_map(|a| host(a, private)).any(|ip| here(&ip));
                (near && announced.is_empty()).then_some(Apart::Perhaps)
            }
        }
    }
}

impl Open {
    /// Whom the network keeps from us, in plain words.
    pub(in crate::node) async fn check_apart(&self) -> Vec<Finding> {
        let Ok(status) = self.swarm.status().await else {
            return Vec::new();
        };
        let networks = status.networks;
        let how = |p: &Person| {
            let mut devices = self.people.devices_of(&p.id);
            devices.find_map(|(id, d)| self.reach.apart(&id, &d.addresses, &networks))
        };
        let (mut surely, mut perhaps) = (Vec::new(), Vec::new());
        for person in self.people.iter() {
            let may_be = person.state == ContactState::Contact
                && !self.people.relay_only.contains(&person.id);
            match how(person).filter(|_| may_be) {
                Some(Apart::Surely) => surely.push(person.shown()),
                // Without mDNS here its silence says nothing.
                Some(Apart::Perhaps) if self.config.mdns == OnOff::On => {
                    perhaps.push(person.shown());
                }
                _ => {}
            }
        }
        let found = |code: &str, names: &[String], says: &str| {
            let message = format!("{says}: {}.", names.join(", "));
            (!names.is_empty()).then(|| Finding {
                code: code.into(),
                level: Level::Limited,
                message,
                hint: Some(HELPS.into()),
                about: names.to_vec(),
            })
        };
        let surely = found(
            "kept-apart",
            &surely,
            "These are on the same network as you, but it keeps your devices apart: nothing \
             answers there, and you talk through a relay",
        );
        let perhaps = found(
            "kept-apart-perhaps",
            &perhaps,
            "These seem to be on the same network as you, which may keep your devices apart: \
             they aren’t seen there, and you talk through a relay",
        );
        surely.into_iter().chain(perhaps).collect()
    }
}

/// What helps where the network keeps devices apart.
const HELPS: &str = "use a cable or a Wi-Fi that isn’t for guests, or turn off “client isolation” \
    in the router; a firewall on one of the machines does the same";
