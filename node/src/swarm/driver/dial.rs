//! Probing: one dial for each candidate address.
//!
//! A dial over TCP leaves from the port that we listen on, so that the other
//! side's observation of it says what a router makes of that port. Where both
//! sides dial each other at once like this, the two dials are one connection
//! that both opened, and no handshake comes of it. So a handshake that failed
//! is tried once more, from a fresh port (spec 06, "Probing").

use std::{
    collections::{HashMap, VecDeque},
    net::IpAddr,
    time::{Duration, Instant},
};

use libp2p::{
    PeerId, TransportError,
    swarm::{
        ConnectionId, DialError,
        dial_opts::{DialOpts, PeerCondition},
    },
};
use tokio::sync::mpsc;

use super::{
    super::{
        addr::{Addr, Host, Link},
        event::{Aim, Outcome, ProbeResult, Via},
        gate::Denial,
        handle::{Candidate, Origin},
        id::{DeviceId, device_of, peer_of},
        judge::{Place, place},
        limits::Crowded,
        transport::{DIAL_TIMEOUT, outcome_of},
    },
    Driver,
};

/// Dials to one device at the same time (DESIGN, "Swarm").
pub const DIALS_AT_ONCE: usize = 11;
/// Candidates of one device that wait for their turn.
const WAITING: usize = 128;
/// How long an approval lasts that comes with a probe: until the dial is over,
/// also where it waits for others first.
const APPROVED_FOR: Duration = Duration::from_secs(4 * DIAL_TIMEOUT.as_secs());

/// Dials that run or wait.
#[derive(Debug, Default)]
pub(super) struct Dials {
    running: HashMap<ConnectionId, (PeerId, Dial)>,
    waiting: HashMap<PeerId, VecDeque<Dial>>,
}

impl Dials {
    /// What a connection that is just being made was dialled for.
    pub(super) fn aim(&self, id: &ConnectionId) -> Aim {
        match self.running.contains_key(id) {
            true => Aim::Reaching,
            false => Aim::Other,
        }
    }
}

#[derive(Debug)]
struct Dial {
    index: usize,
    addr: Addr,
    from: From,
    results: mpsc::Sender<ProbeResult>,
}

/// From which of our ports a dial over TCP leaves. QUIC has but one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum From {
    Listening,
    Fresh,
}

impl Dial {
    /// The same dial from a fresh port, where that may come to more.
    fn again(self, outcome: &Outcome) -> Result<Self, Self> {
        let tcp = self.addr.link() == Link::Tcp && self.addr.relay().is_none();
        let ip = matches!(self.addr.host(), Host::Ip(_));
        match (self.from, outcome) {
            (From::Listening, Outcome::NotKith) if tcp && ip && !self.results.is_closed() => {
                Ok(Self {
                    from: From::Fresh,
                    ..self
                })
            }
            _ => Err(self),
        }
    }

    fn end(self, outcome: Outcome) {
        // From a fresh port it goes only where something has answered; that
        // nobody does any more, or refuses, tells less.
        let outcome = match (self.from, outcome) {
            (From::Fresh, o) if o == Outcome::Refused || !o.answers() => Outcome::NotKith,
            (_, outcome) => outcome,
        };
        let result = ProbeResult {
            index: self.index,
            addr: self.addr,
            outcome,
        };
        // There is room for all results; closed means that nobody waits.
        let _ = self.results.try_send(result);
    }
}

impl Driver {
    pub(super) fn probe(
        &mut self,
        peer: DeviceId,
        candidates: Vec<Candidate>,
        results: &mpsc::Sender<ProbeResult>,
    ) {
        let Some(peer) = peer_of(&peer) else {
            // No point of the curve: nobody can prove to be that device.
            for (index, Candidate { addr, .. }) in candidates.into_iter().enumerate() {
                let results = results.clone();
                let dial = Dial {
                    index,
                    addr,
                    from: From::Listening,
                    results,
                };
                dial.end(Outcome::WrongPeer { found: None });
            }
            return;
        };
        for (index, Candidate { addr, origin }) in candidates.into_iter().enumerate() {
            self.approve(peer, &addr, origin);
            let results = results.clone();
            let dial = Dial {
                index,
                addr,
                from: From::Listening,
                results,
            };
            let waiting = self.dials.waiting.entry(peer).or_default();
            if waiting.len() < WAITING {
                waiting.push_back(dial);
            } else {
                dial.end(Outcome::Crowded(Crowded::Pending));
            }
        }
        self.dial_waiting(peer);
    }

    /// Opens the gate for this candidate, as far as its origin goes.
    fn approve(&mut self, peer: PeerId, addr: &Addr, origin: Origin) {
        let hop = addr.first_hop();
        let target = match addr.relay() {
            Some(relay) => match peer_of(&relay) {
                Some(relay) => relay,
                None => return,
            },
            None => peer,
        };
        let approved = match origin {
            Origin::Own => true,
            Origin::Peer => match hop.host() {
                Host::Name(_) => false,
                Host::Ip(ip) => {
                    matches!(place(*ip), Place::Private(_)) && self.is_neighbour(&target, *ip)
                }
            },
        };
        if approved {
            self.rules
                .approve(target, hop, APPROVED_FOR, Instant::now());
        }
    }

    /// Whether `ip` lies in a network of ours in which `peer` itself is seen:
    /// it is connected from there, or announced there (THREATS R4).
    fn is_neighbour(&self, peer: &PeerId, ip: IpAddr) -> bool {
        let device = device_of(peer);
        let mut seen: Vec<IpAddr> = self
            .conns
            .values()
            .filter(|conn| Some(conn.info.peer) == device && conn.info.via == Via::Direct)
            .filter_map(|conn| conn.info.remote.as_ref()?.socket())
            .map(|socket| socket.ip())
            .collect();
        let announced = self.announced.get(peer).into_iter().flatten();
        seen.extend(announced.filter_map(Addr::socket).map(|s| s.ip()));
        self.networks
            .iter()
            .filter(|network| network.contains(&ip))
            .any(|network| seen.iter().any(|near| network.contains(near)))
    }

    fn dial_waiting(&mut self, peer: PeerId) {
        loop {
            let running = self.dials.running.values();
            if running.filter(|(to, _)| *to == peer).count() >= DIALS_AT_ONCE {
                return;
            }
            let next = self.dials.waiting.get_mut(&peer);
            let Some(dial) = next.and_then(VecDeque::pop_front) else {
                self.dials.waiting.remove(&peer);
                return;
            };
            if dial.results.is_closed() {
                continue;
            }
            let multi = dial.addr.to_multi();
            let opts = DialOpts::peer_id(peer)
                .condition(PeerCondition::Always)
                .addresses(vec![multi]);
            let opts = match dial.from {
                From::Listening => opts.build(),
                From::Fresh => {
                    self.rules.dial_afresh(peer, dial.addr.clone());
                    opts.allocate_new_port().build()
                }
            };
            let conn = opts.connection_id();
            match self.net.dial(opts) {
                Ok(()) => {
                    self.dials.running.insert(conn, (peer, dial));
                }
                Err(error) => {
                    self.not_afresh(peer, &dial);
                    dial.end(outcome(&error));
                }
            }
        }
    }

    /// A dial of ours, or of libp2p's parts, succeeded.
    pub(super) fn dial_succeeded(&mut self, conn: ConnectionId, outcome: Outcome) {
        if let Some((peer, dial)) = self.dials.running.remove(&conn) {
            self.not_afresh(peer, &dial);
            dial.end(outcome);
            self.dial_waiting(peer);
        }
    }

    pub(super) fn dial_failed(&mut self, conn: ConnectionId, error: &DialError) {
        if let Some((peer, dial)) = self.dials.running.remove(&conn) {
            self.not_afresh(peer, &dial);
            let outcome = outcome(error);
            match dial.again(&outcome) {
                Ok(dial) => {
                    let waiting = self.dials.waiting.entry(peer).or_default();
                    waiting.push_front(dial);
                }
                Err(dial) => dial.end(outcome),
            }
            self.dial_waiting(peer);
        }
    }

    /// The dial is over: the gate takes a fresh port for AutoNAT's again.
    fn not_afresh(&self, peer: PeerId, dial: &Dial) {
        if dial.from == From::Fresh {
            self.rules.dialled_afresh(&(peer, dial.addr.clone()));
        }
    }
}

fn outcome(error: &DialError) -> Outcome {
    match error {
        DialError::LocalPeerId { .. } => Outcome::Ourselves,
        // The only address was one that we listen on.
        DialError::NoAddresses => Outcome::Ourselves,
        DialError::WrongPeerId { obtained, .. } => Outcome::WrongPeer {
            found: device_of(obtained),
        },
        DialError::Denied { cause } => match (
            cause.downcast_ref::<Denial>(),
            cause.downcast_ref::<Crowded>(),
        ) {
            (Some(denial), _) => Outcome::Denied(*denial),
            (None, Some(crowded)) => Outcome::Crowded(*crowded),
            (None, None) => Outcome::NotKith,
        },
        DialError::DialPeerConditionFalse(_) | DialError::Aborted => Outcome::TimedOut,
        DialError::Transport(errors) => match errors.first() {
            Some((_, TransportError::Other(error))) => outcome_of(error),
            Some((_, TransportError::MultiaddrNotSupported(_))) | None => Outcome::Unreachable,
        },
    }
}
