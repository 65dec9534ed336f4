//! What this machine can do, and what others say that theirs can (ENV-3,
//! CAP-1); what follows for each contact is in [`super::features`].

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use kith_api::{ApiError, EnvironmentFlag, EnvironmentInfo, Reply};
use kith_proto::capability::{Capability, Means};
use kith_proto::clock::JudgedTime;
use kith_proto::device::Live;
use kith_proto::id::PersonId;
use kith_proto::meet::Message;
use kith_proto::rights::{Right, Rights};
use kith_proto::signed::Unverified;
use kith_proto::technology::Technology;
use kith_proto::time::Timestamp;
use rusqlite::Transaction;
use tokio::net::UnixStream;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::error::fault;
use super::link::LinkId;
use super::open::{Done, Open};
use crate::env::linux::{Linux, WithoutScreen, sockets_of_screens};
use crate::env::{Display, Environment, capability, collect, flags, meaning};
use crate::store::{StoreError, accounts, capabilities as rows};
use crate::swarm::{DeviceId, NatKind, Reachability};

/// How long a display may take to answer; one that doesn't is none.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often the machine is looked at though nothing is known to have changed.
const EVERY: Duration = Duration::from_secs(3600);
/// When it is looked at again where a screen is named that didn't answer: a busy
/// one lets nobody in for a while.
const SOON: Duration = Duration::from_secs(60);
/// How often it is glanced at whether a screen has come or gone.
const GLANCE: Duration = Duration::from_secs(5);
/// How long a glance takes at most.
const BLINK: Duration = Duration::from_secs(1);
/// When our own record is made anew though nothing changed: at half of its
/// life.
const RENEW: Duration = Duration::from_secs(12 * 3600);

/// What is known of this machine and of others.
#[derive(Debug, Default)]
pub(super) struct Surroundings {
    env: Option<Environment>,
    own: Option<Live<Capability>>,
    theirs: BTreeMap<DeviceId, Live<Capability>>,
    /// The servers of which the database keeps what opens them (HOST-4).
    pub(super) accounts: BTreeSet<SocketAddr>,
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
            accounts: accounts::servers(tx)?.into_iter().collect(),
            ..Self::default()
        })
    }
}

impl Surroundings {
    /// When it is looked at again.
    pub(super) fn due(&self) -> Option<Instant> {
        self.next.filter(|_| self.looking == Looking::No)
    }

    /// The viewer program for a technology that is installed here.
    pub(super) fn viewer(&self, technology: Technology) -> Option<&'static str> {
        self.env.as_ref()?.viewer(technology)
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

/// Which screens answer a connection, without a word being said on it.
async fn glance(sockets: &[PathBuf]) -> Vec<Option<()>> {
    let mut seen = Vec::with_capacity(sockets.len());
    for socket in sockets {
        let tried = tokio::time::timeout(BLINK, UnixStream::connect(socket)).await;
        seen.push(tried.ok().and_then(Result::ok).map(drop));
    }
    seen
}

/// Tells when a screen has come or gone, as long as anybody listens.
async fn watch_screens(results: mpsc::Sender<Done>) {
    let sockets = sockets_of_screens();
    if sockets.is_empty() {
        return;
    }
    let mut before = glance(&sockets).await;
    // A server that has just begun to listen may not answer a look yet, so
    // there is another after the next glance.
    let mut again = false;
    loop {
        tokio::select! {
            () = results.closed() => return,
            () = tokio::time::sleep(GLANCE) => {}
        }
        let now = glance(&sockets).await;
        let changed = now != before;
        if changed || again {
            // Servers that begin anew with each client are done with ours.
            tokio::time::sleep(BLINK).await;
            if results.send(Done::ScreensChanged).await.is_err() {
                return;
            }
        }
        (before, again) = (now, changed);
    }
}

impl Open {
    /// Notices from here on when a screen comes or goes (ENV-3).
    pub(super) fn watch_screens(&self) {
        tokio::spawn(watch_screens(self.results_to.clone()));
    }

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
        self.settle_environment(self.with_accounts(env)).await;
        if again {
            self.look_around();
        }
    }

    /// Beside what was found: the accounts for hosted sessions, all VNC's so far.
    fn with_accounts(&self, mut env: Environment) -> Environment {
        let kept = !self.surroundings.accounts.is_empty();
        env.accounts = kept.then_some(Technology::Vnc).into_iter().collect();
        env
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
        let unseen = env.display == Display::None && !sockets_of_screens().is_empty();
        let wait = if unseen { SOON } else { EVERY };
        self.surroundings.next = Some(Instant::now() + wait);
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
        // Two who never part must not outlive each other's terms.
        self.say_terms_to_all().await;
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
    pub(super) fn my_capability(&self) -> Option<&Capability> {
        self.surroundings.own.as_ref().map(Live::get)
    }

    /// What a device says that it can do, as long as that holds.
    pub(super) fn capability_of_device(&self, device: &DeviceId) -> Option<&Capability> {
        let now = self.judged();
        self.surroundings.theirs.get(device)?.still(&now).ok()
    }

    /// Whether a device ever said what it can do, also where that has run out.
    pub(super) fn capability_once_of(&self, device: &DeviceId) -> bool {
        self.surroundings.theirs.contains_key(device)
    }

    /// What was found on this machine.
    pub(super) fn my_environment(&self) -> Option<&Environment> {
        self.surroundings.env.as_ref()
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

    /// A fresh look, for the doctor.
    pub(super) async fn look_now(&mut self) -> Environment {
        let env = match look().await {
            Some(env) => env,
            None => collect(&WithoutScreen(Linux)),
        };
        let env = self.with_accounts(env);
        self.settle_environment(env.clone()).await;
        env
    }

    pub(super) async fn environment(&mut self) -> Reply {
        let env = self.look_now().await;
        let findings = self.findings_of(&env).await;
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
            findings,
            session: env.session.code().to_owned(),
            display: env.display.code().to_owned(),
            remote: yes(env.session.is_remote()),
            remote_users: yes(env.supports_remote_users()),
            sharing_account: yes(!env.accounts.is_empty()),
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
            bandwidth_kbps: self.standings.bandwidth_kbps(),
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
