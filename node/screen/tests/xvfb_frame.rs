//! The sharing frame on real X servers (GUARD-1, GUARD-7).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::*;
use kith_codec::input::{Button, Input, Motion, Place};
use kith_screen::guard::{Allow, Limits, Reason, What};
use kith_screen::warden::protocol::{Answer, FromWarden, ToWarden, Watcher};
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{ConfigureWindowAux, ConnectionExt as _, StackMode};

const VIEW: u32 = 0xb8_7400;
const CONTROL: u32 = 0xc8_1020;
const SHIFT: u32 = 0xffe1;

struct Scene {
    _x: Xvfb,
    shared: Program,
    window: u32,
    watcher: Program,
    person: Person,
    node: Node,
    _wm: Killed,
}

/// A shared window in the middle of a screen with a window manager, and one
/// that isn't shared beside it.
fn scene() -> Scene {
    let x = Xvfb::start();
    let wm = x.window_manager();
    let (shared, watcher) = (Program::new(&x), Program::new(&x));
    let window = shared.window((300, 200, 400, 300), false);
    // One after the other, or the window manager may put the second where the
    // first is about to go.
    shared.settle(window, (300, 200));
    let other = watcher.window((20, 500, 200, 150), false);
    watcher.settle(other, (20, 500));
    let person = Person::new(&x);
    let (mut node, _warden) = Node::with_thread(&x);
    node.open(What::Applications(vec![shared.owner(window)]));
    node.send(&ToWarden::Watchers {
        share: SHARE,
        list: vec![Watcher {
            viewer: VIEWER,
            name: "Ben (Nordstadt)".into(),
        }],
    });
    Scene {
        _x: x,
        shared,
        window,
        watcher,
        person,
        node,
        _wm: wm,
    }
}

impl Scene {
    /// Where the shared window is by now.
    fn corner(&self) -> (i16, i16) {
        let c = &self.shared.conn;
        let at = c
            .translate_coordinates(self.window, self.shared.root, 0, 0)
            .unwrap()
            .reply()
            .unwrap();
        (at.dst_x, at.dst_y)
    }

    /// Waits until the frame has this colour all round the shared window.
    fn framed(&self, colour: u32) {
        until("the frame", || {
            let (x, y) = self.corner();
            let at = [
                (x - 2, y + 150),
                (x + 402, y + 150),
                (x + 200, y - 2),
                (x + 200, y + 302),
            ];
            at.iter()
                .all(|(x, y)| self.watcher.pixel(*x, *y) == colour)
                .then_some(())
        });
    }

    /// Where the title is.
    fn title(&self) -> (i16, i16) {
        until("the title", || {
            self.watcher
                .others(&[&self.shared])
                .iter()
                .find(|w| (w.3, w.4) == (600, 30))
                .map(|w| (w.1, w.2))
        })
    }
}

#[test]
fn xvfb_the_frame_follows_and_shows_who_controls() {
    let mut s = scene();
    s.framed(VIEW);
    s.watcher.picture("frame-view");
    // Its inside stays the window's own.
    let (x, y) = s.corner();
    assert_eq!(s.watcher.pixel(x + 1, y + 290), s.window & 0xff_ffff);
    s.shared
        .conn
        .configure_window(s.window, &ConfigureWindowAux::new().x(420).y(330))
        .unwrap();
    s.shared.sync();
    until("the move", || (s.corner() != (x, y)).then_some(()));
    s.framed(VIEW);
    assert_eq!(s.node.grant(fast()), Answer::Allowed);
    s.framed(CONTROL);
    // The arrows light up while the viewer's input takes effect.
    let (x, y) = s.corner();
    let (tx, ty) = s.title();
    until("the arrows", || {
        s.node.click(x as u16 + 50, y as u16 + 200, Button::Main);
        (s.watcher.pixel(tx + 86, ty + 3) == 0xff_ffff).then_some(())
    });
    s.watcher.picture("frame-control");
    until("the arrows to go out", || {
        (s.watcher.pixel(tx + 86, ty + 3) == CONTROL).then_some(())
    });
    s.node.revoke();
    s.framed(VIEW);
}

#[test]
fn xvfb_only_a_person_presses_stop() {
    let mut s = scene();
    assert_eq!(s.node.grant(fast()), Answer::Allowed);
    s.framed(CONTROL);
    let (x, y) = s.title();
    // Neither the viewer…
    s.node.click(x as u16 + 20, y as u16 + 15, Button::Main);
    let why = s.node.expect("a refusal", |m| match m {
        FromWarden::Refused { why, .. } => Some(why),
        _ => None,
    });
    assert_eq!(why, Reason::OwnWindow);
    // … nor another program …
    use x11rb::protocol::xtest::ConnectionExt as _;
    let root = s.watcher.root;
    for (kind, detail) in [(6, 0), (4, 1), (5, 1)] {
        s.watcher
            .conn
            .xtest_fake_input(kind, detail, 0, root, x + 20, y + 15, 0)
            .unwrap();
    }
    s.watcher.sync();
    s.node.send(&ToWarden::Watchers {
        share: SHARE,
        list: Vec::new(),
    });
    while let Some(m) = s.node.hear() {
        assert!(!matches!(m, FromWarden::Stop(_)), "{m:?}");
    }
    // … but a person does, and control ends with it.
    s.person.point(x + 21, y + 16);
    s.person.click(1);
    s.node.expect("stop", |m| match m {
        FromWarden::Stop(SHARE) => Some(()),
        _ => None,
    });
    s.node.send(&ToWarden::Close(SHARE));
    until("the frame to go", || {
        (!s.watcher
            .others(&[&s.shared])
            .iter()
            .any(|w| (w.3, w.4) == (600, 30)))
        .then_some(())
    });
}

#[test]
fn xvfb_borders_of_a_window_manager_are_the_sharers() {
    let mut s = scene();
    // Its frame looks like a menu to X: that bars nothing inside.
    let no_menus = Limits {
        menus: Allow::Barred,
        ..fast()
    };
    assert_eq!(s.node.grant(no_menus.clone()), Answer::Allowed);
    let (x, y) = s.corner();
    let (inside, title) = (
        (x as u16 + 50, y as u16 + 100),
        (x as u16 + 200, y as u16 - 10),
    );
    s.node.click(title.0, title.1, Button::Main);
    let why = s.node.expect("a refusal", |m| match m {
        FromWarden::Refused { why, .. } => Some(why),
        _ => None,
    });
    // Kith's own title lies above the window's, or the window's bar is free.
    assert!(matches!(why, Reason::Border | Reason::OwnWindow), "{why:?}");
    s.node.click(inside.0, inside.1, Button::Main);
    until("a click", || {
        if let Some(FromWarden::Refused { why, .. }) = s.node.hear_now() {
            panic!("inside: {why:?}");
        }
        s.shared
            .events()
            .iter()
            .any(|e| matches!(e, Event::ButtonPress(_)))
            .then_some(())
    });
    // Dragging the lower border moves nothing…
    let lower = Place {
        x: x as u16 + 200,
        y: y as u16 + 302,
    };
    s.node.click(lower.x, lower.y, Button::Main);
    let why = s.node.expect("a refusal", |m| match m {
        FromWarden::Refused { why, .. } => Some(why),
        _ => None,
    });
    assert_eq!(why, Reason::Border);
    // … until the sharer includes the borders.
    s.node.send(&ToWarden::Limit {
        share: SHARE,
        viewer: VIEWER,
        limits: Limits {
            borders: Allow::Allowed,
            ..no_menus
        },
    });
    s.node.input(Input::Move(lower));
    s.node.expect("input to take effect", |m| match m {
        FromWarden::Acting(..) => Some(()),
        FromWarden::Refused { why, .. } => panic!("{why:?}"),
        _ => None,
    });
}

#[test]
fn xvfb_a_closed_window_is_told() {
    let mut s = scene();
    s.framed(VIEW);
    drop(s.shared);
    s.node.expect("gone", |m| match m {
        FromWarden::Gone(SHARE) => Some(()),
        _ => None,
    });
}

/// Any program may destroy any window, and hide it. The warden ends of it, and lets
/// go; its node starts another, which nobody controls through.
#[test]
fn xvfb_whoever_takes_the_title_away_ends_control() {
    type Takes = fn(&Scene, u32);
    let destroys: Takes = |s, title| drop(s.watcher.conn.destroy_window(title).unwrap());
    let hides: Takes = |s, title| drop(s.watcher.conn.unmap_window(title).unwrap());
    // More happens than is kept of what happens.
    let in_a_crowd: Takes = |s, title| {
        let noise = s.watcher.window((0, 0, 10, 10), true);
        s.watcher.conn.grab_server().unwrap();
        s.watcher.conn.destroy_window(title).unwrap();
        for x in 0..6_000 {
            let aux = ConfigureWindowAux::new().x(x % 2);
            s.watcher.conn.configure_window(noise, &aux).unwrap();
        }
        s.watcher.conn.ungrab_server().unwrap();
    };
    for takes in [destroys, hides, in_a_crowd] {
        let mut s = scene();
        assert_eq!(s.node.grant(fast()), Answer::Allowed);
        s.framed(CONTROL);
        s.shared.focus(s.window);
        s.node.key(SHIFT, Motion::Down);
        until("Shift", || (!s.shared.keys_down().is_empty()).then_some(()));
        let windows = s.watcher.others(&[&s.shared]);
        let title = windows.iter().find(|w| (w.3, w.4) == (600, 30)).unwrap().0;
        takes(&s, title);
        s.watcher.sync();
        until("keys to be let go", || {
            s.shared.keys_down().is_empty().then_some(())
        });
        until("the warden's end", || s.node.is_over().then_some(()));
        let frame = |w: &(u32, i16, i16, u16, u16)| s.watcher.pixel(w.1 + 1, w.2 + 1) == CONTROL;
        assert!(!s.watcher.others(&[&s.shared]).iter().any(frame));
    }
}

/// Nor does it help to move it out of sight, or below what lies there.
#[test]
fn xvfb_a_title_that_was_moved_comes_back() {
    let s = scene();
    s.framed(VIEW);
    let there = s.title();
    let windows = s.watcher.others(&[&s.shared]);
    let title = windows.iter().find(|w| (w.3, w.4) == (600, 30)).unwrap().0;
    let away = ConfigureWindowAux::new()
        .x(-5_000)
        .stack_mode(StackMode::BELOW);
    let lower = ConfigureWindowAux::new().stack_mode(StackMode::BELOW);
    for aux in [away, lower] {
        s.watcher.conn.configure_window(title, &aux).unwrap();
        s.watcher.sync();
        until("the title to be back", || {
            let (x, y) = there;
            (s.watcher.pixel(x + 86, y + 3) == VIEW).then_some(())
        });
    }
    assert_eq!(s.title(), there);
}
