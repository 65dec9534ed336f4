//! `/kith/trial/1`: a small picture goes over, the viewer's confined process
//! decodes it, and its digest comes back (PORT-5). Nobody was asked for
//! anything yet, and nothing of a screen is in it: colours by chance.
//!
//! The node itself decodes nothing: as in a share, what the sharer says goes to
//! a `kith view`, which holds one socket and no file.
//!
//! Specification: `protocol-spec/13-share-streams.md`, "The trial picture".

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kith_codec::geometry::Size;
use kith_codec::message::{Envelope, ToSharer};
use kith_codec::picture::Picture;
use kith_codec::share::{Lane, Share, ShareConfig, ViewerId};
use kith_codec::time::Moment;
use kith_proto::digest::Digest;
use kith_proto::id::PersonId;
use kith_proto::session::Side;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

use super::face::{Face, Said};
use super::process::{Program, Window};
use super::wire::{PIECE_HEAD, PIECE_MAX};
use crate::swarm::{ConnId, Protocol, Stream, SwarmHandle};

/// How long a trial may take on either side once it has its place, the start of
/// a process included.
const LONGEST: Duration = Duration::from_secs(15);
/// Bytes that one side takes in a trial: many times what the picture needs.
const BYTES: usize = 256 * 1024;
/// How often the devices of a person may begin trials here: so often in
/// [`PACE`], enough for six devices in both roles. Nobody counts for others.
const OF_ONE: usize = 12;
/// The time that is counted over.
const PACE: Duration = Duration::from_secs(60);
/// Trials that run at once, each with a process: so many that we began, and so
/// many that others did, one of a person. Others wait for their turn.
const AT_ONCE: usize = 2;
/// How long a trial waits for its turn, on either side.
const WAITS: Duration = Duration::from_secs(15);
/// The picture's width and height in pixels: all of it fits one frame.
const SIDE: u16 = 48;
/// The side of its squares, each of one colour by chance.
const SQUARE: u16 = 8;
/// The only viewer of the picture.
const VIEWER: ViewerId = ViewerId(0);
/// The digest's domain (spec 02, "Digests").
const DOMAIN: &str = "kith/1/trial-picture";

/// First byte: the one who opened the stream is the sharer, or the viewer.
const I_SHOW: u8 = 1;
const SHOW_ME: u8 = 2;
/// Kinds of pieces.
const CONTROL: u8 = 0;
const PICTURE: u8 = 1;
const SEEN: u8 = 2;
const OUTCOME: u8 = 3;

/// Why a trial picture did not come through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrialFault {
    /// No stream for it: no connection, or a program that knows no trials.
    #[error("the other program takes part in no trial")]
    NoStream,
    /// The viewer's machine could not start its viewer, or not confine it.
    #[error("the viewer’s machine could not start its viewer")]
    NoViewer,
    /// The viewer could not decode it.
    #[error("the viewer could not decode it")]
    Undecoded,
    /// The viewer saw another picture than the sharer's.
    #[error("the viewer saw another picture")]
    Differs,
    /// Too many trials were asked for.
    #[error("too many were asked for")]
    Busy,
    /// It took too long.
    #[error("it did not come in time")]
    Late,
    /// The stream broke off.
    #[error("the connection was lost")]
    Lost,
    /// The other side broke the protocol.
    #[error("the other program broke the rules")]
    Misbehaved,
}

impl TrialFault {
    /// As the other side is told, where it is told.
    const fn number(self) -> u8 {
        match self {
            Self::NoViewer => 1,
            Self::Undecoded => 2,
            Self::Differs => 3,
            Self::Busy => 4,
            Self::NoStream | Self::Late | Self::Lost | Self::Misbehaved => 5,
        }
    }

    /// What an outcome says.
    const fn said(number: u8) -> Result<(), Self> {
        match number {
            0 => Ok(()),
            1 => Err(Self::NoViewer),
            2 => Err(Self::Undecoded),
            3 => Err(Self::Differs),
            4 => Err(Self::Busy),
            _ => Err(Self::Lost),
        }
    }
}

impl From<io::Error> for TrialFault {
    fn from(_: io::Error) -> Self {
        Self::Lost
    }
}

/// What bounds the trials of a node. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Bounds {
    /// Places for what we begin. What others begin has its own: two nodes that
    /// try each other never wait crosswise.
    ours: Arc<Semaphore>,
    theirs: Arc<Semaphore>,
    begun: Arc<Mutex<Begun>>,
}

/// What others began here.
#[derive(Debug, Default)]
struct Begun {
    /// Whose devices, and when; of the last [`PACE`].
    at: Vec<(PersonId, Instant)>,
    /// The one place of each person of whom a trial waits or runs.
    turns: BTreeMap<PersonId, Arc<Semaphore>>,
}

/// A trial's place, held while it runs.
#[derive(Debug)]
struct Place {
    _of_all: Option<OwnedSemaphorePermit>,
    _of_one: Option<OwnedSemaphorePermit>,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            ours: Arc::new(Semaphore::new(AT_ONCE)),
            theirs: Arc::new(Semaphore::new(AT_ONCE)),
            begun: Arc::default(),
        }
    }
}

impl Bounds {
    /// Counts another trial that a person's device begins; the person's turns.
    fn take(&self, person: PersonId, now: Instant) -> Result<Arc<Semaphore>, TrialFault> {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        begun.at.retain(|(_, at)| now.duration_since(*at) < PACE);
        begun.turns.retain(|_, t| Arc::strong_count(t) > 1);
        if begun.at.iter().filter(|(p, _)| *p == person).count() >= OF_ONE {
            return Err(TrialFault::Busy);
        }
        begun.at.push((person, now));
        let turns = begun.turns.entry(person);
        Ok(Arc::clone(
            turns.or_insert_with(|| Arc::new(Semaphore::new(1))),
        ))
    }

    /// Waits for a place for a trial of ours.
    async fn to_begin(&self) -> Result<Place, TrialFault> {
        let place = async {
            // Never closed: there is always a permit in the end.
            Place {
                _of_all: Arc::clone(&self.ours).acquire_owned().await.ok(),
                _of_one: None,
            }
        };
        timeout(WAITS, place).await.map_err(|_| TrialFault::Busy)
    }

    /// Waits for a place for a trial that a person's device begins.
    async fn to_answer(&self, person: PersonId) -> Result<Place, TrialFault> {
        let turns = self.take(person, Instant::now())?;
        let place = async {
            // Their own turn first: who waits for it holds nobody else's place.
            let of_one = turns.acquire_owned().await.ok();
            Place {
                _of_all: Arc::clone(&self.theirs).acquire_owned().await.ok(),
                _of_one: of_one,
            }
        };
        timeout(WAITS, place).await.map_err(|_| TrialFault::Busy)
    }
}

/// Tries a picture out over a connection; `side` is ours.
pub(super) async fn begin(
    swarm: &SwarmHandle,
    conn: ConnId,
    side: Side,
    program: &Program,
    bounds: &Bounds,
) -> Result<(), TrialFault> {
    let _place = bounds.to_begin().await?;
    let trial = async {
        let opened = swarm.open(conn, Protocol::TRIAL).await;
        let mut stream = opened.map_err(|_| TrialFault::NoStream)?;
        let first = match side {
            Side::Sharer => I_SHOW,
            Side::Viewer => SHOW_ME,
        };
        stream
            .write_u8(first)
            .await
            .map_err(|_| TrialFault::NoStream)?;
        stream.flush().await.map_err(|_| TrialFault::NoStream)?;
        run(stream, side, program).await
    };
    // The other side may wait for its turn too.
    timeout(WAITS + LONGEST, trial)
        .await
        .unwrap_or(Err(TrialFault::Late))
}

/// Takes part in a trial that another device began: which side we were, and
/// what came of it. The device is this person's. `None`: it didn't come that far.
pub(super) async fn answer(
    mut stream: Stream,
    person: PersonId,
    program: &Program,
    bounds: &Bounds,
) -> Option<(Side, Result<(), TrialFault>)> {
    let first = timeout(LONGEST, stream.read_u8()).await.ok()?.ok()?;
    let side = match first {
        I_SHOW => Side::Viewer,
        SHOW_ME => Side::Sharer,
        _ => return None,
    };
    let _place = match bounds.to_answer(person).await {
        Ok(place) => place,
        Err(fault) => {
            let _ = timeout(LONGEST, put(&mut stream, OUTCOME, &[fault.number()])).await;
            return None;
        }
    };
    let trial = run(stream, side, program);
    let outcome = timeout(LONGEST, trial).await;
    Some((side, outcome.unwrap_or(Err(TrialFault::Late))))
}

async fn run(
    stream: impl AsyncRead + AsyncWrite,
    side: Side,
    program: &Program,
) -> Result<(), TrialFault> {
    let (from, mut to) = tokio::io::split(stream);
    let mut from = Pieces::new(from);
    let outcome = match side {
        Side::Sharer => show(&mut from, &mut to).await,
        Side::Viewer => see(&mut from, &mut to, program).await,
    };
    // The sharer's word is the last one; a viewer says only that it can't.
    let told = match (side, outcome) {
        (Side::Sharer, Ok(())) => Some(0),
        (_, Err(fault)) => Some(fault.number()),
        (Side::Viewer, Ok(())) => None,
    };
    if let Some(told) = told {
        let _ = put(&mut to, OUTCOME, &[told]).await;
    }
    let _ = to.shutdown().await;
    outcome
}

/// The sharer's part.
async fn show<R: AsyncRead + Unpin, W: AsyncWrite + Unpin>(
    from: &mut Pieces<R>,
    to: &mut W,
) -> Result<(), TrialFault> {
    let picture = by_chance().ok_or(TrialFault::NoViewer)?;
    let expected = digest(&pixels(&picture));
    let began = Instant::now();
    let now = || {
        let micros = began.elapsed().as_micros();
        Moment(u64::try_from(micros).unwrap_or(u64::MAX))
    };
    let ours = |_| TrialFault::NoViewer;
    let mut share = Share::new(picture.size(), ShareConfig::default()).map_err(ours)?;
    share
        .add_viewer(VIEWER, now())
        .map_err(|_| TrialFault::NoViewer)?;
    let mut heard = Vec::new();
    loop {
        if share.wants_source(now()) {
            share.encode(&picture.view(), now()).map_err(ours)?;
        }
        for (lane, kind) in [(Lane::Control, CONTROL), (Lane::Picture, PICTURE)] {
            while let Some(transmit) = share.poll(VIEWER, lane) {
                put(to, kind, &transmit.head).await?;
                put(to, kind, &transmit.body).await?;
            }
        }
        to.flush().await?;
        match from.next().await? {
            (CONTROL, bytes) => {
                heard.extend_from_slice(&bytes);
                listen(&mut share, &mut heard, now())?;
            }
            (SEEN, bytes) => {
                return match bytes == expected.as_bytes() {
                    true => Ok(()),
                    false => Err(TrialFault::Differs),
                };
            }
            (OUTCOME, bytes) => return outcome(&bytes).and(Err(TrialFault::Misbehaved)),
            _ => return Err(TrialFault::Misbehaved),
        }
    }
}

/// Takes what the viewer's process says.
fn listen(share: &mut Share, heard: &mut Vec<u8>, now: Moment) -> Result<(), TrialFault> {
    let broken = |_| TrialFault::Misbehaved;
    let mut at = 0;
    while let Some((envelope, used)) =
        Envelope::split(heard.get(at..).unwrap_or(&[])).map_err(broken)?
    {
        at += used;
        if envelope.is_input() {
            continue;
        }
        if let Some(message) = ToSharer::parse(envelope).map_err(broken)? {
            let took = share.handle(VIEWER, message, now);
            took.map_err(|_| TrialFault::Misbehaved)?;
        }
    }
    heard.drain(..at.min(heard.len()));
    Ok(())
}

/// The viewer's part.
async fn see<R: AsyncRead + Unpin, W: AsyncWrite + Unpin>(
    from: &mut Pieces<R>,
    to: &mut W,
    program: &Program,
) -> Result<(), TrialFault> {
    let no_viewer = |_| TrialFault::NoViewer;
    let window = Window::for_trial(program).map_err(no_viewer)?;
    // It ends when its socket closes, and is waited for then.
    let _process = window.process;
    let mut face = Face::new(window.socket).map_err(no_viewer)?;
    let mut seen = false;
    loop {
        tokio::select! {
            piece = from.next() => match piece? {
                (CONTROL, bytes) => face.mouth.control(&bytes).await.map_err(no_viewer)?,
                (PICTURE, bytes) => face.mouth.picture(&bytes).await.map_err(no_viewer)?,
                (OUTCOME, bytes) => {
                    outcome(&bytes)?;
                    return if seen { Ok(()) } else { Err(TrialFault::Misbehaved) };
                }
                _ => return Err(TrialFault::Misbehaved),
            },
            said = face.ears.next() => match said.map_err(|_| TrialFault::NoViewer)? {
                // One picture: nothing follows that what may wait could wait for.
                Said::Control(bytes) | Said::Painted(bytes) | Said::Late(bytes) => {
                    put(to, CONTROL, &bytes).await?;
                }
                Said::Seen(pixels) => {
                    seen = true;
                    put(to, SEEN, digest(&pixels).as_bytes()).await?;
                }
                Said::Refused => return Err(TrialFault::Undecoded),
            },
        }
    }
}

fn outcome(bytes: &[u8]) -> Result<(), TrialFault> {
    match bytes {
        [number] => TrialFault::said(*number),
        _ => Err(TrialFault::Misbehaved),
    }
}

/// A picture that nobody can know beforehand.
fn by_chance() -> Option<Picture> {
    let mut picture = Picture::new(Size::new(SIDE, SIDE)?);
    let squares = usize::from(SIDE / SQUARE);
    let mut colours = vec![0u32; squares * squares];
    rand::fill(&mut colours[..]);
    for y in 0..SIDE {
        for x in 0..SIDE {
            let at = usize::from(y / SQUARE) * squares + usize::from(x / SQUARE);
            let colour = colours.get(at).copied().unwrap_or_default();
            picture.set(x, y, colour & 0x00ff_ffff);
        }
    }
    Some(picture)
}

fn pixels(picture: &Picture) -> Vec<u8> {
    let bytes = |pixel: &u32| (pixel & 0x00ff_ffff).to_le_bytes();
    picture.pixels().iter().flat_map(bytes).collect()
}

fn digest(pixels: &[u8]) -> Digest {
    Digest::of(DOMAIN, pixels)
}

/// Writes bytes as pieces of one kind; nothing for no bytes.
async fn put<W: AsyncWrite + Unpin>(to: &mut W, kind: u8, bytes: &[u8]) -> io::Result<()> {
    for piece in bytes.chunks(PIECE_MAX) {
        let length = u16::try_from(piece.len()).unwrap_or(u16::MAX);
        to.write_u8(kind).await?;
        to.write_u16(length).await?;
        to.write_all(piece).await?;
    }
    to.flush().await
}

/// Reads pieces. Waiting may be cut short; nothing is lost.
struct Pieces<R> {
    from: R,
    bytes: Vec<u8>,
    /// What came in all.
    taken: usize,
}

impl<R: AsyncRead + Unpin> Pieces<R> {
    const fn new(from: R) -> Self {
        Self {
            from,
            bytes: Vec::new(),
            taken: 0,
        }
    }

    async fn next(&mut self) -> Result<(u8, Vec<u8>), TrialFault> {
        loop {
            if let [kind, a, b, rest @ ..] = &self.bytes[..] {
                let (kind, length) = (*kind, usize::from(u16::from_be_bytes([*a, *b])));
                if length == 0 || length > PIECE_MAX {
                    return Err(TrialFault::Misbehaved);
                }
                if let Some(body) = rest.get(..length) {
                    let body = body.to_vec();
                    self.bytes.drain(..PIECE_HEAD + length);
                    return Ok((kind, body));
                }
            }
            if self.taken > BYTES {
                return Err(TrialFault::Misbehaved);
            }
            let got = self.from.read_buf(&mut self.bytes).await?;
            if got == 0 {
                return Err(TrialFault::Lost);
            }
            self.taken += got;
        }
    }
}

#[cfg(test)]
mod tests;
