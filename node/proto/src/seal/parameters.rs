//! The parameters themselves: the plaintext of a seal (SEAL-1; spec 05,
//! "Parameters"). All of it is secret.

use core::fmt;
use core::net::{IpAddr, Ipv6Addr};
use core::num::NonZeroU16;

use thiserror::Error;

use super::context::VERSION;
use super::kem::TAG_LEN;
use super::secret::{OneTimeKey, Secret, SecretText};
use super::wire::{Reader, Writer};
use crate::canon;
use crate::cbor::DecodeError;
use crate::technology::Technology;

/// The most endpoints: a few addresses in both families.
pub const MAX_ENDPOINTS: usize = 8;

/// Why parameters can't be sealed. Our user's or administrator's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ParameterError {
    /// More than [`MAX_ENDPOINTS`].
    #[error("more than {MAX_ENDPOINTS} endpoints")]
    TooManyEndpoints,
    /// An address that hides another one (v4 inside v6): rule R4.
    #[error("an address that hides another one")]
    HiddenAddress,
    /// A screen without width, height or depth.
    #[error("not the size of a screen")]
    Screen,
}

/// Where something listens. Addresses only, never names: a name that comes
/// from a peer is never resolved (rule R4). Whether it may be dialled is for
/// the gate to say.
pub struct Endpoint {
    technology: Technology,
    /// Sixteen bytes of address (v4 as v6-mapped), two of port.
    place: Secret,
}

impl Endpoint {
    /// # Errors
    /// [`ParameterError::HiddenAddress`] for a v4 address inside a v6 one.
    pub fn new(
        technology: Technology,
        address: IpAddr,
        port: NonZeroU16,
    ) -> Result<Self, ParameterError> {
        let address = match address {
            IpAddr::V4(v4) => v4.to_ipv6_mapped(),
            IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some() => {
                return Err(ParameterError::HiddenAddress);
            }
            IpAddr::V6(v6) => v6,
        };
        let mut place = Secret::zeroed(18);
        let (a, p) = place.bytes_mut().split_at_mut(16);
        a.copy_from_slice(&address.octets());
        p.copy_from_slice(&port.get().to_be_bytes());
        Ok(Self { technology, place })
    }

    /// What is spoken there.
    #[must_use]
    pub fn technology(&self) -> Technology {
        self.technology
    }

    /// The address.
    #[must_use]
    pub fn address(&self) -> IpAddr {
        let octets = self.place.bytes().first_chunk::<16>();
        Ipv6Addr::from(octets.copied().unwrap_or_default()).to_canonical()
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        let bytes = self.place.bytes().last_chunk::<2>();
        u16::from_be_bytes(bytes.copied().unwrap_or_default())
    }

    fn write(&self, w: &mut Writer) {
        w.map(3);
        w.uint(0);
        w.uint(self.technology.number().into());
        w.uint(1);
        match self.address() {
            IpAddr::V4(v4) => w.bytes(&v4.octets()),
            IpAddr::V6(v6) => w.bytes(&v6.octets()),
        }
        w.uint(2);
        w.uint(self.port().into());
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (mut technology, mut address, mut port) = (None, None, None);
        r.map(|key, r| {
            match key {
                0 => {
                    let t = Technology::from_number(r.u16()?);
                    technology = Some(t.ok_or(DecodeError::OutOfRange)?);
                }
                1 => {
                    let bytes = r.bytes()?;
                    let v4: Option<[u8; 4]> = bytes.try_into().ok();
                    let v6: Option<[u8; 16]> = bytes.try_into().ok();
                    let ip = v4.map(IpAddr::from).or(v6.map(IpAddr::from));
                    address = Some(ip.ok_or(DecodeError::OutOfRange)?);
                }
                2 => port = Some(NonZeroU16::new(r.u16()?).ok_or(DecodeError::OutOfRange)?),
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Self::new(
            technology.ok_or(DecodeError::Missing(0))?,
            address.ok_or(DecodeError::Missing(1))?,
            port.ok_or(DecodeError::Missing(2))?,
        )
        .map_err(|_| DecodeError::OutOfRange)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Endpoint(…)")
    }
}

/// How the screen at the other end is set up.
pub struct Screen(Secret);

impl Screen {
    /// A screen of `width` × `height` pixels with `depth` bits a pixel.
    ///
    /// # Errors
    /// [`ParameterError::Screen`] if one is zero.
    pub fn new(width: u16, height: u16, depth: u16) -> Result<Self, ParameterError> {
        let numbers = [width, height, depth];
        if numbers.contains(&0) {
            return Err(ParameterError::Screen);
        }
        let mut kept = Secret::zeroed(6);
        for (to, n) in kept.bytes_mut().chunks_exact_mut(2).zip(numbers) {
            to.copy_from_slice(&n.to_be_bytes());
        }
        Ok(Self(kept))
    }

    /// Pixels across, pixels down, bits a pixel.
    #[must_use]
    pub fn size(&self) -> (u16, u16, u16) {
        let mut numbers = self.0.bytes().chunks_exact(2);
        let mut next = || {
            let bytes = numbers.next().and_then(|c| c.try_into().ok());
            u16::from_be_bytes(bytes.unwrap_or_default())
        };
        (next(), next(), next())
    }

    fn write(&self, w: &mut Writer) {
        let (width, height, depth) = self.size();
        w.map(3);
        for (key, n) in (0..).zip([width, height, depth]) {
            w.uint(key);
            w.uint(n.into());
        }
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut n = [None; 3];
        r.map(|key, r| {
            let slot = usize::try_from(key).ok().and_then(|k| n.get_mut(k));
            let Some(slot) = slot else {
                return Ok(false);
            };
            *slot = Some(r.u16()?);
            Ok(true)
        })?;
        let get = |k: usize, key| n[k].ok_or(DecodeError::Missing(key));
        Self::new(get(0, 0)?, get(1, 1)?, get(2, 2)?).map_err(|_| DecodeError::OutOfRange)
    }
}

impl fmt::Debug for Screen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Screen(…)")
    }
}

/// What a viewer needs to reach a share. Not `Clone`; wiped when dropped;
/// `Debug` shows nothing.
#[derive(Default)]
pub struct SharingParameters {
    /// Where to connect; at most [`MAX_ENDPOINTS`]. None for a native share,
    /// whose path is agreed on before.
    pub endpoints: Vec<Endpoint>,
    /// The session on the server, where one of several is meant.
    pub hosted_session: Option<SecretText<128>>,
    /// The account on the server.
    pub account: Option<SecretText<256>>,
    /// Its password.
    pub password: Option<SecretText<512>>,
    /// The screen to ask for.
    pub screen: Option<Screen>,
    /// The key that opens the path or the server's door, once.
    pub one_time_key: Option<OneTimeKey>,
}

/// The lengths that a plaintext may have, in bytes. It is filled up with
/// zeros to the next one, so that a length on the wire tells nothing: all
/// that this version can say fits the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SizeClass(usize);

impl SizeClass {
    /// All classes, from the smallest. The larger ones are room for newer
    /// versions.
    pub const ALL: &'static [Self] = &[Self(2048), Self(4096), Self(8192)];

    /// How many bytes.
    #[must_use]
    pub const fn bytes(self) -> usize {
        self.0
    }

    /// The smallest class with room for `len` bytes.
    fn holding(len: usize) -> Option<Self> {
        Self::ALL.iter().copied().find(|c| len <= c.0)
    }

    /// The class of a ciphertext of this length, its tag included.
    pub(super) fn of_ciphertext(len: usize) -> Option<Self> {
        Self::ALL.iter().copied().find(|c| c.0 + TAG_LEN == len)
    }

    const LARGEST: usize = 8192;
}

/// The length of the content stands before it, in two bytes.
const PREFIX: usize = 2;

impl SharingParameters {
    /// Wipes everything now. Dropping does the same; this says so.
    pub fn destroy(self) {
        drop(self);
    }

    /// The plaintext: length, CBOR, zeros.
    pub(super) fn to_plaintext(&self) -> Result<Secret, ParameterError> {
        if self.endpoints.len() > MAX_ENDPOINTS {
            return Err(ParameterError::TooManyEndpoints);
        }
        // The bounds of the fields keep the content within the first class
        // (tested with the largest of each).
        let too_large = ParameterError::TooManyEndpoints;
        let (written, len) = self.write().finish().ok_or(too_large)?;
        let class = SizeClass::holding(PREFIX + len).ok_or(too_large)?;
        let prefix = u16::try_from(len).map_err(|_| too_large)?;
        let mut plaintext = Secret::zeroed(class.0);
        let (head, tail) = plaintext.bytes_mut().split_at_mut(PREFIX);
        head.copy_from_slice(&prefix.to_be_bytes());
        if let (Some(to), Some(from)) = (tail.get_mut(..len), written.bytes().get(..len)) {
            to.copy_from_slice(from);
        }
        Ok(plaintext)
    }

    fn write(&self) -> Writer {
        // Without `..`: a new field doesn't compile until it is written here.
        let Self {
            endpoints,
            hosted_session,
            account,
            password,
            screen,
            one_time_key,
        } = self;
        let mut w = Writer::new(SizeClass::LARGEST);
        let there = [
            !endpoints.is_empty(),
            hosted_session.is_some(),
            account.is_some(),
            password.is_some(),
            screen.is_some(),
            one_time_key.is_some(),
        ];
        w.map(1 + there.iter().filter(|t| **t).count());
        w.uint(0);
        w.uint(VERSION);
        if !endpoints.is_empty() {
            w.uint(1);
            w.array(endpoints.len());
            endpoints.iter().for_each(|e| e.write(&mut w));
        }
        let texts = [
            (2, hosted_session.as_ref().map(SecretText::expose)),
            (3, account.as_ref().map(SecretText::expose)),
            (4, password.as_ref().map(SecretText::expose)),
        ];
        for (key, text) in texts {
            if let Some(text) = text {
                w.uint(key);
                w.text(text);
            }
        }
        if let Some(screen) = screen {
            w.uint(5);
            screen.write(&mut w);
        }
        if let Some(key) = one_time_key {
            w.uint(6);
            w.bytes(key.expose());
        }
        w
    }

    /// Reads a plaintext. The caller wipes `plaintext`.
    ///
    /// # Errors
    /// Not of a [`SizeClass`], or of a larger one than its content needs; not
    /// filled up with zeros; not canonical; or not parameters. The sender's
    /// fault, except [`DecodeError::Version`] and [`DecodeError::Critical`].
    pub fn from_plaintext(plaintext: &[u8]) -> Result<Self, DecodeError> {
        let Some((head, tail)) = plaintext.split_at_checked(PREFIX) else {
            return Err(DecodeError::OutOfRange);
        };
        let len = head.iter().fold(0, |n, b| n << 8 | usize::from(*b));
        let Some((content, padding)) = tail.split_at_checked(len) else {
            return Err(DecodeError::OutOfRange);
        };
        let class = SizeClass::holding(PREFIX + len);
        let padded = padding.iter().all(|b| *b == 0);
        if class.map(SizeClass::bytes) != Some(plaintext.len()) || !padded {
            return Err(DecodeError::OutOfRange);
        }
        canon::scan(content, SizeClass::LARGEST)?;
        Self::read(content)
    }

    fn read(content: &[u8]) -> Result<Self, DecodeError> {
        let mut p = Self::default();
        let mut version = None;
        Reader::new(content).map(|key, r| {
            match key {
                0 => match r.uint()? {
                    VERSION => version = Some(()),
                    v => return Err(DecodeError::Version(v)),
                },
                1 => {
                    let n = r.array()?;
                    if n == 0 || n > MAX_ENDPOINTS as u64 {
                        return Err(DecodeError::OutOfRange);
                    }
                    // Grown once: a list that moves leaves a copy behind.
                    p.endpoints.reserve_exact(MAX_ENDPOINTS);
                    for _ in 0..n {
                        p.endpoints.push(Endpoint::read(r)?);
                    }
                }
                2 => p.hosted_session = Some(text(r)?),
                3 => p.account = Some(text(r)?),
                4 => p.password = Some(text(r)?),
                5 => p.screen = Some(Screen::read(r)?),
                6 => {
                    let key = r.bytes()?.try_into();
                    let key = key.map_err(|_| DecodeError::OutOfRange)?;
                    p.one_time_key = Some(OneTimeKey::from_bytes(key));
                }
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        version.ok_or(DecodeError::Missing(0))?;
        Ok(p)
    }
}

fn text<const MAX: usize>(r: &mut Reader<'_>) -> Result<SecretText<MAX>, DecodeError> {
    SecretText::check(r.text()?).map_err(|_| DecodeError::OutOfRange)
}

impl fmt::Debug for SharingParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharingParameters(…)")
    }
}

#[cfg(test)]
pub(super) mod tests;
