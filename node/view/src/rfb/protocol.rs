//! What a VNC viewer says after the greeting (RFC 6143, 7.5), read within
//! bounds.

use kith_codec::geometry::Rect;

use super::pixels::Format;

/// Most encodings a viewer may list; the known ones are fewer than a hundred.
pub(super) const MAX_ENCODINGS: usize = 1024;

/// Longest clipboard text that is read to be thrown away, bytes.
pub(super) const MAX_CUT: u32 = 1 << 20;

/// What a VNC viewer did wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientFault {
    /// It speaks no RFB 3.7 or 3.8.
    #[error("the VNC viewer speaks no RFB 3.7 or 3.8")]
    Version,
    /// It chose a security type that was not offered.
    #[error("the VNC viewer wants another security type")]
    Security,
    /// It doesn't know the password.
    #[error("the password was wrong")]
    Password,
    /// A message that was not offered, or does not exist.
    #[error("unknown message {0} of the VNC viewer")]
    Message(u8),
    /// A pixel format that cannot be made: a palette, or sizes out of range.
    #[error("the VNC viewer wants pixels that can't be made")]
    Format,
    /// A list or a text beyond its limit.
    #[error("the VNC viewer sent too much")]
    TooMuch,
}

/// A message of the viewer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Message {
    Format(Format),
    Encodings(Vec<i32>),
    Request {
        incremental: bool,
        area: Rect,
    },
    Key {
        down: bool,
        keysym: u32,
    },
    Pointer {
        buttons: u8,
        x: u16,
        y: u16,
    },
    /// Clipboard text, of which so many bytes follow: to be skipped.
    Cut(u32),
}

/// Takes the first message off `bytes`: it and its length, or `None` if more
/// bytes are needed.
pub(super) fn split(bytes: &[u8]) -> Result<Option<(Message, usize)>, ClientFault> {
    let u16_at = |at: usize| {
        let pair = bytes.get(at..at + 2).unwrap_or(&[0, 0]);
        u16::from_be_bytes([pair[0], pair[1]])
    };
    let u32_at = |at: usize| u32::from(u16_at(at)) << 16 | u32::from(u16_at(at + 2));
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
    let Some(&kind) = bytes.first() else {
        return Ok(None);
    };
    let whole = |n: usize, message| Ok((bytes.len() >= n).then_some((message, n)));
    match kind {
        0 if bytes.len() < 20 => Ok(None),
        0 => {
            let format =
                Format::parse(bytes.get(4..20).unwrap_or(&[])).ok_or(ClientFault::Format)?;
            whole(20, Message::Format(format))
        }
        2 if bytes.len() < 4 => Ok(None),
        2 => {
            let n = usize::from(u16_at(2));
            if n > MAX_ENCODINGS {
                return Err(ClientFault::TooMuch);
            }
            if bytes.len() < 4 + 4 * n {
                return Ok(None);
            }
            let list = (0..n).map(|i| u32_at(4 + 4 * i) as i32).collect();
            whole(4 + 4 * n, Message::Encodings(list))
        }
        3 => whole(
            10,
            Message::Request {
                incremental: byte(1) != 0,
                area: Rect::new(u16_at(2), u16_at(4), u16_at(6), u16_at(8)),
            },
        ),
        4 => whole(
            8,
            Message::Key {
                down: byte(1) != 0,
                keysym: u32_at(4),
            },
        ),
        5 => whole(
            6,
            Message::Pointer {
                buttons: byte(1),
                x: u16_at(2),
                y: u16_at(4),
            },
        ),
        6 if bytes.len() < 8 => Ok(None),
        6 if u32_at(4) > MAX_CUT => Err(ClientFault::TooMuch),
        6 => whole(8, Message::Cut(u32_at(4))),
        other => Err(ClientFault::Message(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever is read has its length, and half of it is not read.
        #[test]
        fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(Some((_, used))) = split(&bytes) {
                prop_assert!(used >= 1 && used <= bytes.len());
                prop_assert_eq!(split(&bytes[..used - 1]), Ok(None));
            }
        }
    }

    #[test]
    fn messages() {
        let read = |bytes: &[u8]| split(bytes).unwrap().unwrap().0;
        assert_eq!(
            read(&[4, 1, 0, 0, 0, 0, 0xff, 0x0d]),
            Message::Key {
                down: true,
                keysym: 0xff0d
            }
        );
        assert_eq!(
            read(&[5, 4, 1, 0, 0, 2]),
            Message::Pointer {
                buttons: 4,
                x: 256,
                y: 2
            }
        );
        assert_eq!(
            read(&[2, 0, 0, 2, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0x11]),
            Message::Encodings(vec![0, -239])
        );
        assert_eq!(
            split(&[6, 0, 0, 0, 0xff, 0, 0, 0]),
            Err(ClientFault::TooMuch)
        );
        assert_eq!(split(&[2, 0, 0xff, 0xff]), Err(ClientFault::TooMuch));
        assert_eq!(split(&[255]), Err(ClientFault::Message(255)));
    }
}
