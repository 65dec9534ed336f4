//! Organisations (POL-1): what their policies say in words, and how a
//! document is written, signed and compared. Pure: no store, no network.

mod beside;
pub mod changes;
pub mod draft;
pub mod edit;
pub mod proposal;
pub mod recovery_file;
pub mod words;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;
