//! Honest organisations of random shapes, for the attacks and for themselves.

use super::*;
use rand_core::{Rng as _, SeedableRng as _};

pub(super) type Rng = rand_chacha::ChaCha8Rng;

pub(super) fn dice(seed: u64) -> Rng {
    Rng::seed_from_u64(seed)
}

pub(super) fn pick(rng: &mut Rng, n: usize) -> usize {
    usize::try_from(rng.next_u32()).unwrap() % n
}

/// `n` of `all`, in random order.
pub(super) fn some(rng: &mut Rng, n: usize, all: &[usize]) -> Vec<usize> {
    let mut all = all.to_vec();
    (0..n)
        .map(|_| all.swap_remove(pick(rng, all.len())))
        .collect()
}

/// Keys are made once: their points cost more than all else.
pub(super) struct Ring(Vec<SigningKey>);

/// Keys that may become administrators, recovery keys, and neither.
const ADMINS: core::ops::Range<usize> = 0..16;
const RECOVERY: core::ops::Range<usize> = 16..24;
pub(super) const STRANGERS: core::ops::Range<usize> = 24..32;

/// Who are in a set of keys, and how many of them must sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Committee {
    pub(super) who: Vec<usize>,
    pub(super) needed: usize,
}

impl Committee {
    pub(super) fn of(rng: &mut Rng, among: &[usize]) -> Self {
        let n = 1 + pick(rng, 4.min(among.len()));
        let needed = 1 + pick(rng, n);
        let who = some(rng, n, among);
        Self { who, needed }
    }

    /// Enough of them, not always all.
    pub(super) fn enough(&self, rng: &mut Rng) -> Vec<usize> {
        let n = self.needed + pick(rng, self.who.len() - self.needed + 1);
        some(rng, n, &self.who)
    }

    /// One too few, or none.
    pub(super) fn few(&self, rng: &mut Rng) -> Vec<usize> {
        some(rng, self.needed - 1, &self.who)
    }
}

impl Ring {
    pub(super) fn new() -> Self {
        Self((1..=32).map(key).collect())
    }

    /// By which seeds the tests know these keys.
    pub(super) fn seeds(by: &[usize]) -> Vec<u8> {
        by.iter().map(|i| u8::try_from(i + 1).unwrap()).collect()
    }

    pub(super) fn set(&self, c: &Committee) -> KeySet {
        let keys = c.who.iter().map(|i| self.0[*i].public()).collect();
        KeySet::new(keys, u8::try_from(c.needed).unwrap()).unwrap()
    }

    pub(super) fn sign(&self, h: &PolicyHeader, by: &[usize]) -> Cosigned<PolicyHeader> {
        let mut doc = Cosigned::new(h.clone(), &self.0[by[0]]).unwrap();
        for i in &by[1..] {
            doc.add_signature(&self.0[*i]).unwrap();
        }
        doc
    }
}

/// The committees that a document names.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    pub(super) admins: Committee,
    pub(super) recovery: Option<Committee>,
}

/// What an honest document changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// The body at most.
    Body,
    /// The administrators: none of them stays.
    Admins,
    /// The recovery keys: none of them stays.
    Recovery,
    /// The administrators, by the recovery keys.
    Recover,
    /// Two documents with one number, settled by the recovery keys.
    Fork,
    /// A document that nobody can use, replaced by the recovery keys.
    Replace,
    /// As [`Change::Body`], by a newer version, with a field not known here.
    Later,
    /// Nothing; but the clock goes wrong, and is set back.
    Clock,
}

/// An honest organisation.
#[derive(Clone)]
pub(super) struct Org<'a> {
    pub(super) ring: &'a Ring,
    pub(super) chain: PolicyChain,
    /// One entry a document.
    pub(super) keys: Vec<Keys>,
    /// The body of the newest document, by its number.
    body: usize,
    pub(super) now: Timestamp,
}

/// The bodies that there are; the first `BODIES` are used.
pub(super) const BODIES: usize = 3;

pub(super) fn body_of(n: usize) -> Vec<u8> {
    body(u8::try_from(n + 1).unwrap())
}

fn but(range: core::ops::Range<usize>, not: &[usize]) -> Vec<usize> {
    range.filter(|i| !not.contains(i)).collect()
}

impl<'a> Org<'a> {
    pub(super) fn found(rng: &mut Rng, ring: &'a Ring, recovery: bool) -> Self {
        let keys = Keys {
            admins: Committee::of(rng, &but(ADMINS, &[])),
            recovery: recovery.then(|| Committee::of(rng, &but(RECOVERY, &[]))),
        };
        let n = pick(rng, BODIES);
        let mut h = header(None, NO_ORG, &body_of(n));
        h.admins = ring.set(&keys.admins);
        h.recovery = keys.recovery.as_ref().map(|r| ring.set(r));
        let genesis = ring.sign(&h, &keys.admins.enough(rng));
        let org = OrgId::from(genesis.digest());
        let u = update(&[&genesis], body_of(n));
        Self {
            ring,
            chain: PolicyChain::join(org, &u, &at(NOW)).unwrap(),
            keys: vec![keys],
            body: n,
            now: NOW,
        }
    }

    pub(super) fn today(&self) -> &Keys {
        &self.keys[self.keys.len() - 1]
    }

    /// The next header as it is drafted, and its body, which isn't that of
    /// the newest document.
    pub(super) fn draft(&self, rng: &mut Rng) -> (PolicyHeader, Vec<u8>) {
        let n = (self.body + 1 + pick(rng, BODIES - 1)) % BODIES;
        let b = body_of(n);
        let mut h = next(&self.chain, &b);
        h.validity = Validity::starting(self.now, 300 * DAY);
        let keys = self.today();
        h.admins = self.ring.set(&keys.admins);
        h.recovery = keys.recovery.as_ref().map(|r| self.ring.set(r));
        (h, b)
    }

    /// What recovery keys may sign: other administrators, nothing else.
    pub(super) fn recovery_draft(&self, rng: &mut Rng) -> (PolicyHeader, Committee) {
        let (mut h, _) = self.draft(rng);
        h.body = PolicyBody::digest(&body_of(self.body));
        let admins = Committee::of(rng, &but(ADMINS, &self.today().admins.who));
        h.admins = self.ring.set(&admins);
        (h, admins)
    }

    pub(super) fn advance(&mut self, rng: &mut Rng, change: Change) {
        self.now = self.now.after(DAY * (rng.next_u32() % 40));
        let mut keys = self.today().clone();
        let (mut h, b) = self.draft(rng);
        let mut signers = keys.admins.enough(rng);
        match change {
            Change::Body => {}
            Change::Admins => {
                keys.admins = Committee::of(rng, &but(ADMINS, &keys.admins.who));
                h.admins = self.ring.set(&keys.admins);
            }
            Change::Recovery => {
                let old = keys.recovery.map(|r| r.who).unwrap_or_default();
                let new = Committee::of(rng, &but(RECOVERY, &old));
                h.recovery = Some(self.ring.set(&new));
                keys.recovery = Some(new);
            }
            Change::Later => {}
            Change::Fork => return self.fork(rng),
            Change::Replace => return self.replace(rng),
            Change::Clock => return self.wrong_clock(rng),
            Change::Recover => {
                let recovery = keys.recovery.clone().unwrap();
                (h, keys.admins) = self.recovery_draft(rng);
                signers = recovery.enough(rng);
            }
        }
        let doc = match change {
            Change::Later => with_field(&h, 99, &Ring::seeds(&signers)).to_bytes(),
            _ => self.ring.sign(&h, &signers).to_bytes(),
        };
        let b = match change {
            Change::Recover => body_of(self.body),
            _ => b,
        };
        self.take(raw(vec![doc], b), vec![keys]);
    }

    /// What comes is taken; `keys`: of each document that is new by that.
    fn take(&mut self, u: PolicyUpdate, keys: Vec<Keys>) {
        self.keys.extend(keys);
        let seq = u64::try_from(self.keys.len() - 1).unwrap();
        let applied = self.chain.apply(&u, &at(self.now));
        assert_eq!(applied, Ok(Applied::Advanced { seq }));
        self.body = (0..BODIES).find(|n| body_of(*n) == u.body).unwrap();
    }

    fn refuse(&mut self, u: &PolicyUpdate, why: ChainError) {
        assert_eq!(self.chain.apply(u, &at(self.now)), Err(why));
    }

    /// Two administrators' documents come, in some order; the recovery keys
    /// go on from one of them.
    fn fork(&mut self, rng: &mut Rng) {
        let (mut h, b) = self.draft(rng);
        let keys = self.today().clone();
        let recovery = keys.recovery.clone().unwrap();
        let chosen = self.ring.sign(&h, &keys.admins.enough(rng));
        h.grace += DAY;
        let other = self.ring.sign(&h, &keys.admins.enough(rng));
        let mut both = [&chosen, &other];
        if pick(rng, 2) == 0 {
            both.reverse();
        }
        let [first, second] = both.map(|d| update(&[d], b.clone()));
        self.take(first, vec![keys.clone()]);
        self.refuse(&second, ChainError::Forked);
        let admins = Committee::of(rng, &but(ADMINS, &keys.admins.who));
        let mut h = header(Some(&chosen), self.chain.org(), &b);
        h.validity = Validity::starting(self.now, 300 * DAY);
        h.admins = self.ring.set(&admins);
        h.recovery = Some(self.ring.set(&recovery));
        let heal = self.ring.sign(&h, &recovery.enough(rng));
        let keys = Keys {
            admins,
            recovery: Some(recovery),
        };
        self.take(update(&[&chosen, &heal], b), vec![keys]);
    }

    /// What nobody can use comes, or would come, and the recovery keys' own.
    fn replace(&mut self, rng: &mut Rng) {
        let (mut h, _) = self.draft(rng);
        let mut keys = self.today().clone();
        let recovery = keys.recovery.clone().unwrap();
        let junk = b"\xf6".to_vec();
        h.body = PolicyBody::digest(&junk);
        let doc = self.ring.sign(&h, &keys.admins.enough(rng));
        let odd = update(&[&doc], junk);
        let late = pick(rng, 2) == 0;
        if !late {
            self.refuse(&odd, ChainError::Unusable(Unusable::Broken));
        }
        let newest = h.seq();
        (h, keys.admins) = self.recovery_draft(rng);
        let heal = self.ring.sign(&h, &recovery.enough(rng));
        self.take(update(&[&heal], body_of(self.body)), vec![keys]);
        if late {
            self.refuse(&odd, ChainError::Rollback { newest });
        }
    }

    /// The clock goes ahead, up to a month or by years, and is set back.
    fn wrong_clock(&mut self, rng: &mut Rng) {
        let years = pick(rng, 2) == 0;
        let days = match years {
            true => 400 + rng.next_u32() % 9_000,
            false => 1 + rng.next_u32() % 31,
        };
        let _ = self.chain.observe(&at(self.now.after(DAY * days)));
        let now = at(self.now);
        assert_eq!(self.chain.in_force(&now).is_err(), years);
        match years && pick(rng, 2) == 0 {
            true => assert_eq!(self.chain.clock_was_wrong(&now), Ok(())),
            false => self.advance(rng, Change::Body),
        }
    }
}

#[test]
fn ten_thousand_honest_chains_are_accepted() {
    let ring = Ring::new();
    let (mut accepted, mut longest) = (0, 0);
    let mut changes = [0u32; 8];
    for seed in 0..10_000 {
        let mut rng = dice(seed);
        let recovery = pick(&mut rng, 2) == 0;
        let mut org = Org::found(&mut rng, &ring, recovery);
        for _ in 0..pick(&mut rng, 6) {
            let recoverable = org.today().recovery.is_some();
            let change = match pick(&mut rng, 12) {
                2 | 3 => Change::Admins,
                4 | 5 => Change::Recovery,
                6 => Change::Later,
                7 => Change::Clock,
                8 | 9 if recoverable => Change::Recover,
                10 if recoverable => Change::Fork,
                11 if recoverable => Change::Replace,
                _ => Change::Body,
            };
            changes[change as usize] += 1;
            org.advance(&mut rng, change);
        }
        // Each tenth also as a newcomer gets it.
        if seed % 10 == 0 {
            let all = org.chain.update_after(None);
            let fresh = PolicyChain::join(org.chain.org(), &all, &at(org.now)).unwrap();
            assert_eq!(fresh.headers(), org.chain.headers());
            assert_eq!(fresh.body(), org.chain.body());
            assert!(fresh.in_force(&at(org.now)).is_ok());
        }
        longest = longest.max(org.chain.headers().len());
        accepted += u32::from(org.chain.in_force(&at(org.now)).is_ok());
    }
    assert_eq!(accepted, 10_000);
    assert!(longest > 8, "{longest}");
    assert!(changes.iter().all(|n| *n > 1_000), "{changes:?}");
}
