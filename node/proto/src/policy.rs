//! Policy, the security process (POL-1 to POL-9; spec 04): who may show what
//! to whom, decided by both sides from signed documents and own profiles.
//!
//! Reading order: [`cap`] (the lattice), [`rule`] (what sets a cap),
//! [`document`] (what is signed), [`chain`] (which document counts),
//! [`checked`] (what people said themselves), [`decide`] (the answer), [`explain`] (the answer in words).

pub mod application;
pub mod cap;
pub mod case;
pub mod chain;
pub mod checked;
pub mod compiled;
pub mod consent;
pub mod decide;
pub mod document;
pub mod explain;
pub mod hosted;
pub mod lenient;
pub mod meeting;
pub mod profile;
pub mod reference;
pub mod roles;
pub mod rule;
pub mod spread;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
