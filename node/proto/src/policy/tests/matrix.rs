//! The full matrix that issue 2 names: levels × roles × directions ×
//! notification × consent, each cell decided and compared with the second
//! reading and with what the requirements say of it.

use super::reference;
use crate::policy::application::{Starts, What};
use crate::policy::cap::{Cap, Duties, Duty, Preset};
use crate::policy::decide::{Ask, Decision, Side, Wish};
use crate::policy::document::PolicyBody;
use crate::policy::hosted::Target;
use crate::policy::roles::{Power, Role};
use crate::policy::rule::{Direction, Directions, GroupNumber, Party, Rule};
use crate::policy::testing::{World, app, consent_for, group, member, person, room};
use crate::rights::Scope;
use crate::technology::Technology;

/// Which directions a policy leaves open.
const OPEN: [Directions; 4] = [
    Directions::ALL,
    Directions::of(&[Direction::Invite]),
    Directions::of(&[Direction::Request]),
    Directions::NONE,
];

fn body(levels: [Preset; 4], roles: (Role, Role), open: Directions, demands: Duties) -> PolicyBody {
    let subjects = [
        Party::Everybody,
        Party::Group(GroupNumber(1)),
        Party::Meeting(room(1)),
        Party::Person(person(2)),
    ];
    let mut rules: Vec<Rule> = (0..)
        .zip(subjects.into_iter().zip(levels))
        .map(|(n, (subject, preset))| Rule::new(n, subject, preset.cap()))
        .collect();
    let closed = Directions::ALL.difference(open);
    if !closed.is_empty() {
        rules.push(Rule::new(9, Party::Everybody, Cap::OFF).when(closed));
    }
    PolicyBody {
        members: vec![member(1, roles.0, &[1]), member(2, roles.1, &[])],
        groups: vec![group(1)],
        rules,
        demands,
        ..PolicyBody::default()
    }
}

#[test]
fn every_cell_is_as_required() {
    let ask = Ask {
        sharer: person(1),
        viewer: person(2),
        room: Some(room(1)),
        technology: Technology::Native,
        direction: Direction::Invite,
        what: What::Applications(vec![app("editor", Starts::Nothing)]),
        wish: Wish {
            view: Scope::Application,
            control: Scope::Application,
            ..Wish::ALL
        },
        target: Target::Peer,
    };
    let demands = [
        Duties::NONE,
        Duties::of(&[Duty::Notify]),
        Duties::of(&[Duty::Accept]),
        Duties::BUILT_IN,
    ];
    let mut seen = 0u32;
    let mut granted = 0u32;
    for cell in 0..(4u32.pow(4)) {
        let level = |i: u32| Preset::ALL[usize::try_from(cell / 4u32.pow(i) % 4).unwrap()];
        let levels = [level(0), level(1), level(2), level(3)];
        for s in Role::ALL {
            for v in Role::ALL {
                for open in OPEN {
                    for d in demands {
                        let mut w = World::new(ask.clone());
                        w.policies = vec![body(levels, (*s, *v), open, d)];
                        for direction in Direction::ALL {
                            for standing in [
                                None,
                                Some(Duties::of(&[Duty::Accept])),
                                Some(Duties::BUILT_IN),
                            ] {
                                w.ask.direction = *direction;
                                w.consents = standing
                                    .map(|waives| {
                                        consent_for(&w.ask, Preset::OneApplication.cap(), waives)
                                    })
                                    .into_iter()
                                    .collect();
                                for side in [Side::Sharer, Side::Viewer] {
                                    w.side = side;
                                    let decision = w.decide();
                                    seen += 1;
                                    granted += u32::from(matches!(decision, Decision::Granted(_)));
                                    check(
                                        &w,
                                        &decision,
                                        &levels,
                                        (*s, *v),
                                        open,
                                        standing.unwrap_or_default(),
                                    );
                                }
                            }
                        }
                    }
                }
            }
        }
    }
    assert_eq!(seen, 256 * 16 * 4 * 4 * 2 * 3 * 2);
    // Some of everything was seen.
    assert!(
        granted > seen / 20 && granted < seen / 2,
        "{granted} of {seen}"
    );
}

/// What the requirements say of a cell, in their own words.
fn check(
    w: &World,
    decision: &Decision,
    levels: &[Preset; 4],
    (sharer, viewer): (Role, Role),
    open: Directions,
    waived: Duties,
) {
    assert_eq!(
        reference::outcome(decision),
        reference::read(w),
        "{decision:#?}"
    );
    let may = |r: Role, p: Power| r.powers().contains(p);
    let shares = !levels.contains(&Preset::Off)
        && may(sharer, Power::Share)
        && may(viewer, Power::View)
        && open.contains(w.ask.direction);
    let Decision::Granted(g) = decision else {
        assert!(!shares, "{levels:?} {sharer:?} {viewer:?} {open:?}");
        return;
    };
    assert!(shares);
    let controls = !levels.contains(&Preset::ViewOnly);
    assert_eq!(g.cap.control != Scope::Nothing, controls, "{levels:?}");
    assert_eq!(g.cap.view, Scope::Application);
    // A standing consent stands for what nobody demands.
    let demanded = w.policies[0].demands;
    for duty in [Duty::Notify, Duty::Accept] {
        assert_eq!(
            g.duties.contains(duty),
            demanded.contains(duty) || !waived.contains(duty)
        );
    }
    assert_eq!(
        g.standing_consent_allowed(),
        !demanded.contains(Duty::Accept)
    );
}
