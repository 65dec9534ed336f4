//! No bytes make the readers of session messages, terms and acceptances
//! panic, and what they read has one form.
#![no_main]
use kith_proto::cbor;
use kith_proto::session::{Accept, MAX_MESSAGE, Message, Terms};
use kith_proto::signed::Unverified;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(Some(message)) = Message::from_bytes(data) {
        let bytes = message.to_bytes();
        assert_eq!(Message::from_bytes(&bytes), Ok(Some(message)));
    }
    if let Ok(terms) = cbor::from_bytes::<Terms>(data, MAX_MESSAGE) {
        assert!(terms.is_sound());
        assert!(!terms.definite() || terms.within(&terms));
        let _ = terms.question();
        let bytes = cbor::to_bytes(&terms);
        assert_eq!(cbor::from_bytes(&bytes, MAX_MESSAGE), Ok(terms));
    }
    if let Ok(record) = Unverified::<Accept>::parse(data) {
        let _ = record.verify_claimed();
    }
    if let Ok(accept) = cbor::from_bytes::<Accept>(data, MAX_MESSAGE) {
        let bytes = cbor::to_bytes(&accept);
        assert_eq!(cbor::from_bytes(&bytes, MAX_MESSAGE), Ok(accept));
    }
});
