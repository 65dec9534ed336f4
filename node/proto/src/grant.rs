//! What one viewer may do in one share (POL-2, ASK-2; spec 09, "Grants").
//!
//! A [`Grant`] is made in one place, [`Grant::issue`], out of a decision of
//! the policy and a [`Consent`] of the person, both for exactly these terms;
//! or out of an earlier grant, for less. Whoever lets a viewer see or do
//! something asks the grant, each time.

use core::time::Duration;

use crate::digest::Digest;
use crate::id::{DeviceId, PersonId, SessionId};
use crate::limits::Bars;
use crate::policy::application::{AppNames, MAX_SHARED};
use crate::policy::cap::{Duties, Duty};
use crate::policy::decide::{Certainty, Granted};
use crate::rights::{Right, Rights, Scope};
use crate::session::{LONGEST, Reason, Terms};
use crate::time::Monotonic;

/// How a person's consent was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum How {
    /// The person began it themselves.
    Began,
    /// The person was asked, and allowed it.
    Asked,
    /// In advance, by this standing consent (ASK-3).
    Standing(Digest),
    /// Policy and profile don't demand that the person is asked (POL-3).
    NotDemanded,
}

/// The proof that a person allows these terms and nothing beyond them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    terms: Terms,
    how: How,
}

impl Consent {
    /// The person began it: for the code that takes the person's command.
    #[must_use]
    pub fn began(terms: Terms) -> Self {
        Self {
            terms,
            how: How::Began,
        }
    }

    /// The person was shown who asks and exactly these terms, and allowed
    /// them: for the code that asked.
    #[must_use]
    pub fn asked(terms: Terms) -> Self {
        Self {
            terms,
            how: How::Asked,
        }
    }

    /// Where the person need not be asked for these terms: a standing consent
    /// covers them, or nothing demands it.
    #[must_use]
    pub fn in_advance(terms: &Terms, decision: &Granted) -> Option<Self> {
        let waived = !decision.duties.contains(Duty::Accept);
        let definite = decision.certainty == Certainty::Definite;
        (waived && definite).then(|| Self {
            terms: terms.clone(),
            how: decision.consent.map_or(How::NotDemanded, How::Standing),
        })
    }

    /// How it was given.
    #[must_use]
    pub fn how(&self) -> How {
        self.how
    }
}

/// Whether the viewer has decoded a trial picture (PORT-5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trial {
    /// It has.
    Passed,
    /// Not yet.
    Open,
}

/// What one viewer may do in one share. There is no way to make one but
/// [`Grant::issue`] and [`Grant::reduce`].
#[derive(Debug, PartialEq, Eq)]
pub struct Grant {
    session: SessionId,
    viewer: PersonId,
    device: DeviceId,
    view: Scope,
    control: Scope,
    rights: Rights,
    applications: AppNames,
    limits: Bars,
    how: How,
    until: Monotonic,
}

impl Grant {
    /// Makes a grant for `device` of the viewer. `decision` is what the own
    /// side's policy said to [`Terms::question`] just now.
    ///
    /// # Errors
    /// [`Reason::Denied`]: the decision was a dry run, or for less than the
    /// terms; [`Reason::Declined`]: the consent is for other terms;
    /// [`Reason::CaseMissing`], [`Reason::NoTrial`]: a duty is unmet.
    pub fn issue(
        device: DeviceId,
        terms: &Terms,
        decision: &Granted,
        consent: &Consent,
        trial: Trial,
        limits: Bars,
        now: Monotonic,
    ) -> Result<Self, Reason> {
        let e = &terms.extent;
        let cap = decision.cap;
        let covered = decision.certainty == Certainty::Definite
            && e.view <= cap.view
            && e.control <= cap.control
            && e.rights.is_subset(cap.rights);
        if !covered {
            return Err(Reason::Denied);
        }
        if !terms.within(&consent.terms) {
            return Err(Reason::Declined);
        }
        if !terms.case.missing(decision.duties).is_empty() {
            return Err(Reason::CaseMissing);
        }
        if decision.duties.contains(Duty::Trial) && trial == Trial::Open {
            return Err(Reason::NoTrial);
        }
        // Whoever adds a duty must say here how it is met.
        let known = Duties::BUILT_IN
            .union(Duties::CASE)
            .with(Duty::Trial)
            .with(Duty::NoStarters)
            .with(Duty::Meeting);
        if !decision.duties.is_subset(known) {
            return Err(Reason::Denied);
        }
        Ok(Self {
            session: terms.session,
            viewer: terms.viewer,
            device,
            view: e.view,
            control: e.control,
            rights: e.rights,
            applications: e.applications.clone(),
            limits,
            how: consent.how,
            until: now.after(LONGEST),
        })
    }

    /// The same grant for less: `terms` are within those that were granted,
    /// which are `from`.
    ///
    /// # Errors
    /// [`Reason::MoreThanAsked`] if they aren't.
    pub fn reduce(
        device: DeviceId,
        from: &Terms,
        terms: &Terms,
        limits: Bars,
        now: Monotonic,
    ) -> Result<Self, Reason> {
        if !terms.within(from) {
            return Err(Reason::MoreThanAsked);
        }
        let e = &terms.extent;
        Ok(Self {
            session: terms.session,
            viewer: terms.viewer,
            device,
            view: e.view,
            control: e.control,
            rights: e.rights,
            applications: e.applications.clone(),
            limits,
            how: How::Began,
            until: now.after(LONGEST),
        })
    }

    /// The session that it is for.
    #[must_use]
    pub fn session(&self) -> SessionId {
        self.session
    }

    /// Who may.
    #[must_use]
    pub fn viewer(&self) -> PersonId {
        self.viewer
    }

    /// On which device.
    #[must_use]
    pub fn device(&self) -> DeviceId {
        self.device
    }

    /// How much is seen.
    #[must_use]
    pub fn view(&self) -> Scope {
        self.view
    }

    /// Which applications; none where the whole desktop is meant.
    #[must_use]
    pub fn applications(&self) -> &AppNames {
        &self.applications
    }

    /// How the person consented.
    #[must_use]
    pub fn how(&self) -> How {
        self.how
    }

    /// Until when it holds, at the latest.
    #[must_use]
    pub fn until(&self) -> Monotonic {
        self.until
    }

    /// For how long it still holds at `now`.
    #[must_use]
    pub fn left(&self, now: Monotonic) -> Duration {
        self.until.since(now)
    }

    /// Whether it holds at `now` and has `right`.
    #[must_use]
    pub fn allows(&self, right: Right, now: Monotonic) -> bool {
        now < self.until && self.rights.contains(right)
    }

    /// What it says about control; `None` where the viewer only looks.
    #[must_use]
    pub fn control(&self) -> Option<ControlGrant> {
        let rights = self.rights.intersection(Rights::CONTROL);
        let any = self.control > Scope::Nothing && !rights.is_empty();
        any.then(|| ControlGrant {
            session: self.session,
            viewer: self.viewer,
            scope: self.control,
            rights,
            applications: self.applications.clone(),
            limits: self.limits.clone(),
            until: self.until,
        })
    }
}

/// What a viewer may do on the sharer's machine: what a guard judges each
/// input event by. Made by [`Grant::control`] alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlGrant {
    session: SessionId,
    viewer: PersonId,
    scope: Scope,
    rights: Rights,
    applications: AppNames,
    limits: Bars,
    until: Monotonic,
}

impl ControlGrant {
    /// The session that it is for.
    #[must_use]
    pub fn session(&self) -> SessionId {
        self.session
    }

    /// Who may.
    #[must_use]
    pub fn viewer(&self) -> PersonId {
        self.viewer
    }

    /// How much is controlled.
    #[must_use]
    pub fn scope(&self) -> Scope {
        self.scope
    }

    /// Which applications, at most [`MAX_SHARED`]; none where the scope is
    /// the desktop.
    #[must_use]
    pub fn applications(&self) -> &AppNames {
        debug_assert!(self.applications.as_slice().len() <= MAX_SHARED);
        &self.applications
    }

    /// What is barred all the same.
    #[must_use]
    pub fn limits(&self) -> &Bars {
        &self.limits
    }

    /// The rights, out of [`Rights::CONTROL`].
    #[must_use]
    pub fn rights(&self) -> Rights {
        self.rights
    }

    /// Until when it holds, at the latest.
    #[must_use]
    pub fn until(&self) -> Monotonic {
        self.until
    }

    /// Whether it holds at `now` and has `right`.
    #[must_use]
    pub fn allows(&self, right: Right, now: Monotonic) -> bool {
        now < self.until && self.rights.contains(right)
    }
}
