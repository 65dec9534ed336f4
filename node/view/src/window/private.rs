//! The window is nobody's business but this person's: when they share their
//! screen, it isn't seen, and no viewer reaches it (GUARD-3, GUARD-10).

use winit::raw_window_handle::{HasWindowHandle, RawWindowHandle};
use winit::window::Window;

/// Why a window isn't marked: this machine's fault. Then it isn't shown.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MarkError {
    /// The window is none of X11.
    #[error("it is none of X11")]
    Kind,
    /// The display didn't let it.
    #[error(transparent)]
    Display(#[from] kith_display::MarkError),
}

/// Marks a window that isn't shown yet as private.
pub(super) fn mark(window: &Window) -> Result<(), MarkError> {
    let handle = window.window_handle().map(|h| h.as_raw());
    let Ok(RawWindowHandle::Xlib(handle)) = handle else {
        return Err(MarkError::Kind);
    };
    // Numbers of windows have 29 bits.
    let id = u32::try_from(handle.window).map_err(|_| MarkError::Kind)?;
    Ok(kith_display::mark_private(id)?)
}
