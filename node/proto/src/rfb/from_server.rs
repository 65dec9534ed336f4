//! What a server says to a viewer (RFC 6143, 7.3.2, 7.6 and 7.7), read as far
//! as it must be to know where each message ends. The clipboard is left out;
//! all else passes as it is.

use super::RfbFault;
use super::format::{Agreed, Format};

/// The longest name of a server's screen, in bytes.
const MAX_NAME: u32 = 4096;
/// Where a rectangle of Tight has fewer bytes than this, they are not
/// compressed.
const TIGHT_MIN: u64 = 12;
/// The edge of a tile in Hextile.
const TILE: u16 = 16;
/// The number of rectangles that says: until one says that it is the last.
const ENDLESS: u16 = 0xffff;

/// The numbers of encodings whose length is known.
pub(super) mod encoding {
    pub(in crate::rfb) const RAW: i32 = 0;
    pub(in crate::rfb) const COPY_RECT: i32 = 1;
    pub(in crate::rfb) const RRE: i32 = 2;
    pub(in crate::rfb) const CORRE: i32 = 4;
    pub(in crate::rfb) const HEXTILE: i32 = 5;
    pub(in crate::rfb) const ZLIB: i32 = 6;
    pub(in crate::rfb) const TIGHT: i32 = 7;
    pub(in crate::rfb) const ZRLE: i32 = 16;
    pub(in crate::rfb) const DESKTOP_SIZE: i32 = -223;
    pub(in crate::rfb) const LAST_RECT: i32 = -224;
    pub(in crate::rfb) const POINTER_AT: i32 = -232;
    pub(in crate::rfb) const CURSOR: i32 = -239;
    pub(in crate::rfb) const X_CURSOR: i32 = -240;
    pub(in crate::rfb) const VMWARE_CURSOR: i32 = 0x574d_5664;
}

/// How many rectangles follow the one that is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    More(u16),
    UntilLast,
}

impl Left {
    /// What comes after a rectangle.
    fn next(self) -> Step {
        match self {
            Self::More(0) => Step::Kind,
            Self::More(n) => Step::Rect(Self::More(n - 1)),
            Self::UntilLast => Step::Rect(self),
        }
    }
}

/// Width and height of a rectangle.
type Size = (u16, u16);

fn area((w, h): Size) -> u64 {
    u64::from(w) * u64::from(h)
}

/// Bytes of a mask with one bit a pixel, each row begun anew.
fn mask((w, h): Size) -> u64 {
    u64::from(w.div_ceil(8)) * u64::from(h)
}

/// The few bytes that are read next.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// What the server tells of its screen.
    Init,
    Kind,
    Update,
    Colours,
    CutText,
    Rect(Left),
    /// A number, and `each` bytes so many times, and `first` bytes.
    Counted(Left, u64, u64),
    VmwareCursor(Left, Size),
    /// A tile in Hextile; of the size that is still to come in this row, and
    /// the one of the whole rectangle from this row on.
    Tile(Left, u16, Size),
    /// So many bytes of colours in a tile, and how many rectangles of so many
    /// bytes there are in it.
    InTile(Left, u16, Size, (u8, u64)),
    Tight(Left, Size),
    TightFilter(Left, Size),
    TightPalette(Left, Size),
    /// The length of what is compressed, of which this much is known.
    TightLength(Left, u64, u8),
}

impl Step {
    /// How many bytes it takes.
    fn needs(self) -> usize {
        match self {
            Self::Kind => 1,
            Self::Update => 3,
            Self::Colours => 5,
            Self::CutText => 7,
            Self::Rect(_) => 12,
            Self::Counted(..) => 4,
            Self::VmwareCursor(..) => 2,
            Self::InTile(_, _, _, (colours, _)) => usize::from(colours) + 1,
            Self::Tile(..)
            | Self::Tight(..)
            | Self::TightFilter(..)
            | Self::TightPalette(..)
            | Self::TightLength(..) => 1,
            Self::Init => 24,
        }
    }
}

/// What becomes of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Fate {
    #[default]
    Passed,
    Dropped,
}

#[derive(Debug)]
pub(super) struct Returning {
    pub(super) format: Agreed,
    step: Step,
    /// Of the bytes of this step, those that came.
    head: Vec<u8>,
    /// Bytes that follow, and that nobody reads.
    body: u64,
    fate: Fate,
}

impl Default for Returning {
    fn default() -> Self {
        Self {
            format: Agreed::Nothing,
            step: Step::Init,
            head: Vec::new(),
            body: 0,
            fate: Fate::Passed,
        }
    }
}

impl Returning {
    pub(super) fn pass(&mut self, mut bytes: &[u8], out: &mut Vec<u8>) -> Result<(), RfbFault> {
        while !bytes.is_empty() {
            if self.body > 0 {
                let n = usize::try_from(self.body).unwrap_or(usize::MAX);
                let (now, later) = bytes.split_at(n.min(bytes.len()));
                if self.fate == Fate::Passed {
                    out.extend_from_slice(now);
                }
                self.body -= now.len() as u64;
                bytes = later;
                continue;
            }
            let missing = self.step.needs().saturating_sub(self.head.len());
            let (now, later) = bytes.split_at(missing.min(bytes.len()));
            self.head.extend_from_slice(now);
            bytes = later;
            if self.head.len() == self.step.needs() {
                let head = std::mem::take(&mut self.head);
                self.advance(&head, out)?;
            }
        }
        Ok(())
    }

    /// All bytes of a step are there.
    fn advance(&mut self, head: &[u8], out: &mut Vec<u8>) -> Result<(), RfbFault> {
        let byte = |at: usize| head.get(at).copied().unwrap_or_default();
        let u16_at = |at: usize| u16::from_be_bytes([byte(at), byte(at + 1)]);
        let u32_at = |at: usize| u32::from(u16_at(at)) << 16 | u32::from(u16_at(at + 2));
        self.fate = Fate::Passed;
        (self.step, self.body) = match self.step {
            Step::Init => {
                let format = head.get(4..).and_then(<[u8]>::first_chunk);
                let format = Format::parse(format.ok_or(RfbFault::Format)?)?;
                self.format = Agreed::Open(format);
                let name = u32_at(20);
                if name > MAX_NAME {
                    return Err(RfbFault::Message(0));
                }
                (Step::Kind, name.into())
            }
            Step::Kind => match byte(0) {
                0 => (Step::Update, 0),
                1 => (Step::Colours, 0),
                // A bell.
                2 => (Step::Kind, 0),
                // Not even its first byte.
                3 => {
                    self.step = Step::CutText;
                    return Ok(());
                }
                kind => return Err(RfbFault::Message(kind)),
            },
            Step::Update => match u16_at(1) {
                0 => (Step::Kind, 0),
                ENDLESS => (Step::Rect(Left::UntilLast), 0),
                n => (Step::Rect(Left::More(n - 1)), 0),
            },
            Step::Colours => (Step::Kind, u64::from(u16_at(3)) * 6),
            Step::CutText => {
                self.fate = Fate::Dropped;
                // Negative in the extended form.
                let n = (u32_at(3) as i32).unsigned_abs();
                (self.step, self.body) = (Step::Kind, n.into());
                return Ok(());
            }
            Step::Rect(left) => {
                let size = (u16_at(4), u16_at(6));
                self.rect(left, size, u32_at(8) as i32)?
            }
            Step::Counted(left, each, first) => (left.next(), first + u64::from(u32_at(0)) * each),
            Step::VmwareCursor(left, size) => match byte(0) {
                0 => (left.next(), 2 * area(size) * self.pixel()?),
                1 => (left.next(), 4 * area(size)),
                _ => return Err(RfbFault::Encoding(encoding::VMWARE_CURSOR)),
            },
            Step::Tile(left, in_row, rest) => self.tile(left, in_row, rest, byte(0))?,
            Step::InTile(left, in_row, rest, (colours, each)) => {
                let n = u64::from(byte(colours.into()));
                (after_tile(left, in_row, rest), n * each)
            }
            Step::Tight(left, size) => match byte(0) >> 4 {
                // One colour.
                8 => (left.next(), self.tight()?),
                // JPEG.
                9 => (Step::TightLength(left, 0, 0), 0),
                kind @ 0..8 if kind & 4 != 0 => (Step::TightFilter(left, size), 0),
                0..8 => tight_data(left, area(size) * self.tight()?),
                _ => return Err(RfbFault::Encoding(encoding::TIGHT)),
            },
            Step::TightFilter(left, size) => match byte(0) {
                // Copied, or as a gradient.
                0 | 2 => tight_data(left, area(size) * self.tight()?),
                1 => (Step::TightPalette(left, size), 0),
                _ => return Err(RfbFault::Encoding(encoding::TIGHT)),
            },
            Step::TightPalette(left, size) => {
                let colours = u64::from(byte(0)) + 1;
                let (step, data) = match colours {
                    // Viewers don't agree on what that is.
                    1 => return Err(RfbFault::Encoding(encoding::TIGHT)),
                    2 => tight_data(left, mask(size)),
                    _ => tight_data(left, area(size)),
                };
                (step, colours * self.tight()? + data)
            }
            Step::TightLength(left, so_far, nth) => {
                let (bits, more) = match nth {
                    0 | 1 => (byte(0) & 0x7f, byte(0) & 0x80 != 0),
                    _ => (byte(0), false),
                };
                let so_far = so_far | u64::from(bits) << (7 * nth);
                match more {
                    true => (Step::TightLength(left, so_far, nth + 1), 0),
                    false => (left.next(), so_far),
                }
            }
        };
        out.extend_from_slice(head);
        Ok(())
    }

    /// A rectangle begins.
    fn rect(&self, left: Left, size: Size, kind: i32) -> Result<(Step, u64), RfbFault> {
        use encoding::{
            COPY_RECT, CORRE, CURSOR, DESKTOP_SIZE, HEXTILE, LAST_RECT, POINTER_AT, RAW, RRE,
            TIGHT, VMWARE_CURSOR, X_CURSOR, ZLIB, ZRLE,
        };
        let after = left.next();
        Ok(match kind {
            RAW => (after, area(size) * self.pixel()?),
            COPY_RECT => (after, 4),
            RRE => (Step::Counted(left, self.pixel()? + 8, self.pixel()?), 0),
            CORRE => (Step::Counted(left, self.pixel()? + 4, self.pixel()?), 0),
            HEXTILE if area(size) == 0 => (after, 0),
            HEXTILE => (Step::Tile(left, size.0, size), 0),
            ZLIB | ZRLE => (Step::Counted(left, 1, 0), 0),
            TIGHT => {
                // Whatever is in it: nobody asked for it where that isn't known.
                self.tight()?;
                (Step::Tight(left, size), 0)
            }
            CURSOR => (after, area(size) * self.pixel()? + mask(size)),
            X_CURSOR if area(size) == 0 => (after, 0),
            X_CURSOR => (after, 6 + 2 * mask(size)),
            VMWARE_CURSOR => (Step::VmwareCursor(left, size), 0),
            POINTER_AT | DESKTOP_SIZE => (after, 0),
            LAST_RECT => (Step::Kind, 0),
            other => return Err(RfbFault::Encoding(other)),
        })
    }

    /// One tile of Hextile begins, with a byte that says what of it is there.
    fn tile(
        &self,
        left: Left,
        in_row: u16,
        rest: Size,
        flags: u8,
    ) -> Result<(Step, u64), RfbFault> {
        let pixel = self.pixel()?;
        let size = (in_row.min(TILE), rest.1.min(TILE));
        let has = |flag: u8| u64::from(flags & flag != 0);
        if has(1) == 1 {
            return Ok((after_tile(left, in_row, rest), area(size) * pixel));
        }
        // Colours of the ground and of what is on it.
        let colours = (has(2) + has(4)) * pixel;
        if has(8) == 0 {
            return Ok((after_tile(left, in_row, rest), colours));
        }
        let each = 2 + has(16) * pixel;
        // At most eight bytes.
        let colours = u8::try_from(colours).map_err(|_| RfbFault::Format)?;
        Ok((Step::InTile(left, in_row, rest, (colours, each)), 0))
    }

    /// Bytes of a pixel. Nothing that has any may come before the viewer asked
    /// for it: how long they are is not agreed on until then.
    fn pixel(&self) -> Result<u64, RfbFault> {
        self.fixed().map(|f| f.pixel)
    }

    /// As [`Self::pixel`], in Tight.
    fn tight(&self) -> Result<u64, RfbFault> {
        let tight = self.fixed()?.tight;
        tight.ok_or(RfbFault::Encoding(encoding::TIGHT))
    }

    fn fixed(&self) -> Result<Format, RfbFault> {
        match self.format {
            Agreed::Fixed(format) => Ok(format),
            Agreed::Nothing | Agreed::Open(_) => Err(RfbFault::Format),
        }
    }
}

/// What comes after a tile: the next in its row, in the next row, or none.
fn after_tile(left: Left, in_row: u16, (width, below): Size) -> Step {
    match (in_row.saturating_sub(TILE), below.saturating_sub(TILE)) {
        (0, 0) => left.next(),
        (0, below) => Step::Tile(left, width, (width, below)),
        (in_row, _) => Step::Tile(left, in_row, (width, below)),
    }
}

/// Data of Tight that has this length before it is compressed.
fn tight_data(left: Left, len: u64) -> (Step, u64) {
    match len < TIGHT_MIN {
        true => (left.next(), len),
        false => (Step::TightLength(left, 0, 0), 0),
    }
}
