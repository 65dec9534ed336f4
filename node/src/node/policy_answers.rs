//! What faces ask about policies.

use core::time::Duration;

use kith_api::{
    ApiError, Code, DirectoryEntry, Joining, Package, PolicyFull, PolicyInfo, PolicyLook,
    PolicyRequest, RefusedUpdate, Reply, Sentence, Verification,
};
use kith_proto::digest::Digest;
use kith_proto::id::OrgId;
use kith_proto::names::escape_for_display;
use kith_proto::package::{self, Frame};
use kith_proto::policy::chain::{PolicyChain, PolicyState, PolicyUpdate, Unusable};
use kith_proto::policy::consent::Verification as Verified;
use kith_proto::policy::document::{Member, PolicyHeader};
use kith_proto::policy::roles::Role;
use kith_proto::signed::Cosigned;
use kith_proto::validity::Warning;

use super::error::fault;
use super::invites::hex;
use super::open::Open;
use super::policies::{Taken, organisation_of};
use crate::given;
use crate::org::words::{self, Directory};
use crate::store::policies as rows;

/// The most members in one answer.
const LISTED_MAX: usize = 2_000;

impl Open {
    pub(super) async fn answer_policy(
        &mut self,
        request: PolicyRequest,
    ) -> Result<Reply, ApiError> {
        self.observe_policies().await?;
        match request {
            PolicyRequest::List => Ok(Reply::Policies(self.policy_list())),
            PolicyRequest::Show { org } => {
                let org = self.find_organisation(org.as_deref())?;
                self.policy_shown(&org, None).await
            }
            PolicyRequest::Look { content } => self.look_at_policy(&content),
            PolicyRequest::Install { content, joining } => self.install(&content, joining).await,
            PolicyRequest::Export { org } => {
                let org = self.find_organisation(org.as_deref())?;
                let chain = self.joined_chain(&org)?;
                Ok(Reply::Package(Package {
                    name: format!("policy-{}.kith", chain.head().payload().seq()),
                    content: policy_file(&chain.update_after(None)),
                }))
            }
            PolicyRequest::ClockWasWrong { org } => {
                let org = self.find_organisation(Some(&org))?;
                self.clock_was_wrong(&org).await?;
                self.policy_shown(&org, None).await
            }
            PolicyRequest::Leave { org } => {
                let org = self.find_organisation(Some(&org))?;
                self.leave_organisation(org).await?;
                Ok(Reply::Done)
            }
            PolicyRequest::Explain { who, question } => self.explain(&who, &question).await,
            PolicyRequest::Directory { part } => Ok(Reply::Directory(self.directory(&part))),
            PolicyRequest::Mine(about) => self.answer_own_rules(about).await,
        }
    }

    pub(super) fn policy_list(&self) -> Vec<PolicyInfo> {
        self.policies
            .joined()
            .map(|c| self.policy_info(c))
            .collect()
    }

    fn joined_chain(&self, org: &OrgId) -> Result<&PolicyChain, ApiError> {
        self.policies
            .chain(org)
            .ok_or_else(|| fault("no such organisation"))
    }

    /// What an organisation calls itself, or its id.
    pub(super) fn org_name(&self, org: &OrgId) -> String {
        match self.policies.chain(org) {
            Some(c) => escape_for_display(c.head().payload().name.as_str()),
            None => org.to_string(),
        }
    }

    /// The organisation that `wanted` means; `None` means the only one.
    pub(super) fn find_organisation(&self, wanted: Option<&str>) -> Result<OrgId, ApiError> {
        let wanted = wanted.unwrap_or_default().trim().to_lowercase();
        let names = |c: &PolicyChain| {
            [
                c.head().payload().name.as_str().to_lowercase(),
                c.org().to_string(),
            ]
        };
        let matching = |f: &dyn Fn(&str) -> bool| -> Vec<OrgId> {
            self.policies
                .joined()
                .filter(|c| names(c).iter().any(|n| f(n)))
                .map(PolicyChain::org)
                .collect()
        };
        let mut found = matching(&|n| n == wanted);
        if found.is_empty() {
            found = matching(&|n| n.starts_with(&wanted));
        }
        match found[..] {
            [org] => Ok(org),
            [] if self.policies.joined().next().is_none() => Err(ApiError::new(
                Code::NotFound,
                "you belong to no organisation: your own consent alone decides",
            )
            .hint("“kith policy install FILE” takes in a policy that an administrator gave you")),
            [] => Err(
                ApiError::new(Code::NotFound, "you belong to no organisation of that name")
                    .hint("“kith policy show” lists them"),
            ),
            _ => Err(
                ApiError::new(Code::Ambiguous, "you belong to several organisations")
                    .hint("name one: “kith policy list” shows them"),
            ),
        }
    }

    pub(super) fn policy_info(&self, chain: &PolicyChain) -> PolicyInfo {
        let now = self.judged();
        let status = chain.status(&now);
        let header = chain.head().payload();
        let me = chain.body().member(&self.account.person());
        let keys = |k: &kith_proto::policy::document::KeySet| {
            (k.needed(), u8::try_from(k.keys().len()).unwrap_or(u8::MAX))
        };
        PolicyInfo {
            org: chain.org(),
            name: escape_for_display(header.name.as_str()),
            number: header.seq(),
            state: match status.state {
                PolicyState::InForce => "in-force".into(),
                PolicyState::Grace => "grace".into(),
                PolicyState::Unusable(why) => why.code().into(),
            },
            age_secs: status.age.as_secs(),
            issued_ms: header.validity.issued.as_millis(),
            old_from_ms: status.old_from.as_millis(),
            usable_until_ms: status.usable_until.as_millis(),
            warnings: self.policy_warnings(chain, header),
            my_role: me.map(|m| m.role.name().to_owned()),
            admins: keys(&header.admins),
            recovery: header.recovery.as_ref().map(keys),
            members: u32::try_from(chain.body().members.len()).unwrap_or(u32::MAX),
        }
    }

    fn policy_warnings(&self, chain: &PolicyChain, header: &PolicyHeader) -> Vec<Sentence> {
        let now = self.judged();
        let status = chain.status(&now);
        let mut said = Vec::new();
        if let PolicyState::Unusable(why) = status.state {
            let words = format!("No new shares: {why}.");
            said.push(Sentence::new("unusable", words).put("why", [why.code()]));
            if why == Unusable::Expired && now.now() < status.usable_until {
                said.push(Sentence::new(
                    "clock-was-wrong",
                    format!(
                        "This device’s clock has shown a time when the policy was over. If the \
                         clock was wrong then and is right now: “kith policy clock-was-wrong {}”.",
                        escape_for_display(header.name.as_str())
                    ),
                ));
            }
        }
        if let Some(fork) = chain.fork() {
            let words = format!(
                "Two documents with number {} were signed; both are kept as evidence.",
                fork.seq
            );
            said.push(Sentence::new("forked", words).put("n", [fork.seq]));
        }
        let usable = !matches!(status.state, PolicyState::Unusable(_));
        if usable {
            said.extend(about_end(
                status.end_warning,
                status.usable_until.since(now.now()),
            ));
            if status.state == PolicyState::Grace {
                let words = format!(
                    "The policy is older than {}: ask an administrator to renew it.",
                    words::days(header.max_age)
                );
                said.push(in_days("old", words, header.max_age));
            } else if status.age_warning.is_some() {
                let left = status.old_from.since(now.now());
                let words = format!(
                    "It gets old in {}: an administrator should renew it.",
                    words::days(left)
                );
                said.push(in_days("old-soon", words, left));
            }
        }
        if let Some(behind) = status.clock_behind {
            let (n, unit) = lag(behind);
            let words = format!(
                "This machine’s clock is wrong, or was: it is {n} {unit} behind what has been \
                 signed or seen. Set it."
            );
            let clock = Sentence::new("clock-behind", words);
            said.push(clock.put("n", [n]).put("unit", [unit]));
        }
        if chain.body().member(&self.account.person()).is_none() {
            said.push(Sentence::new(
                "not-listed",
                "It doesn’t list you as a member: you count as an outsider for it.",
            ));
        }
        if let Some((number, person)) = self.policies.heard.get(&chain.org())
            && *number > header.seq()
        {
            let name = self.named(person).name;
            let words = format!(
                "{name} says that there is number {number} already, and it hasn’t come: you may \
                 have been removed."
            );
            let heard = Sentence::new("newer-elsewhere", words);
            said.push(heard.put("name", [name]).put("n", [number]));
        }
        said
    }

    async fn policy_shown(&self, org: &OrgId, news: Option<&str>) -> Result<Reply, ApiError> {
        let chain = self.joined_chain(org)?;
        let (header, body) = (chain.head().payload(), chain.body());
        let mut says = words::header(header);
        says.extend(words::body(body, &Directory(body)));
        let of = *org;
        let refused = self
            .store
            .read(move |tx| rows::refused(tx, &of))
            .await?
            .into_iter()
            .map(|r| RefusedUpdate {
                at_ms: r.at.as_millis(),
                code: r.code,
                from: r
                    .from
                    .and_then(|d| self.people.owner(&d))
                    .map(super::people::Person::reference),
                device: r.from.map(|d| d.to_string()),
                digest: hex(Digest::of("kith/1/policy-update", &r.bytes).as_bytes()),
            })
            .collect();
        Ok(Reply::Policy(Box::new(PolicyFull {
            info: self.policy_info(chain),
            news: news.map(str::to_owned),
            says,
            directory: body
                .members
                .iter()
                .map(|m| self.directory_entry(chain, m))
                .collect(),
            refused,
        })))
    }

    fn directory(&self, part: &str) -> Vec<DirectoryEntry> {
        let mut found: Vec<DirectoryEntry> = self
            .policies
            .joined()
            .flat_map(|c| c.body().directory(part).map(move |m| (c, m)))
            .map(|(c, m)| self.directory_entry(c, m))
            .take(LISTED_MAX)
            .collect();
        found.sort_by_key(|e| e.listed_as.to_lowercase());
        found
    }

    fn directory_entry(&self, chain: &PolicyChain, m: &Member) -> DirectoryEntry {
        let body = chain.body();
        let known = match self.people.get(&m.person) {
            _ if m.person == self.account.person() => "me",
            Some(p) if p.state == kith_api::ContactState::Contact => "contact",
            _ => "unknown",
        };
        DirectoryEntry {
            organisation: self.org_name(&chain.org()),
            person: self.named(&m.person),
            listed_as: escape_for_display(m.name.as_str()),
            role: m.role.name().to_owned(),
            groups: m
                .groups
                .iter()
                .filter_map(|n| body.groups.iter().find(|g| g.number == *n))
                .map(|g| escape_for_display(g.name.as_str()))
                .collect(),
            known: known.to_owned(),
        }
    }

    async fn install(&mut self, content: &[u8], joining: Joining) -> Result<Reply, ApiError> {
        let update = read_policy_file(content)?;
        let (org, first) = organisation_of(&update).ok_or_else(unsigned)?;
        let taken = match (self.policies.chain(&org), joining) {
            (Some(_), _) => match self.take_policy(org, &update, None).await? {
                Taken::Known => {
                    self.not_older(&org, &update)?;
                    Taken::Known
                }
                taken => taken,
            },
            (None, Joining::Yes) => self.join_organisation(org, &update).await?,
            (None, Joining::No) => return Err(self.not_joined(org, &first, &update)),
        };
        let news = match taken {
            Taken::Joined => "joined",
            Taken::Advanced => "advanced",
            Taken::Known => "known",
        };
        self.policy_shown(&org, Some(news)).await
    }

    /// What a policy is, before it is taken in.
    fn look_at_policy(&mut self, content: &[u8]) -> Result<Reply, ApiError> {
        let update = read_policy_file(content)?;
        let (org, first) = organisation_of(&update).ok_or_else(unsigned)?;
        if self.policies.chain(&org).is_some() {
            return Ok(Reply::PolicyLook(PolicyLook {
                org,
                name: self.org_name(&org),
                joined: Joining::Yes,
                my_role: None,
            }));
        }
        let role = self.listed_in(org, &update)?;
        Ok(Reply::PolicyLook(PolicyLook {
            org,
            name: escape_for_display(first.payload().name.as_str()),
            joined: Joining::No,
            my_role: role.map(|role| role.name().to_owned()),
        }))
    }

    /// Which role a policy of an organisation that isn't joined gives me.
    fn listed_in(&mut self, org: OrgId, update: &PolicyUpdate) -> Result<Option<Role>, ApiError> {
        let wall = self.now();
        let now = *self.account.judge(wall);
        let chain = PolicyChain::join(org, update, &now);
        let chain = chain.map_err(|e| super::policies::refusal(&e))?;
        let me = self.account.person();
        Ok(chain.body().member(&me).map(|m| m.role))
    }

    /// Says plainly that a file holds an older policy than the one in force,
    /// which stays.
    fn not_older(&self, org: &OrgId, update: &PolicyUpdate) -> Result<(), ApiError> {
        let newest = self.joined_chain(org)?.head().payload().seq();
        let number = update
            .headers
            .last()
            .and_then(|h| Cosigned::<PolicyHeader>::parse(h).ok())
            .map_or(0, |h| h.payload().seq());
        match number < newest {
            false => Ok(()),
            true => Err(super::policies::refusal(
                &kith_proto::policy::chain::ChainError::Rollback { newest },
            )),
        }
    }

    /// What a person must know before joining an organisation.
    fn not_joined(
        &mut self,
        org: OrgId,
        first: &Cosigned<PolicyHeader>,
        update: &PolicyUpdate,
    ) -> ApiError {
        let listed = match self.listed_in(org, update) {
            Ok(role) => role,
            Err(e) => return e,
        };
        let name = escape_for_display(first.payload().name.as_str());
        match listed {
            Some(role) => ApiError::new(
                Code::Denied,
                format!(
                    "this is a policy of “{name}” ({org}), which lists you as {}; you don’t \
                     belong to it yet",
                    role.name()
                ),
            )
            .hint("compare the id with the administrator’s; to join: the same command with --join"),
            None => ApiError::new(
                Code::Denied,
                format!("this is a policy of “{name}” ({org}), which doesn’t list you"),
            )
            .hint(
                "give an administrator your id (“kith id”). Joining as you are (--join) would \
                 only forbid",
            ),
        }
    }

    /// A frame of a carried file. Only a newer policy of an organisation of
    /// mine: joining takes “kith policy install”.
    pub(super) async fn import_policy(
        &mut self,
        update: &PolicyUpdate,
        said: &mut Vec<String>,
    ) -> Option<u64> {
        let (org, _) = organisation_of(update)?;
        if self.policies.chain(&org).is_none() {
            said.push(
                "A policy of an organisation that you don’t belong to: see “kith policy install”."
                    .into(),
            );
            return None;
        }
        match self.take_policy(org, update, None).await {
            Ok(Taken::Advanced) => {
                said.push(format!("A newer policy of {}.", self.org_name(&org)));
                Some(1)
            }
            Ok(_) => None,
            Err(e) => {
                said.push(format!("Not taken: {}.", e.message));
                None
            }
        }
    }
}

/// As a decision takes it.
pub(super) const fn verified(said: Verification) -> Verified {
    match said {
        Verification::Verified => Verified::Verified,
        Verification::Unverified => Verified::Unverified,
    }
}

fn about_end(warning: Option<Warning>, left: Duration) -> Option<Sentence> {
    let ends = format!(
        "he policy ends in {}; then there are no new shares.",
        words::days(left)
    );
    match warning? {
        Warning::Over => None,
        Warning::Week => Some(in_days("ends-urgent", format!("URGENT: t{ends}"), left)),
        Warning::Month => Some(in_days("ends", format!("T{ends}"), left)),
    }
}

fn in_days(code: &str, words: String, period: Duration) -> Sentence {
    Sentence::new(code, words).put("n", [period.as_secs() / 86_400])
}

fn lag(d: Duration) -> (u64, &'static str) {
    match d.as_secs() {
        s if s < 7_200 => (s / 60, "minutes"),
        s if s < 172_800 => (s / 3_600, "hours"),
        s => (s / 86_400, "days"),
    }
}

/// A policy as a file that any member can take in.
pub(super) fn policy_file(update: &PolicyUpdate) -> Vec<u8> {
    package::write(&[Frame::Policy(update.to_bytes())])
}

fn unsigned() -> ApiError {
    ApiError::new(Code::Invalid, "the file holds no signed policy")
}

/// The update in a file; one of several would be a mistake.
pub(super) fn read_policy_file(content: &[u8]) -> Result<PolicyUpdate, ApiError> {
    let invalid = |e: &dyn core::fmt::Display| given::damaged("a policy of Kith’s", e);
    let frames = package::read(content).map_err(|e| invalid(&e))?;
    let mut found = frames.iter().filter_map(|f| match f {
        Frame::Policy(bytes) => Some(bytes),
        _ => None,
    });
    match (found.next(), found.next()) {
        (Some(bytes), None) => PolicyUpdate::from_bytes(bytes).map_err(|e| invalid(&e)),
        (None, _) => Err(invalid(&"the file holds none")),
        _ => Err(invalid(&"the file holds several")),
    }
}
