//! What has expired stays expired, whatever the clock does (POL-9); and no
//! leap of a clock ends a policy for good (POL-8).

use super::*;
use crate::policy::chain::{CONFIRM, ChainState, Observed};

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
fn no_accident_expires_a_whole_lan() {
    // A time server goes mad for less than a day.
    let mad = day(20_000);
    let chain = watched(&[day(1), mad, mad.after(CONFIRM).before(DAY / 24)]);
    assert_eq!(state(&chain, mad), EXPIRED);
    let mut back = restarted(&chain);
    assert_eq!(state(&back, day(2)), PolicyState::InForce);
    let _ = back.observe(&at(day(2)));
    assert_eq!(state(&restarted(&back), day(2)), PolicyState::InForce);
    // Then again, later: two accidents don't add up.
    let _ = back.observe(&at(mad.after(2 * DAY)));
    assert_eq!(state(&back, day(3)), PolicyState::InForce);
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
    // By a leap that was taken back it hadn't expired.
    let (mut chain, u) = late(&[day(30), day(50), day(9_000)]);
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
    let back = PolicyChain::restore(&state_bytes).unwrap();
    assert_eq!(state(&back, NOW), PolicyState::InForce);
}
