//! No bytes make the reader of files panic; what it reads comes back, and is
//! no larger than the file.
#![no_main]
use kith_proto::package;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(frames) = package::read(data) {
        let bytes = package::write(&frames);
        assert!(bytes.len() <= data.len());
        assert_eq!(package::read(&bytes), Ok(frames));
    }
});
