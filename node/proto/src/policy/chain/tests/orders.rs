//! The order of arrival doesn't matter: whatever documents with one number
//! there are, every device comes to the same one, or to none (rule R2).

use super::*;
use crate::policy::chain::ChainState;
use std::collections::BTreeSet;

/// What may arrive: what it is, and an update that follows the first document.
struct Sent {
    what: &'static str,
    update: PolicyUpdate,
}

/// Whether the recovery keys have signed anything in it.
fn by_recovery(s: &Sent) -> bool {
    s.what.contains("recovery keys")
}

/// What administrators and recovery keys may sign, honest or not.
fn sent(chain: &PolicyChain, genesis: &Cosigned<PolicyHeader>) -> Vec<Sent> {
    let org = chain.org();
    let doc = |n: u8, change: fn(&mut PolicyHeader), by: &[u8]| {
        let mut h = header(Some(genesis), org, &body(n));
        change(&mut h);
        sign(&h, by)
    };
    let after = |p: &Cosigned<PolicyHeader>, n: u8, by: &[u8]| {
        let mut h = header(Some(p), org, &body(n));
        h.admins = p.payload().admins.clone();
        h.recovery.clone_from(&p.payload().recovery);
        sign(&h, by)
    };
    let a = doc(2, |_| {}, &[1, 2]);
    let b = doc(3, |_| {}, &[2, 3]);
    let theirs = doc(4, |h| (h.admins, h.grace) = (keys(&[20], 1), DAY), &[1, 3]);
    let theirs_too = after(&theirs, 5, &[20]);
    let behind_a = after(&a, 4, &[1, 3]);
    let junk = b"\xf6".to_vec();
    let mut broken = header(Some(genesis), org, &junk);
    broken.grace = 2 * DAY;
    let broken = sign(&broken, &[1, 2]);
    let unread = newer(&header(Some(genesis), org, &body(3)), &[1, 2]);
    let recover = |h: &mut PolicyHeader| h.admins = keys(&[8, 9], 2);
    let r = doc(1, recover, &[11, 12]);
    let other = |h: &mut PolicyHeader| (h.admins, h.grace) = (keys(&[8, 9], 2), DAY);
    let r2 = doc(1, other, &[12, 13]);
    let behind_r = after(&r, 6, &[8, 9]);
    let unread_r = newer(&recovering(genesis, org), &[11, 13]);
    let mut heal = header(Some(&a), org, &body(2));
    heal.admins = keys(&[8, 9], 2);
    let heal = sign(&heal, &[11, 12]);
    [
        ("one", update(&[&a], body(2))),
        ("another", update(&[&b], body(3))),
        (ROTATED, update(&[&theirs, &theirs_too], body(5))),
        ("one, and its successor", update(&[&a, &behind_a], body(4))),
        ("only its successor", update(&[&behind_a], body(4))),
        ("a broken one", update(&[&broken], junk)),
        (
            "one of a newer version",
            raw(vec![unread.to_bytes()], body(3)),
        ),
        ("the recovery keys'", update(&[&r], body(1))),
        ("another of the recovery keys", update(&[&r2], body(1))),
        (
            "behind the recovery keys'",
            update(&[&r, &behind_r], body(6)),
        ),
        (
            "a newer version, by recovery keys",
            raw(vec![unread_r.to_bytes()], body(1)),
        ),
        (
            "one, and behind it the recovery keys'",
            update(&[&a, &heal], body(2)),
        ),
    ]
    .map(|(what, update)| Sent { what, update })
    .into()
}

/// Two documents, of which the first replaces the administrators.
const ROTATED: &str = "other administrators, and what they sign";

fn recovering(genesis: &Cosigned<PolicyHeader>, org: OrgId) -> PolicyHeader {
    let mut h = header(Some(genesis), org, &body(1));
    h.admins = keys(&[7], 1);
    h
}

/// All orders of `n` things.
fn orders(n: usize) -> Vec<Vec<usize>> {
    match n {
        0 => vec![vec![]],
        _ => orders(n - 1)
            .into_iter()
            .flat_map(|o| {
                (0..n).map(move |at| {
                    let mut o = o.clone();
                    o.insert(at, n - 1);
                    o
                })
            })
            .collect(),
    }
}

/// The document in force once all of these have come, twice each: whoever
/// refused one at first hears it again.
fn ends_at(chain: &PolicyChain, all: &[&Sent]) -> Option<Digest> {
    let mut c = chain.clone();
    for s in all.iter().chain(all) {
        let _ = c.apply(&s.update, &at(NOW));
    }
    let stored = ChainState::from_bytes(&c.state().to_bytes()).unwrap();
    assert_eq!(PolicyChain::restore(&stored).as_ref(), Ok(&c));
    let in_force = c.in_force(&at(NOW)).is_ok();
    in_force.then(|| c.head().digest())
}

#[test]
fn the_order_of_arrival_does_not_matter() {
    let (chain, genesis) = founded();
    let sent = sent(&chain, &genesis);
    let (mut tried, mut split) = (0, 0);
    for set in 0u32..1 << sent.len() {
        if !(2..=3).contains(&set.count_ones()) {
            continue;
        }
        let chosen: Vec<&Sent> = sent
            .iter()
            .enumerate()
            .filter(|(i, _)| set >> i & 1 == 1)
            .map(|(_, s)| s)
            .collect();
        let ends: BTreeSet<_> = orders(chosen.len())
            .into_iter()
            .map(|o| {
                let all: Vec<&Sent> = o.into_iter().map(|i| chosen[i]).collect();
                ends_at(&chain, &all)
            })
            .collect();
        tried += 1;
        if ends.len() > 1 {
            // Keys that were replaced stop nobody who has seen what came
            // after. Until the recovery keys speak.
            let names: Vec<_> = chosen.iter().map(|s| s.what).collect();
            assert!(names.contains(&ROTATED), "{names:?}");
            assert!(!chosen.iter().any(|s| by_recovery(s)), "{names:?}");
            assert_eq!(ends.len(), 2, "{names:?}");
            assert!(ends.contains(&None), "{names:?}");
            split += 1;
        }
    }
    assert_eq!((tried, split), (66 + 220, 20));
}
