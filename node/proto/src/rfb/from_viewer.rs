//! What a viewer says to a server (RFC 6143, 7.5), and what of it gets there.

use std::collections::BTreeSet;

use super::format::{Agreed, FORMAT, Format};
use super::{Hands, RfbFault};

/// The most encodings that a viewer may name; TigerVNC names 22.
const MAX_ENCODINGS: usize = 256;
/// The most keys that are held down at once. Ten fingers, and some.
pub(super) const MAX_HELD: usize = 32;
/// The most bytes of clipboard that are passed over.
const MAX_CUT_TEXT: usize = 1024 * 1024;

/// The ways of sending pictures, and the extensions, that a viewer may ask
/// for: those of which it is known how long they are, and which add no other
/// messages. Left out among others: continuous updates, fences, QEMU's keys
/// and sound, xvp, gii, sizes of the viewer's choice, the clipboard in other
/// forms than text; and the state of lock keys, after which viewers press them
/// at the server (GUARD-5).
fn may_ask(encoding: i32) -> bool {
    use super::from_server::encoding::{
        COPY_RECT, CORRE, CURSOR, DESKTOP_SIZE, HEXTILE, LAST_RECT, POINTER_AT, RAW, RRE, TIGHT,
        VMWARE_CURSOR, X_CURSOR, ZLIB, ZRLE,
    };
    match encoding {
        RAW | COPY_RECT | RRE | CORRE | HEXTILE | ZLIB | TIGHT | ZRLE => true,
        CURSOR | X_CURSOR | VMWARE_CURSOR | POINTER_AT | DESKTOP_SIZE | LAST_RECT => true,
        // How finely JPEG and how hard zlib works, in older and newer words.
        -32..=-23 | -256..=-247 | -512..=-412 | -768..=-763 => true,
        _ => false,
    }
}

/// The viewer's messages are known one by one; an unknown one ends the
/// session, because where the next begins is not known then.
#[derive(Debug, Default)]
pub(super) struct Sieve {
    /// The beginning of a message whose rest hasn't come.
    rest: Vec<u8>,
    /// Bytes of a dropped message that are still to come.
    skip: usize,
    held: BTreeSet<u32>,
    /// Where the pointer is while a button is down.
    pressed: Option<[u8; 4]>,
}

impl Sieve {
    pub(super) fn pass(
        &mut self,
        bytes: &[u8],
        hands: Hands,
        format: &mut Agreed,
        out: &mut Vec<u8>,
    ) -> Result<(), RfbFault> {
        let skipped = self.skip.min(bytes.len());
        self.skip -= skipped;
        self.rest.extend_from_slice(&bytes[skipped..]);
        let all = std::mem::take(&mut self.rest);
        let mut at = 0;
        // A dropped message may end beyond what is there.
        while let Some(rest) = all.get(at..)
            && let Some(used) = self.message(rest, hands, format, out)?
        {
            at += used;
        }
        let there = at.min(all.len());
        self.skip += at - there;
        self.rest = all[there..].to_vec();
        Ok(())
    }

    /// One message: how long it is, if all of it is there.
    fn message(
        &mut self,
        all: &[u8],
        hands: Hands,
        format: &mut Agreed,
        out: &mut Vec<u8>,
    ) -> Result<Option<usize>, RfbFault> {
        let Some(kind) = all.first().copied() else {
            return Ok(None);
        };
        let fault = Err(RfbFault::Message(kind));
        let len = match kind {
            // SetPixelFormat.
            0 => Some(4 + FORMAT),
            // SetEncodings.
            2 => match all.get(2..4).and_then(|b| b.try_into().ok()) {
                None => None,
                Some(n) => match usize::from(u16::from_be_bytes(n)) {
                    n if n > MAX_ENCODINGS => return fault,
                    n => Some(4 + 4 * n),
                },
            },
            // FramebufferUpdateRequest.
            3 => Some(10),
            // KeyEvent.
            4 => Some(8),
            // PointerEvent.
            5 => Some(6),
            // ClientCutText: never; not all of it needs to be there.
            6 => {
                let Some(bytes) = all.get(4..8).and_then(|b| b.try_into().ok()) else {
                    return Ok(None);
                };
                // Negative in the extended form.
                let n = i32::from_be_bytes(bytes).unsigned_abs() as usize;
                return match n > MAX_CUT_TEXT {
                    true => fault,
                    false => Ok(Some(8 + n)),
                };
            }
            _ => return fault,
        };
        let Some(message) = len.and_then(|len| all.get(..len)) else {
            return Ok(None);
        };
        match kind {
            0 => {
                let bytes = message[4..].first_chunk().ok_or(RfbFault::Format)?;
                format.wish(Format::parse(bytes)?)?;
                out.extend_from_slice(message);
            }
            2 => encodings(message, out),
            3 => {
                format.fix()?;
                out.extend_from_slice(message);
            }
            4 if hands == Hands::Free => self.key(message, out),
            5 if hands == Hands::Free => self.pointer(message, out),
            _ => {}
        }
        Ok(Some(message.len()))
    }

    fn key(&mut self, message: &[u8], out: &mut Vec<u8>) {
        let (down, key) = (message[1] != 0, [4, 5, 6, 7].map(|i| message[i]));
        let key = u32::from_be_bytes(key);
        let passes = match down {
            true => self.held.len() < MAX_HELD || self.held.contains(&key),
            false => true,
        };
        if passes {
            match down {
                true => self.held.insert(key),
                false => self.held.remove(&key),
            };
            out.extend_from_slice(message);
        }
    }

    fn pointer(&mut self, message: &[u8], out: &mut Vec<u8>) {
        let at = [2, 3, 4, 5].map(|i| message[i]);
        self.pressed = (message[1] != 0).then_some(at);
        out.extend_from_slice(message);
    }

    pub(super) fn let_go(&mut self, out: &mut Vec<u8>) {
        for key in std::mem::take(&mut self.held) {
            out.extend_from_slice(&[4, 0, 0, 0]);
            out.extend_from_slice(&key.to_be_bytes());
        }
        if let Some(at) = self.pressed.take() {
            out.extend_from_slice(&[5, 0]);
            out.extend_from_slice(&at);
        }
    }
}

/// The encodings that a viewer understands, as far as it may ask for them.
fn encodings(message: &[u8], out: &mut Vec<u8>) {
    let all = message[4..].as_chunks().0.iter();
    let kept: Vec<&[u8; 4]> = all.filter(|c| may_ask(i32::from_be_bytes(**c))).collect();
    let n = u16::try_from(kept.len()).unwrap_or(u16::MAX);
    out.extend_from_slice(&[2, 0]);
    out.extend_from_slice(&n.to_be_bytes());
    kept.iter().for_each(|c| out.extend_from_slice(&c[..]));
}
