//! How the swarm of an open profile begins.

use kith_api::Presence;
use tokio::sync::mpsc;

use crate::account::Account;
use crate::config::{Config, OnOff};
use crate::share;
use crate::swarm::{self, NetEvent, Protocol, Swarm, SwarmHandle};

/// Starts the swarm: at the port of the settings, else at the one of the last
/// time, else, if that is taken by now, at any.
pub(super) fn start_swarm(
    config: &Config,
    account: &Account,
    last: Option<u16>,
    presence: Presence,
) -> Result<(SwarmHandle, mpsc::Receiver<NetEvent>), swarm::StartError> {
    let start = |port| {
        let config = swarm::Config {
            port,
            ..swarm_config(config, presence)
        };
        Swarm::start(config, account.device_key().to_seed())
    };
    match (config.port, last) {
        (0, Some(last)) => start(last).or_else(|_| start(0)),
        (port, _) => start(port),
    }
}

fn swarm_config(config: &Config, presence: Presence) -> swarm::Config {
    let base = match config.loopback {
        OnOff::On => swarm::Config {
            listen: swarm::Listen::Everywhere,
            ..swarm::Config::loopback()
        },
        OnOff::Off => swarm::Config::default(),
    };
    swarm::Config {
        port: config.port,
        external: config.external.clone(),
        protocols: ["room", "file", "session"]
            .into_iter()
            .filter_map(|part| Protocol::new(part, 1).ok())
            .chain(share::protocols())
            .chain([Protocol::HOSTED])
            .collect(),
        mdns: match (config.mdns, presence) {
            (OnOff::Off, _) | (_, Presence::Hidden) => swarm::Switch::Off,
            (OnOff::On, _) => swarm::Switch::On,
        },
        dht: match config.dht {
            OnOff::On => swarm::DhtRole::Auto,
            OnOff::Off => swarm::DhtRole::Off,
        },
        relay: match config.relay {
            OnOff::On => swarm::RelayRole::Auto,
            OnOff::Off => swarm::RelayRole::Off,
        },
        ..base
    }
}
