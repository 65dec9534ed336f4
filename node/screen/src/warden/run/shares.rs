//! The shares of this screen.

use std::collections::BTreeMap;

use crate::guard::{ShareId, ViewerId, What};
use crate::warden::frame::Sign;
use crate::warden::protocol::{Controllers, MAX_WATCHERS, Watcher};

#[derive(Debug)]
struct Open {
    what: What,
    controllers: Controllers,
    title: String,
    watchers: Vec<Watcher>,
    names: BTreeMap<ViewerId, String>,
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
            names: BTreeMap::new(),
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

    /// What the frames say, given who controls.
    pub(super) fn signs(
        &self,
        controllers: impl Iterator<Item = (ShareId, ViewerId)>,
    ) -> BTreeMap<ShareId, Sign> {
        let mut signs: BTreeMap<ShareId, Sign> = self
            .0
            .iter()
            .map(|(share, s)| {
                let sign = Sign {
                    what: s.what.clone(),
                    watchers: s.watchers.iter().map(|w| w.name.clone()).collect(),
                    controllers: Vec::new(),
                };
                (*share, sign)
            })
            .collect();
        for (share, viewer) in controllers {
            let Some(s) = self.0.get(&share) else {
                continue;
            };
            let name = s
                .watchers
                .iter()
                .find(|w| w.viewer == viewer)
                .map_or_else(|| s.names.get(&viewer).cloned(), |w| Some(w.name.clone()));
            if let Some(sign) = signs.get_mut(&share) {
                sign.controllers
                    .push(name.unwrap_or_else(|| "a viewer".into()));
            }
        }
        signs
    }

    /// Who somebody is that was granted control, should the list of watchers
    /// not say.
    pub(super) fn name(&mut self, share: ShareId, viewer: ViewerId, name: &str) {
        if let Some(s) = self.0.get_mut(&share) {
            if s.names.len() >= MAX_WATCHERS {
                s.names.clear();
            }
            s.names.insert(viewer, name.to_owned());
        }
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
