//! Where no window can be opened, every program that would says what is missing
//! and what to do, instead of a backtrace (UI-6, ENV-3).
#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a panic here is a failed test"
)]

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use kith_api::{Request, ShareCase, ShareLevel, SharePhase, ShareRequest, ShareShow, ShareWhat};
use kith_tests::shares::{share, wait_for};
use kith_tests::{Person, Program, Scratch, Screen};

/// A display number that no server of these tests takes.
const NOBODY: &str = ":59123";

/// The programs that open a window, as they are started.
fn programs() -> [Command; 2] {
    let mut gui = Command::new(Program::path_of_built("kith-gui"));
    // It must say so before it looks for a profile.
    gui.args(["--profile", "/nowhere/at/all"]);
    let mut view = Command::new(Program::path_of_built("kith"));
    let (socket, node) = UnixStream::pair().unwrap();
    // A node that has gone; a window would still be opened.
    drop(node);
    view.arg("view").stdin(Stdio::from(OwnedFd::from(socket)));
    [gui, view]
}

/// Each program, in this environment: it fails with words that have all of
/// `says`, and without a backtrace.
fn each_says(set: &[(&str, &str)], says: &[&str]) {
    for mut program in programs() {
        for gone in ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"] {
            program.env_remove(gone);
        }
        program.envs(set.iter().copied()).env("RUST_BACKTRACE", "1");
        let Output { status, stderr, .. } = program.output().unwrap();
        let said = String::from_utf8_lossy(&stderr);
        let code = status.code();
        assert!(
            code.is_some_and(|c| c != 0 && c != 101),
            "{program:?}: {status}: {said}"
        );
        assert!(!said.contains("panicked"), "{program:?}: {said}");
        for words in says {
            assert!(said.contains(words), "{program:?}: {words:?} in: {said}");
        }
    }
}

/// A folder in which the library is found first, and is none.
fn hidden(library: &str) -> Scratch {
    let folder = Scratch::new("hidden");
    let names = [format!("{library}.so.0"), format!("{library}.so")];
    for name in names {
        std::fs::write(folder.path().join(name), "no library").unwrap();
    }
    folder
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of this test")
}

#[test]
fn without_a_display_it_is_said_that_there_is_none() {
    each_says(&[], &["there is no display", "DISPLAY", "desktop session"]);
    each_says(&[("DISPLAY", "")], &["there is no display"]);
    each_says(
        &[("WAYLAND_DISPLAY", "wayland-0")],
        &["Wayland session has no X11 display", "xwayland"],
    );
}

#[test]
fn a_display_where_nobody_listens_is_named() {
    each_says(&[("DISPLAY", NOBODY)], &[NOBODY, "XAUTHORITY"]);
}

#[test]
fn a_library_that_is_missing_is_named_with_its_package() {
    let screen = Screen::bare(640, 480);
    let folder = hidden("libxkbcommon-x11");
    each_says(
        &[
            ("DISPLAY", screen.name()),
            ("LD_LIBRARY_PATH", text(folder.path())),
        ],
        &[
            "libxkbcommon-x11.so.0 is missing",
            "apt install libxkbcommon-x11-0",
        ],
    );
}

/// Whoever shows something is told that the other side has no way to show it, and
/// nothing goes on as if it were seen.
#[test]
fn who_shows_is_told_that_the_other_side_could_not_show_it() {
    let folder = Scratch::new("not-shown");
    let bens = Screen::bare(640, 480);
    let mut anna = Person::new("Anna", folder.path());
    let mut ben = Person::new("Ben", folder.path());
    ben.sit_at(bens.name());
    anna.up();
    ben.up();
    anna.meet(&mut ben);
    let join = ShareRequest::Join {
        who: "Anna".into(),
        level: ShareLevel::View,
        show: ShareShow::Window,
        case: ShareCase::default(),
    };
    share(&mut ben, join);
    wait_for(&mut anna, "a request", SharePhase::Asked);
    // Ben's screen goes before his window comes.
    drop(bens);
    let allow = ShareRequest::Allow {
        which: "Ben".into(),
        what: Some(ShareWhat::Synthetic),
        show: ShareShow::default(),
    };
    let told = anna.try_ask(Request::Share(allow)).unwrap_err().to_string();
    assert!(told.contains("the other side couldn’t show it"), "{told}");
    wait_for(&mut anna, "the end", SharePhase::Over);
    wait_for(&mut ben, "the end", SharePhase::Over);
}
