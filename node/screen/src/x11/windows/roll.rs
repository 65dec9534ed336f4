//! Which windows belong to what is shared.
//!
//! Ownership is what the server knows: each id belongs to the client that made
//! it, and the server knows that client's process (R5). What windows say about
//! themselves only ever leaves some out.

use std::collections::{BTreeMap, BTreeSet};

use x11rb::protocol::Event;
use x11rb::protocol::xproto::{AtomEnum, EventMask, Window};

use super::Target;
use crate::source::SourceError;
use crate::x11::kin::{self, Kin};
use crate::x11::link::{Client, Link};
use crate::x11::list::{class, is_set};
use crate::x11::stack::{Privacy, watch};
use crate::x11::tree::{self, Look, MAX_FRAMES};

/// The windows of the clients that are shared, shown or not.
#[derive(Debug)]
pub(crate) struct Roll {
    targets: Vec<Target>,
    privacy: Privacy,
    /// Clients of which something is shared, and their process if known.
    clients: BTreeMap<Client, Option<u32>>,
    /// Their windows that are or were children of the root.
    windows: BTreeSet<Window>,
    /// What those were in when last looked at: they are seen once all of it is
    /// mapped, which may be after they are.
    frames: BTreeSet<Window>,
    /// Some were found gone of whose end nobody told.
    lost: bool,
}

/// A window that is to be seen.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) window: Window,
    /// Children of the root down to its parent; empty if it is one itself.
    pub(crate) frames: Vec<Window>,
    pub(crate) look: Look,
}

impl Seen {
    /// The child of the root that it is or is in.
    pub(crate) fn top(&self) -> Window {
        self.frames.first().copied().unwrap_or(self.window)
    }
}

impl Roll {
    /// Begins to watch.
    pub(crate) fn new(
        link: &Link,
        targets: Vec<Target>,
        privacy: Privacy,
    ) -> Result<Self, SourceError> {
        let mask = EventMask::SUBSTRUCTURE_NOTIFY | EventMask::STRUCTURE_NOTIFY;
        watch(link, link.root, mask)?;
        let mut roll = Self {
            targets: Vec::new(),
            privacy,
            clients: BTreeMap::new(),
            windows: BTreeSet::new(),
            frames: BTreeSet::new(),
            lost: false,
        };
        roll.set_targets(link, targets)?;
        Ok(roll)
    }

    /// Shares this from now on.
    pub(crate) fn set_targets(
        &mut self,
        link: &Link,
        targets: Vec<Target>,
    ) -> Result<(), SourceError> {
        self.targets = targets;
        self.clients.clear();
        self.windows.clear();
        for (client, pid) in tree::all_processes(link)? {
            if self.targets.contains(&Target::Application(pid)) {
                self.clients.insert(client, Some(pid));
            }
        }
        for target in &self.targets {
            if let Target::Window(w) = target {
                self.clients.entry(link.client_of(w.0)).or_insert(None);
            }
        }
        let tops = tree::children(link, &[link.root])?
            .pop()
            .unwrap_or_default();
        let walk = tree::programs(link, &tops)?;
        let found = walk.programs.iter().map(|f| f.window);
        // A window manager that is taking one in has put it into its frame
        // before it says so: nothing would ever tell us of that one. The
        // outermost of ours in each frame, which is visited first.
        let mut frames = BTreeSet::new();
        let taken_in = walk.visited.iter().filter_map(|(top, window)| {
            let client = link.client_of(*window);
            let framed = client != link.client_of(*top) && self.owns(client);
            (framed && frames.insert(*top)).then_some(*window)
        });
        let ours: BTreeSet<Window> = found
            .filter(|w| self.owns(link.client_of(*w)))
            .chain(taken_in)
            .collect();
        for window in ours {
            self.add(link, window)?;
        }
        Ok(())
    }

    fn add(&mut self, link: &Link, window: Window) -> Result<(), SourceError> {
        self.windows.insert(window);
        let mask = EventMask::STRUCTURE_NOTIFY
            | EventMask::SUBSTRUCTURE_NOTIFY
            | EventMask::PROPERTY_CHANGE;
        watch(link, window, mask)
    }

    /// Leaves this out from now on.
    pub(crate) fn set_privacy(&mut self, privacy: Privacy) {
        self.privacy = privacy;
    }

    /// Whether a window is one of a client that is shared.
    pub(crate) fn has(&self, window: Window) -> bool {
        self.windows.contains(&window)
    }

    pub(crate) fn owns(&self, client: Client) -> bool {
        self.clients.contains_key(&client)
    }

    /// Applies an event. Whether what is to be seen may have changed.
    pub(crate) fn absorb(&mut self, link: &Link, event: &Event) -> Result<bool, SourceError> {
        Ok(match event {
            Event::CreateNotify(e) if e.parent == link.root => self.meet(link, e.window)?,
            Event::ReparentNotify(e) if e.parent == link.root => self.meet(link, e.window)?,
            Event::DestroyNotify(e) => self.forget(link, e.window),
            Event::MapNotify(e) => self.concerns(e.window),
            Event::UnmapNotify(e) => self.concerns(e.window),
            Event::ReparentNotify(e) => self.windows.contains(&e.window),
            Event::ConfigureNotify(e) => self.windows.contains(&e.window),
            Event::CirculateNotify(e) => self.windows.contains(&e.window),
            Event::PropertyNotify(e) => {
                let a = &link.atoms;
                let told = [
                    a.WM_STATE,
                    a._KITH_PRIVATE,
                    AtomEnum::WM_TRANSIENT_FOR.into(),
                ];
                self.windows.contains(&e.window) && told.contains(&e.atom)
            }
            _ => false,
        })
    }

    fn concerns(&self, window: Window) -> bool {
        self.windows.contains(&window) || self.frames.contains(&window)
    }

    /// A window is gone. Whether it was one of these.
    fn forget(&mut self, link: &Link, window: Window) -> bool {
        let ours = self.windows.remove(&window);
        let client = link.client_of(window);
        // With its last window goes the trust: the server may give the number
        // to somebody else.
        if ours && !self.has_window(link, client) {
            self.clients.remove(&client);
        }
        ours
    }

    fn has_window(&self, link: &Link, client: Client) -> bool {
        self.windows.iter().any(|w| link.client_of(*w) == client)
    }

    fn is_target(&self, process: u32) -> bool {
        self.targets.contains(&Target::Application(process))
    }

    fn shares_applications(&self) -> bool {
        let mut targets = self.targets.iter();
        targets.any(|t| matches!(t, Target::Application(_)))
    }

    /// A window became a child of the root.
    fn meet(&mut self, link: &Link, window: Window) -> Result<bool, SourceError> {
        let client = link.client_of(window);
        if self.shares_applications() {
            // Asked each time: a client that has no window may have gone
            // unheard, and its number may be somebody else's by now.
            match tree::process(link, client)?.filter(|p| self.is_target(*p)) {
                Some(pid) => drop(self.clients.insert(client, Some(pid))),
                None if self.clients.get(&client).is_some_and(Option::is_some) => {
                    self.clients.remove(&client);
                }
                None => {}
            }
        }
        if !self.owns(client) {
            return Ok(false);
        }
        self.add(link, window)?;
        Ok(true)
    }

    /// Asks again whose clients are whose, before what is inside of a window
    /// is told apart by that.
    pub(crate) fn ask_again(&mut self, link: &Link) -> Result<(), SourceError> {
        if self.shares_applications() {
            let now = tree::all_processes(link)?;
            self.clients
                .retain(|c, pid| pid.is_none_or(|pid| now.contains(&(*c, pid))));
            for (client, pid) in now {
                if self.is_target(pid) {
                    self.clients.insert(client, Some(pid));
                }
            }
        }
        Ok(())
    }

    /// Whether windows were found gone since this was last asked.
    pub(crate) fn take_lost(&mut self) -> bool {
        std::mem::take(&mut self.lost)
    }

    /// Whether nothing of what is shared can appear any more.
    pub(crate) fn is_over(&self, link: &Link) -> Result<bool, SourceError> {
        let lives = |t: &Target| match t {
            Target::Window(w) => self.windows.contains(&w.0),
            Target::Application(pid) => {
                let mut clients = self.clients.iter();
                clients.any(|(c, p)| *p == Some(*pid) && self.has_window(link, *c))
            }
        };
        if self.targets.iter().any(lives) {
            return Ok(false);
        }
        // An application may have no window for a while.
        let processes = tree::all_processes(link)?;
        Ok(!processes
            .iter()
            .any(|(_, pid)| self.targets.contains(&Target::Application(*pid))))
    }

    /// Whether an application that lives has no window of which the server
    /// could tell us the end.
    pub(crate) fn is_waiting(&self) -> bool {
        self.windows.is_empty()
    }

    /// The windows that are to be seen, lowest first; and, if there are none,
    /// how one of them looked last.
    pub(crate) fn survey(&mut self, link: &Link) -> Result<(Vec<Seen>, Option<Look>), SourceError> {
        let tops = tree::children(link, &[link.root])?
            .pop()
            .unwrap_or_default();
        let windows: Vec<Window> = self.windows.iter().copied().collect();
        let frames = self.frames_of(link, &windows, &tops)?;
        let looks = tree::look(link, &windows)?;
        let states = tree::numbers(link, &windows, link.atoms.WM_STATE)?;
        let owners = tree::numbers(link, &windows, AtomEnum::WM_TRANSIENT_FOR.into())?;
        let marks = tree::numbers(link, &windows, link.atoms._KITH_PRIVATE)?;
        // One that was gone before it was watched tells of no end.
        for (window, _) in windows.iter().zip(&looks).filter(|(_, l)| l.is_none()) {
            self.lost |= self.forget(link, *window);
        }
        let owners: BTreeMap<Window, Window> = windows
            .iter()
            .zip(&owners)
            .filter_map(|(w, o)| Some((*w, *o.first().filter(|o| **o != 0)?)))
            .collect();
        let mut kin = BTreeMap::new();
        for (i, window) in windows.iter().enumerate() {
            let Some(look) = looks[i] else { continue };
            let one = Kin {
                client: link.client_of(*window),
                owner: owners.get(window).copied(),
                marked: is_set(&marks[i]) || self.is_private(link, *window)?,
                popup: look.popup,
                leader: !look.viewable && states[i].is_empty(),
            };
            kin.insert(*window, one);
        }
        let processes = self.clients.iter();
        let processes: Vec<_> = processes.filter_map(|(c, p)| Some((*c, (*p)?))).collect();
        kin::join(&mut kin, &processes);
        let private = kin::private(&kin);
        let mut hidden = None;
        let mut shown = Vec::new();
        for (i, window) in windows.iter().enumerate() {
            // Inside another window, only what a window manager put there:
            // not an icon in somebody's panel.
            let placed = frames[i].is_empty() || !states[i].is_empty();
            let Some(look) = looks[i].filter(|l| l.pixels && matches!(l.depth, 24 | 32)) else {
                continue;
            };
            if !placed {
                continue;
            }
            if !look.viewable {
                if !states[i].is_empty() && !private.contains(window) {
                    hidden = Some(look);
                }
                continue;
            }
            shown.push(Seen {
                window: *window,
                frames: frames[i].clone(),
                look,
            });
        }
        // Private ones count among the windows that a menu could be of.
        let may_be_seen = |s: &&Seen| !private.contains(&s.window);
        let shared = |s: &&Seen| self.is_shared(link, s, &shown, &owners);
        let seen = shown.iter().filter(may_be_seen).filter(shared);
        let mut seen: Vec<Seen> = seen.cloned().collect();
        let rank = |s: &Seen| tops.iter().position(|t| *t == s.top());
        seen.sort_by_key(rank);
        Ok((seen, hidden))
    }

    /// What each of the windows is in. From here on we are told when any of it
    /// is mapped: who asks how it looks does so after this.
    fn frames_of(
        &mut self,
        link: &Link,
        windows: &[Window],
        tops: &[Window],
    ) -> Result<Vec<Vec<Window>>, SourceError> {
        let all = frames(link, windows, tops)?;
        // The root tells of the outermost frame only.
        for frame in all.iter().flat_map(|f| f.iter().skip(1)) {
            if !self.concerns(*frame) {
                watch(link, *frame, EventMask::STRUCTURE_NOTIFY)?;
            }
        }
        self.frames = all.iter().flatten().copied().collect();
        Ok(all)
    }

    fn is_private(&self, link: &Link, window: Window) -> Result<bool, SourceError> {
        let p = &self.privacy;
        let pid = self.clients.get(&link.client_of(window)).copied().flatten();
        if p.windows.iter().any(|w| w.0 == window)
            || pid.is_some_and(|pid| p.processes.contains(&pid) || pid == std::process::id())
        {
            return Ok(true);
        }
        Ok(!p.classes.is_empty() && p.classes.contains(&class(link, window)?))
    }

    fn is_shared(
        &self,
        link: &Link,
        seen: &Seen,
        all: &[Seen],
        owners: &BTreeMap<Window, Window>,
    ) -> bool {
        let client = link.client_of(seen.window);
        let pid = self.clients.get(&client).copied().flatten();
        if pid.is_some_and(|pid| self.targets.contains(&Target::Application(pid))) {
            return true;
        }
        // Single windows: with what belongs to them, dialogs of dialogs too.
        let is_target = |w: Window| {
            self.targets
                .iter()
                .any(|t| matches!(t, Target::Window(x) if x.0 == w))
        };
        let mut at = seen.window;
        for _ in 0..MAX_FRAMES {
            if is_target(at) {
                return true;
            }
            match owners.get(&at) {
                Some(owner) if link.client_of(*owner) == client => at = *owner,
                _ => break,
            }
        }
        // A menu that does not say whose it is can only be that of the one
        // main window that its program shows.
        let mains = |s: &&Seen| {
            let free = !s.look.popup && !owners.contains_key(&s.window);
            free && link.client_of(s.window) == client
        };
        let mut mains = all.iter().filter(mains);
        seen.look.popup
            && !owners.contains_key(&seen.window)
            && mains.next().is_some_and(|m| is_target(m.window))
            && mains.next().is_none()
    }
}

/// For each window, what it is in, from the child of the root downwards.
fn frames(
    link: &Link,
    windows: &[Window],
    tops: &[Window],
) -> Result<Vec<Vec<Window>>, SourceError> {
    let tops: BTreeSet<Window> = tops.iter().copied().collect();
    let mut chains: Vec<Vec<Window>> = vec![Vec::new(); windows.len()];
    let mut at: Vec<Window> = windows.to_vec();
    for _ in 0..MAX_FRAMES {
        let open: Vec<usize> = (0..at.len()).filter(|i| !tops.contains(&at[*i])).collect();
        if open.is_empty() {
            break;
        }
        let asked: Vec<Window> = open.iter().map(|i| at[*i]).collect();
        for (i, parent) in open.iter().zip(tree::parents(link, &asked)?) {
            if let Some(parent) = parent.filter(|p| *p != link.root && *p != 0) {
                at[*i] = parent;
                chains[*i].insert(0, parent);
            }
        }
    }
    Ok(chains)
}
