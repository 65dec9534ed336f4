//! Forks in the database: the proof, and what of a log that one has ended can
//! still be read.

use kith_proto::digest::Digest;
use kith_proto::id::{DeviceId, RoomId};
use kith_proto::room::entry::{Entry, EntryId, Pos};
use kith_proto::room::log::Fork;
use kith_proto::room::store::RoomStore as _;
use kith_proto::room::sync::Evidence;
use rusqlite::OptionalExtension as _;

use super::{BEHIND, Rooms, StoreError, copy, damaged, seq, unseq};

impl Rooms<'_, '_> {
    /// Makes way for an entry where one is kept that a fork took out of the log;
    /// gives its body if it is the same.
    pub(super) fn take_behind(
        &self,
        room: &RoomId,
        entry: &Entry,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let pos = entry.pos();
        let at = (room.as_bytes(), pos.device.as_bytes(), seq(pos.seq));
        let kept: Option<(Vec<u8>, Option<Vec<u8>>)> = self
            .0
            .prepare_cached(
                "SELECT id, body FROM entry
                 WHERE room = ?1 AND device = ?2 AND seq = ?3 AND state = 3",
            )?
            .query_row(at, |r| Ok((r.get(0)?, r.get(1)?)))
            .optional()?;
        let Some((id, body)) = kept else {
            return Ok(None);
        };
        let same = id == entry.id().0.as_bytes();
        if !same {
            self.underive(room, &pos.device, pos.seq, pos.seq + 1)?;
        }
        Ok(body.filter(|_| same))
    }

    /// Takes the entries of a device from there on out of its log; of those at
    /// these places, all that is here stays.
    pub(super) fn void(&self, room: &RoomId, from: &Pos, behind: &[Pos]) -> Result<(), StoreError> {
        let behind = behind.iter().filter(|p| p.device == from.device);
        for pos in behind.clone() {
            self.0
                .prepare_cached(
                    "UPDATE entry SET state = ?4 WHERE room = ?1 AND device = ?2 AND seq = ?3",
                )?
                .execute((room.as_bytes(), pos.device.as_bytes(), seq(pos.seq), BEHIND))?;
        }
        let gone = self
            .0
            .prepare_cached(
                "DELETE FROM entry WHERE room = ?1 AND device = ?2 AND seq >= ?3 AND state <> ?4
                 RETURNING seq",
            )?
            .query_map(
                (
                    room.as_bytes(),
                    from.device.as_bytes(),
                    seq(from.seq),
                    BEHIND,
                ),
                |r| r.get(0).map(unseq),
            )?
            .collect::<Result<Vec<u64>, _>>()?;
        for at in gone {
            self.underive(room, &from.device, at, at + 1)?;
        }
        Ok(())
    }

    pub(super) fn put_fork(&self, room: &RoomId, f: &Evidence) -> Result<(), StoreError> {
        let pos = f.second.pos();
        let first = match &f.first {
            Some(e) => Some(e.to_wire()),
            None => match self.read(room, &[pos])?.pop() {
                Some((_, e)) => Some(copy::read(e)?.without_body().to_wire()),
                None => None,
            },
        };
        let second = f.second.to_wire();
        self.0
            .prepare_cached(
                "INSERT OR REPLACE INTO fork VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute((
                room.as_bytes(),
                pos.device.as_bytes(),
                seq(f.fork.seq),
                f.fork.entries[0].0.as_bytes(),
                f.fork.entries[1].0.as_bytes(),
                first.as_ref().map(|e| &e.header),
                first.as_ref().and_then(|e| e.body.as_ref()),
                second.header,
                second.body,
            ))?;
        Ok(())
    }

    pub(super) fn load_forks(&self, room: &RoomId) -> Result<Vec<Fork>, StoreError> {
        let mut query = self
            .0
            .prepare_cached("SELECT device, seq, first, second FROM fork WHERE room = ?1")?;
        let rows = query.query_map([room.as_bytes()], |r| {
            let device = DeviceId::from_bytes(r.get(0)?);
            Ok((device, unseq(r.get(1)?), [r.get(2)?, r.get(3)?]))
        })?;
        rows.map(|row| {
            let (device, seq, ids) = row?;
            let both = self.evidence(room, &device)?;
            let both = both.into_iter().map(|(_, e)| copy::read(e));
            let both = both.collect::<Result<Vec<Entry>, _>>()?;
            let headers = || both.iter().map(Entry::header);
            let at = headers().map(|h| h.clock).min();
            let person = headers().map(|h| h.person).next();
            Ok(Fork {
                device,
                person: person.ok_or_else(|| damaged("a fork"))?,
                seq,
                entries: ids.map(|id| EntryId(Digest::from_bytes(id))),
                at: at.ok_or_else(|| damaged("a fork"))?,
            })
        })
        .collect()
    }
}
