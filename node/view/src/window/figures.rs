//! The figures that a button shows.

use kith_codec::time::{Micros, Moment};
use kith_display::look::fill;

use crate::local::PathKind;
use crate::session::Session;
use crate::words::Texts;

/// Time between two looks.
pub(super) const PERIOD: Micros = Micros::from_millis(1_000);

/// Names shown at most.
const NAMES: usize = 8;

/// What was counted at the last look.
#[derive(Debug, Default)]
pub(super) struct Figures {
    at: Moment,
    updates: u64,
    bytes: u64,
    /// What to show.
    pub(super) lines: Vec<String>,
}

impl Figures {
    /// Makes the lines anew.
    pub(super) fn look(&mut self, session: &Session, t: &Texts, now: Moment) {
        let s = session.statistics();
        let bytes = s.picture_bytes + s.control_bytes;
        let span = (now - self.at).0.max(1);
        let rate = |n: u64| n.saturating_mul(1_000_000) / span;
        let size = session
            .size()
            .map_or_else(String::new, |s| format!("{} x {}", s.width(), s.height()));
        let exact = if session.is_exact() {
            t.exact
        } else {
            t.not_exact
        };
        let ms = |t: Micros| format!("{}.{:02} ms", t.0 / 1000, t.0 / 10 % 100);
        let n = |n: u64| n.to_string();
        let (kind, trip) = session.path();
        self.lines = vec![
            fill(t.figure_picture, &[&size, exact]),
            fill(t.figure_updates, &[&n(rate(s.updates - self.updates))]),
            fill(
                t.figure_received,
                &[&n(rate(bytes - self.bytes) / 1000), &n(bytes / 1000)],
            ),
            fill(t.figure_decode, &[&ms(s.decode)]),
            fill(t.figure_paint, &[&ms(s.paint)]),
            fill(t.figure_path, &[word(kind, t), &ms(trip)]),
            fill(t.figure_input, &[&n(s.inputs), &n(s.refused)]),
        ];
        self.lines.extend(people(session, t));
        self.at = now;
        self.updates = s.updates;
        self.bytes = bytes;
    }
}

/// Who else sees it, each on a line of their own: the strip may have no room.
fn people(session: &Session, t: &Texts) -> impl Iterator<Item = String> {
    let all = usize::from(session.status().watchers);
    let names = session.watching().iter().filter(move |_| all > 1);
    let more = all.saturating_sub(session.watching().len().min(NAMES));
    let more = (all > 1 && more > 0).then(|| fill(t.more, &[&more.to_string()]));
    let lines: Vec<String> = names.take(NAMES).cloned().chain(more).collect();
    lines
        .into_iter()
        .map(|line| fill(t.figure_watching, &[&line]))
}

const fn word(path: PathKind, t: &Texts) -> &'static str {
    match path {
        PathKind::Unknown => t.not_known,
        PathKind::Direct => t.direct,
        PathKind::Relayed => t.relayed,
        PathKind::Interrupted => t.interrupted,
    }
}
