//! What must hold for every policy: nothing added ever widens (POL-1), order
//! doesn't matter, saying a thing twice changes nothing.

use core::time::Duration;

use proptest::prelude::*;

use super::reference;
use crate::policy::cap::{Cap, Duties};
use crate::policy::chain::Unusable;
use crate::policy::decide::{Certainty, Decision, Denied, MAX_STEPS, Side, Source};
use crate::policy::explain::explain;
use crate::policy::meeting::{MeetingGap, MeetingTerms};
use crate::policy::profile::{Profile, Terms};
use crate::policy::roles::{Powers, Role};
use crate::policy::rule::{Party, Rule};
use crate::policy::testing::{NOW, World, body, cap, duties, person, rule, world};
use crate::validity::Validity;

/// Everything that somebody may do after a decision: fewer duties are more.
fn within(tighter: &Decision, looser: &Decision) -> bool {
    match (tighter, looser) {
        (Decision::Denied(_), _) => true,
        (Decision::Granted(_), Decision::Denied(_)) => false,
        (Decision::Granted(t), Decision::Granted(l)) => {
            t.cap.is_within(l.cap) && l.duties.is_subset(t.duties)
        }
    }
}

/// The outcome without the way to it.
fn outcome(d: &Decision) -> (Cap, Option<Duties>, Option<super::super::decide::Stage>) {
    match d {
        Decision::Granted(g) => (g.cap, Some(g.duties), None),
        Decision::Denied(x) => (Cap::OFF, None, Some(x.stage)),
    }
}

/// Something that is added to a world.
#[derive(Debug, Clone)]
enum Addition {
    Rule(Rule),
    Demands(Duties),
    Powers(Role, Powers),
    Outsiders(Cap),
    MeetingCap(Cap),
    MeetingPerson(u8, Cap),
    Policy(Box<super::super::document::PolicyBody>),
    ProfileRule(Rule),
    ProfileDemands(Duties),
    /// A meeting where there was none, or tighter settings.
    Meeting(u8, Cap),
    /// A meeting whose organiser's settings are missing, or contested.
    MeetingGap(MeetingGap),
    /// Terms that held run out.
    TermsOver,
    /// The other person's terms, where there were none.
    Terms(Vec<Rule>, Duties),
    /// A policy that can't be used any more.
    Unusable(usize, Unusable),
}

const UNUSABLE: [Unusable; 5] = [
    Unusable::Expired,
    Unusable::Forked,
    Unusable::NeedsUpdate,
    Unusable::Broken,
    Unusable::Full,
];

fn addition() -> impl Strategy<Value = Addition> {
    use super::super::roles::Power;
    let powers = proptest::sample::subsequence(Power::ALL, 0..=7);
    prop_oneof![
        6 => rule(1000).prop_map(Addition::Rule),
        1 => duties().prop_map(Addition::Demands),
        1 => (proptest::sample::select(Role::ALL), powers)
            .prop_map(|(r, p)| Addition::Powers(r, p.into_iter().collect())),
        1 => cap().prop_map(Addition::Outsiders),
        1 => cap().prop_map(Addition::MeetingCap),
        1 => (1..7u8, cap()).prop_map(|(p, c)| Addition::MeetingPerson(p, c)),
        1 => body().prop_map(|b| Addition::Policy(Box::new(b))),
        3 => rule(1000).prop_map(Addition::ProfileRule),
        1 => duties().prop_map(Addition::ProfileDemands),
        2 => (1..7u8, cap()).prop_map(|(p, c)| Addition::Meeting(p, c)),
        1 => proptest::sample::select(&[MeetingGap::NotSet, MeetingGap::Contested][..])
            .prop_map(Addition::MeetingGap),
        1 => Just(Addition::TermsOver),
        2 => (proptest::collection::vec(rule(0), 0..3), duties())
            .prop_map(|(r, d)| Addition::Terms(r, d)),
        1 => (0..3usize, proptest::sample::select(&UNUSABLE[..]))
            .prop_map(|(at, why)| Addition::Unusable(at, why)),
    ]
}

fn with_profile(w: &mut World, extra: Option<Rule>, demands: Duties) {
    let me = match w.side {
        Side::Sharer => w.ask.sharer,
        Side::Viewer => w.ask.viewer,
    };
    let now = NOW;
    let old = w.local.take();
    let old = old.unwrap_or_else(|| Profile::open(me, now));
    let mut rules = old.rules().to_vec();
    let personal = |p: Party| match p {
        Party::Role(_) | Party::Outsiders => Party::Everybody,
        Party::Group(_) | Party::NotGroup(_) if old.groups().is_empty() => Party::Everybody,
        p => p,
    };
    rules.extend(extra.map(|r| Rule {
        subject: personal(r.subject),
        other: personal(r.other),
        ..r
    }));
    let demands = demands.union(old.demands());
    w.local = Some(Profile::new(me, now, old.groups().to_vec(), rules, demands).unwrap());
}

/// What the other person allows, by these rules.
fn terms(w: &World, rules: Vec<Rule>, demands: Duties) -> Terms {
    let (me, other) = match w.side {
        Side::Sharer => (w.ask.sharer, w.ask.viewer),
        Side::Viewer => (w.ask.viewer, w.ask.sharer),
    };
    let personal = |p: Party| match p {
        Party::Person(_) | Party::NotPerson(_) | Party::Meeting(_) => p,
        _ => Party::Everybody,
    };
    let rules = (0..).zip(rules).map(|(number, r)| Rule {
        number,
        subject: personal(r.subject),
        other: personal(r.other),
        ..r
    });
    let validity = Validity::starting(NOW, Duration::from_secs(60));
    Profile::new(other, NOW, vec![], rules.collect(), demands)
        .unwrap()
        .terms_for(me, validity)
}

fn add(w: &World, a: &Addition) -> World {
    let mut w = w.clone();
    match a.clone() {
        Addition::Rule(r) => {
            if let Some(p) = w.policies.first_mut() {
                p.rules.push(r);
            }
        }
        Addition::Demands(d) => {
            if let Some(p) = w.policies.first_mut() {
                p.demands = p.demands.union(d);
            }
        }
        Addition::Powers(role, powers) => {
            if let Some(p) = w.policies.first_mut() {
                match p.roles.iter_mut().find(|(r, _)| *r == role) {
                    Some((_, old)) => *old = old.intersection(powers),
                    None => p.roles.push((role, powers)),
                }
            }
        }
        Addition::Outsiders(c) => {
            if let Some(p) = w.policies.first_mut() {
                p.outsiders = p.outsiders.meet(c);
            }
        }
        Addition::MeetingCap(c) => {
            if let Some(m) = &mut w.meeting {
                m.cap = m.cap.meet(c);
            }
        }
        Addition::MeetingPerson(n, c) => {
            if let Some(m) = &mut w.meeting {
                let p = person(n);
                let old = m.cap_of(&p).unwrap_or(Cap::OPEN);
                m.set(p, old.meet(c)).unwrap();
            }
        }
        Addition::Policy(b) => {
            // A second organisation lists its own servers; the first one's
            // servers aren't in it, so this can only take away.
            w.policies.push(*b);
        }
        Addition::ProfileRule(r) => with_profile(&mut w, Some(r), Duties::NONE),
        Addition::ProfileDemands(d) => with_profile(&mut w, None, d),
        Addition::Meeting(organiser, c) => match (&mut w.meeting, w.ask.room) {
            (Some(m), _) => m.cap = m.cap.meet(c),
            (none, Some(r)) => *none = Some(MeetingTerms::new(r, person(organiser), NOW, c)),
            (_, None) => {}
        },
        Addition::MeetingGap(gap) => w.gap = Some(gap),
        Addition::TermsOver => {
            if let Some(t) = &mut w.remote {
                t.validity.expires = NOW;
            }
        }
        Addition::Terms(rules, demands) => {
            let terms = terms(&w, rules, demands);
            w.remote.get_or_insert(terms);
        }
        Addition::Unusable(at, why) => w.unusable = Some((at, why)),
    }
    w
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn nothing_added_ever_widens(w in world(), a in addition()) {
        // Without any organisation no other server is reachable; joining one
        // that lists servers opens them: the one thing a policy gives.
        let lists = w.policies.is_empty()
            && !matches!(w.ask.target, super::super::hosted::Target::Peer);
        prop_assume!(!lists);
        let (before, after) = (w.decide(), add(&w, &a).decide());
        // Where a moderated meeting is demanded, being in one is another
        // question, and no addition.
        let outside = |d: &Denied| d.source == Source::OutsideMeetings;
        let moved = matches!(&before, Decision::Denied(d) if outside(d));
        prop_assume!(!(moved && matches!(a, Addition::Meeting(..))));
        prop_assert!(
            within(&after, &before),
            "adding {a:?}\nbefore {before:#?}\nafter {after:#?}"
        );
    }

    #[test]
    fn a_second_reading_agrees(w in world()) {
        let decision = w.decide();
        prop_assert_eq!(reference::outcome(&decision), reference::read(&w), "{:#?}", decision);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn order_and_repetition_change_nothing(w in world(), turn in 0..7usize) {
        let before = outcome(&w.decide());
        let mut other = w.clone();
        other.policies.reverse();
        for p in &mut other.policies {
            let n = p.rules.len();
            if n > 0 {
                p.rules.rotate_left(turn % n);
            }
            let again = p.rules.clone();
            p.rules.extend(again);
            (0..).zip(&mut p.rules).for_each(|(n, r)| r.number = n);
        }
        let twice: Vec<_> = other.policies.clone();
        other.policies.extend(twice);
        prop_assert_eq!(outcome(&other.decide()), before);
    }

    #[test]
    fn no_grant_exceeds_the_wish_and_derivations_are_bounded(w in world()) {
        let d = w.decide();
        prop_assert!(d.cap().view <= w.ask.wish.view);
        prop_assert!(d.cap().control <= w.ask.wish.control);
        prop_assert!(d.cap().rights.is_subset(w.ask.wish.rights));
        prop_assert!(d.steps().len() <= MAX_STEPS);
        prop_assert_eq!(explain(&d).len(), d.steps().len() + 1);
        // Each step starts where the one before ended, and the last one ends
        // at the result.
        let mut at = w.ask.wish.cap().settled();
        for s in d.steps() {
            prop_assert_eq!(s.before, at);
            prop_assert!(s.after != s.before && s.after.is_within(s.before));
            at = s.after;
        }
        if let Decision::Granted(g) = &d {
            prop_assert_eq!(at, g.cap);
            let dry = w.ask.what == super::super::application::What::NotChosen;
            prop_assert_eq!(g.certainty == Certainty::Preliminary, dry);
        }
    }

    #[test]
    fn the_other_side_never_sees_more(w in world()) {
        // POL-5: terms are what the whole profile says, with what they leave
        // out: rules about meetings, technologies and applications.
        let Some(terms) = &w.remote else { return Ok(()) };
        let mine = match w.side {
            Side::Sharer => super::super::rule::Capacity::Viewer,
            Side::Viewer => super::super::rule::Capacity::Sharer,
        };
        let cap = terms.cap(mine, w.ask.direction);
        prop_assert_eq!(cap.settled(), cap);
        let back: Terms =
            crate::cbor::from_bytes(&crate::cbor::to_bytes(terms), 1024).unwrap();
        prop_assert_eq!(back.cap(mine, w.ask.direction).settled(), cap);
    }
}
