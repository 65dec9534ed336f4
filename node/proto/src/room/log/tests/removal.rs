//! People who remove each other at the same time, who come back, and who
//! pretend not to have heard that they are out (MSG-4).

use super::*;
use crate::room::MAX_BEYOND_CUT;
use crate::room::kind::Class;
use crate::room::membership::Standing::{Member, Removed, Stranger};

/// A room of Anna, who opened it, and of others whom she invited one after
/// the other, all of whom know each other.
pub(super) fn room(roles: &[Role]) -> (Entry, Written, Vec<Node>) {
    let people = roles.len() as u64 + 1;
    let (opening, mut nodes) = nodes(people, RoomKind::Group, &[0]);
    let mut w = Written::default();
    w.0.insert(opening.id(), opening.clone());
    for (i, role) in (1..people).zip(roles) {
        let action = Action::Invite {
            person: person(i),
            role: *role,
        };
        act(&mut w, &mut nodes[0], action, 10_001 + i).unwrap();
        meet(&w, &mut nodes, 0, i as usize, 10_001 + i);
        act(&mut w, &mut nodes[i as usize], Action::Accept, 10_002 + i).unwrap();
        meet(&w, &mut nodes, i as usize, 0, 10_002 + i);
    }
    for i in 1..nodes.len() {
        meet(&w, &mut nodes, 0, i, 10_050);
    }
    (opening, w, nodes)
}

pub(super) fn act(w: &mut Written, node: &mut Node, action: Action, now: u64) -> Option<Entry> {
    let body = node.log.change(action);
    w.write(node, &body, now, now)
}

pub(super) fn remove(node: &Node, whom: u64) -> Action {
    Action::Remove {
        person: person(whom),
        cut: node.log.cut_of(&person(whom)),
        reason: String::new(),
    }
}

pub(super) fn add(whom: u64, role: Role) -> Action {
    Action::Add {
        person: person(whom),
        role,
    }
}

pub(super) fn meet(w: &Written, nodes: &mut [Node], from: usize, to: usize, now: u64) {
    let from = nodes[from].log.clone();
    exchange(w, &from, &mut nodes[to], now);
}

/// What a changed program would write: any change, by whatever pretends to be
/// all that it had seen.
pub(super) fn forge(
    w: &mut Written,
    node: &mut Node,
    parents: &[EntryId],
    action: Action,
    now: u64,
) -> Entry {
    let known: Vec<&Change> = parents.iter().map(|id| &node.log.changes[id]).collect();
    let mut named: Vec<crate::room::body::Parent> = known
        .iter()
        .map(|c| crate::room::body::Parent {
            pos: c.pos,
            id: c.id,
        })
        .collect();
    named.sort();
    named.dedup();
    let body = Body::Change(ChangeBody {
        parents: named,
        action,
    });
    let device = node.author().device();
    let seq = node.log.len(&device);
    let last = seq
        .checked_sub(1)
        .and_then(|seq| node.log.row(&Pos { device, seq }));
    let bytes = body.to_bytes(Salt([0; 16]));
    let header = EntryHeader {
        room: Some(node.log.room()),
        person: node.person,
        device,
        seq,
        previous: last.map(|r| r.id),
        clock: Clock::tick(node.now(now), last.map(|r| r.clock), core::iter::empty()),
        seen: heads_digest(&Heads::new()),
        epoch: known.iter().map(|c| c.epoch).max().unwrap_or(0) + 1,
        kind: body.kind(),
        body: BodyHash::of(&bytes),
        body_len: bytes.len() as u32,
        ahead: Vec::new(),
    };
    let entry = Entry::sign(&header, bytes, &node.key).unwrap();
    w.0.insert(entry.id(), entry.clone());
    let now = node.now(now);
    node.log.insert(entry.clone(), &World::default(), now);
    entry
}

/// What bystanders come to who hear everything in different orders; they must
/// come to the same.
fn agreed(opening: &Entry, w: &Written) -> Log {
    let a = bystander(opening, w, 1, 90_000);
    for seed in 2..6 {
        let b = bystander(opening, w, seed, 90_000);
        assert_eq!(a.heads(), b.heads());
        assert_eq!(a.membership(), b.membership());
        assert_eq!(a.ordered(), b.ordered());
    }
    a
}

/// Something that a person might do in a room full of quarrel.
fn quarrel(rng: &mut ChaCha20Rng, node: &Node, people: u64) -> Body {
    let other = rng.next_u64() % people;
    let role = match rng.next_u64() % 2 {
        0 => Role::Admin,
        _ => Role::Member,
    };
    let action = match rng.next_u64() % 16 {
        0..4 => return text(rng.next_u64() % 100),
        4..8 => remove(node, other),
        8..11 => add(other, role),
        11..13 => Action::Invite {
            person: person(other),
            role,
        },
        13 => Action::Accept,
        14 => Action::Leave {
            cut: node.log.cut_of(&node.person),
        },
        _ => Action::Title(format!("{}", rng.next_u64() % 10)),
    };
    node.log.change(action)
}

/// A room in which admins are made and unmade all the time, who seldom meet;
/// and in which some, by changed programs, write what they please.
fn quarrels(seed: u64, others: usize, steps: u64, forgers: u64) -> (Entry, Written, Vec<Node>) {
    let (opening, mut w, mut nodes) = room(&vec![Role::Admin; others]);
    let people = nodes.len() as u64;
    let mut rng = rng(seed);
    for step in 0..steps {
        let now = 10_100 + step * 7;
        let at = (rng.next_u64() % people) as usize;
        if rng.next_u64().is_multiple_of(4) {
            let other = (rng.next_u64() % people) as usize;
            meet(&w, &mut nodes, other, at, now);
            continue;
        }
        let body = quarrel(&mut rng, &nodes[at], people);
        match body {
            Body::Change(change) if rng.next_u64() % 4 < forgers => {
                let known: Vec<EntryId> = nodes[at].log.changes.keys().copied().collect();
                let n = 1 + rng.next_u64() % 2;
                let parents: Vec<EntryId> = (0..n)
                    .map(|_| known[(rng.next_u64() % known.len() as u64) as usize])
                    .collect();
                forge(&mut w, &mut nodes[at], &parents, change.action, now);
            }
            body => drop(w.write(&mut nodes[at], &body, now, rng.next_u64())),
        }
    }
    (opening, w, nodes)
}

proptest! {
    #![proptest_config(cases(48))]

    /// MSG-4: whoever hears the same comes to the same, though everybody
    /// removes everybody.
    #[test]
    fn quarrels_end_the_same_for_everybody(seed in any::<u64>(), others in 1usize..6, steps in 0u64..70) {
        let (opening, w, nodes) = quarrels(seed, others, steps, 0);
        let a = agreed(&opening, &w);
        for mut node in nodes {
            let me = node.log.me();
            for _ in 0..4 {
                for e in w.0.values() {
                    node.log.insert(e.clone(), &World::default(), Timestamp::from_secs(90_000));
                }
            }
            let (mut heads, mut others) = (node.log.heads(), a.heads());
            heads.remove(&me);
            others.remove(&me);
            prop_assert_eq!(heads, others);
            prop_assert_eq!(node.log.membership(), a.membership());
        }
    }

    /// The same with somebody whom some invite and some remove, and whose
    /// devices talk whether or not they have agreed.
    #[test]
    fn outsiders_part_nobody(seed in any::<u64>(), others in 1usize..4, steps in 0u64..40) {
        let (opening, mut w, mut nodes) = quarrels(seed, others, steps, 1);
        let mut rng = rng(seed ^ 1);
        let outsider = nodes.len() as u64;
        for node in &mut nodes {
            for _ in 0..rng.next_u64() % 3 {
                let action = match rng.next_u64() % 3 {
                    0 => remove(node, outsider),
                    _ => add(outsider, Role::Admin),
                };
                act(&mut w, node, action, 11_000);
            }
        }
        for device in 0..3 {
            let mut last: Option<Entry> = None;
            for seq in 0..rng.next_u64() % 8 {
                let knows = (rng.next_u64() % nodes.len() as u64) as usize;
                let node = Node {
                    person: person(outsider),
                    key: key(300 + device),
                    log: nodes[knows].log.clone(),
                    skew: 0,
                };
                let body = match rng.next_u64() % 4 {
                    0 => node.log.change(Action::Accept),
                    1 => node.log.change(remove(&node, rng.next_u64() % outsider)),
                    2 => node.log.change(Action::Decline),
                    _ => text(seq),
                };
                let e = forge_body(&node, &body, seq, last.as_ref(), 11_100 + seq);
                w.0.insert(e.id(), e.clone());
                last = Some(e);
            }
        }
        let log = agreed(&opening, &w);
        for (pos, row) in log.rows() {
            let who = log.person_of(&pos.device).unwrap();
            let out = matches!(
                log.membership().allowance(&who, &pos.device),
                Allowance::Nothing | Allowance::Changes
            );
            prop_assert!(!(out && row.kind.class() != Class::Change && log.shows(&pos)));
        }
    }

    /// The same with liars: they may write what they like and pretend to have
    /// seen what they like.
    #[test]
    fn liars_part_nobody(seed in any::<u64>(), others in 1usize..6, steps in 0u64..50) {
        let (opening, w, _) = quarrels(seed, others, steps, 2);
        agreed(&opening, &w);
    }
}

/// Two admins had removed each other, each cutting off the other's removal:
/// whichever came first kept the other out.
#[test]
fn a_history_that_once_parted_its_people() {
    let (opening, w, _) = history(714_644_795_236_513_925, 2, 33, &[0, 3600, -600, 0]);
    agreed(&opening, &w);
}

#[test]
fn of_two_who_remove_each_other_the_older_member_stays() {
    let (opening, mut w, mut nodes) = room(&[Role::Member, Role::Member, Role::Admin]);
    // Anna makes Ben an admin while Dave makes Carol one; both use it at once.
    act(&mut w, &mut nodes[0], add(1, Role::Admin), 10_100).unwrap();
    meet(&w, &mut nodes, 0, 1, 10_101);
    act(&mut w, &mut nodes[3], add(2, Role::Admin), 10_100).unwrap();
    meet(&w, &mut nodes, 3, 2, 10_101);
    let (ben, carol) = (remove(&nodes[1], 2), remove(&nodes[2], 1));
    act(&mut w, &mut nodes[1], ben, 10_102).unwrap();
    act(&mut w, &mut nodes[2], carol, 10_102).unwrap();
    let log = agreed(&opening, &w);
    assert_eq!(log.membership().standing(&person(1)), Member);
    assert!(log.membership().is_admin(&person(1)));
    assert_eq!(log.membership().standing(&person(2)), Removed);
    // Those whom it is about come to the same.
    for i in 0..4 {
        for _ in 0..2 {
            (0..4).for_each(|from| meet(&w, &mut nodes, from, i, 10_200));
        }
        assert_eq!(nodes[i].log.membership(), log.membership());
    }
}

#[test]
fn a_chain_of_removals_ends_where_it_is_cut() {
    // Each was invited by the one before.
    let (opening, mut nodes) = nodes(4, RoomKind::Group, &[0]);
    let mut w = Written::default();
    w.0.insert(opening.id(), opening.clone());
    for i in 1..4usize {
        let action = Action::Invite {
            person: person(i as u64),
            role: Role::Admin,
        };
        act(&mut w, &mut nodes[i - 1], action, 10_000 + 10 * i as u64).unwrap();
        meet(&w, &mut nodes, i - 1, i, 10_001);
        act(
            &mut w,
            &mut nodes[i],
            Action::Accept,
            10_002 + 10 * i as u64,
        )
        .unwrap();
        (0..i).for_each(|j| meet(&w, &mut nodes, i, j, 10_100));
    }
    for (node, next) in nodes.iter_mut().zip(1..4) {
        let action = remove(node, next);
        act(&mut w, node, action, 10_200).unwrap();
    }
    let log = agreed(&opening, &w);
    let stands = |n| log.membership().standing(&person(n));
    // Anna's stands; Ben's came after Anna's cut; Carol's stands therefore.
    assert_eq!(
        [stands(1), stands(2), stands(3)],
        [Removed, Member, Removed]
    );
}

#[test]
fn who_was_taken_back_has_all_that_was_said() {
    let (opening, mut w, mut nodes) = room(&[Role::Member]);
    let ben = remove(&nodes[0], 1);
    act(&mut w, &mut nodes[0], ben, 10_100).unwrap();
    for i in 0..3 {
        w.write(&mut nodes[1], &text(i), 10_100 + i, i).unwrap();
    }
    let out = agreed(&opening, &w);
    let device = nodes[1].author().device();
    assert!(!out.shows(&Pos { device, seq: 1 }));
    act(&mut w, &mut nodes[0], add(1, Role::Member), 10_200).unwrap();
    let back = agreed(&opening, &w);
    assert_eq!(back.membership().standing(&person(1)), Member);
    assert!((0..4).all(|seq| back.shows(&Pos { device, seq })));
}

/// Whoever lost his rights can't use them by pretending not to know (POL-7).
#[test]
fn backdating_brings_nothing() {
    for removed in [false, true] {
        let (opening, mut w, mut nodes) = room(&[Role::Admin, Role::Member]);
        let before: Vec<EntryId> = nodes[1].log.changes.keys().copied().collect();
        let action = match removed {
            true => remove(&nodes[0], 1),
            false => add(1, Role::Member),
        };
        act(&mut w, &mut nodes[0], action, 10_100).unwrap();
        meet(&w, &mut nodes, 0, 1, 10_101);
        let carol = remove(&nodes[1], 2);
        let invite = Action::Invite {
            person: person(7),
            role: Role::Admin,
        };
        for action in [carol, invite, Action::Title("mine".into())] {
            forge(&mut w, &mut nodes[1], &before, action, 10_102);
        }
        let log = agreed(&opening, &w);
        assert_eq!(log.membership().standing(&person(2)), Member);
        assert_eq!(log.membership().standing(&person(7)), Stranger);
        assert_eq!(log.membership().title(), "t");
    }
}

#[test]
fn what_a_removed_person_writes_is_bounded_and_kept_without_its_words() {
    let (_, mut w, mut nodes) = room(&[Role::Admin]);
    let ben = remove(&nodes[0], 1);
    act(&mut w, &mut nodes[0], ben, 10_100).unwrap();
    for i in 0..MAX_BEYOND_CUT + 20 {
        w.write(&mut nodes[1], &text(i), 10_100 + i, i).unwrap();
    }
    meet(&w, &mut nodes, 1, 0, 20_000);
    let (device, log) = (nodes[1].author().device(), &nodes[0].log);
    assert_eq!(log.len(&device), 1 + MAX_BEYOND_CUT);
    let hidden = (1..log.len(&device)).map(|seq| Pos { device, seq });
    for pos in hidden {
        assert!(!log.shows(&pos));
        assert_eq!(log.row(&pos).unwrap().state, BodyState::Missing);
    }
}

/// What a changed program would write without being let in: any body.
fn forge_body(node: &Node, body: &Body, seq: u64, last: Option<&Entry>, now: u64) -> Entry {
    let bytes = body.to_bytes(Salt([0; 16]));
    let header = EntryHeader {
        room: Some(node.log.room()),
        person: node.person,
        device: node.author().device(),
        seq,
        previous: last.map(Entry::id),
        clock: Clock::tick(
            Timestamp::from_secs(now),
            last.map(|e| e.header().clock),
            core::iter::empty(),
        ),
        seen: heads_digest(&Heads::new()),
        epoch: node.log.membership().depth() + u64::from(matches!(body, Body::Change(_))),
        kind: body.kind(),
        body: BodyHash::of(&bytes),
        body_len: bytes.len() as u32,
        ahead: Vec::new(),
    };
    Entry::sign(&header, bytes, &node.key).unwrap()
}

/// MSG-1: whoever was invited and didn't agree has no place in the room but
/// for an answer, whatever the program writes.
#[test]
fn who_never_agreed_is_not_heard() {
    let (opening, mut nodes) = nodes(2, RoomKind::Group, &[0]);
    let mut w = Written::default();
    w.0.insert(opening.id(), opening.clone());
    let invite = Action::Invite {
        person: person(1),
        role: Role::Member,
    };
    act(&mut w, &mut nodes[0], invite, 10_001).unwrap();
    meet(&w, &mut nodes, 0, 1, 10_001);
    let (anna, ben) = nodes.split_at_mut(1);
    let (anna, ben) = (&mut anna[0], &mut ben[0]);
    let erase = Body::Erase(vec![opening.id()]);
    let (device, at) = (ben.author().device(), Timestamp::from_secs(20_000));
    let ours = anna.log.heads();
    for body in [text(1), erase] {
        let e = forge_body(ben, &body, 0, None, 10_100);
        let result = anna.log.insert(e, &World::default(), at);
        assert_eq!(result.outcome, Outcome::Held(HeldWhy::Membership));
        assert_eq!(anna.log.heads(), ours);
        assert!(anna.log.erasures.is_empty());
        // Anna forgets what waits, for the next one to be looked at.
        anna.log.held = held::Held::default();
    }
    // After an answer that isn't a yes it is the same, also for a change.
    let no = ben.log.change(Action::Decline);
    let no = forge_body(ben, &no, 0, None, 10_101);
    let talk = forge_body(ben, &text(2), 1, Some(&no), 10_102);
    let late = ben.log.change(Action::Title("mine".into()));
    let late = forge_body(ben, &late, 2, Some(&talk), 10_103);
    for e in [&no, &talk, &late] {
        anna.log.insert(e.clone(), &World::default(), at);
    }
    assert_eq!(anna.log.len(&device), 1);
    assert!(anna.log.shows(&Pos { device, seq: 0 }));
}

/// Ben let Carol in, unseen by Anna, who removed him and then invited Carol
/// herself: what Carol said meanwhile is kept and not shown until she agrees
/// once more, and what comes far behind is refused and changes nothing.
#[test]
fn whose_agreement_was_undone_is_not_shown_and_costs_nothing() {
    let (opening, mut w, mut nodes) = room(&[Role::Admin]);
    let key = key(2);
    nodes.push(Node {
        person: person(2),
        log: Log::begin(&opening, key.public().into()).unwrap(),
        skew: 0,
        key,
    });
    let invite = || Action::Invite {
        person: person(2),
        role: Role::Member,
    };
    act(&mut w, &mut nodes[1], invite(), 10_100).unwrap();
    meet(&w, &mut nodes, 1, 2, 10_100);
    act(&mut w, &mut nodes[2], Action::Accept, 10_101).unwrap();
    let ben = remove(&nodes[0], 1);
    act(&mut w, &mut nodes[0], ben, 10_100).unwrap();
    for i in 0..MAX_BEYOND_CUT {
        w.write(&mut nodes[2], &text(i), 10_102, i).unwrap();
    }
    let leave = Action::Leave { cut: Vec::new() };
    let far = act(&mut w, &mut nodes[2], leave, 10_103).unwrap();
    act(&mut w, &mut nodes[0], invite(), 10_104).unwrap();
    meet(&w, &mut nodes, 1, 0, 10_200);
    meet(&w, &mut nodes, 2, 0, 10_200);
    let device = nodes[2].author().device();
    let log = &mut nodes[0].log;
    assert_eq!(
        log.membership().allowance(&person(2), &device),
        Allowance::Changes
    );
    assert_eq!(log.len(&device), 1 + MAX_BEYOND_CUT);
    assert!(log.shows(&Pos { device, seq: 0 }));
    assert!(!log.shows(&Pos { device, seq: 1 }));
    let result = log.insert(far, &World::default(), Timestamp::from_secs(20_000));
    assert_eq!(result.outcome, Outcome::Refused(Refusal::Cut));
    assert!(!result.changed && result.voided.is_empty());
}

/// Whoever fills a room with removals, each of which undoes something that
/// others follow, doesn't stop it: what is worked out anew is only what hangs
/// on it.
#[test]
fn a_room_full_of_removals_is_ruled_on() {
    let id = |n: usize| EntryId(Digest::of("kith/1/test", &n.to_be_bytes()));
    let who = |n: usize| PersonId::from_bytes(*id(n).0.as_bytes());
    let mut changes: Vec<Change> = Vec::new();
    let mut put = |by: usize, seq: u64, after: &[usize], action: Action| {
        let n = changes.len();
        let pos = |n: usize, seq| Pos {
            device: DeviceId::from_bytes(*id(n).0.as_bytes()),
            seq,
        };
        let parents = after
            .iter()
            .map(|p| crate::room::body::Parent {
                pos: pos(*p, 0),
                id: id(*p),
            })
            .collect();
        let epoch = after.iter().map(|p| changes[*p].epoch + 1).max();
        changes.push(Change {
            id: id(n),
            pos: pos(by, seq),
            person: who(by),
            epoch: epoch.unwrap_or(0),
            parents,
            action,
            footing: Footing::Logged,
        });
        n
    };
    let open = Action::Open {
        nonce: [0; 16],
        title: String::new(),
        kind: RoomKind::Group,
        retention: Retention::Forever,
    };
    let mut last = put(0, 0, &[], open);
    let invite = |n| Action::Invite {
        person: who(n),
        role: Role::Admin,
    };
    let people = 700;
    for n in 1..=people {
        last = put(0, n as u64, &[last], invite(n));
        last = put(n, 0, &[last], Action::Accept);
    }
    // Each invites somebody more, one after the other, and is removed by
    // Anna, who had not seen it.
    let all_in = last;
    for n in 1..=people {
        last = put(n, 1, &[last], invite(10_000 + n));
    }
    for n in 1..=people {
        let person = who(n);
        let cut = Vec::new();
        let reason = String::new();
        let action = Action::Remove {
            person,
            cut,
            reason,
        };
        put(0, 10_000 + n as u64, &[all_in], action);
    }
    let ruled = membership::fold(changes.iter()).unwrap();
    assert_eq!(ruled.members().count(), 1, "only Anna is left");
    assert_eq!(ruled.standing(&who(10_001)), Stranger);
}
