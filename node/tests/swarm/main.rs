//! Real swarms on this machine, over loopback UDP and TCP; where more is
//! needed, in network namespaces of their own.
#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a panic is a failed test, and a skipped one says so"
)]

mod connections;
mod crowds;
mod dht;
mod gate;
#[allow(dead_code, reason = "grows with the tests that use it")]
mod harness;
#[cfg(target_os = "linux")]
mod hostile;
#[cfg(target_os = "linux")]
mod lan;
#[cfg(target_os = "linux")]
mod moves;
#[cfg(target_os = "linux")]
mod namespaces;
#[cfg(target_os = "linux")]
mod nat;
mod probing;
mod relays;
mod shelf;
#[cfg(target_os = "linux")]
mod strangers;
mod streams;
