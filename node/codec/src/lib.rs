//! Pixels to bytes and back, and the view protocol (SHARE-3).
//!
//! [`share::Share`] takes a source's pixels and makes updates for many
//! viewers, each at its own pace; [`decoder::Viewer`] turns the updates into
//! the same pixels again. Between them travel the messages of [`message`].
//! Pure: no I/O, no clock, no windows; time is passed in.
//!
//! `protocol-spec/11-share-codec.md` defines every byte.
//!
//! Building wants `nasm`: without it the film codec silently loses its SIMD
//! code and becomes several times slower.

#![forbid(unsafe_code)]

mod chunk;
mod compare;
pub mod decoder;
pub mod film;
pub mod geometry;
pub mod input;
pub mod message;
mod motion;
mod moves;
mod paint;
pub mod picture;
pub mod share;
mod stream;
pub mod synthetic;
pub mod tiles;
pub mod time;
mod wire;

pub use chunk::{ChunkError, MAX_CHUNK};
pub use film::decode::FilmError;
pub use film::encode::FilmEncodeError;
pub use film::nal::NalError;
pub use moves::{MAX_MOVE_RECTS, MAX_VECTORS, MoveError, Vector};
pub use paint::MAX_PALETTE;
pub use stream::{StreamError, WINDOW_LOG};
pub use wire::WireError;
