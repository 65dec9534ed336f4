//! The end record: what both sides of a share sign when it is over (UI-4).

use ciborium::Value;
use thiserror::Error;

use super::entry::{MAX_LENGTH, Position};
use super::event::{By, put_case};
use super::{Code, Extent};
use crate::cbor::{Decode, DecodeError, Encode, MapBuilder, MapReader};
use crate::id::{DeviceId, PersonId, SessionId};
use crate::policy::case::Case;
use crate::policy::reference::PolicyRefs;
use crate::signed::{Cosigned, Kind, Payload};
use crate::technology::Technology;
use crate::time::Timestamp;

/// What a share was, as both sides sign it: a `Cosigned<EndRecord>` by the
/// sharer's and the viewer's device. [`judge`] says whether both did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndRecord {
    /// The session.
    pub session: SessionId,
    /// Who shared.
    pub sharer: PersonId,
    /// From which device.
    pub sharer_device: DeviceId,
    /// Who viewed.
    pub viewer: PersonId,
    /// On which device; another than the sharer's.
    pub viewer_device: DeviceId,
    /// The technology.
    pub technology: Technology,
    /// When pictures began to go over, by the sharer's clock.
    pub started: Timestamp,
    /// When the share ended, by the sharer's clock; not before it started.
    pub ended: Timestamp,
    /// The most that the viewer was granted at any time.
    pub extent: Extent,
    /// The policies it was granted under.
    pub policies: PolicyRefs,
    /// Who ended it.
    pub by: By,
    /// Why.
    pub reason: Code,
    /// What the share was for (CASE-1).
    pub case: Case,
    /// How far the sharer's log went when this was made.
    pub sharer_log: Position,
    /// How far the viewer's log went when this was made.
    pub viewer_log: Position,
}

impl Payload for EndRecord {
    const KIND: Kind = Kind {
        name: "end-record",
        version: 1,
        max: 20 * 1024,
    };
}

/// A position as it stands in a record; absent for a log without entries.
impl Encode for Position {
    fn encode(&self) -> Value {
        MapBuilder::new()
            .put(0, &self.length)
            .put_opt(1, self.last.as_ref())
            .build()
    }
}

impl Decode for Position {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        let at = Self {
            length: r.req(0)?,
            last: r.opt(1)?,
        };
        let _ = r.finish()?;
        if at.length > MAX_LENGTH || (at.length == 0) != at.last.is_none() {
            return Err(DecodeError::OutOfRange);
        }
        Ok(at)
    }
}

impl Encode for EndRecord {
    fn encode(&self) -> Value {
        let map = MapBuilder::new()
            .put(0, &1u64)
            .put(1, &self.session)
            .put(2, &self.sharer)
            .put(3, &self.sharer_device)
            .put(4, &self.viewer)
            .put(5, &self.viewer_device)
            .put(6, &self.technology)
            .put(7, &self.started)
            .put(8, &self.ended)
            .put(9, &self.extent)
            .put_list(10, self.policies.as_slice())
            .put(11, &self.by)
            .put(12, &self.reason)
            .put(14, &self.sharer_log)
            .put(15, &self.viewer_log);
        put_case(map, 13, &self.case).build()
    }
}

impl Decode for EndRecord {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        r.version(0, 1)?;
        let record = Self {
            session: r.req(1)?,
            sharer: r.req(2)?,
            sharer_device: r.req(3)?,
            viewer: r.req(4)?,
            viewer_device: r.req(5)?,
            technology: r.req(6)?,
            started: r.req(7)?,
            ended: r.req(8)?,
            extent: r.req(9)?,
            policies: PolicyRefs::read(&mut r, 10)?,
            by: r.req(11)?,
            reason: r.req(12)?,
            case: r.opt(13)?.unwrap_or_default(),
            sharer_log: r.req(14)?,
            viewer_log: r.req(15)?,
        };
        let _ = r.finish()?;
        if record.ended < record.started || record.sharer_device == record.viewer_device {
            return Err(DecodeError::OutOfRange);
        }
        Ok(record)
    }
}

/// Who signed an end record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completeness {
    /// Both sides.
    Both,
    /// The sharer alone: the viewer was gone, or wouldn't.
    SharerOnly,
    /// The viewer alone: the sharer was gone, or wouldn't.
    ViewerOnly,
}

/// Why an end record isn't believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum EndError {
    /// Signed by a device that had no part in the share.
    #[error("signed by a device that had no part in the share")]
    Stranger,
}

/// Who of the two signed. The signatures themselves were checked when the
/// document was read.
///
/// # Errors
/// [`EndError::Stranger`].
pub fn judge(document: &Cosigned<EndRecord>) -> Result<Completeness, EndError> {
    let record = document.payload();
    let (mut sharer, mut viewer) = (0, 0);
    for signer in document.signers().map(DeviceId::from) {
        sharer += u8::from(signer == record.sharer_device);
        viewer += u8::from(signer == record.viewer_device);
    }
    match (sharer, viewer, document.signers().len()) {
        (1, 1, 2) => Ok(Completeness::Both),
        (1, 0, 1) => Ok(Completeness::SharerOnly),
        (0, 1, 1) => Ok(Completeness::ViewerOnly),
        _ => Err(EndError::Stranger),
    }
}
