//! Connections to other devices. The only place that names libp2p.
//!
//! [`Swarm::start`] gives a [`SwarmHandle`], with which the node asks, and a
//! bounded channel of [`NetEvent`]s. Everything runs in one task. The swarm
//! knows devices, connections, streams and addresses; it knows nothing of
//! persons, rooms or shares. What it may do is told from above:
//! [`SwarmHandle::set_standing`] says whom to trust with more than a hello,
//! [`Candidate`]s say which addresses to try and who vouches for them.
//!
//! ```
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use kith::swarm::*;
//! use tokio::io::{AsyncReadExt, AsyncWriteExt};
//! use zeroize::Zeroizing;
//!
//! let (anna, mut anna_events) = Swarm::start(Config::loopback(), Zeroizing::new([1; 32]))?;
//! let (ben, mut ben_events) = Swarm::start(Config::loopback(), Zeroizing::new([2; 32]))?;
//!
//! // Where does Ben listen?
//! let addr = loop {
//!     if let Some(NetEvent::Listening { addr }) = ben_events.recv().await {
//!         break addr;
//!     }
//! };
//! // Ben answers whoever says hello.
//! tokio::spawn(async move {
//!     while let Some(event) = ben_events.recv().await {
//!         if let NetEvent::Stream(mut stream) = event {
//!             let mut said = [0; 5];
//!             stream.read_exact(&mut said).await?;
//!             stream.write_all(&said).await?;
//!             stream.shutdown().await?;
//!         }
//!     }
//!     std::io::Result::Ok(())
//! });
//! // The node always takes events; here nothing is done with them.
//! tokio::spawn(async move { while anna_events.recv().await.is_some() {} });
//!
//! // Anna probes the address and says hello on the connection she got.
//! let candidate = Candidate { addr, origin: Origin::Own };
//! let mut probe = anna.probe(ben.local_id(), vec![candidate]).await?;
//! let Some(ProbeResult { outcome: Outcome::Connected { conn, .. }, .. }) = probe.next().await
//! else { panic!("no connection") };
//! let mut stream = anna.open(conn, Protocol::HELLO).await?;
//! stream.write_all(b"hello").await?;
//! stream.flush().await?;
//! let mut answer = [0; 5];
//! stream.read_exact(&mut answer).await?;
//! assert_eq!(&answer, b"hello");
//! # Ok(()) }
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
//! #     .block_on(example()).unwrap();
//! ```
//!
//! For the author of the node:
//! - Mark contacts with [`SwarmHandle::set_standing`] before connecting to them:
//!   hole punching and AutoNAT are decided when a connection begins.
//! - A connection without a stream ends after [`IDLE_TIMEOUT`]. Hold a stream
//!   to keep it.
//! - Addresses for others come from [`SwarmHandle::status`]: `listening` for the
//!   LAN and, when they are public, for everybody; `reachability`; `mapped` for
//!   punching; `circuits`; and from [`NetEvent::Router`]. As bytes for records:
//!   [`Addr::to_bytes`].
//! - After [`NetEvent::Listening`] or [`NetEvent::ListeningEnded`] the network
//!   has changed: probe anew.
//! - A lost reservation or a DHT node that has gone is not asked again by itself.
//!
//! Rules that hold here, with their tests in `node/tests/swarm/`:
//! - No dial leaves unseen by the gate ([`decide`], [`place`]; THREATS R4).
//! - Strangers may open [`Protocol::HELLO`] only, in bounded numbers (R7).
//! - A stream stays on the connection it was opened on.
//! - Every channel is bounded; close, block and stop overtake the rest.
//!
//! Specification: `protocol-spec/06-transports.md`.

mod addr;
mod behaviour;
mod config;
mod doors;
mod driver;
mod event;
mod gate;
mod handle;
mod id;
mod judge;
mod limits;
mod mdns;
mod memory;
mod nat;
mod pace;
mod pinned;
mod protocol;
mod router;
mod rules;
mod scoped;
mod store;
mod stream;
mod transport;
mod way;

pub use if_watch::IpNet as Network;

pub use self::{
    addr::{Addr, AddrError, Host, Link, MAX_ADDR_TEXT},
    behaviour::{DHT_PROTOCOL, RELAY_CIRCUITS, RELAY_CIRCUITS_PER_PEER, RELAY_PLACES},
    config::{Config, DhtRole, Limits, Listen, MAX_PROTOCOLS, Reach, RelayRole, Switch},
    driver::{DIALS_AT_ONCE, LOOKUP_VALUES, MAX_AGENT, StartError, Swarm},
    event::{
        Aim, Closed, Connected, GuestChange, NatKind, NetEvent, Outcome, ProbeResult, PunchFailed,
        Reachability, Side, Standing, Via,
    },
    gate::{Approval, Ask, Denial, Purpose, decide},
    handle::{
        Candidate, DhtError, DhtKey, Lookup, MAX_CANDIDATES, MdnsError, Origin, Probe, ProbeError,
        ReserveError, Status, Stopped, StoredRecord, SwarmHandle,
    },
    id::{ConnId, DeviceId},
    judge::{Never, Place, Private, place},
    limits::{Crowded, STRANGER_TURN},
    memory::{Budget, Lease, OverBudget},
    nat::{Observation, judge as judge_nat},
    pace::Pace,
    pinned::{
        CONTACT_STREAMS, CONTACT_STREAMS_PER_CONN, OpenError, STRANGER_PACE, STRANGER_STREAMS,
        WAITING_STREAMS,
    },
    protocol::{BadProtocol, Protocol},
    router::RouterState,
    rules::{MAX_APPROVAL, MAX_CIRCUIT_SOURCES},
    store::{DHT_KEY_LEN, DHT_LIFE_MAX, DHT_RECORDS, DHT_RECORDS_PER_PEER, DHT_VALUE_MAX},
    stream::{Stream, refused},
    transport::{
        DIAL_TIMEOUT, HANDSHAKE_TIMEOUT, IDLE_TIMEOUT, KEEP_ALIVE, STRANGER_STREAMS_PER_CONN,
        STREAMS_PER_CONN,
    },
};
