//! The socket between the node and the process that shows a share (R7: the
//! node itself never decodes pixels).
//!
//! A frame is a lane (one byte), a length (four bytes, little-endian) and at
//! most [`FRAME_MAX`] bytes: lanes 0 and 1 carry the view protocol's control
//! and picture lane, lane 2 what node and window say to each other.

use std::io;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::Mutex;

/// Most bytes of a frame.
const FRAME_MAX: usize = 16 * 1024;
const FRAME_HEAD: usize = 5;

const CONTROL: u8 = 0;
const PICTURE: u8 = 1;
const LOCAL: u8 = 2;

/// What the node tells the window, beside what the sharer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum News {
    /// A path stands; whatever came in parts over an earlier one is void. The
    /// window says hello first.
    Anew = 0,
    /// Nothing comes from the sharer any more.
    Lost = 1,
    /// It is over.
    Ended = 2,
}

/// The node's end.
#[derive(Debug)]
pub(super) struct Face {
    pub(super) ears: FaceReader,
    pub(super) mouth: FaceWriter,
}

impl Face {
    pub(super) fn new(socket: std::os::unix::net::UnixStream) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        let (from, to) = UnixStream::from_std(socket)?.into_split();
        Ok(Self {
            ears: FaceReader {
                from,
                buf: vec![0; FRAME_HEAD + FRAME_MAX].into(),
                start: 0,
                end: 0,
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
        self.frame(CONTROL, bytes).await
    }

    pub(super) async fn picture(&self, bytes: &[u8]) -> io::Result<()> {
        self.frame(PICTURE, bytes).await
    }

    pub(super) async fn news(&self, news: News) -> io::Result<()> {
        self.frame(LOCAL, &[news as u8]).await
    }

    async fn frame(&self, lane: u8, bytes: &[u8]) -> io::Result<()> {
        let mut guard = self.0.lock().await;
        let (to, out) = &mut *guard;
        // A frame that was cut short when its future was dropped comes first:
        // the other end counts bytes.
        while !out.is_empty() {
            let n = to.write(out).await?;
            out.drain(..n);
        }
        out.push(lane);
        out.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
        out.extend_from_slice(bytes);
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

/// Reads what the window says.
#[derive(Debug)]
pub(super) struct FaceReader {
    from: OwnedReadHalf,
    buf: Box<[u8]>,
    start: usize,
    end: usize,
}

impl FaceReader {
    /// The next bytes for the sharer. Waiting may be cut short; nothing is
    /// lost.
    ///
    /// # Errors
    /// The window is gone, or says what it may not say: it is ended.
    pub(super) async fn next(&mut self) -> io::Result<&[u8]> {
        let (from, to) = loop {
            if let &[lane, a, b, c, d, ..] = &self.buf[self.start..self.end] {
                let len = u32::from_le_bytes([a, b, c, d]) as usize;
                if len > FRAME_MAX || !matches!(lane, CONTROL | LOCAL) {
                    return Err(io::ErrorKind::InvalidData.into());
                }
                let from = self.start + FRAME_HEAD;
                if self.end - from >= len {
                    self.start = from + len;
                    if lane == LOCAL {
                        continue;
                    }
                    break (from, from + len);
                }
            }
            self.fill().await?;
        };
        Ok(&self.buf[from..to])
    }

    async fn fill(&mut self) -> io::Result<()> {
        if self.start > 0 {
            self.buf.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        let n = self.from.read(&mut self.buf[self.end..]).await?;
        if n == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.end += n;
        Ok(())
    }
}
