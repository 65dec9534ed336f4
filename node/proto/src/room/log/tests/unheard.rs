//! What is kept though it doesn't count, and what it may not do (MSG-1, R7).

use super::removal::{act, add, forge, meet, remove, room};
use super::*;
use crate::room::membership::Standing::{Member, Removed};
use crate::room::{MAX_ANSWERS, MAX_BEYOND_CUT};

#[test]
fn whoever_is_only_invited_takes_few_places_for_changes() {
    let (opening, mut w, mut nodes) = room(&[Role::Member]);
    let invite = Action::Invite {
        person: person(2),
        role: Role::Member,
    };
    let invite = act(&mut w, &mut nodes[0], invite, 10_100).unwrap();
    let mut carol = Node {
        person: person(2),
        log: nodes[0].log.clone(),
        skew: 0,
        key: key(2),
    };
    carol.log.me = carol.author().device();
    let before = nodes[0].log.changes.len();
    let forged: Vec<Entry> = (0..3 * MAX_ANSWERS)
        .map(|i| {
            let title = Action::Title(format!("{i}"));
            forge(&mut w, &mut carol, &[opening.id()], title, 10_101 + i)
        })
        .collect();
    for entry in &forged {
        let now = Timestamp::from_secs(11_000);
        let outcome = nodes[0].log.insert(entry.clone(), &World::default(), now);
        let taken = matches!(outcome.outcome, Outcome::Accepted);
        assert_eq!(taken, entry.pos().seq < MAX_ANSWERS);
    }
    let few = usize::try_from(MAX_ANSWERS).unwrap();
    assert_eq!(nodes[0].log.changes.len(), before + few);
    assert_eq!(nodes[0].log.membership().title(), "t");

    // Whoever has declined may still answer the next invitation.
    let mut dave = Node {
        person: person(2),
        log: Log::begin(&opening, key(3).public().into()).unwrap(),
        skew: 0,
        key: key(3),
    };
    exchange(&w, &nodes[0].log, &mut dave, 11_001);
    for action in [Action::Decline, Action::Accept] {
        let parents: Vec<EntryId> = dave.log.membership().heads().iter().map(|p| p.id).collect();
        forge(&mut w, &mut dave, &parents, action, 11_002);
        let again = Action::Invite {
            person: person(2),
            role: Role::Member,
        };
        exchange(&w, &dave.log, &mut nodes[0], 11_003);
        if act(&mut w, &mut nodes[0], again, 11_003).is_some() {
            exchange(&w, &nodes[0].log, &mut dave, 11_003);
        }
    }
    assert_ne!(invite.id(), opening.id());
    let standing = nodes[0].log.membership().standing(&person(2));
    assert_eq!(standing, Member);
}

#[test]
fn what_a_removed_device_says_of_erasures_isnt_heard() {
    let (_, mut w, mut nodes) = room(&[Role::Member, Role::Member]);
    let message = w.write(&mut nodes[0], &text(1), 10_200, 1).unwrap();
    let erase = Body::Erase(vec![message.id()]);
    let erase = w.write(&mut nodes[0], &erase, 10_201, 2).unwrap();
    let gone = remove(&nodes[0], 1);
    meet(&w, &mut nodes, 0, 1, 10_202);
    let done = Body::Erased(vec![erase.id()]);
    w.write(&mut nodes[1], &done, 10_203, 3).unwrap();
    meet(&w, &mut nodes, 1, 0, 10_204);
    let said = |node: &Node| node.log.erased_by(&erase.id()).collect::<Vec<_>>();
    let ben = nodes[1].author().device();
    assert_eq!(said(&nodes[0]), [ben]);
    // The cut is before it: what it says is kept and isn't heard any more.
    act(&mut w, &mut nodes[0], gone, 10_205).unwrap();
    assert_eq!(said(&nodes[0]), []);
    let back = add(1, Role::Member);
    act(&mut w, &mut nodes[0], back, 10_206).unwrap();
    assert_eq!(said(&nodes[0]), [ben]);
}

/// What is kept after a cut is bounded, so two who each write more than that
/// and then remove each other part the room. A change by somebody whom both
/// sides let in refers to what the other side refused, and so brings it there.
#[test]
fn two_who_write_past_each_others_bound_part_until_somebody_else_changes_something() {
    let (_, mut w, mut nodes) = room(&[Role::Member, Role::Member, Role::Admin]);
    act(&mut w, &mut nodes[0], add(1, Role::Admin), 10_100).unwrap();
    meet(&w, &mut nodes, 0, 1, 10_101);
    act(&mut w, &mut nodes[3], add(2, Role::Admin), 10_100).unwrap();
    meet(&w, &mut nodes, 3, 2, 10_101);
    for i in 0..MAX_BEYOND_CUT {
        for n in [1, 2] {
            w.write(&mut nodes[n], &text(i), 10_102 + i, i).unwrap();
        }
    }
    let (ben, carol) = (remove(&nodes[1], 2), remove(&nodes[2], 1));
    act(&mut w, &mut nodes[1], ben, 12_000).unwrap();
    act(&mut w, &mut nodes[2], carol, 12_000).unwrap();
    let standings = |node: &Node| [1, 2].map(|n| node.log.membership().standing(&person(n)));
    // Anna hears of Ben's removal first, Dave of Carol's.
    meet(&w, &mut nodes, 1, 0, 12_001);
    meet(&w, &mut nodes, 2, 3, 12_001);
    let all_meet = |w: &Written, nodes: &mut [Node], now: u64| {
        for _ in 0..3 {
            for to in [0, 3] {
                (0..4).for_each(|from| meet(w, nodes, from, to, now));
            }
        }
    };
    all_meet(&w, &mut nodes, 12_002);
    assert_eq!(standings(&nodes[0]), [Member, Removed]);
    assert_eq!(standings(&nodes[3]), [Removed, Member]);

    for n in [0, 3] {
        act(&mut w, &mut nodes[n], Action::Title(format!("{n}")), 12_003).unwrap();
    }
    all_meet(&w, &mut nodes, 12_004);
    assert_eq!(standings(&nodes[0]), [Member, Removed]);
    assert_eq!(nodes[3].log.membership(), nodes[0].log.membership());
}
