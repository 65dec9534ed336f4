//! What has to hold in every state, and what has to happen in some.

use stateright::Property;

use super::super::effect::Told;
use super::super::machine::Session;
use super::super::state::Phase;
use super::toy::Signed;
use super::world::{Party, Rules, Up, VIEWER, World};

/// The promises of a walk.
pub(super) fn promises(rules: &Rules) -> Vec<Property<Rules>> {
    let mut properties = vec![
        Property::always("launched only by honest proofs", |_, w: &World| {
            w.parties.iter().all(|p| p.honest)
        }),
        Property::always("a session id launches once", |_, w: &World| {
            w.parties.iter().all(|p| p.launches <= 1)
        }),
        Property::always("a share that runs shows the same", |_, w: &World| {
            w.parties.iter().all(|p| p.steady)
        }),
        Property::always("the sharer's path was echoed", |_, w: &World| {
            w.parties.iter().all(|p| p.echoed)
        }),
        Property::always("nothing is left when it is over", |_, w: &World| {
            w.parties.iter().all(|p| {
                let over = p
                    .session
                    .as_ref()
                    .is_none_or(|s| s.phase() >= Phase::Ending);
                !(over && p.up != Up::No && p.holds.is_some())
            })
        }),
        Property::always(
            "what runs is allowed by the newest policy",
            |_, w: &World| {
                w.parties.iter().all(|p| {
                    let level = p.session.as_ref().filter(|s| s.phase() == Phase::Running);
                    let level = level.and_then(|s| s.terms().copied()).unwrap_or(0);
                    level <= p.desk.policy
                })
            },
        ),
        Property::always("every state has a way out", |_, w: &World| {
            w.parties.iter().all(|p| {
                p.session
                    .as_ref()
                    .is_none_or(|s| (s.phase() == Phase::Over) != s.deadline().is_some())
            })
        }),
        Property::eventually("it ends", |_, w: &World| {
            w.parties.iter().all(|p| {
                p.session.as_ref().is_none_or(|s| s.phase() == Phase::Over) && p.up != Up::No
            })
        }),
    ];
    if rules.presses {
        properties.push(Property::always(
            "control is signed only once it counts",
            |_, w: &World| w.counted || w.parties.iter().all(|p| p.most < 2),
        ));
        properties.push(Property::sometimes(
            "both know that control counted",
            |_, w: &World| w.parties.iter().all(|p| p.most == 2),
        ));
    }
    if rules.liar.is_none() {
        properties.push(Property::always(
            "who launches, both agreed",
            |_, w: &World| {
                let [sharer, viewer] = &w.parties;
                let accepted = w.said.iter().any(|(_, t)| matches!(t, Told::Accept(_)));
                let offered = w.said.iter().any(|(_, t)| matches!(t, Told::Offer(_)));
                (sharer.launches == 0 && viewer.launches == 0) || (accepted && offered)
            },
        ));
        properties.push(Property::sometimes("both run", |_, w: &World| {
            w.parties.iter().all(|p| p.holds.is_some())
        }));
        properties.push(Property::sometimes(
            "both signed the end",
            |_, w: &World| w.parties.iter().all(|p| p.signed == Some(Signed::Both)),
        ));
        if rules.crashes {
            properties.push(Property::sometimes(
                "both signed the end after a crash",
                |_, w: &World| {
                    let signed = |p: &Party| p.signed == Some(Signed::Both);
                    let [a, b] = &w.parties;
                    signed(a) && signed(b) && (a.up == Up::Again || b.up == Up::Again)
                },
            ));
            properties.push(Property::sometimes(
                "both signed the end after both crashed",
                |_, w: &World| {
                    let signed = |p: &Party| p.signed == Some(Signed::Both);
                    w.parties.iter().all(|p| signed(p) && p.up == Up::Again)
                },
            ));
        }
        if rules.wants > 0 {
            properties.push(Property::sometimes(
                "control was granted",
                |_, w: &World| {
                    let asked = w.parties[VIEWER].wants > 0;
                    asked
                        && w.parties.iter().all(|p| {
                            let s = p.session.as_ref().filter(|s| s.phase() == Phase::Running);
                            s.and_then(Session::terms) == Some(&2)
                        })
                },
            ));
        }
    }
    properties
}
