//! The ticket itself: the signed record, and its text.

use core::fmt;
use core::time::Duration;

use ciborium::Value;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::armor::{self, ArmorError, ArmorKind};
use crate::cbor::{Bytes, Decode, DecodeError, Encode, MapBuilder, MapReader};
use crate::id::{DeviceId, PersonId};
use crate::kdf;
use crate::names::Name;
use crate::signed::{Kind, Payload, RecordError, Signed, Unverified};
use crate::time::Timestamp;
use crate::validity::Validity;

/// The longest life of a ticket: 30 days. Longer ones are found again in old
/// mail by others.
pub const LONGEST: Duration = Duration::from_secs(30 * 86_400);

/// The most addresses in a ticket or an answer: a device's best ones. More
/// make a QR code that phones can't read.
pub const MAX_ADDRESSES: usize = 4;

/// The most relays named.
pub const MAX_RELAYS: usize = 2;

/// The longest address in bytes: IPv6, a port and a transport take 24.
pub const MAX_ADDRESS: usize = 48;

/// A network address, as a multiaddr in binary form without the device. Here
/// it is bytes of bounded length: whether it may be dialled is judged by who
/// dials (rule R4).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(Vec<u8>);

impl Address {
    /// From a multiaddr's bytes; `None` if there are none or more than
    /// [`MAX_ADDRESS`].
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let fits = (1..=MAX_ADDRESS).contains(&bytes.len());
        fits.then(|| Self(bytes.to_vec()))
    }

    /// The multiaddr's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "address:")?;
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl Encode for Address {
    fn encode(&self) -> Value {
        Value::Bytes(self.0.clone())
    }
}

impl Decode for Address {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        Self::from_bytes(&Bytes::decode(value)?.0).ok_or(DecodeError::OutOfRange)
    }
}

/// A device through which another can be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relay {
    /// Which device relays.
    pub device: DeviceId,
    /// Where it is.
    pub address: Address,
}

impl Encode for Relay {
    fn encode(&self) -> Value {
        MapBuilder::new()
            .put(0, &self.device)
            .put(1, &self.address)
            .build()
    }
}

impl Decode for Relay {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        let relay = Self {
            device: r.req(0)?,
            address: r.req(1)?,
        };
        let _ = r.finish()?;
        Ok(relay)
    }
}

/// Where a device might be reached. Hints only: old, wrong, or empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hints {
    /// At most [`MAX_ADDRESSES`].
    pub addresses: Vec<Address>,
    /// At most [`MAX_RELAYS`].
    pub relays: Vec<Relay>,
}

impl Hints {
    pub(super) fn put(&self, map: MapBuilder, first_key: i64) -> MapBuilder {
        map.put_list(first_key, &self.addresses)
            .put_list(first_key + 1, &self.relays)
    }

    pub(super) fn take(r: &mut MapReader, first_key: i64) -> Result<Self, DecodeError> {
        Ok(Self {
            addresses: r.list(first_key, MAX_ADDRESSES)?,
            relays: r.list(first_key + 1, MAX_RELAYS)?,
        })
    }
}

/// What a ticket is for. A number that we don't know refuses the ticket: its
/// maker expects something that we can't do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// To become contacts.
    Contact = 1,
}

impl Encode for Purpose {
    fn encode(&self) -> Value {
        (*self as u8).encode()
    }
}

impl Decode for Purpose {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        match u64::decode(value)? {
            1 => Ok(Self::Contact),
            _ => Err(DecodeError::OutOfRange),
        }
    }
}

/// What makes a ticket worth something: who knows it, had the ticket. 32
/// bytes, the least that HPKE allows for a pre-shared key.
#[derive(Clone, PartialEq, Eq)]
pub struct TicketSecret(Zeroizing<[u8; 32]>);

impl TicketSecret {
    pub(super) fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub(super) fn key(&self, label: &str) -> kdf::Key {
        kdf::derive(&[], &*self.0, label, &[])
    }
}

impl fmt::Debug for TicketSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TicketSecret(secret)")
    }
}

/// An invite's content. The device that invites is the record's signer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// Who invites.
    pub person: PersonId,
    /// What they call themselves.
    pub name: Name,
    /// Proves, to the inviter, that somebody had the ticket.
    pub secret: TicketSecret,
    /// An X25519 key made for this ticket: answers are sealed to it.
    pub key: [u8; 32],
    /// From when until when; at most [`LONGEST`].
    pub validity: Validity,
    /// What for.
    pub purpose: Purpose,
    /// Where the inviting device might be reached.
    pub hints: Hints,
}

impl Payload for Ticket {
    const KIND: Kind = Kind {
        name: "ticket",
        version: 1,
        // The longest name and every hint take 900 bytes.
        max: 1024,
    };
}

impl Encode for Ticket {
    fn encode(&self) -> Value {
        let map = MapBuilder::new()
            .put(0, &1u8)
            .put(1, &self.person)
            .put(2, &self.name)
            .put(3, self.secret.as_bytes())
            .put(4, &self.key)
            .put(5, &self.validity.issued)
            .put(6, &self.validity.expires)
            .put(7, &self.purpose);
        self.hints.put(map, 8).build()
    }
}

impl Decode for Ticket {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        r.version(0, 1)?;
        let ticket = Self {
            person: r.req(1)?,
            name: r.req(2)?,
            secret: TicketSecret::new(r.req(3)?),
            key: r.req(4)?,
            validity: Validity {
                issued: r.req::<Timestamp>(5)?,
                expires: r.req(6)?,
            },
            purpose: r.req(7)?,
            hints: Hints::take(&mut r, 8)?,
        };
        let _ = r.finish()?;
        ticket
            .validity
            .check_span(LONGEST)
            .map_err(|_| DecodeError::OutOfRange)?;
        Ok(ticket)
    }
}

/// Why a text is no ticket.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TicketTextError {
    /// Not a text of ours, or damaged in copying.
    #[error("{0}")]
    Armor(#[from] ArmorError),
    /// The text is whole, but the record in it isn't: its maker's fault.
    #[error("{0}")]
    Record(#[from] RecordError),
}

/// Reads a ticket from its file form, the record's bytes. It tells who claims
/// to invite; that the device is that person's shows with the reply.
///
/// # Errors
/// See [`RecordError`].
pub fn read(bytes: &[u8]) -> Result<Signed<Ticket>, RecordError> {
    Unverified::parse(bytes)?.verify_claimed()
}

/// Reads a ticket from its text (`kith:invite:…`).
///
/// # Errors
/// See [`TicketTextError`].
pub fn from_text(text: &str) -> Result<Signed<Ticket>, TicketTextError> {
    let bytes = armor::from_text_of(ArmorKind::Invite, text)?;
    Ok(read(&bytes)?)
}

/// The text of a ticket.
#[must_use]
pub fn to_text(ticket: &Signed<Ticket>) -> String {
    armor::to_text(ArmorKind::Invite, ticket.bytes())
}

/// The text for a QR code. With a short name and two addresses it has about
/// 540 characters: version 15 at level M, 77 modules; the largest possible
/// ticket takes version 28, 129 modules.
#[must_use]
pub fn qr_text(ticket: &Signed<Ticket>) -> String {
    armor::to_qr_text(ArmorKind::Invite, ticket.bytes())
}
