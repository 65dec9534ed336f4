//! What an entry of a person's log may change (spec 01, "Rules"): pure
//! functions of the entry and the state before it. Clocks and forks are the
//! log's matter.

use thiserror::Error;

use crate::blame::Blame;
use crate::id::DeviceId;
use crate::keys::PublicKey;
use crate::signed::Cosigned;

use super::entry::{Listing, MAX_CERTIFIED, MAX_REVOKED, OUTGOING, Outgoing, PersonEntry, Reason};

/// What kind of step an entry is: its signatures tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The first entry.
    Genesis,
    /// Devices came, went or were renewed; signed by the person key.
    Ordinary,
    /// A new person key; signed by the old one and the new one.
    Rotation,
    /// A new person key; signed by the recovery key and the new one.
    Recovery,
}

/// Which signature is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signer {
    /// The current person key's, or for a recovery the recovery key's.
    Entitled,
    /// The new person key's.
    NewKey,
}

/// Why an entry isn't a right step from the state before it. Always the fault
/// of who made it; an honest program makes none of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RuleError {
    /// A first entry with a person, a number, a predecessor, revocations or
    /// an outgoing key; or a later one without a person or a predecessor.
    #[error("not the form of a first entry, or of a later one")]
    Form,
    /// Its sequence number isn't one more than the last.
    #[error("not the next number")]
    Seq,
    /// It names another predecessor.
    #[error("it names another predecessor")]
    Previous,
    /// A signature that the step needs is missing.
    #[error("the signature of {} is missing", match .0 {
        Signer::Entitled => "the current person key or the recovery key",
        Signer::NewKey => "the new person key",
    })]
    MissingSignature(Signer),
    /// A signature by a key that has no say in this step.
    #[error("a signature by a key that has no say here")]
    ExtraSignature,
    /// Issued before the entry that it follows.
    #[error("issued before the entry that it follows")]
    IssuedBefore,
    /// One key in two roles.
    #[error("the person key and the recovery key are the same")]
    SameKey,
    /// A recovery that doesn't bring a fresh recovery key: the old sheet is
    /// used up.
    #[error("a recovery must replace the recovery key")]
    RecoveryKept,
    /// The recovery key changed, or an outgoing one was dropped or prolonged,
    /// against the rule that an old key still counts for 30 days.
    #[error("the recovery key may not change in this way")]
    RecoveryChange,
    /// A recovery that lists more than one new device, or changes one it keeps.
    #[error("a recovery may certify one new device, and change no other")]
    RecoveryDevices,
    /// A revoked device is listed again.
    #[error("a revoked device is listed again: {0:?}")]
    RevokedReturns(DeviceId),
    /// A revocation was dropped or altered, or starts after the entry.
    #[error("a revocation was dropped or altered: {0:?}")]
    Revocation(DeviceId),
    /// A device left the list though it is neither revoked nor expired.
    #[error("a device left without being revoked: {0:?}")]
    Vanished(DeviceId),
    /// The date on which a device was added is wrong or has changed.
    #[error("wrong date of a device's first listing: {0:?}")]
    Added(DeviceId),
    /// A device is certified for no time, or longer than [`MAX_CERTIFIED`].
    #[error("a device is certified for too long, or not at all: {0:?}")]
    Certified(DeviceId),
}

impl RuleError {
    /// Whose fault it is.
    #[must_use]
    pub fn blame(&self) -> Blame {
        Blame::Misbehaved
    }
}

/// Checks a first entry.
///
/// # Errors
/// See [`RuleError`].
pub fn judge_genesis(doc: &Cosigned<PersonEntry>) -> Result<Change, RuleError> {
    let e = doc.payload();
    let bare = e.person.is_none()
        && e.seq == 0
        && e.previous.is_none()
        && e.outgoing.is_none()
        && e.revoked.is_empty();
    if !bare {
        return Err(RuleError::Form);
    }
    exactly(doc, &[e.key], Signer::Entitled)?;
    distinct_keys(e)?;
    e.devices.iter().try_for_each(|d| fresh(e, d))?;
    Ok(Change::Genesis)
}

/// Checks that `doc` is a right step from `last`.
///
/// # Errors
/// See [`RuleError`].
pub fn judge(
    last: &Cosigned<PersonEntry>,
    doc: &Cosigned<PersonEntry>,
) -> Result<Change, RuleError> {
    let (p, e) = (last.payload(), doc.payload());
    if e.person.is_none() || e.previous.is_none() {
        return Err(RuleError::Form);
    }
    if Some(e.seq) != p.seq.checked_add(1) {
        return Err(RuleError::Seq);
    }
    if e.previous != Some(last.digest()) {
        return Err(RuleError::Previous);
    }
    if e.issued < p.issued {
        return Err(RuleError::IssuedBefore);
    }
    let change = signatures(p, doc)?;
    distinct_keys(e)?;
    match change {
        Change::Recovery => recovery(p, e)?,
        _ => recovery_key(p, e)?,
    }
    revocations(p, e)?;
    devices(p, e)?;
    Ok(change)
}

/// Which recovery key signed a recovery on top of `last`, if one did.
pub(super) fn recovery_signer(
    last: &PersonEntry,
    doc: &Cosigned<PersonEntry>,
) -> Option<PublicKey> {
    let mut keys = last.recovery_keys(doc.payload().issued);
    keys.find(|k| doc.signed_by(&[*k]) == 1)
}

fn exactly(
    doc: &Cosigned<PersonEntry>,
    keys: &[PublicKey],
    missing: Signer,
) -> Result<(), RuleError> {
    if doc.signed_by(keys) < keys.len() {
        return Err(RuleError::MissingSignature(missing));
    }
    if doc.signers().len() > keys.len() {
        return Err(RuleError::ExtraSignature);
    }
    Ok(())
}

fn signatures(p: &PersonEntry, doc: &Cosigned<PersonEntry>) -> Result<Change, RuleError> {
    let e = doc.payload();
    if e.key == p.key {
        exactly(doc, &[e.key], Signer::Entitled)?;
        return Ok(Change::Ordinary);
    }
    let (by, change) = if doc.signed_by(&[p.key]) == 1 {
        (p.key, Change::Rotation)
    } else if let Some(sheet) = recovery_signer(p, doc) {
        (sheet, Change::Recovery)
    } else {
        return Err(RuleError::MissingSignature(Signer::Entitled));
    };
    exactly(doc, &[by, e.key], Signer::NewKey)?;
    Ok(change)
}

fn distinct_keys(e: &PersonEntry) -> Result<(), RuleError> {
    let outgoing = e.outgoing.map(|o| o.key);
    let same = e.recovery == Some(e.key)
        || outgoing == Some(e.key)
        || (outgoing.is_some() && outgoing == e.recovery);
    if same {
        Err(RuleError::SameKey)
    } else {
        Ok(())
    }
}

/// The recovery key in a step that the person key signed.
fn recovery_key(p: &PersonEntry, e: &PersonEntry) -> Result<(), RuleError> {
    let over = p.outgoing.filter(|o| e.issued < o.until).is_none();
    let right = match (p.recovery, p.outgoing) {
        // Unchanged, while an outgoing key stays until its time is over.
        (same, outgoing) if e.recovery == same => {
            e.outgoing == outgoing || (e.outgoing.is_none() && over)
        }
        (None, outgoing) => e.outgoing == outgoing || (e.outgoing.is_none() && over),
        // Replaced or removed: the old one becomes outgoing.
        (Some(key), _) => {
            let until = e.issued.after(OUTGOING);
            over && e.outgoing == Some(Outgoing { key, until })
        }
    };
    if right {
        Ok(())
    } else {
        Err(RuleError::RecoveryChange)
    }
}

/// What a recovery may do: fresh keys, at most one new device.
fn recovery(p: &PersonEntry, e: &PersonEntry) -> Result<(), RuleError> {
    let used = |k: PublicKey| Some(k) == p.recovery || p.outgoing.is_some_and(|o| o.key == k);
    match e.recovery {
        Some(k) if !used(k) => {}
        _ => return Err(RuleError::RecoveryKept),
    }
    if e.outgoing.is_some() {
        return Err(RuleError::RecoveryChange);
    }
    let new = |d: &&Listing| p.device(&d.device) != Some(*d);
    if e.devices.iter().filter(new).count() > 1
        || e.devices
            .iter()
            .filter(new)
            .any(|d| p.device(&d.device).is_some())
    {
        return Err(RuleError::RecoveryDevices);
    }
    Ok(())
}

fn revocations(p: &PersonEntry, e: &PersonEntry) -> Result<(), RuleError> {
    for old in &p.revoked {
        if e.revocation(&old.device) != Some(old) {
            return Err(RuleError::Revocation(old.device));
        }
    }
    for new in &e.revoked {
        if new.since > e.issued && p.revocation(&new.device).is_none() {
            return Err(RuleError::Revocation(new.device));
        }
        if e.device(&new.device).is_some() {
            return Err(RuleError::RevokedReturns(new.device));
        }
    }
    Ok(())
}

fn devices(p: &PersonEntry, e: &PersonEntry) -> Result<(), RuleError> {
    for old in &p.devices {
        let gone = e.device(&old.device).is_none();
        let excused = e.revocation(&old.device).is_some()
            || old.expires <= e.issued
            || e.revoked.len() == MAX_REVOKED;
        if gone && !excused {
            return Err(RuleError::Vanished(old.device));
        }
    }
    for d in &e.devices {
        match p.device(&d.device) {
            Some(old) if old == d => {}
            Some(old) if old.added != d.added => return Err(RuleError::Added(d.device)),
            Some(old) if old.expires == d.expires => {}
            Some(_) => certified(e, d)?,
            None => fresh(e, d)?,
        }
    }
    Ok(())
}

/// A device that wasn't listed before.
fn fresh(e: &PersonEntry, d: &Listing) -> Result<(), RuleError> {
    if d.added != e.issued {
        return Err(RuleError::Added(d.device));
    }
    certified(e, d)
}

fn certified(e: &PersonEntry, d: &Listing) -> Result<(), RuleError> {
    if d.expires <= e.issued || d.expires.since(e.issued) > MAX_CERTIFIED {
        return Err(RuleError::Certified(d.device));
    }
    Ok(())
}

/// Drafts the recovery of a person (ID-6): revokes every device of `last`,
/// and lists `device` alone. Sign it with the recovery key and the new person
/// key.
#[must_use]
pub fn revoke_all(
    mut draft: PersonEntry,
    key: PublicKey,
    recovery: PublicKey,
    device: Listing,
) -> PersonEntry {
    let listed: Vec<DeviceId> = draft.devices.iter().map(|d| d.device).collect();
    let since = draft.issued;
    for d in listed {
        draft.revoke(d, since, Reason::RECOVERY);
    }
    draft.key = key;
    draft.recovery = Some(recovery);
    draft.outgoing = None;
    draft.list(device);
    draft
}
