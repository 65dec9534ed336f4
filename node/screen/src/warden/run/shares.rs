//! The shares of this screen.

use std::collections::{BTreeMap, BTreeSet};

use kith_codec::time::{Micros, Moment};

use crate::guard::{Limits, ShareId, Shared, ViewerId, What};
use crate::warden::frame::menu::{Piece, limits_of};
use crate::warden::frame::{Named, Sign};
use crate::warden::protocol::{Bar, Controllers, MAX_WATCHERS, Watcher};
use crate::warden::words::Words;

/// How long a line for the person stands in the title.
const NOTE: Micros = Micros::from_millis(6_000);

#[derive(Debug)]
struct Open {
    what: What,
    controllers: Controllers,
    title: Option<String>,
    watchers: Vec<Watcher>,
    names: BTreeMap<ViewerId, String>,
    /// What the person has barred in the menu.
    bars: BTreeSet<Bar>,
    /// Who may control beside whom: a person has said yes to one of them in a
    /// window that named the other.
    beside: BTreeSet<[ViewerId; 2]>,
    /// What the title says instead, and until when.
    note: Option<(&'static str, Moment)>,
}

#[derive(Debug, Default)]
pub(super) struct Shares(BTreeMap<ShareId, Open>);

impl Shares {
    pub(super) fn open(
        &mut self,
        share: ShareId,
        what: What,
        controllers: Controllers,
        title: Option<String>,
    ) {
        let open = Open {
            what,
            controllers,
            title,
            watchers: Vec::new(),
            names: BTreeMap::new(),
            bars: BTreeSet::new(),
            beside: BTreeSet::new(),
            note: None,
        };
        self.0.insert(share, open);
    }

    /// What each share shows.
    pub(super) fn whats(&self) -> BTreeMap<ShareId, What> {
        let all = self.0.iter();
        all.map(|(share, s)| (*share, s.what.clone())).collect()
    }

    /// Bars something for all who control; those limits.
    pub(super) fn bar(&mut self, share: ShareId, bar: Bar) -> Option<Limits> {
        let s = self.0.get_mut(&share)?;
        s.bars.insert(bar);
        Some(limits_of(&s.bars))
    }

    /// What is barred for all who control.
    pub(super) fn limits(&self, share: ShareId) -> Option<Limits> {
        Some(limits_of(&self.0.get(&share)?.bars))
    }

    /// What is left of a share without this, if anything is.
    pub(super) fn without(&self, share: ShareId, piece: Piece) -> Option<(Shared, What)> {
        let what = &self.0.get(&share)?.what;
        let (gone, what) = match (what, piece) {
            (What::Windows(list), Piece::Window(gone)) => {
                let rest = list.iter().copied().filter(|w| *w != gone);
                (gone, What::Windows(rest.collect()))
            }
            (What::Applications(owners), Piece::Application(process)) => {
                let owner = *owners.iter().find(|o| o.process == process)?;
                let rest = owners.iter().copied().filter(|o| o.process != process);
                // Of an application any number of its own names it.
                let id = crate::guard::WindowId(owner.client.0);
                (Shared { id, owner }, What::Applications(rest.collect()))
            }
            _ => return None,
        };
        let left = match &what {
            What::Windows(list) => !list.is_empty(),
            What::Applications(owners) => !owners.is_empty(),
            What::Region(_) | What::Desktop => false,
        };
        left.then_some((gone, what))
    }

    /// Tells the person something, in the title.
    pub(super) fn say(&mut self, share: ShareId, line: &'static str, now: Moment) {
        if let Some(s) = self.0.get_mut(&share) {
            s.note = Some((line, now + NOTE));
        }
    }

    /// Forgets lines that were there long enough. Says whether any was.
    pub(super) fn hush(&mut self, now: Moment) -> bool {
        let mut any = false;
        for s in self.0.values_mut() {
            any |= s.note.take_if(|(_, until)| *until <= now).is_some();
        }
        any
    }

    /// When [`Shares::hush`] is due.
    pub(super) fn next_at(&self) -> Option<Moment> {
        let notes = self.0.values().filter_map(|s| s.note.as_ref());
        notes.map(|(_, until)| *until).min()
    }

    /// So many may control from now on. Nothing counts that was agreed before.
    pub(super) fn set_controllers(&mut self, share: ShareId, controllers: Controllers) {
        if let Some(s) = self.0.get_mut(&share) {
            s.controllers = controllers;
            s.beside.clear();
        }
    }

    /// A person agrees that this viewer controls beside those.
    pub(super) fn agree(&mut self, share: ShareId, viewer: ViewerId, others: &[ViewerId]) {
        if let Some(s) = self.0.get_mut(&share) {
            s.beside
                .extend(others.iter().map(|other| pair(viewer, *other)));
        }
    }

    /// The same is to be asked anew.
    pub(super) fn disagree(&mut self, share: ShareId, viewer: ViewerId) {
        if let Some(s) = self.0.get_mut(&share) {
            s.beside.retain(|pair| !pair.contains(&viewer));
        }
    }

    /// Everything is.
    pub(super) fn disagree_all(&mut self) {
        self.0.values_mut().for_each(|s| s.beside.clear());
    }

    /// Whether these two may control at once.
    pub(super) fn agreed(&self, share: ShareId, one: ViewerId, other: ViewerId) -> bool {
        let s = self.0.get(&share);
        s.is_some_and(|s| s.beside.contains(&pair(one, other)))
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
        words: &Words,
    ) -> BTreeMap<ShareId, Sign> {
        let mut signs: BTreeMap<ShareId, Sign> = self
            .0
            .iter()
            .map(|(share, s)| {
                let sign = Sign {
                    what: s.what.clone(),
                    watchers: s.watchers.iter().map(named).collect(),
                    controllers: Vec::new(),
                    limits: limits_of(&s.bars),
                    note: s.note.as_ref().map(|(line, _)| *line),
                };
                (*share, sign)
            })
            .collect();
        for (share, viewer) in controllers {
            let Some(s) = self.0.get(&share) else {
                continue;
            };
            if let Some(sign) = signs.get_mut(&share) {
                sign.controllers.push((viewer, s.name_of(viewer, words)));
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
    pub(super) fn described(&self, share: ShareId) -> Option<(&What, Option<&str>)> {
        self.0.get(&share).map(|s| (&s.what, s.title.as_deref()))
    }

    /// What a controller of a share may reach, and how many there may be.
    pub(super) fn control_of(&self, share: ShareId) -> Option<(&What, Controllers)> {
        let s = self.0.get(&share)?;
        Some((&s.what, s.controllers))
    }

    /// Who these viewers are.
    pub(super) fn names_of(
        &self,
        share: ShareId,
        viewers: &[ViewerId],
        words: &Words,
    ) -> Vec<String> {
        let s = self.0.get(&share);
        let names = s.map(|s| viewers.iter().map(|v| s.name_of(*v, words)).collect());
        names.unwrap_or_default()
    }
}

impl Open {
    fn name_of(&self, viewer: ViewerId, words: &Words) -> String {
        let watcher = self.watchers.iter().find(|w| w.viewer == viewer);
        let name = watcher.map(|w| &w.name);
        let name = name.or_else(|| self.names.get(&viewer));
        name.cloned().unwrap_or_else(|| words.a_viewer.into())
    }
}

fn pair(one: ViewerId, other: ViewerId) -> [ViewerId; 2] {
    [one.min(other), one.max(other)]
}

fn named(watcher: &Watcher) -> Named {
    (watcher.viewer, watcher.name.clone())
}
