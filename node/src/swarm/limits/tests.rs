use libp2p::identity::Keypair;

use super::*;
use crate::swarm::config::Reach;

struct World {
    limits: LimitBehaviour,
    rules: Arc<Rules>,
    next: usize,
}

impl World {
    fn new(limits: Limits) -> Self {
        let rules = Arc::new(Rules::new(Reach::Network));
        Self {
            limits: LimitBehaviour::new(limits, Arc::clone(&rules), Arc::default()),
            rules,
            next: 1,
        }
    }

    fn accept(&mut self, peer: PeerId, from: &str) -> Result<ConnectionId, Crowded> {
        let conn = ConnectionId::new_unchecked(self.next);
        self.next += 1;
        let (local, remote) = (
            "/ip4/45.67.0.1/tcp/1".parse().unwrap(),
            from.parse().unwrap(),
        );
        let denied = |d: ConnectionDenied| d.downcast::<Crowded>().unwrap();
        self.limits
            .handle_pending_inbound_connection(conn, &local, &remote)
            .map_err(denied)?;
        self.limits
            .handle_established_inbound_connection(conn, peer, &local, &remote)
            .map_err(denied)?;
        Ok(conn)
    }

    /// The same through a relay.
    fn accept_through(&mut self, relay: PeerId, peer: PeerId) -> Result<ConnectionId, Crowded> {
        let conn = self.circuit(relay)?;
        let (local, remote) = circuit_addrs(relay, peer);
        let counted = self
            .limits
            .handle_established_inbound_connection(conn, peer, &local, &remote);
        counted.map_err(|d| d.downcast::<Crowded>().unwrap())?;
        Ok(conn)
    }

    /// A handshake begins through a relay.
    fn circuit(&mut self, relay: PeerId) -> Result<ConnectionId, Crowded> {
        let conn = ConnectionId::new_unchecked(self.next);
        self.next += 1;
        let (local, remote) = circuit_addrs(relay, device());
        let asked = self
            .limits
            .handle_pending_inbound_connection(conn, &local, &remote);
        asked.map_err(|d| d.downcast::<Crowded>().unwrap())?;
        Ok(conn)
    }

    fn half_open_through(&self, relay: PeerId) -> usize {
        let source = Some(Source::Relay(relay));
        let pending = self.limits.pending.values();
        pending.filter(|half| half.source == source).count()
    }

    /// Somebody begins a handshake.
    fn half_open(&mut self, from: &Multiaddr) -> ConnectionId {
        let conn = ConnectionId::new_unchecked(self.next);
        self.next += 1;
        let local = match from.iter().any(|part| matches!(part, Part::Udp(_))) {
            true => "/ip4/45.67.0.1/udp/1/quic-v1",
            false => "/ip4/45.67.0.1/tcp/1",
        };
        self.limits
            .handle_pending_inbound_connection(conn, &local.parse().unwrap(), from)
            .unwrap();
        conn
    }

    fn half_open_from(&self, ip: &str) -> usize {
        let source = Some(Source::Block(Block(ip.parse().unwrap())));
        let pending = self.limits.pending.values();
        pending.filter(|half| half.source == source).count()
    }
}

fn circuit_addrs(relay: PeerId, peer: PeerId) -> (Multiaddr, Multiaddr) {
    let local = format!("/ip4/45.67.0.77/tcp/1/p2p/{relay}/p2p-circuit");
    (local.parse().unwrap(), Part::P2p(peer).into())
}

fn device() -> PeerId {
    Keypair::generate_ed25519().public().to_peer_id()
}

#[test]
fn one_address_gets_few_strangers_and_an_ipv6_network_counts_as_one() {
    let mut world = World::new(Limits {
        strangers_per_address: 2,
        ..Limits::default()
    });
    for last in 1..=2 {
        world.accept(device(), "/ip4/45.67.0.9/tcp/1000").unwrap();
        let v6 = format!("/ip6/2a00:1:2:3::{last}/tcp/1");
        world.accept(device(), &v6).unwrap();
    }
    let again = world.accept(device(), "/ip4/45.67.0.9/tcp/2000");
    assert_eq!(again, Err(Crowded::Address));
    let again = world.accept(device(), "/ip6/2a00:1:2:3:ffff::1/tcp/1");
    assert_eq!(again, Err(Crowded::Address));
    world.accept(device(), "/ip4/45.67.0.8/tcp/1").unwrap();
    world.accept(device(), "/ip6/2a00:1:2:4::1/tcp/1").unwrap();
    let contact = device();
    world.rules.set_standing(contact, Standing::Contact);
    world.accept(contact, "/ip4/45.67.0.9/tcp/3000").unwrap();
}

#[test]
fn strangers_never_take_the_room_of_contacts() {
    let limits = Limits {
        strangers: 3,
        ..Limits::default()
    };
    let mut world = World::new(limits);
    for last in 1..=3 {
        let from = format!("/ip4/45.67.0.{last}/tcp/1");
        world.accept(device(), &from).unwrap();
    }
    let more = world.accept(device(), "/ip4/45.67.0.100/tcp/1");
    assert_eq!(more, Err(Crowded::Strangers));
    let contact = device();
    world.rules.set_standing(contact, Standing::Contact);
    for _ in 0..limits.per_contact {
        world.accept(contact, "/ip4/45.67.0.101/tcp/1").unwrap();
    }
    let more = world.accept(contact, "/ip4/45.67.0.101/tcp/1");
    assert_eq!(more, Err(Crowded::Peer));
}

#[test]
fn a_stranger_gets_few_connections_and_closing_makes_room() {
    let limits = Limits {
        per_stranger: 1,
        ..Limits::default()
    };
    let mut world = World::new(limits);
    let peer = device();
    let conn = world.accept(peer, "/ip4/45.67.0.1/tcp/1").unwrap();
    let more = world.accept(peer, "/ip4/45.67.0.2/tcp/1");
    assert_eq!(more, Err(Crowded::Peer));
    world.limits.forget(&conn);
    world.accept(peer, "/ip4/45.67.0.2/tcp/1").unwrap();
}

#[test]
fn when_all_places_are_taken_the_first_makes_room_after_its_turn() {
    let mut world = World::new(Limits {
        strangers: 2,
        ..Limits::default()
    });
    let (first, second) = (device(), device());
    let oldest = world.accept(first, "/ip4/45.67.0.1/tcp/1").unwrap();
    world.accept(second, "/ip4/45.67.0.2/tcp/1").unwrap();
    let more = world.accept(device(), "/ip4/45.67.0.3/tcp/1");
    assert_eq!(more, Err(Crowded::Strangers), "its turn lasts");
    for entry in world.limits.established.values_mut() {
        entry.since -= STRANGER_TURN;
    }
    world.limits.established.get_mut(&oldest).unwrap().since -= STRANGER_TURN;
    world.accept(device(), "/ip4/45.67.0.3/tcp/1").unwrap();
    assert_eq!(world.limits.leaving, [(first, oldest)]);
    world.accept(device(), "/ip4/45.67.0.4/tcp/1").unwrap();
    let more = world.accept(device(), "/ip4/45.67.0.5/tcp/1");
    assert_eq!(more, Err(Crowded::Strangers), "only two had theirs");
    // Contacts are never asked to go.
    let mut world = World::new(Limits {
        strangers: 0,
        ..Limits::default()
    });
    let contact = device();
    world.rules.set_standing(contact, Standing::Contact);
    world.accept(contact, "/ip4/45.67.0.1/tcp/1").unwrap();
    for entry in world.limits.established.values_mut() {
        entry.since -= STRANGER_TURN;
    }
    let more = world.accept(device(), "/ip4/45.67.0.2/tcp/1");
    assert_eq!(more, Err(Crowded::Strangers));
}

#[test]
fn whoever_comes_too_often_waits_and_contacts_never_do() {
    let slow = |burst| super::super::pace::Pace {
        burst,
        every: Duration::from_secs(3600),
    };
    let mut world = World::new(Limits {
        arrivals: slow(4),
        arrivals_per_address: slow(2),
        ..Limits::default()
    });
    let contact = device();
    world.rules.set_standing(contact, Standing::Contact);
    world.accept(contact, "/ip4/45.67.0.9/tcp/1").unwrap();
    let (here, there) = ("/ip4/45.67.0.1/tcp/1", "/ip4/45.67.0.2/tcp/1");
    for _ in 0..2 {
        let conn = world.accept(device(), here).unwrap();
        world.limits.forget(&conn);
    }
    assert_eq!(world.accept(device(), here), Err(Crowded::Hurry), "address");
    world.accept(device(), there).unwrap();
    assert_eq!(world.accept(device(), there), Err(Crowded::Hurry), "all");
    for _ in 0..20 {
        let conn = world.accept(contact, "/ip4/45.67.0.9/tcp/1").unwrap();
        world.limits.forget(&conn);
    }
}

#[test]
fn where_contacts_are_looked_for_they_find_room() {
    let mut world = World::new(Limits {
        pending: 2,
        ..Limits::default()
    });
    let contact = device();
    world.rules.set_standing(contact, Standing::Contact);
    let at: Multiaddr = "/ip4/45.67.0.9/tcp/1".parse().unwrap();
    let dial = ConnectionId::new_unchecked(900);
    let addrs = std::slice::from_ref(&at);
    world
        .limits
        .handle_pending_outbound_connection(dial, Some(contact), addrs, Endpoint::Dialer)
        .unwrap();
    let half = |world: &World| world.limits.pending.len();
    world.half_open(&at);
    for n in 1..=9 {
        world.half_open(&format!("/ip4/45.67.{n}.1/tcp/1").parse().unwrap());
    }
    assert_eq!(half(&world), 3, "two of strangers");
    assert_eq!(world.half_open_from("45.67.0.9"), 1);
    // The first packet of QUIC may lie about where it comes from: what comes
    // over it takes nothing from those who come over TCP.
    for n in 1..=9 {
        world.half_open(&format!("/ip4/45.67.0.9/udp/{n}/quic-v1").parse().unwrap());
    }
    assert_eq!(half(&world), 5);
    assert_eq!(world.half_open_from("45.67.0.9"), 3);
}

#[test]
fn unfinished_handshakes_are_bounded_per_address_and_network() {
    let mut world = World::new(Limits {
        pending_per_address: 2,
        pending_per_network: 3,
        ..Limits::default()
    });
    let mut ask = |from: &str| world.half_open(&from.parse().unwrap());
    let first = ask("/ip4/45.67.0.9/tcp/1");
    let other = ask("/ip4/45.67.9.9/tcp/1");
    ask("/ip4/45.67.0.9/tcp/2");
    ask("/ip4/45.67.0.9/tcp/3");
    ask("/ip4/45.67.0.8/tcp/1");
    ask("/ip4/45.67.0.7/tcp/1");
    assert_eq!(world.half_open_from("45.67.0.9"), 1, "the oldest go");
    assert_eq!(world.half_open_from("45.67.0.8"), 1);
    assert_eq!(world.half_open_from("45.67.0.7"), 1);
    let left: Vec<_> = world.limits.pending.values().map(|h| h.conn).collect();
    assert!(!left.contains(&first));
    assert!(left.contains(&other), "another network's");
    // The same for IPv6, where somebody may have a /48 alone.
    let mut ask = |from: &str| world.half_open(&from.parse().unwrap());
    for n in 1..=9 {
        ask(&format!("/ip6/2a00:1:2:{n}::1/tcp/1"));
    }
    assert_eq!(world.limits.pending.len(), 4 + 3);
}

#[test]
fn whoever_has_most_unfinished_handshakes_makes_room() {
    let mut world = World::new(Limits {
        pending: 4,
        ..Limits::default()
    });
    let mut ask = |from: &str| world.half_open(&from.parse().unwrap());
    ask("/ip4/45.67.0.1/tcp/1");
    ask("/ip4/45.67.1.1/tcp/1");
    for n in 2..9 {
        ask(&format!("/ip4/45.67.1.{n}/tcp/1"));
    }
    assert_eq!(world.limits.pending.len(), 4);
    assert_eq!(world.half_open_from("45.67.0.1"), 1, "it came first of all");
    assert_eq!(world.half_open_from("45.67.1.8"), 1);
    // Where everybody has as many, the oldest goes.
    let mut ask = |from: &str| world.half_open(&from.parse().unwrap());
    for n in 2..4 {
        ask(&format!("/ip4/45.67.{n}.1/tcp/1"));
    }
    assert_eq!(world.half_open_from("45.67.0.1"), 1);
    let mut ask = |from: &str| world.half_open(&from.parse().unwrap());
    ask("/ip4/45.67.5.1/tcp/1");
    assert_eq!(world.half_open_from("45.67.0.1"), 0);
}

#[test]
fn a_handshake_that_makes_room_is_broken_off() {
    let mut world = World::new(Limits {
        pending: 1,
        ..Limits::default()
    });
    let conn = world.half_open(&"/ip4/45.67.0.1/tcp/1".parse().unwrap());
    let (handle, _kept) = AbortHandle::new_pair();
    let first = world.limits.pending.values_mut().next().unwrap();
    assert_eq!(first.conn, conn);
    first.handle = Some(handle.clone());
    world.half_open(&"/ip4/45.67.1.1/tcp/1".parse().unwrap());
    assert!(handle.is_aborted());
}

#[test]
fn the_unwelcome_are_not_accepted() {
    let mut world = World::new(Limits::default());
    let (blocked, relayed) = (device(), device());
    world.rules.set_standing(blocked, Standing::Blocked);
    world.rules.set_standing(relayed, Standing::ContactViaRelay);
    for peer in [blocked, relayed, PeerId::random()] {
        let result = world.accept(peer, "/ip4/45.67.0.1/tcp/1");
        assert_eq!(result, Err(Crowded::Unwelcome));
    }
}

/// What one relay brings takes nothing from those who come through another.
#[test]
fn each_relay_has_its_share() {
    let limits = Limits {
        pending_per_relay: 4,
        strangers_per_relay: 3,
        pending: 6,
        ..Limits::default()
    };
    let (bad, good) = (device(), device());
    let mut world = World::new(limits);
    world.circuit(good).unwrap();
    for _ in 0..20 {
        world.circuit(bad).unwrap();
    }
    let half = |world: &World| [bad, good].map(|r| world.half_open_through(r));
    assert_eq!(half(&world), [4, 1]);
    for _ in 0..3 {
        world.circuit(good).unwrap();
    }
    assert_eq!(half(&world), [3, 3], "whoever has most makes room");
    let mut world = World::new(limits);
    for _ in 0..3 {
        world.accept_through(bad, device()).unwrap();
    }
    let more = world.accept_through(bad, device());
    assert_eq!(more, Err(Crowded::Address));
    world.accept_through(good, device()).unwrap();
    let contact = device();
    world.rules.set_standing(contact, Standing::Contact);
    world.accept_through(bad, contact).unwrap();
}

#[test]
fn what_comes_through_a_relay_has_a_pace() {
    let slow = super::super::pace::Pace {
        burst: 5,
        every: Duration::from_secs(3600),
    };
    let mut world = World::new(Limits {
        arrivals_per_relay: slow,
        ..Limits::default()
    });
    let (bad, good) = (device(), device());
    let begun = (0..9).filter(|_| world.circuit(bad).is_ok());
    assert_eq!(begun.count(), 5);
    world.circuit(good).unwrap();
    world.accept(device(), "/ip4/45.67.0.9/tcp/1").unwrap();
}

/// A contact that says it is somewhere gives whoever is there no free way.
#[test]
fn where_a_contact_says_it_is_and_never_comes_from_has_a_pace() {
    let slow = super::super::pace::Pace {
        burst: 4,
        every: Duration::from_secs(3600),
    };
    let mut world = World::new(Limits {
        arrivals_per_address: slow,
        ..Limits::default()
    });
    let contact = device();
    world.rules.set_standing(contact, Standing::Contact);
    let at: Multiaddr = "/ip4/45.67.0.9/tcp/1".parse().unwrap();
    let dial = ConnectionId::new_unchecked(900);
    let addrs = std::slice::from_ref(&at);
    world
        .limits
        .handle_pending_outbound_connection(dial, Some(contact), addrs, Endpoint::Dialer)
        .unwrap();
    // Strangers come, and handshakes lead to nothing.
    let come = |world: &mut World| {
        let first = world.accept(device(), "/ip4/45.67.0.9/tcp/1")?;
        let half = world.half_open(&at);
        world.limits.forget(&first);
        world.limits.forget(&half);
        Ok(())
    };
    let free = (0..99).find_map(|n| come(&mut world).err().map(|e| (n, e)));
    assert_eq!(free, Some((18, Crowded::Hurry)));
    // Elsewhere, and where a contact does come from, nobody is hindered.
    world.accept(contact, "/ip4/45.67.0.8/tcp/1").unwrap();
    for _ in 0..30 {
        let conn = world.accept(contact, "/ip4/45.67.0.8/tcp/1").unwrap();
        world.limits.forget(&conn);
    }
}
