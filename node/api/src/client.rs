//! A face's end of the local socket: blocking, for a thread of its own.

use std::collections::VecDeque;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use thiserror::Error;

use crate::wire::{self, Ask, FrameError, Greeting, Tell};
use crate::{ApiError, Event, Reply, Request};

/// Why a request got no answer, or a bad one.
#[derive(Debug, Error)]
pub enum ClientError {
    /// No node runs for this profile, or its socket can't be reached.
    #[error("no node is running for this profile ({0})")]
    NotRunning(std::io::Error),
    /// The socket, or a folder above it, is closed to this user.
    #[error("this profile belongs to another user of this machine")]
    OthersProfile,
    /// The node speaks another version of the API.
    #[error(
        "the running node ({software}) speaks API version {theirs}; this program speaks {ours}"
    )]
    Version {
        /// The node's version.
        theirs: u32,
        /// Our version.
        ours: u32,
        /// The node's program.
        software: String,
    },
    /// The connection broke. What was asked may have been done.
    #[error("the node went away; what was asked may have been done")]
    Gone(#[source] FrameError),
    /// The node closed the connection in good order.
    #[error("the node has stopped")]
    Closed,
    /// The node refused.
    #[error(transparent)]
    Refused(#[from] ApiError),
}

/// Ends a connection that another thread waits on.
#[derive(Debug)]
pub struct HangUp(UnixStream);

impl HangUp {
    /// Ends it: who waits hears that it is closed, and what the node asks a person
    /// about for it is taken back.
    pub fn now(&self) {
        // It may be over already.
        let _ = self.0.shutdown(std::net::Shutdown::Both);
    }
}

/// A connection to a node.
#[derive(Debug)]
pub struct Client {
    stream: UnixStream,
    next: u64,
    events: VecDeque<Event>,
    at_screen: fn(u64),
}

/// The most events kept while waiting for a reply; the oldest go first,
/// because a face that asks while it listens will look at the newest state.
const EVENTS_KEPT: usize = 4096;

/// How long the greeting may take.
const GREETING_TIMEOUT: Duration = Duration::from_secs(5);

impl Client {
    /// Connects to the node that listens at `socket` and greets it.
    ///
    /// # Errors
    /// No node is there, or it is of another version.
    pub fn connect(socket: &Path, software: &str) -> Result<Self, ClientError> {
        let mut stream = UnixStream::connect(socket).map_err(|e| match e.kind() {
            std::io::ErrorKind::PermissionDenied => ClientError::OthersProfile,
            _ => ClientError::NotRunning(e),
        })?;
        let greeting = Greeting::of(software);
        stream
            .set_read_timeout(Some(GREETING_TIMEOUT))
            .map_err(ClientError::NotRunning)?;
        wire::write(&mut stream, &greeting).map_err(ClientError::Gone)?;
        let theirs: Greeting = wire::read(&mut stream)
            .map_err(ClientError::Gone)?
            .ok_or(ClientError::Closed)?;
        if theirs.api != wire::VERSION {
            return Err(ClientError::Version {
                theirs: theirs.api,
                ours: wire::VERSION,
                software: theirs.software,
            });
        }
        if let Some(why) = theirs.refused {
            return Err(why.into());
        }
        stream
            .set_read_timeout(None)
            .map_err(ClientError::NotRunning)?;
        Ok(Self {
            stream,
            next: 1,
            events: VecDeque::new(),
            at_screen: |_| (),
        })
    }

    /// What is called while [`Client::ask`] waits for a person's answer at the
    /// screen ([`Event::AtScreen`]), with the time until when it does.
    #[must_use]
    pub fn at_screen(mut self, tell: fn(u64)) -> Self {
        self.at_screen = tell;
        self
    }

    /// What ends this connection from elsewhere.
    ///
    /// # Errors
    /// The system refuses.
    pub fn hang_up(&self) -> std::io::Result<HangUp> {
        self.stream.try_clone().map(HangUp)
    }

    /// Asks, and waits for the answer. Events that arrive meanwhile are kept
    /// for [`Client::next_event`].
    ///
    /// # Errors
    /// The node refuses or goes away.
    pub fn ask(&mut self, request: Request) -> Result<Reply, ClientError> {
        let id = self.next;
        self.next += 1;
        wire::write(&mut self.stream, &Ask { id, request }).map_err(ClientError::Gone)?;
        loop {
            match self.read()? {
                Tell::Reply {
                    id: answered,
                    result,
                } if answered == id => return Ok(result?),
                Tell::Reply { .. } => {}
                Tell::Event(Event::AtScreen { until_ms }) => (self.at_screen)(until_ms),
                Tell::Event(event) => {
                    if self.events.len() >= EVENTS_KEPT {
                        self.events.pop_front();
                    }
                    self.events.push_back(event);
                }
            }
        }
    }

    /// Waits for the next event of a subscription.
    ///
    /// # Errors
    /// The node goes away.
    pub fn next_event(&mut self) -> Result<Event, ClientError> {
        if let Some(event) = self.events.pop_front() {
            return Ok(event);
        }
        loop {
            if let Tell::Event(event) = self.read()? {
                return Ok(event);
            }
        }
    }

    /// Subscribes on this connection and turns it into its events.
    ///
    /// # Errors
    /// The node refuses or goes away.
    pub fn subscribe(mut self) -> Result<Events, ClientError> {
        self.ask(Request::Subscribe)?;
        Ok(Events(self))
    }

    /// Ends waits in [`Client::ask`] and [`Client::next_event`] after a time.
    ///
    /// # Errors
    /// The system refuses.
    pub fn set_timeout(&self, after: Option<Duration>) -> std::io::Result<()> {
        self.stream.set_read_timeout(after)
    }

    fn read(&mut self) -> Result<Tell, ClientError> {
        wire::read(&mut self.stream)
            .map_err(ClientError::Gone)?
            .ok_or(ClientError::Closed)
    }
}

/// The events of a subscription; ends when the node goes away.
#[derive(Debug)]
pub struct Events(Client);

impl Iterator for Events {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        self.0.next_event().ok()
    }
}
