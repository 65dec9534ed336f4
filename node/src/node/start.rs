//! How the swarm of an open profile begins.

use kith_api::{Code, PresenceState};
use tokio::sync::mpsc;

use super::presence::Presences;
use crate::account::Account;
use crate::cli::Fail;
use crate::config::{Config, Loopback, OnOff};
use crate::share;
use crate::swarm::{self, NetEvent, Protocol, StartError, Swarm, SwarmHandle};

/// Starts the swarm, announced on the local network and asking the router or
/// not, as presence has it: at the port of the settings, else at the one of the
/// last time, else, if that is taken by now, at any.
pub(super) fn start_swarm(
    config: &Config,
    account: &Account,
    last: Option<u16>,
    presences: &Presences,
    presence: PresenceState,
) -> Result<(SwarmHandle, mpsc::Receiver<NetEvent>), Fail> {
    let start = |port| {
        let config = swarm::Config {
            port,
            mdns: presences.announced(presence, config.mdns),
            router: presences.asking(presence, config),
            ..swarm_config(config)
        };
        Swarm::start(config, account.device_key().to_seed())
    };
    let started = match (config.port, last) {
        (0, Some(last)) => start(last).or_else(|_| start(0)),
        (port, _) => start(port),
    };
    started.map_err(|e| {
        let hint = match e {
            StartError::Taken { .. } => {
                "end that program (“ss -lntup” lists who has which port), or choose another port \
                 with --port or “kith config port”"
            }
            _ => "choose another port with --port; those below 1024 need special rights",
        };
        Fail::new(Code::Unreachable, format!("the network can't be used: {e}")).hint(hint)
    })
}

fn swarm_config(config: &Config) -> swarm::Config {
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
