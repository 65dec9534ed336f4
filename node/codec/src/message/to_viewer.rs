//! What a share says.

use super::{Envelope, Hello, MAX_PACKED, MessageError, kind, message};
use crate::film::nal::FilmKind;
use crate::film::{FilmId, MAX_FILM_BYTES, MAX_FILMS};
use crate::geometry::{Rect, Size};
use crate::wire::{Put, Reader};

/// Longest side of a pointer shape in pixels; a large pointer on a dense
/// screen.
pub const MAX_CURSOR_SIDE: u16 = 128;
/// Pointer shapes a viewer keeps.
pub const MAX_CURSORS: u8 = 16;
/// Most grey rectangles.
pub const MAX_MASKS: usize = 256;

const FLAG_RESET: u8 = 1;
const FLAG_MORE: u8 = 2;
const FLAG_CHUNK: u8 = 4;
const FLAG_FILM: u8 = 8;
const FLAG_EXACT: u8 = 16;

/// A message of the share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToViewer<'a> {
    /// Begins the conversation.
    Hello(Hello),
    /// The picture changed.
    Update(Update<'a>),
    /// A pointer shape to keep and show from now on.
    CursorShape(CursorShape),
    /// Where the pointer is.
    Cursor {
        /// Which shape; `None` hides it.
        shape: Option<u8>,
        /// Its hot spot, in pixels of the picture.
        x: u16,
        /// Likewise.
        y: u16,
    },
    /// Areas to paint grey from now on (GUARD-4); replaces all earlier ones.
    Masks(Vec<Rect>),
    /// What the source does.
    Source(SourceState),
    /// The share is over; nothing follows.
    End(EndReason),
}

/// A change of the picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update<'a> {
    /// One more than the last update's, beginning at 1.
    pub sequence: u32,
    /// At a reset point: the size of the picture from here on. Streams and
    /// films begin anew; pixels stay unless the size changes, then all are
    /// black.
    pub reset: Option<Size>,
    /// Another update of the same moment follows: painting may wait for it.
    pub more: bool,
    /// The source rests: with this update every pixel is exact.
    pub exact: bool,
    /// The next piece of the compressed stream; may be empty.
    pub chunk: &'a [u8],
    /// Film, painted after the chunk.
    pub films: Vec<FilmPiece<'a>>,
}

/// What happens to one film.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FilmPiece<'a> {
    /// Which film.
    pub id: FilmId,
    /// What happens.
    pub action: FilmAction<'a>,
}

/// What happens to a film.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilmAction<'a> {
    /// It begins here; an earlier one of the same number ends.
    Key {
        /// Where it is shown.
        rect: Rect,
        /// H.264, Annex B: parameter sets and an IDR picture.
        bytes: &'a [u8],
    },
    /// It goes on.
    Delta {
        /// H.264, Annex B: one picture.
        bytes: &'a [u8],
    },
    /// It is over; its last picture stays.
    Close,
}

/// A pointer shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CursorShape {
    /// Where to keep it, below [`MAX_CURSORS`].
    pub slot: u8,
    /// Width in pixels, 1 to [`MAX_CURSOR_SIDE`].
    pub w: u16,
    /// Height likewise.
    pub h: u16,
    /// The pixel that points, inside.
    pub hot_x: u16,
    /// Likewise.
    pub hot_y: u16,
    /// `0xAARRGGBB`, premultiplied; `w * h` of them.
    pub pixels: Vec<u32>,
}

impl CursorShape {
    /// Whether sizes, slot and hot spot are within their limits.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        let side = 1..=MAX_CURSOR_SIDE;
        self.slot < MAX_CURSORS
            && side.contains(&self.w)
            && side.contains(&self.h)
            && self.hot_x < self.w
            && self.hot_y < self.h
            && self.pixels.len() == usize::from(self.w) * usize::from(self.h)
    }
}

/// What the source does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceState {
    /// It is shown as it is.
    Live,
    /// The shared window is minimised: the picture is its last.
    Minimised,
    /// The sharer paused.
    Paused,
}

impl SourceState {
    const ALL: [Self; 3] = [Self::Live, Self::Minimised, Self::Paused];
}

/// Why a share ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// The sharer stopped it.
    Stopped,
    /// The shared window or application is gone.
    SourceGone,
    /// This viewer's right ended.
    Revoked,
    /// The share failed on the sharer's side.
    Failed,
}

impl EndReason {
    const ALL: [Self; 4] = [Self::Stopped, Self::SourceGone, Self::Revoked, Self::Failed];
}

fn rect(r: &mut Reader<'_>) -> Result<Rect, MessageError> {
    Ok(Rect::new(r.u16()?, r.u16()?, r.u16()?, r.u16()?))
}

fn put_rect(r: Rect, out: &mut Vec<u8>) {
    for v in [r.x, r.y, r.w, r.h] {
        out.put_u16(v);
    }
}

impl<'a> ToViewer<'a> {
    /// Reads a message; `None` if it is of a kind that may be skipped.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(envelope: Envelope<'a>) -> Result<Option<Self>, MessageError> {
        let k = envelope.kind;
        let mut r = Reader::new(envelope.body);
        let message = match k {
            kind::HELLO => return Ok(Some(Self::Hello(Hello::get(&mut r)?))),
            kind::UPDATE => Self::Update(Update::get(&mut r)?),
            kind::CURSOR_SHAPE => {
                let (slot, w, h) = (r.u8()?, r.u16()?, r.u16()?);
                let (hot_x, hot_y) = (r.u16()?, r.u16()?);
                if w > MAX_CURSOR_SIDE || h > MAX_CURSOR_SIDE {
                    return Err(MessageError::Range(k));
                }
                let pixels = r.bytes(usize::from(w) * usize::from(h) * 4)?;
                let pixels = pixels
                    .chunks_exact(4)
                    .map(|p| u32::from_le_bytes([p[0], p[1], p[2], p[3]]))
                    .collect();
                let shape = CursorShape {
                    slot,
                    w,
                    h,
                    hot_x,
                    hot_y,
                    pixels,
                };
                if !shape.is_valid() {
                    return Err(MessageError::Range(k));
                }
                Self::CursorShape(shape)
            }
            kind::CURSOR => {
                let shape = match r.u8()? {
                    0xff => None,
                    s if s < MAX_CURSORS => Some(s),
                    _ => return Err(MessageError::Range(k)),
                };
                Self::Cursor {
                    shape,
                    x: r.u16()?,
                    y: r.u16()?,
                }
            }
            kind::MASKS => {
                let n = usize::from(r.u16()?);
                if n > MAX_MASKS {
                    return Err(MessageError::Range(k));
                }
                Self::Masks((0..n).map(|_| rect(&mut r)).collect::<Result<_, _>>()?)
            }
            kind::SOURCE => {
                let s = SourceState::ALL.get(usize::from(r.u8()?));
                Self::Source(*s.ok_or(MessageError::Range(k))?)
            }
            kind::END => {
                let s = EndReason::ALL.get(usize::from(r.u8()?));
                Self::End(*s.ok_or(MessageError::Range(k))?)
            }
            k if k >= kind::SKIPPABLE => return Ok(None),
            k => return Err(MessageError::Unknown(k)),
        };
        r.finish()?;
        Ok(Some(message))
    }

    /// The message as bytes. Values outside their limits are the caller's
    /// mistake and will be refused by the other side.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Hello(h) => message(kind::HELLO, |o| h.put(o)),
            Self::Update(u) => {
                let mut w = UpdateWriter::new(u.reset);
                w.chunk(u.chunk);
                for f in &u.films {
                    w.film(f);
                }
                w.more(u.more);
                w.exact(u.exact);
                let body = w.finish();
                let head = UpdateWriter::head(u.sequence, body.len());
                [&head[..], &body].concat()
            }
            Self::CursorShape(s) => message(kind::CURSOR_SHAPE, |o| {
                o.put_u8(s.slot);
                for v in [s.w, s.h, s.hot_x, s.hot_y] {
                    o.put_u16(v);
                }
                for p in &s.pixels {
                    o.put_u32(*p);
                }
            }),
            Self::Cursor { shape, x, y } => message(kind::CURSOR, |o| {
                o.put_u8(shape.unwrap_or(0xff));
                o.put_u16(*x);
                o.put_u16(*y);
            }),
            Self::Masks(masks) => message(kind::MASKS, |o| {
                o.put_u16(masks.len().min(MAX_MASKS) as u16);
                for m in masks.iter().take(MAX_MASKS) {
                    put_rect(*m, o);
                }
            }),
            Self::Source(s) => message(kind::SOURCE, |o| o.put_u8(*s as u8)),
            Self::End(s) => message(kind::END, |o| o.put_u8(*s as u8)),
        }
    }
}

impl<'a> Update<'a> {
    fn get(r: &mut Reader<'a>) -> Result<Self, MessageError> {
        let range = MessageError::Range(kind::UPDATE);
        let sequence = r.u32()?;
        let flags = r.u8()?;
        if flags & !(FLAG_RESET | FLAG_MORE | FLAG_CHUNK | FLAG_FILM | FLAG_EXACT) != 0
            || sequence == 0
        {
            return Err(range);
        }
        let reset = if flags & FLAG_RESET != 0 {
            Some(Size::new(r.u16()?, r.u16()?).ok_or(range)?)
        } else {
            None
        };
        let mut chunk: &[u8] = &[];
        if flags & FLAG_CHUNK != 0 {
            let n = r.u24()? as usize;
            if n == 0 || n > MAX_PACKED {
                return Err(range);
            }
            chunk = r.bytes(n)?;
        }
        let mut films = Vec::new();
        if flags & FLAG_FILM != 0 {
            let n = usize::from(r.u8()?);
            if n == 0 || n > 2 * MAX_FILMS {
                return Err(range);
            }
            let mut total = 0;
            for _ in 0..n {
                let id = FilmId::new(r.u8()?).ok_or(range)?;
                let mut bytes = |r: &mut Reader<'a>| -> Result<&'a [u8], MessageError> {
                    let n = r.u24()? as usize;
                    total += n;
                    if total > MAX_FILM_BYTES {
                        return Err(range);
                    }
                    Ok(r.bytes(n)?)
                };
                let action = match r.u8()? {
                    0 => FilmAction::Key {
                        rect: rect(r)?,
                        bytes: bytes(r)?,
                    },
                    1 => FilmAction::Delta { bytes: bytes(r)? },
                    2 => FilmAction::Close,
                    _ => return Err(range),
                };
                films.push(FilmPiece { id, action });
            }
        }
        let (more, exact) = (flags & FLAG_MORE != 0, flags & FLAG_EXACT != 0);
        Ok(Self {
            sequence,
            reset,
            more,
            exact,
            chunk,
            films,
        })
    }
}

impl FilmAction<'_> {
    pub(crate) fn of(kind: FilmKind, rect: Rect, bytes: &[u8]) -> FilmAction<'_> {
        match kind {
            FilmKind::Key => FilmAction::Key { rect, bytes },
            FilmKind::Delta => FilmAction::Delta { bytes },
        }
    }
}

/// Writes the part of an update that is the same for every viewer of a pace:
/// all but head and sequence number.
#[derive(Debug)]
pub(crate) struct UpdateWriter {
    out: Vec<u8>,
    films: Option<usize>,
}

impl UpdateWriter {
    pub(crate) fn new(reset: Option<Size>) -> Self {
        let mut out = vec![0];
        if let Some(size) = reset {
            out[0] |= FLAG_RESET;
            out.put_u16(size.width());
            out.put_u16(size.height());
        }
        Self { out, films: None }
    }

    pub(crate) fn more(&mut self, more: bool) {
        if more {
            self.out[0] |= FLAG_MORE;
        }
    }

    pub(crate) fn exact(&mut self, exact: bool) {
        if exact {
            self.out[0] |= FLAG_EXACT;
        }
    }

    pub(crate) fn chunk(&mut self, chunk: &[u8]) {
        if !chunk.is_empty() {
            self.out[0] |= FLAG_CHUNK;
            self.out.put_u24(chunk.len() as u32);
            self.out.extend_from_slice(chunk);
        }
    }

    /// At most `2 * MAX_FILMS` times, after the chunk.
    pub(crate) fn film(&mut self, film: &FilmPiece<'_>) {
        self.out[0] |= FLAG_FILM;
        let at = *self.films.get_or_insert_with(|| {
            self.out.push(0);
            self.out.len() - 1
        });
        self.out[at] += 1;
        self.out.put_u8(film.id.get());
        match film.action {
            FilmAction::Key { rect, bytes } => {
                self.out.put_u8(0);
                put_rect(rect, &mut self.out);
                self.out.put_u24(bytes.len() as u32);
                self.out.extend_from_slice(bytes);
            }
            FilmAction::Delta { bytes } => {
                self.out.put_u8(1);
                self.out.put_u24(bytes.len() as u32);
                self.out.extend_from_slice(bytes);
            }
            FilmAction::Close => self.out.put_u8(2),
        }
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.out
    }

    /// What comes before a shared part of `len` bytes for one viewer.
    pub(crate) fn head(sequence: u32, len: usize) -> [u8; 8] {
        let [a, b, c, _] = (len as u32 + 4).to_le_bytes();
        let [s0, s1, s2, s3] = sequence.to_le_bytes();
        [kind::UPDATE, a, b, c, s0, s1, s2, s3]
    }
}
