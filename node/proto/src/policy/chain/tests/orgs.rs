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
            Change::Recover => {
                let recovery = keys.recovery.clone().unwrap();
                (h, keys.admins) = self.recovery_draft(rng);
                signers = recovery.enough(rng);
            }
        }
        let doc = self.ring.sign(&h, &signers);
        let seq = h.seq();
        let b = match change {
            Change::Recover => body_of(self.body),
            _ => b,
        };
        let applied = self.chain.apply(&update(&[&doc], b.clone()), &at(self.now));
        assert_eq!(applied, Ok(Applied::Advanced { seq }), "{change:?}");
        self.keys.push(keys);
        self.body = (0..BODIES).find(|n| body_of(*n) == b).unwrap();
    }
}

#[test]
fn ten_thousand_honest_chains_are_accepted() {
    let ring = Ring::new();
    let mut accepted = 0;
    let mut changes = [0u32; 4];
    for seed in 0..10_000 {
        let mut rng = dice(seed);
        let recovery = pick(&mut rng, 2) == 0;
        let mut org = Org::found(&mut rng, &ring, recovery);
        for _ in 0..pick(&mut rng, 3) {
            let change = match pick(&mut rng, 6) {
                0..2 => Change::Body,
                2 => Change::Admins,
                3 => Change::Recovery,
                _ if org.today().recovery.is_some() => Change::Recover,
                _ => Change::Body,
            };
            changes[change as usize] += 1;
            org.advance(&mut rng, change);
        }
        // Each tenth also as a newcomer gets it.
        if seed % 10 == 0 {
            let all = org.chain.update_after(None);
            let fresh = PolicyChain::join(org.chain.org(), &all, &at(org.now)).unwrap();
            assert_eq!(fresh, org.chain);
        }
        accepted += u32::from(org.chain.in_force(&at(org.now)).is_ok());
    }
    assert_eq!(accepted, 10_000);
    assert!(changes.iter().all(|n| *n > 1_000), "{changes:?}");
}
