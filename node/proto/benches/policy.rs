//! How long a decision takes under a policy of 1,000 members, 100 groups and
//! 1,000 rules (issue 2; goal: under 50 µs), with the policy alone and with
//! everything else that can bear on it; and what making it ready costs.
//!
//! `cargo bench -p kith-proto --bench policy`

// A bench may panic: then there is no figure, which is the point.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use core::time::Duration;

use divan::{Bencher, black_box};
use kith_proto::clock::JudgedTime;
use kith_proto::id::{DeviceId, OrgId, PersonId, RoomId};
use kith_proto::kem::{KemId, KemKey, KemKeys};
use kith_proto::keys::SigningKey;
use kith_proto::names::Name;
use kith_proto::person::{Listing, PersonEntry, PersonLog};
use kith_proto::policy::application::{AppName, AppPattern, Application, Starts, What};
use kith_proto::policy::cap::{Cap, Duties, Duty, Preset};
use kith_proto::policy::checked::Checked;
use kith_proto::policy::compiled::Compiled;
use kith_proto::policy::consent::{GivenConsent, StandingConsent, Verification};
use kith_proto::policy::decide::{Ask, Context, Decision, Organisation, Side, Wish, decide};
use kith_proto::policy::document::{Group, Member, PolicyBody};
use kith_proto::policy::hosted::Target;
use kith_proto::policy::lenient::Understood;
use kith_proto::policy::meeting::{MeetingState, MeetingTerms};
use kith_proto::policy::profile::{ContactGroup, Profile};
use kith_proto::policy::roles::Role;
use kith_proto::policy::rule::{Direction, GroupNumber, Party, Rule};
use kith_proto::rights::Scope;
use kith_proto::technology::Technology;
use kith_proto::time::Timestamp;
use kith_proto::validity::Validity;

fn main() {
    divan::main();
}

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
const DAY: Duration = Duration::from_secs(86_400);
const YEAR: Duration = Duration::from_secs(365 * 86_400);

fn at_now() -> JudgedTime {
    JudgedTime::from_wall(NOW)
}

const MEMBERS: u16 = 1_000;
const GROUPS: u16 = 100;
const RULES: u32 = 1_000;

fn person(n: u16) -> PersonId {
    let mut bytes = [0xa5; 32];
    bytes[..2].copy_from_slice(&n.to_be_bytes());
    PersonId::from_bytes(bytes)
}

/// What the rules of a policy are about.
#[derive(Debug, Clone, Copy)]
enum Shape {
    /// A bit of everything, as an organisation might have it.
    Mixed,
    /// All about everybody, so that every rule has to be looked at, each
    /// with patterns for applications.
    Worst,
    /// All forbid some other application to everybody, so that none of them
    /// can be passed over.
    Barring,
}

fn body(shape: Shape) -> PolicyBody {
    let name = |n: u16| Name::from_typed(&format!("Somebody with a name {n}")).unwrap();
    // Nothing that ends the decision early.
    let cap = |n: u32| match n % 4 {
        0 => Preset::OneApplication.cap(),
        1 => Cap::OPEN.demanding(Duties::of(&[Duty::ALL[n as usize % 6]])),
        _ => Preset::ViewOnly.cap(),
    };
    let patterns = || {
        vec![
            AppPattern::new("*records*").unwrap(),
            AppPattern::new("*ed*tor").unwrap(),
        ]
    };
    let rule = |n: u32| {
        let someone = person(u16::try_from(n % u32::from(MEMBERS)).unwrap());
        let group = GroupNumber(u16::try_from(n % u32::from(GROUPS)).unwrap());
        match (shape, n % 10) {
            (Shape::Barring, _) => {
                let bank = AppPattern::new(&format!("*bank{n}*")).unwrap();
                let near = AppPattern::new(&format!(
                    "org.example.*m*editor{}",
                    "r".repeat(n as usize % 9 + 1)
                ))
                .unwrap();
                Rule::new(n, Party::Everybody, Cap::OFF).about(vec![bank, near])
            }
            (Shape::Worst, _) => Rule::new(n, Party::Everybody, cap(n)).about(patterns()),
            (_, 0) => Rule::new(n, Party::Everybody, cap(n)).about(patterns()),
            (_, 1) => Rule::new(n, Party::NotGroup(group), cap(n)),
            (_, 2..5) => Rule::new(n, Party::Group(group), cap(n)),
            _ => Rule::new(n, Party::Person(someone), cap(n)).towards(Party::Group(group)),
        }
    };
    PolicyBody {
        members: (0..MEMBERS)
            .map(|n| Member {
                person: person(n),
                name: name(n),
                role: Role::Sharer,
                groups: (0..8).map(|g| GroupNumber(n % 12 + g * 12)).collect(),
                understood: Understood::Wholly,
            })
            .collect(),
        groups: (0..GROUPS)
            .map(|n| Group {
                number: GroupNumber(n),
                name: name(n),
                understood: Understood::Wholly,
            })
            .collect(),
        rules: (0..RULES).map(rule).collect(),
        ..PolicyBody::default()
    }
}

fn ask(sharer: PersonId, viewer: PersonId, room: Option<RoomId>) -> Ask {
    Ask {
        sharer,
        viewer,
        room,
        technology: Technology::Native,
        direction: Direction::Invite,
        what: What::Applications(vec![Application {
            name: AppName::new("org.example.editor").unwrap(),
            starts: Starts::Nothing,
        }]),
        // Less than the desktop, or rules about applications need no look at
        // the application.
        wish: Wish {
            view: Scope::Application,
            control: Scope::Application,
            ..Wish::ALL
        },
        target: Target::Peer,
    }
}

#[divan::bench(args = [Shape::Mixed, Shape::Worst, Shape::Barring])]
fn decide_1000_members_100_groups_1000_rules(bencher: Bencher<'_, '_>, shape: Shape) {
    let policy = Compiled::new(&body(shape));
    let organisations = [Organisation {
        org: OrgId::from_bytes([1; 32]),
        policy: Ok(&policy),
    }];
    let cx = Context {
        now: NOW,
        side: Side::Sharer,
        organisations: &organisations,
        meeting: None,
        local: None,
        remote: None,
        viewer: Verification::Verified,
        consents: &[],
    };
    let ask = ask(person(17), person(801), None);
    assert!(
        matches!(decide(&cx, &ask), Decision::Granted(_)),
        "everything has to be looked at"
    );
    bencher.bench(|| decide(black_box(&cx), black_box(&ask)));
}

/// Somebody with one device who can say things.
fn somebody(n: u8) -> (PersonLog, SigningKey) {
    let (own, device) = (
        SigningKey::from_seed(&[n; 32]),
        SigningKey::from_seed(&[n + 100; 32]),
    );
    let kem = KemKey {
        kem: KemId::X25519,
        public: vec![n; 32],
    };
    let mut e = PersonEntry::genesis(own.public(), None, NOW);
    e.list(Listing::new(
        DeviceId::from(device.public()),
        KemKeys::new(vec![kem]).unwrap(),
        NOW,
        NOW.after(YEAR),
    ));
    let log = PersonLog::start(e.sign(&[&own]).unwrap(), &at_now()).unwrap();
    (log, device)
}

/// A profile as large as it may be: for `shape`, all rules about everybody.
fn profile(of: PersonId, shape: Shape) -> Profile {
    let groups = (0..64u16).map(|n| ContactGroup {
        number: GroupNumber(n),
        name: Name::from_typed("A group of contacts").unwrap(),
        people: (0..500).map(|p| person(p + n)).collect(),
    });
    let rules = body(shape).rules.into_iter().take(256).map(|mut r| {
        let few = |p: Party| match p {
            Party::Group(g) => Party::Group(GroupNumber(g.0 % 64)),
            Party::NotGroup(g) => Party::NotGroup(GroupNumber(g.0 % 64)),
            p => p,
        };
        (r.subject, r.other) = (few(r.subject), few(r.other));
        r
    });
    Profile::new(of, NOW, groups.collect(), rules.collect(), Duties::NONE).unwrap()
}

/// The same with a meeting of 500 settings, a profile of 256 rules, the other
/// person's terms and 256 standing consents, the last of which covers it.
#[divan::bench(args = [Shape::Mixed, Shape::Worst, Shape::Barring])]
fn decide_with_meeting_profile_terms_consents(bencher: Bencher<'_, '_>, shape: Shape) {
    let (me, my_key) = somebody(1);
    let (other, other_key) = somebody(2);
    let mut all = body(shape);
    for (n, log) in [(17, &me), (801, &other)] {
        all.members[n].person = log.id();
        all.members[n].role = Role::Organiser;
    }
    all.members.sort_by_key(|m| m.person);
    let policy = Compiled::new(&all);
    let organisations = [Organisation {
        org: OrgId::from_bytes([1; 32]),
        policy: Ok(&policy),
    }];
    let room = RoomId::from_bytes([1; 32]);
    let mut terms = MeetingTerms::new(room, other.id(), NOW, Preset::OneApplication.cap());
    for n in 0..498 {
        terms.set(person(n), Preset::ViewOnly.cap()).unwrap();
    }
    terms.set(me.id(), Cap::OPEN).unwrap();
    terms.set(other.id(), Cap::OPEN).unwrap();
    let mut meeting = MeetingState::new(room, other.id());
    let said = Checked::sign(&terms, &other_key, &other, &at_now()).unwrap();
    meeting.apply(said).unwrap();
    let local = profile(me.id(), shape);
    let remote = Profile::open(other.id(), NOW).terms_for(me.id(), Validity::starting(NOW, DAY));
    let remote = Checked::sign(&remote, &other_key, &other, &at_now()).unwrap();
    let consents: Vec<GivenConsent> = (0..256u16)
        .map(|n| {
            let name = match n {
                255 => "org.example.editor".to_owned(),
                n => format!("org.example.app{n}"),
            };
            let c = StandingConsent {
                sharer: me.id(),
                viewer: other.id(),
                application: AppName::new(&name).unwrap(),
                allows: Preset::OneApplication.cap(),
                validity: Validity::starting(NOW, DAY),
                waives: Duties::BUILT_IN,
            };
            let said = Checked::sign(&c, &my_key, &me, &at_now()).unwrap();
            GivenConsent::standing(&said, [].iter()).unwrap()
        })
        .collect();
    let cx = Context {
        now: NOW,
        side: Side::Sharer,
        organisations: &organisations,
        meeting: Some(&meeting),
        local: Some(&local),
        remote: Some(&remote),
        viewer: Verification::Verified,
        consents: &consents,
    };
    let ask = ask(me.id(), other.id(), Some(room));
    let Decision::Granted(granted) = decide(&cx, &ask) else {
        panic!("everything has to be looked at");
    };
    assert_eq!(granted.consent, Some(consents[255].id()));
    bencher.bench(|| decide(black_box(&cx), black_box(&ask)));
}

/// The dearest that a body within its limits can be: as many and as long
/// patterns as it has room for, each of which nearly fits each of 64
/// applications.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn decide_under_the_dearest_body(bencher: Bencher<'_, '_>) {
    let pattern = |n: u32, i: usize| {
        let near = format!("*{}b{}", "a".repeat(62), "a*".repeat(25 + i));
        AppPattern::new(&format!("{near}c{n}")[..near.len().min(128)]).unwrap()
    };
    let rule = |n: u32| {
        let patterns = (0..8).map(|i| pattern(n, i)).collect();
        Rule::new(n, Party::Everybody, Cap::OFF).about(patterns)
    };
    let mut rules = 480;
    let policy = loop {
        let mut body = body(Shape::Mixed);
        body.members.truncate(2);
        body.members[1].person = person(801);
        body.groups.clear();
        for m in &mut body.members {
            m.groups.clear();
        }
        body.rules = (0..rules).map(rule).collect();
        match body.to_bytes() {
            Ok(_) => break Compiled::new(&body),
            Err(_) => rules -= 10,
        }
    };
    let organisations = [Organisation {
        org: OrgId::from_bytes([1; 32]),
        policy: Ok(&policy),
    }];
    let cx = Context {
        now: NOW,
        side: Side::Sharer,
        organisations: &organisations,
        meeting: None,
        local: None,
        remote: None,
        viewer: Verification::Verified,
        consents: &[],
    };
    let mut ask = ask(person(0), person(801), None);
    ask.wish.view = Scope::Applications;
    ask.wish.control = Scope::Applications;
    ask.what = What::Applications(
        (0..64)
            .map(|n| Application {
                name: AppName::new(&format!("{}b{n}", "a".repeat(124))).unwrap(),
                starts: Starts::Nothing,
            })
            .collect(),
    );
    assert!(matches!(decide(&cx, &ask), Decision::Granted(_)));
    bencher.bench(|| decide(black_box(&cx), black_box(&ask)));
}

#[divan::bench]
fn read_a_body(bencher: Bencher<'_, '_>) {
    let (bytes, _) = body(Shape::Mixed).to_bytes().unwrap();
    bencher.bench(|| PolicyBody::from_bytes(black_box(&bytes)).unwrap());
}

#[divan::bench]
fn compile(bencher: Bencher<'_, '_>) {
    let body = body(Shape::Mixed);
    bencher.bench(|| Compiled::new(black_box(&body)));
}
