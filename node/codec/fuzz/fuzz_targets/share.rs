//! A share, its source and its viewers driven by operations; in the end every
//! viewer whose path works shows the source bit for bit.
#![no_main]

#[path = "../../tests/common/mod.rs"]
mod common;
#[path = "../../tests/ops/mod.rs"]
mod ops;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| ops::operate(data));
