//! No bytes make the reader of hellos panic, and what it reads has one form.
#![no_main]
use kith_proto::hello::Hello;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(hello) = Hello::from_bytes(data) {
        assert_eq!(Hello::from_bytes(&hello.to_bytes()).as_ref(), Ok(&hello));
        let _ = hello
            .common(&hello)
            .map_err(|_| panic!("in common with itself"));
    }
});
