//! No bytes make the reader of meeting messages panic, and what it reads has
//! one form.
#![no_main]
use kith_proto::meet::Message;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(Some(message)) = Message::from_bytes(data) {
        let bytes = message.to_bytes();
        assert_eq!(Message::from_bytes(&bytes), Ok(Some(message)));
    }
});
