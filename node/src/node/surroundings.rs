//! What this machine can do, what others say that theirs can, and what
//! follows for each contact (ENV-3, CAP-1, CAP-2).

use std::collections::BTreeMap;
use std::time::Duration;

use kith_api::{ApiError, EnvironmentFlag, EnvironmentInfo, FeatureState, Reply};
use kith_proto::capability::{Capability, Impossible, Means, Sharer, possible};
use kith_proto::clock::JudgedTime;
use kith_proto::device::Live;
use kith_proto::id::PersonId;
use kith_proto::meet::Message;
use kith_proto::policy::application::What;
use kith_proto::policy::decide::{Ask, Decision, Wish};
use kith_proto::policy::explain::explain;
use kith_proto::policy::hosted::Target;
use kith_proto::policy::rule::Direction;
use kith_proto::rights::{Right, Rights};
use kith_proto::signed::Unverified;
use kith_proto::technology::Technology;
use kith_proto::time::Timestamp;
use rusqlite::Transaction;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::error::fault;
use super::link::LinkId;
use super::open::{Done, Open};
use super::people::Person;
use crate::env::linux::{Linux, WithoutScreen};
use crate::env::{Environment, capability, collect, flags, meaning};
use crate::store::{StoreError, capabilities as rows};
use crate::swarm::{DeviceId, NatKind, Reachability};

/// How long a display may take to answer; one that doesn't is none.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often the machine is looked at though nothing is known to have changed.
const EVERY: Duration = Duration::from_secs(3600);
/// When our own record is made anew though nothing changed: at half of its
/// life.
const RENEW: Duration = Duration::from_secs(12 * 3600);

/// What is known of this machine and of others.
#[derive(Debug, Default)]
pub(super) struct Surroundings {
    env: Option<Environment>,
    own: Option<Live<Capability>>,
    theirs: BTreeMap<DeviceId, Live<Capability>>,
    /// Somebody is looking just now.
    looking: Looking,
    /// When it is looked at again, if nothing happens before.
    next: Option<Instant>,
}

/// Whether the machine is being looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Looking {
    #[default]
    No,
    Yes,
    /// And something changed since, so it must be looked at again.
    Again,
}

impl Surroundings {
    pub(super) fn load(tx: &Transaction<'_>, now: Timestamp) -> Result<Self, StoreError> {
        let judged = JudgedTime::from_wall(now);
        let read = |(device, bytes): (DeviceId, Vec<u8>)| {
            let record = Unverified::<Capability>::parse(&bytes).ok()?;
            let live = Live::check_claimed(record, &judged).ok()?;
            (live.get().device == device).then_some((device, live))
        };
        Ok(Self {
            theirs: rows::all(tx, now)?.into_iter().filter_map(read).collect(),
            ..Self::default()
        })
    }
}

/// Looks at this machine, on a thread of its own: a display that hangs holds
/// up nobody, and the end of the node least of all.
async fn look() -> Option<Environment> {
    let (tell, told) = oneshot::channel();
    let looked = std::thread::Builder::new()
        .name("environment".into())
        .spawn(move || drop(tell.send(collect(&Linux))));
    let seen = match looked {
        Ok(_) => tokio::time::timeout(PATIENCE, told).await.ok()?.ok(),
        Err(_) => None,
    };
    Some(seen.unwrap_or_else(|| collect(&WithoutScreen(Linux))))
}

impl Open {
    /// Looks at the machine in the background; the outcome comes as an input.
    pub(super) fn look_around(&mut self) {
        match self.surroundings.looking {
            Looking::No => self.surroundings.looking = Looking::Yes,
            Looking::Yes | Looking::Again => {
                self.surroundings.looking = Looking::Again;
                return;
            }
        }
        let results = self.results_to.clone();
        tokio::spawn(async move {
            let found = match look().await {
                Some(env) => env,
                None => collect(&WithoutScreen(Linux)),
            };
            let _ = results.send(Done::Environment(Box::new(found))).await;
        });
    }

    /// Once an hour, or when our own record gets old.
    pub(super) fn surroundings_due(&mut self) {
        let now = Instant::now();
        if self.surroundings.next.is_none_or(|at| at <= now) {
            self.look_around();
        }
    }

    pub(super) async fn handle_environment(&mut self, env: Environment) {
        let again = self.surroundings.looking == Looking::Again;
        self.surroundings.looking = Looking::No;
        self.surroundings.next = Some(Instant::now() + EVERY);
        self.settle_environment(env).await;
        if again {
            self.look_around();
        }
    }

    /// Keeps what was found; what is new is signed and told.
    async fn settle_environment(&mut self, env: Environment) {
        let now = self.now();
        let old = self
            .surroundings
            .own
            .as_ref()
            .map(|o| o.get().validity.issued);
        let due = old.is_none_or(|issued| now.since(issued) >= RENEW || issued > now);
        let same = self.surroundings.env.as_ref() == Some(&env);
        self.surroundings.env = Some(env);
        if same && !due {
            return;
        }
        if self.sign_capability(now).is_err() {
            return;
        }
        let Some(record) = self.capability_message() else {
            return;
        };
        let contacts: Vec<LinkId> = self
            .hellos
            .keys()
            .filter(|l| self.links.get(l).is_some_and(|l| self.is_contact(&l.peer)))
            .copied()
            .collect();
        for link in contacts {
            self.send(link, record.clone()).await;
        }
        let people: Vec<PersonId> = self.people.iter().map(|p| p.id).collect();
        for person in people {
            self.tell_about(&person);
        }
    }

    fn sign_capability(&mut self, now: Timestamp) -> Result<(), ApiError> {
        let Some(env) = &self.surroundings.env else {
            return Ok(());
        };
        // The time in milliseconds grows over restarts; a clock that was set
        // back doesn't make it fall.
        let before = self.surroundings.own.as_ref().map_or(0, |o| o.get().seq);
        let seq = now.as_millis().max(before.saturating_add(1));
        let account = &self.account;
        let said = capability(env, account.person(), account.device(), seq, now);
        let live = Live::sign(&said, account.device_key()).map_err(fault)?;
        self.surroundings.own = Some(live);
        Ok(())
    }

    /// What contacts are told of this device.
    pub(super) fn capability_message(&self) -> Option<Vec<u8>> {
        let own = self.surroundings.own.as_ref()?;
        Some(Message::Capability(own.record().bytes().to_vec()).to_bytes())
    }

    /// What this device can do, as others are told; `None` until it was found
    /// out, a moment after the start.
    #[allow(dead_code, reason = "the negotiation asks for it; it comes next")]
    pub(super) fn my_capability(&self) -> Option<&Capability> {
        self.surroundings.own.as_ref().map(Live::get)
    }

    /// What a device says that it can do, as long as that holds.
    pub(super) fn capability_of_device(&self, device: &DeviceId) -> Option<&Capability> {
        let now = self.judged();
        self.surroundings.theirs.get(device)?.still(&now).ok()
    }

    /// A contact's device says what it can do. Stored before it counts.
    pub(super) async fn take_capability(&mut self, peer: &DeviceId, record: &[u8]) {
        let Some(person) = self.people.owner(peer).map(|p| p.id) else {
            return;
        };
        let wall = self.now();
        let now = *self.account.judge(wall);
        let checked = Unverified::<Capability>::parse(record)
            .map_err(Into::into)
            .and_then(|r| Live::check(r, peer, &person, &now));
        // One that doesn't hold grants nothing, and is no harm: another clock.
        let Ok(live) = checked else {
            return;
        };
        let older = |have: &Live<Capability>| !live.get().replaces(have.get());
        if self.surroundings.theirs.get(peer).is_some_and(older) {
            return;
        }
        let (device, bytes, until) = (*peer, live.record().bytes().to_vec(), live.until());
        let stored = self
            .store
            .write(move |tx| rows::put(tx, &device, &bytes, until));
        if stored.await.is_ok() {
            self.surroundings.theirs.insert(*peer, live);
            self.tell_about(&person);
        }
    }

    /// What works with a contact, each way, and why not (CAP-2): what some
    /// device of theirs can do, and what the policies leave of it.
    pub(super) fn features(&self, p: &Person) -> Vec<FeatureState> {
        if p.state != kith_api::ContactState::Contact {
            return Vec::new();
        }
        let theirs: Vec<&Capability> = self
            .people
            .devices_of(&p.id)
            .filter_map(|(d, _)| self.capability_of_device(&d))
            .collect();
        let mut all = Vec::new();
        for means in Means::all() {
            for sharer in [Sharer::First, Sharer::Second] {
                let can = self.can(means, sharer, &theirs);
                all.push(self.feature(p, means, sharer, can));
            }
        }
        all
    }

    /// The same, asked for by itself.
    pub(super) fn features_of(&self, who: &str) -> Result<Reply, ApiError> {
        let id = self.find(who)?;
        let person = self.people.get(&id).ok_or_else(|| fault("no person"))?;
        Ok(Reply::Features(kith_api::Features {
            person: person.reference(),
            all: self.features(person),
            devices: Vec::new(),
        }))
    }

    /// The best that any of their devices makes possible.
    fn can(&self, means: Means, sharer: Sharer, theirs: &[&Capability]) -> Result<Rights, Cannot> {
        let mine = self.surroundings.own.as_ref().ok_or(Cannot::NotLooked)?;
        if theirs.is_empty() {
            return Err(Cannot::NotMet);
        }
        let outcomes = theirs.iter().filter_map(|other| {
            let ways = possible(mine.get(), other);
            let way = ways
                .into_iter()
                .find(|w| w.means == means && w.sharer == sharer)?;
            Some(way.outcome)
        });
        let mut why = None;
        for outcome in outcomes {
            match outcome {
                Ok(found) => return Ok(found.rights),
                Err(e) => why = why.or(Some(e)),
            }
        }
        Err(why.map_or(Cannot::NotMet, Cannot::Devices))
    }

    fn feature(
        &self,
        p: &Person,
        means: Means,
        sharer: Sharer,
        can: Result<Rights, Cannot>,
    ) -> FeatureState {
        let state = |outcome: Result<Rights, (&str, String, String)>| {
            let (rights, why) = match outcome {
                Ok(rights) => (rights, None),
                Err(why) => (Rights::NONE, Some(why)),
            };
            let (step, reason, text) = match why {
                None => (None, None, None),
                Some((step, reason, text)) => (Some(step.to_owned()), Some(reason), Some(text)),
            };
            FeatureState {
                means: meaning(means),
                direction: match sharer {
                    Sharer::First => "i-share".to_owned(),
                    Sharer::Second => "they-share".to_owned(),
                },
                state: match reason {
                    None => "enabled".to_owned(),
                    Some(_) => "disabled".to_owned(),
                },
                step,
                reason,
                text,
                rights: rights.iter().map(|r| r.name().to_owned()).collect(),
                reasons: Vec::new(),
                view: String::new(),
                control: String::new(),
                begins: Vec::new(),
                duties: Vec::new(),
            }
        };
        match can {
            Err(why) => state(Err(why.told(sharer, &p.shown()))),
            Ok(rights) => state(self.allowed(p, means, sharer, rights)),
        }
    }

    /// What the policies leave of it, whoever begins (POL-4).
    fn allowed(
        &self,
        p: &Person,
        means: Means,
        sharer: Sharer,
        rights: Rights,
    ) -> Result<Rights, (&'static str, String, String)> {
        let me = self.account.person();
        let (shares, views) = match sharer {
            Sharer::First => (me, p.id),
            Sharer::Second => (p.id, me),
        };
        let ask = |direction| Ask {
            sharer: shares,
            viewer: views,
            room: None,
            technology: match means {
                Means::Native => Technology::Native,
                Means::Hosted(t, _) => t,
            },
            direction,
            what: What::NotChosen,
            wish: Wish::ALL,
            target: Target::Peer,
        };
        let mut denied = None;
        for direction in [Direction::Invite, Direction::Request] {
            match self.dry_run(&ask(direction)) {
                Decision::Granted(g) => return Ok(rights.intersection(g.cap.rights)),
                d @ Decision::Denied(_) => denied = denied.or(Some(d)),
            }
        }
        let Some(Decision::Denied(d)) = &denied else {
            return Ok(rights);
        };
        let said = denied.as_ref().map(explain).unwrap_or_default();
        Err((
            "policy",
            d.source.code().to_owned(),
            said.last().cloned().unwrap_or_default(),
        ))
    }

    /// A fresh look, for the doctor.
    pub(super) async fn look_now(&mut self) -> Environment {
        let env = match look().await {
            Some(env) => env,
            None => collect(&WithoutScreen(Linux)),
        };
        self.settle_environment(env.clone()).await;
        env
    }

    pub(super) async fn environment(&mut self) -> Reply {
        let env = self.look_now().await;
        let yes = |b: bool| if b { "yes" } else { "no" }.to_owned();
        let rights = |r: Result<Rights, _>| -> Vec<String> {
            let known = r.unwrap_or(Rights::NONE);
            known.iter().map(|r| r.name().to_owned()).collect()
        };
        let all = flags(&env);
        let native = all.iter().find(|f| f.means == Means::Native);
        let controls = native
            .and_then(|f| f.share.ok())
            .is_some_and(|r| r.contains(Right::Pointer));
        Reply::Environment(Box::new(EnvironmentInfo {
            session: env.session.code().to_owned(),
            display: env.display.code().to_owned(),
            remote: yes(env.session.is_remote()),
            remote_users: yes(env.supports_remote_users()),
            sharing_account: yes(false),
            screens: env.screens.iter().map(|s| (s.width, s.height)).collect(),
            input: yes(controls),
            lacks: env
                .lacks_to_share
                .iter()
                .chain(&env.lacks_to_control)
                .cloned()
                .collect(),
            viewers: env
                .viewers
                .iter()
                .map(|(t, p)| (t.name().to_owned(), (*p).to_owned()))
                .collect(),
            servers: env.servers.iter().map(server).collect(),
            processors: u32::try_from(env.processors).unwrap_or(u32::MAX),
            processor: env.processor.clone(),
            memory_mib: env.memory_mib,
            audio: env.audio.map(str::to_owned),
            interfaces: env
                .interfaces
                .iter()
                .map(|(n, k)| (n.clone(), (*k).to_owned()))
                .collect(),
            nat: self.nat_code().to_owned(),
            reachability: self.reachability_code().to_owned(),
            bandwidth_kbps: None,
            flags: all
                .iter()
                .map(|f| EnvironmentFlag {
                    means: meaning(f.means),
                    share: rights(f.share),
                    why_not_share: f.share.err().map(|w| w.code().to_owned()),
                    join: rights(f.join),
                    why_not_join: f.join.err().map(|w| w.code().to_owned()),
                })
                .collect(),
            os: env.os,
            kernel: env.kernel,
        }))
    }

    fn nat_code(&self) -> &'static str {
        let kinds = || self.reach.nat.values();
        if kinds().any(|k| *k == NatKind::Dependent) {
            return "dependent";
        }
        if kinds().any(|k| matches!(k, NatKind::EndpointIndependent { .. })) {
            return "endpoint-independent";
        }
        match kinds().any(|k| matches!(k, NatKind::Open { .. })) {
            true => "open",
            false => "unknown",
        }
    }

    fn reachability_code(&self) -> &'static str {
        match &self.reach.reachability {
            Reachability::Public { .. } => "public",
            Reachability::Private if !self.reach.circuits.is_empty() => "relayed",
            Reachability::Private => "private",
            Reachability::Unknown => "unknown",
        }
    }
}

fn server(s: &crate::env::Server) -> (String, String, String) {
    let listens = match s.listens {
        crate::env::Listens::Yes => "running",
        crate::env::Listens::No => "installed",
    };
    (
        s.technology.name().to_owned(),
        s.program.to_owned(),
        listens.to_owned(),
    )
}

/// Why devices can't, before any policy is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cannot {
    /// This machine wasn't looked at yet.
    NotLooked,
    /// None of theirs has said what it can, or what it said has run out.
    NotMet,
    /// One of the two can't.
    Devices(Impossible),
}

impl Cannot {
    /// Where it was found, the code, and the reason in words.
    fn told(self, sharer: Sharer, name: &str) -> (&'static str, String, String) {
        const MINE: &str = "device";
        const THEIRS: &str = "their-device";
        let mine = |shares: bool| (sharer == Sharer::First) == shares;
        match self {
            Self::NotLooked => (
                MINE,
                "not-looked".into(),
                "this device is still being looked at".into(),
            ),
            Self::NotMet => (
                THEIRS,
                "not-met".into(),
                format!("it isn’t known what {name}’s devices can do: they must meet yours first"),
            ),
            Self::Devices(why) => {
                let code = why.name().to_owned();
                let here = match why {
                    Impossible::SharerCannot => mine(true),
                    Impossible::ViewerCannot => mine(false),
                    _ => false,
                };
                let place = match here {
                    true => MINE,
                    false => THEIRS,
                };
                let whose = match here {
                    true => "your device".to_owned(),
                    false => format!("{name}’s device"),
                };
                let text = match why {
                    Impossible::SharerCannot => format!("{whose} can’t show anything this way"),
                    Impossible::ViewerCannot => format!("{whose} has nothing to view it with"),
                    Impossible::NoCommonRight => "the two devices have no right in common".into(),
                    Impossible::NoCommonCodec => "the two devices have no codec in common".into(),
                    Impossible::NoCommonKem => {
                        "the two devices have no way of sealing in common".into()
                    }
                };
                (place, code, text)
            }
        }
    }
}
