//! The window is nobody's business but this person's: when they share their
//! screen, it isn't seen, and no viewer reaches it (GUARD-3, GUARD-10).

use iced::{Task, window};
use kith_display::mark_private;

/// Marks a window as private and shows it. The node hides what this process
/// shows also without the mark, as long as it is this process's node.
pub(crate) fn show<T: Send + 'static>(window: window::Id) -> Task<T> {
    window::raw_id::<T>(window).then(move |id| {
        // Other systems know no such mark, and X11 has numbers of 29 bits.
        let _ = u32::try_from(id).map(mark_private);
        window::set_mode(window, window::Mode::Windowed)
    })
}
