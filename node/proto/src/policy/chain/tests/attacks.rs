//! Ten thousand attacks, none accepted (issue 2). Each forged document is
//! what its author could have made honestly but for one thing, and must be
//! refused for exactly that.

mod plots;

use super::orgs::{
    BODIES, Change, Committee, Org, Ring, Rng, STRANGERS, body_of, dice, pick, some,
};
use super::*;
use crate::signed::RecordError;
use rand_core::Rng as _;
use std::collections::BTreeMap;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Attack {
    /// An older document again, not the first, as if it were news.
    Replay,
    /// Another document with an old number, by the keys of that time.
    Rollback,
    /// A second document with the newest number.
    Fork,
    /// A second document with an older number, by keys that still hold.
    ForkOfThePast,
    /// Two documents with the newest number, both by the recovery keys.
    ForkByRecovery,
    /// A second document beside the recovery keys' own, by the administrators
    /// that those replaced.
    BesideRecovery,
    /// The next document, by today's keys, but after another one than ours.
    ForkAhead,
    /// Signed by enough, but its time is over.
    Expired,
    /// Signed by enough, but tomorrow's.
    FromTheFuture,
    /// One signature too few.
    OneTooFew,
    /// One signature too few, and one of them twice.
    RepeatedSigner,
    /// Ours in everything but the organisation it names.
    WrongOrganisation,
    /// The first document of another organisation.
    OtherFirst,
    /// Enough of the keys that were replaced.
    OldKeys,
    /// The number after the next.
    Gap,
    /// A good document, and one behind it that follows another.
    OtherPrevious,
    /// The body of another document.
    OtherBody,
    /// Other content under good signatures.
    OtherPayload,
    /// A bit of a signature changed on the way.
    OtherSignature,
    /// Any bit changed on the way.
    Altered,
    /// Signatures of strangers to make up the number.
    Strangers,
    /// Administrators and recovery keys together, too few of either.
    Mixed,
    /// One recovery key too few.
    RecoveryTooFew,
    /// Enough recovery keys, but they change the body.
    RecoveryOfBody,
    /// Enough recovery keys, but they change the name.
    RecoveryOfName,
    /// Enough recovery keys, but they name others in their place.
    RecoveryOfRecovery,
    /// Enough of the recovery keys that were replaced.
    OldRecovery,
}

const ATTACKS: [Attack; 27] = [
    Attack::Replay,
    Attack::Rollback,
    Attack::Fork,
    Attack::ForkOfThePast,
    Attack::ForkByRecovery,
    Attack::BesideRecovery,
    Attack::ForkAhead,
    Attack::Expired,
    Attack::FromTheFuture,
    Attack::OneTooFew,
    Attack::RepeatedSigner,
    Attack::WrongOrganisation,
    Attack::OtherFirst,
    Attack::OldKeys,
    Attack::Gap,
    Attack::OtherPrevious,
    Attack::OtherBody,
    Attack::OtherPayload,
    Attack::OtherSignature,
    Attack::Altered,
    Attack::Strangers,
    Attack::Mixed,
    Attack::RecoveryTooFew,
    Attack::RecoveryOfBody,
    Attack::RecoveryOfName,
    Attack::RecoveryOfRecovery,
    Attack::OldRecovery,
];

impl Attack {
    /// Whether it is made for an organisation whose newest document is the
    /// recovery keys' word.
    fn after_recovery(self) -> bool {
        matches!(self, Self::ForkByRecovery | Self::BesideRecovery)
    }

    /// Whether it is the administrators' or recovery keys' own deed, which
    /// ends the policy rather than being ignored.
    fn ends(self) -> bool {
        matches!(
            self,
            Self::Fork
                | Self::ForkOfThePast
                | Self::ForkByRecovery
                | Self::ForkAhead
                | Self::Expired
        )
    }
}

/// An organisation in whose history there is something to attack:
/// number 1 replaced the administrators, 2 the recovery keys, 3 neither.
fn target<'a>(rng: &mut Rng, ring: &'a Ring) -> Org<'a> {
    let mut org = Org::found(rng, ring, true);
    org.advance(rng, Change::Admins);
    org.advance(rng, Change::Recovery);
    org.advance(rng, Change::Body);
    org
}

/// A document whose wire form was changed.
fn rewritten(
    doc: &Cosigned<PolicyHeader>,
    change: impl FnOnce(&mut Vec<ciborium::Value>),
) -> Vec<u8> {
    let mut parts: ciborium::Value = ciborium::from_reader(&doc.to_bytes()[..]).unwrap();
    change(parts.as_array_mut().unwrap());
    let mut out = Vec::new();
    ciborium::into_writer(&parts, &mut out).unwrap();
    out
}

/// A document like one of ours in all but the grace period: `seq` is above 0.
fn rival(org: &Org<'_>, rng: &mut Rng, seq: usize) -> PolicyHeader {
    let mut h = org.chain.headers()[seq].payload().clone();
    h.grace += Duration::from_millis(1 + u64::from(rng.next_u32() % 9));
    h
}

/// What must come of it.
type Expected = Result<Applied, ChainError>;

/// What the attacker sends, and what must come of it; `None` stands for any
/// error.
fn forge(
    a: Attack,
    org: &Org<'_>,
    other: &Org<'_>,
    rng: &mut Rng,
) -> (PolicyUpdate, Option<Expected>) {
    let ring = org.ring;
    let (mut h, b) = org.draft(rng);
    let head = org.chain.head();
    let newest = head.payload().seq();
    let keys = org.today();
    let recovery = keys.recovery.clone().unwrap();
    let strangers: Vec<usize> = STRANGERS.collect();
    let good = keys.admins.enough(rng);
    let few = keys.admins.few(rng);
    let needed = keys.admins.needed;
    let short = |have| Err(ChainError::TooFewSigners { have, needed });
    let (doc, expected) = match a {
        Attack::Replay => {
            let n = 1 + pick(rng, org.chain.headers().len() - 2);
            let old = &org.chain.headers()[n];
            let u = update(&[old], b);
            let expected = match PolicyBody::digest(&u.body) == old.payload().body {
                true => Ok(Applied::AlreadyKnown),
                false => Err(ChainError::OtherBody),
            };
            return (u, Some(expected));
        }
        Attack::Rollback => {
            let h = rival(org, rng, 1);
            let doc = ring.sign(&h, &org.keys[0].admins.enough(rng));
            (doc, Err(ChainError::Rollback { newest }))
        }
        Attack::Fork => {
            let h = rival(org, rng, 3);
            let doc = ring.sign(&h, &org.keys[2].admins.enough(rng));
            (doc, Err(ChainError::Forked))
        }
        Attack::ForkOfThePast => {
            let h = rival(org, rng, 2);
            let doc = ring.sign(&h, &org.keys[1].admins.enough(rng));
            (doc, Err(ChainError::Forked))
        }
        Attack::ForkByRecovery => {
            let h = rival(org, rng, 4);
            let by = org.keys[3].recovery.clone().unwrap().enough(rng);
            (ring.sign(&h, &by), Err(ChainError::Forked))
        }
        Attack::BesideRecovery => {
            let h = rival(org, rng, 4);
            let by = org.keys[3].admins.enough(rng);
            (ring.sign(&h, &by), Err(ChainError::Rollback { newest }))
        }
        Attack::ForkAhead => {
            let mut d = *head.digest().as_bytes();
            d[pick(rng, 32)] ^= 1;
            let digest = Digest::from_bytes(d);
            h.previous = h.previous.map(|p| Previous { digest, ..p });
            (ring.sign(&h, &good), Err(ChainError::Forked))
        }
        Attack::Expired => {
            h.validity = Validity::starting(org.now.before(50 * DAY), 50 * DAY);
            let expired = Err(ChainError::Unusable(Unusable::Expired));
            (ring.sign(&h, &good), expired)
        }
        Attack::FromTheFuture => {
            let ahead = MAX_SKEW + Duration::from_millis(1 + u64::from(rng.next_u32() % 999));
            h.validity = Validity::starting(org.now.after(ahead), 300 * DAY);
            let refused = Err(ChainError::FromTheFuture { ahead });
            (ring.sign(&h, &good), refused)
        }
        Attack::OneTooFew => {
            // A signature there must be: where one is needed, a stranger's.
            let by = match few.is_empty() {
                true => vec![strangers[0]],
                false => few,
            };
            (ring.sign(&h, &by), short(needed - 1))
        }
        Attack::RepeatedSigner => {
            let by = match few.is_empty() {
                true => good,
                false => few,
            };
            let twice = rewritten(&ring.sign(&h, &by), |parts| {
                let list = parts[1].as_array_mut().unwrap();
                list.push(list[list.len() - 1].clone());
            });
            let refused = Err(RecordError::RepeatedSigner.into());
            return (raw(vec![twice], b), Some(refused));
        }
        Attack::WrongOrganisation => {
            let org = other.chain.org();
            h.previous = h.previous.map(|p| Previous { org, ..p });
            (ring.sign(&h, &good), Err(ChainError::WrongOrganisation))
        }
        Attack::OtherFirst => {
            // By our own administrators even.
            h.previous = None;
            (ring.sign(&h, &good), Err(ChainError::WrongOrganisation))
        }
        Attack::OldKeys => (ring.sign(&h, &org.keys[0].admins.enough(rng)), short(0)),
        Attack::Gap => {
            h.previous = h.previous.map(|p| Previous {
                seq: p.seq + 1 + u64::from(rng.next_u32()),
                ..p
            });
            (ring.sign(&h, &good), Err(ChainError::Gap))
        }
        Attack::OtherPrevious => {
            let first = ring.sign(&h, &good);
            // Behind it, but naming the one before it.
            h.previous = h.previous.map(|p| Previous {
                seq: p.seq + 1,
                ..p
            });
            let second = ring.sign(&h, &keys.admins.enough(rng));
            return (
                update(&[&first, &second], b),
                Some(Err(ChainError::NotLinked)),
            );
        }
        Attack::OtherBody => {
            let other = body_of(BODIES);
            let doc = ring.sign(&h, &good);
            return (update(&[&doc], other), Some(Err(ChainError::OtherBody)));
        }
        Attack::OtherPayload => {
            let doc = ring.sign(&h, &good);
            h.grace += Duration::from_millis(1);
            let bytes = rewritten(&doc, |parts| {
                parts[0] = ciborium::Value::Bytes(crate::cbor::to_bytes(&h));
            });
            let refused = Err(RecordError::BadSignature.into());
            return (raw(vec![bytes], b), Some(refused));
        }
        Attack::OtherSignature => {
            // The last bytes of a document are those of its last signature.
            let mut bytes = ring.sign(&h, &good).to_bytes();
            let i = bytes.len() - 1 - pick(rng, 64);
            bytes[i] ^= 1 << pick(rng, 8);
            let refused = Err(RecordError::BadSignature.into());
            return (raw(vec![bytes], b), Some(refused));
        }
        Attack::Altered => {
            let mut bytes = ring.sign(&h, &good).to_bytes();
            let i = pick(rng, bytes.len());
            bytes[i] ^= 1 << pick(rng, 8);
            return (raw(vec![bytes], b), None);
        }
        Attack::Strangers => {
            let n = 1 + pick(rng, 3);
            let made_up = some(rng, n, &strangers);
            let by = [few, made_up].concat();
            (ring.sign(&h, &by), short(needed - 1))
        }
        Attack::Mixed => {
            let (h, _) = org.recovery_draft(rng);
            let by = [few, recovery.few(rng)].concat();
            match by.is_empty() {
                true => (ring.sign(&h, &[strangers[0]]), short(0)),
                false => (ring.sign(&h, &by), short(needed - 1)),
            }
        }
        Attack::RecoveryTooFew => {
            let (h, _) = org.recovery_draft(rng);
            let by = match recovery.few(rng) {
                few if few.is_empty() => vec![strangers[0]],
                few => few,
            };
            (ring.sign(&h, &by), short(0))
        }
        Attack::RecoveryOfBody => {
            let (mut h, _) = org.recovery_draft(rng);
            h.body = PolicyBody::digest(&b);
            (ring.sign(&h, &recovery.enough(rng)), short(0))
        }
        Attack::RecoveryOfName => {
            let (mut h, _) = org.recovery_draft(rng);
            h.name = name("Praxis am Marktplatz");
            (ring.sign(&h, &recovery.enough(rng)), short(0))
        }
        Attack::RecoveryOfRecovery => {
            let (mut h, _) = org.recovery_draft(rng);
            let mine = Committee::of(rng, &strangers);
            h.recovery = Some(ring.set(&mine)).filter(|_| pick(rng, 2) == 0);
            (ring.sign(&h, &recovery.enough(rng)), short(0))
        }
        Attack::OldRecovery => {
            let (h, _) = org.recovery_draft(rng);
            let old = org.keys[1].recovery.clone().unwrap();
            (ring.sign(&h, &old.enough(rng)), short(0))
        }
    };
    let b = match a {
        // The body that the header names must be at hand.
        Attack::ForkByRecovery
        | Attack::BesideRecovery
        | Attack::Mixed
        | Attack::RecoveryTooFew
        | Attack::RecoveryOfName
        | Attack::RecoveryOfRecovery
        | Attack::OldRecovery => org.chain.update_after(None).body,
        _ => b,
    };
    (update(&[&doc], b), Some(expected))
}

#[test]
fn ten_thousand_attacks_are_refused_each_for_its_own_reason() {
    const EACH: usize = 40;
    let ring = Ring::new();
    let mut seen: BTreeMap<Attack, u32> = BTreeMap::new();
    let mut recoverable = 0;
    for seed in 0..250u64 {
        let mut rng = dice(seed);
        let org = target(&mut rng, &ring);
        let mut recovered = org.clone();
        recovered.advance(&mut rng, Change::Recover);
        let other = Org::found(&mut rng, &ring, false);
        recoverable += u32::from(org.keys[2].recovery.is_some());
        for n in 0..EACH {
            let attack = ATTACKS[(usize::try_from(seed).unwrap() * EACH + n) % ATTACKS.len()];
            let org = match attack.after_recovery() {
                true => &recovered,
                false => &org,
            };
            let (u, expected) = forge(attack, org, &other, &mut rng);
            let mut chain = org.chain.clone();
            let now = at(org.now);
            let result = chain.apply(&u, &now);
            let what = format!("{attack:?} {seed}: {result:?}");
            match expected {
                Some(e) => assert_eq!(result, e, "{what}"),
                None => assert!(result.is_err(), "{what}"),
            }
            assert_eq!(chain.headers(), org.chain.headers(), "{what}");
            assert_eq!(chain.body(), org.chain.body(), "{what}");
            assert_eq!(chain.in_force(&now).is_err(), attack.ends(), "{what}");
            *seen.entry(attack).or_default() += 1;
        }
    }
    assert_eq!((seen.len(), recoverable), (ATTACKS.len(), 250));
    assert_eq!(seen.values().sum::<u32>(), 10_000);
}
