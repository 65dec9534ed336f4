//! Kith's rules, pure: no sockets, files, clock or randomness of its own.
//!
//! Time comes in as a [`time::Timestamp`], randomness as a
//! [`rand_core::CryptoRng`]; what goes out is data. So every rule here can be
//! tested, fuzzed, simulated and model-checked without a network.
//!
//! Reading order: [`id`] and [`keys`] (who), [`canon`] and [`cbor`] (bytes),
//! [`signed`] (records that can be believed), [`names`] (what people are
//! called); everything else builds on these.
#![forbid(unsafe_code)]

pub mod address;
pub mod armor;
pub mod audit;
pub mod blame;
pub mod canon;
pub mod capability;
pub mod cbor;
pub mod clock;
pub mod device;
pub mod digest;
pub mod file;
pub mod grant;
pub mod hands;
pub mod hello;
pub mod id;
mod kdf;
pub mod kem;
pub mod keys;
pub mod limits;
pub mod meet;
pub mod names;
pub mod package;
pub mod pair;
pub mod paths;
pub mod person;
pub mod policy;
pub mod presence;
pub mod profile;
pub mod qr;
pub mod registry;
pub mod rfb;
pub mod rights;
pub mod room;
pub mod safety;
pub mod sas;
pub mod seal;
pub mod session;
pub mod signed;
pub mod standing;
pub mod syllables;
pub mod technology;
pub mod ticket;
pub mod time;
pub mod validity;

#[cfg(test)]
mod kats;
#[cfg(test)]
mod secrets;
#[cfg(test)]
pub(crate) mod testing;
