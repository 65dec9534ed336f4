//! An enrolled device of XTEST's on real X servers (ASK-3): x11vnc and
//! on-screen keyboards press through it, and so does any other program.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeSet;
use std::time::Duration;

use common::question::Asked;
use common::*;
use kith_screen::guard::What;
use kith_screen::warden::protocol::{
    Answer, AskId, FromWarden, PanicStage, Purpose, ToWarden, Who,
};
use kith_screen::x11::{InputKind, InputMaker, inputs};
use x11rb::protocol::xtest::ConnectionExt as _;

const TAB: u8 = 23;
const RETURN: u8 = 36;
const ESCAPE: u8 = 9;
const ESCAPE_SYM: u32 = 0xff1b;
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
    fn enrol(&mut self, kinds: &[InputKind], wait: Duration) {
        let kinds: BTreeSet<InputKind> = kinds.iter().copied().collect();
        self.node.send(&ToWarden::Enrolled { kinds, wait });
    }

    fn ask(&mut self) -> Asked {
        self.node.send(&ToWarden::Ask {
            ask: ASK,
            share: SHARE,
            viewer: VIEWER,
            who: Who::unverified("Ben"),
            purpose: Purpose::Control(Node::offer(fast())),
            lines: Vec::new(),
        });
        let asked = Asked::on(&self.watcher);
        asked.wait_armed(&self.watcher);
        asked
    }

    /// A key, as any program presses it.
    fn xtest(&self, code: u8) {
        for kind in [2, 3] {
            let c = &self.watcher.conn;
            c.xtest_fake_input(kind, code, 0, self.watcher.root, 0, 0, 0)
                .unwrap();
        }
        self.watcher.sync();
    }

    fn xtest_says_yes(&self) {
        [TAB, TAB, RETURN].iter().for_each(|code| self.xtest(*code));
    }

    fn answer(&mut self) -> Answer {
        self.node.expect("an answer", |m| match m {
            FromWarden::Answer(ASK, a) => Some(a),
            _ => None,
        })
    }

    /// XTEST presses in vain; then the person refuses.
    fn xtest_is_refused(&mut self) {
        let asked = self.ask();
        self.xtest_says_yes();
        let still = Asked::on(&self.watcher);
        assert_eq!(still.window, asked.window);
        self.person.key(ESCAPE);
        assert_eq!(self.answer(), Answer::Denied);
    }
}

#[test]
fn xvfb_an_enrolled_device_presses_until_it_is_removed() {
    let mut s = scene();
    s.xtest_is_refused();
    // Its keyboard, and not its mouse.
    s.enrol(&[InputKind::Keyboard], Duration::ZERO);
    let asked = s.ask();
    let c = &s.watcher.conn;
    let (x, y) = asked.allow;
    for (kind, detail, x, y) in [(6, 0, x, y), (4, 1, 0, 0), (5, 1, 0, 0)] {
        c.xtest_fake_input(kind, detail, 0, s.watcher.root, x, y, 0)
            .unwrap();
    }
    s.watcher.sync();
    assert_eq!(Asked::on(&s.watcher).window, asked.window);
    asked.wait_armed_anew(&s.watcher);
    s.xtest_says_yes();
    assert_eq!(s.answer(), Answer::Allowed);
    s.node.send(&ToWarden::Revoke {
        share: SHARE,
        viewer: VIEWER,
    });
    s.node.expect("the end of control", |m| {
        matches!(m, FromWarden::Ended(..)).then_some(())
    });
    // A program that the viewer left behind.
    s.xtest_is_refused();
    s.enrol(&[], Duration::ZERO);
    s.xtest_is_refused();
}

/// GUARD-9: what the node knows of others' hands counts in a fresh warden too.
#[test]
fn xvfb_it_doesnt_press_while_others_may_have_left_a_program() {
    let mut s = scene();
    s.enrol(&InputKind::ALL, Duration::from_secs(300));
    s.xtest_is_refused();
    s.enrol(&InputKind::ALL, Duration::ZERO);
    let _ = s.ask();
    s.xtest_says_yes();
    assert_eq!(s.answer(), Answer::Allowed);
}

/// GUARD-6: its panic key ends control at any time, and a viewer's Esc is an
/// ordinary key all the same.
#[test]
fn xvfb_an_enrolled_device_ends_control_and_the_viewer_does_not() {
    let mut s = scene();
    s.enrol(&InputKind::ALL, Duration::ZERO);
    assert_eq!(s.node.grant(fast()), Answer::Allowed);
    s.shared.focus(s.window);
    for _ in 0..20 {
        s.node.tap(ESCAPE_SYM);
        s.node.tap(0x61);
    }
    let mut came = Vec::new();
    until("what the viewer typed", || {
        came.extend(s.shared.events());
        (came.len() >= 80).then_some(())
    });
    while let Some(said) = s.node.hear_now() {
        let fine = !matches!(said, FromWarden::Panic(_) | FromWarden::Ended(..));
        assert!(fine, "{said:?}");
    }
    s.xtest(ESCAPE);
    let stage = s.node.expect("panic", |m| match m {
        FromWarden::Panic(stage) => Some(stage),
        _ => None,
    });
    assert_eq!(stage, PanicStage::Control);
}

#[test]
fn xvfb_what_programs_press_is_known() {
    let s = scene();
    let devices = inputs(Some(&s.x.display)).unwrap();
    for kind in InputKind::ALL {
        for maker in [InputMaker::Hands, InputMaker::Programs] {
            let is = |d: &&kith_screen::x11::InputDevice| (d.kind, d.maker) == (kind, maker);
            assert!(devices.iter().any(|d| is(&d)), "{devices:?}");
        }
    }
}
