//! Rendezvous values: no bytes make the reader panic; what opens is what was
//! sealed; anything altered doesn't open, nor does it in another slot.
#![no_main]
use std::sync::LazyLock;

use kith_proto::id::DeviceId;
use kith_proto::pair::{
    Direction, MAX_CONTENT, PairSecret, Period, Rendezvous, RendezvousError, Slot, VALUE_LEN,
};
use kith_proto::time::Timestamp;
use libfuzzer_sys::fuzz_target;
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng as _;

static SECRET: LazyLock<Rendezvous> =
    LazyLock::new(|| PairSecret::from_bytes(&[7; 32]).rendezvous());

fn slot(n: u8) -> Slot {
    let direction = [Direction::FromLower, Direction::FromHigher][usize::from(n & 1)];
    let device = DeviceId::from_bytes([n >> 5; 32]);
    SECRET.slot(
        Period::from_number(u64::from(n >> 1 & 15)),
        direction,
        &device,
    )
}

fuzz_target!(|data: &[u8]| {
    assert!(slot(0).open(data).is_err());
    let Some(([own, other, kind, at], rest)) = data.split_first_chunk::<4>() else {
        return;
    };
    let written = slot(*own);
    let sealed = written.seal(rest, &mut ChaCha8Rng::from_seed([*own; 32]));
    let Ok(mut value) = sealed else {
        assert!(rest.len() > MAX_CONTENT);
        return;
    };
    assert_eq!(value.len(), VALUE_LEN);
    match kind % 3 {
        0 => assert_eq!(written.open(&value).as_deref(), Ok(rest)),
        1 => assert_eq!(slot(*other).open(&value).is_ok(), own == other),
        _ => {
            value[usize::from(*at) * 4] ^= 1 << (other & 7);
            assert_eq!(written.open(&value), Err(RendezvousError::Sealed));
        }
    }
    if let Some((ms, _)) = rest.split_first_chunk::<8>()
        && let Some(now) = Timestamp::from_millis(u64::from_be_bytes(*ms))
    {
        let period = SECRET.period_at(now);
        assert!(SECRET.period_end(period) >= now);
        assert!(period.around().contains(&period));
    }
});
