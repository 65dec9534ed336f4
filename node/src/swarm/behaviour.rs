//! All parts of the swarm put together.

use std::{
    collections::HashSet,
    num::{NonZeroU32, NonZeroUsize},
    sync::Arc,
    time::Duration,
};

use libp2p::{
    Multiaddr, PeerId, StreamProtocol, autonat, dcutr, identify,
    identity::Keypair,
    kad, ping, relay,
    swarm::{FromSwarm, NetworkBehaviour, behaviour::toggle::Toggle},
};

use super::{
    config::{Config, DhtRole, RelayRole},
    doors::Handles,
    event::Standing,
    limits::{LimitBehaviour, is_circuit},
    mdns::MdnsBehaviour,
    pinned::PinnedBehaviour,
    rules::Rules,
    scoped::{Scope, Scoped},
    store::{DHT_LIFE_MAX, Shelf},
    transport::ANSWER_TIMEOUT,
};

/// Name of the DHT protocol; other DHTs don't mix with ours.
pub const DHT_PROTOCOL: &str = "/kith/kad/1";
/// Protocol family told by identify.
const FAMILY: &str = "/kith/1";
/// Longest DHT message, in bytes: twenty peers with addresses and one record.
const DHT_MESSAGE_MAX: usize = 16 * 1024;
/// A DHT query ends by then.
const DHT_QUERY_TIMEOUT: Duration = Duration::from_secs(30);
/// Disjoint paths of a DHT query: one lying node spoils one path.
const DHT_PATHS: usize = 3;
/// Circuits that we relay at a time.
pub const RELAY_CIRCUITS: usize = 32;
/// Circuits of one device that we relay at a time.
pub const RELAY_CIRCUITS_PER_PEER: usize = 4;
/// Places that we keep for contacts as a relay.
pub const RELAY_PLACES: usize = 64;
/// How long a place is kept before it is renewed.
const RELAY_PLACE_LASTS: Duration = Duration::from_secs(3600);
/// Longest circuit: a share lasts as long as people talk; libp2p's two minutes
/// and 128 KiB would cut it. Bytes are not limited.
const RELAY_CIRCUIT_LASTS: Duration = Duration::from_secs(24 * 3600);
/// Requests to the relay that one device may make in a row; then one every
/// 20 (places) or 10 (circuits) seconds.
const OFTEN: NonZeroU32 = match NonZeroU32::new(30) {
    Some(often) => often,
    None => NonZeroU32::MIN,
};
/// Own addresses that AutoNAT and hole punching may ever hear of.
const MAX_SUGGESTED: usize = 64;

/// First field first: limits deny before anybody else hears of a connection.
#[derive(NetworkBehaviour)]
#[behaviour(prelude = "libp2p::swarm::derive_prelude")]
pub(super) struct Parts {
    pub(super) limits: LimitBehaviour,
    pub(super) pinned: PinnedBehaviour,
    pub(super) identify: Scoped<identify::Behaviour, ForIdentify>,
    pub(super) ping: ping::Behaviour,
    pub(super) mdns: MdnsBehaviour,
    pub(super) kad: Toggle<kad::Behaviour<Shelf>>,
    pub(super) relay_client: relay::client::Behaviour,
    pub(super) relay: Toggle<Scoped<relay::Behaviour, ForRelay>>,
    pub(super) dcutr: Scoped<dcutr::Behaviour, ForContacts>,
    pub(super) autonat_client: Scoped<autonat::v2::client::Behaviour, ForContacts>,
    pub(super) autonat_server: Scoped<autonat::v2::server::Behaviour, ForContacts>,
}

impl Parts {
    pub(super) fn new(
        config: &Config,
        key: &Keypair,
        rules: &Arc<Rules>,
        handles: Arc<Handles>,
        relay_client: relay::client::Behaviour,
    ) -> Self {
        let me = key.public().to_peer_id();
        let contacts = || ForContacts {
            rules: Arc::clone(rules),
            heard: HashSet::new(),
        };
        let (major, minor) = config.version;
        // Listen addresses are hidden: they are mostly private, and strangers
        // connect too. What contacts need, the node tells them in sealed records.
        let about = identify::Config::new(FAMILY.to_owned(), key.public())
            .with_agent_version(format!("kith/{major}.{minor}"))
            .with_cache_size(0)
            .with_hide_listen_addrs(true);
        let who = ForIdentify {
            rules: Arc::clone(rules),
        };
        Self {
            limits: LimitBehaviour::new(config.limits, Arc::clone(rules), handles),
            pinned: PinnedBehaviour::new(Arc::clone(rules), &config.protocols),
            identify: Scoped::new(identify::Behaviour::new(about), who),
            ping: ping::Behaviour::new(
                ping::Config::new()
                    .with_interval(config.try_every)
                    .with_timeout(answer_within(config)),
            ),
            mdns: MdnsBehaviour::new(me),
            kad: (config.dht != DhtRole::Off).then(|| dht(me)).into(),
            relay_client,
            relay: (config.relay != RelayRole::Off)
                .then(|| Scoped::new(relay_for_contacts(me, rules), ForRelay))
                .into(),
            dcutr: Scoped::new(dcutr::Behaviour::new(me), contacts()),
            autonat_client: Scoped::new(autonat::v2::client::Behaviour::default(), contacts()),
            autonat_server: Scoped::new(autonat::v2::server::Behaviour::default(), contacts()),
        }
    }
}

/// How long an answer may take when a connection is tried.
pub(super) fn answer_within(config: &Config) -> Duration {
    config.try_every.min(ANSWER_TIMEOUT)
}

fn dht(me: PeerId) -> kad::Behaviour<Shelf> {
    let mut config = kad::Config::new(StreamProtocol::new(DHT_PROTOCOL));
    config
        .set_query_timeout(DHT_QUERY_TIMEOUT)
        .set_max_packet_size(DHT_MESSAGE_MAX)
        .disjoint_query_paths(true)
        .set_parallelism(NonZeroUsize::new(DHT_PATHS).unwrap_or(NonZeroUsize::MIN))
        .set_kbucket_inserts(kad::BucketInserts::Manual)
        .set_record_filtering(kad::StoreInserts::FilterBoth)
        .set_record_ttl(Some(DHT_LIFE_MAX))
        // Who publishes renews; storing nodes pass nothing on.
        .set_replication_interval(None)
        .set_publication_interval(None)
        .set_provider_publication_interval(None)
        .set_caching(kad::Caching::Disabled);
    let mut dht = kad::Behaviour::with_config(me, Shelf::default(), config);
    dht.set_mode(Some(kad::Mode::Client));
    dht
}

fn relay_for_contacts(me: PeerId, rules: &Arc<Rules>) -> relay::Behaviour {
    let (guests, sources) = (Arc::clone(rules), Arc::clone(rules));
    let mut config = relay::Config {
        max_reservations: RELAY_PLACES,
        max_reservations_per_peer: 2,
        reservation_duration: RELAY_PLACE_LASTS,
        reservation_rate_limiters: vec![Box::new(move |peer: PeerId, _: &Multiaddr, _| {
            guests.may_reserve(&peer)
        })],
        max_circuits: RELAY_CIRCUITS,
        max_circuits_per_peer: RELAY_CIRCUITS_PER_PEER,
        max_circuit_duration: RELAY_CIRCUIT_LASTS,
        max_circuit_bytes: 0,
        circuit_src_rate_limiters: vec![Box::new(move |peer: PeerId, _: &Multiaddr, _| {
            sources.may_ask_circuit(&peer)
        })],
    };
    config = config
        .reservation_rate_per_peer(OFTEN, Duration::from_secs(20))
        .circuit_src_per_peer(OFTEN, Duration::from_secs(10));
    let mut relay = relay::Behaviour::new(me, config);
    relay.set_status(Some(relay::Status::Disable));
    relay
}

/// AutoNAT and hole punching: with contacts that may know our addresses, and
/// with a bounded number of addresses that might lead to us.
pub(super) struct ForContacts {
    rules: Arc<Rules>,
    heard: HashSet<Multiaddr>,
}

impl Scope for ForContacts {
    fn admits(&self, peer: &PeerId, _: &Multiaddr) -> bool {
        self.rules.standing(peer) == Standing::Contact
    }

    fn hears(&mut self, event: &FromSwarm<'_>) -> bool {
        match event {
            FromSwarm::NewExternalAddrCandidate(new) => {
                self.heard.contains(new.addr)
                    || (self.heard.len() < MAX_SUGGESTED && self.heard.insert(new.addr.clone()))
            }
            _ => true,
        }
    }

    fn begins_anew(&mut self) {
        self.heard.clear();
    }
}

/// Identify says where we are reachable. It speaks with everybody but those who
/// are to learn no address of ours, and strangers behind a relay, who could be
/// their new device (DISC-8). It is not told of our circuits (which name a
/// contact's device), and what it thinks our addresses are is not believed:
/// strangers say it, and ports are rewritten. The driver suggests addresses
/// itself, from what contacts see.
pub(super) struct ForIdentify {
    rules: Arc<Rules>,
}

impl Scope for ForIdentify {
    fn admits(&self, peer: &PeerId, at: &Multiaddr) -> bool {
        match self.rules.standing(peer) {
            Standing::ContactViaRelay => false,
            Standing::Stranger | Standing::Fellow => {
                !(is_circuit(at) && self.rules.keeps_addresses())
            }
            Standing::Contact | Standing::Blocked => true,
        }
    }

    fn hears(&mut self, event: &FromSwarm<'_>) -> bool {
        match event {
            FromSwarm::ExternalAddrConfirmed(e) => !is_circuit(e.addr),
            FromSwarm::ExternalAddrExpired(e) => !is_circuit(e.addr),
            _ => true,
        }
    }

    fn suggests(&self) -> bool {
        false
    }
}

/// The relay we are for others serves direct connections only, so it is not
/// told of circuits: it would tell their handlers, too, whether it serves now,
/// and libp2p's (libp2p-relay 0.22) panic at that, with the connection.
pub(super) struct ForRelay;

impl Scope for ForRelay {
    fn admits(&self, _: &PeerId, at: &Multiaddr) -> bool {
        !is_circuit(at)
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Waker};

    use libp2p::{
        core::ConnectedPoint,
        swarm::{ConnectionId, NotifyHandler, ToSwarm, behaviour::ConnectionEstablished},
    };

    use super::*;

    /// Identify says our addresses; those who are to learn none aren't spoken
    /// with, nor who comes through a relay unknown while there are such (DISC-8).
    #[test]
    fn identify_is_not_spoken_with_who_learns_no_address() {
        let rules = Arc::new(Rules::new(super::super::config::Reach::Loopback));
        let who = ForIdentify {
            rules: Arc::clone(&rules),
        };
        let (them, friend, stranger) = (PeerId::random(), PeerId::random(), PeerId::random());
        let direct: Multiaddr = "/ip4/192.0.2.1/udp/1/quic-v1".parse().unwrap();
        let circuit: Multiaddr = format!("{direct}/p2p/{friend}/p2p-circuit")
            .parse()
            .unwrap();
        rules.set_standing(friend, Standing::Contact);
        rules.set_standing(them, Standing::Contact);
        for peer in [them, friend, stranger] {
            assert!(who.admits(&peer, &circuit) && who.admits(&peer, &direct));
        }
        rules.set_standing(them, Standing::ContactViaRelay);
        let admitted = |peer| [who.admits(peer, &direct), who.admits(peer, &circuit)];
        assert_eq!(admitted(&them), [false, false]);
        assert_eq!(admitted(&friend), [true, true]);
        assert_eq!(admitted(&stranger), [true, false]);
        let contacts = ForContacts {
            rules,
            heard: HashSet::new(),
        };
        assert!(!contacts.admits(&them, &circuit), "punching, AutoNAT");
        assert!(contacts.admits(&friend, &circuit));
    }

    /// Whom the relay tells that it serves now. Handlers of circuits don't
    /// understand that: their connections' tasks would panic (R3).
    #[test]
    fn the_relay_tells_direct_connections_only_that_it_serves() {
        let me = PeerId::random();
        let rules = Arc::new(Rules::new(super::super::config::Reach::Loopback));
        let mut relay = Scoped::new(relay_for_contacts(me, &rules), ForRelay);
        let peer = PeerId::random();
        let through = PeerId::random();
        let direct: Multiaddr = "/ip4/192.0.2.1/udp/1/quic-v1".parse().unwrap();
        let circuit: Multiaddr = format!("{direct}/p2p/{through}/p2p-circuit")
            .parse()
            .unwrap();
        for (conn, local_addr) in [(1, &circuit), (2, &direct)] {
            let connection_id = ConnectionId::new_unchecked(conn);
            relay
                .handle_established_inbound_connection(connection_id, peer, local_addr, &direct)
                .unwrap();
            let endpoint = ConnectedPoint::Listener {
                local_addr: local_addr.clone(),
                send_back_addr: direct.clone(),
            };
            relay.on_swarm_event(FromSwarm::ConnectionEstablished(ConnectionEstablished {
                peer_id: peer,
                connection_id,
                endpoint: &endpoint,
                failed_addresses: &[],
                other_established: 0,
            }));
        }
        relay.inner_mut().set_status(Some(relay::Status::Enable));
        let mut told = Vec::new();
        let mut cx = Context::from_waker(Waker::noop());
        while let std::task::Poll::Ready(wish) = relay.poll(&mut cx) {
            if let ToSwarm::NotifyHandler {
                handler: NotifyHandler::One(conn),
                ..
            } = wish
            {
                told.push(conn);
            }
        }
        assert_eq!(told, [ConnectionId::new_unchecked(2)]);
    }
}
