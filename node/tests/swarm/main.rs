//! Real swarms on this machine, over loopback UDP and TCP; where more is
//! needed, in network namespaces of their own.
#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a panic is a failed test"
)]

mod connections;
mod crowds;
mod dht;
mod gate;
#[allow(dead_code, reason = "grows with the tests that use it")]
mod harness;
#[cfg(target_os = "linux")]
mod lan;
#[cfg(target_os = "linux")]
mod namespaces;
mod probing;
mod relays;
mod streams;
