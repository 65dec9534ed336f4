//! What stands on a `/kith/share/1` stream: one preface, then pieces.
//!
//! The preface says which path and which lane the stream is. A piece is a
//! kind (one byte), a length (two bytes, big endian) and at most
//! [`PIECE_MAX`] bytes. The view protocol travels inside data pieces; nodes
//! speak to each other in the others, which a viewer's window never sees.
//!
//! Specification: `protocol-spec/13-share-streams.md`.

use std::io;
use std::time::Duration;

use kith_codec::message::EndReason;
use kith_codec::share::Lane;
use kith_proto::session::PathNonce;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// Most bytes of one piece: a small message waits behind at most one such
/// piece, 1.3 ms at 100 Mb/s (DESIGN, "Swarm").
pub const PIECE_MAX: usize = 16 * 1024;
/// Bytes before a piece's body.
pub(super) const PIECE_HEAD: usize = 3;
/// Bytes of a preface.
pub const PREFACE_LEN: usize = 21;

/// The first bytes of a stream, from the viewer's node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Preface {
    pub(super) nonce: PathNonce,
    pub(super) lane: Lane,
    /// Counts the viewer's attempts to attach, from 1. Both lanes of one
    /// attempt belong together; a later attempt replaces an earlier one.
    pub(super) attempt: u32,
}

impl Preface {
    pub(super) fn to_bytes(self) -> [u8; PREFACE_LEN] {
        let mut out = [0; PREFACE_LEN];
        out[..16].copy_from_slice(self.nonce.as_bytes());
        out[16] = match self.lane {
            Lane::Control => 0,
            Lane::Picture => 1,
        };
        out[17..].copy_from_slice(&self.attempt.to_be_bytes());
        out
    }

    pub(super) fn from_bytes(bytes: &[u8; PREFACE_LEN]) -> Result<Self, WireFault> {
        let mut nonce = [0; 16];
        nonce.copy_from_slice(&bytes[..16]);
        let lane = match bytes[16] {
            0 => Lane::Control,
            1 => Lane::Picture,
            _ => return Err(WireFault::Lane),
        };
        let attempt = u32::from_be_bytes([bytes[17], bytes[18], bytes[19], bytes[20]]);
        if attempt == 0 {
            return Err(WireFault::Attempt);
        }
        Ok(Self {
            nonce: PathNonce::from_bytes(nonce),
            lane,
            attempt,
        })
    }
}

/// Why bytes on a share's stream were refused: the peer misbehaved, or speaks
/// a version that we don't.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireFault {
    /// A lane that doesn't exist.
    #[error("no such lane")]
    Lane,
    /// Attempts count from 1.
    #[error("an attempt numbered 0")]
    Attempt,
    /// A kind of piece that must be understood, and isn't.
    #[error("unknown critical piece of kind {0:#04x}")]
    Kind(u8),
    /// A piece of a length that its kind doesn't have.
    #[error("a piece of kind {0:#04x} has the wrong length")]
    Length(u8),
    /// A piece that does not belong to this lane or direction.
    #[error("a piece of kind {0:#04x} in the wrong place")]
    Misplaced(u8),
}

/// Numbers of the kinds of pieces. From 128 on, unknown ones are skipped.
pub(super) mod kind {
    pub(in crate::share) const DATA: u8 = 0;
    pub(in crate::share) const BEAT: u8 = 1;
    pub(in crate::share) const ECHO: u8 = 2;
    pub(in crate::share) const BYE: u8 = 3;
    pub(in crate::share) const SKIPPABLE: u8 = 0x80;
}

/// Why a side leaves, in its own words. Numbers are for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Bye {
    /// Its person ended it.
    Stopped = 0,
    /// What was shared is gone.
    SourceGone = 1,
    /// The viewer's right ended.
    Revoked = 2,
    /// Something failed there.
    Failed = 3,
    /// The other side broke the protocol.
    Fault = 4,
    /// The other side was silent for too long.
    Silent = 5,
    /// It knows no such session, or not with this device.
    Unknown = 6,
    /// Its program ends, or was locked.
    Closed = 7,
    /// A reason that this version doesn't know.
    Other = 255,
}

impl Bye {
    const KNOWN: [Self; 8] = [
        Self::Stopped,
        Self::SourceGone,
        Self::Revoked,
        Self::Failed,
        Self::Fault,
        Self::Silent,
        Self::Unknown,
        Self::Closed,
    ];

    /// What the view protocol calls it.
    pub(super) const fn reason(self) -> EndReason {
        match self {
            Self::Stopped | Self::Closed => EndReason::Stopped,
            Self::SourceGone => EndReason::SourceGone,
            Self::Revoked => EndReason::Revoked,
            Self::Failed | Self::Fault | Self::Silent | Self::Unknown | Self::Other => {
                EndReason::Failed
            }
        }
    }

    fn from_number(n: u8) -> Self {
        Self::KNOWN
            .into_iter()
            .find(|b| *b as u8 == n)
            .unwrap_or(Self::Other)
    }
}

impl From<EndReason> for Bye {
    fn from(reason: EndReason) -> Self {
        match reason {
            EndReason::Stopped => Self::Stopped,
            EndReason::SourceGone => Self::SourceGone,
            EndReason::Revoked => Self::Revoked,
            EndReason::Failed => Self::Failed,
        }
    }
}

/// One piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Bytes of the view protocol.
    Data(&'a [u8]),
    /// A sign of life, with a number to be echoed.
    Beat(u32),
    /// The number of a beat that came.
    Echo(u32),
    /// Nothing follows.
    Bye(Bye),
}

impl Piece<'_> {
    /// Appends the piece. Data must not be longer than [`PIECE_MAX`].
    pub(super) fn put(self, out: &mut Vec<u8>) {
        let mut put = |kind: u8, body: &[u8]| {
            let len = u16::try_from(body.len()).unwrap_or(u16::MAX);
            out.push(kind);
            out.extend_from_slice(&len.to_be_bytes());
            out.extend_from_slice(body);
        };
        match self {
            Piece::Data(body) => put(kind::DATA, body),
            Piece::Beat(n) => put(kind::BEAT, &n.to_be_bytes()),
            Piece::Echo(n) => put(kind::ECHO, &n.to_be_bytes()),
            Piece::Bye(bye) => put(kind::BYE, &[bye as u8]),
        }
    }
}

/// Cuts `head` and `body`, one after the other, into data pieces: each is the
/// piece's own head and the two parts of its body.
pub(super) fn data_pieces<'a>(
    head: &'a [u8],
    body: &'a [u8],
) -> impl Iterator<Item = ([u8; PIECE_HEAD], &'a [u8], &'a [u8])> {
    let mut head = Some(head);
    let mut rest = body;
    std::iter::from_fn(move || {
        // A message's own head is a few bytes, so it always fits the first.
        let lead = head.take().unwrap_or_default();
        if lead.is_empty() && rest.is_empty() {
            return None;
        }
        let (now, later) = rest.split_at(rest.len().min(PIECE_MAX.saturating_sub(lead.len())));
        rest = later;
        Some((piece_head(lead.len() + now.len()), lead, now))
    })
}

fn piece_head(len: usize) -> [u8; PIECE_HEAD] {
    let [a, b] = u16::try_from(len).unwrap_or(u16::MAX).to_be_bytes();
    [kind::DATA, a, b]
}

/// Writes pieces to a stream. Whoever waits for [`Self::flush`] may be cut
/// short: what was not written yet goes out with the next one.
#[derive(Debug)]
pub(super) struct PieceWriter<W> {
    io: W,
    out: Vec<u8>,
    sent: usize,
}

impl<W: AsyncWrite + Unpin> PieceWriter<W> {
    pub(super) const fn new(io: W) -> Self {
        Self {
            io,
            out: Vec::new(),
            sent: 0,
        }
    }

    /// Appends a piece.
    pub(super) fn push(&mut self, piece: Piece<'_>) {
        piece.put(&mut self.out);
    }

    /// Appends a message of the view protocol.
    pub(super) fn data(&mut self, head: &[u8], body: &[u8]) {
        for (lead, head, body) in data_pieces(head, body) {
            self.out.extend_from_slice(&lead);
            self.out.extend_from_slice(head);
            self.out.extend_from_slice(body);
        }
    }

    /// Writes what was appended.
    pub(super) async fn write(&mut self) -> io::Result<()> {
        while self.sent < self.out.len() {
            let n = self.io.write(&self.out[self.sent..]).await?;
            if n == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            self.sent += n;
        }
        self.out.clear();
        self.sent = 0;
        Ok(())
    }

    /// Writes what was appended, and sends it.
    pub(super) async fn flush(&mut self) -> io::Result<()> {
        self.write().await?;
        self.io.flush().await
    }

    /// Says goodbye and ends the stream, unless that takes longer than
    /// `longest`: a path that doesn't take it is lost anyway.
    pub(super) async fn farewell(&mut self, bye: Bye, longest: Duration) {
        self.push(Piece::Bye(bye));
        let said = async {
            self.flush().await?;
            self.io.shutdown().await
        };
        let _ = tokio::time::timeout(longest, said).await;
    }
}

/// Why reading pieces ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadEnd {
    /// The stream ended, cleanly or not: without a bye the path is lost.
    #[error("the stream ended: {0}")]
    Gone(io::Error),
    /// The peer's fault.
    #[error(transparent)]
    Fault(#[from] WireFault),
}

/// Reads pieces off a stream. Waiting for the next one may be cut short;
/// nothing is lost.
#[derive(Debug)]
pub(super) struct PieceReader<R> {
    io: R,
    buf: Box<[u8]>,
    start: usize,
    end: usize,
}

impl<R: AsyncRead + Unpin> PieceReader<R> {
    pub(super) fn new(io: R) -> Self {
        Self {
            io,
            buf: vec![0; PIECE_MAX + PIECE_HEAD].into(),
            start: 0,
            end: 0,
        }
    }

    /// The next piece.
    pub(super) async fn next(&mut self) -> Result<Piece<'_>, ReadEnd> {
        let (kind, from, to) = self.locate().await?;
        self.start = to;
        Ok(piece(kind, &self.buf[from..to])?)
    }

    /// The next piece, which stays where it is.
    pub(super) async fn peek(&mut self) -> Result<Piece<'_>, ReadEnd> {
        let (kind, from, to) = self.locate().await?;
        Ok(piece(kind, &self.buf[from..to])?)
    }

    /// Where the next piece's body is, once it is whole.
    async fn locate(&mut self) -> Result<(u8, usize, usize), ReadEnd> {
        loop {
            if let Some((kind, len)) = head(&self.buf[self.start..self.end])? {
                let from = self.start + PIECE_HEAD;
                if self.end - from >= len {
                    if kind < kind::SKIPPABLE {
                        return Ok((kind, from, from + len));
                    }
                    self.start = from + len;
                    continue;
                }
            }
            self.fill().await.map_err(ReadEnd::Gone)?;
        }
    }

    async fn fill(&mut self) -> io::Result<()> {
        if self.start > 0 {
            self.buf.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        let n = self.io.read(&mut self.buf[self.end..]).await?;
        if n == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.end += n;
        Ok(())
    }
}

fn piece(kind: u8, body: &[u8]) -> Result<Piece<'_>, WireFault> {
    Ok(match (kind, body) {
        (kind::DATA, _) => Piece::Data(body),
        (kind::BEAT, &[a, b, c, d]) => Piece::Beat(u32::from_be_bytes([a, b, c, d])),
        (kind::ECHO, &[a, b, c, d]) => Piece::Echo(u32::from_be_bytes([a, b, c, d])),
        (kind::BYE, &[n]) => Piece::Bye(Bye::from_number(n)),
        (k, _) => return Err(WireFault::Length(k)),
    })
}

/// Kind and length of the piece that begins here, once both are there.
fn head(bytes: &[u8]) -> Result<Option<(u8, usize)>, WireFault> {
    let &[kind, a, b, ..] = bytes else {
        return Ok(None);
    };
    let len = usize::from(u16::from_be_bytes([a, b]));
    let fits = match kind {
        kind::DATA => len <= PIECE_MAX,
        kind::BEAT | kind::ECHO => len == 4,
        kind::BYE => len == 1,
        k if k >= kind::SKIPPABLE => len <= PIECE_MAX,
        k => return Err(WireFault::Kind(k)),
    };
    match fits {
        true => Ok(Some((kind, len))),
        false => Err(WireFault::Length(kind)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read_all(bytes: &[u8]) -> (Vec<String>, ReadEnd) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut reader = PieceReader::new(bytes);
            let mut seen = Vec::new();
            loop {
                match reader.next().await {
                    Ok(piece) => seen.push(format!("{piece:?}")),
                    Err(end) => return (seen, end),
                }
            }
        })
    }

    #[test]
    fn the_bytes_of_each_piece() {
        let mut out = Vec::new();
        Piece::Data(b"ab").put(&mut out);
        Piece::Beat(7).put(&mut out);
        Piece::Echo(0x0102_0304).put(&mut out);
        Piece::Bye(Bye::Revoked).put(&mut out);
        let expected = [
            &[0, 0, 2, b'a', b'b'][..],
            &[1, 0, 4, 0, 0, 0, 7],
            &[2, 0, 4, 1, 2, 3, 4],
            &[3, 0, 1, 2],
        ]
        .concat();
        assert_eq!(out, expected);
        let (seen, end) = read_all(&out);
        assert_eq!(
            seen,
            [
                "Data([97, 98])",
                "Beat(7)",
                "Echo(16909060)",
                "Bye(Revoked)"
            ]
        );
        assert!(matches!(end, ReadEnd::Gone(_)));
    }

    #[test]
    fn what_is_wrong_is_refused_before_its_body_comes() {
        let wrong = |bytes: &[u8]| match read_all(bytes).1 {
            ReadEnd::Fault(fault) => fault,
            other => panic!("{other:?}"),
        };
        assert_eq!(wrong(&[0, 0x40, 0x01]), WireFault::Length(0));
        assert_eq!(wrong(&[1, 0, 5]), WireFault::Length(1));
        assert_eq!(wrong(&[3, 0, 0]), WireFault::Length(3));
        assert_eq!(wrong(&[4, 0, 0]), WireFault::Kind(4));
        assert_eq!(wrong(&[0x80, 0xff, 0xff]), WireFault::Length(0x80));
        // Later versions may add what can be skipped.
        let (seen, _) = read_all(&[0x90, 0, 2, 9, 9, 3, 0, 1, 200]);
        assert_eq!(seen, ["Bye(Other)"]);
    }

    #[test]
    fn a_preface_comes_back_and_a_wrong_one_does_not() {
        let preface = Preface {
            nonce: PathNonce::from_bytes([7; 16]),
            lane: Lane::Picture,
            attempt: 3,
        };
        let bytes = preface.to_bytes();
        assert_eq!(Preface::from_bytes(&bytes), Ok(preface));
        let mut lane = bytes;
        lane[16] = 2;
        assert_eq!(Preface::from_bytes(&lane), Err(WireFault::Lane));
        let mut attempt = bytes;
        attempt[17..].fill(0);
        assert_eq!(Preface::from_bytes(&attempt), Err(WireFault::Attempt));
    }

    proptest! {
        #[test]
        fn messages_are_cut_and_joined(
            head in proptest::collection::vec(any::<u8>(), 0..16),
            body in proptest::collection::vec(any::<u8>(), 0..60_000),
        ) {
            let mut out = Vec::new();
            for (lead, head, body) in data_pieces(&head, &body) {
                out.extend_from_slice(&lead);
                out.extend_from_slice(head);
                out.extend_from_slice(body);
            }
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let joined = runtime.block_on(async {
                let mut reader = PieceReader::new(&out[..]);
                let mut joined = Vec::new();
                while let Ok(Piece::Data(bytes)) = reader.next().await {
                    joined.extend_from_slice(bytes);
                }
                joined
            });
            prop_assert_eq!(joined, [head, body].concat());
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..400),
        ) {
            let _ = read_all(&bytes);
        }
    }
}
