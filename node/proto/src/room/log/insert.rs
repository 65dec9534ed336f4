//! How entries get into a log.

use std::collections::{BTreeMap, BTreeSet};

use super::behind::Behind;
use super::held::{Held, HeldWhy};
use super::outcome::{Fork, Insertion, Outcome, Refusal, Voided};
use super::{DeviceLog, Log, Row, Verdict, Witness};
use crate::id::{DeviceId, PersonId};
use crate::room::body::Body;
use crate::room::change::{Action, RoomKind};
use crate::room::entry::{Entry, Pos};
use crate::room::kind::Class;
use crate::room::membership::{self, Allowance, Change, Footing, Standing};
use crate::room::{MAX_ANSWERS, MAX_BEYOND_CUT, MAX_CHANGES, MAX_DEVICES, MAX_EPOCH_STEP};
use crate::time::Timestamp;

impl Log {
    /// The log of a room that begins with this entry; `None` unless it opens
    /// a room.
    #[must_use]
    pub fn begin(opening: &Entry, me: DeviceId) -> Option<Self> {
        let change = as_change(opening, Footing::Logged)?;
        let membership = membership::fold([&change].into_iter())?;
        let row = Row::of(opening);
        Some(Self {
            room: opening.id().into(),
            me,
            ids: [(row.id, opening.pos())].into(),
            changes: [(row.id, change)].into(),
            membership,
            devices: [(
                opening.pos().device,
                DeviceLog {
                    person: opening.header().person,
                    rows: vec![row],
                    lead: 1,
                },
            )]
            .into(),
            held: Held::default(),
            forks: BTreeMap::new(),
            behind: BTreeMap::new(),
            ahead: BTreeMap::new(),
            clamped: BTreeMap::new(),
            erasures: BTreeMap::new(),
            erased_by: BTreeMap::new(),
        })
    }

    /// Takes in an invitation that came without the log that leads to it
    /// (MSG-1). Until that log comes, it is believed: it concerns only what
    /// is shown to the invited person.
    ///
    /// # Errors
    /// It is of another room, or not an invitation.
    pub fn insert_invitation(&mut self, invite: &Entry) -> Result<(), Refusal> {
        let of_room = invite.header().room == Some(self.room);
        match as_change(invite, Footing::Alone) {
            Some(change) if self.is_after_fork(&change.pos) => Err(Refusal::Forked),
            Some(change)
                if of_room
                    && matches!(change.action, Action::Invite { .. } | Action::Add { .. }) =>
            {
                self.changes.entry(change.id).or_insert(change);
                self.refold();
                Ok(())
            }
            _ => Err(Refusal::OtherRoom),
        }
    }

    /// Rebuilds a log from what the store has: the opening entry, entries in
    /// any order that keeps each device's own, invitations that came alone,
    /// and forks. Nothing is checked again: the store is trusted.
    #[must_use]
    pub fn restore(
        opening: &Entry,
        me: DeviceId,
        entries: impl Iterator<Item = (Entry, super::BodyState)>,
        alone: &[Entry],
        forks: impl Iterator<Item = Fork>,
    ) -> Option<Self> {
        let mut log = Self::begin(opening, me)?;
        log.forks = forks.map(|f| (f.device, f)).collect();
        for (entry, state) in entries {
            let pos = entry.pos();
            if state == super::BodyState::Behind {
                log.put_behind(&entry);
                continue;
            }
            if pos.seq == log.len(&pos.device) {
                log.push(&entry);
            }
            log.set_state(&pos, state);
        }
        let alone = alone.iter().filter_map(|e| as_change(e, Footing::Alone));
        for invite in alone
            .filter(|c| !log.is_after_fork(&c.pos))
            .collect::<Vec<_>>()
        {
            log.changes.entry(invite.id).or_insert(invite);
        }
        log.refold();
        log.reorder();
        Some(log)
    }

    /// Takes in an entry, and whatever waited for it.
    pub fn insert(&mut self, entry: Entry, witness: &impl Witness, now: Timestamp) -> Insertion {
        let mut result = Insertion::new();
        let id = entry.id();
        result.outcome = self.offer(entry, witness, now, &mut result);
        if !result.accepted.is_empty() || result.changed {
            self.release(witness, now, &mut result);
        }
        if !result.accepted.iter().any(|e| e.id() == id) && result.outcome == Outcome::Accepted {
            // Undone by what it let in.
            result.outcome = Outcome::Refused(Refusal::Cut);
        }
        result
    }

    /// Looks again at what waits: after new records about persons or
    /// organisations have come.
    pub fn retry(&mut self, witness: &impl Witness, now: Timestamp) -> Insertion {
        let mut result = Insertion::new();
        self.release(witness, now, &mut result);
        result
    }

    /// Ends the logs of devices at the first entry that, by what is known
    /// now, was written while the device was not certified (ID-1).
    pub fn recertify(&mut self, witness: &impl Witness, now: Timestamp) -> Insertion {
        let mut result = Insertion::new();
        let bad: Vec<(DeviceId, u64)> = self
            .devices
            .iter()
            .filter(|(d, _)| **d != self.me)
            .filter_map(|(d, l)| {
                let at = |r: &Row| r.clock.wall.min(now);
                let fails = |r: &Row| witness.device(&l.person, d, at(r)) == Verdict::Fails;
                let from = l.rows.iter().position(fails)?;
                Some((*d, from as u64))
            })
            .collect();
        for (device, from) in bad {
            self.shorten(&device, from, &mut result);
        }
        if !result.voided.is_empty() {
            self.settle(&mut result);
        }
        result
    }

    /// Lets in what waited, and shortens logs that nothing needs any more,
    /// until nothing changes.
    fn release(&mut self, witness: &impl Witness, now: Timestamp, result: &mut Insertion) {
        loop {
            let before = (result.accepted.len(), result.voided.len());
            for pos in self.held.ready(|d| self.len(d)) {
                if let Some(entry) = self.held.take(&pos) {
                    self.offer(entry, witness, now, result);
                }
            }
            if result.changed {
                self.settle(result);
            }
            if (result.accepted.len(), result.voided.len()) == before {
                break;
            }
        }
    }

    fn offer(
        &mut self,
        entry: Entry,
        witness: &impl Witness,
        now: Timestamp,
        result: &mut Insertion,
    ) -> Outcome {
        match self.judge(&entry, witness, now) {
            Outcome::Accepted => self.accept(entry, result),
            Outcome::Held(why) => {
                self.held.put(entry, why);
                Outcome::Held(why)
            }
            Outcome::Fork => {
                self.fork(entry, result);
                Outcome::Fork
            }
            other => other,
        }
    }

    /// What should become of the entry.
    fn judge(&self, entry: &Entry, witness: &impl Witness, now: Timestamp) -> Outcome {
        use Outcome::{Duplicate, Held, Refused};
        let h = entry.header();
        let of_room = match h.room {
            Some(room) => room == self.room,
            None => self.room == entry.id().into(),
        };
        if !of_room {
            return Refused(Refusal::OtherRoom);
        }
        let log = self.devices.get(&h.device);
        if log.is_some_and(|l| l.person != h.person) {
            return Refused(Refusal::OtherPerson);
        }
        let rows = log.map(|l| l.rows.as_slice()).unwrap_or_default();
        let len = rows.len() as u64;
        let before = h.seq.checked_sub(1).and_then(|s| rows.get(s as usize));
        if h.seq < len {
            return match rows[h.seq as usize].id == entry.id() {
                true => Duplicate,
                // The versions part here only if they agree before.
                false if h.previous == before.map(|r| r.id) => Outcome::Fork,
                false => Refused(Refusal::OtherBranch),
            };
        }
        if self.forks.get(&h.device).is_some_and(|f| h.seq >= f.seq) {
            return Refused(Refusal::Forked);
        }
        if h.seq > len {
            return Held(HeldWhy::Gap);
        }
        if h.previous != before.map(|r| r.id) {
            return Refused(Refusal::OtherBranch);
        }
        if before.is_some_and(|r| r.clock >= h.clock) {
            return Refused(Refusal::ClockBack);
        }
        let change = as_change(entry, Footing::Logged);
        // What is only weighed may take half of the room's places: whoever
        // was removed can't shut out those who belong.
        let allowance = self.membership.allowance(&h.person, &h.device);
        let asked = self.membership.standing(&h.person) == Standing::Invited;
        let out = match allowance {
            Allowance::Nothing => self.membership.was_named(&h.person),
            Allowance::Count(n) => h.seq >= n && !asked,
            Allowance::Changes | Allowance::All => false,
        };
        let share = if out { 2 } else { 1 };
        let new_device = log.is_none() && self.devices.len() >= MAX_DEVICES / share;
        // Nor can the invited shut out those who belong already.
        let places = match allowance {
            Allowance::Changes => MAX_CHANGES / 8 * 7,
            _ if asked => MAX_CHANGES / 8 * 7,
            _ => MAX_CHANGES / share,
        };
        if new_device || (change.is_some() && self.changes.len() >= places) {
            return Refused(Refusal::Full);
        }
        match witness.device(&h.person, &h.device, h.clock.wall.min(now)) {
            Verdict::Holds => {}
            Verdict::Fails => return Refused(Refusal::NotCertified),
            Verdict::Unknown => return Held(HeldWhy::Device),
        }
        if let Some(refused) = self.judge_membership(entry, change.as_ref(), witness, now) {
            return refused;
        }
        change.map_or(Outcome::Accepted, |c| self.judge_parents(&c, witness))
    }

    /// Whether the author belongs, as far as entries go; `None` if so.
    fn judge_membership(
        &self,
        entry: &Entry,
        change: Option<&Change>,
        witness: &impl Witness,
        now: Timestamp,
    ) -> Option<Outcome> {
        let h = entry.header();
        let joins = matches!(change.map(|c| &c.action), Some(Action::Accept));
        if let (true, RoomKind::Organisation(org)) = (joins, self.membership.kind())
            && self.membership.standing(&h.person) != Standing::Invited
        {
            return match witness.organisation(&org, &h.person, h.clock.wall.min(now)) {
                Verdict::Holds => None,
                Verdict::Fails => Some(Outcome::Refused(Refusal::NotInOrganisation)),
                Verdict::Unknown => Some(Outcome::Held(HeldWhy::Organisation)),
            };
        }
        let allowance = self.membership.allowance(&h.person, &h.device);
        let named = self.membership.was_named(&h.person);
        // It lengthens the changes that the log begins with.
        let leads =
            h.kind.class() == Class::Change && h.seq == self.lead(&h.device) && h.seq < MAX_ANSWERS;
        if allowance == Allowance::Changes && leads {
            return None;
        }
        let counting = self.counting_of(h);
        // Of somebody who never agreed, only an answer is weighed (MSG-1).
        let weighed = leads || self.has_agreed(&h.person);
        match named {
            _ if h.seq < counting => None,
            // It may be weighed against what cuts it, or lead to what is.
            true if weighed && h.seq < counting.saturating_add(MAX_BEYOND_CUT) => None,
            _ if h.seq < self.needed().get(&h.device).copied().unwrap_or(0) => None,
            true if weighed => Some(Outcome::Refused(Refusal::Cut)),
            _ => Some(Outcome::Held(HeldWhy::Membership)),
        }
    }

    fn judge_parents(&self, change: &Change, witness: &impl Witness) -> Outcome {
        let mut deepest = 0;
        let mut missing = false;
        for parent in &change.parents {
            match self.changes.get(&parent.id) {
                Some(p) => deepest = deepest.max(p.epoch),
                None if self.is_after_fork(&parent.pos) => {}
                None => missing = true,
            }
        }
        if missing {
            // While this waits, what it refers to is needed, even if its
            // author was removed meanwhile (`Log::needed`).
            return Outcome::Held(HeldWhy::Parents);
        }
        if change.epoch <= deepest || change.epoch > deepest.saturating_add(MAX_EPOCH_STEP) {
            return Outcome::Refused(Refusal::WrongDepth);
        }
        if let Action::CutDevice { device, .. } = &change.action {
            // Only its person's own record can end a device: else a stolen
            // device could end the others.
            return match witness.revoked(&change.person, device) {
                Verdict::Holds => Outcome::Accepted,
                Verdict::Fails | Verdict::Unknown => Outcome::Held(HeldWhy::Device),
            };
        }
        Outcome::Accepted
    }

    /// Whether the entry stands where its device's log has two versions, or after.
    pub(super) fn is_after_fork(&self, pos: &Pos) -> bool {
        self.forks
            .get(&pos.device)
            .is_some_and(|f| pos.seq >= f.seq)
    }

    fn accept(&mut self, entry: Entry, result: &mut Insertion) -> Outcome {
        let pos = entry.pos();
        // What is only weighed is kept without what it says: else whoever was
        // removed could have everybody store it.
        let counting = self.counting_of(entry.header());
        let entry = match pos.device != self.me && pos.seq >= counting {
            true => entry.without_body(),
            false => entry,
        };
        let is_change = self.push(&entry);
        let named = |p: &Vec<Pos>| p.iter().any(|p| p.device == pos.device && p.seq >= pos.seq);
        if !entry.header().ahead.is_empty() || self.ahead.values().any(named) {
            self.reorder();
            result.reordered = true;
        }
        result.accepted.push(entry);
        if is_change {
            self.settle(result);
        }
        match self.len(&pos.device) > pos.seq {
            true => Outcome::Accepted,
            // It was undone by what it changed itself, or what waited for it.
            false => Outcome::Refused(Refusal::Cut),
        }
    }

    /// Puts an entry at the end of its log; says whether it is a change.
    fn push(&mut self, entry: &Entry) -> bool {
        let (h, pos) = (entry.header(), entry.pos());
        let mut row = Row::of(entry);
        self.back_in(&pos, &mut row);
        self.ids.insert(row.id, pos);
        if !h.ahead.is_empty() {
            self.ahead.insert(pos, h.ahead.clone());
        }
        let log = self.devices.entry(h.device).or_insert_with(|| DeviceLog {
            person: h.person,
            rows: Vec::new(),
            lead: 0,
        });
        let lead = log.lead;
        let leads = lead < MAX_ANSWERS && lead == log.rows.len() as u64;
        if leads && h.kind.class() == Class::Change {
            log.lead += 1;
        }
        log.rows.push(row);
        match entry.body() {
            Some(Body::Erase(targets)) => {
                for t in targets {
                    self.erasures.entry(t).or_default().insert(pos);
                }
            }
            Some(Body::Erased(done)) => {
                for e in done {
                    self.erased_by.entry(e).or_default().insert(pos);
                }
            }
            _ => {}
        }
        let change = as_change(entry, Footing::Logged);
        let is_change = change.is_some();
        if let Some(change) = change {
            self.changes.insert(change.id, change);
        }
        is_change
    }

    fn fork(&mut self, other: Entry, result: &mut Insertion) {
        let pos = other.pos();
        let Some((ours, clock)) = self.row(&pos).map(|r| (r.id, r.clock)) else {
            return;
        };
        if self
            .forks
            .get(&pos.device)
            .is_some_and(|f| f.seq <= pos.seq)
        {
            return;
        }
        let fork = Fork {
            device: pos.device,
            person: other.header().person,
            seq: pos.seq,
            entries: [ours, other.id()],
            at: clock.min(other.header().clock),
        };
        self.forks.insert(pos.device, fork.clone());
        // One that came alone isn't in the log that is shortened.
        let alone = |c: &Change| c.footing == Footing::Alone && c.pos.device == pos.device;
        self.changes.retain(|_, c| !alone(c) || c.pos.seq < pos.seq);
        result.forks.push((fork, other.without_body()));
        self.settle(result);
    }

    /// Works out membership anew and shortens the logs that it cuts, until
    /// nothing changes.
    fn settle(&mut self, result: &mut Insertion) {
        result.changed = true;
        let before = self.shown();
        loop {
            self.refold();
            let needed = self.needed();
            let agreed = self.all_agreed();
            let keep: Vec<(DeviceId, u64)> = self
                .devices
                .iter()
                .map(|(d, l)| (*d, self.keep(d, l, &agreed, &needed)))
                .collect();
            let before = result.voided.len();
            for (device, n) in keep {
                self.shorten(&device, n, result);
            }
            if result.voided.len() == before {
                break;
            }
        }
        let after = self.shown();
        for (device, n) in &after {
            let was = before.get(device).copied().unwrap_or(0);
            let pos = |seq| Pos {
                device: *device,
                seq,
            };
            if *n < was && *n < self.len(device) {
                result.hidden.push(Voided { from: pos(*n) });
            }
            result.revealed.extend((was..*n).map(pos));
        }
        // Whoever doesn't count puts nothing in another place either.
        if !result.voided.is_empty() || (before != after && !self.ahead.is_empty()) {
            self.reorder();
            result.reordered = true;
        }
    }

    /// How many entries of each log are shown.
    fn shown(&self) -> BTreeMap<DeviceId, u64> {
        let all = self.devices.keys();
        all.map(|d| (*d, self.shown_of(d))).collect()
    }

    fn refold(&mut self) {
        // The opening entry is always there, so there is always a result.
        if let Some(m) = membership::fold(self.changes.values()) {
            self.membership = m;
        }
    }

    /// How many entries of the device stay: those that count, so many after
    /// them that are weighed, and those that changes refer to; none from a
    /// fork on. The same bounds as in `judge_membership`. Of our own device
    /// only a fork ends the log.
    fn keep(
        &self,
        device: &DeviceId,
        log: &DeviceLog,
        agreed: &BTreeSet<PersonId>,
        needed: &BTreeMap<DeviceId, u64>,
    ) -> u64 {
        let fork = self.forks.get(device).map_or(u64::MAX, |f| f.seq);
        if *device == self.me {
            return fork;
        }
        let counts = self.counting(&log.person, device, log.lead);
        let beyond = counts.saturating_add(MAX_BEYOND_CUT);
        let weighed = match self.membership.was_named(&log.person) {
            true if agreed.contains(&log.person) => beyond,
            true => counts.max(beyond.min(log.lead)),
            false => counts,
        };
        let needed = needed.get(device).copied().unwrap_or(0);
        weighed.max(needed).min(fork)
    }

    /// How much of each log is needed because changes refer to it: those that
    /// are here, and those that wait for nothing else.
    fn needed(&self) -> BTreeMap<DeviceId, u64> {
        let mut needed: BTreeMap<DeviceId, u64> = BTreeMap::new();
        for pos in self.references().chain(self.held.references()) {
            let n = needed.entry(pos.device).or_default();
            *n = (*n).max(pos.seq + 1);
        }
        needed
    }

    fn shorten(&mut self, device: &DeviceId, keep: u64, result: &mut Insertion) {
        let readable = self.still_readable(device, keep, &result.accepted);
        let Some(log) = self.devices.get_mut(device) else {
            return;
        };
        let at = usize::try_from(keep).unwrap_or(usize::MAX);
        if at >= log.rows.len() {
            return;
        }
        let mut of_erasure = false;
        let person = log.person;
        log.lead = log.lead.min(keep);
        for (row, seq) in log.rows.drain(at..).zip(keep..) {
            let pos = Pos {
                device: *device,
                seq,
            };
            self.ids.remove(&row.id);
            self.changes.remove(&row.id);
            self.ahead.remove(&pos);
            of_erasure |= row.kind.class() == Class::Record;
            if readable.contains(&seq) {
                self.behind.insert(pos, Behind { person, row });
                result.behind.push(pos);
            }
        }
        if of_erasure {
            for index in [&mut self.erasures, &mut self.erased_by] {
                index.retain(|_, by| {
                    by.retain(|p| p.device != *device || p.seq < keep);
                    !by.is_empty()
                });
            }
        }
        if log.rows.is_empty() {
            self.devices.remove(device);
        }
        result.accepted.retain(|e| {
            let p = e.pos();
            p.device != *device || p.seq < keep
        });
        result.voided.push(Voided {
            from: Pos {
                device: *device,
                seq: keep,
            },
        });
    }
}

fn as_change(entry: &Entry, footing: Footing) -> Option<Change> {
    let Some(Body::Change(c)) = entry.body() else {
        return None;
    };
    Some(Change {
        id: entry.id(),
        pos: entry.pos(),
        person: entry.header().person,
        epoch: entry.header().epoch,
        parents: c.parents,
        action: c.action,
        footing,
    })
}
