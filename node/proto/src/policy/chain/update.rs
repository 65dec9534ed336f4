use ciborium::Value;

use super::{ChainError, MAX_CHAIN};
use crate::canon::MAX_RECORD;
use crate::cbor::{self, Bytes, Decode, DecodeError, Encode, MapReader};
use crate::digest::Digest;
use crate::policy::document::{MAX_BODY, PolicyHeader, Previous};
use crate::signed::{Kind, Payload, RecordError, UnverifiedCosigned};

/// The largest update in bytes: 8 MiB, a long history for a newcomer. Over
/// the network it is sent in pieces, one header or body a frame.
pub const MAX_UPDATE: usize = 8 * 1024 * 1024;

/// The items of an update as a file: two lists, the body, the headers. They
/// are counted before any is parsed.
const MAX_ITEMS: usize = 3 + MAX_CHAIN;

/// Headers one after the other, and the body of the last: what travels
/// between members, and as a file (XFER-1). Nothing in it is believed yet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PolicyUpdate {
    /// Signed headers, oldest first.
    pub headers: Vec<Vec<u8>>,
    /// The body that the last of them names.
    pub body: Vec<u8>,
}

impl PolicyUpdate {
    /// Its bytes as a file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let headers = self.headers.iter().cloned().map(Value::Bytes).collect();
        cbor::value_bytes(&Value::Array(vec![
            Value::Array(headers),
            Value::Bytes(self.body.clone()),
        ]))
    }

    /// Reads a file.
    ///
    /// # Errors
    /// Not canonical, too long, no header, too many, or one of them too long.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let value = cbor::few_from_bytes(bytes, MAX_UPDATE, MAX_ITEMS)?;
        let Ok([headers, body]) = <[Value; 2]>::try_from(<Vec<Value>>::decode(value)?) else {
            return Err(DecodeError::Type("headers and a body"));
        };
        let headers: Vec<Vec<u8>> = <Vec<Bytes>>::decode(headers)?
            .into_iter()
            .map(|b| b.0)
            .collect();
        let body = Bytes::decode(body)?.0;
        let update = Self { headers, body };
        match update.headers.is_empty() || !update.fits() {
            true => Err(DecodeError::OutOfRange),
            false => Ok(update),
        }
    }

    /// Whether it is within the bounds, however it was put together.
    fn fits(&self) -> bool {
        let headers: usize = self.headers.iter().map(Vec::len).sum();
        self.headers.len() <= MAX_CHAIN
            && self.headers.iter().all(|h| h.len() <= MAX_RECORD)
            && self.body.len() <= MAX_BODY
            && headers.saturating_add(self.body.len()) <= MAX_UPDATE
    }
}

/// A header from an update. Nobody has checked its signatures: that costs
/// far more than all else, and is done once a header turns out to be news.
pub(super) enum Parsed {
    Header(UnverifiedCosigned<PolicyHeader>),
    /// Of a version that isn't known here.
    TooNew(UnverifiedCosigned<HeaderStub>),
}

/// Reads a header wholly, with the keys in it.
pub(super) fn parse(bytes: &[u8]) -> Result<Parsed, ChainError> {
    match UnverifiedCosigned::<PolicyHeader>::parse(bytes) {
        Ok(h) => Ok(Parsed::Header(h)),
        Err(RecordError::Content(DecodeError::Critical(_) | DecodeError::Version(_))) => Ok(
            Parsed::TooNew(UnverifiedCosigned::<HeaderStub>::parse(bytes)?),
        ),
        Err(e) => Err(e.into()),
    }
}

/// A header of an update, of which only the place has been read: whatever is
/// junk shows there, before a key is unpacked.
pub(super) struct Received<'a> {
    /// Where it says that it stands; `None` of a first document.
    pub(super) place: Option<Previous>,
    pub(super) digest: Digest,
    pub(super) bytes: &'a [u8],
}

impl<'a> Received<'a> {
    /// All headers of `update`, each of which follows the one before it.
    pub(super) fn all(update: &'a PolicyUpdate) -> Result<Vec<Self>, ChainError> {
        if !update.fits() {
            return Err(ChainError::TooLarge);
        }
        let mut all: Vec<Self> = Vec::with_capacity(update.headers.len());
        for bytes in &update.headers {
            let (stub, digest) = UnverifiedCosigned::<HeaderStub>::glance(bytes)?;
            let place = stub.place;
            if let Some(before) = all.last() {
                let seq = before.place.map_or(0, |p| p.seq);
                match place {
                    Some(p) if Some(p.seq) != seq.checked_add(1) => return Err(ChainError::Gap),
                    Some(p) if p.digest != before.digest => return Err(ChainError::NotLinked),
                    Some(_) => {}
                    None => return Err(ChainError::Gap),
                }
            }
            all.push(Self {
                place,
                digest,
                bytes,
            });
        }
        Ok(all)
    }
}

/// Where a header stands, and nothing else of it: of one that a newer version
/// made, no more can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HeaderStub {
    /// `None` of a first document.
    place: Option<Previous>,
}

impl Encode for HeaderStub {
    /// Never signed by us: a stub is only read.
    fn encode(&self) -> Value {
        Value::Null
    }
}

impl Decode for HeaderStub {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        let place = match (r.req::<u64>(2)?, r.opt(1)?, r.opt(3)?) {
            (0, None, None) => None,
            (seq, Some(org), Some(digest)) if seq > 0 => Some(Previous { org, seq, digest }),
            _ => return Err(DecodeError::OutOfRange),
        };
        Ok(Self { place })
    }
}

impl Payload for HeaderStub {
    const KIND: Kind = PolicyHeader::KIND;
}
