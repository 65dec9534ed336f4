//! Where profiles are, and how a command reaches the running node.

use std::path::Path;

use kith_api::place::PlaceError;
use kith_api::{Client, Code};

use super::{Common, Fail};
use crate::profile::Profile;

const SOFTWARE: &str = concat!("kith ", env!("CARGO_PKG_VERSION"));

/// The profile that the options name.
pub(super) fn profile(common: &Common) -> Result<Profile, Fail> {
    let given = &common.profile;
    kith_api::place::folder(given)
        .map(Profile::at)
        .map_err(|e| match e {
            PlaceError::NoHome => Fail::new(Code::BadRequest, e.to_string())
                .hint("name a folder with --profile ./FOLDER"),
            PlaceError::Io(e) => Fail::file(given, &e),
        })
}

/// Connects to the profile's running node.
pub(super) fn connect(common: &Common) -> Result<Client, Fail> {
    let profile = profile(common)?;
    Client::connect(&profile.socket(), SOFTWARE).map_err(|e| match e {
        kith_api::ClientError::NotRunning(_) if !profile.dir().exists() => {
            crate::profile::ProfileError::Missing(profile.dir().to_owned()).into()
        }
        e => e.into(),
    })
}

/// Reads a file of at most `max` bytes.
pub(super) fn read_file(path: &Path, max: u64) -> Result<Vec<u8>, Fail> {
    use std::io::Read as _;
    let mut content = Vec::new();
    std::fs::File::open(path)
        .and_then(|f| f.take(max + 1).read_to_end(&mut content))
        .map_err(|e| Fail::file(path, &e))?;
    if content.len() as u64 > max {
        let message = format!("{} is larger than {max} bytes", path.display());
        return Err(Fail::new(Code::TooMuch, message));
    }
    Ok(content)
}

/// Writes a new file, private to its owner; one that is there stays.
pub(super) fn write_file(path: &Path, content: &[u8]) -> Result<(), Fail> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut f| f.write_all(content).and_then(|()| f.sync_all()))
        .map_err(|e| match e.kind() {
            std::io::ErrorKind::AlreadyExists => Fail::new(
                Code::BadRequest,
                format!("{} exists already; nothing was written", path.display()),
            ),
            _ => Fail::file(path, &e),
        })
}
