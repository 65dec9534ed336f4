//! Where a device can be reached (DISC-3; spec 02, "Addresses"): hints, signed
//! by the device, for at most a day. What is dialled of them is decided
//! elsewhere (rule R4); nothing here makes an address right.

use core::time::Duration;

use ciborium::Value;

use crate::cbor::{self, Bytes, Decode, DecodeError, Encode, MapBuilder, MapReader};
use crate::device::ByDevice;
use crate::id::{DeviceId, PersonId};
use crate::signed::{Kind, Payload};
use crate::validity::Validity;

/// The most addresses of a record: several interfaces, each with IPv4 and
/// IPv6, over QUIC and TCP.
pub const MAX_ADDRESSES: usize = 32;

/// The longest address in bytes. IPv6, port and transport take 26; room for
/// a DNS name.
pub const MAX_ADDRESS: usize = 256;

/// The most relays a record names.
pub const MAX_RELAYS: usize = 8;

/// The most addresses of one relay.
pub const MAX_RELAY_ADDRESSES: usize = 4;

/// For how long addresses hold: 24 hours. Networks change; a device that is
/// there says so again.
pub const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// A multiaddr in its binary form, without the peer id at its end. Opaque
/// here: which ones may be dialled is the gate's matter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(Vec<u8>);

impl Address {
    /// From the binary multiaddr.
    ///
    /// # Errors
    /// [`DecodeError::OutOfRange`]: empty, or longer than [`MAX_ADDRESS`].
    pub fn new(bytes: Vec<u8>) -> Result<Self, DecodeError> {
        if bytes.is_empty() || bytes.len() > MAX_ADDRESS {
            return Err(DecodeError::OutOfRange);
        }
        Ok(Self(bytes))
    }

    /// The binary multiaddr.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Encode for Address {
    fn encode(&self) -> Value {
        Value::Bytes(self.0.clone())
    }
}

impl Decode for Address {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        Self::new(Bytes::decode(value)?.0)
    }
}

/// A device that relays for this one (DISC-6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relay {
    /// The relaying device.
    pub device: DeviceId,
    /// Where it is, best first; at most [`MAX_RELAY_ADDRESSES`].
    pub addresses: Vec<Address>,
}

impl Encode for Relay {
    fn encode(&self) -> Value {
        MapBuilder::new()
            .put(0, &self.device)
            .put_list(1, &self.addresses)
            .build()
    }
}

impl Decode for Relay {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        let relay = Self {
            device: r.req(0)?,
            addresses: r.list(1, MAX_RELAY_ADDRESSES)?,
        };
        let _ = r.finish()?;
        Ok(relay)
    }
}

/// Where a device can be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressRecord {
    /// The device.
    pub device: DeviceId,
    /// Grows with each record of the device; the highest counts.
    pub seq: u64,
    /// From when until when it holds; at most [`LONGEST`].
    pub validity: Validity,
    /// The device's own addresses, best first. None if it is reached only
    /// through relays (DISC-8).
    pub addresses: Vec<Address>,
    /// Relays, best first, each device once.
    pub relays: Vec<Relay>,
}

impl AddressRecord {
    /// Whether this one counts instead of `other`.
    #[must_use]
    pub fn replaces(&self, other: &Self) -> bool {
        let rank = |r: &Self| (r.seq, r.validity.issued);
        self.device == other.device && rank(self) > rank(other)
    }
}

impl ByDevice for AddressRecord {
    const LONGEST: Duration = LONGEST;

    fn device(&self) -> DeviceId {
        self.device
    }

    /// Not said: the record may be found by people who know only the device.
    fn person(&self) -> Option<PersonId> {
        None
    }

    fn validity(&self) -> Validity {
        self.validity
    }
}

impl Payload for AddressRecord {
    const KIND: Kind = Kind {
        name: "address",
        version: 1,
        max: 20 * 1024,
    };
}

impl Encode for AddressRecord {
    fn encode(&self) -> Value {
        MapBuilder::new()
            .put(0, &1u64)
            .put(1, &self.device)
            .put(2, &self.seq)
            .put(3, &self.validity.issued)
            .put(4, &self.validity.expires)
            .put_list(5, &self.addresses)
            .put_list(6, &self.relays)
            .build()
    }
}

impl Decode for AddressRecord {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        r.version(0, 1)?;
        let record = Self {
            device: r.req(1)?,
            seq: r.req(2)?,
            validity: Validity {
                issued: r.req(3)?,
                expires: r.req(4)?,
            },
            addresses: r.list(5, MAX_ADDRESSES)?,
            relays: r.list(6, MAX_RELAYS)?,
        };
        let _ = r.finish()?;
        let mut relays: Vec<_> = record.relays.iter().map(|r| r.device).collect();
        relays.sort_unstable();
        cbor::sorted(&relays, |d| *d)?;
        Ok(record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::JudgedTime;
    use crate::device::{Live, LiveError};
    use crate::testing::key;
    use crate::time::Timestamp;
    use crate::validity::ValidityError;

    fn address(n: u8) -> Address {
        Address::new(vec![4, 192, 0, 2, n, 6, 1, 187]).unwrap()
    }

    fn record() -> AddressRecord {
        AddressRecord {
            device: key(1).public().into(),
            seq: 7,
            validity: Validity::starting(Timestamp::from_secs(1_000_000), LONGEST),
            addresses: vec![address(1), address(2)],
            relays: vec![Relay {
                device: key(2).public().into(),
                addresses: vec![address(3)],
            }],
        }
    }

    #[test]
    fn it_comes_back_and_expires() {
        let live = Live::sign(&record(), &key(1)).unwrap();
        let at = |secs| live.still(&JudgedTime::from_wall(Timestamp::from_secs(secs)));
        assert_eq!(at(1_000_100), Ok(&record()));
        assert_eq!(at(1_000_000 + 86_400), Err(ValidityError::Expired));
        let long = AddressRecord {
            validity: Validity::starting(Timestamp::EPOCH, LONGEST + Duration::from_millis(1)),
            ..record()
        };
        assert_eq!(
            Live::sign(&long, &key(1)),
            Err(LiveError::Validity(ValidityError::Span))
        );
    }

    #[test]
    fn the_largest_record_fits_and_lists_are_bounded() {
        let big = |n| vec![Address(vec![1; MAX_ADDRESS]); n];
        let relays = |n: usize| -> Vec<Relay> {
            (0..n)
                .map(|i| Relay {
                    device: key(i as u64 + 10).public().into(),
                    addresses: big(MAX_RELAY_ADDRESSES),
                })
                .collect()
        };
        let with = |addresses, relays| AddressRecord {
            addresses,
            relays,
            ..record()
        };
        let sign = |r: AddressRecord| Live::sign(&r, &key(1)).is_ok();
        assert!(sign(with(big(MAX_ADDRESSES), relays(MAX_RELAYS))));
        assert!(!sign(with(big(MAX_ADDRESSES + 1), vec![])));
        assert!(!sign(with(vec![], relays(MAX_RELAYS + 1))));
        let mut twice = relays(2);
        twice[1].device = twice[0].device;
        assert!(!sign(with(vec![], twice)));
        assert!(Address::new(vec![]).is_err());
        assert!(Address::new(vec![0; MAX_ADDRESS + 1]).is_err());
    }

    #[test]
    fn the_newer_one_counts() {
        let newer = AddressRecord { seq: 8, ..record() };
        assert!(newer.replaces(&record()) && !record().replaces(&newer));
        let other = AddressRecord {
            device: key(9).public().into(),
            seq: 9,
            ..record()
        };
        assert!(!other.replaces(&record()));
    }
}
