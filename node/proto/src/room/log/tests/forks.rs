//! Two versions of a device's log: what counts is the same for everybody, and
//! what was read stays readable.

use super::*;

/// A device goes on twice from the same place.
fn forked(seed: u64, people: u64, steps: u64) -> (Entry, Written, Vec<Node>, Node) {
    let (opening, mut written, mut nodes) = history(seed, people, steps, &[0]);
    let mut rng = rng(seed + 1);
    let at = (rng.next_u64() % people) as usize;
    let old = Node {
        person: nodes[at].person,
        key: key(at as u64),
        log: nodes[at].log.clone(),
        skew: 0,
    };
    let mut copy = old;
    for step in 0..6 {
        let now = 15_000 + step * 5;
        let body = random_body(&mut rng, &nodes[at], people);
        written.write(&mut nodes[at], &body, now, rng.next_u64());
        let body = random_body(&mut rng, &copy, people);
        written.write(&mut copy, &body, now + 2, rng.next_u64());
        // Some hear the one version, some the other, and answer it.
        let from = nodes[at].log.clone();
        let other = (at + 1) % people as usize;
        exchange(&written, &from, &mut nodes[other], now + 3);
        let body = random_body(&mut rng, &nodes[other], people);
        written.write(&mut nodes[other], &body, now + 4, rng.next_u64());
    }
    (opening, written, nodes, copy)
}

proptest! {
    #![proptest_config(cases(48))]

    /// MSG-4: in whatever order, and on the forked device too.
    #[test]
    fn a_forked_log_ends_the_same_for_everybody(seed in any::<u64>(), people in 2u64..5, steps in 0u64..30) {
        let seed = seed / 2;
        let (opening, written, nodes, copy) = forked(seed, people, steps);
        let a = bystander(&opening, &written, 1, 20_000);
        let b = bystander(&opening, &written, 2, 30_000);
        prop_assert_eq!(a.heads(), b.heads());
        prop_assert_eq!(a.membership(), b.membership());
        prop_assert_eq!(a.ordered(), b.ordered());
        let device = copy.log.me();
        let shown_once: Vec<Vec<Pos>> = nodes.iter().map(|n| n.log.all_readable().map(|(p, _)| p).collect()).collect();
        for (mut node, before) in nodes.into_iter().chain([copy]).zip(shown_once) {
            for _ in 0..4 {
                for e in written.0.values() {
                    node.log.insert(e.clone(), &World::default(), Timestamp::from_secs(30_000));
                }
            }
            let forked = |log: &Log| log.forks().map(|f| (f.device, f.seq)).collect::<Vec<_>>();
            prop_assert_eq!(forked(&node.log), forked(&a));
            // An outcast's own log is never shortened, save by a fork.
            if a.membership().standing(&node.person) == Standing::Member || node.log.me() == device {
                prop_assert_eq!(node.log.membership().members().collect::<Vec<_>>(), a.membership().members().collect::<Vec<_>>());
                prop_assert_eq!(node.log.membership().title(), a.membership().title());
            }
            let Some(fork) = a.forks().next() else { continue };
            // What was read of the log behind the fork still is.
            let cut = a.counting(&fork.person, &device, a.lead(&device));
            for pos in before.iter().filter(|p| p.device == device && p.seq >= fork.seq && p.seq < cut) {
                let kept = node.log.readable(pos);
                prop_assert!(kept.is_some() || node.log.row(pos).is_none(), "{:?}", pos);
            }
        }
    }
}

/// What stands behind the fork is read, marked; it is erased as anything else.
#[test]
fn what_was_read_behind_a_fork_stays_and_can_be_erased() {
    let (opening, mut nodes) = nodes(2, RoomKind::Group, &[0]);
    let mut w = Written::default();
    w.0.insert(opening.id(), opening.clone());
    let invite = nodes[0].log.change(Action::Invite {
        person: person(1),
        role: Role::Member,
    });
    w.write(&mut nodes[0], &invite, 10_001, 1);
    let from = nodes[0].log.clone();
    exchange(&w, &from, &mut nodes[1], 10_001);
    let accept = nodes[1].log.change(Action::Accept);
    w.write(&mut nodes[1], &accept, 10_002, 2);
    w.write(&mut nodes[1], &text(0), 10_003, 3);
    let mut copy = Node {
        person: person(1),
        key: key(1),
        log: nodes[1].log.clone(),
        skew: 0,
    };
    let read = w.write(&mut nodes[1], &text(1), 10_004, 4).unwrap();
    let from = nodes[1].log.clone();
    exchange(&w, &from, &mut nodes[0], 10_005);
    let other = w.write(&mut copy, &text(2), 10_006, 5).unwrap();

    let anna = &mut nodes[0];
    let now = anna.now(10_010);
    let result = anna.log.insert(other.clone(), &World::default(), now);
    let pos = read.pos();
    assert_eq!(
        (result.outcome, &result.behind[..]),
        (Outcome::Fork, &[pos][..])
    );
    assert!(anna.log.is_behind(&pos) && !anna.log.shows(&pos));
    assert_eq!(anna.log.readable(&pos).unwrap().1.id, read.id());
    let fork = anna.log.forks().next().unwrap();
    assert_eq!((fork.person, fork.at), (person(1), read.header().clock));
    let lines = anna.log.lines();
    assert_eq!(
        lines[lines.len() - 2..],
        [Line::Fork(pos.device), Line::Entry(pos)]
    );
    // The forked device keeps its own words and writes nothing more.
    copy.log.insert(read.clone(), &World::default(), now);
    assert_eq!(copy.log.readable(&pos).unwrap().1.id, other.id());
    assert_eq!(copy.log.heads(), anna.log.heads());
    let refused = copy.log.compose(copy.author(), &text(3), now, &mut rng(9));
    assert_eq!(refused, Err(ComposeError::Forked));

    let erase = Body::Erase(vec![read.id()]);
    w.write(anna, &erase, 10_020, 6);
    assert_eq!(anna.log.due(anna.now(10_021)), [pos]);
    anna.log.note_erased(&pos);
    assert_eq!(anna.log.readable(&pos).unwrap().1.state, BodyState::Erased);
    assert!(anna.log.due(anna.now(10_022)).is_empty());
}
