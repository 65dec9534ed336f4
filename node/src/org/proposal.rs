//! A document on its way from one administrator to the next, as a file: what
//! it builds on, the header with the signatures so far, the body, and names
//! for the keys (spec 04, "Signing by files").

use ciborium::Value;
use kith_proto::cbor::{self, Bytes, DecodeError, MapBuilder, MapReader};
use kith_proto::policy::chain::{MAX_UPDATE, PolicyUpdate};
use kith_proto::policy::document::{MAX_BODY, MAX_KEYS, PolicyHeader};
use kith_proto::signed::{Cosigned, RecordError};
use thiserror::Error;

use super::draft::{Admin, admins, read_admins};

/// What the file says of itself.
const MAGIC: &str = "kith-policy-proposal";

/// The largest file: a whole chain, a body and a header.
pub const MAX_PROPOSAL: usize = MAX_UPDATE + MAX_BODY + 128 * 1024;

/// A document that is being signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The documents before, with the newest body; `None` for the first one.
    pub base: Option<PolicyUpdate>,
    /// The header, with the signatures so far.
    pub header: Cosigned<PolicyHeader>,
    /// The body that it names.
    pub body: Vec<u8>,
    /// By which names the administrators know the keys: not signed, only
    /// shown.
    pub labels: Vec<Admin>,
}

/// Why a file isn't a proposal.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ProposalError {
    /// Not such a file.
    #[error("{0}")]
    Malformed(#[from] DecodeError),
    /// A signature in it is wrong.
    #[error("a signature in it is wrong: {0}")]
    Record(#[from] RecordError),
}

impl Proposal {
    /// The file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let map = MapBuilder::new()
            .put(0, &1u64)
            .put(1, MAGIC)
            .put_opt(2, self.base.as_ref().map(|b| Bytes(b.to_bytes())).as_ref())
            .put(3, &Bytes(self.header.to_bytes()))
            .put(4, &Bytes(self.body.clone()))
            .put_list(5, &admins(&self.labels));
        cbor::to_bytes(&map.build())
    }

    /// Reads a file. That its parts belong together is for
    /// [`super::draft::Draft::from_proposal`] to say.
    ///
    /// # Errors
    /// See [`ProposalError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProposalError> {
        let mut r = MapReader::new(cbor::from_bytes::<Value>(bytes, MAX_PROPOSAL)?)?;
        r.version(0, 1)?;
        if r.req::<String>(1)? != MAGIC {
            return Err(DecodeError::Type("a policy to be signed").into());
        }
        let base = r
            .opt::<Bytes>(2)?
            .map(|b| PolicyUpdate::from_bytes(&b.0))
            .transpose()?;
        let header = Cosigned::parse(&r.req::<Bytes>(3)?.0)?;
        let body = r.req::<Bytes>(4)?.0;
        let labels = read_admins(r.list(5, 2 * MAX_KEYS)?)?;
        let _ = r.finish()?;
        Ok(Self {
            base,
            header,
            body,
            labels,
        })
    }
}
