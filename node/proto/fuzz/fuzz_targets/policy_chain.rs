//! Fuzzes the chain by operations: the input drafts headers, picks signers,
//! and sends them. What is in force is always signed by those entitled.
#![no_main]
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;
use std::time::Duration;

use kith_proto::clock::JudgedTime;
use kith_proto::digest::Digest;
use kith_proto::id::OrgId;
use kith_proto::keys::SigningKey;
use kith_proto::names::Name;
use kith_proto::policy::chain::{Applied, PolicyChain, PolicyUpdate};
use kith_proto::policy::document::{KeySet, PolicyBody, PolicyHeader, Previous};
use kith_proto::signed::Cosigned;
use kith_proto::time::Timestamp;
use kith_proto::validity::Validity;
use libfuzzer_sys::fuzz_target;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
const DAY: Duration = Duration::from_secs(86_400);

static KEYS: LazyLock<Vec<SigningKey>> =
    LazyLock::new(|| (1..=4).map(|n| SigningKey::from_seed(&[n; 32])).collect());

fn key(n: u8) -> &'static SigningKey {
    &KEYS[usize::from(n % 4)]
}

fn header(previous: Option<Previous>) -> PolicyHeader {
    let keys = |from, to| KeySet::new((from..to).map(|n| key(n).public()).collect(), 1);
    PolicyHeader {
        previous,
        name: Name::from_typed("Fuzz").expect("a name"),
        validity: Validity::starting(NOW, 100 * DAY),
        max_age: 50 * DAY,
        grace: DAY,
        admins: keys(0, 1).expect("a key"),
        recovery: Some(keys(1, 2).expect("a key")),
        body: PolicyBody::default().to_bytes().expect("a body").1,
    }
}

/// A chain with one document, made once: signing is slow here.
static FIRST: LazyLock<PolicyChain> = LazyLock::new(|| {
    let genesis = Cosigned::new(header(None), key(0)).expect("signs");
    let update = PolicyUpdate {
        headers: vec![genesis.to_bytes()],
        body: PolicyBody::default().to_bytes().expect("a body").0,
    };
    let now = JudgedTime::from_wall(NOW);
    PolicyChain::join(OrgId::from(genesis.digest()), &update, &now).expect("joins")
});

/// What a document is made of: the one it follows, its number, and the input.
type Recipe = (Digest, u64, [u8; 3]);

thread_local! {
    /// Documents that earlier runs signed. The same recipe gives the same
    /// document, so a run depends on its input only.
    static SIGNED: RefCell<HashMap<Recipe, Cosigned<PolicyHeader>>> = RefCell::default();
    /// States that were restored before: to the same chain again.
    static RESTORED: RefCell<HashSet<Digest>> = RefCell::default();
}

fn document(
    chain: &PolicyChain,
    before: &Cosigned<PolicyHeader>,
    op: &[u8],
) -> Cosigned<PolicyHeader> {
    let rotates = op[1] & 64;
    let shape = [op[1] & 3, rotates, op[2] & 3];
    let recipe = (before.digest(), before.payload().seq(), shape);
    if let Some(doc) = SIGNED.with_borrow(|s| s.get(&recipe).cloned()) {
        return doc;
    }
    let mut h = header(Some(Previous {
        org: chain.org(),
        seq: before.payload().seq() + 1,
        digest: before.digest(),
    }));
    h.grace += Duration::from_millis(u64::from(op[1] & 3));
    if rotates != 0 {
        h.admins = KeySet::new(vec![key(op[1]).public()], 1).expect("a key");
    }
    let doc = Cosigned::new(h, key(op[2])).expect("signs");
    SIGNED.with_borrow_mut(|s| {
        if s.len() >= 100_000 {
            s.clear();
        }
        s.insert(recipe, doc.clone());
    });
    doc
}

fuzz_target!(|data: &[u8]| {
    let mut chain = FIRST.clone();
    let mut sent: Vec<Cosigned<PolicyHeader>> = vec![chain.head().clone()];
    for op in data.chunks_exact(4).take(4) {
        // Follow any document that was ever made, also a refused one.
        let before = sent[usize::from(op[0]) % sent.len()].clone();
        let doc = document(&chain, &before, op);
        let now = JudgedTime::from_wall(NOW.after(DAY * u32::from(op[3] % 64)));
        let mut update = chain.update_after(Some(1 + u64::from(op[3] >> 6)));
        // What is in the chain is sent already.
        if !chain.headers().contains(&before) {
            update.headers.push(before.to_bytes());
        }
        update.headers.push(doc.to_bytes());
        let head = chain.head().clone();
        let forked = chain.fork().is_some();
        let result = chain.apply(&update, &now);
        if let Ok(Applied::Advanced { .. }) = result {
            // Or the recovery keys signed the one that there was, too: that
            // settles a fork.
            assert!(chain.head().digest() != head.digest() || forked);
        } else {
            assert_eq!(chain.head(), &head);
        }
        sent.push(doc);
        // Every link is signed by those entitled by the one before.
        for pair in chain.headers().windows(2) {
            let p = pair[0].payload();
            let by_admins = p.admins.signed(&pair[1]);
            let recovered = p.recovery.as_ref().is_some_and(|r| r.signed(&pair[1]));
            assert!(by_admins || recovered);
        }
        if chain.fork().is_some() {
            assert!(chain.in_force(&now).is_err());
        }
    }
    let stored = Digest::of("fuzz", &chain.state().to_bytes());
    if RESTORED.with_borrow_mut(|s| s.insert(stored)) {
        let restored = PolicyChain::restore(&chain.state());
        assert_eq!(restored.expect("what was stored is whole"), chain);
    }
});
