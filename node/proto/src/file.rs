//! Files: fetched in chunks from whoever has them, each chunk verified by
//! itself, resumed where it stopped (MSG-2; spec 08, "Files").
//!
//! The offer names the BLAKE3 hash of the whole. A chunk is a subtree of
//! BLAKE3's own tree, so the list of the chunks' chaining values can be
//! checked against that hash before the first chunk is asked for, and each
//! chunk against its value. `b3sum` of the finished file gives the hash in
//! the offer.

mod download;
mod message;
mod tree;

pub use download::{Download, Effect, Event, MAX_ASKED, MAX_IN_FLIGHT, MAX_UNWRITTEN};
pub use message::{FileMessage, GoneCode, MAX_FILE_MESSAGE, MAX_HASHES, Request, Serve, serve};
pub use tree::{ChunkHash, Hashing, HashingError, chunk_hash, root};

#[cfg(test)]
mod tests;
