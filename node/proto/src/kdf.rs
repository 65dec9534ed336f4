//! HKDF-SHA256 and HMAC-SHA256 with labels (RFC 5869, RFC 2104): every key
//! in this crate that is made from another key is made here (spec 03, "Derived keys").

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// A derived key: erased when dropped.
pub(crate) type Key = Zeroizing<[u8; 32]>;

/// HKDF-SHA256 of `secret` with `salt`; the info is `label`, one zero byte,
/// and the bytes of `context`, whose parts have fixed lengths except the last.
pub(crate) fn derive(salt: &[u8], secret: &[u8], label: &str, context: &[&[u8]]) -> Key {
    let (prk, hkdf) = Hkdf::<Sha256>::extract(Some(salt), secret);
    let mut info: Vec<&[u8]> = vec![label.as_bytes(), &[0]];
    info.extend_from_slice(context);
    let mut key = Zeroizing::new([0; 32]);
    // Expanding fails only beyond 255 blocks; this is one. Were that ever
    // wrong, the extracted key is as secret and as unique to its input.
    if hkdf.expand_multi_info(&info, &mut *key).is_err() {
        key.copy_from_slice(&prk);
    }
    key
}

/// HMAC-SHA256 under a key of 32 bytes over the parts one after the other.
pub(crate) fn mac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    keyed(key, parts).finalize().into_bytes().into()
}

/// Whether `tag` is [`mac`] of the same; in constant time.
pub(crate) fn mac_fits(key: &[u8; 32], parts: &[&[u8]], tag: &[u8; 32]) -> bool {
    keyed(key, parts).verify_slice(tag).is_ok()
}

/// Whether two secrets are the same; in constant time.
pub(crate) fn same(a: &[u8; 32], b: &[u8; 32]) -> bool {
    a.ct_eq(b).into()
}

fn keyed(key: &[u8; 32], parts: &[&[u8]]) -> Hmac<Sha256> {
    // RFC 2104 pads a short key with zeros to the block of 64 bytes; handing
    // it over padded leaves no length to fail on.
    let mut block = Zeroizing::new([0; 64]);
    block[..32].copy_from_slice(key);
    let mut mac = Hmac::<Sha256>::new((&*block).into());
    parts.iter().for_each(|part| mac.update(part));
    mac
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{hex, hex_vec};

    #[test]
    fn rfc4231_with_a_key_of_32_bytes() {
        // RFC 4231's keys have other lengths; this is its test 2 with “Jefe”
        // padded, which RFC 2104 makes the same key.
        let mut key = [0; 32];
        key[..4].copy_from_slice(b"Jefe");
        let expected =
            hex::<32>("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        let parts: [&[u8]; 2] = [b"what do ya want ", b"for nothing?"];
        assert_eq!(mac(&key, &parts), expected);
        assert!(mac_fits(&key, &parts, &expected));
        assert!(!mac_fits(&key, &parts[..1], &expected));
    }

    #[test]
    fn a_label_and_a_context_are_the_info() {
        // The same by the library's one-call form.
        let (salt, secret) = ([1; 32], hex_vec("0b0b0b"));
        let key = derive(&salt, &secret, "kith/1/x", &[b"ab", b"c"]);
        let mut expected = [0; 32];
        Hkdf::<Sha256>::new(Some(&salt), &secret)
            .expand(b"kith/1/x\0abc", &mut expected)
            .unwrap();
        assert_eq!(*key, expected);
    }
}
