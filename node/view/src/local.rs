//! What node and viewer process say to each other beside the share: never on
//! the network, always of the same version, since both are the same program.
//! Each message is one frame of the local lane: a kind (one byte) and fields;
//! text is a length (`u16`, little-endian) and UTF-8.

use kith_codec::time::Micros;

/// Longest text in bytes.
pub const MAX_TEXT: usize = 512;

/// How the path to the sharer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum PathKind {
    /// Not known yet.
    #[default]
    Unknown,
    /// From device to device.
    Direct,
    /// Through somebody's device that passes sealed bytes on.
    Relayed,
    /// Lost; the node looks for another. The picture is the last one.
    Interrupted,
}

impl PathKind {
    const ALL: [Self; 4] = [
        Self::Unknown,
        Self::Direct,
        Self::Relayed,
        Self::Interrupted,
    ];
}

/// Why the node ended the view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// No path came back within the stated time.
    PathLost,
    /// The rules of the organisation changed.
    Policy,
    /// This node is stopping.
    Stopping,
    /// Kith was locked.
    Locked,
    /// The node failed.
    Failed,
}

impl Cause {
    const ALL: [Self; 5] = [
        Self::PathLost,
        Self::Policy,
        Self::Stopping,
        Self::Locked,
        Self::Failed,
    ];
}

/// What the person wants of the window, said elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Comes to the front, with the keyboard.
    Front,
    /// The same, and fills the screen, or no longer does.
    FullScreen,
}

impl Order {
    const ALL: [Self; 2] = [Self::Front, Self::FullScreen];
}

/// Whether a viewer may ask for control, by the rules of one side: the sharer decides
/// each time all the same (ASK-2). What the sharer's say comes to a window in the status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum MayAsk {
    /// As far as that side is concerned.
    #[default]
    Yes,
    /// A rule, what is shown or the person bars it.
    No,
}

impl MayAsk {
    const ALL: [Self; 2] = [Self::Yes, Self::No];
}

/// What the node says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FromNode {
    /// Whose screen it is, and what of it.
    Title {
        /// The sharer, as this user knows them.
        person: String,
        /// What is shared.
        what: String,
    },
    /// How the path is.
    Path {
        /// Its kind.
        kind: PathKind,
        /// Round trip, 0 if not known.
        round_trip: Micros,
    },
    /// The path is another one: both lanes begin anew with a hello; the
    /// picture stays until the first update.
    Restart,
    /// It is over.
    Ended(Cause),
    /// The person wants this of the window.
    Order(Order),
    /// Whether control can be asked for from here.
    MayAsk(MayAsk),
}

/// Most bytes of the pixels of a trial picture: it is that small because they
/// go back in one frame.
pub const MAX_SEEN: usize = 12 * 1024;

/// What the viewer process says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FromView {
    /// It is ready, and how far it is confined. Sent before the first byte of
    /// the share is read.
    Ready {
        /// Files are out of reach (Landlock).
        files: bool,
        /// System calls are filtered (seccomp).
        calls: bool,
    },
    /// The share sent what cannot be shown; the window says so.
    Refused,
    /// In a trial alone: the pixels of the picture as it was decoded, four
    /// bytes each (blue, green, red, 0), at most [`MAX_SEEN`].
    Seen(Vec<u8>),
}

/// Why a local message could not be read: the other end is not of the same
/// version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a local message that is not understood")]
pub struct LocalError;

fn put_text(text: &str, out: &mut Vec<u8>) {
    let mut end = text.len().min(MAX_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = text.get(..end).unwrap_or("");
    out.extend_from_slice(&(text.len() as u16).to_le_bytes());
    out.extend_from_slice(text.as_bytes());
}

struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, n: usize) -> Result<&'a [u8], LocalError> {
        let (head, rest) = self.0.split_at_checked(n).ok_or(LocalError)?;
        self.0 = rest;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], LocalError> {
        self.take(N)?.try_into().map_err(|_| LocalError)
    }

    fn byte(&mut self) -> Result<u8, LocalError> {
        self.array::<1>().map(|[b]| b)
    }

    fn pick<T: Copy>(&mut self, all: &[T]) -> Result<T, LocalError> {
        all.get(usize::from(self.byte()?))
            .copied()
            .ok_or(LocalError)
    }

    fn text(&mut self) -> Result<String, LocalError> {
        let n = usize::from(u16::from_le_bytes(self.array()?));
        if n > MAX_TEXT {
            return Err(LocalError);
        }
        let bytes = self.take(n)?;
        String::from_utf8(bytes.to_vec()).map_err(|_| LocalError)
    }

    fn finish<T>(self, value: T) -> Result<T, LocalError> {
        if self.0.is_empty() {
            Ok(value)
        } else {
            Err(LocalError)
        }
    }
}

impl FromNode {
    /// Reads one frame of the local lane.
    ///
    /// # Errors
    /// [`LocalError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, LocalError> {
        let mut f = Fields(bytes);
        let message = match f.byte()? {
            1 => Self::Title {
                person: f.text()?,
                what: f.text()?,
            },
            2 => Self::Path {
                kind: f.pick(&PathKind::ALL)?,
                round_trip: Micros(u64::from(u32::from_le_bytes(f.array()?))),
            },
            4 => Self::Restart,
            5 => Self::Ended(f.pick(&Cause::ALL)?),
            6 => Self::Order(f.pick(&Order::ALL)?),
            7 => Self::MayAsk(f.pick(&MayAsk::ALL)?),
            _ => return Err(LocalError),
        };
        f.finish(message)
    }

    /// The message as the bytes of one frame. Text is cut at [`MAX_TEXT`].
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        match self {
            Self::Title { person, what } => {
                out.push(1);
                put_text(person, &mut out);
                put_text(what, &mut out);
            }
            Self::Path { kind, round_trip } => {
                out.push(2);
                out.push(*kind as u8);
                let micros = u32::try_from(round_trip.0).unwrap_or(u32::MAX);
                out.extend_from_slice(&micros.to_le_bytes());
            }
            Self::Restart => out.push(4),
            Self::Ended(cause) => out.extend([5, *cause as u8]),
            Self::Order(order) => out.extend([6, *order as u8]),
            Self::MayAsk(may) => out.extend([7, *may as u8]),
        }
        out
    }
}

impl FromView {
    /// Reads one frame of the local lane.
    ///
    /// # Errors
    /// [`LocalError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, LocalError> {
        let mut f = Fields(bytes);
        let message = match f.byte()? {
            0x81 => Self::Ready {
                files: f.pick(&[false, true])?,
                calls: f.pick(&[false, true])?,
            },
            0x82 => Self::Refused,
            0x83 => {
                let pixels = std::mem::take(&mut f.0);
                if pixels.len() > MAX_SEEN || !pixels.len().is_multiple_of(4) {
                    return Err(LocalError);
                }
                Self::Seen(pixels.to_vec())
            }
            _ => return Err(LocalError),
        };
        f.finish(message)
    }

    /// The message as the bytes of one frame.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Ready { files, calls } => vec![0x81, u8::from(*files), u8::from(*calls)],
            Self::Refused => vec![0x82],
            Self::Seen(pixels) => [&[0x83], &pixels[..]].concat(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_from_node() -> impl Strategy<Value = FromNode> {
        let text = || "\\PC{0,40}";
        prop_oneof![
            (text(), text()).prop_map(|(person, what)| FromNode::Title { person, what }),
            (0..4usize, any::<u32>()).prop_map(|(k, rtt)| FromNode::Path {
                kind: PathKind::ALL[k],
                round_trip: Micros(rtt.into()),
            }),
            Just(FromNode::Restart),
            (0..5usize).prop_map(|c| FromNode::Ended(Cause::ALL[c])),
            (0..2usize).prop_map(|o| FromNode::Order(Order::ALL[o])),
        ]
    }

    proptest! {
        #[test]
        fn what_the_node_says_comes_back(m in any_from_node()) {
            let bytes = m.to_bytes();
            prop_assert!(bytes.len() <= crate::frame::MAX_PIECE);
            prop_assert_eq!(FromNode::parse(&bytes), Ok(m));
            let mut longer = bytes.clone();
            longer.push(0);
            prop_assert_eq!(FromNode::parse(&longer), Err(LocalError));
            prop_assert_eq!(FromNode::parse(&bytes[..bytes.len() - 1]), Err(LocalError));
        }

        #[test]
        fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            if let Ok(m) = FromNode::parse(&bytes) {
                prop_assert_eq!(m.to_bytes(), bytes.clone());
            }
            if let Ok(m) = FromView::parse(&bytes) {
                prop_assert_eq!(m.to_bytes(), bytes);
            }
        }
    }

    #[test]
    fn what_the_view_says_comes_back() {
        for m in [
            FromView::Ready {
                files: true,
                calls: false,
            },
            FromView::Refused,
            FromView::Seen(vec![7; 8]),
            FromView::Seen(vec![0; MAX_SEEN]),
        ] {
            assert!(m.to_bytes().len() <= crate::frame::MAX_PIECE);
            assert_eq!(FromView::parse(&m.to_bytes()), Ok(m));
        }
    }

    #[test]
    fn no_more_pixels_come_back_than_a_trial_has() {
        for n in [1, 6, MAX_SEEN + 4] {
            assert_eq!(
                FromView::parse(&[&[0x83][..], &vec![0; n]].concat()),
                Err(LocalError)
            );
        }
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        let m = FromNode::Title {
            person: "é".repeat(MAX_TEXT),
            what: String::new(),
        };
        match FromNode::parse(&m.to_bytes()) {
            Ok(FromNode::Title { person, .. }) => assert_eq!(person.len(), MAX_TEXT),
            other => panic!("{other:?}"),
        }
    }
}
