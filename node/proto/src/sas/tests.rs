use proptest::prelude::*;

use super::*;
use crate::cbor::{from_bytes, to_bytes};
use crate::testing::rng;

fn party(n: u8) -> Party {
    Party {
        person: PersonId::from_bytes([n; 32]),
        device: DeviceId::from_bytes([n + 100; 32]),
    }
}

fn binding() -> Binding {
    Binding {
        initiator: party(1),
        responder: party(2),
        context: Digest::from_bytes([7; 32]),
    }
}

/// A run between two bindings, each side with its own; messages by wire.
fn run(a: Binding, b: Binding, seed: u64) -> Result<(Comparison, Comparison), SasError> {
    let wire = |m: SasMessage| {
        let bytes = to_bytes(&m);
        assert!(bytes.len() <= 41);
        from_bytes::<SasMessage>(&bytes, MAX_MESSAGE).unwrap()
    };
    let (i, commit) = Initiator::start(a, &mut rng(seed))?;
    let (r, nonce) = Responder::start(b, wire(commit), &mut rng(seed + 1))?;
    let (i, reveal) = i.take(wire(nonce))?;
    Ok((i, r.take(wire(reveal))?))
}

#[test]
fn both_see_the_same_digits_and_verify_each_other() {
    let (a, b) = run(binding(), binding(), 1).unwrap();
    assert_eq!(a.code(), b.code());
    assert_eq!(a.code().digits().len(), DIGITS);
    let shown = b.code().to_string();
    assert_eq!(shown.len(), DIGITS + 1);
    assert_eq!(a.peer(), party(2));
    assert_eq!(a.confirm_typed(&shown).unwrap().peer(), party(2));
    assert_eq!(b.confirm().peer(), party(1));
}

#[test]
fn digits_that_were_typed_wrong_verify_nobody() {
    for wrong in ["", "12345", "1234567", "abc"] {
        let (a, _) = run(binding(), binding(), 1).unwrap();
        assert_eq!(a.confirm_typed(wrong), Err(SasError::Mismatch), "{wrong}");
    }
}

#[test]
fn everything_bound_changes_the_outcome() {
    let replaced: [fn(&mut Binding); 5] = [
        |b| b.initiator.person = PersonId::from_bytes([9; 32]),
        |b| b.initiator.device = DeviceId::from_bytes([9; 32]),
        |b| b.responder.person = PersonId::from_bytes([9; 32]),
        |b| b.responder.device = DeviceId::from_bytes([9; 32]),
        |b| b.context = Digest::from_bytes([9; 32]),
    ];
    for replace in replaced {
        let mut other = binding();
        replace(&mut other);
        assert_eq!(run(binding(), other, 1).err(), Some(SasError::Commitment));
    }
}

#[test]
fn messages_out_of_order_end_the_run() {
    let (commit, nonce, reveal) = (
        SasMessage::Commit(Digest::from_bytes([1; 32])),
        SasMessage::Nonce([1; 32]),
        SasMessage::Reveal([1; 32]),
    );
    for wrong in [commit, reveal] {
        let (i, _) = Initiator::start(binding(), &mut rng(1)).unwrap();
        assert_eq!(i.take(wrong).err(), Some(SasError::Order));
    }
    for wrong in [nonce, reveal] {
        let started = Responder::start(binding(), wrong, &mut rng(1));
        assert_eq!(started.err(), Some(SasError::Order));
    }
    for wrong in [commit, nonce] {
        let (r, _) = Responder::start(binding(), commit, &mut rng(1)).unwrap();
        assert_eq!(r.take(wrong).err(), Some(SasError::Order));
    }
}

#[test]
fn own_messages_sent_back_are_refused() {
    let mut same = binding();
    same.responder = same.initiator;
    assert_eq!(
        Initiator::start(same, &mut rng(1)).err(),
        Some(SasError::SameDevice)
    );
    // The nonce echoed as if it were the responder's: the codes of a run
    // with oneself never meet a comparison, since the reveal is checked.
    let (i, _) = Initiator::start(binding(), &mut rng(1)).unwrap();
    assert!(i.keeps_on_crossing());
    let mut turned = binding();
    (turned.initiator, turned.responder) = (turned.responder, turned.initiator);
    let (r, _) = Initiator::start(turned, &mut rng(1)).unwrap();
    assert!(!r.keeps_on_crossing());
}

/// Somebody in the middle runs with both sides. The best that they can do
/// after both commitments are fixed is to hope.
#[test]
fn somebody_in_the_middle_gets_other_digits() {
    let mallory = party(3);
    let mut to_a = binding();
    to_a.responder = mallory;
    let mut to_b = binding();
    to_b.initiator = mallory;
    let mut met = 0;
    for seed in 0..2_000 {
        let (a, _) = run(to_a, to_a, seed * 4).unwrap();
        let (_, b) = run(to_b, to_b, seed * 4 + 2).unwrap();
        met += u32::from(a.code() == b.code());
    }
    assert_eq!(met, 0, "expected: 0.002 of 2,000");
}

#[test]
fn digits_are_spread_evenly() {
    let mut counts = [0u32; 10];
    for seed in 0..2_000 {
        let (a, _) = run(binding(), binding(), seed * 2).unwrap();
        for d in a.code().digits().chars() {
            counts[d.to_digit(10).unwrap() as usize] += 1;
        }
    }
    // 12,000 digits, 1,200 each expected; five standard deviations.
    assert!(counts.iter().all(|c| c.abs_diff(1_200) < 165), "{counts:?}");
}

#[test]
fn three_failures_an_hour() {
    let at = |s: u64| Timestamp::from_secs(1_800_000_000 + s);
    let mut attempts = Attempts::default();
    for s in [0, 10, 20] {
        assert!(attempts.may_begin(at(s)));
        attempts.failed(at(s));
    }
    assert!(!attempts.may_begin(at(21)));
    assert!(!attempts.may_begin(at(3599)));
    assert!(!attempts.may_begin(Timestamp::EPOCH), "a clock set back");
    assert!(attempts.may_begin(at(3600)));
    attempts.failed(at(3600));
    assert!(!attempts.may_begin(at(3600)));
}

#[test]
fn a_run_is_not_printed() {
    let (i, _) = Initiator::start(binding(), &mut rng(1)).unwrap();
    let shown = format!("{i:?}");
    assert!(!shown.contains(&format!("{:?}", i.own)), "{shown}");
}

proptest! {
    #[test]
    fn a_changed_message_ends_the_run_or_changes_the_digits(bit in 0usize..256, which in 0u8..3, seed: u32) {
        let flip = |mut b: [u8; 32]| { b[bit / 8] ^= 1 << (bit % 8); b };
        let (i, commit) = Initiator::start(binding(), &mut rng(u64::from(seed))).unwrap();
        let commit = match commit {
            SasMessage::Commit(d) if which == 0 => SasMessage::Commit(Digest::from_bytes(flip(*d.as_bytes()))),
            m => m,
        };
        let (r, nonce) = Responder::start(binding(), commit, &mut rng(u64::from(seed) + 1)).unwrap();
        let nonce = match nonce {
            SasMessage::Nonce(n) if which == 1 => SasMessage::Nonce(flip(n)),
            m => m,
        };
        let (a, reveal) = i.take(nonce).unwrap();
        let reveal = match reveal {
            SasMessage::Reveal(n) if which == 2 => SasMessage::Reveal(flip(n)),
            m => m,
        };
        match r.take(reveal) {
            Ok(b) => {
                prop_assert_eq!(which, 1);
                prop_assert_ne!(a.code(), b.code());
            }
            Err(e) => prop_assert_eq!(e, SasError::Commitment),
        }
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
        let _ = from_bytes::<SasMessage>(&bytes, MAX_MESSAGE);
    }
}
