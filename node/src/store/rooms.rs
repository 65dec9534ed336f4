//! Rooms in the database: the trait of `kith-proto`, over one transaction.

pub mod copy;
mod forks;

use kith_proto::id::{DeviceId, PersonId, RoomId};
use kith_proto::room::body::{Body, Content};
use kith_proto::room::entry::{Entry, EntryId, EntryIn, Pos};
use kith_proto::room::kind::KindCode;
use kith_proto::room::log::BodyState;
use kith_proto::room::receipt::Receipt;
use kith_proto::room::store::{Loaded, RoomStore};
use kith_proto::room::sync::{Ack, StoreBatch};
use kith_proto::signed::Unverified;
use rusqlite::{CachedStatement, OptionalExtension as _, Row, Transaction};

use super::StoreError;

/// The rooms, as one transaction sees them.
#[derive(Debug)]
pub struct Rooms<'a, 'c>(pub &'a Transaction<'c>);

const HERE: i64 = 0;
const MISSING: i64 = 1;
const ERASED: i64 = 2;
/// Not in the log any more; the body is here unless it was erased since.
const BEHIND: i64 = 3;

fn seq(n: u64) -> i64 {
    // Numbers stay below 2^40 (`room::MAX_SEQ`).
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn unseq(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

fn damaged(what: &str) -> StoreError {
    StoreError::Content(what.to_owned())
}

impl Rooms<'_, '_> {
    fn put(&self, room: &RoomId, entry: &Entry) -> Result<(), StoreError> {
        let pos = entry.pos();
        let kind = entry.header().kind;
        let kept = self.take_behind(room, entry)?;
        let body = entry.body_bytes().or(kept.as_deref());
        let state = match body {
            Some(_) => HERE,
            None => MISSING,
        };
        self.0
            .prepare_cached("INSERT OR REPLACE INTO entry VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?
            .execute((
                room.as_bytes(),
                pos.device.as_bytes(),
                seq(pos.seq),
                entry.id().0.as_bytes(),
                i64::from(kind.number()),
                state,
                entry.header_bytes(),
                body,
            ))?;
        if let Some(body) = body {
            self.derive(room, &pos, kind, body)?;
        }
        Ok(())
    }

    /// Notes what follows from a body: what it is about, and its words.
    fn derive(
        &self,
        room: &RoomId,
        pos: &Pos,
        kind: KindCode,
        body: &[u8],
    ) -> Result<(), StoreError> {
        let at = (room.as_bytes(), pos.device.as_bytes(), seq(pos.seq));
        let (target, text) = match Body::decode(kind, body) {
            Ok(Body::Content(Content::Text { text, .. })) => (None, Some(text)),
            Ok(Body::Content(Content::Edit { target, text })) => (Some(target), Some(text)),
            Ok(Body::Content(Content::Reaction { target, .. })) => (Some(target), None),
            Ok(Body::Content(Content::File(offer))) => {
                self.0
                    .prepare_cached("INSERT OR IGNORE INTO file_offer VALUES (?1, ?2, ?3, ?4)")?
                    .execute((at.0, at.1, at.2, offer.hash))?;
                (None, Some(offer.name))
            }
            _ => return Ok(()),
        };
        if let Some(target) = target {
            self.0
                .prepare_cached("INSERT OR IGNORE INTO about VALUES (?1, ?2, ?3, ?4)")?
                .execute((at.0, target.0.as_bytes(), at.1, at.2))?;
        }
        if let Some(text) = text {
            let row: Option<i64> = self
                .0
                .prepare_cached(
                    "INSERT OR IGNORE INTO text_entry (room, device, seq) VALUES (?1, ?2, ?3)
                     RETURNING rowid",
                )?
                .query_row(at, |r| r.get(0))
                .optional()?;
            if let Some(row) = row {
                self.0
                    .prepare_cached("INSERT INTO text_index (rowid, text) VALUES (?1, ?2)")?
                    .execute((row, text))?;
            }
        }
        Ok(())
    }

    /// Takes back what [`Self::derive`] noted of entries from `pos` on.
    fn underive(
        &self,
        room: &RoomId,
        device: &DeviceId,
        from: u64,
        to: u64,
    ) -> Result<(), StoreError> {
        let range = (room.as_bytes(), device.as_bytes(), seq(from), seq(to));
        for sql in [
            "DELETE FROM text_index WHERE rowid IN (SELECT rowid FROM text_entry
             WHERE room = ?1 AND device = ?2 AND seq >= ?3 AND seq < ?4)",
            "DELETE FROM text_entry WHERE room = ?1 AND device = ?2 AND seq >= ?3 AND seq < ?4",
            "DELETE FROM about WHERE room = ?1 AND device = ?2 AND seq >= ?3 AND seq < ?4",
            // A file goes with the last entry that offers it: first its key,
            // here; its blob, unreadable by then, at the next sweep.
            "DELETE FROM file WHERE room = ?1
             AND hash IN (SELECT hash FROM file_offer
                 WHERE room = ?1 AND device = ?2 AND seq >= ?3 AND seq < ?4)
             AND NOT EXISTS (SELECT 1 FROM file_offer o
                 WHERE o.room = ?1 AND o.hash = file.hash
                 AND NOT (o.device = ?2 AND o.seq >= ?3 AND o.seq < ?4))",
            "DELETE FROM file_offer WHERE room = ?1 AND device = ?2 AND seq >= ?3 AND seq < ?4",
        ] {
            self.0.prepare_cached(sql)?.execute(range)?;
        }
        Ok(())
    }

    /// The entries that are about these, each with its place.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn about(
        &self,
        room: &RoomId,
        target: &EntryId,
    ) -> Result<Vec<(Pos, EntryIn)>, StoreError> {
        let mut query = self
            .0
            .prepare_cached("SELECT device, seq FROM about WHERE room = ?1 AND target = ?2")?;
        let at = query
            .query_map((room.as_bytes(), target.0.as_bytes()), pos_of)?
            .collect::<Result<Vec<_>, _>>()?;
        self.read(room, &at)
    }

    /// Entries whose text holds `text`, newest stored first; only those that
    /// `shows` picks, without the first `skip` of them.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn search(
        &self,
        text: &str,
        room: Option<&RoomId>,
        skip: usize,
        limit: usize,
        shows: impl Fn(&RoomId, &Pos) -> bool,
    ) -> Result<Vec<(RoomId, Pos)>, StoreError> {
        // Pieces have three letters: shorter words are looked for one by one.
        let short = text.chars().count() < 3;
        let (condition, pattern) = match short {
            true => {
                let escaped: String = text
                    .chars()
                    .flat_map(|c| match c {
                        '%' | '_' | '\\' => vec!['\\', c],
                        _ => vec![c],
                    })
                    .collect();
                ("t.text LIKE ?1 ESCAPE '\\'", format!("%{escaped}%"))
            }
            false => (
                "text_index MATCH ?1",
                format!("\"{}\"", text.replace('"', "\"\"")),
            ),
        };
        let sql = format!(
            "SELECT e.room, e.device, e.seq FROM text_index t JOIN text_entry e
             ON e.rowid = t.rowid WHERE {condition} AND (?2 IS NULL OR e.room = ?2)
             ORDER BY e.rowid DESC"
        );
        let room = room.map(|r| r.as_bytes().to_vec());
        let mut query = self.0.prepare_cached(&sql)?;
        let found = query.query_map((pattern, room), |r| {
            let device = DeviceId::from_bytes(r.get(1)?);
            let pos = Pos {
                device,
                seq: unseq(r.get(2)?),
            };
            Ok((RoomId::from_bytes(r.get(0)?), pos))
        })?;
        let counts = |one: &Result<(RoomId, Pos), _>| match one {
            Ok((room, pos)) => shows(room, pos),
            Err(_) => true,
        };
        let page = found.filter(counts).skip(skip).take(limit);
        Ok(page.collect::<Result<_, _>>()?)
    }
}

pub(super) fn pos_of(r: &Row<'_>) -> Result<Pos, rusqlite::Error> {
    Ok(Pos {
        device: DeviceId::from_bytes(r.get(0)?),
        seq: unseq(r.get(1)?),
    })
}

fn entry_of(r: &Row<'_>) -> Result<(EntryIn, BodyState), rusqlite::Error> {
    let state = match r.get::<_, i64>(2)? {
        HERE => BodyState::Here,
        MISSING => BodyState::Missing,
        BEHIND => BodyState::Behind,
        _ => BodyState::Erased,
    };
    let entry = EntryIn {
        header: r.get(0)?,
        body: r.get(1)?,
    };
    Ok((entry, state))
}

impl RoomStore for Rooms<'_, '_> {
    type Error = StoreError;

    fn begin(&mut self, opening: &Entry, invite: Option<&Entry>) -> Result<(), StoreError> {
        let room: RoomId = opening.id().into();
        let new = self
            .0
            .prepare_cached("INSERT OR IGNORE INTO room VALUES (?1, ?2, ?3)")?
            .execute((
                room.as_bytes(),
                opening.header_bytes(),
                opening.body_bytes(),
            ))?;
        if new == 0 {
            return Ok(());
        }
        self.put(&room, opening)?;
        invite.map_or(Ok(()), |i| self.put_alone(&room, i))
    }

    fn commit(&mut self, room: &RoomId, batch: &StoreBatch) -> Result<(), StoreError> {
        for f in &batch.forks {
            self.put_fork(room, f)?;
        }
        for v in &batch.voided {
            self.void(room, &v.from, &batch.behind)?;
        }
        for entry in &batch.entries {
            self.put(room, entry)?;
        }
        if let Some(invitation) = &batch.invitation {
            self.put_alone(room, invitation)?;
        }
        for (pos, body) in &batch.bodies {
            self.put_body(room, pos, body)?;
        }
        for r in &batch.receipts {
            self.0
                .prepare_cached("INSERT OR REPLACE INTO receipt VALUES (?1, ?2, ?3)")?
                .execute((room.as_bytes(), r.payload().device.as_bytes(), r.bytes()))?;
        }
        for (device, ack) in &batch.acks {
            self.0
                .prepare_cached("INSERT OR REPLACE INTO ack VALUES (?1, ?2, ?3, ?4)")?
                .execute((
                    room.as_bytes(),
                    device.as_bytes(),
                    ack.person.as_bytes(),
                    seq(ack.len),
                ))?;
        }
        Ok(())
    }

    fn read(&self, room: &RoomId, at: &[Pos]) -> Result<Vec<(Pos, EntryIn)>, StoreError> {
        let mut query = self.0.prepare_cached(
            "SELECT header, body FROM entry WHERE room = ?1 AND device = ?2 AND seq = ?3",
        )?;
        let mut found = Vec::with_capacity(at.len());
        for pos in at {
            let key = (room.as_bytes(), pos.device.as_bytes(), seq(pos.seq));
            let entry = query.query_row(key, |r| {
                Ok(EntryIn {
                    header: r.get(0)?,
                    body: r.get(1)?,
                })
            });
            found.extend(entry.optional()?.map(|e| (*pos, e)));
        }
        Ok(found)
    }

    fn evidence(
        &self,
        room: &RoomId,
        device: &DeviceId,
    ) -> Result<Vec<(Pos, EntryIn)>, StoreError> {
        let both = self
            .0
            .prepare_cached(
                "SELECT seq, first_header, first_body, second_header, second_body FROM fork
                 WHERE room = ?1 AND device = ?2",
            )?
            .query_row((room.as_bytes(), device.as_bytes()), |r| {
                let pos = Pos {
                    device: *device,
                    seq: unseq(r.get(0)?),
                };
                let first: Option<Vec<u8>> = r.get(1)?;
                let first_body = r.get(2)?;
                let first = first.map(|header| {
                    (
                        pos,
                        EntryIn {
                            header,
                            body: first_body,
                        },
                    )
                });
                let second = EntryIn {
                    header: r.get(3)?,
                    body: r.get(4)?,
                };
                Ok(first.into_iter().chain([(pos, second)]).collect())
            })
            .optional()?;
        Ok(both.unwrap_or_default())
    }

    fn erase(&mut self, room: &RoomId, at: &[Pos]) -> Result<(), StoreError> {
        for pos in at {
            self.underive(room, &pos.device, pos.seq, pos.seq + 1)?;
            self.0
                .prepare_cached(
                    "UPDATE entry SET body = NULL, state = iif(state = ?5, ?5, ?4)
                     WHERE room = ?1 AND device = ?2 AND seq = ?3",
                )?
                .execute((
                    room.as_bytes(),
                    pos.device.as_bytes(),
                    seq(pos.seq),
                    ERASED,
                    BEHIND,
                ))?;
        }
        // The pieces of a deleted text leave the index's older segments only
        // when these are merged.
        self.0.execute(
            "INSERT INTO text_index (text_index) VALUES ('optimize')",
            [],
        )?;
        Ok(())
    }

    fn load(&self, room: &RoomId) -> Result<Option<Loaded>, StoreError> {
        let Some(opening) = self.load_opening(room)? else {
            return Ok(None);
        };
        Ok(Some(Loaded {
            opening,
            entries: self.load_entries(room)?,
            alone: self.load_alone(room)?,
            forks: self.load_forks(room)?,
            receipts: self.load_receipts(room)?,
            acks: self.load_acks(room)?,
        }))
    }

    fn rooms(&self) -> Result<Vec<RoomId>, StoreError> {
        Ok(self
            .0
            .prepare_cached("SELECT id FROM room ORDER BY id")?
            .query_map([], |r| Ok(RoomId::from_bytes(r.get(0)?)))?
            .collect::<Result<_, _>>()?)
    }
}

impl Rooms<'_, '_> {
    fn put_alone(&self, room: &RoomId, entry: &Entry) -> Result<(), StoreError> {
        self.0
            .prepare_cached("INSERT OR REPLACE INTO alone VALUES (?1, ?2, ?3, ?4)")?
            .execute((
                room.as_bytes(),
                entry.id().0.as_bytes(),
                entry.header_bytes(),
                entry.body_bytes(),
            ))?;
        Ok(())
    }

    fn put_body(&self, room: &RoomId, pos: &Pos, body: &[u8]) -> Result<(), StoreError> {
        let kind: Option<i64> = self
            .0
            .prepare_cached(
                "UPDATE entry SET body = ?4, state = 0
                 WHERE room = ?1 AND device = ?2 AND seq = ?3 AND state = 1 RETURNING kind",
            )?
            .query_row(
                (room.as_bytes(), pos.device.as_bytes(), seq(pos.seq), body),
                |r| r.get(0),
            )
            .optional()?;
        let kind = kind
            .and_then(|k| u16::try_from(k).ok())
            .and_then(KindCode::from_number);
        kind.map_or(Ok(()), |kind| self.derive(room, pos, kind, body))
    }

    fn load_entries(&self, room: &RoomId) -> Result<Vec<(EntryIn, BodyState)>, StoreError> {
        let mut query = self.entries_query()?;
        let rows = query.query_map([room.as_bytes()], entry_of)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn entries_query(&self) -> Result<CachedStatement<'_>, StoreError> {
        Ok(self.0.prepare_cached(
            "SELECT header, body, state FROM entry WHERE room = ?1 ORDER BY device, seq",
        )?)
    }

    fn load_opening(&self, room: &RoomId) -> Result<Option<EntryIn>, StoreError> {
        let mut query = self
            .0
            .prepare_cached("SELECT opening, body FROM room WHERE id = ?1")?;
        let opening = query.query_row([room.as_bytes()], |r| {
            Ok(EntryIn {
                header: r.get(0)?,
                body: Some(r.get(1)?),
            })
        });
        Ok(opening.optional()?)
    }

    fn load_alone(&self, room: &RoomId) -> Result<Vec<EntryIn>, StoreError> {
        let mut query = self
            .0
            .prepare_cached("SELECT header, body FROM alone WHERE room = ?1")?;
        let rows = query.query_map([room.as_bytes()], |r| {
            Ok(EntryIn {
                header: r.get(0)?,
                body: r.get(1)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn load_receipts(
        &self,
        room: &RoomId,
    ) -> Result<Vec<kith_proto::signed::Signed<Receipt>>, StoreError> {
        let mut query = self
            .0
            .prepare_cached("SELECT bytes FROM receipt WHERE room = ?1")?;
        let rows = query.query_map([room.as_bytes()], |r| r.get::<_, Vec<u8>>(0))?;
        rows.map(|bytes| {
            Unverified::<Receipt>::parse(&bytes?)
                .and_then(Unverified::trust_own_store)
                .map_err(|_| damaged("a receipt"))
        })
        .collect()
    }

    fn load_acks(&self, room: &RoomId) -> Result<Vec<(DeviceId, Ack)>, StoreError> {
        let mut query = self
            .0
            .prepare_cached("SELECT device, person, len FROM ack WHERE room = ?1")?;
        let rows = query.query_map([room.as_bytes()], |r| {
            let ack = Ack {
                person: PersonId::from_bytes(r.get(1)?),
                len: unseq(r.get(2)?),
            };
            Ok((DeviceId::from_bytes(r.get(0)?), ack))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
