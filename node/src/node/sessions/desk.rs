//! One step of a session: the office is built from what the node has now, the
//! machine takes the event, and its effects are carried out in their order.

use std::collections::{BTreeMap, VecDeque};

use kith_api::Verification;
use kith_proto::audit::{self, By};
use kith_proto::capability::{Capability, Means, Offer};
use kith_proto::grant::Grant;
use kith_proto::id::SessionId;
use kith_proto::policy::consent;
use kith_proto::policy::hosted::Target;
use kith_proto::rights::{Right, Rights};
use kith_proto::seal::{CLAIM_KEPT, ClaimError, Claimed};
use kith_proto::session::{
    Course, Effect, Event, Fact, Kept, Noted, Office, Ran, Real, Reason, Session, Side, Terms,
    Told, Who,
};
use kith_proto::signed::Signed;
use kith_proto::technology::Technology;
use kith_proto::time::{Monotonic, Timestamp};
use kith_proto::validity::Validity;
use rand_core::UnwrapErr;

use super::super::open::Open;
use super::show::with_control;
use super::written::{fact_event, share_of};
use super::{Asks, NOTHING, One, Pressed, most};
use crate::random::System;
use crate::share::Bye;
use crate::store::{audit as audit_rows, sessions as rows};

/// For how long our own capability record holds. It is made for one request.
const CAPABLE: core::time::Duration = core::time::Duration::from_secs(3600);

pub(super) type Rng = UnwrapErr<System>;

impl Open {
    /// Does something with everything that decisions rest on.
    pub(super) fn with_office<T>(
        &mut self,
        who: &Who,
        one: Option<&One>,
        act: impl FnOnce(&mut Office<'_, Rng>, Monotonic) -> T,
    ) -> T {
        let (now, clock) = (self.now(), self.sessions.clock());
        let judged = *self.account.judge(now);
        let organisations = self.policies.organisations(&judged);
        let policies = self.policies.references();
        let mine = self.capability(judged.now());
        let target = one.map_or(Target::Peer, Self::target);
        let limits = one.map(|one| self.bars_of_share(one)).unwrap_or_default();
        let verified = match self.people.get(&who.person).map(|p| p.verified) {
            Some(Verification::Verified) => consent::Verification::Verified,
            _ => consent::Verification::Unverified,
        };
        let tried = self.sessions.trials.passed(who.side);
        let room = one.and_then(|one| self.common_room(one.last.room, &who.person));
        let meeting = self.moderated(room);
        let mut office = Office {
            me: self.account.person(),
            key: self.account.device_key(),
            organisations: &organisations,
            policies: &policies,
            room,
            meeting: meeting.as_ref(),
            profile: self.allowed.mine(),
            remote: self.allowed.of(&who.device),
            verified,
            consents: &self.consents,
            mine: &mine,
            theirs: one.and_then(|o| o.theirs.as_ref()),
            tried: &tried,
            limits,
            target,
            prepared: None,
            course: one.and_then(|o| o.course.as_ref()),
            log: self.audit.position(),
            now: judged.now(),
            clock,
            rng: &mut crate::random::system(),
            noted: Noted::default(),
        };
        let done = act(&mut office, clock);
        self.sessions.noted = office.noted;
        done
    }

    /// What this device can do, as contacts are told; and what sessions can do
    /// here beyond that: a toy desktop and a picture in a file need no screen,
    /// a server that a person names no program.
    fn capability(&self, now: Timestamp) -> Capability {
        let account = &self.account;
        let mut said = match self.my_capability() {
            Some(own) => own.clone(),
            None => crate::env::unlooked(account.person(), account.device(), 0, now),
        };
        said.seq = now.as_millis();
        said.validity = Validity::starting(now, CAPABLE);
        let toy = Rights::of(&[
            Right::View,
            Right::Pointer,
            Right::Keyboard,
            Right::Pointing,
        ]);
        let mut offers: BTreeMap<Means, Offer> =
            said.offers.iter().map(|o| (o.means, *o)).collect();
        let native = offers.entry(Means::Native).or_insert(Offer {
            means: Means::Native,
            share: None,
            join: None,
        });
        native.share = native.share.or(Some(toy));
        native.join = native.join.or(Some(toy));
        let hosted = self.hosted_offer(toy.difference(Rights::of(&[Right::Pointing])));
        offers.insert(hosted.means, hosted);
        said.offers = offers.into_values().collect();
        said
    }

    /// The same, signed, as it goes with what begins a session.
    pub(super) fn signed_capability(&mut self) -> Vec<u8> {
        let now = self.now();
        let judged = *self.account.judge(now);
        let capability = self.capability(judged.now());
        Signed::sign(&capability, self.account.device_key())
            .map(|s| s.bytes().to_vec())
            .unwrap_or_default()
    }

    /// Begins a session: `begin` makes it with the office.
    pub(super) async fn begin_session(
        &mut self,
        mut one: One,
        begin: impl FnOnce(
            &mut Office<'_, Rng>,
            Monotonic,
        ) -> Result<(Session<Real>, Vec<Effect<Real>>), Reason>,
    ) -> Result<SessionId, Reason> {
        if self.observe_policies().await.is_err() {
            return Err(Reason::Storage);
        }
        let who = one.who;
        let (session, effects) = match self.with_office(&who, Some(&one), begin) {
            Ok(begun) => begun,
            Err(reason) => {
                self.write_refused_here(&one, &one.last, reason).await;
                return Err(reason);
            }
        };
        one.session = Some(session);
        self.sessions.all.insert(who.session, one);
        self.do_session(who.session, effects).await;
        self.tell_share(&who.session);
        Ok(who.session)
    }

    /// Something happened to a session.
    pub(in super::super) async fn session_event(&mut self, id: &SessionId, event: Event<Real>) {
        self.note_hands(id);
        let offers = self
            .sessions
            .all
            .get(id)
            .is_some_and(|o| o.offered.is_some());
        let spot = match &event {
            Event::Claimed(Ok(_)) if offers => self.spot(id).await,
            _ => None,
        };
        let Some(mut one) = self.sessions.all.remove(id) else {
            return;
        };
        let Some(session) = one.session.take() else {
            self.sessions.all.insert(*id, one);
            return;
        };
        let who = one.who;
        if let Event::Received(received) = &event {
            one.trace.note(&received.told);
        }
        // The parameters of a hosted session are made for the one step that
        // seals them.
        let prepared = match (&event, &mut one.offered) {
            (Event::Claimed(Ok(_)), Some(offered)) => offered.prepare(spot),
            _ => None,
        };
        let (session, effects) = self.with_office(&who, Some(&one), |office, clock| {
            office.prepared = prepared;
            session.handle(event, office, clock)
        });
        one.who = *session.who();
        one.session = Some(session);
        self.sessions.all.insert(*id, one);
        self.do_session(*id, effects).await;
        self.tell_share(id);
    }

    /// Carries effects out, in their order; what they bring about comes after.
    /// Facts that follow each other, and a claim behind them, are one write.
    pub(super) async fn do_session(&mut self, id: SessionId, effects: Vec<Effect<Real>>) {
        let mut after = VecDeque::new();
        let mut effects = effects.into_iter().peekable();
        let mut written = Ok(());
        while let Some(effect) = effects.next() {
            let mut facts = Vec::new();
            let mut next = Some(effect);
            while let Some(Effect::Audit(fact)) = next {
                facts.push(fact);
                next = effects.next_if(|e| matches!(e, Effect::Audit(_) | Effect::Claim));
            }
            let ends = |e: &Effect<Real>| {
                matches!(e, Effect::Destroy | Effect::Unring | Effect::Over { .. })
            };
            if written.is_ok() && (!facts.is_empty() || matches!(next, Some(Effect::Claim))) {
                let claims = matches!(next, Some(Effect::Claim));
                match self.write_down(&id, facts, claims).await {
                    Ok(claimed) => after.extend(claimed.map(Event::Claimed)),
                    Err(()) if claims => after.push_back(Event::Claimed(Err(Reason::Storage))),
                    Err(()) => {
                        // What can't be written down doesn't go on.
                        written = Err(());
                        self.destroy(&id);
                        after.push_back(Event::Stop(By::Program, Reason::Storage));
                    }
                }
                next = next.filter(|_| !claims);
            }
            let Some(effect) = next.filter(|e| written.is_ok() || ends(e)) else {
                continue;
            };
            if let Some(event) = self.effect(&id, effect).await {
                after.push_back(event);
            }
        }
        // Where no warden watches, nobody else says that hands are on.
        if self.sessions.has_hands(&id) {
            self.hands_are_on(&id).await;
            Box::pin(self.control_counts(&id)).await;
        } else {
            self.hands_are_off().await;
        }
        for event in after {
            Box::pin(self.session_event(&id, event)).await;
        }
    }

    async fn effect(&mut self, id: &SessionId, effect: Effect<Real>) -> Option<Event<Real>> {
        let one = self.sessions.all.get_mut(id)?;
        let who = one.who;
        if let Some(terms) = one.session.as_ref().and_then(Session::terms) {
            one.last = terms.clone();
        }
        match effect {
            Effect::Tell { to, path, told } => {
                let path = match (&told, path) {
                    (Told::Accept(_), None) => self.best_way(&to).await,
                    (_, path) => path,
                };
                // Only what begins a session carries it.
                let capability = match told {
                    Told::Ask(_) | Told::Offer(_) => self.signed_capability(),
                    _ => Vec::new(),
                };
                let one = self.sessions.all.get_mut(id)?;
                one.trace.note(&told);
                let session = one.session.as_ref()?;
                let message = session.say(told, &capability);
                self.session_say(to, path, message.to_bytes()).await;
            }
            Effect::Ring(terms) => {
                one.rings = Some(terms);
                return self.put_at_screen(id);
            }
            Effect::Unring => {
                one.rings = None;
                one.asks = Asks::Viewer;
                self.withdraw_at_screen(id);
            }
            // Written down in `do_session`.
            Effect::Claim | Effect::Audit(_) => {}
            Effect::Launch(ready) => {
                one.course = Some(begins(&one.last));
                self.sessions.room.came_about(who.person);
                self.note_way(id, ready.path, &ready.nonce).await;
                if let Err(reason) = self.launch(id, ready) {
                    return Some(Event::Stop(By::Program, reason));
                }
                return self.beyond_limits(id);
            }
            Effect::Regrant(grant) => {
                self.regrant(id, &grant);
                return self.beyond_limits(id);
            }
            // The share engine finds other paths by itself.
            Effect::Move(..) => {}
            Effect::Destroy => self.destroy(id),
            Effect::Over {
                by,
                reason,
                record,
                ran,
            } => {
                one.over = Some((by, reason));
                one.trace.over = Some(reason);
                one.heard(Err(reason));
                self.sessions.shares.foreknown().forget(id);
                let share = share_of(one);
                let record = record.filter(|_| ran == Ran::Yes);
                self.over(share, (by, reason, ran), record).await;
                self.tell_ended(id);
                if let Some(one) = self.sessions.all.remove(id) {
                    self.keep_trace(who, one.trace);
                }
            }
        }
        None
    }

    /// Writes facts to the audit log, and the session down as used where that
    /// is asked for, in one transaction.
    async fn write_down(
        &mut self,
        id: &SessionId,
        mut facts: Vec<Fact<Real>>,
        claims: bool,
    ) -> Result<Option<Result<Claimed, Reason>>, ()> {
        let Some(one) = self.sessions.all.get_mut(id) else {
            return Ok(None);
        };
        let who = one.who;
        if let Some(terms) = one.session.as_ref().and_then(Session::terms) {
            one.last = terms.clone();
        }
        let mut kept = None;
        // The other side may say that control counts again and again.
        let first = one.pressed == Pressed::Awaited;
        facts.retain(|f| match f {
            Fact::Counts(terms, None) => first && terms.extent.control != NOTHING,
            _ => true,
        });
        for fact in &facts {
            if let Fact::Escalated(..) | Fact::Counts(_, None) = fact {
                one.pressed = Pressed::Written;
            }
            if let (Fact::Escalated(terms, _) | Fact::Counts(terms, _), Some(course)) =
                (fact, &mut one.course)
            {
                course.most = most(&course.most, &terms.extent);
            }
            if let Fact::Started(terms)
            | Fact::Escalated(terms, _)
            | Fact::Reduced(terms, ..)
            | Fact::Counts(terms, _) = fact
            {
                kept = Some(Kept {
                    terms: terms.clone(),
                    course: one.course.clone().unwrap_or_else(|| begins(terms)),
                });
            }
            // While it runs, that is said of more; once, until it is asked for anew.
            match (who.side, fact) {
                (Side::Viewer, Fact::Refused(_, reason)) => {
                    one.refused = Some(*reason);
                    one.heard(Err(*reason));
                }
                (Side::Viewer, Fact::Escalated(..)) => one.heard(Ok(())),
                (Side::Viewer, Fact::Asked(_)) => one.refused = None,
                _ => {}
            }
        }
        let share = share_of(one);
        let (policies, noted) = (self.policies.references(), self.sessions.noted);
        let events = facts
            .into_iter()
            .map(|f| fact_event(f, share.clone(), &policies, noted));
        let (entries, log) = self.next_entries(events).map_err(|_| ())?;
        let now = self.now();
        let until = now.after(CLAIM_KEPT);
        let claimed = self
            .store
            .write(move |tx| {
                for (entry, head) in &entries {
                    audit_rows::append(tx, entry, head)?;
                }
                if let Some(kept) = &kept {
                    rows::runs(tx, &who.session, kept)?;
                }
                claims
                    .then(|| rows::claim(tx, &who, now, until))
                    .transpose()
            })
            .await
            .map_err(|_| ())?;
        self.audit = log;
        Ok(claimed.map(|claimed| {
            claimed.map_err(|e| match e {
                ClaimError::Used => Reason::SessionUsed,
                ClaimError::Full => Reason::TooMany,
                ClaimError::NotDurable => Reason::Storage,
            })
        }))
    }

    /// Control as the grant says, from now on.
    fn regrant(&mut self, id: &SessionId, grant: &Grant) {
        let Some(one) = self.sessions.all.get_mut(id) else {
            return;
        };
        one.how = Some(grant.how());
        if grant.control().is_none() {
            one.pressed = Pressed::Written;
        }
        if one.last.technology != Technology::Native {
            return self.regrant_hosted(id, grant.control());
        }
        let share = one.share;
        one.control = grant.control();
        if one.control.is_some() {
            return self.give_control(id);
        }
        let shares = self.sessions.shares();
        match share {
            Some(share) if shares.controllers(share).contains(id) => {
                let _ = shares.take_control_from(*id);
            }
            _ => {
                let _ = shares.decline_control(*id);
            }
        }
    }

    /// The screen let a viewer control. Where the newest grant has none of it,
    /// because it was taken back meanwhile, it isn't kept (POL-7).
    pub(super) fn keep_to_grant(&mut self, id: &SessionId) {
        let barred = self.sessions.all.get(id).filter(|o| o.control.is_none());
        let Some(technology) = barred.map(|o| o.last.technology) else {
            return;
        };
        match technology {
            Technology::Native => {
                let _ = self.sessions.shares().decline_control(*id);
            }
            _ => self.regrant_hosted(id, None),
        }
    }

    /// Everything of the share that is left here, at once.
    fn destroy(&mut self, id: &SessionId) {
        let Some(one) = self.sessions.all.get_mut(id) else {
            return;
        };
        if let Some(params) = one.params.take() {
            params.destroy();
        }
        // With the password, where that was never sealed.
        one.offered = None;
        one.overseen = None;
        one.control = None;
        let share = one.share.take();
        // The other side's share engine may be faster than our word on it.
        let over = one.session.as_ref().and_then(Session::over);
        let bye = match over {
            Some((By::Policy, _)) => Bye::Revoked,
            Some((_, Reason::Closed)) => Bye::Closed,
            _ => Bye::Stopped,
        };
        let shares = self.sessions.shares().clone();
        let _ = shares.end(*id, bye);
        let _ = self.sessions.hosted().end(*id);
        if let Some(one) = self.sessions.all.get_mut(id) {
            one.trace.end(one.params.is_none());
        }
        let others = |share| self.sessions.all.values().any(|o| o.share == Some(share));
        if let Some(share) = share
            && !others(share)
        {
            let _ = shares.stop_sharing(share, bye);
        }
    }

    /// The last word: end record, audit and the mark of the session in one
    /// transaction.
    pub(super) async fn over(
        &mut self,
        share: audit::Share,
        (by, reason, ran): (By, Reason, Ran),
        record: Option<kith_proto::signed::Cosigned<audit::EndRecord>>,
    ) {
        let id = share.session;
        let event = audit::Event::Ended {
            share,
            by,
            reason: reason.code(),
            record: record.as_ref().map(|r| r.digest()),
        };
        // A session that never ran has its refusal in the log already.
        let next = match ran {
            Ran::Yes => self.next_entry(event).ok(),
            Ran::Never => None,
        };
        let Some((entry, head, log)) = next else {
            let _ = self.store.write(move |tx| rows::over(tx, &id)).await;
            return;
        };
        let written = self
            .store
            .write(move |tx| {
                if let Some(record) = &record {
                    audit_rows::put_end_record(tx, record)?;
                }
                audit_rows::append(tx, &entry, &head)?;
                rows::over(tx, &id)
            })
            .await;
        // Otherwise the next start finds the session open, and says so.
        if written.is_ok() {
            self.audit = log;
        }
    }
}

/// A share that runs from now on. Control that was agreed on with it isn't
/// granted before it counts: a person may still refuse it at the screen.
fn begins(terms: &Terms) -> Course {
    Course {
        started: crate::cli::wall_clock(),
        most: with_control(terms, NOTHING).extent,
    }
}

#[cfg(test)]
mod tests;
