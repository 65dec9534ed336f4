//! Passphrases come from the terminal, without echo, or from a file or
//! standard input: never from an argument or the environment, which others on
//! the machine may see.

use std::fs::File;
use std::io::{BufRead as _, BufReader, ErrorKind, IsTerminal as _, Read as _};
use std::path::Path;

use kith_api::{Code, Secret};
use zeroize::{Zeroize as _, Zeroizing};

use super::{Common, Fail};
use crate::given;

/// The longest passphrase that is read, in bytes.
const LONGEST: u64 = 4096;
/// The shortest that a new one may be, in characters.
const SHORTEST: usize = 8;

/// An existing passphrase.
///
/// # Errors
/// No terminal to ask at, or the file can't be read.
pub(super) fn existing(common: &Common, prompt: &str) -> Result<Secret, Fail> {
    match &common.passphrase_file {
        Some(path) => from_file(path),
        None => prompted(prompt),
    }
}

/// A new passphrase, asked twice at a terminal.
///
/// # Errors
/// As [`existing`]; also too short, or the two differ.
pub(super) fn new(common: &Common, prompt: &str) -> Result<Secret, Fail> {
    fresh(common.passphrase_file.as_deref(), prompt)
}

/// The passphrase that is to follow another one: from its own file, or asked
/// twice.
///
/// # Errors
/// As [`new`].
pub(super) fn another(file: Option<&Path>) -> Result<Secret, Fail> {
    fresh(file, "The new passphrase: ")
}

fn fresh(file: Option<&Path>, prompt: &str) -> Result<Secret, Fail> {
    let secret = match file {
        Some(path) => from_file(path)?,
        None => prompted(prompt)?,
    };
    if secret.expose().chars().count() < SHORTEST {
        let message = format!("the passphrase needs {SHORTEST} characters or more");
        return Err(Fail::new(Code::BadRequest, message)
            .hint("four or five unusual words are strong and easy to remember"));
    }
    if file.is_none() && prompted("The same again: ")? != secret {
        return Err(Fail::new(Code::BadRequest, "the two passphrases differ"));
    }
    Ok(secret)
}

pub(super) fn prompted(prompt: &str) -> Result<Secret, Fail> {
    if !std::io::stdin().is_terminal() {
        return Err(Fail::new(
            Code::BadRequest,
            "a passphrase is needed, and there is no terminal",
        )
        .hint("give it with --passphrase-file FILE, or “-” for standard input"));
    }
    rpassword::prompt_password(prompt)
        .map(Secret::new)
        .map_err(|e| Fail::new(Code::BadRequest, format!("the terminal can't be read: {e}")))
}

pub(super) fn from_file(path: &Path) -> Result<Secret, Fail> {
    let mut line = Zeroizing::new(String::new());
    let read = match path.to_str() {
        Some("-") => BufReader::new(std::io::stdin().lock().take(LONGEST)).read_line(&mut line),
        _ => File::open(path).and_then(|f| BufReader::new(f.take(LONGEST)).read_line(&mut line)),
    };
    read.map_err(|e| match e.kind() {
        ErrorKind::IsADirectory => {
            let message = format!("{} is a folder", given::shown(path));
            Fail::new(Code::BadRequest, message)
                .hint("name a file whose first line is the passphrase, or “-” for standard input")
        }
        _ => given::unreadable(path, &e).into(),
    })?;
    let secret = Secret::new(line.trim_end_matches(['\r', '\n']).to_owned());
    line.zeroize();
    Ok(secret)
}
