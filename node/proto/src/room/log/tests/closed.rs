//! What of a room is closed to somebody who was in it (MSG-1).

use super::removal::{act, add, meet, remove, room};
use super::*;
use crate::room::membership::Standing::{Invited, Left, Removed, Stranger};

#[test]
fn whoever_is_out_is_given_what_was_said_before() {
    let (_, mut w, mut nodes) = room(&[Role::Member, Role::Member]);
    let say = |w: &mut Written, node: &mut Node, n: u64| w.write(node, &text(n), n, n).unwrap();
    let before = say(&mut w, &mut nodes[2], 10_100);
    meet(&w, &mut nodes, 2, 0, 10_100);
    let ben = person(1);
    assert_eq!(nodes[0].log.closed_to(&ben), None);
    let out = remove(&nodes[0], 1);
    let out = act(&mut w, &mut nodes[0], out, 10_101).unwrap();
    let after = say(&mut w, &mut nodes[0], 10_102);
    // Cleo didn't know of it, and writes later, and as deep for another reason.
    let unaware = say(&mut w, &mut nodes[2], 10_102);
    let leave = Action::Leave {
        cut: nodes[2].log.cut_of(&person(2)),
    };
    let left = act(&mut w, &mut nodes[2], leave, 10_103).unwrap();
    meet(&w, &mut nodes, 2, 0, 10_104);

    // By whoever has heard of all this, whether or not it is the removed one.
    meet(&w, &mut nodes, 0, 1, 10_104);
    for at in [0, 1] {
        let closed = nodes[at].log.closed_to(&ben).unwrap();
        assert_eq!((closed.standing, closed.from), (Removed, 5));
        assert!(closed.admits(&before) && closed.admits(&out));
        assert!([&after, &unaware, &left].iter().all(|e| !closed.admits(e)));
        let closed = nodes[at].log.closed_to(&person(2)).unwrap();
        assert_eq!(closed.standing, Left);
        assert!(closed.admits(&left) && !closed.admits(&after));
    }
    // Who never came in is given nothing.
    let closed = nodes[0].log.closed_to(&person(7)).unwrap();
    assert_eq!((closed.standing, closed.from), (Stranger, 0));
    assert!(!closed.admits(&before));

    // Taken back, and then out anew; invited again is not yet inside again.
    act(&mut w, &mut nodes[0], add(1, Role::Member), 10_105).unwrap();
    assert_eq!(nodes[0].log.closed_to(&ben), None);
    let again = remove(&nodes[0], 1);
    let again = act(&mut w, &mut nodes[0], again, 10_106).unwrap();
    let invite = Action::Invite {
        person: ben,
        role: Role::Member,
    };
    act(&mut w, &mut nodes[0], invite, 10_107).unwrap();
    let closed = nodes[0].log.closed_to(&ben).unwrap();
    assert_eq!(closed.standing, Invited);
    assert_eq!(closed.from, again.header().epoch);
    assert!(closed.admits(&after) && closed.admits(&again));
}
