//! Where profiles are, and how a command reaches the running node.

use std::path::Path;

use kith_api::place::PlaceError;
use kith_api::{Client, Code};

use super::{Common, Fail};
use crate::given;
use crate::new_file;
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
    let client = Client::connect(&profile.socket(), SOFTWARE);
    let told = match common.json {
        true => at_screen_as_json,
        false => at_screen,
    };
    client.map(|c| c.at_screen(told)).map_err(|e| match e {
        e @ kith_api::ClientError::NotRunning(_) => match profile.there() {
            Ok(()) => e.into(),
            Err(e) => e.into(),
        },
        e => e.into(),
    })
}

/// A person is asked before it is done: that is said on standard error, where
/// what is said beside a result goes.
fn at_screen(_: u64) {
    super::note(
        "Kith asks in its own window on your screen: answer there within two minutes. Ctrl-C takes \
         this back.",
    );
}

/// The same for programs: one line.
fn at_screen_as_json(until_ms: u64) {
    super::note(&serde_json::json!({ "at-screen": { "until_ms": until_ms } }).to_string());
}

/// Reads a file of at most `max` bytes.
pub(super) fn read_file(path: &Path, max: u64) -> Result<Vec<u8>, Fail> {
    use std::io::Read as _;
    let (file, _) = given::open(path)?;
    let mut content = Vec::new();
    file.take(max + 1)
        .read_to_end(&mut content)
        .map_err(|e| given::unreadable(path, &e))?;
    if content.len() as u64 > max {
        let message = format!("{} is larger than {max} bytes", given::shown(path));
        return Err(Fail::new(Code::TooMuch, message));
    }
    Ok(content)
}

/// Refuses “-” as the name of a file to be written: it would be a file, where
/// most programs mean standard output.
pub(super) fn named(path: &Path) -> Result<(), Fail> {
    match path == Path::new("-") {
        true => Err(Fail::usage("this goes to a file, not to standard output")
            .hint("name one; “./-” is a file of that name")),
        false => Ok(()),
    }
}

/// Writes a new file, private to its owner and whole; one that is there stays.
pub(super) fn write_file(path: &Path, content: &[u8]) -> Result<(), Fail> {
    named(path)?;
    new_file::write(path, content).map_err(|e| given::unwritable(path, &e).into())
}
