//! The transport stack: doors around relay client | DNS over gate over
//! (QUIC | TCP).

use std::{io, sync::Arc, time::Duration};

use libp2p::{
    PeerId, Transport,
    core::{
        muxing::StreamMuxerBox,
        transport::{Boxed, timeout::TransportTimeoutError},
        upgrade::Version,
    },
    dns,
    futures::future::Either,
    identity::Keypair,
    noise, quic, relay, tcp, yamux,
};

use super::{
    doors::{Doors, Handles},
    event::Outcome,
    gate::{Denial, Gate, Level},
    rules::Rules,
};

/// Handshake of a direct connection, everything included.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);
/// A dial as a whole: name, relay, handshake.
pub const DIAL_TIMEOUT: Duration = Duration::from_secs(12);
/// Streams that one connection carries at a time, in each direction.
pub const STREAMS_PER_CONN: u32 = 64;
/// The same on a connection that began with a stranger over TCP: each stream
/// may make us hold 256 KiB that nobody reads.
pub const STRANGER_STREAMS_PER_CONN: u32 = 24;
/// A connection without a packet for so long is dead.
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(60);
/// After so long without a packet, QUIC sends one.
pub const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// How long a device may take to answer when a connection is tried.
pub(super) const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);
/// Bytes a peer may send on one QUIC stream before we have read any: enough
/// for 160 Mbit/s over 100 ms.
const QUIC_STREAM_WINDOW: u32 = 2 << 20;
/// The same for all streams of a connection.
const QUIC_CONN_WINDOW: u32 = 4 << 20;

pub(super) type Stack = Boxed<(PeerId, StreamMuxerBox)>;

/// What went wrong below, kept as a type through libp2p's layers of errors.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error("no answer in time")]
    TimedOut,
    #[error("the handshake failed")]
    Handshake,
    #[error("no such name")]
    Name,
    #[error("refused")]
    Refused,
    #[error("no route")]
    Unreachable,
    #[error("the socket failed")]
    Socket,
}

/// A [`Fault`] at the bottom of the stack. Some wrappers above pass on only
/// what an error was caused by, so the fault is its own cause.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Bottom(#[source] Fault);

impl Bottom {
    fn of(error: &io::Error) -> Self {
        Self(match error.kind() {
            io::ErrorKind::ConnectionRefused => Fault::Refused,
            io::ErrorKind::TimedOut => Fault::TimedOut,
            io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::NetworkDown
            | io::ErrorKind::AddrNotAvailable => Fault::Unreachable,
            _ => Fault::Socket,
        })
    }
}

pub(super) fn build(
    key: &Keypair,
    rules: &Arc<Rules>,
    handles: Arc<Handles>,
) -> Result<(Stack, relay::client::Behaviour), noise::Error> {
    let gated = Gate::new(direct(key, rules)?, Level::Sockets, Arc::clone(rules)).boxed();
    // Without a readable resolver configuration names don't work; addresses do.
    let named = match dns::tokio::Transport::system(gated) {
        Ok(named) => named.map_err(from_dns).boxed(),
        Err(error) => {
            tracing::warn!(%error, "no DNS configuration: names are not resolved");
            Gate::new(direct(key, rules)?, Level::Sockets, Arc::clone(rules)).boxed()
        }
    };
    let named = Gate::new(named, Level::Names, Arc::clone(rules));

    let (relayed, behaviour) = relay::client::new(key.public().to_peer_id());
    let relayed = relayed
        .upgrade(Version::V1Lazy)
        .authenticate(noise::Config::new(key)?)
        .multiplex(muxer(STREAMS_PER_CONN))
        .timeout(DIAL_TIMEOUT)
        .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)))
        .map_err(from_timeout);

    let stack = relayed
        .or_transport(named)
        .map(|either, _| match either {
            Either::Left(both) | Either::Right(both) => both,
        })
        .map_err(either::Either::into_inner);
    let stack = libp2p::core::transport::timeout::TransportTimeout::new(stack, DIAL_TIMEOUT)
        .map_err(from_timeout)
        .boxed();
    Ok((Doors::new(stack, handles).boxed(), behaviour))
}

/// QUIC and TCP without any gate.
fn direct(key: &Keypair, rules: &Arc<Rules>) -> Result<Stack, noise::Error> {
    let mut config = quic::Config::new(key);
    config.handshake_timeout = HANDSHAKE_TIMEOUT;
    config.max_idle_timeout = u32::try_from(IDLE_TIMEOUT.as_millis()).unwrap_or(u32::MAX);
    config.keep_alive_interval = KEEP_ALIVE;
    config.max_concurrent_stream_limit = STREAMS_PER_CONN;
    config.max_stream_data = QUIC_STREAM_WINDOW;
    config.max_connection_data = QUIC_CONN_WINDOW;
    let quic = quic::tokio::Transport::new(config)
        .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)))
        .map_err(from_quic);

    let tcp = tcp::tokio::Transport::new(tcp::Config::default())
        .map_err(|error| Bottom::of(&error))
        .upgrade(Version::V1Lazy)
        .authenticate(noise::Config::new(key)?)
        .multiplex_ext({
            let rules = Arc::clone(rules);
            move |peer, _| match rules.standing(peer).is_contact() {
                true => muxer(STREAMS_PER_CONN),
                false => muxer(STRANGER_STREAMS_PER_CONN),
            }
        })
        .timeout(HANDSHAKE_TIMEOUT)
        .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)))
        .map_err(from_timeout);

    Ok(quic
        .or_transport(tcp)
        .map(|either, _| match either {
            Either::Left(both) | Either::Right(both) => both,
        })
        .map_err(either::Either::into_inner)
        .boxed())
}

fn muxer(streams: u32) -> yamux::Config {
    let mut config = yamux::Config::default();
    config.set_max_num_streams(streams as usize);
    config
}

fn from_quic(error: quic::Error) -> io::Error {
    match error {
        quic::Error::HandshakeTimedOut => io::Error::other(Fault::TimedOut),
        quic::Error::Io(error) => io::Error::other(Bottom::of(&error)),
        quic::Error::Reach(_)
        | quic::Error::Connection(_)
        | quic::Error::NoActiveListenerForDialAsListener
        | quic::Error::HolePunchInProgress(_) => io::Error::other(Fault::Handshake),
    }
}

fn from_timeout<E>(error: TransportTimeoutError<E>) -> io::Error
where
    E: std::error::Error + Send + Sync + 'static,
{
    match error {
        TransportTimeoutError::Timeout => io::Error::other(Fault::TimedOut),
        TransportTimeoutError::TimerError(error) => error,
        TransportTimeoutError::Other(error) => io::Error::other(error),
    }
}

/// Of several tries behind one name, the last is told.
fn from_dns(error: dns::Error<io::Error>) -> io::Error {
    match error {
        dns::Error::Transport(error) => error,
        dns::Error::Dial(errors) => match errors.into_iter().next_back() {
            Some(error) => from_dns(error),
            None => io::Error::other(Fault::Name),
        },
        dns::Error::ResolveError(_)
        | dns::Error::TooManyLookups
        | dns::Error::MultiaddrNotSupported(_) => io::Error::other(Fault::Name),
    }
}

/// Reads what went wrong out of a transport's error.
pub(super) fn outcome_of(error: &io::Error) -> Outcome {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = next {
        if let Some(denial) = error.downcast_ref::<Denial>() {
            return Outcome::Denied(*denial);
        }
        if let Some(fault) = error.downcast_ref::<Fault>() {
            return match fault {
                Fault::TimedOut => Outcome::TimedOut,
                Fault::Handshake => Outcome::NotKith,
                Fault::Refused => Outcome::Refused,
                Fault::Unreachable | Fault::Socket => Outcome::Unreachable,
                Fault::Name => Outcome::NoSuchName,
            };
        }
        if error
            .downcast_ref::<relay::client::transport::Error>()
            .is_some()
            || error
                .downcast_ref::<relay::outbound::hop::ConnectError>()
                .is_some()
        {
            return Outcome::RelayRefused;
        }
        let io = error.downcast_ref::<io::Error>();
        next = match io.and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    Outcome::NotKith
}
