//! Rooms in the node: carries out what the rules of `kith_proto::room` want,
//! in their order. A batch is on the disk before anybody hears of it (R10).

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use kith_api::{ApiError, Code, Event as Told};
use kith_proto::id::{DeviceId, OrgId, PersonId, RoomId};
use kith_proto::person::PersonLog;
use kith_proto::policy::meeting::MeetingState;
use kith_proto::room::body::Body;
use kith_proto::room::entry::Pos;
use kith_proto::room::invite::Invitation;
use kith_proto::room::kind::KindCode;
use kith_proto::room::log::{Author, ComposeError, Log, Verdict, Witness};
use kith_proto::room::membership::Standing;
use kith_proto::room::message::{MAX_MESSAGE, Part, RefusedCode, SyncMessage};
use kith_proto::room::store::RoomStore as _;
use kith_proto::room::sync::{Delivery, Effect, Event, News, RoomSync};
use kith_proto::time::Timestamp;
use tokio::time::Instant;

use super::link::{LinkId, OUTBOX};
use super::not_yet::no_room_with;
use super::open::Open;
use super::people::People;
use crate::account::Account;
use crate::cli::Fail;
use crate::store::rooms::Rooms as Stored;
use crate::store::{Store, StoreError, own};
use crate::swarm::{ConnId, Stream};

/// How often rooms look at the clock while an answer is waited for.
const TICK: Duration = Duration::from_secs(5);
/// How often they do while somebody is connected and nothing is asked.
const QUIET_TICK: Duration = Duration::from_secs(30);
/// How often they do while nobody is: only retention is then due.
const SLOW_TICK: Duration = Duration::from_secs(600);
/// Of how many of my newest messages the delivery is watched, a room.
const WATCHED: usize = 64;

/// All rooms.
#[derive(Debug, Default)]
pub(super) struct Rooms {
    pub(super) rooms: BTreeMap<RoomId, RoomSync>,
    /// Rooms to which I was invited and haven't said yes or no; from whom.
    pub(super) invitations: BTreeMap<RoomId, (PersonId, Invitation)>,
    pub(super) links: BTreeMap<DeviceId, LinkId>,
    tick: Option<Instant>,
    /// Rooms of which an admin's device says that I no longer belong to them.
    /// It is only said; but an admin could make it so anyway.
    pub(super) gone: BTreeSet<RoomId>,
    watched: BTreeMap<RoomId, Vec<(Pos, Delivery)>>,
    /// What their openers allow in moderated rooms, as last read.
    pub(super) moderated: BTreeMap<RoomId, MeetingState>,
}

/// What the node knows of devices, for the rooms.
pub(super) struct Known<'a> {
    pub(super) me: &'a PersonLog,
    pub(super) people: &'a People,
}

impl Known<'_> {
    fn log(&self, person: &PersonId) -> Option<&PersonLog> {
        match *person == self.me.id() {
            true => Some(self.me),
            false => self.people.get(person)?.log.as_ref(),
        }
    }
}

impl Witness for Known<'_> {
    /// A certificate that has run out doesn't end a conversation (spec 01,
    /// "Expiry"): what counts is that the device was listed, and not revoked.
    fn device(&self, person: &PersonId, device: &DeviceId, at: Timestamp) -> Verdict {
        let Some(log) = self.log(person) else {
            return Verdict::Unknown;
        };
        if log
            .state()
            .revocation(device)
            .is_some_and(|r| r.since <= at)
        {
            return Verdict::Fails;
        }
        match log.state().device(device) {
            Some(_) => Verdict::Holds,
            None if log.state().revocation(device).is_some() => Verdict::Holds,
            None => Verdict::Unknown,
        }
    }

    fn organisation(&self, _: &OrgId, _: &PersonId, _: Timestamp) -> Verdict {
        Verdict::Unknown
    }

    fn revoked(&self, person: &PersonId, device: &DeviceId) -> Verdict {
        match self.log(person) {
            None => Verdict::Unknown,
            Some(log) if log.state().revocation(device).is_some() => Verdict::Holds,
            Some(_) => Verdict::Fails,
        }
    }
}

impl Rooms {
    pub(super) async fn load(store: &Store, account: &Account) -> Result<Self, Fail> {
        let (me, person) = (account.device(), account.person());
        let rooms = store
            .read(move |tx| {
                let stored = Stored(tx);
                let mut rooms = BTreeMap::new();
                for id in stored.rooms()? {
                    rooms.extend(restore(&stored, &id, me, person)?.map(|r| (id, r)));
                }
                let gone = own::get(tx, super::gone::GONE)?.unwrap_or_default();
                Ok((rooms, String::from_utf8_lossy(&gone).into_owned()))
            })
            .await?;
        let (rooms, gone) = rooms;
        Ok(Self {
            rooms,
            gone: gone.lines().filter_map(|id| id.parse().ok()).collect(),
            ..Self::default()
        })
    }

    pub(super) fn due(&self) -> Option<Instant> {
        self.tick
    }

    /// Everybody in the books of the rooms that this person belongs to.
    pub(super) fn shared_with(&self, person: &PersonId) -> BTreeSet<PersonId> {
        self.rooms
            .values()
            .map(|sync| sync.log().membership())
            .filter(|m| matches!(m.standing(person), Standing::Member | Standing::Invited))
            .flat_map(|m| m.people().map(|(p, _)| *p).collect::<Vec<_>>())
            .collect()
    }

    /// The rooms in whose books this person is.
    pub(super) fn shared_rooms(&self, person: &PersonId) -> Vec<RoomId> {
        self.rooms
            .iter()
            .filter(|(_, sync)| sync.log().membership().people().any(|(p, _)| p == person))
            .map(|(id, _)| *id)
            .collect()
    }
}

pub(super) fn restore(
    stored: &Stored<'_, '_>,
    id: &RoomId,
    me: DeviceId,
    person: PersonId,
) -> Result<Option<RoomSync>, StoreError> {
    let Some(loaded) = stored.load(id)? else {
        return Ok(None);
    };
    loaded
        .restore(me, person)
        .map_err(|e| StoreError::Content(e.to_string()))
}

impl Open {
    /// Whether rooms are brought together over this very connection. One over
    /// another doesn't count: a peer that was killed comes back on a new
    /// connection long before the old one is known to be dead.
    pub(super) fn has_room_link_on(&self, peer: &DeviceId, conn: ConnId) -> bool {
        let link = self.rooms.links.get(peer).and_then(|l| self.links.get(l));
        link.is_some_and(|l| l.conn == conn)
    }

    /// Whether rooms are brought together with a device at all.
    pub(super) fn rooms_linked(&self, peer: &DeviceId) -> bool {
        self.rooms.links.contains_key(peer)
    }

    pub(super) async fn start_room_link(&mut self, stream: Stream) {
        let peer = stream.peer();
        let Some(person) = self.in_rooms_of(&peer) else {
            return;
        };
        let link = self.ears.link(stream, MAX_MESSAGE, OUTBOX);
        if let Some(old) = self.rooms.links.insert(peer, link.id) {
            self.links.remove(&old);
        }
        self.links.insert(link.id, link);
        self.reach.settled(&peer);
        self.rooms.tick = Some(Instant::now() + TICK);
        let rooms = self.rooms.rooms.keys().copied();
        let rooms: Vec<RoomId> = rooms.filter(|r| self.is_room_for(r, &peer)).collect();
        for room in rooms {
            self.room_event(&room, Event::Connected { peer, person })
                .await;
        }
        self.files_from(peer).await;
    }

    pub(super) async fn room_link_ended(&mut self, link: LinkId) {
        let peer = self
            .rooms
            .links
            .iter()
            .find(|(_, l)| **l == link)
            .map(|(p, _)| *p);
        let Some(peer) = peer else { return };
        self.rooms.links.remove(&peer);
        self.reach.rooms_ended(&peer);
        let rooms: Vec<RoomId> = self.rooms.rooms.keys().copied().collect();
        for room in rooms {
            self.room_event(&room, Event::Disconnected(peer)).await;
        }
    }

    pub(super) async fn handle_room_frame(&mut self, link: LinkId, bytes: &[u8]) {
        let Some(peer) = self.links.get(&link).map(|l| l.peer) else {
            return;
        };
        match SyncMessage::from_bytes(bytes) {
            Ok(message) => self.room_message(peer, message).await,
            Err(_) => self.drop_link(link).await,
        }
    }

    async fn room_message(&mut self, peer: DeviceId, message: SyncMessage) {
        let SyncMessage { room, part } = message;
        let known = self.rooms.rooms.contains_key(&room) && self.is_room_for(&room, &peer);
        if known && !matches!(part, Part::Invitation { .. }) {
            self.may_be_back(&room, &peer, &part).await;
            return self.room_event(&room, Event::Message(peer, part)).await;
        }
        match part {
            // A fellow invites nobody: to be asked takes a contact (MSG-1).
            Part::Invitation { opening, invite } if self.is_contact(&peer) => {
                if let Some(from) = self.people.owner(&peer).map(|p| p.id) {
                    self.take_invitation(from, opening, invite).await;
                }
            }
            Part::Refused(_) => {}
            _ => {
                let part = Part::Refused(RefusedCode::Unknown);
                self.room_send(&peer, &SyncMessage { room, part }).await;
            }
        }
    }

    pub(super) async fn room_send(&mut self, peer: &DeviceId, message: &SyncMessage) {
        if let Some(link) = self.rooms.links.get(peer).copied() {
            self.send(link, message.to_bytes()).await;
        }
    }

    /// Something happened in a room: let its rules say what follows, and do it.
    pub(super) async fn room_event(&mut self, room: &RoomId, event: Event) {
        let now = self.now();
        let known = Known {
            me: self.account.log(),
            people: &self.people,
        };
        let Some(sync) = self.rooms.rooms.get_mut(room) else {
            return;
        };
        let effects = sync.handle(event, &known, now);
        self.carry_out(room, effects).await;
        if self.rooms.rooms.get(room).is_some_and(RoomSync::waits) {
            let soon = Instant::now() + TICK;
            self.rooms.tick = Some(self.rooms.tick.map_or(soon, |at| at.min(soon)));
        }
    }

    /// Does what the rules want, in their order, until nothing is left. A
    /// link that breaks meanwhile is told at the end, not in between.
    pub(super) async fn carry_out(&mut self, room: &RoomId, effects: Vec<Effect>) {
        let mut todo: VecDeque<Effect> = effects.into();
        let mut broken = Vec::new();
        let (mut news, mut erase) = (false, false);
        while let Some(effect) = todo.pop_front() {
            let event = match effect {
                Effect::Store(batch) => {
                    let (id, room) = (batch.id, *room);
                    let written = self
                        .store
                        .write(move |tx| Stored(tx).commit(&room, &batch))
                        .await;
                    match written {
                        Ok(()) => Event::Stored(id),
                        Err(e) => return self.room_lost(&room, &e).await,
                    }
                }
                Effect::Fetch(ticket, at) => {
                    let room = *room;
                    match self.store.read(move |tx| Stored(tx).read(&room, &at)).await {
                        Ok(found) => Event::Fetched(ticket, found),
                        Err(e) => return self.room_lost(&room, &e).await,
                    }
                }
                Effect::FetchEvidence(ticket, device) => {
                    let room = *room;
                    match self
                        .store
                        .read(move |tx| Stored(tx).evidence(&room, &device))
                        .await
                    {
                        Ok(found) => Event::Fetched(ticket, found),
                        Err(e) => return self.room_lost(&room, &e).await,
                    }
                }
                Effect::Send(peer, message) => {
                    if let Some(link) = self.rooms.links.get(&peer).copied()
                        && !self
                            .links
                            .get(&link)
                            .is_some_and(|l| l.send(message.to_bytes()))
                    {
                        broken.push(link);
                    }
                    continue;
                }
                Effect::News(told) => {
                    news |= !self.only_mine(&told);
                    erase |= self.brings_erasure(room, &told.entries);
                    self.tell_news(room, told).await;
                    continue;
                }
                Effect::RefusedBy(peer, code) => {
                    self.told_gone(room, &peer, code).await;
                    continue;
                }
                Effect::Disconnect(peer) => {
                    broken.extend(self.rooms.links.get(&peer).copied());
                    continue;
                }
            };
            let now = self.now();
            let known = Known {
                me: self.account.log(),
                people: &self.people,
            };
            if let Some(sync) = self.rooms.rooms.get_mut(room) {
                todo.extend(sync.handle(event, &known, now));
            }
        }
        if news {
            Box::pin(self.acknowledge(room, &BTreeMap::new())).await;
        }
        if erase {
            Box::pin(self.erase_due(room)).await;
        }
        self.tell_deliveries(room).await;
        for link in broken {
            Box::pin(self.drop_link(link)).await;
        }
    }

    /// Whether something is of my own making alone: nobody waits for my
    /// receipt of it, which would be another commit and another message.
    fn only_mine(&self, told: &News) -> bool {
        let me = self.account.device();
        let mine = |pos: &Pos| pos.device == me;
        !told.entries.is_empty()
            && told.entries.iter().all(mine)
            && told.voided.is_empty()
            && told.bodies.is_empty()
            && !told.members
    }

    fn brings_erasure(&self, room: &RoomId, entries: &[Pos]) -> bool {
        let log = self.rooms.rooms.get(room).map(RoomSync::log);
        entries.iter().any(|pos| {
            let row = log.and_then(|l| l.row(pos));
            row.is_some_and(|r| r.kind == KindCode::ERASE)
        })
    }

    /// The store refused a batch: nothing of it was acknowledged. The room
    /// goes on from what is stored; peers will send the rest again.
    async fn room_lost(&mut self, room: &RoomId, why: &StoreError) {
        tracing::error!(%why, "a room could not be stored");
        let (id, me, person) = (*room, self.account.device(), self.account.person());
        let again = self
            .store
            .read(move |tx| restore(&Stored(tx), &id, me, person))
            .await;
        match again {
            Ok(Some(sync)) => drop(self.rooms.rooms.insert(*room, sync)),
            _ => drop(self.rooms.rooms.remove(room)),
        }
        // Whoever is connected begins anew with this room.
        let links: Vec<LinkId> = self.rooms.links.values().copied().collect();
        for link in links {
            Box::pin(self.drop_link(link)).await;
        }
    }

    /// Signs what is stored here, and what of it was read.
    pub(super) async fn acknowledge(&mut self, room: &RoomId, read: &BTreeMap<DeviceId, u64>) {
        let now = self.now();
        let Some(sync) = self.rooms.rooms.get_mut(room) else {
            return;
        };
        if sync.log().membership().standing(&self.account.person()) != Standing::Member {
            return;
        }
        let Ok(Some(receipt)) = sync.receipt(self.account.device_key(), read, now) else {
            return;
        };
        let effects = sync.set_receipt(receipt);
        Box::pin(self.carry_out(room, effects)).await;
    }

    /// Writes an entry of mine. Returns where it stands once it is stored.
    pub(super) async fn write_entry(
        &mut self,
        room: &RoomId,
        body: impl FnOnce(&Log) -> Body,
    ) -> Result<Pos, ApiError> {
        let now = self.now();
        if self.rooms.gone.contains(room) {
            return Err(ApiError::new(
                Code::Denied,
                "you were removed from this room",
            ));
        }
        if let Some(person) = self.parted_in(room) {
            return Err(no_room_with(person));
        }
        let author = Author {
            person: self.account.person(),
            key: self.account.device_key(),
        };
        let known = Known {
            me: self.account.log(),
            people: &self.people,
        };
        let Some(sync) = self.rooms.rooms.get_mut(room) else {
            return Err(self.not_in(room));
        };
        let body = body(sync.log());
        let entry = sync
            .log()
            .compose(author, &body, now, &mut crate::random::system())
            .map_err(|e| {
                let refused = ApiError::new(Code::Denied, e.to_string());
                match e {
                    ComposeError::Forked => refused.hint(super::forks::HINT),
                    _ => refused,
                }
            })?;
        let pos = entry.pos();
        let effects = sync.append(entry, &known, now);
        self.carry_out(room, effects).await;
        self.is_stored(room, &pos).map(|()| pos)
    }

    /// Whether an entry of ours, once carried out, is on the disk.
    pub(super) fn is_stored(&self, room: &RoomId, pos: &Pos) -> Result<(), ApiError> {
        let sync = self.rooms.rooms.get(room);
        match sync.is_some_and(|s| s.stored(&pos.device) > pos.seq) {
            true => Ok(()),
            false => Err(
                ApiError::new(Code::Storage, "the message couldn't be stored")
                    .hint("free some space on the disk; nothing was sent"),
            ),
        }
    }

    pub(super) async fn rooms_due(&mut self) {
        let now = Instant::now();
        if self.rooms.tick.is_some_and(|at| at > now) {
            return;
        }
        let waits = self.rooms.rooms.values().any(RoomSync::waits);
        let pause = match (self.rooms.links.is_empty(), waits) {
            (true, _) => SLOW_TICK,
            (false, true) => TICK,
            (false, false) => QUIET_TICK,
        };
        self.rooms.tick = Some(now + pause);
        let rooms: Vec<RoomId> = self.rooms.rooms.keys().copied().collect();
        for room in rooms {
            self.room_event(&room, Event::Tick).await;
            self.erase_due(&room).await;
        }
    }

    /// Erases what is due, and says so (MSG-7).
    pub(super) async fn erase_due(&mut self, room: &RoomId) {
        let now = self.now();
        let Some(sync) = self.rooms.rooms.get(room) else {
            return;
        };
        let due = sync.log().due(now);
        if !due.is_empty() {
            let (id, at) = (*room, due.clone());
            if self
                .store
                .write(move |tx| Stored(tx).erase(&id, &at))
                .await
                .is_err()
            {
                return;
            }
            let Some(sync) = self.rooms.rooms.get_mut(room) else {
                return;
            };
            due.iter().for_each(|pos| sync.log_mut().note_erased(pos));
            self.files_erased(room).await;
            self.tell_messages(room, &due).await;
        }
        let Some(sync) = self.rooms.rooms.get(room) else {
            return;
        };
        let asked = sync.log().erasures_to_acknowledge();
        let member = sync.log().membership().standing(&self.account.person()) == Standing::Member;
        for ids in asked.chunks(kith_proto::room::MAX_ERASED) {
            if member {
                let ids = ids.to_vec();
                let _ = self.write_entry(room, |_| Body::Erased(ids)).await;
            }
        }
    }

    /// Somebody's log has news: what waited for it may go in now.
    pub(super) async fn witness_changed(&mut self) {
        let rooms: Vec<RoomId> = self.rooms.rooms.keys().copied().collect();
        for room in rooms {
            self.room_event(&room, Event::WitnessChanged).await;
        }
    }

    /// Tells faces of my messages whose delivery has changed (MSG-3).
    async fn tell_deliveries(&mut self, room: &RoomId) {
        let Some(sync) = self.rooms.rooms.get(room) else {
            return;
        };
        let me = self.account.device();
        let len = sync.stored(&me);
        let newest = (len.saturating_sub(WATCHED as u64)..len).map(|seq| Pos { device: me, seq });
        let now: Vec<(Pos, Delivery)> = newest.map(|pos| (pos, sync.delivery(&pos))).collect();
        let before = self
            .rooms
            .watched
            .insert(*room, now.clone())
            .unwrap_or_default();
        let was = |pos: &Pos| before.iter().find(|(p, _)| p == pos).map(|(_, d)| d);
        let changed: Vec<Pos> = now
            .iter()
            .filter(|(pos, d)| was(pos).is_some_and(|w| w != d))
            .map(|(pos, _)| *pos)
            .collect();
        if !changed.is_empty() {
            self.tell_messages(room, &changed).await;
        }
    }

    pub(super) fn tell_room(&mut self, room: &RoomId) {
        if let Some(shown) = self.shown_room(room) {
            self.tell(Told::Room(shown));
        }
    }
}

pub(super) fn no_room() -> ApiError {
    ApiError::new(Code::NotFound, "there is no such room").hint("“kith rooms” lists them")
}
