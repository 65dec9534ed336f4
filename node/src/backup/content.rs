//! The records inside a backup: CBOR maps with integer keys.

use ciborium::Value;
use kith_proto::cbor::{self, Bytes, Decode, DecodeError, Encode, MapBuilder, MapReader};
use kith_proto::id::{DeviceId, PersonId};
use kith_proto::room::entry::EntryIn;
use kith_proto::room::log::BodyState;

use super::BackupError;
use super::narrowed::Narrowed;
use crate::store::people::Row;
use crate::store::rooms::copy::{ForkCopy, RoomCopy};

/// Since 2 with what the person has narrowed. A program that knows only 1
/// refuses it, rather than forget what was forbidden.
const VERSION: u64 = 2;
/// Without it.
const WITHOUT: u64 = 1;
/// The most items of any list. What bounds a backup is the size of its file;
/// an item has at least this machine's word for a length.
const ITEMS: usize = super::LARGEST as usize;
/// The longest text of one field, in bytes: a settings file's limit.
const TEXT: usize = 64 * 1024;

/// Everything but the person key. Fields: 0 version, 1 name, 2 own log,
/// 3 people, 4 devices, 5 rooms, 6 settings, 7 what is narrowed (in version 1:
/// absent).
pub(super) struct Content {
    pub(super) name: String,
    pub(super) log: Vec<Vec<u8>>,
    pub(super) people: Vec<Row>,
    pub(super) devices: Vec<(DeviceId, PersonId, String)>,
    pub(super) rooms: Vec<RoomCopy>,
    pub(super) settings: String,
    pub(super) narrowed: Option<Narrowed>,
}

impl Encode for Content {
    fn encode(&self) -> Value {
        let people: Vec<_> = self.people.iter().map(person).collect();
        let devices: Vec<_> = self.devices.iter().map(device).collect();
        let rooms: Vec<_> = self.rooms.iter().map(room).collect();
        MapBuilder::new()
            .put(0, &self.narrowed.as_ref().map_or(WITHOUT, |_| VERSION))
            .put(1, &self.name)
            .put_list(2, &bytes(&self.log))
            .put_list(3, &people)
            .put_list(4, &devices)
            .put_list(5, &rooms)
            .put(6, &self.settings)
            .put_opt(7, self.narrowed.as_ref())
            .build()
    }
}

impl Decode for Content {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        let narrowed = match r.req::<u64>(0)? {
            VERSION => Some(r.req(7)?),
            WITHOUT => None,
            v => return Err(DecodeError::Version(v)),
        };
        let content = Self {
            name: r.req(1)?,
            log: list(&mut r, 2)?,
            people: items(&mut r, 3, to_person)?,
            devices: items(&mut r, 4, to_device)?,
            rooms: items(&mut r, 5, to_room)?,
            settings: r.req(6)?,
            narrowed,
        };
        if content.settings.len() > TEXT {
            return Err(DecodeError::OutOfRange);
        }
        let _ = r.finish()?;
        Ok(content)
    }
}

fn bytes(all: &[Vec<u8>]) -> Vec<Bytes> {
    all.iter().cloned().map(Bytes).collect()
}

fn list(r: &mut MapReader, key: i64) -> Result<Vec<Vec<u8>>, DecodeError> {
    Ok(r.list::<Bytes>(key, ITEMS)?
        .into_iter()
        .map(|b| b.0)
        .collect())
}

fn items<T>(
    r: &mut MapReader,
    key: i64,
    read: impl Fn(Value) -> Result<T, DecodeError>,
) -> Result<Vec<T>, DecodeError> {
    r.list::<Value>(key, ITEMS)?.into_iter().map(read).collect()
}

/// 0 id, 1 state, 2 name, 3 my name for them, 4 verified, 5 log, 6 pair
/// secret, 7 our room of two, 8 since when they are known, 9 their profile.
fn person(p: &Row) -> Value {
    MapBuilder::new()
        .put(0, p.id.as_bytes())
        .put(1, &p.state)
        .put(2, &p.name)
        .put_opt(3, p.petname.as_ref())
        .put(4, &p.verified)
        .put_list(5, &bytes(&p.entries))
        .put_opt(6, p.pair.clone().map(Bytes).as_ref())
        .put_opt(7, p.room.as_ref())
        .put(8, &p.added)
        .put_opt(9, p.profile.clone().map(Bytes).as_ref())
        .build()
}

fn to_person(value: Value) -> Result<Row, DecodeError> {
    let mut r = MapReader::new(value)?;
    let row = Row {
        id: PersonId::from_bytes(r.req(0)?),
        state: r.req(1)?,
        name: r.req(2)?,
        petname: r.opt(3)?,
        verified: r.req(4)?,
        entries: list(&mut r, 5)?,
        pair: r.opt::<Bytes>(6)?.map(|b| b.0),
        room: r.opt(7)?,
        added: r.req(8)?,
        profile: r.opt::<Bytes>(9)?.map(|b| b.0),
    };
    let _ = r.finish()?;
    Ok(row)
}

/// 0 device, 1 person, 2 addresses, one a line.
fn device((id, person, addresses): &(DeviceId, PersonId, String)) -> Value {
    MapBuilder::new()
        .put(0, id.as_bytes())
        .put(1, person.as_bytes())
        .put(2, addresses)
        .build()
}

fn to_device(value: Value) -> Result<(DeviceId, PersonId, String), DecodeError> {
    let mut r = MapReader::new(value)?;
    let device = (
        DeviceId::from_bytes(r.req(0)?),
        PersonId::from_bytes(r.req(1)?),
        r.req(2)?,
    );
    let _ = r.finish()?;
    Ok(device)
}

/// 0 header, 1 body, 2 present with 1 if the body was erased here, with 2 if
/// a fork took the entry out of its log.
fn entry(e: &EntryIn, state: BodyState) -> Value {
    let special = match state {
        BodyState::Here | BodyState::Missing => None,
        BodyState::Erased => Some(1u64),
        BodyState::Behind => Some(2),
    };
    MapBuilder::new()
        .put(0, &Bytes(e.header.clone()))
        .put_opt(1, e.body.clone().map(Bytes).as_ref())
        .put_opt(2, special.as_ref())
        .build()
}

fn to_entry(value: Value) -> Result<(EntryIn, BodyState), DecodeError> {
    let mut r = MapReader::new(value)?;
    let entry = EntryIn {
        header: r.req::<Bytes>(0)?.0,
        body: r.opt::<Bytes>(1)?.map(|b| b.0),
    };
    let state = match (r.opt::<u64>(2)?, &entry.body) {
        (None, Some(_)) => BodyState::Here,
        (None, None) => BodyState::Missing,
        (Some(1), None) => BodyState::Erased,
        (Some(2), _) => BodyState::Behind,
        _ => return Err(DecodeError::OutOfRange),
    };
    let _ = r.finish()?;
    Ok((entry, state))
}

/// An entry of which only header and body count.
fn plain(e: &EntryIn) -> Value {
    entry(e, BodyState::Here)
}

/// 0 opening, 1 entries, 2 invitations alone, 3 forks, 4 receipts.
fn room(c: &RoomCopy) -> Value {
    let entries: Vec<_> = c.entries.iter().map(|(e, s)| entry(e, *s)).collect();
    let alone: Vec<_> = c.alone.iter().map(plain).collect();
    let forks: Vec<_> = c.forks.iter().map(fork).collect();
    MapBuilder::new()
        .put(0, &plain(&c.opening))
        .put_list(1, &entries)
        .put_list(2, &alone)
        .put_list(3, &forks)
        .put_list(4, &bytes(&c.receipts))
        .build()
}

fn to_room(value: Value) -> Result<RoomCopy, DecodeError> {
    let mut r = MapReader::new(value)?;
    let copy = RoomCopy {
        opening: to_entry(r.req(0)?)?.0,
        entries: items(&mut r, 1, to_entry)?,
        alone: items(&mut r, 2, |v| Ok(to_entry(v)?.0))?,
        forks: items(&mut r, 3, to_fork)?,
        receipts: list(&mut r, 4)?,
    };
    let _ = r.finish()?;
    Ok(copy)
}

/// 0 device, 1 number, 2 and 3 the digests, 4 the first, 5 the second.
fn fork(f: &ForkCopy) -> Value {
    MapBuilder::new()
        .put(0, f.device.as_bytes())
        .put(1, &f.seq)
        .put(2, &f.ids[0])
        .put(3, &f.ids[1])
        .put_opt(4, f.first.as_ref().map(plain).as_ref())
        .put(5, &plain(&f.second))
        .build()
}

fn to_fork(value: Value) -> Result<ForkCopy, DecodeError> {
    let mut r = MapReader::new(value)?;
    let copy = ForkCopy {
        device: DeviceId::from_bytes(r.req(0)?),
        seq: r.req(1)?,
        ids: [r.req(2)?, r.req(3)?],
        first: r.opt(4)?.map(to_entry).transpose()?.map(|(e, _)| e),
        second: to_entry(r.req(5)?)?.0,
    };
    let _ = r.finish()?;
    Ok(copy)
}

/// A room without its entries, for a large backup.
pub(super) fn room_bytes(copy: &RoomCopy) -> Vec<u8> {
    cbor::to_bytes(&Plain(room(copy)))
}

pub(super) fn entry_bytes(e: &EntryIn, state: BodyState) -> Vec<u8> {
    cbor::to_bytes(&Plain(entry(e, state)))
}

struct Plain(Value);

impl Encode for Plain {
    fn encode(&self) -> Value {
        self.0.clone()
    }
}

impl Decode for Plain {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        Ok(Self(value))
    }
}

fn value(bytes: &[u8]) -> Result<Value, BackupError> {
    let read = cbor::from_bytes::<Plain>(bytes, bytes.len());
    read.map(|v| v.0).map_err(|_| BackupError::Damaged)
}

pub(super) fn read_room(bytes: &[u8]) -> Result<RoomCopy, BackupError> {
    to_room(value(bytes)?).map_err(|_| BackupError::Damaged)
}

pub(super) fn read_entry(bytes: &[u8]) -> Result<(EntryIn, BodyState), BackupError> {
    to_entry(value(bytes)?).map_err(|_| BackupError::Damaged)
}
