//! The ruling on a room's changes: which of them count.
//!
//! A pure function of the set of changes. It comes to an end because each
//! removal is carried out at most once, and what was undone stays undone;
//! and it agrees with itself because nothing that a removal rests on is
//! undone after that removal was carried out.

use core::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::{Change, Footing, Membership, Person, Standing, entitled};
use crate::id::{DeviceId, PersonId};
use crate::room::body::{Parent, Toggle};
use crate::room::change::{Action, Retention, Role, RoomKind};
use crate::room::entry::{EntryId, Pos};
use crate::room::{MAX_BEYOND_CUT, MAX_PARENTS};

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
    fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(a, b)| a & b != 0)
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

/// What became of each change.
struct Ruling {
    /// Entitled by what its author had seen, before anything is undone.
    asked: Vec<bool>,
    /// Counts.
    counts: Vec<bool>,
}

/// Which of two removals is weighed first: by when the author was let in, as
/// far as the removal itself tells; then those that concern the author alone;
/// then the shallower.
type Rank = ((u64, Reverse<EntryId>), u8, u64, EntryId);

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
    let ruling = f.rule();
    Some(f.result(&ruling, title, retention))
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
            let removes = matches!(
                c.action,
                Action::Remove { .. }
                    | Action::Leave { .. }
                    | Action::CutDevice { .. }
                    | Action::Add {
                        role: Role::Member,
                        ..
                    }
            );
            if removes {
                self.removals.push(i);
            }
        }
    }

    /// Which changes count. Removals are weighed one after another
    /// ([`Rank`]): one that counts by now is carried out and undoes what it
    /// undoes, and then the first of those that are left is looked for anew.
    fn rule(&self) -> Ruling {
        let n = self.nodes.len();
        let mut counts = vec![false; n];
        for i in 0..n {
            counts[i] = self.is_entitled(i, &counts);
        }
        let asked = counts.clone();
        let order = self.weighing_order(&asked);
        let overruled = self.far_beyond();
        let mut undone = vec![false; n];
        let mut fixed = Bits::new(n);
        let mut done = vec![false; n];
        let open = |r: usize, counts: &[bool], done: &[bool]| counts[r] && !done[r];
        loop {
            let mut left = order.iter().copied().filter(|r| open(*r, &counts, &done));
            let waits = |r: &usize| {
                let by = overruled.get(r).map(Vec::as_slice).unwrap_or_default();
                by.iter().any(|j| open(*j, &counts, &done))
            };
            let first = left.clone().next();
            let Some(r) = left.find(|r| !waits(r)).or(first) else {
                break;
            };
            done[r] = true;
            self.rest_on(r, &mut fixed);
            if !self.bites(r, &counts) {
                continue;
            }
            let mut hit = Bits::new(n);
            let hits = |i: &usize| !undone[*i] && !fixed.has(*i) && self.hits(r, *i);
            let at: Vec<usize> = (0..n).filter(hits).collect();
            for i in &at {
                undone[*i] = true;
                hit.set(*i);
            }
            self.follow(&at, &hit, &undone, &mut counts);
        }
        debug_assert!(
            (0..n).all(|i| !done[i] || counts[i]),
            "what was done counts"
        );
        debug_assert!(
            (0..n).all(|i| counts[i] == (!undone[i] && self.is_entitled(i, &counts))),
            "what counts follows from what was undone"
        );
        Ruling { asked, counts }
    }

    /// Works out what counts after the changes `at`, also given as `hit`, were
    /// undone. Looks only at what may have changed, that is, what comes after
    /// one of them and hangs on somebody whose standing may have: a room can
    /// hold thousands of removals.
    fn follow(&self, at: &[usize], hit: &Bits, undone: &[bool], counts: &mut [bool]) {
        let mut moved: BTreeSet<PersonId> = BTreeSet::new();
        for i in at.first().copied().unwrap_or(self.nodes.len())..self.nodes.len() {
            let c = self.nodes[i];
            let (about, by_line) = match &c.action {
                Action::Invite { person, .. } => (Some(*person), false),
                // Seniority may hang on anybody.
                Action::Add { person, .. } | Action::Remove { person, .. } => (Some(*person), true),
                Action::Accept | Action::Decline | Action::Leave { .. } => (Some(c.person), false),
                _ => (None, false),
            };
            let hangs = moved.contains(&c.person)
                || about.is_some_and(|p| moved.contains(&p))
                || (by_line && !moved.is_empty());
            let now = match undone[i] {
                true => false,
                false if hangs && self.ancestors[i].meets(hit) => self.is_entitled(i, counts),
                false => continue,
            };
            if counts[i] != now {
                counts[i] = now;
                moved.extend(about);
            }
        }
    }

    /// The removals in the order in which they are weighed.
    fn weighing_order(&self, asked: &[bool]) -> Vec<usize> {
        let rank = |r: usize| -> Rank {
            let c = self.nodes[r];
            let about = self.about.get(&c.person).map(Vec::as_slice);
            let let_in = about.unwrap_or_default().iter().copied().find(|i| {
                asked[*i] && self.ancestors[r].has(*i) && lets_in(&self.nodes[*i].action)
            });
            let since = let_in.map_or((u64::MAX, Reverse(c.id)), |i| {
                (self.nodes[i].epoch, Reverse(self.nodes[i].id))
            });
            let class = match c.action {
                Action::CutDevice { .. } => 0,
                Action::Leave { .. } => 1,
                _ => 2,
            };
            (since, class, c.epoch, c.id)
        };
        let mut order = self.removals.clone();
        order.sort_by_cached_key(|r| rank(*r));
        order
    }

    /// For removals that stand far beyond a cut: the removals that cut them.
    /// Whoever knows the cut may not have them, so they can't outweigh it.
    fn far_beyond(&self) -> BTreeMap<usize, Vec<usize>> {
        let far = |i: usize, r: usize| {
            let c = self.nodes[i];
            self.apart(i, r)
                && self
                    .cut(r, c)
                    .is_some_and(|keeps| c.pos.seq >= keeps.saturating_add(MAX_BEYOND_CUT))
        };
        let mut all: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let late = |i: &usize| self.nodes[*i].pos.seq >= MAX_BEYOND_CUT;
        for i in self.removals.iter().copied().filter(late) {
            let by: Vec<usize> = self
                .removals
                .iter()
                .copied()
                .filter(|r| far(i, *r))
                .collect();
            if !by.is_empty() {
                all.insert(i, by);
            }
        }
        all
    }

    /// Fixes what the entitlement of the removal `r` rests on: among its
    /// ancestors, what is about its author, the person whom it removes, and
    /// those who decided about them, and so on.
    fn rest_on(&self, r: usize, fixed: &mut Bits) {
        fixed.set(r);
        let c = self.nodes[r];
        let mut people: Vec<PersonId> = vec![c.person];
        if let Action::Remove { person, .. } | Action::Add { person, .. } = &c.action {
            people.push(*person);
        }
        let mut seen: BTreeSet<PersonId> = people.iter().copied().collect();
        while let Some(person) = people.pop() {
            let about = self.about.get(&person).map(Vec::as_slice);
            for i in about.unwrap_or_default() {
                if self.ancestors[r].has(*i) {
                    fixed.set(*i);
                    let author = self.nodes[*i].person;
                    if seen.insert(author) {
                        people.push(author);
                    }
                }
            }
        }
    }

    /// Whether a change that counts undoes anything: of additions, only one
    /// that took an admin's rights away.
    fn bites(&self, r: usize, counts: &[bool]) -> bool {
        match &self.nodes[r].action {
            Action::Add { person, role } => {
                let was = self.person(person, |j| counts[j] && self.ancestors[r].has(j));
                was.standing == Standing::Member && was.role > *role
            }
            _ => true,
        }
    }

    /// Whether neither of the two had seen the other.
    fn apart(&self, i: usize, j: usize) -> bool {
        i != j && !self.ancestors[i].has(j) && !self.ancestors[j].has(i)
    }

    /// How much of the log that `c` stands in the removal `r` keeps; `None`
    /// if it doesn't cut that log.
    fn cut(&self, r: usize, c: &Change) -> Option<u64> {
        let r = self.nodes[r];
        match &r.action {
            Action::Remove { person, cut, .. } => {
                (*person == c.person).then(|| keep(cut, &c.pos.device))
            }
            Action::Leave { cut } => {
                (r.person == c.person).then(|| leave_keep(r, cut, &c.pos.device))
            }
            Action::CutDevice { device, keep } => {
                (*device == c.pos.device && r.person == c.person).then_some(*keep)
            }
            _ => None,
        }
    }

    /// Whether the removal `r`, if it counts, undoes the change `i`.
    fn hits(&self, r: usize, i: usize) -> bool {
        let c = self.nodes[i];
        // Of one that came alone it isn't known what it follows.
        let believed = c.footing == Footing::Alone || matches!(c.action, Action::Open { .. });
        if believed || !self.apart(r, i) {
            return false;
        }
        let gone = match &self.nodes[r].action {
            Action::Remove { person, .. } => Some(*person),
            Action::Leave { .. } => Some(self.nodes[r].person),
            Action::Add { person, .. } => return *person == c.person && needs_admin(&c.action),
            _ => None,
        };
        let invited = match &c.action {
            Action::Invite { person, .. } | Action::Add { person, .. } => Some(*person),
            _ => None,
        };
        let lets_in_again = gone.is_some() && invited == gone;
        lets_in_again || self.cut(r, c).is_some_and(|keeps| c.pos.seq >= keeps)
    }

    /// Everybody who was ever let in by somebody who could.
    fn named(&self, asked: &[bool]) -> BTreeSet<PersonId> {
        let mut named = BTreeSet::new();
        for c in self
            .nodes
            .iter()
            .zip(asked)
            .filter(|(_, a)| **a)
            .map(|(c, _)| c)
        {
            match &c.action {
                Action::Open { kind, .. } => {
                    named.insert(c.person);
                    if let RoomKind::Pair(with) = kind {
                        named.insert(*with);
                    }
                }
                Action::Invite { person, .. } | Action::Add { person, .. } => {
                    named.insert(*person);
                }
                Action::Accept => {
                    named.insert(c.person);
                }
                _ => {}
            }
        }
        named
    }

    fn is_entitled(&self, i: usize, counts: &[bool]) -> bool {
        let c = self.nodes[i];
        if matches!(c.action, Action::Open { .. }) || c.footing == Footing::Alone {
            return true;
        }
        let past = |p: &PersonId| self.person(p, |j| counts[j] && self.ancestors[i].has(j));
        entitled(&c.person, &c.action, self.kind, past)
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

    fn result(&self, ruling: &Ruling, title: String, retention: Retention) -> Membership {
        let effective = &ruling.counts;
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
            named: self.named(&ruling.asked),
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

/// Whether a change makes somebody belong.
fn lets_in(action: &Action) -> bool {
    matches!(
        action,
        Action::Open { .. } | Action::Invite { .. } | Action::Add { .. } | Action::Accept
    )
}

/// Whether only an admin may do this.
fn needs_admin(action: &Action) -> bool {
    matches!(
        action,
        Action::Invite { .. }
            | Action::Add { .. }
            | Action::Remove { .. }
            | Action::Retention(_)
            | Action::Hold(_)
            | Action::Title(_)
    )
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
            // One that came alone shows that they were out meanwhile.
            Standing::Member if c.footing != Footing::Alone => {}
            _ => invite(p, c, *role),
        },
        Action::Add { role, .. } => match p.standing {
            Standing::Member => p.role = *role,
            Standing::Removed if p.agreed => {
                p.standing = Standing::Member;
                p.role = *role;
                p.cut = None;
            }
            _ => invite(p, c, *role),
        },
        Action::Accept => {
            p.standing = Standing::Member;
            p.agreed = true;
            p.cut = None;
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

/// The person goes. Of several removals that the person didn't come back
/// between, each keeps only what all keep.
fn go(p: &mut Person, how: Standing, mut kept: BTreeMap<DeviceId, u64>) {
    if let Some(cut) = &p.cut {
        kept.retain(|device, n| match cut.get(device) {
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
    p.cut = Some(kept);
}
