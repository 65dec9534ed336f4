//! [`SwarmHandle`]: what the node asks of the swarm.

use std::time::Duration;

use if_watch::IpNet;
use tokio::sync::{mpsc, oneshot};

use super::{
    addr::Addr,
    config::Switch,
    event::{Connected, ProbeResult, Reachability, Standing},
    id::{ConnId, DeviceId},
    pinned::{OpenError, OpenReply},
    protocol::Protocol,
    stream::Stream,
};

/// Most candidates of one probe.
pub const MAX_CANDIDATES: usize = 64;

/// A request that waits its turn.
#[derive(Debug)]
pub(super) enum Command {
    Probe {
        peer: DeviceId,
        candidates: Vec<Candidate>,
        results: mpsc::Sender<ProbeResult>,
    },
    Open {
        conn: ConnId,
        protocol: Protocol,
        reply: OpenReply,
    },
    Approve {
        peer: DeviceId,
        addr: Addr,
        time: Duration,
    },
    Reserve {
        relay: DeviceId,
        addr: Addr,
        reply: oneshot::Sender<Result<(), ReserveError>>,
    },
    Unreserve {
        relay: DeviceId,
    },
    CircuitSources {
        guest: DeviceId,
        sources: Vec<DeviceId>,
    },
    Mdns {
        switch: Switch,
        reply: oneshot::Sender<Result<(), MdnsError>>,
    },
    Router {
        switch: Switch,
    },
    DhtNode {
        peer: DeviceId,
        addr: Addr,
    },
    Publish {
        key: DhtKey,
        value: Vec<u8>,
        life: Duration,
        reply: oneshot::Sender<Result<usize, DhtError>>,
    },
    Lookup {
        key: DhtKey,
        found: mpsc::Sender<Vec<u8>>,
    },
    DumpDht {
        reply: oneshot::Sender<Vec<StoredRecord>>,
    },
    Status {
        reply: oneshot::Sender<Status>,
    },
}

/// A request that never waits behind others.
#[derive(Debug)]
pub(super) enum Urgent {
    Close(ConnId),
    Disconnect(DeviceId),
    Standing(DeviceId, Standing),
    Stop(oneshot::Sender<()>),
}

/// Key of a DHT record: 32 bytes that only the pair can compute (DISC-2).
pub type DhtKey = [u8; super::DHT_KEY_LEN];

/// An address to try, and why it may be tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Where.
    pub addr: Addr,
    /// Who vouches for it.
    pub origin: Origin,
}

/// Who vouches for a candidate, which decides how far the gate opens for it
/// (THREATS R4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// Another device named it: in its record, in the DHT, over the control
    /// stream. Public addresses pass; private ones where they are on one of
    /// our own networks from which that device is connected or announced;
    /// names never.
    Peer,
    /// We know it ourselves: a person typed it or took it from an invite, or
    /// a connection with this very device stood there before. Private
    /// addresses and names pass.
    Own,
}

/// One record kept for the DHT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRecord {
    /// Key, as received.
    pub key: Vec<u8>,
    /// Value, as received.
    pub value: Vec<u8>,
    /// Publisher named in the record; always `None`, or something is wrong.
    pub publisher: Option<Vec<u8>>,
}

/// The state of the swarm at one moment.
#[derive(Clone, Debug, Default)]
pub struct Status {
    /// Own addresses as this machine sees them.
    pub listening: Vec<Addr>,
    /// The networks of this machine.
    pub networks: Vec<IpNet>,
    /// All connections.
    pub connections: Vec<Connected>,
    /// Addresses that an endpoint-independent NAT gave us: worth offering as
    /// candidates, reachable only by punching.
    pub mapped: Vec<Addr>,
    /// Whether others reach us directly.
    pub reachability: Reachability,
    /// Nodes in the DHT's routing table.
    pub dht_nodes: usize,
    /// Places that relays keep for us: where others reach us through them.
    pub circuits: Vec<Addr>,
}

/// Why a relay could not be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReserveError {
    /// The address is behind a relay itself.
    #[error("a relay behind a relay does not work")]
    Nested,
    /// The request was refused at once: see the log.
    #[error("the relay cannot be asked")]
    Failed,
    /// The swarm has stopped.
    #[error("the swarm has stopped")]
    Stopped,
}

/// Why mDNS could not be switched.
#[derive(Debug, thiserror::Error)]
pub enum MdnsError {
    /// The system refused: no interface, no permission.
    #[error("mDNS does not start: {0}")]
    System(#[from] std::io::Error),
    /// The swarm has stopped.
    #[error("the swarm has stopped")]
    Stopped,
}

/// Why a record was not published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DhtError {
    /// This device takes no part in the DHT.
    #[error("the DHT is switched off")]
    Off,
    /// No node of the DHT is known (DISC-7: say so).
    #[error("no node of the DHT is known")]
    NobodyKnown,
    /// Nodes were asked, none took the record.
    #[error("no node took the record")]
    NobodyStored,
    /// The value is empty or larger than [`super::DHT_VALUE_MAX`]: we misused it.
    #[error("the record is empty or too large")]
    Size,
    /// Too many queries at once: we ask too fast.
    #[error("too many queries")]
    Busy,
    /// The swarm has stopped.
    #[error("the swarm has stopped")]
    Stopped,
}

/// Why a probe was not started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProbeError {
    /// More than [`MAX_CANDIDATES`]: we misused it.
    #[error("too many candidates")]
    TooMany,
    /// The swarm has stopped.
    #[error("the swarm has stopped")]
    Stopped,
}

/// The swarm has stopped, because all handles or the events were dropped or
/// [`SwarmHandle::stop`] was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the swarm has stopped")]
pub struct Stopped;

/// A running probe. Dropping it stops what has not been dialled yet.
#[derive(Debug)]
pub struct Probe(mpsc::Receiver<ProbeResult>);

impl Probe {
    /// The next result, in the order in which they come in; `None` after the last.
    pub async fn next(&mut self) -> Option<ProbeResult> {
        self.0.recv().await
    }

    /// All results, ordered as the candidates were.
    pub async fn all(mut self) -> Vec<ProbeResult> {
        let mut all = Vec::new();
        while let Some(result) = self.next().await {
            all.push(result);
        }
        all.sort_by_key(|result| result.index);
        all
    }
}

/// A running DHT lookup. Dropping it ends the query.
#[derive(Debug)]
pub struct Lookup(mpsc::Receiver<Vec<u8>>);

impl Lookup {
    /// The next value found, each once; `None` when the query has ended.
    /// Anybody may have written it: open it, then believe it.
    pub async fn next(&mut self) -> Option<Vec<u8>> {
        self.0.recv().await
    }
}

/// What the node asks of the swarm. Cheap to clone; when the last clone is
/// dropped, the swarm stops.
///
/// Never wait for a reply in the same task that takes the events: replies may
/// come only after events have been taken.
#[derive(Clone, Debug)]
pub struct SwarmHandle {
    me: DeviceId,
    commands: mpsc::Sender<Command>,
    urgent: mpsc::Sender<Urgent>,
}

impl SwarmHandle {
    pub(super) fn new(
        me: DeviceId,
        commands: mpsc::Sender<Command>,
        urgent: mpsc::Sender<Urgent>,
    ) -> Self {
        Self {
            me,
            commands,
            urgent,
        }
    }

    /// This device.
    #[must_use]
    pub fn local_id(&self) -> DeviceId {
        self.me
    }

    /// Dials every candidate for itself, all at once but at most
    /// [`super::DIALS_AT_ONCE`], whether connections exist or not, and tells
    /// what came of each (PORT-1). Successful connections stay: close those
    /// that are not wanted, or they end after a minute without use.
    ///
    /// # Errors
    /// [`ProbeError`].
    pub async fn probe(
        &self,
        peer: DeviceId,
        candidates: Vec<Candidate>,
    ) -> Result<Probe, ProbeError> {
        if candidates.len() > MAX_CANDIDATES {
            return Err(ProbeError::TooMany);
        }
        // Room for all results, so that the swarm never waits for the prober.
        let (results, receiver) = mpsc::channel(candidates.len().max(1));
        let command = Command::Probe {
            peer,
            candidates,
            results,
        };
        let sent = self.commands.send(command).await;
        sent.map_err(|_| ProbeError::Stopped)?;
        Ok(Probe(receiver))
    }

    /// Opens a stream on one certain connection. Write first: nothing leaves
    /// before the first flush, and whether the other side wants the stream
    /// shows at the first read (see [`super::refused`]).
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open(&self, conn: ConnId, protocol: Protocol) -> Result<Stream, OpenError> {
        let (reply, answer) = oneshot::channel();
        let command = Command::Open {
            conn,
            protocol,
            reply,
        };
        let sent = self.commands.send(command).await;
        sent.map_err(|_| OpenError::Stopped)?;
        // Dropped without an answer: the connection ended meanwhile.
        answer.await.unwrap_or(Err(OpenError::NoConnection))
    }

    /// Ends one connection. Never waits behind other requests.
    ///
    /// # Errors
    /// [`Stopped`].
    pub async fn close(&self, conn: ConnId) -> Result<(), Stopped> {
        self.urge(Urgent::Close(conn)).await
    }

    /// Ends all connections with a device. Never waits behind other requests.
    ///
    /// # Errors
    /// [`Stopped`].
    pub async fn disconnect(&self, peer: DeviceId) -> Result<(), Stopped> {
        self.urge(Urgent::Disconnect(peer)).await
    }

    /// Says how well a device is known. Takes effect for new connections and
    /// streams at once. Open ones stay where a stranger becomes a contact;
    /// [`Standing::Blocked`], and [`Standing::Stranger`] for a former contact
    /// or fellow, end all connections, [`Standing::ContactViaRelay`] likewise.
    /// Hole punching and AutoNAT begin with the next connection. Never waits
    /// behind other requests, and keeps its order.
    ///
    /// # Errors
    /// [`Stopped`].
    pub async fn set_standing(&self, peer: DeviceId, standing: Standing) -> Result<(), Stopped> {
        self.urge(Urgent::Standing(peer, standing)).await
    }

    /// Lets `peer` be dialled at a private address or a name for a while, at
    /// most ten minutes. [`Self::probe`] does it itself for [`Origin::Own`].
    ///
    /// # Errors
    /// [`Stopped`].
    pub async fn approve(&self, peer: DeviceId, addr: Addr, time: Duration) -> Result<(), Stopped> {
        self.order(Command::Approve { peer, addr, time }).await
    }

    /// Asks a relay to keep a place for us, and keeps asking in time. Told by
    /// [`super::NetEvent::ReservationAccepted`] and
    /// [`super::NetEvent::ReservationLost`]; after a loss, ask again.
    ///
    /// # Errors
    /// [`ReserveError`] when it can't even be asked.
    pub async fn reserve(&self, relay: DeviceId, addr: Addr) -> Result<(), ReserveError> {
        let (reply, answer) = oneshot::channel();
        let command = Command::Reserve { relay, addr, reply };
        let sent = self.commands.send(command).await;
        sent.map_err(|_| ReserveError::Stopped)?;
        answer.await.unwrap_or(Err(ReserveError::Stopped))
    }

    /// Gives a place at a relay up.
    ///
    /// # Errors
    /// [`Stopped`].
    pub async fn unreserve(&self, relay: DeviceId) -> Result<(), Stopped> {
        self.order(Command::Unreserve { relay }).await
    }

    /// As a relay: the devices, beside our contacts, that may reach the
    /// contact's device `guest` through us; it lists them itself. The first
    /// [`super::MAX_CIRCUIT_SOURCES`] count. Replaces the list given before.
    ///
    /// # Errors
    /// [`Stopped`].
    pub async fn set_circuit_sources(
        &self,
        guest: DeviceId,
        sources: Vec<DeviceId>,
    ) -> Result<(), Stopped> {
        self.order(Command::CircuitSources { guest, sources }).await
    }

    /// Switches mDNS. While it is off, no mDNS packet leaves: when this
    /// returns, whatever could send one has ended.
    ///
    /// # Errors
    /// [`MdnsError`].
    pub async fn set_mdns(&self, switch: Switch) -> Result<(), MdnsError> {
        let (reply, answer) = oneshot::channel();
        let command = Command::Mdns { switch, reply };
        let sent = self.commands.send(command).await;
        sent.map_err(|_| MdnsError::Stopped)?;
        answer.await.unwrap_or(Err(MdnsError::Stopped))
    }

    /// Switches asking the router for a port. Off: what it has opened is
    /// closed, and no question more is sent.
    ///
    /// # Errors
    /// [`Stopped`].
    pub async fn set_router(&self, switch: Switch) -> Result<(), Stopped> {
        self.order(Command::Router { switch }).await
    }

    /// Tells a node of the DHT through which to join it: a contact's publicly
    /// reachable device, or one named in an invite. Joining is staggered.
    ///
    /// # Errors
    /// [`Stopped`].
    pub async fn add_dht_node(&self, peer: DeviceId, addr: Addr) -> Result<(), Stopped> {
        self.order(Command::DhtNode { peer, addr }).await
    }

    /// Puts a record on the nodes closest to `key`, without naming ourselves
    /// in it. Returns how many took it. It lives for `life`, at most 48 hours;
    /// renew it before. `value` must already be sealed and padded.
    ///
    /// # Errors
    /// [`DhtError`].
    pub async fn publish(
        &self,
        key: DhtKey,
        value: Vec<u8>,
        life: Duration,
    ) -> Result<usize, DhtError> {
        let (reply, answer) = oneshot::channel();
        let command = Command::Publish {
            key,
            value,
            life,
            reply,
        };
        let sent = self.commands.send(command).await;
        sent.map_err(|_| DhtError::Stopped)?;
        answer.await.unwrap_or(Err(DhtError::Stopped))
    }

    /// Looks for records under `key`. Values come as they are found. Ends at
    /// once where the DHT is off or 64 queries run already.
    ///
    /// # Errors
    /// [`Stopped`].
    pub async fn lookup(&self, key: DhtKey) -> Result<Lookup, Stopped> {
        let (found, receiver) = mpsc::channel(super::LOOKUP_VALUES);
        self.order(Command::Lookup { key, found }).await?;
        Ok(Lookup(receiver))
    }

    /// All records kept here for the DHT.
    ///
    /// # Errors
    /// [`Stopped`].
    pub async fn dht_records(&self) -> Result<Vec<StoredRecord>, Stopped> {
        let (reply, answer) = oneshot::channel();
        self.order(Command::DumpDht { reply }).await?;
        answer.await.map_err(|_| Stopped)
    }

    /// The state at this moment.
    ///
    /// # Errors
    /// [`Stopped`].
    pub async fn status(&self) -> Result<Status, Stopped> {
        let (reply, answer) = oneshot::channel();
        self.order(Command::Status { reply }).await?;
        answer.await.map_err(|_| Stopped)
    }

    /// Ends all connections and the swarm. Returns when it has stopped.
    pub async fn stop(&self) {
        let (reply, answer) = oneshot::channel();
        if self.urge(Urgent::Stop(reply)).await.is_ok() {
            // Dropped or answered: stopped either way.
            let _ = answer.await;
        }
    }

    async fn order(&self, command: Command) -> Result<(), Stopped> {
        self.commands.send(command).await.map_err(|_| Stopped)
    }

    async fn urge(&self, urgent: Urgent) -> Result<(), Stopped> {
        self.urgent.send(urgent).await.map_err(|_| Stopped)
    }
}
