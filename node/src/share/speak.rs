//! What the sharer's node says and hears on a viewer's two streams.

use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use kith_codec::input::{Actor, Input, Notice, People, Refusal, Status};
use kith_codec::message::{Envelope, HEAD, MAX_UNKNOWN, ToSharer};
use kith_proto::id::SessionId;
use tokio::io::{ReadHalf, WriteHalf};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};

use super::event::ShareEvent;
use super::live::{Handled, Live};
use super::mailbox::LaneReceiver;
use super::seat::Seen;
use super::wire::{Bye, Piece, PieceReader, PieceWriter, ReadEnd};
use super::{HEARTBEAT, QUIET};
use crate::swarm::Stream;

/// Shortest time between two notices of the same kind to a viewer (spec 11).
const NOTICE_PAUSE: Duration = Duration::from_millis(200);
/// Shortest time between two requests of a viewer to begin anew that are
/// heard: each costs a whole picture.
const RESET_PAUSE: Duration = Duration::from_millis(500);
/// Messages of a viewer in a second that are heard at once; beyond that it
/// waits. A pointer reports a thousand times a second, an acknowledgement
/// comes with each picture.
const MESSAGES_PER_SECOND: u32 = 4000;

/// Counts what was refused, for one viewer.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    count: u64,
    why: Option<Refusal>,
}

/// Where refusals are counted, for one viewer.
#[derive(Clone, Debug, Default)]
pub(super) struct RefusedTo(Arc<watch::Sender<Tally>>);

/// Where they are read, to be told to viewer and node a few times a second.
#[derive(Debug)]
pub(super) struct Refused {
    from: watch::Receiver<Tally>,
    told: u64,
}

impl Refused {
    /// The last reason and how many since this was last asked.
    async fn next(&mut self) -> (Refusal, u16) {
        loop {
            changed(&mut self.from).await;
            let tally = *self.from.borrow_and_update();
            let count = tally.count.saturating_sub(self.told);
            self.told = tally.count;
            if let Some(why) = tally.why {
                return (why, u16::try_from(count).unwrap_or(u16::MAX));
            }
        }
    }
}

impl RefusedTo {
    pub(super) fn add(&self, refusal: Refusal, count: u64) {
        self.0.send_modify(|tally| {
            tally.count = tally.count.saturating_add(count);
            tally.why = Some(refusal);
        });
    }

    /// What is refused from now on.
    pub(super) fn read(&self) -> Refused {
        let from = self.0.subscribe();
        let told = from.borrow().count;
        Refused { from, told }
    }
}

/// Waits for a change; for ever when there can't be any more.
async fn changed<T>(from: &mut watch::Receiver<T>) {
    if from.changed().await.is_err() {
        pending::<Infallible>().await;
    }
}

/// The near end of a control lane.
pub(super) type Voice = PieceWriter<WriteHalf<Stream>>;

/// What the control lane's voice needs.
#[derive(Debug)]
pub(super) struct Speech<'a> {
    pub(super) session: SessionId,
    pub(super) lane: LaneReceiver,
    pub(super) status: watch::Receiver<Status>,
    pub(super) people: watch::Receiver<People>,
    pub(super) active: watch::Receiver<Option<(SessionId, u64)>>,
    pub(super) refused: Refused,
    pub(super) echo: watch::Receiver<Option<u32>>,
    pub(super) events: &'a mpsc::Sender<ShareEvent>,
}

/// Speaks in the control lane until the runner lets go of it.
///
/// # Errors
/// The path is lost.
pub(super) async fn talk(to: &mut Voice, mut speech: Speech<'_>) -> io::Result<()> {
    // The greeting comes first, from the runner.
    let mut greeted = false;
    let (mut refused_at, mut active_at) = (Instant::now(), Instant::now());
    speech.status.mark_changed();
    speech.people.mark_changed();
    loop {
        tokio::select! {
            biased;
            next = speech.lane.next() => match next {
                Some(transmit) => {
                    greeted = true;
                    to.data(&transmit.head, &transmit.body);
                }
                None => return Ok(()),
            },
            () = changed(&mut speech.status), if greeted => {
                let status = *speech.status.borrow_and_update();
                to.data(&Notice::Status(status).to_bytes(), &[]);
            }
            () = changed(&mut speech.people), if greeted => {
                let people = speech.people.borrow_and_update().to_bytes();
                to.data(&people, &[]);
            }
            (why, count) = after(refused_at, speech.refused.next()) => {
                refused_at = Instant::now() + NOTICE_PAUSE;
                if greeted {
                    to.data(&Notice::Refused { why, count }.to_bytes(), &[]);
                }
                let session = speech.session;
                // Only for the eye; what counts is in the audit of grants.
                let _ = speech.events.try_send(ShareEvent::InputRefused { session, why, count });
            }
            () = after(active_at, changed(&mut speech.active)), if greeted => {
                active_at = Instant::now() + NOTICE_PAUSE;
                if let Some((who, _)) = *speech.active.borrow_and_update() {
                    let actor = if who == speech.session { Actor::You } else { Actor::Somebody };
                    to.data(&Notice::Activity(actor).to_bytes(), &[]);
                }
            }
            () = changed(&mut speech.echo) => {
                if let Some(n) = *speech.echo.borrow_and_update() {
                    to.push(Piece::Echo(n));
                }
            }
        }
        to.flush().await?;
    }
}

/// A future that begins at a moment. May be dropped and made anew.
async fn after<T>(at: Instant, future: impl Future<Output = T>) -> T {
    sleep_until(at).await;
    future.await
}

/// Sends the picture, piece by piece, and a sign of life when there is
/// nothing to send. Returns when the path is lost.
pub(super) async fn show(to: Stream, mut lane: LaneReceiver, seen: &Seen) {
    let mut to = PieceWriter::new(to);
    let mut beats = 0u32;
    let mut last = Instant::now();
    let sent: io::Result<()> = async {
        loop {
            let mut next = tokio::select! {
                biased;
                next = lane.next() => match next {
                    Some(transmit) => Some(transmit),
                    // The control lane says what has happened.
                    None => pending().await,
                },
                () = sleep_until(last + HEARTBEAT) => None,
            };
            let picture = next.is_some();
            if next.is_none() {
                beats = beats.wrapping_add(1);
                to.push(Piece::Beat(beats));
            }
            while let Some(transmit) = next {
                to.data(&transmit.head, &transmit.body);
                to.write().await?;
                next = lane.ready();
            }
            to.flush().await?;
            if picture {
                seen.set();
            }
            last = Instant::now();
        }
    }
    .await;
    if let Err(error) = sent {
        tracing::debug!(%error, "a picture lane ended");
    }
}

/// What the control lane's ear needs.
#[derive(Debug)]
pub(super) struct Ears<'a> {
    pub(super) live: &'a Live,
    pub(super) session: SessionId,
    pub(super) say: mpsc::Sender<ToSharer>,
    pub(super) refused: RefusedTo,
    pub(super) echo: watch::Sender<Option<u32>>,
    pub(super) events: &'a mpsc::Sender<ShareEvent>,
}

/// How hearing ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// The stream ended, or nothing came for [`QUIET`].
    Lost,
    /// The viewer left.
    Bye(Bye),
    /// The viewer broke the protocol.
    Fault,
}

/// Hears what a viewer says in the control lane.
pub(super) async fn hear(from: ReadHalf<Stream>, mut ears: Ears<'_>) -> Heard {
    let mut reader = PieceReader::new(from);
    let mut words = Words::default();
    loop {
        let piece = match timeout(QUIET, reader.next()).await {
            Err(_) => return Heard::Lost,
            Ok(Err(ReadEnd::Gone(_))) => return Heard::Lost,
            Ok(Err(ReadEnd::Fault(fault))) => {
                tracing::debug!(%fault, "a viewer misbehaved");
                return Heard::Fault;
            }
            Ok(Ok(piece)) => piece,
        };
        let heard = match piece {
            Piece::Data(bytes) => words.take(bytes, &mut ears).await,
            Piece::Beat(n) => {
                ears.echo.send_replace(Some(n));
                Ok(())
            }
            // Ours are in the picture lane, and are not echoed.
            Piece::Echo(_) => Ok(()),
            Piece::Bye(bye) => return Heard::Bye(bye),
        };
        if let Err(error) = heard {
            tracing::debug!(%error, "a viewer misbehaved");
            return Heard::Fault;
        }
    }
}

/// Why a viewer's words were refused: it misbehaved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum WordsError {
    #[error(transparent)]
    Message(#[from] kith_codec::message::MessageError),
    /// No viewer sends as much in one message.
    #[error("a message to the sharer is too long")]
    TooLong,
}

/// Puts a viewer's bytes together to messages.
#[derive(Debug)]
struct Words {
    rest: Vec<u8>,
    /// When the next message may be heard without waiting, as a bucket that
    /// holds a second's worth.
    due: Instant,
    reset: Option<Instant>,
}

impl Default for Words {
    fn default() -> Self {
        Self {
            rest: Vec::new(),
            due: Instant::now(),
            reset: None,
        }
    }
}

impl Words {
    async fn take(&mut self, bytes: &[u8], ears: &mut Ears<'_>) -> Result<(), WordsError> {
        self.rest.extend_from_slice(bytes);
        let rest = std::mem::take(&mut self.rest);
        let mut at = 0;
        while let Some((envelope, used)) = Envelope::split(&rest[at..])? {
            self.pace().await;
            if envelope.is_input() {
                let input = Input::parse(envelope)?;
                self.input(&input, ears).await;
            } else if let Some(message) = ToSharer::parse(envelope)? {
                self.message(message, ears).await;
            }
            at += used;
        }
        self.rest = rest;
        self.rest.drain(..at);
        // The codec knows longer messages, but only in the other direction.
        match self.rest.len() > MAX_UNKNOWN + HEAD {
            true => Err(WordsError::TooLong),
            false => Ok(()),
        }
    }

    /// Waits where a viewer says too much.
    async fn pace(&mut self) {
        const EACH: Duration = Duration::from_nanos(1_000_000_000 / MESSAGES_PER_SECOND as u64);
        let now = Instant::now();
        self.due = self.due.max(now) + EACH;
        if self.due > now + Duration::from_secs(1) {
            sleep_until(self.due - Duration::from_secs(1)).await;
        }
    }

    async fn message(&mut self, message: ToSharer, ears: &Ears<'_>) {
        if message == ToSharer::Reset {
            if let Some(last) = self.reset {
                sleep_until(last + RESET_PAUSE).await;
            }
            self.reset = Some(Instant::now());
        }
        if matches!(message, ToSharer::Hello(_)) {
            let session = ears.session;
            // Closed: the node is going down.
            let _ = ears.events.send(ShareEvent::Shown { session }).await;
        }
        // Closed: the runner let go, which the other lane says.
        if ears.say.send(message).await.is_ok() {
            ears.live.mailbox.wake();
        }
    }

    async fn input(&mut self, input: &Input, ears: &Ears<'_>) {
        let session = ears.session;
        let event = match ears.live.input(session, input) {
            Handled::Done => return,
            Handled::Dropped(refusal) => return ears.refused.add(refusal, 1),
            Handled::Asked => ShareEvent::ControlAsked { session },
            Handled::Returned => ShareEvent::ControlReturned { session },
        };
        // Closed: the node is going down.
        let _ = ears.events.send(event).await;
    }
}
