//! Seeded worlds made of `kith-proto` (SIM-1): the code that decides is the
//! code that runs in a node; only network, clock, disk and power are made up.
//! The same scenario with the same seed gives the same run, to the byte.
//!
//! [`scenario`] reads what is to happen, [`world`] lets it happen, [`check`]
//! says whether what must hold held, [`plot`] draws it.
#![forbid(unsafe_code)]

pub mod check;
pub mod net;
pub mod plot;
pub mod scenario;
pub mod session;
pub mod world;
