//! The scanner never panics, and what it accepts has exactly one form.
#![no_main]
use kith_proto::canon::{MAX_RECORD, scan};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if scan(data, MAX_RECORD).is_ok() {
        let value: ciborium::Value = ciborium::from_reader(data).expect("accepted bytes parse");
        let mut again = Vec::new();
        ciborium::into_writer(&value, &mut again).expect("writing to memory");
        assert_eq!(again, data);
    }
});
