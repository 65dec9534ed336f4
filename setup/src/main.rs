//! `cargo demo`: looks first whether this machine has what the build needs, so
//! that nobody waits for minutes to read about a missing compiler; then builds
//! the program, with cargo's own progress, and runs `kith demo` with the
//! arguments it was given.
//!
//! It is the build that `tests/run` makes too, where what counts (codec,
//! cryptography) is optimised. A release would take twice as long, and the
//! demonstration not be quicker for it: it waits for people's pauses.
//!
//! Nothing is installed without a yes on the terminal.
#![forbid(unsafe_code)]

use std::io::{IsTerminal, Write};
use std::process::{Command, ExitCode, Stdio};

/// Something outside Rust that the build or the demonstration uses.
struct Need {
    /// A command that succeeds where it is there.
    probe: &'static [&'static str],
    /// The Debian package that brings it.
    package: &'static str,
    /// What is lost without it; `None`: the build fails.
    otherwise: Option<&'static str>,
}

const NEEDS: &[Need] = &[
    Need {
        probe: &["cc", "--version"],
        package: "gcc",
        otherwise: None,
    },
    // OpenH264, which sends film, is C++.
    Need {
        probe: &["c++", "--version"],
        package: "g++",
        otherwise: None,
    },
    // OpenSSL, below the encrypted database, is built by make and perl, and
    // uses more of perl than Debian's smallest system has.
    Need {
        probe: &["make", "--version"],
        package: "make",
        otherwise: None,
    },
    Need {
        probe: &[
            "perl",
            "-MFindBin",
            "-MIPC::Cmd",
            "-MFile::Compare",
            "-e",
            "1",
        ],
        package: "perl",
        otherwise: None,
    },
    Need {
        probe: &["nasm", "-v"],
        package: "nasm",
        otherwise: Some("film is encoded and decoded slowly"),
    },
    Need {
        probe: &["Xvfb", "-help"],
        package: "xvfb",
        otherwise: Some(TOY),
    },
    Need {
        probe: &["xterm", "-version"],
        package: "xterm",
        otherwise: Some(TOY),
    },
    Need {
        probe: &["openbox", "--version"],
        package: "openbox",
        otherwise: Some("the application is shared without a window manager"),
    },
    Need {
        probe: &["ip", "-V"],
        package: "iproute2",
        otherwise: Some("the two meet by an invite alone, not by mDNS too"),
    },
];

const TOY: &str = "a toy desktop is shared instead of a real application";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut missing: Vec<&Need> = NEEDS.iter().filter(|n| !is_there(n.probe)).collect();
    if !missing.is_empty() {
        say("This machine lacks something:");
        for need in &missing {
            let loss = need.otherwise.unwrap_or("the build fails without it");
            say(&format!("  {:<8} {loss}", need.package));
        }
        let packages: Vec<&str> = missing.iter().map(|n| n.package).collect();
        if install(&packages) {
            missing.retain(|n| !is_there(n.probe));
        }
    }
    if missing.iter().any(|n| n.otherwise.is_none()) {
        say("Nothing was built. Install these, then run this again.");
        return ExitCode::from(2);
    }
    build_and_run(&arguments)
}

fn is_there(probe: &[&str]) -> bool {
    let Some((program, arguments)) = probe.split_first() else {
        return false;
    };
    // Whether it starts is the question. Only perl's answer counts beyond
    // that: some of the others end with an error when asked for their version.
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|s| s.success() || *program != "perl")
}

/// Says how to install `packages` on Debian and its kin, and does it after a
/// yes. True if it was done.
fn install(packages: &[&str]) -> bool {
    if !is_there(&["apt-get", "--version"]) {
        return false;
    }
    let root = Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|o| o.stdout.trim_ascii() == b"0");
    let mut line: Vec<&str> = if root { Vec::new() } else { vec!["sudo"] };
    line.extend(["apt-get", "install", "--no-install-recommends"]);
    line.extend(packages);
    say(&format!("On Debian: {}", line.join(" ")));
    let asked = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    if !asked || (!root && !is_there(&["sudo", "--version"])) {
        return false;
    }
    let mut err = std::io::stderr();
    let _ = write!(err, "Shall I run that now? [y/N] ");
    let _ = err.flush();
    let mut answer = String::new();
    let _ = std::io::stdin().read_line(&mut answer);
    if !matches!(answer.trim(), "y" | "Y" | "yes") {
        return false;
    }
    line.first().is_some_and(|first| {
        Command::new(first)
            .args(line.iter().skip(1))
            .arg("--yes")
            .status()
            .is_ok_and(|s| s.success())
    })
}

fn build_and_run(arguments: &[String]) -> ExitCode {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    say("Building the program: some minutes the first time.");
    // `cargo run` builds, starts the program from where it was put, and passes
    // on its exit status. Everything it says of itself goes to standard error.
    let mut run = Command::new(cargo);
    run.args(["run", "--package", "kith", "--bin", "kith", "--", "demo"])
        .args(arguments);
    become_it(run)
}

/// Nothing of this program is left beside cargo: whoever ends the one process
/// that there is ends the demonstration.
#[cfg(unix)]
fn become_it(mut run: Command) -> ExitCode {
    use std::os::unix::process::CommandExt as _;
    let e = run.exec();
    say(&format!("cargo can't be started: {e}"));
    ExitCode::from(2)
}

#[cfg(not(unix))]
fn become_it(mut run: Command) -> ExitCode {
    match run.status() {
        Ok(status) => ExitCode::from(
            status
                .code()
                .and_then(|c| u8::try_from(c).ok())
                .unwrap_or(1),
        ),
        Err(e) => {
            say(&format!("cargo can't be started: {e}"));
            ExitCode::from(2)
        }
    }
}

/// Standard output belongs to the demonstration (`--json`).
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
