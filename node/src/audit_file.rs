//! A log of shares that came as a file (UI-4, XFER-1): anybody can check it,
//! and nobody's own log takes it in.

use kith_api::{ApiError, AuditSound, Code};
use kith_proto::audit::{Completeness, MAGIC, read_export};

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
    let both = export
        .end_records
        .iter()
        .filter(|(_, c)| *c == Completeness::Both);
    let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    Ok(AuditSound {
        device: export.log.device(),
        entries: count(export.log.entries().len()),
        end_records: count(export.end_records.len()),
        signed_by_both: count(both.count()),
        last: export
            .log
            .position()
            .last
            .map(|d| d.as_bytes().iter().map(|b| format!("{b:02x}")).collect()),
    })
}

/// What a log holds, in words.
pub(crate) fn in_words(sound: &AuditSound) -> String {
    let counted = |n: u64, one: &str, more: &str| match n {
        1 => format!("1 {one}"),
        n => format!("{n} {more}"),
    };
    let entries = counted(sound.entries, "entry", "entries");
    let records = counted(sound.end_records, "end record", "end records");
    format!(
        "{entries}, {records} ({} signed by both sides)",
        sound.signed_by_both
    )
}
