//! What was seen to be over stays over, whatever the clock does (POL-9), until
//! a newer document comes or the person says that the clock was wrong; so no
//! leap of a clock ends a policy for good (POL-8).

use super::*;
use crate::policy::chain::{ChainState, Observed};

fn day(n: u32) -> Timestamp {
    NOW.after(DAY * n)
}

/// A restart: all that is left is what was stored.
fn restarted(chain: &PolicyChain) -> PolicyChain {
    let bytes = chain.state().to_bytes();
    let back = PolicyChain::restore(&ChainState::from_bytes(&bytes).unwrap()).unwrap();
    assert_eq!(&back, chain);
    back
}

/// A chain whose document ends after 120 days, and what the clock showed.
fn watched(clock: &[Timestamp]) -> PolicyChain {
    let (mut chain, _) = founded();
    for now in clock {
        // Stored where it says so, and nowhere else.
        let before = chain.state().to_bytes();
        match chain.observe(&at(*now)) {
            Observed::Store => assert_ne!(chain.state().to_bytes(), before),
            Observed::Nothing => assert_eq!(chain.state().to_bytes(), before),
        }
    }
    chain
}

fn state(chain: &PolicyChain, now: Timestamp) -> PolicyState {
    chain.status(&at(now)).state
}

const EXPIRED: PolicyState = PolicyState::Unusable(Unusable::Expired);

/// A clock that is looked at now and then.
const MONTHS: [u32; 4] = [30, 60, 90, 119];

fn months(then: &[Timestamp]) -> Vec<Timestamp> {
    MONTHS
        .iter()
        .map(|n| day(*n))
        .chain(then.iter().copied())
        .collect()
}

#[test]
fn what_was_seen_to_expire_stays_so_when_the_clock_is_set_back() {
    let chain = watched(&months(&[day(120)]));
    for c in [&chain, &restarted(&chain)] {
        for back in [day(119), day(1), NOW, Timestamp::EPOCH] {
            assert_eq!(state(c, back), EXPIRED);
            assert_eq!(c.in_force(&at(back)), Err(Unusable::Expired));
        }
        assert_eq!(c.status(&at(day(110))).clock_behind, Some(10 * DAY));
    }
    // A moment before, nothing has expired.
    let chain = watched(&months(&[day(120).before(Duration::from_millis(1))]));
    assert_eq!(state(&chain, NOW), PolicyState::Grace);
    // Nobody looked: nothing was seen either.
    assert_eq!(state(&watched(&months(&[])), NOW), PolicyState::Grace);
}

#[test]
fn a_policy_that_became_old_does_not_become_young_again() {
    let chain = watched(&months(&[]));
    assert_eq!(state(&chain, day(119)), PolicyState::Grace);
    assert_eq!(state(&restarted(&chain), day(50)), PolicyState::Grace);
}

#[test]
fn a_newer_document_starts_afresh() {
    let mut chain = watched(&months(&[day(121)]));
    assert_eq!(state(&chain, day(121)), EXPIRED);
    let mut h = next(&chain, &body(2));
    h.validity = Validity::starting(day(100), 300 * DAY);
    let doc = sign(&h, &[1, 2]);
    assert!(
        chain
            .apply(&update(&[&doc], body(2)), &at(day(122)))
            .is_ok()
    );
    assert_eq!(state(&restarted(&chain), day(122)), PolicyState::InForce);
    // What was seen under the old one isn't held against it.
    assert_eq!(chain.status(&at(day(110))).age, 22 * DAY);
}

#[test]
fn one_look_at_the_end_is_enough_however_far_the_clock_leapt() {
    // Last on at day 88, off until day 120, looked at for 22 hours.
    let looks = (0..23).map(|h| day(120).after(DAY / 24 * h));
    let clock: Vec<Timestamp> = [30, 60, 88].map(day).into_iter().chain(looks).collect();
    for c in [watched(&clock), watched(&[day(1), day(20_000)])] {
        for mut c in [c.clone(), restarted(&c)] {
            for back in [day(89), day(2), NOW, Timestamp::EPOCH] {
                let _ = c.observe(&at(back));
                assert_eq!(state(&restarted(&c), back), EXPIRED);
            }
        }
    }
    // A leap that doesn't reach the end shows nothing.
    let chain = watched(&[day(1), day(119)]);
    assert_eq!(state(&restarted(&chain), day(2)), PolicyState::InForce);
}

#[test]
fn a_person_says_that_the_clock_was_wrong() {
    // Ahead by a year, for an hour, for days, and by small steps.
    let small: Vec<Timestamp> = (1..13).map(|n| day(n * 30)).collect();
    for clock in [
        vec![day(1), day(366)],
        vec![day(1), day(366), day(368)],
        small,
    ] {
        let wrong = restarted(&watched(&clock));
        assert_eq!(state(&wrong, day(2)), EXPIRED);
        // Not while the clock itself says that it is over.
        let mut c = wrong.clone();
        let over = c.clock_was_wrong(&at(day(120)));
        assert_eq!((over, &c), (Err(Unusable::Expired), &wrong));
        assert_eq!(c.clock_was_wrong(&at(day(2))), Ok(()));
        let mut c = restarted(&c);
        assert_eq!(state(&c, day(2)), PolicyState::InForce);
        assert_eq!(c.status(&at(day(2))).clock_behind, None);
        // From there on it is as before: it ends at its end, and stays so.
        let _ = c.observe(&at(day(120)));
        assert_eq!(state(&restarted(&c), day(2)), EXPIRED);
    }
    // It heals nothing but what the clock did.
    let mut forked = watched(&[day(1), day(366)]);
    let h = |n| sign(&next(&forked, &body(n)), &[1, 2]);
    let (a, b) = (h(2), h(3));
    let _ = forked.apply(&update(&[&a], body(2)), &at(day(2)));
    let _ = forked.apply(&update(&[&b], body(3)), &at(day(2)));
    assert_eq!(forked.clock_was_wrong(&at(day(2))), Ok(()));
    assert_eq!(forked.in_force(&at(day(2))), Err(Unusable::Forked));
    // Nor does a newer document that doesn't fit.
    let mut c = watched(&[day(1), day(366)]);
    let few = sign(&next(&c, &body(2)), &[1]);
    assert!(c.apply(&update(&[&few], body(2)), &at(day(2))).is_err());
    assert_eq!(state(&c, day(2)), EXPIRED);
    assert!(c.apply(&update(&[&a], body(2)), &at(day(2))).is_ok());
    assert_eq!(state(&restarted(&c), day(2)), PolicyState::InForce);
}

#[test]
fn a_withheld_document_that_is_over_is_judged_by_what_was_seen() {
    let mut chain = watched(&months(&[]));
    let mut h = next(&chain, &body(2));
    h.validity = Validity::starting(day(50), 20 * DAY);
    let u = update(&[&sign(&h, &[1, 2])], body(2));
    assert_eq!(
        chain.apply(&u, &at(day(55))),
        Err(ChainError::Unusable(Unusable::Expired))
    );
    assert_eq!(state(&restarted(&chain), day(55)), EXPIRED);
}

#[test]
fn a_clock_that_stays_ahead_is_believed_also_across_restarts() {
    // A device that slept for half a year.
    let chain = restarted(&watched(&[day(1), day(180)]));
    assert_eq!(state(&chain, day(180)), EXPIRED);
    let mut chain = restarted(&chain);
    let _ = chain.observe(&at(day(181)));
    for c in [&chain, &restarted(&chain)] {
        assert_eq!(state(c, day(1)), EXPIRED);
    }
    // And if it stood wrong for so long, a newer document heals it.
    let mut h = next(&chain, &body(2));
    h.validity = Validity::starting(day(3), 30 * DAY);
    let doc = sign(&h, &[1, 2]);
    assert!(chain.apply(&update(&[&doc], body(2)), &at(day(3))).is_ok());
    assert_eq!(state(&chain, day(3)), PolicyState::InForce);
}

#[test]
fn a_document_that_came_too_late_does_not_get_a_second_chance() {
    // It was over when it came; then the clock is set back.
    let late = |clock: &[Timestamp]| {
        let mut chain = watched(clock);
        let mut h = next(&chain, &body(2));
        h.validity = Validity::starting(day(50), 20 * DAY);
        let u = update(&[&sign(&h, &[1, 2])], body(2));
        let now = clock[clock.len() - 1];
        assert_eq!(
            chain.apply(&u, &at(now)),
            Err(ChainError::Unusable(Unusable::Expired))
        );
        (restarted(&chain), u)
    };
    let (mut chain, u) = late(&[day(30), day(60), day(80)]);
    assert_eq!(
        chain.apply(&u, &at(day(55))),
        Err(ChainError::Unusable(Unusable::Expired))
    );
    assert_eq!(state(&chain, day(55)), EXPIRED);
    // By a leap that was taken back as well, until the person says so; the
    // document before it stays ended until this one comes again.
    let (mut chain, u) = late(&[day(30), day(50), day(9_000)]);
    let expired = Err(ChainError::Unusable(Unusable::Expired));
    assert_eq!(chain.apply(&u, &at(day(51))), expired);
    assert_eq!(chain.clock_was_wrong(&at(day(51))), Ok(()));
    let mut chain = restarted(&chain);
    assert_eq!(state(&chain, day(51)), EXPIRED);
    assert_eq!(
        chain.apply(&u, &at(day(51))),
        Ok(Applied::Advanced { seq: 1 })
    );
    assert_eq!(state(&chain, day(51)), PolicyState::InForce);
}

#[test]
fn what_was_seen_counts_only_for_its_document() {
    let old = watched(&months(&[day(120)]));
    let mut state_bytes = old.state();
    // As if somebody had put the time seen beside another document.
    state_bytes.seen = state_bytes
        .seen
        .map(|(_, s)| (Digest::from_bytes([3; 32]), s));
    state_bytes.ended = Some(Digest::from_bytes([3; 32]));
    let back = PolicyChain::restore(&state_bytes).unwrap();
    assert_eq!(state(&back, NOW), PolicyState::InForce);
}
