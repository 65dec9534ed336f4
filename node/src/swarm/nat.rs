//! What kind of NAT stands before us, judged from what contacts see.
//!
//! Each contact to which we opened a connection from our listening port tells
//! us from which address we reached it. Two contacts at different addresses
//! that saw the same thing: the mapping depends on us alone. What they saw is
//! taken raw; identify would put our listening port into it, and a NAT that
//! shifts ports could then never be punched (DESIGN, "Swarm").

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use super::{
    addr::{Addr, Link},
    event::NatKind,
    id::DeviceId,
    judge::{Place, place},
};

/// Most contacts whose observations are kept, per link and family.
const MAX_OBSERVERS: usize = 32;
/// How long an observation counts: NATs forget mappings, people change networks.
pub(super) const OBSERVATION_LASTS: Duration = Duration::from_secs(30 * 60);

/// One contact's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observation {
    /// Where that contact is.
    pub observer: IpAddr,
    /// What we look like from there.
    pub mapped: SocketAddr,
}

/// Judges a set of observations for one link and one address family.
///
/// `own` are the addresses of this machine. Observations count only from and
/// of public addresses: a contact on the same LAN sees no NAT.
#[must_use]
pub fn judge(observations: &[Observation], own: &[IpAddr]) -> NatKind {
    let mut mapped: HashMap<IpAddr, SocketAddr> = HashMap::new();
    for seen in observations {
        let public = |ip| place(ip) == Place::Public;
        if !public(seen.observer) || !public(seen.mapped.ip()) {
            continue;
        }
        if let Some(other) = mapped.insert(seen.observer, seen.mapped)
            && other != seen.mapped
        {
            // Even for one destination host it differs.
            return NatKind::Dependent;
        }
    }
    let mut all = mapped.values();
    let (Some(first), true) = (all.next(), mapped.len() >= 2) else {
        return NatKind::Unknown;
    };
    if all.any(|other| other != first) {
        NatKind::Dependent
    } else if own.contains(&first.ip()) {
        NatKind::Open { at: *first }
    } else {
        NatKind::EndpointIndependent { mapped: *first }
    }
}

/// Observations as they come in, for all links and families.
#[derive(Debug, Default)]
pub(super) struct NatWatch {
    seen: HashMap<(Link, bool, DeviceId), (Observation, Instant)>,
    judged: HashMap<(Link, bool), NatKind>,
}

impl NatWatch {
    /// Takes one observation; returns the judgement where it changed.
    pub(super) fn observe(
        &mut self,
        link: Link,
        by: DeviceId,
        observation: Observation,
        own: &[IpAddr],
        now: Instant,
    ) -> Option<NatKind> {
        let v4 = observation.mapped.is_ipv4();
        let of_kind = |key: &(Link, bool, DeviceId)| key.0 == link && key.1 == v4;
        self.seen.retain(|_, (_, at)| now - *at < OBSERVATION_LASTS);
        if !self.seen.contains_key(&(link, v4, by))
            && self.seen.keys().filter(|key| of_kind(key)).count() >= MAX_OBSERVERS
        {
            return None;
        }
        self.seen.insert((link, v4, by), (observation, now));
        let all: Vec<Observation> = self
            .seen
            .iter()
            .filter(|(key, _)| of_kind(key))
            .map(|(_, (observation, _))| *observation)
            .collect();
        let kind = judge(&all, own);
        let before = self.judged.insert((link, v4), kind.clone());
        (before.unwrap_or_default() != kind).then_some(kind)
    }

    /// Addresses that NATs gave us, the same for everybody.
    pub(super) fn mapped(&self) -> Vec<Addr> {
        self.judged
            .iter()
            .filter_map(|((link, _), kind)| match kind {
                NatKind::EndpointIndependent { mapped } => Addr::direct(*link, *mapped).ok(),
                NatKind::Unknown | NatKind::Open { .. } | NatKind::Dependent => None,
            })
            .collect()
    }

    /// The network changed: nothing said before counts. Returns the links and
    /// families whose judgement is unknown again.
    pub(super) fn forget(&mut self) -> Vec<Link> {
        self.seen.clear();
        let changed = self.judged.drain();
        changed
            .filter(|(_, kind)| *kind != NatKind::Unknown)
            .map(|((link, _), _)| link)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANNA: &str = "45.67.0.10";
    const BEN: &str = "45.67.0.11";
    const CARA: &str = "45.67.0.12";
    const OURS: &str = "45.67.0.21";

    fn seen(by: &str, mapped: &str) -> Observation {
        Observation {
            observer: by.parse().unwrap(),
            mapped: mapped.parse().unwrap(),
        }
    }

    fn socket(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn too_little_is_unknown() {
        assert_eq!(judge(&[], &[]), NatKind::Unknown);
        let one = seen(ANNA, "45.67.0.21:4001");
        assert_eq!(judge(&[one], &[]), NatKind::Unknown);
        assert_eq!(
            judge(&[one, one], &[]),
            NatKind::Unknown,
            "the same host twice"
        );
    }

    #[test]
    fn the_same_everywhere_is_endpoint_independent_also_with_another_port() {
        for mapped in ["45.67.0.21:4001", "45.67.0.21:14001"] {
            let all = [seen(ANNA, mapped), seen(BEN, mapped), seen(CARA, mapped)];
            let mapped = socket(mapped);
            assert_eq!(judge(&all, &[]), NatKind::EndpointIndependent { mapped });
        }
    }

    #[test]
    fn an_own_address_is_no_nat() {
        let all = [seen(ANNA, "45.67.0.21:4001"), seen(BEN, "45.67.0.21:4001")];
        let at = socket("45.67.0.21:4001");
        assert_eq!(judge(&all, &[OURS.parse().unwrap()]), NatKind::Open { at });
    }

    #[test]
    fn any_difference_is_dependent() {
        let port = [seen(ANNA, "45.67.0.21:4001"), seen(BEN, "45.67.0.21:4002")];
        assert_eq!(judge(&port, &[]), NatKind::Dependent);
        let host = [seen(ANNA, "45.67.0.21:4001"), seen(BEN, "45.67.0.22:4001")];
        assert_eq!(judge(&host, &[]), NatKind::Dependent);
        let same = [seen(ANNA, "45.67.0.21:4001"), seen(ANNA, "45.67.0.21:4002")];
        assert_eq!(judge(&same, &[]), NatKind::Dependent);
    }

    #[test]
    fn neighbours_on_the_lan_do_not_count() {
        let all = [
            seen("192.168.1.3", "192.168.1.2:4001"),
            seen("192.168.1.4", "192.168.1.2:4001"),
            seen("192.168.1.5", "45.67.0.21:4001"),
            seen(ANNA, "45.67.0.21:4001"),
        ];
        assert_eq!(judge(&all, &[]), NatKind::Unknown);
    }

    #[test]
    fn ipv6_counts_like_ipv4() {
        let mapped = "[2a00:1::2]:4001";
        let all = [seen("2a00:2::1", mapped), seen("2a00:3::1", mapped)];
        let own = ["2a00:1::2".parse().unwrap()];
        let at = socket(mapped);
        assert_eq!(judge(&all, &own), NatKind::Open { at });
    }

    #[test]
    fn the_watch_tells_changes_only_and_forgets() {
        let mut watch = NatWatch::default();
        let now = Instant::now();
        let device = |n: u8| DeviceId::from_bytes([n; 32]);
        let see = |watch: &mut NatWatch, n, by, mapped, at| {
            watch.observe(Link::Quic, device(n), seen(by, mapped), &[], at)
        };
        let mapped = socket("45.67.0.21:4001");
        let steady = NatKind::EndpointIndependent { mapped };
        assert_eq!(see(&mut watch, 1, ANNA, "45.67.0.21:4001", now), None);
        assert_eq!(
            see(&mut watch, 2, BEN, "45.67.0.21:4001", now),
            Some(steady)
        );
        assert_eq!(see(&mut watch, 3, CARA, "45.67.0.21:4001", now), None);
        assert_eq!(watch.mapped(), [Addr::direct(Link::Quic, mapped).unwrap()]);
        // UDP says nothing about TCP.
        let tcp = watch.observe(Link::Tcp, device(1), seen(ANNA, "45.67.0.21:9"), &[], now);
        assert_eq!(tcp, None);
        let late = now + OBSERVATION_LASTS;
        let news = see(&mut watch, 1, ANNA, "45.67.0.21:5", late);
        assert_eq!(news, Some(NatKind::Unknown), "the others are too old");
        let news = see(&mut watch, 2, BEN, "45.67.0.21:6", late);
        assert_eq!(news, Some(NatKind::Dependent));
        assert_eq!(watch.mapped(), []);
        assert_eq!(watch.forget(), [Link::Quic]);
        assert_eq!(watch.forget(), []);
    }
}
