//! How the swarm of an open profile begins.

use tokio::sync::mpsc;

use crate::account::Account;
use crate::config::{Config, Loopback, OnOff};
use crate::share;
use crate::swarm::{self, NetEvent, Protocol, Swarm, SwarmHandle, Switch};

/// Starts the swarm, announced on the local network or not: at the port of the settings, else at the one of the last
/// time, else, if that is taken by now, at any.
pub(super) fn start_swarm(
    config: &Config,
    account: &Account,
    last: Option<u16>,
    announced: Switch,
) -> Result<(SwarmHandle, mpsc::Receiver<NetEvent>), swarm::StartError> {
    let start = |port| {
        let config = swarm::Config {
            port,
            ..swarm_config(config, announced)
        };
        Swarm::start(config, account.device_key().to_seed())
    };
    match (config.port, last) {
        (0, Some(last)) => start(last).or_else(|_| start(0)),
        (port, _) => start(port),
    }
}

fn swarm_config(config: &Config, announced: Switch) -> swarm::Config {
    let base = match config.loopback {
        Loopback::On => swarm::Config {
            listen: swarm::Listen::Everywhere,
            ..swarm::Config::loopback()
        },
        Loopback::Only => swarm::Config::loopback(),
        Loopback::Off => swarm::Config::default(),
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
        mdns: announced,
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
