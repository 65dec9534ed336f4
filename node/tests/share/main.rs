//! Shares between real nodes' swarms in one process, over loopback.
#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a panic is a failed test"
)]

mod company;
mod control;
mod ends;
mod figures;
mod harness;
mod paths;
mod pictures;
mod probing;
mod refused;
#[cfg(target_os = "linux")]
mod xvfb;
#[cfg(target_os = "linux")]
mod xvfb_own;
