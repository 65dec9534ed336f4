//! Between a person's folders and the sealed blobs. All of it blocks.

use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::sync::{Arc, Weak};

use kith_api::{ApiError, Code};
use kith_proto::file::{ChunkHash, Hashing, HashingError};
use kith_proto::room::MAX_FILE_NAME;
use kith_proto::room::body::FileOffer;

use super::super::error::bad;
use crate::blob::{Blob, BlobKey};
use crate::given;
use crate::new_file::NewFile;

/// That the profile is open. Whoever holds it is the node; what copies for it
/// looks at each chunk whether it is still wanted, so that nothing writes into a
/// profile that is locked, or that another node may have opened since.
#[derive(Debug, Default)]
pub(super) struct IsOpen(Arc<()>);

/// For who copies.
#[derive(Debug, Clone)]
pub(super) struct WhileOpen(Weak<()>);

impl IsOpen {
    pub(super) fn watched(&self) -> WhileOpen {
        WhileOpen(Arc::downgrade(&self.0))
    }
}

impl WhileOpen {
    fn still(&self) -> Result<(), ApiError> {
        match self.0.strong_count() {
            0 => Err(ApiError::new(
                Code::Locked,
                "the node stopped before the file was copied",
            )),
            _ => Ok(()),
        }
    }
}

/// Reads a person's file once: hashes it and keeps a sealed copy, so that
/// what was offered can be given even if the original changes.
pub(super) fn take_in(
    folder: &Path,
    key: &BlobKey,
    path: &Path,
    open: &WhileOpen,
) -> Result<(FileOffer, Vec<ChunkHash>), ApiError> {
    let unreadable = |e: &io::Error| given::unreadable(path, e);
    let (mut file, about) = given::open(path).map_err(|e| match path.is_dir() {
        true => e.hint("to send a folder, pack it first: tar czf folder.tgz folder"),
        false => e,
    })?;
    let size = about.len();
    let mut hashing = Hashing::new(offered_name(path), size).map_err(hashing_failed)?;
    let layout = FileOffer {
        name: String::new(),
        size,
        hash: [0; 32],
        chunk_log2: FileOffer::chunk_log2_for(size).unwrap_or(0),
    };
    let blob = Blob::open(folder, key, &layout).map_err(|e| refused(&e))?;
    for index in 0..layout.chunks() {
        open.still()?;
        let mut chunk = Vec::new();
        (&mut file)
            .take(layout.chunk_size())
            .read_to_end(&mut chunk)
            .map_err(|e| unreadable(&e))?;
        hashing.update(&chunk).map_err(hashing_failed)?;
        blob.write(index, &chunk).map_err(|e| match e.kind() {
            io::ErrorKind::InvalidInput => hashing_failed(HashingError::Changed),
            _ => refused(&e),
        })?;
    }
    if file.read(&mut [0]).map_err(|e| unreadable(&e))? != 0 {
        return Err(hashing_failed(HashingError::Changed));
    }
    blob.sync().map_err(|e| refused(&e))?;
    hashing.finish().map_err(hashing_failed)
}

/// The name under which a file is offered: its own, without what others could
/// not write to their disk.
fn offered_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name: String = name
        .chars()
        .map(|c| if c == '\\' || c.is_control() { '_' } else { c })
        .collect();
    let mut end = name.len().min(MAX_FILE_NAME);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.get(..end).unwrap_or_default().to_owned()
}

/// Whether a fetched file may be written there.
pub(super) fn may_write(path: &Path) -> Result<(), ApiError> {
    let refused = |kind: io::ErrorKind| Err(given::unwritable(path, &kind.into()));
    if path.symlink_metadata().is_ok() {
        return refused(io::ErrorKind::AlreadyExists);
    }
    match path.parent().map(Path::is_dir) {
        Some(true) => Ok(()),
        _ => refused(io::ErrorKind::NotFound),
    }
}

/// Writes a file that is here to where it is wanted; never over another.
pub(super) fn give_out(
    folder: &Path,
    key: &BlobKey,
    offer: &FileOffer,
    path: &Path,
    open: &WhileOpen,
) -> Result<(), ApiError> {
    let blob = Blob::open(folder, key, offer).map_err(|e| refused(&e))?;
    may_write(path)?;
    let mut new = NewFile::begin(path).map_err(|e| refused(&e))?;
    for index in 0..offer.chunks() {
        open.still()?;
        let chunk = blob.read(index).map_err(|e| refused(&e))?;
        new.file().write_all(&chunk).map_err(|e| refused(&e))?;
    }
    new.finish().map_err(|e| refused(&e))
}

/// The disk's refusal.
pub(super) fn refused(e: &io::Error) -> ApiError {
    match e.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            ApiError::new(Code::Storage, "the disk is full")
                .hint("make room, then fetch again: it goes on where it stopped")
        }
        io::ErrorKind::InvalidData => ApiError::new(
            Code::Storage,
            "the copy of this file that is kept here is damaged",
        ),
        _ => ApiError::new(Code::Storage, format!("the disk refuses: {e}")),
    }
}

fn hashing_failed(e: HashingError) -> ApiError {
    match e {
        HashingError::TooLarge => ApiError::new(Code::TooMuch, e.to_string()),
        HashingError::Changed => bad(e.to_string()).hint("send it again when it rests"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_taken_in_comes_out_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let open = IsOpen::default();
        let watched = open.watched();
        for size in [0usize, 1, 65_536, 200_000] {
            let from = dir.path().join(format!("in {size}"));
            let content: Vec<u8> = (0..size).map(|i| (i * 7 % 251) as u8).collect();
            std::fs::write(&from, &content).unwrap();
            let key = BlobKey::random();
            let blobs = dir.path().join("blobs");
            let (offer, list) = take_in(&blobs, &key, &from, &watched).unwrap();
            assert_eq!(offer.name, format!("in {size}"));
            assert_eq!(kith_proto::file::root(&list), Some(offer.hash));
            let to = dir.path().join(format!("out {size}"));
            give_out(&blobs, &key, &offer, &to, &watched).unwrap();
            assert_eq!(std::fs::read(&to).unwrap(), content);
            // Never over another.
            let again = give_out(&blobs, &key, &offer, &to, &watched).unwrap_err();
            assert_eq!(again.code, Code::BadRequest);
        }
    }

    #[test]
    fn nothing_is_copied_for_a_node_that_has_stopped() {
        let dir = tempfile::tempdir().unwrap();
        let [from, to] = ["in", "out"].map(|name| dir.path().join(name));
        std::fs::write(&from, [7; 200_000]).unwrap();
        let (blobs, key) = (dir.path().join("blobs"), BlobKey::random());
        let open = IsOpen::default();
        let watched = open.watched();
        let (offer, _) = take_in(&blobs, &key, &from, &watched).unwrap();
        drop(open);
        let late = take_in(&blobs, &BlobKey::random(), &from, &watched).unwrap_err();
        assert_eq!(late.code, Code::Locked);
        give_out(&blobs, &key, &offer, &to, &watched).unwrap_err();
        assert!(!to.exists());
    }

    #[test]
    fn what_is_no_file_is_refused_in_words() {
        let dir = tempfile::tempdir().unwrap();
        let key = BlobKey::random();
        let open = IsOpen::default();
        let taken = |path: &Path| take_in(dir.path(), &key, path, &open.watched());
        let none = taken(&dir.path().join("none")).unwrap_err();
        assert_eq!(none.code, Code::NotFound);
        let folder = taken(dir.path()).unwrap_err();
        assert_eq!(folder.code, Code::BadRequest);
        assert!(may_write(&dir.path().join("no/such/folder")).is_err());
        assert_eq!(offered_name(Path::new("/x/a\\b\u{1b}[31m")), "a_b_[31m");
        let long = "ä".repeat(200);
        assert_eq!(offered_name(Path::new(&long)).len(), 254);
    }
}
