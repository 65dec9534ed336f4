//! Which changes to a room count.

use super::*;

#[test]
fn removal_wins_over_an_invitation_at_the_same_time() {
    let (_, mut nodes) = nodes(4, RoomKind::Group, &[0]);
    let mut w = Written::default();
    let invite = |n: &Node, who, role| n.log.change(Action::Invite { person: who, role });
    for i in 1..3usize {
        let body = invite(&nodes[0], person(i as u64), Role::Admin);
        w.write(&mut nodes[0], &body, 10_001, i as u64);
        let from = nodes[0].log.clone();
        exchange(&w, &from, &mut nodes[i], 10_001);
        let accept = nodes[i].log.change(Action::Accept);
        w.write(&mut nodes[i], &accept, 10_002, 1);
        let from = nodes[i].log.clone();
        exchange(&w, &from, &mut nodes[0], 10_002);
    }
    let from = nodes[0].log.clone();
    exchange(&w, &from, &mut nodes[1], 10_003);
    // Anna removes Carol while Carol, unaware, invites Dave, and Ben makes
    // Carol a member again, unaware too.
    let cut = nodes[0].log.cut_of(&person(2));
    let reason = "moved".to_owned();
    let remove = nodes[0].log.change(Action::Remove {
        person: person(2),
        cut,
        reason,
    });
    w.write(&mut nodes[0], &remove, 10_010, 1).unwrap();
    let dave = invite(&nodes[2], person(3), Role::Member);
    w.write(&mut nodes[2], &dave, 10_010, 1).unwrap();
    let back = nodes[1].log.change(Action::Add {
        person: person(2),
        role: Role::Admin,
    });
    w.write(&mut nodes[1], &back, 10_010, 1).unwrap();
    let logs: Vec<Log> = nodes.iter().map(|n| n.log.clone()).collect();
    for n in &mut nodes[..2] {
        for from in &logs {
            exchange(&w, from, n, 10_020);
        }
        let m = n.log.membership();
        assert_eq!(m.standing(&person(2)), Standing::Removed);
        assert_eq!(m.standing(&person(3)), Standing::Stranger);
    }
    assert_eq!(nodes[0].log.heads(), nodes[1].log.heads());
}

#[test]
fn an_admin_cannot_remove_who_invited_him() {
    let (_, mut nodes) = nodes(2, RoomKind::Group, &[0]);
    let mut w = Written::default();
    let invite = nodes[0].log.change(Action::Invite {
        person: person(1),
        role: Role::Admin,
    });
    w.write(&mut nodes[0], &invite, 10_001, 1);
    let from = nodes[0].log.clone();
    exchange(&w, &from, &mut nodes[1], 10_001);
    let accept = nodes[1].log.change(Action::Accept);
    w.write(&mut nodes[1], &accept, 10_002, 1);
    let remove = nodes[1].log.change(Action::Remove {
        person: person(0),
        cut: nodes[1].log.cut_of(&person(0)),
        reason: String::new(),
    });
    let refused = nodes[1].log.compose(
        nodes[1].author(),
        &remove,
        Timestamp::from_secs(10_003),
        &mut rng(1),
    );
    assert_eq!(refused.unwrap_err(), ComposeError::NotEntitled);
}

#[test]
fn admins_side_by_side_cannot_remove_each_other() {
    let (_, mut nodes) = nodes(3, RoomKind::Group, &[0]);
    let mut w = Written::default();
    for i in 1..3usize {
        let person = person(i as u64);
        let role = Role::Admin;
        let invite = nodes[0].log.change(Action::Invite { person, role });
        w.write(&mut nodes[0], &invite, 10_001, i as u64);
        let from = nodes[0].log.clone();
        exchange(&w, &from, &mut nodes[i], 10_001);
        let accept = nodes[i].log.change(Action::Accept);
        w.write(&mut nodes[i], &accept, 10_002, 1);
        let from = nodes[i].log.clone();
        exchange(&w, &from, &mut nodes[0], 10_002);
    }
    let m = nodes[0].log.membership();
    let remove = |whom| Action::Remove {
        person: person(whom),
        cut: Vec::new(),
        reason: String::new(),
    };
    assert!(!m.may(&person(1), &remove(2)));
    assert!(!m.may(&person(2), &remove(1)));
    assert!(m.may(&person(0), &remove(1)));
    let role = Role::Member;
    let lower = |whom| Action::Add {
        person: person(whom),
        role,
    };
    assert!(!m.may(&person(1), &lower(2)));
    assert!(m.may(&person(0), &lower(2)));
}

#[test]
fn a_change_that_nobody_was_entitled_to_is_kept_and_does_not_count() {
    let (_, mut nodes) = nodes(3, RoomKind::Group, &[0]);
    let mut w = Written::default();
    let invite = nodes[0].log.change(Action::Invite {
        person: person(1),
        role: Role::Member,
    });
    w.write(&mut nodes[0], &invite, 10_001, 1);
    let from = nodes[0].log.clone();
    exchange(&w, &from, &mut nodes[1], 10_001);
    let accept = nodes[1].log.change(Action::Accept);
    w.write(&mut nodes[1], &accept, 10_002, 1);
    // A patched program lets a plain member write an invitation.
    let bad = nodes[1].log.change(Action::Invite {
        person: person(2),
        role: Role::Admin,
    });
    let bytes = bad.to_bytes(Salt([0; 16]));
    let last = nodes[1].log.row(&Pos {
        device: nodes[1].author().device(),
        seq: 0,
    });
    let header = EntryHeader {
        room: Some(nodes[1].log.room()),
        person: person(1),
        device: nodes[1].author().device(),
        seq: 1,
        previous: last.map(|r| r.id),
        clock: Clock::tick(Timestamp::from_secs(10_005), None, core::iter::empty()),
        seen: heads_digest(&Heads::new()),
        epoch: nodes[1].log.membership().depth() + 1,
        kind: bad.kind(),
        body: BodyHash::of(&bytes),
        body_len: bytes.len() as u32,
        ahead: Vec::new(),
    };
    let entry = Entry::sign(&header, bytes, &nodes[1].key).unwrap();
    let from = nodes[1].log.clone();
    exchange(&w, &from, &mut nodes[0], 10_006);
    let inserted = nodes[0].log.insert(
        entry.clone(),
        &World::default(),
        Timestamp::from_secs(10_007),
    );
    assert_eq!(inserted.outcome, Outcome::Accepted);
    let m = nodes[0].log.membership();
    assert!(!m.counts(&entry.id()));
    assert_eq!(m.standing(&person(2)), Standing::Stranger);
}

#[test]
fn a_revoked_device_ends_where_its_person_says() {
    // ID-1
    let (_, mut nodes) = nodes(2, RoomKind::Pair(person(1)), &[0]);
    let mut w = Written::default();
    let accept = nodes[1].log.change(Action::Accept);
    w.write(&mut nodes[1], &accept, 10_000, 1);
    // Ben's second device, later stolen.
    let mut stolen = Node {
        person: person(1),
        key: key(77),
        log: nodes[1].log.clone(),
        skew: 0,
    };
    stolen.log.me = stolen.author().device();
    w.write(&mut stolen, &text(1), 10_010, 1).unwrap();
    w.write(&mut stolen, &text(2), 10_500, 1).unwrap();
    for n in &mut nodes {
        exchange(&w, &stolen.log.clone(), n, 10_600);
        assert_eq!(n.log.len(&stolen.author().device()), 2);
    }
    let device = stolen.author().device();
    let since = Timestamp::from_secs(10_400);
    let world = World {
        revoked: [(device, since)].into(),
    };
    let now = Timestamp::from_secs(10_700);
    let result = nodes[0].log.recertify(&world, now);
    assert_eq!(result.voided.len(), 1);
    assert_eq!(nodes[0].log.len(&device), 1);
    // What it wrote with a clock set back is ended by a cut.
    let cut = nodes[1].log.change(Action::CutDevice { device, keep: 1 });
    let author = Author {
        person: person(1),
        key: &key(1),
    };
    let entry = nodes[1]
        .log
        .compose(author, &cut, now, &mut rng(1))
        .unwrap();
    let from = nodes[1].log.clone();
    exchange(&w, &from, &mut nodes[0], 10_700);
    let early = nodes[0]
        .log
        .clone()
        .insert(entry.clone(), &World::default(), now);
    assert_eq!(
        early.outcome,
        Outcome::Held(HeldWhy::Device),
        "nobody revoked it"
    );
    assert_eq!(
        nodes[0].log.insert(entry, &world, now).outcome,
        Outcome::Accepted
    );
    assert_eq!(
        nodes[0].log.membership().allowance(&person(1), &device),
        Allowance::Count(1)
    );
}

#[test]
fn a_hold_ends_only_by_who_knew_of_it() {
    let (_, mut nodes) = nodes(2, RoomKind::Group, &[0]);
    let mut w = Written::default();
    let invite = nodes[0].log.change(Action::Invite {
        person: person(1),
        role: Role::Admin,
    });
    w.write(&mut nodes[0], &invite, 10_001, 1);
    let from = nodes[0].log.clone();
    exchange(&w, &from, &mut nodes[1], 10_001);
    let accept = nodes[1].log.change(Action::Accept);
    w.write(&mut nodes[1], &accept, 10_002, 1);
    let set = nodes[1].log.change(Action::Hold(Toggle::Set));
    w.write(&mut nodes[1], &set, 10_003, 1).unwrap();
    let clear = nodes[0].log.change(Action::Hold(Toggle::Clear));
    w.write(&mut nodes[0], &clear, 10_004, 1).unwrap();
    let from = nodes[1].log.clone();
    exchange(&w, &from, &mut nodes[0], 10_005);
    assert_eq!(nodes[0].log.membership().hold(), Toggle::Set);
    let clear = nodes[0].log.change(Action::Hold(Toggle::Clear));
    w.write(&mut nodes[0], &clear, 10_006, 2).unwrap();
    assert_eq!(nodes[0].log.membership().hold(), Toggle::Clear);
}
