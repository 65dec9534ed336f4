//! What this machine can do (ENV-1 to ENV-3): found out once, cached, and
//! again when something changes; from it the signed capability record, and
//! what `kith doctor` says.
//!
//! [`system::System`] is what is asked; [`linux::Linux`] asks the machine,
//! [`system::Fake`] is a table. [`collect()`] and all that follows is pure.

mod collect;
pub mod linux;
mod offers;
pub mod system;
mod words;

pub use collect::{Display, Environment, Listens, Server, Session, collect};
pub use offers::{Flag, SEEN_WITHOUT, SHOWN_WITHOUT, WhyNot, capability, flags, meaning, unlooked};
pub use words::findings;

#[cfg(test)]
mod tests;
