//! The marks of one's own messages. A message is queued, stored and read
//! within a moment when the others are there: that is one line, not three.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How long a mark must stand before it is shown.
const SETTLES: Duration = Duration::from_secs(1);
/// Of how many messages it is known what was shown.
const MAX_SHOWN: usize = 1024;

/// What is to be shown, and what was.
#[derive(Debug, Default)]
pub(super) struct Marks {
    waiting: BTreeMap<String, (String, Instant)>,
    shown: BTreeMap<String, String>,
}

impl Marks {
    /// A message has this mark now.
    pub(super) fn heard(&mut self, message: String, mark: String, now: Instant) {
        self.waiting.insert(message, (mark, now + SETTLES));
    }

    /// When [`Self::settled`] has something to say.
    pub(super) fn due(&self) -> Option<Instant> {
        self.waiting.values().map(|(_, at)| *at).min()
    }

    /// The marks that have stood for a while and weren't shown.
    pub(super) fn settled(&mut self, now: Instant) -> Vec<String> {
        let due = |(_, at): &(String, Instant)| *at <= now;
        let mut of = self
            .waiting
            .extract_if(.., |_, waits| due(waits))
            .collect::<Vec<_>>();
        of.sort_by_key(|(_, (_, at))| *at);
        let new = of.into_iter().filter_map(|(message, (mark, _))| {
            let before = self.shown.insert(message, mark.clone());
            (before.as_ref() != Some(&mark)).then_some(mark)
        });
        let new = new.collect();
        while self.shown.len() > MAX_SHOWN {
            self.shown.pop_first();
        }
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_in_a_moment_is_one_line() {
        let began = Instant::now();
        let mut marks = Marks::default();
        let at = |ms| began + Duration::from_millis(ms);
        let heard = |marks: &mut Marks, mark: &str, ms| {
            marks.heard("a".into(), mark.into(), at(ms));
        };
        heard(&mut marks, "queued", 0);
        heard(&mut marks, "delivered", 20);
        assert_eq!(marks.settled(at(900)), [""; 0]);
        assert_eq!(marks.due(), Some(at(20) + SETTLES));
        assert_eq!(marks.settled(at(1100)), ["delivered"]);
        assert_eq!(marks.due(), None);
        // The same again is no news; a later change is.
        heard(&mut marks, "delivered", 2000);
        assert_eq!(marks.settled(at(5000)), [""; 0]);
        heard(&mut marks, "read", 6000);
        assert_eq!(marks.settled(at(8000)), ["read"]);
    }

    #[test]
    fn marks_come_in_order_and_are_bounded() {
        let began = Instant::now();
        let mut marks = Marks::default();
        for n in 0..MAX_SHOWN + 9 {
            let at = began + Duration::from_micros(n as u64);
            marks.heard(format!("{:x}", 5000 - n), format!("{n}"), at);
        }
        let all = marks.settled(began + SETTLES * 2);
        let expected: Vec<String> = (0..MAX_SHOWN + 9).map(|n| n.to_string()).collect();
        assert_eq!(all, expected);
        assert_eq!(marks.shown.len(), MAX_SHOWN);
    }
}
