//! A log as a file (UI-4, XFER-1): entries, end records and a head, checked
//! as a whole by whoever reads it.

use std::collections::BTreeMap;

use ciborium::Value;
use thiserror::Error;

use super::end::{Completeness, EndError, EndRecord, judge};
use super::entry::Position;
use super::event::Event;
use super::log::{AuditHead, ChainError, HeadError, Verified, verify};
use crate::canon::MAX_RECORD;
use crate::cbor::{self, Bytes, Decode as _, DecodeError, Encode as _, MapBuilder, MapReader};
use crate::digest::Digest;
use crate::id::{DeviceId, SessionId};
use crate::signed::{Cosigned, RecordError, Signed, Unverified};

/// The first bytes of the file; the number is the version.
pub const MAGIC: &[u8] = b"kith audit 1\n";

/// The largest file in bytes: 64 MiB, some hundred thousand entries. Longer
/// logs are exported in parts, each from the head of the one before.
pub const MAX_EXPORT: usize = 64 * 1024 * 1024;

const ENTRY: u64 = 1;
const END_RECORD: u64 = 2;
const HEAD: u64 = 3;

/// What was read from a file, all of it checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// The entries, from the file's start position to its head.
    pub log: Verified,
    /// The end records: those that the entries name, and all of them.
    pub end_records: Vec<(Cosigned<EndRecord>, Completeness)>,
    /// The head.
    pub head: Signed<AuditHead>,
}

/// Why a file isn't believed: altered, cut off, or not one of ours.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ExportError {
    /// Not an audit file, or of a version that is unknown here.
    #[error("not an audit file of a version known here")]
    Magic,
    /// Larger than [`MAX_EXPORT`].
    #[error("larger than {} MiB", MAX_EXPORT >> 20)]
    TooLarge,
    /// The file ends inside a part, or before its head.
    #[error("the file is cut off")]
    CutOff,
    /// Something follows the head.
    #[error("something follows the head")]
    Trailing,
    /// A part that isn't one.
    #[error("a part of the file: {0}")]
    Malformed(#[from] DecodeError),
    /// The entries aren't a chain.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The head isn't that of these entries.
    #[error(transparent)]
    Head(#[from] HeadError),
    /// Entries stand in the file that its head doesn't cover.
    #[error("{0} entries that the head doesn't cover")]
    Uncovered(u64),
    /// A signed part isn't believed.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// An end record isn't believed.
    #[error(transparent)]
    End(#[from] EndError),
    /// An end record that no entry names, of another session than the entry
    /// says, of a share that the device had no part in, or a second time.
    #[error("an end record that doesn't belong to the log")]
    Stray,
    /// An entry names an end record that isn't there: it was taken out.
    #[error("the end record of session {0} is missing")]
    NoRecord(SessionId),
    /// The log isn't the one that an end record was signed about.
    #[error("it isn't the one that was signed at the end of session {0}")]
    OtherHistory(SessionId),
}

fn part(out: &mut Vec<u8>, value: &Value) {
    let bytes = cbor::value_bytes(value);
    // A part is bounded by the record it holds, far below 2^32.
    let len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    out.extend(len.to_be_bytes());
    out.extend(bytes);
}

fn typed(out: &mut Vec<u8>, kind: u64, bytes: &[u8]) {
    let content = Value::Bytes(bytes.to_vec());
    part(out, &Value::Array(vec![kind.encode(), content]));
}

/// The file of `log` with the given end records, closed by `head`, which must
/// cover just these entries.
///
/// # Errors
/// The head doesn't fit, an end record is stray, or the file would be too
/// large: whatever a reader would refuse.
pub fn write_export(
    from: Position,
    log: &Verified,
    end_records: &[Cosigned<EndRecord>],
    head: &Signed<AuditHead>,
) -> Result<Vec<u8>, ExportError> {
    let mut out = MAGIC.to_vec();
    let header = MapBuilder::new()
        .put(0, &1u64)
        .put(1, &log.device())
        .put_opt(2, (from != Position::START).then_some(&from))
        .build();
    part(&mut out, &header);
    for entry in log.entries() {
        typed(&mut out, ENTRY, entry.bytes());
    }
    for record in end_records {
        typed(&mut out, END_RECORD, &record.to_bytes());
    }
    typed(&mut out, HEAD, head.bytes());
    read_export(&out)?;
    Ok(out)
}

/// The largest part: a record and the few bytes around it.
const MAX_PART: usize = MAX_RECORD + 16;

struct Parts<'a>(&'a [u8]);

impl<'a> Parts<'a> {
    fn next(&mut self) -> Result<&'a [u8], ExportError> {
        let (len, rest) = self.0.split_first_chunk().ok_or(ExportError::CutOff)?;
        let len = usize::try_from(u32::from_be_bytes(*len)).map_err(|_| ExportError::CutOff)?;
        let (part, rest) = rest.split_at_checked(len).ok_or(ExportError::CutOff)?;
        self.0 = rest;
        Ok(part)
    }
}

/// Reads a file and checks all of it: the chain, the head and its signature,
/// and the end records. What it can't tell is what stood before
/// [`Verified::from`].
///
/// # Errors
/// The first thing that is wrong.
pub fn read_export(file: &[u8]) -> Result<Export, ExportError> {
    if file.len() > MAX_EXPORT {
        return Err(ExportError::TooLarge);
    }
    let mut parts = Parts(file.strip_prefix(MAGIC).ok_or(ExportError::Magic)?);
    let mut header = MapReader::new(cbor::value_from_bytes(parts.next()?, MAX_PART)?)?;
    header.version(0, 1)?;
    let device: DeviceId = header.req(1)?;
    let from: Position = header.opt(2)?.unwrap_or_default();
    let _ = header.finish()?;

    let (mut entries, mut records) = (Vec::new(), Vec::new());
    let head = loop {
        let value = cbor::value_from_bytes(parts.next()?, MAX_PART)?;
        let pair: [Value; 2] = <Vec<Value>>::decode(value)?
            .try_into()
            .map_err(|_| DecodeError::Type("a kind and its bytes"))?;
        let [kind, content] = pair;
        let content = Bytes::decode(content)?.0;
        match u64::decode(kind)? {
            ENTRY if records.is_empty() => entries.push(content),
            END_RECORD => records.push(content),
            HEAD => break content,
            _ => return Err(DecodeError::OutOfRange.into()),
        }
    };
    if !parts.0.is_empty() {
        return Err(ExportError::Trailing);
    }

    let log = verify(device, from, entries.iter().map(Vec::as_slice))?;
    let head = Unverified::<AuditHead>::parse(&head)?.verify_claimed()?;
    match log.against(&head)? {
        0 => {}
        n => return Err(ExportError::Uncovered(n)),
    }
    let end_records = end_records(&log, records.iter().map(Vec::as_slice))?;
    Ok(Export {
        log,
        end_records,
        head,
    })
}

/// Checks that `records` are the end records of `log`: those that its entries
/// name, each once and none missing, and signed about this log and no other.
///
/// # Errors
/// The first thing that is wrong.
pub fn end_records<'a>(
    log: &Verified,
    records: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Vec<(Cosigned<EndRecord>, Completeness)>, ExportError> {
    let mut named = named_records(log);
    let mut found = Vec::new();
    for bytes in records {
        let record = Cosigned::<EndRecord>::parse(bytes)?;
        let completeness = judge(&record)?;
        let said = record.payload();
        let at = match log.device() {
            device if device == said.sharer_device => said.sharer_log,
            device if device == said.viewer_device => said.viewer_log,
            _ => return Err(ExportError::Stray),
        };
        if !log.goes_through(at) {
            return Err(ExportError::OtherHistory(said.session));
        }
        if named.remove(&record.digest()) != Some(said.session) {
            return Err(ExportError::Stray);
        }
        found.push((record, completeness));
    }
    match named.into_values().next() {
        None => Ok(found),
        Some(session) => Err(ExportError::NoRecord(session)),
    }
}

/// The end records that entries name, and the session that each is of.
fn named_records(log: &Verified) -> BTreeMap<Digest, SessionId> {
    let events = log.entries().iter().map(|e| e.event());
    events
        .filter_map(|event| match event {
            Event::Ended { share, record, .. } => record.map(|r| (r, share.session)),
            _ => None,
        })
        .collect()
}
