//! Sources from an X11 display.
//!
//! - [`ScreenSource`]: the desktop, or a region of it, with what is private
//!   greyed out (GUARD-10).
//! - [`WindowSource`]: windows or whole applications, each from its own pixels
//!   (R6): right when covered, and nothing else ever in them.
//! - [`windows()`] and [`monitors`]: what there is to share.
//! - [`look()`]: what screens a display has, and what it lacks for sharing.
//! - [`inputs()`]: its input devices, and which of them programs press (ASK-3).
//!
//! Everything is driven by what the server reports: nothing polls. A source
//! has a connection of its own and answers to nobody else on it.

mod damage;
mod grab;
mod inputs;
mod kin;
mod link;
mod list;
mod needs;
mod pointer;
mod screen;
mod shm;
mod stack;
mod thumbnail;
mod traces;
mod tree;
mod windows;

pub(crate) use inputs::read as read_inputs;
pub use inputs::{InputDevice, InputKind, InputMaker, inputs};
pub(crate) use list::program;
pub use list::{
    MAX_TITLE, Mark, Monitor, WindowId, WindowInfo, WindowKind, mark, monitors, windows,
};
pub use needs::{Look, Missing, look};
pub use screen::{Area, ScreenControl, ScreenSource};
pub use stack::Privacy;
pub use thumbnail::thumbnail;
pub(crate) use tree::FRAME_DEPTH;
pub use windows::{Target, WindowControl, WindowSource};

/// Why a source on an X11 display could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// There is no such display, or it does not let us in.
    #[error("no X11 display: {0}")]
    Connect(#[from] x11rb::errors::ConnectError),
    /// The display lacks an extension of the X protocol.
    #[error("the X11 display lacks {0}")]
    Lacks(&'static str),
    /// The display's pixels are not 32 bits of blue, green, red and X: fewer
    /// colours, another order, or a big-endian server.
    #[error("the X11 display has a kind of pixels that is not supported")]
    Pixels,
    /// What should be shared is not there.
    #[error("there is nothing of that to share")]
    Nothing,
    /// The display broke while it was asked.
    #[error(transparent)]
    Source(#[from] crate::source::SourceError),
}
