//! The compressor that all updates of one pace pass through, and its mirror.
//!
//! One zstd frame lasts from reset point to reset point; each update is what
//! the compressor gives when flushed. A key typed twice then costs a
//! reference, not a letter.

use zstd::stream::raw::{CParameter, DParameter, Decoder, Encoder, InBuffer, Operation, OutBuffer};

/// Base-two logarithm of the window: 1 MiB on either side of a share. A
/// decoder refuses a stream that asks for more.
pub const WINDOW_LOG: u32 = 20;

/// How far a failed decompression is the peer's fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StreamError {
    /// The peer sent bytes that are not this stream's continuation.
    #[error("the peer sent a damaged stream")]
    Damaged,
    /// The peer's update would decompress to more than it may.
    #[error("the peer sent an update that decompresses to too much")]
    TooLarge,
    /// The peer ended the stream; only a reset point begins another.
    #[error("the peer ended the stream")]
    Ended,
    /// The library refused to work here (memory).
    #[error("the compressor failed on this machine")]
    Library,
}

/// Growth step of output buffers, bytes. zstd blocks are at most 128 KiB.
const STEP: usize = 128 * 1024;

/// Shortest repetition that is looked for. The compressor's own choice for its
/// fastest levels is 7; in the few bytes of a typed key most are shorter.
const SHORTEST: u32 = 5;

/// Compresses updates into one stream.
pub(crate) struct Packer {
    zstd: Encoder<'static>,
}

impl std::fmt::Debug for Packer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Packer")
    }
}

impl Packer {
    pub(crate) fn new(level: i32) -> Result<Self, StreamError> {
        let mut zstd = Encoder::new(level).map_err(|_| StreamError::Library)?;
        for p in [
            CParameter::WindowLog(WINDOW_LOG),
            CParameter::ContentSizeFlag(false),
            CParameter::ChecksumFlag(false),
            CParameter::DictIdFlag(false),
            CParameter::MinMatch(SHORTEST),
        ] {
            zstd.set_parameter(p).map_err(|_| StreamError::Library)?;
        }
        Ok(Self { zstd })
    }

    /// Starts a new stream: what follows needs nothing that came before.
    pub(crate) fn reset(&mut self) -> Result<(), StreamError> {
        self.zstd.reinit().map_err(|_| StreamError::Library)
    }

    /// Compresses `parts` in order and flushes, appending to `out`.
    pub(crate) fn pack(&mut self, parts: &[&[u8]], out: &mut Vec<u8>) -> Result<(), StreamError> {
        for part in parts {
            let mut input = InBuffer::around(part);
            while input.pos() < part.len() {
                let at = out.len();
                out.reserve(STEP);
                let mut output = OutBuffer::around_pos(out, at);
                self.zstd
                    .run(&mut input, &mut output)
                    .map_err(|_| StreamError::Library)?;
            }
        }
        loop {
            let at = out.len();
            out.reserve(STEP);
            let mut output = OutBuffer::around_pos(out, at);
            if self
                .zstd
                .flush(&mut output)
                .map_err(|_| StreamError::Library)?
                == 0
            {
                return Ok(());
            }
        }
    }
}

/// Decompresses updates of one stream, within bounds.
pub(crate) struct Unpacker {
    zstd: Decoder<'static>,
}

impl std::fmt::Debug for Unpacker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Unpacker")
    }
}

impl Unpacker {
    pub(crate) fn new() -> Result<Self, StreamError> {
        let mut zstd = Decoder::new().map_err(|_| StreamError::Library)?;
        zstd.set_parameter(DParameter::WindowLogMax(WINDOW_LOG))
            .map_err(|_| StreamError::Library)?;
        Ok(Self { zstd })
    }

    pub(crate) fn reset(&mut self) -> Result<(), StreamError> {
        self.zstd.reinit().map_err(|_| StreamError::Library)
    }

    /// Decompresses one update into `out` (cleared first), at most `cap`
    /// bytes. After an error the stream is of no use until reset.
    pub(crate) fn unpack(
        &mut self,
        chunk: &[u8],
        cap: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), StreamError> {
        out.clear();
        let mut input = InBuffer::around(chunk);
        loop {
            let at = out.len();
            // One byte over the cap tells "too large" from "just fits".
            let room = (cap + 1).saturating_sub(at).min(STEP);
            if room == 0 {
                return Err(StreamError::TooLarge);
            }
            out.resize(at + room, 0);
            let mut output = OutBuffer::around(&mut out[at..]);
            let result = self.zstd.run(&mut input, &mut output);
            let written = output.pos();
            out.truncate(at + written);
            if result.map_err(|_| StreamError::Damaged)? == 0 {
                return Err(StreamError::Ended);
            }
            if out.len() > cap {
                return Err(StreamError::TooLarge);
            }
            if input.pos() == chunk.len() && written < room {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn updates_come_out_one_by_one() {
        let mut p = Packer::new(1).unwrap();
        let mut u = Unpacker::new().unwrap();
        let mut sizes = Vec::new();
        for i in 0..20u8 {
            let text: Vec<u8> = (0..200).map(|j: u8| j ^ (i / 10)).collect();
            let (mut packed, mut back) = (Vec::new(), Vec::new());
            p.pack(&[&text[..50], &text[50..]], &mut packed).unwrap();
            u.unpack(&packed, 200, &mut back).unwrap();
            assert_eq!(back, text);
            sizes.push(packed.len());
        }
        assert!(sizes[1] < 20, "a repetition costs a reference: {sizes:?}");
    }

    #[test]
    fn a_reset_needs_no_history() {
        let mut p = Packer::new(1).unwrap();
        let mut packed = Vec::new();
        p.pack(&[b"something before"], &mut packed).unwrap();
        p.reset().unwrap();
        packed.clear();
        p.pack(&[b"something after"], &mut packed).unwrap();
        let mut back = Vec::new();
        Unpacker::new()
            .unwrap()
            .unpack(&packed, 100, &mut back)
            .unwrap();
        assert_eq!(back, b"something after");
    }

    #[test]
    fn a_bomb_stops_at_the_cap() {
        let mut p = Packer::new(1).unwrap();
        let mut packed = Vec::new();
        let zeros = vec![0u8; 1 << 24];
        p.pack(&[&zeros], &mut packed).unwrap();
        assert!(packed.len() < 4096);
        let mut back = Vec::new();
        let r = Unpacker::new().unwrap().unpack(&packed, 1 << 20, &mut back);
        assert_eq!(r, Err(StreamError::TooLarge));
        assert!(back.capacity() < 4 << 20);
    }

    #[test]
    fn a_wide_window_is_refused() {
        let mut z = Encoder::new(1).unwrap();
        z.set_parameter(CParameter::WindowLog(WINDOW_LOG + 1))
            .unwrap();
        let mut p = Packer { zstd: z };
        let mut packed = Vec::new();
        p.pack(&[b"x"], &mut packed).unwrap();
        let mut back = Vec::new();
        assert_eq!(
            Unpacker::new().unwrap().unpack(&packed, 100, &mut back),
            Err(StreamError::Damaged)
        );
    }

    #[test]
    fn an_ended_stream_is_refused() {
        let whole = zstd::encode_all(&b"all of it"[..], 1).unwrap();
        let mut back = Vec::new();
        assert_eq!(
            Unpacker::new().unwrap().unpack(&whole, 100, &mut back),
            Err(StreamError::Ended)
        );
    }
}
