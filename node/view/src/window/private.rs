//! The window is nobody's business but this person's: when they share their
//! screen, it isn't seen, and no viewer reaches it (GUARD-3, GUARD-10).

use winit::raw_window_handle::{HasWindowHandle, RawWindowHandle};
use winit::window::Window;
use x11rb::errors::{ConnectError, ConnectionError, ReplyError};
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, PropMode};
use x11rb::wrapper::ConnectionExt as _;

/// Why a window isn't marked: this machine's fault. Then it isn't shown.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MarkError {
    /// The window is none of X11.
    #[error("it is none of X11")]
    Kind,
    /// There is no X display.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// It broke.
    #[error(transparent)]
    Broken(#[from] ConnectionError),
    /// It refused.
    #[error(transparent)]
    Refused(#[from] ReplyError),
}

/// Marks a window that isn't shown yet as private. On a connection of its own,
/// which ends with it.
pub(super) fn mark(window: &Window) -> Result<(), MarkError> {
    let handle = window.window_handle().map(|h| h.as_raw());
    let Ok(RawWindowHandle::Xlib(handle)) = handle else {
        return Err(MarkError::Kind);
    };
    // Numbers of windows have 29 bits.
    let id = u32::try_from(handle.window).map_err(|_| MarkError::Kind)?;
    let (conn, _) = x11rb::connect(None)?;
    let name = conn.intern_atom(false, b"_KITH_PRIVATE")?.reply()?.atom;
    let kind = AtomEnum::CARDINAL;
    conn.change_property32(PropMode::REPLACE, id, name, kind, &[1])?
        .check()?;
    Ok(())
}
