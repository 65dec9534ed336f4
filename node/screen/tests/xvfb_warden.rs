//! The warden on real X servers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::*;
use kith_codec::input::{Button, Input, Motion, Place, Text};
use kith_screen::guard::{Limits, Reason, What};
use kith_screen::warden::protocol::{Answer, FromWarden};
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    Allow, ButtonIndex, ConnectionExt as _, EventMask, GrabMode, GrabStatus, ModMask,
};

fn presses(events: &[Event]) -> Vec<(u8, u16)> {
    events
        .iter()
        .filter_map(|e| match e {
            Event::KeyPress(k) => Some((k.detail, u16::from(k.state))),
            _ => None,
        })
        .collect()
}

#[test]
fn xvfb_input_reaches_the_shared_window_and_no_other() {
    let x = Xvfb::start();
    let (shared, foreign) = (Program::new(&x), Program::new(&x));
    let s = shared.window((0, 0, 200, 200), false);
    let f = foreign.window((300, 0, 200, 200), false);
    shared.focus(s);
    let (mut node, _warden) = Node::with_thread(&x);
    node.open(What::Applications(vec![shared.owner(s)]));
    assert_eq!(node.grant(fast()), Answer::Allowed);
    node.click(50, 60, Button::Main);
    node.tap(0x61);
    node.click(350, 60, Button::Main);
    let why = node.expect("a refusal", |m| match m {
        FromWarden::Refused { why, .. } => Some(why),
        _ => None,
    });
    assert_eq!(why, Reason::ForeignWindow);
    foreign.focus(f);
    node.tap(0x62);
    node.revoke();
    let got = shared.events();
    let buttons: Vec<_> = got
        .iter()
        .filter_map(|e| match e {
            Event::ButtonPress(b) => Some((b.event_x, b.event_y, b.detail)),
            _ => None,
        })
        .collect();
    assert_eq!(buttons, [(50, 60, 1)]);
    assert_eq!(presses(&got).len(), 1);
    let wrong = foreign.events();
    assert!(
        !wrong.iter().any(|e| matches!(
            e,
            Event::KeyPress(_) | Event::ButtonPress(_) | Event::MotionNotify(_)
        )),
        "{wrong:?}"
    );
    assert!(shared.keys_down().is_empty());
}

/// A window manager takes a click on a window without focus first, and keeps
/// the pointer frozen until it has done what it does.
#[test]
fn xvfb_a_click_that_a_window_manager_keeps_is_not_the_sharers() {
    let x = Xvfb::start();
    let (shared, foreign, manager) = (Program::new(&x), Program::new(&x), Program::new(&x));
    let s = shared.window((0, 0, 200, 200), false);
    let f = foreign.window((300, 0, 200, 200), false);
    foreign.focus(f);
    let (sync, async_) = (GrabMode::SYNC, GrabMode::ASYNC);
    let (press, button) = (EventMask::BUTTON_PRESS, ButtonIndex::M1);
    let any = ModMask::ANY;
    let c = &manager.conn;
    c.grab_button(true, s, press, sync, async_, 0u32, 0u32, button, any)
        .unwrap();
    manager.sync();
    let (mut node, _warden) = Node::with_thread(&x);
    node.open(What::Applications(vec![shared.owner(s)]));
    assert_eq!(node.grant(fast()), Answer::Allowed);
    node.click(50, 60, Button::Main);
    node.tap(0x61);
    let refusal = |m| match m {
        FromWarden::Refused { why, .. } => Some(why),
        _ => None,
    };
    // The server shows the button down still. That is no hand of the sharer's.
    let why = node.expect("a refusal", refusal);
    assert_eq!(why, Reason::ForeignFocus);
    shared.focus(s);
    c.allow_events(Allow::REPLAY_POINTER, 0u32).unwrap();
    manager.sync();
    let mut got = Vec::new();
    until("a key", || {
        node.tap(0x61);
        got.extend(shared.events());
        (!presses(&got).is_empty()).then_some(())
    });
    let clicks = got.iter().filter(|e| matches!(e, Event::ButtonPress(_)));
    assert_eq!(clicks.count(), 1);
    assert!(presses(&foreign.events()).is_empty());
}

#[test]
fn xvfb_text_that_the_layout_lacks_is_typed() {
    let x = Xvfb::start();
    let shared = Program::new(&x);
    let s = shared.window((0, 0, 200, 200), false);
    shared.focus(s);
    let (mut node, _warden) = Node::with_thread(&x);
    node.open(What::Applications(vec![shared.owner(s)]));
    assert_eq!(node.grant(fast()), Answer::Allowed);
    let text = "aA1!zZ żŻ Дд 中文 ß€ é";
    node.input(Input::Text(Text::new(text.to_owned()).unwrap()));
    let mut typed = String::new();
    // Read as a program does: the meaning of a key at the time of its event.
    until("the text", || {
        for e in shared.events() {
            if let Event::KeyPress(k) = e {
                let map = shared
                    .conn
                    .get_keyboard_mapping(k.detail, 1)
                    .unwrap()
                    .reply()
                    .unwrap();
                let shift = usize::from(u16::from(k.state) & 1);
                let sym = map.keysyms[shift];
                if matches!(sym, 0xffe1 | 0xffe2) {
                    continue;
                }
                typed.extend(xkeysym::Keysym::new(sym).key_char());
            }
        }
        (typed.chars().count() >= text.chars().count()).then_some(())
    });
    assert_eq!(typed, text);
    node.revoke();
    assert!(shared.keys_down().is_empty());
}

/// GUARD-5: another layout counts from when it is set. Seen to fail without
/// hearing that the map is another.
#[test]
fn xvfb_a_layout_that_is_set_meanwhile_counts() {
    let x = Xvfb::start();
    let shared = Program::new(&x);
    let s = shared.window((0, 0, 200, 200), false);
    shared.focus(s);
    let (mut node, _warden) = Node::with_thread(&x);
    node.open(What::Applications(vec![shared.owner(s)]));
    assert_eq!(node.grant(fast()), Answer::Allowed);
    let mut types_an_a = |with: &str, code: u8| {
        node.tap(0x61);
        until(with, || {
            let typed = presses(&shared.events());
            typed.contains(&(code, 0)).then_some(())
        });
    };
    types_an_a("the key of the first layout", 38);
    x.set_layout("fr");
    types_an_a("the key of the second", 24);
}

#[test]
fn xvfb_a_window_may_move_between_seeing_and_clicking() {
    // Input for a shared window lands on the part of it that was seen.
    let x = Xvfb::start();
    let shared = Program::new(&x);
    let s = shared.window((0, 0, 200, 200), false);
    let (mut node, _warden) = Node::with_thread(&x);
    node.open(What::Windows(vec![kith_screen::guard::Shared {
        id: kith_screen::guard::WindowId(s),
        owner: shared.owner(s),
    }]));
    assert_eq!(node.grant(Limits::default()), Answer::Allowed);
    shared
        .conn
        .configure_window(
            s,
            &x11rb::protocol::xproto::ConfigureWindowAux::new()
                .x(400)
                .y(300),
        )
        .unwrap();
    shared.sync();
    node.send(&kith_screen::warden::protocol::ToWarden::Input {
        share: SHARE,
        viewer: VIEWER,
        origin: kith_screen::warden::Origin::Window(kith_screen::guard::WindowId(s)),
        input: Input::Button {
            at: Place { x: 11, y: 22 },
            button: Button::Main,
            motion: Motion::Down,
        },
    });
    let at = until("a click", || {
        shared.events().into_iter().find_map(|e| match e {
            Event::ButtonPress(b) => Some((b.event_x, b.event_y, b.root_x, b.root_y)),
            _ => None,
        })
    });
    assert_eq!(at, (11, 22, 411, 322));
}

#[test]
fn xvfb_the_local_user_and_the_panic_key_go_first() {
    let x = Xvfb::start();
    let shared = Program::new(&x);
    let s = shared.window((0, 0, 200, 200), false);
    shared.focus(s);
    let person = Person::new(&x);
    let (mut node, _warden) = Node::with_thread(&x);
    node.open(What::Applications(vec![shared.owner(s)]));
    assert_eq!(node.grant(fast()), Answer::Allowed);
    // The viewer's own Esc is an ordinary key.
    node.tap(0xff1b);
    until("the viewer's Esc", || {
        presses(&shared.events()).contains(&(9, 0)).then_some(())
    });
    // Held keys are let go as soon as the person types.
    node.key(0xffe1, Motion::Down);
    until("Shift", || shared.keys_down().contains(&50).then_some(()));
    person.key(38);
    until("Shift let go", || {
        shared.keys_down().is_empty().then_some(())
    });
    node.tap(0x61);
    let why = node.expect("a refusal", |m| match m {
        FromWarden::Refused { why, .. } => Some(why),
        _ => None,
    });
    assert_eq!(why, Reason::Local);
    // The person's Esc ends control, also where a program has given that key another
    // meaning, and while a menu has the keyboard; a second one everything.
    let menu = shared.window((20, 20, 100, 150), true);
    let asynchronous = GrabMode::ASYNC;
    let c = &shared.conn;
    let grab = c.grab_keyboard(false, menu, 0u32, asynchronous, asynchronous);
    assert_eq!(grab.unwrap().reply().unwrap().status, GrabStatus::SUCCESS);
    x.give_keys("key <ESC> { [ a ] };");
    person.key(9);
    node.expect("panic", |m| {
        (m == FromWarden::Panic(kith_screen::warden::protocol::PanicStage::Control)).then_some(())
    });
    person.key(9);
    node.expect("more panic", |m| {
        (m == FromWarden::Panic(kith_screen::warden::protocol::PanicStage::Everything))
            .then_some(())
    });
    node.tap(0x61);
    let why = node.expect("a refusal", |m| match m {
        FromWarden::Refused { why, .. } => Some(why),
        _ => None,
    });
    assert_eq!(why, Reason::NoGrant);
}

#[test]
fn xvfb_lock_keys_and_layout_of_the_sharer_stay_and_do_not_matter() {
    use x11rb::protocol::xkb::ConnectionExt as _;
    const CAPS: u8 = 66;
    const NUM: u8 = 77;
    let x = Xvfb::start();
    let shared = Program::new(&x);
    let s = shared.window((0, 0, 200, 200), false);
    shared.focus(s);
    shared.conn.xkb_use_extension(1, 0).unwrap();
    let person = Person::new(&x);
    let (mut node, _warden) = Node::with_thread(&x);
    node.open(What::Applications(vec![shared.owner(s)]));
    person.key(CAPS);
    person.key(NUM);
    assert_eq!(node.grant(fast()), Answer::Allowed);
    let locked = || {
        let state = shared.conn.xkb_get_state(0x100).unwrap().reply().unwrap();
        (u16::from(state.locked_mods), u8::from(state.group))
    };
    let before = locked();
    assert_eq!(before.0 & 0x12, 0x12, "Caps Lock and Num Lock are on");
    shared.events();
    // With Shift held at the viewer and without; 'é' and 'É' need a spare key.
    let wanted = "aZ9!éÉ";
    for c in wanted.chars() {
        let sym = kith_codec::input::Keysym::of(c).unwrap().get();
        let shift = c.is_uppercase() || c == '!';
        if shift {
            node.key(0xffe1, Motion::Down);
        }
        node.tap(sym);
        if shift {
            node.key(0xffe1, Motion::Up);
        }
    }
    let mut typed = String::new();
    until("the text", || {
        for e in shared.events() {
            let Event::KeyPress(k) = e else { continue };
            let map = shared
                .conn
                .get_keyboard_mapping(k.detail, 1)
                .unwrap()
                .reply()
                .unwrap();
            let state = u16::from(k.state);
            let letter = xkeysym::Keysym::new(map.keysyms[0])
                .key_char()
                .is_some_and(char::is_alphabetic);
            // As programs read it: Lock and Shift undo each other on letters.
            let level = usize::from((state & 1 != 0) ^ (letter && state & 2 != 0));
            let sym = map.keysyms[level];
            if !(0xffe1..=0xffee).contains(&sym) {
                typed.extend(xkeysym::Keysym::new(sym).key_char());
            }
        }
        (typed.chars().count() >= wanted.chars().count()).then_some(())
    });
    assert_eq!(typed, wanted);
    node.revoke();
    assert_eq!(locked(), before);
    assert!(shared.keys_down().is_empty());
}

#[test]
fn xvfb_keys_that_are_bound_for_the_whole_screen_are_refused() {
    use x11rb::protocol::xproto::{GrabMode, ModMask};
    const F5: u8 = 71;
    let x = Xvfb::start();
    let (shared, desktop) = (Program::new(&x), Program::new(&x));
    let s = shared.window((0, 0, 200, 200), false);
    shared.focus(s);
    // A window manager's shortcut: Control-F5.
    desktop
        .conn
        .grab_key(
            false,
            desktop.root,
            ModMask::CONTROL,
            F5,
            GrabMode::ASYNC,
            GrabMode::ASYNC,
        )
        .unwrap()
        .check()
        .unwrap();
    let (mut node, _warden) = Node::with_thread(&x);
    node.open(What::Applications(vec![shared.owner(s)]));
    assert_eq!(node.grant(fast()), Answer::Allowed);
    node.tap(0xffc2);
    until("F5 alone", || {
        presses(&shared.events())
            .iter()
            .any(|(code, _)| *code == F5)
            .then_some(())
    });
    node.key(0xffe3, Motion::Down);
    node.tap(0xffc2);
    node.key(0xffe3, Motion::Up);
    let why = node.expect("a refusal", |m| match m {
        FromWarden::Refused { why, .. } => Some(why),
        _ => None,
    });
    assert_eq!(why, Reason::GrabbedKey);
    node.revoke();
    let got = desktop.events();
    assert!(
        !got.iter().any(|e| matches!(e, Event::KeyPress(_))),
        "{got:?}"
    );
}
