//! The frame of a part of the screen is moved and resized on real X servers
//! (GUARD-1): by mouse and keyboard of a person, and of nobody else.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::*;
use kith_codec::input::{Button, Input, Motion, Place};
use kith_screen::guard::{Area, Reason, What};
use kith_screen::warden::protocol::{Answer, FromWarden, Note, ToWarden, Watcher};
use x11rb::protocol::xproto::ConnectionExt as _;
use x11rb::protocol::xtest::ConnectionExt as _;

const VIEW: u32 = 0xb8_7400;
/// The outline of what would be shown.
const OUTLINE: u32 = 0x1f_6fd0;
const AREA: Area = Area::new(300, 200, 400, 300);
const MENU_WIDTH: u16 = 420;
const ESCAPE: u8 = 9;
const RETURN: u8 = 36;
const SHIFT: u8 = 50;
const UP: u8 = 111;
const RIGHT: u8 = 114;
const SUPER: u8 = 133;
const K: u8 = 45;

struct Scene {
    _x: Xvfb,
    _wm: Killed,
    watcher: Program,
    person: Person,
    node: Node,
}

fn scene() -> Scene {
    let x = Xvfb::start();
    let wm = x.window_manager();
    let watcher = Program::new(&x);
    let person = Person::new(&x);
    let (mut node, _warden) = Node::with_thread(&x);
    node.open(What::Region(AREA));
    node.send(&ToWarden::Watchers {
        share: SHARE,
        list: vec![Watcher {
            viewer: VIEWER,
            name: "Ben (Nordstadt)".into(),
        }],
    });
    Scene {
        _x: x,
        _wm: wm,
        watcher,
        person,
        node,
    }
}

impl Scene {
    /// Waits until bars of this colour go round that.
    fn framed(&self, a: Area, colour: u32) {
        let (x, y, w, h) = (a.x as i16, a.y as i16, a.w as i16, a.h as i16);
        let (mid, low) = (x + w / 2, y + h / 2);
        let at = [
            (x - 2, low),
            (x + w + 1, low),
            (mid, y - 2),
            (mid, y + h + 1),
        ];
        until("the frame", || {
            let is = |(x, y): &(i16, i16)| self.watcher.pixel(*x, *y) == colour;
            at.iter().all(is).then_some(())
        });
    }

    /// The title has nobody's name on it where nothing is hit but by a drag.
    fn title(&self) -> (i16, i16) {
        until("the title", || {
            let all = self.watcher.others(&[]);
            let title = all.iter().find(|w| (w.3, w.4) == (600, 30));
            title.map(|w| (w.1 + 400, w.2 + 15))
        })
    }

    /// A person drags what is at `from` to `to`.
    fn drag(&self, from: (i16, i16), to: (i16, i16)) {
        self.person.point(from.0, from.1);
        self.person.hold(1);
        self.person.point(to.0, to.1);
        self.person.let_go(1);
    }

    fn placed(&mut self) -> Area {
        self.node.expect("another place", |m| match m {
            FromWarden::Place(SHARE, area) => Some(area),
            _ => None,
        })
    }

    /// What becomes of a viewer's movement there, once the person's hands rest.
    fn moves(&mut self, x: u16, y: u16) -> Option<Reason> {
        until("an answer to input", || {
            self.node.input(Input::Move(Place { x, y }));
            match self.node.hear() {
                Some(FromWarden::Acting(..)) => Some(None),
                Some(FromWarden::Refused { why, .. }) => {
                    (why != Reason::Local && why != Reason::Consent).then_some(Some(why))
                }
                _ => None,
            }
        })
    }

    /// Nothing was told of another place, of all that was told before the
    /// answer to this.
    fn not_placed(&mut self) {
        self.node.send(&ToWarden::Say(SHARE, Note::Nowhere));
        while let Some(m) = self.node.hear() {
            assert!(!matches!(m, FromWarden::Place(..)), "{m:?}");
        }
    }

    fn menu(&self) -> Option<()> {
        let all = self.watcher.others(&[]);
        all.iter().any(|w| w.3 == MENU_WIDTH).then_some(())
    }

    /// A person opens the menu by its shortcut.
    fn open_menu(&self) {
        until("the menu", || {
            self.person.press(SUPER);
            self.person.key(K);
            self.person.release(SUPER);
            soon(|| self.menu())
        });
    }
}

#[test]
fn xvfb_a_part_of_the_screen_is_dragged_and_nothing_stays_open() {
    let mut s = scene();
    s.framed(AREA, VIEW);
    assert_eq!(s.node.grant(fast()), Answer::Allowed);
    assert_eq!(s.moves(310, 210), None);
    let (x, y) = s.title();
    s.person.point(x, y);
    s.person.hold(1);
    s.person.point(x + 50, y + 40);
    // The outline goes ahead; nothing is shown or opened by that.
    let there = Area::new(350, 240, 400, 300);
    s.framed(there, OUTLINE);
    s.watcher.picture("place-drag");
    s.not_placed();
    s.person.let_go(1);
    assert_eq!(s.placed(), there);
    // The picture is still the old one: what isn't in both takes no input.
    let outside = Some(Reason::OutsideArea);
    assert_eq!(s.moves(310, 210), outside);
    assert_eq!(s.moves(360, 260), None);
    assert_eq!(s.moves(745, 535), outside);
    s.node.send(&ToWarden::Change {
        share: SHARE,
        what: What::Region(there),
    });
    assert_eq!(s.moves(745, 535), None);
    assert_eq!(s.moves(310, 210), outside);
    // By an edge, and by a corner; to nowhere by its buttons.
    s.node.revoke();
    s.framed(there, VIEW);
    s.drag((752, 400), (852, 410));
    let wider = Area::new(350, 240, 500, 300);
    assert_eq!(s.placed(), wider);
    s.node.send(&ToWarden::Change {
        share: SHARE,
        what: What::Region(wider),
    });
    s.framed(wider, VIEW);
    s.drag((348, 238), (300, 300));
    let smaller = Area::new(302, 302, 548, 238);
    assert_eq!(s.placed(), smaller);
}

#[test]
fn xvfb_nobody_elses_hand_moves_the_frame() {
    let mut s = scene();
    s.framed(AREA, VIEW);
    assert_eq!(s.node.grant(fast()), Answer::Allowed);
    let (x, y) = s.title();
    // Neither the viewer, …
    for at in [(x, y), (702, 350)] {
        let (x, y) = (at.0 as u16, at.1 as u16);
        s.node.input(Input::Button {
            at: Place { x, y },
            button: Button::Main,
            motion: Motion::Down,
        });
        assert_eq!(s.moves(x, y), Some(Reason::OutsideArea));
    }
    // … nor another program, be it in the middle of a person's drag.
    let root = s.watcher.root;
    let fake = |kind, detail, x, y| {
        let c = &s.watcher.conn;
        c.xtest_fake_input(kind, detail, 0, root, x, y, 0).unwrap();
        s.watcher.sync();
    };
    for at in [(x, y), (702, 350)] {
        fake(6, 0, at.0, at.1);
        fake(4, 1, 0, 0);
        fake(6, 0, at.0 + 60, at.1 + 60);
        fake(5, 1, 0, 0);
    }
    s.not_placed();
    s.person.point(x, y);
    s.person.hold(1);
    s.person.point(x + 10, y + 10);
    s.framed(Area::new(310, 210, 400, 300), OUTLINE);
    let at = s.watcher.conn.query_pointer(root).unwrap().reply().unwrap();
    let fake = |kind, detail, x, y| {
        let c = &s.watcher.conn;
        c.xtest_fake_input(kind, detail, 0, root, x, y, 0).unwrap();
        s.watcher.sync();
    };
    fake(6, 0, at.root_x + 200, at.root_y + 100);
    fake(6, 0, at.root_x, at.root_y);
    // Esc leaves all as it was, and takes control.
    s.person.key(ESCAPE);
    s.node.expect("the end of control", |m| match m {
        FromWarden::Place(..) => panic!("{m:?}"),
        m => matches!(m, FromWarden::Ended(..)).then_some(()),
    });
    s.person.let_go(1);
    s.not_placed();
    s.framed(AREA, VIEW);
}

#[test]
fn xvfb_the_arrow_keys_move_and_resize_the_frame() {
    let mut s = scene();
    s.framed(AREA, VIEW);
    // The first row of the menu.
    let keys = |s: &Scene, codes: &[u8]| {
        s.open_menu();
        s.person.key(RETURN);
        s.framed(AREA, OUTLINE);
        for code in codes {
            match *code {
                UP => {
                    s.person.press(SHIFT);
                    s.person.key(UP);
                    s.person.release(SHIFT);
                }
                code => s.person.key(code),
            }
        }
    };
    keys(&s, &[RIGHT, RIGHT, UP, ESCAPE]);
    s.framed(AREA, VIEW);
    s.not_placed();
    keys(&s, &[RIGHT, RIGHT, UP, RETURN]);
    assert_eq!(s.placed(), Area::new(332, 200, 400, 284));
}
