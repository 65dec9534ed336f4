//! What libp2p tells, in our own words.

use std::{
    net::{IpAddr, SocketAddr},
    time::Instant,
};

use libp2p::{
    PeerId, autonat,
    core::{ConnectedPoint, transport::PortUse},
    dcutr, identify, mdns, ping,
    swarm::{ConnectionError, ConnectionId, SwarmEvent},
};

use super::{
    super::{
        addr::{Addr, Link},
        behaviour::{DHT_PROTOCOL, PartsEvent, answer_within},
        config::{DhtRole, RelayRole},
        event::{Closed, Connected, NatKind, NetEvent, Outcome, PunchFailed, Side, Standing, Via},
        id::{ConnId, device_of},
        judge::{Place, place},
        nat::Observation,
        way::{INTERNET, leaves_from},
    },
    Conn, Driver,
};

/// Longest agent text that is passed on, in bytes.
pub const MAX_AGENT: usize = 64;
/// Most announced addresses that are remembered.
const MAX_ANNOUNCED: usize = 2048;

impl Driver {
    pub(super) fn on_net(&mut self, event: SwarmEvent<PartsEvent>) {
        match event {
            SwarmEvent::Behaviour(event) => self.on_part(event),
            SwarmEvent::ConnectionEstablished {
                peer_id,
                connection_id,
                endpoint,
                established_in,
                ..
            } => {
                self.connected(peer_id, connection_id, &endpoint, established_in);
            }
            SwarmEvent::ConnectionClosed {
                connection_id,
                num_established,
                cause,
                ..
            } => self.disconnected(connection_id, num_established, cause.as_ref()),
            SwarmEvent::OutgoingConnectionError {
                connection_id,
                error,
                ..
            } => self.dial_failed(connection_id, &error),
            SwarmEvent::NewListenAddr {
                listener_id,
                address,
            } => {
                if !self.reservation_stands(listener_id, &address)
                    && let Ok(addr) = Addr::from_multi(&address)
                {
                    self.listens(addr);
                }
            }
            SwarmEvent::ExpiredListenAddr { address, .. } => {
                if let Ok(addr) = Addr::from_multi(&address) {
                    self.listens_no_more(addr);
                }
            }
            SwarmEvent::ListenerClosed { listener_id, .. } => self.listener_closed(listener_id),
            SwarmEvent::ExternalAddrConfirmed { address } => {
                if let Some(addr) = direct(&address)
                    && self.external.insert(addr)
                {
                    self.reconsider();
                }
            }
            SwarmEvent::ExternalAddrExpired { address } => {
                if let Some(addr) = direct(&address)
                    && self.external.remove(&addr)
                {
                    self.reconsider();
                }
            }
            _ => {}
        }
    }

    fn on_part(&mut self, event: PartsEvent) {
        match event {
            PartsEvent::Limits(never) => match never {},
            PartsEvent::Pinned(stream) => self.tell(NetEvent::Stream(stream)),
            PartsEvent::Identify(event) => self.on_identify(event),
            // Twice no answer: nobody is at the other end any more. QUIC ends
            // such a connection by itself; TCP may take a quarter of an hour
            // when the network has changed. Where something came in meanwhile
            // somebody is there: the answer waits behind a transfer.
            PartsEvent::Ping(ping::Event {
                connection,
                result: Err(ping::Failure::Timeout),
                ..
            }) => {
                let span = answer_within(&self.config);
                let pinned = &self.net.behaviour().pinned;
                if !pinned.heard_within(connection, span) {
                    self.is_dead(connection);
                }
            }
            PartsEvent::Ping(_) => {}
            PartsEvent::Mdns(event) => self.on_mdns(event),
            PartsEvent::Kad(event) => self.on_kad(event),
            PartsEvent::Relay(event) => self.on_relay(event),
            PartsEvent::RelayClient(event) => tracing::trace!(?event, "relay client"),
            PartsEvent::Dcutr(dcutr::Event {
                remote_peer_id,
                result,
            }) => {
                if let Some(peer) = device_of(&remote_peer_id) {
                    let result = result.map(ConnId).map_err(|_| PunchFailed);
                    self.tell(NetEvent::Punched { peer, result });
                }
            }
            PartsEvent::AutonatClient(autonat::v2::client::Event { result, .. }) => {
                if result.is_err() {
                    self.unreachable = true;
                    self.reconsider();
                }
            }
            PartsEvent::AutonatServer(event) => tracing::trace!(?event, "AutoNAT server"),
        }
    }

    fn connected(
        &mut self,
        peer_id: PeerId,
        id: ConnectionId,
        endpoint: &ConnectedPoint,
        handshake: std::time::Duration,
    ) {
        // The limits let nobody else in.
        let Some(peer) = device_of(&peer_id) else {
            self.net.close_connection(id);
            return;
        };
        let (side, remote, from_listening_port) = match endpoint {
            ConnectedPoint::Dialer {
                address, port_use, ..
            } => (
                Side::Dialled,
                Addr::from_multi(address).ok(),
                *port_use == PortUse::Reuse,
            ),
            ConnectedPoint::Listener {
                local_addr,
                send_back_addr,
            } => {
                // Behind a relay the sender has no address; the relay has.
                let addr = if endpoint.is_relayed() {
                    local_addr
                } else {
                    send_back_addr
                };
                (Side::Accepted, Addr::from_multi(addr).ok(), false)
            }
        };
        let relay = remote.as_ref().and_then(Addr::relay);
        let info = Connected {
            peer,
            conn: ConnId(id),
            side,
            aim: self.dials.aim(&id),
            via: relay.map_or(Via::Direct, Via::Relay),
            remote,
            handshake,
        };
        if let Some(socket) = direct_socket(&info) {
            self.rules.connected_from(peer_id, socket.ip());
        }
        // A second TCP connection to the same place can't have left from the
        // same port, whatever was asked of the system.
        let from_listening_port = from_listening_port
            && !info.remote.as_ref().is_some_and(|to| {
                to.link() == Link::Tcp
                    && self
                        .conns
                        .values()
                        .any(|c| c.from_listening_port && c.info.remote.as_ref() == Some(to))
            });
        let conn = ConnId(id);
        self.conns.insert(
            id,
            Conn {
                info: info.clone(),
                from_listening_port,
                seen_at: None,
                serves_dht: None,
                closing: false,
                from: direct_socket(&info).and_then(leaves_from),
                dead: false,
            },
        );
        self.tell(NetEvent::Connected(info));
        self.dial_succeeded(id, Outcome::Connected { conn, handshake });
        // The standing may have changed while the connection was made.
        match self.rules.standing(&peer_id) {
            Standing::Blocked => self.close(id),
            Standing::ContactViaRelay if relay.is_none() => self.close(id),
            _ => {}
        }
    }

    fn disconnected(&mut self, id: ConnectionId, remaining: u32, error: Option<&ConnectionError>) {
        let Some(conn) = self.conns.remove(&id) else {
            return;
        };
        let Conn {
            info,
            closing,
            dead,
            ..
        } = conn;
        if let (Some(socket), Some(peer)) = (direct_socket(&info), super::peer_of(&info.peer)) {
            self.rules.disconnected_from(&peer, socket.ip());
            if info.side == Side::Dialled {
                // What opened the way stood until now.
                self.rules.asked(socket.ip(), Instant::now());
            }
        }
        let cause = match error {
            _ if closing => Closed::ByUs,
            _ if dead => Closed::Lost,
            None => Closed::ByUs,
            Some(ConnectionError::KeepAliveTimeout) => Closed::Idle,
            Some(ConnectionError::IO(_)) => Closed::Lost,
        };
        self.tell(NetEvent::Disconnected {
            peer: info.peer,
            conn: info.conn,
            cause,
            remaining,
        });
    }

    fn listens(&mut self, addr: Addr) {
        if !self.listening.insert(addr.clone()) {
            return;
        }
        let serve = self.config.dht == DhtRole::Server || self.config.relay == RelayRole::On;
        if serve {
            // Reachable or not, by order: others must learn where we are.
            self.net.add_external_address(addr.to_multi());
            self.external.insert(addr.clone());
            self.reconsider();
        }
        self.tell(NetEvent::Listening { addr });
        self.outward = INTERNET.map(leaves_from);
        self.want_ports();
        self.network_changed();
    }

    fn listens_no_more(&mut self, addr: Addr) {
        if !self.listening.remove(&addr) {
            return;
        }
        if self.external.remove(&addr) {
            self.net.remove_external_address(&addr.to_multi());
            self.reconsider();
        }
        self.tell(NetEvent::ListeningEnded { addr: addr.clone() });
        if let Some(ip) = addr.socket().map(|s| s.ip()).filter(|ip| !ip.is_loopback()) {
            if may_have_led(self.outward, ip) {
                self.forget_forwarded(ip);
            }
            self.outward = INTERNET.map(leaves_from);
            self.lost(ip);
        }
        self.want_ports();
        self.network_changed();
    }

    /// Nobody is at the other end any more.
    fn is_dead(&mut self, id: ConnectionId) {
        if let Some(known) = self.conns.get_mut(&id) {
            known.dead = true;
            self.net.close_connection(id);
        }
    }

    /// Connections end that lived at an address which this machine has no
    /// more: the other ends can't reach them. Whoever was there is looked for
    /// at once, not when they are found to be silent.
    fn lost(&mut self, ip: IpAddr) {
        let here = |a: &Addr| a.socket().is_some_and(|s| s.ip() == ip);
        if self.listening.iter().any(here) {
            return;
        }
        let of = self.conns.iter().filter(|(_, c)| c.from == Some(ip));
        for id in of.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.is_dead(id);
        }
    }

    /// One of our addresses is gone. What a router elsewhere passed on to this
    /// machine may have gone to that one: it counts again when it is found
    /// anew, except what a person vouches for.
    fn forget_forwarded(&mut self, gone: IpAddr) {
        let config = &self.config.external;
        let family = |a: &Addr| a.socket().is_none_or(|s| s.is_ipv4() == gone.is_ipv4());
        let forwarded =
            |a: &&Addr| family(a) && !self.listening.contains(*a) && !config.contains(*a);
        let gone: Vec<Addr> = self.external.iter().filter(forwarded).cloned().collect();
        for addr in &gone {
            self.external.remove(addr);
            self.net.remove_external_address(&addr.to_multi());
        }
        if !gone.is_empty() {
            self.test_anew();
            self.reconsider();
        }
    }

    /// AutoNAT forgets which addresses it has tested.
    pub(super) fn test_anew(&mut self) {
        self.unreachable = false;
        let anew = autonat::v2::client::Behaviour::default();
        self.net.behaviour_mut().autonat_client.begin_anew(anew);
        self.suggest_opened();
    }

    /// What was found out about the way to us held for the networks before.
    fn network_changed(&mut self) {
        // An address that is known to lead here is kept: a new interface
        // beside the old is no reason to doubt it.
        if self.external.is_empty() && self.unreachable {
            self.test_anew();
            self.reconsider();
        }
        for link in self.nat.forget() {
            let kind = NatKind::Unknown;
            self.tell(NetEvent::Nat { link, kind });
        }
    }

    fn on_identify(&mut self, event: identify::Event) {
        let identify::Event::Received {
            connection_id,
            peer_id,
            info,
        } = event
        else {
            return;
        };
        let Some(peer) = device_of(&peer_id) else {
            return;
        };
        let conn = ConnId(connection_id);
        let agent = shorten(info.agent_version);
        self.tell(NetEvent::Identified { peer, conn, agent });
        let serves = info.protocols.iter().any(|p| p.as_ref() == DHT_PROTOCOL);
        if let Some(known) = self.conns.get_mut(&connection_id) {
            known.serves_dht = Some(serves);
        }
        match serves {
            true => self.dht_server_seen(peer_id, &info.listen_addrs),
            false => self.dht_client_seen(&peer_id),
        }
        let seen_at = direct(&info.observed_addr);
        if let Some(known) = self.conns.get_mut(&connection_id) {
            known.seen_at.clone_from(&seen_at);
        }
        if self.rules.standing(&peer_id).is_contact() {
            if let Some(addr) = seen_at {
                self.observed(connection_id, addr);
            }
            self.weigh(connection_id);
        }
        if info.protocols.contains(&libp2p::relay::HOP_PROTOCOL_NAME) {
            self.tell(NetEvent::OffersRelay { peer, conn });
        }
    }

    /// A contact says what we look like from where it is.
    pub(super) fn observed(&mut self, id: ConnectionId, addr: Addr) {
        let Some(conn) = self.conns.get(&id).filter(|c| c.info.via == Via::Direct) else {
            return;
        };
        let (by, from_listening_port) = (conn.info.peer, conn.from_listening_port);
        let observer = direct_socket(&conn.info);
        self.tell(NetEvent::Observed {
            by,
            conn: ConnId(id),
            addr: addr.clone(),
        });
        let (Some(observer), Some(mapped)) = (observer, addr.socket()) else {
            return;
        };
        if place(mapped.ip()) != Place::Public {
            return;
        }
        // A port forwarded by hand leads to the listening port of that address.
        let ports = self.listening.iter();
        let ports = ports
            .filter(|own| own.link() == addr.link())
            .map(Addr::port);
        let mut suggested: Vec<Addr> = ports
            .filter_map(|port| Addr::direct(addr.link(), SocketAddr::new(mapped.ip(), port)).ok())
            .collect();
        if from_listening_port {
            suggested.push(addr.clone());
            let own: Vec<_> = self.listening.iter().filter_map(Addr::socket).collect();
            let own: Vec<_> = own.iter().map(SocketAddr::ip).collect();
            let observation = Observation {
                observer: observer.ip(),
                mapped,
            };
            let now = Instant::now();
            let link = addr.link();
            if let Some(kind) = self.nat.observe(link, by, observation, &own, now) {
                self.tell(NetEvent::Nat { link, kind });
            }
        }
        suggested.sort();
        suggested.dedup();
        for addr in suggested {
            self.net.behaviour_mut().pinned.suggest(addr.to_multi());
        }
    }

    fn on_mdns(&mut self, event: mdns::Event) {
        let (list, found) = match event {
            mdns::Event::Discovered(list) => (list, true),
            mdns::Event::Expired(list) => (list, false),
        };
        for (peer_id, multi) in list {
            let (Some(peer), Some(addr)) = (device_of(&peer_id), direct(&multi)) else {
                continue;
            };
            let dead = |ip| matches!(place(ip), Place::Never(_) | Place::Loopback);
            if peer_id == *self.net.local_peer_id() || addr.socket().is_none_or(|s| dead(s.ip())) {
                continue;
            }
            if found {
                let known: usize = self.announced.values().map(|addrs| addrs.len()).sum();
                let addrs = self.announced.entry(peer_id).or_default();
                if known < MAX_ANNOUNCED && addrs.insert(addr.clone()) {
                    self.tell(NetEvent::MdnsFound { peer, addr });
                }
            } else if let Some(addrs) = self.announced.get_mut(&peer_id)
                && addrs.remove(&addr)
            {
                if addrs.is_empty() {
                    self.announced.remove(&peer_id);
                }
                self.tell(NetEvent::MdnsLost { peer, addr });
            }
        }
    }
}

/// A direct address, or nothing.
fn direct(multi: &libp2p::Multiaddr) -> Option<Addr> {
    Addr::from_multi(multi)
        .ok()
        .filter(|addr| addr.relay().is_none())
}

pub(super) fn direct_socket(info: &Connected) -> Option<SocketAddr> {
    match info.via {
        Via::Direct => info.remote.as_ref()?.socket(),
        Via::Relay(_) => None,
    }
}

/// Whether a router may have passed on to `gone` what came to its own address:
/// it does so to the address that is on its side, which is the one that packets
/// to the internet leave from. That of a container, or one that the system made
/// for its privacy and has replaced, is none.
fn may_have_led(outward: [Option<IpAddr>; 2], gone: IpAddr) -> bool {
    let link_local = match gone {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    };
    let [four, six] = outward;
    let of_family = if gone.is_ipv4() { four } else { six };
    !link_local && of_family.is_none_or(|ip| ip == gone)
}

fn shorten(mut text: String) -> String {
    let mut end = text.len().min(MAX_AGENT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_address_towards_the_internet_may_have_been_led_to() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let outward = [Some(ip("192.168.1.5")), Some(ip("2a02:1::5"))];
        assert!(may_have_led(outward, ip("192.168.1.5")));
        assert!(may_have_led(outward, ip("2a02:1::5")));
        // A container's, a replaced temporary one, one of the link.
        for other in ["172.17.0.1", "2a02:1::9", "fe80::1", "169.254.3.4"] {
            assert!(!may_have_led(outward, ip(other)), "{other}");
        }
        // Not known where they left: any of them.
        assert!(may_have_led([None; 2], ip("172.17.0.1")));
        assert!(!may_have_led([None; 2], ip("fe80::1")));
    }

    #[test]
    fn agents_are_cut_between_characters() {
        assert_eq!(shorten("kith/0.1".to_owned()), "kith/0.1");
        let long = "é".repeat(MAX_AGENT);
        assert_eq!(shorten(long).len(), MAX_AGENT);
        let odd = format!("x{}", "é".repeat(MAX_AGENT));
        assert_eq!(shorten(odd).len(), MAX_AGENT - 1);
    }
}
