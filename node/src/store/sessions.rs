//! Sessions that were claimed, so that none is used twice, and a crash leaves
//! none behind (SEAL-1, SEAL-3, rule R3).

use kith_proto::id::{DeviceId, PersonId, SessionId};
use kith_proto::seal::{ClaimError, Claimed, MAX_CLAIMS};
use kith_proto::session::{Kept, Side, Who};
use kith_proto::time::Timestamp;
use rusqlite::{OptionalExtension as _, Transaction};

use super::StoreError;

/// Marks a session as used and open, if it never was. The proof counts once
/// the transaction is committed.
///
/// # Errors
/// The disk refuses.
pub fn claim(
    tx: &Transaction<'_>,
    who: &Who,
    now: Timestamp,
    until: Timestamp,
) -> Result<Result<Claimed, ClaimError>, StoreError> {
    let at = |t: Timestamp| i64::try_from(t.as_millis()).unwrap_or(i64::MAX);
    tx.prepare_cached("DELETE FROM session WHERE over = 1 AND until < ?1")?
        .execute([at(now)])?;
    let kept: i64 = tx.query_row("SELECT count(*) FROM session", [], |r| r.get(0))?;
    if usize::try_from(kept).is_ok_and(|n| n >= MAX_CLAIMS) {
        return Ok(Err(ClaimError::Full));
    }
    if used(tx, &who.session)? {
        return Ok(Err(ClaimError::Used));
    }
    let side: i64 = match who.side {
        Side::Sharer => 1,
        Side::Viewer => 2,
    };
    tx.prepare_cached("INSERT INTO session VALUES (?1, ?2, ?3, ?4, ?5, 0, NULL)")?
        .execute((
            who.session.as_bytes(),
            at(until),
            side,
            who.person.as_bytes(),
            who.device.as_bytes(),
        ))?;
    Ok(Ok(Claimed::durably(who.session)))
}

/// Whether a session was used.
///
/// # Errors
/// The disk refuses.
pub fn used(tx: &Transaction<'_>, session: &SessionId) -> Result<bool, StoreError> {
    let found = tx
        .prepare_cached("SELECT 1 FROM session WHERE id = ?1")?
        .query_row([session.as_bytes()], |_| Ok(()))
        .optional()?;
    Ok(found.is_some())
}

/// A session runs, and what its end record is made of.
///
/// # Errors
/// The disk refuses.
pub fn runs(tx: &Transaction<'_>, session: &SessionId, kept: &Kept) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE session SET course = ?2 WHERE id = ?1")?
        .execute((session.as_bytes(), kept.to_bytes()))?;
    Ok(())
}

/// A session is over.
///
/// # Errors
/// The disk refuses.
pub fn over(tx: &Transaction<'_>, session: &SessionId) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE session SET over = 1, course = NULL WHERE id = ?1")?
        .execute([session.as_bytes()])?;
    Ok(())
}

/// Those that were claimed and are not over: what a crash left, and how it
/// went, of those that ran.
///
/// # Errors
/// The disk refuses.
pub fn open(tx: &Transaction<'_>) -> Result<Vec<(Who, Option<Kept>)>, StoreError> {
    let rows = tx
        .prepare_cached("SELECT id, side, person, device, course FROM session WHERE over = 0")?
        .query_map([], |r| {
            let side: i64 = r.get(1)?;
            let kept: Option<Vec<u8>> = r.get(4)?;
            let who = Who {
                session: SessionId::from_bytes(r.get(0)?),
                side: match side {
                    1 => Side::Sharer,
                    _ => Side::Viewer,
                },
                person: PersonId::from_bytes(r.get(2)?),
                device: DeviceId::from_bytes(r.get(3)?),
            };
            // What can't be read has no end that could be signed.
            Ok((who, kept.and_then(|k| Kept::from_bytes(&k).ok())))
        })?
        .collect::<Result<_, _>>()?;
    Ok(rows)
}
