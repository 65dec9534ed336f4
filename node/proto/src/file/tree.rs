//! The part of BLAKE3's tree above the chunks.

use blake3::hazmat::{HasherExt as _, Mode, merge_subtrees_non_root, merge_subtrees_root};
use blake3::{Hash, Hasher};
use thiserror::Error;

use crate::room::body::FileOffer;

/// The chaining value of a chunk; of a file that has only one, its hash.
pub type ChunkHash = [u8; 32];

/// The value of chunk `index` of a file that is `offer`ed.
#[must_use]
pub fn chunk_hash(offer: &FileOffer, index: u64, data: &[u8]) -> ChunkHash {
    if offer.chunks() == 1 {
        return *blake3::hash(data).as_bytes();
    }
    let mut hasher = Hasher::new();
    // Chunks are powers of two of at least 64 KiB, so that each is a whole
    // subtree (BLAKE3 paper, section 2.1), the last one included.
    hasher.set_input_offset(index.saturating_mul(offer.chunk_size()));
    hasher.update(data).finalize_non_root()
}

/// The hash of the whole file, from the values of all its chunks; `None` for
/// an empty list.
#[must_use]
pub fn root(chunks: &[ChunkHash]) -> Option<[u8; 32]> {
    match chunks {
        [] => None,
        [one] => Some(*one),
        many => {
            let (left, right) = many.split_at(left_len(many.len()));
            let hash: Hash = merge_subtrees_root(&subtree(left), &subtree(right), Mode::Hash);
            Some(*hash.as_bytes())
        }
    }
}

/// The left side of a BLAKE3 tree has the largest power of two below the
/// whole.
fn left_len(n: usize) -> usize {
    n.next_power_of_two() / 2
}

fn subtree(chunks: &[ChunkHash]) -> ChunkHash {
    match chunks {
        [one] => *one,
        many => {
            let (left, right) = many.split_at(left_len(many.len()));
            merge_subtrees_non_root(&subtree(left), &subtree(right), Mode::Hash)
        }
    }
}

/// Why a file can't be offered. Ours, or our user's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum HashingError {
    /// More bytes than a file may have here.
    #[error("the file is too large to be sent")]
    TooLarge,
    /// It has another length than was said: it changed while it was read.
    #[error("the file changed while it was read")]
    Changed,
}

/// Hashes a file that is to be offered, piece by piece.
#[derive(Debug)]
pub struct Hashing {
    offer: FileOffer,
    chunks: Vec<ChunkHash>,
    buffer: Vec<u8>,
    seen: u64,
}

impl Hashing {
    /// Of a file with this name and size.
    ///
    /// # Errors
    /// [`HashingError::TooLarge`].
    pub fn new(name: String, size: u64) -> Result<Self, HashingError> {
        let chunk_log2 = FileOffer::chunk_log2_for(size).ok_or(HashingError::TooLarge)?;
        let offer = FileOffer {
            name,
            size,
            hash: [0; 32],
            chunk_log2,
        };
        Ok(Self {
            offer,
            chunks: Vec::new(),
            buffer: Vec::new(),
            seen: 0,
        })
    }

    /// The next bytes; any number, best about a chunk.
    ///
    /// # Errors
    /// [`HashingError::Changed`].
    pub fn update(&mut self, mut data: &[u8]) -> Result<(), HashingError> {
        self.seen = self.seen.saturating_add(data.len() as u64);
        if self.seen > self.offer.size {
            return Err(HashingError::Changed);
        }
        let chunk = usize::try_from(self.offer.chunk_size()).unwrap_or(usize::MAX);
        while !data.is_empty() {
            let take = data.len().min(chunk - self.buffer.len());
            self.buffer.extend_from_slice(&data[..take]);
            data = &data[take..];
            if self.buffer.len() == chunk {
                self.close_chunk();
            }
        }
        Ok(())
    }

    fn close_chunk(&mut self) {
        let index = self.chunks.len() as u64;
        self.chunks
            .push(chunk_hash(&self.offer, index, &self.buffer));
        self.buffer.clear();
    }

    /// The offer, and the values of the chunks, which the offerer keeps.
    ///
    /// # Errors
    /// [`HashingError::Changed`].
    pub fn finish(mut self) -> Result<(FileOffer, Vec<ChunkHash>), HashingError> {
        if self.seen != self.offer.size {
            return Err(HashingError::Changed);
        }
        if !self.buffer.is_empty() || self.chunks.is_empty() {
            self.close_chunk();
        }
        self.offer.hash = root(&self.chunks).ok_or(HashingError::Changed)?;
        Ok((self.offer, self.chunks))
    }
}
