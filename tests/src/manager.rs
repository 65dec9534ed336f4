//! A window manager that manages. It stands by itself: tests that can't have
//! this crate take in the file.

use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use x11rb::connection::Connection as _;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{ConnectionExt as _, CreateWindowAux, EventMask, WindowClass};

/// How long one may take to start.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks.
const GLANCE: Duration = Duration::from_millis(10);

/// By what openbox goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settings {
    /// What the package brings: a click gives the keyboard.
    Installed,
    /// None at all, so that no key and no click is its own.
    None,
}

/// Starts openbox on a display and waits until it manages.
///
/// # Panics
/// When it doesn't.
#[must_use]
pub fn openbox(display: &str, settings: Settings) -> Child {
    let mut command = Command::new("openbox");
    command.arg("--sm-disable");
    let number = display.trim_start_matches(':');
    let file = format!("kith-openbox-{}-{number}.xml", std::process::id());
    let file = std::env::temp_dir().join(file);
    if settings == Settings::None {
        // Of a file without this element it complains in a window.
        let empty = "<openbox_config xmlns=\"http://openbox.org/3.4/rc\"/>";
        std::fs::write(&file, empty).expect("a file of settings");
        command.arg("--config-file").arg(&file);
    }
    let manager = command
        .env("DISPLAY", display)
        // Nobody's own settings.
        .env("HOME", std::env::temp_dir())
        .env_remove("XDG_CONFIG_HOME")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("openbox: see NEEDS in tests/run");
    until_it_manages(display);
    // Read by now.
    let _ = std::fs::remove_file(file);
    manager
}

/// Waits until a window manager has taken a window in. One that is starting
/// has said who it is long before it hears what is asked of it, and what it
/// didn't hear it never does; so a window asks again and again.
fn until_it_manages(display: &str) {
    let (conn, screen) = x11rb::connect(Some(display)).expect("a display");
    let root = conn.setup().roots[screen].root;
    let probe = conn.generate_id().expect("an id");
    let aux = CreateWindowAux::new().event_mask(EventMask::STRUCTURE_NOTIFY);
    let (class, copy) = (WindowClass::INPUT_OUTPUT, x11rb::COPY_FROM_PARENT);
    conn.create_window(0, probe, root, 0, 0, 9, 9, 0, class, copy, &aux)
        .expect("a window");
    let until = Instant::now() + PATIENCE;
    let (mut framed, mut shown) = (false, false);
    while !(framed && shown) {
        match conn.poll_for_event().expect("a display") {
            Some(Event::ReparentNotify(_)) => framed = true,
            Some(Event::MapNotify(_)) => shown = true,
            Some(_) => {}
            None => {
                assert!(Instant::now() < until, "openbox doesn't manage");
                if shown {
                    // Mapped by the server itself: nobody manages yet.
                    conn.unmap_window(probe).expect("a window");
                    shown = false;
                }
                conn.map_window(probe).expect("a window");
                conn.flush().expect("a display");
                thread::sleep(GLANCE);
            }
        }
    }
    let list = conn.intern_atom(false, b"_NET_CLIENT_LIST");
    let list = list.expect("a display").reply().expect("an answer").atom;
    let until_listed = |wanted: bool| {
        loop {
            let asked = conn.get_property(false, root, list, 0u32, 0, 64);
            let told = asked.expect("a display").reply().expect("an answer");
            let mut all = told.value32().into_iter().flatten();
            if all.any(|window| window == probe) == wanted {
                return;
            }
            assert!(
                Instant::now() < until,
                "openbox lists no window, or too long"
            );
            thread::sleep(GLANCE);
        }
    };
    // Mapped is not yet taken in. The next program's first window gets this one's
    // number, and would be taken for it.
    until_listed(true);
    conn.destroy_window(probe).expect("a window");
    until_listed(false);
}
