//! The node of Kith: everything that runs, wired together.
//!
//! - [`profile`]: a person's private folder, and the key to its database.
//! - [`store`]: the encrypted database.
//! - [`control`]: the local socket through which faces come in.
//! - [`swarm`]: connections to other devices; the only place that names libp2p.
#![forbid(unsafe_code)]

pub mod control;
pub mod profile;
pub mod random;
pub mod store;
pub mod swarm;
