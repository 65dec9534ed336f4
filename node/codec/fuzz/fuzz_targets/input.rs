//! Any bytes as input and notices. What is read must be written the same.
#![no_main]

use kith_codec::input::{Input, Notice};
use kith_codec::message::{Envelope, HEAD};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut rest = data;
    while let Ok(Some((envelope, used))) = Envelope::split(rest) {
        let bytes = &rest[..used];
        rest = &rest[used..];
        let input = Input::parse(envelope);
        let notice = Notice::parse(envelope);
        assert!(input.is_err() || notice.is_err());
        assert!(envelope.is_input() || (input.is_err() && notice.is_err()));
        if let Ok(input) = input {
            assert_eq!(input.to_bytes(), bytes);
            assert_eq!(envelope.body.len(), used - HEAD);
        }
        if let Ok(notice) = notice {
            assert_eq!(notice.to_bytes(), bytes);
        }
    }
});
