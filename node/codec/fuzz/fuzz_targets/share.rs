//! A share, its source and its viewers driven by operations; in the end every
//! viewer whose path works shows the source bit for bit.
#![no_main]

#[path = "../../tests/common/mod.rs"]
mod common;
#[path = "../../tests/ops/mod.rs"]
mod ops;

use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus {
    ops::operate(data);
    // Larger desktops are tried, but would soon be all there is in the corpus,
    // for loops run longer in them; and each takes the time of many others.
    match ops::Desktop::of(data) {
        ops::Desktop::Small | ops::Desktop::Filmless => Corpus::Keep,
        ops::Desktop::Medium | ops::Desktop::Large => Corpus::Reject,
    }
});
