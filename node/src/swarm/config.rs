//! How a swarm is started.

use std::time::Duration;

use super::{addr::Addr, pace::Pace, protocol::Protocol};

/// Everything [`super::Swarm::start`] needs beside the device key.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen.
    pub listen: Listen,
    /// UDP and TCP port; 0 lets the system choose. Default 0.
    ///
    /// With 0, TCP takes the number that UDP got when it is free.
    pub port: u16,
    /// Whether loopback may be dialled and served. Default [`Reach::Network`].
    pub reach: Reach,
    /// Version of this program, shown to peers as `kith/MAJOR.MINOR`.
    pub version: (u16, u16),
    /// Protocols that contacts may open towards us, beside [`Protocol::HELLO`],
    /// which everybody may. At most [`MAX_PROTOCOLS`].
    pub protocols: Vec<Protocol>,
    /// mDNS from the start? Default [`Switch::Off`]: hidden until told otherwise.
    pub mdns: Switch,
    /// Is the router asked to open the listening ports, from the start?
    /// Default [`Switch::Off`].
    pub router: Switch,
    /// Part taken in the DHT. Default [`DhtRole::Auto`].
    pub dht: DhtRole,
    /// Whether to relay for contacts. Default [`RelayRole::Auto`].
    pub relay: RelayRole,
    /// Addresses that a person vouches lead to this device from outside
    /// (a forwarded port). They make the device publicly reachable.
    pub external: Vec<Addr>,
    /// Longest pause between two DHT bootstrap nodes that are added, so that
    /// many nodes started at once don't move in step. Default 1.5 s; the
    /// pause is drawn evenly from half of it to all of it.
    pub stagger: Duration,
    /// How often each connection is tried. Default one minute: QUIC notices
    /// by itself when the other end is gone, and a router forgets TCP later.
    /// Each try wakes both devices several times.
    pub try_every: Duration,
    /// Numbers of connections.
    pub limits: Limits,
}

/// Most protocols one swarm serves.
pub const MAX_PROTOCOLS: usize = 32;

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: Listen::Everywhere,
            port: 0,
            reach: Reach::Network,
            version: (0, 1),
            protocols: Vec::new(),
            mdns: Switch::Off,
            router: Switch::Off,
            dht: DhtRole::Auto,
            relay: RelayRole::Auto,
            external: Vec::new(),
            stagger: Duration::from_millis(1500),
            try_every: Duration::from_secs(60),
            limits: Limits::default(),
        }
    }
}

impl Config {
    /// For tests and the demo on one machine: listens on 127.0.0.1 and ::1
    /// only, may dial loopback, takes no part in the DHT and relays for nobody.
    #[must_use]
    pub fn loopback() -> Self {
        Self {
            listen: Listen::Loopback,
            reach: Reach::Loopback,
            dht: DhtRole::Off,
            relay: RelayRole::Off,
            stagger: Duration::ZERO,
            limits: Limits {
                // Everybody has the same address there.
                strangers_per_address: Limits::default().strangers,
                pending_per_address: Limits::default().pending,
                pending_per_network: Limits::default().pending,
                arrivals_per_address: Limits::default().arrivals,
                arrivals_per_network: Limits::default().arrivals,
                ..Limits::default()
            },
            ..Self::default()
        }
    }
}

/// Which local addresses accept connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listen {
    /// All interfaces, IPv4 and IPv6, one QUIC socket a family.
    Everywhere,
    /// 127.0.0.1 and ::1.
    Loopback,
    /// Nowhere: this device only dials.
    Nowhere,
}

/// How far the dial gate opens in general.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Public addresses, and private ones with an approval.
    Network,
    /// The same, and this machine itself. For tests and the demo.
    Loopback,
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// On.
    On,
    /// Off.
    Off,
}

/// Part taken in the DHT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DhtRole {
    /// Neither asks nor answers.
    Off,
    /// Asks; answers while publicly reachable.
    Auto,
    /// Asks and answers. For tests and closed networks.
    Server,
}

/// Whether this device relays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelayRole {
    /// For nobody.
    Off,
    /// For contacts while publicly reachable (DISC-6).
    Auto,
    /// For contacts, reachable or not. For tests and closed networks.
    On,
}

/// Numbers of connections. Contacts are only bound by [`Self::total`],
/// [`Self::per_contact`] and the pace of the relay through which they come;
/// every other number is about strangers, so that
/// strangers can never use up the room of contacts (THREATS R7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// All established connections. Default 512: about 64 KiB each.
    pub total: usize,
    /// Connections that strangers opened. Default 64: each may make us hold up
    /// to 6 MiB that nobody reads. When all are taken, whoever has had its
    /// turn ([`super::STRANGER_TURN`]) makes room.
    pub strangers: usize,
    /// Connections that we opened to strangers (DHT). Default 96.
    pub dialled_strangers: usize,
    /// Connections of strangers from one IPv4 address or one IPv6 /64. Default 8:
    /// enough for a household behind one address.
    pub strangers_per_address: usize,
    /// Connections with one stranger, in both directions. Default 3: AutoNAT
    /// and DCUtR open extra ones.
    pub per_stranger: usize,
    /// Connections with one contact, in both directions. Default 32: eleven
    /// candidates probed from both sides, and the paths in use.
    pub per_contact: usize,
    /// Inbound connections whose handshake is not done. Default 64, for each of
    /// four kinds: over TCP and over QUIC (whose first packet may lie about
    /// where it comes from), from addresses at which contacts were met or are
    /// looked for, and from others. When all are taken, the oldest of the
    /// network that has most makes room for the new one.
    pub pending: usize,
    /// The same from one IPv4 address or one IPv6 /64. Default 12, and
    /// [`Self::per_contact`] where contacts are.
    pub pending_per_address: usize,
    /// The same from one IPv4 /24 or one IPv6 /48, which somebody may have
    /// alone. Default 24; doesn't count where contacts are.
    pub pending_per_network: usize,
    /// Inbound connections that begin, over TCP and over QUIC each. Default 256
    /// in a row, then 32 a second: the handshakes of strangers cost no more
    /// than a few hundredths of one processor. Addresses at which contacts
    /// were met or are looked for don't count here.
    pub arrivals: Pace,
    /// The same from one IPv4 address or one IPv6 /64. Default 32 in a row,
    /// then one a second.
    pub arrivals_per_address: Pace,
    /// The same from one IPv4 /24 or one IPv6 /48. Default 64 in a row, then
    /// four a second.
    pub arrivals_per_network: Pace,
    /// The same through one relay, contacts included: who comes shows only
    /// after the handshake. Default 64 in a row, then four a second.
    pub arrivals_per_relay: Pace,
    /// Unfinished handshakes through one relay. Default 24.
    pub pending_per_relay: usize,
    /// Connections of strangers through one relay. Default 16: those who
    /// answer invites, one household after the other.
    pub strangers_per_relay: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            total: 512,
            strangers: 64,
            dialled_strangers: 96,
            strangers_per_address: 8,
            per_stranger: 3,
            per_contact: 32,
            pending: 64,
            pending_per_address: 12,
            pending_per_network: 24,
            arrivals: Pace {
                burst: 256,
                every: Duration::from_micros(31_250),
            },
            arrivals_per_address: Pace {
                burst: 32,
                every: Duration::from_secs(1),
            },
            arrivals_per_network: Pace {
                burst: 64,
                every: Duration::from_millis(250),
            },
            arrivals_per_relay: Pace {
                burst: 64,
                every: Duration::from_millis(250),
            },
            pending_per_relay: 24,
            strangers_per_relay: 16,
        }
    }
}
