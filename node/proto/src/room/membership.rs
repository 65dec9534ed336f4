//! Who belongs to a room: a pure function of the set of its changes, so that
//! everybody who has the same changes comes to the same members, in whatever
//! order they arrived (MSG-1, MSG-4; spec 08, "Membership").
//!
//! - A change counts if its author was entitled by the changes that it
//!   follows (its ancestors), and no removal undoes it.
//! - A removal undoes what the removed person changed at the same time after
//!   the cut, and every invitation of that person at the same time: removal
//!   wins. What the remover had seen stands.
//! - An admin can be removed only by those in whose line of invitations he
//!   stands. So two admins can't remove each other, and nobody gains by
//!   pretending not to have seen a removal.
//! - Otherwise the deeper change wins; at the same depth, the lower id.

use std::collections::{BTreeMap, BTreeSet};

use super::MAX_PARENTS;
use super::body::{Parent, Toggle};
use super::change::{Action, Retention, Role, RoomKind};
use super::entry::{EntryId, Pos};
use crate::id::{DeviceId, PersonId};

/// A change as the log knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Which.
    pub id: EntryId,
    /// Where it stands.
    pub pos: Pos,
    /// Whose device made it.
    pub person: PersonId,
    /// Its depth.
    pub epoch: u64,
    /// What it follows.
    pub parents: Vec<Parent>,
    /// What it does.
    pub action: Action,
    /// Whether its log leads up to it.
    pub footing: Footing,
}

/// Whether the log before a change is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Footing {
    /// It stands in its author's log.
    Logged,
    /// It came alone, inside an invitation: believed until the log comes.
    Alone,
}

/// What somebody is to the room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Nothing.
    Stranger,
    /// Invited, hasn't answered.
    Invited,
    /// Belongs to it.
    Member,
    /// Was invited and declined.
    Declined,
    /// Was a member and left.
    Left,
    /// Was removed.
    Removed,
}

/// One person in the room's book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// What the person is to the room now.
    pub standing: Standing,
    /// The role, as far as the person is a member or invited.
    pub role: Role,
    /// Who invited the person first; nobody invited the opener.
    pub inviter: Option<PersonId>,
    /// Whether the person ever agreed to be here (MSG-1).
    pub agreed: bool,
    /// Whether the person was ever an admin: what an admin had erased stays
    /// erased.
    pub was_admin: bool,
    /// How many entries of each device still count; in force while the
    /// person is removed or has left. Devices not listed: none.
    cut: BTreeMap<DeviceId, u64>,
}

impl Default for Person {
    fn default() -> Self {
        Self {
            standing: Standing::Stranger,
            role: Role::Member,
            inviter: None,
            agreed: false,
            was_admin: false,
            cut: BTreeMap::new(),
        }
    }
}

/// Which entries of a device count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowance {
    /// None.
    Nothing,
    /// Changes until the first entry of another class: an invited person may
    /// answer, and nothing else.
    Changes,
    /// The first so many.
    Count(u64),
    /// All.
    All,
}

/// Who belongs to a room, and how it is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    people: BTreeMap<PersonId, Person>,
    kind: RoomKind,
    title: String,
    retention: Retention,
    hold: Toggle,
    heads: Vec<Parent>,
    depth: u64,
    effective: BTreeSet<EntryId>,
    device_cuts: BTreeMap<DeviceId, (PersonId, u64)>,
}

impl Membership {
    /// What the person is to the room.
    #[must_use]
    pub fn standing(&self, person: &PersonId) -> Standing {
        self.people
            .get(person)
            .map_or(Standing::Stranger, |p| p.standing)
    }

    /// What the book says of a person; `None` for a stranger.
    #[must_use]
    pub fn person(&self, person: &PersonId) -> Option<&Person> {
        self.people.get(person)
    }

    /// Everybody in the book, also those who declined, left or were removed.
    pub fn people(&self) -> impl Iterator<Item = (&PersonId, &Person)> {
        self.people.iter()
    }

    /// The members.
    pub fn members(&self) -> impl Iterator<Item = &PersonId> {
        self.people
            .iter()
            .filter(|(_, p)| p.standing == Standing::Member)
            .map(|(id, _)| id)
    }

    /// Whether the person is a member and admin.
    #[must_use]
    pub fn is_admin(&self, person: &PersonId) -> bool {
        self.people
            .get(person)
            .is_some_and(|p| p.standing == Standing::Member && p.role == Role::Admin)
    }

    /// Who may come in.
    #[must_use]
    pub fn kind(&self) -> RoomKind {
        self.kind
    }

    /// The title.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// How long bodies are kept.
    #[must_use]
    pub fn retention(&self) -> Retention {
        self.retention
    }

    /// Whether a legal hold is in force.
    #[must_use]
    pub fn hold(&self) -> Toggle {
        self.hold
    }

    /// The newest changes: what the next change names as its parents.
    #[must_use]
    pub fn heads(&self) -> &[Parent] {
        &self.heads
    }

    /// The greatest depth of any change.
    #[must_use]
    pub fn depth(&self) -> u64 {
        self.depth
    }

    /// Whether the change counts.
    #[must_use]
    pub fn counts(&self, change: &EntryId) -> bool {
        self.effective.contains(change)
    }

    /// Which entries of that device of that person count.
    #[must_use]
    pub fn allowance(&self, person: &PersonId, device: &DeviceId) -> Allowance {
        let by_person = match self.people.get(person) {
            None => Allowance::Nothing,
            Some(p) => match p.standing {
                Standing::Stranger => Allowance::Nothing,
                Standing::Member => Allowance::All,
                Standing::Invited | Standing::Declined if p.agreed => Allowance::All,
                Standing::Invited | Standing::Declined => Allowance::Changes,
                Standing::Left | Standing::Removed => {
                    Allowance::Count(p.cut.get(device).copied().unwrap_or(0))
                }
            },
        };
        match (by_person, self.device_cuts.get(device)) {
            (Allowance::All, Some((p, keep))) if p == person => Allowance::Count(*keep),
            (Allowance::Count(n), Some((p, keep))) if p == person => Allowance::Count(n.min(*keep)),
            (by_person, _) => by_person,
        }
    }

    /// Whether the person may do this now. A change by somebody who may not
    /// is kept, but doesn't count.
    #[must_use]
    pub fn may(&self, person: &PersonId, action: &Action) -> bool {
        entitled(person, action, self.kind, |p| {
            self.people.get(p).cloned().unwrap_or_default()
        })
    }
}

/// Whether `author` may do `action`, by the `book` of people.
fn entitled(
    author: &PersonId,
    action: &Action,
    kind: RoomKind,
    book: impl Fn(&PersonId) -> Person,
) -> bool {
    let me = book(author);
    let member = me.standing == Standing::Member;
    let admin = member && me.role == Role::Admin;
    let pair = matches!(kind, RoomKind::Pair(_));
    match action {
        Action::Open { .. } => false,
        Action::Invite { .. } => admin && !pair,
        Action::Add { person, role } => {
            let other = book(person);
            let lowers = other.standing == Standing::Member && other.role > *role;
            admin && !pair && (!lowers || senior(author, &other, &book))
        }
        Action::Remove { person, .. } => {
            let other = book(person);
            admin
                && !pair
                && author != person
                && (other.role < Role::Admin || senior(author, &other, &book))
        }
        Action::Accept => match me.standing {
            Standing::Invited => true,
            Standing::Stranger | Standing::Left | Standing::Declined => {
                matches!(kind, RoomKind::Organisation(_))
            }
            Standing::Member | Standing::Removed => false,
        },
        Action::Decline => me.standing == Standing::Invited,
        Action::Leave { .. } | Action::CutDevice { .. } => member,
        Action::Retention(_) | Action::Hold(_) | Action::Title(_) => admin,
    }
}

/// Whether `who` stands in the line of invitations of `other`.
fn senior(who: &PersonId, other: &Person, book: &impl Fn(&PersonId) -> Person) -> bool {
    let mut next = other.inviter;
    let mut seen = BTreeSet::new();
    while let Some(inviter) = next {
        if inviter == *who {
            return true;
        }
        if !seen.insert(inviter) {
            return false;
        }
        next = book(&inviter).inviter;
    }
    false
}

/// A set of changes as bits.
#[derive(Clone)]
struct Bits(Vec<u64>);

impl Bits {
    fn new(n: usize) -> Self {
        Self(vec![0; n.div_ceil(64)])
    }
    fn set(&mut self, i: usize) {
        self.0[i / 64] |= 1 << (i % 64);
    }
    fn has(&self, i: usize) -> bool {
        self.0[i / 64] >> (i % 64) & 1 == 1
    }
    fn join(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a |= b);
    }
}

struct Fold<'a> {
    /// In the order in which they are applied: by depth, then higher id first.
    nodes: Vec<&'a Change>,
    ancestors: Vec<Bits>,
    /// For each person, the changes that alter what the person is.
    about: BTreeMap<PersonId, Vec<usize>>,
    /// The changes that can undo others.
    removals: Vec<usize>,
    kind: RoomKind,
}

/// Works out who belongs. `None` if `changes` doesn't hold the opening entry.
#[must_use]
pub fn fold<'a>(changes: impl Iterator<Item = &'a Change>) -> Option<Membership> {
    let mut nodes: Vec<&Change> = changes.collect();
    nodes.sort_by(|a, b| a.epoch.cmp(&b.epoch).then(b.id.cmp(&a.id)));
    let (kind, title, retention) = nodes.iter().find_map(|c| match &c.action {
        Action::Open {
            kind,
            title,
            retention,
            ..
        } => Some((*kind, title.clone(), *retention)),
        _ => None,
    })?;
    let mut f = Fold {
        ancestors: Vec::with_capacity(nodes.len()),
        about: BTreeMap::new(),
        removals: Vec::new(),
        kind,
        nodes,
    };
    f.link();
    let effective = f.settle();
    Some(f.result(&effective, title, retention))
}

impl Fold<'_> {
    fn link(&mut self) {
        let n = self.nodes.len();
        let mut index: BTreeMap<EntryId, usize> = BTreeMap::new();
        for (i, c) in self.nodes.iter().enumerate() {
            let mut bits = Bits::new(n);
            // Parents come first in this order; one that isn't here was cut
            // off for everybody, and its line ends with it.
            for at in c.parents.iter().filter_map(|p| index.get(&p.id)) {
                bits.join(&self.ancestors[*at]);
                bits.set(*at);
            }
            self.ancestors.push(bits);
            index.insert(c.id, i);
            let mut about = |p: PersonId| self.about.entry(p).or_default().push(i);
            match &c.action {
                Action::Open { kind, .. } => {
                    about(c.person);
                    if let RoomKind::Pair(with) = kind
                        && *with != c.person
                    {
                        about(*with);
                    }
                }
                Action::Invite { person, .. }
                | Action::Add { person, .. }
                | Action::Remove { person, .. } => about(*person),
                Action::Accept | Action::Decline | Action::Leave { .. } => about(c.person),
                _ => {}
            }
            if let Action::Remove { .. } | Action::Leave { .. } | Action::CutDevice { .. } =
                c.action
            {
                self.removals.push(i);
            }
        }
    }

    /// Which changes count: repeated until what the removals undo no longer
    /// changes. Removals run down the tree of invitations, so that takes at
    /// most as many rounds as the tree is deep; the bound is for safety, and
    /// the same for everybody.
    fn settle(&self) -> Vec<bool> {
        let n = self.nodes.len();
        let mut undone = vec![false; n];
        let mut counts = vec![false; n];
        for _ in 0..64 {
            for i in 0..n {
                counts[i] = !undone[i] && self.is_entitled(i, &counts);
            }
            let next: Vec<bool> = (0..n).map(|i| self.is_undone(i, &counts)).collect();
            if next == undone {
                break;
            }
            undone = next;
        }
        counts
    }

    fn is_entitled(&self, i: usize, counts: &[bool]) -> bool {
        let c = self.nodes[i];
        if matches!(c.action, Action::Open { .. }) || c.footing == Footing::Alone {
            return true;
        }
        let past = |p: &PersonId| self.person(p, |j| counts[j] && self.ancestors[i].has(j));
        entitled(&c.person, &c.action, self.kind, past)
    }

    fn is_undone(&self, i: usize, counts: &[bool]) -> bool {
        let c = self.nodes[i];
        if matches!(c.action, Action::Open { .. }) {
            return false;
        }
        let invited = match &c.action {
            Action::Invite { person, .. } | Action::Add { person, .. } => Some(*person),
            _ => None,
        };
        self.removals.iter().copied().any(|j| {
            let r = self.nodes[j];
            if !counts[j] || i == j || self.ancestors[i].has(j) || self.ancestors[j].has(i) {
                return false;
            }
            let (gone, keeps) = match &r.action {
                Action::Remove { person, cut, .. } => (*person, keep(cut, &c.pos.device)),
                Action::Leave { cut } => (r.person, leave_keep(r, cut, &c.pos.device)),
                Action::CutDevice { device, keep } => {
                    return *device == c.pos.device && r.person == c.person && c.pos.seq >= *keep;
                }
                _ => return false,
            };
            invited == Some(gone) || (gone == c.person && c.pos.seq >= keeps)
        })
    }

    /// What a person is by those changes that `within` picks.
    fn person(&self, id: &PersonId, within: impl Fn(usize) -> bool) -> Person {
        let mut p = Person::default();
        let about = self.about.get(id).map(Vec::as_slice).unwrap_or_default();
        for c in about.iter().filter(|i| within(**i)).map(|i| self.nodes[*i]) {
            apply(&mut p, id, c);
        }
        p
    }

    fn result(&self, effective: &[bool], title: String, retention: Retention) -> Membership {
        let all = |i: usize| effective[i];
        let mut m = Membership {
            people: self
                .about
                .keys()
                .map(|id| (*id, self.person(id, all)))
                .filter(|(_, p)| p.standing != Standing::Stranger)
                .collect(),
            kind: self.kind,
            title,
            retention,
            hold: Toggle::Clear,
            heads: self.heads(),
            depth: self.nodes.last().map_or(0, |c| c.epoch),
            effective: BTreeSet::new(),
            device_cuts: BTreeMap::new(),
        };
        for (i, c) in self.nodes.iter().enumerate().filter(|(i, _)| effective[*i]) {
            m.effective.insert(c.id);
            match &c.action {
                Action::Retention(r) => m.retention = *r,
                Action::Title(t) => m.title.clone_from(t),
                // A hold ends only by a lifting that knew of it.
                Action::Hold(Toggle::Set) if !self.lifted(i, effective) => m.hold = Toggle::Set,
                Action::CutDevice { device, keep } => {
                    let cut = m.device_cuts.entry(*device).or_insert((c.person, *keep));
                    if cut.0 == c.person {
                        cut.1 = cut.1.min(*keep);
                    }
                }
                _ => {}
            }
        }
        m
    }

    fn lifted(&self, hold: usize, effective: &[bool]) -> bool {
        (hold..self.nodes.len()).any(|j| {
            effective[j]
                && self.nodes[j].action == Action::Hold(Toggle::Clear)
                && self.ancestors[j].has(hold)
        })
    }

    fn heads(&self) -> Vec<Parent> {
        let mut covered = Bits::new(self.nodes.len());
        self.ancestors.iter().for_each(|a| covered.join(a));
        let mut heads: Vec<Parent> = (0..self.nodes.len())
            .rev()
            .filter(|i| !covered.has(*i))
            .take(MAX_PARENTS)
            .map(|i| Parent {
                pos: self.nodes[i].pos,
                id: self.nodes[i].id,
            })
            .collect();
        heads.sort();
        heads
    }
}

/// How many entries of `device` a cut keeps.
fn keep(cut: &[Pos], device: &DeviceId) -> u64 {
    cut.iter()
        .find(|p| p.device == *device)
        .map_or(0, |p| p.seq + 1)
}

fn leave_keep(leave: &Change, cut: &[Pos], device: &DeviceId) -> u64 {
    match leave.pos.device == *device {
        true => leave.pos.seq + 1,
        false => keep(cut, device),
    }
}

/// Lets one change about a person take effect.
fn apply(p: &mut Person, id: &PersonId, c: &Change) {
    match &c.action {
        Action::Open { .. } if c.person == *id => {
            p.standing = Standing::Member;
            p.role = Role::Admin;
            p.agreed = true;
        }
        // The other one of a pair.
        Action::Open { .. } => invite(p, c, Role::Admin),
        Action::Invite { role, .. } => match p.standing {
            Standing::Member => {}
            _ => invite(p, c, *role),
        },
        Action::Add { role, .. } => match p.standing {
            Standing::Member => p.role = *role,
            Standing::Removed if p.agreed => {
                p.standing = Standing::Member;
                p.role = *role;
            }
            _ => invite(p, c, *role),
        },
        Action::Accept => {
            p.standing = Standing::Member;
            p.agreed = true;
        }
        Action::Decline if p.standing == Standing::Invited => p.standing = Standing::Declined,
        Action::Leave { cut } => {
            let mut kept: BTreeMap<DeviceId, u64> =
                cut.iter().map(|c| (c.device, c.seq + 1)).collect();
            kept.insert(c.pos.device, c.pos.seq + 1);
            go(p, Standing::Left, kept);
        }
        Action::Remove { cut, .. } => {
            let kept = cut.iter().map(|c| (c.device, c.seq + 1)).collect();
            go(p, Standing::Removed, kept);
        }
        _ => {}
    }
    p.was_admin |= p.standing == Standing::Member && p.role == Role::Admin;
}

fn invite(p: &mut Person, c: &Change, role: Role) {
    p.standing = Standing::Invited;
    p.role = role;
    p.inviter = p.inviter.or(Some(c.person));
}

/// The person goes. Of several removals, each keeps only what all keep.
fn go(p: &mut Person, how: Standing, mut kept: BTreeMap<DeviceId, u64>) {
    if matches!(p.standing, Standing::Left | Standing::Removed) {
        kept.retain(|device, n| match p.cut.get(device) {
            Some(other) => {
                *n = (*n).min(*other);
                true
            }
            None => false,
        });
    }
    p.standing = match p.standing {
        Standing::Removed => Standing::Removed,
        _ => how,
    };
    p.role = Role::Member;
    p.cut = kept;
}
