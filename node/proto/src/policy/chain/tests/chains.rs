//! Chains by example.

use super::*;
use crate::blame::Blame;
use crate::canon::CanonError;
use crate::cbor::{Encode as _, to_bytes};
use crate::policy::chain::{ChainState, MAX_UPDATE};
use crate::policy::document::MAX_BODY;
use crate::signed::RecordError;
use crate::validity::Warning;
use ciborium::Value;

#[test]
fn a_chain_grows_by_what_its_administrators_sign() {
    let (mut chain, genesis) = founded();
    assert!(in_force(&chain, 1, NOW));
    let second = sign(&next(&chain, &body(2)), &[3, 1]);
    assert_eq!(
        chain.apply(&update(&[&second], body(2)), &at(NOW)),
        Ok(Applied::Advanced { seq: 1 })
    );
    assert!(in_force(&chain, 2, NOW) && !in_force(&chain, 1, NOW));
    let again = update(&[&genesis, &second], body(2));
    assert_eq!(chain.apply(&again, &at(NOW)), Ok(Applied::AlreadyKnown));
    // Also where the body is known, it is looked at.
    let renewed = sign(&next(&chain, &body(2)), &[1, 2]);
    for headers in [&[&genesis, &second][..], &[&second, &renewed]] {
        let altered = chain.apply(&update(headers, body(3)), &at(NOW));
        assert_eq!(altered, Err(ChainError::OtherBody));
    }
    let third = sign(&next(&chain, &body(3)), &[2, 3]);
    let all = update(&[&genesis, &second, &third], body(3));
    assert_eq!(
        chain.apply(&all, &at(NOW)),
        Ok(Applied::Advanced { seq: 2 })
    );
    // A newcomer reads all headers and one body.
    let fresh = PolicyChain::join(chain.org(), &chain.update_after(None), &at(NOW)).unwrap();
    assert_eq!(fresh, chain);
    assert_eq!(chain.update_after(Some(1)).headers.len(), 2);
    let file = chain.update_after(None).to_bytes();
    assert!(file.len() < MAX_UPDATE);
    assert_eq!(
        PolicyUpdate::from_bytes(&file).unwrap(),
        chain.update_after(None)
    );
}

#[test]
fn all_or_nothing() {
    let (mut chain, _) = founded();
    let second = sign(&next(&chain, &body(2)), &[1, 2]);
    let h = header(Some(&second), chain.org(), &body(3));
    let third = sign(&h, &[1]);
    let before = chain.clone();
    assert_eq!(
        chain.apply(&update(&[&second, &third], body(3)), &at(NOW)),
        Err(ChainError::TooFewSigners { have: 1, needed: 2 })
    );
    assert_eq!(chain, before);
    assert_eq!(
        chain.apply(&update(&[&second], body(3)), &at(NOW)),
        Err(ChainError::OtherBody)
    );
    assert_eq!(chain, before);
}

#[test]
fn keys_rotate() {
    let (mut chain, _) = founded();
    let mut h = next(&chain, &body(1));
    h.admins = keys(&[4, 5], 2);
    let second = sign(&h, &[1, 2]);
    chain.apply(&update(&[&second], body(1)), &at(NOW)).unwrap();
    let h = next(&chain, &body(2));
    let old = sign(&h, &[1, 2, 3]);
    assert_eq!(
        chain.apply(&update(&[&old], body(2)), &at(NOW)),
        Err(ChainError::TooFewSigners { have: 0, needed: 2 })
    );
    let new = sign(&h, &[4, 5]);
    assert!(chain.apply(&update(&[&new], body(2)), &at(NOW)).is_ok());
}

#[test]
fn recovery_keys_replace_administrators_and_nothing_else() {
    // POL-8
    let (chain, _) = founded();
    let recovered = |change: fn(&mut PolicyHeader), signers: &[u8]| {
        let mut chain = chain.clone();
        let mut h = next(&chain, &body(1));
        h.admins = keys(&[6, 7], 1);
        change(&mut h);
        // Whatever body the header names is at hand.
        let other = h.body != PolicyBody::digest(&body(1));
        let b = body(if other { 2 } else { 1 });
        chain
            .apply(&update(&[&sign(&h, signers)], b), &at(NOW))
            .map(|_| chain)
    };
    let chain = recovered(|_| {}, &[11, 13]).unwrap();
    assert_eq!(chain.head().payload().admins, keys(&[6, 7], 1));
    assert!(in_force(&chain, 1, NOW));
    let few = Err(ChainError::TooFewSigners { have: 0, needed: 2 });
    assert_eq!(recovered(|_| {}, &[11]), few);
    assert_eq!(
        recovered(|h| h.body = PolicyBody::digest(&body(2)), &[11, 12]),
        few
    );
    assert_eq!(recovered(|h| h.name = name("Other"), &[11, 12]), few);
    assert_eq!(recovered(|h| h.recovery = None, &[11, 12]), few);
    assert_eq!(
        recovered(|h| h.recovery = Some(keys(&[14], 1)), &[11, 12]),
        few
    );
    // One administrator and one recovery key aren't two of either.
    assert_eq!(
        recovered(|_| {}, &[1, 11]),
        Err(ChainError::TooFewSigners { have: 1, needed: 2 })
    );
}

#[test]
fn a_fork_ends_new_shares_and_is_kept() {
    let (mut chain, _) = founded();
    let a = sign(&next(&chain, &body(2)), &[1, 2]);
    let b = sign(&next(&chain, &body(3)), &[2, 3]);
    chain.apply(&update(&[&a], body(2)), &at(NOW)).unwrap();
    assert_eq!(
        chain.apply(&update(&[&b], body(3)), &at(NOW)),
        Err(ChainError::Forked)
    );
    let fork = chain.fork().unwrap();
    assert_eq!(
        (fork.seq, fork.ours, fork.theirs),
        (1, a.digest(), b.digest())
    );
    assert_eq!(fork.evidence, b.to_bytes());
    assert_eq!(chain.in_force(&at(NOW)), Err(Unusable::Forked));
    // Nothing ordinary helps, and a restart doesn't either.
    let c = sign(&header(Some(&a), chain.org(), &body(4)), &[1, 2, 3]);
    assert_eq!(
        chain.apply(&update(&[&c], body(4)), &at(NOW)),
        Err(ChainError::Forked)
    );
    let stored = chain.state().to_bytes();
    let back = PolicyChain::restore(&ChainState::from_bytes(&stored).unwrap()).unwrap();
    assert_eq!(back, chain);
    assert_eq!(back.in_force(&at(NOW)), Err(Unusable::Forked));
}

#[test]
fn recovery_keys_settle_a_fork_for_both_sides() {
    let (chain, _) = founded();
    let a = sign(&next(&chain, &body(2)), &[1, 2]);
    let b = sign(&next(&chain, &body(3)), &[2, 3]);
    let mut h = header(Some(&a), chain.org(), &body(2));
    h.admins = keys(&[8, 9], 2);
    let heal = sign(&h, &[11, 12]);
    let on = |first: &Cosigned<PolicyHeader>, n: u8| {
        let mut c = chain.clone();
        c.apply(&update(&[first], body(n)), &at(NOW)).unwrap();
        c
    };
    // On the branch that is chosen, having seen the fork.
    let mut ours = on(&a, 2);
    let _ = ours.apply(&update(&[&b], body(3)), &at(NOW));
    assert_eq!(
        ours.apply(&update(&[&a, &heal], body(2)), &at(NOW)),
        Ok(Applied::Advanced { seq: 2 })
    );
    // On the other, having seen it, and not.
    let mut theirs = on(&b, 3);
    let mut unaware = on(&b, 3);
    let _ = theirs.apply(&update(&[&a], body(2)), &at(NOW));
    assert_eq!(theirs.in_force(&at(NOW)), Err(Unusable::Forked));
    for c in [&mut theirs, &mut unaware] {
        assert_eq!(
            c.apply(&update(&[&a, &heal], body(2)), &at(NOW)),
            Ok(Applied::Advanced { seq: 2 })
        );
        assert_eq!(c, &ours);
        assert!(in_force(c, 2, NOW));
        // The other document doesn't bring the fork back.
        assert!(c.apply(&update(&[&b], body(3)), &at(NOW)).is_err());
        assert!(in_force(c, 2, NOW));
    }
    // Recovery keys that only one branch names settle nothing.
    let mut stolen = next(&chain, &body(3));
    stolen.recovery = Some(keys(&[20], 1));
    let b = sign(&stolen, &[1, 2]);
    let mut h = header(Some(&b), chain.org(), &body(3));
    h.recovery = Some(keys(&[20], 1));
    let heal = sign(&h, &[20]);
    let mut c = on(&a, 2);
    assert_eq!(
        c.apply(&update(&[&b, &heal], body(3)), &at(NOW)),
        Err(ChainError::Forked)
    );
}

#[test]
fn a_successor_of_another_document_is_evidence_too() {
    let (mut chain, _) = founded();
    let a = sign(&next(&chain, &body(2)), &[1, 2]);
    let b = sign(&next(&chain, &body(3)), &[2, 3]);
    let after_b = sign(&header(Some(&b), chain.org(), &body(4)), &[1, 2]);
    chain.apply(&update(&[&a], body(2)), &at(NOW)).unwrap();
    assert_eq!(
        chain.apply(&update(&[&after_b], body(4)), &at(NOW)),
        Err(ChainError::Forked)
    );
    assert_eq!(chain.fork().unwrap().theirs, b.digest());
}

#[test]
fn retired_keys_cannot_stop_anybody() {
    let (mut chain, _) = founded();
    let first = chain.head().clone();
    let mut h = next(&chain, &body(2));
    h.admins = keys(&[4, 5], 2);
    chain
        .apply(&update(&[&sign(&h, &[1, 2])], body(2)), &at(NOW))
        .unwrap();
    let mut h = next(&chain, &body(2));
    h.admins = keys(&[4, 5], 2);
    let third = sign(&h, &[4, 5]);
    chain.apply(&update(&[&third], body(2)), &at(NOW)).unwrap();
    // The retired keys sign another number 1.
    let forged = sign(&header(Some(&first), chain.org(), &body(9)), &[1, 2]);
    assert_eq!(
        chain.apply(&update(&[&forged], body(9)), &at(NOW)),
        Err(ChainError::Rollback { newest: 2 })
    );
    assert!(in_force(&chain, 2, NOW));
}

#[test]
fn a_newer_document_that_cannot_be_used_ends_the_old_one() {
    let (chain, _) = founded();
    // Expired before it came.
    let mut c = chain.clone();
    let mut h = next(&c, &body(2));
    h.validity = Validity::starting(NOW, DAY);
    let late = NOW.after(2 * DAY);
    assert_eq!(
        c.apply(&update(&[&sign(&h, &[1, 2])], body(2)), &at(late)),
        Err(ChainError::Unusable(Unusable::Expired))
    );
    assert_eq!(c.in_force(&at(late)), Err(Unusable::Expired));
    // A newer one heals that.
    let second = sign(&h, &[1, 2]);
    let third = sign(&header(Some(&second), c.org(), &body(3)), &[1, 2]);
    assert!(
        c.apply(&update(&[&second, &third], body(3)), &at(late))
            .is_ok()
    );
    assert!(in_force(&c, 3, late));

    // A body that only a newer version can read; one that is broken.
    let odd = |n: i64, v: Value| {
        let Value::Map(mut map) = PolicyBody::default().encode() else {
            unreachable!()
        };
        map.push((n.into(), v));
        to_bytes(&Value::Map(map))
    };
    for (bytes, why) in [
        (odd(-1, Value::Null), Unusable::NeedsUpdate),
        (odd(1, Value::Null), Unusable::Broken),
    ] {
        let mut c = chain.clone();
        let h = next(&c, &bytes);
        assert_eq!(
            c.apply(&update(&[&sign(&h, &[1, 2])], bytes.clone()), &at(NOW)),
            Err(ChainError::Unusable(why))
        );
        assert_eq!(c.in_force(&at(NOW)), Err(why));
        let stored = ChainState::from_bytes(&c.state().to_bytes()).unwrap();
        assert_eq!(PolicyChain::restore(&stored).unwrap(), c);
        // Unsigned, it proves nothing.
        let mut c = chain.clone();
        assert!(
            c.apply(&update(&[&sign(&h, &[1])], bytes), &at(NOW))
                .is_err()
        );
        assert!(in_force(&c, 1, NOW));
    }
}

#[test]
fn a_header_from_a_newer_version_ends_the_old_policy() {
    let (chain, _) = founded();
    let newer = |signers: &[u8]| {
        let doc = newer(&next(&chain, &body(2)), signers);
        raw(vec![doc.to_bytes()], body(2))
    };
    let mut c = chain.clone();
    let refused = c.apply(&newer(&[1, 2]), &at(NOW)).unwrap_err();
    assert_eq!(refused, ChainError::Unusable(Unusable::NeedsUpdate));
    assert_eq!(refused.blame(), Blame::Incompatible);
    assert_eq!(c.in_force(&at(NOW)), Err(Unusable::NeedsUpdate));
    let mut c = chain.clone();
    assert_eq!(
        c.apply(&newer(&[1]), &at(NOW)),
        Err(ChainError::TooFewSigners { have: 1, needed: 2 })
    );
    assert!(in_force(&c, 1, NOW));
}

#[test]
fn age_grace_and_warnings() {
    // POL-8: 100 days, then 20 days of grace; the document ends after 300.
    let (chain, _) = founded();
    let state = |days: u32| {
        let s = chain.status(&at(NOW.after(days * DAY)));
        assert_eq!(s.age, days * DAY);
        (s.state, s.age_warning, s.end_warning)
    };
    use PolicyState::{Grace, InForce};
    assert_eq!(state(0), (InForce, None, None));
    assert_eq!(state(71), (InForce, Some(Warning::Month), None));
    assert_eq!(
        state(94),
        (InForce, Some(Warning::Week), Some(Warning::Month))
    );
    assert_eq!(
        state(100),
        (Grace, Some(Warning::Over), Some(Warning::Month))
    );
    assert_eq!(
        state(119),
        (Grace, Some(Warning::Over), Some(Warning::Week))
    );
    assert_eq!(
        state(120),
        (
            PolicyState::Unusable(Unusable::Expired),
            Some(Warning::Over),
            Some(Warning::Over)
        )
    );
    assert!(in_force(&chain, 1, NOW.after(119 * DAY)));
    assert!(!in_force(&chain, 1, NOW.after(120 * DAY)));
}

#[test]
fn a_document_ends_at_its_end_whatever_the_grace() {
    let mut h = header(None, NO_ORG, &body(1));
    h.validity = Validity::starting(NOW, 10 * DAY);
    let g = sign(&h, &[1, 2]);
    let org = OrgId::from(g.digest());
    let chain = PolicyChain::join(org, &update(&[&g], body(1)), &at(NOW)).unwrap();
    assert!(in_force(&chain, 1, NOW.after(9 * DAY)));
    assert!(!in_force(&chain, 1, NOW.after(10 * DAY)));
    let late = at(NOW.after(10 * DAY));
    assert_eq!(
        PolicyChain::join(org, &update(&[&g], body(1)), &late),
        Err(ChainError::Unusable(Unusable::Expired))
    );
}

#[test]
fn a_wrong_clock_is_named_and_revives_nothing() {
    // POL-9: a document signed in 200 days, taken over then; the clock then
    // falls back to today.
    let (mut chain, _) = founded();
    let mut h = next(&chain, &body(2));
    h.validity = Validity::starting(NOW.after(110 * DAY), 300 * DAY);
    let second = sign(&h, &[1, 2]);
    let refused = chain.apply(&update(&[&second], body(2)), &at(NOW));
    assert_eq!(refused, Err(ChainError::FromTheFuture { ahead: 110 * DAY }));
    assert!(in_force(&chain, 1, NOW));
    let then = at(NOW.after(110 * DAY));
    chain.apply(&update(&[&second], body(2)), &then).unwrap();
    let s = chain.status(&at(NOW));
    assert_eq!(s.clock_behind, Some(110 * DAY));
    assert_eq!(s.state, PolicyState::InForce);
    assert_eq!(chain.status(&then).clock_behind, None);
    // By this clock nothing has expired; by the newest signed time it has.
    let mut h = next(&chain, &body(3));
    h.validity = Validity::starting(NOW, 105 * DAY);
    let stale = sign(&h, &[1, 2]);
    assert_eq!(
        chain.apply(&update(&[&stale], body(3)), &at(NOW)),
        Err(ChainError::Unusable(Unusable::Expired))
    );
}

#[test]
fn joining_needs_the_first_document() {
    let (mut chain, genesis) = founded();
    let second = sign(&next(&chain, &body(2)), &[1, 2]);
    chain.apply(&update(&[&second], body(2)), &at(NOW)).unwrap();
    assert_eq!(
        chain.apply(&PolicyUpdate::default(), &at(NOW)),
        Err(ChainError::Empty)
    );
    let join = |org, u: &PolicyUpdate| PolicyChain::join(org, u, &at(NOW)).unwrap_err();
    assert_eq!(
        join(chain.org(), &PolicyUpdate::default()),
        ChainError::Empty
    );
    assert_eq!(
        join(chain.org(), &update(&[&second], body(2))),
        ChainError::Gap
    );
    assert_eq!(
        join(NO_ORG, &update(&[&genesis], body(1))),
        ChainError::WrongOrganisation
    );
    let h = header(None, NO_ORG, &body(1));
    let weak = sign(&h, &[1]);
    let org = OrgId::from(weak.digest());
    assert_eq!(
        join(org, &update(&[&weak], body(1))),
        ChainError::TooFewSigners { have: 1, needed: 2 }
    );
}

#[test]
fn stored_state_is_checked_again() {
    let (chain, _) = founded();
    let bytes = chain.state().to_bytes();
    let state = ChainState::from_bytes(&bytes).unwrap();
    assert_eq!(PolicyChain::restore(&state).unwrap(), chain);
    for i in 0..bytes.len() {
        let mut b = bytes.clone();
        b[i] ^= 1;
        let read = ChainState::from_bytes(&b).ok();
        let restored = read.and_then(|s| PolicyChain::restore(&s).ok());
        // The time seen is the device's own word.
        let other_time = restored.is_none_or(|r| {
            PolicyChain {
                seen: chain.seen,
                ..r
            } == chain
        });
        assert!(other_time, "byte {i} can be changed");
    }
}

#[test]
fn updates_are_bounded() {
    let bytes = |n: usize, len: usize, body: usize| {
        PolicyUpdate {
            headers: vec![vec![0; len]; n],
            body: vec![0; body],
        }
        .to_bytes()
    };
    assert!(PolicyUpdate::from_bytes(&bytes(1, 1, 1)).is_ok());
    assert!(PolicyUpdate::from_bytes(&bytes(0, 1, 1)).is_err());
    assert!(PolicyUpdate::from_bytes(&bytes(MAX_CHAIN + 1, 1, 1)).is_err());
    assert!(PolicyUpdate::from_bytes(&bytes(1, 64 * 1024 + 1, 1)).is_err());
    assert!(PolicyUpdate::from_bytes(&bytes(1, 1, 512 * 1024 + 1)).is_err());
    assert!(PolicyUpdate::from_bytes(&bytes(200, 64 * 1024, 1)).is_err());
    // Counted before it is parsed: eight million items would take a hundred
    // times the memory of the file.
    let mut many = vec![0x82, 0x9a];
    let n = MAX_UPDATE - 7;
    many.extend(u32::try_from(n).unwrap().to_be_bytes());
    many.resize(many.len() + n, 0);
    many.push(0x40);
    assert!(matches!(
        PolicyUpdate::from_bytes(&many),
        Err(DecodeError::Canon(CanonError::TooMany(_)))
    ));
}

#[test]
fn an_update_put_together_by_hand_is_bounded_too() {
    let (mut chain, genesis) = founded();
    let too_large = [
        update(&vec![&genesis; MAX_CHAIN + 1], body(1)),
        update(&[&genesis], vec![0; MAX_BODY + 1]),
        PolicyUpdate {
            headers: vec![vec![0; 64 * 1024]; 129],
            body: body(1),
        },
        PolicyUpdate {
            headers: vec![vec![0; 64 * 1024 + 1]],
            body: body(1),
        },
    ];
    for u in &too_large {
        assert_eq!(chain.apply(u, &at(NOW)), Err(ChainError::TooLarge));
        let joined = PolicyChain::join(chain.org(), u, &at(NOW));
        assert_eq!(joined, Err(ChainError::TooLarge));
    }
}

/// `doc` with its last signature spoilt.
fn spoilt(doc: &Cosigned<PolicyHeader>) -> PolicyUpdate {
    let mut bytes = doc.to_bytes();
    *bytes.last_mut().unwrap() ^= 1;
    PolicyUpdate {
        headers: vec![bytes],
        body: body(2),
    }
}

#[test]
fn signatures_are_checked_last_and_always() {
    let (mut chain, genesis) = founded();
    let before = chain.clone();
    let bad = |r| matches!(r, Err(ChainError::Record(RecordError::BadSignature)));
    // What doesn't fit in isn't worth the check of a signature.
    let mut h = next(&chain, &body(2));
    h.previous = h.previous.map(|p| Previous { seq: 9, ..p });
    let gap = chain.apply(&spoilt(&sign(&h, &[1, 2])), &at(NOW));
    assert_eq!(gap, Err(ChainError::Gap));
    let few = chain.apply(&spoilt(&sign(&next(&chain, &body(2)), &[1])), &at(NOW));
    assert_eq!(few, Err(ChainError::TooFewSigners { have: 1, needed: 2 }));
    // What fits in is.
    let second = sign(&next(&chain, &body(2)), &[1, 2]);
    assert!(bad(chain.apply(&spoilt(&second), &at(NOW))));
    let mut h = next(&chain, &body(1));
    h.admins = keys(&[6], 1);
    assert!(bad(chain.apply(&spoilt(&sign(&h, &[11, 12])), &at(NOW))));
    assert_eq!(chain, before);
    // The first one, too.
    let join = PolicyChain::join(chain.org(), &spoilt(&genesis), &at(NOW));
    assert!(bad(join.map(|_| Applied::AlreadyKnown)));
    // And nobody is stopped by a fork that those entitled didn't sign.
    chain.apply(&update(&[&second], body(2)), &at(NOW)).unwrap();
    let mut h = second.payload().clone();
    h.grace += DAY;
    let other = sign(&h, &[1, 2]);
    let after = sign(&header(Some(&other), chain.org(), &body(2)), &[1, 2]);
    for forged in [&other, &after] {
        assert!(chain.apply(&spoilt(forged), &at(NOW)).is_err());
        assert!(chain.fork().is_none() && in_force(&chain, 2, NOW));
    }
}
