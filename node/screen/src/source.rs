//! What gives a share its pixels, whatever is behind it.
//!
//! A runner's loop over any source:
//!
//! ```no_run
//! # use kith_screen::source::{Source, SourceError};
//! # use kith_codec::{share::Share, time::Moment};
//! # fn run(source: &mut dyn Source, share: &mut Share, now: fn() -> Moment) -> Result<(), SourceError> {
//! loop {
//!     let changes = source.wait(None)?; // or until share.poll_at()
//!     changes.apply(share);
//!     if share.wants_source(now()) {
//!         share.encode(&source.view()?, now()).unwrap();
//!     }
//! }
//! # }
//! ```
//!
//! Pixels are fetched by [`Source::view`], not by [`Source::wait`]: while no
//! viewer can take an update nothing is fetched, and what is fetched later is
//! the screen as it is then (latest wins).

mod changes;
pub(crate) mod masks;
mod waker;

pub use changes::{Changes, Placement, Pointer};
pub(crate) use waker::Wake;
pub use waker::Waker;

use std::time::Instant;

use kith_codec::geometry::{Rect, Size};
use kith_codec::picture::PixelView;

/// What is painted where nothing may be seen: masked areas, and the parts of
/// an application's picture where none of its windows is. `0x00RRGGBB`.
pub const GREY: u32 = 0x0080_8080;

/// Something that is shared. Owned by one thread; only its [`Waker`] is for
/// others.
pub trait Source: Send {
    /// The size of the picture that the next [`Self::view`] has. Changes only
    /// within [`Self::wait`], which says so.
    fn size(&self) -> Size;

    /// Where on the screen the picture lies. Changes only within
    /// [`Self::wait`], which says so.
    fn placement(&self) -> Placement;

    /// Waits until something changed, `until` has come (`None`: for ever), or
    /// the waker was used, whichever is first; says what changed since the
    /// last call. The first call of all reports everything, at once: the whole
    /// picture as damage, the state, the pointer. While the source is still
    /// this costs nothing: no clock ticks inside.
    ///
    /// # Errors
    /// [`SourceError`]; the source is of no further use.
    fn wait(&mut self, until: Option<Instant>) -> Result<Changes, SourceError>;

    /// The picture: at least as new as the last [`Self::wait`] said, and
    /// unchanged outside the damage that `wait` reported. Fetches only what
    /// was damaged since the last call.
    ///
    /// # Errors
    /// [`SourceError`]; the source is of no further use.
    fn view(&mut self) -> Result<PixelView<'_>, SourceError>;

    /// Areas of the picture to paint [`GREY`] from the next [`Self::view`] on,
    /// in place of those of earlier calls, and beside those that the source
    /// masks by itself (GUARD-4, GUARD-10). At most
    /// [`kith_codec::message::MAX_MASKS`]; if there are more, everything is
    /// grey. The next [`Self::wait`] reports them with the damage.
    fn mask(&mut self, areas: &[Rect]);

    /// A handle that interrupts [`Self::wait`] from any thread.
    fn waker(&self) -> Waker;
}

/// Why a source cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// Nobody's fault: the shared window or application was closed.
    #[error("the shared window is gone")]
    Gone,
    /// The window system ended, or ended us.
    #[error("the connection to the screen broke")]
    Disconnected(#[source] std::io::Error),
    /// The window system answered what its protocol does not allow, or lacks
    /// memory for us.
    #[error("the screen answered unexpectedly: {0}")]
    Screen(&'static str),
}
