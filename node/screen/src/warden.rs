//! The security process on the sharer's screen, `kith warden` (DESIGN.md,
//! "Processes"; rule R5; GUARD-3 to GUARD-6; ASK-2).
//!
//! One a display, started by the node, which talks to it over an inherited
//! socketpair ([`protocol`]). It owns what safety rests on: it alone makes
//! [`ControlGrant`](crate::guard::ControlGrant)s, decides on every input
//! ([`crate::guard`]), injects, and hears the panic key.
//!
//! - A node that is gone ends everything: keys are released, nothing more is
//!   injected, the process exits. One that hangs changes nothing about panic.
//! - A warden that is gone leaves keys down: a fresh one releases them before
//!   anything else. So the node starts another at once.
//! - What is heard of the sharer's own devices goes before anything queued.
//!
//! This stops what Kith injects, not malware of the same user, which can forge
//! devices and windows.

mod consent;
mod engine;
mod frame;
mod hands;
mod keymap;
mod link;
mod paint;
mod panic_key;
pub mod protocol;
mod run;
mod start;
mod words;
mod x11;

pub use engine::{Engine, Gate, LOCAL_PAUSE, Outcome};
pub use hands::{Hands, Origin};
pub use run::{WardenError, run, run_on};
pub use start::{Spawned, inherited, spawn};
pub use x11::ScreenError;

use crate::look::Language;

/// Whether a font of this machine has all letters that the warden's windows need
/// in this language; without, they are in English. Reads the list of fonts: some
/// ten milliseconds.
#[must_use]
pub fn can_be_in(language: Language) -> bool {
    paint::Type::load().writes(language)
}
