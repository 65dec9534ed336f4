use ciborium::Value;

use super::beyond::Stop;
use super::update::{HeaderStub, Parsed, Received, parse};
use super::{
    Author, Beyond, ChainError, Fork, PolicyChain, PolicyUpdate, Seen, Unusable, enough, read_body,
    settled, walk,
};
use crate::cbor::{self, Bytes, Decode, DecodeError, Encode, MapBuilder, MapReader};
use crate::digest::Digest;
use crate::id::OrgId;
use crate::policy::compiled::Compiled;
use crate::signed::UnverifiedCosigned;

/// The largest stored state in bytes: an update, two pieces of evidence, and
/// the digests of as many headers as a chain may have.
const MAX_STATE: usize = super::MAX_UPDATE + 5 * crate::canon::MAX_RECORD;
/// More items than a state has, counted before any is parsed: three maps with
/// at most five fields each, and room for what a later version adds.
const MAX_ITEMS: usize = 64;

/// A chain as it is stored: with evidence, so that the highest number seen is
/// durable (rule R2), and with the time seen, so that what has expired stays
/// so (POL-9). Local; it never travels. When to store it: see
/// [the module](super).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainState {
    org: OrgId,
    update: PolicyUpdate,
    fork: Option<Fork>,
    beyond: Option<Beyond>,
    /// Under which document, and what.
    pub(super) seen: Option<(Digest, Seen)>,
    /// Which document was the newest when it, or one behind it, was seen to
    /// be over.
    pub(super) ended: Option<Digest>,
}

impl PolicyChain {
    /// The state to store.
    #[must_use]
    pub fn state(&self) -> ChainState {
        ChainState {
            org: self.org,
            update: self.update_after(None),
            fork: self.fork.clone(),
            beyond: self.beyond.clone(),
            seen: Some((self.head().digest(), self.seen)),
            ended: self.ended.then(|| self.head().digest()),
        }
    }

    /// From the stored state. Signatures and links are checked again; times
    /// aren't: whether the policy is in force is a matter of
    /// [`PolicyChain::status`], by what was seen before the restart.
    ///
    /// # Errors
    /// The stored state is damaged.
    pub fn restore(state: &ChainState) -> Result<Self, ChainError> {
        let received = Received::all(&state.update)?;
        let first = received.first().ok_or(ChainError::Empty)?;
        let Parsed::Header(genesis) = parse(first.bytes)? else {
            return Err(ChainError::Unusable(Unusable::NeedsUpdate));
        };
        if OrgId::from(genesis.digest()) != state.org {
            return Err(ChainError::WrongOrganisation);
        }
        let mut headers = vec![enough(genesis.claimed_payload(), &genesis)?];
        let walk = walk(state.org, &headers, &received).whole()?;
        if let Some(b) = walk.beyond {
            return Err(ChainError::Unusable(b.why));
        }
        headers.extend(walk.new);
        let head = &headers[headers.len() - 1];
        let body = read_body(head.payload(), &state.update.body)?;
        let issued = head.payload().validity.issued;
        let seen = state
            .seen
            .filter(|(under, seen)| *under == head.digest() && seen.latest() >= issued)
            .map_or(Seen::from(issued), |(_, seen)| seen);
        let ended = state.ended == Some(head.digest());
        let fork = state.fork.clone();
        Ok(Self {
            org: state.org,
            compiled: Compiled::new(&body),
            fork: fork.filter(|f| !settled(headers.iter(), f)),
            headers,
            body_bytes: state.update.body.clone(),
            body,
            beyond: state.beyond.clone(),
            seen,
            ended,
        })
    }
}

impl ChainState {
    /// The bytes to store.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        cbor::to_bytes(self)
    }

    /// From stored bytes.
    ///
    /// # Errors
    /// Damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        Self::decode(cbor::few_from_bytes(bytes, MAX_STATE, MAX_ITEMS)?)
    }
}

impl Unusable {
    const STORED: [Self; 5] = [
        Self::Expired,
        Self::Forked,
        Self::NeedsUpdate,
        Self::Broken,
        Self::Full,
    ];

    fn stored(self) -> u64 {
        let at = Self::STORED.iter().position(|u| *u == self);
        at.and_then(|i| u64::try_from(i).ok()).unwrap_or_default()
    }

    fn from_stored(n: u64) -> Option<Self> {
        Self::STORED.get(usize::try_from(n).ok()?).copied()
    }
}

impl Encode for ChainState {
    fn encode(&self) -> Value {
        let fork = self.fork.as_ref().map(|f| {
            MapBuilder::new()
                .put(0, &f.seq)
                .put(1, &f.ours)
                .put(2, &f.theirs)
                .put(3, &Bytes(f.evidence.clone()))
                .put(4, &Bytes(f.by.map(Author::stored).to_vec()))
                .build()
        });
        let beyond = self.beyond.as_ref().map(|b| {
            MapBuilder::new()
                .put(0, &b.seq)
                .put(1, &b.why.stored())
                .put(2, &Bytes(b.evidence.clone()))
                .put(
                    3,
                    &Bytes(b.way.iter().flat_map(|s| *s.digest.as_bytes()).collect()),
                )
                .put(4, &Bytes(b.way.iter().map(|s| s.by.stored()).collect()))
                .build()
        });
        MapBuilder::new()
            .put(0, &1u64)
            .put(1, &self.org)
            .put(2, &Bytes(self.update.to_bytes()))
            .put_opt(3, fork.as_ref())
            .put_opt(4, beyond.as_ref())
            .put_opt(5, self.seen.map(|(under, _)| under).as_ref())
            .put_opt(6, self.seen.map(|(_, seen)| seen.encode()).as_ref())
            .put_opt(7, self.ended.as_ref())
            .build()
    }
}

impl Decode for ChainState {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        r.version(0, 1)?;
        let org = r.req(1)?;
        let update = PolicyUpdate::from_bytes(&r.req::<Bytes>(2)?.0)?;
        let fork = r.opt::<Value>(3)?.map(read_fork).transpose()?;
        let beyond = r.opt::<Value>(4)?.map(read_beyond).transpose()?;
        let under = r.opt(5)?;
        let seen = r.opt::<Value>(6)?.map(Seen::read).transpose()?;
        let ended = r.opt(7)?;
        let _ = r.finish()?;
        Ok(Self {
            org,
            update,
            fork,
            beyond,
            seen: under.zip(seen),
            ended,
        })
    }
}

impl Author {
    const fn stored(self) -> u8 {
        match self {
            Self::Admins => 0,
            Self::Recovery => 1,
        }
    }

    const fn from_stored(n: u8) -> Self {
        match n {
            0 => Self::Admins,
            _ => Self::Recovery,
        }
    }
}

/// Whose word each of `n` documents is; an earlier version didn't keep it,
/// and then no other outranks them.
fn read_authors(r: &mut MapReader, n: usize) -> Result<Vec<Author>, DecodeError> {
    let Some(Bytes(by)) = r.opt::<Bytes>(4)? else {
        return Ok(vec![Author::Recovery; n]);
    };
    match by.len() == n {
        true => Ok(by.into_iter().map(Author::from_stored).collect()),
        false => Err(DecodeError::OutOfRange),
    }
}

fn read_fork(value: Value) -> Result<Fork, DecodeError> {
    let mut r = MapReader::new(value)?;
    let [ours_by, theirs_by] = read_authors(&mut r, 2)?[..] else {
        return Err(DecodeError::OutOfRange);
    };
    Ok(Fork {
        seq: r.req(0)?,
        ours: r.req::<Digest>(1)?,
        theirs: r.req::<Digest>(2)?,
        evidence: r.req::<Bytes>(3)?.0,
        by: [ours_by, theirs_by],
    })
}

fn read_beyond(value: Value) -> Result<Beyond, DecodeError> {
    let mut r = MapReader::new(value)?;
    let seq = r.req(0)?;
    let why = Unusable::from_stored(r.req(1)?).ok_or(DecodeError::OutOfRange)?;
    let evidence = r.req::<Bytes>(2)?.0;
    let way: Vec<Digest> = match r.opt::<Bytes>(3)? {
        Some(Bytes(way)) => {
            let (whole, rest) = way.as_chunks::<32>();
            if whole.is_empty() || !rest.is_empty() {
                return Err(DecodeError::OutOfRange);
            }
            whole.iter().map(|d| Digest::from_bytes(*d)).collect()
        }
        // An earlier version kept the last of them alone.
        None => UnverifiedCosigned::<HeaderStub>::parse(&evidence)
            .map(|h| vec![h.digest()])
            .map_err(|_| DecodeError::OutOfRange)?,
    };
    let by = read_authors(&mut r, way.len())?;
    let stops = way.into_iter().zip(by);
    Ok(Beyond {
        seq,
        why,
        evidence,
        way: stops.map(|(digest, by)| Stop { digest, by }).collect(),
    })
}
