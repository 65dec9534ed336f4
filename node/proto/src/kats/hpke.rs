//! HPKE in the two suites that seals use (`seal::kem`): RFC 9180's vectors for
//! X25519, those of draft-ietf-hpke-pq and of the X-Wing draft for X-Wing.

use hpke::aead::ChaCha20Poly1305 as Aead;
use hpke::kdf::HkdfSha256 as Kdf;
use hpke::kem::{X25519HkdfSha256, XWing};
use hpke::{Deserializable as _, Kem, OpModeR, OpModeS, PskBundle, Serializable as _};
use serde_json::Value;

use crate::seal::{KemKeyPair, KemPublicKey};
use crate::testing::{Given, hex_vec};

fn file(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn field(v: &Value, name: &str) -> Vec<u8> {
    hex_vec(v[name].as_str().unwrap_or_else(|| panic!("{name}")))
}

/// All that a vector file says of one setup, in both directions. `private`
/// gives the private key's bytes in their published form.
fn setup<K: Kem>(v: &Value, published: impl Fn(Vec<u8>) -> Vec<u8>) {
    let psk = ["psk", "psk_id"].map(|name| v[name].as_str().map(hex_vec).unwrap_or_default());
    let bundle = || PskBundle::new(&psk[0], &psk[1]).unwrap();
    let (mode_s, mode_r) = match v["mode"].as_u64() {
        Some(0) => (OpModeS::Base, OpModeR::Base),
        Some(1) => (OpModeS::Psk(bundle()), OpModeR::Psk(bundle())),
        mode => panic!("mode {mode:?} is not one that Kith uses"),
    };
    assert_eq!(v["kem_id"], K::KEM_ID);
    assert_eq!(v["kdf_id"], 1);
    assert_eq!(v["aead_id"], 3);
    let info = field(v, "info");
    let (private, public) = K::derive_keypair(&field(v, "ikmR"));
    assert_eq!(private.to_bytes().to_vec(), published(field(v, "skRm")));
    assert_eq!(public.to_bytes().to_vec(), field(v, "pkRm"));

    let mut rng = Given(field(v, "ikmE"));
    let (shared, enc) = K::encap_with_rng(&public, None, &mut rng).unwrap();
    assert!(rng.0.is_empty());
    assert_eq!(shared.0.to_vec(), field(v, "shared_secret"));
    assert_eq!(enc.to_bytes().to_vec(), field(v, "enc"));

    let mut rng = Given(field(v, "ikmE"));
    let (_, mut sender) =
        hpke::setup_sender_with_rng::<Aead, Kdf, K>(&mode_s, &public, &info, &mut rng).unwrap();
    let mut receiver =
        hpke::setup_receiver::<Aead, Kdf, K>(&mode_r, &private, &enc, &info).unwrap();

    let messages = v["encryptions"].as_array().unwrap();
    let last = messages.last().unwrap()["sequence"].as_u64().unwrap();
    let mut seen = 0;
    for sequence in 0..=last {
        let (aad, pt, ct) = match messages.iter().find(|m| m["sequence"] == sequence) {
            Some(m) => {
                seen += 1;
                (field(m, "aad"), field(m, "pt"), Some(field(m, "ct")))
            }
            None => (vec![], vec![], None),
        };
        let sealed = sender.seal(&pt, &aad).unwrap();
        if let Some(ct) = ct {
            assert_eq!(sealed, ct, "sequence {sequence}");
        }
        assert_eq!(receiver.open(&sealed, &aad).unwrap(), pt);
    }
    assert_eq!(seen, messages.len());

    for e in v["exports"].as_array().unwrap() {
        let mut out = vec![0; usize::try_from(e["L"].as_u64().unwrap()).unwrap()];
        let context = field(e, "exporter_context");
        for exported in [
            sender.export(&context, &mut out),
            receiver.export(&context, &mut out),
        ] {
            exported.unwrap();
            assert_eq!(out, field(e, "exported_value"));
        }
    }
}

/// The RFC prints the private key as derived; serializing clamps it
/// (RFC 9180 §7.1.2, RFC 7748 §5).
fn clamped(mut key: Vec<u8>) -> Vec<u8> {
    key[0] &= 0xf8;
    key[31] = key[31] & 0x7f | 0x40;
    key
}

#[test]
fn rfc9180_x25519() {
    let v = file(include_str!("../../tests/data/rfc9180_x25519.json"));
    setup::<X25519HkdfSha256>(&v, clamped);
}

/// PSK mode seals the answers to tickets (`ticket::envelope`).
#[test]
fn rfc9180_x25519_psk() {
    let v = file(include_str!("../../tests/data/rfc9180_x25519_psk.json"));
    assert_eq!(v["mode"], 1);
    setup::<X25519HkdfSha256>(&v, clamped);
}

#[test]
fn draft_hpke_pq_xwing() {
    let v = file(include_str!("../../tests/data/hpke_pq_xwing.json"));
    setup::<XWing>(&v, |key| key);
}

#[test]
fn draft_xwing() {
    let v = file(include_str!("../../tests/data/xwing_draft.json"));
    let vectors = v["vectors"].as_array().unwrap();
    assert_eq!(vectors.len(), 3);
    for v in vectors {
        let private = <XWing as Kem>::PrivateKey::from_bytes(&field(v, "seed")).unwrap();
        let public = XWing::sk_to_pk(&private);
        assert_eq!(public.to_bytes().to_vec(), field(v, "pk"));
        let mut rng = Given(field(v, "eseed"));
        let (shared, enc) = XWing::encap_with_rng(&public, None, &mut rng).unwrap();
        assert_eq!(enc.to_bytes().to_vec(), field(v, "ct"));
        assert_eq!(shared.0.to_vec(), field(v, "ss"));
        let back = XWing::decap(&private, None, &enc).unwrap();
        assert_eq!(back.0.to_vec(), field(v, "ss"));
    }
}

/// Our own calls go the same way: the key pair that `seal` derives is the
/// published one.
#[test]
fn our_key_pairs_are_hpkes() {
    for (kem, text) in [
        (
            crate::seal::Kem::X25519,
            include_str!("../../tests/data/rfc9180_x25519.json"),
        ),
        (
            crate::seal::Kem::XWing,
            include_str!("../../tests/data/hpke_pq_xwing.json"),
        ),
    ] {
        let v = file(text);
        let pair = KemKeyPair::derive(kem, &field(&v, "ikmR"));
        let public = KemPublicKey::from_bytes(kem, &field(&v, "pkRm")).unwrap();
        assert_eq!(*pair.public(), public);
    }
}
