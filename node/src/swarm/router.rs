//! A port of the router for this device, where the router opens one when it
//! is asked (UPnP; PORT-1).
//!
//! Only our own listening ports are asked for, for an hour at a time; they
//! are asked for again at half of it and closed when that is no longer
//! wanted. What the router calls its address is a candidate and no more: only
//! others can confirm that it leads here. Asked is the gateway of this
//! machine alone, where that makes sense: from a private address, and only
//! where packets to the internet do leave through it (not through a tunnel,
//! whose user may not want to be found at the router's address).

mod igd;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, Ipv4Addr, SocketAddrV4},
    time::Duration,
};

use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{Instant, timeout, timeout_at},
};

use self::igd::{Fault, Igd};
use super::{
    addr::{Addr, Link},
    judge::{Place, place},
    way::{INTERNET, default_gateway, leaves_from},
};

/// For how long a port is opened: a crashed node leaves it no longer.
const LEASE: Duration = Duration::from_secs(3600);
/// When it is asked for again. At rest this is the only thing that wakes us.
const RENEW: Duration = Duration::from_secs(LEASE.as_secs() / 2);
/// Changes of the network come in bunches; the way out comes last.
const SETTLE: Duration = Duration::from_secs(1);
/// The first pause after nobody answered; each next one is four times as
/// long, up to [`LEASE`]. The way out may come long after the address.
const FIRST_PAUSE: Duration = Duration::from_secs(30);
/// How many other ports are tried when somebody has ours.
const OTHER_PORTS: usize = 3;
/// How long closing is waited for at the end.
const END: Duration = Duration::from_secs(5);

/// What came of asking the router for a port.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RouterState {
    /// Not asked: not wanted, or not answered yet.
    #[default]
    NotAsked,
    /// There is none that would have to be asked: no gateway, no private
    /// address, or a tunnel to the internet.
    None,
    /// It doesn't answer: it has no UPnP, or that is switched off.
    Silent,
    /// It answers, and opens nothing.
    Refuses,
    /// Its own address outside is none of the internet: another router stands
    /// before it.
    BehindAnother,
    /// It passes on what comes to these addresses, as it says.
    Opened {
        /// Public addresses of the router.
        at: Vec<Addr>,
    },
}

/// Our listening ports that are to be opened; empty: none, and none stays open.
type Wish = BTreeSet<(Link, u16)>;

/// The task that asks.
#[derive(Debug)]
pub(super) struct Router {
    wish: watch::Sender<Wish>,
    state: watch::Receiver<RouterState>,
    task: JoinHandle<()>,
}

impl Router {
    pub(super) fn start() -> Self {
        let (wish, wishes) = watch::channel(Wish::new());
        let (states, state) = watch::channel(RouterState::default());
        let task = tokio::spawn(run(wishes, states));
        Self { wish, state, task }
    }

    /// These are to be open now, seen from the network as it is now.
    pub(super) fn want(&self, ports: Wish) {
        self.wish.send_replace(ports);
    }

    /// What came of it, when that has changed.
    pub(super) async fn news(&mut self) -> RouterState {
        if self.state.changed().await.is_err() {
            // It ends with us alone.
            std::future::pending::<()>().await;
        }
        self.state.borrow_and_update().clone()
    }

    /// Closes what is open, if the router answers in time.
    pub(super) async fn end(self) {
        drop(self.wish);
        let _ = timeout(END, self.task).await;
    }
}

/// Whom to ask, and from where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Footing {
    gateway: Ipv4Addr,
    own: Ipv4Addr,
}

impl Footing {
    fn now() -> Option<Self> {
        let private = |ip: Ipv4Addr| matches!(place(ip.into()), Place::Private(_));
        let gateway = default_gateway().filter(|ip| private(*ip))?;
        let to_gateway = leaves_from((gateway, 1900).into())?;
        let IpAddr::V4(own) = to_gateway else {
            return None;
        };
        let leads_out = leaves_from(INTERNET[0]) == Some(to_gateway);
        (private(own) && leads_out).then_some(Self { gateway, own })
    }
}

/// Ports that a router opened for us, or may have: the answer may be lost.
#[derive(Debug)]
struct Held {
    igd: Igd,
    footing: Footing,
    /// Which of ours leads to which of the router's.
    ports: BTreeMap<(Link, u16), u16>,
}

impl Held {
    async fn find(footing: Footing) -> Result<Self, Fault> {
        Ok(Self {
            igd: Igd::find(footing.own, footing.gateway).await?,
            footing,
            ports: BTreeMap::new(),
        })
    }

    /// Closes all. Not from another network: there, somebody else may have
    /// the address of the router.
    async fn close(self) {
        let here = Footing::now().map(|now| now.gateway) == Some(self.footing.gateway);
        if here {
            for ((link, _), outside) in &self.ports {
                if let Err(fault) = self.igd.close(*link, *outside).await {
                    tracing::debug!(?fault, "the router keeps a port open until the lease ends");
                }
            }
        }
    }

    /// Opens these ports, or keeps them open.
    async fn open(&mut self, wish: &Wish) -> Result<RouterState, Fault> {
        let ip = self.igd.outside().await?;
        if place(ip.into()) != Place::Public {
            return Ok(RouterState::BehindAnother);
        }
        let mut at = Vec::new();
        let mut worst = None;
        for (link, port) in wish {
            match self.open_one(*link, *port).await {
                Ok(outside) => at.extend(Addr::direct(*link, (ip, outside).into())),
                Err(fault) => worst = Some(fault),
            }
        }
        match (at.is_empty(), worst) {
            (true, Some(Fault::Silent)) => Err(Fault::Silent),
            (true, _) => Ok(RouterState::Refuses),
            (false, _) => Ok(RouterState::Opened { at }),
        }
    }

    async fn open_one(&mut self, link: Link, port: u16) -> Result<u16, Fault> {
        let key = (link, port);
        let inside = SocketAddrV4::new(self.footing.own, port);
        let mut outside = self.ports.get(&key).copied().unwrap_or(port);
        for _ in 0..=OTHER_PORTS {
            // Noted before: where the answer is lost it is closed all the same.
            self.ports.insert(key, outside);
            match self.igd.open(link, (inside, outside), LEASE).await {
                Ok(()) => return Ok(outside),
                Err(Fault::Silent) => return Err(Fault::Silent),
                Err(fault) => {
                    self.ports.remove(&key);
                    if fault == Fault::Refused {
                        return Err(fault);
                    }
                }
            }
            outside = rand::random_range(49_152..=u16::MAX);
        }
        Err(Fault::Refused)
    }
}

async fn run(mut wishes: watch::Receiver<Wish>, states: watch::Sender<RouterState>) {
    let mut asked: Option<(Wish, Option<Footing>)> = None;
    let mut held: Option<Held> = None;
    let mut due: Option<Instant> = None;
    let mut silent = 0;
    while let Some(wish) = next(&mut wishes, due).await {
        let footing = (!wish.is_empty()).then(Footing::now).flatten();
        let now = (wish, footing);
        let again = asked.as_ref() == Some(&now);
        if again && due.is_some_and(|due| Instant::now() < due) {
            continue;
        }
        if !again {
            silent = 0;
            if let Some(held) = held.take() {
                held.close().await;
            }
        }
        let (wish, footing) = &now;
        let state = match footing {
            _ if wish.is_empty() => RouterState::NotAsked,
            None => RouterState::None,
            Some(footing) => tokio::select! {
                biased;
                // Not a question more. What was opened is noted and closed.
                () = unwanted(wishes.clone()) => RouterState::NotAsked,
                state = ask(&mut held, *footing, wish) => state,
            },
        };
        tracing::debug!(?state, "the router");
        due = match state {
            RouterState::NotAsked => None,
            RouterState::Opened { .. } => Some(RENEW),
            RouterState::Refuses | RouterState::BehindAnother => Some(LEASE),
            RouterState::None | RouterState::Silent => {
                let pause = FIRST_PAUSE.saturating_mul(1 << (2 * silent).min(12));
                silent += 1;
                Some(pause.min(LEASE))
            }
        }
        .map(|pause| Instant::now() + pause);
        states.send_if_modified(|last| {
            let other = *last != state;
            *last = state;
            other
        });
        asked = Some(now);
    }
    if let Some(held) = held {
        held.close().await;
    }
}

/// What is wanted next: at once where nothing is any more, else when the
/// network has settled, or when it is time again. `None` at the end.
async fn next(wishes: &mut watch::Receiver<Wish>, due: Option<Instant>) -> Option<Wish> {
    let mut at = due;
    loop {
        let changed = match at {
            Some(at) => timeout_at(at, wishes.changed()).await,
            None => Ok(wishes.changed().await),
        };
        match changed {
            Ok(Err(_)) => return None,
            Ok(Ok(())) if wishes.borrow_and_update().is_empty() => return Some(Wish::new()),
            Ok(Ok(())) => at = Some(Instant::now() + SETTLE),
            Err(_) => return Some(wishes.borrow().clone()),
        }
    }
}

/// Nothing is wanted any more.
async fn unwanted(mut wishes: watch::Receiver<Wish>) {
    let _ = wishes.wait_for(Wish::is_empty).await;
}

async fn ask(held: &mut Option<Held>, footing: Footing, wish: &Wish) -> RouterState {
    // Where it was; it may have begun anew meanwhile, at other ports.
    if let Some(held) = held
        && let Ok(state) = held.open(wish).await
    {
        return state;
    }
    let found = match held {
        Some(held) => Igd::find(footing.own, footing.gateway)
            .await
            .map(|igd| held.igd = igd),
        None => Held::find(footing).await.map(|new| *held = Some(new)),
    };
    match (found, held) {
        (Ok(()), Some(held)) => match held.open(wish).await {
            Ok(state) => state,
            Err(Fault::Silent) => RouterState::Silent,
            Err(_) => RouterState::Refuses,
        },
        _ => RouterState::Silent,
    }
}
