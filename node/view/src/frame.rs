//! The frames between node and viewer process: a lane (one byte), a length
//! (four bytes, little-endian) and so many bytes. Within the control and the
//! picture lane the bytes are a stream that frames cut anywhere; in the local
//! lane each frame is one message.

/// Most bytes of one frame: a large picture in small pieces, so that a small
/// message never waits long behind it.
pub const MAX_PIECE: usize = 16 * 1024;

/// Bytes before a piece.
pub const HEAD: usize = 5;

/// What a frame carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lane {
    /// The share's control lane, either way.
    Control,
    /// The share's picture lane, to the viewer.
    Picture,
    /// Between node and viewer process only ([`crate::local`]).
    Local,
    /// The control lane, to the node: an acknowledgement that may wait for
    /// the next bytes in that direction. Of several the last one counts.
    Late,
}

impl Lane {
    const ALL: [Self; 4] = [Self::Control, Self::Picture, Self::Local, Self::Late];
}

/// Why frames could not be read. The other end of the socket is our own node:
/// it is broken or not the same version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// A lane that does not exist.
    #[error("a frame of unknown lane {0}")]
    Lane(u8),
    /// A length of 0 or above [`MAX_PIECE`].
    #[error("a frame of {0} bytes")]
    Length(u32),
}

/// Appends `bytes` to `out` as frames of one lane. Nothing for no bytes.
pub fn put(lane: Lane, bytes: &[u8], out: &mut Vec<u8>) {
    for piece in bytes.chunks(MAX_PIECE) {
        out.push(lane as u8);
        out.extend_from_slice(&(piece.len() as u32).to_le_bytes());
        out.extend_from_slice(piece);
    }
}

/// Cuts bytes into frames. Holds at most one frame and what was pushed last.
#[derive(Debug, Default)]
pub struct Reader {
    bytes: Vec<u8>,
    at: usize,
}

impl Reader {
    /// Nothing read yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            bytes: Vec::new(),
            at: 0,
        }
    }

    /// Takes bytes in. Take all frames out before the next call: that bounds
    /// what is held.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.at);
        self.at = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole frame, if there is one.
    ///
    /// # Errors
    /// [`FrameError`]; nothing more can be read then.
    pub fn next_frame(&mut self) -> Result<Option<(Lane, &[u8])>, FrameError> {
        let rest = self.bytes.get(self.at..).unwrap_or(&[]);
        let Some((&[lane, a, b, c, d], rest)) = rest.split_first_chunk::<HEAD>() else {
            return Ok(None);
        };
        let lane = *Lane::ALL
            .get(usize::from(lane))
            .ok_or(FrameError::Lane(lane))?;
        let length = u32::from_le_bytes([a, b, c, d]);
        let n = length as usize;
        if n == 0 || n > MAX_PIECE {
            return Err(FrameError::Length(length));
        }
        let Some(piece) = rest.get(..n) else {
            return Ok(None);
        };
        self.at += HEAD + n;
        Ok(Some((lane, piece)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lane() -> impl Strategy<Value = Lane> {
        (0..4usize).prop_map(|i| Lane::ALL[i])
    }

    proptest! {
        /// However the bytes are cut, the lanes' streams are the same.
        #[test]
        fn lanes_come_back(
            sent in prop::collection::vec((lane(), prop::collection::vec(any::<u8>(), 0..40_000)), 0..6),
            cuts in prop::collection::vec(1usize..30_000, 1..20),
        ) {
            let mut wire = Vec::new();
            let mut expected = [vec![], vec![], vec![], vec![]];
            for (lane, bytes) in &sent {
                put(*lane, bytes, &mut wire);
                expected[*lane as usize].extend_from_slice(bytes);
            }
            let mut reader = Reader::new();
            let mut got = [vec![], vec![], vec![], vec![]];
            let mut rest = &wire[..];
            for cut in cuts.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let (now, later) = rest.split_at((*cut).min(rest.len()));
                reader.push(now);
                rest = later;
                while let Some((lane, piece)) = reader.next_frame().unwrap() {
                    prop_assert!(piece.len() <= MAX_PIECE);
                    got[lane as usize].extend_from_slice(piece);
                }
            }
            prop_assert_eq!(got, expected);
        }

        #[test]
        fn no_bytes_make_it_hold_more(bytes in prop::collection::vec(any::<u8>(), 0..500)) {
            let mut reader = Reader::new();
            for chunk in bytes.chunks(7) {
                reader.push(chunk);
                while let Ok(Some((_, piece))) = reader.next_frame() {
                    prop_assert!(!piece.is_empty());
                }
            }
            prop_assert!(reader.bytes.len() <= bytes.len());
        }
    }

    #[test]
    fn lengths_and_lanes_are_checked() {
        let read = |bytes: &[u8]| {
            let mut r = Reader::new();
            r.push(bytes);
            r.next_frame().map(|f| f.map(|(l, b)| (l, b.to_vec())))
        };
        assert_eq!(read(&[4, 1, 0, 0, 0, 9]), Err(FrameError::Lane(4)));
        assert_eq!(read(&[0, 0, 0, 0, 0]), Err(FrameError::Length(0)));
        assert_eq!(read(&[0, 1, 0x40, 0, 0]), Err(FrameError::Length(0x4001)));
        assert_eq!(read(&[0, 0, 0x40, 0, 0]), Ok(None));
        assert_eq!(
            read(&[2, 1, 0, 0, 0, 9, 9]),
            Ok(Some((Lane::Local, vec![9])))
        );
    }
}
