//! The figures that a button shows.

use kith_codec::time::{Micros, Moment};

use crate::local::PathKind;
use crate::session::Session;

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
    pub(super) fn look(&mut self, session: &Session, now: Moment) {
        let s = session.statistics();
        let bytes = s.picture_bytes + s.control_bytes;
        let span = (now - self.at).0.max(1);
        let rate = |n: u64| n.saturating_mul(1_000_000) / span;
        let size = session
            .size()
            .map_or_else(String::new, |s| format!("{} x {}", s.width(), s.height()));
        let exact = if session.is_exact() {
            "exact"
        } else {
            "not exact yet"
        };
        let ms = |t: Micros| format!("{}.{:02} ms", t.0 / 1000, t.0 / 10 % 100);
        self.lines = vec![
            format!("picture   {size}, {exact}"),
            format!("updates   {} a second", rate(s.updates - self.updates)),
            format!(
                "received  {} kB/s, {} kB in all",
                rate(bytes - self.bytes) / 1000,
                bytes / 1000
            ),
            format!("decode    {}", ms(s.decode)),
            format!("paint     {}", ms(s.paint)),
            format!(
                "path      {}, {}",
                word(session.path().0),
                ms(session.path().1)
            ),
            format!("input     {} sent, {} refused", s.inputs, s.refused),
        ];
        self.lines.extend(people(session));
        self.at = now;
        self.updates = s.updates;
        self.bytes = bytes;
    }
}

/// Who else sees it, each on a line of their own: the strip may have no room.
fn people(session: &Session) -> impl Iterator<Item = String> {
    let all = usize::from(session.status().watchers);
    let names = session.watching().iter().filter(move |_| all > 1);
    let more = all.saturating_sub(session.watching().len().min(NAMES));
    let named = names.take(NAMES).enumerate().map(|(i, name)| match i {
        0 => format!("watching  {name}"),
        _ => format!("          {name}"),
    });
    let more = (all > 1 && more > 0).then(|| format!("          {more} more"));
    named.chain(more)
}

const fn word(path: PathKind) -> &'static str {
    match path {
        PathKind::Unknown => "not known",
        PathKind::Direct => "direct",
        PathKind::Relayed => "relayed",
        PathKind::Interrupted => "interrupted",
    }
}
