//! Random policies, people and questions for this module's tests.

use core::time::Duration;

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::application::{AppName, AppPattern, Application, Starts, What};
use super::cap::{Cap, Duties, Duty, Preset};
use super::chain::Unusable;
use super::checked::Checked;
use super::consent::{GivenConsent, StandingConsent, Verification};
use super::decide::{Ask, Context, Organisation, Side, Wish};
use super::document::{Group, Member, PolicyBody};
use super::hosted::{HostedNetwork, Ports, Prefix, Target};
use super::lenient::Understood;
use super::meeting::{MeetingGap, MeetingState, MeetingTerms};
use super::profile::{ContactGroup, Profile, Terms};
use super::roles::{Power, Powers, Role};
use super::rule::{Capacities, Capacity, Direction, Directions, GroupNumber, Party, Rule};
use crate::digest::Digest;
use crate::id::{OrgId, PersonId, RoomId};
use crate::names::Name;
use crate::rights::{Right, Rights, Scope};
use crate::technology::{Technologies, Technology};
use crate::time::Timestamp;
use crate::validity::Validity;

/// The moment of all questions.
pub(crate) const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

pub(crate) fn person(n: u8) -> PersonId {
    PersonId::from_bytes([n; 32])
}

pub(crate) fn room(n: u8) -> RoomId {
    RoomId::from_bytes([n; 32])
}

pub(crate) fn name(text: &str) -> Name {
    Name::from_typed(text).unwrap()
}

pub(crate) fn app(n: &str, starts: Starts) -> Application {
    Application {
        name: AppName::new(n).unwrap(),
        starts,
    }
}

pub(crate) fn member(n: u8, role: Role, groups: &[u16]) -> Member {
    Member {
        person: person(n),
        name: name(&format!("Member {n}")),
        role,
        groups: groups.iter().map(|g| GroupNumber(*g)).collect(),
        understood: Understood::Wholly,
    }
}

pub(crate) fn group(n: u16) -> Group {
    Group {
        number: GroupNumber(n),
        name: name(&format!("Group {n}")),
        understood: Understood::Wholly,
    }
}

fn rights() -> impl Strategy<Value = Rights> {
    prop_oneof![
        3 => Just(Rights::ALL),
        2 => subsequence(Right::ALL, 0..=8)
            .prop_map(|r| r.into_iter().collect::<Rights>().with(Right::View)),
        1 => subsequence(Right::ALL, 0..=8).prop_map(|r| r.into_iter().collect()),
    ]
}

fn scope() -> impl Strategy<Value = Scope> {
    prop_oneof![3 => Just(Scope::Desktop), 4 => select(Scope::ALL)]
}

pub(crate) fn duties() -> impl Strategy<Value = Duties> {
    prop_oneof![
        3 => Just(Duties::NONE),
        2 => subsequence(Duty::ALL, 0..=3).prop_map(|d| d.into_iter().collect()),
    ]
}

pub(crate) fn cap() -> impl Strategy<Value = Cap> {
    let free =
        (scope(), scope(), rights(), duties()).prop_map(|(view, control, rights, demands)| Cap {
            view,
            control,
            rights,
            demands,
        });
    let preset = (select(&Preset::ALL[..]), duties()).prop_map(|(p, d)| p.cap().demanding(d));
    prop_oneof![free, preset]
}

const GROUPS: u16 = 3;
const PEOPLE: u8 = 6;

fn some_person() -> impl Strategy<Value = PersonId> {
    (1..=PEOPLE).prop_map(person)
}

fn some_group() -> impl Strategy<Value = GroupNumber> {
    (0..GROUPS).prop_map(GroupNumber)
}

fn party() -> impl Strategy<Value = Party> {
    prop_oneof![
        3 => Just(Party::Everybody),
        2 => some_group().prop_map(Party::Group),
        1 => (1..3u8).prop_map(|r| Party::Meeting(room(r))),
        2 => some_person().prop_map(Party::Person),
        1 => select(Role::ALL).prop_map(Party::Role),
        1 => Just(Party::Outsiders),
        1 => some_group().prop_map(Party::NotGroup),
        1 => some_person().prop_map(Party::NotPerson),
    ]
}

fn personal_party() -> impl Strategy<Value = Party> {
    party().prop_map(|p| match p {
        Party::Role(_) | Party::Outsiders => Party::Everybody,
        p => p,
    })
}

fn rule_of(number: u32, party: fn() -> BoxedStrategy<Party>) -> impl Strategy<Value = Rule> {
    let pattern = select(&["editor", "bank*", "*", "term*"][..]);
    (
        party(),
        prop_oneof![
            2 => Just(Capacities::ALL),
            1 => subsequence(Capacity::ALL, 1..=2).prop_map(|c| c.into_iter().collect()),
        ],
        prop_oneof![3 => Just(Party::Everybody), 1 => party()],
        prop_oneof![
            3 => Just(Technologies::ALL),
            1 => subsequence(Technology::ALL, 1..=3).prop_map(|c| c.into_iter().collect()),
        ],
        prop_oneof![
            3 => Just(Directions::ALL),
            1 => select(Direction::ALL).prop_map(|d| Directions::of(&[d])),
        ],
        prop_oneof![
            3 => Just(Vec::new()),
            1 => vec(pattern.prop_map(|p| AppPattern::new(p).unwrap()), 1..3),
        ],
        cap(),
    )
        .prop_map(
            move |(subject, capacities, other, technologies, directions, applications, cap)| Rule {
                number,
                subject,
                capacities,
                other,
                technologies,
                directions,
                applications,
                cap,
                understood: Understood::Wholly,
            },
        )
}

/// A rule of a policy.
pub(crate) fn rule(number: u32) -> impl Strategy<Value = Rule> {
    rule_of(number, || party().boxed())
}

fn rules(party: fn() -> BoxedStrategy<Party>, most: usize) -> impl Strategy<Value = Vec<Rule>> {
    vec(rule_of(0, party), 0..most).prop_map(|mut rules| {
        (0..).zip(&mut rules).for_each(|(n, r)| r.number = n);
        rules
    })
}

fn some_member(n: u8) -> impl Strategy<Value = Option<Member>> {
    let groups = btree_set(0..GROUPS, 0..=usize::from(GROUPS));
    // Mostly people who may share: else everything is denied for that.
    let role = prop_oneof![3 => Just(Role::Organiser), 2 => select(Role::ALL)];
    (prop::bool::weighted(0.9), role, groups).prop_map(move |(listed, role, groups)| {
        let groups: Vec<u16> = groups.into_iter().collect();
        listed.then(|| member(n, role, &groups))
    })
}

fn network() -> HostedNetwork {
    HostedNetwork {
        prefix: Prefix::new([10, 20, 0, 0].into(), 16).unwrap(),
        technologies: Technologies::of(&[Technology::Rdp]),
        ports: vec![Ports::new(3389, 3389).unwrap()],
        understood: Understood::Wholly,
    }
}

/// A body whose people have the numbers 1 to 6.
pub(crate) fn body() -> impl Strategy<Value = PolicyBody> {
    let members: Vec<_> = (1..=PEOPLE).map(some_member).collect();
    let powers = prop_oneof![
        3 => Just(Vec::new()),
        1 => (select(Role::ALL), subsequence(Power::ALL, 0..=7))
            .prop_map(|(r, p)| vec![(r, p.into_iter().collect::<Powers>())]),
    ];
    (
        members,
        rules(|| party().boxed(), 7),
        prop::bool::ANY,
        duties(),
        powers,
        prop_oneof![1 => Just(Cap::OFF), 2 => cap()],
    )
        .prop_map(
            |(members, rules, hosts, demands, roles, outsiders)| PolicyBody {
                members: members.into_iter().flatten().collect(),
                groups: (0..GROUPS).map(group).collect(),
                rules,
                hosted: hosts.then(network).into_iter().collect(),
                demands,
                roles,
                outsiders,
                understood: Understood::Wholly,
            },
        )
}

fn what() -> impl Strategy<Value = What> {
    let one = (
        select(&["editor", "bankapp", "terminal", "slides"][..]),
        select(&[Starts::Nothing, Starts::Others][..]),
    )
        .prop_map(|(n, s)| app(n, s));
    prop_oneof![
        1 => Just(What::NotChosen),
        1 => Just(What::Anything),
        4 => vec(one, 1..3).prop_map(What::Applications),
    ]
}

/// A question about two of the six people.
pub(crate) fn ask() -> impl Strategy<Value = Ask> {
    let wish = (scope(), scope(), rights()).prop_map(|(view, control, rights)| Wish {
        view,
        control,
        rights,
    });
    let target = prop_oneof![
        5 => Just(Target::Peer),
        1 => (20..22u8).prop_map(|n| Target::Server { addr: [10, n, 0, 1].into(), port: 3389 }),
    ];
    (
        some_person(),
        some_person(),
        prop::option::of((1..3u8).prop_map(room)),
        prop_oneof![3 => Just(Technology::Native), 2 => select(Technology::ALL)],
        select(Direction::ALL),
        what(),
        prop_oneof![1 => Just(Wish::ALL), 2 => wish],
        target,
    )
        .prop_map(
            |(sharer, viewer, room, technology, direction, what, wish, target)| Ask {
                sharer,
                viewer,
                room,
                technology,
                direction,
                what,
                wish,
                target,
            },
        )
}

/// The digest of every standing consent here.
pub(crate) const CONSENT: Digest = Digest::from_bytes([7; 32]);

/// Everything a decision depends on, owned.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) side: Side,
    pub(crate) policies: Vec<PolicyBody>,
    /// Which of the policies can't be used, and why.
    pub(crate) unusable: Option<(usize, Unusable)>,
    pub(crate) meeting: Option<MeetingTerms>,
    /// The room is a meeting of which there is nothing to decide by.
    pub(crate) gap: Option<MeetingGap>,
    pub(crate) local: Option<Profile>,
    pub(crate) remote: Option<Terms>,
    pub(crate) viewer: Verification,
    pub(crate) consents: Vec<StandingConsent>,
    pub(crate) ask: Ask,
}

impl World {
    pub(crate) fn new(ask: Ask) -> Self {
        Self {
            side: Side::Sharer,
            policies: Vec::new(),
            unusable: None,
            meeting: None,
            gap: None,
            local: None,
            remote: None,
            viewer: Verification::Verified,
            consents: Vec::new(),
            ask,
        }
    }

    pub(crate) fn decide(&self) -> super::decide::Decision {
        let compiled: Vec<_> = self
            .policies
            .iter()
            .map(super::compiled::Compiled::new)
            .collect();
        let organisations: Vec<Organisation<'_>> = (1u8..)
            .zip(&compiled)
            .enumerate()
            .map(|(at, (n, c))| Organisation {
                org: OrgId::from_bytes([n; 32]),
                policy: match self.unusable {
                    Some((bad, why)) if bad == at => Err(why),
                    _ => Ok(c),
                },
            })
            .collect();
        let meeting = self.meeting_state();
        let remote = self.remote.clone();
        let remote = remote.map(|t| Checked::assumed(t.clone(), t.person));
        let given = |c: &StandingConsent| GivenConsent::assumed(CONSENT, c.clone());
        let consents: Vec<GivenConsent> = self.consents.iter().map(given).collect();
        let cx = Context {
            now: NOW,
            side: self.side,
            organisations: &organisations,
            meeting: meeting.as_ref(),
            local: self.local.as_ref(),
            remote: remote.as_ref(),
            viewer: self.viewer,
            consents: &consents,
        };
        super::decide::decide(&cx, &self.ask)
    }

    fn meeting_state(&self) -> Option<MeetingState> {
        let said = |m: &MeetingTerms| Checked::assumed(m.clone(), m.organiser);
        let known = self.meeting.clone();
        let Some(gap) = self.gap else {
            let m = known?;
            let mut state = MeetingState::new(m.room, m.organiser);
            state.apply(said(&m)).unwrap();
            return Some(state);
        };
        let room = self.ask.room?;
        let m = known.unwrap_or_else(|| MeetingTerms::new(room, person(1), NOW, Cap::OPEN));
        let mut state = MeetingState::new(m.room, m.organiser);
        if gap == MeetingGap::Contested {
            let mut rival = m.clone();
            rival.issued = NOW.before(Duration::from_millis(1));
            state.apply(said(&m)).unwrap();
            state.apply(said(&rival)).unwrap_err();
        }
        assert_eq!(state.set().err(), Some(gap));
        Some(state)
    }
}

fn meeting_in(r: RoomId) -> impl Strategy<Value = MeetingTerms> {
    (some_person(), cap(), vec((some_person(), cap()), 0..3)).prop_map(
        move |(organiser, cap, people)| {
            let mut m = MeetingTerms::new(r, organiser, NOW, cap);
            people.into_iter().for_each(|(p, c)| m.set(p, c).unwrap());
            m
        },
    )
}

fn profile_of(p: PersonId) -> impl Strategy<Value = Profile> {
    let groups = vec(btree_set(1..=PEOPLE, 0..4), usize::from(GROUPS));
    (groups, rules(|| personal_party().boxed(), 4), duties()).prop_map(
        move |(groups, rules, demands)| {
            let groups = (0..)
                .zip(groups)
                .map(|(n, people)| ContactGroup {
                    number: GroupNumber(n),
                    name: name(&format!("Group {n}")),
                    people: people.into_iter().map(person).collect(),
                })
                .collect();
            Profile::new(p, NOW, groups, rules, demands).unwrap()
        },
    )
}

pub(crate) fn consent_for(ask: &Ask, allows: Cap, waives: Duties) -> StandingConsent {
    let application = match &ask.what {
        What::Applications(list) => list[0].name.clone(),
        _ => AppName::new("editor").unwrap(),
    };
    StandingConsent {
        sharer: ask.sharer,
        viewer: ask.viewer,
        application,
        allows,
        validity: Validity::starting(
            NOW.before(Duration::from_secs(60)),
            Duration::from_secs(120),
        ),
        waives,
    }
}

/// When terms hold: mostly now, else not any more, or not yet.
fn terms_time() -> impl Strategy<Value = Validity> {
    let minute = Duration::from_secs(60);
    prop_oneof![
        8 => Just(Validity::starting(NOW, minute)),
        1 => Just(Validity::starting(NOW.before(minute), minute)),
        1 => Just(Validity::starting(NOW.after(48 * 60 * minute), minute)),
    ]
}

/// A random world and question.
pub(crate) fn world() -> impl Strategy<Value = World> {
    let side = select(&[Side::Sharer, Side::Viewer][..]);
    let viewer = select(&[Verification::Verified, Verification::Unverified][..]);
    (ask(), side, viewer).prop_flat_map(|(ask, side, viewer)| {
        let (me, other) = match side {
            Side::Sharer => (ask.sharer, ask.viewer),
            Side::Viewer => (ask.viewer, ask.sharer),
        };
        let meeting = match ask.room {
            Some(r) => prop::option::of(meeting_in(r)).boxed(),
            None => Just(None).boxed(),
        };
        let remote = (profile_of(other), terms_time())
            .prop_map(move |(p, validity)| p.terms_for(me, validity));
        let given = ask.clone();
        let consents = vec(
            (cap(), subsequence(&[Duty::Notify, Duty::Accept][..], 0..=2))
                .prop_map(move |(c, w)| consent_for(&given, c, w.into_iter().collect())),
            0..2,
        );
        (
            vec(body(), 0..3),
            meeting,
            prop::option::of(profile_of(me)),
            prop::option::of(remote),
            consents,
        )
            .prop_map(move |(policies, meeting, local, remote, consents)| World {
                side,
                policies,
                unusable: None,
                meeting,
                gap: None,
                local,
                remote,
                viewer,
                consents,
                ask: ask.clone(),
            })
    })
}
