//! Which processes are Kith's own: no viewer sees their windows or reaches
//! them, whatever is shared (GUARD-3, GUARD-10).
//!
//! This node, what it started, and whoever speaks to its control socket: the
//! desktop program and its like show what people say. The system says who that
//! is, so nobody has to claim anything.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

use kith_codec::geometry::{Rect, Size};
use kith_codec::picture::PixelView;
use kith_screen::source::{Changes, Placement, Source, SourceError, Waker};

/// Most processes that are known at a time: as many as the warden takes, and
/// more than faces and windows there can be. Beyond, those that are gone longest
/// are forgotten.
const MAX: usize = 256;

/// When a process began, in the system's count: its number may be given to
/// another one later.
fn beginning(id: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name, in parentheses, may hold anything.
    let rest = stat.rsplit_once(") ")?.1;
    rest.split(' ').nth(19)?.parse().ok()
}

#[derive(Debug)]
struct Known {
    /// Who says that it is ours.
    held: usize,
    began: Option<u64>,
}

impl Known {
    /// What was ours once still shows what it was told.
    fn counts(&self, id: u32) -> bool {
        self.held > 0 || self.began.is_some() && beginning(id) == self.began
    }
}

type Listener = Arc<dyn Fn(&BTreeSet<u32>) + Send + Sync>;

#[derive(Default)]
struct Own {
    known: BTreeMap<u32, Known>,
    listeners: BTreeMap<u64, Listener>,
    last: u64,
}

impl Own {
    fn ids(&self) -> BTreeSet<u32> {
        let others = self.known.keys().copied();
        others.chain([std::process::id()]).take(MAX).collect()
    }
}

#[derive(Default)]
struct Inner {
    own: Mutex<Own>,
    /// One tells at a time, so that what is told last is what is so.
    telling: Mutex<()>,
}

impl Inner {
    fn own(&self) -> MutexGuard<'_, Own> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn telling(&self) -> MutexGuard<'_, ()> {
        self.telling.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self) {
        let _one = self.telling();
        let (ids, listeners): (_, Vec<Listener>) = {
            let own = self.own();
            (own.ids(), own.listeners.values().map(Arc::clone).collect())
        };
        for told in listeners {
            told(&ids);
        }
    }
}

/// Kith's own processes. Cheap to clone; all clones are the same.
#[derive(Clone, Default)]
pub struct OwnProcesses(Arc<Inner>);

impl fmt::Debug for OwnProcesses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OwnProcesses").field(&self.ids()).finish()
    }
}

/// A process counts as Kith's while this lives, and then as long as it runs.
#[derive(Debug)]
pub struct Held {
    own: OwnProcesses,
    id: u32,
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(known) = self.own.0.own().known.get_mut(&self.id) {
            known.held = known.held.saturating_sub(1);
        }
    }
}

/// Somebody is told of changes while this lives.
#[derive(Debug)]
pub(crate) struct Listening {
    own: Weak<Inner>,
    number: u64,
}

impl Drop for Listening {
    fn drop(&mut self) {
        if let Some(own) = self.own.upgrade() {
            let gone = own.own().listeners.remove(&self.number);
            drop(gone);
        }
    }
}

impl OwnProcesses {
    /// This process, and all others that are Kith's.
    #[must_use]
    pub fn ids(&self) -> BTreeSet<u32> {
        self.0.own().ids()
    }

    /// This process is Kith's. Everybody who has to know is told before this
    /// returns.
    #[must_use]
    pub fn hold(&self, id: u32) -> Held {
        let mut own = self.0.own();
        own.known.retain(|id, known| known.counts(*id));
        if own.known.len() >= MAX - 1 {
            own.known.retain(|_, known| known.held > 0);
        }
        let fresh = Known {
            held: 0,
            began: beginning(id),
        };
        let known = own.known.entry(id).or_insert(fresh);
        known.held += 1;
        let is_new = known.held == 1;
        drop(own);
        if is_new {
            self.0.tell();
        }
        Held {
            own: self.clone(),
            id,
        }
    }

    /// Tells of all of them now, and whenever another comes. That some are gone
    /// is not told. It must not listen or hold anew.
    pub(crate) fn listen(
        &self,
        told: impl Fn(&BTreeSet<u32>) + Send + Sync + 'static,
    ) -> Listening {
        let _one = self.0.telling();
        told(&self.ids());
        let mut own = self.0.own();
        own.last += 1;
        let number = own.last;
        own.listeners.insert(number, Arc::new(told));
        Listening {
            own: Arc::downgrade(&self.0),
            number,
        }
    }
}

/// A source that hears of Kith's processes.
#[derive(Debug)]
pub(super) struct Hiding<S> {
    source: S,
    _listening: Listening,
}

impl<S> Hiding<S> {
    pub(super) const fn new(source: S, listening: Listening) -> Self {
        Self {
            source,
            _listening: listening,
        }
    }
}

impl<S: Source> Source for Hiding<S> {
    fn size(&self) -> Size {
        self.source.size()
    }

    fn placement(&self) -> Placement {
        self.source.placement()
    }

    fn wait(&mut self, until: Option<Instant>) -> Result<Changes, SourceError> {
        self.source.wait(until)
    }

    fn view(&mut self) -> Result<PixelView<'_>, SourceError> {
        self.source.view()
    }

    fn mask(&mut self, areas: &[Rect]) {
        self.source.mask(areas);
    }

    fn waker(&self) -> Waker {
        self.source.waker()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn what_was_ours_is_ours_until_it_ends() {
        let own = OwnProcesses::default();
        let told = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&told);
        let listening = own.listen(move |ids| heard.lock().unwrap().push(ids.clone()));
        let me = std::process::id();
        assert_eq!(own.ids(), [me].into());
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let id = child.id();
        let (one, two) = (own.hold(id), own.hold(id));
        assert_eq!(*told.lock().unwrap(), [[me].into(), [me, id].into()]);
        drop(one);
        drop(two);
        drop(own.hold(me));
        assert!(
            own.ids().contains(&id),
            "it runs, and shows what it was told"
        );
        child.kill().unwrap();
        child.wait().unwrap();
        drop(listening);
        let count = told.lock().unwrap().len();
        drop(own.hold(me));
        assert_eq!(own.ids(), [me].into());
        assert_eq!(told.lock().unwrap().len(), count, "nobody listens");
    }

    #[test]
    fn a_number_that_another_got_is_not_ours() {
        let own = OwnProcesses::default();
        drop(own.hold(1));
        assert!(own.ids().contains(&1));
        own.0.own().known.get_mut(&1).unwrap().began = Some(u64::MAX);
        drop(own.hold(std::process::id()));
        assert!(!own.ids().contains(&1));
    }
}
