//! The window is nobody's business but this person's: when they share their
//! screen, it isn't seen, and no viewer reaches it (GUARD-3, GUARD-10).

use iced::{Task, window};
use x11rb::errors::{ConnectError, ConnectionError, ReplyError};
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, PropMode};
use x11rb::wrapper::ConnectionExt as _;

/// Why a window isn't marked; this machine's fault.
#[derive(Debug, thiserror::Error)]
enum MarkError {
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

/// Marks a window as private and shows it. The node hides what this process
/// shows also without the mark, as long as it is this process's node.
pub(crate) fn show<T: Send + 'static>(window: window::Id) -> Task<T> {
    window::raw_id::<T>(window).then(move |id| {
        // Other systems know no such mark, and X11 has numbers of 29 bits.
        let _ = u32::try_from(id).map(mark);
        window::set_mode(window, window::Mode::Windowed)
    })
}

fn mark(window: u32) -> Result<(), MarkError> {
    let (conn, _) = x11rb::connect(None)?;
    let name = conn.intern_atom(false, b"_KITH_PRIVATE")?.reply()?.atom;
    let kind = AtomEnum::CARDINAL;
    conn.change_property32(PropMode::REPLACE, window, name, kind, &[1])?
        .check()?;
    Ok(())
}
