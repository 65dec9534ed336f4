//! The shares of this screen.

use std::collections::BTreeMap;

use crate::guard::{ShareId, What};
use crate::warden::protocol::{Controllers, Watcher};

#[derive(Debug)]
#[allow(dead_code, reason = "the sharing frame will show them")]
pub(super) struct Open {
    pub(super) what: What,
    controllers: Controllers,
    pub(super) title: String,
    pub(super) watchers: Vec<Watcher>,
}

#[derive(Debug, Default)]
pub(super) struct Shares(BTreeMap<ShareId, Open>);

impl Shares {
    pub(super) fn open(
        &mut self,
        share: ShareId,
        what: What,
        controllers: Controllers,
        title: String,
    ) {
        let open = Open {
            what,
            controllers,
            title,
            watchers: Vec::new(),
        };
        self.0.insert(share, open);
    }

    pub(super) fn change(&mut self, share: ShareId, what: What) {
        if let Some(s) = self.0.get_mut(&share) {
            s.what = what;
        }
    }

    pub(super) fn watchers(&mut self, share: ShareId, list: Vec<Watcher>) {
        if let Some(s) = self.0.get_mut(&share) {
            s.watchers = list;
        }
    }

    pub(super) fn close(&mut self, share: ShareId) {
        self.0.remove(&share);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// What is shared, and in words.
    pub(super) fn described(&self, share: ShareId) -> Option<(&What, &str)> {
        self.0.get(&share).map(|s| (&s.what, s.title.as_str()))
    }

    /// What a controller of a share may reach, and whether a fresh one ends
    /// the others.
    pub(super) fn control_of(&self, share: ShareId) -> Option<(What, bool)> {
        let s = self.0.get(&share)?;
        Some((s.what.clone(), s.controllers == Controllers::One))
    }
}
