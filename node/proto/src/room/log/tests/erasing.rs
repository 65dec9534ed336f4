//! Who may have something erased.

use super::removal::{meet, room};
use super::*;

/// In a room of several an admin may, a member only what is theirs. What
/// somebody asks for who isn't entitled changes nothing.
#[test]
fn an_admin_erases_what_others_said_and_a_member_does_not() {
    let (opening, mut w, mut nodes) = room(&[Role::Member, Role::Admin]);
    let said = w.write(&mut nodes[0], &text(1), 10_100, 1).unwrap().id();
    for i in 1..3 {
        meet(&w, &mut nodes, 0, i, 10_101);
    }
    let erase = Body::Erase(vec![said]);
    w.write(&mut nodes[1], &erase, 10_102, 2).unwrap();
    let member = nodes[1].log.may_erase(&person(1), &said);
    assert_eq!(member, Err(NotErasable::Others));
    assert_eq!(nodes[1].log.erasure(&said), Erasure::None);
    meet(&w, &mut nodes, 1, 2, 10_103);
    assert_eq!(nodes[2].log.erasure_by(&said), None);
    w.write(&mut nodes[2], &erase, 10_104, 3).unwrap();
    meet(&w, &mut nodes, 2, 0, 10_105);
    assert_eq!(nodes[0].log.erasure(&said), Erasure::Due);
    assert_eq!(nodes[0].log.erasure_by(&said), Some(person(2)));
    // What belongs to the skeleton stays with everybody.
    let skeleton = nodes[0].log.may_erase(&person(0), &opening.id());
    assert_eq!(skeleton, Err(NotErasable::NoContent));
}

/// Two who talk are both admins, and neither deletes what the other said.
#[test]
fn of_two_each_erases_what_is_their_own() {
    let (_, mut nodes) = nodes(2, RoomKind::Pair(person(1)), &[0]);
    let mut w = Written::default();
    let accept = nodes[1].log.change(Action::Accept);
    w.write(&mut nodes[1], &accept, 10_001, 1);
    meet(&w, &mut nodes, 1, 0, 10_002);
    let said = w.write(&mut nodes[0], &text(1), 10_100, 1).unwrap().id();
    meet(&w, &mut nodes, 0, 1, 10_101);
    let erase = Body::Erase(vec![said]);
    w.write(&mut nodes[1], &erase, 10_102, 2).unwrap();
    let other = nodes[1].log.may_erase(&person(1), &said);
    assert_eq!(other, Err(NotErasable::OthersInPair));
    meet(&w, &mut nodes, 1, 0, 10_103);
    assert_eq!(nodes[0].log.erasure(&said), Erasure::None);
    w.write(&mut nodes[0], &erase, 10_104, 3).unwrap();
    assert_eq!(nodes[0].log.erasure_by(&said), Some(person(0)));
    meet(&w, &mut nodes, 0, 1, 10_105);
    assert_eq!(nodes[1].log.due(nodes[1].now(10_106)).len(), 1);
}
