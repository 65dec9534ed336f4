//! Whose fault an error is: what decides between disconnecting a peer, asking
//! the person to update, and saying that the mistake was ours.

/// Whose fault an error is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Blame {
    /// No honest program makes this: forged, altered or broken. Count it
    /// against whoever sent it.
    Misbehaved,
    /// Made by a newer version, or by one that speaks another dialect: say
    /// that an update is needed, and count nothing.
    Incompatible,
    /// The record was right once: something is missing, outdated, or a clock
    /// is wrong. Fetch what is newer, or name the clock.
    Circumstance,
    /// We, or our own person's input.
    Ours,
}
