//! What a device can do, said by the device for at most a day (CAP-1, ENV-1;
//! spec 02, "Capabilities"), and what follows for two devices ([`possible()`]).
//!
//! Being able is no permission: what may be done is policy's and a person's
//! matter. Numbers that mean nothing here are ignored and stay in the signed
//! bytes.

mod possible;

use core::time::Duration;

use ciborium::Value;

use crate::cbor::{self, Decode, DecodeError, Encode, MapBuilder, MapReader};
use crate::device::ByDevice;
use crate::id::{DeviceId, PersonId};
use crate::registry::registry;
use crate::rights::Rights;
use crate::seal::{Kem, KemList};
use crate::signed::{Kind, Payload};
use crate::technology::{HostedKind, Technology};
use crate::validity::Validity;

pub use possible::{Impossible, Possible, Sharer, Way, possible};

/// For how long a capability record holds: 24 hours. It is made anew when the
/// environment changes (ENV-3).
pub const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// The most ways a record offers, known here or not.
pub const MAX_OFFERS: usize = 32;

/// The most screens a record describes.
pub const MAX_SCREENS: usize = 16;

/// The largest extent of a screen, in pixels.
pub const MAX_EXTENT: u32 = 65_535;

/// The longest version of an operating system, in bytes.
pub const MAX_OS_VERSION: usize = 64;

registry! {
    /// What kind of session of the operating system the device runs in
    /// (ENV-1). A kind that isn't known here is read as `Other`.
    enum SessionKind;
    /// Not one of these.
    Other = 0, "other";
    /// Somebody sits in front of it.
    Local = 1, "local";
    /// Used from elsewhere by RDP.
    Rdp = 2, "rdp";
    /// Used from elsewhere by VNC.
    Vnc = 3, "vnc";
    /// Used from elsewhere by X11.
    X11 = 4, "x11";
    /// Used from elsewhere by ICA.
    Ica = 5, "ica";
    /// Without a screen.
    Headless = 6, "headless";
}

registry! {
    /// The operating system. One that isn't known here is read as `Other`.
    enum OsKind;
    /// Not one of these.
    Other = 0, "other";
    /// Linux.
    Linux = 1, "linux";
    /// Windows.
    Windows = 2, "windows";
    /// macOS.
    MacOs = 3, "macos";
}

registry! {
    /// How pixels of a native share are coded.
    enum Codec;
    /// A set of codecs.
    set Codecs;
    /// Lossless tiles and moves; every native share needs it.
    Tiles = 1, "tiles";
    /// H.264 for regions that move like film.
    H264 = 2, "h264";
}

registry! {
    /// What else a device can do in a share.
    enum Feature;
    /// A set of features.
    set Features;
    /// A trial session before the invitation (PORT-5).
    Trial = 1, "trial";
    /// Resuming on another path (SHARE-4).
    Resume = 2, "resume";
    /// A loopback bridge for VNC viewers (SHARE-6).
    VncBridge = 3, "vnc-bridge";
}

/// One way of sharing: our own, or a technology of hosted sessions and how
/// one takes part in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Means {
    /// Kith's own share.
    Native,
    /// A hosted session.
    Hosted(Technology, HostedKind),
}

impl Means {
    /// All that are known here, in order of their numbers.
    pub fn all() -> impl Iterator<Item = Self> {
        let hosted = Technology::ALL.iter().filter(|t| **t != Technology::Native);
        let hosted = hosted.flat_map(|t| HostedKind::ALL.iter().map(|k| Self::Hosted(*t, *k)));
        core::iter::once(Self::Native).chain(hosted)
    }

    fn from_numbers(technology: u16, kind: Option<u16>) -> Option<Self> {
        match (Technology::from_number(technology)?, kind) {
            (Technology::Native, None) => Some(Self::Native),
            (Technology::Native, Some(_)) | (_, None) => None,
            (t, Some(k)) => Some(Self::Hosted(t, HostedKind::from_number(k)?)),
        }
    }
}

/// What a device can do by one means, in each direction (the flags "can be
/// shared" and "can join" of ENV-1). A direction that is absent, or without a
/// right, isn't there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// By which means.
    pub means: Means,
    /// It can be shared: with these rights for a viewer, as far as the
    /// environment allows (view without input under some compositors).
    pub share: Option<Rights>,
    /// It can join another's: and use these rights there.
    pub join: Option<Rights>,
}

/// A screen, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Screen {
    /// Its width, 1 to [`MAX_EXTENT`].
    pub width: u32,
    /// Its height, 1 to [`MAX_EXTENT`].
    pub height: u32,
}

/// What a device can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capability {
    /// The person that the device says it belongs to.
    pub person: PersonId,
    /// The device.
    pub device: DeviceId,
    /// Grows with each record of the device; the highest counts.
    pub seq: u64,
    /// From when until when it holds; at most [`LONGEST`].
    pub validity: Validity,
    /// What kind of session it runs in.
    pub session: SessionKind,
    /// The operating system.
    pub os: OsKind,
    /// Its version, as it calls itself; text from others.
    pub os_version: Option<String>,
    /// What it can do, by each means; sorted, each means once.
    pub offers: Vec<Offer>,
    /// How many offers there were that mean nothing here.
    pub unknown_offers: usize,
    /// The codecs it reads and writes.
    pub codecs: Codecs,
    /// The KEMs it opens, [`Kem::X25519`] among them; unknown ones are kept,
    /// as both lists are bound into what is sealed (rule R3).
    pub kems: KemList,
    /// Its screens; the first is the main one.
    pub screens: Vec<Screen>,
    /// What else it can do.
    pub features: Features,
}

impl Capability {
    /// Whether this one counts instead of `other`.
    #[must_use]
    pub fn replaces(&self, other: &Self) -> bool {
        let rank = |c: &Self| (c.seq, c.validity.issued);
        self.device == other.device && rank(self) > rank(other)
    }

    /// What it offers by `means`.
    #[must_use]
    pub fn offer(&self, means: Means) -> Option<&Offer> {
        self.offers.iter().find(|o| o.means == means)
    }
}

impl ByDevice for Capability {
    const LONGEST: Duration = LONGEST;

    fn device(&self) -> DeviceId {
        self.device
    }

    fn person(&self) -> Option<PersonId> {
        Some(self.person)
    }

    fn validity(&self) -> Validity {
        self.validity
    }
}

impl Payload for Capability {
    const KIND: Kind = Kind {
        name: "capability",
        version: 1,
        // 32 offers with two full lists of rights take 13 KiB.
        max: 16 * 1024,
    };
}

impl Encode for Capability {
    fn encode(&self) -> Value {
        let mut m = MapBuilder::new()
            .put(0, &1u64)
            .put(1, &self.person)
            .put(2, &self.device)
            .put(3, &self.seq)
            .put(4, &self.validity.issued)
            .put(5, &self.validity.expires)
            .put(6, &self.session)
            .put(7, &self.os)
            .put_opt(8, self.os_version.as_ref())
            .put_list(9, &self.offers);
        if !self.codecs.is_empty() {
            m = m.put(10, &self.codecs);
        }
        m = m.put(11, &self.kems).put_list(12, &self.screens);
        if !self.features.is_empty() {
            m = m.put(13, &self.features);
        }
        m.build()
    }
}

impl Decode for Capability {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        r.version(0, 1)?;
        let (person, device, seq) = (r.req(1)?, r.req(2)?, r.req(3)?);
        let validity = Validity {
            issued: r.req(4)?,
            expires: r.req(5)?,
        };
        let session = SessionKind::from_number(r.req(6)?).unwrap_or(SessionKind::Other);
        let os = OsKind::from_number(r.req(7)?).unwrap_or(OsKind::Other);
        let os_version = r.text(8, MAX_OS_VERSION)?;
        let listed = r.list::<AnyOffer>(9, MAX_OFFERS)?;
        cbor::sorted(&listed, |o| (o.technology, o.kind))?;
        let offers: Vec<Offer> = listed.iter().filter_map(AnyOffer::known).collect();
        let codecs = set(&mut r, 10)?;
        let kems: KemList = r.req(11)?;
        if !kems.contains(Kem::X25519) {
            return Err(DecodeError::OutOfRange);
        }
        let capability = Self {
            person,
            device,
            seq,
            validity,
            session,
            os,
            os_version,
            unknown_offers: listed.len() - offers.len(),
            offers,
            codecs,
            kems,
            screens: r.list(12, MAX_SCREENS)?,
            features: set(&mut r, 13)?,
        };
        let _ = r.finish()?;
        Ok(capability)
    }
}

/// Reads a set that is absent when empty.
fn set<S: Decode + Default>(r: &mut MapReader, key: i64) -> Result<S, DecodeError> {
    Ok(listed(r, key)?.unwrap_or_default())
}

/// Reads a set that may be absent; an empty list isn't written. One of
/// unknown numbers alone gives the empty set.
fn listed<S: Decode>(r: &mut MapReader, key: i64) -> Result<Option<S>, DecodeError> {
    match r.opt::<Value>(key)? {
        None => Ok(None),
        Some(Value::Array(items)) if items.is_empty() => Err(DecodeError::Field {
            key,
            source: Box::new(DecodeError::OutOfRange),
        }),
        Some(items) => S::decode(items).map(Some),
    }
}

/// An offer as listed, whether it means something here or not.
struct AnyOffer {
    technology: u16,
    kind: Option<u16>,
    share: Option<Rights>,
    join: Option<Rights>,
}

impl AnyOffer {
    fn known(&self) -> Option<Offer> {
        Some(Offer {
            means: Means::from_numbers(self.technology, self.kind)?,
            share: self.share,
            join: self.join,
        })
    }
}

impl Encode for Offer {
    fn encode(&self) -> Value {
        let (technology, kind) = match self.means {
            Means::Native => (Technology::Native, None),
            Means::Hosted(t, k) => (t, Some(k)),
        };
        MapBuilder::new()
            .put(0, &technology)
            .put_opt(1, kind.as_ref())
            .put_opt(2, self.share.filter(|r| !r.is_empty()).as_ref())
            .put_opt(3, self.join.filter(|r| !r.is_empty()).as_ref())
            .build()
    }
}

impl Decode for AnyOffer {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        let offer = Self {
            technology: r.req(0)?,
            kind: r.opt(1)?,
            share: listed(&mut r, 2)?,
            join: listed(&mut r, 3)?,
        };
        let _ = r.finish()?;
        // Says nothing; it isn't written.
        if offer.share.is_none() && offer.join.is_none() {
            return Err(DecodeError::OutOfRange);
        }
        Ok(offer)
    }
}

impl Encode for Screen {
    fn encode(&self) -> Value {
        MapBuilder::new()
            .put(0, &self.width)
            .put(1, &self.height)
            .build()
    }
}

impl Decode for Screen {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        let screen = Self {
            width: r.req(0)?,
            height: r.req(1)?,
        };
        let _ = r.finish()?;
        let fits = |n| (1..=MAX_EXTENT).contains(&n);
        if !fits(screen.width) || !fits(screen.height) {
            return Err(DecodeError::OutOfRange);
        }
        Ok(screen)
    }
}

#[cfg(test)]
mod tests;
