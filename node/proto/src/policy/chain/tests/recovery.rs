//! What the recovery keys sign has the last word on a number (POL-8): nobody
//! with administrators' keys alone can end an organisation's policy for good.

use super::*;
use crate::policy::chain::ChainState;

const FORKED: Result<Applied, ChainError> = Err(ChainError::Forked);

fn restarted(chain: &PolicyChain) -> PolicyChain {
    let stored = ChainState::from_bytes(&chain.state().to_bytes()).unwrap();
    let back = PolicyChain::restore(&stored).unwrap();
    assert_eq!(&back, chain);
    back
}

/// What recovery keys may sign behind `previous`, whose body is `body(n)`:
/// administrators 8 and 9.
fn recovery(previous: &Cosigned<PolicyHeader>, org: OrgId, n: u8) -> PolicyHeader {
    let mut h = header(Some(previous), org, &body(n));
    h.admins = keys(&[8, 9], 2);
    h
}

/// Documents behind `previous` that can't be used here, with their bodies.
fn of_no_use(previous: &Cosigned<PolicyHeader>, org: OrgId, by: &[u8]) -> Vec<PolicyUpdate> {
    let h = header(Some(previous), org, &body(3));
    let junk = b"\xf6".to_vec();
    let broken = sign(&header(Some(previous), org, &junk), by);
    let mut over = h.clone();
    over.validity = Validity::starting(NOW.before(9 * DAY), 5 * DAY);
    vec![
        raw(vec![newer(&h, by).to_bytes()], body(3)),
        update(&[&broken], junk),
        update(&[&sign(&over, by)], body(3)),
    ]
}

#[test]
fn one_document_of_the_recovery_keys_replaces_one_that_nobody_can_use() {
    let (chain, genesis) = founded();
    let heal = sign(&recovery(&genesis, chain.org(), 1), &[11, 12]);
    let heal = update(&[&heal], body(1));
    for odd in of_no_use(&genesis, chain.org(), &[1, 2]) {
        // In both orders, across restarts.
        let mut after = chain.clone();
        assert!(matches!(
            after.apply(&odd, &at(NOW)),
            Err(ChainError::Unusable(_))
        ));
        let mut after = restarted(&after);
        assert!(after.in_force(&at(NOW)).is_err());
        assert_eq!(
            after.apply(&heal, &at(NOW)),
            Ok(Applied::Advanced { seq: 1 })
        );
        let mut before = chain.clone();
        assert_eq!(
            before.apply(&heal, &at(NOW)),
            Ok(Applied::Advanced { seq: 1 })
        );
        assert_eq!(after, before);
        // Whoever holds the old keys can't bring it back, nor stop anybody.
        for c in [after, restarted(&before)] {
            for again in [odd.clone()]
                .into_iter()
                .chain(of_no_use(&genesis, c.org(), &[2, 3]))
            {
                let mut c = c.clone();
                assert_eq!(
                    c.apply(&again, &at(NOW)),
                    Err(ChainError::Rollback { newest: 1 })
                );
                assert!(in_force(&c, 1, NOW));
            }
        }
    }
}

#[test]
fn too_few_recovery_keys_or_more_than_they_may_heal_nothing() {
    let (chain, genesis) = founded();
    let h = recovery(&genesis, chain.org(), 1);
    let mut more = h.clone();
    more.body = PolicyBody::digest(&body(2));
    let few = update(&[&sign(&h, &[11])], body(1));
    let mixed = update(&[&sign(&h, &[11, 1])], body(1));
    let more = update(&[&sign(&more, &[11, 12])], body(2));
    for odd in of_no_use(&genesis, chain.org(), &[1, 2]) {
        let mut c = chain.clone();
        let why = c.apply(&odd, &at(NOW)).unwrap_err();
        for u in [&few, &mixed, &more] {
            assert!(matches!(
                c.apply(u, &at(NOW)),
                Err(ChainError::TooFewSigners { .. })
            ));
            assert_eq!(
                c.in_force(&at(NOW)).map_err(ChainError::Unusable),
                Err(why.clone())
            );
        }
        // Without recovery keys nobody heals it: a second one is a fork.
        let by_admins = update(&[&sign(&next(&chain, &body(2)), &[1, 2])], body(2));
        assert_eq!(c.apply(&by_admins, &at(NOW)), FORKED);
    }
}

#[test]
fn a_third_document_of_the_recovery_keys_settles_a_fork_of_two_others() {
    // Both by the thieves, who name recovery keys of their own: neither branch
    // can be followed by anybody else.
    let (chain, genesis) = founded();
    let stolen = |n: u8| {
        let mut h = header(Some(&genesis), chain.org(), &body(n));
        h.admins = keys(&[20], 1);
        h.recovery = Some(keys(&[21], 1));
        update(&[&sign(&h, &[1, 2])], body(n))
    };
    let heal = update(
        &[&sign(&recovery(&genesis, chain.org(), 1), &[12, 13])],
        body(1),
    );
    let mut c = chain.clone();
    c.apply(&stolen(2), &at(NOW)).unwrap();
    assert_eq!(c.apply(&stolen(3), &at(NOW)), FORKED);
    let mut c = restarted(&c);
    assert_eq!(c.apply(&heal, &at(NOW)), Ok(Applied::Advanced { seq: 1 }));
    assert!(in_force(&c, 1, NOW));
    // The same where it comes first, and between the two.
    for order in [
        [&heal, &stolen(2), &stolen(3)],
        [&stolen(2), &heal, &stolen(3)],
    ] {
        let mut other = chain.clone();
        for u in order {
            let _ = other.apply(u, &at(NOW));
        }
        assert_eq!(other, c);
    }
}

#[test]
fn recovery_keys_may_sign_one_of_two_as_it_is() {
    // What administrators have signed as well: the document is the same.
    let (mut chain, genesis) = founded();
    let h = recovery(&genesis, chain.org(), 1);
    let mut other = h.clone();
    other.grace += DAY;
    let by = |h, seeds: &[u8]| update(&[&sign(h, seeds)], body(1));
    chain.apply(&by(&h, &[1, 2]), &at(NOW)).unwrap();
    assert_eq!(chain.apply(&by(&other, &[2, 3]), &at(NOW)), FORKED);
    let settled = chain.apply(&by(&h, &[11, 12]), &at(NOW));
    assert_eq!(settled, Ok(Applied::Advanced { seq: 1 }));
    let mut chain = restarted(&chain);
    assert!(in_force(&chain, 1, NOW));
    let again = chain.apply(&by(&other, &[2, 3]), &at(NOW));
    assert_eq!(again, Err(ChainError::Rollback { newest: 1 }));
}

#[test]
fn two_documents_of_the_recovery_keys_are_a_fork_in_any_order() {
    let (chain, genesis) = founded();
    let a = sign(&recovery(&genesis, chain.org(), 1), &[11, 12]);
    let mut h = recovery(&genesis, chain.org(), 1);
    h.grace += DAY;
    let b = sign(&h, &[12, 13]);
    let mut third = recovery(&genesis, chain.org(), 1);
    third.grace += 2 * DAY;
    let third = sign(&third, &[11, 13]);
    let behind = sign(&recovery(&a, chain.org(), 1), &[11, 12]);
    for (x, y) in [(&a, &b), (&b, &a)] {
        let mut c = chain.clone();
        c.apply(&update(&[x], body(1)), &at(NOW)).unwrap();
        assert_eq!(c.apply(&update(&[y], body(1)), &at(NOW)), FORKED);
        // A third doesn't settle it, one behind either of them does.
        let mut c = restarted(&c);
        assert_eq!(c.apply(&update(&[&third], body(1)), &at(NOW)), FORKED);
        let settles = update(&[&a, &behind], body(1));
        assert_eq!(
            c.apply(&settles, &at(NOW)),
            Ok(Applied::Advanced { seq: 2 })
        );
        assert!(in_force(&restarted(&c), 1, NOW));
    }
    // On the way to one that can't be used, too.
    let odd = newer(&recovery(&a, chain.org(), 4), &[8, 9]);
    let mut c = chain.clone();
    let ahead = raw(vec![a.to_bytes(), odd.to_bytes()], body(4));
    assert!(c.apply(&ahead, &at(NOW)).is_err());
    let mut c = restarted(&c);
    assert_eq!(c.apply(&update(&[&b], body(1)), &at(NOW)), FORKED);
    // And there it outranks what administrators signed.
    let mut c = chain.clone();
    assert!(c.apply(&ahead, &at(NOW)).is_err());
    let by_admins = update(&[&sign(&next(&chain, &body(2)), &[1, 2])], body(2));
    let refused = c.apply(&by_admins, &at(NOW));
    assert_eq!(refused, Err(ChainError::Rollback { newest: 2 }));
    assert_eq!(c.in_force(&at(NOW)), Err(Unusable::NeedsUpdate));
}

#[test]
fn recovery_keys_that_were_replaced_stop_nobody() {
    // Stolen, and replaced for that; the administrators stayed.
    let (mut chain, genesis) = founded();
    let mut h = next(&chain, &body(2));
    h.recovery = Some(keys(&[14, 15], 2));
    chain
        .apply(&update(&[&sign(&h, &[1, 2])], body(2)), &at(NOW))
        .unwrap();
    let mut h = next(&chain, &body(3));
    h.recovery = Some(keys(&[14, 15], 2));
    chain
        .apply(&update(&[&sign(&h, &[1, 2])], body(3)), &at(NOW))
        .unwrap();
    let old = sign(&recovery(&genesis, chain.org(), 1), &[11, 12]);
    let before = chain.clone();
    let refused = chain.apply(&update(&[&old], body(1)), &at(NOW));
    assert_eq!(refused, Err(ChainError::Rollback { newest: 2 }));
    assert_eq!(chain, before);
    assert!(in_force(&chain, 3, NOW));
}

#[test]
fn nothing_stands_beside_the_first_document() {
    // Its digest is the organisation's name: whatever claims to follow another
    // one contradicts itself, and ends nothing.
    let (mut chain, _) = founded();
    let other = sign(&header(None, NO_ORG, &body(7)), &[1, 2]);
    let mut h = next(&chain, &body(2));
    h.previous = h.previous.map(|p| Previous {
        digest: other.digest(),
        ..p
    });
    let u = update(&[&sign(&h, &[1, 2])], body(2));
    assert_eq!(chain.apply(&u, &at(NOW)), Err(ChainError::NotLinked));
    let first = update(&[&other], body(7));
    assert_eq!(
        chain.apply(&first, &at(NOW)),
        Err(ChainError::WrongOrganisation)
    );
    assert!(in_force(&chain, 1, NOW));
}

#[test]
fn of_what_an_earlier_version_stored_nothing_is_outranked() {
    let (mut chain, genesis) = founded();
    for odd in of_no_use(&genesis, chain.org(), &[1, 2]) {
        let _ = chain.apply(&odd, &at(NOW));
    }
    assert!(chain.fork().is_some() && chain.beyond.is_some());
    let ciborium::Value::Map(mut map) = crate::cbor::Encode::encode(&chain.state()) else {
        unreachable!()
    };
    for (key, value) in &mut map {
        if *key == 3.into() || *key == 4.into() {
            value.as_map_mut().unwrap().retain(|(k, _)| *k != 4.into());
        }
    }
    let old = crate::cbor::to_bytes(&ciborium::Value::Map(map));
    let mut c = PolicyChain::restore(&ChainState::from_bytes(&old).unwrap()).unwrap();
    let heal = sign(&recovery(&genesis, c.org(), 1), &[11, 12]);
    assert_eq!(c.apply(&update(&[&heal], body(1)), &at(NOW)), FORKED);
    let behind = sign(&recovery(&heal, c.org(), 1), &[11, 12]);
    let settles = update(&[&heal, &behind], body(1));
    assert_eq!(
        c.apply(&settles, &at(NOW)),
        Ok(Applied::Advanced { seq: 2 })
    );
}

#[test]
fn what_follows_another_than_the_recovery_keys_word_is_no_evidence() {
    // The administrators stay, and one of their successors to another number 1
    // comes: only a document of the recovery keys could stand beside theirs.
    let (mut chain, genesis) = founded();
    let mut h = header(Some(&genesis), chain.org(), &body(1));
    h.grace += DAY;
    let word = sign(&h, &[11, 12]);
    let other = sign(&next(&chain, &body(2)), &[1, 2]);
    let behind = sign(&header(Some(&other), chain.org(), &body(3)), &[1, 2]);
    chain.apply(&update(&[&word], body(1)), &at(NOW)).unwrap();
    let alone = chain.apply(&update(&[&behind], body(3)), &at(NOW));
    assert_eq!(alone, Err(ChainError::NotLinked));
    let both = chain.apply(&update(&[&other, &behind], body(3)), &at(NOW));
    assert_eq!(both, Err(ChainError::Rollback { newest: 1 }));
    assert!(in_force(&chain, 1, NOW));
}

#[test]
fn replaced_recovery_keys_do_nothing_alone() {
    // They were replaced, and the administrators stayed: with those, what they
    // sign is judged as from before the fork; without, it is old.
    let (mut chain, genesis) = founded();
    for n in [2, 3] {
        let mut h = next(&chain, &body(n));
        h.recovery = Some(keys(&[14, 15], 2));
        let u = update(&[&sign(&h, &[1, 2])], body(n));
        chain.apply(&u, &at(NOW)).unwrap();
    }
    let h = recovery(&genesis, chain.org(), 1);
    for (by, refused) in [
        (&[11, 12, 13][..], ChainError::Rollback { newest: 2 }),
        (&[11, 12, 1][..], ChainError::Rollback { newest: 2 }),
        (&[1, 3, 11][..], ChainError::Forked),
    ] {
        let mut c = chain.clone();
        let u = update(&[&sign(&h, by)], body(1));
        assert_eq!(c.apply(&u, &at(NOW)), Err(refused), "{by:?}");
        assert_eq!(c.headers(), chain.headers());
    }
}
