//! Kith's questions on a display, and somebody there who answers them.

use std::thread;

use crate::Screen;

/// The keys that answer a question, by their numbers.
const TAB: u8 = 23;
const RETURN: u8 = 36;

/// The band at the top of the window has one of two colours; what can't be
/// pressed yet has a pale edge.
const BANDS: [u32; 2] = [0x00b0_1020, 0x008a_5a00];
const BAND: usize = 40_000;
const PALE: u32 = 0x00d4_d4d4;
const EDGE: usize = 1_000;
/// The ring round the button that has the keyboard.
const RING: u32 = 0x001f_6fd0;

/// "Allow control", of three buttons.
pub const CONTROL: usize = 2;
/// "Only view", of three.
pub const ONLY_VIEW: usize = 1;
/// "Allow", of two.
const ALLOW: usize = 1;
/// "Refuse".
pub const REFUSE: usize = 0;

impl Screen {
    /// Waits for a question in Kith's window that can be answered by keys.
    ///
    /// # Panics
    /// When there is none.
    pub fn is_asked(&self) {
        self.wait("a question that can be answered", |s| {
            s.has_question() && s.count(PALE) < EDGE && s.ring().is_some()
        });
    }

    /// Where the button is that has the keyboard, from the left.
    fn ring(&self) -> Option<usize> {
        self.pixels().middle_of(RING).map(|(x, _)| x)
    }

    /// Whether Kith's window with a question is there.
    #[must_use]
    pub fn has_question(&self) -> bool {
        BANDS.iter().any(|band| self.count(*band) >= BAND)
    }

    /// Somebody who sits there answers a question: so many buttons on from
    /// "Refuse".
    ///
    /// # Panics
    /// When there is no question.
    pub fn answers(&self, buttons: usize) {
        self.is_asked();
        for _ in 0..buttons {
            let before = self.ring();
            self.press(TAB);
            self.wait("the next button", |s| s.ring() > before);
        }
        self.press(RETURN);
        self.wait("the question to go", |s| !s.has_question());
    }

    /// Does what waits for an answer there: "Allow", of two buttons.
    ///
    /// # Panics
    /// When nothing is asked, or as `act` does.
    pub fn allows<T: Send>(&self, act: impl FnOnce() -> T + Send) -> T {
        thread::scope(|scope| {
            let acts = scope.spawn(act);
            self.answers(ALLOW);
            acts.join().expect("what was allowed")
        })
    }
}
