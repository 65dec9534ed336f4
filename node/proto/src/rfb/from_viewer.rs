//! What a viewer says to a server (RFC 6143, 7.5), and what of it gets there.

use std::collections::BTreeSet;
use std::time::Duration;

use super::format::{Agreed, FORMAT, Format};
use super::from_server::encoding::TIGHT;
use super::pace::Pace;
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
        COPY_RECT, CORRE, CURSOR, DESKTOP_SIZE, HEXTILE, LAST_RECT, POINTER_AT, RAW, RRE,
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
    pace: Pace,
    held: BTreeSet<u32>,
    /// The buttons that are down, and where the pointer is.
    pressed: Option<(u8, [u8; 4])>,
}

impl Sieve {
    /// Takes bytes up to the end of the first message that passes.
    pub(super) fn pass(
        &mut self,
        bytes: &[u8],
        hands: Hands,
        now: Duration,
        format: &mut Agreed,
        out: &mut Vec<u8>,
    ) -> Result<usize, RfbFault> {
        let before = out.len();
        let mut used = 0;
        while out.len() == before {
            let left = bytes.get(used..).unwrap_or_default();
            let skipped = self.skip.min(left.len());
            self.skip -= skipped;
            let left = left.get(skipped..).unwrap_or_default();
            let missing = needs(&self.rest)?.saturating_sub(self.rest.len());
            let (part, _) = left.split_at(missing.min(left.len()));
            self.rest.extend_from_slice(part);
            used += skipped + part.len();
            if part.len() < missing {
                break;
            }
            // More of it may be wanted now that its beginning is known.
            if needs(&self.rest)? == self.rest.len() {
                let message = std::mem::take(&mut self.rest);
                self.judge(&message, hands, now, format, out)?;
            }
        }
        Ok(used)
    }

    /// All of a message is there; of cut text, its head.
    fn judge(
        &mut self,
        message: &[u8],
        hands: Hands,
        now: Duration,
        format: &mut Agreed,
        out: &mut Vec<u8>,
    ) -> Result<(), RfbFault> {
        match message[0] {
            0 => {
                let bytes = message[4..].first_chunk().ok_or(RfbFault::Format)?;
                format.wish(Format::parse(bytes)?)?;
                out.extend_from_slice(message);
            }
            2 => encodings(message, *format, out),
            3 => {
                format.fix()?;
                out.extend_from_slice(message);
            }
            4 if hands == Hands::Free => self.key(message, now, out),
            5 if hands == Hands::Free => self.pointer(message, now, out),
            // Cut text: never.
            6 => self.skip = cut_text(message)?,
            _ => {}
        }
        Ok(())
    }

    /// Letting go of what is held is always allowed; all else has a pace.
    fn key(&mut self, message: &[u8], now: Duration, out: &mut Vec<u8>) {
        let (down, key) = (message[1] != 0, [4, 5, 6, 7].map(|i| message[i]));
        let key = u32::from_be_bytes(key);
        let passes = match (down, self.held.contains(&key)) {
            (false, true) => true,
            (true, false) => self.held.len() < MAX_HELD && self.pace.take(now),
            (true, true) | (false, false) => self.pace.take(now),
        };
        if passes {
            match down {
                true => self.held.insert(key),
                false => self.held.remove(&key),
            };
            out.extend_from_slice(message);
        }
    }

    /// Of an event that is too many, only the buttons that go up pass.
    fn pointer(&mut self, message: &[u8], now: Duration, out: &mut Vec<u8>) {
        let at = [2, 3, 4, 5].map(|i| message[i]);
        let was = self.pressed.map_or(0, |(buttons, _)| buttons);
        let all = message[1];
        let only_up = all & !was == 0 && all != was;
        let buttons = match only_up || self.pace.take(now) {
            true => all,
            false if all & was != was => all & was,
            false => return,
        };
        self.pressed = (buttons != 0).then_some((buttons, at));
        out.extend_from_slice(&[5, buttons]);
        out.extend_from_slice(&at);
    }

    pub(super) fn let_go(&mut self, out: &mut Vec<u8>) {
        for key in std::mem::take(&mut self.held) {
            out.extend_from_slice(&[4, 0, 0, 0]);
            out.extend_from_slice(&key.to_be_bytes());
        }
        if let Some((_, at)) = self.pressed.take() {
            out.extend_from_slice(&[5, 0]);
            out.extend_from_slice(&at);
        }
    }
}

/// How long a message is that begins so, as far as that can be said yet: never
/// less than is there. Of cut text, its head.
fn needs(message: &[u8]) -> Result<usize, RfbFault> {
    Ok(match message {
        [] => 1,
        // SetPixelFormat.
        [0, ..] => 4 + FORMAT,
        // SetEncodings.
        [2, _, high, low, ..] => match usize::from(u16::from_be_bytes([*high, *low])) {
            n if n > MAX_ENCODINGS => return Err(RfbFault::Message(2)),
            n => 4 + 4 * n,
        },
        [2, ..] => 4,
        // FramebufferUpdateRequest.
        [3, ..] => 10,
        // KeyEvent.
        [4, ..] => 8,
        // PointerEvent.
        [5, ..] => 6,
        // ClientCutText.
        [6, ..] => 8,
        [kind, ..] => return Err(RfbFault::Message(*kind)),
    })
}

/// How many bytes follow the head of cut text.
fn cut_text(head: &[u8]) -> Result<usize, RfbFault> {
    let bytes = head.get(4..).and_then(<[u8]>::first_chunk);
    let bytes = bytes.ok_or(RfbFault::Message(6))?;
    // Negative in the extended form.
    match i32::from_be_bytes(*bytes).unsigned_abs() as usize {
        n if n > MAX_CUT_TEXT => Err(RfbFault::Message(6)),
        n => Ok(n),
    }
}

/// The encodings that a viewer understands, as far as it may ask for them.
fn encodings(message: &[u8], format: Agreed, out: &mut Vec<u8>) {
    let all = message[4..].as_chunks().0.iter();
    let passes = |kind: i32| may_ask(kind) && (kind != TIGHT || format.tight().is_some());
    let kept: Vec<&[u8; 4]> = all.filter(|c| passes(i32::from_be_bytes(**c))).collect();
    let n = u16::try_from(kept.len()).unwrap_or(u16::MAX);
    out.extend_from_slice(&[2, 0]);
    out.extend_from_slice(&n.to_be_bytes());
    kept.iter().for_each(|c| out.extend_from_slice(&c[..]));
}
