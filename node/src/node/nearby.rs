//! Who on this local network wants to be met (ID-2). mDNS names devices, never
//! people. So that two strangers see each other's names, both must want it:
//! only then, and only to devices on the same network, a node says who it is.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use kith_api::{Event, NearbyPerson, PersonRef, Verification};
use kith_proto::device::Live;
use kith_proto::id::PersonId;
use kith_proto::meet::Message;
use kith_proto::names::{Name, escape_for_display};
use kith_proto::signed::Cosigned;
use kith_proto::ticket::Evidence;
use tokio::time::Instant;

use super::link::LinkId;
use super::open::Open;
use super::people::learn;
use super::profiles::believed;
use crate::cli::wall_clock;
use crate::swarm::{Addr, DeviceId, Place, Via, place};

/// The longest time that a device may be open for meetings: an hour.
pub(super) const OPEN_LONGEST: u32 = 3600;
/// How many strangers are listed: more are not in one room.
const STRANGERS_MAX: usize = 64;

/// Somebody who said who they are.
#[derive(Debug, Clone)]
pub(super) struct Stranger {
    pub(super) person: PersonId,
    pub(super) name: Name,
    pub(super) link: LinkId,
}

/// Being open for meetings, and who else is.
#[derive(Debug, Default)]
pub(super) struct Nearby {
    until: Option<(Instant, u64)>,
    strangers: BTreeMap<DeviceId, Stranger>,
    /// Devices that were told since this one opened: whoever opens later
    /// comes to us.
    told: BTreeSet<DeviceId>,
}

impl Nearby {
    pub(super) fn is_open(&self) -> bool {
        self.until.is_some()
    }

    pub(super) fn due(&self) -> Option<Instant> {
        self.until.map(|(at, _)| at)
    }

    pub(super) fn stranger(&self, device: &DeviceId) -> Option<&Stranger> {
        self.strangers.get(device)
    }

    pub(super) fn strangers(&self) -> impl Iterator<Item = (&DeviceId, &Stranger)> {
        self.strangers.iter()
    }
}

/// The person that entries claim to be of: named by the first.
pub(super) fn claimed(entries: &Evidence) -> Option<PersonId> {
    let first = Cosigned::<kith_proto::person::PersonEntry>::parse(entries.parts().first()?);
    Some(PersonId::from(first.ok()?.digest()))
}

impl Open {
    /// Opens this device for meetings for so long, or ends that.
    pub(super) async fn open_for_meetings(&mut self, secs: u32) {
        let lasts = Duration::from_secs(u64::from(secs.min(OPEN_LONGEST)));
        let nearby = &mut self.meetings.nearby;
        nearby.told.clear();
        if secs == 0 {
            self.close_for_meetings().await;
            return;
        }
        let ends = wall_clock().after(lasts).as_millis();
        nearby.until = Some((Instant::now() + lasts, ends));
        for device in self.reach.announced_devices() {
            self.reach.try_now(device);
        }
        // Those who came while this device was closed still hold their line.
        let strangers: Vec<LinkId> = self
            .hellos
            .keys()
            .filter(|l| self.links.get(l).is_some_and(|l| !self.is_contact(&l.peer)))
            .copied()
            .collect();
        for link in strangers {
            self.say_here(link).await;
        }
        self.tell_nearby();
    }

    pub(super) async fn close_for_meetings(&mut self) {
        let nearby = &mut self.meetings.nearby;
        nearby.until = None;
        let strangers = std::mem::take(&mut nearby.strangers);
        for (device, stranger) in strangers {
            if !self.meets(&device) {
                self.drop_link(stranger.link).await;
            }
        }
        self.tell_nearby();
    }

    pub(super) async fn nearby_due(&mut self) {
        let over = self.meetings.nearby.due();
        if over.is_some_and(|at| at <= Instant::now()) {
            self.close_for_meetings().await;
        }
    }

    /// Devices that are looked for because they may want to be met too.
    pub(super) fn strangers_wanted(&self) -> Vec<(DeviceId, Vec<Addr>)> {
        if !self.meetings.nearby.is_open() {
            return Vec::new();
        }
        self.reach
            .announced_devices()
            .into_iter()
            .filter(|d| self.may_be_stranger(d))
            .map(|d| (d, Vec::new()))
            .collect()
    }

    /// Whether a device announced on the network may be one to meet.
    pub(super) fn may_be_stranger(&self, device: &DeviceId) -> bool {
        let nearby = &self.meetings.nearby;
        nearby.is_open() && !self.is_contact(device) && !nearby.told.contains(device)
    }

    /// Says who I am to a stranger on the same network, if I want to be met.
    pub(super) async fn say_here(&mut self, link: LinkId) {
        let Some(peer) = self.links.get(&link).map(|l| l.peer) else {
            return;
        };
        if !self.meetings.nearby.is_open() || self.is_contact(&peer) || !self.is_local(link) {
            return;
        }
        let Some(profile) = self.own_profile().await else {
            return;
        };
        self.meetings.nearby.told.insert(peer);
        let entries = self.evidence();
        self.send(link, Message::Here { entries, profile }.to_bytes())
            .await;
    }

    /// Whether a link leads directly to a device on the same network.
    fn is_local(&self, link: LinkId) -> bool {
        let Some((peer, conn)) = self.links.get(&link).map(|l| (l.peer, l.conn)) else {
            return false;
        };
        let direct = self.reach.via(&peer, conn) == Some(Via::Direct);
        let at = self.reach.remote(&peer, conn).and_then(Addr::socket);
        let near = at.is_some_and(|at| match place(at.ip()) {
            Place::Private(_) => true,
            Place::Loopback => self.config.loopback.counts(),
            _ => false,
        });
        direct && near
    }

    /// A stranger says who they are.
    pub(super) async fn take_here(
        &mut self,
        link: LinkId,
        peer: DeviceId,
        entries: Evidence,
        profile: &[u8],
    ) {
        let open = self.meetings.nearby.is_open() && self.is_local(link);
        let stranger = open
            .then(|| self.judge_here(link, &peer, &entries, profile))
            .flatten();
        let room = self.meetings.nearby.strangers.len() < STRANGERS_MAX
            || self.meetings.nearby.strangers.contains_key(&peer);
        match stranger {
            Some(stranger) if room => {
                self.meetings.nearby.strangers.insert(peer, stranger);
                self.tell_nearby();
            }
            _ => self.drop_link(link).await,
        }
    }

    fn judge_here(
        &mut self,
        link: LinkId,
        peer: &DeviceId,
        entries: &Evidence,
        profile: &[u8],
    ) -> Option<Stranger> {
        let person = claimed(entries).filter(|p| *p != self.account.person())?;
        let now = self.now();
        let judged = *self.account.judge(now);
        let known = self.people.get(&person);
        let learnt = learn(&person, known, entries.parts(), &judged)?;
        let profile: Live<_> = believed(profile, &learnt.log, &judged)?;
        (profile.get().device == *peer).then(|| Stranger {
            person,
            name: profile.get().name.clone(),
            link,
        })
    }

    /// A line with a stranger has ended.
    pub(super) fn stranger_gone(&mut self, link: LinkId) {
        let strangers = &mut self.meetings.nearby.strangers;
        let before = strangers.len();
        strangers.retain(|_, s| s.link != link);
        if strangers.len() < before {
            self.tell_nearby();
        }
    }

    /// Somebody has become a contact: no stranger any more.
    pub(super) fn no_stranger(&mut self, person: &PersonId) {
        let strangers = &mut self.meetings.nearby.strangers;
        let before = strangers.len();
        strangers.retain(|_, s| s.person != *person);
        if strangers.len() < before {
            self.tell_nearby();
        }
    }

    pub(super) fn nearby(&self) -> kith_api::Nearby {
        let nearby = &self.meetings.nearby;
        let people = nearby.strangers.iter().map(|(device, s)| NearbyPerson {
            person: PersonRef {
                id: s.person,
                name: escape_for_display(s.name.as_str()),
                verified: Verification::Unverified,
            },
            device: *device,
            warnings: self.people.warnings(&s.person, &s.name),
        });
        kith_api::Nearby {
            open_until_ms: nearby.until.map(|(_, ms)| ms),
            people: people.collect(),
        }
    }

    fn tell_nearby(&mut self) {
        let nearby = self.nearby();
        self.tell(Event::Nearby(nearby));
    }
}
