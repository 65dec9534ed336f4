use std::collections::BTreeMap;

use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;

use super::*;
use crate::room::body::{Content, Toggle};
use crate::room::change::{Retention, Role, RoomKind};
use crate::room::membership::Standing;
use crate::testing::{key, rng};

mod changes;
mod closed;
mod erasing;
mod forks;
mod removal;
mod unheard;

/// Believes in everybody, except in devices that are revoked.
#[derive(Default)]
struct World {
    revoked: BTreeMap<DeviceId, Timestamp>,
}

impl Witness for World {
    fn device(&self, _: &PersonId, device: &DeviceId, at: Timestamp) -> Verdict {
        match self.revoked.get(device) {
            Some(since) if at >= *since => Verdict::Fails,
            _ => Verdict::Holds,
        }
    }
    fn organisation(&self, _: &OrgId, _: &PersonId, _: Timestamp) -> Verdict {
        Verdict::Holds
    }
    fn revoked(&self, _: &PersonId, device: &DeviceId) -> Verdict {
        match self.revoked.contains_key(device) {
            true => Verdict::Holds,
            false => Verdict::Unknown,
        }
    }
}

struct Node {
    person: PersonId,
    key: SigningKey,
    log: Log,
    /// How far its clock runs ahead, in seconds; it may run behind too.
    skew: i64,
}

impl Node {
    fn author(&self) -> Author<'_> {
        Author {
            person: self.person,
            key: &self.key,
        }
    }

    fn now(&self, secs: u64) -> Timestamp {
        Timestamp::from_secs(secs.saturating_add_signed(self.skew))
    }
}

/// How many histories are tried; more with `KITH_CASES`.
fn cases(usual: u32) -> ProptestConfig {
    let asked = std::env::var("KITH_CASES")
        .ok()
        .and_then(|n| n.parse().ok());
    ProptestConfig {
        cases: asked.unwrap_or(usual),
        ..ProptestConfig::default()
    }
}

fn person(n: u64) -> PersonId {
    PersonId::from_bytes([n as u8 + 1; 32])
}

fn opening(kind: RoomKind) -> Entry {
    let author = key(0);
    let action = Action::Open {
        nonce: [1; 16],
        title: "t".into(),
        kind,
        retention: Retention::Forever,
    };
    let author = Author {
        person: person(0),
        key: &author,
    };
    open(author, action, Timestamp::from_secs(10_000), &mut rng(1)).unwrap()
}

fn nodes(n: u64, kind: RoomKind, skews: &[i64]) -> (Entry, Vec<Node>) {
    let opening = opening(kind);
    let node = |i: u64| {
        let key = key(i);
        Node {
            person: person(i),
            log: Log::begin(&opening, key.public().into()).unwrap(),
            skew: skews[i as usize % skews.len()],
            key,
        }
    };
    let nodes = (0..n).map(node).collect();
    (opening, nodes)
}

/// Everything that was ever written, whoever has it.
#[derive(Default)]
struct Written(BTreeMap<EntryId, Entry>);

impl Written {
    fn write(&mut self, node: &mut Node, body: &Body, now: u64, seed: u64) -> Option<Entry> {
        let entry = node
            .log
            .compose(node.author(), body, node.now(now), &mut rng(seed))
            .ok()?;
        let outcome = node
            .log
            .insert(entry.clone(), &World::default(), node.now(now));
        assert_eq!(outcome.outcome, Outcome::Accepted, "{entry:?}");
        self.0.insert(entry.id(), entry.clone());
        Some(entry)
    }
}

/// Brings to `to` what `from` has.
fn exchange(written: &Written, from: &Log, to: &mut Node, now: u64) {
    let mut rows: Vec<(Clock, EntryId)> = from.rows().map(|(_, r)| (r.clock, r.id)).collect();
    rows.sort_unstable();
    let now = to.now(now);
    for (_, id) in rows {
        if let Some(entry) = written.0.get(&id) {
            to.log.insert(entry.clone(), &World::default(), now);
        }
    }
}

fn text(n: u64) -> Body {
    Body::Content(Content::Text {
        text: format!("{n}"),
        reply_to: None,
    })
}

/// Something that a person might do.
fn random_body(rng: &mut ChaCha20Rng, node: &Node, people: u64) -> Body {
    let other = person(rng.next_u64() % people);
    let role = match rng.next_u64() % 3 {
        0 => Role::Admin,
        _ => Role::Member,
    };
    let cut = node.log.cut_of(&other);
    let reason = String::new();
    let action = match rng.next_u64() % 16 {
        0..6 => return text(rng.next_u64() % 100),
        6..9 => Action::Invite {
            person: other,
            role,
        },
        9..12 => Action::Accept,
        12 => Action::Add {
            person: other,
            role,
        },
        13 => Action::Remove {
            person: other,
            cut,
            reason,
        },
        14 if rng.next_u64().is_multiple_of(2) => Action::Leave {
            cut: node.log.cut_of(&node.person),
        },
        14 => Action::Decline,
        _ => Action::Title(format!("{}", rng.next_u64() % 10)),
    };
    node.log.change(action)
}

/// A room in which people act at random, meet at random, and never all.
fn history(seed: u64, people: u64, steps: u64, skews: &[i64]) -> (Entry, Written, Vec<Node>) {
    let (opening, mut nodes) = nodes(people, RoomKind::Group, skews);
    let mut written = Written::default();
    written.0.insert(opening.id(), opening.clone());
    let mut rng = rng(seed);
    // Most are invited at the start, or little would happen.
    for i in 1..people {
        let role = match i % 2 {
            0 => Role::Member,
            _ => Role::Admin,
        };
        let invite = nodes[0].log.change(Action::Invite {
            person: person(i),
            role,
        });
        written.write(&mut nodes[0], &invite, 10_001 + i, i);
        let from = nodes[0].log.clone();
        exchange(&written, &from, &mut nodes[i as usize], 10_001 + i);
        let accept = nodes[i as usize].log.change(Action::Accept);
        written.write(&mut nodes[i as usize], &accept, 10_002 + i, i);
        let from = nodes[i as usize].log.clone();
        exchange(&written, &from, &mut nodes[0], 10_002 + i);
    }
    for step in 0..steps {
        let now = 10_100 + step * 7;
        let at = (rng.next_u64() % people) as usize;
        if rng.next_u64().is_multiple_of(3) {
            let other = (rng.next_u64() % people) as usize;
            let from = nodes[other].log.clone();
            exchange(&written, &from, &mut nodes[at], now);
        } else {
            let body = random_body(&mut rng, &nodes[at], people);
            written.write(&mut nodes[at], &body, now, rng.next_u64());
        }
    }
    (opening, written, nodes)
}

/// A bystander who hears everything in an order drawn from `seed`, some of it
/// twice, until nothing changes any more.
fn bystander(opening: &Entry, written: &Written, seed: u64, now: u64) -> Log {
    let me = key(9_000 + seed).public().into();
    let mut log = Log::begin(opening, me).unwrap();
    let mut rng = rng(seed);
    let mut entries: Vec<&Entry> = written.0.values().collect();
    for _ in 0..8 {
        for i in (1..entries.len()).rev() {
            entries.swap(i, (rng.next_u64() % (i as u64 + 1)) as usize);
        }
        let before = log.heads();
        for e in &entries {
            log.insert((*e).clone(), &World::default(), Timestamp::from_secs(now));
            check(&log);
        }
        if log.heads() == before {
            break;
        }
    }
    log
}

/// What holds of every log at every moment.
fn check(log: &Log) {
    for (device, head) in log.heads() {
        assert_eq!(head.len, log.len(&device));
        assert!(head.len > 0);
        let mut last = None;
        for seq in 0..head.len {
            let row = log.row(&Pos { device, seq }).unwrap();
            assert!(last < Some(row.clock), "clocks run forward");
            assert_eq!(log.find(&row.id), Some(Pos { device, seq }));
            last = Some(row.clock);
        }
    }
    assert!(log.held() <= MAX_HELD + MAX_HELD_STRANGERS);
}

/// Each device's entries appear in the order in which it wrote them.
fn in_log_order(order: &[Pos]) -> bool {
    let mut next: BTreeMap<DeviceId, u64> = BTreeMap::new();
    order.iter().all(|p| {
        let n = next.entry(p.device).or_default();
        let fits = *n <= p.seq;
        *n = p.seq + 1;
        fits
    })
}

proptest! {
    #![proptest_config(cases(48))]

    /// MSG-4: whoever hears the same comes to the same, in whatever order.
    #[test]
    fn logs_converge_whatever_the_order(seed in any::<u64>(), people in 2u64..6, steps in 0u64..60) {
        let skews = [0, 3600, -600, 0];
        let (opening, written, nodes) = history(seed, people, steps, &skews);
        let a = bystander(&opening, &written, 1, 20_000);
        let b = bystander(&opening, &written, 2, 30_000);
        prop_assert_eq!(a.heads(), b.heads());
        prop_assert_eq!(a.membership(), b.membership());
        prop_assert_eq!(a.ordered(), b.ordered());
        prop_assert!(in_log_order(&a.ordered()));
        prop_assert_eq!(a.forks().count(), 0);
        // Members who hear everything agree with the bystanders.
        for mut node in nodes {
            let me = node.log.me();
            for _ in 0..4 {
                let all: Vec<Entry> = written.0.values().cloned().collect();
                for e in all {
                    node.log.insert(e, &World::default(), Timestamp::from_secs(30_000));
                }
            }
            if a.membership().standing(&node.person) == Standing::Member {
                let mut heads = node.log.heads();
                let mut others = a.heads();
                heads.remove(&me);
                others.remove(&me);
                prop_assert_eq!(heads, others);
                prop_assert_eq!(node.log.membership().members().collect::<Vec<_>>(), a.membership().members().collect::<Vec<_>>());
                prop_assert_eq!(node.log.ordered(), a.ordered());
            }
        }
    }

    /// What was shown in an order stays in it: new entries go in between,
    /// but never swap two that were there, unless an entry that names others
    /// as ahead came.
    #[test]
    fn order_is_stable_without_wrong_clocks(seed in any::<u64>(), steps in 0u64..60) {
        let (opening, written, _) = history(seed, 4, steps, &[0]);
        let log = bystander(&opening, &written, seed, 20_000);
        prop_assert!(log.rows().all(|(pos, _)| !log.key(&pos).unwrap().is_clamped()));
        let keys: Vec<OrderKey> = log.ordered().iter().map(|p| log.key(p).unwrap()).collect();
        prop_assert!(keys.is_sorted());
    }
}

#[test]
fn a_clock_a_year_ahead_stays_in_its_place() {
    let year = 365 * 24 * 3600;
    let (_, mut nodes) = nodes(2, RoomKind::Pair(person(1)), &[year, 0]);
    let mut w = Written::default();
    let accept = nodes[1].log.change(Action::Accept);
    w.write(&mut nodes[1], &accept, 10_000, 1);
    let from = nodes[1].log.clone();
    exchange(&w, &from, &mut nodes[0], 10_000);
    // Anna's clock is wrong by a year; they answer each other.
    let mut order = Vec::new();
    for i in 0..6 {
        let (at, other) = (i % 2, 1 - i % 2);
        let e = w.write(
            &mut nodes[at],
            &text(i as u64),
            10_100 + i as u64,
            5 + i as u64,
        );
        order.push(e.unwrap().pos());
        let from = nodes[at].log.clone();
        exchange(&w, &from, &mut nodes[other], 10_100 + i as u64);
    }
    for node in &nodes {
        let shown = node.log.ordered();
        assert_eq!(shown[shown.len() - 6..], order, "as they were written");
        let clamped = order
            .iter()
            .filter(|p| node.log.key(p).unwrap().is_clamped());
        // Every entry of Anna's has an answer that names it.
        assert_eq!(clamped.count(), 3);
    }
}

#[test]
fn what_waits_is_bounded() {
    let (_, mut nodes) = nodes(2, RoomKind::Pair(person(1)), &[0]);
    let mut w = Written::default();
    let accept = nodes[1].log.change(Action::Accept);
    w.write(&mut nodes[1], &accept, 10_000, 1);
    let mut last = None;
    for i in 0..(MAX_HELD + MAX_HELD_STRANGERS + 50) as u64 {
        last = w.write(&mut nodes[1], &text(i), 10_001, i);
        if i > 0 {
            nodes[0].log.insert(
                last.clone().unwrap(),
                &World::default(),
                Timestamp::from_secs(10_001),
            );
        }
    }
    assert!(last.is_some());
    assert_eq!(nodes[0].log.held(), MAX_HELD + MAX_HELD_STRANGERS);
    // All the same, everything comes in the end.
    let from = nodes[1].log.clone();
    exchange(&w, &from, &mut nodes[0], 10_002);
    assert_eq!(nodes[0].log.heads(), nodes[1].log.heads());
    assert_eq!(nodes[0].log.held(), 0);
}

#[test]
fn unknown_kinds_are_kept() {
    let (_, mut nodes) = nodes(2, RoomKind::Pair(person(1)), &[0]);
    let mut w = Written::default();
    let accept = nodes[1].log.change(Action::Accept);
    w.write(&mut nodes[1], &accept, 10_000, 1);
    let from = nodes[1].log.clone();
    exchange(&w, &from, &mut nodes[0], 10_001);
    let device = nodes[1].author().device();
    let before = nodes[1].log.row(&Pos { device, seq: 0 }).unwrap();
    let body = vec![0xa0];
    let mut header = EntryHeader {
        room: Some(nodes[1].log.room()),
        person: person(1),
        device,
        seq: 1,
        previous: Some(before.id),
        clock: before.clock.next(),
        seen: heads_digest(&Heads::new()),
        epoch: 1,
        kind: KindCode::from_number(999).unwrap(),
        body: BodyHash::of(&body),
        body_len: 1,
        ahead: Vec::new(),
    };
    let entry = Entry::sign(&header, body.clone(), &nodes[1].key).unwrap();
    let now = Timestamp::from_secs(10_002);
    let r = nodes[0].log.insert(entry, &World::default(), now);
    assert_eq!(r.outcome, Outcome::Accepted);
    // An unknown change can't be passed over: who belongs hangs on it.
    header.kind = KindCode::from_number(15).unwrap();
    assert!(matches!(
        Entry::sign(&header, body, &nodes[1].key),
        Err(EntryError::Change(_))
    ));
}
