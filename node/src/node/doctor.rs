//! What works here and what doesn't, in plain words (DISC-7, ENV-3).

use kith_api::{ContactState, Finding, Level, PresenceState, Routes};

use kith_proto::policy::chain::PolicyState;

use super::commands::has_letters;
use super::open::Open;
use super::people::Person;
use super::reach::Known;
use crate::account::Upkeep;
use crate::config::{Loopback, OnOff};
use crate::env::Environment;
use crate::swarm::{NatKind, Place, Reachability, place};

/// Below so many free MiB the disk counts as nearly full: a few files more,
/// or a day of another program's.
const DISK_LOW: u64 = 256;
/// Below so many as full: the database's own log may take as much.
const DISK_FULL: u64 = 8;

pub(super) fn finding(code: &str, level: Level, message: impl Into<String>) -> Finding {
    Finding {
        code: code.into(),
        level,
        message: message.into(),
        hint: None,
        about: Vec::new(),
    }
}

impl Open {
    pub(super) async fn doctor(&mut self) -> Vec<Finding> {
        let env = self.look_now().await;
        self.findings_of(&env).await
    }

    /// The same, where this machine was looked at already.
    pub(super) async fn findings_of(&mut self, env: &Environment) -> Vec<Finding> {
        let mut found = vec![self.check_store().await];
        found.extend(self.check_forks());
        found.extend(self.check_room());
        found.push(self.check_lan(env));
        found.extend(self.check_outside());
        found.extend(self.check_router());
        found.extend(self.check_relay_only());
        found.extend(self.check_apart().await);
        found.push(self.check_people());
        found.extend(self.check_log());
        found.extend(self.check_policies());
        found.extend(self.check_letters().await);
        found.extend(crate::env::findings(env));
        found
    }

    async fn check_store(&self) -> Finding {
        match self.store.check().await {
            Ok(()) => finding("store-sound", Level::Good, "The stored data is sound."),
            Err(e) => finding("store-damaged", Level::Bad, e.to_string())
                .hint("make a copy of the profile’s folder, then restore a backup"),
        }
    }

    /// Whether the disk is nearly full. What a message needs is little; what
    /// doesn't fit is refused.
    fn check_room(&self) -> Option<Finding> {
        let disk = rustix::fs::statvfs(&self.folder).ok()?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize) >> 20;
        let (level, words) = match free {
            0..DISK_FULL => (
                Level::Bad,
                "The disk is full: messages are refused soon, or now.",
            ),
            DISK_FULL..DISK_LOW => (Level::Limited, "The disk is nearly full."),
            _ => return None,
        };
        let words = format!("{words} {free} MiB are free where your data lies.");
        Some(
            finding("disk-low", level, words)
                .about([format!("{free} MiB")])
                .hint("make room on the disk of the profile’s folder"),
        )
    }

    fn check_lan(&self, env: &Environment) -> Finding {
        let lan = self.reach.listening.iter().any(|a| {
            a.socket()
                .is_some_and(|s| matches!(place(s.ip()), Place::Private(_) | Place::Public))
        });
        if self.presence == PresenceState::Hidden {
            return finding(
                "hidden",
                Level::Limited,
                "You are hidden: nobody new finds you.",
            )
            .hint("“kith presence available” ends that");
        }
        let no_network = |words: String| {
            finding("no-network", Level::Bad, words)
                .hint("plug in a cable or join a Wi-Fi; Kith needs no Internet")
        };
        if let Some(name) = env.cut_off().filter(|_| lan) {
            return no_network(format!(
                "This machine is on no network: nothing is connected to {name}."
            ));
        }
        match (lan, self.config.mdns) {
            (false, _) if self.config.loopback == Loopback::Only => finding(
                "loopback-only",
                Level::Limited,
                "This node talks to this machine alone, as it was told: nobody elsewhere finds it.",
            )
            .hint("start it without “--loopback=only”"),
            (false, _) => no_network("This machine is on no network.".to_owned()),
            (true, OnOff::Off) => finding(
                "mdns-off",
                Level::Limited,
                "People on the local network aren’t looked for.",
            )
            .hint("“kith config mdns on”, then start the node again"),
            (true, OnOff::On) => finding(
                "lan",
                Level::Good,
                "On the local network, contacts find each other by themselves.",
            ),
        }
    }

    /// Whether Kith's own windows on the screen can be in the language that is
    /// wanted (UI-1).
    async fn check_letters(&self) -> Option<Finding> {
        let language = self.config.look().language;
        let known = tokio::task::spawn_blocking(move || has_letters(language)).await;
        matches!(known, Ok(false)).then(|| {
            finding(
                "no-letters",
                Level::Limited,
                "Kith’s own windows on this screen are in English: no font here has all Chinese \
                 characters that they need.",
            )
            .hint("install one, such as fonts-noto-cjk or fonts-wqy-microhei")
        })
    }

    fn check_outside(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        found.push(match &self.reach.reachability {
            Reachability::Public { .. } => finding(
                "public",
                Level::Good,
                match self.people.relay_only.is_empty() {
                    true => {
                        "This device can be reached from outside, and relays for your contacts."
                    }
                    false => "This device can be reached from outside.",
                },
            ),
            _ if !self.reach.circuits.is_empty() => finding(
                "relayed",
                Level::Limited,
                "This device is reached from outside through a contact’s device.",
            ),
            Reachability::Private => finding(
                "unreachable-outside",
                Level::Limited,
                "This device can’t be reached from outside the local network.",
            )
            .hint(
                "one contact whose device is reachable from outside (a server, or a router with a \
                 forwarded port) is enough for all of you",
            ),
            Reachability::Unknown => finding(
                "outside-unknown",
                Level::Limited,
                "Whether this device can be reached from outside isn’t known yet.",
            )
            .hint("it becomes known when contacts from elsewhere are connected"),
        });
        let dependent = self.reach.nat.values().any(|k| *k == NatKind::Dependent);
        if dependent {
            found.push(
                finding(
                    "nat-dependent",
                    Level::Limited,
                    "The router gives every connection another port: direct connections to others \
                     behind routers won’t work, relayed ones do.",
                )
                .hint("forward a port to this machine in the router, and name the address outside with “kith config external-addresses”"),
            );
        }
        found
    }

    /// What the node doesn't write by itself (spec 01, "Writing").
    fn check_log(&self) -> Option<Finding> {
        if self.account.upkeep() != Upkeep::Held {
            return None;
        }
        let left = self.account.certified_until()?.since(self.judged().now());
        let days = left.as_secs() / (24 * 3600);
        let message = match self.account.log().state().outgoing {
            Some(_) => "The recovery sheet before the last may still be used.".into(),
            None => {
                format!("This device can share for {days} more days, then it has to be renewed.")
            }
        };
        Some(finding("renew", Level::Limited, message).hint(
            "if no backup of yours was restored on another machine: “kith id --renew”, then make \
             a new backup",
        ))
    }

    /// Policies that can't be used: nothing new is shared then, whoever asks (POL-8).
    fn check_policies(&self) -> Vec<Finding> {
        let now = self.judged();
        let unusable = self.policies.joined().filter_map(|chain| {
            let PolicyState::Unusable(why) = chain.status(&now).state else {
                return None;
            };
            let name = self.org_name(&chain.org());
            let said = format!("Nothing new is shared, because of “{name}”: {why}.");
            let found = finding("policy-unusable", Level::Bad, said);
            Some(found.hint("“kith policy show” says more"))
        });
        unusable.collect()
    }

    fn check_people(&self) -> Finding {
        let contacts: Vec<_> = self
            .people
            .iter()
            .filter(|p| p.state == ContactState::Contact)
            .collect();
        let there = contacts
            .iter()
            .filter(|p| self.known_of(p) != Known::Offline)
            .count();
        let waiting = self
            .people
            .iter()
            .filter(|p| p.state == ContactState::Asks)
            .count();
        match (contacts.len(), there) {
            (0, _) if waiting > 0 => finding(
                "asked",
                Level::Limited,
                format!("{waiting} wait for your answer."),
            )
            .about([waiting.to_string()])
            .hint("“kith contacts” shows them"),
            (0, _) => finding("nobody", Level::Limited, "You have no contacts yet.")
                .hint("“kith invite” makes an invite for one person"),
            (all, 0) => {
                let away = format!("None of {all} contacts is there.");
                let away = finding("all-away", Level::Limited, away);
                // Who is reached through relays only isn’t looked for nearby.
                let direct = |p: &&Person| self.routes(&p.id) != Routes::RelayOnly;
                match contacts.iter().any(direct) {
                    true => away.hint(
                        "if they sit next to you, the Wi-Fi may keep devices apart: try a cable",
                    ),
                    false => away,
                }
            }
            (all, n) => finding(
                "people",
                Level::Good,
                format!("{n} of {all} contacts are there."),
            )
            .about([format!("{n} / {all}")]),
        }
    }
}
