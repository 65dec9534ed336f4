//! The warden's windows in other languages and at twice the size (UI-1): what is
//! pressed is what is drawn.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::question::Asked;
use common::*;
use kith_screen::guard::{Area, What};
use kith_screen::look::{Language, Look, Scale};
use kith_screen::warden::protocol::{
    Answer, AskId, FromWarden, Purpose, ToWarden, Verified, Watcher, Who,
};
use x11rb::protocol::xproto::{AtomEnum, PropMode};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::wrapper::ConnectionExt as _;

const SUPER: u8 = 133;
const K: u8 = 45;
const DOWN: u8 = 116;
const RETURN: u8 = 36;
const ESCAPE: u8 = 9;
/// So many times the usual size.
const TIMES: i16 = 2;
const ASK: AskId = AskId(5);

/// How the size comes about.
#[derive(Clone, Copy)]
enum By {
    Setting,
    Screen,
}

struct Scene {
    _x: Xvfb,
    screen: Program,
    person: Person,
    node: Node,
    seen: Vec<Vec<u32>>,
}

fn scene(language: Language, by: By) -> Scene {
    let x = Xvfb::of_size("2000x1500");
    let screen = Program::new(&x);
    let person = Person::new(&x);
    let scale = match by {
        By::Setting => Scale::percent(100 * TIMES as u16),
        By::Screen => {
            let dpi = format!("Xft.dpi:\t{}\n", 96 * TIMES);
            let (root, all) = (screen.root, AtomEnum::RESOURCE_MANAGER);
            let c = &screen.conn;
            c.change_property8(
                PropMode::REPLACE,
                root,
                all,
                AtomEnum::STRING,
                dpi.as_bytes(),
            )
            .unwrap();
            screen.sync();
            Scale::default()
        }
    };
    let (mut node, _warden) = Node::with_thread(&x);
    node.send(&ToWarden::Look(Look { language, scale }));
    node.open(What::Region(Area::new(300, 400, 900, 700).into()));
    node.send(&ToWarden::Watchers {
        share: SHARE,
        list: vec![Watcher {
            viewer: VIEWER,
            name: "Ben".into(),
        }],
    });
    Scene {
        _x: x,
        screen,
        person,
        node,
        seen: Vec::new(),
    }
}

impl Scene {
    fn asks(&mut self) {
        self.node.send(&ToWarden::Ask {
            ask: ASK,
            share: SHARE,
            viewer: VIEWER,
            who: Who {
                name: "Ben Ostermann".into(),
                verified: Verified::No,
                organisation: Some("Klinik am See".into()),
            },
            purpose: Purpose::Wish(Node::offer(fast())),
            lines: vec!["4711".into()],
        });
    }

    /// A picture to be looked at: of something new, once it stands still, for
    /// windows are drawn bit by bit.
    fn picture(&mut self, name: &str, language: Language) {
        let name = format!("{name}-{}", language.code());
        let mut before = None;
        let picture = until("a picture that stands still", || {
            let (_, now) = self.screen.picture(&name);
            let still = before.as_ref() == Some(&now) && !self.seen.contains(&now);
            before = Some(now);
            if still { before.take() } else { None }
        });
        self.seen.push(picture);
    }

    fn answer(&mut self) -> Answer {
        self.node.expect("an answer", |m| match m {
            FromWarden::Answer(ASK, answer) => Some(answer),
            _ => None,
        })
    }

    /// A window of the warden's of this width.
    fn wide(&self, width: i16) -> (i16, i16, u16) {
        until("a window of that width", || {
            let all = self.screen.others(&[]);
            let found = all.iter().find(|w| w.3 == width as u16);
            found.map(|(_, x, y, _, h)| (*x, *y, *h))
        })
    }
}

/// Every language but the one of all other tests, and both ways to twice the size.
const ALL: [(Language, By); 2] = [
    (Language::German, By::Setting),
    (Language::Chinese, By::Screen),
];

/// ASK-2: only a person, only after the delay, and where the button is drawn.
#[test]
fn xvfb_a_press_counts_where_the_button_is_drawn() {
    for (language, by) in ALL {
        let mut s = scene(language, by);
        s.asks();
        let asked = Asked::sized(&s.screen, TIMES);
        let (x, y) = asked.allow;
        let c = &s.screen.conn;
        asked.wait_armed(&s.screen);
        // A program's clicks count for nothing at any size.
        c.xtest_fake_input(6, 0, 0, s.screen.root, x, y, 0).unwrap();
        for kind in [4, 5] {
            c.xtest_fake_input(kind, 1, 0, s.screen.root, 0, 0, 0)
                .unwrap();
        }
        s.screen.sync();
        asked.wait_armed_anew(&s.screen);
        s.picture("asked", language);
        s.person.click(1);
        assert_eq!(s.answer(), Answer::Allowed);
    }
}

/// GUARD-1: the title's buttons and the menu's rows too.
#[test]
fn xvfb_title_and_menu_are_as_large_as_they_are_said_to_be() {
    for (language, by) in ALL {
        let mut s = scene(language, by);
        let (x, y, high) = s.wide(600 * TIMES);
        assert_eq!(high as i16, 30 * TIMES);
        s.picture("title", language);
        let (menu, stop) = (
            (x + 160 * TIMES, y + 15 * TIMES),
            (x + 40 * TIMES, y + 15 * TIMES),
        );
        s.person.point(menu.0, menu.1);
        s.person.click(1);
        let (x, y, _) = s.wide(420 * TIMES);
        s.picture("menu", language);
        // "Show nothing more to Ben": below the head, and what is done to the frame.
        s.person
            .point(x + 50 * TIMES, y + TIMES * (30 + 4 * 28 + 14));
        s.person.click(1);
        let sent = |m| matches!(m, FromWarden::SendAway(SHARE, VIEWER)).then_some(());
        s.node.expect("somebody to be sent away", sent);
        // Away from the rows: under the pointer, one would be chosen.
        s.person.point(5, 5);
        s.person.press(SUPER);
        s.person.key(K);
        s.person.release(SUPER);
        s.wide(420 * TIMES);
        // Moving is the first row: the title says how.
        s.person.key(RETURN);
        s.person.key(DOWN);
        s.picture("moving", language);
        s.person.key(ESCAPE);
        s.person.point(stop.0, stop.1);
        s.person.click(1);
        let stops = |m| (m == FromWarden::Stop(SHARE)).then_some(());
        s.node.expect("the share to be stopped", stops);
    }
}
