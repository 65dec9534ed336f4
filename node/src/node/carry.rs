//! Rooms as files, carried by hand (XFER-1).

use std::collections::BTreeMap;

use kith_api::{ApiError, Code};
use kith_proto::id::{DeviceId, PersonId, RoomId};
use kith_proto::package::{self, Frame};
use kith_proto::room::entry::{Entry, EntryError, EntryIn, Pos};
use kith_proto::room::log::{BodyState, Closed, Log};
use kith_proto::room::membership::Standing;
use kith_proto::room::message::{MAX_BATCH, MAX_BATCH_BYTES, Part, SyncMessage, Why};
use kith_proto::room::receipt::Receipt;
use kith_proto::room::store::RoomStore as _;
use kith_proto::room::sync::Event;

use super::import::{Came, Shut};
use super::open::Open;
use super::rooms::Known;
use crate::store::rooms::Rooms as Stored;

/// Bodies of entries, by place.
type Bodies = Vec<(Pos, Vec<u8>)>;

impl Open {
    /// A frame of a room stream that came as a file. Its entries carry their
    /// own proof, so it doesn't matter who carried it: it is taken as from a
    /// device that nobody has, of the room's opener.
    ///
    /// Of a room that our person is no longer in, what is `closed` stays out.
    pub(super) async fn import_room(
        &mut self,
        bytes: &[u8],
        closed: &BTreeMap<RoomId, Closed>,
    ) -> Came {
        let Ok(SyncMessage { room, part }) = SyncMessage::from_bytes(bytes) else {
            return Came::DAMAGED;
        };
        let here = self.rooms.rooms.contains_key(&room);
        if self.rooms.invitations.contains_key(&room) {
            return Came::Unanswered(room);
        }
        match part {
            Part::Invitation { .. } if here => Came::KNOWN,
            Part::Invitation { opening, invite } => {
                let Ok(from) = opening.clone().verify().map(|e| e.header().person) else {
                    return Came::DAMAGED;
                };
                self.take_invitation(from, opening, invite).await;
                match self.rooms.rooms.contains_key(&room) {
                    true => Came::NEW,
                    false if self.rooms.invitations.contains_key(&room) => Came::Invitation(room),
                    false => Came::Foreign,
                }
            }
            _ if !here => Came::Foreign,
            Part::Receipts(receipts) => {
                let shut = closed.contains_key(&room);
                self.import_receipts(room, receipts, shut).await
            }
            part => self.import_part(room, part, closed.get(&room)).await,
        }
    }

    /// What is closed to our person of the rooms in these frames, with all that
    /// is in them: they may take the person out, or back.
    pub(super) fn closed_rooms(&self, frames: &[Vec<u8>]) -> BTreeMap<RoomId, Closed> {
        let (me, now) = (self.account.person(), self.now());
        let known = Known {
            me: self.account.log(),
            people: &self.people,
        };
        let mut logs: BTreeMap<RoomId, Log> = BTreeMap::new();
        for bytes in frames {
            if let Ok(SyncMessage { room, part }) = SyncMessage::from_bytes(bytes)
                && let Part::Entries { entries, .. } = part
                && let Some(sync) = self.rooms.rooms.get(&room)
            {
                let log = logs.entry(room).or_insert_with(|| sync.log().clone());
                for entry in entries.into_iter().filter_map(|e| e.verify().ok()) {
                    log.insert(entry, &known, now);
                }
            }
        }
        let closed = |(room, log): (RoomId, Log)| {
            let gone = self.rooms.gone.contains(&room);
            let told = || gone.then(|| Closed::all(me, Standing::Removed));
            Some((room, log.closed_to(&me).or_else(told)?))
        };
        logs.into_iter().filter_map(closed).collect()
    }

    async fn import_part(&mut self, room: RoomId, part: Part, closed: Option<&Closed>) -> Came {
        let Some(person) = self.somebody_else_in(&room) else {
            return Came::KNOWN;
        };
        let mut shut = Shut::Nothing;
        let (part, bodies, damaged) = match part {
            Part::Entries { why, mut entries } => {
                if let Some(closed) = closed {
                    let all = entries.len();
                    entries.retain(|e| opened(e).is_none_or(|e| closed.admits(&e)));
                    if entries.len() < all {
                        shut = Shut::Later(room, closed.standing);
                    }
                }
                let (entries, bodies, damaged) = whole(entries);
                (Part::Entries { why, entries }, bodies, damaged)
            }
            other => (other, Vec::new(), 0),
        };
        let body = |open: &Self, pos: &Pos| {
            let sync = open.rooms.rooms.get(&room)?;
            sync.log().row(pos).map(|row| row.state)
        };
        let entries = |open: &Self| -> u64 {
            let sync = open.rooms.rooms.get(&room);
            sync.map_or(0, |s| s.log().heads().values().map(|h| h.len).sum())
        };
        let before = entries(self);
        // Of what is here already, the text may be what is new.
        let places = bodies.iter().map(|(pos, _)| *pos);
        let lacking: Vec<Pos> = places
            .filter(|pos| body(self, pos) == Some(BodyState::Missing))
            .collect();
        self.as_from(&room, person, [part, Part::Bodies(bodies)])
            .await;
        let came = |pos: &&Pos| body(self, pos) == Some(BodyState::Here);
        let filled = lacking.iter().filter(came).count() as u64;
        let new = entries(self).saturating_sub(before) + filled;
        Came::Taken { new, damaged, shut }
    }

    /// Takes in who has what. Nobody who is out is told that (`shut`, by all
    /// that is in the file).
    async fn import_receipts(&mut self, room: RoomId, receipts: Vec<Vec<u8>>, shut: bool) -> Came {
        let Some(person) = self.somebody_else_in(&room) else {
            return Came::KNOWN;
        };
        let me = self.account.person();
        let sync = self.rooms.rooms.get(&room);
        let member = sync.is_some_and(|s| s.log().membership().standing(&me) == Standing::Member);
        if shut || !member || self.rooms.gone.contains(&room) {
            return Came::KNOWN;
        }
        let whole = receipts.iter().filter(|r| Receipt::verify(r).is_ok());
        let damaged = receipts.len() - whole.count();
        let numbers = |open: &Self| -> Option<Vec<(DeviceId, u64)>> {
            let known = open.rooms.rooms.get(&room)?.receipts();
            let known = known.map(|r| r.payload());
            Some(known.map(|r| (r.device, r.number)).collect())
        };
        let before = numbers(self);
        self.as_from(&room, person, [Part::Receipts(receipts)])
            .await;
        match damaged {
            0 if numbers(self) != before => Came::Told,
            n => Came::damaged(n as u64),
        }
    }

    /// Takes this in as from a device that nobody has.
    async fn as_from<const N: usize>(&mut self, room: &RoomId, person: PersonId, parts: [Part; N]) {
        let peer = DeviceId::from_bytes([0; 32]);
        self.room_event(room, Event::Connected { peer, person })
            .await;
        for part in parts {
            self.room_event(room, Event::Message(peer, part)).await;
        }
        self.room_event(room, Event::Disconnected(peer)).await;
    }

    fn somebody_else_in(&self, room: &RoomId) -> Option<PersonId> {
        let me = self.account.person();
        let here = |s| matches!(s, Standing::Invited | Standing::Member);
        let mut people = self.rooms.rooms.get(room)?.log().membership().people();
        people
            .find(|(p, b)| **p != me && here(b.standing))
            .map(|(p, _)| *p)
    }

    /// A room as a file: everything that another member might lack.
    pub(super) async fn package_room(&mut self, room: &RoomId) -> Result<Vec<u8>, ApiError> {
        // Whoever reads it learns what has arrived here.
        self.acknowledge(room, &BTreeMap::new()).await;
        let sync = self
            .rooms
            .rooms
            .get(room)
            .ok_or_else(|| self.not_in(room))?;
        let at: Vec<Pos> = sync.log().rows().map(|(pos, _)| pos).collect();
        let (id, me) = (*room, self.account.log().id());
        let (opening, found) = self
            .store
            .read(move |tx| {
                let stored = Stored(tx);
                let opening = stored.load(&id)?.map(|l| l.opening);
                Ok((opening, stored.read(&id, &at)?))
            })
            .await?;
        let mut frames = vec![Frame::Person(me, self.account.entries().to_vec())];
        let members: Vec<PersonId> = sync.log().membership().people().map(|(p, _)| *p).collect();
        frames.extend(members.iter().filter_map(|p| {
            let person = self.people.get(p)?;
            Some(Frame::Person(*p, person.entries.clone()))
        }));
        let say = |part| Frame::Room(SyncMessage { room: id, part }.to_bytes());
        if let Some(opening) = opening {
            frames.push(say(Part::Invitation {
                opening,
                invite: None,
            }));
        }
        // The order in which entries were written is the one in which they
        // go in most easily; any other works too.
        let mut batch = Vec::new();
        let mut weight = 0;
        let now = self.now();
        for (pos, mut entry) in found {
            if !sync.gives_body(&pos, now) {
                entry.body = None;
            }
            let w = entry.header.len() + entry.body.as_ref().map_or(0, Vec::len);
            if batch.len() == MAX_BATCH || weight + w > MAX_BATCH_BYTES {
                let entries = std::mem::take(&mut batch);
                frames.push(say(Part::Entries {
                    why: Why::Pushed,
                    entries,
                }));
                weight = 0;
            }
            weight += w;
            batch.push(entry);
        }
        if !batch.is_empty() {
            frames.push(say(Part::Entries {
                why: Why::Pushed,
                entries: batch,
            }));
        }
        // They come after what they are about, and after who is a member.
        frames.extend(sync.carried_receipts().into_iter().map(say));
        let file = package::write(&frames);
        match file.len() > package::MAX_FILE {
            true => Err(too_large(file.len())),
            false => Ok(file),
        }
    }
}

/// No reader takes in such a file: whoever carried it would carry it in vain.
fn too_large(bytes: usize) -> ApiError {
    let mib = |n: usize| n.div_ceil(1024 * 1024);
    let (of, at_most) = (mib(bytes), mib(package::MAX_FILE));
    let why = format!("the room would be a file of {of} MiB, and {at_most} are taken in");
    ApiError::new(Code::TooMuch, why).hint(
        "“kith export --text” writes it to be read; in the network rooms of any size are exchanged",
    )
}

/// The entry, or at least its header, if it is whole.
fn opened(entry: &EntryIn) -> Option<Entry> {
    let alone = || EntryIn {
        header: entry.header.clone(),
        body: None,
    };
    let whole = entry.clone().verify();
    whole.or_else(|_| alone().verify()).ok()
}

/// Entries as far as they are whole, their bodies by place, and how many aren't.
/// Where only the body was damaged, the signed header still counts: what follows
/// it has its place then, and the body can come later.
fn whole(entries: Vec<EntryIn>) -> (Vec<EntryIn>, Bodies, u64) {
    let (mut good, mut bodies, mut damaged) = (Vec::new(), Vec::new(), 0);
    for entry in entries {
        match entry.clone().verify() {
            Ok(whole) => {
                bodies.extend(entry.body.clone().map(|body| (whole.pos(), body)));
                good.push(entry);
            }
            Err(e) => {
                damaged += 1;
                if e == EntryError::OtherBody {
                    let body = None;
                    good.push(EntryIn { body, ..entry });
                }
            }
        }
    }
    (good, bodies, damaged)
}
