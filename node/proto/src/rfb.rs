//! As much of VNC's protocol (RFC 6143) as whoever stands between a viewer and
//! a server must know: how it begins, and where each message ends, in both
//! directions (HOST-2; spec 14). What a viewer may not say doesn't reach the
//! server, and no clipboard goes either way (SHARE-5).
//!
//! [`Middle`] is given what either side sends and gives what the other may
//! hear. It is exact or it ends the session: an encoding or message whose
//! length isn't known here is not asked for, and refused where it comes all
//! the same. Pictures are passed on unread; nothing of them is kept.

mod format;
mod from_server;
mod from_viewer;
mod pace;

pub use format::Format;

use std::time::Duration;

use from_server::Returning;
use from_viewer::Sieve;

/// Bytes of a greeting.
pub const GREETING: usize = 12;

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
    /// A message that nobody may send here, or of an impossible length, or at
    /// the wrong time.
    #[error("a message that isn’t let through: {0}")]
    Message(u8),
    /// Pixels of a form that isn't known, or whose change would leave open
    /// where a picture ends.
    #[error("pixels of a form that isn’t let through")]
    Format,
    /// The server sends a picture in a way that nobody asked for.
    #[error("a picture in a way that isn’t let through: {0}")]
    Encoding(i32),
}

/// The versions of VNC that differ in how they begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// 3.3 to 3.6.
    V3,
    /// 3.7.
    V7,
    /// 3.8, and whatever came after it.
    V8,
}

impl Version {
    /// What is said by who speaks it.
    #[must_use]
    pub const fn bytes(self) -> [u8; GREETING] {
        match self {
            Self::V3 => *b"RFB 003.003\n",
            Self::V7 => *b"RFB 003.007\n",
            Self::V8 => *b"RFB 003.008\n",
        }
    }
}

/// Judges a greeting, `RFB xxx.yyy`: what can be spoken with whoever says it.
///
/// # Errors
/// [`RfbFault::Greeting`], [`RfbFault::Version`].
pub fn greeting(bytes: &[u8; GREETING]) -> Result<Version, RfbFault> {
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
pub enum Hands {
    /// See.
    Bound,
    /// See, and use pointer and keyboard.
    Free,
}

/// Between a viewer and a server, from the server's first word on its screen
/// to the end. Holds less than 2 KiB, whatever comes.
#[derive(Debug, Default)]
pub struct Middle {
    viewer: Sieve,
    server: Returning,
}

impl Middle {
    /// Takes what the viewer sent, up to the end of the first message that may
    /// pass; that one is appended to `out`. Says how many bytes it took: all,
    /// where none passes. So that what the viewer may do can change between
    /// any two messages, they are taken one by one (GUARD-6).
    ///
    /// `now` is the time since the session began. Keys and pointer events pass
    /// at 400 a second, 400 at once; what is too many is left out. Letting go
    /// of what is held always passes.
    ///
    /// # Errors
    /// [`RfbFault::Message`], [`RfbFault::Format`]: the session ends.
    pub fn viewer(
        &mut self,
        bytes: &[u8],
        hands: Hands,
        now: Duration,
        out: &mut Vec<u8>,
    ) -> Result<usize, RfbFault> {
        let format = &mut self.server.format;
        self.viewer.pass(bytes, hands, now, format, out)
    }

    /// Takes what the server sent; what may pass is appended to `out`.
    ///
    /// # Errors
    /// [`RfbFault::Message`], [`RfbFault::Format`], [`RfbFault::Encoding`]: the
    /// session ends, and what was appended is not to be used.
    pub fn server(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), RfbFault> {
        self.server.pass(bytes, out)
    }

    /// Lets go of every key and button that the viewer holds (GUARD-5): some
    /// servers keep them down when a viewer leaves.
    pub fn let_go(&mut self, out: &mut Vec<u8>) {
        self.viewer.let_go(out);
    }
}

/// Whether a message of a viewer that may pass presses something, or moves the
/// pointer while something is pressed.
#[must_use]
pub fn presses(message: &[u8]) -> bool {
    matches!(message, [4 | 5, down, ..] if *down != 0)
}

#[cfg(test)]
mod tests;
