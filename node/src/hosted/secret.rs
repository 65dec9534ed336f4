//! VNC's password check (RFC 6143, 7.2.2), from both sides of it, and the
//! password that a viewer gets instead of the server's.

use des::Des;
use des::cipher::{Array, BlockCipherEncrypt as _, KeyInit as _};
use kith_proto::seal::{SecretText, TextError};
use rand_core::CryptoRng;
use zeroize::{Zeroize as _, Zeroizing};

/// Bytes of the challenge that a server sends and of the answer to it.
pub(super) const CHALLENGE: usize = 16;
/// Bytes of a password that count; VNC knows no longer ones.
const LENGTH: usize = 8;
/// Letters of a one-time password: 64, so that each is as likely as the next.
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// A password of a server, or one that opens a door.
pub type Password = SecretText<512>;

/// What opens a server, and what the viewer is given instead: a password that
/// is good for one session, at the sharer's node and nowhere else (HOST-2).
#[derive(Debug)]
pub struct Keys {
    /// The server's password, if it wants one.
    pub server: Option<Password>,
    /// What the viewer must know.
    pub viewer: Password,
}

/// A fresh password for one session: eight letters, 48 random bits. It is only
/// the form that viewer programs want; what lets a viewer in is the nonce of
/// the path and its device. Twice: one is sealed, one stays.
///
/// # Errors
/// Never: eight letters are a password.
pub fn one_time(rng: &mut impl CryptoRng) -> Result<[Password; 2], TextError> {
    let mut random = Zeroizing::new([0; LENGTH]);
    rng.fill_bytes(&mut *random);
    let one = || {
        let letter = |b: &u8| char::from(LETTERS[usize::from(b % 64)]);
        let mut text = String::with_capacity(LENGTH);
        text.extend(random.iter().map(letter));
        Password::new(text)
    };
    Ok([one()?, one()?])
}

/// Does something with the cipher under the first eight bytes of a password,
/// whose bits VNC takes in the other order; and wipes it.
fn with_cipher(password: &[u8], act: impl FnOnce(&Des)) {
    let mut key = Zeroizing::new([0; LENGTH]);
    for (to, from) in key.iter_mut().zip(password) {
        *to = from.reverse_bits();
    }
    let mut cipher = Des::new(<&Array<_, _>>::from(&*key));
    act(&cipher);
    // What the compiler may not leave out.
    cipher = Des::new(&Array::default());
    std::hint::black_box(&cipher);
}

/// What somebody who knows the password answers to a challenge.
pub(super) fn answer(password: &Password, challenge: &[u8; CHALLENGE]) -> [u8; CHALLENGE] {
    let mut answer = *challenge;
    with_cipher(password.expose().as_bytes(), |cipher| {
        for block in answer.as_chunks_mut::<8>().0 {
            cipher.encrypt_block(block.into());
        }
    });
    answer
}

/// Whether an answer is right. All of it is compared, whatever differs.
pub(super) fn is_right(right: &[u8; CHALLENGE], answer: &[u8; CHALLENGE]) -> bool {
    let differ = right.iter().zip(answer);
    differ.fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

/// A password as TigerVNC's viewer reads it: its first eight bytes, disguised
/// with a key that everybody knows. No protection, so it goes by a pipe.
pub(super) fn disguised(password: &Password) -> Zeroizing<[u8; LENGTH]> {
    const KEY: [u8; LENGTH] = [23, 82, 107, 6, 35, 78, 88, 7];
    let mut block = Array::from([0; LENGTH]);
    for (to, from) in block.iter_mut().zip(password.expose().bytes()) {
        *to = from;
    }
    with_cipher(&KEY, |cipher| cipher.encrypt_block(&mut block));
    let disguised = Zeroizing::new(block.into());
    block.as_mut_slice().zeroize();
    disguised
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password {
        Password::new(text.to_owned()).unwrap()
    }

    /// What `vncpasswd -f` wrote for this password.
    #[test]
    fn a_password_is_disguised_as_the_viewer_reads_it() {
        let file = [0xf0, 0x6e, 0x01, 0xbe, 0xf1, 0x38, 0xfd, 0xa9];
        assert_eq!(*disguised(&password("Secr3tPw")), file);
        let long = password("Secr3tPw and what nobody looks at");
        assert_eq!(*disguised(&long), file);
        assert_ne!(*disguised(&password("secr3tPw")), file);
    }

    /// Made with another implementation: OpenSSL's des-ecb under the password
    /// "secret2A" with the bits of each byte turned around, over 00 to 0f.
    #[test]
    fn a_challenge_is_answered_as_vnc_does() {
        let challenge = std::array::from_fn(|i| i as u8);
        let expected = [
            0xba, 0x55, 0x29, 0xac, 0xfe, 0xb9, 0xa7, 0x0f, 0x0b, 0x56, 0x04, 0xca, 0xe3, 0xa7,
            0x2a, 0x04,
        ];
        let right = answer(&password("secret2A"), &challenge);
        assert_eq!(right, expected);
        assert!(is_right(&right, &expected));
        for i in 0..CHALLENGE {
            let mut wrong = expected;
            wrong[i] ^= 1;
            assert!(!is_right(&right, &wrong), "{i}");
        }
    }

    #[test]
    fn a_one_time_password_is_another_each_time() {
        let rng = &mut crate::random::system();
        let ([a, b], [c, _]) = (one_time(rng).unwrap(), one_time(rng).unwrap());
        assert_eq!(a.expose(), b.expose());
        assert_ne!(a.expose(), c.expose());
        assert_eq!(a.expose().len(), 8);
        let keys = Keys {
            server: Some(c),
            viewer: a,
        };
        assert!(!format!("{keys:?}").contains(b.expose()));
    }
}
