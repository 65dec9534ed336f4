//! The frame's menu and its choosing mode on real X servers (GUARD-1, GUARD-2):
//! by mouse and keyboard of a person, and of nobody else.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::*;
use kith_codec::input::Button;
use kith_screen::guard::{Reason, Shared, What, WindowId};
use kith_screen::warden::protocol::{
    Answer, AskId, Bar, Change, Ended, FromWarden, PanicStage, ToWarden, Watcher, Who, Word,
};
use x11rb::protocol::Event;
use x11rb::protocol::xtest::ConnectionExt as _;

const TITLE: (u16, u16) = (600, 30);
const MENU_WIDTH: u16 = 420;
/// The outline of what a click would show.
const ADD: u32 = 0x1f_6fd0;
/// And of what it would take out.
const REMOVE: u32 = 0x20_2020;
const ESCAPE: u8 = 9;
const RETURN: u8 = 36;
const DOWN: u8 = 116;
const HOME: u8 = 110;
const SUPER: u8 = 133;
const K: u8 = 45;

struct Scene {
    x: Xvfb,
    shared: Program,
    window: u32,
    other: Program,
    foreign: u32,
    watcher: Program,
    person: Person,
    node: Node,
    _wm: Killed,
}

/// A window that is shared, one of another program that isn't, and a viewer who
/// watches.
fn scene(whole: bool) -> Scene {
    scene_on(Xvfb::start(), whole)
}

fn scene_on(x: Xvfb, whole: bool) -> Scene {
    let wm = x.window_manager();
    let (shared, other, watcher) = (Program::new(&x), Program::new(&x), Program::new(&x));
    let window = shared.window((40, 330, 300, 250), false);
    shared.settle(window, (40, 330));
    let foreign = other.window((620, 400, 250, 200), false);
    other.settle(foreign, (620, 400));
    let person = Person::new(&x);
    let (mut node, _warden) = Node::with_thread(&x);
    node.open(match whole {
        true => What::Applications(vec![shared.owner(window)]),
        false => What::Windows(vec![Shared {
            id: WindowId(window),
            owner: shared.owner(window),
        }]),
    });
    node.send(&ToWarden::Watchers {
        share: SHARE,
        list: vec![Watcher {
            viewer: VIEWER,
            name: "Ben (Nordstadt)".into(),
        }],
    });
    Scene {
        x,
        shared,
        window,
        other,
        foreign,
        watcher,
        person,
        node,
        _wm: wm,
    }
}

impl Scene {
    fn of_size(&self, is: impl Fn(u16, u16) -> bool) -> Option<(i16, i16, u16, u16)> {
        let found = self.watcher.others(&[&self.shared, &self.other]);
        let found = found.iter().find(|w| is(w.3, w.4));
        found.map(|w| (w.1, w.2, w.3, w.4))
    }

    fn title(&self) -> (i16, i16) {
        until("the title", || {
            let at = self.of_size(|w, h| (w, h) == TITLE)?;
            Some((at.0, at.1))
        })
    }

    fn menu(&self) -> Option<(i16, i16, u16, u16)> {
        self.of_size(|w, h| w == MENU_WIDTH && h > TITLE.1)
    }

    /// A person opens the menu by its button, and tries again where a click was
    /// lost: to a title that just moved, to a viewer's that was still held.
    fn open_menu(&self) -> (i16, i16, u16, u16) {
        until("the menu", || {
            let (x, y) = self.title();
            self.person.point(x + 150, y + 15);
            self.person.click(1);
            soon(|| self.menu())
        })
    }

    /// A person presses a row of it.
    fn press_row(&self, row: i16) {
        let (x, y, ..) = self.open_menu();
        self.person.point(x + 100, y + 30 + 28 * row + 14);
        self.person.click(1);
        until("the menu to close", || self.menu().is_none().then_some(()));
    }

    /// The middle of a program's window.
    fn middle(program: &Program, window: u32) -> (i16, i16) {
        use x11rb::protocol::xproto::ConnectionExt as _;
        let c = &program.conn;
        let at = c
            .translate_coordinates(window, program.root, 0, 0)
            .unwrap()
            .reply()
            .unwrap();
        let g = c.get_geometry(window).unwrap().reply().unwrap();
        (
            at.dst_x + g.width as i16 / 2,
            at.dst_y + g.height as i16 / 2,
        )
    }

    /// Whether the edge of the foreign window is outlined as to be shown.
    fn outlined(&self) -> bool {
        let (x, y) = Self::middle(&self.other, self.foreign);
        self.watcher.pixel(x, y + 102) == ADD
    }

    fn choose(&mut self) -> (Shared, Change) {
        self.node.expect("a choice", |m| match m {
            FromWarden::Choose { window, change, .. } => Some((window, change)),
            _ => None,
        })
    }

    fn control(&mut self) {
        self.node.send(&ToWarden::Give {
            ask: AskId(1),
            share: SHARE,
            viewer: VIEWER,
            who: Who::unverified("Ben"),
            offer: Node::offer(fast()),
            word: Word::Advance,
            lines: Vec::new(),
        });
        let answer = self.node.expect("an answer", |m| match m {
            FromWarden::Answer(_, answer) => Some(answer),
            FromWarden::Choose { .. } => panic!("that click counted"),
            _ => None,
        });
        assert_eq!(answer, Answer::Allowed);
    }

    /// Whatever was clicked before this, and here by a viewer.
    fn nothing_was_chosen(&mut self) {
        let why = self.refused_there();
        assert!(matches!(why, Reason::Consent | Reason::Local), "{why:?}");
    }

    /// Why a viewer's click into the foreign window is refused; until then nothing
    /// was chosen.
    fn refused_there(&mut self) -> Reason {
        let (x, y) = Self::middle(&self.other, self.foreign);
        self.node.click(x as u16, y as u16, Button::Main);
        self.node.expect("a refusal", |m| match m {
            FromWarden::Refused { why, .. } => Some(why),
            FromWarden::Choose { .. } => panic!("that click counted"),
            _ => None,
        })
    }

    /// Begins to choose, by mouse; the pointer is over the foreign window.
    fn begin_choosing(&self) {
        self.press_row(0);
        let (x, y) = Self::middle(&self.other, self.foreign);
        until("the outline", || {
            // Until mouse and keyboard are taken, movements are nobody's.
            self.person.point(x, y);
            self.person.point(x + 1, y);
            self.outlined().then_some(())
        });
    }

    fn fake(&self, kind: u8, detail: u8, (x, y): (i16, i16)) {
        let c = &self.watcher.conn;
        c.xtest_fake_input(kind, detail, 0, self.watcher.root, x, y, 0)
            .unwrap();
        self.watcher.sync();
    }
}

fn clicks(events: &[Event]) -> usize {
    let clicks = events.iter();
    clicks
        .filter(|e| matches!(e, Event::ButtonPress(_)))
        .count()
}

#[test]
fn xvfb_a_click_adds_a_window_and_acts_on_nothing() {
    let mut s = scene(false);
    s.begin_choosing();
    s.watcher.picture("choose-add");
    s.other.events();
    // Neither a program's click …
    for kind in [4, 5] {
        s.fake(kind, 1, (0, 0));
    }
    // … nor a viewer's adds anything.
    s.control();
    s.nothing_was_chosen();
    s.person.click(1);
    let (window, change) = s.choose();
    assert_eq!(
        (window.id, change),
        (WindowId(s.foreign), Change::Add),
        "{window:?}"
    );
    assert_eq!(window.owner, s.other.owner(s.foreign));
    assert_eq!(clicks(&s.other.events()), 0);
    // Esc, which is also the panic key, ends it.
    s.person.key(ESCAPE);
    s.node.expect("panic", |m| match m {
        FromWarden::Panic(PanicStage::Control) => Some(()),
        _ => None,
    });
    until("mouse and keyboard to be free", || {
        s.person.click(1);
        (clicks(&s.other.events()) > 0).then_some(())
    });
    assert!(!s.outlined());
}

/// On an X server whose devices are a person's, what a program presses on them
/// shows nothing more. Seen to fail.
#[test]
fn xvfb_a_program_in_a_hands_place_adds_nothing() {
    let outer = Xvfb::start();
    let mut s = scene_on(Xvfb::inside(&outer), false);
    s.begin_choosing();
    s.person.click(1);
    until("the choosing to end", || (!s.outlined()).then_some(()));
    s.control();
    assert_eq!(s.refused_there(), Reason::ForeignWindow);
}

/// Whoever clicks faster than the screen follows, or twice, does no more than
/// they saw. Seen to fail without the marker, and without the pause.
#[test]
fn xvfb_only_what_was_outlined_is_chosen_and_once() {
    let mut s = scene(false);
    s.begin_choosing();
    let (x, y) = Scene::middle(&s.other, s.foreign);
    until("no outline", || {
        s.person.point(x, y - 120);
        s.person.point(x + 1, y - 120);
        (!s.outlined()).then_some(())
    });
    s.person.at_once(|| {
        s.person.point(x, y);
        s.person.click(1);
    });
    until("the outline", || s.outlined().then_some(()));
    s.control();
    s.nothing_was_chosen();
    s.person.at_once(|| {
        s.person.click(1);
        s.person.click(1);
    });
    let (window, change) = s.choose();
    assert_eq!((window.id, change), (WindowId(s.foreign), Change::Add));
    s.nothing_was_chosen();
    // What a click does next is outlined although the pointer rests.
    let windows = [(&s.shared, s.window), (&s.other, s.foreign)].map(|(p, w)| Shared {
        id: WindowId(w),
        owner: p.owner(w),
    });
    s.node.send(&ToWarden::Change {
        share: SHARE,
        what: What::Windows(windows.to_vec()),
    });
    until("what a click takes out", || {
        let (x, y) = Scene::middle(&s.other, s.foreign);
        (s.watcher.pixel(x, y + 102) == REMOVE).then_some(())
    });
}

#[test]
fn xvfb_what_is_taken_out_takes_no_input_at_once() {
    let mut s = scene(true);
    let both = [s.shared.owner(s.window), s.other.owner(s.foreign)];
    // Two connections of this test's process: as two windows.
    let windows = [(&s.shared, s.window), (&s.other, s.foreign)];
    let windows = windows.map(|(p, w)| Shared {
        id: WindowId(w),
        owner: p.owner(w),
    });
    assert_ne!(both[0], both[1]);
    s.node.send(&ToWarden::Change {
        share: SHARE,
        what: What::Windows(windows.to_vec()),
    });
    assert_eq!(s.node.grant(fast()), Answer::Allowed);
    let (x, y) = Scene::middle(&s.other, s.foreign);
    until("a viewer's click", || {
        s.node.click(x as u16, y as u16, Button::Main);
        (clicks(&s.other.events()) > 0).then_some(())
    });
    // Rows: choose, two that are shown.
    s.press_row(2);
    let (window, change) = s.choose();
    assert_eq!(change, Change::Remove);
    let gone = windows.iter().position(|w| *w == window).unwrap();
    let at = [(&s.shared, s.window), (&s.other, s.foreign)][gone];
    let (x, y) = Scene::middle(at.0, at.1);
    until("the sharer's own pause to be over", || {
        s.node.click(x as u16, y as u16, Button::Main);
        s.node
            .expect("a refusal", |m| match m {
                FromWarden::Refused { why, .. } => Some(why),
                _ => None,
            })
            .ne(&Reason::Local)
            .then_some(())
    });
    // The last one stays: the title says what ends the share.
    s.watcher.picture("choose-last");
    drop(s.x);
}

#[test]
fn xvfb_the_menu_by_keyboard_bars_and_takes_back() {
    let mut s = scene(true);
    s.title();
    assert_eq!(s.node.grant(fast()), Answer::Allowed);
    let keyboard = |s: &Scene, keys: &[u8]| {
        until("the menu by its shortcut", || {
            s.person.press(SUPER);
            s.person.key(K);
            s.person.release(SUPER);
            soon(|| s.menu())
        });
        s.watcher.picture("frame-menu");
        for key in keys {
            s.person.key(*key);
        }
        until("the menu to close", || s.menu().is_none().then_some(()));
    };
    // Choose; take back; send away; menus, file dialogs, right button.
    keyboard(&s, &[HOME, DOWN, DOWN, DOWN, DOWN, DOWN, RETURN]);
    let bar = s.node.expect("a bar", |m| match m {
        FromWarden::Barred(SHARE, bar) => Some(bar),
        _ => None,
    });
    assert_eq!(bar, Bar::RightClick);
    let (x, y) = Scene::middle(&s.shared, s.window);
    until("the right button to be barred", || {
        s.node.click(x as u16, y as u16, Button::Menu);
        s.node
            .expect("a refusal", |m| match m {
                FromWarden::Refused { why, .. } => Some(why),
                _ => None,
            })
            .eq(&Reason::Button)
            .then_some(())
    });
    keyboard(&s, &[HOME, DOWN, RETURN]);
    let why = s.node.expect("the end of control", |m| match m {
        FromWarden::Ended(_, VIEWER, why) => Some(why),
        _ => None,
    });
    assert_eq!(why, Ended::Stopped);
    // A fresh grant is narrowed by it too.
    s.node.grant_pressed(&s.watcher, &s.person, fast());
    until("the right button to be barred still", || {
        s.node.click(x as u16, y as u16, Button::Menu);
        s.node
            .expect("a refusal", |m| match m {
                FromWarden::Refused { why, .. } => Some(why),
                _ => None,
            })
            .eq(&Reason::Button)
            .then_some(())
    });
    keyboard(&s, &[HOME, DOWN, DOWN, RETURN]);
    s.node.expect("sending away", |m| match m {
        FromWarden::SendAway(SHARE, VIEWER) => Some(()),
        _ => None,
    });
}

#[test]
fn xvfb_programs_press_nothing_in_the_menu() {
    let mut s = scene(true);
    let (x, y, _, h) = s.open_menu();
    let stop = (x + 100, y + h as i16 - 20);
    // The row above bars something; those below the focus take back and more.
    s.fake(6, 0, (stop.0, stop.1 - 28));
    for (kind, detail) in [
        (4, 1),
        (5, 1),
        (2, DOWN),
        (3, DOWN),
        (2, RETURN),
        (3, RETURN),
    ] {
        s.fake(kind, detail, (0, 0));
    }
    // A person does after that, so that it was waited for.
    s.person.point(stop.0 + 1, stop.1);
    s.person.click(1);
    s.node.expect("stop", |m| match m {
        FromWarden::Stop(SHARE) => Some(()),
        FromWarden::Choose { .. } | FromWarden::Barred(..) | FromWarden::SendAway(..) => {
            panic!("{m:?}")
        }
        _ => None,
    });
}
