//! What can be shared with each contact, kept up to date while somebody looks
//! (CAP-2, PORT-5): the standing machine with real facts.

mod ways;

use std::collections::{BTreeMap, BTreeSet};

use kith_api::{
    ApiError, ContactState, DeviceFeatures, Event as Told, FeatureReason, FeatureState, Features,
    Reply,
};
use kith_proto::capability::{Impossible, Sharer};
use kith_proto::id::PersonId;
use kith_proto::paths::Attempt;
use kith_proto::person::Purpose;
use kith_proto::policy::decide::{Context, Side};
use kith_proto::policy::meeting::MeetingState;
use kith_proto::standing::{
    Bond, Effect, Event, Facts, Feature, Link, Reason, Room, Said, Standing, State, Trial,
    TrialNumber, Whose, features, together,
};
use kith_proto::time::{Monotonic, Timestamp};
use tokio::time::Instant;

pub(super) use self::ways::Answered;
use super::error::fault;
use super::open::Open;
use super::people::Person;
use super::reach::Known;
use crate::env::{SEEN_WITHOUT, SHOWN_WITHOUT, WhyNot, flags, meaning};
use crate::share::Table;
use crate::swarm::DeviceId;

/// How many contacts are looked at, at most; who was looked at longest ago is
/// forgotten first.
const MAX_SELECTED: usize = 32;
/// In how many moderated rooms of both people it is decided what is allowed
/// there, where one is demanded.
const MAX_MEETINGS: usize = 32;

/// What is known of the devices of contacts that somebody looks at.
#[derive(Debug)]
pub(super) struct Standings {
    devices: BTreeMap<DeviceId, Watched>,
    /// What faces were told last, of whom somebody looks at.
    told: BTreeMap<PersonId, (Instant, Features)>,
    /// Devices that have no version of the protocol in common with us.
    incompatible: BTreeSet<DeviceId>,
    /// Devices to which all ways are being tried, and by how many: those
    /// connections are closed by whoever tries.
    trying: BTreeMap<DeviceId, u32>,
    /// The most bytes a second that came to us in a trial, in this network.
    rate: Option<u64>,
    began: Instant,
}

/// Whether two devices have a version of the protocol in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Common {
    Some,
    None,
}

#[derive(Debug, Default)]
struct Watched {
    standing: Standing,
    tried: Option<(Timestamp, Table)>,
    /// Whether the device is known to answer where that found it.
    faith: Faith,
}

/// Whether what a trial found is relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Faith {
    #[default]
    Kept,
    /// The device has greeted elsewhere since, and hasn't answered there yet.
    Doubted,
}

impl Default for Standings {
    fn default() -> Self {
        Self {
            devices: BTreeMap::new(),
            told: BTreeMap::new(),
            incompatible: BTreeSet::new(),
            trying: BTreeMap::new(),
            rate: None,
            began: Instant::now(),
        }
    }
}

impl Standings {
    fn clock(&self) -> Monotonic {
        let ms = self.began.elapsed().as_millis();
        Monotonic::from_millis(u64::try_from(ms).unwrap_or(u64::MAX))
    }

    /// The versions of a device's protocol and ours were compared.
    pub(super) fn compared(&mut self, peer: DeviceId, common: Common) {
        match common {
            Common::Some => self.incompatible.remove(&peer),
            Common::None => self.incompatible.insert(peer),
        };
    }

    pub(super) fn trial_began(&mut self, peer: DeviceId) {
        *self.trying.entry(peer).or_default() += 1;
    }

    pub(super) fn trial_ended(&mut self, peer: &DeviceId) {
        if let Some(n) = self.trying.get_mut(peer) {
            *n = n.saturating_sub(1);
            if *n == 0 {
                self.trying.remove(peer);
            }
        }
    }

    /// What trials have measured until now, in kbit/s: at least so much comes
    /// in here (ENV-2).
    pub(super) fn bandwidth_kbps(&self) -> Option<u64> {
        self.rate.map(|bytes| bytes.saturating_mul(8) / 1000)
    }

    /// A trial is over.
    fn rated(&mut self, table: &Table) {
        let rates = table.rows.iter().filter_map(|row| match row.attempt {
            Attempt::Works(w) => w.rate,
            Attempt::Fails(..) => None,
        });
        self.rate = rates.chain(self.rate).max();
    }

    /// What came of the last trial of a device, while that holds.
    pub(super) fn found(&self, peer: &DeviceId) -> Option<&Table> {
        let watched = self.devices.get(peer)?;
        watched.tried.as_ref().map(|(_, table)| table)
    }

    /// The same, while nothing speaks against it.
    pub(super) fn table(&self, peer: &DeviceId) -> Option<&Table> {
        let doubted = self.devices.get(peer)?.faith == Faith::Doubted;
        self.found(peer).filter(|_| !doubted)
    }

    /// What was found of a device, or is being found, may be of a program that is gone.
    fn doubt(&mut self, peer: &DeviceId) {
        if let Some(watched) = self.devices.get_mut(peer) {
            watched.faith = Faith::Doubted;
        }
    }

    /// It answers there.
    fn trust(&mut self, peer: &DeviceId) {
        if let Some(watched) = self.devices.get_mut(peer) {
            watched.faith = Faith::Kept;
        }
    }

    /// Whether all ways to a device are being tried.
    pub(super) fn on_trial(&self, peer: &DeviceId) -> bool {
        self.trying.contains_key(peer)
    }

    /// When the next thing happens by itself.
    pub(super) fn due(&self) -> Option<Instant> {
        let all = self.devices.values();
        let next = all.filter_map(|w| w.standing.deadline()).min()?;
        // A millisecond later than exactly: the clock counts whole ones.
        let ms = core::time::Duration::from_millis(next.as_millis() + 1);
        Some(self.began + ms)
    }
}

impl Open {
    /// What a face wants to know of a contact, now and for a while.
    pub(super) async fn features_of(&mut self, who: &str) -> Result<Reply, ApiError> {
        self.observe_policies().await?;
        let id = self.find(who)?;
        self.select(&id);
        let told = self.standings.told.get(&id);
        let told = told.ok_or_else(|| fault("no features"))?;
        Ok(Reply::Features(told.1.clone()))
    }

    /// Somebody looks at a contact: the ways to their devices are tried.
    pub(super) fn select(&mut self, person: &PersonId) {
        let told = &mut self.standings.told;
        if told.len() >= MAX_SELECTED && !told.contains_key(person) {
            let oldest = told.iter().min_by_key(|(_, (at, _))| *at);
            if let Some(oldest) = oldest.map(|(id, _)| *id) {
                self.forget(&oldest);
            }
        }
        self.standing_of(person, Event::Selected);
        if let Some(now) = self.all_features(person) {
            let told = (Instant::now(), now);
            self.standings.told.insert(*person, told);
        }
    }

    /// What was found out about sharing with a person, who isn’t looked at any more.
    pub(super) fn forget(&mut self, person: &PersonId) {
        self.standings.told.remove(person);
        let of: Vec<DeviceId> = self.people.devices_of(person).map(|(d, _)| d).collect();
        self.standings.devices.retain(|d, _| !of.contains(d));
    }

    /// Something of one contact changed.
    pub(super) fn features_news(&mut self, person: &PersonId) {
        if self.standings.told.contains_key(person) {
            self.standing_of(person, Event::News);
            self.tell_features(person);
        }
    }

    /// Something changed that counts for everybody.
    pub(super) fn features_changed(&mut self, event: Event) {
        if event == Event::NetworkChanged {
            self.standings.rate = None;
        }
        let all: Vec<PersonId> = self.standings.told.keys().copied().collect();
        for person in all {
            self.standing_of(&person, event);
            self.tell_features(&person);
        }
    }

    /// What is due by the clock; nobody is told of whom nobody looks at.
    pub(super) fn features_due(&mut self) {
        let now = self.standings.clock();
        let due = |w: &Watched| w.standing.deadline().is_some_and(|at| at <= now);
        if !self.standings.devices.values().any(due) {
            return;
        }
        self.features_changed(Event::Tick);
        let all: Vec<PersonId> = self.standings.told.keys().copied().collect();
        for person in all {
            let selected = self.people.devices_of(&person).any(|(d, _)| {
                let watched = self.standings.devices.get(&d);
                watched.is_some_and(|w| w.standing.selected(now))
            });
            if !selected {
                self.forget(&person);
            }
        }
    }

    /// All ways to a device were tried.
    pub(super) async fn features_tried(
        &mut self,
        device: DeviceId,
        number: TrialNumber,
        table: Table,
    ) {
        self.standings.trial_ended(&device);
        self.standings.rated(&table);
        let verdict = table.verdict;
        if let Some(watched) = self.standings.devices.get_mut(&device) {
            if watched.standing.trial() == Trial::Running {
                watched.tried = Some((crate::cli::wall_clock(), table));
            }
            self.standing(device, Event::Tried(number, verdict));
        }
        let doubted = |w: &Watched| w.faith == Faith::Doubted && w.tried.is_some();
        if self.standings.devices.get(&device).is_some_and(doubted) {
            self.ask_where_found(device);
        }
        self.try_pictures(device).await;
        if let Some(person) = self.people.owner(&device).map(|p| p.id) {
            self.tell_features(&person);
        }
    }

    fn standing_of(&mut self, person: &PersonId, event: Event) {
        let of: Vec<DeviceId> = self.people.devices_of(person).map(|(d, _)| d).collect();
        for device in of {
            self.standing(device, event);
        }
    }

    /// One step of the machine of one device.
    fn standing(&mut self, device: DeviceId, event: Event) {
        let now = self.standings.clock();
        let mut watched = self.standings.devices.remove(&device).unwrap_or_default();
        let effects = self.with_facts(&device, |facts| watched.standing.handle(event, facts, now));
        if !matches!(watched.standing.trial(), Trial::Done(_)) {
            watched.tried = None;
        }
        self.standings.devices.insert(device, watched);
        for effect in effects.into_iter().flatten() {
            match effect {
                Effect::Try(number) => {
                    self.standings.trust(&device);
                    self.try_ways(device, number);
                }
                // Told with the person, once for all their devices.
                Effect::Changed => {}
            }
        }
    }

    /// Does something with all that the features with a device depend on.
    fn with_facts<T>(&self, device: &DeviceId, act: impl FnOnce(&Facts<'_>) -> T) -> Option<T> {
        let p = self.people.owner(device)?;
        let now = self.judged();
        let speaks = p
            .log
            .as_ref()
            .map(|l| l.permits(device, Purpose::Talk, &now));
        let organisations = self.policies.organisations(&now);
        let both = |m: &&MeetingState| self.common_room(Some(m.room()), &p.id).is_some();
        let moderated = self.rooms.moderated.values();
        let meetings: Vec<&MeetingState> = moderated.filter(both).take(MAX_MEETINGS).collect();
        let facts = Facts {
            me: self.account.person(),
            them: p.id,
            bond: match (p.state, speaks) {
                (ContactState::Contact, Some(Err(_))) => Bond::DeviceBarred,
                (ContactState::Contact, _) => Bond::Contacts,
                _ => Bond::NotYet,
            },
            mine: self.my_capability(),
            theirs: match (
                self.capability_of_device(device),
                self.capability_once_of(device),
            ) {
                (Some(holds), _) => Said::Holds(holds),
                (None, true) => Said::RunOut,
                (None, false) => Said::Nothing,
            },
            rules: Context {
                now: now.now(),
                side: Side::Sharer,
                organisations: &organisations,
                meeting: None,
                local: self.allowed.mine(),
                remote: self.allowed.of(device),
                viewer: super::policy_answers::verified(p.verified),
                consents: &[],
            },
            meetings: &meetings,
            link: match self.reach.known(device) {
                Known::Online { .. } => Link::Talking,
                Known::Offline if self.standings.incompatible.contains(device) => {
                    Link::NoCommonVersion
                }
                Known::Offline => Link::Offline,
            },
            pictured: self.pictured_with(device),
        };
        Some(act(&facts))
    }

    /// What there is with a device whose ways were tried.
    pub(super) fn checked_features(&self, device: &DeviceId) -> Vec<Feature> {
        let watched = self.standings.devices.get(device);
        let trial = watched.map_or(Trial::Untried, |w| w.standing.trial());
        if !matches!(trial, Trial::Done(v) if v.works()) {
            return Vec::new();
        }
        let judged = self.with_facts(device, |facts| features(facts, trial));
        judged.unwrap_or_default()
    }

    /// What is known of all devices of a contact, with the last trial.
    fn judged_features(&self, p: &Person) -> Vec<(DeviceId, Vec<Feature>)> {
        self.people
            .devices_of(&p.id)
            .filter_map(|(d, _)| {
                let watched = self.standings.devices.get(&d);
                let trial = watched.map_or(Trial::Untried, |w| w.standing.trial());
                Some((d, self.with_facts(&d, |facts| features(facts, trial))?))
            })
            .collect()
    }

    /// What works with a contact, each way, and why not (CAP-2): all their
    /// devices together.
    pub(super) fn features(&self, p: &Person) -> Vec<FeatureState> {
        if p.state != ContactState::Contact {
            return Vec::new();
        }
        let judged = self.judged_features(p);
        let all = together(judged.iter().map(|(_, f)| &f[..]));
        self.feature_states(p, &all.unwrap_or_default())
    }

    fn all_features(&self, person: &PersonId) -> Option<Features> {
        let p = self.people.get(person)?;
        let judged = self.judged_features(p);
        let all = together(judged.iter().map(|(_, f)| &f[..])).unwrap_or_default();
        Some(Features {
            person: p.reference(),
            all: self.feature_states(p, &all),
            devices: judged
                .iter()
                .map(|(device, features)| DeviceFeatures {
                    device: *device,
                    path: self.path_info(device),
                    features: self.feature_states(p, features),
                })
                .collect(),
        })
    }

    fn tell_features(&mut self, person: &PersonId) {
        let Some(now) = self.all_features(person) else {
            return;
        };
        if let Some((_, told)) = self.standings.told.get_mut(person)
            && *told != now
        {
            told.clone_from(&now);
            self.tell(Told::Features(now));
        }
    }

    fn feature_states(&self, p: &Person, all: &[Feature]) -> Vec<FeatureState> {
        all.iter().map(|f| self.feature_state(p, f)).collect()
    }

    fn feature_state(&self, p: &Person, f: &Feature) -> FeatureState {
        let (state, room, reasons) = match &f.state {
            State::Enabled(room) => ("enabled", Some(room), Vec::new()),
            State::Checking(room) => ("checking", Some(room), Vec::new()),
            State::Disabled(against) => {
                let reasons = against.iter().map(|r| self.feature_reason(p, f, r));
                ("disabled", None, reasons.collect())
            }
        };
        let first: Option<&FeatureReason> = reasons.first();
        let names = |room: Option<&Room>, names: fn(&Room) -> Vec<&'static str>| {
            let found = room.map(names).unwrap_or_default();
            found.into_iter().map(str::to_owned).collect()
        };
        FeatureState {
            means: meaning(f.means),
            direction: match f.sharer {
                Sharer::First => "i-share".to_owned(),
                Sharer::Second => "they-share".to_owned(),
            },
            state: state.to_owned(),
            step: first.map(|r| r.step.clone()),
            reason: first.map(|r| r.code.clone()),
            text: first.map(|r| r.text.clone()),
            rights: names(room, |r| r.rights.iter().map(|r| r.name()).collect()),
            view: room.map(|r| r.view.name().to_owned()).unwrap_or_default(),
            control: room
                .map(|r| r.control.name().to_owned())
                .unwrap_or_default(),
            begins: names(room, |r| r.begins.iter().map(|d| d.name()).collect()),
            duties: names(room, |r| r.duties.iter().map(|d| d.name()).collect()),
            only_in: room
                .into_iter()
                .flat_map(|r| &r.only_in)
                .map(|id| self.room_ref(id))
                .collect(),
            reasons,
        }
    }

    fn feature_reason(&self, p: &Person, f: &Feature, why: &Reason) -> FeatureReason {
        let own = match why {
            Reason::Impossible(impossible, Whose::Ours) => self.why_not(f, *impossible),
            _ => None,
        };
        let mut told = FeatureReason {
            step: why.step().to_owned(),
            code: why.code().to_owned(),
            text: why.words(&p.shown()),
            hint: why.hint().map(str::to_owned),
        };
        match (own, why) {
            (Some(own), _) => {
                own.code().clone_into(&mut told.code);
                own.words().clone_into(&mut told.text);
                told.hint = instead(why, own).map(str::to_owned);
            }
            // What trying to reach them came to says more.
            (None, Reason::Offline) => {
                told.text = format!("{}: {}", told.text, self.why_offline(p).words());
            }
            _ => {}
        }
        told
    }

    /// What this machine lacks for it.
    fn why_not(&self, f: &Feature, why: Impossible) -> Option<WhyNot> {
        let all = flags(self.my_environment()?);
        let flag = all.iter().find(|flag| flag.means == f.means)?;
        match why {
            Impossible::SharerCannot => flag.share.err(),
            Impossible::ViewerCannot => flag.join.err(),
            _ => None,
        }
    }
}

/// What can be done without the screen that lacks.
fn instead(why: &Reason, own: WhyNot) -> Option<&'static str> {
    match (why, own) {
        (Reason::Impossible(Impossible::SharerCannot, _), WhyNot::NoScreen) => Some(SHOWN_WITHOUT),
        (Reason::Impossible(Impossible::ViewerCannot, _), WhyNot::NoScreen | WhyNot::NoWindow) => {
            Some(SEEN_WITHOUT)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
