//! A stream as a sequence of frames: a length of four bytes, big endian, then
//! the frame (spec 06, "Frames").
//!
//! Two tasks serve each link. The reader waits while the node is busy, so
//! that a peer who sends too much only slows itself; the writer has a short
//! queue, and a peer who doesn't read loses the link.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, WriteHalf};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep_until};

use super::fellows::Told;
use crate::swarm::{ConnId, DeviceId, Stream};

/// How many frames may wait to be written. A batch of entries is one frame.
pub(super) const OUTBOX: usize = 256;

/// What a device may say in a row on a paced link: what two who meet have to
/// say first, with the hundreds of fellows that a large room brings.
const BURST: u32 = 256;
/// How long until it may say one thing more. Each may cost a signature, a
/// write to the disk and a decision.
const EACH: Duration = Duration::from_millis(32);

/// Names a link within this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct LinkId(u64);

/// What a link brings.
#[derive(Debug)]
pub(super) enum LinkEvent {
    /// A frame.
    Frame {
        /// From which link.
        link: LinkId,
        /// What it says.
        bytes: Vec<u8>,
    },
    /// The link has ended, however it ended.
    Closed {
        /// Which.
        link: LinkId,
    },
}

/// What is talked about on paced links, each at a pace of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Talk {
    /// Who we are, and what we allow.
    Hello,
    /// Sessions.
    Session,
}

/// When a device's next frame may be heard without waiting, as a bucket.
#[derive(Debug)]
struct Turns {
    full: Mutex<Instant>,
}

impl Turns {
    /// Waits where a device says too much: nothing is lost, and it only slows
    /// itself.
    async fn wait(&self) {
        sleep_until(self.take(Instant::now())).await;
    }

    /// Until when the next frame waits.
    fn take(&self, now: Instant) -> Instant {
        let mut full = self.full.lock().unwrap_or_else(PoisonError::into_inner);
        *full = (*full).max(now) + EACH;
        full.checked_sub(EACH * BURST).unwrap_or(now)
    }

    fn is_full(&self, now: Instant) -> bool {
        let full = self.full.lock().unwrap_or_else(PoisonError::into_inner);
        *full <= now
    }
}

/// Where links are heard, and how much of each device. A link that begins
/// anew begins no new pace.
#[derive(Debug)]
pub(super) struct Ears {
    events: mpsc::Sender<LinkEvent>,
    turns: BTreeMap<(DeviceId, Talk), Arc<Turns>>,
}

impl Ears {
    pub(super) fn new(events: mpsc::Sender<LinkEvent>) -> Self {
        let turns = BTreeMap::new();
        Self { events, turns }
    }

    /// Starts a link without a pace. At most `outbox` frames wait to be
    /// written.
    pub(super) fn link(&self, stream: Stream, max: usize, outbox: usize) -> Link {
        Link::start(stream, max, outbox, None, self.events.clone())
    }

    /// Starts one that is heard at a pace.
    pub(super) fn paced(&mut self, stream: Stream, max: usize, talk: Talk) -> Link {
        let turns = self.turns_of(stream.peer(), talk, Instant::now());
        Link::start(stream, max, OUTBOX, Some(turns), self.events.clone())
    }

    fn turns_of(&mut self, peer: DeviceId, talk: Talk, now: Instant) -> Arc<Turns> {
        // Whoever is full, and isn't listened to, is as new.
        self.turns
            .retain(|_, t| Arc::strong_count(t) > 1 || !t.is_full(now));
        let turns = self.turns.entry((peer, talk)).or_insert_with(|| {
            let full = Mutex::new(now);
            Arc::new(Turns { full })
        });
        Arc::clone(turns)
    }
}

/// One framed stream; dropping it ends the stream.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) id: LinkId,
    pub(super) peer: DeviceId,
    pub(super) conn: ConnId,
    /// How many frames the node has taken from it.
    pub(super) heard: u32,
    /// Which fellows were told over it.
    pub(super) told: Told,
    out: mpsc::Sender<Vec<u8>>,
    reader: AbortHandle,
}

impl Link {
    /// Starts to read and write `stream`, whose frames have at most `max`
    /// bytes; at most `outbox` of ours wait to be written.
    fn start(
        stream: Stream,
        max: usize,
        outbox: usize,
        turns: Option<Arc<Turns>>,
        events: mpsc::Sender<LinkEvent>,
    ) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let id = LinkId(NEXT.fetch_add(1, Ordering::Relaxed));
        let (peer, conn) = (stream.peer(), stream.conn());
        let (from, to) = tokio::io::split(stream);
        let (out, outbox) = mpsc::channel(outbox);
        let reader = tokio::spawn(async move {
            read(from, max, turns.as_deref(), id, &events).await;
            let _ = events.send(LinkEvent::Closed { link: id }).await;
        })
        .abort_handle();
        tokio::spawn(write(to, outbox));
        Self {
            id,
            peer,
            conn,
            heard: 0,
            told: Told::default(),
            out,
            reader,
        }
    }

    /// How many frames of what is long and not urgent may be queued now: half
    /// of the queue is for what is urgent.
    pub(super) fn room(&self) -> usize {
        room_in(&self.out)
    }

    /// Queues a frame. `false`: the peer reads too slowly or is gone, and the
    /// caller should drop the link.
    #[must_use]
    pub(super) fn send(&self, frame: Vec<u8>) -> bool {
        self.out.try_send(frame).is_ok()
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

/// What is free of a queue, less the half of it that is kept.
pub(super) fn room_in(queue: &mpsc::Sender<Vec<u8>>) -> usize {
    let half = queue.max_capacity() / 2;
    queue.capacity().saturating_sub(half)
}

async fn read(
    mut from: impl AsyncRead + Unpin,
    max: usize,
    turns: Option<&Turns>,
    link: LinkId,
    events: &mpsc::Sender<LinkEvent>,
) {
    loop {
        let mut head = [0; 4];
        if from.read_exact(&mut head).await.is_err() {
            return;
        }
        let len = u32::from_be_bytes(head) as usize;
        if len > max {
            return;
        }
        // Memory grows as bytes arrive: a lying length costs the liar.
        let mut bytes = Vec::new();
        match (&mut from).take(len as u64).read_to_end(&mut bytes).await {
            Ok(n) if n == len => {}
            _ => return,
        }
        if let Some(turns) = turns {
            turns.wait().await;
        }
        if events.send(LinkEvent::Frame { link, bytes }).await.is_err() {
            return;
        }
    }
}

async fn write(mut to: WriteHalf<Stream>, mut outbox: mpsc::Receiver<Vec<u8>>) {
    while let Some(frame) = outbox.recv().await {
        let Ok(len) = u32::try_from(frame.len()) else {
            return;
        };
        let sent = async {
            to.write_all(&len.to_be_bytes()).await?;
            to.write_all(&frame).await?;
            // What waits already goes out with it.
            while let Ok(frame) = outbox.try_recv() {
                let len = u32::try_from(frame.len()).map_err(std::io::Error::other)?;
                to.write_all(&len.to_be_bytes()).await?;
                to.write_all(&frame).await?;
            }
            to.flush().await
        };
        if sent.await.is_err() {
            return;
        }
    }
    let _ = to.shutdown().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R7: a contact that says new terms without end is heard at a pace,
    /// however often it begins anew.
    #[test]
    fn who_talks_without_end_is_heard_at_a_pace() {
        let mut ears = Ears::new(mpsc::channel(1).0);
        let start = Instant::now();
        let mut at_once = |peer, talk, now| {
            let turns = ears.turns_of(DeviceId::from_bytes([peer; 32]), talk, now);
            let waits = (0..2 * BURST).map(|_| turns.take(now) > now);
            waits.filter(|waits| !waits).count()
        };
        let burst = usize::try_from(BURST).unwrap();
        assert_eq!(at_once(1, Talk::Hello, start), burst);
        assert_eq!(at_once(1, Talk::Hello, start + EACH), 0);
        // Others, and other talk, wait for nobody.
        assert_eq!(at_once(2, Talk::Hello, start), burst);
        assert_eq!(at_once(1, Talk::Session, start), burst);
        // Nobody is remembered for ever.
        let later = start + 9 * BURST * EACH;
        assert_eq!(at_once(1, Talk::Hello, later), burst);
        assert_eq!(ears.turns.len(), 1);
    }

    #[tokio::test]
    async fn what_comes_too_early_waits_in_the_stream() {
        let (events, mut news) = mpsc::channel(8);
        let (mut theirs, ours) = tokio::io::duplex(64);
        let full = Mutex::new(Instant::now() + EACH * (BURST - 2));
        let turns = Turns { full };
        tokio::spawn(async move { read(ours, 16, Some(&turns), LinkId(0), &events).await });
        theirs.write_all(&[0, 0, 0, 1, 7].repeat(2)).await.unwrap();
        for _ in 0..2 {
            assert!(matches!(news.recv().await, Some(LinkEvent::Frame { .. })));
        }
        let (events, mut news) = mpsc::channel(8);
        let (mut theirs, ours) = tokio::io::duplex(64);
        let full = Mutex::new(Instant::now() + EACH * BURST * 1000);
        let turns = Turns { full };
        let reader = tokio::spawn(async move {
            read(ours, 16, Some(&turns), LinkId(0), &events).await;
        });
        theirs.write_all(&[0, 0, 0, 1, 7]).await.unwrap();
        let heard = tokio::time::timeout(EACH * 8, news.recv()).await;
        assert!(heard.is_err(), "at once");
        reader.abort();
    }
}
