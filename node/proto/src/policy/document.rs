//! The policy document (POL-1; spec 04, "The document"): a signed header and
//! a body that the header names by digest.
//!
//! The header is a record of ordinary size; it carries everything that a
//! chain needs: order, keys, times. The body (members, groups, rules) may be
//! far larger, and only that of the newest document is ever needed: whoever
//! joins later checks all headers and reads one body, and learns no names of
//! people who left.

mod body;
mod header;

pub use body::{
    Group, MAX_BODY, MAX_GROUPS, MAX_GROUPS_OF_ONE, MAX_MEMBERS, MAX_RULES, Member, PolicyBody,
};
pub use header::{KeySet, MAX_KEYS, MAX_LIFETIME, MAX_PERIOD, PolicyHeader, Previous};
