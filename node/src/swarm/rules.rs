//! What the node has said about devices and addresses, shared by the gate,
//! the limits and the relay.

use std::{
    collections::{HashMap, HashSet},
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use libp2p::PeerId;

use super::{
    addr::{Addr, Host},
    config::Reach,
    event::Standing,
    gate::Approval,
};

/// Most approvals kept; the one that ends first makes room.
const MAX_APPROVALS: usize = 4096;
/// Longest time an approval lasts.
pub const MAX_APPROVAL: Duration = Duration::from_secs(600);
/// How long a packet of ours keeps a door open for its answer: the longest
/// that a firewall which lets in only what was asked for keeps UDP in mind
/// (RFC 4787 advises five minutes).
const ASKED_LASTS: Duration = Duration::from_secs(5 * 60);
/// Most hosts of which it is kept that we dialled them; with more, every
/// host counts as dialled.
const MAX_ASKED: usize = 4096;
/// Most devices that may ask for circuits on behalf of one contact.
pub const MAX_CIRCUIT_SOURCES: usize = 256;

/// Shared, because gate and behaviours live inside libp2p's own structures.
/// The lock is held for a look-up only.
#[derive(Debug)]
pub(super) struct Rules {
    reach: Reach,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    standing: HashMap<PeerId, Standing>,
    approvals: HashMap<(PeerId, Addr), Instant>,
    /// From which hosts a device is connected to us, and how often.
    hosts: HashMap<PeerId, HashMap<IpAddr, usize>>,
    /// Hosts that we dialled from our listening port, and when last.
    asked: HashMap<IpAddr, Instant>,
    /// Until when every host counts as dialled.
    all_asked: Option<Instant>,
    /// Our own dials that leave from a fresh port, while they last: as many as
    /// dials run at once.
    fresh: HashSet<(PeerId, Addr)>,
    /// Reserved contact → devices that may reach it through us.
    sources: HashMap<PeerId, HashSet<PeerId>>,
}

impl Rules {
    pub(super) fn new(reach: Reach) -> Self {
        Self {
            reach,
            inner: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn reach(&self) -> Reach {
        self.reach
    }

    pub(super) fn standing(&self, peer: &PeerId) -> Standing {
        self.lock().standing.get(peer).copied().unwrap_or_default()
    }

    /// Whether somebody is to learn no address of ours (DISC-8).
    pub(super) fn keeps_addresses(&self) -> bool {
        let inner = self.lock();
        let mut all = inner.standing.values();
        all.any(|standing| *standing == Standing::ContactViaRelay)
    }

    /// Returns whether it changed.
    pub(super) fn set_standing(&self, peer: PeerId, standing: Standing) -> bool {
        let mut inner = self.lock();
        let before = if standing == Standing::Stranger {
            inner.standing.remove(&peer)
        } else {
            inner.standing.insert(peer, standing)
        };
        if !standing.is_contact() {
            inner.sources.remove(&peer);
            inner.approvals.retain(|(of, _), _| *of != peer);
        }
        before.unwrap_or_default() != standing
    }

    /// Approves `addr` for `peer`, for `time` at most [`MAX_APPROVAL`].
    pub(super) fn approve(&self, peer: PeerId, addr: Addr, time: Duration, now: Instant) {
        let mut inner = self.lock();
        let until = now + time.min(MAX_APPROVAL);
        if inner.approvals.len() >= MAX_APPROVALS {
            inner.approvals.retain(|_, until| *until > now);
        }
        if inner.approvals.len() >= MAX_APPROVALS
            && let Some(first) = inner
                .approvals
                .iter()
                .min_by_key(|(_, until)| **until)
                .map(|(key, _)| key.clone())
        {
            inner.approvals.remove(&first);
        }
        let kept = inner.approvals.entry((peer, addr)).or_insert(until);
        *kept = until.max(*kept);
    }

    pub(super) fn approval(&self, peer: &PeerId, addr: &Addr) -> Approval {
        self.approval_at(peer, addr, Instant::now())
    }

    /// A name that a person typed also stands for the private addresses that
    /// it resolves to, with the same port, for the same time.
    fn approval_at(&self, peer: &PeerId, addr: &Addr, now: Instant) -> Approval {
        let inner = self.lock();
        let given = inner
            .approvals
            .get(&(*peer, addr.clone()))
            .is_some_and(|until| *until > now)
            || inner.approvals.iter().any(|((of, approved), until)| {
                of == peer
                    && *until > now
                    && matches!(approved.host(), Host::Name(_))
                    && approved.port() == addr.port()
                    && approved.link() == addr.link()
                    && matches!(addr.host(), Host::Ip(_))
            });
        if given {
            Approval::Given
        } else {
            Approval::Missing
        }
    }

    pub(super) fn connected_from(&self, peer: PeerId, ip: IpAddr) {
        *self
            .lock()
            .hosts
            .entry(peer)
            .or_default()
            .entry(ip)
            .or_default() += 1;
    }

    pub(super) fn disconnected_from(&self, peer: &PeerId, ip: IpAddr) {
        let mut inner = self.lock();
        if let Some(hosts) = inner.hosts.get_mut(peer) {
            if let Some(times) = hosts.get_mut(&ip) {
                *times -= 1;
                if *times == 0 {
                    hosts.remove(&ip);
                }
            }
            if hosts.is_empty() {
                inner.hosts.remove(peer);
            }
        }
    }

    pub(super) fn is_connected_from(&self, peer: &PeerId, ip: IpAddr) -> bool {
        self.lock()
            .hosts
            .get(peer)
            .is_some_and(|hosts| hosts.contains_key(&ip))
    }

    /// We dial this address from a fresh port ourselves, until
    /// [`Self::dialled_afresh`].
    pub(super) fn dial_afresh(&self, peer: PeerId, addr: Addr) {
        self.lock().fresh.insert((peer, addr));
    }

    pub(super) fn dialled_afresh(&self, dial: &(PeerId, Addr)) {
        self.lock().fresh.remove(dial);
    }

    pub(super) fn is_dialled_afresh(&self, peer: &PeerId, addr: &Addr) -> bool {
        self.lock().fresh.contains(&(*peer, addr.clone()))
    }

    /// A packet left our listening port for this host.
    pub(super) fn asked(&self, ip: IpAddr, now: Instant) {
        let mut inner = self.lock();
        if inner.asked.len() >= MAX_ASKED {
            inner.asked.retain(|_, at| now - *at < ASKED_LASTS);
        }
        if inner.asked.len() >= MAX_ASKED {
            inner.all_asked = Some(now + ASKED_LASTS);
        } else {
            inner.asked.insert(ip, now);
        }
    }

    /// Whether a firewall that lets in only answers could take what comes
    /// from this host for one.
    pub(super) fn may_answer(&self, ip: IpAddr, now: Instant) -> bool {
        let inner = self.lock();
        inner.all_asked.is_some_and(|until| until > now)
            || inner
                .asked
                .get(&ip)
                .is_some_and(|at| now.saturating_duration_since(*at) < ASKED_LASTS)
    }

    /// Sets which devices may reach the contact `guest` through us.
    pub(super) fn set_sources(&self, guest: PeerId, sources: impl Iterator<Item = PeerId>) {
        self.lock()
            .sources
            .insert(guest, sources.take(MAX_CIRCUIT_SOURCES).collect());
    }

    pub(super) fn may_reserve(&self, peer: &PeerId) -> bool {
        self.standing(peer).is_contact()
    }

    /// Whether `source` may ask for a circuit to anybody at all.
    pub(super) fn may_ask_circuit(&self, source: &PeerId) -> bool {
        let inner = self.lock();
        match inner.standing.get(source).copied().unwrap_or_default() {
            Standing::Blocked => false,
            Standing::Contact | Standing::ContactViaRelay => true,
            Standing::Stranger | Standing::Fellow => {
                inner.sources.values().any(|list| list.contains(source))
            }
        }
    }

    /// Whether `source` may have a circuit to `guest`.
    pub(super) fn may_circuit(&self, source: &PeerId, guest: &PeerId) -> bool {
        let inner = self.lock();
        match inner.standing.get(source).copied().unwrap_or_default() {
            Standing::Blocked => false,
            Standing::Contact | Standing::ContactViaRelay => true,
            Standing::Stranger | Standing::Fellow => inner
                .sources
                .get(guest)
                .is_some_and(|list| list.contains(source)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addr(text: &str) -> Addr {
        text.parse().unwrap()
    }

    #[test]
    fn an_approval_is_for_one_device_one_address_and_a_short_time() {
        let rules = Rules::new(Reach::Network);
        let (anna, ben) = (PeerId::random(), PeerId::random());
        let here = addr("/ip4/192.168.1.5/tcp/4001");
        let now = Instant::now();
        rules.approve(anna, here.clone(), Duration::from_secs(5), now);
        let later = now + Duration::from_secs(5);
        assert_eq!(rules.approval_at(&anna, &here, now), Approval::Given);
        assert_eq!(rules.approval_at(&anna, &here, later), Approval::Missing);
        assert_eq!(rules.approval_at(&ben, &here, now), Approval::Missing);
        for other in [
            "/ip4/192.168.1.5/tcp/4002",
            "/ip4/192.168.1.6/tcp/4001",
            "/ip4/192.168.1.5/udp/4001/quic-v1",
        ] {
            assert_eq!(
                rules.approval_at(&anna, &addr(other), now),
                Approval::Missing,
                "{other}"
            );
        }
        rules.approve(anna, here.clone(), Duration::MAX, now);
        let later = now + MAX_APPROVAL;
        assert_eq!(rules.approval_at(&anna, &here, later), Approval::Missing);
    }

    #[test]
    fn a_typed_name_stands_for_what_it_resolves_to() {
        let rules = Rules::new(Reach::Network);
        let (anna, now) = (PeerId::random(), Instant::now());
        let name = addr("/dns/box.lan/tcp/4001");
        rules.approve(anna, name, Duration::from_secs(5), now);
        for (other, expected) in [
            ("/ip4/192.168.1.5/tcp/4001", Approval::Given),
            ("/ip4/192.168.1.5/tcp/4002", Approval::Missing),
            ("/dns/other.lan/tcp/4001", Approval::Missing),
        ] {
            assert_eq!(rules.approval_at(&anna, &addr(other), now), expected);
        }
    }

    #[test]
    fn approvals_are_bounded_and_end_with_a_block() {
        let rules = Rules::new(Reach::Network);
        let (anna, now) = (PeerId::random(), Instant::now());
        for port in 1..=u16::try_from(MAX_APPROVALS).unwrap() + 10 {
            let socket = std::net::SocketAddr::from(([10, 0, 0, 1], port));
            let addr = Addr::direct(super::super::addr::Link::Tcp, socket).unwrap();
            rules.approve(anna, addr, Duration::from_secs(u64::from(port)), now);
        }
        assert_eq!(rules.lock().approvals.len(), MAX_APPROVALS);
        rules.set_standing(anna, Standing::Blocked);
        assert!(rules.lock().approvals.is_empty());
    }

    #[test]
    fn circuits_are_for_contacts_and_whom_they_list() {
        let rules = Rules::new(Reach::Network);
        let (guest, other, friend, nobody) = (
            PeerId::random(),
            PeerId::random(),
            PeerId::random(),
            PeerId::random(),
        );
        rules.set_standing(guest, Standing::Contact);
        rules.set_standing(other, Standing::Contact);
        rules.set_sources(guest, [friend].into_iter());
        assert!(rules.may_reserve(&guest) && !rules.may_reserve(&friend));
        assert!(rules.may_circuit(&friend, &guest) && rules.may_ask_circuit(&friend));
        assert!(
            !rules.may_circuit(&friend, &other),
            "listed by somebody else"
        );
        assert!(!rules.may_circuit(&nobody, &guest) && !rules.may_ask_circuit(&nobody));
        assert!(rules.may_circuit(&other, &guest));
        rules.set_standing(guest, Standing::Stranger);
        assert!(
            !rules.may_ask_circuit(&friend),
            "the list goes with its contact"
        );
    }

    #[test]
    fn hosts_are_counted() {
        let rules = Rules::new(Reach::Network);
        let (anna, ip) = (PeerId::random(), IpAddr::from([45, 67, 0, 1]));
        rules.connected_from(anna, ip);
        rules.connected_from(anna, ip);
        rules.disconnected_from(&anna, ip);
        assert!(rules.is_connected_from(&anna, ip));
        rules.disconnected_from(&anna, ip);
        assert!(!rules.is_connected_from(&anna, ip));
        assert!(rules.lock().hosts.is_empty());
    }

    #[test]
    fn only_a_host_that_was_asked_may_answer_and_only_for_a_while() {
        let rules = Rules::new(Reach::Network);
        let (here, there) = (IpAddr::from([45, 67, 0, 1]), IpAddr::from([45, 67, 0, 2]));
        let now = Instant::now();
        rules.asked(here, now);
        assert!(rules.may_answer(here, now) && !rules.may_answer(there, now));
        assert!(!rules.may_answer(here, now + ASKED_LASTS));
        for n in 0..=u32::try_from(MAX_ASKED).unwrap() {
            rules.asked(std::net::Ipv4Addr::from_bits(0x2d00_0000 + n).into(), now);
        }
        assert_eq!(rules.lock().asked.len(), MAX_ASKED);
        assert!(rules.may_answer(there, now), "nobody can tell any more");
        assert!(!rules.may_answer(there, now + ASKED_LASTS));
    }
}
