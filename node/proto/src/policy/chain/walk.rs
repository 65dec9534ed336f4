use super::beyond::{Author, Beyond, Stop};
use super::update::{Parsed, Received, parse};
use super::{ChainError, Fork, HEADER_OVERHEAD, MAX_CHAIN, MAX_HEADERS, Unusable};
use crate::id::OrgId;
use crate::policy::document::PolicyHeader;
use crate::signed::{Cosigned, Payload, UnverifiedCosigned};

/// What headers that were followed one after the other came to.
#[derive(Default)]
pub(super) struct Walk {
    /// Those that weren't known, with checked signatures.
    pub(super) new: Vec<Cosigned<PolicyHeader>>,
    /// One behind them that can't be read or kept here.
    pub(super) beyond: Option<Beyond>,
    /// Why the one behind them can't be followed.
    pub(super) refused: Option<ChainError>,
}

impl Walk {
    /// The walk, if nothing in it had to be refused.
    pub(super) fn whole(self) -> Result<Self, ChainError> {
        match self.refused {
            Some(e) => Err(e),
            None => Ok(self),
        }
    }

    /// Those that weren't known, behind `base`.
    pub(super) fn way(&self, base: &PolicyHeader) -> Vec<Stop> {
        let mut before = base;
        let stops = self.new.iter().map(|h| {
            let by = author(before, h);
            before = h.payload();
            Stop {
                digest: h.digest(),
                by,
            }
        });
        stops.collect()
    }

    /// The first header that stands where another one led to `known`: those
    /// entitled have signed both. The headers here follow `base`.
    pub(super) fn leaves(&self, base: &PolicyHeader, known: &Beyond) -> Option<Fork> {
        let read = |(h, stop): (&Cosigned<PolicyHeader>, Stop)| {
            rivals(known, h.payload().seq(), stop, || h.to_bytes())
        };
        let mut new = self.new.iter().zip(self.way(base));
        new.find_map(read).or_else(|| {
            let b = self.beyond.as_ref()?;
            rivals(known, b.seq, *b.way.last()?, || b.evidence.clone())
        })
    }
}

fn rivals(
    known: &Beyond,
    seq: u64,
    theirs: Stop,
    evidence: impl FnOnce() -> Vec<u8>,
) -> Option<Fork> {
    let ours = known.stop(seq).filter(|s| s.digest != theirs.digest)?;
    Some(Fork {
        seq,
        ours: ours.digest,
        theirs: theirs.digest,
        evidence: evidence(),
        by: [ours.by, theirs.by],
    })
}

/// Whose word `doc` is, that follows `before`.
pub(super) fn author<T: Payload + Clone>(before: &PolicyHeader, doc: &Cosigned<T>) -> Author {
    match before
        .recovery
        .as_ref()
        .is_some_and(|keys| keys.signed(doc))
    {
        true => Author::Recovery,
        false => Author::Admins,
    }
}

/// `doc` with its signatures checked, after a look whether those who must
/// have signed it are among the signers at all, and nobody else is.
pub(super) fn enough<T: Payload + Clone>(
    before: &PolicyHeader,
    doc: &UnverifiedCosigned<T>,
) -> Result<Cosigned<T>, ChainError> {
    let keys = &before.admins;
    match keys.claimed(doc) {
        true => verified(before, doc),
        false => Err(ChainError::TooFewSigners {
            have: doc.claimed_by(keys.keys()),
            needed: usize::from(keys.needed()),
        }),
    }
}

/// `doc`, which enough are said to have signed, with its signatures checked.
fn verified<T: Payload + Clone>(
    before: &PolicyHeader,
    doc: &UnverifiedCosigned<T>,
) -> Result<Cosigned<T>, ChainError> {
    match before.strangers_signed(doc) {
        true => Err(ChainError::ExtraSignature),
        false => Ok(doc.clone().verify()?),
    }
}

/// Whether `next`, which the administrators didn't sign, is what recovery
/// keys may sign: other administrators and times, nothing else. If its
/// signatures fit, that is.
pub(super) fn recovers(from: &PolicyHeader, next: &UnverifiedCosigned<PolicyHeader>) -> bool {
    let n = next.claimed_payload();
    from.recovery_claimed(next)
        && n.name == from.name
        && n.body == from.body
        && n.recovery == from.recovery
}

/// Whether one of the headers behind number `seq` was signed by the recovery
/// keys of the last document before it, the last undisputed one.
pub(super) fn healed<'a>(
    mut headers: impl Iterator<Item = &'a Cosigned<PolicyHeader>>,
    seq: u64,
) -> bool {
    let Some(keys) = undisputed(&mut headers, seq).and_then(|h| h.recovery.as_ref()) else {
        return false;
    };
    headers.skip(1).any(|h| keys.signed(h))
}

/// Whether `headers` settle `fork`: by a header behind it as in [`healed`],
/// or by the one of its number, if that is the recovery keys' word and none
/// of the others is.
pub(super) fn settled<'a>(
    headers: impl Iterator<Item = &'a Cosigned<PolicyHeader>> + Clone,
    fork: &Fork,
) -> bool {
    let mut rest = headers.clone();
    let before = undisputed(&mut rest, fork.seq);
    let outranks = before.zip(rest.next()).is_some_and(|(before, h)| {
        let others = [fork.ours, fork.theirs].into_iter().zip(fork.by);
        author(before, h) == Author::Recovery
            && others
                .filter(|(digest, _)| *digest != h.digest())
                .all(|(_, by)| by == Author::Admins)
    });
    outranks || healed(headers, fork.seq)
}

/// The last header before number `seq`; `headers` then goes on with that one.
fn undisputed<'a>(
    headers: &mut impl Iterator<Item = &'a Cosigned<PolicyHeader>>,
    seq: u64,
) -> Option<&'a PolicyHeader> {
    let at = usize::try_from(seq).unwrap_or(usize::MAX);
    let before = at.checked_sub(1).and_then(|i| headers.nth(i))?;
    Some(before.payload())
}

/// Follows `received` from the end of `base` on; `base` isn't empty.
pub(super) fn walk(org: OrgId, base: &[Cosigned<PolicyHeader>], received: &[Received<'_>]) -> Walk {
    let mut walk = Walk::default();
    let first = base[base.len() - 1].payload();
    let cost = |h: &Cosigned<PolicyHeader>| h.to_bytes().len() + HEADER_OVERHEAD;
    let mut used: usize = base.iter().map(cost).sum();
    for r in received {
        let next = match step(org, base, &walk.new, r) {
            Ok(Step::Known) => continue,
            Ok(Step::New(h)) => h,
            Ok(Step::TooNew(seq, by)) => {
                walk.beyond = Some(walk.beyond(first, seq, Unusable::NeedsUpdate, r, by));
                break;
            }
            Err(e) => {
                walk.refused = Some(e);
                break;
            }
        };
        used += cost(&next);
        if used > MAX_HEADERS || base.len() + walk.new.len() >= MAX_CHAIN {
            let tip = walk.new.last().map_or(first, Cosigned::payload);
            let by = author(tip, &next);
            walk.beyond = Some(walk.beyond(first, next.payload().seq(), Unusable::Full, r, by));
            break;
        }
        walk.new.push(next);
    }
    walk
}

impl Walk {
    fn beyond(
        &self,
        base: &PolicyHeader,
        seq: u64,
        why: Unusable,
        received: &Received<'_>,
        by: Author,
    ) -> Beyond {
        let mut way = self.way(base);
        let digest = received.digest;
        way.push(Stop { digest, by });
        Beyond {
            seq,
            why,
            evidence: received.bytes.to_vec(),
            way,
        }
    }
}

/// What one header is to those before it.
enum Step {
    Known,
    New(Cosigned<PolicyHeader>),
    /// Signed by those entitled, but it can't be read here; its number, and
    /// whose word it is.
    TooNew(u64, Author),
}

fn step(
    org: OrgId,
    base: &[Cosigned<PolicyHeader>],
    new: &[Cosigned<PolicyHeader>],
    received: &Received<'_>,
) -> Result<Step, ChainError> {
    let tip = new.last().unwrap_or(&base[base.len() - 1]);
    let Some(p) = received.place else {
        return match OrgId::from(received.digest) == org {
            true => Ok(Step::Known),
            false => Err(ChainError::WrongOrganisation),
        };
    };
    if p.org != org {
        return Err(ChainError::WrongOrganisation);
    }
    let newest = tip.payload().seq();
    if p.seq <= newest {
        let at = usize::try_from(p.seq).unwrap_or(usize::MAX);
        let ours = base
            .get(at)
            .or_else(|| new.get(at.checked_sub(base.len())?));
        return match ours.is_some_and(|o| o.digest() == received.digest) {
            true => Ok(Step::Known),
            false => Err(ChainError::Rollback { newest }),
        };
    }
    if p.seq > newest + 1 {
        return Err(ChainError::Gap);
    }
    if p.digest != tip.digest() {
        return Err(ChainError::NotLinked);
    }
    match follow(tip.payload(), received, By::AdminsOrRecovery)? {
        Followed::Header(h) => Ok(Step::New(h)),
        Followed::TooNew(by) => Ok(Step::TooNew(p.seq, by)),
    }
}

/// Whose signatures count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Admins,
    AdminsOrRecovery,
}

enum Followed {
    Header(Cosigned<PolicyHeader>),
    TooNew(Author),
}

/// A header that those entitled by `before` have signed, and nobody else.
fn follow(before: &PolicyHeader, received: &Received<'_>, by: By) -> Result<Followed, ChainError> {
    let recovery = by == By::AdminsOrRecovery;
    match parse(received.bytes)? {
        Parsed::Header(h) => match recovery && recovers(before, &h) {
            true => verified(before, &h),
            false => enough(before, &h),
        }
        .map(Followed::Header),
        // What the recovery keys changed in one that can't be read can't be
        // judged: it counts in any case.
        Parsed::TooNew(h) => match recovery && before.recovery_claimed(&h) {
            true => verified(before, &h),
            false => enough(before, &h),
        }
        .map(|h| Followed::TooNew(author(before, &h))),
    }
}

/// Whose word `received` is, if it could follow `before` by its signatures.
pub(super) fn may_follow(before: &PolicyHeader, received: &Received<'_>, by: By) -> Option<Author> {
    match follow(before, received, by).ok()? {
        Followed::Header(h) => Some(author(before, &h)),
        Followed::TooNew(by) => Some(by),
    }
}
