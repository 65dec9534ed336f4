//! The chain of policy documents as one device knows it (POL-1, POL-8, POL-9,
//! rule R2; spec 04, "The chain").
//!
//! A document is taken over when it follows the newest one known, and enough
//! of that one's administrators signed it. Whatever shows that the newest one
//! known isn't the newest there is, or that there are two, ends all new
//! shares: it is kept, and nothing but a newer document, or the recovery
//! keys, heals it.
//!
//! What is learned must outlive the process (rule R2, POL-9): store
//! [`PolicyChain::state`] after every [`PolicyChain::apply`], whatever came of
//! it, and whenever [`PolicyChain::observe`] says so, before acting on it.

mod beyond;
mod error;
mod state;
mod status;
mod update;
mod walk;

pub use crate::clock::Observed;
pub use error::{ChainError, Unusable};
pub use state::ChainState;
pub use status::{CLOCK_LAG, PolicyState, PolicyStatus};
pub use update::{MAX_UPDATE, PolicyUpdate};

use core::time::Duration;

use super::compiled::Compiled;
use super::document::{MAX_BODY, PolicyBody, PolicyHeader};
use crate::cbor::DecodeError;
use crate::clock::seen::{Rule, Seen};
use crate::clock::{JudgedTime, MAX_SKEW};
use crate::digest::Digest;
use crate::id::OrgId;
use crate::signed::Cosigned;
use crate::time::Timestamp;
use beyond::{Author, Beyond};
use update::{Parsed, Received, parse};
use walk::{By, author, enough, healed, may_follow, settled, walk};

/// The most documents in one chain: one a day for eleven years. After that an
/// organisation begins a new chain.
pub const MAX_CHAIN: usize = 4_096;

/// What all headers of a chain may come to, in bytes, each counted with
/// [`HEADER_OVERHEAD`]: whatever the body, a newcomer can then be given all of
/// them in one update, and [`ChainState`] can be read again. Large
/// committees reach this before [`MAX_CHAIN`].
pub const MAX_HEADERS: usize = MAX_UPDATE - MAX_BODY - 1_024;
/// What a header costs in an update besides its own bytes.
pub const HEADER_OVERHEAD: usize = 5;

/// How long a clock that leapt must stay ahead, by itself, until it is
/// believed: a day, in which somebody will have noticed a wrong one. What it
/// ended, a newer document heals.
pub const CONFIRM: Duration = MAX_SKEW;

/// From which progress on the time seen is worth storing: an hour.
const GRAIN: Duration = Duration::from_secs(3_600);

/// What applying an update did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// Nothing in it was new.
    AlreadyKnown,
    /// This is now the number of the newest document.
    Advanced {
        /// Its number.
        seq: u64,
    },
}

/// Two documents with one number, both signed by those entitled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fork {
    /// The number.
    pub seq: u64,
    /// The digest of ours: the one in force before, or the one that ended it
    /// without being of use itself.
    pub ours: Digest,
    /// The digest of the other.
    pub theirs: Digest,
    /// The other header; or one that follows it, where the other itself
    /// hasn't been seen.
    pub evidence: Vec<u8>,
    /// Whose word each of them is, ours first.
    by: [Author; 2],
}

/// The policy chain of one organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyChain {
    org: OrgId,
    /// From the first one on; never empty.
    headers: Vec<Cosigned<PolicyHeader>>,
    body_bytes: Vec<u8>,
    body: PolicyBody,
    compiled: Compiled,
    fork: Option<Fork>,
    beyond: Option<Beyond>,
    /// Under the newest document.
    seen: Seen,
    /// A look at the clock has shown that the newest document, or one behind
    /// it, is over.
    ended: bool,
}

impl PolicyChain {
    /// Begins with an organisation's first document and whatever follows it
    /// in `update`. The person has chosen to join `org`.
    ///
    /// # Errors
    /// As [`PolicyChain::apply`]; then there is no chain.
    pub fn join(org: OrgId, update: &PolicyUpdate, now: &JudgedTime) -> Result<Self, ChainError> {
        let received = Received::all(update)?;
        let (first, rest) = received.split_first().ok_or(ChainError::Empty)?;
        if first.place.is_some() {
            return Err(ChainError::Gap);
        }
        if OrgId::from(first.digest) != org {
            return Err(ChainError::WrongOrganisation);
        }
        let Parsed::Header(genesis) = parse(first.bytes)? else {
            return Err(ChainError::Unusable(Unusable::NeedsUpdate));
        };
        let mut headers = vec![enough(genesis.claimed_payload(), &genesis)?];
        let walk = walk(org, &headers, rest).whole()?;
        if let Some(b) = walk.beyond {
            return Err(ChainError::Unusable(b.why));
        }
        headers.extend(walk.new);
        let head = headers[headers.len() - 1].payload();
        check_times(head, now.now())?;
        let body = read_body(head, &update.body)?;
        let mut chain = Self {
            org,
            compiled: Compiled::new(&body),
            seen: Seen::from(head.validity.issued),
            headers,
            body_bytes: update.body.clone(),
            body,
            fork: None,
            beyond: None,
            ended: false,
        };
        let _stored_with_the_rest = chain.observe(now);
        Ok(chain)
    }

    /// Tells the chain what the clock shows, so that what expires stays
    /// expired (POL-9). To be called at least once an hour, when the clock is
    /// changed, and before [`PolicyChain::in_force`]; the other methods that
    /// change the chain do it themselves.
    pub fn observe(&mut self, now: &JudgedTime) -> Observed {
        let rule = Rule {
            confirm: CONFIRM,
            grain: GRAIN,
            end: Some(status::usable_until(self.head().payload())),
        };
        let moved = self.seen.observe(now.now(), &rule);
        let before = self.ended;
        self.ended |= self.over(self.judged(now));
        match moved || self.ended != before {
            true => Observed::Store,
            false => Observed::Nothing,
        }
    }

    fn over(&self, now: Timestamp) -> bool {
        status::usable_until(self.head().payload()) <= now
    }

    /// The person says that the clock was wrong when it showed the end of the
    /// policy (POL-9), and is right now: what was seen under the newest
    /// document counts no longer. Where a document behind it was over when it
    /// came, that one must come again. To be stored, and to be audited.
    ///
    /// # Errors
    /// [`Unusable::Expired`]: the policy is over by this clock too; then
    /// nothing changes.
    pub fn clock_was_wrong(&mut self, now: &JudgedTime) -> Result<(), Unusable> {
        let awaited = |b: &Beyond| b.why == Unusable::Expired;
        if self.over(now.now()) && !self.beyond.as_ref().is_some_and(awaited) {
            return Err(Unusable::Expired);
        }
        self.ended = false;
        self.seen = Seen::from(now.now().max(self.head().payload().validity.issued));
        Ok(())
    }

    /// Takes over what `update` brings beyond what is known: all of it, or
    /// nothing. Evidence of a fork, and of a newer document that can't be
    /// used here, is kept even when this fails: store the chain in any case.
    ///
    /// # Errors
    /// See [`ChainError`]. The document in force before stays, unless
    /// [`PolicyChain::status`] now says otherwise.
    pub fn apply(
        &mut self,
        update: &PolicyUpdate,
        now: &JudgedTime,
    ) -> Result<Applied, ChainError> {
        let received = Received::all(update)?;
        if received.is_empty() {
            return Err(ChainError::Empty);
        }
        let _stored_with_the_rest = self.observe(now);
        let known = self.fork.clone().map(Rival::Fork);
        let rival = known.or_else(|| self.find_rival(&received));
        let base = match &rival {
            None => self.headers.len(),
            Some(rival) => self.undisputed_length(rival.fork(), &received),
        };
        let walk = walk(self.org, &self.headers[..base], &received);
        let last = self.headers[base - 1].payload();
        let ahead = self.beyond.as_ref();
        let rival = rival.or_else(|| ahead.and_then(|b| walk.leaves(last, b).map(Rival::of)));
        if let Some(rival) = &rival {
            let all = self.headers[..base].iter().chain(&walk.new);
            let settles = walk.refused.is_none() && settled(all, rival.fork());
            match rival {
                Rival::Fork(fork) => {
                    self.fork = Some(fork.clone());
                    if !settles {
                        return Err(ChainError::Forked);
                    }
                }
                Rival::Outdone(_) if !settles => {
                    let newest = ahead.map_or(self.head().payload().seq(), |b| b.seq);
                    return Err(ChainError::Rollback { newest });
                }
                Rival::Outdone(_) => {}
            }
        }
        let walk = walk.whole()?;
        if let Some(b) = walk.beyond {
            let why = b.why;
            self.note_beyond(b);
            return Err(ChainError::Unusable(why));
        }
        let Some(head) = walk.new.last() else {
            let last = received.last().map(|r| r.digest);
            let known = self.headers.iter().rev().find(|h| Some(h.digest()) == last);
            return match known {
                Some(h) if h.payload().body != PolicyBody::digest(&update.body) => {
                    Err(ChainError::OtherBody)
                }
                _ => Ok(Applied::AlreadyKnown),
            };
        };
        let seq = head.payload().seq();
        let way = walk.way(last);
        let body = self.body_for(head, update, now);
        if let Err(ChainError::Unusable(why)) = body {
            self.ended |= why == Unusable::Expired;
            self.note_beyond(Beyond {
                seq,
                why,
                evidence: head.to_bytes(),
                way,
            });
        }
        self.body = body?;
        self.compiled = Compiled::new(&self.body);
        self.body_bytes.clone_from(&update.body);
        self.headers.truncate(base);
        self.headers.extend(walk.new);
        self.seen = Seen::from(self.head().payload().validity.issued);
        self.ended = false;
        let _stored_with_the_rest = self.observe(now);
        // What the recovery keys didn't go on to is settled with the fork.
        self.fork = None;
        let settled = rival.is_some();
        let head = self.head().digest();
        let leads = |b: &Beyond| b.stop(seq).is_some_and(|s| s.digest == head);
        let open = |b: &Beyond| b.seq > seq && (!settled || leads(b));
        self.beyond = self.beyond.take().filter(open);
        self.ended |= self
            .beyond
            .as_ref()
            .is_some_and(|b| b.why == Unusable::Expired);
        Ok(Applied::Advanced { seq })
    }

    /// The body that `head` names, after a check that `head` can be in force now.
    fn body_for(
        &self,
        head: &Cosigned<PolicyHeader>,
        update: &PolicyUpdate,
        now: &JudgedTime,
    ) -> Result<PolicyBody, ChainError> {
        // What was over when it came stays so.
        let known = |b: &Beyond| b.why == Unusable::Expired && b.is(head.digest());
        if self.ended && self.beyond.as_ref().is_some_and(known) {
            return Err(ChainError::Unusable(Unusable::Expired));
        }
        // Not by a leap, however long it stayed: a clock that stood wrong must
        // not refuse what would heal it.
        let newest = self.head().payload().validity.issued;
        let judged = now.now().max(newest).max(self.seen.steady());
        check_times(head.payload(), judged)?;
        read_body(head.payload(), &update.body)
    }

    /// Which organisation.
    #[must_use]
    pub fn org(&self) -> OrgId {
        self.org
    }

    /// The newest header.
    #[must_use]
    pub fn head(&self) -> &Cosigned<PolicyHeader> {
        &self.headers[self.headers.len() - 1]
    }

    /// All headers, from the first.
    #[must_use]
    pub fn headers(&self) -> &[Cosigned<PolicyHeader>] {
        &self.headers
    }

    /// The newest body: members, groups, rules.
    #[must_use]
    pub fn body(&self) -> &PolicyBody {
        &self.body
    }

    /// The evidence of a fork, if there is any.
    #[must_use]
    pub fn fork(&self) -> Option<&Fork> {
        self.fork.as_ref()
    }

    /// The number of the newest document that is known, where it can't be used
    /// here, and why: another document of that number would be a fork.
    #[must_use]
    pub fn ahead(&self) -> Option<(u64, Unusable)> {
        self.beyond.as_ref().map(|b| (b.seq, b.why))
    }

    /// Whether the recovery keys could still sign a document of this number:
    /// only administrators have signed the one on the way to what
    /// [`PolicyChain::ahead`] tells of.
    #[must_use]
    pub fn replaceable(&self, seq: u64) -> bool {
        let ahead = self.beyond.as_ref().and_then(|b| b.stop(seq));
        ahead.is_some_and(|s| s.by == Author::Admins)
    }

    /// The policy to decide by now, or why there is none: what
    /// [`super::decide::Organisation`] takes.
    ///
    /// # Errors
    /// See [`Unusable`].
    pub fn in_force(&self, now: &JudgedTime) -> Result<&Compiled, Unusable> {
        match self.status(now).state {
            PolicyState::InForce | PolicyState::Grace => Ok(&self.compiled),
            PolicyState::Unusable(why) => Err(why),
        }
    }

    /// What to give to somebody whose newest header has the number `after`,
    /// or who has none.
    #[must_use]
    pub fn update_after(&self, after: Option<u64>) -> PolicyUpdate {
        let from = after.map_or(0, |seq| usize::try_from(seq).unwrap_or(usize::MAX));
        // The one they have goes along: that shows a fork.
        let headers = self.headers.iter().skip(from).map(Cosigned::to_bytes);
        PolicyUpdate {
            headers: headers.collect(),
            body: self.body_bytes.clone(),
        }
    }

    /// The time that this chain is judged by: never before the newest
    /// document was signed, nor before what was seen since (POL-9).
    fn judged(&self, now: &JudgedTime) -> Timestamp {
        now.now().max(self.seen.latest())
    }

    fn note_beyond(&mut self, new: Beyond) {
        let newest = self
            .beyond
            .as_ref()
            .map_or(self.head().payload().seq(), |b| b.seq);
        if new.seq > newest {
            self.beyond = Some(new);
        }
    }

    /// Looks for a header that stands beside one of ours and that those
    /// entitled have signed, whether or not it could be used here.
    fn find_rival(&self, received: &[Received<'_>]) -> Option<Rival> {
        let mut outdone = None;
        for rival in received.iter().filter_map(|r| self.competes(r)) {
            match rival {
                Rival::Fork(_) => return Some(rival),
                Rival::Outdone(_) => outdone.get_or_insert(rival),
            };
        }
        outdone
    }

    fn competes(&self, r: &Received<'_>) -> Option<Rival> {
        let p = r.place.filter(|p| p.org == self.org)?;
        let head = self.head();
        let newest = head.payload().seq();
        // Keys and signatures last of all, because they cost most.
        if newest.checked_add(1) == Some(p.seq) {
            // Our newest document's administrators went on from another one.
            // Nothing can stand beside the first: its digest is the name. And
            // beside the recovery keys' word only one of theirs can, which
            // this one doesn't show.
            let ours = self.author_of(newest);
            if p.digest == head.digest() || newest == 0 || ours == Author::Recovery {
                return None;
            }
            may_follow(head.payload(), r, By::Admins)?;
            return Some(Rival::Fork(Fork {
                seq: newest,
                ours: head.digest(),
                theirs: p.digest,
                evidence: r.bytes.to_vec(),
                by: [ours, Author::Admins],
            }));
        }
        let at = usize::try_from(p.seq).ok()?;
        let ours = self.headers.get(at).filter(|o| o.digest() != r.digest)?;
        // The first document can't compete: its digest is the name.
        let parent = self.headers.get(at.checked_sub(1)?)?;
        if p.digest != parent.digest() || healed(self.headers.iter(), p.seq) {
            return None;
        }
        let keys = parent.payload();
        // Whoever signs for an old number with keys that were replaced since
        // tells nothing about today: that is a rollback, and refused as such.
        let today = p.seq == newest;
        let admins = today || keys.admins == head.payload().admins;
        let recovery = today || keys.recovery == head.payload().recovery;
        let by = match (admins, recovery) {
            (_, true) => By::AdminsOrRecovery,
            (true, false) => By::Admins,
            (false, false) => return None,
        };
        let theirs = may_follow(keys, r, by)?;
        let fork = Fork {
            seq: p.seq,
            ours: ours.digest(),
            theirs: r.digest,
            evidence: r.bytes.to_vec(),
            by: [self.author_of(p.seq), theirs],
        };
        match theirs {
            Author::Admins if !admins => Some(Rival::Outdone(fork)),
            _ => Some(Rival::of(fork)),
        }
    }

    /// Whose word our header of this number is.
    fn author_of(&self, seq: u64) -> Author {
        let at = usize::try_from(seq).unwrap_or(usize::MAX);
        let before = at.checked_sub(1).and_then(|i| self.headers.get(i));
        match (before, self.headers.get(at)) {
            (Some(before), Some(h)) => author(before.payload(), h),
            _ => Author::Admins,
        }
    }

    /// How many of our headers to go on from when a fork is to be healed:
    /// all, or only those before it if `received` brings one of its number.
    fn undisputed_length(&self, fork: &Fork, received: &[Received<'_>]) -> usize {
        let place = |r: &Received<'_>| r.place.map_or(0, |p| p.seq);
        match received.iter().any(|r| place(r) == fork.seq) {
            true => usize::try_from(fork.seq).unwrap_or(usize::MAX),
            false => usize::MAX,
        }
        .clamp(1, self.headers.len())
    }
}

/// A document beside one of ours, signed by those entitled then.
enum Rival {
    /// It is a fork.
    Fork(Fork),
    /// Ours is the recovery keys' word and the other isn't, or the other's
    /// administrators were replaced since. Nobody is stopped by it; but what
    /// the recovery keys signed behind it counts.
    Outdone(Fork),
}

impl Rival {
    fn of(fork: Fork) -> Self {
        match fork.by {
            [Author::Recovery, Author::Admins] => Self::Outdone(fork),
            _ => Self::Fork(fork),
        }
    }

    const fn fork(&self) -> &Fork {
        match self {
            Self::Fork(fork) | Self::Outdone(fork) => fork,
        }
    }
}

/// Checks that a document can be in force at `now`.
fn check_times(head: &PolicyHeader, now: Timestamp) -> Result<(), ChainError> {
    let issued = head.validity.issued;
    if issued > now.after(MAX_SKEW) {
        return Err(ChainError::FromTheFuture {
            ahead: issued.since(now),
        });
    }
    match status::usable_until(head) <= now {
        true => Err(ChainError::Unusable(Unusable::Expired)),
        false => Ok(()),
    }
}

/// The body that a header names, compared with its digest before it is
/// parsed.
fn read_body(head: &PolicyHeader, bytes: &[u8]) -> Result<PolicyBody, ChainError> {
    if head.body != PolicyBody::digest(bytes) {
        return Err(ChainError::OtherBody);
    }
    match PolicyBody::from_bytes(bytes) {
        Ok(body) => Ok(body),
        Err(DecodeError::Critical(_) | DecodeError::Version(_)) => {
            Err(ChainError::Unusable(Unusable::NeedsUpdate))
        }
        Err(_) => Err(ChainError::Unusable(Unusable::Broken)),
    }
}

#[cfg(test)]
mod tests;
