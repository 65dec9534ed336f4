use core::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::id::DeviceId;
use crate::testing::rng;
use crate::time::Timestamp;

fn person(n: u8) -> PersonId {
    PersonId::from_bytes([n; 32])
}

fn device(n: u8) -> DeviceId {
    DeviceId::from_bytes([n; 32])
}

fn ticket(n: u8) -> Digest {
    Digest::from_bytes([n; 32])
}

fn half(n: u8) -> Half {
    Half::from_bytes(&[n; 32])
}

fn bytes(secret: &PairSecret) -> [u8; 32] {
    *secret.to_bytes()
}

#[test]
fn both_sides_get_the_same_and_every_input_counts() {
    let agree = |t, a: u8, ha, b: u8, hb| {
        let s = PairSecret::agree(&ticket(t), (&person(a), &half(ha)), (&person(b), &half(hb)));
        bytes(&s.unwrap())
    };
    let one = agree(1, 2, 3, 4, 5);
    assert_eq!(one, agree(1, 4, 5, 2, 3));
    for other in [
        agree(9, 2, 3, 4, 5),
        agree(1, 9, 3, 4, 5),
        agree(1, 2, 9, 4, 5),
        agree(1, 2, 3, 9, 5),
        agree(1, 2, 3, 4, 9),
        // The halves belong to their persons.
        agree(1, 2, 5, 4, 3),
    ] {
        assert_ne!(one, other);
    }
}

#[test]
fn nobody_is_a_contact_of_themselves() {
    let alone = PairSecret::agree(&ticket(1), (&person(2), &half(3)), (&person(2), &half(4)));
    assert_eq!(alone.err(), Some(SamePerson));
}

#[test]
fn secrets_are_not_printed() {
    let secret = PairSecret::from_bytes(&[0xAB; 32]);
    let slot = secret
        .rendezvous()
        .slot(Period::from_number(1), Direction::FromLower, &device(1));
    let shown = format!("{:?} {:?} {slot:?}", half(0xAB), secret);
    assert!(
        !shown.contains("ab, ") && !shown.contains("abab") && !shown.contains("171"),
        "{shown}"
    );
}

#[test]
fn the_two_sides_meet_at_the_same_slot() {
    let (a, b) = (person(1), person(2));
    let secret = PairSecret::from_bytes(&[7; 32]).rendezvous();
    let period = secret.period_at(Timestamp::from_secs(1_800_000_000));
    let written = secret.slot(period, Direction::between(&a, &b), &device(1));
    let looked = secret.slot(period, Direction::between(&a, &b), &device(1));
    let value = written.seal(b"hello", &mut rng(1)).unwrap();
    assert_eq!(value.len(), VALUE_LEN);
    assert_eq!(looked.open(&value), Ok(b"hello".to_vec()));
    assert_ne!(Direction::between(&a, &b), Direction::between(&b, &a));
}

#[test]
fn a_value_opens_in_its_own_slot_only() {
    let secret = PairSecret::from_bytes(&[7; 32]).rendezvous();
    let period = Period::from_number(20_000);
    let slot = |s: &Rendezvous, p, d, dev| s.slot(p, d, &device(dev));
    let own = slot(&secret, period, Direction::FromLower, 1);
    let value = own.seal(b"hello", &mut rng(1)).unwrap();
    let others = [
        slot(
            &PairSecret::from_bytes(&[8; 32]).rendezvous(),
            period,
            Direction::FromLower,
            1,
        ),
        slot(
            &secret,
            Period::from_number(20_001),
            Direction::FromLower,
            1,
        ),
        slot(&secret, period, Direction::FromHigher, 1),
        slot(&secret, period, Direction::FromLower, 2),
    ];
    for other in others {
        assert_ne!(own.record_key(), other.record_key());
        assert_eq!(other.open(&value), Err(RendezvousError::Sealed));
    }
}

#[test]
fn every_flipped_bit_of_a_value_is_noticed() {
    let slot = PairSecret::from_bytes(&[7; 32]).rendezvous().slot(
        Period::from_number(1),
        Direction::FromLower,
        &device(1),
    );
    let value = slot.seal(b"hello", &mut rng(1)).unwrap();
    for bit in 0..value.len() * 8 {
        let mut changed = value.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(slot.open(&changed), Err(RendezvousError::Sealed));
    }
}

#[test]
fn lengths_are_bounded_and_fixed() {
    let slot = PairSecret::from_bytes(&[7; 32]).rendezvous().slot(
        Period::from_number(1),
        Direction::FromLower,
        &device(1),
    );
    let most = vec![1; MAX_CONTENT];
    let value = slot.seal(&most, &mut rng(1)).unwrap();
    assert_eq!(value.len(), VALUE_LEN);
    assert_eq!(slot.open(&value), Ok(most));
    let over = vec![1; MAX_CONTENT + 1];
    assert_eq!(
        slot.seal(&over, &mut rng(1)),
        Err(RendezvousError::TooLong(MAX_CONTENT + 1))
    );
    for len in [0, 1, VALUE_LEN - 1, VALUE_LEN + 1] {
        assert_eq!(slot.open(&vec![0; len]), Err(RendezvousError::Length(len)));
    }
}

#[test]
fn pairs_change_keys_at_different_times_of_the_day() {
    let ends: std::collections::BTreeSet<_> = (0..50)
        .map(|n| {
            let s = PairSecret::from_bytes(&[n; 32]).rendezvous();
            s.period_end(s.period_at(Timestamp::from_secs(1_800_000_000)))
        })
        .collect();
    assert_eq!(ends.len(), 50);
}

/// Nothing of a key says that the next period's belongs to the same pair, and
/// within a period it stays (DISC-2).
#[test]
fn a_pairs_key_changes_with_its_period_and_never_comes_back() {
    let s = PairSecret::from_bytes(&[7; 32]).rendezvous();
    let key = |at: Timestamp| {
        let slot = s.slot(s.period_at(at), Direction::FromLower, &device(1));
        *slot.record_key().as_bytes()
    };
    let moment = Duration::from_millis(1);
    let mut at = Timestamp::from_secs(1_800_000_000);
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..1_000 {
        let end = s.period_end(s.period_at(at));
        assert_eq!(key(at), key(end.before(moment)));
        assert_ne!(key(at), key(end));
        assert!(seen.insert(key(at)), "a key comes back");
        at = end;
    }
}

proptest! {
    #[test]
    fn a_period_ends_where_the_next_begins(secret: [u8; 32], ms in 0u64..1 << 48) {
        let s = PairSecret::from_bytes(&secret).rendezvous();
        let now = Timestamp::from_millis(ms).unwrap();
        let period = s.period_at(now);
        let end = s.period_end(period);
        prop_assert!(end > now || end == Timestamp::MAX);
        prop_assert!(end.since(now) <= PERIOD);
        if end < Timestamp::MAX {
            prop_assert_eq!(s.period_at(end).number(), period.number() + 1);
        }
    }

    #[test]
    fn clocks_apart_by_less_than_a_period_find_each_other(
        secret: [u8; 32], at in PERIOD.as_secs()..1u64 << 37, off in 0..PERIOD.as_secs(),
    ) {
        let s = PairSecret::from_bytes(&secret).rendezvous();
        let writer = Timestamp::from_secs(at);
        for reader in [writer.after(Duration::from_secs(off)), writer.before(Duration::from_secs(off))] {
            prop_assert!(s.period_at(reader).around().contains(&s.period_at(writer)));
        }
    }

    #[test]
    fn content_comes_back(content in proptest::collection::vec(any::<u8>(), 0..=MAX_CONTENT), seed: u64) {
        let slot = PairSecret::from_bytes(&[7; 32]).rendezvous().slot(
            Period::from_number(seed), Direction::FromHigher, &device(1),
        );
        let value = slot.seal(&content, &mut rng(seed)).unwrap();
        prop_assert_eq!(slot.open(&value).unwrap(), content);
    }
}
