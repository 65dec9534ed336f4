//! The warden's windows in each language and at twice the size (UI-1): what is
//! pressed is what is drawn, at every size.
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
const ASK: AskId = AskId(5);

/// How the size comes about.
#[derive(Clone, Copy)]
enum By {
    Setting,
    Screen,
}

struct Scene {
    x: Xvfb,
    screen: Program,
    person: Person,
    node: Node,
}

fn scene(language: Language, times: i16, by: By) -> Scene {
    let x = Xvfb::of_size("2000x1500");
    let screen = Program::new(&x);
    let person = Person::new(&x);
    let percent = 100 * times as u16;
    let scale = match by {
        By::Setting => Scale::percent(percent),
        By::Screen => {
            let dpi = format!("Xft.dpi:\t{}\n", 96 * times);
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
    node.open(What::Region(Area::new(300, 400, 900, 700)));
    node.send(&ToWarden::Watchers {
        share: SHARE,
        list: vec![Watcher {
            viewer: VIEWER,
            name: "Ben".into(),
        }],
    });
    Scene {
        x,
        screen,
        person,
        node,
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

fn all() -> impl Iterator<Item = (Language, i16, By)> {
    let sizes = [(1, By::Setting), (2, By::Setting), (2, By::Screen)];
    let all = Language::ALL.into_iter();
    all.flat_map(move |language| sizes.map(|(times, by)| (language, times, by)))
}

/// ASK-2: only a person, only after the delay, and where the button is drawn.
#[test]
fn a_press_counts_where_the_button_is_drawn() {
    for (language, times, by) in all() {
        let mut s = scene(language, times, by);
        s.asks();
        let asked = Asked::sized(&s.screen, times);
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
        s.screen
            .picture(&format!("asked-{}-{times}", language.code()));
        s.person.click(1);
        assert_eq!(s.answer(), Answer::Allowed);
        s.asks();
        let asked = Asked::sized(&s.screen, times);
        s.person.point(asked.refuse.0, asked.refuse.1);
        // Before it is armed, a click is nothing but a sign of haste.
        s.person.click(1);
        asked.wait_armed(&s.screen);
        s.person.click(1);
        assert_eq!(s.answer(), Answer::Denied);
        drop(s.x);
    }
}

/// GUARD-1: the title's buttons and the menu's rows too.
#[test]
fn title_and_menu_are_as_large_as_they_are_said_to_be() {
    for (language, times, by) in all() {
        let mut s = scene(language, times, by);
        let (x, y, high) = s.wide(600 * times);
        assert_eq!(high as i16, 30 * times);
        let (menu, stop) = (
            (x + 160 * times, y + 15 * times),
            (x + 40 * times, y + 15 * times),
        );
        s.person.point(menu.0, menu.1);
        s.person.click(1);
        let (x, y, _) = s.wide(420 * times);
        s.screen
            .picture(&format!("menu-{}-{times}", language.code()));
        // "Show nothing more to Ben": below the head, and moving.
        s.person.point(x + 50 * times, y + times * (30 + 28 + 14));
        s.person.click(1);
        let sent = |m| matches!(m, FromWarden::SendAway(SHARE, VIEWER)).then_some(());
        s.node.expect("somebody to be sent away", sent);
        s.person.press(SUPER);
        s.person.key(K);
        s.person.release(SUPER);
        s.wide(420 * times);
        // Moving is the first row: the title says how.
        s.person.key(RETURN);
        s.person.key(DOWN);
        s.screen
            .picture(&format!("moving-{}-{times}", language.code()));
        s.person.key(ESCAPE);
        s.person.point(stop.0, stop.1);
        s.person.click(1);
        let stops = |m| (m == FromWarden::Stop(SHARE)).then_some(());
        s.node.expect("the share to be stopped", stops);
    }
}
