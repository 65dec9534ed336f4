//! What a node learns of people by their logs: who they are, and which devices
//! are theirs (spec 01; spec 07, "Who may say what").

use std::collections::BTreeSet;

use kith_api::ContactState;
use kith_proto::id::{DeviceId, PersonId};
use kith_proto::person::Purpose;
use kith_proto::ticket::Evidence;

use super::nearby::claimed;
use super::open::Open;
use super::people::{Person, learn, row_of};
use crate::store::people as rows;
use crate::swarm::Standing;

impl Open {
    /// Whether a stranger's device shows by a log to be a new one of a
    /// contact's (ID-4, ID-5): one that the contact's log lists and permits.
    /// From then on it is known and trusted. Entries of anybody else are not
    /// looked at.
    pub(super) async fn is_new_device(&mut self, peer: &DeviceId, log: &Evidence) -> bool {
        let Some(person) = claimed(log).filter(|p| self.is_person_contact(p)) else {
            return false;
        };
        self.learn_of(&person, log.parts()).await;
        let now = self.now();
        let judged = *self.account.judge(now);
        let permitted = self
            .people
            .get(&person)
            .and_then(|p| p.log.as_ref())
            .is_some_and(|log| log.permits(peer, Purpose::Talk, &judged).is_ok());
        permitted && self.is_contact(peer)
    }

    /// Entries of a person's log, perhaps with news: a new device, a
    /// revocation; or somebody new who shares a room with us. Whether
    /// anything was new.
    pub(super) async fn learn_of(&mut self, id: &PersonId, offered: &[Vec<u8>]) -> bool {
        if *id == self.account.person() {
            return false;
        }
        let now = self.now();
        let judged = *self.account.judge(now);
        let Some(learnt) = learn(id, self.people.get(id), offered, &judged) else {
            return false;
        };
        let known = self.people.get(id).map_or(0, |p| p.entries.len());
        if learnt.entries.len() <= known || !self.people.has_room_for(id) {
            return false;
        }
        if self.people.get(id).is_none()
            && let Some(fellow) = Person::fellow(*id, now)
        {
            self.people.insert(fellow);
        }
        let Some(person) = self.people.get_mut(id) else {
            return false;
        };
        person.entries = learnt.entries;
        person.log = Some(learnt.log);
        let row = row_of(person);
        if self
            .store
            .write(move |tx| rows::put(tx, &row))
            .await
            .is_err()
        {
            return false;
        }
        if self.is_person_contact(id) {
            self.rejudge_devices(id).await;
            // Other devices, or two lists of them: the person at the screen
            // sees it now, not when a connection happens to change.
            self.tell_about(id);
        } else {
            self.fellows_changed().await;
        }
        self.witness_changed().await;
        true
    }

    /// A person's devices may have changed: trust the valid, drop the others.
    pub(super) async fn rejudge_devices(&mut self, person: &PersonId) {
        let now = self.now();
        let judged = *self.account.judge(now);
        let Some(p) = self.people.get(person) else {
            return;
        };
        let Some(log) = &p.log else { return };
        let devices: Vec<DeviceId> = self.people.devices_of(person).map(|(d, _)| d).collect();
        let mut all: BTreeSet<DeviceId> = log.state().devices.iter().map(|l| l.device).collect();
        // Nobody has another's device blocked by listing it.
        all.retain(|d| self.people.device(d).is_none_or(|k| k.person == *person));
        all.extend(devices);
        let verdicts: Vec<_> = all
            .into_iter()
            .map(|d| (d, log.permits(&d, Purpose::Talk, &judged).is_ok()))
            .collect();
        for (device, good) in verdicts {
            if good {
                let lines = self.people.put_device(device, *person, []);
                let person = *person;
                let stored = self.store.write(move |tx| {
                    crate::store::people::put_device(tx, &device, &person, &lines)
                });
                let _ = stored.await;
                self.trust(device).await;
            } else {
                let _ = self.swarm.set_standing(device, Standing::Blocked).await;
            }
        }
        // A fellow who has become a contact: rooms begin anew.
        Box::pin(self.fellows_changed()).await;
        // A new contact must find us too.
        self.reach.publish_soon();
        self.look_for_everyone();
        self.sessions_decide_anew().await;
    }

    pub(super) fn is_person_contact(&self, id: &PersonId) -> bool {
        self.people
            .get(id)
            .is_some_and(|p| p.state == ContactState::Contact)
    }

    /// Whether a device is one of a contact's, by that contact's log.
    pub(super) fn is_contact(&self, device: &DeviceId) -> bool {
        self.people
            .owner(device)
            .is_some_and(|p| p.state == ContactState::Contact)
    }
}
