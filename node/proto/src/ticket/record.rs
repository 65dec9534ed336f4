//! The ticket itself: the signed record, and its text.

use core::fmt;
use core::time::Duration;

use ciborium::Value;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::address::{Address, Relay};
use crate::armor::{self, ArmorError, ArmorKind};
use crate::cbor::{Decode, DecodeError, Encode, MapBuilder, MapReader};
use crate::id::PersonId;
use crate::kdf;
use crate::names::Name;
use crate::pair::Rendezvous;
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

/// The longest address in bytes: IPv6, a port and a transport take 26. An
/// address record may have longer ones; a QR code may not.
pub const MAX_ADDRESS: usize = 48;

/// Where a device might be reached. Hints only: old, wrong, or empty. At most
/// [`MAX_ADDRESSES`] addresses of [`MAX_ADDRESS`] bytes, and [`MAX_RELAYS`]
/// relays with one such address each.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hints {
    addresses: Vec<Address>,
    relays: Vec<Relay>,
}

impl Hints {
    /// The first ones that fit of those given, the best first.
    #[must_use]
    pub fn choose(
        addresses: impl IntoIterator<Item = Address>,
        relays: impl IntoIterator<Item = Relay>,
    ) -> Self {
        let one = |mut relay: Relay| {
            relay.addresses.retain(is_short);
            relay.addresses.truncate(1);
            (!relay.addresses.is_empty()).then_some(relay)
        };
        Self {
            addresses: addresses
                .into_iter()
                .filter(is_short)
                .take(MAX_ADDRESSES)
                .collect(),
            relays: relays
                .into_iter()
                .filter_map(one)
                .take(MAX_RELAYS)
                .collect(),
        }
    }

    /// Addresses of the device.
    #[must_use]
    pub fn addresses(&self) -> &[Address] {
        &self.addresses
    }

    /// Devices that might relay to it.
    #[must_use]
    pub fn relays(&self) -> &[Relay] {
        &self.relays
    }

    pub(super) fn put(&self, map: MapBuilder, first_key: i64) -> MapBuilder {
        map.put_list(first_key, &self.addresses)
            .put_list(first_key + 1, &self.relays)
    }

    pub(super) fn take(r: &mut MapReader, first_key: i64) -> Result<Self, DecodeError> {
        let hints = Self {
            addresses: r.list(first_key, MAX_ADDRESSES)?,
            relays: r.list(first_key + 1, MAX_RELAYS)?,
        };
        let of_relays = hints.relays.iter().flat_map(|r| &r.addresses);
        let short = hints.addresses.iter().chain(of_relays).all(is_short);
        if !short || hints.relays.iter().any(|r| r.addresses.len() != 1) {
            return Err(DecodeError::OutOfRange);
        }
        Ok(hints)
    }
}

fn is_short(address: &Address) -> bool {
    address.as_bytes().len() <= MAX_ADDRESS
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
/// bytes, the least that HPKE allows for a pre-shared key. Erased on drop,
/// never printed, not cloned, compared in constant time.
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

    /// Where the inviter leaves records for whoever holds the invite (DISC-2;
    /// spec 03, "Rendezvous").
    #[must_use]
    pub fn rendezvous(&self) -> Rendezvous {
        Rendezvous::new(self.key("kith/1/ticket-rendezvous"))
    }

    pub(super) fn key(&self, label: &str) -> kdf::Key {
        kdf::derive(&[], &*self.0, label, &[])
    }
}

impl PartialEq for TicketSecret {
    fn eq(&self, other: &Self) -> bool {
        kdf::same(&self.0, &other.0)
    }
}

impl Eq for TicketSecret {}

impl fmt::Debug for TicketSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TicketSecret(secret)")
    }
}

/// An invite's content. The device that invites is the record's signer.
#[derive(Debug, PartialEq, Eq)]
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

/// The text for a QR code. With a short name and one or two addresses it has
/// 480 to 540 characters: versions 13 to 15 at level M, 69 to 77 modules; the
/// largest possible ticket takes version 28, 129 modules.
#[must_use]
pub fn qr_text(ticket: &Signed<Ticket>) -> String {
    armor::to_qr_text(ArmorKind::Invite, ticket.bytes())
}
