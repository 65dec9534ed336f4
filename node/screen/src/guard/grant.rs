//! What was consented to.

use std::collections::BTreeSet;

use kith_codec::time::Moment;
use kith_proto::rights::Rights;

use super::desk::{ClientId, Owner, ProcessId, Says, WindowId};
use super::limits::{Allow, Limits};
use super::part::Part;

/// Most windows or clients of one share. An office program has a handful;
/// a guard looks through all of them for each event.
pub const MAX_SHARED: usize = 64;

/// A share of this node, numbered by the node while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShareId(pub u32);

/// A viewer of a share, numbered by the node while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ViewerId(pub u32);

/// A shared window and whose it was when it was added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shared {
    /// Its number.
    pub id: WindowId,
    /// Whose it is.
    pub owner: Owner,
}

/// What is shared, and so may take input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// These windows, with the dialogs and menus that they open. At most
    /// [`MAX_SHARED`].
    Windows(Vec<Shared>),
    /// Every window of these clients. At most [`MAX_SHARED`].
    Applications(Vec<Owner>),
    /// A part of the screen.
    Region(Part),
    /// The whole screen.
    Desktop,
}

/// Windows that are never targets, whatever is shared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Own {
    /// Kith's connections to the screen.
    pub clients: BTreeSet<ClientId>,
    /// Kith's processes: node, warden, viewer windows, desktop program.
    pub processes: BTreeSet<ProcessId>,
}

impl Own {
    /// Whether Kith owns it.
    #[must_use]
    pub fn is_kith(&self, owner: Owner) -> bool {
        self.clients.contains(&owner.client) || self.processes.contains(&owner.process)
    }

    /// Whether it says that it is Kith's. Good only for refusing.
    #[must_use]
    pub fn is_claimed(&self, says: &Says) -> bool {
        !self.processes.is_disjoint(&says.claims)
    }
}

/// Leave for one viewer to control one share. Can only be made from a consent,
/// by the security process (`crate::warden`): its fields have no public
/// constructor, and nothing that widens it is public.
#[derive(Debug)]
pub struct ControlGrant {
    share: ShareId,
    viewer: ViewerId,
    rights: Rights,
    what: What,
    limits: Limits,
    until: Option<Moment>,
}

impl ControlGrant {
    /// From what a consent said. Only rights of control are kept.
    pub(crate) fn new(
        share: ShareId,
        viewer: ViewerId,
        rights: Rights,
        what: What,
        mut limits: Limits,
        until: Option<Moment>,
    ) -> Self {
        // By its border a window could be brought into a part of the screen (GUARD-2).
        if matches!(what, What::Region(_)) {
            limits.borders = Allow::Barred;
        }
        Self {
            share,
            viewer,
            rights: rights.intersection(Rights::CONTROL),
            what,
            limits,
            until,
        }
    }

    /// In which share.
    #[must_use]
    pub const fn share(&self) -> ShareId {
        self.share
    }

    /// For which viewer.
    #[must_use]
    pub const fn viewer(&self) -> ViewerId {
        self.viewer
    }

    /// What it may do.
    #[must_use]
    pub const fn rights(&self) -> Rights {
        self.rights
    }

    /// What takes its input.
    #[must_use]
    pub const fn what(&self) -> &What {
        &self.what
    }

    /// What is barred.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// When it ends by itself; `None`: with the share.
    #[must_use]
    pub const fn until(&self) -> Option<Moment> {
        self.until
    }

    /// Follows the share: what the sharer added or removed on this screen.
    pub(crate) fn set_what(&mut self, what: What) {
        self.what = what;
    }

    /// Follows the sharer's change of limits.
    pub(crate) fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }
}
