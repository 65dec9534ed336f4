//! The node of Kith: everything that runs, wired together.
//!
//! - [`swarm`]: connections to other devices; the only place that names libp2p.
#![forbid(unsafe_code)]

pub mod swarm;
