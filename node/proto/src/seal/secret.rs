//! Buffers that are wiped when dropped and never printed (SEAL-2, SEAL-3).

use core::fmt;

use rand_core::CryptoRng;
use thiserror::Error;
use zeroize::Zeroize as _;

/// Secret bytes. The buffer is on the heap and never grows, so that moving a
/// `Secret` or filling it leaves no second copy behind.
pub(super) struct Secret(Box<[u8]>);

impl Secret {
    pub(super) fn zeroed(len: usize) -> Self {
        Self(vec![0; len].into_boxed_slice())
    }

    pub(super) fn copy_of(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
        #[cfg(test)]
        hook::dropped(&self.0);
    }
}

/// Lets tests look at a buffer after it was wiped and before it is freed.
#[cfg(test)]
pub(super) mod hook {
    use std::cell::RefCell;

    thread_local! {
        static SEEN: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
    }

    pub(super) fn dropped(bytes: &[u8]) {
        SEEN.with_borrow_mut(|s| s.push(bytes.to_vec()));
    }

    /// The content of every secret of this thread that was dropped since the
    /// last call, as it was when its memory was given back.
    pub(in super::super) fn take() -> Vec<Vec<u8>> {
        SEEN.take()
    }
}

/// Why a text can't be a parameter. Our user's or administrator's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TextError {
    /// Nothing in it: leave the field out instead.
    #[error("the text is empty")]
    Empty,
    /// More bytes (UTF-8) than the field allows.
    #[error("the text has more than {max} bytes")]
    TooLong {
        /// How many are allowed.
        max: usize,
    },
    /// A control character: another program may take it for the end of its
    /// input.
    #[error("the text has a control character in it")]
    Control,
}

/// A secret text of 1 to `MAX` bytes without control characters. Wiped when
/// dropped; `Debug` shows nothing, not even how long it is.
pub struct SecretText<const MAX: usize>(Secret);

impl<const MAX: usize> SecretText<MAX> {
    /// Takes the text over and wipes the string that it came in.
    ///
    /// # Errors
    /// Empty, too long, or with a control character; wiped then too.
    pub fn new(mut text: String) -> Result<Self, TextError> {
        let made = Self::check(&text);
        text.zeroize();
        made
    }

    pub(super) fn check(text: &str) -> Result<Self, TextError> {
        if text.is_empty() {
            return Err(TextError::Empty);
        }
        if text.len() > MAX {
            return Err(TextError::TooLong { max: MAX });
        }
        if text.chars().any(char::is_control) {
            return Err(TextError::Control);
        }
        Ok(Self(Secret::copy_of(text.as_bytes())))
    }

    /// The text, to be given to the program that needs it, by a pipe or a
    /// sealed memory file: never in its arguments or environment (SEAL-2).
    #[must_use]
    pub fn expose(&self) -> &str {
        // Only ever made from a `str`.
        core::str::from_utf8(self.0.bytes()).unwrap_or_default()
    }
}

impl<const MAX: usize> fmt::Debug for SecretText<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(…)")
    }
}

/// A key for one connection: 32 random bytes, told to one viewer. Wiped when
/// dropped, never printed.
pub struct OneTimeKey(Secret);

impl OneTimeKey {
    /// How many bytes it has.
    pub const LEN: usize = 32;

    /// A fresh key.
    #[must_use]
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        let mut key = Secret::zeroed(Self::LEN);
        rng.fill_bytes(key.bytes_mut());
        Self(key)
    }

    /// A key that something else made. The caller wipes its own copy.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; Self::LEN]) -> Self {
        Self(Secret::copy_of(bytes))
    }

    /// The bytes.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.0.bytes()
    }
}

impl fmt::Debug for OneTimeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneTimeKey(…)")
    }
}
