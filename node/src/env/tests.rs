use std::path::PathBuf;

use kith_display::Lack;
use kith_proto::capability::{Impossible, Means, Screen, SessionKind, Sharer, possible};
use kith_proto::device::Live;
use kith_proto::id::{DeviceId, PersonId};
use kith_proto::keys::SigningKey;
use kith_proto::rights::{Right, Rights};
use kith_proto::technology::{HostedKind, Technology};
use kith_proto::time::Timestamp;

use super::system::{Fake, Process, X11};
use super::*;

const NOW: Timestamp = Timestamp::from_secs(1_790_000_000);

fn x11() -> X11 {
    X11 {
        screens: vec![Screen {
            width: 1920,
            height: 1080,
        }],
        ..X11::default()
    }
}

/// A desktop as most people have one.
fn desktop() -> Fake {
    let mut fake = Fake {
        x11: Some(x11()),
        processors: 4,
        ..Fake::default()
    };
    for (name, value) in [
        ("DISPLAY", ":0"),
        ("XDG_SESSION_TYPE", "x11"),
        ("XDG_RUNTIME_DIR", "/run/user/1000"),
    ] {
        fake.vars.insert(name.into(), value.into());
    }
    for (path, text) in [
        (
            "/etc/os-release",
            "NAME=Debian\nPRETTY_NAME=\"Debian GNU/Linux 13 (trixie)\"\n",
        ),
        ("/proc/sys/kernel/osrelease", "6.12.1\n"),
        (
            "/proc/meminfo",
            "MemTotal:       16318412 kB\nMemFree: 1 kB\n",
        ),
        (
            "/proc/cpuinfo",
            "processor\t: 0\nmodel name\t: A Fast One\n",
        ),
        ("/run/user/1000/pipewire-0", ""),
        ("/sys/class/net/lo/operstate", "unknown\n"),
        ("/sys/class/net/eth0/operstate", "up\n"),
        ("/sys/class/net/wlan0/operstate", "down\n"),
        ("/sys/class/net/wg0/operstate", "unknown\n"),
    ] {
        fake.files.insert(PathBuf::from(path), text.into());
    }
    fake
}

fn with(fake: Fake, vars: &[(&str, &str)]) -> Environment {
    let mut fake = fake;
    for (name, value) in vars {
        fake.vars.insert((*name).into(), (*value).into());
    }
    collect(&fake)
}

fn process(name: &str, args: &[&str]) -> Process {
    Process {
        name: name.into(),
        args: args.iter().map(|a| (*a).to_owned()).collect(),
    }
}

fn flag(env: &Environment, means: Means) -> Flag {
    flags(env).into_iter().find(|f| f.means == means).unwrap()
}

#[test]
fn a_desktop_is_described() {
    let env = collect(&desktop());
    assert_eq!(env.os.as_deref(), Some("Debian GNU/Linux 13 (trixie)"));
    assert_eq!(env.kernel.as_deref(), Some("6.12.1"));
    assert_eq!((env.session, env.display), (Session::Local, Display::X11));
    assert_eq!(env.memory_mib, Some(15_935));
    assert_eq!(env.processor.as_deref(), Some("A Fast One"));
    assert_eq!(env.audio, Some("pipewire"));
    let interfaces = [("eth0".to_owned(), "wired"), ("wg0".to_owned(), "tunnel")];
    assert_eq!(env.interfaces, interfaces);
    assert!(!env.supports_remote_users());
    let native = flag(&env, Means::Native);
    assert!(native.share.unwrap().contains(Right::Keyboard));
    assert!(native.join.is_ok());
}

/// DISC-7: with its cable pulled an interface keeps its address.
#[test]
fn a_pulled_cable_is_seen() {
    let with = |states: &[(&str, &str)]| {
        let mut fake = desktop();
        for (file, text) in states {
            let path = PathBuf::from("/sys/class/net").join(file);
            fake.files.insert(path, format!("{text}\n"));
        }
        collect(&fake)
    };
    let plugged = ("eth0/carrier", "1");
    assert_eq!(with(&[plugged]).cut_off(), None);
    let pulled = [("eth0/operstate", "down"), ("eth0/carrier", "0")];
    // A tunnel (wg0) goes over what is cut off.
    assert_eq!(with(&pulled).cut_off(), Some("eth0"));
    let wireless = ("wlan0/operstate", "up");
    assert_eq!(with(&[pulled[0], pulled[1], wireless]).cut_off(), None);
    // Switched off, or unknown: no cable is missing.
    assert_eq!(with(&pulled[..1]).cut_off(), None);
}

#[test]
fn each_kind_of_session_is_told() {
    let vnc_server = Fake {
        processes: vec![process("Xtigervnc", &[":1", "-rfbport", "5901"])],
        ..desktop()
    };
    let xrdp_server = Fake {
        processes: vec![process("Xorg", &[":10", "-config", "xrdp/xorg.conf"])],
        ..desktop()
    };
    let none = Fake {
        x11: None,
        ..desktop()
    };
    for (env, session, kind) in [
        (with(desktop(), &[]), Session::Local, SessionKind::Local),
        (
            with(desktop(), &[("XRDP_SESSION", "1"), ("DISPLAY", ":10")]),
            Session::Rdp,
            SessionKind::Rdp,
        ),
        (
            with(xrdp_server, &[("DISPLAY", ":10.0")]),
            Session::Rdp,
            SessionKind::Rdp,
        ),
        (
            with(vnc_server.clone(), &[("DISPLAY", ":1")]),
            Session::Vnc,
            SessionKind::Vnc,
        ),
        // Another display than the VNC server's.
        (
            with(vnc_server, &[("DISPLAY", ":0")]),
            Session::Local,
            SessionKind::Local,
        ),
        (
            with(
                desktop(),
                &[
                    ("SSH_CONNECTION", "10.0.0.1 1 10.0.0.2 22"),
                    ("DISPLAY", "localhost:10.0"),
                ],
            ),
            Session::Ssh,
            SessionKind::X11,
        ),
        (
            with(desktop(), &[("DISPLAY", "10.0.0.9:0")]),
            Session::X11,
            SessionKind::X11,
        ),
        (
            with(none.clone(), &[("SSH_TTY", "/dev/pts/0")]),
            Session::Ssh,
            SessionKind::Headless,
        ),
        (with(none, &[]), Session::Headless, SessionKind::Headless),
    ] {
        assert_eq!(
            (env.session, env.session_kind()),
            (session, kind),
            "{env:?}"
        );
    }
}

#[test]
fn what_stands_against_sharing_is_named() {
    let of = |fake: Fake| flag(&collect(&fake), Means::Native);
    let mut wayland = desktop();
    wayland
        .vars
        .insert("WAYLAND_DISPLAY".into(), "wayland-0".into());
    assert_eq!(of(wayland.clone()).share, Err(WhyNot::Wayland));
    assert!(of(wayland).join.is_ok());
    let none = Fake {
        x11: None,
        ..desktop()
    };
    assert_eq!(of(none.clone()).share, Err(WhyNot::NoScreen));
    assert_eq!(of(none).join, Err(WhyNot::NoScreen));
    let bare = Fake {
        no_window: Some(Lack::Display.into()),
        ..desktop()
    };
    assert_eq!(of(bare.clone()).join, Err(WhyNot::NoWindow));
    assert!(of(bare).share.is_ok(), "the screen needs no window");
    let lacking = |share: &[&str], control: &[&str]| Fake {
        x11: Some(X11 {
            lacks_to_share: share.iter().map(|s| (*s).to_owned()).collect(),
            lacks_to_control: control.iter().map(|s| (*s).to_owned()).collect(),
            ..x11()
        }),
        ..desktop()
    };
    assert_eq!(
        of(lacking(&["DAMAGE"], &[])).share,
        Err(WhyNot::DisplayLacks)
    );
    let view_only = of(lacking(&[], &["XTEST"])).share;
    assert_eq!(view_only, Ok(Rights::of(&[Right::View, Right::Pointing])));
}

#[test]
fn programs_and_servers_give_hosted_means() {
    let vnc = Means::Hosted(Technology::Vnc, HostedKind::Shadow);
    let bare = collect(&desktop());
    assert_eq!(flag(&bare, vnc).share, Err(WhyNot::NoServer));
    assert_eq!(flag(&bare, vnc).join, Err(WhyNot::NoViewer));
    let full = Fake {
        programs: ["vncviewer", "xfreerdp3", "x11vnc", "Xtigervnc", "xrdp"]
            .map(str::to_owned)
            .to_vec(),
        processes: vec![process("xrdp", &[])],
        ..desktop()
    };
    let mut listening = full.clone();
    listening.files.insert(
        PathBuf::from("/proc/net/tcp"),
        "  sl  local_address rem_address   st\n   0: 00000000:0D3D 00000000:0000 0A 0\n   1: \
         0100007F:170C 0100007F:1 01 0\n"
            .into(),
    );
    let env = collect(&full);
    assert!(env.supports_remote_users());
    assert!(flag(&env, vnc).share.is_ok() && flag(&env, vnc).join.is_ok());
    let runs = |env: &Environment, name: &str| {
        let s = env.servers.iter().find(|s| s.program == name).unwrap();
        s.listens
    };
    assert_eq!(runs(&env, "xrdp"), Listens::No);
    let env = collect(&listening);
    assert_eq!(runs(&env, "xrdp"), Listens::Yes);
    assert_eq!(runs(&env, "Xtigervnc"), Listens::No);
    // A server brings its own screen, or runs already: none is needed here; a
    // program that shows the screen needs one that can be shown.
    let mut wayland = Fake {
        programs: vec!["vncviewer".into(), "x11vnc".into()],
        ..desktop()
    };
    let name = "WAYLAND_DISPLAY".to_owned();
    wayland.vars.insert(name, "wayland-0".into());
    let share = |fake: &Fake| flag(&collect(fake), vnc).share;
    assert_eq!(share(&wayland), Err(WhyNot::Wayland));
    wayland.programs.pop();
    assert_eq!(share(&wayland), Err(WhyNot::NoServer));
    let runs = Fake {
        files: listening.files.clone(),
        ..wayland.clone()
    };
    assert!(share(&runs).is_err(), "nothing waits at a port of VNC");
    let mut runs = runs;
    runs.files.insert(
        PathBuf::from("/proc/net/tcp6"),
        "  sl  local_address rem_address   st\n   0: 00:1757 00:0000 0A 0\n".into(),
    );
    assert_eq!(share(&runs), flag(&env, vnc).share);
    let mut own = wayland.clone();
    own.programs.push("Xtigervnc".into());
    assert_eq!(share(&own), flag(&env, vnc).share);
    // The viewer's window is one of X11, whatever Kith's own lacks beside it.
    let join = |lack: Lack| {
        let fake = Fake {
            no_window: Some(lack.into()),
            ..wayland.clone()
        };
        let env = collect(&fake);
        let said = findings(&env).into_iter().map(|f| f.code);
        let said = said.filter(|c| c.ends_with("-vnc")).collect::<String>();
        (flag(&env, vnc).join.err(), said)
    };
    let (name, package) = ("libXi.so.6", "libxi6");
    assert_eq!(
        join(Lack::Library { name, package }),
        (None, "viewer-vnc".into())
    );
    let no = (Some(WhyNot::NoWindow), "no-window-for-vnc".into());
    assert_eq!(join(Lack::Xwayland), no);
    // Nothing is offered that Kith can't do, whatever is installed (CAP-2).
    let others = Means::all().filter(|m| ![Means::Native, vnc].contains(m));
    for means in others {
        let flag = flag(&env, means);
        let none = (Err(WhyNot::NotSupported), Err(WhyNot::NotSupported));
        assert_eq!((flag.share, flag.join), none, "{means:?}");
    }
}

/// CAP-1: the record that comes of it is one that others read, and what is
/// possible follows from both.
#[test]
fn the_record_is_signed_read_and_compared() {
    let record = |fake: &Fake, n: u8| {
        let key = SigningKey::from_seed(&[n; 32]);
        let device = DeviceId::from(key.public());
        let env = collect(fake);
        let c = capability(&env, PersonId::from_bytes([n; 32]), device, 7, NOW);
        let live = Live::sign(&c, &key).unwrap();
        let bytes = live.record().bytes().to_vec();
        let back =
            kith_proto::signed::Unverified::<kith_proto::capability::Capability>::parse(&bytes)
                .unwrap();
        let now = kith_proto::clock::JudgedTime::from_wall(NOW);
        let back = Live::check(back, &device, &c.person, &now).unwrap();
        assert_eq!(*back.get(), c);
        c
    };
    let none = Fake {
        x11: None,
        ..desktop()
    };
    let (screen, headless) = (record(&desktop(), 1), record(&none, 2));
    let ways = possible(&screen, &headless);
    let native = |sharer| {
        let way = ways
            .iter()
            .find(|w| w.means == Means::Native && w.sharer == sharer);
        way.unwrap().outcome
    };
    assert_eq!(native(Sharer::First), Err(Impossible::ViewerCannot));
    assert_eq!(native(Sharer::Second), Err(Impossible::SharerCannot));
    let other = record(&desktop(), 3);
    let ways = possible(&screen, &other);
    let native = ways.iter().find(|w| w.means == Means::Native).unwrap();
    assert!(native.outcome.unwrap().rights.contains(Right::Pointer));
}

#[test]
fn the_doctor_says_what_to_do() {
    let code = |fake: &Fake| -> Vec<String> {
        let said = findings(&collect(fake));
        said.iter().map(|f| f.code.clone()).collect()
    };
    let said = code(&desktop());
    for expected in [
        "session",
        "can-share",
        "can-join",
        "no-viewer-rdp",
        "no-viewer-vnc",
    ] {
        assert!(said.iter().any(|c| c == expected), "{expected}: {said:?}");
    }
    let none = Fake {
        x11: None,
        ..desktop()
    };
    let said = findings(&collect(&none));
    let share = said.iter().find(|f| f.code == "can-not-share").unwrap();
    assert!(share.hint.as_ref().unwrap().contains("DISPLAY"));
    let (name, package) = ("libXi.so.6", "libxi6");
    let bare = Fake {
        no_window: Some(Lack::Library { name, package }.into()),
        ..desktop()
    };
    let said = findings(&collect(&bare));
    let join = said.iter().find(|f| f.code == "can-not-join").unwrap();
    assert!(join.message.contains(name), "{join:?}");
    assert!(join.hint.as_ref().unwrap().contains(package), "{join:?}");
}

/// Whatever the files of a machine hold, nothing panics.
#[test]
fn strange_files_are_borne() {
    let mut fake = desktop();
    for (path, text) in [
        (
            "/etc/os-release",
            "PRETTY_NAME=\"äääääääääääääääääääääääääääääääääääääääääääääääääääääääääää\"\n",
        ),
        ("/proc/meminfo", "MemTotal:\nMemTotal: x kB"),
        ("/proc/cpuinfo", ":\n::\n"),
        (
            "/proc/net/tcp",
            "\n0:\n 0: x 0 0A\n 1: 0:ZZZZ 0 0A\n 2: 00:170C 0 0A",
        ),
        ("/proc/asound/cards", ""),
    ] {
        fake.files.insert(PathBuf::from(path), text.into());
    }
    for display in [":", ":x", "::", "", ":1.1.1"] {
        fake.vars.insert("DISPLAY".into(), display.into());
        let env = collect(&fake);
        assert!(env.os.unwrap().len() <= 64);
        assert_eq!(env.memory_mib, None);
    }
}
