//! `--vnc`: a share in an ordinary VNC viewer, between real processes
//! (SHARE-6).
#![allow(clippy::unwrap_used, clippy::panic)] // a failed helper is a failed test

#[path = "../../node/view/tests/common/vnc.rs"]
mod vnc;

use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use kith_api::{ControlChange, Event, Request, ShareInfo, SharePhase, ShareRequest};
use kith_codec::geometry::Size;
use kith_codec::synthetic::Desktop;
use kith_tests::{Person, Program, Scratch};
use vnc::Client;

/// `kith … --vnc` of somebody, running.
struct Bridge(Child);

impl Drop for Bridge {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Bridge {
    fn new(person: &Person, args: &[&str]) -> Self {
        let child = Command::new(Program::path_of_built("kith"))
            .arg("--profile")
            .arg(person.profile())
            .arg("--json")
            .args(args)
            .arg("--vnc")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self(child)
    }

    /// Where it listens and for whom, once the share has begun.
    fn told(&mut self) -> (u16, String) {
        let mut line = String::new();
        let out = self.0.stdout.take().unwrap();
        BufReader::new(out).read_line(&mut line).unwrap();
        let told: serde_json::Value = serde_json::from_str(&line).unwrap();
        let bridge = &told["bridge"];
        assert_eq!(bridge["host"], "127.0.0.1");
        (
            bridge["port"].as_u64().unwrap().try_into().unwrap(),
            bridge["password"].as_str().unwrap().to_owned(),
        )
    }
}

fn wait_for(person: &mut Person, what: &str, is_it: impl Fn(&ShareInfo) -> bool) {
    person.wait(what, |e| matches!(e, Event::Share(info) if is_it(info)));
}

/// Ben asks to see and to help, with his own VNC viewer: it shows Anna's
/// picture to the pixel, his key arrives, and the end of the viewer is the end
/// of the share.
#[test]
fn a_vnc_viewer_sees_and_controls() {
    let folder = Scratch::new("bridge");
    let mut anna = Person::new("Anna", folder.path());
    let mut ben = Person::new("Ben", folder.path());
    anna.up();
    ben.up();
    anna.meet(&mut ben);

    let mut bridge = Bridge::new(&ben, &["join", "Anna"]);
    wait_for(&mut anna, "a request", |s| s.phase == SharePhase::Asked);
    anna.kith(&["allow", "Ben", "--synthetic"]).ok();
    let (port, password) = bridge.told();
    // Nothing is left of how the share came there.
    let left = std::fs::read_dir(ben.profile()).unwrap();
    let names = left.map(|f| f.unwrap().file_name().into_string().unwrap());
    assert_eq!(names.filter(|n| n.starts_with("vnc-")).count(), 0);

    assert!(Client::new(port, "abcdefgh").is_none());
    let mut client = Client::new(port, &password).unwrap();
    // One connection, though the password is known.
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    let mut desktop = Desktop::new(Size::new(640, 400).unwrap(), 1);
    client.shows(desktop.picture());

    ben.ask(Request::Share(ShareRequest::Control {
        which: "Anna".into(),
        change: ControlChange::Ask,
    }));
    wait_for(&mut anna, "the wish", |s| {
        s.phase == SharePhase::RunningAsked
    });
    anna.kith(&["allow", "Ben"]).ok();
    client.until("control", |c| c.name.ends_with("You control"));
    client.send(&[4, 1, 0, 0, 0, 0, 0, b'k']);
    client.send(&[4, 0, 0, 0, 0, 0, 0, b'k']);
    desktop.type_char('k');
    client.shows(desktop.picture());

    drop(client);
    wait_for(&mut anna, "the end", |s| s.phase == SharePhase::Over);
    assert!(bridge.0.wait().unwrap().success());
}

/// Anna invites, Ben takes part by bridge; she ends it, and it ends. Before
/// that, one that is declined says so.
#[test]
fn an_invitation_goes_to_a_vnc_viewer_too() {
    let folder = Scratch::new("bridge-invited");
    let mut anna = Person::new("Anna", folder.path());
    let mut ben = Person::new("Ben", folder.path());
    anna.up();
    ben.up();
    anna.meet(&mut ben);

    let mut refused = Bridge::new(&ben, &["join", "Anna"]);
    wait_for(&mut anna, "a request", |s| s.phase == SharePhase::Asked);
    anna.kith(&["deny", "Ben"]).ok();
    assert!(!refused.0.wait().unwrap().success());

    anna.kith(&["share", "Ben", "--synthetic"]).ok();
    wait_for(&mut ben, "an invitation", |s| s.phase == SharePhase::Asked);
    ben.kith(&["config", "language", "de"]).ok();
    let mut bridge = Bridge::new(&ben, &["allow", "Anna"]);
    let (port, password) = bridge.told();
    let mut client = Client::new(port, &password).unwrap();
    client.shows(Desktop::new(Size::new(640, 400).unwrap(), 1).picture());
    client.until("the title", |c| c.name.ends_with("Kith: Sie sehen zu"));
    anna.kith(&["stop", "Ben"]).ok();
    assert!(bridge.0.wait().unwrap().success());
}
