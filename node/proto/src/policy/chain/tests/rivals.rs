//! Two documents with one number are a fork, whether or not either can be
//! used here, and whichever comes first (rule R2; THREATS: fail closed).

use super::*;
use crate::policy::chain::ChainState;

const FORKED: Result<Applied, ChainError> = Err(ChainError::Forked);

/// Documents that are signed by enough and can't be used on the tenth day,
/// each with its reason, behind `previous`.
fn of_no_use(
    previous: &Cosigned<PolicyHeader>,
    org: OrgId,
) -> Vec<(Unusable, Vec<u8>, Digest, Vec<u8>)> {
    let h = header(Some(previous), org, &body(3));
    let too_new = newer(&h, &[2, 3]);
    let junk = b"\xf6".to_vec();
    let broken = sign(&header(Some(previous), org, &junk), &[2, 3]);
    let mut over = h;
    over.validity = Validity::starting(NOW, 5 * DAY);
    let over = sign(&over, &[2, 3]);
    vec![
        (
            Unusable::NeedsUpdate,
            too_new.to_bytes(),
            too_new.digest(),
            body(3),
        ),
        (Unusable::Broken, broken.to_bytes(), broken.digest(), junk),
        (Unusable::Expired, over.to_bytes(), over.digest(), body(3)),
    ]
}

fn tenth_day() -> JudgedTime {
    at(NOW.after(10 * DAY))
}

fn restarted(chain: &PolicyChain) -> PolicyChain {
    let stored = ChainState::from_bytes(&chain.state().to_bytes()).unwrap();
    PolicyChain::restore(&stored).unwrap()
}

/// Forked, also after a restart, with both documents.
fn assert_forked(chain: &PolicyChain, seq: u64, docs: [Digest; 2]) {
    assert_eq!(&restarted(chain), chain);
    assert_eq!(chain.in_force(&tenth_day()), Err(Unusable::Forked));
    let fork = chain.fork().unwrap();
    assert_eq!((fork.seq, [fork.ours, fork.theirs]), (seq, docs));
}

#[test]
fn a_rival_of_a_document_of_no_use_is_a_fork() {
    let (chain, genesis) = founded();
    let now = tenth_day();
    let good = sign(&next(&chain, &body(2)), &[1, 2]);
    for (why, bytes, digest, b) in of_no_use(&genesis, chain.org()) {
        let odd = raw(vec![bytes.clone()], b);
        let good_one = update(&[&good], body(2));
        // The one of no use comes first.
        let mut c = chain.clone();
        assert_eq!(c.apply(&odd, &now), Err(ChainError::Unusable(why)));
        let mut c = restarted(&c);
        assert_eq!(c.in_force(&now), Err(why));
        // Itself again, it is no rival.
        assert_eq!(c.apply(&odd, &now), Err(ChainError::Unusable(why)));
        assert!(c.fork().is_none());
        assert_eq!(c.apply(&good_one, &now), FORKED, "{why}");
        assert_forked(&c, 1, [digest, good.digest()]);
        assert_eq!(c.beyond.as_ref().unwrap().evidence, bytes);
        assert_eq!(c.fork().unwrap().evidence, good.to_bytes());
        // The other order, and the same outcome.
        let mut c = chain.clone();
        c.apply(&good_one, &now).unwrap();
        assert_eq!(c.apply(&odd, &now), FORKED, "{why}");
        assert_forked(&c, 1, [good.digest(), digest]);
        assert_eq!(c.fork().unwrap().evidence, bytes);
        // One signature too few ends nothing, in either order.
        let few = sign(&next(&chain, &body(2)), &[1]);
        let mut c = chain.clone();
        let _ = c.apply(&odd, &now);
        assert!(c.apply(&update(&[&few], body(2)), &now).is_err());
        assert_eq!(c.in_force(&now), Err(why));
    }
}

#[test]
fn two_of_no_use_are_a_fork_as_well() {
    let (chain, genesis) = founded();
    let now = tenth_day();
    let all = of_no_use(&genesis, chain.org());
    for (i, (why, first, ours, b)) in all.iter().enumerate() {
        for (_, second, theirs, other) in all.iter().skip(i + 1).chain(&all[..i]) {
            let mut c = chain.clone();
            let refused = c.apply(&raw(vec![first.clone()], b.clone()), &now);
            assert_eq!(refused, Err(ChainError::Unusable(*why)));
            let update = raw(vec![second.clone()], other.clone());
            assert_eq!(c.apply(&update, &now), FORKED);
            assert_forked(&c, 1, [*ours, *theirs]);
        }
    }
}

#[test]
fn the_way_to_a_document_of_no_use_counts_too() {
    // Number 1 could be used, but 2, that came with it, can't: neither is in
    // force, and another 1, or another 2 behind this 1, is a fork.
    let (chain, _) = founded();
    let now = tenth_day();
    let first = sign(&next(&chain, &body(2)), &[1, 2]);
    let other = sign(&next(&chain, &body(4)), &[1, 3]);
    let good = sign(&header(Some(&first), chain.org(), &body(4)), &[1, 3]);
    for (why, bytes, digest, b) in of_no_use(&first, chain.org()) {
        let mut ended = chain.clone();
        let both = raw(vec![first.to_bytes(), bytes], b);
        assert_eq!(ended.apply(&both, &now), Err(ChainError::Unusable(why)));
        let ended = restarted(&ended);
        let mut c = ended.clone();
        assert_eq!(c.apply(&update(&[&other], body(4)), &now), FORKED);
        assert_forked(&c, 1, [first.digest(), other.digest()]);
        let mut c = ended.clone();
        assert_eq!(c.apply(&update(&[&first, &good], body(4)), &now), FORKED);
        assert_forked(&c, 2, [digest, good.digest()]);
        // The 1 on the way is taken over by itself, and ends nothing less.
        let mut c = ended.clone();
        let taken = c.apply(&update(&[&first], body(2)), &now);
        assert_eq!(taken, Ok(Applied::Advanced { seq: 1 }));
        let mut c = restarted(&c);
        assert_eq!(c.in_force(&now), Err(why));
        assert_eq!(c.apply(&update(&[&good], body(4)), &now), FORKED);
        assert_forked(&c, 2, [digest, good.digest()]);
    }
}

#[test]
fn a_rival_is_evidence_whatever_comes_behind_it() {
    let (chain, genesis) = founded();
    let now = tenth_day();
    let good = sign(&next(&chain, &body(2)), &[1, 2]);
    let few = sign(&header(Some(&good), chain.org(), &body(4)), &[3]);
    for (_, bytes, digest, b) in of_no_use(&genesis, chain.org()) {
        let mut c = chain.clone();
        let _ = c.apply(&raw(vec![bytes], b), &now);
        assert_eq!(c.apply(&update(&[&good, &few], body(4)), &now), FORKED);
        assert_forked(&c, 1, [digest, good.digest()]);
    }
}

#[test]
fn recovery_keys_settle_a_fork_beside_a_document_of_no_use() {
    let (chain, genesis) = founded();
    let now = tenth_day();
    let good = sign(&next(&chain, &body(2)), &[1, 2]);
    let mut h = header(Some(&good), chain.org(), &body(2));
    h.admins = keys(&[8, 9], 2);
    let heal = sign(&h, &[11, 12]);
    for (why, bytes, _, b) in of_no_use(&genesis, chain.org()) {
        // Also where what is of no use is further ahead than what settles it.
        let mut c = chain.clone();
        let odd = raw(vec![bytes], b);
        let _ = c.apply(&odd, &now);
        for aware in [true, false] {
            let mut c = c.clone();
            if aware {
                let _ = c.apply(&update(&[&good], body(2)), &now);
            }
            let healed = c.apply(&update(&[&good, &heal], body(2)), &now);
            assert_eq!(healed, Ok(Applied::Advanced { seq: 2 }), "{why}");
            assert!(in_force(&c, 2, now.now()));
            // What lost counts as a fork no longer.
            assert_eq!(
                c.apply(&odd, &now),
                Err(ChainError::Rollback { newest: 2 }),
                "{why}"
            );
            assert!(in_force(&restarted(&c), 2, now.now()));
        }
    }
}

#[test]
fn what_is_settled_takes_along_what_was_ahead_on_the_other_branch() {
    let (chain, _) = founded();
    let now = tenth_day();
    let a = sign(&next(&chain, &body(2)), &[1, 2]);
    let b = sign(&next(&chain, &body(3)), &[2, 3]);
    let c1 = sign(&header(Some(&b), chain.org(), &body(4)), &[1, 2]);
    let c2 = newer(&header(Some(&c1), chain.org(), &body(4)), &[1, 2]);
    let mut on_b = chain.clone();
    on_b.apply(&update(&[&b], body(3)), &now).unwrap();
    let ahead = raw(vec![c1.to_bytes(), c2.to_bytes()], body(4));
    let refused = on_b.apply(&ahead, &now);
    assert_eq!(refused, Err(ChainError::Unusable(Unusable::NeedsUpdate)));
    let mut h = header(Some(&a), chain.org(), &body(2));
    h.admins = keys(&[8, 9], 2);
    let heal = sign(&h, &[11, 12]);
    let healed = on_b.apply(&update(&[&a, &heal], body(2)), &now);
    assert_eq!(healed, Ok(Applied::Advanced { seq: 2 }));
    assert!(in_force(&on_b, 2, now.now()));
}

#[test]
fn recovery_keys_of_a_newer_version_end_the_policy() {
    let (chain, _) = founded();
    let h = next(&chain, &body(2));
    let sent = |signers: &[u8]| raw(vec![newer(&h, signers).to_bytes()], body(2));
    let mut c = chain.clone();
    assert_eq!(
        c.apply(&sent(&[11, 12]), &at(NOW)),
        Err(ChainError::Unusable(Unusable::NeedsUpdate))
    );
    assert_eq!(c.in_force(&at(NOW)), Err(Unusable::NeedsUpdate));
    for (few, have) in [(&[11][..], 0), (&[11, 1], 1)] {
        let mut c = chain.clone();
        assert_eq!(
            c.apply(&sent(few), &at(NOW)),
            Err(ChainError::TooFewSigners { have, needed: 2 })
        );
        assert!(in_force(&c, 1, NOW));
    }
}

/// A newer version's header has its place like any other.
#[test]
fn an_old_or_unlinked_header_of_a_newer_version_ends_nothing() {
    let (mut chain, genesis) = founded();
    let mut h = next(&chain, &body(2));
    h.admins = keys(&[4, 5], 2);
    chain
        .apply(&update(&[&sign(&h, &[1, 2])], body(2)), &at(NOW))
        .unwrap();
    let mut h = next(&chain, &body(3));
    h.admins = keys(&[4, 5], 2);
    chain
        .apply(&update(&[&sign(&h, &[4, 5])], body(3)), &at(NOW))
        .unwrap();
    let placed = |change: fn(&mut Previous)| {
        let mut h = next(&chain, &body(4));
        h.previous.as_mut().map(change).unwrap();
        h
    };
    let refused = |h: &PolicyHeader, signers: &[u8], e: ChainError| {
        let mut c = chain.clone();
        let u = raw(vec![newer(h, signers).to_bytes()], body(4));
        assert_eq!(c.apply(&u, &at(NOW)), Err(e));
        assert_eq!(c, chain);
        assert!(in_force(&c, 3, NOW));
    };
    // By the keys of that time, which were replaced.
    let old = header(Some(&genesis), chain.org(), &body(9));
    refused(&old, &[1, 2], ChainError::Rollback { newest: 2 });
    // The newest number, but behind another document than ours.
    let beside = placed(|p| (p.seq, p.digest) = (2, Digest::from_bytes([7; 32])));
    refused(&beside, &[4, 5], ChainError::Rollback { newest: 2 });
    let beyond = placed(|p| p.seq += 1);
    refused(&beyond, &[4, 5], ChainError::Gap);
    // Not signed by enough, so what it follows tells nothing.
    let unlinked = placed(|p| p.digest = Digest::from_bytes([7; 32]));
    refused(&unlinked, &[4], ChainError::NotLinked);
    refused(
        &placed(|p| p.org = NO_ORG),
        &[4, 5],
        ChainError::WrongOrganisation,
    );
    let mut first = next(&chain, &body(4));
    first.previous = None;
    refused(&first, &[4, 5], ChainError::WrongOrganisation);
}

#[test]
fn the_loser_of_a_settled_fork_brings_nothing_back() {
    // Settled for the same administrators, so that they are still today's.
    let (mut chain, _) = founded();
    let a = sign(&next(&chain, &body(2)), &[1, 2]);
    let b = sign(&next(&chain, &body(3)), &[2, 3]);
    chain.apply(&update(&[&a], body(2)), &at(NOW)).unwrap();
    assert_eq!(chain.apply(&update(&[&b], body(3)), &at(NOW)), FORKED);
    let mut h = header(Some(&a), chain.org(), &body(2));
    h.grace += DAY;
    let heal = sign(&h, &[11, 12]);
    chain.apply(&update(&[&heal], body(2)), &at(NOW)).unwrap();
    let again = chain.apply(&update(&[&b], body(3)), &at(NOW));
    assert_eq!(again, Err(ChainError::Rollback { newest: 2 }));
    assert!(in_force(&chain, 2, NOW));
}

#[test]
fn what_is_known_to_be_furthest_ahead_stays_known() {
    let (mut chain, _) = founded();
    let mut h = next(&chain, &body(2));
    h.validity = Validity::starting(NOW, 5 * DAY);
    let first = sign(&h, &[1, 2]);
    let second = newer(&header(Some(&first), chain.org(), &body(3)), &[1, 2]);
    let both = raw(vec![first.to_bytes(), second.to_bytes()], body(3));
    let needs = Err(ChainError::Unusable(Unusable::NeedsUpdate));
    assert_eq!(chain.apply(&both, &at(NOW)), needs);
    // The one before it comes alone, and is over.
    let alone = chain.apply(&update(&[&first], body(2)), &tenth_day());
    assert_eq!(alone, Err(ChainError::Unusable(Unusable::Expired)));
    assert_eq!(chain.in_force(&tenth_day()), Err(Unusable::NeedsUpdate));
    let beyond = chain.beyond.as_ref().unwrap();
    assert_eq!((beyond.seq, &beyond.evidence), (2, &second.to_bytes()));
}
