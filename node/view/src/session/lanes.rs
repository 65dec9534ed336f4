//! A lane's bytes, cut into messages.

use kith_codec::message::Envelope;

use super::Fault;

/// Memory kept between messages, bytes; what a large one needed beyond is
/// given back.
const KEPT: usize = 64 * 1024;

/// What came in a lane and is no whole message yet. Never holds more than one
/// message of the largest size its kind allows and one frame.
#[derive(Debug, Default)]
pub(super) struct Stream {
    bytes: Vec<u8>,
}

impl Stream {
    pub(super) fn push(&mut self, piece: &[u8]) {
        self.bytes.extend_from_slice(piece);
    }

    /// Hands every whole message to `take`.
    pub(super) fn each(
        &mut self,
        mut take: impl FnMut(Envelope<'_>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let mut at = 0;
        let done = loop {
            let rest = self.bytes.get(at..).unwrap_or(&[]);
            match Envelope::split(rest) {
                Ok(Some((envelope, used))) => {
                    if let Err(fault) = take(envelope) {
                        break Err(fault);
                    }
                    at += used;
                }
                Ok(None) => break Ok(()),
                Err(e) => break Err(e.into()),
            }
        };
        self.bytes.drain(..at);
        if self.bytes.is_empty() {
            self.bytes.shrink_to(KEPT);
        }
        done
    }
}
