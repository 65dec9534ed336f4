//! Getting pixels of windows and pixmaps.

use std::ops::Range;

use x11rb::protocol::shm;
use x11rb::protocol::xproto::{self, ImageFormat};

use super::link::{Link, answer, lost};
use super::shm::Segment;
use crate::source::SourceError;

/// Most pixels fetched at once: 1 MB, an eighth of a 1080p screen. More in one go
/// would be no faster, and stay in memory.
pub(crate) const CAPACITY: usize = 1 << 18;

/// Most images asked for at once, so that their replies stay few.
const MAX_SHOTS: usize = 64;

/// A part of a drawable, in its own coordinates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shot {
    pub(crate) drawable: u32,
    pub(crate) x: i16,
    pub(crate) y: i16,
    pub(crate) w: u16,
    pub(crate) h: u16,
}

impl Shot {
    fn area(&self) -> usize {
        usize::from(self.w) * usize::from(self.h)
    }

    /// The same in pieces that each fit; all rows of a piece are whole.
    pub(crate) fn pieces(self) -> impl Iterator<Item = Self> {
        let rows = (CAPACITY / usize::from(self.w.max(1))).clamp(1, usize::from(u16::MAX)) as u16;
        (0..self.h)
            .step_by(usize::from(rows))
            .map(move |from| Self {
                y: self.y.saturating_add_unsigned(from),
                h: rows.min(self.h - from),
                ..self
            })
    }
}

/// Where images are fetched to: shared memory, or the connection where the
/// server is on another machine.
#[derive(Debug)]
pub(crate) enum Grabber {
    Shared(Segment),
    Wire(Vec<u32>),
}

impl Grabber {
    pub(crate) fn new(link: &Link) -> Result<Self, SourceError> {
        if link.shares_memory()?
            && let Some(segment) = Segment::new(link, CAPACITY)?
        {
            return Ok(Self::Shared(segment));
        }
        Ok(Self::Wire(Vec::new()))
    }

    /// How many of the first shots fit at once; at least one if there is any
    /// and each is a piece.
    pub(crate) fn fitting(shots: &[Shot]) -> usize {
        let mut room = CAPACITY;
        let fits = |s: &&Shot| {
            let fits = s.area() <= room;
            room = room.saturating_sub(s.area());
            fits
        };
        shots.iter().take(MAX_SHOTS).take_while(fits).count()
    }

    /// Fetches shots that fit together. For each, where its pixels are, row by
    /// row without gaps; `None` if the drawable is gone or does not reach so
    /// far.
    pub(crate) fn fetch(
        &mut self,
        link: &Link,
        shots: &[Shot],
    ) -> Result<Vec<Option<Range<usize>>>, SourceError> {
        match self {
            Self::Shared(segment) => {
                let room = segment.len();
                segment.fill(|seg| shared(link, seg, room, shots))
            }
            Self::Wire(pixels) => wire(link, pixels, shots),
        }
    }

    /// What [`Self::fetch`] fetched.
    pub(crate) fn pixels(&self) -> &[u32] {
        match self {
            Self::Shared(segment) => segment.pixels(),
            Self::Wire(pixels) => pixels,
        }
    }
}

const ALL_PLANES: u32 = !0;
const Z_PIXMAP: u8 = 2;

fn shared(
    link: &Link,
    seg: shm::Seg,
    room: usize,
    shots: &[Shot],
) -> Result<Vec<Option<Range<usize>>>, SourceError> {
    let mut asked = Vec::with_capacity(shots.len());
    let mut at = 0;
    let mut broken = None;
    for s in shots {
        let range = at..at + s.area();
        if range.end > room {
            break;
        }
        let (format, offset) = (Z_PIXMAP, (at * 4) as u32);
        let (x, y, w, h) = (s.x, s.y, s.w, s.h);
        let cookie = shm::get_image(
            &link.conn, s.drawable, x, y, w, h, ALL_PLANES, format, seg, offset,
        );
        match cookie {
            Ok(cookie) => asked.push((cookie, range.clone())),
            Err(e) => broken = Some(lost(e)),
        }
        at = range.end;
    }
    // All are awaited, whatever came of the others: see Segment::fill.
    let mut done = Vec::with_capacity(shots.len());
    for (cookie, range) in asked {
        match answer(cookie.reply()) {
            Ok(reply) => {
                let whole = reply.filter(|r| r.size as usize == range.len() * 4);
                done.push(whole.map(|_| range));
            }
            Err(e) => broken = Some(e),
        }
    }
    done.resize(shots.len(), None);
    broken.map_or(Ok(done), Err)
}

fn wire(
    link: &Link,
    pixels: &mut Vec<u32>,
    shots: &[Shot],
) -> Result<Vec<Option<Range<usize>>>, SourceError> {
    pixels.clear();
    let mut asked = Vec::with_capacity(shots.len());
    for s in shots {
        let (x, y, w, h) = (s.x, s.y, s.w, s.h);
        let format = ImageFormat::Z_PIXMAP;
        let cookie = xproto::get_image(&link.conn, format, s.drawable, x, y, w, h, ALL_PLANES);
        asked.push((cookie.map_err(lost)?, s.area()));
    }
    let mut done = Vec::with_capacity(shots.len());
    for (cookie, area) in asked {
        let whole = answer(cookie.reply())?.filter(|r| r.data.len() == area * 4);
        done.push(whole.map(|reply| {
            let from = pixels.len();
            let four = |b: &[u8]| u32::from_le_bytes([b[0], b[1], b[2], b[3]]);
            pixels.extend(reply.data.chunks_exact(4).map(four));
            from..pixels.len()
        }));
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_cover_a_shot_and_fit() {
        let whole = Shot {
            drawable: 1,
            x: 3,
            y: -5,
            w: 8192,
            h: 4319,
        };
        let pieces: Vec<Shot> = whole.pieces().collect();
        assert!(pieces.len() > 30);
        let mut y = whole.y;
        for p in &pieces {
            assert!(p.area() <= CAPACITY);
            assert_eq!((p.x, p.y, p.w), (3, y, 8192));
            y += p.h as i16;
            assert_eq!(Grabber::fitting(std::slice::from_ref(p)), 1);
        }
        assert_eq!(i32::from(y), -5 + 4319);
        assert_eq!(Grabber::fitting(&pieces), 1);
        let small = [Shot {
            w: 10,
            h: 10,
            ..whole
        }; 100];
        assert_eq!(Grabber::fitting(&small), MAX_SHOTS);
        assert_eq!(Grabber::fitting(&[]), 0);
    }
}
