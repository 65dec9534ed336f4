//! A policy or profile made ready for deciding: who is in which group, and
//! which rules can concern whom, so that a decision looks at few of them.

use std::collections::BTreeMap;

use super::application::What;
use super::cap::{Cap, Duties};
use super::document::{MAX_GROUPS, PolicyBody};
use super::hosted::HostedNetwork;
use super::lenient::Understood;
use super::roles::{Power, Powers, Role};
use super::rule::{Capacity, Direction, GroupNumber, Level, Party, Rule};
use crate::id::{PersonId, RoomId};
use crate::technology::Technology;

const WORDS: usize = MAX_GROUPS / 64;

/// Groups by their position, a bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct GroupBits([u64; WORDS]);

impl GroupBits {
    fn insert(&mut self, at: usize) {
        if let Some(word) = self.0.get_mut(at / 64) {
            *word |= 1 << (at % 64);
        }
    }

    fn contains(&self, at: usize) -> bool {
        self.0
            .get(at / 64)
            .is_some_and(|word| word & (1 << (at % 64)) != 0)
    }

    fn iter(self) -> impl Iterator<Item = usize> {
        self.0.into_iter().enumerate().flat_map(|(w, mut word)| {
            core::iter::from_fn(move || {
                let bit = word.trailing_zeros() as usize;
                word &= word.checked_sub(1)?;
                Some(w * 64 + bit)
            })
        })
    }
}

/// What is known of somebody in a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Membership {
    pub(super) role: Option<Role>,
    pub(super) understood: Understood,
    groups: GroupBits,
}

/// One person in a question.
#[derive(Clone, Copy)]
struct Seat<'a> {
    person: PersonId,
    member: Option<&'a Membership>,
}

/// What is asked of the rules.
#[derive(Debug, Clone, Copy)]
pub(super) struct Query<'a> {
    pub(super) sharer: PersonId,
    pub(super) viewer: PersonId,
    pub(super) organiser: Option<PersonId>,
    pub(super) room: Option<RoomId>,
    pub(super) technology: Technology,
    pub(super) direction: Direction,
    pub(super) what: &'a What,
}

/// A policy or profile, ready for deciding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compiled {
    rules: Vec<Rule>,
    members: BTreeMap<PersonId, Membership>,
    groups: Vec<GroupNumber>,
    /// Rules by what their subject is; positions in `rules`.
    general: Vec<usize>,
    by_group: Vec<Vec<usize>>,
    by_meeting: BTreeMap<RoomId, Vec<usize>>,
    by_person: BTreeMap<PersonId, Vec<usize>>,
    pub(super) roles: BTreeMap<Role, Powers>,
    pub(super) demands: Duties,
    pub(super) outsiders: Cap,
    pub(super) hosted: Vec<HostedNetwork>,
    pub(super) understood: Understood,
}

impl Compiled {
    /// From the body of a policy.
    #[must_use]
    pub fn new(body: &PolicyBody) -> Self {
        let groups: Vec<GroupNumber> = body.groups.iter().map(|g| g.number).collect();
        let members = body
            .members
            .iter()
            .map(|m| {
                let mut bits = GroupBits::default();
                let mut understood = m.understood;
                for at in m.groups.iter().filter_map(|g| position(&groups, *g)) {
                    bits.insert(at);
                    understood = understood.and(body.groups[at].understood);
                }
                let membership = Membership {
                    role: Some(m.role),
                    understood,
                    groups: bits,
                };
                (m.person, membership)
            })
            .collect();
        let mut compiled = Self::of_rules(body.rules.clone(), groups, members);
        compiled.roles = body.roles.iter().copied().collect();
        compiled.demands = body.demands;
        compiled.outsiders = body.outsiders;
        compiled.hosted.clone_from(&body.hosted);
        compiled.understood = body.understood;
        compiled
    }

    /// From rules and groups of people without roles, as a profile has them.
    pub(super) fn of_people<'a>(
        rules: Vec<Rule>,
        groups: impl Iterator<Item = (GroupNumber, &'a [PersonId])>,
    ) -> Self {
        let mut numbers = Vec::new();
        let mut members: BTreeMap<PersonId, Membership> = BTreeMap::new();
        for (at, (number, people)) in groups.enumerate() {
            numbers.push(number);
            for person in people {
                let empty = Membership {
                    role: None,
                    understood: Understood::Wholly,
                    groups: GroupBits::default(),
                };
                members.entry(*person).or_insert(empty).groups.insert(at);
            }
        }
        Self::of_rules(rules, numbers, members)
    }

    fn of_rules(
        rules: Vec<Rule>,
        groups: Vec<GroupNumber>,
        members: BTreeMap<PersonId, Membership>,
    ) -> Self {
        let mut new = Self {
            general: Vec::new(),
            by_group: vec![Vec::new(); groups.len()],
            by_meeting: BTreeMap::new(),
            by_person: BTreeMap::new(),
            roles: BTreeMap::new(),
            demands: Duties::NONE,
            outsiders: Cap::OPEN,
            hosted: Vec::new(),
            understood: Understood::Wholly,
            rules,
            members,
            groups,
        };
        for (i, rule) in new.rules.iter().enumerate() {
            match rule.subject {
                Party::Group(g) => {
                    // A group that doesn't exist has no members; validated
                    // documents name none.
                    if let Some(at) = position(&new.groups, g) {
                        new.by_group[at].push(i);
                    }
                }
                Party::Meeting(r) => new.by_meeting.entry(r).or_default().push(i),
                Party::Person(p) => new.by_person.entry(p).or_default().push(i),
                _ => new.general.push(i),
            }
        }
        new
    }

    pub(super) fn membership(&self, person: &PersonId) -> Option<&Membership> {
        self.members.get(person)
    }

    /// What a role carries here.
    #[must_use]
    pub fn powers(&self, role: Role) -> Powers {
        let listed = self.roles.get(&role).copied().unwrap_or(Powers::ALL);
        role.powers().intersection(listed)
    }

    /// Whether somebody may do this: never for those who aren't members, and
    /// never where the policy isn't understood.
    #[must_use]
    pub fn may(&self, person: &PersonId, power: Power) -> bool {
        self.understood == Understood::Wholly
            && self.membership(person).is_some_and(|m| {
                m.understood == Understood::Wholly
                    && m.role.is_some_and(|r| self.powers(r).contains(power))
            })
    }

    /// What the policy grants an organiser in a meeting, hence the most that
    /// the organiser can pass on there (POL-2). What it grants the sharers
    /// and viewers of the meeting comes on top of that when deciding.
    #[must_use]
    pub fn organiser_limit(&self, organiser: PersonId, room: RoomId) -> Cap {
        if !self.may(&organiser, Power::OpenMeeting) {
            return Cap::OFF;
        }
        let seat = self.seat(organiser);
        let general = self.rules.iter().filter(|r| {
            let about = match r.subject {
                Party::Meeting(m) => m == room,
                s => r.capacities.contains(Capacity::Organiser) && self.is(&s, seat),
            };
            // Rules that depend on the others or on the application aren't
            // about the meeting as a whole.
            about && r.other == Party::Everybody && r.applications.is_empty()
        });
        general
            .fold(Cap::OPEN.demanding(self.demands), |c, r| c.meet(r.cap))
            .settled()
    }

    fn seat(&self, person: PersonId) -> Seat<'_> {
        Seat {
            person,
            member: self.members.get(&person),
        }
    }

    fn is(&self, party: &Party, seat: Seat<'_>) -> bool {
        let inside = |g: GroupNumber| {
            position(&self.groups, g)
                .is_some_and(|at| seat.member.is_some_and(|m| m.groups.contains(at)))
        };
        match party {
            Party::Everybody => true,
            Party::Group(g) => inside(*g),
            Party::NotGroup(g) => !inside(*g),
            Party::Person(p) => *p == seat.person,
            Party::NotPerson(p) => *p != seat.person,
            Party::Role(r) => seat.member.is_some_and(|m| m.role == Some(*r)),
            Party::Outsiders => seat.member.is_none(),
            // As the other one of a rule, a meeting means its people; that
            // the share is in it was compared with the room.
            Party::Meeting(_) => false,
        }
    }

    /// Calls `found` for each rule that may apply, level by level: A, B, C, D,
    /// with the question whether it does; a rule may come twice. The question
    /// costs more than all else: it is for rules that would change something.
    pub(super) fn applying<E>(
        &self,
        q: &Query<'_>,
        mut found: impl FnMut(&Rule, &dyn Fn() -> bool) -> Result<(), E>,
    ) -> Result<(), E> {
        let (sharer, viewer) = (self.seat(q.sharer), self.seat(q.viewer));
        let organiser = q.organiser.map(|o| self.seat(o));
        let mut visit = |list: &[usize]| {
            list.iter()
                .filter_map(|i| self.rules.get(*i))
                .try_for_each(|r| found(r, &|| self.applies(r, q, sharer, viewer, organiser)))
        };
        visit(&self.general)?;
        let seats = || {
            [Some(sharer), Some(viewer), organiser]
                .into_iter()
                .flatten()
        };
        for m in seats().filter_map(|s| s.member) {
            for at in m.groups.iter() {
                visit(&self.by_group[at])?;
            }
        }
        if let Some(list) = q.room.and_then(|r| self.by_meeting.get(&r)) {
            visit(list)?;
        }
        for list in seats().filter_map(|s| self.by_person.get(&s.person)) {
            visit(list)?;
        }
        Ok(())
    }

    fn applies(
        &self,
        rule: &Rule,
        q: &Query<'_>,
        sharer: Seat<'_>,
        viewer: Seat<'_>,
        organiser: Option<Seat<'_>>,
    ) -> bool {
        if !rule.technologies.contains(q.technology) || !rule.directions.contains(q.direction) {
            return false;
        }
        let subject = |s: Seat<'_>| self.is(&rule.subject, s);
        let other = |s: Seat<'_>| match rule.other {
            Party::Meeting(r) => q.room == Some(r),
            ref party => self.is(party, s),
        };
        let acts = |c: Capacity| rule.capacities.contains(c);
        let either = || other(sharer) || other(viewer);
        let about = match rule.subject {
            Party::Meeting(r) => q.room == Some(r) && either(),
            _ => {
                acts(Capacity::Sharer) && subject(sharer) && other(viewer)
                    || acts(Capacity::Viewer) && subject(viewer) && other(sharer)
                    || acts(Capacity::Organiser) && organiser.is_some_and(subject) && either()
            }
        };
        about && rule.concerns(q.what)
    }
}

fn position(groups: &[GroupNumber], g: GroupNumber) -> Option<usize> {
    groups.binary_search(&g).ok()
}

impl Rule {
    pub(super) fn level(&self) -> Level {
        self.subject.level()
    }
}
