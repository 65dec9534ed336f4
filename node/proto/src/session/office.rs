//! The machine with real keys, policies and people: [`Real`] and the
//! [`Office`] that decides, grants, seals and signs.

use std::collections::BTreeSet;

use rand_core::CryptoRng;

use super::tokens::{Desk, PathNonce, Side, Tokens, Who};
use super::{Accept, Reason, Terms};
use crate::audit::By;
use crate::audit::{Completeness, EndRecord, Extent, Position, judge};
use crate::capability::{Capability, Means, Sharer, possible};
use crate::digest::Digest;
use crate::grant::{Consent, Grant, How, Trial};
use crate::id::{DeviceId, PersonId, RoomId};
use crate::keys::SigningKey;
use crate::limits::Bars;
use crate::policy::cap::Duty;
use crate::policy::checked::Checked;
use crate::policy::consent::{GivenConsent, Verification};
use crate::policy::decide::{Ask, Context, Decision, Granted, Organisation, Source, Stage, decide};
use crate::policy::hosted::Target;
use crate::policy::meeting::MeetingState;
use crate::policy::profile;
use crate::policy::reference::PolicyRefs;
use crate::seal::{
    AcceptKey, Claimed, KemList, LIFETIME, OneTimeKey, Opened, SealContext, SealedMessage,
    SharingParameters, best_common, seal,
};
use crate::signed::{Cosigned, Signed};
use crate::technology::Technology;
use crate::time::{Monotonic, Timestamp};

/// The machine's tokens in earnest.
#[derive(Debug)]
pub struct Real;

/// A viewer's key, with what the seal must be bound to besides.
#[derive(Debug)]
pub struct Key {
    key: AcceptKey,
    context: SealContext,
}

impl Tokens for Real {
    type Terms = Terms;
    type Decision = Granted;
    type Consent = Consent;
    type Grant = Grant;
    type Key = Key;
    type Accept = Signed<Accept>;
    type Claim = Claimed;
    type Sealed = Signed<SealedMessage>;
    type Opened = Opened;
    type Params = SharingParameters;
    type Mark = Position;
    type Record = Cosigned<EndRecord>;
}

/// What the end record says that the machine doesn't know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Course {
    /// When pictures began to go over.
    pub started: Timestamp,
    /// The most that the viewer was granted at any time.
    pub most: Extent,
}

/// Two copies of the parameters of a hosted session: one to be sealed, one to
/// be kept for destroying accounts and doors.
#[derive(Debug)]
pub struct Prepared {
    /// Goes to the viewer.
    pub sealed: SharingParameters,
    /// Stays.
    pub kept: SharingParameters,
}

impl Prepared {
    /// What a native share needs: one key, known to both, used once.
    pub fn native(rng: &mut impl CryptoRng) -> Self {
        let key = OneTimeKey::random(rng);
        let with = |key: &OneTimeKey| SharingParameters {
            one_time_key: key.expose().try_into().ok().map(OneTimeKey::from_bytes),
            ..SharingParameters::default()
        };
        Self {
            sealed: with(&key),
            kept: with(&key),
        }
    }
}

/// Everything that one side decides, grants, seals and signs by, at one
/// moment, for one other device.
#[derive(Debug)]
pub struct Office<'a, R> {
    /// Our person.
    pub me: PersonId,
    /// Our device's key.
    pub key: &'a SigningKey,
    /// The organisations of our person, with their policies in force.
    pub organisations: &'a [Organisation<'a>],
    /// Which documents those are.
    pub policies: &'a PolicyRefs,
    /// The room of the share, as far as both people belong to it by what is
    /// known here. Terms that name another one are refused: what is allowed in
    /// a room isn't for whoever merely names it.
    pub room: Option<RoomId>,
    /// What the organiser set, where the room is a moderated meeting.
    pub meeting: Option<&'a MeetingState>,
    /// Our person's profile.
    pub profile: Option<&'a profile::Profile>,
    /// What the other person lets us know of theirs.
    pub remote: Option<&'a Checked<profile::Terms>>,
    /// Whether our person has verified the other (ID-3).
    pub verified: Verification,
    /// Standing consents of our person.
    pub consents: &'a [GivenConsent],
    /// What our device can do.
    pub mine: &'a Capability,
    /// What the other device can do, as it signed; absent where that isn't
    /// known yet, and then nothing is possible but asking.
    pub theirs: Option<&'a Capability>,
    /// The devices with which a trial picture came through, on the side that is
    /// ours in this session (PORT-5).
    pub tried: &'a BTreeSet<DeviceId>,
    /// The limits on control that our person wants.
    pub limits: Bars,
    /// Where the share leads to, as far as that is known here: the terms don't
    /// say it, because it travels sealed.
    pub target: Target,
    /// Sharer: the parameters of a hosted session, to be taken once.
    pub prepared: Option<Prepared>,
    /// How the share went, for its end record.
    pub course: Option<&'a Course>,
    /// How far our audit log goes.
    pub log: Position,
    /// The time to judge by.
    pub now: Timestamp,
    /// Our monotonic clock.
    pub clock: Monotonic,
    /// Randomness.
    pub rng: &'a mut R,
    /// What was noted on the way, for the audit log.
    pub noted: Noted,
}

/// What an audit log says of a decision beyond what the machine needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Noted {
    /// Where the last decision was denied, if it was (POL-4).
    pub denied: Option<(Stage, Source)>,
    /// The standing consent that stood for the person, if one did (ASK-3).
    pub consent: Option<Digest>,
}

impl<R: CryptoRng> Office<'_, R> {
    fn device(&self) -> DeviceId {
        DeviceId::from(self.key.public())
    }

    fn answer(&self, who: &Who, terms: &Terms) -> Decision {
        // The duty to ask is each side's own, about its own person: what a
        // rule demands of the sharer, the sharer's side sees to.
        let cx = Context {
            now: self.now,
            side: who.side,
            organisations: self.organisations,
            meeting: self.meeting,
            local: self.profile,
            remote: self.remote,
            viewer: self.verified,
            consents: match who.side {
                Side::Sharer => self.consents,
                Side::Viewer => &[],
            },
        };
        let ask = Ask {
            target: self.target,
            ..terms.question()
        };
        decide(&cx, &ask)
    }

    /// Whether the devices can do it, as far as both are known (CAP-1).
    fn can(&self, who: &Who, terms: &Terms) -> Result<(), Reason> {
        let Some(theirs) = self.theirs else {
            return Ok(());
        };
        let means = match (terms.technology, terms.hosted) {
            (Technology::Native, None) => Means::Native,
            (t, Some(kind)) => Means::Hosted(t, kind),
            (_, None) => return Err(Reason::NotPossible),
        };
        let sharer = match who.side {
            Side::Sharer => Sharer::First,
            Side::Viewer => Sharer::Second,
        };
        let way = possible(self.mine, theirs)
            .into_iter()
            .find(|w| w.means == means && w.sharer == sharer)
            .and_then(|w| w.outcome.ok())
            .ok_or(Reason::NotPossible)?;
        match terms.extent.rights.is_subset(way.rights) {
            true => Ok(()),
            false => Err(Reason::NotPossible),
        }
    }

    fn ours(&self, who: &Who, terms: &Terms) -> bool {
        let (me, other) = match who.side {
            Side::Sharer => (terms.sharer, terms.viewer),
            Side::Viewer => (terms.viewer, terms.sharer),
        };
        me == self.me && other == who.person && terms.session == who.session
    }

    fn context(
        &self,
        who: &Who,
        terms: &Terms,
        policies: PolicyRefs,
        kems: (KemList, KemList),
        challenge: crate::seal::Challenge,
    ) -> SealContext {
        let (sender, recipient) = match who.side {
            Side::Sharer => (self.device(), who.device),
            Side::Viewer => (who.device, self.device()),
        };
        SealContext {
            session: who.session,
            sender,
            recipient,
            sender_kems: kems.0,
            recipient_kems: kems.1,
            policies,
            technology: terms.technology,
            hosted: terms.hosted,
            view: terms.extent.view,
            control: terms.extent.control,
            applications: terms.extent.applications.clone(),
            rights: terms.extent.rights,
            challenge,
        }
    }
}

/// The policies of both sides: of one organisation both must have the same
/// document, or they would bind different things.
fn both(a: &PolicyRefs, b: &PolicyRefs) -> Result<PolicyRefs, Reason> {
    let mut all: Vec<_> = a.as_slice().to_vec();
    for p in b.as_slice() {
        match all.iter().find(|q| q.org == p.org) {
            Some(q) if q == p => {}
            Some(_) => return Err(Reason::PoliciesDiffer),
            None => all.push(*p),
        }
    }
    PolicyRefs::new(all).map_err(|_| Reason::TooMany)
}

impl<R: CryptoRng> Office<'_, R> {
    /// What devices, policies and profiles allow of these terms.
    fn permitted(&mut self, who: &Who, terms: &Terms) -> Result<Granted, Reason> {
        if !self.ours(who, terms) {
            return Err(Reason::Misbehaved);
        }
        self.noted.denied = None;
        if terms.room != self.room {
            return Err(Reason::NotInRoom);
        }
        self.can(who, terms)?;
        match self.answer(who, terms) {
            Decision::Denied(d) => {
                self.noted.denied = Some((d.stage, d.source));
                Err(Reason::Denied)
            }
            Decision::Granted(granted) => {
                let e = &terms.extent;
                let enough = e.view <= granted.cap.view
                    && e.control <= granted.cap.control
                    && e.rights.is_subset(granted.cap.rights);
                if !enough {
                    // The step that took the last of it.
                    let last = granted.steps.last();
                    self.noted.denied = last.map(|s| (s.stage, s.source));
                    return Err(Reason::Denied);
                }
                Ok(granted)
            }
        }
    }
}

impl<R: CryptoRng> Office<'_, R> {
    /// Whether a trial picture has to come through before anybody is asked
    /// about these terms (PORT-5).
    pub fn demands_trial(&mut self, who: &Who, terms: &Terms) -> bool {
        let permitted = self.permitted(who, terms);
        permitted.is_ok_and(|g| g.duties.contains(Duty::Trial))
    }

    /// How the trial stands. A share that runs is its own. One of ours says
    /// nothing of another program's viewer.
    fn trial(&self, who: &Who, terms: &Terms) -> Trial {
        let passed = self.course.is_some()
            || (terms.technology == Technology::Native && self.tried.contains(&who.device));
        match passed {
            true => Trial::Passed,
            false => Trial::Open,
        }
    }
}

impl<R: CryptoRng> Desk<Real> for Office<'_, R> {
    fn decide(&mut self, who: &Who, terms: &Terms) -> Result<Granted, Reason> {
        let granted = self.permitted(who, terms)?;
        // Before anybody is asked in vain (CASE-1, PORT-5).
        if !terms.case.missing(granted.duties).is_empty() {
            return Err(Reason::CaseMissing);
        }
        match granted.duties.contains(Duty::Trial) && self.trial(who, terms) == Trial::Open {
            true => Err(Reason::NoTrial),
            false => Ok(granted),
        }
    }

    /// Duties are those of a share's beginning.
    fn still(&mut self, who: &Who, terms: &Terms) -> Result<(), Reason> {
        self.permitted(who, terms).map(|_| ())
    }

    fn consented(&mut self, who: &Who, terms: &Terms, decision: &Granted) -> Option<Consent> {
        match who.side {
            Side::Sharer => {
                let consent = Consent::in_advance(terms, decision);
                self.noted.consent = match consent.as_ref().map(Consent::how) {
                    Some(How::Standing(id)) => Some(id),
                    _ => None,
                };
                consent
            }
            // A viewer's screen fills with somebody else's: always asked.
            Side::Viewer => None,
        }
    }

    fn grant(
        &mut self,
        who: &Who,
        terms: &Terms,
        decision: Granted,
        consent: Consent,
    ) -> Result<Grant, Reason> {
        let (trial, limits) = (self.trial(who, terms), self.limits.clone());
        Grant::issue(
            match who.side {
                Side::Sharer => who.device,
                Side::Viewer => self.device(),
            },
            terms,
            &decision,
            &consent,
            trial,
            limits,
            self.clock,
        )
    }

    fn reduce(&mut self, who: &Who, from: &Terms, to: &Terms) -> Result<Grant, Reason> {
        Grant::reduce(who.device, from, to, self.limits.clone(), self.clock)
    }

    fn within(&self, offered: &Terms, asked: &Terms) -> bool {
        offered.within(asked)
    }

    fn same_sight(&self, a: &Terms, b: &Terms) -> bool {
        a.same_sight(b)
    }

    fn seen_only(&self, terms: &Terms) -> Option<Terms> {
        terms.seen_only()
    }

    fn accept(&mut self, who: &Who, terms: &Terms) -> Result<(Key, Signed<Accept>), Reason> {
        let theirs = self.theirs.ok_or(Reason::NotPossible)?;
        let policies = both(&terms.policies, self.policies)?;
        let kems = self.mine.kems.clone();
        let kem = best_common(&theirs.kems, &kems).ok_or(Reason::NotPossible)?;
        let key = AcceptKey::generate(kem, who.session, self.clock, self.rng);
        let accept = Accept {
            session: who.session,
            sharer: who.device,
            viewer: self.device(),
            offer: terms.digest(),
            policies: self.policies.clone(),
            kems: kems.clone(),
            key: key.public().clone(),
            challenge: key.challenge(),
        };
        let accept = Signed::sign(&accept, self.key).map_err(|_| Reason::SealFailed)?;
        let kems = (theirs.kems.clone(), kems);
        let context = self.context(who, terms, policies, kems, key.challenge());
        Ok((Key { key, context }, accept))
    }

    fn seal(
        &mut self,
        who: &Who,
        terms: &Terms,
        accept: Signed<Accept>,
        claim: &Claimed,
    ) -> Result<(Signed<SealedMessage>, SharingParameters), Reason> {
        let a = accept.payload();
        let fits = claim.session() == who.session
            && a.session == who.session
            && a.sharer == self.device()
            && a.viewer == who.device
            && DeviceId::from(accept.signer()) == who.device
            && a.offer == terms.digest();
        if !fits {
            return Err(Reason::Misbehaved);
        }
        let policies = both(&terms.policies, &a.policies)?;
        let kems = (self.mine.kems.clone(), a.kems.clone());
        let context = self.context(who, terms, policies, kems, a.challenge);
        let prepared = match (self.prepared.take(), terms.technology) {
            (Some(prepared), _) => prepared,
            (None, Technology::Native) => Prepared::native(self.rng),
            (None, _) => return Err(Reason::LaunchFailed),
        };
        let expires = self.now.after(LIFETIME);
        let sealed = seal(
            &context,
            &a.key,
            prepared.sealed,
            self.key,
            self.now,
            expires,
            self.rng,
        )
        .map_err(|_| Reason::SealFailed)?;
        Ok((sealed, prepared.kept))
    }

    fn open(
        &mut self,
        _who: &Who,
        _terms: &Terms,
        key: Key,
        sealed: Signed<SealedMessage>,
    ) -> Result<Opened, Reason> {
        sealed
            .open(key.key, &key.context, self.now, self.clock)
            .map_err(|_| Reason::SealFailed)
    }

    fn release(&mut self, opened: Opened, claim: Claimed) -> Result<SharingParameters, Reason> {
        opened
            .release(claim, self.clock)
            .map_err(|_| Reason::SealFailed)
    }

    fn nonce(&mut self) -> PathNonce {
        PathNonce::random(self.rng)
    }

    fn mark(&mut self) -> Position {
        self.log
    }

    fn record(
        &mut self,
        who: &Who,
        terms: &Terms,
        (by, reason): (By, Reason),
        viewer_log: Option<Position>,
    ) -> Option<Cosigned<EndRecord>> {
        let course = self.course?;
        let record = EndRecord {
            session: who.session,
            sharer: self.me,
            sharer_device: self.device(),
            viewer: who.person,
            viewer_device: who.device,
            technology: terms.technology,
            started: course.started,
            ended: self.now.max(course.started),
            extent: course.most.clone(),
            policies: terms.policies.clone(),
            by,
            reason: reason.code(),
            case: terms.case.clone(),
            sharer_log: self.log,
            viewer_log: viewer_log.unwrap_or(Position {
                length: 0,
                last: None,
            }),
        };
        Cosigned::new(record, self.key).ok()
    }

    fn cosign(
        &mut self,
        who: &Who,
        terms: &Terms,
        mut record: Cosigned<EndRecord>,
    ) -> Option<Cosigned<EndRecord>> {
        let course = self.course?;
        let r = record.payload();
        let fits = judge(&record) == Ok(Completeness::SharerOnly)
            && r.session == who.session
            && r.sharer == who.person
            && r.sharer_device == who.device
            && r.viewer == self.me
            && r.viewer_device == self.device()
            && r.technology == terms.technology
            && r.extent == course.most
            && r.policies == terms.policies
            && r.case == terms.case
            && r.viewer_log.length <= self.log.length
            && (r.viewer_log.length != self.log.length || r.viewer_log == self.log);
        if !fits {
            return None;
        }
        record.add_signature(self.key).ok()?;
        Some(record)
    }

    fn whole(&mut self, who: &Who, record: &Cosigned<EndRecord>) -> bool {
        let r = record.payload();
        judge(record) == Ok(Completeness::Both)
            && r.session == who.session
            && r.sharer_device == self.device()
            && r.viewer_device == who.device
    }
}
