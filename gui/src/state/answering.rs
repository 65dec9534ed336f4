//! A yes to somebody who asks, and where it counts.

use kith_api::id::SessionId;
use kith_api::{ShareInfo, ShareRequest, ShareShow};

/// Where a yes counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counts {
    /// When this program says it.
    Here,
    /// In Kith's window on the screen alone (ASK-2): it is shown.
    AtScreen,
}

impl Counts {
    /// A yes to this one.
    pub(crate) const fn of(share: &ShareInfo) -> Self {
        match share.answered_at_screen {
            true => Self::AtScreen,
            false => Self::Here,
        }
    }

    /// What is asked of the node for it.
    pub(super) fn yes(self, session: SessionId) -> ShareRequest {
        let which = session.to_string();
        match self {
            Self::AtScreen => ShareRequest::Question { which },
            Self::Here => ShareRequest::Allow {
                which,
                what: None,
                show: ShareShow::Window,
            },
        }
    }

    /// How the button for it is called.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Here => "allow",
            Self::AtScreen => "answer-in-window",
        }
    }
}
