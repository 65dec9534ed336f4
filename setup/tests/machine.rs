//! A machine without a compiler is told so before anything is built.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

use std::process::{Command, Stdio};

#[test]
fn a_bare_machine_is_told_what_to_install() {
    let out = Command::new(env!("CARGO_BIN_EXE_kith-setup"))
        .arg("--json")
        .env("PATH", "/nonexistent")
        .env("CARGO", "/nonexistent/cargo")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8(out.stderr).unwrap();
    assert_eq!(out.status.code(), Some(2), "{said}");
    for package in ["gcc", "g++", "make", "perl"] {
        let line = said
            .lines()
            .find(|l| l.split_whitespace().next() == Some(package));
        assert!(
            line.is_some_and(|l| l.contains("the build fails")),
            "{package}: {said}"
        );
    }
    // What makes it better is named too, with what is lost without it.
    for package in ["nasm", "xvfb", "xterm", "openbox", "iproute2"] {
        let named = |l: &str| l.split_whitespace().next() == Some(package);
        assert!(said.lines().any(named), "{package}: {said}");
    }
    assert!(said.contains("Nothing was built"), "{said}");
    // Programs that read the demonstration's data are not disturbed.
    assert!(out.stdout.is_empty());
}
