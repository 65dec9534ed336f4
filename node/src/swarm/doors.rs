//! Handshakes of those who come to us, kept so that one can be broken off.
//!
//! libp2p lets a behaviour refuse whoever comes, but not let go of a handshake
//! that has begun. Without that, whoever begins many and ends none keeps the
//! places until they time out (THREATS R7). [`Doors`] stands around the
//! transport and keeps a handle for each; the limits take it as they admit.

use std::{
    collections::HashMap,
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
};

use libp2p::{
    Multiaddr,
    core::transport::{DialOpts, ListenerId, Transport, TransportError, TransportEvent},
    futures::future::{AbortHandle, Abortable},
};

/// Most handles that nobody has taken. libp2p asks the limits right after the
/// transport tells of a handshake, so that there is hardly ever more than one.
const MAX_UNTAKEN: usize = 64;

/// From where to where a handshake goes: ours, theirs.
type Way = (Multiaddr, Multiaddr);

/// Handles of handshakes that have just begun.
#[derive(Debug, Default)]
pub(super) struct Handles(Mutex<HashMap<Way, AbortHandle>>);

impl Handles {
    fn keep(&self, way: Way, handle: AbortHandle) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < MAX_UNTAKEN {
            kept.insert(way, handle);
        }
    }

    /// The handle of the handshake that just began between these two.
    pub(super) fn take(&self, local: &Multiaddr, remote: &Multiaddr) -> Option<AbortHandle> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.remove(&(local.clone(), remote.clone()))
    }
}

/// A transport whose inbound handshakes can be broken off.
#[derive(Debug)]
pub(super) struct Doors<T> {
    inner: T,
    handles: Arc<Handles>,
}

impl<T> Doors<T> {
    pub(super) fn new(inner: T, handles: Arc<Handles>) -> Self {
        Self { inner, handles }
    }
}

/// An inbound handshake; an error as soon as it is broken off.
#[derive(Debug)]
pub(super) struct Handshake<F>(Abortable<F>);

impl<F, O> Future for Handshake<F>
where
    F: Future<Output = Result<O, io::Error>> + Unpin,
{
    type Output = Result<O, io::Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let ended = ready!(Pin::new(&mut self.0).poll(cx));
        Poll::Ready(ended.unwrap_or_else(|_| Err(io::ErrorKind::ConnectionAborted.into())))
    }
}

impl<T> Transport for Doors<T>
where
    T: Transport<Error = io::Error> + Unpin,
    T::ListenerUpgrade: Unpin,
{
    type Output = T::Output;
    type Error = io::Error;
    type ListenerUpgrade = Handshake<T::ListenerUpgrade>;
    type Dial = T::Dial;

    fn listen_on(
        &mut self,
        id: ListenerId,
        addr: Multiaddr,
    ) -> Result<(), TransportError<io::Error>> {
        self.inner.listen_on(id, addr)
    }

    fn remove_listener(&mut self, id: ListenerId) -> bool {
        self.inner.remove_listener(id)
    }

    fn dial(
        &mut self,
        addr: Multiaddr,
        opts: DialOpts,
    ) -> Result<Self::Dial, TransportError<io::Error>> {
        self.inner.dial(addr, opts)
    }

    fn poll(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<TransportEvent<Self::ListenerUpgrade, io::Error>> {
        let event = ready!(Pin::new(&mut self.inner).poll(cx));
        let (handle, registration) = AbortHandle::new_pair();
        if let TransportEvent::Incoming {
            local_addr,
            send_back_addr,
            ..
        } = &event
        {
            let way = (local_addr.clone(), send_back_addr.clone());
            self.handles.keep(way, handle);
        }
        Poll::Ready(event.map_upgrade(|upgrade| Handshake(Abortable::new(upgrade, registration))))
    }
}
