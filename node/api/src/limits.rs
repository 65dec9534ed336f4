//! Limits on control, for a share and for the next time (GUARD-4, GUARD-8).

use serde::{Deserialize, Serialize};

use crate::request::{PersonRef, Who};
use crate::share::{ShareControllers, ShareLevel};

/// What a viewer with control is barred from. What is left out is as allowed
/// as without it: limits only take away.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LimitSet {
    /// `menus`, `file-dialogs`, `right-click`, `borders`, `shortcuts`,
    /// `keyboard`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub barred: Vec<String>,
    /// Keys, one by one: by name (`Delete`, `F4`), by their character (`q`),
    /// or as a keysym (`0xffff`). At most 64.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
    /// The most inputs a second; at least 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_second: Option<u16>,
}

impl LimitSet {
    /// Whether it bars nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Limits that are said with a share.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ShareLimits {
    /// What is barred in this share, beside what is remembered.
    #[serde(flatten)]
    pub set: LimitSet,
    /// Whether that counts next time too, for this person's device with this
    /// application.
    #[serde(default)]
    pub remember: Remember,
    /// Up to what is allowed, where that is less than is asked for: to see
    /// only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<ShareLevel>,
    /// How many may control it at once. Nothing said: as it is, or else one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub controllers: Option<ShareControllers>,
    /// Whether what window managers draw round windows takes input; of the whole
    /// desktop alone. Remembered limits go before.
    #[serde(default, skip_serializing_if = "ShareBorders::are_left_out")]
    pub borders: ShareBorders,
}

/// Title bars and edges: moving, resizing and closing windows (GUARD-4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ShareBorders {
    /// They take no input.
    #[default]
    LeftOut,
    /// They take it like the rest.
    Included,
}

impl ShareBorders {
    fn are_left_out(&self) -> bool {
        *self == Self::LeftOut
    }
}

/// How long limits count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Remember {
    /// Until the share is over.
    #[default]
    Once,
    /// The next time too, until they are revoked.
    Always,
}

/// What is asked about remembered limits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LimitsRequest {
    /// All that are remembered: [`crate::Reply::Limits`].
    List,
    /// Remembers limits, in the place of those for exactly the same:
    /// [`crate::Reply::Limits`], of the new one. Shares that run have them at
    /// once.
    Set {
        /// For whom; `None`: for everybody.
        #[serde(default)]
        who: Option<Who>,
        /// For which device of theirs, by its id or the beginning of it;
        /// `None`: for all.
        #[serde(default)]
        device: Option<String>,
        /// With which application, as this system calls it; `None`: with
        /// every one.
        #[serde(default)]
        application: Option<String>,
        /// What is barred.
        limits: LimitSet,
    },
    /// Forgets one. It counts no more when control is given next.
    Revoke {
        /// Its number.
        number: u32,
    },
}

/// Remembered limits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitInfo {
    /// By which it is revoked.
    pub number: u32,
    /// For whom; `None`: for everybody.
    pub person: Option<PersonRef>,
    /// For which device of theirs; `None`: for all.
    pub device: Option<String>,
    /// With which application; escaped. `None`: with every one.
    pub application: Option<String>,
    /// What is barred.
    #[serde(flatten)]
    pub limits: LimitSet,
    /// Since when, milliseconds since 1970.
    pub changed_ms: u64,
}
