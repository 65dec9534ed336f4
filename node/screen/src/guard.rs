//! The guard: whether one input of a viewer may be injected, decided anew for
//! every event (GUARD-3, GUARD-4; rule R5).
//!
//! Pure: [`decide()`] looks at a [`Sight`] (what the screen looks like at this
//! very moment, taken under a server grab), a [`ControlGrant`] (what the sharer
//! consented to) and what the viewer already holds. It authorises windows by
//! their true owner, never by name or claim, and refuses whatever it does not
//! know: an owner that could not be found out, a grab that nobody explains, a
//! window kind without a rule.
//!
//! Who injects is [`crate::warden`]; the synthetic desktop has hands of its own
//! behind the same guard.

mod bucket;
mod decide;
mod desk;
mod grant;
pub mod keys;
mod limits;
mod part;
mod reason;

#[cfg(test)]
mod tests;

pub use bucket::Bucket;
pub use decide::{Deed, Held, Inject, Question, decide};
pub use desk::{
    Area, Borders, ClientId, Focus, Grab, Kind, Link, Owner, Point, Popup, ProcessId, Says,
    Secrecy, Sight, Stacking, Window, WindowId,
};
pub use grant::{ControlGrant, MAX_SHARED, Own, ShareId, Shared, ViewerId, What};
pub use limits::{
    Allow, Barred, Keys, Limits, LimitsError, MAX_AREAS, MAX_BARRED, MAX_BARRED_KEYS, Rate,
};
pub use part::{MAX_CUTS, Part};
pub use reason::Reason;
