//! The router, which may open a port for this device (PORT-1): when it is
//! asked, and what a person is told of it.

use kith_api::{Finding, Level, PresenceState};

use super::doctor::finding;
use super::open::Open;
use super::presence::Presences;
use crate::config::{Config, OnOff};
use crate::swarm::{Reachability, RouterState, Switch};

impl Presences {
    /// Whether the router is asked. This machine's own network has none.
    pub(super) fn asking(&self, presence: PresenceState, config: &Config) -> Switch {
        match config.loopback.counts() {
            true => Switch::Off,
            false => self.announced(presence, config.router),
        }
    }
}

impl Open {
    pub(super) async fn handle_router(&mut self, state: RouterState) {
        let opened = |s: &RouterState| matches!(s, RouterState::Opened { .. });
        let changed = opened(&self.reach.router) || opened(&state);
        self.reach.router = state;
        if changed {
            self.network_changed().await;
        }
    }

    /// What came of asking the router. What it didn't open matters only while
    /// nobody reaches this device directly.
    pub(super) fn check_router(&self) -> Option<Finding> {
        finding_of(
            &self.reach.router,
            self.config.router,
            &self.reach.reachability,
        )
    }
}

fn finding_of(router: &RouterState, wanted: OnOff, reached: &Reachability) -> Option<Finding> {
    if let RouterState::Opened { .. } = router {
        let said = "The router opened a port for this device.";
        return Some(finding("router-opened", Level::Good, said));
    }
    if matches!(reached, Reachability::Public { .. }) {
        return None;
    }
    let (code, said, hint) = match router {
        RouterState::NotAsked if wanted == OnOff::Off => (
            "router-off",
            "The router isn’t asked to open a port.",
            "“kith config router on”, then start the node again",
        ),
        RouterState::Opened { .. } | RouterState::NotAsked | RouterState::None => return None,
        RouterState::Silent => (
            "router-silent",
            "No router answers that could open a port for this device.",
            "in the router’s settings, UPnP can often be switched on",
        ),
        RouterState::Refuses => (
            "router-refuses",
            "The router refuses to open a port for this device.",
            "in the router’s settings, permit this device to open ports by UPnP for a limited time",
        ),
        RouterState::BehindAnother => (
            "router-behind-another",
            "The router has no public address: a port that it opened wouldn’t be reached.",
            "another router, or the provider’s, stands before it: only that one could open a port",
        ),
    };
    Some(finding(code, Level::Limited, said).hint(hint))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]
    use super::*;

    #[test]
    fn each_outcome_has_its_words() {
        let unknown = Reachability::Unknown;
        let public = Reachability::Public { at: Vec::new() };
        let opened = RouterState::Opened { at: Vec::new() };
        let code = |router: &RouterState, wanted, reached| {
            finding_of(router, wanted, reached).map(|found| found.code)
        };
        let table = [
            (opened, Some("router-opened"), Some("router-opened")),
            (RouterState::Silent, Some("router-silent"), None),
            (RouterState::Refuses, Some("router-refuses"), None),
            (
                RouterState::BehindAnother,
                Some("router-behind-another"),
                None,
            ),
            (RouterState::None, None, None),
            (RouterState::NotAsked, None, None),
        ];
        for (state, alone, reached) in table {
            assert_eq!(code(&state, OnOff::On, &unknown).as_deref(), alone);
            assert_eq!(code(&state, OnOff::On, &public).as_deref(), reached);
        }
        let off = code(&RouterState::NotAsked, OnOff::Off, &unknown);
        assert_eq!(off.as_deref(), Some("router-off"));
    }
}
