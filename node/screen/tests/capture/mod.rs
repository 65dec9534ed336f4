//! What the tests and benchmarks of this crate share.
#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a failed helper is a failed test, and not every test needs all"
)]

#[cfg(target_os = "linux")]
pub mod bed;
pub mod contract;
#[cfg(target_os = "linux")]
pub mod painter;
