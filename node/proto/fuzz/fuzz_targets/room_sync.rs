//! Operations on one room: whatever peers say and in whatever order the store
//! answers, nothing panics, what waits stays bounded, and nothing is
//! acknowledged that isn't committed (R10).
#![no_main]
use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use kith_proto::digest::Digest;
use kith_proto::id::{DeviceId, OrgId, PersonId, RoomId};
use kith_proto::keys::SigningKey;
use kith_proto::room::body::{Body, Content, Toggle};
use kith_proto::room::change::{Action, Retention, Role, RoomKind};
use kith_proto::room::entry::{Entry, EntryId, Pos};
use kith_proto::room::log::{
    Author, Head, Log, MAX_HELD, MAX_HELD_STRANGERS, Verdict, Witness, open,
};
use kith_proto::room::message::{HeadLine, Part, Range, RefusedCode, Scope, Why};
use kith_proto::room::store::{MemoryRoomStore, RoomStore as _};
use kith_proto::room::sync::{Effect, Event, RoomSync, StoreBatch, Ticket};
use kith_proto::time::Timestamp;
use libfuzzer_sys::fuzz_target;
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng as _;

const PEOPLE: usize = 4;
/// More steps than that find nothing new, and make runs slow.
const MAX_STEPS: usize = 48;

struct Anyone(bool);

impl Witness for Anyone {
    fn device(&self, _: &PersonId, device: &DeviceId, _: Timestamp) -> Verdict {
        match self.0 && device.as_bytes()[0] & 1 == 1 {
            true => Verdict::Unknown,
            false => Verdict::Holds,
        }
    }
    fn organisation(&self, _: &OrgId, _: &PersonId, _: Timestamp) -> Verdict {
        Verdict::Holds
    }
    fn revoked(&self, _: &PersonId, _: &DeviceId) -> Verdict {
        Verdict::Holds
    }
}

fn person(n: usize) -> PersonId {
    PersonId::from_bytes([n as u8 + 1; 32])
}

static KEYS: LazyLock<Vec<(SigningKey, DeviceId)>> = LazyLock::new(|| {
    let keys = (1..=16).map(|n| SigningKey::from_seed(&[n; 32]));
    keys.map(|k| {
        let device = DeviceId::from(k.public());
        (k, device)
    })
    .collect()
});

fn key(n: usize) -> &'static SigningKey {
    &KEYS[n].0
}

fn device(n: usize) -> DeviceId {
    KEYS[n].1
}

fn now(n: u64) -> Timestamp {
    Timestamp::from_secs(1_000_000 + n)
}

/// A history with invitations, talk, removals, a return, a fork, and entries
/// of somebody who was never invited; in no particular order.
fn pool() -> &'static (Entry, Vec<Entry>) {
    static POOL: OnceLock<(Entry, Vec<Entry>)> = OnceLock::new();
    POOL.get_or_init(|| {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let action = Action::Open {
            nonce: [0; 16],
            title: "t".into(),
            kind: RoomKind::Group,
            retention: Retention::Forever,
        };
        let author = Author {
            person: person(0),
            key: key(0),
        };
        let opening = open(author, action, now(0), &mut rng).expect("opens");
        let mut log = Log::begin(&opening, device(9)).expect("begins");
        let mut all = vec![opening.clone()];
        let mut t = 0;
        let mut write = |log: &mut Log, n: usize, body: &Body, rng: &mut ChaCha8Rng| {
            t += 1;
            let author = Author {
                person: person(n),
                key: key(n),
            };
            let Ok(e) = log.compose(author, body, now(t), rng) else {
                return None;
            };
            all.push(e.clone());
            log.insert(e.clone(), &Anyone(false), now(t));
            Some(e)
        };
        let text = |t: &str| {
            Body::Content(Content::Text {
                text: t.into(),
                reply_to: None,
            })
        };
        for n in 1..PEOPLE {
            let role = if n == 1 { Role::Admin } else { Role::Member };
            let invite = log.change(Action::Invite {
                person: person(n),
                role,
            });
            write(&mut log, 0, &invite, &mut rng);
            let accept = log.change(Action::Accept);
            write(&mut log, n, &accept, &mut rng);
            write(&mut log, n, &text("hello"), &mut rng);
        }
        let mut branch = log.clone();
        let said = write(&mut log, 2, &text("one version"), &mut rng);
        write(&mut branch, 2, &text("another version"), &mut rng);
        write(&mut branch, 2, &text("and on"), &mut rng);
        let mut island = log.clone();
        let cut = log.cut_of(&person(3));
        let remove = log.change(Action::Remove {
            person: person(3),
            cut,
            reason: String::new(),
        });
        write(&mut log, 0, &remove, &mut rng);
        write(&mut island, 3, &text("unaware"), &mut rng);
        let leave = island.change(Action::Leave { cut: Vec::new() });
        write(&mut island, 3, &leave, &mut rng);
        let title = island.change(Action::Title("new".into()));
        write(&mut island, 1, &title, &mut rng);
        let back = log.change(Action::Add {
            person: person(3),
            role: Role::Admin,
        });
        write(&mut log, 0, &back, &mut rng);
        let hold = log.change(Action::Hold(Toggle::Set));
        write(&mut log, 0, &hold, &mut rng);
        if let Some(said) = said {
            write(&mut log, 2, &Body::Erase(vec![said.id()]), &mut rng);
        }
        (opening, all)
    })
}

struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn next(&mut self) -> Option<usize> {
        let (b, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(usize::from(*b))
    }
}

struct Node {
    sync: RoomSync,
    store: MemoryRoomStore,
    room: RoomId,
    batches: Vec<StoreBatch>,
    fetches: Vec<(Ticket, Vec<Pos>)>,
}

impl Node {
    fn take(&mut self, effects: Vec<Effect>) {
        for e in effects {
            match e {
                Effect::Store(b) => self.batches.push(b),
                Effect::Fetch(t, at) => self.fetches.push((t, at)),
                Effect::FetchEvidence(t, _) => self.fetches.push((t, Vec::new())),
                Effect::Send(_, m) => {
                    if let Part::Heads { lines, .. } = m.part {
                        lines.iter().for_each(|l| self.is_committed(l));
                    }
                }
                _ => {}
            }
        }
    }

    /// R10.
    fn is_committed(&self, line: &HeadLine) {
        let Some(head) = line.head else { return };
        let pos = Pos {
            device: line.device,
            seq: head.len - 1,
        };
        let read = self.store.read(&self.room, &[pos]).expect("reads");
        let entry = read
            .into_iter()
            .next()
            .expect("acknowledged and not committed")
            .1;
        assert_eq!(
            entry.trust_own_store().expect("stored whole").id(),
            head.last
        );
    }
}

fuzz_target!(|data: &[u8]| {
    let (opening, all) = pool();
    let mut b = Bytes(data);
    let me = device(0);
    let mut store = MemoryRoomStore::default();
    store.begin(opening, None).expect("begins");
    let room: RoomId = opening.id().into();
    let load = |store: &MemoryRoomStore| {
        let loaded = store.load(&room).expect("loads").expect("is there");
        loaded
            .restore(me, person(0))
            .expect("whole")
            .expect("opens")
    };
    let sync = load(&store);
    let mut n = Node {
        sync,
        store,
        room,
        batches: Vec::new(),
        fetches: Vec::new(),
    };
    let mut t = 10_000u64;
    let mut witness = Anyone(false);
    for _ in 0..MAX_STEPS {
        let (Some(op), Some(x)) = (b.next(), b.next()) else {
            break;
        };
        let peer = device(1 + x % PEOPLE);
        let event = match op % 12 {
            0 | 1 => {
                let person = person(1 + x % PEOPLE);
                Event::Connected { peer, person }
            }
            2 => Event::Disconnected(peer),
            3..=5 => {
                let mut entries = Vec::new();
                for _ in 0..1 + x % 5 {
                    let Some(i) = b.next() else { break };
                    let mut e = all[i % all.len()].to_wire();
                    if i > 250 {
                        e.body = None;
                    }
                    entries.push(e);
                }
                let why = if x > 127 { Why::Asked } else { Why::Pushed };
                Event::Message(peer, Part::Entries { why, entries })
            }
            6 => {
                let mut lines: BTreeMap<DeviceId, HeadLine> = BTreeMap::new();
                for _ in 0..1 + x % 4 {
                    let (Some(d), Some(len)) = (b.next(), b.next()) else {
                        break;
                    };
                    let device = device(d % (PEOPLE + 2));
                    let known = all.iter().find(|e| {
                        e.pos()
                            == Pos {
                                device,
                                seq: len as u64 % 8,
                            }
                    });
                    let lie = EntryId(Digest::from_bytes([len as u8; 32]));
                    let head = Head {
                        len: 1 + len as u64 % 8,
                        last: known.map_or(lie, Entry::id),
                    };
                    lines.insert(
                        device,
                        HeadLine {
                            device,
                            head: Some(head),
                            receipt: 0,
                        },
                    );
                }
                let scope = if x > 127 { Scope::Full } else { Scope::Changed };
                Event::Message(
                    peer,
                    Part::Heads {
                        scope,
                        lines: lines.into_values().collect(),
                    },
                )
            }
            7 => {
                let Some(from) = b.next() else { break };
                let device = device(x % (PEOPLE + 1));
                let (from, to) = (from as u64, from as u64 + 1 + x as u64);
                Event::Message(peer, Part::Want(vec![Range { device, from, to }]))
            }
            8 if !n.batches.is_empty() => {
                // One writer: in order.
                let batch = n.batches.remove(0);
                n.store.commit(&room, &batch).expect("commits");
                Event::Stored(batch.id)
            }
            9 if !n.fetches.is_empty() => {
                let (ticket, at) = n.fetches.swap_remove(x % n.fetches.len());
                Event::Fetched(ticket, n.store.read(&room, &at).expect("reads"))
            }
            10 => {
                t += x as u64;
                match x % 8 {
                    0 => {
                        witness.0 = !witness.0;
                        Event::WitnessChanged
                    }
                    1 => {
                        // The power goes.
                        n.batches.clear();
                        n.fetches.clear();
                        n.sync = load(&n.store);
                        continue;
                    }
                    2 => Event::Message(peer, Part::Refused(RefusedCode::Gone)),
                    3 => Event::Message(peer, Part::WantBodies(vec![all[x % all.len()].pos()])),
                    4 => {
                        let e = &all[x % all.len()];
                        let body = e.body_bytes().unwrap_or_default().to_vec();
                        Event::Message(peer, Part::Bodies(vec![(e.pos(), body)]))
                    }
                    _ => Event::Tick,
                }
            }
            _ => Event::Tick,
        };
        let effects = n.sync.handle(event, &witness, now(t));
        n.take(effects);
        assert!(n.sync.log().held() <= MAX_HELD + MAX_HELD_STRANGERS);
        for (d, head) in n.sync.log().heads() {
            assert!(n.sync.stored(&d) <= head.len);
        }
    }
    // What is committed is what a restart finds.
    while !n.batches.is_empty() {
        let batch = n.batches.remove(0);
        n.store.commit(&room, &batch).expect("commits");
        let effects = n.sync.handle(Event::Stored(batch.id), &witness, now(t));
        n.take(effects);
    }
    let again = load(&n.store);
    assert_eq!(again.log().heads(), n.sync.log().heads());
    assert_eq!(again.log().membership(), n.sync.log().membership());
    assert_eq!(again.log().ordered(), n.sync.log().ordered());
});
