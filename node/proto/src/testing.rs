//! What this crate's tests share.

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

use crate::keys::SigningKey;

/// A generator that gives the same numbers in every run.
pub(crate) fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// A key that is the same in every run.
pub(crate) fn key(seed: u64) -> SigningKey {
    SigningKey::generate(&mut rng(seed))
}

/// Bytes from hexadecimal; panics on anything else.
pub(crate) fn hex<const N: usize>(text: &str) -> [u8; N] {
    hex_vec(text).try_into().unwrap()
}

/// As [`hex`], of any length.
pub(crate) fn hex_vec(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .map(|c| u8::try_from(c.to_digit(16).unwrap()).unwrap())
        .collect();
    assert!(digits.len().is_multiple_of(2));
    digits.chunks(2).map(|p| p[0] << 4 | p[1]).collect()
}
