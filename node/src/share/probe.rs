//! `/kith/path/1`: is a connection alive, how far is it, how much does it
//! carry? Whoever probes asks; the other side answers within small bounds.
//!
//! Specification: `protocol-spec/13-share-streams.md`.

use std::io;
use std::time::Duration;

use kith_proto::paths::{self, Attempt, Course, Failure, Transport, Verdict, Working};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::swarm::{
    Addr, Candidate, ConnId, Connected, DeviceId, Link, Outcome, Protocol, Stream, SwarmHandle, Via,
};

/// Requests that are answered on one stream.
const REQUESTS: usize = 16;
/// Bytes that are sent on one stream in all.
const BYTES: u32 = 512 * 1024;
/// How long a stream is answered.
const ANSWER_TIME: Duration = Duration::from_secs(10);
/// How long a connection may take to echo.
const ECHO_TIME: Duration = Duration::from_secs(2);

/// How long one that is full of other things may take.
const BUSY: Duration = Duration::from_secs(10);

/// How long measuring may take, after the first echo.
const MEASURE_TIME: Duration = Duration::from_millis(600);
/// How long other candidates are awaited after the first that connected; what
/// has not answered by then counts as filtered.
const OTHERS: Duration = Duration::from_secs(2);
/// How often the round trip is measured.
const ROUNDS: usize = 3;
/// Bytes of the transfers that are timed, one after the other.
const TRANSFERS: [u32; 2] = [32 * 1024, 256 * 1024];
/// A transfer that is over sooner says nothing about the rate.
const SOON: Duration = Duration::from_millis(1);
/// A transfer that takes longer is not followed by a larger one.
const LONG: Duration = Duration::from_millis(40);

const ECHO: u8 = 1;
const SEND: u8 = 2;

/// Answers another device's probe.
pub(super) async fn answer(stream: Stream) {
    answer_for(stream, ANSWER_TIME).await;
}

async fn answer_for(mut stream: impl AsyncRead + AsyncWrite + Unpin, time: Duration) {
    let answered = timeout(time, answer_all(&mut stream)).await;
    if let Ok(Err(error)) = answered {
        tracing::debug!(%error, "a probe ended");
    }
}

async fn answer_all(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> io::Result<()> {
    let mut left = BYTES;
    for _ in 0..REQUESTS {
        let mut request = [0; 17];
        if stream.read_exact(&mut request[..1]).await.is_err() {
            break;
        }
        match request[0] {
            ECHO => {
                stream.read_exact(&mut request[1..]).await?;
                stream.write_all(&request).await?;
            }
            SEND => {
                let n = stream.read_u32().await?;
                left = left.checked_sub(n).ok_or(io::ErrorKind::InvalidData)?;
                let piece = [0; 4096];
                let mut rest = n as usize;
                while rest > 0 {
                    let now = rest.min(piece.len());
                    stream.write_all(&piece[..now]).await?;
                    rest -= now;
                }
            }
            _ => return Err(io::ErrorKind::InvalidData.into()),
        }
        stream.flush().await?;
    }
    stream.shutdown().await
}

/// A running probe of one connection.
#[derive(Debug)]
struct Asking(Stream);

impl Asking {
    async fn open(swarm: &SwarmHandle, conn: ConnId) -> io::Result<Self> {
        let stream = swarm
            .open(conn, Protocol::PATH)
            .await
            .map_err(io::Error::other)?;
        Ok(Self(stream))
    }

    /// One round trip, with the other side's word that it heard these bytes.
    async fn echo(&mut self, nonce: [u8; 16]) -> io::Result<Duration> {
        let start = Instant::now();
        let mut request = [ECHO; 17];
        request[1..].copy_from_slice(&nonce);
        self.0.write_all(&request).await?;
        self.0.flush().await?;
        let mut answer = [0; 17];
        self.0.read_exact(&mut answer).await?;
        match answer == request {
            true => Ok(start.elapsed()),
            false => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    /// How many bytes a second come.
    async fn rate(&mut self) -> io::Result<Option<u64>> {
        let mut rate = None;
        // A little first: on a thin path more would take too long.
        for n in TRANSFERS {
            let took = self.take(n).await?;
            if took >= SOON {
                let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
                rate = Some(u64::from(n) * 1_000_000 / micros.max(1));
            }
            if took > LONG {
                break;
            }
        }
        Ok(rate)
    }

    /// How long `n` bytes take to come, from the first to the last.
    async fn take(&mut self, n: u32) -> io::Result<Duration> {
        self.0.write_u8(SEND).await?;
        self.0.write_u32(n).await?;
        self.0.flush().await?;
        let mut buf = [0; 16 * 1024];
        let mut rest = n as usize;
        let mut first = None;
        while rest > 0 {
            let most = rest.min(buf.len());
            let got = self.0.read(&mut buf[..most]).await?;
            if got == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            first.get_or_insert_with(Instant::now);
            rest -= got;
        }
        Ok(first.map_or(Duration::ZERO, |at| at.elapsed()))
    }
}

fn nonce() -> [u8; 16] {
    rand::random()
}

/// The first of these connections over which the other side answers.
pub(super) async fn first_alive(swarm: &SwarmHandle, conns: &[ConnId]) -> Option<ConnId> {
    let mut tries = JoinSet::new();
    for conn in conns.iter().copied() {
        let swarm = swarm.clone();
        tries.spawn(async move {
            let alive = async {
                let mut asking = Asking::open(&swarm, conn).await?;
                asking.echo(nonce()).await
            };
            match timeout(ECHO_TIME, alive).await {
                Ok(Ok(_)) => Some(conn),
                _ => None,
            }
        });
    }
    while let Some(tried) = tries.join_next().await {
        if let Ok(Some(conn)) = tried {
            return Some(conn);
        }
    }
    None
}

/// One way to another device, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The candidate; `None` for a connection that stood already, whoever
    /// opened it.
    pub candidate: Option<Candidate>,
    /// The connection, if it stands.
    pub conn: Option<ConnId>,
    /// What came of it.
    pub attempt: Attempt,
}

impl Row {
    /// Whether this connection was found to work.
    #[must_use]
    pub fn works_on(&self, conn: ConnId) -> bool {
        self.conn == Some(conn) && matches!(self.attempt, Attempt::Works(_))
    }
}

/// All ways to another device that were tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// One for each candidate, in their order, then one for each connection
    /// that stood.
    pub rows: Vec<Row>,
    /// The row to nominate.
    pub best: Option<usize>,
    /// What to tell a person.
    pub verdict: Verdict,
}

impl Table {
    /// The connection to nominate.
    #[must_use]
    pub fn nominee(&self) -> Option<ConnId> {
        self.rows.get(self.best?)?.conn
    }

    /// A connection that works: the best, or what else is left open.
    #[must_use]
    pub fn working(&self) -> Option<ConnId> {
        let works = |row: &&Row| matches!(row.attempt, Attempt::Works(_));
        let any = || self.rows.iter().filter(works).find_map(|row| row.conn);
        self.nominee().or_else(any)
    }

    /// Another connection that works, for the control lane, where the nominee
    /// holds one stream up behind another.
    #[must_use]
    pub fn control(&self) -> Option<ConnId> {
        let best = self.rows.get(self.best?)?;
        let Attempt::Works(working) = best.attempt else {
            return None;
        };
        if working.transport == Transport::Quic && working.course == Course::Direct {
            return best.conn;
        }
        let others = self.rows.iter().filter(|row| row.conn != best.conn);
        let same = others
            .filter(|row| matches!(row.attempt, Attempt::Works(w) if w.course == working.course));
        same.filter_map(|row| row.conn).next().or(best.conn)
    }

    fn of(rows: Vec<Row>) -> Self {
        let attempts: Vec<Attempt> = rows.iter().map(|row| row.attempt).collect();
        Self {
            best: paths::best(&attempts),
            verdict: Verdict::of(&attempts),
            rows,
        }
    }
}

/// Tries all candidates at once, each on a connection of its own, and the
/// connections that stand already; measures what works (PORT-1, PORT-5).
/// Connections that aren't wanted end by themselves after a minute, or by
/// [`close_others`].
pub async fn probe(swarm: &SwarmHandle, peer: DeviceId, candidates: Vec<Candidate>) -> Table {
    let status = swarm.status().await.unwrap_or_default();
    let standing: Vec<Connected> = status
        .connections
        .into_iter()
        .filter(|c| c.peer == peer)
        .collect();
    let mut rows: Vec<Row> = candidates
        .iter()
        .cloned()
        .map(|candidate| Row {
            // Until there is a result; a stopped swarm gives none.
            attempt: Attempt::Fails(transport_of(&candidate.addr), Failure::Filtered),
            candidate: Some(candidate),
            conn: None,
        })
        .collect();
    let mut measuring = JoinSet::new();
    let mut measure_at = |at: usize, conn: ConnId| {
        let swarm = swarm.clone();
        measuring.spawn(async move { (at, measure(&swarm, conn).await) });
    };
    for known in standing {
        let transport = known.remote.as_ref().map_or(Transport::Tcp, transport_of);
        measure_at(rows.len(), known.conn);
        rows.push(Row {
            candidate: None,
            conn: Some(known.conn),
            attempt: working(transport, known.via, Duration::MAX, None),
        });
    }
    if let Ok(mut probe) = swarm.probe(peer, candidates).await {
        // One dead way must not hold up those that work (DISC-3).
        let mut until = None;
        loop {
            let result = tokio::select! {
                biased;
                result = probe.next() => result,
                () = wait_until(until) => None,
            };
            let Some(result) = result else { break };
            let Some(row) = rows.get_mut(result.index) else {
                continue;
            };
            let transport = transport_of(&result.addr);
            match failure(&result.outcome) {
                Some(why) => row.attempt = Attempt::Fails(transport, why),
                None => {
                    if let Outcome::Connected { conn, .. } = result.outcome {
                        let via = match result.addr.relay() {
                            Some(relay) => Via::Relay(relay),
                            None => Via::Direct,
                        };
                        row.conn = Some(conn);
                        row.attempt = working(transport, via, Duration::MAX, None);
                        measure_at(result.index, conn);
                        until.get_or_insert_with(|| Instant::now() + OTHERS);
                    }
                }
            }
        }
    }
    while let Some(measured) = measuring.join_next().await {
        let Ok((at, measured)) = measured else {
            continue;
        };
        let Some(row) = rows.get_mut(at) else {
            continue;
        };
        if let Attempt::Works(w) = &mut row.attempt {
            match measured {
                Ok((round_trip, rate)) => (w.round_trip, w.rate) = (round_trip, rate),
                Err(_) => row.attempt = Attempt::Fails(w.transport, Failure::Silent),
            }
        }
    }
    Table::of(rows)
}

async fn wait_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// Closes the connections of a table that are not wanted: those that the probe
/// opened itself, but `keep`.
pub async fn close_others(swarm: &SwarmHandle, table: &Table, keep: &[ConnId]) {
    for row in &table.rows {
        if let (Some(_), Some(conn)) = (&row.candidate, row.conn)
            && !keep.contains(&conn)
        {
            // Stopped: then it is closed.
            let _ = swarm.close(conn).await;
        }
    }
}

/// Closes the connections that stood and over which nothing came back, where nothing
/// came of any candidate either: whoever was there is gone, and the transport would say
/// so in a minute. One that is merely busy has more time, and one on which the stream is
/// refused isn't dead.
pub async fn close_dead(swarm: &SwarmHandle, table: &Table) {
    let (stood, tried): (Vec<&Row>, Vec<&Row>) =
        table.rows.iter().partition(|row| row.candidate.is_none());
    if tried.is_empty() || table.verdict.works() || tried.iter().any(|row| row.conn.is_some()) {
        return;
    }
    for conn in stood.iter().filter_map(|row| row.conn) {
        if echoes(swarm, conn, BUSY).await == Some(false) {
            // Stopped: then it is closed.
            let _ = swarm.close(conn).await;
        }
    }
}

/// Whether the other device answers on this connection; `None` if it says nothing
/// about that, since no stream for it is to be had.
async fn echoes(swarm: &SwarmHandle, conn: ConnId, within: Duration) -> Option<bool> {
    let echo = async {
        let mut asking = Asking::open(swarm, conn).await?;
        asking.echo(nonce()).await
    };
    match timeout(within, echo).await {
        Ok(Ok(_)) => Some(true),
        Ok(Err(_)) => None,
        Err(_) => Some(false),
    }
}

/// Whether the other device answers on this connection, as quickly as in a trial.
pub async fn answers(swarm: &SwarmHandle, conn: ConnId) -> bool {
    echoes(swarm, conn, ECHO_TIME).await == Some(true)
}

/// Shortest round trip, and bytes a second towards us.
async fn measure(swarm: &SwarmHandle, conn: ConnId) -> io::Result<(Duration, Option<u64>)> {
    let first = async {
        let mut asking = Asking::open(swarm, conn).await?;
        let round_trip = asking.echo(nonce()).await?;
        io::Result::Ok((asking, round_trip))
    };
    let (mut asking, mut round_trip) = timeout(ECHO_TIME, first)
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))?;
    let mut rate = None;
    let more = async {
        for _ in 1..ROUNDS {
            round_trip = round_trip.min(asking.echo(nonce()).await?);
        }
        rate = asking.rate().await?;
        io::Result::Ok(())
    };
    // What was measured until then counts.
    let _ = timeout(MEASURE_TIME, more).await;
    Ok((round_trip, rate))
}

fn working(transport: Transport, via: Via, round_trip: Duration, rate: Option<u64>) -> Attempt {
    Attempt::Works(Working {
        transport,
        course: match via {
            Via::Direct => Course::Direct,
            Via::Relay(_) => Course::Relayed,
        },
        round_trip,
        rate,
    })
}

fn transport_of(addr: &Addr) -> Transport {
    match addr.link() {
        Link::Quic => Transport::Quic,
        Link::Tcp => Transport::Tcp,
    }
}

/// Why a dial is of no use; `None` if it is.
const fn failure(outcome: &Outcome) -> Option<Failure> {
    Some(match outcome {
        Outcome::Connected { .. } => return None,
        Outcome::WrongPeer { .. } => Failure::WrongDevice,
        Outcome::Refused => Failure::Refused,
        Outcome::TimedOut => Failure::Filtered,
        Outcome::Unreachable => Failure::Unreachable,
        Outcome::NotKith => Failure::NotKith,
        Outcome::RelayRefused => Failure::RelayRefused,
        Outcome::Denied(_) => Failure::Denied,
        Outcome::Crowded(_) => Failure::Crowded,
        Outcome::NoSuchName => Failure::NoSuchName,
        Outcome::Ourselves => Failure::Ourselves,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::swarm::Crowded;

    #[test]
    fn each_outcome_of_a_dial_has_a_name_in_the_table() {
        let crowded = Outcome::Crowded(Crowded::Pending);
        assert_eq!(failure(&crowded), Some(Failure::Crowded));
        let named = [
            (Outcome::Refused, "refused"),
            (Outcome::TimedOut, "filtered"),
            (Outcome::Unreachable, "unreachable"),
            (Outcome::WrongPeer { found: None }, "wrong-device"),
            (Outcome::NotKith, "not-kith"),
            (Outcome::RelayRefused, "relay-refused"),
            (Outcome::NoSuchName, "no-such-name"),
            (Outcome::Ourselves, "ourselves"),
        ];
        for (outcome, code) in named {
            assert_eq!(failure(&outcome).map(Failure::code), Some(code));
        }
    }

    /// What comes back for these requests, until the other side closes.
    async fn answered(requests: &[u8]) -> Vec<u8> {
        let (mut asker, answerer) = tokio::io::duplex(1024 * 1024);
        asker.write_all(requests).await.unwrap();
        asker.shutdown().await.unwrap();
        answer_for(answerer, ANSWER_TIME).await;
        let mut all = Vec::new();
        asker.read_to_end(&mut all).await.unwrap();
        all
    }

    fn send(n: u32) -> Vec<u8> {
        [&[SEND][..], &n.to_be_bytes()].concat()
    }

    /// Spec 13, "Probing", 2: nobody makes a node send without end.
    #[tokio::test]
    async fn a_stream_is_answered_sixteen_times_and_with_512_kib_at_most() {
        let echoes: Vec<u8> = (0..20u8)
            .flat_map(|n| [[ECHO; 1].as_slice(), &[n; 16]].concat())
            .collect();
        assert_eq!(answered(&echoes).await, echoes[..17 * 16]);

        assert_eq!(answered(&send(BYTES)).await.len(), 512 * 1024);
        assert_eq!(answered(&send(BYTES + 1)).await.len(), 0);
        let halves = [send(BYTES / 2), send(BYTES / 2), send(1)].concat();
        assert_eq!(answered(&halves).await.len(), 512 * 1024);
        assert_eq!(answered(&[9]).await.len(), 0, "an unknown request");
    }

    /// The same: who says nothing holds a stream for a while only.
    #[tokio::test]
    async fn a_stream_is_not_answered_for_ever() {
        let (mut asker, answerer) = tokio::io::duplex(64);
        answer_for(answerer, Duration::from_millis(50)).await;
        assert_eq!(asker.read(&mut [0; 1]).await.unwrap(), 0);
    }
}
