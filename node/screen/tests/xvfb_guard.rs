//! Random input while another program restacks, moves, maps, focuses and pops
//! up windows all the time: not one press, movement or turn of the wheel
//! reaches a window that isn't shared (GUARD-3, rule R5). Seen to fail with the
//! guard's check of the owner, the server grab, or the look at the focus taken
//! out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use common::manager::{Settings, openbox};
use common::*;
use kith_codec::input::{Button, Input, Motion, Place, Text};
use kith_screen::guard::{Allow, Limits, What};
use kith_screen::warden::protocol::Answer;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    ChangeWindowAttributesAux, ConfigureWindowAux, ConnectionExt as _, CreateWindowAux, EventMask,
    GrabMode, GrabStatus, InputFocus, MapState, StackMode, WindowClass,
};

/// Numbers that are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }

    fn coordinate(&mut self) -> i16 {
        self.roll(700) as i16
    }
}

/// Changes everything there is about windows, until told to stop.
fn disturb(mover: &Program, windows: &[u32], seed: u64, stop: &AtomicBool, done: &AtomicU64) {
    let mut dice = Dice(seed);
    let c = &mover.conn;
    while !stop.load(Ordering::Relaxed) {
        let w = windows[dice.roll(windows.len() as u64) as usize];
        // Some of these are refused (focus on what isn't viewable): no matter.
        match dice.roll(7) {
            0 => {
                let _ =
                    c.configure_window(w, &ConfigureWindowAux::new().stack_mode(StackMode::ABOVE));
            }
            1 => {
                let _ =
                    c.configure_window(w, &ConfigureWindowAux::new().stack_mode(StackMode::BELOW));
            }
            2 => {
                let (x, y) = (dice.coordinate() - 50, dice.coordinate() - 50);
                let to = ConfigureWindowAux::new().x(i32::from(x)).y(i32::from(y));
                let _ = c.configure_window(w, &to);
            }
            3 => {
                let size = ConfigureWindowAux::new()
                    .width(20 + dice.roll(400) as u32)
                    .height(20 + dice.roll(400) as u32);
                let _ = c.configure_window(w, &size);
            }
            4 => {
                let _ = c.unmap_window(w);
            }
            5 => {
                let _ = c.map_window(w);
            }
            _ => {
                let _ = c.set_input_focus(InputFocus::POINTER_ROOT, w, 0u32);
            }
        }
        mover.sync();
        done.fetch_add(1, Ordering::Relaxed);
        while c.poll_for_event().unwrap().is_some() {}
    }
}

use x11rb::connection::Connection as _;

fn count(events: &[Event]) -> (u64, u64, u64) {
    let mut n = (0, 0, 0);
    for e in events {
        match e {
            Event::KeyPress(_) => n.0 += 1,
            Event::ButtonPress(_) => n.1 += 1,
            Event::MotionNotify(_) => n.2 += 1,
            _ => {}
        }
    }
    n
}

/// What the pointer does goes on to the window around, where the one under it
/// doesn't take it: an icon of what is shared in another program's panel is no
/// target.
#[test]
fn xvfb_what_a_foreign_window_holds_passes_nothing_on_to_it() {
    let x = Xvfb::start();
    let (shared, foreign) = (Program::new(&x), Program::new(&x));
    let s = shared.window((0, 0, 300, 300), false);
    let panel = foreign.window((400, 400, 200, 50), false);
    let icon = shared.child(panel, (10, 10, 30, 30), false);
    let deaf = ChangeWindowAttributesAux::new().event_mask(EventMask::NO_EVENT);
    let c = &shared.conn;
    c.change_window_attributes(icon, &deaf).unwrap();
    shared.focus(s);
    let (mut node, _warden) = Node::with_thread(&x);
    node.open(What::Applications(vec![shared.owner(s)]));
    assert_eq!(node.grant(fast()), Answer::Allowed);
    foreign.events();
    let at = Place { x: 420, y: 420 };
    node.click(at.x, at.y, Button::Main);
    node.input(Input::Wheel { at, dx: 0, dy: 120 });
    // When this has arrived, all before it was judged.
    node.click(200, 200, Button::Main);
    let mut clicks = 0;
    until("a click on what is shared", || {
        clicks += count(&shared.events()).1;
        (clicks > 0).then_some(())
    });
    assert_eq!(count(&foreign.events()), (0, 0, 0));
    assert_eq!(clicks, 1);
}

/// GUARD-4 in a desktop: a window manager's frame takes no click and no turn of the
/// wheel, wherever it is hit; the window in it does, and so do a panel that holds
/// others' icons, and the bare screen. Seen to fail with the guard's look at frames
/// taken out: the window was gone.
#[test]
fn xvfb_frames_of_a_desktop_take_no_clicks() {
    let x = Xvfb::start();
    let _manager = Killed(openbox(&x.display, Settings::Installed));
    let (program, panel, other) = (Program::new(&x), Program::new(&x), Program::new(&x));
    let window = program.window((0, 0, 240, 120), false);
    program.settle(window, (100, 100));
    let tray = panel.window((600, 600, 200, 40), true);
    other.child(tray, (10, 10, 20, 20), false);
    let place = || {
        let c = &program.conn;
        let g = c.get_geometry(window).unwrap().reply().unwrap();
        let at = c
            .translate_coordinates(window, program.root, 0, 0)
            .unwrap()
            .reply()
            .unwrap();
        (at.dst_x, at.dst_y, g.width, g.height)
    };
    let (left, top, w, h) = place();
    let (right, bottom) = (left + w as i16, top + h as i16);
    let frame = program
        .others(&[&panel, &other])
        .into_iter()
        .find(|(_, x, y, ..)| (*x, *y) == (100, 100));
    let (_, fx, fy, fw, fh) = frame.unwrap();
    let (fr, fb) = (fx + fw as i16, fy + fh as i16);
    assert!(
        top - fy > 5 && fb - bottom > 0,
        "openbox draws a title bar and an edge"
    );

    let (mut node, _warden) = Node::with_thread(&x);
    node.open(What::Desktop);
    assert_eq!(node.grant(fast()), Answer::Allowed);
    let mut clicked = 0;
    for y in fy..fb {
        for x in fx..fr {
            let inside = (left..right).contains(&x) && (top..bottom).contains(&y);
            if inside || (x + 2 * y) % 17 != 0 {
                continue;
            }
            let (x, y) = (x as u16, y as u16);
            let button = [Button::Main, Button::Middle, Button::Menu][clicked % 3];
            node.click(x, y, button);
            let at = Place { x, y };
            node.input(Input::Wheel { at, dx: 0, dy: 120 });
            clicked += 1;
        }
    }
    let (x, y) = (left as u16 + 50, top as u16 + 50);
    node.click(x, y, Button::Main);
    let mut heard = Vec::new();
    until("a click inside the window", || {
        heard.extend(program.events());
        (count(&heard).1 > 0).then_some(())
    });
    node.click(700, 620, Button::Main);
    until("a click on a panel", || {
        (count(&panel.events()).1 > 0).then_some(())
    });
    // The window manager deals with one thing after the other: when it has moved
    // another window, it has dealt with all clicks that came before.
    let later = other.window((0, 0, 50, 50), false);
    other.settle(later, (400, 400));
    heard.extend(program.events());
    println!("{clicked} clicks on a frame");
    assert!(clicked > 200);
    assert_eq!(count(&heard).1, 1, "{heard:?}");
    assert_eq!(place(), (left, top, w, h));
    let shown = program.conn.get_window_attributes(window).unwrap().reply();
    assert_eq!(shown.unwrap().map_state, MapState::VIEWABLE);
}

/// Some window managers resize by windows without pixels that lie beside a frame.
#[test]
fn xvfb_what_nobody_sees_in_a_desktop_takes_no_clicks() {
    let x = Xvfb::start();
    let (program, manager) = (Program::new(&x), Program::new(&x));
    program.window((100, 100, 200, 100), false);
    let c = &manager.conn;
    let grip = c.generate_id().unwrap();
    let aux = CreateWindowAux::new()
        .event_mask(EventMask::BUTTON_PRESS)
        .override_redirect(1);
    let (class, copy) = (WindowClass::INPUT_ONLY, x11rb::COPY_FROM_PARENT);
    c.create_window(
        0,
        grip,
        manager.root,
        90,
        100,
        10,
        100,
        0,
        class,
        copy,
        &aux,
    )
    .unwrap();
    c.map_window(grip).unwrap();
    manager.sync();
    let (mut node, _warden) = Node::with_thread(&x);
    node.open(What::Desktop);
    assert_eq!(node.grant(fast()), Answer::Allowed);
    node.click(95, 150, Button::Main);
    node.click(150, 150, Button::Main);
    until("a click inside the window", || {
        (count(&program.events()).1 > 0).then_some(())
    });
    assert_eq!(count(&manager.events()), (0, 0, 0));
}

/// Where menus are barred, nothing is chosen from one by keys either, which it has by a
/// grab while another window has the focus: it is closed at most.
#[test]
fn xvfb_a_barred_menu_takes_no_keys() {
    let x = Xvfb::start();
    let program = Program::new(&x);
    let window = program.window((100, 100, 200, 100), false);
    program.focus(window);
    let (mut node, _warden) = Node::with_thread(&x);
    node.open(What::Applications(vec![program.owner(window)]));
    let limits = Limits {
        menus: Allow::Barred,
        ..fast()
    };
    assert_eq!(node.grant(limits), Answer::Allowed);
    // Keysyms, and the codes of Esc and A on this server.
    let (a, esc, down, enter) = (0x61, 0xff1b, 0xff54, 0xff0d);
    let (code_of_a, code_of_esc) = (38, 9);
    let mut heard = Vec::new();
    let mut until_key = |code: u8| {
        until("a key", || {
            heard.extend(program.events().iter().filter_map(|e| match e {
                Event::KeyPress(key) => Some(key.detail),
                _ => None,
            }));
            (heard.last() == Some(&code)).then_some(())
        });
        std::mem::take(&mut heard)
    };
    node.tap(a);
    assert_eq!(until_key(code_of_a), [code_of_a]);
    // Before anything is grabbed the screen was looked at; then comes the menu.
    let menu = program.window((150, 150, 80, 80), true);
    let c = &program.conn;
    let grab = c.grab_keyboard(true, menu, 0u32, GrabMode::ASYNC, GrabMode::ASYNC);
    assert_eq!(grab.unwrap().reply().unwrap().status, GrabStatus::SUCCESS);
    for key in [down, enter, a, esc] {
        node.tap(key);
    }
    assert_eq!(until_key(code_of_esc), [code_of_esc]);
}

#[test]
fn xvfb_ten_thousand_inputs_reach_nothing_foreign() {
    const INPUTS: u64 = 10_000;
    let x = Xvfb::start();
    let (shared, foreign, mover) = (Program::new(&x), Program::new(&x), Program::new(&x));
    let mut windows = Vec::new();
    let s = shared.window((0, 0, 300, 300), false);
    windows.push(s);
    for i in 0..3i16 {
        windows.push(shared.window((100 * i, 200, 250, 150), i == 2));
        windows.push(foreign.window((100 * i, 100, 250, 150), i == 2));
        windows.push(foreign.window((300, 100 * i, 150, 250), i == 1));
    }
    // One program's window inside another's, both ways.
    windows.push(foreign.child(s, (50, 50, 80, 80), false));
    let f = foreign.window((400, 400, 200, 200), false);
    windows.push(f);
    windows.push(shared.child(f, (20, 20, 100, 100), false));

    let (mut node, _warden) = Node::with_thread(&x);
    node.socket.set_write_timeout(Some(PATIENCE)).unwrap();
    node.open(What::Applications(vec![shared.owner(s)]));
    assert_eq!(node.grant(fast()), Answer::Allowed);
    let (stop, moved) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicU64::new(0)),
    );
    let disturber = std::thread::spawn({
        let (stop, moved) = (stop.clone(), moved.clone());
        move || disturb(&mover, &windows, 7, &stop, &moved)
    });
    let mut dice = Dice(42);
    let (mut hit, mut wrong) = ((0, 0, 0), (0, 0, 0));
    let mut add = |shared: &Program, foreign: &Program| {
        for (total, program) in [(&mut hit, shared), (&mut wrong, foreign)] {
            let n = count(&program.events());
            *total = (total.0 + n.0, total.1 + n.1, total.2 + n.2);
        }
    };
    let mut held = None;
    for i in 0..INPUTS {
        let at = Place {
            x: dice.coordinate() as u16,
            y: dice.coordinate() as u16,
        };
        let button = [Button::Main, Button::Middle, Button::Menu][dice.roll(3) as usize];
        match dice.roll(8) {
            0 | 1 => node.input(Input::Move(at)),
            2 | 3 => node.click(at.x, at.y, button),
            4 => node.input(Input::Wheel { at, dx: 0, dy: 120 }),
            5 => node.tap(0x61 + dice.roll(26) as u32),
            6 => {
                // A key that is held over many other inputs.
                if let Some(k) = held.take() {
                    node.key(k, Motion::Up);
                } else {
                    let k = [0xffe1, 0xffe3, 0x7a, 0xff51][dice.roll(4) as usize];
                    node.key(k, Motion::Down);
                    held = Some(k);
                }
            }
            _ => node.input(Input::Text(Text::new("ż9".to_owned()).unwrap())),
        }
        if i % 64 == 0 {
            add(&shared, &foreign);
            while node.hear_now().is_some() {}
        }
    }
    node.revoke();
    stop.store(true, Ordering::Relaxed);
    disturber.join().unwrap();
    add(&shared, &foreign);
    println!(
        "{INPUTS} inputs, {} changes of windows; shared got {hit:?}, foreign {wrong:?} (keys, buttons, movements)",
        moved.load(Ordering::Relaxed)
    );
    assert!(moved.load(Ordering::Relaxed) > 1_000);
    assert!(hit.0 > 100 && hit.1 > 100 && hit.2 > 100, "{hit:?}");
    assert_eq!(wrong, (0, 0, 0));
    assert!(shared.keys_down().is_empty());
}
