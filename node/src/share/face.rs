//! The socket between the node and the process that shows a share (DESIGN,
//! "Processes": the node itself never decodes pixels). Frames and local
//! messages are `kith-view`'s.

use std::io;

use kith_view::frame::{self, FrameError, Lane};
use kith_view::local::{FromNode, FromView, LocalError};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::FAREWELL;
use super::event::Ending;

/// Bytes read from the window at once.
const CHUNK: usize = 4096;

/// Why the window can't be heard any more.
#[derive(Debug, thiserror::Error)]
pub(super) enum FaceError {
    /// It was closed, or its process died.
    #[error(transparent)]
    Gone(#[from] io::Error),
    /// It sends no frames: what a stranger sent may have taken it over.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The same, in the local lane.
    #[error(transparent)]
    Local(#[from] LocalError),
    /// It has no picture lane to us.
    #[error("the window sends a picture")]
    Picture,
}

/// The node's end.
#[derive(Debug)]
pub(super) struct Face {
    pub(super) ears: FaceReader,
    pub(super) mouth: FaceWriter,
}

impl Face {
    /// Within a tokio runtime.
    pub(super) fn new(socket: std::os::unix::net::UnixStream) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        let (from, to) = UnixStream::from_std(socket)?.into_split();
        Ok(Self {
            ears: FaceReader {
                from,
                frames: frame::Reader::new(),
                chunk: vec![0; CHUNK].into(),
                hellos: 0,
                restarts: 0,
                ready: false,
            },
            mouth: FaceWriter(Mutex::new((to, Vec::new()))),
        })
    }
}

/// Writes whole frames, from several futures.
#[derive(Debug)]
pub(super) struct FaceWriter(Mutex<(OwnedWriteHalf, Vec<u8>)>);

impl FaceWriter {
    pub(super) async fn control(&self, bytes: &[u8]) -> io::Result<()> {
        self.frame(Lane::Control, bytes).await
    }

    pub(super) async fn picture(&self, bytes: &[u8]) -> io::Result<()> {
        self.frame(Lane::Picture, bytes).await
    }

    pub(super) async fn tell(&self, message: &FromNode) -> io::Result<()> {
        self.frame(Lane::Local, &message.to_bytes()).await
    }

    async fn frame(&self, lane: Lane, bytes: &[u8]) -> io::Result<()> {
        let mut guard = self.0.lock().await;
        let (to, out) = &mut *guard;
        // A frame that was cut short when its future was dropped goes first:
        // the other end counts bytes.
        frame::put(lane, bytes, out);
        while !out.is_empty() {
            let n = to.write(out).await?;
            if n == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            out.drain(..n);
        }
        Ok(())
    }
}

/// What the window says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// For the sharer.
    Control(Vec<u8>),
    /// The same: it has painted an update.
    Painted(Vec<u8>),
    /// The same, and it may wait. Holds for the last one only.
    Late(Vec<u8>),
    /// It can't show what the sharer sent.
    Refused,
    /// The pixels of a trial picture, as decoded.
    Seen(Vec<u8>),
}

/// Reads what the window says.
#[derive(Debug)]
pub(super) struct FaceReader {
    from: OwnedReadHalf,
    frames: frame::Reader,
    chunk: Box<[u8]>,
    /// Greetings that came.
    hellos: u32,
    /// Paths after the first.
    restarts: u32,
    /// It said that it stands.
    ready: bool,
}

impl FaceReader {
    /// The window is told that both lanes begin anew: what it says before it
    /// greets again is about the path before, and void.
    pub(super) fn restart(&mut self) {
        self.restarts += 1;
    }

    /// Why it is gone, by all that it said before: whether it ever stood.
    pub(super) async fn why_gone(&mut self) -> Ending {
        let rest = async { while self.next().await.is_ok() {} };
        // It is at its end already, or soon.
        let _ = timeout(FAREWELL, rest).await;
        match self.ready {
            true => Ending::Window,
            false => Ending::NoWindow,
        }
    }

    /// What comes next. Waiting may be cut short; nothing is lost.
    pub(super) async fn next(&mut self) -> Result<Said, FaceError> {
        /// The kind of the view protocol's hello, which has a frame of its own.
        const HELLO: u8 = 0x01;
        /// That of its acknowledgement, likewise.
        const ACK: u8 = 0x20;
        loop {
            while let Some((lane, bytes)) = self.frames.next_frame()? {
                match lane {
                    Lane::Control => {
                        self.hellos += u32::from(bytes.first() == Some(&HELLO));
                        if self.hellos > self.restarts {
                            let said = match bytes.first() {
                                Some(&ACK) => Said::Painted,
                                _ => Said::Control,
                            };
                            return Ok(said(bytes.to_vec()));
                        }
                    }
                    Lane::Late if self.hellos > self.restarts => {
                        return Ok(Said::Late(bytes.to_vec()));
                    }
                    Lane::Late => {}
                    Lane::Local => match FromView::parse(bytes)? {
                        FromView::Ready { files, calls } => {
                            tracing::debug!(files, calls, "a window is confined");
                            self.ready = true;
                        }
                        FromView::Refused => return Ok(Said::Refused),
                        FromView::Seen(pixels) => return Ok(Said::Seen(pixels)),
                    },
                    Lane::Picture => return Err(FaceError::Picture),
                }
            }
            let n = self.from.read(&mut self.chunk).await?;
            if n == 0 {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
            self.frames.push(&self.chunk[..n]);
        }
    }
}
