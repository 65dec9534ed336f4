//! A file of this computer, typed, chosen or dropped; and a folder to choose it in.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::first::Wrong;

/// What there is in a folder, as far as it can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Folder {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Folders first, each by name.
    pub(crate) items: Vec<Item>,
}

/// A folder or file in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    /// Its name, for people.
    pub(crate) name: String,
    /// Where it is.
    pub(crate) path: PathBuf,
    /// How large a file is, in bytes; a folder has none.
    pub(crate) bytes: Option<u64>,
}

/// A file that a person names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Named {
    text: String,
    /// If it wasn't typed: what can be shown of a name may be less than the name.
    chosen: Option<PathBuf>,
}

impl Named {
    /// One that was typed.
    pub(crate) const fn typed(text: String) -> Self {
        let chosen = None;
        Self { text, chosen }
    }

    /// One that was chosen in a list, or dropped.
    pub(crate) fn chosen(path: PathBuf) -> Self {
        Self {
            text: path.display().to_string(),
            chosen: Some(path),
        }
    }

    /// What is shown of it.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Where it is; `None` as long as nothing is named.
    pub(crate) fn path(&self) -> Option<PathBuf> {
        let typed = || Some(self.text.trim()).filter(|t| !t.is_empty());
        self.chosen.clone().or_else(|| typed().map(PathBuf::from))
    }

    /// Whether it is this one, chosen.
    pub(crate) fn is(&self, path: &Path) -> bool {
        self.chosen.as_deref() == Some(path)
    }
}

/// Why something can't be done with a file, as a sentence of ours where there is one.
pub(crate) fn why(error: &io::Error) -> Wrong {
    Wrong::Key(match error.kind() {
        ErrorKind::NotFound => "trouble-not-found",
        ErrorKind::PermissionDenied => "trouble-not-allowed",
        ErrorKind::ReadOnlyFilesystem => "trouble-read-only",
        ErrorKind::AlreadyExists => "trouble-exists",
        ErrorKind::FileTooLarge => "trouble-too-large",
        ErrorKind::InvalidFilename => "trouble-no-name",
        ErrorKind::NotADirectory => "trouble-no-folder",
        ErrorKind::IsADirectory => "trouble-folder",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "trouble-full",
        _ => return Wrong::Said(error.to_string()),
    })
}
