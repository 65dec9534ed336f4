//! Consent windows on real X servers (ASK-2): only a person's device answers
//! them, and only what was really seen is answered.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::time::{Duration, Instant};

use common::question::{Asked, HALF};
use common::*;
use kith_codec::input::Motion;
use kith_screen::guard::{Reason, What};
use kith_screen::warden::protocol::{
    Answer, AskId, FromWarden, Purpose, ToWarden, Verified, Who, Word,
};
use x11rb::connection::Connection as _;
use x11rb::protocol::shape::{ConnectionExt as _, SK, SO};
use x11rb::protocol::xproto::{
    AtomEnum, ClipOrdering, ConfigureWindowAux, ConnectionExt as _, CreateGCAux, CreateWindowAux,
    EventMask, GrabMode, Rectangle, StackMode, WindowClass,
};

const TAB: u8 = 23;
const RETURN: u8 = 36;
const ESCAPE: u8 = 9;
const LEFT: u8 = 113;
/// The ground of the window.
const PAPER: u32 = 0xfa_fafa;
const SUPER: u8 = 133;
const K: u8 = 45;
const ASK: AskId = AskId(77);

struct Scene {
    x: Xvfb,
    shared: Program,
    watcher: Program,
    window: u32,
    person: Person,
    node: Node,
}

fn scene() -> Scene {
    let x = Xvfb::start();
    let (shared, watcher) = (Program::new(&x), Program::new(&x));
    let window = shared.window((0, 0, 300, 200), false);
    shared.focus(window);
    let person = Person::new(&x);
    let (mut node, _warden) = Node::with_thread(&x);
    node.open(What::Applications(vec![shared.owner(window)]));
    Scene {
        x,
        shared,
        watcher,
        window,
        person,
        node,
    }
}

impl Scene {
    fn ask(&mut self, purpose: Purpose) -> Asked {
        self.node.send(&ToWarden::Ask {
            ask: ASK,
            share: SHARE,
            viewer: VIEWER,
            who: Who {
                name: "Жанна Анна 安娜 \u{202e}evil".into(),
                verified: Verified::Yes,
                organisation: Some("Klinik am See".into()),
            },
            purpose,
            lines: vec!["Reference: case 4711".into()],
        });
        self.asked()
    }

    /// The window of the question.
    fn asked(&self) -> Asked {
        Asked::on(&self.watcher)
    }

    /// Which window has the keyboard.
    fn keyboard(&self) -> u32 {
        let cookie = self.watcher.conn.get_input_focus().unwrap();
        cookie.reply().unwrap().focus
    }

    fn armed(&self, asked: &Asked) -> bool {
        asked.armed(&self.watcher)
    }

    fn wait_armed(&self, asked: &Asked) {
        asked.wait_armed(&self.watcher);
    }

    /// The person goes on to "Allow control", and presses it.
    fn says_yes(&mut self) {
        for code in [TAB, TAB, RETURN] {
            self.person.key(code);
        }
        assert_eq!(self.answer(), Answer::Allowed);
    }

    /// A viewer is to control, by this word.
    fn give(&mut self, word: Word) {
        self.node.send(&ToWarden::Give {
            ask: ASK,
            share: SHARE,
            viewer: VIEWER,
            who: Who::unverified("Ben"),
            offer: Node::offer(fast()),
            word,
            lines: Vec::new(),
        });
    }

    fn answer(&mut self) -> Answer {
        self.node.expect("an answer", |m| match m {
            FromWarden::Answer(ASK, a) => Some(a),
            _ => None,
        })
    }
}

fn control() -> Purpose {
    Purpose::Control(Node::offer(fast()))
}

#[test]
fn xvfb_a_person_allows_by_keyboard() {
    let mut s = scene();
    let asked = s.ask(control());
    // Too early: whoever is typing has not read it.
    s.person.key(TAB);
    s.person.key(RETURN);
    s.watcher.picture("consent-waiting");
    s.wait_armed(&asked);
    s.watcher.picture("consent");
    s.person.key(TAB);
    s.watcher.sync();
    s.watcher.picture("consent-only-view");
    s.person.key(TAB);
    s.watcher.sync();
    s.watcher.picture("consent-allow");
    s.person.key(RETURN);
    assert_eq!(s.answer(), Answer::Allowed);
    // The pause for the person's keys, then the viewer types.
    s.shared.focus(s.window);
    until("the viewer's key", || {
        s.node.tap(0x62);
        (!s.shared.events().is_empty()).then_some(())
    });
}

/// GUARD-10: whoever sees a share of the desktop doesn't see who asks for what.
#[test]
fn xvfb_questions_are_marked_private() {
    let mut s = scene();
    let asked = s.ask(control());
    let c = &s.watcher.conn;
    let mark = c.intern_atom(false, b"_KITH_PRIVATE").unwrap();
    let mark = mark.reply().unwrap().atom;
    let value = c
        .get_property(false, asked.window, mark, AtomEnum::CARDINAL, 0, 1)
        .unwrap()
        .reply()
        .unwrap();
    assert_eq!(value.value32().unwrap().collect::<Vec<_>>(), [1]);
}

#[test]
fn xvfb_refusing_is_the_default() {
    let mut s = scene();
    let asked = s.ask(control());
    s.wait_armed(&asked);
    // On to the next button and back again.
    for code in [TAB, LEFT] {
        s.person.key(code);
    }
    s.person.key(RETURN);
    assert_eq!(s.answer(), Answer::Denied);
    assert_eq!(
        s.watcher
            .others(&[&s.shared])
            .iter()
            .filter(|w| w.0 == asked.window)
            .count(),
        0
    );
}

#[test]
fn xvfb_a_person_clicks() {
    let mut s = scene();
    let asked = s.ask(Purpose::View);
    until("armed", || {
        (s.watcher.pixel(asked.allow.0 - HALF + 1, asked.allow.1) == 0x8a_5a00).then_some(())
    });
    s.watcher.picture("consent-view");
    s.person.point(asked.allow.0, asked.allow.1);
    s.person.click(1);
    assert_eq!(s.answer(), Answer::Allowed);
}

/// A program may put the pointer, or the meaning of a key, where a hand is about to
/// press for something else.
#[test]
fn xvfb_what_a_program_puts_under_a_hand_is_not_pressed() {
    let mut s = scene();
    let asked = s.ask(control());
    s.wait_armed(&asked);
    let (x, y) = asked.allow;
    let (c, root) = (&s.watcher.conn, s.watcher.root);
    c.warp_pointer(x11rb::NONE, root, 0, 0, 0, 0, x, y).unwrap();
    s.watcher.sync();
    s.person.click(1);
    asked.wait_armed_anew(&s.watcher);
    // Nor if it had the mouse for itself meanwhile.
    let (mask, now) = (EventMask::BUTTON_PRESS, x11rb::CURRENT_TIME);
    let (how, none) = (GrabMode::ASYNC, x11rb::NONE);
    c.grab_pointer(false, root, mask, how, how, none, none, now)
        .unwrap();
    for (x, y) in [(1, 1), (x, y)] {
        c.warp_pointer(none, root, 0, 0, 0, 0, x, y).unwrap();
    }
    c.ungrab_pointer(now).unwrap();
    s.watcher.sync();
    s.person.click(1);
    asked.wait_armed_anew(&s.watcher);
    // Whoever types "bba" presses nothing, and Esc is one whatever it means now.
    s.x.give_keys("key <AC01> { [ Return ] }; key <AB05> { [ Tab ] }; key <ESC> { [ a ] };");
    let (a, b) = (38, 56);
    for code in [b, b, a, ESCAPE] {
        s.person.key(code);
    }
    assert_eq!(s.answer(), Answer::Denied);
    let asked = s.ask(control());
    s.wait_armed(&asked);
    s.says_yes();
}

/// The X server lets go of a button for a mouse that is pulled out.
#[test]
fn xvfb_a_mouse_that_goes_away_answers_nothing() {
    let mut s = scene();
    let asked = s.ask(control());
    s.wait_armed(&asked);
    s.person.point(asked.allow.0, asked.allow.1);
    s.person.hold(1);
    s.person.plug_mouse(false);
    let pressed = |s: &Scene| {
        let at = s.watcher.conn.query_pointer(s.watcher.root).unwrap();
        u16::from(at.reply().unwrap().mask) & 0x100
    };
    until("the button to be let go", || {
        (pressed(&s) == 0).then_some(())
    });
    s.person.plug_mouse(true);
    s.person.key(ESCAPE);
    assert_eq!(s.answer(), Answer::Denied);
    // It presses again once it is there again.
    let asked = s.ask(control());
    s.wait_armed(&asked);
    s.person.point(asked.allow.0, asked.allow.1);
    s.person.click(1);
    assert_eq!(s.answer(), Answer::Allowed);
}

#[test]
fn xvfb_programs_cannot_answer() {
    let mut s = scene();
    let asked = s.ask(control());
    asked.a_program_tries(&s.watcher);
    s.wait_armed(&asked);
    for _ in 0..3 {
        asked.a_program_tries(&s.watcher);
    }
    // The window is still there, and a person still refuses with Esc.
    let still = s.asked();
    assert_eq!(still.window, asked.window);
    s.person.key(ESCAPE);
    assert_eq!(s.answer(), Answer::Denied);
}

/// Any program may close any window. What it asked is refused then, whatever is
/// pressed where it was, and the next question is asked like any other.
#[test]
fn xvfb_a_question_that_a_program_closes_is_refused() {
    type Closes = fn(&Scene, &Asked);
    let destroys: Closes = |s, asked| drop(s.shared.conn.destroy_window(asked.window).unwrap());
    let hides: Closes = |s, asked| drop(s.shared.conn.unmap_window(asked.window).unwrap());
    let shows_again: Closes = |s, asked| {
        s.shared.conn.unmap_window(asked.window).unwrap();
        s.shared.conn.map_window(asked.window).unwrap();
    };
    let takes: Closes = |s, asked| {
        let (window, within) = (asked.window, s.window);
        drop(s.shared.conn.reparent_window(window, within, 0, 0).unwrap());
    };
    // More happens than is kept of what happens.
    let in_a_crowd: Closes = |s, asked| {
        let noise = s.shared.window((0, 0, 10, 10), true);
        s.shared.conn.grab_server().unwrap();
        s.shared.conn.destroy_window(asked.window).unwrap();
        for x in 0..6_000 {
            let aux = ConfigureWindowAux::new().x(x % 2);
            s.shared.conn.configure_window(noise, &aux).unwrap();
        }
        s.shared.conn.ungrab_server().unwrap();
    };
    let mut s = scene();
    for closes in [destroys, hides, shows_again, takes, in_a_crowd] {
        let asked = s.ask(control());
        closes(&s, &asked);
        s.shared.sync();
        for code in [TAB, TAB, RETURN] {
            s.person.key(code);
        }
        assert_eq!(s.answer(), Answer::Closed);
        s.watcher.picture("consent-closed");
    }
    // Nothing was given.
    s.node.tap(0x62);
    s.node.expect("a refusal", |m| match m {
        FromWarden::Refused { why, .. } => (why == Reason::NoGrant).then_some(()),
        _ => None,
    });
    let asked = s.ask(control());
    s.wait_armed(&asked);
    s.says_yes();
}

#[test]
fn xvfb_what_is_covered_is_not_answered() {
    let mut s = scene();
    let asked = s.ask(control());
    s.wait_armed(&asked);
    // A program keeps a small window on top of the name.
    let cover = s.shared.window((300, 250, 200, 60), true);
    let above = ConfigureWindowAux::new().stack_mode(StackMode::ABOVE);
    let end = Instant::now() + Duration::from_millis(1_000);
    while Instant::now() < end {
        s.shared.conn.configure_window(cover, &above).unwrap();
        s.shared.sync();
    }
    let g = s
        .watcher
        .conn
        .get_geometry(asked.window)
        .unwrap()
        .reply()
        .unwrap();
    let over = ConfigureWindowAux::new()
        .x(i32::from(g.x) + 20)
        .y(i32::from(g.y) + 90)
        .stack_mode(StackMode::ABOVE);
    s.shared.conn.configure_window(cover, &over).unwrap();
    s.shared.sync();
    s.person.key(TAB);
    s.person.key(RETURN);
    // It comes to the top again, and must be seen for a while before it counts.
    until("the question to wait again", || {
        (!s.armed(&asked)).then_some(())
    });
    s.wait_armed(&asked);
    s.says_yes();
}

/// X lets every program put windows into another's, move it, cut it and draw in
/// it.
#[test]
fn xvfb_what_was_tampered_with_is_not_answered() {
    let mut s = scene();
    let asked = s.ask(control());
    let c = &s.shared.conn;
    let inside = c.generate_id().unwrap();
    let gc = c.generate_id().unwrap();
    let white = CreateGCAux::new().foreground(0xff_ffff);
    c.create_gc(gc, asked.window, &white).unwrap();
    let text = Rectangle {
        x: 20,
        y: 90,
        width: 400,
        height: 60,
    };
    type Tamper<'a> = &'a dyn Fn();
    let within: Tamper = &|| {
        let class = WindowClass::INPUT_OUTPUT;
        let aux = CreateWindowAux::new().background_pixel(0xff_ffff);
        let at = asked.window;
        c.create_window(0, inside, at, 20, 90, 400, 60, 0, class, 0, &aux)
            .unwrap();
        c.map_window(inside).unwrap();
    };
    let moved: Tamper = &|| {
        let aux = ConfigureWindowAux::new().x(0).y(0);
        c.configure_window(asked.window, &aux).unwrap();
    };
    let cut: Tamper = &|| {
        let (set, kind) = (SO::SUBTRACT, SK::BOUNDING);
        let order = ClipOrdering::UNSORTED;
        c.shape_rectangles(set, kind, order, asked.window, 0, 0, &[text])
            .unwrap();
    };
    let drawn: Tamper = &|| {
        c.poly_fill_rectangle(asked.window, gc, &[text]).unwrap();
    };
    for (what, tamper) in [
        ("in", within),
        ("moved", moved),
        ("cut", cut),
        ("drawn", drawn),
    ] {
        s.wait_armed(&asked);
        tamper();
        s.shared.sync();
        s.person.key(TAB);
        s.person.key(RETURN);
        // It becomes as it was, and must be seen for a while before it counts.
        until(what, || (!s.armed(&asked)).then_some(()));
    }
    s.wait_armed(&asked);
    s.says_yes();
}

/// GUARD-9: what was said in advance is a question while somebody has control,
/// and for a while after.
#[test]
fn xvfb_nothing_is_injected_beside_a_question_and_nothing_widens_beside_control() {
    let mut s = scene();
    assert_eq!(s.node.grant(fast()), Answer::Allowed);
    // "kith allow", typed by whoever has control.
    s.node.send(&ToWarden::Give {
        ask: ASK,
        share: SHARE,
        viewer: kith_screen::guard::ViewerId(8),
        who: Who::unverified("Mallory"),
        offer: Node::offer(fast()),
        word: Word::Advance,
        lines: Vec::new(),
    });
    let asked = s.asked();
    s.node.key(0x61, Motion::Down);
    let why = s.node.expect("a refusal", |m| match m {
        FromWarden::Refused { why, .. } => Some(why),
        _ => None,
    });
    assert_eq!(why, Reason::Consent);
    s.wait_armed(&asked);
    s.watcher.picture("consent-unverified");
    s.person.key(RETURN);
    assert_eq!(s.answer(), Answer::Denied);
    // Whoever had control gives it back first: that changes nothing.
    s.node.revoke();
    s.give(Word::Advance);
    let asked = s.asked();
    s.wait_armed(&asked);
    s.person.key(RETURN);
    assert_eq!(s.answer(), Answer::Denied);
}

/// ASK-2: nobody controls because the node says so. A yes is asked for; one that
/// stands already is not asked for again, once.
#[test]
fn xvfb_control_is_given_by_a_press_alone() {
    let mut s = scene();
    s.give(Word::Press);
    let asked = s.asked();
    s.wait_armed(&asked);
    s.person.key(RETURN);
    assert_eq!(s.answer(), Answer::Denied);
    let asked = s.ask(Purpose::Wish(Node::offer(fast())));
    s.wait_armed(&asked);
    s.says_yes();
    // The node decides, and gives. Nothing is asked again.
    s.give(Word::Press);
    let mut granted = false;
    s.node.expect("control", |m| match m {
        FromWarden::Granted(..) => {
            granted = true;
            None
        }
        FromWarden::Answer(ASK, Answer::Allowed) => Some(()),
        _ => None,
    });
    assert!(granted);
    s.node.revoke();
    s.give(Word::Press);
    let asked = s.asked();
    s.wait_armed(&asked);
    s.person.key(ESCAPE);
    assert_eq!(s.answer(), Answer::Denied);
}

/// ASK-2: between yes and no.
#[test]
fn xvfb_a_person_lets_them_only_see() {
    let mut s = scene();
    let asked = s.ask(control());
    s.wait_armed(&asked);
    s.person.point(asked.view.0, asked.view.1);
    s.person.click(1);
    let answer = s.node.expect("an answer", |m| match m {
        FromWarden::Granted(..) => panic!("only to see"),
        FromWarden::Answer(ASK, answer) => Some(answer),
        _ => None,
    });
    assert_eq!(answer, Answer::OnlyView);
}

#[test]
fn xvfb_a_question_can_be_withdrawn() {
    let mut s = scene();
    let asked = s.ask(control());
    s.node.send(&ToWarden::Withdraw(ASK));
    assert_eq!(s.answer(), Answer::Withdrawn);
    until("the window to go", || {
        (!s.watcher
            .others(&[&s.shared])
            .iter()
            .any(|w| w.0 == asked.window))
        .then_some(())
    });
}

/// Whoever goes on typing elsewhere while a question is open isn't sent back to
/// what is shared; whoever doesn't is.
#[test]
fn xvfb_a_question_that_closes_takes_no_keyboard_away() {
    let mut s = scene();
    let private = s.watcher.window((400, 500, 300, 100), false);
    let asked = s.ask(control());
    until("the question's keyboard", || {
        (s.keyboard() == asked.window).then_some(())
    });
    s.watcher.focus(private);
    s.node.send(&ToWarden::Withdraw(ASK));
    assert_eq!(s.answer(), Answer::Withdrawn);
    // The second gives it back to where the first had left it.
    let mut last = 0;
    s.ask(control());
    until("the next question's keyboard", || {
        last = s.keyboard();
        (last != private && last != s.window).then_some(())
    });
    s.node.send(&ToWarden::Withdraw(ASK));
    assert_eq!(s.answer(), Answer::Withdrawn);
    until("the keyboard to be where it was", || {
        (s.keyboard() == private).then_some(())
    });
}

/// UI-1: who has gone on elsewhere gets back without a pointer; whoever was
/// typing when the keyboard came has said nothing.
#[test]
fn xvfb_the_keyboard_comes_back_to_a_question() {
    let mut s = scene();
    let private = s.watcher.window((400, 500, 300, 100), false);
    let shortcut = |s: &Scene| {
        s.person.press(SUPER);
        s.person.key(K);
        s.person.release(SUPER);
    };
    let asked = s.ask(control());
    s.wait_armed(&asked);
    s.watcher.focus(private);
    until("that to be said", || {
        (s.watcher.pixel(asked.refuse.0 - HALF - 3, asked.refuse.1) == PAPER).then_some(())
    });
    s.watcher.picture("consent-keyboard-elsewhere");
    s.person.key(TAB);
    shortcut(&s);
    until("the shortcut", || {
        (s.keyboard() == asked.window).then_some(())
    });
    // As does a face that is told to.
    s.watcher.focus(private);
    s.node.send(&ToWarden::Recall);
    until("the keyboard", || {
        (s.keyboard() == asked.window).then_some(())
    });
    until("the question to wait again", || {
        (!s.armed(&asked)).then_some(())
    });
    s.wait_armed(&asked);
    // Another program brings it in the middle of a word.
    s.watcher.focus(private);
    s.watcher.focus(asked.window);
    for code in [TAB, TAB, RETURN] {
        s.person.key(code);
    }
    until("the question to wait", || (!s.armed(&asked)).then_some(()));
    s.wait_armed(&asked);
    s.says_yes();
}
