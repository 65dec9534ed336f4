//! Devices of XTEST's that our person has enrolled as their own (ASK-3), as
//! wardens are told of them.

use std::collections::BTreeSet;
use std::time::Duration;

use kith_screen::look::Look;
use kith_screen::warden::protocol::ToWarden;
use kith_screen::x11::InputKind;
use tokio::time::Instant;

/// Which count, and from when on they press.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolled {
    /// Which kinds of them.
    pub kinds: BTreeSet<InputKind>,
    /// Before that they end control and press nothing: others' hands were here
    /// (GUARD-9).
    pub from: Instant,
}

/// What a warden is told before anything is to be guarded.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    pub(super) enrolled: Enrolled,
    /// In which language and how large its windows are.
    pub(super) look: Look,
}

impl Default for Enrolled {
    fn default() -> Self {
        let kinds = BTreeSet::new();
        let from = Instant::now();
        Self { kinds, from }
    }
}

impl Enrolled {
    /// Whoever knew that others' hands were here is gone: they may have been until
    /// now, and press nothing for that long.
    pub(super) fn press_not_for(&mut self, wait: Duration) {
        self.from = self.from.max(Instant::now() + wait);
    }

    pub(super) fn to_warden(&self) -> ToWarden {
        ToWarden::Enrolled {
            kinds: self.kinds.clone(),
            wait: self.from.saturating_duration_since(Instant::now()),
        }
    }
}
