//! What this crate's tests share.

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

use crate::keys::SigningKey;

/// A generator that gives the same numbers in every run.
pub(crate) fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// A generator that gives just these bytes, and panics when they are used up.
pub(crate) struct Given(pub(crate) Vec<u8>);

impl rand_core::TryRng for Given {
    type Error = core::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        rand_core::utils::next_word_via_fill(self)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        rand_core::utils::next_word_via_fill(self)
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
        out.copy_from_slice(&self.0[..out.len()]);
        self.0.drain(..out.len());
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Given {}

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
