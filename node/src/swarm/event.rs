//! What the swarm tells the node.

use std::{net::SocketAddr, time::Duration};

use super::{
    addr::{Addr, Link},
    gate::Denial,
    id::{ConnId, DeviceId},
    limits::Crowded,
    router::RouterState,
    stream::Stream,
};

/// How well a device is known, which decides what it may do. Set by the node;
/// everybody is a [`Standing::Stranger`] until then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Unknown: may open [`super::Protocol::HELLO`] only, within the limits for strangers.
    #[default]
    Stranger,
    /// A device of somebody who shares a room with us and is no contact: a
    /// stranger that may also open the streams of rooms and of their files.
    Fellow,
    /// A contact's or an own device: all protocols, relaying, hole punching.
    Contact,
    /// The same, but reached through relays only: no direct connection is
    /// made to it or accepted from it, and it is told no address: identify,
    /// AutoNAT and hole punching aren't spoken with it. While there is such a
    /// device, this one serves neither the DHT nor as a relay, which both tell
    /// its addresses to others (DISC-8).
    ContactViaRelay,
    /// Neither dialled nor accepted.
    Blocked,
}

impl Standing {
    /// Contact, directly reached or not.
    #[must_use]
    pub fn is_contact(self) -> bool {
        matches!(self, Self::Contact | Self::ContactViaRelay)
    }
}

/// What happened. Sent through a bounded channel: while the node doesn't take
/// events, the swarm stops taking packets, but still obeys
/// [`super::SwarmHandle::close`] and [`super::SwarmHandle::set_standing`].
#[derive(Debug)]
pub enum NetEvent {
    /// Connections are accepted at `addr` now. Also a sign of a changed network.
    Listening {
        /// Own address as this machine sees it.
        addr: Addr,
    },
    /// No longer accepted there: the interface or the address is gone.
    /// Connections over it are dead even where nobody has noticed.
    ListeningEnded {
        /// Own address.
        addr: Addr,
    },
    /// A connection stands: authenticated and encrypted.
    Connected(Connected),
    /// A connection ended.
    Disconnected {
        /// Other device.
        peer: DeviceId,
        /// Which connection.
        conn: ConnId,
        /// How it ended.
        cause: Closed,
        /// Connections with the same device that remain.
        remaining: u32,
    },
    /// The other device opened a stream to us on one certain connection.
    Stream(Stream),
    /// The other device said what program it is.
    Identified {
        /// Other device.
        peer: DeviceId,
        /// On which connection.
        conn: ConnId,
        /// Its agent text as sent: untrusted, at most [`super::MAX_AGENT`] bytes,
        /// escaped before it is shown (THREATS R9).
        agent: String,
    },
    /// The other device says that it relays now. Told again whenever it says
    /// anything about itself.
    OffersRelay {
        /// Other device.
        peer: DeviceId,
        /// On which connection.
        conn: ConnId,
    },
    /// Somebody on the LAN announced a device (mDNS). Unauthenticated.
    MdnsFound {
        /// Announced device.
        peer: DeviceId,
        /// Where.
        addr: Addr,
    },
    /// An announcement ran out.
    MdnsLost {
        /// Announced device.
        peer: DeviceId,
        /// Where.
        addr: Addr,
    },
    /// What we look like from a contact.
    Observed {
        /// The contact's device that says so.
        by: DeviceId,
        /// On which connection.
        conn: ConnId,
        /// Our address as it sees it.
        addr: Addr,
    },
    /// The judgement of our NAT changed.
    Nat {
        /// For which kind of packets; NATs treat UDP and TCP differently.
        link: Link,
        /// The new judgement.
        kind: NatKind,
    },
    /// What came of asking the router for a port has changed. Its addresses
    /// are candidates: nobody has confirmed them.
    Router(RouterState),
    /// Whether others can reach us directly has changed.
    Reachability(Reachability),
    /// A relay keeps a place for us.
    ReservationAccepted {
        /// The relay.
        relay: DeviceId,
        /// Where others reach us through it.
        circuit: Addr,
    },
    /// It no longer does, or refused.
    ReservationLost {
        /// The relay.
        relay: DeviceId,
    },
    /// As a relay: a contact took or left a place here.
    RelayGuest {
        /// The contact's device.
        peer: DeviceId,
        /// Took or left.
        change: GuestChange,
    },
    /// As a relay: a circuit through us began or ended.
    RelayCircuit {
        /// Who asked for it.
        source: DeviceId,
        /// Whom it leads to.
        target: DeviceId,
        /// Began or ended.
        change: GuestChange,
    },
    /// Hole punching after a relayed connection ended.
    Punched {
        /// Other device.
        peer: DeviceId,
        /// The direct connection, or that all attempts failed.
        result: Result<ConnId, PunchFailed>,
    },
}

/// An established connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connected {
    /// Other device, proven by the handshake.
    pub peer: DeviceId,
    /// The connection.
    pub conn: ConnId,
    /// Who opened it.
    pub side: Side,
    /// What for, if we did.
    pub aim: Aim,
    /// Directly or through a relay.
    pub via: Via,
    /// Where the other device is as we see it; behind a relay, where the relay is.
    pub remote: Option<Addr>,
    /// How long dialling and handshake took.
    pub handshake: Duration,
}

/// What a connection was opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Aim {
    /// To reach the device: a probe did.
    Reaching,
    /// For a part of libp2p, which uses it: somebody asked us to test whether
    /// they can be reached (AutoNAT), or hole punching succeeded.
    Other,
}

/// Who opened a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// We did.
    Dialled,
    /// The other device did.
    Accepted,
}

/// Directly or through a relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Via {
    /// Directly.
    Direct,
    /// Through this relay.
    Relay(DeviceId),
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Closed {
    /// By us, on purpose.
    ByUs,
    /// Nothing used it for a minute.
    Idle,
    /// By the other side or the network: they look alike.
    Lost,
}

/// A place at a relay, or a circuit through it, began or ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GuestChange {
    /// Began.
    Began,
    /// Ended.
    Ended,
    /// Refused by our rules.
    Refused,
}

/// Hole punching failed on all attempts. The relayed connection stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no direct connection could be punched")]
pub struct PunchFailed;

/// What kind of NAT stands between us and others (PORT-4).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum NatKind {
    /// Not enough known: fewer than two contacts at different addresses said anything.
    #[default]
    Unknown,
    /// None: others see an address of this machine.
    Open {
        /// That address.
        at: SocketAddr,
    },
    /// All see the same mapped address: it can be offered as a candidate.
    EndpointIndependent {
        /// That address.
        mapped: SocketAddr,
    },
    /// Everybody sees another one ("symmetric"): punching won't work, relays do.
    Dependent,
}

/// Whether devices outside can reach us directly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Reachability {
    /// Not tested yet: no contact has helped.
    #[default]
    Unknown,
    /// Tested: not at any address we thought of.
    Private,
    /// At these addresses.
    Public {
        /// Confirmed addresses.
        at: Vec<Addr>,
    },
}

/// Result for one candidate of a probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeResult {
    /// Index of the candidate in the list that was given.
    pub index: usize,
    /// The candidate's address.
    pub addr: Addr,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of one dial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The handshake with that very device succeeded. The connection is kept
    /// until [`super::SwarmHandle::close`] or a minute without use.
    Connected {
        /// The connection.
        conn: ConnId,
        /// Dialling and handshake together: about 1 round trip with QUIC,
        /// 3 with TCP.
        handshake: Duration,
    },
    /// Something answers there, but not our device.
    WrongPeer {
        /// Who it is, if it has an Ed25519 key.
        found: Option<DeviceId>,
    },
    /// The connection is refused (TCP; closed UDP ports look filtered): by the
    /// host, or by a router or firewall that speaks for it.
    Refused,
    /// No answer in time: filtered, gone, or very slow.
    TimedOut,
    /// No route there from here.
    Unreachable,
    /// Something answers that is not a Kith node, or the handshake broke.
    NotKith,
    /// The relay refused: it has no reservation from that device, or no room for us.
    RelayRefused,
    /// Our own rules: this address is not dialled.
    Denied(Denial),
    /// Our own limits on connections.
    Crowded(Crowded),
    /// The DNS name leads nowhere.
    NoSuchName,
    /// The address is our own.
    Ourselves,
}

impl Outcome {
    /// Whether anything at all answered there.
    #[must_use]
    pub fn answers(&self) -> bool {
        match self {
            Self::Connected { .. }
            | Self::WrongPeer { .. }
            | Self::Refused
            | Self::NotKith
            | Self::RelayRefused
            | Self::Ourselves => true,
            Self::TimedOut
            | Self::Unreachable
            | Self::Denied(_)
            | Self::Crowded(_)
            | Self::NoSuchName => false,
        }
    }
}
