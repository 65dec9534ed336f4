//! The node of Kith: everything that runs, wired together.
//!
//! - [`profile`]: a person's private folder, and the key to its database.
//! - [`store`]: the encrypted database.
//! - [`blob`]: large content, encrypted, beside it.
//! - [`account`]: the person and this device, and their keys.
//! - [`node`]: the actor that owns an open profile's state.
//! - [`org`]: organisations and their policies, in words.
//! - [`cli`]: the command line; [`config`]: settings.
//! - [`mod@env`]: what this machine can do.
//! - [`given`]: files that a person names.
//! - [`control`]: the local socket through which faces come in.
//! - [`hosted`]: sessions of VNC servers, carried to an ordinary viewer.
//! - [`share`]: running shares, on both sides.
//! - [`suspend`]: when this machine is about to sleep.
//! - [`swarm`]: connections to other devices; the only place that names libp2p.
#![forbid(unsafe_code)]

pub mod account;
mod audit_file;
pub mod backup;
pub mod blob;
pub mod cli;
pub mod config;
pub mod control;
pub mod env;
pub mod given;
pub mod hosted;
mod new_file;
pub mod node;
pub mod org;
pub mod own_profile;
pub mod profile;
pub mod random;
pub mod share;
pub mod store;
pub mod suspend;
pub mod swarm;
pub mod undumpable;
