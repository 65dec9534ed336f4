//! Running a program as a test sees it.

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use wait_timeout::ChildExt;

/// How long a program may run unless the test says otherwise: long enough for
/// a loaded machine, shorter than the test runner's own limit.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// A program with its arguments. Every failure panics with the command, the
/// folder it ran in, and everything it wrote.
#[derive(Debug)]
pub struct Program {
    program: OsString,
    args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    dir: Option<PathBuf>,
    stdin: Vec<u8>,
    deadline: Duration,
}

/// What a program left when it ended.
#[derive(Debug)]
pub struct Finished {
    /// The exit code; `None` where a signal ended it.
    pub code: Option<i32>,
    /// What it wrote to standard output, read as UTF-8.
    pub stdout: String,
    /// What it wrote to standard error, read as UTF-8.
    pub stderr: String,
}

impl Program {
    /// A program from the search path, or a path to one.
    #[must_use]
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        Self {
            program: program.as_ref().to_owned(),
            args: Vec::new(),
            env: Vec::new(),
            dir: None,
            stdin: Vec::new(),
            deadline: DEADLINE,
        }
    }

    /// A binary of this workspace, from the folder this test was built into.
    ///
    /// # Panics
    /// When it has not been built.
    #[must_use]
    pub fn built(name: &str) -> Self {
        Self::new(Self::path_of_built(name))
    }

    /// Where such a binary lies. `KITH_BIN` names another `kith`, so that one that
    /// was built with optimisation can be measured.
    ///
    /// # Panics
    /// When it has not been built.
    #[must_use]
    pub fn path_of_built(name: &str) -> PathBuf {
        if let Some(other) = std::env::var_os("KITH_BIN").filter(|_| name == "kith") {
            return other.into();
        }
        let test = std::env::current_exe().expect("the path of this test");
        // target/<profile>/deps/<test> → target/<profile>/<name>
        let binary = test
            .parent()
            .and_then(Path::parent)
            .expect("a target folder")
            .join(name);
        assert!(
            binary.exists(),
            "{} is not built: run `cargo build --workspace --bins` first",
            binary.display()
        );
        binary
    }

    /// Adds one argument.
    #[must_use]
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<I: IntoIterator<Item: AsRef<OsStr>>>(mut self, args: I) -> Self {
        self.args
            .extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// Sets one environment variable.
    #[must_use]
    pub fn env(mut self, key: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.env
            .push((key.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Runs in this folder instead of the test's own.
    #[must_use]
    pub fn dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.dir = Some(dir.into());
        self
    }

    /// What the program reads from standard input; nothing by default.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// Ends the program, and fails the test, after this long.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Runs it to its end, whatever the exit code.
    ///
    /// # Panics
    /// When it can't be started or doesn't end before the deadline.
    #[must_use]
    pub fn run(&self) -> Finished {
        let mut child = match self.command().spawn() {
            Ok(child) => child,
            Err(error) => panic!(
                "{}",
                self.report(&format!("could not be started: {error}"), None)
            ),
        };
        // Each pipe has its own thread: a program that fills one of them must
        // not wait for us while we wait for it.
        let input = child.stdin.take();
        let bytes = self.stdin.clone();
        let feed = thread::spawn(move || {
            // A program may end without reading its input.
            let _ = input.map(|mut pipe| pipe.write_all(&bytes));
        });
        let stdout = collect(child.stdout.take());
        let stderr = collect(child.stderr.take());
        let status = child
            .wait_timeout(self.deadline)
            .expect("waiting for a child");
        if status.is_none() {
            end(&mut child);
        }
        let finished = Finished {
            code: status.and_then(|status| status.code()),
            stdout: stdout.join().expect("reading standard output"),
            stderr: stderr.join().expect("reading standard error"),
        };
        feed.join().expect("writing standard input");
        if status.is_none() {
            let what = format!("did not end within {:?}", self.deadline);
            panic!("{}", self.report(&what, Some(&finished)));
        }
        finished
    }

    /// Runs it and demands exit code 0.
    ///
    /// # Panics
    /// On any other end.
    pub fn ok(&self) -> Finished {
        self.code(0)
    }

    /// Runs it and demands this exit code.
    ///
    /// # Panics
    /// On any other end.
    pub fn code(&self, code: i32) -> Finished {
        let finished = self.run();
        if finished.code != Some(code) {
            let seen = finished.code.map_or_else(
                || "ended by a signal".to_owned(),
                |seen| format!("exit code {seen}"),
            );
            let what = format!("{seen}, expected {code}");
            panic!("{}", self.report(&what, Some(&finished)));
        }
        finished
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(&self.args)
            .envs(self.env.iter().map(|(key, value)| (key, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(dir) = &self.dir {
            command.current_dir(dir);
        }
        command
    }

    fn report(&self, what: &str, finished: Option<&Finished>) -> String {
        let line = "=".repeat(79);
        let mut text = format!("\n{line}\n{what}\n\ncommand: {}", self.program.display());
        for arg in &self.args {
            let _ = write!(text, " {:?}", arg.to_string_lossy());
        }
        let dir = self
            .dir
            .clone()
            .or_else(|| std::env::current_dir().ok())
            .unwrap_or_default();
        let _ = write!(text, "\nfolder: {}", dir.display());
        for (key, value) in &self.env {
            let _ = write!(text, "\nenvironment: {}={}", key.display(), value.display());
        }
        if let Some(finished) = finished {
            let _ = write!(
                text,
                "\n\nstandard output:\n{}\nstandard error:\n{}",
                finished.stdout, finished.stderr
            );
        }
        text + "\n" + &line
    }
}

fn collect(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What came before a broken pipe is still worth showing.
        let _ = pipe.map(|mut pipe| pipe.read_to_end(&mut bytes));
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

fn end(child: &mut Child) {
    // Already gone is as good as killed.
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(run: impl FnOnce() + std::panic::UnwindSafe) -> String {
        let panic = std::panic::catch_unwind(run).expect_err("must fail");
        panic.downcast_ref::<String>().expect("a message").clone()
    }

    #[test]
    fn output_and_input_pass_through() {
        let seen = Program::new("cat").stdin("hello").ok();
        assert_eq!(seen.stdout, "hello");
        let seen = Program::new("sh")
            .args(["-c", "echo $A >&2; exit 3"])
            .env("A", "b")
            .code(3);
        assert_eq!(seen.stderr, "b\n");
    }

    #[test]
    fn a_failure_shows_command_folder_and_output() {
        let text = message(|| {
            Program::new("sh")
                .args(["-c", "echo out; echo err >&2; exit 7"])
                .dir("/")
                .ok();
        });
        for part in [
            "exit code 7, expected 0",
            "sh \"-c\"",
            "folder: /\n",
            "out\n",
            "err\n",
        ] {
            assert!(text.contains(part), "{part:?} is missing in {text}");
        }
    }

    #[test]
    fn a_program_that_hangs_is_ended_and_its_output_shown() {
        let text = message(|| {
            let _ = Program::new("sh")
                .args(["-c", "echo before; exec tail -f /dev/null"])
                .deadline(Duration::from_millis(300))
                .run();
        });
        assert!(text.contains("did not end within 300ms"), "{text}");
        assert!(text.contains("before"), "{text}");
    }

    #[test]
    fn large_output_does_not_block() {
        let seen = Program::new("sh")
            .args(["-c", "head -c 1000000 /dev/zero | tee /dev/stderr"])
            .ok();
        assert_eq!(
            (seen.stdout.len(), seen.stderr.len()),
            (1_000_000, 1_000_000)
        );
    }

    #[test]
    fn a_missing_program_is_named() {
        let text = message(|| {
            let _ = Program::new("kith-no-such-program").run();
        });
        assert!(text.contains("could not be started"), "{text}");
    }
}
