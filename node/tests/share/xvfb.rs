//! A real display: its desktop is shared, and controlled through the warden.

use std::io::{BufRead as _, BufReader};
use std::path::{Path as FsPath, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use kith::share::{ChooseError, Chosen, Offer, Path, ShareEvent, Subject, Wanted};
use kith::swarm::Link;
use kith_codec::input::{Controller, Input, Key, Keysym, Motion, Place, Refusal};
use kith_codec::picture::Picture;
use kith_proto::rights::Rights;
use kith_screen::source::GREY;
use kith_screen::warden::protocol::Who;
use kith_screen::x11::{WindowInfo, WindowKind, windows};
use kith_tests::{Settings, openbox};
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{ConnectionExt as _, ImageFormat};

use crate::harness::{DEADLINE, offer, pair};

/// A process that ends with the test.
pub(crate) struct Guard(pub(crate) Child);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An X server, and its `DISPLAY`.
fn server() -> (Guard, String) {
    let mut server = Command::new("Xvfb")
        .args(["-displayfd", "1", "-screen", "0", "1024x768x24"])
        .args(["-nolisten", "tcp", "-noreset"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    (Guard(server), format!(":{}", line.trim()))
}

/// Runs a test of this file in a process whose `DISPLAY` is a fresh server's:
/// what is shared is always the display of one's own process.
pub(crate) fn on_a_display(test: &str) {
    let (_server, display) = server();
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--ignored", "--nocapture"])
        .env("DISPLAY", display)
        .env_remove("WAYLAND_DISPLAY")
        .status()
        .unwrap();
    assert!(status.success());
}

#[test]
fn a_terminal_is_seen_and_controlled() {
    on_a_display("xvfb::inner_terminal");
}

#[test]
fn a_window_is_a_process_whose_death_ends_watching_only() {
    on_a_display("xvfb::inner_window");
}

#[test]
fn of_an_application_nothing_else_is_seen_or_reached() {
    on_a_display("xvfb::inner_application");
}

/// A window manager that manages.
pub(crate) fn window_manager() -> Guard {
    let display = std::env::var("DISPLAY").unwrap();
    Guard(openbox(&display, Settings::Installed))
}

pub(crate) fn scratch(name: &str) -> PathBuf {
    let folder = tempfile::tempdir().unwrap().keep();
    folder.join(name)
}

/// Colours of the sharing frame.
const WATCHED: u32 = 0x00b8_7400;
const CONTROLLED: u32 = 0x00c8_1020;

/// X11's left Shift, and Delete.
const SHIFT: u32 = 0xffe1;
const DELETE: u32 = 0xffff;

/// Looks again and again until it sees what is wanted, or says what it sees
/// instead: nothing tells of what is on a screen, or of where its keyboard is.
pub(crate) async fn until<T>(mut look: impl FnMut() -> Result<T, String>) -> T {
    let start = Instant::now();
    loop {
        match look() {
            Ok(seen) => return seen,
            Err(seen) => assert!(start.elapsed() < DEADLINE, "{seen}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until so many keys are down.
async fn keys_down(wanted: u32) {
    let (x, _) = x11rb::connect(None).unwrap();
    until(|| {
        let keys = x.query_keymap().unwrap().reply().unwrap().keys;
        let down: u32 = keys.iter().map(|k| k.count_ones()).sum();
        (down == wanted)
            .then_some(())
            .ok_or_else(|| format!("{down} keys are down"))
    })
    .await;
}

/// The colour at a place of the screen itself.
fn on_screen(x: i16, y: i16) -> u32 {
    let (c, screen) = x11rb::connect(None).unwrap();
    let root = c.setup().roots[screen].root;
    let image = c.get_image(ImageFormat::Z_PIXMAP, root, x, y, 1, 1, !0);
    let data = image.unwrap().reply().unwrap().data;
    u32::from_le_bytes([data[0], data[1], data[2], 0])
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by a_terminal_is_seen_and_controlled, on a display of its own"]
async fn inner_terminal() {
    let _manager = window_manager();
    let typed = scratch("typed");
    let script = format!("exec cat > {}", typed.display());
    let _terminal = Guard(
        Command::new("xterm")
            .args(["-geometry", "80x24+100+100", "-e", "sh", "-c", &script])
            // What is typed is written in the terminal's encoding.
            .env("LC_ALL", "C.UTF-8")
            .spawn()
            .unwrap(),
    );
    let (mut sharer, viewer, conn) = pair(Link::Quic).await;
    let own = sharer.shares.own();
    let open = move || Subject::Desktop.open(&own);
    let share = sharer.shares.start_sharing(open).unwrap();
    let ticket = sharer.admit(share, viewer.id());
    let mut screen = viewer.watch(ticket, sharer.id(), Path::one(conn), vec![]);
    // The terminal is there once a piece of its white is, however large its
    // font makes it.
    let white = |p: &Picture| {
        let block = |x, y| (0..16).all(|i| (0..6).all(|j| p.get(x + i, y + j) == 0x00ff_ffff));
        let (w, h) = (p.size().width() - 16, p.size().height() - 6);
        let mut all = (0..h)
            .step_by(3)
            .flat_map(|y| (0..w).step_by(8).map(move |x| (x, y)));
        all.find(|(x, y)| block(*x, *y))
    };
    screen
        .until("the terminal", move |s| {
            s.picture().and_then(white).is_some()
        })
        .await;
    let (x, y) = screen.session().picture().and_then(white).unwrap();
    let at = Place { x: x + 8, y: y + 3 };
    let session = ticket.0;
    sharer.shares.give_control(session, &offer()).unwrap();
    sharer
        .event("control", |e| *e == ShareEvent::ControlGiven { session })
        .await;
    screen.until("control", |s| s.controls()).await;
    // Round the screen lies Kith's frame, which viewers don't see (GUARD-10).
    until(|| match on_screen(1, 400) {
        CONTROLLED => Ok(()),
        colour => Err(format!("no frame, but {colour:06x}")),
    })
    .await;
    screen
        .until("grey in place of the frame", |s| {
            let grey = |p: &Picture| {
                [(1, 400), (300, 2)]
                    .iter()
                    .all(|(x, y)| p.get(*x, *y) == GREY)
            };
            s.is_exact() && s.picture().is_some_and(grey)
        })
        .await;
    let frame = |p: &Picture| p.pixels().iter().any(|c| [WATCHED, CONTROLLED].contains(c));
    assert!(!screen.session().picture().is_some_and(frame));
    screen
        .with(move |h| {
            assert!(h.click(at));
            assert!(h.type_text("Grüße aus der Ferne\n"));
        })
        .await;
    let file = typed.clone();
    let read = move || std::fs::read_to_string(&file).unwrap_or_default();
    let met = screen
        .with(move |h| {
            // Programs draw and write when they come to it.
            let tries = DEADLINE.as_millis() / 50;
            (0..tries).any(|_| {
                let _ = h.run_until(Duration::from_millis(50), |_| false);
                read().contains('\n')
            })
        })
        .await;
    let text = std::fs::read_to_string(&typed).unwrap();
    assert!(met && text == "Grüße aus der Ferne\n", "{text:?}");

    // The warden dies while the viewer holds keys: the next one, which the node
    // starts by itself, lets go (GUARD-5). Control is gone, and comes only with a
    // new grant.
    screen
        .with(|h| {
            for keysym in [SHIFT, DELETE] {
                let key = Key {
                    keysym: Keysym::new(keysym).unwrap(),
                    motion: Motion::Down,
                    character: None,
                };
                assert!(h.send(&Input::Key(key)));
            }
            assert!(h.run_until(DEADLINE, |_| true).unwrap());
        })
        .await;
    keys_down(2).await;
    let warden = child_of_mine("warden").expect("a warden");
    assert!(
        Command::new("kill")
            .args(["-9", &warden.to_string()])
            .status()
            .unwrap()
            .success()
    );
    keys_down(0).await;
    sharer
        .event(
            "loss of control",
            |e| matches!(e, ShareEvent::ControlEnded { session: s, .. } if *s == session),
        )
        .await;
    screen
        .until("loss of control", |s| {
            s.status().controller == Controller::Nobody
        })
        .await;
    assert!(
        !screen
            .with(|h| h.send(&Input::Move(Place { x: 1, y: 1 })))
            .await
    );
    sharer.shares.give_control(session, &offer()).unwrap();
    sharer
        .event("control", |e| *e == ShareEvent::ControlGiven { session })
        .await;
    screen.until("control again", |s| s.controls()).await;
    screen.with(|h| h.type_text("again\n")).await;
    let file = typed.clone();
    let met = screen
        .with(move |h| {
            (0..DEADLINE.as_millis() / 50).any(|_| {
                let _ = h.run_until(Duration::from_millis(50), |_| false);
                std::fs::read_to_string(&file)
                    .unwrap_or_default()
                    .ends_with("again\n")
            })
        })
        .await;
    assert!(met);
    sharer.shares.close(kith::share::Bye::Stopped).await;
    std::fs::remove_dir_all(typed.parent().unwrap()).unwrap();
}

/// A program's window, once it is the topmost that a window manager manages.
/// Kith's sharing frame lies above all of them.
pub(crate) async fn topmost(program: &str) -> WindowInfo {
    until(|| {
        let list = windows(None).unwrap();
        let ordinary = |w: &WindowInfo| w.shown && w.kind == WindowKind::Ordinary;
        let first = list.into_iter().find(ordinary);
        let seen = first.as_ref().and_then(|w| w.program.clone());
        first
            .filter(|w| w.program.as_deref() == Some(program))
            .ok_or_else(|| format!("{seen:?} is on top"))
    })
    .await
}

/// Waits until keys go to this window's program.
async fn focused(window: &WindowInfo) {
    let (x, _) = x11rb::connect(None).unwrap();
    until(|| {
        let focus = x.get_input_focus().unwrap().reply().unwrap().focus;
        (focus & !x.setup().resource_id_mask == window.client)
            .then_some(())
            .ok_or_else(|| format!("the focus is at {focus:#x}"))
    })
    .await;
}

/// A terminal that writes what it gets to a file, once that program runs.
pub(crate) async fn terminal(
    program: &FsPath,
    colour: &str,
    at: &str,
    typed: &FsPath,
) -> (Guard, WindowInfo) {
    let script = format!("exec cat > {}", typed.display());
    let mut command = Command::new(program);
    command.args(["-bg", colour, "-geometry", at, "-e", "sh", "-c", &script]);
    let guard = Guard(command.spawn().unwrap());
    until(|| {
        let starts = typed.exists().then_some(());
        starts.ok_or_else(|| "a terminal doesn't start".to_owned())
    })
    .await;
    let name = program.file_name().unwrap().to_str().unwrap();
    let window = topmost(name).await;
    focused(&window).await;
    (guard, window)
}

/// Runs the viewer until a file says this.
pub(crate) async fn says(
    screen: &mut crate::harness::Screen,
    file: &FsPath,
    text: &'static str,
) -> bool {
    let file = file.to_owned();
    screen
        .with(move |h| {
            (0..DEADLINE.as_millis() / 50).any(|_| {
                let _ = h.run_until(Duration::from_millis(50), |_| false);
                std::fs::read_to_string(&file).unwrap_or_default() == text
            })
        })
        .await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by of_an_application_nothing_else_is_seen_or_reached"]
async fn inner_application() {
    const RED: u32 = 0x00ff_0000;
    let wanted = Wanted::Application("XTerm".into());
    let none = Chosen::find(&wanted);
    assert!(matches!(none, Err(ChooseError::NoApplication(..))));
    let _manager = window_manager();
    let typed = scratch("typed");
    let folder = typed.parent().unwrap().to_owned();
    let (_ours, ours) = terminal("xterm".as_ref(), "white", "80x24+100+100", &typed).await;
    // Another program, that lies over a part of it and has the focus.
    let (program, stolen) = (folder.join("foreign"), folder.join("stolen"));
    std::fs::copy("/usr/bin/xterm", &program).unwrap();
    let (_theirs, theirs) = terminal(&program, "#ff0000", "20x6+250+200", &stolen).await;

    let chosen = Chosen::find(&wanted).unwrap();
    let (mut sharer, viewer, conn) = pair(Link::Quic).await;
    let own = sharer.shares.own();
    let open = move || Subject::Windows(chosen).open(&own);
    let share = sharer.shares.start_sharing(open).unwrap();
    let ticket = sharer.admit(share, viewer.id());
    let mut screen = viewer.watch(ticket, sharer.id(), Path::one(conn), vec![]);
    let covered = Place {
        x: u16::try_from(theirs.x - ours.x + i32::from(theirs.width) / 2).unwrap(),
        y: u16::try_from(theirs.y - ours.y + i32::from(theirs.height) / 2).unwrap(),
    };
    // The terminal alone, also where the other covers it.
    let size = (ours.width, ours.height);
    screen
        .until("the terminal", move |s| {
            let it = |p: &Picture| {
                (p.size().width(), p.size().height()) == size
                    && p.get(covered.x, covered.y) == 0x00ff_ffff
            };
            s.is_exact() && s.picture().is_some_and(it)
        })
        .await;
    let red = |p: &Picture| {
        let (w, h) = (p.size().width(), p.size().height());
        (0..h).any(|y| (0..w).any(|x| p.get(x, y) == RED))
    };
    assert!(!screen.session().picture().is_some_and(red));

    let session = ticket.0;
    let rights = Offer::in_advance(Rights::CONTROL, Who::unverified("Ben"));
    sharer.shares.give_control(session, &rights).unwrap();
    sharer
        .event("control", |e| *e == ShareEvent::ControlGiven { session })
        .await;
    screen.until("control", |s| s.controls()).await;
    // Where the other program lies, on the border, and beside the window.
    let places = [
        (covered, Refusal::Outside),
        (
            Place {
                x: 40,
                y: size.1 + 2,
            },
            Refusal::Barred,
        ),
        (
            Place {
                x: size.0 + 90,
                y: 40,
            },
            Refusal::Outside,
        ),
    ];
    let mut refused = 0;
    for (at, wanted) in places {
        screen.with(move |h| assert!(h.click(at))).await;
        screen
            .until("a refusal", move |s| s.statistics().refused > refused)
            .await;
        refused = screen.session().statistics().refused;
        sharer
            .event("a refusal", |e| {
                matches!(e, ShareEvent::InputRefused { session: s, why, .. }
                    if *s == session && *why == wanted)
            })
            .await;
        assert_eq!(topmost("foreign").await.id, theirs.id);
    }
    // A click on what is free brings it up, as the sharer's own would.
    screen
        .with(|h| {
            assert!(h.click(Place { x: 20, y: 20 }));
            // It is sent by the next run.
            assert!(h.run_until(DEADLINE, |_| true).unwrap());
        })
        .await;
    assert_eq!(topmost("xterm").await.id, ours.id);
    focused(&ours).await;
    screen.with(|h| assert!(h.type_text("only here\n"))).await;
    assert!(says(&mut screen, &typed, "only here\n").await);
    // So what was covered takes clicks now.
    screen
        .with(move |h| {
            assert!(h.click(covered));
            assert!(h.type_text("and there\n"));
        })
        .await;
    assert!(says(&mut screen, &typed, "only here\nand there\n").await);
    assert_eq!(screen.session().statistics().refused, refused);
    assert_eq!(std::fs::read_to_string(&stolen).unwrap(), "");
    assert!(!screen.session().picture().is_some_and(red));
    sharer.shares.close(kith::share::Bye::Stopped).await;
    std::fs::remove_dir_all(folder).unwrap();
}

/// The process that this one started for a role.
fn child_of_mine(role: &str) -> Option<u32> {
    let me = std::process::id();
    std::fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .find_map(|entry| {
            let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
            let parent: u32 = stat
                .rsplit(')')
                .next()?
                .split_whitespace()
                .nth(1)?
                .parse()
                .ok()?;
            let line = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
            let words: Vec<&[u8]> = line.split(|b| *b == 0).collect();
            (parent == me && words.get(1) == Some(&role.as_bytes())).then_some(pid)
        })
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by a_window_is_a_process_whose_death_ends_watching_only"]
async fn inner_window() {
    use kith::share::{Bye, Ending, Watch};
    let (mut sharer, mut viewer, conn) = pair(Link::Quic).await;
    let (share, _input) = sharer.share((640, 480), vec![]);
    let (session, nonce) = sharer.admit(share, viewer.id());
    let order = Watch {
        session,
        sharer: sharer.id(),
        nonce,
        person: "Anna".into(),
        what: "a desktop".into(),
        path: Path::one(conn),
        ways: vec![],
        window: viewer.shares.open_window().unwrap(),
    };
    viewer.shares.watch(order).unwrap();
    // It decodes and acknowledges.
    let start = Instant::now();
    loop {
        let known = sharer.shares.statistics(session).await;
        if known.is_some_and(|s| s.acknowledged > 0) {
            break;
        }
        assert!(start.elapsed() < DEADLINE, "nothing was painted");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let window = child_of_mine("view").expect("a window");
    let kill = Command::new("kill")
        .args(["-9", &window.to_string()])
        .status();
    assert!(kill.unwrap().success());
    let event = viewer
        .event("the end", |e| matches!(e, ShareEvent::Ended { .. }))
        .await;
    let why = Ending::Window;
    assert_eq!(event, ShareEvent::Ended { session, why });
    let event = sharer
        .event("the end", |e| matches!(e, ShareEvent::Ended { .. }))
        .await;
    let why = Ending::There(Bye::Stopped);
    assert_eq!(event, ShareEvent::Ended { session, why });
    // The share itself goes on.
    let again = sharer.admit(share, viewer.id());
    let mut screen = viewer.watch(again, sharer.id(), Path::one(conn), vec![]);
    screen.until("a picture", |s| s.is_exact()).await;
}
