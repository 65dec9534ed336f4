//! [`Stream`]: a byte stream pinned to one connection.

use std::{
    fmt, io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::compat::{Compat, FuturesAsyncReadCompatExt};

use super::{
    id::{ConnId, DeviceId},
    protocol::Protocol,
};

/// A two-way byte stream on one certain connection with one certain device.
///
/// It never moves to another connection: when that connection ends, reads and
/// writes fail. Dropping it resets the stream; shut it down to end it cleanly.
///
/// A stream that we opened may turn out to be unwanted (unknown protocol, or
/// the other side counts us a stranger) only at the first read: the opener
/// writes first and does not wait for the answer to the protocol's name, which
/// saves a round trip. See [`refused`].
pub struct Stream {
    io: Compat<libp2p::Stream>,
    peer: DeviceId,
    conn: ConnId,
    protocol: Protocol,
    /// An error was seen. Asking libp2p's stream anything after its protocol
    /// was refused is a panic there (multistream-select 0.14).
    failed: bool,
    heard: Heard,
    _places: Vec<Place>,
}

impl Stream {
    pub(super) fn new(
        io: libp2p::Stream,
        peer: DeviceId,
        conn: ConnId,
        protocol: Protocol,
        heard: Heard,
        places: Vec<Place>,
    ) -> Self {
        Self {
            io: io.compat(),
            peer,
            conn,
            protocol,
            failed: false,
            heard,
            _places: places,
        }
    }

    /// Runs one operation, unless one has failed before.
    fn guarded<T>(
        &mut self,
        operation: impl FnOnce(Pin<&mut Compat<libp2p::Stream>>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if self.failed {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let polled = operation(Pin::new(&mut self.io));
        self.failed = matches!(polled, Poll::Ready(Err(_)));
        polled
    }

    /// The device at the other end.
    #[must_use]
    pub fn peer(&self) -> DeviceId {
        self.peer
    }

    /// The connection it runs on.
    #[must_use]
    pub fn conn(&self) -> ConnId {
        self.conn
    }

    /// Its protocol.
    #[must_use]
    pub fn protocol(&self) -> &Protocol {
        &self.protocol
    }
}

/// Whether an error of the first read means that the other side doesn't serve
/// this protocol for us, as opposed to a broken connection.
#[must_use]
pub fn refused(error: &io::Error) -> bool {
    use multistream_select::NegotiationError;
    error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<NegotiationError>())
        .is_some_and(|inner| matches!(inner, NegotiationError::Failed))
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream")
            .field("protocol", &self.protocol)
            .field("peer", &self.peer)
            .field("conn", &self.conn)
            .finish_non_exhaustive()
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = self.guarded(|io| io.poll_read(cx, buf));
        if buf.filled().len() > before {
            self.heard.mark(Instant::now());
        }
        polled
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.guarded(|io| io.poll_write(cx, buf))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.guarded(|io| io.poll_flush(cx))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.guarded(|io| io.poll_shutdown(cx))
    }
}

/// When the last byte came in on any of our streams of one connection.
#[derive(Clone, Debug)]
pub(super) struct Heard {
    begun: Instant,
    /// Milliseconds since it began; none yet if 0.
    last: Arc<AtomicU64>,
}

impl Heard {
    /// Of a connection that begins now.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            begun: now,
            last: Arc::default(),
        }
    }

    fn mark(&self, now: Instant) {
        let ms = now.saturating_duration_since(self.begun).as_millis();
        let ms = u64::try_from(ms).unwrap_or(u64::MAX).max(1);
        self.last.fetch_max(ms, Ordering::Relaxed);
    }

    /// Whether something came in during the last `span`.
    pub(super) fn within(&self, span: Duration, now: Instant) -> bool {
        match self.last.load(Ordering::Relaxed) {
            0 => false,
            ms => {
                let age = now.saturating_duration_since(self.begun);
                age.saturating_sub(Duration::from_millis(ms)) < span
            }
        }
    }
}

/// Counts things that are alive, up to a limit given at each try (the limit
/// changes when a stranger becomes a contact).
#[derive(Clone, Debug, Default)]
pub(super) struct Counter(Arc<AtomicUsize>);

/// One counted thing; dropping it makes room.
#[derive(Debug)]
pub(super) struct Place(Arc<AtomicUsize>);

impl Counter {
    pub(super) fn take(&self, limit: usize) -> Option<Place> {
        self.0
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |taken| {
                (taken < limit).then_some(taken + 1)
            })
            .ok()
            .map(|_| Place(Arc::clone(&self.0)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_in_of_late_is_known() {
        let (begun, span) = (Instant::now(), Duration::from_secs(20));
        let heard = Heard::new(begun);
        let after = |secs| begun + Duration::from_secs(secs);
        assert!(!heard.within(span, begun), "nothing came in yet");
        heard.clone().mark(after(100));
        assert!(heard.within(span, after(100)));
        assert!(heard.within(span, after(119)));
        assert!(!heard.within(span, after(120)));
    }

    #[test]
    fn places_come_back() {
        let counter = Counter::default();
        let first = counter.take(2).unwrap();
        let _second = counter.take(2).unwrap();
        assert!(counter.take(2).is_none());
        assert!(counter.take(3).is_some(), "a wider limit lets more in");
        drop(first);
        assert!(counter.take(2).is_some());
    }
}
