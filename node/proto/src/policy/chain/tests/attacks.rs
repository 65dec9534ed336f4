//! Ten thousand attacks, none accepted; ten thousand honest chains, all
//! accepted (issue 2).

use super::*;
use rand_core::{Rng as _, SeedableRng as _};

type Rng = rand_chacha::ChaCha8Rng;

fn pick(rng: &mut Rng, n: usize) -> usize {
    usize::try_from(rng.next_u32()).unwrap() % n
}

/// Keys are made once: their points cost more than all else.
struct Ring(Vec<SigningKey>);

impl Ring {
    fn new() -> Self {
        Self((1..=24).map(key).collect())
    }

    fn set(&self, of: &[usize], needed: u8) -> KeySet {
        KeySet::new(of.iter().map(|i| self.0[*i].public()).collect(), needed).unwrap()
    }

    fn sign(&self, h: &PolicyHeader, by: &[usize]) -> Cosigned<PolicyHeader> {
        let mut doc = Cosigned::new(h.clone(), &self.0[by[0]]).unwrap();
        for i in &by[1..] {
            doc.add_signature(&self.0[*i]).unwrap();
        }
        doc
    }
}

/// `n` of the numbers below `below`, in random order.
fn some(rng: &mut Rng, n: usize, below: usize) -> Vec<usize> {
    let mut all: Vec<usize> = (0..below).collect();
    (0..n)
        .map(|_| all.swap_remove(pick(rng, all.len())))
        .collect()
}

/// An honest organisation, whose administrators change with some documents.
struct Org {
    chain: PolicyChain,
    /// Who the administrators were, one entry a document.
    admins: Vec<Vec<usize>>,
    bodies: Vec<Vec<u8>>,
    now: Timestamp,
}

fn committee(rng: &mut Rng) -> (Vec<usize>, u8) {
    let n = 1 + pick(rng, 4);
    let needed = 1 + pick(rng, n);
    (some(rng, n, 16), u8::try_from(needed).unwrap())
}

impl Org {
    fn found(rng: &mut Rng, ring: &Ring, bodies: &[Vec<u8>]) -> Self {
        let (admins, needed) = committee(rng);
        let b = bodies[pick(rng, bodies.len())].clone();
        let mut h = header(None, NO_ORG, &b);
        h.admins = ring.set(&admins, needed);
        h.recovery = None;
        let genesis = ring.sign(&h, &admins);
        let org = OrgId::from(genesis.digest());
        let chain = PolicyChain::join(org, &update(&[&genesis], b), &at(NOW)).unwrap();
        Self {
            chain,
            admins: vec![admins],
            bodies: bodies.to_vec(),
            now: NOW,
        }
    }

    /// The next header, as the administrators would make it.
    fn draft(&self, rng: &mut Rng, ring: &Ring) -> (PolicyHeader, Vec<usize>, Vec<u8>) {
        let b = self.bodies[pick(rng, self.bodies.len())].clone();
        let mut h = next(&self.chain, &b);
        h.validity = Validity::starting(self.now, 300 * DAY);
        h.recovery = None;
        let old = self.chain.head().payload().admins.clone();
        h.admins = old;
        let mut admins = self.admins[self.admins.len() - 1].clone();
        if pick(rng, 3) == 0 {
            let (new, needed) = committee(rng);
            h.admins = ring.set(&new, needed);
            admins = new;
        }
        (h, admins, b)
    }

    /// Enough of today's administrators, not always all.
    fn signers(&self, rng: &mut Rng) -> Vec<usize> {
        let admins = &self.admins[self.admins.len() - 1];
        let needed = usize::from(self.chain.head().payload().admins.needed());
        let n = needed + pick(rng, admins.len() - needed + 1);
        some(rng, n, admins.len())
            .iter()
            .map(|i| admins[*i])
            .collect()
    }

    fn advance(&mut self, rng: &mut Rng, ring: &Ring) {
        self.now = self
            .now
            .after(DAY * rng.next_u32().checked_rem(40).unwrap());
        let (h, admins, b) = self.draft(rng, ring);
        let doc = ring.sign(&h, &self.signers(rng));
        let seq = h.seq();
        let applied = self.chain.apply(&update(&[&doc], b), &at(self.now));
        assert_eq!(applied, Ok(Applied::Advanced { seq }));
        self.admins.push(admins);
    }
}

fn bodies() -> Vec<Vec<u8>> {
    (1..4).map(body).collect()
}

#[test]
fn ten_thousand_honest_chains_are_accepted() {
    let (ring, bodies) = (Ring::new(), bodies());
    let mut accepted = 0;
    for seed in 0..10_000 {
        let mut rng = Rng::seed_from_u64(seed);
        let mut org = Org::found(&mut rng, &ring, &bodies);
        for _ in 0..pick(&mut rng, 3) {
            org.advance(&mut rng, &ring);
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
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Attack {
    /// An older document again, as if it were news.
    Rollback,
    /// A second document with the newest number.
    Fork,
    /// Signed by all, but its time is over.
    Expired,
    /// One signature too few.
    OneTooFew,
    /// One signature too few, and one of them twice.
    RepeatedSigner,
    /// That of another organisation, by whoever is entitled there.
    WrongOrganisation,
    /// Keys that were replaced.
    OldKeys,
    /// The number after the next.
    Gap,
    /// Another document named as the one before.
    OtherPrevious,
    /// The body of another document.
    OtherBody,
    /// A byte changed on the way.
    Altered,
    /// Signatures of strangers to make up the number.
    Strangers,
}

const ATTACKS: [Attack; 12] = [
    Attack::Rollback,
    Attack::Fork,
    Attack::Expired,
    Attack::OneTooFew,
    Attack::RepeatedSigner,
    Attack::WrongOrganisation,
    Attack::OldKeys,
    Attack::Gap,
    Attack::OtherPrevious,
    Attack::OtherBody,
    Attack::Altered,
    Attack::Strangers,
];

/// A document with one signature repeated, as no honest encoder makes it.
fn repeated(doc: &Cosigned<PolicyHeader>) -> Vec<u8> {
    let mut parts: ciborium::Value = ciborium::from_reader(&doc.to_bytes()[..]).unwrap();
    let list = parts.as_array_mut().unwrap()[1].as_array_mut().unwrap();
    list.push(list[list.len() - 1].clone());
    let mut out = Vec::new();
    ciborium::into_writer(&parts, &mut out).unwrap();
    out
}

/// What the attacker sends.
fn forge(a: Attack, org: &Org, other: &Org, rng: &mut Rng, ring: &Ring) -> PolicyUpdate {
    let (mut h, _, b) = org.draft(rng, ring);
    let head = org.chain.head();
    let needed = usize::from(head.payload().admins.needed());
    let all = org.signers(rng);
    let strangers: Vec<usize> = some(rng, needed, 8).iter().map(|i| i + 16).collect();
    let few: Vec<usize> = all[..needed - 1].to_vec();
    let few_or_stranger = match few.is_empty() {
        true => vec![strangers[0]],
        false => few.clone(),
    };
    let doc = match a {
        Attack::Rollback => {
            let before = org.chain.headers();
            return PolicyUpdate {
                headers: vec![before[before.len() - 2].to_bytes()],
                body: b,
            };
        }
        Attack::Fork => {
            let parent = &org.chain.headers()[org.chain.headers().len() - 2];
            let admins = &org.admins[org.admins.len() - 2];
            let mut other = head.payload().clone();
            other.grace += Duration::from_millis(1 + u64::from(rng.next_u32() % 9));
            assert_eq!(other.previous.map(|p| p.digest), Some(parent.digest()));
            ring.sign(&other, admins)
        }
        Attack::Expired => {
            h.validity = Validity::starting(org.now.before(50 * DAY), 50 * DAY);
            ring.sign(&h, &all)
        }
        Attack::OneTooFew => ring.sign(&h, &few_or_stranger),
        Attack::RepeatedSigner => {
            let doc = ring.sign(&h, &few_or_stranger);
            return PolicyUpdate {
                headers: vec![repeated(&doc)],
                body: b,
            };
        }
        Attack::WrongOrganisation => {
            let (h, _, b) = other.draft(rng, ring);
            let doc = ring.sign(&h, &other.admins[other.admins.len() - 1]);
            return update(&[&doc], b);
        }
        Attack::OldKeys => {
            // Whoever was an administrator before and isn't now.
            let now = &org.admins[org.admins.len() - 1];
            let mut old: Vec<usize> = org.admins.iter().flatten().copied().collect();
            old.sort_unstable();
            old.dedup();
            old.retain(|k| !now.contains(k));
            match old.is_empty() {
                true => ring.sign(&h, &strangers),
                false => ring.sign(&h, &old),
            }
        }
        Attack::Gap => {
            h.previous = h.previous.map(|p| Previous {
                seq: p.seq + 1 + u64::from(rng.next_u32()),
                ..p
            });
            ring.sign(&h, &all)
        }
        Attack::OtherPrevious => {
            // Too few of them: else it would be evidence of a fork.
            let mut d = *head.digest().as_bytes();
            d[pick(rng, 32)] ^= 1;
            let digest = Digest::from_bytes(d);
            h.previous = h.previous.map(|p| Previous { digest, ..p });
            ring.sign(&h, &few_or_stranger)
        }
        Attack::OtherBody => {
            h.body = Digest::from_bytes([3; 32]);
            ring.sign(&h, &all)
        }
        Attack::Altered => {
            let mut bytes = ring.sign(&h, &all).to_bytes();
            let i = pick(rng, bytes.len());
            bytes[i] ^= 1 << pick(rng, 8);
            return PolicyUpdate {
                headers: vec![bytes],
                body: b,
            };
        }
        Attack::Strangers => {
            let mut by = few;
            by.extend(strangers);
            ring.sign(&h, &by)
        }
    };
    update(&[&doc], b)
}

#[test]
fn ten_thousand_attacks_are_refused() {
    let (ring, bodies) = (Ring::new(), bodies());
    let mut refused = std::collections::BTreeMap::new();
    let other = Org::found(&mut Rng::seed_from_u64(10_000), &ring, &bodies);
    for seed in 0..10_000u64 {
        let mut rng = Rng::seed_from_u64(seed);
        let mut org = Org::found(&mut rng, &ring, &bodies);
        org.advance(&mut rng, &ring);
        let attack = ATTACKS[usize::try_from(seed).unwrap() % ATTACKS.len()];
        let before = org.chain.clone();
        let u = forge(attack, &org, &other, &mut rng, &ring);
        let now = at(org.now);
        let result = org.chain.apply(&u, &now);
        // A rollback is what everybody knows already.
        let taken = matches!(result, Ok(Applied::Advanced { .. }));
        assert!(!taken, "{attack:?} {seed}: {result:?}");
        assert_eq!(
            result.is_ok(),
            attack == Attack::Rollback,
            "{attack:?} {seed}"
        );
        assert_eq!(org.chain.headers(), before.headers(), "{attack:?} {seed}");
        assert_eq!(org.chain.body(), before.body(), "{attack:?} {seed}");
        // Only the administrators' own deeds end the policy.
        let ends = matches!(attack, Attack::Fork | Attack::Expired);
        assert_eq!(org.chain.in_force(&now).is_err(), ends, "{attack:?} {seed}");
        *refused.entry(format!("{attack:?}")).or_insert(0u32) += 1;
    }
    assert_eq!(refused.len(), ATTACKS.len());
    assert_eq!(refused.values().sum::<u32>(), 10_000);
}
