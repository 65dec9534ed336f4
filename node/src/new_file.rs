//! Files that people get (exports, invites, backups, cards, fetched files):
//! whole and on the disk, or not there at all. Half a file would look like a
//! whole one.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

/// A file that is being written, beside its place and under another name.
/// Dropped before it is finished, nothing of it remains.
#[derive(Debug)]
pub(crate) struct NewFile {
    file: NamedTempFile,
    path: PathBuf,
}

impl NewFile {
    /// Begins a file, private to its owner.
    ///
    /// # Errors
    /// Something is there already (`AlreadyExists`), or the folder refuses.
    pub(crate) fn begin(path: &Path) -> io::Result<Self> {
        if path.symlink_metadata().is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
        let mut builder = Builder::new();
        builder.prefix(".kith-").suffix(".part");
        let file = builder
            .tempfile_in(folder.unwrap_or(Path::new(".")))
            // Without the unfinished file's name.
            .map_err(|e| e.kind())?;
        let path = path.to_owned();
        Ok(Self { file, path })
    }

    /// Where its content goes.
    pub(crate) fn file(&mut self) -> &mut File {
        self.file.as_file_mut()
    }

    /// Puts it in its place once it is on the disk; never over another.
    ///
    /// # Errors
    /// The disk is full, or something came there meanwhile; then nothing of
    /// this one remains.
    pub(crate) fn finish(self) -> io::Result<()> {
        self.file.as_file().sync_all()?;
        match self.file.persist_noclobber(&self.path) {
            Ok(_) => {}
            // Some file systems can neither link nor rename with care.
            Err(e)
                if e.error.kind() != io::ErrorKind::AlreadyExists
                    && self.path.symlink_metadata().is_err() =>
            {
                e.file.persist(&self.path).map_err(|e| e.error)?;
            }
            Err(e) => return Err(e.error),
        }
        // The name too, where the file system can; the content is safe.
        let _ = self.path.parent().and_then(|folder| {
            let folder = File::open(folder).ok()?;
            folder.sync_all().ok()
        });
        Ok(())
    }
}

/// Writes a new file with this content.
///
/// # Errors
/// As [`NewFile::begin`] and [`NewFile::finish`].
pub(crate) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut new = NewFile::begin(path)?;
    new.file().write_all(content)?;
    new.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_there_whole_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let left = || std::fs::read_dir(dir.path()).unwrap().count();
        let path = dir.path().join("file");
        let mut new = NewFile::begin(&path).unwrap();
        new.file().write_all(b"half").unwrap();
        drop(new);
        assert_eq!(left(), 0);
        write(&path, b"whole").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"whole");
        // Never over another, even if it came meanwhile.
        let again = write(&path, b"other").unwrap_err();
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
        let late = dir.path().join("late");
        let new = NewFile::begin(&late).unwrap();
        std::fs::write(&late, "mine").unwrap();
        let refused = new.finish().unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read(&late).unwrap(), b"mine");
        assert_eq!(left(), 2);
        let nowhere = write(&dir.path().join("no/file"), b"").unwrap_err();
        assert_eq!(nowhere.kind(), io::ErrorKind::NotFound);
    }
}
