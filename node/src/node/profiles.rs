//! What people show of themselves: my own signed profile, and others'
//! (spec 02, "Profile"). A name says who somebody wants to be, never who they
//! are (ID-3).

use kith_proto::clock::JudgedTime;
use kith_proto::device::Live;
use kith_proto::id::{DeviceId, PersonId};
use kith_proto::person::{PersonLog, Purpose};
use kith_proto::profile::Profile;
use kith_proto::signed::Unverified;
use kith_proto::time::Timestamp;

use super::open::Open;
use super::people::row_of;
use crate::account::Account;
use crate::store::{own, people as rows};

/// The name under which my own profile is kept.
const PROFILE: &str = "profile";

/// A profile that a permitted device of the person whose log this is has
/// signed; `None` for anything else.
pub(super) fn believed(bytes: &[u8], log: &PersonLog, now: &JudgedTime) -> Option<Live<Profile>> {
    let record = Unverified::<Profile>::parse(bytes).ok()?;
    let live = Live::check_claimed(record, now).ok()?;
    let device: DeviceId = live.get().device;
    let permitted = log.permits(&device, Purpose::Meet, now).is_ok();
    (live.get().person == log.id() && permitted).then_some(live)
}

/// My profile as it was signed last, if it still says what is true.
fn kept(bytes: &[u8], account: &Account, now: &JudgedTime) -> Option<Vec<u8>> {
    let live = believed(bytes, account.log(), now)?;
    let said = live.get();
    let same = said.device == account.device() && said.name == *account.name();
    same.then(|| bytes.to_vec())
}

fn sign(account: &Account, now: Timestamp) -> Option<Vec<u8>> {
    let profile = Profile {
        person: account.person(),
        device: account.device(),
        // The time grows from each profile to the next, whichever device signs.
        seq: now.as_millis(),
        issued: now,
        name: account.name().clone(),
        avatar: None,
        statement: None,
    };
    let live = Live::sign(&profile, account.device_key()).ok()?;
    Some(live.record().bytes().to_vec())
}

impl Open {
    /// What a person shows of themselves, from them or through somebody who
    /// shares a room with both. The newest counts; stored before it counts.
    pub(super) async fn take_profile(&mut self, who: &PersonId, bytes: &[u8]) {
        let wall = self.now();
        let now = *self.account.judge(wall);
        let Some(person) = self.people.get_mut(who) else {
            return;
        };
        let Some(log) = &person.log else { return };
        let Some(live) = believed(bytes, log, &now) else {
            return;
        };
        let known = person.profile.as_deref();
        if known.is_some_and(|known| known == bytes) {
            return;
        }
        let older = |have: Live<Profile>| !live.get().replaces(have.get());
        if known
            .and_then(|k| believed(k, log, &now))
            .is_some_and(older)
        {
            return;
        }
        let mut row = row_of(person);
        row.profile = Some(bytes.to_vec());
        row.name = live.get().name.as_str().to_owned();
        if self
            .store
            .write(move |tx| rows::put(tx, &row))
            .await
            .is_err()
        {
            return;
        }
        if let Some(person) = self.people.get_mut(who) {
            person.profile = Some(bytes.to_vec());
            person.name = live.get().name.clone();
        }
        self.people.tell_apart();
        self.tell_about(who);
        for room in self.rooms.shared_rooms(who) {
            self.tell_room(&room);
        }
    }

    /// What I show of myself, signed by this device; kept, so that others
    /// aren't told something new at each start.
    pub(super) async fn own_profile(&mut self) -> Option<Vec<u8>> {
        if let Some(profile) = &self.profile {
            return Some(profile.clone());
        }
        let now = self.now();
        let judged = *self.account.judge(now);
        let stored = self.store.read(|tx| own::get(tx, PROFILE)).await.ok()?;
        let profile = match stored.and_then(|b| kept(&b, &self.account, &judged)) {
            Some(profile) => profile,
            None => {
                let signed = sign(&self.account, now)?;
                let bytes = signed.clone();
                let stored = self.store.write(move |tx| own::put(tx, PROFILE, &bytes));
                stored.await.ok()?;
                signed
            }
        };
        self.profile = Some(profile.clone());
        Some(profile)
    }
}
