//! The audit log of this device (UI-4): one entry a step of a share, written
//! before the step is announced; and what faces ask about it.

mod facts;
mod words;

use std::collections::BTreeSet;

use kith_api::{
    ApiError, AuditExtent, AuditLine, AuditPage, AuditRequest, AuditShare, Code, Package,
    PersonRef, Reply, Verification,
};
use kith_proto::audit::{
    AuditEntry, AuditHead, AuditLog, Completeness, EndRecord, Event, Extent, Part, Position,
    Verified, end_records, verify, write_export,
};
use kith_proto::id::{DeviceId, PersonId, SessionId};
use kith_proto::names::escape_for_display;
use kith_proto::signed::{Cosigned, Signed, Unverified};
use rusqlite::Transaction;

use self::facts::Facts;
use self::words::Courses;
use super::error::{bad, fault};
use super::invites::hex;
use super::open::Open;
use crate::audit_file;
use crate::store::{StoreError, audit as stored};

/// The most entries in one answer.
const SHOWN_MAX: u32 = 1000;

/// Where the log goes on: behind its signed head. Were the last entries taken
/// out of the database, the gap stays visible for ever; a log whose head is
/// gone goes on behind the last entry there is.
pub(super) fn resume(tx: &Transaction<'_>, device: DeviceId) -> Result<AuditLog, StoreError> {
    let head = stored::head(tx)?.and_then(|b| read_head(&b));
    let at = match head {
        Some(head) => head.payload().position(),
        None => match stored::last(tx)? {
            None => Position::START,
            Some(bytes) => {
                let last = AuditEntry::from_bytes(&bytes)
                    .map_err(|e| StoreError::Content(format!("the audit log: {e}")))?;
                Position {
                    length: last.place() + 1,
                    last: Some(last.digest()),
                }
            }
        },
    };
    Ok(AuditLog::resume(device, at))
}

fn read_head(bytes: &[u8]) -> Option<Signed<AuditHead>> {
    Unverified::<AuditHead>::parse(bytes)
        .and_then(Unverified::verify_claimed)
        .ok()
}

/// Everything of the log that is stored, unchecked.
struct Copy {
    entries: Vec<Vec<u8>>,
    records: Vec<Vec<u8>>,
    head: Option<Vec<u8>>,
}

/// The log with its head and end records, all of it checked.
struct Checked {
    log: Verified,
    records: Vec<(Cosigned<EndRecord>, Completeness)>,
    head: Option<Signed<AuditHead>>,
}

fn tampered(what: impl core::fmt::Display) -> ApiError {
    ApiError::new(Code::Invalid, format!("the audit log was changed: {what}"))
        .hint("compare with a file exported earlier, or with the other side’s log")
}

/// Checks the chain; its end, by the signed head and by what the other sides
/// of shares have signed; and every end record.
fn check(device: DeviceId, copy: &Copy) -> Result<Checked, ApiError> {
    let log = verify(
        device,
        Position::START,
        copy.entries.iter().map(Vec::as_slice),
    )
    .map_err(tampered)?;
    let head = match (&copy.head, log.entries().is_empty()) {
        (None, true) => None,
        (None, false) => return Err(tampered("its signed head is missing")),
        (Some(bytes), _) => {
            let head = read_head(bytes).ok_or_else(|| tampered("its signed head is damaged"))?;
            match log.against(&head).map_err(tampered)? {
                0 => Some(head),
                n => {
                    return Err(tampered(format!(
                        "{n} entries stand behind its signed head"
                    )));
                }
            }
        }
    };
    let records = end_records(&log, copy.records.iter().map(Vec::as_slice)).map_err(tampered)?;
    Ok(Checked { log, records, head })
}

impl Open {
    /// The next entry, its signed head, and the log behind it: to be stored in
    /// one transaction with what it tells of; then the log takes the place of
    /// the one before.
    pub(super) fn next_entry(
        &self,
        event: Event,
    ) -> Result<(AuditEntry, Signed<AuditHead>, AuditLog), ApiError> {
        let (mut entries, next) = self.next_entries(core::iter::once(event))?;
        let (entry, head) = entries.pop().ok_or_else(|| fault("no entry"))?;
        Ok((entry, head, next))
    }

    /// The same for several.
    #[allow(
        clippy::type_complexity,
        reason = "each entry with its head, and the log"
    )]
    pub(super) fn next_entries(
        &self,
        events: impl Iterator<Item = Event>,
    ) -> Result<(Vec<(AuditEntry, Signed<AuditHead>)>, AuditLog), ApiError> {
        let now = self.now();
        let mut next = self.audit.clone();
        let mut entries = Vec::new();
        for event in events {
            let entry = next.append(now, event).map_err(fault)?;
            let head = next
                .head(now, self.account.device_key())
                .map_err(fault)?
                .ok_or_else(|| fault("a log without its entry"))?;
            entries.push((entry, head));
        }
        Ok((entries, next))
    }

    pub(super) async fn answer_audit(&mut self, request: AuditRequest) -> Result<Reply, ApiError> {
        match request {
            AuditRequest::Show { limit, session } => self.audit_show(limit, session).await,
            AuditRequest::Verify => {
                let checked = self.checked_audit().await?;
                let sound = audit_file::sound(&checked.log, &checked.records);
                Ok(Reply::AuditSound(sound))
            }
            AuditRequest::Export { from } => self.audit_export(from).await,
        }
    }

    async fn checked_audit(&self) -> Result<Checked, ApiError> {
        let copy = self
            .store
            .read(|tx| {
                Ok(Copy {
                    entries: stored::all(tx)?,
                    records: stored::end_records(tx)?,
                    head: stored::head(tx)?,
                })
            })
            .await?;
        check(self.account.device(), &copy)
    }

    async fn audit_export(&self, from: u64) -> Result<Reply, ApiError> {
        let Checked { log, records, head } = self.checked_audit().await?;
        let Some(head) = head else {
            return Err(ApiError::new(Code::NotFound, "the audit log is empty"));
        };
        let at = usize::try_from(from).unwrap_or(usize::MAX);
        if at >= log.entries().len() {
            return Err(ApiError::new(
                Code::NotFound,
                format!("the audit log has {} entries", log.entries().len()),
            ));
        }
        let start = Position {
            length: from,
            last: at
                .checked_sub(1)
                .and_then(|i| log.entries().get(i))
                .map(AuditEntry::digest),
        };
        let entries = log.entries().iter().skip(at).map(AuditEntry::bytes);
        let part = verify(log.device(), start, entries).map_err(fault)?;
        let named: Vec<_> = part
            .entries()
            .iter()
            .filter_map(|e| match e.event() {
                Event::Ended { record, .. } => *record,
                _ => None,
            })
            .collect();
        let records: Vec<_> = records
            .into_iter()
            .map(|(r, _)| r)
            .filter(|r| named.contains(&r.digest()))
            .collect();
        let content = write_export(start, &part, &records, &head)
            .map_err(|e| ApiError::new(Code::TooMuch, e.to_string()))?;
        Ok(Reply::Package(Package {
            name: format!("audit-{from}.kith-audit"),
            content,
        }))
    }

    async fn audit_show(&self, limit: u32, session: Option<String>) -> Result<Reply, ApiError> {
        let session = session
            .map(|s| s.parse::<SessionId>())
            .transpose()
            .map_err(|e| bad(format!("a session: {e}")))?;
        let limit = limit.clamp(1, SHOWN_MAX);
        let (length, found) = self
            .store
            .read(move |tx| {
                Ok((
                    stored::count(tx)?,
                    stored::newest(tx, session.as_ref(), limit)?,
                ))
            })
            .await?;
        let mut entries: Vec<AuditEntry> = Vec::with_capacity(found.len());
        for bytes in found {
            let entry = AuditEntry::from_bytes(&bytes).map_err(tampered)?;
            entries.push(entry);
        }
        let courses = self.courses(&entries).await?;
        let entries = entries.iter();
        let entries = entries.map(|entry| self.audit_line(entry, &courses));
        let entries = entries.collect();
        Ok(Reply::Audit(AuditPage { length, entries }))
    }

    /// How the sessions of these entries went, as far as the whole log has it.
    async fn courses(&self, entries: &[AuditEntry]) -> Result<Courses, ApiError> {
        let sessions: BTreeSet<SessionId> = entries
            .iter()
            .filter_map(|e| e.event().share().map(|s| s.session))
            .collect();
        let found = self
            .store
            .read(move |tx| {
                let all = sessions.iter();
                let all = all.map(|id| stored::newest(tx, Some(id), SHOWN_MAX));
                all.collect::<Result<Vec<_>, _>>()
            })
            .await?;
        let mut courses = Courses::default();
        for bytes in found.iter().flatten() {
            courses.learn(&AuditEntry::from_bytes(bytes).map_err(tampered)?);
        }
        Ok(courses)
    }

    fn audit_line(&self, entry: &AuditEntry, courses: &Courses) -> AuditLine {
        let (event, moment) = (entry.event(), courses.moment(entry));
        let share = event.share().map(|s| AuditShare {
            session: s.session,
            role: s.role.name().to_owned(),
            person: self.named(&s.person),
            device: s.device,
            technology: s.technology.name().to_owned(),
            part: s.part.map(Part::size),
        });
        let mut facts = Facts::of(event);
        let moment_of_it = moment.map(|m| ("moment".to_owned(), m.name().to_owned()));
        facts.details.extend(moment_of_it);
        AuditLine {
            place: entry.place(),
            digest: hex(entry.digest().as_bytes()),
            at_ms: entry.time().as_millis(),
            kind: facts.kind,
            text: self.sentence(event, moment),
            share,
            extent: facts.extent.map(shown_extent),
            details: facts.details,
        }
    }

    /// A person as faces see them, also one who isn't known any more.
    pub(super) fn named(&self, id: &PersonId) -> PersonRef {
        match self.people.get(id) {
            Some(person) => person.reference(),
            None => PersonRef {
                id: *id,
                name: match *id == self.account.person() {
                    true => escape_for_display(self.account.name().as_str()),
                    false => id.to_string(),
                },
                verified: Verification::Unverified,
            },
        }
    }
}

fn shown_extent(e: &Extent) -> AuditExtent {
    AuditExtent {
        view: e.view.name().to_owned(),
        control: e.control.name().to_owned(),
        rights: e.rights.iter().map(|r| r.name().to_owned()).collect(),
        applications: e
            .applications
            .as_slice()
            .iter()
            .map(|a| escape_for_display(a.as_str()))
            .collect(),
    }
}

#[cfg(test)]
mod tests;
