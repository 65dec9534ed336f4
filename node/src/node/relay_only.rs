//! Contacts that learn no address of this device (DISC-8; spec 07, "Relay
//! only").

use std::collections::BTreeSet;

use kith_api::{ApiError, Code, Finding, Level, Reply, Routes};
use kith_proto::address::{Address, Relay};
use kith_proto::id::PersonId;
use rusqlite::Transaction;

use super::error::bad;
use super::open::Open;
use super::words::Away;
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
    pub(super) fn why_not_relayed(&self, person: &PersonId) -> Option<Away> {
        let chosen = self.people.relay_only.contains(person);
        (chosen && self.reach.circuits.is_empty())
            .then(|| Away::NoRelay(format!("you chose “relay only” for them, and {NO_RELAY}")))
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
        let about = names.clone();
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
            about,
        })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::path::Path;
    use std::time::Duration;

    use kith_api::{ContactState, Verification};
    use kith_proto::address::AddressRecord;
    use kith_proto::device::Live;
    use kith_proto::names::Name;
    use kith_proto::presence::State;
    use kith_proto::signed::Unverified;

    use super::super::people::Person;
    use super::super::reach::Known;
    use super::super::relays::Places;
    use super::*;
    use crate::account::Account;
    use crate::cli::wall_clock;
    use crate::config::{OnOff, Settings};
    use crate::profile::{Profile, Wrapping};
    use crate::share::OwnProcesses;
    use crate::store::Store;
    use crate::swarm::{Aim, ConnId, Connected, Reachability, RouterState, Side, Via};

    pub(in crate::node) async fn node(folder: &Path, name: &'static str) -> Open {
        let profile = Profile::at(folder.join(name));
        let key = profile.create(&Wrapping::None).unwrap();
        let store = Store::create(&profile.database(), &key).unwrap();
        let made = store.write(|tx| {
            Account::create(tx, &Name::from_typed(name).unwrap(), None, wall_clock()).unwrap();
            Ok(())
        });
        made.await.unwrap();
        drop(store);
        let mut settings = Settings::load(&profile.config()).unwrap();
        settings.flag("loopback", OnOff::On);
        settings.flag("mdns", OnOff::Off);
        settings.flag("dht", OnOff::Off);
        Open::start(
            &profile,
            &Wrapping::None,
            &settings,
            OwnProcesses::default(),
        )
        .await
        .unwrap()
    }

    pub(in crate::node) fn know(open: &mut Open, id: PersonId, n: u8, name: &str) -> DeviceId {
        let device = DeviceId::from_bytes([n; 32]);
        let mut person = Person::fellow(id, wall_clock()).unwrap();
        person.state = ContactState::Contact;
        person.name = Name::from_typed(name).unwrap();
        person.verified = Verification::Unverified;
        open.people.insert(person);
        open.people.put_device(device, id, []);
        device
    }

    /// What one reader is told in the DHT and in conversations.
    fn said_to(open: &mut Open, reader: &PersonId) -> AddressRecord {
        let now = wall_clock();
        let record = open.address_record(reader, now).unwrap();
        let (me, device) = (open.account.person(), open.account.device());
        let judged = *open.account.judge(now);
        let record = Unverified::<AddressRecord>::parse(&record).unwrap();
        let record = Live::check(record, &device, &me, &judged).unwrap();
        record.get().clone()
    }

    fn addr(text: &str) -> Addr {
        text.parse().unwrap()
    }

    pub(in crate::node) fn person(n: u8) -> PersonId {
        PersonId::from_bytes([n; 32])
    }

    /// Somebody who comes back with a new device invites again: what is sealed
    /// for them, by network or as a file, names relays only.
    #[tokio::test]
    async fn who_is_relayed_only_learns_no_address_by_an_answer() {
        let folder = tempfile::tempdir().unwrap();
        let server = DeviceId::from_bytes([102; 32]);
        let place = addr("/ip4/45.67.0.9/udp/4001/quic-v1").through(server);
        let opened = addr("/ip4/45.67.1.21/udp/4001/quic-v1");
        for routes in [Routes::Any, Routes::RelayOnly] {
            let folder = folder.path().join(format!("{routes:?}"));
            std::fs::create_dir(&folder).unwrap();
            let mut anna = node(&folder, "Anna").await;
            let mut ben = node(&folder, "Ben").await;
            let (me, id) = (anna.account.device(), ben.account.person());
            know(&mut anna, id, 101, "Ben");
            anna.reach.circuits.insert(server, place.clone());
            let at = vec![opened.clone()];
            anna.reach.router = RouterState::Opened { at };
            assert!(anna.own_addresses().contains(&opened));
            anna.set_routes("Ben", routes).await.unwrap();

            let Reply::Invite(invite) = ben.invite_new(600).await.unwrap() else {
                panic!("no invite");
            };
            anna.invite_accept(&invite.text.unwrap(), None)
                .await
                .unwrap();
            let (ticket, pending) = anna.invites.pending.iter().next().unwrap();
            ben.take_answer(ticket, pending.sealed()).await;
            let mut told: Vec<Addr> = ben.ways_to(me).into_iter().map(|c| c.addr).collect();
            told.extend(ben.people.device(&me).unwrap().addresses.iter().cloned());
            assert!(told.contains(&place), "{told:?}");
            let direct = told.iter().filter(|a| a.relay().is_none()).count();
            assert_eq!(direct > 0, routes == Routes::Any, "{told:?}");
            assert_eq!(told.contains(&opened), routes == Routes::Any, "{told:?}");
            // Where the invite comes from is tried through relays only.
            let tried = anna.ways_to(ben.account.device());
            let direct = tried.iter().filter(|c| c.addr.relay().is_none()).count();
            assert_eq!(direct > 0, routes == Routes::Any, "{tried:?}");
        }
    }

    /// Direct connections are still being closed then; the Wi-Fi isn't to blame.
    #[tokio::test]
    async fn right_after_the_choice_nobody_is_there_directly() {
        let folder = tempfile::tempdir().unwrap();
        let mut open = node(folder.path(), "Anna").await;
        let ben = person(1);
        let phone = know(&mut open, ben, 101, "Ben");
        let connect = |open: &mut Open, conn, via| {
            open.reach.connected(&Connected {
                peer: phone,
                conn: ConnId::from_number(conn),
                side: Side::Dialled,
                aim: Aim::Reaching,
                via,
                remote: None,
                handshake: Duration::ZERO,
            });
            open.reach.hello_open(phone);
            open.reach.set_presence(&phone, State::Available);
        };
        let there = |open: &Open| open.known_of(open.people.get(&ben).unwrap()) != Known::Offline;
        connect(&mut open, 1, Via::Direct);
        assert!(there(&open));
        open.people.relay_only.insert(ben);
        assert!(!there(&open));
        let away = open.doctor().await;
        let away = away.iter().find(|f| f.code == "all-away").unwrap();
        assert_eq!(away.hint, None);
        open.people.relay_only.clear();
        assert!(there(&open));
    }

    /// Where a hosted session's viewer may come by itself is an address of ours.
    #[tokio::test]
    async fn who_is_relayed_only_learns_no_place_of_a_hosted_session() {
        let folder = tempfile::tempdir().unwrap();
        let mut open = node(folder.path(), "Anna").await;
        let phone = know(&mut open, person(1), 101, "Ben");
        while open.places_for(&phone).await.is_empty() {
            tokio::task::yield_now().await;
        }
        open.set_routes("Ben", Routes::RelayOnly).await.unwrap();
        assert!(open.places_for(&phone).await.is_empty());
    }

    #[tokio::test]
    async fn without_a_relay_it_is_said_that_they_dont_come() {
        let folder = tempfile::tempdir().unwrap();
        let mut open = node(folder.path(), "Anna").await;
        let ben = person(1);
        know(&mut open, ben, 101, "Ben");
        let code = |open: &Open| open.check_relay_only().map(|f| f.code);
        assert_eq!((code(&open), open.why_not_relayed(&ben)), (None, None));
        open.set_routes("Ben", Routes::RelayOnly).await.unwrap();
        assert_eq!(code(&open).as_deref(), Some("relay-only-unreachable"));
        assert!(open.why_not_relayed(&ben).is_some());
        assert_eq!(open.why_not_relayed(&person(2)), None);
        let server = know(&mut open, person(2), 102, "Paula");
        let place = addr("/ip4/45.67.0.9/udp/4001/quic-v1").through(server);
        open.reach.circuits.insert(server, place);
        assert_eq!(code(&open).as_deref(), Some("relay-only"));
        assert_eq!(open.why_not_relayed(&ben), None);
    }

    #[tokio::test]
    async fn who_is_relayed_only_is_told_no_address_and_tried_at_none() {
        let folder = tempfile::tempdir().unwrap();
        let mut open = node(folder.path(), "Anna").await;
        let (ben, paula) = (person(1), person(2));
        let phone = know(&mut open, ben, 101, "Ben");
        let server = know(&mut open, paula, 102, "Paula");
        let at = |n: u8| addr(&format!("/ip4/45.67.0.{n}/udp/4001/quic-v1"));
        open.reach.reachability = Reachability::Public { at: vec![at(1)] };
        for relay in [server, phone] {
            let place = at(9).through(relay);
            open.reach.circuits.insert(relay, place);
        }
        // What is remembered, announced on the network, and was told.
        let through = [at(9).through(server), at(9).through(phone)];
        let remembered = [at(2), through[0].clone(), through[1].clone()];
        open.people.put_device(phone, ben, remembered);
        open.handle_mdns(phone, at(3)).await;
        open.reach.found(phone, [at(4)]);

        for n in 0..2 {
            let any = said_to(&mut open, &ben);
            assert!(any.addresses.len() > 1, "{n}");
            assert_eq!(any.relays.len(), 2, "{n}");
            assert!(!open.hints_for(&ben).addresses().is_empty());
            assert_eq!(open.ways_to(phone).len(), 5, "{n}");
            assert_eq!(open.places(), Places::NotWanted, "{n}");
            if n == 1 {
                break;
            }

            open.set_routes("Ben", Routes::RelayOnly).await.unwrap();
            let none = said_to(&mut open, &ben);
            assert_eq!(none.addresses, []);
            let relays: Vec<DeviceId> = none.relays.iter().map(|r| r.device).collect();
            assert_eq!(relays, [server], "not through themselves");
            let hints = open.hints_for(&ben);
            assert!(hints.addresses().is_empty() && hints.relays().len() == 1);
            let ways: Vec<Addr> = open.ways_to(phone).into_iter().map(|c| c.addr).collect();
            assert_eq!(ways, [through[0].clone()]);
            assert_eq!(open.places(), Places::Wanted, "although reachable");
            // Others are told as before.
            assert!(said_to(&mut open, &paula).addresses.len() > 1);

            open.set_routes("Ben", Routes::Any).await.unwrap();
        }
    }
}
