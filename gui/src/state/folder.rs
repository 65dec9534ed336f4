//! A folder of this computer, to choose a file in.

use std::path::PathBuf;

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
