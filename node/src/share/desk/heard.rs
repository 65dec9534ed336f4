//! What the warden's words mean for the shares.

use std::sync::{Arc, PoisonError, Weak};

use kith_codec::input::Refusal;
use kith_proto::session::Reason;
use kith_screen::guard::{Part, Shared, What};
use kith_screen::warden::protocol::{Answer, Change, Ended, Note};
use kith_screen::x11::windows;

use super::super::event::{ShareEvent, ShareId};
use super::super::foreknown::Cut;
use super::super::inject::SeatNumber;
use super::super::live::Live;
use super::super::wire::Bye;
use super::{Inner, Shares};

/// What the warden's task holds, so that it doesn't keep the shares alive; and
/// what the warden's words mean.
#[derive(Debug)]
pub(in crate::share) struct WeakShares(pub(super) Weak<Inner>);

impl WeakShares {
    fn live(&self, share: ShareId) -> Option<(Shares, Arc<Live>)> {
        let desk = Shares(self.0.upgrade()?);
        let live = desk.state().shares.get(&share).cloned()?;
        Some((desk, live))
    }

    fn lives(&self) -> Option<(Shares, Vec<Arc<Live>>)> {
        let desk = Shares(self.0.upgrade()?);
        let lives = desk.state().shares.values().cloned().collect();
        Some((desk, lives))
    }

    /// All control is gone. `false` if there is nobody left to care.
    pub(in crate::share) fn warden_died(&self) -> bool {
        let Some((desk, lives)) = self.lives() else {
            return false;
        };
        for live in lives {
            // What it had not answered yet, a fresh one is asked.
            for session in live.controllers() {
                live.take_from(session);
                let why = Reason::Crashed;
                desk.tell(ShareEvent::ControlEnded { session, why });
            }
            live.set_paused(false);
        }
        desk.hosted_warden_died();
        true
    }

    fn hosted(&self, act: impl FnOnce(&Shares)) {
        if let Some(inner) = self.0.upgrade() {
            act(&Shares(inner));
        }
    }

    /// Nobody guards these any more: they end.
    pub(in crate::share) fn warden_lost(&self, shares: &[ShareId]) {
        if let Some(inner) = self.0.upgrade() {
            let desk = Shares(inner);
            for share in shares {
                desk.stop_hosted(*share);
                // Gone already: then there is nothing to guard.
                let _ = desk.stop_sharing(*share, Bye::Failed);
            }
        }
    }

    pub(in crate::share) fn control_given(&self, share: ShareId, viewer: SeatNumber) {
        self.hosted(|desk| desk.hosted_given(share));
        if let Some((desk, live)) = self.live(share)
            && let Some(session) = live.granted(viewer)
        {
            desk.tell(ShareEvent::ControlGiven { session });
        }
    }

    /// A person answered whether a viewer may have control.
    pub(in crate::share) fn wish_answered(
        &self,
        share: ShareId,
        viewer: SeatNumber,
        answer: Answer,
    ) {
        let Some(inner) = self.0.upgrade() else {
            return;
        };
        let desk = Shares(inner);
        let hosted = desk.session_overseen(share);
        let live = || desk.state().shares.get(&share).cloned();
        let session = hosted.or_else(|| live()?.session_of(viewer));
        if let Some(session) = session {
            desk.tell(ShareEvent::Answered { session, answer });
        }
    }

    /// A person answered whether a command counts.
    pub(in crate::share) fn command_answered(&self, command: u64, answer: Answer) {
        if let Some(inner) = self.0.upgrade() {
            Shares(inner).tell(ShareEvent::Commanded { command, answer });
        }
    }

    pub(in crate::share) fn control_refused(
        &self,
        share: ShareId,
        viewer: SeatNumber,
        answer: Answer,
    ) {
        // That no window could be shown, or a program was at it, isn't anybody's no.
        let why = match answer {
            Answer::Denied | Answer::OnlyView => Reason::Declined,
            Answer::Withdrawn => Reason::Panic,
            _ => Reason::NoAnswer,
        };
        self.hosted(|desk| desk.hosted_ended(share, why));
        if let Some((desk, live)) = self.live(share)
            && let Some(session) = live.not_granted(viewer)
        {
            desk.tell(ShareEvent::ControlEnded { session, why });
        }
    }

    pub(in crate::share) fn control_ended(&self, share: ShareId, viewer: SeatNumber, why: Ended) {
        let reason = match why {
            Ended::Panic => Reason::Panic,
            Ended::Expired => Reason::Expired,
            _ => Reason::Stopped,
        };
        self.hosted(|desk| desk.hosted_ended(share, reason));
        let cut = match why {
            Ended::Stopped => Some(Cut::TakenBack),
            Ended::Panic => Some(Cut::Panic),
            _ => None,
        };
        if let Some((desk, live)) = self.live(share)
            && let Some(session) = live.ended(viewer, cut)
        {
            desk.tell(match why {
                Ended::Stopped => ShareEvent::ControlTaken { session },
                _ => ShareEvent::ControlEnded {
                    session,
                    why: reason,
                },
            });
        }
    }

    pub(in crate::share) fn input_refused(
        &self,
        share: ShareId,
        viewer: SeatNumber,
        why: Refusal,
        count: u32,
    ) {
        if let Some((_, live)) = self.live(share) {
            live.refused(viewer, why, count);
        }
    }

    pub(in crate::share) fn paused(&self, paused: bool) {
        for live in self.lives().into_iter().flat_map(|(_, lives)| lives) {
            live.set_paused(paused);
        }
    }

    pub(in crate::share) fn panic_key(&self) {
        if let Some(inner) = self.0.upgrade() {
            Shares(inner).panic();
        }
    }

    pub(in crate::share) fn panic_everything(&self) {
        if let Some(inner) = self.0.upgrade() {
            let desk = Shares(inner);
            desk.panic();
            desk.stop_all_sharing(Bye::Stopped);
            desk.end_hosted();
        }
    }

    pub(in crate::share) fn stop_button(&self, share: ShareId) {
        if let Some(inner) = self.0.upgrade() {
            let desk = Shares(inner);
            desk.stop_hosted(share);
            // Gone already: then it is stopped.
            let _ = desk.stop_sharing(share, Bye::Stopped);
        }
    }

    /// A person shows nothing more to one viewer.
    pub(in crate::share) fn send_away(&self, share: ShareId, viewer: SeatNumber) {
        self.hosted(|desk| desk.stop_hosted(share));
        if let Some((desk, live)) = self.live(share)
            && let Some(session) = live.session_of(viewer)
        {
            // Gone already: then nothing is shown to it.
            let _ = desk.end(session, Bye::Stopped);
        }
    }

    /// A person clicked a window to be shown or taken out. Asks the display:
    /// on a thread of its own.
    pub(in crate::share) fn choose(&self, share: ShareId, window: Shared, change: Change) {
        let Some((desk, live)) = self.live(share) else {
            return;
        };
        let runtime = desk.0.runtime.clone();
        runtime.spawn_blocking(move || {
            let list = windows(None).unwrap_or_default();
            let mut pieces = live.pieces();
            let Some(pieces) = pieces.as_mut() else {
                return;
            };
            let changed = pieces.change(window, change, &list);
            let warden = desk.0.warden.lock();
            let warden = warden.unwrap_or_else(PoisonError::into_inner);
            if let Some(warden) = warden.as_ref() {
                // What is refused stays as it was, also for the warden.
                warden.change(share, pieces.what());
                if let Err(why) = changed {
                    warden.say(share, why);
                }
            }
        });
    }

    /// A person moved, resized or cut the frame. What of it isn't shown any more
    /// takes no input already.
    pub(in crate::share) fn place(&self, share: ShareId, part: Part) {
        let Some((desk, _)) = self.live(share) else {
            return;
        };
        if desk.show_part(share, part).is_ok() {
            return;
        }
        // It stays as it was, also for the warden.
        if let (Some(before), Some(warden)) = (desk.part(share), desk.warden().as_ref()) {
            warden.change(share, &What::Region(before));
            warden.say(share, Note::Nowhere);
        }
    }

    pub(in crate::share) fn windows_gone(&self, share: ShareId) {
        if let Some(inner) = self.0.upgrade() {
            let _ = Shares(inner).stop_sharing(share, Bye::SourceGone);
        }
    }
}
