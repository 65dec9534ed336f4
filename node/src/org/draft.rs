//! A policy document that is being written: what stands in it, on which
//! document it builds, and who has signed it so far.

use core::time::Duration;

use ciborium::Value;
use kith_proto::cbor::{self, Bytes, Decode, DecodeError, Encode, MapBuilder, MapReader};
use kith_proto::digest::Digest;
use kith_proto::id::{AdminKeyId, OrgId};
use kith_proto::keys::{PublicKey, SigningKey};
use kith_proto::names::{Name, escape_for_display};
use kith_proto::policy::chain::{MAX_UPDATE, PolicyUpdate, Unusable};
use kith_proto::policy::document::{KeySet, PolicyBody, PolicyHeader, Previous};
use kith_proto::signed::Cosigned;
use kith_proto::time::Timestamp;
use kith_proto::validity::Validity;
use thiserror::Error;

use super::proposal::Proposal;

/// One day.
pub const DAY: Duration = Duration::from_secs(86_400);
/// How old a policy gets before its grace period begins, unless said
/// otherwise: 90 days.
pub const MAX_AGE: Duration = Duration::from_secs(90 * 86_400);
/// The grace period unless said otherwise: 30 days.
pub const GRACE: Duration = Duration::from_secs(30 * 86_400);
/// How long a document lasts unless said otherwise: a year.
pub const LIFETIME: Duration = Duration::from_secs(365 * 86_400);
/// The largest stored draft: the chain that it builds on, a body, a header.
const MAX_DRAFT: usize = MAX_UPDATE + 1024 * 1024;

/// Why a draft can't be signed or published; each says what to do.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DraftError {
    /// None of the keys that are here may sign it.
    #[error("none of your keys is one of those that must sign it")]
    NotAnAdmin,
    /// All keys here that may sign it have.
    #[error("you have signed this already; somebody else must sign now")]
    AlreadySigned,
    /// Too few have signed.
    #[error("{have} of {needed} have signed; still missing: {missing}")]
    TooFew {
        /// How many have.
        have: usize,
        /// How many must.
        needed: usize,
        /// Who could.
        missing: String,
    },
    /// It builds on a document that isn't the newest any more.
    #[error("number {newest} is in force already; this one builds on an older policy")]
    Older {
        /// The newest number.
        newest: u64,
    },
    /// There is a newer document, signed well, of no use here; one more of
    /// its number would be a fork.
    #[error("number {newest} exists already ({why}); this one would be a second")]
    Beside {
        /// Its number.
        newest: u64,
        /// Why it is of no use.
        why: Unusable,
    },
    /// As [`DraftError::Beside`]; but only administrators signed that one, so
    /// the recovery keys can put another in its place.
    #[error(
        "number {newest} exists already ({why}); the recovery keys alone can replace it, and \
         change nothing but administrators and times"
    )]
    Replaceable {
        /// Its number.
        newest: u64,
        /// Why it is of no use.
        why: Unusable,
    },
    /// Its time was over before it was published.
    #[error("it was fixed too long ago and has expired")]
    Expired,
    /// Its own rules refuse it: the input of an administrator.
    #[error("it can't be a policy: {0}")]
    Content(#[from] DecodeError),
    /// It doesn't fit the document that it says it builds on.
    #[error("the file doesn't hold together: it was altered, or put together wrongly")]
    Broken,
    /// Recovery keys may only change the administrators and the times.
    #[error(
        "recovery keys can replace administrators and nothing else: take the other changes back"
    )]
    MoreThanRecovery,
    /// A fault in signing.
    #[error("it can't be signed: {0}")]
    Signing(String),
}

/// An administrator: a key, and by which name the others know who has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admin {
    /// The key.
    pub key: PublicKey,
    /// Whose; not part of the document.
    pub label: Option<Name>,
}

impl Admin {
    fn short_key(&self) -> String {
        format!("{:.14}…", AdminKeyId::from(self.key).to_string())
    }

    /// The name alone, escaped; without one, the beginning of the key's text.
    /// For where the whole key stands beside it.
    #[must_use]
    pub fn called(&self) -> String {
        match &self.label {
            Some(name) => escape_for_display(name.as_str()),
            None => self.short_key(),
        }
    }
}

/// The name, escaped, and the beginning of the key's text: nothing that is
/// signed says whose a key is, so a name never stands alone.
impl core::fmt::Display for Admin {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match &self.label {
            Some(_) => write!(f, "{} ({})", self.called(), self.short_key()),
            None => f.write_str(&self.short_key()),
        }
    }
}

/// A document that is being written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The documents before, with the newest body; `None` for the first one.
    pub base: Option<PolicyUpdate>,
    /// What the organisation calls itself.
    pub name: Name,
    /// The administrators from now on.
    pub admins: Vec<Admin>,
    /// How many of them must sign the next change.
    pub needed: u8,
    /// The recovery keys, and how many of them must sign.
    pub recovery: Option<(Vec<Admin>, u8)>,
    /// From which age on the document is old.
    pub max_age: Duration,
    /// How long it may still be used after that.
    pub grace: Duration,
    /// How long it lasts at most.
    pub lifetime: Duration,
    /// Members, groups, rules.
    pub body: PolicyBody,
    /// The header as the first signer fixed it, with the signatures so far.
    pub signing: Option<Cosigned<PolicyHeader>>,
}

impl Draft {
    /// The first document of a new organisation, with one administrator.
    #[must_use]
    pub fn new(name: Name, admin: Admin) -> Self {
        Self {
            base: None,
            name,
            admins: vec![admin],
            needed: 1,
            recovery: None,
            max_age: MAX_AGE,
            grace: GRACE,
            lifetime: LIFETIME,
            body: PolicyBody::default(),
            signing: None,
        }
    }

    /// The next document after the newest of `base`; nothing is changed yet.
    /// `labels` are names for keys.
    ///
    /// # Errors
    /// [`DraftError::Broken`] if `base` isn't a chain.
    pub fn after(base: PolicyUpdate, labels: &[Admin]) -> Result<Self, DraftError> {
        let (header, body) = newest(&base)?;
        Ok(Self {
            base: Some(base),
            ..Self::saying(header.payload(), body, labels)
        })
    }

    /// What says the same as these two, after nothing.
    fn saying(h: &PolicyHeader, body: PolicyBody, labels: &[Admin]) -> Self {
        let named = |k: &PublicKey| labelled(*k, labels);
        Self {
            base: None,
            name: h.name.clone(),
            admins: h.admins.keys().iter().map(named).collect(),
            needed: h.admins.needed(),
            recovery: h
                .recovery
                .as_ref()
                .map(|r| (r.keys().iter().map(named).collect(), r.needed())),
            max_age: h.max_age,
            grace: h.grace,
            lifetime: h.validity.expires.since(h.validity.issued),
            body,
            signing: None,
        }
    }

    /// The newest header before this one, if there is one.
    #[must_use]
    pub fn before(&self) -> Option<(Cosigned<PolicyHeader>, PolicyBody)> {
        newest(self.base.as_ref()?).ok()
    }

    /// Whether it is as the document before, so far.
    #[must_use]
    pub fn changes_nothing(&self) -> bool {
        let Some(base) = self.base.clone() else {
            return false;
        };
        let recovery = self.recovery.iter().flat_map(|(all, _)| all.clone());
        let labels: Vec<Admin> = self.admins.iter().cloned().chain(recovery).collect();
        Self::after(base, &labels).is_ok_and(|fresh| fresh == *self)
    }

    /// The organisation; `None` until the first document is signed.
    #[must_use]
    pub fn org(&self) -> Option<OrgId> {
        match &self.base {
            None => self.signing.as_ref().map(|h| OrgId::from(h.digest())),
            Some(base) => {
                let first = Cosigned::<PolicyHeader>::parse(base.headers.first()?).ok()?;
                match first.payload().previous {
                    None => Some(OrgId::from(first.digest())),
                    Some(p) => Some(p.org),
                }
            }
        }
    }

    /// The number that the document will have.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.before()
            .map_or(0, |(h, _)| h.payload().seq().saturating_add(1))
    }

    /// The keys of which enough must sign this document: those of the one
    /// before, or its own for the first.
    ///
    /// # Errors
    /// [`DraftError::Content`]: no, or too many, or repeated keys.
    pub fn signers(&self) -> Result<KeySet, DraftError> {
        match self.before() {
            Some((h, _)) => Ok(h.payload().admins.clone()),
            None => self.admin_set(),
        }
    }

    fn admin_set(&self) -> Result<KeySet, DraftError> {
        let keys = self.admins.iter().map(|a| a.key).collect();
        Ok(KeySet::new(keys, self.needed)?)
    }

    /// The header as it stands now, signed from `now` on.
    ///
    /// # Errors
    /// What makes it no policy.
    pub fn header(&self, now: Timestamp) -> Result<PolicyHeader, DraftError> {
        let previous = match self.before() {
            None => None,
            Some((h, _)) => Some(Previous {
                org: self.org().ok_or(DraftError::Broken)?,
                seq: self.number(),
                digest: h.digest(),
            }),
        };
        let (_, body) = self.body.to_bytes()?;
        let recovery = match &self.recovery {
            None => None,
            Some((keys, needed)) => {
                Some(KeySet::new(keys.iter().map(|a| a.key).collect(), *needed)?)
            }
        };
        Ok(PolicyHeader {
            previous,
            name: self.name.clone(),
            validity: Validity::starting(now, self.lifetime),
            max_age: self.max_age,
            grace: self.grace,
            admins: self.admin_set()?,
            recovery,
            body,
        })
    }

    /// Signs with the first of `keys` that may and hasn't; the first signature
    /// fixes the document.
    ///
    /// # Errors
    /// See [`DraftError`].
    pub fn sign(&mut self, keys: &[SigningKey], now: Timestamp) -> Result<PublicKey, DraftError> {
        let header = match &self.signing {
            Some(h) => h.payload().clone(),
            None => self.header(now)?,
        };
        if header.validity.expires <= now {
            return Err(DraftError::Expired);
        }
        let may = self.signers()?;
        let recovery = self
            .before()
            .and_then(|(h, _)| h.payload().recovery.clone());
        let entitled = |k: &PublicKey| {
            may.keys().contains(k) || recovery.as_ref().is_some_and(|r| r.keys().contains(k))
        };
        let mine: Vec<&SigningKey> = keys.iter().filter(|k| entitled(&k.public())).collect();
        let signed = |k: &PublicKey| {
            let all = self.signing.iter().flat_map(Cosigned::signers);
            all.into_iter().any(|s| s == *k)
        };
        if mine.is_empty() {
            return Err(DraftError::NotAnAdmin);
        }
        let Some(key) = mine.iter().find(|k| !signed(&k.public())) else {
            return Err(DraftError::AlreadySigned);
        };
        if !may.keys().contains(&key.public()) {
            self.only_recovers(&header)?;
        }
        let fault = |e: kith_proto::signed::RecordError| DraftError::Signing(e.to_string());
        match &mut self.signing {
            Some(h) => h.add_signature(key).map_err(fault)?,
            None => self.signing = Some(Cosigned::new(header, key).map_err(fault)?),
        }
        Ok(key.public())
    }

    fn only_recovers(&self, header: &PolicyHeader) -> Result<(), DraftError> {
        let fits = self.before().is_some_and(|(h, _)| {
            let h = h.payload();
            h.name == header.name && h.body == header.body && h.recovery == header.recovery
        });
        match fits {
            true => Ok(()),
            false => Err(DraftError::MoreThanRecovery),
        }
    }

    /// How many of those who must sign have, and how many must; by the keys
    /// that have come furthest.
    ///
    /// # Errors
    /// As [`Draft::signers`].
    pub fn progress(&self) -> Result<Progress, DraftError> {
        let admins = self.signers()?;
        let recovery = self
            .before()
            .and_then(|(h, _)| h.payload().recovery.clone());
        let have = |k: &KeySet| self.signing.as_ref().map_or(0, |h| h.signed_by(k.keys()));
        let by_recovery = recovery.as_ref().is_some_and(|r| have(r) > 0);
        let set = match recovery {
            Some(r) if by_recovery && have(&admins) < usize::from(admins.needed()) => r,
            _ => admins,
        };
        let signers: Vec<PublicKey> = self.signing.iter().flat_map(Cosigned::signers).collect();
        Ok(Progress {
            have: have(&set),
            needed: usize::from(set.needed()),
            missing: set
                .keys()
                .iter()
                .filter(|k| !signers.contains(k))
                .map(|k| self.label(k))
                .collect(),
            signed: signers.iter().map(|k| self.label(k)).collect(),
        })
    }

    /// Whose key it is, as far as this draft knows, and the beginning of it.
    #[must_use]
    pub fn label(&self, key: &PublicKey) -> String {
        let recovery = self.recovery.iter().flat_map(|(all, _)| all);
        let found = self.admins.iter().chain(recovery).find(|a| a.key == *key);
        found.map_or_else(|| labelled(*key, &[]).to_string(), Admin::to_string)
    }

    /// The whole update with this document as its newest.
    ///
    /// # Errors
    /// [`DraftError::TooFew`], [`DraftError::Content`],
    /// [`DraftError::Expired`].
    pub fn finish(&self, now: Timestamp) -> Result<PolicyUpdate, DraftError> {
        let progress = self.progress()?;
        let Some(header) = self
            .signing
            .as_ref()
            .filter(|_| progress.have >= progress.needed)
        else {
            return Err(DraftError::TooFew {
                have: progress.have,
                needed: progress.needed,
                missing: progress.missing.join(", "),
            });
        };
        if header.payload().validity.expires <= now {
            return Err(DraftError::Expired);
        }
        let (body, _) = self.body.to_bytes()?;
        let before = self.base.iter().flat_map(|b| b.headers.clone());
        Ok(PolicyUpdate {
            headers: before.chain([header.to_bytes()]).collect(),
            body,
        })
    }

    /// For another administrator to sign.
    ///
    /// # Errors
    /// [`DraftError::TooFew`] before the first signature.
    pub fn proposal(&self) -> Result<Proposal, DraftError> {
        let Some(header) = self.signing.clone() else {
            let p = self.progress()?;
            return Err(DraftError::TooFew {
                have: 0,
                needed: p.needed,
                missing: p.missing.join(", "),
            });
        };
        let recovery = self.recovery.iter().flat_map(|(all, _)| all.clone());
        Ok(Proposal {
            base: self.base.clone(),
            header,
            body: self.body.to_bytes()?.0,
            labels: self.admins.iter().cloned().chain(recovery).collect(),
        })
    }

    /// From another administrator's file.
    ///
    /// # Errors
    /// [`DraftError::Broken`] if its parts don't belong together.
    pub fn from_proposal(p: &Proposal) -> Result<Self, DraftError> {
        let h = p.header.payload();
        if PolicyBody::digest(&p.body) != h.body {
            return Err(DraftError::Broken);
        }
        let body = PolicyBody::from_bytes(&p.body)?;
        match (&p.base, h.previous) {
            (None, None) => {}
            (Some(base), Some(previous)) => {
                let (head, _) = newest(base)?;
                let follows = head.digest() == previous.digest
                    && head.payload().seq().checked_add(1) == Some(previous.seq);
                if !follows {
                    return Err(DraftError::Broken);
                }
            }
            _ => return Err(DraftError::Broken),
        }
        Ok(Self {
            base: p.base.clone(),
            signing: Some(p.header.clone()),
            ..Self::saying(h, body, &p.labels)
        })
    }

    /// The bytes to store.
    ///
    /// # Errors
    /// The body isn't one.
    pub fn to_bytes(&self) -> Result<Vec<u8>, DraftError> {
        let (body, _) = self.body.to_bytes()?;
        let recovery = self.recovery.as_ref();
        let map = MapBuilder::new()
            .put(0, &1u64)
            .put_opt(1, self.base.as_ref().map(|b| Bytes(b.to_bytes())).as_ref())
            .put(2, &self.name)
            .put_list(3, &admins(&self.admins))
            .put(4, &self.needed)
            .put_list(5, &recovery.map(|(all, _)| admins(all)).unwrap_or_default())
            .put_opt(6, recovery.map(|(_, n)| *n).as_ref())
            .put(7, &millis(self.max_age))
            .put(8, &millis(self.grace))
            .put(9, &millis(self.lifetime))
            .put(10, &Bytes(body))
            .put_opt(
                11,
                self.signing.as_ref().map(|s| Bytes(s.to_bytes())).as_ref(),
            );
        Ok(cbor::to_bytes(&map.build()))
    }

    /// From stored bytes.
    ///
    /// # Errors
    /// Damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(cbor::from_bytes::<Value>(bytes, MAX_DRAFT)?)?;
        r.version(0, 1)?;
        let base = r
            .opt::<Bytes>(1)?
            .map(|b| PolicyUpdate::from_bytes(&b.0))
            .transpose()?;
        let period = |ms| Duration::from_millis(ms);
        let most = kith_proto::policy::document::MAX_KEYS;
        let draft = Self {
            base,
            name: r.req(2)?,
            admins: read_admins(r.list(3, most)?)?,
            needed: r.req(4)?,
            recovery: {
                let keys = read_admins(r.list(5, most)?)?;
                r.opt(6)?.map(|needed| (keys, needed))
            },
            max_age: period(r.req(7)?),
            grace: period(r.req(8)?),
            lifetime: period(r.req(9)?),
            body: PolicyBody::from_bytes(&r.req::<Bytes>(10)?.0)?,
            signing: r
                .opt::<Bytes>(11)?
                .map(|b| Cosigned::parse(&b.0))
                .transpose()
                .map_err(|_| DecodeError::OutOfRange)?,
        };
        let _ = r.finish()?;
        Ok(draft)
    }
}

/// How far signing is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// How many of those who must sign have.
    pub have: usize,
    /// How many must.
    pub needed: usize,
    /// Who could still sign.
    pub missing: Vec<String>,
    /// Who has signed, entitled or not.
    pub signed: Vec<String>,
}

/// The newest header of an update, and its body, which fit.
fn newest(base: &PolicyUpdate) -> Result<(Cosigned<PolicyHeader>, PolicyBody), DraftError> {
    let last = base.headers.last().ok_or(DraftError::Broken)?;
    let header = Cosigned::<PolicyHeader>::parse(last).map_err(|_| DraftError::Broken)?;
    if PolicyBody::digest(&base.body) != header.payload().body {
        return Err(DraftError::Broken);
    }
    let body = PolicyBody::from_bytes(&base.body)?;
    Ok((header, body))
}

fn labelled(key: PublicKey, labels: &[Admin]) -> Admin {
    let known = labels.iter().find(|a| a.key == key);
    Admin {
        key,
        label: known.and_then(|a| a.label.clone()),
    }
}

fn millis(d: Duration) -> u64 {
    u64::try_from(d.as_millis()).unwrap_or(u64::MAX)
}

pub(super) fn admins(all: &[Admin]) -> Vec<Value> {
    let one = |a: &Admin| {
        let label = a.label.as_ref().map(Encode::encode);
        Value::Array([a.key.encode()].into_iter().chain(label).collect())
    };
    all.iter().map(one).collect()
}

pub(super) fn read_admins(all: Vec<Value>) -> Result<Vec<Admin>, DecodeError> {
    let one = |value: Value| {
        let mut parts = <Vec<Value>>::decode(value)?.into_iter();
        let wrong = DecodeError::Type("a key, and a name");
        let admin = Admin {
            key: PublicKey::decode(parts.next().ok_or(wrong.clone())?)?,
            label: parts.next().map(Name::decode).transpose()?,
        };
        match parts.next() {
            None => Ok(admin),
            Some(_) => Err(wrong),
        }
    };
    all.into_iter().map(one).collect()
}

/// A short word for a document, to compare by voice.
#[must_use]
pub fn fingerprint(digest: &Digest) -> String {
    digest.as_bytes()[..8]
        .chunks(2)
        .map(|c| c.iter().map(|b| format!("{b:02x}")).collect::<String>())
        .collect::<Vec<_>>()
        .join(" ")
}
