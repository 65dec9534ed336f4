//! VNC's password check (RFC 6143, 7.2.2): the viewer encrypts 16 random bytes
//! with DES under the password. Weak, and the only one that all viewers have.

use std::fmt;
use std::io;

use des::Des;
use des::cipher::{BlockCipherEncrypt, KeyInit};
use rustix::rand::{GetRandomFlags, getrandom};

/// Letters of a password: none that look alike, so that it can be read out.
const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789A";

/// A password that is good for one connection to the bridge: eight ASCII
/// letters and digits, as VNC knows no longer ones.
#[derive(Clone, PartialEq, Eq)]
pub struct OneTime([u8; Self::LENGTH]);

impl fmt::Debug for OneTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OneTime(…)")
    }
}

impl OneTime {
    /// Its length in bytes.
    pub const LENGTH: usize = 8;

    pub(super) const fn new(letters: [u8; Self::LENGTH]) -> Self {
        Self(letters)
    }

    pub(super) const fn bytes(&self) -> [u8; Self::LENGTH] {
        self.0
    }

    /// As text, to be shown to the person once.
    #[must_use]
    pub fn text(&self) -> &str {
        // Only ASCII is made.
        std::str::from_utf8(&self.0).unwrap_or("")
    }
}

/// A one-time password of 40 random bits.
///
/// # Errors
/// The system has no randomness.
pub(super) fn password() -> io::Result<OneTime> {
    let bytes: [u8; OneTime::LENGTH] = random()?;
    Ok(OneTime::new(
        bytes.map(|b| LETTERS[usize::from(b) % LETTERS.len()]),
    ))
}

/// What a challenge is encrypted with.
#[derive(Clone)]
pub(super) struct Key([u8; OneTime::LENGTH]);

impl Key {
    pub(super) fn new(password: &OneTime) -> Self {
        // VNC takes the bits of each byte in the other order.
        Self(password.bytes().map(u8::reverse_bits))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key(…)")
    }
}

/// Random bytes that a viewer has to encrypt.
pub(super) type Challenge = [u8; 16];

/// A new challenge.
pub(super) fn challenge() -> io::Result<Challenge> {
    random()
}

fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    let mut at = 0;
    while let Some(rest @ [_, ..]) = bytes.get_mut(at..) {
        at += getrandom(rest, GetRandomFlags::empty())?;
    }
    Ok(bytes)
}

/// Whether `answer` is what someone who knows the password says.
pub(super) fn is_right(key: &Key, challenge: &Challenge, answer: &Challenge) -> bool {
    let cipher = Des::new(&key.0.into());
    let mut expected = *challenge;
    for block in expected.as_chunks_mut::<8>().0 {
        cipher.encrypt_block(block.into());
    }
    // All bytes are compared, whichever differ.
    let differ = expected
        .iter()
        .zip(answer)
        .fold(0, |differ, (a, b)| differ | (a ^ b));
    differ == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with another implementation: OpenSSL's des-ecb under the password
    /// "secret2A" with the bits of each byte turned around, over 00 to 0f.
    #[test]
    fn it_is_vncs_check() {
        let password = OneTime::new(*b"secret2A");
        let challenge: Challenge = std::array::from_fn(|i| i as u8);
        let answer: Challenge = EXPECTED;
        assert!(is_right(&Key::new(&password), &challenge, &answer));
        for i in 0..16 {
            let mut wrong = answer;
            wrong[i] ^= 1;
            assert!(!is_right(&Key::new(&password), &challenge, &wrong), "{i}");
        }
        assert!(!is_right(
            &Key::new(&OneTime::new(*b"secret2B")),
            &challenge,
            &answer
        ));
    }

    const EXPECTED: Challenge = [
        0xba, 0x55, 0x29, 0xac, 0xfe, 0xb9, 0xa7, 0x0f, 0x0b, 0x56, 0x04, 0xca, 0xe3, 0xa7, 0x2a,
        0x04,
    ];

    #[test]
    fn passwords_differ_and_are_not_shown() {
        let (a, b) = (password().unwrap(), password().unwrap());
        assert_ne!(a.text(), b.text());
        assert_eq!(a.text().len(), OneTime::LENGTH);
        assert!(!format!("{a:?} {:?}", Key::new(&a)).contains(a.text()));
    }
}
