//! A few nodes that talk to each other in memory, without loss, in order.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rand_chacha::ChaCha20Rng;

use crate::id::{DeviceId, OrgId, PersonId, RoomId};
use crate::keys::SigningKey;
use crate::room::body::{Body, Content, Salt};
use crate::room::change::{Action, Retention, Role, RoomKind};
use crate::room::clock::Clock;
use crate::room::entry::{BodyHash, Entry, EntryHeader, Pos};
use crate::room::invite::Invitation;
use crate::room::log::{Author, Log, Verdict, Witness, heads_digest, open};
use crate::room::membership::Standing;
use crate::room::message::{Part, SyncMessage};
use crate::room::store::{MemoryRoomStore, RoomStore as _};
use crate::room::sync::{BatchId, Effect, Event, RoomSync};
use crate::testing::{key, rng};
use crate::time::Timestamp;

/// Believes everything about persons and devices.
pub(crate) struct Anyone;

impl Witness for Anyone {
    fn device(&self, _: &PersonId, _: &DeviceId, _: Timestamp) -> Verdict {
        Verdict::Holds
    }
    fn organisation(&self, _: &OrgId, _: &PersonId, _: Timestamp) -> Verdict {
        Verdict::Holds
    }
    fn revoked(&self, _: &PersonId, _: &DeviceId) -> Verdict {
        Verdict::Holds
    }
}

pub(crate) struct Node {
    pub(crate) key: SigningKey,
    pub(crate) person: PersonId,
    pub(crate) store: MemoryRoomStore,
    pub(crate) sync: Option<RoomSync>,
    pub(crate) invitation: Option<Invitation>,
    /// Commits nothing until told otherwise.
    pub(crate) slow_disk: bool,
    waiting: Vec<BatchId>,
    muted: bool,
}

pub(crate) struct World {
    pub(crate) nodes: Vec<Node>,
    pub(crate) now: Timestamp,
    room: Option<RoomId>,
    links: BTreeSet<(usize, usize)>,
    wire: VecDeque<(usize, usize, SyncMessage)>,
    sent: BTreeMap<(usize, usize), Vec<u8>>,
    largest: usize,
    rng: ChaCha20Rng,
}

impl World {
    pub(crate) fn new(n: usize) -> Self {
        Self::seeded(n, 0)
    }

    fn seeded(n: usize, seed: u64) -> Self {
        let node = |i: usize| Node {
            key: key(seed * 100 + i as u64),
            person: PersonId::from_bytes([i as u8 + 1; 32]),
            store: MemoryRoomStore::default(),
            sync: None,
            invitation: None,
            slow_disk: false,
            waiting: Vec::new(),
            muted: false,
        };
        Self {
            nodes: (0..n).map(node).collect(),
            now: Timestamp::from_secs(1_000_000),
            room: None,
            links: BTreeSet::new(),
            wire: VecDeque::new(),
            sent: BTreeMap::new(),
            largest: 0,
            rng: rng(seed),
        }
    }

    pub(crate) fn pair() -> Self {
        Self::pair_seeded(0)
    }

    pub(crate) fn pair_seeded(seed: u64) -> Self {
        let mut w = Self::seeded(2, seed);
        let with = w.person(1);
        w.open(0, RoomKind::Pair(with));
        w.connect(0, 1);
        w.run();
        w.accept(1);
        w.run();
        w
    }

    /// A group of two.
    pub(crate) fn pair_group() -> Self {
        Self::group(2)
    }

    /// A group of `n`, all connected; the first is the admin.
    pub(crate) fn group(n: usize) -> Self {
        let mut w = Self::new(n);
        w.open(0, RoomKind::Group);
        for i in 1..n {
            w.invite(0, i, Role::Member);
        }
        w.connect_all();
        w.run();
        for i in 1..n {
            w.accept(i);
        }
        w.run();
        w
    }

    pub(crate) fn room(&self) -> RoomId {
        self.room.unwrap()
    }

    pub(crate) fn person(&self, n: usize) -> PersonId {
        self.nodes[n].person
    }

    pub(crate) fn device(&self, n: usize) -> DeviceId {
        self.nodes[n].key.public().into()
    }

    pub(crate) fn sync(&self, n: usize) -> &RoomSync {
        self.nodes[n].sync.as_ref().unwrap()
    }

    pub(crate) fn standing(&self, at: usize, of: usize) -> Standing {
        let person = self.person(of);
        self.sync(at).log().membership().standing(&person)
    }

    pub(crate) fn open(&mut self, n: usize, kind: RoomKind) {
        let action = Action::Open {
            nonce: [9; 16],
            title: "ward round".into(),
            kind,
            retention: Retention::Forever,
        };
        let node = &mut self.nodes[n];
        let author = Author {
            person: node.person,
            key: &node.key,
        };
        let opening = open(author, action, self.now, &mut self.rng).unwrap();
        node.store.begin(&opening, None).unwrap();
        self.room = Some(opening.id().into());
        self.restart(n);
    }

    /// A second device of the person of node `n`: it begins with the opening
    /// entry alone.
    pub(crate) fn add_device(&mut self, n: usize) {
        let opening = self.nodes[n]
            .store
            .load(&self.room())
            .unwrap()
            .unwrap()
            .opening;
        let mut store = MemoryRoomStore::default();
        store.begin(&opening.verify().unwrap(), None).unwrap();
        let node = Node {
            key: key(5_000),
            person: self.nodes[n].person,
            store,
            sync: None,
            invitation: None,
            slow_disk: false,
            waiting: Vec::new(),
            muted: false,
        };
        self.nodes.push(node);
        self.restart(self.nodes.len() - 1);
    }

    /// Throws the memory away and starts from what was committed.
    pub(crate) fn restart(&mut self, n: usize) {
        for other in 0..self.nodes.len() {
            self.disconnect(n, other);
        }
        let (room, device) = (self.room(), self.device(n));
        let node = &mut self.nodes[n];
        node.waiting.clear();
        let loaded = node.store.load(&room).unwrap();
        node.sync = loaded.and_then(|l| l.restore(device, node.person).unwrap());
    }

    pub(crate) fn write(&mut self, n: usize, body: &Body) {
        self.now = self.now.after(core::time::Duration::from_millis(1));
        let node = &self.nodes[n];
        let author = Author {
            person: node.person,
            key: &node.key,
        };
        let log = node.sync.as_ref().unwrap().log();
        let entry = log.compose(author, body, self.now, &mut self.rng).unwrap();
        let sync = self.nodes[n].sync.as_mut().unwrap();
        let effects = sync.append(entry, &Anyone, self.now);
        self.carry_out(n, effects);
    }

    pub(crate) fn say(&mut self, n: usize, text: &str) {
        self.write(
            n,
            &Body::Content(Content::Text {
                text: text.into(),
                reply_to: None,
            }),
        );
    }

    pub(crate) fn change(&mut self, n: usize, action: Action) {
        let body = self.sync(n).log().change(action);
        self.write(n, &body);
    }

    pub(crate) fn invite(&mut self, n: usize, whom: usize, role: Role) {
        let person = self.person(whom);
        self.change(n, Action::Invite { person, role });
    }

    pub(crate) fn remove(&mut self, n: usize, whom: usize) {
        let person = self.person(whom);
        let cut = self.sync(n).log().cut_of(&person);
        let reason = String::new();
        self.change(
            n,
            Action::Remove {
                person,
                cut,
                reason,
            },
        );
    }

    pub(crate) fn accept(&mut self, n: usize) {
        self.answer(n, Invitation::accept);
    }

    pub(crate) fn decline(&mut self, n: usize) {
        self.answer(n, Invitation::decline);
    }

    fn answer(&mut self, n: usize, how: impl Fn(Invitation) -> (Log, Body)) {
        let Some(invitation) = self.nodes[n].invitation.take() else {
            panic!("node {n} has no invitation");
        };
        let (opening, invite) = invitation.entries();
        let node = &mut self.nodes[n];
        node.store.begin(opening, invite).unwrap();
        let (log, body) = how(invitation);
        let none = core::iter::empty();
        node.sync = Some(RoomSync::new(log, node.person, none, core::iter::empty()));
        self.write(n, &body);
        for other in 0..self.nodes.len() {
            if self.links.contains(&(n.min(other), n.max(other))) {
                self.event_connected(n, other);
            }
        }
    }

    /// What a changed program would write: an invitation as deep as it likes.
    pub(crate) fn forged_invite(&self, by: usize, whom: usize, epoch: u64) -> Entry {
        let (node, log) = (&self.nodes[by], self.sync(by).log());
        let (person, role) = (self.person(whom), Role::Member);
        let body = log.change(Action::Invite { person, role });
        let bytes = body.to_bytes(Salt([0; 16]));
        let device = self.device(by);
        let seq = log.len(&device);
        let last = seq.checked_sub(1).map(|seq| Pos { device, seq });
        let header = EntryHeader {
            room: Some(self.room()),
            person: node.person,
            device,
            seq,
            previous: last.map(|pos| log.row(&pos).unwrap().id),
            clock: Clock::tick(self.now, None, core::iter::empty()),
            seen: heads_digest(&log.heads()),
            epoch,
            kind: body.kind(),
            body: BodyHash::of(&bytes),
            body_len: bytes.len() as u32,
            ahead: Vec::new(),
        };
        Entry::sign(&header, bytes, &node.key).unwrap()
    }

    /// Answers an invitation into a room that the node was in before.
    pub(crate) fn answer_again(&mut self, n: usize, answer: Action) {
        self.now = self.now.after(core::time::Duration::from_millis(1));
        let (now, node) = (self.now, &mut self.nodes[n]);
        let invitation = node.invitation.take().unwrap();
        let author = Author {
            person: node.person,
            key: &node.key,
        };
        let invite = invitation.entries().1.unwrap().clone();
        let sync = node.sync.as_mut().unwrap();
        let done = sync.answer_again(author, invite, answer, &Anyone, now, &mut self.rng);
        self.carry_out(n, done.unwrap().1);
    }

    fn event_connected(&mut self, n: usize, other: usize) {
        let event = Event::Connected {
            peer: self.device(other),
            person: self.person(other),
        };
        self.event(n, event);
    }

    pub(crate) fn connect(&mut self, a: usize, b: usize) {
        if a != b && self.links.insert((a.min(b), a.max(b))) {
            self.event_connected(a, b);
            self.event_connected(b, a);
        }
    }

    pub(crate) fn disconnect(&mut self, a: usize, b: usize) {
        if self.links.remove(&(a.min(b), a.max(b))) {
            self.wire
                .retain(|(x, y, _)| (*x, *y) != (a, b) && (*x, *y) != (b, a));
            let (da, db) = (self.device(a), self.device(b));
            self.event(a, Event::Disconnected(db));
            self.event(b, Event::Disconnected(da));
        }
    }

    pub(crate) fn connect_all(&mut self) {
        for a in 0..self.nodes.len() {
            for b in 0..a {
                self.connect(b, a);
            }
        }
    }

    pub(crate) fn disconnect_all(&mut self) {
        for a in 0..self.nodes.len() {
            for b in 0..a {
                self.disconnect(b, a);
            }
        }
    }

    /// Nothing that this node says goes out any more.
    pub(crate) fn mute(&mut self, n: usize) {
        self.nodes[n].muted = true;
    }

    fn event(&mut self, n: usize, event: Event) {
        let Some(sync) = self.nodes[n].sync.as_mut() else {
            return;
        };
        let effects = sync.handle(event, &Anyone, self.now);
        self.carry_out(n, effects);
    }

    pub(crate) fn inject(&mut self, from: usize, to: usize, part: Part) -> Vec<Effect> {
        let peer = self.device(from);
        let now = self.now;
        let sync = self.nodes[to].sync.as_mut().unwrap();
        let effects = sync.handle(Event::Message(peer, part), &Anyone, now);
        self.carry_out(to, effects.clone());
        effects
    }

    fn carry_out(&mut self, n: usize, effects: Vec<Effect>) {
        let room = self.room();
        for effect in effects {
            let node = &mut self.nodes[n];
            match effect {
                Effect::Store(batch) if node.slow_disk => node.waiting.push(batch.id),
                Effect::Store(batch) => {
                    node.store.commit(&room, &batch).unwrap();
                    self.event(n, Event::Stored(batch.id));
                }
                Effect::Fetch(ticket, at) => {
                    let entries = node.store.read(&room, &at).unwrap();
                    self.event(n, Event::Fetched(ticket, entries));
                }
                Effect::FetchEvidence(ticket, device) => {
                    let entries = node.store.evidence(&room, &device).unwrap();
                    self.event(n, Event::Fetched(ticket, entries));
                }
                Effect::Send(to, message) => {
                    let to = (0..self.nodes.len())
                        .find(|i| self.device(*i) == to)
                        .unwrap();
                    let bytes = message.to_bytes();
                    self.largest = self.largest.max(bytes.len());
                    self.sent.entry((n, to)).or_default().extend(&bytes);
                    let message = SyncMessage::from_bytes(&bytes).unwrap();
                    if !self.nodes[n].muted {
                        self.wire.push_back((n, to, message));
                    }
                }
                Effect::News(_) | Effect::RefusedBy(..) | Effect::Disconnect(_) => {}
            }
        }
    }

    /// Until nobody has anything more to say.
    pub(crate) fn run(&mut self) {
        let mut steps = 0;
        while let Some((from, to, message)) = self.wire.pop_front() {
            steps += 1;
            assert!(steps < 100_000, "they never come to an end");
            let peer = self.device(from);
            let person = self.person(to);
            if let Part::Invitation { opening, invite } = message.part {
                let me = self.device(to);
                let read = Invitation::read(opening, invite, &person, me);
                self.nodes[to].invitation = Some(read.unwrap());
            } else if self.nodes[to].sync.is_some() {
                self.event(to, Event::Message(peer, message.part));
            }
        }
    }

    pub(crate) fn wait(&mut self, ms: u64) {
        self.now = self.now.after(core::time::Duration::from_millis(ms));
        for n in 0..self.nodes.len() {
            self.event(n, Event::Tick);
        }
    }

    pub(crate) fn read_all(&mut self, n: usize) {
        let sync = self.sync(n);
        let read = sync
            .log()
            .heads()
            .iter()
            .map(|(d, h)| (*d, h.len))
            .collect();
        let receipt = sync.receipt(&self.nodes[n].key, &read, self.now).unwrap();
        let sync = self.nodes[n].sync.as_mut().unwrap();
        let effects = sync.set_receipt(receipt.unwrap());
        self.carry_out(n, effects);
    }

    pub(crate) fn erase_here(&mut self, n: usize, pos: Pos) {
        let room = self.room();
        let node = &mut self.nodes[n];
        node.store.erase(&room, &[pos]).unwrap();
        node.sync.as_mut().unwrap().log_mut().note_erased(&pos);
    }

    /// What a node does from time to time: erases what is due, and says so.
    pub(crate) fn carry_out_erasures(&mut self, n: usize) {
        for pos in self.sync(n).log().due(self.now) {
            self.erase_here(n, pos);
        }
        let done = self.sync(n).log().erasures_to_acknowledge();
        if !done.is_empty() {
            self.write(n, &Body::Erased(done));
        }
    }

    pub(crate) fn last_of(&self, n: usize) -> Pos {
        let device = self.device(n);
        let seq = self.sync(n).log().len(&device) - 1;
        Pos { device, seq }
    }

    pub(crate) fn texts(&self, n: usize) -> Vec<String> {
        let Some(sync) = &self.nodes[n].sync else {
            return Vec::new();
        };
        let at = sync.log().ordered();
        let entries = self.nodes[n].store.read(&self.room(), &at).unwrap();
        let text = |(_, e): (Pos, crate::room::entry::EntryIn)| match e.verify().ok()?.body()? {
            Body::Content(Content::Text { text, .. }) => Some(text),
            _ => None,
        };
        entries.into_iter().filter_map(text).collect()
    }

    pub(crate) fn assert_converged(&self, nodes: &[usize]) {
        for pair in nodes.windows(2) {
            let (a, b) = (self.sync(pair[0]).log(), self.sync(pair[1]).log());
            assert_eq!(a.heads(), b.heads());
            assert_eq!(a.ordered(), b.ordered());
            assert_eq!(a.membership(), b.membership());
        }
    }

    pub(crate) fn sent_bytes(&self, from: usize, to: usize) -> Vec<u8> {
        self.sent.get(&(from, to)).cloned().unwrap_or_default()
    }

    pub(crate) fn largest_message(&self) -> usize {
        self.largest
    }
}
