//! Windows that are nobody's business but this person's: when they share their
//! screen, such a window isn't seen, and no viewer reaches it (GUARD-3,
//! GUARD-10).

use x11rb::errors::{ConnectError, ConnectionError, ReplyError};
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, PropMode};
use x11rb::wrapper::ConnectionExt as _;

/// Why a window isn't marked: this machine's fault.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MarkError {
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

/// Marks a window of this process's display, by its X11 number, as private:
/// before it is shown. On a connection of its own, which ends with it.
///
/// # Errors
/// There is no display, or no such window.
pub fn mark_private(window: u32) -> Result<(), MarkError> {
    let (conn, _) = x11rb::connect(None)?;
    let name = conn.intern_atom(false, b"_KITH_PRIVATE")?.reply()?.atom;
    let kind = AtomEnum::CARDINAL;
    conn.change_property32(PropMode::REPLACE, window, name, kind, &[1])?
        .check()?;
    Ok(())
}
