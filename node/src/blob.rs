//! Large content beside the database: one encrypted file each, in chunks
//! that can be written in any order (MSG-2, MSG-5).
//!
//! Every blob has a key of its own, which is kept in the encrypted database.
//! Without it the file is noise: erasing the key erases the content, whatever
//! becomes of the blocks on the disk (MSG-7). A chunk's nonce is its number.
//! That is sound because a key seals one content only: chunks that come from
//! others are verified before they are written, and our own are read once.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use chacha20poly1305::aead::{Aead as _, KeyInit as _};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use kith_proto::room::body::FileOffer;
use rand_core::Rng as _;
use zeroize::Zeroizing;

/// What sealing adds to a chunk, bytes.
const TAG: u64 = 16;

/// Where a blob lies and what opens it.
#[derive(Clone)]
pub struct BlobKey {
    /// Its name in the folder of blobs: random, tells nothing.
    pub name: [u8; 16],
    key: Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for BlobKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "BlobKey({})", self.file_name())
    }
}

impl BlobKey {
    /// For a new blob.
    #[must_use]
    pub fn random() -> Self {
        let (mut name, mut key) = ([0; 16], Zeroizing::new([0; 32]));
        crate::random::system().fill_bytes(&mut name);
        crate::random::system().fill_bytes(&mut *key);
        Self { name, key }
    }

    /// As it was kept in the database.
    #[must_use]
    pub fn kept(name: [u8; 16], key: [u8; 32]) -> Self {
        let key = Zeroizing::new(key);
        Self { name, key }
    }

    /// For the database, and for nothing else.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        &self.key
    }

    /// The file's name.
    #[must_use]
    pub fn file_name(&self) -> String {
        self.name.iter().map(|b| format!("{b:02x}")).collect()
    }
}

/// One blob. Reads and writes block: not for the node's actor.
pub struct Blob {
    file: File,
    cipher: ChaCha20Poly1305,
    size: u64,
    chunk: u64,
}

impl std::fmt::Debug for Blob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Blob({} bytes)", self.size)
    }
}

impl Blob {
    /// Opens the blob of what is offered, in `folder`, making both if need be.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn open(folder: &Path, key: &BlobKey, offer: &FileOffer) -> io::Result<Self> {
        use std::os::unix::fs::DirBuilderExt as _;
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path(folder, key))?;
        Ok(Self {
            file,
            cipher: ChaCha20Poly1305::new((&*key.key).into()),
            size: offer.size,
            chunk: offer.chunk_size(),
        })
    }

    fn len_of(&self, index: u64) -> u64 {
        self.chunk.min(self.size.saturating_sub(index * self.chunk))
    }

    /// Seals and writes a chunk.
    ///
    /// # Errors
    /// The disk refuses, or the chunk hasn't the length it must have.
    pub fn write(&self, index: u64, data: &[u8]) -> io::Result<()> {
        if data.len() as u64 != self.len_of(index) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let sealed = self
            .cipher
            .encrypt(&nonce(index), data)
            .map_err(|_| io::ErrorKind::InvalidInput)?;
        self.file.write_all_at(&sealed, index * (self.chunk + TAG))
    }

    /// Reads a chunk.
    ///
    /// # Errors
    /// The disk refuses; or `InvalidData`: it isn't there, or was altered.
    pub fn read(&self, index: u64) -> io::Result<Vec<u8>> {
        let len = usize::try_from(self.len_of(index) + TAG).map_err(io::Error::other)?;
        let mut sealed = vec![0; len];
        self.file
            .read_exact_at(&mut sealed, index * (self.chunk + TAG))
            .map_err(|e| match e.kind() {
                io::ErrorKind::UnexpectedEof => io::ErrorKind::InvalidData.into(),
                _ => e,
            })?;
        self.cipher
            .decrypt(&nonce(index), &sealed[..])
            .map_err(|_| io::ErrorKind::InvalidData.into())
    }

    /// Which of the first `chunks` chunks are there and sound.
    pub fn present(&self, chunks: u64) -> Vec<u64> {
        (0..chunks).filter(|i| self.read(*i).is_ok()).collect()
    }

    /// Waits until everything written is on the disk.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn sync(&self) -> io::Result<()> {
        self.file.sync_all()
    }
}

/// Removes the files of blobs in `folder` that aren't among `kept`.
pub fn sweep(folder: &Path, kept: &[[u8; 16]]) {
    let kept: Vec<String> = kept
        .iter()
        .map(|name| BlobKey::kept(*name, [0; 32]).file_name())
        .collect();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if !kept.iter().any(|k| **k == *name) {
            // A file that stays is unreadable: its key is gone.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

fn path(folder: &Path, key: &BlobKey) -> PathBuf {
    folder.join(key.file_name())
}

fn nonce(index: u64) -> Nonce {
    let mut nonce = [0; 12];
    nonce[4..].copy_from_slice(&index.to_be_bytes());
    Nonce::from(nonce)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(size: u64) -> FileOffer {
        FileOffer {
            name: "x".into(),
            size,
            hash: [0; 32],
            chunk_log2: 16,
        }
    }

    #[test]
    fn chunks_come_back_as_written_in_any_order_and_nothing_is_readable_on_the_disk() {
        let dir = tempfile::tempdir().unwrap();
        let (key, offer) = (BlobKey::random(), offer(3 * 65_536 + 10));
        let blob = Blob::open(&dir.path().join("files"), &key, &offer).unwrap();
        for (index, len) in [(3u64, 10usize), (0, 65_536), (1, 65_536)] {
            blob.write(index, &vec![b'a' + index as u8; len]).unwrap();
        }
        blob.sync().unwrap();
        let again = Blob::open(&dir.path().join("files"), &key, &offer).unwrap();
        assert_eq!(again.read(3).unwrap(), [b'd'; 10]);
        assert_eq!(again.read(0).unwrap(), [b'a'; 65_536]);
        // The second chunk is a hole in the file.
        assert_eq!(
            again.read(2).unwrap_err().kind(),
            io::ErrorKind::InvalidData
        );
        assert_eq!(again.present(4), [0, 1, 3]);
        let raw = std::fs::read(path(&dir.path().join("files"), &key)).unwrap();
        assert!(!raw.windows(16).any(|w| w == [b'a'; 16]));
    }

    #[test]
    fn a_flipped_bit_another_key_and_another_place_are_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let (key, offer) = (BlobKey::random(), offer(2 * 65_536));
        let blob = Blob::open(dir.path(), &key, &offer).unwrap();
        blob.write(0, &[1; 65_536]).unwrap();
        blob.write(1, &[2; 65_536]).unwrap();
        let file = path(dir.path(), &key);
        let sound = std::fs::read(&file).unwrap();
        let mut swapped = sound.split_at(65_552).1.to_vec();
        swapped.extend(sound.split_at(65_552).0);
        std::fs::write(&file, &swapped).unwrap();
        assert!(blob.present(2).is_empty());
        let mut flipped = sound.clone();
        flipped[70_000] ^= 1;
        std::fs::write(&file, &flipped).unwrap();
        assert_eq!(blob.present(2), [0]);
        let other = BlobKey::kept(key.name, [9; 32]);
        let other = Blob::open(dir.path(), &other, &offer).unwrap();
        assert!(other.present(2).is_empty());
    }

    #[test]
    fn a_chunk_of_another_length_is_refused_and_what_nobody_keeps_is_swept() {
        let dir = tempfile::tempdir().unwrap();
        let (mine, stray) = (BlobKey::random(), BlobKey::random());
        let blob = Blob::open(dir.path(), &mine, &offer(5)).unwrap();
        assert!(blob.write(0, &[1; 6]).is_err());
        assert!(blob.write(1, &[1; 5]).is_err());
        blob.write(0, &[1; 5]).unwrap();
        Blob::open(dir.path(), &stray, &offer(5)).unwrap();
        sweep(dir.path(), &[mine.name]);
        assert!(path(dir.path(), &mine).exists());
        assert!(!path(dir.path(), &stray).exists());
        assert!(!format!("{mine:?}").contains("key"));
    }
}
