//! Contacts that learn no address of this device (DISC-8; spec 07, "Relay
//! only").

use std::collections::BTreeSet;

use kith_api::{ApiError, Code, Finding, Level, Reply, Routes};
use kith_proto::address::{Address, Relay};
use kith_proto::id::PersonId;
use rusqlite::Transaction;

use super::error::bad;
use super::open::Open;
use crate::store::StoreError;
use crate::store::own::{self, RELAY_ONLY};
use crate::swarm::{Addr, DeviceId};

/// Why nobody of them gets through, and what helps (DISC-7).
const NO_RELAY: &str = "no contact’s device relays for this one";
/// What helps then.
const HELPS: &str = "one other contact whose device is reachable from outside (a server, or a \
    router with a forwarded port) is enough";

/// Who was chosen.
pub(super) fn load(tx: &Transaction<'_>) -> Result<BTreeSet<PersonId>, StoreError> {
    let text = own::get(tx, RELAY_ONLY)?.unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    Ok(text.lines().filter_map(|l| l.parse().ok()).collect())
}

impl Open {
    /// Whether a device is of somebody who learns no address of ours.
    pub(super) fn is_relay_only(&self, device: &DeviceId) -> bool {
        let known = self.people.device(device).map(|d| d.person);
        let person = known.or_else(|| self.invites.inviter(device));
        person.is_some_and(|p| self.people.relay_only.contains(&p))
    }

    /// Our addresses and relays, as far as a person may learn them.
    pub(super) fn told(&self, reader: &PersonId) -> (Vec<Address>, Vec<Relay>) {
        let (addresses, mut relays) = (self.signed_addresses(), self.signed_relays());
        if !self.people.relay_only.contains(reader) {
            return (addresses, relays);
        }
        // They can't be asked to come through themselves.
        relays.retain(|r| !self.is_relay_only(&r.device));
        (Vec::new(), relays)
    }

    /// All such devices.
    pub(super) fn relay_only_devices(&self) -> BTreeSet<DeviceId> {
        let people = self.people.relay_only.iter();
        people
            .flat_map(|p| self.people.devices_of(p))
            .map(|(device, _)| device)
            .collect()
    }

    pub(super) fn routes(&self, person: &PersonId) -> Routes {
        match self.people.relay_only.contains(person) {
            true => Routes::RelayOnly,
            false => Routes::Any,
        }
    }

    /// Chooses for a contact whether it may learn our addresses. What it has
    /// learnt before stays known to it.
    pub(super) async fn set_routes(
        &mut self,
        who: &str,
        routes: Routes,
    ) -> Result<Reply, ApiError> {
        let id = self.find(who)?;
        let mut chosen = self.people.relay_only.clone();
        match routes {
            Routes::Any => chosen.remove(&id),
            Routes::RelayOnly if !self.is_person_contact(&id) => {
                let name = self.reference(&id).name;
                return Err(bad(format!("{name} isn’t your contact")));
            }
            Routes::RelayOnly => chosen.insert(id),
            Routes::Unknown => {
                return Err(ApiError::new(
                    Code::BadRequest,
                    "that choice isn’t known here",
                ));
            }
        };
        if chosen != self.people.relay_only {
            let lines: Vec<String> = chosen.iter().map(ToString::to_string).collect();
            let text = lines.join("\n");
            let kept = self
                .store
                .write(move |tx| own::put(tx, RELAY_ONLY, text.as_bytes()));
            kept.await?;
            self.people.relay_only = chosen;
            let devices: Vec<DeviceId> = self.people.devices_of(&id).map(|(d, _)| d).collect();
            for device in devices {
                // A place there would need a direct connection.
                self.reach.offers.gone(&device);
                self.trust(device).await;
            }
            self.network_changed().await;
        }
        self.tell_about(&id);
        let person = self.people.get(&id).ok_or_else(|| bad("no person"))?;
        Ok(Reply::Contact(self.contact_in_full(person)))
    }

    /// Whether an address may be tried for a device: if it is reached through
    /// relays only, only one that leads through another contact's.
    pub(super) fn permitted(&self, device: &DeviceId, addr: &Addr) -> bool {
        let through_another = || addr.relay().is_some_and(|r| !self.is_relay_only(&r));
        !self.is_relay_only(device) || through_another()
    }

    /// Why somebody can't be reached for whom only relays are permitted.
    pub(super) fn why_not_relayed(&self, person: &PersonId) -> Option<String> {
        let chosen = self.people.relay_only.contains(person);
        (chosen && self.reach.circuits.is_empty())
            .then(|| format!("you chose “relay only” for them, and {NO_RELAY}"))
    }

    /// What the choice means now, in plain words (DISC-7).
    pub(super) fn check_relay_only(&self) -> Option<Finding> {
        let chosen = self.people.iter();
        let names: Vec<String> = chosen
            .filter(|p| self.people.relay_only.contains(&p.id))
            .map(super::people::Person::shown)
            .collect();
        if names.is_empty() {
            return None;
        }
        let names = names.join(", ");
        let (code, level, message, hint) = match self.reach.circuits.is_empty() {
            true => (
                "relay-only-unreachable",
                Level::Bad,
                format!(
                    "For these you chose “relay only”, and {NO_RELAY}: they don’t reach this device: {names}."
                ),
                Some(HELPS.into()),
            ),
            false => (
                "relay-only",
                Level::Good,
                format!(
                    "These learn no address of this device and are reached through relays: \
                     {names}. This device serves neither as a relay nor in the DHT meanwhile."
                ),
                None,
            ),
        };
        Some(Finding {
            code: code.into(),
            level,
            message,
            hint,
        })
    }
}
