//! The figures that a button shows.

use kith_codec::time::{Micros, Moment};

use crate::local::PathKind;
use crate::session::Session;

/// Time between two looks.
pub(super) const PERIOD: Micros = Micros::from_millis(1_000);

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
        self.at = now;
        self.updates = s.updates;
        self.bytes = bytes;
    }
}

const fn word(path: PathKind) -> &'static str {
    match path {
        PathKind::Unknown => "not known",
        PathKind::Direct => "direct",
        PathKind::Relayed => "relayed",
        PathKind::Interrupted => "interrupted",
    }
}
