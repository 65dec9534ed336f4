//! The operating system's randomness, for `kith-proto`, which has none.

use rand_core::{TryCryptoRng, TryRng, UnwrapErr};

/// The system's generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct System;

impl TryRng for System {
    type Error = getrandom::Error;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        getrandom::u32()
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        getrandom::u64()
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Self::Error> {
        getrandom::fill(to)
    }
}

impl TryCryptoRng for System {}

/// The system's generator as the rules want it. It panics when the kernel
/// has no randomness to give, which happens only before a machine has booted:
/// nothing safe can be done without it.
#[must_use]
pub const fn system() -> UnwrapErr<System> {
    UnwrapErr(System)
}
