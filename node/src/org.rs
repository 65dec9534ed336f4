//! Organisations (POL-1): what their policies say in words, and how a
//! document is written, signed and compared. Pure: no store, no network.

pub mod words;
