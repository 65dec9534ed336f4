//! Any bytes as messages of either direction. What is read must be written
//! the same.
#![no_main]

use kith_codec::message::{Envelope, HEAD, ToSharer, ToViewer};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut rest = data;
    while let Ok(Some((envelope, used))) = Envelope::split(rest) {
        assert_eq!(used, HEAD + envelope.body.len());
        rest = &rest[used..];
        if let Ok(Some(m)) = ToViewer::parse(envelope)
            && !matches!(m, ToViewer::Hello(_))
        {
            assert_eq!(&m.to_bytes()[HEAD..], envelope.body);
        }
        if let Ok(Some(m)) = ToSharer::parse(envelope)
            && !matches!(m, ToSharer::Hello(_) | ToSharer::Report(_))
        {
            assert_eq!(&m.to_bytes()[HEAD..], envelope.body);
        }
    }
});
