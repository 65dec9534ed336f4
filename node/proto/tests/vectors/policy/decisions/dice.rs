use super::super::NOW;
use super::super::people::id;
use kith_proto::id::{PersonId, RoomId};
use kith_proto::names::Name;
use kith_proto::policy::application::{AppName, AppPattern, Application, Starts, What};
use kith_proto::policy::cap::{Cap, Duty, Preset};
use kith_proto::policy::decide::{Ask, Wish};
use kith_proto::policy::document::{Group, Member, PolicyBody};
use kith_proto::policy::hosted::{HostedNetwork, Ports, Prefix, Target};
use kith_proto::policy::lenient::Understood;
use kith_proto::policy::profile::{ContactGroup, Profile};
use kith_proto::policy::roles::{Power, Role};
use kith_proto::policy::rule::{
    Capacities, Capacity, Direction, Directions, GroupNumber, Party, Rule,
};
use kith_proto::rights::{Right, Rights, Scope};
use kith_proto::technology::{Technologies, Technology};
use rand_core::{Rng as _, SeedableRng as _};

/// A generator of worlds that are the same in every run.
pub(super) struct Dice(rand_chacha::ChaCha8Rng);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(rand_chacha::ChaCha8Rng::seed_from_u64(seed))
    }

    pub(super) fn below(&mut self, n: u32) -> u32 {
        self.0.next_u32() % n
    }

    pub(super) fn one<T: Copy>(&mut self, of: &[T]) -> T {
        let n = u32::try_from(of.len()).unwrap();
        of[usize::try_from(self.below(n)).unwrap()]
    }

    /// Each with a chance of `of` in eight.
    pub(super) fn some<T: Copy>(&mut self, of: u32, list: &[T]) -> Vec<T> {
        let mut out = Vec::new();
        for t in list {
            if self.below(8) < of {
                out.push(*t);
            }
        }
        out
    }

    pub(super) fn person(&mut self) -> PersonId {
        id(u8::try_from(self.below(6) + 1).unwrap())
    }

    pub(super) fn cap(&mut self) -> Cap {
        match self.below(3) {
            0 => Cap {
                view: self.one(&Scope::ALL[1..]),
                control: self.one(Scope::ALL),
                rights: self
                    .some(7, Right::ALL)
                    .into_iter()
                    .collect::<Rights>()
                    .with(Right::View),
                demands: self.some(1, Duty::ALL).into_iter().collect(),
            },
            1 => self.one(&Preset::ALL[1..]).cap(),
            _ => Cap::OPEN.demanding(self.some(2, Duty::ALL).into_iter().collect()),
        }
    }

    fn party(&mut self, of_an_organisation: u32) -> Party {
        let group = GroupNumber(u16::try_from(self.below(3)).unwrap());
        match self.below(6 + of_an_organisation) {
            0 => Party::Everybody,
            1 => Party::Group(group),
            2 => Party::Meeting(RoomId::from_bytes([1; 32])),
            3 => Party::Person(self.person()),
            4 => Party::NotGroup(group),
            5 => Party::NotPerson(self.person()),
            6 => Party::Role(self.one(Role::ALL)),
            _ => Party::Outsiders,
        }
    }

    fn rules(&mut self, most: u32, parties: u32) -> Vec<Rule> {
        let all = |list: Vec<Capacity>| match list.is_empty() {
            true => Capacities::ALL,
            false => list.into_iter().collect(),
        };
        (0..self.below(most))
            .map(|n| {
                // Some rules deny, but not most of them.
                let cap = if self.below(12) == 0 {
                    Cap::OFF
                } else {
                    self.cap()
                };
                let mut r = Rule::new(n, self.party(parties), cap)
                    .acting_as(all(self.some(5, Capacity::ALL)));
                if self.below(3) == 0 {
                    r = r.towards(self.party(parties));
                }
                if self.below(4) == 0 {
                    r = r.when(Directions::of(&[self.one(Direction::ALL)]));
                }
                if self.below(4) == 0 {
                    let t = [Technology::Native, self.one(Technology::ALL)];
                    r = r.over(Technologies::of(&t));
                }
                if self.below(3) == 0 {
                    let p = self.one(&["editor", "*", "bank*", "*min*"]);
                    r = r.about(vec![AppPattern::new(p).unwrap()]);
                }
                r
            })
            .collect()
    }

    pub(super) fn body(&mut self) -> PolicyBody {
        let name = |n: u16| Name::from_typed(&format!("Number {n}")).unwrap();
        let mut members = Vec::new();
        for n in 1..=6u8 {
            if self.below(10) == 0 {
                continue;
            }
            members.push(Member {
                person: id(n),
                name: name(n.into()),
                role: self.one(&[
                    Role::Organiser,
                    Role::Organiser,
                    Role::Sharer,
                    Role::Participant,
                ]),
                groups: self
                    .some(3, &[0, 1, 2])
                    .into_iter()
                    .map(GroupNumber)
                    .collect(),
                understood: Understood::Wholly,
            });
        }
        let network = HostedNetwork {
            prefix: Prefix::new([10, 20, 0, 0].into(), 16).unwrap(),
            technologies: Technologies::of(&[Technology::Rdp, Technology::Vnc]),
            ports: vec![
                Ports::new(3389, 3390).unwrap(),
                Ports::new(5900, 5901).unwrap(),
            ],
            understood: Understood::Wholly,
        };
        PolicyBody {
            members,
            groups: (0..3)
                .map(|n| Group {
                    number: GroupNumber(n),
                    name: name(n),
                    understood: Understood::Wholly,
                })
                .collect(),
            rules: self.rules(6, 2),
            hosted: vec![network],
            demands: self.some(1, Duty::ALL).into_iter().collect(),
            roles: match self.below(4) {
                0 => vec![(
                    Role::Participant,
                    self.some(6, Power::ALL).into_iter().collect(),
                )],
                _ => vec![],
            },
            outsiders: match self.below(3) {
                0 => Cap::OFF,
                _ => self.cap(),
            },
            understood: Understood::Wholly,
        }
    }

    pub(super) fn profile(&mut self, person: PersonId) -> Profile {
        let groups = (0..3)
            .map(|n| ContactGroup {
                number: GroupNumber(n),
                name: Name::from_typed(&format!("Friends {n}")).unwrap(),
                people: self
                    .some(3, &[1, 2, 3, 4, 5, 6])
                    .into_iter()
                    .map(id)
                    .collect(),
            })
            .collect();
        let rules = self.rules(4, 0);
        let demands = self.some(1, Duty::ALL).into_iter().collect();
        Profile::new(person, NOW, groups, rules, demands).unwrap()
    }

    pub(super) fn ask(&mut self) -> Ask {
        let mut apps = Vec::new();
        for _ in 0..=self.below(2) {
            apps.push(Application {
                name: AppName::new(self.one(&["editor", "bankapp", "terminal"])).unwrap(),
                starts: self.one(&[Starts::Nothing, Starts::Others]),
            });
        }
        let server = Target::Server {
            addr: [10, self.one(&[20, 20, 21]), 0, 1].into(),
            port: self.one(&[3389, 5901, 80]),
        };
        let hosted = self.below(5) == 0;
        Ask {
            sharer: self.person(),
            viewer: self.person(),
            room: Some(RoomId::from_bytes([1; 32])).filter(|_| self.below(2) == 0),
            technology: match hosted {
                true => self.one(Technology::ALL),
                false => Technology::Native,
            },
            direction: self.one(Direction::ALL),
            what: match self.below(6) {
                0 => What::NotChosen,
                1 => What::Anything,
                _ => What::Applications(apps),
            },
            wish: match self.below(3) {
                0 => Wish::ALL,
                _ => Wish {
                    view: self.one(&Scope::ALL[1..]),
                    control: self.one(Scope::ALL),
                    rights: self
                        .some(7, Right::ALL)
                        .into_iter()
                        .collect::<Rights>()
                        .with(Right::View),
                },
            },
            target: if hosted { server } else { Target::Peer },
        }
    }
}
