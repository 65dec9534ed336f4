//! Reaching people (DISC-1 to DISC-4): every way at once, none waits for
//! another. Remembered addresses, mDNS and the DHT only give candidates; what
//! counts is the handshake with that very device.

mod again;
mod apart;
mod remember;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use kith_proto::id::PersonId;
use kith_proto::person::Purpose;
use kith_proto::presence::State;
use kith_proto::standing;
use rand_core::Rng as _;
use tokio::time::Instant;

use self::apart::{Heard, heard_nearby};
use super::open::Open;
use super::relays::Offers;
use super::words::{Away, explain};
use crate::swarm::{
    Addr, Candidate, ConnId, Connected, DeviceId, Link, NatKind, Origin, Outcome, Place,
    ProbeResult, Reachability, RouterState, Standing, Via, place,
};

/// The first pause after a device couldn't be reached; it doubles each time.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// The longest such pause. News (mDNS, another network) ends it at once.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
/// How long after a device is reached through a relay a direct way is looked
/// for again; it doubles each time. Hole punching tries by itself at first.
const FIRST_BETTER: Duration = Duration::from_secs(10);
/// How long until rooms are brought together again when that ended though
/// both are there; it doubles each time.
const FIRST_ROOMS: Duration = Duration::from_millis(250);
/// How many addresses of one device, heard of by the DHT, are kept.
const FOUND_MAX: usize = 64;
/// How many addresses announced on the local network are kept, of all devices
/// together: a few for each of the most that mDNS itself keeps.
const ANNOUNCED_MAX: usize = 4096;
/// How many addresses of one device are tried at a time.
const CANDIDATES: usize = 24;
/// How often our own addresses are put into the DHT again.
const PUBLISH_EVERY: Duration = Duration::from_secs(6 * 3600);
/// How long after a change of network or a new contact: the changes come in
/// bunches.
const PUBLISH_AFTER_CHANGE: Duration = Duration::from_secs(2);
/// How long until it is tried again when nobody took some of it.
const PUBLISH_AGAIN: Duration = Duration::from_secs(60);

/// What is known of reaching one device.
#[derive(Debug, Default)]
struct Way {
    conns: BTreeMap<ConnId, Connected>,
    /// The connection on which our hello is being opened or stands.
    hello: Option<ConnId>,
    greeted: bool,
    presence: Option<State>,
    /// Candidates from the DHT: not remembered.
    found: BTreeSet<Addr>,
    /// What it said last of where it is.
    told: BTreeSet<Addr>,
    probing: bool,
    tries: u32,
    next: Option<Instant>,
    /// When a direct way is looked for, while there is only a relayed one.
    better: Option<Instant>,
    better_tries: u32,
    /// When rooms are brought together again, after that has ended though
    /// both are there.
    rooms: Option<Instant>,
    rooms_tries: u32,
    why: Option<Away>,
    /// What was heard at its addresses in local networks.
    nearby: BTreeMap<IpAddr, Heard>,
}

/// Everything about reaching others and being reached.
#[derive(Debug, Default)]
pub(super) struct Reach {
    pub(super) listening: Vec<Addr>,
    pub(super) nat: BTreeMap<Link, NatKind>,
    pub(super) router: RouterState,
    pub(super) reachability: Reachability,
    pub(super) circuits: BTreeMap<DeviceId, Addr>,
    pub(super) offers: Offers,
    ways: BTreeMap<DeviceId, Way>,
    /// What mDNS says now, of everybody: it is said once, and somebody may
    /// be wanted only later, when an invite is accepted.
    announced: BTreeSet<(DeviceId, Addr)>,
    publish_at: Option<Instant>,
}

/// Whether a person is there now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Known {
    Offline,
    Online { presence: State, via: Via },
}

impl Reach {
    pub(super) fn due(&self) -> Option<Instant> {
        self.ways
            .values()
            .flat_map(|w| [w.next, w.better, w.rooms])
            .flatten()
            .chain(self.publish_at)
            .min()
    }

    pub(super) fn connected(&mut self, c: &Connected) {
        let way = self.ways.entry(c.peer).or_default();
        way.conns.insert(c.conn, c.clone());
        if c.via == Via::Direct {
            way.better = None;
            way.better_tries = 0;
        }
    }

    /// Where a device is, by the direct connection that we opened to it.
    pub(super) fn dialled_at(&self, peer: &DeviceId, conn: ConnId) -> Option<&Addr> {
        let conn = self.ways.get(peer)?.conns.get(&conn)?;
        let dialled = conn.side == crate::swarm::Side::Dialled && conn.via == Via::Direct;
        conn.remote.as_ref().filter(|_| dialled)
    }

    /// The devices that mDNS names now.
    pub(super) fn announced_devices(&self) -> BTreeSet<DeviceId> {
        self.announced.iter().map(|(d, _)| *d).collect()
    }

    /// Where the other end of a connection is.
    pub(super) fn remote(&self, peer: &DeviceId, conn: ConnId) -> Option<&Addr> {
        self.ways.get(peer)?.conns.get(&conn)?.remote.as_ref()
    }

    /// How a connection with a device leads there.
    pub(super) fn via(&self, peer: &DeviceId, conn: ConnId) -> Option<Via> {
        Some(self.ways.get(peer)?.conns.get(&conn)?.via)
    }

    /// Whether a hello may be opened on this connection; then it counts as
    /// being opened.
    pub(super) fn begin_hello(&mut self, peer: DeviceId, conn: ConnId) -> bool {
        let way = self.ways.entry(peer).or_default();
        let free = way.hello != Some(conn);
        way.hello = Some(conn);
        free
    }

    pub(super) fn opening_failed(&mut self, peer: &DeviceId, conn: ConnId) {
        let way = self.ways.get_mut(peer);
        if let Some(way) = way.filter(|w| !w.greeted && w.hello == Some(conn)) {
            way.hello = None;
            way.retry();
        }
    }

    pub(super) fn hello_open(&mut self, peer: DeviceId) {
        let way = self.ways.entry(peer).or_default();
        way.greeted = true;
        way.tries = way.tries.saturating_add(1);
        way.next = None;
        way.why = None;
        way.rooms_tries = 0;
        way.want_better();
    }

    /// Rooms are no longer brought together with a device.
    pub(super) fn rooms_ended(&mut self, peer: &DeviceId) {
        if let Some(way) = self.ways.get_mut(peer).filter(|w| w.greeted) {
            let pause = FIRST_ROOMS.saturating_mul(1 << way.rooms_tries.min(12));
            way.rooms_tries = way.rooms_tries.saturating_add(1);
            way.rooms = Some(Instant::now() + jitter(pause.min(LONGEST_PAUSE)));
        }
    }

    pub(super) fn hello_over(&mut self, peer: &DeviceId) {
        if let Some(way) = self.ways.get_mut(peer) {
            way.greeted = false;
            way.hello = None;
            way.presence = None;
            // Why the other side ended it says more.
            way.why.get_or_insert(Away::Ended);
            way.next = Some(Instant::now() + jitter(way.pause()));
        }
    }

    pub(super) fn has_hello(&self, peer: &DeviceId) -> bool {
        self.ways
            .get(peer)
            .is_some_and(|w| w.hello.is_some() || w.greeted)
    }

    pub(super) fn is_relayed(&self, peer: &DeviceId) -> bool {
        self.ways.get(peer).is_some_and(|w| {
            let used = w.hello.and_then(|c| w.conns.get(&c));
            used.is_some_and(|c| matches!(c.via, Via::Relay(_)))
        })
    }

    pub(super) fn refuse(&mut self, peer: &DeviceId, why: Away) {
        if let Some(way) = self.ways.get_mut(peer) {
            way.why = Some(why);
        }
    }

    /// News of where a device is: not remembered, but tried at once.
    pub(super) fn found(&mut self, peer: DeviceId, addresses: impl IntoIterator<Item = Addr>) {
        let way = self.ways.entry(peer).or_default();
        let before = way.found.len();
        let room = FOUND_MAX.saturating_sub(before);
        way.found.extend(addresses.into_iter().take(room));
        if way.found.len() > before && !way.greeted {
            way.tries = 0;
            way.next = Some(Instant::now());
        }
    }

    /// Our addresses are to be put into the DHT, in a moment.
    pub(super) fn publish_soon(&mut self) {
        self.publish_at = Some(Instant::now() + PUBLISH_AFTER_CHANGE);
    }

    /// Nobody took some of what was published: perhaps later.
    pub(super) fn publish_failed(&mut self) {
        let again = Instant::now() + jitter(PUBLISH_AGAIN);
        self.publish_at = Some(self.publish_at.map_or(again, |at| at.min(again)));
    }

    /// The hosts from which a device is directly connected now.
    pub(super) fn hosts(&self, peer: &DeviceId) -> BTreeSet<IpAddr> {
        let conns = self
            .ways
            .get(peer)
            .into_iter()
            .flat_map(|w| w.conns.values());
        conns
            .filter(|c| c.via == Via::Direct)
            .filter_map(|c| Some(c.remote.as_ref()?.socket()?.ip()))
            .collect()
    }

    /// A device is wanted at once.
    pub(super) fn try_now(&mut self, peer: DeviceId) {
        let way = self.ways.entry(peer).or_default();
        if !way.greeted {
            way.tries = 0;
            way.next = Some(Instant::now());
        }
    }

    pub(super) fn set_presence(&mut self, peer: &DeviceId, presence: State) {
        if let Some(way) = self.ways.get_mut(peer) {
            way.presence = Some(presence);
        }
    }

    /// Whether a device that is there has said how its person is.
    pub(super) fn said_presence(&self, peer: &DeviceId) -> bool {
        self.ways.get(peer).is_some_and(|w| w.presence.is_some())
    }

    pub(super) fn known(&self, peer: &DeviceId) -> Known {
        let Some(way) = self.ways.get(peer).filter(|w| w.greeted) else {
            return Known::Offline;
        };
        let via = way
            .conns
            .values()
            .map(|c| c.via)
            .min_by_key(|v| matches!(v, Via::Relay(_)))
            .unwrap_or(Via::Direct);
        Known::Online {
            presence: way.presence.unwrap_or(State::Available),
            via,
        }
    }

    pub(super) fn why(&self, peer: &DeviceId) -> Option<&Away> {
        self.ways.get(peer)?.why.as_ref()
    }

    /// Our own addresses as others may dial them, best first: confirmed ones,
    /// then what the router says that it passes on, then public, then the
    /// local network's.
    fn own(&self, loopback: bool) -> Vec<Addr> {
        let mut all: Vec<Addr> = Vec::new();
        if let Reachability::Public { at } = &self.reachability {
            all.extend(at.iter().cloned());
        }
        if let RouterState::Opened { at } = &self.router {
            all.extend(at.iter().cloned());
        }
        for (link, kind) in &self.nat {
            let socket = match kind {
                NatKind::Open { at } => at,
                NatKind::EndpointIndependent { mapped } => mapped,
                NatKind::Unknown | NatKind::Dependent => continue,
            };
            all.extend(Addr::direct(*link, *socket).ok());
        }
        let mut listening = self.listening.clone();
        listening.sort_by_key(|a| match a.socket().map(|s| place(s.ip())) {
            Some(Place::Public) => 0,
            Some(Place::Private(_)) => 1,
            _ => 2,
        });
        all.extend(
            listening
                .into_iter()
                .filter(|a| match a.socket().map(|s| place(s.ip())) {
                    Some(Place::Public | Place::Private(_)) => true,
                    Some(Place::Loopback) => loopback,
                    _ => false,
                }),
        );
        let mut seen = BTreeSet::new();
        all.retain(|a| a.relay().is_none() && seen.insert(a.clone()));
        all
    }
}

impl Way {
    /// After a failure: later, and later each time.
    fn retry(&mut self) {
        let pause = self.pause();
        self.tries = self.tries.saturating_add(1);
        self.next = Some(Instant::now() + jitter(pause));
    }

    fn pause(&self) -> Duration {
        let pause = FIRST_PAUSE.saturating_mul(1 << self.tries.min(10));
        pause.min(LONGEST_PAUSE)
    }

    /// A round of attempts is over. What connected may have ended while others
    /// were still tried, which begins no new round by itself.
    fn probed(&mut self, connected: bool) {
        self.probing = false;
        if !self.greeted && (!connected || self.conns.is_empty()) {
            self.retry();
        }
    }

    /// Where there is only a relayed way: a direct one is looked for later,
    /// and later each time.
    fn want_better(&mut self) {
        let direct = self.conns.values().any(|c| c.via == Via::Direct);
        if direct || self.conns.is_empty() {
            self.better = None;
        } else if self.better.is_none() {
            let pause = FIRST_BETTER
                .saturating_mul(1 << self.better_tries.min(10))
                .min(LONGEST_PAUSE);
            self.better_tries = self.better_tries.saturating_add(1);
            self.better = Some(Instant::now() + jitter(pause));
        }
    }
}

/// Between three quarters and five quarters of `pause`, so that nodes that
/// were cut off together don't come back in step.
pub(super) fn jitter(pause: Duration) -> Duration {
    let quarter = pause.as_millis() as u64 / 4;
    let extra = crate::random::system().next_u64() % (2 * quarter + 1);
    pause.saturating_sub(Duration::from_millis(quarter)) + Duration::from_millis(extra)
}

impl Open {
    /// Devices to be connected with: those of contacts who may see that we are
    /// there (DISC-4), and inviters' whose answer waits.
    pub(super) fn wanted(&self) -> Vec<(DeviceId, Vec<Addr>)> {
        let rules = self.rules();
        self.devices_of_all(|person| rules.admits(person))
    }

    /// The same, and those of all other contacts, who may come to us.
    pub(super) fn acquainted(&self) -> Vec<(DeviceId, Vec<Addr>)> {
        self.devices_of_all(|_| true)
    }

    fn devices_of_all(&self, of: impl Fn(&PersonId) -> bool) -> Vec<(DeviceId, Vec<Addr>)> {
        let contacts = self
            .people
            .iter()
            .filter(|p| p.state == kith_api::ContactState::Contact && of(&p.id))
            .flat_map(|p| self.people.devices_of(&p.id))
            .map(|(id, d)| (id, d.addresses.clone()));
        contacts
            .chain(self.invites.inviters())
            .chain(self.strangers_wanted())
            .chain(self.fellows_near())
            .collect()
    }

    /// Tells the swarm of a contact's device: trusted, if the contact's log
    /// permits it.
    pub(super) async fn trust(&self, device: DeviceId) {
        if !self.is_contact(&device) {
            return;
        }
        let now = self.judged();
        let log = self.people.owner(&device).and_then(|p| p.log.as_ref());
        let standing = match log.map(|l| l.permits(&device, Purpose::Talk, &now)) {
            Some(Ok(_)) if self.is_relay_only(&device) => Standing::ContactViaRelay,
            Some(Ok(_)) => Standing::Contact,
            _ => Standing::Blocked,
        };
        let _ = self.swarm.set_standing(device, standing).await;
    }

    pub(super) fn look_for_everyone(&mut self) {
        let now = Instant::now();
        for (device, _) in self.wanted() {
            let way = self.reach.ways.entry(device).or_default();
            if !way.greeted {
                way.tries = 0;
                way.next = Some(now);
            } else if way.better.take().is_some() {
                way.better_tries = 0;
                way.want_better();
            }
        }
    }

    /// Our own address changed: publish it, and try everyone again.
    pub(super) async fn network_changed(&mut self) {
        self.look_around();
        self.reach.publish_soon();
        self.look_for_everyone();
        self.ask_relays().await;
        self.pictures_are_old();
        self.features_changed(standing::Event::NetworkChanged);
    }

    pub(super) async fn handle_due(&mut self) {
        let now = Instant::now();
        if self.reach.publish_at.is_some_and(|at| at <= now) {
            self.reach.publish_at = Some(now + PUBLISH_EVERY);
            self.publish();
            self.say_addresses().await;
        }
        self.ask_relays().await;
        let relayed = self.relay_only_devices();
        for (device, addresses) in self.wanted() {
            let way = self.reach.ways.entry(device).or_default();
            let is_due = |at: Option<Instant>| at.is_some_and(|at| at <= now);
            let better = is_due(way.better) && !relayed.contains(&device);
            if better {
                way.better = None;
                way.want_better();
            }
            let first = is_due(way.next) && !way.greeted;
            way.next = way.next.filter(|at| *at > now);
            if (first || better) && !way.probing {
                self.look_for(device, addresses).await;
            }
        }
        // Whatever is due but no longer wanted.
        let mut alone = Vec::new();
        for (device, way) in &mut self.reach.ways {
            if way.rooms.take_if(|at| *at <= now).is_some() && way.greeted {
                alone.push(*device);
            }
            way.next = way.next.filter(|at| *at > now);
            way.better = way.better.filter(|at| *at > now);
        }
        for device in alone {
            self.mend_rooms(device);
        }
    }

    /// Everything that may lead to a device of somebody we know: also where a
    /// share that has lost its path looks for it (SHARE-4).
    pub(super) fn ways_to(&self, device: DeviceId) -> Vec<Candidate> {
        let known = self.acquainted().into_iter().find(|(d, _)| *d == device);
        self.candidates(
            device,
            known.map(|(_, addresses)| addresses).unwrap_or_default(),
        )
    }

    fn candidates(&self, device: DeviceId, remembered: Vec<Addr>) -> Vec<Candidate> {
        let own = |addr| Candidate {
            addr,
            origin: Origin::Own,
        };
        let peer = |addr| Candidate {
            addr,
            origin: Origin::Peer,
        };
        let way = self.reach.ways.get(&device);
        let found = way.into_iter().flat_map(|way| way.found.iter().cloned());
        // What is announced now is the likeliest to be true.
        let announced = self.reach.announced.iter().filter(|(d, _)| *d == device);
        let near = announced.filter(|(d, a)| self.is_near_enough(d, a));
        let mut candidates: Vec<Candidate> = near.map(|(_, a)| peer(a.clone())).collect();
        candidates.extend(remembered.into_iter().map(own));
        candidates.extend(found.map(peer));
        let mut seen = BTreeSet::new();
        candidates.retain(|c| self.permitted(&device, &c.addr) && seen.insert(c.addr.clone()));
        candidates.truncate(CANDIDATES);
        candidates
    }

    async fn look_for(&mut self, device: DeviceId, remembered: Vec<Addr>) {
        self.look_up(device);
        let candidates = self.candidates(device, remembered);
        let Some(way) = self.reach.ways.get_mut(&device) else {
            return;
        };
        if candidates.is_empty() {
            way.why = Some(Away::NoAddress);
            way.retry();
            return;
        }
        way.probing = true;
        let asking = way.asking();
        self.probe_all(device, candidates, asking).await;
    }

    pub(super) async fn handle_probed(&mut self, peer: DeviceId, results: &[ProbeResult]) {
        let connected = results
            .iter()
            .any(|r| matches!(r.outcome, Outcome::Connected { .. }));
        let Some(way) = self.reach.ways.get_mut(&peer) else {
            return;
        };
        let nearby = heard_nearby(results);
        if !nearby.is_empty() {
            way.nearby = nearby;
        }
        way.probed(connected);
        if !connected && !way.greeted {
            way.why = Some(explain(results));
            self.tell_about_device(&peer);
        }
    }

    pub(super) async fn handle_mdns(&mut self, peer: DeviceId, addr: Addr) {
        let announced = &mut self.reach.announced;
        if announced.len() >= ANNOUNCED_MAX || !announced.insert((peer, addr)) {
            return;
        }
        self.other_ways(peer);
        if self.wanted().iter().any(|(d, _)| *d == peer) {
            self.reach.try_now(peer);
        }
    }

    pub(super) fn handle_mdns_lost(&mut self, peer: DeviceId, addr: Addr) {
        if self.reach.announced.remove(&(peer, addr)) {
            self.other_ways(peer);
        }
    }

    pub(super) async fn handle_disconnected(
        &mut self,
        peer: DeviceId,
        conn: ConnId,
        remaining: u32,
    ) {
        self.sessions.path_closed(conn);
        let dead: Vec<_> = self
            .links
            .values()
            .filter(|l| l.peer == peer && l.conn == conn)
            .map(|l| l.id)
            .collect();
        for link in dead {
            self.drop_link(link).await;
        }
        let Some(way) = self.reach.ways.get_mut(&peer) else {
            return;
        };
        way.conns.remove(&conn);
        if way.hello == Some(conn) {
            way.hello = None;
        }
        if remaining == 0 {
            self.reach.offers.gone(&peer);
        }
        let Some(way) = self.reach.ways.get_mut(&peer) else {
            return;
        };
        way.want_better();
        if remaining == 0 && !way.greeted && way.next.is_none() && !way.probing {
            way.retry();
        }
        self.ways_without(peer, conn);
        self.hello_again(peer);
    }
}
