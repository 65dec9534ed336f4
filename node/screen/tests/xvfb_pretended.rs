//! A program that presses on the devices of hands gives nothing (GUARD-9): told
//! on an X server whose devices are a person's. Here that is Xephyr, and the hand
//! is on the screen that Xephyr's window lies on.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::question::{Asked, YES};
use common::*;
use kith_screen::guard::What;
use kith_screen::warden::protocol::{Answer, AskId, FromWarden, Purpose, ToWarden, Who};
use x11rb::protocol::xtest::ConnectionExt as _;

const KEY_DOWN: u8 = 2;
const KEY_UP: u8 = 3;

struct Scene {
    watcher: Program,
    node: Node,
    asks: u32,
    /// Whoever presses on a device that they name, from a program.
    program: Person,
    /// Where the person's hand is.
    around: Program,
    _inner: Xvfb,
    _outer: Xvfb,
}

/// `meanwhile`: mouse and keyboard come when the warden is there.
fn scene(meanwhile: bool) -> Scene {
    let outer = Xvfb::start();
    let inner = Xvfb::inside(&outer);
    let program = Person::new(&inner);
    if meanwhile {
        program.plug_all(false);
    }
    let shared = Program::new(&inner);
    let window = shared.window((0, 0, 300, 200), false);
    shared.focus(window);
    let (mut node, _warden) = Node::with_thread(&inner);
    node.open(What::Applications(vec![shared.owner(window)]));
    if meanwhile {
        program.plug_all(true);
    }
    Scene {
        watcher: shared,
        node,
        asks: 0,
        program,
        around: Program::new(&outer),
        _inner: inner,
        _outer: outer,
    }
}

impl Scene {
    /// Puts a question, and waits until it can be answered.
    fn ask(&mut self) -> AskId {
        self.asks += 1;
        let ask = AskId(self.asks);
        self.node.send(&ToWarden::Ask {
            ask,
            share: SHARE,
            viewer: VIEWER,
            who: Who::unverified("Ben"),
            purpose: Purpose::Control(Node::offer(fast())),
            lines: Vec::new(),
        });
        Asked::on(&self.watcher).wait_armed(&self.watcher);
        ask
    }

    fn answer(&mut self, ask: AskId) -> Answer {
        self.node.expect("an answer", |m| match m {
            FromWarden::Answer(a, answer) if a == ask => Some(answer),
            _ => None,
        })
    }

    /// The person's hand presses keys.
    fn hand(&self, keys: &[u8]) {
        for (key, kind) in keys.iter().flat_map(|k| [(*k, KEY_DOWN), (*k, KEY_UP)]) {
            let conn = &self.around.conn;
            let cookie = conn.xtest_fake_input(kind, key, 0, x11rb::NONE, 0, 0, 0);
            cookie.unwrap().check().unwrap();
        }
    }
}

#[test]
fn xvfb_a_hand_answers_and_no_program_does_in_its_place() {
    let mut s = scene(false);
    let ask = s.ask();
    s.hand(&YES);
    assert_eq!(s.answer(ask), Answer::Allowed);

    // By the keyboard of the person, as the X server tells it.
    let ask = s.ask();
    s.program.key(YES[0]);
    assert_eq!(s.answer(ask), Answer::Pretended);
    // And while nobody else is served, later, so that all is there at once.
    let ask = s.ask();
    s.program
        .at_once(|| YES.iter().for_each(|code| s.program.key(*code)));
    assert_eq!(s.answer(ask), Answer::Pretended);
    // By the mouse, that lies on the button already.
    let ask = s.ask();
    s.program.click(1);
    s.hand(&YES);
    assert_eq!(s.answer(ask), Answer::Pretended);

    // What was pressed before is no matter later, and a hand answers again.
    let ask = s.ask();
    s.hand(&YES);
    assert_eq!(s.answer(ask), Answer::Allowed);
}

/// Seen to fail without anything recorded where there were no hands at first.
#[test]
fn xvfb_no_program_does_in_the_place_of_a_hand_that_came_later() {
    let mut s = scene(true);
    let ask = s.ask();
    YES.iter().for_each(|code| s.program.key(*code));
    assert_eq!(s.answer(ask), Answer::Pretended);
    let ask = s.ask();
    s.hand(&YES);
    assert_eq!(s.answer(ask), Answer::Allowed);
}
