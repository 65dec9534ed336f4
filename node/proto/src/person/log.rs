//! What a node holds of a person: the newest entry that was judged, the one
//! before it, and the evidence of a fork, if there is one (ID-1; spec 01,
//! "Taking an entry").

use thiserror::Error;

use crate::blame::Blame;
use crate::clock::{JudgedTime, MAX_SKEW};
use crate::id::PersonId;
use crate::keys::PublicKey;
use crate::signed::Cosigned;
use crate::time::Timestamp;

use super::entry::{DraftError, PersonEntry};
use super::rules::{Change, RuleError, judge, judge_genesis, recovery_signer};

/// A person's log, as far as it was received and judged.
///
/// Every change must be stored durably before it is acted on: the highest
/// sequence seen is what a rollback is measured against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonLog {
    id: PersonId,
    before: Option<Cosigned<PersonEntry>>,
    head: Cosigned<PersonEntry>,
    change: Change,
    fork: Option<Fork>,
}

/// Evidence that somebody signed two histories: an entry that bears the
/// signatures it needs and can't stand beside [`PersonLog::head`]. Whoever
/// sees both entries can check it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fork {
    /// The entry that came second.
    pub theirs: Cosigned<PersonEntry>,
}

/// What taking an entry did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a fork must be stored and shown"]
pub enum Applied {
    /// It is the new head.
    Grown(Change),
    /// It was known already; nothing changed.
    Known,
    /// It proves a fork; the evidence is kept and the log is closed.
    Forked,
}

/// Why an entry wasn't taken. Then nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PersonError {
    /// An entry of another person's log.
    #[error("an entry of another person")]
    OtherPerson,
    /// Not a right step; the fault of who made it.
    #[error("not a right step: {0}")]
    Rule(#[from] RuleError),
    /// Older than what is known: the sender is behind, or offers a rollback.
    #[error("entry {offered} is older than {have}, which is known")]
    Rollback {
        /// The newest that is known.
        have: u64,
        /// The one offered.
        offered: u64,
    },
    /// Entries between are missing: fetch them.
    #[error("entry {offered} doesn't follow {have}: those between are missing")]
    Gap {
        /// The newest that is known.
        have: u64,
        /// The one offered.
        offered: u64,
    },
    /// Issued more than [`MAX_SKEW`] ahead: its signer's clock is wrong, or
    /// ours. To be tried again later.
    #[error("issued in the future: its signer's clock or ours is wrong")]
    FromFuture {
        /// When it says it was issued.
        issued: Timestamp,
    },
    /// The log is forked: only a recovery is taken.
    #[error("the log is forked; only a recovery ends that")]
    Forked,
    /// A step of the same number that loses against the one that is known:
    /// against a recovery, which was made to undo it; or a recovery by a
    /// replaced key, after an entry from when that key's time was over.
    #[error("the entry that is known goes before this one")]
    Outranked,
}

impl PersonError {
    /// Whose fault it is.
    #[must_use]
    pub fn blame(&self) -> Blame {
        match self {
            Self::OtherPerson | Self::Rule(_) => Blame::Misbehaved,
            Self::Rollback { .. }
            | Self::Gap { .. }
            | Self::FromFuture { .. }
            | Self::Forked
            | Self::Outranked => Blame::Circumstance,
        }
    }
}

impl PersonLog {
    /// Starts a log with its first entry.
    ///
    /// # Errors
    /// [`PersonError::Rule`], [`PersonError::FromFuture`].
    pub fn start(genesis: Cosigned<PersonEntry>, now: &JudgedTime) -> Result<Self, PersonError> {
        let change = judge_genesis(&genesis)?;
        not_future(genesis.payload(), now)?;
        Ok(Self {
            id: genesis.digest().into(),
            before: None,
            head: genesis,
            change,
            fork: None,
        })
    }

    /// A log as it was stored: the head, the entry before it (absent when the
    /// head is the first), and the evidence of a fork. The store is believed
    /// as to the history; the last step is judged again.
    ///
    /// # Errors
    /// The parts don't fit together: the store is damaged.
    pub fn resume(
        id: PersonId,
        before: Option<Cosigned<PersonEntry>>,
        head: Cosigned<PersonEntry>,
        fork: Option<Fork>,
    ) -> Result<Self, PersonError> {
        let change = match &before {
            None => judge_genesis(&head)?,
            Some(b) => judge(b, &head)?,
        };
        let log = Self {
            id,
            before,
            head,
            change,
            fork,
        };
        let parts = [log.before.as_ref(), Some(&log.head), log.theirs()];
        if parts.into_iter().flatten().all(|e| id_of(e) == id) {
            Ok(log)
        } else {
            Err(PersonError::OtherPerson)
        }
    }

    /// The person.
    #[must_use]
    pub fn id(&self) -> PersonId {
        self.id
    }

    /// The newest entry, to be stored and passed on.
    #[must_use]
    pub fn head(&self) -> &Cosigned<PersonEntry> {
        &self.head
    }

    /// The entry before the head, to be stored.
    #[must_use]
    pub fn before(&self) -> Option<&Cosigned<PersonEntry>> {
        self.before.as_ref()
    }

    /// The evidence of a fork, to be stored and shown.
    #[must_use]
    pub fn fork(&self) -> Option<&Fork> {
        self.fork.as_ref()
    }

    /// The state as of the newest entry.
    #[must_use]
    pub fn state(&self) -> &PersonEntry {
        self.head.payload()
    }

    /// The number of the newest entry.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.state().seq
    }

    /// The person key in force.
    #[must_use]
    pub fn key(&self) -> PublicKey {
        self.state().key
    }

    /// A draft of the next entry.
    ///
    /// # Errors
    /// See [`DraftError`].
    pub fn draft(&self, now: Timestamp) -> Result<PersonEntry, DraftError> {
        PersonEntry::next(self.id, &self.head, now)
    }

    /// Takes an entry.
    ///
    /// # Errors
    /// See [`PersonError`]; then nothing has changed.
    pub fn apply(
        &mut self,
        entry: Cosigned<PersonEntry>,
        now: &JudgedTime,
    ) -> Result<Applied, PersonError> {
        if id_of(&entry) != self.id {
            return Err(PersonError::OtherPerson);
        }
        let known = [self.before.as_ref(), Some(&self.head), self.theirs()];
        if known
            .into_iter()
            .flatten()
            .any(|k| k.digest() == entry.digest())
        {
            return Ok(Applied::Known);
        }
        not_future(entry.payload(), now)?;
        let (have, offered) = (self.seq(), entry.payload().seq);
        if self.fork.is_some() {
            self.heal(entry)
        } else if offered > have + 1 {
            Err(PersonError::Gap { have, offered })
        } else if offered == have + 1 {
            self.follow(entry)
        } else if offered == have {
            self.beside(entry)
        } else {
            Err(PersonError::Rollback { have, offered })
        }
    }

    /// An entry with the next number.
    fn follow(&mut self, entry: Cosigned<PersonEntry>) -> Result<Applied, PersonError> {
        match judge(&self.head, &entry) {
            Ok(change) => {
                let before = core::mem::replace(&mut self.head, entry);
                self.before = Some(before);
                self.change = change;
                Ok(Applied::Grown(change))
            }
            // Signed by the key in force, but on top of something else.
            Err(RuleError::Previous) if entry.signed_by(&[self.key()]) == 1 => {
                Ok(self.close(entry))
            }
            Err(e) => Err(e.into()),
        }
    }

    /// An entry with the head's number that isn't the head.
    fn beside(&mut self, entry: Cosigned<PersonEntry>) -> Result<Applied, PersonError> {
        let Some(before) = &self.before else {
            // Two first entries have two digests, so they are two persons.
            return Err(PersonError::OtherPerson);
        };
        match judge(before, &entry) {
            Ok(Change::Recovery) if came_late(before.payload(), &entry, self.state()) => {
                Err(PersonError::Outranked)
            }
            // Recovery exists to undo what a stolen person key signed, so it
            // wins against a step of any other kind.
            Ok(Change::Recovery) if self.change != Change::Recovery => {
                self.head = entry;
                self.change = Change::Recovery;
                Ok(Applied::Grown(Change::Recovery))
            }
            Ok(change) if self.change == Change::Recovery && change != Change::Recovery => {
                Err(PersonError::Outranked)
            }
            Ok(_) => Ok(self.close(entry)),
            Err(RuleError::Previous) if entry.signed_by(&[before.payload().key]) == 1 => {
                Ok(self.close(entry))
            }
            Err(e) => Err(e.into()),
        }
    }

    fn close(&mut self, theirs: Cosigned<PersonEntry>) -> Applied {
        self.fork = Some(Fork { theirs });
        Applied::Forked
    }

    /// On a forked log only a recovery is taken. It may stand on either
    /// branch or on the entry before the head; but its recovery key must be
    /// one that both branches acknowledge, or a thief could end the fork with
    /// a sheet of his own; and no branch's revocations are undone.
    fn heal(&mut self, entry: Cosigned<PersonEntry>) -> Result<Applied, PersonError> {
        let Some(fork) = &self.fork else {
            return Err(PersonError::Forked);
        };
        let (ours, theirs) = (self.head.payload(), fork.theirs.payload());
        let previous = entry.payload().previous;
        let bases = [Some(&self.head), Some(&fork.theirs), self.before.as_ref()];
        let base = bases
            .into_iter()
            .flatten()
            .find(|b| Some(b.digest()) == previous);
        let base = base.ok_or(PersonError::Forked)?;
        let (Change::Recovery, Some(signer)) = (
            judge(base, &entry)?,
            recovery_signer(base.payload(), &entry),
        ) else {
            return Err(PersonError::Forked);
        };
        for branch in [ours, theirs] {
            // An outgoing key whose time was over for the branch has no say,
            // whatever date the recovery bears.
            let issued = entry.payload().issued.max(branch.issued);
            if !branch.recovery_keys(issued).any(|k| k == signer) {
                return Err(PersonError::Forked);
            }
            for d in &entry.payload().devices {
                if branch.revocation(&d.device).is_some() {
                    return Err(RuleError::RevokedReturns(d.device).into());
                }
            }
        }
        self.before = Some(base.clone());
        self.head = entry;
        self.change = Change::Recovery;
        self.fork = None;
        Ok(Applied::Grown(Change::Recovery))
    }

    fn theirs(&self) -> Option<&Cosigned<PersonEntry>> {
        self.fork.as_ref().map(|f| &f.theirs)
    }
}

/// Whether a recovery on `before` is signed by its outgoing key, and `head`,
/// which stands on it too, is from when that key's time was over. The date of
/// the recovery is no argument: whoever signs it chooses it.
fn came_late(before: &PersonEntry, recovery: &Cosigned<PersonEntry>, head: &PersonEntry) -> bool {
    before
        .outgoing
        .is_some_and(|o| head.issued >= o.until && recovery.signed_by(&[o.key]) == 1)
}

/// Whose log an entry claims to be of.
fn id_of(entry: &Cosigned<PersonEntry>) -> PersonId {
    entry
        .payload()
        .person
        .unwrap_or_else(|| entry.digest().into())
}

fn not_future(entry: &PersonEntry, now: &JudgedTime) -> Result<(), PersonError> {
    let issued = entry.issued;
    if issued > now.now().after(MAX_SKEW) {
        return Err(PersonError::FromFuture { issued });
    }
    Ok(())
}
