//! The sharing frame and its title (GUARD-1, GUARD-7): drawn round what is
//! shared, in one colour while it is seen and in another while somebody
//! controls it; instructions first, names last; two arrows that blink while a
//! viewer's input takes effect; a button that stops.
//!
//! The frame lets input through; only the title takes any, and only a
//! person's device presses its button.

mod layout;
mod window;

use std::collections::BTreeMap;

use kith_codec::time::{Micros, Moment};

use super::paint::Type;
use super::x11::{Screen, ScreenError};
use crate::guard::{ShareId, What};
use window::Frame;

/// How soon after a change on the screen the frame follows.
const FOLLOW: Micros = Micros::from_millis(40);
/// How long the arrows blink after an input.
const ACTING: Micros = Micros::from_millis(600);
/// One half of a blink.
const BLINK: Micros = Micros::from_millis(200);

/// What a frame says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sign {
    /// What it goes round.
    pub(super) what: What,
    /// Who watches, by name.
    pub(super) watchers: Vec<String>,
    /// Who controls, by name.
    pub(super) controllers: Vec<String>,
}

/// All frames of this screen.
#[derive(Debug, Default)]
pub(super) struct Frames {
    frames: BTreeMap<ShareId, Frame>,
    acting: BTreeMap<ShareId, Moment>,
    due: Option<Moment>,
}

/// What became of the windows of a share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// A person pressed the stop button.
    Stop(ShareId),
    /// None of the shared windows exists any more.
    Gone(ShareId),
}

impl Frames {
    /// Something changed that frames may have to follow.
    pub(super) fn changed(&mut self, now: Moment) {
        let soon = now + FOLLOW;
        self.due = Some(self.due.map_or(soon, |d| d.min(soon)));
    }

    /// A viewer's input took effect.
    pub(super) fn acted(&mut self, share: ShareId, now: Moment) {
        if self.acting.insert(share, now).is_none() {
            self.due = Some(now);
        }
    }

    /// When [`Frames::tick`] is due.
    pub(super) const fn next_at(&self) -> Option<Moment> {
        self.due
    }

    /// Takes frames away whose shares are over.
    pub(super) fn close(&mut self, screen: &Screen, share: ShareId) {
        if let Some(frame) = self.frames.remove(&share) {
            frame.close(screen);
        }
        self.acting.remove(&share);
    }

    /// Brings all frames up to date with `signs`, if it is time.
    pub(super) fn tick(
        &mut self,
        screen: &mut Screen,
        type_: &mut Type,
        signs: &BTreeMap<ShareId, Sign>,
        now: Moment,
    ) -> Result<Vec<News>, ScreenError> {
        if self.due.is_none_or(|d| d > now) {
            return Ok(Vec::new());
        }
        self.due = None;
        let over: Vec<_> = self
            .frames
            .keys()
            .filter(|s| !signs.contains_key(s))
            .copied()
            .collect();
        for share in over {
            self.close(screen, share);
        }
        self.acting.retain(|_, at| now - *at < ACTING);
        let mut news = Vec::new();
        for (share, sign) in signs {
            let lit = self
                .acting
                .get(share)
                .map(|at| ((now - *at).0 / BLINK.0).is_multiple_of(2));
            if lit.is_some() {
                self.due = Some(now + BLINK);
            }
            let frame = match self.frames.entry(*share) {
                std::collections::btree_map::Entry::Occupied(e) => e.into_mut(),
                std::collections::btree_map::Entry::Vacant(e) => e.insert(Frame::open(screen)?),
            };
            if frame.update(screen, type_, sign, lit.unwrap_or(false))? {
                news.push(News::Gone(*share));
            }
        }
        screen.flush()?;
        Ok(news)
    }

    /// Looks at an event.
    pub(super) fn handle(
        &mut self,
        screen: &Screen,
        event: &x11rb::protocol::Event,
        now: Moment,
    ) -> Result<Option<News>, ScreenError> {
        if Screen::is_of_structure(event) && !self.frames.values().any(|f| f.owns(event)) {
            self.changed(now);
        }
        for (share, frame) in &mut self.frames {
            if frame.pressed(screen, event)? {
                return Ok(Some(News::Stop(*share)));
            }
        }
        Ok(None)
    }
}
