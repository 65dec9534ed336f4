//! Files that a person names: one rule for how they are opened, and in which
//! words and with which code a refusal is told, wherever it happens.
//!
//! Reading: what isn't there is [`Code::NotFound`]; what is no file (a folder,
//! a pipe, a device) is [`Code::BadRequest`], and isn't waited for. Writing:
//! a folder that isn't there is [`Code::NotFound`], a file that is there
//! already [`Code::BadRequest`]. All else is the disk's: [`Code::Storage`].

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use kith_api::{ApiError, Code};
use kith_proto::names::escape_for_display;

/// A path as it may be shown: names of files come from anywhere.
pub fn shown(path: &Path) -> String {
    escape_for_display(&path.display().to_string())
}

/// Opens a regular file to be read.
///
/// # Errors
/// As the module says.
pub fn open(path: &Path) -> Result<(File, Metadata), ApiError> {
    let refused = |e: io::Error| unreadable(path, &e);
    // Opening a pipe would wait for whoever writes into it.
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed())
        .open(path)
        .map_err(refused)?;
    let about = file.metadata().map_err(refused)?;
    match about.is_file() {
        true => Ok((file, about)),
        false => Err(no_file(path)),
    }
}

fn no_file(path: &Path) -> ApiError {
    let message = format!(
        "{} isn’t a file but a folder, a pipe or a device",
        shown(path)
    );
    ApiError::new(Code::BadRequest, message)
        .hint("name a file; what comes through a pipe, write to a file first")
}

/// What came isn't what it should be, or not any more; `detail` is for who
/// looks into it.
pub fn damaged(what: &str, detail: impl std::fmt::Display) -> ApiError {
    let message = format!("that isn’t {what}, or it was damaged on the way");
    ApiError::new(Code::Invalid, message).hint(format!(
        "see that it is the right one, or have it sent again ({detail})"
    ))
}

/// The kind of a refusal by the file system.
pub fn code(e: &io::Error) -> Code {
    match e.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => Code::NotFound,
        ErrorKind::AlreadyExists
        | ErrorKind::IsADirectory
        | ErrorKind::InvalidFilename
        | ErrorKind::InvalidInput => Code::BadRequest,
        _ => Code::Storage,
    }
}

/// Why a file can't be read.
pub fn unreadable(path: &Path, e: &io::Error) -> ApiError {
    let shown = shown(path);
    match (code(e), e.kind()) {
        (_, ErrorKind::IsADirectory) => no_file(path),
        (code @ Code::NotFound, _) => ApiError::new(code, format!("there is no file {shown}")),
        (code @ Code::BadRequest, _) => ApiError::new(code, format!("no file is called {shown}")),
        (code, _) => ApiError::new(code, format!("{shown} can’t be read: {e}")),
    }
}

/// Why a file can't be written. Nothing of it is there.
pub fn unwritable(path: &Path, e: &io::Error) -> ApiError {
    let shown = shown(path);
    match (code(e), e.kind()) {
        (code, ErrorKind::AlreadyExists) => {
            ApiError::new(code, format!("{shown} exists already; nothing was written"))
                .hint("choose another name")
        }
        (code @ Code::NotFound, _) => {
            let message = format!("the folder of {shown} isn’t there; nothing was written");
            ApiError::new(code, message).hint("make it first, or name another")
        }
        (code @ Code::BadRequest, _) => {
            ApiError::new(code, format!("no file can be called {shown}"))
        }
        (code, ErrorKind::StorageFull | ErrorKind::QuotaExceeded) => {
            ApiError::new(code, format!("the disk is full: {shown} wasn’t written"))
                .hint("make room, or name another disk")
        }
        (code, _) => ApiError::new(code, format!("{shown} can’t be written: {e}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_file_is_refused_at_once_and_each_refusal_has_its_code() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        std::fs::write(at("file"), b"x").unwrap();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            at("pipe"),
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
            0,
        )
        .unwrap();
        assert_eq!(open(&at("file")).unwrap().1.len(), 1);
        let long = "x".repeat(300);
        for (path, code) in [
            (at("none"), Code::NotFound),
            (at("file/in"), Code::NotFound),
            (at(""), Code::BadRequest),
            (at("pipe"), Code::BadRequest),
            ("/dev/null".into(), Code::BadRequest),
            (at(&long), Code::BadRequest),
        ] {
            assert_eq!(open(&path).unwrap_err().code, code, "{path:?}");
        }
        for (path, code) in [
            (at("none/in"), Code::NotFound),
            (at("file/in"), Code::NotFound),
            (at("file"), Code::BadRequest),
            (at(&long), Code::BadRequest),
            ("/dev/full/x".into(), Code::NotFound),
        ] {
            let refused = File::create_new(&path).unwrap_err();
            assert_eq!(unwritable(&path, &refused).code, code, "{path:?}");
        }
        for full in [ErrorKind::StorageFull, ErrorKind::PermissionDenied] {
            let e = io::Error::from(full);
            assert_eq!(unwritable(&at("x"), &e).code, Code::Storage);
            assert_eq!(unreadable(&at("x"), &e).code, Code::Storage);
        }
        // What the path holds can't move the reader's terminal.
        let e = unreadable(&at("a\u{1b}[2J"), &ErrorKind::NotFound.into());
        assert!(!e.message.contains('\u{1b}'), "{}", e.message);
    }
}
