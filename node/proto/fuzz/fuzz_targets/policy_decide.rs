//! Fuzzes the decision by operations: the input picks people, rules, profiles
//! and a question. Whatever is asked has an answer; adding one more rule
//! never widens it.
#![no_main]
use std::sync::OnceLock;
use std::time::Duration;

use kith_proto::clock::JudgedTime;
use kith_proto::id::{DeviceId, OrgId, PersonId, RoomId};
use kith_proto::kem::{KemId, KemKey, KemKeys};
use kith_proto::keys::SigningKey;
use kith_proto::names::Name;
use kith_proto::person::{Listing, PersonEntry, PersonLog};
use kith_proto::policy::application::{AppName, AppPattern, Application, Starts, What};
use kith_proto::policy::cap::{Cap, Duties, Duty};
use kith_proto::policy::checked::Checked;
use kith_proto::policy::compiled::Compiled;
use kith_proto::policy::consent::Verification;
use kith_proto::policy::decide::{
    Ask, Context, Decision, MAX_STEPS, Organisation, Side, Wish, decide,
};
use kith_proto::policy::document::{Group, Member, PolicyBody};
use kith_proto::policy::explain::explain;
use kith_proto::policy::hosted::Target;
use kith_proto::policy::lenient::Understood;
use kith_proto::policy::meeting::{MeetingState, MeetingTerms};
use kith_proto::policy::roles::Role;
use kith_proto::policy::rule::{
    Capacities, Capacity, Direction, Directions, GroupNumber, Party, Rule,
};
use kith_proto::rights::{Right, Rights, Scope};
use kith_proto::technology::{Technologies, Technology};
use kith_proto::time::Timestamp;
use libfuzzer_sys::fuzz_target;

struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn next(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        *first
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::from(self.next()) % of.len()]
    }

    fn some<T: Copy>(&mut self, of: &[T]) -> Vec<T> {
        let bits = self.next();
        let chosen = of
            .iter()
            .enumerate()
            .filter(|(i, _)| bits >> (i % 8) & 1 == 0);
        chosen.map(|(_, t)| *t).collect()
    }

    fn person(&mut self) -> PersonId {
        PersonId::from_bytes([self.next() % 5; 32])
    }

    fn cap(&mut self) -> Cap {
        Cap {
            view: self.one(Scope::ALL),
            control: self.one(Scope::ALL),
            rights: self.some(Right::ALL).into_iter().collect::<Rights>(),
            demands: self.some(Duty::ALL).into_iter().collect::<Duties>(),
        }
    }

    fn party(&mut self) -> Party {
        match self.next() % 8 {
            0 => Party::Everybody,
            1 => Party::Group(GroupNumber(self.next().into())),
            2 => Party::Meeting(RoomId::from_bytes([self.next() % 2; 32])),
            3 => Party::Person(self.person()),
            4 => Party::Role(self.one(Role::ALL)),
            5 => Party::Outsiders,
            6 => Party::NotGroup(GroupNumber(self.next().into())),
            _ => Party::NotPerson(self.person()),
        }
    }

    fn rule(&mut self, number: u32) -> Rule {
        let pattern = self.one(&["*", "a*", "*b", "ab", "a*b*"]);
        Rule::new(number, self.party(), self.cap())
            .acting_as(self.some(Capacity::ALL).into_iter().collect::<Capacities>())
            .towards(self.party())
            .when(
                self.some(Direction::ALL)
                    .into_iter()
                    .collect::<Directions>(),
            )
            .over(
                self.some(Technology::ALL)
                    .into_iter()
                    .collect::<Technologies>(),
            )
            .about(match self.next() % 2 {
                0 => vec![],
                _ => vec![AppPattern::new(pattern).expect("a short pattern")],
            })
    }
}

fn within(tighter: &Decision, looser: &Decision) -> bool {
    match (tighter, looser) {
        (Decision::Denied(_), _) => true,
        (_, Decision::Denied(_)) => false,
        (Decision::Granted(t), Decision::Granted(l)) => {
            t.cap.is_within(l.cap) && l.duties.is_subset(t.duties)
        }
    }
}

fn organiser() -> &'static (PersonLog, SigningKey) {
    static ORGANISER: OnceLock<(PersonLog, SigningKey)> = OnceLock::new();
    ORGANISER.get_or_init(|| {
        let (own, device) = (
            SigningKey::from_seed(&[1; 32]),
            SigningKey::from_seed(&[2; 32]),
        );
        let born = Timestamp::EPOCH;
        let kem = KemKey {
            kem: KemId::X25519,
            public: vec![1; 32],
        };
        let kems = KemKeys::new(vec![kem]).expect("one key");
        let mut e = PersonEntry::genesis(own.public(), None, born);
        let id = DeviceId::from(device.public());
        e.list(Listing::new(
            id,
            kems,
            born,
            born.after(Duration::from_secs(86_400)),
        ));
        let first = e.sign(&[&own]).expect("a first entry");
        let log = PersonLog::start(first, &JudgedTime::from_wall(born)).expect("a log");
        (log, device)
    })
}

fuzz_target!(|data: &[u8]| {
    let mut b = Bytes(data);
    let name = Name::from_typed("Somebody").expect("a name");
    let members = (0..b.next() % 5).map(|n| Member {
        person: PersonId::from_bytes([n; 32]),
        name: name.clone(),
        role: Role::Organiser,
        groups: vec![GroupNumber((n % 2).into())],
        understood: Understood::Wholly,
    });
    let mut members: Vec<Member> = members.collect();
    if b.next() % 4 > 0 {
        members.push(Member {
            person: organiser().0.id(),
            name: name.clone(),
            role: Role::Organiser,
            groups: vec![GroupNumber(1)],
            understood: Understood::Wholly,
        });
    }
    let mut body = PolicyBody {
        members,
        groups: (0..2)
            .map(|n| Group {
                number: GroupNumber(n),
                name: name.clone(),
                understood: Understood::Wholly,
            })
            .collect(),
        outsiders: b.cap(),
        ..PolicyBody::default()
    };
    body.rules = (0..u32::from(b.next() % 8)).map(|n| b.rule(n)).collect();
    let extra = b.rule(99);
    let room = RoomId::from_bytes([1; 32]);
    // The organiser is always the same person: one log is enough.
    let (log, device) = organiser();
    let mut meeting = MeetingState::new(room, log.id());
    let terms = MeetingTerms::new(room, log.id(), Timestamp::EPOCH, b.cap());
    if b.next() % 4 > 0 {
        let now = JudgedTime::from_wall(Timestamp::EPOCH);
        let said = Checked::sign(&terms, device, log, &now).expect("a device of theirs");
        meeting.apply(said).expect("the first settings");
    }
    let ask = Ask {
        sharer: b.person(),
        viewer: b.person(),
        room: Some(room),
        technology: b.one(Technology::ALL),
        direction: b.one(Direction::ALL),
        what: match b.next() % 3 {
            0 => What::NotChosen,
            1 => What::Anything,
            _ => What::Applications(vec![Application {
                name: AppName::new(b.one(&["a", "ab", "cab", "d"])).expect("a name"),
                starts: b.one(&[Starts::Nothing, Starts::Others]),
            }]),
        },
        wish: Wish {
            view: b.one(Scope::ALL),
            control: b.one(Scope::ALL),
            rights: b.some(Right::ALL).into_iter().collect(),
        },
        target: Target::Peer,
    };
    let with_meeting = b.next() % 2 == 0;
    let answer = |body: &PolicyBody| {
        let policy = Compiled::new(body);
        let cx = Context {
            now: Timestamp::EPOCH,
            side: Side::Sharer,
            organisations: &[Organisation {
                org: OrgId::from_bytes([9; 32]),
                policy: Ok(&policy),
            }],
            meeting: Some(&meeting).filter(|_| with_meeting),
            local: None,
            remote: None,
            viewer: Verification::Unverified,
            consents: &[],
        };
        decide(&cx, &ask)
    };
    let before = answer(&body);
    assert!(before.steps().len() <= MAX_STEPS);
    assert!(!explain(&before).is_empty());
    body.rules.push(extra);
    assert!(within(&answer(&body), &before));
});
