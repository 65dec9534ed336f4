//! The policies of my organisations: kept durably, spread among members when
//! they meet (POL-1, POL-7; spec 04 and 07, "Policies").

use std::collections::{BTreeMap, BTreeSet};

use kith_api::{ApiError, Code, Event};
use kith_proto::audit;
use kith_proto::clock::JudgedTime;
use kith_proto::digest::Digest;
use kith_proto::id::{OrgId, PersonId};
use kith_proto::meet::Message;
use kith_proto::policy::chain::{Applied, ChainError, Observed, PolicyChain, PolicyUpdate};
use kith_proto::policy::decide::Organisation;
use kith_proto::policy::document::PolicyHeader;
use kith_proto::policy::reference::{MAX_POLICIES, PolicyRef, PolicyRefs};
use kith_proto::policy::spread::{Answer, Assembly, Newest, Piece, answer, pieces};
use kith_proto::signed::Cosigned;
use rusqlite::Transaction;

use super::error::{bad, fault};
use super::link::LinkId;
use super::open::Open;
use crate::account::NEWEST_SIGNED;
use crate::store::own;
use crate::store::policies::{self as rows, Bond, Refused};
use crate::store::{StoreError, audit as audit_rows};
use crate::swarm::DeviceId;

/// A chain, and whether it binds.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) chain: PolicyChain,
    pub(super) bond: Bond,
}

/// All policies that were ever taken in.
#[derive(Debug, Default)]
pub(super) struct Policies {
    chains: BTreeMap<OrgId, Kept>,
    /// Updates that are arriving.
    incoming: BTreeMap<LinkId, Assembly>,
    /// What was given on which link: the same not twice.
    given: BTreeSet<(LinkId, Digest)>,
    /// Who said on which link that they have another document than ours as the
    /// newest, of which organisation: what they bring is looked at.
    offered: BTreeSet<(LinkId, OrgId)>,
    /// The highest number that a contact says there is, where it is higher
    /// than ours: a claim, only to be mentioned.
    pub(super) heard: BTreeMap<OrgId, (u64, PersonId)>,
    /// What faces were told last.
    told: BTreeMap<OrgId, (String, Vec<kith_api::Sentence>)>,
}

/// What came of an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// The organisation was joined by it.
    Joined,
    /// It brought a newer document.
    Advanced,
    /// Nothing in it was new.
    Known,
}

impl Policies {
    pub(super) fn load(tx: &Transaction<'_>) -> Result<Self, StoreError> {
        let mut all = Self::default();
        for (org, bond, state) in rows::all(tx)? {
            let chain = PolicyChain::restore(&state)
                .map_err(|e| StoreError::Content(format!("a policy: {e}")))?;
            all.chains.insert(org, Kept { chain, bond });
        }
        Ok(all)
    }

    /// The chains that bind.
    pub(super) fn joined(&self) -> impl Iterator<Item = &PolicyChain> {
        self.chains
            .values()
            .filter(|k| k.bond == Bond::Joined)
            .map(|k| &k.chain)
    }

    pub(super) fn chain(&self, org: &OrgId) -> Option<&PolicyChain> {
        self.chains
            .get(org)
            .filter(|k| k.bond == Bond::Joined)
            .map(|k| &k.chain)
    }

    /// The organisations as a decision takes them.
    pub(super) fn organisations(&self, now: &JudgedTime) -> Vec<Organisation<'_>> {
        self.joined()
            .map(|c| Organisation {
                org: c.org(),
                policy: c.in_force(now),
            })
            .collect()
    }

    /// The documents that a decision rests on, for seals and audits.
    pub(super) fn references(&self) -> PolicyRefs {
        PolicyRefs::new(self.joined().map(reference).collect()).unwrap_or_default()
    }

    fn link_ended(&mut self, link: LinkId) {
        self.incoming.remove(&link);
        self.given.retain(|(l, _)| *l != link);
        self.offered.retain(|(l, _)| *l != link);
    }
}

fn reference(chain: &PolicyChain) -> PolicyRef {
    let newest = Newest::of(chain);
    PolicyRef {
        org: newest.org,
        sequence: newest.seq,
        digest: newest.digest,
    }
}

/// The organisation whose first document stands first in an update.
pub(super) fn organisation_of(update: &PolicyUpdate) -> Option<(OrgId, Cosigned<PolicyHeader>)> {
    let first = Cosigned::<PolicyHeader>::parse(update.headers.first()?).ok()?;
    match first.payload().previous {
        None => Some((OrgId::from(first.digest()), first)),
        Some(p) => Some((p.org, first)),
    }
}

/// Why an update wasn't taken over, for a person.
pub(super) fn refusal(e: &ChainError) -> ApiError {
    let (code, hint) = match e {
        ChainError::Rollback { .. } => (
            Code::Expired,
            Some("an older policy never replaces a newer one; ask for the newest"),
        ),
        ChainError::Forked => (
            Code::Denied,
            Some(
                "no new shares until the organisation’s recovery keys settle it (“kith org \
                 recover”); both documents are kept as evidence (“kith policy show”)",
            ),
        ),
        ChainError::TooFewSigners { .. } => (
            Code::Invalid,
            Some("more administrators must sign it: “kith org sign FILE”"),
        ),
        ChainError::FromTheFuture { .. } => (
            Code::Invalid,
            Some("compare this machine’s clock with another one"),
        ),
        ChainError::Gap => (
            Code::Invalid,
            Some("ask for a file with the whole history: “kith policy export”"),
        ),
        ChainError::Unusable(kith_proto::policy::chain::Unusable::NeedsUpdate) => {
            (Code::Version, Some("install a newer Kith"))
        }
        ChainError::Unusable(kith_proto::policy::chain::Unusable::Expired) => (
            Code::Expired,
            Some("an administrator must publish a renewed policy"),
        ),
        _ => (Code::Invalid, None),
    };
    let error = ApiError::new(code, format!("the policy is refused: {e}"));
    match hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

impl Open {
    /// Takes an update over, whoever brought it: stored before it counts, and
    /// what is refused is kept as evidence.
    pub(super) async fn take_policy(
        &mut self,
        org: OrgId,
        update: &PolicyUpdate,
        from: Option<DeviceId>,
    ) -> Result<Taken, ApiError> {
        let Some(kept) = self.policies.chains.get(&org) else {
            return Err(fault("an update for a policy that isn't known"));
        };
        let wall = self.now();
        let now = *self.account.judge(wall);
        let (mut chain, bond) = (kept.chain.clone(), kept.bond);
        let before = kept.chain.clone();
        let result = chain.apply(update, &now);
        match &result {
            Ok(Applied::AlreadyKnown) => self.keep_policy(chain, bond).await?,
            Ok(Applied::Advanced { .. }) => self.put_in_force(chain, bond).await?,
            Err(e) => {
                let refused = Refused {
                    org,
                    at: wall,
                    from,
                    code: e.code().to_owned(),
                    bytes: update.to_bytes(),
                };
                self.store
                    .write(move |tx| rows::refuse(tx, &refused))
                    .await?;
                self.keep_policy(chain, bond).await?;
            }
        }
        self.tell_policy(&org);
        match result {
            Ok(Applied::AlreadyKnown) => Ok(Taken::Known),
            Ok(Applied::Advanced { .. }) => {
                self.announce_policy(&org, Some(&before)).await;
                Ok(Taken::Advanced)
            }
            Err(e) => Err(refusal(&e)),
        }
    }

    /// Joins an organisation: the person has seen its name and wants to.
    pub(super) async fn join_organisation(
        &mut self,
        org: OrgId,
        update: &PolicyUpdate,
    ) -> Result<Taken, ApiError> {
        if self.policies.joined().count() >= MAX_POLICIES {
            return Err(ApiError::new(
                Code::TooMuch,
                format!("you belong to {MAX_POLICIES} organisations already"),
            ));
        }
        if let Some(left) = self.policies.chains.get(&org) {
            // What was seen before leaving still counts: nothing older.
            let chain = left.chain.clone();
            self.put_in_force(chain, Bond::Joined).await?;
            return match self.take_policy(org, update, None).await {
                Ok(_) => Ok(Taken::Joined),
                Err(e) => {
                    self.leave_organisation(org).await?;
                    Err(e)
                }
            };
        }
        let wall = self.now();
        let now = *self.account.judge(wall);
        let chain = PolicyChain::join(org, update, &now).map_err(|e| refusal(&e))?;
        self.put_in_force(chain, Bond::Joined).await?;
        self.tell_policy(&org);
        self.announce_policy(&org, None).await;
        Ok(Taken::Joined)
    }

    /// Leaves an organisation. The chain is kept, so that joining again never
    /// brings an older document.
    pub(super) async fn leave_organisation(&mut self, org: OrgId) -> Result<(), ApiError> {
        let Some(kept) = self.policies.chains.get(&org) else {
            return Err(bad("you don’t belong to that organisation"));
        };
        self.keep_policy(kept.chain.clone(), Bond::Left).await?;
        self.policies.told.remove(&org);
        Ok(())
    }

    /// The person says that the clock was wrong when it showed the end of a
    /// policy (POL-9). The audit log says that the policy counts again.
    pub(super) async fn clock_was_wrong(&mut self, org: &OrgId) -> Result<(), ApiError> {
        let now = *self.account.judge(self.now());
        let Some(kept) = self.policies.chains.get(org) else {
            return Err(bad("you don’t belong to that organisation"));
        };
        let (mut chain, bond) = (kept.chain.clone(), kept.bond);
        chain.clock_was_wrong(&now).map_err(|e| {
            ApiError::new(Code::Expired, format!("by this clock too: {e}"))
                .hint("an administrator must publish a renewed policy")
        })?;
        if chain == kept.chain {
            return Ok(());
        }
        let policy = reference(&chain);
        let event = audit::Event::ClockCorrected { policy };
        self.put(chain, bond, event).await?;
        self.tell_policy(org);
        Ok(())
    }

    /// Stores a chain whose newest document is new here; then it counts.
    async fn put_in_force(&mut self, chain: PolicyChain, bond: Bond) -> Result<(), ApiError> {
        let policy = reference(&chain);
        let event = audit::Event::PolicyInForce { policy };
        self.put(chain, bond, event).await
    }

    /// Stores a chain and what the audit log says of it in one transaction; then it
    /// counts.
    async fn put(
        &mut self,
        chain: PolicyChain,
        bond: Bond,
        event: audit::Event,
    ) -> Result<(), ApiError> {
        let (entry, head, log) = self.next_entry(event)?;
        let (org, state) = (chain.org(), chain.state());
        self.store
            .write(move |tx| {
                rows::put(tx, &org, bond, &state)?;
                audit_rows::append(tx, &entry, &head)
            })
            .await?;
        self.audit = log;
        self.policies.heard.remove(&org);
        self.policies.chains.insert(org, Kept { chain, bond });
        self.sessions_decide_anew().await;
        Ok(())
    }

    /// Stores a chain, whatever changed of it; then it counts.
    async fn keep_policy(&mut self, chain: PolicyChain, bond: Bond) -> Result<(), ApiError> {
        let org = chain.org();
        let same = |k: &Kept| k.chain == chain && k.bond == bond;
        if self.policies.chains.get(&org).is_some_and(same) {
            return Ok(());
        }
        let state = chain.state();
        self.store
            .write(move |tx| rows::put(tx, &org, bond, &state))
            .await?;
        self.policies.chains.insert(org, Kept { chain, bond });
        self.sessions_decide_anew().await;
        Ok(())
    }

    /// Lets the account and every chain see the clock, so that what has
    /// expired stays so (POL-9); to be called before a decision, and every hour.
    pub(super) async fn observe_policies(&mut self) -> Result<(), ApiError> {
        let wall = self.now();
        if let Some(signed) = self.account.at_work(wall) {
            self.store
                .write(move |tx| own::put(tx, NEWEST_SIGNED, &signed))
                .await?;
        }
        let now = *self.account.judge(wall);
        let mut changed = Vec::new();
        for kept in self.policies.chains.values() {
            let mut chain = kept.chain.clone();
            if chain.observe(&now) == Observed::Store {
                changed.push((chain, kept.bond));
            }
        }
        for (chain, bond) in changed {
            self.keep_policy(chain, bond).await?;
        }
        let orgs: Vec<OrgId> = self.policies.joined().map(PolicyChain::org).collect();
        for org in orgs {
            self.tell_policy(&org);
        }
        Ok(())
    }

    /// The same, where nobody waits for the outcome.
    pub(super) async fn policies_due(&mut self) {
        // A full disk is told by whatever a person asks for next; a decision
        // observes the clock again, and fails if that can't be stored.
        let _ = self.observe_policies().await;
        // By that time my own log may be due for an entry.
        self.log_due().await;
    }

    /// Tells the faces, if there is anything that they weren't told.
    fn tell_policy(&mut self, org: &OrgId) {
        let Some(info) = self.policies.chain(org).map(|c| self.policy_info(c)) else {
            return;
        };
        let said = (
            format!("{} {}", info.number, info.state),
            info.warnings.clone(),
        );
        if self.policies.told.get(org) != Some(&said) {
            self.policies.told.insert(*org, said);
            self.tell(Event::Policy(info));
        }
    }

    /// Says to a contact which documents of the organisations of both are the
    /// newest here.
    pub(super) async fn say_policies(&mut self, link: LinkId, person: &PersonId) {
        let said: Vec<Vec<u8>> = self
            .policies
            .joined()
            .filter(|c| c.body().member(person).is_some())
            .map(|c| Message::PolicyNewest(Newest::of(c)).to_bytes())
            .collect();
        for message in said {
            self.send(link, message).await;
        }
    }

    /// Says to every member who is there that there is something newer; also to
    /// who was one by the document before, and is left out.
    async fn announce_policy(&mut self, org: &OrgId, before: Option<&PolicyChain>) {
        let Some(chain) = self.policies.chain(org) else {
            return;
        };
        let message = Message::PolicyNewest(Newest::of(chain)).to_bytes();
        let member = |link: &LinkId| {
            let peer = self.links.get(link)?.peer;
            let person = self.people.owner(&peer)?;
            let listed = |c: &PolicyChain| c.body().member(&person.id).is_some();
            let hears = self.is_contact(&peer) && (listed(chain) || before.is_some_and(listed));
            hears.then_some(*link)
        };
        let links: Vec<LinkId> = self.hellos.keys().filter_map(member).collect();
        for link in links {
            self.send(link, message.clone()).await;
        }
    }

    /// A contact says what it has as the newest.
    pub(super) async fn policy_newest(&mut self, link: LinkId, peer: DeviceId, theirs: Newest) {
        let Some(person) = self.people.owner(&peer).map(|p| p.id) else {
            return;
        };
        let Some(ours) = self.policies.chain(&theirs.org).map(Newest::of) else {
            return;
        };
        if theirs.seq >= ours.seq && theirs.digest != ours.digest {
            self.policies.offered.insert((link, theirs.org));
        }
        let Some(chain) = self.policies.chain(&theirs.org) else {
            return;
        };
        let listed = chain.body().member(&person).is_some();
        match answer(&ours, &theirs) {
            Answer::Nothing => {}
            Answer::Ask => {
                self.policies.heard.insert(theirs.org, (theirs.seq, person));
                self.tell_policy(&theirs.org);
                self.send(link, Message::PolicyNewest(ours).to_bytes())
                    .await;
            }
            Answer::Give { after } if listed => {
                let update = chain.update_after(Some(after));
                if !self.policies.given.insert((link, ours.digest)) {
                    return;
                }
                for piece in pieces(theirs.org, &update) {
                    self.send(link, Message::PolicyPiece(piece).to_bytes())
                        .await;
                }
            }
            // Who was left out hears which document did it, and not what is in it.
            Answer::Give { .. } => {
                let mut known = chain.headers().iter();
                let was_there =
                    known.any(|h| h.payload().seq() == theirs.seq && h.digest() == theirs.digest);
                if was_there && self.policies.given.insert((link, ours.digest)) {
                    self.send(link, Message::PolicyNewest(ours).to_bytes())
                        .await;
                }
            }
        }
    }

    /// A piece of an update. Of an organisation that I don't belong to it is
    /// passed over; so it is by somebody whom our newest body doesn't list and
    /// who offered nothing. Who did may be listed by what they bring.
    pub(super) async fn policy_piece(&mut self, link: LinkId, peer: DeviceId, piece: &Piece) {
        let Some(chain) = self.policies.chain(&piece.org) else {
            return;
        };
        let person = self.people.owner(&peer).map(|p| p.id);
        let listed = person.is_some_and(|p| chain.body().member(&p).is_some());
        if !listed && !self.policies.offered.contains(&(link, piece.org)) {
            return;
        }
        match self.policies.incoming.entry(link).or_default().take(piece) {
            Ok(None) => {}
            Ok(Some((org, update))) => {
                // A refusal was kept and told; the contact has done no wrong
                // that would end the talk.
                let _ = self.take_policy(org, &update, Some(peer)).await;
            }
            Err(_) => self.drop_link(link).await,
        }
    }

    pub(super) fn policy_link_ended(&mut self, link: LinkId) {
        self.policies.link_ended(link);
    }
}
