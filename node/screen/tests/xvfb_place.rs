//! The frame of a part of the screen is moved and resized on real X servers
//! (GUARD-1): by mouse and keyboard of a person, and of nobody else.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::*;
use kith_codec::input::{Button, Input, Motion, Place};
use kith_screen::guard::{Area, Part, Point, Reason, What};
use kith_screen::warden::protocol::{Answer, FromWarden, Note, ToWarden, Watcher};
use x11rb::protocol::xproto::ConnectionExt as _;
use x11rb::protocol::xtest::ConnectionExt as _;

const VIEW: u32 = 0xb8_7400;
const CONTROL: u32 = 0xc8_1020;
/// The outline of what would be shown.
const OUTLINE: u32 = 0x1f_6fd0;
/// And of what a click moves out.
const REMOVE: u32 = 0x20_2020;
const AREA: Area = Area::new(300, 200, 400, 300);
const MENU_WIDTH: u16 = 420;
const ESCAPE: u8 = 9;
const RETURN: u8 = 36;
const SHIFT: u8 = 50;
const UP: u8 = 111;
const DOWN: u8 = 116;
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
    node.open(What::Region(AREA.into()));
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

    fn placed(&mut self) -> Part {
        self.node.expect("another place", |m| match m {
            FromWarden::Place(SHARE, part) => Some(part),
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

    /// The node shows this now.
    fn shows(&mut self, part: &Part) {
        let what = What::Region(part.clone());
        self.node.send(&ToWarden::Change { share: SHARE, what });
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
    assert_eq!(s.placed(), there.into());
    // The picture is still the old one: what isn't in both takes no input.
    let outside = Some(Reason::OutsideArea);
    assert_eq!(s.moves(310, 210), outside);
    assert_eq!(s.moves(360, 260), None);
    assert_eq!(s.moves(745, 535), outside);
    s.node.send(&ToWarden::Change {
        share: SHARE,
        what: What::Region(there.into()),
    });
    assert_eq!(s.moves(745, 535), None);
    assert_eq!(s.moves(310, 210), outside);
    // By an edge, and by a corner; to nowhere by its buttons.
    s.node.revoke();
    s.framed(there, VIEW);
    s.drag((752, 400), (852, 410));
    let wider = Area::new(350, 240, 500, 300);
    assert_eq!(s.placed(), wider.into());
    s.node.send(&ToWarden::Change {
        share: SHARE,
        what: What::Region(wider.into()),
    });
    s.framed(wider, VIEW);
    s.drag((348, 238), (300, 300));
    let smaller = Area::new(302, 302, 548, 238);
    assert_eq!(s.placed(), smaller.into());
}

/// GUARD-1: any shape. What is cut out takes no input from the moment that the hand
/// lets go; what is added takes some once it is seen.
#[test]
fn xvfb_pieces_are_cut_out_and_added_by_mouse_and_by_keys() {
    let mut s = scene();
    s.framed(AREA, VIEW);
    assert_eq!(s.node.grant(fast()), Answer::Allowed);
    // The second row of the menu, and the third.
    let choose = |s: &Scene, row: usize| {
        s.open_menu();
        for _ in 1..row {
            s.person.key(DOWN);
        }
        s.person.key(RETURN);
    };
    let piece = |x, y, w, h| Area::new(x, y, w, h);
    let third = piece(433, 300, 133, 100);
    choose(&s, 2);
    s.framed(third, OUTLINE);
    let cut = piece(400, 300, 101, 81);
    s.person.point(400, 300);
    s.person.hold(1);
    s.person.point(500, 380);
    s.framed(cut, OUTLINE);
    s.watcher.picture("place-cut");
    s.not_placed();
    s.person.let_go(1);
    let with_hole = Part::new(AREA, [cut]).unwrap();
    assert_eq!(s.placed(), with_hole);
    let outside = Some(Reason::OutsideArea);
    assert_eq!(s.moves(450, 340), outside);
    assert_eq!(s.moves(510, 340), None);
    s.shows(&with_hole);
    assert_eq!(s.moves(450, 340), outside);
    // The frame's line, where nothing is shown.
    until("the line round it", || {
        let line = |x, y| s.watcher.pixel(x, y) == CONTROL;
        let all = line(401, 340) && line(499, 340) && line(450, 301) && line(450, 379);
        (all && !line(398, 340) && !line(450, 340)).then_some(())
    });
    s.watcher.picture("place-hole");
    // By keys: right of it, up by one step.
    choose(&s, 3);
    s.framed(cut, OUTLINE);
    for code in [RIGHT, UP, RETURN] {
        s.person.key(code);
    }
    let smaller = s.placed();
    for (x, y, seen) in [
        (405, 340, false),
        (415, 340, false),
        (417, 340, true),
        (450, 365, false),
        (450, 360, true),
    ] {
        assert_eq!(smaller.contains(Point { x, y }), seen, "{x} {y}");
    }
    // Not before it is seen.
    assert_eq!(s.moves(450, 340), outside);
    s.shows(&smaller);
    assert_eq!(s.moves(450, 340), None);
    // A click draws nothing, Esc leaves all as it is; then all of it again.
    s.node.revoke();
    choose(&s, 2);
    s.framed(third, OUTLINE);
    s.person.point(600, 400);
    s.person.hold(1);
    s.person.let_go(1);
    s.person.key(ESCAPE);
    s.not_placed();
    choose(&s, 4);
    assert_eq!(s.placed(), AREA.into());
}

/// GUARD-2: a window goes into the frame and out of it, by a person's click alone.
#[test]
fn xvfb_a_window_is_moved_into_the_frame_and_out_of_it() {
    let mut s = scene();
    s.framed(AREA, VIEW);
    let window = s.watcher.window((20, 30, 120, 90), false);
    s.watcher.settle(window, (20, 30));
    let place = || {
        let c = &s.watcher.conn;
        let at = c.translate_coordinates(window, s.watcher.root, 0, 0);
        let at = at.unwrap().reply().unwrap();
        (i32::from(at.dst_x), i32::from(at.dst_y))
    };
    // Within what the window manager puts round it.
    let lies = |x: i32, y: i32| {
        until("the window’s place", || {
            let (at_x, at_y) = place();
            ((x..x + 9).contains(&at_x) && (y..y + 40).contains(&at_y)).then_some(())
        });
    };
    lies(20, 30);
    s.open_menu();
    for _ in 0..3 {
        s.person.key(DOWN);
    }
    s.person.key(RETURN);
    let outlined = |(x, y): (i32, i32), colour| {
        until("its outline", || {
            let pixel = s.watcher.pixel(x as i16 - 2, y as i16 + 45);
            (pixel == colour).then_some(())
        });
    };
    let (x, y) = place();
    s.person.point(x as i16 + 60, y as i16 + 50);
    outlined((x, y), OUTLINE);
    s.watcher.picture("place-bring");
    s.person.click(1);
    lies(300, 200);
    let (x, y) = place();
    s.person.point(x as i16 + 60, y as i16 + 50);
    outlined((x, y), REMOVE);
    // A double click is one.
    until("the way out", || {
        s.person.click(1);
        soon(|| (place() != (x, y)).then_some(()))
    });
    until("a place outside", || {
        let (x, y) = place();
        (x + 120 <= 300 || y + 90 <= 200).then_some(())
    });
    s.person.key(ESCAPE);
    s.not_placed();
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
    assert_eq!(s.placed(), Area::new(332, 200, 400, 284).into());
}
