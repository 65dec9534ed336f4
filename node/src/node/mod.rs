//! The node: one actor that owns all of a profile's state while it is open.
//!
//! [`Node`] is the shell that lives as long as the process: the profile's
//! claim and the local socket. `open::Open` is what an unlocked profile
//! has: keys, store, connections. Locking (ID-7) drops it; nothing secret
//! stays behind.

mod accounts;
mod answers;
mod api;
mod audit;
mod backup;
mod barred;
mod carry;
mod commands;
mod consents;
mod contacts;
mod devices;
mod doctor;
mod error;
mod explained;
mod features;
mod fellow_devices;
mod fellows;
mod files;
mod forks;
mod gone;
mod happened;
mod hello;
mod import;
mod invites;
mod joining;
mod learning;
mod limits;
mod link;
mod meetings;
mod messages;
mod moderated;
mod nearby;
mod not_yet;
mod open;
mod orgs;
mod over;
mod own_rules;
mod people;
mod policies;
mod policy_answers;
mod presence;
mod profiles;
mod reach;
mod relay_only;
mod relays;
mod removal;
mod rendezvous;
mod rooms;
mod router;
mod sessions;
mod start;
mod surroundings;
mod talk;
mod texts;
mod titles;
mod typed;
mod unplaced;
mod words;

use kith_api::{
    ApiError, Code, Encryption, Event, InputKind, InputRequest, LockState, PresenceState, Reply,
    Request, Secret, Status,
};
use kith_proto::audit::Said;
use kith_proto::hands::Weighed;
use serde::Serialize;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use crate::cli::Fail;
use crate::config::{ConfigError, OnOff, Settings};
use crate::control::{Call, Control, EventSink};
use crate::profile::{Claim, KeyringError, Profile, ProfileError, Protection, Wrapping, keyring};
use crate::share::OwnProcesses;
use crate::suspend::{Sleep, Sleeps};

use self::open::{Input, Open};

/// How many calls of faces may wait.
const CALLS: usize = 64;

/// The running node of a profile.
#[derive(Debug)]
pub struct Node {
    profile: Profile,
    _claim: Claim,
    settings: Settings,
    encryption: Encryption,
    calls: mpsc::Receiver<Call>,
    control: JoinHandle<()>,
    /// Kith's own processes, also while the profile is locked.
    own: OwnProcesses,
    subscribers: Vec<EventSink>,
    open: Option<Box<Open>>,
    /// When a face last asked for something.
    asked: Instant,
}

/// What is said when the node has started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ready {
    /// The person's name.
    pub name: String,
    /// The person's id.
    pub person: String,
    /// What the person should know.
    pub warnings: Vec<String>,
}

/// What the node does next.
enum Next {
    Call(Call),
    /// Nobody has asked for anything for as long as the settings say (ID-7).
    Lock,
    /// This machine is about to sleep (ID-7).
    Sleep(Sleep),
    Input(Input),
}

/// Waits until it is time to lock, if ever.
async fn idle(until: Option<Instant>) {
    match until {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// The next input of an open profile; a locked one has none.
async fn input(open: Option<&mut Box<Open>>) -> Input {
    match open {
        Some(open) => open.next().await,
        None => std::future::pending().await,
    }
}

/// Whether the node goes on after a call.
enum Then {
    Go,
    Stop,
}

impl Node {
    /// Opens the profile, joins the network and opens the socket.
    ///
    /// # Errors
    /// Whatever of this fails, said so that a person can mend it.
    pub async fn start(
        profile: Profile,
        claim: Claim,
        wrapping: &Wrapping,
        settings: Settings,
    ) -> Result<Self, Fail> {
        let encryption = match profile.protection()? {
            Protection::Passphrase => Encryption::Passphrase,
            Protection::Keyring(_) => Encryption::Keyring,
            Protection::None => Encryption::None,
        };
        let own = OwnProcesses::default();
        let open = Open::start(&profile, wrapping, &settings, own.clone()).await?;
        let control = Control::open(&profile.socket())
            .map_err(|e| Fail::new(Code::Storage, e.to_string()))?;
        let (calls_to, calls) = mpsc::channel(CALLS);
        let control = tokio::spawn(control.serve(calls_to, own.clone()));
        Ok(Self {
            profile,
            _claim: claim,
            settings,
            encryption,
            calls,
            control,
            own,
            subscribers: Vec::new(),
            open: Some(Box::new(open)),
            asked: Instant::now(),
        })
    }

    /// Lets what programs press count as our person's, before anything is shared
    /// (ASK-3): whoever starts the node has opened the profile.
    ///
    /// # Errors
    /// Somebody else has or lately had control, or the disk refuses.
    pub async fn enrol_inputs(&mut self, kinds: &[InputKind]) -> Result<(), Fail> {
        let Some(open) = self.open.as_mut() else {
            return Ok(());
        };
        for kind in kinds {
            open.change_input(&InputRequest::Enrol { kind: *kind }, Said::AtStart)
                .await?;
        }
        Ok(())
    }

    /// What to say now that it runs.
    #[must_use]
    pub fn ready(&self) -> Ready {
        let mut warnings = Vec::new();
        if self.encryption == Encryption::None {
            warnings.push("the data of this profile is NOT ENCRYPTED".to_owned());
        }
        let (name, person) = self
            .open
            .as_ref()
            .map_or_else(Default::default, |o| o.who());
        Ready {
            name,
            person,
            warnings,
        }
    }

    /// Runs until a face or a signal ends it.
    pub async fn run(mut self) {
        let mut signals = Signals::listen();
        let mut sleeps = Sleeps::watch();
        loop {
            // Waiting may be cut short; handling never is. Faces come first:
            // a stop must not wait behind what the network brings.
            let lock_at = self.lock_at();
            let next = tokio::select! {
                biased;
                () = signals.next() => None,
                sleep = sleeps.next() => Some(Next::Sleep(sleep)),
                call = self.calls.recv() => call.map(Next::Call),
                () = idle(lock_at) => Some(Next::Lock),
                input = input(self.open.as_mut()) => Some(Next::Input(input)),
            };
            match next {
                None => break,
                Some(Next::Input(input)) => {
                    if let Some(open) = self.open.as_mut() {
                        open.handle(input).await;
                    }
                    self.do_pressed().await;
                }
                Some(Next::Lock) => self.lock().await,
                Some(Next::Sleep(sleep)) => {
                    if self.locks_before_sleep() {
                        self.lock().await;
                    }
                    drop(sleep);
                }
                Some(Next::Call(call)) => match self.call(call).await {
                    Then::Go => {}
                    Then::Stop => break,
                },
            }
            self.tell();
        }
        self.close().await;
        self.calls.close();
        // The socket's file goes when its task ends.
        drop(self.calls);
        let _ = self.control.await;
    }

    /// When to lock unless a face asks for something before.
    fn lock_at(&self) -> Option<Instant> {
        let limit = self.settings.config().ok()?.lock_after.limit()?;
        self.locks_by_itself().then(|| self.asked + limit)
    }

    /// Whether to lock before this machine sleeps. Also if the settings can't
    /// be read.
    fn locks_before_sleep(&self) -> bool {
        let wanted = self.settings.config().map(|c| c.lock_on_suspend);
        self.locks_by_itself() && !matches!(wanted, Ok(OnOff::Off))
    }

    /// Without a passphrase there is nothing to lock with: the keyring is open
    /// as long as the person's session is.
    fn locks_by_itself(&self) -> bool {
        self.open.is_some() && self.encryption == Encryption::Passphrase
    }

    /// Sends what has changed to the subscribers.
    fn tell(&mut self) {
        let Some(open) = self.open.as_mut() else {
            return;
        };
        for event in open.take_events() {
            self.subscribers.retain(|s| s.send(event.clone()).is_ok());
        }
    }

    /// Locks the profile, and says so to the subscribers. What the node knew is
    /// then in its memory no more (ID-7).
    async fn lock(&mut self) {
        self.tell();
        if let Some(open) = &self.open {
            open.locks();
            kith_view::memory::overwrite_freed();
            self.close().await;
            kith_view::memory::forget_freed();
            let event = Event::Status(self.locked_status());
            self.subscribers.retain(|s| s.send(event.clone()).is_ok());
        }
    }

    /// Subscribers who stayed while the profile was locked get everything as
    /// it is now.
    async fn tell_all_anew(&mut self) {
        if let Some(open) = self.open.as_mut()
            && let Ok(snapshot) = open.snapshot(self.encryption).await
        {
            self.subscribers
                .retain(|s| s.send(snapshot.clone()).is_ok());
        }
    }

    async fn close(&mut self) {
        if let Some(open) = self.open.take() {
            open.close().await;
        }
    }

    async fn call(&mut self, call: Call) -> Then {
        self.asked = Instant::now();
        match call {
            Call::Subscribe { events, answer } => {
                let snapshot = match self.open.as_mut() {
                    Some(open) => open.snapshot(self.encryption).await,
                    None => Err(locked()),
                };
                match snapshot {
                    Ok(event) => {
                        let _ = answer.send(Ok(Reply::Done));
                        if events.send(event).is_ok() {
                            self.subscribers.push(events);
                        }
                    }
                    Err(e) => drop(answer.send(Err(e))),
                }
                Then::Go
            }
            Call::Ask {
                request: Request::Stop,
                answer,
                ..
            } => {
                let _ = answer.send(Ok(Reply::Done));
                Then::Stop
            }
            Call::Ask {
                request,
                answer,
                waits,
            } => {
                self.ask(request, answer, &waits).await;
                Then::Go
            }
        }
    }

    async fn ask(
        &mut self,
        request: Request,
        answer: oneshot::Sender<Result<Reply, ApiError>>,
        waits: &EventSink,
    ) {
        match self.open.as_mut().map(|o| (o.weighed(&request), o)) {
            Some((Weighed::Asked | Weighed::Refused, _)) if Open::spared(&request) => {
                let _ = answer.send(Ok(Reply::MustBePressed));
                return;
            }
            Some((Weighed::Asked, open)) => return open.ask_about(request, answer, waits).await,
            Some((Weighed::Refused, open)) => {
                let refused = open.not_under_control();
                let _ = answer.send(refused.map(|()| Reply::Done));
                return;
            }
            Some((Weighed::Taken, _)) | None => {}
        }
        self.act(request, answer).await;
    }

    /// Does what a person has pressed at the screen.
    async fn do_pressed(&mut self) {
        let pressed = self.open.as_mut().and_then(|o| o.take_pressed());
        if let Some((request, answer)) = pressed {
            self.act(request, answer).await;
            if let Some(open) = self.open.as_mut() {
                open.done_pressed();
            }
        }
    }

    async fn act(&mut self, request: Request, answer: oneshot::Sender<Result<Reply, ApiError>>) {
        let done = match request {
            Request::Lock => {
                self.lock().await;
                Ok(Reply::Done)
            }
            Request::Unlock { passphrase } if self.open.is_none() => {
                self.unlock(passphrase).await.map_err(Fail::into_api)
            }
            Request::Unlock { .. } => Ok(Reply::Done),
            Request::Config => Ok(Reply::Config(self.settings.list())),
            Request::ConfigSet { key, value } => self
                .settings
                .change(&key, value.as_deref())
                .map(|()| {
                    if let (Some(open), Ok(config)) = (&mut self.open, self.settings.config()) {
                        open.config.language = config.language;
                        open.config.scale = config.scale;
                        open.tell_look();
                    }
                    Reply::Done
                })
                .map_err(|e| match e {
                    ConfigError::Unknown(_) => ApiError::new(Code::NotFound, e.to_string()),
                    _ => ApiError::new(Code::BadRequest, e.to_string()),
                }),
            request => match self.open.as_mut() {
                Some(open) => return open.ask(request, answer, self.encryption).await,
                None if request == Request::Status => Ok(Reply::Status(self.locked_status())),
                None => Err(locked()),
            },
        };
        let _ = answer.send(done);
    }

    /// Opens the profile again, by the passphrase or from the keyring,
    /// whatever it needs.
    async fn unlock(&mut self, passphrase: Secret) -> Result<Reply, Fail> {
        let wrapping = match self.profile.protection()? {
            Protection::Keyring(id) => {
                let found = tokio::task::spawn_blocking(move || keyring::find(id)).await;
                let kept = found.unwrap_or(Err(KeyringError::Silent));
                Wrapping::Keyring(kept.map_err(ProfileError::Keyring)?)
            }
            Protection::Passphrase | Protection::None => Wrapping::Passphrase(passphrase),
        };
        let open = Open::start(&self.profile, &wrapping, &self.settings, self.own.clone()).await?;
        self.open = Some(Box::new(open));
        self.tell_all_anew().await;
        Ok(Reply::Done)
    }

    fn locked_status(&self) -> Status {
        Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            lock: LockState::Locked,
            presence: PresenceState::Hidden,
            listening: Vec::new(),
            connected: 0,
            contacts: 0,
            queued: 0,
            encryption: self.encryption,
            policies: Vec::new(),
        }
    }
}

fn locked() -> ApiError {
    ApiError::new(Code::Locked, "the profile is locked").hint("open it with “kith lock --open”")
}

/// The signals that end the node in good order.
struct Signals {
    terminate: Option<tokio::signal::unix::Signal>,
}

impl Signals {
    fn listen() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        Self {
            terminate: signal(SignalKind::terminate()).ok(),
        }
    }

    async fn next(&mut self) {
        let terminate = async {
            match &mut self.terminate {
                Some(s) => drop(s.recv().await),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = terminate => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    }
}
