//! The keyring of the desktop keeps the key to a profile (rule R11, ID-7): a
//! real Secret Service on a bus of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a failed helper is a failed test

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use kith_tests::{Bus, Finished, PATIENCE, Program, Scratch};

/// A process that ends with its test.
struct Ends(Child);

impl Drop for Ends {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Somebody's session: a home, a bus, and a keyring while it runs.
struct Session<'a> {
    home: &'a Path,
    bus: Bus,
    keyring: Option<Ends>,
}

impl<'a> Session<'a> {
    fn begin(home: &'a Path) -> Self {
        Self {
            home,
            bus: Bus::begin(home),
            keyring: None,
        }
    }

    /// Starts the keyring: opened by the password of a login, or locked.
    fn log_in(&mut self, password: Option<&str>) {
        self.keyring = None;
        let mut keyring = Command::new("gnome-keyring-daemon")
            .args(["--foreground", "--components=secrets"])
            .args(password.map(|_| "--unlock"))
            .env("HOME", self.home)
            .env("XDG_DATA_HOME", self.home.join("data"))
            .env("XDG_RUNTIME_DIR", self.home)
            .env("DBUS_SESSION_BUS_ADDRESS", self.bus.address())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("gnome-keyring-daemon is there");
        let mut typed = keyring.stdin.take().unwrap();
        typed
            .write_all(password.unwrap_or_default().as_bytes())
            .unwrap();
        drop(typed);
        self.keyring = Some(Ends(keyring));
    }

    fn kith(&self, args: &[&str]) -> Program {
        Program::built("kith")
            .env("DBUS_SESSION_BUS_ADDRESS", self.bus.address())
            .args(["--profile"])
            .arg(self.home.join("anna"))
            .args(args)
            .deadline(3 * PATIENCE)
    }

    /// Runs the node until it says that it is there, or ends: whether it is.
    fn up(&self) -> Option<Ends> {
        let mut node = Command::new(Program::path_of_built("kith"))
            .env("DBUS_SESSION_BUS_ADDRESS", self.bus.address())
            .arg("--profile")
            .arg(self.home.join("anna"))
            .args(["--json", "up", "--loopback", "--no-mdns"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut said = BufReader::new(node.stdout.take().unwrap());
        said.read_line(&mut line).unwrap();
        let node = Ends(node);
        line.contains("ready").then_some(node)
    }

    /// Does what a person would do again until the keyring has come up.
    fn once_it_is_there(&self, args: &[&str]) {
        let begun = Instant::now();
        loop {
            let done = self.kith(args).run();
            match done.code {
                Some(0) => return,
                Some(11) if begun.elapsed() < PATIENCE => {}
                _ => panic!("{done:?}"),
            }
        }
    }

    /// What the node says when it doesn't start, once the keyring is there.
    fn refusal(&self) -> Finished {
        let begun = Instant::now();
        loop {
            let done = self.kith(&["up", "--loopback", "--no-mdns"]).run();
            if done.code != Some(11) || begun.elapsed() > PATIENCE {
                return done;
            }
        }
    }
}

/// Whatever hinders reaching the bus of the session is said in the same words.
#[test]
fn no_bus() {
    let folder = Scratch::new("no-bus");
    let nobody = folder.path().join("nobody");
    // A socket on which nobody listens any more.
    drop(UnixListener::bind(&nobody).unwrap());
    let missing = folder.path().join("missing");
    for address in [&nobody, &missing].map(|p| format!("unix:path={}", p.display())) {
        let refused = Program::built("kith")
            .env("DBUS_SESSION_BUS_ADDRESS", &address)
            .arg("--profile")
            .arg(folder.path().join("anna"))
            .args(["init", "Anna", "--keyring"])
            .code(11);
        let said = refused.stderr;
        assert!(
            said.contains("there is no keyring in this session"),
            "{said}"
        );
        assert!(!folder.path().join("anna").exists());
    }
}

#[test]
fn the_keyring_keeps_the_key() {
    let folder = Scratch::new("keyring");
    let mut session = Session::begin(folder.path());
    let make = ["init", "Anna", "--keyring"];
    // No keyring: it is said so, and nothing is made.
    let refused = session.kith(&make).code(11);
    assert!(refused.stderr.contains("no keyring"), "{}", refused.stderr);
    assert!(!folder.path().join("anna").exists());

    session.log_in(Some("words of the login"));
    session.once_it_is_there(&make);
    let node = session.up().expect("it needs no passphrase");
    let told = session.kith(&["status"]).ok();
    assert!(told.stdout.contains("your keyring"), "{}", told.stdout);
    // It locks, and opens without a word.
    session.kith(&["lock"]).ok();
    session.kith(&["id"]).code(9);
    session.kith(&["lock", "--open"]).ok();
    session.kith(&["id"]).ok();
    // While it runs nothing is changed under it.
    session.kith(&["passphrase", "--none"]).code(8);
    session.kith(&["down"]).ok();
    drop(node);

    // Without the keyring nothing opens it, and nothing is lost.
    session.keyring = None;
    assert!(session.up().is_none());
    let refused = session.kith(&["up", "--loopback", "--no-mdns"]).code(11);
    assert!(refused.stderr.contains("no keyring"), "{}", refused.stderr);

    // Nor while it is locked and nobody opens it.
    session.log_in(None);
    let refused = session.refusal();
    assert_eq!(refused.code, Some(8), "{refused:?}");
    assert!(
        refused.stderr.contains("stayed locked"),
        "{}",
        refused.stderr
    );

    // To a passphrase; then the keyring has nothing of it any more.
    let words = folder.path().join("words");
    fs::write(&words, "four unusual words here\n").unwrap();
    session.log_in(Some("words of the login"));
    let words = words.to_str().unwrap();
    let change = ["passphrase", "--new-file", words];
    session.once_it_is_there(&change);
    session.kith(&["up"]).code(3);
    let back = ["passphrase", "--keyring", "--passphrase-file", words];
    session.kith(&back).ok();
    session.kith(&["passphrase", "--none"]).ok();
    session.keyring = None;
    assert!(session.up().is_some(), "it is under nothing now");
}
