//! What ends injection, with real processes: the node killed, the warden
//! killed, the node stopped, the panic key (GUARD-5, GUARD-6). Times are
//! printed, not asserted, beyond what is required.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(
    clippy::print_stdout,
    reason = "times that were measured, words between processes"
)]

mod common;

use std::io::{BufRead, BufReader, Lines};
use std::process::{ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use common::*;
use kith_codec::input::Motion;
use kith_screen::guard::{Reason, ShareId, What};
use kith_screen::warden::protocol::{Answer, FromWarden, PanicStage};
use rustix::process::{Pid, Signal, kill_process};
use x11rb::connection::Connection as _;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    AtomEnum, ChangeWindowAttributesAux, ConnectionExt as _, EventMask, GrabMode, PropMode,
};
use x11rb::wrapper::ConnectionExt as _;

const ROLE: &str = "KITH_TEST_ROLE";
const SHIFT: u32 = 0xffe1;
const DELETE: u32 = 0xffff;
/// X numbers of Shift and Delete on the server's default keyboard.
const HELD: [u8; 2] = [50, 119];
/// GUARD-5's measure: half a second.
const SOON: Duration = Duration::from_millis(500);
const ESCAPE: u8 = 9;
/// What the typing node says once it has no control any more, and the warden
/// refused a lot more of what it typed.
const IN_VAIN: &str = "@in vain";

/// Not a test by itself: what the processes of the tests run.
#[test]
fn xvfb_role() {
    match std::env::var(ROLE).as_deref() {
        Ok("warden") => {
            kith_screen::warden::run(kith_screen::warden::inherited().unwrap()).unwrap();
        }
        Ok("node hold") => be_node(|node| {
            node.key(SHIFT, Motion::Down);
            node.key(DELETE, Motion::Down);
            println!("@ready");
            loop {
                node.hear();
            }
        }),
        Ok("node type") => be_node(|node| {
            println!("@ready");
            type_for_ever(node);
        }),
        _ => {}
    }
}

/// 200 keys a second: 'a' to 'z' round and round.
fn type_for_ever(node: &mut Node) {
    let mut next = Instant::now();
    let (mut refused, mut said) = (0, false);
    for i in 0u64.. {
        node.tap(0x61 + (i % 26) as u32);
        while let Some(m) = node.hear_now() {
            if let FromWarden::Refused { why, count, .. } = m
                && why == Reason::NoGrant
            {
                refused += count;
            }
        }
        if refused > 400 && !said {
            println!("{IN_VAIN}");
            said = true;
        }
        // The pace at which somebody's program would type, whoever waits.
        next += Duration::from_millis(5);
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
}

fn role(x: &Xvfb, role: &str) -> Command {
    let mut c = Command::new(std::env::current_exe().unwrap());
    c.args(["--exact", "xvfb_role", "--nocapture"])
        .env(ROLE, role)
        .env("DISPLAY", &x.display)
        .stderr(Stdio::null());
    c
}

/// A node of its own process, with a warden of its own process. The shared
/// window is whatever has the focus.
fn be_node(then: impl FnOnce(&mut Node)) {
    let display = std::env::var("DISPLAY").unwrap();
    let (conn, _) = x11rb::connect(Some(&display)).unwrap();
    let root = conn.setup().roots[0].root;
    let program = Program { conn, root };
    let focus = program
        .conn
        .get_input_focus()
        .unwrap()
        .reply()
        .unwrap()
        .focus;
    let mut warden = Command::new(std::env::current_exe().unwrap());
    warden
        .args(["--exact", "xvfb_role"])
        .env(ROLE, "warden")
        .stderr(Stdio::null());
    let spawned = kith_screen::warden::spawn(warden).unwrap();
    println!("@warden {}", spawned.child.id());
    let mut node = Node::on(spawned.socket);
    node.open(What::Applications(vec![program.owner(focus)]));
    assert_eq!(node.grant(fast()), Answer::Allowed);
    then(&mut node);
}

/// A node in a process of its own, and its warden.
struct Started {
    node: Killed,
    warden: Pid,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Started {
    /// Waits until the node says so.
    fn says(&mut self, word: &str) {
        let said = self.lines.by_ref().any(|line| line.unwrap().contains(word));
        assert!(said, "the node ended before it said {word}");
    }
}

/// Starts a node; it is ready then.
fn start(x: &Xvfb, as_what: &str) -> Started {
    let mut child = role(x, as_what).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut warden = None;
    loop {
        let line = lines.next().expect("the node goes on").unwrap();
        // libtest writes the test's name without ending the line.
        if let Some((_, pid)) = line.split_once("@warden ") {
            warden = Pid::from_raw(pid.trim().parse().unwrap());
        }
        if line.contains("@ready") {
            break;
        }
    }
    Started {
        node: Killed(child),
        warden: warden.expect("said before"),
        lines,
    }
}

fn pid(child: &Killed) -> Pid {
    Pid::from_raw(child.0.id() as i32).unwrap()
}

fn screen() -> (Xvfb, Program, u32) {
    let x = Xvfb::start();
    let shared = Program::new(&x);
    let s = shared.window((0, 0, 200, 200), false);
    shared.focus(s);
    (x, shared, s)
}

fn held(shared: &Program) {
    until("Shift and Delete", || {
        (shared.keys_down() == HELD.into()).then_some(())
    });
}

/// A machine that has other things to do may be late once, or a few times; a
/// warden that is late by itself always is.
fn soon(what: &str, measured: impl Fn() -> Duration) {
    let kept = (0..8).any(|_| {
        let took = measured();
        println!("{what} {took:?}");
        took < SOON
    });
    assert!(kept, "{what} later than {SOON:?}, each time");
}

#[test]
fn xvfb_a_killed_node_leaves_no_key_down() {
    soon("node killed: keys up after", || {
        let (x, shared, _) = screen();
        let mut started = start(&x, "node hold");
        held(&shared);
        let killed = Instant::now();
        started.node.0.kill().unwrap();
        until("keys up", || shared.keys_down().is_empty().then_some(()));
        killed.elapsed()
    });
}

#[test]
fn xvfb_a_fresh_warden_lets_go_for_a_killed_one() {
    soon(
        "warden killed: keys up after the start of a fresh one",
        || {
            let (x, shared, _) = screen();
            let mut before = start(&x, "node hold");
            held(&shared);
            kill_process(before.warden, Signal::KILL).unwrap();
            before.node.0.kill().unwrap();
            before.node.0.wait().unwrap();
            // X itself leaves them down for ever.
            assert_eq!(shared.keys_down(), HELD.into());
            let started = Instant::now();
            let (_node, _fresh) = Node::with_thread(&x);
            until("keys up", || shared.keys_down().is_empty().then_some(()));
            started.elapsed()
        },
    );
}

#[test]
fn xvfb_panic_works_with_the_node_stopped_and_going_on() {
    let (x, shared, _) = screen();
    let person = Person::new(&x);
    let started = start(&x, "node hold");
    held(&shared);
    kill_process(pid(&started.node), Signal::STOP).unwrap();
    let pressed = Instant::now();
    person.key(ESCAPE);
    until("keys up", || shared.keys_down().is_empty().then_some(()));
    println!("node stopped: keys up {:?} after Esc", pressed.elapsed());
    kill_process(pid(&started.node), Signal::CONT).unwrap();
}

/// The keys that were pressed after the person's Esc, by when after it.
fn after_escape(events: &[Event]) -> Vec<u32> {
    let presses: Vec<(u8, u32)> = events
        .iter()
        .filter_map(|e| match e {
            Event::KeyPress(k) => Some((k.detail, k.time)),
            _ => None,
        })
        .collect();
    let at = presses
        .iter()
        .position(|(code, _)| *code == ESCAPE)
        .expect("the person's Esc arrived");
    presses[at + 1..]
        .iter()
        .map(|(_, t)| t - presses[at].1)
        .collect()
}

/// Types for a while, presses Esc as a person, waits until the node has typed a
/// lot more, and looks at what came after Esc.
fn panic_while_typing(x: &Xvfb, shared: &Program, stop_node: bool) {
    let person = Person::new(x);
    let mut started = start(x, "node type");
    let mut events = Vec::new();
    until("typing", || {
        events.extend(shared.events());
        (events.len() > 100).then_some(())
    });
    if stop_node {
        kill_process(pid(&started.node), Signal::STOP).unwrap();
    }
    person.key(ESCAPE);
    if stop_node {
        kill_process(pid(&started.node), Signal::CONT).unwrap();
    }
    started.says(IN_VAIN);
    events.extend(shared.events());
    let late = after_escape(&events);
    println!(
        "node stopped: {stop_node}; {} presses in all, after Esc: {late:?} (ms)",
        events.len() / 2
    );
    assert!(late.is_empty(), "{late:?}");
    assert!(shared.keys_down().is_empty());
}

#[test]
fn xvfb_panic_while_the_viewer_types() {
    let (x, shared, _) = screen();
    panic_while_typing(&x, &shared, false);
}

#[test]
fn xvfb_panic_while_the_viewer_types_and_the_node_is_stopped() {
    let (x, shared, _) = screen();
    panic_while_typing(&x, &shared, true);
}

#[test]
fn xvfb_panic_while_a_menu_has_the_keyboard() {
    let (x, shared, _) = screen();
    // A menu as toolkits open it: a pop-up, and both devices grabbed. It
    // opens once the warden has seen the screen without it.
    let person = Person::new(&x);
    let mut started = start(&x, "node type");
    // A grab that is there at the warden's first look might be anybody's, and
    // is refused for as long as it lasts.
    let mut before = 0;
    until("typing", || {
        before += shared.events().len();
        (before > 100).then_some(())
    });
    let menu = shared.window((20, 20, 100, 150), true);
    let status = shared
        .conn
        .grab_keyboard(false, menu, 0u32, GrabMode::ASYNC, GrabMode::ASYNC)
        .unwrap()
        .reply()
        .unwrap()
        .status;
    assert_eq!(status, x11rb::protocol::xproto::GrabStatus::SUCCESS);
    shared
        .conn
        .grab_pointer(
            true,
            menu,
            EventMask::BUTTON_PRESS,
            GrabMode::ASYNC,
            GrabMode::ASYNC,
            0u32,
            0u32,
            0u32,
        )
        .unwrap()
        .reply()
        .unwrap();
    shared.events();
    let mut events = Vec::new();
    until("typing into the menu", || {
        events.extend(shared.events());
        (events.len() > 100).then_some(())
    });
    person.key(ESCAPE);
    started.says(IN_VAIN);
    events.extend(shared.events());
    let late = after_escape(&events);
    println!("menu: after Esc: {late:?} (ms)");
    assert!(late.is_empty(), "{late:?}");
}

#[test]
fn xvfb_the_grab_of_a_foreign_menu_is_respected() {
    let (x, shared, s) = screen();
    let foreign = Program::new(&x);
    let (mut node, _warden) = Node::with_thread(&x);
    node.open(What::Applications(vec![shared.owner(s)]));
    assert_eq!(node.grant(fast()), Answer::Allowed);
    node.tap(0x61);
    until("a key", || (!shared.events().is_empty()).then_some(()));
    let menu = foreign.window((300, 20, 100, 150), true);
    foreign
        .conn
        .grab_keyboard(false, menu, 0u32, GrabMode::ASYNC, GrabMode::ASYNC)
        .unwrap()
        .reply()
        .unwrap();
    foreign.events();
    node.tap(0x62);
    let why = node.expect("a refusal", |m| match m {
        FromWarden::Refused { why, .. } => Some(why),
        _ => None,
    });
    assert_eq!(why, Reason::Grabbed);
    node.revoke();
    assert!(
        !foreign
            .events()
            .iter()
            .any(|e| matches!(e, Event::KeyPress(_)))
    );
}

#[test]
fn xvfb_an_escape_of_the_viewer_is_an_ordinary_key_and_a_fresh_grant_arms_again() {
    let (x, shared, s) = screen();
    let person = Person::new(&x);
    let (mut node, _warden) = Node::with_thread(&x);
    node.open(What::Applications(vec![shared.owner(s)]));
    assert_eq!(node.grant(fast()), Answer::Allowed);
    for _ in 0..20 {
        node.tap(0xff1b);
    }
    node.tap(0x61);
    until("the key after twenty Escs", || {
        shared
            .events()
            .iter()
            .any(|e| matches!(e, Event::KeyPress(k) if k.detail == 38))
            .then_some(())
    });
    let pressed = Instant::now();
    person.key(ESCAPE);
    node.expect("panic", |m| {
        (m == FromWarden::Panic(PanicStage::Control)).then_some(())
    });
    println!("panic told {:?} after Esc", pressed.elapsed());
    node.expect("the end", |m| match m {
        FromWarden::Ended(ShareId(1), ..) => Some(()),
        _ => None,
    });
    node.grant_pressed(&shared, &person, fast());
    // Once the pause for the person's own key is over.
    until("the viewer's key", || {
        node.tap(0x62);
        shared
            .events()
            .iter()
            .any(|e| matches!(e, Event::KeyPress(k) if k.detail == 56))
            .then_some(())
    });
}

#[test]
fn xvfb_a_held_key_does_not_repeat_into_another_window() {
    // The warden has half a second to be before the server; on a loaded
    // machine it may not get it each time.
    assert!(
        (0..5).any(|_| holds_a_key() == 1),
        "the viewer repeats keys, not the server"
    );
}

/// Holds a key until another window has the focus. How often it was pressed
/// by then.
fn holds_a_key() -> usize {
    let (x, shared, s) = screen();
    let foreign = Program::new(&x);
    let f = foreign.window((300, 0, 100, 100), false);
    let (mut node, _warden) = Node::with_thread(&x);
    node.open(What::Applications(vec![shared.owner(s)]));
    assert_eq!(node.grant(fast()), Answer::Allowed);
    node.key(0x61, Motion::Down);
    until("the key", || shared.keys_down().contains(&38).then_some(()));
    // By the server's own clock, which it tells with each change of a property:
    // longer than its delay before a key repeats (660 ms).
    let told = EventMask::KEY_PRESS | EventMask::PROPERTY_CHANGE;
    let aux = ChangeWindowAttributesAux::new().event_mask(told);
    shared.conn.change_window_attributes(s, &aux).unwrap();
    let (mut presses, mut pressed) = (0, None);
    until("the time at which the server would repeat it", || {
        let (name, kind) = (AtomEnum::WM_NAME, AtomEnum::STRING);
        let c = &shared.conn;
        c.change_property8(PropMode::APPEND, s, name, kind, b"")
            .unwrap();
        let mut now = 0;
        for event in shared.events() {
            match event {
                Event::KeyPress(k) if k.detail == 38 => {
                    presses += 1;
                    pressed.get_or_insert(k.time);
                }
                Event::PropertyNotify(p) => now = p.time,
                _ => {}
            }
        }
        (now > pressed? + 1_200).then_some(())
    });
    assert!(shared.keys_down().contains(&38), "it is still held");
    foreign.focus(f);
    until("the key let go", || {
        shared.keys_down().is_empty().then_some(())
    });
    assert!(
        !foreign
            .events()
            .iter()
            .any(|e| matches!(e, Event::KeyPress(_)))
    );
    presses
}
