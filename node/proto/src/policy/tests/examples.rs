//! The decision by example: one test a sentence of the requirements.

use core::time::Duration;

use crate::clock::MAX_SKEW;
use crate::id::OrgId;
use crate::policy::application::{AppPattern, Starts, What};
use crate::policy::cap::{Cap, Duties, Duty, Preset};
use crate::policy::chain::Unusable;
use crate::policy::compiled::Compiled;
use crate::policy::consent::Verification;
use crate::policy::decide::{
    Ask, Context, Decision, Denied, Organisation, Side, Source, Stage, Wish, decide,
};
use crate::policy::document::PolicyBody;
use crate::policy::explain::explain;
use crate::policy::hosted::{HostedNetwork, Ports, Prefix, Target};
use crate::policy::lenient::Understood;
use crate::policy::meeting::{MeetingGap, MeetingTerms};
use crate::policy::profile::{ContactGroup, Profile};
use crate::policy::roles::{Power, Powers, Role};
use crate::policy::rule::{
    Capacities, Capacity, Direction, Directions, GroupNumber, Level, Party, Rule,
};
use crate::policy::testing::{NOW, World, app, consent_for, group, member, name, person, room};
use crate::rights::{Right, Rights, Scope};
use crate::technology::{Technologies, Technology};
use crate::validity::Validity;

fn ask() -> Ask {
    Ask {
        sharer: person(1),
        viewer: person(2),
        room: None,
        technology: Technology::Native,
        direction: Direction::Invite,
        what: What::Applications(vec![app("editor", Starts::Nothing)]),
        wish: Wish {
            view: Scope::Application,
            control: Scope::Application,
            rights: Rights::ALL,
        },
        target: Target::Peer,
    }
}

fn body(rules: Vec<Rule>) -> PolicyBody {
    PolicyBody {
        members: vec![
            member(1, Role::Sharer, &[1]),
            member(2, Role::Participant, &[2]),
            member(3, Role::Organiser, &[]),
        ],
        groups: vec![group(1), group(2)],
        rules,
        ..PolicyBody::default()
    }
}

pub(super) fn under(rules: Vec<Rule>) -> World {
    let mut w = World::new(ask());
    w.policies = vec![body(rules)];
    w
}

pub(super) fn denied(d: &Decision) -> &Denied {
    match d {
        Decision::Denied(d) => d,
        Decision::Granted(g) => panic!("granted: {g:#?}"),
    }
}

fn duties(d: &Decision) -> Duties {
    match d {
        Decision::Granted(g) => g.duties,
        Decision::Denied(d) => panic!("denied: {d:#?}"),
    }
}

#[test]
fn without_an_organisation_kith_asks_always() {
    // POL-6
    let d = World::new(ask()).decide();
    assert_eq!(duties(&d), Duties::of(&[Duty::Notify, Duty::Accept]));
    assert_eq!(d.cap(), ask().wish.cap());
    assert!(d.steps().is_empty());
    let mut hosted = World::new(ask());
    hosted.ask.technology = Technology::Rdp;
    assert_eq!(hosted.decide().cap(), ask().wish.cap());
}

#[test]
fn never_more_than_any_level_allows() {
    // POL-2: each level alone bounds the result.
    let at = |subject: Party, p: Preset| Rule::new(1, subject, p.cap());
    for subject in [
        Party::Everybody,
        Party::Group(GroupNumber(2)),
        Party::Person(person(1)),
        Party::Meeting(room(1)),
    ] {
        let mut w = under(vec![at(subject, Preset::ViewOnly)]);
        w.ask.room = Some(room(1));
        assert_eq!(w.decide().cap().control, Scope::Nothing, "{subject:?}");
        let mut w = under(vec![at(subject, Preset::Off)]);
        w.ask.room = Some(room(1));
        let d = w.decide();
        assert_eq!(denied(&d).stage, Stage::Organisation);
        assert_eq!(
            denied(&d).source,
            Source::Rule(1, subject.level(), Understood::Wholly)
        );
    }
    // Of another group, person or meeting nothing is said.
    for subject in [
        Party::Person(person(3)),
        Party::Meeting(room(2)),
        Party::Role(Role::Administrator),
    ] {
        let mut w = under(vec![at(subject, Preset::Off)]);
        w.ask.room = Some(room(1));
        assert_eq!(w.decide().cap(), ask().wish.cap(), "{subject:?}");
    }
}

#[test]
fn view_only_and_one_application_leave_the_view_of_one_application() {
    // The two axes meet each for itself (POL-2a).
    let mut w = under(vec![
        Rule::new(1, Party::Everybody, Preset::ViewOnly.cap()),
        Rule::new(2, Party::Person(person(2)), Preset::OneApplication.cap()),
    ]);
    w.ask.what = What::Anything;
    w.ask.wish = Wish::ALL;
    let cap = w.decide().cap();
    assert_eq!(
        (cap.view, cap.control),
        (Scope::Application, Scope::Nothing)
    );
    assert!(cap.rights.intersection(Rights::CONTROL).is_empty());
}

#[test]
fn roles_decide_who_shares_and_who_controls() {
    // POL-2a
    let mut w = under(vec![]);
    (w.ask.sharer, w.ask.viewer) = (person(2), person(1));
    assert_eq!(
        denied(&w.decide()).source,
        Source::Role(Capacity::Sharer, Role::Participant, Power::Share)
    );
    let mut w = under(vec![]);
    let less = Role::Participant.powers().without(Power::ReceiveControl);
    w.policies[0].roles = vec![(Role::Participant, less)];
    let d = w.decide();
    assert_eq!(d.cap().control, Scope::Nothing);
    assert_eq!(d.cap().view, Scope::Application);
    // A table can take powers away, never add any.
    let policy = Compiled::new(&PolicyBody {
        roles: vec![(Role::Participant, Powers::ALL)],
        ..body(vec![])
    });
    assert!(!policy.may(&person(2), Power::Share));
    assert!(policy.may(&person(3), Power::OpenRoom));
    assert!(!policy.may(&person(9), Power::View));
}

#[test]
fn an_organiser_grants_only_what_was_granted() {
    // POL-2: the admin left the organiser view only; the organiser says all.
    let rule = Rule::new(1, Party::Person(person(3)), Preset::ViewOnly.cap())
        .acting_as(Capacities::of(&[Capacity::Organiser]));
    let mut w = under(vec![rule]);
    w.ask.room = Some(room(1));
    w.meeting = Some(MeetingTerms::new(room(1), person(3), NOW, Cap::OPEN));
    assert_eq!(w.decide().cap().control, Scope::Nothing);
    let policy = Compiled::new(&w.policies[0]);
    assert_eq!(
        policy.organiser_limit(person(3), room(1)).control,
        Scope::Nothing
    );
    assert_eq!(policy.organiser_limit(person(1), room(1)), Cap::OFF);
    // A sharer can't open a meeting at all.
    w.meeting = Some(MeetingTerms::new(room(1), person(1), NOW, Cap::OPEN));
    assert_eq!(
        denied(&w.decide()).source,
        Source::Role(Capacity::Organiser, Role::Sharer, Power::OpenMeeting)
    );
    // What the organiser sets binds, for all and for one.
    let mut m = MeetingTerms::new(room(1), person(3), NOW, Cap::OPEN);
    m.set(person(2), Cap::OFF).unwrap();
    w.meeting = Some(m);
    assert_eq!(
        denied(&w.decide()).source,
        Source::MeetingPerson(Capacity::Viewer)
    );
}

#[test]
fn the_meeting_must_be_that_of_the_room() {
    let mut w = under(vec![]);
    w.meeting = Some(MeetingTerms::new(room(1), person(3), NOW, Cap::OPEN));
    let d = w.decide();
    assert_eq!(denied(&d).stage, Stage::Request);
    assert_eq!(denied(&d).source, Source::Mismatch);
}

#[test]
fn directions_can_be_closed() {
    // POL-3: only the sharer invites.
    let rule = Rule::new(1, Party::Group(GroupNumber(1)), Cap::OFF)
        .acting_as(Capacities::of(&[Capacity::Sharer]))
        .when(Directions::of(&[Direction::Request]));
    let mut w = under(vec![rule]);
    assert!(matches!(w.decide(), Decision::Granted(_)));
    w.ask.direction = Direction::Request;
    denied(&w.decide());
}

#[test]
fn who_may_join_whose_sessions() {
    // POL-3: nobody outside group 2 may view what group 1 shares.
    let rule = Rule::new(1, Party::Group(GroupNumber(1)), Cap::OFF)
        .acting_as(Capacities::of(&[Capacity::Sharer]))
        .towards(Party::NotGroup(GroupNumber(2)));
    let mut w = under(vec![rule]);
    assert!(matches!(w.decide(), Decision::Granted(_)));
    w.ask.viewer = person(3);
    denied(&w.decide());
}

#[test]
fn the_order_is_organisation_local_remote() {
    // POL-4: each alone denies; all three: the first one named.
    let profile = |p: u8, cap| {
        let rules = vec![Rule::new(5, Party::Everybody, cap)];
        Profile::new(person(p), NOW, vec![], rules, Duties::NONE).unwrap()
    };
    let validity = Validity::starting(NOW, Duration::from_secs(60));
    let off = Rule::new(1, Party::Everybody, Cap::OFF);
    let mut w = under(vec![]);
    w.remote = Some(profile(2, Cap::OFF).terms_for(person(1), validity));
    assert_eq!(denied(&w.decide()).stage, Stage::RemoteProfile);
    w.local = Some(profile(1, Cap::OFF));
    assert_eq!(denied(&w.decide()).stage, Stage::LocalProfile);
    assert_eq!(
        denied(&w.decide()).source,
        Source::ProfileRule(5, Level::Everybody, Understood::Wholly)
    );
    w.policies[0].rules = vec![off];
    assert_eq!(denied(&w.decide()).stage, Stage::Organisation);
}

#[test]
fn terms_tell_a_contact_only_their_own_part() {
    let groups = vec![ContactGroup {
        number: GroupNumber(1),
        name: name("Family"),
        people: vec![person(2), person(4)],
    }];
    let rules = vec![
        Rule::new(1, Party::Group(GroupNumber(1)), Preset::ViewOnly.cap())
            .acting_as(Capacities::of(&[Capacity::Viewer])),
        Rule::new(2, Party::Person(person(5)), Cap::OFF),
    ];
    let p = Profile::new(person(1), NOW, groups, rules, Duties::NONE).unwrap();
    let validity = Validity::starting(NOW, Duration::from_secs(60));
    let t = p.terms_for(person(2), validity);
    let shared = t.cap(Capacity::Sharer, Direction::Invite);
    assert_eq!(shared, Preset::ViewOnly.cap().settled());
    assert_eq!(t.cap(Capacity::Viewer, Direction::Invite), Cap::OPEN);
    assert_eq!(t.cap(Capacity::Organiser, Direction::Invite), Cap::OFF);
    let t = p.terms_for(person(5), validity);
    assert_eq!(t.cap(Capacity::Sharer, Direction::Request), Cap::OFF);
    let t = p.terms_for(person(6), validity);
    assert_eq!(t.cap(Capacity::Sharer, Direction::Request), Cap::OPEN);
}

#[test]
fn terms_that_run_out_allow_nothing() {
    // Else a person would get by waiting what was forbidden before.
    let minute = Duration::from_secs(60);
    let at = |issued| {
        let mut w = under(vec![]);
        let validity = Validity::starting(issued, minute);
        w.remote = Some(Profile::open(person(2), NOW).terms_for(person(1), validity));
        w.decide()
    };
    assert!(matches!(at(NOW), Decision::Granted(_)));
    assert!(matches!(at(NOW.after(MAX_SKEW)), Decision::Granted(_)));
    for other in [
        NOW.before(minute),
        NOW.after(MAX_SKEW + Duration::from_millis(1)),
    ] {
        let d = at(other);
        assert_eq!(denied(&d).stage, Stage::RemoteProfile);
        assert_eq!(denied(&d).source, Source::TermsOver);
    }
}

#[test]
fn a_meeting_without_settings_allows_nothing() {
    for gap in [MeetingGap::NotSet, MeetingGap::Contested] {
        let mut w = under(vec![]);
        w.ask.room = Some(room(1));
        assert!(matches!(w.decide(), Decision::Granted(_)));
        w.gap = Some(gap);
        let d = w.decide();
        assert_eq!(denied(&d).stage, Stage::Organisation);
        assert_eq!(denied(&d).source, Source::MeetingGap(gap));
    }
}

#[test]
fn an_outsider_gets_no_more_than_a_participant() {
    // However wide the door stands.
    let open = |change: &dyn Fn(&mut World)| {
        let mut w = under(vec![]);
        w.policies[0].outsiders = Cap::OPEN;
        change(&mut w);
        w.decide()
    };
    let viewer = |w: &mut World| w.ask.viewer = person(9);
    assert_eq!(open(&viewer), {
        let mut w = under(vec![]);
        w.policies[0].members[1].person = person(9);
        w.ask.viewer = person(9);
        w.decide()
    });
    let d = open(&|w| w.ask.sharer = person(9));
    assert_eq!(denied(&d).source, Source::Outsider(Capacity::Sharer));
    let d = open(&|w| {
        w.ask.room = Some(room(1));
        w.meeting = Some(MeetingTerms::new(room(1), person(9), NOW, Cap::OPEN));
    });
    assert_eq!(denied(&d).source, Source::Outsider(Capacity::Organiser));
    // What a participant may not, an outsider may not either.
    let less = |power| vec![(Role::Participant, Role::Participant.powers().without(power))];
    let d = open(&|w| {
        viewer(w);
        w.policies[0].roles = less(Power::ReceiveControl);
    });
    assert_eq!(
        (d.cap().view, d.cap().control),
        (Scope::Application, Scope::Nothing)
    );
    let d = open(&|w| {
        viewer(w);
        w.policies[0].roles = less(Power::View);
    });
    assert_eq!(denied(&d).source, Source::Outsider(Capacity::Viewer));
}

#[test]
fn records_of_somebody_else_are_refused() {
    let mut w = under(vec![]);
    w.local = Some(Profile::open(person(2), NOW));
    assert_eq!(denied(&w.decide()).source, Source::Mismatch);
    w.side = Side::Viewer;
    assert!(matches!(w.decide(), Decision::Granted(_)));
}

#[test]
fn somebody_removed_loses_everything() {
    // POL-7
    let mut w = under(vec![]);
    let running = w.decide().cap();
    w.policies[0].members.remove(1);
    let now = w.decide();
    assert_eq!(denied(&now).source, Source::Outsider(Capacity::Viewer));
    assert!(!now.still_allows(running));
    // Unless the policy lets outsiders in.
    w.policies[0].outsiders = Preset::ViewOnly.cap();
    let now = w.decide();
    assert_eq!(now.cap().control, Scope::Nothing);
    assert!(!now.still_allows(running));
    assert!(now.still_allows(now.cap()));
}

#[test]
fn other_hosts_only_where_every_policy_lists_them() {
    // PORT-3, POL-6
    let mut w = under(vec![]);
    w.ask.technology = Technology::Rdp;
    w.ask.target = Target::Server {
        addr: [10, 1, 2, 3].into(),
        port: 3389,
    };
    assert_eq!(denied(&w.decide()).source, Source::HostNotListed);
    w.policies[0].hosted = vec![HostedNetwork {
        prefix: Prefix::new([10, 1, 0, 0].into(), 16).unwrap(),
        technologies: Technologies::HOSTED,
        ports: vec![Ports::new(3389, 3389).unwrap()],
        understood: Understood::Wholly,
    }];
    assert!(matches!(w.decide(), Decision::Granted(_)));
    w.ask.technology = Technology::Native;
    assert_eq!(denied(&w.decide()).source, Source::HostNotListed);
    w.ask.technology = Technology::Rdp;
    w.policies.push(body(vec![]));
    assert_eq!(denied(&w.decide()).source, Source::HostNotListed);
    w.policies.clear();
    assert_eq!(denied(&w.decide()).source, Source::HostNotListed);
}

#[test]
fn a_policy_that_cannot_be_used_denies() {
    let ask = ask();
    for why in [
        Unusable::Expired,
        Unusable::Forked,
        Unusable::NeedsUpdate,
        Unusable::Broken,
        Unusable::Full,
    ] {
        let org = OrgId::from_bytes([9; 32]);
        let cx = Context {
            now: NOW,
            side: Side::Viewer,
            organisations: &[Organisation {
                org,
                policy: Err(why),
            }],
            meeting: None,
            local: None,
            remote: None,
            viewer: Verification::Verified,
            consents: &[],
        };
        let d = decide(&cx, &ask);
        assert_eq!(denied(&d).source, Source::Policy(why));
        assert_eq!(denied(&d).org, Some(org));
    }
}

#[test]
fn rules_about_applications_reach_the_desktop_that_holds_them() {
    let rule =
        Rule::new(1, Party::Everybody, Cap::OFF).about(vec![AppPattern::new("bank*").unwrap()]);
    let mut w = under(vec![rule]);
    assert!(matches!(w.decide(), Decision::Granted(_)));
    w.ask.wish = Wish::ALL;
    denied(&w.decide());
    w.ask.what = What::NotChosen;
    let Decision::Granted(g) = w.decide() else {
        panic!("a dry run leaves such rules out")
    };
    assert_eq!(g.certainty, super::super::decide::Certainty::Preliminary);
}

#[test]
fn control_of_programs_that_start_others_can_be_forbidden() {
    // GUARD-9
    let mut w = under(vec![]);
    w.policies[0].demands = Duties::of(&[Duty::NoStarters]);
    assert_eq!(w.decide().cap().control, Scope::Application);
    w.ask.what = What::Applications(vec![app("terminal", Starts::Others)]);
    let cap = w.decide().cap();
    assert_eq!(
        (cap.view, cap.control),
        (Scope::Application, Scope::Nothing)
    );
    w.ask.what = What::Anything;
    w.ask.wish = Wish::ALL;
    let cap = w.decide().cap();
    assert_eq!((cap.view, cap.control), (Scope::Desktop, Scope::Nothing));
}

#[test]
fn case_fields_are_demanded() {
    // CASE-1
    let mut w = under(vec![]);
    w.policies[0].demands = Duties::CASE;
    assert!(Duties::CASE.is_subset(duties(&w.decide())));
}

#[test]
fn a_standing_consent_covers_exactly_what_it_says() {
    // ASK-3
    let level = Preset::OneApplication.cap();
    let mut w = under(vec![]);
    w.consents = vec![consent_for(&w.ask, level, Duties::of(&[Duty::Accept]))];
    assert_eq!(duties(&w.decide()), Duties::of(&[Duty::Notify]));

    let needs_accept = |change: &dyn Fn(&mut World)| {
        let mut w = w.clone();
        change(&mut w);
        assert!(duties(&w.decide()).contains(Duty::Accept));
    };
    needs_accept(&|w| w.viewer = Verification::Unverified);
    needs_accept(&|w| w.ask.viewer = person(3));
    needs_accept(&|w| w.ask.what = What::Applications(vec![app("other", Starts::Nothing)]));
    needs_accept(&|w| {
        w.ask.what = What::Applications(vec![
            app("editor", Starts::Nothing),
            app("other", Starts::Nothing),
        ]);
    });
    needs_accept(&|w| {
        w.ask.what = What::Anything;
        w.ask.wish = Wish::ALL;
    });
    needs_accept(&|w| w.ask.wish.view = Scope::Applications);
    needs_accept(&|w| w.consents[0].allows = Preset::ViewOnly.cap());
    needs_accept(&|w| w.consents[0].allows.rights = Rights::of(&[Right::View]));
    needs_accept(&|w| w.consents[0].validity.expires = NOW);
    needs_accept(&|w| {
        w.consents[0].validity.issued = NOW.after(Duration::from_millis(1));
    });
    // What runs on a server isn't the sharer's own application.
    needs_accept(&|w| w.ask.technology = Technology::Rdp);
    needs_accept(&|w| {
        w.ask.technology = Technology::Rdp;
        w.policies.clear();
        w.policies.push(PolicyBody {
            hosted: vec![HostedNetwork {
                prefix: Prefix::new([10, 1, 0, 0].into(), 16).unwrap(),
                technologies: Technologies::HOSTED,
                ports: vec![Ports::new(3389, 3389).unwrap()],
                understood: Understood::Wholly,
            }],
            ..body(vec![])
        });
        w.ask.target = Target::Server {
            addr: [10, 1, 2, 3].into(),
            port: 3389,
        };
    });
    // The policy may forbid it.
    needs_accept(&|w| w.policies[0].demands = Duties::of(&[Duty::Accept]));
    // And it never creates anything.
    let mut off = w.clone();
    off.policies[0].rules = vec![Rule::new(1, Party::Everybody, Cap::OFF)];
    denied(&off.decide());
}

#[test]
fn what_is_not_understood_allows_nothing() {
    let mut w = under(vec![]);
    w.policies[0].understood = Understood::Partly;
    assert_eq!(denied(&w.decide()).source, Source::PolicyNotUnderstood);
    let mut w = under(vec![]);
    w.policies[0].members[1].understood = Understood::Partly;
    assert_eq!(
        denied(&w.decide()).source,
        Source::MemberNotUnderstood(Capacity::Viewer)
    );
    let mut w = under(vec![]);
    w.policies[0].groups[0].understood = Understood::Partly;
    assert_eq!(
        denied(&w.decide()).source,
        Source::MemberNotUnderstood(Capacity::Sharer)
    );
}

#[test]
fn an_empty_wish_is_denied() {
    let mut w = under(vec![]);
    w.ask.wish.rights = Rights::of(&[Right::Pointer]);
    assert_eq!(denied(&w.decide()).source, Source::NothingAsked);
}

#[test]
fn an_explanation_reads_well() {
    let mut w = under(vec![
        Rule::new(3, Party::Everybody, Preset::ViewOnly.cap()),
        Rule::new(
            4,
            Party::Group(GroupNumber(2)),
            Cap::OPEN.demanding(Duties::of(&[Duty::Purpose])),
        ),
    ]);
    assert_eq!(
        explain(&w.decide()),
        [
            "organisation: rule 3 of the policy (level A: everybody) limits control to nothing; \
             takes away the pointer, the keyboard, pasting from the viewer.",
            "organisation: rule 4 of the policy (level B: a group) demands that a purpose must be \
             given.",
            "Allowed: viewing of one application, control of nothing; the sharer is notified, the \
             sharer must accept, a purpose must be given.",
        ]
    );
    w.policies[0].members.remove(1);
    assert_eq!(
        explain(&w.decide()),
        [
            "organisation: the policy, because the viewer isn't a member allows nothing.",
            "Denied at step “organisation” by the policy, because the viewer isn't a member.",
        ]
    );
}
