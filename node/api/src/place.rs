//! Where profiles are on this machine, so that a face finds its node (ID-7:
//! several may live on one account).

use std::io;
use std::path::{Component, Path, PathBuf};

use thiserror::Error;

/// Why a profile's folder can't be named.
#[derive(Debug, Error)]
pub enum PlaceError {
    /// There is neither `XDG_DATA_HOME` nor `HOME`.
    #[error("there is no home folder to keep profiles in")]
    NoHome,
    /// The current folder can't be found out.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// The folder of the profile that a person names: a path if it looks like one
/// (holds a slash or starts with a dot), else a name in the usual place,
/// `~/.local/share/kith`.
///
/// # Errors
/// A name, and no home folder; or a relative path, and no current folder.
pub fn folder(given: &Path) -> Result<PathBuf, PlaceError> {
    let is_name = matches!(
        given.components().collect::<Vec<_>>()[..],
        [Component::Normal(name)] if given.as_os_str() == name
    );
    if is_name {
        return Ok(usual_place().ok_or(PlaceError::NoHome)?.join(given));
    }
    Ok(std::path::absolute(given)?)
}

/// The local socket of the node that runs a profile.
#[must_use]
pub fn socket(folder: &Path) -> PathBuf {
    folder.join("socket")
}

/// Whether there is a profile in a folder.
#[must_use]
pub fn has_profile(folder: &Path) -> bool {
    folder.join("kith.db").exists()
}

fn usual_place() -> Option<PathBuf> {
    let absolute = |name| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|p| p.is_absolute())
    };
    absolute("XDG_DATA_HOME")
        .or_else(|| absolute("HOME").map(|h| h.join(".local/share")))
        .map(|data| data.join("kith"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kept_in_the_usual_place_and_a_path_is_itself() {
        assert_eq!(folder(Path::new("/a/b")).unwrap(), Path::new("/a/b"));
        assert!(folder(Path::new("./work")).unwrap().is_absolute());
        for named in ["default", "work"] {
            let folder = folder(Path::new(named)).unwrap();
            assert!(
                folder.ends_with(Path::new("kith").join(named)),
                "{folder:?}"
            );
        }
    }
}
