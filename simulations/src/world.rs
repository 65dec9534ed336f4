//! A world: people with a node each, in one room.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use kith_proto::id::{DeviceId, OrgId, PersonId, RoomId};
use kith_proto::keys::SigningKey;
use kith_proto::room::body::{Body, Content};
use kith_proto::room::change::{Action, Retention, Role, RoomKind};
use kith_proto::room::entry::EntryId;
use kith_proto::room::invite::Invitation;
use kith_proto::room::log::{Author, Verdict, Witness, open};
use kith_proto::room::message::{Part, SyncMessage};
use kith_proto::room::store::{MemoryRoomStore, RoomStore as _};
use kith_proto::room::sync::{Effect, Event, RoomSync, StoreBatch};
use kith_proto::time::Timestamp;

use crate::net::{Dice, Queue, arrivals};
use crate::scenario::Scenario;

mod measure;
mod people;

/// Milliseconds before the start in which everybody comes into the room,
/// undisturbed.
const ENTRY_MS: u64 = 120_000;
/// Milliseconds between two ticks of a node.
const TICK_MS: u64 = 5_000;
/// Milliseconds between two samples for the plot.
const SAMPLE_MS: u64 = 1_000;
/// Wall time at the start of a world.
const EPOCH_S: u64 = 1_800_000_000;

/// Everybody is who he says he is: certificates are tested elsewhere.
#[derive(Debug, Clone, Copy)]
pub struct Trust;

impl Witness for Trust {
    fn device(&self, _: &PersonId, _: &DeviceId, _: Timestamp) -> Verdict {
        Verdict::Holds
    }
    fn organisation(&self, _: &OrgId, _: &PersonId, _: Timestamp) -> Verdict {
        Verdict::Holds
    }
    fn revoked(&self, _: &PersonId, _: &DeviceId) -> Verdict {
        Verdict::Unknown
    }
}

#[derive(Debug)]
enum Ev {
    Deliver {
        from: usize,
        to: usize,
        link: u64,
        bytes: Vec<u8>,
    },
    Commit {
        node: usize,
        life: u64,
        batch: StoreBatch,
    },
    Tick(usize),
    Say(usize),
    PowerOff(usize),
    PowerOn(usize),
    Relink,
    Promote {
        who: usize,
        by: usize,
    },
    Remove {
        who: usize,
        by: usize,
        outweighed: bool,
    },
    TakeBack(usize),
    Sample,
}

/// A node.
#[derive(Debug)]
pub struct Node {
    /// Its person.
    pub person: PersonId,
    /// Its disk: what was committed.
    pub store: MemoryRoomStore,
    /// Its memory; none while it is off, or before it came in.
    pub sync: Option<RoomSync>,
    key: SigningKey,
    skew_ms: i64,
    life: u64,
    disk_free_at: u64,
    receipt_at: u64,
    /// The most it ever said that it has stored, of each log.
    pub promised: BTreeMap<DeviceId, (u64, EntryId)>,
}

impl Node {
    /// Its device.
    #[must_use]
    pub fn device(&self) -> DeviceId {
        self.key.public().into()
    }
}

/// What was counted.
#[derive(Debug, Default, Clone)]
pub struct Counts {
    /// Messages put on the wire.
    pub messages: u64,
    /// Their bytes.
    pub bytes: u64,
    /// How often a node lost its power.
    pub restarts: u64,
    /// Commits that a loss of power undid before they were made.
    pub undone: u64,
    /// How often a node wanted to send an honest peer away: must be 0.
    pub disconnects: u64,
    /// What went wrong on the way, in words.
    pub faults: Vec<String>,
}

/// A world and what was seen in it.
#[derive(Debug)]
pub struct World {
    /// What happens.
    pub scenario: Scenario,
    /// Everybody.
    pub nodes: Vec<Node>,
    /// What was counted.
    pub counts: Counts,
    /// Each text that was committed by its author: when, and by whom.
    pub said: BTreeMap<EntryId, (u64, usize)>,
    /// Milliseconds from the commit at the author to the commit at each other.
    pub latencies: Vec<u64>,
    /// Seconds after the start, and how many (entry, node) pairs were missing.
    pub samples: Vec<(f64, u64)>,
    /// When everything was everywhere for the last time it came to be so.
    pub complete_at: Option<u64>,
    room: RoomId,
    now: u64,
    queue: Queue<Ev>,
    dice: Dice,
    /// Where each device stands among `nodes`.
    places: BTreeMap<DeviceId, usize>,
    links: BTreeMap<(usize, usize), u64>,
    link_counter: u64,
    fifo: BTreeMap<(usize, usize), u64>,
    arrived: BTreeMap<EntryId, BTreeSet<usize>>,
    removed: BTreeSet<usize>,
}

impl World {
    /// A world of so many people; everybody is in the room, connected, and
    /// nothing was said.
    #[must_use]
    pub fn new(scenario: &Scenario, people: usize, seed: u64) -> Option<Self> {
        let mut dice = Dice::new(seed);
        let skew = scenario.clocks.skew_s * 1000;
        let node = |i: usize, dice: &mut Dice| {
            let off = dice.within([0, 2 * skew]) as i64 - skew as i64;
            let day = match i < scenario.clocks.day_ahead {
                true => 24 * 3600 * 1000,
                false => 0,
            };
            let mut id = [0; 32];
            id[..8].copy_from_slice(&(i as u64 + 1).to_be_bytes());
            Node {
                person: PersonId::from_bytes(id),
                store: MemoryRoomStore::default(),
                sync: None,
                key: SigningKey::generate(&mut dice.0),
                skew_ms: off + day,
                life: 0,
                disk_free_at: 0,
                receipt_at: 0,
                promised: BTreeMap::new(),
            }
        };
        let nodes: Vec<Node> = (0..people).map(|i| node(i, &mut dice)).collect();
        let places = nodes.iter().zip(0..).map(|(n, i)| (n.device(), i));
        let places = places.collect();
        let mut world = Self {
            scenario: scenario.clone(),
            nodes,
            counts: Counts::default(),
            said: BTreeMap::new(),
            latencies: Vec::new(),
            samples: Vec::new(),
            complete_at: None,
            room: RoomId::from_bytes([0; 32]),
            now: 0,
            queue: Queue::default(),
            dice,
            places,
            links: BTreeMap::new(),
            link_counter: 0,
            fifo: BTreeMap::new(),
            arrived: BTreeMap::new(),
            removed: BTreeSet::new(),
        };
        world.open()?;
        Some(world)
    }

    fn clock(&self, node: usize) -> Timestamp {
        let base = Timestamp::from_secs(EPOCH_S).after(Duration::from_millis(self.now));
        let skew = self.nodes[node].skew_ms;
        let by = Duration::from_millis(skew.unsigned_abs());
        match skew < 0 {
            true => base.before(by),
            false => base.after(by),
        }
    }

    fn open(&mut self) -> Option<()> {
        let action = Action::Open {
            nonce: [1; 16],
            title: self.scenario.name.clone(),
            kind: RoomKind::Group,
            retention: Retention::Forever,
        };
        let now = self.clock(0);
        let node = &mut self.nodes[0];
        let author = Author {
            person: node.person,
            key: &node.key,
        };
        let opening = open(author, action, now, &mut self.dice.0).ok()?;
        node.store.begin(&opening, None).ok()?;
        self.room = opening.id().into();
        self.load(0)?;
        for i in 1..self.nodes.len() {
            let person = self.nodes[i].person;
            let role = Role::Member;
            self.change(0, Action::Invite { person, role });
        }
        for i in 0..self.nodes.len() {
            let first = self.dice.within([1, TICK_MS]);
            self.queue.at(first, Ev::Tick(i));
        }
        self.relink();
        self.run_until(ENTRY_MS);
        Some(())
    }

    fn load(&mut self, node: usize) -> Option<()> {
        let n = &mut self.nodes[node];
        let me = n.device();
        let loaded = n.store.load(&self.room).ok()?;
        n.sync = loaded.and_then(|l| l.restore(me, n.person).ok().flatten());
        Some(())
    }

    /// Lets everything happen, from the start to the end.
    pub fn run(&mut self) {
        let start = ENTRY_MS;
        let talk_end = start + self.scenario.talk.for_s * 1000;
        for i in 0..self.nodes.len() {
            let first = self.dice.next_after(self.scenario.talk.every_s * 1000);
            self.queue.at(start + first, Ev::Say(i));
            let mean = self.scenario.faults.restarts;
            if mean > 0.0 {
                let gap = (self.scenario.talk.for_s as f64 * 1000.0 / mean) as u64;
                let first = self.dice.next_after(gap);
                self.queue.at(start + first, Ev::PowerOff(i));
            }
        }
        for phase in &self.scenario.phases {
            self.queue.at(start + phase.from_s * 1000, Ev::Relink);
        }
        for r in &self.scenario.removals {
            let who = self.counted_from_last(r.from_last);
            let by = r.by_from_last.map_or(0, |n| self.counted_from_last(n));
            let outweighed = r.outweighed;
            let remove = Ev::Remove {
                who,
                by,
                outweighed,
            };
            self.queue.at(start + r.at_s * 1000, remove);
            if let Some(back) = r.back_after_s {
                self.queue
                    .at(start + (r.at_s + back) * 1000, Ev::TakeBack(who));
            }
        }
        for p in &self.scenario.admins {
            let who = self.counted_from_last(p.from_last);
            let by = p.by_from_last.map_or(0, |n| self.counted_from_last(n));
            let promote = Ev::Promote { who, by };
            self.queue.at(start + p.at_s * 1000, promote);
        }
        self.queue.at(start, Ev::Sample);
        self.run_until(talk_end + self.scenario.settle_s * 1000);
    }

    /// When people stop talking, in milliseconds of the world.
    #[must_use]
    pub fn talk_end(&self) -> u64 {
        ENTRY_MS + self.scenario.talk.for_s * 1000
    }

    /// Milliseconds of a time of the world after the start.
    #[must_use]
    pub fn after_start(ms: u64) -> u64 {
        ms.saturating_sub(ENTRY_MS)
    }

    fn run_until(&mut self, end: u64) {
        while let Some((at, event)) = self.queue.pop() {
            if at > end {
                self.queue.at(at, event);
                self.now = end;
                return;
            }
            self.now = at;
            self.step(event);
        }
    }

    fn step(&mut self, event: Ev) {
        match event {
            Ev::Deliver {
                from,
                to,
                link,
                bytes,
            } => self.deliver(from, to, link, &bytes),
            Ev::Commit { node, life, batch } => self.commit(node, life, &batch),
            Ev::Tick(node) => {
                self.handle(node, Event::Tick);
                self.acknowledge(node);
                self.queue.at(self.now + TICK_MS, Ev::Tick(node));
            }
            Ev::Say(node) => self.say(node),
            Ev::PowerOff(node) => self.power_off(node),
            Ev::PowerOn(node) => {
                if self.load(node).is_some() {
                    self.check_promises(node);
                    self.relink();
                }
            }
            Ev::Relink => self.relink(),
            Ev::Promote { who, by } => self.promote(who, by),
            Ev::Remove {
                who,
                by,
                outweighed,
            } => self.remove(who, by, outweighed),
            Ev::TakeBack(who) => self.take_back(who),
            Ev::Sample => self.sample(),
        }
    }

    fn handle(&mut self, node: usize, event: Event) {
        let now = self.clock(node);
        if let Some(sync) = self.nodes[node].sync.as_mut() {
            let effects = sync.handle(event, &Trust, now);
            self.carry_out(node, effects);
        }
    }

    fn carry_out(&mut self, node: usize, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Store(batch) => {
                    let ms = self.dice.within(self.scenario.faults.disk_ms);
                    let n = &mut self.nodes[node];
                    // One writer: commits don't overtake each other.
                    n.disk_free_at = (self.now + ms).max(n.disk_free_at);
                    let life = n.life;
                    self.queue
                        .at(n.disk_free_at, Ev::Commit { node, life, batch });
                }
                Effect::Fetch(ticket, at) => {
                    let read = self.nodes[node].store.read(&self.room, &at);
                    self.handle(node, Event::Fetched(ticket, read.unwrap_or_default()));
                }
                Effect::FetchEvidence(ticket, device) => {
                    let read = self.nodes[node].store.evidence(&self.room, &device);
                    self.handle(node, Event::Fetched(ticket, read.unwrap_or_default()));
                }
                Effect::Send(to, message) => self.send(node, &to, &message),
                Effect::Disconnect(_) => self.counts.disconnects += 1,
                Effect::News(_) | Effect::RefusedBy(..) => {}
            }
        }
    }

    fn send(&mut self, from: usize, to: &DeviceId, message: &SyncMessage) {
        let Some(to) = self.places.get(to).copied() else {
            return;
        };
        let Some(link) = self.links.get(&(from.min(to), from.max(to))).copied() else {
            return;
        };
        if let Part::Heads { lines, .. } = &message.part {
            for line in lines {
                if let Some(head) = line.head {
                    self.nodes[from]
                        .promised
                        .insert(line.device, (head.len, head.last));
                }
            }
        }
        let bytes = message.to_bytes();
        self.counts.messages += 1;
        self.counts.bytes += bytes.len() as u64;
        let after = self.fifo.get(&(from, to)).copied().unwrap_or(0);
        // The room is entered undisturbed.
        let calm = crate::scenario::Network {
            delay_ms: self.scenario.network.delay_ms,
            ..Default::default()
        };
        let net = match self.now < ENTRY_MS {
            true => &calm,
            false => &self.scenario.network,
        };
        for at in arrivals(net, &mut self.dice, self.now, after) {
            let last = self.fifo.entry((from, to)).or_default();
            *last = (*last).max(at.min(self.now + net.delay_ms[1]));
            let bytes = bytes.clone();
            self.queue.at(
                at,
                Ev::Deliver {
                    from,
                    to,
                    link,
                    bytes,
                },
            );
        }
    }

    fn deliver(&mut self, from: usize, to: usize, link: u64, bytes: &[u8]) {
        if self.links.get(&(from.min(to), from.max(to))) != Some(&link) {
            return;
        }
        let Ok(message) = SyncMessage::from_bytes(bytes) else {
            self.counts.faults.push("a message can't be read".into());
            return;
        };
        let peer = self.nodes[from].device();
        if self.nodes[to].sync.is_some() {
            self.handle(to, Event::Message(peer, message.part));
        } else if let Part::Invitation { opening, invite } = message.part {
            let n = &mut self.nodes[to];
            let me = n.device();
            let Ok(invitation) = Invitation::read(opening, invite, &n.person, me) else {
                self.counts
                    .faults
                    .push("an invitation can't be read".into());
                return;
            };
            let (opening, invite) = invitation.entries();
            if n.store.begin(opening, invite).is_err() {
                return;
            }
            let (log, answer) = invitation.accept();
            let none = core::iter::empty();
            n.sync = Some(RoomSync::new(log, n.person, none, core::iter::empty()));
            self.write(to, &answer);
            self.introduce(to);
        }
    }

    /// Tells a node who is connected to it.
    fn introduce(&mut self, node: usize) {
        let linked: Vec<usize> = self
            .links
            .keys()
            .filter(|(a, b)| *a == node || *b == node)
            .map(|(a, b)| if *a == node { *b } else { *a })
            .collect();
        for other in linked {
            self.connected(node, other);
        }
    }

    fn connected(&mut self, node: usize, other: usize) {
        let peer = self.nodes[other].device();
        let person = self.nodes[other].person;
        self.handle(node, Event::Connected { peer, person });
    }

    fn is_on(&self, node: usize) -> bool {
        // Before it came in, a node without a room is on all the same.
        self.nodes[node].sync.is_some() || self.now < ENTRY_MS
    }

    fn relink(&mut self) {
        let n = self.nodes.len();
        for a in 0..n {
            for b in a + 1..n {
                let entering = self.now < ENTRY_MS && a == 0;
                let at = Self::after_start(self.now);
                let reached = match self.now < ENTRY_MS {
                    true => entering,
                    false => self.scenario.reaches(at, n, a, b),
                };
                let wanted = reached && self.is_on(a) && self.is_on(b);
                let linked = self.links.contains_key(&(a, b));
                if wanted && !linked {
                    self.link_counter += 1;
                    self.links.insert((a, b), self.link_counter);
                    self.connected(a, b);
                    self.connected(b, a);
                } else if !wanted && linked {
                    self.links.remove(&(a, b));
                    let (da, db) = (self.nodes[a].device(), self.nodes[b].device());
                    self.handle(a, Event::Disconnected(db));
                    self.handle(b, Event::Disconnected(da));
                }
            }
        }
    }

    fn write(&mut self, node: usize, body: &Body) {
        let now = self.clock(node);
        let n = &mut self.nodes[node];
        let Some(sync) = n.sync.as_mut() else {
            return;
        };
        let author = Author {
            person: n.person,
            key: &n.key,
        };
        let Ok(entry) = sync.log().compose(author, body, now, &mut self.dice.0) else {
            return;
        };
        let effects = sync.append(entry, &Trust, now);
        self.carry_out(node, effects);
    }

    fn change(&mut self, node: usize, action: Action) {
        let body = self.nodes[node]
            .sync
            .as_ref()
            .map(|s| s.log().change(action));
        if let Some(body) = body {
            self.write(node, &body);
        }
    }

    fn say(&mut self, node: usize) {
        if self.now > self.talk_end() {
            return;
        }
        let mut text = format!("{node}/{}: ", self.now);
        while text.len() < self.scenario.talk.bytes {
            text.push('x');
        }
        let reply_to = None;
        self.write(node, &Body::Content(Content::Text { text, reply_to }));
        let next = self.dice.next_after(self.scenario.talk.every_s * 1000);
        self.queue.at(self.now + next, Ev::Say(node));
    }

    fn commit(&mut self, node: usize, life: u64, batch: &StoreBatch) {
        if self.nodes[node].life != life {
            self.counts.undone += 1;
            return;
        }
        if self.nodes[node].store.commit(&self.room, batch).is_err() {
            self.counts.faults.push("a commit failed".into());
            return;
        }
        for v in &batch.voided {
            // Whoever was removed is no longer promised to.
            self.nodes[node].promised.remove(&v.from.device);
        }
        for e in &batch.entries {
            self.note(node, &e.id(), &e.pos(), e.header().kind.number());
        }
        self.handle(node, Event::Stored(batch.id));
    }

    fn power_off(&mut self, node: usize) {
        if self.now > self.talk_end() {
            return;
        }
        let n = &mut self.nodes[node];
        n.sync = None;
        n.life += 1;
        n.disk_free_at = 0;
        self.counts.restarts += 1;
        self.relink();
        let off = self.dice.within(self.scenario.faults.off_s) * 1000;
        self.queue.at(self.now + off, Ev::PowerOn(node));
        let gap = self.scenario.talk.for_s as f64 * 1000.0 / self.scenario.faults.restarts;
        let next = self.dice.next_after(gap as u64);
        self.queue.at(self.now + off + next, Ev::PowerOff(node));
    }
}
