//! `kith audit`: what the log of shares says, whether it is whole, and a copy
//! of it.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Subcommand;
use kith_api::{AuditLine, AuditPage, AuditRequest, AuditSound, Package, Reply, Request};
use kith_proto::audit::MAX_EXPORT;

use super::place::{connect, read_file, write_file};
use super::{Common, Fail, show};
use crate::audit_file;

/// What to do with the audit log.
#[derive(Debug, Subcommand)]
pub enum AuditAction {
    /// Show the newest entries.
    Show {
        /// How many.
        #[arg(long, short = 'n', default_value_t = 50)]
        limit: u32,
        /// Only of this session (its id).
        #[arg(long, value_name = "SESSION")]
        session: Option<String>,
    },
    /// Check that nothing was changed, taken out or cut off.
    Verify {
        /// Check this exported file instead of this device's own log. No node
        /// is needed for that.
        file: Option<PathBuf>,
    },
    /// Write the log to a file that anybody can check.
    Export {
        /// Where to.
        file: PathBuf,
        /// Only from this entry on, to go on after an earlier file.
        #[arg(long, default_value_t = 0, value_name = "ENTRY")]
        from: u64,
    },
}

pub(super) fn run(common: &Common, action: AuditAction) -> Result<(), Fail> {
    let ask =
        |request| -> Result<Reply, Fail> { Ok(connect(common)?.ask(Request::Audit(request))?) };
    match action {
        AuditAction::Show { limit, session } => {
            show::reply(common, &ask(AuditRequest::Show { limit, session })?)
        }
        AuditAction::Verify { file: None } => show::reply(common, &ask(AuditRequest::Verify)?),
        AuditAction::Verify { file: Some(file) } => {
            let content = read_file(&file, MAX_EXPORT as u64)?;
            show::reply(common, &Reply::AuditSound(audit_file::checked(&content)?))
        }
        AuditAction::Export { file, from } => match ask(AuditRequest::Export { from })? {
            Reply::Package(Package { content, .. }) => {
                write_file(&file, &content)?;
                show::written(common, &file, content.len())
            }
            other => show::reply(common, &other),
        },
    }
}

pub(super) fn page(out: &mut String, page: &AuditPage) -> std::fmt::Result {
    if page.entries.is_empty() {
        return writeln!(out, "Nothing was shared or asked for yet.");
    }
    page.entries.iter().try_for_each(|e| line(out, e))?;
    writeln!(
        out,
        "{} of {} entries. “kith audit verify” checks them.",
        page.entries.len(),
        page.length
    )
}

fn line(out: &mut String, e: &AuditLine) -> std::fmt::Result {
    writeln!(out, "{:>5}  {}  {}", e.place, show::time(e.at_ms), e.text)?;
    // What a share was for (CASE-1), each on a line of its own: what somebody
    // wrote can't pass for the log's own words.
    for (name, text) in &e.details {
        let what = match name.as_str() {
            "purpose" | "reference" => name,
            "patient-consent" => "patient consent obtained by",
            _ => continue,
        };
        writeln!(out, "{:7}{what}: {text}", "")?;
    }
    Ok(())
}

pub(super) fn sound(out: &mut String, s: &AuditSound) -> std::fmt::Result {
    writeln!(
        out,
        "Sound: {}.\n  log of {}",
        audit_file::in_words(s),
        s.device
    )?;
    if let Some(follows) = &s.follows {
        writeln!(out, "  goes on after entry {follows}")?;
    }
    match &s.last {
        Some(last) => writeln!(out, "  last entry {last}"),
        None => Ok(()),
    }
}
