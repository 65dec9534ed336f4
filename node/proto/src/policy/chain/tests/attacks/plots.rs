//! Attacks of several steps: each step comes to what it must, and the last
//! one gets nothing.

use super::*;
use crate::policy::chain::{ChainState, Observed};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Plot {
    /// A document of no use, then a good one with its number.
    GoodBesideNoUse,
    /// A document of no use beside the newest.
    NoUseBesideGood,
    /// Two of no use with one number.
    NoUseTwice,
    /// A good document with one of no use behind it, then another good one.
    BesideTheWay,
    /// One of no use again, after the recovery keys have replaced it.
    BackAfterRecovery,
    /// One of no use, and the recovery keys replace it: one too few.
    TooFewReplace,
    /// One of no use, and the recovery keys replace it, the body as well.
    ReplacedWithBody,
    /// The loser of a fork that the recovery keys have settled.
    LoserOfFork,
    /// Another document with the newest number, but after another than ours.
    ForeignPredecessor,
    /// A header of a newer version, by the recovery keys, who change all.
    NewerByRecovery,
    /// The same, by one recovery key too few.
    NewerByTooFew,
    /// A header of a newer version with a number that was left out.
    NewerGap,
    /// One with an old number, by the keys of that time.
    NewerRollback,
    /// One signed by enough, and by strangers.
    NewerPadded,
    /// A good document, and strangers sign it too.
    Padded,
    /// The clock goes or leaps past the end and is set back.
    SetBack,
    /// A document that was withheld until it was over, and a clock set back.
    Withheld,
    /// The person is made to say that the clock was wrong, after the end.
    FalseWord,
}

const PLOTS: [Plot; 18] = [
    Plot::GoodBesideNoUse,
    Plot::NoUseBesideGood,
    Plot::NoUseTwice,
    Plot::BesideTheWay,
    Plot::BackAfterRecovery,
    Plot::TooFewReplace,
    Plot::ReplacedWithBody,
    Plot::LoserOfFork,
    Plot::ForeignPredecessor,
    Plot::NewerByRecovery,
    Plot::NewerByTooFew,
    Plot::NewerGap,
    Plot::NewerRollback,
    Plot::NewerPadded,
    Plot::Padded,
    Plot::SetBack,
    Plot::Withheld,
    Plot::FalseWord,
];

enum Step {
    /// This comes, and that must come of it.
    Send(PolicyUpdate, Expected),
    /// The clock shows this.
    Look(Timestamp),
    /// The person says that the clock was wrong; it isn't believed.
    Say,
}

/// Steps, what the policy must then be, and the clock at the end.
struct Plan {
    steps: Vec<Step>,
    ends: Result<(), Unusable>,
    now: Timestamp,
}

const TOO_NEW: Expected = Err(ChainError::Unusable(Unusable::NeedsUpdate));

/// `h` as a newer version might make it.
fn newer_by(h: &PolicyHeader, by: &[usize]) -> Vec<u8> {
    newer(h, &Ring::seeds(by)).to_bytes()
}

/// Why a document is of no use.
const NO_USE: [Unusable; 3] = [Unusable::Expired, Unusable::NeedsUpdate, Unusable::Broken];

/// `h`, whose body is `b`, so that it is of no use.
fn of_no_use(
    why: Unusable,
    mut h: PolicyHeader,
    b: Vec<u8>,
    by: &[usize],
    org: &Org<'_>,
) -> PolicyUpdate {
    let ring = org.ring;
    match why {
        Unusable::NeedsUpdate => raw(vec![newer_by(&h, by)], b),
        Unusable::Expired => {
            h.validity = Validity::starting(org.now.before(50 * DAY), 50 * DAY);
            update(&[&ring.sign(&h, by)], b)
        }
        _ => {
            let junk = b"\xf6".to_vec();
            h.body = PolicyBody::digest(&junk);
            update(&[&ring.sign(&h, by)], junk)
        }
    }
}

fn devise(p: Plot, org: &Org<'_>, rng: &mut Rng) -> Plan {
    let ring = org.ring;
    let (mut h, b) = org.draft(rng);
    let newest = org.chain.head().payload().seq();
    let keys = org.today().clone();
    let recovery = keys.recovery.clone().unwrap();
    let (good, again) = (keys.admins.enough(rng), keys.admins.enough(rng));
    let strangers: Vec<usize> = STRANGERS.collect();
    let first = pick(rng, 3);
    let why = NO_USE[first];
    let unusable = || Err(ChainError::Unusable(why));
    let none = |needed| Err(ChainError::TooFewSigners { have: 0, needed });
    let (heal, _) = org.recovery_draft(rng);
    let held = org.chain.update_after(None).body;
    let mut now = org.now;
    let rivals = Err(Unusable::Forked);
    let (steps, ends) = match p {
        Plot::GoodBesideNoUse => {
            let odd = of_no_use(why, h.clone(), b.clone(), &good, org);
            h.grace += DAY;
            let doc = update(&[&ring.sign(&h, &again)], b);
            let steps = vec![
                Step::Send(odd, unusable()),
                Step::Send(doc, Err(ChainError::Forked)),
            ];
            (steps, rivals)
        }
        Plot::NoUseBesideGood => {
            let h = rival(org, rng, 3);
            let by = org.keys[2].admins.enough(rng);
            let odd = of_no_use(why, h, b, &by, org);
            (vec![Step::Send(odd, Err(ChainError::Forked))], rivals)
        }
        Plot::NoUseTwice => {
            let odd = of_no_use(why, h.clone(), b.clone(), &good, org);
            let other = NO_USE[(first + 1 + pick(rng, 2)) % 3];
            let second = of_no_use(other, h, b, &again, org);
            let steps = vec![
                Step::Send(odd, unusable()),
                Step::Send(second, Err(ChainError::Forked)),
            ];
            (steps, rivals)
        }
        Plot::BesideTheWay => {
            let doc = ring.sign(&h, &good);
            let mut behind = header(Some(&doc), org.chain.org(), &b);
            behind.validity = Validity::starting(org.now, 300 * DAY);
            let mut both = of_no_use(why, behind, b.clone(), &again, org);
            both.headers.insert(0, doc.to_bytes());
            h.grace += DAY;
            let other = update(&[&ring.sign(&h, &again)], b);
            let steps = vec![
                Step::Send(both, unusable()),
                Step::Send(other, Err(ChainError::Forked)),
            ];
            (steps, rivals)
        }
        Plot::BackAfterRecovery => {
            let odd = of_no_use(why, h, b, &good, org);
            let seq = newest + 1;
            let doc = update(&[&ring.sign(&heal, &recovery.enough(rng))], held);
            let mut steps = vec![
                Step::Send(odd.clone(), unusable()),
                Step::Send(doc, Ok(Applied::Advanced { seq })),
                Step::Send(odd, Err(ChainError::Rollback { newest: seq })),
            ];
            if pick(rng, 2) == 0 {
                steps.remove(0);
            }
            (steps, Ok(()))
        }
        Plot::TooFewReplace | Plot::ReplacedWithBody => {
            let odd = of_no_use(why, h, b.clone(), &good, org);
            let mut heal = heal;
            let few = recovery.few(rng);
            let (by, b) = match p {
                Plot::TooFewReplace if few.is_empty() => (vec![strangers[0]], held),
                Plot::TooFewReplace => (few, held),
                _ => {
                    heal.body = PolicyBody::digest(&b);
                    (recovery.enough(rng), b)
                }
            };
            let doc = update(&[&ring.sign(&heal, &by)], b);
            let needed = usize::from(ring.set(&keys.admins).needed());
            let steps = vec![Step::Send(odd, unusable()), Step::Send(doc, none(needed))];
            (steps, Err(why))
        }
        Plot::LoserOfFork => {
            let a = ring.sign(&h, &good);
            h.grace += DAY;
            let loser = update(&[&ring.sign(&h, &again)], b.clone());
            // For the same administrators: their keys still hold.
            let mut heal = h.clone();
            heal.previous = heal.previous.map(|p| Previous {
                seq: p.seq + 1,
                digest: a.digest(),
                ..p
            });
            let heal = ring.sign(&heal, &recovery.enough(rng));
            let (seq, newest) = (newest + 1, newest + 2);
            let steps = vec![
                Step::Send(update(&[&a], b.clone()), Ok(Applied::Advanced { seq })),
                Step::Send(loser.clone(), Err(ChainError::Forked)),
                Step::Send(
                    update(&[&a, &heal], b),
                    Ok(Applied::Advanced { seq: newest }),
                ),
                Step::Send(loser, Err(ChainError::Rollback { newest })),
            ];
            (steps, Ok(()))
        }
        Plot::ForeignPredecessor => {
            let mut h = rival(org, rng, 3);
            let mut d = *h.previous.unwrap().digest.as_bytes();
            d[pick(rng, 32)] ^= 1 << pick(rng, 8);
            let digest = Digest::from_bytes(d);
            h.previous = h.previous.map(|p| Previous { digest, ..p });
            let doc = ring.sign(&h, &org.keys[2].admins.enough(rng));
            let refused = Err(ChainError::Rollback { newest });
            (vec![Step::Send(update(&[&doc], b), refused)], Ok(()))
        }
        Plot::NewerByRecovery => {
            h.recovery = None;
            let doc = raw(vec![newer_by(&h, &recovery.enough(rng))], b);
            (vec![Step::Send(doc, TOO_NEW)], Err(Unusable::NeedsUpdate))
        }
        Plot::NewerByTooFew => {
            let by = match recovery.few(rng) {
                few if few.is_empty() => vec![strangers[0]],
                few => few,
            };
            let doc = raw(vec![newer_by(&h, &by)], b);
            (vec![Step::Send(doc, none(keys.admins.needed))], Ok(()))
        }
        Plot::NewerGap => {
            h.previous = h.previous.map(|p| Previous {
                seq: p.seq + 1 + u64::from(rng.next_u32()),
                ..p
            });
            let doc = raw(vec![newer_by(&h, &good)], b);
            (vec![Step::Send(doc, Err(ChainError::Gap))], Ok(()))
        }
        Plot::NewerRollback => {
            let h = rival(org, rng, 1);
            let doc = raw(vec![newer_by(&h, &org.keys[0].admins.enough(rng))], b);
            let refused = Err(ChainError::Rollback { newest });
            (vec![Step::Send(doc, refused)], Ok(()))
        }
        Plot::NewerPadded | Plot::Padded => {
            let n = 1 + pick(rng, 4);
            let by = [good, some(rng, n, &strangers)].concat();
            let doc = match p {
                Plot::Padded => ring.sign(&h, &by).to_bytes(),
                _ => newer_by(&h, &by),
            };
            let refused = Err(ChainError::ExtraSignature);
            (vec![Step::Send(raw(vec![doc], b), refused)], Ok(()))
        }
        Plot::SetBack => {
            let over = end_of(org).after(DAY * (rng.next_u32() % 9_000));
            // For less than a day, so that no leap is confirmed.
            let mut steps: Vec<Step> = (0..1 + rng.next_u32() % 22)
                .map(|h| Step::Look(over.after(DAY / 24 * h)))
                .collect();
            now = org.now.after(DAY * (rng.next_u32() % 90));
            steps.push(Step::Look(now));
            let known = org.chain.update_after(None);
            steps.push(Step::Send(known, Ok(Applied::AlreadyKnown)));
            (steps, Err(Unusable::Expired))
        }
        Plot::Withheld => {
            // It ends on the sixtieth day, and comes after the ninetieth.
            h.validity = Validity::starting(org.now, 60 * DAY);
            let doc = update(&[&ring.sign(&h, &good)], b);
            let looks = [30, 60, 90].map(|d| Step::Look(org.now.after(DAY * d)));
            now = org.now.after(DAY * (rng.next_u32() % 59));
            let expired = Err(ChainError::Unusable(Unusable::Expired));
            let last = [Step::Look(now), Step::Send(doc, expired)];
            let steps = looks.into_iter().chain(last).collect();
            (steps, Err(Unusable::Expired))
        }
        Plot::FalseWord => {
            now = end_of(org).after(DAY * (rng.next_u32() % 99));
            (vec![Step::Look(now), Step::Say], Err(Unusable::Expired))
        }
    };
    Plan { steps, ends, now }
}

/// When an organisation's newest document can't be used any more.
fn end_of(org: &Org<'_>) -> Timestamp {
    org.chain.status(&at(org.now)).usable_until
}

/// Carries out a plan; after step `restart` the program starts anew.
fn carry_out(p: Plot, plan: &Plan, org: &Org<'_>, restart: usize) {
    let mut chain = org.chain.clone();
    let what = format!("{p:?} at {:?}", org.now);
    for (n, step) in plan.steps.iter().enumerate() {
        let before = chain.clone();
        match step {
            Step::Look(now) => {
                let _: Observed = chain.observe(&at(*now));
            }
            Step::Say => {
                let said = chain.clock_was_wrong(&at(plan.now));
                assert_eq!(said, Err(Unusable::Expired), "{what}");
            }
            Step::Send(u, expected) => {
                let result = chain.apply(u, &at(plan.now));
                assert_eq!(&result, expected, "{what}, step {n}");
                if !matches!(result, Ok(Applied::Advanced { .. })) {
                    assert_eq!(chain.headers(), before.headers(), "{what}");
                    assert_eq!(chain.body(), before.body(), "{what}");
                }
            }
        }
        if n == restart {
            let stored = ChainState::from_bytes(&chain.state().to_bytes()).unwrap();
            chain = PolicyChain::restore(&stored).unwrap();
        }
    }
    let ends = chain.in_force(&at(plan.now)).map(|_| ());
    assert_eq!(ends, plan.ends, "{what}");
    assert_eq!(
        chain.fork().is_some(),
        ends == Err(Unusable::Forked),
        "{p:?}"
    );
}

#[test]
fn ten_thousand_plots_come_to_nothing() {
    const EACH: usize = 40;
    let ring = Ring::new();
    let mut seen: BTreeMap<Plot, u32> = BTreeMap::new();
    for seed in 0..250u64 {
        let mut rng = dice(1_000_000 + seed);
        let org = target(&mut rng, &ring);
        for n in 0..EACH {
            let p = PLOTS[(usize::try_from(seed).unwrap() * EACH + n) % PLOTS.len()];
            let plan = devise(p, &org, &mut rng);
            // In each third of them, or so.
            let restart = pick(&mut rng, 3 * plan.steps.len());
            carry_out(p, &plan, &org, restart);
            *seen.entry(p).or_default() += 1;
        }
    }
    assert_eq!(seen.len(), PLOTS.len());
    assert_eq!(seen.values().sum::<u32>(), 10_000);
}
