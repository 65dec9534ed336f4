//! Interrupting a source that waits.

use std::fmt;
use std::sync::Arc;

/// What a kind of source does to be interrupted.
pub(crate) trait Wake: Send + Sync {
    fn wake(&self);
}

/// Makes the [`wait`](super::Source::wait) in progress return, or else the
/// next one. Several calls before that count as one. Outliving the source is
/// harmless.
#[derive(Clone)]
pub struct Waker(Arc<dyn Wake>);

impl Waker {
    pub(crate) fn new(inner: Arc<dyn Wake>) -> Self {
        Self(inner)
    }

    /// Interrupts. Never blocks for long.
    pub fn wake(&self) {
        self.0.wake();
    }
}

impl fmt::Debug for Waker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Waker")
    }
}
