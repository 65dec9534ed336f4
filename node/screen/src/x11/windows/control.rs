//! What the sharer chooses.

use std::sync::{Arc, Mutex, PoisonError};

use crate::source::Waker;
use crate::x11::list::WindowId;
use crate::x11::stack::Privacy;

/// What is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// A window, with its dialogs and menus.
    Window(WindowId),
    /// All windows of this process.
    Application(u32),
}

#[derive(Debug, Default)]
pub(crate) struct Wishes {
    pub(crate) targets: Option<Vec<Target>>,
    pub(crate) privacy: Option<Privacy>,
}

impl Wishes {
    /// What was wished since the last time.
    pub(crate) fn take(from: &Mutex<Self>) -> Self {
        std::mem::take(&mut from.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Adds and removes what a [`super::WindowSource`] shows, from any thread (GUARD-2).
#[derive(Clone, Debug)]
pub struct WindowControl {
    wishes: Arc<Mutex<Wishes>>,
    waker: Waker,
}

impl WindowControl {
    pub(crate) fn new(wishes: Arc<Mutex<Wishes>>, waker: Waker) -> Self {
        Self { wishes, waker }
    }

    fn wish(&self, set: impl FnOnce(&mut Wishes)) {
        set(&mut self.wishes.lock().unwrap_or_else(PoisonError::into_inner));
        self.waker.wake();
    }

    /// Shares these from now on, in place of what was shared.
    pub fn set_targets(&self, targets: Vec<Target>) {
        self.wish(|w| w.targets = Some(targets));
    }

    /// Leaves these windows out from now on.
    pub fn set_privacy(&self, privacy: Privacy) {
        self.wish(|w| w.privacy = Some(privacy));
    }
}
