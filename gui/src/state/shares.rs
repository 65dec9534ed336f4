//! The shares that are known: what runs, what waits and for whom, what is over.

use kith_api::id::PersonId;
use kith_api::{ControlState, ShareInfo, SharePart, SharePhase};

use super::Effect;

/// Why a share is over when its node is: as the node calls and says it.
const CLOSED: (&str, &str) = ("closed", "Kith was closed or locked");

/// How many shares that are over are kept to be seen.
const OVER_KEPT: usize = 20;

/// Shares and requests for them, the newest last.
#[derive(Debug, Default)]
pub(crate) struct Shares(Vec<ShareInfo>);

impl Shares {
    /// One is new or changed.
    pub(super) fn on_share(&mut self, share: ShareInfo) -> Vec<Effect> {
        match self.0.iter_mut().find(|s| s.session == share.session) {
            Some(known) => *known = share,
            None => self.0.push(share),
        }
        while self.0.iter().filter(|s| is_over(s)).count() > OVER_KEPT {
            match self.0.iter().position(is_over) {
                Some(oldest) => drop(self.0.remove(oldest)),
                None => break,
            }
        }
        Vec::new()
    }

    /// Nothing of this node goes on: it was locked, or is no more. Whether that
    /// ended something that was seen.
    pub(super) fn end_all(&mut self) -> bool {
        let seen = self.current().any(runs);
        for share in self.0.iter_mut().filter(|s| !is_over(s)) {
            share.phase = SharePhase::Over;
            share.reason = Some(CLOSED.0.to_owned());
            share.words = Some(CLOSED.1.to_owned());
        }
        seen
    }

    /// What the node knows takes the place of what was known; what ended with
    /// the node before it stays to be seen.
    pub(super) fn anew(&mut self, shares: Vec<ShareInfo>) {
        let before = std::mem::replace(&mut self.0, shares);
        let gone = |s: &ShareInfo| is_over(s) && self.0.iter().all(|n| n.session != s.session);
        let kept: Vec<_> = before.into_iter().filter(gone).collect();
        self.0.splice(0..0, kept);
    }

    /// Those that aren't over.
    pub(crate) fn current(&self) -> impl Iterator<Item = &ShareInfo> {
        self.0.iter().filter(|s| !is_over(s))
    }

    /// Those that are, the newest first.
    pub(crate) fn over(&self) -> impl Iterator<Item = &ShareInfo> {
        self.0.iter().rev().filter(|s| is_over(s))
    }

    /// Somebody sees my screen now, or will in a moment.
    pub(crate) fn live(&self) -> impl Iterator<Item = &ShareInfo> {
        self.current()
            .filter(|s| s.part == SharePart::Sharer && runs(s))
    }

    /// Those that wait for me.
    pub(crate) fn asking(&self) -> impl Iterator<Item = &ShareInfo> {
        self.current().filter(|s| waits_for_me(s))
    }

    /// Those with a person.
    pub(crate) fn with(&self, person: PersonId) -> impl Iterator<Item = &ShareInfo> {
        self.current().filter(move |s| s.person.id == person)
    }
}

/// It is over.
pub(crate) fn is_over(share: &ShareInfo) -> bool {
    matches!(share.phase, SharePhase::Over | SharePhase::Ending)
}

/// Somebody waits for my answer.
pub(crate) const fn waits_for_me(share: &ShareInfo) -> bool {
    matches!(
        (share.phase, share.part),
        (SharePhase::Asked, _) | (SharePhase::RunningAsked, SharePart::Sharer)
    )
}

/// I wait for theirs.
pub(crate) const fn waits_for_them(share: &ShareInfo) -> bool {
    matches!(
        (share.phase, share.part),
        (SharePhase::Waiting, _) | (SharePhase::RunningAsked, SharePart::Viewer)
    )
}

/// Something is seen, or will be in a moment.
pub(crate) const fn runs(share: &ShareInfo) -> bool {
    matches!(
        share.phase,
        SharePhase::Settling | SharePhase::Running | SharePhase::RunningAsked
    )
}

/// The viewer may control, once whoever sits at the screen has said yes.
pub(crate) fn is_controlled(share: &ShareInfo) -> bool {
    share.control != "nothing"
}

/// The same, and nobody is asked any more: on others' screens, as far as is known.
pub(crate) fn controls(share: &ShareInfo) -> bool {
    is_controlled(share) && share.control_state != Some(ControlState::Offered)
}
