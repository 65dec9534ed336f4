//! A question in the warden's window, and somebody who answers it.

use super::{Answer, AskId, FromWarden, Limits, Node, Person, Program, SHARE, VIEWER};
use super::{ToWarden, ViewerId, Who, Word, until};
use x11rb::protocol::xtest::ConnectionExt as _;

/// The colour of the "Allow control" button's edge once it can be pressed.
const ARMED: u32 = 0xb0_1020;
/// Half a button's width.
pub(crate) const HALF: i16 = 82;
/// The keys that say yes, by their numbers: Tab, Tab, Return.
pub(crate) const YES: [u8; 3] = [23, 23, 36];

/// Where the window is, and the middle of "Refuse", "Only view" and "Allow".
pub(crate) struct Asked {
    pub(crate) window: u32,
    pub(crate) refuse: (i16, i16),
    pub(crate) view: (i16, i16),
    pub(crate) allow: (i16, i16),
    times: i16,
}

impl Asked {
    /// The question on this screen.
    pub(crate) fn on(screen: &Program) -> Self {
        Self::sized(screen, 1)
    }

    /// One that is so many times as large as usual.
    pub(crate) fn sized(screen: &Program, times: i16) -> Self {
        until("a consent window", || {
            let found = screen.others(&[]);
            let found = found.iter().find(|w| w.3 == 580 * times as u16);
            found.map(|(window, x, y, w, h)| {
                let (w, h) = (*w as i16, *h as i16);
                let (side, below) = (times * (24 + HALF), times * (24 + 22));
                Self {
                    window: *window,
                    refuse: (x + side, y + h - below),
                    view: (x + w / 2, y + h - below),
                    allow: (x + w - side, y + h - below),
                    times,
                }
            })
        })
    }

    /// Whether control can be allowed now: by the left edge of that button.
    pub(crate) fn armed(&self, screen: &Program) -> bool {
        screen.pixel(self.allow.0 - self.times * HALF + 1, self.allow.1) == ARMED
    }

    /// Everything a program can do with XTEST: all keys that answer, and clicks on all
    /// buttons.
    pub(crate) fn a_program_tries(&self, screen: &Program) {
        let fake = |kind, code, x, y| {
            let c = &screen.conn;
            c.xtest_fake_input(kind, code, 0, screen.root, x, y, 0)
                .unwrap();
        };
        for code in [36, 23, 36, 65, 23, 36, 23, 36, 9] {
            for kind in [2, 3] {
                fake(kind, code, 0, 0);
            }
        }
        for (x, y) in [self.allow, self.view, self.refuse] {
            fake(6, 0, x, y);
            for kind in [4, 5] {
                fake(kind, 1, 0, 0);
            }
        }
        screen.sync();
    }

    /// After something that isn't a hand's.
    pub(crate) fn wait_armed_anew(&self, screen: &Program) {
        until("the question to wait again", || {
            (!self.armed(screen)).then_some(())
        });
        self.wait_armed(screen);
    }

    pub(crate) fn wait_armed(&self, screen: &Program) {
        until("the question to be armed", || {
            self.armed(screen).then_some(())
        });
    }
}

impl Node {
    /// Control for the viewer, pressed by the person at this screen.
    pub(crate) fn grant_pressed(&mut self, screen: &Program, person: &Person, limits: Limits) {
        self.grant_pressed_to((VIEWER, "Ben"), screen, person, limits);
    }

    /// The same for another viewer, of that name.
    pub(crate) fn grant_pressed_to(
        &mut self,
        (viewer, name): (ViewerId, &str),
        screen: &Program,
        person: &Person,
        limits: Limits,
    ) {
        let ask = AskId(1_000);
        self.send(&ToWarden::Give {
            ask,
            share: SHARE,
            viewer,
            who: Who::unverified(name),
            offer: Self::offer(limits),
            word: Word::Press,
            lines: Vec::new(),
        });
        Asked::on(screen).wait_armed(screen);
        screen.picture(&format!("asked-{name}"));
        YES.iter().for_each(|code| person.key(*code));
        let answer = self.expect("an answer", |m| match m {
            FromWarden::Answer(a, answer) if a == ask => Some(answer),
            _ => None,
        });
        assert_eq!(answer, Answer::Allowed);
    }
}
