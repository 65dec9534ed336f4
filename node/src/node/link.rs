//! A stream as a sequence of frames: a length of four bytes, big endian, then
//! the frame (spec 06, "Frames").
//!
//! Two tasks serve each link. The reader waits while the node is busy, so
//! that a peer who sends too much only slows itself; the writer has a short
//! queue, and a peer who doesn't read loses the link.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use crate::swarm::{ConnId, DeviceId, Stream};

/// How many frames may wait to be written. A batch of entries is one frame.
const OUTBOX: usize = 256;

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

/// One framed stream; dropping it ends the stream.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) id: LinkId,
    pub(super) peer: DeviceId,
    pub(super) conn: ConnId,
    /// How many frames the node has taken from it.
    pub(super) heard: u32,
    out: mpsc::Sender<Vec<u8>>,
    reader: AbortHandle,
}

impl Link {
    /// Starts to read and write `stream`, whose frames have at most `max`
    /// bytes.
    pub(super) fn start(stream: Stream, max: usize, events: mpsc::Sender<LinkEvent>) -> Self {
        Self::start_with(stream, max, OUTBOX, events)
    }

    /// The same; at most `outbox` frames wait to be written.
    pub(super) fn start_with(
        stream: Stream,
        max: usize,
        outbox: usize,
        events: mpsc::Sender<LinkEvent>,
    ) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let id = LinkId(NEXT.fetch_add(1, Ordering::Relaxed));
        let (peer, conn) = (stream.peer(), stream.conn());
        let (from, to) = tokio::io::split(stream);
        let (out, outbox) = mpsc::channel(outbox);
        let reader = tokio::spawn(async move {
            read(from, max, id, &events).await;
            let _ = events.send(LinkEvent::Closed { link: id }).await;
        })
        .abort_handle();
        tokio::spawn(write(to, outbox));
        Self {
            id,
            peer,
            conn,
            heard: 0,
            out,
            reader,
        }
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

async fn read(
    mut from: ReadHalf<Stream>,
    max: usize,
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
