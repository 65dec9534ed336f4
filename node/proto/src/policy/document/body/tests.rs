use super::*;
use crate::cbor::to_bytes;
use crate::policy::cap::Preset;
use crate::policy::rule::Party;
use crate::policy::testing::{body, group, member, name, person};
use proptest::prelude::*;

proptest! {
    #[test]
    fn a_body_comes_back(b in body()) {
        let (bytes, digest) = b.to_bytes().unwrap();
        let back = PolicyBody::from_bytes(&bytes).unwrap();
        prop_assert_eq!(PolicyBody::digest(&bytes), digest);
        prop_assert_eq!(&back.members, &b.members);
        prop_assert_eq!(back.rules.len(), b.rules.len());
        prop_assert_eq!(back.outsiders.settled(), b.outsiders.settled());
        prop_assert_eq!(back.demands.union(back.outsiders.demands), match b.outsiders.is_off() {
            // The demands of what is off anyway may be left out.
            true => b.demands.union(back.outsiders.demands),
            false => b.demands.union(b.outsiders.demands),
        });
        prop_assert_eq!(to_bytes(&back), bytes);
    }
}

/// As many members, groups and rules as the goal names, with long names, many
/// groups and rules that name people.
fn large(members: u16, groups: u16, rules: u32) -> PolicyBody {
    let id = |n: u16| {
        let mut bytes = [0xa5; 32];
        bytes[..2].copy_from_slice(&n.to_be_bytes());
        PersonId::from_bytes(bytes)
    };
    let long = |n: u16| name(&format!("Профессор Константин Константинопольский {n}"));
    let member_of = |n: u16| Member {
        person: id(n),
        name: long(n),
        groups: (0..8).map(|g| GroupNumber((n % 50) + g * 6)).collect(),
        ..member(0, Role::Sharer, &[])
    };
    let rule = |n: u32| {
        let someone = id(u16::try_from(n % u32::from(members)).unwrap());
        Rule::new(n, Party::Person(someone), Preset::ViewOnly.cap())
            .towards(Party::Group(GroupNumber(1)))
            .about(vec![
                crate::policy::application::AppPattern::new("org.example.records*").unwrap(),
            ])
    };
    let mut b = PolicyBody {
        members: (0..members).map(member_of).collect(),
        groups: (0..groups)
            .map(|n| Group {
                name: long(n),
                ..group(n)
            })
            .collect(),
        rules: (0..rules).map(rule).collect(),
        ..PolicyBody::default()
    };
    b.sort();
    b
}

#[test]
fn a_thousand_members_and_rules_fit() {
    let (bytes, _) = large(1_000, 100, 1_000).to_bytes().unwrap();
    // More than a record may have, hence the body; and far from its limit.
    assert!(bytes.len() > crate::canon::MAX_RECORD, "{}", bytes.len());
    assert!(bytes.len() < MAX_BODY / 2, "{}", bytes.len());
    let most = large(2_000, 256, 2_000).to_bytes();
    assert!(most.is_ok(), "{most:?}");
}

#[test]
fn counts_are_bounded() {
    for (m, g, r) in [(2_001, 100, 1), (1, 257, 1), (1, 100, 2_001)] {
        let refused = large(m, g, r).to_bytes();
        assert!(
            matches!(refused, Err(DecodeError::Field { .. })),
            "{m} {g} {r}"
        );
    }
}

#[test]
fn parts_must_be_sorted_unique_and_known() {
    let good = || PolicyBody {
        members: vec![member(1, Role::Sharer, &[1]), member(2, Role::Sharer, &[])],
        groups: vec![group(1), group(2)],
        rules: vec![
            Rule::new(1, Party::Everybody, Cap::OPEN),
            Rule::new(2, Party::Group(GroupNumber(2)), Cap::OPEN),
        ],
        ..PolicyBody::default()
    };
    assert!(good().to_bytes().is_ok());
    let refused = |change: fn(&mut PolicyBody)| {
        let mut b = good();
        change(&mut b);
        assert_eq!(b.to_bytes(), Err(DecodeError::OutOfRange));
    };
    refused(|b| b.members.reverse());
    refused(|b| b.members[1].person = person(1));
    refused(|b| b.groups.reverse());
    refused(|b| b.rules[1].number = 1);
    refused(|b| b.rules[0].other = Party::NotGroup(GroupNumber(3)));
    refused(|b| b.members[0].groups = vec![GroupNumber(9)]);
    refused(|b| b.roles = vec![(Role::Sharer, Powers::NONE); 2]);
}

#[test]
fn unknown_parts_of_a_body_tighten() {
    let with = |key: i64, v: Value| {
        let Value::Map(mut map) = PolicyBody::default().encode() else {
            unreachable!()
        };
        map.push((key.into(), v));
        PolicyBody::decode(Value::Map(map))
    };
    assert_eq!(with(8, Value::Null).unwrap().understood, Understood::Partly);
    let unknown_duty = Value::Array(vec![50.into()]);
    assert_eq!(
        with(5, unknown_duty).unwrap().understood,
        Understood::Partly
    );
    assert_eq!(
        with(1000, Value::Null).unwrap().understood,
        Understood::Wholly
    );
    assert_eq!(with(-1, Value::Null), Err(DecodeError::Critical(-1)));
    // A role from later is nobody's here.
    let role = Value::Array(vec![40.into(), Value::Array(vec![1.into()])]);
    let b = with(6, Value::Array(vec![role])).unwrap();
    assert_eq!(b.roles, []);
    assert_eq!(b.understood, Understood::Wholly);
}

#[test]
fn the_directory_finds_people_by_part_of_their_name() {
    // DISC-5
    let mut b = PolicyBody {
        members: vec![member(1, Role::Sharer, &[]), member(2, Role::Sharer, &[])],
        ..PolicyBody::default()
    };
    b.members[1].name = name("Zoë Ångström");
    let found: Vec<_> = b.directory("ÅNG").map(|m| m.person).collect();
    assert_eq!(found, [person(2)]);
    assert_eq!(b.directory("member").count(), 1);
    assert_eq!(b.member(&person(1)).map(|m| m.person), Some(person(1)));
    assert_eq!(b.member(&person(3)), None);
}
