//! Film: regions that change all the time in many colours go through H.264,
//! as the approximation that the eye takes for motion. What stands still
//! again is sent exactly.
//!
//! OpenH264 is built from the source its crate carries; with `nasm` present
//! at build time it uses SIMD and is about four times as fast. The build does
//! not fail without it, it is only slow.

pub(crate) mod colour;
pub(crate) mod decode;
pub(crate) mod encode;
pub(crate) mod nal;

use crate::geometry::{Rect, Size};

/// Films that may run at once in one share. Each costs a viewer a decoder
/// with its reference pictures.
pub const MAX_FILMS: usize = 4;

/// Largest film in pixels: 4K UHD, beyond which OpenH264 refuses.
pub const MAX_FILM_PIXELS: u32 = 3840 * 2160;

/// Longest side of a film in pixels.
pub const MAX_FILM_SIDE: u16 = 3840;

/// Longest that the shorter side of a film may be, in pixels.
pub const MAX_FILM_SHORT_SIDE: u16 = 2160;

/// Shortest side of a film in pixels: one macroblock.
pub const MIN_FILM_SIDE: u16 = 16;

/// Most bytes of one film picture. A 4K key picture of noise at the finest
/// setting we use stays below.
pub const MAX_FILM_BYTES: usize = 4 << 20;

/// Whether a film may have this rectangle in a picture of `size`: even
/// sides, within the picture and the limits above.
#[must_use]
pub fn film_fits(rect: Rect, size: Size) -> bool {
    let (long, short) = (rect.w.max(rect.h), rect.w.min(rect.h));
    rect.w.is_multiple_of(2)
        && rect.h.is_multiple_of(2)
        && (MIN_FILM_SIDE..=MAX_FILM_SHORT_SIDE).contains(&short)
        && long <= MAX_FILM_SIDE
        && rect.area() <= MAX_FILM_PIXELS
        && size.bounds().contains(rect)
}

/// Which of the films of a share, below [`MAX_FILMS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FilmId(u8);

impl FilmId {
    /// `None` from [`MAX_FILMS`] on.
    #[must_use]
    pub const fn new(id: u8) -> Option<Self> {
        if (id as usize) < MAX_FILMS {
            Some(Self(id))
        } else {
            None
        }
    }

    /// Its number.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }

    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }
}
