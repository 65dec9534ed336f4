//! The form of pixels (RFC 6143, 7.4), as far as it says how long a picture is.

use super::RfbFault;

/// Bytes of a pixel format.
pub(super) const FORMAT: usize = 16;

/// How many bytes a pixel has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format {
    /// As a rule: 1, 2 or 4.
    pub(super) pixel: u64,
    /// In Tight, which leaves out a byte that says nothing. `None`: viewers and
    /// servers don't agree whether one does.
    pub(super) tight: Option<u64>,
}

impl Format {
    /// From the sixteen bytes on the wire.
    ///
    /// # Errors
    /// [`RfbFault::Format`]: other sizes than 8, 16 and 32 bits, or a palette of
    /// more than 256 colours.
    pub fn parse(bytes: &[u8; FORMAT]) -> Result<Self, RfbFault> {
        let [
            bits,
            depth,
            _,
            true_colour,
            r0,
            r1,
            g0,
            g1,
            b0,
            b1,
            shifts @ ..,
        ] = bytes;
        let [red, green, blue, ..] = shifts;
        let full = [r0, g0, b0].iter().all(|b| **b == 0) && [r1, g1, b1].iter().all(|b| **b == 255);
        let pixel = match (bits, *true_colour != 0) {
            (8, _) => 1,
            (16, true) => 2,
            (32, true) => 4,
            _ => return Err(RfbFault::Format),
        };
        // Three bytes: TigerVNC wants all of these for it, libvncserver doesn't
        // look at bits and shifts, QEMU not at depth and shifts. Where no two of
        // them differ there is a length.
        let whole = [red, green, blue].iter().all(|s| **s % 8 == 0);
        let tight = match (full, pixel, *depth) {
            (false, ..) => Some(pixel),
            (true, 4, 24) if whole => Some(3),
            (true, 4, _) | (true, _, 24) => None,
            (true, ..) => Some(pixel),
        };
        Ok(Self { pixel, tight })
    }
}

/// What is known of the form of pixels now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Agreed {
    /// Nothing: the server hasn't told of its screen.
    #[default]
    Nothing,
    /// The viewer may still choose another, because it hasn't asked for a
    /// picture.
    Open(Format),
    /// Pictures may be under way.
    Fixed(Format),
}

impl Agreed {
    /// The viewer wants this one. When a server begins to use it can't be seen
    /// from outside, so no other length is taken once pictures are under way;
    /// and none that isn't known in Tight, unless it is the server's own.
    pub(super) fn wish(&mut self, format: Format) -> Result<(), RfbFault> {
        match self {
            Self::Open(now) | Self::Fixed(now) if *now == format => {}
            Self::Open(now) if format.tight.is_some() => *now = format,
            Self::Nothing | Self::Open(_) | Self::Fixed(_) => return Err(RfbFault::Format),
        }
        Ok(())
    }

    /// Bytes of a pixel in Tight, where that is known.
    pub(super) fn tight(&self) -> Option<u64> {
        match self {
            Self::Open(format) | Self::Fixed(format) => format.tight,
            Self::Nothing => None,
        }
    }

    /// The viewer asks for a picture.
    pub(super) fn fix(&mut self) -> Result<(), RfbFault> {
        match *self {
            Self::Open(format) | Self::Fixed(format) => {
                *self = Self::Fixed(format);
                Ok(())
            }
            Self::Nothing => Err(RfbFault::Format),
        }
    }
}
