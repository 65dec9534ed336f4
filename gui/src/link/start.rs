//! Starting the node: `kith init` and `kith up`. The passphrase goes through a
//! pipe, never through an argument or the environment.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use kith_api::{ApiError, Code, Secret, place};
use thiserror::Error;

use crate::downloads;
use crate::state::Begin;
use crate::state::first::Paper;
use crate::state::keep::What;

/// Why there is no node.
#[derive(Debug, Error)]
pub(crate) enum Fault {
    /// The passphrase is missing or wrong.
    #[error("the passphrase doesn’t fit")]
    Passphrase,
    /// `kith` isn't installed, or can't be run.
    #[error("the program “{path}” can’t be started: {error}")]
    Program {
        /// What was tried.
        path: String,
        /// What the system says.
        error: io::Error,
    },
    /// It said why not, in words alone.
    #[error("{0}")]
    Said(String),
    /// It said why not, with a code.
    #[error("{}", crate::state::said(.0))]
    Refused(ApiError),
}

/// A profile's folder, and the program that runs it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    folder: PathBuf,
    program: PathBuf,
}

/// What is read of a program's complaint, in bytes.
const COMPLAINT: u64 = 4096;
/// What is shown of it, in characters.
const LONGEST_COMPLAINT: usize = 300;

impl Place {
    pub(super) const fn new(folder: PathBuf, program: PathBuf) -> Self {
        Self { folder, program }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn socket(&self) -> PathBuf {
        place::socket(&self.folder)
    }

    fn command(&self, passphrase: Option<&Secret>) -> Command {
        let mut command = Command::new(&self.program);
        // A folder, whatever it is called.
        command.arg("--profile").arg(&self.folder);
        command.args(["--passphrase-file", "-"]);
        command.stdin(match passphrase {
            Some(_) => Stdio::piped(),
            None => Stdio::null(),
        });
        command
    }

    fn broken(&self, error: io::Error) -> Fault {
        let path = self.program.display().to_string();
        Fault::Program { path, error }
    }

    fn spawn(&self, mut command: Command, passphrase: Option<&Secret>) -> Result<Child, Fault> {
        let mut child = command.spawn().map_err(|e| self.broken(e))?;
        if let (Some(secret), Some(mut pipe)) = (passphrase, child.stdin.take()) {
            // A program that doesn't read it has failed and says why itself.
            let _ = pipe.write_all(secret.expose().as_bytes());
            let _ = pipe.write_all(b"\n");
        }
        Ok(child)
    }

    /// Makes the profile, and says where a recovery sheet was written with it.
    pub(super) fn create(&self, begin: &Begin) -> Result<Option<PathBuf>, Fault> {
        let passphrase = begin.passphrase();
        let mut command = self.command(passphrase);
        command.arg("--json");
        // Its name is made only if nothing is there; the program sees to that again.
        let paper = || downloads::place(What::Sheet.file()).map_err(|e| Fault::Said(e.to_string()));
        let mut sheet = None;
        match begin {
            Begin::New(name, _, paper_too) => {
                command.arg("init");
                if passphrase.is_none() {
                    command.arg("--keyring");
                }
                if *paper_too == Paper::Now {
                    let path = sheet.insert(paper()?);
                    command.arg("--recovery-sheet").arg(path);
                }
                command.arg("--").arg(name);
            }
            Begin::Restored(file, _) => {
                command.arg("restore").arg("--").arg(file);
            }
            Begin::Recovered {
                sheet: old,
                from,
                name,
                ..
            } => {
                let new = sheet.insert(paper()?);
                command.arg("recover").arg("--sheet").arg(old);
                command.arg("--new-sheet").arg(new);
                if let Some(name) = name {
                    command.arg(format!("--name={name}"));
                }
                command.arg("--").arg(from);
            }
        }
        self.carry_out(command, passphrase).map(|()| sheet)
    }

    /// Writes a new recovery sheet to this file (ID-6). Its secret is made and
    /// kept by the program that writes it, and never comes here.
    pub(crate) fn sheet(&self, path: &Path) -> Result<(), Fault> {
        let mut command = self.command(None);
        command.args(["--json", "id", "--recovery-sheet"]).arg(path);
        self.carry_out(command, None)
    }

    fn carry_out(&self, mut command: Command, passphrase: Option<&Secret>) -> Result<(), Fault> {
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = self.spawn(command, passphrase)?;
        let mut said = String::new();
        if let Some(pipe) = child.stderr.take() {
            let _ = pipe.take(COMPLAINT).read_to_string(&mut said);
        }
        match child.wait() {
            Ok(status) if status.success() => Ok(()),
            Ok(_) => Err(complaint(&said)),
            Err(error) => Err(self.broken(error)),
        }
    }

    /// Runs the node and returns once it is ready. It outlives this program.
    pub(super) fn run(&self, passphrase: Option<&Secret>) -> Result<(), Fault> {
        let log = self.folder.join("node.log");
        let mut command = self.command(passphrase);
        command
            .args(["--json", "up"])
            .stdout(Stdio::piped())
            .stderr(match private(&log) {
                Ok(file) => Stdio::from(file),
                Err(_) => Stdio::null(),
            })
            // Ctrl-C in the terminal that this program came from is not for it.
            .process_group(0);
        let mut child = self.spawn(command, passphrase)?;
        let mut line = String::new();
        if let Some(pipe) = child.stdout.take() {
            let _ = BufReader::new(pipe.take(COMPLAINT)).read_line(&mut line);
        }
        if line.contains("\"ready\"") {
            // Somebody has to hear of its end.
            thread::spawn(move || child.wait());
            return Ok(());
        }
        let status = child.wait();
        let code = status.ok().and_then(|s| s.code());
        if code == Some(i32::from(Code::WrongPassphrase.exit_status())) {
            return Err(Fault::Passphrase);
        }
        let said = fs::read_to_string(&log).unwrap_or_default();
        Err(complaint(&said))
    }
}

fn private(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
}

/// What a program wrote to standard error: with `--json` an object, else a line.
fn complaint(said: &str) -> Fault {
    let lines = || said.lines().map(str::trim).filter(|l| !l.is_empty());
    let short = |words: &str| words.chars().take(LONGEST_COMPLAINT).collect();
    let error = lines().find_map(|l| serde_json::from_str::<ApiError>(l).ok());
    match (error, lines().next()) {
        (Some(error), _) => Fault::Refused(ApiError {
            message: short(&error.message),
            hint: error.hint.as_deref().map(short),
            ..error
        }),
        (None, Some(line)) => Fault::Said(short(line.trim_start_matches("kith: "))),
        (None, None) => Fault::Said("the program ended without saying why".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_is_one_sentence() {
        let complaint = |said: &str| complaint(said).to_string();
        assert_eq!(
            complaint("\nkith: no room left\n      free some\n"),
            "no room left"
        );
        let json = r#"{"code":"storage","message":"no room left","hint":"free some"}"#;
        assert_eq!(complaint(json), "no room left – free some");
        assert!(!complaint("").is_empty());
        assert_eq!(complaint(&"x".repeat(9999)).len(), LONGEST_COMPLAINT);
    }
}
