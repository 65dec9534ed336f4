mod meetings;
mod trials;

use core::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::capability::{Codecs, Features, LONGEST, Offer, OsKind, SessionKind};
use crate::id::OrgId;
use crate::policy::cap::Preset;
use crate::policy::chain::Unusable;
use crate::policy::compiled::Compiled;
use crate::policy::consent::Verification;
use crate::policy::decide::Organisation;
use crate::policy::document::PolicyBody;
use crate::policy::profile::Profile;
use crate::policy::roles::Role;
use crate::policy::rule::{Capacities, Capacity, Party, Rule};
use crate::policy::testing::{NOW, body, member, person};
use crate::rights::Right;
use crate::seal::KemList;
use crate::testing::key;
use crate::time::Monotonic;
use crate::validity::Validity;

const SEE: Rights = Rights::of(&[Right::View]);
const HANDS: Rights = SEE.with(Right::Pointer).with(Right::Keyboard);

fn capability(device: u64, share: Option<Rights>, join: Option<Rights>) -> Capability {
    let offer = Offer {
        means: Means::Native,
        share,
        join,
    };
    Capability {
        person: person(1),
        device: key(device).public().into(),
        seq: 1,
        validity: Validity::starting(NOW, LONGEST),
        session: SessionKind::Local,
        os: OsKind::Linux,
        os_version: None,
        offers: if share.or(join).is_some() {
            vec![offer]
        } else {
            Vec::new()
        },
        unknown_offers: 0,
        codecs: Codecs::ALL,
        kems: KemList::supported(),
        screens: Vec::new(),
        features: Features::NONE,
    }
}

/// All that the facts are made of.
#[derive(Debug, Clone)]
struct Known {
    bond: Bond,
    mine: Option<Capability>,
    theirs: Option<Capability>,
    run_out: bool,
    policy: Option<Result<PolicyBody, Unusable>>,
    profile: Option<Profile>,
    link: Link,
    pictured: [Pictured; 2],
    meetings: Vec<MeetingState>,
}

impl Known {
    fn new() -> Self {
        Self {
            bond: Bond::Contacts,
            mine: Some(capability(1, Some(HANDS), Some(HANDS))),
            theirs: Some(capability(2, Some(SEE), Some(HANDS))),
            run_out: false,
            policy: None,
            profile: None,
            link: Link::Talking,
            pictured: [Pictured::Not; 2],
            meetings: Vec::new(),
        }
    }

    fn with<T>(&self, act: impl FnOnce(&Facts<'_>) -> T) -> T {
        let policy = self.policy.as_ref();
        let compiled = policy.map(|p| p.as_ref().map(Compiled::new).map_err(|e| *e));
        let organisation = compiled.as_ref().map(|c| Organisation {
            org: OrgId::from_bytes([1; 32]),
            policy: c.as_ref().map_err(|e| *e),
        });
        let meetings: Vec<&MeetingState> = self.meetings.iter().collect();
        act(&Facts {
            me: person(1),
            them: person(2),
            bond: self.bond,
            mine: self.mine.as_ref(),
            theirs: match &self.theirs {
                None => Said::Nothing,
                Some(_) if self.run_out => Said::RunOut,
                Some(c) => Said::Holds(c),
            },
            rules: Context {
                now: NOW,
                side: Side::Sharer,
                organisations: organisation.as_slice(),
                meeting: None,
                local: self.profile.as_ref(),
                remote: None,
                viewer: Verification::Verified,
                consents: &[],
            },
            meetings: &meetings,
            link: self.link,
            pictured: self.pictured,
        })
    }

    fn judge(&self, trial: Trial) -> Vec<Feature> {
        self.with(|f| features(f, trial))
    }

    fn native(&self, trial: Trial, sharer: Sharer) -> State {
        native(&self.judge(trial), sharer)
    }
}

fn native(features: &[Feature], sharer: Sharer) -> State {
    let found = features
        .iter()
        .find(|f| f.means == Means::Native && f.sharer == sharer);
    found.unwrap().state.clone()
}

fn against(state: State) -> Vec<&'static str> {
    match state {
        State::Disabled(reasons) => reasons.iter().map(Reason::code).collect(),
        other => panic!("{other:?}"),
    }
}

fn works() -> Trial {
    Trial::Done(Verdict::Direct)
}

fn policy(rules: Vec<Rule>) -> Option<Result<PolicyBody, Unusable>> {
    Some(Ok(PolicyBody {
        members: vec![member(1, Role::Sharer, &[]), member(2, Role::Sharer, &[])],
        rules,
        ..PolicyBody::default()
    }))
}

#[test]
fn each_direction_has_its_own_room() {
    let known = Known::new();
    let State::Enabled(mine) = known.native(works(), Sharer::First) else {
        panic!("I can show");
    };
    assert_eq!(mine.rights, HANDS);
    assert_eq!((mine.view, mine.control), (Scope::Desktop, Scope::Desktop));
    assert_eq!(mine.begins, Directions::ALL);
    assert_eq!(mine.duties, Duties::BUILT_IN, "asked always (POL-6)");
    // Their device can be seen and not controlled.
    let State::Enabled(theirs) = known.native(works(), Sharer::Second) else {
        panic!("they can show");
    };
    assert_eq!((theirs.rights, theirs.control), (SEE, Scope::Nothing));
    // Nobody has a server of any other kind.
    let others = known.judge(works());
    let others = others.iter().filter(|f| f.means != Means::Native);
    assert!(others.clone().count() > 4);
    for f in others {
        assert_eq!(against(f.state.clone()), ["sharer-cannot"], "{f:?}");
    }
}

#[test]
fn every_reason_is_told_at_once_the_own_ones_first() {
    let mut known = Known::new();
    known.bond = Bond::NotYet;
    known.mine = None;
    known.theirs = None;
    known.policy = Some(Err(Unusable::Expired));
    known.link = Link::Offline;
    let told = against(known.native(Trial::Untried, Sharer::First));
    assert_eq!(
        told,
        [
            "not-contacts",
            "not-looked",
            "policy-expired",
            "not-met",
            "offline"
        ]
    );
    known = Known::new();
    known.mine = Some(capability(1, None, Some(HANDS)));
    known.link = Link::NoCommonVersion;
    assert_eq!(
        against(known.native(Trial::Untried, Sharer::First)),
        ["sharer-cannot", "no-common-version"]
    );
    known.run_out = true;
    known.link = Link::Talking;
    assert_eq!(
        against(known.native(Trial::Done(Verdict::Blocked), Sharer::Second)),
        ["run-out", "blocked"]
    );
    known.bond = Bond::DeviceBarred;
    let told = against(known.native(works(), Sharer::Second));
    assert_eq!(told, ["device-barred", "run-out"]);
}

#[test]
fn whose_fault_it_is_follows_the_direction() {
    let mut known = Known::new();
    known.theirs = Some(capability(2, None, None));
    let step = |known: &Known, sharer| match known.native(works(), sharer) {
        State::Disabled(reasons) => reasons[0].step(),
        other => panic!("{other:?}"),
    };
    assert_eq!(step(&known, Sharer::First), "their-device");
    assert_eq!(step(&known, Sharer::Second), "their-device");
    core::mem::swap(&mut known.mine, &mut known.theirs);
    assert_eq!(step(&known, Sharer::First), "device");
    assert_eq!(step(&known, Sharer::Second), "device");
}

#[test]
fn a_right_that_policy_and_devices_leave_none_of_is_no_feature() {
    let mut known = Known::new();
    known.policy = policy(vec![Rule {
        directions: Directions::of(&[Direction::Request]),
        ..Rule::new(1, Party::Everybody, Preset::Off.cap())
    }]);
    let State::Enabled(room) = known.native(works(), Sharer::First) else {
        panic!("inviting is left");
    };
    assert_eq!(room.begins, Directions::of(&[Direction::Invite]));
    known.policy = policy(vec![Rule::new(1, Party::Everybody, Preset::Off.cap())]);
    let told = against(known.native(works(), Sharer::First));
    assert_eq!(
        told,
        ["rule"],
        "said once, though both directions are denied"
    );
}

/// The features follow the policy, both ways and back (CAP-2).
#[test]
fn policy_news_changes_what_is_possible() {
    let mut known = Known::new();
    let mut standing = Standing::default();
    let mut at = Monotonic::from_millis(1_000);
    let mut say = |standing: &mut Standing, known: &Known, event, later| {
        at = at.after(later);
        let now = at;
        known.with(|f| standing.handle(event, f, now))
    };
    let none = Duration::ZERO;
    assert_eq!(
        say(&mut standing, &known, Event::Selected, none),
        [Effect::Try(TrialNumber(0)), Effect::Changed]
    );
    let tried = Event::Tried(TrialNumber(0), Verdict::Direct);
    assert_eq!(say(&mut standing, &known, tried, none), [Effect::Changed]);
    assert_eq!(say(&mut standing, &known, Event::News, none), []);
    let shares = |s: &Standing| match native(s.features(), Sharer::First) {
        State::Enabled(room) => Ok(room.control),
        State::Disabled(reasons) => Err(reasons[0].code()),
        State::Checking(_) => Err("checking"),
    };
    assert_eq!(shares(&standing), Ok(Scope::Desktop));

    let not_mine = Rule {
        capacities: Capacities::of(&[Capacity::Sharer]),
        ..Rule::new(1, Party::Person(person(1)), Preset::Off.cap())
    };
    let steps = [
        (
            vec![Rule::new(1, Party::Everybody, Preset::ViewOnly.cap())],
            Ok(Scope::Nothing),
        ),
        (vec![not_mine], Err("rule")),
        (
            vec![Rule::new(1, Party::Everybody, Preset::OneApplication.cap())],
            Ok(Scope::Application),
        ),
        (Vec::new(), Ok(Scope::Desktop)),
    ];
    for (rules, expected) in steps {
        known.policy = policy(rules);
        let effects = say(&mut standing, &known, Event::News, none);
        assert_eq!(effects, [Effect::Changed], "{expected:?}");
        assert_eq!(shares(&standing), expected);
    }
    // One's own profile says no; then the person is removed from the policy.
    let mine = Rule::new(1, Party::Person(person(2)), Preset::Off.cap());
    known.profile =
        Some(Profile::new(person(1), NOW, Vec::new(), vec![mine], Duties::NONE).unwrap());
    assert_eq!(
        say(&mut standing, &known, Event::News, none),
        [Effect::Changed]
    );
    assert_eq!(shares(&standing), Err("profile-rule"));
    known.profile = None;
    known.policy = policy(Vec::new()).map(|p| {
        p.map(|mut body| {
            body.members.pop();
            body
        })
    });
    assert_eq!(
        say(&mut standing, &known, Event::News, none),
        [Effect::Changed]
    );
    assert_eq!(shares(&standing), Err("outsider"));
    known.policy = None;
    // An hour later nobody looks any more: what was tried is over.
    let hour = Duration::from_secs(3600);
    assert_eq!(
        say(&mut standing, &known, Event::Tick, hour),
        [Effect::Changed]
    );
    assert_eq!(shares(&standing), Err("checking"));
    assert_eq!(standing.deadline(), None);
}

#[test]
fn the_best_device_counts() {
    let known = Known::new();
    let mut away = Known::new();
    away.link = Link::Offline;
    away.mine = None;
    let mut barred = Known::new();
    barred.link = Link::Offline;
    let (a, b, c) = (
        away.judge(works()),
        barred.judge(works()),
        known.judge(Trial::Running),
    );
    let all = |list: &[&Vec<Feature>]| together(list.iter().map(|f| &f[..])).unwrap();
    assert_eq!(against(native(&all(&[&a, &b]), Sharer::First)), ["offline"]);
    assert!(matches!(
        native(&all(&[&a, &b, &c]), Sharer::First),
        State::Checking(_)
    ));
    assert_eq!(together(core::iter::empty()), None);
}

#[test]
fn words_are_plain_and_codes_differ() {
    let all = [
        Reason::NotContacts,
        Reason::DeviceBarred,
        Reason::NotLooked,
        Reason::NotMet,
        Reason::RunOut,
        Reason::Offline,
        Reason::NoCommonVersion,
        Reason::NoPath(Verdict::Blocked),
        Reason::Impossible(Impossible::ViewerCannot, Whose::Theirs),
        Reason::Denied(Stage::Organisation, Source::PolicyDemands),
    ];
    let mut codes: Vec<_> = all.iter().map(Reason::code).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), all.len());
    for r in all {
        let words = r.words("Anna");
        assert!(!words.ends_with('.') && words.len() > 10, "{words}");
    }
}

fn known() -> impl Strategy<Value = Known> {
    let rights = || prop::option::of(prop::sample::select(&[SEE, HANDS][..]));
    let cap =
        move |n| prop::option::of((rights(), rights()).prop_map(move |(s, j)| capability(n, s, j)));
    let policy = prop_oneof![
        Just(None),
        Just(Some(Err(Unusable::Forked))),
        body().prop_map(|b| Some(Ok(b))),
    ];
    let bond = prop::sample::select(&[Bond::Contacts, Bond::Contacts, Bond::NotYet][..]);
    let link = prop::sample::select(&[Link::Talking, Link::Talking, Link::Offline][..]);
    (bond, cap(1), cap(2), any::<bool>(), policy, link).prop_map(
        |(bond, mine, theirs, run_out, policy, link)| Known {
            bond,
            mine,
            theirs,
            run_out: run_out && link == Link::Offline,
            policy,
            profile: None,
            link,
            pictured: [Pictured::Not; 2],
            meetings: Vec::new(),
        },
    )
}

fn trial() -> impl Strategy<Value = Trial> {
    prop_oneof![
        Just(Trial::Untried),
        Just(Trial::Running),
        prop::sample::select(Verdict::ALL).prop_map(Trial::Done),
    ]
}

/// What a policy demands first isn't ready before (PORT-5).
#[test]
fn a_demanded_trial_picture_comes_before_the_feature() {
    let mut known = Known::new();
    let duties = Duties::of(&[Duty::Trial]);
    known.profile = Some(Profile::new(person(1), NOW, Vec::new(), Vec::new(), duties).unwrap());
    let done = Trial::Done(Verdict::Direct);
    let ours = Sharer::First;
    assert!(matches!(known.native(done, ours), State::Checking(_)));
    known.pictured[1] = Pictured::Passed;
    assert!(
        matches!(known.native(done, ours), State::Checking(_)),
        "the other direction says nothing of this one"
    );
    known.pictured[0] = Pictured::Passed;
    assert!(matches!(known.native(done, ours), State::Enabled(_)));
    assert!(matches!(
        known.native(Trial::Untried, ours),
        State::Checking(_)
    ));
    known.pictured = [Pictured::Failed; 2];
    assert_eq!(against(known.native(done, ours)), ["no-trial"]);
    // Without the demand nobody cares.
    known.profile = None;
    assert!(matches!(known.native(done, ours), State::Enabled(_)));
}

proptest! {
    /// Enabled exactly where everybody who is asked says yes; and a disabled
    /// one always says why.
    #[test]
    fn enabled_is_a_conjunction(known in known(), trial in trial()) {
        for f in known.judge(trial) {
            let able = match (&known.mine, &known.theirs) {
                (Some(m), Some(t)) if !known.run_out => possible(m, t)
                    .iter()
                    .any(|w| w.means == f.means && w.sharer == f.sharer && w.outcome.is_ok()),
                _ => false,
            };
            let granted: Vec<Cap> = known.with(|facts| {
                Direction::ALL
                    .iter()
                    .map(|d| {
                        let rules = Context { side: side(f.sharer), ..facts.rules };
                        decide(&rules, &question(facts, f.means, f.sharer, *d)).cap()
                    })
                    .filter(|c| !c.is_off())
                    .collect()
            });
            let path = !matches!(trial, Trial::Done(v) if !v.works());
            let all = able
                && !granted.is_empty()
                && path
                && known.bond == Bond::Contacts
                && known.link == Link::Talking;
            match &f.state {
                State::Enabled(room) | State::Checking(room) => {
                    prop_assert!(all, "{f:?}");
                    prop_assert!(room.rights.contains(Right::View));
                    prop_assert!(room.control <= room.view);
                    prop_assert!(granted.iter().any(|c| room.view <= c.view));
                    prop_assert!(!room.begins.is_empty());
                }
                State::Disabled(why) => {
                    prop_assert!(!all, "{f:?}");
                    prop_assert!(!why.is_empty());
                    for (i, r) in why.iter().enumerate() {
                        prop_assert!(!why[..i].contains(r), "twice: {r:?}");
                    }
                }
            }
        }
    }

    /// Whatever happens: nobody is tried unasked or too often, one trial runs
    /// at a time, and what is told is what is judged.
    #[test]
    fn trials_are_few_and_news_is_news(
        steps in prop::collection::vec((known(), 0u8..6, 0u64..20_000, 0u64..4), 1..40),
    ) {
        let mut s = Standing::default();
        let mut now = 0;
        let (mut selected, mut begun): (Option<u64>, Option<u64>) = (None, None);
        let (mut asked, mut told) = (false, Vec::new());
        for (known, kind, later, number) in steps {
            now += later;
            let event = match kind {
                0 => { selected = Some(now); Event::Selected }
                1 => Event::News,
                2 => Event::NetworkChanged,
                3 => Event::Tried(TrialNumber(number), Verdict::Direct),
                4 => { asked = true; Event::Asked }
                _ => Event::Tick,
            };
            let effects = known.with(|f| s.handle(event, f, Monotonic::from_millis(now)));
            for e in &effects {
                if let Effect::Try(_) = e {
                    let due = selected.is_some_and(|at| now < at + 600_000)
                        && begun.is_none_or(|at| now >= at + 10_000)
                        && known.link == Link::Talking;
                    let rested = begun.is_none_or(|at| now >= at + 2_000);
                    prop_assert!(due || asked && rested && known.bond == Bond::Contacts);
                    (begun, asked) = (Some(now), false);
                }
            }
            prop_assert_eq!(effects.contains(&Effect::Changed), s.features() != &told[..]);
            asked &= known.bond == Bond::Contacts;
            told = s.features().to_vec();
            prop_assert_eq!(&told, &known.judge(s.trial()));
        }
    }
}
