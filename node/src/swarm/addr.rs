//! [`Addr`]: where a device can be dialled, as a checked value.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    str::FromStr,
};

use libp2p::{Multiaddr, multiaddr::Protocol as Part};

use super::id::{DeviceId, device_of, peer_of};

/// Longest text form of an address, in bytes: a DNS name (253) with a relay.
pub const MAX_ADDR_TEXT: usize = 384;
/// Longest DNS name, in bytes (RFC 1035, 2.3.4).
const MAX_NAME: usize = 253;

/// How packets travel to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Link {
    /// QUIC over UDP: `/udp/PORT/quic-v1`.
    Quic,
    /// TCP with Noise and Yamux: `/tcp/PORT`.
    Tcp,
}

impl Link {
    /// What its sockets are called.
    #[must_use]
    pub const fn socket(self) -> &'static str {
        match self {
            Self::Quic => "UDP",
            Self::Tcp => "TCP",
        }
    }
}

/// The host part of an address.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Host {
    /// A literal address; zone identifiers are not accepted.
    Ip(IpAddr),
    /// A DNS name. Only a person (typing it, or in an invite) may give one,
    /// never another device (THREATS R4).
    Name(String),
}

/// An address in one of the two shapes Kith speaks, optionally behind a relay.
///
/// Text form is the multiaddr text, without the peer it belongs to:
/// `/ip4/198.51.100.7/udp/4001/quic-v1`, `/dns/box.example/tcp/4001`, and
/// behind a relay `…/p2p/12D3…/p2p-circuit`. Anything else is refused.
///
/// Specification: `06-transports.md`, "Addresses".
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Addr {
    host: Host,
    link: Link,
    port: u16,
    relay: Option<DeviceId>,
}

/// Why a text or a multiaddr is not an [`Addr`]. The giver's fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddrError {
    /// Longer than [`MAX_ADDR_TEXT`].
    #[error("address is too long")]
    TooLong,
    /// Not a multiaddr at all.
    #[error("address is not a multiaddr")]
    Malformed,
    /// A multiaddr of another shape than the two Kith speaks.
    #[error("address has an unknown shape")]
    Shape,
    /// Port 0 means "any" and can't be dialled.
    #[error("address has port 0")]
    PortZero,
    /// The DNS name is empty, too long, or has other than letters, digits, `-`, `.`.
    #[error("address has a bad host name")]
    Name,
    /// A peer in the address has no Ed25519 key.
    #[error("address names a peer without an Ed25519 key")]
    Peer,
}

impl Addr {
    /// A direct address.
    ///
    /// # Errors
    /// [`AddrError::PortZero`].
    pub fn direct(link: Link, socket: SocketAddr) -> Result<Self, AddrError> {
        if socket.port() == 0 {
            return Err(AddrError::PortZero);
        }
        Ok(Self {
            host: Host::Ip(socket.ip()),
            link,
            port: socket.port(),
            relay: None,
        })
    }

    /// This address taken as the one of relay `relay`, through which another
    /// device is reached.
    #[must_use]
    pub fn through(mut self, relay: DeviceId) -> Self {
        self.relay = Some(relay);
        self
    }

    /// The host: of the device, or of its relay.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// How packets travel to [`Self::host`].
    #[must_use]
    pub fn link(&self) -> Link {
        self.link
    }

    /// UDP or TCP port, never 0.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The relay, when this address is behind one.
    #[must_use]
    pub fn relay(&self) -> Option<DeviceId> {
        self.relay
    }

    /// Socket address, unless the host is a name.
    #[must_use]
    pub fn socket(&self) -> Option<SocketAddr> {
        match self.host {
            Host::Ip(ip) => Some(SocketAddr::new(ip, self.port)),
            Host::Name(_) => None,
        }
    }

    /// The same without the relay: where the relay itself is.
    #[must_use]
    pub fn first_hop(&self) -> Self {
        Self {
            relay: None,
            ..self.clone()
        }
    }

    /// From a binary multiaddr, as address records hold it. A final
    /// `/p2p/PEER` is dropped.
    ///
    /// # Errors
    /// [`AddrError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, AddrError> {
        if bytes.len() > MAX_ADDR_TEXT {
            return Err(AddrError::TooLong);
        }
        let multi = Multiaddr::try_from(bytes.to_vec()).map_err(|_| AddrError::Malformed)?;
        Self::from_multi(&multi)
    }

    /// As a binary multiaddr.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.to_multi().to_vec()
    }

    /// Reads a multiaddr, dropping a final `/p2p/PEER`.
    pub(super) fn from_multi(multi: &Multiaddr) -> Result<Self, AddrError> {
        let mut parts = multi.iter().peekable();
        let host = match parts.next() {
            Some(Part::Ip4(ip)) => Host::Ip(ip.into()),
            Some(Part::Ip6(ip)) => Host::Ip(ip.into()),
            Some(Part::Dns(name) | Part::Dns4(name) | Part::Dns6(name)) => {
                Host::Name(check_name(&name)?)
            }
            _ => return Err(AddrError::Shape),
        };
        let (link, port) = match parts.next() {
            Some(Part::Tcp(port)) => (Link::Tcp, port),
            Some(Part::Udp(port)) if parts.next() == Some(Part::QuicV1) => (Link::Quic, port),
            _ => return Err(AddrError::Shape),
        };
        if port == 0 {
            return Err(AddrError::PortZero);
        }
        let mut relay = None;
        if let Some(Part::P2p(first)) = parts.next_if(|part| matches!(part, Part::P2p(_)))
            && parts.next_if_eq(&Part::P2pCircuit).is_some()
        {
            relay = Some(device_of(&first).ok_or(AddrError::Peer)?);
            parts.next_if(|part| matches!(part, Part::P2p(_)));
        }
        if parts.next().is_some() {
            return Err(AddrError::Shape);
        }
        Ok(Self {
            host,
            link,
            port,
            relay,
        })
    }

    /// As a multiaddr, without the device it leads to.
    pub(super) fn to_multi(&self) -> Multiaddr {
        let mut multi = Multiaddr::empty();
        match &self.host {
            Host::Ip(ip) => multi.push((*ip).into()),
            Host::Name(name) => multi.push(Part::Dns(name.into())),
        }
        match self.link {
            Link::Tcp => multi.push(Part::Tcp(self.port)),
            Link::Quic => {
                multi.push(Part::Udp(self.port));
                multi.push(Part::QuicV1);
            }
        }
        if let Some(peer) = self.relay.as_ref().and_then(peer_of) {
            multi.push(Part::P2p(peer));
            multi.push(Part::P2pCircuit);
        }
        multi
    }
}

fn check_name(name: &str) -> Result<String, AddrError> {
    let sound = !name.is_empty()
        && name.len() <= MAX_NAME
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.' || b == b'_');
    if sound {
        Ok(name.to_ascii_lowercase())
    } else {
        Err(AddrError::Name)
    }
}

impl FromStr for Addr {
    type Err = AddrError;

    fn from_str(text: &str) -> Result<Self, AddrError> {
        if text.len() > MAX_ADDR_TEXT {
            return Err(AddrError::TooLong);
        }
        let multi: Multiaddr = text.parse().map_err(|_| AddrError::Malformed)?;
        Self::from_multi(&multi)
    }
}

impl fmt::Display for Addr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_multi().fmt(f)
    }
}

impl fmt::Debug for Addr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RELAY: &str = "12D3KooW9xk7Zp1gejwfwNpfm6L9zH5NL4Bx5rm94LRYJJHJuARZ";

    #[test]
    fn accepted_texts_keep_their_form() {
        for text in [
            "/ip4/45.67.0.7/udp/4001/quic-v1".to_owned(),
            "/ip4/192.168.1.9/tcp/1".to_owned(),
            "/ip6/2001:470::1/udp/65535/quic-v1".to_owned(),
            "/dns/box.example/tcp/4001".to_owned(),
            format!("/ip4/45.67.0.7/tcp/4001/p2p/{RELAY}/p2p-circuit"),
        ] {
            let addr: Addr = text.parse().unwrap();
            assert_eq!(addr.to_string(), text);
            assert_eq!(Addr::from_bytes(&addr.to_bytes()), Ok(addr));
        }
    }

    #[test]
    fn the_device_behind_an_address_is_dropped() {
        let addr: Addr = format!("/ip4/45.67.0.7/tcp/4001/p2p/{RELAY}")
            .parse()
            .unwrap();
        assert_eq!(addr.to_string(), "/ip4/45.67.0.7/tcp/4001");
        let addr: Addr = format!("/ip4/45.67.0.7/tcp/4001/p2p/{RELAY}/p2p-circuit/p2p/{RELAY}")
            .parse()
            .unwrap();
        assert!(addr.relay().is_some());
        assert!(addr.to_string().ends_with("/p2p-circuit"));
        assert_eq!(addr.first_hop().to_string(), "/ip4/45.67.0.7/tcp/4001");
    }

    /// The address of the specification's example.
    #[test]
    fn bytes_are_the_binary_multiaddr() {
        let addr: Addr = "/ip4/192.168.1.7/tcp/4001".parse().unwrap();
        let bytes = [0x04, 0xc0, 0xa8, 0x01, 0x07, 0x06, 0x0f, 0xa1];
        assert_eq!(addr.to_bytes(), bytes);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_an_address_or_an_error(bytes: Vec<u8>) {
            if let Ok(addr) = Addr::from_bytes(&bytes) {
                proptest::prop_assert_eq!(Addr::from_bytes(&addr.to_bytes()), Ok(addr));
            }
        }

        #[test]
        fn any_text_is_an_address_or_an_error(text in "(/[a-z0-9-]{0,8}){0,8}") {
            if let Ok(addr) = text.parse::<Addr>() {
                proptest::prop_assert_eq!(addr.to_string().parse(), Ok(addr));
            }
        }
    }

    #[test]
    fn everything_else_is_refused() {
        let long = format!("/dns/{}/tcp/1", "a".repeat(400));
        for (text, why) in [
            ("", AddrError::Shape),
            ("nonsense", AddrError::Malformed),
            ("/ip4/45.67.0.7", AddrError::Shape),
            ("/ip4/45.67.0.7/udp/1", AddrError::Shape),
            ("/ip4/45.67.0.7/udp/1/quic", AddrError::Shape),
            ("/ip4/45.67.0.7/tcp/0", AddrError::PortZero),
            ("/ip4/45.67.0.7/udp/0/quic-v1", AddrError::PortZero),
            ("/ip4/45.67.0.7/tcp/80/ws", AddrError::Shape),
            ("/ip6zone/eth0/ip6/fe80::1/tcp/1", AddrError::Shape),
            ("/dnsaddr/bootstrap.example", AddrError::Shape),
            ("/dns/bad name/tcp/1", AddrError::Name),
            ("/unix/tmp", AddrError::Shape),
            ("/p2p-circuit", AddrError::Shape),
            (long.as_str(), AddrError::TooLong),
        ] {
            assert_eq!(text.parse::<Addr>(), Err(why), "{text}");
        }
    }
}
