//! The decision: what one viewer may do in one share, or at which step and
//! why not (POL-2 to POL-6; spec 04, "The decision").
//!
//! It is a meet of caps, so it is total, does not depend on the order of
//! rules, and can't be widened by adding any (POL-1). Both sides decide for
//! themselves; the side that owns the resource enforces (POL-5).

use super::application::{MAX_SHARED, Starts, What};
use super::cap::{Cap, Duties, Duty};
use super::chain::Unusable;
use super::checked::Checked;
use super::compiled::{Compiled, Query};
use super::consent::{GivenConsent, Verification};
use super::hosted::Target;
use super::lenient::Understood;
use super::meeting::{MeetingGap, MeetingState};
use super::profile::{Profile, Terms};
use super::roles::{Power, Role};
use super::rule::{Capacity, Direction, Level};
use crate::digest::Digest;
use crate::id::{OrgId, PersonId, RoomId};
use crate::rights::{Rights, Scope};
use crate::technology::{Technologies, Technology};
use crate::time::Timestamp;

/// The most steps in a derivation. A step is written only where it takes
/// something or demands something new; the axes are finite (4 + 4 scopes, 8
/// rights, 8 duties), and one more can deny.
pub const MAX_STEPS: usize = 25;

/// How much is wished for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Wish {
    /// How much to see.
    pub view: Scope,
    /// How much to control.
    pub control: Scope,
    /// What else.
    pub rights: Rights,
}

impl Wish {
    /// As much as there is: for a dry run that shows what would be possible.
    pub const ALL: Self = Self {
        view: Scope::Desktop,
        control: Scope::Desktop,
        rights: Rights::ALL,
    };

    /// The wish as a bound: nobody gets more than was asked for.
    #[must_use]
    pub const fn cap(self) -> Cap {
        Cap {
            view: self.view,
            control: self.control,
            rights: self.rights,
            demands: Duties::NONE,
        }
    }
}

/// A question to the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// Whose screen.
    pub sharer: PersonId,
    /// Who sees it.
    pub viewer: PersonId,
    /// In which room, if in one.
    pub room: Option<RoomId>,
    /// With which technology.
    pub technology: Technology,
    /// Who begins.
    pub direction: Direction,
    /// What is to be shared.
    pub what: What,
    /// How much is wished for.
    pub wish: Wish,
    /// Where the share leads to.
    pub target: Target,
}

/// Which of the two decides here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The sharer's own device.
    Sharer,
    /// The viewer's own device.
    Viewer,
}

/// An organisation that the deciding person belongs to, and its policy, or
/// why there is none to decide by.
#[derive(Debug, Clone, Copy)]
pub struct Organisation<'a> {
    /// Which.
    pub org: OrgId,
    /// The policy in force ([`super::chain::PolicyChain::in_force`]).
    pub policy: Result<&'a Compiled, Unusable>,
}

/// Everything a decision depends on besides the question.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The time to judge by.
    pub now: Timestamp,
    /// Which side this is.
    pub side: Side,
    /// The organisations of the person who decides. All of them bind; none:
    /// the built-in personal policy alone (POL-6).
    pub organisations: &'a [Organisation<'a>],
    /// What the organiser set, where the room is a moderated meeting; as long
    /// as nothing is known, nothing is allowed. `None`: it isn't one.
    pub meeting: Option<&'a MeetingState>,
    /// The own person's profile.
    pub local: Option<&'a Profile>,
    /// The newest that the other person let us know of theirs, also where it
    /// is over: then nothing is allowed until they let us know anew.
    pub remote: Option<&'a Checked<Terms>>,
    /// Whether the viewer has been verified by the sharer (ID-3).
    pub viewer: Verification,
    /// Standing consents of the sharer. Only the sharer's side has any.
    pub consents: &'a [GivenConsent],
}

/// The steps of a decision, in their order (POL-4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// The question itself.
    Request,
    /// The organisation's policy, and the organiser's settings.
    Organisation,
    /// The own person's profile.
    LocalProfile,
    /// What the other person allows.
    RemoteProfile,
}

/// What took, demanded or denied something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// The question asks for nothing.
    NothingAsked,
    /// A profile, terms or meeting of somebody or something else than the
    /// question is about: our own mistake, refused.
    Mismatch,
    /// No policy of the organisation can be used now.
    Policy(Unusable),
    /// The policy has a part that only a newer Kith understands.
    PolicyNotUnderstood,
    /// Somebody isn't a member.
    Outsider(Capacity),
    /// A member's entry has a part that only a newer Kith understands.
    MemberNotUnderstood(Capacity),
    /// Somebody's role lacks a power.
    Role(Capacity, Role, Power),
    /// The server isn't listed by the policy (PORT-3).
    HostNotListed,
    /// What the policy demands of every share.
    PolicyDemands,
    /// A rule of the policy.
    Rule(u32, Level, Understood),
    /// It isn't in a moderated meeting, and something demands that it be.
    OutsideMeetings,
    /// There is nothing of the organiser to decide by.
    MeetingGap(MeetingGap),
    /// The organiser's setting for the whole meeting.
    Meeting,
    /// The organiser's setting for one person in the meeting.
    MeetingPerson(Capacity),
    /// What the profile demands of every share.
    ProfileDemands,
    /// A rule of the profile.
    ProfileRule(u32, Level, Understood),
    /// What the other person allows.
    Terms,
    /// What the other person allowed is over.
    TermsOver,
}

/// One step of a derivation: what changed, and by what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// In which stage.
    pub stage: Stage,
    /// In which organisation's policy.
    pub org: Option<OrgId>,
    /// By what.
    pub source: Source,
    /// What was allowed before.
    pub before: Cap,
    /// What is allowed after.
    pub after: Cap,
}

/// Whether a decision is about something definite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Certainty {
    /// Of a dry run: rules about applications were left out. Never a ground
    /// to begin a share.
    Preliminary,
    /// For exactly what was asked.
    Definite,
}

/// What is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// The scopes and rights, and what rules demand.
    pub cap: Cap,
    /// Everything that must happen: what rules demand, and what the built-in
    /// policy asks as far as no standing consent covers it.
    pub duties: Duties,
    /// The standing consent that was used.
    pub consent: Option<Digest>,
    /// Whether rules about applications were looked at.
    pub certainty: Certainty,
    /// How it came about.
    pub steps: Vec<Step>,
}

impl Granted {
    /// Whether the sharer may accept once and for all (ASK-3): not where a
    /// rule demands acceptance.
    #[must_use]
    pub fn standing_consent_allowed(&self) -> bool {
        !self.cap.demands.contains(Duty::Accept)
    }
}

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denied {
    /// The step at which it failed (POL-4).
    pub stage: Stage,
    /// In which organisation's policy.
    pub org: Option<OrgId>,
    /// Why.
    pub source: Source,
    /// How it came about.
    pub steps: Vec<Step>,
}

/// What may be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// This much, under these duties.
    Granted(Granted),
    /// Nothing.
    Denied(Denied),
}

impl Decision {
    /// What is allowed; nothing where it is denied.
    #[must_use]
    pub fn cap(&self) -> Cap {
        match self {
            Self::Granted(g) => g.cap,
            Self::Denied(_) => Cap::OFF,
        }
    }

    /// How it came about.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        match self {
            Self::Granted(g) => &g.steps,
            Self::Denied(d) => &d.steps,
        }
    }

    /// Whether a share that runs under `running` may go on unchanged under
    /// this newer decision (POL-7): everything it has is still allowed.
    /// Duties are those of its beginning and aren't asked again.
    #[must_use]
    pub fn still_allows(&self, running: Cap) -> bool {
        let now = self.cap();
        running.view <= now.view
            && running.control <= now.control
            && running.rights.is_subset(now.rights)
    }
}

/// Where a decision stands while it is made.
struct Run {
    cap: Cap,
    /// What is left of control where no program that starts others may be
    /// controlled (GUARD-9).
    without_starters: Scope,
    place: Place,
    stage: Stage,
    org: Option<OrgId>,
    steps: Vec<Step>,
}

/// Where a share is to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Meeting,
    Elsewhere,
}

/// The run ended with a refusal by this.
struct Refused(Source);

impl Run {
    fn meet(&mut self, source: Source, cap: Cap) -> Result<(), Refused> {
        self.meet_where(source, cap, &|| true)
    }

    /// Asks whether `cap` counts only where it would change anything.
    fn meet_where(
        &mut self,
        source: Source,
        mut cap: Cap,
        counts: &dyn Fn() -> bool,
    ) -> Result<(), Refused> {
        if cap.demands.contains(Duty::NoStarters) {
            cap.control = cap.control.min(self.without_starters);
        }
        let (before, after) = (self.cap, self.cap.meet(cap).settled());
        if after == before || !counts() {
            return Ok(());
        }
        self.cap = after;
        self.steps.push(Step {
            stage: self.stage,
            org: self.org,
            source,
            before,
            after,
        });
        if after.is_off() {
            return Err(Refused(source));
        }
        match (self.place, after.demands.contains(Duty::Meeting)) {
            (Place::Elsewhere, true) => self.deny(Source::OutsideMeetings),
            _ => Ok(()),
        }
    }

    fn deny(&mut self, source: Source) -> Result<(), Refused> {
        self.meet(source, Cap::OFF)
    }
}

/// Decides. Pure and total: every context and question has an answer.
#[must_use]
pub fn decide(cx: &Context<'_>, ask: &Ask) -> Decision {
    let what = effective(ask);
    let mut run = Run {
        cap: ask.wish.cap().settled(),
        without_starters: without_starters(what),
        place: match cx.meeting {
            Some(_) => Place::Meeting,
            None => Place::Elsewhere,
        },
        stage: Stage::Request,
        org: None,
        steps: Vec::new(),
    };
    if let Err(Refused(source)) = all_stages(cx, ask, what, &mut run) {
        return Decision::Denied(Denied {
            stage: run.stage,
            org: run.org,
            source,
            steps: run.steps,
        });
    }
    let consent = cx
        .consents
        .iter()
        .find(|c| c.covers(ask, cx.viewer, cx.now));
    let waived = consent.map_or(Duties::NONE, |c| c.consent().waives);
    Decision::Granted(Granted {
        cap: run.cap,
        // What a rule demands is not waived.
        duties: Duties::BUILT_IN.difference(waived).union(run.cap.demands),
        consent: consent.map(GivenConsent::id),
        certainty: match what {
            What::NotChosen => Certainty::Preliminary,
            _ => Certainty::Definite,
        },
        steps: run.steps,
    })
}

/// What is shared in effect: a desktop holds anything.
fn effective(ask: &Ask) -> &What {
    match &ask.what {
        What::NotChosen => &What::NotChosen,
        What::Applications(list)
            if ask.wish.view < Scope::Desktop && !list.is_empty() && list.len() <= MAX_SHARED =>
        {
            &ask.what
        }
        _ => &What::Anything,
    }
}

fn without_starters(what: &What) -> Scope {
    match what {
        What::NotChosen => Scope::Applications,
        What::Applications(list) if list.iter().all(|a| a.starts == Starts::Nothing) => {
            Scope::Applications
        }
        _ => Scope::Nothing,
    }
}

fn all_stages(cx: &Context<'_>, ask: &Ask, what: &What, run: &mut Run) -> Result<(), Refused> {
    if run.cap.is_off() {
        return Err(Refused(Source::NothingAsked));
    }
    let (me, other) = match cx.side {
        Side::Sharer => (ask.sharer, ask.viewer),
        Side::Viewer => (ask.viewer, ask.sharer),
    };
    let ours = cx.local.is_none_or(|p| p.person() == me)
        && cx
            .remote
            .is_none_or(|t| t.person() == other && t.get().to == me)
        && cx.meeting.is_none_or(|m| ask.room == Some(m.room()));
    if !ours {
        run.deny(Source::Mismatch)?;
    }
    let query = Query {
        sharer: ask.sharer,
        viewer: ask.viewer,
        organiser: cx.meeting.map(MeetingState::organiser),
        room: ask.room,
        technology: ask.technology,
        direction: ask.direction,
        what,
    };

    run.stage = Stage::Organisation;
    if let Some(meeting) = cx.meeting {
        let set = match meeting.set() {
            Ok(set) => set,
            Err(gap) => return run.deny(Source::MeetingGap(gap)),
        };
        run.meet(Source::Meeting, set.cap)?;
        for (capacity, person) in [
            (Capacity::Sharer, ask.sharer),
            (Capacity::Viewer, ask.viewer),
        ] {
            if let Some(cap) = set.cap_of(&person) {
                run.meet(Source::MeetingPerson(capacity), cap)?;
            }
        }
    }
    for o in cx.organisations {
        run.org = Some(o.org);
        match o.policy {
            Ok(policy) => organisation(policy, &query, ask.target, run)?,
            Err(why) => run.deny(Source::Policy(why))?,
        }
    }
    run.org = None;
    let elsewhere = matches!(ask.target, Target::Server { .. });
    if elsewhere && cx.organisations.is_empty() {
        run.deny(Source::HostNotListed)?;
    }

    run.stage = Stage::LocalProfile;
    if let Some(profile) = cx.local {
        let rules = profile.compiled();
        run.meet(Source::ProfileDemands, Cap::OPEN.demanding(rules.demands))?;
        rules.applying(&query, |r, applies| {
            let source = Source::ProfileRule(r.number, r.level(), r.understood);
            run.meet_where(source, r.cap, applies)
        })?;
    }

    run.stage = Stage::RemoteProfile;
    if let Some(terms) = cx.remote.map(Checked::get) {
        if !terms.hold(cx.now) {
            return run.deny(Source::TermsOver);
        }
        let theirs = match cx.side {
            Side::Sharer => Capacity::Viewer,
            Side::Viewer => Capacity::Sharer,
        };
        run.meet(Source::Terms, terms.cap(theirs, ask.direction))?;
    }
    Ok(())
}

fn organisation(
    policy: &Compiled,
    q: &Query<'_>,
    target: Target,
    run: &mut Run,
) -> Result<(), Refused> {
    if policy.understood == Understood::Partly {
        run.deny(Source::PolicyNotUnderstood)?;
    }
    let seats = [
        (Capacity::Sharer, Some(q.sharer)),
        (Capacity::Viewer, Some(q.viewer)),
        (Capacity::Organiser, q.organiser),
    ];
    for (capacity, person) in seats {
        let Some(person) = person else { continue };
        let Some(member) = policy.membership(&person) else {
            // Whoever isn't even a participant gets no more than one.
            let lacks = lacking(policy, capacity, Role::Participant);
            let cap = lacks.fold(policy.outsiders, |cap, (_, lack)| cap.meet(lack));
            run.meet(Source::Outsider(capacity), cap)?;
            continue;
        };
        if member.understood == Understood::Partly {
            run.deny(Source::MemberNotUnderstood(capacity))?;
        }
        if let Some(role) = member.role {
            lacking(policy, capacity, role)
                .try_for_each(|(power, cap)| run.meet(Source::Role(capacity, role, power), cap))?;
        }
    }
    if let Target::Server { addr, port } = target {
        let hosted = Technologies::HOSTED.contains(q.technology);
        let listed = |n: &super::hosted::HostedNetwork| n.lists(q.technology, addr, port);
        if !(hosted && policy.hosted.iter().any(listed)) {
            run.deny(Source::HostNotListed)?;
        }
    }
    run.meet(Source::PolicyDemands, Cap::OPEN.demanding(policy.demands))?;
    policy.applying(q, |r, applies| {
        let source = Source::Rule(r.number, r.level(), r.understood);
        run.meet_where(source, r.cap, applies)
    })
}

/// The powers that a role lacks for a part in a share, and what it can't do
/// for that.
fn lacking(
    policy: &Compiled,
    capacity: Capacity,
    role: Role,
) -> impl Iterator<Item = (Power, Cap)> {
    const NO_CONTROL: Cap = Cap {
        control: Scope::Nothing,
        ..Cap::OPEN
    };
    let needs: &[(Power, Cap)] = match capacity {
        Capacity::Sharer => &[(Power::Share, Cap::OFF), (Power::GrantControl, NO_CONTROL)],
        Capacity::Viewer => &[(Power::View, Cap::OFF), (Power::ReceiveControl, NO_CONTROL)],
        Capacity::Organiser => &[(Power::OpenMeeting, Cap::OFF)],
    };
    let powers = policy.powers(role);
    needs
        .iter()
        .copied()
        .filter(move |(power, _)| !powers.contains(*power))
}
