//! A log of shares that came as a file (UI-4, XFER-1): anybody can check it,
//! and nobody's own log takes it in.

use kith_api::{ApiError, AuditSound, Code};
use kith_proto::audit::{Completeness, EndRecord, MAGIC, Verified, read_export};
use kith_proto::digest::Digest;
use kith_proto::signed::Cosigned;

/// Whether a file says that it is one.
pub(crate) fn is_one(content: &[u8]) -> bool {
    content.starts_with(MAGIC)
}

/// Checks it.
///
/// # Errors
/// The first thing that is wrong with it.
pub(crate) fn checked(content: &[u8]) -> Result<AuditSound, ApiError> {
    let export = read_export(content)
        .map_err(|e| ApiError::new(Code::Invalid, format!("the file isn’t sound: {e}")))?;
    Ok(sound(&export.log, &export.end_records))
}

/// What is said of a log that was checked with its end records.
pub(crate) fn sound(log: &Verified, records: &[(Cosigned<EndRecord>, Completeness)]) -> AuditSound {
    let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let hex = |d: Digest| d.as_bytes().iter().map(|b| format!("{b:02x}")).collect();
    let both = records.iter().filter(|(_, c)| *c == Completeness::Both);
    AuditSound {
        device: log.device(),
        before: log.from().length,
        follows: log.from().last.map(hex),
        entries: count(log.entries().len()),
        end_records: count(records.len()),
        signed_by_both: count(both.count()),
        last: log.position().last.map(hex),
    }
}

/// What a log holds, in words.
pub(crate) fn in_words(sound: &AuditSound) -> String {
    let counted = |n: u64, one: &str, more: &str| match n {
        1 => format!("1 {one}"),
        n => format!("{n} {more}"),
    };
    let entries = counted(sound.entries, "entry", "entries");
    let records = counted(sound.end_records, "end record", "end records");
    let all = format!(
        "{entries}, {records} ({} signed by both sides)",
        sound.signed_by_both
    );
    match sound.before {
        0 => all,
        n => format!(
            "{all}, a part of the log only: what stands before ({}) isn’t in it and wasn’t checked",
            counted(n, "entry", "entries")
        ),
    }
}
