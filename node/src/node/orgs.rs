//! What administrators ask: documents are written here, signed with keys
//! that never leave the encrypted database, and put in force (POL-1).

use std::collections::BTreeSet;

use kith_api::{
    ApiError, Code, OrgDraft, OrgEdit, OrgKey, OrgRequest, Package, Reply, Retired, Secret,
    Signable,
};
use kith_proto::id::{AdminKeyId, OrgId};
use kith_proto::keys::{PublicKey, SigningKey};
use kith_proto::names::{Name, escape_for_display};
use kith_proto::policy::chain::{PolicyChain, Unusable};
use zeroize::Zeroizing;

use super::error::{bad, fault};
use super::open::Open;
use super::policy_answers::policy_file;
use crate::given;
use crate::org::changes::changes;
use crate::org::draft::{Admin, Draft, DraftError, fingerprint};
use crate::org::edit::{self, EditError, Found};
use crate::org::proposal::Proposal;
use crate::store::orgs as rows;

/// The most documents that are written at a time.
const DRAFTS_MAX: usize = 32;
/// The most administrator's keys in one profile.
const KEYS_MAX: usize = 64;

impl From<DraftError> for ApiError {
    fn from(e: DraftError) -> Self {
        let (code, hint) = match &e {
            DraftError::NotAnAdmin => (
                Code::Denied,
                Some("“kith org key” shows yours; “kith org show” shows whose must sign"),
            ),
            DraftError::AlreadySigned => (
                Code::Denied,
                Some("pass the file on: “kith org sign FILE --out FILE” on the other’s machine"),
            ),
            DraftError::TooFew { .. } => (
                Code::Denied,
                Some("pass the file on to those who are missing"),
            ),
            DraftError::Older { .. } => (
                Code::Expired,
                Some("give it up (“kith org discard”) and make the change again"),
            ),
            DraftError::Beside { why, .. } => (
                Code::Denied,
                match why {
                    Unusable::NeedsUpdate => {
                        Some("bring Kith up to date, and make the change again")
                    }
                    Unusable::Expired => Some("whoever published that one can write the next"),
                    Unusable::Broken => Some("whoever published that one must mend it"),
                    Unusable::Forked | Unusable::Full => None,
                },
            ),
            DraftError::Replaceable { .. } => (
                Code::Denied,
                Some("“kith org sign … --recovery-key FILE”, once for each key that is needed"),
            ),
            DraftError::Expired => (Code::Expired, Some("sign it anew")),
            DraftError::MoreThanRecovery => (Code::Denied, None),
            DraftError::Content(_) => (Code::BadRequest, None),
            DraftError::Broken => (Code::Invalid, Some("ask for the file again")),
            DraftError::Signing(_) => (Code::Internal, None),
        };
        let error = Self::new(code, e.to_string());
        match hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}

impl From<EditError> for ApiError {
    fn from(e: EditError) -> Self {
        let code = match &e {
            EditError::Missing { .. } | EditError::Who(_) => Code::NotFound,
            EditError::NoOwnKey => Code::Denied,
            _ => Code::BadRequest,
        };
        Self::new(code, e.to_string())
    }
}

/// The name under which a draft is stored.
fn stored_name(draft: &Draft) -> String {
    draft.name.as_str().to_lowercase()
}

/// A draft, and the name under which it is stored, if it is.
struct Opened {
    draft: Draft,
    stored: Option<String>,
}

impl Open {
    pub(super) async fn answer_org(&mut self, request: OrgRequest) -> Result<Reply, ApiError> {
        self.observe_policies().await?;
        match request {
            OrgRequest::Keys => self.org_keys().await,
            OrgRequest::KeyNew { label } => {
                let label = Name::from_typed(&label)
                    .map_err(|e| bad(format!("that name can't be used: {e}")))?;
                self.new_key(&label).await?;
                self.org_keys().await
            }
            OrgRequest::New { name } => self.org_new(&name).await,
            OrgRequest::List => {
                let drafts = self.drafts().await?;
                let shown = drafts
                    .iter()
                    .map(|(_, d)| self.brought_up(d).and_then(|d| self.shown(&d)));
                Ok(Reply::OrgDrafts(shown.collect::<Result<_, _>>()?))
            }
            OrgRequest::Show { org } => {
                let found = self.open_draft(&org).await?;
                Ok(Reply::OrgDraft(Box::new(self.shown(&found.draft)?)))
            }
            OrgRequest::Edit { org, edit } => self.org_edit(&org, &edit).await,
            OrgRequest::Discard { org } => {
                let Some(name) = self.open_draft(&org).await?.stored else {
                    return Err(bad("nothing is being written for that organisation"));
                };
                self.store
                    .write(move |tx| rows::remove_draft(tx, &name))
                    .await?;
                Ok(Reply::Done)
            }
            OrgRequest::Look { content } => {
                let draft = proposed(&content)?;
                Ok(Reply::OrgDraft(Box::new(self.shown(&draft)?)))
            }
            OrgRequest::Sign { what, recovery } => self.org_sign(what, recovery).await,
            OrgRequest::Publish { what } => self.org_publish(what).await,
        }
    }

    async fn keys(&self) -> Result<Vec<rows::Key>, ApiError> {
        Ok(self.store.read(rows::keys).await?)
    }

    async fn org_keys(&self) -> Result<Reply, ApiError> {
        let keys = self.keys().await?;
        Ok(Reply::OrgKeys(
            keys.iter()
                .map(|k| OrgKey {
                    key: AdminKeyId::from(k.key.public()).to_string(),
                    label: escape_for_display(&k.label),
                    added_ms: k.added.as_millis(),
                })
                .collect(),
        ))
    }

    /// A fresh administrator's key, stored before anybody hears of it.
    async fn new_key(&self, label: &Name) -> Result<Admin, ApiError> {
        if self.keys().await?.len() >= KEYS_MAX {
            return Err(ApiError::new(Code::TooMuch, "you have enough keys"));
        }
        let key = SigningKey::generate(&mut crate::random::system());
        let admin = Admin {
            key: key.public(),
            label: Some(label.clone()),
        };
        let row = rows::Key {
            key,
            label: label.as_str().to_owned(),
            added: self.now(),
        };
        self.store.write(move |tx| rows::put_key(tx, &row)).await?;
        Ok(admin)
    }

    async fn drafts(&self) -> Result<Vec<(String, Draft)>, ApiError> {
        let read = |(name, bytes): (String, Vec<u8>)| {
            let draft = Draft::from_bytes(&bytes)
                .map_err(|e| ApiError::new(Code::Storage, format!("a draft: {e}")))?;
            Ok((name, draft))
        };
        let all = self.store.read(rows::drafts).await?;
        all.into_iter().map(read).collect()
    }

    async fn keep_draft(&self, draft: &Draft, before: Option<String>) -> Result<(), ApiError> {
        let (name, bytes) = (stored_name(draft), draft.to_bytes()?);
        self.store
            .write(move |tx| {
                if let Some(before) = before.filter(|b| *b != name) {
                    rows::remove_draft(tx, &before)?;
                }
                rows::put_draft(tx, &name, &bytes)
            })
            .await?;
        Ok(())
    }

    /// The draft that `wanted` means; or one that changes nothing yet, of an
    /// organisation of mine.
    async fn open_draft(&self, wanted: &str) -> Result<Opened, ApiError> {
        let text = wanted.trim().to_lowercase();
        let fits =
            |name: &str, d: &Draft| name == text || d.org().is_some_and(|o| o.to_string() == text);
        let drafts = self.drafts().await?;
        let mut found: Vec<_> = drafts.iter().filter(|(n, d)| fits(n, d)).collect();
        if found.is_empty() && !text.is_empty() {
            found = drafts
                .iter()
                .filter(|(n, _)| n.starts_with(&text))
                .collect();
        }
        match found[..] {
            [(name, draft)] => {
                return Ok(Opened {
                    draft: self.brought_up(draft)?,
                    stored: Some(name.clone()),
                });
            }
            [] => {}
            _ => {
                return Err(ApiError::new(
                    Code::Ambiguous,
                    "that fits several organisations",
                ));
            }
        }
        let org = self.find_organisation(Some(wanted)).map_err(|e| {
            e.hint("“kith org new NAME” begins one; “kith policy install FILE” joins one")
        })?;
        let chain = self.policies.chain(&org).ok_or_else(|| fault("a chain"))?;
        Ok(Opened {
            draft: Draft::after(chain.update_after(None), &[])?,
            stored: None,
        })
    }

    /// A draft that changes nothing, or that has been published by somebody
    /// else meanwhile, goes on from the newest document known here.
    fn brought_up(&self, draft: &Draft) -> Result<Draft, ApiError> {
        let Some(chain) = draft.org().and_then(|o| self.policies.chain(&o)) else {
            return Ok(draft.clone());
        };
        let published = draft.signing.as_ref().is_some_and(|s| {
            let all = chain.headers().iter();
            all.into_iter().any(|h| h.digest() == s.digest())
        });
        let newer = chain.head().payload().seq() >= draft.number();
        let moves = published || newer && draft.changes_nothing();
        if !moves {
            return Ok(draft.clone());
        }
        let recovery = draft.recovery.iter().flat_map(|(all, _)| all.clone());
        let labels: Vec<Admin> = draft.admins.iter().cloned().chain(recovery).collect();
        Ok(Draft::after(chain.update_after(None), &labels)?)
    }

    async fn org_new(&mut self, name: &str) -> Result<Reply, ApiError> {
        let name =
            Name::from_typed(name).map_err(|e| bad(format!("that name can't be used: {e}")))?;
        let drafts = self.drafts().await?;
        let taken = drafts
            .iter()
            .any(|(n, _)| *n == name.as_str().to_lowercase())
            || self
                .policies
                .joined()
                .any(|c| c.head().payload().name == name);
        if taken {
            return Err(bad("you know an organisation of that name already"));
        }
        if drafts.len() >= DRAFTS_MAX {
            return Err(ApiError::new(
                Code::TooMuch,
                "too many drafts: discard some",
            ));
        }
        let label = self.account.name().clone();
        let admin = self.new_key(&label).await?;
        let draft = Draft::new(name, admin);
        self.keep_draft(&draft, None).await?;
        Ok(Reply::OrgDraft(Box::new(self.shown(&draft)?)))
    }

    async fn org_edit(&mut self, org: &str, edit: &OrgEdit) -> Result<Reply, ApiError> {
        let Opened { mut draft, stored } = self.open_draft(org).await?;
        let mine: Vec<PublicKey> = self.keys().await?.iter().map(|k| k.key.public()).collect();
        let fresh = match edit {
            OrgEdit::Rotate if draft.admins.iter().any(|a| mine.contains(&a.key)) => {
                let label = self.account.name().clone();
                Some(self.new_key(&label).await?)
            }
            _ => None,
        };
        let lookup = |who: &str| self.found(who);
        edit::apply(&mut draft, edit, &lookup, &mine, fresh.as_ref())?;
        let refuses = |edit: &OrgEdit| {
            matches!(
                edit,
                OrgEdit::Recover {
                    retired: Retired::Refused,
                    ..
                }
            )
        };
        if refuses(edit)
            && let Some(key) = self.retired(&draft).first()
        {
            return Err(bad(format!(
                "{key} was an administrator’s key, and was replaced or taken out: whoever got at it \
                 may still have it"
            ))
            .hint("“kith org key --new NAME” makes another; “--retired” takes it back all the same"));
        }
        // A body that no reader would take is refused now, not when signed.
        draft.header(self.now())?;
        self.keep_draft(&draft, stored).await?;
        Ok(Reply::OrgDraft(Box::new(self.shown(&draft)?)))
    }

    /// Who is meant: me, a contact, or an id.
    pub(super) fn found(&self, who: &str) -> Result<Found, String> {
        let me = self.account.person();
        if who.trim() == "me" || who.trim() == me.to_string() {
            return Ok(Found {
                person: me,
                name: self.account.name().clone(),
            });
        }
        match self.find(who) {
            Ok(person) => {
                let known = self.people.get(&person).ok_or("nobody")?;
                Ok(Found {
                    person,
                    name: known.name.clone(),
                })
            }
            Err(e) => match who.trim().parse() {
                Ok(person) => Ok(Found {
                    person,
                    name: Name::from_typed(who.trim().get(..14).unwrap_or_default())
                        .map_err(|e| e.to_string())?,
                }),
                Err(_) => Err(e.message),
            },
        }
    }

    /// The administrators' keys of a draft that older documents had and the newest
    /// doesn't.
    fn retired(&self, draft: &Draft) -> Vec<AdminKeyId> {
        let Some(chain) = draft.org().and_then(|org| self.policies.chain(&org)) else {
            return Vec::new();
        };
        let now = chain.head().payload().admins.keys();
        let headers = chain.headers().iter();
        let before: BTreeSet<&PublicKey> =
            headers.flat_map(|h| h.payload().admins.keys()).collect();
        let all = draft.admins.iter().map(|a| a.key);
        all.filter(|key| before.contains(key) && !now.contains(key))
            .map(AdminKeyId::from)
            .collect()
    }

    /// What is known here of the organisation is newer than what the draft
    /// builds on.
    fn overtaken(&self, draft: &Draft) -> Option<DraftError> {
        draft.overtaken(self.policies.chain(&draft.org()?)?)
    }

    fn shown(&self, draft: &Draft) -> Result<OrgDraft, ApiError> {
        let progress = draft.progress()?;
        let mut warnings = Vec::new();
        if let Some(e) = self.overtaken(draft) {
            warnings.push(e.to_string());
        }
        for key in self.retired(draft) {
            warnings.push(format!(
                "{key} was an administrator’s key before and was replaced or taken out: whoever got \
                 at it may still have it"
            ));
        }
        if draft.needed == 1 && draft.admins.len() == 1 {
            warnings.push("one person alone can change it; two of three is safer".to_owned());
        }
        if draft.recovery.is_none() {
            warnings.push(
                "without recovery keys, lost administrators’ keys are the organisation’s end"
                    .to_owned(),
            );
        }
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Ok(OrgDraft {
            name: escape_for_display(draft.name.as_str()),
            org: draft.org().map(|o| o.to_string()),
            number: draft.number(),
            changes: changes(draft),
            admins: draft
                .admins
                .iter()
                .map(|a| (AdminKeyId::from(a.key).to_string(), a.called()))
                .collect(),
            needed: draft.needed,
            signed: progress.signed,
            progress: (count(progress.have), count(progress.needed)),
            missing: progress.missing,
            fingerprint: draft.signing.as_ref().map(|h| fingerprint(&h.digest())),
            warnings,
        })
    }

    async fn signable(&self, what: &Signable) -> Result<Opened, ApiError> {
        match what {
            Signable::Draft(org) => self.open_draft(org).await,
            Signable::File(content) => Ok(Opened {
                draft: proposed(content)?,
                stored: None,
            }),
        }
    }

    async fn org_sign(
        &mut self,
        what: Signable,
        recovery: Option<Secret>,
    ) -> Result<Reply, ApiError> {
        let Opened { mut draft, stored } = self.signable(&what).await?;
        let keys = match recovery {
            Some(seed) => vec![SigningKey::from_seed(&*seed_of(&seed)?)],
            None => self.keys().await?.into_iter().map(|k| k.key).collect(),
        };
        let signed = draft.sign(&keys, self.now());
        // Whether it may stand where it does is a matter of who signs it.
        if let Some(e) = self.overtaken(&draft) {
            return Err(e.into());
        }
        match signed {
            Ok(_) => {}
            // Of what is written here the file can be made again: the one that
            // was signed into may be lost.
            Err(DraftError::AlreadySigned) if matches!(what, Signable::Draft(_)) => {}
            Err(e) => return Err(e.into()),
        }
        if matches!(what, Signable::Draft(_)) {
            self.keep_draft(&draft, stored).await?;
        }
        Ok(Reply::Package(Package {
            name: format!("policy-{}-to-sign.kith", draft.number()),
            content: draft.proposal()?.to_bytes(),
        }))
    }

    async fn org_publish(&mut self, what: Signable) -> Result<Reply, ApiError> {
        let Opened { draft, .. } = self.signable(&what).await?;
        if let Some(e) = self.overtaken(&draft) {
            return Err(e.into());
        }
        let update = draft.finish(self.now())?;
        let org = draft.org().ok_or(DraftError::Broken)?;
        if self.policies.chain(&org).is_some() {
            self.take_policy(org, &update, None).await?;
        } else if draft.body.member(&self.account.person()).is_some() {
            self.join_organisation(org, &update).await?;
        } else {
            // An administrator who isn't a member: checked as members will.
            let wall = self.now();
            let now = *self.account.judge(wall);
            PolicyChain::join(org, &update, &now).map_err(|e| super::policies::refusal(&e))?;
        }
        self.after_publishing(org, &draft).await?;
        Ok(Reply::Package(Package {
            name: format!("policy-{}.kith", draft.number()),
            content: policy_file(&update),
        }))
    }

    /// Nothing is being written any more. An administrator who isn't a member
    /// keeps the chain as the base of the next document; and whose keys are
    /// whose is kept.
    async fn after_publishing(&mut self, org: OrgId, draft: &Draft) -> Result<(), ApiError> {
        let recovery = draft.recovery.iter().flat_map(|(all, _)| all.clone());
        let labels: Vec<Admin> = draft.admins.iter().cloned().chain(recovery).collect();
        let update = draft.finish(self.now())?;
        let next = Draft::after(update, &labels)?;
        for (name, stored) in self.drafts().await? {
            if stored.org() == Some(org) || name == stored_name(&next) {
                self.store
                    .write(move |tx| rows::remove_draft(tx, &name))
                    .await?;
            }
        }
        self.keep_draft(&next, None).await
    }
}

fn proposed(content: &[u8]) -> Result<Draft, ApiError> {
    let proposal =
        Proposal::from_bytes(content).map_err(|e| given::damaged("a policy to be signed", e))?;
    Ok(Draft::from_proposal(&proposal)?)
}

fn seed_of(hexadecimal: &Secret) -> Result<Zeroizing<[u8; 32]>, ApiError> {
    let text = hexadecimal.expose();
    let mut seed = Zeroizing::new([0; 32]);
    let wrong = || bad("that isn’t a recovery key");
    if text.len() != 64 || !text.is_ascii() {
        return Err(wrong());
    }
    for (i, byte) in seed.iter_mut().enumerate() {
        let pair = text.get(2 * i..2 * i + 2).ok_or_else(wrong)?;
        *byte = u8::from_str_radix(pair, 16).map_err(|_| wrong())?;
    }
    Ok(seed)
}
