//! How long a decision takes under a policy of 1,000 members, 100 groups and
//! 1,000 rules (issue 2; goal: under 50 µs), and what making it ready costs.
//!
//! `cargo bench -p kith-proto --bench policy`

// A bench may panic: then there is no figure, which is the point.
#![allow(missing_docs, clippy::unwrap_used)]

use divan::{Bencher, black_box};
use kith_proto::clock::JudgedTime;
use kith_proto::id::{OrgId, PersonId};
use kith_proto::names::Name;
use kith_proto::policy::application::{AppName, AppPattern, Application, Starts, What};
use kith_proto::policy::cap::{Cap, Duties, Duty, Preset};
use kith_proto::policy::compiled::Compiled;
use kith_proto::policy::consent::Verification;
use kith_proto::policy::decide::{Ask, Context, Organisation, Side, Wish, decide};
use kith_proto::policy::document::{Group, Member, PolicyBody};
use kith_proto::policy::hosted::Target;
use kith_proto::policy::lenient::Understood;
use kith_proto::policy::roles::Role;
use kith_proto::policy::rule::{Direction, GroupNumber, Party, Rule};
use kith_proto::technology::Technology;
use kith_proto::time::Timestamp;

fn main() {
    divan::main();
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

#[divan::bench(args = [Shape::Mixed, Shape::Worst])]
fn decide_1000_members_100_groups_1000_rules(bencher: Bencher<'_, '_>, shape: Shape) {
    let policy = Compiled::new(&body(shape));
    let organisations = [Organisation {
        org: OrgId::from_bytes([1; 32]),
        policy: Ok(&policy),
    }];
    let cx = Context {
        now: JudgedTime::from_wall(Timestamp::from_secs(1_800_000_000)).now(),
        side: Side::Sharer,
        organisations: &organisations,
        meeting: None,
        local: None,
        remote: None,
        viewer: Verification::Verified,
        consents: &[],
    };
    let ask = Ask {
        sharer: person(17),
        viewer: person(801),
        room: None,
        technology: Technology::Native,
        direction: Direction::Invite,
        what: What::Applications(vec![Application {
            name: AppName::new("org.example.editor").unwrap(),
            starts: Starts::Nothing,
        }]),
        wish: Wish::ALL,
        target: Target::Peer,
    };
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
