//! A chain as it is stored: no bytes make the reader or the restoring panic,
//! and whatever was changed in them, no document comes back that was not
//! signed.
#![no_main]
use std::sync::LazyLock;
use std::time::Duration;

use kith_proto::clock::JudgedTime;
use kith_proto::id::OrgId;
use kith_proto::keys::SigningKey;
use kith_proto::names::Name;
use kith_proto::policy::chain::{ChainState, PolicyChain, PolicyUpdate};
use kith_proto::policy::document::{KeySet, PolicyBody, PolicyHeader, Previous};
use kith_proto::signed::Cosigned;
use kith_proto::time::Timestamp;
use kith_proto::validity::Validity;
use libfuzzer_sys::fuzz_target;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
const DAY: Duration = Duration::from_secs(86_400);

fn key(n: u8) -> SigningKey {
    SigningKey::from_seed(&[n; 32])
}

fn body() -> Vec<u8> {
    PolicyBody::default().to_bytes().expect("a body").0
}

fn document(previous: Option<Previous>, grace: u32, body: &[u8]) -> Cosigned<PolicyHeader> {
    let header = PolicyHeader {
        previous,
        name: Name::from_typed("Fuzz").expect("a name"),
        validity: Validity::starting(NOW, 100 * DAY),
        max_age: 50 * DAY,
        grace: grace * DAY,
        admins: KeySet::new(vec![key(1).public()], 1).expect("a key"),
        recovery: None,
        body: PolicyBody::digest(body),
    };
    Cosigned::new(header, &key(1)).expect("signs")
}

fn after(doc: &Cosigned<PolicyHeader>, org: OrgId) -> Option<Previous> {
    Some(Previous {
        org,
        seq: doc.payload().seq() + 1,
        digest: doc.digest(),
    })
}

/// The documents that exist, and states as a device stores them: two
/// documents; a fork; one behind them that is broken.
static WORLD: LazyLock<[Vec<Vec<u8>>; 2]> = LazyLock::new(|| {
    let now = JudgedTime::from_wall(NOW);
    let update = |doc: &Cosigned<PolicyHeader>, body| PolicyUpdate {
        headers: vec![doc.to_bytes()],
        body,
    };
    let first = document(None, 1, &body());
    let org = OrgId::from(first.digest());
    let mut chain = PolicyChain::join(org, &update(&first, body()), &now).expect("joins");
    let second = document(after(&first, org), 1, &body());
    chain
        .apply(&update(&second, body()), &now)
        .expect("follows");
    let mut forked = chain.clone();
    let other = document(after(&first, org), 2, &body());
    assert!(forked.apply(&update(&other, body()), &now).is_err());
    let mut beyond = chain.clone();
    let broken = document(after(&second, org), 1, b"\xf6");
    assert!(
        beyond
            .apply(&update(&broken, b"\xf6".to_vec()), &now)
            .is_err()
    );
    let states = [&chain, &forked, &beyond].map(|c| c.state().to_bytes());
    let made = [&first, &second].map(|d| d.to_bytes());
    [made.into(), states.into()]
});

fn check(bytes: &[u8]) {
    let Ok(state) = ChainState::from_bytes(bytes) else {
        return;
    };
    assert_eq!(ChainState::from_bytes(&state.to_bytes()), Ok(state.clone()));
    let Ok(chain) = PolicyChain::restore(&state) else {
        return;
    };
    let [made, _] = &*WORLD;
    let headers: Vec<Vec<u8>> = chain.headers().iter().map(Cosigned::to_bytes).collect();
    assert!(made.starts_with(&headers) && !headers.is_empty());
    let again = PolicyChain::restore(&chain.state()).expect("what was stored is whole");
    assert_eq!(again, chain);
    let now = JudgedTime::from_wall(NOW);
    assert!(chain.fork().is_none() || chain.in_force(&now).is_err());
}

fuzz_target!(|data: &[u8]| {
    let Some((which, rest)) = data.split_first() else {
        return;
    };
    let [_, states] = &*WORLD;
    let Some(good) = states.get(usize::from(which % 4)) else {
        return check(rest);
    };
    let mut bytes = good.clone();
    // Where, how many bytes are taken out, how many are put in, and these.
    let mut left = rest;
    while let Some(([a, b, out, len], more)) = left.split_first_chunk::<4>() {
        let at = usize::from(u16::from_be_bytes([*a, *b])) % bytes.len().max(1);
        let end = bytes.len().min(at + usize::from(out % 16));
        let (new, more) = more.split_at(usize::from(len % 16).min(more.len()));
        bytes.splice(at..end, new.iter().copied());
        left = more;
    }
    check(&bytes);
});
