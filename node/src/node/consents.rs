//! Standing consents (ASK-3): given by command, kept, listed, taken back.

use core::time::Duration;

use kith_api::{
    ApiError, Code, ConsentInfo, ConsentRequest, ContactState, Reply, ShareLevel, Verification,
};
use kith_proto::audit;
use kith_proto::digest::Digest;
use kith_proto::id::PersonId;
use kith_proto::names::escape_for_display;
use kith_proto::policy::application::AppName;
use kith_proto::policy::cap::{Cap, Duties, Preset};
use kith_proto::policy::checked::Checked;
use kith_proto::policy::consent::{ConsentEnd, GivenConsent, MAX_CONSENT, StandingConsent};
use kith_proto::rights::{Right, Rights, Scope};
use kith_proto::session::Reason;
use kith_proto::signed::Unverified;
use kith_proto::validity::Validity;

use super::error::{bad, fault};
use super::invites::hex;
use super::open::Open;
use super::typed::no_application;
use crate::store::{audit as audit_rows, consents as rows};

/// The most consents that stand at a time: nobody oversees more.
const MAX_STANDING: usize = 64;

/// What a day is.
const DAY: Duration = Duration::from_secs(86_400);

impl Open {
    /// Reads what was kept. Whatever doesn't hold any more, or can't be
    /// believed, doesn't stand: the person is asked instead.
    pub(super) async fn load_consents(&mut self) {
        let Ok(kept) = self.store.read(rows::all).await else {
            return;
        };
        let (now, log) = (self.judged(), self.account.log());
        let read = |row: &rows::Row| {
            let said = Unverified::<StandingConsent>::parse(&row.bytes).ok()?;
            let said = Checked::check(said, log, &now).ok()?;
            // An end that can't be read ends it all the same.
            match row.ended {
                Some(_) => None,
                None => GivenConsent::standing(&said, core::iter::empty()),
            }
        };
        let (mut standing, mut held) = (Vec::new(), Vec::new());
        for row in &kept {
            match (read(row), &row.held) {
                (Some(given), None) => standing.push(given),
                (Some(given), Some(why)) => held.push((given, why.clone())),
                (None, _) => {}
            }
        }
        (self.consents, self.held_consents) = (standing, held);
    }

    /// Our person has cut short what somebody did here (GUARD-6): nobody is
    /// let in again by what was said before that, until our person says so.
    pub(super) async fn hold_consents(&mut self, viewer: &PersonId, reason: Reason) {
        let (hold, stand) = core::mem::take(&mut self.consents)
            .into_iter()
            .partition(|c: &GivenConsent| c.consent().viewer == *viewer);
        self.consents = stand;
        let hold: Vec<GivenConsent> = hold;
        for given in hold {
            let id = given.id();
            self.held_consents.push((given, reason.name().to_owned()));
            // It is held here whatever becomes of this.
            if let Err(error) = self.keep_held(id, reason).await {
                tracing::warn!(%error, "that a consent is held can't be written down");
            }
        }
    }

    async fn keep_held(&mut self, id: Digest, reason: Reason) -> Result<(), ApiError> {
        let (entry, head, log) = self.next_entry(audit::Event::ConsentHeld {
            consent: id,
            reason: reason.code(),
        })?;
        self.store
            .write(move |tx| {
                rows::hold(tx, &id, Some(reason.name()))?;
                audit_rows::append(tx, &entry, &head)
            })
            .await?;
        self.audit = log;
        Ok(())
    }

    async fn consent_resume(&mut self, wanted: &str) -> Result<Reply, ApiError> {
        let id = self.consent_of(wanted)?;
        let at = self.held_consents.iter().position(|(c, _)| c.id() == id);
        let at = at.ok_or_else(|| bad("that consent counts already"))?;
        let (entry, head, log) = self.next_entry(audit::Event::ConsentResumed { consent: id })?;
        self.store
            .write(move |tx| {
                rows::hold(tx, &id, None)?;
                audit_rows::append(tx, &entry, &head)
            })
            .await?;
        self.audit = log;
        let (given, _) = self.held_consents.remove(at);
        let info = self.consent_info(&given, None);
        self.consents.push(given);
        Ok(Reply::Consents(vec![info]))
    }

    /// The consent whose id begins like that.
    fn consent_of(&self, wanted: &str) -> Result<Digest, ApiError> {
        let wanted = wanted.trim().to_lowercase();
        let all = self.consents.iter();
        let all = all.chain(self.held_consents.iter().map(|(c, _)| c));
        let mut found = all.filter(|c| hex(c.id().as_bytes()).starts_with(&wanted));
        match (found.next().filter(|_| !wanted.is_empty()), found.next()) {
            (Some(c), None) => Ok(c.id()),
            (Some(_), Some(_)) => Err(ApiError::new(Code::Ambiguous, "several begin like that")),
            (None, _) => Err(
                ApiError::new(Code::NotFound, "no standing consent has that id")
                    .hint("“kith consent list” shows them"),
            ),
        }
    }

    pub(super) async fn answer_consent(
        &mut self,
        request: ConsentRequest,
    ) -> Result<Reply, ApiError> {
        match request {
            ConsentRequest::Give {
                who,
                application,
                level,
                days,
            } => self.consent_give(&who, &application, level, days).await,
            ConsentRequest::List => Ok(Reply::Consents(self.consent_list())),
            ConsentRequest::End { consent } => self.consent_end(self.consent_of(&consent)?).await,
            ConsentRequest::Resume { consent } => self.consent_resume(&consent).await,
        }
    }

    fn consent_list(&self) -> Vec<ConsentInfo> {
        let now = self.judged().now();
        let standing = self.consents.iter().map(|c| (c, None));
        let held = self.held_consents.iter();
        let held = held.map(|(c, why)| (c, Some(why.as_str())));
        let all = standing.chain(held);
        let all = all.filter(|(c, _)| now < c.consent().validity.expires);
        all.map(|(c, held)| self.consent_info(c, held)).collect()
    }

    fn consent_info(&self, given: &GivenConsent, held: Option<&str>) -> ConsentInfo {
        let c = given.consent();
        ConsentInfo {
            id: hex(given.id().as_bytes()),
            person: self.named(&c.viewer),
            application: escape_for_display(c.application.as_str()),
            view: c.allows.view.name().to_owned(),
            control: c.allows.control.name().to_owned(),
            issued_ms: c.validity.issued.as_millis(),
            until_ms: c.validity.expires.as_millis(),
            held: held.map(str::to_owned),
        }
    }

    /// Whom a person wants to trust in advance, if that can be.
    pub(super) fn may_be_trusted(&self, who: &str) -> Result<PersonId, ApiError> {
        let person = self.find(who)?;
        match self.people.get(&person).map(|p| (p.state, p.verified)) {
            Some((ContactState::Contact, Verification::Verified)) => Ok(person),
            Some((ContactState::Contact, _)) => Err(ApiError::new(
                Code::Denied,
                "only somebody whom you have verified can be trusted in advance",
            )
            .hint("“kith verify NAME” compares safety numbers")),
            _ => Err(bad("that isn’t a contact of yours")),
        }
    }

    async fn consent_give(
        &mut self,
        who: &str,
        application: &str,
        level: ShareLevel,
        days: u32,
    ) -> Result<Reply, ApiError> {
        let person = self.may_be_trusted(who)?;
        let application = AppName::new(application.trim()).map_err(|_| no_application())?;
        let lifetime = DAY.saturating_mul(days);
        if days == 0 || lifetime > MAX_CONSENT {
            return Err(bad("a standing consent lasts 1 to 366 days"));
        }
        let wall = self.now();
        let now = *self.account.judge(wall);
        let lasts = |c: &GivenConsent| now.now() < c.consent().validity.expires;
        self.consents.retain(lasts);
        self.held_consents.retain(|(c, _)| lasts(c));
        if self.consents.len() + self.held_consents.len() >= MAX_STANDING {
            return Err(ApiError::new(
                Code::TooMuch,
                format!("{MAX_STANDING} standing consents are the most"),
            )
            .hint("“kith consent list” shows them; “kith consent end ID” takes one back"));
        }
        let seen = Cap {
            view: Scope::Application,
            control: Scope::Nothing,
            rights: Rights::of(&[Right::View]),
            demands: Duties::NONE,
        };
        let said = StandingConsent {
            sharer: self.account.person(),
            viewer: person,
            application,
            allows: match level {
                ShareLevel::View => seen,
                ShareLevel::Control => Cap {
                    rights: seen.rights.with(Right::Pointer).with(Right::Keyboard),
                    ..Preset::OneApplication.cap()
                },
            },
            validity: Validity::starting(wall, lifetime),
            waives: Duties::BUILT_IN.without(kith_proto::policy::cap::Duty::Notify),
        };
        let said = Checked::sign(&said, self.account.device_key(), self.account.log(), &now)
            .map_err(fault)?;
        let given = GivenConsent::standing(&said, core::iter::empty())
            .ok_or_else(|| fault("a consent that ended at once"))?;
        let event = audit::Event::ConsentGiven {
            consent: given.id(),
            person,
        };
        let (entry, head, log) = self.next_entry(event)?;
        let (id, bytes) = (given.id(), said.bytes().to_vec());
        let until = given.consent().validity.expires;
        self.store
            .write(move |tx| {
                rows::put(tx, &id, &bytes, until, wall)?;
                audit_rows::append(tx, &entry, &head)
            })
            .await?;
        self.audit = log;
        let info = self.consent_info(&given, None);
        self.consents.push(given);
        Ok(Reply::Consents(vec![info]))
    }

    /// Takes back all that this person was allowed in advance.
    pub(super) async fn end_consents_of(&mut self, viewer: &PersonId) -> Result<(), ApiError> {
        let held = self.held_consents.iter().map(|(c, _)| c);
        let of = self.consents.iter().chain(held);
        let of = of.filter(|c| c.consent().viewer == *viewer);
        let of: Vec<Digest> = of.map(GivenConsent::id).collect();
        for id in of {
            self.consent_end(id).await?;
        }
        Ok(())
    }

    async fn consent_end(&mut self, id: Digest) -> Result<Reply, ApiError> {
        let wall = self.now();
        let now = *self.account.judge(wall);
        let end = ConsentEnd {
            consent: id,
            issued: wall,
        };
        let end = Checked::sign(&end, self.account.device_key(), self.account.log(), &now)
            .map_err(fault)?;
        let (entry, head, log) = self.next_entry(audit::Event::ConsentEnded { consent: id })?;
        let bytes = end.bytes().to_vec();
        self.store
            .write(move |tx| {
                rows::end(tx, &id, &bytes)?;
                audit_rows::append(tx, &entry, &head)
            })
            .await?;
        self.audit = log;
        self.consents.retain(|c| c.id() != id);
        self.held_consents.retain(|(c, _)| c.id() != id);
        Ok(Reply::Done)
    }
}
