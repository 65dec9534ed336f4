//! Which files come now and which rest. A file of which nothing comes gives
//! its place up, and is tried again when a member is there.

use kith_api::{ApiError, Code};
use kith_proto::file::Event;
use kith_proto::id::DeviceId;
use tokio::time::Instant;

use super::super::link::LinkId;
use super::super::open::Open;
use super::{AGAIN, Key, PATIENCE, TICK};

/// How many files may be on their way here at a time, save those that rest.
const DOWNLOADS_MAX: usize = 8;
/// How many files, with those that rest, are kept in memory: a list of hashes
/// takes up to 1 MiB. The others go on when they are fetched again, or at the
/// next start.
const KEPT_MAX: usize = 32;

/// How a file on its way is getting on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// Nobody is asked.
    Resting,
    /// Peers are asked; nothing has come since.
    Trying,
    /// It comes.
    Coming,
}

impl Pace {
    /// A chunk was written.
    pub(super) fn moved(self) -> Self {
        match self {
            Self::Resting => Self::Resting,
            Self::Trying | Self::Coming => Self::Coming,
        }
    }
}

impl Open {
    /// The files that don't rest.
    pub(super) fn keys_under_way(&self) -> Vec<Key> {
        let all = self.files.downloads.iter();
        let awake = all.filter(|(_, a)| a.pace != Pace::Resting);
        awake.map(|(key, _)| *key).collect()
    }

    /// Sees to a place for a file that somebody waits for: one that nobody
    /// waits for, and of which nothing comes, makes room.
    pub(super) async fn make_place(&mut self, key: &Key) -> Result<(), ApiError> {
        let awake = self.keys_under_way();
        if awake.contains(key) || awake.len() < DOWNLOADS_MAX {
            return Ok(());
        }
        let idle = awake.into_iter().find(|k| {
            let active = self.files.downloads.get(k);
            active.is_some_and(|a| a.pace == Pace::Trying && a.waiting.is_empty())
        });
        let idle = idle.ok_or_else(|| {
            ApiError::new(
                Code::TooMuch,
                format!("{DOWNLOADS_MAX} files are being fetched already; wait for one of them"),
            )
        })?;
        self.rest(&idle).await;
        Ok(())
    }

    /// Keeps what lies in memory bounded.
    pub(super) fn forget_one_at_rest(&mut self) {
        let downloads = &mut self.files.downloads;
        if downloads.len() >= KEPT_MAX {
            let resting = downloads.iter().filter(|(_, a)| a.pace == Pace::Resting);
            let oldest = resting.min_by_key(|(_, a)| a.moved).map(|(key, _)| *key);
            oldest.and_then(|key| downloads.remove(&key));
        }
    }

    /// Asks for a file that rested.
    pub(super) async fn wake(&mut self, key: &Key) {
        let active = self.files.downloads.get_mut(key);
        if let Some(active) = active.filter(|a| a.pace == Pace::Resting) {
            active.pace = Pace::Trying;
            active.moved = Instant::now();
            active.asked = active.moved;
            self.ask_members(key).await;
        }
    }

    /// Nothing comes: whoever waits is told so, and others have the place.
    async fn rest(&mut self, key: &Key) {
        let Some(active) = self.files.downloads.get_mut(key) else {
            return;
        };
        active.pace = Pace::Resting;
        active.moved = Instant::now();
        for (_, answer) in std::mem::take(&mut active.waiting) {
            let e = ApiError::new(Code::Unreachable, "nobody who has this file is there now")
                .hint("it is fetched when somebody comes; nothing that came is lost");
            let _ = answer.send(Err(e));
        }
        let asked: Vec<DeviceId> = self.files.asking.keys().copied().collect();
        for peer in asked {
            self.file_event(key, Event::Lost(peer)).await;
        }
    }

    /// Looks at the clock: asks others where nothing comes, lets rest what
    /// comes from nobody, and wakes what may come now.
    pub(in super::super) async fn files_due(&mut self) {
        if self.files.tick.is_none_or(|at| at > Instant::now()) {
            return;
        }
        self.drop_silent().await;
        for key in self.keys_under_way() {
            self.file_event(&key, Event::Tick).await;
            let Some(active) = self.files.downloads.get_mut(&key) else {
                continue;
            };
            let still = active.moved.elapsed();
            if still >= PATIENCE {
                self.rest(&key).await;
            } else if still >= AGAIN && active.asked.elapsed() >= AGAIN {
                active.asked = Instant::now();
                self.ask_members(&key).await;
            }
        }
        self.wake_some().await;
        let any = !self.files.downloads.is_empty();
        self.files.tick = any.then(|| Instant::now() + TICK);
    }

    /// Ends links on which nothing that was asked is answered: what else is
    /// to be asked would wait behind it for ever.
    async fn drop_silent(&mut self) {
        let asking = self.files.asking.values();
        let silent = asking.filter(|a| a.under_way > 0 && a.heard.elapsed() >= 2 * PATIENCE);
        let links: Vec<LinkId> = silent.map(|a| a.link).collect();
        for link in links {
            self.drop_link(link).await;
        }
    }

    /// Free places are for those that have rested longest, where a member is
    /// there who may have them.
    async fn wake_some(&mut self) {
        let free = DOWNLOADS_MAX.saturating_sub(self.keys_under_way().len());
        let all = self.files.downloads.iter();
        let mut resting: Vec<(Instant, Key)> = all
            .filter(|(key, a)| a.pace == Pace::Resting && !self.members_there(&key.0).is_empty())
            .map(|(key, a)| (a.moved, *key))
            .collect();
        resting.sort_unstable();
        for (_, key) in resting.into_iter().take(free) {
            self.wake(&key).await;
        }
    }
}
