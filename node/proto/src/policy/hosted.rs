//! Hosts other than the peer itself that a share may lead to (PORT-3, POL-6,
//! rule R4; spec 04, "Hosted networks").

use core::fmt;
use core::net::IpAddr;

use ciborium::Value;

use super::lenient::{Fields, Understood};
use crate::cbor::{Bytes, Decode, DecodeError, Encode, MapBuilder};
use crate::technology::{Technologies, Technology};

/// The most networks that a policy may list.
pub const MAX_NETWORKS: usize = 64;
/// The most port ranges of one network.
pub const MAX_RANGES: usize = 8;
/// The shortest prefix that may be listed: a shorter one is no network of
/// one's own, but a slice of the Internet.
pub const MIN_PREFIX_V4: u8 = 8;
/// As [`MIN_PREFIX_V4`].
pub const MIN_PREFIX_V6: u8 = 32;

/// Whether an address may ever be that of a hosting server: not loopback,
/// link-local, multicast, unspecified, broadcast, nor one that hides an IPv4
/// address (v4-mapped, NAT64, 6to4; rule R4).
#[must_use]
pub fn may_host(addr: IpAddr) -> bool {
    match addr {
        IpAddr::V4(a) => {
            !(a.is_loopback()
                || a.is_link_local()
                || a.is_multicast()
                || a.is_unspecified()
                || a.is_broadcast())
        }
        IpAddr::V6(a) => {
            let s = a.segments();
            let hides_v4 = a.to_ipv4().is_some() || s[..2] == [0x64, 0xff9b] || s[0] == 0x2002;
            !(hides_v4 || a.is_unicast_link_local() || a.is_multicast())
        }
    }
}

/// An IP network.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix {
    addr: IpAddr,
    len: u8,
}

fn bits(addr: IpAddr) -> (u128, u8) {
    match addr {
        IpAddr::V4(a) => (u128::from(a.to_bits()) << 96, 32),
        IpAddr::V6(a) => (a.to_bits(), 128),
    }
}

impl Prefix {
    /// The network of `len` bits that begins with `addr`.
    ///
    /// # Errors
    /// [`DecodeError::OutOfRange`]: bits behind the prefix, too short or too
    /// long a prefix, or addresses that may never host ([`may_host`]).
    pub fn new(addr: IpAddr, len: u8) -> Result<Self, DecodeError> {
        let (b, width) = bits(addr);
        let least = if width == 32 {
            MIN_PREFIX_V4
        } else {
            MIN_PREFIX_V6
        };
        let clean = len >= least && len <= width && b.checked_shl(len.into()).unwrap_or(0) == 0;
        match clean && may_host(addr) {
            true => Ok(Self { addr, len }),
            false => Err(DecodeError::OutOfRange),
        }
    }

    /// Whether it holds `addr`.
    #[must_use]
    pub fn contains(self, addr: IpAddr) -> bool {
        let ((a, aw), (b, bw)) = (bits(self.addr), bits(addr));
        // The length is at least 8, so the shift is never of all bits.
        aw == bw && (a ^ b) >> (128 - u32::from(self.len)) == 0
    }
}

impl fmt::Debug for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.addr, self.len)
    }
}

impl Encode for Prefix {
    /// The address' bytes and the length.
    fn encode(&self) -> Value {
        let bytes = match self.addr {
            IpAddr::V4(a) => a.octets().to_vec(),
            IpAddr::V6(a) => a.octets().to_vec(),
        };
        Value::Array(vec![Value::Bytes(bytes), self.len.into()])
    }
}

impl Decode for Prefix {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let Ok([addr, len]) = <[Value; 2]>::try_from(<Vec<Value>>::decode(value)?) else {
            return Err(DecodeError::Type("an address and a length"));
        };
        let bytes = Bytes::decode(addr)?.0;
        let addr = if let Ok(b) = <[u8; 4]>::try_from(&bytes[..]) {
            IpAddr::from(b)
        } else if let Ok(b) = <[u8; 16]>::try_from(&bytes[..]) {
            IpAddr::from(b)
        } else {
            return Err(DecodeError::OutOfRange);
        };
        Self::new(addr, u8::decode(len)?)
    }
}

/// Ports from one to another, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ports {
    first: u16,
    last: u16,
}

impl Ports {
    /// From `first` to `last`.
    ///
    /// # Errors
    /// [`DecodeError::OutOfRange`]: port 0, or the wrong way round.
    pub fn new(first: u16, last: u16) -> Result<Self, DecodeError> {
        match first > 0 && first <= last {
            true => Ok(Self { first, last }),
            false => Err(DecodeError::OutOfRange),
        }
    }

    /// Whether it holds `port`.
    #[must_use]
    pub fn contains(self, port: u16) -> bool {
        (self.first..=self.last).contains(&port)
    }
}

impl Encode for Ports {
    fn encode(&self) -> Value {
        vec![self.first, self.last].encode()
    }
}

impl Decode for Ports {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        match <Vec<u16>>::decode(value)?[..] {
            [first, last] => Self::new(first, last),
            _ => Err(DecodeError::Type("two ports")),
        }
    }
}

/// A network whose servers may host sessions, with which technologies and on
/// which ports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostedNetwork {
    /// The network.
    pub prefix: Prefix,
    /// With which technologies.
    pub technologies: Technologies,
    /// On which ports; at least one range, at most [`MAX_RANGES`].
    pub ports: Vec<Ports>,
    /// An entry that isn't wholly understood lists nothing.
    pub understood: Understood,
}

impl HostedNetwork {
    /// Whether it lists this server.
    #[must_use]
    pub fn lists(&self, technology: Technology, addr: IpAddr, port: u16) -> bool {
        self.understood == Understood::Wholly
            && self.technologies.contains(technology)
            && may_host(addr)
            && self.prefix.contains(addr)
            && self.ports.iter().any(|r| r.contains(port))
    }
}

impl Encode for HostedNetwork {
    fn encode(&self) -> Value {
        MapBuilder::new()
            .put(0, &self.prefix)
            .put(1, &self.technologies)
            .put_list(2, &self.ports)
            .build()
    }
}

impl Decode for HostedNetwork {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut f = Fields::new(value)?;
        let prefix = f.req(0)?;
        let technologies = f
            .set(1, Technologies::read)?
            .ok_or(DecodeError::Missing(1))?
            .set;
        let ports = f.list(2, MAX_RANGES)?;
        if ports.is_empty() {
            return Err(DecodeError::Missing(2));
        }
        Ok(Self {
            prefix,
            technologies,
            ports,
            understood: f.finish()?,
        })
    }
}

/// Where the parameters of a share lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Target {
    /// The peer's own device.
    Peer,
    /// A server elsewhere: only where the policy lists it (PORT-3).
    Server {
        /// Its address; never a name.
        addr: IpAddr,
        /// Its port.
        port: u16,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn net(text: &str, len: u8) -> Result<Prefix, DecodeError> {
        Prefix::new(text.parse().unwrap(), len)
    }

    #[test]
    fn prefixes_hold_their_addresses() {
        let p = net("10.20.0.0", 16).unwrap();
        assert!(p.contains("10.20.255.1".parse().unwrap()));
        assert!(!p.contains("10.21.0.1".parse().unwrap()));
        assert!(!p.contains("::10.20.0.1".parse().unwrap()));
        let one = net("192.168.1.7", 32).unwrap();
        assert!(one.contains("192.168.1.7".parse().unwrap()));
        assert!(!one.contains("192.168.1.6".parse().unwrap()));
        let six = net("fd00:1:2::", 48).unwrap();
        assert!(six.contains("fd00:1:2:ffff::1".parse().unwrap()));
        assert!(!six.contains("fd00:1:3::1".parse().unwrap()));
        let all = net("fd00::1", 128).unwrap();
        assert!(!all.contains("fd00::2".parse().unwrap()));
    }

    #[test]
    fn what_may_never_host_is_refused() {
        for (addr, len) in [
            ("10.20.0.1", 16),
            ("0.0.0.0", 8),
            ("8.0.0.0", 7),
            ("10.0.0.0", 33),
            ("127.0.0.0", 8),
            ("169.254.0.0", 16),
            ("224.0.0.0", 8),
            ("fe80::", 64),
            ("ff00::", 32),
            ("::1", 128),
            ("::ffff:10.0.0.0", 104),
            ("64:ff9b::", 96),
            ("2002::", 32),
            ("2001::", 16),
        ] {
            assert_eq!(net(addr, len), Err(DecodeError::OutOfRange), "{addr}/{len}");
        }
    }

    #[test]
    fn an_entry_lists_what_it_says_and_nothing_else() {
        let entry = HostedNetwork {
            prefix: net("10.20.0.0", 16).unwrap(),
            technologies: Technologies::of(&[Technology::Rdp]),
            ports: vec![Ports::new(3389, 3390).unwrap()],
            understood: Understood::Wholly,
        };
        let addr = "10.20.0.5".parse().unwrap();
        assert!(entry.lists(Technology::Rdp, addr, 3390));
        assert!(!entry.lists(Technology::Vnc, addr, 3390));
        assert!(!entry.lists(Technology::Rdp, addr, 3391));
        assert!(!entry.lists(Technology::Rdp, "10.21.0.5".parse().unwrap(), 3390));
        assert_eq!(HostedNetwork::decode(entry.encode()), Ok(entry.clone()));
        let Value::Map(mut map) = entry.encode() else {
            unreachable!()
        };
        map.push((3.into(), Value::Null));
        let strange = HostedNetwork::decode(Value::Map(map)).unwrap();
        assert!(!strange.lists(Technology::Rdp, addr, 3390));
    }
}
