//! As much of VNC's protocol (RFC 6143) as a node must know to stand between
//! a viewer and a server: the greeting, the choice of security, and what a
//! viewer may send afterwards. Pictures are passed on unread.

use std::collections::BTreeSet;

/// Bytes of a greeting.
pub(super) const GREETING: usize = 12;
/// The most encodings that a viewer may name; TigerVNC names 22.
const MAX_ENCODINGS: usize = 256;
/// The most keys that are held down at once. Ten fingers, and some.
const MAX_HELD: usize = 32;
/// The most screens in a viewer's wish for another size.
const MAX_SCREENS: usize = 16;
/// The most bytes of clipboard that are passed over.
const MAX_CUT_TEXT: usize = 1024 * 1024;

/// Whoever is at the other end doesn't speak VNC as it may be spoken here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RfbFault {
    /// It doesn't greet like a VNC server or viewer.
    #[error("it doesn’t greet like VNC")]
    Greeting,
    /// An older protocol than 3.3.
    #[error("it speaks too old a version of VNC")]
    Version,
    /// It wants something else than VNC's password, or nothing.
    #[error("it doesn’t ask for a VNC password")]
    Security,
    /// The server wants a password, and there is none.
    #[error("it asks for a password")]
    Needed,
    /// The server, or we, didn't like the password.
    #[error("that isn’t the password")]
    Password,
    /// The server lets nobody in now: TigerVNC does so after several wrong
    /// passwords.
    #[error("it lets nobody in now, perhaps after several wrong passwords")]
    Shut,
    /// A message that nobody may send here, or of an impossible length.
    #[error("a message that isn’t let through: {0}")]
    Message(u8),
}

/// The versions of VNC that differ in how they begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    /// 3.3 to 3.6.
    V3,
    /// 3.7.
    V7,
    /// 3.8, and whatever came after it.
    V8,
}

impl Version {
    /// What is said by who speaks it.
    pub(super) const fn bytes(self) -> [u8; GREETING] {
        match self {
            Self::V3 => *b"RFB 003.003\n",
            Self::V7 => *b"RFB 003.007\n",
            Self::V8 => *b"RFB 003.008\n",
        }
    }
}

/// Judges a greeting, `RFB xxx.yyy`: what can be spoken with whoever says it.
pub(super) fn greeting(bytes: &[u8; GREETING]) -> Result<Version, RfbFault> {
    let number = |at: usize| -> Option<u16> {
        let digits = bytes.get(at..at + 3)?;
        let sound = digits.iter().all(u8::is_ascii_digit);
        sound.then(|| {
            let digit = |n: u16, b: &u8| n * 10 + u16::from(b - b'0');
            digits.iter().fold(0, digit)
        })
    };
    let framed = bytes.starts_with(b"RFB ") && bytes.get(7) == Some(&b'.') && bytes[11] == b'\n';
    match (framed, number(4), number(8)) {
        (true, Some(major), Some(minor)) => match (major, minor) {
            (0..3, _) | (3, 0..3) => Err(RfbFault::Version),
            (3, 3..7) => Ok(Version::V3),
            (3, 7) => Ok(Version::V7),
            _ => Ok(Version::V8),
        },
        _ => Err(RfbFault::Greeting),
    }
}

/// What a viewer may do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hands {
    /// See.
    Bound,
    /// See, and use pointer and keyboard.
    Free,
}

/// What a viewer says to a server, and what of it gets there. Its messages
/// are known one by one; an unknown one ends the session, because where the
/// next begins is not known then.
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

/// Extensions that a viewer may not ask for, because the server would then
/// take or send what can't be judged here: QEMU's keys and sound, the power
/// button, and the clipboard in other forms than text.
const BARRED: [i32; 4] = [-258, -259, -309, 0xC0A1_E5CE_u32 as i32];

impl Sieve {
    /// Takes what the viewer sent; what may pass is appended to `out`.
    ///
    /// # Errors
    /// [`RfbFault::Message`]: the session ends.
    pub(super) fn pass(
        &mut self,
        bytes: &[u8],
        hands: Hands,
        out: &mut Vec<u8>,
    ) -> Result<(), RfbFault> {
        let skipped = self.skip.min(bytes.len());
        self.skip -= skipped;
        self.rest.extend_from_slice(&bytes[skipped..]);
        let all = std::mem::take(&mut self.rest);
        let mut at = 0;
        // A dropped message may end beyond what is there.
        while let Some(rest) = all.get(at..)
            && let Some(used) = self.message(rest, hands, out)?
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
        out: &mut Vec<u8>,
    ) -> Result<Option<usize>, RfbFault> {
        let Some(kind) = all.first().copied() else {
            return Ok(None);
        };
        let fault = Err(RfbFault::Message(kind));
        let u16_at = |at: usize| -> Option<usize> {
            let bytes = all.get(at..at + 2)?.try_into().ok()?;
            Some(u16::from_be_bytes(bytes).into())
        };
        let counted = |head: usize, at: usize, each: usize, most: usize| match u16_at(at) {
            Some(n) if n > most => fault,
            Some(n) => Ok(Some(head + n * each)),
            None => Ok(None),
        };
        let len = match kind {
            // SetPixelFormat.
            0 => Some(20),
            // SetEncodings.
            2 => counted(4, 2, 4, MAX_ENCODINGS)?,
            // FramebufferUpdateRequest, EnableContinuousUpdates.
            3 | 150 => Some(10),
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
            // ClientFence: flags and up to 64 bytes.
            248 => match all.get(8) {
                Some(n) if *n > 64 => return fault,
                Some(n) => Some(9 + usize::from(*n)),
                None => None,
            },
            // SetDesktopSize.
            251 => match all.get(6) {
                Some(n) if usize::from(*n) > MAX_SCREENS => return fault,
                Some(n) => Some(8 + usize::from(*n) * 16),
                None => None,
            },
            _ => return fault,
        };
        let Some(message) = len.and_then(|len| all.get(..len)) else {
            return Ok(None);
        };
        match kind {
            2 => encodings(message, out),
            4 if hands == Hands::Free => self.key(message, out),
            5 if hands == Hands::Free => self.pointer(message, out),
            4 | 5 => {}
            251 if hands == Hands::Bound => {}
            _ => out.extend_from_slice(message),
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

    /// Lets go of every key and button that the viewer holds (GUARD-5): some
    /// servers keep them down when a viewer leaves.
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

/// The encodings that a viewer understands, without the barred ones.
fn encodings(message: &[u8], out: &mut Vec<u8>) {
    let all = message[4..].chunks_exact(4);
    let kept: Vec<&[u8]> = all
        .filter(|c| {
            let number = (*c).try_into().map(i32::from_be_bytes);
            !number.is_ok_and(|n| BARRED.contains(&n))
        })
        .collect();
    let n = u16::try_from(kept.len()).unwrap_or(u16::MAX);
    out.extend_from_slice(&[2, 0]);
    out.extend_from_slice(&n.to_be_bytes());
    kept.iter().for_each(|c| out.extend_from_slice(c));
}

#[cfg(test)]
mod tests;
