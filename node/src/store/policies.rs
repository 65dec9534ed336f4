//! Policy chains as they were last seen, and updates that were refused.

use kith_proto::id::{DeviceId, OrgId};
use kith_proto::policy::chain::ChainState;
use kith_proto::time::Timestamp;
use rusqlite::Transaction;

use super::StoreError;

/// How many refused updates are kept, the newest.
pub const REFUSED_MAX: u32 = 64;
/// How many bytes of refused updates are kept together.
pub const REFUSED_BYTES: usize = 1024 * 1024;

/// Whether an organisation's policy binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bond {
    /// The person has left: it is kept only so that nothing older comes back.
    Left = 0,
    /// The person belongs to it.
    Joined = 1,
}

/// Stores a chain's state, new or changed.
///
/// # Errors
/// The disk refuses.
pub fn put(
    tx: &Transaction<'_>,
    org: &OrgId,
    bond: Bond,
    state: &ChainState,
) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT OR REPLACE INTO policy (org, joined, state) VALUES (?1, ?2, ?3)")?
        .execute((org.as_bytes(), bond as i64, state.to_bytes()))?;
    Ok(())
}

/// All chains' states.
///
/// # Errors
/// The disk refuses, or a state can't be read: it is never passed over, as
/// nothing older may take its place.
pub fn all(tx: &Transaction<'_>) -> Result<Vec<(OrgId, Bond, ChainState)>, StoreError> {
    let rows = tx
        .prepare_cached("SELECT org, joined, state FROM policy ORDER BY org")?
        .query_map([], |r| {
            Ok((
                OrgId::from_bytes(r.get(0)?),
                r.get::<_, i64>(1)?,
                r.get::<_, Vec<u8>>(2)?,
            ))
        })?
        .collect::<Result<Vec<_>, _>>()?;
    rows.into_iter()
        .map(|(org, joined, state)| {
            let state = ChainState::from_bytes(&state)
                .map_err(|e| StoreError::Content(format!("a policy: {e}")))?;
            let bond = match joined {
                0 => Bond::Left,
                _ => Bond::Joined,
            };
            Ok((org, bond, state))
        })
        .collect()
}

/// A refused update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Of which organisation.
    pub org: OrgId,
    /// When.
    pub at: Timestamp,
    /// Which device brought it; `None`: it came as a file.
    pub from: Option<DeviceId>,
    /// Why, as a code.
    pub code: String,
    /// What was refused.
    pub bytes: Vec<u8>,
}

/// Keeps a refused update as evidence, and forgets the oldest ones beyond
/// [`REFUSED_MAX`] and [`REFUSED_BYTES`]. The same one is kept once.
///
/// # Errors
/// The disk refuses.
pub fn refuse(tx: &Transaction<'_>, refused: &Refused) -> Result<(), StoreError> {
    if refused.bytes.len() > REFUSED_BYTES {
        return Ok(());
    }
    tx.prepare_cached("DELETE FROM policy_refused WHERE org = ?1 AND bytes = ?2")?
        .execute((refused.org.as_bytes(), &refused.bytes))?;
    let at = i64::try_from(refused.at.as_millis()).unwrap_or(i64::MAX);
    tx.prepare_cached(
        "INSERT INTO policy_refused (org, at, from_device, code, bytes) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute((
        refused.org.as_bytes(),
        at,
        refused.from.as_ref().map(DeviceId::as_bytes),
        &refused.code,
        &refused.bytes,
    ))?;
    tx.prepare_cached(
        "DELETE FROM policy_refused WHERE id IN (
             SELECT id FROM (
                 SELECT id, row_number() OVER newest AS n, sum(length(bytes)) OVER newest AS total
                 FROM policy_refused WINDOW newest AS (ORDER BY id DESC)
             ) WHERE n > ?1 OR total > ?2)",
    )?
    .execute((
        REFUSED_MAX,
        i64::try_from(REFUSED_BYTES).unwrap_or(i64::MAX),
    ))?;
    Ok(())
}

/// The refused updates of an organisation, oldest first.
///
/// # Errors
/// The disk refuses.
pub fn refused(tx: &Transaction<'_>, org: &OrgId) -> Result<Vec<Refused>, StoreError> {
    Ok(tx
        .prepare_cached(
            "SELECT org, at, from_device, code, bytes FROM policy_refused WHERE org = ?1 ORDER BY id",
        )?
        .query_map([org.as_bytes()], |r| {
            let at: i64 = r.get(1)?;
            Ok(Refused {
                org: OrgId::from_bytes(r.get(0)?),
                at: u64::try_from(at)
                    .ok()
                    .and_then(Timestamp::from_millis)
                    .unwrap_or(Timestamp::EPOCH),
                from: r.get::<_, Option<[u8; 32]>>(2)?.map(DeviceId::from_bytes),
                code: r.get(3)?,
                bytes: r.get(4)?,
            })
        })?
        .collect::<Result<_, _>>()?)
}
