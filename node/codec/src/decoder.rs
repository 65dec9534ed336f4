//! The viewer's side: messages in, a picture out. No bytes can make it panic,
//! hang or take more memory than its limits say.

use crate::chunk::{self, ChunkError, MAX_CHUNK};
use crate::film::MAX_FILMS;
use crate::film::decode::{FilmDecoder, FilmError};
use crate::film::film_fits;
use crate::film::nal::FilmKind;
use crate::geometry::{Rect, Region, Size};
use crate::message::{
    CursorShape, EndReason, FilmAction, Hello, MAX_CURSORS, SourceState, ToViewer, Update,
    next_sequence,
};
use crate::picture::Picture;
use crate::stream::{StreamError, Unpacker};

/// Scratch memory kept between updates, bytes; what a large one needed beyond
/// is given back.
const KEPT_SCRATCH: usize = 512 * 1024;

/// Why a viewer gave up. All but [`DecodeError::Film`] with
/// [`FilmError::Library`] and [`StreamError::Library`] are the peer's fault.
/// After an error the decoder refuses everything but a reset point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// An update is missing or came twice.
    #[error("update {got} came where {expected} was due")]
    Sequence {
        /// The number it should have had.
        expected: u32,
        /// The number it had.
        got: u32,
    },
    /// The first update is not a reset point, or an update other than a
    /// reset point followed an error.
    #[error("an update without a reset point before it")]
    NoReset,
    /// The stream is damaged.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// An update is wrong.
    #[error(transparent)]
    Chunk(#[from] ChunkError),
    /// Film is wrong.
    #[error(transparent)]
    Film(#[from] FilmError),
    /// A film's rectangle is out of bounds.
    #[error("a film's rectangle is out of bounds")]
    FilmRect,
    /// A pointer shape that was never sent.
    #[error("a pointer shape that was never sent")]
    Cursor,
    /// A message after the end.
    #[error("a message after the end of the share")]
    Ended,
}

/// What a message did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The picture changed within `damage`; acknowledge `sequence` when it is
    /// painted.
    Painted {
        /// The update's number.
        sequence: u32,
        /// What to paint; empty if nothing changed.
        damage: Region,
        /// Another update of the same moment follows at once.
        more: bool,
        /// Every pixel is exact now.
        exact: bool,
    },
    /// The pointer's shape or place changed.
    Cursor,
    /// Other areas are grey now.
    Masks,
    /// The source does something else now.
    Source(SourceState),
    /// The other side's versions.
    Hello(Hello),
    /// The share is over.
    End(EndReason),
}

/// The state of one viewed share.
#[derive(Debug)]
pub struct Viewer {
    picture: Option<Picture>,
    unpacker: Unpacker,
    films: [Option<FilmDecoder>; MAX_FILMS],
    scratch: Vec<u8>,
    last: u32,
    broken: bool,
    ended: bool,
    cursors: [Option<CursorShape>; MAX_CURSORS as usize],
    cursor: Option<(u8, u16, u16)>,
    masks: Vec<Rect>,
    source: SourceState,
}

impl Viewer {
    /// A viewer that has seen nothing yet.
    ///
    /// # Errors
    /// [`StreamError::Library`] when memory runs out.
    pub fn new() -> Result<Self, StreamError> {
        Ok(Self {
            picture: None,
            unpacker: Unpacker::new()?,
            films: [const { None }; MAX_FILMS],
            scratch: Vec::new(),
            last: 0,
            broken: false,
            ended: false,
            cursors: [const { None }; MAX_CURSORS as usize],
            cursor: None,
            masks: Vec::new(),
            source: SourceState::Live,
        })
    }

    /// The picture, once the first update came.
    #[must_use]
    pub const fn picture(&self) -> Option<&Picture> {
        self.picture.as_ref()
    }

    /// The pointer's shape and the place of its hot spot, unless hidden.
    #[must_use]
    pub fn cursor(&self) -> Option<(&CursorShape, u16, u16)> {
        let (slot, x, y) = self.cursor?;
        Some((self.cursors.get(usize::from(slot))?.as_ref()?, x, y))
    }

    /// Areas to paint grey. They may reach beyond the picture.
    #[must_use]
    pub fn masks(&self) -> &[Rect] {
        &self.masks
    }

    /// What the source does.
    #[must_use]
    pub const fn source(&self) -> SourceState {
        self.source
    }

    /// Takes one message.
    ///
    /// # Errors
    /// See [`DecodeError`]. The connection should end; a sharer may be asked
    /// for a reset point instead.
    pub fn handle(&mut self, message: ToViewer<'_>) -> Result<Seen, DecodeError> {
        if self.ended {
            return Err(DecodeError::Ended);
        }
        Ok(match message {
            ToViewer::Hello(h) => Seen::Hello(h),
            ToViewer::Update(u) => {
                let Update {
                    sequence,
                    more,
                    exact,
                    ..
                } = u;
                match self.update(&u) {
                    Ok(damage) => Seen::Painted {
                        sequence,
                        damage,
                        more,
                        exact,
                    },
                    Err(e) => {
                        self.broken = true;
                        return Err(e);
                    }
                }
            }
            ToViewer::CursorShape(shape) => {
                let slot = shape.slot;
                let (x, y) = self.cursor.map_or((0, 0), |(_, x, y)| (x, y));
                match self.cursors.get_mut(usize::from(slot)) {
                    Some(place) if shape.is_valid() => *place = Some(shape),
                    _ => return Err(DecodeError::Cursor),
                }
                self.cursor = Some((slot, x, y));
                Seen::Cursor
            }
            ToViewer::Cursor { shape: None, .. } => {
                self.cursor = None;
                Seen::Cursor
            }
            ToViewer::Cursor {
                shape: Some(s),
                x,
                y,
            } => {
                if !matches!(self.cursors.get(usize::from(s)), Some(Some(_))) {
                    return Err(DecodeError::Cursor);
                }
                self.cursor = Some((s, x, y));
                Seen::Cursor
            }
            ToViewer::Masks(masks) => {
                self.masks = masks;
                Seen::Masks
            }
            ToViewer::Source(s) => {
                self.source = s;
                Seen::Source(s)
            }
            ToViewer::End(reason) => {
                self.ended = true;
                Seen::End(reason)
            }
        })
    }

    fn update(&mut self, u: &Update<'_>) -> Result<Region, DecodeError> {
        let expected = next_sequence(self.last);
        if u.sequence != expected && !(u.reset.is_some() && self.broken) {
            return Err(DecodeError::Sequence {
                expected,
                got: u.sequence,
            });
        }
        self.last = u.sequence;
        let mut damage = Region::new();
        if let Some(size) = u.reset {
            self.reset(size, &mut damage)?;
        }
        let picture = match &mut self.picture {
            Some(p) if !self.broken => p,
            _ => return Err(DecodeError::NoReset),
        };
        if !u.chunk.is_empty() {
            self.unpacker
                .unpack(u.chunk, MAX_CHUNK, &mut self.scratch)?;
            let applied = chunk::apply(&self.scratch, picture, &mut damage);
            self.scratch.clear();
            self.scratch.shrink_to(KEPT_SCRATCH);
            applied?;
        }
        for piece in &u.films {
            let Some(film) = self.films.get_mut(piece.id.index()) else {
                continue;
            };
            let shown = match piece.action {
                FilmAction::Close => {
                    *film = None;
                    continue;
                }
                FilmAction::Key { rect, bytes } => {
                    if !film_fits(rect, picture.size()) {
                        return Err(DecodeError::FilmRect);
                    }
                    // A decoder is made anew for every beginning: nothing of
                    // an earlier film can reach into this one.
                    *film = None;
                    crate::film::nal::check(bytes, FilmKind::Key, rect).map_err(FilmError::from)?;
                    let film = film.insert(FilmDecoder::new(rect)?);
                    film.show(bytes, FilmKind::Key, picture)
                        .map(|()| film.rect())
                }
                FilmAction::Delta { bytes } => match film {
                    Some(f) => f.show(bytes, FilmKind::Delta, picture).map(|()| f.rect()),
                    None => Err(FilmError::NotBegun),
                },
            };
            damage.add(shown?);
        }
        Ok(damage)
    }

    fn reset(&mut self, size: Size, damage: &mut Region) -> Result<(), DecodeError> {
        self.unpacker.reset()?;
        self.films = [const { None }; MAX_FILMS];
        self.broken = false;
        if self.picture.as_ref().is_none_or(|p| p.size() != size) {
            // The old one goes first, so that two never exist at once.
            self.picture = None;
            self.picture = Some(Picture::new(size));
            damage.add(size.bounds());
        }
        Ok(())
    }
}
